#include "net/http_int.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <sys/ioctl.h>
#include <sys/un.h>
#include <linux/sockios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

/*
 * One connection. conn_run() does all that can be done now, in turns bounded by TURN_MAX: send what is ready, take in what is
 * wanted. The next request is looked at only when the reply before it is with the kernel, so replies cannot change places and
 * what a client pipelines stays in the kernel's buffer, which is bounded.
 *
 * The socket is watched edge-triggered from birth to death; readable, writable and rdhup remember what the edges said.
 * Callbacks of the handler run inside conn_run() only. What they call (http_send, ...) changes state and at most schedules
 * another conn_run(), so a request never ends under the feet of the code that answers it.
 */

static const char continue_line[] = "HTTP/1.1 100 Continue\r\n\r\n";
#define CONTINUE_LEN (sizeof(continue_line) - 1)

static void conn_finish(struct conn *c);

/* --- Requests, reused --- */

static struct xreq *xreq_take(struct conn *c)
{
	struct shard *sh = c->sh;
	struct xreq *x = sh->spare;

	if (x != NULL) {
		sh->spare = x->next;
		sh->n_spare--;
		x->next = NULL;
	} else {
		x = calloc(1, sizeof(*x));
		if (x == NULL)
			return NULL;
		buf_init(&x->out, BUF_NOMAX);
		buf_init(&x->chunk, CHUNK_MAX);
		x->sh = sh;
	}
	x->c = c;
	c->x = x;
	out_init(x);
	memcpy(x->r.peer, c->peer, sizeof(x->r.peer));
	x->r.loop = sh->loop;
	x->r.serial = ++sh->serial * sh->srv->n + sh->index;
	x->r.body_max = sh->srv->lim.body_max;
	x->r.minor = true;
	return x;
}

void xreq_free(struct xreq *x)
{
	buf_release(&x->out);
	buf_release(&x->big);
	buf_release(&x->chunk);
	free(x);
}

void xreq_recycle(struct xreq *x)
{
	struct shard *sh = x->sh;
	struct buf out = x->out, chunk = x->chunk;

	if (sh->n_spare >= SPARE_MAX) {
		xreq_free(x);
		return;
	}
	if (out.cap > 2 * SMALL_FILE)
		buf_release(&out);
	if (sh->n_spare >= 4)
		buf_release(&chunk);
	memset(x, 0, sizeof(*x));
	x->out = out;
	x->chunk = chunk;
	x->sh = sh;
	x->next = sh->spare;
	sh->spare = x;
	sh->n_spare++;
}

static void xreq_put(struct xreq *x)
{
	x->c = NULL;
	arena_free(x->r.arena);
	x->r.arena = NULL;
	if (atomic_load(&x->wake_posted))
		x->sh->n_zombie++;	/* wake_done() recycles it */
	else
		xreq_recycle(x);
}

/* --- Deadlines --- */

/* The timer is never moved to a later time, only looked at again when it fires: one timer operation an idle time, not one a request. */
static void deadline_set(struct conn *c, int ms)
{
	int64_t now = clock_mono_us();
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	c->deadline = now + (int64_t)ms * 1000;
	if (c->armed != 0 && c->armed <= c->deadline)
		return;
	c->armed = c->deadline;
	event_add(&c->timer, &tv);
}

/* What the peer has taken off our hands, or given us: the measure of a stall. */
static uint64_t conn_moved(const struct conn *c)
{
	int queued = 0;

	if (c->wait != WAIT_WRITE)
		return c->got;
	if (ioctl(c->fd, SIOCOUTQ, &queued) < 0)
		queued = 0;
	return c->put - (uint64_t)queued;
}

static void wait_for(struct conn *c, enum conn_wait why)
{
	const struct http_limits *l = &c->sh->srv->lim;
	const int ms[] = {
		[WAIT_IDLE] = l->idle_ms, [WAIT_HEAD] = l->head_ms, [WAIT_BODY] = l->body_stall_ms,
		[WAIT_WRITE] = l->write_stall_ms, [WAIT_LINGER] = LINGER_MS
	};

	if (c->wait == why)
		return;
	c->wait = why;
	if (why == WAIT_NONE) {
		c->deadline = 0;
		return;
	}
	if (why == WAIT_BODY || why == WAIT_WRITE)
		c->window_mark = conn_moved(c);
	deadline_set(c, ms[why]);
}

