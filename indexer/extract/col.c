/*
 * Statistics of one column. Sums of integers are exact in 128 bits; other sums carry their rounding error along (Neumaier).
 *
 * The histogram needs no second pass: bins are 2^k wide and lie on multiples of 2^k, so when a value falls outside, k grows and
 * bins merge in pairs, and every count stays exact. At the end bins merge further until at most 20 cover the range.
 *
 * Different values are counted by their 64-bit hashes: with text and counts up to 1,000, bare up to 10,000, then by HyperLogLog
 * registers read with Ertl's estimator (arXiv 1702.01284), which is not biased where the registers take over. The hash has no
 * random seed, so that the same bytes give the same facts; a crafted pile-up in one place of the table only brings the estimate sooner.
 */

#include "indexer/extract/col_int.h"

#include <math.h>
#include <stdlib.h>

#include "base/utf8.h"

#define PROBES_MOST	256

void col_init(struct col *c)
{
	memset(c, 0, sizeof(*c));
	c->imin = c->tmin = INT64_MAX;
	c->imax = c->tmax = INT64_MIN;
	c->min = INFINITY;
	c->max = -INFINITY;
	c->len_min = UINT32_MAX;
}

static void *pool_grow(struct col_pool *pool, void *p, size_t was, size_t want)
{
	void *q;

	if (pool->used - was + want > pool->max || (q = realloc(p, want)) == NULL)
		return NULL;
	pool->used += want - was;
	return q;
}

static void pool_drop(struct col_pool *pool, void *p, size_t n)
{
	if (p)
		pool->used -= n;
	free(p);
}

/* ---- different values ---- */

static uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 m = (unsigned __int128)a * b;

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

/* Two folded multiplications for short values. */
uint64_t bytes_hash(const void *v, size_t n)
{
	const uint8_t *p = v;
	uint64_t a = 0, b = 0, h = 0x9E3779B97F4A7C15u ^ n * 0xD6E8FEB86659FD93u;
	uint32_t x, y;

	for (; n > 16; p += 16, n -= 16) {
		memcpy(&a, p, 8);
		memcpy(&b, p + 8, 8);
		h = fold(a ^ 0xA0761D6478BD642Fu ^ h, b ^ 0xE7037ED1A0B428DBu);
	}
	a = b = 0;
	if (n >= 8) {
		memcpy(&a, p, 8);
		memcpy(&b, p + n - 8, 8);
	} else if (n >= 4) {
		memcpy(&x, p, 4);
		memcpy(&y, p + n - 4, 4);
		a = x;
		b = y;
	} else if (n) {
		a = (uint64_t)p[0] << 16 | (uint64_t)p[n >> 1] << 8 | p[n - 1];
		b = 0xFF51AFD7ED558CCDu;
	}
	h = fold(a ^ 0x8EBC6AF09C88C6E3u ^ h, b ^ 0x589965CC75374CC3u ^ h);
	h = fold(h ^ 0x1D8E4E27C47D124Fu, 0x9E3779B97F4A7C15u);
	return h ? h : 1;
}

static void hll_add(uint8_t *reg, unsigned bits, uint64_t h)
{
	uint64_t rest = h << bits;
	uint8_t rank = (uint8_t)(rest ? (unsigned)__builtin_clzll(rest) + 1 : 64 - bits + 1);
	uint8_t *r = &reg[h >> (64 - bits)];

	if (*r < rank)
		*r = rank;
}

static double ertl_sigma(double x)
{
	double y = 1, z = x, was;

	if (x == 1)
		return INFINITY;
	do {
		x *= x;
		was = z;
		z += x * y;
		y += y;
	} while (z != was);
	return z;
}

static double ertl_tau(double x)
{
	double y = 1, z = 1 - x, was;

	if (x == 0 || x == 1)
		return 0;
	do {
		x = sqrt(x);
		was = z;
		y *= 0.5;
		z -= (1 - x) * (1 - x) * y;
	} while (z != was);
	return z / 3;
}

