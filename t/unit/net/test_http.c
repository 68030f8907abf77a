#include "t/unit/net/serve.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define H "Host: t\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\n" H "\r\n"
#define BUFS struct buf head = BUF_INIT(1 << 20), body = BUF_INIT(1 << 27)
#define BUFS_END do { buf_release(&head); buf_release(&body); } while (0)
#define ANSWERS(fd_, status_, text_) do { \
	assert_int_equal(hear(fd_, &head, &body, false), status_); \
	assert_true(slice_eq_str(buf_slice(&body), text_)); } while (0)

static struct http_limits limits(void)
{
	return http_limits_default;
}

static bool all_x(const struct buf *b, size_t n)
{
	size_t i;

	for (i = 0; i < b->n; i++)
		if (b->p[i] != 'x')
			return false;
	return b->n == n;
}

static void a_request_is_answered_and_the_connection_kept(void **state)
{
	struct serve s;
	int fd;
	BUFS;

	serve_start(&s, NULL, 1);
	fd = dial(&s);
	say(fd, GET("/hello"));
	ANSWERS(fd, 200, "hello");
	assert_non_null(strstr(head.p, "Content-Type: text/plain\r\n"));
	assert_non_null(strstr(head.p, "Date: "));
	assert_null(strstr(head.p, "Connection"));
	say(fd, "GET /say?a=b HTTP/1.1\r\nHost: Some.Host:80\r\n\r\n");
	ANSWERS(fd, 200, "a=b|some.host:80|127.0.0.1");
	say(fd, GET("/none"));
	ANSWERS(fd, 404, "nothing");
	close(fd);
	BUFS_END;
	serve_stop(&s);
}

static void every_split_of_a_request_gives_the_same_answer(void **state)
{
	static const char text[] = "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\n" GET("/hello");
	struct serve s;
	size_t i, n = sizeof(text) - 1;
	int fd, one = 1;
	BUFS;

	serve_start(&s, NULL, 1);
	fd = dial(&s);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	for (i = 1; i < n; i++) {
		say_n(fd, text, i);
		say_n(fd, text + i, n - i);
		ANSWERS(fd, 200, "abcde");
		ANSWERS(fd, 200, "hello");
	}
	for (i = 0; i < n; i++)
		say_n(fd, text + i, 1);
	ANSWERS(fd, 200, "abcde");
	ANSWERS(fd, 200, "hello");
	close(fd);
	BUFS_END;
	serve_stop(&s);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
	struct serve s;
	int fd, i;
	BUFS;

	serve_start(&s, NULL, 1);
	fd = dial(&s);
	for (i = 0; i < 200; i++)
		say(fd, GET("/job") "POST /pause HTTP/1.1\r\n" H "Content-Length: 4\r\n\r\nbody" GET("/hello") GET("/worker/5") GET("/file/3"));
	for (i = 0; i < 200; i++) {
		ANSWERS(fd, 200, "from a job");
		ANSWERS(fd, 200, "body");
		ANSWERS(fd, 200, "hello");
		ANSWERS(fd, 200, "xxxxx");
		ANSWERS(fd, 200, "bc");
	}
	close(fd);
	BUFS_END;
	serve_stop(&s);
}

struct sender { int fd; int n; };

static void *send_many(void *arg)
{
	struct sender *t = arg;
	int i;

	for (i = 0; i < t->n; i++)
		say(t->fd, GET("/hello"));
	shutdown(t->fd, SHUT_WR);
	return NULL;
}

static void ten_thousand_pipelined_requests_while_another_client_is_served(void **state)
{
	struct serve s;
	struct sender t = { -1, 10000 };
	pthread_t th;
	int i;
	BUFS;

	serve_start(&s, NULL, 1);
	t.fd = dial(&s);
	pthread_create(&th, NULL, send_many, &t);
	assert_int_equal(ask(&s, GET("/hello"), &body), 200);
	for (i = 0; i < t.n; i++)
		ANSWERS(t.fd, 200, "hello");
	pthread_join(th, NULL);
	assert_true(ended(t.fd));
	BUFS_END;
	serve_stop(&s);
}

static void a_later_request_waits_for_the_reply_before(void **state)
{
	struct serve s;
	struct pollfd p = { .events = POLLIN };
	BUFS;

	serve_start(&s, NULL, 1);
	serve_gate(&s, true);
	p.fd = dial(&s);
	say(p.fd, GET("/job") GET("/hello"));
	serve_until(&s, &s.heads, 1);
	assert_int_equal(ask(&s, GET("/hello"), &body), 200);	/* the loop is free */
	assert_int_equal(serve_peek(&s, &s.heads), 2);		/* the second pipelined one was not looked at */
	assert_int_equal(poll(&p, 1, 0), 0);
	serve_gate(&s, false);
	ANSWERS(p.fd, 200, "from a job");
	ANSWERS(p.fd, 200, "hello");
	close(p.fd);
	BUFS_END;
	serve_stop(&s);
}

