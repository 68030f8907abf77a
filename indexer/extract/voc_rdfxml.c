/*
 * RDF/XML (W3C, 2014), the striped syntax: elements are nodes and properties in turn. Read with libxml2's SAX events into statements; no tree is
 * built, a DOCTYPE is refused (and with it every entity), depth is limited. Not read, because no vocabulary needs it: rdf:bagID,
 * reification by rdf:ID on a property, and the members of a collection, which becomes a blank node.
 */

#include <libxml/parser.h>
#include <libxml/uri.h>

#include <stdlib.h>

#include "base/utf8.h"
#include "indexer/extract/voc_int.h"

#define DEPTH_MAX	60

struct level {
	bool property;
	bool skip;			/* an XML literal, or a collection */
	char *name;			/* of a node: its IRI or "_:n"; of a property: its IRI */
	char *lang, *base;		/* inherited, owned */
	bool had_node;			/* a property whose object came as an element or attribute */
	struct buf text;
};

struct rdf {
	struct voc *v;
	struct voc_graph *g;
	xmlParserCtxtPtr ctxt;
	struct level stack[DEPTH_MAX];
	size_t n;
	unsigned blanks, skipped;	/* depth inside what is skipped */
	bool is_rdf;
	st_t st;
};

static void stop(struct rdf *r, st_t st, const char *why)
{
	if (r->st == ST_OK) {
		r->st = st;
		voc_fail(r->v, st, "line %d: %s", xmlSAX2GetLineNumber(r->ctxt), why);
	}
	xmlStopParser(r->ctxt);
}

static void said(struct rdf *r, st_t st)
{
	if (st != ST_OK)
		stop(r, st, "says more than a vocabulary may hold");
}

struct attrs { const xmlChar **a; int n; };

/* Value of an attribute as an owned text; NULL: not there. */
static char *attr(struct attrs at, const char *ns, const char *name)
{
	for (int i = 0; i < at.n; i++) {
		const xmlChar **a = at.a + 5 * i;

		if (strcmp((const char *)a[0], name) == 0 && a[2] != NULL && strcmp((const char *)a[2], ns) == 0)
			return slice_dup(slice_of(a[3], (size_t)(a[4] - a[3])));
	}
	return NULL;
}

static char *resolve(const struct level *l, const char *ref)
{
	xmlChar *full = xmlBuildURI((const xmlChar *)ref, (const xmlChar *)(l->base != NULL ? l->base : ""));
	char *out = slice_dup(full != NULL ? slice_str((const char *)full) : slice_str(ref));

	xmlFree(full);
	return out;
}

static char *blank(struct rdf *r, const char *id)
{
	struct buf b = BUF_INIT(4096);

	if (id != NULL)
		buf_addf(&b, "_:n%s", id);
	else
		buf_addf(&b, "_:b%u", ++r->blanks);
	return b.st == ST_OK ? buf_take(&b, NULL) : NULL;
}

static char *joined(const xmlChar *ns, const xmlChar *name)
{
	struct buf b = BUF_INIT(8192);

	buf_adds(&b, ns != NULL ? (const char *)ns : "");
	buf_adds(&b, (const char *)name);
	return b.st == ST_OK ? buf_take(&b, NULL) : NULL;
}

static void level_release(struct level *l)
{
	free(l->name);
	free(l->lang);
	free(l->base);
	buf_release(&l->text);
	memset(l, 0, sizeof(*l));
}

/* The subject of a node element, owned. */
static char *subject_of(struct rdf *r, const struct level *l, struct attrs at)
{
	char *about = attr(at, VOC_RDF, "about"), *id = attr(at, VOC_RDF, "ID"), *node = attr(at, VOC_RDF, "nodeID"), *out;
	struct buf b = BUF_INIT(8192);

	if (about != NULL)
		out = resolve(l, about);
	else if (id != NULL) {
		buf_addf(&b, "#%s", id);
		out = b.st == ST_OK ? resolve(l, b.p) : NULL;
	} else
		out = blank(r, node);
	buf_release(&b);
	free(about);
	free(id);
	free(node);
	return out;
}