static void conn_choose_wait(struct conn *c)
{
	if (c->in == IN_LINGER)
		wait_for(c, WAIT_LINGER);
	else if (c->x != NULL && c->x->ready && !c->writable)
		wait_for(c, WAIT_WRITE);
	else if (c->in == IN_HEAD && c->x == NULL)
		wait_for(c, h1_scan_begun(&c->scan) ? WAIT_HEAD : WAIT_IDLE);
	else if ((c->in == IN_LENGTH || c->in == IN_CHUNKED) && (c->discard ? c->x == NULL : !c->paused))
		wait_for(c, WAIT_BODY);
	else
		wait_for(c, WAIT_NONE);
}

/* --- Answers of our own --- */

/* Answer with ${status} and close. If a reply has begun, only close. */
static void conn_fail(struct conn *c, int status, const char *text)
{
	count(&c->sh->bad, 1);
	c->keep = false;
	c->dirty = true;
	c->in = IN_WAIT;
	if (c->cont_left == CONTINUE_LEN)
		c->cont_left = 0;
	if (c->x == NULL && xreq_take(c) == NULL) {
		c->dead = true;
		return;
	}
	if (c->x->ready)
		return;
	out_problem(c->x, status, text);
}

static void expired(struct conn *c)
{
	const struct http_limits *l = &c->sh->srv->lim;
	int ms = c->wait == WAIT_BODY ? l->body_stall_ms : l->write_stall_ms;
	uint64_t now;

	switch (c->wait) {
	case WAIT_HEAD:
		conn_fail(c, 408, "the head did not come in time");
		break;
	case WAIT_BODY:
	case WAIT_WRITE:
		now = conn_moved(c);
		if (now - c->window_mark >= (uint64_t)ms * RATE_MIN / 1000) {
			c->window_mark = now;
			deadline_set(c, ms);
		} else if (c->wait == WAIT_BODY && c->x != NULL && !c->x->ready) {
			conn_fail(c, 408, "the body stopped coming");
		} else {
			c->dead = true;
		}
		break;
	case WAIT_NONE:
		break;
	case WAIT_IDLE:
	case WAIT_LINGER:
		c->dead = true;
		break;
	}
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;
	int64_t now = clock_mono_us();

	(void)fd, (void)what;
	c->armed = 0;
	if (c->deadline == 0)
		return;
	if (now < c->deadline) {
		deadline_set(c, (int)((c->deadline - now + 999) / 1000));
		return;
	}
	c->deadline = 0;
	expired(c);
	conn_run(c);
}

/* --- In --- */

/* What is left in the shard's scratch must outlive this turn. */
static void in_save(struct conn *c)
{
	char *from = c->p;

	if (c->n == 0 || (c->rest.p != NULL && from >= c->rest.p && from < c->rest.p + c->rest.cap))
		return;
	buf_clear(&c->rest);
	if (buf_add(&c->rest, from, c->n) != ST_OK)
		c->dead = true;
	c->p = c->rest.p;
}

/* Read up to ${want} bytes behind what is unused. False: nothing there now, or the end. */
static bool in_fill(struct conn *c, size_t want)
{
	char *at = c->sh->scratch;
	ssize_t n;

	if (!c->readable)
		return false;
	if (c->n > 0) {
		in_save(c);
		if (c->dead)
			return false;
		memmove(c->rest.p, c->p, c->n);
		c->rest.n = c->n;
		if (buf_reserve(&c->rest, want) != ST_OK) {
			c->dead = true;
			return false;
		}
		c->p = c->rest.p;
		at = c->rest.p + c->n;
	}
	do
		n = recv(c->fd, at, want, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno != EAGAIN) {
		c->dead = true;
		return false;
	}
	if (n == 0)
		c->eof = true;
	/* A short read drained the socket; but the end, if its edge was seen already, gives no second one. */
	if (n <= 0 || ((size_t)n < want && !c->rdhup))
		c->readable = false;
	if (n <= 0)
		return false;
	if (c->n == 0)
		c->p = at;
	c->n += (size_t)n;
	if (at != c->sh->scratch)
		c->rest.n = c->n;
	count(&c->sh->bytes_in, (uint64_t)n);
	return true;
}

