/*
 * HTML: title, language, a few meta elements, headings, and the running text without what is markup, script or style. No tree is built: tags are skipped as a
 * browser's tokenizer would, which is enough for words.
 */

#include <stdlib.h>

#include "base/utf8.h"
#include "indexer/extract/extract_int.h"
#include "indexer/extract/language.h"

#define HTML_MOST	((size_t)16 << 20)
#define HEADINGS_MOST	50

static int html_bid(const struct head *h)
{
	char start[300];
	struct slice t = slice_trim(h->text);
	size_t i, n;

	if (h->magic || t.n == 0 || h->text_bad)
		return 0;
	while (t.n && (uint8_t)t.p[0] <= ' ') {
		t.p++;
		t.n--;
	}
	n = t.n < sizeof(start) - 1 ? t.n : sizeof(start) - 1;
	for (i = 0; i < n; i++)
		start[i] = (char)(t.p[i] >= 'A' && t.p[i] <= 'Z' ? t.p[i] + 32 : t.p[i] ? t.p[i] : ' ');
	start[n] = '\0';
	if (strncmp(start, "<!doctype html", 14) == 0 || strncmp(start, "<html", 5) == 0)
		return 85;
	return t.p[0] == '<' && strncmp(h->ext, "htm", 3) == 0 && strstr(start, "<html") ? 80 : 0;
}

struct html {
	struct fact *f;
	json_t *doc, *headings;
	struct buf text, piece;		/* running text; of the element that is kept */
	char keep;			/* 't' title, 'h' heading, 0 none */
	const char *skip;		/* inside script or style: its name */
};

static bool is_tag(struct slice t, const char *name)
{
	size_t n = strlen(name);

	return t.n >= n && slice_ieq_str(slice_of(t.p, n), name) && (t.n == n || strchr(" \t\r\n/>", t.p[n]));
}

/* The value of attribute ${name} in a tag; empty when absent. */
static struct slice attribute(struct slice tag, const char *name)
{
	size_t i, n = strlen(name), from;
	char quote;

	for (i = 0; i + n + 1 < tag.n; i++) {
		if (!strchr(" \t\r\n", tag.p[i]) || !slice_ieq_str(slice_of(tag.p + i + 1, n), name))
			continue;
		from = i + 1 + n;
		while (from < tag.n && strchr(" \t\r\n", tag.p[from]))
			from++;
		if (from >= tag.n || tag.p[from] != '=')
			continue;
		from++;
		while (from < tag.n && strchr(" \t\r\n", tag.p[from]))
			from++;
		if (from >= tag.n)
			break;
		quote = tag.p[from] == '"' || tag.p[from] == '\'' ? tag.p[from++] : 0;
		for (i = from; i < tag.n && (quote ? tag.p[i] != quote : !strchr(" \t\r\n>", tag.p[i])); i++)
			;
		return slice_of(tag.p + from, i - from);
	}
	return SLICE_NULL;
}