static void ambiguous_requests_get_400_and_nothing_behind_them_is_served(void **state)
{
	static const char *const bad[] = {
		"POST /echo HTTP/1.1\r\n" H "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"POST /echo HTTP/1.1\r\n" H "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
		"POST /echo HTTP/1.1\r\n" H "Content-Length: +5\r\n\r\nhello", "POST /echo HTTP/1.1\r\n" H "Content-Length: 0x5\r\n\r\nhello",
		"GET /hello HTTP/1.1\n" H "\n", "GET /hello HTTP/1.1\r\n" H "X: a\r\n b\r\n\r\n", "GET /hello HTTP/1.1\r\n" H "X : a\r\n\r\n",
		"GET /hello HTTP/1.1\r\n\r\n", "GET /hello HTTP/1.1\r\n" H H "\r\n",
		"POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n3\r\nabcX\r\n0\r\n\r\n",
		"POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n+3\r\nabc\r\n0\r\n\r\n",
		"POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 3\r\n\r\n",
		/* also when the body is not wanted */
		"POST /other HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
	};
	struct serve s;
	size_t i;
	int fd;
	BUFS;

	serve_start(&s, NULL, 1);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		fd = dial(&s);
		say(fd, bad[i]);
		say(fd, GET("/hello") GET("/hello"));
		assert_int_equal(hear(fd, &head, &body, false), i == sizeof(bad) / sizeof(bad[0]) - 1 ? 403 : 400);
		assert_non_null(strstr(head.p, "Connection: close\r\n"));
		assert_true(ended(fd));
	}
	BUFS_END;
	serve_stop(&s);
}

static void a_nul_byte_is_refused(void **state)
{
	static const char text[] = "GET /hello HTTP/1.1\r\n" H "X: a\0b\r\n\r\n";
	struct serve s;
	int fd;
	BUFS;

	serve_start(&s, NULL, 1);
	fd = dial(&s);
	say_n(fd, text, sizeof(text) - 1);
	assert_int_equal(hear(fd, &head, &body, false), 400);
	assert_non_null(strstr(head.p, "application/problem+json"));
	assert_true(ended(fd));
	BUFS_END;
	serve_stop(&s);
}

static void too_long_heads_are_refused_and_the_answer_arrives(void **state)
{
	static const struct { const char *piece; int n, status; } cases[] = {
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 20000, 414 },
		{ " HTTP/1.1\r\nHost: t\r\nX: ", 1, 431 }, { " HTTP/1.1\r\nHost: t\r\n", 1, 431 }
	};
	struct serve s;
	int fd, i, k;
	BUFS;

	serve_start(&s, NULL, 1);
	for (i = 0; i < 3; i++) {
		fd = dial(&s);
		say(fd, "GET /");
		for (k = 0; k < cases[i].n; k++)
			say(fd, cases[i].piece);
		for (k = 0; i > 0 && k < 20000; k++)
			say(fd, i == 1 ? "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" : "X-Y: zzzzzzzzzzzzzzzzzz\r\n");
		assert_int_equal(hear(fd, &head, &body, false), cases[i].status);
		close(fd);
	}
	BUFS_END;
	serve_stop(&s);
}

static void head_answers_have_no_body_but_the_length_of_one(void **state)
{
	static const struct { const char *path, *field; } cases[] = {
		{ "/hello", "Content-Length: 5\r\n" }, { "/big/100000", "Content-Length: 100000\r\n" }, { "/file/1000", "Content-Length: 999\r\n" },
		{ "/stream/1000", "Transfer-Encoding: chunked\r\n" }, { "/length/1000", "Content-Length: 1000\r\n" }, { "/worker/1000", "Transfer-Encoding: chunked\r\n" },
	};
	char text[100];
	struct serve s;
	size_t i;
	int fd;
	BUFS;

	serve_start(&s, NULL, 1);
	fd = dial(&s);
	for (i = 0; i < 6; i++) {
		snprintf(text, sizeof(text), "HEAD %s HTTP/1.1\r\n" H "\r\n", cases[i].path);
		say(fd, text);
		assert_int_equal(hear(fd, &head, &body, true), 200);
		assert_non_null(strstr(head.p, cases[i].field));
	}
	say(fd, GET("/status/204") GET("/status/304") GET("/hello"));
	assert_int_equal(hear(fd, &head, &body, false), 204);
	assert_null(strstr(head.p, "Content-Length"));
	assert_int_equal(hear(fd, &head, &body, false), 304);
	ANSWERS(fd, 200, "hello");
	close(fd);
	BUFS_END;
	serve_stop(&s);
}

static void bodies_of_all_kinds_arrive_whole(void **state)
{
	static const char *const kinds[] = { "big", "stream", "length", "worker" };
	static const size_t sizes[] = { 0, 1, 8192, 8193, 9999, 10000, 10001, 262144, 3000000 };
	char text[100];
	struct serve s;
	size_t i, k;
	int fd;
	BUFS;

	serve_start(&s, NULL, 1);
	fd = dial(&s);
	for (i = 0; i < 4; i++)
		for (k = 0; k < 9; k++) {
			if (i > 0 && sizes[k] == 0)
				continue;
			snprintf(text, sizeof(text), "GET /%s/%zu HTTP/1.1\r\n" H "\r\n", kinds[i], sizes[k]);
			say(fd, text);
			assert_int_equal(hear(fd, &head, &body, false), 200);
			assert_true(all_x(&body, sizes[k]));
		}
	close(fd);
	BUFS_END;
	serve_stop(&s);
}

