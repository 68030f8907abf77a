/*
 * FITS (IAU, version 4.0): units of header and data, one behind the other. Our own reader, because cfitsio reads by name or from the whole file in memory.
 * Images, tables, compressed images and random groups; where the sky is goes into attributes, for "geo" is the earth.
 */

#include <math.h>

#include "indexer/extract/fits_int.h"

#define HDUS_MOST	2000

struct fits { struct fact *f; struct source *src; struct window w; struct buf start, end; };

/* ---- shape ---- */

/* Bytes of data (FITS 4.0, 4.4.1.1 and 6.2); false when they do not fit in a number. */
static bool data_size(const json_t *c, uint64_t *size)
{
	int64_t bits = fits_int(c, "BITPIX", 0), axes = fits_int(c, "NAXIS", 0), p = fits_int(c, "PCOUNT", 0), g = fits_int(c, "GCOUNT", 1), n;
	bool groups = json_is_true(json_object_get(c, "GROUPS")) && fits_int_n(c, "NAXIS", 1, 1) == 0;
	uint64_t all = 1;
	unsigned i;

	*size = 0;
	if (axes <= 0)
		return axes == 0;
	if (axes > FITS_AXES || p < 0 || g < 0 || (bits != 8 && bits != 16 && bits != 32 && bits != 64 && bits != -32 && bits != -64))
		return false;
	for (i = groups ? 2 : 1; i <= (unsigned)axes; i++) {
		n = fits_int_n(c, "NAXIS", i, -1);
		if (n < 0 || (n && all > (uint64_t)INT64_MAX / 16 / (uint64_t)n))
			return false;
		all *= (uint64_t)n;
	}
	if ((uint64_t)p > (uint64_t)INT64_MAX / 16 - all)
		return false;
	all += (uint64_t)p;
	if (g && all > (uint64_t)INT64_MAX / 16 / (uint64_t)g)
		return false;
	*size = all * (uint64_t)g * (uint64_t)(bits < 0 ? -bits / 8 : bits / 8);
	return true;
}

static bool image_dtype(int64_t bits, enum dtype *t)
{
	static const struct { int bits; enum dtype t; } types[] = { { 8, DT_UINT8 }, { 16, DT_INT16 }, { 32, DT_INT32 }, { 64, DT_INT64 }, { -32, DT_FLOAT32 }, { -64, DT_FLOAT64 } };
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].bits == bits) {
			*t = types[i].t;
			return true;
		}
	return false;
}

/* Slowest axis first, as everywhere else. */
static json_t *shape_of(const json_t *c, const char *key, uint64_t *count)
{
	char all[20];
	int64_t n, i;
	json_t *list = json_array();

	snprintf(all, sizeof(all), "%s", key);
	n = fits_int(c, all, 0);
	*count = n > 0;
	for (i = n; list && i > 0 && n <= FITS_AXES; i--) {
		int64_t len = fits_int_n(c, key, (unsigned)i, 0);

		*count = len > 0 && *count <= (uint64_t)INT64_MAX / (uint64_t)len ? *count * (uint64_t)len : 0;
		json_array_append_new(list, json_integer(len));
	}
	return list;
}

/* ---- images ---- */

/* Cards that only say how the bytes lie. */
static bool is_structure(const char *key)
{
	static const char *const words[] = { "SIMPLE", "XTENSION", "BITPIX", "EXTEND", "PCOUNT", "GCOUNT", "TFIELDS", "BSCALE", "BZERO", "BLANK", "BUNIT", "THEAP", "CHECKSUM",
	    "DATASUM", "GROUPS", "EXTNAME", "EXTVER", "INHERIT", NULL };
	static const char *const starts[] = { "NAXIS", "TTYPE", "TFORM", "TUNIT", "TBCOL", "TNULL", "TSCAL", "TZERO", "TDIM", "TDISP", "ZNAXIS", "PTYPE", "PSCAL", "PZERO", NULL };
	size_t i;

	for (i = 0; words[i]; i++)
		if (strcmp(key, words[i]) == 0)
			return true;
	for (i = 0; starts[i]; i++)
		if (strncmp(key, starts[i], strlen(starts[i])) == 0)
			return true;
	return false;
}

