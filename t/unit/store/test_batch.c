#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdlib.h>

#include "base/str.h"
#include "store/batch.h"
#include "t/unit/store/depot.h"
#include "t/unit/store/scratch.h"

struct told { struct buf text; };

static void refused(void *ctx, struct slice path, st_t st, const char *why)
{
	struct told *t = ctx;

	(void)why;
	buf_addf(&t->text, "%.*s=%s;", (int)path.n, path.p, st_name(st));
}

static struct repo *make(void **state, char id[PID_LEN + 1])
{
	char *dir = fs_join(*state, "r");
	struct repo *r = depot_open(dir, true);
	struct err e = ERR_INIT;

	assert_non_null(r);
	assert_int_equal(depot_draft(r, "Batch", id, &e), ST_OK);
	free(dir);
	return r;
}

static st_t put(struct batch *b, const char *path, const char *text, const char *sha, struct err *e)
{
	size_t n = strlen(text), half = n / 2;
	st_t st = batch_begin(b, slice_str(path), n, sha, e);

	if (st == ST_OK && half > 0)
		st = batch_write(b, text, half, e);
	if (st == ST_OK && n > half)
		st = batch_write(b, text + half, n - half, e);
	return st == ST_OK ? batch_end(b, e) : st;
}

static void list(struct repo *r, const char *id, struct buf *out)
{
	struct cat_file f[64];
	struct kv_txn t;
	struct rec rec = { .id = "" };
	size_t n, i;
	uint64_t bytes = 0;

	kv_read(r->catalog, &t);
	n = cat_files(&t, id, true, SLICE_NULL, f, 64);
	for (i = 0; i < n; i++) {
		buf_addf(out, "%s %s %llu;", f[i].path, f[i].media, (unsigned long long)f[i].size);
		bytes += f[i].size;
		cat_file_release(&f[i]);
	}
	assert_int_equal(cat_head(&t, id, true, &rec, NULL), ST_OK);
	assert_int_equal(rec.files, n);
	assert_int_equal(rec.bytes, bytes);
	rec_release(&rec);
	kv_end(&t, NULL);
}

static size_t staged_names(struct repo *r)
{
	struct buf cmd = BUF_INIT(5000);
	char line[32] = "";
	FILE *p;

	buf_addf(&cmd, "find '%s/staging/content' -type f | wc -l", r->dir);
	p = popen(cmd.p, "r");
	assert_non_null(p);
	assert_non_null(fgets(line, sizeof(line), p));
	pclose(p);
	buf_release(&cmd);
	return strtoul(line, NULL, 10);
}

static void a_file_that_cannot_be_taken_spares_the_rest(void **state)
{
	char id[PID_LEN + 1], sha[SHA256_HEX];
	struct repo *r = make(state, id);
	struct told t = { BUF_INIT(1 << 16) };
	struct buf have = BUF_INIT(1 << 16);
	struct batch_counts n;
	struct batch *b = NULL;
	struct err e = ERR_INIT;

	sha256_hex(sha, "x,y\n", 4);
	assert_int_equal(batch_new(r, id, 7, refused, &t, &b, &e), ST_OK);
	assert_int_equal(put(b, "a.csv", "x,y\n", sha, &e), ST_OK);
	assert_int_equal(put(b, "../up", "x", NULL, &e), ST_OK);
	assert_int_equal(put(b, "wrong.txt", "other", sha, &e), ST_OK);
	assert_int_equal(put(b, "nodigest", "other", "?", &e), ST_OK);
	assert_int_equal(put(b, "a.csv/below", "x", NULL, &e), ST_OK);
	assert_int_equal(put(b, "caf\xc3\xa9", "1", NULL, &e), ST_OK);
	assert_int_equal(put(b, "cafe\xcc\x81", "2", NULL, &e), ST_OK);
	assert_int_equal(put(b, "empty", "", NULL, &e), ST_OK);
	assert_int_equal(put(b, "same.csv", "x,y\n", sha, &e), ST_OK);
	assert_int_equal(put(b, "a.csv", "x,y\n", sha, &e), ST_OK);	/* once more: the same file */
	assert_int_equal(batch_commit(b, &e), ST_OK);
	list(r, id, &have);
	assert_string_equal(have.p, "a.csv text/csv 4;caf\xc3\xa9 application/octet-stream 1;empty application/octet-stream 0;same.csv text/csv 4;");
	assert_string_equal(t.text.p, "../up=invalid;wrong.txt=conflict;nodigest=invalid;a.csv/below=invalid;cafe\xcc\x81=invalid;");
	batch_counts(b, &n);
	assert_int_equal(n.refused, 5);
	assert_int_equal(n.files, 5);
	batch_free(b);
	/* Bytes of refused twins stay for the collector; nothing has a temporary name. */
	assert_int_equal(staged_names(r), 4 + 1);	/* x,y 1 2 empty, and the "x" below a.csv was placed before its path was refused */
	buf_release(&have);
	buf_release(&t.text);
	repo_close(r);
}

