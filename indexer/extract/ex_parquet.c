/*
 * Parquet. The schema becomes columns (members of structures with a dotted path, lists and maps as one column that is only counted),
 * and every value is read once, row group by row group, so that a column gets what a column of CSV gets.
 */

#include <math.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "indexer/extract/extract_int.h"
#include "indexer/extract/parquet_int.h"

#define BUDGET		((uint64_t)256 << 20)	/* bytes unpacked of a small file ... */
#define BUDGET_TIMES	64			/* ... and this many for each of its bytes */
#define DAY		INT64_C(86400000000)
#define TEXT_MOST	((size_t)1 << 20)

struct pq {
	struct fact *f;
	struct source *src;
	struct table *t;
	struct pq_foot foot;
	struct pq_leaf *leaf; uint32_t n;
	uint32_t cols;
	uint64_t budget, rows;
	uint32_t codecs;		/* bit set */
	uint64_t beyond;		/* moments that microseconds in 64 bits cannot hold */
	bool spent;
	/* walking the schema */
	uint32_t at;			/* next element */
	struct buf path;
};

static int parquet_bid(const struct head *h)
{
	return h->n >= 12 && (memcmp(h->p, "PAR1", 4) == 0 || memcmp(h->p, "PARE", 4) == 0) ? 80 : 0;
}

/* ---- schema to columns ---- */

static const char *declared(const struct pq_element *e)
{
	switch (e->mean) {
	case PQ_TEXT: case PQ_UUID: case PQ_TIME:
		return "string";
	case PQ_DECIMAL:
		return e->scale ? "number" : "integer";
	case PQ_HALF:
		return "number";
	case PQ_DATE:
		return "date";
	case PQ_STAMP:
		return "datetime";
	default:
		break;
	}
	switch (e->type) {
	case PQ_BOOLEAN:
		return "boolean";
	case PQ_INT32: case PQ_INT64:
		return "integer";
	case PQ_INT96:
		return "datetime";
	case PQ_FLOAT: case PQ_DOUBLE:
		return "number";
	default:
		return "binary";
	}
}

struct place { unsigned def, rep, deep; bool list; unsigned list_def; uint32_t col; bool first; };

static st_t walk(struct pq *q, struct place at, struct err *e);

static uint32_t add_column(struct pq *q, const char *type)
{
	uint32_t col = table_column(q->t, buf_slice(&q->path));

	table_declare(q->t, col, type);
	q->cols++;
	return col;
}

static st_t walk_leaf(struct pq *q, const struct pq_element *el, const struct place *at, struct err *e)
{
	struct pq_leaf *l = &q->leaf[q->n++];

	if (at->def > 255 || at->rep > 255)
		return err_set(e, ST_INVALID, "damaged: a schema nested too deep");
	*l = (struct pq_leaf){ .e = el, .col = UINT32_MAX, .max_def = (uint8_t)at->def, .max_rep = (uint8_t)at->rep, .list = at->list, .list_def = (uint8_t)at->list_def };
	if (!at->list)
		l->col = add_column(q, declared(el));
	else if (at->first)
		l->col = at->col;
	return ST_OK;
}

/* Of a list or map the first leaf below it tells whether there is one. */
static st_t walk_children(struct pq *q, const struct pq_element *el, struct place at, struct err *e)
{
	uint32_t i;
	st_t st = ST_OK;

	for (i = 0; st == ST_OK && i < el->children; i++) {
		uint32_t n = q->n;

		st = walk(q, at, e);
		if (q->n > n)
			at.first = false;
	}
	return st;
}

