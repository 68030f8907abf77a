#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "store/repo.h"
#include "t/unit/store/fix.h"

static struct repo *open_repo(const char *dir, struct schema *s, bool create)
{
	struct repo_opts o = { .create = create };
	struct repo *r = NULL;
	struct err e = ERR_INIT;

	if (repo_open(&r, dir, s, &o, &e) != ST_OK)
		fail_msg("%s", e.text);
	return r;
}

static void a_repository_is_opened_by_one_process_at_a_time(void **state)
{
	struct fix *f = *state;
	char *dir = fs_join(f->dir, "data");
	struct repo *r = open_repo(dir, f->schema, true), *other = NULL;
	struct repo_opts o = { .create = false };
	struct err e = ERR_INIT;

	assert_int_equal(repo_open(&other, dir, f->schema, &o, &e), ST_BUSY);
	assert_null(other);
	assert_non_null(strstr(e.text, "in use"));
	repo_close(r);
	repo_close(open_repo(dir, f->schema, false));
	free(dir);
}

static void a_folder_that_is_no_repository_is_left_alone(void **state)
{
	struct fix *f = *state;
	char *dir = fs_join(f->dir, "data"), *lock = fs_join(dir, "lock");
	struct repo_opts o = { .create = false };
	struct repo *r = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(repo_open(&r, dir, f->schema, &o, &e), ST_ABSENT);
	assert_int_equal(fs_mkdirs(dir, 0700, &e), ST_OK);
	assert_int_equal(repo_open(&r, dir, f->schema, &o, &e), ST_ABSENT);
	assert_false(fs_exists(lock));
	free(lock);
	free(dir);
}

static void the_secret_and_settings_stay(void **state)
{
	struct fix *f = *state;
	char *dir = fs_join(f->dir, "data"), *path = fs_join(dir, "azekura.conf");
	struct repo *r = open_repo(dir, f->schema, true);
	uint8_t secret[32], zero[32] = { 0 };
	struct repo_opts o = { .create = false };
	struct err e = ERR_INIT;

	memcpy(secret, r->secret, 32);
	assert_memory_not_equal(secret, zero, 32);
	assert_int_equal(conf_int(r->conf, "store.map-size"), 1 << 30);
	repo_close(r);
	assert_int_equal(fs_write_atomic(path, "name = Other\n", 13, 0600, &e), ST_OK);
	r = open_repo(dir, f->schema, false);
	assert_memory_equal(r->secret, secret, 32);
	assert_string_equal(conf_text(r->conf, "name"), "Other");
	repo_close(r);
	assert_int_equal(fs_write_atomic(path, "nome = Other\n", 13, 0600, &e), ST_OK);
	assert_int_equal(repo_open(&r, dir, f->schema, &o, &e), ST_INVALID);
	assert_non_null(strstr(e.text, "azekura.conf:1"));
	free(path);
	free(dir);
}

static st_t newer_apply(void *arg, struct kv_txn *t)
{
	cat_meta_put_u64(t, "layout", CAT_LAYOUT + 1);
	return ST_OK;
}

static void a_newer_catalogue_is_refused(void **state)
{
	struct fix *f = *state;
	char *dir = fs_join(f->dir, "data");
	struct repo *r = open_repo(dir, f->schema, true);
	struct repo_opts o = { .create = false };
	struct err e = ERR_INIT;

	assert_int_equal(writer_do(r->cat_w, newer_apply, NULL, &e), ST_OK);
	repo_close(r);
	assert_int_equal(repo_open(&r, dir, f->schema, &o, &e), ST_UNSUPPORTED);
	assert_non_null(strstr(e.text, "layout 2"));
	free(dir);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		F(a_repository_is_opened_by_one_process_at_a_time),
		F(a_folder_that_is_no_repository_is_left_alone),
		F(the_secret_and_settings_stay),
		F(a_newer_catalogue_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
