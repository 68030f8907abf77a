/*
 * The syntax of CIF (S. R. Hall, F. H. Allen, I. D. Brown, Acta Cryst. A47, 655 (1991); version 1.1 and 2.0 as the IUCr publishes them): a quote closes only in
 * front of a blank, a text field stands between lines that begin with a semicolon.
 */

#include "indexer/extract/cif_int.h"

#include "base/utf8.h"
#include "indexer/extract/matter_int.h"

void cif_scan_init(struct cif_scan *c, bool (*token)(void *ctx, enum cif_kind kind, struct slice s), void *ctx)
{
	memset(c, 0, sizeof(*c));
	c->token = token;
	c->ctx = ctx;
	c->first = true;
	buf_init(&c->text, CIF_VALUE);
}

void cif_scan_release(struct cif_scan *c)
{
	buf_release(&c->text);
}

uint64_t cif_scan_open(const struct cif_scan *c)
{
	return c->in_text || c->triple || c->depth ? c->text_line : 0;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f' || c == '\0';
}

/* What is past the ceiling of a value is let go. */
static bool keep(struct cif_scan *c, struct slice s, bool newline)
{
	size_t room = c->text.max > c->text.n ? c->text.max - c->text.n : 0;

	if (newline && room) {
		buf_addc(&c->text, '\n');
		room--;
	}
	buf_add(&c->text, s.p, s.n < room ? s.n : room);
	return c->text.st != ST_NOMEM;
}

static bool value_done(struct cif_scan *c)
{
	bool more = c->depth || c->token(c->ctx, CIF_VALUE_QUOTED, c->text.n ? buf_slice(&c->text) : SLICE(""));

	buf_clear(&c->text);
	return more;
}

static bool word(struct cif_scan *c, struct slice s)
{
	static const struct { const char *word; enum cif_kind kind; bool prefix; } known[] = {
		{ "data_", CIF_DATA, true }, { "save_", CIF_SAVE, true }, { "loop_", CIF_LOOP, false }, { "global_", CIF_GLOBAL, false }, { "stop_", CIF_STOP, false },
	};
	size_t i, n;

	if (c->depth)
		return true;		/* inside a list: its text is not ours */
	if (s.p[0] == '_')
		return c->token(c->ctx, CIF_NAME, s);
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		n = strlen(known[i].word);
		if (slice_istarts(s, known[i].word) && (known[i].prefix || s.n == n))
			return c->token(c->ctx, known[i].kind, slice_of(s.p + n, s.n - n));
	}
	return c->token(c->ctx, CIF_VALUE_BARE, s);
}

/* The rest of a triple-quoted value; what follows it on the line stays in ${s}. */
static bool triple(struct cif_scan *c, struct slice *s)
{
	size_t i;

	for (i = 0; i + 3 <= s->n; i++)
		if (s->p[i] == c->triple && s->p[i + 1] == c->triple && s->p[i + 2] == c->triple) {
			if (!keep(c, slice_of(s->p, i), false))
				return false;
			*s = slice_of(s->p + i + 3, s->n - i - 3);
			c->triple = 0;
			return value_done(c);
		}
	if (!keep(c, *s, false))
		return false;
	s->n = 0;
	return true;
}

static bool quoted(struct cif_scan *c, struct slice *s)
{
	char q = s->p[0];
	size_t i;

	if (c->two && s->n >= 3 && s->p[1] == q && s->p[2] == q) {
		c->triple = q;
		c->text_line = c->line;
		buf_clear(&c->text);
		s->p += 3;
		s->n -= 3;
		return triple(c, s);
	}
	for (i = 1; i < s->n; i++)
		if (s->p[i] == q && (i + 1 == s->n || blank(s->p[i + 1]) || (c->two && strchr("]},:", s->p[i + 1])))) {
			struct slice v = slice_of(s->p + 1, i - 1);

			*s = slice_of(s->p + i + 1, s->n - i - 1);
			return c->depth || c->token(c->ctx, CIF_VALUE_QUOTED, v);
		}
	/* never closed: the rest of the line, as most readers take it */
	buf_clear(&c->text);
	if (!keep(c, slice_of(s->p + 1, s->n - 1), false))
		return false;
	s->n = 0;
	return value_done(c);
}

static bool bracket(struct cif_scan *c, struct slice *s)
{
	char b = s->p[0];

	if (b == '[' || b == '{') {
		if (c->depth++ == 0)
			c->text_line = c->line;
	} else if (c->depth && --c->depth == 0)
		if (!c->token(c->ctx, CIF_VALUE_QUOTED, SLICE("")))
			return false;
	s->p++;
	s->n--;
	return true;
}

