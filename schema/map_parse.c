/*
 * Reader of mapping files: lines, indented by tabs, into the tree of map_int.h. The language is described in
 * docs/formats/crosswalk.md. Only files that ship with the program are read here, at start; errors name file and line.
 */

#include "schema/map_int.h"

#include "base/fs.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "base/xml.h"

#define MAP_FILE_MAX ((size_t)1 << 20)
#define MAP_NEST_MAX 30

struct line { struct slice s; unsigned indent, no; };
struct def { struct slice name; struct stmt *block; struct def *next; };
struct known { struct table t; struct known *next; };

struct reader {
	struct arena *a;
	const struct schema *s;
	const char *dir, *file;
	struct err *e;
	struct format *f;
	struct map_code *code;
	VEC(struct line) lines;
	size_t at;			/* next line */
	unsigned no;			/* line being read, for errors */
	const char *p, *end;		/* rest of it */
	unsigned nest;
	struct def *defs;
	struct known *tables;
};

static struct expr *read_expr(struct reader *r);
static st_t read_block(struct reader *r, unsigned indent, struct stmt ***kids, unsigned *n);

static st_t fail(struct reader *r, const char *what)
{
	return err_set(r->e, ST_INVALID, "%s:%u: %s", r->file, r->no, what);
}

static void *fail_null(struct reader *r, const char *what)
{
	fail(r, what);
	return NULL;
}

static void *take(struct reader *r, size_t n)
{
	void *p = arena_alloc(r->a, n ? n : 1);

	if (!p)
		err_set(r->e, ST_NOMEM, "out of memory");
	return p;
}

static struct slice keep(struct reader *r, struct slice s)
{
	char *p = arena_dup(r->a, s.p ? s.p : "", s.n);

	return p ? slice_of(p, s.n) : SLICE_NULL;
}

/* ---- characters of a line ---- */

static void blanks(struct reader *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\t'))
		r->p++;
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80);
}

static bool look(struct reader *r, const char *sign)
{
	size_t n = strlen(sign);

	blanks(r);
	return (size_t)(r->end - r->p) >= n && !memcmp(r->p, sign, n);
}

static bool eat(struct reader *r, const char *sign)
{
	if (!look(r, sign))
		return false;
	r->p += strlen(sign);
	return true;
}

/* A whole word, not the beginning of a longer one. */
static bool eat_word(struct reader *r, const char *word)
{
	size_t n = strlen(word);

	if (!look(r, word) || ((size_t)(r->end - r->p) > n && (is_word(r->p[n]) || r->p[n] == '-')))
		return false;
	r->p += n;
	return true;
}

static struct slice word(struct reader *r, const char *also)
{
	const char *from = NULL;

	blanks(r);
	from = r->p;
	while (r->p < r->end && (is_word(*r->p) || strchr(also, *r->p)))
		r->p++;
	return slice_of(from, (size_t)(r->p - from));
}

/* "text" with \" \\ \n \t. */
static bool quoted(struct reader *r, struct slice *out)
{
	char *to = NULL;
	size_t n = 0;

	to = take(r, (size_t)(r->end - r->p) + 1);
	if (!to)
		return false;
	for (r->p++; r->p < r->end && *r->p != '"'; r->p++) {
		char c = *r->p;

		if (c == '\\' && r->p + 1 < r->end) {
			c = *++r->p;
			c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
		}
		to[n++] = c;
	}
	if (r->p == r->end)
		return fail_null(r, "text without its closing quote") != NULL;
	r->p++;
	*out = slice_of(to, n);
	return true;
}

/* ---- expressions ---- */

static struct expr *new_expr(struct reader *r, enum ex_op op)
{
	struct expr *x = take(r, sizeof(*x));

	if (x)
		x->op = op;
	return x;
}

static bool add_arg(struct reader *r, struct expr *x, struct expr *arg)
{
	struct expr **more = NULL;

	if (!arg)
		return false;
	more = take(r, (x->n + 1) * sizeof(*more));
	if (!more)
		return false;
	if (x->n)
		memcpy(more, x->arg, x->n * sizeof(*more));
	more[x->n++] = arg;
	x->arg = more;
	x->marks |= arg->marks;
	return true;
}

