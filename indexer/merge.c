/*
 * Segments are joined when eight neighbours are of about one size, so that a search looks into few of them and each posting is copied once per
 * factor of eight. A merge is done in steps, each its own small write transaction, so that publications never wait for it: it writes the
 * new segment, which nobody reads yet, then exchanges it for the old ones in the manifest, then deletes those. A crash leaves a segment number in
 * the manifest ("building"), whose terms are deleted at the next start. Documents that are no longer found are left out.
 */
#include "indexer/index_int.h"

#include "base/log.h"

#define MERGE_FACTOR	8
#define MERGE_MAX	64			/* segments in one go */
#define STEP_KEYS	8000u
#define STEP_BYTES	((size_t)4 << 20)

struct merge {
	struct seg src[MERGE_MAX]; size_t n;
	struct seg dst;
	struct buf resume;			/* class and text of the last term done; empty: start */
	struct buf kv;				/* as batch.kv */
	uint32_t keys;
	bool finished;
	char cls; struct slice text;		/* term being written */
};

struct merger {
	struct index *ix;
	pthread_mutex_t mu;
	pthread_cond_t idle;
	bool running, again;
	atomic_bool stop;
};

static unsigned tier(uint32_t docs)
{
	unsigned t = 0;
	for (; docs >= MERGE_FACTOR; docs /= MERGE_FACTOR)
		t++;
	return t;
}

/* Choose neighbours to join: the lowest tier with MERGE_FACTOR neighbours in or below it. */
static size_t choose(const struct manifest *m, size_t *from)
{
	for (unsigned t = 0; t < 11; t++) {
		size_t run = 0;
		for (size_t i = 0; i < m->n_segs; i++) {
			run = tier(m->segs[i].docs) <= t ? run + 1 : 0;
			if (run >= MERGE_FACTOR && (i + 1 == m->n_segs || tier(m->segs[i + 1].docs) > t || run == MERGE_MAX)) {
				*from = i + 1 - run;
				return run;
			}
		}
	}
	return 0;
}

static st_t put_start(void *arg, struct kv_txn *t)
{
	struct merge *g = arg;
	struct manifest *m = malloc(sizeof(*m));
	size_t from = 0, n;

	g->n = 0;
	if (m == NULL) {
		kv_fail(t, ST_NOMEM, "%s", "");
		return t->st;
	}
	manifest_get(t, m);
	if (m->building != 0 && m->n_garbage < SEGS_MAX) {
		m->garbage[m->n_garbage++] = m->building;
		m->building = 0;
	}
	n = m->n_garbage + MERGE_MAX < SEGS_MAX ? choose(m, &from) : 0;
	if (n > 0) {
		memcpy(g->src, m->segs + from, n * sizeof(*g->src));
		g->dst = (struct seg){ m->next_seg++, g->src[0].first, g->src[n - 1].last, 0 };
		m->building = g->dst.id;
		g->n = n;
	}
	if (t->st == ST_OK)
		manifest_put(t, m);
	free(m);
	return t->st;
}

/* ---- one step: some terms from the sources into g->kv ---- */

static void take_chunk(void *ctx, uint32_t first, struct slice chunk)
{
	struct merge *g = ctx;
	struct key k;
	uint8_t n[4];

	term_key(&k, 0, g->cls, g->text);
	key_u32(&k, first);
	put_u32(n, (uint32_t)(k.n - 5));
	buf_add(&g->kv, n + 2, 2);
	buf_add(&g->kv, k.p + 5, k.n - 5);
	put_u32(n, (uint32_t)chunk.n);
	buf_add(&g->kv, n, 4);
	buf_addsl(&g->kv, chunk);
	g->keys++;
}

struct source { struct kv_cur c; bool on; struct slice term; };	/* term: class, text, NUL */

static void source_look(struct source *s, uint32_t seg, bool ok)
{
	s->on = ok && s->c.key.n >= 5 + 2 + 4 && s->c.key.p[0] == 't' && get_u32(s->c.key.p + 1) == seg;
	if (s->on)
		s->term = slice_of(s->c.key.p + 5, s->c.key.n - 9);
}

