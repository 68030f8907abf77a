/*
 * Maps in XML: KML (OGC 12-007), GPX 1.0 and 1.1, GML (OGC 07-036), by libxml2's push parser. No DOCTYPE, so no entities; no network; text of one
 * element at most TEXT_MOST. Elements are known by their local names.
 */

#include <ctype.h>
#include <libxml/parser.h>
#include <stdlib.h>

#include "indexer/extract/extract_int.h"
#include "indexer/extract/geo.h"

#define DEEP_MOST	128u
#define TEXT_MOST	((size_t)8 << 20)
#define STEP		((size_t)64 << 10)
#define NAME_MOST	200u

enum lang { KML, GPX, GML };

struct gx {
	struct fact *f;
	enum lang lang;
	xmlParserCtxtPtr ctxt;
	const char *fault;
	bool nomem;
	unsigned depth, feature_depth, geometry_depth;	/* 0: outside */
	struct buf text;
	struct layer l[3];		/* GPX: waypoints, routes, tracks; others use the first */
	struct layer *at;
	struct props props;
	char data_name[NAME_MOST];	/* KML: of Data or SimpleData */
	bool lat_first;			/* GML: axes as EPSG has them */
	unsigned dims;
	char start[32], end[32];	/* GPX and KML: moments, ISO 8601 */
	bool title;
};

static void stop(struct gx *x, const char *why)
{
	if (x->fault == NULL)
		x->fault = why;
	xmlStopParser(x->ctxt);
}

static void refuse_doctype(void *ctx, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
	(void)name, (void)external, (void)system;
	stop(ctx, "a document type declaration is not taken");
}

static void silent(void *ctx, const char *fmt, ...)
{
	(void)ctx, (void)fmt;
}

static struct slice attr(int n, const xmlChar **a, const char *name)
{
	for (; n > 0; n--, a += 5)
		if (strcmp((const char *)a[0], name) == 0)
			return slice_of(a[3], (size_t)(a[4] - a[3]));
	return SLICE_NULL;
}

/* The next number of ${s}; false at its end or when none stands there. */
static bool take_number(struct slice *s, double *v)
{
	char text[48], *end;
	size_t n = 0;

	while (s->n && (isspace((unsigned char)s->p[0]) || s->p[0] == ','))
		*s = slice_of(s->p + 1, s->n - 1);
	while (n < s->n && n < sizeof(text) - 1 && !isspace((unsigned char)s->p[n]) && s->p[n] != ',') {
		text[n] = s->p[n];
		n++;
	}
	text[n] = '\0';
	*v = strtod(text, &end);
	*s = slice_of(s->p + n, s->n - n);
	return n && end == text + n;
}

/* "lon,lat,height lon,lat" of KML, and gml:coordinates: tuples are parted by blanks. */
static void tuples(struct gx *x, struct slice s)
{
	struct slice one;
	size_t n;
	double a, b;

	while (s.n) {
		while (s.n && isspace((unsigned char)s.p[0]))
			s = slice_of(s.p + 1, s.n - 1);
		for (n = 0; n < s.n && !isspace((unsigned char)s.p[n]); n++)
			;
		one = slice_of(s.p, n);
		s = slice_of(s.p + n, s.n - n);
		if (take_number(&one, &a) && take_number(&one, &b))
			layer_point(x->at, x->lat_first ? b : a, x->lat_first ? a : b);
	}
}

/* gml:pos and gml:posList: numbers, so many a point. */
static void positions(struct gx *x, struct slice s)
{
	double a, b, c;
	unsigned i;

	while (take_number(&s, &a) && take_number(&s, &b)) {
		layer_point(x->at, x->lat_first ? b : a, x->lat_first ? a : b);
		for (i = 2; i < x->dims && take_number(&s, &c); i++)
			;
	}
}

static void moment(struct gx *x, struct slice s)
{
	s = slice_trim(s);
	if (s.n < 10 || s.n >= sizeof(x->start) || s.p[4] != '-' || s.p[7] != '-')
		return;
	if (x->start[0] == '\0' || slice_cmp(s, slice_str(x->start)) < 0) {
		memcpy(x->start, s.p, s.n);
		x->start[s.n] = '\0';
	}
	if (x->end[0] == '\0' || slice_cmp(s, slice_str(x->end)) > 0) {
		memcpy(x->end, s.p, s.n);
		x->end[s.n] = '\0';
	}
}

