/* A table of a binary or structured format, on its way into the facts: what CSV gets, for cells whose type is known. */

#include <math.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "base/vec.h"
#include "indexer/extract/col_int.h"
#include "indexer/extract/fact_int.h"

#define DISTINCT_MEMORY	((size_t)16 << 20)
#define WIDE		2000		/* as in ex_csv.c */
#define VALUE_LABELS	500

struct tcol { struct col c; char *name, *header, *label, *unit; struct col_more more; bool touched; };

struct table {
	struct fact *f;
	char *name;
	struct tcol *cols;
	uint32_t n, cap, all;
	struct col_names names;
	struct col_pool pool;
	uint64_t rows;
	bool counted;			/* table_rows() */
};

static char *text_dup(struct fact *f, struct slice s, size_t max)
{
	json_t *j = fact_text(s, max);
	char *p = j ? slice_dup(json_slice(j)) : NULL;

	json_decref(j);
	if (p == NULL)
		f->nomem = true;
	return p;
}

struct table *table_new(struct fact *f, struct slice name)
{
	struct table *t = calloc(1, sizeof(*t));

	/* The name may come from the file: bytes that are no text would break the document. */
	if (t == NULL || (t->name = text_dup(f, name, COL_NAME_MAX)) == NULL) {
		free(t);
		f->nomem = true;
		return NULL;
	}
	t->f = f;
	t->pool.max = DISTINCT_MEMORY;
	t->pool.hll_bits = 12;
	return t;
}

uint32_t table_column(struct table *t, struct slice name)
{
	struct buf unique = BUF_INIT(COL_NAME_MAX + 100);
	uint32_t at = t->all++, cap;
	struct tcol *c;
	void *p;

	if (at > t->n || t->f->columns >= FACT_COLUMNS) {
		fact_partial(t->f, "more than %d columns", FACT_COLUMNS);
		return at;
	}
	if (t->n == t->cap) {
		cap = t->cap ? t->cap * 2 : 16;
		if ((p = realloc(t->cols, cap * sizeof(*t->cols))) == NULL) {
			t->f->nomem = true;
			return at;
		}
		t->cols = p;
		t->cap = cap;
	}
	c = &t->cols[t->n];
	memset(c, 0, sizeof(*c));
	col_init(&c->c);
	if ((c->header = text_dup(t->f, name, COL_NAME_MAX)) != NULL &&
	    col_name(&t->names, slice_str(c->header), at, &unique) == ST_OK)
		c->name = slice_dup(buf_slice(&unique));
	buf_release(&unique);
	if (c->name == NULL)
		t->f->nomem = true;
	c->c.n[KIND_MISSING] = t->rows;
	t->n++;
	t->f->columns++;
	if (t->n > WIDE)
		t->pool.hll_bits = 8;
	t->pool.quant_most = t->n > 200 ? QUANT_WIDE : QUANT_MOST;
	return at;
}

void table_label(struct table *t, uint32_t col, struct slice label)
{
	if (col < t->n && label.n) {
		free(t->cols[col].label);
		t->cols[col].label = text_dup(t->f, label, COL_NAME_MAX);
	}
}

void table_unit(struct table *t, uint32_t col, struct slice unit)
{
	if (col < t->n && unit.n) {
		free(t->cols[col].unit);
		t->cols[col].unit = text_dup(t->f, unit, 64);
	}
}

void table_describe(struct table *t, uint32_t col, struct slice text)
{
	if (col < t->n && text.n) {
		json_decref(t->cols[col].more.description);
		if ((t->cols[col].more.description = fact_text(text, FACT_VALUE)) == NULL)
			t->f->nomem = true;
	}
}

void table_value_label(struct table *t, uint32_t col, struct slice code, struct slice label)
{
	struct col_more *m;
	char *key;

	if (col >= t->n || code.n == 0 || json_object_size((m = &t->cols[col].more)->values) >= VALUE_LABELS)
		return;
	if (m->values == NULL)
		m->values = json_object();
	if ((key = text_dup(t->f, code, 200)) != NULL)
		fact_put(t->f, m->values, key, fact_text(label, 500));
	free(key);
}

void table_declare(struct table *t, uint32_t col, const char *type)
{
	if (col < t->n)
		t->cols[col].more.declared = type;
}

void table_unread(struct table *t, uint32_t col)
{
	if (col < t->n)
		t->cols[col].more.unread = true;
}

static struct col *touch(struct table *t, uint32_t col)
{
	if (col >= t->n)
		return NULL;
	t->cols[col].touched = true;
	return &t->cols[col].c;
}

void table_int(struct table *t, uint32_t col, int64_t v)
{
	struct col *c = touch(t, col);

	if (c)
		col_int(c, &t->pool, v);
}

void table_real(struct table *t, uint32_t col, double v)
{
	struct col *c = touch(t, col);

	if (c)
		col_real(c, &t->pool, v);
}

