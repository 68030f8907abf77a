/* One batch into the index, in one transaction. Runs again when the map has grown, so nothing of the batch changes here. */
#include "indexer/index_int.h"

#include "base/hash.h"
#include "base/map.h"
#include "indexer/range.h"

struct putter {
	const struct batch *b;
	struct kv_txn *t;
	struct manifest *m;
	struct col cls, len, head;
	struct bits_w live, latest, other;
	struct map *parents;		/* concepts whose newest version may have changed */
};

static void id_key(struct key *k, const char *id)
{
	key_init(k, 'i');
	key_bytes(k, id, PID_LEN);
}

/* Versions of a concept in their order: 'p', parent, version, document. */
static void parent_key(struct key *k, const char *parent, uint32_t version, uint32_t doc)
{
	key_init(k, 'p');
	key_bytes(k, parent, PID_LEN);
	key_u32(k, version);
	key_u32(k, doc);
}

static void touch_parent(struct putter *p, struct slice parent)
{
	if (map_put(p->parents, parent, p, NULL) != ST_OK)
		kv_fail(p->t, ST_NOMEM, "%s", "");
}

/* A document's intervals, in and out. */
static void drop_ranges(struct putter *p, uint32_t doc)
{
	struct buf list = BUF_INIT(BUF_NOMAX);
	struct slice rest, name;
	uint64_t lo, hi;
	struct key k;

	range_list_key(&k, doc);
	if (!kv_get(p->t, IX_RANGES, key_slice(&k), &rest))
		return;
	if (buf_addsl(&list, rest) != ST_OK)	/* a copy: deleting moves what is borrowed */
		kv_fail(p->t, ST_NOMEM, "%s", "");
	kv_del(p->t, IX_RANGES, key_slice(&k));
	rest = buf_slice(&list);
	while (p->t->st == ST_OK && range_list_next(&rest, &name, &lo, &hi))
		range_del(p->t, IX_RANGES, name, lo, hi, doc);
	buf_release(&list);
}

static void put_ranges(struct putter *p)
{
	const struct batch *b = p->b;
	struct slice rest, name;
	uint64_t lo, hi;
	uint32_t from = 0;

	for (size_t i = 0; i < b->docs.n && p->t->st == ST_OK; i++) {
		struct key k;

		rest = slice_of(b->ranges.p + from, b->range_ends.v[i] - from);
		from = b->range_ends.v[i];
		if (rest.n == 0)
			continue;
		range_list_key(&k, b->first_doc + (uint32_t)i);
		kv_put(p->t, IX_RANGES, key_slice(&k), rest);
		while (range_list_next(&rest, &name, &lo, &hi))
			range_put(p->t, IX_RANGES, name, lo, hi, b->first_doc + (uint32_t)i);
	}
}

static void bury(struct putter *p, uint32_t doc)
{
	const uint8_t *h = col_fixed(p->t, &p->head, doc), *len;
	char parent[PID_LEN + 1];
	struct key k;
	uint32_t version;

	if (h == NULL)
		return;
	memcpy(parent, h + 12, PID_LEN);
	parent[PID_LEN] = '\0';
	version = get_u32(h + 24);
	len = col_fixed(p->t, &p->len, doc);
	if (len != NULL) {
		uint64_t n = (uint64_t)len8_to(*len);
		p->m->len_sum -= n < p->m->len_sum ? n : p->m->len_sum;
	}
	if (p->m->live > 0)
		p->m->live--;
	bits_set(p->t, &p->live, doc, false);
	parent_key(&k, parent, version, doc);
	kv_del(p->t, IX_IDS, key_slice(&k));
	touch_parent(p, slice_of(parent, PID_LEN));
	drop_ranges(p, doc);
}

static void bury_gone(struct putter *p)
{
	for (size_t i = 0; i < p->b->n_gone && p->t->st == ST_OK; i++) {
		struct slice v;
		struct key k;
		uint32_t doc;

		id_key(&k, p->b->gone[i]);
		if (!kv_get(p->t, IX_IDS, key_slice(&k), &v) || v.n != 4)
			continue;
		doc = get_u32(v.p);
		bury(p, doc);
		kv_del(p->t, IX_IDS, key_slice(&k));
	}
}

