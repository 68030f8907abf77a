/* Records, drafts and versions: the routes of InvenioRDM 12, the lossless canonical form beside it. */

#include "server/api.h"
#include "store/forms.h"

#include "base/clock.h"
#include "schema/assertion.h"
#include "schema/decision.h"
#include "schema/record.h"
#include "server/cache.h"
#include "server/negotiate.h"

/* ---- Reading. ---- */

static void vary(struct req *r)
{
	reply_add(r, "Cache-Control", r->who.user == 0 ? SLICE("public, max-age=0, must-revalidate") : SLICE("private, no-store"));
	reply_add(r, "Vary", SLICE("Accept, Authorization"));
}

static bool not_modified(struct req *r, const char *etag)
{
	struct slice list = req_field(r, "If-None-Match");

	if (list.p == NULL || !negotiate_etag(list, etag, true))
		return false;
	reply_empty(r, 304);
	reply_add(r, "ETag", slice_str(etag));
	vary(r);
	return true;
}

static void answer_record(struct req *r, const struct rec *rec, bool canonical, const char *etag)
{
	struct buf b = BUF_INIT((size_t)64 << 20);
	json_t *j = rec_json(r, rec, false, canonical);

	if (j == NULL || json_dump(&b, j, false) != ST_OK) {
		json_decref(j);
		buf_release(&b);
		problem_send(r, ST_NOMEM, NULL);
		return;
	}
	json_decref(j);
	cache_put(r->site->cache, rec->id, canonical, etag, buf_slice(&b));
	reply_buf(r, 200, canonical ? MEDIA_CANONICAL : "application/json", &b);
	reply_add(r, "ETag", slice_str(etag));
	vary(r);
}

static void record_compose(struct req *r)
{
	struct rec rec;
	char etag[40];

	if (!api_record(r, r->param[0], API_PUBLISHED, WANT_SEE, false, &rec))
		return;
	rec_etag(&rec, etag);
	answer_record(r, &rec, api_wants_canonical(r), etag);
}

/* The hot path: on the loop, head from the catalogue (state and rights are always fresh), body from the cache. */
static void record_get(struct req *r)
{
	bool canonical = api_wants_canonical(r);
	struct buf hit = BUF_INIT((size_t)1 << 20);
	struct rec rec;
	char etag[40];

	if (!api_record(r, r->param[0], API_PUBLISHED, WANT_SEE, true, &rec)) {
		if (r->reply.status == 404)
			(void)!api_concept(r, r->param[0], "/api/records/", "");
		return;
	}
	rec_etag(&rec, etag);
	if (not_modified(r, etag))
		return;
	if (cache_get(r->site->cache, rec.id, canonical, etag, &hit)) {
		reply_buf(r, 200, canonical ? MEDIA_CANONICAL : "application/json", &hit);
		reply_add(r, "ETag", slice_str(etag));
		vary(r);
		return;
	}
	req_work(r, record_compose, NULL);
}

static void versions_get(struct req *r)
{
	char (*ids)[PID_LEN + 1] = arena_alloc(r->arena, 1000 * sizeof(*ids));
	json_t *out, *hits, *list;
	struct rec rec;
	struct kv_txn t;
	size_t n = 0, i;

	if (ids == NULL || !api_record(r, r->param[0], API_PUBLISHED, WANT_SEE, true, &rec))
		return;
	kv_read(r->site->repo->catalog, &t);
	n = cat_versions(&t, rec.parent, ids, 1000);
	if (n > 1000)
		n = 1000;
	list = json_array();
	for (i = 0; i < n; i++) {
		struct rec one;

		memset(&one, 0, sizeof(one));
		if (cat_get(&t, ids[i], false, &one, NULL) == ST_OK && auth_may(r, &one, WANT_SEE) == ST_OK)
			json_push(list, rec_json(r, &one, false, false));
		rec_release(&one);
	}
	kv_end(&t, NULL);
	out = json_object();
	hits = json_object();
	json_put(hits, "total", json_integer((json_int_t)json_array_size(list)));
	json_put(hits, "hits", list);
	json_put(out, "hits", hits);
	json_put(out, "links", json_pack("{s:s}", "self", req_str(r, "%s/api/records/%s/versions", BASE(r), rec.id)));
	reply_json(r, 200, out);
}

