#ifndef INDEXER_EXTRACT_GEO_H
#define INDEXER_EXTRACT_GEO_H

/* What the readers of maps share: a layer of features being counted, its box, and its table of properties. */

#include "base/map.h"
#include "indexer/extract/crs.h"
#include "indexer/extract/source.h"

enum geo_kind { GEO_POINT, GEO_LINE, GEO_POLYGON, GEO_MULTIPOINT, GEO_MULTILINE, GEO_MULTIPOLYGON, GEO_COLLECTION, GEO_OTHER, GEO_NONE, GEO_KINDS };

enum geo_kind geo_kind_of(struct slice name);	/* OGC's names, any case; also those of KML and GML */

struct layer {
	char name[256];
	uint64_t features, kinds[GEO_KINDS], points;
	double box[4];			/* xmin, ymin, xmax, ymax; empty while points is 0 */
	struct crs crs;
};

void layer_init(struct layer *l);
void layer_point(struct layer *l, double x, double y);		/* what is no number is left out */
/* Into "geo"; of several layers each also into geo.layers. Call once a layer. */
void layer_put(struct fact *f, const struct layer *l, bool several);

/* Properties whose names come as they come. */
struct props { struct table *t; struct map *names; uint32_t n; };

st_t props_new(struct props *p, struct fact *f, struct slice table);
uint32_t props_column(struct props *p, struct slice name);	/* UINT32_MAX: no room for more */
void props_end(struct props *p, bool keep);			/* harmless when never made */

/* A window on a source, for readers that go in small steps. */
struct window { struct source *src; uint64_t at; size_t n; uint8_t p[65536]; };

/* ${n} bytes (at most 65536) from ${at}, borrowed until the next call; NULL: the file ends before. */
const uint8_t *window_need(struct window *w, uint64_t at, size_t n);

#endif
