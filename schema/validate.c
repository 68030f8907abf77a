/*
 * What a canonical record may hold, as one table (crosswalk, section 1): every member, its kind, its limits and its check. The walk reports
 * every fault by its path and stops at none; members that the table does not know are kept and reported.
 */
#include "base/clock.h"
#include "base/utf8.h"
#include "schema/pid.h"
#include "schema/record_int.h"
#include "schema/schema_int.h"

#define FINDINGS_MAX	1000		/* more help nobody */
#define UNKNOWN_DEPTH	50

enum kind { TEXT, WHOLE, NUMBER, TRUTH, OBJECT, LIST /* of objects */, TEXTS /* list of texts */, WHOLES /* list of numbers */, ANY };

struct state;
typedef void check_fn(struct state *w, const json_t *v, const char *arg);

struct rule {
	const char *name;
	enum kind kind;
	const struct rule *sub;		/* of OBJECT and LIST */
	size_t max;			/* characters of a text, members of a list; 0: the usual */
	check_fn *check;
	const char *arg;
};

struct state {
	const struct schema *s;
	struct findings *out;
	struct buf path;
	bool full;
	st_t st;
};

#define TEXT_MAX	20000u		/* characters */
#define LIST_MAX	10000u

void findings_release(struct findings *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->v[i].path);
		free(f->v[i].message);
	}
	free(f->v);
	*f = (struct findings){ 0 };
}

bool findings_fatal(const struct findings *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->v[i].fatal)
			return true;
	return false;
}

st_t findings_add(struct findings *f, const char *path, bool fatal, const char *message)
{
	struct finding x = { strdup(path), strdup(message), fatal };
	size_t cap = f->cap ? f->cap * 2 : 16;
	struct finding *v = f->v;

	if (f->n == f->cap && (v = realloc(f->v, cap * sizeof(*v))) != NULL)
		f->v = v, f->cap = cap;
	if (v == NULL || x.path == NULL || x.message == NULL) {
		free(x.path);
		free(x.message);
		return ST_NOMEM;
	}
	f->v[f->n++] = x;
	return ST_OK;
}

static void push(struct state *w, const char *path, bool fatal, const char *message)
{
	if (findings_add(w->out, path, fatal, message) != ST_OK)
		w->st = ST_NOMEM;
}

static void found(struct state *w, bool fatal, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* About the member the walk stands at. */
static void found(struct state *w, bool fatal, const char *fmt, ...)
{
	struct err e = ERR_INIT;
	va_list ap;

	/* A warning must not push a fault out of the list. */
	if (w->full || w->st != ST_OK || (!fatal && w->out->n >= FINDINGS_MAX / 2))
		return;
	va_start(ap, fmt);
	vsnprintf(e.text, sizeof(e.text), fmt, ap);
	va_end(ap);
	if (w->out->n >= FINDINGS_MAX) {
		w->full = true;
		push(w, "", true, "there are more faults than are listed here");
		return;
	}
	push(w, w->path.p != NULL ? w->path.p : "", fatal, e.text);
}

static size_t enter(struct state *w, const char *name)
{
	size_t was = w->path.n;

	if (was > 0)
		buf_addc(&w->path, '.');
	buf_addsl(&w->path, utf8_clip(slice_str(name), 100));
	return was;
}

static size_t enter_at(struct state *w, size_t i)
{
	size_t was = w->path.n;

	buf_addf(&w->path, "[%zu]", i);
	return was;
}

static void leave(struct state *w, size_t was)
{
	w->path.n = was;
	if (w->path.p != NULL)
		w->path.p[was] = '\0';
}

static const char *kind_of(const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_OBJECT: return "an object";
	case JSON_ARRAY: return "a list";
	case JSON_STRING: return "text";
	case JSON_INTEGER: case JSON_REAL: return "number";
	case JSON_TRUE: case JSON_FALSE: return "true or false";
	default: return "null";
	}
}

/* ---- Text ---- */

