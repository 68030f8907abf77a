/*
 * R's data files: RDS (one object) and RData (a workspace). Data frames are tables, also inside lists; other vectors and arrays are variables; whatever else there is
 * is named with its class. The first pass finds out what lies where, the second brings the values of the columns, in the order of the file.
 */

#include <math.h>
#include <stdlib.h>

#include "indexer/extract/bytes_int.h"
#include "indexer/extract/rdata_int.h"

#define UNPACK_FREE	((uint64_t)256 << 20)
#define UNPACK_RATIO	64
#define UNPACK_MOST	((uint64_t)2 << 30)	/* unless the file itself is larger */
#define TEXT_MOST	((size_t)1 << 20)
#define BLOCK		8192u			/* values at once */
#define LISTS_MOST	8u			/* lists inside each other that are looked through for tables */
#define NA_INT		INT32_MIN
#define SECONDS_MOST	9.2e12
#define NAME_MOST	2000

struct r_ctx {
	struct fact *f;
	struct source *src;
	struct rdata r;
	struct rstream *s;		/* of the second pass */
	struct buf text;
	uint64_t limit, left;		/* values that may still be given */
	bool broken, nomem;
	struct err why;
};

static bool packed_ext(const char *ext)
{
	return strcmp(ext, "rds") == 0 || strcmp(ext, "rda") == 0 || strcmp(ext, "rdata") == 0;
}

/* Packed ones are told by what is inside; a block of bzip2 may be longer than the head, then the name decides. */
static int rdata_bid(const struct head *h)
{
	uint8_t b[16];
	struct rstream *s;
	struct source src;
	int bid = 0;

	if (rdata_begins(h->p, h->n))
		return 80;
	if (h->n < 13 || (h->p[0] != 0x1F && memcmp(h->p, "BZh", 3) != 0 && memcmp(h->p, "\xFD" "7zXZ", 6) != 0))
		return 0;
	source_mem(&src, h->p, h->n);
	if ((s = rstream_new(&src, 4096)) == NULL)
		return 0;
	if (rstream_read(s, b, sizeof(b), NULL) == ST_OK)
		bid = rdata_begins(b, sizeof(b)) ? 80 : 0;
	else if (packed_ext(h->ext) && !h->whole)
		bid = 60;
	rstream_free(s);
	return bid;
}

/* ---- values ---- */

enum as { AS_NUMBER, AS_BOOL, AS_FACTOR, AS_DAY, AS_SECOND, AS_INT64, AS_TEXT };

static enum as as_of(const struct rnode *v)
{
	if (rdata_is(v, "factor") && v->type == R_INT)
		return AS_FACTOR;
	if (rdata_is(v, "Date"))
		return AS_DAY;
	if (rdata_is(v, "POSIXct"))
		return AS_SECOND;
	if (rdata_is(v, "integer64") && v->type == R_REAL)
		return AS_INT64;
	return v->spelled ? AS_TEXT : v->type == R_LGL ? AS_BOOL : AS_NUMBER;
}

static void give(struct table *t, uint32_t col, enum as as, const struct rnode *levels, double d, bool whole)
{
	char b[40];

	if (isnan(d))
		table_missing(t, col);
	else if (as == AS_FACTOR) {
		if (levels && levels->text && d >= 1 && d <= (double)levels->n && levels->text[(size_t)d - 1])
			table_string(t, col, slice_str(levels->text[(size_t)d - 1]));
		else
			table_missing(t, col);
	} else if (as == AS_DAY && fabs(d) < SECONDS_MOST / 86400)
		table_moment(t, col, (int64_t)floor(d) * INT64_C(86400000000), true, false);
	else if (as == AS_SECOND && fabs(d) < SECONDS_MOST)
		table_moment(t, col, (int64_t)floor(d * 1e6 + 0.5), false, true);
	else if (as == AS_DAY || as == AS_SECOND)
		table_missing(t, col);
	else if (as == AS_BOOL)
		table_bool(t, col, d != 0);
	else if (as == AS_TEXT) {
		snprintf(b, sizeof(b), "%.15g", d);
		table_string(t, col, slice_str(b));
	} else if (whole)
		table_int(t, col, (int64_t)d);
	else
		table_real(t, col, d);
}

static st_t sequence(struct table *t, uint32_t col, const struct rnode *v, uint64_t n)
{
	enum as as = as_of(v);
	uint64_t i;

	for (i = 0; i < n; i++)
		give(t, col, as, rdata_attr(v, "levels"), v->num[0] + (double)i * v->num[1], v->type == R_INT);
	return ST_OK;
}

