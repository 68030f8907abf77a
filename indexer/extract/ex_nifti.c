/*
 * NIfTI-1 and NIfTI-2, plain or in gzip: the header, the statistics of the voxels and a picture of the middle slice of the first volume, in one pass
 * over at most VOXELS_MOST bytes.
 */

#include <math.h>
#include <stdlib.h>
#include <zlib.h>

#include "indexer/extract/bytes_int.h"
#include "indexer/extract/extract_int.h"
#include "indexer/extract/tally.h"
#include "indexer/extract/thumb.h"

#define VOXELS_MOST	((uint64_t)256 << 20)
#define PIECE		((size_t)64 << 10)

/* Bytes in order, inflated or as they are. */
struct flow {
	struct source *src;
	uint64_t at;			/* in the file */
	bool packed, ended, damaged;
	z_stream z;
	uint8_t in[PIECE];
};

static bool flow_open(struct flow *w, struct source *src, bool packed)
{
	memset(w, 0, sizeof(*w));
	w->src = src;
	w->packed = packed;
	return !packed || inflateInit2(&w->z, 15 + 16) == Z_OK;
}

static void flow_close(struct flow *w)
{
	if (w->packed)
		inflateEnd(&w->z);
}

/* Up to ${n}; less only at the end. */
static size_t flow_read(struct flow *w, uint8_t *p, size_t n)
{
	size_t got = 0;
	int rc = Z_OK;

	if (!w->packed) {
		if (source_read(w->src, w->at, p, n, &got, NULL) != ST_OK)
			got = 0;
		w->at += got;
		return got;
	}
	w->z.next_out = p;
	w->z.avail_out = (uInt)n;
	while (w->z.avail_out && !w->ended && rc == Z_OK) {
		if (w->z.avail_in == 0) {
			if (source_read(w->src, w->at, w->in, sizeof(w->in), &got, NULL) != ST_OK || got == 0)
				break;
			w->at += got;
			w->z.next_in = w->in;
			w->z.avail_in = (uInt)got;
		}
		rc = inflate(&w->z, Z_NO_FLUSH);
		w->ended = rc == Z_STREAM_END;
		w->damaged = rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR;
	}
	return n - w->z.avail_out;
}

/* ---- header ---- */

struct nifti {
	struct fact *f;
	uint8_t h[540];
	bool two, big, pair;		/* pair: the voxels are in another file */
	int64_t dim[8];
	double pixdim[8], slope, inter;
	int16_t type, bits;
	uint64_t offset;
	unsigned units;
};

static bool is_header(const uint8_t *p, size_t n)
{
	if (n >= 348 && (memcmp(p + 344, "n+1\0", 4) == 0 || memcmp(p + 344, "ni1\0", 4) == 0))
		return get32(p, false) == 348 || get32(p, true) == 348;
	return n >= 540 && (memcmp(p + 4, "n+2\0\r\n\x1a\n", 8) == 0 || memcmp(p + 4, "ni2\0\r\n\x1a\n", 8) == 0);
}

static int nifti_bid(const struct head *h)
{
	uint8_t p[540];
	z_stream z = { 0 };
	int rc;

	if (is_header(h->p, h->n))
		return 95;
	if (h->n < 20 || h->p[0] != 0x1F || h->p[1] != 0x8B || inflateInit2(&z, 15 + 16) != Z_OK)
		return 0;
	z.next_in = (Bytef *)(uintptr_t)h->p;
	z.avail_in = (uInt)h->n;
	z.next_out = p;
	z.avail_out = sizeof(p);
	rc = inflate(&z, Z_SYNC_FLUSH);
	inflateEnd(&z);
	return (rc == Z_OK || rc == Z_STREAM_END || rc == Z_BUF_ERROR) && is_header(p, sizeof(p) - z.avail_out) ? 95 : 0;
}

/* 2.2 as a float is 2.2000000477: the shortest decimal that means the same float is what somebody wrote. */
static double shortest(float v)
{
	char text[40];
	int digits;

	for (digits = 6; digits < 9; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, (double)v);
		if (strtof(text, NULL) == v)
			return strtod(text, NULL);
	}
	return (double)v;
}

static double field(const struct nifti *x, unsigned at1, unsigned at2, unsigned i)
{
	return x->two ? get_double(x->h + at2 + 8 * i, x->big) : shortest(get_float(x->h + at1 + 4 * i, x->big));
}

