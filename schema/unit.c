/* Reading units: fold the spelling, look the whole text up, else read it as a product of symbols with prefixes and powers. */
#include "schema/unit_int.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"

#define PARTS_MAX	16
#define EXP_MAX		24
#define DEPTH_MAX	4

/* ---- spelling ---- */

/* Characters that stand for others; powers are handled apart. */
static const struct { uint32_t cp; const char *as; } folds[] = {
	{ 0xb5, "u" }, { 0x3bc, "u" }, { 0x2126, "Ohm" }, { 0x3a9, "Ohm" }, { 0x212a, "K" }, { 0x212b, "Ao" }, { 0xc5, "Ao" }, { 0xb7, "*" }, { 0x22c5, "*" },
	{ 0x2219, "*" }, { 0x2022, "*" }, { 0x30fb, "*" }, { 0xff65, "*" }, { 0xd7, "*" }, { 0x2212, "-" }, { 0x2010, "-" }, { 0x2011, "-" }, { 0x2013, "-" }, { 0x2215, "/" },
	{ 0x2044, "/" }, { 0x3000, " " }, { 0xa0, " " }, { 0x2009, " " }, { 0x202f, " " }, { 0x2006, " " }, { '\t', " " }, { '\n', " " }, { '\r', " " }, { 0x200b, "" }, { 0xfeff, "" },
	{ 0x2030, "[ppth]" }, { 0x2032, "'" }, { 0x2033, "''" }, { 0x2103, "degC" }, { 0x2109, "degF" }, { 0x2113, "L" }, { 0xb0, "°" }, { 0xba, "°" }, { 0x2da, "°" },
	/* squared units of East Asian sets */
	{ 0x33a1, "m2" }, { 0x33a2, "km2" }, { 0x33a0, "cm2" }, { 0x339f, "mm2" }, { 0x33a5, "m3" }, { 0x33a4, "cm3" }, { 0x33a3, "mm3" }, { 0x33a6, "km3" }, { 0x339c, "mm" },
	{ 0x339d, "cm" }, { 0x339e, "km" }, { 0x339b, "um" }, { 0x339a, "nm" }, { 0x338f, "kg" }, { 0x338e, "mg" }, { 0x338d, "ug" }, { 0x33c4, "cm3" }, { 0x3371, "hPa" }, { 0x3390, "Hz" },
	{ 0x3391, "kHz" }, { 0x3392, "MHz" }, { 0x3393, "GHz" }, { 0x3394, "THz" }, { 0x3395, "uL" }, { 0x3396, "mL" }, { 0x3397, "dL" }, { 0x3398, "kL" }, { 0x33c0, "kOhm" }, { 0x33c1, "MOhm" },
	{ 0x3382, "uA" }, { 0x3383, "mA" }, { 0x3384, "kA" }, { 0x33b7, "mV" }, { 0x33b6, "uV" }, { 0x33b8, "kV" }, { 0x33be, "kW" }, { 0x33bd, "mW" }, { 0x33a9, "Pa" }, { 0x33aa, "kPa" }, { 0x33ab, "MPa" },
	{ 0x33ac, "GPa" }, { 0x33b3, "ms" }, { 0x33b2, "us" }, { 0x33b1, "ns" }, { 0x33d6, "mol" }, { 0x33a7, "m/s" }, { 0x33a8, "m/s2" }, { 0x3388, "cal" }, { 0x3389, "kcal" }, { 0x33c8, "dB" },
	{ 0x334d, "メートル" }, { 0x3318, "グラム" }, { 0x3351, "リットル" }, { 0x3327, "トン" }, { 0x332b, "パーセント" }, { 0x3314, "キロ" }, { 0x3349, "ミリ" }, { 0x3322, "センチ" },
};

static const char *superscript(int32_t cp)
{
	static const char *const digits[] = { "0", "1", "2", "3", "4", "5", "6", "7", "8", "9" };

	if (cp == 0xb9)
		return "1";
	if (cp == 0xb2 || cp == 0xb3)
		return digits[cp - 0xb0];
	if (cp == 0x2070 || (cp >= 0x2074 && cp <= 0x2079))
		return digits[cp - 0x2070];
	return cp == 0x207b ? "-" : cp == 0x207a ? "+" : NULL;
}

static void fold_one(struct buf *b, int32_t cp, bool *power)
{
	const char *sup = superscript(cp);

	if (sup != NULL) {
		if (!*power)
			buf_addc(b, '^');
		*power = true;
		buf_adds(b, sup);
		return;
	}
	*power = false;
	if (cp >= 0xff01 && cp <= 0xff5e)
		cp -= 0xfee0;
	for (size_t i = 0; i < sizeof(folds) / sizeof(folds[0]); i++) {
		if (folds[i].cp == (uint32_t)cp) {
			buf_adds(b, folds[i].as);
			return;
		}
	}
	if (cp == 0x30a && b->n > 0 && b->p[b->n - 1] == 'A')	/* A and a ring of its own */
		buf_addc(b, 'o');
	else
		utf8_put(b, (uint32_t)cp);
}

