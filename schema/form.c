/* What a form is, and what the values of a record are by it. */

#include "schema/form.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/utf8.h"

static const char *const types[] = { "text", "markdown", "number", "integer", "boolean", "date", "time", "datetime", "uri", "uuid", "email" };

static bool is_type(const json_t *member, const char *type)
{
	const char *t = json_text(member, "type");

	return t != NULL && strcmp(t, type) == 0;
}

bool form_is_number(const json_t *member)
{
	return is_type(member, "number") || is_type(member, "integer");
}

bool form_name_ok(struct slice name)
{
	if (name.n == 0 || name.n > FORM_NAME_MAX || name.p[0] < 'a' || name.p[0] > 'z')
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] == '\0' || strchr("abcdefghijklmnopqrstuvwxyz0123456789-_", name.p[i]) == NULL)
			return false;
	/* Names that clients and readers of descriptions write by themselves. */
	return !slice_eq_str(name, "azekura") && !slice_eq_str(name, "rde") && !slice_eq_str(name, "cell");
}

/* A word in any script: it stands in queries and addresses. */
bool form_member_ok(struct slice m)
{
	if (m.n == 0 || m.n > FORM_MEMBER_MAX || !utf8_valid(m, NULL))
		return false;
	for (size_t i = 0; i < m.n; i++) {
		unsigned char c = (unsigned char)m.p[i];

		if (c < 0x80 && !((c | 32) >= 'a' && (c | 32) <= 'z') && !(c >= '0' && c <= '9') && (c == '\0' || strchr("_-.", c) == NULL))
			return false;
	}
	for (size_t i = 0; i < m.n;) {
		int32_t c = utf8_next(m, &i);

		if ((c >= 0x80 && c <= 0xa0) || (c >= 0x2000 && c <= 0x206f) || c == 0x3000 || c == 0xff1a || c == 0x3001 || (c >= 0xff08 && c <= 0xff0c) || c == 0xfeff || c == 0xff3b || c == 0xff3d)
			return false;
	}
	return true;
}

bool form_key(struct slice key, struct slice *name, struct slice *member)
{
	*member = key;
	*name = slice_cut(member, ':');
	return member->p != NULL && form_name_ok(*name) && form_member_ok(*member);
}

json_t *form_member(const json_t *form, struct slice member)
{
	json_t *m;
	size_t i;

	json_array_foreach(json_object_get(form, "members"), i, m)
		if (slice_eq(json_slice(json_object_get(m, "name")), member))
			return m;
	return NULL;
}

const char *form_label(const json_t *labels, const char *lang)
{
	const char *s = lang != NULL ? json_text(labels, lang) : NULL, *key;
	json_t *v;

	if (s == NULL)
		s = json_text(labels, "en");
	if (s == NULL)
		json_object_foreach((json_t *)(uintptr_t)labels, key, v)
			return json_is_string(v) ? json_string_value(v) : "";
	return s != NULL ? s : "";
}

/* ---- is it a form? ---- */

struct at { size_t i; const char *key; };

static st_t fault(struct err *e, const struct at *at, const char *what)
{
	return err_set(e, ST_INVALID, "members[%zu].%s: %s", at->i, at->key, what);
}

static bool labels_ok(const json_t *labels)
{
	const char *key;
	json_t *v;

	if (labels == NULL)
		return true;
	if (!json_is_object(labels) || json_object_size(labels) > 20)
		return false;
	json_object_foreach((json_t *)(uintptr_t)labels, key, v)
		if (!json_is_string(v) || json_string_length(v) > 4 * FORM_TEXT_MAX || strlen(key) > 35)
			return false;
	return true;
}

static st_t check_values(const json_t *m, struct at *at, struct err *e)
{
	json_t *values = json_object_get(m, "values"), *one;
	size_t i;

	at->key = "values";
	if (values == NULL)
		return ST_OK;
	if (!json_is_array(values) || json_array_size(values) == 0 || json_array_size(values) > FORM_VALUES_MAX)
		return fault(e, at, "a list of 1 to 1000 values");
	json_array_foreach(values, i, one) {
		const json_t *v = json_object_get(one, "value");

		if (!json_is_object(one) || v == NULL || json_is_object(v) || json_is_array(v) || !labels_ok(json_object_get(one, "label")))
			return fault(e, at, "each is an object with a value and labels");
	}
	return ST_OK;
}

static st_t check_limits(const json_t *m, struct at *at, struct err *e)
{
	static const char *const numbers[] = { "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum" };
	static const char *const counts[] = { "minLength", "maxLength", "minItems", "maxItems" };
	const json_t *v;
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		at->key = numbers[i];
		if ((v = json_object_get(m, at->key)) != NULL && !json_is_number(v))
			return fault(e, at, "expected a number");
	}
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		at->key = counts[i];
		if ((v = json_object_get(m, at->key)) != NULL && (!json_is_integer(v) || json_integer_value(v) < 0))
			return fault(e, at, "expected a count");
	}
	at->key = "pattern";
	if ((v = json_object_get(m, at->key)) == NULL)
		return ST_OK;
	if (!json_is_string(v))
		return fault(e, at, "expected text");
	return form_pattern_check(json_slice(v), e) == ST_OK ? ST_OK : err_wrap(e, "members[%zu].pattern", at->i);
}