static void put_cards(struct fact *f, json_t *into, const json_t *cards, const char *before)
{
	char name[200];
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)cards, key, v) {
		if (is_structure(key) || json_object_size(into) >= ATTRIBUTES_MOST)
			continue;
		snprintf(name, sizeof(name), "%s%s%s", before, before[0] ? "/" : "", key);
		fact_put(f, into, name, json_incref(v));
	}
}

/* The part of the sky that an image shows, by the linear part of its coordinates (FITS 4.0, 8): [ra, dec, ra, dec] of two corners in degrees. */
static void put_sky(struct fact *f, json_t *into, const json_t *c, const char *naxis)
{
	double ref[2], pix[2], m[4] = { 0, 0, 0, 0 }, step, sky[4] = { INFINITY, INFINITY, -INFINITY, -INFINITY }, dx, dy, ra, dec;
	struct slice one = fits_text_n(c, "CTYPE", 1), two = fits_text_n(c, "CTYPE", 2);
	unsigned i;

	if (!slice_starts(one, "RA--") || !slice_starts(two, "DEC-"))
		return;
	for (i = 0; i < 2; i++) {
		if (!fits_real_n(c, "CRVAL", i + 1, &ref[i]) || !fits_real_n(c, "CRPIX", i + 1, &pix[i]))
			return;
		if (fits_real_n(c, "CDELT", i + 1, &step))
			m[i * 3] = step;
		array_real(c, i ? "CD2_1" : "CD1_1", &m[i * 2]);
		array_real(c, i ? "CD2_2" : "CD1_2", &m[i * 2 + 1]);
	}
	for (i = 0; i < 4; i++) {
		dx = (i & 1 ? (double)fits_int_n(c, naxis, 1, 0) + 0.5 : 0.5) - pix[0];
		dy = (i & 2 ? (double)fits_int_n(c, naxis, 2, 0) + 0.5 : 0.5) - pix[1];
		dec = ref[1] + m[2] * dx + m[3] * dy;
		ra = ref[0] + (m[0] * dx + m[1] * dy) / fmax(cos(ref[1] * M_PI / 180), 1e-6);
		sky[0] = fmin(sky[0], ra);
		sky[1] = fmin(sky[1], dec);
		sky[2] = fmax(sky[2], ra);
		sky[3] = fmax(sky[3], dec);
	}
	if (isfinite(sky[0]) && isfinite(sky[1]) && isfinite(sky[2]) && isfinite(sky[3]))
		fact_put(f, into, "sky", json_pack("[f,f,f,f]", sky[0], sky[1], sky[2], sky[3]));
}

static json_t *image_rules(const json_t *c, enum dtype t)
{
	double scale = 1, zero = 0;
	json_t *o = json_object(), *blank = json_object_get(c, "BLANK");

	array_real(c, "BSCALE", &scale);
	array_real(c, "BZERO", &zero);
	if (scale != 1 || zero != 0) {
		json_put(o, "scale_factor", json_real(scale));
		json_put(o, "add_offset", json_real(zero));
	}
	if (blank && t <= DT_UINT64)
		json_put(o, "_FillValue", json_incref(blank));
	return o;
}

static st_t image(struct hdu *h)
{
	bool packed = json_is_true(json_object_get(h->cards, "ZIMAGE")), sampled = false;
	const char *naxis = packed ? "ZNAXIS" : "NAXIS";
	json_t *v, *attributes, *rules;
	struct array_stat stat;
	uint64_t count, room = array_room(h->src);
	enum dtype t;
	st_t st = ST_OK;

	if (!image_dtype(fits_int(h->cards, packed ? "ZBITPIX" : "BITPIX", 0), &t))
		return ST_OK;
	v = array_variable(h->f, slice_str(h->name), t, NULL, shape_of(h->cards, naxis, &count));
	if (v == NULL)		/* one too many */
		return ST_OK;
	if ((attributes = json_object()) == NULL || (rules = image_rules(h->cards, t)) == NULL) {
		json_decref(attributes);
		return ST_NOMEM;
	}
	fact_put_text(h->f, v, "unit", array_text(h->cards, "BUNIT"));
	if (h->number)
		put_cards(h->f, attributes, h->cards, "");
	put_sky(h->f, attributes, h->cards, naxis);
	fact_put(h->f, v, "attributes", attributes);
	if (packed)
		fact_put(h->f, v, "storage", json_pack("{s:[o]}", "filters", fact_text(array_text(h->cards, "ZCMPTYPE"), 40)));
	else {
		array_stat_init(&stat, t, true, rules, false);
		st = array_scan(&stat, h->src, h->at, count, h->src->size <= ARRAY_WHOLE ? room : room / 4, &sampled, NULL);
		array_stat_put(h->f, v, &stat, sampled);
	}
	json_decref(rules);
	return st == ST_NOMEM ? st : ST_OK;
}

