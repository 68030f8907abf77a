/* What of a record is found, and where: a walk over the canonical document, its files and its facts. */
#include "indexer/form_fields.h"

#include <math.h>
#include <unicode/uloc.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "schema/concept.h"
#include "schema/unit.h"

#define TEXT_MAX ((size_t)1 << 20)	/* bytes of one value that are read; nobody searches behind */

struct slice exact_clip(struct slice s)
{
	return utf8_clip(slice_trim(s), EXACT_MAX);
}

static void text(const struct doc_sink *k, enum ix_field f, const json_t *str)
{
	struct slice s = json_slice(str);
	if (s.n > 0)
		k->text(k->ctx, f, utf8_clip(s, TEXT_MAX));
}

static void exact(const struct doc_sink *k, char letter, struct slice s)
{
	s = exact_clip(s);
	if (s.n > 0)
		k->exact(k->ctx, letter, s);
}

/* Facet values are exact values too. */
static void facet(const struct doc_sink *k, enum facet f, struct slice s)
{
	s = exact_clip(s);
	if (s.n > 0)
		k->facet(k->ctx, f, s);
}

static void exact_lower(const struct doc_sink *k, char letter, struct slice s)
{
	char low[EXACT_MAX];
	size_t i;

	s = exact_clip(s);
	for (i = 0; i < s.n; i++)
		low[i] = (char)(s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] + 32 : s.p[i]);
	exact(k, letter, slice_of(low, s.n));
}

/* [{value, lang}, ...] */
static void texts(const struct doc_sink *k, enum ix_field f, const json_t *array)
{
	size_t i;
	json_t *m;

	json_array_foreach(array, i, m)
		text(k, f, json_is_string(m) ? m : json_object_get(m, "value"));
}

/* Japanese names are written with a blank or a comma between family and given name, or with nothing: the second form is found too. */
static void joined_name(const struct doc_sink *k, enum ix_field f, const json_t *name)
{
	struct tok t;
	struct tok_unit u;
	struct buf b = BUF_INIT(EXACT_MAX);
	unsigned units = 0;
	bool all = true;

	tok_init(&t, utf8_clip(json_slice(name), EXACT_MAX));
	while (all && tok_next(&t, &u)) {
		all = u.kind == TOK_RUN;
		buf_addsl(&b, u.text);
		units++;
	}
	if (all && units > 1 && b.st == ST_OK)
		k->text(k->ctx, f, buf_slice(&b));
	buf_release(&b);
	tok_release(&t);
}

static void identifiers(const struct doc_sink *k, enum ix_field f, const json_t *array)
{
	size_t i;
	json_t *m;

	json_array_foreach(array, i, m) {
		json_t *v = json_object_get(m, "value");
		const char *type = json_text(m, "type");

		text(k, f, v);
		if (f != F_ID)
			continue;
		exact_lower(k, EXACT_ID, json_slice(v));
		if (type != NULL && slice_ieq_str(slice_str(type), "DOI"))
			exact_lower(k, EXACT_DOI, json_slice(v));
	}
}

static void names(const struct doc_sink *k, enum ix_field f, const json_t *array)
{
	size_t i;
	json_t *m;

	texts(k, f, array);
	json_array_foreach(array, i, m)
		joined_name(k, f, json_object_get(m, "value"));
}

/* The name shown: the first that is no reading. */
static struct slice main_name(const json_t *array)
{
	size_t i;
	json_t *m;
	struct slice first = SLICE_NULL;

	json_array_foreach(array, i, m) {
		const char *lang = json_text(m, "lang");
		struct slice v = json_slice(json_object_get(m, "value"));
		if (i == 0)
			first = v;
		if (lang == NULL || (strcmp(lang, "ja-Kana") != 0 && strcmp(lang, "ja-Latn") != 0))
			return v;
	}
	return first;
}