static bool read_pred(struct reader *r, struct step *st)
{
	uint64_t i = 0;
	struct slice digits;

	blanks(r);
	if (r->p < r->end && *r->p >= '0' && *r->p <= '9') {
		digits = word(r, "");
		if (!slice_u64(digits, 100000, &i))
			return fail_null(r, "bad index") != NULL;
		st->index = (long)i;
	} else {
		st->pred = read_expr(r);
		if (!st->pred)
			return false;
		if (st->pred->marks)
			return fail_null(r, "$base and $oai may only be written") != NULL;
	}
	return eat(r, "]") || fail_null(r, "expected ]");
}

/* name[...].name[...] */
static bool read_steps(struct reader *r, struct expr *x)
{
	VEC(struct step) steps = VEC_INIT;
	bool ok = false;

	do {
		struct step st = { NULL, NULL, -1 };
		struct slice name;

		if (r->p < r->end && *r->p == '"') {
			if (!quoted(r, &name))
				goto out;
		} else {
			name = word(r, "");
		}
		if (!name.n && (x->op == EX_PATH || steps.n)) {
			fail(r, "expected the name of a member");
			goto out;
		}
		st.key = keep(r, name).p;
		if (r->p < r->end && *r->p == '[') {
			r->p++;
			if (!read_pred(r, &st))
				goto out;
		}
		if (!st.key || VEC_PUSH(&steps, st) != ST_OK)
			goto out;
	} while (r->p + 1 < r->end && *r->p == '.' && (is_word(r->p[1]) || r->p[1] == '"') && r->p++);
	x->steps = take(r, steps.n * sizeof(struct step));
	if (!x->steps)
		goto out;
	memcpy(x->steps, steps.v, steps.n * sizeof(struct step));
	x->n_steps = (unsigned)steps.n;
	ok = true;
out:
	VEC_RELEASE(&steps);
	return ok;
}

static const char *const var_names[VAR_COUNT] = { "base", "oai", "id", "parent", "version", "revision", "state", "created", "modified",
	"published", "files", "files_total", "bytes_total", "facts", "files_open" };

static struct expr *read_var(struct reader *r)
{
	struct expr *x = new_expr(r, EX_VAR);
	struct slice name;
	unsigned i = 0;

	r->p++;
	name = word(r, "");
	while (i < VAR_COUNT && !slice_eq_str(name, var_names[i]))
		i++;
	if (i == VAR_COUNT)
		return fail_null(r, "no such $name");
	if (!x)
		return NULL;
	x->var = (enum map_var)i;
	x->marks = i == VAR_BASE || i == VAR_OAI;
	if (r->p < r->end && *r->p == '[')		/* $files[...]: a step without a name */
		return read_steps(r, x) ? x : NULL;
	if (r->p + 1 < r->end && *r->p == '.' && is_word(r->p[1])) {
		r->p++;
		return read_steps(r, x) ? x : NULL;
	}
	return x;
}

static struct expr *read_path(struct reader *r)
{
	struct expr *x = new_expr(r, EX_PATH);

	if (!x)
		return NULL;
	if (*r->p == '/') {
		x->root = true;
		r->p++;
	}
	for (; r->p < r->end && *r->p == '^'; r->p++)
		x->up++;
	if (r->p < r->end && *r->p == '.' && !x->root) {
		r->p++;
		if (r->p == r->end || !is_word(*r->p))
			return x;
	}
	if ((x->root || x->up) && (r->p == r->end || !is_word(*r->p)))
		return x;
	return read_steps(r, x) ? x : NULL;
}

static struct known *find_table(struct reader *r, struct slice name)
{
	struct known *k = r->tables;

	while (k && !slice_eq_str(name, k->t.name))
		k = k->next;
	return k;
}