/* Attributes that are properties with a text. */
static void property_attrs(struct rdf *r, const char *subject, const struct level *l, struct attrs at)
{
	for (int i = 0; i < at.n && r->st == ST_OK; i++) {
		const xmlChar **a = at.a + 5 * i;
		char *pred;

		if (a[2] == NULL || strcmp((const char *)a[2], VOC_RDF) == 0 || strcmp((const char *)a[2], "http://www.w3.org/XML/1998/namespace") == 0)
			continue;
		if ((pred = joined(a[2], a[0])) != NULL)
			said(r, voc_graph_text(r->g, slice_str(subject), slice_str(pred), slice_of(a[3], (size_t)(a[4] - a[3])), slice_str(l->lang)));
		free(pred);
	}
}

static void node_start(struct rdf *r, struct level *l, const xmlChar *name, const xmlChar *ns, struct attrs at)
{
	char *type = joined(ns, name);
	struct level *up = r->n > 1 ? &r->stack[r->n - 2] : NULL;

	l->name = subject_of(r, l, at);
	if (l->name == NULL || type == NULL) {
		free(type);
		stop(r, ST_NOMEM, "out of memory");
		return;
	}
	if (strcmp(type, VOC_RDF "Description") != 0)
		said(r, voc_graph_iri(r->g, slice_str(l->name), SLICE(VOC_RDF "type"), slice_str(type)));
	free(type);
	property_attrs(r, l->name, l, at);
	if (up != NULL && up->property && r->n > 2) {
		up->had_node = true;
		said(r, voc_graph_iri(r->g, slice_str(r->stack[r->n - 3].name), slice_str(up->name), slice_str(l->name)));
	}
}

static void property_start(struct rdf *r, struct level *l, const xmlChar *name, const xmlChar *ns, struct attrs at)
{
	char *resource = attr(at, VOC_RDF, "resource"), *node = attr(at, VOC_RDF, "nodeID"), *type = attr(at, VOC_RDF, "parseType"), *object = NULL;
	const char *subject = r->n > 1 ? r->stack[r->n - 2].name : "";

	l->property = true;
	l->name = joined(ns, name);
	if (resource != NULL)
		object = resolve(l, resource);
	else if (node != NULL)
		object = blank(r, node);
	else if (type != NULL && strcmp(type, "Resource") == 0)
		object = blank(r, NULL);
	l->skip = type != NULL && strcmp(type, "Resource") != 0;
	if (l->name != NULL && object != NULL) {
		l->had_node = true;
		said(r, voc_graph_iri(r->g, slice_str(subject), slice_str(l->name), slice_str(object)));
		property_attrs(r, object, l, at);
	}
	if (type != NULL && strcmp(type, "Resource") == 0 && object != NULL) {
		/* Its content is a node's: what follows are properties of the blank node. */
		free(l->name);
		l->name = object;
		object = NULL;
		l->property = false;
	}
	free(object);
	free(resource);
	free(node);
	free(type);
}

static void start(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *ns, int n_ns, const xmlChar **nss, int n, int n_def, const xmlChar **a)
{
	struct rdf *r = ctx;
	struct attrs at = { a, n };
	struct level *l, *up = r->n > 0 ? &r->stack[r->n - 1] : NULL;
	char *lang, *base;

	(void)prefix; (void)n_ns; (void)nss; (void)n_def;
	if (r->st != ST_OK)
		return;
	if (r->skipped > 0 || (up != NULL && up->skip)) {
		if (++r->skipped > 1000)
			stop(r, ST_INVALID, "too deep");
		return;
	}
	if (r->n == DEPTH_MAX) {
		stop(r, ST_INVALID, "too deep");
		return;
	}
	l = &r->stack[r->n++];
	memset(l, 0, sizeof(*l));
	buf_init(&l->text, VOC_TEXT_MAX);
	lang = attr(at, "http://www.w3.org/XML/1998/namespace", "lang");
	base = attr(at, "http://www.w3.org/XML/1998/namespace", "base");
	l->lang = lang != NULL ? lang : slice_dup(slice_str(up != NULL && up->lang != NULL ? up->lang : ""));
	l->base = base != NULL ? base : slice_dup(slice_str(up != NULL && up->base != NULL ? up->base : ""));
	if (r->n == 1 && ns != NULL && strcmp((const char *)ns, VOC_RDF) == 0 && strcmp((const char *)name, "RDF") == 0) {
		r->is_rdf = true;
		l->property = true;		/* its children are nodes */
		l->name = slice_dup(SLICE(""));
		return;
	}
	if (r->n == 1)
		r->is_rdf = false;
	if (!r->is_rdf) {
		stop(r, ST_UNSUPPORTED, "XML, but not RDF");
		return;
	}
	if (up == NULL || up->property)
		node_start(r, l, name, ns, at);
	else
		property_start(r, l, name, ns, at);
}

