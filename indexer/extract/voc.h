#ifndef INDEXER_EXTRACT_VOC_H
#define INDEXER_EXTRACT_VOC_H

/*
 * A vocabulary in any of its usual clothes becomes a list of concepts, each one JSON object (docs/formats/vocabulary.md, "On the pipe"):
 * SKOS and OWL in Turtle, N-Triples, RDF/XML or JSON-LD; CSV and TSV; OBO; ROR's JSON dump; YAML schemas. Pure functions of bytes,
 * pushed in order. ROR and other JSON arrays are read element by element; the rest is held whole, up to VOC_WHOLE_MAX.
 */

#include "base/buf.h"

#define VOC_WHOLE_MAX	((size_t)96 << 20)

struct voc;

/* ${emit} gets one concept as JSON text, borrowed for the call; what it returns, if not ST_OK, ends the reading. ${name}: a hint; copied. */
st_t voc_new(struct voc **out, const char *name, uint64_t size, st_t (*emit)(void *ctx, struct slice json), void *ctx);
void voc_free(struct voc *v);
/* ST_OK, or the status that voc_end() will explain: the rest need not come. */
st_t voc_push(struct voc *v, const void *p, size_t n);
/* The rest of the concepts, then the closing document into ${out}: {"extractor":"vocabulary","status":"ok"|"unreadable","reason","format","iri","title"}. */
st_t voc_end(struct voc *v, struct buf *out);

#endif
