#include "server/req.h"

#include <assert.h>
#include <errno.h>
#include <unistd.h>

#include <zlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "net/url.h"
#include "server/auth.h"
#include "server/html.h"
#include "server/negotiate.h"
#include "server/route.h"

#define REQ_ARENA_MAX ((size_t)256 << 20)
#define BODY_MAX_DEFAULT ((size_t)1 << 20)
#define GZIP_MIN 1000
#define JSON_VALUES_MAX 1000000

/* ---- Reading. ---- */

struct slice req_field(const struct req *r, const char *name)
{
	size_t i;

	for (i = 0; i < r->n_fields; i++)
		if (slice_ieq_str(r->fields[i].name, name))
			return r->fields[i].value;
	return SLICE_NULL;
}

size_t req_args(struct req *r, const char *name, struct slice *out, size_t max)
{
	struct buf k = BUF_INIT(1024), v = BUF_INIT(65536);
	struct slice rest = r->query;
	size_t n = 0;
	st_t st;

	while (n < max && rest.p != NULL && (st = query_next(&rest, &k, &v)) != ST_EOF) {
		if (st == ST_OK && slice_eq_str(buf_slice(&k), name)) {
			out[n].n = v.n;
			out[n].p = arena_dup(r->arena, v.p, v.n);
			if (out[n].p != NULL)
				n++;
		}
	}
	buf_release(&k);
	buf_release(&v);
	return n;
}

struct slice req_arg(struct req *r, const char *name)
{
	struct slice v = SLICE_NULL;

	(void)!req_args(r, name, &v, 1);
	return v;
}

int64_t req_arg_int(struct req *r, const char *name, int64_t def, int64_t min, int64_t max)
{
	uint64_t v;

	if (!slice_u64(slice_trim(req_arg(r, name)), INT64_MAX, &v))
		return def;
	return (int64_t)v < min ? min : (int64_t)v > max ? max : (int64_t)v;
}

static void decref(void *p)
{
	json_decref(p);
}

bool req_empty_body(const struct req *r)
{
	return slice_trim(buf_slice(&r->body)).n == 0;
}

/* Each value of a tree takes a hundred bytes and more, however few it takes in the text. */
static bool too_many_values(struct slice s)
{
	size_t n = 0, i;
	bool text = false;

	for (i = 0; i < s.n && n <= JSON_VALUES_MAX; i++) {
		if (s.p[i] == '"')
			text = !text;
		else if (text)
			i += s.p[i] == '\\';
		else
			n += s.p[i] == ',' || s.p[i] == '[' || s.p[i] == '{' || s.p[i] == ':';
	}
	return n > JSON_VALUES_MAX;
}

json_t *req_json(struct req *r)
{
	struct err e = ERR_INIT;
	json_t *j = NULL;

	if (too_many_values(buf_slice(&r->body))) {
		problem_status(r, 413, "the request body holds more values than this server takes at once");
		return NULL;
	}
	if (json_load(&j, buf_slice(&r->body), &e) != ST_OK) {
		err_wrap(&e, "the request body is not JSON");
		problem_send(r, ST_INVALID, &e);
		return NULL;
	}
	if (arena_defer(r->arena, decref, j) != ST_OK) {
		problem_send(r, ST_NOMEM, NULL);
		return NULL;
	}
	return j;
}

const char *req_str(struct req *r, const char *fmt, ...)
{
	struct buf b = BUF_INIT(1 << 20);
	const char *s;
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	s = b.st == ST_OK ? arena_dup(r->arena, b.p, b.n) : NULL;
	buf_release(&b);
	return s == NULL ? "" : s;
}

const char *req_zstr(struct req *r, struct slice s)
{
	const char *z = arena_dup(r->arena, s.p, s.n);

	return z == NULL ? "" : z;
}

/* ---- Answering. ---- */

void reply_add(struct req *r, const char *name, struct slice value)
{
	struct reply *p = &r->reply;
	const char *copy = arena_dup(r->arena, value.p, value.n);

	if (copy == NULL || p->n == REPLY_FIELDS_MAX) {
		log_warn("http", "reply field left out name=%s", name);
		return;
	}
	p->fields[p->n].name = slice_str(name);
	p->fields[p->n].value = slice_of(copy, value.n);
	p->n++;
}

