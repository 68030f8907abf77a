/*
 * Values of cells. A number is [+-]digits[.digits][e[+-]digits] that a double can hold; digits with a leading zero or more than
 * 18 of them are names, not quantities, and stay text. Eighteen digits or fewer and a power of ten up to 22 give the exact
 * double by one multiplication or division of exact numbers (Clinger's fast path); the others go through strtod.
 */

#include "indexer/extract/cell_int.h"

#include <math.h>
#include <stdlib.h>

const char *const cell_missing[] = {
	"", "NA", "N/A", "n/a", "NaN", "nan", "NAN", "null", "NULL", "<NA>", "#N/A", "#NA", "-", "--", "...", "\xE2\x80\xA6",
};
const unsigned cell_n_missing = sizeof(cell_missing) / sizeof(cell_missing[0]);

static const double tens[] = {
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

static bool digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

/* The slow, right way: a copy with a point, for strtod. */
static bool number_slow(struct cell *c, const char *p, size_t n, char decimal)
{
	char b[128], *end;
	size_t i;

	if (n >= sizeof(b))
		return false;
	for (i = 0; i < n; i++)
		b[i] = p[i] == decimal ? '.' : p[i];
	b[n] = '\0';
	c->d = strtod(b, &end);
	c->kind = KIND_NUMBER;
	return end == b + n && isfinite(c->d);
}

static bool number_infinite(struct cell *c, const char *p, const char *end, bool neg)
{
	struct slice s = slice_of(p, (size_t)(end - p));

	if (!slice_ieq_str(s, "inf") && !slice_ieq_str(s, "infinity"))
		return false;
	c->kind = KIND_NUMBER;
	c->d = neg ? -INFINITY : INFINITY;
	return true;
}

/* ${q} stands at 'e': the exponent; false when malformed. */
static bool exponent(const char *q, const char *end, int *out)
{
	bool neg;
	int v = 0;

	if (++q == end)
		return false;
	neg = *q == '-';
	if (*q == '-' || *q == '+')
		q++;
	if (q == end)
		return false;
	for (; q < end && digit(*q); q++)
		if (v < 100000)
			v = v * 10 + (*q - '0');
	*out = neg ? -v : v;
	return q == end;
}

bool cell_number(struct cell *c, const char *p, size_t n, char decimal)
{
	const char *q = p, *end = p + n, *ints, *frac = NULL;
	uint64_t m = 0;
	bool neg = false;
	int digits, places = 0, ex = 0;

	if (q < end && (*q == '-' || *q == '+'))
		neg = *q++ == '-';
	for (ints = q; q < end && digit(*q); q++)
		m = m * 10 + (uint64_t)(*q - '0');
	digits = (int)(q - ints > 1000 ? 1000 : q - ints);
	if (digits > 1 && *ints == '0')
		return false;
	if (q == end) {
		if (digits == 0 || digits > 18)
			return false;
		c->kind = KIND_INTEGER;
		c->i = neg ? -(int64_t)m : (int64_t)m;
		return true;
	}
	if (*q == decimal) {
		for (frac = ++q; q < end && digit(*q); q++)
			m = m * 10 + (uint64_t)(*q - '0');
		if (q - frac > 1000)
			return false;
		places = (int)(q - frac);
		digits += places;
	}
	if (digits == 0)
		return frac == NULL && number_infinite(c, q, end, neg);
	if (q < end && ((*q | 32) != 'e' || !exponent(q, end, &ex)))
		return false;
	ex -= places;
	if (digits > 18 || m > (uint64_t)1 << 53 || ex > 22 || ex < -22)
		return number_slow(c, p, n, decimal);
	c->kind = KIND_NUMBER;
	c->d = (double)m;
	c->d = ex < 0 ? c->d / tens[-ex] : c->d * tens[ex];
	if (neg)
		c->d = -c->d;
	return true;
}

/* ---- moments ---- */

/* One or two digits (or exactly ${want}). */
static bool num(const char **q, const char *end, int want, int most, unsigned *out)
{
	const char *s = *q;
	unsigned v = 0;

	while (*q < end && *q - s < most && digit(**q))
		v = v * 10 + (unsigned)(*(*q)++ - '0');
	*out = v;
	return *q > s && (want == 0 || *q - s == want);
}

static int64_t days(int64_t y, unsigned m, unsigned d)
{
	int64_t era;
	unsigned yoe, doy;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = (unsigned)(y - era * 400);
	doy = (153 * (m + (m > 2 ? -3u : 9u)) + 2) / 5 + d - 1;
	return era * 146097 + (int64_t)(yoe * 365 + yoe / 4 - yoe / 100 + doy) - 719468;
}

static bool real_day(unsigned y, unsigned m, unsigned d)
{
	static const uint8_t len[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	if (m < 1 || m > 12 || d < 1 || d > len[m - 1])
		return false;
	return m != 2 || d < 29 || (y % 4 == 0 && (y % 100 != 0 || y % 400 == 0));
}

/* hh:mm[:ss[.fraction]][zone] */
static bool clock_part(const char *q, const char *end, bool strict, int64_t *us, bool *zoned)
{
	unsigned h, m, s = 0, f = 0, zh, zm = 0, scale = 100000;
	int64_t off = 0;
	int sign;

	if (!num(&q, end, strict ? 2 : 0, 2, &h) || q == end || *q++ != ':' || !num(&q, end, 2, 2, &m) || h > 24 || m > 59)
		return false;
	if (q < end && *q == ':') {
		q++;
		if (!num(&q, end, 2, 2, &s) || s > 60)
			return false;
		if (q < end && (*q == '.' || *q == ',')) {
			if (++q == end || !digit(*q))
				return false;
			for (; q < end && digit(*q); q++, scale /= 10)
				f += (unsigned)(*q - '0') * scale;
		}
	}
	if (h == 24 && (m || s || f))
		return false;
	if (q < end) {
		*zoned = true;
		if (*q == 'Z' || *q == 'z')
			q++;
		else if (*q == '+' || *q == '-') {
			sign = *q++ == '-' ? -1 : 1;
			if (!num(&q, end, 2, 2, &zh) || zh > 14)
				return false;
			if (q < end && *q == ':')
				q++;
			if (q < end && (!num(&q, end, 2, 2, &zm) || zm > 59))
				return false;
			off = sign * (int64_t)(zh * 3600 + zm * 60);
		}
	}
	*us = ((int64_t)h * 3600 + m * 60 + s - off) * 1000000 + f;
	return q == end;
}

bool cell_moment(struct cell *c, const char *p, size_t n)
{
	const char *q = p, *end = p + n;
	unsigned y, m, d;
	int64_t us;
	char sep;

	if (n < 8 || n > 40 || !num(&q, end, 4, 4, &y) || (*q != '-' && *q != '/'))
		return false;
	sep = *q++;
	if (!num(&q, end, sep == '-' ? 2 : 0, 2, &m) || q == end || *q++ != sep || !num(&q, end, sep == '-' ? 2 : 0, 2, &d) || !real_day(y, m, d))
		return false;
	c->i = days(y, m, d) * 86400 * 1000000;
	c->zoned = false;
	if (q == end) {
		c->kind = KIND_DATE;
		c->form = sep == '/' ? FORM_SLASH_YMD : FORM_PLAIN;
		return true;
	}
	if (*q != 'T' && *q != ' ')
		return false;
	c->form = sep == '/' ? FORM_SLASH_YMD_HM : *q == ' ' ? FORM_BLANK : FORM_PLAIN;
	if (!clock_part(q + 1, end, sep == '-', &us, &c->zoned))
		return false;
	c->i += us;
	c->kind = KIND_DATETIME;
	return true;
}

void cell_date_text(char out[40], int64_t us, bool day, bool zoned)
{
	int64_t sec = us / 1000000, rest, z, era;
	unsigned doe, yoe, doy, mp, d, m;
	long long y;
	int k;

	if (us % 1000000 < 0)
		sec--;
	rest = us - sec * 1000000;
	z = sec / 86400 - (sec % 86400 < 0);
	sec -= z * 86400;
	z += 719468;
	era = (z >= 0 ? z : z - 146096) / 146097;
	doe = (unsigned)(z - era * 146097);
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	d = doy - (153 * mp + 2) / 5 + 1;
	m = mp < 10 ? mp + 3 : mp - 9;
	y = (long long)yoe + era * 400 + (m <= 2);
	k = snprintf(out, 40, "%04lld-%02u-%02u", y, m, d);
	if (day)
		return;
	k += snprintf(out + k, 40 - (size_t)k, "T%02u:%02u:%02u", (unsigned)(sec / 3600), (unsigned)(sec / 60 % 60), (unsigned)(sec % 60));
	if (rest)
		k += snprintf(out + k, 40 - (size_t)k, ".%06u", (unsigned)rest);
	if (zoned)
		snprintf(out + k, 40 - (size_t)k, "Z");
}

/* ---- what stays text, but of a known form ---- */

static bool skip_text(const char **q, const char *end, const char *s)
{
	size_t n = strlen(s);

	if ((size_t)(end - *q) < n || memcmp(*q, s, n) != 0)
		return false;
	*q += n;
	return true;
}

static bool wareki(const char *p, size_t n)
{
	static const char *const eras[] = { "\xE4\xBB\xA4\xE5\x92\x8C", "\xE5\xB9\xB3\xE6\x88\x90", "\xE6\x98\xAD\xE5\x92\x8C",
	    "\xE5\xA4\xA7\xE6\xAD\xA3", "\xE6\x98\x8E\xE6\xB2\xBB" };
	const char *q = p, *end = p + n;
	unsigned v, k;

	if (n > 40)
		return false;
	if (strchr("RHSTM", *p) && n >= 6 && digit(p[1])) {
		q++;
		return num(&q, end, 0, 2, &v) && q < end && (*q == '.' || *q == '/') && (q++, num(&q, end, 0, 2, &v)) && v >= 1 && v <= 12 &&
		    q < end && (*q == '.' || *q == '/') && (q++, num(&q, end, 0, 2, &v)) && v >= 1 && v <= 31 && q == end;
	}
	for (k = 0; k < 5; k++)
		if (skip_text(&q, end, eras[k]))
			return (skip_text(&q, end, "\xE5\x85\x83") || num(&q, end, 0, 2, &v)) && skip_text(&q, end, "\xE5\xB9\xB4") &&
			    num(&q, end, 0, 2, &v) && skip_text(&q, end, "\xE6\x9C\x88") && num(&q, end, 0, 2, &v) &&
			    skip_text(&q, end, "\xE6\x97\xA5") && q == end;
	return false;
}

static bool fullwidth_number(const char *p, size_t n)
{
	const unsigned char *u = (const unsigned char *)p;
	size_t i, digits = 0;

	if (n % 3)
		return false;
	for (i = 0; i < n; i += 3) {
		if (u[i] != 0xEF || u[i + 1] != 0xBC)
			return false;
		if (u[i + 2] >= 0x90 && u[i + 2] <= 0x99)
			digits++;
		else if (u[i + 2] != 0x8E && u[i + 2] != 0x8D && u[i + 2] != 0x8B && u[i + 2] != 0x8C)
			return false;
	}
	return digits > 0;
}

void cell_xxy(const char *p, size_t n, unsigned *a, unsigned *b)
{
	const char *q = p, *end = p + n;

	*a = *b = 0;
	if (num(&q, end, 0, 2, a) && q < end)
		q++, num(&q, end, 0, 2, b);
}

static enum form european(const char *p, size_t n)
{
	const char *q = p, *end = p + n;
	unsigned a, b, y;
	int64_t us;
	bool zoned;
	char sep;

	if (n < 6 || n > 40 || !num(&q, end, 0, 2, &a) || q == end || (*q != '.' && *q != '/'))
		return FORM_PLAIN;
	sep = *q++;
	if (!num(&q, end, 0, 2, &b) || q == end || *q++ != sep || !num(&q, end, 4, 4, &y) || (a > 12 && b > 12) || a > 31 || b > 31 || a < 1 || b < 1)
		return FORM_PLAIN;
	if (sep == '/')
		return q == end ? FORM_XXY : FORM_PLAIN;
	if (b > 12)
		return FORM_PLAIN;
	if (q == end)
		return FORM_DMY;
	return *q == ' ' && clock_part(q + 1, end, false, &us, &zoned) ? FORM_DMY_HM : FORM_PLAIN;
}

static void read_string(struct cell *c, const char *p, size_t n)
{
	size_t i;

	c->kind = KIND_STRING;
	c->form = FORM_PLAIN;
	if (digit(*p)) {
		for (i = 0; i < n && digit(p[i]); i++)
			;
		c->form = i == n ? (*p == '0' ? FORM_ZEROS : FORM_LONG) : (uint8_t)european(p, n);
	} else if ((unsigned char)*p == 0xEF)
		c->form = fullwidth_number(p, n) ? FORM_FULLWIDTH : FORM_PLAIN;
	else if (strchr("=+-@\t\r", *p))
		c->form = FORM_FORMULA;
	else if ((unsigned char)*p >= 0xE4 || strchr("RHSTM", *p))
		c->form = wareki(p, n) ? FORM_WAREKI : FORM_PLAIN;
}

static bool missing_code(struct cell *c, const char *p, size_t n)
{
	unsigned i;

	if (n > 4)
		return false;
	for (i = 1; i < cell_n_missing; i++)
		if (strlen(cell_missing[i]) == n && memcmp(cell_missing[i], p, n) == 0) {
			c->kind = KIND_MISSING;
			c->code = (uint8_t)i;
			return true;
		}
	return false;
}

static bool boolean(struct cell *c, const char *p, size_t n)
{
	struct slice s = slice_of(p, n);

	if ((n != 4 || !slice_ieq_str(s, "true")) && (n != 5 || !slice_ieq_str(s, "false")))
		return false;
	c->kind = KIND_BOOLEAN;
	c->i = n == 4;
	return true;
}

void cell_read(struct cell *c, const char *p, size_t n, char decimal)
{
	c->form = FORM_PLAIN;
	c->code = 0;
	if (n && (*p == ' ' || p[n - 1] == ' ')) {
		while (n && *p == ' ')
			p++, n--;
		while (n && p[n - 1] == ' ')
			n--;
	}
	if (n == 0) {
		c->kind = KIND_MISSING;
		return;
	}
	switch (*p) {
	case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
		if (cell_number(c, p, n, decimal) || cell_moment(c, p, n))
			return;
		break;
	case '-': case '+': case '.': case ',':
		if (cell_number(c, p, n, decimal) || missing_code(c, p, n))
			return;
		break;
	case 't': case 'T': case 'f': case 'F':
		if (boolean(c, p, n))
			return;
		break;
	case 'N': case 'n': case '#': case '<': case '\xE2':
		if (missing_code(c, p, n))
			return;
		break;
	case 'i': case 'I':
		if (n <= 8 && cell_number(c, p, n, decimal))
			return;
		break;
	default:
		break;
	}
	read_string(c, p, n);
}
