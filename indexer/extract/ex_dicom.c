/*
 * DICOM files (PS3.10): the data set up to the pixels, in explicit or implicit VR, either byte order, deflated too. What identifies a person is never
 * put into the facts, only that it is there. Of plain grey or RGB pixels a thumbnail of the first frame.
 */

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/utf8.h"
#include "indexer/extract/bytes_int.h"
#include "indexer/extract/extract_int.h"
#include "indexer/extract/image.h"
#include "indexer/extract/thumb.h"

#define DEEP		32u		/* sequences of undefined length inside each other */
#define ELEMENTS_MOST	1000000u
#define VALUE_MOST	1024u		/* bytes of a value that are kept */
#define INFLATE_MOST	((size_t)48 << 20)
#define UNDEFINED	0xFFFFFFFFu

struct elem { uint32_t tag; char vr[3]; uint32_t n; uint64_t at; };

struct dicom {
	struct fact *f;
	struct source *src;
	uint64_t at;
	bool implicit, big;
	struct { bool implicit; } stack[DEEP];
	unsigned depth;
	const char *syntax;		/* UID, one of ours; NULL: another */
	bool deflated, packed_pixels;
	char charset[64];
	unsigned rows, columns, samples, allocated, stored, signed_, planar;
	int64_t frames;
	char photometric[20];
	uint64_t pixels_at;
	uint32_t pixels;		/* length; UNDEFINED: encapsulated */
	bool has_pixels, burned_in;	/* words in the pixels, which may be a name */
	char date[20], time[20];
	struct buf people;		/* names of elements that tell who somebody is */
	struct buf secret;		/* name and number of the patient, a line each; never leaves this file */
};

#define TAG(g, e) ((uint32_t)(g) << 16 | (e))

static int dicom_bid(const struct head *h)
{
	return h->n >= 132 && memcmp(h->p + 128, "DICM", 4) == 0 ? 98 : 0;
}

/* ---- tables ---- */

static const struct { const char *uid, *name; } syntaxes[] = {
	{ "1.2.840.10008.1.2", "Implicit VR Little Endian" }, { "1.2.840.10008.1.2.1", "Explicit VR Little Endian" },
	{ "1.2.840.10008.1.2.1.99", "Deflated Explicit VR Little Endian" }, { "1.2.840.10008.1.2.2", "Explicit VR Big Endian" },
	{ "1.2.840.10008.1.2.4.50", "JPEG Baseline (Process 1)" }, { "1.2.840.10008.1.2.4.51", "JPEG Extended (Process 2 and 4)" },
	{ "1.2.840.10008.1.2.4.57", "JPEG Lossless, Non-Hierarchical (Process 14)" },
	{ "1.2.840.10008.1.2.4.70", "JPEG Lossless, Non-Hierarchical, First-Order Prediction" },
	{ "1.2.840.10008.1.2.4.80", "JPEG-LS Lossless Image Compression" }, { "1.2.840.10008.1.2.4.81", "JPEG-LS Lossy (Near-Lossless) Image Compression" },
	{ "1.2.840.10008.1.2.4.90", "JPEG 2000 Image Compression (Lossless Only)" }, { "1.2.840.10008.1.2.4.91", "JPEG 2000 Image Compression" },
	{ "1.2.840.10008.1.2.4.100", "MPEG2 Main Profile / Main Level" }, { "1.2.840.10008.1.2.5", "RLE Lossless" },
};

