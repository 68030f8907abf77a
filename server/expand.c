/*
 * A label is looked up in every vocabulary. Of each concept that bears it come the labels in English and Japanese, alternative ones included, its
 * address, and the same of narrower concepts some levels down; a concept with the same address in another vocabulary adds its labels there
 * (a term and its translation are often two files).
 */

#include "server/expand.h"

#include "schema/vocab.h"
#include "store/vocabs.h"

#define CONCEPTS_MAX	40
#define SAME_MAX	4		/* concepts with one label, of one vocabulary */
#define LEVELS_MAX	4
#define VOCABS_MAX	60

typedef void put_fn(void *to, enum search_also kind, struct slice text);
struct out { put_fn *put; void *to; struct kv_txn *t; size_t concepts; uint32_t gens[VOCABS_MAX]; size_t n_gens; };

/* ---- shipped ---- */

static void put_iri(struct out *o, struct slice iri)
{
	static const char types[] = "http://purl.org/coar/resource_type/";

	if (iri.n == 0)
		return;
	o->put(o->to, ALSO_CONCEPT, iri);
	if (slice_starts(iri, types))
		o->put(o->to, ALSO_TYPE, slice_of(iri.p + sizeof(types) - 1, iri.n - sizeof(types) + 1));
}

static void shipped_row(struct out *o, const struct vocab *v, size_t row, unsigned level)
{
	const char *iri = vocab_get(v, row, "iri"), *id = vocab_get(v, row, "id");
	size_t i;

	if (o->concepts++ >= CONCEPTS_MAX)
		return;
	o->put(o->to, ALSO_LABEL, slice_str(vocab_get(v, row, "label")));
	o->put(o->to, ALSO_LABEL, slice_str(vocab_get(v, row, "label_ja")));
	put_iri(o, slice_str(iri));
	for (i = 0; level < LEVELS_MAX && i < vocab_count(v); i++)
		if (strcmp(vocab_get(v, i, "broader"), id) == 0)
			shipped_row(o, v, i, level + 1);
}

/* Those that are thesauri say so by a column "broader"; a code list of countries or roles is none. */
static void shipped(struct out *o, const struct schema *s, struct slice folded)
{
	static const char *const labels[] = { "label", "label_ja" };
	struct buf b = BUF_INIT(4096);
	const struct vocab *v;
	size_t i, k, row, c;

	for (i = 0; (v = schema_vocab_at(s, i)) != NULL; i++) {
		for (c = 0; vocab_column(v, c) != NULL && strcmp(vocab_column(v, c), "broader") != 0; c++)
			;
		if (vocab_column(v, c) == NULL)
			continue;
		for (row = 0; row < vocab_count(v); row++) {
			for (k = 0; k < 2; k++) {
				buf_clear(&b);
				if (vocabs_fold(&b, slice_str(vocab_get(v, row, labels[k]))) == ST_OK && slice_eq(buf_slice(&b), folded))
					break;
			}
			if (k < 2)
				shipped_row(o, v, row, 0);
		}
	}
	buf_release(&b);
}

/* ---- loaded ---- */

static void put_labels(struct out *o, const json_t *list)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one) {
		struct slice lang = json_slice(json_array_get(one, 0));

		if (lang.n == 0 || slice_starts(lang, "en") || slice_starts(lang, "ja"))
			o->put(o->to, ALSO_LABEL, json_slice(json_array_get(one, 1)));
	}
}

static void loaded_concept(struct out *o, uint32_t gen, uint32_t no, unsigned level, bool others)
{
	uint32_t below[CONCEPTS_MAX];
	json_t *c;
	size_t i, n;

	if (o->concepts++ >= CONCEPTS_MAX || (c = vocabs_concept(o->t, gen, no)) == NULL)
		return;
	put_labels(o, json_object_get(c, "label"));
	put_labels(o, json_object_get(c, "alt"));
	put_iri(o, json_slice(json_object_get(c, "iri")));
	for (i = 0; others && i < o->n_gens; i++) {
		uint32_t same = o->gens[i] != gen ? vocabs_resolve(o->t, o->gens[i], json_slice(json_object_get(c, "iri"))) : 0;

		if (same != 0)
			loaded_concept(o, o->gens[i], same, level, false);
	}
	json_decref(c);
	n = level < LEVELS_MAX ? vocabs_narrower(o->t, gen, no, below, CONCEPTS_MAX) : 0;
	for (i = 0; i < n; i++)
		loaded_concept(o, gen, below[i], level + 1, others);
}

static void loaded(struct out *o, struct slice label)
{
	char names[VOCABS_MAX][VOCABS_NAME_MAX + 1];
	uint32_t nos[SAME_MAX];
	size_t i, k, n;

	o->n_gens = vocabs_names(o->t, SLICE_NULL, names, VOCABS_MAX);
	for (i = 0; i < o->n_gens; i++)
		o->gens[i] = vocabs_find(o->t, slice_str(names[i]));
	for (i = 0; i < o->n_gens; i++) {
		n = vocabs_labelled(o->t, o->gens[i], label, nos, SAME_MAX);
		for (k = 0; k < n; k++)
			loaded_concept(o, o->gens[i], nos[k], 0, true);
	}
}

static void expand(void *ctx, struct slice label, put_fn *put, void *to)
{
	struct expander *x = ctx;
	struct buf folded = BUF_INIT(4096);
	struct kv_txn t;
	struct out o = { .put = put, .to = to, .t = &t };

	if (vocabs_fold(&folded, label) == ST_OK && folded.n > 0) {
		shipped(&o, x->site->repo->schema, buf_slice(&folded));
		kv_read(x->site->repo->catalog, &t);
		loaded(&o, label);
		kv_end(&t, NULL);
	}
	buf_release(&folded);
}

void expander_init(struct expander *x, struct req *r)
{
	x->site = r->site;
	x->by.expand = expand;
	x->by.ctx = x;
}
