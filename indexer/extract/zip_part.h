#ifndef INDEXER_EXTRACT_ZIP_PART_H
#define INDEXER_EXTRACT_ZIP_PART_H

/* The parts of a zip that is no archive but a document: named, and unpacked as a stream. */

#include "indexer/extract/source.h"

struct zip_entry { char *name; uint64_t at, packed, size; unsigned method; bool locked; };
struct zip_dir { struct zip_entry *entry; size_t n; };

/* ST_INVALID: no directory. ${d} is to be released in any case. */
st_t zip_dir_read(struct zip_dir *d, struct source *src, struct err *e);
void zip_dir_release(struct zip_dir *d);
const struct zip_entry *zip_find(const struct zip_dir *d, const char *name);	/* case ignored; NULL: none */
/* Give its bytes to ${push}, which may end with ST_EOF (enough) or an error of its own. ${budget} counts unpacked bytes down; ST_TOOBIG when used up. */
st_t zip_part(struct source *src, const struct zip_entry *z, st_t (*push)(void *ctx, const char *p, size_t n), void *ctx, uint64_t *budget, struct err *e);

#endif
