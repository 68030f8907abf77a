/*
 * CSV and TSV with a line of column names (RFC 4180 quotes), and OBO 1.4 flat files. Columns are known by their usual names; a language stands
 * behind one: label_ja, "prefLabel@ja", label-en. Several values in a cell are parted by '|'.
 */

#include "indexer/extract/voc_int.h"

#include <stdio.h>

#define COLS_MAX	200

enum col { C_NONE, C_ID, C_IRI, C_LABEL, C_ALT, C_DEF, C_BROADER, C_NARROWER, C_EXACT, C_CLOSE, C_DEPRECATED };

static const struct { const char *name; enum col col; } columns[] = {
	{ "id", C_ID }, { "code", C_ID }, { "notation", C_ID }, { "identifier", C_ID }, { "iri", C_IRI }, { "uri", C_IRI }, { "url", C_IRI },
	{ "label", C_LABEL }, { "preflabel", C_LABEL }, { "name", C_LABEL }, { "title", C_LABEL }, { "altlabel", C_ALT }, { "alt", C_ALT },
	{ "synonym", C_ALT }, { "synonyms", C_ALT }, { "alias", C_ALT }, { "aliases", C_ALT }, { "shorthand", C_ALT }, { "definition", C_DEF },
	{ "description", C_DEF }, { "comment", C_DEF }, { "broader", C_BROADER }, { "parent", C_BROADER }, { "parents", C_BROADER },
	{ "subclassof", C_BROADER }, { "is_a", C_BROADER }, { "narrower", C_NARROWER }, { "exactmatch", C_EXACT }, { "exact", C_EXACT },
	{ "closematch", C_CLOSE }, { "close", C_CLOSE }, { "deprecated", C_DEPRECATED }, { "obsolete", C_DEPRECATED },
};

struct column { enum col col; char lang[17]; };

struct csv {
	struct voc *v;
	struct slice rest;
	char sep;
	struct column cols[COLS_MAX];
	size_t n_cols;
	struct buf cells[COLS_MAX];
	size_t n;
	uint64_t line;
};

/* One record into cells; false at the end. */
static bool csv_next(struct csv *c)
{
	bool quoted = false;
	size_t i = 0;

	if (c->rest.n == 0)
		return false;
	c->n = 0;
	buf_clear(&c->cells[0]);
	for (; i < c->rest.n; i++) {
		char ch = c->rest.p[i];
		struct buf *cell = &c->cells[c->n];

		if (quoted) {
			if (ch == '"' && i + 1 < c->rest.n && c->rest.p[i + 1] == '"') {
				buf_addc(cell, '"');
				i++;
			} else if (ch == '"') {
				quoted = false;
			} else {
				buf_addc(cell, ch);
			}
		} else if (ch == '"' && cell->n == 0 && c->sep != '\t') {
			quoted = true;
		} else if (ch == c->sep) {
			if (c->n + 1 < COLS_MAX)
				c->n++;
			buf_clear(&c->cells[c->n]);
		} else if (ch == '\n') {
			i++;
			break;
		} else if (ch != '\r') {
			buf_addc(cell, ch);
		}
	}
	c->n++;
	c->line++;
	c->rest = slice_of(c->rest.p + i, c->rest.n - i);
	return true;
}

static void column_of(struct column *col, struct slice name)
{
	struct slice word = slice_trim(name), lang = SLICE_NULL;
	char lower[40];
	size_t i, n;

	col->col = C_NONE;
	col->lang[0] = '\0';
	if (word.n == 0 || word.n >= sizeof(lower))
		return;
	for (n = 0; n < word.n; n++)
		lower[n] = word.p[n] >= 'A' && word.p[n] <= 'Z' ? (char)(word.p[n] + 32) : word.p[n];
	word.p = lower;
	/* The name itself first: "is_a" has no language behind it. */
	for (int pass = 0; pass < 2; pass++) {
		for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
			if (slice_eq_str(word, columns[i].name)) {
				col->col = columns[i].col;
				snprintf(col->lang, sizeof(col->lang), "%.*s", (int)lang.n, lang.p != NULL ? lang.p : "");
				return;
			}
		}
		for (i = word.n; i > 0 && strchr("@_-:.", word.p[i - 1]) == NULL; i--)
			;
		if (i < 2)
			return;
		lang = slice_of(word.p + i, word.n - i);
		word.n = i - 1;
	}
}

