/*
 * Which clothes a vocabulary wears is told by its first bytes; its name only decides between YAML and CSV when they do not. JSON arrays are
 * cut into their elements while they come, because ROR's dump is larger than what a reader may hold.
 */

#include "indexer/extract/voc_int.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"

#define ELEMENT_MAX	((size_t)8 << 20)
#define DEEP_MAX	100

enum clothes { UNKNOWN, TURTLE, RDFXML, JSONLD, ARRAY, CSV, OBO, YAML };

struct voc {
	char *name;
	uint64_t size, got;
	st_t (*emit)(void *ctx, struct slice json);
	void *ctx;
	enum clothes clothes;
	const char *format;
	struct buf whole;		/* the text, or of an array what is not yet read */
	struct buf line;		/* a concept on its way out */
	struct voc_graph *graph;	/* of an array's nodes */
	size_t scan;			/* of an array: how far ${whole} was looked at, */
	unsigned depth;			/* and where that is */
	bool in_string, escaped, ended;
	size_t start;			/* of the element that is open */
	uint64_t concepts;
	st_t st;
	struct err why;
	char *iri, *title;
	struct buf warnings;		/* JSON texts with commas between */
};

st_t voc_new(struct voc **out, const char *name, uint64_t size, st_t (*emit)(void *ctx, struct slice json), void *ctx)
{
	struct voc *v = calloc(1, sizeof(*v));

	*out = NULL;
	if (v == NULL || (v->name = slice_dup(slice_str(name != NULL ? name : ""))) == NULL) {
		free(v);
		return ST_NOMEM;
	}
	v->size = size;
	v->emit = emit;
	v->ctx = ctx;
	v->why = (struct err)ERR_INIT;
	buf_init(&v->whole, VOC_WHOLE_MAX);
	buf_init(&v->line, (size_t)4 << 20);
	buf_init(&v->warnings, 16384);
	*out = v;
	return ST_OK;
}

void voc_free(struct voc *v)
{
	if (v == NULL)
		return;
	voc_graph_free(v->graph);
	buf_release(&v->whole);
	buf_release(&v->line);
	buf_release(&v->warnings);
	free(v->iri);
	free(v->title);
	free(v->name);
	free(v);
}

st_t voc_fail(struct voc *v, st_t st, const char *fmt, ...)
{
	va_list ap;
	char text[300];

	if (v->st == ST_OK) {
		va_start(ap, fmt);
		vsnprintf(text, sizeof(text), fmt, ap);
		va_end(ap);
		v->st = st;
		err_set(&v->why, st, "%s", text);
	}
	return st;
}

void voc_warn(struct voc *v, const char *fmt, ...)
{
	va_list ap;
	char text[300];

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (v->warnings.n + 2000 > v->warnings.max)
		return;
	if (v->warnings.n > 0)
		buf_addc(&v->warnings, ',');
	json_quote(&v->warnings, slice_str(text));
}

void voc_about(struct voc *v, struct slice iri, struct slice title)
{
	if (v->iri == NULL && iri.n > 0)
		v->iri = slice_dup(utf8_clip(iri, 2048));
	if (v->title == NULL && title.n > 0)
		v->title = slice_dup(utf8_clip(title, 1024));
}

struct slice voc_local(struct slice iri)
{
	size_t i = iri.n;
	bool urn = slice_starts(iri, "urn:");

	if (i > 1 && (iri.p[i - 1] == '/' || iri.p[i - 1] == '#'))
		iri.n = --i;
	while (i > 0 && iri.p[i - 1] != '/' && iri.p[i - 1] != '#' && !(urn && iri.p[i - 1] == ':'))
		i--;
	return slice_of(iri.p + i, iri.n - i);
}

bool voc_obo_iri(struct buf *out, struct slice curie)
{
	size_t i = 0, digits;

	while (i < curie.n && (isalpha((unsigned char)curie.p[i]) || curie.p[i] == '_'))
		i++;
	digits = i + 1;
	if (i == 0 || i >= curie.n || curie.p[i] != ':' || curie.n - digits < 5)
		return false;
	while (digits < curie.n && isdigit((unsigned char)curie.p[digits]))
		digits++;
	if (digits != curie.n)
		return false;
	buf_adds(out, "http://purl.obolibrary.org/obo/");
	buf_add(out, curie.p, i);
	buf_addc(out, '_');
	return buf_add(out, curie.p + i + 1, curie.n - i - 1) == ST_OK;
}

