/* Pixels of a TIFF, strip by strip or tile by tile, into a thumbnail and the statistics of its bands. */

#include <stdlib.h>

#include "indexer/extract/tally.h"
#include "indexer/extract/thumb.h"
#include "indexer/extract/tiff_int.h"

#define PIECE_MOST	((tmsize_t)64 << 20)	/* of one strip or tile, decoded */
#define BYTES_MOST	((uint64_t)400 << 20)	/* decoded in all */
#define PAGES_MOST	64u			/* looked at for a smaller copy of a large picture */
#define BANDS_MOST	64u

struct px {
	struct tiff *x;
	struct tiff_page p;
	struct thumb *t;
	struct tally *bands;		/* NULL: not asked for */
	unsigned shown;			/* samples in the thumbnail, 1 or 3 */
	bool rgb, palette, invert, has_nodata;
	double nodata, scale;
	uint16_t *map[3];
	uint8_t *piece;
	uint32_t broken, pieces;
};

static bool decodable(const struct tiff_page *p)
{
	bool whole = p->bits == 8 || p->bits == 16 || p->bits == 32 || p->bits == 64;

	if (p->compression == COMPRESSION_OJPEG || p->format > SAMPLEFORMAT_IEEEFP || p->samples == 0 || !TIFFIsCODECConfigured(p->compression))
		return false;
	if (p->photometric == PHOTOMETRIC_YCBCR && p->compression != COMPRESSION_JPEG)	/* subsampled: pixels share colours */
		return false;
	if (p->format == SAMPLEFORMAT_IEEEFP)
		return p->bits == 32 || p->bits == 64;
	return whole || (p->samples == 1 && (p->bits == 1 || p->bits == 2 || p->bits == 4));
}

static uint64_t page_bytes(const struct tiff_page *p)
{
	return ((uint64_t)p->w * p->bits * p->samples + 7) / 8 * p->h;
}

static bool affordable(TIFF *tif, const struct tiff_page *p)
{
	tmsize_t piece = TIFFIsTiled(tif) ? TIFFTileSize(tif) : TIFFStripSize(tif);

	return piece > 0 && piece <= PIECE_MOST && p->h && page_bytes(p) <= BYTES_MOST && (uint64_t)p->w * p->h <= THUMB_PIXELS;
}

/* The first page, or the largest of its smaller copies that is affordable. */
static bool choose(struct tiff *x, struct tiff_page *p)
{
	struct tiff_page q;
	uint64_t best = 0;
	unsigned i, at = 0;
	uint32_t kind;

	*p = x->page;
	if (decodable(p) && affordable(x->tif, p))
		return true;
	for (i = 1; i < x->pages && i < PAGES_MOST; i++) {
		if (!TIFFSetDirectory(x->tif, (tdir_t)i) || !tiff_page_read(x->tif, &q))
			break;
		kind = 0;
		TIFFGetFieldDefaulted(x->tif, TIFFTAG_SUBFILETYPE, &kind);
		if ((kind & FILETYPE_REDUCEDIMAGE) && !(kind & FILETYPE_MASK) && decodable(&q) && affordable(x->tif, &q) && page_bytes(&q) > best) {
			best = page_bytes(&q);
			*p = q;
			at = i;
		}
	}
	return best && TIFFSetDirectory(x->tif, (tdir_t)at);
}

/* ---- values ---- */

static double integer(const struct tiff_page *p, const uint8_t *b)
{
	bool sign = p->format == SAMPLEFORMAT_INT;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	switch (p->bits) {
	case 8: return sign ? (double)(int8_t)b[0] : (double)b[0];
	case 16: memcpy(&u16, b, 2); return sign ? (double)(int16_t)u16 : (double)u16;
	case 32: memcpy(&u32, b, 4); return sign ? (double)(int32_t)u32 : (double)u32;
	default: memcpy(&u64, b, 8); return sign ? (double)(int64_t)u64 : (double)u64;
	}
}

/* libtiff gives values in the order of this machine. ${i}: sample in the row. */
static double value(const struct tiff_page *p, const uint8_t *row, size_t i)
{
	float f32;
	double f64;

	if (p->bits < 8)
		return row[i * p->bits / 8] >> (8 - p->bits - i * p->bits % 8) & ((1 << p->bits) - 1);
	if (p->format != SAMPLEFORMAT_IEEEFP)
		return integer(p, row + i * (p->bits / 8));
	if (p->bits == 32) {
		memcpy(&f32, row + 4 * i, 4);
		return (double)f32;
	}
	memcpy(&f64, row + 8 * i, 8);
	return f64;
}

