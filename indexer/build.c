/*
 * Records to postings, in memory. Every place of every term is noted as twelve bytes in order of documents; a counting sort by term then keeps that
 * order inside each term, so that postings are written in one pass. A segment ends when the notes reach their ceiling, so memory is bounded
 * whatever the caller hands over; what is ready is kept in its stored form, about a third of the notes.
 */
#include "indexer/index_int.h"

#include <math.h>
#include <unicode/ucol.h>
#include <unicode/ustring.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/utf8.h"
#include "indexer/range.h"
#include "indexer/tok_ja.h"

#define NOTES_MAX	600000u		/* 7 MB, and 5 MB while they are sorted */
#define SEG_DOCS_MAX	((1u << 28) - 1)
#define DOC_PLACES_MAX	200000u		/* places of one record that are kept; what stands behind is not found */
#define VALUE_GAP	8u		/* places between two values of a field: no phrase reaches across */
#define FACETS_MAX	1000u		/* facet values of one record */

struct note { uint32_t term, doc_field, place; };
struct place { uint32_t doc_field, place; };
struct term { size_t at; uint16_t n; char cls; uint32_t count, start; };

struct builder {
	struct index *ix;
	struct batch *b;
	struct kv_txn t;		/* reading facets and classes */
	VEC(struct note) notes;
	VEC(struct term) terms;
	struct buf words;		/* their text */
	uint32_t *table; uint32_t table_n;	/* power of two; index + 1 */
	uint32_t *hashes; size_t hashes_cap;	/* of terms */
	struct map *facets;		/* letter + value -> ord + 1 */
	struct map *classes;		/* digest -> number + 1 */
	uint32_t seg_first, doc;	/* number of the segment's first document in the batch; of this one in the segment */
	uint32_t place, doc_places, len;
	int field;
	uint32_t *doc_ords; size_t n_doc_ords;
	unsigned doc_ranges;
	st_t st;
};

static void fail(struct builder *w, st_t st)
{
	if (w->st == ST_OK)
		w->st = st;
}

static bool grow_table(struct builder *w)
{
	uint32_t n = w->table_n == 0 ? 1u << 14 : w->table_n * 2, *t = calloc(n, sizeof(*t));

	if (t == NULL)
		return false;
	for (size_t i = 0; i < w->terms.n; i++) {
		uint32_t at = w->hashes[i] & (n - 1);
		while (t[at] != 0)
			at = (at + 1) & (n - 1);
		t[at] = (uint32_t)i + 1;
	}
	free(w->table);
	w->table = t;
	w->table_n = n;
	return true;
}

/* The number of a term in this segment, made when new; UINT32_MAX when out of memory. */
static uint32_t intern(struct builder *w, char cls, struct slice s)
{
	uint32_t h = (uint32_t)hash64(s.p, s.n, (uint64_t)cls), at;
	struct term *t;

	if (w->terms.n * 2 >= w->table_n && !grow_table(w)) {
		fail(w, ST_NOMEM);
		return UINT32_MAX;
	}
	for (at = h & (w->table_n - 1); w->table[at] != 0; at = (at + 1) & (w->table_n - 1)) {
		uint32_t i = w->table[at] - 1;
		t = &w->terms.v[i];
		if (w->hashes[i] == h && t->n == s.n && t->cls == cls && memcmp(w->words.p + t->at, s.p, s.n) == 0)
			return i;
	}
	if (vec_room((void **)&w->hashes, &w->hashes_cap, w->terms.n + 1, sizeof(*w->hashes)) != ST_OK ||
	    VEC_PUSH(&w->terms, ((struct term){ w->words.n, (uint16_t)s.n, cls, 0, 0 })) != ST_OK || buf_addsl(&w->words, s) != ST_OK) {
		fail(w, ST_NOMEM);
		return UINT32_MAX;
	}
	w->hashes[w->terms.n - 1] = h;
	w->table[at] = (uint32_t)w->terms.n;
	return (uint32_t)w->terms.n - 1;
}