static const struct table *vocab_table(struct reader *r, struct slice vocab, struct slice from, struct slice to)
{
	char *name = arena_printf(r->a, "%.*s.%.*s.%.*s", (int)vocab.n, vocab.p, (int)from.n, from.p, (int)to.n, to.p);
	struct known *k = name ? find_table(r, slice_str(name)) : NULL;
	const struct vocab *v = schema_vocab(r->s, keep(r, vocab).p);
	const char *c_from = keep(r, from).p, *c_to = keep(r, to).p;
	bool any = false;

	if (k)
		return &k->t;
	if (!v)
		return fail_null(r, "no such vocabulary");
	k = take(r, sizeof(*k));
	if (!k || !table_init(&k->t, r->a, name, vocab_count(v)))
		return NULL;
	for (size_t i = 0; i < vocab_count(v); i++) {
		const char *key = vocab_get(v, i, c_from), *value = vocab_get(v, i, c_to);

		any |= *key && *value;
		if (*key && *value && table_put(&k->t, slice_str(key), slice_str(value)) != ST_OK)
			return NULL;
	}
	if (!any)
		return fail_null(r, "vocabulary has no such columns");
	k->next = r->tables;
	r->tables = k;
	return &k->t;
}

/* lookup("vocab", value, "column") or lookup("vocab", "key column", value, "column") */
static struct expr *make_lookup(struct reader *r, struct expr *call)
{
	struct expr *x = new_expr(r, EX_TABLE), *value = NULL;
	struct slice from = SLICE("id");

	if (!x)
		return NULL;
	if (call->n < 3 || call->n > 4 || call->arg[0]->op != EX_LIT || call->arg[call->n - 1]->op != EX_LIT)
		return fail_null(r, "lookup(\"vocabulary\", [\"key column\",] value, \"column\")");
	if (call->n == 4) {
		if (call->arg[1]->op != EX_LIT)
			return fail_null(r, "the key column of lookup() must be a text");
		from = call->arg[1]->lit;
	}
	value = call->arg[call->n - 2];
	x->table = vocab_table(r, call->arg[0]->lit, from, call->arg[call->n - 1]->lit);
	return x->table && add_arg(r, x, value) ? x : NULL;
}

static struct expr *read_call(struct reader *r, struct slice name)
{
	struct expr *x = new_expr(r, EX_CALL);
	struct known *k = NULL;
	unsigned min = 0, max = 0;

	if (!x)
		return NULL;
	r->p++;
	while (!eat(r, ")")) {
		if (x->n && !eat(r, ","))
			return fail_null(r, "expected , or )");
		if (!add_arg(r, x, read_expr(r)))
			return NULL;
	}
	if (x->marks)
		return fail_null(r, "$base and $oai may only be written, not looked at");
	if (slice_eq_str(name, "lookup"))
		return make_lookup(r, x);
	k = find_table(r, name);
	if (k) {
		if (x->n != 1)
			return fail_null(r, "a table takes one value");
		x->op = EX_TABLE;
		x->table = &k->t;
		return x;
	}
	x->fn = map_function(name, &min, &max);
	if (!x->fn)
		return fail_null(r, "no such function or table");
	if (x->n < min || x->n > max)
		return fail_null(r, "wrong number of arguments");
	return x;
}

static struct expr *read_primary(struct reader *r)
{
	struct expr *x = NULL;
	const char *from = NULL;
	struct slice name;

	blanks(r);
	if (r->p == r->end)
		return fail_null(r, "expected an expression");
	if (*r->p == '"') {
		x = new_expr(r, EX_LIT);
		return x && quoted(r, &x->lit) ? x : NULL;
	}
	if (*r->p == '$')
		return read_var(r);
	if (eat(r, "(")) {
		x = read_expr(r);
		if (x && !eat(r, ")"))
			return fail_null(r, "expected )");
		return x;
	}
	if (*r->p >= '0' && *r->p <= '9') {
		x = new_expr(r, EX_NUM);
		if (x)
			x->lit = keep(r, word(r, "."));
		return x;
	}
	if (!is_word(*r->p) && !strchr("./^", *r->p))
		return fail_null(r, "unexpected sign in an expression");
	from = r->p;
	name = word(r, "");
	if (name.n && r->p < r->end && *r->p == '(') {
		x = read_call(r, name);
		if (x && x->op == EX_CALL && r->p + 1 < r->end && *r->p == '.' && is_word(r->p[1])) {
			r->p++;
			return read_steps(r, x) ? x : NULL;
		}
		return x;
	}
	r->p = from;
	return read_path(r);
}

