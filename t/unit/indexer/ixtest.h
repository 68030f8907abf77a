#ifndef T_UNIT_INDEXER_IXTEST_H
#define T_UNIT_INDEXER_IXTEST_H

/* An index in a folder of its own, and small records to put in. Include after cmocka.h. */

#include <unistd.h>

#include "base/fs.h"
#include "indexer/index_int.h"
#include "store/repo.h"

struct ixtest {
	char dir[64];
	struct repo r;
	struct index *ix;
	struct err e;
};

static inline void ixtest_open(struct ixtest *t)
{
	struct kv_opts o = { (size_t)64 << 20, (size_t)4 << 30, 0 };
	size_t n;
	const struct kv_spec *specs = index_specs(&n);
	char path[96];

	memset(&t->r, 0, sizeof(t->r));
	t->r.lock_fd = -1;
	err_clear(&t->e);
	snprintf(path, sizeof(path), "%s/index", t->dir);
	if (kv_open(&t->r.index, path, specs, n, &o, &t->e) != ST_OK || writer_new(&t->r.ix_w, t->r.index, 64, &t->e) != ST_OK ||
	    index_open(&t->ix, &t->r, &t->e) != ST_OK)
		fail_msg("%s", t->e.text);
}

static inline void ixtest_close(struct ixtest *t)
{
	index_close(t->ix);
	writer_free(t->r.ix_w);
	kv_close(t->r.index);
}

static inline int ixtest_setup(void **state)
{
	struct ixtest *t = calloc(1, sizeof(*t));

	memcpy(t->dir, "/tmp/azekura-test-XXXXXX", 25);
	if (mkdtemp(t->dir) == NULL)
		return 1;
	ixtest_open(t);
	*state = t;
	return 0;
}

static inline int ixtest_teardown(void **state)
{
	struct ixtest *t = *state;
	st_t st;

	ixtest_close(t);
	st = fs_remove_tree(t->dir, &t->e);
	free(t);
	return st != ST_OK;
}

/* A published record with an identifier made of two numbers. ${doc} is taken. */
static inline void ixtest_rec(struct rec *rec, unsigned concept, unsigned version, json_t *doc)
{
	memset(rec, 0, sizeof(*rec));
	snprintf(rec->id, sizeof(rec->id), "%05u-%05u", concept % 100000, version % 100000);
	snprintf(rec->parent, sizeof(rec->parent), "%05u-ppppp", concept % 100000);
	rec->state = REC_PUBLISHED;
	rec->version = version;
	rec->meta = META_PUBLIC;
	rec->was_public = true;
	rec->published = rec->modified = 1000 + concept;
	rec->doc = doc;
}

static inline void ixtest_put(struct ixtest *t, struct rec *rec, uint64_t change)
{
	struct index_doc d = { .rec = rec };

	if (index_apply(t->ix, &d, 1, change, &t->e) != ST_OK)
		fail_msg("%s", t->e.text);
}

static inline json_t *ixtest_doc(const char *title, const char *description)
{
	return json_pack("{s:[{s:s}], s:[{s:s}]}", "titles", "value", title, "descriptions", "value", description);
}

/* Hits of a query for an anonymous reader; UINT64_MAX and t->e when it was refused. */
static inline uint64_t ixtest_count(struct ixtest *t, const char *query)
{
	struct principal nobody = { 0 };
	struct search_query q = { .text = slice_str(query), .size = 10, .page = 1 };
	struct search_result r;
	uint64_t n;

	if (search_run(t->ix, &nobody, &q, &r, &t->e) != ST_OK)
		return UINT64_MAX;
	n = r.total;
	search_result_release(&r);
	return n;
}

#endif
