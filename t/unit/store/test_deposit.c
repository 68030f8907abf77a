#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <pthread.h>
#include <unistd.h>

#include "base/json.h"
#include "t/unit/store/depot.h"
#include "t/unit/store/scratch.h"

static struct err e = ERR_INIT;
#define must(x) do { st_t st_ = (x); if (st_ != ST_OK) fail_msg("%s: %s: %s", #x, st_name(st_), e.text); } while (0)

static struct repo *fresh(void **state)
{
	struct repo *r = depot_open(*state, true);

	assert_non_null(r);
	return r;
}

static void get(struct repo *r, const char *id, bool draft, struct rec *out)
{
	struct kv_txn t;

	kv_read(r->catalog, &t);
	must(cat_get(&t, id, draft, out, &e));
	must(kv_end(&t, &e));
}

static bool exists(struct repo *r, const char *id, bool draft)
{
	struct rec rec = { .id = "" };
	struct kv_txn t;
	bool yes;

	kv_read(r->catalog, &t);
	yes = cat_head(&t, id, draft, &rec, NULL) == ST_OK;
	kv_end(&t, NULL);
	rec_release(&rec);
	return yes;
}

static void read_file(struct repo *r, const char *id, bool draft, const char *path, struct buf *out)
{
	struct cat_file f;
	struct kv_txn t;
	int fd;

	kv_read(r->catalog, &t);
	must(cat_file_get(&t, id, draft, slice_str(path), &f, &e));
	kv_end(&t, NULL);
	must(content_open(r, id, draft, &f, &fd, &e));
	buf_clear(out);
	must(buf_reserve(out, f.size + 1));
	must(fs_pread_all(fd, out->p, f.size, 0, &e));
	out->n = f.size;
	close(fd);
	cat_file_release(&f);
}

static void publish(struct repo *r, const char *id)
{
	struct rec out;

	must(deposit_publish(r, &depot_actor, id, NULL, NULL, &out, &e));
	rec_release(&out);
}

static void a_draft_with_files_is_published_whole(void **state)
{
	struct repo *r = fresh(state);
	struct buf b = BUF_INIT(1 << 20);
	struct rec rec;
	char id[PID_LEN + 1];

	must(depot_draft(r, "First", id, &e));
	must(depot_file(r, id, "data/a.csv", "x,y\n1,2\n", 8, &e));
	must(depot_file(r, id, "data/same.csv", "x,y\n1,2\n", 8, &e));
	must(depot_file(r, id, "empty", "", 0, &e));
	publish(r, id);
	assert_false(exists(r, id, true));
	get(r, id, false, &rec);
	assert_int_equal(rec.state, REC_PUBLISHED);
	assert_int_equal(rec.version, 1);
	assert_int_equal(rec.files, 3);
	assert_int_equal(rec.bytes, 16);
	assert_int_equal(rec.change, 1);
	assert_true(rec.latest);
	assert_true(rec.was_public);
	rec_release(&rec);
	read_file(r, id, false, "data/same.csv", &b);
	assert_int_equal(b.n, 8);
	assert_memory_equal(b.p, "x,y\n1,2\n", 8);
	assert_int_equal(depot_fsck(r), 0);
	buf_release(&b);
	repo_close(r);
}

