/* Pairs of files under t/data: each line of x.in, read by the tokeniser or the query reader, is the same line of x.expected. */
#include "t/unit/unit.h"

#include <glob.h>

#include "base/fs.h"
#include "indexer/index_int.h"
#include "indexer/query.h"
#include "indexer/tok_ja.h"

static void dump_units(struct buf *out, struct slice line)
{
	struct tok t;
	struct tok_unit u;
	struct stemmer *s = stemmer_new();
	bool first = true;

	tok_init(&t, line);
	while (tok_next(&t, &u)) {
		buf_adds(out, first ? "" : " ");
		first = false;
		if (u.kind == TOK_WORD) {
			struct slice stem = stemmer_stem(s, u.text);
			buf_addsl(out, u.text);
			if (!slice_eq(stem, u.text)) {
				buf_addc(out, '~');
				buf_addsl(out, stem);
			}
		} else {
			struct slice pair;
			struct buf v[JA_VARIANTS];
			size_t i = 0, n = ja_variants(u.text, v);

			buf_addc(out, '[');
			while (ja_pair(u.text, &i, &pair)) {
				buf_addsl(out, pair);
				buf_addc(out, i < u.text.n ? ' ' : ']');
			}
			for (size_t k = 0; k < n; k++)
				buf_addf(out, "=%.*s", (int)v[k].n, v[k].p);
			for (size_t k = 0; k < JA_VARIANTS; k++)
				buf_release(&v[k]);
		}
	}
	tok_release(&t);
	stemmer_free(s);
}

static void dump_query(struct buf *out, struct slice line)
{
	struct arena *a = arena_new(0);
	struct query *q;
	struct err e = ERR_INIT;

	if (query_parse(&q, a, line, &e) == ST_OK)
		query_dump(out, q);
	else
		buf_addf(out, "! %s", e.text);
	arena_free(a);
}

static void each_pair(const char *folder, void (*dump)(struct buf *, struct slice))
{
	const char *src = getenv("AZEKURA_SRC");
	struct err e = ERR_INIT;
	char pattern[1000];
	glob_t g;

	snprintf(pattern, sizeof(pattern), "%s/t/data/%s/*.in", src != NULL ? src : ".", folder);
	assert_int_equal(glob(pattern, 0, NULL, &g), 0);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		struct buf in = BUF_INIT(1 << 20), want = BUF_INIT(1 << 20), got = BUF_INIT(1 << 20);
		char path[1100];
		struct slice rest;

		snprintf(path, sizeof(path), "%.*sexpected", (int)(strlen(g.gl_pathv[i]) - 2), g.gl_pathv[i]);
		assert_st_e(ST_OK, fs_read_file(g.gl_pathv[i], &in, &e), &e);
		rest = buf_slice(&in);
		while (rest.n > 0) {
			dump(&got, slice_cut(&rest, '\n'));
			buf_addc(&got, '\n');
		}
		if (getenv("AZEKURA_WRITE_EXPECTED") != NULL)
			assert_st_e(ST_OK, fs_write_atomic(path, got.p, got.n, 0644, &e), &e);
		assert_st_e(ST_OK, fs_read_file(path, &want, &e), &e);
		if (!slice_eq(buf_slice(&got), buf_slice(&want)))
			fail_msg("%s: got\n%s", path, got.p);
		buf_release(&in);
		buf_release(&want);
		buf_release(&got);
	}
	globfree(&g);
}

static void text_becomes_the_expected_terms(void **state)
{
	each_pair("tok", dump_units);
}

static void queries_become_the_expected_trees_and_errors(void **state)
{
	each_pair("query", dump_query);
}

static void units_know_their_place_in_the_original(void **state)
{
	static const char text[] = "Ａbc, ｻｰﾊﾞｰ 國x";
	static const struct { const char *norm, *original; } want[] = { { "abc", "Ａbc" }, { "サーバー", "ｻｰﾊﾞｰ" }, { "国", "國" }, { "x", "x" } };
	struct tok t;
	struct tok_unit u;

	tok_init(&t, slice_str(text));
	for (size_t i = 0; i < 4; i++) {
		assert_true(tok_next(&t, &u));
		assert_slice(u.text, want[i].norm);
		assert_slice(slice_of(text + u.from, u.to - u.from), want[i].original);
	}
	assert_false(tok_next(&t, &u));
	tok_release(&t);
}

static void long_words_are_cut_and_stay_apart(void **state)
{
	char a[2 * 500 + 2];
	struct tok t;
	struct tok_unit u;
	char first[TOK_WORD_MAX];

	memset(a, 'a', sizeof(a));
	a[500] = ' ';
	a[1001] = 'b';
	tok_init(&t, slice_of(a, sizeof(a)));
	assert_true(tok_next(&t, &u));
	assert_int_equal(u.text.n, TOK_WORD_MAX);
	memcpy(first, u.text.p, TOK_WORD_MAX);
	assert_true(tok_next(&t, &u));
	assert_int_equal(u.text.n, TOK_WORD_MAX);
	assert_memory_not_equal(first, u.text.p, TOK_WORD_MAX);
	assert_memory_equal(first, u.text.p, TOK_WORD_MAX - 16);
	tok_release(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_becomes_the_expected_terms),
		cmocka_unit_test(queries_become_the_expected_trees_and_errors),
		cmocka_unit_test(units_know_their_place_in_the_original),
		cmocka_unit_test(long_words_are_cut_and_stay_apart),
	};
	return cmocka_run_group_tests_name("pairs", tests, NULL, NULL);
}
