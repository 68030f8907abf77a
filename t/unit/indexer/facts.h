#ifndef T_UNIT_INDEXER_FACTS_H
#define T_UNIT_INDEXER_FACTS_H

/* Facts of bytes, pushed in pieces of a given size. */

#include "base/fs.h"
#include "base/json.h"
#include "indexer/extract/extract.h"
#include "t/unit/unit.h"

static inline json_t *facts_of(const char *name, const void *p, size_t n, size_t step)
{
	struct buf out = BUF_INIT((size_t)8 << 20);
	struct extract *x = NULL;
	struct err e = ERR_INIT;
	json_t *j = NULL;
	size_t at, k;
	st_t st = ST_OK;

	assert_st_e(ST_OK, extract_new(&x, name, n, &e), &e);
	for (at = 0; at < n && st == ST_OK; at += k) {
		/* A block of its own, so that a sanitizer sees one byte too far. */
		char *piece;

		k = n - at < step ? n - at : step;
		piece = malloc(k);
		memcpy(piece, (const char *)p + at, k);
		st = extract_push(x, piece, k, &e);
		free(piece);
	}
	assert_true(st == ST_OK || st == ST_EOF);
	assert_st_e(ST_OK, extract_end(x, &out, &e), &e);
	extract_free(x);
	assert_st_e(ST_OK, json_load(&j, buf_slice(&out), &e), &e);
	buf_release(&out);
	return j;
}

static inline json_t *facts_str(const char *name, const char *text)
{
	return facts_of(name, text, strlen(text), 128 << 10);
}

static inline json_t *facts_file(const char *path, const char *name)
{
	struct buf b = BUF_INIT((size_t)256 << 20);
	struct err e = ERR_INIT;
	json_t *j;

	assert_st_e(ST_OK, fs_read_file(path, &b, &e), &e);
	j = facts_of(name, b.p ? b.p : "", b.n, 128 << 10);
	buf_release(&b);
	return j;
}

static inline json_t *column(const json_t *facts, unsigned i)
{
	char path[40];

	snprintf(path, sizeof(path), "tables[0].columns[%u]", i);
	return json_at(facts, path);
}

static inline long long number(const json_t *facts, const char *path)
{
	const json_t *v = json_at(facts, path);

	if (!json_is_integer(v))
		fail_msg("%s is no integer", path);
	return json_integer_value(v);
}

static inline double real(const json_t *facts, const char *path)
{
	const json_t *v = json_at(facts, path);

	if (!json_is_number(v))
		fail_msg("%s is no number", path);
	return json_number_value(v);
}

static inline const char *text(const json_t *facts, const char *path)
{
	const char *s = json_string_value(json_at(facts, path));

	if (s == NULL)
		fail_msg("%s is no text", path);
	return s;
}

static inline const json_t *check(const json_t *facts, const char *code)
{
	const json_t *c;
	size_t i;

	json_array_foreach(json_object_get(facts, "checks"), i, c)
		if (strcmp(json_text(c, "code"), code) == 0)
			return c;
	return NULL;
}

#endif
