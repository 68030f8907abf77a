#include "base/conf.h"
#include "base/fs.h"
#include "t/unit/base/scratch.h"
#include "t/unit/unit.h"

static const struct conf_opt opts[] = {
	{ "name", CONF_TEXT, "Azekura", NULL, NULL, "what people see" },
	{ "count", CONF_INT, "5", "1", "10", "how many" },
	{ "map-size", CONF_SIZE, "64G", "1M", "16T", "address space" },
	{ "review", CONF_BOOL, "no", NULL, NULL, "drafts need a second person" },
	{ "wait", CONF_TIME, "30s", "1s", "7d", "how long" },
};

static struct conf *fresh(void)
{
	struct conf *c = conf_new(opts, sizeof(opts) / sizeof(opts[0]));

	assert_non_null(c);
	return c;
}

static void every_setting_has_its_default(void **state)
{
	struct conf *c = fresh();

	assert_string_equal(conf_text(c, "name"), "Azekura");
	assert_int_equal(conf_int(c, "count"), 5);
	assert_true(conf_int(c, "map-size") == (int64_t)64 << 30);
	assert_false(conf_bool(c, "review"));
	assert_int_equal(conf_int(c, "wait"), 30);
	assert_string_equal(conf_text(c, "nothing"), "");
	conf_free(c);
	conf_free(NULL);
}

static void units_are_understood(void **state)
{
	static const struct { const char *name, *value; int64_t want; } rows[] = {
		{ "map-size", "1048576", 1 << 20 }, { "map-size", "2048k", 2 << 20 }, { "map-size", "2048K", 2 << 20 }, { "map-size", "3M", 3 << 20 },
		{ "map-size", "16T", (int64_t)16 << 40 }, { "wait", "90", 90 }, { "wait", "90s", 90 }, { "wait", "5m", 300 },
		{ "wait", "2h", 7200 }, { "wait", "7d", 604800 },
	};
	struct conf *c = fresh();
	struct err e = ERR_INIT;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_st_e(ST_OK, conf_set(c, rows[i].name, slice_str(rows[i].value), &e), &e);
		assert_true(conf_int(c, rows[i].name) == rows[i].want);
	}
	conf_free(c);
}

static void a_wrong_value_is_refused_by_name_and_changes_nothing(void **state)
{
	static const struct { const char *name, *value; } rows[] = {
		{ "count", "0" }, { "count", "11" }, { "count", "-1" }, { "count", "" }, { "count", "5k" }, { "count", "five" }, { "map-size", "1k" },
		{ "map-size", "17T" }, { "map-size", "99999999999999999999T" }, { "map-size", "9000000000000000T" }, { "map-size", "M" },
		{ "wait", "0" }, { "wait", "8d" }, { "wait", "5x" }, { "wait", "s" }, { "review", "true" }, { "review", "" }, { "colour", "red" },
	};
	struct conf *c = fresh();
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e = ERR_INIT;

		if (conf_set(c, rows[i].name, slice_str(rows[i].value), &e) != ST_INVALID)
			fail_msg("%s = %s was taken", rows[i].name, rows[i].value);
		assert_non_null(strstr(e.text, rows[i].name));
	}
	assert_int_equal(conf_int(c, "count"), 5);
	assert_int_equal(conf_int(c, "wait"), 30);
	conf_free(c);
}

static char *file_with(const char *dir, const char *text)
{
	char *path = fs_join(dir, "azekura.conf");
	struct err e = ERR_INIT;

	assert_st_e(ST_OK, fs_write_atomic(path, text, strlen(text), 0600, &e), &e);
	return path;
}

static void a_file_is_read_with_comments_and_any_line_end(void **state)
{
	char *path = file_with(*state, "# settings\r\n\r\nname = The  Store = house\r\n\tcount=7\n  # no\nreview = yes\nname = Last wins");
	struct conf *c = fresh();
	struct err e = ERR_INIT;

	assert_st_e(ST_OK, conf_load(c, path, &e), &e);
	assert_string_equal(conf_text(c, "name"), "Last wins");
	assert_int_equal(conf_int(c, "count"), 7);
	assert_true(conf_bool(c, "review"));
	conf_free(c);
	free(path);
}

static void a_file_with_one_wrong_line_changes_nothing_and_names_the_line(void **state)
{
	static const char *const bad[] = { "name = x\ncount = 99\n", "name = x\ncolour = red\n", "name = x\nno sign here\n" };
	size_t i;

	for (i = 0; i < 3; i++) {
		char *path = file_with(*state, bad[i]);
		struct conf *c = fresh();
		struct err e = ERR_INIT;

		assert_st(ST_INVALID, conf_load(c, path, &e));
		assert_non_null(strstr(e.text, "azekura.conf:2: "));
		assert_string_equal(conf_text(c, "name"), "Azekura");
		conf_free(c);
		free(path);
	}
}

static void a_missing_file_is_absent(void **state)
{
	struct conf *c = fresh();
	struct err e = ERR_INIT;

	assert_st(ST_ABSENT, conf_load(c, "/nowhere/azekura.conf", &e));
	assert_non_null(strstr(e.text, "/nowhere/azekura.conf"));
	conf_free(c);
}

static void what_is_printed_reads_back_the_same(void **state)
{
	struct conf *c = fresh(), *d = fresh();
	struct buf out = BUF_INIT(10000);
	struct err e = ERR_INIT;
	char *path;

	assert_st(ST_OK, conf_set(c, "name", SLICE("\xE6\xA0\xA1\xE5\x80\x89"), &e));
	assert_st(ST_OK, conf_set(c, "wait", SLICE("2h"), &e));
	assert_st(ST_OK, conf_print(c, &out));
	assert_non_null(strstr(out.p, "# count = 5"));
	assert_non_null(strstr(out.p, "(1M to 16T)"));
	path = file_with(*state, out.p);
	assert_st_e(ST_OK, conf_load(d, path, &e), &e);
	assert_string_equal(conf_text(d, "name"), conf_text(c, "name"));
	assert_int_equal(conf_int(d, "wait"), 7200);
	free(path);
	buf_release(&out);
	conf_free(c);
	conf_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_setting_has_its_default),
		cmocka_unit_test(units_are_understood),
		cmocka_unit_test(a_wrong_value_is_refused_by_name_and_changes_nothing),
		cmocka_unit_test_setup_teardown(a_file_is_read_with_comments_and_any_line_end, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(a_file_with_one_wrong_line_changes_nothing_and_names_the_line, scratch_setup, scratch_teardown),
		cmocka_unit_test(a_missing_file_is_absent),
		cmocka_unit_test_setup_teardown(what_is_printed_reads_back_the_same, scratch_setup, scratch_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