static void source_open(struct kv_txn *t, struct source *s, uint32_t seg, struct slice resume)
{
	struct key k;

	key_init(&k, 't');
	key_u32(&k, seg);
	if (resume.n > 0) {		/* behind every chunk of that term: no first document is the greatest number */
		key_bytes(&k, resume.p, resume.n);
		key_u32(&k, UINT32_MAX);
	}
	kv_cur_open(t, IX_TERMS, &s->c);
	source_look(s, seg, kv_seek(&s->c, key_slice(&k)));
}

static bool copy_chunk(struct kv_txn *t, struct slice chunk, uint32_t first, struct bits *live, struct post_writer *w, struct post_block *b)
{
	struct post_reader r;

	if (!post_open(&r, chunk, first))
		return false;
	while (post_head(&r)) {
		const uint8_t *p, *end, *from;

		if (!post_decode(&r, b))
			return false;
		p = (const uint8_t *)b->places.p;
		end = p + b->places.n;
		for (unsigned i = 0; i < b->n; i++) {
			from = p;
			if (b->places.n > 0 && !post_skip_places(&p, end, b->fields[i]))
				return false;
			if (bits_test(t, live, b->docs[i]))
				post_add(w, b->docs[i], b->weight[i], b->fields[i], slice_of(from, (size_t)(p - from)));
		}
	}
	return !r.bad;
}

/* All chunks of the least term, of all sources in their order. */
static void copy_term(struct kv_txn *t, struct merge *g, struct source *s, struct bits *live, struct post_writer *w, struct post_block *b, struct buf *term)
{
	const struct source *least = NULL;
	struct post_reader r;
	uint32_t df = 0;

	for (size_t i = 0; i < g->n; i++)
		if (s[i].on && (least == NULL || slice_cmp(s[i].term, least->term) < 0))
			least = &s[i];
	buf_clear(term);
	buf_addsl(term, least->term);
	g->cls = term->p[0];
	g->text = slice_of(term->p + 1, term->n - 2);
	for (size_t i = 0; i < g->n; i++)
		if (s[i].on && slice_eq(s[i].term, buf_slice(term)) && post_open(&r, s[i].c.v, 0))
			df += r.df;
	post_begin(w, df);
	for (size_t i = 0; i < g->n && t->st == ST_OK; i++) {
		while (s[i].on && slice_eq(s[i].term, buf_slice(term)) && t->st == ST_OK) {
			if (!copy_chunk(t, s[i].c.v, get_u32(s[i].c.key.p + s[i].c.key.n - 4), live, w, b))
				kv_fail(t, ST_CORRUPT, "index: postings of segment %u cannot be read", g->src[i].id);
			source_look(&s[i], g->src[i].id, kv_next(&s[i].c));
		}
	}
	if (post_end(w) != ST_OK || term->st != ST_OK)
		kv_fail(t, ST_NOMEM, "%s", "");
}

static st_t read_step(struct index *ix, struct merge *g, struct err *e)
{
	struct kv_txn t;
	struct source *s = calloc(g->n, sizeof(*s));
	struct post_block *b = malloc(sizeof(*b));
	struct post_writer w;
	struct buf term = BUF_INIT(BUF_NOMAX);
	struct bits live;
	bool any = true;

	post_writer_init(&w, take_chunk, g);
	bits_init(&live, BITS_LIVE);
	buf_clear(&g->kv);
	g->keys = 0;
	kv_read(ix->r->index, &t);
	if (s == NULL || b == NULL)
		kv_fail(&t, ST_NOMEM, "%s", "");
	for (size_t i = 0; i < g->n && t.st == ST_OK; i++)
		source_open(&t, &s[i], g->src[i].id, buf_slice(&g->resume));
	while (t.st == ST_OK && g->keys < STEP_KEYS && g->kv.n < STEP_BYTES) {
		any = false;
		for (size_t i = 0; i < g->n; i++)
			any |= s[i].on;
		if (!any)
			break;
		copy_term(&t, g, s, &live, &w, b, &term);
	}
	g->finished = !any;
	if (term.n > 0) {
		buf_clear(&g->resume);
		buf_addsl(&g->resume, buf_slice(&term));
	}
	if (g->kv.st != ST_OK || g->resume.st != ST_OK)
		kv_fail(&t, ST_NOMEM, "%s", "");
	for (size_t i = 0; s != NULL && i < g->n; i++)
		if (s[i].c.t != NULL)
			kv_cur_close(&s[i].c);
	free(s);
	free(b);
	buf_release(&term);
	post_writer_release(&w);
	return kv_end(&t, e);
}

