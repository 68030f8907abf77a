#include "schema/decision.h"

#include <string.h>

static bool same_text(const json_t *a, const json_t *b, const char *key)
{
	const char *x = json_text(a, key), *y = json_text(b, key);

	return (x == NULL && y == NULL) || (x != NULL && y != NULL && strcmp(x, y) == 0);
}

static json_t *variable_of(const json_t *doc, const char *name, const char *unit)
{
	json_t *v;
	size_t i;

	json_array_foreach(json_object_get(doc, "variables"), i, v) {
		const char *n = json_text(v, "name"), *u = json_text(v, "unit");
		if (n != NULL && strcmp(n, name) == 0 && ((u == NULL && unit == NULL) || (u != NULL && unit != NULL && strcmp(u, unit) == 0)))
			return v;
	}
	return NULL;
}

static json_t *made_variable(json_t *doc, const char *name, const char *unit)
{
	json_t *list = json_object_get(doc, "variables"), *v;

	if (!json_is_array(list) && (json_put(doc, "variables", json_array()) != ST_OK || (list = json_object_get(doc, "variables")) == NULL))
		return NULL;
	v = json_pack("{s:s,s:s*}", "name", name, "unit", unit);
	return json_push(list, v) == ST_OK ? v : NULL;
}

st_t decision_put(json_t *doc, const char *name, const char *unit, json_t *entry)
{
	json_t *v = variable_of(doc, name, unit), *list, *c;
	size_t i;

	if (v == NULL && (v = made_variable(doc, name, unit)) == NULL) {
		json_decref(entry);
		return ST_NOMEM;
	}
	list = json_object_get(v, "concepts");
	if (!json_is_array(list)) {
		if (json_put(v, "concepts", json_array()) != ST_OK) {
			json_decref(entry);
			return ST_NOMEM;
		}
		list = json_object_get(v, "concepts");
	}
	json_array_foreach(list, i, c)
		if (same_text(c, entry, "iri"))
			return json_array_set_new(list, i, entry) == 0 ? ST_OK : ST_NOMEM;
	return json_push(list, entry);
}

/* The same word on the same concept of the same variable; what was read in public has no "by". */
static const json_t *decided_before(const json_t *variable, const json_t *entry, const json_t *was)
{
	json_t *v, *c;
	size_t i, j;

	json_array_foreach(json_object_get(was, "variables"), i, v)
		json_array_foreach(json_object_get(v, "concepts"), j, c)
			if (same_text(v, variable, "name") && same_text(v, variable, "unit") && same_text(c, entry, "iri") && same_text(c, entry, "decision") && same_text(c, entry, "at") &&
			    (json_object_get(entry, "by") == NULL || same_text(c, entry, "by")))
				return c;
	return NULL;
}

void decisions_guard(json_t *doc, const json_t *was)
{
	static const char *const ours[] = { "decision", "by", "at" };
	json_t *v, *c;
	size_t i, j;

	json_array_foreach(json_object_get(doc, "variables"), i, v)
		json_array_foreach(json_object_get(v, "concepts"), j, c) {
			const json_t *ok = json_object_get(c, "decision") != NULL || json_object_get(c, "by") != NULL ? decided_before(v, c, was) : NULL;

			for (size_t k = 0; k < 3; k++) {
				json_t *had = json_object_get(ok, ours[k]);
				if (had != NULL)
					json_object_set(c, ours[k], had);
				else
					json_object_del(c, ours[k]);
			}
		}
}

json_t *decisions_public(const json_t *variables)
{
	json_t *out = json_deep_copy(variables), *v, *c;
	size_t i, j;

	json_array_foreach(out, i, v)
		json_array_foreach(json_object_get(v, "concepts"), j, c)
			json_object_del(c, "by");
	return out;
}
