/* Description files in JSON (and CITATION.cff, which is JSON by now). Every getter accepts anything and finds nothing in what is of another kind. */
#include <ctype.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/map.h"
#include "schema/pid.h"
#include "indexer/extract/prefill_int.h"

/* ---- JSON-LD, as Croissant, RO-Crate and CodeMeta use it ---- */

struct ld {
	struct pf *p;
	struct map *nodes;	/* "@id" -> node of the graph; NULL: none */
};

/* A reference becomes the node it names. */
static const json_t *ld_node(const struct ld *l, const json_t *v)
{
	struct slice id = json_slice(json_is_string(v) ? v : json_object_get(v, "@id"));
	const json_t *n = l->nodes != NULL && id.n > 0 ? map_get(l->nodes, id) : NULL;

	return n != NULL ? n : v;
}

/* The text of a property: text, {"@value"}, first of a list, a language map's first. */
static struct slice ld_text(const json_t *o, const char *key)
{
	const json_t *v = pf_nth(json_object_get(o, key), 0);
	const char *lang;
	json_t *x;

	if (json_is_string(v))
		return slice_trim(json_slice(v));
	if (json_object_get(v, "@value") != NULL)
		return slice_trim(json_slice(json_object_get(v, "@value")));
	if (json_object_get(v, "@id") != NULL)
		return json_slice(json_object_get(v, "@id"));
	json_object_foreach((json_t *)v, lang, x)
		if (json_is_string(x) && *lang != '@')
			return json_slice(x);
	return SLICE_NULL;
}

/* All texts of a property with their languages onto a list of {value, lang}. */
static void ld_ml(struct ld *l, json_t *to, const char *to_key, const json_t *o, const char *key)
{
	const json_t *all = json_object_get(o, key), *v;
	const char *lang;
	json_t *x;

	for (size_t i = 0; (v = pf_nth(all, i)) != NULL; i++) {
		if (json_is_string(v))
			pf_ml(l->p, to, to_key, slice_trim(json_slice(v)), NULL);
		else if (json_object_get(v, "@value") != NULL)
			pf_ml(l->p, to, to_key, json_slice(json_object_get(v, "@value")), json_text(v, "@language"));
		else
			json_object_foreach((json_t *)v, lang, x)
				if (*lang != '@' && json_is_string(x))
					pf_ml(l->p, to, to_key, json_slice(x), lang);
	}
}

static bool ld_is(const json_t *o, const char *type)
{
	const json_t *v;

	for (size_t i = 0; (v = pf_nth(json_object_get(o, "@type"), i)) != NULL; i++) {
		struct slice t = json_slice(v);
		const char *colon = t.n > 0 ? memrchr(t.p, ':', t.n) : NULL, *slash = t.n > 0 ? memrchr(t.p, '/', t.n) : NULL;

		if (slice_eq_str(t, type) || (colon != NULL && slice_eq_str(slice_of(colon + 1, t.n - (size_t)(colon + 1 - t.p)), type)) ||
		    (slash != NULL && slice_eq_str(slice_of(slash + 1, t.n - (size_t)(slash + 1 - t.p)), type)))
			return true;
	}
	return false;
}

static void ld_agent(struct ld *l, const char *list, const json_t *ref, const char *type)
{
	const json_t *n = ld_node(l, ref), *a;
	struct slice name = json_is_string(n) ? json_slice(n) : ld_text(n, "name"), family = ld_text(n, "familyName"), given = ld_text(n, "givenName");
	json_t *o;

	/* An address alone is nobody's name. */
	if (json_is_string(n) && slice_starts(name, "http"))
		return;
	if ((name.n == 0 && family.n == 0) || (o = pf_push(l->p, pf_list(l->p, l->p->doc, list))) == NULL)
		return;
	pf_put(l->p, o, "contributorType", slice_str(type));
	pf_put(l->p, o, "nameType", ld_is(n, "Organization") ? SLICE("Organizational") : ld_is(n, "Person") ? SLICE("Personal") : SLICE_NULL);
	pf_person_name(l->p, o, family.n > 0 && !ld_is(n, "Organization") ? SLICE_NULL : name, family, given);
	pf_name_id(l->p, o, json_slice(json_object_get(n, "@id")));
	if (json_object_get(o, "nameIdentifiers") == NULL)
		pf_name_id(l->p, o, ld_text(n, "identifier"));
	for (size_t i = 0; (a = pf_nth(json_object_get(n, "affiliation"), i)) != NULL && i < 20; i++) {
		const json_t *org = ld_node(l, a);

		pf_affiliation(l->p, o, json_is_string(org) ? json_slice(org) : ld_text(org, "name"), json_slice(json_object_get(org, "@id")));
	}
}

