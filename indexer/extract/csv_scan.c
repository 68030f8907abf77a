/*
 * Cells out of bytes. Sixteen bytes at a time are compared with the four characters that mean something; the bits of one 64-byte
 * block are then visited in order, so that the cost is one step a cell and not one a byte.
 *
 * A quote only opens a cell at its first byte. Inside, a quote closes; when the next byte is a quote again, it was a doubled one
 * and the cell goes on: no look-ahead, so a window may end anywhere.
 */

#include "indexer/extract/csv_int.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define WINDOW_MAX	((size_t)24 << 20)

void csv_scan_init(struct csv_scan *s, const struct csv_dialect *d)
{
	memset(s, 0, sizeof(*s));
	s->d = *d;
	buf_init(&s->win, WINDOW_MAX);
	buf_init(&s->tmp, WINDOW_MAX);
}

void csv_scan_release(struct csv_scan *s)
{
	buf_release(&s->win);
	buf_release(&s->tmp);
}

#ifdef __SSE2__
static inline uint64_t marks(const char *p, char delim, char quote, char escape)
{
	const __m128i d = _mm_set1_epi8(delim), q = _mm_set1_epi8(quote), lf = _mm_set1_epi8('\n'), cr = _mm_set1_epi8('\r'),
	    es = _mm_set1_epi8(escape);
	uint64_t m = 0;
	__m128i v, hit;
	int i;

	for (i = 0; i < 4; i++) {
		v = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
		hit = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, d), _mm_cmpeq_epi8(v, q)),
		    _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, lf), _mm_cmpeq_epi8(v, cr)), _mm_cmpeq_epi8(v, es)));
		m |= (uint64_t)(uint32_t)_mm_movemask_epi8(hit) << (16 * i);
	}
	return m;
}
#else
static inline uint64_t marks(const char *p, char delim, char quote, char escape)
{
	uint64_t m = 0;
	int i;

	for (i = 0; i < 64; i++)
		m |= (uint64_t)(p[i] == delim || p[i] == quote || p[i] == '\n' || p[i] == '\r' || p[i] == escape) << i;
	return m;
}
#endif

/* The cell [from, to) had quotes: take them off. Text behind the closing quote stays, as most readers have it. */
static void cell_unquote(struct csv_scan *s, const char **p, size_t *n)
{
	const char *q = *p + 1, *end = *p + *n;
	char c;

	if (!s->doubled && !s->stray && !s->d.escape && end > q && end[-1] == s->d.quote) {
		*p = q;
		*n = (size_t)(end - 1 - q);
		return;
	}
	buf_clear(&s->tmp);
	if (buf_reserve(&s->tmp, *n) != ST_OK)
		return;
	for (; q < end; q++) {
		c = *q;
		if (s->d.escape && c == '\\' && q + 1 < end)
			c = *++q;
		else if (c == s->d.quote) {
			if (q + 1 < end && q[1] == s->d.quote)
				q++;
			else
				continue;
		}
		s->tmp.p[s->tmp.n++] = c;
	}
	*p = s->tmp.p;
	*n = s->tmp.n;
}

static inline void cell_end(struct csv_scan *s, size_t from, size_t to)
{
	const char *p = s->win.n ? s->win.p + from : "";
	size_t n = to - from;

	if (n > CSV_CELL_MAX && s->too_long == 0)
		s->too_long = s->record + 1;
	if (s->quoted) {
		if (s->close + 1 != to)
			s->stray = true;
		cell_unquote(s, &p, &n);
		s->quoted = s->doubled = false;
	}
	if (s->stray) {
		s->count.stray++;
		s->stray = false;
	}
	s->on_cell(s->ctx, s->col++, p, n);
}

static inline void record_end(struct csv_scan *s, size_t from, size_t to)
{
	if (s->in_comment) {
		s->in_comment = false;
		s->count.comments++;
		return;
	}
	if (s->col == 0 && from == to) {
		s->count.blank++;
		return;
	}
	cell_end(s, from, to);
	s->record++;
	s->on_record(s->ctx, s->col);
	s->col = 0;
}