static st_t numbers(struct r_ctx *x, struct table *t, uint32_t col, const struct rnode *v, uint64_t n)
{
	const struct rnode *levels = rdata_attr(v, "levels");
	size_t width = v->type == R_REAL ? 8 : 4, k, i;
	enum as as = as_of(v);
	uint8_t *b = malloc(BLOCK * width), *p;
	bool big = !x->r.little;
	st_t st = b ? ST_OK : ST_NOMEM;
	int64_t w;

	for (; n && st == ST_OK; n -= k) {
		k = n < BLOCK ? (size_t)n : BLOCK;
		st = rstream_read(x->s, b, k * width, &x->why);
		for (i = 0, p = b; i < k && st == ST_OK; i++, p += width)
			if (as == AS_INT64) {
				if ((w = (int64_t)get64(p, big)) == INT64_MIN)
					table_missing(t, col);
				else
					table_int(t, col, w);
			} else if (width == 8)
				give(t, col, as, levels, get_double(p, big), false);
			else
				give(t, col, as, levels, (int32_t)get32(p, big) == NA_INT ? NAN : (int32_t)get32(p, big), true);
	}
	free(b);
	return st;
}

static st_t strings(struct r_ctx *x, struct table *t, uint32_t col, uint64_t n)
{
	bool na;
	st_t st = ST_OK;

	for (; n && st == ST_OK; n--) {
		if ((st = rdata_string(x->s, x->r.little, &x->text, &na, &x->why)) != ST_OK)
			break;
		if (na)
			table_missing(t, col);
		else
			table_string(t, col, x->text.n ? buf_slice(&x->text) : slice_of("", 0));
	}
	return st;
}

static bool is_readable(const struct rnode *v)
{
	return (v->type == R_LGL || v->type == R_INT || v->type == R_REAL || v->type == R_STR) && rdata_attr(v, "dim") == NULL;
}

static void column_values(struct r_ctx *x, struct table *t, uint32_t col, const struct rnode *v, uint64_t rows)
{
	uint64_t n = v->n < rows ? v->n : rows, i;
	st_t st = ST_OK;

	if (!is_readable(v) || x->broken || rows > x->left) {
		if (is_readable(v))
			fact_partial(x->f, "%s", x->broken ? "values could not be read" : "more values than are read");
		table_unread(t, col);
		return;
	}
	x->left -= rows;
	if (!v->seq)
		st = rstream_skip(x->s, v->at - rstream_at(x->s), &x->why);
	if (st == ST_OK)
		st = v->seq ? sequence(t, col, v, n) : v->type == R_STR ? strings(x, t, col, n) : numbers(x, t, col, v, n);
	x->nomem |= st == ST_NOMEM;
	if (st != ST_OK) {
		x->broken = true;
		fact_partial(x->f, "%s", x->why.text);
		table_unread(t, col);
		return;
	}
	for (i = n; i < rows; i++)
		table_missing(t, col);
}

/* ---- what is said of a column ---- */

static struct slice first_text(const struct rnode *v)
{
	return v && v->type == R_STR && v->text && v->n && v->text[0] ? slice_str(v->text[0]) : SLICE_NULL;
}

/* Of haven: labels, a vector of values with names. */
static void value_labels(struct table *t, uint32_t col, const struct rnode *v)
{
	const struct rnode *levels = rdata_attr(v, "levels"), *labels = rdata_attr(v, "labels"), *names = rdata_attr(labels, "names");
	char b[40];
	uint64_t i;

	for (i = 0; rdata_is(v, "factor") && levels && levels->text && i < levels->n && i < 500; i++) {
		snprintf(b, sizeof(b), "%u", (unsigned)i + 1);
		if (levels->text[i])
			table_value_label(t, col, slice_str(b), slice_str(levels->text[i]));
	}
	for (i = 0; labels && names && names->text && i < labels->n && i < names->n && i < 500; i++) {
		if (names->text[i] == NULL || (labels->num == NULL && (labels->text == NULL || labels->text[i] == NULL)))
			continue;
		snprintf(b, sizeof(b), "%.15g", labels->num ? labels->num[i] : 0);
		table_value_label(t, col, slice_str(labels->num ? b : labels->text[i]), slice_str(names->text[i]));
	}
}

static const char *declared(const struct rnode *v)
{
	enum as as = as_of(v);

	if (rdata_attr(v, "dim") || v->type == R_VEC)
		return rdata_is(v, "data.frame") ? "object" : "list";
	if (v->type == R_STR || as == AS_FACTOR || as == AS_TEXT)
		return "string";
	if (as == AS_DAY || as == AS_SECOND)
		return as == AS_DAY ? "date" : "datetime";
	if (v->type == R_RAW)
		return "binary";
	return v->type == R_LGL ? "boolean" : v->type == R_INT || as == AS_INT64 ? "integer" : v->type == R_REAL ? "number" : "object";
}

