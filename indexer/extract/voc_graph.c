/*
 * Statements come in any order, concepts go out whole: what is said of a subject is gathered, and only what a vocabulary says. A subject is
 * a concept when it has a name and is typed as one, or has a label, or stands in a relation to another; the rest (notes, provenance,
 * restrictions, which are blank) is not.
 */

#include <stdlib.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "indexer/extract/voc_int.h"

#define GRAPH_BYTES_MAX	((size_t)256 << 20)

enum { IS_CONCEPT = 1, IS_CLASS = 2, IS_PROPERTY = 4, IS_INDIVIDUAL = 8, IS_SCHEME = 16, IS_DEPRECATED = 32, IS_TYPED = 64 };

struct field { struct field *next; const char *text; const char *lang; uint32_t n; uint8_t what; bool ref; };
struct node { const char *iri; size_t n; unsigned is; struct field *first, **last; };

struct voc_graph {
	struct arena *arena;
	struct map *nodes;
	VEC(struct node *) order;
};

static const struct { const char *p; enum voc_what what; } predicates[] = {
	{ VOC_SKOS "prefLabel", VOC_LABEL }, { VOC_RDFS "label", VOC_LABEL },
	{ VOC_SKOS "altLabel", VOC_ALT }, { VOC_SKOS "hiddenLabel", VOC_ALT },
	{ VOC_OBOINOWL "hasExactSynonym", VOC_ALT }, { VOC_OBOINOWL "hasRelatedSynonym", VOC_ALT },
	{ VOC_OBOINOWL "shorthand", VOC_ALT }, { "http://purl.obolibrary.org/obo/IAO_0000118", VOC_ALT },
	{ VOC_SKOS "definition", VOC_DEF }, { VOC_RDFS "comment", VOC_DEF }, { "http://purl.obolibrary.org/obo/IAO_0000115", VOC_DEF },
	{ VOC_SKOS "broader", VOC_BROADER }, { VOC_RDFS "subClassOf", VOC_BROADER }, { VOC_RDFS "subPropertyOf", VOC_BROADER },
	{ VOC_SKOS "narrower", VOC_NARROWER },
	{ VOC_SKOS "exactMatch", VOC_EXACT }, { VOC_OWL "equivalentClass", VOC_EXACT }, { VOC_OWL "equivalentProperty", VOC_EXACT },
	{ VOC_OWL "sameAs", VOC_EXACT },
	{ VOC_SKOS "closeMatch", VOC_CLOSE },
	{ VOC_SKOS "notation", VOC_NOTATION }, { VOC_OBOINOWL "id", VOC_NOTATION },
	{ VOC_RDF "value", VOC_VALUE },
};

static const struct { const char *type; unsigned is; } types[] = {
	{ VOC_SKOS "Concept", IS_CONCEPT }, { VOC_OWL "Class", IS_CLASS }, { VOC_RDFS "Class", IS_CLASS }, { VOC_RDFS "Datatype", IS_CLASS },
	{ VOC_OWL "ObjectProperty", IS_PROPERTY }, { VOC_OWL "DatatypeProperty", IS_PROPERTY }, { VOC_OWL "AnnotationProperty", IS_PROPERTY },
	{ VOC_RDF "Property", IS_PROPERTY }, { VOC_OWL "NamedIndividual", IS_INDIVIDUAL },
	{ VOC_SKOS "ConceptScheme", IS_SCHEME }, { VOC_OWL "Ontology", IS_SCHEME },
};

struct voc_graph *voc_graph_new(void)
{
	struct voc_graph *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return NULL;
	g->arena = arena_new(GRAPH_BYTES_MAX);
	g->nodes = map_new();
	if (g->arena == NULL || g->nodes == NULL) {
		voc_graph_free(g);
		return NULL;
	}
	return g;
}

void voc_graph_free(struct voc_graph *g)
{
	if (g == NULL)
		return;
	VEC_RELEASE(&g->order);
	map_free(g->nodes, NULL);
	arena_free(g->arena);
	free(g);
}

static struct node *node_of(struct voc_graph *g, struct slice iri)
{
	struct node *n = map_get(g->nodes, iri);

	if (n != NULL)
		return n;
	if ((n = arena_alloc(g->arena, sizeof(*n))) == NULL || (n->iri = arena_dup(g->arena, iri.p, iri.n)) == NULL)
		return NULL;
	n->n = iri.n;
	n->last = &n->first;
	if (map_put(g->nodes, iri, n, NULL) != ST_OK || VEC_PUSH(&g->order, n) != ST_OK)
		return NULL;
	return n;
}

static st_t add(struct voc_graph *g, struct slice s, enum voc_what what, struct slice text, struct slice lang, bool ref)
{
	struct node *n = node_of(g, s);
	struct field *f = arena_alloc(g->arena, sizeof(*f));

	text = utf8_clip(text, VOC_TEXT_MAX);
	if (n == NULL || f == NULL || (f->text = arena_dup(g->arena, text.p, text.n)) == NULL || (f->lang = arena_dup(g->arena, lang.p, lang.n)) == NULL)
		return ST_TOOBIG;
	f->n = (uint32_t)text.n;
	f->what = (uint8_t)what;
	f->ref = ref;
	*n->last = f;
	n->last = &f->next;
	return ST_OK;
}

