/* From the tree of a query to iterators: words become their stems' words, runs become phrases of pairs, cheap parts of an AND come first. */
#include "indexer/form_fields.h"
#include "indexer/search_int.h"

#include <unicode/uloc.h>

#include "base/utf8.h"
#include "indexer/tok_ja.h"
#include "schema/unit.h"

#define EXACT_FACTS	"uVMHeqkobn"	/* letters of what facts say, each in one stored form */

struct planner {
	struct sctx *s;
	struct buf *terms;
	bool negative;		/* below NOT: nothing to mark */
};

static void no_memory(struct sctx *s)
{
	kv_fail(&s->t, ST_NOMEM, "%s", "");
}

static struct node *node_new(struct planner *p, enum node_op op, size_t terms, size_t kids)
{
	struct node *n = arena_alloc(p->s->a, sizeof(*n));

	if (n != NULL) {
		n->op = op;
		n->terms = arena_alloc(p->s->a, (terms + 1) * sizeof(*n->terms));
		n->offsets = arena_alloc(p->s->a, (terms + 1) * sizeof(*n->offsets));
		n->kids = arena_alloc(p->s->a, (kids + 1) * sizeof(*n->kids));
	}
	if (n == NULL || n->terms == NULL || n->offsets == NULL || n->kids == NULL) {
		no_memory(p->s);
		return NULL;
	}
	n->chain = p->s->nodes;
	p->s->nodes = n;
	return n;
}

void plan_release(struct sctx *s)
{
	for (struct node *n = s->nodes; n != NULL; n = n->chain) {
		free(n->found.v);
		free(n->other.v);
	}
}

static uint32_t any_field(uint32_t fields)
{
	return fields == F_ALL ? 0 : fields;
}

static struct node *set_node(struct planner *p, roaring_bitmap_t *set)
{
	struct node *n = set == NULL ? NULL : node_new(p, NODE_SET, 0, 0);

	if (n == NULL)
		return NULL;
	n->cost = roaring_bitmap_get_cardinality(set);
	roaring_init_iterator(set, &n->it);
	return n;
}

roaring_bitmap_t *plan_set(struct sctx *s)
{
	roaring_bitmap_t *set = roaring_bitmap_create();
	roaring_bitmap_t **v = realloc(s->sets, (s->n_sets + 1) * sizeof(*v));

	if (v != NULL)
		s->sets = v;
	if (set == NULL || v == NULL) {
		if (set != NULL)
			roaring_bitmap_free(set);
		no_memory(s);
		return NULL;
	}
	s->sets[s->n_sets++] = set;
	return set;
}

/* ---- sets ---- */

static bool add_chunk(struct sctx *s, roaring_bitmap_t *set, struct slice chunk, uint32_t first, uint32_t fields, struct post_block *b)
{
	struct post_reader r;

	post_open(&r, chunk, first);
	while (post_head(&r)) {
		if (!sctx_tick(s))
			return false;
		if (!post_decode(&r, b))
			break;
		if (fields == 0) {
			roaring_bitmap_add_many(set, b->n, b->docs);
			continue;
		}
		for (unsigned i = 0; i < b->n; i++)
			if (b->fields[i] & fields)
				roaring_bitmap_add(set, b->docs[i]);
	}
	if (r.bad)
		kv_fail(&s->t, ST_CORRUPT, "index: postings cannot be read");
	return !r.bad;
}