static uint64_t hll_estimate(const uint8_t *reg, unsigned bits)
{
	unsigned q = 64 - bits, k;
	uint64_t c[66] = { 0 }, i;
	double m = (double)((uint64_t)1 << bits), z;

	for (i = 0; i < (uint64_t)1 << bits; i++)
		c[reg[i]]++;
	z = m * ertl_tau(1 - (double)c[q + 1] / m);
	for (k = q; k >= 1; k--)
		z = 0.5 * (z + (double)c[k]);
	z += m * ertl_sigma((double)c[0] / m);
	return (uint64_t)(m * m / (2 * M_LN2) / z + 0.5);
}

static void distinct_release(struct distinct *d, struct col_pool *pool)
{
	pool_drop(pool, d->slot, d->cap * sizeof(*d->slot));
	pool_drop(pool, d->seen, d->seen_cap * sizeof(*d->seen));
	pool_drop(pool, d->text, d->text_cap);
	pool_drop(pool, d->set, d->cap * sizeof(*d->set));
	free(d->reg);
	d->slot = NULL;
	d->seen = NULL;
	d->text = NULL;
	d->set = NULL;
	d->reg = NULL;
	d->cap = d->seen_cap = d->text_cap = d->text_n = 0;
}

/* Registers take over; they are few and not under the pool's ceiling, so that this always works. */
static void distinct_estimate(struct distinct *d, struct col_pool *pool)
{
	uint8_t *reg;
	uint32_t i;

	if ((reg = calloc((size_t)1 << pool->hll_bits, 1)) == NULL)
		d->failed = true;
	for (i = 0; reg && d->stage == DISTINCT_TEXT && i < d->n; i++)
		hll_add(reg, pool->hll_bits, d->seen[i].hash);
	for (i = 0; reg && d->stage == DISTINCT_SET && i < d->cap; i++)
		if (d->set[i])
			hll_add(reg, pool->hll_bits, d->set[i]);
	distinct_release(d, pool);
	d->reg = reg;
	d->reg_bits = pool->hll_bits;
	d->stage = DISTINCT_HLL;
}

static void set_insert(uint64_t *set, uint32_t cap, uint64_t h)
{
	uint32_t i;

	for (i = (uint32_t)h & (cap - 1); set[i]; i = (i + 1) & (cap - 1))
		;
	set[i] = h;
}

/* A set of twice the slots, from whatever holds the hashes now. */
static bool set_resize(struct distinct *d, struct col_pool *pool, uint32_t cap)
{
	uint64_t *set;
	uint32_t i, n = d->n;

	if ((set = pool_grow(pool, NULL, 0, cap * sizeof(*set))) == NULL)
		return false;
	memset(set, 0, cap * sizeof(*set));
	for (i = 0; d->stage == DISTINCT_TEXT && i < n; i++)
		set_insert(set, cap, d->seen[i].hash);
	for (i = 0; d->stage == DISTINCT_SET && i < d->cap; i++)
		if (d->set[i])
			set_insert(set, cap, d->set[i]);
	distinct_release(d, pool);
	d->set = set;
	d->cap = cap;
	d->stage = DISTINCT_SET;
	return true;
}

static bool text_room(struct distinct *d, struct col_pool *pool, size_t len)
{
	uint32_t cap, i, j, *slot;
	void *p;

	if (d->n == d->seen_cap) {
		cap = d->seen_cap ? d->seen_cap * 2 : 8;
		if ((p = pool_grow(pool, d->seen, d->seen_cap * sizeof(*d->seen), cap * sizeof(*d->seen))) == NULL)
			return false;
		d->seen = p;
		d->seen_cap = cap;
	}
	if (d->text_n + len > d->text_cap) {
		cap = (uint32_t)(d->text_cap * 2 + len + 16);
		if ((p = pool_grow(pool, d->text, d->text_cap, cap)) == NULL)
			return false;
		d->text = p;
		d->text_cap = cap;
	}
	if ((d->n + 1) * 2 > d->cap) {
		cap = d->cap ? d->cap * 2 : 16;
		if ((slot = pool_grow(pool, NULL, 0, cap * sizeof(*slot))) == NULL)
			return false;
		memset(slot, 0, cap * sizeof(*slot));
		for (i = 0; i < d->n; i++) {
			for (j = (uint32_t)d->seen[i].hash & (cap - 1); slot[j]; j = (j + 1) & (cap - 1))
				;
			slot[j] = i + 1;
		}
		pool_drop(pool, d->slot, d->cap * sizeof(*slot));
		d->slot = slot;
		d->cap = cap;
	}
	return true;
}

