#ifndef SERVER_PAGE_PARTS_H
#define SERVER_PAGE_PARTS_H

/* Sections of the landing page. ${may}: the reader may read its files; ${facts}: what was found in them, or NULL. */

#include "server/words.h"

void put_files(struct page *p, const struct rec *rec, bool may);
const char *column_type(struct page *p, const char *type);		/* "number" of facts.md in the reader's words; "" for others */
bool has_inside(const json_t *facts, const json_t *sights);		/* is there anything for put_inside() to say? */
void put_inside(struct page *p, const struct rec *rec, const json_t *facts, const json_t *sights);
/* The same for what is no table: ${sights} from sights_for(), or NULL. */
bool has_sights(const json_t *sights);
void put_sights(struct page *p, const struct rec *rec, const json_t *sights);
/* What it holds by added schemas: ${forms} from forms_view(), or NULL. */
void put_forms(struct page *p, const json_t *forms);
void put_use(struct page *p, const struct rec *rec, const json_t *facts);
/* What FAIR and reuse by machines ask for, checked on this record; says what is missing. */
void put_ready(struct page *p, const struct rec *rec, const json_t *facts);

#endif
