/*
 * Writing: a mapping is run over one record and its output goes straight into the buffer, without a tree in between. What turns
 * out empty is taken back: every element, object and list notes where it began, and the buffer is cut there when nothing came of it.
 * So no empty element ever leaves this file, and a missing mandatory part removes exactly what it is mandatory for.
 */

#include "schema/map_int.h"

#include "base/hash.h"
#include "base/map.h"
#include "base/xml.h"

#define ONCE_FEW 32

/* Where a container began, to come back to. */
struct mark { size_t n; bool tag_open, comma; };

static bool run(struct render *r, const struct stmt *st);

static struct mark here(const struct render *r)
{
	return (struct mark){ r->out->n, r->tag_open, r->comma };
}

static void back(struct render *r, struct mark m)
{
	if (r->out->st == ST_OK && r->out->p) {
		r->out->n = m.n;
		r->out->p[m.n] = '\0';
	}
	r->tag_open = m.tag_open;
	r->comma = m.comma;
}

static void put(struct render *r, struct slice s)
{
	buf_add(r->out, s.p, s.n);
}

static void close_tag(struct render *r)
{
	if (r->tag_open)
		buf_addc(r->out, '>');
	r->tag_open = false;
}

/* ---- text ---- */

static bool forbidden_at(struct slice s, size_t i)
{
	unsigned char c = (unsigned char)s.p[i];

	if (c < 0x20)
		return c != '\t' && c != '\n' && c != '\r';
	return c == 0xEF && i + 2 < s.n && (unsigned char)s.p[i + 1] == 0xBF && ((unsigned char)s.p[i + 2] & 0xFE) == 0xBE;
}

/* Without the characters that XML 1.0 forbids: they leave every format, JSON too (crosswalk, rule 1). */
static struct slice cleaned(struct render *r, struct slice s)
{
	size_t i = 0, n = 0;
	char *p = NULL;

	while (i < s.n && !forbidden_at(s, i))
		i++;
	if (i == s.n)
		return s;
	p = render_scratch(r, s.n);
	if (!p)
		return SLICE_NULL;
	for (i = 0; i < s.n; i++) {
		if (!forbidden_at(s, i))
			p[n++] = s.p[i];
		else if ((unsigned char)s.p[i] == 0xEF)
			i += 2;
	}
	return slice_of(p, n);
}

/* Into a JSON string that is open already. */
static void put_json(struct render *r, struct slice s)
{
	size_t at = r->out->n;

	json_quote(r->out, s);
	if (r->out->st != ST_OK)
		return;
	memmove(r->out->p + at, r->out->p + at + 1, r->out->n - at - 1);
	r->out->n -= 2;
	r->out->p[r->out->n] = '\0';
}

enum place { IN_TEXT, IN_ATTR, IN_STRING };

static void put_text(struct render *r, struct slice s, enum place place)
{
	if (place == IN_STRING)
		put_json(r, cleaned(r, s));
	else if (r->kind == MAP_TEXT)
		put(r, cleaned(r, s));
	else if (place == IN_ATTR)
		xml_escape_attr(r->out, s);
	else
		xml_escape_text(r->out, s);
}

/* Write ${x} as text; false and nothing written when it, or a part of a sum, is empty. */
static bool emit(struct render *r, const struct expr *x, enum place place)
{
	size_t n = r->out->n;
	struct slice s;

	switch (x->op) {
	case EX_VAR:
		if (!x->marks)
			break;
		buf_addc(r->out, x->var == VAR_BASE ? MARK_BASE : MARK_OAI);
		return true;
	case EX_CAT:
		for (unsigned i = 0; i < x->n; i++)
			if (!emit(r, x->arg[i], place)) {
				back(r, (struct mark){ n, r->tag_open, r->comma });
				return false;
			}
		return true;
	case EX_OR:
		for (unsigned i = 0; i < x->n; i++)
			if (emit(r, x->arg[i], place))
				return true;
		return false;
	case EX_LIT:
		if (r->kind == MAP_TEXT)
			put(r, x->lit);
		else
			put_text(r, x->lit, place);
		return x->lit.n > 0;
	default:
		break;
	}
	s = expr_text(r, x);
	if (!s.n)
		return false;
	put_text(r, s, place);
	if (r->out->n == n)
		return false;
	r->facts++;
	return true;
}