/* Documents of every term that begins with ${text}, or (whole) is it. ${max}: chunks opened, 0 for no bound but time. */
static void add_terms(struct sctx *s, roaring_bitmap_t *set, char cls, struct slice text, bool whole, uint32_t fields, unsigned max, struct slice shown)
{
	struct post_block *b = arena_alloc(s->a, sizeof(*b));
	unsigned chunks = 0;

	if (b == NULL) {
		no_memory(s);
		return;
	}
	for (size_t i = 0; i < s->m->n_segs; i++) {
		struct key k;
		bool ok;

		term_key(&k, s->m->segs[i].id, cls, text);
		if (!whole)
			k.n--;		/* without the zero behind */
		for (ok = kv_seek(&s->cur, key_slice(&k)); ok && s->cur.key.n >= k.n + 4 && memcmp(s->cur.key.p, k.p, k.n) == 0; ok = kv_next(&s->cur)) {
			if (max != 0 && ++chunks > max) {
				kv_fail(&s->t, ST_INVALID, "too many words begin with '%.*s'", (int)shown.n, shown.p);
				return;
			}
			if (!add_chunk(s, set, s->cur.v, get_u32(s->cur.key.p + s->cur.key.n - 4), fields, b))
				return;
		}
	}
}

roaring_bitmap_t *plan_exact(struct sctx *s, char letter, struct slice value, roaring_bitmap_t *into)
{
	char v[EXACT_MAX + 1];

	if (into == NULL && (into = plan_set(s)) == NULL)
		return NULL;
	value = exact_clip(value);
	v[0] = letter;
	memcpy(v + 1, value.p, value.n);
	add_terms(s, into, TERM_EXACT, slice_of(v, value.n + 1), true, 0, 0, value);
	return into;
}

/* ---- words ---- */

static void mark(struct planner *p, struct slice word)
{
	if (p->negative || p->terms == NULL)
		return;
	if (p->terms->n > 0)
		buf_addc(p->terms, ' ');
	buf_addsl(p->terms, word);
}

static void add_term(struct planner *p, struct node *n, char cls, struct slice text, uint32_t offset)
{
	struct tcur *c = tcur_new(p->s, cls, text);

	if (c == NULL)
		return;
	n->terms[n->n_terms] = c;
	n->offsets[n->n_terms++] = offset;
}

/* A word, and the words of the same stem. */
static struct node *word_node(struct planner *p, struct slice word, uint32_t fields)
{
	struct sctx *s = p->s;
	struct slice stem = stemmer_stem(s->stem, word), found[SEARCH_STEMS_MAX];
	struct node *n = node_new(p, NODE_TERM, SEARCH_STEMS_MAX + 2, 0);
	struct kv_cur c;
	size_t n_found = 0;
	struct key k;
	bool ok;

	if (n == NULL)
		return NULL;
	n->fields = any_field(fields);
	key_init(&k, 's');
	key_text(&k, stem);
	kv_cur_open(&s->t, IX_STEMS, &c);
	for (ok = kv_seek(&c, key_slice(&k)); ok && n_found < SEARCH_STEMS_MAX && c.key.n > k.n && memcmp(c.key.p, k.p, k.n) == 0; ok = kv_next(&c)) {
		struct slice w = slice_of(c.key.p + k.n, c.key.n - k.n - 1);
		if (!slice_eq(w, word))
			found[n_found++] = w;
	}
	kv_cur_close(&c);
	add_term(p, n, TERM_WORD, word, 0);
	if (!slice_eq(stem, word)) {
		const char *copy = arena_dup(s->a, stem.p, stem.n);
		if (copy == NULL)
			no_memory(s);
		else
			add_term(p, n, TERM_WORD, slice_of(copy, stem.n), 0);
	}
	for (size_t i = 0; i < n_found; i++)
		add_term(p, n, TERM_WORD, found[i], 0);
	for (size_t i = 0; i < n->n_terms; i++)
		n->cost += n->terms[i]->df;
	n->idf = bm25_idf(s->m->live, n->cost);
	return n;
}

/* ---- phrases ---- */

struct piece { enum tok_kind kind; struct slice text; size_t chars; };
struct pieces { struct piece *v; size_t n, cap, slots; };

