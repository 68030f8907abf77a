/*
 * Pictures of which the header is enough: GIF, WebP, BMP, and HEIF with its relatives (ISO/IEC 23008-12: boxes inside boxes). Their pixels are
 * not decoded, so they have no thumbnail.
 */

#include <stdlib.h>

#include "indexer/extract/bytes_int.h"
#include "indexer/extract/extract_int.h"
#include "indexer/extract/geo.h"
#include "indexer/extract/image.h"

#define BLOCKS_MOST	2000000u
#define META_MOST	((uint64_t)4 << 20)
#define ITEMS_MOST	4096u
#define PROPERTIES_MOST	1024u

static const char *const heif_brands[] = { "heic", "heix", "hevc", "heim", "heis", "mif1", "msf1", "avif", "avis" };

static const char *heif_media(const uint8_t *p, size_t n)
{
	size_t i, k, size;

	if (n < 16 || memcmp(p + 4, "ftyp", 4) != 0)
		return NULL;
	if ((size = get32(p, true)) > n)
		size = n;
	for (k = 8; k + 4 <= size; k += k == 8 ? 8 : 4)
		for (i = 0; i < sizeof(heif_brands) / sizeof(heif_brands[0]); i++)
			if (memcmp(p + k, heif_brands[i], 4) == 0 && !(k > 8 && i >= 5))
				return i >= 7 ? "image/avif" : i == 5 || i == 6 ? "image/heif" : "image/heic";
	return NULL;
}

static int picture_bid(const struct head *h)
{
	if (h->n >= 10 && (memcmp(h->p, "GIF87a", 6) == 0 || memcmp(h->p, "GIF89a", 6) == 0))
		return 95;
	if (h->n >= 16 && memcmp(h->p, "RIFF", 4) == 0 && memcmp(h->p + 8, "WEBP", 4) == 0)
		return 95;
	if (h->magic && strcmp(h->magic, "image/bmp") == 0)
		return 80;
	return heif_media(h->p, h->n) ? 95 : 0;
}

/* ---- GIF89a ---- */

/* Over sub-blocks to the one of length 0. */
static bool gif_skip(struct window *w, uint64_t *at)
{
	const uint8_t *p;
	unsigned i;

	for (i = 0; i < BLOCKS_MOST && (p = window_need(w, *at, 1)) != NULL; i++) {
		*at += 1 + (uint64_t)p[0];
		if (p[0] == 0)
			return true;
	}
	return false;
}

static uint64_t gif_table(uint8_t flags)
{
	return flags & 0x80 ? (uint64_t)3 << ((flags & 7) + 1) : 0;
}

static void gif_comment(struct fact *f, struct window *w, uint64_t at)
{
	const uint8_t *p = window_need(w, at, 1);
	size_t n = p ? p[0] : 0;

	if (n && (p = window_need(w, at + 1, n)) != NULL)
		fact_put_text(f, fact_object(f, "attributes"), "comment", slice_of(p, n));
}

static st_t gif(struct fact *f, struct window *w, const struct head *h)
{
	struct image m = { .channels = 3, .bits = 8, .colour = "palette", .compression = "LZW" };
	const uint8_t *p;
	uint64_t at = 13 + (h->n > 10 ? gif_table(h->p[10]) : 0);
	bool ended = false;
	unsigned i;

	fact_media(f, "image/gif");
	fact_format(f, "GIF", h->p[4] == '9' ? "89a" : "87a", h->p[4] == '9' ? "fmt/4" : "fmt/3");
	m.width = get16(h->p + 6, false);
	m.height = get16(h->p + 8, false);
	for (i = 0; i < BLOCKS_MOST && !ended && (p = window_need(w, at, 2)) != NULL; i++) {
		if (p[0] == 0x21) {
			if (p[1] == 0xFE)
				gif_comment(f, w, at + 2);
			at += 2;
		} else if (p[0] == 0x2C && (p = window_need(w, at, 10)) != NULL) {
			at += 11 + gif_table(p[9]);	/* and the code size */
			m.frames++;
		} else
			break;
		if (!gif_skip(w, &at))
			break;
	}
	p = window_need(w, at, 1);
	ended = p && p[0] == 0x3B;
	image_put(f, &m);
	if (!ended)
		fact_partial(f, "cut off or damaged behind frame %llu", (unsigned long long)m.frames);
	return ST_OK;
}

/* ---- WebP (RFC 9649) ---- */

static st_t block_read(struct source *src, uint64_t at, uint64_t n, struct buf *b)
{
	size_t got = 0;
	st_t st;

	buf_init(b, IMAGE_BLOCK);
	if (n > IMAGE_BLOCK)
		return ST_TOOBIG;
	if ((st = buf_reserve(b, (size_t)n + 1)) == ST_OK)
		st = source_read(src, at, b->p, (size_t)n, &got, NULL);
	b->n = got;
	return st == ST_OK && got < n ? ST_INVALID : st;
}

