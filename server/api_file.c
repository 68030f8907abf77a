/*
 * Files of records and drafts. Uploads stream: the loop fills one buffer while a worker hashes and writes the other, so that memory
 * per upload is two buffers, whatever the file's size.
 */

#include "server/api.h"

#include <assert.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/str.h"
#include "server/negotiate.h"
#include "server/serve.h"
#include "store/upload.h"

#define LIST_MAX 1000
#define FILL_MAX ((size_t)1 << 20)	/* a buffer; the loop stops reading when one waits full */

/* ---- Which file? ---- */

/* "{*key}": one segment with %2F, or raw slashes, where a last segment "content" or "commit" is the verb. */
static struct slice key_and_verb(struct slice rest, const char **verb)
{
	*verb = "";
	if (slice_ends(rest, "/content")) {
		*verb = "content";
		return slice_of(rest.p, rest.n - 8);
	}
	if (slice_ends(rest, "/commit")) {
		*verb = "commit";
		return slice_of(rest.p, rest.n - 7);
	}
	return rest;
}

static bool find_file(struct req *r, const struct rec *rec, bool draft, struct slice key, struct cat_file *f)
{
	struct err e = ERR_INIT;
	struct kv_txn t;
	st_t st;

	memset(f, 0, sizeof(*f));
	kv_read(r->site->repo->catalog, &t);
	st = cat_file_get(&t, rec->id, draft && !rec->is_edit, key, f, &e);
	kv_end(&t, NULL);
	if (st != ST_OK)
		problem_send(r, st, st == ST_ABSENT ? &(struct err){ ST_ABSENT, "no such file in this record" } : &e);
	return st == ST_OK;
}

/* ---- Reading. ---- */

static void files_list(struct req *r, bool draft)
{
	size_t max = (size_t)req_arg_int(r, "size", LIST_MAX, 1, LIST_MAX), n, i;
	json_t *out = json_object(), *entries = json_array(), *links = json_object();
	struct cat_file *list = calloc(max, sizeof(*list));
	struct slice after = req_arg(r, "after");
	const char *d = draft ? "/draft" : "", *last = "";
	struct rec rec;
	struct kv_txn t;

	if (list == NULL || !api_record(r, r->param[0], draft ? API_DRAFT : API_PUBLISHED, draft ? WANT_EDIT : WANT_SEE, true, &rec)) {
		json_decref(out);
		json_decref(entries);
		json_decref(links);
		free(list);
		return;
	}
	kv_read(r->site->repo->catalog, &t);
	n = cat_files(&t, rec.id, draft && !rec.is_edit, after, list, max);
	kv_end(&t, NULL);
	for (i = 0; i < n; i++)
		json_push(entries, file_json(r, &rec, draft, &list[i]));
	if (n == max)
		last = path_segment(r, list[n - 1].path);
	for (i = 0; i < n; i++)
		cat_file_release(&list[i]);
	free(list);
	json_put(out, "enabled", json_true());
	json_put(out, "count", json_integer((json_int_t)rec.files));
	json_put(out, "total_bytes", json_integer((json_int_t)rec.bytes));
	json_put(out, "entries", entries);
	json_put_str(links, "self", slice_str(req_str(r, "%s/api/records/%s%s/files", BASE(r), rec.id, d)));
	json_put_str(links, "archive", slice_str(req_str(r, "%s/api/records/%s%s/files-archive", BASE(r), rec.id, d)));
	if (n == max)
		json_put_str(links, "next", slice_str(req_str(r, "%s/api/records/%s%s/files?size=%zu&after=%s", BASE(r), rec.id, d, max, last)));
	json_put(out, "links", links);
	reply_json(r, 200, out);
}

static void record_files(struct req *r)
{
	files_list(r, false);
}

static void draft_files(struct req *r)
{
	files_list(r, true);
}

static void file_get(struct req *r, bool draft)
{
	const char *verb;
	struct slice key = key_and_verb(r->param[1], &verb);
	struct cat_file f;
	struct rec rec;

	if (!api_record(r, r->param[0], draft ? API_DRAFT : API_PUBLISHED, draft ? WANT_EDIT : WANT_SEE, true, &rec))
		return;
	/* A file may itself be named "content". */
	if (!find_file(r, &rec, draft, r->param[1], &f)) {
		if (*verb == '\0' || !find_file(r, &rec, draft, key, &f))
			return;
	} else {
		verb = "";
	}
	if (strcmp(verb, "content") == 0)
		serve_file(r, &rec, draft, &f);
	else
		reply_json(r, 200, file_json(r, &rec, draft, &f));
	cat_file_release(&f);
}