static void column_open(struct table *t, const struct rnode *v, const char *name)
{
	uint32_t col = table_column(t, slice_str(name));
	struct slice unit = first_text(rdata_attr(v, "units"));
	const struct rnode *u = rdata_attr(v, "units");

	/* Package units: a list of numerators and denominators; one numerator alone is a unit as it stands. */
	if (unit.n == 0 && u && u->type == R_VEC && u->kids && u->kids->n == 1 && (u->kids->next == NULL || u->kids->next->n == 0))
		unit = first_text(u->kids);
	table_unit(t, col, unit);
	table_label(t, col, first_text(rdata_attr(v, "label")));
	table_describe(t, col, first_text(rdata_attr(v, "comment")));
	value_labels(t, col, v);
	table_declare(t, col, declared(v));
}

/* ---- objects ---- */

/* Rows as the row names say; R writes c(NA, -n) for plain numbers. */
static uint64_t rows_of(const struct rnode *v)
{
	const struct rnode *names = rdata_attr(v, "row.names");

	if (names == NULL)
		return v->kids ? v->kids->n : 0;
	if ((names->type == R_INT || names->type == R_REAL) && !names->seq && names->n == 2 && names->num && isnan(names->num[0]) && fabs(names->num[1]) < 4503599627370496.0)
		return (uint64_t)fabs(names->num[1]);
	return names->n;
}

static void frame(struct r_ctx *x, const struct rnode *v, struct slice name)
{
	const struct rnode *names = rdata_attr(v, "names"), *c;
	json_t *clean = name.n ? fact_text(name, NAME_MOST) : json_string("");
	struct table *t = clean ? table_new(x->f, slice_of(json_string_value(clean), json_string_length(clean))) : NULL;
	uint64_t rows = rows_of(v), uneven = 0;
	uint32_t i;

	json_decref(clean);
	if (t == NULL) {
		x->nomem = true;
		return;
	}
	for (i = 0, c = v->kids; c; c = c->next, i++)
		column_open(t, c, names && names->text && i < names->n && names->text[i] ? names->text[i] : "");
	table_columnar(t, rows);
	for (i = 0, c = v->kids; c && i < FACT_COLUMNS; c = c->next, i++) {
		uneven += is_readable(c) && c->n != rows;
		column_values(x, t, i, c, rows);
	}
	if (uneven)
		fact_check(x->f, "inconsistent", true, "%llu columns have not as many values as the data frame has rows", (unsigned long long)uneven);
	if (i < v->n)
		fact_partial(x->f, "%llu columns were not kept", (unsigned long long)(v->n - i));
	table_end(t, SLICE_NULL);
}

static const char *word_of(const struct rnode *v)
{
	switch (v->type) {
	case R_LGL: return "logical";
	case R_INT: return rdata_is(v, "factor") ? "factor" : "integer";
	case R_REAL: return "double";
	case R_CPLX: return "complex";
	case R_STR: return "character";
	case R_RAW: return "raw";
	case R_VEC: return "list";
	case R_EXPR: return "expression";
	case R_LIST: return "pairlist";
	case R_CLO: case R_SPECIAL: case R_BUILTIN: return "function";
	case R_ENV: return "environment";
	case R_SYM: return "symbol";
	case R_LANG: return "language";
	case R_PROM: return "promise";
	case R_NULL: return "NULL";
	case R_S4: return "S4";
	default: return "object";
	}
}

/* An object that is no table: its kind, length or dimensions, class. */
static void object(struct r_ctx *x, const struct rnode *v, struct slice name)
{
	const struct rnode *dim = rdata_attr(v, "dim"), *class = rdata_attr(v, "class");
	json_t *j = fact_variable(x->f, name), *shape = json_array(), *attrs = json_object(), *list;
	bool atomic = (v->type >= R_LGL && v->type <= R_STR) || v->type == R_RAW;
	uint64_t i;

	if (j && shape && attrs) {
		fact_put_text(x->f, j, "type", slice_str(atomic ? v->type == R_CPLX ? "complex" : declared(v)[0] == 'l' ? v->type == R_STR ? "string" :
		    v->type == R_INT ? "integer" : v->type == R_LGL ? "boolean" : "number" : declared(v) : v->type == R_VEC ? "list" : "opaque"));
		fact_put_text(x->f, j, "dtype", slice_str(word_of(v)));
		if (dim && dim->num)
			for (i = 0; i < dim->n && i < 32; i++)
				json_array_append_new(shape, json_integer((json_int_t)(isfinite(dim->num[i]) && fabs(dim->num[i]) < 4503599627370496.0 ? dim->num[i] : 0)));
		else if (atomic || v->type == R_VEC)
			json_array_append_new(shape, json_integer((json_int_t)v->n));
		fact_put_text(x->f, attrs, "class", first_text(class));
		if (class && class->text && class->n > 1 && (list = json_array()) != NULL) {
			for (i = 0; i < class->n && i < 16; i++)
				if (class->text[i])
					json_array_append_new(list, fact_text(slice_str(class->text[i]), 200));
			fact_put(x->f, attrs, "class", list);
		}
		fact_put_text(x->f, j, "unit", first_text(rdata_attr(v, "units")));
		if (json_array_size(shape))
			fact_put(x->f, j, "shape", json_incref(shape));
		if (json_object_size(attrs))
			fact_put(x->f, j, "attributes", json_incref(attrs));
	}
	json_decref(shape);
	json_decref(attrs);
}