static void check_chars(struct state *w, struct slice s)
{
	size_t i = 0, bad;
	int32_t cp;

	if (!utf8_valid(s, &bad)) {
		found(w, true, "text is not valid UTF-8");
		return;
	}
	for (const char *p = s.p; i < s.n; i++)
		if ((unsigned char)p[i] < ' ' || p[i] == 0x7f || ((unsigned char)p[i] == 0xef && i + 2 < s.n && (unsigned char)p[i + 1] == 0xbf))
			break;
	if (i == s.n)
		return;
	if (s.n > 0 && memchr(s.p, '\0', s.n) != NULL) {
		found(w, true, "the character U+0000 is not allowed");
		return;
	}
	for (i = 0; (cp = utf8_next(s, &i)) >= 0;)
		if (!utf8_is_xml_char((uint32_t)cp)) {
			found(w, false, "the character U+%04X cannot stand in XML and is left out there", (unsigned)cp);
			return;
		}
}

static void check_text(struct state *w, const json_t *v, size_t max)
{
	struct slice s = json_slice(v);
	size_t n;

	max = max ? max : TEXT_MAX;
	if (s.n > max && (n = utf8_count(s)) > max)
		found(w, true, "longer than %zu characters: %zu", max, n);
	else
		check_chars(w, s);
}

/* What the table does not describe still obeys the rules of text. */
static void walk_unknown(struct state *w, const json_t *v, unsigned depth)
{
	const char *key;
	const json_t *x;
	size_t i, was;

	if (depth > UNKNOWN_DEPTH) {
		found(w, true, "nested too deeply");
		return;
	}
	if (json_is_string(v))
		check_text(w, v, 1000000);
	json_object_foreach((json_t *)v, key, x) {
		was = enter(w, key);
		walk_unknown(w, x, depth + 1);
		leave(w, was);
	}
	json_array_foreach(v, i, x) {
		was = enter_at(w, i);
		walk_unknown(w, x, depth + 1);
		leave(w, was);
	}
}

/* ---- Checks ---- */

static void is_date(struct state *w, const json_t *v, const char *arg)
{
	struct slice s = json_slice(v);

	if (s.n > 0 && !date_valid(s))
		found(w, true, "'%.*s' is no date: expected YYYY, YYYY-MM, YYYY-MM-DD, with time and zone, or a range a/b", (int)(s.n < 40 ? s.n : 40), s.p);
}

static void is_lang(struct state *w, const json_t *v, const char *arg)
{
	struct buf tag = BUF_INIT(100);
	struct slice s = json_slice(v);

	if (s.n > 0 && !lang_tag(w->s, s, &tag))
		found(w, false, "'%.*s' is no language tag", (int)(s.n < 40 ? s.n : 40), s.p);
	buf_release(&tag);
}

static void is_language(struct state *w, const json_t *v, const char *arg)
{
	struct slice s = json_slice(v);

	if (!vocab_find(schema_vocab(w->s, "languages"), "id", s, NULL)) {
		bool code = s.n == 3;

		for (size_t i = 0; i < s.n && code; i++)
			code = s.p[i] >= 'a' && s.p[i] <= 'z';
		if (code)	/* ISO 639-3 has 7,900 of them; ours are the usual ones */
			found(w, false, "'%.*s' is no language known here", (int)s.n, s.p);
		else
			found(w, true, "'%.*s' is no language: expected three letters of ISO 639-3", (int)(s.n < 40 ? s.n : 40), s.p);
	}
}

/* ${arg}: the vocabulary. */
static void is_term(struct state *w, const json_t *v, const char *arg)
{
	const struct vocab *vocab = schema_vocab(w->s, arg);
	struct slice s = json_slice(v);
	struct buf ids = BUF_INIT(800);

	if (s.n == 0 || vocab_find(vocab, "id", s, NULL))
		return;
	for (size_t i = 0; i < vocab_count(vocab) && i < 45; i++)
		buf_addf(&ids, "%s%s", i > 0 ? ", " : "", vocab_get(vocab, i, "id"));
	found(w, true, "'%.*s' is not one of %s", (int)(s.n < 60 ? s.n : 60), s.p, ids.n > 0 && ids.st == ST_OK ? ids.p : "the terms");
	buf_release(&ids);
}

