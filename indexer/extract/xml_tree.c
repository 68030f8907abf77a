#include "indexer/extract/xml_tree.h"

#include <ctype.h>
#include <libxml/parser.h>
#include <libxml/xmlerror.h>

struct build {
	struct arena *a;
	xmlParserCtxtPtr ctxt;
	struct xn *root, *at;
	struct buf text;		/* of the element that is open, when it began with text */
	unsigned depth, nodes;
	const char *fault;		/* what it was stopped for */
	bool nomem;
};

static void stop(struct build *b, const char *why)
{
	if (b->fault == NULL)
		b->fault = why;
	xmlStopParser(b->ctxt);
}

static const char *keep(struct build *b, const void *p, size_t n)
{
	const char *s = p != NULL ? arena_dup(b->a, p, n) : "";

	if (s == NULL) {
		b->nomem = true;
		stop(b, "larger than is read");
	}
	return s != NULL ? s : "";
}

static void refuse_doctype(void *ctx, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
	(void)name, (void)external, (void)system;
	stop(ctx, "a document type declaration is not taken");
}

/* Text that stands before a child belongs to the parent; what comes behind is added to it. */
static void flush_text(struct build *b)
{
	struct slice s = buf_slice(&b->text), old;
	char *all;

	while (s.n > 0 && isspace((unsigned char)s.p[0]))
		s.p++, s.n--;
	while (s.n > 0 && isspace((unsigned char)s.p[s.n - 1]))
		s.n--;
	if (s.n > 0 && b->at != NULL) {
		old = b->at->text;
		all = arena_alloc(b->a, old.n + s.n + 2);
		if (all == NULL) {
			b->nomem = true;
			stop(b, "larger than is read");
			return;
		}
		if (old.n > 0) {
			memcpy(all, old.p, old.n);
			all[old.n] = ' ';
			memcpy(all + old.n + 1, s.p, s.n);
			b->at->text = slice_of(all, old.n + 1 + s.n);
		} else {
			memcpy(all, s.p, s.n);
			b->at->text = slice_of(all, s.n);
		}
	}
	buf_clear(&b->text);
}

static void take_attrs(struct build *b, struct xn *n, int count, const xmlChar **attrs)
{
	struct xattr **end = &n->attrs;

	for (int i = 0; i < count && b->fault == NULL; i++, attrs += 5) {
		struct xattr *a = arena_alloc(b->a, sizeof(*a));

		if (a == NULL) {
			b->nomem = true;
			stop(b, "larger than is read");
			return;
		}
		a->name = keep(b, attrs[0], strlen((const char *)attrs[0]));
		a->label = arena_printf(b->a, "@%s", a->name);
		a->ns = keep(b, attrs[2], attrs[2] != NULL ? strlen((const char *)attrs[2]) : 0);
		a->value = slice_trim(slice_of(keep(b, attrs[3], (size_t)(attrs[4] - attrs[3])), (size_t)(attrs[4] - attrs[3])));
		if (a->label == NULL)
			a->label = "@";
		*end = a;
		end = &a->next;
	}
}

/* Long lists repeat one name, so its last twin is nearly always the last child; where names alternate, only so many are looked at. */
static void count_twins(const struct xn *parent, struct xn *n)
{
	unsigned seen = 0;

	if (parent->last != NULL && strcmp(parent->last->name, n->name) == 0) {
		n->nth = parent->last->nth + (parent->last->nth > 0);
		return;
	}
	for (const struct xn *c = parent->child; c != NULL; c = c->next) {
		if (strcmp(c->name, n->name) == 0)
			n->nth = c->nth + (c->nth > 0);
		if (++seen > 500) {
			n->nth = 0;
			return;
		}
	}
}

static void start(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int n_ns, const xmlChar **ns, int n_attrs, int n_default, const xmlChar **attrs)
{
	struct build *b = ctx;
	struct xn *n;

	(void)prefix, (void)ns, (void)n_default;
	if (b->fault != NULL)
		return;
	if (++b->depth > XML_DEPTH_MAX) {
		stop(b, "nested too deeply");
		return;
	}
	if (++b->nodes > XML_NODES_MAX || n_attrs > (int)XML_ATTRS_MAX || n_ns > (int)XML_ATTRS_MAX) {
		stop(b, "more elements or attributes than are read");
		return;
	}
	flush_text(b);
	n = arena_alloc(b->a, sizeof(*n));
	if (n == NULL || b->fault != NULL) {
		b->nomem |= n == NULL;
		stop(b, "larger than is read");
		return;
	}
	n->name = keep(b, name, strlen((const char *)name));
	n->ns = keep(b, uri, uri != NULL ? strlen((const char *)uri) : 0);
	n->line = (uint32_t)xmlSAX2GetLineNumber(b->ctxt);
	n->parent = b->at;
	n->nth = 1;
	if (b->at == NULL) {
		b->root = n;
	} else {
		count_twins(b->at, n);
		if (b->at->last != NULL)
			b->at->last->next = n;
		else
			b->at->child = n;
		b->at->last = n;
	}
	take_attrs(b, n, n_attrs, attrs);
	b->at = n;
}

static void end(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	struct build *b = ctx;

	(void)name, (void)prefix, (void)uri;
	if (b->fault != NULL || b->at == NULL)
		return;
	flush_text(b);
	b->depth--;
	b->at = b->at->parent;
}

static void chars(void *ctx, const xmlChar *p, int n)
{
	struct build *b = ctx;

	if (b->fault == NULL && b->at != NULL && n > 0 && buf_add(&b->text, p, (size_t)n) != ST_OK)
		stop(b, "larger than is read");
}

static void silent(void *ctx, const char *fmt, ...)
{
	(void)ctx, (void)fmt;
}