static bool letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "deg. C", "degrees Celsius", "° C" as one word: the blank would make a product of it. */
static void join_degrees(struct buf *b)
{
	static const char *const heads[] = { "degrees", "Degrees", "degree", "Degree", "deg", "Deg", "DEG", "°" };
	static const char *const tails[] = { "celsius", "fahrenheit", "kelvin", "north", "south", "east", "west", "C", "F", "K", "R", "c", "f", "N", "E", "S", "W" };

	for (size_t h = 0; h < sizeof(heads) / sizeof(heads[0]); h++) {
		char *at = memmem(b->p, b->n, heads[h], strlen(heads[h])), *to, *end = b->p + b->n;

		if (at == NULL || (at > b->p && letter(at[-1])))
			continue;
		to = at += strlen(heads[h]);
		while (to < end && (*to == ' ' || *to == '.' || *to == '_'))
			to++;
		for (size_t t = 0; to > at && t < sizeof(tails) / sizeof(tails[0]); t++) {
			size_t n = strlen(tails[t]);
			bool same = (size_t)(end - to) >= n;

			for (size_t i = 0; same && i < n; i++)
				same = to[i] == tails[t][i] || (n > 1 && (to[i] | 32) == tails[t][i]);
			if (!same || ((size_t)(end - to) > n && letter(to[n])))
				continue;
			memmove(at, to, (size_t)(end - to));
			b->n -= (size_t)(to - at);
			return;
		}
		return;
	}
}

static bool fold(struct buf *b, struct slice s)
{
	bool power = false;
	size_t i = 0;
	int32_t cp;

	while ((cp = utf8_next(s, &i)) >= 0) {
		if (cp == 0xfffd || cp == 0)
			return false;
		fold_one(b, cp, &power);
	}
	if (b->st != ST_OK)
		return false;
	join_degrees(b);
	return true;
}

/* ---- the table ---- */

static bool in_list(const char *list, struct slice s)
{
	const char *p = list;

	if (s.n == 0 || memchr(s.p, ' ', s.n) != NULL)
		return false;
	while ((p = memmem(p, strlen(p), s.p, s.n)) != NULL) {
		if (p > list && p[-1] == ' ' && p[s.n] == ' ')
			return true;
		p++;
	}
	return false;
}

static const struct unit_row *by_symbol(struct slice s)
{
	for (size_t i = 0; i < unit_n_rows; i++) {
		const struct unit_row *r = &unit_rows[i];
		if (slice_eq_str(s, r->ucum[0] == '~' ? r->ucum + 1 : r->ucum) || in_list(r->symbols, s))
			return r;
	}
	return NULL;
}

static const struct unit_row *by_word(struct slice low)
{
	struct slice one = slice_of(low.p, low.n > 0 ? low.n - 1 : 0);
	bool plural = low.n > 3 && low.p[low.n - 1] == 's';

	if (low.n < 3)
		return NULL;
	for (size_t i = 0; i < unit_n_rows; i++)
		if (in_list(unit_rows[i].words, low) || (plural && in_list(unit_rows[i].words, one)))
			return &unit_rows[i];
	return NULL;
}

static bool takes(const struct unit_row *r, const struct unit_prefix *p)
{
	switch (r->prefixes) {
	case PFX_NO: return false;
	case PFX_SI: return p->exp2 == 0;
	case PFX_BIG: return p->exp2 == 0 && (p->exp10 == 3 || p->exp10 == 6 || p->exp10 == 9);
	case PFX_BIN: return p->exp2 != 0 || p->exp10 >= 3;
	}
	return false;
}

static const struct unit_alias *by_alias(struct slice s, bool prefixed)
{
	for (size_t i = 0; i < unit_n_aliases; i++)
		if (slice_eq_str(s, unit_aliases[i].text) && (!prefixed || unit_aliases[i].prefixes))
			return &unit_aliases[i];
	return NULL;
}

static const struct unit_doubt *by_doubt(struct slice s)
{
	for (size_t i = 0; i < unit_n_doubts; i++)
		if (slice_eq_str(s, unit_doubts[i].text))
			return &unit_doubts[i];
	return NULL;
}

/* ---- what has been read so far ---- */

struct part { const struct unit_row *row; const struct unit_prefix *prefix; int exp; uint64_t number; /* without a row: number^exp, 10 for powers */ };
struct product {
	double f; int e10, e2;
	int dims[UNIT_DIMS];
	struct part v[PARTS_MAX]; size_t n;
	enum unit_kind kind;
	bool no_code;
};

static bool put_part(struct product *p, struct part x)
{
	if (p->n == PARTS_MAX || x.exp == 0 || x.exp > EXP_MAX || x.exp < -EXP_MAX)
		return false;
	p->v[p->n++] = x;
	return true;
}

