/*
 * NumPy .npy (NEP 1): a Python dictionary in text, then values. Arrays of records become tables. Arrays of Python objects are pickles, and are not opened.
 */

#include "base/utf8.h"
#include "indexer/extract/array_int.h"

#define HEADER_MOST	((size_t)60 << 10)
#define FIELDS_MOST	2000
#define ROWS_BYTES	((uint64_t)64 << 20)

struct field { struct slice name, type; uint64_t times; };	/* borrowed from the header; times: values of a sub-array */

struct npy {
	struct fact *f;
	struct source *src;
	struct slice text;		/* what is left of the header */
	struct field fields[FIELDS_MOST];
	unsigned n;			/* 0: not records */
	struct slice type;
	json_t *shape;			/* owned */
	bool fortran;
};

/* ---- the dictionary ---- */

static void blanks(struct npy *x)
{
	while (x->text.n && strchr(" \n\t,", *x->text.p) && *x->text.p)
		x->text = slice_of(x->text.p + 1, x->text.n - 1);
}

static bool take(struct npy *x, char c)
{
	blanks(x);
	if (x->text.n == 0 || *x->text.p != c)
		return false;
	x->text = slice_of(x->text.p + 1, x->text.n - 1);
	return true;
}

static bool quoted(struct npy *x, struct slice *out)
{
	const char *end;
	char q;

	blanks(x);
	if (x->text.n < 2 || (*x->text.p != '\'' && *x->text.p != '"'))
		return false;
	q = *x->text.p;
	if ((end = memchr(x->text.p + 1, q, x->text.n - 1)) == NULL)
		return false;
	*out = slice_of(x->text.p + 1, (size_t)(end - x->text.p - 1));
	x->text = slice_of(end + 1, x->text.n - (size_t)(end + 1 - x->text.p));
	return true;
}

static bool number(struct npy *x, uint64_t *v)
{
	size_t n;

	blanks(x);
	for (n = 0; n < x->text.n && x->text.p[n] >= '0' && x->text.p[n] <= '9'; n++)
		;
	if (!slice_u64(slice_of(x->text.p, n), INT64_MAX, v))
		return false;
	x->text = slice_of(x->text.p + n, x->text.n - n);
	take(x, 'L');
	return true;
}

static bool tuple(struct npy *x, json_t *into, uint64_t *product)
{
	uint64_t v;

	*product = 1;
	if (!take(x, '('))
		return number(x, product);	/* (n) is n */
	while (number(x, &v)) {
		if (v && *product > (uint64_t)INT64_MAX / v)
			return false;
		*product *= v;
		if (into && json_array_size(into) < 64)
			json_array_append_new(into, json_integer((json_int_t)v));
	}
	return take(x, ')');
}

/* [('a', '<f8'), ('b', '<i4', (3,)), (('title', 'c'), '|S5')]; records within records are not understood. */
static bool records(struct npy *x)
{
	while (take(x, '(')) {
		struct field *f = &x->fields[x->n];
		struct slice title;

		if (x->n >= FIELDS_MOST)
			return false;
		*f = (struct field){ .times = 1 };
		if (take(x, '(')) {
			if (!quoted(x, &title) || !quoted(x, &f->name) || !take(x, ')'))
				return false;
		} else if (!quoted(x, &f->name))
			return false;
		if (!quoted(x, &f->type))
			return false;
		blanks(x);
		if (x->text.n && *x->text.p != ')' && !tuple(x, NULL, &f->times))
			return false;
		if (!take(x, ')'))
			return false;
		x->n++;
	}
	return take(x, ']') && x->n > 0;
}