static void agents(const struct doc_sink *k, enum ix_field f, const json_t *array, bool count)
{
	size_t i, j;
	json_t *m, *a;

	json_array_foreach(array, i, m) {
		names(k, f, json_object_get(m, "names"));
		names(k, f, json_object_get(m, "alternativeNames"));
		identifiers(k, f, json_object_get(m, "nameIdentifiers"));
		json_array_foreach(json_object_get(m, "affiliations"), j, a)
			texts(k, F_AFFILIATION, json_object_get(a, "names"));
		if (count)
			facet(k, FACET_CREATOR, main_name(json_object_get(m, "names")));
	}
}

static void subjects(const struct doc_sink *k, const json_t *array)
{
	size_t i;
	json_t *m;

	json_array_foreach(array, i, m) {
		json_t *v = json_object_get(m, "value");
		text(k, F_SUBJECT, v);
		text(k, F_SUBJECT, json_object_get(m, "code"));
		exact_lower(k, EXACT_CONCEPT, json_slice(json_object_get(m, "valueUri")));
		facet(k, FACET_SUBJECT, json_slice(v));
	}
}

static void funding(const struct doc_sink *k, const json_t *array)
{
	size_t i;
	json_t *m;

	json_array_foreach(array, i, m) {
		json_t *funder = json_object_get(m, "funder"), *award = json_object_get(m, "award");
		texts(k, F_FUNDER, json_object_get(funder, "names"));
		identifiers(k, F_FUNDER, json_object_get(funder, "identifiers"));
		texts(k, F_FUNDER, json_object_get(json_object_get(m, "stream"), "names"));
		text(k, F_FUNDER, json_object_get(award, "number"));
		texts(k, F_FUNDER, json_object_get(award, "titles"));
	}
}

/* Columns of tables and variables have the same members. */
static void variables(const struct doc_sink *k, const json_t *array)
{
	size_t i;
	json_t *m;

	json_array_foreach(array, i, m) {
		json_t *label = json_object_get(m, "label"), *unit = json_object_get(m, "unit");
		text(k, F_COLUMN, json_object_get(m, "name"));
		if (json_is_array(label))
			texts(k, F_COLUMN, label);
		else
			text(k, F_COLUMN, label);
		text(k, F_COLUMN, json_is_object(unit) ? json_object_get(unit, "ucum") : unit);
	}
}

st_t name_fold(struct buf *out, struct slice name)
{
	struct slice unit = unit_of_name(name);
	struct tok t;
	struct tok_unit u;

	if (unit.n > 0)
		name.n = (size_t)(unit.p - name.p);
	else if (name.n > 3 && name.p[name.n - 2] == '_' && strchr("gmKVAsCc", name.p[name.n - 1]) != NULL)
		name.n -= 2;		/* body_mass_g: the same as schema/concept.c */
	tok_init(&t, name);
	while (out->n < 150 && tok_next(&t, &u)) {
		if (out->n > 0)
			buf_addc(out, '_');
		buf_addsl(out, utf8_clip(u.text, 150 - out->n > 3 ? 150 - out->n : 0));
	}
	tok_release(&t);
	return out->st;
}

/* ---- what facts say: values, times and places are intervals, the rest exact values (docs/formats/index.md) ---- */

static double number(const json_t *v, const char *key, double none)
{
	const json_t *n = json_object_get(v, key);
	return json_is_number(n) ? json_number_value(n) : none;
}

/* One interval under a name: in SI under its dimensions, and as written under '='. */
static void value_range(const struct doc_sink *k, char kind, struct slice name, const json_t *v)
{
	const json_t *si = json_object_get(v, "si");
	const char *dims = json_text(si, "unit");
	struct buf key = BUF_INIT(256);

	buf_addc(&key, kind);
	buf_addsl(&key, name);
	buf_addc(&key, RANGE_SEP);
	if (dims != NULL && buf_adds(&key, dims) == ST_OK) {
		k->range(k->ctx, buf_slice(&key), number(si, "min", NAN), number(si, "max", NAN));
		key.n -= strlen(dims);
	}
	if (buf_adds(&key, RANGE_RAW) == ST_OK)
		k->range(k->ctx, buf_slice(&key), number(v, "min", NAN), number(v, "max", NAN));
	buf_release(&key);
}

#define NAME_WORDS 6

