/*
 * POST /api/records/ID/draft/files-archive: many files of a draft in one request, as a tar stream; the counterpart of InvenioRDM's GET files-archive. The
 * tar is a way to travel: files go into the draft one by one as they come, nothing is unpacked later, and nothing but regular files is taken.
 */

#include "server/api.h"

#include "base/str.h"
#include "base/tar.h"
#include "base/utf8.h"
#include "server/put.h"
#include "store/batch.h"

#define ERRORS_MAX 1000		/* told one by one; the rest are counted */

struct archive {
	struct put_spec spec;		/* first: put.c hands it back */
	struct req *r;
	struct batch *batch;
	struct tar_in *tar;
	struct batch_counts n;
	json_t *errors;			/* owned */
	uint64_t odd;			/* refused before they reached the batch */
};

static void archive_release(void *p)
{
	struct archive *a = p;

	tar_in_free(a->tar);
	batch_free(a->batch);
	json_decref(a->errors);
}

static void refused(void *ctx, struct slice path, st_t st, const char *why)
{
	struct archive *a = ctx;
	struct buf name = BUF_INIT(3 * TAR_PATH_MAX + 1);

	if (json_array_size(a->errors) >= ERRORS_MAX)
		return;
	/* A name that is no text is shown as the command line shows it. */
	if (utf8_valid(path, NULL) && (path.n == 0 || memchr(path.p, '\0', path.n) == NULL))
		buf_addsl(&name, path);
	else
		percent_encode(&name, path, "/");
	json_push(a->errors, json_pack("{s:s%, s:i, s:s}", "key", name.p == NULL ? "" : name.p, name.n, "status", problem_code(st), "message", why));
	buf_release(&name);
}

static st_t on_entry(void *ctx, const struct tar_entry *x, struct err *e)
{
	struct archive *a = ctx;

	if (x->kind == TAR_FILE)
		return batch_begin(a->batch, x->path, x->size, x->sha256[0] == '\0' ? NULL : x->sha256, e);
	if (x->kind == TAR_DIR)
		return ST_OK;
	a->odd++;
	refused(a, x->path, ST_INVALID, x->kind == TAR_LINK ? "it is a link: send the file it points at" : "it is no regular file");
	return ST_OK;
}

static st_t on_data(void *ctx, const void *p, size_t n, struct err *e)
{
	return batch_write(((struct archive *)ctx)->batch, p, n, e);
}

static st_t on_end(void *ctx, struct err *e)
{
	return batch_end(((struct archive *)ctx)->batch, e);
}

static st_t sink_begin(struct put_spec *spec, struct err *e)
{
	static const struct tar_in_fn fn = { on_entry, on_data, on_end };
	struct archive *a = (struct archive *)spec;
	st_t st = batch_new(a->r->site->repo, spec->draft, a->r->who.user, refused, a, &a->batch, e);

	if (st == ST_OK && (a->tar = tar_in_new(&fn, a)) == NULL)
		st = ST_NOMEM;
	return st;
}

static st_t sink_write(struct put_spec *spec, const void *p, size_t n, struct err *e)
{
	return tar_in_add(((struct archive *)spec)->tar, p, n, e);
}

/* ${whole} false: the client went away, or what came is no tar. What came whole before that is kept: nobody sends it twice. */
static st_t sink_end(struct put_spec *spec, bool whole, struct err *e)
{
	struct archive *a = (struct archive *)spec;
	struct err none = ERR_INIT;
	st_t st = ST_OK, kept = ST_OK;

	if (a->batch == NULL)
		return ST_OK;
	if (whole)
		st = tar_in_end(a->tar, e);
	kept = batch_commit(a->batch, st == ST_OK ? e : &none);
	batch_counts(a->batch, &a->n);
	batch_free(a->batch);
	a->batch = NULL;
	return st != ST_OK ? st : kept;
}

static void answer(struct req *r, const struct put_result *res)
{
	struct archive *a = r->own;

	if (res->st != ST_OK) {
		struct err e = res->err;

		if (a->n.files > 0)
			err_set(&e, res->st, "%s; %llu files before that are in the draft", res->err.text, (unsigned long long)a->n.files);
		problem_send(r, res->st, &e);
		return;
	}
	reply_json(r, 200, json_pack("{s:I, s:I, s:I, s:O, s:{s:s}}", "count", (json_int_t)a->n.files, "bytes", (json_int_t)a->n.bytes, "refused",
	    (json_int_t)(a->n.refused + a->odd), "errors", a->errors, "links", "files", req_str(r, "%s/api/records/%s/draft/files", BASE(r), a->spec.draft)));
}

static void archive_post(struct req *r)
{
	static const struct put_sink sink = { sink_begin, sink_write, sink_end };
	struct archive *a = arena_alloc(r->arena, sizeof(*a));
	struct slice type = req_field(r, "Content-Type");
	struct rec rec;

	if (!api_record(r, r->param[0], API_DRAFT, WANT_EDIT, true, &rec)) {
		;
	} else if (!slice_ieq_str(slice_trim(slice_cut(&type, ';')), "application/x-tar")) {
		problem_status(r, 415, "Content-Type: application/x-tar is needed, not compressed");
	} else if (rec.is_edit) {
		problem_send(r, ST_CONFLICT, &(struct err){ ST_CONFLICT, "the files of a published version never change: make a new version" });
	} else if (a == NULL || (a->errors = json_array()) == NULL || arena_defer(r->arena, archive_release, a) != ST_OK) {
		problem_send(r, ST_NOMEM, NULL);
	} else {
		a->r = r;
		a->spec.draft = req_str(r, "%s", rec.id);
		a->spec.size = -1;
		a->spec.sink = &sink;
		a->spec.answer = answer;
		r->own = a;
		put_start(r, &a->spec);
		return;
	}
	req_finish(r);
}

const struct route routes_archive[] = {
	{ HTTP_POST, "/api/records/{id}/draft/files-archive", archive_post, ROUTE_STREAM | ROUTE_WRITE | ROUTE_LOGIN, 0,
	  "Send many files at once, as a tar stream", "files" },
	{ 0 }
};