static const struct { const char *uid, *name; } classes[] = {
	{ "1.1", "Computed Radiography Image Storage" }, { "1.1.1", "Digital X-Ray Image Storage - For Presentation" },
	{ "1.1.2", "Digital Mammography X-Ray Image Storage - For Presentation" }, { "1.2", "CT Image Storage" }, { "1.2.1", "Enhanced CT Image Storage" },
	{ "1.3.1", "Ultrasound Multi-frame Image Storage" }, { "1.4", "MR Image Storage" }, { "1.4.1", "Enhanced MR Image Storage" },
	{ "1.6.1", "Ultrasound Image Storage" }, { "1.7", "Secondary Capture Image Storage" }, { "1.12.1", "X-Ray Angiographic Image Storage" },
	{ "1.20", "Nuclear Medicine Image Storage" }, { "1.66.4", "Segmentation Storage" }, { "1.77.1.4", "VL Photographic Image Storage" },
	{ "1.77.1.6", "VL Whole Slide Microscopy Image Storage" }, { "1.88.11", "Basic Text SR Storage" }, { "1.88.22", "Enhanced SR Storage" },
	{ "1.88.33", "Comprehensive SR Storage" }, { "1.104.1", "Encapsulated PDF Storage" }, { "1.128", "Positron Emission Tomography Image Storage" },
	{ "1.481.1", "RT Image Storage" }, { "1.481.2", "RT Dose Storage" }, { "1.481.3", "RT Structure Set Storage" }, { "1.481.5", "RT Plan Storage" },
	{ "1.9.1.1", "12-lead ECG Waveform Storage" },
};

/* Who somebody is (PS3.15, annex E, the direct ones). The kind is that of facts.md. */
static const struct { uint32_t tag; const char *name, *kind; } people[] = {
	{ TAG(0x0010, 0x0010), "PatientName", "person-name" }, { TAG(0x0010, 0x0020), "PatientID", "patient-id" },
	{ TAG(0x0010, 0x0030), "PatientBirthDate", "birth-date" }, { TAG(0x0010, 0x1000), "OtherPatientIDs", "patient-id" },
	{ TAG(0x0010, 0x1001), "OtherPatientNames", "person-name" }, { TAG(0x0010, 0x1005), "PatientBirthName", "person-name" },
	{ TAG(0x0010, 0x1040), "PatientAddress", "postal-address" }, { TAG(0x0010, 0x1060), "PatientMotherBirthName", "person-name" },
	{ TAG(0x0010, 0x2154), "PatientTelephoneNumbers", "phone" }, { TAG(0x0010, 0x4000), "PatientComments", "person-name" },
	{ TAG(0x0008, 0x0050), "AccessionNumber", "patient-id" }, { TAG(0x0008, 0x0090), "ReferringPhysicianName", "person-name" },
	{ TAG(0x0008, 0x1048), "PhysiciansOfRecord", "person-name" }, { TAG(0x0008, 0x1050), "PerformingPhysicianName", "person-name" },
	{ TAG(0x0008, 0x1060), "NameOfPhysiciansReadingStudy", "person-name" }, { TAG(0x0008, 0x1070), "OperatorsName", "person-name" },
};

/* Put into "attributes" under these names: what was done and how, nothing that people type freely about a patient. */
static const struct { uint32_t tag; const char *name; } kept[] = {
	{ TAG(0x0008, 0x0060), "Modality" }, { TAG(0x0008, 0x0020), "StudyDate" }, { TAG(0x0008, 0x0008), "ImageType" },
	{ TAG(0x0008, 0x1030), "StudyDescription" }, { TAG(0x0008, 0x103E), "SeriesDescription" }, { TAG(0x0018, 0x0015), "BodyPartExamined" },
	{ TAG(0x0018, 0x0050), "SliceThickness" }, { TAG(0x0018, 0x0060), "KVP" }, { TAG(0x0018, 0x0080), "RepetitionTime" },
	{ TAG(0x0018, 0x0081), "EchoTime" }, { TAG(0x0018, 0x0087), "MagneticFieldStrength" }, { TAG(0x0018, 0x1020), "SoftwareVersions" },
	{ TAG(0x0018, 0x1030), "ProtocolName" }, { TAG(0x0018, 0x1152), "Exposure" }, { TAG(0x0028, 0x1050), "WindowCenter" },
	{ TAG(0x0028, 0x1051), "WindowWidth" }, { TAG(0x0028, 0x1052), "RescaleIntercept" }, { TAG(0x0028, 0x1053), "RescaleSlope" },
	{ TAG(0x0012, 0x0062), "PatientIdentityRemoved" }, { TAG(0x0008, 0x0005), "SpecificCharacterSet" },
};

/* ---- elements ---- */

static bool long_vr(const char *vr)
{
	static const char list[] = "OB OD OF OL OV OW SQ SV UC UN UR UT UV ";

	return strstr(list, vr) != NULL;
}

