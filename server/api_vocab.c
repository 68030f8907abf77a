/*
 * Vocabularies: those that the program brings (schema/vocab) and those that were loaded (store/vocabs.h), through the same routes and in the same
 * form, which is InvenioRDM's where it has one: hits.hits, id, title by language, links.
 */

#include "server/api.h"

#include "base/str.h"
#include "schema/turtle.h"
#include "schema/vocab.h"
#include "server/negotiate.h"
#include "store/vocabs.h"

#define SIZE_MAX_OF_LIST	100
#define LINKS_SHOWN		200

/* Where the answer comes from: one of the two. */
struct source {
	const char *name;
	const struct vocab *shipped;
	uint32_t gen;			/* of a loaded one */
	struct slice lang;		/* asked for; empty: all */
};

static bool source_of(struct req *r, struct kv_txn *t, struct source *s)
{
	s->name = req_zstr(r, r->param[0]);
	s->shipped = schema_vocab(r->site->repo->schema, s->name);
	s->gen = s->shipped == NULL ? vocabs_find(t, r->param[0]) : 0;
	s->lang = req_arg(r, "lang");
	if (s->shipped == NULL && s->gen == 0)
		problem_status(r, 404, "no vocabulary of that name: see /api/vocabularies");
	return s->shipped != NULL || s->gen != 0;
}

static const char *self_of(struct req *r, const struct source *s, const char *id)
{
	return req_str(r, "%s/api/vocabularies/%s/%s", BASE(r), s->name, path_segment(r, id));
}

/* Only the language asked for, or English where it has no such label, or whatever it has. */
static void one_language(json_t *title, struct slice lang)
{
	const char *k;
	json_t *v, *best = NULL;
	char want[20];

	if (lang.n == 0 || lang.n >= sizeof(want) || json_object_size(title) < 2)
		return;
	snprintf(want, sizeof(want), "%.*s", (int)lang.n, lang.p);
	best = json_incref(json_object_get(title, want));
	if (best == NULL) {
		snprintf(want, sizeof(want), "en");
		best = json_incref(json_object_get(title, want));
	}
	if (best == NULL) {
		json_object_foreach(title, k, v) {
			snprintf(want, sizeof(want), "%.19s", k);
			best = json_incref(v);
			break;
		}
	}
	json_object_clear(title);
	json_put(title, want, best);
}

/* ---- shipped ---- */

static const char *shipped_iri(const struct vocab *v, size_t row)
{
	static const char *const columns[] = { "iri", "coar", "uri", "url" };

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		if (strncmp(vocab_get(v, row, columns[i]), "http", 4) == 0)
			return vocab_get(v, row, columns[i]);
	return NULL;
}

static json_t *shipped_ref(struct req *r, const struct source *s, size_t row)
{
	const char *id = vocab_get(s->shipped, row, "id"), *label = vocab_get(s->shipped, row, "label"), *ja = vocab_get(s->shipped, row, "label_ja");
	json_t *j = json_object(), *title = json_object();

	json_put_str(j, "id", slice_str(id));
	json_put_str(title, "en", slice_str(label[0] != '\0' ? label : id));
	if (ja[0] != '\0')
		json_put_str(title, "ja", slice_str(ja));
	one_language(title, s->lang);
	json_put(j, "title", title);
	if (shipped_iri(s->shipped, row) != NULL)
		json_put_str(j, "uri", slice_str(shipped_iri(s->shipped, row)));
	json_put(j, "links", json_pack("{s:s}", "self", self_of(r, s, id)));
	return j;
}

/* The whole row, and its neighbours by the column "broader". */
static json_t *shipped_term(struct req *r, const struct source *s, size_t row)
{
	json_t *j = shipped_ref(r, s, row), *broader = json_array(), *narrower = json_array(), *props = json_object();
	const char *id = vocab_get(s->shipped, row, "id"), *column;
	size_t i, up;

	if (vocab_find(s->shipped, "id", slice_str(vocab_get(s->shipped, row, "broader")), &up))
		json_push(broader, shipped_ref(r, s, up));
	for (i = 0; i < vocab_count(s->shipped); i++)
		if (strcmp(vocab_get(s->shipped, i, "broader"), id) == 0)
			json_push(narrower, shipped_ref(r, s, i));
	for (i = 1; (column = vocab_column(s->shipped, i)) != NULL; i++)
		if (strncmp(column, "label", 5) != 0 && vocab_get(s->shipped, row, column)[0] != '\0')
			json_put_str(props, column, slice_str(vocab_get(s->shipped, row, column)));
	json_put(j, "props", props);
	json_put(j, "broader", broader);
	json_put(j, "narrower", narrower);
	return j;
}