static bool read_units(struct planner *p, struct slice text, struct pieces *u)
{
	struct tok t;
	struct tok_unit tu;

	tok_init(&t, text);
	while (tok_next(&t, &tu)) {
		struct piece x = { tu.kind, slice_of(arena_dup(p->s->a, tu.text.p, tu.text.n), tu.text.n), utf8_count(tu.text) };
		if (x.text.p == NULL || vec_room((void **)&u->v, &u->cap, u->n + 1, sizeof(*u->v)) != ST_OK) {
			no_memory(p->s);
			break;
		}
		u->v[u->n++] = x;
		u->slots += x.kind == TOK_RUN ? x.chars : 1;
	}
	tok_release(&t);
	return p->s->t.st == ST_OK;
}

/* Every second pair, and the last: together they hold each character. */
static void add_run(struct planner *p, struct node *n, struct slice run, size_t chars, uint32_t offset)
{
	struct slice pair;
	size_t i = 0;

	for (uint32_t k = 0; k + 1 < chars && ja_pair(run, &i, &pair); k++)
		if (k % 2 == 0 || k + 2 == chars)
			add_term(p, n, TERM_WORD, pair, offset + k);
}

static struct node *phrase_node(struct planner *p, const struct pieces *u, uint32_t fields)
{
	struct node *n = node_new(p, NODE_PHRASE, u->slots, 0);
	uint32_t offset = 0;

	if (n == NULL)
		return NULL;
	n->fields = any_field(fields);
	for (size_t i = 0; i < u->n && p->s->t.st == ST_OK; i++) {
		const struct piece *x = &u->v[i];
		if (i > 0 && x->kind == TOK_RUN && u->v[i - 1].kind == TOK_RUN)
			offset++;		/* tok_ja.h */
		if (x->kind == TOK_WORD)
			add_term(p, n, TERM_WORD, x->text, offset++);
		else if (x->chars > 1)
			add_run(p, n, x->text, x->chars, offset), offset += (uint32_t)x->chars;
		else	/* one character: the last of its run when more follows, else the first */
			add_term(p, n, i + 1 < u->n ? TERM_WORD : TERM_FIRST, x->text, offset++);
	}
	if (p->s->t.st != ST_OK)
		return NULL;
	n->cost = UINT64_MAX;
	for (size_t i = 0; i < n->n_terms; i++)
		if (n->terms[i]->df < n->cost)
			n->cost = n->terms[i]->df;
	n->idf = bm25_idf(p->s->m->live, n->cost);
	/* The rarest term leads, so that the others skip. */
	for (size_t i = 1; i < n->n_terms; i++) {
		if (n->terms[i]->df < n->terms[0]->df) {
			struct tcur *c = n->terms[i];
			uint32_t o = n->offsets[i];
			n->terms[i] = n->terms[0];
			n->offsets[i] = n->offsets[0];
			n->terms[0] = c;
			n->offsets[0] = o;
		}
	}
	if (n->n_terms == 1)
		n->op = NODE_TERM;
	return n;
}

/* One run by itself: a part of longer runs. */
static struct node *run_node(struct planner *p, struct slice run, uint32_t fields)
{
	struct piece x = { TOK_RUN, slice_of(arena_dup(p->s->a, run.p, run.n), run.n), utf8_count(run) };
	struct pieces u = { &x, 1, 1, x.chars };
	roaring_bitmap_t *set;
	struct node *n;

	if (x.text.p == NULL) {
		no_memory(p->s);
		return NULL;
	}
	if (x.chars > 1)
		return phrase_node(p, &u, fields);
	if ((set = plan_set(p->s)) == NULL)
		return NULL;
	add_terms(p->s, set, TERM_WORD, x.text, false, any_field(fields), 0, x.text);
	if ((n = set_node(p, set)) != NULL)
		n->idf = bm25_idf(p->s->m->live, n->cost);
	return n;
}

static struct node *run_variants(struct planner *p, struct slice run, uint32_t fields)
{
	struct buf other[JA_VARIANTS];
	size_t k = ja_variants(run, other);
	struct node *n = node_new(p, NODE_OR, 0, k + 1), *kid;