static bool predicate(struct slice p, enum voc_what *what)
{
	for (size_t i = 0; i < sizeof(predicates) / sizeof(predicates[0]); i++) {
		if (slice_eq_str(p, predicates[i].p)) {
			*what = predicates[i].what;
			return true;
		}
	}
	return false;
}

static st_t mark(struct voc_graph *g, struct slice s, unsigned is)
{
	struct node *n = node_of(g, s);

	if (n == NULL)
		return ST_TOOBIG;
	n->is |= is;
	return ST_OK;
}

st_t voc_graph_iri(struct voc_graph *g, struct slice s, struct slice p, struct slice o)
{
	enum voc_what what;

	if (s.n == 0 || o.n == 0)
		return ST_OK;
	if (slice_eq_str(p, VOC_RDF "type")) {
		for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
			if (slice_eq_str(o, types[i].type))
				return mark(g, s, types[i].is);
		return slice_starts(s, "_:") ? ST_OK : mark(g, s, IS_TYPED);
	}
	if (!predicate(p, &what) || what == VOC_LABEL || what == VOC_ALT || what == VOC_NOTATION || what == VOC_VALUE)
		return ST_OK;
	/* A restriction says something of its class, but names no concept. A definition may be a node of its own. */
	if (slice_starts(o, "_:") && what != VOC_DEF)
		return ST_OK;
	return add(g, s, what, o, SLICE_NULL, true);
}

st_t voc_graph_text(struct voc_graph *g, struct slice s, struct slice p, struct slice text, struct slice lang)
{
	enum voc_what what;

	if (s.n == 0)
		return ST_OK;
	if (slice_eq_str(p, VOC_OWL "deprecated"))
		return slice_eq_str(text, "true") || slice_eq_str(text, "1") ? mark(g, s, IS_DEPRECATED) : ST_OK;
	if (slice_eq_str(p, VOC_DCT "title") || slice_eq_str(p, VOC_DC "title"))
		what = VOC_VALUE;
	else if (!predicate(p, &what) || (what >= VOC_BROADER && what <= VOC_CLOSE))
		return ST_OK;
	return add(g, s, what, text, lang, false);
}

static bool is_concept(const struct node *n)
{
	const struct field *f;

	if (n->n >= 2 && n->iri[0] == '_' && n->iri[1] == ':')
		return false;
	if (n->is & (IS_CONCEPT | IS_CLASS | IS_PROPERTY | IS_INDIVIDUAL))
		return true;
	if (n->is & IS_SCHEME)
		return false;
	for (f = n->first; f != NULL; f = f->next)
		if (f->what == VOC_LABEL || (f->what >= VOC_BROADER && f->what <= VOC_CLOSE))
			return true;
	return false;
}

static const char *kind_of(unsigned is)
{
	return is & IS_CONCEPT ? "concept" : is & IS_CLASS ? "class" : is & IS_PROPERTY ? "property" : is & (IS_INDIVIDUAL | IS_TYPED) ? "individual" : "term";
}

static bool said_before(const struct node *n, const struct field *f)
{
	unsigned looked = 0;

	/* Files that were merged say things twice; a handful of look-backs finds nearly all of it, and none of a hostile million. */
	for (const struct field *b = n->first; b != f && looked++ < VOC_FIELDS_MAX; b = b->next)
		if (b->what == f->what && b->n == f->n && memcmp(b->text, f->text, f->n) == 0 && strcmp(b->lang, f->lang) == 0)
			return true;
	return false;
}

static void put_field(struct voc_graph *g, struct voc_item *it, const struct field *f)
{
	struct slice text = slice_of(f->text, f->n);

	if (f->what == VOC_VALUE)
		return;
	if (f->what == VOC_DEF && f->ref) {
		struct node *d = map_get(g->nodes, text);

		for (const struct field *v = d != NULL ? d->first : NULL; v != NULL; v = v->next)
			if (v->what == VOC_VALUE && !v->ref)
				voc_item_add(it, VOC_DEF, slice_str(v->lang), slice_of(v->text, v->n));
		return;
	}
	voc_item_add(it, f->what, slice_str(f->lang), text);
}

static void about(struct voc *v, const struct node *n)
{
	struct slice title = SLICE_NULL;

	for (const struct field *f = n->first; f != NULL && title.n == 0; f = f->next)
		if ((f->what == VOC_VALUE || f->what == VOC_LABEL) && !f->ref)
			title = slice_of(f->text, f->n);
	voc_about(v, n->iri[0] != '_' ? slice_of(n->iri, n->n) : SLICE_NULL, title);
}

st_t voc_graph_emit(struct voc *v, struct voc_graph *g)
{
	struct voc_item it;
	st_t st = ST_OK;
	size_t i;

	voc_item_init(&it);
	for (i = 0; i < g->order.n && st == ST_OK; i++) {
		const struct node *n = g->order.v[i];
		size_t many = 0;

		if (n->is & IS_SCHEME)
			about(v, n);
		if (!is_concept(n))
			continue;
		voc_item_clear(&it);
		it.iri = slice_of(n->iri, n->n);
		it.kind = kind_of(n->is);
		it.deprecated = (n->is & IS_DEPRECATED) != 0;
		for (const struct field *f = n->first; f != NULL && many++ < VOC_FIELDS_MAX; f = f->next)
			if (!said_before(n, f))
				put_field(g, &it, f);
		st = voc_item_emit(v, &it);
	}
	voc_item_release(&it);
	return st;
}