static st_t check_words(const json_t *m, struct at *at, struct err *e)
{
	static const char *const words[] = { "unit", "vocabulary" };
	static const char *const flags[] = { "required", "repeatable", "facet" };
	const json_t *v;
	size_t i;

	for (i = 0; i < 2; i++) {
		at->key = words[i];
		if ((v = json_object_get(m, at->key)) != NULL && (!json_is_string(v) || json_string_length(v) == 0 || json_string_length(v) > UNIT_TEXT_MAX))
			return fault(e, at, "expected a word");
	}
	for (i = 0; i < 3; i++) {
		at->key = flags[i];
		if ((v = json_object_get(m, at->key)) != NULL && !json_is_boolean(v))
			return fault(e, at, "expected true or false");
	}
	at->key = "vocabulary";
	if (json_object_get(m, "vocabulary") != NULL && !is_type(m, "text") && !is_type(m, "uri"))
		return fault(e, at, "only text is taken from a vocabulary");
	at->key = "label";
	if (!labels_ok(json_object_get(m, "label")))
		return fault(e, at, "expected texts by language");
	at->key = "help";
	return labels_ok(json_object_get(m, "help")) ? ST_OK : fault(e, at, "expected texts by language");
}

static st_t check_member(const json_t *form, const json_t *m, size_t i, struct err *e)
{
	struct at at = { i, "name" };
	st_t st;
	size_t k;

	if (!json_is_object(m) || !form_member_ok(json_slice(json_object_get(m, "name"))))
		return fault(e, &at, "a word of at most 80 bytes without blanks, ':' and '/'");
	if (form_member(form, json_slice(json_object_get(m, "name"))) != m)
		return fault(e, &at, "there twice");
	at.key = "type";
	for (k = 0; k < sizeof(types) / sizeof(types[0]) && !is_type(m, types[k]); k++)
		;
	if (k == sizeof(types) / sizeof(types[0]))
		return fault(e, &at, "text, markdown, number, integer, boolean, date, time, datetime, uri, uuid or email");
	st = check_words(m, &at, e);
	if (st == ST_OK)
		st = check_values(m, &at, e);
	return st == ST_OK ? check_limits(m, &at, e) : st;
}

st_t form_check(const json_t *form, struct err *e)
{
	const json_t *members = json_object_get(form, "members"), *m;
	size_t i;
	st_t st;

	if (!json_is_array(members) || json_array_size(members) == 0)
		return err_set(e, ST_INVALID, "members: a schema needs at least one");
	if (json_array_size(members) > FORM_MEMBERS_MAX)
		return err_set(e, ST_TOOBIG, "members: %zu of them, at most %d are taken", json_array_size(members), FORM_MEMBERS_MAX);
	if (!labels_ok(json_object_get(form, "title")) || !labels_ok(json_object_get(form, "description")))
		return err_set(e, ST_INVALID, "title, description: expected texts by language");
	json_array_foreach(members, i, m)
		if ((st = check_member(form, m, i, e)) != ST_OK)
			return st;
	return ST_OK;
}

/* ---- values ---- */

static const char *kind_of(const json_t *v)
{
	return json_is_string(v) ? "text" : json_is_number(v) ? "number" : json_is_boolean(v) ? "true or false" : json_is_object(v) ? "an object" :
	    json_is_array(v) ? "a list" : "nothing";
}

static bool wrong(struct err *e, const char *want, const json_t *got)
{
	err_set(e, ST_INVALID, "expected %s, found %s", want, kind_of(got));
	return false;
}

/* From the unit that stands with a value to that of the member. */
static bool convert(const json_t *member, struct form_value *out, struct slice text, struct err *e)
{
	const char *want = json_text(member, "unit");
	struct unit u;

	if (text.n == 0 || (want != NULL && slice_eq_str(text, want)))
		return true;
	if (want == NULL) {
		err_set(e, ST_INVALID, "a number without a unit is expected");
		return false;
	}
	if (out->unit.kind != UNIT_LINEAR || !unit_parse(&u, text, &out->unit.dims) || u.kind != UNIT_LINEAR || !unit_dims_eq(&u.dims, &out->unit.dims)) {
		text = utf8_clip(text, 40);
		err_set(e, ST_INVALID, "the unit '%.*s' cannot be converted to '%.40s'", (int)text.n, text.p, want);
		return false;
	}
	out->number = (unit_si(&u, out->number) - out->unit.offset) / out->unit.factor;
	return true;
}