static void a_new_version_shares_what_did_not_change(void **state)
{
	struct repo *r = fresh(state);
	struct ocfl_inv inv;
	struct rec rec;
	char one[PID_LEN + 1], two[PID_LEN + 1], again[PID_LEN + 1], key[OCFL_KEY_MAX];
	uint8_t sha[SHA256_LEN];

	must(depot_draft(r, "Versions", one, &e));
	must(depot_file(r, one, "a", "same", 4, &e));
	must(depot_file(r, one, "b", "old", 3, &e));
	publish(r, one);
	must(deposit_new_version(r, &depot_actor, one, two, &e));
	must(deposit_new_version(r, &depot_actor, one, again, &e));
	assert_string_equal(two, again);
	must(deposit_import_files(r, &depot_actor, two, &e));
	must(depot_file(r, two, "b", "new!", 4, &e));
	publish(r, two);
	get(r, two, false, &rec);
	assert_int_equal(rec.version, 2);
	assert_int_equal(rec.files, 2);
	assert_true(rec.latest);
	dep_object_key(key, rec.parent);
	rec_release(&rec);
	get(r, one, false, &rec);
	assert_false(rec.latest);
	rec_release(&rec);
	must(ocfl_inv_read(r->objects, key, &inv, &e));
	assert_int_equal(inv.head, 2);
	sha256(sha, "same", 4);
	assert_string_equal(ocfl_inv_find(&inv, sha), "v1/content/a");
	sha256(sha, "new!", 4);
	assert_string_equal(ocfl_inv_find(&inv, sha), "v2/content/b");
	ocfl_inv_release(&inv);
	assert_int_equal(depot_fsck(r), 0);
	repo_close(r);
}

static void a_revision_keeps_files_and_every_earlier_text(void **state)
{
	struct repo *r = fresh(state);
	struct ocfl_inv inv;
	struct rec rec;
	struct buf b = BUF_INIT(1 << 20);
	char id[PID_LEN + 1], key[OCFL_KEY_MAX];
	json_t *doc;

	must(depot_draft(r, "Before", id, &e));
	must(depot_file(r, id, "a", "bytes", 5, &e));
	publish(r, id);
	must(deposit_edit(r, &depot_actor, id, &e));
	must(deposit_edit(r, &depot_actor, id, &e));
	assert_int_equal(depot_file(r, id, "b", "x", 1, &e), ST_CONFLICT);
	doc = depot_doc(r, "After");
	must(deposit_save(r, &depot_actor, id, doc, 0, &e));
	json_decref(doc);
	publish(r, id);
	get(r, id, false, &rec);
	assert_int_equal(rec.revision, 2);
	assert_int_equal(rec.version, 1);
	assert_int_equal(rec.files, 1);
	dep_object_key(key, rec.parent);
	rec_release(&rec);
	must(ocfl_inv_read(r->objects, key, &inv, &e));
	must(ocfl_read(r->objects, key, &inv, 1, "metadata/record.json", &b, &e));
	assert_non_null(strstr(b.p, "Before"));
	buf_clear(&b);
	must(ocfl_read(r->objects, key, &inv, 2, "metadata/record.json", &b, &e));
	assert_non_null(strstr(b.p, "After"));
	ocfl_inv_release(&inv);
	buf_release(&b);
	assert_int_equal(depot_fsck(r), 0);
	repo_close(r);
}

static void withdrawn_is_a_tombstone_and_comes_back(void **state)
{
	struct repo *r = fresh(state);
	struct rec rec;
	char id[PID_LEN + 1];

	must(depot_draft(r, "Gone", id, &e));
	publish(r, id);
	must(deposit_withdraw(r, &depot_actor, id, "retracted", "wrong units", &e));
	assert_int_equal(deposit_withdraw(r, &depot_actor, id, "again", NULL, &e), ST_CONFLICT);
	get(r, id, false, &rec);
	assert_int_equal(rec.state, REC_WITHDRAWN);
	assert_string_equal(json_text(rec.tomb, "reason"), "retracted");
	assert_non_null(json_text(rec.tomb, "date"));
	rec_release(&rec);
	assert_int_equal(deposit_edit(r, &depot_actor, id, &e), ST_GONE);
	must(deposit_restore(r, &depot_actor, id, &e));
	get(r, id, false, &rec);
	assert_int_equal(rec.state, REC_PUBLISHED);
	assert_null(rec.tomb);
	assert_non_null(rec.doc);
	rec_release(&rec);
	assert_int_equal(depot_fsck(r), 0);
	repo_close(r);
}

struct search { const char *text; unsigned found; };

