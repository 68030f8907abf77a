#ifndef INDEXER_SEARCH_INT_H
#define INDEXER_SEARCH_INT_H

/* One running search: its transaction, what the asker may see, and the tree of iterators. indexer/ only. */

#include <roaring/roaring.h>

#include "base/arena.h"
#include "indexer/index_int.h"
#include "indexer/query.h"

#define SEARCH_CURSORS_MAX	2000		/* terms of one query, stems and pairs counted */
#define SEARCH_STEMS_MAX	64		/* words that one stem stands for */
#define SEARCH_PREFIX_MAX	20000		/* chunks that word* may open */
#define SEARCH_TIME_US		INT64_C(5000000)

struct sctx {
	struct index *ix;
	struct kv_txn t;
	struct kv_cur cur;
	struct manifest *m;
	struct arena *a;
	struct stemmer *stem;
	const struct principal *who;
	int64_t now, deadline;
	bool late;
	unsigned ticks, cursors;
	struct col cls, len, head, title, facets;
	struct bits live, latest, other;
	uint8_t *verdict;		/* of access classes: 0 not asked yet, 1 yes, 2 no */
	bool all_versions;
	float norm[256];		/* k1 * (1 - b + b * length / average) by length byte */
	roaring_bitmap_t **sets; size_t n_sets;	/* to free */
	struct node *nodes;		/* all of them, linked by chain */
};
/* False when the search has run out of its time. */
bool sctx_tick(struct sctx *s);

/* Documents of one term, over all segments. */
struct part { uint32_t seg, first; struct slice chunk; };	/* seg: index into the manifest; the first chunk */
struct tcur {
	char cls; struct slice text;
	struct part *parts; size_t n_parts, part;
	uint32_t df, doc, chunk_first;
	struct post_reader r;
	struct post_block *b;
	unsigned i;
	bool open;
	unsigned places_i; const uint8_t *places_p;	/* where document places_i of the block begins */
};
/* NULL when out of memory or past SEARCH_CURSORS_MAX (s->t has failed then). */
struct tcur *tcur_new(struct sctx *s, char cls, struct slice text);
uint32_t tcur_seek(struct sctx *s, struct tcur *c, uint32_t target);
static inline uint32_t tcur_fields(const struct tcur *c) { return c->b->fields[c->i]; }
static inline unsigned tcur_weight(const struct tcur *c) { return c->b->weight[c->i]; }
/* Places of the present document: field << 24 | place, ascending. */
struct places { uint32_t *v; size_t n, cap; };
bool tcur_places(struct sctx *s, struct tcur *c, uint32_t fields, struct places *out);

enum node_op { NODE_TERM, NODE_PHRASE, NODE_SET, NODE_AND, NODE_OR, NODE_ALL };
struct node {
	enum node_op op;
	uint32_t doc;			/* valid once started */
	bool started;
	uint32_t fields;		/* TERM, PHRASE: 0 means any */
	float idf;
	uint64_t cost;			/* estimate of documents */
	struct tcur **terms; uint32_t *offsets; size_t n_terms;		/* TERM: any of them; PHRASE: all, at these offsets */
	struct places found, other;	/* PHRASE: places of the match */
	roaring_uint32_iterator_t it;	/* SET */
	struct node **kids; size_t n_kids, n_not;	/* AND: the last n_not kids must not match */
	struct node *chain;
};
/* First document at or behind ${target} that matches; DOC_NONE at the end or when the search has failed. */
uint32_t node_seek(struct sctx *s, struct node *n, uint32_t target);
float node_score(struct sctx *s, struct node *n, float norm);	/* of n->doc */

/* Query to iterators; *out NULL when the query holds nothing that could be found. ${terms} gets the words to mark. */
st_t plan_query(struct sctx *s, const struct query *q, struct node **out, struct buf *terms);
void plan_release(struct sctx *s);
/* Documents with one of the facet's values. Freed with the search. */
/* Documents within a span of values, time or places. */
roaring_bitmap_t *plan_span(struct sctx *s, const struct query *q);
roaring_bitmap_t *plan_set(struct sctx *s);	/* an empty one; NULL when out of memory (s->t has failed then) */
roaring_bitmap_t *plan_exact(struct sctx *s, char letter, struct slice value, roaring_bitmap_t *into);

/* Add to the tree what its words mean by ${by}; ${told}: owned, as search_result.expanded. */
st_t expand_query(struct sctx *s, struct query *q, const struct search_expander *by, char **told);

/* Ranking. */
float bm25_idf(uint64_t docs, uint64_t df);
static inline float bm25(float idf, float tf, float norm) { return idf * tf * 2.2f / (tf + norm); }
void bm25_norms(float norm[256], uint64_t docs, uint64_t len_sum);

struct cand { uint32_t doc; float score; int64_t when; struct slice title; };
struct top { struct cand *v; size_t n, max, seen /* offered, behind the cursor */; enum search_sort sort; bool after; struct cand from; };
/* Does ${a} stand before ${b} in the list? */
bool cand_before(enum search_sort sort, const struct cand *a, const struct cand *b);
void top_offer(struct top *t, const struct cand *c);
void top_sort(struct top *t);
st_t cursor_write(char **out, enum search_sort sort, const struct cand *c);
/* ${c}->title is borrowed from ${a}. ST_INVALID for what cursor_write() never wrote or another order. */
st_t cursor_read(struct arena *a, struct slice text, enum search_sort sort, struct cand *c, struct err *e);

/* Facets. */
#define FACET_TOP 20
struct filter { enum facet facet; roaring_bitmap_t *set; struct slice *values; size_t n; };
struct counts { uint32_t *n[FACET_COUNT]; };
st_t counts_init(struct sctx *s, struct counts *c);
void counts_add(struct sctx *s, struct counts *c, uint32_t doc, unsigned only);	/* ${only}: bits of facets */
st_t counts_result(struct sctx *s, const struct counts *c, const struct filter *filters, size_t n, struct search_result *out);
st_t filters_read(struct sctx *s, const struct search_query *q, struct filter *out /* FACET_COUNT */, size_t *n, struct err *e);
/* Values of a facet that mean ${value}: itself, another case of it, or a label of the vocabulary. Calls ${fn} for each. */
void facet_values(struct sctx *s, char letter, struct slice value, void (*fn)(void *, struct slice), void *ctx);

#endif
