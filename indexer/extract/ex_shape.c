/*
 * The parts of an Esri shapefile (ESRI white paper, July 1998), each a file here: .shp shapes, .shx their places, .dbf the table (dBASE), .prj the
 * reference system. Whoever looks at the record puts them together by their common name.
 */

#include <ctype.h>
#include <math.h>
#include <stdlib.h>

#include "indexer/extract/bytes_int.h"
#include "indexer/extract/extract_int.h"
#include "indexer/extract/geo.h"

#define RECORDS_MOST	20000000u
#define FIELDS_MOST	2048u

/* ---- .shp and .shx ---- */

static bool shape_head(const uint8_t *p, size_t n)
{
	uint32_t type;

	if (n < 100 || get32(p, true) != 9994 || get32(p + 28, false) != 1000)
		return false;
	type = get32(p + 32, false);
	return type <= 31;
}

/* Their heads are alike: the first record of .shp has number 1, that of .shx says that shapes begin at word 50. */
static bool is_index(const struct head *h)
{
	if (h->n >= 108 && get32(h->p + 100, true) == 50)
		return h->size == 108 || h->n < 116 || get32(h->p + 108, true) == 50 + 4 + get32(h->p + 104, true);
	return h->n < 108 && strcmp(h->ext, "shx") == 0;
}

static int shape_bid(const struct head *h)
{
	return shape_head(h->p, h->n) ? 90 : 0;
}

static enum geo_kind shape_kind(uint32_t type)
{
	switch (type) {
	case 0: return GEO_NONE;
	case 1: case 11: case 21: return GEO_POINT;
	case 3: case 13: case 23: return GEO_LINE;
	case 5: case 15: case 25: return GEO_POLYGON;
	case 8: case 18: case 28: return GEO_MULTIPOINT;
	default: return GEO_OTHER;
	}
}

/* The box of one shape against that of the file. */
static void shape_box(struct layer *l, enum geo_kind kind, const uint8_t *p, size_t n)
{
	if (kind == GEO_POINT && n >= 20)
		layer_point(l, get_double(p + 4, false), get_double(p + 12, false));
	else if (kind != GEO_NONE && kind != GEO_POINT && n >= 36) {
		layer_point(l, get_double(p + 4, false), get_double(p + 12, false));
		layer_point(l, get_double(p + 20, false), get_double(p + 28, false));
	}
}

static void shapes(struct fact *f, struct window *w, uint32_t type, struct layer *l)
{
	uint64_t at = 100, length;
	const uint8_t *p;
	size_t have;
	unsigned i, odd = 0;

	for (i = 0; i < RECORDS_MOST && at < w->src->size; i++) {
		if ((p = window_need(w, at, 12)) == NULL) {
			fact_partial(f, "cut off in shape %u", i + 1);
			break;
		}
		odd += get32(p, true) != i + 1;
		length = (uint64_t)get32(p + 4, true) * 2;
		if (length < 4 || length > w->src->size - at - 8) {
			fact_partial(f, "%s in shape %u", length < 4 ? "damaged" : "cut off", i + 1);
			break;
		}
		have = length < 44 ? (size_t)length : 44;
		if ((p = window_need(w, at + 8, have)) == NULL)
			break;
		l->features++;
		l->kinds[shape_kind(get32(p, false))]++;
		if (get32(p, false) != type && get32(p, false) != 0)
			fact_check(f, "mixed-shapes", true, "shape %u is of type %u in a file of type %u", i + 1, get32(p, false), type);
		shape_box(l, shape_kind(get32(p, false)), p, have);
		at += 8 + length;
	}
	if (odd)
		fact_check(f, "record-numbers", true, "%u shapes are not numbered as they follow each other", odd);
}

