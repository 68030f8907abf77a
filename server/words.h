#ifndef SERVER_WORDS_H
#define SERVER_WORDS_H

/* Words of the field in both languages, as NII and JPCOAR use them. */

#include "server/html.h"

void put_tags(struct page *p, const struct rec *rec);			/* kind and access, as small labels */
const char *access_word(const struct page *p, enum rec_access a);
const char *type_word(const struct page *p, const struct rec *rec);	/* "dataset", データセット */

#endif