static void webp_chunk(struct fact *f, struct source *src, struct image *m, const uint8_t *head, uint64_t at, uint32_t n)
{
	struct buf b;
	const uint8_t *p;

	if (memcmp(head, "ANMF", 4) == 0)
		m->frames++;
	if (memcmp(head, "VP8 ", 4) != 0 && memcmp(head, "VP8L", 4) != 0 && memcmp(head, "VP8X", 4) != 0 && memcmp(head, "EXIF", 4) != 0 &&
	    memcmp(head, "XMP ", 4) != 0)
		return;
	if (block_read(src, at, memcmp(head, "VP8", 3) == 0 && n > 16 ? 16 : n, &b) == ST_OK) {
		p = (const uint8_t *)b.p;
		if (memcmp(head, "EXIF", 4) == 0)
			exif_read(f, buf_slice(&b));
		else if (memcmp(head, "XMP ", 4) == 0)
			xmp_read(f, buf_slice(&b));
		else if (memcmp(head, "VP8X", 4) == 0 && b.n >= 10) {
			m->width = 1 + (get32(p + 4, false) & 0xFFFFFF);
			m->height = 1 + (get32(p + 6, false) >> 8);
			m->channels = p[0] & 0x10 ? 4 : 3;
		} else if (memcmp(head, "VP8 ", 4) == 0 && b.n >= 10 && m->compression == NULL) {
			m->compression = "VP8";
			if (m->width == 0) {
				m->width = get16(p + 6, false) & 0x3FFF;
				m->height = get16(p + 8, false) & 0x3FFF;
			}
		} else if (memcmp(head, "VP8L", 4) == 0 && b.n >= 5 && m->compression == NULL) {
			m->compression = "VP8L";
			if (m->width == 0) {
				m->width = 1 + (get32(p + 1, false) & 0x3FFF);
				m->height = 1 + (get32(p + 1, false) >> 14 & 0x3FFF);
			}
		}
	}
	buf_release(&b);
}

static st_t webp(struct fact *f, struct source *src, const struct head *h)
{
	struct image m = { .channels = 3, .bits = 8, .colour = "rgb" };
	uint64_t at = 12, end = 8 + (uint64_t)get32(h->p + 4, false);
	uint8_t c[8];
	uint32_t n;
	unsigned i;

	fact_media(f, "image/webp");
	fact_format(f, "WebP", NULL, "fmt/566");
	for (i = 0; i < 100000 && at + 8 <= end && source_need(src, at, c, 8, NULL) == ST_OK; i++, at += 8 + (uint64_t)n + (n & 1)) {
		n = get32(c + 4, false);
		webp_chunk(f, src, &m, c, at + 8, n);
	}
	if (m.channels == 4)
		m.colour = "rgba";
	if (m.width == 0)
		fact_unreadable(f, "cut off or damaged before the picture begins");
	else
		image_put(f, &m);
	if (end > src->size)
		fact_partial(f, "cut off: the header says %llu bytes", (unsigned long long)end);
	return ST_OK;
}

/* ---- BMP ---- */

static st_t bmp(struct fact *f, const struct head *h)
{
	static const char *const packing[] = { "none", "RLE8", "RLE4", "none", "JPEG", "PNG" };
	struct image m = { 0 };
	uint32_t info, packed;
	int32_t high;

	fact_media(f, "image/bmp");
	fact_format(f, "Windows Bitmap", NULL, NULL);
	info = h->n >= 18 ? get32(h->p + 14, false) : 0;
	if (h->n < 26 || (info != 12 && (info < 40 || h->n < 54))) {
		fact_unreadable(f, "cut off or damaged in the header");
		return ST_OK;
	}
	if (info == 12) {
		m.width = get16(h->p + 18, false);
		m.height = get16(h->p + 20, false);
		m.bits = get16(h->p + 24, false);
	} else {
		high = (int32_t)get32(h->p + 22, false);
		m.width = get32(h->p + 18, false);
		m.height = high < 0 ? (uint64_t)-(int64_t)high : (uint64_t)high;
		m.bits = get16(h->p + 28, false);
		packed = get32(h->p + 30, false);
		m.compression = packed < 6 ? packing[packed] : NULL;
		image_resolution(f, get32(h->p + 38, false), get32(h->p + 42, false), "m");
	}
	m.colour = m.bits <= 8 ? "palette" : "rgb";
	m.channels = m.bits == 32 ? 4 : 3;
	m.bits = m.bits == 24 || m.bits == 32 ? 8 : m.bits;
	image_put(f, &m);
	if (get32(h->p + 2, false) > h->size)
		fact_partial(f, "cut off: the header says %u bytes", get32(h->p + 2, false));
	return ST_OK;
}

