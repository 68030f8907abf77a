/*
 * Resumable uploads: tus 1.0.0 core with creation, termination and (through its metadata key "sha256") a digest for the whole. An upload belongs to one
 * draft and path: asking to create it again with the same digest finds the one that was cut (HEAD says how far it is), else begins anew.
 */

#include "server/api.h"

#include "base/str.h"
#include "server/put.h"

static void tus_fields(struct req *r)
{
	reply_add(r, "Tus-Resumable", SLICE("1.0.0"));
	reply_add(r, "Cache-Control", SLICE("no-store"));
}

static void tus_options(struct req *r)
{
	reply_options(r, "POST, OPTIONS");
	tus_fields(r);
	reply_add(r, "Tus-Version", SLICE("1.0.0"));
	reply_add(r, "Tus-Extension", SLICE("creation,termination"));
	reply_addf(r, "Tus-Max-Size", "%lld", (long long)conf_int(r->site->repo->conf, "limits.upload"));
}

static bool version_fits(struct req *r)
{
	if (slice_eq_str(req_field(r, "Tus-Resumable"), "1.0.0"))
		return true;
	problem_status(r, 412, "Tus-Resumable: this server speaks 1.0.0");
	reply_add(r, "Tus-Version", SLICE("1.0.0"));
	return false;
}

/* "key BASE64,key BASE64": decoded into the arena; empty when absent. */
static struct slice metadata(struct req *r, const char *key)
{
	struct slice list = req_field(r, "Upload-Metadata"), out = SLICE_NULL;

	while (list.p != NULL && out.p == NULL) {
		struct slice value = slice_trim(slice_cut(&list, ','));
		struct slice name = slice_cut(&value, ' ');
		struct buf raw = BUF_INIT(8192);

		if (slice_eq_str(name, key) && value.p != NULL && base64_decode(&raw, slice_trim(value)) == ST_OK && raw.n > 0)
			out = slice_of(arena_dup(r->arena, raw.p, raw.n), raw.n);
		buf_release(&raw);
	}
	return out;
}

static bool hex64(struct slice s)
{
	uint8_t sum[32];

	return s.n == 64 && hex_decode(sum, s) == ST_OK;
}

/* The same file once more, as its digest says? Then the cut upload is the answer. Without a digest it may be another of the same length. */
static bool existing(struct req *r, const char *draft, struct slice path, int64_t size, struct slice sha, char id[33])
{
	struct upload_info info;
	uint64_t offset;
	bool same;

	if (sha.n == 0)
		return false;
	if (upload_find(r->site->repo, draft, path, id, &offset, NULL) != ST_OK || upload_info(r->site->repo, id, &info, NULL) != ST_OK)
		return false;
	same = info.size == size && slice_ieq_str(sha, info.sha256_hex);
	upload_info_release(&info);
	return same;
}

static void tus_create(struct req *r)
{
	struct slice key, record, sha;
	struct upload_spec spec = { 0 };
	struct err e = ERR_INIT;
	struct upload *u = NULL;
	uint64_t size;
	struct rec rec;
	char id[33];
	st_t st = ST_OK;

	if (!version_fits(r))
		return;
	record = metadata(r, "record");
	key = metadata(r, "key");
	sha = metadata(r, "sha256");
	if (!slice_u64(slice_trim(req_field(r, "Upload-Length")), INT64_MAX, &size) || key.n == 0 || (sha.n > 0 && !hex64(sha))) {
		problem_status(r, 400, "Upload-Length, and Upload-Metadata with record and key (and sha256 in hex, if you can), are needed");
		return;
	}
	if (size > (uint64_t)conf_int(r->site->repo->conf, "limits.upload")) {
		problem_send(r, ST_TOOBIG, &(struct err){ ST_TOOBIG, "the file is larger than this repository takes" });
		return;
	}
	if (!api_record(r, record, API_DRAFT, WANT_EDIT, true, &rec))
		return;
	if (rec.is_edit) {
		problem_send(r, ST_CONFLICT, &(struct err){ ST_CONFLICT, "the files of a published version never change: make a new version" });
		return;
	}
	if (!existing(r, rec.id, key, (int64_t)size, sha, id)) {
		spec.draft = rec.id;
		spec.path = key;
		spec.size = (int64_t)size;
		spec.sha256_hex = sha.n > 0 ? req_zstr(r, sha) : NULL;
		spec.user = r->who.user;
		st = upload_begin(r->site->repo, &spec, &u, &e);
		if (st == ST_OK) {
			snprintf(id, sizeof(id), "%s", upload_id(u));
			st = upload_pause(u, &e);
		}
	}
	if (st != ST_OK) {
		problem_send(r, st, &e);
		return;
	}
	reply_empty(r, 201);
	tus_fields(r);
	reply_addf(r, "Location", "%s/api/uploads/%s", BASE(r), id);
}