static void files_arrive_whole_whether_in_memory_or_not(void **state)
{
	static const char *const kinds[] = { "file", "cold" };
	static const size_t sizes[] = { 1, 2, 16384, 16385, 16386, 700000, 5000000 };
	char text[100];
	struct serve s;
	size_t i, k, at;
	int fd;
	BUFS;

	serve_start(&s, NULL, 1);
	fd = dial(&s);
	for (i = 0; i < 2; i++)
		for (k = 0; k < 7; k++) {
			snprintf(text, sizeof(text), "GET /%s/%zu HTTP/1.1\r\n" H "\r\n", kinds[i], sizes[k]);
			say(fd, text);
			assert_int_equal(hear(fd, &head, &body, false), 200);
			assert_int_equal(body.n, sizes[k] - 1);
			for (at = 0; at < body.n; at++)
				if (body.p[at] != (char)('a' + (at + 1) % 26))
					fail_msg("wrong byte at %zu", at);
		}
	close(fd);
	BUFS_END;
	serve_stop(&s);
}

static void a_reply_that_fails_half_way_is_seen_to_be_incomplete(void **state)
{
	struct serve s;
	int fd;
	BUFS;

	serve_start(&s, NULL, 1);
	fd = dial(&s);
	say(fd, GET("/fail/100000"));
	assert_int_equal(hear(fd, &head, &body, false), 0);
	close(fd);
	fd = dial(&s);
	say(fd, GET("/short/50000"));
	assert_int_equal(hear(fd, &head, &body, false), 0);
	close(fd);
	serve_until(&s, &s.gones, 2);
	fd = dial(&s);
	say(fd, GET("/broken"));
	assert_int_equal(hear(fd, &head, &body, false), 500);
	close(fd);
	BUFS_END;
	serve_stop(&s);
}

static void old_clients_get_no_chunks(void **state)
{
	struct serve s;
	int fd;
	BUFS;

	serve_start(&s, NULL, 1);
	fd = dial(&s);
	say(fd, "GET /stream/30000 HTTP/1.0\r\n\r\n");
	assert_int_equal(hear(fd, &head, &body, false), 200);
	assert_null(strstr(head.p, "chunked"));
	assert_true(all_x(&body, 30000));
	close(fd);
	fd = dial(&s);
	say(fd, "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /hello HTTP/1.0\r\n\r\n");
	ANSWERS(fd, 200, "hello");
	assert_non_null(strstr(head.p, "Connection: keep-alive\r\n"));
	ANSWERS(fd, 200, "hello");
	assert_true(ended(fd));
	BUFS_END;
	serve_stop(&s);
}

static void a_reply_field_cannot_end_the_line(void **state)
{
	struct serve s;
	int fd;
	BUFS;

	serve_start(&s, NULL, 1);
	fd = dial(&s);
	say(fd, GET("/inject"));
	assert_int_equal(hear(fd, &head, &body, false), 200);
	assert_non_null(strstr(head.p, "X-Good: yes\r\nX-Num: 42\r\nServer"));
	assert_null(strstr(head.p, "Cookie"));
	close(fd);
	BUFS_END;
	serve_stop(&s);
}

static void the_end_of_a_connection_is_agreed(void **state)
{
	struct serve s;
	int fd;
	BUFS;

	serve_start(&s, NULL, 1);
	fd = dial(&s);
	say(fd, "GET /hello HTTP/1.1\r\n" H "Connection: close\r\n\r\n");
	ANSWERS(fd, 200, "hello");
	assert_non_null(strstr(head.p, "Connection: close\r\n"));
	assert_true(ended(fd));
	fd = dial(&s);
	say(fd, GET("/close") GET("/hello"));
	ANSWERS(fd, 200, "bye");
	assert_true(ended(fd));
	BUFS_END;
	serve_stop(&s);
}

/* --- uploads --- */

static void continue_is_said_when_the_body_is_wanted_and_not_otherwise(void **state)
{
	struct serve s;
	int fd;
	BUFS;

	serve_start(&s, NULL, 1);
	fd = dial(&s);
	say(fd, "POST /echo HTTP/1.1\r\n" H "Content-Length: 4\r\nExpect: 100-continue\r\n\r\n");
	assert_int_equal(hear(fd, &head, &body, false), 100);
	say(fd, "body");
	ANSWERS(fd, 200, "body");
	/* Sent without waiting: no need to say it. */
	say(fd, "POST /echo HTTP/1.1\r\n" H "Content-Length: 4\r\nExpect: 100-continue\r\n\r\nbody");
	ANSWERS(fd, 200, "body");
	/* Refused: the final answer at once, without reading, and no confusion about what follows. */
	say(fd, "POST /other HTTP/1.1\r\n" H "Content-Length: 100000000000000\r\nExpect: 100-continue\r\n\r\n");
	ANSWERS(fd, 403, "no");
	assert_true(ended(fd));
	fd = dial(&s);
	say(fd, "POST /small-only HTTP/1.1\r\n" H "Content-Length: 11\r\nExpect: 100-continue\r\n\r\n");
	assert_int_equal(hear(fd, &head, &body, false), 413);
	assert_true(ended(fd));
	BUFS_END;
	serve_stop(&s);
}

