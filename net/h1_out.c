#include "net/http_int.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

/*
 * Replies. A small one is one buffer (head and body) and one send. A large buffer goes behind the head by the same sendmsg,
 * a file by sendfile, a streamed body in pieces of at most CHUNK_MAX: whatever the size, that is all a slow reader makes us keep.
 */

static const char *reason(int status)
{
	static const struct { int status; const char *text; } tbl[] = {
		{ 100, "Continue" }, { 101, "Switching Protocols" },
		{ 200, "OK" }, { 201, "Created" }, { 202, "Accepted" }, { 204, "No Content" }, { 205, "Reset Content" },
		{ 206, "Partial Content" }, { 207, "Multi-Status" },
		{ 300, "Multiple Choices" }, { 301, "Moved Permanently" }, { 302, "Found" }, { 303, "See Other" },
		{ 304, "Not Modified" }, { 307, "Temporary Redirect" }, { 308, "Permanent Redirect" },
		{ 400, "Bad Request" }, { 401, "Unauthorized" }, { 403, "Forbidden" }, { 404, "Not Found" },
		{ 405, "Method Not Allowed" }, { 406, "Not Acceptable" }, { 408, "Request Timeout" }, { 409, "Conflict" },
		{ 410, "Gone" }, { 411, "Length Required" }, { 412, "Precondition Failed" }, { 413, "Content Too Large" },
		{ 414, "URI Too Long" }, { 415, "Unsupported Media Type" }, { 416, "Range Not Satisfiable" },
		{ 417, "Expectation Failed" }, { 422, "Unprocessable Content" }, { 423, "Locked" }, { 428, "Precondition Required" },
		{ 429, "Too Many Requests" }, { 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" }, { 501, "Not Implemented" }, { 502, "Bad Gateway" },
		{ 503, "Service Unavailable" }, { 504, "Gateway Timeout" }, { 505, "HTTP Version Not Supported" },
		{ 507, "Insufficient Storage" },
	};
	size_t i;

	for (i = 0; i < sizeof(tbl) / sizeof(tbl[0]); i++)
		if (tbl[i].status == status)
			return tbl[i].text;
	return "Other";
}

static struct xreq *x_of(struct http_req *r)
{
	return (struct xreq *)r;
}

static const char *date_now(struct shard *sh)
{
	int64_t now = clock_now();

	if (now != sh->date_sec) {
		http_date(sh->date, now);
		sh->date_sec = now;
	}
	return sh->date;
}

/* --- Building --- */

void out_init(struct xreq *x)
{
	x->fd = -1;
	buf_clear(&x->out);
}

static void start(struct xreq *x, int status)
{
	x->begun = true;
	x->status = status;
	x->no_body = x->r.method == HTTP_HEAD || status == 204 || status == 304 || status < 200;
	buf_clear(&x->out);
	if (status == 200) {
		buf_adds(&x->out, "HTTP/1.1 200 OK\r\n");
		return;
	}
	buf_adds(&x->out, "HTTP/1.1 ");
	buf_addu64(&x->out, (uint64_t)status);
	buf_addc(&x->out, ' ');
	buf_adds(&x->out, reason(status));
	buf_adds(&x->out, "\r\n");
}

void http_start(struct http_req *r, int status)
{
	struct xreq *x = x_of(r);

	/* Only when net/ answered already: 408, 413 or a bad chunk while the handler was thinking. */
	if (!x->ready)
		start(x, status);
}

void http_add(struct http_req *r, const char *name, struct slice value)
{
	struct xreq *x = x_of(r);

	if (!x->begun || x->ready)
		return;
	if (!h1_is_token(slice_str(name)) || !h1_is_value(value)) {
		log_warn("http", "reply field dropped, it holds a control character request=%llu status=%d",
		    (unsigned long long)r->serial, x->status);
		return;
	}
	buf_adds(&x->out, name);
	buf_add(&x->out, ": ", 2);
	buf_addsl(&x->out, value);
	buf_add(&x->out, "\r\n", 2);
}

void http_addf(struct http_req *r, const char *name, const char *fmt, ...)
{
	struct buf b = BUF_INIT(65536);
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	if (b.st == ST_OK)
		http_add(r, name, buf_slice(&b));
	else
		log_warn("http", "reply field dropped, it is too long request=%llu", (unsigned long long)r->serial);
	buf_release(&b);
}

/* May the connection go on, seen from the request body? What the client still sends must be little and of known length. */
static bool body_allows_keep(const struct conn *c)
{
	if (c->in == IN_CHUNKED || (c->in == IN_LENGTH && (c->expect || c->body_left > DISCARD_MAX)))
		return false;
	return c->in != IN_LINGER;
}

/* End the head. ${len}: of the body, -1: not known. */
static void finish_head(struct xreq *x, int64_t len)
{
	struct conn *c = x->c;
	struct buf *o = &x->out;

	if (x->close_after || x->sh->draining || c->eof || !body_allows_keep(c))
		c->keep = false;
	buf_add(o, "Server: azekura\r\nDate: ", 23);
	buf_add(o, date_now(x->sh), 29);
	if (x->status == 204 || x->status == 304 || x->status < 200) {
		buf_add(o, "\r\n", 2);
	} else if (len >= 0) {
		buf_add(o, "\r\nContent-Length: ", 18);
		buf_addu64(o, (uint64_t)len);
		buf_add(o, "\r\n", 2);
	} else if (x->r.minor) {
		buf_adds(o, "\r\nTransfer-Encoding: chunked\r\n");
		x->chunked = true;
	} else {
		buf_add(o, "\r\n", 2);
		c->keep = false;
	}
	if (!c->keep)
		buf_adds(o, "Connection: close\r\n");
	else if (!x->r.minor)
		buf_adds(o, "Connection: keep-alive\r\n");
	buf_add(o, "\r\n", 2);
	x->ready = true;
}

static void seg_add(struct xreq *x, const void *p, size_t n)
{
	if (n > 0)
		x->seg[x->n_seg++] = (struct iovec){ (void *)p, n };
}

/* The head (with whatever small body follows in the same buffer) is whole: queue it. */
static void queue_out(struct xreq *x)
{
	if (x->out.st != ST_OK)
		x->close_after = true;	/* out_flush() sees x->out.st */
	seg_add(x, x->out.p, x->out.n);
	conn_kick(x->c);
}

static bool may_send(struct xreq *x)
{
	return x->begun && !x->ready && x->c != NULL;
}

void http_send(struct http_req *r, struct slice bytes)
{
	struct xreq *x = x_of(r);

	if (!may_send(x))
		return;
	finish_head(x, (int64_t)bytes.n);
	if (!x->no_body)
		buf_addsl(&x->out, bytes);
	queue_out(x);
}

void http_send_buf(struct http_req *r, struct buf *b)
{
	struct xreq *x = x_of(r);

	if (!may_send(x)) {
		buf_release(b);
		return;
	}
	if (b->st != ST_OK) {
		log_error("http", "reply could not be built request=%llu reason=%s", (unsigned long long)r->serial, st_name(b->st));
		buf_release(b);
		out_problem(x, 500, "the answer could not be built");
		return;
	}
	finish_head(x, (int64_t)b->n);
	if (x->no_body || b->n <= SMALL_BUF) {
		if (!x->no_body)
			buf_addsl(&x->out, buf_slice(b));
		buf_release(b);
		queue_out(x);
		return;
	}
	x->big = *b;
	buf_init(b, x->big.max);
	queue_out(x);
	seg_add(x, x->big.p, x->big.n);
}

/* All of a small file behind the head, if that needs no disk. */
static bool inline_file(struct xreq *x, int fd, uint64_t off, size_t len)
{
	struct iovec v;

	if (buf_reserve(&x->out, len) != ST_OK)
		return false;
	v = (struct iovec){ x->out.p + x->out.n, len };
	if (preadv2(fd, &v, 1, (off_t)off, RWF_NOWAIT) != (ssize_t)len)
		return false;
	x->out.n += len;
	x->out.p[x->out.n] = '\0';
	return true;
}

void http_send_fd(struct http_req *r, int fd, uint64_t off, uint64_t len)
{
	struct xreq *x = x_of(r);

	if (!may_send(x)) {
		close(fd);
		return;
	}
	finish_head(x, (int64_t)len);
	if (x->no_body || len == 0 || (len <= SMALL_FILE && inline_file(x, fd, off, (size_t)len))) {
		close(fd);
	} else {
		x->fd = fd;
		x->fd_off = x->fd_ready = off;
		x->fd_left = len;
		if (len > AHEAD_MAX)
			posix_fadvise(fd, (off_t)off, (off_t)len, POSIX_FADV_SEQUENTIAL);
	}
	queue_out(x);
}

void http_send_body(struct http_req *r, struct body *b, int64_t len)
{
	struct xreq *x = x_of(r);

	x->body = b;		/* taken in any case: out_release() stops it */
	x->body_eof = true;
	if (!may_send(x))
		return;
	x->body_left = len;
	finish_head(x, len);
	x->body_eof = x->no_body;
	x->head_only = !x->no_body;
	queue_out(x);
}

void http_close_after(struct http_req *r)
{
	x_of(r)->close_after = true;
}

void http_body_resume(struct http_req *r)
{
	struct xreq *x = x_of(r);

	if (x->c == NULL || !x->c->paused)
		return;
	x->c->paused = false;
	conn_kick(x->c);
}

void out_problem(struct xreq *x, int status, const char *text)
{
	char body[512];
	int n = snprintf(body, sizeof(body), "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d,\"detail\":\"%s\"}\n",
	    reason(status), status, text);

	start(x, status);
	http_add(&x->r, "Content-Type", SLICE("application/problem+json"));
	http_add(&x->r, "X-Content-Type-Options", SLICE("nosniff"));
	http_add(&x->r, "Cache-Control", SLICE("no-store"));
	if (status == 503)
		http_add(&x->r, "Retry-After", SLICE("5"));
	http_send(&x->r, slice_of(body, (size_t)n));
}

/* --- Sending --- */

static void seg_advance(struct xreq *x, size_t n)
{
	unsigned i = 0;

	while (i < x->n_seg && n >= x->seg[i].iov_len)
		n -= x->seg[i++].iov_len;
	if (i < x->n_seg) {
		x->seg[i].iov_base = (char *)x->seg[i].iov_base + n;
		x->seg[i].iov_len -= n;
	}
	x->n_seg -= i;
	memmove(x->seg, x->seg + i, x->n_seg * sizeof(x->seg[0]));
}

static void moved(struct conn *c, size_t n, size_t *budget)
{
	c->put += n;
	count(&c->sh->bytes_out, n);
	*budget -= n < *budget ? n : *budget;
}

/* FLUSH_DONE: all pieces are with the kernel. */
static enum flush send_segs(struct conn *c, struct xreq *x, size_t *budget)
{
	struct msghdr m = { .msg_iov = x->seg };

	while (x->n_seg > 0) {
		ssize_t n;

		m.msg_iovlen = x->n_seg;
		n = sendmsg(c->fd, &m, MSG_NOSIGNAL | (x->fd_left > 0 ? MSG_MORE : 0));
		if (n < 0) {
			if (errno == EINTR)
				continue;
			if (errno != EAGAIN)
				return FLUSH_DEAD;
			c->writable = false;
			return FLUSH_BLOCKED;
		}
		moved(c, (size_t)n, budget);
		seg_advance(x, (size_t)n);
	}
	return FLUSH_DONE;
}

/* Worker: make the pages resident, so that the loop's sendfile finds them. */
static void ahead_work(struct job *j)
{
	struct xreq *x = (struct xreq *)((char *)j - offsetof(struct xreq, job));
	uint64_t off = x->ahead_off, end = off + x->ahead_len;
	char sink[65536];
	ssize_t n;

	posix_fadvise(x->fd, (off_t)off, (off_t)x->ahead_len, POSIX_FADV_WILLNEED);
	while (off < end) {
		n = pread(x->fd, sink, end - off < sizeof(sink) ? (size_t)(end - off) : sizeof(sink), (off_t)off);
		if (n <= 0)
			break;	/* sendfile meets the same end or error and cuts the connection */
		off += (uint64_t)n;
	}
}

/* A worker is done with the reply's file or body. */
static void job_back(struct xreq *x)
{
	struct conn *c = x->c;

	x->busy = false;
	shard_job_done(x->sh);
	if (x->ending != LIVE)
		conn_job_over(c);
	else
		conn_run(c);
}

static void ahead_done(struct job *j)
{
	struct xreq *x = (struct xreq *)((char *)j - offsetof(struct xreq, job));

	x->fd_ready = x->ahead_off + x->ahead_len;
	job_back(x);
}

static void give_to_worker(struct xreq *x, void (*work)(struct job *), void (*done)(struct job *))
{
	x->job = (struct job){ .work = work, .done = done, .loop = x->sh->loop };
	x->busy = true;
	shard_submit(x->sh, &x->job);
}

/* Are the pages of this range in memory? Sampled: they come and go in runs. A file system that cannot tell is taken to be slow. */
static bool resident(int fd, uint64_t off, uint64_t len)
{
	uint64_t at = off, last = off + len - 1;
	char byte;
	struct iovec v = { &byte, 1 };

	for (;;) {
		if (preadv2(fd, &v, 1, (off_t)at, RWF_NOWAIT) < 0)
			return false;
		if (at == last)
			return true;
		at = last - at > 131072 ? at + 131072 : last;
	}
}

static enum flush send_file(struct conn *c, struct xreq *x, size_t *budget)
{
	while (x->fd_left > 0 && *budget > 0) {
		uint64_t want = x->fd_left < FILE_WINDOW ? x->fd_left : FILE_WINDOW;
		off_t off = (off_t)x->fd_off;
		ssize_t n;

		if (x->busy)
			return FLUSH_WAIT;
		if (x->fd_off >= x->fd_ready) {
			if (!resident(x->fd, x->fd_off, want)) {
				x->ahead_off = x->fd_off;
				x->ahead_len = x->fd_left < AHEAD_MAX ? x->fd_left : AHEAD_MAX;
				give_to_worker(x, ahead_work, ahead_done);
				return FLUSH_WAIT;
			}
			x->fd_ready = x->fd_off + want;
		}
		if (want > x->fd_ready - x->fd_off)
			want = x->fd_ready - x->fd_off;
		n = sendfile(c->fd, x->fd, &off, (size_t)want);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			c->writable = false;
			return FLUSH_BLOCKED;
		}
		if (n <= 0) {
			log_warn("http", "file ended or failed before its promised length request=%llu left=%llu",
			    (unsigned long long)x->r.serial, (unsigned long long)x->fd_left);
			return FLUSH_DEAD;
		}
		x->fd_off += (uint64_t)n;
		x->fd_left -= (uint64_t)n;
		moved(c, (size_t)n, budget);
	}
	return x->fd_left > 0 ? FLUSH_YIELD : FLUSH_DONE;
}

