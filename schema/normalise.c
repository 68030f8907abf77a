/*
 * Bring a record to its stored form: shapes people write short ("title as plain text"), identifiers bare, languages as codes, terms as the
 * vocabularies spell them. What cannot be understood stays as it is, with a line in the warnings; record_validate() then judges it.
 */
#include "base/clock.h"
#include "schema/assertion.h"
#include "schema/pid.h"
#include "schema/record_int.h"
#include "schema/schema_int.h"

struct norm {
	const struct schema *s;
	json_t *warn;
	st_t st;		/* ST_NOMEM sticks */
};

static void keep_st(struct norm *n, st_t st)
{
	if (n->st == ST_OK && st == ST_NOMEM)
		n->st = st;
}

static void put_text(struct norm *n, json_t *obj, const char *key, struct slice v)
{
	keep_st(n, json_put_str(obj, key, v));
}

static void fix_lang(struct norm *n, json_t *item, const char *path)
{
	json_t *lang = json_object_get(item, "lang");
	struct slice l = json_slice(lang);
	struct buf tag = BUF_INIT(100);

	if (l.n == 0)
		return;
	if (!lang_tag(n->s, l, &tag))
		keep_st(n, warn_add(n->warn, "%s: '%.*s' is no language tag", path, (int)(l.n < 40 ? l.n : 40), l.p));
	else if (!slice_eq(l, buf_slice(&tag)))
		put_text(n, item, "lang", buf_slice(&tag));
	buf_release(&tag);
}

/* obj[key] as a list of {value, lang}: one text or one object is taken for a list of one. */
static void fix_ml(struct norm *n, json_t *obj, const char *key, const char *path)
{
	json_t *v = json_object_get(obj, key), *item;
	char where[300];
	size_t i;

	if (json_is_string(v) || (json_is_object(v) && json_object_get(v, "value") != NULL)) {
		json_t *list = json_array();

		if (list == NULL || json_array_append(list, v) != 0) {
			json_decref(list);
			n->st = ST_NOMEM;
			return;
		}
		keep_st(n, json_put(obj, key, list));
		v = json_object_get(obj, key);
	}
	json_array_foreach(v, i, item) {
		if (json_is_string(item)) {
			json_t *o = json_object();

			if (o == NULL || json_object_set(o, "value", item) != 0 || json_array_set_new(v, i, o) != 0)
				n->st = ST_NOMEM;
		} else if (json_is_object(item)) {
			snprintf(where, sizeof(where), "%s%s%s[%zu].lang", path, *path ? "." : "", key, i);
			fix_lang(n, item, where);
		}
	}
}

/* A single object where a list belongs becomes a list of one. Returns the list or NULL. */
static json_t *fix_list(struct norm *n, json_t *obj, const char *key)
{
	json_t *v = json_object_get(obj, key);

	if (json_is_object(v)) {
		json_t *list = json_array();

		if (list == NULL || json_array_append(list, v) != 0) {
			json_decref(list);
			n->st = ST_NOMEM;
			return NULL;
		}
		keep_st(n, json_put(obj, key, list));
		v = json_object_get(obj, key);
	}
	return json_is_array(v) ? v : NULL;
}

/* item[key] spelt as the vocabulary spells it. */
static void fix_term(struct norm *n, json_t *item, const char *key, const char *vocab)
{
	const struct vocab *v = schema_vocab(n->s, vocab);
	struct slice t = slice_trim(json_slice(json_object_get(item, key)));
	size_t row;

	if (t.n == 0 || vocab_find(v, "id", t, NULL))
		return;
	if (strcmp(vocab, "identifier_types") == 0 && slice_ieq_str(t, "URI"))	/* JPCOAR writes several of ours so */
		t = SLICE("URL");
	if (vocab_find_fold(v, "id", t, &row) || vocab_find_fold(v, "label", t, &row) || vocab_find(v, "label_ja", t, &row) ||
	    vocab_find_fold(v, "jpcoar", t, &row))
		put_text(n, item, key, slice_str(vocab_get(v, row, "id")));
}