static void record_file(struct req *r)
{
	file_get(r, false);
}

static void draft_file(struct req *r)
{
	file_get(r, true);
}

/* People's address of a file: /records/ID/files/PATH. */
static void page_file(struct req *r)
{
	struct cat_file f;
	struct rec rec;

	if (!api_record(r, r->param[0], API_PUBLISHED, WANT_SEE, true, &rec)) {
		if (r->reply.status == 404)
			(void)!api_concept(r, r->param[0], "/records/", req_str(r, "/files/%.*s", (int)r->param[1].n, r->param[1].p));
		return;
	}
	if (!find_file(r, &rec, false, r->param[1], &f))
		return;
	serve_file(r, &rec, false, &f);
	cat_file_release(&f);
}

/* ---- Changing. ---- */

static void announce(struct req *r)
{
	json_t *in, *entries = json_array(), *out, *one;
	struct err e = ERR_INIT;
	struct rec rec;
	size_t i;
	st_t st = ST_OK;

	if (!api_record(r, r->param[0], API_DRAFT, WANT_EDIT, true, &rec) || (in = req_json(r)) == NULL)
		goto drop;
	if (!json_is_array(in)) {
		problem_status(r, 400, "the body is a list of {\"key\": \"path\"}");
		goto drop;
	}
	json_array_foreach(in, i, one) {
		const char *key = json_text(one, "key");
		struct cat_file f;

		if (key == NULL) {
			problem_status(r, 400, req_str(r, "[%zu].key: expected text", i));
			goto drop;
		}
		st = deposit_file_announce(r->site->repo, rec.id, json_slice(json_object_get(one, "key")), json_object_get(one, "metadata"), &e);
		if (st != ST_OK) {
			err_wrap(&e, "[%zu].key", i);
			problem_send(r, st, &e);
			goto drop;
		}
		if (!find_file(r, &rec, true, slice_str(key), &f))
			goto drop;
		json_push(entries, file_json(r, &rec, true, &f));
		cat_file_release(&f);
	}
	out = json_object();
	json_put(out, "enabled", json_true());
	json_put(out, "entries", entries);
	json_put(out, "links", json_pack("{s:s}", "self", req_str(r, "%s/api/records/%s/draft/files", BASE(r), rec.id)));
	reply_json(r, 201, out);
	return;
drop:
	json_decref(entries);
}

/* POST .../files/KEY/commit: content is already there when its upload ended; this says so, as InvenioRDM's clients expect. */
static void file_commit(struct req *r)
{
	const char *verb;
	struct slice key = key_and_verb(r->param[1], &verb);
	struct cat_file f;
	struct rec rec;

	if (!api_record(r, r->param[0], API_DRAFT, WANT_EDIT, true, &rec))
		return;
	if (strcmp(verb, "commit") != 0) {
		problem_status(r, 404, "to end an upload, POST to .../commit");
		return;
	}
	if (!find_file(r, &rec, true, key, &f))
		return;
	if (f.pending)
		problem_status(r, 409, "the content of this file has not arrived yet: PUT it to .../content");
	else
		reply_json(r, 200, file_json(r, &rec, true, &f));
	cat_file_release(&f);
}

static void file_meta(struct req *r, const struct rec *rec, struct slice key)
{
	json_t *in = req_json(r);
	struct err e = ERR_INIT;
	struct cat_file f;
	const char *access;
	st_t st;

	if (in == NULL || !find_file(r, rec, true, key, &f))
		return;
	access = json_text(in, "access");
	st = deposit_file_set(r->site->repo, rec->id, key, access != NULL ? access_of_file(access) : f.access,
	    json_object_get(in, "metadata"), &e);
	cat_file_release(&f);
	if (st != ST_OK) {
		problem_send(r, st, &e);
		return;
	}
	if (find_file(r, rec, true, key, &f)) {
		reply_json(r, 200, file_json(r, rec, true, &f));
		cat_file_release(&f);
	}
}

static void file_delete(struct req *r)
{
	struct err e = ERR_INIT;
	struct cat_file f;
	struct rec rec;
	st_t st;

	if (!api_record(r, r->param[0], API_DRAFT, WANT_EDIT, true, &rec) || !find_file(r, &rec, true, r->param[1], &f))
		return;
	cat_file_release(&f);
	st = deposit_file_remove(r->site->repo, rec.id, r->param[1], &e);
	if (st == ST_OK)
		reply_empty(r, 204);
	else
		problem_send(r, st, &e);
}

