/* Values by added metadata schemas: set in a draft, shown of a record. Names, labels and units come from the server's /api/schemas/NAME. */

#include <stdlib.h>

#include "cli/own.h"

#define SCHEMAS_MAX 50

static st_t schema_get(struct cli *c, struct slice name, json_t **out, struct err *e)
{
	char *url = conn_url(c, "/api/schemas/%.*s", (int)name.n, name.p);
	st_t st = conn_get(c, url, out, e);

	free(url);
	return st == ST_ABSENT ? err_set(e, st, "the server has no schema '%.*s': see azekura admin schema list", (int)name.n, name.p) : st;
}

/* ---- set ---- */

/* A plain number stays one; what stands with a unit goes as text, and the server converts. */
static json_t *typed(const json_t *property, struct slice text)
{
	const char *type = json_text(property, "type");
	json_t *list = NULL, *v = NULL;
	struct buf b = BUF_INIT(1 << 20);

	if (type != NULL && (strcmp(type, "number") == 0 || strcmp(type, "integer") == 0 || strcmp(type, "boolean") == 0)) {
		buf_addc(&b, '[');
		buf_addsl(&b, text);
		buf_addc(&b, ']');
		if (b.st == ST_OK && json_load(&list, buf_slice(&b), NULL) == ST_OK && json_array_size(list) == 1)
			v = json_incref(json_array_get(list, 0));
		json_decref(list);
		buf_release(&b);
		if (json_is_number(v) || json_is_boolean(v))
			return v;
		json_decref(v);
	}
	return json_stringn(text.p, text.n);
}

static st_t set_one(json_t *fields, const json_t *schema, const char *name, struct slice set, struct err *e)
{
	struct slice value = set, member = slice_cut(&value, '=');
	char key[700], path[300];
	const json_t *property;
	bool list;

	snprintf(path, sizeof(path), "%.*s", (int)member.n, member.p);
	snprintf(key, sizeof(key), "%s:%s", name, path);
	property = json_object_get(json_object_get(schema, "properties"), path);
	if (value.p == NULL || member.n == 0 || member.n > 200)
		return err_set(e, ST_INVALID, "'%.60s': expected member=value", set.p);
	if (property == NULL)
		return err_set(e, ST_INVALID, "the schema '%s' has no member '%.60s'", name, path);
	if (value.n == 0) {
		json_object_del(fields, key);
		return ST_OK;
	}
	list = json_text(property, "type") != NULL && strcmp(json_text(property, "type"), "array") == 0;
	if (!list)
		return json_put(fields, key, typed(property, value));
	if (!json_is_array(json_object_get(fields, key)) && json_put(fields, key, json_array()) != ST_OK)
		return ST_NOMEM;
	return json_push(json_object_get(fields, key), typed(json_object_get(property, "items"), value));
}

/* Of a repeatable member, what is set replaces what was there. */
static void lists_begin(json_t *fields, const char *name, const char *const *sets, size_t n)
{
	char key[300];

	for (size_t i = 0; i < n; i++) {
		struct slice value = slice_str(sets[i]), member = slice_cut(&value, '=');

		snprintf(key, sizeof(key), "%s:%.*s", name, (int)(member.n < 200 ? member.n : 200), member.p);
		if (json_is_array(json_object_get(fields, key)))
			json_object_del(fields, key);
	}
}

static size_t tell_faults(struct cli *c, const json_t *draft, const char *name)
{
	const json_t *one;
	char prefix[100];
	size_t i, n = 0;

	snprintf(prefix, sizeof(prefix), "customFields.%s:", name);
	json_array_foreach(json_object_get(draft, "errors"), i, one) {
		const char *field = json_text(one, "field"), *message = json_string_value(json_at(one, "messages[0]"));

		if (field != NULL && strncmp(field, prefix, strlen(prefix)) == 0) {
			say_warning(c, "%s: %s", field + strlen(prefix), message != NULL ? message : "");
			n++;
		}
	}
	return n;
}

