/* Opening, the manifest, columns and bit sets: the parts of the stored form that are not postings. */
#include "indexer/index_int.h"

#include <unicode/ucol.h>

#include "base/log.h"

const char *const ix_field_names[F_COUNT] = {
#define X(a, b, c) b,
	IX_FIELDS(X)
#undef X
};
const uint8_t ix_field_weights[F_COUNT] = {
#define X(a, b, c) c,
	IX_FIELDS(X)
#undef X
};
const char *const facet_names[FACET_COUNT] = {
#define X(a, b, c) b,
	IX_FACETS_LIST(X)
#undef X
};
const char facet_letters[FACET_COUNT] = {
#define X(a, b, c) c,
	IX_FACETS_LIST(X)
#undef X
};

const struct kv_spec *index_specs(size_t *n)
{
	static const struct kv_spec specs[IX_DBS] = {
		[IX_META] = { "meta", false }, [IX_TERMS] = { "terms", false }, [IX_COLS] = { "columns", false },
		[IX_BITS] = { "bits", false }, [IX_IDS] = { "ids", false }, [IX_FACETS] = { "facets", false },
		[IX_STEMS] = { "stems", false }, [IX_CLASSES] = { "classes", false }, [IX_RANGES] = { "ranges", false },
	};
	*n = IX_DBS;
	return specs;
}

/* ---- manifest: 32-bit and 64-bit big-endian numbers in the order below ---- */

struct cursor { const char *p; size_t n; bool bad; };

static uint32_t take32(struct cursor *c)
{
	uint32_t v;
	if (c->n < 4) {
		c->bad = true;
		return 0;
	}
	v = get_u32(c->p);
	c->p += 4;
	c->n -= 4;
	return v;
}

static uint64_t take64(struct cursor *c)
{
	uint64_t hi = take32(c);
	return hi << 32 | take32(c);
}

static void give32(struct buf *b, uint32_t v)
{
	uint8_t t[4];
	put_u32(t, v);
	buf_add(b, t, 4);
}

static void give64(struct buf *b, uint64_t v)
{
	give32(b, (uint32_t)(v >> 32));
	give32(b, (uint32_t)v);
}

void manifest_get(struct kv_txn *t, struct manifest *m)
{
	struct slice v;
	struct cursor c;

	memset(m, 0, sizeof(*m));
	m->next_seg = 1;
	m->next_class = 1;		/* 0: what everybody may see */
	if (!kv_get(t, IX_META, SLICE("manifest"), &v))
		return;
	c = (struct cursor){ v.p, v.n, false };
	if (take32(&c) != IX_FORMAT) {
		kv_fail(t, ST_UNSUPPORTED, "index of another format");
		return;
	}
	m->next_doc = take32(&c);
	m->next_seg = take32(&c);
	m->next_class = take32(&c);
	for (int i = 0; i < FACET_COUNT; i++)
		m->next_ord[i] = take32(&c);
	m->live = take32(&c);
	m->len_sum = take64(&c);
	m->place = take64(&c);
	m->rebuild_from = take32(&c);
	m->building = take32(&c);
	m->n_segs = take32(&c);
	if (m->n_segs > SEGS_MAX)
		c.bad = true, m->n_segs = 0;
	for (size_t i = 0; i < m->n_segs; i++) {
		m->segs[i].id = take32(&c);
		m->segs[i].first = take32(&c);
		m->segs[i].last = take32(&c);
		m->segs[i].docs = take32(&c);
	}
	m->n_garbage = take32(&c);
	if (m->n_garbage > SEGS_MAX)
		c.bad = true, m->n_garbage = 0;
	for (size_t i = 0; i < m->n_garbage; i++)
		m->garbage[i] = take32(&c);
	if (c.bad || c.n != 0)
		kv_fail(t, ST_CORRUPT, "index: the manifest is cut or overlong");
}

void manifest_put(struct kv_txn *t, const struct manifest *m)
{
	struct buf b = BUF_INIT(BUF_NOMAX);

	give32(&b, IX_FORMAT);
	give32(&b, m->next_doc);
	give32(&b, m->next_seg);
	give32(&b, m->next_class);
	for (int i = 0; i < FACET_COUNT; i++)
		give32(&b, m->next_ord[i]);
	give32(&b, m->live);
	give64(&b, m->len_sum);
	give64(&b, m->place);
	give32(&b, m->rebuild_from);
	give32(&b, m->building);
	give32(&b, (uint32_t)m->n_segs);
	for (size_t i = 0; i < m->n_segs; i++) {
		give32(&b, m->segs[i].id);
		give32(&b, m->segs[i].first);
		give32(&b, m->segs[i].last);
		give32(&b, m->segs[i].docs);
	}
	give32(&b, (uint32_t)m->n_garbage);
	for (size_t i = 0; i < m->n_garbage; i++)
		give32(&b, m->garbage[i]);
	if (b.st != ST_OK)
		kv_fail(t, b.st, "%s", "");
	else
		kv_put(t, IX_META, SLICE("manifest"), buf_slice(&b));
	buf_release(&b);
}