/* ---- Upload. ---- */

struct put {
	struct job job;
	struct req *r;
	struct rec rec;
	struct slice key;
	struct upload *u;
	struct buf fill, busy;
	struct timer *again;		/* when the pool was full */
	const char *sha256;		/* declared, hex; NULL */
	int64_t size;
	bool begun, ended, paused, finished;
	st_t st;
	struct err e;
	struct cat_file file;
};

static void put_release(void *p)
{
	struct put *u = p;

	buf_release(&u->fill);
	buf_release(&u->busy);
	cat_file_release(&u->file);
	timer_free(u->again);
}

static void put_begin(struct put *u)
{
	struct req *r = u->r;
	struct upload_spec spec = {
		.draft = u->rec.id, .path = u->key, .size = u->size, .sha256_hex = u->sha256, .user = r->who.user,
	};

	u->st = upload_begin(r->site->repo, &spec, &u->u, &u->e);
	u->begun = true;
}

/* Worker: one buffer. The last one ends the upload, so that the answer means: durable, read back, in the draft. */
static void put_work(struct job *j)
{
	struct put *u = (struct put *)j;

	if (!u->begun)
		put_begin(u);
	if (u->st == ST_OK && u->busy.n > 0)
		u->st = upload_write(u->u, u->busy.p, u->busy.n, &u->e);
	if (u->st != ST_OK && u->u != NULL) {
		(void)!upload_pause(u->u, NULL);
		u->u = NULL;
	} else if (u->st == ST_OK && u->finished) {
		u->st = upload_end(u->u, &u->file, &u->e);
		u->u = NULL;
	}
}

static void put_done(struct job *j);