	mark(p, run);
	if (n != NULL && (kid = run_node(p, run, fields)) != NULL) {
		n->kids[n->n_kids++] = kid;
		for (size_t i = 0; i < k && (kid = run_node(p, buf_slice(&other[i]), fields)) != NULL; i++) {
			mark(p, buf_slice(&other[i]));
			n->kids[n->n_kids++] = kid;
		}
	}
	for (size_t i = 0; i < JA_VARIANTS; i++)
		buf_release(&other[i]);
	for (size_t i = 0; n != NULL && i < n->n_kids; i++)
		n->cost += n->kids[i]->cost;
	return n != NULL && n->n_kids == 1 ? n->kids[0] : n;
}

static struct node *prefix_node(struct planner *p, struct slice word, uint32_t fields)
{
	roaring_bitmap_t *set = plan_set(p->s);
	struct node *n;

	if (set == NULL)
		return NULL;
	add_terms(p->s, set, TERM_WORD, word, false, any_field(fields), SEARCH_PREFIX_MAX, word);
	mark(p, slice_of(word.p, word.n));
	if (p->terms != NULL && !p->negative)
		buf_addc(p->terms, '*');
	if ((n = set_node(p, set)) != NULL)
		n->idf = bm25_idf(p->s->m->live, n->cost);
	return n;
}

static struct node *text_node(struct planner *p, const struct query *q)
{
	struct pieces u = { NULL, 0, 0, 0 };
	struct node *n = NULL;

	if (!read_units(p, q->text, &u) || u.n == 0)
		goto out;
	if (u.n == 1 && u.v[0].kind == TOK_RUN) {
		if (q->quoted) {
			mark(p, u.v[0].text);
			n = run_node(p, u.v[0].text, q->fields);
		} else {
			n = run_variants(p, u.v[0].text, q->fields);
		}
		goto out;
	}
	if (u.n == 1 && q->prefix) {
		n = prefix_node(p, u.v[0].text, q->fields);
		goto out;
	}
	for (size_t i = 0; i < u.n; i++)
		mark(p, u.v[i].text);
	n = u.n == 1 && !q->quoted ? word_node(p, u.v[0].text, q->fields) : phrase_node(p, &u, q->fields);
out:
	free(u.v);
	return n;
}

/* ---- exact values and ranges ---- */

struct gather { struct sctx *s; char letter; roaring_bitmap_t *set; };

static void gather_value(void *ctx, struct slice value)
{
	struct gather *g = ctx;
	plan_exact(g->s, g->letter, value, g->set);
}

/* As fields.c stores them: Fe, no blanks in formulas and space groups, UCUM, lower case for names. */
static struct slice exact_fact(struct sctx *s, char letter, struct slice v)
{
	struct unit u;
	char *low;
	size_t n = 0;

	v = exact_clip(v);
	if (letter == 'u')
		return unit_parse(&u, v, NULL) && u.ucum[0] != '\0' ? slice_str(arena_strdup(s->a, u.ucum)) : v;
	low = arena_dup(s->a, v.p, v.n);
	if (low == NULL) {
		no_memory(s);
		return SLICE_NULL;
	}
	for (size_t i = 0; i < v.n; i++) {
		bool tight = letter == EXACT_FORMULA || letter == EXACT_GROUP;
		char c = v.p[i];

		if (tight && (c == ' ' || c == '_'))
			continue;
		if (!tight && c >= 'A' && c <= 'Z' && (letter != EXACT_ELEMENT || i > 0))
			c = (char)(c + 32);
		if (letter == EXACT_ELEMENT && i == 0 && c >= 'a' && c <= 'z')
			c = (char)(c - 32);
		low[n++] = c;
	}
	return slice_of(low, n);
}

