#include "indexer/extract/thumb.h"

#include <math.h>
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>

#include "indexer/extract/order.h"

#define COLUMNS_MOST	((uint32_t)1 << 22)

struct thumb {
	uint32_t w, h;			/* of the picture */
	uint32_t tw, th;		/* cells */
	unsigned channels;
	double *sum;			/* th * tw * channels */
	uint32_t *count;		/* the same */
	uint16_t *column;		/* cell of each pixel of a row; NULL: a row is too long to keep that */
	uint32_t y;			/* of the last pixel, and where its cells begin */
	size_t row;
	bool any;
};

struct thumb *thumb_new(uint32_t w, uint32_t h, unsigned channels)
{
	struct thumb *t;
	size_t cells;
	uint32_t x;

	if (w == 0 || h == 0 || (t = calloc(1, sizeof(*t))) == NULL)
		return NULL;
	t->w = t->tw = w;
	t->h = t->th = h;
	t->channels = channels == 3 ? 3 : 1;
	if (w >= h && w > THUMB_SIDE) {
		t->tw = THUMB_SIDE;
		t->th = (uint32_t)((uint64_t)h * THUMB_SIDE / w);
	} else if (h > THUMB_SIDE) {
		t->th = THUMB_SIDE;
		t->tw = (uint32_t)((uint64_t)w * THUMB_SIDE / h);
	}
	t->tw += t->tw == 0;
	t->th += t->th == 0;
	cells = (size_t)t->tw * t->th * t->channels;
	t->sum = calloc(cells, sizeof(*t->sum));
	t->count = calloc(cells, sizeof(*t->count));
	if (w <= COLUMNS_MOST && (t->column = malloc(w * sizeof(*t->column))) != NULL)
		for (x = 0; x < w; x++)
			t->column[x] = (uint16_t)((uint64_t)x * t->tw / w);
	if (t->sum == NULL || t->count == NULL) {
		thumb_free(t);
		return NULL;
	}
	return t;
}

void thumb_free(struct thumb *t)
{
	if (t == NULL)
		return;
	free(t->sum);
	free(t->count);
	free(t->column);
	free(t);
}

/* Pixels mostly come row by row, so that no division is needed for each. */
static size_t cell(struct thumb *t, uint32_t x, uint32_t y)
{
	if (y != t->y) {
		t->y = y;
		t->row = (size_t)((uint64_t)y * t->th / t->h) * t->tw;
	}
	return (t->row + (t->column ? t->column[x] : (size_t)((uint64_t)x * t->tw / t->w))) * t->channels;
}

void thumb_value(struct thumb *t, uint32_t x, uint32_t y, unsigned channel, double v)
{
	size_t i;

	if (x >= t->w || y >= t->h || channel >= t->channels || !isfinite(v) || fabs(v) > 1e300)
		return;
	i = cell(t, x, y) + channel;
	t->sum[i] += v;
	t->count[i]++;
	t->any = true;
}

void thumb_row(struct thumb *t, uint32_t y, const uint8_t *p, unsigned samples)
{
	uint32_t x;
	unsigned c, alpha;
	size_t i;

	if (y >= t->h)
		return;
	for (x = 0; x < t->w; x++, p += samples) {
		alpha = samples == 2 ? p[1] : samples == 4 ? p[3] : 255;
		i = cell(t, x, y);
		for (c = 0; c < t->channels; c++, i++) {
			t->sum[i] += alpha == 255 ? p[samples < 3 ? 0 : c] : (p[samples < 3 ? 0 : c] * alpha + 255 * (255 - alpha)) / 255;
			t->count[i]++;
		}
	}
	t->any = true;
}

/* Sums become means; cells without a pixel become NaN. The 2nd and 98th percentile of what there is. */
static bool means(struct thumb *t, double *low, double *high)
{
	size_t cells = (size_t)t->tw * t->th * t->channels, i, n = 0;
	double *some = malloc(cells * sizeof(*some));

	for (i = 0; i < cells; i++) {
		t->sum[i] = t->count[i] ? t->sum[i] / t->count[i] : (double)NAN;
		if (some && t->count[i])
			some[n++] = t->sum[i];
	}
	if (n) {
		*low = order_nth(some, n, n / 50);
		*high = order_nth(some, n, n - 1 - n / 50);
		if (*low == *high) {
			*low = order_nth(some, n, 0);
			*high = order_nth(some, n, n - 1);
		}
	}
	free(some);
	return n != 0;
}