static st_t search_step(void *ctx, const char *path, const char *rel, enum fs_kind kind, uint64_t size, struct err *er)
{
	struct search *s = ctx;
	struct buf b = BUF_INIT(64 << 20);

	if (kind == FS_FILE && strncmp(rel, "catalog/", 8) != 0 && fs_read_file(path, &b, er) == ST_OK && b.n > 0 &&
	    memmem(b.p, b.n, s->text, strlen(s->text)) != NULL)
		s->found++;
	buf_release(&b);
	return ST_OK;
}

static unsigned search(const char *dir, const char *text)
{
	struct search s = { text, 0 };

	must(fs_walk(dir, search_step, &s, &e));
	return s.found;
}

static void a_purge_leaves_a_tombstone_and_no_byte(void **state)
{
	struct repo *r = fresh(state);
	struct rec rec;
	struct buf b = BUF_INIT(1 << 20);
	char one[PID_LEN + 1], two[PID_LEN + 1];

	must(depot_draft(r, "MARKERTITLE", one, &e));
	must(depot_file(r, one, "secret", "MARKERBYTES", 11, &e));
	must(depot_file(r, one, "shared", "harmless", 8, &e));
	publish(r, one);
	must(deposit_new_version(r, &depot_actor, one, two, &e));
	must(deposit_import_files(r, &depot_actor, two, &e));
	must(deposit_file_remove(r, two, SLICE("secret"), &e));
	{
		json_t *doc = depot_doc(r, "Clean");

		must(deposit_save(r, &depot_actor, two, doc, 0, &e));
		json_decref(doc);
	}
	publish(r, two);
	assert_true(search(*state, "MARKERBYTES") > 0);
	assert_true(search(*state, "MARKERTITLE") > 0);
	must(deposit_purge(r, &depot_actor, one, "by law", &e));
	assert_int_equal(search(*state, "MARKERBYTES"), 0);
	assert_int_equal(search(*state, "MARKERTITLE"), 0);
	get(r, one, false, &rec);
	assert_int_equal(rec.state, REC_WITHDRAWN);
	assert_null(rec.doc);
	assert_int_equal(rec.files, 0);
	assert_true(json_is_true(json_object_get(rec.tomb, "purged")));
	rec_release(&rec);
	read_file(r, two, false, "shared", &b);
	assert_int_equal(b.n, 8);
	assert_int_equal(deposit_restore(r, &depot_actor, one, &e), ST_GONE);
	assert_int_equal(deposit_purge(r, &depot_actor, one, "again", &e), ST_GONE);
	assert_int_equal(depot_fsck(r), 0);
	buf_release(&b);
	repo_close(r);
}

static void a_repeated_request_key_gives_the_first_answer(void **state)
{
	struct repo *r = fresh(state);
	struct rec one, two;
	struct kv_txn t;
	char id[PID_LEN + 1];

	must(depot_draft(r, "Once", id, &e));
	must(deposit_publish(r, &depot_actor, id, "key-1", NULL, &one, &e));
	must(deposit_publish(r, &depot_actor, id, "key-1", NULL, &two, &e));
	assert_string_equal(one.id, two.id);
	assert_int_equal(one.change, two.change);
	assert_int_equal(deposit_publish(r, &depot_actor, id, "key-2", NULL, NULL, &e), ST_CONFLICT);
	kv_read(r->catalog, &t);
	assert_int_equal(changes_last(&t), 1);
	kv_end(&t, NULL);
	rec_release(&one);
	rec_release(&two);
	repo_close(r);
}

