/* Reading: expressions of a mapping over one record. Nothing is copied that can be borrowed; the rest lives in the rendering's scratch memory. */

#include <inttypes.h>
#include <math.h>

#include "schema/map_int.h"

#include "base/clock.h"
#include "base/hash.h"

bool slice_blank(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != ' ' && s.p[i] != '\t' && s.p[i] != '\n' && s.p[i] != '\r')
			return false;
	return true;
}

struct val val_of_text(struct slice s)
{
	return (struct val){ s.n ? VAL_TEXT : VAL_NONE, false, s, NULL };
}

struct val val_of_node(const json_t *n)
{
	return (struct val){ n && !json_is_null(n) ? VAL_NODE : VAL_NONE, false, SLICE_NULL, n };
}

static struct val val_of_bool(bool b)
{
	return (struct val){ VAL_BOOL, b, SLICE_NULL, NULL };
}

char *render_scratch(struct render *r, size_t n)
{
	struct scratch *big = NULL;
	char *p = NULL;

	if (n <= RENDER_SCRATCH - r->used) {
		p = r->room + r->used;
		r->used += n;
		return p;
	}
	big = malloc(sizeof(*big) + n);
	if (!big) {
		r->st = ST_NOMEM;
		return NULL;
	}
	big->next = r->more;
	r->more = big;
	return (char *)(big + 1);
}

bool render_push(struct render *r, struct val v)
{
	if (r->depth == RENDER_DEPTH) {
		r->st = ST_INTERNAL;
		return false;
	}
	r->ctx[r->depth++] = v;
	return true;
}

static struct val number_text(struct render *r, const char *fmt, double d)
{
	char *p = render_scratch(r, 40);
	struct val v = { VAL_NONE, false, SLICE_NULL, NULL };

	if (!p || !isfinite(d))
		return v;
	v.s = slice_of(p, (size_t)snprintf(p, 40, fmt, d));
	if (!strcmp(fmt, "%.15g") && strtod(p, NULL) != d)
		v.s.n = (size_t)snprintf(p, 40, "%.17g", d);
	v.k = VAL_NUMBER;
	return v;
}

static struct val count_text(struct render *r, uint64_t n)
{
	char *p = render_scratch(r, 24);
	struct val v = { VAL_NUMBER, false, SLICE_NULL, NULL };

	if (!p)
		return val_of_node(NULL);
	v.s = slice_of(p, (size_t)snprintf(p, 24, "%" PRIu64, n));
	return v;
}

struct slice val_text(struct render *r, struct val v)
{
	char *p = NULL;

	if (v.k == VAL_TEXT || v.k == VAL_NUMBER)
		return v.s;
	if (v.k == VAL_BOOL)
		return v.b ? SLICE("true") : SLICE("false");
	if (v.k != VAL_NODE)
		return SLICE_NULL;
	switch (json_typeof(v.node)) {
	case JSON_STRING:
		return slice_of(json_string_value(v.node), json_string_length(v.node));
	case JSON_INTEGER:
		p = render_scratch(r, 24);
		return p ? slice_of(p, (size_t)snprintf(p, 24, "%" JSON_INTEGER_FORMAT, json_integer_value(v.node))) : SLICE_NULL;
	case JSON_REAL:
		return number_text(r, "%.15g", json_real_value(v.node)).s;
	case JSON_TRUE:
		return SLICE("true");
	case JSON_FALSE:
		return SLICE("false");
	default:
		return SLICE_NULL;
	}
}

static struct val variable(struct render *r, enum map_var var)
{
	const struct record_view *v = r->v;

