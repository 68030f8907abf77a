/* What is published is found, then read, then found by what is in it; whatever stops in between. */

#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/hash.h"
#include "indexer/follow.h"
#include "store/deposit.h"
#include "store/facts.h"
#include "store/upload.h"
#include "t/unit/store/scratch.h"
#include "t/unit/unit.h"

#define RECORD "{\"identifiers\":[],\"titles\":[{\"value\":\"%s\",\"lang\":\"en\"}],\"creators\":[{\"nameType\":\"Personal\",\"names\":[{\"value\":\"Joho, Taro\",\"lang\":\"en\"}]}]," \
	"\"publisher\":{\"names\":[{\"value\":\"Lab\",\"lang\":\"en\"}]},\"publicationYear\":2026,\"dates\":[{\"type\":\"Issued\",\"value\":\"2026-01-31\"}]," \
	"\"resourceType\":{\"coar\":\"http://purl.org/coar/resource_type/c_ddb1\"},\"accessRights\":{\"coar\":\"http://purl.org/coar/access_right/c_abf2\"}," \
	"\"rights\":[{\"spdx\":\"CC-BY-4.0\"}],\"descriptions\":[{\"value\":\"Two sites.\",\"lang\":\"en\",\"type\":\"Abstract\"}],\"languages\":[\"eng\"]}"

struct house {
	char *dir;
	struct schema *schema;
	struct repo *repo;
	struct index *ix;
	struct helpers *h;
	struct follow *f;
};

static const struct actor actor = { 0, "test" };

static void house_open(struct house *w, const char *helper)
{
	const char *build = getenv("AZEKURA_BUILD"), *schema = getenv("AZEKURA_SCHEMA");
	struct repo_opts o = { .create = true };
	char *data = fs_join(w->dir, "data"), *program;
	struct err e = ERR_INIT;

	o.index_specs = index_specs(&o.n_index_specs);
	assert_st_e(ST_OK, schema_load(&w->schema, schema ? schema : "../schema", &e), &e);
	if (fs_exists(data))
		o.create = false;
	assert_st_e(ST_OK, repo_open(&w->repo, data, w->schema, &o, &e), &e);
	assert_st_e(ST_OK, index_open(&w->ix, w->repo, &e), &e);
	if (helper) {
		program = fs_join(build ? build : ".", helper);
		assert_st_e(ST_OK, helpers_new(&w->h, program, 2, &e), &e);
		free(program);
	}
	free(data);
}

static void house_close(struct house *w)
{
	follow_stop(w->f);
	helpers_free(w->h);
	index_close(w->ix);
	repo_close(w->repo);
	schema_drop(w->schema);
	w->f = NULL;
	w->h = NULL;
}

static void start(struct house *w)
{
	struct err e = ERR_INIT;

	assert_st_e(ST_OK, follow_start(&w->f, w->repo, w->ix, w->h, &e), &e);
}

static void put_file(struct house *w, const char *draft, const char *path, const char *text)
{
	struct upload_spec s = { .draft = draft, .path = slice_str(path), .size = (int64_t)strlen(text) };
	struct upload *u = NULL;
	struct err e = ERR_INIT;

	assert_st_e(ST_OK, upload_begin(w->repo, &s, &u, &e), &e);
	assert_st_e(ST_OK, upload_write(u, text, strlen(text), &e), &e);
	assert_st_e(ST_OK, upload_end(u, NULL, &e), &e);
}

/* A published record with up to two files. */
static void publish(struct house *w, const char *title, const char *path1, const char *text1, const char *path2, const char *text2, char id[PID_LEN + 1])
{
	struct buf b = BUF_INIT(10000);
	struct err e = ERR_INIT;
	json_t *doc = NULL;

	buf_addf(&b, RECORD, title);
	assert_st_e(ST_OK, json_load(&doc, buf_slice(&b), &e), &e);
	assert_st_e(ST_OK, deposit_new(w->repo, &actor, doc, id, &e), &e);
	if (path1)
		put_file(w, id, path1, text1);
	if (path2)
		put_file(w, id, path2, text2);
	assert_st_e(ST_OK, deposit_publish(w->repo, &actor, id, NULL, NULL, NULL, &e), &e);
	json_decref(doc);
	buf_release(&b);
}

