/* README, LICENSE, and YAML. */
#include <ctype.h>
#include <yaml.h>

#include "base/utf8.h"
#include "indexer/extract/prefill_int.h"

/* ---- YAML ---- */

#define YAML_MAX	(512u << 10)	/* bytes */
#define YAML_DEPTH_MAX	60
#define YAML_NODES_MAX	50000u		/* after aliases were followed */

/* libyaml's work grows with the square of the depth of [ and {: look before it does. Quotes are not understood, so this may only guess too high. */
static bool flow_is_flat(struct slice s)
{
	unsigned depth = 0;

	for (size_t i = 0; i < s.n; i++) {
		if ((s.p[i] == '[' || s.p[i] == '{') && ++depth > 200)
			return false;
		if ((s.p[i] == ']' || s.p[i] == '}' || s.p[i] == '\n') && depth > 0)
			depth--;
	}
	return true;
}

struct grow { yaml_document_t *d; unsigned nodes; };

static st_t grow(struct grow *g, int index, unsigned depth, json_t **out, struct err *e)
{
	yaml_node_t *n = yaml_document_get_node(g->d, index);
	json_t *v = NULL;
	st_t st = ST_OK;

	*out = NULL;
	if (depth > YAML_DEPTH_MAX || ++g->nodes > YAML_NODES_MAX || n == NULL)
		return err_set(e, ST_INVALID, "YAML is nested too deeply or too large");
	if (n->type == YAML_SCALAR_NODE) {
		*out = json_stringn((const char *)n->data.scalar.value, n->data.scalar.length);
		return *out != NULL ? ST_OK : err_set(e, ST_INVALID, "YAML holds text that is no UTF-8");
	}
	if (n->type == YAML_SEQUENCE_NODE) {
		if ((*out = json_array()) == NULL)
			return ST_NOMEM;
		for (yaml_node_item_t *i = n->data.sequence.items.start; i < n->data.sequence.items.top && st == ST_OK; i++) {
			st = grow(g, *i, depth + 1, &v, e);
			if (st == ST_OK)
				st = json_push(*out, v);
		}
	} else {
		if ((*out = json_object()) == NULL)
			return ST_NOMEM;
		for (yaml_node_pair_t *i = n->data.mapping.pairs.start; i < n->data.mapping.pairs.top && st == ST_OK; i++) {
			yaml_node_t *k = yaml_document_get_node(g->d, i->key);

			if (k == NULL || k->type != YAML_SCALAR_NODE || memchr(k->data.scalar.value, '\0', k->data.scalar.length) != NULL)
				continue;
			st = grow(g, i->value, depth + 1, &v, e);
			if (st == ST_OK)
				st = json_put(*out, (const char *)k->data.scalar.value, v);
		}
	}
	if (st != ST_OK) {
		json_decref(*out);
		*out = NULL;
	}
	return st;
}

st_t yaml_load(json_t **out, struct slice yaml, struct err *e)
{
	yaml_parser_t parser;
	yaml_document_t d;
	struct grow g = { &d, 0 };
	st_t st;

	*out = NULL;
	if (yaml.n > YAML_MAX)
		return err_set(e, ST_INVALID, "larger than %u KB", YAML_MAX >> 10);
	if (!flow_is_flat(yaml))
		return err_set(e, ST_INVALID, "YAML is nested too deeply");
	if (!yaml_parser_initialize(&parser))
		return ST_NOMEM;
	yaml_parser_set_input_string(&parser, (const unsigned char *)(yaml.n > 0 ? yaml.p : ""), yaml.n);
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	if (!yaml_parser_load(&parser, &d)) {
		st = parser.error == YAML_MEMORY_ERROR ? ST_NOMEM :
			err_set(e, ST_INVALID, "line %zu: %s", parser.problem_mark.line + 1, parser.problem != NULL ? parser.problem : "not YAML");
		yaml_parser_delete(&parser);
		return st;
	}
	if (yaml_document_get_root_node(&d) == NULL)
		st = err_set(e, ST_INVALID, "empty");
	else
		st = grow(&g, 1, 0, out, e);
	yaml_document_delete(&d);
	yaml_parser_delete(&parser);
	return st;
}

/* ---- README ---- */

static struct slice take_line(struct slice *rest)
{
	return pf_trim(slice_cut(rest, '\n'));
}

