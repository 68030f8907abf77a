/* What a record's data measure: its variables with units and concepts, and a person's word on the concepts that programs propose. */

#include "server/api.h"

#include "base/clock.h"
#include "indexer/follow.h"
#include "schema/concept.h"
#include "schema/decision.h"
#include "store/deposit.h"

static void variables_get(struct req *r)
{
	static const char *const more[] = { "time", "geo", "materials", "life", "formats", "instruments" };
	json_t *facts = NULL, *out, *list, *v;
	struct err e = ERR_INIT;
	struct kv_txn t;
	struct rec rec;
	st_t st;

	if (!api_record(r, r->param[0], API_PUBLISHED, WANT_SEE, false, &rec))
		return;
	st = auth_may(r, &rec, WANT_FILE);
	if (st != ST_OK) {
		problem_status(r, problem_code(st), "what is inside these files is shown to those who may read them");
		return;
	}
	kv_read(r->site->repo->catalog, &t);
	st = enrich_for(r->site->repo, &t, &rec, &r->who, &facts, &e);
	kv_end(&t, NULL);
	if (st != ST_OK) {
		problem_send(r, st, &e);
		return;
	}
	list = json_object_get(facts, "variables");
	out = json_pack("{s:{s:o,s:I},s:{s:s}}", "hits", "hits", list != NULL ? json_incref(list) : json_array(), "total", (json_int_t)json_array_size(list),
	    "links", "self", req_str(r, "%s/api/records/%s/variables", r->site->base, rec.id));
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		if ((v = json_object_get(facts, more[i])) != NULL)
			json_put(out, more[i], json_incref(v));
	json_decref(facts);
	reply_json(r, 200, out);
}

/* What was proposed for this variable, to be kept with the decision; NULL: nothing. New reference. */
static json_t *proposal(const json_t *facts, const char *name, const char *unit, const char *iri)
{
	json_t *v, *c;
	size_t i, j;

	json_array_foreach(json_object_get(facts, "variables"), i, v) {
		const char *n = json_text(v, "name"), *u = json_text(v, "unit");

		if (n == NULL || strcmp(n, name) != 0 || (unit != NULL && (u == NULL || strcmp(u, unit) != 0)))
			continue;
		json_array_foreach(json_object_get(v, "concepts"), j, c)
			if (json_text(c, "iri") != NULL && strcmp(json_text(c, "iri"), iri) == 0)
				return json_deep_copy(c);
	}
	return NULL;
}

/* The entry to keep. A concept that nobody proposed is a person's own. */
static json_t *decided(struct req *r, const json_t *facts, const char *name, const char *unit, const char *iri, const char *decision)
{
	json_t *c = proposal(facts, name, unit, iri);
	struct concept_link l;
	char when[ISO8601_LEN];

	if (c == NULL && concept_find(r->site->repo->schema, slice_str(iri), &l))
		c = json_pack("{s:s,s:s,s:s}", "iri", l.iri, "vocabulary", l.vocabulary, "label", l.label);
	else if (c == NULL)
		c = json_pack("{s:s}", "iri", iri);
	iso8601(when, clock_now());
	json_object_set_new(c, "decision", json_string(decision));
	json_object_set_new(c, "by", json_string(r->who.name));
	json_object_set_new(c, "at", json_string(when));
	return c;
}

static bool read_decision(json_t *in, const char **name, const char **unit, const char **iri, const char **decision, struct err *e)
{
	if (json_need_str(in, "variable", name, e) != ST_OK || json_opt_str(in, "unit", unit, e) != ST_OK || json_need_str(in, "iri", iri, e) != ST_OK ||
	    json_need_str(in, "decision", decision, e) != ST_OK)
		return false;
	if (strcmp(*decision, "confirmed") != 0 && strcmp(*decision, "rejected") != 0)
		err_set(e, ST_INVALID, "decision: 'confirmed' or 'rejected', not '%.40s'", *decision);
	else if (strncmp(*iri, "http://", 7) != 0 && strncmp(*iri, "https://", 8) != 0)
		err_set(e, ST_INVALID, "iri: not the address of a concept");
	else
		return true;
	return false;
}

static void draft_decide(struct req *r)
{
	const char *name, *unit = NULL, *iri, *decision;
	json_t *in, *facts = NULL, *doc;
	struct err e = ERR_INIT;
	struct kv_txn t;
	struct actor a;
	struct rec rec;
	st_t st;

	if (!api_record(r, r->param[0], API_DRAFT, WANT_EDIT, false, &rec) || (in = req_json(r)) == NULL)
		return;
	if (!read_decision(in, &name, &unit, &iri, &decision, &e)) {
		problem_send(r, ST_INVALID, &e);
		return;
	}
	kv_read(r->site->repo->catalog, &t);
	st = enrich_for(r->site->repo, &t, &rec, &r->who, &facts, &e);
	kv_end(&t, NULL);
	doc = st == ST_OK ? json_deep_copy(rec.doc) : NULL;
	if (st == ST_OK)
		st = doc != NULL ? decision_put(doc, name, unit, decided(r, facts, name, unit, iri, decision)) : ST_NOMEM;
	if (st == ST_OK) {
		api_actor(r, &a);
		st = deposit_save(r->site->repo, &a, rec.id, doc, rec.etag, &e);
	}
	if (st == ST_OK)
		api_answer_draft(r, 200, rec.id, NULL);
	else
		problem_send(r, st, &e);
	json_decref(doc);
	json_decref(facts);
}

const struct route routes_variables[] = {
	{ HTTP_GET, "/api/records/{id}/variables", variables_get, 0, 0, "What the data measure: variables with units and concepts, time, place", "records" },
	{ HTTP_POST, "/api/records/{id}/draft/variables/decisions", draft_decide, ROUTE_BODY | ROUTE_WRITE | ROUTE_LOGIN, 0, "Confirm or reject a concept that was proposed for a variable", "drafts" },
	{ 0 }
};
