#ifndef INDEXER_EXTRACT_FLAT_INT_H
#define INDEXER_EXTRACT_FLAT_INT_H

/*
 * Flatbuffers, read by hand: every offset is checked against the buffer; what is not there or lies outside reads as absent. A table is
 * told by its place, 0 is none.
 */

#include "base/buf.h"

struct flat { const uint8_t *p; size_t n; };

static inline uint64_t flat_num(const struct flat *f, uint64_t at, unsigned size)
{
	uint64_t v = 0;
	unsigned i;

	if (at + size > f->n || at + size < at)
		return 0;
	for (i = 0; i < size; i++)
		v |= (uint64_t)f->p[at + i] << i * 8;
	return v;
}

/* Where field ${k} of the table at ${t} lies; 0: it has its default. */
static inline uint64_t flat_field(const struct flat *f, uint64_t t, unsigned k)
{
	int64_t v = (int64_t)t - (int32_t)flat_num(f, t, 4);
	uint64_t off;

	if (t == 0 || v < 0 || (uint64_t)v + 4 > f->n || flat_num(f, (uint64_t)v, 2) < 4 + 2 * ((uint64_t)k + 1))
		return 0;
	off = flat_num(f, (uint64_t)v + 4 + 2 * (uint64_t)k, 2);
	return off && t + off < f->n ? t + off : 0;
}

static inline uint64_t flat_value(const struct flat *f, uint64_t t, unsigned k, unsigned size, uint64_t otherwise)
{
	uint64_t at = flat_field(f, t, k);

	return at ? flat_num(f, at, size) : otherwise;
}

/* A table, string or vector that the field points at. */
static inline uint64_t flat_ref(const struct flat *f, uint64_t at)
{
	uint64_t to = at ? at + flat_num(f, at, 4) : 0;

	return to > at && to + 4 <= f->n ? to : 0;
}

static inline uint64_t flat_child(const struct flat *f, uint64_t t, unsigned k)
{
	return flat_ref(f, flat_field(f, t, k));
}

static inline struct slice flat_string(const struct flat *f, uint64_t t, unsigned k)
{
	uint64_t at = flat_child(f, t, k), n = at ? flat_num(f, at, 4) : 0;

	return at && n <= f->n - at - 4 ? slice_of(f->p + at + 4, (size_t)n) : SLICE_NULL;
}

/* Number of elements of ${size} bytes, cut to what the buffer has; *first is where they begin. */
static inline uint32_t flat_vector(const struct flat *f, uint64_t t, unsigned k, unsigned size, uint64_t *first)
{
	uint64_t at = flat_child(f, t, k), n = at ? flat_num(f, at, 4) : 0;

	*first = at + 4;
	if (at == 0 || n > (f->n - at - 4) / size)
		return 0;
	return (uint32_t)n;
}

#endif