/* Left to right: ${sign} joins operands into one node with many arguments. */
static struct expr *read_chain(struct reader *r, enum ex_op op, const char *sign, struct expr *(*operand)(struct reader *))
{
	struct expr *first = operand(r), *x = NULL;
	bool is_name = is_word(*sign);

	while (first && (is_name ? eat_word(r, sign) : eat(r, sign))) {
		if (!x) {
			x = new_expr(r, op);
			if (!x || !add_arg(r, x, first))
				return NULL;
		}
		if (!add_arg(r, x, operand(r)))
			return NULL;
	}
	return x ? x : first;
}

static struct expr *read_cat(struct reader *r) { return read_chain(r, EX_CAT, "+", read_primary); }
static struct expr *read_or(struct reader *r) { return read_chain(r, EX_OR, "|", read_cat); }

static struct expr *read_compare(struct reader *r)
{
	struct expr *left = NULL, *x = NULL;
	enum ex_op op = EX_IN;

	if (eat_word(r, "not")) {
		x = new_expr(r, EX_NOT);
		return x && add_arg(r, x, read_compare(r)) ? x : NULL;
	}
	left = read_or(r);
	if (!left)
		return NULL;
	if (eat(r, "=="))
		op = EX_EQ;
	else if (eat(r, "!="))
		op = EX_NE;
	else if (!eat_word(r, "in"))
		return left;
	x = new_expr(r, op);
	if (!x || !add_arg(r, x, left) || !add_arg(r, x, op == EX_IN ? read_primary(r) : read_or(r)))
		return NULL;
	while (op == EX_IN && look(r, "\""))
		if (!add_arg(r, x, read_primary(r)))
			return NULL;
	if (x->marks)
		return fail_null(r, "$base and $oai may only be written, not compared");
	return x;
}

static struct expr *read_both(struct reader *r) { return read_chain(r, EX_BOTH, "and", read_compare); }

static struct expr *read_expr(struct reader *r)
{
	struct expr *x = NULL;

	if (++r->nest > MAP_NEST_MAX)
		return fail_null(r, "nested too deep");
	x = read_chain(r, EX_EITHER, "or", read_both);
	r->nest--;
	return x;
}

/* ---- statements ---- */

static struct stmt *new_stmt(struct reader *r, enum st_op op)
{
	struct stmt *st = take(r, sizeof(*st));

	if (st) {
		st->op = op;
		st->line = r->no;
	}
	return st;
}

static bool add_kid(struct reader *r, struct stmt *st, struct stmt *kid)
{
	struct stmt **more = kid ? take(r, (st->n_kids + 1) * sizeof(*more)) : NULL;

	if (!more)
		return false;
	if (st->n_kids)
		memcpy(more, st->kid, st->n_kids * sizeof(*more));
	more[st->n_kids++] = kid;
	st->kid = more;
	return true;
}

static struct slice glue(struct reader *r, const char *a, struct slice b, const char *c)
{
	char *p = arena_printf(r->a, "%s%.*s%s", a, (int)b.n, b.p, c);

	return p ? slice_str(p) : SLICE_NULL;
}

static struct stmt *make_attr(struct reader *r, struct slice name, struct expr *x)
{
	struct stmt *at = new_stmt(r, DO_ATTR);

	if (!at || !x)
		return NULL;
	at->name = keep(r, name);
	at->open = glue(r, " ", name, "=\"");
	at->close = SLICE("\"");
	at->e = x;
	return at;
}