static double power(double v, int n)
{
	double r = 1;

	for (int i = n < 0 ? -n : n; i > 0; i--)
		r *= v;
	return n < 0 ? 1 / r : r;
}

static bool put_row(struct product *p, const struct unit_row *r, const struct unit_prefix *pre, int exp)
{
	if (!put_part(p, (struct part){ r, pre, exp, 0 }))
		return false;
	p->f *= power(r->factor, exp);
	p->e10 += (r->exp10 + (pre != NULL ? pre->exp10 : 0)) * exp;
	p->e2 += pre != NULL ? pre->exp2 * exp : 0;
	for (int i = 0; i < UNIT_DIMS; i++)
		p->dims[i] += r->d.v[i] * exp;
	if (r->kind > p->kind)
		p->kind = r->kind;
	p->no_code |= r->ucum[0] == '~';
	return p->e10 > -400 && p->e10 < 400 && p->e2 > -400 && p->e2 < 400;
}

/* ---- a product ---- */

struct reader { struct slice s; size_t at; bool slash; unsigned depth; };
static bool read_product(struct product *p, struct slice s, int sign, unsigned depth);

static void blanks(struct reader *r)
{
	while (r->at < r->s.n && r->s.p[r->at] == ' ')
		r->at++;
}

static char here(const struct reader *r, size_t ahead)
{
	return r->at + ahead < r->s.n ? r->s.p[r->at + ahead] : '\0';
}

static bool read_int(struct reader *r, int *out)
{
	bool minus = here(r, 0) == '-';
	int v = 0;
	size_t from;

	if (minus || here(r, 0) == '+')
		r->at++;
	for (from = r->at; digit(here(r, 0)) && r->at - from < 3; r->at++)
		v = v * 10 + (here(r, 0) - '0');
	*out = minus ? -v : v;
	return r->at > from && !digit(here(r, 0)) && v != 0;
}

/* A power behind a symbol: 2 -2 ^2 ^-2 **2 ^{-2} ^(-2). ${*given}: written out. False: something that looks like one and is not. */
static bool read_power(struct reader *r, int *exp, bool *given)
{
	char close = 0, c = here(r, 0);

	*exp = 1;
	*given = false;
	if (c == '^')
		r->at++;
	else if (c == '*' && here(r, 1) == '*')
		r->at += 2;
	else if (!digit(c) && !((c == '-' || c == '+') && digit(here(r, 1))))
		return true;
	if ((c == '^' || c == '*') && (here(r, 0) == '{' || here(r, 0) == '('))
		close = here(r, 0) == '{' ? '}' : ')', r->at++;
	*given = true;
	if (!read_int(r, exp) || (here(r, 0) == '.' && digit(here(r, 1))))
		return false;
	if (close != 0 && here(r, 0) != close)
		return false;
	r->at += close != 0;
	return true;
}

static bool put_ten(struct product *p, int exp)
{
	p->e10 += exp;
	return put_part(p, (struct part){ NULL, NULL, exp, 10 });
}

/* 1, 100, 0.5, 1e-6, 10^3, 10*3, 10-3 */
static bool read_number(struct product *p, struct reader *r, int sign)
{
	char t[32];
	size_t n = 0;
	double v;
	int e = 0, tens = 0;
	uint64_t whole;
	bool is_ten, point = false;

	while (n < 20 && (digit(here(r, 0)) || (!point && here(r, 0) == '.' && digit(here(r, 1))))) {
		point |= here(r, 0) == '.';
		t[n++] = here(r, 0);
		r->at++;
	}
	t[n] = '\0';
	is_ten = strcmp(t, "10") == 0;
	if (is_ten && (here(r, 0) == '^' || here(r, 0) == '-' || here(r, 0) == '+' || here(r, 0) == '*')) {
		size_t was = r->at;

		r->at += here(r, 0) == '^' || here(r, 0) == '*';
		r->at += here(r, 0) == '*';
		if (read_int(r, &e))
			return put_ten(p, e * sign);
		r->at = was;
		if (here(r, 0) == '^')
			return false;
	}
	if ((here(r, 0) == 'e' || here(r, 0) == 'E') && (digit(here(r, 1)) || ((here(r, 1) == '-' || here(r, 1) == '+') && digit(here(r, 2))))) {
		r->at++;
		if (!read_int(r, &e))
			return false;
	}
	v = strtod(t, NULL);
	if (n == 0 || n >= 20 || !(v > 0) || (here(r, 0) == '.' && digit(here(r, 1))))
		return false;
	p->f *= power(v, sign);
	p->e10 += e * sign;
	if (!slice_u64(slice_of(t, n), UINT64_MAX / 10, &whole)) {
		p->no_code = true;
		return put_part(p, (struct part){ NULL, NULL, sign, 1 });
	}
	for (; whole >= 10 && whole % 10 == 0; whole /= 10)
		tens++;
	if (whole == 1 && tens + e == 0)
		return put_part(p, (struct part){ NULL, NULL, sign, 1 });
	if (whole != 1) {
		p->no_code |= sign < 0;
		if (tens > 0 && e == 0)
			return put_part(p, (struct part){ NULL, NULL, sign, strtoull(t, NULL, 10) });
		if (!put_part(p, (struct part){ NULL, NULL, sign, whole }))
			return false;
	}
	return tens + e == 0 || put_part(p, (struct part){ NULL, NULL, (tens + e) * sign, 10 });
}