static bool in(const char *name, const char *list)
{
	char key[40];

	return snprintf(key, sizeof(key), " %s ", name) < (int)sizeof(key) && strstr(list, key) != NULL;
}

/* ---- features ---- */

static void feature_begin(struct gx *x)
{
	x->feature_depth = x->depth;
	x->geometry_depth = 0;
}

static void feature_end(struct gx *x, bool counted)
{
	x->at->features++;
	if (!counted)
		x->at->kinds[GEO_NONE]++;
	if (x->props.t)
		table_row(x->props.t);
	x->feature_depth = 0;
}

static void cell(struct gx *x, struct slice name, struct slice s)
{
	uint32_t col;

	s = slice_trim(s);
	if (s.n == 0 || name.n == 0)
		return;
	if (x->props.t == NULL && props_new(&x->props, x->f, SLICE("")) != ST_OK) {
		x->nomem = true;
		stop(x, "larger than is read");
		return;
	}
	if ((col = props_column(&x->props, name)) != UINT32_MAX)
		table_cell(x->props.t, col, s);
}

static void outermost_geometry(struct gx *x, const char *name)
{
	if (x->geometry_depth || geo_kind_of(slice_str(name)) == GEO_OTHER)
		return;
	x->geometry_depth = x->depth;
	x->at->kinds[geo_kind_of(slice_str(name))]++;
}

/* ---- the three languages ---- */

static void kml_start(struct gx *x, const char *name, int n, const xmlChar **a)
{
	struct slice s;

	if (strcmp(name, "Placemark") == 0 && x->feature_depth == 0)
		feature_begin(x);
	else if (x->feature_depth && in(name, " Point LineString LinearRing Polygon MultiGeometry Track MultiTrack "))
		outermost_geometry(x, name);
	else if (in(name, " Data SimpleData ")) {
		s = attr(n, a, "name");
		s.n = s.n < NAME_MOST ? s.n : NAME_MOST - 1;
		memcpy(x->data_name, s.p ? s.p : "", s.n);
		x->data_name[s.n] = '\0';
	}
}

static void kml_end(struct gx *x, const char *name, struct slice s)
{
	if (in(name, " coordinates coord ")) {
		if (strcmp(name, "coord") == 0)
			positions(x, s);
		else
			tuples(x, s);
	} else if (in(name, " when begin end "))
		moment(x, s);
	else if (x->feature_depth && x->depth == x->feature_depth + 1 && in(name, " name description "))
		cell(x, slice_str(name), s);
	else if (x->feature_depth && in(name, " SimpleData value "))
		cell(x, slice_str(x->data_name), s);
	else if (!x->feature_depth && !x->title && strcmp(name, "name") == 0 && s.n) {
		fact_put_text(x->f, fact_root(x->f), "title", s);
		x->title = true;
	}
	if (x->depth == x->feature_depth)
		feature_end(x, x->geometry_depth != 0);
}

static void gpx_start(struct gx *x, const char *name, int n, const xmlChar **a)
{
	struct slice lat = attr(n, a, "lat"), lon = attr(n, a, "lon");
	double y, v;

	if (in(name, " wpt rte trk ")) {
		x->at = &x->l[name[0] == 'w' ? 0 : name[0] == 'r' ? 1 : 2];
		x->feature_depth = x->depth;
		x->at->features++;
		x->at->kinds[name[0] == 'w' ? GEO_POINT : name[0] == 'r' ? GEO_LINE : GEO_MULTILINE]++;
	}
	if (in(name, " wpt rtept trkpt ") && take_number(&lat, &y) && take_number(&lon, &v))
		layer_point(x->at, v, y);
}

static void gpx_end(struct gx *x, const char *name, struct slice s)
{
	if (strcmp(name, "time") == 0 && x->feature_depth)	/* not that of the file */
		moment(x, s);
	else if (x->depth == x->feature_depth)
		x->feature_depth = 0;
	else if (strcmp(name, "name") == 0 && !x->title && x->depth <= 3 && s.n) {
		fact_put_text(x->f, fact_root(x->f), "title", s);
		x->title = true;
	}
}