static void is_scheme(struct state *w, const json_t *v, const char *arg)
{
	struct slice s = json_slice(v);

	if (s.n > 0 && !vocab_find(schema_vocab(w->s, arg), "id", s, NULL))
		found(w, false, "'%.*s' is no scheme known here", (int)(s.n < 60 ? s.n : 60), s.p);
}

/* ${arg}: "vocabulary" whose column "coar" lists the addresses. */
static void is_coar(struct state *w, const json_t *v, const char *arg)
{
	struct slice s = json_slice(v);

	if (s.n > 0 && !vocab_find(schema_vocab(w->s, arg), "coar", s, NULL) && !vocab_find(schema_vocab(w->s, "resource_types_old"), "coar", s, NULL))
		found(w, true, "'%.*s' is no concept of the COAR vocabulary", (int)(s.n < 80 ? s.n : 80), s.p);
}

static void is_url(struct state *w, const json_t *v, const char *arg)
{
	struct buf b = BUF_INIT(100000);
	struct err e = ERR_INIT;
	struct slice s = json_slice(v);

	if (s.n > 0 && pid_normalise(&b, "URL", s, &e) != ST_OK)
		found(w, true, "%s", e.text);
	buf_release(&b);
}

static void is_year(struct state *w, const json_t *v, const char *arg)
{
	json_int_t y = json_integer_value(v);

	if (y < 1 || y > 9999)
		found(w, true, "%" JSON_INTEGER_FORMAT " is no year", y);
}

static void is_country(struct state *w, const json_t *v, const char *arg)
{
	struct slice s = json_slice(v);

	if (s.n > 0 && !vocab_find(schema_vocab(w->s, "countries"), "id", s, NULL))
		found(w, true, "'%.*s' is no country: expected three capitals of ISO 3166-1", (int)(s.n < 20 ? s.n : 20), s.p);
}

/* ${arg}: words parted by blanks. */
static void is_word(struct state *w, const json_t *v, const char *arg)
{
	struct slice all = slice_str(arg), s = json_slice(v);

	while (s.n > 0 && all.p != NULL)
		if (slice_eq(slice_cut(&all, ' '), s))
			return;
	if (s.n > 0)
		found(w, true, "'%.*s' is not one of %s", (int)(s.n < 40 ? s.n : 40), s.p, arg);
}

static void in_range(struct state *w, const json_t *v, const char *arg)
{
	double x = json_number_value(v), max = *arg == 'n' ? 180 : 90;

	if (!(x >= -max && x <= max))
		found(w, true, "%g is outside -%g to %g", x, max, max);
}

/* Whole object {${arg}: scheme, "value": text}: is the value one of its scheme? */
static void is_id(struct state *w, const json_t *v, const char *arg)
{
	static const char *const strict[] = { "DOI", "ORCID", "ROR", "ISNI", "Handle", "URL" };
	const char *scheme = json_text(v, arg);
	struct slice s = json_slice(json_object_get(v, "value"));
	struct buf b = BUF_INIT(400000);
	struct err e = ERR_INIT;
	bool fatal = false;
	size_t was;

	if (scheme == NULL || *scheme == '\0' || s.n == 0)
		return;
	if (pid_normalise(&b, scheme, s, &e) != ST_OK) {
		for (size_t i = 0; i < sizeof(strict) / sizeof(*strict); i++)
			fatal |= strcmp(scheme, strict[i]) == 0;
		was = enter(w, "value");
		found(w, fatal, "'%.*s' is %s", (int)(s.n < 80 ? s.n : 80), s.p, e.text);
		leave(w, was);
	}
	buf_release(&b);
}

static void needs_value(struct state *w, const json_t *v, const char *arg)
{
	const json_t *x = json_object_get(v, arg);

	if (x == NULL || json_is_null(x)) {
		size_t was = enter(w, arg);

		found(w, true, "missing");
		leave(w, was);
	}
}

static void id_complete(struct state *w, const json_t *v, const char *arg)
{
	needs_value(w, v, "value");
	is_id(w, v, arg);
}

