#include "indexer/query.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "indexer/index_int.h"

/* Fields with a syntax of their own. */
#define FIELD_TIME	'\1'
#define FIELD_BOX	'\2'
#define FIELD_PLACE	'\3'

static const struct { const char *name; uint32_t fields; char letter; } fields[] = {
	{ "title", 1u << F_TITLE, 0 }, { "description", 1u << F_DESCRIPTION, 0 }, { "creator", 1u << F_CREATOR, 0 },
	{ "subject", 1u << F_SUBJECT, 0 }, { "id", 1u << F_ID, EXACT_ID }, { "doi", 0, EXACT_DOI }, { "file", 1u << F_FILE, 0 },
	{ "column", 1u << F_COLUMN, 0 }, { "affiliation", 1u << F_AFFILIATION, 0 }, { "funder", 1u << F_FUNDER, 0 },
	{ "contributor", 1u << F_CONTRIBUTOR, 0 }, { "text", 1u << F_TEXT, 0 }, { "type", 0, 't' }, { "year", 0, 'y' }, { "access", 0, 'a' }, { "licence", 0, 'l' },
	{ "license", 0, 'l' }, { "lang", 0, EXACT_LANG }, { "variable", 0, EXACT_VARIABLE }, { "unit", 0, 'u' }, { "concept", 0, EXACT_CONCEPT },
	{ "format", 0, EXACT_FORMAT }, { "instrument", 0, EXACT_INSTRUMENT }, { "element", 0, EXACT_ELEMENT }, { "formula", 0, EXACT_FORMULA },
	{ "spacegroup", 0, EXACT_GROUP }, { "organism", 0, EXACT_ORGANISM }, { "assembly", 0, EXACT_ASSEMBLY },
	{ "time", 0, FIELD_TIME }, { "bbox", 0, FIELD_BOX }, { "place", 0, FIELD_PLACE },
};
#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))
#define FIELD_FORM N_FIELDS	/* of an added schema */
#define KNOWN_FIELDS "title, description, creator, subject, id, doi, file, column, affiliation, funder, contributor, text, type, year, access, licence, lang, variable, unit, concept, " \
	"format, instrument, element, formula, spacegroup, organism, assembly, time, bbox, place, and NAME:[1 TO 2 UNIT] for the values of a variable"

enum lex { LEX_END, LEX_OPEN, LEX_CLOSE, LEX_AND, LEX_OR, LEX_NOT, LEX_FIELD, LEX_SPAN, LEX_WORD, LEX_PHRASE };

struct parser {
	struct arena *a;
	struct slice s;
	size_t at;		/* behind the token looked at */
	size_t from;		/* its first byte */
	enum lex lex;
	struct slice text;	/* of a word, phrase or field name */
	struct slice span;	/* of LEX_SPAN: what stands in the brackets */
	unsigned field;		/* of LEX_FIELD */
	unsigned leaves, depth;
	st_t st;
	struct err *e;
};

static size_t character(const struct parser *p, size_t byte)
{
	return utf8_count(slice_of(p->s.p, byte)) + 1;
}

static st_t fault(struct parser *p, size_t byte, const char *what, struct slice which)
{
	which = utf8_clip(which, 60);
	if (p->st == ST_OK)
		p->st = which.n == 0 ? err_set(p->e, ST_INVALID, "%s at character %zu", what, character(p, byte)) :
			err_set(p->e, ST_INVALID, "%s '%.*s' at character %zu", what, (int)which.n, which.p, character(p, byte));
	p->lex = LEX_END;
	return p->st;
}

/* Full-width signs of the query language as the narrow ones; separators that Japanese writers use as a blank. */
static int32_t sign(int32_t cp)
{
	switch (cp) {
	case 0x3000: case '\t': case '\n': case '\r': case 0xa0: return ' ';
	case 0xff08: return '(';
	case 0xff09: return ')';
	case 0xff1a: return ':';
	case 0xff02: case 0x201c: case 0x201d: return '"';
	case 0x3001: case 0xff0c: case ',': case ';': case 0xff1b: return ' ';
	case 0xff0a: return '*';
	case 0xff0d: return '-';
	}
	return cp;
}

static int32_t peek(const struct parser *p, size_t at, size_t *next)
{
	*next = at;
	return sign(utf8_next(p->s, next));
}

static bool ends_word(int32_t c)
{
	return c < 0 || c == ' ' || c == '(' || c == ')' || c == '"';
}

