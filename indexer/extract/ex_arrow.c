/*
 * Arrow IPC, as a file (Feather version 2) and as a stream. Messages are read in order either way: their metadata are flatbuffers, their
 * columns buffers that may be packed with LZ4 or Zstandard. Feather version 1 is told by name only.
 */

#include <lz4frame.h>
#include <math.h>
#include <stdlib.h>
#include <zstd.h>

#include "base/utf8.h"
#include "indexer/extract/extract_int.h"
#include "indexer/extract/flat_int.h"

#define META_MOST	((size_t)16 << 20)
#define BUFFER_MOST	((uint64_t)128 << 20)	/* of one buffer, unpacked */
#define COLUMNS_MOST	20000u
#define DEEP		32u
#define DICTS_MOST	1000u
#define DICT_MEMORY	((size_t)96 << 20)
#define BUDGET		((uint64_t)256 << 20)
#define BUDGET_TIMES	64
#define DAY		INT64_C(86400000000)

enum { NONE, NUL, INT, FLOAT, BINARY, UTF8, BOOL, DECIMAL, DATE, TIME, TIMESTAMP, INTERVAL, LIST, STRUCT, UNION, FIXED, FIXED_LIST, MAP, DURATION,
    LARGE_BINARY, LARGE_UTF8, LARGE_LIST, RUN_END, BINARY_VIEW, UTF8_VIEW, LIST_VIEW, LARGE_LIST_VIEW };

struct field {
	uint8_t type, unit;
	uint16_t bits;			/* of integers and floats, decimals, widths of fixed binaries */
	bool is_signed, zoned, top;
	int32_t scale;
	uint32_t width;
	uint32_t col;			/* UINT32_MAX: not told */
	uint32_t children;
	bool encoded; int64_t dict;	/* dictionary; then the index is of ibits */
	uint16_t ibits; bool isigned;
};

struct dict { int64_t id; struct buf text; uint32_t *at; uint64_t n; bool usable; };

struct arrow {
	struct fact *f;
	struct source *src;
	struct table *t;
	struct buf meta, raw, body[3];
	struct field *field; uint32_t n, cap;
	struct dict *dict; uint32_t n_dicts;
	size_t dict_memory;
	uint64_t rows, budget, body_at, body_len;
	uint32_t batches;
	struct err why;
	bool big;
	/* of the batch being read */
	struct flat flat;
	uint64_t nodes, buffers;
	uint32_t n_nodes, n_buffers, node, buffer;
	int codec;			/* -1 none, 0 LZ4 frame, 1 Zstandard */
};

static int arrow_bid(const struct head *h)
{
	const uint8_t *p = h->p;
	uint32_t n;

	if (h->n >= 8 && (memcmp(p, "ARROW1\0\0", 8) == 0 || memcmp(p, "FEA1", 4) == 0))
		return 80;
	/* A stream begins with the length of a schema message. */
	if (h->n < 32 || memcmp(p, "\xFF\xFF\xFF\xFF", 4) != 0)
		return 0;
	n = p[4] | (uint32_t)p[5] << 8 | (uint32_t)p[6] << 16 | (uint32_t)p[7] << 24;
	if (n < 16 || n > META_MOST || n % 8 || n + 8 > h->size || n + 8 > h->n)
		return 0;
	struct flat f = { p + 8, n };
	uint64_t root = flat_num(&f, 0, 4);

	return flat_value(&f, root, 1, 1, 0) == 1 && flat_child(&f, root, 2) ? 70 : 0;
}

/* ---- schema ---- */

static const char *declared(const struct field *f)
{
	switch (f->type) {
	case INT: return "integer";
	case FLOAT: return "number";
	case DECIMAL: return f->scale ? "number" : "integer";
	case BOOL: return "boolean";
	case DATE: return "date";
	case TIMESTAMP: return "datetime";
	case LIST: case LARGE_LIST: case FIXED_LIST: case LIST_VIEW: case LARGE_LIST_VIEW: return "list";
	case STRUCT: case MAP: case UNION: return "object";
	case BINARY: case LARGE_BINARY: case FIXED: case BINARY_VIEW: return "binary";
	case NUL: return "empty";
	default: return "string";
	}
}

