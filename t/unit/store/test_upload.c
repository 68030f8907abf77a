#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include "base/str.h"
#include "t/unit/store/depot.h"
#include "t/unit/store/scratch.h"

static struct err e = ERR_INIT;
#define must(x) do { st_t st_ = (x); if (st_ != ST_OK) fail_msg("%s: %s: %s", #x, st_name(st_), e.text); } while (0)

static struct repo *with_draft(void **state, char id[PID_LEN + 1])
{
	struct repo *r = depot_open(*state, true);

	assert_non_null(r);
	must(depot_draft(r, "Upload", id, &e));
	return r;
}

static struct upload_spec spec(const char *draft, const char *path, int64_t size, const char *sha)
{
	return (struct upload_spec){ .draft = draft, .path = slice_str(path), .size = size, .sha256_hex = sha, .user = 7 };
}

static void digest_and_crc_are_those_of_the_bytes(void **state)
{
	char id[PID_LEN + 1];
	struct repo *r = with_draft(state, id);
	struct upload_spec s = spec(id, "a.csv", -1, NULL);
	struct upload *u;
	struct cat_file f;
	uint8_t sha[SHA256_LEN];

	must(upload_begin(r, &s, &u, &e));
	must(upload_write(u, "1234", 4, &e));
	must(upload_write(u, "56789", 5, &e));
	must(upload_end(u, &f, &e));
	sha256(sha, "123456789", 9);
	assert_memory_equal(f.sha256, sha, SHA256_LEN);
	assert_int_equal(f.crc32, 0xcbf43926);	/* the check value of CRC-32 */
	assert_int_equal(f.size, 9);
	assert_string_equal(f.media, "text/csv");
	cat_file_release(&f);
	repo_close(r);
}

static void a_cut_upload_goes_on_after_a_restart(void **state)
{
	char id[PID_LEN + 1], uid[33], found[33];
	struct repo *r = with_draft(state, id);
	char sha[SHA256_HEX];
	struct upload_spec s;
	struct upload *u;
	uint64_t off;
	struct cat_file f;

	sha256_hex(sha, "hello, world", 12);
	s = spec(id, "x", 12, sha);
	must(upload_begin(r, &s, &u, &e));
	must(upload_write(u, "hello", 5, &e));
	snprintf(uid, sizeof(uid), "%s", upload_id(u));
	must(upload_pause(u, &e));
	repo_close(r);
	r = depot_open(*state, false);
	assert_non_null(r);
	must(upload_find(r, id, SLICE("x"), found, &off, &e));
	assert_string_equal(found, uid);
	assert_int_equal(off, 5);
	must(upload_resume(r, uid, &u, &off, &e));
	assert_int_equal(off, 5);
	must(upload_write(u, ", world", 7, &e));
	assert_int_equal(upload_write(u, "!", 1, &e), ST_TOOBIG);
	must(upload_end(u, &f, &e));
	assert_int_equal(f.size, 12);
	cat_file_release(&f);
	assert_int_equal(upload_resume(r, uid, &u, &off, &e), ST_ABSENT);
	assert_int_equal(depot_fsck(r), 0);
	repo_close(r);
}

static void a_wrong_digest_is_a_conflict_and_the_upload_stays(void **state)
{
	char id[PID_LEN + 1], uid[33], sha[SHA256_HEX];
	struct repo *r = with_draft(state, id);
	struct upload_spec s;
	struct upload *u;
	uint64_t off;

	sha256_hex(sha, "right", 5);
	s = spec(id, "x", 5, sha);
	must(upload_begin(r, &s, &u, &e));
	snprintf(uid, sizeof(uid), "%s", upload_id(u));
	must(upload_write(u, "wrong", 5, &e));
	assert_int_equal(upload_end(u, NULL, &e), ST_CONFLICT);
	must(upload_resume(r, uid, &u, &off, &e));
	assert_int_equal(off, 5);
	upload_abort(u);
	assert_int_equal(upload_resume(r, uid, &u, &off, &e), ST_ABSENT);
	must(upload_begin(r, &s, &u, &e));
	must(upload_write(u, "right", 5, &e));
	must(upload_end(u, NULL, &e));
	repo_close(r);
}

static void too_few_bytes_stay_resumable(void **state)
{
	char id[PID_LEN + 1], uid[33];
	struct repo *r = with_draft(state, id);
	struct upload_spec s = spec(id, "x", 10, NULL);
	struct upload *u;
	uint64_t off;

	must(upload_begin(r, &s, &u, &e));
	snprintf(uid, sizeof(uid), "%s", upload_id(u));
	must(upload_write(u, "12345", 5, &e));
	assert_int_equal(upload_end(u, NULL, &e), ST_CONFLICT);
	must(upload_resume(r, uid, &u, &off, &e));
	assert_int_equal(off, 5);
	must(upload_write(u, "67890", 5, &e));
	must(upload_end(u, NULL, &e));
	repo_close(r);
}

static void the_same_file_sent_twice_at_once_is_one_object(void **state)
{
	char id[PID_LEN + 1];
	struct repo *r = with_draft(state, id);
	struct upload_spec s = spec(id, "x", 4, NULL);
	struct upload *one, *two;
	struct rec rec;
	struct kv_txn t;

	must(upload_begin(r, &s, &one, &e));
	must(upload_begin(r, &s, &two, &e));
	must(upload_write(one, "same", 4, &e));
	must(upload_write(two, "same", 4, &e));
	must(upload_end(one, NULL, &e));
	must(upload_end(two, NULL, &e));
	kv_read(r->catalog, &t);
	must(cat_get(&t, id, true, &rec, &e));
	kv_end(&t, NULL);
	assert_int_equal(rec.files, 1);
	assert_int_equal(rec.bytes, 4);
	rec_release(&rec);
	assert_int_equal(depot_fsck(r), 0);
	repo_close(r);
}