void table_bool(struct table *t, uint32_t col, bool v)
{
	struct col *c = touch(t, col);

	if (c)
		col_bool(c, &t->pool, v);
}

static bool is_plain(struct slice s)
{
	return s.n == 0 || (memchr(s.p, '\0', s.n) == NULL && utf8_valid(s, NULL));
}

void table_string(struct table *t, uint32_t col, struct slice s)
{
	struct col *c = touch(t, col);
	json_t *j;

	if (c == NULL)
		return;
	if (is_plain(s)) {
		col_string(c, &t->pool, s.p, s.n, t->rows + 1);
		return;
	}
	if ((j = fact_text(s, COL_NAME_MAX)) == NULL)
		t->f->nomem = true;
	else
		col_string(c, &t->pool, json_string_value(j), json_string_length(j), t->rows + 1);
	json_decref(j);
}

void table_cell(struct table *t, uint32_t col, struct slice s)
{
	struct col *c = touch(t, col);

	if (c && is_plain(s))
		col_add(c, &t->pool, s.p, s.n, '.', t->rows + 1);
	else if (c)
		table_string(t, col, s);
}

void table_moment(struct table *t, uint32_t col, int64_t us, bool day, bool zoned)
{
	struct col *c = touch(t, col);

	if (c)
		col_moment(c, &t->pool, us, day, zoned);
}

void table_missing(struct table *t, uint32_t col)
{
	struct col *c = touch(t, col);

	if (c)
		c->n[KIND_MISSING]++;
}

/* Neither text nor number: that it is there is all that is told. */
void table_opaque(struct table *t, uint32_t col)
{
	struct col *c = touch(t, col);

	if (c == NULL)
		return;
	c->n[KIND_STRING]++;
	c->form[FORM_PLAIN]++;
	c->d.failed = true;
	t->cols[col].more.opaque++;
}

/* Cells that were not given are missing. */
void table_row(struct table *t)
{
	uint32_t i;

	for (i = 0; i < t->n; i++) {
		if (!t->cols[i].touched)
			t->cols[i].c.n[KIND_MISSING]++;
		t->cols[i].touched = false;
	}
	t->rows++;
}

void table_rows(struct table *t, uint64_t n)
{
	t->rows = n;
	t->counted = true;
}

void table_columnar(struct table *t, uint64_t n)
{
	t->rows = n;
}

static st_t put(struct table *t, struct slice extra, struct buf *out, int lean)
{
	uint32_t i;

	if (t->f->tables.n)
		buf_addc(out, ',');
	buf_adds(out, "{\"name\":");
	json_quote(out, slice_str(t->name));
	buf_addf(out, ",\"rows\":%llu", (unsigned long long)t->rows);
	if (t->all > t->n)
		buf_addf(out, ",\"columnCount\":%u", t->all);
	buf_addsl(out, extra);
	buf_adds(out, ",\"columns\":[");
	for (i = 0; i < t->n && lean < 3; i++) {
		struct tcol *c = &t->cols[i];
		struct col_head h = { slice_str(c->name), slice_str(c->header), c->label ? slice_str(c->label) : SLICE_NULL,
		    c->unit ? slice_str(c->unit) : unit_of_name(slice_str(c->header)) };

		if (h.unit.n == 0 && c->label)
			h.unit = unit_of_name(h.label);
		if (i)
			buf_addc(out, ',');
		col_put_more(out, &c->c, &h, &c->more, t->counted ? 2 : lean);
	}
	return buf_adds(out, "]}");
}

void table_drop(struct table *t)
{
	uint32_t i;

	if (t == NULL)
		return;
	for (i = 0; i < t->n; i++) {
		col_release(&t->cols[i].c, &t->pool);
		free(t->cols[i].name);
		free(t->cols[i].header);
		free(t->cols[i].label);
		free(t->cols[i].unit);
		json_decref(t->cols[i].more.description);
		json_decref(t->cols[i].more.values);
	}
	free(t->cols);
	col_names_release(&t->names);
	free(t->name);
	free(t);
}

void table_end(struct table *t, struct slice extra)
{
	struct fact *f = t->f;
	size_t from = f->tables.n, room = f->ceiling / 4 * 3;
	int lean;
	st_t st = ST_TOOBIG;

	if (f->nomem)
		goto out;
	for (lean = t->n > WIDE ? 1 : 0; lean < 4 && st == ST_TOOBIG; lean++) {
		f->tables.n = from;
		f->tables.st = ST_OK;
		st = put(t, extra, &f->tables, lean);
		if (st == ST_OK && f->tables.n > room && lean < 3)
			st = ST_TOOBIG;
		if (st == ST_TOOBIG)
			fact_partial(f, "too many columns for all their statistics");
	}
	if (st != ST_OK) {
		f->tables.n = from;
		f->tables.st = ST_OK;
		f->nomem |= st == ST_NOMEM;
	}
	if (t->names.dup)
		fact_check(f, "duplicate-names", true, "%llu columns have the name of another", (unsigned long long)t->names.dup);
out:
	table_drop(t);
}