static void what_publication_needs_is_named_and_the_draft_stays(void **state)
{
	struct repo *r = fresh(state);
	struct findings f = { NULL, 0, 0 };
	char id[PID_LEN + 1];
	json_t *doc = json_object();

	must(deposit_new(r, &depot_actor, doc, id, &e));
	json_decref(doc);
	assert_int_equal(deposit_publish(r, &depot_actor, id, NULL, &f, NULL, &e), ST_INVALID);
	assert_true(f.n >= 3);
	assert_true(exists(r, id, true));
	findings_release(&f);
	must(depot_draft(r, "Pending", id, &e));
	must(deposit_file_announce(r, id, SLICE("late.csv"), NULL, &e));
	assert_int_equal(deposit_publish(r, &depot_actor, id, NULL, NULL, NULL, &e), ST_INVALID);
	must(depot_file(r, id, "late.csv", "1\n", 2, &e));
	publish(r, id);
	assert_int_equal(depot_fsck(r), 0);
	repo_close(r);
}

static void an_old_etag_is_refused(void **state)
{
	struct repo *r = fresh(state);
	struct rec rec;
	char id[PID_LEN + 1];
	uint32_t etag;
	json_t *doc = depot_doc(r, "Etag");

	must(deposit_new(r, &depot_actor, doc, id, &e));
	get(r, id, true, &rec);
	etag = rec.etag;
	rec_release(&rec);
	must(deposit_save(r, &depot_actor, id, doc, etag, &e));
	assert_int_equal(deposit_save(r, &depot_actor, id, doc, etag, &e), ST_STALE);
	json_decref(doc);
	repo_close(r);
}

static void paths_that_cannot_stand_together_are_refused_by_name(void **state)
{
	struct repo *r = fresh(state);
	struct findings f = { NULL, 0, 0 };
	char id[PID_LEN + 1];
	size_t i, warned = 0;

	must(depot_draft(r, "Paths", id, &e));
	must(depot_file(r, id, "a/b", "1", 1, &e));
	assert_int_equal(depot_file(r, id, "a", "1", 1, &e), ST_INVALID);
	assert_non_null(strstr(e.text, "folder"));
	assert_int_equal(depot_file(r, id, "a/b/c", "1", 1, &e), ST_INVALID);
	must(depot_file(r, id, "caf\xc3\xa9", "1", 1, &e));
	assert_int_equal(depot_file(r, id, "cafe\xcc\x81", "1", 1, &e), ST_INVALID);
	assert_non_null(strstr(e.text, "NFC"));
	must(depot_file(r, id, "Readme", "1", 1, &e));
	must(depot_file(r, id, "README", "2", 1, &e));
	must(deposit_publish(r, &depot_actor, id, NULL, &f, NULL, &e));
	for (i = 0; i < f.n; i++)
		warned += !f.v[i].fatal && strstr(f.v[i].message, "README") != NULL;
	assert_int_equal(warned, 1);
	findings_release(&f);
	repo_close(r);
}

struct racer { struct repo *r; const char *id; pthread_barrier_t *start; st_t st; };

static void *race(void *arg)
{
	struct racer *x = arg;
	struct err err = ERR_INIT;

	pthread_barrier_wait(x->start);
	x->st = deposit_publish(x->r, &depot_actor, x->id, NULL, NULL, NULL, &err);
	return NULL;
}

static void of_two_who_publish_at_once_one_wins(void **state)
{
	struct repo *r = fresh(state);
	pthread_barrier_t start;
	pthread_t th[2];
	struct kv_txn t;
	char id[PID_LEN + 1];
	int round, i;

	for (round = 0; round < 20; round++) {
		struct racer x[2];

		must(depot_draft(r, "Race", id, &e));
		pthread_barrier_init(&start, NULL, 2);
		for (i = 0; i < 2; i++) {
			x[i] = (struct racer){ r, id, &start, ST_OK };
			pthread_create(&th[i], NULL, race, &x[i]);
		}
		for (i = 0; i < 2; i++)
			pthread_join(th[i], NULL);
		pthread_barrier_destroy(&start);
		assert_true((x[0].st == ST_OK) != (x[1].st == ST_OK));
		assert_true(x[0].st == ST_CONFLICT || x[1].st == ST_CONFLICT);
	}
	kv_read(r->catalog, &t);
	assert_int_equal(changes_last(&t), 20);
	kv_end(&t, NULL);
	assert_int_equal(depot_fsck(r), 0);
	repo_close(r);
}

