/*
 * JSON and JSON Lines. Tables are found while the bytes go by: an array of objects (or of arrays) that is reached through objects only,
 * and lines. Fields of nested objects become columns with a dotted path; lists inside a record are only counted. An object of
 * lists of equal length is a table too. What is no table is told by its structure.
 */

#include <stdlib.h>

#include "base/map.h"
#include "base/vec.h"
#include "indexer/extract/cell_int.h"
#include "indexer/extract/extract_int.h"
#include "indexer/extract/json_scan.h"

#define KEYS_MOST	200
#define TABLES_MOST	200
#define NAME_MOST	((size_t)2000)	/* bytes of a dotted path */
#define FIELDS_MOST	20000
#define RECORDS_LEAST	10		/* of a list inside a document, to count as a table */
#define PEEK		((size_t)64 << 10)

struct field { char *path; size_t n; uint64_t row; };

/* A table being filled. */
struct rows {
	struct table *t;
	struct map *names;		/* path to index + 1 */
	struct field *field; uint32_t n, cap;
	uint32_t guess;			/* fields come in the same order, mostly */
	uint64_t row, twice;
};

struct ex {
	struct fact *f;
	struct json_scan scan;
	struct dec *dec;		/* NULL: UTF-8 as it comes */
	struct buf text;
	struct err why;
	bool bad, lines, top_object;
	bool descriptive;		/* says of itself that it describes something: its lists are no data */
	bool record_array;		/* records are lists, not objects */
	uint64_t records;		/* of all tables */
	uint64_t members;		/* of the record so far */
	struct buf path;		/* of the place, dotted */
	struct buf ends;		/* length of path at each open object, as size_t */
	struct buf outer_path, outer_ends;	/* the same outside the table, while there is one */
	unsigned table_depth;		/* of the array whose elements are records; 0 none */
	unsigned record_depth;		/* of the record that is open; 0 none */
	unsigned list_depth;		/* of the outermost list inside a record; 0 none */
	unsigned tables;
	unsigned skip_depth;		/* of an array that is looked at no more; 0 none */
	struct rows rows;
	/* an object of lists */
	struct rows wide;
	uint64_t wide_n;		/* length of the first */
	uint64_t list_n;
	uint32_t list_col;
	bool wide_bad, in_list;
	uint64_t keys;
	const char *media;
};

/* ---- bid ---- */

static bool ext_is(const struct head *h, const char *list)
{
	char key[20];

	snprintf(key, sizeof(key), " %s ", h->ext[0] ? h->ext : "-");
	return strstr(list, key) != NULL;
}

static st_t peek_begin(void *ctx, bool array)
{
	(void)ctx; (void)array;
	return ST_OK;
}

static st_t peek_text(void *ctx, struct slice s)
{
	(void)ctx; (void)s;
	return ST_OK;
}

static st_t peek_value(void *ctx, enum json_kind k, struct slice s)
{
	(void)ctx; (void)k; (void)s;
	return ST_OK;
}

/* Does ${text} read as JSON as far as it goes? */
static bool peek(struct slice text, bool whole, uint64_t *values, uint64_t *line)
{
	struct json_scan s;
	st_t st;

	json_scan_init(&s);
	s.on_begin = s.on_end = peek_begin;
	s.on_key = peek_text;
	s.on_value = peek_value;
	s.many = true;
	st = json_scan_push(&s, text.p, text.n, whole, NULL);
	*values = s.values;
	*line = s.line;
	json_scan_release(&s);
	return st == ST_OK;
}

static int json_bid(const struct head *h)
{
	bool called = ext_is(h, " json jsonl ndjson jsonld geojson topojson ipynb ");
	/* What is called so and has bytes of no encoding is told as broken. */
	struct slice t = h->text.n == 0 && called ? slice_of(h->p, h->n) : h->text;
	uint64_t values, line;

	if (h->magic)
		return 0;
	if (slice_starts(t, "\xEF\xBB\xBF"))
		t = slice_of(t.p + 3, t.n - 3);
	while (t.n && strchr(" \t\r\n", t.p[0]))
		t = slice_of(t.p + 1, t.n - 1);
	if (t.n == 0 || (t.p[0] != '{' && t.p[0] != '['))
		return 0;
	if (called)
		return 55;
	return peek(t.n < PEEK ? t : slice_of(t.p, PEEK), h->whole && t.n <= PEEK, &values, &line) ? 52 : 0;
}

/* ---- a table's fields ---- */

static void rows_free(struct rows *r)
{
	uint32_t i;

	for (i = 0; i < r->n; i++)
		free(r->field[i].path);
	free(r->field);
	map_free(r->names, NULL);
	memset(r, 0, sizeof(*r));
}