static void a_body_past_its_limit_gets_413(void **state)
{
	struct serve s;
	int fd;
	BUFS;

	serve_start(&s, NULL, 1);
	fd = dial(&s);
	say(fd, "POST /small-only HTTP/1.1\r\n" H "Content-Length: 10\r\n\r\n0123456789");
	ANSWERS(fd, 200, "0123456789");
	say(fd, "POST /small-only HTTP/1.1\r\n" H "Content-Length: 11\r\n\r\n01234567890" GET("/hello"));
	assert_int_equal(hear(fd, &head, &body, false), 413);
	assert_true(ended(fd));
	fd = dial(&s);
	say(fd, "POST /small-only HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n");
	say(fd, "6\r\n012345\r\n");
	assert_int_equal(hear(fd, &head, &body, false), 413);
	assert_true(ended(fd));
	BUFS_END;
	serve_stop(&s);
}

static void a_body_that_came_while_paused_waits_in_the_kernel(void **state)
{
	struct serve s;
	struct buf text = BUF_INIT(1 << 26);
	int fd, i;
	BUFS;

	serve_start(&s, NULL, 1);
	for (i = 0; i < 3000000; i++)
		buf_addc(&text, (char)('a' + i % 23));
	fd = dial(&s);
	say(fd, "POST /pause HTTP/1.1\r\n" H "Content-Length: 3000000\r\n\r\n");
	say_n(fd, text.p, text.n);
	assert_int_equal(hear(fd, &head, &body, false), 200);
	assert_true(slice_eq(buf_slice(&body), buf_slice(&text)));
	/* The end waits for the resume too. */
	serve_gate(&s, true);
	i = serve_peek(&s, &s.paused);
	say(fd, "POST /pause HTTP/1.1\r\n" H "Content-Length: 4\r\n\r\nlast");
	serve_until(&s, &s.paused, i + 1);
	assert_int_equal(ask(&s, GET("/hello"), &body), 200);
	assert_int_equal(serve_peek(&s, &s.ends), 1);
	serve_gate(&s, false);
	ANSWERS(fd, 200, "last");
	close(fd);
	buf_release(&text);
	BUFS_END;
	serve_stop(&s);
}

static void an_unwanted_body_is_dropped_and_the_connection_kept_if_it_is_small(void **state)
{
	struct serve s;
	struct buf text = BUF_INIT(1 << 26);
	int fd, i;
	BUFS;

	serve_start(&s, NULL, 1);
	for (i = 0; i < 1000000; i++)
		buf_addc(&text, 'b');
	fd = dial(&s);
	say(fd, "POST /other HTTP/1.1\r\n" H "Content-Length: 1000000\r\n\r\n");
	say_n(fd, text.p, text.n);
	ANSWERS(fd, 403, "no");
	say(fd, "GET /hello HTTP/1.1\r\n" H "Content-Length: 6\r\n\r\nignore" GET("/hello"));
	ANSWERS(fd, 200, "hello");
	ANSWERS(fd, 200, "hello");
	say(fd, "POST /refuse-late HTTP/1.1\r\n" H "Content-Length: 1000000\r\n\r\n");
	say_n(fd, text.p, text.n);
	ANSWERS(fd, 409, "stop");
	say(fd, GET("/hello"));
	ANSWERS(fd, 200, "hello");
	/* A large one: the answer arrives although the client is still sending, then the connection ends. */
	say(fd, "POST /other HTTP/1.1\r\n" H "Content-Length: 100000000\r\n\r\n");
	for (i = 0; i < 20; i++)
		say_n(fd, text.p, text.n);
	ANSWERS(fd, 403, "no");
	assert_non_null(strstr(head.p, "Connection: close\r\n"));
	say_n(fd, text.p, text.n);
	shutdown(fd, SHUT_WR);
	assert_true(ended(fd));
	buf_release(&text);
	BUFS_END;
	serve_stop(&s);
}

static void an_answer_is_not_destroyed_by_what_the_client_still_sent(void **state)
{
	static char text[100000];
	struct serve s;
	int fd;
	BUFS;

	serve_start(&s, NULL, 1);
	fd = dial(&s);
	say(fd, "POST /other HTTP/1.1\r\n" H "Content-Length: 100000000\r\n\r\n");
	say_n(fd, text, sizeof(text));
	ANSWERS(fd, 403, "no");
	assert_true(ended(fd));		/* by an end, not by a reset */
	BUFS_END;
	serve_stop(&s);
}

