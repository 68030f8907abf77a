/* Files of records and drafts. */

#include "server/api.h"

#include "base/clock.h"
#include "base/str.h"
#include "server/negotiate.h"
#include "server/put.h"
#include "server/serve.h"
#include "store/upload.h"

#define LIST_MAX 1000

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

	if (list == NULL || !api_record(r, r->param[0], draft ? API_DRAFT : API_PUBLISHED, WANT_SEE, true, &rec)) {
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

	if (!api_record(r, r->param[0], draft ? API_DRAFT : API_PUBLISHED, WANT_SEE, true, &rec))
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

static void put_answer(struct req *r, const struct put_result *res)
{
	struct put_spec *spec = r->own;

	if (res->st != ST_OK)
		problem_send(r, res->st, &res->err);
	else
		reply_json(r, 200, file_json(r, spec->ctx, true, &res->file));
}

static void start_put(struct req *r, const struct rec *rec, struct slice key)
{
	struct put_spec *spec = arena_alloc(r->arena, sizeof(*spec));
	struct rec *kept = arena_alloc(r->arena, sizeof(*kept));

	if (spec == NULL || kept == NULL) {
		problem_send(r, ST_NOMEM, NULL);
		req_finish(r);
		return;
	}
	*kept = *rec;
	spec->draft = kept->id;
	spec->path = slice_of(arena_dup(r->arena, key.p, key.n), key.n);
	spec->size = r->h->has_body ? r->h->body_len : 0;
	spec->sha256 = put_declared_digest(r);
	spec->ends = true;
	spec->answer = put_answer;
	spec->ctx = kept;
	r->own = spec;
	put_start(r, spec);
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
