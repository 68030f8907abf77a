/*
 * PDF. The reader for it is a program (program.h), which the parent starts beside us when we ask for it with "wants": what pdfinfo and pdftotext wrote then comes along, and is
 * text from a stranger like any other. Without it, version and encryption are told from the bytes.
 */

#include <stdlib.h>

#include "base/utf8.h"
#include "indexer/extract/extract_int.h"
#include "indexer/extract/language.h"

static int pdf_bid(const struct head *h)
{
	return h->magic && strcmp(h->magic, "application/pdf") == 0 ? 80 : 0;
}

static bool holds(struct source *src, const char *word)
{
	static char piece[65536];
	size_t got, n = strlen(word);
	uint64_t from = src->size > sizeof(piece) ? src->size - sizeof(piece) : 0;

	/* The trailer stands at the end. */
	return source_read(src, from, piece, sizeof(piece), &got, NULL) == ST_OK && memmem(piece, got, word, n) != NULL;
}

static void put_date(struct fact *f, json_t *doc, const char *key, struct slice v)
{
	if (v.n >= 10 && v.p[4] == '-')
		fact_put_text(f, doc, key, v);
}

static uint64_t words_in(struct slice s)
{
	uint64_t n = 0;
	bool in = false;
	size_t i;

	for (i = 0; i < s.n; i++) {
		bool blank = (uint8_t)s.p[i] <= ' ';

		n += !blank && !in;
		in = !blank;
	}
	return n;
}

static void info_line(struct fact *f, json_t *doc, struct slice key, struct slice v)
{
	uint64_t n;
	struct slice number = v;

	v = slice_trim(v);
	if (v.n == 0)
		return;
	if (slice_eq_str(key, "Title"))
		fact_put_text(f, doc, "title", v);
	else if (slice_eq_str(key, "Subject"))
		fact_put_text(f, doc, "subject", v);
	else if (slice_eq_str(key, "Keywords"))
		fact_put_text(f, doc, "keywords", v);
	else if (slice_eq_str(key, "Author"))
		fact_put(f, doc, "authors", json_pack("[o]", fact_text(v, FACT_VALUE)));
	else if (slice_eq_str(key, "Producer"))
		fact_put_text(f, doc, "producer", v);
	else if (slice_eq_str(key, "Creator"))
		fact_put_text(f, doc, "creator", v);
	else if (slice_eq_str(key, "CreationDate"))
		put_date(f, doc, "created", v);
	else if (slice_eq_str(key, "ModDate"))
		put_date(f, doc, "modified", v);
	else if (slice_eq_str(key, "Page size"))
		fact_put_text(f, doc, "pageSize", v);
	else if (slice_eq_str(key, "Encrypted") && slice_starts(v, "yes")) {
		fact_put(f, doc, "encrypted", json_true());
		fact_check(f, "encrypted", true, "the document is encrypted: %.*s", (int)v.n, v.p);
	} else if (slice_eq_str(key, "Pages") && (number = v, slice_u64(number, 10000000, &n)))
		fact_put_int(f, doc, "pages", (int64_t)n);
	else if (slice_eq_str(key, "JavaScript") && slice_eq_str(v, "yes"))
		fact_check(f, "active-content", true, "the document holds JavaScript");
}

/* The record it proposes: title and authors as whoever made the document wrote them. */
static void propose(struct fact *f, const json_t *doc)
{
	const char *title = json_text(doc, "title"), *author = json_string_value(json_array_get(json_object_get(doc, "authors"), 0));
	json_t *record, *places;

	if (title == NULL && author == NULL)
		return;
	record = json_object();
	places = json_object();
	if (title) {
		fact_put(f, record, "titles", json_pack("[{s:s}]", "value", title));
		fact_put(f, places, "/titles/0", json_string("document title"));
	}
	if (author) {
		fact_put(f, record, "creators", json_pack("[{s:[{s:s}]}]", "names", "value", author));
		fact_put(f, places, "/creators/0", json_string("document author"));
	}
	fact_put(f, record, "places", places);
	fact_put(f, fact_root(f), "record", record);
}

/* ${beside}: status of the two programs (one letter each: 0 ran, a absent, u no cell, i could not), length of the first's text in 8 hex digits, both texts. */
static void take_beside(struct fact *f, json_t *doc, struct slice beside)
{
	struct slice info, text, line, key;
	char digits[9] = "";
	size_t n, k;
	json_t *t;

	memcpy(digits, beside.p + 2, 8);
	n = strtoul(digits, NULL, 16);
	if (n > beside.n - 10)
		return;
	info = slice_of(beside.p + 10, n);
	text = slice_of(beside.p + 10 + n, beside.n - 10 - n);
	if (beside.p[0] == 'a')
		fact_partial(f, "text and pages were not read: 'pdfinfo' is not installed here (Debian package poppler-utils)");
	else if (beside.p[0] == 'u')
		fact_partial(f, "text and pages were not read: this kernel has no Landlock to shut the PDF reader in");
	else if (beside.p[0] != '0')
		fact_partial(f, json_object_get(doc, "encrypted") ? "needs a password" : "damaged: the PDF reader could not open it");
	while (info.n) {
		line = slice_cut(&info, '\n');
		key = slice_cut(&line, ':');
		if (line.p)
			info_line(f, doc, key, line);
	}
	if ((t = fact_text(text, FACT_TEXT)) == NULL)
		return;
	text = json_slice(t);
	for (k = 0; k < text.n && (uint8_t)text.p[k] <= ' '; k++)
		;
	if (k < text.n) {
		fact_put_int(f, doc, "words", (int64_t)words_in(text));
		if (language_of(text))
			fact_put(f, fact_root(f), "language", json_string(language_of(text)));
		fact_put(f, fact_root(f), "text", json_incref(t));
	} else if (beside.p[1] == '0' && beside.p[0] == '0')
		fact_check(f, "no-text", false, "no text in it: pages may be pictures");
	json_decref(t);
}

static st_t pdf_read(struct fact *f, const struct head *h, struct source *src)
{
	json_t *doc = fact_object(f, "document");
	char version[4] = "";

	fact_media(f, "application/pdf");
	if (h->n >= 8 && h->p[6] == '.')
		memcpy(version, h->p + 5, 3);
	fact_format(f, "PDF", utf8_valid(slice_str(version), NULL) && version[0] >= '0' && version[0] <= '9' ? version : NULL, NULL);
	if (!holds(src, "%%EOF"))
		fact_check(f, "cut-short", true, "no end mark: the file may be cut off");
	if (holds(src, "/Encrypt")) {
		fact_put(f, doc, "encrypted", json_true());
		fact_check(f, "encrypted", true, "the document is encrypted");
	}
	if (h->beside.n >= 10)
		take_beside(f, doc, h->beside);
	else if (h->depth == 0)
		fact_put(f, fact_root(f), "wants", json_string("pdf"));
	propose(f, doc);
	return ST_OK;
}

const struct extractor ex_pdf = { .name = "pdf", .version = 1, .bid = pdf_bid, .read = pdf_read };