static void latest_get(struct req *r)
{
	char newest[PID_LEN + 1];
	struct rec rec;

	if (!api_record(r, r->param[0], API_PUBLISHED, WANT_SEE, true, &rec))
		return;
	if (!api_latest(r, rec.parent, newest)) {
		problem_send(r, ST_ABSENT, NULL);
		return;
	}
	reply_redirect(r, 302, req_str(r, "%s/api/records/%s", BASE(r), newest));
}

/* ---- Drafts. ---- */

/* A draft may be saved with faults; the answer lists them, so that a form can show each at its field. */
static void put_errors(struct req *r, json_t *j, const json_t *doc, const json_t *warn)
{
	struct findings f = { NULL, 0, 0 };
	json_t *errors = json_array(), *warnings = json_array();
	size_t i;

	if (record_validate(r->site->repo->schema, doc, RECORD_PUBLISH, &f) == ST_OK && forms_check(r->site->repo, doc, RECORD_PUBLISH, &f) == ST_OK) {
		for (i = 0; i < f.n; i++) {
			json_t *messages = json_array();

			json_push(messages, json_string(f.v[i].message));
			json_push(f.v[i].fatal ? errors : warnings, json_pack("{s:s, s:o}", "field", f.v[i].path, "messages", messages));
		}
	}
	findings_release(&f);
	for (i = 0; i < json_array_size(warn); i++)
		json_push(warnings, json_pack("{s:s, s:[O]}", "field", "", "messages", json_array_get(warn, i)));
	json_put(j, "errors", errors);
	json_put(j, "warnings", warnings);
}

void api_answer_draft(struct req *r, int status, const char *id, const json_t *warn)
{
	struct err e = ERR_INIT;
	struct rec rec;
	struct kv_txn t;
	json_t *j;
	char etag[40];
	st_t st;

	memset(&rec, 0, sizeof(rec));
	kv_read(r->site->repo->catalog, &t);
	st = cat_get(&t, id, true, &rec, &e);
	kv_end(&t, NULL);
	if (st != ST_OK) {
		problem_send(r, st, &e);
		return;
	}
	j = rec_json(r, &rec, true, api_wants_canonical(r));
	if (j != NULL)
		put_errors(r, j, rec.doc, warn);
	rec_etag(&rec, etag);
	rec_release(&rec);
	reply_json(r, status, j);
	reply_add(r, "ETag", slice_str(etag));
	reply_add(r, "Cache-Control", SLICE("private, no-store"));
	if (status == 201)
		reply_addf(r, "Location", "%s/api/records/%s/draft", BASE(r), id);
}

static void draft_create(struct req *r)
{
	json_t *warn = json_array(), *doc;
	char id[PID_LEN + 1];
	struct err e = ERR_INIT;
	struct actor a;
	st_t st;

	if (!(r->who.scopes & SCOPE_DEPOSIT) || r->who.role == ROLE_NONE) {
		problem_send(r, ST_DENIED, &(struct err){ ST_DENIED, "this token may not deposit" });
		json_decref(warn);
		return;
	}
	doc = api_doc_in(r, warn);
	if (doc != NULL) {
		/* Only this server says who confirmed what. */
		st = assertions_guard(doc, NULL);
		decisions_guard(doc, NULL);
		api_actor(r, &a);
		if (st == ST_OK)
			st = deposit_new(r->site->repo, &a, doc, id, &e);
		if (st == ST_OK)
			api_answer_draft(r, 201, id, warn);
		else
			problem_send(r, st, &e);
	}
	json_decref(warn);
}