static enum http_method method_of(struct slice m)
{
	static const struct { const char *name; enum http_method m; } tbl[] = {
		{ "GET", HTTP_GET }, { "HEAD", HTTP_HEAD }, { "POST", HTTP_POST }, { "PUT", HTTP_PUT },
		{ "PATCH", HTTP_PATCH }, { "DELETE", HTTP_DELETE }, { "OPTIONS", HTTP_OPTIONS },
	};
	size_t i;

	for (i = 0; i < sizeof(tbl) / sizeof(tbl[0]); i++)
		if (slice_eq_str(m, tbl[i].name))
			return tbl[i].m;
	return HTTP_OTHER;
}

/* The head is complete in c->p: make the request of it. H1_BAD: ${f} says why; H1_MORE: out of memory. */
static enum h1_result req_fill(struct conn *c, struct xreq *x, struct h1_head *h, struct h1_fault *f)
{
	struct http_req *r = &x->r;
	struct http_field *fields;
	char *head, *host;
	size_t i;

	r->arena = arena_new(0);
	if (r->arena == NULL)
		return H1_MORE;
	head = arena_dup(r->arena, c->p, c->scan.pos);
	fields = arena_alloc(r->arena, (c->scan.fields + 1) * sizeof(*fields));
	if (head == NULL || fields == NULL)
		return H1_MORE;
	if (h1_head_read(&c->scan, head, h, fields, f) == H1_BAD)
		return H1_BAD;
	host = arena_dup(r->arena, h->host.p, h->host.n);
	if (host == NULL)
		return H1_MORE;
	for (i = 0; i < h->host.n; i++)
		if (host[i] >= 'A' && host[i] <= 'Z')
			host[i] |= 0x20;
	r->method = method_of(h->method);
	r->method_name = h->method;
	r->target = h->target;
	r->path = h->path;
	r->query = h->query;
	r->host = slice_of(host, h->host.n);
	r->fields = fields;
	r->n_fields = h->n_fields;
	r->has_body = h->body_len != 0;
	r->body_len = h->body_len;
	r->minor = h->minor;
	return H1_DONE;
}

/* on_head has returned: what becomes of the body? */
static void body_begin(struct conn *c, struct xreq *x)
{
	if (c->in == IN_WAIT) {
		if (!x->ready && x->r.on_end != NULL)
			x->r.on_end(&x->r);
		return;
	}
	if (x->ready || x->r.on_body == NULL) {
		c->discard = true;
		/* A client that waits for 100 sends nothing after a final answer, as a rule; not to be relied on. */
		if (c->expect && x->ready)
			c->in = IN_WAIT;
		if (c->expect)
			c->dirty = true;
		return;
	}
	if (c->in == IN_LENGTH && (uint64_t)c->body_left > x->r.body_max) {
		conn_fail(c, 413, "the body is larger than may be sent here");
		return;
	}
	if (c->expect && c->n == 0)
		c->cont_left = CONTINUE_LEN;
	c->expect = false;
}

static bool in_head_done(struct conn *c)
{
	struct shard *sh = c->sh;
	struct xreq *x = xreq_take(c);
	struct h1_fault f = { 0 };
	struct h1_head h;
	size_t used = c->scan.pos;

	switch (x == NULL ? H1_MORE : req_fill(c, x, &h, &f)) {
	case H1_MORE:
		c->dead = true;
		return false;
	case H1_BAD:
		conn_fail(c, f.status, f.text);
		return true;
	case H1_DONE:
		break;
	}
	c->p += used;
	c->n -= used;
	h1_scan_init(&c->scan, sh->srv->lim.head_max, sh->srv->lim.fields_max);
	c->keep = h.keep_alive;
	c->last = !h.keep_alive;
	c->expect = h.expect && h.body_len != 0;
	c->paused = c->discard = c->dirty = false;
	c->body_left = h.body_len;
	c->body_sum = c->discarded = 0;
	c->in = h.chunked ? IN_CHUNKED : h.body_len > 0 ? IN_LENGTH : IN_WAIT;
	if (h.chunked)
		h1_chunk_init(&c->chunk);
	count(&sh->requests, 1);
	x->handled = true;
	sh->srv->h.on_head(sh->srv->h.ctx, &x->r);
	body_begin(c, x);
	return true;
}

