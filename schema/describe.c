#include "schema/describe.h"

#include <strings.h>

#include "schema/assertion.h"
#include "schema/record_int.h"

#define ANSWER_MAX ((size_t)16 << 20)

/* Names that say what they are, best first. ${stem}: an extension of texts[] may follow. */
static const struct wanted { const char *name; bool stem; } wanted[] = {
	{ "datacite.json", false }, { "datacite.xml", false }, { "CITATION.cff", false }, { "ro-crate-metadata.json", false }, { "codemeta.json", false },
	{ "croissant.json", false }, { "metadata.json", false }, { ".zenodo.json", false }, { "datapackage.json", false }, { "dataset_description.json", false },
	{ "invoice/invoice.json", false }, { "invoice.json", false }, { "tasksupport/invoice.schema.json", false }, { "invoice.schema.json", false },
	{ "tasksupport/metadata-def.json", false }, { "metadata-def.json", false }, { "meta/metadata.json", false }, { "DESCRIPTION", false },
	{ "participants.tsv", false }, { "bag-info.txt", false }, { "README", true }, { "LICENSE", true }, { "LICENCE", true }, { "COPYING", true },
};
#define N_WANTED (sizeof(wanted) / sizeof(*wanted))

/* Any file of these kinds at the top: what is inside decides. */
static const char *const kinds[] = { ".json", ".jsonld", ".xml", ".ris", ".bib" };

static size_t rank_of(const char *path)
{
	static const char *const texts[] = { "", ".md", ".txt", ".rst", ".markdown" };
	const char *dot;

	for (size_t i = 0; i < N_WANTED; i++) {
		size_t n = strlen(wanted[i].name);

		if (!wanted[i].stem && strcasecmp(path, wanted[i].name) == 0)
			return i;
		if (!wanted[i].stem || strncasecmp(path, wanted[i].name, n) != 0)
			continue;
		for (size_t k = 0; k < sizeof(texts) / sizeof(*texts); k++)
			if (strcasecmp(path + n, texts[k]) == 0)
				return i;
	}
	dot = strchr(path, '/') == NULL ? strrchr(path, '.') : NULL;
	for (size_t k = 0; dot != NULL && k < sizeof(kinds) / sizeof(*kinds); k++)
		if (strcasecmp(dot, kinds[k]) == 0)
			return N_WANTED + k;
	/* The payload of a bag: what describes itself by name. */
	if (strncmp(path, "data/", 5) == 0 && strchr(path + 5, '/') == NULL)
		for (size_t i = 0; i < 9; i++)
			if (i != 6 && strcasecmp(path + 5, wanted[i].name) == 0)
				return N_WANTED + 10 + i;
	return SIZE_MAX;
}

bool describe_wants(const char *path)
{
	return rank_of(path) != SIZE_MAX;
}

bool describe_before(const char *a, const char *b)
{
	size_t x = rank_of(a), y = rank_of(b);

	return x != y ? x < y : strcmp(a, b) < 0;
}

/* ---- Filling a draft ---- */

struct slice describe_gist(const json_t *doc, const char *key)
{
	const json_t *v = json_object_get(doc, key);

	if (strcmp(key, "titles") == 0)
		return record_title(doc, NULL);
	if (strcmp(key, "rights") == 0) {
		const json_t *r = json_array_get(v, 0);
		struct slice s = json_slice(json_object_get(r, "spdx"));

		return s.n > 0 ? s : json_slice(json_object_get(r, "uri"));
	}
	if (strcmp(key, "version") == 0)
		return json_slice(v);
	return SLICE_NULL;
}

static bool is_default(const json_t *doc, const char *at)
{
	const json_t *a = assertion_of(doc, at);
	const char *program = json_text(json_object_get(a, "by"), "program");

	return program != NULL && strcmp(program, "default") == 0 && json_object_get(a, "confirmed") == NULL;
}