static void end(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *ns)
{
	struct rdf *r = ctx;
	struct level *l;

	(void)name; (void)prefix; (void)ns;
	if (r->skipped > 0) {
		r->skipped--;
		return;
	}
	if (r->n == 0)
		return;
	l = &r->stack[r->n - 1];
	if (l->property && !l->had_node && !l->skip && l->name != NULL && r->n > 1 && r->st == ST_OK)
		said(r, voc_graph_text(r->g, slice_str(r->stack[r->n - 2].name), slice_str(l->name), buf_slice(&l->text), slice_str(l->lang)));
	level_release(l);
	r->n--;
}

static void text(void *ctx, const xmlChar *p, int n)
{
	struct rdf *r = ctx;
	struct level *l = r->n > 0 ? &r->stack[r->n - 1] : NULL;

	if (l != NULL && r->skipped == 0 && l->property && !l->skip && l->text.st == ST_OK && buf_add(&l->text, p, (size_t)n) == ST_TOOBIG)
		l->text.st = ST_TOOBIG;		/* the rest of a long text is left out */
}

static void refuse_doctype(void *ctx, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
	(void)name; (void)external; (void)system;
	stop(ctx, ST_INVALID, "has a DOCTYPE, which is not read: save it without");
}

static void quiet(void *ctx, const char *fmt, ...)
{
	(void)ctx;
	(void)fmt;
}

st_t voc_read_rdfxml(struct voc *v, struct slice s)
{
	struct rdf *r = calloc(1, sizeof(*r));
	xmlSAXHandler sax;
	st_t st = ST_NOMEM;
	int rc = 0;

	if (r == NULL)
		return ST_NOMEM;
	memset(&sax, 0, sizeof(sax));
	sax.initialized = XML_SAX2_MAGIC;
	sax.startElementNs = start;
	sax.endElementNs = end;
	sax.characters = sax.cdataBlock = sax.ignorableWhitespace = text;
	sax.internalSubset = refuse_doctype;
	sax.warning = sax.error = quiet;
	r->v = v;
	r->g = voc_graph_new();
	r->ctxt = xmlCreatePushParserCtxt(&sax, r, NULL, 0, NULL);
	if (r->g == NULL || r->ctxt == NULL)
		goto out;
	xmlCtxtUseOptions(r->ctxt, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	for (size_t at = 0; at < s.n && rc == 0 && r->st == ST_OK; at += 65536)
		rc = xmlParseChunk(r->ctxt, s.p + at, (int)(s.n - at < 65536 ? s.n - at : 65536), 0);
	if (rc == 0 && r->st == ST_OK)
		rc = xmlParseChunk(r->ctxt, NULL, 0, 1);
	if (r->st != ST_OK)
		st = r->st;
	else if (rc != 0)
		st = voc_fail(v, ST_INVALID, "line %d: not well-formed XML", xmlSAX2GetLineNumber(r->ctxt));
	else
		st = voc_graph_emit(v, r->g);
out:
	while (r->n > 0)
		level_release(&r->stack[--r->n]);
	if (r->ctxt != NULL)
		xmlFreeParserCtxt(r->ctxt);
	voc_graph_free(r->g);
	free(r);
	return st;
}
