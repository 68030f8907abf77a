#ifndef STORE_FACTS_H
#define STORE_FACTS_H

/* What extractors found, by content digest: the same bytes are read once. JSON documents (docs/formats/facts.md). Derived; in catalog/. */

#include "base/json.h"
#include "store/repo.h"

st_t facts_get(struct kv_txn *t, const uint8_t sha256[32], struct buf *json, struct err *e);	/* ST_ABSENT */
bool facts_has(struct kv_txn *t, const uint8_t sha256[32], uint32_t extractor_version);
st_t facts_put(struct repo *r, const uint8_t sha256[32], uint32_t extractor_version, struct slice json, struct err *e);	/* blocking */
/* Several in one commit: for folders of many small files. */
struct facts_row { uint8_t sha256[32]; struct slice json; };
st_t facts_put_many(struct repo *r, const struct facts_row *rows, size_t n, uint32_t extractor_version, struct err *e);

#endif
