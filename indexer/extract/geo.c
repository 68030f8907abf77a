#include "indexer/extract/geo.h"

#include <math.h>
#include <stdlib.h>

#define LAYERS_MOST	200
#define COLUMNS_MOST	20000u

static const char *const kind_names[GEO_KINDS] = { "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection",
    "other", "none" };

enum geo_kind geo_kind_of(struct slice name)
{
	static const struct { const char *name; enum geo_kind kind; } also[] = { { "MultiGeometry", GEO_COLLECTION }, { "LinearRing", GEO_LINE }, { "Curve", GEO_LINE },
	    { "Surface", GEO_POLYGON }, { "MultiCurve", GEO_MULTILINE }, { "MultiSurface", GEO_MULTIPOLYGON }, { "Track", GEO_LINE }, { "MultiTrack", GEO_MULTILINE },
	    { "MultiGeometry", GEO_COLLECTION } };
	size_t i;

	for (i = 0; i <= GEO_COLLECTION; i++)
		if (slice_ieq_str(name, kind_names[i]))
			return (enum geo_kind)i;
	for (i = 0; i < sizeof(also) / sizeof(also[0]); i++)
		if (slice_ieq_str(name, also[i].name))
			return also[i].kind;
	return GEO_OTHER;
}

void layer_init(struct layer *l)
{
	*l = (struct layer){ .box = { INFINITY, INFINITY, -INFINITY, -INFINITY } };
}

void layer_point(struct layer *l, double x, double y)
{
	if (!isfinite(x) || !isfinite(y))
		return;
	l->points++;
	l->box[0] = x < l->box[0] ? x : l->box[0];
	l->box[1] = y < l->box[1] ? y : l->box[1];
	l->box[2] = x > l->box[2] ? x : l->box[2];
	l->box[3] = y > l->box[3] ? y : l->box[3];
}

/* A single kind has its name, single and multiple together have the multiple one's, as OGC software does. */
static const char *geometry(const struct layer *l)
{
	enum geo_kind k, found = GEO_NONE;
	unsigned n = 0;

	for (k = 0; k < GEO_NONE; k++)
		if (l->kinds[k]) {
			found = k;
			n++;
		}
	if (n == 2)
		for (k = GEO_POINT; k <= GEO_POLYGON; k++)
			if (l->kinds[k] && l->kinds[k + GEO_MULTIPOINT])
				return kind_names[k + GEO_MULTIPOINT];
	return n == 1 ? kind_names[found] : n ? "mixed" : NULL;
}

static void put_members(struct fact *f, json_t *geo, const struct layer *l)
{
	const double *b = l->box;
	double corners[8] = { b[0], b[1], b[2], b[1], b[2], b[3], b[0], b[3] };
	enum geo_kind k;
	json_t *counts;

	crs_put(f, geo, &l->crs, corners, l->points ? 4 : 0);
	if (geometry(l))
		fact_put(f, geo, "geometry", json_string(geometry(l)));
	fact_put_int(f, geo, "features", (int64_t)l->features);
	if (geometry(l) && strcmp(geometry(l), "mixed") == 0 && (counts = json_object()) != NULL) {
		for (k = 0; k < GEO_KINDS; k++)
			if (l->kinds[k])
				fact_put_int(f, counts, kind_names[k], (int64_t)l->kinds[k]);
		fact_put(f, geo, "geometries", counts);
	}
	if (l->kinds[GEO_NONE])
		fact_put_int(f, geo, "withoutGeometry", (int64_t)l->kinds[GEO_NONE]);
	if (l->crs.kind == CRS_DEGREES && l->points && (b[0] < -360.0001 || b[2] > 360.0001 || b[1] < -90.0001 || b[3] > 90.0001))
		fact_check(f, "not-degrees", true, "coordinates that should be degrees reach from %g, %g to %g, %g", b[0], b[1], b[2], b[3]);
}

/* The box of all layers, while they agree on the system. */
static void join(struct fact *f, json_t *geo, const json_t *one)
{
	static const char *const keys[] = { "bbox", "extent" };
	const json_t *mine, *other;
	json_t *box;
	double a[4], b[4];
	size_t i, k;

	for (i = 0; i < 2; i++) {
		if ((other = json_object_get(one, keys[i])) == NULL)
			continue;
		mine = json_object_get(geo, keys[i]);
		if (mine == NULL) {
			fact_put(f, geo, keys[i], json_deep_copy(other));
			continue;
		}
		for (k = 0; k < 4; k++) {
			a[k] = json_number_value(json_array_get(mine, k));
			b[k] = json_number_value(json_array_get(other, k));
		}
		box = json_pack("[f,f,f,f]", fmin(a[0], b[0]), fmin(a[1], b[1]), fmax(a[2], b[2]), fmax(a[3], b[3]));
		fact_put(f, geo, keys[i], box);
	}
}

void layer_put(struct fact *f, const struct layer *l, bool several)
{
	json_t *geo = fact_object(f, "geo"), *list, *one;
	json_int_t n;

	if (geo == NULL)
		return;
	if (!several) {
		put_members(f, geo, l);
		return;
	}
	if ((list = json_object_get(geo, "layers")) == NULL) {
		fact_put(f, geo, "layers", json_array());
		list = json_object_get(geo, "layers");
	}
	if (list == NULL || (one = json_object()) == NULL)
		return;
	fact_put_text(f, one, "name", slice_str(l->name));
	put_members(f, one, l);
	join(f, geo, one);
	n = json_integer_value(json_object_get(geo, "features"));
	fact_put_int(f, geo, "features", n + (json_int_t)l->features);
	if (json_object_get(one, "crs") && !json_object_get(geo, "crs"))
		fact_put(f, geo, "crs", json_deep_copy(json_object_get(one, "crs")));
	if (json_array_size(list) < LAYERS_MOST)
		json_array_append_new(list, one);
	else
		json_decref(one);
}

st_t props_new(struct props *p, struct fact *f, struct slice table)
{
	*p = (struct props){ .names = map_new() };
	if (p->names == NULL || (p->t = table_new(f, table)) == NULL) {
		map_free(p->names, NULL);
		p->names = NULL;
		return ST_NOMEM;
	}
	return ST_OK;
}

uint32_t props_column(struct props *p, struct slice name)
{
	uintptr_t k = (uintptr_t)map_get(p->names, name);
	uint32_t col;

	if (k)
		return (uint32_t)(k - 1);
	if (p->n >= COLUMNS_MOST)
		return UINT32_MAX;
	col = table_column(p->t, name);
	if (map_put(p->names, name, (void *)((uintptr_t)col + 1), NULL) != ST_OK)
		return UINT32_MAX;
	p->n++;
	return col;
}

void props_end(struct props *p, bool keep)
{
	if (p->t && keep && p->n)
		table_end(p->t, SLICE_NULL);
	else
		table_drop(p->t);
	map_free(p->names, NULL);
	*p = (struct props){ 0 };
}

const uint8_t *window_need(struct window *w, uint64_t at, size_t n)
{
	if (n > sizeof(w->p))
		return NULL;
	if (at < w->at || at + n > w->at + w->n) {
		if (source_read(w->src, at, w->p, sizeof(w->p), &w->n, NULL) != ST_OK)
			w->n = 0;
		w->at = at;
		if (w->n < n)
			return NULL;
	}
	return w->p + (at - w->at);
}