/* "urn:ogc:def:crs:EPSG::4326" has latitude first, "EPSG:4326" and CRS84 do not. */
static void gml_system(struct gx *x, struct slice s)
{
	struct slice last = s;
	uint64_t code;

	while (memchr(last.p, ':', last.n))
		slice_cut(&last, ':');
	while (memchr(last.p, '/', last.n))
		slice_cut(&last, '/');
	while (memchr(last.p, '#', last.n))
		slice_cut(&last, '#');
	if (slice_eq_str(last, "CRS84"))
		code = 4326;
	else if (!slice_u64(last, 1000000, &code))
		return;
	crs_of_epsg(&x->l[0].crs, (unsigned)code);
	x->lat_first = x->l[0].crs.kind == CRS_DEGREES && !slice_eq_str(last, "CRS84") && (slice_starts(s, "urn:") || slice_starts(s, "http://www.opengis.net/def/"));
}

static void gml_start(struct gx *x, const char *name, int n, const xmlChar **a)
{
	struct slice s = attr(n, a, "srsName");
	uint64_t dims;

	if (s.n)
		gml_system(x, s);
	if (slice_u64(attr(n, a, "srsDimension"), 4, &dims) && dims >= 2)
		x->dims = (unsigned)dims;
	if (x->feature_depth == 0 && in(name, " featureMember featureMembers member "))
		x->feature_depth = x->depth + 1;	/* of whatever stands inside */
	else if (x->feature_depth && x->depth == x->feature_depth)
		x->geometry_depth = 0;
	else if (x->feature_depth && x->depth > x->feature_depth)
		outermost_geometry(x, name);
}

static void gml_end(struct gx *x, const char *name, struct slice s)
{
	bool simple = x->feature_depth && x->depth == x->feature_depth + 1;

	if (in(name, " pos posList lowerCorner upperCorner "))
		positions(x, s);
	else if (strcmp(name, "coordinates") == 0)
		tuples(x, s);
	else if (simple && x->geometry_depth != x->depth && s.n < 4096)
		cell(x, slice_str(name), s);
	if (x->feature_depth && x->depth == x->feature_depth) {
		unsigned again = x->feature_depth;

		feature_end(x, x->geometry_depth != 0);
		x->feature_depth = again;	/* featureMembers holds many */
		x->geometry_depth = 0;
	} else if (x->feature_depth && x->depth < x->feature_depth)
		x->feature_depth = 0;
}

/* ---- events ---- */

static void start(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int nn, const xmlChar **ns, int n, int def, const xmlChar **a)
{
	struct gx *x = ctx;

	(void)prefix, (void)uri, (void)nn, (void)ns, (void)def;
	if (x->fault)
		return;
	if (++x->depth > DEEP_MOST) {
		stop(x, "nested too deeply");
		return;
	}
	buf_clear(&x->text);
	if (x->lang == KML)
		kml_start(x, (const char *)name, n, a);
	else if (x->lang == GPX)
		gpx_start(x, (const char *)name, n, a);
	else
		gml_start(x, (const char *)name, n, a);
}

static void end(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	struct gx *x = ctx;
	struct slice s;

	(void)prefix, (void)uri;
	if (x->fault || x->depth == 0)
		return;
	s = slice_trim(buf_slice(&x->text));
	if (x->lang == KML)
		kml_end(x, (const char *)name, s);
	else if (x->lang == GPX)
		gpx_end(x, (const char *)name, s);
	else
		gml_end(x, (const char *)name, s);
	buf_clear(&x->text);
	x->depth--;
}

static void chars(void *ctx, const xmlChar *p, int n)
{
	struct gx *x = ctx;

	if (x->fault == NULL && n > 0 && buf_add(&x->text, p, (size_t)n) != ST_OK)
		stop(x, "an element holds more text than is read");
}

static bool mentions(struct slice t, const char *what)
{
	return memmem(t.p, t.n, what, strlen(what)) != NULL;
}

/* -1: none of them. */
static int language(const struct head *h)
{
	struct slice t = slice_of(h->text.p, h->text.n < 4096 ? h->text.n : 4096);

	if (mentions(t, "<kml") || mentions(t, ":kml "))
		return KML;
	if (mentions(t, "<gpx"))
		return GPX;
	return mentions(t, "opengis.net/gml") && (mentions(t, "FeatureCollection") || strcmp(h->ext, "gml") == 0) ? GML : -1;
}

