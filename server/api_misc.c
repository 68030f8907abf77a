/* What belongs to no record: who am I, what is this server, communities, administration; and how far a record's files have been read. */

#include "server/api.h"

#include "base/clock.h"
#include "indexer/follow.h"
#include "server/runner.h"
#include "store/accounts.h"
#include "store/admin.h"
#include "store/jobs.h"

static const char *role_name(enum role role)
{
	static const char *const names[] = { "none", "depositor", "curator", "admin" };

	return names[role];
}

static void about(struct req *r)
{
	struct site *s = r->site;

	reply_json(r, 200, json_pack("{s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s, s:s}}", "name", s->name, "version", AZEKURA_VERSION, "links",
	    "records", req_str(r, "%s/api/records", s->base), "communities", req_str(r, "%s/api/communities", s->base),
	    "vocabularies", req_str(r, "%s/api/vocabularies", s->base), "oai", req_str(r, "%s/oai", s->base),
	    "openapi", req_str(r, "%s/api/openapi.json", s->base), "html", req_str(r, "%s/", s->base)));
}

static void user_get(struct req *r)
{
	struct account a = { 0 };
	struct kv_txn t;
	json_t *j;

	kv_read(r->site->repo->catalog, &t);
	if (r->who.user != 0)
		(void)!account_get(&t, r->who.user, &a);
	kv_end(&t, NULL);
	j = json_pack("{s:s, s:s, s:s}", "id", req_str(r, "%u", r->who.user), "username", r->who.name, "role", role_name(r->who.role));
	if (a.fullname[0] != '\0')
		json_put_str(j, "fullname", slice_str(a.fullname));
	if (a.email[0] != '\0')
		json_put_str(j, "email", slice_str(a.email));
	reply_json(r, 200, j);
	reply_add(r, "Cache-Control", SLICE("private, no-store"));
}

/* ---- What was read in the files. ---- */

static void facts_get_all(struct req *r)
{
	struct err e = ERR_INIT;
	json_t *facts = NULL, *sights = NULL;
	struct kv_txn t;
	struct rec rec;
	st_t st;

	if (!api_record(r, r->param[0], API_PUBLISHED, WANT_SEE, false, &rec))
		return;
	/* Statistics of closed columns say what the column holds: as the files, so the facts. */
	st = auth_may(r, &rec, WANT_FILE);
	if (st != ST_OK) {
		problem_status(r, problem_code(st), "what is inside these files is shown to those who may read them");
		return;
	}
	kv_read(r->site->repo->catalog, &t);
	st = enrich_for(r->site->repo, &t, &rec, &r->who, &facts, &e);
	if (st == ST_OK && facts != NULL && (st = sights_for(r->site->repo, &t, &rec, &r->who, &sights, &e)) == ST_OK)
		json_put(facts, "sights", sights);
	kv_end(&t, NULL);
	if (st != ST_OK) {
		json_decref(facts);
		problem_send(r, st, &e);
	} else {
		json_object_del(facts, "texts");	/* for search only: the files themselves are a request away */
		reply_json(r, 200, facts != NULL ? facts : json_object());
	}
}

static void record_status(struct req *r)
{
	uint64_t indexed, extracted;
	struct rec rec;

	if (!api_record(r, r->param[0], API_PUBLISHED, WANT_SEE, true, &rec))
		return;
	follow_place(r->site->follow, &indexed, &extracted);
	reply_json(r, 200, json_pack("{s:s, s:I, s:b, s:b}", "id", rec.id, "change", (json_int_t)rec.change, "indexed", (int)(indexed >= rec.change),
	    "extracted", (int)(extracted >= rec.change)));
	reply_add(r, "Cache-Control", SLICE("no-store"));
}

/* ---- Communities. ---- */

static void admin_answer(struct req *r, const char *op, const json_t *args, int status)
{
	struct err e = ERR_INIT;
	json_t *out = NULL;
	st_t st = admin_run(r->site->repo, op, args, NULL, &out, &e);

	if (st == ST_OK)
		reply_json(r, status, out);
	else
		problem_send(r, st, &e);
	reply_add(r, "Cache-Control", SLICE("private, no-store"));
}