static void put_columns(struct putter *p)
{
	const struct batch *b = p->b;
	size_t n = b->docs.n;
	uint8_t *len = malloc(n + 1), *cls = malloc(4 * n + 1), *head = calloc(n + 1, HEAD_SIZE);

	if (len == NULL || cls == NULL || head == NULL) {
		kv_fail(p->t, ST_NOMEM, "%s", "");
		goto out;
	}
	for (size_t i = 0; i < n; i++) {
		const struct new_doc *d = &b->docs.v[i];
		uint8_t *h = head + i * HEAD_SIZE;
		len[i] = d->len8;
		put_u32(cls + 4 * i, d->cls);
		memcpy(h, d->id, PID_LEN);
		memcpy(h + 12, d->parent, PID_LEN);
		put_u32(h + 24, d->version);
		put_u64(h + 28, (uint64_t)d->published);
		put_u64(h + 36, (uint64_t)d->modified);
	}
	col_append(p->t, COL_LEN, b->first_doc, (uint32_t)n, len, NULL);
	col_append(p->t, COL_CLASS, b->first_doc, (uint32_t)n, cls, NULL);
	col_append(p->t, COL_HEAD, b->first_doc, (uint32_t)n, head, NULL);
	col_append(p->t, COL_TITLE, b->first_doc, (uint32_t)n, (const uint8_t *)b->titles.p, b->title_ends.v);
	col_append(p->t, COL_FACETS, b->first_doc, (uint32_t)n, (const uint8_t *)b->facets.p, b->facet_ends.v);
out:
	free(len);
	free(cls);
	free(head);
}

static void put_docs(struct putter *p)
{
	for (size_t i = 0; i < p->b->docs.n && p->t->st == ST_OK; i++) {
		const struct new_doc *d = &p->b->docs.v[i];
		uint32_t doc = p->b->first_doc + (uint32_t)i;
		struct key k;
		uint8_t v[4];

		put_u32(v, doc);
		id_key(&k, d->id);
		kv_put(p->t, IX_IDS, key_slice(&k), slice_of(v, 4));
		parent_key(&k, d->parent, d->version, doc);
		kv_put(p->t, IX_IDS, key_slice(&k), SLICE(""));
		bits_set(p->t, &p->live, doc, true);
		touch_parent(p, slice_of(d->parent, PID_LEN));
		p->m->live++;
		p->m->len_sum += (uint64_t)len8_to(d->len8);
	}
	p->m->next_doc = p->b->first_doc + (uint32_t)p->b->docs.n;
}

/* Which version of a concept is the newest, and which older ones are open to others than the newer ones. */
static void rank_versions(struct putter *p, struct slice parent)
{
	struct { uint32_t doc, cls; } v[64];
	size_t n = 0;
	struct kv_cur c;
	struct key lo, hi;
	bool ok;

	parent_key(&lo, parent.p, 0, 0);
	parent_key(&hi, parent.p, UINT32_MAX, UINT32_MAX);
	kv_cur_open(p->t, IX_IDS, &c);
	/* Newest first. Of concepts with more versions than fit, the oldest are taken for "open to others": that is looked up at search. */
	ok = kv_seek_before(&c, key_slice(&hi));
	for (; ok && c.key.n == lo.n && memcmp(c.key.p, lo.p, 1 + PID_LEN) == 0; ok = kv_prev(&c)) {
		uint32_t doc = get_u32(c.key.p + 1 + PID_LEN + 4);
		const uint8_t *cls = col_fixed(p->t, &p->cls, doc);
		bool other = n > 0;

		if (cls == NULL)
			break;
		for (size_t i = 0; i < n; i++)
			other &= v[i].cls != get_u32(cls);
		bits_set(p->t, &p->latest, doc, n == 0);
		bits_set(p->t, &p->other, doc, other);
		if (n < 64) {
			v[n].doc = doc;
			v[n++].cls = get_u32(cls);
		}
	}
	kv_cur_close(&c);
}

