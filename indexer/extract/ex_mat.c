/*
 * MATLAB level 5 files (versions 5 to 7; "MAT-File Format", The MathWorks) and level 4. Version 7.3 is HDF5. Names, classes and shapes of variables, of the
 * fields of structures too, and statistics of numbers. Compressed variables are unpacked one at a time, up to a limit.
 */

#include <zlib.h>

#include "base/utf8.h"

#include "indexer/extract/array_int.h"

#define UNPACKED_MOST	((size_t)32 << 20)	/* of one compressed variable: what is behind it is not looked at */
#define VARIABLES_MOST	5000
#define DEPTH_MOST	8
#define RANK_MOST	64

struct mat { struct fact *f; struct source *src; bool big, cut; unsigned variables; uint64_t unpacked; };

/* A part of the file, or of an unpacked variable. */
struct part { const uint8_t *p; uint64_t n, missing; };	/* missing: bytes that should follow but were not unpacked */

struct element { uint32_t type; uint64_t n; struct part data; };

enum { MI_INT8 = 1, MI_UINT8, MI_INT16, MI_UINT16, MI_INT32, MI_UINT32, MI_SINGLE, MI_DOUBLE = 9, MI_INT64 = 12, MI_UINT64, MI_MATRIX, MI_COMPRESSED, MI_UTF8, MI_UTF16, MI_UTF32 };

static uint64_t load(const uint8_t *p, unsigned n, bool big)
{
	uint64_t v = 0;
	unsigned i;

	for (i = 0; i < n; i++)
		v |= (uint64_t)p[i] << 8 * (big ? n - 1 - i : i);
	return v;
}

static bool stored_as(uint32_t mi, enum dtype *t)
{
	static const uint8_t types[] = { [MI_INT8] = DT_INT8 + 1, [MI_UINT8] = DT_UINT8 + 1, [MI_INT16] = DT_INT16 + 1, [MI_UINT16] = DT_UINT16 + 1, [MI_INT32] = DT_INT32 + 1,
	    [MI_UINT32] = DT_UINT32 + 1, [MI_SINGLE] = DT_FLOAT32 + 1, [MI_DOUBLE] = DT_FLOAT64 + 1, [MI_INT64] = DT_INT64 + 1, [MI_UINT64] = DT_UINT64 + 1 };

	if (mi >= sizeof(types) || types[mi] == 0)
		return false;
	*t = (enum dtype)(types[mi] - 1);
	return true;
}

/* The next element of ${in}, which moves behind it. A tag of 8 bytes, or of 4 with up to 4 bytes of data ("small data element"). */
static bool next(const struct mat *m, struct part *in, struct element *e)
{
	uint64_t head, whole, have;

	if (in->n < 8)
		return false;
	head = load(in->p, 4, m->big);
	if (head >> 16) {
		e->type = head & 0xFFFF;
		e->n = head >> 16;
		if (e->n > 4)
			return false;
		e->data = (struct part){ in->p + 4, e->n, 0 };
		in->p += 8;
		in->n -= 8;
		return true;
	}
	e->type = (uint32_t)head;
	e->n = load(in->p + 4, 4, m->big);
	have = in->n - 8 < e->n ? in->n - 8 : e->n;
	if (have < e->n && in->missing < e->n - have)
		return false;
	e->data = (struct part){ in->p + 8, have, e->n - have };
	whole = (e->n + 7) / 8 * 8 + 8;
	whole = whole > in->n ? in->n : whole;
	in->p += whole;
	in->n -= whole;
	return true;
}

/* ---- matrices ---- */

static const char *const classes[] = { "", "cell", "struct", "object", "char", "sparse", "double", "single", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64",
    "function", "opaque" };
static const enum dtype class_types[] = { DT_OPAQUE, DT_OPAQUE, DT_COMPOUND, DT_COMPOUND, DT_STRING, DT_FLOAT64, DT_FLOAT64, DT_FLOAT32, DT_INT8, DT_UINT8, DT_INT16, DT_UINT16, DT_INT32,
    DT_UINT32, DT_INT64, DT_UINT64, DT_OPAQUE, DT_OPAQUE };
enum { MX_STRUCT = 2, MX_CHAR = 4, MX_SPARSE = 5, MX_DOUBLE = 6, MX_UINT64 = 15, MX_OPAQUE = 17 };

static json_t *shape_of(const struct mat *m, const struct element *dims, uint64_t *count)
{
	json_t *list = json_array();
	uint64_t i, v;

	*count = 1;
	for (i = 0; list && i + 4 <= dims->data.n && i < 4 * RANK_MOST; i += 4) {
		v = load(dims->data.p + i, 4, m->big);
		json_array_append_new(list, json_integer((json_int_t)v));
		*count = v && *count > (uint64_t)INT64_MAX / v ? (uint64_t)INT64_MAX : *count * v;
	}
	return list;
}

