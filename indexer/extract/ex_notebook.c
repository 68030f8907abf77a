/* Jupyter notebooks: format 4 and its forerunner 3, whose cells stand in worksheets. Outputs are not looked at. */

#include <stdlib.h>

#include "indexer/extract/extract_int.h"
#include "indexer/extract/language.h"

#define NOTEBOOK_MOST	((size_t)64 << 20)
#define HEADINGS_MOST	50

static int notebook_bid(const struct head *h)
{
	struct slice t = slice_trim(h->text);

	if (h->magic || h->text_bad || t.n == 0 || t.p[0] != '{')
		return 0;
	if (strcmp(h->ext, "ipynb") == 0)
		return 95;
	return memmem(t.p, t.n, "\"nbformat\"", 10) && memmem(t.p, t.n, "\"cells\"", 7) ? 92 : 0;
}

/* A cell's source is a text or a list of lines. */
static void add_source(struct buf *out, const json_t *source)
{
	const json_t *v;
	size_t i;

	if (json_is_string(source))
		buf_addsl(out, json_slice(source));
	json_array_foreach(source, i, v)
		buf_addsl(out, json_slice(v));
	buf_addc(out, '\n');
}

static void add_headings(struct fact *f, json_t *list, struct slice s)
{
	struct slice line;
	size_t k;

	while (s.n && json_array_size(list) < HEADINGS_MOST) {
		line = slice_cut(&s, '\n');
		for (k = 0; k < line.n && line.p[k] == '#'; k++)
			;
		if (k && k < 7 && k < line.n && line.p[k] == ' ' && json_push(list, fact_text(slice_of(line.p + k, line.n - k), 300)) != ST_OK)
			return;
	}
	(void)f;
}

struct cells { struct buf prose, code; uint64_t all, coded; };

static void walk_cells(struct cells *c, const json_t *cells)
{
	const json_t *cell;
	const char *type;
	size_t i;

	json_array_foreach(cells, i, cell) {
		c->all++;
		type = json_text(cell, "cell_type");
		if (type && strcmp(type, "code") == 0) {
			c->coded++;
			add_source(&c->code, json_object_get(cell, "source") ? json_object_get(cell, "source") : json_object_get(cell, "input"));
		} else if (type && (strcmp(type, "markdown") == 0 || strcmp(type, "heading") == 0))
			add_source(&c->prose, json_object_get(cell, "source"));
	}
}

static void tell(struct fact *f, const json_t *nb)
{
	struct cells c = { .prose = BUF_INIT(FACT_TEXT / 2), .code = BUF_INIT(FACT_TEXT / 2) };
	json_t *doc = fact_object(f, "document"), *headings = json_array();
	const json_t *sheet, *meta = json_object_get(nb, "metadata");
	const char *s;
	char version[50];
	size_t i;

	walk_cells(&c, json_object_get(nb, "cells"));
	json_array_foreach(json_object_get(nb, "worksheets"), i, sheet)
		walk_cells(&c, json_object_get(sheet, "cells"));
	snprintf(version, sizeof(version), "%lld.%lld", (long long)json_integer_value(json_object_get(nb, "nbformat")),
	    (long long)json_integer_value(json_object_get(nb, "nbformat_minor")));
	fact_format(f, "Jupyter notebook", version, NULL);
	fact_put_int(f, doc, "cells", (int64_t)c.all);
	fact_put_int(f, doc, "codeCells", (int64_t)c.coded);
	if ((s = json_string_value(json_at(meta, "kernelspec.name"))) != NULL)
		fact_put_text(f, doc, "kernel", slice_str(s));
	if ((s = json_string_value(json_at(meta, "language_info.name"))) != NULL || (s = json_string_value(json_at(meta, "kernelspec.language"))) != NULL)
		fact_put_text(f, doc, "programmingLanguage", slice_str(s));
	add_headings(f, headings, buf_slice(&c.prose));
	if (json_array_size(headings)) {
		fact_put(f, doc, "title", json_incref(json_array_get(headings, 0)));
		fact_put(f, doc, "headings", json_incref(headings));
	}
	if (language_of(buf_slice(&c.prose)))
		fact_put(f, fact_root(f), "language", json_string(language_of(buf_slice(&c.prose))));
	buf_addsl(&c.prose, buf_slice(&c.code));
	if (c.prose.n)
		fact_put(f, fact_root(f), "text", fact_text(buf_slice(&c.prose), FACT_TEXT));
	json_decref(headings);
	buf_release(&c.prose);
	buf_release(&c.code);
}

static st_t notebook_read(struct fact *f, const struct head *h, struct source *src)
{
	struct buf b = BUF_INIT(NOTEBOOK_MOST);
	struct err e = ERR_INIT;
	json_t *nb = NULL;
	size_t got = 0;
	st_t st;

	(void)h;
	fact_media(f, "application/x-ipynb+json");
	if (src->size >= NOTEBOOK_MOST) {
		fact_unreadable(f, "a notebook of more than %u MB", (unsigned)(NOTEBOOK_MOST >> 20));
		return ST_OK;
	}
	st = buf_reserve(&b, (size_t)src->size + 1);
	if (st == ST_OK && source_read(src, 0, b.p, (size_t)src->size, &got, &e) != ST_OK)
		fact_unreadable(f, "%s", e.text);
	else if (st == ST_OK) {
		b.n = got;
		b.p[got] = '\0';
		if (json_load(&nb, buf_slice(&b), &e) == ST_OK && json_is_object(nb))
			tell(f, nb);
		else
			fact_unreadable(f, "not a notebook: %s", e.st == ST_OK ? "no JSON object" : e.text);
	}
	json_decref(nb);
	buf_release(&b);
	return st == ST_NOMEM ? st : ST_OK;
}

const struct extractor ex_notebook = { .name = "notebook", .version = 1, .bid = notebook_bid, .read = notebook_read };