	switch (var) {
	case VAR_BASE:
		return val_of_text(SLICE("\x01"));
	case VAR_OAI:
		return val_of_text(SLICE("\x02"));
	case VAR_ID:
		return val_of_text(slice_str(v->id));
	case VAR_PARENT:
		return val_of_text(slice_str(v->parent));
	case VAR_VERSION:
		return count_text(r, v->version);
	case VAR_REVISION:
		return count_text(r, v->revision);
	case VAR_STATE:
		return val_of_text(slice_str(v->state));
	case VAR_CREATED:
		return v->created > 0 ? count_text(r, (uint64_t)v->created) : val_of_node(NULL);
	case VAR_MODIFIED:
		return v->modified > 0 ? count_text(r, (uint64_t)v->modified) : val_of_node(NULL);
	case VAR_PUBLISHED:
		return v->published > 0 ? count_text(r, (uint64_t)v->published) : val_of_node(NULL);
	case VAR_FILES:
		return val_of_node(v->files);
	case VAR_FILES_TOTAL:
		return count_text(r, v->files_total);
	case VAR_BYTES_TOTAL:
		return count_text(r, v->bytes_total);
	case VAR_FACTS:
		return val_of_node(v->facts);
	case VAR_FILES_OPEN:
		return val_of_bool(v->files_open);
	default:
		return val_of_node(NULL);
	}
}

static bool holds(struct render *r, const struct expr *pred, const json_t *item)
{
	bool yes = false;

	if (!render_push(r, val_of_node(item)))
		return false;
	yes = expr_true(r, pred);
	r->depth--;
	return yes;
}

/* The value of one step: the member, and of an array the item asked for. ${items}: leave the array to the caller. */
static const json_t *walk(struct render *r, const json_t *from, const struct step *st, bool items)
{
	const json_t *n = *st->key ? json_object_get(from, st->key) : from;

	if (!n || items)
		return n;
	if (st->index >= 0)
		return json_is_array(n) ? json_array_get(n, (size_t)st->index) : st->index ? NULL : n;
	if (!st->pred)
		return n;
	if (!json_is_array(n))
		return holds(r, st->pred, n) ? n : NULL;
	for (size_t i = 0; i < json_array_size(n); i++)
		if (holds(r, st->pred, json_array_get(n, i)))
			return json_array_get(n, i);
	return NULL;
}

static struct val start_of(struct render *r, const struct expr *x)
{
	if (x->op == EX_VAR)
		return variable(r, x->var);
	if (x->op == EX_CALL)
		return x->fn(r, x);
	if (x->root)
		return val_of_node(r->v->doc);
	return x->up < r->depth ? r->ctx[r->depth - 1 - x->up] : val_of_node(NULL);
}

static struct val eval_path(struct render *r, const struct expr *x, bool items, const struct expr **pred)
{
	struct val v = start_of(r, x);
	const json_t *n = v.node;

	if (!x->n_steps)
		return v;
	if (v.k != VAL_NODE)
		return val_of_node(NULL);
	for (unsigned i = 0; n && i < x->n_steps; i++) {
		bool last = items && i + 1 == x->n_steps && x->steps[i].index < 0;

		n = walk(r, n, &x->steps[i], last);
		if (last)
			*pred = x->steps[i].pred;
	}
	return val_of_node(n);
}

struct val expr_items(struct render *r, const struct expr *x, const struct expr **pred, const json_t **parent)
{
	*pred = NULL;
	*parent = NULL;
	return eval_path(r, x, true, pred);
}

static struct val eval_cat(struct render *r, const struct expr *x)
{
	struct slice part[16];
	size_t n = 0;
	char *p = NULL;

	for (unsigned i = 0; i < x->n && i < 16; i++) {
		part[i] = expr_text(r, x->arg[i]);
		if (!part[i].n)
			return val_of_node(NULL);
		n += part[i].n;
	}
	p = render_scratch(r, n);
	if (!p)
		return val_of_node(NULL);
	for (unsigned i = 0; i < x->n && i < 16; i++) {
		memcpy(p, part[i].p, part[i].n);
		p += part[i].n;
	}
	return val_of_text(slice_of(p - n, n));
}

static bool val_true(struct render *r, struct val v)
{
	switch (v.k) {
	case VAL_NONE:
		return false;
	case VAL_BOOL:
		return v.b;
	case VAL_NUMBER:
		return true;
	case VAL_TEXT:
		return !slice_blank(v.s);
	default:
		break;
	}
	switch (json_typeof(v.node)) {
	case JSON_STRING:
		return !slice_blank(json_slice(v.node));
	case JSON_ARRAY:
		return json_array_size(v.node) > 0;
	case JSON_OBJECT:
		return json_object_size(v.node) > 0;
	case JSON_FALSE:
	case JSON_NULL:
		return false;
	default:
		return true;
	}
}