/* Stage one; false: this value must be added by the next stage. */
static bool distinct_text(struct distinct *d, struct col_pool *pool, uint64_t h, const char *p, size_t n)
{
	uint32_t i = 0, probes = 0;
	struct slice keep;

	if (d->cap)
		for (i = (uint32_t)h & (d->cap - 1); d->slot[i]; i = (i + 1) & (d->cap - 1)) {
			if (d->seen[d->slot[i] - 1].hash == h) {
				d->seen[d->slot[i] - 1].count++;
				return true;
			}
			if (++probes > PROBES_MOST) {
				distinct_estimate(d, pool);
				return false;
			}
		}
	keep = utf8_clip(slice_of(p, n), TOP_TEXT);
	if (d->n == TOP_DISTINCT || !text_room(d, pool, keep.n)) {
		if (!set_resize(d, pool, 4096))
			distinct_estimate(d, pool);
		return false;
	}
	for (i = (uint32_t)h & (d->cap - 1); d->slot[i]; i = (i + 1) & (d->cap - 1))
		;
	d->slot[i] = ++d->n;
	d->seen[d->n - 1] = (struct seen){ .hash = h, .count = 1, .at = d->text_n, .len = (uint16_t)keep.n, .clipped = keep.n < n };
	memcpy(d->text + d->text_n, keep.p, keep.n);
	d->text_n += (uint32_t)keep.n;
	return true;
}

static bool distinct_set(struct distinct *d, struct col_pool *pool, uint64_t h)
{
	uint32_t i, probes = 0;

	for (i = (uint32_t)h & (d->cap - 1); d->set[i]; i = (i + 1) & (d->cap - 1)) {
		if (d->set[i] == h)
			return true;
		if (++probes > PROBES_MOST) {
			distinct_estimate(d, pool);
			return false;
		}
	}
	if (d->n == EXACT_MOST) {
		distinct_estimate(d, pool);
		return false;
	}
	d->set[i] = h;
	d->n++;
	if (d->n * 10 > d->cap * 7 && !set_resize(d, pool, d->cap * 2))
		distinct_estimate(d, pool);
	return true;
}

static inline void distinct_add(struct distinct *d, struct col_pool *pool, const char *p, size_t n)
{
	uint64_t h;

	h = bytes_hash(p, n);
	if (d->stage == DISTINCT_TEXT && distinct_text(d, pool, h, p, n))
		return;
	if (d->stage == DISTINCT_SET && distinct_set(d, pool, h))
		return;
	if (d->reg)
		hll_add(d->reg, pool->hll_bits, h);
}

/* One that was seen before, while their text is kept. */
static bool distinct_again(struct distinct *d, uint64_t h)
{
	uint32_t i;

	if (d->stage != DISTINCT_TEXT || d->cap == 0)
		return false;
	for (i = (uint32_t)h & (d->cap - 1); d->slot[i]; i = (i + 1) & (d->cap - 1))
		if (d->seen[d->slot[i] - 1].hash == h) {
			d->seen[d->slot[i] - 1].count++;
			return true;
		}
	return false;
}