/* As it is stored: lower case, no resolver, ISO 639-3. */
static struct slice exact_form(struct sctx *s, char letter, struct slice v)
{
	static const char *const resolvers[] = { "https://doi.org/", "http://doi.org/", "https://dx.doi.org/", "http://dx.doi.org/", "doi:" };
	const char *iso3;
	char *low, two[3];

	v = exact_clip(v);
	low = arena_dup(s->a, v.p, v.n);
	if (low == NULL) {
		no_memory(s);
		return SLICE_NULL;
	}
	for (size_t i = 0; i < v.n; i++)
		if (low[i] >= 'A' && low[i] <= 'Z')
			low[i] = (char)(low[i] + 32);
	v.p = low;
	for (size_t i = 0; letter != EXACT_LANG && i < sizeof(resolvers) / sizeof(resolvers[0]); i++) {
		size_t k = strlen(resolvers[i]);
		if (slice_starts(v, resolvers[i]))
			v = slice_of(v.p + k, v.n - k);
	}
	if (letter == EXACT_LANG && v.n == 2) {
		snprintf(two, sizeof(two), "%.2s", v.p);
		iso3 = uloc_getISO3Language(two);
		if (iso3 != NULL && iso3[0] != '\0')
			v = slice_of(arena_strdup(s->a, iso3), 3);
	}
	return v.p == NULL ? SLICE_NULL : v;
}

static struct node *exact_node(struct planner *p, const struct query *q)
{
	struct gather g = { p->s, q->letter, plan_set(p->s) };
	char year[8];
	uint64_t y;

	if (g.set == NULL)
		return NULL;
	if (q->letter == EXACT_FORM)
		return (g.set = form_plan_exact(p->s, q)) == NULL ? NULL : set_node(p, g.set);
	if (q->letter == EXACT_ID || q->letter == EXACT_DOI || q->letter == EXACT_LANG) {
		gather_value(&g, exact_form(p->s, q->letter, q->text));
		if (q->letter == EXACT_LANG && p->s->t.st == ST_OK)
			gather_value(&g, q->text);	/* records that name it by two letters */
	} else if (strchr(EXACT_FACTS, q->letter) != NULL) {
		gather_value(&g, exact_fact(p->s, q->letter, q->text));
	} else if (q->letter == 'y' && slice_u64(q->text, 9999, &y)) {
		snprintf(year, sizeof(year), "%04u", (unsigned)y);
		gather_value(&g, slice_str(year));
	} else {
		facet_values(p->s, q->letter, q->text, gather_value, &g);
	}
	return set_node(p, g.set);
}

static struct node *range_node(struct planner *p, const struct query *q)
{
	struct gather g = { p->s, q->letter, plan_set(p->s) };
	uint64_t from = 0, to = 9999;
	char text[8];
	struct kv_cur c;
	struct key k;
	bool ok;

	if (g.set == NULL)
		return NULL;
	slice_u64(q->text, 9999, &from);
	slice_u64(q->to, 9999, &to);
	snprintf(text, sizeof(text), "%04u", (unsigned)from);
	key_init(&k, q->letter);
	key_bytes(&k, text, 4);
	kv_cur_open(&p->s->t, IX_FACETS, &c);
	for (ok = kv_seek(&c, key_slice(&k)); ok && p->s->t.st == ST_OK && c.key.n == 6 && c.key.p[0] == q->letter; ok = kv_next(&c)) {
		uint64_t y;
		if (!slice_u64(slice_of(c.key.p + 1, 4), 9999, &y) || y > to)
			break;
		gather_value(&g, slice_of(c.key.p + 1, 4));
	}
	kv_cur_close(&c);
	return set_node(p, g.set);
}

/* ---- trees ---- */

static struct node *plan(struct planner *p, const struct query *q);

static struct node *all_node(struct planner *p)
{
	struct node *n = node_new(p, NODE_ALL, 0, 0);
	if (n != NULL)
		n->cost = p->s->m->next_doc;
	return n;
}

