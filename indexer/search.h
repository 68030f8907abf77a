#ifndef INDEXER_SEARCH_H
#define INDEXER_SEARCH_H

/*
 * Query and principal in; a page of hits, facets and an explanation out. Worker threads. What the principal may not see is neither
 * found nor counted (schema/access.h decides).
 */

#include "schema/access.h"
#include "store/catalogue.h"

struct index;		/* the search index of one repository (indexer/index.h) */

/* Databases of the index environment, for repo_open(). */
const struct kv_spec *index_specs(size_t *n);
st_t index_open(struct index **out, struct repo *r, struct err *e);
void index_close(struct index *ix);

struct index_doc {			/* what to index of one record version */
	const struct rec *rec;
	const struct cat_file *files; size_t n_files;	/* at most 1,000 */
	const json_t *facts;		/* enriched members: column names, variables, units; or NULL */
	const json_t *forms;		/* what it holds by added schemas, forms_view(); or NULL */
};
/* Replace (or with rec->state withdrawn / superseded: remove) documents in one commit, and note the follower's place. Any worker, one at a time. */
st_t index_apply(struct index *ix, const struct index_doc *docs, size_t n, uint64_t upto_change, struct err *e);
uint64_t index_place(struct index *ix);		/* the last change applied */
/*
 * A rebuild while the old index answers: begin (the place goes back to 0), apply everything from the first change on, end. Documents that were not
 * applied again in between go at the end. A second begin starts over.
 */
st_t index_rebuild_begin(struct index *ix, struct err *e);
st_t index_rebuild_end(struct index *ix, struct err *e);

/*
 * Where the labels of concepts are known. expand() is called with a word or a row of words as written, in a worker, a few tens of times a query at most; when that is
 * the label of a concept it calls ${put} for what is meant too: other labels of it and of narrower ones, their addresses, their codes of type.
 */
enum search_also { ALSO_LABEL, ALSO_CONCEPT, ALSO_TYPE };
struct search_expander {
	void (*expand)(void *ctx, struct slice label, void (*put)(void *to, enum search_also kind, struct slice text), void *to);
	void *ctx;
};

enum search_sort { SORT_BEST, SORT_NEWEST, SORT_OLDEST, SORT_TITLE, SORT_UPDATED };
struct search_query {
	struct slice text;		/* words, AND OR NOT, "phrases", field:value, ( ); empty: everything */
	const char *const *filters;	/* "type=c_ddb1", "year=2020", "access=open", "licence=CC-BY-4.0", "subject=...", "creator=..."; same facet OR, different AND */
	size_t n_filters;
	enum search_sort sort;
	unsigned size;			/* 1..100 */
	unsigned page;			/* 1.. while page*size <= 10,000; 0: use cursor */
	struct slice cursor;		/* from a former page; empty: the start */
	bool all_versions;		/* else only the newest of each concept */
	bool facets;
	const struct search_expander *expander;		/* NULL: words mean themselves */
};
struct search_hit { char id[PID_LEN + 1]; float score; };
struct search_bucket { char *key; char *label_en, *label_ja; uint64_t count; bool selected; };
struct search_facet { const char *name; struct search_bucket *buckets; size_t n; };
struct search_result {
	struct search_hit *hits; size_t n_hits;
	uint64_t total;
	bool total_exact;
	struct search_facet *facets; size_t n_facets;
	char *next;			/* cursor of the next page or NULL */
	char *expanded;			/* [{"text":"動物","also":["animal", ...]}], or NULL when nothing was */
	char *terms;			/* normalised words to mark in results, blank-separated */
};
/* ST_INVALID: the query cannot be read; text says where. ST_TIMEOUT: it took more than five seconds. */
st_t search_run(struct index *ix, const struct principal *who, const struct search_query *q, struct search_result *out, struct err *e);
void search_result_release(struct search_result *r);
/* Two lines of ${text} with the words found in marks "\x02" ... "\x03" (the page makes <mark> of them). */
st_t search_snippet(struct buf *out, struct slice text, const char *terms, size_t max);

#endif
