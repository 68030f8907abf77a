/*
 * JSON Schema 2020-12, the part that can be shown as one column of fields: an object whose members are plain values or lists of them. What lies outside of that part
 * and changes which values are right is refused with its place; what only explains is passed over. References lead inside the document, or nowhere.
 */

#include "indexer/extract/form_file.h"

#include "base/utf8.h"
#include "schema/form.h"

#define REFS_MAX	20
#define WARNINGS_MAX	20

struct reading {
	const json_t *doc;		/* whole */
	json_t *form, *members, *warnings;
	bool rde;
	char at[300];			/* where: "properties.custom.properties.x" */
	struct err *e;
};

static st_t refuse(struct reading *r, const char *key, const char *what)
{
	return err_set(r->e, ST_INVALID, "%s%s%s: %s", r->at, r->at[0] != '\0' && key[0] != '\0' ? "." : "", key, what);
}

static void warn(struct reading *r, const char *key, const char *what)
{
	if (json_array_size(r->warnings) < WARNINGS_MAX)
		json_push(r->warnings, json_sprintf("%s%s%s: %s", r->at, r->at[0] != '\0' && key[0] != '\0' ? "." : "", key, what));
}

static size_t enter(struct reading *r, const char *key)
{
	size_t was = strlen(r->at);

	snprintf(r->at + was, sizeof(r->at) - was, "%s%.*s", was > 0 ? "." : "", (int)utf8_clip(slice_str(key), 80).n, key);
	return was;
}

/* ---- keywords ---- */

/* Those that are understood, and those that say nothing about which values are right. All others, when JSON Schema knows them, are refused. */
static const char *const plain[] = {
	"type", "title", "description", "label", "format", "enum", "const", "default", "examples", "example", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength",
	"pattern", "items", "minItems", "maxItems", "options", "unit", "x-unit", "x-vocabulary", "x-label", "x-help", "x-facet", "x-enum-labels", "$comment", "$id", "$anchor", "deprecated", "readOnly",
	"writeOnly", "$ref", "help", "vocabulary",
};
static const char *const refused[] = {
	"allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "dependentRequired", "dependencies", "patternProperties", "propertyNames", "minProperties", "maxProperties",
	"unevaluatedProperties", "unevaluatedItems", "contains", "minContains", "maxContains", "prefixItems", "additionalItems", "multipleOf", "$dynamicRef", "$dynamicAnchor", "$recursiveRef",
	"contentEncoding", "contentSchema", "properties", "required", "additionalProperties",
};

static bool among(const char *const *list, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], key) == 0)
			return true;
	return false;
}

static st_t keywords(struct reading *r, const json_t *s)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)s, key, v) {
		if (among(refused, sizeof(refused) / sizeof(refused[0]), key))
			return refuse(r, key, "outside of the part of JSON Schema that is understood (docs/formats/schemas.md)");
		if (!among(plain, sizeof(plain) / sizeof(plain[0]), key) && strcmp(key, "uniqueItems") != 0)
			warn(r, key, "passed over");
	}
	return ST_OK;
}

/* "#/$defs/angle", at most a few deep. ${s} is replaced by what it names. */
static st_t follow_ref(struct reading *r, const json_t **s)
{
	int n;

	for (n = 0; json_object_get(*s, "$ref") != NULL; n++) {
		struct slice ref = json_slice(json_object_get(*s, "$ref")), step;
		const json_t *at = r->doc;
		char key[200];

		if (n == REFS_MAX)
			return refuse(r, "$ref", "references in a circle, or more than 20 behind each other");
		if (ref.n < 3 || ref.p[0] != '#' || ref.p[1] != '/')
			return refuse(r, "$ref", "leads out of the document; only '#/...' is followed");
		for (ref = slice_of(ref.p + 2, ref.n - 2); ref.p != NULL && at != NULL;) {
			step = slice_cut(&ref, '/');
			snprintf(key, sizeof(key), "%.*s", (int)step.n, step.p);
			at = json_object_get(at, key);
		}
		if (!json_is_object(at) || at == *s)
			return refuse(r, "$ref", "names nothing in the document");
		*s = at;
	}
	return json_is_object(*s) ? ST_OK : refuse(r, "", "expected an object");
}