/* A value that is no text: told apart by its bits, and written out only where its text is kept. */
static void distinct_bits(struct distinct *d, struct col_pool *pool, uint64_t bits, unsigned (*write)(char out[40], uint64_t bits))
{
	uint64_t h = bytes_hash(&bits, sizeof(bits));
	char b[40];

	if (distinct_again(d, h))
		return;
	if (d->stage == DISTINCT_TEXT && distinct_text(d, pool, h, b, d->n < TOP_DISTINCT ? write(b, bits) : 0))
		return;
	if (d->stage == DISTINCT_SET && distinct_set(d, pool, h))
		return;
	if (d->reg)
		hll_add(d->reg, pool->hll_bits, h);
}

/* ---- histogram ---- */

/* Make room for ${v}: wider bins until everything from ${lo} to ${hi} fits. */
static void hist_widen(struct hist *h, double lo, double hi)
{
	uint64_t n[HIST_FINE] = { 0 };
	int64_t base, from, to, at;
	int k = h->k, i;
	double scale = h->scale;

	for (;;) {
		from = (int64_t)floor(lo * scale);
		to = (int64_t)floor(hi * scale);
		if (to - from < HIST_FINE)
			break;
		k++;
		scale *= 0.5;
	}
	base = from;
	for (i = 0; i < HIST_FINE; i++) {
		if (h->n[i] == 0)
			continue;
		at = (h->base + i) >> (k - h->k);
		n[at - base] += h->n[i];
	}
	memcpy(h->n, n, sizeof(n));
	h->k = k;
	h->scale = scale;
	h->base = base;
}

static void hist_first(struct hist *h, double v)
{
	int ex = 0;

	/* As fine as 53 bits of a value next to this one can be told apart, and never so fine that base leaves 62 bits. */
	frexp(v, &ex);
	h->k = ex - 40 < -900 ? -900 : ex - 40;
	h->scale = ldexp(1, -h->k);
	h->base = (int64_t)floor(v * h->scale);
}

static inline void hist_add(struct hist *h, double v, double lo, double hi)
{
	double x = v * h->scale;
	int64_t at;

	if (fabs(x) < 0x1p60) {
		at = (int64_t)x;
		at -= (double)at > x;
		if ((uint64_t)(at - h->base) < HIST_FINE) {
			h->n[at - h->base]++;
			return;
		}
	}
	while (fabs(lo * h->scale) >= 0x1p60 || fabs(hi * h->scale) >= 0x1p60) {
		/* Far larger than all before: jump to a width where the arithmetic below is exact. */
		uint64_t n[HIST_FINE] = { 0 };
		int64_t base = h->base >> 1;
		int i;

		for (i = 0; i < HIST_FINE; i++)
			if (h->n[i])
				n[((h->base + i) >> 1) - base] += h->n[i];
		memcpy(h->n, n, sizeof(n));
		h->base = base;
		h->k++;
		h->scale *= 0.5;
	}
	hist_widen(h, lo, hi);
	h->n[(int64_t)floor(v * h->scale) - h->base]++;
}

unsigned col_hist(const struct col *c, double edge[HIST_MOST + 1], uint64_t count[HIST_MOST])
{
	struct hist h;
	int64_t from, to;
	unsigned n, i;
	int k;

	if (c->hist == NULL || !(c->min <= c->max))
		return 0;
	h = *c->hist;
	k = h.k;
	if (col_kind(c) == KIND_INTEGER && k < 0)
		k = 0;
	for (;; k++) {
		from = (int64_t)floor(ldexp(c->min, -k));
		to = (int64_t)floor(ldexp(c->max, -k));
		if (to - from < HIST_MOST)
			break;
	}
	n = (unsigned)(to - from + 1);
	memset(count, 0, HIST_MOST * sizeof(*count));
	for (i = 0; i < HIST_FINE; i++)
		if (h.n[i])
			count[((h.base + (int64_t)i) >> (k - h.k > 62 ? 62 : k - h.k)) - from] += h.n[i];
	for (i = 0; i <= n; i++)
		edge[i] = ldexp((double)(from + (int64_t)i), k);
	return isfinite(edge[0]) && isfinite(edge[n]) ? n : 0;
}

/* ---- a value ---- */