static void draft_get(struct req *r)
{
	struct rec rec;

	if (api_record(r, r->param[0], API_DRAFT, WANT_SEE, true, &rec))
		api_answer_draft(r, 200, rec.id, NULL);
}

/* If-Match as InvenioRDM clients send it: our ETag, or the bare revision number. 0: no condition. */
static bool if_match(struct req *r, const struct rec *rec, uint32_t *etag)
{
	struct slice list = req_field(r, "If-Match");
	char mine[40];
	uint64_t n;

	*etag = 0;
	if (list.p == NULL || slice_eq_str(list, "*"))
		return true;
	rec_etag(rec, mine);
	if (negotiate_etag(list, mine, false) || (slice_u64(list, UINT32_MAX, &n) && n == rec->etag)) {
		*etag = rec->etag;
		return true;
	}
	problem_send(r, ST_STALE, &(struct err){ ST_STALE, "the draft was changed since you read it" });
	reply_add(r, "ETag", slice_str(mine));
	return false;
}

static void draft_put(struct req *r)
{
	json_t *warn = json_array(), *doc;
	struct err e = ERR_INIT;
	struct actor a;
	struct rec rec;
	uint32_t etag;
	st_t st;

	if (api_record(r, r->param[0], API_DRAFT, WANT_EDIT, false, &rec) && if_match(r, &rec, &etag) &&
	    (doc = api_doc_in(r, warn)) != NULL) {
		st = assertions_guard(doc, rec.doc);
		decisions_guard(doc, rec.doc);
		api_actor(r, &a);
		if (st == ST_OK)
			st = deposit_save(r->site->repo, &a, rec.id, doc, etag, &e);
		if (st == ST_OK)
			api_answer_draft(r, 200, rec.id, warn);
		else
			problem_send(r, st, &e);
	}
	json_decref(warn);
}

static void draft_delete(struct req *r)
{
	struct err e = ERR_INIT;
	struct actor a;
	struct rec rec;
	st_t st;

	if (!api_record(r, r->param[0], API_DRAFT, WANT_EDIT, true, &rec))
		return;
	api_actor(r, &a);
	st = deposit_discard(r->site->repo, &a, rec.id, &e);
	if (st == ST_OK)
		reply_empty(r, 204);
	else
		problem_send(r, st, &e);
}

static void draft_edit(struct req *r)
{
	struct err e = ERR_INIT;
	struct actor a;
	struct rec rec;
	st_t st;

	if (!api_record(r, r->param[0], API_PUBLISHED, WANT_EDIT, true, &rec))
		return;
	api_actor(r, &a);
	st = deposit_edit(r->site->repo, &a, rec.id, &e);
	if (st == ST_OK)
		api_answer_draft(r, 201, rec.id, NULL);
	else
		problem_send(r, st, &e);
}

static void version_new(struct req *r)
{
	char id[PID_LEN + 1];
	struct err e = ERR_INIT;
	struct actor a;
	struct rec rec;
	st_t st;

	if (!api_record(r, r->param[0], API_PUBLISHED, WANT_EDIT, true, &rec))
		return;
	api_actor(r, &a);
	st = deposit_new_version(r->site->repo, &a, rec.id, id, &e);
	if (st == ST_OK)
		api_answer_draft(r, 201, id, NULL);
	else
		problem_send(r, st, &e);
}

static void files_import(struct req *r)
{
	struct err e = ERR_INIT;
	struct actor a;
	struct rec rec;
	st_t st;

	if (!api_record(r, r->param[0], API_DRAFT, WANT_EDIT, true, &rec))
		return;
	api_actor(r, &a);
	st = deposit_import_files(r->site->repo, &a, rec.id, &e);
	if (st == ST_OK)
		api_answer_draft(r, 201, rec.id, NULL);
	else
		problem_send(r, st, &e);
}

/* The setting "review": what depositors make is published by a curator. */
static bool needs_review(const struct req *r)
{
	return conf_bool(r->site->repo->conf, "review") && !r->who.system && r->who.role < ROLE_CURATOR;
}

