/*
 * Builds a search index of a corpus and runs query sets on it.
 *
 *   search_index CORPUS.jsonl DIR [BATCH] [QUERIES.jsonl ...]
 *
 * CORPUS and QUERIES are those of make_corpus.py. Prints one line a figure: "name value unit".
 */
#include <sys/resource.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/vec.h"
#include "indexer/index_int.h"
#include "store/repo.h"

static json_t *ml(const char *text, const char *lang)
{
	return json_pack("[{s:s, s:s}]", "value", text, "lang", lang);
}

static json_t *doc_of(const json_t *r)
{
	const char *lang = json_text(r, "lang"), *date = json_text(r, "date");
	json_t *doc = json_object(), *creators = json_array(), *subjects = json_array(), *m;
	size_t i;

	json_object_set_new(doc, "titles", ml(json_text(r, "title"), lang));
	json_object_set_new(doc, "descriptions", ml(json_text(r, "description"), lang));
	if (getenv("PLAIN") != NULL) {		/* title and description only, as the rules of the query sets say */
		json_decref(creators);
		json_decref(subjects);
		return doc;
	}
	json_array_foreach(json_object_get(r, "creators"), i, m)
		json_array_append_new(creators, json_pack("{s:o}", "names", ml(json_string_value(m), lang)));
	json_array_foreach(json_object_get(r, "keywords"), i, m)
		json_array_append_new(subjects, json_pack("{s:O}", "value", m));
	json_object_set_new(doc, "creators", creators);
	json_object_set_new(doc, "subjects", subjects);
	json_object_set_new(doc, "languages", json_pack("[s]", strcmp(lang, "ja") == 0 ? "jpn" : "eng"));
	json_object_set_new(doc, "dates", json_pack("[{s:s, s:s}]", "type", "Issued", "value", date));
	json_object_set_new(doc, "resourceType", json_pack("{s:s}", "coar", "http://purl.org/coar/resource_type/c_ddb1"));
	json_object_set_new(doc, "rights", json_pack("[{s:s}]", "spdx", "CC-BY-4.0"));
	return doc;
}

static void die(const char *what, const struct err *e)
{
	fprintf(stderr, "%s: %s\n", what, e->text);
	exit(1);
}

static int64_t build(struct index *ix, const char *path, size_t batch, uint64_t *n_out)
{
	FILE *f = fopen(path, "r");
	struct rec *recs = calloc(batch, sizeof(*recs));
	struct index_doc *docs = calloc(batch, sizeof(*docs));
	struct err e = ERR_INIT;
	char *line = NULL;
	size_t cap = 0, n = 0;
	uint64_t all = 0;
	int64_t spent = 0, t0;
	ssize_t len;

	if (f == NULL)
		exit(1);
	for (;;) {
		len = getline(&line, &cap, f);
		if (n == batch || (len < 0 && n > 0)) {
			t0 = clock_mono_us();
			if (index_apply(ix, docs, n, all, &e) != ST_OK)
				die("apply", &e);
			spent += clock_mono_us() - t0;
			for (size_t i = 0; i < n; i++)
				json_decref(recs[i].doc);
			n = 0;
		}
		if (len < 0)
			break;
		json_t *r = json_loadb(line, (size_t)len, 0, NULL);
		struct rec *rec = &recs[n];
		memset(rec, 0, sizeof(*rec));
		snprintf(rec->id, sizeof(rec->id), "%05x-%05x", (unsigned)(all * 2654435761u & 0xfffff), (unsigned)(all & 0xfffff));
		snprintf(rec->parent, sizeof(rec->parent), "%05x+%05x", (unsigned)(all * 2654435761u & 0xfffff), (unsigned)(all & 0xfffff));
		rec->state = REC_PUBLISHED;
		rec->version = 1;
		rec->published = rec->modified = (int64_t)all;
		rec->doc = doc_of(r);
		json_decref(r);
		docs[n++].rec = rec;
		all++;
	}
	for (size_t i = 0; i < batch; i++)
		docs[i].rec = NULL;
	free(line);
	free(recs);
	free(docs);
	fclose(f);
	*n_out = all;
	return spent;
}