/* Queue what the last pull brought. False: the body broke its promise, or failed. */
static bool take_pull(struct xreq *x)
{
	size_t n = x->chunk.n;
	bool end = x->pull_st == ST_EOF;

	if (x->pull_st == ST_AGAIN) {
		x->pull_wait = !x->woken;
	} else if (!end && (x->pull_st != ST_OK || n == 0)) {
		log_warn("http", "reply cut, its body failed request=%llu reason=\"%s\"", (unsigned long long)x->r.serial,
		    x->pull_err.text[0] != '\0' ? x->pull_err.text : st_name(x->pull_st));
		return false;
	}
	if (x->chunk.st != ST_OK)
		return false;
	x->body_eof = end;
	if (x->chunked) {
		static const char tail[] = "\r\n0\r\n\r\n";

		if (n > 0) {
			int k = snprintf(x->frame, sizeof(x->frame), "%zx\r\n", n);

			seg_add(x, x->frame, (size_t)k);
			seg_add(x, x->chunk.p, n);
			seg_add(x, tail, end ? 7 : 2);
		} else if (end) {
			seg_add(x, tail + 2, 5);
		}
		return true;
	}
	seg_add(x, x->chunk.p, n);
	if (x->body_left < 0)
		return true;
	if ((uint64_t)x->body_left < n || (end && (uint64_t)x->body_left != n)) {
		log_error("http", "reply cut, its body is not as long as promised request=%llu", (unsigned long long)x->r.serial);
		return false;
	}
	x->body_left -= (int64_t)n;
	return true;
}