static void note(struct builder *w, char cls, struct slice s, int field, uint32_t place)
{
	uint32_t term = intern(w, cls, s);

	if (term == UINT32_MAX)
		return;
	w->terms.v[term].count++;
	if (VEC_PUSH(&w->notes, ((struct note){ term, w->doc << 4 | (uint32_t)field, place })) != ST_OK)
		fail(w, ST_NOMEM);
}

static void run_notes(struct builder *w, struct slice run, int field)
{
	struct slice pair;
	size_t i = 0, one = 0;

	utf8_next(run, &one);
	note(w, TERM_FIRST, slice_of(run.p, one), field, w->place);
	while (w->doc_places < DOC_PLACES_MAX && ja_pair(run, &i, &pair)) {
		note(w, TERM_WORD, pair, field, w->place++);
		w->doc_places++;
		w->len++;
	}
}

static void take_text(void *ctx, enum ix_field f, struct slice s)
{
	struct builder *w = ctx;
	struct tok t;
	struct tok_unit u;
	bool after_run = false;

	if (w->field != (int)f) {
		w->field = (int)f;
		w->place = 0;
	} else {
		w->place += VALUE_GAP;
	}
	tok_init(&t, s);
	while (w->st == ST_OK && w->doc_places < DOC_PLACES_MAX && tok_next(&t, &u)) {
		if (u.kind == TOK_RUN) {
			w->place += after_run;		/* tok_ja.h */
			run_notes(w, u.text, (int)f);
			after_run = true;
			continue;
		}
		after_run = false;
		note(w, TERM_WORD, u.text, (int)f, w->place++);
		w->doc_places++;
		w->len++;
	}
	tok_release(&t);
}

static void take_exact(void *ctx, char letter, struct slice s)
{
	struct builder *w = ctx;
	char v[EXACT_MAX + 1];
	size_t n = 1;

	v[0] = letter;
	for (size_t i = 0; i < s.n && n < sizeof(v); i++)
		if (s.p[i] != '\0')
			v[n++] = s.p[i];
	note(w, TERM_EXACT, slice_of(v, n), F_COUNT, 0);
}

/* The stored number of a facet's value: from this batch, from the index, or a new one. */
static uint32_t facet_ord(struct builder *w, enum facet f, struct slice value)
{
	struct batch *b = w->b;
	struct key k;
	struct slice v;
	void *have;
	uint32_t ord;

	key_init(&k, facet_letters[f]);
	key_text(&k, value);
	have = map_get(w->facets, key_slice(&k));
	if (have != NULL)
		return (uint32_t)(uintptr_t)have - 1;
	if (kv_get(&w->t, IX_FACETS, key_slice(&k), &v) && v.n == 4) {
		ord = get_u32(v.p);
	} else {
		ord = b->next_ord[f]++;
		if (VEC_PUSH(&b->new_facets, ((struct new_facet){ (uint8_t)f, ord, b->text.n, value.n })) != ST_OK ||
		    buf_addsl(&b->text, value) != ST_OK)
			fail(w, ST_NOMEM);
	}
	if (map_put(w->facets, key_slice(&k), (void *)(uintptr_t)(ord + 1), NULL) != ST_OK)
		fail(w, ST_NOMEM);
	return ord;
}

static void take_facet(void *ctx, enum facet f, struct slice s)
{
	struct builder *w = ctx;
	uint32_t ord;

	take_exact(ctx, facet_letters[f], s);
	if (w->n_doc_ords + 2 > 2 * FACETS_MAX)
		return;
	ord = facet_ord(w, f, s);
	for (size_t i = 0; i < w->n_doc_ords; i += 2)
		if (w->doc_ords[i] == (uint32_t)f && w->doc_ords[i + 1] == ord)
			return;
	w->doc_ords[w->n_doc_ords++] = (uint32_t)f;
	w->doc_ords[w->n_doc_ords++] = ord;
}