/* NAME:[...], the colon at ${colon}. */
static bool lex_span(struct parser *p, struct slice name, size_t behind)
{
	size_t at, next;
	int32_t c = peek(p, behind, &next);

	if (c != '[' && c != 0xff3b)
		return false;
	for (at = next; (c = peek(p, at, &next)) >= 0 && c != ']' && c != 0xff3d; at = next)
		;
	if (c < 0) {
		fault(p, p->from, "bracket without an end behind", name);
		return true;
	}
	p->lex = LEX_SPAN;
	p->text = name;
	peek(p, behind, &behind);
	p->span = slice_trim(slice_of(p->s.p + behind, at - behind));
	p->at = next;
	return true;
}

/* "xrd.anode": of an added schema, which only the planner knows. */
static bool form_name(struct slice name)
{
	struct slice member = name, schema = slice_cut(&member, '.');

	if (member.p == NULL || member.n == 0 || schema.n == 0 || !((schema.p[0] | 32) >= 'a' && (schema.p[0] | 32) <= 'z'))
		return false;
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];

		if (c < 0x80 && !((c | 32) >= 'a' && (c | 32) <= 'z') && !(c >= '0' && c <= '9') && c != '_' && c != '-' && c != '.')
			return false;
	}
	return true;
}

/* name: in front of a word; "http://", "std::x" and "12:30" are words. */
static bool lex_field(struct parser *p, size_t colon, size_t behind)
{
	struct slice name = slice_of(p->s.p + p->from, colon - p->from);
	size_t next;
	int32_t c = peek(p, behind, &next);

	if (name.n == 0 || c == '/' || c == ':')
		return false;
	if (lex_span(p, name, behind))
		return true;
	if (form_name(name)) {
		p->field = FIELD_FORM;
		p->lex = LEX_FIELD;
		p->text = name;
		p->at = behind;
		if (ends_word(c) && c != '"')
			fault(p, p->from, "nothing behind field", name);
		return true;
	}
	for (size_t i = 0; i < name.n; i++)
		if (!((name.p[i] >= 'a' && name.p[i] <= 'z') || (name.p[i] >= 'A' && name.p[i] <= 'Z') || name.p[i] == '_' || name.p[i] == '.'))
			return false;
	for (unsigned i = 0; i < N_FIELDS; i++) {
		if (!slice_ieq_str(name, fields[i].name))
			continue;
		p->field = i;
		p->lex = LEX_FIELD;
		p->text = name;
		p->at = behind;
		if (ends_word(c) && c != '"')
			fault(p, p->from, "nothing behind field", name);
		return true;
	}
	fault(p, p->from, "no such field", utf8_clip(name, 60));
	if (p->e != NULL && p->st == ST_INVALID)
		err_set(p->e, ST_INVALID, "no such field '%.*s' at character %zu; known: " KNOWN_FIELDS, (int)utf8_clip(name, 60).n, name.p, character(p, p->from));
	return true;
}

static void lex_phrase(struct parser *p, size_t begin)
{
	size_t at = begin, next;
	int32_t c;

	while ((c = peek(p, at, &next)) >= 0 && c != '"')
		at = next;
	if (c < 0) {
		fault(p, p->from, "quotation mark without an end", SLICE_NULL);
		return;
	}
	p->lex = LEX_PHRASE;
	p->text = slice_of(p->s.p + begin, at - begin);
	p->at = next;
	if (peek(p, next, &at) == ':')		/* "air temperature":[...] */
		lex_span(p, p->text, at);
}

static void lex_word(struct parser *p, bool after_field)
{
	size_t at = p->from, next;
	int32_t c;

	while (!ends_word(c = peek(p, at, &next))) {
		if (c == ':' && !after_field && lex_field(p, at, next))
			return;
		at = next;
	}
	p->text = slice_of(p->s.p + p->from, at - p->from);
	p->at = at;
	p->lex = LEX_WORD;
	if (after_field)
		return;
	if (slice_eq_str(p->text, "AND") || slice_eq_str(p->text, "ＡＮＤ"))
		p->lex = LEX_AND;
	else if (slice_eq_str(p->text, "OR") || slice_eq_str(p->text, "ＯＲ"))
		p->lex = LEX_OR;
	else if (slice_eq_str(p->text, "NOT") || slice_eq_str(p->text, "ＮＯＴ"))
		p->lex = LEX_NOT;
}