static void do_pull(struct xreq *x)
{
	buf_clear(&x->chunk);
	err_clear(&x->pull_err);
	x->pull_st = x->body->pull(x->body, &x->chunk, &x->pull_err);
}

static void pull_work(struct job *j)
{
	do_pull((struct xreq *)((char *)j - offsetof(struct xreq, job)));
}

static void pull_done(struct job *j)
{
	struct xreq *x = (struct xreq *)((char *)j - offsetof(struct xreq, job));

	if (x->ending == LIVE && !x->c->dead && !take_pull(x))
		x->c->dead = true;
	job_back(x);
}

/* Get the next piece of a streamed body if there is room for it. False: the reply must be cut. */
static bool pull(struct xreq *x)
{
	if (x->body == NULL || x->body_eof || x->busy || x->pull_wait || (x->n_seg > 0 && !x->head_only))
		return true;
	x->woken = false;
	if (x->body->blocking) {
		if (x->n_seg > 0)
			return true;	/* the head goes first: who knows how long the worker takes */
		give_to_worker(x, pull_work, pull_done);
		return true;
	}
	x->head_only = false;
	do_pull(x);
	return take_pull(x);
}

enum flush out_flush(struct conn *c, struct xreq *x)
{
	size_t budget = TURN_MAX;
	enum flush f;