static void a_path_is_refused_by_the_name_of_its_fault(void **state)
{
	static const struct { const char *path; size_t n; const char *why; } bad[] = {
		{ "", 0, "empty" }, { "/a", 2, "absolute" }, { "a//b", 4, "empty segment" }, { "a/", 2, "empty segment" }, { ".", 1, "'.'" },
		{ "a/../b", 6, "'..'" }, { "a\0b", 3, "NUL" }, { "a\nb", 3, "control" }, { "a\x7f", 2, "control" }, { "\xc2\x85", 2, "control" },
		{ "\xff", 1, "UTF-8" }, { "\xed\xa0\x80", 3, "UTF-8" }, { "metadata/record.json", 20, "uses itself" }, { "metadata", 8, "uses itself" },
	};
	static const char *const good[] = { "a", "a/b.c", "a b", "...", "a..b", ".hidden", "trailing.", "\xe6\xa0\xa1\xe5\x80\x89", "metadata/x", "_/x",
		"CON", "a\\b", "-rf", "a:b" };
	char longest[1026];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		err_clear(&e);
		assert_int_equal(path_check(slice_of(bad[i].path, bad[i].n), &e), ST_INVALID);
		if (strstr(e.text, bad[i].why) == NULL)
			fail_msg("'%s' does not say '%s'", e.text, bad[i].why);
	}
	for (i = 0; i < sizeof(good) / sizeof(*good); i++)
		must(path_check(slice_str(good[i]), &e));
	memset(longest, 'x', sizeof(longest));
	must(path_check(slice_of(longest, 1024), &e));
	assert_int_equal(path_check(slice_of(longest, 1025), &e), ST_INVALID);
}

static void nasty_names_come_back_byte_for_byte(void **state)
{
	char id[PID_LEN + 1], longest[600], under[100];
	struct repo *r = with_draft(state, id);
	const char *names[] = { longest, under, "_/x", "a\\b", "trailing.", " lead", "\xe6\xa0\xa1\xe5\x80\x89/\xe3\x81\x8b\xe3\x82\x99", "%2e%2e", "CON" };
	struct cat_file f;
	struct kv_txn t;
	size_t i;
	int fd;

	memset(longest, 'n', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	/* A user's own name that is where the long one's content would be put. */
	{
		char hex[SHA256_HEX];

		sha256_hex(hex, longest, strlen(longest));
		snprintf(under, sizeof(under), "_/%s", hex);
	}
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		must(depot_file(r, id, names[i], names[i], strlen(names[i]), &e));
	must(deposit_publish(r, &depot_actor, id, NULL, NULL, NULL, &e));
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char back[600];

		kv_read(r->catalog, &t);
		must(cat_file_get(&t, id, false, slice_str(names[i]), &f, &e));
		kv_end(&t, NULL);
		assert_string_equal(f.path, names[i]);
		must(content_open(r, id, false, &f, &fd, &e));
		must(fs_pread_all(fd, back, f.size, 0, &e));
		assert_memory_equal(back, names[i], strlen(names[i]));
		close(fd);
		cat_file_release(&f);
	}
	assert_int_equal(depot_fsck(r), 0);
	repo_close(r);
}

struct count { unsigned n; };

static st_t count_step(void *ctx, const char *path, const char *rel, enum fs_kind kind, uint64_t size, struct err *er)
{
	((struct count *)ctx)->n += kind != FS_DIR;
	return ST_OK;
}

static unsigned count_files(const char *dir, const char *below)
{
	char *path = fs_join(dir, below);
	struct count c = { 0 };

	must(fs_walk(path, count_step, &c, &e));
	free(path);
	return c.n;
}

static void leftovers_are_collected_and_what_is_used_stays(void **state)
{
	char id[PID_LEN + 1], gone[PID_LEN + 1];
	struct repo *r = with_draft(state, id);
	struct upload_spec s = spec(id, "open", 10, NULL);
	struct upload *u;
	uint64_t removed;

	must(depot_file(r, id, "kept", "kept", 4, &e));
	must(depot_draft(r, "Gone", gone, &e));
	must(depot_file(r, gone, "x", "discarded", 9, &e));
	must(deposit_discard(r, &depot_actor, gone, &e));
	must(upload_begin(r, &s, &u, &e));
	must(upload_write(u, "12345", 5, &e));
	must(upload_pause(u, &e));
	assert_int_equal(count_files(*state, "staging/content"), 2);
	must(upload_collect(r, clock_now(), &removed, &e));
	assert_int_equal(removed, 0);		/* all of it is too young to be sure */
	clock_set((clock_now() + 7200) * 1000000);
	must(upload_collect(r, clock_now() - 3600, &removed, &e));
	clock_set(0);
	assert_int_equal(removed, 1);
	assert_int_equal(count_files(*state, "staging/content"), 1);
	assert_int_equal(count_files(*state, "staging/upload"), 2);
	assert_int_equal(depot_fsck(r), 0);
	repo_close(r);
}

#define T(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(digest_and_crc_are_those_of_the_bytes),
		T(a_cut_upload_goes_on_after_a_restart),
		T(a_wrong_digest_is_a_conflict_and_the_upload_stays),
		T(too_few_bytes_stay_resumable),
		T(the_same_file_sent_twice_at_once_is_one_object),
		T(a_path_is_refused_by_the_name_of_its_fault),
		T(nasty_names_come_back_byte_for_byte),
		T(leftovers_are_collected_and_what_is_used_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
