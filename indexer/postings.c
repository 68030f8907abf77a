#include "indexer/postings.h"

void post_writer_init(struct post_writer *w, post_emit *emit, void *ctx)
{
	memset(w, 0, sizeof(*w));
	w->emit = emit;
	w->ctx = ctx;
	buf_init(&w->chunk, BUF_NOMAX);
	buf_init(&w->docs, BUF_NOMAX);
	buf_init(&w->codes, BUF_NOMAX);
	buf_init(&w->places, BUF_NOMAX);
}

void post_writer_release(struct post_writer *w)
{
	buf_release(&w->chunk);
	buf_release(&w->docs);
	buf_release(&w->codes);
	buf_release(&w->places);
}

static void put(struct buf *b, uint32_t v)
{
	uint8_t t[5];
	buf_add(b, t, varint_put(t, v));
}

void post_begin(struct post_writer *w, uint32_t df)
{
	buf_clear(&w->chunk);
	buf_clear(&w->docs);
	buf_clear(&w->codes);
	buf_clear(&w->places);
	w->n = 0;
	w->chunk_open = false;
	w->st = ST_OK;
	put(&w->chunk, df);
}

static void emit_chunk(struct post_writer *w)
{
	if (w->chunk.st != ST_OK)
		w->st = w->chunk.st;
	else if (w->chunk_open)
		w->emit(w->ctx, w->chunk_first, buf_slice(&w->chunk));
	buf_clear(&w->chunk);
	put(&w->chunk, 0);
	w->chunk_open = false;
}

static void close_block(struct post_writer *w)
{
	if (w->n == 0)
		return;
	if (w->chunk_open && w->chunk.n + w->docs.n + w->codes.n + w->places.n > POST_CHUNK)
		emit_chunk(w);
	put(&w->chunk, w->n - 1);
	if (w->chunk_open)
		put(&w->chunk, w->block_first - w->before);
	else
		w->chunk_first = w->block_first;
	w->chunk_open = true;
	put(&w->chunk, w->last - w->block_first);
	put(&w->chunk, (uint32_t)(w->docs.n + w->codes.n));
	put(&w->chunk, (uint32_t)w->places.n);
	buf_addsl(&w->chunk, buf_slice(&w->docs));
	buf_addsl(&w->chunk, buf_slice(&w->codes));
	buf_addsl(&w->chunk, buf_slice(&w->places));
	if (w->docs.st != ST_OK || w->codes.st != ST_OK || w->places.st != ST_OK)
		w->st = ST_NOMEM;
	w->before = w->last;
	buf_clear(&w->docs);
	buf_clear(&w->codes);
	buf_clear(&w->places);
	w->n = 0;
}

void post_add(struct post_writer *w, uint32_t doc, unsigned weight, uint32_t fields, struct slice places)
{
	if (weight > POST_WEIGHT_MAX)
		weight = POST_WEIGHT_MAX;
	if (w->n == POST_BLOCK)
		close_block(w);
	if (w->n == 0)
		w->block_first = doc;
	else
		put(&w->docs, doc - w->last - 1);
	w->last = doc;
	w->n++;
	if (fields == 1) {
		buf_addc(&w->codes, (char)weight);
	} else {
		buf_addc(&w->codes, (char)(weight | 128));
		put(&w->codes, fields);
	}
	buf_addsl(&w->places, places);
}

st_t post_end(struct post_writer *w)
{
	close_block(w);
	emit_chunk(w);
	return w->st;
}

static bool bad(struct post_reader *r)
{
	r->bad = true;
	return false;
}

bool post_open(struct post_reader *r, struct slice chunk, uint32_t first)
{
	memset(r, 0, sizeof(*r));
	r->p = (const uint8_t *)chunk.p;
	r->end = r->p + chunk.n;
	r->next_from = first;
	r->at_start = true;
	return varint_get(&r->p, r->end, &r->df) || bad(r);
}

bool post_head(struct post_reader *r)
{
	uint32_t n, gap = 0, span, docs, places;

	if (r->p == r->end || r->bad)
		return false;
	if (!varint_get(&r->p, r->end, &n) || n >= POST_BLOCK || (!r->at_start && !varint_get(&r->p, r->end, &gap)) ||
	    !varint_get(&r->p, r->end, &span) || !varint_get(&r->p, r->end, &docs) || !varint_get(&r->p, r->end, &places))
		return bad(r);
	if ((size_t)(r->end - r->p) < (size_t)docs + places || (!r->at_start && gap == 0) || span < n ||
	    UINT32_MAX - r->next_from < gap || UINT32_MAX - r->next_from - gap < span)
		return bad(r);
	r->n = n + 1;
	r->first = r->next_from + gap;
	r->last = r->first + span;
	r->next_from = r->last;
	r->at_start = false;
	r->docs = slice_of(r->p, docs);
	r->places = slice_of(r->p + docs, places);
	r->p += (size_t)docs + places;
	return true;
}

bool post_decode(struct post_reader *r, struct post_block *b)
{
	const uint8_t *p = (const uint8_t *)r->docs.p, *end = p + r->docs.n;
	uint32_t d = r->first, v;
	unsigned i;

	b->docs[0] = d;
	for (i = 1; i < r->n; i++) {
		if (!varint_get(&p, end, &v) || v >= r->last - d)
			return bad(r);
		d += v + 1;
		b->docs[i] = d;
	}
	if (d != r->last)
		return bad(r);
	for (i = 0; i < r->n; i++) {
		if (p == end)
			return bad(r);
		b->weight[i] = *p & 127;
		b->fields[i] = 1;
		if (*p++ & 128) {
			if (!varint_get(&p, end, &v))
				return bad(r);
			b->fields[i] = (uint16_t)v;
		}
	}
	b->n = r->n;
	b->places = r->places;
	return true;
}

bool post_skip_places(const uint8_t **p, const uint8_t *end, uint32_t fields)
{
	uint32_t count;

	for (; fields != 0; fields &= fields - 1) {
		if (!varint_get(p, end, &count))
			return false;
		while (count-- > 0) {
			while (*p < end && (**p & 128))
				(*p)++;
			if (*p == end)
				return false;
			(*p)++;
		}
	}
	return true;
}
