#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <unistd.h>

#include "schema/pid.h"
#include "schema/schema_int.h"
#include "t/unit/schema/schema_env.h"

static void every_vocabulary_has_both_labels(void **state)
{
	const struct vocab *v;
	size_t n = 0, k;

	for (n = 0; (v = schema_vocab_at(schema, n)) != NULL; n++) {
		assert_string_equal(vocab_column(v, 0), "id");
		assert_true(vocab_count(v) > 0);
		assert_ptr_equal(schema_vocab(schema, vocab_name(v)), v);
		if (strcmp(vocab_name(v), "concept_names") == 0)
			continue;	/* words for concepts, no concepts */
		for (k = 0; k < vocab_count(v); k++) {
			/* Standard names are English; Japanese where there is a usual word. */
			if (strcmp(vocab_name(v), "concepts") == 0 ? *vocab_get(v, k, "label") == '\0' : *vocab_get(v, k, "label") == '\0' || *vocab_get(v, k, "label_ja") == '\0')
				fail_msg("%s: '%s' has no label", vocab_name(v), vocab_get(v, k, "id"));
		}
	}
	assert_true(n >= 19);
	assert_null(schema_vocab(schema, "no such"));
}

static void the_crosswalk_table_is_whole(void **state)
{
	const struct vocab *v = schema_vocab(schema, "resource_types"), *old = schema_vocab(schema, "resource_types_old");
	size_t row;

	assert_int_equal(vocab_count(v), 83);
	for (row = 0; row < vocab_count(v); row++) {
		static const char *const to[] = { "in_2_0", "in_1_0_2" };

		assert_int_equal(strncmp(vocab_get(v, row, "coar"), "http://purl.org/coar/resource_type/", 35), 0);
		for (size_t i = 0; i < 2; i++) {
			const char *other = vocab_get(v, row, to[i]);

			if (*other != '\0' && !vocab_find(old, "label", slice_str(other), NULL) && !vocab_find(v, "label", slice_str(other), NULL))
				fail_msg("'%s' falls back to '%s', which is nowhere", vocab_get(v, row, "id"), other);
		}
		assert_true(vocab_find(schema_vocab(schema, "general_types"), "id", slice_str(vocab_get(v, row, "datacite")), NULL));
		assert_true(vocab_find(schema_vocab(schema, "invenio_types"), "id", slice_str(vocab_get(v, row, "invenio")), NULL));
	}
	assert_string_equal(vocab_map(v, "coar", SLICE("http://purl.org/coar/resource_type/c_6501"), "id"), "journal article");
	assert_string_equal(vocab_map(v, "label_ja", SLICE("データセット"), "id"), "dataset");
}

static void inverse_relations_point_back(void **state)
{
	const struct vocab *v = schema_vocab(schema, "relation_types");

	for (size_t row = 0; row < vocab_count(v); row++) {
		const char *other = vocab_get(v, row, "inverse");

		if (*other != '\0')
			assert_string_equal(vocab_map(v, "id", slice_str(other), "inverse"), vocab_get(v, row, "id"));
	}
}

static void two_letter_codes_are_all_there(void **state)
{
	const struct vocab *v = schema_vocab(schema, "languages");
	size_t two = 0;

	for (size_t row = 0; row < vocab_count(v); row++) {
		two += *vocab_get(v, row, "alpha2") != '\0';
		assert_int_equal(strlen(vocab_get(v, row, "id")), 3);
	}
	assert_true(two >= 184);
	assert_string_equal(vocab_map(v, "alpha2", SLICE("ja"), "id"), "jpn");
	assert_string_equal(vocab_map(v, "bibliographic", SLICE("ger"), "id"), "deu");
	assert_string_equal(vocab_map(schema_vocab(schema, "countries"), "alpha2", SLICE("JP"), "id"), "JPN");
}

static size_t suggest(const char *vocab, const char *q, const char *first)
{
	size_t rows[10], n = vocab_suggest(schema_vocab(schema, vocab), slice_str(q), rows, 10);

	if (first != NULL) {
		assert_true(n > 0);
		assert_string_equal(vocab_get(schema_vocab(schema, vocab), rows[0], "id"), first);
	}
	return n;
}

static void suggestions_put_the_nearest_first(void **state)
{
	suggest("languages", "ja", "jpn");
	suggest("languages", "JAPAN", "jpn");
	suggest("languages", "日本", "jpn");
	suggest("licences", "cc-by-4.0", "CC-BY-4.0");
	suggest("resource_types", "data", "data paper");
	suggest("resource_types", "データ", NULL);
	assert_int_equal(suggest("resource_types", "zzz", NULL), 0);
	assert_int_equal(suggest("languages", "", NULL), 10);
	assert_int_equal(suggest("resource_types", "論文", NULL), 10);
}

static void write_file(const char *dir, const char *name, const char *text)
{
	char *path = fs_join(dir, name);
	struct err e = ERR_INIT;

	assert_int_equal(fs_write_atomic(path, text, strlen(text), 0600, &e), ST_OK);
	free(path);
}

static void a_faulty_file_is_named_with_its_line(void **state)
{
	static const struct { const char *text, *says; } bad[] = {
		{ "label\tid\n", "line 1" }, { "# only a comment\n", "column names" }, { "id\tlabel\na\tx\na\ty\n", "line 3: id 'a'" },
		{ "id\tlabel\na\tx\ty\n", "line 2" }, { "id\n\xff\n", "UTF-8" }, { "id\tlabel\n\tx\n", "line 2 has no id" },
	};
	char dir[] = "/tmp/azekura-vocab-XXXXXX";
	struct err e = ERR_INIT;
	struct vocab *v = NULL;
	char *path;

	assert_non_null(mkdtemp(dir));
	path = fs_join(dir, "x.tsv");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		write_file(dir, "x.tsv", bad[i].text);
		assert_int_equal(vocab_load(&v, path, "x", &e), ST_INVALID);
		assert_null(v);
		if (strstr(e.text, bad[i].says) == NULL || strstr(e.text, "x.tsv") == NULL)
			fail_msg("'%s' does not say '%s'", e.text, bad[i].says);
		err_clear(&e);
	}
	write_file(dir, "x.tsv", "# c\r\nid\tlabel\tmore\r\n\r\na\tA\r\nb\tB\tm");
	assert_int_equal(vocab_load(&v, path, "x", &e), ST_OK);
	assert_int_equal(vocab_count(v), 2);
	assert_string_equal(vocab_get(v, 0, "label"), "A");
	assert_string_equal(vocab_get(v, 0, "more"), "");
	assert_string_equal(vocab_get(v, 1, "more"), "m");
	assert_string_equal(vocab_get(v, 1, "none"), "");
	assert_string_equal(vocab_get(v, 9, "id"), "");
	vocab_free(v);
	free(path);
	assert_int_equal(fs_remove_tree(dir, &e), ST_OK);
}

static void an_unknown_folder_is_refused(void **state)
{
	struct schema *s = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(schema_load(&s, "/nonexistent", &e), ST_ABSENT);
	assert_null(s);
	assert_non_null(strstr(e.text, "/nonexistent"));
	schema_drop(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_vocabulary_has_both_labels),
		cmocka_unit_test(the_crosswalk_table_is_whole),
		cmocka_unit_test(inverse_relations_point_back),
		cmocka_unit_test(two_letter_codes_are_all_there),
		cmocka_unit_test(suggestions_put_the_nearest_first),
		cmocka_unit_test(a_faulty_file_is_named_with_its_line),
		cmocka_unit_test(an_unknown_folder_is_refused),
	};

	return cmocka_run_group_tests(tests, load_schema, drop_schema);
}