static struct slice symbol_at(struct reader *r)
{
	size_t from = r->at;
	char c;

	while ((c = here(r, 0)) != '\0') {
		char close = c == '[' ? ']' : c == '{' ? '}' : 0;
		if (close != 0) {
			const char *q = memchr(r->s.p + r->at, close, r->s.n - r->at);
			if (q == NULL)
				break;
			r->at = (size_t)(q - r->s.p) + 1;
			continue;
		}
		if (!letter(c) && (uint8_t)c < 128 && strchr("%$#'\"_", c) == NULL)
			break;
		r->at++;
	}
	return slice_of(r->s.p + from, r->at - from);
}

static bool put_expr(struct product *p, const char *expr, const struct unit_prefix *pre, int exp)
{
	struct product q = { .f = 1 };
	char with[64];

	if (pre != NULL) {
		snprintf(with, sizeof(with), "%s%s", pre->symbol, expr);
		expr = with;
	}
	/* "cM3" is no cube of a concentration, but a cubic centimetre that somebody mistyped. */
	if (!read_product(&q, slice_str(expr), 1, DEPTH_MAX - 1) || (q.n > 1 && exp != 1 && exp != -1))
		return false;
	for (size_t i = 0; i < q.n; i++) {
		const struct part *x = &q.v[i];
		if (x->row != NULL ? !put_row(p, x->row, x->prefix, x->exp * exp) : !put_ten(p, x->exp * exp))
			return false;
	}
	return true;
}

static bool lower(char *out, size_t max, struct slice s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '_' || s.p[i] == ' ' || s.p[i] == '.')
			continue;
		if (n + 1 >= max)
			return false;
		out[n++] = (char)(s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] + 32 : s.p[i]);
	}
	out[n] = '\0';
	return n > 0;
}

static bool put_word(struct product *p, struct slice s, int exp)
{
	char low[UNIT_TEXT_MAX + 1];
	const struct unit_row *row;
	struct slice w;

	if (!lower(low, sizeof(low), s))
		return false;
	w = slice_str(low);
	if ((row = by_word(w)) != NULL)
		return put_row(p, row, NULL, exp);
	for (size_t i = 0; i < unit_n_prefixes; i++) {
		const struct unit_prefix *pre = &unit_prefix_rows[i];
		const char *const names[] = { pre->word, pre->ja };

		for (int k = 0; k < 2; k++) {
			size_t n = strlen(names[k]);
			if (n > 0 && w.n > n && memcmp(w.p, names[k], n) == 0 && (row = by_word(slice_of(w.p + n, w.n - n))) != NULL && takes(row, pre))
				return put_row(p, row, pre, exp);
		}
	}
	return false;
}

static bool put_symbol(struct product *p, struct slice s, int exp)
{
	const struct unit_doubt *doubt = by_doubt(s);
	const struct unit_alias *alias;
	const struct unit_row *row;

	if (doubt != NULL)
		return doubt->first && (row = by_symbol(slice_str(doubt->expr1))) != NULL && put_row(p, row, NULL, exp);
	if ((row = by_symbol(s)) != NULL)
		return put_row(p, row, NULL, exp);
	if ((alias = by_alias(s, false)) != NULL)
		return put_expr(p, alias->expr, NULL, exp);
	for (size_t i = 0; i < unit_n_prefixes; i++) {
		const struct unit_prefix *pre = &unit_prefix_rows[i];
		size_t n = strlen(pre->symbol);
		struct slice rest;

		if (s.n <= n || memcmp(s.p, pre->symbol, n) != 0)
			continue;
		rest = slice_of(s.p + n, s.n - n);
		if ((row = by_symbol(rest)) != NULL && takes(row, pre))
			return put_row(p, row, pre, exp);
		if (pre->exp2 == 0 && (alias = by_alias(rest, true)) != NULL)
			return put_expr(p, alias->expr, pre, exp);
	}
	return put_word(p, s, exp);
}

static size_t closing(const struct reader *r)
{
	int depth = 0;

	for (size_t i = r->at; i < r->s.n; i++) {
		depth += r->s.p[i] == '(';
		depth -= r->s.p[i] == ')';
		if (depth == 0)
			return i;
	}
	return r->s.n;
}

