/* EXIF by libexif, out of a block that the reader of the picture has cut out and bounded. */

#include <libexif/exif-data.h>
#include <math.h>
#include <stdlib.h>

#include "indexer/extract/image.h"

#define ENTRIES_MOST	200
#define LIST_MOST	16		/* numbers of one entry that are kept */

void image_put(struct fact *f, const struct image *m)
{
	json_t *j = fact_object(f, "image");

	fact_put_int(f, j, "width", (int64_t)m->width);
	fact_put_int(f, j, "height", (int64_t)m->height);
	if (m->channels)
		fact_put_int(f, j, "channels", m->channels);
	if (m->bits)
		fact_put_int(f, j, "bits", m->bits);
	if (m->colour)
		fact_put_text(f, j, "colour", slice_str(m->colour));
	if (m->pages)
		fact_put_int(f, j, "pages", (int64_t)m->pages);
	if (m->frames)
		fact_put_int(f, j, "frames", (int64_t)m->frames);
	if (m->compression)
		fact_put_text(f, j, "compression", slice_str(m->compression));
}

void image_resolution(struct fact *f, double x, double y, const char *unit)
{
	if (isfinite(x) && isfinite(y) && x > 0 && y > 0)
		fact_put(f, fact_object(f, "image"), "resolution", json_pack("{s:f,s:f,s:s*}", "x", x, "y", y, "unit", unit));
}

void image_propose(struct fact *f, const char *member, json_t *value, const char *place)
{
	json_t *record = fact_object(f, "record"), *places, *list;
	char at[64];

	if (record == NULL || value == NULL) {
		json_decref(value);
		return;
	}
	if ((list = json_object_get(record, member)) == NULL) {
		fact_put(f, record, member, json_array());
		list = json_object_get(record, member);
	}
	if ((places = json_object_get(record, "places")) == NULL) {
		fact_put(f, record, "places", json_object());
		places = json_object_get(record, "places");
	}
	if (list == NULL || places == NULL || json_array_size(list) >= 100) {
		json_decref(value);
		return;
	}
	snprintf(at, sizeof(at), "/%s/%zu", member, json_array_size(list));
	if (json_push(list, value) == ST_OK)
		fact_put_text(f, places, at, slice_str(place));
}

/* ---- entries ---- */

static double rational(const ExifEntry *e, ExifByteOrder o, unsigned i)
{
	ExifRational r;
	ExifSRational s;

	if (e->format == EXIF_FORMAT_RATIONAL) {
		r = exif_get_rational(e->data + 8 * i, o);
		return r.denominator ? (double)r.numerator / r.denominator : (double)NAN;
	}
	s = exif_get_srational(e->data + 8 * i, o);
	return s.denominator ? (double)s.numerator / s.denominator : (double)NAN;
}

/* NaN: not a number. */
static double entry_number(const ExifEntry *e, ExifByteOrder o, unsigned i)
{
	if (e == NULL || i >= e->components || (size_t)(i + 1) * exif_format_get_size(e->format) > e->size)
		return NAN;
	switch (e->format) {
	case EXIF_FORMAT_BYTE: return e->data[i];
	case EXIF_FORMAT_SHORT: return exif_get_short(e->data + 2 * i, o);
	case EXIF_FORMAT_SSHORT: return exif_get_sshort(e->data + 2 * i, o);
	case EXIF_FORMAT_LONG: return exif_get_long(e->data + 4 * i, o);
	case EXIF_FORMAT_SLONG: return exif_get_slong(e->data + 4 * i, o);
	case EXIF_FORMAT_RATIONAL:
	case EXIF_FORMAT_SRATIONAL: return rational(e, o, i);
	default: return NAN;
	}
}

static struct slice entry_text(const ExifEntry *e)
{
	struct slice s = SLICE_NULL;

	if (e && e->format == EXIF_FORMAT_ASCII && e->data) {
		s = slice_of(e->data, e->size);
		s.n = strnlen(s.p, s.n);
		while (s.n && (uint8_t)s.p[s.n - 1] <= ' ')
			s.n--;
	}
	return s;
}

struct walk { struct fact *f; ExifByteOrder order; ExifIfd ifd; unsigned n; };

