/*
 * Tables in delimited text. The head decides encoding and dialect; then every byte is decoded, cut into cells and added to its
 * column's statistics, once, in memory that does not grow with the file.
 */

#include <math.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/map.h"
#include "base/utf8.h"
#include "indexer/extract/col_int.h"
#include "indexer/extract/csv_int.h"
#include "indexer/extract/extract_int.h"

#define DISTINCT_MEMORY	((size_t)32 << 20)
#define PUSH_STEP	((size_t)128 << 10)
#define WIDE		2000		/* columns past which estimates get small registers and histograms are left out */

struct ex {
	const char *tab;		/* media type */
	struct dec *dec;
	struct csv_sniff sniff;
	struct csv_scan scan;
	struct col *cols;
	uint32_t n;			/* described */
	uint32_t n_all;			/* by header or usual row */
	struct col_pool pool;
	uint64_t rows, ragged, ragged_row, extra;
	uint64_t *ended;		/* rows that ended after that many cells, [0..n-1] */
	uint32_t least, most, last;	/* cells in a row */
	uint64_t bytes, size;
	unsigned bom;
	bool ready, bad;
	struct err why;
};

static const char *csv_media(void *p)
{
	struct ex *x = p;

	return x->sniff.d.delim == '\t' ? "text/tab-separated-values" : "text/csv";
}

static bool ext_is(const struct head *h, const char *list)
{
	char key[20];

	snprintf(key, sizeof(key), " %s ", h->ext[0] ? h->ext : "-");
	return strstr(list, key) != NULL;
}

static int csv_bid(const struct head *h)
{
	struct csv_sniff s;
	struct slice t = slice_trim(h->text);
	int bid = 0;

	if (h->magic)
		return 0;
	if (ext_is(h, " csv tsv tab psv "))
		return 90;
	if (t.n < 8 || h->text_bad || !ext_is(h, " - txt dat log asc prn xy out data tbl cpg ecsv "))
		return 0;
	if (strchr("{[<%", t.p[0]))
		return 0;
	if (csv_sniff(&s, h->text, h->whole, 0) == ST_OK && s.columns >= 2 && s.records >= 3 && s.d.delim != ':' && s.d.delim != '^' &&
	    s.consistency >= 0.9 && (s.typed >= 0.3 || (s.records >= 10 && s.consistency >= 0.98)))
		bid = 60;
	csv_sniff_release(&s);
	return bid;
}

static void csv_free(void *p)
{
	struct ex *x = p;
	uint32_t i;

	if (x == NULL)
		return;
	for (i = 0; i < x->n; i++)
		col_release(&x->cols[i], &x->pool);
	free(x->cols);
	free(x->ended);
	dec_free(x->dec);
	csv_scan_release(&x->scan);
	csv_sniff_release(&x->sniff);
	free(x);
}

/* ---- rows ---- */

static void skip_cell(void *ctx, uint32_t col, const char *p, size_t n)
{
	(void)ctx; (void)col; (void)p; (void)n;
}

static void data_cell(void *ctx, uint32_t col, const char *p, size_t n)
{
	struct ex *x = ctx;

	if (col < x->n)
		col_add(&x->cols[col], &x->pool, p, n, x->scan.d.decimal, x->rows + 1);
}

static void data_record(void *ctx, uint32_t cells)
{
	struct ex *x = ctx;

	x->rows++;
	x->last = cells;
	if (cells == x->n_all)
		return;
	if (x->ragged++ == 0)
		x->ragged_row = x->rows;
	if (cells < x->n)
		x->ended[cells]++;
	if (cells > x->n_all)
		x->extra++;
	if (cells < x->least)
		x->least = cells;
	if (cells > x->most)
		x->most = cells;
}

static void skip_record(void *ctx, uint32_t cells)
{
	struct ex *x = ctx;

	(void)cells;
	if (x->scan.record + 1 >= x->sniff.d.data_row) {
		x->scan.on_cell = data_cell;
		x->scan.on_record = data_record;
	}
}