static void ld_agents(struct ld *l, const char *list, const json_t *o, const char *key, const char *type)
{
	const json_t *v;

	for (size_t i = 0; (v = pf_nth(json_object_get(o, key), i)) != NULL; i++)
		ld_agent(l, list, v, type);
}

static void ld_publisher(struct ld *l, const json_t *o)
{
	const json_t *n = ld_node(l, pf_nth(json_object_get(o, "publisher"), 0));
	struct slice name = json_is_string(n) ? json_slice(n) : ld_text(n, "name");

	if (!slice_starts(name, "http"))
		pf_publisher(l->p, name, json_slice(json_object_get(n, "@id")));
}

static void ld_licences(struct ld *l, const json_t *o)
{
	const json_t *v;

	for (size_t i = 0; (v = pf_nth(json_object_get(o, "license"), i)) != NULL && i < 50; i++) {
		const json_t *n = ld_node(l, v);
		struct slice id = json_is_string(n) ? json_slice(n) : ld_text(n, "url");

		if (id.n == 0 || !slice_starts(id, "http"))
			id = json_is_string(n) ? id : json_slice(json_object_get(n, "@id"));
		if (!json_is_string(n) && !slice_starts(id, "http"))
			id = ld_text(n, "name");
		pf_licence_name(l->p, id);
	}
}

static void ld_keywords(struct ld *l, const json_t *o)
{
	const json_t *v;

	for (size_t i = 0; (v = pf_nth(json_object_get(o, "keywords"), i)) != NULL && i < 500; i++) {
		const json_t *n = ld_node(l, v);
		struct slice all = json_is_string(n) ? json_slice(n) : ld_text(n, "name");

		if (json_is_array(json_object_get(o, "keywords")))
			pf_subject(l->p, all);
		else
			while (all.p != NULL)	/* one text, parted by commas */
				pf_subject(l->p, slice_cut(&all, ','));
	}
}

static void ld_funding(struct ld *l, const json_t *o)
{
	const json_t *v;

	for (size_t i = 0; (v = pf_nth(json_object_get(o, "funder"), i)) != NULL && i < 100; i++) {
		const json_t *n = ld_node(l, v);
		struct slice name = json_is_string(n) ? json_slice(n) : ld_text(n, "name");

		if (!slice_starts(name, "http"))
			pf_funder(l->p, name, json_slice(json_object_get(n, "@id")), SLICE_NULL);
	}
}

static void ld_languages(struct ld *l, const json_t *o)
{
	const json_t *v;

	for (size_t i = 0; (v = pf_nth(json_object_get(o, "inLanguage"), i)) != NULL && i < 50; i++) {
		struct slice s = json_is_string(v) ? json_slice(v) : ld_text(ld_node(l, v), "name");

		pf_language(l->p, s);
	}
}