static void take_range(void *ctx, struct slice name, double lo, double hi)
{
	struct builder *w = ctx;

	if (!isfinite(lo) || !isfinite(hi) || lo > hi || w->doc_ranges >= RANGES_MAX)
		return;
	w->doc_ranges++;
	if (range_list_add(&w->b->ranges, utf8_clip(name, RANGE_NAME_MAX), range_code(lo), range_code(hi)) != ST_OK)
		fail(w, ST_NOMEM);
}

/*
 * Records that the same people may see share a class, so that a search asks access_may() once a class and not once a record. Class 0: an anonymous
 * reader may, so everybody may. Stored: 9 u32 (state, access, meta, was_public, embargo_end high and low, owner, groups, 0), then the groups.
 */
static uint32_t access_class(struct builder *w, const struct rec *rec)
{
	static const struct principal nobody;
	struct batch *b = w->b;
	struct access_subject s;
	struct buf v = BUF_INIT(BUF_NOMAX);
	uint8_t head[36], sum[SHA256_LEN];
	struct key k;
	struct slice found;
	void *have;
	uint32_t no = 0;

	rec_subject(rec, &s);
	if (access_may(&nobody, &s, WANT_SEE, 0) == ST_OK)
		return 0;
	put_u32(head, s.state);
	put_u32(head + 4, s.access);
	put_u32(head + 8, s.meta);
	put_u32(head + 12, s.was_public);
	put_u64(head + 16, (uint64_t)s.embargo_end);
	put_u32(head + 24, s.owner);
	put_u32(head + 28, (uint32_t)s.n_groups);
	put_u32(head + 32, 0);
	buf_add(&v, head, sizeof(head));
	for (size_t i = 0; i < s.n_groups; i++) {
		put_u32(head, s.groups[i]);
		buf_add(&v, head, 4);
	}
	if (v.st != ST_OK) {
		fail(w, v.st);
		goto out;
	}
	sha256(sum, v.p, v.n);
	key_init(&k, 'd');
	key_bytes(&k, sum, sizeof(sum));
	if ((have = map_get(w->classes, key_slice(&k))) != NULL) {
		no = (uint32_t)(uintptr_t)have;
		goto out;
	}
	if (kv_get(&w->t, IX_CLASSES, key_slice(&k), &found) && found.n == 4) {
		no = get_u32(found.p);
	} else {
		no = b->next_class++;
		if (VEC_PUSH(&b->new_classes, ((struct new_class){ no, b->text.n, v.n })) != ST_OK || buf_addsl(&b->text, buf_slice(&v)) != ST_OK)
			fail(w, ST_NOMEM);
	}
	if (map_put(w->classes, key_slice(&k), (void *)(uintptr_t)no, NULL) != ST_OK)
		fail(w, ST_NOMEM);
out:
	buf_release(&v);
	return no;
}

uint8_t len8_of(uint32_t len)
{
	float v = 16.0f * log2f(1.0f + (float)len);
	return v >= 255.0f ? 255 : (uint8_t)(v + 0.5f);
}

float len8_to(uint8_t len8)
{
	return exp2f((float)len8 / 16.0f) - 1.0f;
}

#define TITLE_KEY_MAX 64

/* A key whose byte order is the order of Japanese dictionaries; long titles with one beginning come out equal. */
static void title_key(struct builder *w, const json_t *doc)
{
	struct slice s = utf8_clip(json_slice(json_object_get(json_array_get(json_object_get(doc, "titles"), 0), "value")), 120);
	UChar u[128];
	uint8_t key[TITLE_KEY_MAX + 1];
	int32_t n = 0, m = 0;
	UErrorCode ec = U_ZERO_ERROR;

	u_strFromUTF8WithSub(u, 128, &n, s.p, (int32_t)s.n, 0xfffd, NULL, &ec);
	if (U_SUCCESS(ec))
		m = ucol_getSortKey(w->ix->coll, u, n, key, TITLE_KEY_MAX);
	if (m > TITLE_KEY_MAX)
		m = TITLE_KEY_MAX;
	if (buf_add(&w->b->titles, key, (size_t)(m > 0 ? m : 0)) != ST_OK || VEC_PUSH(&w->b->title_ends, (uint32_t)w->b->titles.n) != ST_OK)
		fail(w, ST_NOMEM);
}