static void put_segments(struct putter *p)
{
	const struct batch *b = p->b;

	for (size_t i = 0; i < b->segs.n && p->t->st == ST_OK; i++) {
		const struct new_seg *s = &b->segs.v[i];
		struct seg *seg = &p->m->segs[p->m->n_segs];
		size_t at = s->kv_from;
		struct key k;

		if (p->m->n_segs == SEGS_MAX) {
			kv_fail(p->t, ST_BUSY, "index has too many segments, a merge must catch up");
			return;
		}
		*seg = (struct seg){ p->m->next_seg++, s->first, s->first + s->n - 1, s->n };
		p->m->n_segs++;
		key_init(&k, 't');
		key_u32(&k, seg->id);
		while (at < s->kv_to && p->t->st == ST_OK) {
			const char *q = b->kv.p + at;
			size_t kn = (size_t)(uint8_t)q[0] << 8 | (uint8_t)q[1], vn;

			memcpy(k.p + 5, q + 2, kn);
			k.n = 5 + kn;
			vn = get_u32(q + 2 + kn);
			kv_put(p->t, IX_TERMS, key_slice(&k), slice_of(q + 6 + kn, vn));
			at += 6 + kn + vn;
		}
	}
}

static void put_words(struct putter *p)
{
	const struct batch *b = p->b;
	size_t at = 0;
	struct key k;
	uint8_t v[4];

	while (at < b->stems.n && p->t->st == ST_OK) {
		struct slice stem = slice_str(b->stems.p + at), word = slice_str(b->stems.p + at + stem.n + 1);
		key_init(&k, 's');
		key_text(&k, stem);
		key_text(&k, word);
		kv_put_new(p->t, IX_STEMS, key_slice(&k), SLICE(""));
		at += stem.n + word.n + 2;
	}
	for (size_t i = 0; i < b->new_facets.n; i++) {
		const struct new_facet *f = &b->new_facets.v[i];
		struct slice value = slice_of(b->text.p + f->at, f->n);
		put_u32(v, f->ord);
		key_init(&k, facet_letters[f->facet]);
		key_text(&k, value);
		kv_put(p->t, IX_FACETS, key_slice(&k), slice_of(v, 4));
		key_init(&k, 'O');
		key_u8(&k, f->facet);
		key_u32(&k, f->ord);
		kv_put(p->t, IX_FACETS, key_slice(&k), value);
	}
	for (size_t i = 0; i < b->new_classes.n; i++) {
		const struct new_class *c = &b->new_classes.v[i];
		struct slice value = slice_of(b->text.p + c->at, c->n);
		uint8_t sum[SHA256_LEN];
		sha256(sum, value.p, value.n);
		put_u32(v, c->no);
		key_init(&k, 'd');
		key_bytes(&k, sum, sizeof(sum));
		kv_put(p->t, IX_CLASSES, key_slice(&k), slice_of(v, 4));
		key_init(&k, 'c');
		key_u32(&k, c->no);
		kv_put(p->t, IX_CLASSES, key_slice(&k), value);
	}
	memcpy(p->m->next_ord, b->next_ord, sizeof(b->next_ord));
	p->m->next_class = b->next_class;
}

static void putter_init(struct putter *p, struct kv_txn *t)
{
	p->t = t;
	col_init(&p->cls, COL_CLASS);
	col_init(&p->len, COL_LEN);
	col_init(&p->head, COL_HEAD);
	bits_w_init(&p->live, BITS_LIVE);
	bits_w_init(&p->latest, BITS_LATEST);
	bits_w_init(&p->other, BITS_OTHER_CLASS);
	p->m = malloc(sizeof(*p->m));
	p->parents = map_new();
	if (p->m == NULL || p->parents == NULL)
		kv_fail(t, ST_NOMEM, "%s", "");
	else
		manifest_get(t, p->m);
}

/* What a column reader holds is borrowed until the next write: forget it. */
static void forget_blocks(struct putter *p)
{
	col_init(&p->cls, COL_CLASS);
	col_init(&p->len, COL_LEN);
	col_init(&p->head, COL_HEAD);
}

static void rank_all(struct putter *p)
{
	struct slice parent;
	size_t i = 0;
	void *v;

	while (p->t->st == ST_OK && map_next(p->parents, &i, &parent, &v)) {
		forget_blocks(p);
		rank_versions(p, parent);
	}
	bits_w_flush(p->t, &p->latest);
	bits_w_flush(p->t, &p->other);
}

static st_t putter_end(struct putter *p)
{
	bits_w_flush(p->t, &p->live);
	if (p->t->st == ST_OK)
		manifest_put(p->t, p->m);
	free(p->m);
	map_free(p->parents, NULL);
	return p->t->st;
}

