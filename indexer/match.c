/* Iterators: documents of a term, a phrase, a set, and of trees of these, in ascending order. */
#include "indexer/search_int.h"

#include "base/clock.h"

bool sctx_tick(struct sctx *s)
{
	if (s->late || s->t.st != ST_OK)
		return false;
	if ((++s->ticks & 255) == 0 && clock_mono_us() > s->deadline)
		s->late = true;
	return !s->late;
}

/* ---- terms ---- */

static bool same_term(const struct kv_cur *cur, const struct key *k)
{
	return cur->key.n == k->n + 4 && memcmp(cur->key.p, k->p, k->n) == 0;
}

struct tcur *tcur_new(struct sctx *s, char cls, struct slice text)
{
	struct tcur *c = arena_alloc(s->a, sizeof(*c));

	if (++s->cursors > SEARCH_CURSORS_MAX) {
		kv_fail(&s->t, ST_INVALID, "query stands for more than %d words and pairs of characters", SEARCH_CURSORS_MAX);
		return NULL;
	}
	if (c == NULL || (c->b = arena_alloc(s->a, sizeof(*c->b))) == NULL ||
	    (c->parts = arena_alloc(s->a, (s->m->n_segs + 1) * sizeof(*c->parts))) == NULL ||
	    (c->text.p = arena_dup(s->a, text.p, text.n)) == NULL) {
		kv_fail(&s->t, ST_NOMEM, "%s", "");
		return NULL;
	}
	c->cls = cls;
	c->text.n = text.n;
	for (size_t i = 0; i < s->m->n_segs; i++) {
		struct post_reader r;
		struct key k;

		term_key(&k, s->m->segs[i].id, cls, text);
		if (!kv_seek(&s->cur, key_slice(&k)) || !same_term(&s->cur, &k))
			continue;
		c->parts[c->n_parts] = (struct part){ (uint32_t)i, get_u32(s->cur.key.p + k.n), s->cur.v };
		if (post_open(&r, s->cur.v, 0))
			c->df += r.df;
		c->n_parts++;
	}
	return c;
}

static void open_chunk(struct tcur *c, uint32_t first, struct slice chunk)
{
	post_open(&c->r, chunk, first);
	c->chunk_first = first;
	c->open = true;
	c->b->n = 0;
}

/* The chunk behind the present one that may hold ${target}, in the same segment. */
static bool next_chunk(struct sctx *s, struct tcur *c, uint32_t target)
{
	struct key base, k;

	term_key(&base, s->m->segs[c->parts[c->part].seg].id, c->cls, c->text);
	k = base;
	key_u32(&k, c->chunk_first + 1);
	if (!kv_seek(&s->cur, key_slice(&k)) || !same_term(&s->cur, &base))
		return false;
	if (get_u32(s->cur.key.p + base.n) < target) {
		k = base;
		key_u32(&k, target + 1);
		if (!kv_seek_before(&s->cur, key_slice(&k)))
			return false;
	}
	open_chunk(c, get_u32(s->cur.key.p + base.n), s->cur.v);
	return true;
}

static uint32_t in_block(struct tcur *c, uint32_t target)
{
	unsigned lo = c->i, hi = c->b->n - 1;

	if (c->b->docs[lo] < target && lo < hi && c->b->docs[lo + 1] >= target)
		return c->doc = c->b->docs[c->i = lo + 1];
	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;
		if (c->b->docs[mid] < target)
			lo = mid + 1;
		else
			hi = mid;
	}
	c->i = lo;
	return c->doc = c->b->docs[lo];
}

static bool next_block(struct sctx *s, struct tcur *c, uint32_t target)
{
	while (post_head(&c->r)) {
		if (c->r.last < target)
			continue;
		if (!sctx_tick(s) || !post_decode(&c->r, c->b))
			break;
		c->i = 0;
		c->places_i = 0;
		c->places_p = (const uint8_t *)c->b->places.p;
		return true;
	}
	if (c->r.bad)
		kv_fail(&s->t, ST_CORRUPT, "index: postings cannot be read");
	return false;
}

