/*
 * A metadata schema in YAML, as NIMS writes its own (Yamale): documents of "member: type". The first document's members are those of a record;
 * each further document names types, whose members come below them. A comment line right above a member is its Japanese label. The
 * words of an enum() become concepts below their member. Aliases are not followed: events are read, no tree is built.
 */

#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

#include "base/utf8.h"
#include "indexer/extract/voc_int.h"

#define DEPTH_MAX	20

struct yam {
	struct voc *v;
	struct voc_item it;
	struct slice *lines;
	size_t n_lines;
	struct buf path[DEPTH_MAX];	/* the member that is open at each depth */
	size_t depth;
	bool is_key[DEPTH_MAX];
	bool map[DEPTH_MAX];
};

/* The comment above line ${at} (counted from 0), when one stands there. */
static struct slice comment_above(const struct yam *y, size_t at)
{
	struct slice s;

	if (at == 0 || at > y->n_lines)
		return SLICE_NULL;
	s = slice_trim(y->lines[at - 1]);
	if (s.n < 2 || s.p[0] != '#')
		return SLICE_NULL;
	return slice_trim(slice_of(s.p + 1, s.n - 1));
}

static bool has_kana_or_kanji(struct slice s)
{
	size_t i = 0;
	int32_t c;

	while ((c = utf8_next(s, &i)) >= 0)
		if ((c >= 0x3040 && c <= 0x30ff) || (c >= 0x4e00 && c <= 0x9fff))
			return true;
	return false;
}

static st_t put(struct yam *y, struct slice id, struct slice parent, struct slice label, struct slice comment, struct slice def, const char *kind)
{
	voc_item_clear(&y->it);
	y->it.id = id;
	y->it.kind = kind;
	voc_item_add(&y->it, VOC_LABEL, SLICE("en"), label);
	if (comment.n > 0)
		voc_item_add(&y->it, VOC_LABEL, has_kana_or_kanji(comment) ? SLICE("ja") : SLICE("en"), comment);
	voc_item_add(&y->it, VOC_DEF, SLICE("en"), def);
	voc_item_add(&y->it, VOC_BROADER, SLICE_NULL, parent);
	return voc_item_emit(y->v, &y->it);
}

/* enum('a', 'b'): a concept for each word. */
static st_t enum_words(struct yam *y, struct slice member, struct slice type)
{
	size_t i = 0;
	st_t st = ST_OK;

	for (i = 0; i + 5 <= type.n && memcmp(type.p + i, "enum(", 5) != 0; i++)
		;
	if (i + 5 > type.n)
		return ST_OK;
	for (i += 5; i < type.n && type.p[i] != ')' && st == ST_OK; i++) {
		struct buf id = BUF_INIT(4096);
		size_t from;
		char q = type.p[i];

		if (q != '\'' && q != '"')
			continue;
		for (from = ++i; i < type.n && type.p[i] != q; i++)
			;
		buf_addsl(&id, member);
		buf_addc(&id, '=');
		buf_addsl(&id, slice_of(type.p + from, i - from));
		if (id.st == ST_OK && i > from)
			st = put(y, buf_slice(&id), member, slice_of(type.p + from, i - from), SLICE_NULL, SLICE_NULL, "individual");
		buf_release(&id);
	}
	return st;
}

static struct slice path_of(struct yam *y)
{
	return buf_slice(&y->path[y->depth - 1]);
}

/* A key: its path is the one above and its own name. */
static void key(struct yam *y, struct slice name)
{
	struct buf *b = &y->path[y->depth - 1];

	buf_clear(b);
	if (y->depth > 1 && y->path[y->depth - 2].n > 0) {
		buf_addsl(b, buf_slice(&y->path[y->depth - 2]));
		buf_addc(b, '.');
	}
	buf_addsl(b, name);
}