static void what_was_not_committed_leaves_nothing(void **state)
{
	char id[PID_LEN + 1];
	struct repo *r = make(state, id);
	struct told t = { BUF_INIT(1 << 16) };
	struct buf have = BUF_INIT(1 << 16);
	struct batch *b = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(batch_new(r, id, 7, refused, &t, &b, &e), ST_OK);
	assert_int_equal(put(b, "a", "1", NULL, &e), ST_OK);
	assert_int_equal(put(b, "b", "2", NULL, &e), ST_OK);
	assert_int_equal(staged_names(r), 2);
	batch_free(b);
	assert_int_equal(staged_names(r), 0);
	list(r, id, &have);
	assert_int_equal(have.n, 0);
	buf_release(&t.text);
	repo_close(r);
}

static void a_large_file_goes_alone_and_a_repeat_costs_no_bytes(void **state)
{
	char id[PID_LEN + 1];
	struct repo *r = make(state, id);
	struct told t = { BUF_INIT(1 << 16) };
	struct buf have = BUF_INIT(1 << 16);
	struct batch *b = NULL;
	struct err e = ERR_INIT;
	char *large = malloc((3 << 20) + 1);
	int i;

	memset(large, 'l', 3 << 20);
	large[3 << 20] = '\0';
	for (i = 0; i < 2; i++) {
		assert_int_equal(batch_new(r, id, 7, refused, &t, &b, &e), ST_OK);
		assert_int_equal(put(b, "large.txt", large, NULL, &e), ST_OK);
		assert_int_equal(put(b, "small.txt", "s", NULL, &e), ST_OK);
		assert_int_equal(batch_commit(b, &e), ST_OK);
		batch_free(b);
	}
	list(r, id, &have);
	assert_string_equal(have.p, "large.txt text/plain 3145728;small.txt text/plain 1;");
	assert_int_equal(staged_names(r), 2);
	assert_int_equal(t.text.n, 0);
	free(large);
	buf_release(&have);
	buf_release(&t.text);
	repo_close(r);
}

static void no_draft_takes_none(void **state)
{
	char id[PID_LEN + 1];
	struct repo *r = make(state, id);
	struct told t = { BUF_INIT(1 << 16) };
	struct batch *b = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(batch_new(r, "00000-00000", 7, refused, &t, &b, &e), ST_ABSENT);
	assert_int_equal(batch_new(r, id, 7, refused, &t, &b, &e), ST_OK);
	assert_int_equal(put(b, "a", "1", NULL, &e), ST_OK);
	assert_int_equal(deposit_discard(r, &depot_actor, id, &e), ST_OK);
	assert_int_equal(batch_commit(b, &e), ST_ABSENT);
	batch_free(b);
	repo_close(r);
}

#define T(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_file_that_cannot_be_taken_spares_the_rest),
		T(what_was_not_committed_leaves_nothing),
		T(a_large_file_goes_alone_and_a_repeat_costs_no_bytes),
		T(no_draft_takes_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