/* True: something changed. */
static bool in_head(struct conn *c)
{
	if (c->x != NULL)
		return false;
	for (;;) {
		if (c->n > c->scan.pos) {
			switch (h1_scan(&c->scan, c->p, c->n)) {
			case H1_DONE:
				return in_head_done(c);
			case H1_BAD:
				conn_fail(c, c->scan.fault.status, c->scan.fault.text);
				return true;
			case H1_MORE:
				break;
			}
		}
		if (!in_fill(c, HEAD_READ)) {
			if (c->eof)
				c->dead = true;
			return false;
		}
	}
}

/* Pass on, or drop. */
static void body_deliver(struct conn *c, const char *p, size_t n)
{
	struct xreq *x = c->x;
	st_t st;

	c->got += n;
	c->body_sum += n;
	if (x != NULL && !c->discard && !x->ready) {
		if (c->body_sum > x->r.body_max) {
			conn_fail(c, 413, "the body is larger than may be sent here");
			return;
		}
		st = n > 0 ? x->r.on_body(&x->r, p, n) : ST_OK;
		if (st == ST_AGAIN)
			c->paused = true;
		else if (st != ST_OK)
			c->discard = true;
		return;
	}
	c->discarded += n;
	if (c->discarded > DISCARD_MAX && c->in != IN_END) {
		c->keep = false;
		c->dirty = true;
		c->in = IN_WAIT;
		if (x == NULL)
			conn_finish(c);
	}
}

static void body_end(struct conn *c)
{
	struct xreq *x = c->x;

	if (x == NULL) {
		c->in = IN_HEAD;	/* the reply went out before the body was in */
		return;
	}
	c->in = IN_WAIT;
	if (!c->discard && !x->ready && x->r.on_end != NULL)
		x->r.on_end(&x->r);
}

static bool in_length(struct conn *c)
{
	size_t n;

	if (c->n == 0 && !in_fill(c, c->body_left < READ_MAX ? (size_t)c->body_left : READ_MAX))
		return false;
	n = c->n < (uint64_t)c->body_left ? c->n : (size_t)c->body_left;
	c->body_left -= (int64_t)n;
	c->p += n;
	c->n -= n;
	if (c->body_left == 0)
		c->in = IN_END;
	body_deliver(c, c->p - n, n);
	return true;
}

/* Take the framing out in place, so that the consumer gets one large piece whatever the size of the chunks. */
static bool in_chunked(struct conn *c)
{
	char *to = c->p, *from;
	enum h1_result r = H1_MORE;
	struct slice data;
	size_t used, left, got = 0;

	if (c->n == 0 && !in_fill(c, READ_MAX))
		return false;
	to = from = c->p;
	left = c->n;
	while (r == H1_MORE && left > 0) {
		r = h1_chunk_feed(&c->chunk, from, left, &used, &data);
		if (data.n > 0) {
			if (got == 0)
				to = (char *)data.p;
			else if (to + got != data.p)
				memmove(to + got, data.p, data.n);
			got += data.n;
		}
		from += used;
		left -= used;
	}
	c->p = from;
	c->n = left;
	if (r == H1_BAD) {
		conn_fail(c, c->chunk.fault.status, c->chunk.fault.text);
		return true;
	}
	if (r == H1_DONE)
		c->in = IN_END;
	body_deliver(c, to, got);
	return true;
}