/* Random groups (FITS 4.0, 6): parameters and an array each. Described, not read. */
static void random_groups(struct hdu *h)
{
	struct table *t = table_new(h->f, slice_str(h->name));
	int64_t n = fits_int(h->cards, "PCOUNT", 0), rows = fits_int(h->cards, "GCOUNT", 0);
	unsigned i;

	if (t == NULL)
		return;
	for (i = 1; i <= (unsigned)(n < 0 ? 0 : n > 999 ? 999 : n); i++)
		table_column(t, fits_text_n(h->cards, "PTYPE", i));
	table_column(t, SLICE("DATA"));
	table_rows(t, rows > 0 ? (uint64_t)rows : 0);
	table_end(t, SLICE_NULL);
}

/* ---- what the file is about ---- */

static void keep_time(struct buf *b, const struct buf *t, int want)
{
	int c = b->n ? slice_cmp(buf_slice(t), buf_slice(b)) : want;

	if ((want < 0 && c < 0) || (want > 0 && c > 0)) {
		buf_clear(b);
		buf_addsl(b, buf_slice(t));
	}
}

static void times(struct fits *x, const json_t *c)
{
	static const char *const ends[] = { "DATE-END", "DATE_END", "DATE-OBS" };
	struct buf t = BUF_INIT(200);
	size_t i;

	if (fits_date(array_text(c, "DATE-OBS"), array_text(c, "TIME-OBS"), &t))
		keep_time(&x->start, &t, -1);
	for (i = 0; i < 3; i++) {
		buf_clear(&t);
		if (fits_date(array_text(c, ends[i]), i == 2 ? array_text(c, "TIME-OBS") : SLICE_NULL, &t)) {
			keep_time(&x->end, &t, 1);
			break;
		}
	}
	buf_release(&t);
}

static void about(struct fits *x, const json_t *c)
{
	struct slice telescope = array_text(c, "TELESCOP"), instrument = array_text(c, "INSTRUME"), object = array_text(c, "OBJECT");
	json_t *root = fact_root(x->f), *o;

	times(x, c);
	if ((telescope.n || instrument.n) && json_object_get(root, "instrument") == NULL) {
		o = json_object();
		fact_put_text(x->f, o, "name", instrument.n ? instrument : telescope);
		fact_put_text(x->f, o, "facility", telescope);
		fact_put(x->f, root, "instrument", o);
	}
	if (json_object_get(root, "operator") == NULL)
		fact_put_text(x->f, root, "operator", array_text(c, "OBSERVER"));
	if (object.n && json_object_get(json_object_get(root, "record"), "subjects") == NULL)
		array_propose_item(x->f, "subjects", json_pack("{s:o}", "value", fact_text(object, 200)), "card OBJECT");
	array_propose_title(x->f, array_text(c, "TITLE"), "card TITLE");
	if (json_object_get(json_object_get(root, "record"), "creators") == NULL)
		array_propose_person(x->f, "creators", NULL, array_text(c, "AUTHOR"), NULL, SLICE_NULL, "card AUTHOR");
}

static void put_time(struct fits *x)
{
	json_t *t;

	if (x->start.n == 0 || (t = json_object()) == NULL)
		return;
	fact_put_text(x->f, t, "start", buf_slice(&x->start));
	fact_put_text(x->f, t, "end", x->end.n ? buf_slice(&x->end) : buf_slice(&x->start));
	fact_put(x->f, fact_root(x->f), "time", t);
}

/* ---- units ---- */

static void name_hdu(struct hdu *h)
{
	struct slice s = slice_trim(array_text(h->cards, "EXTNAME"));
	int64_t version = fits_int(h->cards, "EXTVER", 0);

	if (s.n && s.n < 80)
		snprintf(h->name, sizeof(h->name), version > 1 ? "%.*s,%lld" : "%.*s", (int)s.n, s.p, (long long)version);
	else
		snprintf(h->name, sizeof(h->name), h->number ? "HDU %u" : "PRIMARY", h->number);
}

