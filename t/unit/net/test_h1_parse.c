#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "net/h1_parse.h"

#define FIELDS 100
#define H "Host: repo.example\r\n"
#define GET(fields) "GET / HTTP/1.1\r\n" H fields "\r\n"
#define POST(fields) "POST / HTTP/1.1\r\n" H fields "\r\n"

/* What the parser made of a head: status 0 and its length, or what is wrong; 1: more is wanted. */
struct seen { int status; size_t used; struct h1_head h; struct http_field f[FIELDS]; };

static void head_in_pieces(struct seen *out, const char *p, size_t n, const size_t *cuts, size_t n_cuts, size_t head_max)
{
	struct h1_fault fault = { 0 };
	enum h1_result r = H1_MORE;
	struct h1_scan s;
	size_t i;

	memset(out, 0, sizeof(*out));
	h1_scan_init(&s, head_max, FIELDS);
	for (i = 0; i <= n_cuts && r == H1_MORE; i++)
		r = h1_scan(&s, p, i < n_cuts ? cuts[i] : n);
	out->used = s.pos;
	if (r == H1_DONE)
		r = h1_head_read(&s, p, &out->h, out->f, &fault);
	else
		fault = s.fault;
	out->status = r == H1_DONE ? 0 : r == H1_MORE ? 1 : fault.status;
	if (r == H1_BAD)
		assert_non_null(fault.text);
}

/* Whole, byte by byte, and every cut in two: all must agree. */
static int head_status(const char *p, size_t n, struct seen *keep)
{
	static struct seen whole, other;
	size_t cuts[4096], i;

	head_in_pieces(&whole, p, n, NULL, 0, 32768);
	for (i = 1; i < n; i++) {
		head_in_pieces(&other, p, n, &i, 1, 32768);
		assert_int_equal(other.status, whole.status);
		assert_int_equal(other.used, whole.used);
	}
	assert_true(n < 4096);
	for (i = 0; i < n; i++)
		cuts[i] = i + 1;
	head_in_pieces(&other, p, n, cuts, n, 32768);
	assert_int_equal(other.status, whole.status);
	assert_int_equal(other.used, whole.used);
	if (keep != NULL)
		*keep = whole;
	return whole.status;
}