static void communities_get(struct req *r)
{
	struct err e = ERR_INIT;
	json_t *out = NULL, *list;
	st_t st = admin_run(r->site->repo, "community.list", NULL, NULL, &out, &e);

	if (st != ST_OK) {
		problem_send(r, st, &e);
		return;
	}
	list = json_incref(json_object_get(out, "communities"));
	json_decref(out);
	reply_json(r, 200, json_pack("{s:{s:o, s:I}}", "hits", "hits", list, "total", (json_int_t)json_array_size(list)));
}

static void community_post(struct req *r)
{
	json_t *in;

	if (!r->who.system && (r->who.role < ROLE_CURATOR || !(r->who.scopes & SCOPE_PUBLISH))) {
		problem_send(r, ST_DENIED, &(struct err){ ST_DENIED, "communities are made by curators" });
		return;
	}
	in = req_json(r);
	if (in == NULL)
		return;
	/* InvenioRDM writes {"slug", "metadata": {"title", "description"}}. */
	if (json_text(in, "name") == NULL && json_string_value(json_at(in, "metadata.title")) != NULL) {
		json_put(in, "name", json_incref(json_at(in, "metadata.title")));
		if (json_at(in, "metadata.description") != NULL)
			json_put(in, "description", json_incref(json_at(in, "metadata.description")));
	}
	admin_answer(r, "community.create", in, 201);
}

static bool find_set(struct req *r, struct slice slug, struct cat_set *out)
{
	struct kv_txn t;
	struct cat_set page[100];
	struct buf after = BUF_INIT(1024);
	size_t n, i;
	bool found = false;

	kv_read(r->site->repo->catalog, &t);
	do {
		n = cat_sets(&t, buf_slice(&after), page, 100);
		for (i = 0; i < n; i++) {
			if (!found && slice_eq_str(slug, page[i].spec)) {
				*out = page[i];
				found = true;
				continue;
			}
			if (i + 1 == n) {
				buf_clear(&after);
				buf_adds(&after, page[i].spec);
			}
			cat_set_release(&page[i]);
		}
	} while (!found && n == 100);
	kv_end(&t, NULL);
	buf_release(&after);
	return found;
}

static void community_get(struct req *r)
{
	struct cat_set s;

	if (!find_set(r, r->param[0], &s)) {
		problem_status(r, 404, "there is no such community");
		return;
	}
	reply_json(r, 200, json_pack("{s:s, s:s, s:{s:s, s:s}, s:I, s:{s:s}}", "id", s.spec, "slug", s.spec, "metadata", "title", s.name == NULL ? s.spec : s.name,
	    "description", s.description == NULL ? "" : s.description, "records", (json_int_t)s.count, "links", "oai",
	    req_str(r, "%s/oai?verb=ListRecords&metadataPrefix=oai_dc&set=%s", BASE(r), s.spec)));
	cat_set_release(&s);
}

/* Put a published record into communities, or take it out: {"communities": ["a", "b"]} says all of them. */
static void record_sets(struct req *r)
{
	const char *sets[100];
	struct err e = ERR_INIT;
	json_t *in, *one;
	struct kv_txn t;
	struct actor a;
	struct rec rec;
	size_t n = 0, i;
	st_t st;

	if (!api_record(r, r->param[0], API_PUBLISHED, WANT_EDIT, true, &rec) || (in = req_json(r)) == NULL)
		return;
	if (!json_is_array(json_object_get(in, "communities"))) {
		problem_status(r, 400, "communities: expected a list of their ids");
		return;
	}
	json_array_foreach(json_object_get(in, "communities"), i, one) {
		const char *id = json_is_object(one) ? json_text(one, "id") : json_string_value(one);

		if (id == NULL || n == 100) {
			problem_status(r, 400, req_str(r, "communities[%zu]: expected the id of a community", i));
			return;
		}
		sets[n++] = id;
	}
	kv_read(r->site->repo->catalog, &t);
	for (i = 0; i < n && cat_set_exists(&t, slice_str(sets[i])); i++)
		;
	kv_end(&t, NULL);
	if (i < n) {
		problem_status(r, 400, req_str(r, "communities[%zu]: there is no community '%.100s'", i, sets[i]));
		return;
	}
	api_actor(r, &a);
	st = deposit_sets(r->site->repo, &a, rec.id, sets, n, &e);
	if (st == ST_OK)
		reply_json(r, 200, json_pack("{s:O}", "communities", json_object_get(in, "communities")));
	else
		problem_send(r, st, &e);
}