static void lex_next(struct parser *p, bool after_field)
{
	size_t next, over;
	int32_t c;

	if (p->st != ST_OK) {
		p->lex = LEX_END;
		return;
	}
	while ((c = peek(p, p->at, &next)) == ' ')
		p->at = next;
	p->from = p->at;
	p->text = SLICE_NULL;
	if (c < 0) {
		p->lex = LEX_END;
	} else if (c == '(' || c == ')') {
		p->lex = c == '(' ? LEX_OPEN : LEX_CLOSE;
		p->at = next;
	} else if (c == '"') {
		lex_phrase(p, next);
	} else if (c == '-' && !after_field && (c = peek(p, next, &over)) != '-' && (!ends_word(c) || c == '(' || c == '"')) {
		p->lex = LEX_NOT;
		p->at = next;
	} else {
		lex_word(p, after_field);
	}
}

static struct query *node(struct parser *p, enum query_op op)
{
	struct query *q = arena_alloc(p->a, sizeof(*q));

	if (q == NULL) {
		if (p->st == ST_OK)
			p->st = err_set(p->e, ST_NOMEM, "%s", "");
		return NULL;
	}
	q->op = op;
	q->fields = F_ALL;
	q->at = character(p, p->from);
	return q;
}

static struct query *leaf(struct parser *p, enum query_op op)
{
	if (++p->leaves > QUERY_LEAVES_MAX) {
		fault(p, p->from, "more than 64 words and phrases", SLICE_NULL);
		return NULL;
	}
	return node(p, op);
}

static bool range(struct parser *p, struct query *q, struct slice s)
{
	for (size_t i = 0; i + 1 < s.n; i++) {
		if (s.p[i] != '.' || s.p[i + 1] != '.')
			continue;
		q->op = QUERY_RANGE;
		q->text = slice_of(s.p, i);
		q->to = slice_of(s.p + i + 2, s.n - i - 2);
		if (q->text.n + q->to.n == 0)
			fault(p, p->from, "range without an end", s);
		return true;
	}
	return false;
}

static void value_of(struct parser *p, struct query *q, struct slice s)
{
	uint64_t n;

	q->text = s;
	if (q->letter != 'y')
		return;
	if (range(p, q, s)) {
		if ((q->text.n > 0 && !slice_u64(q->text, 9999, &n)) || (q->to.n > 0 && !slice_u64(q->to, 9999, &n)))
			fault(p, p->from, "not a range of years", s);
	} else if (!slice_u64(s, 9999, &n)) {
		fault(p, p->from, "not a year", s);
	}
}

static struct query *words(struct parser *p, uint32_t in)
{
	struct query *q = leaf(p, QUERY_TEXT);

	if (q == NULL)
		return NULL;
	q->fields = in;
	q->text = p->text;
	q->quoted = p->lex == LEX_PHRASE;
	if (!q->quoted && q->text.n > 1 && q->text.p[q->text.n - 1] == '*') {
		q->prefix = true;
		q->text.n--;
	}
	return q;
}

/* ---- spans: of numbers, of time, of places ---- */

/* The two ends in "A TO B" or "A..B" and what follows the second one; false when there is but one. */
static bool two_ends(struct slice s, struct slice *a, struct slice *b)
{
	for (size_t i = 0; i + 1 < s.n; i++) {
		size_t n = s.p[i] == '.' && s.p[i + 1] == '.' ? 2 : i > 0 && i + 4 <= s.n && s.p[i] == ' ' && (s.p[i + 1] | 32) == 't' && (s.p[i + 2] | 32) == 'o' && s.p[i + 3] == ' ' ? 4 : 0;
		if (n == 0)
			continue;
		*a = slice_trim(slice_of(s.p, i));
		*b = slice_trim(slice_of(s.p + i + n, s.n - i - n));
		return true;
	}
	*a = *b = slice_trim(s);
	return false;
}

/* A number, or a star or nothing for an open end; ${rest}: what stands behind. */
static bool number_at(struct slice s, double open, double *v, struct slice *rest)
{
	char t[64], *end;
	size_t n = 0;

	*rest = SLICE_NULL;
	*v = open;
	if (s.n == 0)
		return true;
	if (s.p[0] == '*') {
		*rest = slice_trim(slice_of(s.p + 1, s.n - 1));
		return true;
	}
	while (n < s.n && n < sizeof(t) - 1 && s.p[n] != '\0' && strchr("+-.0123456789", s.p[n]) != NULL)
		n++;
	if (n > 0 && n + 1 < s.n && (s.p[n] == 'e' || s.p[n] == 'E')) {
		size_t k = n + 1 + (s.p[n + 1] == '-' || s.p[n + 1] == '+'), digits = k;

		while (k < s.n && k < sizeof(t) - 1 && s.p[k] >= '0' && s.p[k] <= '9')
			k++;
		n = k > digits ? k : n;		/* else the e begins a unit */
	}
	memcpy(t, s.p, n);
	t[n] = '\0';
	*v = strtod(t, &end);
	*rest = slice_trim(slice_of(s.p + n, s.n - n));
	return n > 0 && end == t + n && isfinite(*v);
}