static void add_doc(struct builder *w, const struct index_doc *d)
{
	const struct doc_sink sink = { take_text, take_exact, take_facet, take_range, w };
	const struct rec *rec = d->rec;
	struct new_doc nd = { .version = rec->version, .published = rec->published, .modified = rec->modified };
	uint8_t ord[5];

	w->field = -1;
	w->doc_places = w->len = 0;
	w->n_doc_ords = 0;
	w->doc_ranges = 0;
	fields_walk(d, &sink);
	memcpy(nd.id, rec->id, sizeof(nd.id));
	memcpy(nd.parent, rec->parent, sizeof(nd.parent));
	nd.cls = access_class(w, rec);
	nd.len8 = len8_of(w->len);
	title_key(w, rec->doc);
	for (size_t i = 0; i < w->n_doc_ords; i += 2) {
		ord[0] = (uint8_t)w->doc_ords[i];
		put_u32(ord + 1, w->doc_ords[i + 1]);
		buf_add(&w->b->facets, ord, 5);
	}
	if (w->b->facets.st != ST_OK || VEC_PUSH(&w->b->facet_ends, (uint32_t)w->b->facets.n) != ST_OK ||
	    VEC_PUSH(&w->b->range_ends, (uint32_t)w->b->ranges.n) != ST_OK || VEC_PUSH(&w->b->docs, nd) != ST_OK)
		fail(w, ST_NOMEM);
	w->doc++;
}

/* ---- a segment from its notes ---- */

struct sorted { const char *p; uint32_t n, term; char cls; };

static int cmp_sorted(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;
	int c;

	if (x->cls != y->cls)
		return (unsigned char)x->cls - (unsigned char)y->cls;
	c = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);
	return c != 0 ? c : (x->n > y->n) - (x->n < y->n);
}

struct emitter { struct builder *w; const struct sorted *s; };

static void emit(void *ctx, uint32_t first, struct slice chunk)
{
	struct emitter *m = ctx;
	struct buf *kv = &m->w->b->kv;
	struct key k;
	uint8_t n[4];

	term_key(&k, 0, m->s->cls, slice_of(m->s->p, m->s->n));
	key_u32(&k, first);
	put_u32(n, (uint32_t)(k.n - 5));
	buf_add(kv, n + 2, 2);
	buf_add(kv, k.p + 5, k.n - 5);
	put_u32(n, (uint32_t)chunk.n);
	buf_add(kv, n, 4);
	buf_addsl(kv, chunk);
}

/* The places of one document, from ${i} on: fields in order, places in order. Returns the index behind. */
static size_t one_doc(const struct place *p, size_t i, size_t end, struct buf *places, unsigned *weight, uint32_t *fields)
{
	uint32_t doc = p[i].doc_field >> 4;
	uint8_t v[5];

	*weight = 0;
	*fields = 0;
	buf_clear(places);
	while (i < end && p[i].doc_field >> 4 == doc) {
		uint32_t f = p[i].doc_field & 15, last = 0;
		size_t from = i, to = i;

		while (to < end && p[to].doc_field == p[from].doc_field)
			to++;
		if (f >= F_COUNT)
			return to;		/* exact: seen once or often is the same */
		*fields |= 1u << f;
		*weight += ix_field_weights[f] * (unsigned)(to - from > 100 ? 100 : to - from);
		buf_add(places, v, varint_put(v, (uint32_t)(to - from)));
		for (; i < to; i++) {
			buf_add(places, v, varint_put(v, p[i].place - last));
			last = p[i].place;
		}
	}
	return i;
}

