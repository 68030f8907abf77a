/*
 * Random records and random queries against a plain walk over all of them. The model knows the words it made and never tokenises.
 * AZEKURA_SEED repeats a run, AZEKURA_ROUNDS lengthens it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "t/unit/indexer/ixtest.h"

#include "base/utf8.h"

#define DOCS		400
#define PARTS		8
#define N_FIELDS	3		/* title, description, creator */

static const char *const words[] = { "x1", "x2", "x3", "y10", "y20", "zz9", "q7", "k5" };
static const char *const chars[] = { "研", "究", "気", "温", "デ", "ー", "タ", "の" };
static const char *const field_names[N_FIELDS] = { "title", "description", "creator" };
static const char *const types[] = { "c_ddb1", "c_5ce6", "c_6501" };

struct part { bool run; char text[40]; };
struct mdoc {
	bool live;
	unsigned concept, version;
	struct part parts[N_FIELDS][PARTS]; unsigned n[N_FIELDS];
	int year;
	unsigned type;
	enum rec_meta meta;
	uint32_t owner, group;
	int64_t published;
};

struct world { struct mdoc d[DOCS]; unsigned n; uint64_t seed; };

static uint64_t rnd(struct world *w, uint64_t below)
{
	w->seed ^= w->seed << 13;
	w->seed ^= w->seed >> 7;
	w->seed ^= w->seed << 17;
	return (w->seed >> 11) % below;
}

static void random_run(struct world *w, char out[40], unsigned max)
{
	unsigned n = 1 + (unsigned)rnd(w, max);

	out[0] = '\0';
	for (unsigned i = 0; i < n; i++)
		snprintf(out + strlen(out), 40 - strlen(out), "%s", chars[rnd(w, 8)]);
}

static void random_doc(struct world *w, struct mdoc *d)
{
	for (unsigned f = 0; f < N_FIELDS; f++) {
		d->n[f] = 1 + (unsigned)rnd(w, PARTS);
		if (f == 2)	/* one creator of words only: joined forms of names are tested elsewhere */
			d->n[f] = 1 + (unsigned)rnd(w, 3);
		for (unsigned i = 0; i < d->n[f]; i++) {
			struct part *p = &d->parts[f][i];
			p->run = f != 2 && rnd(w, 2);
			if (p->run)
				random_run(w, p->text, 6);
			else
				snprintf(p->text, sizeof(p->text), "%s", words[rnd(w, 8)]);
		}
	}
	d->year = 1990 + (int)rnd(w, 10);
	d->type = (unsigned)rnd(w, 3);
	d->meta = rnd(w, 4) ? META_PUBLIC : rnd(w, 2) ? META_GROUPS : META_PRIVATE;
	d->owner = 1 + (uint32_t)rnd(w, 3);
	d->group = 100 + (uint32_t)rnd(w, 3);
	d->published = (int64_t)rnd(w, 50);
	d->live = true;
}

static void field_text(const struct mdoc *d, unsigned f, char *out, size_t max)
{
	out[0] = '\0';
	for (unsigned i = 0; i < d->n[f]; i++)
		snprintf(out + strlen(out), max - strlen(out), "%s%s", i ? " " : "", d->parts[f][i].text);
}

static void to_rec(const struct mdoc *d, struct rec *rec, uint32_t *group)
{
	char t[N_FIELDS][512], coar[64];
	json_t *doc;

	for (unsigned f = 0; f < N_FIELDS; f++)
		field_text(d, f, t[f], sizeof(t[f]));
	snprintf(coar, sizeof(coar), "http://purl.org/coar/resource_type/%s", types[d->type]);
	doc = ixtest_doc(t[0], t[1]);
	json_object_set_new(doc, "creators", json_pack("[{s:[{s:s}]}]", "names", "value", t[2]));
	json_object_set_new(doc, "publicationYear", json_integer(d->year));
	json_object_set_new(doc, "resourceType", json_pack("{s:s}", "coar", coar));
	ixtest_rec(rec, d->concept, d->version, doc);
	rec->meta = d->meta;
	rec->owner = d->owner;
	rec->published = d->published;
	*group = d->group;
	rec->groups = group;
	rec->n_groups = 1;
	if (!d->live)
		rec->state = REC_WITHDRAWN;
}

