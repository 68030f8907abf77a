/*
 * GRIB, editions 1 and 2 (WMO-No. 306, FM 92): messages one behind the other, each a field on a grid. Only section headers are read, by hand: eccodes needs its
 * definition files at run time. Parameters that the table below does not know keep their numbers as name. Values are packed and are not read.
 */

#include "base/clock.h"
#include "indexer/extract/array_int.h"

#define PEEK		((size_t)256)	/* of a section */
#define MESSAGES_MOST	1000000u
#define FIELDS_MOST	2000		/* different ones */

struct parameter { uint32_t key; const char *name, *standard, *unit, *label; };
#define P2(discipline, category, number)	((uint32_t)2 << 24 | (uint32_t)(discipline) << 16 | (uint32_t)(category) << 8 | (uint32_t)(number))
#define P1(table, number)			((uint32_t)1 << 24 | (uint32_t)(table) << 8 | (uint32_t)(number))

/* Code tables 4.1 and 4.2 of edition 2; table 2 of edition 1, and number 128 of ECMWF. */
static const struct parameter parameters[] = {
	{ P2(0, 0, 0), "t", "air_temperature", "K", "Temperature" }, { P2(0, 0, 6), "dpt", "dew_point_temperature", "K", "Dew point temperature" },
	{ P2(0, 1, 0), "q", "specific_humidity", "kg kg-1", "Specific humidity" }, { P2(0, 1, 1), "r", "relative_humidity", "%", "Relative humidity" },
	{ P2(0, 1, 8), "tp", "precipitation_amount", "kg m-2", "Total precipitation" }, { P2(0, 2, 2), "u", "eastward_wind", "m s-1", "U component of wind" },
	{ P2(0, 2, 3), "v", "northward_wind", "m s-1", "V component of wind" }, { P2(0, 2, 8), "w", "lagrangian_tendency_of_air_pressure", "Pa s-1", "Vertical velocity" },
	{ P2(0, 3, 0), "pres", "air_pressure", "Pa", "Pressure" }, { P2(0, 3, 1), "prmsl", "air_pressure_at_mean_sea_level", "Pa", "Pressure reduced to mean sea level" },
	{ P2(0, 3, 5), "gh", "geopotential_height", "gpm", "Geopotential height" }, { P2(0, 6, 1), "tcc", "cloud_area_fraction", "%", "Total cloud cover" },
	{ P2(10, 3, 0), "wtmp", "sea_water_temperature", "K", "Water temperature" }, { P2(10, 0, 3), "swh", "sea_surface_wave_significant_height", "m", "Significant height of waves" },
	{ P1(2, 1), "pres", "air_pressure", "Pa", "Pressure" }, { P1(2, 2), "prmsl", "air_pressure_at_mean_sea_level", "Pa", "Pressure reduced to mean sea level" },
	{ P1(2, 7), "gh", "geopotential_height", "gpm", "Geopotential height" }, { P1(2, 11), "t", "air_temperature", "K", "Temperature" },
	{ P1(2, 33), "u", "eastward_wind", "m s-1", "U component of wind" }, { P1(2, 34), "v", "northward_wind", "m s-1", "V component of wind" },
	{ P1(2, 51), "q", "specific_humidity", "kg kg-1", "Specific humidity" }, { P1(2, 52), "r", "relative_humidity", "%", "Relative humidity" },
	{ P1(2, 61), "tp", "precipitation_amount", "kg m-2", "Total precipitation" }, { P1(128, 129), "z", "geopotential", "m2 s-2", "Geopotential" },
	{ P1(128, 130), "t", "air_temperature", "K", "Temperature" }, { P1(128, 131), "u", "eastward_wind", "m s-1", "U component of wind" },
	{ P1(128, 132), "v", "northward_wind", "m s-1", "V component of wind" }, { P1(128, 133), "q", "specific_humidity", "kg kg-1", "Specific humidity" },
	{ P1(128, 151), "msl", "air_pressure_at_mean_sea_level", "Pa", "Mean sea level pressure" }, { P1(128, 167), "2t", "air_temperature", "K", "2 metre temperature" },
	{ P1(128, 165), "10u", "eastward_wind", "m s-1", "10 metre U wind component" }, { P1(128, 166), "10v", "northward_wind", "m s-1", "10 metre V wind component" },
};

struct field { uint32_t key; uint64_t ni, nj, messages; };

struct grib {
	struct fact *f;
	struct source *src;
	struct field fields[FIELDS_MOST];
	unsigned n, messages, edition;
	uint64_t ni, nj;		/* of the grid in force */
	double south, north, west, east;
	bool placed, timed;
	int64_t reference, from, to;	/* seconds since 1970 */
};

static uint64_t be(const uint8_t *p, unsigned n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | *p++;
	return v;
}