static void ld_dataset(struct ld *l, const json_t *o)
{
	struct pf *p = l->p;
	const json_t *v;

	ld_ml(l, p->doc, "titles", o, "name");
	ld_ml(l, p->doc, "descriptions", o, "description");
	ld_agents(l, "creators", o, "creator", NULL);
	if (json_object_get(p->doc, "creators") == NULL)
		ld_agents(l, "creators", o, "author", NULL);
	ld_agents(l, "contributors", o, "contributor", "Other");
	ld_agents(l, "contributors", o, "editor", "Editor");
	ld_agents(l, "rightsHolders", o, "copyrightHolder", NULL);
	ld_publisher(l, o);
	pf_date(p, "Issued", ld_text(o, "datePublished"));
	pf_date(p, "Created", ld_text(o, "dateCreated"));
	pf_date(p, "Updated", ld_text(o, "dateModified"));
	pf_date(p, "Coverage", ld_text(o, "temporalCoverage"));
	ld_licences(l, o);
	ld_keywords(l, o);
	ld_funding(l, o);
	ld_languages(l, o);
	pf_put(p, p->doc, "version", ld_text(o, "version"));
	for (size_t i = 0; (v = pf_nth(json_object_get(o, "identifier"), i)) != NULL && i < 20; i++) {
		const json_t *n = ld_node(l, v);
		struct slice id = json_is_string(n) ? json_slice(n) : ld_text(n, "value");

		pf_same(p, id.n > 0 ? id : ld_text(n, "@id"));
	}
	if (json_object_get(p->doc, "relations") == NULL && (slice_starts(ld_text(o, "url"), "https://doi.org/") || slice_starts(ld_text(o, "url"), "http://doi.org/")))
		pf_same(p, ld_text(o, "url"));
}

static struct map *graph_index(const json_t *graph)
{
	struct map *m = map_new();
	const json_t *n;
	size_t i;

	json_array_foreach(graph, i, n) {
		struct slice id = json_slice(json_object_get(n, "@id"));

		if (m != NULL && id.n > 0 && !map_has(m, id) && map_put(m, id, (void *)n, NULL) != ST_OK) {
			map_free(m, NULL);
			return NULL;
		}
	}
	return m;
}

st_t pf_rocrate(struct pf *p, const json_t *j, struct err *e)
{
	const json_t *graph = json_object_get(j, "@graph"), *n, *root = NULL;
	struct ld l = { p, NULL };
	size_t i;

	if (!json_is_array(graph))
		return err_set(e, ST_INVALID, "no '@graph'");
	json_array_foreach(graph, i, n)
		if (json_slice(json_object_get(n, "@id")).n == 0)
			return err_set(e, ST_INVALID, "entity %zu of '@graph' has no '@id'", i);
	if ((l.nodes = graph_index(graph)) == NULL)
		return ST_NOMEM;
	json_array_foreach(graph, i, n)
		if (root == NULL && slice_ends(json_slice(json_object_get(n, "@id")), "ro-crate-metadata.json"))
			root = map_get(l.nodes, ld_text(n, "about"));
	if (root != NULL)
		ld_dataset(&l, root);
	map_free(l.nodes, NULL);
	return root != NULL ? ST_OK : err_set(e, ST_INVALID, "no root data entity: nothing that 'ro-crate-metadata.json' is about");
}

st_t pf_croissant(struct pf *p, const json_t *j, struct err *e)
{
	bool named = slice_ieq_str(slice_str(p->path), "croissant.json") || slice_ieq_str(slice_str(p->path), "data/croissant.json"), ours = false;
	struct ld l = { p, NULL };
	const json_t *v;

	for (size_t i = 0; (v = pf_nth(json_object_get(j, "conformsTo"), i)) != NULL; i++) {
		struct slice s = json_slice(json_is_string(v) ? v : json_object_get(v, "@id"));

		ours |= slice_starts(s, "http://mlcommons.org/croissant/") || slice_starts(s, "https://mlcommons.org/croissant/");
	}
	ours |= json_slice(json_at(j, "@context.cr")).n > 0;
	if (!named && !ours)
		return ST_ABSENT;
	if (!json_is_object(j) || !ld_is(j, "Dataset"))
		return err_set(e, ST_INVALID, "no object of type 'sc:Dataset'");
	ld_dataset(&l, j);
	return ST_OK;
}

/* A document that says "Dataset" in the words of schema.org, alone or in a graph. */
st_t pf_schema_org(struct pf *p, const json_t *j, struct err *e)
{
	const json_t *graph = json_object_get(j, "@graph"), *n;
	struct ld l = { p, NULL };
	size_t i;

	json_array_foreach(graph, i, n)
		if (ld_is(n, "Dataset")) {
			if ((l.nodes = graph_index(graph)) == NULL)
				return ST_NOMEM;
			ld_dataset(&l, n);
			map_free(l.nodes, NULL);
			return ST_OK;
		}
	if (!json_is_object(j) || !ld_is(j, "Dataset") || ld_text(j, "name").n == 0)
		return ST_ABSENT;
	ld_dataset(&l, j);
	return ST_OK;
}

