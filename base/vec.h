#ifndef BASE_VEC_H
#define BASE_VEC_H

/* Typed growing array:  VEC(struct hit) hits = VEC_INIT;  VEC_PUSH(&hits, h)  yields ST_OK or ST_NOMEM. */

#include <stdlib.h>

#include "base/err.h"

#define VEC(T)		struct { T *v; size_t n, cap; }
#define VEC_INIT	{ NULL, 0, 0 }
#define VEC_PUSH(a, x) \
	(vec_room((void **)&(a)->v, &(a)->cap, (a)->n + 1, sizeof(*(a)->v)) == ST_OK \
	    ? ((a)->v[(a)->n++] = (x), ST_OK) : ST_NOMEM)
#define VEC_RELEASE(a)	(free((a)->v), (a)->v = NULL, (a)->n = (a)->cap = 0)

st_t vec_room(void **v, size_t *cap, size_t need, size_t size);

#endif