/* <name attribute=expression ...> [expression]    or    <name attribute=expression/> */
static struct stmt *read_elem(struct reader *r)
{
	struct stmt *st = new_stmt(r, DO_ELEM), *text = NULL;
	struct slice name = word(r, ":-._");

	if (!st || !name.n)
		return fail_null(r, "expected <name");
	st->name = keep(r, name);
	st->open = glue(r, "<", name, "");
	st->close = glue(r, "</", name, ">");
	for (;;) {
		struct slice an;

		if (eat(r, "/>")) {
			st->hollow = true;
			break;
		}
		if (eat(r, ">"))
			break;
		blanks(r);
		an = word(r, ":-._");
		if (!an.n || !eat(r, "="))
			return fail_null(r, "expected attribute=expression or >");
		if (!add_kid(r, st, make_attr(r, an, read_expr(r))))
			return NULL;
	}
	blanks(r);
	if (r->p == r->end)
		return st;
	text = new_stmt(r, DO_TEXT);
	if (!text)
		return NULL;
	text->e = read_expr(r);
	return text->e && add_kid(r, st, text) ? st : NULL;
}

/* {} [] or an expression, after "key:" or "-". */
static struct stmt *read_value(struct reader *r, enum st_op plain, enum st_op object, enum st_op list)
{
	struct stmt *st = new_stmt(r, plain);

	if (!st)
		return NULL;
	if (eat_word(r, "const"))
		st->hollow = true;
	if (eat(r, "{}")) {
		st->op = object;
	} else if (eat(r, "[]")) {
		st->op = list;
	} else {
		st->e = read_expr(r);
		if (!st->e)
			return NULL;
	}
	return st;
}

static struct stmt *read_member(struct reader *r)
{
	struct slice key;
	struct stmt *st = NULL;
	struct buf b = BUF_INIT(4096);

	if (look(r, "\"")) {
		if (!quoted(r, &key))
			return NULL;
	} else {
		key = word(r, "-");
	}
	if (!key.n || !eat(r, ":"))
		return fail_null(r, "expected a statement");
	st = read_value(r, DO_MEMBER, DO_OBJECT, DO_LIST);
	if (!st)
		return NULL;
	if (json_quote(&b, key) != ST_OK || buf_addc(&b, ':') != ST_OK) {
		buf_release(&b);
		return fail_null(r, "bad key");
	}
	st->name = keep(r, key);
	st->open = keep(r, buf_slice(&b));
	buf_release(&b);
	return st;
}

static struct stmt *read_each(struct reader *r)
{
	struct stmt *st = new_stmt(r, DO_EACH);

	if (!st)
		return NULL;
	st->e = read_expr(r);
	if (st->e && st->e->op != EX_PATH && st->e->op != EX_VAR)
		return fail_null(r, "each wants a path");
	if (st->e && eat_word(r, "once")) {
		st->once = read_expr(r);
		if (!st->once)
			return NULL;
	}
	return st->e ? st : NULL;
}

static struct stmt *read_use(struct reader *r)
{
	struct slice name;
	struct def *d = r->defs;

	blanks(r);
	name = word(r, "-");
	while (d && !slice_eq(name, d->name))
		d = d->next;
	if (!d)
		return fail_null(r, "use of a block that is not defined above");
	return d->block;
}

/* copy PATH [except a b c] */
static struct stmt *read_copy(struct reader *r)
{
	struct stmt *st = new_stmt(r, DO_COPY);
	struct slice names[64];

	if (!st)
		return NULL;
	st->e = read_expr(r);
	if (!st->e)
		return NULL;
	if (!eat_word(r, "except"))
		return st;
	for (blanks(r); r->p < r->end && st->n_except < 64; blanks(r)) {
		struct slice w = word(r, "-");

		if (!w.n)
			return fail_null(r, "expected names of members");
		names[st->n_except++] = keep(r, w);
	}
	st->except = take(r, sizeof(names));
	if (!st->except)
		return NULL;
	memcpy(st->except, names, sizeof(names));
	return st;
}

