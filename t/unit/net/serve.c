#include "t/unit/net/serve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"

#define PATIENCE_S 60

/* --- The handler: one path a behaviour --- */

/* A body of ${left} bytes 'x', in pieces; AGAIN before every piece when it is woken by hand. */
struct xs { struct body b; struct serve *s; uint64_t left, piece, fail_at; bool by_hand, ready; struct http_req *self; };
struct note { struct job job; struct serve *s; struct http_req *r; bool dead; };
struct state { struct serve *s; struct note *note; struct buf in; };

static void tell(struct serve *s, int *n)
{
	pthread_mutex_lock(&s->lock);
	++*n;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static st_t xs_pull(struct body *b, struct buf *chunk, struct err *e)
{
	struct xs *x = (struct xs *)b;
	size_t n = (size_t)(x->left < x->piece ? x->left : x->piece), i;

	if (x->by_hand && !x->ready) {
		tell(x->s, &x->s->pulls);
		x->ready = true;
		if (x->self != NULL)
			http_wake(x->self);	/* the wake-up overtakes the answer that there is nothing */
		return ST_AGAIN;
	}
	x->ready = false;
	tell(x->s, &x->s->pulls);
	if (x->left <= x->fail_at)
		return err_set(e, ST_IO, "meant to fail");
	for (i = 0; i < n; i++)
		buf_addc(chunk, 'x');
	x->left -= n;
	return x->left == 0 ? ST_EOF : ST_OK;
}

static void xs_stop(struct body *b)
{
	struct xs *x = (struct xs *)b;

	tell(x->s, &x->s->stops);
	free(x);
}

static void send_xs(struct serve *s, struct http_req *r, uint64_t n, int64_t len, bool blocking, bool by_hand, uint64_t fail_at)
{
	struct xs *x = calloc(1, sizeof(*x));

	*x = (struct xs){ { xs_pull, xs_stop, blocking }, s, n, 10000, fail_at, by_hand, false, NULL };
	if (slice_starts(r->path, "/selfwake"))
		x->self = r;
	tell(s, &s->bodies);
	http_start(r, 200);
	http_send_body(r, &x->b, len);
}

static void reply(struct http_req *r, int status, const char *text)
{
	http_start(r, status);
	http_add(r, "Content-Type", SLICE("text/plain"));
	http_send(r, slice_str(text));
}

static void at_gate(struct job *j)
{
	struct serve *s = ((struct note *)j)->s;

	pthread_mutex_lock(&s->lock);
	while (s->gate)
		pthread_cond_wait(&s->changed, &s->lock);
	pthread_mutex_unlock(&s->lock);
}

static struct note *note_new(struct serve *s, struct http_req *r, void (*done)(struct job *))
{
	struct note *n = calloc(1, sizeof(*n));

	*n = (struct note){ { .work = at_gate, .done = done, .loop = r->loop }, s, r, false };
	((struct state *)r->user)->note = n;
	assert_int_equal(pool_submit(s->pool, &n->job), ST_OK);
	return n;
}

static void note_end(struct note *n)
{
	if (!n->dead)
		((struct state *)n->r->user)->note = NULL;
	free(n);
}

static void job_done(struct job *j)
{
	struct note *n = (struct note *)j;

	if (!n->dead)
		reply(n->r, 200, "from a job");
	note_end(n);
}

static void resume(struct job *j)
{
	struct note *n = (struct note *)j;

	if (!n->dead)
		http_body_resume(n->r);
	note_end(n);
}

static st_t body_echo(struct http_req *r, const void *p, size_t n)
{
	struct state *st = r->user;

	pthread_mutex_lock(&st->s->lock);
	st->s->body_bytes += n;
	pthread_mutex_unlock(&st->s->lock);
	return buf_add(&st->in, p, n);
}

static st_t body_pause(struct http_req *r, const void *p, size_t n)
{
	struct state *st = r->user;

	assert_null(st->note);	/* nothing may come while paused */
	if (body_echo(r, p, n) != ST_OK)
		return ST_TOOBIG;
	note_new(st->s, r, resume);
	tell(st->s, &st->s->paused);
	return ST_AGAIN;
}

static st_t body_refuse(struct http_req *r, const void *p, size_t n)
{
	(void)p, (void)n;
	reply(r, 409, "stop");
	return ST_CONFLICT;
}

static void end_echo(struct http_req *r)
{
	struct state *st = r->user;

	assert_null(st->note);
	tell(st->s, &st->s->ends);
	http_start(r, 200);
	http_send_buf(r, &st->in);
}

static uint64_t number(struct http_req *r, const char *prefix)
{
	uint64_t v = 0;

	slice_u64(slice_of(r->path.p + strlen(prefix), r->path.n - strlen(prefix)), INT64_MAX, &v);
	return v;
}

static void send_file(struct serve *s, struct http_req *r, uint64_t n, bool cold)
{
	char name[128];
	struct buf b = BUF_INIT(1 << 26);
	int fd;
	size_t i;

	snprintf(name, sizeof(name), "%s/f", s->folder);
	fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	for (i = 0; i < n; i++)
		buf_addc(&b, (char)('a' + i % 26));
	assert_int_equal(write(fd, b.p, b.n), b.n);
	if (cold) {
		fsync(fd);
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	}
	buf_release(&b);
	http_start(r, 200);
	/* The promise of /short is longer than the file. */
	if (slice_starts(r->path, "/short/"))
		http_send_fd(r, fd, 0, n + 1000000);
	else
		http_send_fd(r, fd, 1, n - 1);
}

static void upload(struct serve *s, struct http_req *r)
{
	r->on_end = end_echo;
	if (slice_eq_str(r->path, "/echo") || s->open)
		r->on_body = body_echo;
	else if (slice_eq_str(r->path, "/pause"))
		r->on_body = body_pause;
	else if (slice_eq_str(r->path, "/refuse-late"))
		r->on_body = body_refuse;
	else if (slice_eq_str(r->path, "/small-only"))
		r->on_body = body_echo, r->body_max = 10;
	else
		reply(r, 403, "no");
}

static void hold(struct serve *s, struct http_req *r)
{
	pthread_mutex_lock(&s->lock);
	s->held = r;
	pthread_mutex_unlock(&s->lock);
}

static void on_head(void *ctx, struct http_req *r)
{
	struct serve *s = ctx;
	struct state *st = calloc(1, sizeof(*st));
	struct buf b = BUF_INIT(1 << 26);
	uint64_t n;

	assert_true(loop_is_mine(r->loop));
	st->s = s;
	buf_init(&st->in, 1 << 26);
	r->user = st;
	if (slice_eq_str(r->path, "/hold") || slice_starts(r->path, "/wake"))
		hold(s, r);
	if (r->method == HTTP_OTHER) {
		reply(r, 501, "no such method");
	} else if (r->method == HTTP_POST || r->method == HTTP_PUT) {
		upload(s, r);
	} else if (slice_eq_str(r->path, "/hello")) {
		reply(r, 200, "hello");
	} else if (slice_eq_str(r->path, "/say")) {
		char *text = arena_printf(r->arena, "%.*s|%.*s|%s", (int)r->query.n, r->query.n ? r->query.p : "", (int)r->host.n, r->host.p, r->peer);

		reply(r, 200, text);
	} else if (slice_eq_str(r->path, "/job")) {
		note_new(s, r, job_done);
	} else if (slice_eq_str(r->path, "/close")) {
		http_close_after(r);
		reply(r, 200, "bye");
	} else if (slice_eq_str(r->path, "/inject")) {
		http_start(r, 200);
		http_add(r, "X-Good", SLICE("yes"));
		http_add(r, "X-Bad", SLICE("a\r\nSet-Cookie: b"));
		http_add(r, "X-Bad\r\nX", SLICE("a"));
		http_addf(r, "X-Nul", "%c", 0);
		http_addf(r, "X-Num", "%d", 42);
		http_send(r, SLICE(""));
	} else if (slice_starts(r->path, "/status/")) {
		reply(r, (int)number(r, "/status/"), "body");
	} else if (slice_starts(r->path, "/big/")) {
		for (n = number(r, "/big/"); n > 0; n--)
			buf_addc(&b, 'x');
		http_start(r, 200);
		http_send_buf(r, &b);
	} else if (slice_eq_str(r->path, "/broken")) {
		struct buf small = BUF_INIT(1);

		buf_adds(&small, "too much");
		http_start(r, 200);
		http_send_buf(r, &small);
	} else if (slice_starts(r->path, "/stream/")) {
		send_xs(s, r, number(r, "/stream/"), -1, false, false, 0);
	} else if (slice_starts(r->path, "/length/")) {
		send_xs(s, r, number(r, "/length/"), (int64_t)number(r, "/length/"), false, false, 0);
	} else if (slice_starts(r->path, "/worker/")) {
		send_xs(s, r, number(r, "/worker/"), -1, true, false, 0);
	} else if (slice_starts(r->path, "/fail/")) {
		send_xs(s, r, number(r, "/fail/"), -1, false, false, number(r, "/fail/") / 2);
	} else if (slice_eq_str(r->path, "/wake")) {
		send_xs(s, r, 30000, -1, false, true, 0);
	} else if (slice_eq_str(r->path, "/wake-worker")) {
		send_xs(s, r, 30000, -1, true, true, 0);
	} else if (slice_eq_str(r->path, "/selfwake")) {
		send_xs(s, r, 30000, -1, false, true, 0);
	} else if (slice_eq_str(r->path, "/selfwake-worker")) {
		send_xs(s, r, 30000, -1, true, true, 0);
	} else if (slice_starts(r->path, "/file/") || slice_starts(r->path, "/short/")) {
		send_file(s, r, number(r, slice_starts(r->path, "/file/") ? "/file/" : "/short/"), false);
	} else if (slice_starts(r->path, "/cold/")) {
		send_file(s, r, number(r, "/cold/"), true);
	} else if (!slice_eq_str(r->path, "/hold")) {
		reply(r, s->open ? 200 : 404, "nothing");
	}
	tell(s, &s->heads);
}

static void on_over(void *ctx, struct http_req *r, bool gone)
{
	struct serve *s = ctx;
	struct state *st = r->user;

	if (st->note != NULL)
		st->note->dead = true;
	buf_release(&st->in);
	free(st);
	pthread_mutex_lock(&s->lock);
	if (s->held == r)
		s->held = NULL;
	s->overs++;
	s->gones += gone;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

/* --- The server --- */

static void *loop_thread(void *l)
{
	loop_run(l);
	return NULL;
}

static void serve_begin(struct serve *s, const struct http_limits *lim, unsigned loops, const char *addr)
{
	struct http_handler h = { s, on_head, on_over };
	struct err e = ERR_INIT;
	unsigned i;

	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	s->pool = pool_new(3, 64, NULL);
	s->n_loops = loops;
	for (i = 0; i < loops; i++)
		assert_int_equal(loop_new(&s->loops[i], &e), ST_OK);
	if (http_server_new(&s->http, s->loops, loops, s->pool, addr, &h, lim, &s->port, &e) != ST_OK)
		fail_msg("%s", e.text);
	for (i = 0; i < loops; i++)
		pthread_create(&s->threads[i], NULL, loop_thread, s->loops[i]);
}

static void folder_make(struct serve *s)
{
	memset(s, 0, sizeof(*s));
	snprintf(s->folder, sizeof(s->folder), "/tmp/azekura-net-XXXXXX");
	assert_non_null(mkdtemp(s->folder));
}

void serve_start(struct serve *s, const struct http_limits *lim, unsigned loops)
{
	folder_make(s);
	serve_begin(s, lim, loops, "127.0.0.1:0");
	assert_true(s->port > 0);
}

void serve_unix(struct serve *s)
{
	char addr[96];

	folder_make(s);
	snprintf(s->path, sizeof(s->path), "%.50s/sock", s->folder);
	snprintf(addr, sizeof(addr), "unix:%s", s->path);
	serve_begin(s, NULL, 1, addr);
}

void serve_stop(struct serve *s)
{
	char name[128];
	unsigned i;

	serve_gate(s, false);
	for (i = 0; i < s->n_loops; i++)
		loop_stop(s->loops[i]);
	for (i = 0; i < s->n_loops; i++)
		pthread_join(s->threads[i], NULL);
	http_server_free(s->http);
	pool_free(s->pool);
	for (i = 0; i < s->n_loops; i++)
		loop_free(s->loops[i]);
	snprintf(name, sizeof(name), "%s/f", s->folder);
	unlink(name);
	assert_int_equal(rmdir(s->folder), 0);
	assert_int_equal(s->heads, s->overs);
	assert_int_equal(s->bodies, s->stops);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->changed);
}

void serve_until(struct serve *s, const int *n, int v)
{
	struct timespec t;
	int rc = 0;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += PATIENCE_S;
	pthread_mutex_lock(&s->lock);
	while (*n < v && rc == 0)
		rc = pthread_cond_timedwait(&s->changed, &s->lock, &t);
	pthread_mutex_unlock(&s->lock);
	assert_int_equal(rc, 0);
}

int serve_peek(struct serve *s, const int *n)
{
	int v;

	pthread_mutex_lock(&s->lock);
	v = *n;
	pthread_mutex_unlock(&s->lock);
	return v;
}

void serve_gate(struct serve *s, bool closed)
{
	pthread_mutex_lock(&s->lock);
	s->gate = closed;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

void serve_wake(struct serve *s)
{
	/* The lock keeps the request alive: on_over needs it. */
	pthread_mutex_lock(&s->lock);
	if (s->held != NULL)
		http_wake(s->held);
	pthread_mutex_unlock(&s->lock);
}

unsigned long long serve_conns(struct serve *s)
{
	struct http_counts n;

	http_server_counts(s->http, &n);
	return n.conns_now;
}

/* --- The client --- */

int dial(struct serve *s)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((uint16_t)s->port), .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct timeval patience = { PATIENCE_S, 0 };
	int fd = socket(s->path[0] ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), rc;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	memcpy(un.sun_path, s->path, sizeof(s->path));
	rc = s->path[0] ? connect(fd, (struct sockaddr *)&un, sizeof(un)) : connect(fd, (struct sockaddr *)&in, sizeof(in));
	assert_int_equal(rc, 0);
	return fd;
}

void say_n(int fd, const void *p, size_t n)
{
	while (n > 0) {
		ssize_t k = send(fd, p, n, MSG_NOSIGNAL);

		if (k < 0)
			return;		/* the server closed: what it said tells why */
		p = (const char *)p + k;
		n -= (size_t)k;
	}
}

void say(int fd, const char *text)
{
	say_n(fd, text, strlen(text));
}

static ssize_t more(int fd, struct buf *b, size_t n)
{
	ssize_t k;

	assert_int_equal(buf_reserve(b, n), ST_OK);
	k = recv(fd, b->p + b->n, n, 0);
	if (k < 0 && errno == EAGAIN)
		fail_msg("no answer");
	if (k > 0) {
		b->n += (size_t)k;
		b->p[b->n] = '\0';
	}
	return k;
}

void hear_all(int fd, struct buf *b)
{
	while (more(fd, b, 65536) > 0)
		;
	close(fd);
}

bool ended(int fd)
{
	char c;
	ssize_t k = recv(fd, &c, 1, 0);

	if (k < 0 && errno == EAGAIN)
		fail_msg("the connection stays open");
	close(fd);
	return k == 0;
}

static bool head_line(int fd, struct buf *b)
{
	size_t from = b->n;

	do
		if (more(fd, b, 1) <= 0)
			return false;
	while (b->n - from < 2 || memcmp(b->p + b->n - 2, "\r\n", 2) != 0);
	return true;
}

static bool hear_chunks(int fd, struct buf *body)
{
	struct buf line = BUF_INIT(1000), piece = BUF_INIT(1 << 20);
	unsigned long n;
	bool ok = false;

	while (head_line(fd, &line)) {
		n = strtoul(line.p, NULL, 16);
		buf_clear(&line);
		buf_clear(&piece);
		while (piece.n < n + 2)
			if (more(fd, &piece, n + 2 - piece.n) <= 0)
				goto out;
		assert_memory_equal(piece.p + n, "\r\n", 2);
		buf_add(body, piece.p, n);
		if (n == 0) {
			ok = true;
			goto out;
		}
	}
out:
	buf_release(&line);
	buf_release(&piece);
	return ok;
}

int hear(int fd, struct buf *head, struct buf *body, bool no_body)
{
	const char *at;
	size_t from;
	int status;

	buf_clear(head);
	buf_clear(body);
	do {
		from = head->n;
		if (!head_line(fd, head))
			return 0;
	} while (head->n - from > 2);
	assert_memory_equal(head->p, "HTTP/1.1 ", 9);
	status = (int)strtol(head->p + 9, NULL, 10);
	if (no_body || status < 200 || status == 204 || status == 304)
		return status;
	if (strstr(head->p, "\r\nTransfer-Encoding: chunked\r\n") != NULL)
		return hear_chunks(fd, body) ? status : 0;
	at = strstr(head->p, "\r\nContent-Length: ");
	if (at == NULL) {
		while (more(fd, body, 65536) > 0)
			;
		return status;
	}
	from = strtoul(at + 18, NULL, 10);
	while (body->n < from)
		if (more(fd, body, from - body->n < 1 << 20 ? from - body->n : 1 << 20) <= 0)
			return 0;
	return status;
}

int ask(struct serve *s, const char *request, struct buf *body)
{
	struct buf head = BUF_INIT(65536);
	int fd = dial(s), status;

	say(fd, request);
	status = hear(fd, &head, body, strncmp(request, "HEAD", 4) == 0);
	close(fd);
	buf_release(&head);
	return status;
}