static bool all_of(struct slice s, const char *chars)
{
	for (size_t i = 0; i < s.n; i++)
		if (strchr(chars, s.p[i]) == NULL)
			return false;
	return s.n > 0;
}

/* Words without the marks of Markdown: [text](address) is text, emphasis and code marks go, markup in <> goes. */
static void plain(struct buf *out, struct slice s)
{
	for (size_t i = 0; i < s.n && out->st == ST_OK; i++) {
		struct slice rest = slice_of(s.p + i, s.n - i);
		const char *close, *end;

		if (rest.p[0] == '<' && (close = memchr(rest.p, '>', rest.n)) != NULL && rest.n > 1 && (isalpha((unsigned char)rest.p[1]) || rest.p[1] == '/')) {
			struct slice in = slice_of(rest.p + 1, (size_t)(close - rest.p) - 1);

			if (slice_starts(in, "http"))
				buf_addsl(out, in);
			i += in.n + 1;
		} else if (rest.p[0] == '[' && (close = memchr(rest.p, ']', rest.n)) != NULL && close + 1 < rest.p + rest.n && close[1] == '(' &&
		           (end = memchr(close, ')', (size_t)(rest.p + rest.n - close))) != NULL) {
			/* the text may hold marks, but no link of its own */
			for (const char *c = rest.p + 1; c < close; c++)
				if (strchr("*`[", *c) == NULL)
					buf_addc(out, *c);
			i += (size_t)(end - rest.p);
		} else if (rest.p[0] == '*' || rest.p[0] == '`' || (rest.p[0] == '_' && (i == 0 || s.p[i - 1] == ' ' || i + 1 == s.n || s.p[i + 1] == ' '))) {
			continue;
		} else if (rest.p[0] == '\\' && rest.n > 1 && ispunct((unsigned char)rest.p[1])) {
			continue;
		} else {
			buf_addc(out, rest.p[0]);
		}
	}
}

static bool says_nothing(struct slice title)
{
	static const char *const empty[] = { "readme", "overview", "introduction", "about", "description", "contents", "table of contents", "data", "dataset", "background",
		"はじめに", "概要", "目次" };

	for (size_t i = 0; i < sizeof(empty) / sizeof(*empty); i++)
		if (slice_ieq_str(title, empty[i]))
			return true;
	return slice_starts(title, "README") || title.n == 0;
}

/* Kana make it Japanese. */
static const char *language_of(struct slice s)
{
	size_t i = 0;
	int32_t cp;

	while ((cp = utf8_next(s, &i)) >= 0)
		if (cp >= 0x3041 && cp <= 0x30fa)
			return "ja";
	return NULL;
}

/* A line that is no sentence of a paragraph: heading, badge, picture, list, table, quote, rule, code, comment. */
static bool no_prose(struct slice l)
{
	static const char *const starts[] = { "#", "[![", "![", "<", "- ", "* ", "+ ", "|", ">", "```", "~~~", ".. ", "===", "---", "***", "<!--", "1. ", "1) ", "[//]" };

	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++)
		if (slice_starts(l, starts[i]))
			return true;
	return false;
}

struct readme { struct buf title, text; struct slice title_at, text_at; bool in_code, in_comment, done; };

static void readme_line(struct readme *r, struct slice line, struct slice next)
{
	bool underlined = next.n >= 3 && (all_of(next, "=") || all_of(next, "-"));

	if (slice_starts(line, "```") || slice_starts(line, "~~~")) {
		r->in_code = !r->in_code;
		return;
	}
	if (slice_starts(line, "<!--"))
		r->in_comment = true;
	if (r->in_code || r->in_comment) {
		if (line.n >= 3 && memmem(line.p, line.n, "-->", 3) != NULL)
			r->in_comment = false;
		return;
	}
	if (r->title.n == 0 && r->text.n == 0 && line.n > 0 && (slice_starts(line, "#") || underlined)) {
		r->title_at = line;
		while (line.n > 0 && line.p[0] == '#')
			line.p++, line.n--;
		line = pf_trim(line);
		while (line.n > 0 && line.p[line.n - 1] == '#')
			line.n--;
		plain(&r->title, utf8_clip(pf_trim(line), 1000));
		if (says_nothing(pf_trim(buf_slice(&r->title))))
			buf_clear(&r->title);
		return;
	}
	if (line.n == 0 || no_prose(line) || underlined) {
		r->done = r->text.n > 0;
		return;
	}
	if (r->text.n > 0)
		buf_addc(&r->text, ' ');
	else
		r->text_at = line;
	plain(&r->text, line);
}