/* ---- columns ---- */

static uint32_t col_width(enum ix_col col)
{
	switch (col) {
	case COL_LEN: return 1;
	case COL_CLASS: return 4;
	case COL_HEAD: return HEAD_SIZE;
	case COL_TITLE: case COL_FACETS: return 0;
	}
	return 0;
}

static void col_key(struct key *k, enum ix_col col, uint32_t block)
{
	key_init(k, (char)col);
	key_u32(k, block);
}

void col_init(struct col *c, enum ix_col col)
{
	*c = (struct col){ col, col_width(col), UINT32_MAX, SLICE_NULL };
}

static bool col_block(struct kv_txn *t, struct col *c, uint32_t block)
{
	struct key k;

	if (c->block == block)
		return true;
	col_key(&k, c->col, block);
	c->block = UINT32_MAX;
	if (!kv_get(t, IX_COLS, key_slice(&k), &c->v))
		return false;
	c->block = block;
	return true;
}

const uint8_t *col_fixed(struct kv_txn *t, struct col *c, uint32_t doc)
{
	size_t at = (size_t)(doc % COL_BLOCK) * c->width;

	if (!col_block(t, c, doc / COL_BLOCK) || at + c->width > c->v.n)
		return NULL;
	return (const uint8_t *)c->v.p + at;
}

/* Variable ones: u32 count, count times the end of a value behind the head, the values. */
struct slice col_var(struct kv_txn *t, struct col *c, uint32_t doc)
{
	uint32_t i = doc % COL_BLOCK, n, from, to;
	size_t head;

	if (!col_block(t, c, doc / COL_BLOCK) || c->v.n < 4 || (n = get_u32(c->v.p)) <= i || (head = 4 + 4 * (size_t)n) > c->v.n)
		return SLICE_NULL;
	from = i == 0 ? 0 : get_u32(c->v.p + 4 * (size_t)i);
	to = get_u32(c->v.p + 4 + 4 * (size_t)i);
	if (to < from || head + to > c->v.n)
		return SLICE_NULL;
	return slice_of(c->v.p + head + from, to - from);
}

static void block_append(struct buf *b, uint32_t width, uint32_t have, struct slice old, uint32_t n, const uint8_t *p, uint32_t base, const uint32_t *ends)
{
	uint32_t end = 0;

	if (width != 0) {
		buf_add(b, old.p, (size_t)have * width);
		buf_add(b, p, (size_t)n * width);
		return;
	}
	give32(b, have + n);
	if (have > 0) {
		buf_add(b, old.p + 4, 4 * (size_t)have);
		end = get_u32(old.p + 4 * (size_t)have);
	}
	for (uint32_t i = 0; i < n; i++)
		give32(b, end + ends[i] - base);
	if (have > 0)
		buf_add(b, old.p + 4 + 4 * (size_t)have, end);
	buf_add(b, p + base, ends[n - 1] - base);
}

void col_append(struct kv_txn *t, enum ix_col col, uint32_t first, uint32_t n, const uint8_t *p, const uint32_t *ends)
{
	uint32_t width = col_width(col), base = 0;
	struct buf b = BUF_INIT(BUF_NOMAX);

	while (n > 0 && t->st == ST_OK) {
		uint32_t have = first % COL_BLOCK, k = COL_BLOCK - have;
		struct slice old = SLICE_NULL;
		struct key key;

		if (k > n)
			k = n;
		col_key(&key, col, first / COL_BLOCK);
		buf_clear(&b);
		if (have > 0 && (!kv_get(t, IX_COLS, key_slice(&key), &old) ||
				 (width ? old.n < (size_t)have * width : old.n < 4 || get_u32(old.p) < have))) {
			kv_fail(t, ST_CORRUPT, "index: column '%c' is shorter than the manifest says", (char)col);
			break;
		}
		block_append(&b, width, have, old, k, p, base, ends);
		if (b.st != ST_OK)
			kv_fail(t, b.st, "%s", "");
		kv_put(t, IX_COLS, key_slice(&key), buf_slice(&b));
		if (width != 0) {
			p += (size_t)k * width;
		} else {
			base = ends[k - 1];
			ends += k;
		}
		first += k;
		n -= k;
	}
	buf_release(&b);
}

/* ---- bit sets ---- */

static void bits_key(struct key *k, enum ix_bits kind, uint32_t chunk)
{
	key_init(k, (char)kind);
	key_u32(k, chunk);
}

void bits_init(struct bits *b, enum ix_bits kind)
{
	*b = (struct bits){ kind, UINT32_MAX, SLICE_NULL };
}