uint32_t tcur_seek(struct sctx *s, struct tcur *c, uint32_t target)
{
	if (c->open && c->b->n > 0 && c->doc >= target)
		return c->doc;
	if (c->doc == DOC_NONE)
		return DOC_NONE;
	while (s->t.st == ST_OK && !s->late) {
		if (c->open && c->b->n > 0 && c->b->docs[c->b->n - 1] >= target)
			return in_block(c, target);
		if (c->open && next_block(s, c, target))
			continue;
		if (c->open && s->m->segs[c->parts[c->part].seg].last >= target && next_chunk(s, c, target))
			continue;
		if (c->open)
			c->part++;
		c->open = false;
		while (c->part < c->n_parts && s->m->segs[c->parts[c->part].seg].last < target)
			c->part++;
		if (c->part == c->n_parts)
			break;
		open_chunk(c, c->parts[c->part].first, c->parts[c->part].chunk);
	}
	return c->doc = DOC_NONE;
}

static bool push_place(struct sctx *s, struct places *out, uint32_t v)
{
	if (vec_room((void **)&out->v, &out->cap, out->n + 1, sizeof(*out->v)) != ST_OK) {
		kv_fail(&s->t, ST_NOMEM, "%s", "");
		return false;
	}
	out->v[out->n++] = v;
	return true;
}

bool tcur_places(struct sctx *s, struct tcur *c, uint32_t only, struct places *out)
{
	const uint8_t *end = (const uint8_t *)c->b->places.p + c->b->places.n, *p;
	uint32_t fields = tcur_fields(c), count, gap;

	out->n = 0;
	if (c->places_i > c->i) {
		c->places_i = 0;
		c->places_p = (const uint8_t *)c->b->places.p;
	}
	for (; c->places_i < c->i; c->places_i++)
		if (!post_skip_places(&c->places_p, end, c->b->fields[c->places_i]))
			goto bad;
	p = c->places_p;
	for (uint32_t f = 0; fields >> f != 0; f++) {
		uint32_t at = 0;

		if (!(fields >> f & 1))
			continue;
		if (!varint_get(&p, end, &count))
			goto bad;
		while (count-- > 0) {
			if (!varint_get(&p, end, &gap))
				goto bad;
			at += gap;
			if ((only == 0 || only >> f & 1) && !push_place(s, out, f << 24 | (at & 0xffffff)))
				return false;
		}
	}
	return true;
bad:
	kv_fail(&s->t, ST_CORRUPT, "index: places cannot be read");
	return false;
}

/* ---- nodes ---- */

static uint32_t seek_term(struct sctx *s, struct node *n, uint32_t target)
{
	for (;;) {
		uint32_t doc = DOC_NONE;
		bool match = false;

		for (size_t i = 0; i < n->n_terms; i++) {
			uint32_t d = tcur_seek(s, n->terms[i], target);
			if (d < doc) {
				doc = d;
				match = false;
			}
			if (d == doc && d != DOC_NONE)
				match |= n->fields == 0 || (tcur_fields(n->terms[i]) & n->fields) != 0;
		}
		if (doc == DOC_NONE || match)
			return doc;
		target = doc + 1;
	}
}

/* Keep those of n->found at which the next term follows. Both ascend. */
static void keep_followed(struct places *found, const struct places *other, int32_t offset)
{
	size_t i = 0, j = 0, k = 0;

	while (i < found->n && j < other->n) {
		int64_t want = (int64_t)found->v[i] + offset;	/* may be negative: the leading term need not be the first */
		if ((int64_t)other->v[j] < want) {
			j++;
		} else {
			if ((int64_t)other->v[j] == want)
				found->v[k++] = found->v[i];
			i++;
		}
	}
	found->n = k;
}

static bool phrase_here(struct sctx *s, struct node *n)
{
	if (!tcur_places(s, n->terms[0], n->fields, &n->found))
		return false;
	for (size_t i = 1; i < n->n_terms && n->found.n > 0; i++) {
		if (!tcur_places(s, n->terms[i], n->fields, &n->other))
			return false;
		keep_followed(&n->found, &n->other, (int32_t)(n->offsets[i] - n->offsets[0]));
	}
	return n->found.n > 0;
}

