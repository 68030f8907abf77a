#ifndef SERVER_WORDS_H
#define SERVER_WORDS_H

/* Words of the field in both languages, as NII and JPCOAR use them; names, dates and text of a record as a reader expects them. */

#include "server/html.h"

enum rec_access access_now(const struct rec *rec);			/* an embargo that is over is open */
void put_tags(struct page *p, const struct rec *rec);			/* kind and access, as small labels */
const char *access_word(const struct page *p, enum rec_access a);
const char *type_word(const struct page *p, const struct rec *rec);	/* "dataset", データセット */
const char *relation_word(const struct page *p, const char *type);	/* "Is supplement to", 補遺である */
const char *lang_said(const json_t *array, struct slice s);		/* language of ${s} out of ${array}, or NULL */
/* ${s} out of ${array}, an array of {value, lang}: marked with its language where that is not the page's. */
void put_said(struct page *p, const json_t *array, struct slice s);
void put_title(struct page *p, const struct rec *rec);			/* or the identifier, never nothing */
void put_name(struct page *p, const json_t *agent);			/* "情報, 太郎" is shown as 情報 太郎 */
void put_day(struct page *p, struct slice iso);				/* <time>2025-04-01</time> and a readable form beside; other dates as they are */
void put_day_of(struct page *p, int64_t sec);

#endif