/* ${*given}: a power below zero was written out, so that no slash can be meant to cover it. */
static bool read_factor(struct product *p, struct reader *r, int sign, bool *given)
{
	struct slice s;
	int exp;

	*given = false;
	if (here(r, 0) == '(') {
		size_t end = closing(r);
		if (end == r->s.n || r->depth >= DEPTH_MAX)
			return false;
		s = slice_of(r->s.p + r->at + 1, end - r->at - 1);
		r->at = end + 1;
		return !digit(here(r, 0)) && here(r, 0) != '^' && read_product(p, s, sign, r->depth + 1);
	}
	if (digit(here(r, 0))) {
		if (!read_number(p, r, sign))
			return false;
		blanks(r);
		if (!letter(here(r, 0)) && (uint8_t)here(r, 0) < 128 && here(r, 0) != '[' && here(r, 0) != '%')
			return true;
	}
	s = symbol_at(r);
	if (s.n == 0)
		return false;
	if (s.n > 2 && s.p[0] == '{' && s.p[s.n - 1] == '}' && by_symbol(s) == NULL)	/* UCUM: an annotation is 1 */
		return put_part(p, (struct part){ NULL, NULL, sign, 1 });
	if (!read_power(r, &exp, given) || exp > EXP_MAX || exp < -EXP_MAX)
		return false;
	*given = *given && exp < 0;
	return put_symbol(p, s, exp * sign);
}

/* What stands between two factors. False: nothing that could. */
static bool read_sign(struct reader *r, int base, int *sign, bool *loose)
{
	bool blank = here(r, 0) == ' ';

	blanks(r);
	*loose = false;
	*sign = base;
	if (here(r, 0) == '/') {
		r->at++;
		r->slash = true;
		*sign = -base;
	} else if (r->s.n - r->at > 4 && memcmp(r->s.p + r->at, "per ", 4) == 0) {
		r->at += 4;
		r->slash = true;
		*sign = -base;
	} else if (here(r, 0) == '.') {
		r->at++;
	} else if (here(r, 0) == '*' && here(r, 1) != '*') {
		r->at++;
		*loose = r->slash;
	} else if (here(r, 0) == '-' && letter(here(r, 1)) && r->at > 0 && letter(r->s.p[r->at - 1])) {
		r->at++;
		*loose = r->slash;
	} else if (blank) {
		*loose = r->slash;
	} else {
		return false;
	}
	blanks(r);
	return true;
}

static bool read_product(struct product *p, struct slice s, int base, unsigned depth)
{
	struct reader r = { slice_trim(s), 0, false, depth };
	int sign = base;
	bool loose = false, given;

	if (r.s.n == 0)
		return false;
	if (here(&r, 0) == '/') {
		r.at++;
		r.slash = true;
		sign = -base;
		blanks(&r);
	}
	for (;;) {
		if (!read_factor(p, &r, sign, &given))
			return false;
		if (loose && !given)
			return false;
		if (r.at == r.s.n)
			return true;
		if (!read_sign(&r, base, &sign, &loose) || r.at == r.s.n)
			return false;
	}
}

/* ---- out ---- */

static void add_part(struct buf *b, const struct part *x, bool alone)
{
	const struct unit_row *row = x->row;
	const char *code = row != NULL ? row->ucum : "";

	/* UCUM: degrees stand alone; in products they are differences. */
	if (row != NULL && row->offset != 0 && !alone)
		code = strcmp(code, "Cel") == 0 ? "K" : "[degR]";

	if (row == NULL && x->number == 1)
		return;
	if (b->n > 0)
		buf_addc(b, '.');
	if (row == NULL) {
		if (x->number == 10)
			buf_addf(b, "10*%d", x->exp);
		else
			buf_addf(b, "%llu", (unsigned long long)x->number);
		return;
	}
	if (x->prefix != NULL && (code[0] == '{' || strcmp(code, "a") == 0))	/* UCUM has no prefixes on annotations and years */
		buf_addf(b, "10*%d.%s", x->prefix->exp10 * x->exp, code);
	else
		buf_addf(b, "%s%s", x->prefix != NULL ? x->prefix->symbol : "", code);
	if (x->exp != 1)
		buf_addf(b, "%d", x->exp);
}

/* Powers of ten, a number (two beside each other would be one with a point), what stands above the line, what stands below; in the order written. */
static bool code_of(struct buf *b, const struct product *p)
{
	unsigned numbers = 0;

	for (int pass = 0; pass < 4; pass++) {
		for (size_t i = 0; i < p->n; i++) {
			const struct part *x = &p->v[i];

			if (pass != (x->row != NULL ? (x->exp > 0 ? 2 : 3) : x->number == 10 ? 0 : 1))
				continue;
			numbers += pass == 1 && x->number != 1;
			add_part(b, x, p->n == 1 && x->exp == 1);
		}
	}
	if (b->n == 0)
		buf_addc(b, '1');
	return b->st == ST_OK && numbers < 2;
}