st_t pf_codemeta(struct pf *p, const json_t *j, struct err *e)
{
	struct ld l = { p, NULL };

	if (!json_is_object(j) || (json_object_get(j, "name") == NULL && json_object_get(j, "author") == NULL))
		return err_set(e, ST_INVALID, "neither 'name' nor 'author'");
	ld_dataset(&l, j);
	if (ld_is(j, "SoftwareSourceCode"))
		pf_type(p, "software", json_slice(pf_nth(json_object_get(j, "@type"), 0)));
	return p->st;
}

/* ---- DataCite JSON ---- */

/* Text under ${key}, or, in the nested way of some exporters, under ${key}.${key}. */
static struct slice dc_text(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	return json_is_object(v) ? pf_text(v, key) : pf_text(o, key);
}

static void dc_ids(struct pf *p, json_t *to, const json_t *from)
{
	const json_t *list = json_object_get(from, "nameIdentifiers"), *id;
	json_t *o;

	if (list == NULL)
		list = json_object_get(from, "nameIdentifier");
	for (size_t i = 0; (id = pf_nth(list, i)) != NULL && i < 50; i++) {
		struct slice v = pf_text(id, "nameIdentifier"), scheme = pf_text(id, "nameIdentifierScheme");

		if (v.n == 0 || scheme.n == 0 || (o = pf_push(p, pf_list(p, to, "nameIdentifiers"))) == NULL)
			continue;
		pf_put(p, o, "scheme", scheme);
		pf_put(p, o, "value", v);
	}
}

static void dc_agents(struct pf *p, const json_t *j, const char *from_key, const char *name_key, const char *list)
{
	const json_t *a, *f;
	json_t *o;

	for (size_t i = 0; (a = pf_nth(json_object_get(j, from_key), i)) != NULL; i++) {
		const json_t *nested = json_object_get(a, name_key);
		struct slice name = pf_text(a, "name"), type = pf_text(a, "nameType");

		if (name.n == 0)
			name = dc_text(a, name_key);
		if (type.n == 0 && json_is_object(nested))
			type = pf_text(nested, "nameType");
		if ((name.n == 0 && pf_text(a, "familyName").n == 0) || (o = pf_push(p, pf_list(p, p->doc, list))) == NULL)
			continue;
		pf_put(p, o, "nameType", type);
		pf_person_name(p, o, name, pf_text(a, "familyName"), pf_text(a, "givenName"));
		if (strcmp(list, "contributors") == 0)
			pf_put(p, o, "contributorType", pf_text(a, "contributorType"));
		dc_ids(p, o, a);
		for (size_t k = 0; (f = pf_nth(json_object_get(a, "affiliation"), k)) != NULL && k < 50; k++)
			pf_affiliation(p, o, json_is_string(f) ? json_slice(f) : pf_text(f, "name"), pf_text(f, "affiliationIdentifier"));
	}
}

static void dc_texts(struct pf *p, const json_t *j, const char *from_key, const char *text_key, const char *type_key, const char *list)
{
	const json_t *t;
	json_t *o;

	for (size_t i = 0; (t = pf_nth(json_object_get(j, from_key), i)) != NULL; i++) {
		struct slice v = json_is_string(t) ? json_slice(t) : pf_text(t, text_key);

		if (v.n == 0 || (o = pf_push(p, pf_list(p, p->doc, list))) == NULL)
			continue;
		pf_put(p, o, "value", v);
		pf_put(p, o, "lang", pf_text(t, "lang").n > 0 ? pf_text(t, "lang") : pf_text(t, "xml:lang"));
		if (type_key != NULL)
			pf_put(p, o, "type", pf_text(t, type_key));
		if (strcmp(list, "subjects") == 0) {
			pf_put(p, o, "scheme", pf_text(t, "subjectScheme"));
			pf_put(p, o, "schemeUri", pf_text(t, "schemeUri"));
			pf_put(p, o, "valueUri", pf_text(t, "valueUri"));
			pf_put(p, o, "code", pf_text(t, "classificationCode"));
		}
	}
}