/* False: the file ends here, or no element stands here (then the facts say so). */
static bool next(struct dicom *d, struct elem *e)
{
	uint8_t p[12];
	size_t got;

	if (source_read(d->src, d->at, p, 12, &got, NULL) != ST_OK || got < 8) {
		if (got)
			fact_partial(d->f, "cut off at byte %llu", (unsigned long long)d->at);
		return false;
	}
	e->tag = TAG(get16(p, d->big), get16(p + 2, d->big));
	memcpy(e->vr, "UN", 3);
	if (d->implicit || e->tag >> 16 == 0xFFFE) {
		e->n = get32(p + 4, d->big);
		e->at = d->at + 8;
		return true;
	}
	if (!isupper(p[4]) || !isupper(p[5])) {
		fact_partial(d->f, "damaged at byte %llu: no value representation", (unsigned long long)d->at);
		return false;
	}
	memcpy(e->vr, p + 4, 2);
	e->n = long_vr(e->vr) ? get32(p + 8, d->big) : get16(p + 6, d->big);
	e->at = d->at + (long_vr(e->vr) ? 12 : 8);
	if (long_vr(e->vr) && got < 12) {
		fact_partial(d->f, "cut off at byte %llu", (unsigned long long)d->at);
		return false;
	}
	return true;
}

/* Its value in ${p}, cut at VALUE_MOST, blanks and NULs off its end. */
static struct slice value(struct dicom *d, const struct elem *e, char *p)
{
	size_t got;

	if (source_read(d->src, e->at, p, e->n < VALUE_MOST ? e->n : VALUE_MOST, &got, NULL) != ST_OK)
		got = 0;
	while (got && (p[got - 1] == ' ' || p[got - 1] == '\0'))
		got--;
	return slice_of(p, got);
}

/*
 * Text in the character set of (0008,0005) as UTF-8. ISO 2022 with escapes goes through the decoder of Japanese mail, which knows JIS X 0208 and 0212; JIS
 * X 0201 has half-width katakana at A1..DF. Other sets of one byte are read as windows-1252 by fact_text().
 */
static st_t decoded(struct dicom *d, struct slice s, struct buf *out)
{
	struct enc_guess g = { .enc = ENC_ISO2022JP };
	struct dec *dec = NULL;
	size_t i;
	st_t st;

	buf_clear(out);
	if (s.n && memchr(s.p, 0x1B, s.n)) {
		if ((st = dec_new(&dec, g, NULL)) == ST_OK)
			st = dec_push(dec, (const uint8_t *)s.p, s.n, true, out, NULL);
		dec_free(dec);
		if (st == ST_OK || st == ST_NOMEM)
			return st;
		buf_clear(out);
	}
	if (strstr(d->charset, "IR 13") == NULL || utf8_valid(s, NULL))
		return buf_addsl(out, s);
	for (i = 0; i < s.n; i++) {
		uint8_t c = (uint8_t)s.p[i];

		if (c >= 0xA1 && c <= 0xDF)
			utf8_put(out, 0xFF61 + c - 0xA1);
		else if (c < 0x80)
			buf_addc(out, (char)c);
	}
	return out->st;
}

static void put_text(struct dicom *d, json_t *j, const char *key, struct slice s)
{
	struct buf b = BUF_INIT(VALUE_MOST * 4);

	if (decoded(d, s, &b) == ST_OK && b.n)
		fact_put_text(d->f, j, key, buf_slice(&b));
	buf_release(&b);
}

static void person(struct dicom *d, const char *name, const char *kind)
{
	json_push(fact_array(d->f, "personal"), json_pack("{s:s,s:s,s:i}", "kind", kind, "where", name, "count", 1));
	buf_addf(&d->people, "%s%s", d->people.n ? ", " : "", name);
}

static unsigned short_of(const struct dicom *d, struct slice s)
{
	return s.n >= 2 ? get16((const uint8_t *)s.p, d->big) : s.n == 1 ? (uint8_t)s.p[0] : 0;
}

static void copy(char *out, size_t size, struct slice s)
{
	size_t n = s.n < size - 1 ? s.n : size - 1;

	memcpy(out, s.p ? s.p : "", n);
	out[n] = '\0';
}