/* Are these the same parts in any order? */
static bool same_parts(struct slice a, const char *b)
{
	size_t i = 0;

	if (a.n != strlen(b))
		return false;
	while (i < a.n) {
		size_t n = 0;
		const char *at = b;
		bool found = false;

		while (i + n < a.n && a.p[i + n] != '.')
			n++;
		while (at != NULL && !found) {
			const char *end = strchr(at, '.');
			size_t k = end != NULL ? (size_t)(end - at) : strlen(at);
			found = k == n && memcmp(at, a.p + i, n) == 0;
			at = end != NULL ? end + 1 : NULL;
		}
		if (!found)
			return false;
		i += n + 1;
	}
	return true;
}

static const char *qudt_of(struct slice code)
{
	for (size_t i = 0; i < unit_n_qudts; i++)
		if (same_parts(code, unit_qudts[i].ucum))
			return unit_qudts[i].name;
	return NULL;
}

/* "deg.C" would be read as people mean it, not as an angle times a charge. */
static bool degrees_of(struct slice code)
{
	const char *at = memmem(code.p, code.n, "deg.", 4);
	size_t behind = at != NULL ? (size_t)(at - code.p) + 4 : 0;

	return at != NULL && behind < code.n && strchr("CFKRNESWcf", code.p[behind]) != NULL && (behind + 1 == code.n || !letter(code.p[behind + 1]));
}

static bool finish(struct unit *u, const struct product *p)
{
	struct buf code = BUF_INIT(512);
	const struct unit_row *only = p->n == 1 && p->v[0].exp == 1 ? p->v[0].row : NULL;
	double f = p->f * power(2, p->e2);
	bool ok = code_of(&code, p);

	u->kind = p->kind;
	if (ok && (!p->no_code || (only != NULL && p->v[0].prefix == NULL)))
		u->qudt = qudt_of(buf_slice(&code));
	if (ok && !p->no_code && code.n < sizeof(u->ucum) && !degrees_of(buf_slice(&code)))
		memcpy(u->ucum, code.p, code.n), u->ucum[code.n] = '\0';
	buf_release(&code);
	/* Divide by a power of ten rather than multiply by its inverse: 1 hPa is 100, and 1 mm is 0.001, to the last bit. */
	u->factor = p->e10 < 0 ? f / pow(10, -p->e10) : f * pow(10, p->e10);
	u->offset = only != NULL && p->v[0].prefix == NULL ? only->offset : 0;
	for (int i = 0; i < UNIT_DIMS; i++) {
		if (p->dims[i] > 99 || p->dims[i] < -99)
			return false;
		u->dims.v[i] = (int8_t)p->dims[i];
	}
	if (u->kind != UNIT_LINEAR)
		u->dims = (struct unit_dims){ { 0 } }, u->factor = 1;
	return isfinite(u->factor) && u->factor > 0;
}

static bool parse_expr(struct unit *u, struct slice s)
{
	struct product p = { .f = 1, .kind = UNIT_LINEAR };

	memset(u, 0, sizeof(*u));
	return read_product(&p, s, 1, 0) && finish(u, &p);
}

static bool parse_row(struct unit *u, const struct unit_row *r)
{
	struct product p = { .f = 1, .kind = UNIT_LINEAR };

	memset(u, 0, sizeof(*u));
	return put_row(&p, r, NULL, 1) && finish(u, &p);
}

/* ---- times since ---- */

static int64_t days_from_civil(int64_t y, unsigned m, unsigned d)
{
	int64_t era;
	unsigned yoe, doy, doe;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = (unsigned)(y - era * 400);
	doy = (153 * (m + (m > 2 ? -3u : 9u)) + 2) / 5 + d - 1;
	doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + (int64_t)doe - 719468;
}

static bool take_num(struct slice *s, size_t most, unsigned *v)
{
	size_t n = 0;

	*v = 0;
	while (n < s->n && n < most && digit(s->p[n]))
		*v = *v * 10 + (unsigned)(s->p[n++] - '0');
	*s = slice_of(s->p + n, s->n - n);
	return n > 0;
}

static bool take_char(struct slice *s, const char *any)
{
	if (s->n == 0 || strchr(any, s->p[0]) == NULL)
		return false;
	*s = slice_of(s->p + 1, s->n - 1);
	return true;
}

