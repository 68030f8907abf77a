#ifndef BASE_BUF_H
#define BASE_BUF_H

/*
 * Bytes.  A slice borrows; a buf owns and is born with its ceiling, so that
 * no input can make it grow past what its user allowed.
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"

struct slice {
	const char *p;		/* borrowed; may be NULL only when n is 0 */
	size_t n;
};
#define SLICE(s)	((struct slice){ (s), sizeof(s) - 1 })	/* of a literal */
#define SLICE_NULL	((struct slice){ NULL, 0 })

static inline struct slice slice_of(const void *p, size_t n) { return (struct slice){ p, n }; }
static inline struct slice slice_str(const char *s) { return (struct slice){ s, s ? strlen(s) : 0 }; }
bool slice_eq(struct slice a, struct slice b);
bool slice_eq_str(struct slice a, const char *s);
bool slice_ieq_str(struct slice a, const char *s);	/* ASCII case ignored */
bool slice_starts(struct slice a, const char *prefix);
bool slice_ends(struct slice a, const char *suffix);
int slice_cmp(struct slice a, struct slice b);		/* bytewise */
struct slice slice_trim(struct slice a);		/* blanks and tabs off both ends */
/* Cut ${a} at the first ${c}: the part before is returned, ${a} becomes the rest (NULL pointer when no ${c} was left). */
struct slice slice_cut(struct slice *a, char c);
/* Parse all of ${a} as decimal, no sign, no blanks.  False if not a number or past ${max}. */
bool slice_u64(struct slice a, uint64_t max, uint64_t *out);
/* Owned copy, NUL-terminated; NULL when out of memory. */
char *slice_dup(struct slice a);

struct buf {
	char *p;		/* NUL-terminated whenever not NULL */
	size_t n;		/* bytes used, NUL not counted */
	size_t cap;
	size_t max;		/* ceiling on n */
	st_t st;		/* first failure sticks: ST_NOMEM or ST_TOOBIG */
};
#define BUF_INIT(max_) { NULL, 0, 0, (max_), ST_OK }
#define BUF_NOMAX ((size_t)1 << 40)

void buf_init(struct buf *b, size_t max);
void buf_release(struct buf *b);		/* frees, leaves an empty buf of the same ceiling */
void buf_clear(struct buf *b);			/* n = 0, st = ST_OK, memory kept */
/* All adders return b->st: ST_OK, ST_TOOBIG (nothing added) or ST_NOMEM. After a failure they do nothing. */
st_t buf_reserve(struct buf *b, size_t more);	/* room for ${more} bytes behind n */
st_t buf_add(struct buf *b, const void *p, size_t n);
st_t buf_addc(struct buf *b, char c);
st_t buf_adds(struct buf *b, const char *s);
st_t buf_addsl(struct buf *b, struct slice s);
st_t buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
st_t buf_vaddf(struct buf *b, const char *fmt, va_list ap);
st_t buf_addu64(struct buf *b, uint64_t v);	/* decimal */
void buf_drop(struct buf *b, size_t n);		/* remove ${n} bytes at the front */
char *buf_take(struct buf *b, size_t *n);	/* owned memory (never NULL on ST_OK), b is empty after; ${n} may be NULL */
static inline struct slice buf_slice(const struct buf *b) { return slice_of(b->p, b->n); }

/* Sizes: false on overflow, ${out} untouched. */
bool size_add(size_t a, size_t b, size_t *out);
bool size_mul(size_t a, size_t b, size_t *out);

#endif