static void csv_cell(struct voc_item *it, const struct column *col, struct slice cell)
{
	static const enum voc_what whats[] = { [C_LABEL] = VOC_LABEL, [C_ALT] = VOC_ALT, [C_DEF] = VOC_DEF, [C_BROADER] = VOC_BROADER,
		[C_NARROWER] = VOC_NARROWER, [C_EXACT] = VOC_EXACT, [C_CLOSE] = VOC_CLOSE };

	cell = slice_trim(cell);
	if (col->col == C_DEPRECATED)
		it->deprecated = slice_ieq_str(cell, "true") || slice_eq_str(cell, "1") || slice_ieq_str(cell, "yes");
	if (col->col < C_LABEL || col->col > C_CLOSE)
		return;
	if (col->col == C_LABEL || col->col == C_DEF) {
		voc_item_add(it, whats[col->col], slice_str(col->lang), cell);
		return;
	}
	while (cell.n > 0) {
		struct slice one = slice_trim(slice_cut(&cell, '|'));
		struct buf iri = BUF_INIT(512);

		if (col->col >= C_BROADER && voc_obo_iri(&iri, one))
			one = buf_slice(&iri);
		voc_item_add(it, whats[col->col], slice_str(col->lang), one);
		buf_release(&iri);
	}
}

static st_t csv_row(struct csv *c, struct voc_item *it)
{
	struct slice id = SLICE_NULL, iri = SLICE_NULL, label = SLICE_NULL;
	struct buf made = BUF_INIT(512);
	size_t i;
	st_t st;

	voc_item_clear(it);
	for (i = 0; i < c->n && i < c->n_cols; i++) {
		struct slice cell = slice_trim(buf_slice(&c->cells[i]));

		if (c->cols[i].col == C_ID && id.n == 0)
			id = cell;
		if (c->cols[i].col == C_IRI && iri.n == 0)
			iri = cell;
		if (c->cols[i].col == C_LABEL && label.n == 0)
			label = cell;
		csv_cell(it, &c->cols[i], cell);
	}
	if (iri.n == 0 && voc_obo_iri(&made, id))
		iri = buf_slice(&made);
	it->iri = iri;
	it->id = id.n > 0 ? id : iri.n == 0 ? label : SLICE_NULL;
	st = voc_item_emit(c->v, it);
	buf_release(&made);
	return st;
}

st_t voc_read_csv(struct voc *v, struct slice s)
{
	struct csv *c = calloc(1, sizeof(*c));
	struct slice look = s, line = SLICE_NULL;
	struct voc_item it;
	bool known = false;
	st_t st = ST_OK;
	size_t i;

	if (c == NULL)
		return ST_NOMEM;
	for (i = 0; i < COLS_MAX; i++)
		buf_init(&c->cells[i], VOC_TEXT_MAX);
	voc_item_init(&it);
	c->v = v;
	/* Lines of comment before the names of the columns. */
	while (look.n > 0) {
		s = look;
		line = slice_cut(&look, '\n');
		if (line.n > 1 && line.p[0] != '#')
			break;
	}
	c->rest = s;
	c->sep = memchr(line.p, '\t', line.n) != NULL ? '\t' : memchr(line.p, ',', line.n) != NULL ? ',' : ';';
	if (csv_next(c)) {
		c->n_cols = c->n;
		for (i = 0; i < c->n; i++) {
			column_of(&c->cols[i], buf_slice(&c->cells[i]));
			known = known || c->cols[i].col == C_ID || c->cols[i].col == C_IRI || c->cols[i].col == C_LABEL;
		}
	}
	if (!known)
		st = voc_fail(v, ST_INVALID, "no column is called id, iri or label");
	while (st == ST_OK && csv_next(c))
		if (c->n > 1 || c->cells[0].n > 0)
			st = csv_row(c, &it);
	voc_item_release(&it);
	for (i = 0; i < COLS_MAX; i++)
		buf_release(&c->cells[i]);
	free(c);
	return st;
}