static void has_name(struct state *w, const json_t *v, const char *arg)
{
	if (record_name(v, NULL).n == 0) {
		size_t was = enter(w, "names");

		found(w, true, "a name is missing");
		leave(w, was);
	}
}

static void is_box(struct state *w, const json_t *v, const char *arg)
{
	double s = json_number_value(json_object_get(v, "south")), n = json_number_value(json_object_get(v, "north"));

	for (size_t i = 0; i < 4; i++) {
		static const char *const sides[] = { "west", "east", "south", "north" };

		if (!json_is_number(json_object_get(v, sides[i])))
			needs_value(w, v, sides[i]);
	}
	if (s > n)
		found(w, true, "south is above north");
}

static void is_point(struct state *w, const json_t *v, const char *arg)
{
	needs_value(w, v, "lon");
	needs_value(w, v, "lat");
}

static void needs_pointer(struct state *w, const json_t *v, const char *arg)
{
	if (json_slice(v).n == 0 || json_slice(v).p[0] != '/')
		found(w, true, "expected a JSON pointer");
}

static void is_score(struct state *w, const json_t *v, const char *arg)
{
	if (json_integer_value(v) < 0 || json_integer_value(v) > 100)
		found(w, true, "expected 0 to 100");
}

static void assertion_complete(struct state *w, const json_t *v, const char *arg)
{
	needs_value(w, v, "at");
	needs_value(w, v, "of");
	needs_value(w, v, "by");
}

/* ---- The table ---- */

#define END { NULL, ANY, NULL, 0, NULL, NULL }
#define T(n)		{ n, TEXT, NULL, 0, NULL, NULL }
#define TC(n, c, a)	{ n, TEXT, NULL, 1000, c, a }
#define ML(n)		{ n, LIST, ml, 0, NULL, NULL }

static const struct rule ml[] = {
	T("value"), TC("lang", is_lang, NULL), END
};
static const struct rule title[] = {
	{ "value", TEXT, NULL, 5000, NULL, NULL }, TC("lang", is_lang, NULL), TC("type", is_term, "title_types"), END
};
static const struct rule description[] = {
	{ "value", TEXT, NULL, 200000, NULL, NULL }, TC("lang", is_lang, NULL), TC("type", is_term, "description_types"), END
};
static const struct rule subject[] = {
	T("value"), TC("lang", is_lang, NULL), T("scheme"), TC("schemeUri", is_url, NULL), TC("valueUri", is_url, NULL), T("code"), T("valueIRI"), END
};
static const struct rule identifier[] = {
	TC("type", is_scheme, "identifier_types"), T("value"), { "primary", TRUTH, NULL, 0, NULL, NULL }, T("scheme"), T("uri"),
	{ "registration", ANY, NULL, 0, NULL, NULL }, END
};
static const struct rule name_id[] = {
	TC("scheme", is_scheme, "name_identifier_schemes"), T("value"), TC("uri", is_url, NULL), TC("schemeUri", is_url, NULL), END
};
static const struct rule org[] = {
	ML("names"), { "identifiers", LIST, name_id, 0, id_complete, "scheme" }, END
};
#define AGENT \
	TC("nameType", is_word, "Personal Organizational"), T("role"), ML("names"), ML("familyNames"), ML("givenNames"), ML("alternativeNames"), \
	{ "nameIdentifiers", LIST, name_id, 100, id_complete, "scheme" }, { "affiliations", LIST, org, 200, NULL, NULL }, T("email")
