/*
 * TIFF and BigTIFF by libtiff, through a window on the source: pages, EXIF and XMP, OME-XML in the description, GeoTIFF, thumbnail. Its messages are
 * silenced: what matters is told by what could not be read.
 */

#include <math.h>
#include <stdlib.h>

#include "indexer/extract/image.h"
#include "indexer/extract/ome.h"
#include "indexer/extract/tiff_int.h"

#define ALLOC_MOST	((tmsize_t)96 << 20)	/* bytes that libtiff may take at once */
#define STRIPS_MOST	1000000u

static int tiff_bid(const struct head *h)
{
	if (h->n < 8 || (h->n >= 132 && memcmp(h->p + 128, "DICM", 4) == 0))
		return 0;
	return memcmp(h->p, "II*\0", 4) == 0 || memcmp(h->p, "MM\0*", 4) == 0 || memcmp(h->p, "II+\0", 4) == 0 || memcmp(h->p, "MM\0+", 4) == 0 ? 90 : 0;
}

/* ---- libtiff's view of a source ---- */

static tmsize_t client_read(thandle_t h, void *p, tmsize_t n)
{
	struct tiff *x = h;
	size_t got = 0, k;

	if (n < 0)
		return -1;
	if ((size_t)n >= sizeof(x->win)) {
		if (source_read(x->src, x->at, p, (size_t)n, &got, NULL) != ST_OK)
			return -1;
		x->at += got;
		return (tmsize_t)got;
	}
	if (x->at < x->win_at || x->at + (size_t)n > x->win_at + x->win_n) {
		if (source_read(x->src, x->at, x->win, sizeof(x->win), &x->win_n, NULL) != ST_OK)
			return -1;
		x->win_at = x->at;
	}
	k = (size_t)(x->win_at + x->win_n - x->at);
	if (k > (size_t)n)
		k = (size_t)n;
	memcpy(p, x->win + (x->at - x->win_at), k);
	x->at += k;
	return (tmsize_t)k;
}

static tmsize_t client_write(thandle_t h, void *p, tmsize_t n)
{
	(void)h, (void)p, (void)n;
	return -1;
}

static toff_t client_seek(thandle_t h, toff_t at, int whence)
{
	struct tiff *x = h;

	x->at = whence == SEEK_SET ? at : whence == SEEK_CUR ? x->at + at : x->src->size + at;
	return x->at;
}

static int client_close(thandle_t h)
{
	(void)h;
	return 0;
}

static toff_t client_size(thandle_t h)
{
	return ((struct tiff *)h)->src->size;
}

/* Types are enforced by libtiff only for tags that it was told of. */
static void extend(TIFF *tif)
{
	static const TIFFFieldInfo fields[] = {
		{ TIFFTAG_MODEL_SCALE, -1, -1, TIFF_DOUBLE, FIELD_CUSTOM, 1, 1, (char *)(uintptr_t)"ModelPixelScale" },
		{ TIFFTAG_MODEL_TIE, -1, -1, TIFF_DOUBLE, FIELD_CUSTOM, 1, 1, (char *)(uintptr_t)"ModelTiepoint" },
		{ TIFFTAG_MODEL_TRANSFORM, -1, -1, TIFF_DOUBLE, FIELD_CUSTOM, 1, 1, (char *)(uintptr_t)"ModelTransformation" },
		{ TIFFTAG_GEO_KEYS, -1, -1, TIFF_SHORT, FIELD_CUSTOM, 1, 1, (char *)(uintptr_t)"GeoKeyDirectory" },
		{ TIFFTAG_GEO_DOUBLES, -1, -1, TIFF_DOUBLE, FIELD_CUSTOM, 1, 1, (char *)(uintptr_t)"GeoDoubleParams" },
		{ TIFFTAG_GEO_ASCII, -1, -1, TIFF_ASCII, FIELD_CUSTOM, 1, 0, (char *)(uintptr_t)"GeoAsciiParams" },
		{ TIFFTAG_NODATA, -1, -1, TIFF_ASCII, FIELD_CUSTOM, 1, 0, (char *)(uintptr_t)"GDAL_NODATA" },
	};

	TIFFMergeFieldInfo(tif, fields, sizeof(fields) / sizeof(fields[0]));
}