static bool header(struct nifti *x)
{
	unsigned i;
	double v;

	x->two = memcmp(x->h + 4, "n+2", 3) == 0 || memcmp(x->h + 4, "ni2", 3) == 0;
	x->big = get32(x->h, false) != (x->two ? 540 : 348);
	x->pair = x->h[x->two ? 5 : 345] == 'i';
	for (i = 0; i < 8; i++) {
		x->dim[i] = x->two ? (int64_t)get64(x->h + 16 + 8 * i, x->big) : (int16_t)get16(x->h + 40 + 2 * i, x->big);
		x->pixdim[i] = field(x, 76, 104, i);
	}
	x->type = (int16_t)get16(x->h + (x->two ? 12 : 70), x->big);
	x->bits = (int16_t)get16(x->h + (x->two ? 14 : 72), x->big);
	v = x->two ? (double)(int64_t)get64(x->h + 168, x->big) : (double)get_float(x->h + 108, x->big);
	x->offset = v >= 0 && v < 1e15 ? (uint64_t)v : 0;
	x->slope = field(x, 112, 176, 0);
	x->inter = field(x, 116, 184, 0);
	x->units = x->two ? get32(x->h + 500, x->big) : x->h[123];
	if (x->dim[0] < 1 || x->dim[0] > 7)
		return false;
	for (i = 1; i <= (unsigned)x->dim[0]; i++)
		if (x->dim[i] < 1 || x->dim[i] > (int64_t)1 << 40)
			return false;
	return true;
}

static const struct dtype { int16_t code; uint8_t bytes; char kind; const char *name; } dtypes[] = {
	{ 2, 1, 'u', "uint8" }, { 4, 2, 'i', "int16" }, { 8, 4, 'i', "int32" }, { 16, 4, 'f', "float32" }, { 32, 8, 'c', "complex64" },
	{ 64, 8, 'f', "float64" }, { 128, 3, 'c', "rgb24" }, { 256, 1, 'i', "int8" }, { 512, 2, 'u', "uint16" }, { 768, 4, 'u', "uint32" },
	{ 1024, 8, 'i', "int64" }, { 1280, 8, 'u', "uint64" }, { 1536, 16, 'c', "float128" }, { 1792, 16, 'c', "complex128" }, { 2304, 4, 'c', "rgba32" },
};

static const struct dtype *dtype_of(int16_t code)
{
	size_t i;

	for (i = 0; i < sizeof(dtypes) / sizeof(dtypes[0]); i++)
		if (dtypes[i].code == code)
			return &dtypes[i];
	return NULL;
}

static const char *space_unit(unsigned u)
{
	return (u & 7) == 1 ? "m" : (u & 7) == 2 ? "mm" : (u & 7) == 3 ? "\xC2\xB5m" : NULL;
}

static const char *time_unit(unsigned u)
{
	static const char *const names[] = { NULL, "s", "ms", "\xC2\xB5s", "Hz", "ppm", "rad/s", NULL };

	return names[u >> 3 & 7];
}

static const char *intent(int code)
{
	static const struct { int code; const char *name; } names[] = { { 2, "correlation" }, { 3, "t-test" }, { 4, "F-test" }, { 5, "z-score" }, { 6, "chi-squared" },
	    { 22, "p-value" }, { 1001, "estimate" }, { 1002, "label" }, { 1003, "NeuroNames" }, { 1004, "general matrix" }, { 1005, "symmetric matrix" },
	    { 1006, "displacement vector" }, { 1007, "vector" }, { 1008, "point set" }, { 1009, "triangle" }, { 1010, "quaternion" }, { 2001, "time series" },
	    { 2003, "RGB vector" }, { 2005, "shape" } };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].code == code)
			return names[i].name;
	return NULL;
}

/* Voxel to millimetres: the sform when there is one, as every reader takes it. */
static void put_affine(struct nifti *x, json_t *attrs)
{
	int sform = x->two ? (int)get32(x->h + 348, x->big) : (int16_t)get16(x->h + 254, x->big);
	json_t *rows, *row;
	unsigned r, c;

	if (sform <= 0 || (rows = json_array()) == NULL)
		return;
	for (r = 0; r < 3; r++) {
		if ((row = json_array()) == NULL)
			break;
		for (c = 0; c < 4; c++) {
			double v = field(x, 280 + 16 * r, 400 + 32 * r, c);

			json_array_append_new(row, isfinite(v) ? json_real(v) : json_null());
		}
		json_array_append_new(rows, row);
	}
	fact_put(x->f, attrs, "affine", rows);
}

static struct slice fixed(const uint8_t *p, size_t n)
{
	return slice_of(p, strnlen((const char *)p, n));
}