static void check_box(struct fact *f, const uint8_t *p, const struct layer *l)
{
	double b[4];
	unsigned i;

	for (i = 0; i < 4; i++)
		b[i] = get_double(p + 36 + 8 * i, false);
	for (i = 0; i < 4 && l->points; i++)
		if (!(fabs(b[i] - l->box[i]) <= 1e-6 * (1 + fabs(l->box[i])))) {
			fact_check(f, "wrong-extent", true, "the head says %g, %g to %g, %g; the shapes reach from %g, %g to %g, %g", b[0], b[1], b[2], b[3], l->box[0],
			    l->box[1], l->box[2], l->box[3]);
			return;
		}
}

static st_t shp(struct fact *f, const struct head *h, struct source *src)
{
	struct window *w = malloc(sizeof(*w));
	struct layer l;

	if (w == NULL)
		return ST_NOMEM;
	*w = (struct window){ .src = src };
	layer_init(&l);
	fact_media(f, "application/vnd.shp");
	fact_format(f, "ESRI Shapefile", NULL, "x-fmt/235");
	shapes(f, w, get32(h->p + 32, false), &l);
	check_box(f, h->p, &l);
	if ((uint64_t)get32(h->p + 24, true) * 2 > src->size)
		fact_partial(f, "cut off: the head says %llu bytes", (unsigned long long)get32(h->p + 24, true) * 2);
	if (l.features == 0 && shape_kind(get32(h->p + 32, false)) != GEO_NONE)
		fact_check(f, "empty-table", false, "there are no shapes in it");
	layer_put(f, &l, false);
	free(w);
	return ST_OK;
}

static st_t shx(struct fact *f, const struct head *h, struct source *src)
{
	struct window *w = malloc(sizeof(*w));
	uint64_t n = src->size > 100 ? (src->size - 100) / 8 : 0, i, expected = 50, odd = 0;
	const uint8_t *p;

	if (w == NULL)
		return ST_NOMEM;
	*w = (struct window){ .src = src };
	fact_media(f, "application/vnd.shx");
	fact_format(f, "ESRI Shapefile index", NULL, NULL);
	for (i = 0; i < n && (p = window_need(w, 100 + i * 8, 8)) != NULL; i++) {
		odd += get32(p, true) != expected;
		expected = (uint64_t)get32(p, true) + 4 + get32(p + 4, true);
	}
	free(w);
	fact_put_int(f, fact_object(f, "attributes"), "records", (int64_t)n);
	fact_put_int(f, fact_object(f, "attributes"), "bytesOfShapes", (int64_t)(expected * 2));
	if ((uint64_t)get32(h->p + 24, true) * 2 > src->size || (src->size - 100) % 8)
		fact_partial(f, "cut off: the head says %llu bytes", (unsigned long long)get32(h->p + 24, true) * 2);
	if (odd)
		fact_check(f, "record-numbers", false, "%llu shapes do not follow the one before", (unsigned long long)odd);
	return ST_OK;
}

static st_t shape_read(struct fact *f, const struct head *h, struct source *src)
{
	return is_index(h) ? shx(f, h, src) : shp(f, h, src);
}

const struct extractor ex_shape = { .name = "shape", .version = 1, .bid = shape_bid, .read = shape_read };

/* ---- .prj ---- */

