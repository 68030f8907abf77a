/* Facets: counts by value over the documents found, filters, labels. */
#include "indexer/form_fields.h"

#include "schema/vocab.h"
#include "store/repo.h"

static const char *const vocabs[FACET_COUNT] = { [FACET_TYPE] = "resource_types", [FACET_ACCESS] = "access_rights", [FACET_LICENCE] = "licences" };
#define COAR_TYPE "http://purl.org/coar/resource_type/"

st_t counts_init(struct sctx *s, struct counts *c)
{
	for (int f = 0; f < FACET_COUNT; f++) {
		c->n[f] = arena_alloc(s->a, ((size_t)s->m->next_ord[f] + 1) * sizeof(uint32_t));
		if (c->n[f] == NULL)
			kv_fail(&s->t, ST_NOMEM, "%s", "");
	}
	return s->t.st;
}

void counts_add(struct sctx *s, struct counts *c, uint32_t doc, unsigned only)
{
	struct slice v = col_var(&s->t, &s->facets, doc);

	for (size_t i = 0; i + 5 <= v.n; i += 5) {
		unsigned f = (uint8_t)v.p[i];
		uint32_t ord = get_u32(v.p + i + 1);
		if (f < FACET_COUNT && only >> f & 1 && ord < s->m->next_ord[f])
			c->n[f][ord]++;
	}
}

static const struct vocab *facet_vocab(struct sctx *s, enum facet f)
{
	const struct schema *sc = s->ix->r->schema;
	return sc == NULL || vocabs[f] == NULL ? NULL : schema_vocab(sc, vocabs[f]);
}

static bool vocab_row(const struct vocab *v, enum facet f, struct slice key, size_t *row)
{
	char uri[sizeof(COAR_TYPE) + EXACT_MAX];

	if (f != FACET_TYPE)
		return vocab_find(v, "id", key, row);
	snprintf(uri, sizeof(uri), COAR_TYPE "%.*s", (int)key.n, key.p);
	return vocab_find(v, "coar", slice_str(uri), row);
}

static st_t bucket(struct sctx *s, enum facet f, struct slice key, uint64_t count, bool selected, struct search_bucket *b)
{
	const struct vocab *v = facet_vocab(s, f);
	const char *en = "", *ja = "";
	size_t row;

	b->label_en = b->label_ja = NULL;
	if (f == FACET_FORM && form_bucket(s, key, &b->label_en, &b->label_ja)) {
		b->key = slice_dup(key);
		b->count = count;
		b->selected = selected;
		return b->key == NULL || b->label_en == NULL || b->label_ja == NULL ? ST_NOMEM : ST_OK;
	}
	if (v != NULL && vocab_row(v, f, key, &row)) {
		en = vocab_get(v, row, "label");
		ja = vocab_get(v, row, "label_ja");
	}
	b->key = slice_dup(key);
	b->label_en = en[0] != '\0' ? slice_dup(slice_str(en)) : slice_dup(key);
	b->label_ja = ja[0] != '\0' ? slice_dup(slice_str(ja)) : slice_dup(slice_str(b->label_en));
	b->count = count;
	b->selected = selected;
	return b->key == NULL || b->label_en == NULL || b->label_ja == NULL ? ST_NOMEM : ST_OK;
}

static bool ord_value(struct sctx *s, enum facet f, uint32_t ord, struct slice *value)
{
	struct key k;

	key_init(&k, 'O');
	key_u8(&k, (uint8_t)f);
	key_u32(&k, ord);
	return kv_get(&s->t, IX_FACETS, key_slice(&k), value);
}

static bool value_ord(struct sctx *s, enum facet f, struct slice value, uint32_t *ord)
{
	struct key k;
	struct slice v;

	key_init(&k, facet_letters[f]);
	key_text(&k, value);
	if (!kv_get(&s->t, IX_FACETS, key_slice(&k), &v) || v.n != 4)
		return false;
	*ord = get_u32(v.p);
	return *ord < s->m->next_ord[f];
}

/* The most frequent values, most frequent first, older ones first among equals. */
static size_t most_frequent(const uint32_t *n, uint32_t end, uint32_t out[FACET_TOP])
{
	size_t k = 0;

	for (uint32_t ord = 0; ord < end; ord++) {
		size_t i = k;
		if (n[ord] == 0 || (k == FACET_TOP && n[ord] <= n[out[k - 1]]))
			continue;
		if (k < FACET_TOP)
			k++;
		else
			i = FACET_TOP - 1;
		for (; i > 0 && n[out[i - 1]] < n[ord]; i--)
			out[i] = out[i - 1];
		out[i] = ord;
	}
	return k;
}

static st_t one_facet(struct sctx *s, const struct counts *c, enum facet f, const struct filter *sel, struct search_facet *out)
{
	uint32_t ords[FACET_TOP], ord;
	size_t k = most_frequent(c->n[f], s->m->next_ord[f], ords), n_sel = sel == NULL ? 0 : sel->n;
	struct slice value;

	out->name = facet_names[f];
	out->buckets = calloc(k + n_sel + 1, sizeof(*out->buckets));
	if (out->buckets == NULL)
		return ST_NOMEM;
	for (size_t i = 0; i < k; i++) {
		bool selected = false;
		if (!ord_value(s, f, ords[i], &value))
			continue;
		for (size_t j = 0; j < n_sel; j++)
			selected |= slice_eq(sel->values[j], value);
		if (bucket(s, f, value, c->n[f][ords[i]], selected, &out->buckets[out->n++]) != ST_OK)
			return ST_NOMEM;
	}
	for (size_t j = 0; j < n_sel; j++) {
		bool shown = false;
		for (size_t i = 0; i < out->n; i++)
			shown |= slice_eq_str(sel->values[j], out->buckets[i].key);
		if (!shown && bucket(s, f, sel->values[j], value_ord(s, f, sel->values[j], &ord) ? c->n[f][ord] : 0, true, &out->buckets[out->n++]) != ST_OK)
			return ST_NOMEM;
	}
	return ST_OK;
}

