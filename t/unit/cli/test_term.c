#include "cli/term.h"

#include <stdlib.h>

#include "t/unit/unit.h"

static char *wrapped(const char *head, unsigned indent, const char *text)
{
	char *out = NULL;
	size_t n;
	FILE *f = open_memstream(&out, &n);

	term_wrap(f, head, indent, slice_str(text));
	fclose(f);
	return out;
}

static void letters_take_one_column_two_or_none(void **state)
{
	static const struct { const char *s; unsigned want; } t[] = {
		{ "", 0 }, { "abc", 3 }, { "µm °C é", 7 }, { "気温", 4 }, { "ｱｲｳ", 3 }, { "ＡＢ", 4 }, { "e\xcc\x81", 1 }, { "가", 2 }, { "か\xe3\x82\x99", 2 }, { "▁█", 2 },
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(*t); i++)
		assert_int_equal(term_width(slice_str(t[i].s)), t[i].want);
}

static void text_cannot_steer_the_terminal(void **state)
{
	struct buf b = BUF_INIT(1000);

	assert_st(ST_OK, term_text(&b, SLICE("a\x1b[31mb\x07\xc2\x9b" "c\n\td\xe2\x80\xae" "e")));
	assert_buf(&b, "a\\x1b[31mb\\x07\\x9bc  d\\u202ee");
	buf_clear(&b);
	assert_st(ST_OK, term_text(&b, SLICE("校倉 e\xcc\x81 ×")));
	assert_buf(&b, "校倉 e\xcc\x81 ×");
	buf_clear(&b);
	/* In a message of ours line ends and tabs are ours. */
	assert_st(ST_OK, term_lines(&b, SLICE("a\tb\x1b]0;x\x07\r\nc\xff")));
	assert_buf(&b, "a\tb\\x1b]0;x\\x07\\x0d\nc\xef\xbf\xbd");
	buf_release(&b);
}

static void lines_break_at_blanks_and_fit(void **state)
{
	char *s = wrapped("where", 9, "longitude 141.35 to 143.2, latitude 42.9 to 43.06; in a place with a name that is long"), *at, *next;

	assert_string_equal(s, "where    longitude 141.35 to 143.2, latitude 42.9 to 43.06; in a place with a\n         name that is long\n");
	free(s);
	s = wrapped("", 2, "");
	assert_string_equal(s, "  \n");
	free(s);
	/* A head with no room beside it has a line of its own. */
	s = wrapped("a long head", 4, "text");
	assert_string_equal(s, "a long head\n    text\n");
	free(s);
	/* 60 wide letters: no blank anywhere, and a word without end. */
	s = wrapped("title", 9, "校倉における木材の含水率の年変化とその測定方法について、校倉における木材の含水率の年変化とその測定方法について"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	for (at = s; *at != '\0'; at = next + 1) {
		assert_non_null(next = strchr(at, '\n'));
		assert_true(term_width(slice_of(at, (size_t)(next - at))) <= TERM_COLUMNS);
		assert_true(at == s || strncmp(at, "         ", 9) == 0);
		assert_false(strncmp(at + 9, "、", 3) == 0);
	}
	assert_true(at - s > 300);
	free(s);
}

static void bars_say_how_high(void **state)
{
	const double v[] = { 0, 0.1, 4, 8, -1, 100 };
	struct buf b = BUF_INIT(1000);

	term_bars(&b, v, 6, 8, false);
	assert_buf(&b, " ▁▄█ █");
	buf_clear(&b);
	term_bars(&b, v, 6, 8, true);
	assert_buf(&b, " .=# #");
	buf_clear(&b);
	term_bars(&b, v, 6, 0, true);
	assert_buf(&b, "      ");
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(letters_take_one_column_two_or_none),
		cmocka_unit_test(text_cannot_steer_the_terminal),
		cmocka_unit_test(lines_break_at_blanks_and_fit),
		cmocka_unit_test(bars_say_how_high),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
