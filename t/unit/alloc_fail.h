#ifndef T_UNIT_ALLOC_FAIL_H
#define T_UNIT_ALLOC_FAIL_H

/*
 * Make the n-th allocation from now fail, once. Include in one file of a test program: it takes the place of the C library's malloc.
 * The habit is to run one scenario for every n until it passes without a failure:
 *
 *	for (n = 1; ; n++) {
 *		alloc_fail_at(n);
 *		st = scenario();
 *		if (!alloc_failed())
 *			break;
 *		assert_st(ST_NOMEM, st);
 *	}
 *
 * A sanitizer owns malloc itself: there alloc_fail_works is false and nothing fails.
 */

#include <stdbool.h>
#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ALLOC_FAIL_WORKS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define ALLOC_FAIL_WORKS 0
#endif
#endif
#ifndef ALLOC_FAIL_WORKS
#define ALLOC_FAIL_WORKS 1
#endif

static const bool alloc_fail_works = ALLOC_FAIL_WORKS;
static __thread long alloc_left;	/* 0: nothing armed */
static __thread bool alloc_did_fail;

static inline void alloc_fail_at(long n)
{
	alloc_left = n;
	alloc_did_fail = false;
}

/* Did it? Disarms. */
static inline bool alloc_failed(void)
{
	alloc_left = 0;
	return alloc_did_fail;
}

#if ALLOC_FAIL_WORKS
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t k, size_t n);
void *__libc_realloc(void *p, size_t n);
void *malloc(size_t n);
void *calloc(size_t k, size_t n);
void *realloc(void *p, size_t n);

static bool alloc_refuse(void)
{
	if (alloc_left == 0 || --alloc_left > 0)
		return false;
	alloc_did_fail = true;
	return true;
}

void *malloc(size_t n)
{
	return alloc_refuse() ? NULL : __libc_malloc(n);
}

void *calloc(size_t k, size_t n)
{
	return alloc_refuse() ? NULL : __libc_calloc(k, n);
}

void *realloc(void *p, size_t n)
{
	return alloc_refuse() ? NULL : __libc_realloc(p, n);
}
#endif

#endif