static st_t refuse(struct ex *x, const struct err *why)
{
	x->bad = true;
	x->why = *why;
	return ST_OK;
}

static st_t csv_open(void **out, const struct head *h, struct err *e)
{
	struct err why = ERR_INIT;
	const uint8_t *nul;
	struct ex *x;
	uint32_t i;
	st_t st;

	if ((x = calloc(1, sizeof(*x))) == NULL)
		return ST_NOMEM;
	*out = x;
	x->size = h->size;
	x->bom = h->enc.bom;
	x->least = UINT32_MAX;
	x->pool.max = DISTINCT_MEMORY;
	if (h->enc.enc == ENC_BINARY && (nul = memchr(h->p, 0, h->n)) != NULL) {
		err_set(&why, ST_INVALID, "a NUL character at byte %zu", (size_t)(nul - h->p));
		return refuse(x, &why);
	}
	if ((st = dec_new(&x->dec, h->enc, &why)) != ST_OK)
		return st == ST_NOMEM ? st : refuse(x, &why);
	if (csv_sniff(&x->sniff, h->text, h->whole, ext_is(h, " tsv tab ") ? '\t' : ext_is(h, " psv ") ? '|' : ext_is(h, " csv ") ? ',' : 0) != ST_OK)
		return ST_NOMEM;
	x->n_all = x->sniff.columns;
	if (x->sniff.sample.n == 0 && !h->whole && h->n >= HEAD_MAX) {
		err_set(&why, ST_INVALID, "no line end in the first %u MB", (unsigned)(HEAD_MAX >> 20));
		return refuse(x, &why);
	}
	x->n = x->n_all < CSV_COLUMNS ? x->n_all : CSV_COLUMNS;
	x->pool.hll_bits = x->n > WIDE ? 8 : 12;
	x->pool.quant_most = x->n > 200 ? QUANT_WIDE : QUANT_MOST;
	if ((x->cols = calloc(x->n + 1, sizeof(*x->cols))) == NULL || (x->ended = calloc((size_t)x->n + 1, sizeof(*x->ended))) == NULL)
		return ST_NOMEM;
	for (i = 0; i < x->n; i++)
		col_init(&x->cols[i]);
	csv_scan_init(&x->scan, &x->sniff.d);
	x->scan.ctx = x;
	x->scan.on_cell = x->sniff.d.data_row > 1 ? skip_cell : data_cell;
	x->scan.on_record = x->sniff.d.data_row > 1 ? skip_record : data_record;
	x->ready = true;
	return ST_OK;
}

static st_t csv_step(struct ex *x, const uint8_t *p, size_t n, bool last)
{
	struct err why = ERR_INIT;
	st_t st;

	if ((st = dec_push(x->dec, p, n, last, &x->scan.win, &why)) == ST_OK)
		st = csv_scan_run(&x->scan, last, &why);
	if (st == ST_OK || st == ST_NOMEM)
		return st;
	refuse(x, &why);
	return ST_EOF;
}

static st_t csv_push(void *p, const uint8_t *b, size_t n, struct err *e)
{
	struct ex *x = p;
	size_t k;
	st_t st;

	(void)e;
	if (x->bad)
		return ST_EOF;
	for (; n; b += k, n -= k) {
		k = n < PUSH_STEP ? n : PUSH_STEP;
		x->bytes += k;
		if ((st = csv_step(x, b, k, false)) != ST_OK)
			return st;
	}
	return ST_OK;
}

/* ---- the document ---- */