static void dc_funding(struct pf *p, const json_t *j)
{
	const json_t *f;
	json_t *o, *x;

	for (size_t i = 0; (f = pf_nth(json_object_get(j, "fundingReferences"), i)) != NULL && i < 500; i++) {
		const json_t *idn = json_object_get(f, "funderIdentifier"), *awn = json_object_get(f, "awardNumber");
		struct slice id = dc_text(f, "funderIdentifier"), number = dc_text(f, "awardNumber");
		struct slice type = pf_text(json_is_object(idn) ? idn : f, "funderIdentifierType");
		struct slice uri = pf_text(json_is_object(awn) ? awn : f, json_is_object(awn) ? "awardURI" : "awardUri");

		if (pf_text(f, "funderName").n == 0 || (o = pf_push(p, pf_list(p, p->doc, "funding"))) == NULL)
			continue;
		if (json_put(o, "funder", json_object()) != ST_OK || json_put(o, "award", json_object()) != ST_OK)
			return;
		pf_ml(p, json_object_get(o, "funder"), "names", pf_text(f, "funderName"), NULL);
		if (id.n > 0 && type.n > 0 && (x = pf_push(p, pf_list(p, json_object_get(o, "funder"), "identifiers"))) != NULL) {
			pf_put(p, x, "scheme", type);
			pf_put(p, x, "value", id);
		}
		o = json_object_get(o, "award");
		pf_put(p, o, "number", number);
		pf_put(p, o, "uri", uri);
		pf_ml(p, o, "titles", pf_text(f, "awardTitle"), NULL);
	}
}

static void dc_relations(struct pf *p, const json_t *j)
{
	const json_t *r;
	json_t *o;

	for (size_t i = 0; (r = pf_nth(json_object_get(j, "relatedIdentifiers"), i)) != NULL; i++) {
		if (pf_text(r, "relatedIdentifier").n == 0 || (o = pf_push(p, pf_list(p, p->doc, "relations"))) == NULL)
			continue;
		pf_put(p, o, "relationType", pf_text(r, "relationType"));
		pf_put(p, o, "resourceTypeGeneral", pf_text(r, "resourceTypeGeneral"));
		if (json_put(o, "identifier", json_object()) != ST_OK)
			return;
		pf_put(p, json_object_get(o, "identifier"), "type", pf_text(r, "relatedIdentifierType"));
		pf_put(p, json_object_get(o, "identifier"), "value", pf_text(r, "relatedIdentifier"));
	}
	pf_same(p, pf_text(j, "doi").n > 0 ? pf_text(j, "doi") : dc_text(j, "identifier"));
}

static void dc_publisher(struct pf *p, const json_t *j)
{
	const json_t *from = json_object_get(j, "publisher");
	struct slice name = json_is_string(from) ? json_slice(from) : pf_text(from, "name");
	json_t *o, *id;

	if (name.n == 0)
		return;
	if ((o = json_object()) == NULL || json_put(p->doc, "publisher", o) != ST_OK) {
		p->st = ST_NOMEM;
		return;
	}
	pf_ml(p, o, "names", name, NULL);
	if (pf_text(from, "publisherIdentifier").n > 0 && pf_text(from, "publisherIdentifierScheme").n > 0 && json_put(o, "identifier", json_object()) == ST_OK) {
		id = json_object_get(o, "identifier");
		pf_put(p, id, "scheme", pf_text(from, "publisherIdentifierScheme"));
		pf_put(p, id, "value", pf_text(from, "publisherIdentifier"));
	}
}