/* ---- loaded ---- */

static json_t *titles(const json_t *labels)
{
	json_t *title = json_object();
	const json_t *one;
	size_t i;

	json_array_foreach(labels, i, one) {
		struct slice lang = json_slice(json_array_get(one, 0));
		char key[20] = "und";

		if (lang.n > 0 && lang.n < sizeof(key))
			snprintf(key, sizeof(key), "%.*s", (int)lang.n, lang.p);
		if (json_object_get(title, key) == NULL)
			json_put(title, key, json_incref(json_array_get(one, 1)));
	}
	return title;
}

static json_t *ref_of(struct req *r, const struct source *s, const json_t *c)
{
	const char *id = json_text(c, "id");
	json_t *j = json_object(), *title = titles(json_object_get(c, "label"));

	if (json_object_size(title) == 0)
		json_put_str(title, "und", slice_str(id));
	one_language(title, s->lang);
	json_put_str(j, "id", slice_str(id));
	json_put(j, "title", title);
	json_put_str(j, "uri", slice_str(json_text(c, "iri")));
	if (json_is_true(json_object_get(c, "deprecated")))
		json_put(j, "deprecated", json_true());
	json_put(j, "links", json_pack("{s:s}", "self", self_of(r, s, id)));
	return j;
}

static json_t *loaded_ref(struct req *r, struct kv_txn *t, const struct source *s, uint32_t no)
{
	json_t *c = vocabs_concept(t, s->gen, no), *j = c != NULL ? ref_of(r, s, c) : NULL, *def;

	/* Two organisations of one name are told apart by their place. */
	if (j != NULL && (def = json_object_get(c, "def")) != NULL)
		json_put(j, "description", titles(def));
	json_decref(c);
	return j;
}

static json_t *refs(struct req *r, struct kv_txn *t, const struct source *s, const uint32_t *nos, size_t n, const json_t *outside)
{
	json_t *list = json_array(), *c;
	const json_t *iri;
	size_t i;

	for (i = 0; i < n; i++) {
		if ((c = vocabs_concept(t, s->gen, nos[i])) != NULL)
			json_push(list, ref_of(r, s, c));
		json_decref(c);
	}
	json_array_foreach(outside, i, iri)
		json_push(list, json_pack("{s:O}", "uri", iri));
	return list;
}

static json_t *loaded_term(struct req *r, struct kv_txn *t, const struct source *s, uint32_t no)
{
	static const struct { const char *from, *to; } lists[] = { { "exact", "exactMatch" }, { "close", "closeMatch" }, { "notation", "notation" } };
	json_t *c = vocabs_concept(t, s->gen, no), *j, *alts = json_object(), *one;
	uint32_t nos[LINKS_SHOWN];
	size_t i;

	if (c == NULL) {
		json_decref(alts);
		return NULL;
	}
	j = ref_of(r, s, c);
	json_put_str(j, "type", slice_str(s->name));
	json_put(j, "description", titles(json_object_get(c, "def")));
	json_put(j, "props", json_pack("{s:s}", "kind", json_text(c, "kind") != NULL ? json_text(c, "kind") : "term"));
	json_array_foreach(json_object_get(c, "alt"), i, one) {
		const char *lang = json_string_value(json_array_get(one, 0));

		lang = lang == NULL || lang[0] == '\0' ? "und" : lang;
		if (json_object_get(alts, lang) == NULL)
			json_put(alts, lang, json_array());
		json_push(json_object_get(alts, lang), json_incref(json_array_get(one, 1)));
	}
	json_put(j, "alternatives", alts);
	json_put(j, "broader", refs(r, t, s, nos, vocabs_broader(t, s->gen, no, nos, LINKS_SHOWN), json_object_get(c, "broader")));
	json_put(j, "narrower", refs(r, t, s, nos, vocabs_narrower(t, s->gen, no, nos, LINKS_SHOWN), json_object_get(c, "narrower")));
	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		json_put(j, lists[i].to, json_object_get(c, lists[i].from) != NULL ? json_incref(json_object_get(c, lists[i].from)) : json_array());
	json_decref(c);
	return j;
}

/* ---- as RDF ---- */