static bool dictionary(struct npy *x)
{
	struct slice key;
	uint64_t all;

	if (!take(x, '{'))
		return false;
	while (quoted(x, &key)) {
		if (!take(x, ':'))
			return false;
		if (slice_eq_str(key, "descr")) {
			if (take(x, '[') ? !records(x) : !quoted(x, &x->type))
				return false;
		} else if (slice_eq_str(key, "shape")) {
			if (x->shape || (x->shape = json_array()) == NULL || !tuple(x, x->shape, &all))
				return false;
		} else {
			blanks(x);
			x->fortran |= slice_eq_str(key, "fortran_order") && slice_starts(x->text, "True");
			while (x->text.n && *x->text.p != ',' && *x->text.p != '}')
				x->text = slice_of(x->text.p + 1, x->text.n - 1);
		}
	}
	return x->shape && (x->n || x->type.n);
}

/* ---- types ---- */

struct type { enum dtype t; bool big, object, date; uint64_t size; struct slice unit; char kind; };

/* "<f8", "|S10", "<M8[ns]" */
static bool type_read(struct slice s, struct type *t)
{
	static const char kinds[] = "iufbcSUVOMm";
	size_t n;

	*t = (struct type){ .t = DT_OPAQUE };
	if (s.n && strchr("<>|=", *s.p) && *s.p) {
		t->big = *s.p == '>';
		s = slice_of(s.p + 1, s.n - 1);
	}
	if (s.n == 0 || strchr(kinds, *s.p) == NULL || *s.p == 0)
		return false;
	t->kind = *s.p;
	s = slice_of(s.p + 1, s.n - 1);
	for (n = 0; n < s.n && s.p[n] >= '0' && s.p[n] <= '9'; n++)
		;
	t->object = t->kind == 'O';
	t->size = 8;
	if (n && !slice_u64(slice_of(s.p, n), (uint64_t)1 << 30, &t->size))
		return false;
	if (s.n > n + 2 && s.p[n] == '[')
		t->unit = slice_of(s.p + n + 1, s.n - n - 2);
	if (t->kind == 'U')
		t->size *= 4;
	switch (t->kind) {
	case 'i': t->t = t->size == 1 ? DT_INT8 : t->size == 2 ? DT_INT16 : t->size == 4 ? DT_INT32 : DT_INT64; break;
	case 'u': t->t = t->size == 1 ? DT_UINT8 : t->size == 2 ? DT_UINT16 : t->size == 4 ? DT_UINT32 : DT_UINT64; break;
	case 'f': t->t = t->size == 2 ? DT_FLOAT16 : t->size == 4 ? DT_FLOAT32 : t->size == 8 ? DT_FLOAT64 : DT_OPAQUE; break;
	case 'b': t->t = DT_BOOL; break;
	case 'c': t->t = t->size == 8 ? DT_COMPLEX64 : DT_COMPLEX128; break;
	case 'S': case 'U': t->t = DT_STRING; break;
	case 'M': case 'm': t->t = DT_INT64; t->date = t->kind == 'M'; break;
	default: break;
	}
	return dtype_size(t->t) == 0 || dtype_size(t->t) == t->size;
}

/* ---- records as a table ---- */

static const struct { const char *unit; int64_t us; } date_units[] = { { "D", 86400000000 }, { "h", 3600000000 }, { "m", 60000000 }, { "s", 1000000 }, { "ms", 1000 }, { "us", 1 } };

static void cell_date(struct table *t, uint32_t col, const struct type *ty, int64_t v)
{
	size_t i;

	if (v == INT64_MIN) {	/* NaT */
		table_missing(t, col);
		return;
	}
	if (slice_eq_str(ty->unit, "ns")) {
		table_moment(t, col, v / 1000, false, false);
		return;
	}
	for (i = 0; i < sizeof(date_units) / sizeof(date_units[0]); i++)
		if (slice_eq_str(ty->unit, date_units[i].unit) && v < INT64_MAX / 2 / date_units[i].us && v > INT64_MIN / 2 / date_units[i].us) {
			table_moment(t, col, v * date_units[i].us, i == 0, false);
			return;
		}
	table_int(t, col, v);
}

static uint64_t load(const uint8_t *p, unsigned n, bool big)
{
	uint64_t v = 0;
	unsigned i;

	for (i = 0; i < n; i++)
		v |= (uint64_t)p[i] << 8 * (big ? n - 1 - i : i);
	return v;
}

