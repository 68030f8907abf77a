#include "indexer/extract/order.h"

#include <stdlib.h>
#include <string.h>

#include "t/unit/unit.h"

#define MOST	100000

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Shapes that quicksorts are known to dislike, and chance. */
static void fill(double *v, size_t n, unsigned shape)
{
	uint64_t r = 88172645463325252u + shape;
	size_t i;

	for (i = 0; i < n; i++) {
		r ^= r << 13;
		r ^= r >> 7;
		r ^= r << 17;
		v[i] = shape == 0 ? (double)i : shape == 1 ? (double)(n - i) : shape == 2 ? 7 : shape == 3 ? (double)(i < n / 2 ? i : n - i) :
		    shape == 4 ? (double)(i % 3) : shape == 5 ? (double)(i % 2 ? i : n - i) : (double)(int64_t)r / 1e9;
	}
}

static void the_order_is_that_of_qsort(void **state)
{
	static const size_t sizes[] = { 0, 1, 2, 3, 16, 17, 18, 33, 100, 1000, 4097, MOST };
	double *v = malloc(MOST * sizeof(*v)), *w = malloc(MOST * sizeof(*w)), *x = malloc(MOST * sizeof(*x));
	size_t s, n, k;
	unsigned shape;

	(void)state;
	for (s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++)
		for (shape = 0; shape < 7; shape++) {
			n = sizes[s];
			fill(v, n, shape);
			memcpy(w, v, n * sizeof(*v));
			memcpy(x, v, n * sizeof(*v));
			order_sort(v, n);
			if (n)
				qsort(w, n, sizeof(*w), by_value);
			for (k = 0; k < n; k++)
				if (v[k] != w[k])
					fail_msg("shape %u, %zu values: place %zu", shape, n, k);
			for (k = 0; k < n; k += n / 7 + 1)
				assert_true(order_nth(x, n, k) == w[k]);
			if (n)
				assert_true(order_nth(x, n, n - 1) == w[n - 1] && order_nth(x, n, 0) == w[0]);
		}
	free(v);
	free(w);
	free(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_order_is_that_of_qsort),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