static void put_dialect(struct ex *x, struct buf *out)
{
	const struct csv_dialect *d = &x->sniff.d;
	const struct csv_counts *c = &x->scan.count;
	char delim[2] = { d->delim, '\0' };
	bool lf = c->lf > 0, crlf = c->crlf > 0, cr = c->cr > 0;

	buf_adds(out, ",\"dialect\":{\"delimiter\":");
	json_quote(out, slice_str(delim));
	buf_adds(out, x->scan.saw_quote ? (d->quote == '"' ? ",\"quote\":\"\\\"\"" : ",\"quote\":\"'\"") : ",\"quote\":\"\"");
	if (d->escape)
		buf_adds(out, ",\"escape\":\"\\\\\"");
	buf_addf(out, ",\"lineEnd\":\"%s\"", lf + crlf + cr > 1 ? "mixed" : cr ? "cr" : crlf ? "crlf" : "lf");
	buf_addf(out, ",\"header\":%s", d->header ? "true" : "false");
	if (d->header_row)
		buf_addf(out, ",\"headerRow\":%u", d->header_row);
	if (d->units_row)
		buf_addf(out, ",\"unitsRow\":%u", d->units_row);
	buf_addf(out, ",\"skipRows\":%u,\"dataRow\":%u", d->skip, d->data_row ? d->data_row : 1);
	if (d->decimal != '.')
		buf_addf(out, ",\"decimal\":\"%c\"", d->decimal);
	if (d->comment)
		buf_addf(out, ",\"comment\":\"%c\"", d->comment);
	if (!x->scan.final_newline && x->size)
		buf_adds(out, ",\"finalNewline\":false");
	buf_addc(out, '}');
}

static struct slice header_cell(const struct ex *x, unsigned row, uint32_t col)
{
	const struct csv_sample *s = &x->sniff.sample;

	if (row == 0 || row > s->n || col >= s->rec[row - 1].n)
		return SLICE_NULL;
	return s->rec[row - 1].cell[col];
}

/* The column's own name into ${name}, as pandas would make it. */
static st_t name_column(struct ex *x, struct col_names *ns, uint32_t col, struct buf *name)
{
	struct slice head = header_cell(x, x->sniff.d.header_row, col);

	if (x->sniff.d.header)
		return col_name(ns, head, col, name);
	buf_clear(name);
	buf_addf(name, "column%u", col + 1);
	return col_name_unique(ns, name);
}

static struct slice column_unit(const struct ex *x, uint32_t col)
{
	struct slice u = slice_trim(header_cell(x, x->sniff.d.units_row, col));

	if (u.n >= 2 && ((u.p[0] == '[' && u.p[u.n - 1] == ']') || (u.p[0] == '(' && u.p[u.n - 1] == ')')))
		u = slice_trim(slice_of(u.p + 1, u.n - 2));
	if (u.n && !slice_eq_str(u, "-") && u.n <= 64)
		return u;
	return x->sniff.d.header ? unit_of_name(header_cell(x, x->sniff.d.header_row, col)) : SLICE_NULL;
}

static st_t put_column(struct ex *x, struct col_names *ns, uint32_t col, struct buf *name, struct buf *out, int lean)
{
	struct col_head h = { .header = SLICE_NULL, .unit = column_unit(x, col) };

	if (name_column(x, ns, col, name) != ST_OK)
		return ST_NOMEM;
	h.name = buf_slice(name);
	if (x->sniff.d.header)
		h.header = header_cell(x, x->sniff.d.header_row, col);
	if (col)
		buf_addc(out, ',');
	return col_put(out, &x->cols[col], &h, x->sniff.d.header, lean);
}

static bool is_plain(const struct ex *x)
{
	const struct csv_dialect *d = &x->sniff.d;
	enum enc enc = dec_enc(x->dec);

	return (enc == ENC_ASCII || enc == ENC_UTF8) && (d->delim == ',' || (d->delim == 0 && x->n == 1)) && d->header && d->skip == 0 &&
	    d->units_row == 0 && d->data_row == 2 && d->comment == 0 && !d->escape && d->decimal == '.' && d->quote == '"' && x->extra == 0;
}

/* ---- what a curator should know ---- */

struct checks { struct buf *out; unsigned n; };

static void check_open(struct checks *k, const char *code, bool warn)
{
	buf_adds(k->out, k->n++ ? "," : ",\"checks\":[");
	buf_addf(k->out, "{\"code\":\"%s\",\"level\":\"%s\"", code, warn ? "warning" : "note");
}

