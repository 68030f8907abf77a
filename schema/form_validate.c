/* The values of a record against a form: every fault at once, under its path. */

#include "schema/form.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/utf8.h"

#define FINDINGS_MAX	200	/* of one form */

struct checking {
	const json_t *form, *member;
	const char *name;		/* of the form */
	form_term_fn *term;
	void *ctx;
	struct findings *out;
	size_t n;
	int at;				/* place in a list, or -1 */
	st_t st;
};

static void found(struct checking *c, bool fatal, const char *member, const char *fmt, ...) PRINTF_LIKE(4, 5);

static void found(struct checking *c, bool fatal, const char *member, const char *fmt, ...)
{
	char path[FORM_NAME_MAX + FORM_MEMBER_MAX + 40], place[16] = "";
	struct err e = ERR_INIT;
	va_list ap;

	if (c->st != ST_OK || c->n++ >= FINDINGS_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(e.text, sizeof(e.text), fmt, ap);
	va_end(ap);
	if (c->at >= 0)
		snprintf(place, sizeof(place), "[%d]", c->at);
	snprintf(path, sizeof(path), "customFields.%s:%s%s", c->name, member, place);
	c->st = findings_add(c->out, path, fatal, e.text);
}

#define FAULT(c, ...) found(c, true, json_text((c)->member, "name"), __VA_ARGS__)

static const char *unit_of(const struct checking *c)
{
	const char *unit = json_text(c->member, "unit");

	return unit != NULL ? unit : "";
}

/* A bound that is met to the last digits counts as met: 0 °C is 273.15 K whichever way it was computed. */
static void check_bounds(struct checking *c, double v)
{
	static const struct { const char *key, *says; int side; bool open; } bounds[] = {
		{ "minimum", "at least", -1, false }, { "maximum", "at most", 1, false }, { "exclusiveMinimum", "more than", -1, true }, { "exclusiveMaximum", "less than", 1, true },
	};
	size_t i;

	for (i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		const json_t *b = json_object_get(c->member, bounds[i].key);
		double over = b != NULL ? (v - json_number_value(b)) * bounds[i].side : -1, slack = b != NULL ? fabs(json_number_value(b)) * 1e-12 : 0;

		if (b != NULL && (bounds[i].open ? over >= -slack : over > slack))
			FAULT(c, "expected %s %g%s%.40s, found %g", bounds[i].says, json_number_value(b), unit_of(c)[0] != '\0' ? " " : "", unit_of(c), v);
	}
}

static void check_text(struct checking *c, struct slice s)
{
	const json_t *least = json_object_get(c->member, "minLength"), *most = json_object_get(c->member, "maxLength"), *pattern = json_object_get(c->member, "pattern");
	size_t n = utf8_count(s);
	st_t st;

	if (n > FORM_TEXT_MAX || (most != NULL && n > (size_t)json_integer_value(most)))
		FAULT(c, "longer than %lld characters", most != NULL && json_integer_value(most) < FORM_TEXT_MAX ? (long long)json_integer_value(most) : (long long)FORM_TEXT_MAX);
	else if (least != NULL && n < (size_t)json_integer_value(least))
		FAULT(c, "shorter than %lld characters", (long long)json_integer_value(least));
	else if (pattern != NULL && (st = form_pattern_find(json_slice(pattern), s)) != ST_OK)
		FAULT(c, st == ST_ABSENT ? "does not have the form %.100s" : "cannot be compared with the form %.100s in the time there is", json_string_value(pattern));
}

static bool is_same(const json_t *a, const json_t *b)
{
	return json_is_number(a) && json_is_number(b) ? json_number_value(a) == json_number_value(b) : json_equal(a, b);
}

static void check_among(struct checking *c, const json_t *value)
{
	const json_t *values = json_object_get(c->member, "values"), *only = json_object_get(c->member, "const"), *one;
	char shown[200];
	size_t i, n = 0;

	if (only != NULL && !is_same(only, value))
		FAULT(c, json_is_string(only) ? "expected '%.100s' and nothing else" : "expected one certain value%.0s", json_is_string(only) ? json_string_value(only) : "");
	if (values == NULL)
		return;
	json_array_foreach(values, i, one)
		if (is_same(json_object_get(one, "value"), value))
			return;
	shown[0] = '\0';
	json_array_foreach(values, i, one) {
		const char *s = json_text(one, "value");

		if (s == NULL || n + strlen(s) + 8 > sizeof(shown))
			break;
		n += (size_t)snprintf(shown + n, sizeof(shown) - n, "%s%s", n > 0 ? ", " : "", s);
	}
	FAULT(c, "none of the values that are listed%s%s%s", shown[0] != '\0' ? ": " : "", shown, i < json_array_size(values) ? ", ..." : "");
}

static void check_one(struct checking *c, const json_t *value)
{
	const char *vocabulary = json_text(c->member, "vocabulary");
	struct form_value v;
	struct err e = ERR_INIT;
	int there;

	if (!form_value(c->member, value, &v, &e)) {
		FAULT(c, "%s", e.text);
		return;
	}
	if (isfinite(v.number))
		check_bounds(c, v.number);
	else if (json_is_string(value))
		check_text(c, v.text);
	check_among(c, value);
	if (vocabulary == NULL || c->term == NULL || (there = c->term(c->ctx, vocabulary, v.text)) > 0)
		return;
	found(c, there == 0, json_text(c->member, "name"), there == 0 ? "no term of the vocabulary '%.60s'" : "the vocabulary '%.60s' is not loaded: not checked", vocabulary);
}

static void check_list(struct checking *c, const json_t *list)
{
	const json_t *least = json_object_get(c->member, "minItems"), *most = json_object_get(c->member, "maxItems"), *one;
	size_t i;

	if (!json_is_true(json_object_get(c->member, "repeatable")) && json_array_size(list) != 1)
		FAULT(c, "expected one value, found a list of %zu", json_array_size(list));
	if (json_array_size(list) > FORM_VALUES_MAX || (most != NULL && json_array_size(list) > (size_t)json_integer_value(most)))
		FAULT(c, "more than %lld values", most != NULL && json_integer_value(most) < FORM_VALUES_MAX ? (long long)json_integer_value(most) : (long long)FORM_VALUES_MAX);
	else if (least != NULL && json_array_size(list) < (size_t)json_integer_value(least))
		FAULT(c, "fewer than %lld values", (long long)json_integer_value(least));
	json_array_foreach(list, i, one) {
		c->at = (int)i;
		check_one(c, one);
	}
	c->at = -1;
}

static bool is_empty(const json_t *v)
{
	return v == NULL || json_is_null(v) || (json_is_string(v) && json_string_length(v) == 0) || (json_is_array(v) && json_array_size(v) == 0);
}

st_t form_validate(const json_t *form, const json_t *custom_fields, enum record_check what, form_term_fn *term, void *ctx, struct findings *out)
{
	struct checking c = { .form = form, .name = json_text(form, "name"), .term = term, .ctx = ctx, .out = out, .at = -1, .st = ST_OK };
	char key[FORM_NAME_MAX + FORM_MEMBER_MAX + 2];
	struct slice name, member;
	const char *k;
	json_t *m, *v;
	size_t i;

	json_array_foreach(json_object_get(form, "members"), i, m) {
		snprintf(key, sizeof(key), "%s:%s", c.name, json_text(m, "name"));
		v = json_object_get(custom_fields, key);
		c.member = m;
		if (is_empty(v)) {
			if (what == RECORD_PUBLISH && json_is_true(json_object_get(m, "required")))
				FAULT(&c, "the schema '%s' needs it", c.name);
		} else if (json_is_array(v)) {
			check_list(&c, v);
		} else {
			check_one(&c, v);
		}
	}
	json_object_foreach((json_t *)(uintptr_t)custom_fields, k, v)
		if (form_key(slice_str(k), &name, &member) && slice_eq_str(name, c.name) && form_member(form, member) == NULL)
			found(&c, json_is_true(json_object_get(form, "closed")), k + name.n + 1, "the schema '%s' has no such member", c.name);
	return c.st;
}