static void refuse_publish(struct req *r)
{
	struct rec rec;

	/* What is not theirs looks as if it were not there, here too. */
	if (api_record(r, r->param[0], API_DRAFT, WANT_PUBLISH, true, &rec))
		problem_send(r, ST_DENIED, &(struct err){ ST_DENIED, "a curator publishes here: POST to .../draft/actions/submit-review" });
}

/* Only what could be published goes to a curator. */
static void review_submit(struct req *r)
{
	struct findings f = { NULL, 0, 0 };
	struct err e = ERR_INIT;
	struct rec rec;
	struct actor a;
	size_t i;
	st_t st;

	if (!api_record(r, r->param[0], API_DRAFT, WANT_PUBLISH, false, &rec))
		return;
	if (!conf_bool(r->site->repo->conf, "review")) {
		problem_status(r, 409, "there is no review in this repository: publish the draft");
		return;
	}
	st = record_validate(r->site->repo->schema, rec.doc, RECORD_PUBLISH, &f);
	if (st == ST_OK)
		st = forms_check(r->site->repo, rec.doc, RECORD_PUBLISH, &f);
	for (i = 0; st == ST_OK && i < f.n; i++)
		if (f.v[i].fatal)
			break;
	if (st == ST_OK && i < f.n) {
		problem_findings(r, &f);
		findings_release(&f);
		return;
	}
	findings_release(&f);
	api_actor(r, &a);
	if (st == ST_OK)
		st = deposit_review(r->site->repo, &a, rec.id, true, &e);
	if (st == ST_OK)
		api_answer_draft(r, 202, rec.id, NULL);
	else
		problem_send(r, st, &e);
}

static void review_return(struct req *r)
{
	struct err e = ERR_INIT;
	struct rec rec;
	struct actor a;
	st_t st;

	if (!api_record(r, r->param[0], API_DRAFT, WANT_SEE, true, &rec))
		return;
	if (!r->who.system && (r->who.role < ROLE_CURATOR || !(r->who.scopes & SCOPE_PUBLISH))) {
		problem_send(r, ST_DENIED, &(struct err){ ST_DENIED, "a curator gives it back" });
		return;
	}
	api_actor(r, &a);
	st = deposit_review(r->site->repo, &a, rec.id, false, &e);
	if (st == ST_OK)
		api_answer_draft(r, 200, rec.id, NULL);
	else
		problem_send(r, st, &e);
}

static void draft_publish(struct req *r)
{
	struct slice key = req_field(r, "Idempotency-Key");
	struct findings f = { NULL, 0, 0 };
	struct err e = ERR_INIT;
	struct rec rec, out;
	json_t *in = NULL;
	struct actor a;
	char pid[PID_LEN + 1];
	st_t st;

	memset(&out, 0, sizeof(out));
	if (needs_review(r)) {
		refuse_publish(r);
		return;
	}
	/* With a request key the draft may be gone already: the first answer is given again. */
	if (key.p == NULL) {
		if (!api_record(r, r->param[0], API_DRAFT, WANT_PUBLISH, true, &rec))
			return;
	} else {
		struct kv_txn t;
		bool draft;

		if (!pid_parse(pid, r->param[0])) {
			problem_send(r, ST_ABSENT, NULL);
			return;
		}
		kv_read(r->site->repo->catalog, &t);
		memset(&rec, 0, sizeof(rec));
		draft = cat_head(&t, pid, true, &rec, NULL) == ST_OK;
		kv_end(&t, NULL);
		rec_release(&rec);
		if (!api_record(r, r->param[0], draft ? API_DRAFT : API_PUBLISHED, WANT_PUBLISH, true, &rec))
			return;
	}
	/* {"confirm": true}: whoever publishes has looked at what programs proposed, and says so. */
	if (!req_empty_body(r) && (in = req_json(r)) == NULL)
		return;
	api_actor(r, &a);
	if (json_is_true(json_object_get(in, "confirm")) && (st = api_confirm(r, rec.id, NULL, &e)) != ST_OK && (st != ST_ABSENT || key.p == NULL)) {
		problem_send(r, st, &e);
		return;
	}
	err_clear(&e);
	st = deposit_publish(r->site->repo, &a, rec.id, key.p == NULL ? NULL : req_zstr(r, key), &f, &out, &e);
	if (st == ST_OK) {
		reply_json(r, 202, rec_json(r, &out, false, api_wants_canonical(r)));
		reply_addf(r, "Location", "%s/api/records/%s", BASE(r), out.id);
	} else if (st == ST_INVALID && f.n > 0) {
		problem_findings(r, &f);
	} else {
		problem_send(r, st, &e);
	}
	rec_release(&out);
	findings_release(&f);
}