static uint64_t last_change(struct house *w)
{
	struct kv_txn t;
	uint64_t n;

	kv_read(w->repo->catalog, &t);
	n = changes_last(&t);
	assert_st(ST_OK, kv_end(&t, NULL));
	return n;
}

/* Until the follower has come up to now. */
static void catch_up(struct house *w)
{
	uint64_t indexed = 0, extracted = 0, want = last_change(w);
	int64_t end = clock_mono_us() + 30000000;

	while (indexed < want || extracted < want) {
		if (clock_mono_us() > end)
			fail_msg("indexed %llu, extracted %llu of %llu after 30 s", (unsigned long long)indexed, (unsigned long long)extracted,
			    (unsigned long long)want);
		poll(NULL, 0, 1);
		follow_place(w->f, &indexed, &extracted);
	}
}

static uint64_t found(struct house *w, const char *words)
{
	struct principal nobody;
	struct search_query q = { .text = slice_str(words), .size = 10, .page = 1 };
	struct search_result res;
	struct err e = ERR_INIT;
	uint64_t n;

	memset(&nobody, 0, sizeof(nobody));
	memset(&res, 0, sizeof(res));
	assert_st_e(ST_OK, search_run(w->ix, &nobody, &q, &res, &e), &e);
	n = res.total;
	search_result_release(&res);
	return n;
}

static json_t *enriched(struct house *w, const char *id)
{
	struct err e = ERR_INIT;
	struct kv_txn t;
	struct rec rec;
	json_t *j = NULL;

	memset(&rec, 0, sizeof(rec));
	kv_read(w->repo->catalog, &t);
	assert_st_e(ST_OK, cat_get(&t, id, false, &rec, &e), &e);
	assert_st_e(ST_OK, enrich(w->repo, &t, &rec, &j, &e), &e);
	assert_st(ST_OK, kv_end(&t, NULL));
	rec_release(&rec);
	return j;
}

static uint64_t files_read(struct house *w)
{
	struct helper_counts c;

	helpers_counts(w->h, &c);
	return c.files;
}

static int setup(void **state)
{
	struct house *w = calloc(1, sizeof(*w));
	void *dir = NULL;

	if (scratch_setup(&dir))
		return 1;
	w->dir = dir;
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct house *w = *state;
	void *dir = w->dir;
	int rc = scratch_teardown(&dir);

	free(w);
	return rc;
}

static void a_record_is_found_by_its_words_and_then_by_its_columns(void **state)
{
	struct house *w = *state;
	char id[PID_LEN + 1];
	json_t *j;

	house_open(w, "azekura-extract");
	start(w);
	publish(w, "Alpha", "data/a.csv", "site,quokkacount [mm]\nx,1\ny,2\n", "README.md", "# Notes\n", id);
	catch_up(w);
	assert_int_equal(1, found(w, "alpha"));
	assert_int_equal(1, found(w, "quokkacount"));
	j = enriched(w, id);
	assert_int_equal(2, json_integer_value(json_at(j, "tables[0].rows")));
	assert_string_equal("data/a.csv", json_string_value(json_at(j, "tables[0].path")));
	assert_string_equal("mm", json_string_value(json_at(j, "variables[1].unit")));
	assert_int_equal(2, json_integer_value(json_at(j, "files.read")));
	json_decref(j);
	house_close(w);
}

static void the_same_bytes_are_read_once(void **state)
{
	struct house *w = *state;
	char a[PID_LEN + 1], b[PID_LEN + 1];
	json_t *j;

	house_open(w, "azekura-extract");
	start(w);
	publish(w, "Alpha", "a.csv", "n,m\n1,2\n", NULL, NULL, a);
	catch_up(w);
	publish(w, "Beta", "other/name.csv", "n,m\n1,2\n", NULL, NULL, b);
	catch_up(w);
	assert_int_equal(1, files_read(w));
	j = enriched(w, b);
	assert_string_equal("other/name.csv", json_string_value(json_at(j, "tables[0].path")));
	json_decref(j);
	house_close(w);
}

