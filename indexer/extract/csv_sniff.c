/*
 * Dialect of delimited text, from its first records. Each delimiter is tried with the scanner itself; the one wins under which
 * most records have the same number of cells, the first record among them, and most cells are numbers or dates. Then the
 * first records are compared with those below: names above numbers are a header, units between the two a units row.
 */

#include <stdlib.h>

#include "indexer/extract/csv_int.h"

#define TRY_BYTES	((size_t)128 << 10)
#define TRY_RECORDS	2000
#define KEEP_RECORDS	300
#define KEEP_CELLS	((size_t)400000)

struct trial {
	struct csv_scan scan;
	uint32_t count[TRY_RECORDS];
	size_t n;
	uint64_t cells, typed;
	uint32_t usual;
	double consistency, score;
};

static void trial_cell(void *ctx, uint32_t col, const char *p, size_t n)
{
	struct trial *t = ctx;
	struct cell c;

	if (t->n == 0 || t->n > KEEP_RECORDS)
		return;
	cell_read(&c, p, n, '.');
	t->cells++;
	if (c.kind == KIND_STRING && t->scan.d.delim != ',')
		cell_read(&c, p, n, ',');
	t->typed += c.kind != KIND_STRING;
}

static void trial_record(void *ctx, uint32_t cells)
{
	struct trial *t = ctx;

	if (t->n < TRY_RECORDS)
		t->count[t->n++] = cells;
}

static int by_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* The most frequent number of cells; on a tie the first record's, else the larger. */
static void trial_usual(struct trial *t)
{
	uint32_t sorted[TRY_RECORDS];
	size_t i, run = 0, best = 0;

	if (t->n == 0)
		return;
	memcpy(sorted, t->count, t->n * sizeof(sorted[0]));
	qsort(sorted, t->n, sizeof(sorted[0]), by_u32);
	for (i = 0; i < t->n; i++) {
		run = i > 0 && sorted[i] == sorted[i - 1] ? run + 1 : 1;
		if (run > best || (run == best && t->usual != t->count[0])) {
			best = run;
			t->usual = sorted[i];
		}
	}
	t->consistency = (double)best / (double)t->n;
}

static void trial_score(struct trial *t)
{
	static const char order[] = "\t,;|^:";
	static const double prior[] = { 1.05, 1.0, 0.99, 0.95, 0.6, 0.5 };
	const char *o = t->scan.d.delim ? strchr(order, t->scan.d.delim) : NULL;
	double typed = t->cells ? (double)t->typed / (double)t->cells : 0;

	trial_usual(t);
	if (o == NULL || t->usual < 2 || t->n == 0)
		return;
	t->score = t->consistency * prior[o - order] * (0.75 + 0.25 * typed);
	if (t->count[0] != t->usual)
		t->score *= 0.8;
	t->score -= 0.2 * (double)t->scan.count.stray / (double)(t->scan.count.stray + t->cells + 1);
}

static st_t trial_run(struct trial *t, struct slice text, bool whole, const struct csv_dialect *d)
{
	size_t at = 0, k, most = text.n;
	st_t st = ST_OK;

	memset(t, 0, sizeof(*t));
	csv_scan_init(&t->scan, d);
	t->scan.on_cell = trial_cell;
	t->scan.on_record = trial_record;
	t->scan.ctx = t;
	while (at < most && st == ST_OK && t->n < TRY_RECORDS) {
		k = most - at < 65536 ? most - at : 65536;
		if (buf_add(&t->scan.win, text.p + at, k) != ST_OK)
			break;
		at += k;
		st = csv_scan_run(&t->scan, whole && at == text.n, NULL);
		if (at >= TRY_BYTES && t->n >= 2)
			break;
	}
	trial_score(t);
	st = t->scan.win.st == ST_NOMEM ? ST_NOMEM : ST_OK;
	csv_scan_release(&t->scan);
	return st;
}

/* ---- the sample ---- */

struct keeper {
	struct csv_scan scan;
	struct csv_sample *out;
	struct buf text;
	size_t cap_rec, cap_cells;
	uint32_t *at;			/* offset of each cell in text: slices are made at the end, when text stands still */
	size_t most;
	bool full, failed;
	size_t rec_from;
};