bool expr_true(struct render *r, const struct expr *x)
{
	return val_true(r, expr_eval(r, x));
}

static bool is_in(struct render *r, const struct expr *x)
{
	struct slice s = val_text(r, expr_eval(r, x->arg[0]));

	for (unsigned i = 1; i < x->n; i++)
		if (slice_eq(s, x->arg[i]->op == EX_LIT ? x->arg[i]->lit : val_text(r, expr_eval(r, x->arg[i]))))
			return true;
	return false;
}

struct val expr_eval(struct render *r, const struct expr *x)
{
	struct val v = { VAL_NONE, false, SLICE_NULL, NULL };

	switch (x->op) {
	case EX_LIT:
		return val_of_text(x->lit);
	case EX_NUM:
		return (struct val){ VAL_NUMBER, false, x->lit, NULL };
	case EX_PATH:
	case EX_VAR:
	case EX_CALL:
		return eval_path(r, x, false, NULL);
	case EX_TABLE:
		return val_of_text(table_get(x->table, expr_text(r, x->arg[0])));
	case EX_CAT:
		return eval_cat(r, x);
	case EX_OR:
		for (unsigned i = 0; i < x->n; i++) {
			v = expr_eval(r, x->arg[i]);
			if (v.k == VAL_BOOL || val_true(r, v))
				return v;
		}
		return val_of_node(NULL);
	case EX_EQ:
	case EX_NE:
		return val_of_bool(slice_eq(val_text(r, expr_eval(r, x->arg[0])), val_text(r, expr_eval(r, x->arg[1]))) == (x->op == EX_EQ));
	case EX_IN:
		return val_of_bool(is_in(r, x));
	case EX_BOTH:
		for (unsigned i = 0; i < x->n; i++)
			if (!expr_true(r, x->arg[i]))
				return val_of_bool(false);
		return val_of_bool(true);
	case EX_EITHER:
		for (unsigned i = 0; i < x->n; i++)
			if (expr_true(r, x->arg[i]))
				return val_of_bool(true);
		return val_of_bool(false);
	case EX_NOT:
		return val_of_bool(!expr_true(r, x->arg[0]));
	}
	return v;
}

struct slice expr_text(struct render *r, const struct expr *x)
{
	struct slice s = val_text(r, expr_eval(r, x));

	if (x->op == EX_LIT)
		return s;
	return slice_blank(s) ? SLICE_NULL : s;
}

/* ---- tables ---- */

bool table_init(struct table *t, struct arena *a, const char *name, size_t n)
{
	size_t size = 8;

	while (size < n * 2)
		size *= 2;
	memset(t, 0, sizeof(*t));
	t->name = name;
	t->key = arena_alloc(a, size * sizeof(struct slice));
	t->value = arena_alloc(a, size * sizeof(struct slice));
	t->size = size;
	return name && t->key && t->value;
}

/* The first line for a key counts; one table is made for at most as many keys as it was given room for. */
st_t table_put(struct table *t, struct slice key, struct slice value)
{
	size_t i = hash64(key.p, key.n, 0) & (t->size - 1);

	if (t->n * 2 >= t->size)
		return ST_TOOBIG;
	for (; t->key[i].p; i = (i + 1) & (t->size - 1))
		if (slice_eq(t->key[i], key))
			return ST_OK;
	t->key[i] = key;
	t->value[i] = value;
	t->n++;
	return ST_OK;
}

struct slice table_get(const struct table *t, struct slice key)
{
	size_t i = 0;

	if (!key.n)
		return SLICE_NULL;
	for (i = hash64(key.p, key.n, 0) & (t->size - 1); t->key[i].p; i = (i + 1) & (t->size - 1))
		if (slice_eq(t->key[i], key))
			return t->value[i];
	return t->other;
}