static void write_term(struct builder *w, struct post_writer *pw, const struct place *p, size_t n, struct buf *places)
{
	uint32_t df = 0, base = w->b->first_doc + w->seg_first, fields;
	unsigned weight;

	for (size_t i = 0; i < n; i++)
		df += i == 0 || p[i].doc_field >> 4 != p[i - 1].doc_field >> 4;
	post_begin(pw, df);
	for (size_t i = 0; i < n; ) {
		uint32_t doc = base + (p[i].doc_field >> 4);
		i = one_doc(p, i, n, places, &weight, &fields);
		post_add(pw, doc, weight, fields, buf_slice(places));
	}
	if (post_end(pw) != ST_OK || places->st != ST_OK)
		fail(w, ST_NOMEM);
}

/* What a word is found by besides itself: stem NUL word NUL. */
static void note_stem(struct builder *w, const struct sorted *s)
{
	struct slice word = slice_of(s->p, s->n), stem;

	if (s->cls != TERM_WORD)
		return;
	stem = stemmer_stem(w->ix->stem, word);
	if (slice_eq(stem, word))
		return;
	buf_addsl(&w->b->stems, stem);
	buf_addc(&w->b->stems, '\0');
	buf_addsl(&w->b->stems, word);
	buf_addc(&w->b->stems, '\0');
}

static void end_segment(struct builder *w)
{
	struct sorted *order = NULL;
	struct place *places = NULL;
	struct post_writer pw;
	struct buf tmp = BUF_INIT(BUF_NOMAX);
	struct emitter em = { w, NULL };
	struct new_seg seg = { w->b->first_doc + w->seg_first, w->doc, w->b->kv.n, 0 };
	uint32_t start = 0;

	post_writer_init(&pw, emit, &em);
	if (w->doc == 0 || w->st != ST_OK)
		goto out;
	order = malloc((w->terms.n + 1) * sizeof(*order));
	places = malloc((w->notes.n + 1) * sizeof(*places));
	if (order == NULL || places == NULL) {
		fail(w, ST_NOMEM);
		goto out;
	}
	for (size_t i = 0; i < w->terms.n; i++) {
		struct term *t = &w->terms.v[i];
		order[i] = (struct sorted){ w->words.p + t->at, t->n, (uint32_t)i, t->cls };
		t->start = start;
		start += t->count;
		t->count = 0;
	}
	for (size_t i = 0; i < w->notes.n; i++) {
		struct term *t = &w->terms.v[w->notes.v[i].term];
		places[t->start + t->count++] = (struct place){ w->notes.v[i].doc_field, w->notes.v[i].place };
	}
	qsort(order, w->terms.n, sizeof(*order), cmp_sorted);
	for (size_t i = 0; i < w->terms.n && w->st == ST_OK; i++) {
		const struct term *t = &w->terms.v[order[i].term];
		em.s = &order[i];
		write_term(w, &pw, places + t->start, t->count, &tmp);
		note_stem(w, &order[i]);
	}
	seg.kv_to = w->b->kv.n;
	if (w->b->kv.st != ST_OK || w->b->stems.st != ST_OK || VEC_PUSH(&w->b->segs, seg) != ST_OK)
		fail(w, ST_NOMEM);
out:
	post_writer_release(&pw);
	buf_release(&tmp);
	free(order);
	free(places);
	w->notes.n = w->terms.n = 0;
	buf_clear(&w->words);
	if (w->table != NULL)
		memset(w->table, 0, w->table_n * sizeof(*w->table));
	w->seg_first += w->doc;
	w->doc = 0;
}

