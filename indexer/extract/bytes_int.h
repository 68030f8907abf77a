#ifndef INDEXER_EXTRACT_BYTES_INT_H
#define INDEXER_EXTRACT_BYTES_INT_H

/* Numbers in foreign files, at any address and in either byte order. */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t get16(const uint8_t *p, bool big)
{
	return (uint16_t)(big ? p[0] << 8 | p[1] : p[1] << 8 | p[0]);
}

static inline uint32_t get32(const uint8_t *p, bool big)
{
	return big ? (uint32_t)get16(p, true) << 16 | get16(p + 2, true) : (uint32_t)get16(p + 2, false) << 16 | get16(p, false);
}

static inline uint64_t get64(const uint8_t *p, bool big)
{
	return big ? (uint64_t)get32(p, true) << 32 | get32(p + 4, true) : (uint64_t)get32(p + 4, false) << 32 | get32(p, false);
}

static inline float get_float(const uint8_t *p, bool big)
{
	uint32_t u = get32(p, big);
	float v;

	memcpy(&v, &u, sizeof(v));
	return v;
}

static inline double get_double(const uint8_t *p, bool big)
{
	uint64_t u = get64(p, big);
	double v;

	memcpy(&v, &u, sizeof(v));
	return v;
}

#endif