static void time_of(struct parser *p, struct query *q, struct slice s)
{
	struct slice a, b;
	int64_t from, until;

	q->op = QUERY_TIME;
	q->lo = -INFINITY;
	q->hi = INFINITY;
	two_ends(s, &a, &b);
	if (a.n > 0 && !slice_eq_str(a, "*")) {
		if (!date_span(a, &from, &until) || from == INT64_MIN)
			fault(p, p->from, "not a date", a);
		else
			q->lo = (double)from;
	}
	if (b.n > 0 && !slice_eq_str(b, "*")) {
		if (!date_span(b, &from, &until) || until == INT64_MAX)
			fault(p, p->from, "not a date", b);
		else
			q->hi = (double)until;
	}
	if (!isfinite(q->lo) && !isfinite(q->hi))
		fault(p, p->from, "range without an end", s);
	else if (q->lo > q->hi)
		fault(p, p->from, "range that ends before it begins", s);
}

static void values_of(struct parser *p, struct query *q, struct slice name, struct slice s)
{
	struct slice a, b, unit;
	bool two = two_ends(s, &a, &b);

	q->op = QUERY_VALUES;
	q->text = slice_trim(name);
	if (!number_at(a, -INFINITY, &q->lo, &unit) || !number_at(b, INFINITY, &q->hi, &q->to))
		fault(p, p->from, "not a range of numbers", s);
	else if (two && unit.n > 0 && q->to.n > 0 && !slice_eq(unit, q->to))
		fault(p, p->from, "two units in", s);
	else if (s.n == 0 || (isinf(q->lo) && isinf(q->hi)))
		fault(p, p->from, "range without an end", name);
	else if (q->lo > q->hi)
		fault(p, p->from, "range that ends before it begins", s);
	if (q->to.n == 0)
		q->to = unit;
}

static void box_of(struct parser *p, struct query *q, struct slice s)
{
	struct slice rest = s;

	q->op = QUERY_BOX;
	for (int i = 0; i < 4; i++) {
		size_t n = 0;

		while (n < rest.n && rest.p[n] != ',')
			n++;
		if (!number_at(slice_trim(slice_of(rest.p, n)), NAN, &q->box[i], &q->to) || q->to.n > 0 || !isfinite(q->box[i]) || (i < 3) != (n < rest.n)) {
			fault(p, p->from, "not a box of west,south,east,north", s);
			return;
		}
		rest = n < rest.n ? slice_of(rest.p + n + 1, rest.n - n - 1) : SLICE_NULL;
	}
	if (q->box[0] < -180 || q->box[0] > 180 || q->box[2] < -180 || q->box[2] > 180 || q->box[1] < -90 || q->box[3] > 90 || q->box[1] > q->box[3])
		fault(p, p->from, "not a box of degrees west,south,east,north", s);
}

/* Does one of the ends begin "2026-03"? */
static bool is_day(struct slice s)
{
	struct slice a, b, end;

	two_ends(s, &a, &b);
	end = a.n > 6 ? a : b;
	return end.n > 6 && end.p[4] == '-' && strspn(end.p, "0123456789") == 4 && end.p[5] >= '0' && end.p[5] <= '9';
}

static struct query *spanned(struct parser *p)
{
	struct query *q = leaf(p, QUERY_VALUES);
	struct slice a, b, name = p->text;

	if (q == NULL)
		return NULL;
	if (slice_ieq_str(name, "time")) {
		time_of(p, q, p->span);
	} else if (slice_ieq_str(name, "bbox")) {
		box_of(p, q, p->span);
	} else if (slice_ieq_str(name, "year")) {
		uint64_t n;
		two_ends(p->span, &a, &b);
		q->op = QUERY_RANGE;
		q->letter = 'y';
		q->text = slice_eq_str(a, "*") ? SLICE_NULL : a;
		q->to = slice_eq_str(b, "*") ? SLICE_NULL : b;
		if (q->text.n + q->to.n == 0 || (q->text.n > 0 && !slice_u64(q->text, 9999, &n)) || (q->to.n > 0 && !slice_u64(q->to, 9999, &n)))
			fault(p, p->from, "not a range of years", p->span);
	} else if (memchr(name.p, '.', name.n) != NULL && is_day(p->span)) {
		time_of(p, q, p->span);
		q->text = slice_trim(name);
	} else {
		values_of(p, q, name, p->span);
	}
	return q;
}

