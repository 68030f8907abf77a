/*
 * Where a value came from. Readers hand slices of the source around, so its address tells the place: a tree (JSON, YAML, XML) is walked once, each text in it
 * entered with the node it belongs to; plain text has lines. What was put together in a buffer is marked by hand with one of its parts.
 */
#include <stdlib.h>

#include "indexer/extract/prefill_int.h"

struct node {
	const char *p;			/* its text; NULL: none */
	size_t n;
	int32_t parent;
	const char *key;		/* name, borrowed; NULL: an item of a list */
	uint32_t index;			/* of the item; in XML among siblings of its name, from 1 */
	uint32_t depth;
};

struct places {
	enum { OF_JSON, OF_XML, OF_TEXT } kind;
	struct slice text;		/* OF_TEXT */
	VEC(struct node) nodes;
	VEC(int32_t) by_address;
};

#define NODES_MAX 400000u

static int32_t add_node(struct places *p, int32_t parent, const char *key, uint32_t index, struct slice text)
{
	struct node n = { text.n > 0 ? text.p : NULL, text.n, parent, key, index, parent >= 0 ? p->nodes.v[parent].depth + 1 : 0 };
	int32_t self = (int32_t)p->nodes.n;

	if (p->nodes.n >= NODES_MAX || VEC_PUSH(&p->nodes, n) != ST_OK)
		return -1;
	if (n.p != NULL && VEC_PUSH(&p->by_address, self) != ST_OK)
		return -1;
	return self;
}

static void walk_json(struct places *p, const json_t *v, int32_t parent, const char *key, uint32_t index)
{
	/* A number has no text; its own address stands for it. */
	int32_t self = add_node(p, parent, key, index, json_is_string(v) ? json_slice(v) : json_is_number(v) ? slice_of(v, 1) : SLICE_NULL);
	const char *k;
	const json_t *x;
	size_t i;

	if (self < 0)
		return;
	json_object_foreach((json_t *)v, k, x)
		walk_json(p, x, self, k, 0);
	json_array_foreach(v, i, x)
		walk_json(p, x, self, NULL, (uint32_t)i);
}

static void walk_xml(struct places *p, const struct xn *x, int32_t parent)
{
	int32_t self = add_node(p, parent, x->name, x->nth, x->text);

	if (self < 0)
		return;
	for (const struct xattr *a = x->attrs; a != NULL; a = a->next)
		add_node(p, self, a->label, 0, a->value);
	for (const struct xn *c = x->child; c != NULL; c = c->next)
		walk_xml(p, c, self);
}

static int by_address(const void *a, const void *b, void *ctx)
{
	const struct places *p = ctx;
	uintptr_t x = (uintptr_t)p->nodes.v[*(const int32_t *)a].p, y = (uintptr_t)p->nodes.v[*(const int32_t *)b].p;

	return x < y ? -1 : x > y;
}

static struct places *sorted(struct places *p)
{
	if (p->by_address.n > 0)
		qsort_r(p->by_address.v, p->by_address.n, sizeof(*p->by_address.v), by_address, p);
	return p;
}

struct places *places_json(const json_t *j)
{
	struct places *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	walk_json(p, j, -1, NULL, 0);
	return sorted(p);
}

struct places *places_xml(const struct xn *root)
{
	struct places *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->kind = OF_XML;
	walk_xml(p, root, -1);
	return sorted(p);
}

struct places *places_text(struct slice text)
{
	struct places *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->kind = OF_TEXT;
	p->text = text;
	return p;
}

void places_free(struct places *p)
{
	if (p == NULL)
		return;
	VEC_RELEASE(&p->nodes);
	VEC_RELEASE(&p->by_address);
	free(p);
}

int64_t place_find(const struct places *p, struct slice v)
{
	size_t lo = 0, hi;

	if (p == NULL || v.p == NULL)
		return -1;
	if (p->kind == OF_TEXT)
		return (uintptr_t)v.p >= (uintptr_t)p->text.p && (uintptr_t)v.p < (uintptr_t)p->text.p + p->text.n ? (int64_t)(v.p - p->text.p) : -1;
	hi = p->by_address.n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct node *n = &p->nodes.v[p->by_address.v[mid]];

		if ((uintptr_t)v.p < (uintptr_t)n->p)
			hi = mid;
		else if ((uintptr_t)v.p >= (uintptr_t)n->p + n->n)
			lo = mid + 1;
		else
			return p->by_address.v[mid];
	}
	return -1;
}

int64_t place_join(const struct places *p, int64_t a, int64_t b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	if (p->kind == OF_TEXT)
		return a < b ? a : b;
	while (a != b) {
		if (p->nodes.v[a].depth < p->nodes.v[b].depth) {
			int64_t t = a;

			a = b;
			b = t;
		}
		if (p->nodes.v[a].parent < 0)
			return a;
		a = p->nodes.v[a].parent;
	}
	return a;
}

static void pointer_step(const struct node *n, struct buf *out)
{
	buf_addc(out, '/');
	if (n->key == NULL)
		buf_addu64(out, n->index);
	for (const char *k = n->key; k != NULL && *k != '\0'; k++) {
		if (*k == '~' || *k == '/')
			buf_adds(out, *k == '~' ? "~0" : "~1");
		else
			buf_addc(out, *k);
	}
}

void place_words(const struct places *p, int64_t at, struct buf *out)
{
	const struct node *chain[128], *n;
	size_t depth = 0, line = 1;

	if (p == NULL)
		return;
	if (p->kind == OF_TEXT) {
		for (int64_t i = 0; i < at; i++)
			line += p->text.p[i] == '\n';
		buf_addf(out, "line %zu", line);
		return;
	}
	for (; at >= 0 && depth < 128; at = n->parent)
		chain[depth++] = n = &p->nodes.v[at];
	while (depth-- > 0) {
		n = chain[depth];
		if (p->kind == OF_XML) {
			buf_addc(out, '/');
			buf_adds(out, n->key);
			if (n->index > 1)
				buf_addf(out, "[%u]", n->index);
		} else if (n->parent >= 0) {
			pointer_step(n, out);
		}
	}
	if (out->n == 0)
		buf_addc(out, '/');
}
