#include "server/api.h"

#include "base/clock.h"
#include "base/str.h"
#include "schema/record.h"
#include "server/negotiate.h"

#define VERSIONS_MAX 1000
#define LIST_MAX 10000	/* entries of one list of a record: the longest lists of authors have some 5,000 */

static void rec_drop(void *p)
{
	rec_release(p);
}

void api_keep_rec(struct req *r, struct rec *rec)
{
	struct rec *kept = arena_alloc(r->arena, sizeof(*kept));

	if (kept == NULL) {
		rec_release(rec);
		memset(rec, 0, sizeof(*rec));
		return;
	}
	*kept = *rec;
	(void)!arena_defer(r->arena, rec_drop, kept);
}

void api_actor(const struct req *r, struct actor *a)
{
	actor_of(&r->who, a);
}

/* The reply for a record that may not be touched so. A tombstone shows itself and nothing else. */
static void refuse(struct req *r, st_t st, const struct rec *rec)
{
	static const char later[] = "you may see this record, but not do this";

	if (st == ST_GONE) {
		struct buf b = BUF_INIT(1 << 20);
		json_t *j = tomb_json(r, rec);

		if (j != NULL)
			json_dump(&b, j, false);
		json_decref(j);
		reply_buf(r, 410, "application/problem+json", &b);
		return;
	}
	if (st == ST_DENIED || st == ST_UNAUTH) {
		problem_send(r, st, &(struct err){ st, "" });
		problem_status(r, problem_code(st), later);
		return;
	}
	problem_send(r, st, NULL);
}

bool api_record(struct req *r, struct slice id, enum api_which which, enum access_want want, bool head, struct rec *rec)
{
	char pid[PID_LEN + 1];
	struct err e = ERR_INIT;
	struct kv_txn t;
	st_t st;

	memset(rec, 0, sizeof(*rec));
	if (!pid_parse(pid, id)) {
		problem_send(r, ST_ABSENT, NULL);
		return false;
	}
	kv_read(r->site->repo->catalog, &t);
	st = (head ? cat_head : cat_get)(&t, pid, which == API_DRAFT, rec, &e);
	/* A tombstone's text is needed where only the head was asked for. */
	if (st == ST_OK && head && rec->state == REC_WITHDRAWN) {
		rec_release(rec);
		st = cat_get(&t, pid, which == API_DRAFT, rec, &e);
	}
	kv_end(&t, NULL);
	if (st != ST_OK) {
		problem_send(r, st, st == ST_ABSENT ? NULL : &e);
		return false;
	}
	api_keep_rec(r, rec);
	st = auth_may(r, rec, want);
	if (st != ST_OK) {
		refuse(r, st, rec);
		return false;
	}
	return true;
}

static bool may_know(struct req *r, struct kv_txn *t, const char *id)
{
	struct rec rec = { .id = "" };
	st_t st = cat_head(t, id, false, &rec, NULL);

	if (st == ST_OK)
		st = auth_may(r, &rec, WANT_SEE);
	rec_release(&rec);
	return st == ST_OK || st == ST_GONE;
}

bool api_latest(struct req *r, const char *parent, char out[PID_LEN + 1])
{
	char (*ids)[PID_LEN + 1] = NULL;
	struct kv_txn t;
	bool found;
	size_t n, i;

	kv_read(r->site->repo->catalog, &t);
	found = cat_latest(&t, parent, out) == ST_OK && may_know(r, &t, out);
	/* A newer version that this reader may not see hides nothing but itself. */
	if (!found && (ids = arena_alloc(r->arena, VERSIONS_MAX * sizeof(*ids))) != NULL) {
		n = cat_versions(&t, parent, ids, VERSIONS_MAX);
		for (i = 0; i < n && i < VERSIONS_MAX && !found; i++) {
			found = may_know(r, &t, ids[i]);
			if (found)
				memcpy(out, ids[i], PID_LEN + 1);
		}
	}
	kv_end(&t, NULL);
	return found;
}

bool api_concept(struct req *r, struct slice id, const char *prefix, const char *suffix)
{
	struct buf tail = BUF_INIT(65536);
	char pid[PID_LEN + 1], newest[PID_LEN + 1];
	struct kv_txn t;
	bool is;

	if (!pid_parse(pid, id))
		return false;
	kv_read(r->site->repo->catalog, &t);
	is = cat_kind(&t, pid) == CAT_CONCEPT;
	kv_end(&t, NULL);
	is = is && api_latest(r, pid, newest);
	/* What a client wrote encoded goes back encoded: a "#" or a line end of a path is not one of the address. */
	if (is && suffix != NULL)
		is = percent_encode(&tail, slice_str(suffix), "/") == ST_OK;
	if (is)
		reply_redirect(r, 302, req_str(r, "%s%s%s%s", BASE(r), prefix, newest, tail.n == 0 ? "" : tail.p));
	buf_release(&tail);
	return is;
}

bool api_wants_canonical(struct req *r)
{
	struct slice accept = req_field(r, "Accept");

	return accept.p != NULL && memmem(accept.p, accept.n, MEDIA_CANONICAL, sizeof(MEDIA_CANONICAL) - 1) != NULL;
}

bool api_sent_canonical(struct req *r)
{
	struct slice type = req_field(r, "Content-Type");

	return slice_ieq_str(slice_trim(slice_cut(&type, ';')), MEDIA_CANONICAL);
}

static void decref(void *p)
{
	json_decref(p);
}

/* A record is read whole for every page that shows it. */
static st_t lists_fit(const json_t *doc, struct err *e)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)doc, key, v)
		if (json_array_size(v) > LIST_MAX)
			return err_set(e, ST_INVALID, "%.64s: %zu entries, at most %d can be kept", key, json_array_size(v), LIST_MAX);
	return ST_OK;
}

json_t *api_doc_in(struct req *r, json_t *warn)
{
	const struct schema *schema = r->site->repo->schema;
	struct err e = ERR_INIT;
	json_t *doc = NULL, *in = NULL;
	st_t st;

	if (req_empty_body(r)) {
		in = json_object();
		if (in != NULL)
			(void)!arena_defer(r->arena, decref, in);
	} else {
		in = req_json(r);
	}
	if (in == NULL)
		return NULL;
	if (!json_is_object(in)) {
		problem_status(r, 400, "the request body is a JSON object");
		return NULL;
	}
	/* Before it is read into a record, which takes ten times the memory. */
	st = lists_fit(in, &e);
	if (st == ST_OK)
		st = lists_fit(json_object_get(in, "metadata"), &e);
	if (st != ST_OK) {
		problem_send(r, st, &e);
		return NULL;
	}
	if (api_sent_canonical(r))
		st = record_load(&doc, buf_slice(&r->body), &e);
	else
		st = invenio_read(schema, in, &doc, warn, &e);
	if (st == ST_OK)
		st = lists_fit(doc, &e);
	if (st == ST_OK)
		st = record_normalise(schema, doc, warn, &e);
	if (st != ST_OK) {
		json_decref(doc);
		problem_send(r, st, &e);
		return NULL;
	}
	if (arena_defer(r->arena, decref, doc) != ST_OK) {
		problem_send(r, ST_NOMEM, NULL);
		return NULL;
	}
	return doc;
}
