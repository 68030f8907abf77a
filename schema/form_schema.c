/* A form as JSON Schema 2020-12, whatever it came from. What JSON Schema has no word for stands under "x-...", as readers of forms (form.c) write it. */

#include "schema/form.h"

static const struct { const char *type, *as, *format; } types[] = {
	{ "text", "string", NULL }, { "markdown", "string", "markdown" }, { "number", "number", NULL }, { "integer", "integer", NULL }, { "boolean", "boolean", NULL },
	{ "date", "string", "date" }, { "time", "string", "time" }, { "datetime", "string", "date-time" }, { "uri", "string", "uri" }, { "uuid", "string", "uuid" },
	{ "email", "string", "email" },
};

static void copy(json_t *to, const char *as, const json_t *from, const char *key)
{
	if (json_object_get(from, key) != NULL)
		json_put(to, as, json_incref(json_object_get(from, key)));
}

static void put_title(json_t *to, const json_t *labels)
{
	const char *s = form_label(labels, "en");

	if (s[0] != '\0')
		json_put_str(to, "title", slice_str(s));
	if (json_object_size(labels) > 0)
		json_put(to, "x-label", json_incref((json_t *)(uintptr_t)labels));
}

static json_t *one_value(const json_t *m)
{
	static const char *const same[] = { "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "pattern", "const" };
	json_t *s = json_object(), *values = json_object_get(m, "values"), *list, *labels, *v;
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(json_text(m, "type"), types[i].type) == 0) {
			json_put_str(s, "type", slice_str(types[i].as));
			if (types[i].format != NULL)
				json_put_str(s, "format", slice_str(types[i].format));
		}
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		copy(s, same[i], m, same[i]);
	if (values == NULL)
		return s;
	list = json_array();
	labels = json_array();
	json_array_foreach(values, i, v) {
		json_push(list, json_incref(json_object_get(v, "value")));
		json_push(labels, json_object_get(v, "label") != NULL ? json_incref(json_object_get(v, "label")) : json_null());
	}
	json_put(s, "enum", list);
	json_put(s, "x-enum-labels", labels);
	return s;
}

static json_t *property(const json_t *m)
{
	static const struct { const char *from, *to; } also[] = { { "default", "default" }, { "unit", "x-unit" }, { "vocabulary", "x-vocabulary" }, { "facet", "x-facet" }, { "help", "x-help" } };
	json_t *one = one_value(m), *s = one;
	size_t i;

	if (json_is_true(json_object_get(m, "repeatable"))) {
		s = json_pack("{s:s, s:o}", "type", "array", "items", one);
		copy(s, "minItems", m, "minItems");
		copy(s, "maxItems", m, "maxItems");
	} else if (json_text(m, "unit") != NULL && form_is_number(m)) {
		/* A value may carry a unit of its own; in JSON Schema only the plain number can be said, which is what a form should send. */
		json_put_str(s, "$comment", slice_str("or text: a number with a unit that can be converted"));
	}
	put_title(s, json_object_get(m, "label"));
	if (form_label(json_object_get(m, "help"), "en")[0] != '\0')
		json_put_str(s, "description", slice_str(form_label(json_object_get(m, "help"), "en")));
	if (json_object_get(m, "example") != NULL)
		json_put(s, "examples", json_pack("[O]", json_object_get(m, "example")));
	for (i = 0; i < sizeof(also) / sizeof(also[0]); i++)
		copy(s, also[i].to, m, also[i].from);
	return s;
}

st_t form_json_schema(const json_t *form, const char *id, json_t **out, struct err *e)
{
	json_t *props = json_object(), *required = json_array(), *m;
	size_t i;

	*out = json_pack("{s:s, s:s, s:s}", "$schema", "https://json-schema.org/draft/2020-12/schema", "$id", id, "type", "object");
	if (*out == NULL || props == NULL || required == NULL) {
		json_decref(props);
		json_decref(required);
		json_decref(*out);
		*out = NULL;
		return err_set(e, ST_NOMEM, "%s", "");
	}
	put_title(*out, json_object_get(form, "title"));
	if (form_label(json_object_get(form, "description"), "en")[0] != '\0')
		json_put_str(*out, "description", slice_str(form_label(json_object_get(form, "description"), "en")));
	json_array_foreach(json_object_get(form, "members"), i, m) {
		json_put(props, json_text(m, "name"), property(m));
		if (json_is_true(json_object_get(m, "required")))
			json_push(required, json_incref(json_object_get(m, "name")));
	}
	json_put(*out, "properties", props);
	json_put(*out, "required", required);
	json_put(*out, "additionalProperties", json_boolean(!json_is_true(json_object_get(form, "closed"))));
	return ST_OK;
}