static st_t rows_new(struct rows *r, struct fact *f, struct slice name)
{
	memset(r, 0, sizeof(*r));
	if ((r->names = map_new()) == NULL || (r->t = table_new(f, name)) == NULL)
		return ST_NOMEM;
	return ST_OK;
}

static void rows_end(struct rows *r, struct fact *f)
{
	if (r->t == NULL)
		return;
	if (r->twice)
		fact_check(f, "duplicate-keys", true, "%llu times a record has the same name twice; the first counts", (unsigned long long)r->twice);
	table_end(r->t, SLICE_NULL);
	r->t = NULL;
	rows_free(r);
}

static st_t field_add(struct rows *r, struct slice path, uint32_t *out)
{
	struct field *f;
	void *p;
	uint32_t cap;
	st_t st;

	if (r->n == r->cap) {
		cap = r->cap ? r->cap * 2 : 32;
		if ((p = realloc(r->field, cap * sizeof(*r->field))) == NULL)
			return ST_NOMEM;
		r->field = p;
		r->cap = cap;
	}
	f = &r->field[r->n];
	if ((f->path = slice_dup(path)) == NULL)
		return ST_NOMEM;
	f->n = path.n;
	f->row = 0;
	if ((st = map_put(r->names, path, (void *)(uintptr_t)(r->n + 1), NULL)) != ST_OK) {
		free(f->path);
		return st;
	}
	table_column(r->t, path);
	*out = r->n++;
	return ST_OK;
}

/* The column of ${path} in this record. ST_EOF: none, do not count it. */
static st_t field_at(struct rows *r, struct slice path, uint32_t *out)
{
	struct field *f = r->guess < r->n ? &r->field[r->guess] : NULL;
	uintptr_t k;
	st_t st = ST_OK;

	if (f && f->n == path.n && memcmp(f->path, path.p, path.n) == 0)
		*out = r->guess;
	else if ((k = (uintptr_t)map_get(r->names, path)) != 0)
		*out = (uint32_t)(k - 1);
	else if (r->n >= FIELDS_MOST) {
		table_column(r->t, path);
		return ST_EOF;
	} else if ((st = field_add(r, path, out)) != ST_OK)
		return st;
	r->guess = *out + 1;
	if (r->field[*out].row == r->row + 1) {
		r->twice++;
		return ST_EOF;
	}
	r->field[*out].row = r->row + 1;
	return ST_OK;
}

static void put_value(struct table *t, uint32_t col, enum json_kind kind, struct slice s)
{
	struct cell c;

	switch (kind) {
	case JSON_STR:
		/* JSON has no dates: text that is one, by ISO 8601, is taken for it. */
		if (s.n >= 8 && s.n <= 40 && s.p[0] >= '0' && s.p[0] <= '9' && s.p[4] == '-' && cell_moment(&c, s.p, s.n))
			table_cell(t, col, s);
		else
			table_string(t, col, s);
		break;
	case JSON_LONG:
		table_opaque(t, col);
		break;
	case JSON_NUM:
		if (s.n <= 18)
			table_cell(t, col, s);
		else
			table_real(t, col, strtod(s.p, NULL));
		break;
	case JSON_NOTNUM:
		table_real(t, col, strtod(s.p, NULL));
		break;
	case JSON_YES:
	case JSON_NO:
		table_bool(t, col, kind == JSON_YES);
		break;
	default:
		table_missing(t, col);
	}
}

static st_t put_field(struct ex *x, struct slice path, enum json_kind kind, struct slice s)
{
	uint32_t col;
	st_t st = field_at(&x->rows, path, &col);

	if (st == ST_OK)
		put_value(x->rows.t, col, kind, s);
	return st == ST_EOF ? ST_OK : st;
}

static void end_row(struct ex *x)
{
	table_row(x->rows.t);
	x->rows.row++;
	x->records++;
	x->rows.guess = 0;
}

/* ---- places ---- */

static st_t path_push(struct ex *x, size_t at)
{
	return buf_add(&x->ends, &at, sizeof(at));
}

static size_t path_top(const struct ex *x)
{
	size_t at = 0;

	if (x->ends.n >= sizeof(at))
		memcpy(&at, x->ends.p + x->ends.n - sizeof(at), sizeof(at));
	return at;
}

static void path_pop(struct ex *x)
{
	x->path.n = path_top(x);
	x->ends.n -= x->ends.n ? sizeof(size_t) : 0;
}