/* "Air temperature (2 m)" is found as air_temperature and as temperature. */
static void variable_ranges(const struct doc_sink *k, const json_t *v)
{
	struct buf name = BUF_INIT(256);
	struct slice rest, word;
	unsigned words = 0;
	json_t *c;
	size_t i;

	if (!json_is_number(json_object_get(v, "min")) || name_fold(&name, json_slice(json_object_get(v, "name"))) != ST_OK || name.n == 0)
		goto out;
	value_range(k, 'v', buf_slice(&name), v);
	rest = buf_slice(&name);
	while (memchr(name.p, '_', name.n) != NULL && rest.n > 0 && words++ < NAME_WORDS) {
		word = slice_cut(&rest, '_');
		if (word.n > 2)
			value_range(k, 'v', word, v);
	}
	json_array_foreach(json_object_get(v, "concepts"), i, c)
		if (json_text(c, "id") != NULL && json_object_get(c, "rejected") == NULL)
			value_range(k, 'n', json_slice(json_object_get(c, "id")), v);
	json_array_foreach(json_object_get(v, "broader"), i, c)
		value_range(k, 'n', json_slice(c), v);
out:
	buf_release(&name);
}

static void facet_both(const struct doc_sink *k, enum facet f, char letter, struct slice s)
{
	facet(k, f, s);
	exact_lower(k, letter, s);
}

static void variable_facts(const struct doc_sink *k, const json_t *v)
{
	const json_t *best = json_array_get(json_object_get(v, "concepts"), 0);
	const char *how = json_text(best, "how"), *ucum = json_text(v, "ucum");
	json_t *c;
	size_t i;

	facet_both(k, FACET_VARIABLE, EXACT_VARIABLE, json_slice(json_object_get(how != NULL && strcmp(how, "fuzzy") != 0 ? best : v, how != NULL && strcmp(how, "fuzzy") != 0 ? "label" : "name")));
	exact_lower(k, EXACT_VARIABLE, json_slice(json_object_get(v, "name")));
	if (ucum != NULL)
		facet(k, FACET_UNIT, slice_str(ucum));
	json_array_foreach(json_object_get(v, "concepts"), i, c) {
		exact_lower(k, EXACT_CONCEPT, json_slice(json_object_get(c, "iri")));
		exact_lower(k, EXACT_CONCEPT, json_slice(json_object_get(c, "id")));
		text(k, F_COLUMN, json_object_get(c, "label"));
		text(k, F_COLUMN, json_object_get(c, "labelJa"));
	}
	json_array_foreach(json_object_get(v, "broader"), i, c)
		exact_lower(k, EXACT_CONCEPT, json_slice(c));
	variable_ranges(k, v);
}

/* A box across 180 degrees is two. */
static void box_range(const struct doc_sink *k, double w, double s, double e, double n)
{
	if (!(w >= -180 && w <= 180 && e >= -180 && e <= 180 && s >= -90 && n <= 90 && s <= n))
		return;
	if (w > e) {
		box_range(k, w, s, 180, n);
		box_range(k, -180, s, e, n);
		return;
	}
	k->range(k->ctx, SLICE(RANGE_WEST_EAST), w, e);
	k->range(k->ctx, SLICE(RANGE_SOUTH_NORTH), s, n);
}

static void box_array(const struct doc_sink *k, const json_t *box)
{
	double v[4];

	for (size_t i = 0; i < 4; i++) {
		const json_t *n = json_array_get(box, i);
		v[i] = json_is_number(n) ? json_number_value(n) : NAN;
	}
	box_range(k, v[0], v[1], v[2], v[3]);
}

static void places(const struct doc_sink *k, const json_t *doc, const json_t *facts)
{
	json_t *g, *box, *point;
	size_t i;

	json_array_foreach(json_object_get(doc, "geoLocations"), i, g) {
		if ((box = json_object_get(g, "box")) != NULL)
			box_range(k, number(box, "west", NAN), number(box, "south", NAN), number(box, "east", NAN), number(box, "north", NAN));
		if ((point = json_object_get(g, "point")) != NULL)
			box_range(k, number(point, "lon", NAN), number(point, "lat", NAN), number(point, "lon", NAN), number(point, "lat", NAN));
	}
	json_array_foreach(json_object_get(facts, "boxes"), i, g)
		box_array(k, g);
}

