#include "server/put.h"

#include <assert.h>

#include "base/hash.h"
#include "base/str.h"

#define FILL_MAX ((size_t)1 << 20)	/* a buffer; the loop stops reading when one waits full */
#define RETRY_MS 20			/* when the worker pool was full */

struct put {
	struct job job;
	struct req *r;
	struct put_spec *spec;
	struct upload *u;
	struct buf fill, busy;
	struct timer *again;
	uint64_t taken;			/* bytes written by this request */
	bool begun, ended, paused, finished;
	bool open;			/* the sink waits for its end */
	bool waiting;			/* ${busy} is full and waits for a place in the pool's queue */
	struct put_result res;
};

static void put_release(void *p)
{
	struct put *u = p;

	buf_release(&u->fill);
	buf_release(&u->busy);
	cat_file_release(&u->res.file);
	timer_free(u->again);
}

static struct put *put_of(struct req *r)
{
	return r->stream;
}

/* ---- Worker. ---- */

static void put_begin(struct put *u)
{
	struct repo *repo = u->r->site->repo;
	struct put_spec *s = u->spec;
	struct upload_spec spec = { .draft = s->draft, .path = s->path, .size = s->size, .sha256_hex = s->sha256, .user = u->r->who.user };
	uint64_t at = 0;

	u->begun = true;
	if (s->check != NULL && !s->check(u->r, s)) {
		u->res.st = ST_DENIED;
		return;
	}
	if (s->resume == NULL) {
		u->res.st = upload_begin(repo, &spec, &u->u, &u->res.err);
		return;
	}
	u->res.st = upload_resume(repo, s->resume, &u->u, &at, &u->res.err);
	if (u->res.st == ST_OK && at != s->offset)
		u->res.st = err_set(&u->res.err, ST_CONFLICT, "the upload stands at byte %llu, not %llu", (unsigned long long)at, (unsigned long long)s->offset);
	u->res.offset = at;
}

/* The same for a sink of its own. */
static void sink_work(struct put *u)
{
	struct put_result *res = &u->res;
	struct err none = ERR_INIT;
	bool whole;

	if (!u->begun) {
		u->begun = u->open = true;
		res->st = u->spec->sink->begin(u->spec, &res->err);
	}
	if (res->st == ST_OK && u->busy.n > 0)
		res->st = u->spec->sink->write(u->spec, u->busy.p, u->busy.n, &res->err);
	if (!u->open || (res->st == ST_OK && !u->finished))
		return;
	whole = res->st == ST_OK;
	u->open = false;
	if (whole)
		res->st = u->spec->sink->end(u->spec, true, &res->err);
	else
		(void)!u->spec->sink->end(u->spec, false, &none);
}

/* One buffer. The last one ends the upload, so that the answer means: durable, read back, in the draft. */
static void put_work(struct job *j)
{
	struct put *u = (struct put *)j;
	struct put_result *res = &u->res;

	if (u->spec->sink != NULL) {
		sink_work(u);
		return;
	}
	if (!u->begun)
		put_begin(u);
	if (res->st == ST_OK && u->busy.n > 0) {
		res->st = upload_write(u->u, u->busy.p, u->busy.n, &res->err);
		if (res->st == ST_OK)
			res->offset += u->busy.n;
	}
	if (res->st == ST_OK && !u->finished)
		return;
	if (u->u == NULL)
		return;
	if (res->st == ST_OK && (u->spec->ends || (u->spec->size >= 0 && res->offset == (uint64_t)u->spec->size))) {
		res->st = upload_end(u->u, &res->file, &res->err);
		res->ended = res->st == ST_OK;
	} else if (res->st == ST_OK) {
		res->st = upload_pause(u->u, &res->err);
	} else {
		(void)!upload_pause(u->u, NULL);
	}
	u->u = NULL;
}

static void pause_work(struct job *j)
{
	struct put *u = (struct put *)j;

	if (u->u != NULL)
		(void)!upload_pause(u->u, NULL);
	u->u = NULL;
	if (u->open)
		(void)!u->spec->sink->end(u->spec, false, NULL);
	u->open = false;
}

/* ---- Loop. ---- */

static void put_done(struct job *j);

static void put_submit(void *p)
{
	struct put *u = p;

	u->job.work = put_work;
	u->job.done = put_done;
	u->job.loop = u->r->loop;
	u->waiting = false;
	u->r->in_worker = true;
	if (pool_submit(u->r->srv->pool, &u->job) != ST_OK) {
		u->r->in_worker = false;
		u->waiting = true;
		timer_set(u->again, RETRY_MS);
	}
}

