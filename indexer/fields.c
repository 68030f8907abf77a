/* What of a record is found, and where: a walk over the canonical document, its files and its facts. */
#include "indexer/index_int.h"

#include <unicode/uloc.h>

#include "base/utf8.h"

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
	funding(k, json_object_get(doc, "funding"));
	agents(k, F_CONTRIBUTOR, json_object_get(doc, "contributors"), false);
	agents(k, F_CONTRIBUTOR, json_object_get(doc, "rightsHolders"), false);
	texts(k, F_CONTRIBUTOR, json_object_get(json_object_get(doc, "publisher"), "names"));
	classes(k, d);
}