static void put_entry(ExifEntry *e, void *p)
{
	struct walk *w = p;
	const char *name = exif_tag_get_name_in_ifd(e->tag, w->ifd);
	json_t *exif = fact_object(w->f, "exif"), *list;
	struct slice s = entry_text(e);
	unsigned i;

	if (name == NULL || exif == NULL || w->n >= ENTRIES_MOST || e->tag == EXIF_TAG_MAKER_NOTE || json_object_get(exif, name))
		return;
	w->n++;
	if (e->format == EXIF_FORMAT_ASCII) {
		fact_put_text(w->f, exif, name, s);
		return;
	}
	if (!isfinite(entry_number(e, w->order, 0)) || e->components > LIST_MOST)
		return;
	if (e->components == 1) {
		fact_put_real(w->f, exif, name, entry_number(e, w->order, 0));
		return;
	}
	if ((list = json_array()) == NULL)
		return;
	for (i = 0; i < e->components; i++)
		json_array_append_new(list, isfinite(entry_number(e, w->order, i)) ? json_real(entry_number(e, w->order, i)) : json_null());
	fact_put(w->f, exif, name, list);
}

static void put_ifd(ExifContent *c, void *p)
{
	struct walk *w = p;

	w->ifd = exif_content_get_ifd(c);
	if (w->ifd != EXIF_IFD_1 && w->ifd != EXIF_IFD_INTEROPERABILITY)	/* the first is of the camera's own thumbnail */
		exif_content_foreach_entry(c, put_entry, w);
}

/* Whole numbers are written as such. */
static void tidy_numbers(struct fact *f)
{
	json_t *exif = fact_object(f, "exif"), *v;
	const char *key;
	void *tmp;

	json_object_foreach_safe(exif, tmp, key, v)
		if (json_is_real(v) && json_real_value(v) == floor(json_real_value(v)) && fabs(json_real_value(v)) < 1e15)
			fact_put_int(f, exif, key, (int64_t)json_real_value(v));
}

static ExifEntry *entry(ExifData *d, ExifIfd ifd, int tag)
{
	return exif_content_get_entry(d->ifd[ifd], (ExifTag)tag);
}

static ExifEntry *first_of(ExifData *d, int tag)
{
	ExifEntry *e = entry(d, EXIF_IFD_0, tag);

	return e ? e : entry(d, EXIF_IFD_EXIF, tag);
}

static void put_instrument(struct fact *f, ExifData *d)
{
	struct slice make = entry_text(entry(d, EXIF_IFD_0, EXIF_TAG_MAKE)), model = entry_text(entry(d, EXIF_IFD_0, EXIF_TAG_MODEL));
	struct slice serial = entry_text(first_of(d, 0xA431));	/* BodySerialNumber */
	json_t *j;

	if (make.n == 0 && model.n == 0)
		return;
	j = fact_object(f, "instrument");
	fact_put_text(f, j, "manufacturer", make);
	fact_put_text(f, j, "model", model);
	fact_put_text(f, j, "name", model.n ? model : make);
	fact_put_text(f, j, "serial", serial);
}