static void type_read(struct arrow *x, uint64_t field, struct field *out)
{
	const struct flat *f = &x->flat;
	uint64_t t = flat_child(f, field, 3);

	out->type = (uint8_t)flat_value(f, field, 2, 1, 0);
	switch (out->type) {
	case INT:
		out->bits = (uint16_t)flat_value(f, t, 0, 4, 0);
		out->is_signed = flat_value(f, t, 1, 1, 0);
		break;
	case FLOAT:
		out->bits = (uint16_t)(16u << (flat_value(f, t, 0, 2, 0) & 3));
		break;
	case DECIMAL:
		out->scale = (int32_t)flat_value(f, t, 1, 4, 0);
		out->bits = (uint16_t)flat_value(f, t, 2, 4, 128);
		break;
	case DATE:
		out->unit = (uint8_t)flat_value(f, t, 0, 2, 1);
		out->bits = out->unit == 0 ? 32 : 64;
		break;
	case TIME:
		out->unit = (uint8_t)flat_value(f, t, 0, 2, 1);
		out->bits = (uint16_t)flat_value(f, t, 1, 4, 32);
		break;
	case TIMESTAMP:
		out->unit = (uint8_t)flat_value(f, t, 0, 2, 0);
		out->zoned = flat_string(f, t, 1).n > 0;
		out->bits = 64;
		break;
	case DURATION:
		out->bits = 64;
		out->is_signed = true;
		break;
	case INTERVAL:
		out->bits = (uint16_t)(flat_value(f, t, 0, 2, 0) == 0 ? 32 : flat_value(f, t, 0, 2, 0) == 1 ? 64 : 128);
		break;
	case FIXED:
		out->width = (uint32_t)flat_value(f, t, 0, 4, 0);
		break;
	default:
		break;
	}
}

/* A field and those below it, in the order in which their buffers come. */
static st_t field_read(struct arrow *x, uint64_t at, unsigned depth)
{
	const struct flat *f = &x->flat;
	struct slice name = flat_string(f, at, 0);
	uint64_t kids, dict = flat_child(f, at, 4), index;
	uint32_t n = flat_vector(f, at, 5, 4, &kids), i, me;
	struct field *d;
	void *p;
	st_t st = ST_OK;

	if (at == 0 || depth > DEEP || x->n >= COLUMNS_MOST * 4)
		return err_set(&x->why, ST_INVALID, "damaged or too wide: a schema that cannot be read");
	if (x->n == x->cap) {
		x->cap = x->cap ? x->cap * 2 : 64;
		if ((p = realloc(x->field, x->cap * sizeof(*x->field))) == NULL)
			return ST_NOMEM;
		x->field = p;
	}
	me = x->n++;
	d = &x->field[me];
	memset(d, 0, sizeof(*d));
	type_read(x, at, d);
	d->col = UINT32_MAX;
	d->children = n;
	if (dict) {
		d->encoded = true;
		d->dict = (int64_t)flat_value(f, dict, 0, 8, 0);
		index = flat_child(f, dict, 1);
		d->ibits = (uint16_t)flat_value(f, index, 0, 4, 32);
		d->isigned = index == 0 || flat_value(f, index, 1, 1, 0);
	}
	if (depth == 0) {
		d->top = true;
		d->col = table_column(x->t, name);
		table_declare(x->t, d->col, declared(d));
	}
	for (i = 0; i < n && st == ST_OK; i++)
		st = field_read(x, flat_ref(f, kids + 4 * (uint64_t)i), depth + 1);
	return st;
}

static void put_pairs(struct arrow *x, uint64_t schema)
{
	uint64_t first;
	uint32_t n = flat_vector(&x->flat, schema, 2, 4, &first), i;
	char key[200];

	for (i = 0; i < n && i < 200; i++) {
		uint64_t kv = flat_ref(&x->flat, first + 4 * (uint64_t)i);
		struct slice k = flat_string(&x->flat, kv, 0), v = flat_string(&x->flat, kv, 1);

		if (k.n == 0 || k.n >= sizeof(key) || memchr(k.p, 0, k.n) || !utf8_valid(k, NULL) || slice_eq_str(k, "pandas"))
			continue;
		memcpy(key, k.p, k.n);
		key[k.n] = '\0';
		fact_put_text(x->f, fact_object(x->f, "attributes"), key, v);
	}
}