static void span(const struct doc_sink *k, struct slice from, struct slice to)
{
	int64_t a, b, ignored;

	if (from.n == 0 || to.n == 0 || !date_span(from, &a, &ignored) || !date_span(to, &ignored, &b) || a > b)
		return;
	/* Open ends reach as far as a date can. */
	k->range(k->ctx, SLICE(RANGE_TIME), a == INT64_MIN ? -1e300 : (double)a, b == INT64_MAX ? 1e300 : (double)b);
}

/* When it was observed, not when it was written up. */
static void times(const struct doc_sink *k, const json_t *doc, const json_t *facts)
{
	json_t *d, *t = json_object_get(facts, "time");
	size_t i;

	json_array_foreach(json_object_get(doc, "dates"), i, d) {
		const char *type = json_text(d, "type");
		struct slice v = json_slice(json_object_get(d, "value"));
		if (type != NULL && (strcmp(type, "Collected") == 0 || strcmp(type, "Coverage") == 0))
			span(k, v, v);
	}
	span(k, json_slice(json_object_get(t, "start")), json_slice(json_object_get(t, "end")));
}

static void strings(const struct doc_sink *k, char letter, const json_t *array, void (*put)(const struct doc_sink *, char, struct slice))
{
	size_t i;
	json_t *s;

	json_array_foreach(array, i, s)
		put(k, letter, json_slice(s));
}

/* Formulas and space groups are written with and without blanks. */
static void exact_tight(const struct doc_sink *k, char letter, struct slice s)
{
	char tight[EXACT_MAX];
	size_t n = 0;

	s = exact_clip(s);
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != ' ' && s.p[i] != '_')
			tight[n++] = s.p[i];
	exact(k, letter, slice_of(tight, n));
}

static void matter(const struct doc_sink *k, const json_t *facts)
{
	static const char *const edges[] = { "a", "b", "c", "alpha", "beta", "gamma", "volume" };
	const json_t *m = json_object_get(facts, "materials"), *l = json_object_get(facts, "life");
	json_t *cell, *s;
	char name[16];
	size_t i;

	strings(k, EXACT_ELEMENT, json_object_get(m, "elements"), exact);
	strings(k, EXACT_FORMULA, json_object_get(m, "formulas"), exact_tight);
	json_array_foreach(json_object_get(m, "spaceGroups"), i, s) {
		exact_tight(k, EXACT_GROUP, json_slice(json_object_get(s, "symbol")));
		if (json_is_integer(json_object_get(s, "number"))) {
			snprintf(name, sizeof(name), "%d", (int)(json_integer_value(json_object_get(s, "number")) % 1000));
			exact(k, EXACT_GROUP, slice_str(name));
		}
	}
	json_array_foreach(json_object_get(m, "cells"), i, cell)
		for (size_t j = 0; j < sizeof(edges) / sizeof(edges[0]); j++) {
			snprintf(name, sizeof(name), RANGE_CELL "%s", edges[j]);
			k->range(k->ctx, slice_str(name), number(cell, edges[j], NAN), number(cell, edges[j], NAN));
		}
	strings(k, EXACT_ORGANISM, json_object_get(l, "organisms"), exact_lower);
	strings(k, EXACT_ASSEMBLY, json_object_get(l, "assemblies"), exact_lower);
}

static void facts_walk(const struct doc_sink *k, const json_t *doc, const json_t *facts)
{
	json_t *v;
	size_t i;

	json_array_foreach(json_object_get(facts, "variables"), i, v)
		variable_facts(k, v);
	places(k, doc, facts);
	times(k, doc, facts);
	matter(k, facts);
	json_array_foreach(json_object_get(facts, "formats"), i, v)
		facet_both(k, FACET_FORMAT, EXACT_FORMAT, json_slice(v));
	json_array_foreach(json_object_get(facts, "instruments"), i, v)
		facet_both(k, FACET_INSTRUMENT, EXACT_INSTRUMENT, json_slice(json_object_get(v, "name")));
}