static int silent(TIFF *tif, void *user, const char *module, const char *fmt, va_list ap)
{
	(void)tif, (void)user, (void)module, (void)fmt, (void)ap;
	return 1;
}

static TIFF *tiff_open(struct tiff *x)
{
	TIFFOpenOptions *o = TIFFOpenOptionsAlloc();
	TIFF *tif;

	if (o == NULL)
		return NULL;
	TIFFOpenOptionsSetMaxSingleMemAlloc(o, ALLOC_MOST);
	TIFFOpenOptionsSetErrorHandlerExtR(o, silent, NULL);
	TIFFOpenOptionsSetWarningHandlerExtR(o, silent, NULL);
	TIFFSetTagExtender(extend);
	tif = TIFFClientOpenExt("-", "rm", x, client_read, client_write, client_seek, client_close, client_size, NULL, NULL, o);
	TIFFOpenOptionsFree(o);
	return tif;
}

/* ---- what it says ---- */

bool tiff_page_read(TIFF *tif, struct tiff_page *p)
{
	*p = (struct tiff_page){ 0 };
	TIFFGetField(tif, TIFFTAG_IMAGEWIDTH, &p->w);
	TIFFGetField(tif, TIFFTAG_IMAGELENGTH, &p->h);
	TIFFGetFieldDefaulted(tif, TIFFTAG_BITSPERSAMPLE, &p->bits);
	TIFFGetFieldDefaulted(tif, TIFFTAG_SAMPLESPERPIXEL, &p->samples);
	TIFFGetFieldDefaulted(tif, TIFFTAG_SAMPLEFORMAT, &p->format);
	TIFFGetFieldDefaulted(tif, TIFFTAG_PLANARCONFIG, &p->planar);
	TIFFGetFieldDefaulted(tif, TIFFTAG_COMPRESSION, &p->compression);
	if (!TIFFGetField(tif, TIFFTAG_PHOTOMETRIC, &p->photometric))
		p->photometric = p->samples >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK;
	return p->w && p->h;
}

static const char *colour(uint16_t photometric)
{
	switch (photometric) {
	case PHOTOMETRIC_MINISWHITE:
	case PHOTOMETRIC_MINISBLACK: return "grey";
	case PHOTOMETRIC_RGB: return "rgb";
	case PHOTOMETRIC_PALETTE: return "palette";
	case PHOTOMETRIC_MASK: return "mask";
	case PHOTOMETRIC_SEPARATED: return "cmyk";
	case PHOTOMETRIC_YCBCR: return "ycbcr";
	case PHOTOMETRIC_CIELAB: return "lab";
	case PHOTOMETRIC_CFA: return "cfa";
	default: return NULL;
	}
}

static const char *compression(uint16_t c)
{
	static const struct { uint16_t c; const char *name; } names[] = { { 1, "none" }, { 2, "CCITT RLE" }, { 3, "CCITT T.4" }, { 4, "CCITT T.6" }, { 5, "LZW" },
	    { 6, "old JPEG" }, { 7, "JPEG" }, { 8, "deflate" }, { 32773, "PackBits" }, { 32946, "deflate" }, { 34661, "JBIG" }, { 34712, "JPEG 2000" },
	    { 33003, "JPEG 2000" }, { 33005, "JPEG 2000" }, { 34887, "LERC" }, { 34925, "LZMA" }, { 50000, "zstd" }, { 50001, "WebP" } };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].c == c)
			return names[i].name;
	return "other";
}

static struct slice tag_text(TIFF *tif, uint32_t tag)
{
	char *s = NULL;

	return TIFFGetField(tif, tag, &s) && s ? slice_str(s) : SLICE_NULL;
}

