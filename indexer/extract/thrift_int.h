#ifndef INDEXER_EXTRACT_THRIFT_INT_H
#define INDEXER_EXTRACT_THRIFT_INT_H

/* Thrift's compact protocol, read only: a cursor that remembers that something was wrong and then gives zeros. */

#include "base/buf.h"

enum thrift_type { THRIFT_STOP, THRIFT_TRUE, THRIFT_FALSE, THRIFT_BYTE, THRIFT_I16, THRIFT_I32, THRIFT_I64, THRIFT_DOUBLE, THRIFT_BINARY,
    THRIFT_LIST, THRIFT_SET, THRIFT_MAP, THRIFT_STRUCT };

struct thrift {
	const uint8_t *p, *end;
	bool bad;
};

static inline uint64_t thrift_varint(struct thrift *t)
{
	uint64_t v = 0;
	unsigned shift;

	for (shift = 0; shift < 64; shift += 7) {
		if (t->p >= t->end)
			break;
		v |= (uint64_t)(*t->p & 0x7F) << shift;
		if (!(*t->p++ & 0x80))
			return v;
	}
	t->bad = true;
	t->p = t->end;
	return 0;
}

static inline int64_t thrift_int(struct thrift *t)
{
	uint64_t v = thrift_varint(t);

	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

static inline struct slice thrift_binary(struct thrift *t)
{
	uint64_t n = thrift_varint(t);
	struct slice s;

	if (n > (uint64_t)(t->end - t->p)) {
		t->bad = true;
		t->p = t->end;
		return SLICE_NULL;
	}
	s = slice_of(t->p, (size_t)n);
	t->p += n;
	return s;
}

/* The next field of a struct; ${id}: of the one before, 0 at first. False: it ended. */
static inline bool thrift_field(struct thrift *t, int *id, enum thrift_type *type)
{
	uint8_t b;

	if (t->bad || t->p >= t->end) {
		t->bad = true;
		return false;
	}
	b = *t->p++;
	if (b == 0)
		return false;
	*type = (enum thrift_type)(b & 15);
	*id = b >> 4 ? *id + (b >> 4) : (int)(int16_t)thrift_int(t);
	return !t->bad;
}

/* A list's length. Every element takes a byte at least, so that no length can be a lie by more than that. */
static inline uint32_t thrift_list(struct thrift *t, enum thrift_type *of)
{
	uint64_t n;

	if (t->p >= t->end) {
		t->bad = true;
		return 0;
	}
	*of = (enum thrift_type)(*t->p & 15);
	n = *t->p++ >> 4;
	if (n == 15)
		n = thrift_varint(t);
	if (n > (uint64_t)(t->end - t->p)) {
		t->bad = true;
		return 0;
	}
	return (uint32_t)n;
}

void thrift_skip(struct thrift *t, enum thrift_type type, unsigned depth);

#endif