/* ---- OBO ---- */

/* "text" with \" inside, at the start of ${s}. */
static struct slice quoted(struct slice s, struct buf *out)
{
	size_t i = 1;

	if (s.n == 0 || s.p[0] != '"')
		return SLICE_NULL;
	for (; i < s.n && s.p[i] != '"'; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n) {
			i++;
			buf_addc(out, s.p[i] == 'n' ? '\n' : s.p[i]);
		} else {
			buf_addc(out, s.p[i]);
		}
	}
	return buf_slice(out);
}

static struct slice first_word(struct slice s)
{
	size_t i = 0;

	while (i < s.n && s.p[i] != ' ' && s.p[i] != '\t')
		i++;
	return slice_of(s.p, i);
}

struct obo { struct voc *v; struct voc_item it; struct buf iri, id; bool open; };

static st_t obo_flush(struct obo *o)
{
	st_t st = ST_OK;

	if (o->open && o->id.n > 0) {
		o->it.id = buf_slice(&o->id);
		o->it.iri = voc_obo_iri(&o->iri, o->it.id) ? buf_slice(&o->iri) : SLICE_NULL;
		st = voc_item_emit(o->v, &o->it);
	}
	voc_item_clear(&o->it);
	buf_clear(&o->iri);
	buf_clear(&o->id);
	return st;
}

static void obo_tag(struct obo *o, struct slice tag, struct slice value)
{
	struct buf text = BUF_INIT(VOC_TEXT_MAX);

	if (slice_eq_str(tag, "id") && o->id.n == 0)
		buf_addsl(&o->id, first_word(value));
	else if (slice_eq_str(tag, "name"))
		voc_item_add(&o->it, VOC_LABEL, SLICE("en"), value);
	else if (slice_eq_str(tag, "def"))
		voc_item_add(&o->it, VOC_DEF, SLICE("en"), quoted(value, &text));
	else if (slice_eq_str(tag, "synonym"))
		voc_item_add(&o->it, VOC_ALT, SLICE("en"), quoted(value, &text));
	else if (slice_eq_str(tag, "is_a"))
		voc_item_add(&o->it, VOC_BROADER, SLICE_NULL, voc_obo_iri(&text, first_word(value)) ? buf_slice(&text) : first_word(value));
	else if (slice_eq_str(tag, "is_obsolete"))
		o->it.deprecated = slice_eq_str(first_word(value), "true");
	buf_release(&text);
}

st_t voc_read_obo(struct voc *v, struct slice s)
{
	struct obo o = { .v = v, .iri = BUF_INIT(8192), .id = BUF_INIT(8192) };
	st_t st = ST_OK;

	voc_item_init(&o.it);
	while (s.n > 0 && st == ST_OK) {
		struct slice line = slice_trim(slice_cut(&s, '\n')), tag;

		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line = slice_trim(slice_of(line.p, line.n - 1));
		if (line.n > 0 && line.p[0] == '[') {
			st = obo_flush(&o);
			o.open = slice_eq_str(line, "[Term]") || slice_eq_str(line, "[Typedef]") || slice_eq_str(line, "[Instance]");
			o.it.kind = slice_eq_str(line, "[Typedef]") ? "property" : slice_eq_str(line, "[Instance]") ? "individual" : "class";
			continue;
		}
		tag = slice_cut(&line, ':');
		line = slice_trim(line);
		if (o.open)
			obo_tag(&o, tag, line);
		else if (slice_eq_str(tag, "ontology"))
			voc_about(v, SLICE_NULL, line);
	}
	if (st == ST_OK)
		st = obo_flush(&o);
	voc_item_release(&o.it);
	buf_release(&o.iri);
	buf_release(&o.id);
	return st;
}
