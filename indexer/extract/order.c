/*
 * Quicksort that gives up on a piece which does not get smaller and sorts it as a heap. qsort() compares by a call and a memcpy each,
 * which made sorting the dearest thing in the reading of small tables and pictures.
 */

#include "indexer/extract/order.h"

#define SHORT	16		/* sorted by insertion */

static void swap(double *a, double *b)
{
	double t = *a;

	*a = *b;
	*b = t;
}

static void insert(double *v, size_t n)
{
	size_t i, k;

	for (i = 1; i < n; i++) {
		double x = v[i];

		for (k = i; k > 0 && v[k - 1] > x; k--)
			v[k] = v[k - 1];
		v[k] = x;
	}
}

static void sink(double *v, size_t n, size_t i)
{
	size_t child;

	while ((child = 2 * i + 1) < n) {
		if (child + 1 < n && v[child + 1] > v[child])
			child++;
		if (v[i] >= v[child])
			return;
		swap(&v[i], &v[child]);
		i = child;
	}
}

static void heap(double *v, size_t n)
{
	size_t i;

	for (i = n / 2; i-- > 0; )
		sink(v, n, i);
	while (n > 1) {
		swap(&v[0], &v[--n]);
		sink(v, n, 0);
	}
}

/* Cut in two by the middle one of three: all of the first part are <= all of the second, and neither is empty. */
static size_t cut(double *v, size_t n)
{
	double *a = &v[0], *b = &v[n / 2], *c = &v[n - 1], pivot;
	size_t i = 0, k = n - 1;

	if (*a > *b)
		swap(a, b);
	if (*b > *c)
		swap(b, c);
	if (*a > *b)
		swap(a, b);
	pivot = *b;
	for (;;) {
		while (v[i] < pivot)
			i++;
		while (v[k] > pivot)
			k--;
		if (i >= k)
			return k + 1;
		swap(&v[i++], &v[k--]);
	}
}

static unsigned patience(size_t n)
{
	unsigned p = 2;

	for (; n > 1; n /= 2)
		p += 2;
	return p;
}

static void sort_part(double *v, size_t n, unsigned left)
{
	while (n > SHORT) {
		size_t at;

		if (left-- == 0) {
			heap(v, n);
			return;
		}
		at = cut(v, n);
		sort_part(v + at, n - at, left);
		n = at;
	}
	insert(v, n);
}

void order_sort(double *v, size_t n)
{
	sort_part(v, n, patience(n));
}

double order_nth(double *v, size_t n, size_t k)
{
	unsigned left = patience(n);

	while (n > SHORT && left-- > 0) {
		size_t at = cut(v, n);

		if (k < at) {
			n = at;
		} else {
			v += at;
			n -= at;
			k -= at;
		}
	}
	if (n > SHORT)
		heap(v, n);
	else
		insert(v, n);
	return v[k];
}
