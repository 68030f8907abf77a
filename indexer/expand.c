/*
 * What is written in a query may be the label of a concept. The concept's other labels, and those of narrower ones, are then asked for too: each
 * such word or row of words becomes "itself or one of these". Quoted text is left as it is, but behind subject:, where quotes are needed to
 * name a label of several words. Where labels come from is the caller's: nothing here knows a vocabulary.
 */

#include "indexer/search_int.h"

#include "base/json.h"

#define LOOKUPS_MAX	40		/* of one query */
#define ALSO_MAX	48		/* for one label */
#define ROW_MAX		6		/* words of a label without quotes */
#define LABEL_MAX	200		/* bytes */

struct expanding {
	struct sctx *s;
	const struct search_expander *by;
	unsigned lookups;
	struct buf *told;		/* JSON array members */
	/* the label at hand */
	struct slice label;
	uint32_t fields;
	struct query *first, *last;
	size_t n;
	struct buf also;
};

static struct query *made(struct expanding *x, enum query_op op, struct slice text)
{
	struct query *q = arena_alloc(x->s->a, sizeof(*q));
	const char *copy = text.n > 0 ? arena_dup(x->s->a, text.p, text.n) : "";

	if (q == NULL || copy == NULL) {
		kv_fail(&x->s->t, ST_NOMEM, "%s", "");
		return NULL;
	}
	q->op = op;
	q->fields = F_ALL;
	q->text = slice_of(copy, text.n);
	return q;
}

static void put(void *to, enum search_also kind, struct slice text)
{
	struct expanding *x = to;
	struct query *q;

	if (text.n == 0 || text.n > LABEL_MAX || x->n >= ALSO_MAX || (kind != ALSO_LABEL && x->fields != F_ALL))
		return;
	for (q = x->first; q != NULL; q = q->next)
		if (slice_eq(q->text, text))
			return;
	if (kind == ALSO_LABEL && slice_eq(text, x->label))
		return;
	if ((q = made(x, kind == ALSO_LABEL ? QUERY_TEXT : QUERY_EXACT, text)) == NULL)
		return;
	q->fields = x->fields;
	q->quoted = true;
	q->letter = kind == ALSO_TYPE ? 't' : kind == ALSO_CONCEPT ? EXACT_CONCEPT : 0;
	if (x->last != NULL)
		x->last->next = q;
	else
		x->first = q;
	x->last = q;
	x->n++;
	if (kind != ALSO_LABEL)
		return;
	if (x->also.n > 0)
		buf_addc(&x->also, ',');
	json_quote(&x->also, text);
}

/* Ask for ${label}; true when it means more than itself. */
static bool ask(struct expanding *x, struct slice label, uint32_t fields)
{
	if (label.n < 2 || label.n > LABEL_MAX || x->lookups >= LOOKUPS_MAX)
		return false;
	x->lookups++;
	x->label = label;
	x->fields = fields;
	x->first = x->last = NULL;
	x->n = 0;
	buf_clear(&x->also);
	x->by->expand(x->by->ctx, label, put, x);
	if (x->first == NULL)
		return false;
	if (x->told->n > 0)
		buf_addc(x->told, ',');
	buf_adds(x->told, "{\"text\":");
	json_quote(x->told, label);
	buf_adds(x->told, ",\"also\":[");
	buf_addsl(x->told, buf_slice(&x->also));
	buf_adds(x->told, "]}");
	return true;
}

static bool is_plain(const struct query *q)
{
	return q->op == QUERY_TEXT && !q->quoted && !q->prefix && q->fields == F_ALL;
}

/* ${q}, or one of what was found: in its place. */
static void widen(struct expanding *x, struct query *q, struct query *self)
{
	struct query *next = q->next;

	self->next = x->first;
	*q = (struct query){ .op = QUERY_OR, .fields = F_ALL, .kid = self, .at = q->at, .next = next };
}

static void one(struct expanding *x, struct query *q)
{
	bool subject = q->op == QUERY_TEXT && q->fields == 1u << F_SUBJECT && !q->prefix;
	struct query *self;

	if (!is_plain(q) && !subject)
		return;
	if (ask(x, q->text, q->fields) && (self = made(x, QUERY_TEXT, SLICE_NULL)) != NULL) {
		*self = *q;
		widen(x, q, self);
	}
}

/* Words beside each other from ${q} on that make a label: they become one node. The longest row wins. */
static bool row(struct expanding *x, struct query *q)
{
	struct query *end[ROW_MAX], *self, *kid, *k = q;
	size_t n = 0;

	for (; k != NULL && n < ROW_MAX && is_plain(k); k = k->next)
		end[n++] = k;
	for (; n > 1; n--) {
		struct slice span = slice_of(q->text.p, (size_t)(end[n - 1]->text.p + end[n - 1]->text.n - q->text.p));

		if (end[n - 1]->text.p < q->text.p || span.n > LABEL_MAX || !ask(x, span, F_ALL))
			continue;
		/* (and a b) or the others; what follows stays beside. */
		self = made(x, QUERY_AND, SLICE_NULL);
		kid = made(x, QUERY_TEXT, SLICE_NULL);
		if (self == NULL || kid == NULL)
			return false;
		*kid = *q;
		k = end[n - 1]->next;
		end[n - 1]->next = NULL;
		self->kid = kid;
		q->next = k;
		widen(x, q, self);
		return true;
	}
	return false;
}

static void expand(struct expanding *x, struct query *q)
{
	struct query *k;

	if (q->op == QUERY_NOT)
		return;
	if (q->op != QUERY_AND && q->op != QUERY_OR) {
		one(x, q);
		return;
	}
	for (k = q->kid; k != NULL && x->s->t.st == ST_OK; k = k->next)
		if (q->op != QUERY_AND || !row(x, k))
			expand(x, k);
}

st_t expand_query(struct sctx *s, struct query *q, const struct search_expander *by, char **told)
{
	struct buf text = BUF_INIT((size_t)1 << 20);
	struct expanding x = { .s = s, .by = by, .told = &text };

	*told = NULL;
	buf_init(&x.also, 65536);
	expand(&x, q);
	buf_release(&x.also);
	if (text.n > 0 && text.st == ST_OK) {
		struct buf all = BUF_INIT((size_t)1 << 20);

		buf_addc(&all, '[');
		buf_addsl(&all, buf_slice(&text));
		buf_addc(&all, ']');
		*told = all.st == ST_OK ? buf_take(&all, NULL) : NULL;
		buf_release(&all);
	}
	buf_release(&text);
	return s->t.st;
}