/* ---- one concept ---- */

void voc_item_init(struct voc_item *it)
{
	memset(it, 0, sizeof(*it));
	for (size_t i = 0; i < VOC_WHATS; i++)
		buf_init(&it->parts[i], (size_t)1 << 20);
}

void voc_item_release(struct voc_item *it)
{
	for (size_t i = 0; i < VOC_WHATS; i++)
		buf_release(&it->parts[i]);
}

void voc_item_clear(struct voc_item *it)
{
	it->iri = it->id = SLICE_NULL;
	it->kind = NULL;
	it->deprecated = false;
	it->n_fields = 0;
	for (size_t i = 0; i < VOC_WHATS; i++)
		buf_clear(&it->parts[i]);
}

/* Lower case, at most 16 characters; "jp", which is a country, is meant as Japanese. */
static struct slice lang_of(char out[17], struct slice lang)
{
	size_t i, n = 0;

	lang = slice_trim(lang);
	if (slice_ieq_str(lang, "jp"))
		return SLICE("ja");
	for (i = 0; i < lang.n && n < 16; i++) {
		char c = lang.p[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c + 32);
		if (c == '_')
			c = '-';
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')
			out[n++] = c;
	}
	return slice_of(out, n);
}

static struct slice squeeze_ends(struct slice s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t' || s.p[0] == '\n' || s.p[0] == '\r')) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t' || s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\r'))
		s.n--;
	return s;
}

void voc_item_add(struct voc_item *it, enum voc_what what, struct slice lang, struct slice text)
{
	struct buf *b = &it->parts[what], copy = BUF_INIT(VOC_TEXT_MAX + 200);
	char l[17];

	text = utf8_clip(squeeze_ends(text), VOC_TEXT_MAX);
	if (text.n == 0 || it->n_fields >= VOC_FIELDS_MAX)
		return;
	it->n_fields++;
	if (b->n > 0)
		buf_addc(&copy, ',');
	if (what <= VOC_DEF) {
		buf_adds(&copy, "[\"");
		buf_addsl(&copy, lang_of(l, lang));
		buf_adds(&copy, "\",");
	}
	copy.max = VOC_TEXT_MAX * 7;
	json_quote(&copy, text);
	if (what <= VOC_DEF)
		buf_addc(&copy, ']');
	/* Whole or not at all: what is too much for a concept is left out. */
	if (copy.st == ST_OK && b->st == ST_OK && b->n + copy.n <= b->max)
		buf_addsl(b, buf_slice(&copy));
	buf_release(&copy);
}

st_t voc_item_emit(struct voc *v, struct voc_item *it)
{
	static const char *const names[VOC_WHATS] = { "label", "alt", "def", "broader", "narrower", "exact", "close", "notation", NULL };
	struct buf *b = &v->line;
	size_t i;
	st_t st;

	buf_clear(b);
	if (it->iri.n == 0 && it->id.n == 0)
		return ST_OK;
	buf_adds(b, "{\"iri\":");
	json_quote(b, it->iri.n > 0 ? it->iri : it->id);
	buf_adds(b, ",\"id\":");
	json_quote(b, it->id.n > 0 ? it->id : voc_local(it->iri));
	buf_addf(b, ",\"kind\":\"%s\"", it->kind != NULL ? it->kind : "term");
	for (i = 0; i < VOC_WHATS; i++) {
		if (names[i] == NULL || it->parts[i].n == 0)
			continue;
		buf_addf(b, ",\"%s\":[", names[i]);
		buf_addsl(b, buf_slice(&it->parts[i]));
		buf_addc(b, ']');
	}
	if (it->deprecated)
		buf_adds(b, ",\"deprecated\":true");
	buf_addc(b, '}');
	if (b->st == ST_TOOBIG)
		return voc_fail(v, ST_TOOBIG, "a concept is over 4 MB");
	if (b->st != ST_OK)
		return voc_fail(v, b->st, "out of memory");
	v->concepts++;
	if ((st = v->emit(v->ctx, buf_slice(b))) != ST_OK)
		voc_fail(v, st, "the concepts could not be passed on");
	return st;
}

