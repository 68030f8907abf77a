#include "indexer/extract/crs.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>

#define STEPS	20			/* places looked at along an edge */
#define A	6378137.0		/* WGS 84 and GRS 80, m */
#define F	(1 / 298.257223563)
#define K0	0.9996

/* Geographic systems whose degrees are those of WGS 84 to about a metre. Others (Tokyo 1918, NAD27, ED50) are off by up to a kilometre. */
static const struct { unsigned epsg; const char *name; bool wgs84; } degrees[] = {
	{ 4326, "WGS 84", true }, { 4979, "WGS 84", true }, { 4269, "NAD83", true }, { 4258, "ETRS89", true }, { 4612, "JGD2000", true }, { 6668, "JGD2011", true },
	{ 4283, "GDA94", true }, { 7844, "GDA2020", true }, { 4490, "China Geodetic Coordinate System 2000", true }, { 4167, "NZGD2000", true },
	{ 4674, "SIRGAS 2000", true }, { 4322, "WGS 72", false }, { 4267, "NAD27", false }, { 4230, "ED50", false }, { 4277, "OSGB36", false },
	{ 4301, "Tokyo", false }, { 4314, "DHDN", false }, { 4313, "BD72", false }, { 4289, "Amersfoort", false },
};

/* Families of UTM zones: EPSG code less the zone, and the datum. */
static const struct { unsigned base, first, last; bool south, wgs84; const char *name; } utm[] = {
	{ 32600, 1, 60, false, true, "WGS 84" }, { 32700, 1, 60, true, true, "WGS 84" }, { 26900, 1, 23, false, true, "NAD83" },
	{ 25800, 28, 38, false, true, "ETRS89" }, { 3046, 51, 55, false, true, "JGD2000" }, { 6637, 51, 55, false, true, "JGD2011" },
	{ 28300, 48, 58, true, true, "GDA94" }, { 7800, 46, 59, true, true, "GDA2020" }, { 31954, 11, 22, false, true, "SIRGAS 2000" },
	{ 31960, 17, 25, true, true, "SIRGAS 2000" },
};

static void utm_name(struct crs *c, const char *datum)
{
	if (strncmp(datum, "GDA", 3) == 0)
		snprintf(c->name, sizeof(c->name), "%s / MGA zone %u", datum, c->zone);
	else
		snprintf(c->name, sizeof(c->name), "%s / UTM zone %u%c", datum, c->zone, c->south ? 'S' : 'N');
}

void crs_of_epsg(struct crs *c, unsigned epsg)
{
	size_t i;

	*c = (struct crs){ .epsg = epsg };
	for (i = 0; i < sizeof(degrees) / sizeof(degrees[0]); i++)
		if (degrees[i].epsg == epsg) {
			c->kind = CRS_DEGREES;
			c->wgs84 = degrees[i].wgs84;
			snprintf(c->name, sizeof(c->name), "%s", degrees[i].name);
		}
	for (i = 0; i < sizeof(utm) / sizeof(utm[0]); i++)
		if (epsg > utm[i].base && epsg - utm[i].base >= utm[i].first && epsg - utm[i].base <= utm[i].last) {
			c->kind = CRS_UTM;
			c->zone = epsg - utm[i].base;
			c->south = utm[i].south;
			c->wgs84 = utm[i].wgs84;
			utm_name(c, utm[i].name);
		}
	if (epsg == 3857 || epsg == 900913 || epsg == 3785 || epsg == 102100) {
		c->kind = CRS_WEB_MERCATOR;
		c->wgs84 = true;
		snprintf(c->name, sizeof(c->name), "WGS 84 / Pseudo-Mercator");
	}
}

/* ---- WKT ---- */

/* The first quoted text behind ${key} and its bracket. */
static struct slice wkt_name(struct slice wkt, const char *key)
{
	size_t n = strlen(key), i;
	const char *p;

	for (i = 0; i + n < wkt.n; i++) {
		if (strncasecmp(wkt.p + i, key, n) != 0 || (i && (isalnum((unsigned char)wkt.p[i - 1]) || wkt.p[i - 1] == '_')))
			continue;
		i += n;
		while (i < wkt.n && wkt.p[i] == ' ')
			i++;
		if (i >= wkt.n || (wkt.p[i] != '[' && wkt.p[i] != '('))
			continue;
		for (i++; i < wkt.n && wkt.p[i] == ' '; i++)
			;
		if (i < wkt.n && wkt.p[i] == '"' && (p = memchr(wkt.p + i + 1, '"', wkt.n - i - 1)) != NULL)
			return slice_of(wkt.p + i + 1, (size_t)(p - wkt.p) - i - 1);
	}
	return SLICE_NULL;
}

