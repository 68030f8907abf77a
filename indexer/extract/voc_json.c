/*
 * JSON: ROR's dump (schema v2), and JSON-LD as far as vocabularies use it: expanded form; compacted form whose context stands in the file, with
 * prefixes, terms, @language and language maps. A context that must be fetched is not: its usual names (prefLabel, broader, ...) are
 * taken as SKOS.
 */

#include "indexer/extract/voc_int.h"

#include <stdio.h>

#define DEEP	30

struct ld {
	struct voc *v;
	struct voc_graph *g;
	const json_t *context[8];
	size_t n_context;
	unsigned blanks;
};

/* ---- names ---- */

static const struct { const char *prefix, *iri; } prefixes[] = {
	{ "skos", VOC_SKOS }, { "rdf", VOC_RDF }, { "rdfs", VOC_RDFS }, { "owl", VOC_OWL }, { "dct", VOC_DCT }, { "dcterms", VOC_DCT }, { "dc", VOC_DC },
};

static const char *const skos_words[] = { "prefLabel", "altLabel", "hiddenLabel", "definition", "broader", "narrower", "exactMatch", "closeMatch",
	"notation", "Concept", "ConceptScheme" };

static const json_t *context_term(const struct ld *l, const char *word)
{
	for (size_t i = l->n_context; i-- > 0; ) {
		const json_t *t = json_object_get(l->context[i], word);

		if (t != NULL)
			return t;
	}
	return NULL;
}

static const char *term_iri(const json_t *t)
{
	return json_is_object(t) ? json_text(t, "@id") : json_string_value(t);
}

/* The full name of a term, prefixed name or address into ${b}. */
static struct slice expand(const struct ld *l, struct slice word, struct buf *b, unsigned deep)
{
	char name[200];
	struct slice rest = word, prefix = slice_cut(&rest, ':');
	const char *iri;
	size_t i;

	if (word.n == 0 || word.n >= sizeof(name) || slice_starts(word, "_:") || slice_starts(rest, "//") || deep > 3) {
		buf_addsl(b, word);
		return buf_slice(b);
	}
	snprintf(name, sizeof(name), "%.*s", (int)word.n, word.p);
	if ((iri = term_iri(context_term(l, name))) != NULL && strcmp(iri, name) != 0)
		return expand(l, slice_str(iri), b, deep + 1);
	if (rest.p == NULL) {
		for (i = 0; i < sizeof(skos_words) / sizeof(skos_words[0]); i++)
			if (strcmp(name, skos_words[i]) == 0)
				buf_adds(b, VOC_SKOS);
		if (b->n == 0 && (iri = term_iri(context_term(l, "@vocab"))) != NULL)
			buf_adds(b, iri);
		buf_addsl(b, word);
		return buf_slice(b);
	}
	snprintf(name, sizeof(name), "%.*s", (int)prefix.n, prefix.p);
	iri = term_iri(context_term(l, name));
	for (i = 0; iri == NULL && i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strcmp(name, prefixes[i].prefix) == 0)
			iri = prefixes[i].iri;
	if (iri != NULL) {
		expand(l, slice_str(iri), b, deep + 1);
		buf_addsl(b, rest);
	} else {
		buf_addsl(b, word);
	}
	return buf_slice(b);
}

static void context_push(struct ld *l, const json_t *c)
{
	const json_t *one;
	size_t i;

	if (json_is_object(c) && l->n_context < 8)
		l->context[l->n_context++] = c;
	json_array_foreach(c, i, one)
		if (json_is_object(one) && l->n_context < 8)
			l->context[l->n_context++] = one;
}

/* ---- nodes ---- */

static st_t node(struct ld *l, const json_t *n, struct buf *id, unsigned deep);

static st_t value(struct ld *l, struct slice s, const char *key, struct slice p, const json_t *v, unsigned deep);

/* {"en": "...", "ja": ["...", ...]} */
static st_t lang_map(struct ld *l, struct slice s, struct slice p, const json_t *map)
{
	const char *lang;
	const json_t *v, *one;
	st_t st = ST_OK;
	size_t i;

	json_object_foreach((json_t *)(uintptr_t)map, lang, v) {
		if (json_is_string(v))
			st = voc_graph_text(l->g, s, p, json_slice(v), slice_str(lang));
		json_array_foreach(v, i, one)
			if (st == ST_OK && json_is_string(one))
				st = voc_graph_text(l->g, s, p, json_slice(one), slice_str(lang));
		if (st != ST_OK)
			break;
	}
	return st;
}

static bool is_lang_map(const json_t *v)
{
	const char *k;
	const json_t *x;

	json_object_foreach((json_t *)(uintptr_t)v, k, x)
		if (strlen(k) < 2 || strlen(k) > 12 || k[0] < 'a' || k[0] > 'z' || strcmp(k, "id") == 0 || strcmp(k, "type") == 0 || json_is_object(x))
			return false;
	return json_object_size(v) > 0;
}

