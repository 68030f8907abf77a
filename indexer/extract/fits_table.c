/* Tables of FITS: BINTABLE (FITS 4.0, 7.3) and TABLE (7.2). Columns become those of a table, values of short tables are read row by row. */

#include <math.h>

#include "indexer/extract/fits_int.h"

#define ROWS_BYTES	((uint64_t)64 << 20)	/* tables longer than this are described without values */
#define COLUMNS_MOST	999			/* FITS 4.0, 7.3.1 */

struct field {
	char code;
	uint32_t repeat, at, width;	/* bytes of all of it */
	bool scaled, has_null;
	double scale, zero;
	int64_t null;
	struct slice null_text;		/* of ASCII tables; borrowed from the cards */
};

static unsigned element(char code)
{
	switch (code) {
	case 'L': case 'B': case 'A': return 1;
	case 'I': return 2;
	case 'J': case 'E': return 4;
	case 'K': case 'D': case 'C': case 'P': return 8;
	case 'M': case 'Q': return 16;
	default: return 0;
	}
}

/* "20A", "1PB(257)", "32X" */
static bool binary_format(struct slice s, struct field *f)
{
	uint64_t n = 0, bytes;
	bool given = false;

	s = slice_trim(s);
	for (; s.n && *s.p >= '0' && *s.p <= '9' && n < UINT32_MAX / 16; s = slice_of(s.p + 1, s.n - 1), given = true)
		n = n * 10 + (uint64_t)(*s.p - '0');
	if (s.n == 0)
		return false;
	f->code = *s.p;
	f->repeat = given ? (uint32_t)n : 1;
	bytes = f->code == 'X' ? (f->repeat + 7) / 8 : (uint64_t)f->repeat * element(f->code);
	f->width = (uint32_t)bytes;
	return f->code == 'X' || element(f->code) > 0;
}

/* "E10.4", "I5", "A8" */
static bool ascii_format(struct slice s, struct field *f)
{
	uint64_t n;
	const char *dot;

	s = slice_trim(s);
	if (s.n < 2)
		return false;
	f->code = *s.p;
	s = slice_of(s.p + 1, s.n - 1);
	if ((dot = memchr(s.p, '.', s.n)) != NULL)
		s.n = (size_t)(dot - s.p);
	if (!slice_u64(s, 1000000, &n))
		return false;
	f->width = (uint32_t)n;
	f->repeat = 1;
	return strchr("AIFED", f->code) != NULL;
}

static uint64_t be(const uint8_t *p, unsigned n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | *p++;
	return v;
}

/* ---- one cell ---- */

static enum dtype dtype_of(char code)
{
	return code == 'B' ? DT_UINT8 : code == 'I' ? DT_INT16 : code == 'J' ? DT_INT32 : code == 'K' ? DT_INT64 : code == 'E' || code == 'C' ? DT_FLOAT32 : DT_FLOAT64;
}

static void put_number(struct table *t, uint32_t col, const struct field *f, const uint8_t *p)
{
	enum dtype d = dtype_of(f->code);
	double v = dtype_get(d, true, p);

	if (d <= DT_UINT64) {
		unsigned n = dtype_size(d);
		int64_t i = n == 1 ? *p : n == 2 ? (int16_t)be(p, 2) : n == 4 ? (int32_t)be(p, 4) : (int64_t)be(p, 8);

		if (f->has_null && i == f->null)
			table_missing(t, col);
		else if (!f->scaled)
			table_int(t, col, i);
		else if (f->scale == 1 && f->zero == floor(f->zero) && fabs((double)i + f->zero) < 9e15)	/* unsigned numbers */
			table_int(t, col, (int64_t)((double)i + f->zero));
		else
			table_real(t, col, v * f->scale + f->zero);
		return;
	}
	table_real(t, col, f->scaled ? v * f->scale + f->zero : v);
}

/* A cell of several values, as text of the first of them. */
static void put_several(struct table *t, uint32_t col, const struct field *f, const uint8_t *p)
{
	struct buf b = BUF_INIT(400);
	uint32_t i, parts = f->code == 'C' || f->code == 'M' ? 2 : 1;

	if (f->code == 'P' || f->code == 'Q')
		buf_addf(&b, "%llu values", (unsigned long long)be(p, f->code == 'P' ? 4 : 8));
	for (i = 0; f->code == 'X' && i < f->repeat && i < 64; i++)
		buf_addc(&b, p[i / 8] >> (7 - i % 8) & 1 ? '1' : '0');
	for (i = 0; strchr("BIJKEDCM", f->code) && i < f->repeat * parts && i < 16; i++)
		buf_addf(&b, "%s%.9g", i ? " " : "", dtype_get(dtype_of(f->code), true, p + i * (element(f->code) / parts)));
	for (i = 0; f->code == 'L' && i < f->repeat && i < 64; i++)
		buf_addc(&b, p[i] == 'T' ? 'T' : 'F');
	table_string(t, col, buf_slice(&b));
	buf_release(&b);
}

static void put_binary(struct table *t, uint32_t col, const struct field *f, const uint8_t *p)
{
	if (f->repeat == 0)
		table_missing(t, col);
	else if (f->code == 'A')
		table_string(t, col, slice_trim(slice_of(p, strnlen((const char *)p, f->width))));
	else if (f->code == 'L' && f->repeat == 1 && *p != 'T' && *p != 'F')
		table_missing(t, col);
	else if (f->code == 'L' && f->repeat == 1)
		table_bool(t, col, *p == 'T');
	else if (f->repeat == 1 && strchr("BIJKED", f->code))
		put_number(t, col, f, p);
	else
		put_several(t, col, f, p);
}