static void pixel(struct px *q, uint32_t px, uint32_t py, unsigned sample, double v)
{
	bool missing = !isfinite(v) || (q->has_nodata && v == q->nodata);
	unsigned c;

	if (q->bands && sample < BANDS_MOST) {
		if (missing)
			q->bands[sample].missing++;
		else
			tally_add(&q->bands[sample], v);
	}
	if (missing && !q->rgb && !q->palette)
		return;
	if (q->palette && sample == 0)
		for (c = 0; c < 3; c++)
			thumb_value(q->t, px, py, c, q->map[c][(size_t)v & ((1u << q->p.bits) - 1)] >> 8);
	else if (sample < q->shown)
		thumb_value(q->t, px, py, sample, q->invert ? 255 - v * q->scale : v * q->scale);
}

/* Plain pictures, which are most, need no look at each value. */
static bool whole_rows(const struct px *q, unsigned per, uint32_t px, uint32_t w)
{
	return q->bands == NULL && q->p.bits == 8 && q->p.format == SAMPLEFORMAT_UINT && !q->palette && !q->invert && px == 0 && w == q->p.w &&
	    ((per == 3 && q->rgb) || (per == 1 && q->p.samples == 1));
}

/* A piece that was decoded: ${w} by ${h} pixels from ${px}, ${py}. ${sample}: of which plane; -1: of all. */
static void piece_take(struct px *q, uint32_t px, uint32_t py, uint32_t w, uint32_t h, tmsize_t got, int sample)
{
	unsigned per = sample < 0 ? q->p.samples : 1, s, most = per < BANDS_MOST ? per : BANDS_MOST;
	size_t row_bytes = ((size_t)w * per * q->p.bits + 7) / 8;
	uint32_t x, y;

	if (q->bands == NULL && most > 3)
		most = 3;
	if (whole_rows(q, per, px, w)) {
		for (y = 0; y < h && py + y < q->p.h && (tmsize_t)((y + 1) * row_bytes) <= got; y++)
			thumb_row(q->t, py + y, q->piece + y * row_bytes, per);
		return;
	}
	for (y = 0; y < h && py + y < q->p.h && (tmsize_t)((y + 1) * row_bytes) <= got; y++)
		for (x = 0; x < w && px + x < q->p.w; x++)
			for (s = 0; s < most; s++)
				pixel(q, px + x, py + y, sample < 0 ? s : (unsigned)sample, value(&q->p, q->piece + y * row_bytes, (size_t)x * per + s));
}

static void read_tiles(struct px *q)
{
	TIFF *tif = q->x->tif;
	uint32_t tw = 0, th = 0, x, y;
	tmsize_t size = TIFFTileSize(tif), got;
	unsigned s, planes = q->p.planar == PLANARCONFIG_SEPARATE ? q->p.samples : 1;

	TIFFGetField(tif, TIFFTAG_TILEWIDTH, &tw);
	TIFFGetField(tif, TIFFTAG_TILELENGTH, &th);
	if (tw == 0 || th == 0)
		return;
	for (s = 0; s < planes && (s < 3 || q->bands) && s < BANDS_MOST; s++)
		for (y = 0; y < q->p.h; y = q->p.h - y > th ? y + th : q->p.h)
			for (x = 0; x < q->p.w; x = q->p.w - x > tw ? x + tw : q->p.w) {
				q->pieces++;
				got = TIFFReadEncodedTile(tif, TIFFComputeTile(tif, x, y, 0, (uint16_t)s), q->piece, size);
				if (got < size)
					q->broken++;
				if (got > 0)
					piece_take(q, x, y, tw, th, got, planes > 1 ? (int)s : -1);
			}
}

static void read_strips(struct px *q)
{
	TIFF *tif = q->x->tif;
	uint32_t rows = 0, y, h;
	tmsize_t size = TIFFStripSize(tif), got, want;
	unsigned s, planes = q->p.planar == PLANARCONFIG_SEPARATE ? q->p.samples : 1;

	TIFFGetFieldDefaulted(tif, TIFFTAG_ROWSPERSTRIP, &rows);
	if (rows == 0)
		return;
	for (s = 0; s < planes && (s < 3 || q->bands) && s < BANDS_MOST; s++)
		for (y = 0; y < q->p.h; y = q->p.h - y > rows ? y + rows : q->p.h) {
			h = q->p.h - y < rows ? q->p.h - y : rows;
			want = TIFFVStripSize(tif, h);
			q->pieces++;
			got = TIFFReadEncodedStrip(tif, TIFFComputeStrip(tif, y, (uint16_t)s), q->piece, size);
			if (got < want)
				q->broken++;
			if (got > 0)
				piece_take(q, 0, y, q->p.w, h, got, planes > 1 ? (int)s : -1);
		}
}

/* ---- what becomes of it ---- */

static const char *dtype(const struct tiff_page *p, char *out, size_t n)
{
	snprintf(out, n, "%s%u", p->format == SAMPLEFORMAT_IEEEFP ? "float" : p->format == SAMPLEFORMAT_INT ? "int" : "uint", p->bits);
	return out;
}

