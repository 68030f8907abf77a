/*
 * What the catalogue costs by itself: metadata-only records put with all kept renditions in batches, pages of the feed, heads, and
 * small draft writes by 64 threads at once. Usage: catalogue [records [batch]]. Prints one line a figure.
 * catalogue single N FILE: the draft in FILE saved N times, each in its own LMDB transaction with its own sync; prints writes/s.
 */

#include <pthread.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "store/cat_int.h"

struct load { struct repo *r; unsigned from, n; struct rec *rec; };

static json_t *doc_of(unsigned i)
{
	static const char *const word[] = { "soil", "ocean", "neutron", "genome", "survey", "plasma", "catalyst", "rainfall", "archive", "lattice" };
	struct buf text = BUF_INIT(4096);
	json_t *doc, *subjects = json_array();
	unsigned k, x = i * 2654435761u;

	for (k = 0; k < 70; k++, x = x * 1664525u + 1013904223u)
		buf_addf(&text, "%s%s", k ? " " : "", word[(x >> 16) % 10]);
	for (k = 0; k < 5; k++, x = x * 1664525u + 1013904223u)
		json_array_append_new(subjects, json_pack("{s:s, s:s}", "value", word[(x >> 16) % 10], "lang", "en"));
	doc = json_pack("{s:s, s:[{s:s, s:s}], s:[{s:s, s:[{s:s, s:s}]}], s:{s:[{s:s, s:s}]}, s:i, s:[{s:s, s:s}], s:{s:s, s:s, s:s}, s:o, s:[{s:s#, s:s, s:s}],"
	    " s:{s:s}, s:[{s:s, s:s}], s:[s]}", "schemaVersion", "1", "titles", "value", word[i % 10], "lang", "en", "creators", "nameType",
	    "Personal", "names", "value", "Joho, Taro", "lang", "en", "publisher", "names", "value", "Example University", "lang", "en",
	    "publicationYear", 2020 + (int)(i % 6), "dates", "type", "Issued", "value", "2024-05-06", "resourceType", "coar",
	    "http://purl.org/coar/resource_type/c_ddb1", "label", "dataset", "general", "Dataset", "subjects", subjects, "descriptions", "value",
	    text.p, (int)text.n, "lang", "en", "type", "Abstract", "accessRights", "coar", "http://purl.org/coar/access_right/c_abf2", "rights",
	    "spdx", "CC-BY-4.0", "uri", "https://creativecommons.org/licenses/by/4.0/", "languages", "eng");
	buf_release(&text);
	return doc;
}

static st_t load_apply(void *arg, struct kv_txn *t)
{
	struct load *l = arg;
	unsigned i;

	for (i = 0; i < l->n && t->st == ST_OK; i++) {
		struct change c = { .kind = CHANGE_PUBLISH, .revision = 1 };

		memcpy(c.id, l->rec[i].id, sizeof(c.id));
		memcpy(c.parent, l->rec[i].parent, sizeof(c.parent));
		change_put(t, &c);
		l->rec[i].change = c.no;
		cat_put(t, l->r, &l->rec[i]);
	}
	return ST_OK;
}

static double seconds(int64_t since)
{
	return (double)(clock_mono_us() - since) / 1e6;
}

static void load(struct repo *r, unsigned total, unsigned batch)
{
	struct rec *rec = calloc(batch, sizeof(*rec));
	struct buf *text = calloc(batch, sizeof(*text));
	struct load l = { r, 0, 0, rec };
	struct err e = ERR_INIT;
	int64_t t0 = clock_mono_us(), inside = 0, t1;
	unsigned i;

	for (l.from = 0; l.from < total; l.from += batch) {
		l.n = total - l.from < batch ? total - l.from : batch;
		for (i = 0; i < l.n; i++) {
			memset(&rec[i], 0, sizeof(rec[i]));
			pid_new(rec[i].id);
			pid_new(rec[i].parent);
			rec[i].state = REC_PUBLISHED;
			rec[i].version = rec[i].revision = rec[i].etag = 1;
			rec[i].created = rec[i].modified = rec[i].published = clock_now();
			rec[i].in_pack = true;
			rec[i].doc = doc_of(l.from + i);
			buf_init(&text[i], 1 << 20);
			json_dump(&text[i], rec[i].doc, false);
			rec[i].text = buf_slice(&text[i]);
		}
		t1 = clock_mono_us();
		if (writer_do(r->cat_w, load_apply, &l, &e) != ST_OK) {
			fprintf(stderr, "%s\n", e.text);
			exit(1);
		}
		inside += clock_mono_us() - t1;
		for (i = 0; i < l.n; i++) {
			json_decref(rec[i].doc);
			buf_release(&text[i]);
		}
	}
	printf("put and render: %.0f records/s (%.1f us each; with making them %.0f/s)\n", total / ((double)inside / 1e6), (double)inside / total,
	    total / seconds(t0));
	free(rec);
	free(text);
}

/* A page of 100 with its renditions, as ListRecords reads it. */
static double page_time(struct repo *r, uint64_t after, unsigned times)
{
	struct feed_item x[100];
	struct kv_txn t;
	struct slice bytes;
	int64_t stamp, t0 = clock_mono_us();
	size_t n = 0, i, sum = 0;
	bool deleted;

	for (unsigned k = 0; k < times; k++) {
		kv_read(r->catalog, &t);
		n = cat_feed(&t, "oai_dc", SLICE("type:dataset"), after, INT64_MIN, INT64_MAX, x, 100);
		for (i = 0; i < n; i++)
			if (cat_rendition(&t, "oai_dc", x[i].id, &bytes, &stamp, &deleted) == ST_OK)
				sum += bytes.n;
		kv_end(&t, NULL);
	}
	if (n != 100 || sum == 0)
		printf("a page of %zu items\n", n);
	return (double)(clock_mono_us() - t0) / times;
}

