/* Query and principal in, page out: one read transaction, one walk over the documents that match. */
#include "indexer/search_int.h"

#include "base/clock.h"
#include "store/repo.h"

#define PAGE_HITS_MAX 10000u

/* ---- who may see what ---- */

static bool ask_class(struct sctx *s, uint32_t cls)
{
	struct access_subject sub = { 0 };
	uint32_t groups[64];
	struct key k;
	struct slice v;

	key_init(&k, 'c');
	key_u32(&k, cls);
	if (!kv_get(&s->t, IX_CLASSES, key_slice(&k), &v) || v.n < 36)
		return false;
	sub.state = (enum rec_state)get_u32(v.p);
	sub.access = (enum rec_access)get_u32(v.p + 4);
	sub.meta = (enum rec_meta)get_u32(v.p + 8);
	sub.was_public = get_u32(v.p + 12) != 0;
	sub.embargo_end = get_i64(v.p + 16);
	sub.owner = get_u32(v.p + 24);
	sub.n_groups = get_u32(v.p + 28);
	if (sub.n_groups > (v.n - 36) / 4)
		return false;
	/* Groups in portions: any of them may be enough. */
	sub.groups = groups;
	for (size_t at = 0, all = sub.n_groups; ; at += 64) {
		sub.n_groups = all - at < 64 ? all - at : 64;
		for (size_t i = 0; i < sub.n_groups; i++)
			groups[i] = get_u32(v.p + 36 + 4 * (at + i));
		if (access_may(s->who, &sub, WANT_SEE, s->now) == ST_OK)
			return true;
		if (at + 64 >= all)
			return false;
	}
}

static bool class_allowed(struct sctx *s, uint32_t cls)
{
	if (cls == 0)
		return true;
	if (cls >= s->m->next_class)
		return false;
	if (s->verdict[cls] == 0)
		s->verdict[cls] = ask_class(s, cls) ? 1 : 2;
	return s->verdict[cls] == 1;
}

static bool doc_allowed(struct sctx *s, uint32_t doc)
{
	const uint8_t *cls = col_fixed(&s->t, &s->cls, doc);
	return cls != NULL && class_allowed(s, get_u32(cls));
}

/* An older version that other people may see than may see the newer ones: is there a newer one for this reader? */
static bool newest_visible(struct sctx *s, uint32_t doc)
{
	const uint8_t *h = col_fixed(&s->t, &s->head, doc);
	struct kv_cur c;
	struct key k;
	bool ok, newer = false;

	if (h == NULL)
		return false;
	key_init(&k, 'p');
	key_bytes(&k, h + 12, PID_LEN);
	key_u32(&k, get_u32(h + 24));
	key_u32(&k, doc + 1);
	kv_cur_open(&s->t, IX_IDS, &c);
	for (ok = kv_seek(&c, key_slice(&k)); ok && !newer && c.key.n == k.n && memcmp(c.key.p, k.p, 1 + PID_LEN) == 0; ok = kv_next(&c))
		newer = doc_allowed(s, get_u32(c.key.p + 1 + PID_LEN + 4));
	kv_cur_close(&c);
	return !newer;
}

static bool visible(struct sctx *s, uint32_t doc)
{
	if (!bits_test(&s->t, &s->live, doc) || !doc_allowed(s, doc))
		return false;
	if (s->all_versions || bits_test(&s->t, &s->latest, doc))
		return true;
	return bits_test(&s->t, &s->other, doc) && newest_visible(s, doc);
}

/* ---- the walk ---- */

struct walk {
	struct sctx *s;
	const struct search_query *q;
	struct node *root;
	struct filter filters[FACET_COUNT]; size_t n_filters;
	struct counts counts;
	struct top top;
	uint64_t total;
};

/* Bits of the facets whose counts ${doc} belongs to: all when every filter passes; when just one fails, that one's, because a facet's own
 * choice does not narrow it. */
static unsigned facets_of(struct walk *w, uint32_t doc, bool *hit)
{
	unsigned failed = 0, which = 0;

	for (size_t i = 0; i < w->n_filters && failed < 2; i++) {
		if (!roaring_bitmap_contains(w->filters[i].set, doc)) {
			failed++;
			which = 1u << w->filters[i].facet;
		}
	}
	*hit = failed == 0;
	return failed == 0 ? (1u << FACET_COUNT) - 1 : failed == 1 ? which : 0;
}