/* ---- Withdrawal. ---- */

static const char *reason_of(json_t *in)
{
	const char *s = json_text(in, "reason");

	if (s == NULL)
		s = json_text(json_object_get(in, "removal_reason"), "id");
	if (s == NULL)
		s = json_text(in, "removal_reason");
	return s;
}

static void record_withdraw(struct req *r)
{
	struct err e = ERR_INIT;
	json_t *in = NULL;
	struct actor a;
	struct rec rec;
	st_t st;

	if (!api_record(r, r->param[0], API_PUBLISHED, WANT_WITHDRAW, true, &rec))
		return;
	if (!req_empty_body(r) && (in = req_json(r)) == NULL)
		return;
	if (reason_of(in) == NULL) {
		problem_status(r, 400, "reason: say why the record is withdrawn, as {\"reason\": \"...\"}");
		return;
	}
	api_actor(r, &a);
	st = deposit_withdraw(r->site->repo, &a, rec.id, reason_of(in), json_text(in, "note"), &e);
	if (st == ST_OK)
		reply_empty(r, 204);
	else
		problem_send(r, st, &e);
}

static void record_restore(struct req *r)
{
	char pid[PID_LEN + 1];
	struct err e = ERR_INIT;
	struct actor a;
	st_t st;

	/* A tombstone cannot be asked for its rights in the usual way: restoring is a curator's. */
	if (!r->who.system && (r->who.role < ROLE_CURATOR || !(r->who.scopes & SCOPE_PUBLISH))) {
		problem_send(r, ST_DENIED, &(struct err){ ST_DENIED, "withdrawn records are brought back by curators" });
		return;
	}
	if (!pid_parse(pid, r->param[0])) {
		problem_send(r, ST_ABSENT, NULL);
		return;
	}
	api_actor(r, &a);
	st = deposit_restore(r->site->repo, &a, pid, &e);
	if (st == ST_OK)
		reply_redirect(r, 303, req_str(r, "%s/api/records/%s", BASE(r), pid));
	else
		problem_send(r, st, &e);
}

/* ---- A user's own drafts. ---- */

static void user_records(struct req *r)
{
	char ids[100][PID_LEN + 1];
	uint64_t after = (uint64_t)req_arg_int(r, "after", 0, 0, INT64_MAX);
	size_t max = (size_t)req_arg_int(r, "size", 25, 1, 100), n, i;
	json_t *list = json_array(), *out, *links;
	struct kv_txn t;

	kv_read(r->site->repo->catalog, &t);
	n = cat_drafts(&t, r->who.role >= ROLE_CURATOR && req_arg(r, "all").p != NULL ? 0 : r->who.user, &after, ids, max);
	for (i = 0; i < n; i++) {
		struct rec rec;

		memset(&rec, 0, sizeof(rec));
		if (cat_get(&t, ids[i], true, &rec, NULL) == ST_OK && auth_may(r, &rec, WANT_SEE) == ST_OK)
			json_push(list, rec_json(r, &rec, true, false));
		rec_release(&rec);
	}
	kv_end(&t, NULL);
	out = json_object();
	links = json_object();
	json_put_str(links, "self", slice_str(req_str(r, "%s/api/user/records", BASE(r))));
	if (n == max)
		json_put_str(links, "next", slice_str(req_str(r, "%s/api/user/records?size=%zu&after=%llu", BASE(r), max, (unsigned long long)after)));
	json_put(out, "hits", json_pack("{s:o, s:I}", "hits", list, "total", (json_int_t)json_array_size(list)));
	json_put(out, "links", links);
	reply_json(r, 200, out);
	reply_add(r, "Cache-Control", SLICE("private, no-store"));
}

