#ifndef SCHEMA_FORM_H
#define SCHEMA_FORM_H

/*
 * A metadata schema as data: what an operator or a community adds to the record, member by member (docs/formats/schemas.md). Whatever file it came from, it is
 * one JSON document, called a form here so that nobody takes it for struct schema. Pure functions. A record holds the values in
 * "customFields", each under "NAME:MEMBER", where clients of InvenioRDM put and find theirs.
 */

#include "schema/record.h"
#include "schema/unit.h"

#define FORM_NAME_MAX		40
#define FORM_MEMBER_MAX		80
#define FORM_MEMBERS_MAX	500
#define FORM_VALUES_MAX		1000	/* of one list, of terms or of values */
#define FORM_PATTERN_MAX	500
#define FORM_TEXT_MAX		20000	/* characters of a value */

/* Is ${form} what docs/formats/schemas.md says? ST_INVALID "members[3].type: ...". Everything below is asked of a form that passed. */
st_t form_check(const json_t *form, struct err *e);
bool form_name_ok(struct slice name);		/* small letters, digits, '-', '_', a letter first */
bool form_member_ok(struct slice member);

/* "xrd:anode" cut in two; false: not of that shape. */
bool form_key(struct slice key, struct slice *name, struct slice *member);
json_t *form_member(const json_t *form, struct slice member);		/* borrowed; NULL */
const char *form_label(const json_t *labels, const char *lang);	/* in ${lang}, else English, else any; "" */
bool form_is_number(const json_t *member);

/* One value read by its member: what search, pages and exports take from it. */
struct form_value {
	struct slice text;		/* as written, or without the unit that stood behind the number; empty for numbers and booleans */
	double number;			/* in the member's unit; NAN when it is no number */
	struct unit unit;		/* of the member; kind UNIT_LABEL when it has none or none that is known */
	double from, until;		/* seconds of a date; NAN */
};
/* False: ${e} says why it is none of ${member}. Limits of the member are not looked at. */
bool form_value(const json_t *member, const json_t *value, struct form_value *out, struct err *e);

/* Does ${vocabulary} hold ${term}? 1 yes, 0 no, -1 no such vocabulary is loaded. */
typedef int form_term_fn(void *ctx, const char *vocabulary, struct slice term);
/* All faults of the values of one form, at once, under their paths in the record: customFields.xrd:anode, customFields.xrd:angle[2]. Required members at publication only. */
st_t form_validate(const json_t *form, const json_t *custom_fields, enum record_check what, form_term_fn *term, void *ctx, struct findings *out);

/* As JSON Schema 2020-12 with ${id} as its address. ${out}: owned. */
st_t form_json_schema(const json_t *form, const char *id, json_t **out, struct err *e);

/* Patterns (ECMA 262 as far as ICU has it) are matched within a fixed number of steps. */
st_t form_pattern_check(struct slice pattern, struct err *e);
/* ST_OK: it matches somewhere; ST_ABSENT: it does not; ST_TOOBIG: not decided within the steps. */
st_t form_pattern_find(struct slice pattern, struct slice text);

#endif