static void put_tags(struct tiff *x)
{
	static const struct { uint32_t tag; const char *name; } names[] = { { TIFFTAG_SOFTWARE, "Software" }, { TIFFTAG_DATETIME, "DateTime" },
	    { TIFFTAG_ARTIST, "Artist" }, { TIFFTAG_COPYRIGHT, "Copyright" }, { TIFFTAG_DOCUMENTNAME, "DocumentName" }, { TIFFTAG_PAGENAME, "PageName" },
	    { TIFFTAG_HOSTCOMPUTER, "HostComputer" } };
	struct slice make = tag_text(x->tif, TIFFTAG_MAKE), model = tag_text(x->tif, TIFFTAG_MODEL), s;
	uint16_t unit = RESUNIT_INCH;
	float rx = 0, ry = 0;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if ((s = tag_text(x->tif, names[i].tag)).n)
			fact_put_text(x->f, fact_object(x->f, "attributes"), names[i].name, s);
	if (make.n || model.n) {
		fact_put_text(x->f, fact_object(x->f, "instrument"), "manufacturer", make);
		fact_put_text(x->f, fact_object(x->f, "instrument"), "model", model);
		fact_put_text(x->f, fact_object(x->f, "instrument"), "name", model.n ? model : make);
	}
	TIFFGetFieldDefaulted(x->tif, TIFFTAG_RESOLUTIONUNIT, &unit);
	if (TIFFGetField(x->tif, TIFFTAG_XRESOLUTION, &rx) && TIFFGetField(x->tif, TIFFTAG_YRESOLUTION, &ry))
		image_resolution(x->f, (double)rx, (double)ry, unit == RESUNIT_CENTIMETER ? "cm" : unit == RESUNIT_INCH ? "inch" : NULL);
}

/* ImageJ writes "spacing=2.0\nunit=micron\n" and says by the resolution how many pixels a unit has. */
static void imagej(struct tiff *x, struct slice s)
{
	struct slice line, key, unit = SLICE_NULL;
	double spacing = 0;
	float rx = 0, ry = 0;
	char num[40];
	json_t *j;

	while (s.n) {
		line = slice_cut(&s, '\n');
		key = slice_cut(&line, '=');
		if (slice_eq_str(key, "unit"))
			unit = slice_trim(line);
		else if (slice_eq_str(key, "spacing") && line.n < sizeof(num)) {
			memcpy(num, line.p, line.n);
			num[line.n] = '\0';
			spacing = strtod(num, NULL);
		} else if ((slice_eq_str(key, "slices") || slice_eq_str(key, "frames") || slice_eq_str(key, "channels")) && line.n < 8)
			fact_put_text(x->f, fact_object(x->f, "attributes"), slice_eq_str(key, "slices") ? "slices" : slice_eq_str(key, "frames") ? "frames" :
			    "channels", line);
	}
	if (unit.n == 0 || !TIFFGetField(x->tif, TIFFTAG_XRESOLUTION, &rx) || !TIFFGetField(x->tif, TIFFTAG_YRESOLUTION, &ry) || !(rx > 0) || !(ry > 0))
		return;
	j = fact_object(x->f, "image");
	fact_put(x->f, j, "pixelSize", json_pack("{s:f,s:f,s:o}", "x", 1 / (double)rx, "y", 1 / (double)ry, "unit", fact_text(unit, 40)));
	if (spacing > 0)
		fact_put_real(x->f, json_object_get(j, "pixelSize"), "z", spacing);
}

static void put_description(struct tiff *x)
{
	struct slice s = tag_text(x->tif, TIFFTAG_IMAGEDESCRIPTION);

	if (s.n == 0)
		return;
	if (memmem(s.p, s.n < 4096 ? s.n : 4096, "<OME", 4) && ome_read(x->f, s)) {
		fact_format(x->f, "OME-TIFF", NULL, NULL);
		return;
	}
	fact_put_text(x->f, fact_object(x->f, "attributes"), "ImageDescription", s);
	if (slice_starts(s, "ImageJ="))
		imagej(x, s);
}