/* Sign and magnitude (WMO regulation 92.1.5). */
static double angle(const uint8_t *p, unsigned n, double unit)
{
	uint64_t v = be(p, n), sign = (uint64_t)1 << (8 * n - 1);

	return (v & sign ? -1.0 : 1.0) * (double)(v & (sign - 1)) * unit;
}

static void place(struct grib *g, double la1, double lo1, double la2, double lo2)
{
	if (lo2 < lo1)
		lo2 += 360;
	if (la1 < -90 || la1 > 90 || la2 < -90 || la2 > 90 || lo1 < -360 || lo2 > 720)
		return;
	if (!g->placed || la1 < g->south || la2 < g->south)
		g->south = la1 < la2 ? la1 : la2;
	if (!g->placed || la1 > g->north || la2 > g->north)
		g->north = la1 > la2 ? la1 : la2;
	if (!g->placed || lo1 < g->west)
		g->west = lo1;
	/* A grid around the earth ends one step before its first meridian. */
	if (g->ni > 1 && (lo2 - lo1) * (double)g->ni / (double)(g->ni - 1) >= 359.9)
		lo2 = lo1 + 360;
	if (!g->placed || lo2 > g->east)
		g->east = lo2;
	g->placed = true;
}

static void moment(struct grib *g, int year, const uint8_t *p /* month, day, hour, minute */)
{
	char text[40];
	bool day;

	snprintf(text, sizeof(text), "%04d-%02u-%02uT%02u:%02u:00Z", year, p[0], p[1], p[2], p[3]);
	if (!iso8601_parse(slice_str(text), &g->reference, &day))
		g->reference = INT64_MIN;
}

/* Code table 4.4: minute, hour, day, and hours by 3, 6, 12 */
static void forecast(struct grib *g, unsigned unit, uint64_t n)
{
	static const unsigned seconds[] = { 60, 3600, 86400 };
	int64_t s = unit < 3 ? seconds[unit] : unit == 10 ? 3 * 3600 : unit == 11 ? 6 * 3600 : unit == 12 ? 12 * 3600 : unit == 13 ? 1 : 0, at;

	if (g->reference == INT64_MIN)
		return;
	at = g->reference + (n < 100000 ? (int64_t)n * s : 0);
	g->from = g->timed && g->from < at ? g->from : at;
	g->to = g->timed && g->to > at ? g->to : at;
	g->timed = true;
}

static void add_field(struct grib *g, uint32_t key)
{
	unsigned i;

	for (i = 0; i < g->n && (g->fields[i].key != key || g->fields[i].ni != g->ni || g->fields[i].nj != g->nj); i++)
		;
	if (i == FIELDS_MOST)
		return;
	if (i == g->n)
		g->fields[g->n++] = (struct field){ key, g->ni, g->nj, 0 };
	g->fields[i].messages++;
}

/* ---- edition 2: numbered sections ---- */

static bool section(struct grib *g, const uint8_t *p, size_t n, uint32_t *key, unsigned discipline)
{
	switch (p[4]) {
	case 1:
		if (n < 21)
			return false;
		moment(g, (int)be(p + 12, 2), p + 14);
		return true;
	case 3:
		if (n < 14)
			return false;
		g->ni = be(p + 6, 4);	/* points, when the template says no more */
		g->nj = 1;
		if (be(p + 12, 2) <= 3 && n >= 63) {	/* latitude and longitude, rotated or not */
			g->ni = be(p + 30, 4);
			g->nj = be(p + 34, 4);
			if (be(p + 12, 2) == 0)
				place(g, angle(p + 46, 4, 1e-6), angle(p + 50, 4, 1e-6), angle(p + 55, 4, 1e-6), angle(p + 59, 4, 1e-6));
		}
		return true;
	case 4:
		if (n < 22)
			return false;
		*key = P2(discipline, p[9], p[10]);
		forecast(g, p[17], be(p + 18, 4));
		return true;
	case 7:
		add_field(g, *key);
		return true;
	default:
		return p[4] >= 1 && p[4] <= 7;
	}
}

static bool message2(struct grib *g, uint64_t at, uint64_t end, unsigned discipline)
{
	uint8_t p[PEEK];
	uint32_t key = 0;
	uint64_t len;
	size_t got;

	for (at += 16; at + 4 < end && array_room(g->src) > PEEK; at += len) {
		if (source_read(g->src, at, p, sizeof(p), &got, NULL) != ST_OK || got < 5)
			return false;
		if (memcmp(p, "7777", 4) == 0)
			return true;
		len = be(p, 4);
		if (len < 5 || len > end - at || !section(g, p, got < len ? got : (size_t)len, &key, discipline))
			return false;
	}
	return true;
}

/* ---- edition 1 ---- */