bool bits_test(struct kv_txn *t, struct bits *b, uint32_t doc)
{
	uint32_t at = doc % BITS_CHUNK;

	if (b->chunk != doc / BITS_CHUNK) {
		struct key k;
		b->chunk = doc / BITS_CHUNK;
		bits_key(&k, b->kind, b->chunk);
		if (!kv_get(t, IX_BITS, key_slice(&k), &b->v))
			b->v = SLICE_NULL;
	}
	return at / 8 < b->v.n && ((uint8_t)b->v.p[at / 8] >> (at % 8) & 1);
}

void bits_w_init(struct bits_w *b, enum ix_bits kind)
{
	b->kind = kind;
	b->chunk = UINT32_MAX;
	b->dirty = false;
}

void bits_w_flush(struct kv_txn *t, struct bits_w *b)
{
	struct key k;

	if (!b->dirty)
		return;
	bits_key(&k, b->kind, b->chunk);
	kv_put(t, IX_BITS, key_slice(&k), slice_of(b->p, sizeof(b->p)));
	b->dirty = false;
}

void bits_set(struct kv_txn *t, struct bits_w *b, uint32_t doc, bool on)
{
	uint32_t at = doc % BITS_CHUNK;
	uint8_t was;

	if (b->chunk != doc / BITS_CHUNK) {
		struct key k;
		struct slice v;

		bits_w_flush(t, b);
		b->chunk = doc / BITS_CHUNK;
		bits_key(&k, b->kind, b->chunk);
		memset(b->p, 0, sizeof(b->p));
		if (kv_get(t, IX_BITS, key_slice(&k), &v))
			memcpy(b->p, v.p, v.n < sizeof(b->p) ? v.n : sizeof(b->p));
	}
	was = b->p[at / 8];
	if (on)
		b->p[at / 8] |= (uint8_t)(1u << (at % 8));
	else
		b->p[at / 8] &= (uint8_t)~(1u << (at % 8));
	b->dirty |= was != b->p[at / 8];
}

void term_key(struct key *k, uint32_t seg, char cls, struct slice text)
{
	key_init(k, 't');
	key_u32(k, seg);
	key_u8(k, (uint8_t)cls);
	key_text(k, text);
}

/* ---- opening ---- */

static st_t forget_all(void *arg, struct kv_txn *t)
{
	for (kv_db db = 0; db < IX_DBS; db++)
		kv_clear(t, db);
	return t->st;
}

/* The index can always be made anew: what cannot be read is thrown away, and the place goes back to the start. */
static st_t check_format(struct index *ix, struct err *e)
{
	struct kv_txn t;
	struct manifest *m = malloc(sizeof(*m));
	st_t st;

	if (m == NULL)
		return err_set(e, ST_NOMEM, "%s", "");
	kv_read(ix->r->index, &t);
	manifest_get(&t, m);
	atomic_store(&ix->place, m->place);
	st = kv_end(&t, e);
	free(m);
	if (st != ST_UNSUPPORTED && st != ST_CORRUPT)
		return st;
	log_warn("index", "search index is made anew reason=\"%s\"", e != NULL ? e->text : "");
	err_clear(e);
	atomic_store(&ix->place, 0);
	return writer_do(ix->r->ix_w, forget_all, NULL, e);
}

st_t index_open(struct index **out, struct repo *r, struct err *e)
{
	struct index *ix = calloc(1, sizeof(*ix));
	struct err mine = ERR_INIT;
	UErrorCode ec = U_ZERO_ERROR;
	st_t st;

	*out = NULL;
	if (ix == NULL)
		return err_set(e, ST_NOMEM, "%s", "");
	if (e == NULL)
		e = &mine;
	ix->r = r;
	pthread_mutex_init(&ix->apply_lock, NULL);
	st = check_format(ix, e);
	if (st == ST_OK && (ix->stem = stemmer_new()) == NULL)
		st = err_set(e, ST_NOMEM, "%s", "");
	if (st == ST_OK) {
		ix->coll = ucol_open("ja", &ec);
		if (U_FAILURE(ec))
			st = err_set(e, ST_INTERNAL, "cannot open the collation: %s", u_errorName(ec));
	}
	if (st == ST_OK && (ix->merger = merger_new(ix)) == NULL)
		st = err_set(e, ST_NOMEM, "%s", "");
	if (st != ST_OK) {
		index_close(ix);
		return st;
	}
	*out = ix;
	return ST_OK;
}

void index_close(struct index *ix)
{
	if (ix == NULL)
		return;
	merger_free(ix->merger);
	if (ix->coll != NULL)
		ucol_close(ix->coll);
	stemmer_free(ix->stem);
	pthread_mutex_destroy(&ix->apply_lock);
	free(ix);
}

uint64_t index_place(struct index *ix)
{
	return atomic_load(&ix->place);
}