/* SKOS of what the API gives. */
static json_t *skos_of(const json_t *term)
{
	static const struct { const char *from, *to; } links[] = { { "broader", "skos:broader" }, { "narrower", "skos:narrower" }, { "exactMatch", "skos:exactMatch" }, { "closeMatch", "skos:closeMatch" } };
	json_t *n = json_pack("{s:s, s:s}", "@id", json_text(term, "uri") != NULL ? json_text(term, "uri") : json_string_value(json_at(term, "links.self")), "@type", "skos:Concept");
	const json_t *v, *one;
	const char *lang;
	size_t i, k;

	for (int which = 0; which < 2; which++) {
		json_t *list = json_array();

		json_object_foreach(json_object_get(term, which == 0 ? "title" : "description"), lang, v)
			json_push(list, strcmp(lang, "und") == 0 ? json_incref((json_t *)(uintptr_t)v) : json_pack("{s:O, s:s}", "@value", v, "@language", lang));
		json_put(n, which == 0 ? "skos:prefLabel" : "skos:definition", list);
	}
	json_put(n, "skos:notation", json_incref(json_object_get(term, "id")));
	for (i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		json_t *list = json_array();

		json_array_foreach(json_object_get(term, links[i].from), k, one) {
			const char *to = json_is_string(one) ? json_string_value(one) : json_text(one, "uri") != NULL ? json_text(one, "uri") : json_string_value(json_at(one, "links.self"));

			if (to != NULL && strstr(to, "://") != NULL)
				json_push(list, json_pack("{s:s}", "@id", to));
		}
		json_put(n, links[i].to, list);
	}
	return n;
}

/* Answer as Turtle or JSON-LD when ${r} prefers that to JSON. ${terms}: borrowed. */
static bool as_rdf(struct req *r, const json_t *terms)
{
	struct slice accept = req_field(r, "Accept");
	int json = negotiate_quality(accept, "application/json", NULL), ttl = negotiate_quality(accept, "text/turtle", NULL), ld = negotiate_quality(accept, "application/ld+json", NULL);
	struct buf out = BUF_INIT((size_t)16 << 20);
	struct err e = ERR_INIT;
	json_t *doc, *graph;
	const json_t *one;
	size_t i;
	st_t st;

	if (accept.n == 0 || (ttl <= json && ld <= json))
		return false;
	graph = json_array();
	json_array_foreach(terms, i, one)
		json_push(graph, skos_of(one));
	doc = json_pack("{s:{s:s}, s:o}", "@context", "skos", "http://www.w3.org/2004/02/skos/core#", "@graph", graph);
	st = ttl >= ld ? turtle_write(&out, doc, &e) : json_dump(&out, doc, false);
	json_decref(doc);
	if (st == ST_OK)
		reply_buf(r, 200, ttl >= ld ? "text/turtle; charset=utf-8" : "application/ld+json", &out);
	else
		problem_send(r, st, &e);
	buf_release(&out);
	reply_add(r, "Vary", SLICE("Accept"));
	return true;
}

/* ---- lists ---- */

static void vocabs_get(struct req *r)
{
	char names[100][VOCABS_NAME_MAX + 1], last[VOCABS_NAME_MAX + 1] = "";
	json_t *list = json_array(), *about;
	const struct vocab *v;
	struct kv_txn t;
	size_t i, n;

	for (i = 0; (v = schema_vocab_at(r->site->repo->schema, i)) != NULL; i++)
		json_push(list, json_pack("{s:s, s:I, s:b, s:{s:s}}", "id", vocab_name(v), "count", (json_int_t)vocab_count(v), "loaded", 0,
		    "links", "self", req_str(r, "%s/api/vocabularies/%s", BASE(r), vocab_name(v))));
	kv_read(r->site->repo->catalog, &t);
	while ((n = vocabs_names(&t, slice_str(last), names, 100)) > 0 && json_array_size(list) < 5000) {
		for (i = 0; i < n; i++) {
			if ((about = vocabs_about(&t, slice_str(names[i]))) == NULL)
				continue;
			json_put(about, "count", json_incref(json_object_get(about, "concepts")));
			json_put(about, "links", json_pack("{s:s}", "self", req_str(r, "%s/api/vocabularies/%s", BASE(r), names[i])));
			json_push(list, about);
		}
		memcpy(last, names[n - 1], sizeof(last));
	}
	kv_end(&t, NULL);
	n = json_array_size(list);
	reply_json(r, 200, json_pack("{s:{s:o, s:I}}", "hits", "hits", list, "total", (json_int_t)n));
	reply_add(r, "Cache-Control", SLICE("no-cache"));
}

static void shipped_list(struct req *r, const struct source *s, struct slice q, size_t max, uint64_t after, json_t *list, uint64_t *total, uint64_t *next)
{
	size_t rows[SIZE_MAX_OF_LIST], n = 0, i;

	*total = vocab_count(s->shipped);
	if (q.n > 0) {
		*total = n = vocab_suggest(s->shipped, q, rows, max);
	} else {
		for (i = after; i < *total && n < max; i++)
			rows[n++] = i;
		if (i < *total)
			*next = i;
	}
	for (i = 0; i < n; i++)
		json_push(list, shipped_ref(r, s, rows[i]));
}