static uint32_t count_live(struct kv_txn *t, uint32_t first, uint32_t last)
{
	struct bits live;
	uint32_t n = 0;

	bits_init(&live, BITS_LIVE);
	for (uint64_t d = first; d <= last; d++)
		n += bits_test(t, &live, (uint32_t)d);
	return n;
}

/* The new segment takes the place of its sources. */
static void exchange(struct kv_txn *t, const struct merge *g)
{
	struct manifest *m = malloc(sizeof(*m));
	size_t at = 0;

	if (m == NULL) {
		kv_fail(t, ST_NOMEM, "%s", "");
		return;
	}
	manifest_get(t, m);
	while (at < m->n_segs && m->segs[at].id != g->src[0].id)
		at++;
	if (t->st == ST_OK && (at + g->n > m->n_segs || m->building != g->dst.id)) {
		kv_fail(t, ST_INTERNAL, "index: segments changed under a merge");
	} else if (t->st == ST_OK) {
		for (size_t i = 0; i < g->n; i++)
			m->garbage[m->n_garbage++] = g->src[i].id;
		m->segs[at] = g->dst;
		m->segs[at].docs = count_live(t, g->dst.first, g->dst.last);
		memmove(m->segs + at + 1, m->segs + at + g->n, (m->n_segs - at - g->n) * sizeof(*m->segs));
		m->n_segs -= g->n - 1;
		m->building = 0;
		manifest_put(t, m);
	}
	free(m);
}

static st_t put_step(void *arg, struct kv_txn *t)
{
	const struct merge *g = arg;
	size_t at = 0;
	struct key k;

	key_init(&k, 't');
	key_u32(&k, g->dst.id);
	while (at < g->kv.n && t->st == ST_OK) {
		const char *q = g->kv.p + at;
		size_t kn = (size_t)(uint8_t)q[0] << 8 | (uint8_t)q[1], vn;

		memcpy(k.p + 5, q + 2, kn);
		k.n = 5 + kn;
		vn = get_u32(q + 2 + kn);
		kv_put(t, IX_TERMS, key_slice(&k), slice_of(q + 6 + kn, vn));
		at += 6 + kn + vn;
	}
	if (g->finished && t->st == ST_OK)
		exchange(t, g);
	return t->st;
}

/* Delete some terms of the first segment in the garbage list. */
static st_t put_sweep(void *arg, struct kv_txn *t)
{
	bool *more = arg;
	struct manifest *m = malloc(sizeof(*m));
	struct key k;
	struct kv_cur c;
	struct buf keys = BUF_INIT(BUF_NOMAX);
	size_t at = 0;
	uint32_t n = 0;
	bool ok;

	if (m == NULL) {
		kv_fail(t, ST_NOMEM, "%s", "");
		return t->st;
	}
	manifest_get(t, m);
	if (t->st != ST_OK || m->n_garbage == 0)
		goto out;
	key_init(&k, 't');
	key_u32(&k, m->garbage[0]);
	kv_cur_open(t, IX_TERMS, &c);
	for (ok = kv_seek(&c, key_slice(&k)); ok && n < STEP_KEYS && c.key.n > 5 && memcmp(c.key.p, k.p, 5) == 0; ok = kv_next(&c), n++) {
		uint8_t len[2] = { (uint8_t)(c.key.n >> 8), (uint8_t)c.key.n };
		buf_add(&keys, len, 2);
		buf_addsl(&keys, c.key);
	}
	kv_cur_close(&c);
	if (keys.st != ST_OK)
		kv_fail(t, keys.st, "%s", "");
	while (at < keys.n && t->st == ST_OK) {
		size_t kn = (size_t)(uint8_t)keys.p[at] << 8 | (uint8_t)keys.p[at + 1];
		kv_del(t, IX_TERMS, slice_of(keys.p + at + 2, kn));
		at += 2 + kn;
	}
	if (n < STEP_KEYS) {
		memmove(m->garbage, m->garbage + 1, (m->n_garbage - 1) * sizeof(*m->garbage));
		m->n_garbage--;
		manifest_put(t, m);
	}
	*more = n == STEP_KEYS || m->n_garbage > 0;
out:
	buf_release(&keys);
	free(m);
	return t->st;
}