static void offer(struct walk *w, uint32_t doc)
{
	struct sctx *s = w->s;
	struct cand c = { .doc = doc };
	const uint8_t *p;

	switch (w->q->sort) {
	case SORT_BEST:
		p = col_fixed(&s->t, &s->len, doc);
		c.score = node_score(s, w->root, s->norm[p != NULL ? *p : 0]);
		break;
	case SORT_TITLE:
		c.title = col_var(&s->t, &s->title, doc);
		break;
	case SORT_NEWEST:
	case SORT_OLDEST:
	case SORT_UPDATED:
		p = col_fixed(&s->t, &s->head, doc);
		if (p != NULL)
			c.when = get_i64(p + (w->q->sort == SORT_UPDATED ? 36 : 28));
		break;
	}
	top_offer(&w->top, &c);
}

static void walk(struct walk *w)
{
	struct sctx *s = w->s;
	uint32_t doc = 0;

	while ((doc = node_seek(s, w->root, doc)) != DOC_NONE && sctx_tick(s)) {
		bool hit;
		unsigned facets;

		if (visible(s, doc)) {
			facets = facets_of(w, doc, &hit);
			if (w->q->facets && facets != 0)
				counts_add(s, &w->counts, doc, facets);
			if (hit) {
				w->total++;
				offer(w, doc);
			}
		}
		doc++;
	}
}

/* ---- around it ---- */

static st_t sctx_init(struct sctx *s, struct index *ix, const struct principal *who, const struct search_query *q)
{
	memset(s, 0, sizeof(*s));
	s->ix = ix;
	s->who = who;
	s->now = clock_now();
	s->deadline = clock_mono_us() + SEARCH_TIME_US;
	s->all_versions = q->all_versions;
	kv_read(ix->r->index, &s->t);
	s->m = malloc(sizeof(*s->m));
	s->a = arena_new(0);
	s->stem = stemmer_new();
	if (s->m == NULL || s->a == NULL || s->stem == NULL) {
		kv_fail(&s->t, ST_NOMEM, "%s", "");
		return ST_NOMEM;
	}
	manifest_get(&s->t, s->m);
	s->verdict = calloc(s->m->next_class + 1, 1);
	if (s->verdict == NULL)
		kv_fail(&s->t, ST_NOMEM, "%s", "");
	bm25_norms(s->norm, s->m->live, s->m->len_sum);
	col_init(&s->cls, COL_CLASS);
	col_init(&s->len, COL_LEN);
	col_init(&s->head, COL_HEAD);
	col_init(&s->title, COL_TITLE);
	col_init(&s->facets, COL_FACETS);
	bits_init(&s->live, BITS_LIVE);
	bits_init(&s->latest, BITS_LATEST);
	bits_init(&s->other, BITS_OTHER_CLASS);
	return s->t.st;
}

static st_t sctx_end(struct sctx *s, struct err *e)
{
	st_t st;

	for (size_t i = 0; i < s->n_sets; i++)
		roaring_bitmap_free(s->sets[i]);
	free(s->sets);
	st = kv_end(&s->t, e);
	free(s->m);
	free(s->verdict);
	stemmer_free(s->stem);
	arena_free(s->a);
	return st;
}

static st_t check(const struct search_query *q, struct err *e)
{
	if (q->size < 1 || q->size > 100)
		return err_set(e, ST_INVALID, "size is %u, from 1 to 100 are possible", q->size);
	if (q->page > 0 && (uint64_t)q->page * q->size > PAGE_HITS_MAX)
		return err_set(e, ST_INVALID, "page %u reaches past %u hits: follow the cursor instead", q->page, PAGE_HITS_MAX);
	if ((unsigned)q->sort > SORT_UPDATED)
		return err_set(e, ST_INVALID, "no such order");
	return ST_OK;
}

static st_t top_init(struct walk *w, struct err *e)
{
	const struct search_query *q = w->q;

	w->top.sort = q->sort;
	w->top.max = (size_t)(q->page > 0 ? q->page : 1) * q->size;
	w->top.v = arena_alloc(w->s->a, (w->top.max + 1) * sizeof(*w->top.v));
	if (w->top.v == NULL)
		return err_set(e, ST_NOMEM, "%s", "");
	if (q->page > 0 || q->cursor.n == 0)
		return ST_OK;
	w->top.after = true;
	return cursor_read(w->s->a, q->cursor, q->sort, &w->top.from, e);
}