static json_t *put_header(struct nifti *x)
{
	static const char *const axes[] = { "x", "y", "z", "t", "u", "v", "w" };
	const struct dtype *d = dtype_of(x->type);
	json_t *v = fact_variable(x->f, SLICE("volume")), *names = json_array(), *shape = json_array(), *zooms = json_array(), *attrs = json_object(), *j;
	const char *what = intent(x->two ? (int)get32(x->h + 504, x->big) : (int16_t)get16(x->h + 68, x->big));
	int i;

	if (v == NULL || names == NULL || shape == NULL || zooms == NULL || attrs == NULL) {
		json_decref(names), json_decref(shape), json_decref(zooms), json_decref(attrs);
		return NULL;
	}
	for (i = 1; i <= x->dim[0]; i++) {
		json_array_append_new(names, json_string(axes[i - 1]));
		json_array_append_new(shape, json_integer(x->dim[i]));
		json_array_append_new(zooms, isfinite(x->pixdim[i]) ? json_real(x->pixdim[i]) : json_null());
	}
	fact_put(x->f, v, "type", json_string(d == NULL || d->kind == 'c' ? "complex" : d->kind == 'f' ? "number" : "integer"));
	fact_put(x->f, v, "dtype", d ? json_string(d->name) : json_sprintf("type %d", x->type));
	fact_put(x->f, v, "role", json_string("data"));
	fact_put(x->f, v, "dimensions", names);
	fact_put(x->f, v, "shape", shape);
	fact_put(x->f, v, "attributes", attrs);
	fact_put(x->f, attrs, "pixdim", zooms);
	fact_put(x->f, attrs, "byteOrder", json_string(x->big ? "big" : "little"));
	if (space_unit(x->units))
		fact_put(x->f, attrs, "spaceUnit", json_string(space_unit(x->units)));
	if (time_unit(x->units))
		fact_put(x->f, attrs, "timeUnit", json_string(time_unit(x->units)));
	if (what)
		fact_put(x->f, attrs, "intent", json_string(what));
	fact_put_text(x->f, attrs, "intentName", fixed(x->h + (x->two ? 508 : 328), 16));
	fact_put_text(x->f, attrs, "description", fixed(x->h + (x->two ? 240 : 148), 80));
	put_affine(x, attrs);
	j = fact_object(x->f, "image");
	fact_put_int(x->f, j, "width", x->dim[1]);
	fact_put_int(x->f, j, "height", x->dim[0] > 1 ? x->dim[2] : 1);
	fact_put_int(x->f, j, "slices", x->dim[0] > 2 ? x->dim[3] : 1);
	fact_put_int(x->f, j, "frames", x->dim[0] > 3 ? x->dim[4] : 1);
	if (d)
		fact_put_int(x->f, j, "bits", d->bytes * 8);
	if (x->pixdim[1] > 0 && isfinite(x->pixdim[1]) && isfinite(x->pixdim[2]) && isfinite(x->pixdim[3]))
		fact_put(x->f, j, "pixelSize", json_pack("{s:f,s:f,s:f,s:s*}", "x", x->pixdim[1], "y", x->pixdim[2], "z", x->pixdim[3], "unit",
		    space_unit(x->units)));
	return v;
}

/* ---- voxels ---- */

static double voxel(const struct nifti *x, const struct dtype *d, const uint8_t *p)
{
	switch (d->bytes) {
	case 1: return d->kind == 'i' ? (double)(int8_t)p[0] : (double)p[0];
	case 2: return d->kind == 'i' ? (double)(int16_t)get16(p, x->big) : (double)get16(p, x->big);
	case 4: return d->kind == 'f' ? (double)get_float(p, x->big) : d->kind == 'i' ? (double)(int32_t)get32(p, x->big) : (double)get32(p, x->big);
	default: return d->kind == 'f' ? get_double(p, x->big) : d->kind == 'i' ? (double)(int64_t)get64(p, x->big) : (double)get64(p, x->big);
	}
}

struct scan { uint64_t n, done, from, to; uint32_t w, h; struct tally t; struct thumb *thumb; bool scaled; };

static void scan_piece(const struct nifti *x, const struct dtype *d, struct scan *s, const uint8_t *p, size_t n)
{
	double v;
	uint64_t k;

	for (; n >= d->bytes && s->done < s->n; n -= d->bytes, p += d->bytes, s->done++) {
		v = voxel(x, d, p);
		if (s->scaled)
			v = v * x->slope + x->inter;
		if (!isfinite(v)) {
			s->t.missing++;
			continue;
		}
		tally_add(&s->t, v);
		if (s->done < s->from || s->done >= s->to)
			continue;
		k = s->done - s->from;
		thumb_value(s->thumb, (uint32_t)(k % s->w), s->h - 1 - (uint32_t)(k / s->w), 0, v);	/* y runs upwards */
	}
}

