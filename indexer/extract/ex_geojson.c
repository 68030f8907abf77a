/*
 * GeoJSON (RFC 7946, and the older form with "crs") as a stream of events: features, kinds of geometry, box, and properties as a table. Nothing
 * but the place in the document is remembered.
 */

#include <stdlib.h>

#include "indexer/extract/extract_int.h"
#include "indexer/extract/geo.h"
#include "indexer/extract/json_scan.h"

#define STEP		((size_t)256 << 10)
#define KEY_MOST	256u

enum place { ROOT, FEATURES, FEATURE, PROPS, GEOMETRY, GEOMETRIES, COORDS, CRS, OTHER };

struct gj {
	struct fact *f;
	struct json_scan scan;
	struct layer l;
	struct props props;
	uint8_t place[JSON_SCAN_DEEP + 2];
	unsigned depth;
	char key[KEY_MOST];		/* the last one */
	size_t key_n;
	double xy[2];
	unsigned numbers;		/* of the position so far */
	bool geometry_open;		/* the feature's own, not one inside a collection */
	bool has_kind, nested;
	enum geo_kind kind;
	bool root_is_feature, root_is_geometry, collection, crs_given, named;
};

static bool key_is(const struct gj *x, const char *name)
{
	return strlen(name) == x->key_n && memcmp(x->key, name, x->key_n) == 0;
}

static enum place below(const struct gj *x, enum place up, bool array)
{
	switch (up) {
	case ROOT:
		if (key_is(x, "features") && array)
			return FEATURES;
		if (key_is(x, "crs") && !array)
			return CRS;
		if (key_is(x, "coordinates") && array)
			return COORDS;
		if (key_is(x, "geometries") && array)
			return GEOMETRIES;	/* fall through: a feature alone */
		return !array && key_is(x, "properties") ? PROPS : !array && key_is(x, "geometry") ? GEOMETRY : OTHER;
	case FEATURES: return array ? OTHER : FEATURE;
	case FEATURE: return array ? OTHER : key_is(x, "properties") ? PROPS : key_is(x, "geometry") ? GEOMETRY : OTHER;
	case GEOMETRY: return array && key_is(x, "coordinates") ? COORDS : array && key_is(x, "geometries") ? GEOMETRIES : OTHER;
	case GEOMETRIES: return array ? OTHER : GEOMETRY;
	case COORDS: return array ? COORDS : OTHER;
	case CRS: return array ? OTHER : CRS;
	default: return OTHER;
	}
}

static st_t on_begin(void *ctx, bool array)
{
	struct gj *x = ctx;
	enum place up = x->depth ? x->place[x->depth - 1] : ROOT, now = x->depth ? below(x, up, array) : array ? OTHER : ROOT;
	uint32_t col;

	if (up == PROPS && x->props.t && (col = props_column(&x->props, slice_of(x->key, x->key_n))) != UINT32_MAX)
		table_opaque(x->props.t, col);
	if (now == FEATURE)
		x->has_kind = false;
	if (now == COORDS)
		x->numbers = 0;
	if (now == PROPS && x->props.t == NULL && props_new(&x->props, x->f, SLICE("")) != ST_OK)
		return ST_NOMEM;
	x->place[x->depth++] = (uint8_t)now;
	x->key_n = 0;
	return ST_OK;
}

static void feature_end(struct gj *x)
{
	x->l.features++;
	x->l.kinds[x->has_kind ? x->kind : GEO_NONE]++;
	x->has_kind = false;
	/* Features without properties are rows all the same. */
	if (x->props.t)
		table_row(x->props.t);
}

static st_t on_end(void *ctx, bool array)
{
	struct gj *x = ctx;
	enum place was = x->place[--x->depth];

	(void)array;
	if (was == COORDS && x->numbers >= 2)
		layer_point(&x->l, x->xy[0], x->xy[1]);
	if (was == COORDS)
		x->numbers = 0;
	if (was == FEATURE)
		feature_end(x);
	x->key_n = 0;
	return ST_OK;
}

static st_t on_key(void *ctx, struct slice s)
{
	struct gj *x = ctx;

	x->key_n = s.n < KEY_MOST ? s.n : KEY_MOST - 1;
	memcpy(x->key, s.p ? s.p : "", x->key_n);
	return ST_OK;
}

static void property(struct gj *x, enum json_kind k, struct slice s)
{
	uint32_t col = props_column(&x->props, slice_of(x->key, x->key_n));

	if (col == UINT32_MAX)
		return;
	switch (k) {
	case JSON_STR: table_string(x->props.t, col, s); break;
	case JSON_LONG: table_opaque(x->props.t, col); break;
	case JSON_NUM:
		if (s.n <= 18)
			table_cell(x->props.t, col, s);
		else
			table_real(x->props.t, col, strtod(s.p, NULL));
		break;
	case JSON_YES:
	case JSON_NO: table_bool(x->props.t, col, k == JSON_YES); break;
	default: table_missing(x->props.t, col);
	}
}

/* "urn:ogc:def:crs:EPSG::3857", "EPSG:3857", "urn:ogc:def:crs:OGC:1.3:CRS84" */
static void named_crs(struct gj *x, struct slice s)
{
	struct slice last = s;
	uint64_t code;

	x->crs_given = true;
	if (slice_ends(s, "CRS84")) {
		crs_of_epsg(&x->l.crs, 4326);
		return;
	}
	while (memchr(last.p, ':', last.n))
		slice_cut(&last, ':');
	if (memmem(s.p, s.n, "EPSG", 4) && slice_u64(last, 1000000, &code))
		crs_of_epsg(&x->l.crs, (unsigned)code);
	else
		x->l.crs = (struct crs){ 0 };
}

