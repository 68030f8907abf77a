#include "t/unit/unit.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "indexer/range.h"
#include "t/unit/indexer/ixtest.h"

static uint64_t seed = 88172645463325252u;

static uint64_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

/* Numbers as data have them: small, large, negative, equal ones, and every power of two. */
static double some_number(void)
{
	double v;

	switch (rnd() % 6) {
	case 0: return (double)(int64_t)(rnd() % 21) - 10;
	case 1: return ((double)(rnd() % 2000000) - 1000000) / 1000;
	case 2: v = ldexp(1, (int)(rnd() % 200) - 100); return rnd() & 1 ? v : -v;
	case 3: return 0;
	case 4: return 273.15 + (double)(rnd() % 100);
	}
	return ((double)(rnd() % 1000)) * pow(10, (double)(rnd() % 40) - 20);
}

static void order_of_codes_is_order_of_numbers(void **state)
{
	(void)state;
	for (int i = 0; i < 100000; i++) {
		double a = some_number(), b = some_number();

		assert_true((a < b) == (range_code(a) < range_code(b)));
		assert_true((a == b) == (range_code(a) == range_code(b)));
		assert_true(range_value(range_code(a)) == a);
	}
	assert_true(range_code(-0.0) == range_code(0.0));
	assert_true(range_code(-INFINITY) < range_code(-1e308) && range_code(1e308) < range_code(INFINITY));
}

static void the_node_of_an_interval_lies_in_it(void **state)
{
	(void)state;
	for (int i = 0; i < 200000; i++) {
		uint64_t a = rnd() >> (rnd() % 64), b = rnd() >> (rnd() % 64), node;

		if (a > b) {
			uint64_t t = a;
			a = b;
			b = t;
		}
		a += a == 0;
		b += b < a;
		node = range_node(a, b);
		assert_true(a <= node && node <= b);
		/* none in it stands higher */
		if (b - a < 64)
			for (uint64_t x = a; x <= b && x >= a; x++)
				assert_true(__builtin_ctzll(x) <= __builtin_ctzll(node));
	}
}

/* ---- against the plainest search there is ---- */

#define DOCS 600
#define EACH 3

struct doc { unsigned n; struct { unsigned name; double lo, hi; } v[EACH]; double box[4]; double from, until; bool gone; };
static struct doc docs[DOCS];
static const char *const names[] = { "alpha", "beta", "gamma" };

static json_t *facts_of(const struct doc *d)
{
	json_t *vars = json_array(), *out;
	char from[ISO8601_LEN], until[ISO8601_LEN];

	for (unsigned i = 0; i < d->n; i++)
		json_array_append_new(vars, json_pack("{s:s,s:s,s:f,s:f,s:{s:f,s:f,s:s}}", "name", names[d->v[i].name], "type", "number", "min", d->v[i].lo, "max", d->v[i].hi,
		    "si", "min", d->v[i].lo * 1000, "max", d->v[i].hi * 1000, "unit", "m"));
	iso8601(from, (int64_t)d->from);
	iso8601(until, (int64_t)d->until);
	out = json_pack("{s:o,s:[[f,f,f,f]],s:{s:s,s:s}}", "variables", vars, "boxes", d->box[0], d->box[1], d->box[2], d->box[3], "time", "start", from, "end", until);
	assert_non_null(out);
	return out;
}

static void swap_up(double *a, double *b)
{
	if (*a > *b) {
		double t = *a;
		*a = *b;
		*b = t;
	}
}

static void make(struct doc *d)
{
	d->n = (unsigned)(rnd() % (EACH + 1));
	for (unsigned i = 0; i < d->n; i++) {
		d->v[i].name = (unsigned)(rnd() % 3);
		d->v[i].lo = some_number();
		d->v[i].hi = rnd() & 1 ? d->v[i].lo : some_number();
		swap_up(&d->v[i].lo, &d->v[i].hi);
	}
	d->box[0] = (double)(int)(rnd() % 361) - 180;
	d->box[2] = (double)(int)(rnd() % 361) - 180;	/* west > east now and then */
	d->box[1] = (double)(int)(rnd() % 181) - 90;
	d->box[3] = (double)(int)(rnd() % 181) - 90;
	swap_up(&d->box[1], &d->box[3]);
	d->from = (double)(rnd() % 2000000000);
	d->until = d->from + (double)(rnd() % 200000000);
}

static void put(struct ixtest *t, unsigned i, uint64_t change)
{
	json_t *facts = facts_of(&docs[i]), *doc = ixtest_doc("x", "y");
	struct rec rec;
	struct index_doc d = { .rec = &rec, .facts = facts };

	ixtest_rec(&rec, i, 1, doc);
	if (docs[i].gone)
		rec.state = REC_WITHDRAWN;
	assert_st_e(ST_OK, index_apply(t->ix, &d, 1, change, &t->e), &t->e);
	json_decref(doc);
	json_decref(facts);
}

static bool lon_meets(double w, double e, double qw, double qe)
{
	for (int a = 0; a < 2; a++)
		for (int b = 0; b < 2; b++) {
			double x = w <= e ? w : a ? -180 : w, y = w <= e ? e : a ? e : 180, p = qw <= qe ? qw : b ? -180 : qw, q = qw <= qe ? qe : b ? qe : 180;
			if (x <= q && y >= p)
				return true;
		}
	return false;
}

static uint64_t brute_values(unsigned name, double lo, double hi)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < DOCS; i++) {
		bool hit = false;
		for (unsigned k = 0; k < docs[i].n; k++)
			hit |= docs[i].v[k].name == name && docs[i].v[k].lo <= hi && docs[i].v[k].hi >= lo;
		n += hit && !docs[i].gone;
	}
	return n;
}