static st_t schema_read(struct arrow *x, uint64_t schema)
{
	uint64_t first;
	uint32_t n = flat_vector(&x->flat, schema, 1, 4, &first), i;
	st_t st = ST_OK;

	if (x->t)
		return err_set(&x->why, ST_INVALID, "damaged: two schemas");
	x->big = flat_value(&x->flat, schema, 0, 2, 0) == 1;
	if ((x->t = table_new(x->f, SLICE_NULL)) == NULL)
		return ST_NOMEM;
	for (i = 0; i < n && st == ST_OK; i++)
		st = field_read(x, flat_ref(&x->flat, first + 4 * (uint64_t)i), 0);
	put_pairs(x, schema);
	return st;
}

/* ---- buffers ---- */

static st_t unpack(struct arrow *x, const uint8_t *p, size_t n, struct buf *out, uint64_t size)
{
	LZ4F_dctx *ctx;
	size_t got = (size_t)size, took = n;
	bool ok;

	if (buf_reserve(out, (size_t)size + 8) != ST_OK)
		return ST_NOMEM;
	if (x->codec == 1)
		ok = ZSTD_decompress(out->p, (size_t)size, p, n) == size;
	else if (LZ4F_isError(LZ4F_createDecompressionContext(&ctx, LZ4F_VERSION)))
		return ST_NOMEM;
	else {
		ok = !LZ4F_isError(LZ4F_decompress(ctx, out->p, &got, p, &took, NULL)) && got == size;
		LZ4F_freeDecompressionContext(ctx);
	}
	out->n = ok ? (size_t)size : 0;
	return ok ? ST_OK : err_set(&x->why, ST_INVALID, "damaged: a buffer cannot be unpacked");
}

/* The next buffer of the batch into ${out}; NULL: pass over it. */
static st_t buffer_next(struct arrow *x, struct buf *out)
{
	uint64_t at, n, size;
	st_t st;

	if (x->buffer >= x->n_buffers)
		return err_set(&x->why, ST_INVALID, "damaged: fewer buffers than columns need");
	at = flat_num(&x->flat, x->buffers + 16 * (uint64_t)x->buffer, 8);
	n = flat_num(&x->flat, x->buffers + 16 * (uint64_t)x->buffer + 8, 8);
	x->buffer++;
	if (out == NULL)
		return ST_OK;
	buf_clear(out);
	if (n == 0)
		return ST_OK;
	if (at > x->body_len || n > x->body_len - at)
		return err_set(&x->why, ST_INVALID, "damaged: a buffer that lies outside of its batch");
	if (n > BUFFER_MOST)
		return err_set(&x->why, ST_UNSUPPORTED, "a buffer of %llu bytes, more than is read at a time", (unsigned long long)n);
	buf_clear(&x->raw);
	if (buf_reserve(&x->raw, (size_t)n) != ST_OK)
		return ST_NOMEM;
	if ((st = source_need(x->src, x->body_at + at, x->raw.p, (size_t)n, &x->why)) != ST_OK)
		return st;
	x->raw.n = (size_t)n;
	if (x->codec >= 0 && n >= 8) {
		struct flat head = { (const uint8_t *)x->raw.p, x->raw.n };

		size = flat_num(&head, 0, 8);
		if (size != UINT64_MAX) {
			if (size > BUFFER_MOST || size > x->budget)
				return err_set(&x->why, ST_TOOBIG, "longer than the budget of one file allows to read");
			x->budget -= size;
			return size ? unpack(x, (const uint8_t *)x->raw.p + 8, (size_t)n - 8, out, size) : ST_OK;
		}
		return buf_add(out, x->raw.p + 8, (size_t)n - 8);
	}
	return buf_add(out, x->raw.p, x->raw.n);
}

/* How many buffers a field has of its own. */
static int buffers_of(const struct field *f)
{
	if (f->encoded)
		return 2;
	switch (f->type) {
	case NUL: case RUN_END: return 0;
	case STRUCT: case FIXED_LIST: return 1;
	case BINARY: case UTF8: case LARGE_BINARY: case LARGE_UTF8: case LIST_VIEW: case LARGE_LIST_VIEW: return 3;
	case UNION: case BINARY_VIEW: case UTF8_VIEW: return -1;
	default: return 2;
	}
}

/* ---- values ---- */

static int64_t int_at(const uint8_t *p, unsigned bits, bool is_signed)
{
	int64_t v8 = 0;

	memcpy(&v8, p, bits / 8);
	if (is_signed && bits < 64 && v8 >> (bits - 1) & 1)
		v8 |= (int64_t)(~(uint64_t)0 << bits);
	return v8;
}