/* ---- the model's own answers ---- */

enum kind { K_WORD, K_RUN, K_PHRASE, K_YEAR, K_TYPE, K_AND, K_OR, K_NOT };
struct mq { enum kind kind; int field; char a[40], b[40]; int from, to; unsigned type; struct mq *l, *r; };

static bool part_matches(const struct part *p, const struct mq *q)
{
	if (q->kind == K_WORD)
		return !p->run && strcmp(p->text, q->a) == 0;
	return p->run && strstr(p->text, q->a) != NULL;
}

static bool text_matches(const struct mdoc *d, const struct mq *q)
{
	for (int f = 0; f < N_FIELDS; f++) {
		if (q->field >= 0 && q->field != f)
			continue;
		for (unsigned i = 0; i < d->n[f]; i++) {
			if (q->kind == K_PHRASE ? i + 1 < d->n[f] && !d->parts[f][i].run && !d->parts[f][i + 1].run &&
			    strcmp(d->parts[f][i].text, q->a) == 0 && strcmp(d->parts[f][i + 1].text, q->b) == 0 : part_matches(&d->parts[f][i], q))
				return true;
		}
	}
	return false;
}

static bool matches(const struct mdoc *d, const struct mq *q)
{
	switch (q->kind) {
	case K_WORD: case K_RUN: case K_PHRASE:
		return text_matches(d, q);
	case K_YEAR:
		return d->year >= q->from && d->year <= q->to;
	case K_TYPE:
		return d->type == q->type;
	case K_AND:
		return matches(d, q->l) && matches(d, q->r);
	case K_OR:
		return matches(d, q->l) || matches(d, q->r);
	case K_NOT:
		return !matches(d, q->l);
	}
	return false;
}

static struct mq *random_query(struct world *w, unsigned depth)
{
	struct mq *q = calloc(1, sizeof(*q));
	unsigned k = (unsigned)rnd(w, depth == 0 ? 5 : 9);

	q->field = rnd(w, 3) ? -1 : (int)rnd(w, N_FIELDS);
	q->kind = k < 5 ? (enum kind)k : k < 7 ? K_AND : k < 8 ? K_OR : K_NOT;
	if (q->kind == K_RUN)
		random_run(w, q->a, 4);
	else
		snprintf(q->a, sizeof(q->a), "%s", words[rnd(w, 8)]);
	snprintf(q->b, sizeof(q->b), "%s", words[rnd(w, 8)]);
	q->from = 1988 + (int)rnd(w, 12);
	q->to = q->from + (int)rnd(w, 5);
	q->type = (unsigned)rnd(w, 3);
	if (q->kind >= K_AND)
		q->l = random_query(w, depth - 1);
	if (q->kind == K_AND || q->kind == K_OR)
		q->r = random_query(w, depth - 1);
	return q;
}

static void free_query(struct mq *q)
{
	if (q == NULL)
		return;
	free_query(q->l);
	free_query(q->r);
	free(q);
}

static void write_query(struct world *w, struct buf *b, const struct mq *q)
{
	if (q->kind <= K_PHRASE && q->field >= 0)
		buf_addf(b, "%s:", field_names[q->field]);
	switch (q->kind) {
	case K_WORD: buf_adds(b, q->a); break;
	case K_RUN: buf_addf(b, "\"%s\"", q->a); break;
	case K_PHRASE: buf_addf(b, "\"%s %s\"", q->a, q->b); break;
	case K_YEAR: buf_addf(b, "year:%d..%d", q->from, q->to); break;
	case K_TYPE: buf_addf(b, "type:%s", types[q->type]); break;
	case K_AND: case K_OR:
		buf_addc(b, '(');
		write_query(w, b, q->l);
		buf_adds(b, q->kind == K_OR ? " OR " : rnd(w, 2) ? " AND " : " ");
		write_query(w, b, q->r);
		buf_addc(b, ')');
		break;
	case K_NOT:
		buf_adds(b, rnd(w, 2) ? "NOT " : "-");
		buf_addc(b, '(');
		write_query(w, b, q->l);
		buf_addc(b, ')');
		break;
	}
}