/* ---- which clothes ---- */

/* The first line that is neither empty nor a comment. */
static struct slice first_line(struct slice s)
{
	while (s.n > 0) {
		struct slice line = slice_trim(slice_cut(&s, '\n'));

		while (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		if (line.n > 0 && line.p[0] != '#')
			return line;
	}
	return SLICE_NULL;
}

static bool named(const struct voc *v, const char *end)
{
	struct slice name = slice_str(v->name);
	size_t n = strlen(end);

	return name.n > n && slice_ieq_str(slice_of(name.p + name.n - n, n), end);
}

static bool yaml_key(struct slice line)
{
	size_t i = 0;

	while (i < line.n && (isalnum((unsigned char)line.p[i]) || line.p[i] == '_' || line.p[i] == '-'))
		i++;
	return i > 0 && i < line.n && line.p[i] == ':' && (i + 1 == line.n || line.p[i + 1] == ' ');
}

static enum clothes clothes_of(const struct voc *v, struct slice s)
{
	struct slice line;

	if (slice_starts(s, "\xef\xbb\xbf"))
		s = slice_of(s.p + 3, s.n - 3);
	line = first_line(s);
	if (line.n == 0)
		return UNKNOWN;
	if (slice_starts(line, "<?xml") || slice_starts(line, "<!--") || slice_starts(line, "<rdf:RDF") || slice_starts(line, "<!DOCTYPE"))
		return RDFXML;
	if (line.p[0] == '{')
		return JSONLD;
	if (line.p[0] == '[' && !slice_starts(line, "[Term]") && !slice_starts(line, "[Typedef]"))
		return ARRAY;
	if (slice_starts(line, "@prefix") || slice_starts(line, "@base") || slice_starts(line, "PREFIX") || slice_starts(line, "prefix ") ||
	    slice_starts(line, "BASE") || line.p[0] == '<' || slice_starts(line, "_:") || named(v, ".ttl") || named(v, ".nt"))
		return TURTLE;
	if (slice_starts(line, "format-version:") || slice_starts(line, "[Term]") || slice_starts(line, "[Typedef]") || named(v, ".obo"))
		return OBO;
	if (!named(v, ".csv") && !named(v, ".tsv") && (slice_starts(line, "---") || slice_starts(line, "%YAML") || named(v, ".yaml") || named(v, ".yml") || yaml_key(line)))
		return YAML;
	return memchr(line.p, ',', line.n) || memchr(line.p, '\t', line.n) || memchr(line.p, ';', line.n) ? CSV : UNKNOWN;
}

/* ---- arrays ---- */

static st_t element(struct voc *v, size_t end)
{
	struct slice s = slice_of(v->whole.p + v->start, end - v->start);

	if (v->graph == NULL && (v->graph = voc_graph_new()) == NULL)
		return voc_fail(v, ST_NOMEM, "out of memory");
	return voc_read_element(v, v->graph, s, &v->format);
}

/* Look at what came since; each element that is complete is read and forgotten. */
static st_t array_scan(struct voc *v)
{
	size_t i = v->scan, done = 0;
	st_t st = ST_OK;

	for (; i < v->whole.n && st == ST_OK; i++) {
		char c = v->whole.p[i];

		if (v->in_string) {
			v->in_string = v->escaped || c != '"';
			v->escaped = !v->escaped && c == '\\';
		} else if (c == '"') {
			v->in_string = true;
		} else if (c == '{' || c == '[') {
			if (++v->depth == 2)
				v->start = i;
			if (v->depth > DEEP_MAX)
				st = voc_fail(v, ST_INVALID, "the JSON is deeper than %d levels", DEEP_MAX);
		} else if ((c == '}' || c == ']') && v->depth > 0) {
			if (--v->depth == 1) {
				st = element(v, i + 1);
				done = i + 1;
			} else if (v->depth == 0) {
				v->ended = true;
			}
		}
	}
	if (v->depth >= 2 && v->start >= done && v->start > 0)
		done = v->start;
	if (v->depth < 2)
		done = i;
	buf_drop(&v->whole, done);
	v->scan = i - done;
	v->start = v->start >= done ? v->start - done : 0;
	if (st == ST_OK && v->depth >= 2 && v->whole.n > ELEMENT_MAX)
		st = voc_fail(v, ST_TOOBIG, "an element of the array is over 8 MB");
	return st;
}

/* ---- pushing ---- */

#define LOOK_AT	4096

static void choose(struct voc *v)
{
	v->clothes = clothes_of(v, buf_slice(&v->whole));
	if (v->clothes == UNKNOWN)
		voc_fail(v, ST_UNSUPPORTED, "not Turtle, RDF/XML, JSON, CSV, OBO or YAML by its first lines");
}

st_t voc_push(struct voc *v, const void *p, size_t n)
{
	if (v->st != ST_OK)
		return v->st;
	if (n == 0)
		return ST_OK;
	if (v->got == 0 && v->size > 0 && v->size < VOC_WHOLE_MAX)
		buf_reserve(&v->whole, v->size);
	v->got += n;
	if (buf_add(&v->whole, p, n) != ST_OK)
		return voc_fail(v, v->whole.st, v->whole.st == ST_TOOBIG ? "over %zu MB: only JSON arrays may be so large" : "out of memory", VOC_WHOLE_MAX >> 20);
	if (v->clothes == UNKNOWN && (v->whole.n >= LOOK_AT || v->whole.n == v->size) && first_line(buf_slice(&v->whole)).n > 0)
		choose(v);
	if (v->st == ST_OK && v->clothes == ARRAY)
		array_scan(v);
	return v->st;
}

static void read_whole(struct voc *v)
{
	static const struct { const char *format; st_t (*read)(struct voc *, struct slice); } readers[] = {
		[TURTLE] = { "turtle", voc_read_turtle }, [RDFXML] = { "rdf-xml", voc_read_rdfxml }, [JSONLD] = { "json-ld", voc_read_jsonld },
		[CSV] = { "csv", voc_read_csv }, [OBO] = { "obo", voc_read_obo }, [YAML] = { "yaml-schema", voc_read_yaml },
	};
	struct slice s = buf_slice(&v->whole);
	size_t bad;
	st_t st;

	if (slice_starts(s, "\xef\xbb\xbf"))
		s = slice_of(s.p + 3, s.n - 3);
	if (memchr(s.p, '\0', s.n) != NULL || !utf8_valid(s, &bad)) {
		voc_fail(v, ST_INVALID, "not UTF-8 text");
		return;
	}
	v->format = readers[v->clothes].format;
	st = readers[v->clothes].read(v, s);
	if (st != ST_OK)
		voc_fail(v, st, st == ST_NOMEM ? "out of memory" : "cannot be read");
}

static void finish(struct voc *v)
{
	if (v->st != ST_OK)
		return;
	if (v->clothes == UNKNOWN)
		choose(v);
	if (v->st != ST_OK)
		return;
	if (v->clothes != ARRAY) {
		read_whole(v);
		return;
	}
	array_scan(v);
	if (v->st == ST_OK && !v->ended)
		voc_fail(v, ST_INVALID, "the JSON array does not end");
	if (v->st == ST_OK && v->graph != NULL)
		voc_graph_emit(v, v->graph);
}

st_t voc_end(struct voc *v, struct buf *out)
{
	finish(v);
	buf_addf(out, "{\"extractor\":\"vocabulary\",\"version\":1,\"status\":\"%s\",\"concepts\":%llu", v->st == ST_OK ? "ok" : "unreadable",
	    (unsigned long long)v->concepts);
	if (v->st != ST_OK) {
		buf_adds(out, ",\"reason\":");
		json_quote(out, slice_str(v->why.text));
	}
	if (v->format != NULL)
		buf_addf(out, ",\"format\":\"%s\"", v->format);
	if (v->iri != NULL) {
		buf_adds(out, ",\"iri\":");
		json_quote(out, slice_str(v->iri));
	}
	if (v->title != NULL) {
		buf_adds(out, ",\"title\":");
		json_quote(out, slice_str(v->title));
	}
	if (v->warnings.n > 0) {
		buf_adds(out, ",\"warnings\":[");
		buf_addsl(out, buf_slice(&v->warnings));
		buf_addc(out, ']');
	}
	buf_addc(out, '}');
	return out->st;
}