static const struct rule creator[] = { AGENT, END };
static const struct rule contributor[] = { AGENT, TC("contributorType", is_term, "contributor_types"), END };
static const struct rule publisher[] = {
	ML("names"), { "identifier", OBJECT, name_id, 0, id_complete, "scheme" }, ML("place"), TC("country", is_country, NULL), ML("descriptions"), END
};
static const struct rule date[] = {
	TC("type", is_term, "date_types"), TC("value", is_date, NULL), T("information"), END
};
static const struct rule type[] = {
	TC("coar", is_coar, "resource_types"), T("label"), TC("general", is_term, "general_types"), T("text"), END
};
static const struct rule access[] = {
	TC("coar", is_coar, "access_rights"), T("label"), TC("embargoEnd", is_date, NULL), { "conditions", ANY, NULL, 0, NULL, NULL },
	T("embargoReason"), TC("metadata", is_word, "public groups private"), { "groups", WHOLES, NULL, 1000, NULL, NULL }, END
};
static const struct rule right[] = {
	ML("values"), T("spdx"), TC("uri", is_url, NULL), T("appliesTo"), T("description"), END
};
static const struct rule stream[] = {
	ML("names"), { "identifier", OBJECT, name_id, 0, NULL, NULL }, END
};
static const struct rule award[] = {
	T("number"), T("numberType"), TC("uri", is_url, NULL), ML("titles"), END
};
static const struct rule funding[] = {
	{ "funder", OBJECT, org, 0, NULL, NULL }, { "stream", OBJECT, stream, 0, NULL, NULL }, { "award", OBJECT, award, 0, NULL, NULL }, END
};
static const struct rule relation[] = {
	TC("relationType", is_term, "relation_types"), { "identifier", OBJECT, identifier, 0, id_complete, "type" }, ML("titles"),
	TC("resourceTypeGeneral", is_term, "general_types"), T("information"), END
};
static const struct rule point[] = {
	{ "lon", NUMBER, NULL, 0, in_range, "n" }, { "lat", NUMBER, NULL, 0, in_range, "t" }, END
};
static const struct rule box[] = {
	{ "west", NUMBER, NULL, 0, in_range, "n" }, { "east", NUMBER, NULL, 0, in_range, "n" }, { "south", NUMBER, NULL, 0, in_range, "t" },
	{ "north", NUMBER, NULL, 0, in_range, "t" }, END
};
static const struct rule polygon[] = {
	{ "points", LIST, point, 100000, is_point, NULL }, { "inPoint", OBJECT, point, 0, is_point, NULL }, END
};
static const struct rule geo[] = {
	{ "point", OBJECT, point, 0, is_point, NULL }, { "box", OBJECT, box, 0, is_box, NULL }, { "polygons", LIST, polygon, 0, NULL, NULL },
	ML("place"), END
};
static const struct rule container[] = {
	ML("titles"), { "identifiers", LIST, identifier, 0, id_complete, "type" }, T("volume"), T("issue"), T("pageStart"), T("pageEnd"),
	{ "numPages", ANY, NULL, 0, NULL, NULL }, END
};

static const struct rule assertion_by[] = {
	T("program"), T("version"), T("reader"), END
};
static const struct rule assertion_source[] = {
	T("path"), T("place"), T("sha256"), END
};
static const struct rule assertion_confirmed[] = {
	T("by"), T("at"), END
};
static const struct rule assertion[] = {
	{ "at", TEXT, NULL, 1000, needs_pointer, NULL }, { "of", TEXT, NULL, 64, NULL, NULL }, { "by", OBJECT, assertion_by, 0, NULL, NULL },
	{ "score", WHOLE, NULL, 0, is_score, NULL }, { "source", OBJECT, assertion_source, 0, NULL, NULL },
	{ "confirmed", OBJECT, assertion_confirmed, 0, NULL, NULL }, END
};