static struct slice last_segment(struct slice s)
{
	for (size_t i = s.n; i > 0; i--)
		if (s.p[i - 1] == '/')
			return slice_of(s.p + i, s.n - i);
	return s;
}

static void year(const struct doc_sink *k, const json_t *doc)
{
	json_t *y = json_object_get(doc, "publicationYear"), *m;
	char t[16];
	size_t i;

	if (json_is_integer(y) && json_integer_value(y) > 0 && json_integer_value(y) <= 9999) {
		snprintf(t, sizeof(t), "%04d", (int)json_integer_value(y));
		facet(k, FACET_YEAR, slice_str(t));
		return;
	}
	for (int pass = 0; pass < 2; pass++) {
		json_array_foreach(json_object_get(doc, "dates"), i, m) {
			const char *type = json_text(m, "type");
			struct slice v = json_slice(json_object_get(m, "value"));
			uint64_t n;
			if (type != NULL && strcmp(type, pass == 0 ? "Issued" : "Available") == 0 && v.n >= 4 &&
			    slice_u64(slice_of(v.p, 4), 9999, &n)) {
				facet(k, FACET_YEAR, slice_of(v.p, 4));
				return;
			}
		}
	}
}

static void classes(const struct doc_sink *k, const struct index_doc *d)
{
	const json_t *doc = d->rec->doc, *type = json_object_get(doc, "resourceType");
	struct slice coar = last_segment(json_slice(json_object_get(type, "coar")));
	size_t i;
	json_t *m;

	facet(k, FACET_TYPE, coar.n > 0 ? coar : json_slice(json_object_get(type, "general")));
	year(k, doc);
	facet(k, FACET_ACCESS, slice_str(access_name(d->rec->access)));
	json_array_foreach(json_object_get(doc, "rights"), i, m) {
		struct slice spdx = json_slice(json_object_get(m, "spdx"));
		facet(k, FACET_LICENCE, spdx.n > 0 ? spdx : json_slice(json_object_get(m, "uri")));
	}
	json_array_foreach(json_object_get(doc, "languages"), i, m)
		exact_lower(k, EXACT_LANG, json_slice(m));
}

static void file_names(const struct doc_sink *k, const struct index_doc *d)
{
	for (size_t i = 0; i < d->n_files && i < 1000; i++)
		k->text(k->ctx, F_FILE, slice_str(d->files[i].path));
}

void fields_walk(const struct index_doc *d, const struct doc_sink *k)
{
	const json_t *doc = d->rec->doc, *tables = json_object_get(d->facts, "tables"), *m;
	size_t i;

	json_array_foreach(json_object_get(doc, "descriptions"), i, m)
		text(k, F_DESCRIPTION, json_object_get(m, "value"));
	texts(k, F_TITLE, json_object_get(doc, "titles"));
	agents(k, F_CREATOR, json_object_get(doc, "creators"), true);
	subjects(k, json_object_get(doc, "subjects"));
	k->text(k->ctx, F_ID, slice_str(d->rec->id));
	k->text(k->ctx, F_ID, slice_str(d->rec->parent));
	exact(k, EXACT_ID, slice_str(d->rec->id));
	exact(k, EXACT_ID, slice_str(d->rec->parent));
	identifiers(k, F_ID, json_object_get(doc, "identifiers"));
	file_names(k, d);
	json_array_foreach(tables, i, m)
		variables(k, json_object_get(m, "columns"));
	variables(k, json_object_get(d->facts, "variables"));
	variables(k, json_object_get(doc, "variables"));
	facts_walk(k, doc, d->facts);
	json_array_foreach(json_object_get(d->facts, "texts"), i, m)
		text(k, F_TEXT, m);
	funding(k, json_object_get(doc, "funding"));
	agents(k, F_CONTRIBUTOR, json_object_get(doc, "contributors"), false);
	agents(k, F_CONTRIBUTOR, json_object_get(doc, "rightsHolders"), false);
	texts(k, F_CONTRIBUTOR, json_object_get(json_object_get(doc, "publisher"), "names"));
	form_fields_walk(d->forms, k);
	classes(k, d);
}