void reply_addf(struct req *r, const char *name, const char *fmt, ...)
{
	struct buf b = BUF_INIT(65536);
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	if (b.st == ST_OK)
		reply_add(r, name, buf_slice(&b));
	buf_release(&b);
}

static void reply_drop(struct reply *p)
{
	buf_release(&p->buf);
	if (p->kind == REPLY_FD && p->fd >= 0)
		close(p->fd);
	if (p->kind == REPLY_BODY && p->body != NULL)
		p->body->stop(p->body);
	p->body = NULL;
	p->fd = -1;
	p->kind = REPLY_NONE;
}

/* A later answer replaces an earlier one: a failure found while answering. Fields meant for the first go with it, except where the caller sets them anew. */
static void reply_begin(struct req *r, int status, const char *type)
{
	if (r->reply.status != 0)
		r->reply.n = 0;
	reply_drop(&r->reply);
	r->reply.status = status;
	if (type != NULL) {
		reply_add(r, "Content-Type", slice_str(type));
		r->reply.compress = negotiate_is_text(type);
	}
}

void reply_buf(struct req *r, int status, const char *type, struct buf *b)
{
	if (b->st != ST_OK) {
		st_t st = b->st;

		buf_release(b);
		problem_send(r, st, NULL);
		return;
	}
	reply_begin(r, status, type);
	r->reply.kind = REPLY_BUF;
	r->reply.buf = *b;
	buf_init(b, b->max);
}

void reply_json(struct req *r, int status, json_t *j)
{
	struct buf b = BUF_INIT(REQ_ARENA_MAX);

	if (j == NULL || json_dump(&b, j, false) != ST_OK) {
		json_decref(j);
		buf_release(&b);
		problem_send(r, ST_NOMEM, NULL);
		return;
	}
	json_decref(j);
	reply_buf(r, status, "application/json", &b);
}

void reply_text(struct req *r, int status, const char *type, struct slice text)
{
	struct buf b = BUF_INIT(REQ_ARENA_MAX);

	buf_addsl(&b, text);
	reply_buf(r, status, type, &b);
}

void reply_static(struct req *r, int status, const char *type, struct slice text)
{
	reply_begin(r, status, type);
	r->reply.kind = REPLY_SHARED;
	r->reply.shared = text;
}

void reply_fd(struct req *r, int status, const char *type, int fd, uint64_t off, uint64_t len)
{
	reply_begin(r, status, type);
	r->reply.kind = REPLY_FD;
	r->reply.compress = false;
	r->reply.fd = fd;
	r->reply.off = off;
	r->reply.len = len;
}

void reply_body(struct req *r, int status, const char *type, struct body *b, int64_t len)
{
	reply_begin(r, status, type);
	r->reply.kind = REPLY_BODY;
	r->reply.compress = false;
	r->reply.body = b;
	r->reply.body_len = len;
}

void reply_empty(struct req *r, int status)
{
	reply_begin(r, status, NULL);
}

void reply_redirect(struct req *r, int status, const char *url)
{
	reply_begin(r, status, NULL);
	reply_add(r, "Location", slice_str(url));
}

/* ---- The frame. ---- */

void req_dispose(struct req *r)
{
	struct arena *a = r->arena;

	assert(r->magic == REQ_MAGIC);
	r->magic = 0;
	reply_drop(&r->reply);
	buf_release(&r->body);
	arena_free(a);
}