static void put_values(struct mat *m, json_t *v, const struct element *e, uint64_t count)
{
	struct array_stat s;
	enum dtype t;
	uint64_t n;

	if (!stored_as(e->type, &t))
		return;
	array_stat_init(&s, t, m->big, NULL, false);
	n = e->data.n / dtype_size(t);
	array_stat_add(&s, e->data.p, (size_t)(n < count ? n : count));
	array_stat_put(m->f, v, &s, n < count);
}

static void put_text(struct mat *m, json_t *v, const struct element *e)
{
	struct buf b = BUF_INIT(FACT_VALUE + 8);
	unsigned w = e->type == MI_UINT16 || e->type == MI_UTF16 || e->type == MI_INT16 ? 2 : 1;
	uint64_t i;

	for (i = 0; i + w <= e->data.n && b.n < FACT_VALUE; i += w) {
		uint32_t c = (uint32_t)load(e->data.p + i, w, m->big);

		if (w == 1)
			buf_addc(&b, (char)c);
		else
			utf8_put(&b, c && (c < 0xD800 || c > 0xDFFF) ? c : 0xFFFD);
	}
	fact_put_text(m->f, v, "value", buf_slice(&b));
	buf_release(&b);
}

static bool matrix(struct mat *m, struct part in, struct slice path, unsigned depth);

/* Fields of a structure: their names, and of a single one their values as variables of their own. */
static void fields(struct mat *m, json_t *v, struct part *in, struct slice path, uint64_t count, unsigned depth)
{
	struct element length, names, one;
	struct buf name = BUF_INIT(4000);
	json_t *list;
	uint64_t each, i, n;

	if (!next(m, in, &length) || length.data.n < 4 || !next(m, in, &names) || (each = load(length.data.p, 4, m->big)) == 0 || (list = json_array()) == NULL)
		return;
	n = names.data.n / each;
	for (i = 0; i < n && i < 1000; i++)
		json_array_append_new(list, json_pack("{s:o}", "name", fact_text(slice_of(names.data.p + i * each, strnlen((const char *)names.data.p + i * each, (size_t)each)), 100)));
	fact_put(m->f, v, "members", list);
	for (i = 0; count == 1 && i < n && i < 1000 && depth < DEPTH_MOST && next(m, in, &one) && one.type == MI_MATRIX; i++) {
		buf_clear(&name);
		buf_addf(&name, "%.*s.%.*s", (int)path.n, path.p, (int)strnlen((const char *)names.data.p + i * each, (size_t)each), (const char *)names.data.p + i * each);
		if (one.n && name.st == ST_OK && !matrix(m, one.data, buf_slice(&name), depth + 1))
			break;
	}
	buf_release(&name);
}

/* Array flags, dimensions, name, then what the class needs. ${path}: of a field; empty for a variable, which has a name of its own. */
static bool matrix(struct mat *m, struct part in, struct slice path, unsigned depth)
{
	struct element flags, dims, name, data;
	unsigned class;
	uint64_t count = 0;
	json_t *v, *shape;
	bool complex, logical;

	if (!next(m, &in, &flags) || flags.data.n < 8)
		return false;
	class = (unsigned)load(flags.data.p, 4, m->big) & 0xFF;
	complex = load(flags.data.p, 4, m->big) >> 11 & 1;
	logical = load(flags.data.p, 4, m->big) >> 9 & 1;
	if (class == 0 || class > MX_OPAQUE || !next(m, &in, &dims))
		return false;
	if (class == MX_OPAQUE)		/* its name stands where others have dimensions */
		name = dims;
	else if (!next(m, &in, &name))
		return false;
	if (++m->variables > VARIABLES_MOST) {
		fact_partial(m->f, "more than %d variables", VARIABLES_MOST);
		return false;
	}
	/* What belongs to functions and objects lies in an array without a name, in no form that is written down. */
	if (path.n == 0 && name.data.n == 0)
		return true;
	shape = class == MX_OPAQUE ? NULL : shape_of(m, &dims, &count);
	v = array_variable(m->f, path.n ? path : slice_of(name.data.p, (size_t)name.data.n), logical ? DT_BOOL : complex ? DT_COMPLEX128 : class_types[class], NULL, shape);
	fact_put(m->f, v, "role", json_string("data"));
	fact_put(m->f, v, "attributes", json_pack("{s:s}", "class", logical ? "logical" : classes[class]));
	if (class == MX_OPAQUE)
		return true;
	if (class == MX_STRUCT)
		fields(m, v, &in, path.n ? path : slice_of(name.data.p, (size_t)name.data.n), count, depth);
	else if (class == MX_CHAR && next(m, &in, &data))
		put_text(m, v, &data);
	else if (class >= MX_DOUBLE && class <= MX_UINT64 && !complex && next(m, &in, &data))
		put_values(m, v, &data, count);
	return true;
}