static void put_frames(struct dicom *d, struct slice s)
{
	uint64_t v;

	s = slice_trim(s);
	if (slice_u64(s, INT32_MAX, &v))
		d->frames = (int64_t)v;
	else if (s.n)
		fact_check(d->f, "bad-value", true, "the number of frames is no number");
}

/* PS3.3, C.7.6.3: numbers of two bytes, so trailing NULs that value() took off are zeros. */
static void pixel_element(struct dicom *d, const struct elem *e)
{
	char p[VALUE_MOST] = { 0 };
	struct slice s = value(d, e, p);
	unsigned v;

	if (e->n == 2)
		s.n = 2;
	v = short_of(d, s);
	switch (e->tag & 0xFFFF) {
	case 0x0002: d->samples = v; break;
	case 0x0004: copy(d->photometric, sizeof(d->photometric), s); break;
	case 0x0006: d->planar = v; break;
	case 0x0008: put_frames(d, s); break;
	case 0x0010: d->rows = v; break;
	case 0x0011: d->columns = v; break;
	case 0x0100: d->allocated = v; break;
	case 0x0101: d->stored = v; break;
	case 0x0103: d->signed_ = v; break;
	default: break;
	}
}

/* "0.661468\0.661468": rows first. */
static void put_spacing(struct dicom *d, struct slice s)
{
	char num[VALUE_MOST + 1], *end;
	double y, x;

	copy(num, sizeof(num), s);
	y = strtod(num, &end);
	if (*end != '\\')
		return;
	x = strtod(end + 1, NULL);
	if (isfinite(x) && isfinite(y) && x > 0 && y > 0)
		fact_put(d->f, fact_object(d->f, "image"), "pixelSize", json_pack("{s:f,s:f,s:s}", "x", x, "y", y, "unit", "mm"));
}

static void put_class(struct dicom *d, struct slice s)
{
	static const char root[] = "1.2.840.10008.5.1.4.1.";
	size_t i;

	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (s.n > sizeof(root) && slice_starts(s, root) && slice_eq_str(slice_of(s.p + sizeof(root) - 1, s.n - sizeof(root) + 1), classes[i].uid))
			s = slice_str(classes[i].name);
	fact_put_text(d->f, fact_object(d->f, "attributes"), "SOPClass", s);
}

static void element(struct dicom *d, const struct elem *e)
{
	char p[VALUE_MOST];
	struct slice s;
	size_t i;

	if (e->tag >> 16 == 0x0028 && (e->tag & 0xFFFF) < 0x0104 && e->tag != TAG(0x0028, 0x0030)) {
		pixel_element(d, e);
		return;
	}
	if (e->n == 0 || e->n == UNDEFINED || e->tag >> 16 > 0x0028)
		return;
	s = value(d, e, p);
	for (i = 0; i < sizeof(people) / sizeof(people[0]); i++)
		if (people[i].tag == e->tag && s.n) {
			person(d, people[i].name, people[i].kind);
			if (e->tag == TAG(0x0010, 0x0010) || e->tag == TAG(0x0010, 0x0020)) {
				buf_addsl(&d->secret, s);
				buf_addc(&d->secret, '\n');
			}
		}
	for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (kept[i].tag == e->tag)
			put_text(d, fact_object(d->f, "attributes"), kept[i].name, s);
	switch (e->tag) {
	case TAG(0x0008, 0x0005): copy(d->charset, sizeof(d->charset), s); break;
	case TAG(0x0008, 0x0016): put_class(d, s); break;
	case TAG(0x0008, 0x0020): copy(d->date, sizeof(d->date), s); break;
	case TAG(0x0008, 0x0030): copy(d->time, sizeof(d->time), s); break;
	case TAG(0x0008, 0x0060): put_text(d, fact_object(d->f, "instrument"), "technique", s); break;
	case TAG(0x0008, 0x0070): put_text(d, fact_object(d->f, "instrument"), "manufacturer", s); break;
	case TAG(0x0008, 0x1090): put_text(d, fact_object(d->f, "instrument"), "model", s); break;
	case TAG(0x0018, 0x1000): put_text(d, fact_object(d->f, "instrument"), "serial", s); break;
	case TAG(0x0028, 0x0030): put_spacing(d, s); break;
	case TAG(0x0028, 0x0301): d->burned_in = slice_eq_str(s, "YES"); break;
	default: break;
	}
}

