#ifndef INDEXER_EXTRACT_VOC_INT_H
#define INDEXER_EXTRACT_VOC_INT_H

/* Readers of vocabularies. Each turns bytes into statements or whole concepts; voc.c chooses one and writes what comes out. */

#include "base/json.h"
#include "indexer/extract/voc.h"

#define VOC_TEXT_MAX	65536		/* of one label or definition: longer ones are cut */
#define VOC_FIELDS_MAX	4000		/* of one concept: further ones are left out */

enum voc_what { VOC_LABEL, VOC_ALT, VOC_DEF, VOC_BROADER, VOC_NARROWER, VOC_EXACT, VOC_CLOSE, VOC_NOTATION, VOC_VALUE, VOC_WHATS };

/* ---- writing one concept (voc.c) ---- */
struct voc_item {
	struct slice iri, id;
	const char *kind;		/* "concept", "class", "property", "individual", "organization", "term" */
	bool deprecated;
	size_t n_fields;
	struct buf parts[VOC_WHATS];	/* JSON array members gathered so far */
};
void voc_item_init(struct voc_item *it);
void voc_item_release(struct voc_item *it);
void voc_item_clear(struct voc_item *it);
/* ${lang}: any spelling; "" none. Empty text is left out. */
void voc_item_add(struct voc_item *it, enum voc_what what, struct slice lang, struct slice text);
st_t voc_item_emit(struct voc *v, struct voc_item *it);
/* Set a reason (first wins) and return ${st}. */
st_t voc_fail(struct voc *v, st_t st, const char *fmt, ...) PRINTF_LIKE(3, 4);
void voc_warn(struct voc *v, const char *fmt, ...) PRINTF_LIKE(2, 3);		/* a line for the closing document; some tens at most */
void voc_about(struct voc *v, struct slice iri, struct slice title);		/* first of each wins */
/* "DUO:0000021" -> "http://purl.obolibrary.org/obo/DUO_0000021" (the OBO Foundry's rule); false: no such name. */
bool voc_obo_iri(struct buf *out, struct slice curie);
/* Behind the last '#', '/' or, in a URN, ':'. */
struct slice voc_local(struct slice iri);

/* ---- statements (voc_graph.c) ---- */
struct voc_graph;
struct voc_graph *voc_graph_new(void);
void voc_graph_free(struct voc_graph *g);
/* Subject and IRI objects: "_:x" is a blank node. ${lang}: of a literal. ST_TOOBIG: more than fits. */
st_t voc_graph_iri(struct voc_graph *g, struct slice s, struct slice p, struct slice o);
st_t voc_graph_text(struct voc_graph *g, struct slice s, struct slice p, struct slice text, struct slice lang);
st_t voc_graph_emit(struct voc *v, struct voc_graph *g);

/* ---- readers of a whole text: ${s} has a NUL behind and none inside ---- */
st_t voc_read_turtle(struct voc *v, struct slice s);
st_t voc_read_rdfxml(struct voc *v, struct slice s);
st_t voc_read_jsonld(struct voc *v, struct slice s);
st_t voc_read_csv(struct voc *v, struct slice s);
st_t voc_read_obo(struct voc *v, struct slice s);
st_t voc_read_yaml(struct voc *v, struct slice s);
/* One element of a top-level array: a ROR organisation, or a node of expanded JSON-LD, whose statements go into ${g}. */
st_t voc_read_element(struct voc *v, struct voc_graph *g, struct slice s, const char **format);

#define VOC_SKOS	"http://www.w3.org/2004/02/skos/core#"
#define VOC_RDF		"http://www.w3.org/1999/02/22-rdf-syntax-ns#"
#define VOC_RDFS	"http://www.w3.org/2000/01/rdf-schema#"
#define VOC_OWL		"http://www.w3.org/2002/07/owl#"
#define VOC_DCT		"http://purl.org/dc/terms/"
#define VOC_DC		"http://purl.org/dc/elements/1.1/"
#define VOC_OBOINOWL	"http://www.geneontology.org/formats/oboInOwl#"

#endif