static st_t give(struct walk *w, struct search_result *out, struct err *e)
{
	size_t from = w->q->page > 1 ? (size_t)(w->q->page - 1) * w->q->size : 0, n;

	top_sort(&w->top);
	n = w->top.n > from ? w->top.n - from : 0;
	out->total = w->total;
	out->total_exact = true;
	out->hits = calloc(n + 1, sizeof(*out->hits));
	if (out->hits == NULL)
		return err_set(e, ST_NOMEM, "%s", "");
	for (size_t i = 0; i < n; i++) {
		const struct cand *c = &w->top.v[from + i];
		const uint8_t *h = col_fixed(&w->s->t, &w->s->head, c->doc);
		if (h == NULL)
			return err_set(e, ST_CORRUPT, "index: document %u has no head", c->doc);
		memcpy(out->hits[i].id, h, PID_LEN);
		out->hits[i].score = c->score;
		out->n_hits++;
	}
	if (n > 0 && w->top.seen > from + n && cursor_write(&out->next, w->q->sort, &w->top.v[from + n - 1]) != ST_OK)
		return err_set(e, ST_NOMEM, "%s", "");
	if (w->q->facets && counts_result(w->s, &w->counts, w->filters, w->n_filters, out) != ST_OK)
		return err_set(e, ST_NOMEM, "%s", "");
	return ST_OK;
}

static st_t run(struct walk *w, struct search_result *out, struct buf *terms, struct err *e)
{
	struct sctx *s = w->s;
	struct query *tree;
	st_t st = query_parse(&tree, s->a, w->q->text, e);

	if (st == ST_OK)
		st = top_init(w, e);
	if (st == ST_OK)
		st = filters_read(s, w->q, w->filters, &w->n_filters, e);
	if (st != ST_OK)
		return st;
	if (w->q->expander != NULL && expand_query(s, tree, w->q->expander, &out->expanded) != ST_OK)
		return s->t.st;
	if (w->q->facets && counts_init(s, &w->counts) != ST_OK)
		return s->t.st;
	if (plan_query(s, tree, &w->root, terms) != ST_OK)
		return s->t.st;
	if (w->root != NULL)
		walk(w);
	if (s->late)
		return err_set(e, ST_TIMEOUT, "query took more than %d seconds: make it narrower", (int)(SEARCH_TIME_US / 1000000));
	return s->t.st != ST_OK ? s->t.st : give(w, out, e);
}

st_t search_run(struct index *ix, const struct principal *who, const struct search_query *q, struct search_result *out, struct err *e)
{
	struct sctx s;
	struct walk w = { .s = &s, .q = q };
	struct buf terms = BUF_INIT(65536);
	struct err mine = ERR_INIT, *ep = e != NULL ? e : &mine;
	st_t st, end;

	memset(out, 0, sizeof(*out));
	st = check(q, ep);
	if (st != ST_OK)
		return st;
	st = sctx_init(&s, ix, who, q);
	if (st == ST_OK) {
		kv_cur_open(&s.t, IX_TERMS, &s.cur);
		st = run(&w, out, &terms, ep);
		kv_cur_close(&s.cur);
	}
	plan_release(&s);
	if (st == ST_OK && s.t.st == ST_OK && (out->terms = buf_addc(&terms, '\0') == ST_OK ? buf_take(&terms, NULL) : strdup("")) == NULL)
		st = err_set(ep, ST_NOMEM, "%s", "");
	buf_release(&terms);
	end = sctx_end(&s, s.t.st != ST_OK ? ep : NULL);
	if (st == ST_OK)
		st = end;
	if (st != ST_OK)
		search_result_release(out);
	return st;
}

void search_result_release(struct search_result *r)
{
	for (size_t f = 0; f < r->n_facets; f++) {
		for (size_t i = 0; i < r->facets[f].n; i++) {
			free(r->facets[f].buckets[i].key);
			free(r->facets[f].buckets[i].label_en);
			free(r->facets[f].buckets[i].label_ja);
		}
		free(r->facets[f].buckets);
	}
	free(r->facets);
	free(r->hits);
	free(r->next);
	free(r->terms);
	free(r->expanded);
	memset(r, 0, sizeof(*r));
}