static struct stmt *read_plain(struct reader *r)
{
	struct stmt *st = NULL;
	struct slice name;
	enum map_kind kind = r->code->kind;

	if (eat_word(r, "each"))
		return read_each(r);
	if (eat_word(r, "first"))
		return new_stmt(r, DO_FIRST);
	if (eat_word(r, "use"))
		return read_use(r);
	if (eat_word(r, "with") || eat_word(r, "if")) {
		st = new_stmt(r, r->p[-1] == 'f' ? DO_IF : DO_WITH);
		if (!st)
			return NULL;
		st->e = read_expr(r);
		return st->e ? st : NULL;
	}
	if (kind != MAP_JSON && eat(r, "=")) {
		st = new_stmt(r, DO_TEXT);
		if (!st)
			return NULL;
		st->e = read_expr(r);
		return st->e ? st : NULL;
	}
	if (kind == MAP_XML && eat(r, "<"))
		return read_elem(r);
	if (kind == MAP_XML && eat(r, "@")) {
		name = word(r, ":-._");
		return make_attr(r, name, read_expr(r));
	}
	if (kind != MAP_JSON)
		return fail_null(r, "expected a statement");
	if (eat_word(r, "copy"))
		return read_copy(r);
	if (eat(r, "-"))
		return read_value(r, DO_ITEM, DO_ITEM_OBJECT, DO_ITEM_LIST);
	return read_member(r);
}

static bool takes_block(const struct stmt *st)
{
	return st->op != DO_ATTR && st->op != DO_TEXT && st->op != DO_MEMBER && st->op != DO_ITEM && st->op != DO_COPY;
}

static void open_line(struct reader *r, const struct line *l)
{
	r->no = l->no;
	r->p = l->s.p;
	r->end = l->s.p + l->s.n;
}

/* One statement with what is indented below it. */
static struct stmt *read_stmt(struct reader *r, unsigned indent)
{
	bool must = false, shared = false;
	struct stmt *st = NULL, *wrap = NULL;
	struct stmt **kids = NULL;
	unsigned n = 0;

	open_line(r, &r->lines.v[r->at++]);
	must = eat(r, "!");
	shared = look(r, "use ");
	st = read_plain(r);
	if (!st)
		return NULL;
	blanks(r);
	if (r->p != r->end)
		return fail_null(r, "this does not belong here");
	if (must && shared) {			/* "use" gives a shared block: the "!" is ours alone */
		wrap = new_stmt(r, DO_BLOCK);
		if (!wrap || !add_kid(r, wrap, st))
			return NULL;
		st = wrap;
		shared = true;
	}
	st->must |= must;
	if (shared || !takes_block(st) || r->at == r->lines.n || r->lines.v[r->at].indent <= indent)
		return st;
	if (read_block(r, indent + 1, &kids, &n) != ST_OK)
		return NULL;
	for (unsigned i = 0; i < n; i++)
		if (!add_kid(r, st, kids[i]))
			return NULL;
	return st;
}

static bool line_is(const struct reader *r, unsigned indent, const char *word_)
{
	return r->at < r->lines.n && r->lines.v[r->at].indent == indent && slice_eq_str(r->lines.v[r->at].s, word_);
}

static st_t read_block(struct reader *r, unsigned indent, struct stmt ***kids, unsigned *n)
{
	struct stmt *all = new_stmt(r, DO_BLOCK), *st = NULL;

	if (!all)
		return ST_NOMEM;
	if (++r->nest > MAP_NEST_MAX)
		return fail(r, "nested too deep");
	while (r->at < r->lines.n && r->lines.v[r->at].indent >= indent) {
		r->no = r->lines.v[r->at].no;
		if (r->lines.v[r->at].indent != indent)
			return fail(r, "indented too far");
		st = read_stmt(r, indent);
		if (!st || !add_kid(r, all, st))
			return r->e && r->e->st ? r->e->st : ST_NOMEM;
		if (st->op == DO_IF && line_is(r, indent, "else")) {
			r->at++;
			if (read_block(r, indent + 1, &st->other, &st->n_other) != ST_OK)
				return r->e && r->e->st ? r->e->st : ST_NOMEM;
		}
	}
	r->nest--;
	*kids = all->kid;
	*n = all->n_kids;
	return ST_OK;
}