/* The upload a path names, if the caller may edit its draft. */
static bool find_upload(struct req *r, struct upload_info *info)
{
	const char *id = req_zstr(r, r->param[0]);
	struct rec rec;

	if (upload_info(r->site->repo, id, info, NULL) == ST_OK) {
		if (api_record(r, slice_str(info->draft), API_DRAFT, WANT_EDIT, true, &rec))
			return true;
		upload_info_release(info);
		if (r->reply.status != 404)
			return false;
	}
	/* The same words whether it is nowhere or somebody else's. */
	problem_status(r, 404, "there is no such upload, or it has ended");
	return false;
}

static void tus_head(struct req *r)
{
	struct upload_info info;

	if (!find_upload(r, &info))
		return;
	reply_empty(r, 200);
	tus_fields(r);
	reply_addf(r, "Upload-Offset", "%llu", (unsigned long long)info.offset);
	if (info.size >= 0)
		reply_addf(r, "Upload-Length", "%lld", (long long)info.size);
	upload_info_release(&info);
}

static void tus_delete(struct req *r)
{
	const char *id = req_zstr(r, r->param[0]);
	struct upload_info info;
	struct upload *u = NULL;
	struct err e = ERR_INIT;
	uint64_t at;
	st_t st;

	if (!find_upload(r, &info))
		return;
	upload_info_release(&info);
	st = upload_resume(r->site->repo, id, &u, &at, &e);
	if (st != ST_OK) {
		problem_send(r, st, &e);
		return;
	}
	upload_abort(u);
	reply_empty(r, 204);
	tus_fields(r);
}

static void patch_answer(struct req *r, const struct put_result *res)
{
	if (res->st != ST_OK) {
		problem_send(r, res->st, &res->err);
	} else {
		reply_empty(r, 204);
		reply_addf(r, "Upload-Offset", "%llu", (unsigned long long)res->offset);
	}
	tus_fields(r);
}

static bool patch_check(struct req *r, struct put_spec *spec)
{
	struct upload_info info;

	if (!find_upload(r, &info))
		return false;
	spec->size = info.size;
	upload_info_release(&info);
	return true;
}

static void tus_patch(struct req *r)
{
	struct put_spec *spec = arena_alloc(r->arena, sizeof(*spec));
	struct slice type = req_field(r, "Content-Type");

	if (spec == NULL) {
		problem_send(r, ST_NOMEM, NULL);
	} else if (!version_fits(r)) {
		;
	} else if (!slice_ieq_str(slice_trim(slice_cut(&type, ';')), "application/offset+octet-stream")) {
		problem_status(r, 415, "Content-Type: application/offset+octet-stream is needed");
	} else if (!slice_u64(slice_trim(req_field(r, "Upload-Offset")), UINT64_MAX, &spec->offset)) {
		problem_status(r, 400, "Upload-Offset is needed");
	} else {
		spec->resume = req_zstr(r, r->param[0]);
		spec->answer = patch_answer;
		spec->check = patch_check;
		put_start(r, spec);
		return;
	}
	req_finish(r);
}

const struct route routes_upload[] = {
	{ HTTP_OPTIONS, "/api/uploads", tus_options, 0, 0, NULL, NULL },
	{ HTTP_POST, "/api/uploads", tus_create, ROUTE_BODY | ROUTE_WRITE | ROUTE_LOGIN, 0, "Start (or find) a resumable upload, tus 1.0.0", "files" },
	{ HTTP_HEAD, "/api/uploads/{id}", tus_head, ROUTE_LOGIN, 0, "How far an upload is", "files" },
	{ HTTP_PATCH, "/api/uploads/{id}", tus_patch, ROUTE_STREAM | ROUTE_WRITE | ROUTE_LOGIN, 0, "Send bytes from an offset on", "files" },
	{ HTTP_DELETE, "/api/uploads/{id}", tus_delete, ROUTE_WRITE | ROUTE_LOGIN, 0, "Give an upload up", "files" },
	{ 0 }
};