/* The client is gone, or only done sending? The end in the middle of a body makes a request that will never be whole. */
static void in_cut(struct conn *c)
{
	if (c->x == NULL || !c->x->ready)
		c->dead = true;
	c->keep = false;
	c->in = IN_WAIT;
}

static bool in_linger(struct conn *c)
{
	c->n = 0;
	if (in_fill(c, READ_MAX))
		return true;
	if (c->eof)
		c->dead = true;
	return false;
}

static bool in_step(struct conn *c)
{
	bool more = false;

	switch (c->in) {
	case IN_HEAD:
		return in_head(c);
	case IN_LENGTH:
	case IN_CHUNKED:
		if (c->x != NULL && c->x->ready)
			c->discard = true;
		if ((c->paused && !c->discard) || c->cont_left > 0)
			return false;
		more = c->in == IN_LENGTH ? in_length(c) : in_chunked(c);
		if (!more && c->eof)
			in_cut(c);
		return more;
	case IN_END:
		if (c->paused && !c->discard && (c->x == NULL || !c->x->ready))
			return false;
		body_end(c);
		return true;
	case IN_LINGER:
		return in_linger(c);
	case IN_WAIT:
		break;
	}
	return false;
}

/* --- Out --- */

/* Send what is left of "100 Continue". False: not all of it yet. */
static bool continue_flush(struct conn *c)
{
	ssize_t n;

	while (c->cont_left > 0 && c->writable) {
		n = send(c->fd, continue_line + CONTINUE_LEN - c->cont_left, c->cont_left, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN) {
			c->dead = true;
			return false;
		}
		if (n < 0)
			c->writable = false;
		else
			c->cont_left -= (unsigned)n;
	}
	return c->cont_left == 0;
}

/* The reply is with the kernel and nothing more will be said: let the client read it before its own late bytes cause a reset. */
static void conn_finish(struct conn *c)
{
	if (c->eof || (c->last && !c->dirty && c->n == 0 && c->in == IN_WAIT)) {
		c->dead = true;
		return;
	}
	shutdown(c->fd, SHUT_WR);
	c->in = IN_LINGER;
	c->n = 0;
	c->readable = true;
}

static void conn_next(struct conn *c)
{
	if (!c->keep)
		conn_finish(c);
	else if (c->in == IN_WAIT)
		c->in = IN_HEAD;
	else
		c->discard = true;	/* of the body, the rest */
}

static void conn_over(struct conn *c, bool gone)
{
	struct shard *sh = c->sh;
	struct xreq *x = c->x;

	if (x->ending == LIVE)
		x->ending = gone ? GONE : OVER;
	if (!out_release(x))
		return;
	c->x = NULL;
	if (x->handled)
		sh->srv->h.on_over(sh->srv->h.ctx, &x->r, x->ending == GONE);
	xreq_put(x);
	if (!c->dead)
		conn_next(c);
}

void conn_job_over(struct conn *c)
{
	conn_over(c, c->dead);
	conn_run(c);
}

/* True: something changed. */
static bool out_step(struct conn *c)
{
	struct xreq *x = c->x;

	if (!continue_flush(c) || x == NULL || !x->ready || x->ending != LIVE || !c->writable)
		return false;
	switch (out_flush(c, x)) {
	case FLUSH_DEAD:
		c->dead = true;
		return false;
	case FLUSH_DONE:
		conn_over(c, false);
		return true;
	case FLUSH_YIELD:
		c->again = true;
		return false;
	case FLUSH_BLOCKED:
	case FLUSH_WAIT:
		break;
	}
	return false;
}

/* --- Turns --- */

static void conn_later(struct conn *c)
{
	static const struct timeval now;

	if (c->is_later)
		return;
	c->is_later = true;
	c->next_later = c->sh->later;
	c->sh->later = c;
	if (c->next_later == NULL)
		event_add(&c->sh->later_ev, &now);
}