#define DOC_MAX ((size_t)64 << 20)	/* metadata of a record; what is in it has its own limits */

const struct route routes_record[] = {
	{ HTTP_GET, "/api/records/{id}", record_get, ROUTE_LOOP, 0, "A published record", "records" },
	{ HTTP_POST, "/api/records", draft_create, ROUTE_BODY | ROUTE_WRITE | ROUTE_LOGIN, DOC_MAX, "Create a draft", "drafts" },
	{ HTTP_DELETE, "/api/records/{id}", record_withdraw, ROUTE_BODY | ROUTE_WRITE | ROUTE_LOGIN, 0, "Withdraw a record, leaving a tombstone", "records" },
	{ HTTP_POST, "/api/records/{id}/actions/withdraw", record_withdraw, ROUTE_BODY | ROUTE_WRITE | ROUTE_LOGIN, 0, "Withdraw a record, leaving a tombstone", "records" },
	{ HTTP_POST, "/api/records/{id}/actions/restore", record_restore, ROUTE_BODY | ROUTE_WRITE | ROUTE_LOGIN, 0, "Bring a withdrawn record back", "records" },
	{ HTTP_GET, "/api/records/{id}/draft", draft_get, ROUTE_LOGIN, 0, "The draft", "drafts" },
	{ HTTP_PUT, "/api/records/{id}/draft", draft_put, ROUTE_BODY | ROUTE_WRITE | ROUTE_LOGIN, DOC_MAX, "Replace the draft's metadata", "drafts" },
	{ HTTP_POST, "/api/records/{id}/draft", draft_edit, ROUTE_BODY | ROUTE_WRITE | ROUTE_LOGIN, 0, "Start revising a published record", "drafts" },
	{ HTTP_DELETE, "/api/records/{id}/draft", draft_delete, ROUTE_WRITE | ROUTE_LOGIN, 0, "Discard the draft", "drafts" },
	{ HTTP_POST, "/api/records/{id}/draft/actions/publish", draft_publish, ROUTE_BODY | ROUTE_WRITE | ROUTE_LOGIN, 0, "Publish the draft", "drafts" },
	{ HTTP_POST, "/api/records/{id}/draft/actions/submit-review", review_submit, ROUTE_BODY | ROUTE_WRITE | ROUTE_LOGIN, 0, "Hand the draft to the curators", "drafts" },
	{ HTTP_POST, "/api/records/{id}/draft/actions/return", review_return, ROUTE_BODY | ROUTE_WRITE | ROUTE_LOGIN, 0, "Give a draft in review back to its owner", "drafts" },
	{ HTTP_POST, "/api/records/{id}/draft/actions/files-import", files_import, ROUTE_BODY | ROUTE_WRITE | ROUTE_LOGIN, 0, "Take over the previous version's files", "drafts" },
	{ HTTP_GET, "/api/records/{id}/versions", versions_get, 0, 0, "All versions", "records" },
	{ HTTP_POST, "/api/records/{id}/versions", version_new, ROUTE_BODY | ROUTE_WRITE | ROUTE_LOGIN, 0, "Start a new version", "drafts" },
	{ HTTP_GET, "/api/records/{id}/versions/latest", latest_get, 0, 0, "Redirect to the newest version", "records" },
	{ HTTP_GET, "/api/user/records", user_records, ROUTE_LOGIN, 0, "The caller's drafts", "drafts" },
	{ 0 }
};