#define CASE(status, text) { status, text, sizeof(text) - 1 }
static const struct { int status; const char *p; size_t n; } heads[] = {
	CASE(0, GET("")),
	CASE(0, GET("A:b\r\nC:\r\nD: \t e f \t \r\n")),
	CASE(0, GET("X: \x80\xff\r\n")),
	CASE(0, "\r\n" GET("")),
	CASE(0, "GET / HTTP/1.0\r\n\r\n"),
	CASE(0, "OPTIONS * HTTP/1.1\r\n" H "\r\n"),
	CASE(0, "GET http://repo.example/x HTTP/1.1\r\n" H "\r\n"),
	CASE(0, "GET HTTP://REPO.example HTTP/1.1\r\n" H "\r\n"),
	CASE(0, "GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n"),
	CASE(0, "GET / HTTP/1.1\r\nHost: a:\r\n\r\n"),
	CASE(0, "FOO-bar /x?y HTTP/1.1\r\n" H "\r\n"),
	CASE(0, "GET / HTTP/1.7\r\n" H "\r\n"),
	CASE(0, POST("Content-Length: 0\r\n")),
	CASE(0, POST("Content-Length: 9223372036854775807\r\n")),
	CASE(0, POST("content-length: 5 \r\n")),
	CASE(0, POST("Transfer-Encoding: Chunked\r\n")),
	CASE(0, POST("Content-Length: 5\r\nExpect: 100-Continue\r\n")),
	/* incomplete */
	CASE(1, ""), CASE(1, "\r\n"), CASE(1, "G"), CASE(1, "GET / HTTP/1.1\r\n" H), CASE(1, "GET / HTTP/1.1\r\n" H "\r"),
	/* request line */
	CASE(400, "\r\n\r\n" GET("")), CASE(400, " GET / HTTP/1.1\r\n" H "\r\n"), CASE(400, "\nGET / HTTP/1.1\r\n"),
	CASE(400, "GET  / HTTP/1.1\r\n" H "\r\n"), CASE(400, "GET / HTTP/1.1 \r\n" H "\r\n"), CASE(400, "GET / HTTP/1.1 extra\r\n" H "\r\n"),
	CASE(400, "GET /\r\n" H "\r\n"), CASE(400, "GET\r\n"), CASE(400, "GET / http/1.1\r\n" H "\r\n"), CASE(400, "GET / HTTP/1.1.1\r\n" H "\r\n"),
	CASE(400, "GET / HTTP/1.1\0\r\n" H "\r\n"), CASE(400, "GET /a\tb HTTP/1.1\r\n" H "\r\n"), CASE(400, "GET /\x80\xff HTTP/1.1\r\n" H "\r\n"),
	CASE(400, "GET /#f HTTP/1.1\r\n" H "\r\n"), CASE(400, "GET /\0 HTTP/1.1\r\n" H "\r\n"), CASE(400, "\x16\x03\x01\x02\x00"),
	CASE(400, "G\xc3\xa9T / HTTP/1.1\r\n" H "\r\n"), CASE(400, "GET /\nHost: x\n\n"), CASE(400, "GET / HTTP/1.1\n" H "\n"),
	CASE(400, "GET / HTTP/1.1\rX" H "\r\n"), CASE(400, "GET * HTTP/1.1\r\n" H "\r\n"), CASE(400, "GET ?x HTTP/1.1\r\n" H "\r\n"),
	CASE(400, "GET http:// HTTP/1.1\r\n" H "\r\n"), CASE(400, "GET http://evil.example/ HTTP/1.1\r\n" H "\r\n"),
	CASE(400, "GET http://a@repo.example/ HTTP/1.1\r\n" H "\r\n"), CASE(400, "GET ftp://repo.example/ HTTP/1.1\r\n" H "\r\n"),
	CASE(400, "CONNECT 127.0.0.1:22 HTTP/1.1\r\n" H "\r\n"),
	CASE(505, "GET / HTTP/9.9\r\n" H "\r\n"), CASE(505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), CASE(505, "GET / HTTP/0.9\r\n" H "\r\n"),
	CASE(501, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA / HTTP/1.1\r\n" H "\r\n"),
	/* fields */
	CASE(400, GET("X : a\r\n")), CASE(400, GET("X\t: a\r\n")), CASE(400, GET("X: a\r\n b\r\n")), CASE(400, GET("X: a\r\n\tb\r\n")),
	CASE(400, "GET / HTTP/1.1\r\n " H "\r\n"), CASE(400, GET("X: a\0b\r\n")), CASE(400, GET("X\0Y: a\r\n")), CASE(400, GET("X: a\rContent-Length: 10\r\n")),
	CASE(400, GET("X: a\nY: b\r\n")), CASE(400, GET("nonsense\r\n")), CASE(400, GET(": v\r\n")), CASE(400, GET("X: \x7f\r\n")), CASE(400, GET("X: \x01\r\n")),
	CASE(400, GET("X(: a\r\n")), CASE(400, GET("X") "\n"),
	/* Host */
	CASE(400, "GET / HTTP/1.1\r\n\r\n"), CASE(400, GET("Host: repo.example\r\n")), CASE(400, GET("Host: evil.example\r\n")),
	CASE(400, "GET / HTTP/1.0\r\n" H H "\r\n"), CASE(400, "GET / HTTP/1.1\r\nHost:\r\n\r\n"), CASE(400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
	CASE(400, "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"), CASE(400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), CASE(400, "GET / HTTP/1.1\r\nHost: a%0d\r\n\r\n"),
	CASE(400, "GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n"), CASE(400, "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"), CASE(400, "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"),
	CASE(400, "GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n"), CASE(400, "GET / HTTP/1.1\r\nHost: []\r\n\r\n"), CASE(400, "GET / HTTP/1.1\r\nHost: \"><script>\r\n\r\n"),
	CASE(400, "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n"),
	/* framing */
	CASE(400, POST("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")), CASE(400, POST("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")),
	CASE(400, POST("Content-Length: 5\r\nContent-Length: 5\r\n")), CASE(400, POST("Content-Length: 5\r\ncontent-length: 6\r\n")),
	CASE(400, POST("Content-Length: 5, 5\r\n")), CASE(400, POST("Content-Length: +5\r\n")), CASE(400, POST("Content-Length: -1\r\n")),
	CASE(400, POST("Content-Length: 0x5\r\n")), CASE(400, POST("Content-Length: 5 5\r\n")), CASE(400, POST("Content-Length: \r\n")),
	CASE(400, POST("Content-Length: 5;\r\n")), CASE(400, POST("Content-Length: 18446744073709551616\r\n")),
	CASE(400, POST("Content-Length: 9223372036854775808\r\n")), CASE(400, POST("Content-Length: 00000000000000000000005\r\n")),
	CASE(400, POST("Content-Length: \xef\xbc\x95\r\n")), CASE(400, POST("Content-Length : 5\r\n")),
	CASE(400, POST("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")), CASE(400, POST("Transfer-Encoding : chunked\r\n")),
	CASE(400, "POST / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n"),
	CASE(501, POST("Transfer-Encoding: gzip, chunked\r\n")), CASE(501, POST("Transfer-Encoding: xchunked\r\n")), CASE(501, POST("Transfer-Encoding: identity\r\n")),
	CASE(501, POST("Transfer-Encoding: chunked;q=1\r\n")), CASE(400, POST("Transfer-Encoding: chunked\x0b\r\n")), CASE(501, POST("Transfer-Encoding: 'chunked'\r\n")),
	CASE(417, POST("Content-Length: 2\r\nExpect: 200-maybe\r\n")),
};

static void every_head_gets_its_status_however_it_is_cut(void **state)
{
	size_t i;

	for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		int got = head_status(heads[i].p, heads[i].n, NULL);

		if (got != heads[i].status)
			fail_msg("case %zu: status %d, expected %d: %s", i, got, heads[i].status, heads[i].p);
	}
}

static void a_head_is_cut_into_its_parts(void **state)
{
	static const char text[] = "PUT /a/b%20c?q=1&r HTTP/1.1\r\nHost: Repo.Example:8080\r\nX-Y: one \r\nConnection: foo, Close\r\n"
	    "Content-Length: 12\r\nExpect: 100-continue\r\n\r\nthe body not";
	struct seen s;

	assert_int_equal(head_status(text, sizeof(text) - 1, &s), 0);
	assert_int_equal(s.used, sizeof(text) - 1 - 12);
	assert_true(slice_eq_str(s.h.method, "PUT"));
	assert_true(slice_eq_str(s.h.target, "/a/b%20c?q=1&r"));
	assert_true(slice_eq_str(s.h.path, "/a/b%20c"));
	assert_true(slice_eq_str(s.h.query, "q=1&r"));
	assert_true(slice_eq_str(s.h.host, "Repo.Example:8080"));
	assert_true(s.h.minor && !s.h.keep_alive && s.h.expect && !s.h.chunked);
	assert_int_equal(s.h.body_len, 12);
	assert_int_equal(s.h.n_fields, 5);
	assert_true(slice_eq_str(s.f[1].name, "X-Y"));
	assert_true(slice_eq_str(s.f[1].value, "one"));
}

static void an_absolute_target_becomes_a_path(void **state)
{
	struct seen s;

	assert_int_equal(head_status("GET http://repo.example?a=b HTTP/1.1\r\n" H "\r\n", sizeof("GET http://repo.example?a=b HTTP/1.1\r\n" H "\r\n") - 1, &s), 0);
	assert_true(slice_eq_str(s.h.path, "/"));
	assert_true(slice_eq_str(s.h.query, "a=b"));
	assert_int_equal(head_status("GET https://repo.example HTTP/1.1\r\n" H "\r\n", sizeof("GET https://repo.example HTTP/1.1\r\n" H "\r\n") - 1, &s), 0);
	assert_true(slice_eq_str(s.h.path, "/"));
	assert_null(s.h.query.p);
}

static void old_clients_keep_alive_only_on_request(void **state)
{
	struct seen s;

	assert_int_equal(head_status("GET / HTTP/1.0\r\n\r\n", 18, &s), 0);
	assert_false(s.h.keep_alive);
	assert_null(s.h.host.p);
	assert_int_equal(head_status("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", 42, &s), 0);
	assert_true(s.h.keep_alive);
}

/* A head of ${n} bytes: one long field, or a long request line. */
static int long_head(size_t line, size_t field, size_t fields, size_t head_max, size_t step)
{
	struct buf b = BUF_INIT(1 << 20);
	struct h1_fault fault = { 0 };
	static struct http_field f[FIELDS];
	enum h1_result r = H1_MORE;
	struct h1_head h;
	struct h1_scan s;
	size_t i;

	buf_adds(&b, "GET /");
	for (i = 0; i < line; i++)
		buf_addc(&b, 'a');
	buf_adds(&b, " HTTP/1.1\r\n" H);
	for (i = 0; i < fields; i++)
		buf_adds(&b, "X: 1\r\n");
	buf_adds(&b, "Y: ");
	for (i = 0; i < field; i++)
		buf_addc(&b, 'a');
	buf_adds(&b, "\r\n\r\n");
	h1_scan_init(&s, head_max, FIELDS);
	for (i = step; i < b.n + step && r == H1_MORE; i += step)
		r = h1_scan(&s, b.p, i < b.n ? i : b.n);
	if (r == H1_DONE)
		r = h1_head_read(&s, b.p, &h, f, &fault);
	buf_release(&b);
	return r == H1_DONE ? 0 : r == H1_MORE ? 1 : s.fault.status;
}

static void limits_hold_to_the_byte_and_for_every_step(void **state)
{
	static const size_t steps[] = { 1, 7, 1000, 16384, 1 << 20 };
	const size_t fixed = sizeof("GET / HTTP/1.1\r\n" H "Y: \r\n\r\n") - 1;
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		assert_int_equal(long_head(0, 32768 - fixed, 0, 32768, steps[i]), 0);
		assert_int_equal(long_head(0, 32768 - fixed + 1, 0, 32768, steps[i]), 431);
		assert_int_equal(long_head(0, 500000, 0, 32768, steps[i]), 431);
		assert_int_equal(long_head(16000, 0, 0, 32768, steps[i]), 0);
		assert_int_equal(long_head(16384, 0, 0, 32768, steps[i]), 414);
		assert_int_equal(long_head(500000, 0, 0, 32768, steps[i]), 414);
		assert_int_equal(long_head(0, 0, FIELDS - 2, 32768, steps[i]), 0);
		assert_int_equal(long_head(0, 0, FIELDS - 1, 32768, steps[i]), 431);
	}
}

