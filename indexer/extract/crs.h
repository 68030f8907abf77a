#ifndef INDEXER_EXTRACT_CRS_H
#define INDEXER_EXTRACT_CRS_H

/*
 * Coordinate reference systems, as far as facts need them: what an EPSG code or a WKT says, and the way back to longitude and latitude for the
 * projections that can be inverted here to well under a metre: plate carrée (degrees), Web Mercator, and Universal Transverse Mercator. Pure functions.
 */

#include "indexer/extract/fact.h"

enum crs_kind { CRS_UNKNOWN, CRS_DEGREES, CRS_WEB_MERCATOR, CRS_UTM };

struct crs {
	enum crs_kind kind;
	bool wgs84;			/* datum is WGS 84 or one within about a metre of it (ITRF, JGD2000, JGD2011, ETRS89, GDA, NAD83) */
	unsigned epsg;			/* 0: not known */
	unsigned zone;			/* UTM */
	bool south;
	char name[128];			/* "" when not known */
};

void crs_of_epsg(struct crs *c, unsigned epsg);
/* WKT 1 (also Esri's, as in .prj) and WKT 2; what is not understood stays CRS_UNKNOWN with its name. */
void crs_of_wkt(struct crs *c, struct slice wkt);
/* Degrees on the datum of ${c}; false when that cannot be told, or the point is outside the projection's area. */
bool crs_lonlat(const struct crs *c, double x, double y, double *lon, double *lat);
/*
 * "crs", and "bbox" (west, south, east, north in WGS 84) when that is certain, else "extent" (xmin, ymin, xmax, ymax in ${c}). The corners are ${n} pairs
 * of x and y; edges between them are walked, because lines bend.
 */
void crs_put(struct fact *f, json_t *geo, const struct crs *c, const double *corners, unsigned n);

#endif
