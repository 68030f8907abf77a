#ifndef INDEXER_FORM_FIELDS_H
#define INDEXER_FORM_FIELDS_H

/* Fields of added schemas (docs/formats/schemas.md) in the index and in queries. indexer/ only. */

#include "indexer/search_int.h"

/* ${forms}: forms_view() by the newest versions, or NULL. */
void form_fields_walk(const json_t *forms, const struct doc_sink *k);
/* "xrd.Anode", "Cu" -> "xrd.anode=cu" */
st_t form_exact(struct buf *out, struct slice name, struct slice value);
/* The member that "xrd.anode" (any case) names now; owned; NULL. */
json_t *form_field(struct repo *r, struct slice name);
/* Labels of a facet's value; false: its schema is gone. */
bool form_bucket(struct sctx *s, struct slice key, char **en, char **ja);
roaring_bitmap_t *form_plan_exact(struct sctx *s, const struct query *q);
/* A span of a field: where to look. False: it is none of an added schema. ${key} lies in ${room}. */
bool form_span(struct sctx *s, const struct query *q, struct slice *key, struct buf *room, double *lo, double *hi);

#endif