static void nothing_is_read_past_a_fault_or_the_end(void **state)
{
	struct h1_scan s;

	h1_scan_init(&s, 32768, FIELDS);
	assert_int_equal(h1_scan(&s, "\x01rest", 5), H1_BAD);
	assert_int_equal(h1_scan(&s, "GET / HTTP/1.1\r\n" H "\r\n", 40), H1_BAD);
	h1_scan_init(&s, 32768, FIELDS);
	assert_int_equal(h1_scan(&s, GET("") GET(""), 2 * (sizeof(GET("")) - 1)), H1_DONE);
	assert_int_equal(s.pos, sizeof(GET("")) - 1);
}

/* --- chunks --- */

static enum h1_result unchunk(struct buf *out, const char *p, size_t n, size_t step, size_t *used)
{
	enum h1_result r = H1_MORE;
	struct h1_chunk c;
	struct slice data;
	size_t at = 0, took, end;

	buf_clear(out);
	h1_chunk_init(&c);
	while (r == H1_MORE && at < n) {
		end = at + step < n ? at + step : n;
		r = h1_chunk_feed(&c, p + at, end - at, &took, &data);
		assert_true(took > 0 && took <= end - at);
		assert_true(data.n == 0 || (data.p >= p + at && data.p + data.n <= p + at + took));
		buf_addsl(out, data);
		at += took;
	}
	*used = at;
	return r;
}