static void cell_text(struct table *t, uint32_t col, const struct type *ty, const uint8_t *p)
{
	struct buf b = BUF_INIT(8000);
	uint64_t i;

	if (ty->kind == 'S') {
		table_string(t, col, slice_of(p, strnlen((const char *)p, (size_t)ty->size)));
		return;
	}
	for (i = 0; i + 4 <= ty->size && b.st == ST_OK; i += 4) {
		uint32_t c = (uint32_t)load(p + i, 4, ty->big);

		if (c)
			utf8_put(&b, c < 0x110000 && (c < 0xD800 || c > 0xDFFF) ? c : 0xFFFD);
	}
	table_string(t, col, buf_slice(&b));
	buf_release(&b);
}

static void cell(struct table *t, uint32_t col, const struct type *ty, uint64_t times, const uint8_t *p)
{
	struct buf b = BUF_INIT(400);
	uint64_t i;

	if (ty->t == DT_STRING && times == 1)
		cell_text(t, col, ty, p);
	else if (ty->t == DT_BOOL && times == 1)
		table_bool(t, col, *p != 0);
	else if (ty->date && times == 1)
		cell_date(t, col, ty, (int64_t)load(p, 8, ty->big));
	else if (ty->t <= DT_INT64 && times == 1)
		table_int(t, col, ty->t == DT_UINT32 || ty->t == DT_UINT16 || ty->t == DT_UINT8 ? (int64_t)load(p, (unsigned)ty->size, ty->big) :
		    ty->size == 1 ? (int8_t)*p : ty->size == 2 ? (int16_t)load(p, 2, ty->big) : ty->size == 4 ? (int32_t)load(p, 4, ty->big) : (int64_t)load(p, 8, ty->big));
	else if (dtype_is_number(ty->t) && times == 1)
		table_real(t, col, dtype_get(ty->t, ty->big, p));
	else {
		for (i = 0; dtype_is_number(ty->t) && i < times && i < 16; i++)
			buf_addf(&b, "%s%.9g", i ? " " : "", dtype_get(ty->t, ty->big, p + i * ty->size));
		table_string(t, col, buf_slice(&b));
	}
	buf_release(&b);
}

static st_t table_rows_read(struct npy *x, struct table *t, const struct type *types, uint64_t at, uint64_t row, uint64_t n)
{
	uint64_t i, j, k, each = ((uint64_t)1 << 20) / row, off;
	uint8_t *p;
	unsigned c;
	st_t st = ST_OK;

	each = each ? each : 1;
	if ((p = malloc((size_t)(each * row))) == NULL)
		return ST_NOMEM;
	for (i = 0; i < n && st == ST_OK; i += k) {
		k = n - i < each ? n - i : each;
		if ((st = source_need(x->src, at + i * row, p, (size_t)(k * row), NULL)) != ST_OK)
			break;
		for (j = 0; j < k; j++) {
			for (c = 0, off = j * row; c < x->n; off += types[c].size * x->fields[c].times, c++)
				cell(t, c, &types[c], x->fields[c].times, p + off);
			table_row(t);
		}
	}
	free(p);
	return st;
}

static st_t put_records(struct npy *x, struct slice name, uint64_t at, uint64_t n)
{
	struct type *types = calloc(x->n, sizeof(*types));
	struct table *t = table_new(x->f, name);
	uint64_t row = 0;
	unsigned i;
	bool ok = true;
	st_t st = types && t ? ST_OK : ST_NOMEM;

	for (i = 0; st == ST_OK && i < x->n; i++) {
		table_column(t, x->fields[i].name);
		ok = ok && type_read(x->fields[i].type, &types[i]) && !types[i].object && x->fields[i].times <= ((uint64_t)1 << 30) / (types[i].size ? types[i].size : 1);
		row += ok ? types[i].size * x->fields[i].times : 0;
		ok = ok && row <= ROWS_BYTES;
	}
	if (st == ST_OK && ok && row && n <= ROWS_BYTES / row && n * row <= array_room(x->src)) {
		if ((st = table_rows_read(x, t, types, at, row, n)) == ST_INVALID)
			fact_partial(x->f, "cut off: %llu rows should be there", (unsigned long long)n);
	} else if (st == ST_OK) {
		table_rows(t, n);
		if (!ok)
			fact_partial(x->f, "a column has a type that is not understood");
	}
	if (t)
		table_end(t, SLICE_NULL);
	free(types);
	return st == ST_NOMEM ? st : ST_OK;
}

