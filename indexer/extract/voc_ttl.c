/*
 * Turtle and N-Triples, by serd. It resolves prefixes and relative addresses; statements come as it reads. Published files have faults: the
 * statement around a syntax error is left out, with a warning, and the rest read again, a few times at most.
 */

#include <serd/serd.h>
#include <stdio.h>
#include <stdlib.h>

#include "indexer/extract/voc_int.h"

#define FAULTS_MAX	8

struct ttl {
	struct voc *v;
	struct voc_graph *g;
	SerdEnv *env;
	unsigned fault_line;	/* of the first syntax error; 0: none */
	char fault[80];
	st_t st;
};

static struct slice node_text(const SerdNode *n)
{
	return slice_of(n->buf, n->n_bytes);
}

/* The full name of a resource in ${b}; a blank node as "_:name". */
static struct slice resource(struct ttl *t, const SerdNode *n, struct buf *b)
{
	SerdNode full;

	buf_clear(b);
	if (n->type == SERD_BLANK) {
		buf_adds(b, "_:");
		buf_addsl(b, node_text(n));
		return buf_slice(b);
	}
	full = serd_env_expand_node(t->env, n);
	if (full.buf != NULL)
		buf_addsl(b, node_text(&full));
	else
		buf_addsl(b, node_text(n));
	serd_node_free(&full);
	return b->st == ST_OK ? buf_slice(b) : SLICE_NULL;
}

static SerdStatus on_base(void *ctx, const SerdNode *uri)
{
	struct ttl *t = ctx;

	return serd_env_set_base_uri(t->env, uri);
}

static SerdStatus on_prefix(void *ctx, const SerdNode *name, const SerdNode *uri)
{
	struct ttl *t = ctx;

	return serd_env_set_prefix(t->env, name, uri);
}

static SerdStatus on_statement(void *ctx, SerdStatementFlags flags, const SerdNode *graph, const SerdNode *s, const SerdNode *p, const SerdNode *o,
    const SerdNode *type, const SerdNode *lang)
{
	struct ttl *t = ctx;
	struct buf bs = BUF_INIT(8192), bp = BUF_INIT(8192), bo = BUF_INIT(8192);
	struct slice subject = resource(t, s, &bs), pred = resource(t, p, &bp);

	(void)flags;
	(void)graph;
	(void)type;
	if (o->type == SERD_LITERAL)
		t->st = voc_graph_text(t->g, subject, pred, node_text(o), lang != NULL ? node_text(lang) : SLICE_NULL);
	else
		t->st = voc_graph_iri(t->g, subject, pred, resource(t, o, &bo));
	buf_release(&bs);
	buf_release(&bp);
	buf_release(&bo);
	return t->st == ST_OK ? SERD_SUCCESS : SERD_FAILURE;
}

static SerdStatus on_error(void *ctx, const SerdError *error)
{
	struct ttl *t = ctx;

	if (t->fault_line == 0) {
		t->fault_line = error->line > 0 ? error->line : 1;
		snprintf(t->fault, sizeof(t->fault), "%s", (const char *)serd_strerror(error->status));
	}
	return SERD_SUCCESS;
}

static st_t read_once(struct ttl *t, const char *text)
{
	SerdReader *r;
	SerdStatus rc;

	voc_graph_free(t->g);
	t->g = voc_graph_new();
	t->env = serd_env_new(NULL);
	t->fault_line = 0;
	r = serd_reader_new(SERD_TURTLE, t, NULL, on_base, on_prefix, on_statement, NULL);
	if (t->g == NULL || t->env == NULL || r == NULL) {
		t->st = ST_NOMEM;
	} else {
		/* Lax, it would read on for ever behind an address that does not end. */
		serd_reader_set_strict(r, true);
		serd_reader_set_error_sink(r, on_error, t);
		rc = serd_reader_read_string(r, (const uint8_t *)text);
		if (rc > SERD_FAILURE && t->fault_line == 0)
			t->fault_line = 1;
	}
	if (r != NULL)
		serd_reader_free(r);
	if (t->env != NULL)
		serd_env_free(t->env);
	t->env = NULL;
	return t->st;
}

/* Does the line that ends before ${end} close a statement? */
static bool closes(const char *text, size_t end)
{
	while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '\t' || text[end - 1] == '\r'))
		end--;
	return end > 0 && text[end - 1] == '.';
}

/* Blanks over the statement that holds line ${line}. */
static void leave_out(char *text, size_t n, unsigned line)
{
	size_t from = 0, at = 0, i;

	for (unsigned l = 1; l < line && at < n; at++) {
		if (text[at] != '\n')
			continue;
		l++;
		if (closes(text, at))
			from = at + 1;
	}
	for (i = at; i < n && !(text[i] == '\n' && closes(text, i)); i++)
		;
	for (; from < i; from++)
		if (text[from] != '\n')
			text[from] = ' ';
}

st_t voc_read_turtle(struct voc *v, struct slice s)
{
	struct ttl t = { .v = v };
	char *text = slice_dup(s);
	unsigned faults;
	st_t st = text != NULL ? ST_OK : ST_NOMEM;

	for (faults = 0; st == ST_OK; faults++) {
		st = read_once(&t, text);
		if (st != ST_OK || t.fault_line == 0)
			break;
		if (faults == FAULTS_MAX)
			st = voc_fail(v, ST_INVALID, "line %u: no Turtle: %s", t.fault_line, t.fault);
		else
			voc_warn(v, "line %u: %s: the statement was left out", t.fault_line, t.fault);
		leave_out(text, s.n, t.fault_line);
	}
	if (st == ST_TOOBIG)
		voc_fail(v, st, "says more than a vocabulary may hold");
	if (st == ST_OK)
		st = voc_graph_emit(v, t.g);
	voc_graph_free(t.g);
	free(text);
	return st;
}