static void put_entity(struct buf *out, struct slice name)
{
	static const struct { const char *name; uint32_t cp; } known[] = {
		{ "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' }, { "apos", '\'' }, { "nbsp", ' ' }, { "ndash", 0x2013 }, { "mdash", 0x2014 },
		{ "hellip", 0x2026 }, { "copy", 0xA9 }, { "deg", 0xB0 }, { "micro", 0xB5 }, { "times", 0xD7 },
	};
	char digits[12] = "";
	uint32_t cp = 0;
	size_t i;

	if (name.n > 1 && name.p[0] == '#' && name.n < 10) {
		memcpy(digits, name.p + 1, name.n - 1);
		cp = (uint32_t)(digits[0] == 'x' || digits[0] == 'X' ? strtoul(digits + 1, NULL, 16) : strtoul(digits, NULL, 10));
	}
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (slice_eq_str(name, known[i].name))
			cp = known[i].cp;
	if (cp >= 0x20 && cp < 0x110000 && !(cp >= 0xD800 && cp < 0xE000))
		utf8_put(out, cp);
	else
		buf_addc(out, ' ');
}

static void put_words(struct buf *out, struct slice s)
{
	size_t i = 0, k;

	for (; i < s.n && out->st == ST_OK; i++) {
		if (s.p[i] == '&') {
			for (k = i + 1; k < s.n && k - i < 12 && s.p[k] != ';'; k++)
				;
			if (k < s.n && s.p[k] == ';') {
				put_entity(out, slice_of(s.p + i + 1, k - i - 1));
				i = k;
				continue;
			}
		}
		if ((uint8_t)s.p[i] > ' ')
			buf_addc(out, s.p[i]);
		else if (out->n && out->p[out->n - 1] != ' ')
			buf_addc(out, ' ');
	}
}

static void meta(struct html *x, struct slice tag)
{
	struct slice name = attribute(tag, "name"), content = attribute(tag, "content");
	struct buf b = BUF_INIT(8192);

	if (content.n == 0)
		return;
	put_words(&b, utf8_clip(content, 2000));
	if (slice_ieq_str(name, "description"))
		fact_put_text(x->f, x->doc, "subject", buf_slice(&b));
	else if (slice_ieq_str(name, "keywords"))
		fact_put_text(x->f, x->doc, "keywords", buf_slice(&b));
	else if (slice_ieq_str(name, "generator"))
		fact_put_text(x->f, x->doc, "producer", buf_slice(&b));
	else if (slice_ieq_str(name, "author"))
		fact_put(x->f, x->doc, "authors", json_pack("[o]", fact_text(buf_slice(&b), FACT_VALUE)));
	buf_release(&b);
}

static void end_kept(struct html *x)
{
	if (x->keep == 't' && json_object_get(x->doc, "title") == NULL)
		fact_put_text(x->f, x->doc, "title", buf_slice(&x->piece));
	else if (x->keep == 'h' && x->piece.n && json_array_size(x->headings) < HEADINGS_MOST)
		json_push(x->headings, fact_text(buf_slice(&x->piece), 300));
	buf_clear(&x->piece);
	x->keep = 0;
}

static void one_tag(struct html *x, struct slice tag)
{
	struct slice lang;

	if (is_tag(tag, "script") || is_tag(tag, "style"))
		x->skip = tag.p[1] == 'c' || tag.p[1] == 'C' ? "script" : "style";
	else if (is_tag(tag, "title"))
		x->keep = 't';
	else if (tag.n > 1 && (tag.p[0] == 'h' || tag.p[0] == 'H') && tag.p[1] >= '1' && tag.p[1] <= '3') {
		end_kept(x);
		x->keep = 'h';
	} else if (is_tag(tag, "/title") || (tag.n > 2 && tag.p[0] == '/' && (tag.p[1] == 'h' || tag.p[1] == 'H') && tag.p[2] >= '1' && tag.p[2] <= '3'))
		end_kept(x);
	else if (is_tag(tag, "meta"))
		meta(x, tag);
	else if (is_tag(tag, "html") && (lang = attribute(tag, "lang")).n >= 2 && lang.n < 20)
		fact_put_text(x->f, fact_root(x->f), "language", lang);
	if (x->text.n < FACT_TEXT && x->text.n && x->text.p[x->text.n - 1] != ' ')
		buf_addc(&x->text, ' ');
}

/* The end of a tag: a '>' that stands in no quotes. */
static size_t tag_end(struct slice s, size_t i)
{
	char quote = 0;

	for (; i < s.n; i++) {
		if (quote)
			quote = s.p[i] == quote ? 0 : quote;
		else if ((s.p[i] == '"' || s.p[i] == '\'') && i && s.p[i - 1] == '=')
			quote = s.p[i];
		else if (s.p[i] == '>')
			return i;
	}
	return s.n;
}

static size_t skip_to(struct slice s, size_t i, const char *what)
{
	size_t n = strlen(what);

	for (; i + n + 2 <= s.n; i++)
		if (s.p[i] == '<' && s.p[i + 1] == '/' && slice_ieq_str(slice_of(s.p + i + 2, n), what))
			return i;
	return s.n;
}

static void walk(struct html *x, struct slice s)
{
	size_t i = 0, from, end;
	const char *q;

	while (i < s.n) {
		from = i;
		q = memchr(s.p + i, '<', s.n - i);
		i = q ? (size_t)(q - s.p) : s.n;
		if (i > from) {
			if (x->text.n < FACT_TEXT)
				put_words(&x->text, slice_of(s.p + from, i - from));
			if (x->keep && x->piece.n < 2000)
				put_words(&x->piece, slice_of(s.p + from, i - from < 2000 ? i - from : 2000));
		}
		if (i >= s.n)
			break;
		if (i + 4 <= s.n && memcmp(s.p + i, "<!--", 4) == 0) {
			q = memmem(s.p + i + 4, s.n - i - 4, "-->", 3);
			i = q ? (size_t)(q - s.p) + 3 : s.n;
			continue;
		}
		end = tag_end(s, i + 1);
		x->skip = NULL;
		one_tag(x, slice_of(s.p + i + 1, end - i - 1));
		i = end < s.n ? end + 1 : s.n;
		if (x->skip)
			i = skip_to(s, i, x->skip);
	}
}

static st_t html_read(struct fact *f, const struct head *h, struct source *src)
{
	struct html x = { .f = f, .text = BUF_INIT(FACT_TEXT + HTML_MOST), .piece = BUF_INIT(16384) };
	struct buf raw = BUF_INIT(HTML_MOST + 1), utf8 = BUF_INIT(HTML_MOST * 3 + 16);
	size_t n = src->size < HTML_MOST ? (size_t)src->size : HTML_MOST, got = 0;
	struct err e = ERR_INIT;
	struct dec *d = NULL;
	st_t st = buf_reserve(&raw, n + 1);

	fact_media(f, "text/html");
	fact_format(f, "HTML", NULL, NULL);
	if (src->size > HTML_MOST)
		fact_partial(f, "only the first %u MB were read", (unsigned)(HTML_MOST >> 20));
	if (st == ST_OK && (st = source_read(src, 0, raw.p, n, &got, &e)) == ST_OK && (st = dec_new(&d, h->enc, &e)) == ST_OK)
		st = dec_push(d, (const uint8_t *)raw.p, got, n == src->size, &utf8, &e);
	if (st == ST_NOMEM)
		goto out;
	if (st != ST_OK)
		fact_unreadable(f, "%s", e.text);
	else {
		x.doc = fact_object(f, "document");
		x.headings = json_array();
		fact_put(f, fact_root(f), "encoding", json_string(enc_name(dec_enc(d))));
		walk(&x, buf_slice(&utf8));
		end_kept(&x);
		if (json_array_size(x.headings))
			fact_put(f, x.doc, "headings", json_incref(x.headings));
		if (x.text.n)
			fact_put(f, fact_root(f), "text", fact_text(buf_slice(&x.text), FACT_TEXT));
		if (json_object_get(fact_root(f), "language") == NULL && language_of(buf_slice(&x.text)))
			fact_put(f, fact_root(f), "language", json_string(language_of(buf_slice(&x.text))));
	}
	st = x.text.st == ST_NOMEM ? ST_NOMEM : ST_OK;
out:
	json_decref(x.headings);
	dec_free(d);
	buf_release(&x.text);
	buf_release(&x.piece);
	buf_release(&raw);
	buf_release(&utf8);
	return st;
}

const struct extractor ex_html = { .name = "html", .version = 1, .bid = html_bid, .read = html_read };