/* ---- the file ---- */

static st_t put_array(struct npy *x, struct slice name, uint64_t at, uint64_t n)
{
	struct array_stat s;
	struct type t;
	bool sampled = false;
	json_t *v;
	st_t st = ST_OK;

	if (!type_read(x->type, &t)) {
		fact_unreadable(x->f, "a type that is not understood");
		return ST_OK;
	}
	if (t.object)
		fact_check(x->f, "pickle", true, "an array of Python objects is a pickle: a program that runs when it is opened");
	v = array_variable(x->f, name, t.t, NULL, json_incref(x->shape));
	fact_put(x->f, v, "role", json_string("data"));
	if (t.date)
		fact_put(x->f, v, "type", json_string("datetime"));
	if (t.object || t.kind == 'M' || t.kind == 'm' || !dtype_is_number(t.t)) {
		if (!t.object && (t.size && n > (x->src->size - at) / t.size))
			fact_partial(x->f, "cut off: fewer values than the header says");
		return ST_OK;
	}
	array_stat_init(&s, t.t, t.big, NULL, false);
	if ((st = array_scan(&s, x->src, at, n, array_room(x->src), &sampled, NULL)) == ST_INVALID)
		fact_partial(x->f, "cut off: %llu values should be there", (unsigned long long)n);
	array_stat_put(x->f, v, &s, sampled);
	return st == ST_NOMEM ? st : ST_OK;
}

static struct slice stem(const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path, *dot = strrchr(base, '.');

	return slice_of(base, dot && dot != base ? (size_t)(dot - base) : strlen(base));
}

static st_t npy_read(struct fact *f, const struct head *h, struct source *src)
{
	struct npy *x = calloc(1, sizeof(*x));
	uint64_t n = 1, from = h->p[6] == 1 ? 10 : 12, len = load(h->p + 8, h->p[6] == 1 ? 2 : 4, false);
	char version[16];
	const json_t *d;
	size_t i;
	st_t st = ST_OK;

	if (x == NULL)
		return ST_NOMEM;
	snprintf(version, sizeof(version), "%u.%u", h->p[6], h->p[7]);
	fact_media(f, "application/x-npy");
	fact_format(f, "NumPy", version, NULL);
	x->f = f;
	x->src = src;
	if (len > HEADER_MOST || from + len > h->n)
		fact_unreadable(f, "cut off inside its header of %llu bytes", (unsigned long long)len);
	else {
		x->text = slice_of(h->p + from, (size_t)len);
		if (!dictionary(x))
			fact_unreadable(f, "its header is not understood");
	}
	if (!fact_is_unreadable(f)) {
		json_array_foreach(x->shape, i, d)
			n *= (uint64_t)json_integer_value(d);
		st = x->n ? put_records(x, stem(h->name), from + len, n) : put_array(x, stem(h->name), from + len, n);
		if (x->fortran)
			fact_put(f, fact_object(f, "attributes"), "fortran_order", json_true());
	}
	json_decref(x->shape);
	free(x);
	return st;
}

static int npy_bid(const struct head *h)
{
	return h->n >= 12 && memcmp(h->p, "\x93NUMPY", 6) == 0 && h->p[6] >= 1 && h->p[6] <= 3 ? 95 : 0;
}

const struct extractor ex_npy = { .name = "npy", .version = 1, .bid = npy_bid, .read = npy_read };