static size_t count_kids(const struct query *q)
{
	size_t n = 0;
	for (const struct query *k = q->kid; k != NULL; k = k->next)
		n++;
	return n;
}

static void by_cost(struct node **v, size_t n)
{
	for (size_t i = 1; i < n; i++)
		for (size_t j = i; j > 0 && v[j]->cost < v[j - 1]->cost; j--) {
			struct node *x = v[j];
			v[j] = v[j - 1];
			v[j - 1] = x;
		}
}

static struct node *plan_not(struct planner *p, const struct query *q)
{
	bool was = p->negative;
	struct node *n;

	p->negative = true;
	n = plan(p, q->kid);
	p->negative = was;
	return n;
}

/* NOT alone means everything else. */
static struct node *and_node(struct planner *p, const struct query *first, size_t kids)
{
	struct node *n = node_new(p, NODE_AND, 0, kids + 1), *kid;

	if (n == NULL)
		return NULL;
	for (const struct query *k = first; k != NULL && kids > 0; k = k->next, kids--)
		if (k->op != QUERY_NOT && (kid = plan(p, k)) != NULL)
			n->kids[n->n_kids++] = kid;
		else if (p->s->t.st != ST_OK)
			return NULL;
	by_cost(n->kids, n->n_kids);
	return n;
}

static bool add_nots(struct planner *p, struct node *n, const struct query *first, size_t kids)
{
	for (const struct query *k = first; k != NULL && kids > 0; k = k->next, kids--) {
		struct node *kid;
		if (k->op != QUERY_NOT)
			continue;
		if ((kid = plan_not(p, k)) == NULL) {
			if (p->s->t.st != ST_OK)
				return false;
			continue;
		}
		if (n->n_kids == 0 && (n->kids[n->n_kids++] = all_node(p)) == NULL)
			return false;
		n->kids[n->n_kids++] = kid;
		n->n_not++;
	}
	return true;
}

static struct node *plan_and(struct planner *p, const struct query *first, size_t kids)
{
	struct node *n = and_node(p, first, kids);

	if (n == NULL || !add_nots(p, n, first, kids) || n->n_kids == 0)
		return NULL;
	n->cost = n->kids[0]->cost;
	return n->n_kids == 1 ? n->kids[0] : n;
}

static struct node *plan_or(struct planner *p, const struct query *q)
{
	struct node *n = node_new(p, NODE_OR, 0, count_kids(q)), *kid;

	if (n == NULL)
		return NULL;
	for (const struct query *k = q->kid; k != NULL; k = k->next) {
		if ((kid = plan(p, k)) != NULL) {
			n->kids[n->n_kids++] = kid;
			n->cost += kid->cost;
		} else if (p->s->t.st != ST_OK) {
			return NULL;
		}
	}
	return n->n_kids == 0 ? NULL : n->n_kids == 1 ? n->kids[0] : n;
}

static struct node *plan(struct planner *p, const struct query *q)
{
	switch (q->op) {
	case QUERY_ALL:
		return all_node(p);
	case QUERY_AND:
		return plan_and(p, q->kid, count_kids(q));
	case QUERY_NOT:
		return plan_and(p, q, 1);
	case QUERY_OR:
		return plan_or(p, q);
	case QUERY_TEXT:
		return text_node(p, q);
	case QUERY_EXACT:
		return exact_node(p, q);
	case QUERY_RANGE:
		return range_node(p, q);
	case QUERY_VALUES: case QUERY_TIME: case QUERY_BOX: case QUERY_PLACE:
		return set_node(p, plan_span(p->s, q));
	}
	return NULL;
}

st_t plan_query(struct sctx *s, const struct query *q, struct node **out, struct buf *terms)
{
	struct planner p = { .s = s, .terms = terms };

	*out = plan(&p, q);
	return s->t.st;
}