/* ---- level 5 ---- */

/* A compressed variable: as much of it as the limit allows. ST_INVALID: damaged. */
static st_t unpack(struct mat *m, const uint8_t *p, size_t n, struct buf *out)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)p, .avail_in = (uInt)n };
	size_t most = m->unpacked < ARRAY_VALUES ? UNPACKED_MOST : 64 << 10;
	bool enough = false;
	int rc;

	if (inflateInit(&z) != Z_OK)
		return ST_NOMEM;
	do {
		size_t k = out->n < (64 << 10) ? 64 << 10 : 1 << 20;

		enough = out->n + k > most + 64 * 1024 || buf_reserve(out, k) != ST_OK;
		if (enough)
			break;
		z.next_out = (Bytef *)out->p + out->n;
		z.avail_out = (uInt)k;
		rc = inflate(&z, Z_NO_FLUSH);
		out->n += k - z.avail_out;
	} while (rc == Z_OK && (z.avail_in || z.avail_out == 0));
	/* A stream that stops before its end is damaged, whatever came out of it. */
	inflateEnd(&z);
	m->unpacked += out->n;
	return out->st == ST_NOMEM ? ST_NOMEM : enough || rc == Z_STREAM_END ? ST_OK : ST_INVALID;
}

static st_t packed(struct mat *m, const uint8_t *p, size_t n)
{
	struct buf out = BUF_INIT(UNPACKED_MOST + (1 << 20));
	struct part in;
	struct element e;
	st_t st = unpack(m, p, n, &out);

	if (st == ST_NOMEM) {
		buf_release(&out);
		return st;
	}
	in = (struct part){ (const uint8_t *)(out.p ? out.p : ""), out.n, 0 };
	/* The tag tells how much there should be. */
	if (out.n >= 8 && load(in.p + 4, 4, m->big) > out.n - 8)
		in.missing = load(in.p + 4, 4, m->big) - (out.n - 8);
	m->cut |= st == ST_INVALID || !next(m, &in, &e) || (e.type == MI_MATRIX && !matrix(m, e.data, SLICE_NULL, 0));
	buf_release(&out);
	return ST_OK;
}

static st_t element(struct mat *m, uint64_t at, uint32_t type, uint64_t n)
{
	size_t have = n < UNPACKED_MOST ? (size_t)n : UNPACKED_MOST, got = 0;
	uint8_t *p;
	st_t st;

	if (type != MI_MATRIX && type != MI_COMPRESSED)
		return ST_OK;
	if ((uint64_t)have > array_room(m->src))
		have = m->src->size > ARRAY_WHOLE ? 64 << 10 : have;
	if ((p = malloc(have ? have : 1)) == NULL)
		return ST_NOMEM;
	st = source_read(m->src, at, p, have, &got, NULL);
	if (st == ST_OK && type == MI_COMPRESSED)
		st = packed(m, p, got);
	else if (st == ST_OK && n)
		m->cut |= !matrix(m, (struct part){ p, got, n - got }, SLICE_NULL, 0);
	free(p);
	return st;
}

static st_t level5(struct mat *m)
{
	uint8_t tag[8];
	uint64_t at = 128, n, whole;
	uint32_t type;
	st_t st = ST_OK;

	while (st == ST_OK && at + 8 <= m->src->size && m->variables < VARIABLES_MOST) {
		if ((st = source_need(m->src, at, tag, 8, NULL)) != ST_OK)
			break;
		type = (uint32_t)load(tag, 4, m->big);
		n = load(tag + 4, 4, m->big);
		if (type >> 16 || type == 0) {
			m->cut = true;
			break;
		}
		m->cut |= n > m->src->size - at - 8;
		st = element(m, at + 8, type, n);
		whole = type == MI_COMPRESSED ? n : (n + 7) / 8 * 8;
		at += 8 + whole;
	}
	return st == ST_NOMEM ? st : ST_OK;
}

/* ---- level 4 ---- */

struct level4 { bool big; unsigned precision, kind; uint64_t rows, cols, imaginary, name; };

