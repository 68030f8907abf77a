#ifndef T_FUZZ_FUZZ_H
#define T_FUZZ_FUZZ_H

/*
 * A fuzz target is one function, fuzz_NAME.c: the parser under test on the bytes given. It must survive every input, release all
 * it took, and may abort() when a promise of the parser does not hold (a round trip that changes, a length past the end).
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n);

/* Copy of the input in a heap block of its exact size, so that a sanitizer sees one byte too far. Owned. */
static inline char *exact_copy(const uint8_t *d, size_t n)
{
	char *p = malloc(n ? n : 1);

	if (p == NULL)
		abort();
	if (n > 0)
		memcpy(p, d, n);
	return p;
}

/* A promise about the parser; unlike assert() it stays in every build. */
#define FUZZ_HOLDS(x) do { if (!(x)) { fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #x); abort(); } } while (0)

#endif
