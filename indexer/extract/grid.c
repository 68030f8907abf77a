#include "indexer/extract/grid.h"

#include <math.h>
#include <stdlib.h>

#include "indexer/extract/csv_int.h"

#define SAMPLE_ROWS	200u
#define SAMPLE_TEXT	((size_t)256 << 10)
#define WIDTH_MOST	16384u
#define CELLS_MOST	((size_t)200000)

struct gcell { uint32_t row, col; enum grid_kind kind; double v; size_t at, n; };

struct grid {
	struct fact *f;
	char *name;
	struct table *t;		/* once the sample is settled */
	struct gcell *cell; size_t n, cap;
	struct buf text;
	uint32_t width;
	uint32_t sampled;		/* rows in the sample */
	bool filled;			/* this row has a value */
	size_t row_from;		/* first cell of this row */
	uint64_t rows, beyond, errors;
	bool nomem;
};

struct grid *grid_new(struct fact *f, struct slice name)
{
	struct grid *g = calloc(1, sizeof(*g));

	if (g == NULL || (g->name = slice_dup(name)) == NULL) {
		free(g);
		return NULL;
	}
	g->f = f;
	buf_init(&g->text, SAMPLE_TEXT * 4 + ((size_t)1 << 20));
	return g;
}

void grid_drop(struct grid *g)
{
	if (g == NULL)
		return;
	table_drop(g->t);
	free(g->cell);
	buf_release(&g->text);
	free(g->name);
	free(g);
}

uint64_t grid_rows(const struct grid *g)
{
	return g->rows;
}

static void put(struct grid *g, uint32_t col, enum grid_kind kind, struct slice text, double v)
{
	switch (kind) {
	case GRID_TEXT:
		table_string(g->t, col, text);
		break;
	case GRID_NUMBER:
		if (v == floor(v) && fabs(v) < 1e15)
			table_int(g->t, col, (int64_t)v);
		else
			table_real(g->t, col, v);
		break;
	case GRID_BOOLEAN:
		table_bool(g->t, col, v != 0);
		break;
	case GRID_DATE:
	case GRID_MOMENT:
		table_moment(g->t, col, (int64_t)v, kind == GRID_DATE, false);
		break;
	case GRID_ERROR:
		g->errors++;
		table_missing(g->t, col);
		break;
	default:
		break;
	}
}

/* ---- the sample ---- */

static struct slice text_of(const struct grid *g, const struct gcell *c)
{
	return c->n ? slice_of(g->text.p + c->at, c->n) : slice_of("", 0);
}

static void write_cell(struct grid *g, const struct gcell *c, struct buf *out)
{
	struct slice s;
	char b[40];
	size_t i;

	switch (c->kind) {
	case GRID_TEXT:
		s = text_of(g, c);
		buf_addc(out, '"');
		for (i = 0; i < s.n && i < 200; i++) {
			if (s.p[i] == '"')
				buf_addc(out, '"');
			buf_addc(out, s.p[i] == '\n' || s.p[i] == '\r' || s.p[i] == '\t' ? ' ' : s.p[i]);
		}
		buf_addc(out, '"');
		break;
	case GRID_DATE:
	case GRID_MOMENT:
		cell_date_text(b, (int64_t)c->v, c->kind == GRID_DATE, false);
		buf_adds(out, b);
		break;
	case GRID_NUMBER:
		buf_addf(out, "%.15g", c->v);
		break;
	case GRID_BOOLEAN:
		buf_adds(out, c->v != 0 ? "true" : "false");
		break;
	default:
		break;
	}
}

/* The sample as a table of tabs; a row of one cell is left short, as a title in a text file would be. */
static void render(struct grid *g, struct buf *out)
{
	size_t i = 0;
	uint32_t row, col;

	for (row = 0; row < g->sampled; row++) {
		size_t from = i, count;

		while (i < g->n && g->cell[i].row == row)
			i++;
		count = i - from;
		for (col = 0; col < g->width; col++) {
			if (col)
				buf_addc(out, '\t');
			if (from < i && g->cell[from].col == col)
				write_cell(g, &g->cell[from++], out);
			if (count == 1 && from == i && g->width > 2)
				break;
		}
		buf_addc(out, '\n');
	}
}

struct found { uint32_t header, units, data; };	/* rows from 1; 0: none */

/* Without help: a first row of nothing but text, under which not everything is text or at least something is. */
static void plain_guess(const struct grid *g, struct found *r)
{
	size_t i;
	uint32_t texts = 0;

	for (i = 0; i < g->n && g->cell[i].row == 0; i++) {
		if (g->cell[i].kind != GRID_TEXT)
			break;
		texts++;
	}
	*r = (struct found){ .data = 1 };
	if (texts && (i == g->n || g->cell[i].row > 0) && g->sampled > 1)
		*r = (struct found){ .header = 1, .data = 2 };
}