/* 300, "27 °C", {"value": 27, "unit": "°C"} */
static bool read_number(const json_t *member, const json_t *value, struct form_value *out, struct err *e)
{
	const char *unit = json_text(member, "unit");
	struct slice behind = SLICE_NULL;
	char digits[64], *end;

	if (unit == NULL || !unit_parse(&out->unit, slice_str(unit), NULL))
		out->unit.kind = UNIT_LABEL;
	if (json_is_object(value)) {
		behind = json_slice(json_object_get(value, "unit"));
		value = json_object_get(value, "value");
	}
	if (json_is_number(value)) {
		out->number = json_number_value(value);
	} else if (json_is_string(value) && unit != NULL && behind.n == 0) {
		struct slice s = slice_trim(json_slice(value));
		size_t n = 0;

		while (n < s.n && n < sizeof(digits) - 1 && s.p[n] != '\0' && strchr("+-.0123456789", s.p[n]) != NULL)
			n++;
		if (n > 0 && n + 1 < s.n && (s.p[n] | 32) == 'e' && strchr("+-0123456789", s.p[n + 1]) != NULL && s.p[n + 1] != '\0')
			for (n += 2; n < s.n && n < sizeof(digits) - 1 && s.p[n] >= '0' && s.p[n] <= '9'; n++)
				;
		memcpy(digits, s.p, n);
		digits[n] = '\0';
		out->number = strtod(digits, &end);
		if (n == 0 || end != digits + n || !isfinite(out->number))
			return wrong(e, "a number with its unit", value);
		behind = slice_trim(slice_of(s.p + n, s.n - n));
	} else {
		return wrong(e, "a number", value);
	}
	if (!convert(member, out, behind, e))
		return false;
	if (is_type(member, "integer") && out->number != floor(out->number)) {
		err_set(e, ST_INVALID, "expected a whole number");
		return false;
	}
	return true;
}

static bool is_uuid(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? s.p[i] != '-' : !((s.p[i] >= '0' && s.p[i] <= '9') || ((s.p[i] | 32) >= 'a' && (s.p[i] | 32) <= 'f')))
			return false;
	}
	return s.n == 36;
}

static bool is_uri(struct slice s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] != ':')
		n++;
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || strchr("<>\"", s.p[i]) != NULL)
			return false;
	return n > 1 && n + 1 < s.n && ((s.p[0] | 32) >= 'a' && (s.p[0] | 32) <= 'z');
}

static bool two(const char *p, int max)
{
	return p[0] >= '0' && p[0] <= '9' && p[1] >= '0' && p[1] <= '9' && (p[0] - '0') * 10 + p[1] - '0' <= max;
}

static bool is_time(struct slice s)
{
	struct slice zone;

	if (s.n < 5 || !two(s.p, 23) || s.p[2] != ':' || !two(s.p + 3, 59))
		return false;
	s = slice_of(s.p + 5, s.n - 5);
	if (s.n >= 3 && s.p[0] == ':' && two(s.p + 1, 60)) {
		s = slice_of(s.p + 3, s.n - 3);
		if (s.n > 1 && s.p[0] == '.') {
			size_t n = 1;

			while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
				n++;
			s = slice_of(s.p + n, s.n - n);
		}
	}
	zone = s;
	return zone.n == 0 || (zone.n == 1 && (zone.p[0] | 32) == 'z') || (zone.n == 6 && (zone.p[0] == '+' || zone.p[0] == '-') && two(zone.p + 1, 23) && zone.p[3] == ':' && two(zone.p + 4, 59));
}

static bool is_email(struct slice s)
{
	const char *a = s.n > 0 ? memchr(s.p, '@', s.n) : NULL;

	return a != NULL && a != s.p && a + 1 < s.p + s.n && memchr(s.p, ' ', s.n) == NULL && memchr(a + 1, '@', (size_t)(s.p + s.n - a - 1)) == NULL;
}

static bool read_text(const json_t *member, const json_t *value, struct form_value *out, struct err *e)
{
	static const struct { const char *type; bool (*is)(struct slice); const char *want; } kinds[] = {
		{ "uuid", is_uuid, "not a UUID" }, { "uri", is_uri, "not an address" }, { "email", is_email, "not an e-mail address" }, { "time", is_time, "not a time: HH:MM or HH:MM:SS" },
	};
	int64_t from, until;
	size_t i;

	if (!json_is_string(value))
		return wrong(e, "text", value);
	out->text = json_slice(value);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (is_type(member, kinds[i].type) && !kinds[i].is(out->text)) {
			err_set(e, ST_INVALID, "%s", kinds[i].want);
			return false;
		}
	if (!is_type(member, "date") && !is_type(member, "datetime"))
		return true;
	if (!date_valid(out->text) || (is_type(member, "date") ? out->text.n != 10 : out->text.n < 16 || out->text.p[10] != 'T') || !date_span(out->text, &from, &until)) {
		err_set(e, ST_INVALID, is_type(member, "date") ? "not a date: YYYY-MM-DD" : "not a date with a time: YYYY-MM-DDTHH:MM:SSZ");
		return false;
	}
	out->from = (double)from;
	out->until = (double)until;
	return true;
}

bool form_value(const json_t *member, const json_t *value, struct form_value *out, struct err *e)
{
	memset(out, 0, sizeof(*out));
	out->number = out->from = out->until = NAN;
	out->unit.kind = UNIT_LABEL;
	if (form_is_number(member))
		return read_number(member, value, out, e);
	if (is_type(member, "boolean"))
		return json_is_boolean(value) ? true : wrong(e, "true or false", value);
	return read_text(member, value, out, e);
}