static void dc_rest(struct pf *p, const json_t *j)
{
	const json_t *types = json_object_get(j, "types") != NULL ? json_object_get(j, "types") : json_object_get(j, "resourceType"), *v, *y;
	static const char *const lists[] = { "sizes", "formats" };
	json_t *o;

	if (pf_text(types, "resourceTypeGeneral").n > 0 && json_put(p->doc, "resourceType", json_object()) == ST_OK) {
		o = json_object_get(p->doc, "resourceType");
		pf_put(p, o, "general", pf_text(types, "resourceTypeGeneral"));
		pf_put(p, o, "text", pf_text(types, "resourceType"));
	}
	for (size_t i = 0; (v = pf_nth(json_object_get(j, "rightsList"), i)) != NULL && i < 50; i++) {
		struct slice id = pf_text(v, "rightsIdentifier");

		/* DataCite writes access rights among the licences. */
		if (slice_starts(pf_text(v, "rightsUri"), "info:eu-repo") || slice_starts(pf_text(v, "rightsUri"), "http://purl.org/coar/access_right"))
			continue;
		if (id.n == 0)
			id = pf_text(v, "rightsUri").n > 0 ? pf_text(v, "rightsUri") : pf_text(v, "rightsURI");
		pf_licence_name(p, id.n > 0 ? id : pf_text(v, "rights"));
	}
	for (size_t i = 0; (v = pf_nth(json_object_get(j, "dates"), i)) != NULL && i < 500; i++) {
		if (pf_text(v, "date").n == 0 || (o = pf_push(p, pf_list(p, p->doc, "dates"))) == NULL)
			continue;
		pf_put(p, o, "type", pf_text(v, "dateType"));
		pf_put(p, o, "value", pf_text(v, "date"));
		pf_put(p, o, "information", pf_text(v, "dateInformation"));
	}
	y = json_object_get(j, "publicationYear");
	if ((json_is_integer(y) || json_is_string(y)) && json_object_set(p->doc, "publicationYear", (json_t *)y) != 0)
		p->st = ST_NOMEM;
	pf_mark_member(p, "publicationYear", json_is_string(y) ? json_slice(y) : slice_of(y, y != NULL));
	pf_language(p, pf_text(j, "language"));
	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; (v = pf_nth(json_object_get(j, lists[k]), i)) != NULL; i++)
			pf_word(p, lists[k], json_slice(v), json_slice(v));
	pf_put(p, p->doc, "version", pf_text(j, "version"));
}

st_t pf_datacite(struct pf *p, const json_t *j, struct err *e)
{
	if (json_at(j, "data.attributes") != NULL)
		j = json_at(j, "data.attributes");
	if (!json_is_object(j) || (json_object_get(j, "titles") == NULL && json_object_get(j, "creators") == NULL))
		return err_set(e, ST_INVALID, "neither 'titles' nor 'creators'");
	dc_texts(p, j, "titles", "title", "titleType", "titles");
	dc_agents(p, j, "creators", "creatorName", "creators");
	dc_agents(p, j, "contributors", "contributorName", "contributors");
	dc_publisher(p, j);
	dc_texts(p, j, "descriptions", "description", "descriptionType", "descriptions");
	dc_texts(p, j, "subjects", "subject", NULL, "subjects");
	dc_funding(p, j);
	dc_relations(p, j);
	dc_rest(p, j);
	return p->st;
}

/* ---- Frictionless ---- */

static bool path_leads_out(struct slice path)
{
	if (slice_starts(path, "http://") || slice_starts(path, "https://"))
		return false;
	if (path.n > 0 && path.p[0] == '/')
		return true;
	while (path.p != NULL)
		if (slice_eq_str(slice_cut(&path, '/'), ".."))
			return true;
	return false;
}