static bool rest(struct cif_scan *c, struct slice s)
{
	size_t n;

	while (s.n) {
		if (c->triple) {
			if (!triple(c, &s))
				return false;
			continue;
		}
		if (blank(s.p[0])) {
			s.p++;
			s.n--;
			continue;
		}
		if (s.p[0] == '#')
			return true;
		if (s.p[0] == '\'' || s.p[0] == '"') {
			if (!quoted(c, &s))
				return false;
			continue;
		}
		if (c->two && strchr("[]{}", s.p[0])) {
			if (!bracket(c, &s))
				return false;
			continue;
		}
		for (n = 1; n < s.n && !blank(s.p[n]) && !(c->two && s.p[0] != '_' && strchr("[]{}", s.p[n])); n++)
			;
		if (!word(c, slice_of(s.p, n)))
			return false;
		s.p += n;
		s.n -= n;
	}
	return true;
}

bool cif_scan_line(struct cif_scan *c, struct slice s)
{
	c->line++;
	if (c->first) {
		c->first = false;
		c->two = slice_starts(s, "#\\#CIF_2.0");
	}
	if (c->in_text) {
		if (s.n == 0 || s.p[0] != ';')
			return keep(c, s, c->text.n > 0);
		c->in_text = false;
		if (!value_done(c))
			return false;
		s.p++;
		s.n--;
		return rest(c, s);
	}
	if (c->triple) {
		if (!keep(c, SLICE_NULL, true))
			return false;
		return rest(c, s);
	}
	if (s.n && s.p[0] == ';') {
		c->in_text = true;
		c->text_line = c->line;
		buf_clear(&c->text);
		return keep(c, slice_of(s.p + 1, s.n - 1), false);
	}
	return rest(c, s);
}

/* ---- its escapes ---- */

static uint32_t accented(char mark, char letter)
{
	static const struct { char mark; const char *letters; uint16_t cp[16]; } all[] = {
		{ '\'', "aeiouyAEIOUYcnsz", { 0xE1, 0xE9, 0xED, 0xF3, 0xFA, 0xFD, 0xC1, 0xC9, 0xCD, 0xD3, 0xDA, 0xDD, 0x107, 0x144, 0x15B, 0x17A } },
		{ '`', "aeiouAEIOU", { 0xE0, 0xE8, 0xEC, 0xF2, 0xF9, 0xC0, 0xC8, 0xCC, 0xD2, 0xD9 } },
		{ '^', "aeiouAEIOU", { 0xE2, 0xEA, 0xEE, 0xF4, 0xFB, 0xC2, 0xCA, 0xCE, 0xD4, 0xDB } },
		{ '"', "aeiouyAEIOU", { 0xE4, 0xEB, 0xEF, 0xF6, 0xFC, 0xFF, 0xC4, 0xCB, 0xCF, 0xD6, 0xDC } },
		{ '~', "anoANO", { 0xE3, 0xF1, 0xF5, 0xC3, 0xD1, 0xD5 } },
		{ ',', "cCsStT", { 0xE7, 0xC7, 0x15F, 0x15E, 0x163, 0x162 } },
		{ '<', "cCsSzZerRdn", { 0x10D, 0x10C, 0x161, 0x160, 0x17E, 0x17D, 0x11B, 0x159, 0x158, 0x10F, 0x148 } },
		{ '%', "aA", { 0xE5, 0xC5 } },
		{ '/', "oOlL", { 0xF8, 0xD8, 0x142, 0x141 } },
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i].mark == mark) {
			const char *at = letter ? strchr(all[i].letters, letter) : NULL;

			return at ? all[i].cp[at - all[i].letters] : 0;
		}
	return 0;
}

void cif_text(struct buf *out, struct slice s)
{
	static const uint16_t greek[26] = { 0x3B1, 0x3B2, 0x3C7, 0x3B4, 0x3B5, 0x3C6, 0x3B3, 0x3B7, 0x3B9, 0, 0x3BA, 0x3BB, 0x3BC, 0x3BD, 0x3BF, 0x3C0, 0x3B8, 0x3C1, 0x3C3,
		0x3C4, 0x3C5, 0, 0x3C9, 0x3BE, 0x3C8, 0x3B6 };
	size_t i;
	uint32_t cp;

	for (i = 0; i < s.n; i++) {
		char c = i + 1 < s.n ? s.p[i + 1] : '\0';

		if (s.p[i] != '\\' || c == '\0')
			buf_addc(out, s.p[i]);
		else if (i + 2 < s.n && (cp = accented(c, s.p[i + 2])) != 0) {
			utf8_put(out, cp);
			i += 2;
		} else if (c >= 'a' && c <= 'z' && greek[c - 'a']) {
			utf8_put(out, greek[c - 'a']);
			i++;
		} else if (c == '%') {
			utf8_put(out, 0xB0);
			i++;
		} else
			buf_addc(out, s.p[i]);
	}
}