/* Cell ${i} of a record that is a list. */
static struct slice place_name(char out[24], uint64_t i)
{
	snprintf(out, 24, "column%llu", (unsigned long long)i + 1);
	return slice_str(out);
}

/* ---- events ---- */

static void swap(struct buf *a, struct buf *b)
{
	struct buf t = *a;

	*a = *b;
	*b = t;
}

static st_t open_table(struct ex *x, struct slice name)
{
	st_t st;

	if (x->tables++ >= TABLES_MOST) {
		fact_partial(x->f, "more than %d lists of records", TABLES_MOST);
		x->skip_depth = x->scan.depth;
		return ST_OK;
	}
	x->table_depth = x->scan.depth;
	if ((st = rows_new(&x->rows, x->f, name)) != ST_OK)
		return st;
	swap(&x->path, &x->outer_path);
	swap(&x->ends, &x->outer_ends);
	return ST_OK;
}

/* Short lists inside a document are its own affairs, not data. */
static void close_table(struct ex *x)
{
	if (x->rows.t && x->table_depth > 1 && (x->descriptive || x->rows.row < RECORDS_LEAST)) {
		table_drop(x->rows.t);
		x->rows.t = NULL;
		rows_free(&x->rows);
	} else
		rows_end(&x->rows, x->f);
	if (x->table_depth) {
		swap(&x->path, &x->outer_path);
		swap(&x->ends, &x->outer_ends);
	}
	x->table_depth = 0;
}

static bool ignored(const struct ex *x)
{
	return x->list_depth || x->skip_depth;
}

/* Inside a record, or where one could begin. */
static st_t begin_in_table(struct ex *x, bool array)
{
	unsigned d = x->scan.depth;

	if (x->list_depth)
		return ST_OK;
	if (x->record_depth == 0) {
		x->record_depth = d;
		x->record_array = array;
		x->members = 0;
		buf_clear(&x->path);
		return path_push(x, 0);
	}
	if (array || x->record_array) {
		char name[24];
		struct slice path = x->record_array ? place_name(name, x->members++) : buf_slice(&x->path);
		uint32_t col;
		st_t st = field_at(&x->rows, path, &col);

		x->list_depth = d;
		if (st == ST_OK) {
			table_declare(x->rows.t, col, array ? "list" : "object");
			table_opaque(x->rows.t, col);
		}
		return st == ST_EOF ? ST_OK : st;
	}
	return path_push(x, x->path.n);
}

static st_t on_begin(void *ctx, bool array)
{
	struct ex *x = ctx;
	unsigned d = x->scan.depth;
	st_t st = ST_OK;

	if (d == 1) {
		x->top_object = !array;
		if (x->lines && x->rows.t == NULL && (st = rows_new(&x->rows, x->f, SLICE_NULL)) != ST_OK)
			return st;
	}
	if (x->skip_depth)
		return ST_OK;
	if (x->rows.t && (x->lines || d > x->table_depth))
		return begin_in_table(x, array);
	if (x->in_list) {
		/* A list whose elements are not all scalars: of records, if the first is one. */
		x->in_list = false;
		x->wide_bad = true;
		if (x->list_n) {
			x->skip_depth = d - 1;
			return ST_OK;
		}
		x->scan.depth--;
		st = open_table(x, buf_slice(&x->path));
		x->scan.depth++;
		return st != ST_OK || x->skip_depth ? st : begin_in_table(x, array);
	}
	if (array) {
		x->in_list = true;
		x->list_n = 0;
		x->list_col = UINT32_MAX;
		return ST_OK;
	}
	return path_push(x, x->path.n);
}

static st_t end_in_table(struct ex *x, bool array)
{
	unsigned d = x->scan.depth + 1;

	if (x->list_depth) {
		if (x->list_depth == d)
			x->list_depth = 0;
		return ST_OK;
	}
	if (x->record_depth == d) {
		x->record_depth = 0;
		x->ends.n = 0;
		buf_clear(&x->path);
		end_row(x);
		return ST_OK;
	}
	if (x->record_depth == 0 && array) {
		close_table(x);
		return ST_OK;
	}
	path_pop(x);
	return ST_OK;
}

static st_t on_end(void *ctx, bool array)
{
	struct ex *x = ctx;
	unsigned d = x->scan.depth + 1;

	if (x->skip_depth) {
		if (x->skip_depth == d)
			x->skip_depth = 0;
		return ST_OK;
	}
	if (x->rows.t)
		return end_in_table(x, array);
	if (x->in_list) {
		x->in_list = false;
		if (d == 1 || x->list_n == 0)
			x->wide_bad |= d == 2;
		else if (d == 2 && (x->wide_n == 0 || x->wide_n == x->list_n))
			x->wide_n = x->list_n;
		else
			x->wide_bad |= d == 2;
		return ST_OK;
	}
	if (!array)
		path_pop(x);
	return ST_OK;
}