static void put_blocks(struct tiff *x)
{
	uint32_t n = 0;
	uint64_t ifd = 0;
	void *p = NULL;
	struct buf b = BUF_INIT(IMAGE_BLOCK);
	size_t got;

	if (TIFFGetField(x->tif, TIFFTAG_XMLPACKET, &n, &p) && p && n)
		xmp_read(x->f, slice_of(p, n));
	if (TIFFGetField(x->tif, TIFFTAG_PHOTOSHOP, &n, &p) && p && n)
		photoshop_read(x->f, slice_of(p, n));
	/* An EXIF block is a TIFF file: this one, when it is small enough to be taken for one. */
	if ((TIFFGetField(x->tif, TIFFTAG_EXIFIFD, &ifd) || TIFFGetField(x->tif, TIFFTAG_GPSIFD, &ifd)) && x->src->size <= IMAGE_BLOCK &&
	    !TIFFIsBigTIFF(x->tif) && buf_reserve(&b, (size_t)x->src->size + 1) == ST_OK &&
	    source_read(x->src, 0, b.p, (size_t)x->src->size, &got, NULL) == ST_OK)
		exif_read(x->f, slice_of(b.p, got));
	buf_release(&b);
}

/* Pieces that lie behind the end of the file. */
static void check_length(struct tiff *x)
{
	uint32_t n = TIFFIsTiled(x->tif) ? TIFFNumberOfTiles(x->tif) : TIFFNumberOfStrips(x->tif), i, out = 0;
	uint64_t at, bytes;

	for (i = 0; i < n && i < STRIPS_MOST; i++) {
		at = TIFFGetStrileOffset(x->tif, i);
		bytes = TIFFGetStrileByteCount(x->tif, i);
		out += bytes && (at > x->src->size || bytes > x->src->size - at);
	}
	if (out)
		fact_partial(x->f, "cut off: %u of %u pieces of the picture lie behind the end of the file", out, n);
}

static void put_image(struct tiff *x)
{
	struct tiff_page *p = &x->page;
	struct image m = { .width = p->w, .height = p->h, .channels = p->samples, .bits = p->bits, .colour = colour(p->photometric),
	    .compression = compression(p->compression) };
	uint16_t turn = 1;

	TIFFGetFieldDefaulted(x->tif, TIFFTAG_ORIENTATION, &turn);
	x->orientation = turn >= 1 && turn <= 8 ? turn : 1;
	x->pages = TIFFNumberOfDirectories(x->tif);
	TIFFSetDirectory(x->tif, 0);
	m.pages = x->pages;
	image_put(x->f, &m);
	if (p->format == SAMPLEFORMAT_IEEEFP)
		fact_put(x->f, fact_object(x->f, "image"), "sampleFormat", json_string("float"));
	else if (p->format == SAMPLEFORMAT_INT)
		fact_put(x->f, fact_object(x->f, "image"), "sampleFormat", json_string("int"));
}

static st_t facts(struct tiff *x)
{
	if (!tiff_page_read(x->tif, &x->page)) {
		fact_unreadable(x->f, "the first page has no size");
		return ST_OK;
	}
	put_image(x);
	put_tags(x);
	put_blocks(x);
	tiff_geo(x);
	put_description(x);
	check_length(x);
	return tiff_pixels(x, x->geo || x->page.bits > 8 || x->page.format != SAMPLEFORMAT_UINT);
}

static st_t tiff_read(struct fact *f, const struct head *h, struct source *src)
{
	struct tiff *x = calloc(1, sizeof(*x));
	st_t st = ST_OK;

	if (x == NULL)
		return ST_NOMEM;
	x->f = f;
	x->src = src;
	fact_media(f, "image/tiff");
	fact_format(f, h->p[2] == '+' || h->p[3] == '+' ? "BigTIFF" : "TIFF", NULL, h->p[2] == '+' || h->p[3] == '+' ? NULL : "fmt/353");
	if ((x->tif = tiff_open(x)) == NULL)
		fact_unreadable(f, "cut off or damaged: the first page cannot be read");
	else {
		st = facts(x);
		TIFFClose(x->tif);
	}
	free(x);
	return st;
}

const struct extractor ex_tiff = { .name = "tiff", .version = 1, .bid = tiff_bid, .read = tiff_read };
