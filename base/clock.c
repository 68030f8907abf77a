#include "base/clock.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

static _Atomic int64_t frozen;
static _Atomic int64_t shift = INT64_MIN;	/* INT64_MIN: environment not read yet */

void clock_set(int64_t us)
{
	atomic_store(&frozen, us);
}

static int64_t shift_us(void)
{
	int64_t s = atomic_load_explicit(&shift, memory_order_relaxed);
	const char *env;

	if (s != INT64_MIN)
		return s;
	env = getenv("AZEKURA_CLOCK_OFFSET");
	s = env == NULL ? 0 : (int64_t)strtoll(env, NULL, 10) * 1000000;
	atomic_store_explicit(&shift, s, memory_order_relaxed);
	return s;
}

int64_t clock_now_us(void)
{
	struct timespec ts;
	int64_t f = atomic_load_explicit(&frozen, memory_order_relaxed);

	if (f != 0)
		return f;
	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000 + shift_us();
}

int64_t clock_now(void)
{
	int64_t us = clock_now_us();

	return us >= 0 ? us / 1000000 : -((-us + 999999) / 1000000);
}

int64_t clock_mono_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* Days since 1970-01-01 of a proleptic Gregorian date, and back (era arithmetic: 400 years are 146,097 days). */
static int64_t days_of(int64_t y, int m, int d)
{
	int64_t era, yoe, doy;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = y - era * 400;
	doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void date_of(int64_t days, int64_t *y, int *m, int *d)
{
	int64_t era, doe, yoe, doy, mp;

	days += 719468;
	era = (days >= 0 ? days : days - 146096) / 146097;
	doe = days - era * 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	*d = (int)(doy - (153 * mp + 2) / 5 + 1);
	*m = (int)(mp < 10 ? mp + 3 : mp - 9);
	*y = yoe + era * 400 + (*m <= 2);
}

struct parts { int64_t y; int mo, d, h, mi, s; int64_t days; };

#define SEC_MIN (-62167219200)	/* 0000-01-01 */
#define SEC_MAX 253402300799	/* 9999-12-31T23:59:59 */

static void split(struct parts *t, int64_t sec)
{
	int64_t day;
	int rest;

	if (sec < SEC_MIN)
		sec = SEC_MIN;
	if (sec > SEC_MAX)
		sec = SEC_MAX;
	day = sec >= 0 ? sec / 86400 : -((-sec + 86399) / 86400);
	rest = (int)(sec - day * 86400);
	t->days = day;
	date_of(day, &t->y, &t->mo, &t->d);
	t->h = rest / 3600;
	t->mi = rest / 60 % 60;
	t->s = rest % 60;
}

static char *put2(char *p, int v)
{
	p[0] = (char)('0' + v / 10 % 10);
	p[1] = (char)('0' + v % 10);
	return p + 2;
}

static char *put_date(char *p, const struct parts *t)
{
	p = put2(p, (int)(t->y / 100));
	p = put2(p, (int)(t->y % 100));
	*p++ = '-';
	p = put2(p, t->mo);
	*p++ = '-';
	return put2(p, t->d);
}

static char *put_time(char *p, const struct parts *t)
{
	p = put2(p, t->h);
	*p++ = ':';
	p = put2(p, t->mi);
	*p++ = ':';
	return put2(p, t->s);
}

void iso8601(char out[ISO8601_LEN], int64_t sec)
{
	struct parts t;
	char *p;

	split(&t, sec);
	p = put_date(out, &t);
	*p++ = 'T';
	p = put_time(p, &t);
	*p++ = 'Z';
	*p = '\0';
}

void iso8601_us(char out[28], int64_t us)
{
	int64_t sec = us >= 0 ? us / 1000000 : -((-us + 999999) / 1000000);

	iso8601(out, sec);
	snprintf(out + 19, 9, ".%06dZ", (int)(us - sec * 1000000));
}

void iso8601_date(char out[11], int64_t sec)
{
	struct parts t;

	split(&t, sec);
	*put_date(out, &t) = '\0';
}

static bool digits(struct slice s, size_t at, size_t n, int *out)
{
	int v = 0;
	size_t i;

	if (at + n > s.n)
		return false;
	for (i = at; i < at + n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		v = v * 10 + (s.p[i] - '0');
	}
	*out = v;
	return true;
}

static int month_days(int y, int m)
{
	static const int d[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return m == 2 && (y % 4 == 0 && (y % 100 != 0 || y % 400 == 0)) ? 29 : d[m - 1];
}

static bool real_date(int y, int m, int d)
{
	return m >= 1 && m <= 12 && d >= 1 && d <= month_days(y, m);
}

bool iso8601_parse(struct slice s, int64_t *sec, bool *day)
{
	int y, mo, d, h = 0, mi = 0, ss = 0;

	if (s.n != 10 && s.n != 20)
		return false;
	if (!digits(s, 0, 4, &y) || s.p[4] != '-' || !digits(s, 5, 2, &mo) || s.p[7] != '-' ||
	    !digits(s, 8, 2, &d) || !real_date(y, mo, d))
		return false;
	if (s.n == 20 && (s.p[10] != 'T' || !digits(s, 11, 2, &h) || s.p[13] != ':' || !digits(s, 14, 2, &mi) ||
	    s.p[16] != ':' || !digits(s, 17, 2, &ss) || s.p[19] != 'Z' || h > 23 || mi > 59 || ss > 59))
		return false;
	*sec = days_of(y, mo, d) * 86400 + h * 3600 + mi * 60 + ss;
	if (day != NULL)
		*day = s.n == 10;
	return true;
}

static const char wdays[] = "SunMonTueWedThuFriSat";
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* RFC 9110 IMF-fixdate: "Sun, 06 Nov 1994 08:49:37 GMT" */
void http_date(char out[30], int64_t sec)
{
	struct parts t;
	char *p = out;
	int w;

	split(&t, sec);
	w = (int)(((t.days + 4) % 7 + 7) % 7);
	memcpy(p, wdays + 3 * w, 3);
	memcpy(p + 3, ", ", 2);
	p = put2(p + 5, t.d);
	*p++ = ' ';
	memcpy(p, months + 3 * (t.mo - 1), 3);
	p += 3;
	*p++ = ' ';
	p = put2(p, (int)(t.y / 100));
	p = put2(p, (int)(t.y % 100));
	*p++ = ' ';
	p = put_time(p, &t);
	memcpy(p, " GMT", 5);
}

bool http_date_parse(struct slice s, int64_t *sec)
{
	int d, y, h, mi, ss, mo;

	if (s.n != 29 || s.p[3] != ',' || s.p[4] != ' ' || s.p[7] != ' ' || s.p[11] != ' ' || s.p[16] != ' ' ||
	    s.p[19] != ':' || s.p[22] != ':' || memcmp(s.p + 25, " GMT", 4) != 0)
		return false;
	if (!digits(s, 5, 2, &d) || !digits(s, 12, 4, &y) || !digits(s, 17, 2, &h) || !digits(s, 20, 2, &mi) ||
	    !digits(s, 23, 2, &ss))
		return false;
	for (mo = 1; mo <= 12; mo++)
		if (memcmp(s.p + 8, months + 3 * (mo - 1), 3) == 0)
			break;
	if (!real_date(y, mo, d) || h > 23 || mi > 59 || ss > 60)
		return false;
	*sec = days_of(y, mo, d) * 86400 + h * 3600 + mi * 60 + ss;
	return true;
}

/* "Z", "+09:00", "-03:30" at ${i} up to the end; seconds east of UTC. */
static bool zone(struct slice s, size_t i, int64_t *east)
{
	int h, m;

	if (i + 1 == s.n && s.p[i] == 'Z') {
		*east = 0;
		return true;
	}
	if (i + 6 != s.n || (s.p[i] != '+' && s.p[i] != '-') || !digits(s, i + 1, 2, &h) || s.p[i + 3] != ':' ||
	    !digits(s, i + 4, 2, &m) || h > 14 || m > 59)
		return false;
	*east = (h * 60 + m) * 60 * (s.p[i] == '-' ? -1 : 1);
	return true;
}

/* Time of day behind 'T' at ${i}: hh:mm[:ss[.f...]]ZONE. */
static bool time_span(struct slice s, size_t i, int64_t base, int64_t *from, int64_t *until)
{
	int64_t east;
	int h, m, sec = 0;
	bool seconds = false;

	if (!digits(s, i, 2, &h) || i + 5 > s.n || s.p[i + 2] != ':' || !digits(s, i + 3, 2, &m) || h > 23 || m > 59)
		return false;
	i += 5;
	if (i < s.n && s.p[i] == ':') {
		if (!digits(s, i + 1, 2, &sec) || sec > 59)
			return false;
		seconds = true;
		i += 3;
		if (i < s.n && s.p[i] == '.') {
			size_t frac = ++i;

			while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
				i++;
			if (i == frac || i - frac > 9)
				return false;
		}
	}
	if (!zone(s, i, &east))
		return false;
	*from = base + h * 3600 + m * 60 + sec - east;
	*until = seconds ? *from : *from + 59;
	return true;
}

static bool point_span(struct slice s, int64_t *from, int64_t *until)
{
	int y, m, d;

	if (!digits(s, 0, 4, &y))
		return false;
	if (s.n == 4) {
		*from = days_of(y, 1, 1) * 86400;
		*until = days_of(y + 1, 1, 1) * 86400 - 1;
		return true;
	}
	if (s.p[4] != '-' || !digits(s, 5, 2, &m) || m < 1 || m > 12)
		return false;
	if (s.n == 7) {
		*from = days_of(y, m, 1) * 86400;
		*until = *from + (int64_t)month_days(y, m) * 86400 - 1;
		return true;
	}
	if (s.p[7] != '-' || !digits(s, 8, 2, &d) || !real_date(y, m, d))
		return false;
	*from = days_of(y, m, d) * 86400;
	*until = *from + 86399;
	if (s.n == 10)
		return true;
	return s.p[10] == 'T' && time_span(s, 11, *from, from, until);
}

bool date_is_range(struct slice s)
{
	return s.n > 0 && memchr(s.p, '/', s.n) != NULL;
}

bool date_span(struct slice s, int64_t *from, int64_t *until)
{
	struct slice a, b = s;
	int64_t ignored, ignored_too;

	if (!date_is_range(s))
		return point_span(s, from, until);
	a = slice_cut(&b, '/');
	if (a.n == 0 && b.n == 0)
		return false;
	*from = INT64_MIN;
	*until = INT64_MAX;
	if (a.n > 0 && !point_span(a, from, &ignored))
		return false;
	if (b.n > 0 && !point_span(b, &ignored_too, until))
		return false;
	return *from <= *until;
}

bool date_valid(struct slice s)
{
	int64_t from, until;

	return date_span(s, &from, &until);
}