static inline void trend_add(struct trend *t, double v)
{
	unsigned i;

	if (t->at == t->width) {
		t->at = 0;
		if (++t->n == TREND_MOST) {
			for (i = 0; i < TREND_MOST / 2; i++)
				t->sum[i] = t->sum[i * 2] + t->sum[i * 2 + 1];
			memset(t->sum + TREND_MOST / 2, 0, sizeof(t->sum) / 2);
			t->n = TREND_MOST / 2;
			t->width *= 2;
		}
	}
	t->sum[t->n] += v;
	t->at++;
}

static inline void add_number(struct col *c, const struct col_pool *pool, double v)
{
	double t;

	if (c->quant.most == 0 && !c->quant.failed)
		quant_init(&c->quant, pool->quant_most ? pool->quant_most : QUANT_MOST);
	if (!isfinite(v)) {
		c->infinite++;
		return;
	}
	if (v < c->min)
		c->min = v;
	if (v > c->max)
		c->max = v;
	t = c->sum + v;
	c->carry += fabs(c->sum) >= fabs(v) ? (c->sum - t) + v : (v - t) + c->sum;
	c->sum = t;
	t = v - c->pivot;
	c->dev += t;
	c->dev2 += t * t;
	quant_add(&c->quant, v);
	if (c->trend)
		trend_add(c->trend, v);
	if (c->hist == NULL) {
		if ((c->hist = calloc(1, sizeof(*c->hist))) == NULL)
			return;
		hist_first(c->hist, v);
		c->pivot = v;
		if ((c->trend = calloc(1, sizeof(*c->trend))) != NULL) {
			c->trend->width = 1;
			trend_add(c->trend, v);
		}
		c->dev = c->dev2 = 0;
	}
	hist_add(c->hist, v, c->min, c->max);
}

/* A few values are looked at for what they may tell of persons. */
static inline void look_personal(struct col *c, const char *p, size_t n)
{
	if (n < 7 || (c->personal && c->personal->seen >= PERSONAL_SAMPLE))
		return;
	if (c->personal == NULL && (c->personal = calloc(1, sizeof(*c->personal))) == NULL)
		return;
	personal_add(c->personal, slice_of(p, n));
}

static void sample_text(struct col *c, const char *p, size_t n)
{
	struct slice s;

	if (c->sample == NULL && (c->sample = malloc(SAMPLE_MOST)) == NULL)
		return;
	s = utf8_clip(slice_of(p, n), SAMPLE_MOST - c->sample_n - 1);
	memcpy(c->sample + c->sample_n, s.p, s.n);
	c->sample_n += (uint32_t)s.n;
	c->sample[c->sample_n++] = ' ';
}

static void add_text(struct col *c, const struct cell *v, const char *p, size_t n, uint64_t row)
{
	uint32_t len = 0;
	size_t i;
	unsigned a, b;
	struct slice s;

	for (i = 0; i < n; i++)
		len += ((uint8_t)p[i] & 0xC0) != 0x80;
	if (len < c->len_min)
		c->len_min = len;
	if (len > c->len_max)
		c->len_max = len;
	if (v->kind != KIND_STRING)
		return;
	look_personal(c, p, n);
	if (c->sample_n + 100 < SAMPLE_MOST)
		sample_text(c, p, n);
	if (v->form == FORM_XXY) {
		cell_xxy(p, n, &a, &b);
		c->xx_a = a > c->xx_a ? a : c->xx_a;
		c->xx_b = b > c->xx_b ? b : c->xx_b;
	}
	if (c->odd_row == 0) {
		c->odd_row = row;
		s = utf8_clip(slice_of(p, n), sizeof(c->odd) - 1);
		memcpy(c->odd, s.p, s.n);
		c->odd[s.n] = '\0';
	}
}

