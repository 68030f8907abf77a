/* The functions that a mapping may call: one row each. All are pure; what does not fit yields nothing, so that the output stays valid. */

#include "schema/map_int.h"

#include "base/clock.h"
#include "base/str.h"
#include "base/utf8.h"
#include "schema/pid.h"

static struct val none(void)
{
	return (struct val){ VAL_NONE, false, SLICE_NULL, NULL };
}

static struct val yes(bool b)
{
	return (struct val){ VAL_BOOL, b, SLICE_NULL, NULL };
}

static struct slice arg(struct render *r, const struct expr *x, unsigned i)
{
	return i < x->n ? expr_text(r, x->arg[i]) : SLICE_NULL;
}

static struct val copy(struct render *r, struct slice s)
{
	char *p = s.n ? render_scratch(r, s.n + 1) : NULL;

	if (!p)
		return none();
	memcpy(p, s.p, s.n);
	return val_of_text(slice_of(p, s.n));
}

static bool alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
static bool digit(char c) { return c >= '0' && c <= '9'; }

/* BCP 47: two or three letters (or x, i), then subtags of 1 to 8 letters or digits. */
static bool tag_valid(struct slice s)
{
	size_t n = 0;
	bool first = true;

	if (!s.n || s.n > 40)
		return false;
	for (size_t i = 0; i <= s.n; i++) {
		if (i < s.n && s.p[i] != '-') {
			if (!alpha(s.p[i]) && (first || !digit(s.p[i])))
				return false;
			n++;
			continue;
		}
		if (!n || n > 8 || (first && n > 3) || (first && n == 1 && (i == s.n || !strchr("xXiI", s.p[0]))))
			return false;
		first = false;
		n = 0;
	}
	return true;
}

static struct val f_tag(struct render *r, const struct expr *x)
{
	struct slice s = arg(r, x, 0);

	return tag_valid(s) ? val_of_text(s) : none();
}

static struct val f_lang3(struct render *r, const struct expr *x)
{
	struct slice s = arg(r, x, 0);

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 'a' || s.p[i] > 'z')
			return none();
	return s.n == 3 ? val_of_text(s) : none();
}

/* A reading aid, not a name in a language: ja-Kana, ja-Hira, ja-Latn. */
static bool is_reading(struct slice lang)
{
	static const char *const scripts[] = { "-kana", "-hira", "-hrkt", "-latn" };

	if (lang.n < 7 || !slice_ieq_str(slice_of(lang.p, 3), "ja-"))
		return false;
	for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++)
		if (slice_ieq_str(slice_of(lang.p + 2, 5), scripts[i]))
			return true;
	return false;
}

static struct val f_reading(struct render *r, const struct expr *x)
{
	return yes(is_reading(arg(r, x, 0)));
}

static bool speaks(struct slice lang, struct slice want)
{
	return want.n && lang.n >= want.n && slice_eq(slice_of(lang.p, want.n), want) && (lang.n == want.n || lang.p[want.n] == '-');
}

/* pick(array [, "en"]): the {value, lang} in that language, else the first that is no reading, else the first. */
static struct val f_pick(struct render *r, const struct expr *x)
{
	const json_t *a = expr_eval(r, x->arg[0]).node, *best = NULL;
	struct slice want = arg(r, x, 1);
	int best_rank = 0;

	if (!json_is_array(a))
		return none();
	for (size_t i = 0; i < json_array_size(a); i++) {
		const json_t *n = json_array_get(a, i);
		struct slice lang = json_slice(json_object_get(n, "lang"));
		int rank = is_reading(lang) ? 1 : speaks(lang, want) ? 3 : 2;

		if (rank > best_rank && !slice_blank(json_slice(json_object_get(n, "value")))) {
			best = n;
			best_rank = rank;
		}
	}
	return val_of_node(best);
}