static bool skip(struct flow *w, uint64_t n, uint8_t *piece)
{
	size_t k;

	for (; n; n -= k)
		if ((k = flow_read(w, piece, n < PIECE ? (size_t)n : PIECE)) == 0)
			return false;
	return true;
}

/* How many voxels there should be; saturates. */
static uint64_t voxels(const struct nifti *x)
{
	double all = 1;
	int i;

	for (i = 1; i <= x->dim[0]; i++)
		all *= (double)x->dim[i];
	return all < 1e18 ? (uint64_t)all : (uint64_t)1e18;
}

static st_t scan(struct nifti *x, struct flow *w, const struct dtype *d, json_t *v, uint64_t head)
{
	struct scan s = { .n = voxels(x), .scaled = isfinite(x->slope) && x->slope != 0 && isfinite(x->inter) && !(x->slope == 1 && x->inter == 0) };
	uint64_t plane = (uint64_t)x->dim[1] * (uint64_t)(x->dim[0] > 1 ? x->dim[2] : 1), most = VOXELS_MOST / d->bytes;
	uint8_t *piece = malloc(PIECE);
	size_t got = 1;

	if (piece == NULL)
		return ST_NOMEM;
	if (plane <= THUMB_PIXELS && x->dim[1] < 1 << 20) {
		s.w = (uint32_t)x->dim[1];
		s.h = (uint32_t)(x->dim[0] > 1 ? x->dim[2] : 1);
		s.from = plane * (uint64_t)(x->dim[0] > 2 ? x->dim[3] / 2 : 0);
		s.to = s.from + plane;
		if ((s.thumb = thumb_new(s.w, s.h, 1)) == NULL) {
			free(piece);
			return ST_NOMEM;
		}
	}
	if (x->offset > head && !skip(w, x->offset - head, piece))
		got = 0;
	while (s.done < s.n && s.done < most && got) {
		got = flow_read(w, piece, PIECE / d->bytes * d->bytes);
		scan_piece(x, d, &s, piece, got);
	}
	if (s.done < s.n && s.done < most)
		fact_partial(x->f, "%s: %llu of %llu voxels are there", w->damaged ? "the compressed voxels are damaged" : "cut off", (unsigned long long)s.done,
		    (unsigned long long)s.n);
	tally_put(x->f, v, &s.t, d->kind != 'f' && !s.scaled);
	if (s.done < s.n)
		fact_put(x->f, v, "sampled", json_true());
	if (s.thumb)
		thumb_put(x->f, s.thumb, 1, true);
	thumb_free(s.thumb);
	free(piece);
	return ST_OK;
}

static st_t nifti_facts(struct nifti *x, struct flow *w)
{
	size_t want = 348, got = flow_read(w, x->h, 348);
	const struct dtype *d;
	json_t *v;

	if (got == 348 && get32(x->h, false) != 348 && get32(x->h, true) != 348) {
		got += flow_read(w, x->h + 348, 192);
		want = 540;
	}
	fact_format(x->f, want == 540 ? "NIfTI-2" : "NIfTI-1", NULL, NULL);
	if (got < want || !header(x)) {
		fact_unreadable(x->f, got < want ? "cut off in the header" : "the header has impossible dimensions");
		return ST_OK;
	}
	v = put_header(x);
	d = dtype_of(x->type);
	if (d == NULL)
		fact_partial(x->f, "data type %d is not known", x->type);
	if (v == NULL || d == NULL || d->kind == 'c' || x->pair)
		return ST_OK;
	return scan(x, w, d, v, want);
}

static st_t nifti_read(struct fact *f, const struct head *h, struct source *src)
{
	struct nifti x = { .f = f };
	struct flow *w = malloc(sizeof(*w));
	st_t st = ST_NOMEM;

	fact_media(f, "application/vnd.nifti");
	if (w && flow_open(w, src, h->p[0] == 0x1F && h->p[1] == 0x8B)) {
		st = nifti_facts(&x, w);
		flow_close(w);
	}
	free(w);
	return st;
}

const struct extractor ex_nifti = { .name = "nifti", .version = 1, .bid = nifti_bid, .read = nifti_read };