void col_add(struct col *c, struct col_pool *pool, const char *p, size_t n, char decimal, uint64_t row)
{
	struct cell v;

	if (n == 0) {
		c->n[KIND_MISSING]++;
		return;
	}
	cell_read(&v, p, n, decimal);
	c->n[v.kind]++;
	switch (v.kind) {
	case KIND_MISSING:
		c->codes |= 1u << v.code;
		return;
	case KIND_INTEGER:
		c->isum += v.i;
		if (v.i < c->imin)
			c->imin = v.i;
		if (v.i > c->imax)
			c->imax = v.i;
		if (n >= 12)
			look_personal(c, p, n);
		add_number(c, pool, (double)v.i);
		break;
	case KIND_NUMBER:
		add_number(c, pool, v.d);
		break;
	case KIND_DATETIME:
		if (v.zoned)
			c->zoned = true;
		else
			c->unzoned = true;
		/* fall through */
	case KIND_DATE:
		if (v.i < c->tmin)
			c->tmin = v.i;
		if (v.i > c->tmax)
			c->tmax = v.i;
		c->form[v.form]++;
		break;
	default:
		c->form[v.form]++;
		add_text(c, &v, p, n, row);
		break;
	}
	distinct_add(&c->d, pool, p, n);
}

/* ---- values whose type is known: the same counts, without looking at text first ---- */

static unsigned write_int(char out[40], uint64_t bits)
{
	return (unsigned)snprintf(out, 40, "%lld", (long long)bits);
}

/* The shorter of two ways that read back the same. */
static unsigned write_real(char out[40], uint64_t bits)
{
	double v;
	int n;

	memcpy(&v, &bits, sizeof(v));
	n = snprintf(out, 40, "%.15g", v);
	if (strtod(out, NULL) != v)
		n = snprintf(out, 40, "%.17g", v);
	return (unsigned)n;
}

static unsigned write_day(char out[40], uint64_t bits)
{
	cell_date_text(out, (int64_t)bits, true, false);
	return (unsigned)strlen(out);
}

static unsigned write_moment(char out[40], uint64_t bits)
{
	cell_date_text(out, (int64_t)bits, false, false);
	return (unsigned)strlen(out);
}

static unsigned write_zoned(char out[40], uint64_t bits)
{
	cell_date_text(out, (int64_t)bits, false, true);
	return (unsigned)strlen(out);
}

void col_int(struct col *c, struct col_pool *pool, int64_t v)
{
	char b[40];

	c->n[KIND_INTEGER]++;
	c->isum += v;
	if (v < c->imin)
		c->imin = v;
	if (v > c->imax)
		c->imax = v;
	if (v >= INT64_C(100000000000))
		look_personal(c, b, write_int(b, (uint64_t)v));
	add_number(c, pool, (double)v);
	distinct_bits(&c->d, pool, (uint64_t)v, write_int);
}

void col_real(struct col *c, struct col_pool *pool, double v)
{
	uint64_t bits;

	if (isnan(v)) {
		c->n[KIND_MISSING]++;
		return;
	}
	c->n[KIND_NUMBER]++;
	add_number(c, pool, v);
	/* 1.0 is no other value than 1. */
	if (v > -9e15 && v < 9e15 && v == (double)(int64_t)v) {
		distinct_bits(&c->d, pool, (uint64_t)(int64_t)v, write_int);
		return;
	}
	memcpy(&bits, &v, sizeof(bits));
	distinct_bits(&c->d, pool, bits, write_real);
}

void col_bool(struct col *c, struct col_pool *pool, bool v)
{
	c->n[KIND_BOOLEAN]++;
	distinct_add(&c->d, pool, v ? "true" : "false", v ? 4 : 5);
}

void col_string(struct col *c, struct col_pool *pool, const char *p, size_t n, uint64_t row)
{
	struct cell v = { .kind = KIND_STRING, .form = FORM_PLAIN };

	if (n == 0) {
		c->n[KIND_MISSING]++;
		return;
	}
	c->n[KIND_STRING]++;
	c->form[FORM_PLAIN]++;
	add_text(c, &v, p, n, row);
	distinct_add(&c->d, pool, p, n);
}