/* ---- the file ---- */

static st_t read_table(struct reader *r, struct slice name)
{
	struct known *k = take(r, sizeof(*k));
	size_t n = 0;

	while (r->at + n < r->lines.n && r->lines.v[r->at + n].indent > 0)
		n++;
	if (!k || !table_init(&k->t, r->a, keep(r, name).p, n))
		return ST_NOMEM;
	for (; n; n--) {
		struct slice key, value;
		bool star = false;

		open_line(r, &r->lines.v[r->at++]);
		star = eat(r, "*");
		if (!star && look(r, "\"")) {
			if (!quoted(r, &key))
				return ST_INVALID;
		} else if (!star) {
			key = keep(r, word(r, "-./:+"));
		}
		blanks(r);
		if (r->p == r->end)
			value = star ? SLICE_NULL : key;	/* a lone key stands for itself */
		else if (look(r, "\"") && !quoted(r, &value))
			return ST_INVALID;
		else if (r->p != r->end)
			value = keep(r, slice_of(r->p, (size_t)(r->end - r->p)));
		if (star)
			k->t.other = value;
		else if (!key.n || table_put(&k->t, key, value) != ST_OK)
			return fail(r, "bad line in a table");
	}
	k->next = r->tables;
	r->tables = k;
	return ST_OK;
}

static st_t read_def(struct reader *r, struct slice name)
{
	struct def *d = take(r, sizeof(*d));

	if (!d)
		return ST_NOMEM;
	d->name = keep(r, name);
	d->block = new_stmt(r, DO_BLOCK);
	if (!d->block)
		return ST_NOMEM;
	d->next = r->defs;
	if (read_block(r, 1, &d->block->kid, &d->block->n_kids) != ST_OK)
		return r->e && r->e->st ? r->e->st : ST_NOMEM;
	r->defs = d;
	return ST_OK;
}

static st_t read_header(struct reader *r, struct slice key, const char *value)
{
	struct format *f = r->f;
	uint64_t n = 0;
	const struct { const char *key; const char **to; } texts[] = { { "title", &f->title }, { "media", &f->media }, { "oai", &f->oai_prefix },
		{ "namespace", &f->xml_ns }, { "schema", &f->xml_schema }, { "profile", &f->profile },
		{ "inside", &f->inside } };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (slice_eq_str(key, texts[i].key)) {
			*texts[i].to = value;
			return ST_OK;
		}
	if (slice_eq_str(key, "kept")) {
		f->kept = !strcmp(value, "yes");
		return ST_OK;
	}
	if (slice_eq_str(key, "version")) {
		if (!slice_u64(slice_str(value), UINT32_MAX, &n))
			return fail(r, "version is a number");
		f->crosswalk_version = (uint32_t)n;
		return ST_OK;
	}
	if (!slice_eq_str(key, "kind"))
		return fail(r, "unknown line; expected title, media, kind, oai, namespace, schema, profile, kept, inside, version, include, table, def or map");
	if (strcmp(value, "xml") && strcmp(value, "json") && strcmp(value, "text"))
		return fail(r, "kind is xml, json or text");
	r->code->kind = *value == 'x' ? MAP_XML : *value == 'j' ? MAP_JSON : MAP_TEXT;
	f->is_xml = *value == 'x';
	return ST_OK;
}

static st_t split_lines(struct reader *r, struct slice text)
{
	unsigned no = 0;

	r->lines.n = r->at = 0;
	while (text.p) {
		struct slice s = slice_cut(&text, '\n');
		struct line l = { s, 0, ++no };

		while (l.s.n && l.s.p[0] == '\t') {
			l.indent++;
			l.s.p++, l.s.n--;
		}
		l.s = slice_trim(l.s);
		if (l.s.n && l.s.p[0] != '#' && VEC_PUSH(&r->lines, l) != ST_OK)
			return err_set(r->e, ST_NOMEM, "out of memory");
	}
	return ST_OK;
}