static void guess(struct grid *g, struct found *r)
{
	struct buf b = BUF_INIT((size_t)16 << 20);
	struct csv_sniff s;

	plain_guess(g, r);
	if (g->width < 2)
		return;
	render(g, &b);
	if (b.st == ST_OK && b.n && csv_sniff(&s, buf_slice(&b), true, '\t') == ST_OK) {
		if (s.d.delim == '\t' && s.d.comment == 0 && s.d.data_row <= g->sampled + 1)
			*r = (struct found){ .header = s.d.header_row, .units = s.d.units_row, .data = s.d.data_row ? s.d.data_row : 1 };
		csv_sniff_release(&s);
	}
	buf_release(&b);
}

static const struct gcell *at(const struct grid *g, uint32_t row, uint32_t col)
{
	size_t lo = 0, hi = g->n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		const struct gcell *c = &g->cell[mid];

		if (c->row < row || (c->row == row && c->col < col))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < g->n && g->cell[lo].row == row && g->cell[lo].col == col ? &g->cell[lo] : NULL;
}

static void columns(struct grid *g, const struct found *r)
{
	struct buf b = BUF_INIT(1000);
	uint32_t col;

	for (col = 0; col < g->width; col++) {
		const struct gcell *h = r->header ? at(g, r->header - 1, col) : NULL, *u = r->units ? at(g, r->units - 1, col) : NULL;

		buf_clear(&b);
		if (h && h->kind == GRID_TEXT)
			buf_addsl(&b, text_of(g, h));
		else if (h)
			write_cell(g, h, &b);
		else if (r->header == 0)
			buf_addf(&b, "column%u", col + 1);
		table_column(g->t, b.n ? slice_trim(buf_slice(&b)) : SLICE_NULL);
		if (u && u->kind == GRID_TEXT && u->n <= 64) {
			struct slice s = slice_trim(text_of(g, u));

			if (s.n >= 2 && ((s.p[0] == '[' && s.p[s.n - 1] == ']') || (s.p[0] == '(' && s.p[s.n - 1] == ')')))
				s = slice_of(s.p + 1, s.n - 2);
			if (!slice_eq_str(s, "-"))
				table_unit(g->t, col, s);
		}
	}
	buf_release(&b);
}

static void settle(struct grid *g)
{
	struct found r;
	uint32_t row;
	size_t i = 0;

	if (g->t || g->n == 0 || g->nomem)
		return;
	guess(g, &r);
	if ((g->t = table_new(g->f, slice_str(g->name))) == NULL) {
		g->nomem = true;
		return;
	}
	columns(g, &r);
	for (row = 0; row < g->sampled; row++) {
		for (; i < g->n && g->cell[i].row == row; i++)
			if (row + 1 >= r.data)
				put(g, g->cell[i].col, g->cell[i].kind, text_of(g, &g->cell[i]), g->cell[i].v);
		if (row + 1 >= r.data) {
			table_row(g->t);
			g->rows++;
		}
	}
	free(g->cell);
	g->cell = NULL;
	g->n = g->cap = 0;
	buf_release(&g->text);
}

static void keep(struct grid *g, uint32_t col, enum grid_kind kind, struct slice text, double v)
{
	size_t cap;
	void *p;

	/* A column twice or backwards: the file is wrong, the first counts. */
	if (g->n > g->row_from && g->cell[g->n - 1].col >= col)
		return;
	if (g->n == g->cap) {
		cap = g->cap ? g->cap * 2 : 256;
		if ((p = realloc(g->cell, cap * sizeof(*g->cell))) == NULL) {
			g->nomem = true;
			return;
		}
		g->cell = p;
		g->cap = cap;
	}
	g->cell[g->n++] = (struct gcell){ g->sampled, col, kind, v, g->text.n, text.n };
	if (buf_addsl(&g->text, text) != ST_OK)
		g->cell[g->n - 1].n = 0;
	if (col >= g->width)
		g->width = col + 1;
}

void grid_cell(struct grid *g, uint32_t col, enum grid_kind kind, struct slice text, double v)
{
	if (kind == GRID_EMPTY || (kind == GRID_TEXT && text.n == 0) || g->nomem)
		return;
	if (col >= WIDTH_MOST || (g->t && col >= g->width)) {
		g->beyond++;
		return;
	}
	g->filled = true;
	if (g->t)
		put(g, col, kind, text, v);
	else
		keep(g, col, kind, text, v);
}

void grid_row(struct grid *g)
{
	if (!g->filled)
		return;
	g->filled = false;
	if (g->t) {
		table_row(g->t);
		g->rows++;
		return;
	}
	g->sampled++;
	g->row_from = g->n;
	if (g->sampled == SAMPLE_ROWS || g->text.n >= SAMPLE_TEXT || g->n >= CELLS_MOST)
		settle(g);
}

void grid_end(struct grid *g)
{
	grid_row(g);
	settle(g);
	if (g->beyond)
		fact_check(g->f, "ragged-rows", false, "%llu cells right of the table '%.100s' were not read", (unsigned long long)g->beyond, g->name);
	if (g->errors)
		fact_check(g->f, "formula-errors", false, "%llu cells of '%.100s' hold an error of their formula", (unsigned long long)g->errors, g->name);
	if (g->t)
		table_end(g->t, SLICE_NULL);
	g->t = NULL;
	grid_drop(g);
}