static void keep_cell(void *ctx, uint32_t col, const char *p, size_t n)
{
	struct keeper *k = ctx;
	struct csv_sample *s = k->out;

	if (k->full || k->failed)
		return;
	if (s->n_cells == k->cap_cells) {
		size_t cap = k->cap_cells ? k->cap_cells * 2 : 256;
		struct slice *c = realloc(s->cells, cap * sizeof(*c));
		uint32_t *a = c ? realloc(k->at, cap * sizeof(*a)) : NULL;

		if (c)
			s->cells = c;
		if (a)
			k->at = a;
		if (c == NULL || a == NULL) {
			k->failed = true;
			return;
		}
		k->cap_cells = cap;
	}
	k->at[s->n_cells] = (uint32_t)k->text.n;
	s->cells[s->n_cells++].n = n;
	if (buf_add(&k->text, p, n) != ST_OK)
		k->failed = true;
}

static void keep_record(void *ctx, uint32_t cells)
{
	struct keeper *k = ctx;
	struct csv_sample *s = k->out;
	struct csv_record *r;

	if (k->full || k->failed)
		return;
	if (s->n == k->cap_rec) {
		k->cap_rec = k->cap_rec ? k->cap_rec * 2 : 32;
		if ((r = realloc(s->rec, k->cap_rec * sizeof(*r))) == NULL) {
			k->failed = true;
			return;
		}
		s->rec = r;
	}
	s->rec[s->n++] = (struct csv_record){ NULL, cells, false };
	k->full = s->n >= k->most || s->n_cells >= KEEP_CELLS;
}

void csv_sample_release(struct csv_sample *s)
{
	free(s->rec);
	free(s->cells);
	free(s->text);
	memset(s, 0, sizeof(*s));
}

st_t csv_sample_read(struct csv_sample *out, struct slice text, bool whole, const struct csv_dialect *d, size_t most)
{
	struct keeper k;
	size_t at = 0, n, i, j, c = 0;
	st_t st = ST_OK;

	memset(out, 0, sizeof(*out));
	memset(&k, 0, sizeof(k));
	k.out = out;
	k.most = most;
	buf_init(&k.text, (size_t)64 << 20);
	csv_scan_init(&k.scan, d);
	k.scan.on_cell = keep_cell;
	k.scan.on_record = keep_record;
	k.scan.ctx = &k;
	while (at < text.n && st == ST_OK && !k.full && !k.failed) {
		n = text.n - at < 65536 ? text.n - at : 65536;
		if ((st = buf_add(&k.scan.win, text.p + at, n)) != ST_OK)
			break;
		at += n;
		st = csv_scan_run(&k.scan, whole && at == text.n, NULL);
	}
	out->quoted = k.scan.saw_quote;
	csv_scan_release(&k.scan);
	out->text = buf_take(&k.text, NULL);
	for (i = 0; i < out->n && !k.failed; i++) {
		out->rec[i].cell = out->cells + c;
		for (j = 0; j < out->rec[i].n; j++, c++)
			out->cells[c].p = out->text + k.at[c];
	}
	free(k.at);
	buf_release(&k.text);
	if (k.failed || out->text == NULL) {
		csv_sample_release(out);
		return ST_NOMEM;
	}
	return ST_OK;
}

/* ---- header, units, decimal sign ---- */

static enum kind kind_of(const struct csv_record *r, uint32_t col, char decimal)
{
	struct cell c;

	if (col >= r->n)
		return KIND_MISSING;
	cell_read(&c, r->cell[col].p, r->cell[col].n, decimal);
	return c.kind == KIND_INTEGER ? KIND_NUMBER : c.kind == KIND_DATE ? KIND_DATETIME : c.kind;
}

/* The kind that most values of a column have in the records from ${from}; KIND_MISSING when there are none. */
static enum kind body_kind(const struct csv_sample *s, size_t from, uint32_t col, char decimal)
{
	size_t n[KIND_COUNT] = { 0 }, i, all = 0, most = from + 60;
	int k;

	for (i = from; i < s->n && i < most; i++) {
		enum kind kind = kind_of(&s->rec[i], col, decimal);

		n[kind]++;
		all += kind != KIND_MISSING;
	}
	for (k = KIND_INTEGER; k < KIND_COUNT && all; k++)
		if (n[k] * 5 >= all * 4)
			return (enum kind)k;
	return all ? KIND_STRING : KIND_MISSING;
}

static bool repeated_below(const struct csv_sample *s, size_t row, uint32_t col)
{
	struct slice head = s->rec[row].cell[col];
	size_t i;

	for (i = row + 1; i < s->n; i++)
		if (col < s->rec[i].n && slice_eq(s->rec[i].cell[col], head))
			return true;
	return false;
}