static double half_at(const uint8_t *p)
{
	unsigned h = p[0] | (unsigned)p[1] << 8, exp = h >> 10 & 31, frac = h & 1023;
	double v = exp == 31 ? (frac ? NAN : INFINITY) : exp ? ldexp(1024 + frac, (int)exp - 25) : ldexp(frac, -24);

	return h & 0x8000 ? -v : v;
}

/* Two's complement, lowest byte first. */
static double decimal_at(const uint8_t *p, unsigned bytes, int32_t scale)
{
	double v = (int8_t)p[bytes - 1] < 0 ? -1 : 0;

	while (bytes--)
		v = v * 256 + p[bytes];
	return scale ? v / pow(10, scale) : v;
}

static void put_moment(struct arrow *x, const struct field *f, int64_t v)
{
	static const int64_t per[] = { 1000000, 1000, 1, 1 };
	int64_t us;

	if (f->type == DATE) {
		if (__builtin_mul_overflow(v, f->unit ? 1000 : DAY, &us))
			table_missing(x->t, f->col);
		else
			table_moment(x->t, f->col, us, true, false);
		return;
	}
	if (f->unit == 3)
		us = v / 1000 - (v % 1000 < 0);
	else if (__builtin_mul_overflow(v, per[f->unit & 3], &us)) {
		table_missing(x->t, f->col);
		return;
	}
	table_moment(x->t, f->col, us, false, f->zoned);
}

static void put_time(struct arrow *x, const struct field *f, int64_t v)
{
	static const int64_t per[] = { 1, 1000, 1000000, 1000000000 };
	int64_t s = v / per[f->unit & 3];
	char b[40];

	if (s < 0 || s >= 86400) {
		table_opaque(x->t, f->col);
		return;
	}
	snprintf(b, sizeof(b), "%02d:%02d:%02d", (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60));
	table_string(x->t, f->col, slice_str(b));
}

static void put_fixed(struct arrow *x, const struct field *f, const uint8_t *p)
{
	float v4 = 0;
	double v8 = 0;
	int64_t i;

	switch (f->type) {
	case INT:
	case DURATION:
		i = int_at(p, f->bits, f->is_signed);
		if (!f->is_signed && f->bits == 64 && i < 0)
			table_real(x->t, f->col, (double)(uint64_t)i);
		else
			table_int(x->t, f->col, i);
		break;
	case FLOAT:
		memcpy(&v4, p, 4 < f->bits / 8u ? 4 : f->bits / 8u);
		if (f->bits == 64)
			memcpy(&v8, p, 8);
		table_real(x->t, f->col, f->bits == 16 ? half_at(p) : f->bits == 32 ? (double)v4 : v8);
		break;
	case DECIMAL:
		table_real(x->t, f->col, decimal_at(p, f->bits / 8, f->scale));
		break;
	case DATE:
	case TIMESTAMP:
		put_moment(x, f, int_at(p, f->bits, true));
		break;
	case TIME:
		put_time(x, f, int_at(p, f->bits, true));
		break;
	default:
		table_opaque(x->t, f->col);
	}
}

static bool present(const struct buf *valid, uint64_t i)
{
	return valid->n == 0 || (i / 8 < valid->n && (uint8_t)valid->p[i / 8] >> i % 8 & 1);
}

/* Element ${i} of texts with offsets; false: outside. */
static bool text_at(const struct buf *offsets, const struct buf *data, bool large, uint64_t i, struct slice *out)
{
	struct flat f = { (const uint8_t *)offsets->p, offsets->n };
	unsigned w = large ? 8 : 4;
	uint64_t a = flat_num(&f, i * w, w), b = flat_num(&f, (i + 1) * w, w);

	if ((i + 2) * w > offsets->n + w || a > b || b > data->n)
		return false;
	*out = b > a ? slice_of(data->p + a, (size_t)(b - a)) : slice_of("", 0);
	return true;
}

static void put_text(struct arrow *x, const struct field *f, struct slice s)
{
	if (f->type == UTF8 || f->type == LARGE_UTF8)
		table_string(x->t, f->col, s);
	else
		table_opaque(x->t, f->col);
}