static const struct { enum h1_result r; const char *p; size_t n; const char *body; } bodies[] = {
#define CHUNKS(r, text, body) { r, text, sizeof(text) - 1, body }
	CHUNKS(H1_DONE, "0\r\n\r\n", ""), CHUNKS(H1_DONE, "3\r\nabc\r\n0\r\n\r\n", "abc"), CHUNKS(H1_DONE, "3\r\nabc\r\n00A\r\n0123456789\r\n000\r\n\r\nGET /", "abc0123456789"),
	CHUNKS(H1_DONE, "3;x=y;z=\"q\"\r\nabc\r\n0;last\r\n\r\n", "abc"), CHUNKS(H1_DONE, "3\r\nabc\r\n0\r\nX-Sum: 1\r\nY:\r\n\r\n", "abc"),
	CHUNKS(H1_DONE, "5\r\n\r\n0\r\n\r\n0\r\n\r\n", "\r\n0\r\n"),
	CHUNKS(H1_MORE, "3\r\nabc\r\n", "abc"), CHUNKS(H1_MORE, "3\r\nab", "ab"), CHUNKS(H1_MORE, "0\r\n\r", ""), CHUNKS(H1_MORE, "7FFFFFFFFFFFFFFF\r\na", "a"),
	CHUNKS(H1_BAD, "zz\r\n", ""), CHUNKS(H1_BAD, "\r\n", ""), CHUNKS(H1_BAD, "-1\r\n", ""), CHUNKS(H1_BAD, "+5\r\nabcde", ""), CHUNKS(H1_BAD, "0x3\r\nabc", ""),
	CHUNKS(H1_BAD, " 3\r\nabc", ""), CHUNKS(H1_BAD, "3 \r\nabc", ""), CHUNKS(H1_BAD, "5 junk\r\nabcde", ""), CHUNKS(H1_BAD, "3\nabc\n0\n\n", ""), CHUNKS(H1_BAD, "3\rabc", ""),
	CHUNKS(H1_BAD, "FFFFFFFFFFFFFFFFF\r\na", ""), CHUNKS(H1_BAD, "FFFFFFFFFFFFFFFF\r\na", ""), CHUNKS(H1_BAD, "8000000000000000\r\na", ""), CHUNKS(H1_BAD, "00000000000000003\r\nabc", ""),
	CHUNKS(H1_BAD, "3\r\nabcX0\r\n\r\n", "abc"), CHUNKS(H1_BAD, "3\r\nabcdef\r\n0\r\n\r\n", "abc"), CHUNKS(H1_BAD, "3\r\nabc\n0\r\n\r\n", "abc"), CHUNKS(H1_BAD, "3\r\nabc\r0\r\n\r\n", "abc"),
	CHUNKS(H1_BAD, "3;\0\r\nabc", ""), CHUNKS(H1_BAD, "3;a\nb\r\nabc", ""),
	CHUNKS(H1_BAD, "0\r\nContent-Length: 5\r\n\r\n", ""), CHUNKS(H1_BAD, "0\r\nAUTHORIZATION: x\r\n\r\n", ""), CHUNKS(H1_BAD, "0\r\nTransfer-Encoding: x\r\n\r\n", ""),
	CHUNKS(H1_BAD, "0\r\nX : 1\r\n\r\n", ""), CHUNKS(H1_BAD, "0\r\n: 1\r\n\r\n", ""), CHUNKS(H1_BAD, "0\r\nX: 1\r\n y\r\n\r\n", ""), CHUNKS(H1_BAD, "0\r\nX\r\n\r\n", ""), CHUNKS(H1_BAD, "0\r\n\n", ""),
};

