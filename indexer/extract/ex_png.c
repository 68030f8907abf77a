/* PNG (ISO/IEC 15948): the chunks are walked by us, so that a cut file still tells what it is; pixels come from libpng, row by row. */

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <zlib.h>

#include "indexer/extract/bytes_int.h"
#include "indexer/extract/extract_int.h"
#include "indexer/extract/image.h"
#include "indexer/extract/thumb.h"

#define CHUNKS_MOST	100000u
#define TEXTS_MOST	50u
#define WHOLE_MOST	((uint64_t)48 << 20)	/* bytes of an interlaced picture held at once */

#define DEFLATE_MOST	1040u			/* bytes that one byte can become */

struct pngx {
	struct fact *f;
	struct source *src;
	struct image m;
	bool ended, pixels, interlaced;
	uint32_t frames;
	unsigned texts, orientation;
	uint8_t depth, type;
	uint64_t at;			/* libpng reads here */
};

static int png_bid(const struct head *h)
{
	return h->n >= 8 && memcmp(h->p, "\x89PNG\r\n\x1a\n", 8) == 0 ? 95 : 0;
}

static void header(struct pngx *x, const uint8_t *p)
{
	static const uint8_t channels[7] = { 1, 0, 3, 1, 2, 0, 4 };
	static const char *const colours[7] = { "grey", NULL, "rgb", "palette", "grey-alpha", NULL, "rgba" };

	x->depth = p[8];
	x->type = p[9];
	x->interlaced = p[12] != 0;
	x->m = (struct image){ .width = get32(p, true), .height = get32(p + 4, true), .bits = p[8], .compression = "deflate" };
	if (p[9] < 7 && channels[p[9]]) {
		x->m.channels = channels[p[9]];
		x->m.colour = colours[p[9]];
	}
}

/* ${out} becomes the text of a zlib stream, at most its ceiling. */
static bool inflate_all(struct slice z, struct buf *out)
{
	z_stream s = { 0 };
	uint8_t piece[8192];
	int rc;

	if (inflateInit(&s) != Z_OK)
		return false;
	s.next_in = (Bytef *)(uintptr_t)z.p;
	s.avail_in = (uInt)z.n;
	do {
		s.next_out = piece;
		s.avail_out = sizeof(piece);
		rc = inflate(&s, Z_NO_FLUSH);
		if ((rc == Z_OK || rc == Z_STREAM_END) && buf_add(out, piece, sizeof(piece) - s.avail_out) != ST_OK)
			rc = Z_MEM_ERROR;
	} while (rc == Z_OK && (s.avail_in || s.avail_out == 0));
	inflateEnd(&s);
	return rc == Z_STREAM_END;
}

static void put_text(struct pngx *x, struct slice key, struct slice value)
{
	char name[80];

	if (slice_eq_str(key, "XML:com.adobe.xmp")) {
		xmp_read(x->f, value);
		return;
	}
	if (x->texts++ >= TEXTS_MOST || key.n == 0 || key.n >= sizeof(name))
		return;
	memcpy(name, key.p, key.n);
	name[key.n] = '\0';
	for (char *c = name; *c; c++)
		if ((uint8_t)*c >= 0x80 || (uint8_t)*c < ' ')
			*c = '?';
	fact_put_text(x->f, fact_object(x->f, "attributes"), name, value);
	if (strcmp(name, "Title") == 0 && value.n)
		image_propose(x->f, "titles", json_pack("{s:o}", "value", fact_text(value, FACT_VALUE)), "PNG text Title");
	else if (strcmp(name, "Author") == 0 && value.n)
		image_propose(x->f, "creators", json_pack("{s:[{s:o}]}", "names", "value", fact_text(value, FACT_VALUE)), "PNG text Author");
}