/* Encodings that libxml2 knows by itself: it must not go looking for converters. */
static bool encoding_is_taken(struct slice xml)
{
	static const char *const known[] = { "utf-8", "utf8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "ascii", "iso-8859-1", "latin1" };
	struct slice head = slice_of(xml.p, xml.n < 200 ? xml.n : 200), name;
	const char *at = memmem(head.p, head.n, "encoding", 8), *quote;

	if (!slice_starts(head, "<?xml") || at == NULL)
		return true;
	at += 8;
	while (at < head.p + head.n && (isspace((unsigned char)*at) || *at == '='))
		at++;
	if (at >= head.p + head.n || (*at != '"' && *at != '\''))
		return true;
	quote = memchr(at + 1, *at, (size_t)(head.p + head.n - at - 1));
	if (quote == NULL)
		return true;
	name = slice_of(at + 1, (size_t)(quote - at - 1));
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (slice_ieq_str(name, known[i]))
			return true;
	return false;
}

static st_t parse(struct build *b, struct slice xml, struct err *e)
{
	const xmlError *why;
	int rc = 0;

	for (size_t at = 0; at < xml.n && rc == 0 && b->fault == NULL; at += 65536)
		rc = xmlParseChunk(b->ctxt, xml.p + at, (int)(xml.n - at < 65536 ? xml.n - at : 65536), 0);
	if (rc == 0 && b->fault == NULL)
		rc = xmlParseChunk(b->ctxt, NULL, 0, 1);
	if (b->nomem)
		return err_set(e, ST_INVALID, "larger than is read");
	if (b->fault != NULL)
		return err_set(e, ST_INVALID, "%s", b->fault);
	if (rc != 0 || !b->ctxt->wellFormed || b->root == NULL) {
		struct slice text;

		why = xmlCtxtGetLastError(b->ctxt);
		text = slice_str(why != NULL && why->message != NULL ? why->message : "no XML");
		text = slice_trim(slice_cut(&text, '\n'));
		return err_set(e, ST_INVALID, "line %d: %.*s", why != NULL ? why->line : 1, (int)(text.n < 120 ? text.n : 120), text.p);
	}
	return ST_OK;
}

st_t xml_tree(struct xn **root, struct arena *a, struct slice xml, struct err *e)
{
	xmlSAXHandler sax = { .initialized = XML_SAX2_MAGIC, .internalSubset = refuse_doctype, .startElementNs = start, .endElementNs = end,
		.characters = chars, .cdataBlock = chars, .ignorableWhitespace = chars, .warning = silent, .error = silent, .fatalError = silent };
	struct build b = { .a = a, .text = BUF_INIT(XML_TREE_MAX) };
	st_t st;

	*root = NULL;
	if (xml.n > XML_TREE_MAX)
		return err_set(e, ST_INVALID, "larger than %zu MB", XML_TREE_MAX >> 20);
	if (xml.n == 0)
		return err_set(e, ST_INVALID, "empty");
	if (!encoding_is_taken(xml))
		return err_set(e, ST_INVALID, "its encoding is not taken: UTF-8 or UTF-16 is");
	b.ctxt = xmlCreatePushParserCtxt(&sax, &b, NULL, 0, NULL);
	if (b.ctxt == NULL)
		return ST_NOMEM;
	xmlCtxtUseOptions(b.ctxt, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	/* xmlCtxtUseOptions() has put its own handlers back for what it switches off. */
	st = parse(&b, xml, e);
	if (st == ST_OK)
		*root = b.root;
	xmlFreeParserCtxt(b.ctxt);
	buf_release(&b.text);
	return st;
}

/* ---- Walking ---- */

struct xn *xn_child(const struct xn *n, const char *name)
{
	struct xn *c = n != NULL ? n->child : NULL;

	while (c != NULL && strcmp(c->name, name) != 0)
		c = c->next;
	return c;
}

struct xn *xn_next(const struct xn *n)
{
	struct xn *c = n->next;

	while (c != NULL && strcmp(c->name, n->name) != 0)
		c = c->next;
	return c;
}

struct xn *xn_at(const struct xn *n, const char *path)
{
	struct slice rest = slice_str(path);
	char name[80];

	while (n != NULL && rest.p != NULL && rest.n > 0) {
		struct slice step = slice_cut(&rest, '/');

		snprintf(name, sizeof(name), "%.*s", (int)step.n, step.p);
		n = xn_child(n, name);
	}
	return (struct xn *)n;
}

struct xn *xn_find(const struct xn *n, const char *name)
{
	const struct xn *at = n;

	while (at != NULL) {
		if (strcmp(at->name, name) == 0)
			return (struct xn *)at;
		if (at->child != NULL) {
			at = at->child;
			continue;
		}
		while (at != n && at->next == NULL)
			at = at->parent;
		at = at == n ? NULL : at->next;
	}
	return NULL;
}

struct slice xn_text(const struct xn *n, const char *path)
{
	n = xn_at(n, path);
	return n != NULL ? n->text : SLICE_NULL;
}

struct slice xn_attr(const struct xn *n, const char *name)
{
	for (const struct xattr *a = n != NULL ? n->attrs : NULL; a != NULL; a = a->next)
		if (strcmp(a->name, name) == 0)
			return a->value;
	return SLICE_NULL;
}

void xn_all_text(const struct xn *n, struct buf *out)
{
	if (n == NULL)
		return;
	if (n->text.n > 0) {
		if (out->n > 0)
			buf_addc(out, ' ');
		buf_addsl(out, n->text);
	}
	for (const struct xn *c = n->child; c != NULL; c = c->next)
		xn_all_text(c, out);
}