/* Level 1: six times the speed of level 6 for text 15 % larger. Workers only: never on a loop. */
static void compress_reply(struct req *r)
{
	struct reply *p = &r->reply;
	struct buf out = BUF_INIT(REQ_ARENA_MAX);
	z_stream z;

	if (!p->compress || p->kind != REPLY_BUF || p->buf.n < GZIP_MIN || !negotiate_gzip(req_field(r, "Accept-Encoding")))
		return;
	memset(&z, 0, sizeof(z));
	if (deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return;
	if (buf_reserve(&out, deflateBound(&z, p->buf.n)) == ST_OK) {
		z.next_in = (Bytef *)p->buf.p;
		z.avail_in = (uInt)p->buf.n;
		z.next_out = (Bytef *)out.p;
		z.avail_out = (uInt)(out.cap - 1);
		if (p->buf.n < UINT32_MAX && deflate(&z, Z_FINISH) == Z_STREAM_END) {
			out.n = z.total_out;
			buf_release(&p->buf);
			p->buf = out;
			buf_init(&out, 0);
			reply_add(r, "Content-Encoding", SLICE("gzip"));
		}
	}
	deflateEnd(&z);
	buf_release(&out);
}

static bool has_field(const struct reply *p, const char *name)
{
	unsigned i;

	for (i = 0; i < p->n; i++)
		if (slice_ieq_str(p->fields[i].name, name))
			return true;
	return false;
}

static void common_fields(struct req *r)
{
	static const struct { const char *name, *value; } always[] = {
		{ "X-Content-Type-Options", "nosniff" },
		{ "Access-Control-Allow-Origin", "*" },
		{ "Access-Control-Expose-Headers", "Link, ETag, Location, Content-Disposition, Repr-Digest, Upload-Offset, Upload-Length, Tus-Resumable" },
		{ "Referrer-Policy", "strict-origin-when-cross-origin" },
	};
	size_t i;

	for (i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		http_add(r->h, always[i].name, slice_str(always[i].value));
	/* What is shown to somebody who is known is for nobody else's cache, unless the handler knows better. */
	if ((r->who.user != 0 || r->who.system) && !has_field(&r->reply, "Cache-Control"))
		http_add(r->h, "Cache-Control", SLICE("private, no-store"));
	if (r->reply.compress)
		http_add(r->h, "Vary", SLICE("Accept, Accept-Language, Accept-Encoding, Authorization"));
}

static void log_request(struct req *r)
{
	unsigned hundred = (unsigned)r->reply.status / 100;

	if (hundred < 6)
		atomic_fetch_add_explicit(&r->srv->answers[hundred], 1, memory_order_relaxed);
	if (hundred == 5)
		log_warn("http", "request failed id=%llu status=%d method=%.*s path=\"%.*s\" ms=%lld", (unsigned long long)r->h->serial,
		    r->reply.status, (int)r->h->method_name.n, r->h->method_name.p, (int)(r->path.n > 300 ? 300 : r->path.n), r->path.p,
		    (long long)(clock_mono_us() - r->started_us) / 1000);
	else
		log_debug("http", "request id=%llu status=%d method=%.*s path=\"%.*s\" us=%lld", (unsigned long long)r->h->serial,
		    r->reply.status, (int)r->h->method_name.n, r->h->method_name.p, (int)(r->path.n > 300 ? 300 : r->path.n), r->path.p,
		    (long long)(clock_mono_us() - r->started_us));
}

void req_finish(struct req *r)
{
	struct reply *p = &r->reply;
	struct http_req *h = r->h;
	unsigned i;

	assert(r->magic == REQ_MAGIC);
	if (r->gone) {
		req_dispose(r);
		return;
	}
	if (r->sent)
		return;		/* req_work() answered 503 already */
	if (p->status == 0)
		problem_status(r, 500, "no answer was made");
	if (p->status >= 400)
		page_dress(r);
	r->sent = true;
	log_request(r);
	http_start(h, p->status);
	for (i = 0; i < p->n; i++)
		http_add(h, p->fields[i].name.p, p->fields[i].value);
	common_fields(r);
	if (p->close)
		http_close_after(h);
	/* From here on the request may be over at any moment: what it owns is handed on first. */
	switch (p->kind) {
	case REPLY_BUF:
		p->kind = REPLY_NONE;
		http_send_buf(h, &p->buf);
		break;
	case REPLY_SHARED:
		http_send(h, p->shared);
		break;
	case REPLY_FD: {
		int fd = p->fd;

		p->fd = -1;
		p->kind = REPLY_NONE;
		http_send_fd(h, fd, p->off, p->len);
		break;
	}
	case REPLY_BODY: {
		struct body *b = p->body;

		p->body = NULL;
		p->kind = REPLY_NONE;
		http_send_body(h, b, p->body_len);
		break;
	}
	default:
		http_send(h, SLICE_NULL);
		break;
	}
}

struct work {
	struct job job;
	struct req *r;
	void (*fn)(struct req *);
	void (*done)(struct req *);
};

static void work_run(struct job *j)
{
	struct work *w = (struct work *)j;

	w->fn(w->r);
	if (w->done == NULL) {
		if (w->r->reply.status >= 400)
			page_dress(w->r);
		compress_reply(w->r);
	}
}

static void work_done(struct job *j)
{
	struct work *w = (struct work *)j;
	struct req *r = w->r;

	assert(r->magic == REQ_MAGIC);
	r->in_worker = false;
	if (w->done != NULL && !r->gone)
		w->done(r);
	else
		req_finish(r);
}

/* The head's slices die with h; a job must not look at them. */
bool req_own_head(struct req *r)
{
	struct http_field *f;
	size_t i;

	if (r->fields != r->h->fields)
		return true;
	f = arena_alloc(r->arena, (r->n_fields == 0 ? 1 : r->n_fields) * sizeof(*f));
	if (f == NULL)
		return false;
	for (i = 0; i < r->n_fields; i++) {
		f[i].name = slice_of(arena_dup(r->arena, r->fields[i].name.p, r->fields[i].name.n), r->fields[i].name.n);
		f[i].value = slice_of(arena_dup(r->arena, r->fields[i].value.p, r->fields[i].value.n), r->fields[i].value.n);
		if (f[i].name.p == NULL || f[i].value.p == NULL)
			return false;
	}
	for (i = 0; i < PARAMS_MAX; i++) {
		if (r->param[i].p == NULL)
			continue;
		r->param[i].p = arena_dup(r->arena, r->param[i].p, r->param[i].n);
		if (r->param[i].p == NULL)
			return false;
	}
	r->path.p = arena_dup(r->arena, r->path.p, r->path.n);
	if (r->query.p != NULL)
		r->query.p = arena_dup(r->arena, r->query.p, r->query.n);
	r->fields = f;
	return r->path.p != NULL;
}

void req_work(struct req *r, void (*work)(struct req *), void (*done)(struct req *))
{
	struct work *w = arena_alloc(r->arena, sizeof(*w));

	if (w == NULL || !req_own_head(r)) {
		problem_send(r, ST_NOMEM, NULL);
		if (!r->on_loop)
			req_finish(r);
		return;
	}
	w->job.work = work_run;
	w->job.done = work_done;
	w->job.loop = r->loop;
	w->r = r;
	w->fn = work;
	w->done = done;
	r->in_worker = true;
	if (pool_submit(r->srv->pool, &w->job) != ST_OK) {
		r->in_worker = false;
		problem_send(r, ST_BUSY, NULL);
		if (!r->on_loop)
			req_finish(r);
	}
}

static void dispatch(struct req *r)
{
	if (r->route->flags & ROUTE_LOOP) {
		r->on_loop = true;
		r->route->fn(r);
		r->on_loop = false;
		/* A quick handler may still have found that this one needs a worker. */
		if (!r->in_worker)
			req_finish(r);
		return;
	}
	req_work(r, r->route->fn, NULL);
}

static st_t take_body(struct http_req *h, const void *p, size_t n)
{
	struct req *r = h->user;

	return buf_add(&r->body, p, n);
}

static void body_ended(struct http_req *h)
{
	struct req *r = h->user;

	if (r->body.st != ST_OK) {
		problem_send(r, r->body.st, NULL);
		req_finish(r);
		return;
	}
	dispatch(r);
}

/* A page of another site must not act with this reader's login. Tokens come in Authorization, which no foreign form can send; cookies do not log in yet. */
static bool checks_fail(struct req *r)
{
	if (r->auth_st != ST_OK) {
		problem_send(r, ST_UNAUTH, &(struct err){ ST_UNAUTH, "the token is unknown, expired or taken back" });
		return true;
	}
	if ((r->route->flags & (ROUTE_LOGIN | ROUTE_ADMIN)) && r->who.user == 0 && !r->who.system) {
		problem_send(r, ST_UNAUTH, &(struct err){ ST_UNAUTH, "this needs a token: Authorization: Bearer ..." });
		return true;
	}
	if ((r->route->flags & ROUTE_ADMIN) && !r->who.system && (r->who.role != ROLE_ADMIN || !(r->who.scopes & SCOPE_ADMIN))) {
		problem_send(r, ST_DENIED, &(struct err){ ST_DENIED, "this is for administrators" });
		return true;
	}
	return false;
}

void reply_options(struct req *r, const char *text)
{
	reply_empty(r, 204);
	reply_add(r, "Allow", slice_str(text));
	reply_add(r, "Access-Control-Allow-Methods", slice_str(text));
	reply_add(r, "Access-Control-Allow-Headers", SLICE("Authorization, Content-Type, If-Match, If-None-Match, Range, Content-Range, "
	    "Upload-Offset, Upload-Length, Upload-Metadata, Tus-Resumable, Idempotency-Key, Last-Event-ID, Repr-Digest, MCP-Protocol-Version"));
	reply_add(r, "Access-Control-Max-Age", SLICE("86400"));
}

/* No route, or not with this method: the reply is set. */
static bool no_route(struct req *r)
{
	unsigned allow = 0;
	enum route_result found = route_find(r, &allow);
	char text[80];

	if (r->method == HTTP_OPTIONS && found == ROUTE_NO_METHOD) {
		route_allow_text(allow, text);
		reply_options(r, text);
		return true;
	}
	if (found == ROUTE_NO_PATH) {
		problem_status(r, 404, "there is nothing at this address");
		return true;
	}
	if (found == ROUTE_NO_METHOD) {
		route_allow_text(allow, text);
		problem_status(r, 405, req_str(r, "this address answers %s", text));
		reply_add(r, "Allow", slice_str(text));
		return true;
	}
	return false;
}

static struct req *req_new(struct server *srv, struct http_req *h)
{
	struct arena *a = arena_new(REQ_ARENA_MAX);
	struct req *r = a == NULL ? NULL : arena_alloc(a, sizeof(*r));

	if (r == NULL) {
		arena_free(a);
		return NULL;
	}
	r->magic = REQ_MAGIC;
	r->h = h;
	r->srv = srv;
	r->arena = a;
	r->loop = h->loop;
	r->method = h->method;
	r->path = h->path;
	r->query = h->query;
	r->fields = h->fields;
	r->n_fields = h->n_fields;
	r->reply.fd = -1;
	r->started_us = clock_mono_us();
	buf_init(&r->body, BODY_MAX_DEFAULT);
	h->user = r;
	return r;
}

static void on_head(void *ctx, struct http_req *h)
{
	struct door *door = ctx;
	struct req *r = req_new(door->srv, h);

	if (r == NULL) {
		http_start(h, 503);
		http_addf(h, "Retry-After", "%d", 5);
		http_send(h, SLICE_NULL);
		return;
	}
	r->site = door->admin != NULL ? door->admin : site_find(door->srv, h->host);
	if (r->site == NULL) {
		problem_status(r, 421, "no repository of that name is served here");
		req_finish(r);
		return;
	}
	r->lang = negotiate_lang(r);
	if (door->admin != NULL)
		auth_socket(r);
	else
		auth_request(r);
	if (no_route(r) || checks_fail(r)) {
		req_finish(r);
		return;
	}
	if (r->route->flags & ROUTE_STREAM) {
		r->route->fn(r);
		return;
	}
	if ((r->route->flags & ROUTE_BODY) && h->has_body) {
		r->body.max = r->route->body_max != 0 ? r->route->body_max : BODY_MAX_DEFAULT;
		h->body_max = r->body.max;
		h->on_body = take_body;
		h->on_end = body_ended;
		return;
	}
	dispatch(r);
}

static void on_over(void *ctx, struct http_req *h, bool gone)
{
	struct req *r = h->user;

	(void)ctx;
	(void)gone;
	h->user = NULL;
	if (r == NULL)
		return;
	assert(r->magic == REQ_MAGIC);
	r->h = NULL;
	r->gone = true;
	if (r->in_worker)
		return;
	if (r->abandon != NULL)
		r->abandon(r);
	else
		req_dispose(r);
}

void req_handler(struct door *door, struct http_handler *out)
{
	out->ctx = door;
	out->on_head = on_head;
	out->on_over = on_over;
}