/* ---- the data set ---- */

/* Into a sequence or item of undefined length; one of known length is stepped over. False: too deep. */
static bool descend(struct dicom *d, const struct elem *e)
{
	if (d->depth >= DEEP) {
		fact_partial(d->f, "sequences are nested more than %u deep", DEEP);
		return false;
	}
	d->stack[d->depth++].implicit = d->implicit;
	if (memcmp(e->vr, "UN", 2) == 0 && e->tag >> 16 != 0xFFFE && !d->implicit)
		d->implicit = true;	/* PS3.5, 6.2.2, note: what is in an unknown sequence is implicit */
	d->at = e->at;
	return true;
}

static bool step(struct dicom *d, const struct elem *e)
{
	if (e->tag == TAG(0xFFFE, 0xE00D) || e->tag == TAG(0xFFFE, 0xE0DD)) {
		if (d->depth)
			d->implicit = d->stack[--d->depth].implicit;
		d->at = e->at;
		return true;
	}
	if (e->n == UNDEFINED) {
		if (memcmp(e->vr, "SQ", 2) != 0 && memcmp(e->vr, "UN", 2) != 0) {
			fact_partial(d->f, "damaged at byte %llu: a value without an end", (unsigned long long)d->at);
			return false;
		}
		return descend(d, e);
	}
	if (d->depth == 0)
		element(d, e);
	if (e->n > d->src->size - (e->at < d->src->size ? e->at : d->src->size)) {
		fact_partial(d->f, "cut off inside element (%04X,%04X)", e->tag >> 16, e->tag & 0xFFFF);
		return false;
	}
	d->at = e->at + e->n;
	return true;
}

static void data_set(struct dicom *d)
{
	struct elem e;
	unsigned i;

	for (i = 0; i < ELEMENTS_MOST && next(d, &e); i++) {
		if (d->depth == 0 && (e.tag == TAG(0x7FE0, 0x0010) || e.tag == TAG(0x7FE0, 0x0008) || e.tag == TAG(0x7FE0, 0x0009))) {
			d->has_pixels = true;
			d->pixels_at = e.at;
			d->pixels = e.n;
			return;
		}
		if (!step(d, &e))
			return;
	}
}

/* Group 0002, always explicit and little-endian. Its last element is where the data set begins. */
static void meta(struct dicom *d)
{
	struct elem e;
	char p[VALUE_MOST];
	uint8_t group[2];
	struct slice s;
	size_t i;

	d->at = 132;
	while (source_need(d->src, d->at, group, 2, NULL) == ST_OK && get16(group, false) == 2 && next(d, &e)) {
		if (e.n == UNDEFINED || e.n > d->src->size - e.at)
			break;
		if (e.tag == TAG(0x0002, 0x0010)) {
			s = value(d, &e, p);
			for (i = 0; i < sizeof(syntaxes) / sizeof(syntaxes[0]); i++)
				if (slice_eq_str(s, syntaxes[i].uid))
					d->syntax = syntaxes[i].uid, fact_put_text(d->f, fact_object(d->f, "attributes"), "TransferSyntax", slice_str(syntaxes[i].name));
			if (d->syntax == NULL)
				fact_put_text(d->f, fact_object(d->f, "attributes"), "TransferSyntax", s);
		}
		d->at = e.at + e.n;
	}
	if (d->syntax == NULL)
		return;
	d->implicit = strcmp(d->syntax, "1.2.840.10008.1.2") == 0;
	d->big = strcmp(d->syntax, "1.2.840.10008.1.2.2") == 0;
	d->deflated = strcmp(d->syntax, "1.2.840.10008.1.2.1.99") == 0;
	d->packed_pixels = strncmp(d->syntax, "1.2.840.10008.1.2.4", 19) == 0 || strcmp(d->syntax, "1.2.840.10008.1.2.5") == 0;
}