static void loaded_list(struct req *r, struct kv_txn *t, const struct source *s, struct slice q, size_t max, uint64_t after, json_t *list, uint64_t *total, uint64_t *next)
{
	uint32_t nos[SIZE_MAX_OF_LIST];
	json_t *about = NULL;
	size_t n, i;

	if (q.n > 0) {
		*total = n = vocabs_suggest(t, s->gen, q, nos, max);
	} else {
		about = vocabs_about(t, slice_str(s->name));
		*total = (uint64_t)json_integer_value(json_object_get(about, "concepts"));
		json_decref(about);
		n = vocabs_browse(t, s->gen, (uint32_t)after, nos, max);
		if (n > 0 && nos[n - 1] < *total)
			*next = nos[n - 1];
	}
	for (i = 0; i < n; i++)
		json_push(list, loaded_ref(r, t, s, nos[i]));
}

static void vocab_get_list(struct req *r)
{
	size_t max = (size_t)req_arg_int(r, "size", 25, 1, SIZE_MAX_OF_LIST);
	uint64_t after = (uint64_t)req_arg_int(r, "cursor", 0, 0, UINT32_MAX - 1), total = 0, next = 0, page;
	struct slice q = req_arg(r, "q");
	json_t *list, *links;
	struct source s;
	struct kv_txn t;

	if (q.p == NULL)
		q = req_arg(r, "suggest");
	q = slice_trim(q);
	page = (uint64_t)req_arg_int(r, "page", 1, 1, 1 << 20);
	if (page > 1 && after == 0)
		after = (page - 1) * max;	/* numbers are in order and without gaps */
	kv_read(r->site->repo->catalog, &t);
	if (!source_of(r, &t, &s)) {
		kv_end(&t, NULL);
		return;
	}
	list = json_array();
	if (s.shipped != NULL)
		shipped_list(r, &s, q, max, after, list, &total, &next);
	else
		loaded_list(r, &t, &s, q, max, after, list, &total, &next);
	kv_end(&t, NULL);
	if (as_rdf(r, list)) {
		json_decref(list);
		return;
	}
	links = json_object();
	if (next > 0)
		json_put_str(links, "next", slice_str(req_str(r, "%s/api/vocabularies/%s?size=%zu&cursor=%llu", BASE(r), s.name, max, (unsigned long long)next)));
	reply_json(r, 200, json_pack("{s:{s:o, s:I}, s:o}", "hits", "hits", list, "total", (json_int_t)total, "links", links));
	reply_add(r, "Cache-Control", s.shipped != NULL ? SLICE("public, max-age=300") : SLICE("no-cache"));
}

/* By identifier, or by address: then the name of the vocabulary is enough to know. */
static void vocab_get_one(struct req *r)
{
	json_t *j = NULL, *list;
	struct source s;
	struct kv_txn t;
	size_t row, i;
	uint32_t no;

	kv_read(r->site->repo->catalog, &t);
	if (!source_of(r, &t, &s)) {
		kv_end(&t, NULL);
		return;
	}
	if (s.shipped != NULL) {
		bool found = vocab_find(s.shipped, "id", r->param[1], &row);

		for (i = 0; !found && i < vocab_count(s.shipped); i++)
			if (shipped_iri(s.shipped, i) != NULL && slice_eq_str(r->param[1], shipped_iri(s.shipped, i)))
				found = (row = i, true);
		j = found ? shipped_term(r, &s, row) : NULL;
	} else if ((no = vocabs_resolve(&t, s.gen, r->param[1])) != 0) {
		j = loaded_term(r, &t, &s, no);
	}
	kv_end(&t, NULL);
	if (j == NULL) {
		problem_status(r, 404, "no such term in this vocabulary");
		return;
	}
	if ((list = json_pack("[O]", j)) != NULL && as_rdf(r, list)) {
		json_decref(list);
		json_decref(j);
		return;
	}
	json_decref(list);
	reply_json(r, 200, j);
	reply_add(r, "Cache-Control", s.shipped != NULL ? SLICE("public, max-age=300") : SLICE("no-cache"));
}

const struct route routes_vocab[] = {
	{ HTTP_GET, "/api/vocabularies", vocabs_get, 0, 0, "Vocabularies", "vocabularies" },
	{ HTTP_GET, "/api/vocabularies/{name}", vocab_get_list, 0, 0, "Suggest terms for q=, or list them", "vocabularies" },
	{ HTTP_GET, "/api/vocabularies/{name}/{id}", vocab_get_one, 0, 0, "One term with its neighbours", "vocabularies" },
	{ 0 }
};