/* hh[:mm[:ss[.f]]] and Z, UTC, +hh[:mm], -hhmm; seconds, to be taken from the reference */
static bool clock_of(struct slice s, double *sec)
{
	unsigned h = 0, m = 0, whole = 0, zh = 0, zm = 0;
	double scale = 1;
	bool minus;

	*sec = 0;
	if (s.n > 0 && digit(s.p[0])) {
		if (!take_num(&s, 2, &h) || h > 24 || (take_char(&s, ":") && (!take_num(&s, 2, &m) || (take_char(&s, ":") && !take_num(&s, 2, &whole)))))
			return false;
		*sec = h * 3600.0 + m * 60.0 + whole;
		if (take_char(&s, ".,"))
			for (; s.n > 0 && digit(s.p[0]); s = slice_of(s.p + 1, s.n - 1))
				*sec += (s.p[0] - '0') * (scale /= 10);
	}
	s = slice_trim(s);
	if (s.n == 0 || slice_eq_str(s, "Z") || slice_ieq_str(s, "UTC") || slice_ieq_str(s, "GMT"))
		return m < 60 && whole < 61;
	minus = s.p[0] == '-';
	if (!take_char(&s, "+-") || !take_num(&s, 2, &zh))
		return false;
	take_char(&s, ":");
	if (s.n > 0 && !take_num(&s, 2, &zm))
		return false;
	*sec -= (minus ? -1 : 1) * (zh * 3600.0 + zm * 60.0);
	return s.n == 0 && zh <= 14 && zm < 60 && m < 60 && whole < 61;
}

static bool instant_of(struct slice s, double *sec)
{
	unsigned y, m, d;
	double clock;

	s = slice_trim(s);
	if (!take_num(&s, 4, &y) || !take_char(&s, "-/") || !take_num(&s, 2, &m) || !take_char(&s, "-/") || !take_num(&s, 2, &d))
		return false;
	if (m < 1 || m > 12 || d < 1 || d > 31)
		return false;
	take_char(&s, "T");
	if (!clock_of(slice_trim(s), &clock))
		return false;
	*sec = (double)days_from_civil(y, m, d) * 86400.0 + clock;
	return true;
}

/* Months and years since are refused: nobody can say how long theirs are. */
static bool parse_since(struct unit *u, struct slice s)
{
	static const struct unit_dims second = { { [UNIT_S] = 1 } };
	const char *at = memmem(s.p, s.n, " since ", 7);
	double from;

	if (at == NULL || !parse_expr(u, slice_of(s.p, (size_t)(at - s.p))) || u->kind != UNIT_LINEAR || !unit_dims_eq(&u->dims, &second) ||
	    u->factor > 604800 || !instant_of(slice_of(at + 7, s.n - (size_t)(at + 7 - s.p)), &from))
		return false;
	u->kind = UNIT_INSTANT;
	u->offset = from;
	return true;
}

/* ---- the door ---- */

static bool is_wanted(const struct unit *u, const struct unit_dims *want)
{
	return want != NULL && u->kind == UNIT_LINEAR && unit_dims_eq(&u->dims, want);
}

static bool parse_doubt(struct unit *u, const struct unit_doubt *d, const struct unit_dims *want)
{
	if (d->expr2 != NULL && parse_expr(u, slice_str(d->expr2)) && is_wanted(u, want))
		return true;
	if (parse_expr(u, slice_str(d->expr1)) && (d->first || is_wanted(u, want)))
		return true;
	memset(u, 0, sizeof(*u));
	u->kind = UNIT_LABEL;
	u->factor = 1;
	return true;
}

static bool parse_folded(struct unit *u, struct slice s, const struct unit_dims *want)
{
	const struct unit_doubt *doubt = by_doubt(s);
	const struct unit_alias *alias;
	const struct unit_row *row;
	char low[UNIT_TEXT_MAX + 1];

	if (doubt != NULL)
		return parse_doubt(u, doubt, want);
	if ((row = by_symbol(s)) != NULL)
		return parse_row(u, row);
	if ((alias = by_alias(s, false)) != NULL)
		return parse_expr(u, slice_str(alias->expr));
	if (lower(low, sizeof(low), s) && (row = by_word(slice_str(low))) != NULL)
		return parse_row(u, row);
	return parse_expr(u, s) || parse_since(u, s);
}

/* A word for "none", and a lone micro sign, which is a prefix of nothing and no dalton. */
static bool never(struct slice s)
{
	return slice_ieq_str(s, "N/A") || slice_eq_str(s, "\xc2\xb5") || slice_eq_str(s, "\xce\xbc");
}

bool unit_parse(struct unit *u, struct slice text, const struct unit_dims *want)
{
	struct buf b = BUF_INIT(4 * UNIT_TEXT_MAX);
	struct slice s = slice_trim(text);
	bool ok = s.n > 0 && s.n <= UNIT_TEXT_MAX && !never(s) && fold(&b, s);

	memset(u, 0, sizeof(*u));
	if (ok) {
		s = slice_trim(buf_slice(&b));
		ok = s.n > 0 && parse_folded(u, s, want);
		if (!ok && s.n > 2 && ((s.p[0] == '[' && s.p[s.n - 1] == ']') || (s.p[0] == '(' && s.p[s.n - 1] == ')')))
			ok = parse_folded(u, slice_trim(slice_of(s.p + 1, s.n - 2)), want);
	}
	buf_release(&b);
	if (!ok)
		memset(u, 0, sizeof(*u));
	return ok;
}