static struct val f_uri(struct render *r, const struct expr *x)
{
	struct buf b = BUF_INIT(8192);
	struct slice scheme = arg(r, x, 0), value = arg(r, x, 1);
	struct val v = none();
	char name[64];

	if (!scheme.n || !value.n || scheme.n >= sizeof(name))
		return v;
	memcpy(name, scheme.p, scheme.n);
	name[scheme.n] = '\0';
	if (pid_uri(&b, name, value) == ST_OK && b.n)
		v = copy(r, buf_slice(&b));
	buf_release(&b);
	return v;
}

static bool uri_char(char c)
{
	return alpha(c) || digit(c) || (c && strchr("-._~:/?@!$&'()*+,;=", c));
}

static bool hexdigit(char c)
{
	return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* RFC 3986, 3.2: what stands between "//" and the path must be a host and a numeric port. */
static bool authority_valid(struct slice s)
{
	const char *p = NULL;
	size_t i = 0, end = 0;

	if (!slice_starts(s, "//"))
		return true;
	s = slice_of(s.p + 2, s.n - 2);
	while (end < s.n && !strchr("/?#", s.p[end]))
		end++;
	p = memchr(s.p, '@', end);
	i = p ? (size_t)(p - s.p) + 1 : 0;
	if (memchr(s.p + i, '@', end - i) || i == end)
		return false;
	for (; i < end && s.p[i] != ':'; i++)
		;
	for (i++; i < end; i++)
		if (!digit(s.p[i]))
			return false;
	return true;
}

/* An absolute URI, what may not stand in one escaped; nothing if it is none. */
static struct val f_iri(struct render *r, const struct expr *x)
{
	struct slice s = arg(r, x, 0);
	bool fragment = false;
	size_t colon = 0, n = 0;
	char *p = NULL;

	while (colon < s.n && (alpha(s.p[colon]) || (colon && (digit(s.p[colon]) || strchr("+.-", s.p[colon])))))
		colon++;
	if (!colon || colon + 1 >= s.n || s.p[colon] != ':' || !authority_valid(slice_of(s.p + colon + 1, s.n - colon - 1)))
		return none();
	p = render_scratch(r, s.n * 3 + 1);
	if (!p)
		return none();
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 0x20 || c == 0x7f)
			return none();
		if (uri_char(s.p[i]) || (c == '%' && i + 2 < s.n && hexdigit(s.p[i + 1]) && hexdigit(s.p[i + 2])) || (c == '#' && !fragment)) {
			fragment |= c == '#';
			p[n++] = s.p[i];
		} else {
			n += (size_t)snprintf(p + n, 4, "%%%02X", c);
		}
	}
	return val_of_text(slice_of(p, n));
}

/* Letters, digits, dots, hyphens, underscores: a code that is safe in any attribute. */
static struct val f_code(struct render *r, const struct expr *x)
{
	struct slice s = arg(r, x, 0);

	for (size_t i = 0; i < s.n; i++)
		if (!alpha(s.p[i]) && !digit(s.p[i]) && !strchr("-._", s.p[i]))
			return none();
	return val_of_text(s);
}

static struct val f_percent(struct render *r, const struct expr *x)
{
	struct slice s = arg(r, x, 0);
	struct buf b = BUF_INIT(s.n * 3 + 16);
	struct val v = none();

	if (percent_encode(&b, s, "/") == ST_OK)
		v = copy(r, buf_slice(&b));
	buf_release(&b);
	return v;
}

static struct val f_date(struct render *r, const struct expr *x)
{
	struct slice s = arg(r, x, 0);

	return date_valid(s) ? val_of_text(s) : none();
}

/* YYYY, YYYY-MM or YYYY-MM-DD of a single date. */
static struct val f_day(struct render *r, const struct expr *x)
{
	struct slice s = arg(r, x, 0);

	if (!date_valid(s) || date_is_range(s))
		return none();
	return val_of_text(slice_of(s.p, s.n > 10 ? 10 : s.n));
}

static struct val f_year(struct render *r, const struct expr *x)
{
	struct slice s = arg(r, x, 0);