static void record_sets_get(struct req *r)
{
	json_t *list;
	struct rec rec;
	size_t i;

	if (!api_record(r, r->param[0], API_PUBLISHED, WANT_SEE, true, &rec))
		return;
	list = json_array();
	for (i = 0; i < rec.n_sets; i++)
		json_push(list, json_pack("{s:s, s:s}", "id", rec.sets[i], "slug", rec.sets[i]));
	reply_json(r, 200, json_pack("{s:{s:o, s:I}}", "hits", "hits", list, "total", (json_int_t)rec.n_sets));
}

/* ---- Administration: the rows of store/admin.h, for admin.sock and for administrators' tokens. ---- */

static json_t *job_json(struct req *r, const struct job_info *i);

static void admin_job(struct req *r, const char *op, const json_t *args)
{
	struct job_info i;
	struct err e = ERR_INIT;
	st_t st;

	memset(&i, 0, sizeof(i));
	snprintf(i.kind, sizeof(i.kind), "%s", op);
	i.owner = r->who.user;
	i.params = json_pack("{s:o}", "args", args == NULL ? json_object() : json_deep_copy(args));
	st = i.params == NULL ? ST_NOMEM : job_add(r->site->repo, &i, &e);
	if (st == ST_OK) {
		runner_poke(r->site->runner);
		reply_json(r, 202, job_json(r, &i));
		reply_addf(r, "Location", "%s/api/jobs/%llu", BASE(r), (unsigned long long)i.no);
	} else {
		problem_send(r, st, &e);
	}
	job_info_release(&i);
}

static void admin_post(struct req *r)
{
	const char *op = req_zstr(r, r->param[0]);
	const struct admin_op *row = admin_op_find(op);
	json_t *args = NULL;

	if (row == NULL) {
		problem_status(r, 404, "there is no such operation");
		return;
	}
	if (row->offline) {
		problem_status(r, 409, "this needs the server stopped");
		return;
	}
	if (!req_empty_body(r) && (args = req_json(r)) == NULL)
		return;
	/* A path on this machine is the operator's to name, not that of whoever holds a token. */
	if (!r->who.system && (strcmp(op, "import") == 0 || strcmp(op, "backup") == 0)) {
		problem_send(r, ST_DENIED, &(struct err){ ST_DENIED, "this is done on the server's own machine: azekura admin" });
		return;
	}
	/* What may take long is a job: the answer says where to watch it. */
	if (row->slow)
		admin_job(r, op, args);
	else
		admin_answer(r, op, args, 200);
}

/* ---- Jobs. ---- */

static void put_when(json_t *j, const char *key, int64_t sec)
{
	char when[ISO8601_LEN];

	if (sec == 0)
		return;
	iso8601(when, sec);
	json_put_str(j, key, slice_str(when));
}

static json_t *job_json(struct req *r, const struct job_info *i)
{
	json_t *j = json_pack("{s:I, s:s, s:s, s:s, s:I, s:I, s:I}", "id", (json_int_t)i->no, "kind", i->kind, "subject", i->subject, "state",
	    job_state_name(i->state), "done", (json_int_t)i->done, "total", (json_int_t)i->total, "attempts", (json_int_t)i->attempts);

	put_when(j, "created", i->created);
	put_when(j, "started", i->started);
	put_when(j, "ended", i->ended);
	if (i->message[0] != '\0')
		json_put_str(j, "message", slice_str(i->message));
	if (json_object_get(i->params, "result") != NULL)
		json_put(j, "result", json_incref(json_object_get(i->params, "result")));
	json_put(j, "links", json_pack("{s:s}", "self", req_str(r, "%s/api/jobs/%llu", BASE(r), (unsigned long long)i->no)));
	return j;
}

static bool sees_job(const struct req *r, const struct job_info *i)
{
	if (r->who.system || (r->who.role == ROLE_ADMIN && (r->who.scopes & SCOPE_ADMIN)))
		return true;
	return i->owner != 0 && i->owner == r->who.user && (r->who.scopes & SCOPE_READ);
}