static void check_close(struct checks *k, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void check_close(struct checks *k, const char *fmt, ...)
{
	struct buf text = BUF_INIT(4096);
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	col_put_text(k->out, "text", buf_slice(&text));
	buf_addc(k->out, '}');
	buf_release(&text);
}

static void check_count(struct checks *k, const char *code, bool warn, uint64_t n, const char *text)
{
	if (n == 0)
		return;
	check_open(k, code, warn);
	buf_addf(k->out, ",\"count\":%llu", (unsigned long long)n);
	check_close(k, "%llu %s", (unsigned long long)n, text);
}

static const char *delim_name(char c)
{
	switch (c) {
	case '\t':
		return "tab";
	case ',':
		return "comma";
	case ';':
		return "semicolon";
	case '|':
		return "bar";
	case ':':
		return "colon";
	case '^':
		return "caret";
	default:
		return "nothing";
	}
}

static void check_columns(struct ex *x, struct checks *k)
{
	uint64_t formula = 0, all, numbers;
	uint32_t i;
	unsigned said = 0;

	for (i = 0; i < x->n; i++) {
		const struct col *c = &x->cols[i];
		struct slice name = utf8_clip(header_cell(x, x->sniff.d.header_row, i), 100);
		const char *code = NULL, *what = NULL;

		formula += c->form[FORM_FORMULA];
		if (c->zoned && c->unzoned && col_kind(c) == KIND_DATETIME && said < 50) {
			said++;
			check_open(k, "mixed-zones", true);
			check_close(k, "column %u: some values have a time zone, others have none", i + 1);
		}
		if (col_kind(c) != KIND_STRING || said >= 50)
			continue;
		all = col_count(c);
		numbers = c->n[KIND_INTEGER] + c->n[KIND_NUMBER];
		if (c->form[FORM_FULLWIDTH] == all)
			code = "fullwidth-digits", what = "numbers in full-width digits";
		else if (c->form[FORM_ZEROS] && c->form[FORM_ZEROS] + c->form[FORM_LONG] + c->n[KIND_INTEGER] == all)
			code = "leading-zeros", what = "digits with leading zeros, kept as text";
		else if (numbers * 10 >= all * 9 && all >= 10)
			code = "nearly-numbers";
		if (code == NULL)
			continue;
		said++;
		check_open(k, code, what == NULL);
		buf_addf(k->out, ",\"column\":");
		if (name.n)
			json_quote(k->out, name);
		else
			buf_addf(k->out, "\"%u\"", i + 1);
		if (what) {
			check_close(k, "column %u: %s", i + 1, what);
			continue;
		}
		buf_addf(k->out, ",\"row\":%llu,\"count\":%llu", (unsigned long long)c->odd_row, (unsigned long long)(all - numbers));
		check_close(k, "column %u: %llu of %llu values are numbers; '%s' in row %llu is not", i + 1, (unsigned long long)numbers,
		    (unsigned long long)all, c->odd, (unsigned long long)c->odd_row);
	}
	check_count(k, "formula", false, formula, "cells start like a spreadsheet formula");
}

static void put_checks(struct ex *x, const struct col_names *ns, struct buf *out)
{
	const struct csv_dialect *d = &x->sniff.d;
	const struct csv_counts *c = &x->scan.count;
	struct checks k = { out, 0 };

	if (d->other_delim) {
		check_open(&k, "ambiguous-delimiter", false);
		check_close(&k, "read with %s between cells; %s would give a table as well", delim_name(d->delim), delim_name(d->other_delim));
	}
	if (x->ragged) {
		check_open(&k, "ragged-rows", true);
		buf_addf(out, ",\"row\":%llu,\"count\":%llu", (unsigned long long)x->ragged_row, (unsigned long long)x->ragged);
		check_close(&k, "%llu rows have %u to %u cells instead of %u", (unsigned long long)x->ragged, x->least, x->most, x->n_all);
	}
	if (x->rows && x->last < x->n_all && !x->scan.final_newline) {
		check_open(&k, "cut-short", true);
		buf_addf(out, ",\"row\":%llu", (unsigned long long)x->rows);
		check_close(&k, "the last record has %u of %u cells and no line end", x->last, x->n_all);
	}
	check_count(&k, "blank-lines", false, c->blank, "blank lines skipped");
	check_count(&k, "comment-lines", false, c->comments, "comment lines skipped");
	if ((c->lf > 0) + (c->cr > 0) + (c->crlf > 0) > 1) {
		check_open(&k, "mixed-line-ends", false);
		check_close(&k, "lines end in LF %llu times, in CRLF %llu times, in CR %llu times", (unsigned long long)c->lf, (unsigned long long)c->crlf,
		    (unsigned long long)c->cr);
	}
	check_count(&k, "stray-quotes", true, c->stray, "cells hold quotes where none belong");
	check_count(&k, "duplicate-names", true, ns->dup, "columns have the name of another");
	check_count(&k, "empty-names", false, ns->empty, "columns have no name");
	check_count(&k, "long-names", false, ns->lengthy, "column names were cut at 1,000 bytes");
	if (x->rows == 0) {
		check_open(&k, "empty-table", true);
		check_close(&k, x->n ? "a header without rows" : "nothing in it");
	}
	check_columns(x, &k);
	if (k.n)
		buf_addc(out, ']');
}

static st_t put_table(struct ex *x, struct buf *out, int lean)
{
	struct col_names ns = COL_NAMES_INIT;
	struct buf name = BUF_INIT(COL_NAME_MAX + 100);
	st_t st = ST_OK;
	uint32_t i;

	put_dialect(x, out);
	buf_addf(out, ",\"tables\":[{\"name\":\"\",\"rows\":%llu,\"plain\":%s", (unsigned long long)x->rows, is_plain(x) ? "true" : "false");
	if (x->n_all > x->n)
		buf_addf(out, ",\"columnCount\":%u", x->n_all);
	buf_adds(out, ",\"columns\":[");
	for (i = 0; i < x->n && st == ST_OK && lean < 3; i++)
		st = put_column(x, &ns, i, &name, out, lean);
	buf_adds(out, "]}]");
	if (st == ST_OK)
		put_checks(x, &ns, out);
	buf_release(&name);
	col_names_release(&ns);
	return st == ST_NOMEM ? st : out->st;
}

/* Rows that ended early lack a value in every later column. */
static void add_absent(struct ex *x)
{
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i < x->n; i++) {
		sum += x->ended[i];
		x->cols[i].n[KIND_MISSING] += sum;
	}
}