/* tEXt: key, value. zTXt: key, method, zlib. iTXt: key, compressed?, method, language, translated key, value. */
static void text_chunk(struct pngx *x, char kind, struct slice s)
{
	struct buf plain = BUF_INIT(IMAGE_BLOCK);
	struct slice key;
	bool packed = kind == 'z';

	if (memchr(s.p, '\0', s.n) == NULL)
		return;
	key = slice_cut(&s, '\0');
	if (kind == 'i' && s.n >= 2) {
		packed = s.p[0] == 1;
		s = slice_of(s.p + 2, s.n - 2);
		slice_cut(&s, '\0');
		slice_cut(&s, '\0');
	} else if (kind == 'z' && s.n)
		s = slice_of(s.p + 1, s.n - 1);
	if (packed && s.n)
		s = inflate_all(s, &plain) ? buf_slice(&plain) : SLICE_NULL;
	if (s.n)
		put_text(x, key, s);
	buf_release(&plain);
}

/* The chunks that say something. */
static st_t take(struct pngx *x, const uint8_t *type, uint64_t at, uint32_t n)
{
	struct buf b = BUF_INIT(IMAGE_BLOCK);
	size_t got;
	st_t st;

	if (n == 0 || n > IMAGE_BLOCK)
		return ST_OK;
	if ((st = buf_reserve(&b, n)) == ST_OK)
		st = source_read(x->src, at, b.p, n, &got, NULL);
	if (st == ST_OK && got == n) {
		b.n = n;
		if (memcmp(type, "tEXt", 4) == 0 || memcmp(type, "zTXt", 4) == 0 || memcmp(type, "iTXt", 4) == 0)
			text_chunk(x, (char)type[0], buf_slice(&b));
		else if (memcmp(type, "eXIf", 4) == 0)
			x->orientation = exif_read(x->f, buf_slice(&b));
		else if (memcmp(type, "pHYs", 4) == 0 && n == 9)
			image_resolution(x->f, get32((uint8_t *)b.p, true), get32((uint8_t *)b.p + 4, true), b.p[8] == 1 ? "m" : NULL);
		else if (memcmp(type, "acTL", 4) == 0 && n == 8)
			x->frames = get32((uint8_t *)b.p, true);
	}
	buf_release(&b);
	return st == ST_NOMEM ? st : ST_OK;
}

static st_t walk(struct pngx *x)
{
	static const char told[] = "tEXt zTXt iTXt eXIf pHYs acTL";
	uint8_t c[8], name[5] = { 0 };
	uint64_t at = 8;
	uint32_t n;
	unsigned i;

	for (i = 0; i < CHUNKS_MOST && !x->ended; i++, at += 12 + (uint64_t)n) {
		if (source_need(x->src, at, c, 8, NULL) != ST_OK)
			break;
		n = get32(c, true);
		memcpy(name, c + 4, 4);
		x->pixels |= memcmp(name, "IDAT", 4) == 0;
		x->ended = memcmp(name, "IEND", 4) == 0;
		if (at + 12 + n > x->src->size) {
			x->ended = false;
			break;
		}
		if (strstr(told, (char *)name) && strlen((char *)name) == 4 && take(x, name, at + 8, n) == ST_NOMEM)
			return ST_NOMEM;
	}
	return ST_OK;
}

/* ---- pixels ---- */