static void put_submit(void *p)
{
	struct put *u = p;

	u->job.work = put_work;
	u->job.done = put_done;
	u->job.loop = u->r->h->loop;
	u->r->in_worker = true;
	if (pool_submit(u->r->srv->pool, &u->job) != ST_OK) {
		u->r->in_worker = false;
		timer_set(u->again, 20);
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

static void pause_work(struct job *j)
{
	struct put *u = (struct put *)j;

	if (u->u != NULL)
		(void)!upload_pause(u->u, NULL);
	u->u = NULL;
}

static void pause_done(struct job *j)
{
	req_dispose(((struct put *)j)->r);
}

/* The client is gone: what came is made durable, so that it can resume. */
static void put_abandon(struct req *r)
{
	struct put *u = r->own;

	timer_set(u->again, -1);
	u->job.work = pause_work;
	u->job.done = pause_done;
	if (u->u == NULL) {
		req_dispose(r);
	} else if (pool_submit(r->srv->pool, &u->job) != ST_OK) {
		/* Rare enough to bear on the loop: closing a file. */
		pause_work(&u->job);
		req_dispose(r);
	}
}

static void put_answer(struct put *u)
{
	struct req *r = u->r;

	r->abandon = NULL;
	if (u->st != ST_OK) {
		problem_send(r, u->st, &u->e);
	} else {
		reply_json(r, 200, file_json(r, &u->rec, true, &u->file));
	}
	req_finish(r);
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
	if (u->st != ST_OK || u->finished) {
		put_answer(u);
		return;
	}
	if (u->fill.n > 0 || u->ended)
		put_next(u);
}

static st_t put_body(struct http_req *h, const void *p, size_t n)
{
	struct req *r = h->user;
	struct put *u = r->own;

	if (r->sent)
		return ST_INVALID;
	if (buf_add(&u->fill, p, n) != ST_OK) {
		u->st = err_set(&u->e, ST_NOMEM, "out of memory");
		return ST_NOMEM;
	}
	if (!r->in_worker) {
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
	struct put *u = r->own;

	u->ended = true;
	if (!r->in_worker && !r->sent)
		put_next(u);
}

/* "sha-256=:BASE64:" (RFC 9530): hex in the arena, NULL when none is given, "" when it is broken. */
static const char *declared_digest(struct req *r)
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

static void start_put(struct req *r, const struct rec *rec, struct slice key)
{
	struct put *u = arena_alloc(r->arena, sizeof(*u));

	if (u == NULL || !req_own_head(r)) {
		problem_send(r, ST_NOMEM, NULL);
		req_finish(r);
		return;
	}
	u->r = r;
	u->rec = *rec;
	u->rec.groups = NULL;
	u->rec.sets = NULL;
	u->rec.n_groups = u->rec.n_sets = 0;
	u->key = slice_of(arena_dup(r->arena, key.p, key.n), key.n);
	u->size = r->h->body_len;
	u->sha256 = declared_digest(r);
	buf_init(&u->fill, FILL_MAX + ((size_t)1 << 20));
	buf_init(&u->busy, FILL_MAX + ((size_t)1 << 20));
	u->again = timer_new(r->h->loop, put_submit, u);
	if (arena_defer(r->arena, put_release, u) != ST_OK || u->key.p == NULL || u->again == NULL) {
		problem_send(r, ST_NOMEM, NULL);
		req_finish(r);
		return;
	}
	if (u->sha256 != NULL && u->sha256[0] == '\0') {
		problem_status(r, 400, "Repr-Digest: expected sha-256=:BASE64:");
		req_finish(r);
		return;
	}
	r->own = u;
	r->abandon = put_abandon;
	r->h->body_max = (uint64_t)conf_int(r->site->repo->conf, "limits.upload");
	r->h->on_body = put_body;
	r->h->on_end = put_end;
	if (!r->h->has_body) {
		u->size = 0;
		u->ended = true;
		put_next(u);
	}
}

/* At the head, on the loop: rights are checked before a byte is asked for. */
static void content_put(struct req *r)
{
	const char *verb;
	struct slice key = key_and_verb(r->param[1], &verb);
	struct err e = ERR_INIT;
	struct rec rec;

	if (!api_record(r, r->param[0], API_DRAFT, WANT_EDIT, true, &rec)) {
		req_finish(r);
		return;
	}
	if (strcmp(verb, "content") != 0) {
		problem_status(r, 404, "to send content, PUT to .../files/KEY/content; to set a file's metadata, PUT JSON to .../files/KEY/metadata");
		req_finish(r);
		return;
	}
	if (rec.is_edit) {
		problem_send(r, ST_CONFLICT, &(struct err){ ST_CONFLICT, "the files of a published version never change: make a new version" });
		req_finish(r);
		return;
	}
	if (path_check(key, &e) != ST_OK) {
		problem_send(r, ST_INVALID, &e);
		req_finish(r);
		return;
	}
	start_put(r, &rec, key);
}

static void meta_put(struct req *r)
{
	struct rec rec;

	if (api_record(r, r->param[0], API_DRAFT, WANT_EDIT, true, &rec))
		file_meta(r, &rec, r->param[1]);
}

const struct route routes_file[] = {
	{ HTTP_GET, "/records/{id}/files/{*path}", page_file, 0, 0, "A file's content", "files" },
	{ HTTP_GET, "/api/records/{id}/files", record_files, 0, 0, "Files of a record", "files" },
	{ HTTP_GET, "/api/records/{id}/files/{*key}", record_file, 0, 0, "A file: its description, or .../content", "files" },
	{ HTTP_GET, "/api/records/{id}/draft/files", draft_files, ROUTE_LOGIN, 0, "Files of a draft", "files" },
	{ HTTP_POST, "/api/records/{id}/draft/files", announce, ROUTE_BODY | ROUTE_WRITE | ROUTE_LOGIN, (size_t)64 << 20, "Announce files", "files" },
	{ HTTP_GET, "/api/records/{id}/draft/files/{*key}", draft_file, ROUTE_LOGIN, 0, "A draft's file: its description, or .../content", "files" },
	{ HTTP_PUT, "/api/records/{id}/draft/files/{key}/metadata", meta_put, ROUTE_BODY | ROUTE_WRITE | ROUTE_LOGIN, 0, "Set a file's metadata and access", "files" },
	{ HTTP_PUT, "/api/records/{id}/draft/files/{*key}", content_put, ROUTE_STREAM | ROUTE_WRITE | ROUTE_LOGIN, 0, "Send a file's content to .../content", "files" },
	{ HTTP_POST, "/api/records/{id}/draft/files/{*key}", file_commit, ROUTE_BODY | ROUTE_WRITE | ROUTE_LOGIN, 0, "End an upload at .../commit", "files" },
	{ HTTP_DELETE, "/api/records/{id}/draft/files/{*key}", file_delete, ROUTE_WRITE | ROUTE_LOGIN, 0, "Remove a file from a draft", "files" },
	{ 0 }
};