static const struct rule record[] = {
	T("schemaVersion"),
	{ "kind", TEXT, NULL, 100, NULL, NULL },
	{ "identifiers", LIST, identifier, 1000, id_complete, "type" },
	{ "titles", LIST, title, 1000, needs_value, "value" },
	{ "creators", LIST, creator, 10000, has_name, NULL },
	{ "contributors", LIST, contributor, 10000, has_name, NULL },
	{ "rightsHolders", LIST, contributor, 1000, has_name, NULL },
	{ "publisher", OBJECT, publisher, 0, NULL, NULL },
	{ "publicationYear", WHOLE, NULL, 0, is_year, NULL },
	{ "dates", LIST, date, 1000, needs_value, "value" },
	ML("dateLiterals"),
	{ "languages", TEXTS, NULL, 200, is_language, NULL },
	{ "resourceType", OBJECT, type, 0, NULL, NULL },
	{ "subjects", LIST, subject, 5000, NULL, NULL },
	{ "descriptions", LIST, description, 200, needs_value, "value" },
	{ "accessRights", OBJECT, access, 0, NULL, NULL },
	{ "rights", LIST, right, 200, NULL, NULL },
	T("metadataLicense"),
	{ "funding", LIST, funding, 1000, NULL, NULL },
	{ "relations", LIST, relation, 10000, NULL, NULL },
	{ "version", TEXT, NULL, 1000, NULL, NULL },
	{ "versionType", ANY, NULL, 0, NULL, NULL },
	{ "seriesFlag", TRUTH, NULL, 0, NULL, NULL },
	{ "sizes", TEXTS, NULL, 0, NULL, NULL },
	{ "formats", TEXTS, NULL, 0, NULL, NULL },
	ML("temporal"),
	{ "geoLocations", LIST, geo, 1000, NULL, NULL },
	{ "container", OBJECT, container, 0, NULL, NULL },
	{ "conference", ANY, NULL, 0, NULL, NULL },
	{ "degree", ANY, NULL, 0, NULL, NULL },
	{ "holdingAgent", ANY, NULL, 0, NULL, NULL },
	{ "catalog", ANY, NULL, 0, NULL, NULL },
	{ "variables", ANY, NULL, 0, NULL, NULL },
	{ "methods", ANY, NULL, 0, NULL, NULL },
	{ "instruments", ANY, NULL, 0, NULL, NULL },
	{ "samples", ANY, NULL, 0, NULL, NULL },
	{ "software", ANY, NULL, 0, NULL, NULL },
	{ "governmentItems", ANY, NULL, 0, NULL, NULL },
	{ "usageConditions", ANY, NULL, 0, NULL, NULL },
	{ "responsibleAI", ANY, NULL, 0, NULL, NULL },
	{ "provenance", ANY, NULL, 0, NULL, NULL },
	{ "assertions", LIST, assertion, 20000, assertion_complete, NULL },
	{ "sourceRecords", ANY, NULL, 0, NULL, NULL },
	{ "customFields", ANY, NULL, 0, NULL, NULL },
	{ "customSchemas", ANY, NULL, 0, NULL, NULL },
	{ "invenio", ANY, NULL, 0, NULL, NULL },
	END
};

/* ---- The walk ---- */

static void walk_members(struct state *w, const json_t *o, const struct rule *rules);

static bool wrong_kind(struct state *w, const json_t *v, bool ok, const char *want)
{
	if (!ok)
		found(w, true, "expected %s, found %s", want, kind_of(v));
	return !ok;
}

static void walk_list(struct state *w, const json_t *v, const struct rule *r)
{
	size_t i, was, max = r->max ? r->max : LIST_MAX;
	const json_t *x;

	if (wrong_kind(w, v, json_is_array(v), "a list"))
		return;
	if (json_array_size(v) > max) {
		found(w, true, "more than %zu members: %zu", max, json_array_size(v));
		return;
	}
	json_array_foreach(v, i, x) {
		was = enter_at(w, i);
		if (r->kind == TEXTS) {
			if (!wrong_kind(w, x, json_is_string(x), "text")) {
				check_text(w, x, 1000);
				if (r->check != NULL)
					r->check(w, x, r->arg);
			}
		} else if (r->kind == WHOLES) {
			wrong_kind(w, x, json_is_integer(x), "a whole number");
		} else if (!wrong_kind(w, x, json_is_object(x), "an object")) {
			walk_members(w, x, r->sub);
			if (r->check != NULL)
				r->check(w, x, r->arg);
		}
		leave(w, was);
	}
}