static st_t walk(struct pq *q, struct place at, struct err *e)
{
	const struct pq_element *el;
	size_t path = q->path.n;
	st_t st;

	if (q->at >= q->foot.n || ++at.deep > PQ_DEEP)
		return err_set(e, ST_INVALID, "damaged: a schema that %s", q->at >= q->foot.n ? "ends too early" : "is nested too deep");
	el = &q->foot.element[q->at++];
	if (!at.list) {
		if (path)
			buf_addc(&q->path, '.');
		buf_addsl(&q->path, el->name);
		q->path.st = q->path.st == ST_TOOBIG ? ST_OK : q->path.st;
	}
	at.def += el->repeat > 0;
	if (!at.list && (el->repeat == 2 || (el->type == PQ_GROUP && (el->mean == PQ_LIST || el->mean == PQ_MAP)))) {
		at.list = at.first = true;
		at.list_def = at.def;
		at.col = add_column(q, el->mean == PQ_MAP ? "object" : "list");
	}
	at.rep += el->repeat == 2;
	if (el->type == PQ_GROUP)
		st = walk_children(q, el, at, e);
	else
		st = walk_leaf(q, el, &at, e);
	q->path.n = path;
	return q->path.st == ST_NOMEM ? ST_NOMEM : st;
}

static st_t schema(struct pq *q, struct err *e)
{
	struct place at = { 0 };
	uint32_t i;
	st_t st = ST_OK;

	if ((q->leaf = calloc(q->foot.n + 1, sizeof(*q->leaf))) == NULL)
		return ST_NOMEM;
	q->at = 1;
	for (i = 0; st == ST_OK && i < q->foot.element[0].children; i++)
		st = walk(q, at, e);
	return st;
}

/* ---- values ---- */

static int64_t int_of(const struct pq_element *e, struct slice v)
{
	int32_t w = 0;
	int64_t x = 0;

	if (e->type == PQ_INT32) {
		memcpy(&w, v.p, 4);
		return e->mean == PQ_UNSIGNED ? (int64_t)(uint32_t)w : w;
	}
	memcpy(&x, v.p, 8);
	return x;
}

/* Two's complement, highest byte first, of any width. */
static double decimal_bytes(struct slice v)
{
	double x = 0;
	size_t i;

	if (v.n && (int8_t)v.p[0] < 0)
		x = -1;
	for (i = 0; i < v.n; i++)
		x = x * 256 + (uint8_t)v.p[i];
	return x;
}

static double half(struct slice v)
{
	unsigned h = (uint8_t)v.p[0] | (unsigned)(uint8_t)v.p[1] << 8, exp = h >> 10 & 31, frac = h & 1023;
	double x = exp == 31 ? (frac ? NAN : INFINITY) : exp ? ldexp(1024 + frac, (int)exp - 25) : ldexp(frac, -24);

	return h & 0x8000 ? -x : x;
}