static void every_chunked_body_is_judged_alike_however_it_is_cut(void **state)
{
	struct buf out = BUF_INIT(65536);
	size_t i, step, used, first_used = 0;

	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		for (step = bodies[i].n; step > 0; step--) {
			enum h1_result r = unchunk(&out, bodies[i].p, bodies[i].n, step, &used);

			if (r != bodies[i].r || !slice_eq_str(buf_slice(&out), bodies[i].body))
				fail_msg("case %zu step %zu: result %d, body '%.*s': %s", i, step, (int)r, (int)out.n, out.n ? out.p : "", bodies[i].p);
			if (step == bodies[i].n)
				first_used = used;
			assert_int_equal(used, first_used);
		}
	buf_release(&out);
}

static void bytes_behind_the_last_chunk_are_the_next_request(void **state)
{
	struct buf out = BUF_INIT(100);
	size_t used;

	assert_int_equal(unchunk(&out, "1\r\na\r\n0\r\n\r\nGET / HTTP/1.1\r\n", 27, 27, &used), H1_DONE);
	assert_int_equal(used, 11);
	buf_release(&out);
}

/* ${n} times ${piece} after ${head}. */
static enum h1_result repeated(const char *head, const char *piece, size_t n)
{
	struct buf b = BUF_INIT(1 << 22), out = BUF_INIT(1 << 22);
	enum h1_result r;
	size_t used;

	buf_adds(&b, head);
	while (n-- > 0)
		buf_adds(&b, piece);
	r = unchunk(&out, b.p, b.n, b.n, &used);
	buf_release(&b);
	buf_release(&out);
	return r;
}

static void extensions_and_trailers_have_an_end(void **state)
{
	assert_int_equal(repeated("3;", "x", 1024), H1_MORE);
	assert_int_equal(repeated("3;", "x", 1025), H1_BAD);
	assert_int_equal(repeated("", "1;xxxxxxx\r\na\r\n", 9362), H1_MORE);
	assert_int_equal(repeated("", "1;xxxxxxx\r\na\r\n", 9400), H1_BAD);
	assert_int_equal(repeated("0\r\n", "X: 1\r\n", 1000), H1_MORE);
	assert_int_equal(repeated("0\r\n", "X: 1\r\n", 2000), H1_BAD);
	assert_int_equal(repeated("", "1\r\na\r\n", 200000), H1_MORE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_head_gets_its_status_however_it_is_cut),
		cmocka_unit_test(a_head_is_cut_into_its_parts),
		cmocka_unit_test(an_absolute_target_becomes_a_path),
		cmocka_unit_test(old_clients_keep_alive_only_on_request),
		cmocka_unit_test(limits_hold_to_the_byte_and_for_every_step),
		cmocka_unit_test(nothing_is_read_past_a_fault_or_the_end),
		cmocka_unit_test(every_chunked_body_is_judged_alike_however_it_is_cut),
		cmocka_unit_test(bytes_behind_the_last_chunk_are_the_next_request),
		cmocka_unit_test(extensions_and_trailers_have_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