static st_t sweep(struct merger *g, bool all, struct err *e)
{
	bool more = true;
	st_t st = ST_OK;

	while (st == ST_OK && more && !(g->stop && !all)) {
		more = false;
		st = writer_do(g->ix->r->ix_w, put_sweep, &more, e);
	}
	return st;
}

/* Asked before anything is written: most commits leave nothing to do. */
static st_t anything(struct index *ix, bool *yes, struct err *e)
{
	struct manifest *m = malloc(sizeof(*m));
	struct kv_txn t;
	size_t from;

	*yes = false;
	if (m == NULL)
		return err_set(e, ST_NOMEM, "%s", "");
	kv_read(ix->r->index, &t);
	manifest_get(&t, m);
	*yes = m->building != 0 || m->n_garbage > 0 || choose(m, &from) > 0;
	free(m);
	return kv_end(&t, e);
}

/* One merge if there is one to do. */
static st_t merge_once(struct merger *mg, bool *did, struct err *e)
{
	struct merge g = { .n = 0 };
	bool yes;
	st_t st = anything(mg->ix, &yes, e);

	*did = false;
	if (st != ST_OK || !yes)
		return st;
	buf_init(&g.resume, BUF_NOMAX);
	buf_init(&g.kv, BUF_NOMAX);
	st = writer_do(mg->ix->r->ix_w, put_start, &g, e);
	while (st == ST_OK && g.n > 0 && !g.finished && !mg->stop) {
		st = read_step(mg->ix, &g, e);
		if (st == ST_OK)
			st = writer_do(mg->ix->r->ix_w, put_step, &g, e);
	}
	*did = g.n > 0 && g.finished && st == ST_OK;
	buf_release(&g.resume);
	buf_release(&g.kv);
	return st == ST_OK ? sweep(mg, false, e) : st;
}

/* ---- the thread ---- */

/* Take the merger for oneself; only one merges at a time. */
static void take(struct merger *m)
{
	pthread_mutex_lock(&m->mu);
	while (m->running)
		pthread_cond_wait(&m->idle, &m->mu);
	m->running = true;
	pthread_mutex_unlock(&m->mu);
}

static void *work(void *arg)
{
	struct merger *m = arg;
	struct err e = ERR_INIT;
	bool did = false;
	st_t st;

	for (;;) {
		st = merge_once(m, &did, &e);
		if (st != ST_OK)
			log_warn("index", "merge failed reason=\"%s\"", e.text);
		pthread_mutex_lock(&m->mu);
		if (st != ST_OK || m->stop || (!did && !m->again)) {
			m->running = false;
			pthread_cond_broadcast(&m->idle);
			pthread_mutex_unlock(&m->mu);
			return NULL;
		}
		m->again = false;
		pthread_mutex_unlock(&m->mu);
	}
}

struct merger *merger_new(struct index *ix)
{
	struct merger *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	m->ix = ix;
	pthread_mutex_init(&m->mu, NULL);
	pthread_cond_init(&m->idle, NULL);
	return m;
}

void merger_free(struct merger *m)
{
	if (m == NULL)
		return;
	atomic_store(&m->stop, true);
	take(m);
	pthread_cond_destroy(&m->idle);
	pthread_mutex_destroy(&m->mu);
	free(m);
}

void merger_wake(struct merger *m)
{
	pthread_t thread;
	bool go;

	pthread_mutex_lock(&m->mu);
	go = !m->running && !m->stop;
	m->again = true;
	if (go) {
		m->again = false;
		m->running = true;
	}
	pthread_mutex_unlock(&m->mu);
	if (!go)
		return;
	if (pthread_create(&thread, NULL, work, m) == 0) {
		pthread_detach(thread);
		return;
	}
	pthread_mutex_lock(&m->mu);
	m->running = false;
	pthread_cond_broadcast(&m->idle);
	pthread_mutex_unlock(&m->mu);
}

st_t index_settle(struct index *ix, struct err *e)
{
	struct merger *m = ix->merger;
	bool did = true;
	st_t st = ST_OK;

	take(m);
	while (st == ST_OK && did)
		st = merge_once(m, &did, e);
	if (st == ST_OK)
		st = sweep(m, true, e);
	pthread_mutex_lock(&m->mu);
	m->running = false;
	pthread_cond_broadcast(&m->idle);
	pthread_mutex_unlock(&m->mu);
	return st;
}