/* time:..., bbox:... and place:..., the field being looked at. */
static struct query *own_syntax(struct parser *p, char field)
{
	struct query *q = leaf(p, field == FIELD_TIME ? QUERY_TIME : field == FIELD_BOX ? QUERY_BOX : QUERY_PLACE);
	size_t at = p->at, next;
	int32_t c;

	if (q == NULL)
		return NULL;
	if (field == FIELD_PLACE) {
		lex_next(p, true);
		q->text = p->text;
		return p->lex == LEX_WORD || p->lex == LEX_PHRASE ? q : NULL;
	}
	/* A comma parts numbers here, not words. */
	while ((c = peek(p, at, &next)) >= 0 && (!ends_word(c) || p->s.p[at] == ','))
		at = next;
	p->text = slice_of(p->s.p + p->at, at - p->at);
	p->at = at;
	if (field == FIELD_TIME)
		time_of(p, q, p->text);
	else
		box_of(p, q, p->text);
	return q;
}

/* field:value, the field being looked at. */
static struct query *fielded(struct parser *p)
{
	unsigned f = p->field;
	struct query *q, *both, *text;
	struct slice name = p->text;

	if (f == FIELD_FORM) {
		lex_next(p, true);
		if ((p->lex != LEX_WORD && p->lex != LEX_PHRASE) || (q = leaf(p, QUERY_EXACT)) == NULL)
			return NULL;
		q->letter = EXACT_FORM;
		q->text = p->text;
		q->to = name;
		return q;
	}

	if (fields[f].letter > 0 && fields[f].letter <= FIELD_PLACE)
		return own_syntax(p, fields[f].letter);
	lex_next(p, true);
	if (p->lex != LEX_WORD && p->lex != LEX_PHRASE)
		return NULL;
	if (fields[f].letter == 0)
		return words(p, fields[f].fields);
	q = leaf(p, QUERY_EXACT);
	if (q == NULL)
		return NULL;
	q->letter = fields[f].letter;
	q->quoted = p->lex == LEX_PHRASE;
	value_of(p, q, p->text);
	if (fields[f].fields == 0)
		return q;
	/* id: the whole identifier, or words of one */
	both = node(p, QUERY_OR);
	text = words(p, fields[f].fields);
	if (both == NULL || text == NULL)
		return NULL;
	both->kid = q;
	q->next = text;
	return both;
}

static struct query *parse_or(struct parser *p);

static struct query *parse_one(struct parser *p)
{
	struct query *q = NULL, *kid;
	size_t from = p->from;

	switch (p->lex) {
	case LEX_NOT:
		if (++p->depth > QUERY_DEPTH_MAX) {
			fault(p, from, "nested too deeply", SLICE_NULL);
			return NULL;
		}
		q = node(p, QUERY_NOT);
		lex_next(p, false);
		kid = parse_one(p);
		p->depth--;
		if (q == NULL || kid == NULL)
			return NULL;
		q->kid = kid;
		return q;
	case LEX_OPEN:
		if (++p->depth > QUERY_DEPTH_MAX) {
			fault(p, from, "nested too deeply", SLICE_NULL);
			return NULL;
		}
		lex_next(p, false);
		q = parse_or(p);
		p->depth--;
		if (p->st == ST_OK && p->lex != LEX_CLOSE)
			fault(p, from, "parenthesis without an end", SLICE_NULL);
		break;
	case LEX_FIELD:
		q = fielded(p);
		break;
	case LEX_SPAN:
		q = spanned(p);
		break;
	case LEX_WORD:
	case LEX_PHRASE:
		q = words(p, F_ALL);
		break;
	case LEX_CLOSE:
		fault(p, from, "nothing before parenthesis", SLICE_NULL);
		return NULL;
	case LEX_AND:
	case LEX_OR:
		fault(p, from, "nothing before", p->text);
		return NULL;
	case LEX_END:
		fault(p, from, "a word is missing", SLICE_NULL);
		return NULL;
	}
	if (p->st != ST_OK)
		return NULL;
	lex_next(p, false);
	return q;
}