static void a_follower_goes_on_where_it_stopped(void **state)
{
	struct house *w = *state;
	char id[PID_LEN + 1], path[20], csv[60];
	uint64_t indexed, extracted;
	int i;

	house_open(w, "azekura-extract");
	for (i = 0; i < 12; i++) {
		snprintf(path, sizeof(path), "f%d.csv", i);
		snprintf(csv, sizeof(csv), "col%d,b\n%d,2\n", i, i);
		publish(w, i % 2 ? "Odd one" : "Even one", path, csv, NULL, NULL, id);
	}
	start(w);
	catch_up(w);
	assert_int_equal(12, files_read(w));
	assert_int_equal(6, found(w, "odd"));
	house_close(w);
	house_open(w, "azekura-extract");
	start(w);
	follow_place(w->f, &indexed, &extracted);
	assert_int_equal(last_change(w), indexed);
	assert_int_equal(last_change(w), extracted);
	publish(w, "Late one", "late.csv", "latecolumn,b\n1,2\n", NULL, NULL, id);
	catch_up(w);
	assert_int_equal(1, files_read(w));
	assert_int_equal(1, found(w, "latecolumn"));
	assert_int_equal(13, found(w, "one"));
	house_close(w);
}

/* bad_helper crashes for a file that says so; A16: three times, then the file is set aside and the rest is served. */
static void a_file_that_kills_its_readers_is_set_aside(void **state)
{
	struct house *w = *state;
	struct helper_counts c;
	char id[PID_LEN + 1], next[PID_LEN + 1];
	json_t *j;

	house_open(w, "t/unit/net/bad_helper");
	start(w);
	publish(w, "Alpha", "bad.csv", "crash", "good.csv", "fine", id);
	publish(w, "Beta", "fine.csv", "fine as well", NULL, NULL, next);
	catch_up(w);
	helpers_counts(w->h, &c);
	assert_int_equal(3, c.crashed);
	assert_int_equal(1, found(w, "beta"));
	j = enriched(w, id);
	assert_int_equal(1, json_integer_value(json_at(j, "files.unreadable")));
	assert_int_equal(0, json_integer_value(json_at(j, "files.waiting")));
	assert_string_equal("bad.csv", json_string_value(json_at(j, "findings[0].path")));
	assert_string_equal("the reader crashed (signal 6)", json_string_value(json_at(j, "findings[0].text")));
	json_decref(j);
	/* Set aside for good: the same bytes kill nobody again. */
	publish(w, "Gamma", "bad2.csv", "crash", NULL, NULL, id);
	catch_up(w);
	helpers_counts(w->h, &c);
	assert_int_equal(3, c.crashed);
	house_close(w);
}

static void what_is_withdrawn_is_not_found(void **state)
{
	struct house *w = *state;
	struct err e = ERR_INIT;
	char id[PID_LEN + 1];

	house_open(w, "azekura-extract");
	start(w);
	publish(w, "Alpha", "a.csv", "quokka,b\n1,2\n", NULL, NULL, id);
	catch_up(w);
	assert_int_equal(1, found(w, "quokka"));
	assert_st_e(ST_OK, deposit_withdraw(w->repo, &actor, id, "removed", NULL, &e), &e);
	catch_up(w);
	assert_int_equal(0, found(w, "quokka"));
	assert_int_equal(0, found(w, "alpha"));
	assert_st_e(ST_OK, deposit_restore(w->repo, &actor, id, &e), &e);
	catch_up(w);
	assert_int_equal(1, found(w, "quokka"));	/* with its facts, which were kept */
	assert_int_equal(1, files_read(w));
	house_close(w);
}