/* PS3.5, A.5: the data set is a raw deflate stream. */
static st_t inflate_rest(struct dicom *d, struct buf *out)
{
	z_stream z = { 0 };
	uint8_t in[16384];
	size_t got;
	int rc = Z_OK;
	st_t st = buf_reserve(out, 65536);

	if (st != ST_OK || inflateInit2(&z, -15) != Z_OK)
		return ST_NOMEM;
	while (rc == Z_OK && out->n < out->max) {
		if (z.avail_in == 0) {
			if (source_read(d->src, d->at, in, sizeof(in), &got, NULL) != ST_OK || got == 0)
				break;
			d->at += got;
			z.next_in = in;
			z.avail_in = (uInt)got;
		}
		if ((st = buf_reserve(out, 65536)) != ST_OK)
			break;
		z.next_out = (Bytef *)out->p + out->n;
		z.avail_out = 65536;
		rc = inflate(&z, Z_NO_FLUSH);
		out->n += 65536 - z.avail_out;
	}
	inflateEnd(&z);
	if (rc != Z_STREAM_END)
		fact_partial(d->f, rc == Z_OK ? "cut off in the compressed data set, or too long" : "the compressed data set is damaged");
	return st == ST_NOMEM ? st : ST_OK;
}

/* ---- pixels ---- */

static bool plain_pixels(const struct dicom *d)
{
	bool grey = strncmp(d->photometric, "MONOCHROME", 10) == 0 && d->samples == 1 && (d->allocated == 8 || d->allocated == 16 || d->allocated == 32);

	return d->has_pixels && !d->burned_in && !d->packed_pixels && d->pixels != UNDEFINED && d->rows && d->columns &&
	    (grey || (strcmp(d->photometric, "RGB") == 0 && d->samples == 3 && d->allocated == 8 && d->planar == 0));
}

static double pixel(const struct dicom *d, const uint8_t *p)
{
	uint32_t v = d->allocated == 8 ? p[0] : d->allocated == 16 ? get16(p, d->big) : get32(p, d->big);
	unsigned bits = d->stored && d->stored <= d->allocated ? d->stored : d->allocated;

	if (bits < 32)
		v &= (1u << bits) - 1;
	if (d->signed_ && bits && v >> (bits - 1))
		return (double)v - ldexp(1, (int)bits);
	return v;
}

static st_t thumbnail(struct dicom *d)
{
	size_t per = d->allocated / 8 * d->samples, row = per * d->columns, got;
	struct thumb *t = thumb_new(d->columns, d->rows, d->samples == 3 ? 3 : 1);
	uint8_t *p = malloc(row);
	uint32_t x, y;

	if (t == NULL || p == NULL) {
		thumb_free(t);
		free(p);
		return ST_NOMEM;
	}
	for (y = 0; y < d->rows; y++) {
		if (source_read(d->src, d->pixels_at + (uint64_t)y * row, p, row, &got, NULL) != ST_OK || got < row || (y + 1) * row > d->pixels)
			break;
		if (d->samples == 3)
			thumb_row(t, y, p, 3);
		else
			for (x = 0; x < d->columns; x++)
				thumb_value(t, x, y, 0, d->photometric[10] == '1' ? -pixel(d, p + x * per) : pixel(d, p + x * per));
	}
	thumb_put(d->f, t, 1, d->samples != 3);
	thumb_free(t);
	free(p);
	return ST_OK;
}

static void put_time(struct dicom *d)
{
	char iso[24];
	size_t i, digits = 0;

	while (isdigit((unsigned char)d->date[digits]))
		digits++;
	if (digits != 8 || d->date[8])
		return;
	for (i = 0; i < 6 && isdigit((unsigned char)d->time[i]); i++)
		;
	snprintf(iso, sizeof(iso), "%.4s-%.2s-%.2s", d->date, d->date + 4, d->date + 6);
	if (i == 6)
		snprintf(iso, sizeof(iso), "%.4s-%.2s-%.2sT%.2s:%.2s:%.2s", d->date, d->date + 4, d->date + 6, d->time, d->time + 2, d->time + 4);
	fact_put_text(d->f, fact_object(d->f, "time"), "start", slice_str(iso));
	fact_put_text(d->f, fact_object(d->f, "time"), "end", slice_str(iso));
}