/* Append ${kid} to the children of *list, making a node of ${op} when there are two. */
static bool join(struct parser *p, struct query **list, struct query **last, enum query_op op, struct query *kid)
{
	struct query *q;

	if (kid == NULL)
		return false;
	if (*list == NULL) {
		*list = *last = kid;
		return true;
	}
	if (*list == *last) {
		q = node(p, op);
		if (q == NULL)
			return false;
		q->kid = *list;
		*list = q;
	}
	(*last)->next = kid;
	*last = kid;
	return true;
}

static struct query *parse_and(struct parser *p)
{
	struct query *list = NULL, *last = NULL;

	do {
		if (!join(p, &list, &last, QUERY_AND, parse_one(p)))
			return NULL;
		if (p->lex == LEX_AND)
			lex_next(p, false);
		else if (p->lex == LEX_END || p->lex == LEX_CLOSE || p->lex == LEX_OR)
			return p->st == ST_OK ? list : NULL;
	} while (p->st == ST_OK);
	return NULL;
}

static struct query *parse_or(struct parser *p)
{
	struct query *list = NULL, *last = NULL;

	for (;;) {
		if (!join(p, &list, &last, QUERY_OR, parse_and(p)))
			return NULL;
		if (p->lex != LEX_OR)
			return list;
		lex_next(p, false);
	}
}

st_t query_parse(struct query **out, struct arena *a, struct slice text, struct err *e)
{
	struct parser p = { .a = a, .s = text, .e = e };
	size_t bad;

	*out = NULL;
	if (text.n > QUERY_TEXT_MAX)
		return err_set(e, ST_INVALID, "query of %zu bytes, at most %d are read", text.n, QUERY_TEXT_MAX);
	if (!utf8_valid(text, &bad))
		return err_set(e, ST_INVALID, "query is not valid UTF-8 at byte %zu", bad + 1);
	lex_next(&p, false);
	if (p.st == ST_OK && p.lex == LEX_END)
		*out = node(&p, QUERY_ALL);
	else if (p.st == ST_OK)
		*out = parse_or(&p);
	if (p.st == ST_OK && p.lex == LEX_CLOSE)
		fault(&p, p.from, "parenthesis without a beginning", SLICE_NULL);
	if (p.st == ST_OK && *out == NULL)
		p.st = err_set(e, ST_INVALID, "query cannot be read");
	if (p.st != ST_OK)
		*out = NULL;
	return p.st;
}

static void dump_fields(struct buf *out, uint32_t bits)
{
	if (bits == F_ALL)
		return;
	for (unsigned i = 0; i < F_COUNT; i++)
		if (bits >> i & 1)
			buf_adds(out, ix_field_names[i]);
	buf_addc(out, ':');
}

st_t query_dump(struct buf *out, const struct query *q)
{
	static const char *const ops[] = { "(all", "(and", "(or", "(not" };

	switch (q->op) {
	case QUERY_ALL: case QUERY_AND: case QUERY_OR: case QUERY_NOT:
		buf_adds(out, ops[q->op]);
		for (const struct query *k = q->kid; k != NULL; k = k->next) {
			buf_addc(out, ' ');
			query_dump(out, k);
		}
		return buf_addc(out, ')');
	case QUERY_TEXT:
		dump_fields(out, q->fields);
		buf_addf(out, q->quoted ? "\"%.*s\"" : "%.*s", (int)q->text.n, q->text.p);
		return q->prefix ? buf_addc(out, '*') : out->st;
	case QUERY_EXACT:
		if (q->letter == EXACT_FORM)
			return buf_addf(out, "%.*s=%.*s", (int)q->to.n, q->to.p, (int)q->text.n, q->text.p);
		return buf_addf(out, "%c=%.*s", q->letter, (int)q->text.n, q->text.p);
	case QUERY_RANGE:
		return buf_addf(out, "%c=%.*s..%.*s", q->letter, (int)q->text.n, q->text.p, (int)q->to.n, q->to.p);
	case QUERY_VALUES:
		return buf_addf(out, "%.*s=[%g %g %.*s]", (int)q->text.n, q->text.p, q->lo, q->hi, (int)q->to.n, q->to.n ? q->to.p : "");
	case QUERY_TIME:
		return buf_addf(out, "time=[%.0f %.0f]", q->lo, q->hi);
	case QUERY_BOX:
		return buf_addf(out, "bbox=[%g %g %g %g]", q->box[0], q->box[1], q->box[2], q->box[3]);
	case QUERY_PLACE:
		return buf_addf(out, "place=%.*s", (int)q->text.n, q->text.p);
	}
	return out->st;
}