/* The code of the last AUTHORITY["EPSG","n"] or ID["EPSG",n], which is that of the whole. */
static unsigned wkt_epsg(struct slice wkt)
{
	unsigned code = 0;
	size_t i;

	for (i = 0; i + 8 < wkt.n; i++)
		if (strncasecmp(wkt.p + i, "\"EPSG\",", 7) == 0) {
			size_t k = i + 7;
			unsigned v = 0;

			while (k < wkt.n && (wkt.p[k] == '"' || wkt.p[k] == ' '))
				k++;
			for (; k < wkt.n && isdigit((unsigned char)wkt.p[k]) && v < 10000000; k++)
				v = v * 10 + (unsigned)(wkt.p[k] - '0');
			/* Only at the end does it stand for all of it. */
			while (k < wkt.n && strchr("\"])} \r\n\t", wkt.p[k]))
				k++;
			if (k == wkt.n)
				code = v;
		}
	return code;
}

static bool has(struct slice s, const char *word)
{
	size_t n = strlen(word), i;

	for (i = 0; i + n <= s.n; i++)
		if (strncasecmp(s.p + i, word, n) == 0)
			return true;
	return false;
}

/* Names of datums as Esri and others write them. */
static unsigned datum_epsg(struct slice name)
{
	static const struct { const char *word; unsigned epsg; } words[] = { { "WGS_1984", 4326 }, { "WGS 84", 4326 }, { "WGS84", 4326 }, { "JGD_2011", 6668 },
	    { "JGD2011", 6668 }, { "JGD_2000", 4612 }, { "JGD2000", 4612 }, { "North_American_1983", 4269 }, { "NAD83", 4269 }, { "ETRS", 4258 },
	    { "GDA_1994", 4283 }, { "GDA94", 4283 }, { "North_American_1927", 4267 }, { "NAD27", 4267 }, { "Tokyo", 4301 } };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (has(name, words[i].word))
			return words[i].epsg;
	return 0;
}

static void wkt_projected(struct crs *c, struct slice wkt, struct slice name, unsigned datum)
{
	struct crs base;
	size_t i;

	if (has(name, "Web_Mercator") || has(name, "Pseudo-Mercator")) {
		crs_of_epsg(c, 3857);
		return;
	}
	crs_of_epsg(&base, datum);
	for (i = 0; i + 5 < name.n && c->kind == CRS_UNKNOWN; i++)
		if (strncasecmp(name.p + i, "zone", 4) == 0 && has(name, "UTM") && has(wkt, "Transverse")) {
			size_t k = i + 4;

			while (k < name.n && (name.p[k] == '_' || name.p[k] == ' '))
				k++;
			for (; k < name.n && isdigit((unsigned char)name.p[k]) && c->zone < 100; k++)
				c->zone = c->zone * 10 + (unsigned)(name.p[k] - '0');
			c->south = k < name.n && (name.p[k] == 'S' || name.p[k] == 's');
			if (c->zone >= 1 && c->zone <= 60)
				c->kind = CRS_UTM;
		}
	c->wgs84 = base.wgs84;
	for (i = 0; i < sizeof(utm) / sizeof(utm[0]) && c->kind == CRS_UTM; i++)
		if (base.name[0] && strcmp(utm[i].name, base.name) == 0 && utm[i].south == c->south && c->zone >= utm[i].first && c->zone <= utm[i].last) {
			crs_of_epsg(c, utm[i].base + c->zone);
			break;
		}
}

void crs_of_wkt(struct crs *c, struct slice wkt)
{
	struct slice name, datum;
	bool projected;
	unsigned epsg = wkt_epsg(wkt);

	*c = (struct crs){ 0 };
	name = wkt_name(wkt, "PROJCS");
	if (name.n == 0)
		name = wkt_name(wkt, "PROJCRS");
	projected = name.n != 0;
	if (!projected && (name = wkt_name(wkt, "GEOGCS")).n == 0 && (name = wkt_name(wkt, "GEOGCRS")).n == 0)
		name = wkt_name(wkt, "GEODCRS");
	if (epsg)
		crs_of_epsg(c, epsg);
	if (c->kind != CRS_UNKNOWN || name.n == 0)
		return;
	datum = wkt_name(wkt, "DATUM");
	if (projected)
		wkt_projected(c, wkt, name, datum_epsg(datum));
	else if (datum_epsg(datum) || datum_epsg(name))
		crs_of_epsg(c, datum_epsg(datum) ? datum_epsg(datum) : datum_epsg(name));
	else
		c->kind = CRS_DEGREES;
	if (c->name[0] == '\0' && name.n)
		snprintf(c->name, sizeof(c->name), "%.*s", (int)(name.n < 100 ? name.n : 100), name.p);
	if (c->epsg == 0)
		c->epsg = epsg;
}

/* ---- back to degrees ---- */

/*
 * Transverse Mercator on the ellipsoid, inverse, by the series of Krüger in the third flattening n (IOGP 373-7-2, method 9807, JHS form): to the fourth
 * order it is good to a micrometre within a zone.
 */