static void a_reindex_finds_the_same(void **state)
{
	struct house *w = *state;
	struct err e = ERR_INIT;
	char id[PID_LEN + 1], path[20];
	int i;

	house_open(w, "azekura-extract");
	start(w);
	for (i = 0; i < 5; i++) {
		snprintf(path, sizeof(path), "f%d.csv", i);
		publish(w, "Alpha", path, "quokka,b\n1,2\n", NULL, NULL, id);
	}
	catch_up(w);
	assert_int_equal(5, found(w, "quokka"));
	assert_st_e(ST_OK, follow_reindex(w->f, &e), &e);
	assert_int_equal(5, found(w, "quokka"));
	catch_up(w);
	publish(w, "Omega", NULL, NULL, "z.csv", "quokka,c\n1,2\n", id);
	catch_up(w);
	assert_int_equal(6, found(w, "quokka"));
	house_close(w);
}

/* Columns and their commonest values tell what a file holds: who may not read it learns neither, also not by searching. */
static void columns_of_closed_files_are_told_to_nobody_else(void **state)
{
	struct house *w = *state;
	struct principal all = { .system = true };
	struct err e = ERR_INIT;
	struct kv_txn t;
	struct rec rec;
	char id[PID_LEN + 1];
	json_t *doc = NULL, *j;
	struct buf b = BUF_INIT(10000);

	memset(&rec, 0, sizeof(rec));
	house_open(w, "azekura-extract");
	start(w);
	buf_addf(&b, RECORD, "Alpha");
	assert_st_e(ST_OK, json_load(&doc, buf_slice(&b), &e), &e);
	assert_st_e(ST_OK, deposit_new(w->repo, &actor, doc, id, &e), &e);
	put_file(w, id, "open.csv", "wombat,b\n1,2\n");
	put_file(w, id, "closed.csv", "quokka,b\n1,2\n");
	assert_st_e(ST_OK, deposit_file_set(w->repo, id, SLICE("closed.csv"), ACC_RESTRICTED, NULL, &e), &e);
	assert_st_e(ST_OK, deposit_publish(w->repo, &actor, id, NULL, NULL, NULL, &e), &e);
	catch_up(w);
	assert_int_equal(2, files_read(w));
	assert_int_equal(1, found(w, "wombat"));
	assert_int_equal(0, found(w, "quokka"));
	j = enriched(w, id);
	assert_int_equal(1, json_array_size(json_object_get(j, "tables")));
	assert_string_equal("open.csv", json_string_value(json_at(j, "tables[0].path")));
	json_decref(j);
	kv_read(w->repo->catalog, &t);
	assert_st_e(ST_OK, cat_get(&t, id, false, &rec, &e), &e);
	assert_st_e(ST_OK, enrich_for(w->repo, &t, &rec, &all, &j, &e), &e);
	assert_st(ST_OK, kv_end(&t, NULL));
	assert_int_equal(2, json_array_size(json_object_get(j, "tables")));
	json_decref(j);
	rec_release(&rec);
	json_decref(doc);
	buf_release(&b);
	house_close(w);
}

static void without_readers_records_are_found_all_the_same(void **state)
{
	struct house *w = *state;
	char id[PID_LEN + 1];
	json_t *j;

	house_open(w, NULL);
	start(w);
	publish(w, "Alpha", "a.csv", "quokka,b\n1,2\n", NULL, NULL, id);
	catch_up(w);
	assert_int_equal(1, found(w, "alpha"));
	j = enriched(w, id);
	assert_null(j);
	house_close(w);
	/* Read later, when there are some. */
	house_open(w, "azekura-extract");
	start(w);
	catch_up(w);
	assert_int_equal(1, found(w, "quokka"));
	house_close(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_record_is_found_by_its_words_and_then_by_its_columns, setup, teardown),
		cmocka_unit_test_setup_teardown(the_same_bytes_are_read_once, setup, teardown),
		cmocka_unit_test_setup_teardown(a_follower_goes_on_where_it_stopped, setup, teardown),
		cmocka_unit_test_setup_teardown(a_file_that_kills_its_readers_is_set_aside, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_withdrawn_is_not_found, setup, teardown),
		cmocka_unit_test_setup_teardown(a_reindex_finds_the_same, setup, teardown),
		cmocka_unit_test_setup_teardown(columns_of_closed_files_are_told_to_nobody_else, setup, teardown),
		cmocka_unit_test_setup_teardown(without_readers_records_are_found_all_the_same, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