void col_moment(struct col *c, struct col_pool *pool, int64_t us, bool day, bool zoned)
{
	c->n[day ? KIND_DATE : KIND_DATETIME]++;
	if (!day && zoned)
		c->zoned = true;
	else if (!day)
		c->unzoned = true;
	if (us < c->tmin)
		c->tmin = us;
	if (us > c->tmax)
		c->tmax = us;
	c->form[FORM_PLAIN]++;
	distinct_bits(&c->d, pool, (uint64_t)us, day ? write_day : zoned ? write_zoned : write_moment);
}

/* ---- what came out ---- */

uint64_t col_count(const struct col *c)
{
	uint64_t sum = 0;
	int k;

	for (k = KIND_INTEGER; k < KIND_COUNT; k++)
		sum += c->n[k];
	return sum;
}

uint64_t col_missing(const struct col *c)
{
	return c->n[KIND_MISSING];
}

enum kind col_kind(const struct col *c)
{
	uint64_t all = col_count(c);

	if (all == 0)
		return KIND_MISSING;
	if (c->n[KIND_INTEGER] == all)
		return KIND_INTEGER;
	if (c->n[KIND_INTEGER] + c->n[KIND_NUMBER] == all)
		return KIND_NUMBER;
	if (c->n[KIND_BOOLEAN] == all)
		return KIND_BOOLEAN;
	if (c->n[KIND_DATE] == all)
		return KIND_DATE;
	if (c->n[KIND_DATE] + c->n[KIND_DATETIME] == all)
		return KIND_DATETIME;
	return KIND_STRING;
}

double col_mean(const struct col *c)
{
	uint64_t n = c->n[KIND_INTEGER] + c->n[KIND_NUMBER] - c->infinite;

	if (n == 0)
		return 0;
	if (c->n[KIND_NUMBER] == 0)
		return (double)((long double)c->isum / (long double)n);
	return (double)(((long double)c->sum + (long double)c->carry) / (long double)n);
}

unsigned col_trend(const struct col *c, double mean[TREND_MOST])
{
	const struct trend *t = c->trend;
	uint32_t i;

	if (t == NULL || t->n < 4)
		return 0;
	for (i = 0; i < t->n; i++)
		mean[i] = t->sum[i] / (double)t->width;
	return t->n;		/* the last place may be half full: left out */
}

bool col_sd(const struct col *c, double *sd)
{
	uint64_t n = c->n[KIND_INTEGER] + c->n[KIND_NUMBER] - c->infinite;
	double var;

	if (n < 2)
		return false;
	var = (c->dev2 - c->dev * c->dev / (double)n) / (double)(n - 1);
	*sd = var > 0 ? sqrt(var) : 0;
	return isfinite(*sd);
}

uint64_t col_distinct(const struct col *c, bool *exact)
{
	uint64_t all = col_count(c), v;

	*exact = c->d.stage != DISTINCT_HLL;
	if (*exact)
		return c->d.n;
	if (c->d.reg == NULL)
		return 0;
	v = hll_estimate(c->d.reg, c->d.reg_bits);
	return v > all ? all : v;
}

static int by_count(const void *a, const void *b)
{
	const struct seen *x = *(const struct seen *const *)a, *y = *(const struct seen *const *)b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

unsigned col_top(const struct col *c, const struct seen *out[TOP_MOST])
{
	const struct seen *all[TOP_DISTINCT];
	uint32_t i;

	if (c->d.stage != DISTINCT_TEXT || c->d.n == 0 || c->d.n == col_count(c))
		return 0;
	for (i = 0; i < c->d.n; i++)
		all[i] = &c->d.seen[i];
	qsort(all, c->d.n, sizeof(all[0]), by_count);
	for (i = 0; i < c->d.n && i < TOP_MOST; i++)
		out[i] = all[i];
	return i;
}

void col_release(struct col *c, struct col_pool *pool)
{
	distinct_release(&c->d, pool);
	quant_release(&c->quant);
	free(c->hist);
	free(c->trend);
	c->trend = NULL;
	free(c->personal);
	free(c->sample);
	c->hist = NULL;
	c->personal = NULL;
	c->sample = NULL;
}