static bool digits(struct slice s, size_t at, size_t n)
{
	size_t i;

	for (i = at; i < at + n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return true;
}

/* "2008:05:30 15:56:01" and OffsetTimeOriginal "+09:00" become ISO 8601. */
static void put_time(struct fact *f, ExifData *d)
{
	struct slice s = entry_text(entry(d, EXIF_IFD_EXIF, EXIF_TAG_DATE_TIME_ORIGINAL)), zone = entry_text(entry(d, EXIF_IFD_EXIF, 0x9011));
	char iso[40];
	json_t *j;

	if (s.n == 0)
		s = entry_text(entry(d, EXIF_IFD_EXIF, EXIF_TAG_DATE_TIME_DIGITIZED));
	if (s.n != 19 || !digits(s, 0, 4) || !digits(s, 5, 2) || !digits(s, 8, 2) || !digits(s, 11, 2) || !digits(s, 14, 2) || !digits(s, 17, 2) ||
	    memcmp(s.p, "0000", 4) == 0)
		return;
	if (zone.n != 6 || (zone.p[0] != '+' && zone.p[0] != '-') || !digits(zone, 1, 2) || zone.p[3] != ':' || !digits(zone, 4, 2))
		zone.n = 0;
	snprintf(iso, sizeof(iso), "%.4s-%.2s-%.2sT%.2s:%.2s:%.2s%.*s", s.p, s.p + 5, s.p + 8, s.p + 11, s.p + 14, s.p + 17, (int)zone.n,
	    zone.n ? zone.p : "");
	j = fact_object(f, "time");
	fact_put_text(f, j, "start", slice_str(iso));
	fact_put_text(f, j, "end", slice_str(iso));
}

/* Degrees, minutes, seconds and the letter of the half. */
static double degrees(ExifData *d, int tag, int ref, char negative, double most)
{
	ExifByteOrder o = exif_data_get_byte_order(d);
	ExifEntry *e = entry(d, EXIF_IFD_GPS, tag);
	struct slice half = entry_text(entry(d, EXIF_IFD_GPS, ref));
	double deg = entry_number(e, o, 0), min = entry_number(e, o, 1), sec = entry_number(e, o, 2), v;

	if (!isfinite(deg) || half.n == 0)
		return NAN;
	v = deg + (isfinite(min) ? min : 0) / 60 + (isfinite(sec) ? sec : 0) / 3600;
	if (!(v >= 0 && v <= most))
		return NAN;
	return half.p[0] == negative ? -v : v;
}

static void put_place(struct fact *f, ExifData *d)
{
	double lat = degrees(d, 2, 1, 'S', 90), lon = degrees(d, 4, 3, 'W', 180), high;
	ExifEntry *ref = entry(d, EXIF_IFD_GPS, 5);
	json_t *j;

	/* 0, 0 is what cameras write that have no fix. */
	if (!isfinite(lat) || !isfinite(lon) || (lat == 0 && lon == 0))
		return;
	j = fact_object(f, "geo");
	fact_put(f, j, "bbox", json_pack("[f,f,f,f]", lon, lat, lon, lat));
	fact_put(f, j, "crs", json_string("EPSG:4326"));
	fact_put(f, j, "geometry", json_string("Point"));
	high = entry_number(entry(d, EXIF_IFD_GPS, 6), exif_data_get_byte_order(d), 0);
	if (isfinite(high))
		fact_put_real(f, j, "altitude", ref && ref->size && ref->data[0] == 1 ? -high : high);
	if (json_push(fact_array(f, "personal"), json_pack("{s:s,s:s,s:i}", "kind", "location", "where", "EXIF GPS", "count", 1)) == ST_OK)
		fact_check(f, "location", false, "the picture says where it was taken, which may be where a person was");
}

static void put_people(struct fact *f, ExifData *d)
{
	if (entry_text(first_of(d, 0xA430)).n)		/* CameraOwnerName */
		json_push(fact_array(f, "personal"), json_pack("{s:s,s:s,s:i}", "kind", "person-name", "where", "EXIF CameraOwnerName", "count", 1));
}

unsigned exif_read(struct fact *f, struct slice block)
{
	struct walk w = { .f = f };
	ExifData *d;
	ExifEntry *o;
	double turn;
	struct buf whole = BUF_INIT(IMAGE_BLOCK + 16);
	bool marked = block.n >= 6 && memcmp(block.p, "Exif\0\0", 6) == 0;

	if (block.n < 8 || block.n > IMAGE_BLOCK || (d = exif_data_new()) == NULL)
		return 1;
	exif_data_unset_option(d, EXIF_DATA_OPTION_FOLLOW_SPECIFICATION);
	/* The library wants the mark in front, and reads lengths of 32 bits. */
	if (marked || (buf_add(&whole, "Exif\0\0", 6) == ST_OK && buf_addsl(&whole, block) == ST_OK))
		exif_data_load_data(d, (const unsigned char *)(marked ? block.p : whole.p), (unsigned)(marked ? block.n : whole.n));
	w.order = exif_data_get_byte_order(d);
	exif_data_foreach_content(d, put_ifd, &w);
	tidy_numbers(f);
	if (w.n == 0) {
		json_object_del(fact_root(f), "exif");
		fact_check(f, "exif", false, "the EXIF block of %zu bytes cannot be read", block.n);
	}
	put_instrument(f, d);
	put_time(f, d);
	put_place(f, d);
	put_people(f, d);
	o = entry(d, EXIF_IFD_0, EXIF_TAG_ORIENTATION);
	turn = entry_number(o, w.order, 0);
	exif_data_unref(d);
	buf_release(&whole);
	return turn >= 1 && turn <= 8 ? (unsigned)turn : 1;
}
