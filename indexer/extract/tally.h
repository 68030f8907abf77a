#ifndef INDEXER_EXTRACT_TALLY_H
#define INDEXER_EXTRACT_TALLY_H

/* Minimum, maximum, mean and standard deviation of values as they go by (Welford), for "variables". */

#include <math.h>

#include "indexer/extract/fact.h"

struct tally { double min, max, mean, m2; uint64_t n, missing; };

static inline void tally_add(struct tally *t, double v)
{
	double d = v - t->mean;

	if (t->n++ == 0)
		t->min = t->max = v;
	t->min = v < t->min ? v : t->min;
	t->max = v > t->max ? v : t->max;
	t->mean += d / (double)t->n;
	t->m2 += d * (v - t->mean);
}

static inline void tally_extreme(struct fact *f, json_t *v, const char *key, double x, bool whole)
{
	if (whole && x == floor(x) && fabs(x) < 9e15)
		fact_put_int(f, v, key, (int64_t)x);
	else
		fact_put_real(f, v, key, x);
}

/* ${whole}: values are integers. Nothing is put when nothing was counted. */
static inline void tally_put(struct fact *f, json_t *v, const struct tally *t, bool whole)
{
	if (t->n + t->missing == 0)
		return;
	fact_put_int(f, v, "count", (int64_t)t->n);
	fact_put_int(f, v, "missing", (int64_t)t->missing);
	if (t->n == 0)
		return;
	tally_extreme(f, v, "min", t->min, whole);
	tally_extreme(f, v, "max", t->max, whole);
	fact_put_real(f, v, "mean", t->mean);
	if (t->n > 1)
		fact_put_real(f, v, "sd", sqrt(t->m2 / (double)(t->n - 1)));
}

#endif