bool unit_from_qudt(struct unit *u, struct slice iri)
{
	static const char *const heads[] = { UNIT_QUDT, "https://qudt.org/vocab/unit/", "unit:" };

	memset(u, 0, sizeof(*u));
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		if (slice_starts(iri, heads[i]))
			iri = slice_of(iri.p + strlen(heads[i]), iri.n - strlen(heads[i]));
	for (size_t i = 0; i < unit_n_qudts; i++) {
		const char *code = unit_qudts[i].ucum;
		const struct unit_row *row;

		if (!slice_eq_str(iri, unit_qudts[i].name))
			continue;
		row = by_symbol(slice_str(code[0] == '~' ? code + 1 : code));	/* first: QUDT has no doubts */
		return row != NULL ? parse_row(u, row) : parse_expr(u, slice_str(code));
	}
	return false;
}

bool unit_dims_eq(const struct unit_dims *a, const struct unit_dims *b)
{
	return memcmp(a->v, b->v, sizeof(a->v)) == 0;
}

static const char *const dim_names[UNIT_DIMS] = { "m", "kg", "s", "A", "K", "mol", "cd", "rad", "bit" };

char *unit_dims_text(char *out, const struct unit_dims *d)
{
	size_t n = 0;

	for (int i = 0; i < UNIT_DIMS; i++) {
		if (d->v[i] == 0)
			continue;
		n += (size_t)snprintf(out + n, UNIT_DIMS_TEXT - n, d->v[i] == 1 ? "%s%s" : "%s%s%d", n > 0 ? "." : "", dim_names[i], d->v[i]);
	}
	if (n == 0)
		snprintf(out, UNIT_DIMS_TEXT, "1");
	return out;
}

bool unit_dims_read(struct unit_dims *d, struct slice s)
{
	struct unit u;
	bool ok = unit_parse(&u, s, NULL) && u.kind == UNIT_LINEAR;
	char t[UNIT_DIMS_TEXT];

	*d = u.dims;
	return ok && slice_eq_str(s, unit_dims_text(t, d));
}

/* ---- is it one? ---- */

/* Words of columns and tables that are names far more often than units. */
static const char no_units[] = " person people cell cells reads photon photons molecule molecules turn gray henry magnitude dex mole number second first tenths hundredths grad mag "
	"名 時 月 点 人 回 本 日 年 u a0 b ar as at in ";
/* Behind an underscore also these: "temp_min", "site_a". */
static const char no_tails[] = " min mins mo day month months year years yr yrs count counts ct cts rev bar pc mi ha cd mas ac gal mol au kn oz wk am pm mm2 t sec1 var in as at to "
	"turn rem grad dex mag cells cell reads people person ton tons gray henry foot pound mole second minute week hour molar molal circ U GB MB kB KB B bit By ly L P R ";

bool unit_like(struct slice s)
{
	struct unit u;
	struct slice t = slice_trim(s);

	if (t.n >= 2 && ((t.p[0] == '[' && t.p[t.n - 1] == ']') || (t.p[0] == '(' && t.p[t.n - 1] == ')')))
		t = slice_trim(slice_of(t.p + 1, t.n - 2));
	if (t.n == 0 || t.n > UNIT_TEXT_MAX || in_list(no_units, t))
		return false;
	/* "5 m" is a value. */
	if (digit(t.p[0]) && !slice_eq_str(t, "1") && !slice_starts(t, "1/") && !slice_starts(t, "10^") && !slice_starts(t, "10*") && !slice_starts(t, "10-"))
		return false;
	return unit_parse(&u, t, NULL);
}

struct slice unit_of_name(struct slice name)
{
	const char *q;
	struct slice in;

	if (name.n > 300 || name.n < 3)
		return SLICE_NULL;
	if (name.p[name.n - 1] == ']' && (q = memrchr(name.p, '[', name.n)) != NULL) {
		in = slice_of(q + 1, (size_t)(name.p + name.n - 1 - q - 1));
		return in.n && in.n <= 32 ? slice_trim(in) : SLICE_NULL;
	}
	if (name.p[name.n - 1] == ')' && (q = memrchr(name.p, '(', name.n)) != NULL) {
		in = slice_of(q + 1, (size_t)(name.p + name.n - 1 - q - 1));
		return unit_like(in) ? slice_trim(in) : SLICE_NULL;
	}
	if ((q = memrchr(name.p, '_', name.n)) != NULL && q > name.p) {
		in = slice_of(q + 1, (size_t)(name.p + name.n - q - 1));
		if (in.n >= 2 && in.n <= 12 && !digit(in.p[0]) && !in_list(no_tails, in) && unit_like(in))
			return in;
	}
	return SLICE_NULL;
}