/* ---- HEIF ---- */

struct box { const uint8_t *p; size_t n; char type[5]; };

/* The next box of ${s}; false at its end or when it does not fit. */
static bool box_next(struct slice *s, struct box *b)
{
	const uint8_t *p = (const uint8_t *)s->p;
	uint64_t n;
	size_t head = 8;

	if (s->n < 8)
		return false;
	n = get32(p, true);
	if (n == 1 && s->n >= 16) {
		n = get64(p + 8, true);
		head = 16;
	} else if (n == 0)
		n = s->n;
	if (n < head || n > s->n)
		return false;
	memcpy(b->type, p + 4, 4);
	b->type[4] = '\0';
	b->p = p + head;
	b->n = (size_t)n - head;
	*s = slice_of(s->p + n, s->n - (size_t)n);
	return true;
}

static bool box_find(struct slice s, const char *type, struct box *b)
{
	while (box_next(&s, b))
		if (strcmp(b->type, type) == 0)
			return true;
	return false;
}

struct heif {
	struct fact *f;
	struct source *src;
	struct image m;
	uint32_t primary, exif, xmp;	/* items; 0 none */
	struct slice ipco;
	unsigned turn;
};

/* Numbers of 0, 2, 4 or 8 bytes, as iloc says. */
static bool take(struct slice *s, unsigned bytes, uint64_t *v)
{
	const uint8_t *p = (const uint8_t *)s->p;

	if (s->n < bytes)
		return false;
	*v = bytes == 8 ? get64(p, true) : bytes == 4 ? get32(p, true) : bytes == 2 ? get16(p, true) : bytes == 1 ? p[0] : 0;
	*s = slice_of(s->p + bytes, s->n - bytes);
	return true;
}

static void items(struct heif *x, struct box iinf)
{
	struct slice s = slice_of(iinf.p, iinf.n);
	struct box b;
	uint64_t version, count, id, skip;
	unsigned i;

	if (!take(&s, 4, &version) || !take(&s, version >> 24 ? 4 : 2, &count))
		return;
	for (i = 0; i < ITEMS_MOST && box_next(&s, &b); i++) {
		struct slice t = slice_of(b.p, b.n);

		if (strcmp(b.type, "infe") != 0 || !take(&t, 4, &version) || (version >>= 24) < 2 || !take(&t, version == 2 ? 2 : 4, &id) ||
		    !take(&t, 2, &skip) || t.n < 4)
			continue;
		if (memcmp(t.p, "Exif", 4) == 0 && x->exif == 0)
			x->exif = (uint32_t)id;
		else if (memcmp(t.p, "mime", 4) == 0 && memmem(t.p, t.n, "application/rdf+xml", 19) && x->xmp == 0)
			x->xmp = (uint32_t)id;
	}
}

static void property(struct heif *x, unsigned index)
{
	struct slice s = x->ipco;
	struct box b;
	unsigned i;

	for (i = 1; i <= index; i++)
		if (!box_next(&s, &b))
			return;
	if (index == 0)
		return;
	if (strcmp(b.type, "ispe") == 0 && b.n >= 12) {
		x->m.width = get32(b.p + 4, true);
		x->m.height = get32(b.p + 8, true);
	} else if (strcmp(b.type, "pixi") == 0 && b.n >= 6) {
		x->m.channels = b.p[4];
		x->m.bits = b.p[5];
	} else if (strcmp(b.type, "irot") == 0 && b.n >= 1)
		x->turn = b.p[0] & 3u;
	else if (strcmp(b.type, "hvcC") == 0)
		x->m.compression = "HEVC";
	else if (strcmp(b.type, "av1C") == 0)
		x->m.compression = "AV1";
}

/* ipma: which properties belong to the primary item. */
static void associations(struct heif *x, struct box ipma)
{
	struct slice s = slice_of(ipma.p, ipma.n);
	uint64_t head, count, id, n, v;
	uint64_t i, k;

	if (!take(&s, 4, &head) || !take(&s, 4, &count))
		return;
	for (i = 0; i < count && i < ITEMS_MOST; i++) {
		if (!take(&s, head >> 24 ? 4 : 2, &id) || !take(&s, 1, &n))
			return;
		for (k = 0; k < n; k++) {
			if (!take(&s, head & 1 ? 2 : 1, &v))
				return;
			if (id == x->primary)
				property(x, (unsigned)(v & (head & 1 ? 0x7FFF : 0x7F)));
		}
	}
}