static bool model_sees(const struct mdoc *d, const struct principal *who)
{
	if (!d->live)
		return false;
	if (d->meta == META_PUBLIC || who->system)
		return true;
	if (who->user != 0 && who->user == d->owner)
		return true;
	return d->meta == META_GROUPS && who->n_groups > 0 && who->groups[0] == d->group;
}

/* Is this the newest version of its concept that the reader may see? */
static bool model_newest(const struct world *w, const struct mdoc *d, const struct principal *who)
{
	for (unsigned i = 0; i < w->n; i++)
		if (w->d[i].concept == d->concept && w->d[i].version > d->version && model_sees(&w->d[i], who))
			return false;
	return true;
}

/* ---- comparing ---- */

struct expected { bool hit[DOCS]; uint64_t total, by_type[3]; };

static void expect(const struct world *w, const struct mq *q, const struct principal *who, bool all_versions, int type_filter, struct expected *x)
{
	memset(x, 0, sizeof(*x));
	for (unsigned i = 0; i < w->n; i++) {
		const struct mdoc *d = &w->d[i];
		if (!model_sees(d, who) || (!all_versions && !model_newest(w, d, who)) || !matches(d, q))
			continue;
		x->by_type[d->type]++;
		if (type_filter >= 0 && d->type != (unsigned)type_filter)
			continue;
		x->hit[i] = true;
		x->total++;
	}
}

static const struct mdoc *find(const struct world *w, const char *id)
{
	for (unsigned i = 0; i < w->n; i++) {
		char have[16];
		snprintf(have, sizeof(have), "%05u-%05u", w->d[i].concept, w->d[i].version);
		if (strcmp(have, id) == 0)
			return &w->d[i];
	}
	return NULL;
}

static void in_order(const struct search_query *sq, const struct mdoc *a, const struct mdoc *b)
{
	if (sq->sort == SORT_NEWEST)
		assert_true(a->published >= b->published);
	else if (sq->sort == SORT_OLDEST)
		assert_true(a->published <= b->published);
}

static void check_types(const struct search_result *r, const struct expected *x)
{
	uint64_t seen = 0;

	for (size_t i = 0; i < r->facets[0].n; i++)
		for (unsigned t = 0; t < 3; t++)
			if (strcmp(r->facets[0].buckets[i].key, types[t]) == 0) {
				assert_int_equal(r->facets[0].buckets[i].count, x->by_type[t]);
				seen += r->facets[0].buckets[i].count;
			}
	assert_int_equal(seen, x->by_type[0] + x->by_type[1] + x->by_type[2]);
}

/*
 * Follow the cursor to the end: every expected record once, in order. Scores hang on how many documents hold a word, removed ones included until a
 * merge drops them, so the order by score stands still only while nothing is merged; the other orders always do.
 */
static void compare(struct ixtest *t, struct world *w, struct search_query *sq, const struct principal *who, struct expected *x)
{
	char *cursor = NULL;
	const struct mdoc *last = NULL;
	uint64_t got = 0;

	do {
		struct search_result r;

		sq->cursor = slice_str(cursor);
		if (search_run(t->ix, who, sq, &r, &t->e) != ST_OK)
			fail_msg("%.*s: %s", (int)sq->text.n, sq->text.p, t->e.text);
		if (r.total != x->total)
			fail_msg("%.*s: %llu hits, the model has %llu", (int)sq->text.n, sq->text.p, (unsigned long long)r.total, (unsigned long long)x->total);
		check_types(&r, x);
		for (size_t i = 0; i < r.n_hits; i++) {
			const struct mdoc *d = find(w, r.hits[i].id);
			assert_non_null(d);
			if (!x->hit[d - w->d])
				fail_msg("%.*s: '%s' is none of the model's hits, or came twice", (int)sq->text.n, sq->text.p, r.hits[i].id);
			x->hit[d - w->d] = false;
			if (last != NULL)
				in_order(sq, last, d);
			last = d;
			got++;
		}
		free(cursor);
		cursor = r.next;
		r.next = NULL;
		search_result_release(&r);
	} while (cursor != NULL);
	assert_int_equal(got, x->total);
}

