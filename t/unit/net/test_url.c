#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "net/url.h"

static void a_url_is_cut_into_its_parts(void **state)
{
	struct err e = ERR_INIT;
	struct url u;

	assert_int_equal(url_parse(&u, SLICE("HTTPS://Repo.Example:8443/a/b?c=d&e#f?g"), &e), ST_OK);
	assert_true(slice_eq_str(u.scheme, "HTTPS"));
	assert_true(slice_eq_str(u.host, "Repo.Example"));
	assert_int_equal(u.port, 8443);
	assert_true(slice_eq_str(u.path, "/a/b"));
	assert_true(slice_eq_str(u.query, "c=d&e"));
	assert_true(slice_eq_str(u.fragment, "f?g"));
	assert_int_equal(url_parse(&u, SLICE("http://[::1]"), &e), ST_OK);
	assert_true(slice_eq_str(u.host, "[::1]"));
	assert_int_equal(u.port, -1);
	assert_int_equal(u.path.n, 0);
	assert_null(u.query.p);
	assert_null(u.fragment.p);
	assert_int_equal(url_parse(&u, SLICE("http://[fe80::1:2]:80/"), &e), ST_OK);
	assert_int_equal(u.port, 80);
	assert_int_equal(url_parse(&u, SLICE("http://a?"), &e), ST_OK);
	assert_non_null(u.query.p);
	assert_int_equal(u.query.n, 0);
}

static void what_is_no_web_address_is_refused_with_a_reason(void **state)
{
	static const char *const bad[] = {
		"", "http", "http://", "http:///x", "ftp://a/", "file:///etc/passwd", "javascript:alert(1)", "//a/b", "/a", "http:/a",
		"http://u@a/", "http://u:p@a/", "http://a b/", "http://a/b c", "http://a\r\nX: y/", "http://a:0/", "http://a:65536/", "http://a:x/",
		"http://a:-1/", "http://[::1/", "http://[]/", "http://[g::1]/", "http://a\\b/", "http://a\x7f/", "http://:80/", "http://a,b/", "http://%61/"
	};
	struct url u;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err e = ERR_INIT;

		if (url_parse(&u, slice_str(bad[i]), &e) != ST_INVALID || e.text[0] == '\0')
			fail_msg("taken, or refused without words: '%s'", bad[i]);
	}
}

static void a_query_is_walked_pair_by_pair(void **state)
{
	struct slice rest = SLICE("&a=1&&b=x%20y+z&c&=v&d==%3D&%e3%81%82=%E3%81%84&");
	static const char *const want[][2] = { { "a", "1" }, { "b", "x y z" }, { "c", "" }, { "", "v" }, { "d", "==" }, { "\xe3\x81\x82", "\xe3\x81\x84" } };
	struct buf k = BUF_INIT(100), v = BUF_INIT(100);
	size_t i;

	for (i = 0; i < 6; i++) {
		assert_int_equal(query_next(&rest, &k, &v), ST_OK);
		assert_true(slice_eq_str(buf_slice(&k), want[i][0]));
		assert_true(slice_eq_str(buf_slice(&v), want[i][1]));
	}
	assert_int_equal(query_next(&rest, &k, &v), ST_EOF);
	assert_int_equal(query_next(&rest, &k, &v), ST_EOF);
	buf_release(&k);
	buf_release(&v);
}

static void a_bad_escape_spoils_only_its_pair(void **state)
{
	struct slice rest = SLICE("a=%zz&b=%0&c=%00&d=1");
	struct buf k = BUF_INIT(100), v = BUF_INIT(100);

	assert_int_equal(query_next(&rest, &k, &v), ST_INVALID);
	assert_int_equal(query_next(&rest, &k, &v), ST_INVALID);
	assert_int_equal(query_next(&rest, &k, &v), ST_INVALID);
	assert_int_equal(query_next(&rest, &k, &v), ST_OK);
	assert_true(slice_eq_str(buf_slice(&k), "d"));
	buf_release(&k);
	buf_release(&v);
}

static void the_buffers_ceiling_holds(void **state)
{
	struct slice rest = SLICE("abcdefgh=1&b=2");
	struct buf k = BUF_INIT(4), v = BUF_INIT(4);

	assert_int_equal(query_next(&rest, &k, &v), ST_TOOBIG);
	assert_int_equal(query_next(&rest, &k, &v), ST_OK);
	buf_release(&k);
	buf_release(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_url_is_cut_into_its_parts),
		cmocka_unit_test(what_is_no_web_address_is_refused_with_a_reason),
		cmocka_unit_test(a_query_is_walked_pair_by_pair),
		cmocka_unit_test(a_bad_escape_spoils_only_its_pair),
		cmocka_unit_test(the_buffers_ceiling_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
