#include "base/str.h"
#include "t/unit/unit.h"

static void hex_goes_both_ways(void **state)
{
	uint8_t all[256], back[256];
	char x[513];
	int i;

	for (i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	hex_encode(x, all, 256);
	assert_memory_equal(x, "000102", 6);
	assert_string_equal(x + 506, "fdfeff");
	assert_st(ST_OK, hex_decode(back, slice_str(x)));
	assert_memory_equal(back, all, 256);
	assert_st(ST_OK, hex_decode(back, SLICE("aBcD")));
	assert_memory_equal(back, "\xab\xcd", 2);
	assert_st(ST_INVALID, hex_decode(back, SLICE("abc")));
	assert_st(ST_INVALID, hex_decode(back, SLICE("0g")));
	assert_st(ST_INVALID, hex_decode(back, slice_of("0\0", 2)));
	assert_st(ST_OK, hex_decode(back, SLICE("")));
}

/* RFC 4648, section 10. */
static void base64_agrees_with_the_standard(void **state)
{
	static const struct { const char *plain, *std, *url; } rows[] = {
		{ "", "", "" }, { "f", "Zg==", "Zg" }, { "fo", "Zm8=", "Zm8" }, { "foo", "Zm9v", "Zm9v" },
		{ "foob", "Zm9vYg==", "Zm9vYg" }, { "fooba", "Zm9vYmE=", "Zm9vYmE" }, { "foobar", "Zm9vYmFy", "Zm9vYmFy" },
		{ "\xfb\xff", "+/8=", "-_8" },
	};
	struct buf b = BUF_INIT(100);
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_clear(&b);
		assert_st(ST_OK, base64_encode(&b, rows[i].plain, strlen(rows[i].plain)));
		assert_buf(&b, rows[i].std);
		buf_clear(&b);
		assert_st(ST_OK, base64_decode(&b, slice_str(rows[i].std)));
		assert_buf(&b, rows[i].plain);
		buf_clear(&b);
		assert_st(ST_OK, base64url_encode(&b, rows[i].plain, strlen(rows[i].plain)));
		assert_buf(&b, rows[i].url);
		buf_clear(&b);
		assert_st(ST_OK, base64url_decode(&b, slice_str(rows[i].url)));
		assert_buf(&b, rows[i].plain);
	}
	buf_release(&b);
}

static void a_base64_text_that_we_would_not_have_written_is_refused(void **state)
{
	static const char *const std[] = { "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "====", "Z===", "Zm 8=", "Zm8-", "Zm8=\n", "=m8=", "Zg==Zg==" };
	static const char *const url[] = { "Zg==", "Z", "Zh", "Zm9+", "Zm 8", "Zm9v\n" };
	struct buf b = BUF_INIT(100);
	size_t i;

	for (i = 0; i < sizeof(std) / sizeof(std[0]); i++) {
		buf_clear(&b);
		assert_st(ST_INVALID, base64_decode(&b, slice_str(std[i])));
	}
	for (i = 0; i < sizeof(url) / sizeof(url[0]); i++) {
		buf_clear(&b);
		assert_st(ST_INVALID, base64url_decode(&b, slice_str(url[i])));
	}
	buf_clear(&b);
	assert_st(ST_INVALID, base64url_decode(&b, slice_of("Zm\0v", 4)));
	buf_release(&b);
}

static void percent_encoding_keeps_only_what_it_may(void **state)
{
	struct buf b = BUF_INIT(1000);

	assert_st(ST_OK, percent_encode(&b, SLICE("a/b c~%\xE5\x80\x89"), NULL));
	assert_buf(&b, "a%2Fb%20c~%25%E5%80%89");
	buf_clear(&b);
	assert_st(ST_OK, percent_encode(&b, SLICE("a/b:c"), "/"));
	assert_buf(&b, "a/b%3Ac");
	buf_clear(&b);
	assert_st(ST_OK, percent_encode(&b, slice_of("\0", 1), "/"));
	assert_buf(&b, "%00");
	buf_release(&b);
}

static void percent_decoding_is_done_once_and_strictly(void **state)
{
	static const char *const bad[] = { "%", "%4", "a%", "a%4", "%zz", "%00", "%4g", "%-1" };
	struct buf b = BUF_INIT(1000);
	size_t i;

	assert_st(ST_OK, percent_decode(&b, SLICE("%2541+b%e5%80%89"), false));
	assert_buf(&b, "%41+b\xE5\x80\x89");
	buf_clear(&b);
	assert_st(ST_OK, percent_decode(&b, SLICE("a+b%2B"), true));
	assert_buf(&b, "a b+");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		buf_clear(&b);
		assert_st(ST_INVALID, percent_decode(&b, slice_str(bad[i]), false));
	}
	buf_clear(&b);
	assert_st(ST_INVALID, percent_decode(&b, slice_of("a\0b", 3), false));
	buf_release(&b);
}

static void html_text_cannot_leave_its_place(void **state)
{
	struct buf b = BUF_INIT(1000);

	assert_st(ST_OK, html_text(&b, SLICE("<a href='x' title=\"y\">&amp;\xE5\x80\x89")));
	assert_buf(&b, "&lt;a href=&#39;x&#39; title=&quot;y&quot;&gt;&amp;amp;\xE5\x80\x89");
	buf_release(&b);
}

static void sizes_are_told_in_decimal_units(void **state)
{
	static const struct { uint64_t n; const char *text; } rows[] = {
		{ 0, "0 B" }, { 7, "7 B" }, { 999, "999 B" }, { 1000, "1.0 kB" }, { 1234567, "1.2 MB" }, { 9960, "10 kB" },
		{ 999499, "999 kB" }, { 999999, "1.0 MB" }, { UINT64_C(100000000000), "100 GB" }, { UINT64_MAX, "18 EB" },
	};
	char out[32];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(human_size(out, rows[i].n), rows[i].text);
}

static void secrets_compare_whole_and_randomness_differs(void **state)
{
	uint8_t a[32] = { 0 }, b[32] = { 0 }, zero[32] = { 0 };

	random_bytes(a, sizeof(a));
	random_bytes(b, sizeof(b));
	assert_false(secret_eq(a, b, sizeof(a)));
	assert_false(secret_eq(a, zero, sizeof(a)));
	assert_true(secret_eq(a, a, sizeof(a)));
	memcpy(b, a, sizeof(a));
	b[31] ^= 1;
	assert_false(secret_eq(a, b, sizeof(a)));
	assert_true(secret_eq(a, b, 31));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hex_goes_both_ways),
		cmocka_unit_test(base64_agrees_with_the_standard),
		cmocka_unit_test(a_base64_text_that_we_would_not_have_written_is_refused),
		cmocka_unit_test(percent_encoding_keeps_only_what_it_may),
		cmocka_unit_test(percent_decoding_is_done_once_and_strictly),
		cmocka_unit_test(html_text_cannot_leave_its_place),
		cmocka_unit_test(sizes_are_told_in_decimal_units),
		cmocka_unit_test(secrets_compare_whole_and_randomness_differs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
