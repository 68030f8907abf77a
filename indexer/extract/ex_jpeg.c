/* JPEG (ITU-T T.81): markers are walked by us; pixels come from libjpeg, scaled down while they are decoded. */

#include <stdio.h>
#include <jpeglib.h>
#include <setjmp.h>
#include <stdlib.h>

#include "indexer/extract/bytes_int.h"
#include "indexer/extract/extract_int.h"
#include "indexer/extract/image.h"
#include "indexer/extract/thumb.h"

#define MARKERS_MOST	10000u
#define PROGRESSIVE_MOST ((uint64_t)30000000)	/* pixels: their coefficients are held at once, 2 bytes each */
#define SCANS_MOST	100u

struct jx {
	struct fact *f;
	struct source *src;
	struct image m;
	bool start_of_frame, scan, progressive;
	unsigned orientation;
	uint8_t adobe;			/* transform; 255: not said */
	bool has_adobe;
};

static int jpeg_bid(const struct head *h)
{
	return h->n >= 4 && memcmp(h->p, "\xFF\xD8\xFF", 3) == 0 ? 95 : 0;
}

static void frame(struct jx *x, uint8_t marker, const uint8_t *p, size_t n)
{
	if (n < 6 || x->start_of_frame)
		return;
	x->start_of_frame = true;
	x->progressive = marker == 0xC2 || marker == 0xC6 || marker == 0xCA || marker == 0xCE;
	x->m.bits = p[0];
	x->m.height = get16(p + 1, true);
	x->m.width = get16(p + 3, true);
	x->m.channels = p[5];
	x->m.compression = marker == 0xC3 || marker == 0xC7 || marker == 0xCB ? "lossless JPEG" : x->progressive ? "progressive JPEG" : "JPEG";
}

static void segment(struct jx *x, uint8_t marker, struct slice s)
{
	static const char xmp[] = "http://ns.adobe.com/xap/1.0/";
	const uint8_t *p = (const uint8_t *)s.p;

	if (marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC)
		frame(x, marker, p, s.n);
	else if (marker == 0xE0 && s.n >= 12 && memcmp(p, "JFIF", 5) == 0 && p[7])
		image_resolution(x->f, get16(p + 8, true), get16(p + 10, true), p[7] == 1 ? "inch" : "cm");
	else if (marker == 0xE1 && s.n > 6 && memcmp(p, "Exif\0", 5) == 0)
		x->orientation = exif_read(x->f, s);
	else if (marker == 0xE1 && s.n > sizeof(xmp) && memcmp(p, xmp, sizeof(xmp)) == 0)
		xmp_read(x->f, slice_of(s.p + sizeof(xmp), s.n - sizeof(xmp)));
	else if (marker == 0xED && s.n > 14 && memcmp(p, "Photoshop 3.0", 14) == 0)
		photoshop_read(x->f, slice_of(s.p + 14, s.n - 14));
	else if (marker == 0xEE && s.n >= 12 && memcmp(p, "Adobe", 5) == 0) {
		x->has_adobe = true;
		x->adobe = p[11];
	} else if (marker == 0xFE && s.n)
		fact_put_text(x->f, fact_object(x->f, "attributes"), "comment", s);
}

static bool told(uint8_t m)
{
	return (m >= 0xC0 && m <= 0xCF) || m == 0xE0 || m == 0xE1 || m == 0xED || m == 0xEE || m == 0xFE;
}

/* Up to the first scan. */
static void walk(struct jx *x)
{
	uint8_t c[4], *body = malloc(65536);
	uint64_t at = 2;
	size_t n;
	unsigned i;

	for (i = 0; body && i < MARKERS_MOST && source_need(x->src, at, c, 4, NULL) == ST_OK; i++) {
		if (c[0] != 0xFF)
			break;
		if (c[1] == 0xFF || c[1] == 0x01 || (c[1] >= 0xD0 && c[1] <= 0xD8)) {	/* fill bytes and markers without a length */
			at += c[1] == 0xFF ? 1 : 2;
			continue;
		}
		x->scan = c[1] == 0xDA;
		n = get16(c + 2, true);
		if (x->scan || c[1] == 0xD9 || n < 2)
			break;
		if (told(c[1])) {
			if (source_need(x->src, at + 4, body, n - 2, NULL) != ST_OK)
				break;
			segment(x, c[1], slice_of(body, n - 2));
		}
		at += 2 + n;
	}
	free(body);
}

/* ---- pixels ---- */

struct in {
	struct jpeg_source_mgr mgr;
	struct source *src;
	uint64_t at;
	bool cut;
	uint8_t piece[65536];
};

struct trouble { struct jpeg_error_mgr mgr; jmp_buf out; long warnings; unsigned scans; };

static void in_nothing(j_decompress_ptr d)
{
	(void)d;
}

/* Behind the end come end markers: libjpeg then fills the rest with grey. */
static boolean in_fill(j_decompress_ptr d)
{
	struct in *in = (struct in *)d->src;
	size_t got = 0;

	if (source_read(in->src, in->at, in->piece, sizeof(in->piece), &got, NULL) != ST_OK || got == 0) {
		in->cut = true;
		in->piece[0] = 0xFF;
		in->piece[1] = JPEG_EOI;
		got = 2;
	}
	in->at += got;
	in->mgr.next_input_byte = in->piece;
	in->mgr.bytes_in_buffer = got;
	return TRUE;
}

