/* GeoTIFF (OGC 19-008): where the picture lies, from the tags that place its pixels and from the GeoKeys that name the reference system. */

#include <math.h>

#include "indexer/extract/crs.h"
#include "indexer/extract/tiff_int.h"

enum { KEY_MODEL = 1024, KEY_RASTER = 1025, KEY_CITATION = 1026, KEY_GEOGRAPHIC = 2048, KEY_GEOG_CITATION = 2049, KEY_PROJECTED = 3072,
    KEY_PCS_CITATION = 3073, KEY_PROJECTION = 3074, KEY_METHOD = 3075, KEY_ORIGIN_LONG = 3080, KEY_FALSE_EAST = 3082, KEY_FALSE_NORTH = 3083,
    KEY_SCALE = 3092 };

struct keys { const uint16_t *dir; unsigned n; const double *d; unsigned dn; const char *a; size_t an; };

/* The directory's entry; NULL when there is none. */
static const uint16_t *entry(const struct keys *k, unsigned key)
{
	unsigned i;

	for (i = 0; i < k->n; i++)
		if (k->dir[4 + 4 * i] == key)
			return k->dir + 4 + 4 * i;
	return NULL;
}

static unsigned key_short(const struct keys *k, unsigned key)
{
	const uint16_t *e = entry(k, key);

	return e && e[1] == 0 ? e[3] : 0;
}

static double key_double(const struct keys *k, unsigned key)
{
	const uint16_t *e = entry(k, key);

	return e && e[1] == TIFFTAG_GEO_DOUBLES && e[3] < k->dn ? k->d[e[3]] : (double)NAN;
}

static struct slice key_text(const struct keys *k, unsigned key)
{
	const uint16_t *e = entry(k, key);
	size_t n;

	if (e == NULL || e[1] != TIFFTAG_GEO_ASCII || e[3] >= k->an)
		return SLICE_NULL;
	n = e[2] < k->an - e[3] ? e[2] : k->an - e[3];
	while (n && (k->a[e[3] + n - 1] == '|' || k->a[e[3] + n - 1] == '\0'))
		n--;
	return slice_of(k->a + e[3], n);
}

static void keys_load(TIFF *tif, struct keys *k)
{
	uint16_t n = 0;
	uint16_t *dir = NULL;
	double *d = NULL;
	char *a = NULL;

	*k = (struct keys){ 0 };
	if (!TIFFGetField(tif, TIFFTAG_GEO_KEYS, &n, &dir) || n < 4)
		return;
	k->dir = dir;
	k->n = dir[3] < (n - 4u) / 4 ? dir[3] : (n - 4u) / 4;
	if (TIFFGetField(tif, TIFFTAG_GEO_DOUBLES, &n, &d) && d) {
		k->d = d;
		k->dn = n;
	}
	if (TIFFGetField(tif, TIFFTAG_GEO_ASCII, &a) && a) {
		k->a = a;
		k->an = strlen(a);
	}
}

/* A projection that is spelt out is UTM when its numbers are. */
static void spelt_utm(const struct keys *k, struct crs *c)
{
	double lon = key_double(k, KEY_ORIGIN_LONG), east = key_double(k, KEY_FALSE_EAST), north = key_double(k, KEY_FALSE_NORTH), scale = key_double(k, KEY_SCALE);

	if (key_short(k, KEY_METHOD) != 1 || !(fabs(scale - 0.9996) < 1e-9) || !(fabs(east - 500000) < 1e-6) || !(fabs(fmod(lon + 183, 6)) < 1e-9) ||
	    !(north == 0 || north == 10000000))
		return;
	c->zone = (unsigned)lround((lon + 183) / 6);
	c->south = north > 0;
	c->kind = c->zone >= 1 && c->zone <= 60 ? CRS_UTM : CRS_UNKNOWN;
}