static int prj_bid(const struct head *h)
{
	static const char *const begins[] = { "GEOGCS[", "PROJCS[", "GEOGCRS[", "PROJCRS[", "GEODCRS[", "COMPD_CS[", "COMPOUNDCRS[", "BOUNDCRS[" };
	size_t i;

	if (h->magic || !h->whole || h->n > 65536)
		return 0;
	for (i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if (slice_starts(h->text, begins[i]))
			return 85;
	return 0;
}

static st_t prj_read(struct fact *f, const struct head *h, struct source *src)
{
	struct crs c;

	(void)src;
	fact_media(f, "text/plain");
	fact_format(f, "Well-known text of a coordinate reference system", NULL, NULL);
	crs_of_wkt(&c, h->text);
	crs_put(f, fact_object(f, "geo"), &c, NULL, 0);
	fact_put_text(f, fact_object(f, "attributes"), "wkt", h->text);
	return ST_OK;
}

const struct extractor ex_prj = { .name = "prj", .version = 1, .bid = prj_bid, .read = prj_read };

/* ---- .dbf ---- */

struct field { char type; uint16_t at; uint8_t n, decimals; };

struct dbf {
	struct fact *f;
	struct table *t;
	struct field fields[FIELDS_MOST];
	unsigned n;
	uint32_t records;
	uint16_t head, record;
	enum enc enc;
	uint64_t deleted, bad;
};

/* The sum of the fields must be the record, and the list must end where the records begin: text and other binary files do not. */
static bool dbf_head(const uint8_t *p, size_t n)
{
	static const uint8_t versions[] = { 0x02, 0x03, 0x04, 0x30, 0x31, 0x32, 0x43, 0x63, 0x83, 0x8B, 0xCB, 0xF5, 0xFB };
	unsigned head, record, sum = 1, i;

	if (n < 66 || memchr(versions, p[0], sizeof(versions)) == NULL || p[2] > 12 || p[3] > 31)
		return false;
	head = get16(p + 8, false);
	record = get16(p + 10, false);
	if (head < 65 || head > n || record < 2)
		return false;
	for (i = 32; i + 32 < head && p[i] != 0x0D; i += 32)
		sum += p[i + 11] == 'C' ? get16(p + i + 16, false) : p[i + 16];
	return p[i] == 0x0D && sum == record;
}

static int dbf_bid(const struct head *h)
{
	return dbf_head(h->p, h->n) ? 75 : 0;
}

/* The language driver names a code page; what it names wrongly or not at all shows in the bytes. */
static enum enc dbf_encoding(const struct head *h, size_t from)
{
	struct enc_guess g;
	uint8_t ldid = h->p[29];

	enc_guess(&g, h->p + from, h->n - from, false);
	if (g.enc == ENC_ASCII || g.enc == ENC_UTF8 || g.enc == ENC_CP932 || g.enc == ENC_EUCJP)
		return g.enc;
	return ldid == 0x13 || ldid == 0x7B ? ENC_CP932 : ENC_CP1252;
}

static struct slice cut(const uint8_t *p, size_t n)
{
	n = strnlen((const char *)p, n);
	while (n && p[n - 1] == ' ')
		n--;
	while (n && p[0] == ' ')
		p++, n--;
	return slice_of(p, n);
}

static bool ascii(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((uint8_t)s.p[i] >= 0x80)
			return false;
	return true;
}

static st_t text_cell(struct dbf *d, uint32_t col, struct slice s)
{
	struct enc_guess g = { .enc = d->enc };
	struct buf b = BUF_INIT(4096);
	struct dec *dec = NULL;
	st_t st;

	if (ascii(s) || d->enc == ENC_UTF8 || d->enc == ENC_ASCII || d->enc == ENC_CP1252) {
		table_string(d->t, col, s);
		return ST_OK;
	}
	if ((st = dec_new(&dec, g, NULL)) == ST_OK)
		st = dec_push(dec, (const uint8_t *)s.p, s.n, true, &b, NULL);
	dec_free(dec);
	if (st == ST_OK)
		table_string(d->t, col, buf_slice(&b));
	else {
		table_string(d->t, col, s);
		d->bad++;
	}
	buf_release(&b);
	return st == ST_NOMEM ? st : ST_OK;
}

static void date_cell(struct dbf *d, uint32_t col, struct slice s)
{
	char iso[12];
	size_t i;

	for (i = 0; i < s.n && isdigit((unsigned char)s.p[i]); i++)
		;
	if (s.n != 8 || i != 8) {
		table_missing(d->t, col);
		return;
	}
	snprintf(iso, sizeof(iso), "%.4s-%.2s-%.2s", s.p, s.p + 4, s.p + 6);
	table_cell(d->t, col, slice_str(iso));
}

static st_t cell(struct dbf *d, uint32_t col, const struct field *x, const uint8_t *p)
{
	struct slice s = cut(p, x->n);

	switch (x->type) {
	case 'C':
		return text_cell(d, col, s);
	case 'N': case 'F':
		if (s.n == 0 || s.p[0] == '*')
			table_missing(d->t, col);
		else
			table_cell(d->t, col, s);
		break;
	case 'D':
		date_cell(d, col, s);
		break;
	case 'L':
		if (s.n && strchr("YyTt", s.p[0]))
			table_bool(d->t, col, true);
		else if (s.n && strchr("NnFf", s.p[0]))
			table_bool(d->t, col, false);
		else
			table_missing(d->t, col);
		break;
	case 'I': case '+':
		if (x->n == 4)
			table_int(d->t, col, (int32_t)get32(p, false));
		break;
	case 'O': case 'B':
		if (x->n == 8)
			table_real(d->t, col, get_double(p, false));
		break;
	default:
		table_opaque(d->t, col);
	}
	return ST_OK;
}

static void columns(struct dbf *d, const uint8_t *p)
{
	unsigned i, at = 1;
	char name[12];

	for (i = 32; i + 32 < d->head && p[i] != 0x0D && d->n < FIELDS_MOST; i += 32, d->n++) {
		struct field *x = &d->fields[d->n];

		memcpy(name, p + i, 11);
		name[11] = '\0';
		*x = (struct field){ .type = (char)p[i + 11], .at = (uint16_t)at, .n = p[i + 16], .decimals = p[i + 17] };
		at += x->type == 'C' ? get16(p + i + 16, false) : x->n;
		table_column(d->t, slice_str(name));
		if (x->type == 'N' && x->decimals)
			table_declare(d->t, d->n, "number");
	}
}

static st_t rows(struct dbf *d, struct window *w)
{
	uint64_t at = d->head, i;
	const uint8_t *p;
	unsigned k;
	st_t st = ST_OK;

	for (i = 0; i < d->records && st == ST_OK; i++, at += d->record) {
		if ((p = window_need(w, at, d->record)) == NULL) {
			fact_partial(d->f, "cut off: %llu of %u records are there", (unsigned long long)i, d->records);
			break;
		}
		if (p[0] == '*') {
			d->deleted++;
			continue;
		}
		for (k = 0; k < d->n && st == ST_OK; k++)
			st = cell(d, k, &d->fields[k], p + d->fields[k].at);
		table_row(d->t);
	}
	return st;
}

static st_t dbf_read(struct fact *f, const struct head *h, struct source *src)
{
	struct window *w = malloc(sizeof(*w));
	struct dbf *d = calloc(1, sizeof(*d));
	st_t st = ST_NOMEM;

	fact_media(f, "application/dbase");
	fact_format(f, "dBASE", (h->p[0] & 7) == 3 ? "III" : NULL, "x-fmt/9");
	if (w == NULL || d == NULL || (d->t = table_new(f, SLICE(""))) == NULL)
		goto out;
	*w = (struct window){ .src = src };
	d->f = f;
	d->records = get32(h->p + 4, false);
	d->head = get16(h->p + 8, false);
	d->record = get16(h->p + 10, false);
	d->enc = dbf_encoding(h, d->head);
	columns(d, h->p);
	st = rows(d, w);
	if (enc_name(d->enc))
		fact_put_text(f, fact_root(f), "encoding", slice_str(enc_name(d->enc)));
	if (d->deleted)
		fact_check(f, "deleted-rows", false, "%llu records are marked as deleted and were left out", (unsigned long long)d->deleted);
	if (d->bad)
		fact_check(f, "encoding", true, "%llu cells are not valid %s", (unsigned long long)d->bad, enc_name(d->enc));
	table_end(d->t, SLICE_NULL);
out:
	free(w);
	free(d);
	return st;
}

const struct extractor ex_dbf = { .name = "dbf", .version = 1, .bid = dbf_bid, .read = dbf_read };