static void ask(struct ixtest *t, struct world *w)
{
	static const uint32_t groups[] = { 100, 101, 102 };
	struct principal who = { .scopes = SCOPE_ALL, .user = (uint32_t)rnd(w, 4) };
	struct mq *q = random_query(w, 3);
	struct buf text = BUF_INIT(4000);
	struct search_query sq = { .size = 1 + (unsigned)rnd(w, 40), .sort = (enum search_sort)rnd(w, 5), .facets = true, .all_versions = rnd(w, 2) };
	struct expected x;
	char filter[32];
	const char *filters[] = { filter };
	int type = rnd(w, 3) ? -1 : (int)rnd(w, 3);

	if (who.user != 0 && rnd(w, 2)) {
		who.groups = groups + rnd(w, 3);
		who.n_groups = 1;
	}
	if (rnd(w, 10) == 0)
		who.system = true;
	write_query(w, &text, q);
	sq.text = buf_slice(&text);
	if (sq.sort == SORT_BEST && index_settle(t->ix, &t->e) != ST_OK)
		fail_msg("%s", t->e.text);
	if (type >= 0) {
		snprintf(filter, sizeof(filter), "type=%s", types[type]);
		sq.filters = filters;
		sq.n_filters = 1;
	}
	expect(w, q, &who, sq.all_versions, type, &x);
	compare(t, w, &sq, &who, &x);
	free_query(q);
	buf_release(&text);
}

static void apply_some(struct ixtest *t, struct world *w)
{
	unsigned n = 1 + (unsigned)rnd(w, 30);
	struct rec recs[30];
	struct index_doc docs[30];
	uint32_t group[30];

	for (unsigned i = 0; i < n; i++) {
		struct mdoc *d;
		if (w->n < DOCS && (w->n == 0 || rnd(w, 3))) {
			d = &w->d[w->n++];
			if (w->n > 1 && rnd(w, 3) == 0) {	/* a new version of something */
				d->concept = w->d[rnd(w, w->n - 1)].concept;
				for (unsigned k = 0; k + 1 < w->n; k++)
					if (w->d[k].concept == d->concept && w->d[k].version > d->version)
						d->version = w->d[k].version;
				d->version++;
			} else {
				d->concept = w->n;
				d->version = 1;
			}
			random_doc(w, d);
		} else {
			d = &w->d[rnd(w, w->n)];
			if (rnd(w, 3))
				random_doc(w, d);		/* revised, or restored */
			else
				d->live = false;
		}
		to_rec(d, &recs[i], &group[i]);
		docs[i] = (struct index_doc){ .rec = &recs[i] };
	}
	if (index_apply(t->ix, docs, n, 1, &t->e) != ST_OK)
		fail_msg("%s", t->e.text);
	for (unsigned i = 0; i < n; i++)
		json_decref(recs[i].doc);
}

static void random_queries_answer_what_a_walk_over_all_records_answers(void **state)
{
	struct ixtest *t = *state;
	struct world *w = calloc(1, sizeof(*w));
	const char *seed = getenv("AZEKURA_SEED"), *rounds = getenv("AZEKURA_ROUNDS");
	unsigned n = rounds != NULL ? (unsigned)strtoul(rounds, NULL, 10) : 120;

	w->seed = seed != NULL ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL) * 2654435761u + (uint64_t)getpid();
	if (w->seed == 0)
		w->seed = 1;
	print_message("# AZEKURA_SEED=%llu\n", (unsigned long long)w->seed);
	for (unsigned i = 0; i < n; i++) {
		apply_some(t, w);
		if (rnd(w, 8) == 0 && index_settle(t->ix, &t->e) != ST_OK)
			fail_msg("%s", t->e.text);
		if (rnd(w, 20) == 0) {
			ixtest_close(t);
			ixtest_open(t);
		}
		for (int k = 0; k < 12; k++)
			ask(t, w);
	}
	free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(random_queries_answer_what_a_walk_over_all_records_answers, ixtest_setup, ixtest_teardown),
	};
	return cmocka_run_group_tests_name("search_model", tests, NULL, NULL);
}