/* ---- texts by language ---- */

static json_t *labels_of(struct slice plain_text, const json_t *by_language)
{
	json_t *out = json_object(), *v;
	const char *lang;

	if (plain_text.n > 0)
		json_put_str(out, "en", plain_text);
	json_object_foreach((json_t *)(uintptr_t)by_language, lang, v)
		if (json_is_string(v) && json_string_length(v) > 0 && strlen(lang) <= 35)
			json_put(out, lang, json_incref(v));
	if (json_object_size(out) == 0) {
		json_decref(out);
		return NULL;
	}
	return out;
}

static void labels_put(json_t *to, const char *key, struct slice text, const json_t *a, const json_t *b)
{
	json_t *l = labels_of(text, json_is_object(a) ? a : json_is_object(b) ? b : NULL);

	if (l != NULL)
		json_put(to, key, l);
}

/* ---- one member ---- */

static st_t type_of(struct reading *r, const json_t *s, json_t *m, bool *list)
{
	static const struct { const char *as, *format, *type; } types[] = {
		{ "string", "date", "date" }, { "string", "time", "time" }, { "string", "date-time", "datetime" }, { "string", "uri", "uri" }, { "string", "iri", "uri" },
		{ "string", "uuid", "uuid" }, { "string", "email", "email" }, { "string", "markdown", "markdown" }, { "string", NULL, "text" },
		{ "number", NULL, "number" }, { "integer", NULL, "integer" }, { "boolean", NULL, "boolean" },
	};
	const json_t *type = json_object_get(s, "type");
	const char *t = json_string_value(type), *format = json_text(s, "format");
	size_t i;

	/* ["string", "null"]: a member may be absent anyway. */
	json_t *one;
	json_array_foreach(type, i, one)
		if (!slice_eq_str(json_slice(one), "null")) {
			if (t != NULL)
				return refuse(r, "type", "more than one type");
			t = json_string_value(one);
		}
	if (t == NULL && (json_object_get(s, "enum") != NULL || json_object_get(s, "const") != NULL)) {
		const json_t *v = json_object_get(s, "const") != NULL ? json_object_get(s, "const") : json_array_get(json_object_get(s, "enum"), 0);

		t = json_is_string(v) ? "string" : json_is_number(v) ? "number" : json_is_boolean(v) ? "boolean" : NULL;
	}
	if (t == NULL)
		return refuse(r, "type", "is missing");
	*list = strcmp(t, "array") == 0;
	if (*list)
		return ST_OK;
	if (strcmp(t, "object") == 0)
		return refuse(r, "type", "an object inside of the object; only plain values and lists of them are understood");
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(t, types[i].as) == 0 && (types[i].format == NULL || (format != NULL && strcmp(format, types[i].format) == 0))) {
			if (types[i].format == NULL && format != NULL)
				warn(r, "format", "not known, taken as any text");
			return json_put_str(m, "type", slice_str(types[i].type));
		}
	return refuse(r, "type", "string, number, integer, boolean, or array");
}

static st_t values_of(struct reading *r, const json_t *s, json_t *m)
{
	json_t *list = json_object_get(s, "enum"), *labels = json_object_get(s, "x-enum-labels"), *values, *v, *one;
	size_t i;

	if (list == NULL)
		return ST_OK;
	if (!json_is_array(list) || json_array_size(list) == 0)
		return refuse(r, "enum", "a list with at least one value");
	values = json_array();
	json_array_foreach(list, i, v) {
		if (json_is_null(v))
			continue;
		one = json_pack("{s:O}", "value", v);
		if (json_object_size(json_array_get(labels, i)) > 0)
			labels_put(one, "label", SLICE_NULL, json_array_get(labels, i), NULL);
		json_push(values, one);
	}
	return json_put(m, "values", values);
}

