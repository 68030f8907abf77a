#ifndef SERVER_SERVE_H
#define SERVER_SERVE_H

/* The bytes of a file as an answer: rights, conditions (RFC 9110, 13), one range, digest, a name that cannot break a header. Worker. */

#include "server/api.h"

void serve_file(struct req *r, const struct rec *rec, bool draft, const struct cat_file *f);
/* "attachment; filename=...; filename*=UTF-8''..." (RFC 6266, RFC 8187). Arena text. */
const char *serve_disposition(struct req *r, const char *name);

enum range { RANGE_NONE, RANGE_PART, RANGE_BAD };
/* One range of "bytes=..." against ${size}; several, or what cannot be read, mean the whole (RANGE_NONE). Pure. */
enum range serve_range(struct slice field, uint64_t size, uint64_t *off, uint64_t *len);

#endif