static int geoxml_bid(const struct head *h)
{
	struct slice t = h->text;

	if (h->magic || t.n == 0)
		return 0;
	if (slice_starts(t, "\xEF\xBB\xBF"))
		t = slice_of(t.p + 3, t.n - 3);
	while (t.n && isspace((unsigned char)t.p[0]))
		t = slice_of(t.p + 1, t.n - 1);
	return t.n && t.p[0] == '<' && language(h) >= 0 ? 80 : 0;
}

static void parse(struct gx *x, struct source *src, struct err *why)
{
	xmlSAXHandler sax = { .initialized = XML_SAX2_MAGIC, .startElementNs = start, .endElementNs = end, .characters = chars, .cdataBlock = chars,
	    .internalSubset = refuse_doctype, .warning = silent, .error = silent, .fatalError = silent };
	char *piece = malloc(STEP);
	uint64_t at = 0;
	size_t got = 0;
	int rc = 0;

	x->ctxt = piece ? xmlCreatePushParserCtxt(&sax, x, NULL, 0, NULL) : NULL;
	if (x->ctxt == NULL) {
		x->nomem = true;
		free(piece);
		return;
	}
	xmlCtxtUseOptions(x->ctxt, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	while (rc == 0 && at < src->size && x->fault == NULL) {
		if (source_read(src, at, piece, STEP, &got, NULL) != ST_OK || got == 0)
			break;
		at += got;
		rc = xmlParseChunk(x->ctxt, piece, (int)got, at >= src->size);
	}
	if (x->fault)
		err_set(why, ST_INVALID, "%s", x->fault);
	else if (rc != 0 || at < src->size)
		err_set(why, ST_INVALID, "not well-formed XML at line %d", xmlSAX2GetLineNumber(x->ctxt));
	xmlFreeParserCtxt(x->ctxt);
	free(piece);
}

static void conclude(struct gx *x, const struct err *why)
{
	static const char *const names[] = { "waypoints", "routes", "tracks" };
	uint64_t all = x->l[0].features + x->l[1].features + x->l[2].features;
	unsigned i, used = 0;

	if (why->text[0] && all == 0)
		fact_unreadable(x->f, "%s", why->text);
	else if (why->text[0])
		fact_partial(x->f, "read up to feature %llu: %s", (unsigned long long)all, why->text);
	for (i = 0; i < 3; i++)
		used += x->l[i].features || x->l[i].points;
	for (i = 0; i < 3; i++) {
		if (x->lang == GPX)
			snprintf(x->l[i].name, sizeof(x->l[i].name), "%s", names[i]);
		if (x->l[i].features || x->l[i].points)
			layer_put(x->f, &x->l[i], used > 1);
	}
	if (x->start[0]) {
		fact_put_text(x->f, fact_object(x->f, "time"), "start", slice_str(x->start));
		fact_put_text(x->f, fact_object(x->f, "time"), "end", slice_str(x->end));
	}
	if (x->lang == GPX && x->l[2].features)
		json_push(fact_array(x->f, "personal"), json_pack("{s:s,s:s,s:i}", "kind", "location", "where", "GPX track", "count", (int)x->l[2].features));
	props_end(&x->props, true);
}

static st_t geoxml_read(struct fact *f, const struct head *h, struct source *src)
{
	static const char *const media[] = { "application/vnd.google-earth.kml+xml", "application/gpx+xml", "application/gml+xml" };
	static const char *const names[] = { "KML", "GPX", "GML" }, *const pronom[] = { "fmt/244", NULL, "x-fmt/227" };
	struct gx *x = calloc(1, sizeof(*x));
	struct err why = ERR_INIT;
	bool nomem;
	unsigned i;

	if (x == NULL)
		return ST_NOMEM;
	x->f = f;
	x->lang = (enum lang)language(h);
	x->dims = x->lang == KML ? 3 : 2;	/* of gx:coord */
	x->at = &x->l[0];
	buf_init(&x->text, TEXT_MOST);
	for (i = 0; i < 3; i++) {
		layer_init(&x->l[i]);
		if (x->lang != GML)
			crs_of_epsg(&x->l[i].crs, 4326);
	}
	fact_media(f, media[x->lang]);
	fact_format(f, names[x->lang], NULL, pronom[x->lang]);
	parse(x, src, &why);
	conclude(x, &why);
	nomem = x->nomem;
	buf_release(&x->text);
	free(x);
	return nomem ? ST_NOMEM : ST_OK;
}

const struct extractor ex_geoxml = { .name = "geoxml", .version = 1, .bid = geoxml_bid, .read = geoxml_read };