#define WRITERS 8
#define EACH 12

struct many { struct repo *r; unsigned failed; };

static void *publish_many(void *arg)
{
	struct many *m = arg;
	struct err err = ERR_INIT;
	char id[PID_LEN + 1];
	int i;

	for (i = 0; i < EACH; i++)
		if (depot_draft(m->r, "Many", id, &err) != ST_OK || deposit_publish(m->r, &depot_actor, id, NULL, NULL, NULL, &err) != ST_OK)
			__atomic_add_fetch(&m->failed, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static void a_follower_never_skips_an_entry(void **state)
{
	struct repo *r = fresh(state);
	struct many m = { r, 0 };
	struct change page[64];
	pthread_t th[WRITERS];
	uint64_t after = 0, seen = 0;
	struct kv_txn t;
	size_t n, i;

	for (i = 0; i < WRITERS; i++)
		pthread_create(&th[i], NULL, publish_many, &m);
	while (seen < WRITERS * EACH && m.failed == 0) {
		kv_read(r->catalog, &t);
		n = changes_after(&t, after, page, 64);
		kv_end(&t, NULL);
		for (i = 0; i < n; i++) {
			assert_int_equal(page[i].no, after + 1);
			after = page[i].no;
			seen++;
		}
	}
	for (i = 0; i < WRITERS; i++)
		pthread_join(th[i], NULL);
	assert_int_equal(m.failed, 0);
	assert_int_equal(depot_fsck(r), 0);
	repo_close(r);
}

static void an_embargo_ends_once(void **state)
{
	struct repo *r = fresh(state);
	struct rec rec;
	char id[PID_LEN + 1];
	unsigned ended;
	json_t *doc = depot_doc(r, "Later");

	json_object_set_new(doc, "accessRights", json_pack("{s:s, s:s}", "coar", "http://purl.org/coar/access_right/c_f1cf", "embargoEnd", "2030-04-01"));
	json_array_append_new(json_object_get(doc, "dates"), json_pack("{s:s, s:s}", "type", "Available", "value", "2030-04-01"));
	must(deposit_new(r, &depot_actor, doc, id, &e));
	json_decref(doc);
	publish(r, id);
	get(r, id, false, &rec);
	assert_int_equal(rec.access, ACC_EMBARGOED);
	must(deposit_embargo_due(r, rec.embargo_end - 1, 10, &ended, &e));
	assert_int_equal(ended, 0);
	clock_set((rec.embargo_end + 5) * 1000000);
	must(deposit_embargo_due(r, rec.embargo_end + 5, 10, &ended, &e));
	assert_int_equal(ended, 1);
	must(deposit_embargo_due(r, rec.embargo_end + 5, 10, &ended, &e));
	assert_int_equal(ended, 0);
	rec_release(&rec);
	clock_set(0);
	get(r, id, false, &rec);
	assert_int_equal(rec.access, ACC_OPEN);
	assert_int_equal(rec.revision, 2);
	rec_release(&rec);
	assert_int_equal(depot_fsck(r), 0);
	repo_close(r);
}

#define T(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_draft_with_files_is_published_whole),
		T(a_new_version_shares_what_did_not_change),
		T(a_revision_keeps_files_and_every_earlier_text),
		T(withdrawn_is_a_tombstone_and_comes_back),
		T(a_purge_leaves_a_tombstone_and_no_byte),
		T(a_repeated_request_key_gives_the_first_answer),
		T(what_publication_needs_is_named_and_the_draft_stays),
		T(an_old_etag_is_refused),
		T(paths_that_cannot_stand_together_are_refused_by_name),
		T(of_two_who_publish_at_once_one_wins),
		T(a_follower_never_skips_an_entry),
		T(an_embargo_ends_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