/* Numbers in a header are names when they count up, as years and channel numbers do: 1990,1991,1992 */
static bool counts_up(const struct csv_record *r, uint32_t col)
{
	struct cell a, b;

	if (col + 1 < r->n) {
		cell_read(&a, r->cell[col].p, r->cell[col].n, '.');
		cell_read(&b, r->cell[col + 1].p, r->cell[col + 1].n, '.');
	} else if (col > 0) {
		cell_read(&a, r->cell[col - 1].p, r->cell[col - 1].n, '.');
		cell_read(&b, r->cell[col].p, r->cell[col].n, '.');
	} else
		return false;
	return a.kind == KIND_INTEGER && b.kind == KIND_INTEGER && b.i == a.i + 1 && a.i >= 1000;
}

static bool is_header(const struct csv_sample *s, size_t row, char decimal)
{
	const struct csv_record *r = &s->rec[row];
	uint32_t col, most = r->n > 1000 ? 1000 : r->n;
	int for_it = 0, against = 0;
	enum kind head, body;

	for (col = 0; col < most; col++) {
		head = kind_of(r, col, decimal);
		body = body_kind(s, row + 1, col, decimal);
		if (head == KIND_MISSING || body == KIND_MISSING)
			continue;
		if (head != KIND_STRING && head == body) {
			if (counts_up(r, col))
				for_it++;
			else
				against += 2;
		} else if (head == KIND_STRING && body != KIND_STRING)
			for_it += 2;
		else if (head == KIND_STRING && s->n - row > 3 && repeated_below(s, row, col))
			against++;
		else if (head != KIND_STRING && body == KIND_STRING && s->n - row == 1)
			against++;
	}
	if (s->n - row == 1)	/* nothing below: names, unless there are numbers among them */
		for (col = 0; col < most; col++)
			if (kind_of(r, col, decimal) == KIND_NUMBER || kind_of(r, col, decimal) == KIND_DATETIME)
				return false;
	return for_it >= against;
}

static bool is_units(const struct csv_sample *s, size_t row, char decimal)
{
	const struct csv_record *r = &s->rec[row];
	uint32_t col, most = r->n > 1000 ? 1000 : r->n, given = 0, units = 0;
	enum kind head;

	if (row + 1 >= s->n)
		return false;
	for (col = 0; col < most; col++) {
		if (body_kind(s, row + 1, col, decimal) != KIND_NUMBER)
			continue;
		head = kind_of(r, col, decimal);
		if (head == KIND_MISSING)
			continue;
		if (head != KIND_STRING)
			return false;
		given++;
		units += unit_like(r->cell[col]);
	}
	return units > 0 && units * 2 >= given;
}

static char decimal_sign(const struct csv_sample *s, char delim)
{
	size_t i, commas = 0, points = 0;
	struct cell c;
	uint32_t j;

	if (delim == ',')
		return '.';
	for (i = 1; i < s->n; i++)
		for (j = 0; j < s->rec[i].n && j < 200; j++) {
			struct slice v = slice_trim(s->rec[i].cell[j]);

			if (cell_number(&c, v.p, v.n, ',') && c.kind == KIND_NUMBER && memchr(v.p, ',', v.n))
				commas++;
			else if (cell_number(&c, v.p, v.n, '.') && c.kind == KIND_NUMBER && memchr(v.p, '.', v.n))
				points++;
		}
	return commas > points * 4 ? ',' : '.';
}

/* Title lines above a table: one cell each, then a table without exception. */
static unsigned title_lines(const struct csv_sample *s, uint32_t usual)
{
	size_t i, skip = 0, same = 0;

	if (usual < 2)
		return 0;
	while (skip < s->n && skip < 20 && s->rec[skip].n == 1)
		skip++;
	if (skip == 0 || skip >= 20 || s->n - skip < 4)
		return 0;
	for (i = skip; i < s->n; i++)
		same += s->rec[i].n == usual;
	return same * 10 >= (s->n - skip) * 9 ? (unsigned)skip : 0;
}

