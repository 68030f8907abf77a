/* The table form of a schema: a line of column names, a line a member, fields parted by tabs. */

#include "base/utf8.h"
#include "indexer/extract/form_file.h"
#include "schema/form.h"

#define COLUMNS_MAX	40
#define CELL_MAX	5000

/* ${to}: where the cell goes in the member; for texts by language the language behind the column's name. */
enum cell { WORD, FLAG, LANG, VALUES, NUMBER, TYPE };
static const struct { const char *name; enum cell kind; const char *to; } known[] = {
	{ "member", WORD, "name" }, { "name", WORD, "name" }, { "label", LANG, "label" }, { "help", LANG, "help" }, { "type", TYPE, "type" }, { "unit", WORD, "unit" },
	{ "vocabulary", WORD, "vocabulary" }, { "pattern", WORD, "pattern" }, { "required", FLAG, "required" }, { "repeatable", FLAG, "repeatable" }, { "facet", FLAG, "facet" },
	{ "values", VALUES, "values" }, { "minimum", NUMBER, "minimum" }, { "maximum", NUMBER, "maximum" },
};

struct column { int known; char lang[16]; };
struct table { struct column columns[COLUMNS_MAX]; size_t n; size_t line; };

static st_t fault(struct err *e, const struct table *t, const char *column, const char *what)
{
	return err_set(e, ST_INVALID, "line %zu, %s: %s", t->line, column, what);
}

/* "label_ja" is the column "label" in Japanese. */
static int column_find(struct slice s, char lang[16])
{
	size_t i, k;

	snprintf(lang, 16, "en");
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		k = strlen(known[i].name);
		if (slice_ieq_str(s, known[i].name))
			return (int)i;
		if (known[i].kind == LANG && s.n > k + 1 && s.n - k - 1 < 16 && s.p[k] == '_' && slice_ieq_str(slice_of(s.p, k), known[i].name)) {
			snprintf(lang, 16, "%.*s", (int)(s.n - k - 1), s.p + k + 1);
			return (int)i;
		}
	}
	return -1;
}

static st_t head_read(struct table *t, struct slice line, struct err *e)
{
	bool named = false;

	while (line.p != NULL) {
		struct slice cell = slice_trim(slice_cut(&line, '\t'));

		if (t->n == COLUMNS_MAX)
			return fault(e, t, "head", "more than 40 columns");
		t->columns[t->n].known = column_find(cell, t->columns[t->n].lang);
		if (t->columns[t->n].known < 0) {
			cell = utf8_clip(cell, 60);
			return err_set(e, ST_INVALID, "line %zu: no such column '%.*s'; known: member, label, label_ja, help, help_ja, type, unit, vocabulary, values, pattern, minimum, maximum, required, repeatable, facet",
			    t->line, (int)cell.n, cell.p);
		}
		named = named || strcmp(known[t->columns[t->n].known].to, "name") == 0;
		t->n++;
	}
	return named ? ST_OK : fault(e, t, "head", "a column 'member' is needed");
}

static st_t flag_put(const struct table *t, json_t *m, const char *key, struct slice s, struct err *e)
{
	static const char *const yes[] = { "yes", "true", "1", "x", "y", "○" }, *const no[] = { "no", "false", "0", "-", "n" };

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (slice_ieq_str(s, yes[i]))
			return json_put(m, key, json_true());
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (slice_ieq_str(s, no[i]))
			return json_put(m, key, json_false());
	return fault(e, t, key, "yes or no");
}

static st_t type_put(const struct table *t, json_t *m, struct slice s, struct err *e)
{
	static const struct { const char *said, *type; } also[] = {
		{ "string", "text" }, { "float", "number" }, { "double", "number" }, { "decimal", "number" }, { "int", "integer" }, { "bool", "boolean" }, { "url", "uri" }, { "date-time", "datetime" },
	};
	char low[20];
	size_t i;

	if (s.n >= sizeof(low))
		return fault(e, t, "type", "no such type");
	for (i = 0; i < s.n; i++)
		low[i] = (char)(s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] + 32 : s.p[i]);
	low[s.n] = '\0';
	for (i = 0; i < sizeof(also) / sizeof(also[0]); i++)
		if (strcmp(low, also[i].said) == 0)
			return json_put_str(m, "type", slice_str(also[i].type));
	return json_put_str(m, "type", slice_str(low));
}