static void walk_one(struct state *w, const json_t *v, const struct rule *r)
{
	switch (r->kind) {
	case TEXT:
		if (wrong_kind(w, v, json_is_string(v), "text"))
			return;
		check_text(w, v, r->max);
		break;
	case WHOLE:
		if (wrong_kind(w, v, json_is_integer(v), "a whole number"))
			return;
		break;
	case NUMBER:
		if (wrong_kind(w, v, json_is_number(v), "a number"))
			return;
		break;
	case TRUTH:
		wrong_kind(w, v, json_is_boolean(v), "true or false");
		return;
	case OBJECT:
		if (wrong_kind(w, v, json_is_object(v), "an object"))
			return;
		walk_members(w, v, r->sub);
		break;
	case LIST: case TEXTS: case WHOLES:
		walk_list(w, v, r);
		return;
	case ANY:
		walk_unknown(w, v, 0);
		return;
	}
	if (r->check != NULL)
		r->check(w, v, r->arg);
}

static void walk_members(struct state *w, const json_t *o, const struct rule *rules)
{
	const char *key;
	const json_t *v;

	json_object_foreach((json_t *)o, key, v) {
		const struct rule *r = rules;
		size_t was = enter(w, key);

		while (r->name != NULL && strcmp(r->name, key) != 0)
			r++;
		if (r->name != NULL && !json_is_null(v)) {
			walk_one(w, v, r);
		} else if (r->name == NULL) {
			found(w, false, "unknown member, kept as it is");
			walk_unknown(w, v, 0);
		}
		leave(w, was);
	}
}

/* ---- What publication needs ---- */

static void miss(struct state *w, const char *path, const char *what)
{
	size_t was = enter(w, path);

	found(w, true, "%s", what);
	leave(w, was);
}

static bool has_rights(const json_t *doc)
{
	const json_t *r;
	size_t i;

	json_array_foreach(json_object_get(doc, "rights"), i, r)
		if (record_ml(json_object_get(r, "values"), NULL).n > 0 || json_slice(json_object_get(r, "uri")).n > 0 ||
		    json_slice(json_object_get(r, "spdx")).n > 0)
			return true;
	return false;
}

static bool has_available(const json_t *doc)
{
	const json_t *d;
	size_t i;

	if (date_valid(json_slice(json_at(doc, "accessRights.embargoEnd"))))
		return true;
	json_array_foreach(json_object_get(doc, "dates"), i, d)
		if (slice_eq_str(json_slice(json_object_get(d, "type")), "Available") && date_valid(json_slice(json_object_get(d, "value"))))
			return true;
	return false;
}

/* The crosswalk's minimum; the one identifier is the record's own address and always there. */
static void check_minimum(struct state *w, const json_t *doc)
{
	const char *access_coar = json_text(json_object_get(doc, "accessRights"), "coar");

	if (record_title(doc, NULL).n == 0)
		miss(w, "titles", "a title is missing");
	if (json_array_size(json_object_get(doc, "creators")) == 0)
		miss(w, "creators", "a creator is missing");
	if (record_name(json_object_get(doc, "publisher"), NULL).n == 0)
		miss(w, "publisher.names", "the publisher's name is missing");
	if (record_year(doc) == 0)
		miss(w, "publicationYear", "the publication year is missing: give it, or a date of type Issued");
	if (*record_type(doc) == '\0')
		miss(w, "resourceType.coar", "the resource type is missing");
	if (access_coar == NULL || *access_coar == '\0')
		miss(w, "accessRights.coar", "the access rights are missing");
	else if (strcmp(access_coar, "http://purl.org/coar/access_right/c_f1cf") == 0 && !has_available(doc))
		miss(w, "accessRights.embargoEnd", "an embargo needs the date at which it ends");
	if (!has_rights(doc))
		miss(w, "rights", "a licence or a rights statement is missing");
}

st_t record_validate(const struct schema *s, const json_t *doc, enum record_check what, struct findings *out)
{
	struct state w = { .s = s, .out = out, .path = BUF_INIT(10000), .st = ST_OK };

	if (!json_is_object(doc)) {
		found(&w, true, "a record is a JSON object");
	} else {
		walk_members(&w, doc, record);
		if (what == RECORD_PUBLISH)
			check_minimum(&w, doc);
	}
	buf_release(&w.path);
	return w.st;
}