/* A list is looked through for data frames; without any it is one object. */
static bool holds_frame(const struct rnode *v, unsigned depth)
{
	const struct rnode *c;

	if (v->type != R_VEC || depth > LISTS_MOST)
		return false;
	if (rdata_is(v, "data.frame"))
		return true;
	for (c = v->kids; c; c = c->next)
		if (holds_frame(c, depth + 1))
			return true;
	return false;
}

static void thing(struct r_ctx *x, const struct rnode *v, struct slice name, unsigned depth)
{
	const struct rnode *names, *c;
	struct buf path = BUF_INIT(NAME_MOST);
	uint64_t i;

	if (v->type == R_VEC && rdata_is(v, "data.frame")) {
		frame(x, v, name);
		return;
	}
	if (!holds_frame(v, depth)) {
		object(x, v, name);
		return;
	}
	names = rdata_attr(v, "names");
	for (i = 0, c = v->kids; c && !x->nomem; c = c->next, i++) {
		buf_clear(&path);
		buf_addsl(&path, name);
		if (names && names->text && i < names->n && names->text[i] && names->text[i][0])
			buf_addf(&path, "%s%s", name.n ? "$" : "", names->text[i]);
		else
			buf_addf(&path, "[[%llu]]", (unsigned long long)i + 1);
		thing(x, c, buf_slice(&path), depth + 1);
	}
	x->nomem |= path.st == ST_NOMEM;
	buf_release(&path);
}

static void all(struct r_ctx *x)
{
	const struct rnode *c;

	if (!x->r.workspace) {
		thing(x, x->r.top, SLICE_NULL, 0);
		return;
	}
	for (c = x->r.top->type == R_LIST ? x->r.top->kids : NULL; c && !x->nomem; c = c->next)
		if (c->kids)
			thing(x, c->kids, slice_str(c->tag ? c->tag : ""), 0);
}

static bool anything(const struct rdata *r)
{
	return r->workspace ? r->top && r->top->type == R_LIST && r->top->kids && r->top->kids->kids : false;
}

static st_t rdata_facts(struct fact *f, const struct head *h, struct source *src)
{
	struct r_ctx x = { .f = f, .src = src, .text = BUF_INIT(TEXT_MOST), .why = ERR_INIT };
	char version[24];
	st_t st;

	(void)h;
	x.limit = UNPACK_FREE + src->size * UNPACK_RATIO < UNPACK_MOST ? UNPACK_FREE + src->size * UNPACK_RATIO : UNPACK_MOST + src->size;
	x.left = x.limit / 8;
	err_clear(&x.r.why);
	fact_media(f, "application/x-r-data");
	st = rdata_read(&x.r, src, x.limit);
	if (st != ST_NOMEM && x.r.version) {
		snprintf(version, sizeof(version), "%d", x.r.version);
		fact_format(f, x.r.workspace ? "RData" : "RDS", version, NULL);
		fact_put_text(f, fact_object(f, "attributes"), "R", slice_str(x.r.writer));
	}
	if (st != ST_OK && st != ST_NOMEM && !anything(&x.r))
		fact_unreadable(f, "%s", x.r.why.text);
	else if (st != ST_NOMEM) {
		if (st != ST_OK)
			fact_partial(f, "%s", x.r.why.text);
		if (x.r.over)
			fact_partial(f, "more objects, names and levels than are kept");
		if ((x.s = rstream_new(src, x.limit)) != NULL)
			all(&x);
		x.nomem |= x.s == NULL;
	}
	rstream_free(x.s);
	buf_release(&x.text);
	rdata_release(&x.r);
	return st == ST_NOMEM || x.nomem ? ST_NOMEM : ST_OK;
}

const struct extractor ex_rdata = { .name = "rdata", .version = 1, .bid = rdata_bid, .read = rdata_facts };
