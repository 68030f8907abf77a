#include "indexer/extract/quant_int.h"

#include <math.h>
#include <stdlib.h>

#include "indexer/extract/order.h"

void quant_init(struct quant *q, uint32_t most)
{
	*q = (struct quant){ .most = most, .seed = 0x9E3779B97F4A7C15u };
}

void quant_release(struct quant *q)
{
	free(q->v);
	q->v = NULL;
	q->n = q->cap = 0;
}

/* xorshift*: which of a group is kept must not hang on any rhythm in the data. */
static uint32_t next_random(struct quant *q)
{
	q->seed ^= q->seed >> 12;
	q->seed ^= q->seed << 25;
	q->seed ^= q->seed >> 27;
	return (uint32_t)((q->seed * 0x2545F4914F6CDD1Du) >> 32);
}

static bool grow(struct quant *q)
{
	uint32_t cap = q->cap ? q->cap * 4 : 64;
	void *p;

	if (cap > q->most)
		cap = q->most;
	if ((p = realloc(q->v, cap * sizeof(*q->v))) == NULL) {
		quant_release(q);
		q->failed = true;
		return false;
	}
	q->v = p;
	q->cap = cap;
	return true;
}

/* Every other value in order of size: the ranks of the rest are kept to within one. */
static void halve(struct quant *q)
{
	uint32_t i, from = next_random(q) & 1;

	order_sort(q->v, q->n);
	for (i = 0; i < q->n / 2; i++)
		q->v[i] = q->v[i * 2 + from];
	q->n /= 2;
	q->stride = q->stride ? q->stride * 2 : 2;
	q->at = 0;
}

void quant_keep(struct quant *q, double v)
{
	if (q->failed || q->most == 0)
		return;
	if (q->n == q->cap && q->cap < q->most && !grow(q))
		return;
	if (q->n == q->most)
		halve(q);
	q->v[q->n++] = v;
	if (q->stride > 1)
		q->pick = next_random(q) % q->stride;
}

bool quant_get(struct quant *q, const double *p, unsigned n, double *out)
{
	unsigned i;

	if (q->n == 0)
		return false;
	order_sort(q->v, q->n);
	for (i = 0; i < n; i++) {
		double at = p[i] * (double)(q->n - 1), lo = floor(at);
		uint32_t k = (uint32_t)lo;

		out[i] = q->v[k];
		if (k + 1 < q->n && at > lo)
			out[i] += (q->v[k + 1] - q->v[k]) * (at - lo);
	}
	return true;
}

bool quant_exact(const struct quant *q)
{
	return q->stride <= 1;
}