static void kind_value(struct gj *x, struct slice s, bool root)
{
	if (root && slice_eq_str(s, "FeatureCollection"))
		x->collection = true;
	else if (root && slice_eq_str(s, "Feature"))
		x->root_is_feature = true;
	else {
		x->root_is_geometry |= root && geo_kind_of(s) != GEO_OTHER;
		x->kind = geo_kind_of(s);
		x->has_kind = true;
	}
}

static st_t on_value(void *ctx, enum json_kind k, struct slice s)
{
	struct gj *x = ctx;
	enum place p = x->depth ? x->place[x->depth - 1] : OTHER;
	double v;

	if (p == COORDS && k == JSON_NUM) {
		v = strtod(s.p, NULL);
		if (x->numbers < 2)
			x->xy[x->numbers] = v;
		x->numbers++;
	} else if (p == PROPS && x->props.t) {
		property(x, k, s);
	} else if (k != JSON_STR) {
		return ST_OK;
	} else if (key_is(x, "type") && (p == ROOT || p == GEOMETRY)) {
		/* Of a geometry inside a collection only the collection counts. */
		if (p == ROOT || x->depth < 2 || x->place[x->depth - 2] != GEOMETRIES)
			kind_value(x, s, p == ROOT);
	} else if (key_is(x, "name") && p == CRS) {
		named_crs(x, s);
	} else if (key_is(x, "name") && p == ROOT && s.n < sizeof(x->l.name)) {
		memcpy(x->l.name, s.p, s.n);
		x->l.name[s.n] = '\0';
	}
	return ST_OK;
}

static bool mentions(struct slice t, const char *what)
{
	return memmem(t.p, t.n, what, strlen(what)) != NULL;
}

static int geojson_bid(const struct head *h)
{
	struct slice t = h->text;
	bool called = strcmp(h->ext, "geojson") == 0;

	if (h->magic)
		return 0;
	if (called && t.n == 0)		/* of no encoding: told as broken */
		t = slice_of(h->p, h->n);
	if (slice_starts(t, "\xEF\xBB\xBF"))
		t = slice_of(t.p + 3, t.n - 3);
	while (t.n && strchr(" \t\r\n", t.p[0]))
		t = slice_of(t.p + 1, t.n - 1);
	if (t.n == 0 || t.p[0] != '{')
		return 0;
	if (called)
		return 80;
	/* Inside records of other kinds geometries are small change. */
	return mentions(t, "\"coordinates\"") && mentions(t, "\"geometry\"") && (mentions(t, "\"FeatureCollection\"") || mentions(t, "\"Feature\"")) &&
	    !mentions(t, "stac_version") ? 70 : 0;
}

static st_t scan_all(struct gj *x, struct source *src, struct err *why)
{
	uint8_t *piece = malloc(STEP);
	uint64_t at = 0;
	size_t got, skip;
	st_t st = piece ? ST_OK : ST_NOMEM;

	while (st == ST_OK && at < src->size) {
		if ((st = source_read(src, at, piece, STEP, &got, why)) != ST_OK || got == 0)
			break;
		skip = at == 0 && got >= 3 && memcmp(piece, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
		at += got;
		st = json_scan_push(&x->scan, piece + skip, got - skip, at >= src->size, why);
	}
	free(piece);
	return st;
}

static void conclude(struct gj *x, st_t st, const struct err *why)
{
	if (x->root_is_feature || (x->root_is_geometry && !x->collection))
		feature_end(x);
	if (st != ST_OK && x->l.features == 0)
		fact_unreadable(x->f, "%s", why->text);
	else if (st != ST_OK)
		fact_partial(x->f, "read up to feature %llu: %s", (unsigned long long)x->l.features, why->text);
	else if (!x->collection && !x->root_is_feature && !x->root_is_geometry)
		fact_partial(x->f, "JSON, but no GeoJSON object");
	if (!x->crs_given)
		crs_of_epsg(&x->l.crs, 4326);	/* RFC 7946, 4 */
	if (x->l.features)
		layer_put(x->f, &x->l, false);
	if (x->l.name[0])
		fact_put_text(x->f, fact_root(x->f), "title", slice_str(x->l.name));
	props_end(&x->props, x->l.features != 0);
}

static st_t geojson_read(struct fact *f, const struct head *h, struct source *src)
{
	struct gj *x = calloc(1, sizeof(*x));
	struct err why = ERR_INIT;
	st_t st;

	(void)h;
	if (x == NULL)
		return ST_NOMEM;
	x->f = f;
	layer_init(&x->l);
	fact_media(f, "application/geo+json");
	fact_format(f, "GeoJSON", NULL, "fmt/1367");
	json_scan_init(&x->scan);
	x->scan.on_begin = on_begin;
	x->scan.on_end = on_end;
	x->scan.on_key = on_key;
	x->scan.on_value = on_value;
	x->scan.ctx = x;
	st = scan_all(x, src, &why);
	conclude(x, st, &why);
	json_scan_release(&x->scan);
	free(x);
	return st == ST_NOMEM ? st : ST_OK;
}

const struct extractor ex_geojson = { .name = "geojson", .version = 1, .bid = geojson_bid, .read = geojson_read };
