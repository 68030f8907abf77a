/* Running text: encoding, lines, the first heading, and a guess at the language by script and by the commonest words. */

#include <stdlib.h>

#include "base/json.h"
#include "base/utf8.h"
#include "indexer/extract/extract_int.h"
#include "indexer/extract/language.h"

#define STEP ((size_t)128 << 10)

struct tx {
	const char *media;
	struct dec *dec;
	struct buf win;
	uint64_t bytes, lines;
	char last;
	char *title;
	const char *language;
	unsigned bom;
	bool bad, want_title;
	struct err why;
};

static const char text_exts[] = " txt text md markdown rst log asc readme license licence tex bib adoc org nfo ";

static bool ext_in(const char *list, const char *ext)
{
	char key[20];

	snprintf(key, sizeof(key), " %s ", ext);
	return strstr(list, key) != NULL;
}

static int text_bid(const struct head *h)
{
	if (h->magic || h->size == 0 || h->enc.enc == ENC_BINARY || (h->enc.enc == ENC_UNKNOWN && !ext_in(text_exts, h->ext)))
		return 0;
	if (h->ext[0] && ext_in(text_exts, h->ext))
		return 50;
	return h->ext[0] == '\0' ? 30 : 0;
}

/* "# Heading" of Markdown, or the first line over a row of === */
static char *first_heading(struct slice s)
{
	struct slice line, before = SLICE_NULL;
	unsigned seen = 0;

	while (s.n && seen++ < 60) {
		line = slice_trim(slice_cut(&s, '\n'));
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		if (slice_starts(line, "# "))
			return slice_dup(utf8_clip(slice_trim(slice_of(line.p + 2, line.n - 2)), 300));
		if (slice_starts(line, "===") && before.n)
			return slice_dup(utf8_clip(before, 300));
		before = line;
	}
	return NULL;
}

static const char *text_media(void *p)
{
	struct tx *x = p;

	return x->media;
}

static void text_free(void *p)
{
	struct tx *x = p;

	if (x == NULL)
		return;
	dec_free(x->dec);
	buf_release(&x->win);
	free(x->title);
	free(x);
}

static st_t text_open(void **out, const struct head *h, struct err *e)
{
	struct tx *x;
	st_t st;

	(void)e;
	if ((x = calloc(1, sizeof(*x))) == NULL)
		return ST_NOMEM;
	*out = x;
	buf_init(&x->win, (size_t)8 << 20);
	x->media = ext_media(h->ext) ? ext_media(h->ext) : "text/plain";
	x->bom = h->enc.bom;
	x->language = language_of(h->text);
	if (strcmp(x->media, "text/markdown") == 0 || h->ext[0] == '\0')
		x->title = first_heading(h->text);
	if ((st = dec_new(&x->dec, h->enc, &x->why)) == ST_NOMEM)
		return st;
	x->bad = st != ST_OK;
	return ST_OK;
}

static st_t text_step(struct tx *x, const uint8_t *p, size_t n, bool last)
{
	const char *q, *end;
	st_t st;

	buf_clear(&x->win);
	st = dec_push(x->dec, p, n, last, &x->win, &x->why);
	if (x->win.n) {
		for (q = x->win.p, end = q + x->win.n; (q = memchr(q, '\n', (size_t)(end - q))) != NULL; q++)
			x->lines++;
		x->last = x->win.p[x->win.n - 1];
	}
	if (st != ST_OK && st != ST_NOMEM) {
		x->bad = true;
		return ST_EOF;
	}
	return st;
}

static st_t text_push(void *p, const uint8_t *b, size_t n, struct err *e)
{
	struct tx *x = p;
	size_t k;
	st_t st = x->bad ? ST_EOF : ST_OK;

	(void)e;
	for (; n && st == ST_OK; b += k, n -= k) {
		k = n < STEP ? n : STEP;
		st = text_step(x, b, k, false);
	}
	return st;
}

static st_t text_finish(void *p, struct buf *out, const char **status, struct err *why, struct err *e)
{
	struct tx *x = p;

	(void)e;
	if (!x->bad && text_step(x, (const uint8_t *)"", 0, true) == ST_NOMEM)
		return ST_NOMEM;
	*status = x->bad ? "unreadable" : "ok";
	if (x->bad)
		*why = x->why;
	if (x->dec && enc_name(dec_enc(x->dec))) {
		buf_addf(out, ",\"encoding\":\"%s\"", enc_name(dec_enc(x->dec)));
		if (x->bom)
			buf_adds(out, ",\"bom\":true");
	}
	if (x->bad)
		return out->st;
	if (x->language)
		buf_addf(out, ",\"language\":\"%s\"", x->language);
	buf_addf(out, ",\"lines\":%llu", (unsigned long long)x->lines + (x->last && x->last != '\n'));
	if (x->title && x->title[0]) {
		buf_adds(out, ",\"title\":");
		json_quote(out, slice_str(x->title));
	}
	return out->st;
}

const struct extractor ex_text = { "text", 1, text_bid, text_open, text_push, text_finish, text_media, text_free, NULL };