static void put_image(struct dicom *d)
{
	struct image m = { .width = d->columns, .height = d->rows, .channels = d->samples, .bits = d->allocated, .frames = d->frames > 0 ? (uint64_t)d->frames : 1,
	    .colour = d->photometric[0] == 'M' ? "grey" : strcmp(d->photometric, "RGB") == 0 ? "rgb" : d->photometric[0] == 'P' ? "palette" :
	    d->photometric[0] == 'Y' ? "ycbcr" : NULL, .compression = d->packed_pixels ? NULL : "none" };

	if (d->rows == 0 && d->columns == 0)
		return;
	if (d->packed_pixels && d->syntax)
		m.compression = json_string_value(json_object_get(fact_object(d->f, "attributes"), "TransferSyntax"));
	image_put(d->f, &m);
	fact_put_text(d->f, fact_object(d->f, "image"), "photometric", slice_str(d->photometric));
}

static void check_pixels(struct dicom *d)
{
	uint64_t want = (uint64_t)d->rows * d->columns * d->samples * ((d->allocated + 7) / 8) * (d->frames > 0 ? (uint64_t)d->frames : 1);

	if (!d->has_pixels || d->pixels == UNDEFINED)
		return;
	if (d->pixels > d->src->size - (d->pixels_at < d->src->size ? d->pixels_at : d->src->size))
		fact_partial(d->f, "cut off inside the pixels");
	else if (!d->packed_pixels && d->allocated % 8 == 0 && want > d->pixels && d->photometric[0] == 'M')
		fact_check(d->f, "too-few-pixels", true, "%u bytes of pixels for %llu that the header announces", d->pixels, (unsigned long long)want);
}

/* Does ${text} hold a word of at least four bytes of the name, or the number? */
static bool tells(const struct dicom *d, struct slice text)
{
	const char *p = d->secret.p;
	size_t i, k, n;

	for (i = 0; i < d->secret.n; i += n + 1) {
		for (n = 0; i + n < d->secret.n && !strchr("^= \n", p[i + n]); n++)
			;
		for (k = 0; n >= 4 && k + n <= text.n; k++)
			if (strncasecmp(text.p + k, p + i, n) == 0)
				return true;
	}
	return false;
}

/* People write names where they should not: a description that holds one is left out. */
static void redact(struct dicom *d)
{
	static const char *const words[] = { "StudyDescription", "SeriesDescription", "ProtocolName" };
	json_t *attrs = json_object_get(fact_root(d->f), "attributes"), *v;
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if ((v = json_object_get(attrs, words[i])) != NULL && tells(d, json_slice(v)))
			json_object_del(attrs, words[i]);
}

static st_t conclude(struct dicom *d)
{
	json_t *j = json_object_get(fact_root(d->f), "instrument");

	redact(d);
	if (j && json_text(j, "manufacturer"))
		fact_put_text(d->f, j, "name", slice_str(json_text(j, "model") ? json_text(j, "model") : json_text(j, "manufacturer")));
	put_image(d);
	put_time(d);
	check_pixels(d);
	if (d->people.n)
		fact_check(d->f, "patient-data", true, "the file says who somebody is (%.*s); remove that before anybody else may read it", (int)d->people.n, d->people.p);
	return plain_pixels(d) ? thumbnail(d) : ST_OK;
}

static st_t dicom_read(struct fact *f, const struct head *h, struct source *src)
{
	struct dicom d = { .f = f, .src = src, .samples = 1 };
	struct buf plain = BUF_INIT(INFLATE_MOST);
	struct source inner;
	st_t st = ST_OK;

	(void)h;
	buf_init(&d.people, 2000);
	buf_init(&d.secret, 4 * VALUE_MOST);
	fact_media(f, "application/dicom");
	fact_format(f, "DICOM", NULL, "fmt/574");
	meta(&d);
	if (d.at >= src->size)
		fact_unreadable(f, "cut off before the data set");
	else if (d.deflated && (st = inflate_rest(&d, &plain)) == ST_OK) {
		source_mem(&inner, plain.p, plain.n);
		d.src = &inner;
		d.at = 0;
	}
	if (st == ST_OK && !fact_is_unreadable(f)) {
		data_set(&d);
		st = conclude(&d);
	}
	buf_release(&plain);
	buf_release(&d.people);
	buf_release(&d.secret);
	return st;
}

const struct extractor ex_dicom = { .name = "dicom", .version = 1, .bid = dicom_bid, .read = dicom_read };
