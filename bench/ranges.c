/*
 * Datasets with values, time and place, and questions about them.
 *
 *   ranges DIR [DOCUMENTS]
 *
 * Each document has one variable in kelvin, a time of some weeks and a box of some degrees. Prints a line a question: what, hits, median
 * milliseconds of the search (with its total), median milliseconds of a walk over the intervals of all documents.
 */
#include <math.h>

#include "base/clock.h"
#include "base/fs.h"
#include "indexer/index_int.h"
#include "indexer/range.h"
#include "store/repo.h"

#define BATCH	1000
#define TIMES	21

static uint64_t seed = 88172645463325252u;

static double rnd(double from, double to)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return from + (to - from) * (double)(seed >> 11) / 9007199254740992.0;
}

static void die(const char *what, const struct err *e)
{
	fprintf(stderr, "%s: %s\n", what, e->text);
	exit(1);
}

static json_t *facts_of(void)
{
	double lo = rnd(230, 310), w = rnd(-180, 170), s = rnd(-90, 80), t = rnd(0, 1.6e9);
	double hi = lo + rnd(0, 10), e = w + rnd(0, 10), n = s + rnd(0, 10);
	char from[ISO8601_LEN], until[ISO8601_LEN];

	iso8601(from, (int64_t)t);
	iso8601(until, (int64_t)(t + rnd(0, 3e6)));
	return json_pack("{s:[{s:s,s:s,s:f,s:f,s:{s:f,s:f,s:s}}],s:[[f,f,f,f]],s:{s:s,s:s}}", "variables", "name", "temperature", "type", "number", "min", lo, "max", hi,
	    "si", "min", lo, "max", hi, "unit", "K", "boxes", w, s, e, n, "time", "start", from, "end", until);
}

static void build(struct index *ix, unsigned docs)
{
	static struct rec rec[BATCH];
	static struct index_doc doc[BATCH];
	struct err e = ERR_INIT;

	for (unsigned i = 0; i < docs; i += BATCH) {
		for (unsigned k = 0; k < BATCH; k++) {
			memset(&rec[k], 0, sizeof(rec[k]));
			snprintf(rec[k].id, sizeof(rec[k].id), "%05u-%05u", (i + k) / 100000, (i + k) % 100000);
			snprintf(rec[k].parent, sizeof(rec[k].parent), "%05u-%05u", (i + k) / 100000, (i + k) % 100000);
			rec[k].state = REC_PUBLISHED;
			rec[k].version = 1;
			rec[k].meta = META_PUBLIC;
			rec[k].was_public = true;
			rec[k].doc = json_pack("{s:[{s:s}]}", "titles", "value", "some data");
			doc[k] = (struct index_doc){ .rec = &rec[k], .facts = facts_of() };
		}
		if (index_apply(ix, doc, BATCH, i + 1, &e) != ST_OK)
			die("index", &e);
		for (unsigned k = 0; k < BATCH; k++) {
			json_decref(rec[k].doc);
			json_decref((json_t *)doc[k].facts);
		}
	}
}

static int by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static uint64_t ask(struct index *ix, const char *text)
{
	struct principal nobody = { 0 };
	struct search_query q = { .text = slice_str(text), .size = 10, .page = 1 };
	struct search_result r;
	struct err e = ERR_INIT;
	uint64_t n;

	if (search_run(ix, &nobody, &q, &r, &e) != ST_OK)
		die(text, &e);
	n = r.total;
	search_result_release(&r);
	return n;
}

/* What an index without the tree would do: each document's own list. */
static uint64_t walk_all(struct repo *r, const char *name, double lo, double hi)
{
	uint64_t a = range_code(lo), b = range_code(hi), from, to, n = 0;
	struct slice rest, is;
	struct kv_txn t;
	struct kv_cur c;
	bool ok;

	kv_read(r->index, &t);
	kv_cur_open(&t, IX_RANGES, &c);
	for (ok = kv_seek(&c, SLICE("d")); ok && c.key.p[0] == 'd'; ok = kv_next(&c)) {
		bool hit = false;
		for (rest = c.v; range_list_next(&rest, &is, &from, &to); )
			hit |= from <= b && to >= a && slice_eq_str(is, name);
		n += hit;
	}
	kv_cur_close(&c);
	kv_end(&t, NULL);
	return n;
}

static void measure(struct index *ix, struct repo *r, const char *what, const char *query, const char *name, double lo, double hi)
{
	int64_t us[2][TIMES], at;
	uint64_t hits = 0, same = 0;

	for (int i = 0; i < TIMES; i++) {
		at = clock_mono_us();
		hits = ask(ix, query);
		us[0][i] = clock_mono_us() - at;
		at = clock_mono_us();
		same = name != NULL ? walk_all(r, name, lo, hi) : hits;
		us[1][i] = clock_mono_us() - at;
	}
	if (hits != same)
		fprintf(stderr, "%s: %lu and %lu hits\n", query, (unsigned long)hits, (unsigned long)same);
	qsort(us[0], TIMES, sizeof(us[0][0]), by_time);
	qsort(us[1], TIMES, sizeof(us[1][0]), by_time);
	printf("%s %lu %.3f %.3f\n", what, (unsigned long)hits, (double)us[0][TIMES / 2] / 1000, (double)us[1][TIMES / 2] / 1000);
}

int main(int argc, char **argv)
{
	unsigned docs = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 100000;
	struct kv_opts o = { (size_t)256 << 20, (size_t)16 << 30, 0 };
	struct err e = ERR_INIT;
	struct index *ix;
	struct repo r;
	size_t n;
	const struct kv_spec *specs = index_specs(&n);
	int64_t at;

	if (argc < 2)
		return 2;
	memset(&r, 0, sizeof(r));
	r.lock_fd = -1;
	if (kv_open(&r.index, argv[1], specs, n, &o, &e) != ST_OK || writer_new(&r.ix_w, r.index, 64, &e) != ST_OK || index_open(&ix, &r, &e) != ST_OK)
		die(argv[1], &e);
	at = clock_mono_us();
	build(ix, docs);
	printf("build %u %.3f 0\n", docs, (double)(clock_mono_us() - at) / 1000);
	measure(ix, &r, "values", "temperature:[249.9 TO 250 K]", "vtemperature\x1fK", 249.9 * (1 - 1e-12), 250 * (1 + 1e-12));
	measure(ix, &r, "edge", "temperature:[316 TO * K]", "vtemperature\x1fK", 316 * (1 - 1e-12), 1e300);
	measure(ix, &r, "time", "time:[1995-05-01 TO 1995-05-02]", "t", 799286400, 799459199);
	measure(ix, &r, "box", "bbox:139.3,41.3,148.9,45.6", NULL, 0, 0);
	measure(ix, &r, "all", "temperature:[280 TO 300 K] time:[1990 TO 2000] bbox:139.3,41.3,148.9,45.6", NULL, 0, 0);
	index_close(ix);
	writer_free(r.ix_w);
	kv_close(r.index);
	return 0;
}