static void top_key(struct ex *x, struct slice s)
{
	json_t *st = fact_object(x->f, "structure"), *keys = json_object_get(st, "keys"), *k;
	size_t i;

	json_array_foreach(keys, i, k)
		if (slice_eq(json_slice(k), s)) {
			fact_check(x->f, "duplicate-keys", true, "the document has the name '%.*s' twice", (int)(s.n < 100 ? s.n : 100), s.p);
			return;
		}
	if (keys == NULL) {
		fact_put(x->f, st, "keys", json_array());
		keys = json_object_get(st, "keys");
	}
	x->descriptive |= slice_eq_str(s, "@context") || slice_eq_str(s, "$schema") || slice_eq_str(s, "resources");
	if (keys && x->keys++ < KEYS_MOST)
		json_push(keys, fact_text(s, 200));
}

static st_t on_key(void *ctx, struct slice s)
{
	struct ex *x = ctx;

	if (ignored(x))
		return ST_OK;
	if (x->scan.depth == 1 && !x->lines)
		top_key(x, s);
	x->path.n = path_top(x);
	if (x->path.n)
		buf_addc(&x->path, '.');
	buf_addsl(&x->path, s);
	if (x->path.st == ST_TOOBIG) {
		/* Names longer than that are not told apart. */
		x->path.st = ST_OK;
		x->path.n = path_top(x);
		buf_addsl(&x->path, slice_of(s.p, s.n < 100 ? 0 : 100));
		x->path.st = ST_OK;
	}
	return x->path.st;
}

/* A column of an object of lists. */
static st_t list_value(struct ex *x, enum json_kind kind, struct slice s)
{
	st_t st;

	x->list_n++;
	if (x->scan.depth != 2 || x->wide_bad)
		return ST_OK;
	if (x->wide.t == NULL && (st = rows_new(&x->wide, x->f, SLICE_NULL)) != ST_OK)
		return st;
	if (x->list_col == UINT32_MAX && (map_has(x->wide.names, buf_slice(&x->path)) || x->wide.n >= FIELDS_MOST)) {
		x->wide_bad = true;
		return ST_OK;
	}
	if (x->list_col == UINT32_MAX && (st = field_add(&x->wide, buf_slice(&x->path), &x->list_col)) != ST_OK)
		return st;
	put_value(x->wide.t, x->list_col, kind, s);
	return ST_OK;
}

static st_t on_value(void *ctx, enum json_kind kind, struct slice s)
{
	struct ex *x = ctx;
	char name[24];
	st_t st;

	if (x->list_depth || x->skip_depth)
		return ST_OK;
	if (x->record_depth)
		return put_field(x, x->record_array ? place_name(name, x->members++) : buf_slice(&x->path), kind, s);
	if (x->rows.t || x->lines || (x->in_list && x->scan.depth == 1)) {
		/* A bare value where records are: a column of its own. */
		if (x->rows.t == NULL) {
			if ((st = x->lines ? rows_new(&x->rows, x->f, SLICE_NULL) : open_table(x, SLICE_NULL)) != ST_OK)
				return st;
			x->in_list = false;
		}
		st = put_field(x, SLICE("value"), kind, s);
		end_row(x);
		return st;
	}
	if (x->in_list)
		return list_value(x, kind, s);
	if (x->scan.depth == 1 && kind == JSON_STR && (slice_eq_str(buf_slice(&x->path), "title") || slice_eq_str(buf_slice(&x->path), "name")) &&
	    json_object_get(fact_root(x->f), "title") == NULL)
		fact_put_text(x->f, fact_root(x->f), "title", s);
	return ST_OK;
}

/* ---- the extractor ---- */

