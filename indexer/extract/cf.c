/*
 * What attributes mean: the CF conventions (cfconventions.org, 1.11), and what readers of files before them understood. Works on the facts, so
 * that NetCDF, HDF5 and Zarr are read alike.
 */

#include <math.h>

#include "base/clock.h"
#include "indexer/extract/array_int.h"

/* ---- calendars (CF 4.4.1) ---- */

enum calendar { CAL_STANDARD, CAL_PROLEPTIC, CAL_JULIAN, CAL_365, CAL_366, CAL_360 };

static const struct { const char *name; enum calendar cal; } calendars[] = {
	{ "", CAL_STANDARD }, { "standard", CAL_STANDARD }, { "gregorian", CAL_STANDARD }, { "proleptic_gregorian", CAL_PROLEPTIC }, { "utc", CAL_STANDARD },
	{ "tai", CAL_STANDARD }, { "julian", CAL_JULIAN }, { "noleap", CAL_365 }, { "365_day", CAL_365 }, { "all_leap", CAL_366 }, { "366_day", CAL_366 },
	{ "360_day", CAL_360 },
};

static const int before_month[13] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365 };

#define GREGORIAN_FROM	2299161		/* Julian day number of 1582-10-15 */

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Julian day numbers, by years that begin in March. */
static int64_t jdn_of(int64_t y, int m, int d, bool gregorian)
{
	int64_t n = y + 4800 - (m <= 2);
	int64_t mm = (m + 9) % 12;

	return d + (153 * mm + 2) / 5 + 365 * n + floor_div(n, 4) + (gregorian ? floor_div(n, 400) - floor_div(n, 100) - 32045 : -32083);
}

static void jdn_date(int64_t jdn, bool gregorian, int64_t *y, int *m, int *d)
{
	int64_t a = jdn + (gregorian ? 32044 : 32082), b = 0, c = a, e, mm, rest;

	if (gregorian) {
		b = floor_div(4 * a + 3, 146097);
		c = a - floor_div(146097 * b, 4);
	}
	e = floor_div(4 * c + 3, 1461);
	rest = c - floor_div(1461 * e, 4);
	mm = (5 * rest + 2) / 153;
	*d = (int)(rest - (153 * mm + 2) / 5 + 1);
	*m = (int)(mm < 10 ? mm + 3 : mm - 9);
	*y = 100 * b + e - 4800 + (mm >= 10);
}

static int64_t days_of(enum calendar cal, int64_t y, int m, int d)
{
	int64_t n;

	switch (cal) {
	case CAL_360: return y * 360 + (m - 1) * 30 + d - 1;
	case CAL_365: return y * 365 + before_month[m - 1] + d - 1;
	case CAL_366: return y * 366 + before_month[m - 1] + (m > 2) + d - 1;
	case CAL_JULIAN: return jdn_of(y, m, d, false);
	case CAL_PROLEPTIC: return jdn_of(y, m, d, true);
	default:
		n = jdn_of(y, m, d, true);
		return n >= GREGORIAN_FROM ? n : jdn_of(y, m, d, false);
	}
}

static void date_of(enum calendar cal, int64_t days, int64_t *y, int *m, int *d)
{
	int64_t each = cal == CAL_360 ? 360 : cal == CAL_365 ? 365 : 366, rest;
	int leap = cal == CAL_366;

	if (cal == CAL_JULIAN || cal == CAL_PROLEPTIC || cal == CAL_STANDARD) {
		jdn_date(days, cal == CAL_PROLEPTIC || (cal == CAL_STANDARD && days >= GREGORIAN_FROM), y, m, d);
		return;
	}
	*y = floor_div(days, each);
	rest = days - *y * each;
	if (cal == CAL_360) {
		*m = (int)(rest / 30) + 1;
		*d = (int)(rest % 30) + 1;
		return;
	}
	for (*m = 1; *m < 12 && rest >= before_month[*m] + (leap && *m >= 2); (*m)++)
		;
	*d = (int)(rest - before_month[*m - 1] - (leap && *m > 2)) + 1;
}

/* ---- units of time (CF 4.4, as UDUNITS writes them) ---- */

#define DAY_US	86400000000.0L

