/* BM25 (k1 = 1.2, b = 0.75; the weight of a term in a document is its counts by field times the fields' weights), the best k, and list cursors. */
#include "indexer/search_int.h"

#include <math.h>

#include "base/str.h"

float bm25_idf(uint64_t docs, uint64_t df)
{
	if (df > docs)
		df = docs;
	return logf(1.0f + ((float)(docs - df) + 0.5f) / ((float)df + 0.5f));
}

void bm25_norms(float norm[256], uint64_t docs, uint64_t len_sum)
{
	float avg = docs == 0 || len_sum == 0 ? 1.0f : (float)len_sum / (float)docs;

	for (unsigned i = 0; i < 256; i++)
		norm[i] = 1.2f * (0.25f + 0.75f * len8_to((uint8_t)i) / avg);
}

bool cand_before(enum search_sort sort, const struct cand *a, const struct cand *b)
{
	int c;

	switch (sort) {
	case SORT_BEST:
		if (a->score != b->score)
			return a->score > b->score;
		break;
	case SORT_NEWEST:
	case SORT_UPDATED:
		if (a->when != b->when)
			return a->when > b->when;
		break;
	case SORT_OLDEST:
		if (a->when != b->when)
			return a->when < b->when;
		return a->doc < b->doc;
	case SORT_TITLE:
		if ((c = slice_cmp(a->title, b->title)) != 0)
			return c < 0;
		return a->doc < b->doc;
	}
	return a->doc > b->doc;
}

/* A heap with the last of the kept ones on top. */
static void sift_down(struct top *t, size_t i, size_t n)
{
	struct cand c = t->v[i];

	for (;;) {
		size_t k = 2 * i + 1;
		if (k >= n)
			break;
		if (k + 1 < n && cand_before(t->sort, &t->v[k], &t->v[k + 1]))
			k++;
		if (!cand_before(t->sort, &c, &t->v[k]))
			break;
		t->v[i] = t->v[k];
		i = k;
	}
	t->v[i] = c;
}

void top_offer(struct top *t, const struct cand *c)
{
	size_t i;

	if (t->after && !cand_before(t->sort, &t->from, c))
		return;
	t->seen++;
	if (t->n == t->max) {
		if (t->max == 0 || !cand_before(t->sort, c, &t->v[0]))
			return;
		t->v[0] = *c;
		sift_down(t, 0, t->n);
		return;
	}
	for (i = t->n++; i > 0 && cand_before(t->sort, &t->v[(i - 1) / 2], c); i = (i - 1) / 2)
		t->v[i] = t->v[(i - 1) / 2];
	t->v[i] = *c;
}

void top_sort(struct top *t)
{
	for (size_t n = t->n; n > 1; n--) {
		struct cand last = t->v[0];
		t->v[0] = t->v[n - 1];
		t->v[n - 1] = last;
		sift_down(t, 0, n - 1);
	}
}

/* A cursor: order, document, then score bits or time or title key; base64url. */
st_t cursor_write(char **out, enum search_sort sort, const struct cand *c)
{
	struct buf raw = BUF_INIT(256), text = BUF_INIT(512);
	uint8_t t[8];
	uint32_t bits;
	st_t st;

	buf_addc(&raw, (char)sort);
	put_u32(t, c->doc);
	buf_add(&raw, t, 4);
	if (sort == SORT_BEST) {
		memcpy(&bits, &c->score, 4);
		put_u32(t, bits);
		buf_add(&raw, t, 4);
	} else if (sort == SORT_TITLE) {
		buf_addsl(&raw, c->title);
	} else {
		put_u64(t, (uint64_t)c->when);
		buf_add(&raw, t, 8);
	}
	st = raw.st;
	if (st == ST_OK)
		st = base64url_encode(&text, raw.p, raw.n);
	if (st == ST_OK)
		*out = buf_take(&text, NULL);
	buf_release(&raw);
	buf_release(&text);
	return st;
}

st_t cursor_read(struct arena *a, struct slice text, enum search_sort sort, struct cand *c, struct err *e)
{
	struct buf raw = BUF_INIT(256);
	uint32_t bits;
	st_t st = ST_OK;

	memset(c, 0, sizeof(*c));
	if (text.n > 400 || base64url_decode(&raw, text) != ST_OK || raw.n < 5 || (uint8_t)raw.p[0] != (uint8_t)sort ||
	    (sort == SORT_BEST ? raw.n != 9 : sort != SORT_TITLE && raw.n != 13)) {
		st = err_set(e, ST_INVALID, "cursor is not one of this list");
		goto out;
	}
	c->doc = get_u32(raw.p + 1);
	if (sort == SORT_BEST) {
		bits = get_u32(raw.p + 5);
		memcpy(&c->score, &bits, 4);
		if (!isfinite(c->score))
			st = err_set(e, ST_INVALID, "cursor is not one of this list");
	} else if (sort == SORT_TITLE) {
		c->title = slice_of(arena_dup(a, raw.p + 5, raw.n - 5), raw.n - 5);
		if (c->title.p == NULL)
			st = err_set(e, ST_NOMEM, "%s", "");
	} else {
		c->when = (int64_t)get_u64(raw.p + 5);
	}
out:
	buf_release(&raw);
	return st;
}