/* Where a pixel of the upright picture of ${w} by ${h} stands in the stored one (EXIF 2.32, tag 0112). */
static void upright(unsigned o, uint32_t w, uint32_t h, uint32_t x, uint32_t y, uint32_t *sx, uint32_t *sy)
{
	*sx = o == 2 || o == 3 ? w - 1 - x : o == 5 || o == 6 ? y : o == 7 || o == 8 ? h - 1 - y : x;
	*sy = o == 3 || o == 4 ? h - 1 - y : o == 5 || o == 8 ? x : o == 6 || o == 7 ? w - 1 - x : y;
}

struct small { uint32_t w, h; unsigned channels; uint8_t *px; };

/* At most ${side} pixels a side, upright. Cells under one pixel are averaged. */
static bool shrink(const struct thumb *t, uint32_t side, unsigned o, double low, double high, struct small *s)
{
	bool turned = o >= 5 && o <= 8;
	uint32_t w = turned ? t->th : t->tw, h = turned ? t->tw : t->th, most = w > h ? w : h, x, y, u, v, x0, x1, y0, y1, sx, sy;
	double sum, n, scale = high > low ? 255 / (high - low) : 0;
	unsigned c;

	s->w = most > side ? (w * side + most - 1) / most : w;
	s->h = most > side ? (h * side + most - 1) / most : h;
	s->channels = t->channels;
	if ((s->px = malloc((size_t)s->w * s->h * s->channels)) == NULL)
		return false;
	for (y = 0; y < s->h; y++)
		for (x = 0; x < s->w; x++)
			for (c = 0; c < s->channels; c++) {
				x0 = x * w / s->w, x1 = (x + 1) * w / s->w;
				y0 = y * h / s->h, y1 = (y + 1) * h / s->h;
				for (sum = n = 0, v = y0; v < y1 || v == y0; v++)
					for (u = x0; u < x1 || u == x0; u++) {
						upright(o, w, h, u, v, &sx, &sy);
						double m = t->sum[((size_t)sy * t->tw + sx) * t->channels + c];

						if (isfinite(m)) {
							sum += m;
							n++;
						}
					}
				sum = n > 0 ? (sum / n - low) * scale : 0;
				s->px[((size_t)y * s->w + x) * s->channels + c] = (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum + 0.5);
			}
	return true;
}

static void png_out(png_structp png, png_bytep p, png_size_t n)
{
	if (buf_add(png_get_io_ptr(png), p, n) != ST_OK)
		png_error(png, "full");
}

static void png_silent(png_structp png, png_const_charp text)
{
	(void)png, (void)text;
}

static void png_fail(png_structp png, png_const_charp text)
{
	(void)text;
	png_longjmp(png, 1);
}

/* ST_TOOBIG when it does not fit ${out}. */
static st_t encode(const struct small *s, struct buf *out)
{
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, png_fail, png_silent);
	png_infop info = png ? png_create_info_struct(png) : NULL;
	uint32_t y;

	if (info == NULL || setjmp(png_jmpbuf(png)) != 0) {
		png_destroy_write_struct(&png, &info);
		return out->st != ST_OK ? out->st : ST_NOMEM;
	}
	png_set_write_fn(png, out, png_out, NULL);
	png_set_IHDR(png, info, s->w, s->h, 8, s->channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
	    PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_write_info(png, info);
	for (y = 0; y < s->h; y++)
		png_write_row(png, s->px + (size_t)y * s->w * s->channels);
	png_write_end(png, info);
	png_destroy_write_struct(&png, &info);
	return out->st;
}

void thumb_put(struct fact *f, struct thumb *t, unsigned orientation, bool stretch)
{
	static const uint32_t sides[] = { THUMB_SIDE, 208, 160, 128, 96, 64 };
	struct buf png = BUF_INIT(THUMB_BYTES), text = BUF_INIT(THUMB_BYTES * 2);
	struct small s = { 0 };
	double low = 0, high = 255;
	json_t *j;
	size_t i;
	st_t st = ST_TOOBIG;

	if (t == NULL || !t->any || !means(t, &low, &high))
		return;
	if (!stretch)
		low = 0, high = 255;
	for (i = 0; i < sizeof(sides) / sizeof(sides[0]) && st == ST_TOOBIG; i++) {
		free(s.px);
		buf_clear(&png);
		st = shrink(t, sides[i], orientation, low, high, &s) ? encode(&s, &png) : ST_NOMEM;
	}
	if (st == ST_OK && base64_encode(&text, png.p, png.n) == ST_OK) {
		j = json_pack("{s:s,s:i,s:i,s:s}", "media", "image/png", "width", (int)s.w, "height", (int)s.h, "data", text.p);
		if (j && stretch)
			fact_put(f, j, "stretched", json_pack("[f,f]", low, high));
		fact_put(f, fact_root(f), "thumbnail", j);
	}
	free(s.px);
	buf_release(&text);
	buf_release(&png);
}