/* ---- JSON values ---- */

static void put_raw(struct render *r, const json_t *n)
{
	const char *key = NULL;
	json_t *value = NULL;
	size_t i = 0;

	switch (json_typeof(n)) {
	case JSON_OBJECT:
		buf_addc(r->out, '{');
		json_object_foreach((json_t *)n, key, value) {
			if (i++)
				buf_addc(r->out, ',');
			json_quote(r->out, slice_str(key));
			buf_addc(r->out, ':');
			put_raw(r, value);
		}
		buf_addc(r->out, '}');
		break;
	case JSON_ARRAY:
		buf_addc(r->out, '[');
		for (i = 0; i < json_array_size(n); i++) {
			if (i)
				buf_addc(r->out, ',');
			put_raw(r, json_array_get(n, i));
		}
		buf_addc(r->out, ']');
		break;
	case JSON_STRING:
		json_quote(r->out, json_slice(n));
		break;
	case JSON_NULL:
		buf_adds(r->out, "null");
		break;
	default:
		put(r, val_text(r, val_of_node(n)));
		break;
	}
}

static bool put_string(struct render *r, const struct expr *x)
{
	size_t n = r->out->n;

	buf_addc(r->out, '"');
	if (!emit(r, x, IN_STRING) || r->out->n == n + 1) {
		back(r, (struct mark){ n, r->tag_open, r->comma });
		return false;
	}
	buf_addc(r->out, '"');
	return true;
}

static bool put_value(struct render *r, const struct expr *x)
{
	struct val v;
	struct slice s;

	if (x->op == EX_CAT || x->op == EX_LIT || (x->op == EX_VAR && x->marks))
		return put_string(r, x);
	if (x->op == EX_OR) {
		for (unsigned i = 0; i < x->n; i++)
			if (put_value(r, x->arg[i]))
				return true;
		return false;
	}
	v = expr_eval(r, x);
	if (v.k == VAL_RAW) {
		put_raw(r, v.node);
	} else if (v.k == VAL_NUMBER || v.k == VAL_BOOL || (v.k == VAL_NODE && !json_is_string(v.node))) {
		s = val_text(r, v);
		if (!s.n)
			return false;
		put(r, s);
	} else {
		s = cleaned(r, val_text(r, v));
		if (slice_blank(s))
			return false;
		json_quote(r->out, s);
	}
	r->facts += x->op != EX_NUM;
	return true;
}

static void comma(struct render *r)
{
	if (r->comma)
		buf_addc(r->out, ',');
}

/* ---- statements ---- */

/* Runs them all; true when anything was written. Stops at the first mandatory one that wrote nothing. */
static bool run_all(struct render *r, struct stmt *const *kid, unsigned n)
{
	bool any = false;

	for (unsigned i = 0; i < n && !r->missing; i++)
		any |= run(r, kid[i]);
	return any;
}

/* A mandatory part was missing inside: the container goes, and only it. */
static bool spoiled(struct render *r, struct mark m, uint64_t facts)
{
	if (!r->missing)
		return false;
	r->missing = false;
	r->facts = facts;
	back(r, m);
	return true;
}

static bool only_blanks(const struct render *r, size_t from)
{
	return slice_blank(slice_of(r->out->p + from, r->out->n - from));
}

static bool do_elem(struct render *r, const struct stmt *st)
{
	struct mark m = here(r);
	uint64_t facts = r->facts;
	size_t inside = 0;

	close_tag(r);
	put(r, st->open);
	inside = r->out->n;
	r->tag_open = true;
	run_all(r, st->kid, st->n_kids);
	if (spoiled(r, m, facts) || r->out->st != ST_OK)
		return false;
	if (r->tag_open) {			/* no content */
		if (!st->hollow || r->facts == facts || r->out->n == inside) {
			back(r, m);
			return false;
		}
		buf_adds(r->out, "/>");
		r->tag_open = false;
		return true;
	}
	put(r, st->close);
	return true;
}