static void put_ascii(struct table *t, uint32_t col, const struct field *f, const uint8_t *p)
{
	struct slice s = slice_trim(slice_of(p, f->width));
	char text[64], *end;
	size_t i;
	double v;

	if (s.n == 0 || (f->null_text.n && slice_eq(s, slice_trim(f->null_text)))) {
		table_missing(t, col);
		return;
	}
	if (f->code == 'A' || s.n >= sizeof(text)) {
		table_string(t, col, s);
		return;
	}
	for (i = 0; i < s.n; i++)
		text[i] = (char)(s.p[i] == 'D' || s.p[i] == 'd' ? 'E' : s.p[i]);
	text[s.n] = '\0';
	v = strtod(text, &end);
	if (*end)
		table_missing(t, col);
	else if (f->code == 'I' && !f->scaled && fabs(v) < 9e15)
		table_int(t, col, (int64_t)v);
	else
		table_real(t, col, f->scaled ? v * f->scale + f->zero : v);
}

/* ---- the table ---- */

static bool field_read(const struct hdu *h, unsigned n, bool binary, uint64_t row, uint64_t *at, struct field *f)
{
	struct slice form = fits_text_n(h->cards, "TFORM", n);
	int64_t col;

	*f = (struct field){ .scale = 1 };
	if (!(binary ? binary_format(form, f) : ascii_format(form, f)))
		return false;
	col = binary ? (int64_t)*at : fits_int_n(h->cards, "TBCOL", n, 0) - 1;
	if (col < 0 || (uint64_t)col > row || f->width > row - (uint64_t)col)
		return false;
	f->at = (uint32_t)col;
	*at += f->width;
	f->scaled = fits_real_n(h->cards, "TSCAL", n, &f->scale);
	f->scaled |= fits_real_n(h->cards, "TZERO", n, &f->zero);
	f->null = fits_int_n(h->cards, "TNULL", n, INT64_MIN);
	f->has_null = f->null != INT64_MIN;
	f->null_text = fits_text_n(h->cards, "TNULL", n);
	return true;
}

static st_t rows(struct hdu *h, struct table *t, const struct field *fields, uint32_t n, uint64_t row, uint64_t count, bool binary)
{
	uint64_t i, k, j, each = ((uint64_t)1 << 20) / row;
	uint8_t *p;
	uint32_t c;
	st_t st = ST_OK;

	each = each ? each : 1;
	if ((p = malloc((size_t)(each * row))) == NULL)
		return ST_NOMEM;
	for (i = 0; i < count && st == ST_OK; i += k) {
		k = count - i < each ? count - i : each;
		if ((st = source_need(h->src, h->at + i * row, p, (size_t)(k * row), NULL)) != ST_OK)
			break;
		for (j = 0; j < k; j++) {
			for (c = 0; c < n; c++)
				(binary ? put_binary : put_ascii)(t, c, &fields[c], p + j * row + fields[c].at);
			table_row(t);
		}
	}
	free(p);
	return st;
}

st_t fits_table(struct hdu *h, bool binary)
{
	int64_t n = fits_int(h->cards, "TFIELDS", 0), width = fits_int_n(h->cards, "NAXIS", 1, 0), count = fits_int_n(h->cards, "NAXIS", 2, 0);
	struct table *t = table_new(h->f, slice_str(h->name));
	struct field *fields = n > 0 && n <= COLUMNS_MOST ? calloc((size_t)n, sizeof(*fields)) : NULL;
	uint64_t row = width > 0 ? (uint64_t)width : 0, at = 0, bytes;
	struct slice name;
	char plain[32];
	uint32_t i;
	bool whole;
	st_t st = ST_OK;

	if (t == NULL || (fields == NULL && n > 0 && n <= COLUMNS_MOST)) {
		if (t)
			table_end(t, SLICE_NULL);
		free(fields);
		return ST_NOMEM;
	}
	whole = fields != NULL && row > 0 && count > 0 && row <= ROWS_BYTES && (uint64_t)count <= ROWS_BYTES / row;
	for (i = 0; fields && i < (uint32_t)n; i++) {
		name = fits_text_n(h->cards, "TTYPE", i + 1);
		snprintf(plain, sizeof(plain), "col%u", i + 1);
		table_column(t, name.n ? name : slice_str(plain));
		table_unit(t, i, fits_text_n(h->cards, "TUNIT", i + 1));
		if (!field_read(h, i + 1, binary, row, &at, &fields[i])) {
			fact_partial(h->f, "column %u of '%s' has a format that is not understood", i + 1, h->name);
			whole = false;
		}
	}
	bytes = whole ? row * (uint64_t)count : 0;
	if (whole && bytes <= array_room(h->src) && h->at <= h->src->size && bytes <= h->src->size - h->at)
		st = rows(h, t, fields, (uint32_t)n, row, (uint64_t)count, binary);
	else
		table_rows(t, count > 0 ? (uint64_t)count : 0);
	table_end(t, SLICE_NULL);
	free(fields);
	return st == ST_NOMEM ? st : ST_OK;
}