static st_t release_builder(struct builder *w, struct err *e)
{
	st_t st = kv_end(&w->t, e);

	if (st == ST_OK && w->st != ST_OK)
		st = err_set(e, w->st, "%s", w->st == ST_NOMEM ? "" : "records could not be indexed");
	VEC_RELEASE(&w->notes);
	VEC_RELEASE(&w->terms);
	buf_release(&w->words);
	free(w->table);
	free(w->hashes);
	free(w->doc_ords);
	map_free(w->facets, NULL);
	map_free(w->classes, NULL);
	return st;
}

/* Of several documents with one id, the last one counts. */
static st_t last_of_each(const struct index_doc *docs, size_t n, struct map **out)
{
	struct map *m = map_new();

	*out = m;
	if (m == NULL)
		return ST_NOMEM;
	for (size_t i = 0; i < n; i++)
		if (map_put(m, slice_str(docs[i].rec->id), (void *)(uintptr_t)(i + 1), NULL) != ST_OK)
			return ST_NOMEM;
	return ST_OK;
}

static void start(struct builder *w, struct index *ix, struct batch *b, size_t n)
{
	struct manifest *m = malloc(sizeof(*m));

	memset(w, 0, sizeof(*w));
	memset(b, 0, sizeof(*b));
	w->ix = ix;
	w->b = b;
	buf_init(&w->words, BUF_NOMAX);
	buf_init(&b->titles, BUF_NOMAX);
	buf_init(&b->facets, BUF_NOMAX);
	buf_init(&b->ranges, UINT32_MAX);
	buf_init(&b->kv, BUF_NOMAX);
	buf_init(&b->stems, BUF_NOMAX);
	buf_init(&b->text, BUF_NOMAX);
	w->facets = map_new();
	w->classes = map_new();
	w->doc_ords = malloc(2 * FACETS_MAX * sizeof(*w->doc_ords));
	b->gone = calloc(n + 1, sizeof(*b->gone));
	kv_read(ix->r->index, &w->t);
	if (m == NULL || w->facets == NULL || w->classes == NULL || w->doc_ords == NULL || b->gone == NULL) {
		fail(w, ST_NOMEM);
	} else {
		manifest_get(&w->t, m);
		b->first_doc = m->next_doc;
		b->next_class = m->next_class;
		memcpy(b->next_ord, m->next_ord, sizeof(b->next_ord));
	}
	free(m);
}

st_t batch_build(struct index *ix, const struct index_doc *docs, size_t n, struct batch *b, struct err *e)
{
	struct builder w;
	struct map *last = NULL;

	start(&w, ix, b, n);
	if (w.st == ST_OK)
		fail(&w, last_of_each(docs, n, &last));
	for (size_t i = 0; i < n && w.st == ST_OK && w.t.st == ST_OK; i++) {
		const struct rec *rec = docs[i].rec;

		if ((size_t)(uintptr_t)map_get(last, slice_str(rec->id)) != i + 1)
			continue;
		b->gone[b->n_gone++] = rec->id;
		if (rec->state != REC_PUBLISHED || rec->doc == NULL)
			continue;
		add_doc(&w, &docs[i]);
		if (w.notes.n >= NOTES_MAX || w.doc >= SEG_DOCS_MAX)
			end_segment(&w);
	}
	end_segment(&w);
	map_free(last, NULL);
	return release_builder(&w, e);
}

void batch_release(struct batch *b)
{
	VEC_RELEASE(&b->docs);
	VEC_RELEASE(&b->title_ends);
	VEC_RELEASE(&b->facet_ends);
	VEC_RELEASE(&b->range_ends);
	VEC_RELEASE(&b->segs);
	VEC_RELEASE(&b->new_facets);
	VEC_RELEASE(&b->new_classes);
	buf_release(&b->titles);
	buf_release(&b->facets);
	buf_release(&b->ranges);
	buf_release(&b->kv);
	buf_release(&b->stems);
	buf_release(&b->text);
	free(b->gone);
	b->gone = NULL;
}