static void compare(struct ixtest *t)
{
	char q[400];

	for (int i = 0; i < 300; i++) {
		double a = some_number(), b = rnd() % 4 ? some_number() : a, box[4];
		unsigned name = (unsigned)(rnd() % 3);
		uint64_t want = 0, from = rnd() % 2000000000, until = from + rnd() % 300000000;
		char d1[ISO8601_LEN], d2[ISO8601_LEN];

		swap_up(&a, &b);
		/* As written; a trillionth is the slack of both. */
		snprintf(q, sizeof(q), "%s:[%.17g TO %.17g]", names[name], a, b);
		want = brute_values(name, a - fabs(a) * 1e-12, b + fabs(b) * 1e-12);
		if (ixtest_count(t, q) != want)
			fail_msg("%s: got %lu, want %lu", q, (unsigned long)ixtest_count(t, q), (unsigned long)want);
		/* Stored in metres, asked in kilometres. */
		snprintf(q, sizeof(q), "%s:[%.17g TO %.17g km]", names[name], a, b);
		if (ixtest_count(t, q) != want)
			fail_msg("%s: got %lu, want %lu", q, (unsigned long)ixtest_count(t, q), (unsigned long)want);
		snprintf(q, sizeof(q), "%s:[%.17g TO *]", names[name], a);
		assert_int_equal(ixtest_count(t, q), brute_values(name, a - fabs(a) * 1e-12, INFINITY));
		box[0] = (double)(int)(rnd() % 361) - 180;
		box[2] = (double)(int)(rnd() % 361) - 180;
		box[1] = (double)(int)(rnd() % 181) - 90;
		box[3] = (double)(int)(rnd() % 181) - 90;
		swap_up(&box[1], &box[3]);
		snprintf(q, sizeof(q), "bbox:%g,%g,%g,%g", box[0], box[1], box[2], box[3]);
		want = 0;
		for (unsigned k = 0; k < DOCS; k++)
			want += !docs[k].gone && docs[k].box[1] <= box[3] && docs[k].box[3] >= box[1] && lon_meets(docs[k].box[0], docs[k].box[2], box[0], box[2]);
		if (ixtest_count(t, q) != want)
			fail_msg("%s: got %lu, want %lu", q, (unsigned long)ixtest_count(t, q), (unsigned long)want);
		iso8601(d1, (int64_t)from);
		iso8601(d2, (int64_t)until);
		snprintf(q, sizeof(q), "time:[%s TO %s]", d1, d2);
		want = 0;
		for (unsigned k = 0; k < DOCS; k++)
			want += !docs[k].gone && docs[k].from <= (double)until && docs[k].until >= (double)from;
		if (ixtest_count(t, q) != want)
			fail_msg("%s: got %lu, want %lu", q, (unsigned long)ixtest_count(t, q), (unsigned long)want);
	}
}

static void spans_find_what_a_walk_over_all_finds(void **state)
{
	struct ixtest *t = *state;
	uint64_t change = 1;

	for (unsigned i = 0; i < DOCS; i++) {
		make(&docs[i]);
		put(t, i, change++);
	}
	compare(t);
	/* Changed and withdrawn: their old intervals are gone. */
	for (unsigned i = 0; i < DOCS; i += 3) {
		make(&docs[i]);
		docs[i].gone = rnd() % 4 == 0;
		put(t, i, change++);
	}
	compare(t);
	assert_st_e(ST_OK, index_settle(t->ix, &t->e), &t->e);
	ixtest_close(t);
	ixtest_open(t);
	compare(t);
}

static void nothing_is_left_of_what_goes(void **state)
{
	struct ixtest *t = *state;
	struct kv_txn x;
	uint64_t n;

	memset(docs, 0, sizeof(docs));
	for (unsigned i = 0; i < 50; i++) {
		make(&docs[i]);
		put(t, i, i + 1);
	}
	for (unsigned i = 0; i < 50; i++) {
		docs[i].gone = true;
		put(t, i, 100 + i);
	}
	kv_read(t->r.index, &x);
	n = kv_entries(&x, IX_RANGES);
	assert_st(ST_OK, kv_end(&x, NULL));
	assert_int_equal(0, n);
}

static void bad_spans_are_named(void **state)
{
	static const char *const bad[] = { "alpha:[1 TO", "alpha:[]", "alpha:[* TO *]", "alpha:[2 TO 1]", "alpha:[x TO y]", "alpha:[1 TO 2 furlongs]", "alpha:[1 K TO 2 m]", "time:[2000 TO 1990]",
		"time:[13-13]", "bbox:1,2,3", "bbox:1,2,3,4,5", "bbox:-999,0,1,1", "bbox:0,10,1,5", "place:Nowhereland", "alpha:[1 TO 2 pH]", "time:[* TO *]", "year:[a TO b]" };
	struct ixtest *t = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err_clear(&t->e);
		if (ixtest_count(t, bad[i]) != UINT64_MAX)
			fail_msg("'%s' was taken", bad[i]);
		assert_true(t->e.st == ST_INVALID);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_of_codes_is_order_of_numbers),
		cmocka_unit_test(the_node_of_an_interval_lies_in_it),
		cmocka_unit_test_setup_teardown(spans_find_what_a_walk_over_all_finds, ixtest_setup, ixtest_teardown),
		cmocka_unit_test_setup_teardown(nothing_is_left_of_what_goes, ixtest_setup, ixtest_teardown),
		cmocka_unit_test_setup_teardown(bad_spans_are_named, ixtest_setup, ixtest_teardown),
	};
	return cmocka_run_group_tests_name("ranges", tests, NULL, NULL);
}