static void item_read(struct heif *x, uint32_t id, uint64_t at, uint64_t n)
{
	struct buf b;
	uint32_t skip;

	if (block_read(x->src, at, n, &b) == ST_OK) {
		if (id == x->xmp)
			xmp_read(x->f, buf_slice(&b));
		else if (b.n > 4 && (skip = get32((uint8_t *)b.p, true)) < b.n - 4)
			exif_read(x->f, slice_of(b.p + 4 + skip, b.n - 4 - skip));
	}
	buf_release(&b);
}

/* iloc: where items lie. Only items in one piece, counted from the file's beginning, are read. */
static void locations(struct heif *x, struct box iloc)
{
	struct slice s = slice_of(iloc.p, iloc.n);
	uint64_t version, sizes, count, id, method = 0, skip, base, extents, at, n, k;
	unsigned so, sl, sb, si;
	uint64_t i;

	if (!take(&s, 4, &version) || !take(&s, 2, &sizes))
		return;
	version >>= 24;
	so = sizes >> 12 & 15, sl = sizes >> 8 & 15, sb = sizes >> 4 & 15, si = version ? sizes & 15 : 0;
	if (!take(&s, version < 2 ? 2 : 4, &count))
		return;
	for (i = 0; i < count && i < ITEMS_MOST; i++) {
		if (!take(&s, version < 2 ? 2 : 4, &id) || (version && !take(&s, 2, &method)) || !take(&s, 2, &skip) || !take(&s, sb, &base) ||
		    !take(&s, 2, &extents))
			return;
		for (k = 0; k < extents; k++) {
			if ((si && !take(&s, si, &skip)) || !take(&s, so, &at) || !take(&s, sl, &n))
				return;
			if (id && extents == 1 && (method & 15) == 0 && (id == x->exif || id == x->xmp))
				item_read(x, (uint32_t)id, base + at, n);
		}
	}
}

static void meta(struct heif *x, struct slice s)
{
	struct box b, c;

	if (s.n < 4)
		return;
	s = slice_of(s.p + 4, s.n - 4);
	if (box_find(s, "pitm", &b) && b.n >= 6)
		x->primary = b.p[0] == 0 ? get16(b.p + 4, true) : b.n >= 8 ? get32(b.p + 4, true) : 0;
	if (box_find(s, "iinf", &b))
		items(x, b);
	if (box_find(s, "iprp", &b) && box_find(slice_of(b.p, b.n), "ipco", &c)) {
		x->ipco = slice_of(c.p, c.n);
		if (box_find(slice_of(b.p, b.n), "ipma", &c))
			associations(x, c);
	}
	if (box_find(s, "iloc", &b))
		locations(x, b);
}

static st_t heif(struct fact *f, struct source *src, const struct head *h)
{
	struct heif x = { .f = f, .src = src, .m = { .colour = "ycbcr" } };
	uint64_t at = 0, n, swap;
	uint8_t c[16];
	struct buf b;
	unsigned i;
	bool whole = true, found = false;

	fact_media(f, heif_media(h->p, h->n));
	fact_format(f, strcmp(heif_media(h->p, h->n), "image/avif") == 0 ? "AVIF" : "HEIF", NULL, NULL);
	for (i = 0; i < 1000 && at < src->size; i++, at += n) {
		if (source_need(src, at, c, 8, NULL) != ST_OK)
			break;
		n = get32(c, true);
		if (n == 1 && source_need(src, at, c, 16, NULL) == ST_OK)
			n = get64(c + 8, true);
		else if (n == 0)
			n = src->size - at;
		if (n < 8 || n > src->size - at) {
			whole = false;
			break;
		}
		if (memcmp(c + 4, "meta", 4) != 0 || found || n > META_MOST)
			continue;
		found = true;
		if (block_read(src, at + 8, n - 8, &b) == ST_OK)
			meta(&x, buf_slice(&b));
		buf_release(&b);
	}
	if (x.m.width == 0) {
		fact_unreadable(f, "cut off or damaged before the picture is described");
		return ST_OK;
	}
	if (x.turn & 1)
		swap = x.m.width, x.m.width = x.m.height, x.m.height = swap;
	image_put(f, &x.m);
	if (!whole)
		fact_partial(f, "cut off inside the pixels");
	return ST_OK;
}

static st_t picture_read(struct fact *f, const struct head *h, struct source *src)
{
	struct window *w;
	st_t st;

	if (memcmp(h->p, "RIFF", 4) == 0)
		return webp(f, src, h);
	if (memcmp(h->p, "BM", 2) == 0)
		return bmp(f, h);
	if (memcmp(h->p, "GIF", 3) != 0)
		return heif(f, src, h);
	if ((w = calloc(1, sizeof(*w))) == NULL)
		return ST_NOMEM;
	w->src = src;
	st = gif(f, w, h);
	free(w);
	return st;
}

const struct extractor ex_picture = { .name = "picture", .version = 1, .bid = picture_bid, .read = picture_read };