static void put_bytes(struct pq *q, const struct pq_leaf *l, struct slice v)
{
	size_t i;

	if (l->e->mean == PQ_DECIMAL && v.n <= 32) {
		table_real(q->t, l->col, decimal_bytes(v) / pow(10, l->e->scale));
		return;
	}
	if (l->e->mean == PQ_HALF && v.n == 2) {
		table_real(q->t, l->col, half(v));
		return;
	}
	if (l->e->mean == PQ_UUID && v.n == 16) {
		char hex[33], text[40];

		for (i = 0; i < 16; i++)
			snprintf(hex + i * 2, 3, "%02x", (uint8_t)v.p[i]);
		snprintf(text, sizeof(text), "%.8s-%.4s-%.4s-%.4s-%s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
		table_string(q->t, l->col, slice_str(text));
		return;
	}
	if (l->e->mean == PQ_OPAQUE || v.n > TEXT_MOST) {
		table_opaque(q->t, l->col);
		return;
	}
	/* Bytes without a meaning are often text by old writers. */
	if (l->e->mean != PQ_TEXT) {
		for (i = 0; i < v.n && (uint8_t)v.p[i] >= ' '; i++)
			;
		if (i < v.n || !utf8_valid(v, NULL)) {
			table_opaque(q->t, l->col);
			return;
		}
	}
	table_string(q->t, l->col, v);
}

static void put_beyond(struct pq *q, const struct pq_leaf *l)
{
	q->beyond++;
	table_missing(q->t, l->col);
}

static void put_stamp(struct pq *q, const struct pq_leaf *l, int64_t v)
{
	int64_t us;

	if (l->e->unit >= 1000000)
		us = v / (l->e->unit / 1000000) - (l->e->unit > 1000000 && v % (l->e->unit / 1000000) < 0);
	else if (__builtin_mul_overflow(v, INT64_C(1000000) / (l->e->unit ? l->e->unit : 1), &us)) {
		put_beyond(q, l);
		return;
	}
	table_moment(q->t, l->col, us, false, l->e->utc);
}

static void put_time(struct pq *q, const struct pq_leaf *l, int64_t v)
{
	int64_t s = v / l->e->unit, rest = v % l->e->unit;
	char b[60];

	if (v < 0 || s >= 86400) {
		table_opaque(q->t, l->col);
		return;
	}
	snprintf(b, sizeof(b), "%02d:%02d:%02d", (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60));
	if (rest)
		snprintf(b + 8, sizeof(b) - 8, ".%0*lld", l->e->unit == 1000 ? 3 : l->e->unit == 1000000 ? 6 : 9, (long long)rest);
	table_string(q->t, l->col, slice_str(b));
}

static void put_int(struct pq *q, const struct pq_leaf *l, int64_t v)
{
	int64_t us;

	switch (l->e->mean) {
	case PQ_DECIMAL:
		if (l->e->scale)
			table_real(q->t, l->col, (double)v / pow(10, l->e->scale));
		else
			table_int(q->t, l->col, v);
		break;
	case PQ_DATE:
		if (__builtin_mul_overflow(v, DAY, &us))
			put_beyond(q, l);
		else
			table_moment(q->t, l->col, us, true, false);
		break;
	case PQ_STAMP:
		put_stamp(q, l, v);
		break;
	case PQ_TIME:
		put_time(q, l, v);
		break;
	case PQ_UNSIGNED:
		if (v < 0)
			table_real(q->t, l->col, (double)(uint64_t)v);
		else
			table_int(q->t, l->col, v);
		break;
	default:
		table_int(q->t, l->col, v);
	}
}

static void on_value(void *ctx, const struct pq_leaf *l, struct slice v)
{
	struct pq *q = ctx;
	int64_t nanos, us;
	int32_t day;
	double d;
	float f;

	switch (l->e->type) {
	case PQ_BOOLEAN:
		table_bool(q->t, l->col, v.p[0] != 0);
		break;
	case PQ_INT32:
	case PQ_INT64:
		put_int(q, l, int_of(l->e, v));
		break;
	case PQ_INT96:
		memcpy(&nanos, v.p, 8);
		memcpy(&day, v.p + 8, 4);
		if (__builtin_mul_overflow((int64_t)day - 2440588, DAY, &us) || __builtin_add_overflow(us, nanos / 1000, &us))
			put_beyond(q, l);
		else
			table_moment(q->t, l->col, us, false, false);
		break;
	case PQ_FLOAT:
		memcpy(&f, v.p, 4);
		table_real(q->t, l->col, (double)f);
		break;
	case PQ_DOUBLE:
		memcpy(&d, v.p, 8);
		table_real(q->t, l->col, d);
		break;
	default:
		put_bytes(q, l, v);
	}
}

static void on_missing(void *ctx, const struct pq_leaf *l)
{
	table_missing(((struct pq *)ctx)->t, l->col);
}

static void on_list(void *ctx, const struct pq_leaf *l)
{
	table_opaque(((struct pq *)ctx)->t, l->col);
}

static void fail(struct pq *q, struct pq_leaf *l, const char *why)
{
	if (l->failed)
		return;
	l->failed = true;
	table_unread(q->t, l->col);
	fact_partial(q->f, "column '%.*s': %s", (int)(l->e->name.n < 60 ? l->e->name.n : 60), l->e->name.n ? l->e->name.p : "", why);
}

static st_t read_chunk(struct pq *q, struct pq_leaf *l, const struct pq_chunk *c, int64_t rows)
{
	static const struct pq_sink zero;
	struct pq_sink to = zero;
	struct err why = ERR_INIT;
	uint64_t began = 0;
	st_t st;

	if (c->codec >= 0 && c->codec < 8)
		q->codecs |= 1u << c->codec;
	if (l->col >= FACT_COLUMNS || l->failed)
		return ST_OK;
	to.ctx = q;
	to.value = on_value;
	to.missing = on_missing;
	to.list = on_list;
	if (c->locked)
		st = err_set(&why, ST_UNSUPPORTED, "encrypted");
	else if (c->elsewhere)
		st = err_set(&why, ST_UNSUPPORTED, "its values lie in another file");
	else if (!c->known)
		st = err_set(&why, ST_INVALID, "damaged: nothing is said of where it lies");
	else if (c->type != l->e->type)
		st = err_set(&why, ST_INVALID, "damaged: two types");
	else
		st = pq_chunk_read(q->src, c, l, &to, &q->budget, &began, &why);
	if (st == ST_NOMEM)
		return st;
	if (st == ST_TOOBIG) {
		q->spent = true;
		err_set(&why, ST_TOOBIG, "longer than the budget of one file allows to read");
	} else if (st == ST_OK && began != (uint64_t)rows)
		st = err_set(&why, ST_INVALID, "damaged: %llu values in a group of %lld rows", (unsigned long long)began, (long long)rows);
	if (st != ST_OK)
		fail(q, l, why.text);
	return ST_OK;
}

static st_t read_groups(struct pq *q)
{
	uint32_t chunks, i;
	struct thrift at = { 0 };
	struct pq_chunk c;
	int64_t rows;
	st_t st;

	while (pq_group(&q->foot, &chunks, &at, &rows)) {
		if (chunks != q->n || rows < 0) {
			fact_partial(q->f, "damaged: a group of rows has %u columns, the schema %u", chunks, q->n);
			for (i = 0; i < q->n; i++)
				table_unread(q->t, q->leaf[i].col);
			return ST_OK;
		}
		q->rows += (uint64_t)rows;
		for (i = 0; i < chunks; i++) {
			if (!pq_chunk(&at, &c)) {
				fact_partial(q->f, "damaged: what the footer says of a group of rows cannot be read");
				return ST_OK;
			}
			if ((st = read_chunk(q, &q->leaf[i], &c, rows)) != ST_OK)
				return st;
		}
	}
	if (q->foot.n_groups)
		fact_partial(q->f, "damaged: what the footer says of a group of rows cannot be read");
	return ST_OK;
}

/* ---- the rest of the footer ---- */

/* GeoParquet: https://geoparquet.org; a box is told only where its degrees are certain. */
static void put_geo(struct pq *q, struct slice value)
{
	const char *primary, *kind, *authority;
	json_t *j = NULL, *c, *crs, *g, *box, *types;
	size_t i, n;

	if (json_load(&j, value, NULL) != ST_OK)
		return;
	primary = json_text(j, "primary_column");
	c = primary ? json_object_get(json_object_get(j, "columns"), primary) : NULL;
	if (c == NULL || (g = fact_object(q->f, "geo")) == NULL) {
		json_decref(j);
		return;
	}
	crs = json_object_get(c, "crs");
	authority = json_string_value(json_at(crs, "id.authority"));
	if (crs == NULL)
		fact_put_text(q->f, g, "crs", SLICE("OGC:CRS84"));
	else if (authority && json_at(crs, "id.code")) {
		char b[100];
		const json_t *code = json_at(crs, "id.code");

		if (json_is_integer(code))
			snprintf(b, sizeof(b), "%.40s:%lld", authority, (long long)json_integer_value(code));
		else
			snprintf(b, sizeof(b), "%.40s:%.40s", authority, json_is_string(code) ? json_string_value(code) : "");
		fact_put_text(q->f, g, "crs", slice_str(b));
	}
	kind = json_text(g, "crs");
	box = json_object_get(c, "bbox");
	n = json_array_size(box);
	if (n == 4 || n == 6) {
		json_t *out = json_array();

		for (i = 0; i < 4; i++)
			json_push(out, json_real(json_number_value(json_array_get(box, i < 2 ? i : n / 2 + i - 2))));
		fact_put(q->f, g, kind && (strcmp(kind, "OGC:CRS84") == 0 || strcmp(kind, "EPSG:4326") == 0) ? "bbox" : "extent", out);
	}
	types = json_object_get(c, "geometry_types");
	if (json_array_size(types) == 1 && json_is_string(json_array_get(types, 0)))
		fact_put_text(q->f, g, "geometry", json_slice(json_array_get(types, 0)));
	fact_put_int(q->f, g, "features", q->foot.rows);
	json_decref(j);
}

static void put_pairs(struct pq *q)
{
	json_t *a = fact_object(q->f, "attributes");
	struct slice key, value;
	unsigned n = 0;
	char name[200];

	while (pq_pair(&q->foot, &key, &value) && n++ < 200) {
		if (slice_eq_str(key, "geo"))
			put_geo(q, value);
		/* A copy of the schema for other programs. */
		if (slice_eq_str(key, "ARROW:schema") || slice_eq_str(key, "geo") || slice_eq_str(key, "pandas") || slice_starts(key, "org.apache.spark") ||
		    key.n == 0 || key.n >= sizeof(name) || !utf8_valid(key, NULL) || memchr(key.p, 0, key.n))
			continue;
		memcpy(name, key.p, key.n);
		name[key.n] = '\0';
		fact_put_text(q->f, a, name, value);
	}
}

static void put_foot(struct pq *q)
{
	static const char *const codecs[] = { "none", "Snappy", "gzip", "LZO", "Brotli", "LZ4", "Zstandard", "LZ4" };
	json_t *a = fact_object(q->f, "attributes");
	struct buf b = BUF_INIT(200);
	unsigned i;

	fact_put_text(q->f, a, "created_by", q->foot.created_by);
	fact_put_int(q->f, a, "row_groups", q->foot.n_groups);
	for (i = 0; i < 8; i++)
		if (q->codecs & 1u << i)
			buf_addf(&b, b.n ? ", %s" : "%s", codecs[i]);
	if (b.n)
		fact_put_text(q->f, a, "compression", buf_slice(&b));
	buf_release(&b);
}

static st_t parquet_facts(struct fact *f, const struct head *h, struct source *src)
{
	struct pq q = { .f = f, .src = src, .budget = BUDGET + src->size * BUDGET_TIMES, .path = BUF_INIT(1000) };
	struct err why = ERR_INIT;
	uint32_t groups;
	st_t st;

	(void)h;
	fact_media(f, "application/vnd.apache.parquet");
	fact_format(f, "Apache Parquet", NULL, "fmt/1841");
	if ((st = pq_foot_read(&q.foot, src, &why)) == ST_OK && (q.t = table_new(f, SLICE_NULL)) == NULL)
		st = ST_NOMEM;
	if (st == ST_OK && (st = schema(&q, &why)) == ST_OK) {
		put_pairs(&q);
		groups = q.foot.n_groups;
		st = read_groups(&q);
		q.foot.n_groups = groups;
		put_foot(&q);
		if (q.beyond)
			fact_check(f, "out-of-range", false, "%llu moments lie too far from 1970 to be told and count as missing", (unsigned long long)q.beyond);
		if (st == ST_OK && q.rows != (uint64_t)q.foot.rows)
			fact_check(f, "row-count", true, "the footer says %lld rows, its groups have %llu", (long long)q.foot.rows, (unsigned long long)q.rows);
	}
	if (st == ST_OK) {
		table_columnar(q.t, (uint64_t)q.foot.rows);
		table_end(q.t, SLICE_NULL);
		q.t = NULL;
	} else if (st != ST_NOMEM)
		fact_unreadable(f, "%s", why.text);
	table_drop(q.t);
	free(q.leaf);
	pq_foot_release(&q.foot);
	buf_release(&q.path);
	return st == ST_NOMEM ? st : ST_OK;
}

const struct extractor ex_parquet = { .name = "parquet", .version = 1, .bid = parquet_bid, .read = parquet_facts };