static bool utm_inverse(const struct crs *c, double x, double y, double *lon, double *lat)
{
	const double n = F / (2 - F), n2 = n * n, n3 = n2 * n, n4 = n3 * n, e = sqrt(F * (2 - F));
	const double b = A / (1 + n) * (1 + n2 / 4 + n4 / 64);
	const double h[4] = { n / 2 - 2 * n2 / 3 + 37 * n3 / 96 - n4 / 360, n2 / 48 + n3 / 15 - 437 * n4 / 1440, 17 * n3 / 480 - 37 * n4 / 840,
	    4397 * n4 / 161280 };
	double eta = (x - 500000) / (b * K0), xi = (y - (c->south ? 10000000 : 0)) / (b * K0), xi0 = xi, eta0 = eta, beta, q, q1;
	int i;

	if (!(fabs(x - 500000) <= 1500000) || !(y >= (c->south ? 0 : -100000)) || !(y <= (c->south ? 10100000 : 9400000)))
		return false;
	for (i = 0; i < 4; i++) {
		xi0 -= h[i] * sin(2 * (i + 1) * xi) * cosh(2 * (i + 1) * eta);
		eta0 -= h[i] * cos(2 * (i + 1) * xi) * sinh(2 * (i + 1) * eta);
	}
	beta = asin(sin(xi0) / cosh(eta0));
	q = asinh(tan(beta));
	for (q1 = q, i = 0; i < 8; i++)
		q1 = q + e * atanh(e * tanh(q1));
	*lat = atan(sinh(q1)) * 180 / M_PI;
	*lon = asin(tanh(eta0) / cos(beta)) * 180 / M_PI + (double)c->zone * 6 - 183;
	return isfinite(*lat) && isfinite(*lon);
}

bool crs_lonlat(const struct crs *c, double x, double y, double *lon, double *lat)
{
	switch (c->kind) {
	case CRS_DEGREES:
		*lon = x;
		*lat = y;
		return x >= -180.0001 && x <= 360.0001 && y >= -90.0001 && y <= 90.0001;
	case CRS_WEB_MERCATOR:
		*lon = x / A * 180 / M_PI;
		*lat = (2 * atan(exp(y / A)) - M_PI / 2) * 180 / M_PI;
		return fabs(*lon) <= 180.0001 && fabs(y) < 3e7;
	case CRS_UTM:
		return utm_inverse(c, x, y, lon, lat);
	default:
		return false;
	}
}

static bool walk(const struct crs *c, const double *corners, unsigned n, double box[4])
{
	double lon, lat, t, x, y;
	unsigned i, k, next;

	box[0] = box[1] = INFINITY;
	box[2] = box[3] = -INFINITY;
	for (i = 0; i < n; i++)
		for (next = (i + 1) % n, k = 0; k < STEPS; k++) {
			t = (double)k / STEPS;
			x = corners[2 * i] * (1 - t) + corners[2 * next] * t;
			y = corners[2 * i + 1] * (1 - t) + corners[2 * next + 1] * t;
			if (!crs_lonlat(c, x, y, &lon, &lat))
				return false;
			box[0] = fmin(box[0], lon), box[2] = fmax(box[2], lon);
			box[1] = fmin(box[1], lat), box[3] = fmax(box[3], lat);
		}
	return n != 0;
}

/* RFC 7946, 5.2: a box over the antimeridian has its west greater than its east. */
static void wrap(double b[4])
{
	if (b[2] - b[0] >= 360) {
		b[0] = -180;
		b[2] = 180;
	} else if (b[2] > 180.0001)
		b[0] -= b[0] > 180 ? 360 : 0, b[2] -= 360;
	else if (b[0] < -180.0001)
		b[0] += 360;
}

static bool degrees_box(const double flat[4], double box[4])
{
	memcpy(box, flat, 4 * sizeof(*box));
	return box[0] >= -360.0001 && box[2] <= 360.0001 && box[1] >= -90.0001 && box[3] <= 90.0001;
}

static json_t *four(const double b[4])
{
	return json_pack("[f,f,f,f]", b[0], b[1], b[2], b[3]);
}

void crs_put(struct fact *f, json_t *geo, const struct crs *c, const double *corners, unsigned n)
{
	char code[24];
	double box[4], flat[4] = { INFINITY, INFINITY, -INFINITY, -INFINITY };
	unsigned i;

	if (c->epsg) {
		snprintf(code, sizeof(code), "EPSG:%u", c->epsg);
		fact_put_text(f, geo, "crs", slice_str(code));
	}
	if (c->name[0])
		fact_put_text(f, geo, "crsName", slice_str(c->name));
	for (i = 0; i < n; i++) {
		if (!isfinite(corners[2 * i]) || !isfinite(corners[2 * i + 1]))
			return;
		flat[0] = fmin(flat[0], corners[2 * i]), flat[2] = fmax(flat[2], corners[2 * i]);
		flat[1] = fmin(flat[1], corners[2 * i + 1]), flat[3] = fmax(flat[3], corners[2 * i + 1]);
	}
	if (n == 0)
		return;
	if (c->wgs84 && (c->kind == CRS_DEGREES ? degrees_box(flat, box) : walk(c, corners, n, box))) {
		wrap(box);
		fact_put(f, geo, "bbox", four(box));
	}
	if (c->kind != CRS_DEGREES || !json_object_get(geo, "bbox"))
		fact_put(f, geo, "extent", four(flat));
}