static bool unit_us(struct slice u, enum calendar cal, long double *us)
{
	static const struct { const char *name; long double us; } units[] = {
		{ "microsecond", 1 }, { "microsec", 1 }, { "us", 1 }, { "millisecond", 1e3L }, { "millisec", 1e3L }, { "msec", 1e3L }, { "ms", 1e3L },
		{ "second", 1e6L }, { "sec", 1e6L }, { "s", 1e6L }, { "minute", 6e7L }, { "min", 6e7L }, { "hour", 36e8L }, { "hr", 36e8L }, { "h", 36e8L },
		{ "day", DAY_US }, { "d", DAY_US }, { "week", 7 * DAY_US }, { "year", 365.242198781L * DAY_US }, { "yr", 365.242198781L * DAY_US },
		{ "common_year", 365 * DAY_US }, { "month", 365.242198781L / 12 * DAY_US }, { "nanosecond", 1e-3L }, { "ns", 1e-3L },
	};
	struct slice one = u.n > 1 && (u.p[u.n - 1] == 's' || u.p[u.n - 1] == 'S') ? slice_of(u.p, u.n - 1) : u;
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (slice_ieq_str(u, units[i].name) || slice_ieq_str(one, units[i].name)) {
			*us = units[i].us;
			if (cal == CAL_360 && units[i].us > 8 * DAY_US)	/* a month of it has 30 days */
				*us = units[i].us > 100 * DAY_US ? 360 * DAY_US : 30 * DAY_US;
			return true;
		}
	return false;
}

static void blanks(struct slice *s)
{
	while (s->n && (*s->p == ' ' || *s->p == '\t'))
		*s = slice_of(s->p + 1, s->n - 1);
}

static bool digits(struct slice *s, unsigned most, int64_t *out)
{
	unsigned n = 0;

	for (*out = 0; s->n && n < most && *s->p >= '0' && *s->p <= '9'; n++) {
		*out = *out * 10 + (*s->p - '0');
		*s = slice_of(s->p + 1, s->n - 1);
	}
	return n > 0;
}

static bool take(struct slice *s, char c)
{
	if (s->n == 0 || *s->p != c)
		return false;
	*s = slice_of(s->p + 1, s->n - 1);
	return true;
}

/* "12:30:15.5 +9:00", "12", "" */
static bool clock_read(struct slice s, long double *us)
{
	int64_t h = 0, m = 0, sec = 0, zh = 0, zm = 0;
	long double part = 0, unit = 1e5L;
	bool minus;

	blanks(&s);
	if (s.n && (*s.p == 'T' || *s.p == 't'))
		s = slice_of(s.p + 1, s.n - 1);
	if (digits(&s, 2, &h) && take(&s, ':') && digits(&s, 2, &m) && take(&s, ':') && digits(&s, 2, &sec) && take(&s, '.'))
		for (; s.n && *s.p >= '0' && *s.p <= '9'; s = slice_of(s.p + 1, s.n - 1), unit /= 10)
			part += unit * (*s.p - '0');
	*us = (long double)(h * 3600 + m * 60 + sec) * 1e6L + part;
	blanks(&s);
	if (s.n == 0 || slice_ieq_str(s, "z") || slice_ieq_str(s, "utc") || slice_ieq_str(s, "gmt"))
		return h < 25 && m < 60 && sec < 61;
	minus = *s.p == '-';
	if (!take(&s, '-') && !take(&s, '+'))
		return false;
	if (!digits(&s, 2, &zh))
		return false;
	take(&s, ':');
	digits(&s, 2, &zm);
	*us += (minus ? 1 : -1) * (long double)(zh * 3600 + zm * 60) * 1e6L;
	return s.n == 0;
}

struct epoch { enum calendar cal; long double unit, us; int64_t days; };

static bool epoch_read(struct slice units, struct slice calendar, struct epoch *ep)
{
	const char *since = memmem(units.p ? units.p : "", units.n, " since ", 7);
	struct slice rest;
	int64_t y, m = 1, d = 1;
	size_t i;

	for (i = 0; i < sizeof(calendars) / sizeof(calendars[0]) && !slice_ieq_str(calendar, calendars[i].name); i++)
		;
	if (since == NULL || i == sizeof(calendars) / sizeof(calendars[0]))
		return false;
	ep->cal = calendars[i].cal;
	rest = slice_of(since + 7, units.n - (size_t)(since + 7 - units.p));
	blanks(&rest);
	if (!unit_us(slice_trim(slice_of(units.p, (size_t)(since - units.p))), ep->cal, &ep->unit) || !digits(&rest, 6, &y))
		return false;
	if (take(&rest, '-') && digits(&rest, 2, &m) && take(&rest, '-'))
		digits(&rest, 2, &d);
	if (m < 1 || m > 12 || d < 1 || d > 31)
		return false;
	ep->days = days_of(ep->cal, y, (int)m, (int)d);
	return clock_read(rest, &ep->us);
}