	for (size_t i = 0; i < 4; i++)
		if (s.n < 4 || !digit(s.p[i]))
			return none();
	if (s.n > 4 && s.p[4] != '-' && s.p[4] != '/')
		return none();
	return val_of_text(slice_of(s.p, 4));
}

/* part(date, "year" | "month" | "day") as a number. */
static struct val f_part(struct render *r, const struct expr *x)
{
	struct slice s = arg(r, x, 0), what = arg(r, x, 1);
	size_t at = slice_eq_str(what, "year") ? 0 : slice_eq_str(what, "month") ? 5 : 8, n = at ? 2 : 4;
	struct val v = none();

	if (!date_valid(s) || date_is_range(s) || s.n < at + n)
		return v;
	v.s = slice_of(s.p + at, n);
	while (v.s.n > 1 && *v.s.p == '0')
		v.s.p++, v.s.n--;
	v.k = VAL_NUMBER;
	return v;
}

/* Seconds since 1970 as "2026-11-21T00:00:00Z". */
static struct val f_time(struct render *r, const struct expr *x)
{
	uint64_t sec = 0;
	char text[ISO8601_LEN];

	if (!slice_u64(arg(r, x, 0), INT64_MAX, &sec))
		return none();
	iso8601(text, (int64_t)sec);
	return copy(r, slice_str(text));
}

static struct val f_lower(struct render *r, const struct expr *x)
{
	struct val v = copy(r, arg(r, x, 0));
	char *p = (char *)v.s.p;

	for (size_t i = 0; i < v.s.n; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] = (char)(p[i] + 32);
	return v;
}

/* JSON's grammar of numbers is narrower than strtod's. */
static bool is_number(struct slice s, double *out)
{
	char text[64];
	size_t i = s.n && s.p[0] == '-', n = 0;
	bool dot = false;

	if (s.n >= sizeof(text) || (s.n > i + 1 && s.p[i] == '0' && digit(s.p[i + 1])))
		return false;
	for (; i < s.n; i++) {
		if (digit(s.p[i]))
			n++;
		else if (s.p[i] == '.' && !dot && n && i + 1 < s.n)
			dot = true;
		else
			return false;
	}
	if (n == 0)
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	*out = strtod(text, NULL);
	return true;
}

static struct val f_number(struct render *r, const struct expr *x)
{
	struct val v = expr_eval(r, x->arg[0]);
	double d = 0;

	if (v.k == VAL_NUMBER || (v.k == VAL_NODE && json_is_number(v.node)))
		return v;
	v = val_of_text(val_text(r, v));
	if (!is_number(v.s, &d))
		return none();
	v.k = VAL_NUMBER;
	return v;
}

/* between(x, "-90", "90"): the number if it lies there. */
static struct val f_between(struct render *r, const struct expr *x)
{
	struct val v = f_number(r, x);
	double d = 0, lo = 0, hi = 0;

	if (v.k == VAL_NODE)
		d = json_number_value(v.node);
	else if (v.k != VAL_NUMBER || !is_number(v.s, &d))
		return none();
	if (!is_number(arg(r, x, 1), &lo) || !is_number(arg(r, x, 2), &hi) || !(d >= lo && d <= hi))
		return none();
	return v;
}

/* A positive integer, as JPCOAR wants pages. */
static struct val f_positive(struct render *r, const struct expr *x)
{
	uint64_t n = 0;
	struct slice s = arg(r, x, 0);

	return slice_u64(s, INT32_MAX, &n) && n ? val_of_text(s) : none();
}

static struct val f_count(struct render *r, const struct expr *x)
{
	struct val v = expr_eval(r, x->arg[0]);
	char *p = render_scratch(r, 24);
	size_t n = v.k != VAL_NODE ? 0 : json_is_array(v.node) ? json_array_size(v.node) : json_object_size(v.node);