st_t counts_result(struct sctx *s, const struct counts *c, const struct filter *filters, size_t n, struct search_result *out)
{
	out->facets = calloc(FACET_COUNT, sizeof(*out->facets));
	if (out->facets == NULL)
		return ST_NOMEM;
	for (int f = 0; f < FACET_COUNT; f++) {
		const struct filter *sel = NULL;
		for (size_t i = 0; i < n; i++)
			if (filters[i].facet == (enum facet)f)
				sel = &filters[i];
		out->n_facets = (size_t)f + 1;
		if (one_facet(s, c, (enum facet)f, sel, &out->facets[f]) != ST_OK)
			return ST_NOMEM;
	}
	return ST_OK;
}

/* ---- filters ---- */

#define FILTERS_MAX 64

static bool filter_name(struct slice name, enum facet *f)
{
	for (int i = 0; i < FACET_COUNT; i++) {
		if (slice_eq_str(name, facet_names[i])) {
			*f = (enum facet)i;
			return true;
		}
	}
	*f = FACET_LICENCE;
	return slice_eq_str(name, "license");
}

static struct filter *filter_of(struct filter *v, size_t *n, enum facet f)
{
	for (size_t i = 0; i < *n; i++)
		if (v[i].facet == f)
			return &v[i];
	v[*n] = (struct filter){ f, NULL, NULL, 0 };
	return &v[(*n)++];
}

/* Several values of one facet mean any of them. */
st_t filters_read(struct sctx *s, const struct search_query *q, struct filter *out, size_t *n, struct err *e)
{
	*n = 0;
	if (q->n_filters > FILTERS_MAX)
		return err_set(e, ST_INVALID, "more than %d filters", FILTERS_MAX);
	for (size_t i = 0; i < q->n_filters; i++) {
		struct slice value = slice_str(q->filters[i]), name = slice_cut(&value, '=');
		struct filter *f;
		enum facet facet;

		if (value.p == NULL || !filter_name(name, &facet))
			return err_set(e, ST_INVALID, "no such filter '%.*s'; known: type, year, access, licence, subject, creator", (int)(name.n < 60 ? name.n : 60), name.p);
		f = filter_of(out, n, facet);
		if (f->values == NULL && (f->values = arena_alloc(s->a, FILTERS_MAX * sizeof(*f->values))) == NULL)
			return err_set(e, ST_NOMEM, "%s", "");
		f->values[f->n++] = exact_clip(value);
		f->set = plan_exact(s, facet_letters[facet], value, f->set);
		if (f->set == NULL)
			return err_set(e, ST_NOMEM, "%s", "");
	}
	return ST_OK;
}

/* ---- what a person may write for a value ---- */

static struct slice behind_slash(struct slice v)
{
	for (size_t i = v.n; i > 0; i--)
		if (v.p[i - 1] == '/')
			return slice_of(v.p + i, v.n - i);
	return v;
}

static bool same_but_case(struct slice a, struct slice b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++) {
		int x = (unsigned char)a.p[i], y = (unsigned char)b.p[i];
		x += x >= 'A' && x <= 'Z' ? 32 : 0;
		y += y >= 'A' && y <= 'Z' ? 32 : 0;
		if (x != y)
			return false;
	}
	return true;
}

static bool means(const struct vocab *v, enum facet f, struct slice stored, struct slice asked)
{
	size_t n;

	if (same_but_case(stored, asked) || (f == FACET_TYPE && same_but_case(stored, behind_slash(asked))))
		return true;
	if (v == NULL)
		return false;
	/* Several labels can share one concept. */
	n = vocab_count(v);
	for (size_t row = 0; row < n; row++) {
		const char *key = vocab_get(v, row, f == FACET_TYPE ? "coar" : "id");
		struct slice k = f == FACET_TYPE ? behind_slash(slice_str(key)) : slice_str(key);
		if (slice_eq(k, stored) && (same_but_case(slice_str(vocab_get(v, row, "label")), asked) || slice_eq_str(asked, vocab_get(v, row, "label_ja"))))
			return true;
	}
	return false;
}

#define VALUES_MAX 1000		/* types, licences and access rights there may be in one repository */

void facet_values(struct sctx *s, char letter, struct slice asked, void (*fn)(void *, struct slice), void *ctx)
{
	enum facet f = letter == 't' ? FACET_TYPE : letter == 'a' ? FACET_ACCESS : FACET_LICENCE;
	const struct vocab *v = facet_vocab(s, f);
	uint32_t end = s->m->next_ord[f] < VALUES_MAX ? s->m->next_ord[f] : VALUES_MAX;
	struct slice stored;

	asked = exact_clip(asked);
	for (uint32_t ord = 0; ord < end && s->t.st == ST_OK; ord++)
		if (ord_value(s, f, ord, &stored) && means(v, f, stored, asked))
			fn(ctx, stored);
}