static st_t put_batch(void *arg, struct kv_txn *t)
{
	struct putter p = { .b = arg };

	putter_init(&p, t);
	if (t->st == ST_OK && p.m->next_doc != p.b->first_doc)
		kv_fail(t, ST_INTERNAL, "index: two writers at once");
	if (t->st == ST_OK) {
		bury_gone(&p);
		put_columns(&p);
		put_docs(&p);
		put_segments(&p);
		put_words(&p);
		put_ranges(&p);
		rank_all(&p);
		if (p.b->upto > p.m->place)
			p.m->place = p.b->upto;
	}
	return putter_end(&p);
}

/* A batch that would overfill the manifest waits for the merges. */
static st_t make_room(struct index *ix, size_t n, struct err *e)
{
	struct kv_txn t;
	struct manifest *m = malloc(sizeof(*m));
	bool full;
	st_t st;

	if (m == NULL)
		return err_set(e, ST_NOMEM, "%s", "");
	kv_read(ix->r->index, &t);
	manifest_get(&t, m);
	full = m->n_segs + n > SEGS_MAX - 16;
	free(m);
	st = kv_end(&t, e);
	return st == ST_OK && full ? index_settle(ix, e) : st;
}

st_t index_apply(struct index *ix, const struct index_doc *docs, size_t n, uint64_t upto_change, struct err *e)
{
	struct batch b;
	st_t st;

	pthread_mutex_lock(&ix->apply_lock);
	st = batch_build(ix, docs, n, &b, e);
	b.upto = upto_change;
	if (st == ST_OK)
		st = make_room(ix, b.segs.n, e);
	if (st == ST_OK)
		st = writer_do(ix->r->ix_w, put_batch, &b, e);
	batch_release(&b);
	if (st == ST_OK && upto_change > atomic_load(&ix->place))
		atomic_store(&ix->place, upto_change);
	pthread_mutex_unlock(&ix->apply_lock);
	if (st == ST_OK)
		merger_wake(ix->merger);
	return st;
}

/* ---- a rebuild: the old index answers until the new documents have replaced the old ones; what was not replaced goes at the end ---- */

static st_t put_rebuild_begin(void *arg, struct kv_txn *t)
{
	struct putter p = { .b = NULL };

	putter_init(&p, t);
	if (t->st == ST_OK) {
		p.m->rebuild_from = p.m->next_doc;
		p.m->place = 0;
	}
	return putter_end(&p);
}

st_t index_rebuild_begin(struct index *ix, struct err *e)
{
	st_t st;

	pthread_mutex_lock(&ix->apply_lock);
	st = writer_do(ix->r->ix_w, put_rebuild_begin, NULL, e);
	if (st == ST_OK)
		atomic_store(&ix->place, 0);
	pthread_mutex_unlock(&ix->apply_lock);
	return st;
}

#define BURY_STEP 2000u

/* Bury up to BURY_STEP documents below the mark; ${arg}: where to go on, UINT32_MAX when all are done. Reads it, sets what comes next apart. */
struct sweep { uint32_t from, next; };

static st_t put_sweep(void *arg, struct kv_txn *t)
{
	struct sweep *s = arg;
	struct putter p = { .b = NULL };
	struct bits live;
	uint32_t doc = s->from, n = 0;

	putter_init(&p, t);
	for (; t->st == ST_OK && doc < p.m->rebuild_from && n < BURY_STEP; doc++) {
		const uint8_t *h;
		struct key k;

		bits_init(&live, BITS_LIVE);
		if (!bits_test(t, &live, doc))
			continue;
		forget_blocks(&p);
		h = col_fixed(t, &p.head, doc);
		if (h == NULL)
			break;
		key_init(&k, 'i');
		key_bytes(&k, h, PID_LEN);
		bury(&p, doc);
		kv_del(t, IX_IDS, key_slice(&k));
		n++;
	}
	if (t->st == ST_OK) {
		rank_all(&p);
		s->next = doc < p.m->rebuild_from ? doc : UINT32_MAX;
		if (s->next == UINT32_MAX)
			p.m->rebuild_from = 0;
	}
	return putter_end(&p);
}

st_t index_rebuild_end(struct index *ix, struct err *e)
{
	struct sweep s = { 0, 0 };
	st_t st = ST_OK;

	while (st == ST_OK && s.next != UINT32_MAX) {
		s.from = s.next;
		pthread_mutex_lock(&ix->apply_lock);
		st = writer_do(ix->r->ix_w, put_sweep, &s, e);
		pthread_mutex_unlock(&ix->apply_lock);
	}
	return st;
}
