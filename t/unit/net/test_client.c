#include "t/unit/net/serve.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/client.h"

static char url_text[200];

static const char *url(struct serve *s, const char *path)
{
	snprintf(url_text, sizeof(url_text), "http://127.0.0.1:%d%s", s->port, path);
	return url_text;
}

static void calls_on_one_client_share_a_connection(void **state)
{
	struct client_call call = CLIENT_CALL_INIT;
	struct client_res res;
	struct err e = ERR_INIT;
	struct http_counts n;
	struct client *c;
	struct serve s;
	int i;

	serve_start(&s, NULL, 1);
	assert_int_equal(client_new(&c, &e), ST_OK);
	for (i = 0; i < 5; i++) {
		call.url = url(&s, "/hello");
		assert_int_equal(client_do(c, &call, &res, &e), ST_OK);
		assert_int_equal(res.status, 200);
		assert_true(slice_eq_str(buf_slice(&res.body), "hello"));
		assert_true(slice_eq_str(client_res_field(&res, "content-TYPE"), "text/plain"));
		assert_null(client_res_field(&res, "x-none").p);
		client_res_release(&res);
	}
	call.url = url(&s, "/none");
	assert_int_equal(client_do(c, &call, &res, &e), ST_OK);
	assert_int_equal(res.status, 404);
	client_res_release(&res);
	call.method = "HEAD";
	call.url = url(&s, "/big/1000");
	assert_int_equal(client_do(c, &call, &res, &e), ST_OK);
	assert_true(slice_eq_str(client_res_field(&res, "Content-Length"), "1000"));
	assert_int_equal(res.body.n, 0);
	client_res_release(&res);
	http_server_counts(s.http, &n);
	assert_int_equal(n.conns, 1);
	assert_int_equal(n.requests, 7);
	client_free(c);
	serve_stop(&s);
}

struct sunk { uint64_t n, sent; bool refuse; };

static st_t sink(void *ctx, const void *p, size_t n, struct err *e)
{
	struct sunk *k = ctx;

	k->n += n;
	return k->refuse ? err_set(e, ST_FULL, "no room") : ST_OK;
}

static void progress(void *ctx, uint64_t sent, uint64_t had)
{
	((struct sunk *)ctx)->sent = sent;
}

static void bodies_go_out_from_memory_and_from_a_file_and_come_in_to_a_sink(void **state)
{
	struct client_call call = CLIENT_CALL_INIT;
	const char *const fields[] = { "X-Test: 1", NULL };
	struct sunk k = { 0 };
	char name[] = "/tmp/azekura-client-XXXXXX";
	char *text = malloc(3000000);
	struct client_res res;
	struct err e = ERR_INIT;
	struct client *c;
	struct serve s;

	memset(text, 'q', 3000000);
	serve_start(&s, NULL, 1);
	assert_int_equal(client_new(&c, &e), ST_OK);
	call.method = "POST";
	call.fields = fields;
	call.url = url(&s, "/echo");
	call.body = SLICE("some text");
	assert_int_equal(client_do(c, &call, &res, &e), ST_OK);
	assert_true(slice_eq_str(buf_slice(&res.body), "some text"));
	client_res_release(&res);

	call.body = SLICE("");
	assert_int_equal(client_do(c, &call, &res, &e), ST_OK);
	assert_int_equal(res.status, 200);
	client_res_release(&res);

	call.method = "PUT";
	call.body_fd = mkstemp(name);
	unlink(name);
	assert_int_equal(write(call.body_fd, text, 3000000), 3000000);
	call.body_off = 1000;
	call.body_len = 2000000;
	call.sink = sink;
	call.progress = progress;
	call.ctx = &k;
	assert_int_equal(client_do(c, &call, &res, &e), ST_OK);
	assert_int_equal(k.n, 2000000);
	assert_int_equal(k.sent, 2000000);
	assert_int_equal(res.body.n, 0);
	client_res_release(&res);

	k.refuse = true;
	assert_int_equal(client_do(c, &call, &res, &e), ST_FULL);
	assert_string_equal(e.text, "no room");
	client_res_release(&res);

	call.body_len = 5000000;	/* more than the file has */
	assert_int_equal(client_do(c, &call, &res, &e), ST_CORRUPT);
	client_res_release(&res);
	close(call.body_fd);
	client_free(c);
	serve_stop(&s);
	free(text);
}

