/* ARFF, the tables of Weka: attributes with declared types, then lines of values. */

#include <stdlib.h>
#include <strings.h>

#include "base/utf8.h"
#include "indexer/extract/cell_int.h"
#include "indexer/extract/extract_int.h"

#define PIECE		((size_t)256 << 10)
#define LINE_MOST	((size_t)4 << 20)
#define ATTRIBUTES_MOST	20000u

enum kind_of { ARFF_NUMBER, ARFF_TEXT, ARFF_DATE };

struct arff {
	struct fact *f;
	struct table *t;
	uint8_t *kind; uint32_t n;
	bool data, nomem;
	uint64_t line, short_rows, first_short;
	struct buf cell;
	struct err why;
};

/* The first line that is neither empty nor a remark begins with @relation. */
static int arff_bid(const struct head *h)
{
	struct slice rest = h->text, line;

	if (h->magic)
		return 0;
	while (rest.n) {
		line = slice_trim(slice_cut(&rest, '\n'));
		if (line.n == 0 || line.p[0] == '%' || line.p[0] == '\r')
			continue;
		return line.n > 9 && strncasecmp(line.p, "@relation", 9) == 0 && (line.p[9] == ' ' || line.p[9] == '\t') ? 92 : 0;
	}
	return 0;
}

/* One value from the front of ${s}, unquoted into x->cell; ${end}: what ends it beside the end of the line. */
static struct slice value_next(struct arff *x, struct slice *s, const char *end, bool *quoted)
{
	char quote;
	size_t i = 0;

	while (s->n && (*s->p == ' ' || *s->p == '\t'))
		*s = slice_of(s->p + 1, s->n - 1);
	buf_clear(&x->cell);
	*quoted = s->n && (*s->p == '\'' || *s->p == '"');
	if (*quoted) {
		quote = *s->p;
		for (i = 1; i < s->n && s->p[i] != quote; i++) {
			if (s->p[i] == '\\' && i + 1 < s->n)
				i++;
			buf_addc(&x->cell, s->p[i]);
		}
		i += i < s->n;
	} else
		for (; i < s->n && strchr(end, s->p[i]) == NULL; i++)
			buf_addc(&x->cell, s->p[i]);
	*s = slice_of(s->p + i, s->n - i);
	x->nomem |= x->cell.st == ST_NOMEM;
	return x->cell.n ? *quoted ? buf_slice(&x->cell) : slice_trim(buf_slice(&x->cell)) : slice_of("", 0);
}

static st_t attribute(struct arff *x, struct slice s)
{
	bool quoted;
	uint32_t col;
	void *p;

	if (x->n >= ATTRIBUTES_MOST)
		return err_set(&x->why, ST_INVALID, "more than %u attributes", ATTRIBUTES_MOST);
	if ((p = realloc(x->kind, x->n + 1)) == NULL)
		return ST_NOMEM;
	x->kind = p;
	col = table_column(x->t, value_next(x, &s, " \t", &quoted));
	s = slice_trim(s);
	x->kind[x->n] = ARFF_TEXT;
	if (s.n && s.p[0] == '{')
		table_declare(x->t, col, "string");
	else if (s.n >= 4 && strncasecmp(s.p, "date", 4) == 0)
		x->kind[x->n] = ARFF_DATE;
	else if ((s.n >= 7 && (strncasecmp(s.p, "numeric", 7) == 0 || strncasecmp(s.p, "integer", 7) == 0)) || (s.n >= 4 && strncasecmp(s.p, "real", 4) == 0))
		x->kind[x->n] = ARFF_NUMBER;
	table_declare(x->t, col, x->kind[x->n] == ARFF_NUMBER ? "number" : "string");
	x->n++;
	return ST_OK;
}

static void put(struct arff *x, uint32_t col, struct slice v, bool quoted)
{
	if (col >= x->n)
		return;
	if (v.n == 0 || (!quoted && v.n == 1 && v.p[0] == '?'))
		table_missing(x->t, col);
	else if (x->kind[col] == ARFF_TEXT)
		table_string(x->t, col, v);
	else
		table_cell(x->t, col, v);
}