static void fd_people(struct pf *p, const json_t *j)
{
	static const struct { const char *role, *type; } roles[] = { { "maintainer", "DataManager" }, { "wrangler", "DataCurator" }, { "contributor", "Other" } };
	const json_t *c;
	json_t *o;

	for (size_t i = 0; (c = pf_nth(json_object_get(j, "contributors"), i)) != NULL; i++) {
		struct slice role = pf_text(c, "role"), name = pf_text(c, "title");
		const char *type = NULL;

		if (role.n == 0)
			role = json_slice(pf_nth(json_object_get(c, "roles"), 0));
		for (size_t k = 0; k < 3; k++)
			if (slice_eq_str(role, roles[k].role))
				type = roles[k].type;
		if (name.n == 0 && pf_text(c, "familyName").n == 0)
			continue;
		if (slice_eq_str(role, "publisher")) {
			if (json_object_get(p->doc, "publisher") == NULL && json_put(p->doc, "publisher", json_object()) == ST_OK)
				pf_ml(p, json_object_get(p->doc, "publisher"), "names", name, NULL);
			continue;
		}
		if ((o = pf_push(p, pf_list(p, p->doc, type != NULL ? "contributors" : "creators"))) == NULL)
			return;
		pf_put(p, o, "contributorType", slice_str(type));
		pf_person_name(p, o, name, pf_text(c, "familyName"), pf_text(c, "givenName"));
		pf_name_id(p, o, pf_text(c, "path"));
		pf_affiliation(p, o, pf_text(c, "organization"), SLICE_NULL);
	}
}

st_t pf_datapackage(struct pf *p, const json_t *j, struct err *e)
{
	const json_t *v, *path;
	struct slice title = pf_text(j, "title");

	if (!json_is_object(j) || (json_object_get(j, "resources") == NULL && title.n == 0 && pf_text(j, "name").n == 0))
		return err_set(e, ST_INVALID, "no 'resources'");
	for (size_t i = 0; (v = pf_nth(json_object_get(j, "resources"), i)) != NULL; i++)
		for (size_t k = 0; (path = pf_nth(json_object_get(v, "path"), k)) != NULL; k++)
			if (path_leads_out(json_slice(path)))
				return err_set(e, ST_INVALID, "resources[%zu].path '%.80s' leads out of the folder", i, json_string_value(path));
	pf_ml(p, p->doc, "titles", title.n > 0 ? title : pf_text(j, "name"), NULL);
	if (pf_text(j, "description").n > 0)
		pf_ml(p, p->doc, "descriptions", pf_text(j, "description"), NULL);
	fd_people(p, j);
	for (size_t i = 0; (v = pf_nth(json_object_get(j, "licenses"), i)) != NULL && i < 50; i++)
		pf_licence_name(p, pf_text(v, "name").n > 0 ? pf_text(v, "name") : pf_text(v, "path").n > 0 ? pf_text(v, "path") : pf_text(v, "title"));
	pf_licence_name(p, pf_text(j, "license"));
	for (size_t i = 0; (v = pf_nth(json_object_get(j, "keywords"), i)) != NULL && i < 500; i++)
		pf_subject(p, json_slice(v));
	pf_put(p, p->doc, "version", pf_text(j, "version"));
	pf_date(p, "Created", pf_text(j, "created"));
	pf_same(p, pf_text(j, "id"));
	return p->st;
}

/* ---- BIDS ---- */

st_t pf_bids(struct pf *p, const json_t *j, struct err *e)
{
	const json_t *v;
	json_t *o;

	if (!json_is_object(j) || (json_object_get(j, "BIDSVersion") == NULL && json_object_get(j, "Name") == NULL))
		return err_set(e, ST_INVALID, "neither 'Name' nor 'BIDSVersion'");
	pf_ml(p, p->doc, "titles", pf_text(j, "Name"), NULL);
	for (size_t i = 0; (v = pf_nth(json_object_get(j, "Authors"), i)) != NULL; i++)
		if (json_slice(v).n > 0 && (o = pf_push(p, pf_list(p, p->doc, "creators"))) != NULL) {
			pf_put(p, o, "nameType", SLICE("Personal"));
			pf_ml(p, o, "names", json_slice(v), NULL);
		}
	pf_licence_name(p, pf_text(j, "License"));
	for (size_t i = 0; (v = pf_nth(json_object_get(j, "Funding"), i)) != NULL && i < 100; i++)
		if (json_slice(v).n > 0 && (o = pf_push(p, pf_list(p, p->doc, "funding"))) != NULL && json_put(o, "funder", json_object()) == ST_OK)
			pf_ml(p, json_object_get(o, "funder"), "names", json_slice(v), NULL);
	for (size_t i = 0; (v = pf_nth(json_object_get(j, "Keywords"), i)) != NULL && i < 500; i++)
		pf_subject(p, json_slice(v));
	pf_same(p, pf_text(j, "DatasetDOI"));
	for (size_t i = 0; (v = pf_nth(json_object_get(j, "ReferencesAndLinks"), i)) != NULL && i < 200; i++)
		if (json_slice(v).n > 0 && (o = pf_push(p, pf_list(p, p->doc, "relations"))) != NULL) {
			pf_put(p, o, "relationType", SLICE("References"));
			pf_ml(p, o, "titles", json_slice(v), NULL);
		}
	if (pf_text(j, "HowToAcknowledge").n > 0 && (o = pf_push(p, pf_list(p, p->doc, "descriptions"))) != NULL) {
		pf_put(p, o, "value", pf_text(j, "HowToAcknowledge"));
		pf_put(p, o, "type", SLICE("Other"));
	}
	return p->st;
}

