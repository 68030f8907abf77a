#ifndef SCHEMA_PREFILL_H
#define SCHEMA_PREFILL_H

/*
 * Description files that lie in a folder (README, LICENSE, CITATION.cff, codemeta.json, datacite.json, datapackage.json,
 * ro-crate-metadata.json, croissant.json, dataset_description.json) become a partial canonical record. Pure: bytes in, record out.
 * Hostile bytes get a warning, never a crash. What a better source said is not overwritten; disagreements are warnings.
 */

#include "schema/schema.h"

struct prefill;

#define PREFILL_FILE_MAX ((size_t)4 << 20)

/* Is ${path} (relative, '/' between) a description file worth reading? Only at the top, and "data/" of a bag. */
bool prefill_wants(const char *path);
struct prefill *prefill_new(const struct schema *s);
void prefill_free(struct prefill *p);
/* Read one. A broken file is a warning ("croissant.json: not read: line 3 ...: kept as an ordinary file"); only ST_NOMEM comes back. */
st_t prefill_add(struct prefill *p, const char *path, struct slice bytes);
/* The merged record (owned; {} when nothing was found) and the warnings (owned array of strings). */
st_t prefill_take(struct prefill *p, json_t **doc, json_t **warnings);

#endif