static void in_skip(j_decompress_ptr d, long n)
{
	struct in *in = (struct in *)d->src;

	if (n <= 0)
		return;
	if ((size_t)n <= in->mgr.bytes_in_buffer) {
		in->mgr.next_input_byte += n;
		in->mgr.bytes_in_buffer -= (size_t)n;
		return;
	}
	in->at += (uint64_t)n - in->mgr.bytes_in_buffer;
	in->mgr.bytes_in_buffer = 0;
}

static void fail(j_common_ptr d)
{
	longjmp(((struct trouble *)d->err)->out, 1);
}

static void count(j_common_ptr d, int level)
{
	if (level < 0)
		((struct trouble *)d->err)->warnings++;
}

static void silent(j_common_ptr d)
{
	(void)d;
}

/* A small file can have thousands of scans over a large picture. */
static void limit_scans(j_common_ptr d)
{
	j_decompress_ptr j = (j_decompress_ptr)d;

	if (d->is_decompressor && j->input_scan_number > (int)SCANS_MOST)
		fail(d);
}

struct decode {
	struct jpeg_decompress_struct d;
	struct trouble err;
	struct jpeg_progress_mgr progress;
	struct in in;
	struct thumb *t;
	uint8_t *row;
	bool broken;
};

static void rows(struct decode *c)
{
	unsigned samples;

	jpeg_read_header(&c->d, TRUE);
	c->d.scale_num = 1;
	for (c->d.scale_denom = 8; c->d.scale_denom > 1; c->d.scale_denom /= 2)
		if (c->d.image_width / c->d.scale_denom >= THUMB_SIDE || c->d.image_height / c->d.scale_denom >= THUMB_SIDE)
			break;
	c->d.dct_method = JDCT_IFAST;
	if (c->d.jpeg_color_space == JCS_GRAYSCALE)
		c->d.out_color_space = JCS_GRAYSCALE;
	else if (c->d.jpeg_color_space == JCS_YCbCr || c->d.jpeg_color_space == JCS_RGB)
		c->d.out_color_space = JCS_RGB;
	else
		fail((j_common_ptr)&c->d);
	jpeg_start_decompress(&c->d);
	samples = (unsigned)c->d.output_components;
	if ((samples != 1 && samples != 3) || (c->row = malloc((size_t)c->d.output_width * samples)) == NULL ||
	    (c->t = thumb_new(c->d.output_width, c->d.output_height, samples)) == NULL)
		fail((j_common_ptr)&c->d);
	while (c->d.output_scanline < c->d.output_height) {
		uint32_t y = c->d.output_scanline;

		jpeg_read_scanlines(&c->d, &c->row, 1);
		thumb_row(c->t, y, c->row, samples);
	}
}

static void decode(struct decode *c)
{
	c->d.err = jpeg_std_error(&c->err.mgr);
	c->err.mgr.error_exit = fail;
	c->err.mgr.emit_message = count;
	c->err.mgr.output_message = silent;
	if (setjmp(c->err.out) != 0) {
		c->broken = true;
		return;
	}
	jpeg_create_decompress(&c->d);
	c->d.mem->max_memory_to_use = 256L << 20;
	c->progress.progress_monitor = limit_scans;
	c->d.progress = &c->progress;
	c->in.mgr = (struct jpeg_source_mgr){ .init_source = in_nothing, .fill_input_buffer = in_fill, .skip_input_data = in_skip,
	    .resync_to_restart = jpeg_resync_to_restart, .term_source = in_nothing };
	c->d.src = &c->in.mgr;
	rows(c);
}

static st_t thumbnail(struct jx *x)
{
	struct decode *c;

	if (x->m.width * x->m.height > (x->progressive ? PROGRESSIVE_MOST : THUMB_PIXELS * 4) || x->m.channels > 3) {
		if (x->m.channels <= 3)
			fact_check(x->f, "not-decoded", false, "the picture is too large to look at its pixels here");
		return ST_OK;
	}
	if ((c = calloc(1, sizeof(*c))) == NULL)
		return ST_NOMEM;
	c->in.src = x->src;
	decode(c);
	if (c->in.cut)
		fact_partial(x->f, "cut off inside the pixels");
	else if (c->broken && x->m.bits == 8)
		fact_partial(x->f, "the pixels cannot be decoded");
	else if (c->err.warnings)
		fact_check(x->f, "damaged-pixels", true, "the compressed pixels are damaged in %ld places", c->err.warnings);
	thumb_put(x->f, c->t, x->orientation, false);
	thumb_free(c->t);
	free(c->row);
	jpeg_destroy_decompress(&c->d);
	free(c);
	return ST_OK;
}

static st_t jpeg_read_facts(struct fact *f, const struct head *h, struct source *src)
{
	struct jx x = { .f = f, .src = src, .orientation = 1 };

	(void)h;
	fact_media(f, "image/jpeg");
	fact_format(f, "JPEG", NULL, NULL);
	walk(&x);
	if (!x.start_of_frame) {
		fact_unreadable(f, "cut off or damaged before the picture begins");
		return ST_OK;
	}
	x.m.colour = x.m.channels == 1 ? "grey" : x.m.channels == 4 ? "cmyk" : x.has_adobe && x.adobe == 0 ? "rgb" : "ycbcr";
	image_put(f, &x.m);
	if (!x.scan || x.m.width == 0 || x.m.height == 0) {
		fact_partial(f, "cut off before the pixels");
		return ST_OK;
	}
	return thumbnail(&x);
}

const struct extractor ex_jpeg = { .name = "jpeg", .version = 1, .bid = jpeg_bid, .read = jpeg_read_facts };