static bool do_attr(struct render *r, const struct stmt *st)
{
	size_t n = r->out->n;
	bool some = false;

	if (!r->tag_open)
		return false;			/* content came first: the mapping is wrong, the output must not be */
	put(r, st->open);
	some = emit(r, st->e, IN_ATTR);
	if (!some)
		back(r, (struct mark){ n, true, r->comma });
	else
		put(r, st->close);
	return some;
}

static bool do_text(struct render *r, const struct stmt *st)
{
	struct mark m = here(r);
	size_t from = 0;

	if (r->kind == MAP_XML)
		close_tag(r);
	from = r->out->n;
	if (!emit(r, st->e, IN_TEXT) || (r->kind == MAP_XML && only_blanks(r, from))) {
		back(r, m);
		return false;
	}
	return true;
}

static bool do_member(struct render *r, const struct stmt *st)
{
	struct mark m = here(r);

	comma(r);
	put(r, st->open);
	if (!put_value(r, st->e)) {
		back(r, m);
		return false;
	}
	r->comma = true;
	return true;
}

static bool do_container(struct render *r, const struct stmt *st)
{
	bool list = st->op == DO_LIST || st->op == DO_ITEM_LIST, any = false;
	struct mark m = here(r);
	uint64_t facts = r->facts;

	comma(r);
	put(r, st->open);
	buf_addc(r->out, list ? '[' : '{');
	r->comma = false;
	any = run_all(r, st->kid, st->n_kids);
	if (spoiled(r, m, facts))
		return false;
	if (!any || (!list && !st->hollow && r->facts == facts)) {
		back(r, m);
		return false;
	}
	buf_addc(r->out, list ? ']' : '}');
	r->comma = true;
	return true;
}

/* The keys a loop has seen: a few in place, many in a table. */
struct seen { struct slice few[ONCE_FEW]; unsigned n; struct map *many; };

static bool seen_before(struct render *r, struct seen *s, struct slice key)
{
	if (s->many) {
		if (map_has(s->many, key))
			return true;
		if (map_put(s->many, key, NULL, NULL) != ST_OK)
			r->st = ST_NOMEM;
		return false;
	}
	for (unsigned i = 0; i < s->n; i++)
		if (slice_eq(s->few[i], key))
			return true;
	if (s->n < ONCE_FEW) {
		s->few[s->n++] = key;
		return false;
	}
	s->many = map_new();
	for (unsigned i = 0; s->many && i < s->n; i++)
		if (map_put(s->many, s->few[i], NULL, NULL) != ST_OK)
			r->st = ST_NOMEM;
	if (!s->many || map_put(s->many, key, NULL, NULL) != ST_OK)
		r->st = ST_NOMEM;
	return false;
}

static bool each_item(struct render *r, const struct stmt *st, const struct expr *pred, const json_t *item, struct seen *seen)
{
	bool any = false;

	if (!item || json_is_null(item) || !render_push(r, val_of_node(item)))
		return false;
	if ((!pred || expr_true(r, pred)) && !(seen && seen_before(r, seen, expr_text(r, st->once))))
		any = run_all(r, st->kid, st->n_kids);
	r->depth--;
	return any;
}

static bool do_each(struct render *r, const struct stmt *st)
{
	const struct expr *pred = NULL;
	const json_t *parent = NULL;
	struct val v = expr_items(r, st->e, &pred, &parent);
	struct seen seen;
	bool any = false;

	if (v.k != VAL_NODE)
		return false;
	seen.n = 0;
	seen.many = NULL;
	if (!json_is_array(v.node))
		any = each_item(r, st, pred, v.node, NULL);
	else
		for (size_t i = 0; i < json_array_size(v.node) && !r->missing && r->st == ST_OK; i++)
			any |= each_item(r, st, pred, json_array_get(v.node, i), st->once ? &seen : NULL);
	if (seen.many)
		map_free(seen.many, NULL);
	return any;
}