static void put_coded(struct arrow *x, const struct field *f, const uint8_t *p)
{
	int64_t k = int_at(p, f->ibits, f->isigned);
	uint32_t i;

	for (i = 0; i < x->n_dicts; i++)
		if (x->dict[i].id == f->dict) {
			const struct dict *d = &x->dict[i];

			if (!d->usable || k < 0 || (uint64_t)k >= d->n)
				table_opaque(x->t, f->col);
			else
				table_string(x->t, f->col, slice_of(d->text.p ? d->text.p + d->at[k] : "", d->at[k + 1] - d->at[k]));
			return;
		}
	table_opaque(x->t, f->col);
}

static bool width_fits(unsigned bits)
{
	return bits == 8 || bits == 16 || bits == 32 || bits == 64;
}

/* The values of a field of the top. Its buffers are in x->body. */
static st_t put_values(struct arrow *x, const struct field *f, uint64_t n)
{
	const struct buf *valid = &x->body[0], *a = &x->body[1], *b = &x->body[2];
	unsigned bits = f->encoded ? f->ibits : f->bits;
	struct slice s;
	uint64_t i;

	if (f->encoded || f->type == INT || f->type == FLOAT || f->type == DATE || f->type == TIME || f->type == TIMESTAMP || f->type == DURATION)
		if (!width_fits(bits) || (f->type == FLOAT && !f->encoded && bits == 8))
			return err_set(&x->why, ST_INVALID, "damaged: values of %u bits", bits);
	if (!f->encoded && f->type == DECIMAL && bits != 32 && bits != 64 && bits != 128 && bits != 256)
		return err_set(&x->why, ST_INVALID, "damaged: decimals of %u bits", bits);
	for (i = 0; i < n; i++) {
		if (f->type == NUL || !present(valid, i)) {
			table_missing(x->t, f->col);
			continue;
		}
		if (f->encoded || f->type == INT || f->type == FLOAT || f->type == DATE || f->type == TIME || f->type == TIMESTAMP || f->type == DURATION ||
		    f->type == DECIMAL) {
			if ((i + 1) * (bits / 8) > a->n)
				return err_set(&x->why, ST_INVALID, "damaged: a buffer shorter than its column");
			if (f->encoded)
				put_coded(x, f, (const uint8_t *)a->p + i * (bits / 8));
			else
				put_fixed(x, f, (const uint8_t *)a->p + i * (bits / 8));
		} else if (f->type == BOOL) {
			if (i / 8 >= a->n)
				return err_set(&x->why, ST_INVALID, "damaged: a buffer shorter than its column");
			table_bool(x->t, f->col, (uint8_t)a->p[i / 8] >> i % 8 & 1);
		} else if (f->type == UTF8 || f->type == BINARY || f->type == LARGE_UTF8 || f->type == LARGE_BINARY) {
			if (!text_at(a, b, f->type == LARGE_UTF8 || f->type == LARGE_BINARY, i, &s))
				return err_set(&x->why, ST_INVALID, "damaged: texts outside of their buffer");
			put_text(x, f, s);
		} else
			table_opaque(x->t, f->col);
	}
	return ST_OK;
}

/* Field ${*i} and what is below it, out of the batch. */
static st_t column_read(struct arrow *x, uint32_t *i, uint64_t rows, unsigned depth)
{
	const struct field *f = &x->field[*i];
	uint32_t kids = f->encoded ? 0 : f->children, below = f->children, k;
	int n = buffers_of(f);
	st_t st = ST_OK;

	if (n < 0 || depth > DEEP)
		return err_set(&x->why, ST_UNSUPPORTED, "a column of a type that is not read (%u)", f->type);
	if (x->node++ >= x->n_nodes)
		return err_set(&x->why, ST_INVALID, "damaged: fewer columns in a batch than in the schema");
	for (k = 0; k < 3; k++)
		buf_clear(&x->body[k]);
	for (k = 0; (int)k < n && st == ST_OK; k++)
		st = buffer_next(x, f->top ? &x->body[k] : NULL);
	if (st == ST_OK && f->top)
		st = put_values(x, f, rows);
	++*i;
	for (k = 0; k < below && st == ST_OK; k++)
		if (kids)
			st = column_read(x, i, rows, depth + 1);
		else
			++*i;
	return st;
}

