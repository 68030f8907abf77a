#include <errno.h>

#include "base/err.h"
#include "base/utf8.h"
#include "t/unit/unit.h"

static void a_status_comes_back_with_its_text(void **state)
{
	struct err e = ERR_INIT;

	assert_st(ST_INVALID, err_set(&e, ST_INVALID, "no title in language '%s'", "ja"));
	assert_int_equal(e.st, ST_INVALID);
	assert_string_equal(e.text, "no title in language 'ja'");
}

static void nobody_has_to_want_the_text(void **state)
{
	assert_st(ST_GONE, err_set(NULL, ST_GONE, "x"));
	errno = ENOSPC;
	assert_st(ST_FULL, err_sys(NULL, "x"));
	err_clear(NULL);
}

static void errno_becomes_what_a_caller_can_do(void **state)
{
	static const struct { int no; st_t st; } rows[] = {
		{ ENOSPC, ST_FULL }, { EDQUOT, ST_FULL }, { ENOMEM, ST_NOMEM }, { ENOENT, ST_ABSENT }, { EIO, ST_IO }, { EACCES, ST_IO },
	};
	struct err e = ERR_INIT;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		errno = rows[i].no;
		assert_st(rows[i].st, err_sys(&e, "cannot write '%s'", "f"));
	}
	errno = ENOENT;
	(void)err_sys(&e, "cannot open '%s'", "f");
	assert_string_equal(e.text, "cannot open 'f': No such file or directory");
}

static void each_layer_adds_where_it_was(void **state)
{
	struct err e = ERR_INIT;

	(void)err_set(&e, ST_INVALID, "no title");
	assert_st(ST_INVALID, err_wrap(&e, "record '%s'", "x"));
	assert_st(ST_INVALID, err_wrap(&e, "import"));
	assert_string_equal(e.text, "import: record 'x': no title");
}

static void long_text_is_cut_at_a_character(void **state)
{
	struct err e = ERR_INIT;
	char kura[ERR_TEXT_MAX * 2];
	size_t i, pad, bad;

	for (i = 0; i + 3 < sizeof(kura); i += 3)
		memcpy(kura + i, "\xE5\x80\x89", 4);
	for (pad = 0; pad < 3; pad++) {
		(void)err_set(&e, ST_INVALID, "%.*s%s", (int)pad, "ab", kura);
		assert_true(utf8_valid(slice_str(e.text), &bad));
		assert_in_range(strlen(e.text), ERR_TEXT_MAX - 8, ERR_TEXT_MAX - 1);
		(void)err_wrap(&e, "%.*s%s", (int)pad, "ab", kura);
		assert_true(utf8_valid(slice_str(e.text), &bad));
		errno = EIO;
		(void)err_sys(&e, "%.*s%s", (int)pad, "ab", kura);
		assert_true(utf8_valid(slice_str(e.text), &bad));
	}
}

static void every_status_has_a_name_of_its_own(void **state)
{
	int i, j;

	for (i = 0; i <= ST_INTERNAL; i++) {
		assert_non_null(st_name((st_t)i));
		assert_string_not_equal(st_name((st_t)i), "unknown");
		for (j = 0; j < i; j++)
			assert_string_not_equal(st_name((st_t)i), st_name((st_t)j));
	}
	assert_string_equal(st_name((st_t)999), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_status_comes_back_with_its_text),
		cmocka_unit_test(nobody_has_to_want_the_text),
		cmocka_unit_test(errno_becomes_what_a_caller_can_do),
		cmocka_unit_test(each_layer_adds_where_it_was),
		cmocka_unit_test(long_text_is_cut_at_a_character),
		cmocka_unit_test(every_status_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