/* Five numbers and a name. The first one says M*1000 + O*100 + P*10 + T. */
static bool level4_head(const uint8_t *p, size_t n, struct level4 *h)
{
	uint64_t type;

	if (n < 22)
		return false;
	h->big = load(p, 4, false) > 4999;
	type = load(p, 4, h->big);
	h->precision = (unsigned)(type / 10 % 10);
	h->kind = (unsigned)(type % 10);
	h->rows = load(p + 4, 4, h->big);
	h->cols = load(p + 8, 4, h->big);
	h->imaginary = load(p + 12, 4, h->big);
	h->name = load(p + 16, 4, h->big);
	return type / 100 % 10 == 0 && type / 1000 == (h->big ? 1 : 0) && h->precision <= 5 && h->kind <= 2 && h->imaginary <= 1 && h->name >= 2 && h->name <= 64 &&
	    h->rows < ((uint64_t)1 << 31) && h->cols < ((uint64_t)1 << 31);
}

static bool level4_name(const uint8_t *p, uint64_t n)
{
	uint64_t i;

	for (i = 0; i + 1 < n; i++)
		if (!((p[i] >= 'a' && p[i] <= 'z') || (p[i] >= 'A' && p[i] <= 'Z') || (i && p[i] >= '0' && p[i] <= '9') || p[i] == '_'))
			return false;
	return p[n - 1] == 0;
}

static st_t level4(struct mat *m)
{
	static const enum dtype types[] = { DT_FLOAT64, DT_FLOAT32, DT_INT32, DT_INT16, DT_UINT16, DT_UINT8 };
	struct level4 h;
	struct window w;
	const uint8_t *p;
	uint64_t at = 0, count, bytes;
	struct array_stat s;
	bool sampled;
	json_t *v;
	st_t st = ST_OK;

	window_init(&w, m->src);
	while (st == ST_OK && at < m->src->size && m->variables++ < VARIABLES_MOST) {
		if ((p = window_get(&w, at, 22)) == NULL || !level4_head(p, 22, &h) || (p = window_get(&w, at, 20 + (size_t)h.name)) == NULL || !level4_name(p + 20, h.name)) {
			m->cut = true;
			break;
		}
		v = array_variable(m->f, slice_of(p + 20, (size_t)h.name - 1), h.kind == 1 ? DT_STRING : h.imaginary ? DT_COMPLEX128 : types[h.precision], NULL,
		    json_pack("[I,I]", (json_int_t)h.rows, (json_int_t)h.cols));
		fact_put(m->f, v, "role", json_string("data"));
		count = h.rows * h.cols;
		bytes = count * dtype_size(types[h.precision]);
		at += 20 + h.name;
		if (h.kind != 1 && !h.imaginary) {
			array_stat_init(&s, types[h.precision], h.big, NULL, false);
			st = array_scan(&s, m->src, at, count, array_room(m->src), &sampled, NULL);
			array_stat_put(m->f, v, &s, sampled);
		}
		m->cut |= bytes * (1 + h.imaginary) > m->src->size - at;
		if (m->cut)
			break;
		at += bytes * (1 + h.imaginary);
	}
	window_release(&w);
	return st == ST_NOMEM ? st : ST_OK;
}

/* ---- the file ---- */

static bool is_level5(const struct head *h)
{
	return h->n >= 136 && (memcmp(h->p + 124, "\x00\x01IM", 4) == 0 || memcmp(h->p + 124, "\x01\x00MI", 4) == 0);
}

static bool is_level4(const struct head *h)
{
	struct level4 x;

	return level4_head(h->p, h->n, &x) && h->n >= 20 + x.name && level4_name(h->p + 20, x.name);
}

static st_t mat_read(struct fact *f, const struct head *h, struct source *src)
{
	struct mat m = { .f = f, .src = src, .big = h->n > 127 && h->p[126] == 'M' };
	bool five = is_level5(h);
	st_t st;

	fact_media(f, "application/x-matlab-data");
	fact_format(f, "MATLAB", five ? "5" : "4", five ? "fmt/806" : NULL);
	if (five)
		fact_put_text(f, fact_object(f, "attributes"), "header", slice_of(h->p, 116));
	st = five ? level5(&m) : level4(&m);
	if (m.cut && m.variables == 0)
		fact_unreadable(f, "damaged or cut off before its first variable");
	else if (m.cut)
		fact_partial(f, "damaged or cut off: a variable could not be read to its end");
	return st;
}

static int mat_bid(const struct head *h)
{
	if (h->n >= 136 && memcmp(h->p, "MATLAB 7.3", 10) == 0)
		return 0;
	return is_level5(h) ? 95 : strcmp(h->ext, "mat") == 0 && is_level4(h) ? 70 : 0;
}

const struct extractor ex_mat = { .name = "matlab", .version = 1, .bid = mat_bid, .read = mat_read };