/* One mark at ${i}; ${from}: start of the cell, moved on behind an end. */
static inline void mark(struct csv_scan *s, size_t i, size_t *from)
{
	char c = s->win.p[i];

	if (s->in_quote) {
		if (c == s->d.quote) {
			s->in_quote = false;
			s->close = i;
		}
		return;
	}
	if (s->d.comment && *from < s->win.n && s->col == 0 && s->win.p[*from] == s->d.comment && !s->quoted)
		s->in_comment = true;
	if (c == s->d.delim && c) {
		if (s->in_comment)
			return;
		cell_end(s, *from, i);
		*from = i + 1;
	} else if (c == '\n') {
		if (s->was_cr && i == *from && s->col == 0) {
			s->was_cr = false;
			s->count.crlf++;
			s->count.cr--;
		} else {
			s->count.lf++;
			record_end(s, *from, i);
		}
		*from = i + 1;
	} else if (c == '\r') {
		s->count.cr++;
		record_end(s, *from, i);
		*from = i + 1;
		s->was_cr = true;
		return;
	} else if (c == s->d.quote && !s->in_comment) {
		if (i == *from) {
			s->in_quote = s->quoted = s->saw_quote = true;
			s->quoted_from = s->record + 1;
		} else if (s->quoted && s->close + 1 == i)
			s->in_quote = s->doubled = true;
		else
			s->stray = true;
	}
	s->was_cr = false;
}

/* A backslash hides what follows it, but only inside quotes. Returns the place not to be looked at. */
static inline size_t escaped(const struct csv_scan *s, size_t i)
{
	return s->d.escape && s->in_quote && s->win.p[i] == '\\' ? i + 1 : (size_t)-1;
}

static void scan_marks(struct csv_scan *s, size_t *from)
{
	const char delim = s->d.delim ? s->d.delim : '\n', quote = s->d.quote, esc = s->d.escape ? '\\' : '\n';
	size_t end = s->win.n, i, hide = (size_t)-1;
	char last[64];
	uint64_t m;

	for (i = s->at; i < end; i += 64) {
		if (end - i >= 64)
			m = marks(s->win.p + i, delim, quote, esc);
		else {
			memset(last, 0, sizeof(last));
			memcpy(last, s->win.p + i, end - i);
			m = marks(last, delim, quote, esc) & (((uint64_t)1 << (end - i)) - 1);
		}
		while (m) {
			size_t at = i + (size_t)__builtin_ctzll(m);

			m &= m - 1;
			if (at == hide)
				continue;
			if (s->d.escape && (hide = escaped(s, at)) != (size_t)-1)
				continue;
			mark(s, at, from);
		}
	}
	/* An escape as the very last byte is seen again with what follows it. */
	s->at = hide == end ? end - 1 : end;
}

static st_t too_long(const struct csv_scan *s, struct err *e)
{
	if (s->in_quote)
		return err_set(e, ST_INVALID, "the quote opened in record %llu is not closed within 1 MB", (unsigned long long)s->quoted_from);
	return err_set(e, ST_INVALID, "a cell of more than 1 MB in record %llu", (unsigned long long)s->record + 1);
}

st_t csv_scan_run(struct csv_scan *s, bool last, struct err *e)
{
	size_t from = 0;

	if (s->win.n) {
		s->final_newline = s->win.p[s->win.n - 1] == '\n' || s->win.p[s->win.n - 1] == '\r';
		scan_marks(s, &from);
	}
	if (s->too_long)
		return err_set(e, ST_INVALID, "a cell of more than 1 MB in record %llu", (unsigned long long)s->too_long);
	if (last) {
		if (s->in_quote)
			return err_set(e, ST_INVALID, "the quote opened in record %llu is never closed", (unsigned long long)s->quoted_from);
		if (s->d.comment && s->col == 0 && from < s->win.n && s->win.p[from] == s->d.comment)
			s->in_comment = true;
		if (from < s->win.n || s->col > 0)
			record_end(s, from, s->win.n);
		buf_clear(&s->win);
		return ST_OK;
	}
	if (s->in_comment && from < s->win.n) {
		/* A comment needs no memory: keep its first byte. */
		buf_drop(&s->win, s->win.n - 1);
		s->win.p[0] = s->d.comment;
		s->at = 1;
		return ST_OK;
	}
	if (s->win.n - from > CSV_CELL_MAX)
		return too_long(s, e);
	buf_drop(&s->win, from);
	s->at -= from;
	if (s->close >= from)
		s->close -= from;
	return ST_OK;
}
