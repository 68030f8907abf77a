#ifndef BASE_ARENA_H
#define BASE_ARENA_H

/* Memory of one request: many small takes, one free.  Not thread-safe: one owner at a time. */

#include "base/buf.h"

struct arena;

struct arena *arena_new(size_t max);		/* owned; ${max}: ceiling on the sum, 0 = 64 MB. NULL when out of memory */
void arena_free(struct arena *a);
/* All borrowed until arena_free(); NULL when out of memory or past the ceiling; zeroed, aligned for any type. */
void *arena_alloc(struct arena *a, size_t n);
char *arena_dup(struct arena *a, const void *p, size_t n);	/* with a NUL behind */
char *arena_strdup(struct arena *a, const char *s);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Call ${fn}(${p}) when the arena is freed, last registered first.  ST_NOMEM: ${fn} was already called. */
st_t arena_defer(struct arena *a, void (*fn)(void *), void *p);

#endif