static st_t batch_open(struct arrow *x, uint64_t batch, uint64_t *rows)
{
	uint64_t packing = flat_child(&x->flat, batch, 3);

	*rows = flat_value(&x->flat, batch, 0, 8, 0);
	x->n_nodes = flat_vector(&x->flat, batch, 1, 16, &x->nodes);
	x->n_buffers = flat_vector(&x->flat, batch, 2, 16, &x->buffers);
	x->node = x->buffer = 0;
	x->codec = packing ? (int)flat_value(&x->flat, packing, 0, 1, 0) : -1;
	if (x->codec > 1)
		return err_set(&x->why, ST_UNSUPPORTED, "packed in a way that is not known (%d)", x->codec);
	if (*rows > (uint64_t)1 << 40 || *rows * 8 > x->budget)
		return err_set(&x->why, ST_TOOBIG, "longer than the budget of one file allows to read");
	x->budget -= *rows * 8 < x->budget ? *rows * 8 : x->budget;
	return ST_OK;
}

static st_t batch_read(struct arrow *x, uint64_t batch)
{
	uint64_t rows;
	uint32_t i = 0;
	st_t st = batch_open(x, batch, &rows);

	while (st == ST_OK && i < x->n) {
		if (rows * 8 > x->budget)
			return err_set(&x->why, ST_TOOBIG, "longer than the budget of one file allows to read");
		x->budget -= rows * 8;
		st = column_read(x, &i, rows, 0);
	}
	if (st == ST_OK) {
		x->rows += rows;
		x->batches++;
	}
	return st;
}

/* Texts of a dictionary; others are only known by number. */
static st_t dict_read(struct arrow *x, uint64_t message)
{
	uint64_t batch = flat_child(&x->flat, message, 1), rows, i;
	int64_t id = (int64_t)flat_value(&x->flat, message, 0, 8, 0);
	const struct field *f = NULL;
	struct dict *d;
	struct slice s;
	uint32_t k;
	void *p;
	st_t st;

	for (k = 0; k < x->n; k++)
		if (x->field[k].encoded && x->field[k].dict == id)
			f = &x->field[k];
	if (f == NULL || x->n_dicts >= DICTS_MOST)
		return ST_OK;
	if ((st = batch_open(x, batch, &rows)) != ST_OK)
		return st;
	for (k = 0; k < x->n_dicts && x->dict[k].id != id; k++)
		;
	if (k == x->n_dicts) {
		if ((p = realloc(x->dict, (k + 1) * sizeof(*x->dict))) == NULL)
			return ST_NOMEM;
		x->dict = p;
		memset(&x->dict[k], 0, sizeof(*d));
		x->n_dicts++;
	}
	d = &x->dict[k];
	free(d->at);
	buf_release(&d->text);
	*d = (struct dict){ .id = id, .text = BUF_INIT(BUFFER_MOST) };
	if ((f->type != UTF8 && f->type != LARGE_UTF8) || rows > 16 << 20 || x->dict_memory > DICT_MEMORY)
		return ST_OK;
	for (k = 0; k < 3; k++)
		if ((st = buffer_next(x, &x->body[k])) != ST_OK)
			return st;
	if (rows * 4 > x->body[1].n || (d->at = calloc((size_t)rows + 1, sizeof(*d->at))) == NULL)
		return rows * 4 > x->body[1].n && rows ? err_set(&x->why, ST_INVALID, "damaged: a dictionary shorter than it says") : ST_NOMEM;
	for (i = 0; i < rows; i++) {
		if (!text_at(&x->body[1], &x->body[2], f->type == LARGE_UTF8, i, &s))
			return err_set(&x->why, ST_INVALID, "damaged: texts outside of their buffer");
		d->at[i] = (uint32_t)d->text.n;
		if (buf_addsl(&d->text, s) != ST_OK)
			return ST_NOMEM;
	}
	d->at[rows] = (uint32_t)d->text.n;
	d->n = rows;
	d->usable = true;
	x->dict_memory += d->text.n + (size_t)rows * 4;
	return ST_OK;
}

/* ---- messages ---- */