static void put_bands(struct px *q)
{
	struct fact *f = q->x->f;
	char name[24];
	unsigned i;
	json_t *v;
	bool all = q->p.w == q->x->page.w && q->p.h == q->x->page.h && q->broken == 0;

	for (i = 0; i < q->x->page.samples && i < BANDS_MOST; i++) {
		struct tally *b = q->bands ? &q->bands[i] : NULL;

		snprintf(name, sizeof(name), "band %u", i + 1);
		if ((v = fact_variable(f, slice_str(name))) == NULL)
			return;
		fact_put(f, v, "type", json_string(q->x->page.format == SAMPLEFORMAT_IEEEFP ? "number" : "integer"));
		fact_put(f, v, "dtype", json_string(dtype(&q->x->page, name, sizeof(name))));
		fact_put(f, v, "role", json_string("data"));
		fact_put(f, v, "dimensions", json_pack("[s,s]", "y", "x"));
		fact_put(f, v, "shape", json_pack("[I,I]", (json_int_t)q->x->page.h, (json_int_t)q->x->page.w));
		if (q->has_nodata)
			fact_put(f, v, "attributes", json_pack("{s:o}", "nodata", isfinite(q->nodata) ? json_real(q->nodata) : json_string("NaN")));
		if (b == NULL || b->n + b->missing == 0)
			continue;
		tally_put(f, v, b, q->x->page.format != SAMPLEFORMAT_IEEEFP);
		if (!all)
			fact_put(f, v, "sampled", json_true());
	}
}

static void nodata_of(struct px *q)
{
	char *s = NULL, *end;

	if (TIFFGetField(q->x->tif, TIFFTAG_NODATA, &s) && s) {
		q->nodata = strtod(s, &end);
		q->has_nodata = end != s;
	}
}

static void look(struct px *q)
{
	uint16_t photometric = q->p.photometric;

	/* YCbCr and palette files of JPEG come out as RGB. */
	if (photometric == PHOTOMETRIC_YCBCR) {
		TIFFSetField(q->x->tif, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
		photometric = PHOTOMETRIC_RGB;
	}
	q->rgb = photometric == PHOTOMETRIC_RGB && q->p.samples >= 3;
	q->palette = photometric == PHOTOMETRIC_PALETTE && q->p.bits <= 8 && q->p.samples == 1 && q->p.format == SAMPLEFORMAT_UINT &&
	    TIFFGetField(q->x->tif, TIFFTAG_COLORMAP, &q->map[0], &q->map[1], &q->map[2]);
	q->invert = photometric == PHOTOMETRIC_MINISWHITE && q->p.format == SAMPLEFORMAT_UINT && q->p.bits <= 8;
	q->scale = q->p.bits < 8 ? 255.0 / ((1 << q->p.bits) - 1) : 1;
	q->shown = q->rgb || q->palette ? 3 : 1;
}

/* Small numbers, such as the classes of a map, would all be black. */
static bool classes(const struct px *q)
{
	return q->shown == 1 && q->p.bits == 8 && q->bands && q->bands[0].n && q->bands[0].max < 32;
}

static st_t decode(struct px *q, bool bands)
{
	TIFF *tif = q->x->tif;
	size_t size;

	look(q);
	size = (size_t)(TIFFIsTiled(tif) ? TIFFTileSize(tif) : TIFFStripSize(tif));	/* larger now: colours of JPEG come in full size */
	if (size == 0 || size > (size_t)PIECE_MOST)
		return ST_OK;
	q->piece = calloc(1, size);
	q->t = thumb_new(q->p.w, q->p.h, q->shown);
	if (bands)
		q->bands = calloc(BANDS_MOST, sizeof(*q->bands));
	if (q->piece == NULL || q->t == NULL || (bands && q->bands == NULL))
		return ST_NOMEM;
	if (TIFFIsTiled(tif))
		read_tiles(q);
	else
		read_strips(q);
	if (q->broken)
		fact_partial(q->x->f, "the pixels of %u of %u pieces cannot be decoded", q->broken, q->pieces);
	if (q->p.photometric != PHOTOMETRIC_SEPARATED && q->broken < q->pieces)
		thumb_put(q->x->f, q->t, q->x->orientation, q->p.bits > 8 || q->p.format != SAMPLEFORMAT_UINT || classes(q));
	return ST_OK;
}

st_t tiff_pixels(struct tiff *x, bool bands)
{
	struct px q = { .x = x };
	st_t st = ST_OK;

	nodata_of(&q);
	if (choose(x, &q.p))
		st = decode(&q, bands);
	else if (decodable(&x->page))
		fact_check(x->f, "not-decoded", false, "the picture is too large to look at its pixels here");
	if (bands && st == ST_OK)
		put_bands(&q);
	thumb_free(q.t);
	free(q.bands);
	free(q.piece);
	return st;
}