static uint32_t seek_phrase(struct sctx *s, struct node *n, uint32_t target)
{
	for (;;) {
		uint32_t doc = tcur_seek(s, n->terms[0], target);
		size_t i = 1;

		while (doc != DOC_NONE && i < n->n_terms) {
			uint32_t d = tcur_seek(s, n->terms[i], doc);
			if (d != doc) {
				doc = d == DOC_NONE ? d : tcur_seek(s, n->terms[0], d);
				i = 1;
			} else {
				i++;
			}
		}
		if (doc == DOC_NONE || phrase_here(s, n))
			return s->t.st == ST_OK ? doc : DOC_NONE;
		target = doc + 1;
	}
}

static uint32_t seek_and(struct sctx *s, struct node *n, uint32_t target)
{
	size_t must = n->n_kids - n->n_not;

	for (;;) {
		uint32_t doc = node_seek(s, n->kids[0], target);
		size_t i = 1;

		while (doc != DOC_NONE && i < must) {
			uint32_t d = node_seek(s, n->kids[i], doc);
			if (d != doc) {
				doc = d == DOC_NONE ? d : node_seek(s, n->kids[0], d);
				i = 1;
			} else {
				i++;
			}
		}
		if (doc == DOC_NONE)
			return DOC_NONE;
		for (i = must; i < n->n_kids; i++)
			if (node_seek(s, n->kids[i], doc) == doc)
				break;
		if (s->late || s->t.st != ST_OK)
			return DOC_NONE;
		if (i == n->n_kids)
			return doc;
		target = doc + 1;
	}
}

static uint32_t seek_or(struct sctx *s, struct node *n, uint32_t target)
{
	uint32_t doc = DOC_NONE;

	for (size_t i = 0; i < n->n_kids; i++) {
		uint32_t d = node_seek(s, n->kids[i], target);
		if (d < doc)
			doc = d;
	}
	return doc;
}

static uint32_t seek_set(struct node *n, uint32_t target)
{
	if (!n->it.has_value)
		return DOC_NONE;
	if (n->it.current_value < target && !roaring_move_uint32_iterator_equalorlarger(&n->it, target))
		return DOC_NONE;
	return n->it.current_value;
}

uint32_t node_seek(struct sctx *s, struct node *n, uint32_t target)
{
	if (n->started && n->doc >= target)
		return n->doc;
	n->started = true;
	switch (n->op) {
	case NODE_TERM:
		return n->doc = seek_term(s, n, target);
	case NODE_PHRASE:
		return n->doc = seek_phrase(s, n, target);
	case NODE_SET:
		return n->doc = seek_set(n, target);
	case NODE_AND:
		return n->doc = seek_and(s, n, target);
	case NODE_OR:
		return n->doc = seek_or(s, n, target);
	case NODE_ALL:
		return n->doc = target < s->m->next_doc && sctx_tick(s) ? target : DOC_NONE;
	}
	return DOC_NONE;
}

/* A phrase weighs what its words weigh where it stands. */
static float phrase_weight(const struct node *n)
{
	float w = 0;

	for (size_t i = 0; i < n->found.n && i < 100; i++)
		w += ix_field_weights[n->found.v[i] >> 24];
	return w;
}

float node_score(struct sctx *s, struct node *n, float norm)
{
	float sum = 0;

	switch (n->op) {
	case NODE_TERM:
		for (size_t i = 0; i < n->n_terms; i++)
			if (n->terms[i]->doc == n->doc)
				sum += (float)tcur_weight(n->terms[i]);
		return n->idf == 0 ? 0 : bm25(n->idf, sum, norm);
	case NODE_PHRASE:
		return bm25(n->idf, phrase_weight(n), norm);
	case NODE_SET:
		return bm25(n->idf, 1, norm);
	case NODE_AND:
		for (size_t i = 0; i < n->n_kids - n->n_not; i++)
			sum += node_score(s, n->kids[i], norm);
		return sum;
	case NODE_OR:
		for (size_t i = 0; i < n->n_kids; i++)
			if (n->kids[i]->doc == n->doc)
				sum += node_score(s, n->kids[i], norm);
		return sum;
	case NODE_ALL:
		return 0;
	}
	return 0;
}