static void failures_of_the_way_are_told_apart(void **state)
{
	struct client_call call = CLIENT_CALL_INIT;
	const char *const evil[] = { "X: a\r\nY: b", NULL };
	struct client_res res;
	struct err e = ERR_INIT;
	struct client *c;
	struct serve s;

	serve_start(&s, NULL, 1);
	assert_int_equal(client_new(&c, &e), ST_OK);
	call.url = url(&s, "/fail/100000");
	assert_int_equal(client_do(c, &call, &res, &e), ST_CLOSED);
	client_res_release(&res);
	call.url = url(&s, "/big/1000");
	call.res_max = 999;
	assert_int_equal(client_do(c, &call, &res, &e), ST_TOOBIG);
	client_res_release(&res);
	call.res_max = 0;
	call.url = url(&s, "/hold");
	call.timeout_ms = 50;
	assert_int_equal(client_do(c, &call, &res, &e), ST_TIMEOUT);
	client_res_release(&res);
	call.timeout_ms = 0;
	call.url = "file:///etc/passwd";
	assert_int_equal(client_do(c, &call, &res, &e), ST_INVALID);
	client_res_release(&res);
	call.url = "http://127.0.0.1:1/";
	assert_int_equal(client_do(c, &call, &res, &e), ST_CLOSED);
	client_res_release(&res);
	call.url = url(&s, "/hello");
	call.fields = evil;
	assert_int_equal(client_do(c, &call, &res, &e), ST_INVALID);
	client_res_release(&res);
	client_free(c);
	serve_stop(&s);
}

static void addresses_inside_are_refused_when_asked(void **state)
{
	static const char *const inside[] = {
		"127.0.0.1", "localhost", "127.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
		"[::1]", "[::]", "[::ffff:127.0.0.1]", "[fe80::1]", "[fd00::1]", "2130706433", "0x7f000001", "[64:ff9b::7f00:1]", "198.18.0.1", "224.0.0.1"
	};
	struct client_call call = CLIENT_CALL_INIT;
	struct client_res res;
	struct err e = ERR_INIT;
	struct client *c;
	struct serve s;
	char text[200];
	size_t i;

	serve_start(&s, NULL, 1);
	assert_int_equal(client_new(&c, &e), ST_OK);
	call.url = url(&s, "/hello");
	assert_int_equal(client_do(c, &call, &res, &e), ST_OK);		/* leaves an open connection that must not be used below */
	client_res_release(&res);
	call.public_only = true;
	call.timeout_ms = 3000;
	for (i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
		snprintf(text, sizeof(text), "http://%s:%d/hello", inside[i], s.port);
		call.url = text;
		if (client_do(c, &call, &res, &e) != ST_DENIED)
			fail_msg("%s: %s", text, e.text);
		client_res_release(&res);
	}
	client_free(c);
	serve_stop(&s);
}

static void a_local_socket_is_reached_by_its_path(void **state)
{
	struct client_call call = CLIENT_CALL_INIT;
	struct client_res res;
	struct err e = ERR_INIT;
	struct client *c;
	struct serve s;

	serve_unix(&s);
	assert_int_equal(client_new(&c, &e), ST_OK);
	call.url = "http://admin/hello";
	call.unix_path = s.path;
	assert_int_equal(client_do(c, &call, &res, &e), ST_OK);
	assert_true(slice_eq_str(buf_slice(&res.body), "hello"));
	client_res_release(&res);
	client_free(c);
	serve_stop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_on_one_client_share_a_connection),
		cmocka_unit_test(bodies_go_out_from_memory_and_from_a_file_and_come_in_to_a_sink),
		cmocka_unit_test(failures_of_the_way_are_told_apart),
		cmocka_unit_test(addresses_inside_are_refused_when_asked),
		cmocka_unit_test(a_local_socket_is_reached_by_its_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