static st_t object_value(struct ld *l, struct slice s, struct slice p, const json_t *v, unsigned deep)
{
	const json_t *text = json_object_get(v, "@value"), *list = json_object_get(v, "@list");
	struct buf id = BUF_INIT(8192);
	st_t st;

	if (list == NULL)
		list = json_object_get(v, "@set");
	if (json_is_string(text)) {
		const char *lang = json_text(v, "@language");

		return voc_graph_text(l->g, s, p, json_slice(text), slice_str(lang != NULL ? lang : ""));
	}
	if (text != NULL)
		return voc_graph_text(l->g, s, p, json_is_true(text) ? SLICE("true") : SLICE_NULL, SLICE_NULL);
	if (list != NULL)
		return value(l, s, "", p, list, deep + 1);
	if (is_lang_map(v))
		return lang_map(l, s, p, v);
	st = node(l, v, &id, deep + 1);
	if (st == ST_OK && id.n > 0)
		st = voc_graph_iri(l->g, s, p, buf_slice(&id));
	buf_release(&id);
	return st;
}

static bool takes_iri(struct slice p)
{
	static const char *const links[] = { VOC_SKOS "broader", VOC_SKOS "narrower", VOC_SKOS "exactMatch", VOC_SKOS "closeMatch", VOC_RDFS "subClassOf",
		VOC_RDFS "subPropertyOf", VOC_OWL "sameAs", VOC_OWL "equivalentClass", VOC_OWL "equivalentProperty" };

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (slice_eq_str(p, links[i]))
			return true;
	return false;
}

static st_t value(struct ld *l, struct slice s, const char *key, struct slice p, const json_t *v, unsigned deep)
{
	const json_t *term = context_term(l, key), *one;
	struct buf full = BUF_INIT(8192);
	const char *lang;
	st_t st = ST_OK;
	size_t i;

	if (deep > DEEP)
		return voc_fail(l->v, ST_INVALID, "the JSON is too deep");
	if (json_is_array(v)) {
		json_array_foreach(v, i, one)
			if (st == ST_OK)
				st = value(l, s, key, p, one, deep + 1);
		return st;
	}
	if (json_is_object(v))
		return object_value(l, s, p, v, deep);
	if (json_is_true(v))
		return voc_graph_text(l->g, s, p, SLICE("true"), SLICE_NULL);
	if (!json_is_string(v))
		return ST_OK;
	if (takes_iri(p) || (json_is_object(term) && json_text(term, "@type") != NULL && strcmp(json_text(term, "@type"), "@id") == 0)) {
		st = voc_graph_iri(l->g, s, p, expand(l, json_slice(v), &full, 0));
		buf_release(&full);
		return st;
	}
	lang = json_is_object(term) && json_text(term, "@language") != NULL ? json_text(term, "@language") : term_iri(context_term(l, "@language"));
	return voc_graph_text(l->g, s, p, json_slice(v), slice_str(lang != NULL ? lang : ""));
}

static st_t type_of(struct ld *l, struct slice s, const json_t *t)
{
	struct buf full = BUF_INIT(8192);
	const json_t *one;
	st_t st = ST_OK;
	size_t i;

	if (json_is_string(t))
		st = voc_graph_iri(l->g, s, SLICE(VOC_RDF "type"), expand(l, json_slice(t), &full, 0));
	json_array_foreach(t, i, one)
		if (st == ST_OK && json_is_string(one))
			st = type_of(l, s, one);
	buf_release(&full);
	return st;
}

/* A node object: its statements into the graph, its name into ${id}. */
static st_t node(struct ld *l, const json_t *n, struct buf *id, unsigned deep)
{
	size_t had = l->n_context, i;
	const json_t *v, *one;
	const char *key;
	st_t st = ST_OK;

	if (deep > DEEP)
		return voc_fail(l->v, ST_INVALID, "the JSON is too deep");
	context_push(l, json_object_get(n, "@context"));
	v = json_object_get(n, "@id") != NULL ? json_object_get(n, "@id") : json_object_get(n, "id");
	if (json_is_string(v))
		expand(l, json_slice(v), id, 0);
	else
		buf_addf(id, "_:b%u", ++l->blanks);
	json_object_foreach((json_t *)(uintptr_t)n, key, v) {
		struct buf p = BUF_INIT(8192);

		if (strcmp(key, "@graph") == 0) {
			json_array_foreach(v, i, one) {
				struct buf sub = BUF_INIT(8192);

				if (st == ST_OK && json_is_object(one))
					st = node(l, one, &sub, deep + 1);
				buf_release(&sub);
			}
		} else if (strcmp(key, "@type") == 0 || strcmp(key, "type") == 0) {
			st = type_of(l, buf_slice(id), v);
		} else if (key[0] != '@' && strcmp(key, "id") != 0) {
			st = value(l, buf_slice(id), key, expand(l, slice_str(key), &p, 0), v, deep);
		}
		buf_release(&p);
		if (st != ST_OK)
			break;
	}
	l->n_context = had;
	return st;
}

/* ---- ROR ---- */