static void a_body_of_one_byte_chunks_is_handed_over_in_large_pieces(void **state)
{
	struct serve s;
	int fd, i, n = 20000;
	struct buf text = BUF_INIT(1 << 20);
	BUFS;

	serve_start(&s, NULL, 1);
	buf_adds(&text, "POST /pause HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n");
	for (i = 0; i < n; i++)
		buf_addf(&text, "1\r\n%c\r\n", 'x');
	buf_adds(&text, "0\r\n\r\n");
	fd = dial(&s);
	say_n(fd, text.p, text.n);
	assert_int_equal(hear(fd, &head, &body, false), 200);
	assert_true(all_x(&body, (size_t)n));
	assert_true(serve_peek(&s, &s.paused) < n / 10);
	close(fd);
	buf_release(&text);
	BUFS_END;
	serve_stop(&s);
}

/* --- clients that go away --- */

static void reset(int fd)
{
	struct linger l = { 1, 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	close(fd);
}

static void a_client_may_vanish_in_any_state(void **state)
{
	static const char *const states[] = {
		"", "G", "GET /hello HTTP/1.1\r\n", GET("/hello"), GET("/job"), GET("/hold"), GET("/wake"), GET("/stream/100000000"), GET("/worker/100000000"),
		GET("/length/100000000"), GET("/file/9000000"), GET("/cold/9000000"), GET("/big/9000000"),
		"POST /echo HTTP/1.1\r\n" H "Content-Length: 100\r\n\r\n", "POST /echo HTTP/1.1\r\n" H "Content-Length: 100\r\n\r\nabc",
		"POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n5\r\nab", "POST /pause HTTP/1.1\r\n" H "Content-Length: 100\r\n\r\nabc",
		"POST /pause HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nabc", "POST /other HTTP/1.1\r\n" H "Content-Length: 100000000\r\n\r\nabc", "bad\n",
	};
	const int n = sizeof(states) / sizeof(states[0]);
	struct serve s;
	int i, fd;
	BUFS;

	serve_start(&s, NULL, 2);
	for (i = 0; i < 2 * n; i++) {
		bool has_head = strstr(states[i / 2], "\r\n\r\n") != NULL;
		int heads = serve_peek(&s, &s.heads);

		serve_gate(&s, true);
		fd = dial(&s);
		say(fd, states[i / 2]);
		if (has_head)
			serve_until(&s, &s.heads, heads + 1);
		if (i % 2)
			reset(fd);
		else
			close(fd);
		if (strstr(states[i / 2], "/hold") != NULL && i % 2 == 0)
			continue;	/* half-closed, for all we know: it waits for its answer */
		serve_gate(&s, false);
		if (strstr(states[i / 2], "/wake") != NULL) {
			/* The second send after the client is gone meets the reset. */
			while (serve_peek(&s, &s.overs) < heads) {
				serve_wake(&s);
				sched_yield();
			}
		}
		if (has_head && strstr(states[i / 2], "/hold") == NULL)
			serve_until(&s, &s.overs, heads + 1 - (i > 11));
	}
	assert_int_equal(ask(&s, GET("/hello"), &body), 200);
	BUFS_END;
	serve_stop(&s);
}

static void a_reset_ends_a_request_that_waits(void **state)
{
	struct serve s;
	int fd;

	serve_start(&s, NULL, 1);
	fd = dial(&s);
	say(fd, GET("/hold"));
	serve_until(&s, &s.heads, 1);
	reset(fd);
	serve_until(&s, &s.gones, 1);
	assert_int_equal(serve_peek(&s, &s.overs), 1);
	serve_stop(&s);
}

static void a_half_closed_client_gets_its_answer(void **state)
{
	struct serve s;
	int fd;
	BUFS;

	serve_start(&s, NULL, 1);
	serve_gate(&s, true);
	fd = dial(&s);
	say(fd, GET("/hello") GET("/job"));
	shutdown(fd, SHUT_WR);
	serve_until(&s, &s.heads, 2);
	serve_gate(&s, false);
	ANSWERS(fd, 200, "hello");
	ANSWERS(fd, 200, "from a job");
	assert_true(ended(fd));
	assert_int_equal(serve_peek(&s, &s.gones), 0);
	BUFS_END;
	serve_stop(&s);
}

static void requests_in_progress_end_when_the_server_is_freed(void **state)
{
	struct serve s;
	int fd[6], i;

	serve_start(&s, NULL, 2);
	for (i = 0; i < 6; i++)
		fd[i] = dial(&s);
	say(fd[0], GET("/hold"));
	say(fd[1], GET("/wake"));
	say(fd[2], GET("/worker/100000000"));
	say(fd[3], GET("/stream/100000000"));
	say(fd[4], GET("/cold/30000000"));
	say(fd[5], "POST /pause HTTP/1.1\r\n" H "Content-Length: 9\r\n\r\nabc");
	serve_until(&s, &s.heads, 6);
	serve_wake(&s);
	serve_stop(&s);
	for (i = 0; i < 6; i++)
		close(fd[i]);
}

/* --- memory and time --- */

static long resident_kb(void)
{
	char text[4096], *at;
	int fd = open("/proc/self/status", O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[n > 0 ? n : 0] = '\0';
	at = strstr(text, "RssAnon:");
	return at != NULL ? strtol(at + 8, NULL, 10) : 0;
}

static void slow_readers_cost_no_memory(void **state)
{
	struct serve s;
	int fd[40], i, small = 4096, pulls;
	long before, after;

	serve_start(&s, NULL, 1);
	before = resident_kb();
	for (i = 0; i < 40; i++) {
		fd[i] = dial(&s);
		setsockopt(fd[i], SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
		say(fd[i], i % 2 ? GET("/stream/1000000000") : GET("/worker/1000000000"));
	}
	serve_until(&s, &s.heads, 40);
	/* Until nothing is pulled any more: everybody is blocked. */
	do {
		struct pollfd none = { .fd = -1 };

		pulls = serve_peek(&s, &s.pulls);
		poll(&none, 0, 100);
	} while (serve_peek(&s, &s.pulls) != pulls);
	after = resident_kb();
	assert_true(pulls * 10000LL < 40 * 8000000LL);		/* kernel buffers, no more */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	assert_true(after - before < 40 * 300);
#else
	(void)after, (void)before;
#endif
	for (i = 0; i < 40; i++)
		close(fd[i]);
	serve_until(&s, &s.overs, 40);
	serve_stop(&s);
}

static void slow_heads_and_bodies_are_cut(void **state)
{
	struct http_limits lim = limits();
	struct serve s;
	int fd;
	BUFS;

	lim.head_ms = lim.body_stall_ms = lim.write_stall_ms = lim.idle_ms = 60;
	serve_start(&s, &lim, 1);
	fd = dial(&s);
	say(fd, "GET /hello HTTP/1.1\r\nHost");
	assert_int_equal(hear(fd, &head, &body, false), 408);
	assert_true(ended(fd));
	fd = dial(&s);
	say(fd, "POST /echo HTTP/1.1\r\n" H "Content-Length: 100\r\n\r\nabc");
	assert_int_equal(hear(fd, &head, &body, false), 408);
	assert_true(ended(fd));
	fd = dial(&s);
	say(fd, "POST /echo HTTP/1.1\r\n" H "Content-Length: 100\r\nExpect: 100-continue\r\n\r\n");
	assert_int_equal(hear(fd, &head, &body, false), 100);
	assert_int_equal(hear(fd, &head, &body, false), 408);
	close(fd);
	fd = dial(&s);		/* idle: closed without a word */
	assert_true(ended(fd));
	fd = dial(&s);
	say(fd, GET("/hello"));
	ANSWERS(fd, 200, "hello");
	assert_true(ended(fd));
	fd = dial(&s);		/* does not read */
	say(fd, GET("/stream/1000000000"));
	serve_until(&s, &s.gones, 1);
	close(fd);
	BUFS_END;
	serve_stop(&s);
}

static void a_body_that_trickles_is_as_bad_as_one_that_stops(void **state)
{
	struct http_limits lim = limits();
	struct pollfd p = { .events = POLLIN };
	struct serve s;
	int i;
	BUFS;

	lim.body_stall_ms = 200;
	serve_start(&s, &lim, 1);
	p.fd = dial(&s);
	say(p.fd, "POST /echo HTTP/1.1\r\n" H "Content-Length: 1000000\r\n\r\n");
	for (i = 0; i < 1000 && poll(&p, 1, 10) == 0; i++)
		say(p.fd, "x");		/* 100 bytes a second */
	assert_true(i < 500);
	assert_int_equal(hear(p.fd, &head, &body, false), 408);
	close(p.fd);
	BUFS_END;
	serve_stop(&s);
}

static void time_to_think_is_not_counted_against_the_client(void **state)
{
	struct http_limits lim = limits();
	struct pollfd none = { .fd = -1 };
	struct serve s;
	int fd[2];
	BUFS;

	lim.head_ms = lim.body_stall_ms = lim.write_stall_ms = lim.idle_ms = 40;
	serve_start(&s, &lim, 1);
	serve_gate(&s, true);
	fd[0] = dial(&s);
	say(fd[0], GET("/job"));
	fd[1] = dial(&s);
	say(fd[1], "POST /pause HTTP/1.1\r\n" H "Content-Length: 6\r\n\r\nabcdef");
	serve_until(&s, &s.heads, 2);
	poll(&none, 0, 150);		/* several limits long */
	serve_gate(&s, false);
	ANSWERS(fd[0], 200, "from a job");
	ANSWERS(fd[1], 200, "abcdef");
	close(fd[0]);
	close(fd[1]);
	BUFS_END;
	serve_stop(&s);
}

static void connections_have_a_limit_and_are_told(void **state)
{
	struct http_limits lim = limits();
	struct serve s;
	int fd[5], i, extra;
	BUFS;

	lim.conns_max = 4;
	serve_start(&s, &lim, 1);
	for (i = 0; i < 4; i++) {
		fd[i] = dial(&s);
		say(fd[i], GET("/hello"));
		ANSWERS(fd[i], 200, "hello");
	}
	extra = dial(&s);
	say(extra, GET("/hello"));
	assert_int_equal(hear(extra, &head, &body, false), 503);
	assert_non_null(strstr(head.p, "Retry-After: "));
	assert_true(ended(extra));
	for (i = 0; i < 4; i++) {
		say(fd[i], GET("/hello"));
		ANSWERS(fd[i], 200, "hello");
		close(fd[i]);
	}
	while (serve_conns(&s) > 0)
		sched_yield();
	assert_int_equal(ask(&s, GET("/hello"), &body), 200);
	assert_int_equal(serve_peek(&s, &s.heads), 9);
	BUFS_END;
	serve_stop(&s);
}

static void one_address_cannot_take_all_connections(void **state)
{
	struct http_limits lim = limits();
	struct serve s;
	int fd[2], extra;
	BUFS;

	lim.conns_per_peer = 2;
	serve_start(&s, &lim, 2);
	fd[0] = dial(&s);
	fd[1] = dial(&s);
	while (serve_conns(&s) < 2)
		sched_yield();
	extra = dial(&s);
	say(extra, GET("/hello"));
	assert_int_equal(hear(extra, &head, &body, false), 503);
	close(extra);
	close(fd[0]);
	while (serve_conns(&s) > 1)
		sched_yield();
	assert_int_equal(ask(&s, GET("/hello"), &body), 200);
	close(fd[1]);
	BUFS_END;
	serve_stop(&s);
}

/* --- waking, draining, listening --- */

static void a_body_that_waits_is_pulled_again_when_woken(void **state)
{
	struct serve s;
	int fd, i;
	BUFS;

	serve_start(&s, NULL, 1);
	fd = dial(&s);
	for (i = 0; i < 6; i++) {
		if (i % 3 == 0)
			say(fd, i == 0 ? GET("/wake") : GET("/wake-worker"));
		serve_until(&s, &s.pulls, 2 * i + 1);
		serve_wake(&s);
		serve_wake(&s);		/* once too often does no harm */
		if (i % 3 != 2)
			continue;
		assert_int_equal(hear(fd, &head, &body, false), 200);
		assert_true(all_x(&body, 30000));
	}
	say(fd, GET("/selfwake") GET("/selfwake-worker"));
	for (i = 0; i < 2; i++) {
		assert_int_equal(hear(fd, &head, &body, false), 200);
		assert_true(all_x(&body, 30000));
	}
	close(fd);
	BUFS_END;
	serve_stop(&s);
}

static void on_drained(void *arg)
{
	struct serve *s = arg;

	pthread_mutex_lock(&s->lock);
	s->drained++;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static void draining_lets_running_requests_finish(void **state)
{
	struct serve s;
	int fd[3];
	BUFS;

	serve_start(&s, NULL, 2);
	serve_gate(&s, true);
	fd[0] = dial(&s);
	say(fd[0], GET("/job"));
	fd[1] = dial(&s);
	say(fd[1], "POST /echo HTTP/1.1\r\n" H "Content-Length: 4\r\n\r\nbo");
	fd[2] = dial(&s);
	say(fd[2], GET("/hello"));
	ANSWERS(fd[2], 200, "hello");
	serve_until(&s, &s.heads, 3);
	http_server_drain(s.http, 60000, on_drained, &s);
	http_server_drain(s.http, 1, NULL, NULL);	/* a second call changes nothing */
	assert_true(ended(fd[2]));		/* idle: closed at once */
	assert_int_equal(serve_peek(&s, &s.drained), 0);
	serve_gate(&s, false);
	ANSWERS(fd[0], 200, "from a job");
	assert_non_null(strstr(head.p, "Connection: close\r\n"));
	assert_true(ended(fd[0]));
	say(fd[1], "dy");
	ANSWERS(fd[1], 200, "body");
	assert_true(ended(fd[1]));
	serve_until(&s, &s.drained, 1);
	assert_int_equal(serve_peek(&s, &s.gones), 0);
	BUFS_END;
	serve_stop(&s);
}

static void draining_ends_at_its_limit(void **state)
{
	struct serve s;
	int fd[2];

	serve_start(&s, NULL, 1);
	fd[0] = dial(&s);
	say(fd[0], GET("/hold"));
	fd[1] = dial(&s);
	say(fd[1], GET("/worker/1000000000"));
	serve_until(&s, &s.heads, 2);
	http_server_drain(s.http, 50, on_drained, &s);
	serve_until(&s, &s.drained, 1);
	assert_int_equal(serve_peek(&s, &s.gones), 2);
	close(fd[0]);
	close(fd[1]);
	serve_stop(&s);
}

static void a_port_in_use_is_not_shared_with_another_server(void **state)
{
	struct http_handler h = { 0 };
	struct http_server *other = NULL;
	struct err e = ERR_INIT;
	struct loop *l[2];
	char addr[64];
	struct serve s;
	int i;

	serve_start(&s, NULL, 2);
	for (i = 0; i < 2; i++)
		assert_int_equal(loop_new(&l[i], &e), ST_OK);
	snprintf(addr, sizeof(addr), "127.0.0.1:%d", s.port);
	assert_int_equal(http_server_new(&other, l, 2, s.pool, addr, &h, NULL, NULL, &e), ST_IO);
	assert_non_null(strstr(e.text, addr));
	assert_null(other);
	assert_int_equal(http_server_new(&other, l, 2, s.pool, "localhost", &h, NULL, NULL, &e), ST_INVALID);
	assert_int_equal(http_server_new(&other, l, 2, s.pool, "1.2.3:80", &h, NULL, NULL, &e), ST_INVALID);
	assert_int_equal(http_server_new(&other, l, 2, s.pool, "[::1]:99999", &h, NULL, NULL, &e), ST_INVALID);
	for (i = 0; i < 2; i++)
		loop_free(l[i]);
	serve_stop(&s);
}

static void a_local_socket_names_the_user(void **state)
{
	struct serve s;
	char want[64];
	BUFS;

	serve_unix(&s);
	snprintf(want, sizeof(want), "|t|uid:%u", (unsigned)getuid());
	assert_int_equal(ask(&s, GET("/say"), &body), 200);
	assert_true(slice_eq_str(buf_slice(&body), want));
	assert_int_equal(ask(&s, GET("/file/100000"), &body), 200);
	assert_int_equal(body.n, 99999);
	BUFS_END;
	serve_stop(&s);
}

struct load { struct serve *s; int n; };

static void *load_thread(void *arg)
{
	static const char *const what[] = {
		GET("/hello"), GET("/job"), GET("/stream/50000"), GET("/worker/50000"), GET("/big/50000"),
		"POST /echo HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello", "POST /pause HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello"
	};
	struct load *l = arg;
	int i, fd = dial(l->s);
	BUFS;

	for (i = 0; i < l->n; i++) {
		say(fd, what[i % 7]);
		if (hear(fd, &head, &body, false) != 200)
			fail_msg("request %d failed", i);
	}
	close(fd);
	BUFS_END;
	return NULL;
}

static void many_clients_on_several_loops_at_once(void **state)
{
	struct load l;
	pthread_t th[16];
	struct serve s;
	int i;

	serve_start(&s, NULL, 2);
	l = (struct load){ &s, 140 };
	for (i = 0; i < 16; i++)
		pthread_create(&th[i], NULL, load_thread, &l);
	for (i = 0; i < 16; i++)
		pthread_join(th[i], NULL);
	assert_int_equal(serve_peek(&s, &s.heads), 16 * 140);
	assert_int_equal(serve_peek(&s, &s.gones), 0);
	serve_stop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_answered_and_the_connection_kept),
		cmocka_unit_test(every_split_of_a_request_gives_the_same_answer),
		cmocka_unit_test(pipelined_requests_are_answered_in_order),
		cmocka_unit_test(ten_thousand_pipelined_requests_while_another_client_is_served),
		cmocka_unit_test(a_later_request_waits_for_the_reply_before),
		cmocka_unit_test(ambiguous_requests_get_400_and_nothing_behind_them_is_served),
		cmocka_unit_test(a_nul_byte_is_refused),
		cmocka_unit_test(too_long_heads_are_refused_and_the_answer_arrives),
		cmocka_unit_test(head_answers_have_no_body_but_the_length_of_one),
		cmocka_unit_test(bodies_of_all_kinds_arrive_whole),
		cmocka_unit_test(files_arrive_whole_whether_in_memory_or_not),
		cmocka_unit_test(a_reply_that_fails_half_way_is_seen_to_be_incomplete),
		cmocka_unit_test(old_clients_get_no_chunks),
		cmocka_unit_test(a_reply_field_cannot_end_the_line),
		cmocka_unit_test(the_end_of_a_connection_is_agreed),
		cmocka_unit_test(continue_is_said_when_the_body_is_wanted_and_not_otherwise),
		cmocka_unit_test(a_body_past_its_limit_gets_413),
		cmocka_unit_test(a_body_that_came_while_paused_waits_in_the_kernel),
		cmocka_unit_test(an_unwanted_body_is_dropped_and_the_connection_kept_if_it_is_small),
		cmocka_unit_test(an_answer_is_not_destroyed_by_what_the_client_still_sent),
		cmocka_unit_test(a_body_of_one_byte_chunks_is_handed_over_in_large_pieces),
		cmocka_unit_test(a_client_may_vanish_in_any_state),
		cmocka_unit_test(a_reset_ends_a_request_that_waits),
		cmocka_unit_test(a_half_closed_client_gets_its_answer),
		cmocka_unit_test(requests_in_progress_end_when_the_server_is_freed),
		cmocka_unit_test(slow_readers_cost_no_memory),
		cmocka_unit_test(slow_heads_and_bodies_are_cut),
		cmocka_unit_test(a_body_that_trickles_is_as_bad_as_one_that_stops),
		cmocka_unit_test(time_to_think_is_not_counted_against_the_client),
		cmocka_unit_test(connections_have_a_limit_and_are_told),
		cmocka_unit_test(one_address_cannot_take_all_connections),
		cmocka_unit_test(a_body_that_waits_is_pulled_again_when_woken),
		cmocka_unit_test(draining_lets_running_requests_finish),
		cmocka_unit_test(draining_ends_at_its_limit),
		cmocka_unit_test(a_port_in_use_is_not_shared_with_another_server),
		cmocka_unit_test(a_local_socket_names_the_user),
		cmocka_unit_test(many_clients_on_several_loops_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