static bool do_with(struct render *r, const struct stmt *st)
{
	struct val v = expr_eval(r, st->e);
	bool any = false;

	if (v.k == VAL_NONE || !render_push(r, v))
		return false;
	any = run_all(r, st->kid, st->n_kids);
	r->depth--;
	return any;
}

static bool do_first(struct render *r, const struct stmt *st)
{
	for (unsigned i = 0; i < st->n_kids && !r->missing; i++)
		if (run(r, st->kid[i]))
			return true;
	return false;
}

static bool is_except(const struct stmt *st, const char *key)
{
	for (unsigned i = 0; i < st->n_except; i++)
		if (slice_eq_str(st->except[i], key))
			return true;
	return false;
}

static bool do_copy(struct render *r, const struct stmt *st)
{
	struct val v = expr_eval(r, st->e);
	const char *key = NULL;
	json_t *value = NULL;
	bool any = false;

	if (v.k != VAL_NODE || !json_is_object(v.node))
		return false;
	json_object_foreach((json_t *)v.node, key, value) {
		if (is_except(st, key))
			continue;
		comma(r);
		json_quote(r->out, slice_str(key));
		buf_addc(r->out, ':');
		put_raw(r, value);
		r->comma = any = true;
		r->facts++;
	}
	return any;
}

static bool run_op(struct render *r, const struct stmt *st)
{
	switch (st->op) {
	case DO_ELEM:
		return do_elem(r, st);
	case DO_ATTR:
		return do_attr(r, st);
	case DO_TEXT:
		return do_text(r, st);
	case DO_MEMBER:
		return do_member(r, st);
	case DO_ITEM:
		return do_member(r, st);
	case DO_OBJECT:
	case DO_LIST:
	case DO_ITEM_OBJECT:
	case DO_ITEM_LIST:
		return do_container(r, st);
	case DO_EACH:
		return do_each(r, st);
	case DO_WITH:
		return do_with(r, st);
	case DO_IF:
		return expr_true(r, st->e) ? run_all(r, st->kid, st->n_kids) : run_all(r, st->other, st->n_other);
	case DO_FIRST:
		return do_first(r, st);
	case DO_BLOCK:
		return run_all(r, st->kid, st->n_kids);
	case DO_COPY:
		return do_copy(r, st);
	}
	return false;
}

static bool run(struct render *r, const struct stmt *st)
{
	bool any = run_op(r, st);

	if (!any && st->must && !r->missing) {
		r->missing = true;
		r->which = st;
	}
	return any;
}

static st_t outcome(struct render *r, const struct format *f, bool any, struct err *e)
{
	if (r->out->st != ST_OK)
		return err_set(e, r->out->st, "%s: rendition too large", f->name);
	if (r->st != ST_OK)
		return err_set(e, r->st, "%s: rendering failed", f->name);
	if (r->missing)
		return err_set(e, ST_UNSUPPORTED, "%s: the record has no %.*s", f->name, r->which->name.n ? (int)r->which->name.n : 13,
		    r->which->name.n ? r->which->name.p : "required part");
	if (!any)
		return err_set(e, ST_UNSUPPORTED, "%s: nothing of the record can be expressed", f->name);
	return ST_OK;
}

st_t xwalk_write(const struct schema *s, const struct format *f, const struct record_view *v, struct buf *out, struct err *e)
{
	const struct map_code *code = f->map;
	struct render r;
	struct scratch *next = NULL;
	struct mark m;
	bool any = false;
	st_t st = ST_OK;

	memset(&r, 0, offsetof(struct render, room));
	r.s = s;
	r.v = v;
	r.kind = code->kind;
	r.out = out;
	r.used = 0;
	r.more = NULL;
	m = here(&r);
	render_push(&r, val_of_node(v->doc));
	if (code->kind == MAP_JSON)
		buf_addc(out, '{');
	any = run(&r, code->root);
	if (code->kind == MAP_JSON)
		buf_addc(out, '}');
	st = outcome(&r, f, any, e);
	if (st != ST_OK)
		back(&r, m);
	for (; r.more; r.more = next) {
		next = r.more->next;
		free(r.more);
	}
	return st;
}
