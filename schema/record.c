#include "base/clock.h"
#include "base/utf8.h"
#include "schema/assertion.h"
#include "schema/record_int.h"
#include "schema/schema_int.h"

/* ---- Text rules, checked on the bytes ---- */

/*
 * JSON text is walked once before it is parsed, because the parser names a line where the author wants a member: invalid UTF-8, U+0000 and
 * half a surrogate pair are refused by path (DESIGN 5). Anything that is no JSON ends the walk; the parser then says what is wrong.
 */
struct walk {
	struct slice s;
	size_t i;
	struct step { bool array; size_t index; struct slice key; } at[JSON_DEPTH_MAX + 1];
	size_t depth;
};

static void walk_path(const struct walk *w, struct buf *out)
{
	for (size_t d = 0; d < w->depth; d++) {
		const struct step *t = &w->at[d];

		if (t->array)
			buf_addf(out, "[%zu]", t->index);
		else if (t->key.n > 0)
			buf_addf(out, "%s%.*s", out->n > 0 ? "." : "", (int)(t->key.n < 80 ? t->key.n : 80), t->key.p);
	}
}

static st_t refuse_text(const struct walk *w, const char *what, struct err *e)
{
	struct buf path = BUF_INIT(800);
	st_t st;

	walk_path(w, &path);
	st = err_set(e, ST_INVALID, "%s: %s", path.n > 0 ? path.p : "record", what);
	buf_release(&path);
	return st;
}

static int hex4(const char *p)
{
	int v = 0;

	for (int i = 0; i < 4; i++) {
		char c = p[i];
		int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;

		if (d < 0)
			return -1;
		v = v * 16 + d;
	}
	return v;
}

/* At the opening quote; leaves ${w->i} behind the closing one. */
static st_t walk_string(struct walk *w, struct slice *raw, struct err *e)
{
	const char *p = w->s.p;
	size_t n = w->s.n, start = ++w->i, bad = 0;
	bool zero = false, half = false;

	while (w->i < n && p[w->i] != '"') {
		int u;

		if (p[w->i] != '\\') {
			w->i++;
			continue;
		}
		if (w->i + 1 < n && p[w->i + 1] != 'u') {
			w->i += 2;
			continue;
		}
		if (w->i + 6 > n || (u = hex4(p + w->i + 2)) < 0)
			return ST_EOF;
		w->i += 6;
		zero |= u == 0;
		if (u >= 0xd800 && u < 0xdc00 && w->i + 6 <= n && p[w->i] == '\\' && p[w->i + 1] == 'u') {
			int low = hex4(p + w->i + 2);

			half |= low < 0xdc00 || low > 0xdfff;
			w->i += 6;
		} else {
			half |= u >= 0xd800 && u < 0xe000;
		}
	}
	if (w->i >= n)
		return ST_EOF;
	*raw = slice_of(p + start, w->i - start);
	w->i++;
	if (zero || (raw->n > 0 && memchr(raw->p, '\0', raw->n) != NULL))
		return refuse_text(w, "the character U+0000 is not allowed", e);
	if (half)
		return refuse_text(w, "half a surrogate pair is no character", e);
	if (!utf8_valid(*raw, &bad))
		return refuse_text(w, "text is not valid UTF-8", e);
	return ST_OK;
}

/* ST_OK: nothing to say against the text. */
static st_t walk_text(struct slice s, struct err *e)
{
	struct walk w = { .s = s };
	st_t st;

	while (w.i < s.n) {
		char c = s.p[w.i];
		struct slice raw;

		if (c == '{' || c == '[') {
			if (w.depth > JSON_DEPTH_MAX)
				return ST_OK;
			w.at[w.depth++] = (struct step){ c == '[', 0, SLICE_NULL };
			w.i++;
		} else if (c == '}' || c == ']') {
			if (w.depth > 0)
				w.depth--;
			w.i++;
		} else if (c == ',') {
			if (w.depth > 0) {
				w.at[w.depth - 1].index++;
				w.at[w.depth - 1].key = SLICE_NULL;
			}
			w.i++;
		} else if (c == '"') {
			st = walk_string(&w, &raw, e);
			if (st != ST_OK)
				return st == ST_EOF ? ST_OK : st;
			if (w.depth > 0 && !w.at[w.depth - 1].array && w.at[w.depth - 1].key.p == NULL)
				w.at[w.depth - 1].key = raw;
		} else {
			w.i++;
		}
	}
	return ST_OK;
}

