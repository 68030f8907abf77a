#include "indexer/extract/sax_int.h"

#include <libxml/parser.h>

#include "indexer/extract/matter_int.h"

static void on_start(void *u, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int n_ns, const xmlChar **ns, int n, int n_default, const xmlChar **attrs)
{
	struct sax *s = u;
	struct sax_attrs a = { attrs, n };

	(void)prefix;
	(void)uri;
	(void)n_ns;
	(void)ns;
	(void)n_default;
	if (s->fault)
		return;
	s->keep = false;
	buf_clear(&s->text);
	s->start(s->ctx, (const char *)name, &a);
}

static void on_end(void *u, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	struct sax *s = u;

	(void)prefix;
	(void)uri;
	if (s->fault)
		return;
	s->end(s->ctx, (const char *)name);
	s->keep = false;
	buf_clear(&s->text);
}

static void on_text(void *u, const xmlChar *p, int n)
{
	struct sax *s = u;

	if (s->keep && n > 0 && buf_add(&s->text, p, (size_t)n) == ST_NOMEM)
		s->nomem = true;
}

static void on_doctype(void *u, const xmlChar *name, const xmlChar *id, const xmlChar *system)
{
	struct sax *s = u;

	(void)name;
	(void)id;
	(void)system;
	s->fault = "a DOCTYPE, which is refused";
	xmlStopParser(s->parser);
}

static void silent(void *u, const char *fmt, ...)
{
	(void)u;
	(void)fmt;
}

st_t sax_init(struct sax *s, void *ctx, size_t most)
{
	xmlSAXHandler h = { .initialized = XML_SAX2_MAGIC, .internalSubset = on_doctype, .startElementNs = on_start, .endElementNs = on_end, .characters = on_text,
		.cdataBlock = on_text, .ignorableWhitespace = on_text, .warning = silent, .error = silent, .fatalError = silent };

	s->ctx = ctx;
	buf_init(&s->text, most);
	if ((s->parser = xmlCreatePushParserCtxt(&h, s, NULL, 0, NULL)) == NULL)
		return ST_NOMEM;
	xmlCtxtUseOptions(s->parser, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	return ST_OK;
}

void sax_release(struct sax *s)
{
	if (s->parser)
		xmlFreeParserCtxt(s->parser);
	s->parser = NULL;
	buf_release(&s->text);
}

st_t sax_push(struct sax *s, const void *p, size_t n, bool last, struct err *e)
{
	xmlParserCtxtPtr c = s->parser;
	const xmlError *why;
	const char *b = p;
	size_t k;
	int rc = 0;

	/* In pieces of its own, so that it does not matter how the file came. */
	for (; n && rc == 0 && !s->fault && !s->nomem; b += k, n -= k) {
		k = n < 65536 ? n : 65536;
		rc = xmlParseChunk(c, b, (int)k, 0);
	}
	if (last && rc == 0 && !s->fault && !s->nomem)
		rc = xmlParseChunk(c, NULL, 0, 1);
	if (s->nomem || rc == XML_ERR_NO_MEMORY)
		return ST_NOMEM;
	if (s->fault)
		return err_set(e, ST_INVALID, "%s", s->fault);
	if (rc != 0 || !c->wellFormed) {
		why = xmlCtxtGetLastError(c);
		return err_set(e, ST_INVALID, "not well-formed XML: line %d", why ? why->line : 0);
	}
	return ST_OK;
}

struct slice sax_attr(const struct sax_attrs *a, const char *name)
{
	int i;

	for (i = 0; i < a->n; i++)
		if (strcmp((const char *)a->p[5 * i], name) == 0)
			return slice_of(a->p[5 * i + 3], (size_t)(a->p[5 * i + 4] - a->p[5 * i + 3]));
	return SLICE_NULL;
}