static void put_next(struct put *u)
{
	struct buf swap = u->busy;

	u->busy = u->fill;
	u->fill = swap;
	buf_clear(&u->fill);
	u->finished = u->ended;
	put_submit(u);
	if (u->paused) {
		u->paused = false;
		http_body_resume(u->r->h);
	}
}

static void pause_done(struct job *j)
{
	req_dispose(((struct put *)j)->r);
}

/* The client is gone: what came is made durable, so that it can resume. */
static void put_abandon(struct req *r)
{
	struct put *u = put_of(r);

	timer_set(u->again, -1);
	u->job.work = pause_work;
	u->job.done = pause_done;
	u->job.loop = r->loop;
	if (u->u == NULL && !u->open) {
		req_dispose(r);
	} else if (pool_submit(r->srv->pool, &u->job) != ST_OK) {
		/* Rare enough to bear on the loop: closing a file. */
		pause_work(&u->job);
		req_dispose(r);
	}
}

static void put_done(struct job *j)
{
	struct put *u = (struct put *)j;
	struct req *r = u->r;

	assert(r->magic == REQ_MAGIC);
	r->in_worker = false;
	buf_clear(&u->busy);
	if (r->gone) {
		put_abandon(r);
		return;
	}
	if (u->res.st != ST_OK || u->finished) {
		r->abandon = NULL;
		if (r->reply.status == 0)
			u->spec->answer(r, &u->res);
		req_finish(r);
		return;
	}
	if (u->fill.n > 0 || u->ended)
		put_next(u);
}

static st_t put_body(struct http_req *h, const void *p, size_t n)
{
	struct req *r = h->user;
	struct put *u = put_of(r);

	if (r->sent)
		return ST_INVALID;
	if (buf_add(&u->fill, p, n) != ST_OK) {
		u->res.st = err_set(&u->res.err, ST_NOMEM, "out of memory");
		return ST_NOMEM;
	}
	if (!r->in_worker && !u->waiting) {
		put_next(u);
		return ST_OK;
	}
	if (u->fill.n < FILL_MAX)
		return ST_OK;
	u->paused = true;
	return ST_AGAIN;
}

static void put_end(struct http_req *h)
{
	struct req *r = h->user;
	struct put *u = put_of(r);

	u->ended = true;
	if (!r->in_worker && !u->waiting && !r->sent)
		put_next(u);
}

const char *put_declared_digest(struct req *r)
{
	struct slice f = req_field(r, "Repr-Digest"), one;
	struct buf raw = BUF_INIT(64);
	const char *hex = NULL;

	if (f.p == NULL)
		f = req_field(r, "Content-Digest");
	while (f.p != NULL) {
		one = slice_trim(slice_cut(&f, ','));
		if (!slice_starts(one, "sha-256=:") || !slice_ends(one, ":") || one.n < 11)
			continue;
		hex = "";
		if (base64_decode(&raw, slice_of(one.p + 9, one.n - 10)) == ST_OK && raw.n == SHA256_LEN) {
			char *h = arena_alloc(r->arena, SHA256_HEX);

			if (h != NULL)
				hex_encode(h, raw.p, raw.n);
			hex = h;
		}
		break;
	}
	buf_release(&raw);
	return hex;
}

void put_start(struct req *r, struct put_spec *spec)
{
	struct put *u = arena_alloc(r->arena, sizeof(*u));

	if (u == NULL || !req_own_head(r)) {
		problem_send(r, ST_NOMEM, NULL);
		req_finish(r);
		return;
	}
	u->r = r;
	u->spec = spec;
	buf_init(&u->fill, FILL_MAX + ((size_t)1 << 20));
	buf_init(&u->busy, FILL_MAX + ((size_t)1 << 20));
	u->again = timer_new(r->loop, put_submit, u);
	if (arena_defer(r->arena, put_release, u) != ST_OK || (spec->path.p == NULL && spec->resume == NULL && spec->sink == NULL) || u->again == NULL) {
		problem_send(r, ST_NOMEM, NULL);
		req_finish(r);
		return;
	}
	if (spec->sha256 != NULL && spec->sha256[0] == '\0') {
		problem_status(r, 400, "Repr-Digest: expected sha-256=:BASE64:");
		req_finish(r);
		return;
	}
	r->stream = u;
	r->abandon = put_abandon;
	r->h->body_max = (uint64_t)conf_int(r->site->repo->conf, "limits.upload");
	r->h->on_body = put_body;
	r->h->on_end = put_end;
	if (!r->h->has_body) {
		u->ended = true;
		put_next(u);
	}
}
