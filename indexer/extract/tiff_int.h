#ifndef INDEXER_EXTRACT_TIFF_INT_H
#define INDEXER_EXTRACT_TIFF_INT_H

/* Parts of the TIFF reader: ex_tiff.c opens and lists, tiff_geo.c reads GeoKeys, tiff_pixels.c decodes. */

#include <tiffio.h>

#include "indexer/extract/extract_int.h"

#define TIFFTAG_MODEL_SCALE	33550
#define TIFFTAG_MODEL_TIE	33922
#define TIFFTAG_MODEL_TRANSFORM	34264
#define TIFFTAG_GEO_KEYS	34735
#define TIFFTAG_GEO_DOUBLES	34736
#define TIFFTAG_GEO_ASCII	34737
#define TIFFTAG_NODATA		42113		/* GDAL's, as text */

struct tiff_page {
	uint32_t w, h;
	uint16_t bits, samples, format, photometric, planar, compression;
};

struct tiff {
	struct fact *f;
	struct source *src;
	TIFF *tif;
	struct tiff_page page;		/* the first */
	unsigned orientation, pages;
	bool geo;			/* it has a place on a map */
	/* The client of libtiff: a window, since it reads a few bytes at a time. */
	uint64_t at, win_at;
	size_t win_n;
	uint8_t win[65536];
};

/* Of the current directory; false when a size is 0. */
bool tiff_page_read(TIFF *tif, struct tiff_page *p);
/* GeoKeys of the first page into "geo". */
void tiff_geo(struct tiff *x);
/* Thumbnail, and statistics of each band as "variables" when ${bands}. */
st_t tiff_pixels(struct tiff *x, bool bands);

#endif