st_t record_load(json_t **doc, struct slice json, struct err *e)
{
	json_t *j = NULL;
	st_t st;

	*doc = NULL;
	if (json.n > RECORD_MAX)
		return err_set(e, ST_TOOBIG, "metadata is larger than %d MB", RECORD_MAX >> 20);
	if ((st = walk_text(json, e)) != ST_OK)
		return st;
	if ((st = json_load(&j, json, e)) != ST_OK)
		return st;
	if (!json_is_object(j)) {
		json_decref(j);
		return err_set(e, ST_INVALID, "a record is a JSON object");
	}
	*doc = j;
	return ST_OK;
}

/* ---- Reading a record ---- */

static bool is_reading(struct slice lang)
{
	return slice_ieq_str(lang, "ja-Kana") || slice_ieq_str(lang, "ja-Latn") || slice_ieq_str(lang, "ja-Hira");
}

/* "ja" speaks for "ja" and "ja-JP", not for readings. */
static bool lang_is(struct slice have, const char *want)
{
	size_t n = strlen(want);

	if (have.n < n || !slice_ieq_str(slice_of(have.p, n), want))
		return false;
	return have.n == n || (have.p[n] == '-' && !is_reading(have));
}

struct best { struct slice v; int rank; };

static void consider(struct best *b, const json_t *item, const char *lang)
{
	struct slice v = json_slice(json_is_object(item) ? json_object_get(item, "value") : item);
	struct slice l = json_slice(json_object_get(item, "lang"));
	int rank;

	if (v.n == 0)
		return;
	if (lang != NULL && lang_is(l, lang))
		rank = 4;
	else if (lang_is(l, "en"))
		rank = 3;
	else
		rank = is_reading(l) ? 1 : 2;
	if (rank > b->rank)
		*b = (struct best){ v, rank };
}

struct slice record_ml(const json_t *array, const char *lang)
{
	struct best b = { SLICE_NULL, 0 };
	const json_t *item;
	size_t i;

	json_array_foreach(array, i, item)
		consider(&b, item, lang);
	return b.v;
}

/* The same among items whose "type" is ${type}; NULL: that have none. */
static struct slice ml_typed(const json_t *array, const char *lang, const char *type)
{
	struct best b = { SLICE_NULL, 0 };
	const json_t *item;
	size_t i;

	json_array_foreach(array, i, item) {
		struct slice t = json_slice(json_object_get(item, "type"));

		if (type == NULL ? t.n == 0 : slice_eq_str(t, type))
			consider(&b, item, lang);
	}
	return b.v;
}

struct slice record_title(const json_t *doc, const char *lang)
{
	const json_t *titles = json_object_get(doc, "titles");
	struct slice v = ml_typed(titles, lang, NULL);

	return v.n > 0 ? v : record_ml(titles, lang);
}

struct slice record_name(const json_t *agent, const char *lang)
{
	struct slice v = record_ml(json_object_get(agent, "names"), lang);

	if (v.n == 0)
		v = record_ml(json_object_get(agent, "familyNames"), lang);
	if (v.n == 0)
		v = record_ml(json_object_get(agent, "givenNames"), lang);
	return v;
}

struct slice record_abstract(const json_t *doc, const char *lang)
{
	const json_t *all = json_object_get(doc, "descriptions");
	struct slice v = ml_typed(all, lang, "Abstract");

	return v.n > 0 ? v : ml_typed(all, lang, NULL);
}

static int year_of(const json_t *doc, const char *type)
{
	const json_t *d;
	size_t i;

	json_array_foreach(json_object_get(doc, "dates"), i, d) {
		struct slice v = json_slice(json_object_get(d, "value"));
		uint64_t y;

		if (!slice_eq_str(json_slice(json_object_get(d, "type")), type) || !date_valid(v))
			continue;
		if (v.n >= 4 && slice_u64(slice_of(v.p, 4), 9999, &y))
			return (int)y;
	}
	return 0;
}

int record_year(const json_t *doc)
{
	const json_t *y = json_object_get(doc, "publicationYear");
	int year;

	if (json_is_integer(y) && json_integer_value(y) > 0 && json_integer_value(y) <= 9999)
		return (int)json_integer_value(y);
	year = year_of(doc, "Issued");
	return year != 0 ? year : year_of(doc, "Available");
}

const char *record_type(const json_t *doc)
{
	const char *t = json_text(json_object_get(doc, "resourceType"), "coar");

	return t != NULL ? t : "";
}

/* ---- Defaults ---- */

/* A default is a proposal like any other: what a program put in, and why, until a person says yes. */
static st_t note(json_t *doc, json_t *defaulted, const char *path, const char *at, const char *place, unsigned score)
{
	struct assertion a = { "default", "1", NULL, score, NULL, place, NULL };
	st_t st = assertion_add(doc, at, &a);

	return st == ST_OK && defaulted != NULL ? json_push(defaulted, json_string(path)) : st;
}