static void find_rows(struct csv_sniff *o)
{
	const struct csv_sample *s = &o->sample;
	struct csv_dialect *d = &o->d;

	d->decimal = decimal_sign(s, d->delim);
	if (s->n == 0)
		return;
	if (s->n > 4 && slice_eq_str(s->rec[0].cell[0], "TOA5")) {
		/* Campbell Scientific TOA5: station line, names, units, processing, data. */
		d->skip = 1;
		d->header = true;
		d->header_row = 2;
		d->units_row = 3;
		d->data_row = 5;
	} else {
		d->skip = title_lines(s, o->columns);
		d->header = d->skip < s->n && is_header(s, d->skip, d->decimal);
		d->header_row = d->header ? d->skip + 1 : 0;
		d->data_row = d->skip + 1 + d->header;
		if (d->header && d->data_row - 1 < s->n && is_units(s, d->data_row - 1, d->decimal))
			d->units_row = d->data_row++;
	}
	if (d->header && s->rec[d->header_row - 1].n > o->columns)
		o->columns = s->rec[d->header_row - 1].n;
}

/* ---- the whole question ---- */

static void take(struct csv_sniff *out, const struct trial *t, double *best)
{
	*best = t->score;
	out->d = t->scan.d;
	out->columns = t->usual;
	out->consistency = t->consistency;
	out->typed = t->cells ? (double)t->typed / (double)t->cells : 0;
	out->records = t->n;
}

static st_t try_all(struct csv_sniff *out, struct slice text, bool whole, char hint, char comment, struct trial *t)
{
	static const char delims[] = ",\t;|^:";
	struct csv_dialect d = { .quote = '"', .decimal = '.', .comment = comment };
	double best = 0, second = 0;
	char runner_up = 0;
	bool escapes = memmem(text.p, text.n, "\\\"", 2) != NULL;
	const char *q;
	int variant;
	st_t st;

	for (q = delims; *q; q++)
		for (variant = 0; variant < (escapes ? 2 : 1); variant++) {
			d.delim = *q;
			d.escape = variant == 1;
			if ((st = trial_run(t, text, whole, &d)) != ST_OK)
				return st;
			if (hint == *q && hint != ',')
				t->score *= 1.15;
			if (t->score > best + (variant ? 0.001 : 0)) {
				if (out->d.delim && out->d.delim != *q && out->consistency >= 0.95 && best > second) {
					second = best;
					runner_up = out->d.delim;
				}
				take(out, t, &best);
			} else if (t->consistency >= 0.95 && t->count[0] == t->usual && t->score > second && out->d.delim != *q) {
				second = t->score;
				runner_up = *q;
			}
		}
	if (out->d.delim) {
		out->d.other_delim = second > best * 0.7 ? runner_up : 0;
		return ST_OK;
	}
	/* One column: by the delimiter that the name speaks for, unless that one would cut some of its cells. */
	d.escape = false;
	d.delim = hint && memchr(text.p, hint, text.n) == NULL ? hint : 0;
	if ((st = trial_run(t, text, whole, &d)) != ST_OK)
		return st;
	take(out, t, &best);
	out->columns = t->n ? 1 : 0;
	return ST_OK;
}

static st_t single_quotes(struct csv_sniff *out, struct slice text, bool whole, struct trial *t)
{
	struct csv_dialect d = out->d;
	double now;

	if (memchr(text.p, '"', text.n) || memchr(text.p, '\'', text.n) == NULL || out->d.delim == 0)
		return ST_OK;
	d.quote = '\'';
	if (trial_run(t, text, whole, &d) != ST_OK)
		return ST_NOMEM;
	now = t->consistency;
	if (t->scan.saw_quote && t->scan.count.stray == 0 && t->usual > 1 && now > out->consistency)
		take(out, t, &now);
	return ST_OK;
}

st_t csv_sniff(struct csv_sniff *out, struct slice text, bool whole, char hint)
{
	struct csv_sniff alt;
	struct trial *t;
	st_t st;

	memset(out, 0, sizeof(*out));
	memset(&alt, 0, sizeof(alt));
	if ((t = malloc(sizeof(*t))) == NULL)
		return ST_NOMEM;
	if ((st = try_all(out, text, whole, hint, 0, t)) != ST_OK)
		goto out;
	if (text.n && text.p[0] == '#') {
		/* Lines that start with # are remarks when the rest fits together better without them. */
		if ((st = try_all(&alt, text, whole, hint, '#', t)) != ST_OK)
			goto out;
		if (alt.records && (alt.consistency > out->consistency || (out->columns < 2 && alt.columns > 1)))
			*out = alt;
	}
	if ((st = single_quotes(out, text, whole, t)) != ST_OK)
		goto out;
	st = csv_sample_read(&out->sample, text, whole, &out->d, KEEP_RECORDS);
	if (st == ST_OK)
		find_rows(out);
out:
	free(t);
	return st;
}

void csv_sniff_release(struct csv_sniff *s)
{
	csv_sample_release(&s->sample);
}