/* {scheme_key: name, "value": text, "uri": address}: the value to its stored form; an address that follows from it is not kept. */
static void fix_id(struct norm *n, json_t *item, const char *scheme_key, const char *vocab, const char *path)
{
	struct slice v = json_slice(json_object_get(item, "value"));
	struct buf b = BUF_INIT(100000), uri = BUF_INIT(400000);
	struct err e = ERR_INIT;
	const char *scheme;
	st_t st;

	if (!json_is_object(item) || v.n == 0)
		goto out;
	fix_term(n, item, scheme_key, vocab);
	scheme = json_text(item, scheme_key);
	if (scheme == NULL || *scheme == '\0') {
		/* Only what cannot be anything else is guessed. */
		const char *guess = doi_valid(v) || slice_starts(v, "https://doi.org/10.") ? "DOI" : slice_starts(v, "https://orcid.org/") ? "ORCID" :
			slice_starts(v, "https://ror.org/") ? "ROR" : slice_starts(v, "http") ? "URL" : NULL;

		if (guess == NULL)
			goto out;
		put_text(n, item, scheme_key, slice_str(guess));
		scheme = json_text(item, scheme_key);
	}
	st = pid_normalise(&b, scheme, v, &e);
	if (st == ST_INVALID) {
		keep_st(n, warn_add(n->warn, "%s: %s", path, e.text));
		goto out;
	}
	keep_st(n, st);
	if (st == ST_OK && !slice_eq(v, buf_slice(&b)))
		put_text(n, item, "value", buf_slice(&b));
	if (st == ST_OK && pid_uri(&uri, scheme, buf_slice(&b)) == ST_OK && uri.n > 0 &&
	    slice_eq(json_slice(json_object_get(item, "uri")), buf_slice(&uri)))
		json_object_del(item, "uri");
out:
	buf_release(&b);
	buf_release(&uri);
}

static void fix_ids(struct norm *n, json_t *obj, const char *key, const char *scheme_key, const char *vocab, const char *path)
{
	json_t *list = fix_list(n, obj, key), *item;
	char where[300];
	size_t i;

	json_array_foreach(list, i, item) {
		snprintf(where, sizeof(where), "%s%s%s[%zu].value", path, *path ? "." : "", key, i);
		fix_id(n, item, scheme_key, vocab, where);
	}
}

/* A plain text where somebody belongs is that one's name. */
static json_t *agent_from_text(struct norm *n, const json_t *text)
{
	json_t *o = json_object(), *names = json_array();

	if (o == NULL || names == NULL || json_array_append(names, (json_t *)text) != 0) {
		json_decref(o);
		json_decref(names);
		n->st = ST_NOMEM;
		return NULL;
	}
	keep_st(n, json_put(o, "names", names));
	return o;
}

static void fix_agent(struct norm *n, json_t *a, const char *path);

static void fix_agents(struct norm *n, json_t *obj, const char *key, const char *path)
{
	json_t *list = fix_list(n, obj, key), *a;
	char where[200];
	size_t i;

	json_array_foreach(list, i, a) {
		snprintf(where, sizeof(where), "%s%s%s[%zu]", path, *path ? "." : "", key, i);
		if (json_is_string(a)) {
			json_t *o = agent_from_text(n, a);

			if (o == NULL || json_array_set_new(list, i, o) != 0)
				return;
			a = json_array_get(list, i);
		}
		fix_agent(n, a, where);
	}
}