/* ---- CITATION.cff ---- */

static void cff_people(struct pf *p, const json_t *j)
{
	const json_t *a;
	json_t *o;

	for (size_t i = 0; (a = pf_nth(json_object_get(j, "authors"), i)) != NULL; i++) {
		struct slice family = pf_text(a, "family-names"), given = pf_text(a, "given-names"), name = pf_text(a, "name"), particle = pf_text(a, "name-particle");
		struct buf whole = BUF_INIT(5000);

		if (name.n == 0 && family.n == 0 && given.n == 0 && (name = pf_text(a, "alias")).n == 0)
			continue;
		if ((o = pf_push(p, pf_list(p, p->doc, "creators"))) == NULL)
			return;
		pf_put(p, o, "nameType", pf_text(a, "name").n > 0 ? SLICE("Organizational") : SLICE("Personal"));
		if (particle.n > 0 && family.n > 0) {
			buf_addsl(&whole, particle);
			buf_addc(&whole, ' ');
			buf_addsl(&whole, family);
			family = buf_slice(&whole);
		}
		pf_person_name(p, o, name, family, given);
		pf_name_id(p, o, pf_text(a, "orcid"));
		pf_affiliation(p, o, pf_text(a, "affiliation"), SLICE_NULL);
		buf_release(&whole);
	}
}

static void cff_ids(struct pf *p, const json_t *j)
{
	const json_t *id;

	pf_same(p, pf_text(j, "doi"));
	for (size_t i = 0; (id = pf_nth(json_object_get(j, "identifiers"), i)) != NULL && i < 20; i++)
		if (slice_eq_str(pf_text(id, "type"), "doi") && !slice_eq(pf_text(id, "value"), pf_text(j, "doi")))
			pf_same(p, pf_text(id, "value"));
}

st_t pf_cff(struct pf *p, const json_t *j, struct err *e)
{
	const json_t *v;
	struct slice type = pf_text(j, "type");
	json_t *o;

	if (!json_is_object(j) || pf_text(j, "title").n == 0)
		return err_set(e, ST_INVALID, "no 'title'");
	pf_ml(p, p->doc, "titles", pf_text(j, "title"), NULL);
	cff_people(p, j);
	if (pf_text(j, "abstract").n > 0 && (o = pf_push(p, pf_list(p, p->doc, "descriptions"))) != NULL) {
		pf_put(p, o, "value", pf_text(j, "abstract"));
		pf_put(p, o, "type", SLICE("Abstract"));
	}
	pf_put(p, p->doc, "version", pf_text(j, "version"));
	pf_date(p, "Issued", pf_text(j, "date-released"));
	for (size_t i = 0; (v = pf_nth(json_object_get(j, "license"), i)) != NULL && i < 50; i++)
		pf_licence_name(p, json_slice(v));
	for (size_t i = 0; (v = pf_nth(json_object_get(j, "keywords"), i)) != NULL && i < 500; i++)
		pf_subject(p, json_slice(v));
	cff_ids(p, j);
	if (slice_eq_str(type, "software") || slice_eq_str(type, "dataset"))
		pf_type(p, slice_eq_str(type, "software") ? "software" : "dataset", type);
	return p->st;
}