static st_t csv_finish(void *p, struct buf *out, const char **status, struct err *why, struct err *e)
{
	struct ex *x = p;
	size_t from = out->n;
	const char *enc;
	int lean;
	st_t st = ST_OK;

	(void)e;
	if (!x->bad && (st = csv_step(x, (const uint8_t *)"", 0, true)) == ST_NOMEM)
		return st;
	if (x->dec && (enc = enc_name(dec_enc(x->dec))) != NULL) {
		col_put_text(out, "encoding", slice_str(enc));
		if (x->bom)
			buf_adds(out, ",\"bom\":true");
	}
	if (x->bad) {
		*status = "unreadable";
		*why = x->why;
		return out->st;
	}
	add_absent(x);
	from = out->n;
	*status = "ok";
	for (lean = x->n > WIDE ? 1 : 0; lean < 4; lean++) {
		if ((st = put_table(x, out, lean)) != ST_TOOBIG)
			break;
		out->n = from;
		out->st = ST_OK;
		*status = "partial";
		err_set(why, ST_TOOBIG, "too many columns for all their statistics");
	}
	if (x->n_all > x->n) {
		*status = "partial";
		err_set(why, ST_TOOBIG, "%u columns, only the first %u are described", x->n_all, x->n);
	}
	return st;
}

const struct extractor ex_csv = { "csv", 1, csv_bid, csv_open, csv_push, csv_finish, csv_media, csv_free, NULL };