/* A job is its owner's and the administrators'; to others it does not exist. */
static bool job_find(struct req *r, struct job_info *out)
{
	struct kv_txn t;
	uint64_t no;
	bool found;

	memset(out, 0, sizeof(*out));
	if (!slice_u64(r->param[0], UINT64_MAX, &no)) {
		problem_send(r, ST_ABSENT, NULL);
		return false;
	}
	kv_read(r->site->repo->catalog, &t);
	found = job_get(&t, no, out) == ST_OK;
	kv_end(&t, NULL);
	if (found && !sees_job(r, out)) {
		job_info_release(out);
		found = false;
	}
	if (!found)
		problem_send(r, ST_ABSENT, NULL);
	return found;
}

static void job_get_one(struct req *r)
{
	struct job_info i;

	if (!job_find(r, &i))
		return;
	reply_json(r, 200, job_json(r, &i));
	reply_add(r, "Cache-Control", SLICE("no-store"));
	job_info_release(&i);
}

static void job_delete(struct req *r)
{
	struct err e = ERR_INIT;
	struct job_info i;
	st_t st;

	if (!job_find(r, &i))
		return;
	st = job_cancel(r->site->repo, i.no, &e);
	job_info_release(&i);
	if (st == ST_OK)
		reply_empty(r, 204);
	else
		problem_send(r, st, &e);
}

#define JOBS_PAGE 50

static void jobs_get(struct req *r)
{
	struct job_info *list = calloc(JOBS_PAGE, sizeof(*list));
	uint64_t before = (uint64_t)req_arg_int(r, "before", 0, 0, INT64_MAX);
	json_t *hits = json_array();
	struct kv_txn t;
	size_t n = 0, i;

	if (list != NULL) {
		kv_read(r->site->repo->catalog, &t);
		n = job_list(&t, JOB_STATE_COUNT, before == 0 ? UINT64_MAX : before, list, JOBS_PAGE);
		kv_end(&t, NULL);
	}
	for (i = 0; i < n; i++) {
		if (sees_job(r, &list[i]))
			json_push(hits, job_json(r, &list[i]));
		before = list[i].no;
		job_info_release(&list[i]);
	}
	free(list);
	reply_json(r, 200, json_pack("{s:{s:o, s:I}, s:{s:s, s:s*}}", "hits", "hits", hits, "total", (json_int_t)json_array_size(hits), "links", "self",
	    req_str(r, "%s/api/jobs", BASE(r)), "next", n == JOBS_PAGE ? req_str(r, "%s/api/jobs?before=%llu", BASE(r), (unsigned long long)before) : NULL));
	reply_add(r, "Cache-Control", SLICE("no-store"));
}

const struct route routes_misc[] = {
	{ HTTP_GET, "/api", about, 0, 0, "What this server is", "operations" },
	{ HTTP_GET, "/api/user", user_get, ROUTE_LOGIN, 0, "Who the caller is", "users" },
	{ HTTP_GET, "/api/records/{id}/facts", facts_get_all, 0, 0, "What was read in the files: tables, columns, statistics, and what a page shows of it", "records" },
	{ HTTP_GET, "/api/records/{id}/status", record_status, 0, 0, "Has it been indexed and read?", "records" },
	{ HTTP_GET, "/api/records/{id}/communities", record_sets_get, 0, 0, "Communities of a record", "communities" },
	{ HTTP_PUT, "/api/records/{id}/communities", record_sets, ROUTE_BODY | ROUTE_WRITE | ROUTE_LOGIN, 0, "Set the communities of a record", "communities" },
	{ HTTP_GET, "/api/communities", communities_get, 0, 0, "Communities", "communities" },
	{ HTTP_POST, "/api/communities", community_post, ROUTE_BODY | ROUTE_WRITE | ROUTE_LOGIN, 0, "Make a community", "communities" },
	{ HTTP_GET, "/api/communities/{slug}", community_get, 0, 0, "One community", "communities" },
	{ HTTP_GET, "/api/jobs", jobs_get, ROUTE_LOGIN, 0, "The caller's jobs", "jobs" },
	{ HTTP_GET, "/api/jobs/{no}", job_get_one, ROUTE_LOGIN, 0, "One job", "jobs" },
	{ HTTP_DELETE, "/api/jobs/{no}", job_delete, ROUTE_WRITE | ROUTE_LOGIN, 0, "Cancel a job", "jobs" },
	{ HTTP_POST, "/api/admin/{op}", admin_post, ROUTE_BODY | ROUTE_WRITE | ROUTE_ADMIN, 0, "Administration", "admin" },
	{ 0 }
};