void conn_run(struct conn *c)
{
	unsigned turns = c->sh->srv->lim.pipeline_max + 1;	/* a request needs one, and one to begin with */
	uint64_t mark = c->got;

	assert(c->magic == CONN_MAGIC && !c->running);
	c->running = true;
	c->again = false;
	while (!c->dead && !c->again) {
		bool more = out_step(c);

		if (!c->dead && !c->again)
			more |= in_step(c);
		if (!more)
			break;
		if (--turns == 0 || c->got - mark >= TURN_MAX)
			c->again = true;
	}
	if (!c->dead)
		in_save(c);
	c->running = false;
	if (c->dead) {
		conn_kill(c);
		return;
	}
	if (c->again)
		conn_later(c);
	if (c->n == 0 && c->rest.cap > 0)
		buf_release(&c->rest);
	conn_choose_wait(c);
}

void conn_kick(struct conn *c)
{
	if (c->running || c->dead)
		return;		/* the loop in conn_run() looks again after each callback */
	event_active(&c->ev, EV_TIMEOUT, 0);
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;
	socklen_t n = sizeof(int);
	int err = 0;

	if (what & EV_READ)
		c->readable = true;
	if (what & EV_WRITE)
		c->writable = true;
	if (what & EV_CLOSED)
		c->readable = c->rdhup = true;
	/* Nobody may be about to read or write, so a reset would go unseen. */
	if ((what & (EV_READ | EV_WRITE)) && c->x != NULL && (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &n) < 0 || err != 0))
		c->dead = true;
	conn_run(c);
}

/* --- Birth and death --- */

static void peer_name(struct conn *c, const struct sockaddr_storage *ss)
{
	if (ss->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)ss;

		inet_ntop(AF_INET, &in->sin_addr, c->peer, sizeof(c->peer));
	} else if (ss->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)ss;

		inet_ntop(AF_INET6, &in6->sin6_addr, c->peer, sizeof(c->peer));
	} else {
		struct ucred cred;
		socklen_t n = sizeof(cred);

		if (getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) == 0)
			snprintf(c->peer, sizeof(c->peer), "uid:%u", (unsigned)cred.uid);
	}
}

struct conn *conn_new(struct shard *sh, int fd, const struct sockaddr_storage *ss, bool refuse)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->magic = CONN_MAGIC;
	c->sh = sh;
	c->fd = fd;
	buf_init(&c->rest, READ_MAX + 65536 + sh->srv->lim.head_max);
	h1_scan_init(&c->scan, sh->srv->lim.head_max, sh->srv->lim.fields_max);
	peer_name(c, ss);
	c->readable = c->writable = true;
	if (event_assign(&c->ev, loop_base(sh->loop), fd, EV_READ | EV_WRITE | EV_CLOSED | EV_ET | EV_PERSIST, on_socket, c) != 0
	    || event_assign(&c->timer, loop_base(sh->loop), -1, EV_TIMEOUT, on_deadline, c) != 0 || event_add(&c->ev, NULL) != 0) {
		free(c);
		return NULL;
	}
	c->next = sh->conns;
	if (c->next != NULL)
		c->next->prev = c;
	sh->conns = c;
	sh->n_conns++;
	if (refuse) {
		c->refused = true;
		conn_fail(c, 503, "too many connections");
	}
	return c;
}

static void conn_unlink(struct conn *c)
{
	struct shard *sh = c->sh;
	struct conn **at;

	for (at = &sh->later; c->is_later && *at != NULL; at = &(*at)->next_later)
		if (*at == c) {
			*at = c->next_later;
			break;
		}
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		sh->conns = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	sh->n_conns--;
}

void conn_kill(struct conn *c)
{
	assert(!c->running);
	c->dead = true;
	if (!c->closed) {
		c->closed = true;
		event_del(&c->ev);
		event_del(&c->timer);
		close(c->fd);
	}
	if (c->x != NULL && c->x->ending == LIVE)
		conn_over(c, true);
	if (c->x != NULL)
		return;		/* a worker has its body; conn_job_over() comes back here */
	conn_unlink(c);
	shard_conn_gone(c->sh, c);
	buf_release(&c->rest);
	c->magic = 0;
	free(c);
}

void conn_drain(struct conn *c)
{
	c->keep = false;
	if (c->in == IN_HEAD && c->x == NULL && c->n == 0)
		conn_kill(c);
}