/* Did nobody but record_default() say anything about the member? */
static bool only_default(const json_t *doc, const char *key)
{
	const json_t *v = json_object_get(doc, key);
	static const char *const parts[] = { "", "/names", "/coar" };
	char at[200];

	if (v == NULL || json_is_null(v) || (json_is_array(v) && json_array_size(v) == 0) || (json_is_object(v) && json_object_size(v) == 0))
		return true;
	if (json_is_array(v)) {
		for (size_t i = 0; i < json_array_size(v); i++) {
			snprintf(at, sizeof(at), "/%.150s/%zu", key, i);
			if (!is_default(doc, at))
				return false;
		}
		return true;
	}
	for (size_t i = 0; i < 3; i++) {
		snprintf(at, sizeof(at), "/%.150s%s", key, parts[i]);
		if ((i == 0 || json_object_size(v) == 1) && is_default(doc, at))
			return true;
	}
	return false;
}

/* The entries of ${from} about the member ${key}, onto those of ${doc}. */
static st_t take_assertions(json_t *doc, const json_t *from, const char *key)
{
	json_t *list = json_object_get(doc, "assertions"), *one;
	size_t i, n = strlen(key);

	if (!json_is_array(list)) {
		if (json_put(doc, "assertions", json_array()) != ST_OK)
			return ST_NOMEM;
		list = json_object_get(doc, "assertions");
	}
	json_array_foreach(json_object_get(from, "assertions"), i, one) {
		const char *at = json_text(one, "at");

		if (at != NULL && at[0] == '/' && strncmp(at + 1, key, n) == 0 && (at[n + 1] == '/' || at[n + 1] == '\0') &&
		    json_push(list, json_deep_copy(one)) != ST_OK)
			return ST_NOMEM;
	}
	return ST_OK;
}

st_t describe_fill(json_t *doc, const json_t *proposed, json_t *warn)
{
	const char *key;
	json_t *v;
	st_t st = ST_OK;

	json_object_foreach((json_t *)proposed, key, v) {
		struct slice old, new;

		if (strcmp(key, "assertions") == 0 || strcmp(key, "schemaVersion") == 0)
			continue;
		if (st == ST_OK && only_default(doc, key)) {
			st = json_put(doc, key, json_deep_copy(v));
			if (st == ST_OK)
				st = take_assertions(doc, proposed, key);
			continue;
		}
		old = describe_gist(doc, key);
		new = describe_gist(proposed, key);
		if (st == ST_OK && old.n > 0 && new.n > 0 && !slice_eq(old, new))
			st = warn_add(warn, "%s: '%.*s' in the draft, '%.*s' in its files: the draft is kept", key, (int)(old.n < 80 ? old.n : 80), old.p,
			              (int)(new.n < 80 ? new.n : 80), new.p);
	}
	return st == ST_OK ? assertions_tidy(doc) : st;
}

/* ---- The helper's answer ---- */

/* A record that a helper made has passed validation there; one that does not here comes from a helper that was taken over. */
static st_t check(const struct schema *s, json_t *doc, struct err *e)
{
	struct findings f = { 0 };
	st_t st = record_normalise(s, doc, NULL, e);

	if (st == ST_OK)
		st = record_validate(s, doc, RECORD_DRAFT, &f);
	if (st == ST_OK && findings_fatal(&f))
		st = err_set(e, ST_INVALID, "the helper's answer is no record: %s: %s", f.v[0].path, f.v[0].message);
	findings_release(&f);
	return st == ST_OK ? assertions_guard(doc, NULL) : st;
}

st_t describe_answer(const struct schema *s, struct slice json, json_t **doc, json_t **warnings, struct err *e)
{
	json_t *all = NULL, *warn, *w;
	size_t i;
	st_t st = ST_OK;

	*doc = NULL;
	*warnings = NULL;
	if (json.n > ANSWER_MAX)
		return err_set(e, ST_TOOBIG, "the helper's answer is larger than %zu MB", ANSWER_MAX >> 20);
	if ((st = json_load(&all, json, e)) != ST_OK)
		return st;
	warn = json_object_get(all, "warnings");
	if (!json_is_object(json_object_get(all, "record")) || !json_is_array(warn))
		st = err_set(e, ST_INVALID, "the helper's answer has no record");
	json_array_foreach(warn, i, w)
		if (!json_is_string(w))
			st = err_set(e, ST_INVALID, "the helper's answer has a warning that is no text");
	if (st == ST_OK)
		st = check(s, json_object_get(all, "record"), e);
	if (st == ST_OK) {
		*doc = json_incref(json_object_get(all, "record"));
		*warnings = json_incref(warn);
	}
	json_decref(all);
	return st;
}