/* "---" at the very top, as Hugging Face cards have it: returns what is between, ${text} moves behind. */
static struct slice front_matter(struct slice *text)
{
	struct slice rest = *text, from;

	if (!slice_eq_str(take_line(&rest), "---"))
		return SLICE_NULL;
	from = rest;
	while (rest.p != NULL) {
		const char *at = rest.p;

		if (slice_eq_str(take_line(&rest), "---")) {
			*text = rest.p != NULL ? rest : slice_of("", 0);
			return slice_of(from.p, (size_t)(at - from.p));
		}
	}
	return SLICE_NULL;
}

/* ${yaml} lies in the text of the file, so its lines are told; the values themselves are copies. */
static void read_card(struct pf *p, struct slice yaml)
{
	static const char *const lists[] = { "tags", "keywords" };
	json_t *card = NULL, *x;
	size_t i;

	if (yaml.n == 0 || yaml_load(&card, yaml, NULL) != ST_OK)
		return;
	pf_ml(p, p->doc, "titles", pf_text(card, "pretty_name").n > 0 ? pf_text(card, "pretty_name") : pf_text(card, "title"), NULL);
	pf_mark_member(p, "titles", yaml);
	pf_licence_name(p, pf_text(card, "license"));
	if (json_is_array(json_object_get(card, "license")))
		pf_licence_name(p, json_slice(json_array_get(json_object_get(card, "license"), 0)));
	pf_mark_member(p, "rights", yaml);
	pf_mark_member(p, "subjects", yaml);
	for (size_t k = 0; k < 2; k++)
		json_array_foreach(json_object_get(card, lists[k]), i, x)
			if (i < 200)
				pf_subject(p, json_slice(x));
	json_decref(card);
}

st_t pf_readme(struct pf *p, struct slice text, struct err *e)
{
	struct readme r = { .title = BUF_INIT(2000), .text = BUF_INIT(20000) };
	struct slice rest, line, next;
	json_t *o;

	(void)e;
	read_card(p, front_matter(&text));
	rest = utf8_clip(text, 200000);
	line = rest.p != NULL ? take_line(&rest) : SLICE_NULL;
	while (line.p != NULL && !r.done) {
		struct slice peek = rest;

		next = peek.p != NULL ? take_line(&peek) : SLICE_NULL;
		readme_line(&r, line, next);
		if (rest.p == NULL)
			break;
		line = take_line(&rest);
	}
	if (json_object_get(p->doc, "titles") == NULL && r.title.n > 0 && (o = pf_push(p, pf_list(p, p->doc, "titles"))) != NULL) {
		pf_put(p, o, "value", pf_trim(buf_slice(&r.title)));
		pf_put(p, o, "lang", slice_str(language_of(buf_slice(&r.title))));
		pf_mark(p, o, r.title_at);
	}
	if (r.text.n > 0 && (o = pf_push(p, pf_list(p, p->doc, "descriptions"))) != NULL) {
		pf_mark(p, o, r.text_at);
		pf_put(p, o, "value", utf8_clip(buf_slice(&r.text), 20000));
		pf_put(p, o, "lang", slice_str(language_of(buf_slice(&r.text))));
		pf_put(p, o, "type", SLICE("Abstract"));
	}
	buf_release(&r.title);
	buf_release(&r.text);
	return ST_OK;
}

st_t pf_licence(struct pf *p, struct slice text, struct err *e)
{
	const json_t *list;
	size_t row;

	if (!licence_of_text(p->s, text, &row) && !(pf_trim(text).n < 200 && licence_find(p->s, pf_trim(text), &row)))
		return err_set(e, ST_INVALID, "no licence known here");
	pf_licence_name(p, slice_str(vocab_get(schema_vocab(p->s, "licences"), row, "id")));
	list = json_object_get(p->doc, "rights");
	pf_mark(p, json_array_get(list, json_array_size(list) - 1), text);
	return ST_OK;
}