static st_t scalar(struct yam *y, struct slice s, size_t line)
{
	struct slice parent = SLICE_NULL, id;
	st_t st;

	if (y->depth == 0 || !y->map[y->depth - 1])
		return ST_OK;
	if (y->is_key[y->depth - 1]) {
		key(y, s);
		y->is_key[y->depth - 1] = false;
		return ST_OK;
	}
	y->is_key[y->depth - 1] = true;
	id = path_of(y);
	if (y->depth > 1)
		parent = buf_slice(&y->path[y->depth - 2]);
	if (id.n == 0)
		return ST_OK;
	st = put(y, id, parent, slice_of(id.p + (parent.n > 0 ? parent.n + 1 : 0), id.n - (parent.n > 0 ? parent.n + 1 : 0)),
	    comment_above(y, line), s, "property");
	return st == ST_OK ? enum_words(y, id, s) : st;
}

static st_t opened(struct yam *y, bool map, size_t line)
{
	st_t st = ST_OK;

	if (y->depth == DEPTH_MAX)
		return voc_fail(y->v, ST_INVALID, "line %zu: deeper than %d levels", line + 1, DEPTH_MAX);
	/* A member that is a mapping itself: a type. */
	if (map && y->depth > 0 && y->map[y->depth - 1] && !y->is_key[y->depth - 1]) {
		struct slice id = path_of(y);

		st = put(y, id, SLICE_NULL, id, comment_above(y, line > 0 ? line - 1 : 0), SLICE_NULL, "class");
	}
	buf_clear(&y->path[y->depth]);
	y->map[y->depth] = map;
	y->is_key[y->depth] = map;
	y->depth++;
	return st;
}

static void closed(struct yam *y)
{
	if (y->depth > 0)
		y->depth--;
	if (y->depth > 0)
		y->is_key[y->depth - 1] = y->map[y->depth - 1];
}

static st_t event(struct yam *y, const yaml_event_t *ev)
{
	switch (ev->type) {
	case YAML_MAPPING_START_EVENT:
	case YAML_SEQUENCE_START_EVENT:
		return opened(y, ev->type == YAML_MAPPING_START_EVENT, ev->start_mark.line);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		closed(y);
		return ST_OK;
	case YAML_SCALAR_EVENT:
		return scalar(y, slice_of(ev->data.scalar.value, ev->data.scalar.length), ev->start_mark.line);
	case YAML_ALIAS_EVENT:
		if (y->depth > 0 && y->map[y->depth - 1])
			y->is_key[y->depth - 1] = !y->is_key[y->depth - 1];
		return ST_OK;
	default:
		return ST_OK;
	}
}

static st_t lines_of(struct yam *y, struct slice s)
{
	size_t i, n = 1;

	for (i = 0; i < s.n; i++)
		n += s.p[i] == '\n';
	if ((y->lines = calloc(n, sizeof(*y->lines))) == NULL)
		return ST_NOMEM;
	while (s.n > 0 && y->n_lines < n)
		y->lines[y->n_lines++] = slice_cut(&s, '\n');
	return ST_OK;
}

st_t voc_read_yaml(struct voc *v, struct slice s)
{
	struct yam *y = calloc(1, sizeof(*y));
	yaml_parser_t p;
	yaml_event_t ev;
	bool done = false;
	st_t st = y != NULL ? lines_of(y, s) : ST_NOMEM;
	size_t i;

	if (st != ST_OK || !yaml_parser_initialize(&p)) {
		free(y);
		return ST_NOMEM;
	}
	y->v = v;
	voc_item_init(&y->it);
	for (i = 0; i < DEPTH_MAX; i++)
		buf_init(&y->path[i], 2048);
	yaml_parser_set_input_string(&p, (const unsigned char *)s.p, s.n);
	while (st == ST_OK && !done) {
		if (!yaml_parser_parse(&p, &ev)) {
			st = voc_fail(v, ST_INVALID, "line %zu: no YAML: %s", p.problem_mark.line + 1, p.problem != NULL ? p.problem : "cannot be read");
			break;
		}
		done = ev.type == YAML_STREAM_END_EVENT;
		st = event(y, &ev);
		yaml_event_delete(&ev);
	}
	yaml_parser_delete(&p);
	voc_item_release(&y->it);
	for (i = 0; i < DEPTH_MAX; i++)
		buf_release(&y->path[i]);
	free(y->lines);
	free(y);
	return st;
}