static st_t number_put(const struct table *t, json_t *m, const char *key, struct slice s, struct err *e)
{
	json_t *j = NULL, *list;
	struct buf b = BUF_INIT(100);
	st_t st;

	buf_addc(&b, '[');
	buf_addsl(&b, s);
	buf_addc(&b, ']');
	st = b.st == ST_OK ? json_load(&list, buf_slice(&b), NULL) : b.st;
	if (st == ST_OK) {
		j = json_array_size(list) == 1 ? json_incref(json_array_get(list, 0)) : NULL;
		json_decref(list);
	}
	buf_release(&b);
	if (st != ST_OK || !json_is_number(j)) {
		json_decref(j);
		return fault(e, t, key, "not a number");
	}
	return json_put(m, key, j);
}

/* "Cu|Co=cobalt|Mo": a value, and a label where one follows. */
static st_t values_put(json_t *m, struct slice s)
{
	json_t *list = json_array();
	st_t st = list == NULL ? ST_NOMEM : ST_OK;

	while (st == ST_OK && s.p != NULL) {
		struct slice label = slice_trim(slice_cut(&s, '|')), value;
		json_t *one = json_object();

		value = slice_trim(slice_cut(&label, '='));
		st = one == NULL ? ST_NOMEM : json_put_str(one, "value", value);
		if (st == ST_OK && label.p != NULL)
			st = json_put(one, "label", json_pack("{s:s%}", "en", label.p, label.n));
		if (st == ST_OK)
			st = json_push(list, one);
		else
			json_decref(one);
	}
	if (st != ST_OK) {
		json_decref(list);
		return st;
	}
	return json_put(m, "values", list);
}

static st_t cell_put(const struct table *t, json_t *m, const struct column *c, struct slice s, struct err *e)
{
	const char *to = known[c->known].to;

	if (s.n > CELL_MAX)
		return fault(e, t, to, "longer than 5000 bytes");
	switch (known[c->known].kind) {
	case FLAG: return flag_put(t, m, to, s, e);
	case TYPE: return type_put(t, m, s, e);
	case NUMBER: return number_put(t, m, to, s, e);
	case VALUES: return values_put(m, s);
	case WORD: return json_put_str(m, to, s);
	case LANG:
		if (json_object_get(m, to) == NULL && json_put(m, to, json_object()) != ST_OK)
			return ST_NOMEM;
		return json_put_str(json_object_get(m, to), c->lang, s);
	}
	return ST_OK;
}

static st_t row_read(const struct table *t, struct slice line, json_t *members, struct err *e)
{
	json_t *m = json_object();
	st_t st = m == NULL ? ST_NOMEM : ST_OK;
	size_t i;

	for (i = 0; st == ST_OK && line.p != NULL; i++) {
		struct slice cell = slice_trim(slice_cut(&line, '\t'));

		if (i >= t->n)
			st = cell.n > 0 ? fault(e, t, "row", "more fields than columns") : ST_OK;
		else if (cell.n > 0)
			st = cell_put(t, m, &t->columns[i], cell, e);
	}
	if (st == ST_OK && json_object_get(m, "type") == NULL)
		st = json_put_str(m, "type", SLICE("text"));
	if (st == ST_OK && json_object_get(m, "name") == NULL)
		st = fault(e, t, "member", "the name is missing");
	if (st == ST_OK && json_array_size(members) >= FORM_MEMBERS_MAX)
		st = fault(e, t, "member", "more than 500 members");
	if (st == ST_OK)
		return json_push(members, m);
	json_decref(m);
	return st;
}

st_t form_table_read(struct slice bytes, json_t *form, struct err *e)
{
	struct table t = { .n = 0 };
	json_t *members = json_object_get(form, "members");
	st_t st = ST_OK;

	while (st == ST_OK && bytes.p != NULL) {
		struct slice line = slice_cut(&bytes, '\n');

		t.line++;
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		/* Comments, and the title as the first of them. */
		if (line.n > 0 && line.p[0] == '#') {
			if (json_object_get(form, "title") == NULL && slice_trim(slice_of(line.p + 1, line.n - 1)).n > 0)
				st = json_put(form, "title", json_pack("{s:s%}", "en", slice_trim(slice_of(line.p + 1, line.n - 1)).p, slice_trim(slice_of(line.p + 1, line.n - 1)).n));
		} else if (slice_trim(line).n > 0) {
			st = t.n == 0 ? head_read(&t, line, e) : row_read(&t, line, members, e);
		}
	}
	return st;
}
