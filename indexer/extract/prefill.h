#ifndef INDEXER_EXTRACT_PREFILL_H
#define INDEXER_EXTRACT_PREFILL_H

/*
 * Files that describe a folder (schema/describe.h says which are looked at) become a partial canonical record. Pure: bytes in, record out. Hostile bytes get
 * a warning, never a crash. What a better source said is not overwritten; disagreements are warnings. Each value tells its file and place ("assertions").
 */

#include "schema/describe.h"

#define PREFILL_PROGRAM	"prefill"
#define PREFILL_VERSION	"1"

struct prefill;

/* ${s} is borrowed until it is freed. NULL: out of memory. */
struct prefill *prefill_new(const struct schema *s);
void prefill_free(struct prefill *p);
/* Give it one file; ${bytes} are copied. Names that describe_wants() does not want are passed over. ST_NOMEM only; reading comes later. */
st_t prefill_add(struct prefill *p, const char *path, struct slice bytes);
/* Give it what an extractor found in a data file (docs/formats/facts.md); its member "record" is a proposal of low rank. ${sha256}: hex of the file. */
st_t prefill_facts(struct prefill *p, const char *path, const char *sha256, const json_t *facts);
/* The merged record (owned; {} when nothing was found) and the warnings (owned array of texts, as
 * "croissant.json: not read: line 3 ...: kept as an ordinary file"). Call once. ST_NOMEM only. */
st_t prefill_take(struct prefill *p, json_t **doc, json_t **warnings);

#endif
