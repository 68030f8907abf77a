#include "cli/term.h"

#include <math.h>
#include <unicode/uchar.h>

#include "base/utf8.h"

static bool steers(int32_t cp)
{
	/* Joiners are part of how some scripts and pictures are written. */
	if (cp == 0x200c || cp == 0x200d)
		return false;
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || u_charType(cp) == U_FORMAT_CHAR || u_charType(cp) == U_LINE_SEPARATOR || u_charType(cp) == U_PARAGRAPH_SEPARATOR;
}

st_t term_text(struct buf *out, struct slice s)
{
	size_t i = 0;

	while (i < s.n) {
		int32_t cp = utf8_next(s, &i);

		if (cp == '\n' || cp == '\r' || cp == '\t')
			buf_adds(out, " ");
		else if (steers(cp))
			buf_addf(out, cp < 0x100 ? "\\x%02x" : "\\u%04x", (unsigned)cp);
		else
			utf8_put(out, (uint32_t)cp);
	}
	return out->st;
}

st_t term_lines(struct buf *out, struct slice s)
{
	size_t i = 0;

	while (i < s.n) {
		int32_t cp = utf8_next(s, &i);

		if (cp != '\n' && cp != '\t' && steers(cp))
			buf_addf(out, cp < 0x100 ? "\\x%02x" : "\\u%04x", (unsigned)cp);
		else
			utf8_put(out, (uint32_t)cp);
	}
	return out->st;
}

static unsigned columns_of(int32_t cp)
{
	int wide, type;

	if (cp < 0x300)
		return 1;
	type = u_charType(cp);
	if (type == U_NON_SPACING_MARK || type == U_ENCLOSING_MARK || type == U_FORMAT_CHAR)
		return 0;
	wide = u_getIntPropertyValue(cp, UCHAR_EAST_ASIAN_WIDTH);
	return wide == U_EA_WIDE || wide == U_EA_FULLWIDTH ? 2 : 1;
}

unsigned term_width(struct slice s)
{
	unsigned n = 0;
	size_t i = 0;

	while (i < s.n)
		n += columns_of(utf8_next(s, &i));
	return n;
}

/* How many bytes of ${s} go on a line of ${room} columns; at least one character. */
static size_t line_end(struct slice s, unsigned room)
{
	size_t i = 0, good = 0, at;
	unsigned n = 0, w;
	bool wide = false;

	while (i < s.n) {
		int32_t cp;

		at = i;
		cp = utf8_next(s, &i);
		w = columns_of(cp);
		/* A line does not begin with what ends a clause. */
		if (at > 0 && (cp == ' ' || (wide && w == 2 && cp != 0x3001 && cp != 0x3002 && cp != 0xff09 && cp != 0x300d)))
			good = at;
		if (n + w > room)
			return good > 0 ? good : at > 0 ? at : i;
		n += w;
		if (w > 0)
			wide = w == 2;
	}
	return s.n;
}

void term_wrap(FILE *to, const char *head, unsigned indent, struct slice s)
{
	unsigned used = term_width(slice_str(head)), room = TERM_COLUMNS - indent;

	fputs(head, to);
	/* A long head has a line of its own. */
	if (used > indent) {
		fputc('\n', to);
		used = 0;
	}
	for (;;) {
		size_t n;

		while (s.n > 0 && s.p[0] == ' ')
			s = slice_of(s.p + 1, s.n - 1);
		fprintf(to, "%*s", (int)(indent - used), "");
		n = line_end(s, room);
		fprintf(to, "%.*s\n", (int)n, s.n > 0 ? s.p : "");
		s = slice_of(s.p + n, s.n - n);
		used = 0;
		if (s.n == 0)
			break;
	}
}

void term_bars(struct buf *out, const double *v, size_t n, double most, bool plain)
{
	static const char *const blocks[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" }, *const signs[] = { ".", ":", "-", "=", "+", "*", "%", "#" };
	size_t i;

	for (i = 0; i < n; i++) {
		int step = !isfinite(v[i]) || v[i] <= 0 || most <= 0 ? 0 : (int)ceil(v[i] / most * 8);

		buf_adds(out, step <= 0 ? " " : (plain ? signs : blocks)[step > 8 ? 7 : step - 1]);
	}
}