int own_set(struct cli *c, const char *id, const char *name, const char *const *sets, size_t n)
{
	char *url = conn_url(c, "/api/records/%s/draft", id);
	json_t *schema = NULL, *draft = NULL, *answer = NULL, *fields;
	struct err e = ERR_INIT;
	st_t st = schema_get(c, slice_str(name), &schema, &e);
	size_t i;
	int code = EX_FINE;

	if (st == ST_OK)
		st = conn_get(c, url, &draft, &e);
	if (st == ST_OK && !json_is_object(json_object_get(draft, "custom_fields")))
		st = json_put(draft, "custom_fields", json_object());
	fields = json_object_get(draft, "custom_fields");
	if (st == ST_OK)
		lists_begin(fields, name, sets, n);
	for (i = 0; i < n && st == ST_OK; i++)
		st = set_one(fields, schema, name, slice_str(sets[i]), &e);
	if (st == ST_OK)
		st = conn_send(c, "PUT", url, draft, &answer, &e);
	if (st != ST_OK) {
		code = say_failed(c, st, &e);
	} else if (c->json) {
		say_json(json_incref(answer));
	} else if (tell_faults(c, answer, name) == 0) {
		say(c, "%zu %s set, and nothing missing of '%s'", n, n == 1 ? "value" : "values", name);
	}
	json_decref(schema);
	json_decref(draft);
	json_decref(answer);
	free(url);
	return code;
}

/* ---- show ---- */

static void value_text(struct buf *out, const json_t *v, const char *unit)
{
	if (json_is_string(v)) {
		buf_addsl(out, json_slice(v));
	} else if (json_is_object(v) && json_object_get(v, "value") != NULL) {
		value_text(out, json_object_get(v, "value"), json_text(v, "unit"));
	} else {
		json_dump(out, v, false);
		if (unit != NULL && json_is_number(v))
			buf_addf(out, " %s", unit);
	}
}

static void line_say(struct cli *c, const json_t *property, const char *member, const json_t *v)
{
	const char *label = json_text(property, "title"), *unit = json_text(property, "x-unit");
	struct buf b = BUF_INIT(1 << 20);
	const json_t *one;
	size_t i;

	if (json_is_array(v)) {
		json_array_foreach(v, i, one) {
			if (i > 0)
				buf_adds(&b, ", ");
			value_text(&b, one, unit);
		}
	} else {
		value_text(&b, v, unit);
	}
	for (i = 0; i < b.n; i++)
		if ((unsigned char)b.p[i] < ' ' || b.p[i] == 0x7f)
			b.p[i] = ' ';
	say(c, "  %-24s %s", label != NULL ? label : member, b.n > 0 ? b.p : "");
	buf_release(&b);
}

void own_say(struct cli *c, const json_t *rec)
{
	json_t *fields = json_object_get(rec, "custom_fields"), *seen = json_object(), *schema, *v, *w;
	const char *key, *other;

	json_object_foreach(fields, key, v) {
		struct slice member = slice_str(key), name = slice_cut(&member, ':');
		char text[100];

		snprintf(text, sizeof(text), "%.*s", (int)name.n, name.p);
		if (member.p == NULL || strcmp(text, "azekura") == 0 || json_object_get(seen, text) != NULL || json_object_size(seen) >= SCHEMAS_MAX)
			continue;
		schema = NULL;
		json_put(seen, text, json_true());
		if (schema_get(c, name, &schema, NULL) != ST_OK)
			continue;
		say(c, "%-8s %s", text, json_text(schema, "title") != NULL ? json_text(schema, "title") : "");
		json_object_foreach(fields, other, w)
			if (strncmp(other, key, name.n + 1) == 0)
				line_say(c, json_object_get(json_object_get(schema, "properties"), other + name.n + 1), other + name.n + 1, w);
		json_decref(schema);
	}
	json_decref(seen);
}
