#include "base/utf8.h"
#include "t/unit/unit.h"

static void every_code_point_goes_there_and_back(void **state)
{
	struct buf b = BUF_INIT(16);
	uint32_t cp;
	size_t i;

	for (cp = 0; cp <= 0x10FFFF; cp++) {
		if (cp == 0xD800)
			cp = 0xE000;
		buf_clear(&b);
		assert_st(ST_OK, utf8_put(&b, cp));
		i = 0;
		if (!utf8_valid(buf_slice(&b), NULL) || utf8_next(buf_slice(&b), &i) != (int32_t)cp || i != b.n)
			fail_msg("U+%04X", (unsigned)cp);
		if (utf8_next(buf_slice(&b), &i) != -1)
			fail_msg("U+%04X does not end", (unsigned)cp);
	}
	buf_release(&b);
}

static void what_is_no_character_is_written_as_the_replacement(void **state)
{
	struct buf b = BUF_INIT(16);

	assert_st(ST_OK, utf8_put(&b, 0xD800));
	assert_st(ST_OK, utf8_put(&b, 0x110000));
	assert_buf(&b, "\xEF\xBF\xBD\xEF\xBF\xBD");
	buf_release(&b);
}

static void malformed_bytes_are_found_where_they_are(void **state)
{
	static const struct { const char *s; size_t at; } rows[] = {
		{ "\x80", 0 }, { "a\xff", 1 }, { "ab\xC0\xAF", 2 }, { "\xC1\xBF", 0 }, { "\xE0\x9F\xBF", 0 }, { "\xED\xA0\x80", 0 },
		{ "\xED\xBF\xBF", 0 }, { "\xF0\x8F\xBF\xBF", 0 }, { "\xF4\x90\x80\x80", 0 }, { "\xF5\x80\x80\x80", 0 }, { "\xE5\x80", 0 },
		{ "\xE5\x80\x89\xE5", 3 }, { "01234567\xC3", 8 }, { "0123456\xC3\x28", 7 }, { "\xF0\x9F\x98", 0 }, { "0123456789abcdef\xFE", 16 },
	};
	size_t i, bad;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bad = 99;
		if (utf8_valid(slice_str(rows[i].s), &bad) || bad != rows[i].at)
			fail_msg("row %zu: at %zu", i, bad);
	}
	assert_true(utf8_valid(SLICE(""), &bad));
	assert_true(utf8_valid(SLICE_NULL, &bad));
	assert_true(utf8_valid(slice_of("a\0b", 3), &bad));
	assert_true(utf8_valid(SLICE("\xE6\xA0\xA1\xE5\x80\x89 \xF0\x9F\x98\x80"), &bad));
}

static void each_wrong_byte_reads_as_one_replacement(void **state)
{
	struct slice s = SLICE("a\xE5\x80" "b\xFF");
	static const int32_t want[] = { 'a', 0xFFFD, 0xFFFD, 'b', 0xFFFD, -1 };
	size_t i = 0, k;

	for (k = 0; k < sizeof(want) / sizeof(want[0]); k++)
		assert_int_equal(utf8_next(s, &i), want[k]);
	assert_int_equal(utf8_count(s), 5);
	assert_int_equal(utf8_count(SLICE("\xE6\xA0\xA1\xE5\x80\x89")), 2);
}

static void clipping_never_halves_a_character(void **state)
{
	struct slice s = SLICE("a\xE5\x80\x89\xF0\x9F\x98\x80z");
	static const size_t want[] = { 0, 1, 1, 1, 4, 4, 4, 4, 8, 9, 9 };
	size_t max;

	for (max = 0; max < sizeof(want) / sizeof(want[0]); max++)
		assert_int_equal(utf8_clip(s, max).n, want[max]);
}

/* XML 1.0, production 2, at each of its edges. */
static void xml_characters_are_told_apart(void **state)
{
	static const uint32_t in[] = { 0x9, 0xA, 0xD, 0x20, 0x7F, 0xD7FF, 0xE000, 0xFFFD, 0x10000, 0x10FFFF };
	static const uint32_t out[] = { 0, 0x8, 0xB, 0xC, 0xE, 0x1F, 0xD800, 0xDFFF, 0xFFFE, 0xFFFF, 0x110000 };
	size_t i;

	for (i = 0; i < sizeof(in) / sizeof(in[0]); i++)
		assert_true(utf8_is_xml_char(in[i]));
	for (i = 0; i < sizeof(out) / sizeof(out[0]); i++)
		assert_false(utf8_is_xml_char(out[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_point_goes_there_and_back),
		cmocka_unit_test(what_is_no_character_is_written_as_the_replacement),
		cmocka_unit_test(malformed_bytes_are_found_where_they_are),
		cmocka_unit_test(each_wrong_byte_reads_as_one_replacement),
		cmocka_unit_test(clipping_never_halves_a_character),
		cmocka_unit_test(xml_characters_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