static bool empty_list(const json_t *doc, const char *key)
{
	const json_t *v = json_object_get(doc, key);

	return v == NULL || json_is_null(v) || (json_is_array(v) && json_array_size(v) == 0);
}

/* [{"value": text, "lang": lang}] */
static json_t *ml_new(const char *text, const char *lang)
{
	return lang != NULL ? json_pack("[{s:s,s:s}]", "value", text, "lang", lang) : json_pack("[{s:s}]", "value", text);
}

static st_t default_agent(json_t *doc, const struct record_defaults *d, json_t *defaulted)
{
	st_t st = ST_OK;

	if (d->creator != NULL && empty_list(doc, "creators")) {
		st = json_put(doc, "creators", json_pack("[{s:o}]", "names", ml_new(d->creator, NULL)));
		if (st == ST_OK)
			st = note(doc, defaulted, "creators", "/creators/0", "name of the account", 50);
	}
	if (st == ST_OK && d->publisher != NULL && record_name(json_object_get(doc, "publisher"), NULL).n == 0) {
		json_t *p = json_object_get(doc, "publisher");

		if (!json_is_object(p)) {
			if ((st = json_put(doc, "publisher", json_object())) != ST_OK)
				return st;
			p = json_object_get(doc, "publisher");
		}
		st = json_put(p, "names", ml_new(d->publisher, NULL));
		if (st == ST_OK)
			st = note(doc, defaulted, "publisher", "/publisher/names", "name of the repository", 90);
	}
	return st;
}

static st_t default_date(json_t *doc, const struct record_defaults *d, json_t *defaulted)
{
	json_t *dates = json_object_get(doc, "dates");
	int year = record_year(doc);
	char at[40];
	st_t st;

	/* A year that only the end of an embargo gives lies ahead: published is what is published today. */
	if (d->today == NULL || (year != 0 && (year <= (int)strtol(d->today, NULL, 10) || year_of(doc, "Issued") != 0 ||
	    json_is_integer(json_object_get(doc, "publicationYear")))))
		return ST_OK;
	if (!json_is_array(dates)) {
		if ((st = json_put(doc, "dates", json_array())) != ST_OK)
			return st;
		dates = json_object_get(doc, "dates");
	}
	st = json_push(dates, json_pack("{s:s,s:s}", "type", "Issued", "value", d->today));
	snprintf(at, sizeof(at), "/dates/%zu", json_array_size(dates) - 1);
	return st == ST_OK ? note(doc, defaulted, "dates", at, "day of the deposit", 90) : st;
}

st_t record_default(const struct schema *s, json_t *doc, const struct record_defaults *d, json_t *defaulted, struct err *e)
{
	static const char no_licence[] = "No licence stated";
	st_t st = ST_OK;

	if (d->title != NULL && record_title(doc, NULL).n == 0) {
		if ((st = json_put(doc, "titles", ml_new(d->title, NULL))) != ST_OK || (st = note(doc, defaulted, "titles", "/titles/0", "name of the folder", 30)) != ST_OK)
			return st;
	}
	if ((st = default_agent(doc, d, defaulted)) != ST_OK || (st = default_date(doc, d, defaulted)) != ST_OK)
		return st;
	if (*record_type(doc) == '\0' && json_text(json_object_get(doc, "resourceType"), "general") == NULL) {
		const struct vocab *v = schema_vocab(s, "resource_types");

		st = json_put(doc, "resourceType", json_pack("{s:s,s:s,s:s}", "coar", vocab_map(v, "id", SLICE("dataset"), "coar"),
		                                             "label", "dataset", "general", "Dataset"));
		if (st != ST_OK || (st = note(doc, defaulted, "resourceType", "/resourceType", "usual value", 60)) != ST_OK)
			return st;
	}
	if (json_text(json_object_get(doc, "accessRights"), "coar") == NULL) {
		json_t *a = json_object_get(doc, "accessRights");
		const char *open = vocab_map(schema_vocab(s, "access_rights"), "id", SLICE("open"), "coar");

		st = json_is_object(a) ? json_put_str(a, "coar", slice_str(open)) : json_put(doc, "accessRights", json_pack("{s:s}", "coar", open));
		if (st != ST_OK || (st = note(doc, defaulted, "accessRights", "/accessRights/coar", "usual value", 60)) != ST_OK)
			return st;
	}
	if (empty_list(doc, "rights")) {
		st = json_put(doc, "rights", json_pack("[{s:[{s:s,s:s},{s:s,s:s}]}]", "values", "value", no_licence, "lang", "en",
		                                       "value", "ライセンスの記載なし", "lang", "ja"));
		if (st == ST_OK)
			st = note(doc, defaulted, "rights", "/rights/0", "usual value", 20);
	}
	return st;
}