	if (x->out.st != ST_OK)
		return FLUSH_DEAD;
	while (budget > 0) {
		if (!pull(x))
			return FLUSH_DEAD;
		if (x->n_seg > 0) {
			f = send_segs(c, x, &budget);
			if (f != FLUSH_DONE)
				return f;
			x->head_only = false;
			continue;
		}
		if (x->fd_left > 0) {
			f = send_file(c, x, &budget);
			if (f != FLUSH_DONE)
				return f;
		}
		if (x->body != NULL && !x->body_eof) {
			if (x->busy || x->pull_wait)
				return FLUSH_WAIT;
			continue;
		}
		return FLUSH_DONE;
	}
	return FLUSH_YIELD;
}

/* --- The end --- */

static void stop_work(struct job *j)
{
	struct xreq *x = (struct xreq *)((char *)j - offsetof(struct xreq, job));

	x->body->stop(x->body);
	x->body = NULL;
}

static void stop_done(struct job *j)
{
	job_back((struct xreq *)((char *)j - offsetof(struct xreq, job)));
}

bool out_release(struct xreq *x)
{
	if (x->busy)
		return false;
	if (x->body != NULL && x->body->blocking && !x->sh->srv->freeing) {
		give_to_worker(x, stop_work, stop_done);
		return false;
	}
	if (x->body != NULL) {
		x->body->stop(x->body);
		x->body = NULL;
	}
	if (x->fd >= 0)
		close(x->fd);
	x->fd = -1;
	buf_release(&x->big);
	return true;
}

static void wake_done(struct job *j)
{
	struct xreq *x = (struct xreq *)((char *)j - offsetof(struct xreq, wake));

	atomic_store(&x->wake_posted, false);
	if (x->c == NULL) {
		x->sh->n_zombie--;
		xreq_recycle(x);
		return;
	}
	x->woken = true;
	x->pull_wait = false;
	conn_run(x->c);
}

void http_wake(struct http_req *r)
{
	struct xreq *x = x_of(r);

	if (atomic_exchange(&x->wake_posted, true))
		return;
	x->wake = (struct job){ .done = wake_done, .loop = x->sh->loop };
	loop_post(x->sh->loop, &x->wake);
}