static void fix_agent(struct norm *n, json_t *a, const char *path)
{
	static const char *const texts[] = { "names", "familyNames", "givenNames", "alternativeNames" };
	char where[260];

	if (!json_is_object(a))
		return;
	if (json_object_get(a, "names") == NULL && json_is_string(json_object_get(a, "name"))) {
		keep_st(n, json_put(a, "names", json_incref(json_object_get(a, "name"))));
		json_object_del(a, "name");
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		fix_ml(n, a, texts[i], path);
	fix_ids(n, a, "nameIdentifiers", "scheme", "name_identifier_schemes", path);
	fix_ids(n, a, "identifiers", "scheme", "name_identifier_schemes", path);
	if (json_is_object(json_object_get(a, "identifier"))) {
		snprintf(where, sizeof(where), "%s.identifier.value", path);
		fix_id(n, json_object_get(a, "identifier"), "scheme", "name_identifier_schemes", where);
	}
	if (json_object_get(a, "affiliations") != NULL)
		fix_agents(n, a, "affiliations", path);
	fix_term(n, a, "contributorType", "contributor_types");
}

static void fix_languages(struct norm *n, json_t *doc)
{
	json_t *v = json_object_get(doc, "languages"), *item;
	size_t i;

	if (json_is_string(v)) {
		json_t *list = json_array();

		if (list == NULL || json_array_append(list, v) != 0) {
			json_decref(list);
			n->st = ST_NOMEM;
			return;
		}
		keep_st(n, json_put(doc, "languages", list));
		v = json_object_get(doc, "languages");
	}
	json_array_foreach(v, i, item) {
		struct slice l = json_slice(item);
		const char *code = l.n > 0 ? lang_639_3(n->s, l) : NULL;

		if (code != NULL && !slice_eq_str(l, code) && json_array_set_new(v, i, json_string(code)) != 0)
			n->st = ST_NOMEM;
		if (l.n > 0 && code == NULL)
			keep_st(n, warn_add(n->warn, "languages[%zu]: '%.*s' is no known language", i, (int)(l.n < 60 ? l.n : 60), l.p));
	}
}

/* "c_ddb1", "coar:c_ddb1" or the address with https: the address as COAR writes it. */
static void fix_coar(struct norm *n, json_t *obj, const char *base)
{
	struct slice v = slice_trim(json_slice(json_object_get(obj, "coar"))), rest = v;
	const char *path = base + strlen("http://");
	struct buf b = BUF_INIT(500);

	if (v.n == 0 || v.n > 200)
		return;
	if (slice_starts(rest, "https://"))
		rest = slice_of(rest.p + 8, rest.n - 8);
	else if (slice_starts(rest, "http://"))
		rest = slice_of(rest.p + 7, rest.n - 7);
	if (slice_starts(rest, path))
		rest = slice_of(rest.p + strlen(path), rest.n - strlen(path));
	else if (memchr(rest.p, '/', rest.n) != NULL || memchr(rest.p, ' ', rest.n) != NULL)
		return;
	buf_adds(&b, base);
	buf_addsl(&b, rest);
	if (b.st == ST_OK && !slice_eq(v, buf_slice(&b)))
		put_text(n, obj, "coar", buf_slice(&b));
	buf_release(&b);
}

static void fill_term(struct norm *n, json_t *obj, const char *key, const struct vocab *v, size_t row, const char *column)
{
	if (json_slice(json_object_get(obj, key)).n == 0 && *vocab_get(v, row, column) != '\0')
		put_text(n, obj, key, slice_str(vocab_get(v, row, column)));
}

/* Concept, label and DataCite's general type follow from each other. */
static void fix_type(struct norm *n, json_t *doc)
{
	const struct vocab *v = schema_vocab(n->s, "resource_types"), *g = schema_vocab(n->s, "general_types");
	json_t *t = json_object_get(doc, "resourceType");
	struct slice coar, label;
	size_t row;

	if (json_is_string(t)) {
		json_t *o = json_object();

		if (o == NULL || json_object_set(o, slice_starts(json_slice(t), "http") ? "coar" : "label", t) != 0) {
			json_decref(o);
			n->st = ST_NOMEM;
			return;
		}
		keep_st(n, json_put(doc, "resourceType", o));
		t = json_object_get(doc, "resourceType");
	}
	if (!json_is_object(t))
		return;
	fix_coar(n, t, "http://purl.org/coar/resource_type/");
	fix_term(n, t, "general", "general_types");
	coar = json_slice(json_object_get(t, "coar"));
	label = json_slice(json_object_get(t, "label"));
	if (coar.n == 0) {
		if (vocab_find_fold(v, "label", label, &row) || vocab_find(v, "label_ja", label, &row)) {
			put_text(n, t, "coar", slice_str(vocab_get(v, row, "coar")));
			put_text(n, t, "label", slice_str(vocab_get(v, row, "label")));
			fill_term(n, t, "general", v, row, "datacite");
		} else if (vocab_find(g, "id", json_slice(json_object_get(t, "general")), &row)) {
			put_text(n, t, "coar", slice_str(vocab_get(g, row, "coar")));
			fill_term(n, t, "label", g, row, "type");
		}
		return;
	}
	if (vocab_find(v, "label", label, &row) && slice_eq_str(coar, vocab_get(v, row, "coar"))) {
		fill_term(n, t, "general", v, row, "datacite");
	} else if (vocab_find(v, "coar", coar, &row)) {
		fill_term(n, t, "label", v, row, "label");
		fill_term(n, t, "general", v, row, "datacite");
	}
}

static void fix_access(struct norm *n, json_t *doc)
{
	const struct vocab *v = schema_vocab(n->s, "access_rights");
	json_t *a = json_object_get(doc, "accessRights");
	struct slice word;
	size_t row;

	if (json_is_string(a)) {
		json_t *o = json_object();

		if (o == NULL || json_object_set(o, "coar", a) != 0) {
			json_decref(o);
			n->st = ST_NOMEM;
			return;
		}
		keep_st(n, json_put(doc, "accessRights", o));
		a = json_object_get(doc, "accessRights");
	}
	if (!json_is_object(a))
		return;
	word = json_slice(json_object_get(a, "coar"));
	if (word.n == 0)
		word = json_slice(json_object_get(a, "label"));
	if (vocab_find_fold(v, "id", word, &row) || vocab_find_fold(v, "label", word, &row) || vocab_find(v, "label_ja", word, &row) ||
	    vocab_find(v, "cao", word, &row) || vocab_find(v, "eu_repo", word, &row)) {
		put_text(n, a, "coar", slice_str(vocab_get(v, row, "coar")));
		json_object_del(a, "label");
	} else {
		fix_coar(n, a, "http://purl.org/coar/access_right/");
	}
}

static void fix_rights(struct norm *n, json_t *doc)
{
	const struct vocab *v = schema_vocab(n->s, "licences");
	json_t *list = json_object_get(doc, "rights"), *r;
	size_t i, row;

	if (json_is_string(list)) {
		json_t *a = json_array();

		if (a == NULL || json_array_append(a, list) != 0) {
			json_decref(a);
			n->st = ST_NOMEM;
			return;
		}
		keep_st(n, json_put(doc, "rights", a));
	}
	list = fix_list(n, doc, "rights");
	json_array_foreach(list, i, r) {
		if (json_is_string(r)) {
			json_t *o = licence_find(n->s, json_slice(r), &row) ? licence_rights(n->s, row) : json_pack("{s:[{s:O}]}", "values", "value", r);

			if (o == NULL || json_array_set_new(list, i, o) != 0)
				n->st = ST_NOMEM;
			continue;
		}
		if (!json_is_object(r))
			continue;
		fix_ml(n, r, "values", "rights");
		if (json_slice(json_object_get(r, "spdx")).n > 0) {
			if (!licence_find(n->s, json_slice(json_object_get(r, "spdx")), &row))
				continue;
			put_text(n, r, "spdx", slice_str(vocab_get(v, row, "id")));
		} else if (json_slice(json_object_get(r, "uri")).n > 0) {
			if (!licence_find(n->s, json_slice(json_object_get(r, "uri")), &row))
				continue;
			put_text(n, r, "spdx", slice_str(vocab_get(v, row, "id")));
		} else {
			continue;
		}
		if (json_slice(json_object_get(r, "uri")).n == 0)
			put_text(n, r, "uri", slice_str(vocab_get(v, row, "url")));
		if (json_array_size(json_object_get(r, "values")) == 0) {
			json_t *full = licence_rights(n->s, row);

			if (full == NULL || json_object_set(r, "values", json_object_get(full, "values")) != 0)
				n->st = ST_NOMEM;
			json_decref(full);
		}
	}
}

static void fix_typed_texts(struct norm *n, json_t *doc, const char *key, const char *vocab)
{
	json_t *item;
	size_t i;

	fix_ml(n, doc, key, "");
	json_array_foreach(json_object_get(doc, key), i, item)
		if (json_is_object(item))
			fix_term(n, item, "type", vocab);
}

static void fix_funding(struct norm *n, json_t *doc)
{
	json_t *list = fix_list(n, doc, "funding"), *f, *x;
	char path[100];
	size_t i;

	json_array_foreach(list, i, f) {
		if ((x = json_object_get(f, "funder")) != NULL) {
			snprintf(path, sizeof(path), "funding[%zu].funder", i);
			if (json_is_string(x)) {
				json_t *o = agent_from_text(n, x);

				if (o == NULL)
					return;
				keep_st(n, json_put(f, "funder", o));
				x = json_object_get(f, "funder");
			}
			fix_agent(n, x, path);
		}
		snprintf(path, sizeof(path), "funding[%zu].stream", i);
		fix_agent(n, json_object_get(f, "stream"), path);
		snprintf(path, sizeof(path), "funding[%zu].award", i);
		if (json_is_object(json_object_get(f, "award")))
			fix_ml(n, json_object_get(f, "award"), "titles", path);
	}
}

static void fix_relations(struct norm *n, json_t *doc)
{
	json_t *list = fix_list(n, doc, "relations"), *r;
	char path[100];
	size_t i;

	json_array_foreach(list, i, r) {
		if (!json_is_object(r))
			continue;
		fix_term(n, r, "relationType", "relation_types");
		fix_term(n, r, "resourceTypeGeneral", "general_types");
		snprintf(path, sizeof(path), "relations[%zu]", i);
		fix_ml(n, r, "titles", path);
		snprintf(path, sizeof(path), "relations[%zu].identifier.value", i);
		fix_id(n, json_object_get(r, "identifier"), "type", "identifier_types", path);
	}
}

static void fix_publisher(struct norm *n, json_t *doc)
{
	json_t *p = json_object_get(doc, "publisher");

	if (json_is_string(p)) {
		json_t *o = agent_from_text(n, p);

		if (o == NULL)
			return;
		keep_st(n, json_put(doc, "publisher", o));
		p = json_object_get(doc, "publisher");
	}
	fix_agent(n, p, "publisher");
	if (json_is_object(p))
		fix_ml(n, p, "place", "publisher");
}

st_t record_normalise(const struct schema *s, json_t *doc, json_t *warn, struct err *e)
{
	static const char *const computed[] = { "id", "oaiIdentifier", "state", "files", "timestamps", "links" };
	struct norm n = { s, warn, ST_OK };
	json_t *dates, *d;
	uint64_t year;
	size_t i;

	if (!json_is_object(doc))
		return err_set(e, ST_INVALID, "a record is a JSON object");
	for (i = 0; i < sizeof(computed) / sizeof(*computed); i++)
		json_object_del(doc, computed[i]);
	if (json_is_string(json_object_get(doc, "title")) && json_object_get(doc, "titles") == NULL) {
		keep_st(&n, json_put(doc, "titles", json_incref(json_object_get(doc, "title"))));
		json_object_del(doc, "title");
	}
	fix_typed_texts(&n, doc, "titles", "title_types");
	fix_typed_texts(&n, doc, "descriptions", "description_types");
	fix_ml(&n, doc, "subjects", "");
	fix_ml(&n, doc, "dateLiterals", "");
	fix_ml(&n, doc, "temporal", "");
	fix_agents(&n, doc, "creators", "");
	fix_agents(&n, doc, "contributors", "");
	fix_agents(&n, doc, "rightsHolders", "");
	fix_publisher(&n, doc);
	fix_ids(&n, doc, "identifiers", "type", "identifier_types", "");
	if (json_is_object(json_object_get(doc, "container"))) {
		fix_ml(&n, json_object_get(doc, "container"), "titles", "container");
		fix_ids(&n, json_object_get(doc, "container"), "identifiers", "type", "identifier_types", "container");
	}
	fix_languages(&n, doc);
	fix_type(&n, doc);
	fix_access(&n, doc);
	fix_rights(&n, doc);
	fix_funding(&n, doc);
	fix_relations(&n, doc);
	dates = fix_list(&n, doc, "dates");
	json_array_foreach(dates, i, d)
		if (json_is_object(d))
			fix_term(&n, d, "type", "date_types");
	if (slice_u64(slice_trim(json_slice(json_object_get(doc, "publicationYear"))), 9999, &year))
		keep_st(&n, json_put(doc, "publicationYear", json_integer((json_int_t)year)));
	/* Last: what is said of values is said of their stored form. */
	keep_st(&n, assertions_tidy(doc));
	return n.st;
}