static int cmp_i64(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static void query_text(struct buf *b, const json_t *q)
{
	const char *op = json_text(q, "op");
	json_t *m;
	size_t i;

	buf_clear(b);
	if (strcmp(op, "phrase") == 0)
		buf_addc(b, '"');
	json_array_foreach(json_object_get(q, "terms"), i, m) {
		if (i > 0)
			buf_adds(b, strcmp(op, "or") == 0 ? " OR " : " ");
		if (strcmp(op, "phrase") == 0)
			buf_adds(b, json_string_value(m));
		else
			buf_addf(b, "\"%s\"", json_string_value(m));
	}
	if (strcmp(op, "phrase") == 0)
		buf_addc(b, '"');
}

static void queries(struct index *ix, const char *path, bool facets)
{
	struct principal who = { 0 };
	struct buf text = BUF_INIT(BUF_NOMAX);
	struct err e = ERR_INIT;
	VEC(int64_t) us = VEC_INIT;
	char *line = NULL;
	size_t cap = 0;
	uint64_t hits = 0;
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;

	for (int pass = 0; pass < 4; pass++) {
		FILE *f = fopen(path, "r");
		ssize_t len;
		while (f != NULL && (len = getline(&line, &cap, f)) > 0) {
			json_t *q = json_loadb(line, (size_t)len, 0, NULL);
			struct search_query sq = { .size = 10, .page = 1, .facets = facets };
			struct search_result r;
			int64_t t0;

			query_text(&text, q);
			sq.text = buf_slice(&text);
			t0 = clock_mono_us();
			if (search_run(ix, &who, &sq, &r, &e) != ST_OK)
				die(text.p, &e);
			if (pass > 0 && VEC_PUSH(&us, clock_mono_us() - t0) != ST_OK)
				exit(1);
			if (pass == 0) {
				hits += r.total;
				if (getenv("SHOW_HITS") && !facets)
					printf("hits %s %llu\n", json_text(q, "id"), (unsigned long long)r.total);
			}
			search_result_release(&r);
			json_decref(q);
		}
		if (f != NULL)
			fclose(f);
	}
	qsort(us.v, us.n, sizeof(*us.v), cmp_i64);
	if (us.n > 0)
		printf("%s%s.p50 %lld us\n%s%s.p99 %lld us\n%s.hits %llu\n", name, facets ? "+facets" : "", (long long)us.v[us.n / 2], name, facets ? "+facets" : "",
		       (long long)us.v[us.n * 99 / 100], name, (unsigned long long)hits);
	VEC_RELEASE(&us);
	buf_release(&text);
	free(line);
}

/* Memory that is ours alone: pages of the mapped index are the system's to drop. */
static void private_memory(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "RssAnon:", 8) == 0)
			printf("build.private %s", line + 9);
	if (f != NULL)
		fclose(f);
}

/* Records one by one, as publications come: each is durable and can be found when index_apply() returns. */
static void singles(struct index *ix)
{
	struct err e = ERR_INIT;
	int64_t us[300], t0;
	struct rec rec = { .id = "fresh-00000", .parent = "fresh-ppppp", .state = REC_PUBLISHED, .version = 1 };
	struct index_doc d = { .rec = &rec };

	for (size_t i = 0; i < 300; i++) {
		snprintf(rec.id, sizeof(rec.id), "fresh-%05zu", i);
		rec.doc = json_pack("{s:[{s:s}], s:[{s:s}]}", "titles", "value", "Hourly sea surface temperature of one buoy 海面水温の毎時観測", "descriptions", "value",
				    "A record of about the size of a small description, published by a machine every hour and looked for at once. 観測ブイが毎時送る海面水温。");
		t0 = clock_mono_us();
		if (index_apply(ix, &d, 1, 0, &e) != ST_OK)
			die("apply", &e);
		us[i] = clock_mono_us() - t0;
		json_decref(rec.doc);
	}
	qsort(us, 300, sizeof(*us), cmp_i64);
	printf("single.p50 %lld us\nsingle.p99 %lld us\n", (long long)us[150], (long long)us[297]);
}

int main(int argc, char **argv)
{
	struct repo r = { .lock_fd = -1 };
	struct kv_opts o = { (size_t)1 << 30, (size_t)64 << 30, 0 };
	struct err e = ERR_INIT;
	struct index *ix;
	struct rusage ru;
	struct kv_stats ks;
	size_t n_specs;
	const struct kv_spec *specs = index_specs(&n_specs);
	uint64_t n = 0;
	int64_t us, t0;

	if (argc < 3)
		return 2;
	if (kv_open(&r.index, argv[2], specs, n_specs, &o, &e) != ST_OK || writer_new(&r.ix_w, r.index, 64, &e) != ST_OK || index_open(&ix, &r, &e) != ST_OK)
		die("open", &e);
	us = build(ix, argv[1], argc > 3 ? (size_t)strtoul(argv[3], NULL, 10) : 5000, &n);
	getrusage(RUSAGE_SELF, &ru);
	private_memory();
	printf("records %llu\nindex.seconds %.3f s\nindex.rate %.0f records/s\nbuild.maxrss %ld KB\n", (unsigned long long)n, (double)us / 1e6, (double)n * 1e6 / (double)us, ru.ru_maxrss);
	t0 = clock_mono_us();
	if (index_settle(ix, &e) != ST_OK)
		die("settle", &e);
	printf("settle.seconds %.3f s\n", (double)(clock_mono_us() - t0) / 1e6);
	getrusage(RUSAGE_SELF, &ru);
	printf("cpu.seconds %.3f s\n", (double)ru.ru_utime.tv_sec + (double)ru.ru_stime.tv_sec + (double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6);
	kv_stats(r.index, &ks);
	singles(ix);
	printf("index.bytes %llu\n", (unsigned long long)ks.used);
	for (int i = 4; i < argc; i++) {
		queries(ix, argv[i], false);
		queries(ix, argv[i], true);
	}
	index_close(ix);
	writer_free(r.ix_w);
	kv_close(r.index);
	return 0;
}