static st_t message(struct arrow *x, uint64_t *at)
{
	uint8_t head[8];
	uint64_t n, root, body;
	size_t skip = 8;
	unsigned kind;
	st_t st;

	if (x->src->size - *at < 8)
		return ST_EOF;
	if ((st = source_need(x->src, *at, head, 8, &x->why)) != ST_OK)
		return st;
	struct flat h = { head, 8 };

	n = flat_num(&h, 4, 4);
	if (flat_num(&h, 0, 4) != UINT32_MAX) {
		n = flat_num(&h, 0, 4);
		skip = 4;
	}
	if (n == 0)
		return ST_EOF;
	if (n > META_MOST || n > x->src->size - *at - skip)
		return err_set(&x->why, ST_INVALID, "cut off or damaged: a message of %llu bytes", (unsigned long long)n);
	buf_clear(&x->meta);
	if (buf_reserve(&x->meta, (size_t)n) != ST_OK)
		return ST_NOMEM;
	if ((st = source_need(x->src, *at + skip, x->meta.p, (size_t)n, &x->why)) != ST_OK)
		return st;
	x->meta.n = (size_t)n;
	x->flat = (struct flat){ (const uint8_t *)x->meta.p, x->meta.n };
	root = flat_num(&x->flat, 0, 4);
	kind = (unsigned)flat_value(&x->flat, root, 1, 1, 0);
	body = flat_value(&x->flat, root, 3, 8, 0);
	x->body_at = *at + skip + n;
	x->body_len = body;
	if (body > x->src->size - x->body_at)
		return err_set(&x->why, ST_INVALID, "cut off: a batch that ends behind the end of the file");
	*at = x->body_at + body;
	root = flat_child(&x->flat, root, 2);
	if (kind == 1)
		return schema_read(x, root);
	if (x->t == NULL)
		return err_set(&x->why, ST_INVALID, "damaged: values before their schema");
	if (x->big)
		return err_set(&x->why, ST_UNSUPPORTED, "written with the highest byte first, which is not read");
	return kind == 3 ? batch_read(x, root) : kind == 2 ? dict_read(x, root) : ST_OK;
}

static void end(struct arrow *x, st_t st)
{
	uint32_t i;

	/* After a failure columns have different numbers of values: none is told. */
	for (i = 0; st != ST_EOF && i < x->n; i++)
		if (x->field[i].top)
			table_unread(x->t, x->field[i].col);
	if (st != ST_EOF)
		fact_partial(x->f, "%s", x->why.text);
	table_columnar(x->t, x->rows);
	table_end(x->t, SLICE_NULL);
	x->t = NULL;
	fact_put_int(x->f, fact_object(x->f, "attributes"), "batches", x->batches);
}

static st_t arrow_facts(struct fact *f, const struct head *h, struct source *src)
{
	struct arrow x = { .f = f, .src = src, .meta = BUF_INIT(META_MOST), .raw = BUF_INIT(BUFFER_MOST), .why = ERR_INIT, .budget = BUDGET + src->size * BUDGET_TIMES };
	bool file = memcmp(h->p, "ARROW1", 6) == 0;
	uint64_t at = file ? 8 : 0;
	uint32_t i;
	st_t st = ST_OK;

	for (i = 0; i < 3; i++)
		buf_init(&x.body[i], BUFFER_MOST + 8);
	fact_media(f, file ? "application/vnd.apache.arrow.file" : "application/vnd.apache.arrow.stream");
	fact_format(f, "Apache Arrow", file ? "IPC file" : "IPC stream", NULL);
	if (memcmp(h->p, "FEA1", 4) == 0) {
		fact_media(f, "application/vnd.apache.arrow.file");
		fact_format(f, "Feather", "1", NULL);
		fact_unreadable(f, "Feather version 1, which is not read: write it again as version 2 (Arrow IPC)");
		return ST_OK;
	}
	while (st == ST_OK && at < src->size)
		st = message(&x, &at);
	if (st == ST_OK)
		st = ST_EOF;
	if (st != ST_NOMEM && x.t)
		end(&x, st);
	else if (st != ST_NOMEM)
		fact_unreadable(f, "%s", x.why.text[0] ? x.why.text : "damaged: no schema");
	table_drop(x.t);
	free(x.field);
	for (i = 0; i < x.n_dicts; i++) {
		free(x.dict[i].at);
		buf_release(&x.dict[i].text);
	}
	free(x.dict);
	for (i = 0; i < 3; i++)
		buf_release(&x.body[i]);
	buf_release(&x.raw);
	buf_release(&x.meta);
	return st == ST_NOMEM ? st : ST_OK;
}

const struct extractor ex_arrow = { .name = "arrow", .version = 1, .bid = arrow_bid, .read = arrow_facts };