static void png_in(png_structp png, png_bytep p, png_size_t n)
{
	struct pngx *x = png_get_io_ptr(png);

	if (source_need(x->src, x->at, p, n, NULL) != ST_OK)
		png_error(png, "cut");
	x->at += n;
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

struct rows { png_structp png; png_infop info; uint8_t *row; png_bytep *all; struct thumb *t; bool broken; };

static void rows_read(struct rows *r, uint32_t h)
{
	unsigned samples = png_get_channels(r->png, r->info);
	size_t bytes = png_get_rowbytes(r->png, r->info);
	uint32_t y;

	if (png_get_interlace_type(r->png, r->info) == PNG_INTERLACE_NONE) {
		r->row = png_malloc(r->png, bytes);
		for (y = 0; y < h; y++) {
			png_read_row(r->png, r->row, NULL);
			thumb_row(r->t, y, r->row, samples);
		}
		return;
	}
	r->row = png_malloc(r->png, bytes * h);
	r->all = png_malloc(r->png, h * sizeof(*r->all));
	for (y = 0; y < h; y++)
		r->all[y] = r->row + y * bytes;
	png_read_image(r->png, r->all);
	for (y = 0; y < h; y++)
		thumb_row(r->t, y, r->all[y], samples);
}

static void pixels_read(struct pngx *x, struct rows *r)
{
	if ((r->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, png_fail, png_silent)) == NULL)
		return;
	if ((r->info = png_create_info_struct(r->png)) == NULL || setjmp(png_jmpbuf(r->png)) != 0) {
		r->broken = true;
		return;
	}
	png_set_read_fn(r->png, x, png_in);
	png_set_user_limits(r->png, 0x7FFFFFFF, 0x7FFFFFFF);
	png_set_chunk_malloc_max(r->png, IMAGE_BLOCK);
	png_set_crc_action(r->png, PNG_CRC_ERROR_QUIT, PNG_CRC_WARN_DISCARD);
	png_read_info(r->png, r->info);
	png_set_expand(r->png);
	png_set_scale_16(r->png);
	png_read_update_info(r->png, r->info);
	rows_read(r, (uint32_t)x->m.height);
}

static void thumbnail(struct pngx *x)
{
	struct rows r = { 0 };

	if (x->m.width * x->m.height > THUMB_PIXELS || x->m.width > (1u << 24) || (x->interlaced && x->m.width * x->m.height * 4 > WHOLE_MOST)) {
		fact_check(x->f, "not-decoded", false, "the picture is too large to look at its pixels here");
		return;
	}
	if ((r.t = thumb_new((uint32_t)x->m.width, (uint32_t)x->m.height, x->type & 2 ? 3 : 1)) == NULL)
		return;
	pixels_read(x, &r);
	if (r.broken)
		fact_partial(x->f, x->ended ? "the compressed pixels are damaged" : "cut off inside the pixels");
	thumb_put(x->f, r.t, x->orientation, false);
	if (r.png) {
		png_free(r.png, r.row);
		png_free(r.png, r.all);
	}
	png_destroy_read_struct(&r.png, &r.info, NULL);
	thumb_free(r.t);
}

static st_t png_read_facts(struct fact *f, const struct head *h, struct source *src)
{
	struct pngx x = { .f = f, .src = src, .orientation = 1 };
	st_t st;

	fact_media(f, "image/png");
	fact_format(f, "PNG", NULL, NULL);
	if (h->n < 33 || memcmp(h->p + 12, "IHDR", 4) != 0) {
		fact_unreadable(f, "cut off or damaged in the header");
		return ST_OK;
	}
	header(&x, h->p + 16);
	if (x.m.width == 0 || x.m.height == 0 || x.m.width > 0x7FFFFFFF || x.m.height > 0x7FFFFFFF || x.m.channels == 0) {
		fact_unreadable(f, "the header has impossible values");
		return ST_OK;
	}
	if ((st = walk(&x)) != ST_OK)
		return st;
	x.m.frames = x.frames;
	image_put(f, &x.m);
	if (!x.pixels)
		fact_partial(f, "there are no pixels in it");
	else if (x.m.width * x.m.channels * x.depth / 8 > src->size * DEFLATE_MOST / x.m.height)
		fact_partial(f, "too few bytes for %llu by %llu pixels", (unsigned long long)x.m.width, (unsigned long long)x.m.height);
	else
		thumbnail(&x);
	if (!x.ended)
		fact_partial(f, "cut off: the end of the file is missing");
	return ST_OK;
}

const struct extractor ex_png = { .name = "png", .version = 1, .bid = png_bid, .read = png_read_facts };