static st_t json_open(void **out, const struct head *h, struct err *e)
{
	struct ex *x = calloc(1, sizeof(*x));
	uint64_t values = 0, line = 0;

	(void)e;
	if (x == NULL)
		return ST_NOMEM;
	*out = x;
	buf_init(&x->path, NAME_MOST);
	buf_init(&x->ends, JSON_SCAN_DEEP * sizeof(size_t) + 64);
	buf_init(&x->outer_path, NAME_MOST);
	buf_init(&x->outer_ends, x->ends.max);
	buf_init(&x->text, BUF_NOMAX);
	json_scan_init(&x->scan);
	if ((x->f = fact_new((size_t)8 << 20)) == NULL)
		return ST_NOMEM;
	peek(h->text, false, &values, &line);
	x->lines = ext_is(h, " jsonl ndjson ") || (values > 1 && line > 1);
	x->media = x->lines ? "application/jsonl" : ext_is(h, " jsonld ") ? "application/ld+json" : ext_is(h, " geojson ") ? "application/geo+json" : "application/json";
	x->scan.many = x->lines;
	x->scan.ctx = x;
	x->scan.on_begin = on_begin;
	x->scan.on_end = on_end;
	x->scan.on_key = on_key;
	x->scan.on_value = on_value;
	if (h->enc.enc != ENC_ASCII && h->enc.enc != ENC_UTF8 && enc_name(h->enc.enc) != NULL)
		return dec_new(&x->dec, h->enc, &x->why);
	return ST_OK;
}

static st_t feed(struct ex *x, const uint8_t *p, size_t n, bool last)
{
	st_t st;

	if (x->dec) {
		buf_clear(&x->text);
		if ((st = dec_push(x->dec, p, n, last, &x->text, &x->why)) == ST_OK)
			st = json_scan_push(&x->scan, x->text.p ? x->text.p : "", x->text.n, last, &x->why);
	} else
		st = json_scan_push(&x->scan, p, n, last, &x->why);
	if (st == ST_OK || st == ST_NOMEM)
		return st;
	x->bad = true;
	return ST_EOF;
}

static st_t json_push_(void *p, const uint8_t *b, size_t n, struct err *e)
{
	struct ex *x = p;
	size_t k;
	st_t st = x->bad ? ST_EOF : ST_OK;

	(void)e;
	for (; n && st == ST_OK; b += k, n -= k) {
		k = n < PEEK ? n : PEEK;
		st = feed(x, b, k, false);
	}
	return st;
}

/* An object of lists is a table when all of them are of one length. */
static void settle_wide(struct ex *x)
{
	if (x->wide.t == NULL)
		return;
	if (!x->wide_bad && !x->bad && x->wide_n >= 2 && x->wide.n >= 2 && x->wide.n == x->keys) {
		table_columnar(x->wide.t, x->wide_n);
		rows_end(&x->wide, x->f);
		return;
	}
	table_drop(x->wide.t);
	x->wide.t = NULL;
}

static void put_structure(struct ex *x)
{
	json_t *st = fact_object(x->f, "structure");
	bool array = !x->lines && !x->top_object && x->scan.deepest > 0;

	fact_put(x->f, st, "top", json_string(x->lines ? "lines" : x->top_object ? "object" : array ? "array" : "value"));
	fact_put_int(x->f, st, "depth", x->scan.deepest);
	if (x->lines)
		fact_put_int(x->f, st, "values", (int64_t)x->scan.values);
}

static st_t json_finish(void *p, struct buf *out, const char **status, struct err *why, struct err *e)
{
	struct ex *x = p;
	st_t st = ST_OK;

	(void)e;
	if (x->f == NULL)
		return ST_NOMEM;
	if (!x->bad && feed(x, (const uint8_t *)"", 0, true) == ST_NOMEM)
		return ST_NOMEM;
	fact_format(x->f, x->lines ? "JSON Lines" : "JSON", NULL, x->lines ? NULL : "fmt/817");
	put_structure(x);
	settle_wide(x);
	if (x->rows.t)
		close_table(x);
	if (x->bad && x->records == 0)
		fact_unreadable(x->f, "%s", x->why.text);
	else if (x->bad)
		fact_partial(x->f, "%s", x->why.text);
	if ((st = fact_write(x->f, out)) != ST_OK)
		return st;
	*status = fact_status(x->f);
	return fact_reason(x->f) ? err_set(why, ST_OK, "%s", fact_reason(x->f)) : ST_OK;
}

static const char *json_media(void *p)
{
	return ((struct ex *)p)->media;
}

static void json_free(void *p)
{
	struct ex *x = p;

	if (x == NULL)
		return;
	table_drop(x->rows.t);
	table_drop(x->wide.t);
	rows_free(&x->rows);
	rows_free(&x->wide);
	fact_free(x->f);
	json_scan_release(&x->scan);
	dec_free(x->dec);
	buf_release(&x->path);
	buf_release(&x->ends);
	buf_release(&x->outer_path);
	buf_release(&x->outer_ends);
	buf_release(&x->text);
	free(x);
}

const struct extractor ex_json = { .name = "json", .version = 1, .bid = json_bid, .open = json_open, .push = json_push_, .finish = json_finish,
    .media = json_media, .free = json_free };