static void system_of(const struct keys *k, struct crs *c)
{
	unsigned model = key_short(k, KEY_MODEL), code = key_short(k, model == 2 ? KEY_GEOGRAPHIC : KEY_PROJECTED), proj;
	struct slice name = key_text(k, KEY_PCS_CITATION);
	struct crs base;

	*c = (struct crs){ 0 };
	if (code && code != 32767) {
		crs_of_epsg(c, code);
	} else if (model == 1) {
		crs_of_epsg(&base, key_short(k, KEY_GEOGRAPHIC));
		c->wgs84 = base.wgs84;
		proj = key_short(k, KEY_PROJECTION);
		if ((proj > 16000 && proj <= 16060) || (proj > 16100 && proj <= 16160)) {
			c->kind = CRS_UTM;
			c->zone = proj % 100;
			c->south = proj > 16100;
		} else
			spelt_utm(k, c);
	}
	if (name.n == 0)
		name = key_text(k, KEY_CITATION);
	if (name.n == 0)
		name = key_text(k, KEY_GEOG_CITATION);
	if (c->name[0] == '\0' && name.n)
		snprintf(c->name, sizeof(c->name), "%.*s", (int)(name.n < 120 ? name.n : 120), name.p);
}

/* As GDAL writes it: x = t0 + col * t1 + row * t2, y = t3 + col * t4 + row * t5, corners of pixels. */
static bool transform_of(TIFF *tif, bool point, double t[6])
{
	uint16_t n = 0, ties = 0;
	double *m = NULL, *tie = NULL;

	if (TIFFGetField(tif, TIFFTAG_MODEL_SCALE, &n, &m) && m && n >= 2 && TIFFGetField(tif, TIFFTAG_MODEL_TIE, &ties, &tie) && tie && ties >= 6) {
		t[1] = m[0];
		t[2] = t[4] = 0;
		t[5] = -m[1];
		t[0] = tie[3] - tie[0] * t[1];
		t[3] = tie[4] - tie[1] * t[5];
	} else if (TIFFGetField(tif, TIFFTAG_MODEL_TRANSFORM, &n, &m) && m && n >= 16) {
		t[0] = m[3], t[1] = m[0], t[2] = m[1];
		t[3] = m[7], t[4] = m[4], t[5] = m[5];
	} else
		return false;
	if (point) {	/* the numbers are of the middle of the first pixel */
		t[0] -= (t[1] + t[2]) / 2;
		t[3] -= (t[4] + t[5]) / 2;
	}
	return isfinite(t[0] + t[1] + t[2] + t[3] + t[4] + t[5]) && (t[1] != 0 || t[2] != 0);
}

void tiff_geo(struct tiff *x)
{
	struct keys k;
	struct crs c;
	double t[6], w = x->page.w, h = x->page.h, corners[8];
	bool placed;
	json_t *geo;

	keys_load(x->tif, &k);
	placed = transform_of(x->tif, key_short(&k, KEY_RASTER) == 2, t);
	if (!placed && k.n == 0)
		return;
	x->geo = true;
	if ((geo = fact_object(x->f, "geo")) == NULL)
		return;
	json_object_clear(geo);		/* of a map the place is what it shows, not where somebody stood */
	system_of(&k, &c);
	if (placed) {
		double corner[4][2] = { { 0, 0 }, { w, 0 }, { w, h }, { 0, h } };
		unsigned i;

		for (i = 0; i < 4; i++) {
			corners[2 * i] = t[0] + corner[i][0] * t[1] + corner[i][1] * t[2];
			corners[2 * i + 1] = t[3] + corner[i][0] * t[4] + corner[i][1] * t[5];
		}
		fact_put(x->f, geo, "transform", json_pack("[f,f,f,f,f,f]", t[0], t[1], t[2], t[3], t[4], t[5]));
	}
	crs_put(x->f, geo, &c, corners, placed ? 4 : 0);
	if (k.n)
		fact_format(x->f, "GeoTIFF", NULL, "fmt/155");
}