bool cf_moment(struct slice units, struct slice calendar, double v, struct buf *out)
{
	static const int longest[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	struct epoch ep;
	long double us;
	int64_t y, total, days, sec, part;
	int m, d;

	if (!isfinite(v) || !epoch_read(units, calendar, &ep))
		return false;
	us = ep.us + (long double)v * ep.unit;
	if (fabsl(us) > 4e18L)
		return false;
	total = (int64_t)llroundl(us);
	days = floor_div(total, 86400000000);
	sec = (total - days * 86400000000) / 1000000;
	part = (total - days * 86400000000) % 1000000;
	date_of(ep.cal, ep.days + days, &y, &m, &d);
	if (y < 0 || y > 9999)
		return false;
	/* 30 February, and 29 February of any year, are days there but in no calendar of ours. */
	if (d > longest[m - 1])
		d = longest[m - 1];
	if ((ep.cal == CAL_360 || ep.cal == CAL_366) && m == 2 && d == 29 && (y % 4 != 0 || (y % 100 == 0 && y % 400 != 0)))
		d = 28;
	buf_addf(out, "%04d-%02d-%02dT%02d:%02d:%02d", (int)y, m, d, (int)(sec / 3600), (int)(sec / 60 % 60), (int)(sec % 60));
	if (part)
		buf_addf(out, ".%06d", (int)part);
	return buf_addc(out, 'Z') == ST_OK;
}

/* ---- variables ---- */

struct cf {
	struct fact *f;
	json_t *variables;
	json_t *byname;			/* name to variable, both borrowed from the facts */
	json_t *time, *lat, *lon;	/* best so far; borrowed */
	int time_score, lat_score, lon_score;
};

static void move(json_t *v, json_t *a, const char *from, const char *to)
{
	json_t *x = json_object_get(a, from);
	struct slice s = json_slice(x);

	if (s.n && s.n <= 1000 && json_object_get(v, to) == NULL && json_object_set(v, to, x) == 0)
		json_object_del(a, from);
}

static bool is_one_of(struct slice s, const char *const *list)
{
	for (; *list; list++)
		if (slice_ieq_str(s, *list))
			return true;
	return false;
}

static bool is_lat_unit(struct slice u)
{
	static const char *const names[] = { "degrees_north", "degree_north", "degree_n", "degrees_n", "degreen", "degreesn", NULL };

	return is_one_of(u, names);
}

static bool is_lon_unit(struct slice u)
{
	static const char *const names[] = { "degrees_east", "degree_east", "degree_e", "degrees_e", "degreee", "degreese", NULL };

	return is_one_of(u, names);
}

static bool is_degree(struct slice u)
{
	static const char *const names[] = { "degree", "degrees", "deg", "\xC2\xB0", NULL };

	return is_one_of(u, names);
}

static struct slice base_name(struct slice path)
{
	const char *slash = path.n ? memrchr(path.p, '/', path.n) : NULL;

	return slash ? slice_of(slash + 1, path.n - (size_t)(slash + 1 - path.p)) : path;
}

/* Is it the coordinate variable of its own dimension (NUG)? */
static bool is_axis(const json_t *v)
{
	const json_t *d = json_object_get(v, "dimensions");

	return json_array_size(d) == 1 && slice_eq(json_slice(json_array_get(d, 0)), base_name(json_slice(json_object_get(v, "name"))));
}

static int score(const json_t *v, const char *standard, const char *const *names, bool unit)
{
	struct slice name = base_name(json_slice(json_object_get(v, "name")));
	const json_t *a = json_object_get(v, "attributes");

	if (!unit || !json_is_number(json_object_get(v, "min")) || slice_ends(name, "_bnds") || slice_ends(name, "_bounds"))
		return 0;
	return 1 + 8 * slice_eq_str(json_slice(json_object_get(v, "standardName")), standard) + 4 * is_one_of(name, names) + 2 * is_axis(v) +
	    4 * (json_object_get(a, "axis") != NULL);
}

static void look(struct cf *c, json_t *v)
{
	static const char *const times[] = { "time", "t", "times", "datetime", "date", NULL };
	static const char *const lats[] = { "lat", "latitude", "nav_lat", "xlat", "lats", NULL };
	static const char *const lons[] = { "lon", "longitude", "nav_lon", "xlong", "lons", "long", NULL };
	struct slice u = json_slice(json_object_get(v, "unit")), name = base_name(json_slice(json_object_get(v, "name")));
	const char *standard = json_text(v, "standardName");
	struct epoch ep;
	int s;

	s = score(v, "time", times, epoch_read(u, array_text(json_object_get(v, "attributes"), "calendar"), &ep));
	if (s > c->time_score) {
		c->time = v;
		c->time_score = s;
	}
	s = score(v, "latitude", lats, is_lat_unit(u) || (is_degree(u) && (is_one_of(name, lats) || (standard && strcmp(standard, "latitude") == 0))));
	if (s > c->lat_score) {
		c->lat = v;
		c->lat_score = s;
	}
	s = score(v, "longitude", lons, is_lon_unit(u) || (is_degree(u) && (is_one_of(name, lons) || (standard && strcmp(standard, "longitude") == 0))));
	if (s > c->lon_score) {
		c->lon = v;
		c->lon_score = s;
	}
}

/* Variables named in "coordinates", "bounds" and the like of another one. Names are of the same group or of the root. */
static void mark(struct cf *c, const json_t *of, struct slice names)
{
	struct slice own = json_slice(json_object_get(of, "name")), word;
	size_t group = own.n - base_name(own).n;
	struct buf path = BUF_INIT(4000);
	json_t *v;

	while (names.n) {
		word = slice_cut(&names, ' ');
		if (word.n == 0 || word.p[word.n - 1] == ':')
			continue;
		buf_clear(&path);
		buf_add(&path, own.p, group);
		buf_addsl(&path, word);
		v = path.st == ST_OK && path.p ? json_object_get(c->byname, path.p) : NULL;
		if (v == NULL && path.st == ST_OK && path.p)
			v = json_object_get(c->byname, path.p + group);
		if (v)
			fact_put(c->f, v, "role", json_string("coordinate"));
	}
	buf_release(&path);
}

static void variables(struct cf *c)
{
	static const char *const marks[] = { "coordinates", "bounds", "climatology", "ancillary_variables", "grid_mapping", "cell_measures", NULL };
	json_t *v, *a;
	size_t i, k;

	json_array_foreach(c->variables, i, v) {
		if ((a = json_object_get(v, "attributes")) != NULL) {
			move(v, a, "units", "unit");
			move(v, a, "standard_name", "standardName");
			move(v, a, "long_name", "label");
		}
		if (json_text(v, "name") && json_object_set(c->byname, json_text(v, "name"), v) != 0)
			fact_put(c->f, NULL, "", NULL);
	}
	json_array_foreach(c->variables, i, v) {
		if (is_axis(v))
			fact_put(c->f, v, "role", json_string("coordinate"));
		for (k = 0; marks[k]; k++)
			if (k != 3)	/* ancillary variables are data of their own */
				mark(c, v, array_text(json_object_get(v, "attributes"), marks[k]));
	}
	json_array_foreach(c->variables, i, v) {
		look(c, v);
		a = json_object_get(v, "attributes");
		if (json_object_get(v, "role") == NULL)
			fact_put(c->f, v, "role", json_string(json_object_get(a, "axis") || is_lat_unit(json_slice(json_object_get(v, "unit"))) ||
			    is_lon_unit(json_slice(json_object_get(v, "unit"))) ? "coordinate" : "data"));
		if (a && json_object_size(a) == 0)
			json_object_del(v, "attributes");
	}
}

/* ---- time and place ---- */

static bool put_moment(struct cf *c, json_t *time, const char *key, double v, struct slice calendar)
{
	struct buf b = BUF_INIT(100);
	bool ok = cf_moment(json_slice(json_object_get(c->time, "unit")), calendar, v, &b);

	if (ok)
		fact_put(c->f, time, key, json_stringn(b.p, b.n));
	buf_release(&b);
	return ok;
}

static bool time_of_values(struct cf *c)
{
	struct slice calendar = array_text(json_object_get(c->time, "attributes"), "calendar");
	json_t *t;

	if (c->time == NULL || (t = json_object()) == NULL)
		return false;
	if (!put_moment(c, t, "start", json_number_value(json_object_get(c->time, "min")), calendar) ||
	    !put_moment(c, t, "end", json_number_value(json_object_get(c->time, "max")), calendar)) {
		json_decref(t);
		return false;
	}
	if (calendar.n && !slice_ieq_str(calendar, "standard") && !slice_ieq_str(calendar, "gregorian") && !slice_ieq_str(calendar, "proleptic_gregorian"))
		fact_put_text(c->f, t, "calendar", calendar);
	fact_put(c->f, t, "variable", json_incref(json_object_get(c->time, "name")));
	fact_put(c->f, fact_root(c->f), "time", t);
	if (json_is_true(json_object_get(c->time, "sampled")))
		fact_check(c->f, "sampled", false, "first and last moment are of a sample of the time axis");
	return true;
}

static void time_of_attributes(struct fact *f)
{
	const json_t *a = json_object_get(fact_root(f), "attributes");
	struct slice from = array_text(a, "time_coverage_start"), to = array_text(a, "time_coverage_end");
	json_t *t;

	if (!date_valid(from) || date_is_range(from))
		return;
	if (!date_valid(to) || date_is_range(to))
		to = from;
	t = json_object();
	fact_put_text(f, t, "start", from);
	fact_put_text(f, t, "end", to);
	fact_put(f, fact_root(f), "time", t);
}

static double wrapped(double lon)
{
	return lon > 180 ? lon - 360 : lon < -180 ? lon + 360 : lon;
}

/* Degrees as the file has them; east and west come into -180..180, and west may then be greater (RFC 7946, 5.2). */
static void put_box(struct fact *f, double w, double s, double e, double n, bool around)
{
	json_t *geo;

	if (!(s >= -90.0001 && n <= 90.0001 && s <= n && w >= -361 && e <= 721 && w <= e))
		return;
	if (around || e - w >= 360) {
		w = -180;
		e = 180;
	} else if (w >= 180 && e > 180) {
		w -= 360;
		e -= 360;
	} else {
		e = wrapped(e);
		w = wrapped(w);
	}
	geo = fact_object(f, "geo");
	fact_put(f, geo, "bbox", json_pack("[f,f,f,f]", w, s < -90 ? -90 : s, e, n > 90 ? 90 : n));
	fact_put(f, geo, "crs", json_string("EPSG:4326"));
}

void cf_box(struct fact *f, double west, double south, double east, double north)
{
	put_box(f, west, south, east, north, false);
}

static bool place_of_values(struct cf *c)
{
	double w, e, n;

	if (c->lat == NULL || c->lon == NULL)
		return false;
	w = json_number_value(json_object_get(c->lon, "min"));
	e = json_number_value(json_object_get(c->lon, "max"));
	n = json_array_size(json_object_get(c->lon, "shape")) == 1 ? (double)json_integer_value(json_object_get(c->lon, "count")) : 0;
	/* A grid around the earth does not repeat its first meridian. */
	put_box(c->f, w, json_number_value(json_object_get(c->lat, "min")), e, json_number_value(json_object_get(c->lat, "max")),
	    is_axis(c->lon) && n > 3 && (e - w) * n / (n - 1) >= 359.9);
	if (json_is_true(json_object_get(c->lat, "sampled")) || json_is_true(json_object_get(c->lon, "sampled")))
		fact_check(c->f, "sampled", false, "the bounding box is of a sample of the coordinates");
	return json_object_get(fact_root(c->f), "geo") != NULL;
}

/* ACDD, and the variable that GOES products keep for it. */
static bool place_of_attributes(struct fact *f, const json_t *a)
{
	double w, s, e, n;

	if (!(array_real(a, "geospatial_lat_min", &s) && array_real(a, "geospatial_lat_max", &n) && array_real(a, "geospatial_lon_min", &w) &&
	    array_real(a, "geospatial_lon_max", &e)) &&
	    !(array_real(a, "geospatial_southbound_latitude", &s) && array_real(a, "geospatial_northbound_latitude", &n) &&
	    array_real(a, "geospatial_westbound_longitude", &w) && array_real(a, "geospatial_eastbound_longitude", &e)))
		return false;
	if (w > e)
		e += 360;
	put_box(f, w, s, e, n, false);
	return json_object_get(fact_root(f), "geo") != NULL;
}

void cf_describe(struct fact *f)
{
	struct cf c = { .f = f, .variables = json_object_get(fact_root(f), "variables"), .byname = json_object() };
	bool placed;
	json_t *v;
	size_t i;

	if (c.byname == NULL) {
		fact_put(f, NULL, "", NULL);
		return;
	}
	variables(&c);
	if (!time_of_values(&c))
		time_of_attributes(f);
	placed = json_object_get(fact_root(f), "geo") || place_of_values(&c) || place_of_attributes(f, json_object_get(fact_root(f), "attributes"));
	json_array_foreach(c.variables, i, v)
		if (!placed)
			placed = place_of_attributes(f, json_object_get(v, "attributes"));
	json_decref(c.byname);
	acdd_propose(f);
	if (json_object_size(json_object_get(fact_root(f), "attributes")) == 0)
		json_object_del(fact_root(f), "attributes");
}