static st_t unit(struct hdu *h)
{
	struct slice kind = slice_trim(array_text(h->cards, "XTENSION"));
	bool packed = json_is_true(json_object_get(h->cards, "ZIMAGE")), groups = json_is_true(json_object_get(h->cards, "GROUPS"));
	bool binary = slice_eq_str(kind, "BINTABLE"), ascii = slice_eq_str(kind, "TABLE");
	const char *word = packed ? "compressed image" : binary ? "table" : ascii ? "ascii table" : groups ? "groups" : "image";
	json_t *o = json_pack("{s:o,s:s,s:o*}", "name", fact_text(slice_str(h->name), sizeof(h->name)), "kind", word, "bitpix",
	    json_incref(json_object_get(h->cards, packed ? "ZBITPIX" : "BITPIX")));
	st_t st = ST_OK;

	if (h->number)
		put_cards(h->f, fact_object(h->f, "attributes"), binary || ascii ? h->cards : NULL, h->name);
	if (binary && !packed)
		st = fits_table(h, true);
	else if (ascii)
		st = fits_table(h, false);
	else if (groups)
		random_groups(h);
	else if (packed || (fits_int(h->cards, "NAXIS", 0) > 0 && (kind.n == 0 || slice_starts(kind, "IMAGE"))))
		st = image(h);
	if (json_push(fact_array(h->f, "hdus"), o) != ST_OK)
		st = ST_NOMEM;
	return st;
}

static st_t units(struct fits *x)
{
	struct err e = ERR_INIT;
	const uint8_t *p;
	uint64_t at = 0;
	unsigned n;
	st_t st = ST_OK;

	for (n = 0; n < HDUS_MOST && st == ST_OK && at < x->src->size; n++) {
		struct hdu h = { .f = x->f, .src = x->src, .w = &x->w, .cards = json_object(), .number = n };

		st = h.cards ? fits_header(&x->w, &at, h.cards, &e) : ST_NOMEM;
		if (st == ST_OK) {
			h.at = at;
			name_hdu(&h);
			if (n == 0)
				put_cards(x->f, fact_object(x->f, "attributes"), h.cards, "");
			about(x, h.cards);
			if (!data_size(h.cards, &h.size))
				st = err_set(&e, ST_INVALID, "the size of the data of unit %u is no size", n);
			else if ((st = unit(&h)) == ST_OK && (h.size > x->src->size || at > x->src->size - h.size))
				st = err_set(&e, ST_INVALID, "cut off: unit %u has %llu bytes of data, the file ends before", n, (unsigned long long)h.size);
			else
				at += (h.size + FITS_BLOCK - 1) / FITS_BLOCK * FITS_BLOCK;
		}
		json_decref(h.cards);
	}
	if (st == ST_OK && at > x->src->size)
		fact_check(x->f, "cut-short", false, "the last block is not filled up to %d bytes, its data are complete", FITS_BLOCK);
	if (st == ST_EOF && (n == 1 || ((p = window_get(&x->w, at, 8)) != NULL && memcmp(p, "XTENSION", 8) == 0)))
		st = err_set(&e, ST_INVALID, "cut off inside a header");
	if (st == ST_INVALID && json_array_size(json_object_get(fact_root(x->f), "hdus")) == 0)
		fact_unreadable(x->f, "%s", e.text);
	else if (st == ST_INVALID)
		fact_partial(x->f, "%s", e.text);
	else if (n == HDUS_MOST)
		fact_partial(x->f, "more than %d units", HDUS_MOST);
	return st == ST_NOMEM ? st : ST_OK;
}

static st_t fits_read(struct fact *f, const struct head *h, struct source *src)
{
	struct fits x = { .f = f, .src = src, .start = BUF_INIT(200), .end = BUF_INIT(200) };
	st_t st;

	window_init(&x.w, src);
	fact_media(f, "application/fits");
	fact_format(f, "FITS", NULL, "x-fmt/383");
	if ((st = units(&x)) == ST_OK)
		put_time(&x);
	buf_release(&x.start);
	buf_release(&x.end);
	window_release(&x.w);
	if (json_object_size(json_object_get(fact_root(f), "attributes")) == 0)
		json_object_del(fact_root(f), "attributes");
	return st;
}

static int fits_bid(const struct head *h)
{
	return h->n >= 80 && memcmp(h->p, "SIMPLE  =", 9) == 0 ? 95 : 0;
}

const struct extractor ex_fits = { .name = "fits", .version = 1, .bid = fits_bid, .read = fits_read };