static void copy(const json_t *s, json_t *m, const char *from, const char *to)
{
	if (json_object_get(s, from) != NULL && !json_is_null(json_object_get(s, from)))
		json_put(m, to, json_incref(json_object_get(s, from)));
}

/* Two bounds that exclude each other are the author's word, but worth one of ours. */
static void warn_empty(struct reading *r, const json_t *m)
{
	const json_t *lo = json_object_get(m, "minimum"), *hi = json_object_get(m, "maximum"), *lo_open = json_object_get(m, "exclusiveMinimum"), *hi_open = json_object_get(m, "exclusiveMaximum");

	if ((json_is_number(lo) && json_is_number(hi) && json_number_value(lo) > json_number_value(hi)) ||
	    (json_is_number(lo) && json_is_number(hi_open) && json_number_value(lo) >= json_number_value(hi_open)) ||
	    (json_is_number(lo_open) && json_is_number(hi) && json_number_value(lo_open) >= json_number_value(hi)))
		warn(r, "", "its limits leave no value");
}

static st_t value_of(struct reading *r, const json_t *s, json_t *m)
{
	static const char *const same[] = { "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "pattern", "const", "default" };
	bool list;
	size_t i;
	st_t st = keywords(r, s);

	if (st == ST_OK)
		st = type_of(r, s, m, &list);
	if (st == ST_OK && list)
		return refuse(r, "type", "a list of lists");
	for (i = 0; st == ST_OK && i < sizeof(same) / sizeof(same[0]); i++)
		copy(s, m, same[i], same[i]);
	if (st == ST_OK && json_array_size(json_object_get(s, "examples")) > 0)
		json_put(m, "example", json_incref(json_array_get(json_object_get(s, "examples"), 0)));
	if (st == ST_OK)
		warn_empty(r, m);
	return st == ST_OK ? values_of(r, s, m) : st;
}

static void words_of(const json_t *s, json_t *m)
{
	const json_t *options = json_object_get(s, "options");

	labels_put(m, "label", json_slice(json_object_get(s, "title")), json_object_get(s, "label"), json_object_get(s, "x-label"));
	labels_put(m, "help", json_slice(json_object_get(s, "description")), json_object_get(s, "x-help"), json_object_get(s, "help"));
	copy(options, m, "unit", "unit");
	copy(s, m, "unit", "unit");
	copy(s, m, "x-unit", "unit");
	copy(s, m, "vocabulary", "vocabulary");
	copy(s, m, "x-vocabulary", "vocabulary");
	copy(s, m, "x-facet", "facet");
}

/* What RDE itself asks of a member (rdetoolkit's model of the file). */
static st_t rde_rules(struct reading *r, const json_t *s)
{
	static const char *const formats[] = { "date", "time", "uri", "uuid", "markdown" };
	const json_t *label = json_object_get(s, "label");
	const char *format = json_text(s, "format"), *type = json_text(s, "type");

	if (!r->rde)
		return ST_OK;
	if (json_text(label, "ja") == NULL || json_text(label, "en") == NULL)
		return refuse(r, "label", "RDE wants a label in 'ja' and in 'en'");
	if (type == NULL || (strcmp(type, "string") != 0 && strcmp(type, "number") != 0 && strcmp(type, "integer") != 0 && strcmp(type, "boolean") != 0))
		return refuse(r, "type", "RDE knows string, number, integer and boolean");
	if (format != NULL && !among(formats, sizeof(formats) / sizeof(formats[0]), format))
		return refuse(r, "format", "RDE knows date, time, uri, uuid and markdown");
	return ST_OK;
}

static st_t member_read(struct reading *r, const char *name, const json_t *s, bool required)
{
	json_t *m = json_object();
	const json_t *items;
	bool list = false;
	st_t st = m == NULL ? ST_NOMEM : ST_OK;

	if (st == ST_OK && !form_member_ok(slice_str(name)))
		st = refuse(r, "", "its name is no word of at most 80 bytes without blanks, ':' and '/'");
	if (st == ST_OK)
		st = follow_ref(r, &s);
	if (st == ST_OK)
		st = rde_rules(r, s);
	if (st == ST_OK)
		st = json_put_str(m, "name", slice_str(name));
	if (st == ST_OK) {
		words_of(s, m);
		st = type_of(r, s, m, &list);
	}
	if (st == ST_OK && list) {
		json_put(m, "repeatable", json_true());
		copy(s, m, "minItems", "minItems");
		copy(s, m, "maxItems", "maxItems");
		st = keywords(r, s);
		items = json_object_get(s, "items");
		size_t was = enter(r, "items");
		if (st == ST_OK)
			st = follow_ref(r, &items);
		if (st == ST_OK)
			st = value_of(r, items, m);
		r->at[was] = '\0';
	} else if (st == ST_OK) {
		st = value_of(r, s, m);
	}
	if (st == ST_OK && required)
		st = json_put(m, "required", json_true());
	if (st == ST_OK)
		return json_push(r->members, m);
	json_decref(m);
	return st;
}

/* ---- the object ---- */

static bool is_required(const json_t *required, const char *name)
{
	const json_t *one;
	size_t i;

	json_array_foreach(required, i, one)
		if (slice_eq_str(json_slice(one), name))
			return true;
	return false;
}

static st_t object_read(struct reading *r, const json_t *s)
{
	static const char *const ours[] = { "properties", "required", "additionalProperties" };
	const json_t *props = json_object_get(s, "properties"), *required = json_object_get(s, "required"), *one;
	const char *key;
	json_t *v;
	size_t i, was;
	st_t st = ST_OK;

	json_object_foreach((json_t *)(uintptr_t)s, key, v)
		if (among(refused, sizeof(refused) / sizeof(refused[0]), key) && !among(ours, 3, key))
			return refuse(r, key, "outside of the part of JSON Schema that is understood (docs/formats/schemas.md)");
	if (!json_is_object(props) || json_object_size(props) == 0)
		return refuse(r, "properties", "no members");
	if (json_object_size(props) > FORM_MEMBERS_MAX)
		return refuse(r, "properties", "more than 500 members");
	if (required != NULL && !json_is_array(required))
		return refuse(r, "required", "expected a list");
	v = json_object_get(s, "additionalProperties");
	if (v != NULL && !json_is_boolean(v))
		return refuse(r, "additionalProperties", "only true or false is understood");
	if (json_is_false(v))
		json_put(r->form, "closed", json_true());
	json_array_foreach(required, i, one)
		if (!json_is_string(one) || json_object_get(props, json_string_value(one)) == NULL)
			return refuse(r, "required", "names a member that 'properties' does not have");
	was = enter(r, "properties");
	json_object_foreach((json_t *)(uintptr_t)props, key, v) {
		size_t here = enter(r, key);

		if (st == ST_OK)
			st = member_read(r, key, v, is_required(required, key));
		if (st == ST_OK)
			r->at[here] = '\0';
	}
	if (st == ST_OK)
		r->at[was] = '\0';
	return st;
}

/* invoice.schema.json: the members are those of "custom"; what is said of samples are references to terms that stand elsewhere. */
static st_t rde_read(struct reading *r)
{
	const json_t *custom = json_at(r->doc, "properties.custom"), *required = json_object_get(r->doc, "required"), *label;
	const char *kind = json_text(r->doc, "type");

	json_put_str(r->form, "source", SLICE("rde"));
	if (kind == NULL || strcmp(kind, "object") != 0)
		return refuse(r, "type", "expected 'object'");
	if (custom == NULL)
		return refuse(r, "properties.custom", is_required(required, "custom") ? "is missing, but required" : "is missing: the schema says nothing of its own to fill in");
	if (json_at(r->doc, "properties.sample") != NULL)
		warn(r, "properties.sample", "passed over: attributes of samples are terms of RDE, records of samples hold them");
	enter(r, "properties");
	enter(r, "custom");
	if (!json_is_object(custom))
		return refuse(r, "", "expected an object");
	label = json_object_get(custom, "label");
	if (json_text(label, "ja") == NULL || json_text(label, "en") == NULL)
		return refuse(r, "label", "RDE wants a label in 'ja' and in 'en'");
	if (!slice_eq_str(json_slice(json_object_get(custom, "type")), "object"))
		return refuse(r, "type", "expected 'object'");
	if (!json_is_array(json_object_get(custom, "required")))
		return refuse(r, "required", "RDE wants the list of members that are required");
	labels_put(r->form, "title", SLICE_NULL, label, NULL);
	labels_put(r->form, "description", json_slice(json_object_get(r->doc, "description")), NULL, NULL);
	return object_read(r, custom);
}

static bool is_rde(const json_t *doc)
{
	const char *id = json_text(doc, "$id");

	return json_is_object(json_at(doc, "properties.custom.properties")) || json_at(doc, "properties.sample.properties.generalAttributes") != NULL ||
	    (id != NULL && strncmp(id, "https://rde.nims.go.jp/", 23) == 0);
}

static st_t json_read(struct reading *r)
{
	const char *dialect = json_text(r->doc, "$schema");
	const json_t *s = r->doc;
	st_t st;

	if (!json_is_object(s))
		return refuse(r, "", "expected an object");
	if (dialect != NULL && strstr(dialect, "json-schema.org/draft/2020-12") == NULL)
		warn(r, "$schema", "another dialect than 2020-12: what both have is understood");
	if (is_rde(s)) {
		r->rde = true;
		return rde_read(r);
	}
	json_put_str(r->form, "source", SLICE("json-schema"));
	labels_put(r->form, "title", json_slice(json_object_get(s, "title")), json_object_get(s, "x-label"), NULL);
	labels_put(r->form, "description", json_slice(json_object_get(s, "description")), NULL, NULL);
	if ((st = follow_ref(r, &s)) != ST_OK)
		return st;
	if (!slice_eq_str(json_slice(json_object_get(s, "type")), "object"))
		return refuse(r, "type", "expected 'object'");
	return object_read(r, s);
}

static st_t any_read(struct reading *r, struct slice bytes)
{
	json_t *doc = NULL;
	size_t bad;
	st_t st;

	if (bytes.n > FORM_FILE_MAX)
		return err_set(r->e, ST_TOOBIG, "%zu bytes, a schema may have 4 MB", bytes.n);
	if (slice_starts(bytes, "\xef\xbb\xbf"))
		bytes = slice_of(bytes.p + 3, bytes.n - 3);
	if (!utf8_valid(bytes, &bad))
		return err_set(r->e, ST_INVALID, "not UTF-8 at byte %zu", bad + 1);
	if (bytes.n > 0 && memchr(bytes.p, '\0', bytes.n) != NULL)
		return err_set(r->e, ST_INVALID, "no text: it holds a zero byte");
	if (bytes.n == 0 || strchr("{[ \t\r\n", bytes.p[0]) == NULL) {
		json_put_str(r->form, "source", SLICE("table"));
		st = form_table_read(bytes, r->form, r->e);
	} else {
		st = json_load(&doc, bytes, r->e);
		r->doc = doc;
		if (st == ST_OK)
			st = json_read(r);
		json_decref(doc);
		r->doc = NULL;
	}
	return st == ST_OK ? form_check(r->form, r->e) : st;
}

st_t form_file_read(struct slice bytes, struct buf *out)
{
	struct err e = ERR_INIT;
	struct reading r = { .form = json_object(), .members = json_array(), .warnings = json_array(), .e = &e };
	json_t *answer = NULL;
	st_t st = r.form == NULL || r.warnings == NULL ? ST_NOMEM : json_put(r.form, "members", json_incref(r.members));

	if (st == ST_OK)
		st = any_read(&r, bytes);
	if (st == ST_OK)
		answer = json_pack("{s:O, s:O}", "form", r.form, "warnings", r.warnings);
	else if (st != ST_NOMEM)
		answer = json_pack("{s:s}", "error", e.text);
	st = answer == NULL ? ST_NOMEM : json_dump(out, answer, false);
	json_decref(answer);
	json_decref(r.form);
	json_decref(r.members);
	json_decref(r.warnings);
	return st;
}