static bool message1(struct grib *g, uint64_t at, uint64_t end)
{
	uint8_t p[PEEK], d[PEEK];
	uint64_t len;
	size_t got;

	if (source_read(g->src, at + 8, p, sizeof(p), &got, NULL) != ST_OK || got < 28 || (len = be(p, 3)) < 28 || len > end - at - 8)
		return false;
	moment(g, ((int)p[24] - 1) * 100 + p[12], p + 13);
	forecast(g, p[17], p[18]);
	g->ni = g->nj = 0;
	if (p[7] & 0x80) {
		if (source_read(g->src, at + 8 + len, d, sizeof(d), &got, NULL) != ST_OK || got < 32)
			return false;
		g->ni = be(d + 6, 2);
		g->nj = be(d + 8, 2);
		if (d[5] == 0 || d[5] == 4)
			place(g, angle(d + 10, 3, 1e-3), angle(d + 13, 3, 1e-3), angle(d + 17, 3, 1e-3), angle(d + 20, 3, 1e-3));
	}
	add_field(g, P1(p[3], p[8]));
	return true;
}

/* ---- the file ---- */

/* The next message at or behind *at: some files are filled up with zeros between. False: none. */
static bool find(struct grib *g, uint64_t *at, uint8_t *p)
{
	unsigned filling = 0;
	size_t got;

	if (source_read(g->src, *at, p, 16, &got, NULL) != ST_OK || got < 16)
		return false;
	while (got == 16 && memcmp(p, "GRIB", 4) != 0 && p[0] == 0 && filling++ < 4096) {
		++*at;
		if (source_read(g->src, *at, p, 16, &got, NULL) != ST_OK)
			return false;
	}
	return got == 16 && memcmp(p, "GRIB", 4) == 0;
}

static void messages(struct grib *g)
{
	uint64_t at = 0, len;
	uint8_t p[16];
	bool ok = true;

	while (ok && g->messages < MESSAGES_MOST && at < g->src->size && find(g, &at, p)) {
		if (array_room(g->src) < 4096) {
			fact_partial(g->f, "only the first %u messages of a long file were looked at", g->messages);
			break;
		}
		g->edition = p[7];
		len = p[7] == 2 ? be(p + 8, 8) : be(p + 4, 3);
		ok = (p[7] == 1 || p[7] == 2) && len >= 16 && len <= g->src->size - at;
		if (ok)
			ok = p[7] == 2 ? message2(g, at, at + len, p[6]) : message1(g, at, at + len);
		g->messages += ok;
		at += ok ? len : 0;
	}
	if (g->messages == 0)
		fact_unreadable(g->f, "the first message is damaged or cut off");
	else if (!ok)
		fact_partial(g->f, "message %u is damaged or cut off", g->messages + 1);
}

static void put_field(struct grib *g, const struct field *x)
{
	const struct parameter *p = NULL;
	char name[60];
	json_t *v;
	size_t i;

	for (i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++)
		if (parameters[i].key == x->key)
			p = &parameters[i];
	if (x->key >> 24 == 2)
		snprintf(name, sizeof(name), "parameter %u.%u.%u", x->key >> 16 & 255, x->key >> 8 & 255, x->key & 255);
	else
		snprintf(name, sizeof(name), "parameter %u.%u", x->key >> 8 & 255, x->key & 255);
	v = array_variable(g->f, slice_str(p ? p->name : name), DT_FLOAT32, json_pack("[s,s,s]", "message", "y", "x"),
	    json_pack("[I,I,I]", (json_int_t)x->messages, (json_int_t)x->nj, (json_int_t)x->ni));
	if (v == NULL || p == NULL)
		return;
	fact_put(g->f, v, "label", json_string(p->label));
	fact_put(g->f, v, "standardName", json_string(p->standard));
	fact_put(g->f, v, "unit", json_string(p->unit));
}

static void put(struct grib *g)
{
	char from[ISO8601_LEN], to[ISO8601_LEN], version[8];
	unsigned i;

	snprintf(version, sizeof(version), "%u", g->edition);
	fact_format(g->f, "GRIB", version, NULL);
	for (i = 0; i < g->n; i++)
		put_field(g, &g->fields[i]);
	fact_put_int(g->f, fact_object(g->f, "attributes"), "messages", g->messages);
	if (g->timed) {
		iso8601(from, g->from);
		iso8601(to, g->to);
		fact_put(g->f, fact_root(g->f), "time", json_pack("{s:s,s:s}", "start", from, "end", to));
	}
	if (g->placed)
		cf_box(g->f, g->west, g->south, g->east, g->north);
	cf_describe(g->f);
}

static st_t grib_read(struct fact *f, const struct head *h, struct source *src)
{
	struct grib *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return ST_NOMEM;
	g->f = f;
	g->src = src;
	fact_media(f, "application/x-grib");
	messages(g);
	put(g);
	free(g);
	return ST_OK;
}

static int grib_bid(const struct head *h)
{
	return h->n >= 16 && memcmp(h->p, "GRIB", 4) == 0 && (h->p[7] == 1 || h->p[7] == 2) ? 95 : 0;
}

const struct extractor ex_grib = { .name = "grib", .version = 1, .bid = grib_bid, .read = grib_read };