	if (!p)
		return none();
	v.s = slice_of(p, (size_t)snprintf(p, 24, "%zu", n));
	v.k = VAL_NUMBER;
	return v;
}

static struct val f_text(struct render *r, const struct expr *x)
{
	return val_of_text(arg(r, x, 0));
}

static struct val f_raw(struct render *r, const struct expr *x)
{
	struct val v = expr_eval(r, x->arg[0]);

	if (v.k == VAL_NODE)
		v.k = VAL_RAW;
	return v;
}

static struct val f_starts(struct render *r, const struct expr *x)
{
	struct slice s = arg(r, x, 0), head = arg(r, x, 1);

	return yes(s.n >= head.n && slice_eq(slice_of(s.p, head.n), head));
}

static struct val f_has(struct render *r, const struct expr *x)
{
	struct slice s = arg(r, x, 0), part = arg(r, x, 1);

	return yes(part.n && s.n && memmem(s.p, s.n, part.p, part.n));
}

/* after(x, "prefix"): the rest, or all of it when it does not begin so. */
static struct val f_after(struct render *r, const struct expr *x)
{
	struct slice s = arg(r, x, 0), head = arg(r, x, 1);

	if (s.n >= head.n && slice_eq(slice_of(s.p, head.n), head))
		s = slice_of(s.p + head.n, s.n - head.n);
	return val_of_text(s);
}

/* Line breaks and tabs become single blanks. */
static struct val f_line(struct render *r, const struct expr *x)
{
	struct val v = copy(r, arg(r, x, 0));
	char *p = (char *)v.s.p;

	for (size_t i = 0; i < v.s.n; i++)
		if ((unsigned char)p[i] < 0x20)
			p[i] = ' ';
	return v;
}

/* For BibTeX: braces and TeX's own characters are made harmless. */
static struct val f_tex(struct render *r, const struct expr *x)
{
	struct slice s = arg(r, x, 0);
	char *p = render_scratch(r, s.n * 17 + 1);
	size_t n = 0;

	if (!p)
		return none();
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (strchr("#$%&_{}", c) && c)
			n += (size_t)snprintf(p + n, 3, "\\%c", c);
		else if (c == '\\')
			n += (size_t)snprintf(p + n, 17, "\\textbackslash{}");
		else if (c == '~' || c == '^')
			n += (size_t)snprintf(p + n, 5, "\\%c{}", c);
		else
			p[n++] = c < 0x20 ? ' ' : (char)c;
	}
	return val_of_text(slice_of(p, n));
}

static const struct { const char *name; unsigned min, max; struct val (*fn)(struct render *, const struct expr *); } functions[] = {
	{ "after", 2, 2, f_after }, { "between", 3, 3, f_between }, { "code", 1, 1, f_code }, { "count", 1, 1, f_count },
	{ "date", 1, 1, f_date }, { "day", 1, 1, f_day }, { "has", 2, 2, f_has }, { "iri", 1, 1, f_iri }, { "lang3", 1, 1, f_lang3 },
	{ "line", 1, 1, f_line }, { "lower", 1, 1, f_lower }, { "number", 1, 1, f_number }, { "part", 2, 2, f_part },
	{ "percent", 1, 1, f_percent }, { "pick", 1, 2, f_pick }, { "positive", 1, 1, f_positive }, { "raw", 1, 1, f_raw },
	{ "reading", 1, 1, f_reading }, { "starts", 2, 2, f_starts }, { "tag", 1, 1, f_tag }, { "tex", 1, 1, f_tex },
	{ "text", 1, 1, f_text }, { "time", 1, 1, f_time }, { "uri", 2, 2, f_uri }, { "year", 1, 1, f_year },
};

struct val (*map_function(struct slice name, unsigned *min, unsigned *max))(struct render *, const struct expr *)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++)
		if (slice_eq_str(name, functions[i].name)) {
			*min = functions[i].min;
			*max = functions[i].max;
			return functions[i].fn;
		}
	return NULL;
}