struct draft { struct repo *r; unsigned who, times; };

static st_t draft_apply(void *arg, struct kv_txn *t)
{
	struct rec *rec = ((void **)arg)[1];

	cat_put(t, ((void **)arg)[0], rec);
	return ST_OK;
}

static void *draft_main(void *arg)
{
	struct draft *d = arg;
	struct rec rec = { .state = REC_DRAFT, .owner = d->who + 1, .version = 1 };
	void *both[2] = { d->r, &rec };

	pid_new(rec.id);
	pid_new(rec.parent);
	rec.doc = doc_of(d->who);
	for (unsigned i = 0; i < d->times; i++) {
		rec.etag++;
		if (writer_do(d->r->cat_w, draft_apply, both, NULL) != ST_OK)
			exit(1);
	}
	json_decref(rec.doc);
	return NULL;
}

static void drafts(struct repo *r, unsigned threads, unsigned times)
{
	pthread_t *th = calloc(threads, sizeof(*th));
	struct draft *d = calloc(threads, sizeof(*d));
	struct writer_counts a, b;
	int64_t t0 = clock_mono_us();
	unsigned i;

	writer_counts(r->cat_w, &a);
	for (i = 0; i < threads; i++) {
		d[i] = (struct draft){ r, i, times };
		pthread_create(&th[i], NULL, draft_main, &d[i]);
	}
	for (i = 0; i < threads; i++)
		pthread_join(th[i], NULL);
	writer_counts(r->cat_w, &b);
	printf("drafts by %u threads: %.0f writes/s, %.1f a commit\n", threads, threads * times / seconds(t0),
	    (double)(b.jobs - a.jobs) / (double)(b.batches - a.batches));
	free(th);
	free(d);
}

/* The entries that a saved draft makes, one transaction each: no queue, no thread, no request around it. */
static void single(struct repo *r, unsigned times, const char *file)
{
	struct rec rec = { .state = REC_DRAFT, .owner = 1, .version = 1 };
	struct buf b = BUF_INIT(1 << 20);
	struct err e = ERR_INIT;
	struct kv_txn t;
	int64_t t0;
	unsigned i;

	if (fs_read_file(file, &b, &e) != ST_OK || json_load(&rec.doc, buf_slice(&b), &e) != ST_OK) {
		fprintf(stderr, "%s\n", e.text);
		exit(1);
	}
	pid_new(rec.id);
	pid_new(rec.parent);
	t0 = clock_mono_us();
	for (i = 0; i < times; i++) {
		rec.etag++;
		kv_write(r->catalog, NULL, &t);
		cat_put(&t, r, &rec);
		if (kv_end(&t, &e) != ST_OK)
			exit(1);
	}
	printf("%.1f\n", times / seconds(t0));
	json_decref(rec.doc);
	buf_release(&b);
}

int main(int argc, char **argv)
{
	bool alone = argc == 4 && strcmp(argv[1], "single") == 0;
	unsigned total = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 100000, batch = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 1000;
	char dir[] = "azekura-bench-XXXXXX";	/* in the current folder: the disk that is measured */
	const char *data = getenv("AZEKURA_SCHEMA");
	struct repo r = { .lock_fd = -1, .dir = dir };
	struct kv_opts o = { (size_t)1 << 30, (size_t)64 << 30, 0 };
	struct kv_stats s;
	struct err e = ERR_INIT;
	double first, last;
	int64_t t0;

	log_level_set(LOG_LEVEL_WARN);
	if (mkdtemp(dir) == NULL || schema_load(&r.schema, data ? data : "schema", &e) != ST_OK ||
	    kv_open(&r.catalog, dir, cat_specs, CAT_DB_COUNT, &o, &e) != ST_OK || writer_new(&r.cat_w, r.catalog, 4096, &e) != ST_OK ||
	    cat_open(&r, &e) != ST_OK) {
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	if (alone) {
		single(&r, (unsigned)strtoul(argv[2], NULL, 10), argv[3]);
		goto out;
	}
	load(&r, total, batch);
	kv_stats(r.catalog, &s);
	printf("catalogue: %.1f MB, %.0f bytes a record\n", (double)s.used / 1e6, (double)s.used / total);
	if (total >= 200) {
		page_time(&r, 0, 20);
		first = page_time(&r, 0, 200);
		page_time(&r, total - 100, 20);
		last = page_time(&r, total - 100, 200);
		printf("page of 100: first %.0f us, last %.0f us, ratio %.2f\n", first, last, last / first);
	}
	drafts(&r, 64, 40);
out:
	writer_free(r.cat_w);
	kv_close(r.catalog);
	cat_close(&r);
	if (alone) {
		schema_drop(r.schema);
		fs_remove_tree(dir, &e);
		return 0;
	}
	t0 = clock_mono_us();
	if (kv_open(&r.catalog, dir, cat_specs, CAT_DB_COUNT, &o, &e) != ST_OK)
		return 1;
	printf("open again: %.1f ms\n", seconds(t0) * 1e3);
	kv_close(r.catalog);
	schema_drop(r.schema);
	fs_remove_tree(dir, &e);
	return 0;
}
