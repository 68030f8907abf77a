#ifndef INDEXER_EXTRACT_EXTRACT_H
#define INDEXER_EXTRACT_EXTRACT_H

/*
 * One file on its way through an extractor: its first bytes are kept until an extractor claims it, then all bytes are pushed
 * once, in order. Pure functions of bytes, one thread a file: main.c adds the sandbox, the frames and the budget. Nobody else calls
 * this on bytes from outside but tests and benchmarks.
 */

#include "base/buf.h"

struct extract;
struct source;

/* The facts of a whole file in one call, as the helper does it: ${src} is read as the format needs, ${name} is a hint only. As extract_end(). */
st_t extract_source(struct source *src, const char *name, struct buf *out, struct err *e);
/* The same with what programs wrote that the facts asked for by "wants". */
st_t extract_beside(struct source *src, const char *name, struct slice beside, struct buf *out, struct err *e);
/* By first bytes and name alone: {"extractor", "version", "status":"detected", "media", "bytes"}. */
st_t extract_detect(struct source *src, const char *name, struct buf *out, struct err *e);

/* ---- the same by pieces, for bytes that come as a stream ---- */

/* ${name}: logical path, a hint only; copied. ${size}: of the whole file. */
st_t extract_new(struct extract **out, const char *name, uint64_t size, struct err *e);
/* The same for a member of something else, ${depth} levels down. ${size}: EXTRACT_UNKNOWN when it is not told beforehand. */
#define EXTRACT_UNKNOWN	UINT64_MAX
st_t extract_nested(struct extract **out, const char *name, uint64_t size, unsigned depth);
void extract_free(struct extract *x);
/* ST_OK: more, please. ST_EOF: the rest need not come, extract_end() may be called. Never fails otherwise: what goes wrong is in the document. */
st_t extract_push(struct extract *x, const void *p, size_t n, struct err *e);
/* The facts document (docs/formats/facts.md) into the empty ${out}, at most its ceiling: what does not fit is written again without
 * histograms and top values, then without statistics, then without columns. ST_TOOBIG when even that is too long. Call once. */
st_t extract_end(struct extract *x, struct buf *out, struct err *e);
/* A document that says why there is none. */
st_t extract_failed(struct buf *out, const char *status, const char *reason, uint64_t size);

#endif