static void ror_names(struct voc_item *it, const json_t *names)
{
	const json_t *n, *t;
	size_t i, k;

	json_array_foreach(names, i, n) {
		const char *value = json_text(n, "value"), *lang = json_text(n, "lang");
		bool label = false;

		json_array_foreach(json_object_get(n, "types"), k, t)
			label = label || (json_is_string(t) && (strcmp(json_string_value(t), "ror_display") == 0 || strcmp(json_string_value(t), "label") == 0));
		if (value != NULL)
			voc_item_add(it, label ? VOC_LABEL : VOC_ALT, slice_str(lang != NULL ? lang : ""), slice_str(value));
	}
}

static void ror_links(struct voc_item *it, const json_t *o)
{
	static const struct { const char *type, *before; } schemes[] = {
		{ "wikidata", "http://www.wikidata.org/entity/" }, { "fundref", "https://doi.org/10.13039/" }, { "grid", "https://www.grid.ac/institutes/" },
		{ "isni", "https://isni.org/isni/" },
	};
	const json_t *r, *x, *one;
	size_t i, k, m;

	json_array_foreach(json_object_get(o, "relationships"), i, r) {
		const char *type = json_text(r, "type"), *id = json_text(r, "id");

		if (type != NULL && id != NULL && (strcmp(type, "parent") == 0 || strcmp(type, "child") == 0))
			voc_item_add(it, type[0] == 'p' ? VOC_BROADER : VOC_NARROWER, SLICE_NULL, slice_str(id));
	}
	json_array_foreach(json_object_get(o, "external_ids"), i, x) {
		const char *type = json_text(x, "type");

		for (m = 0; type != NULL && m < sizeof(schemes) / sizeof(schemes[0]); m++) {
			if (strcmp(type, schemes[m].type) != 0)
				continue;
			json_array_foreach(json_object_get(x, "all"), k, one) {
				struct buf b = BUF_INIT(512);

				buf_adds(&b, schemes[m].before);
				for (struct slice s = json_slice(one); s.n > 0; s.p++, s.n--)
					if (s.p[0] != ' ')
						buf_addc(&b, s.p[0]);
				if (json_is_string(one) && b.st == ST_OK)
					voc_item_add(it, VOC_EXACT, SLICE_NULL, buf_slice(&b));
				buf_release(&b);
			}
		}
	}
}

static st_t ror_org(struct voc *v, const json_t *o)
{
	struct buf place = BUF_INIT(1024);
	const char *status = json_text(o, "status"), *city, *country;
	struct voc_item it;
	st_t st;

	voc_item_init(&it);
	it.iri = slice_str(json_text(o, "id"));
	it.kind = "organization";
	it.deprecated = status != NULL && strcmp(status, "active") != 0;
	ror_names(&it, json_object_get(o, "names"));
	ror_links(&it, o);
	city = json_string_value(json_at(o, "locations[0].geonames_details.name"));
	country = json_string_value(json_at(o, "locations[0].geonames_details.country_name"));
	if (city != NULL && country != NULL) {
		buf_addf(&place, "%s, %s", city, country);
		voc_item_add(&it, VOC_DEF, SLICE("en"), buf_slice(&place));
	}
	st = voc_item_emit(v, &it);
	voc_item_release(&it);
	buf_release(&place);
	return st;
}

static bool is_ror(const json_t *o)
{
	const char *id = json_text(o, "id");

	return id != NULL && strncmp(id, "https://ror.org/", 16) == 0 && json_is_array(json_object_get(o, "names"));
}

st_t voc_read_element(struct voc *v, struct voc_graph *g, struct slice s, const char **format)
{
	struct ld l = { .v = v, .g = g };
	struct buf id = BUF_INIT(8192);
	struct err e = ERR_INIT;
	json_t *j = NULL;
	st_t st = json_load(&j, s, &e);

	if (st != ST_OK)
		return voc_fail(v, ST_INVALID, "an element of the array: %s", e.text);
	if (is_ror(j)) {
		*format = "ror";
		st = ror_org(v, j);
	} else if (json_is_object(j)) {
		if (*format == NULL)
			*format = "json-ld";
		st = node(&l, j, &id, 0);
		if (st == ST_TOOBIG)
			voc_fail(v, st, "says more than a vocabulary may hold");
	}
	buf_release(&id);
	json_decref(j);
	return st;
}

st_t voc_read_jsonld(struct voc *v, struct slice s)
{
	struct ld l = { .v = v, .g = voc_graph_new() };
	struct buf id = BUF_INIT(8192);
	struct err e = ERR_INIT;
	json_t *j = NULL;
	st_t st;

	if (l.g == NULL)
		return ST_NOMEM;
	st = json_load(&j, s, &e);
	if (st != ST_OK)
		st = voc_fail(v, ST_INVALID, "%s", e.text);
	else if (is_ror(j))
		st = ror_org(v, j);
	else if ((st = node(&l, j, &id, 0)) == ST_TOOBIG)
		st = voc_fail(v, st, "says more than a vocabulary may hold");
	else if (st == ST_OK)
		st = voc_graph_emit(v, l.g);
	buf_release(&id);
	json_decref(j);
	voc_graph_free(l.g);
	return st;
}