static void row(struct arff *x, struct slice s)
{
	uint32_t col = 0;
	bool quoted;
	struct slice v;

	for (;; col++) {
		v = value_next(x, &s, ",\t", &quoted);
		put(x, col, v, quoted);
		while (s.n && *s.p == ' ')
			s = slice_of(s.p + 1, s.n - 1);
		if (s.n == 0 || (*s.p != ',' && *s.p != '\t'))
			break;
		s = slice_of(s.p + 1, s.n - 1);
	}
	if (col + 1 != x->n && x->short_rows++ == 0)
		x->first_short = x->line;
	table_row(x->t);
}

/* Rows like {0 5.1, 4 "x"} leave out what is 0 or the first of its list. */
static st_t line_read(struct arff *x, struct slice s)
{
	bool quoted;

	x->line++;
	s = slice_trim(s);
	if (s.n && s.p[s.n - 1] == '\r')
		s = slice_trim(slice_of(s.p, s.n - 1));
	if (s.n == 0 || s.p[0] == '%')
		return ST_OK;
	if (!utf8_valid(s, NULL))
		return err_set(&x->why, ST_INVALID, "not valid UTF-8 in line %llu", (unsigned long long)x->line);
	if (x->data) {
		if (s.p[0] == '{')
			return err_set(&x->why, ST_UNSUPPORTED, "sparse rows, which are not read");
		row(x, s);
	} else if (s.n > 10 && strncasecmp(s.p, "@attribute", 10) == 0)
		return attribute(x, slice_trim(slice_of(s.p + 10, s.n - 10)));
	else if (s.n > 9 && strncasecmp(s.p, "@relation", 9) == 0) {
		s = slice_trim(slice_of(s.p + 9, s.n - 9));
		fact_put_text(x->f, fact_root(x->f), "title", value_next(x, &s, "", &quoted));
	} else if (s.n >= 5 && strncasecmp(s.p, "@data", 5) == 0)
		x->data = true;
	else
		return err_set(&x->why, ST_INVALID, "line %llu is neither @attribute nor @data", (unsigned long long)x->line);
	return x->nomem ? ST_NOMEM : ST_OK;
}

static st_t lines(struct arff *x, struct source *src)
{
	struct buf win = BUF_INIT(LINE_MOST + PIECE);
	uint64_t at = 0;
	size_t got, from;
	const char *nl;
	st_t st = ST_OK;

	while (st == ST_OK && at < src->size) {
		if (buf_reserve(&win, PIECE) != ST_OK) {
			st = win.st == ST_NOMEM ? ST_NOMEM : err_set(&x->why, ST_INVALID, "a line of more than %u MB", (unsigned)(LINE_MOST >> 20));
			break;
		}
		if ((st = source_read(src, at, win.p + win.n, PIECE, &got, &x->why)) != ST_OK)
			break;
		win.n += got;
		at += got;
		for (from = 0; st == ST_OK && (nl = memchr(win.p + from, '\n', win.n - from)) != NULL; from = (size_t)(nl - win.p) + 1)
			st = line_read(x, slice_of(win.p + from, (size_t)(nl - win.p) - from));
		buf_drop(&win, from);
	}
	if (st == ST_OK && win.n)
		st = line_read(x, buf_slice(&win));
	buf_release(&win);
	return st;
}

static st_t arff_facts(struct fact *f, const struct head *h, struct source *src)
{
	struct arff x = { .f = f, .cell = BUF_INIT(LINE_MOST), .why = ERR_INIT };
	st_t st;

	(void)h;
	fact_media(f, "text/x-arff");
	fact_format(f, "ARFF", NULL, NULL);
	if ((x.t = table_new(f, SLICE_NULL)) == NULL)
		return ST_NOMEM;
	st = lines(&x, src);
	if (st != ST_OK && st != ST_NOMEM && x.n == 0)
		fact_unreadable(f, "%s", x.why.text);
	else if (st != ST_NOMEM) {
		if (st != ST_OK)
			fact_partial(f, "%s", x.why.text);
		if (x.short_rows)
			fact_check(f, "ragged-rows", true, "%llu rows have not as many values as there are attributes, the first in line %llu",
			    (unsigned long long)x.short_rows, (unsigned long long)x.first_short);
		table_end(x.t, SLICE_NULL);
		x.t = NULL;
	}
	table_drop(x.t);
	free(x.kind);
	buf_release(&x.cell);
	return st == ST_NOMEM ? st : ST_OK;
}

const struct extractor ex_arff = { .name = "arff", .version = 1, .bid = arff_bid, .read = arff_facts };