static st_t read_file(struct reader *r, const char *file, struct slice text);

static st_t read_include(struct reader *r, const char *name)
{
	struct reader in = *r;
	struct buf b = BUF_INIT(MAP_FILE_MAX);
	char *path = fs_join(r->dir, name);
	st_t st = path ? fs_read_file(path, &b, r->e) : ST_NOMEM;
	struct slice text;

	free(path);
	if (st == ST_OK) {
		text = keep(r, buf_slice(&b));	/* nothing may point into the buffer */
		memset(&in.lines, 0, sizeof(in.lines));
		st = read_file(&in, arena_strdup(r->a, name), text);
		VEC_RELEASE(&in.lines);
		r->defs = in.defs;
		r->tables = in.tables;
	}
	buf_release(&b);
	return st;
}

static st_t read_part(struct reader *r, bool *done)
{
	struct slice word_, rest;
	char *value = NULL;

	open_line(r, &r->lines.v[r->at]);
	if (r->lines.v[r->at++].indent)
		return fail(r, "indented without a line above to belong to");
	word_ = word(r, "");
	blanks(r);
	rest = slice_of(r->p, (size_t)(r->end - r->p));
	value = arena_dup(r->a, rest.p, rest.n);
	if (!value)
		return err_set(r->e, ST_NOMEM, "out of memory");
	if (slice_eq_str(word_, "table"))
		return read_table(r, rest);
	if (slice_eq_str(word_, "def"))
		return read_def(r, rest);
	if (slice_eq_str(word_, "include"))
		return read_include(r, value);
	if (!slice_eq_str(word_, "map"))
		return read_header(r, word_, value);
	if (*done)
		return fail(r, "a second map");
	*done = true;
	r->code->root = new_stmt(r, DO_BLOCK);
	if (!r->code->root)
		return ST_NOMEM;
	return read_block(r, 1, &r->code->root->kid, &r->code->root->n_kids);
}

static st_t read_file(struct reader *r, const char *file, struct slice text)
{
	bool done = r->code->root != NULL;
	st_t st = ST_OK;

	r->file = file;
	st = split_lines(r, text);
	while (st == ST_OK && r->at < r->lines.n)
		st = read_part(r, &done);
	return st;
}

st_t map_parse(struct format *f, const struct schema *s, const char *dir, const char *name, struct slice text, struct err *e)
{
	struct err own = ERR_INIT;
	struct reader r;
	st_t st = ST_OK;

	memset(&r, 0, sizeof(r));
	r.e = e ? e : &own;
	err_clear(r.e);
	r.a = arena_new(0);
	if (!r.a)
		return err_set(e, ST_NOMEM, "out of memory");
	r.s = s;
	r.dir = dir;
	r.f = f;
	r.code = arena_alloc(r.a, sizeof(*r.code));
	if (!r.code) {
		st = err_set(r.e, ST_NOMEM, "out of memory");
		goto out;
	}
	r.code->arena = r.a;
	f->crosswalk_version = 1;
	text = keep(&r, text);
	if (!text.p || !utf8_valid(text, NULL))
		st = err_set(r.e, text.p ? ST_INVALID : ST_NOMEM, "%s: not UTF-8", name);
	if (st == ST_OK)
		st = read_file(&r, arena_strdup(r.a, name), text);
	if (st == ST_OK && (!r.code->root || !f->media || !f->title))
		st = err_set(r.e, ST_INVALID, "%s: a format needs title, media, kind and map", name);
	if (st == ST_OK)
		f->map = r.code;
out:
	VEC_RELEASE(&r.lines);
	if (st != ST_OK) {
		arena_free(r.a);
		memset(f, 0, sizeof(*f));
	}
	return st;
}
