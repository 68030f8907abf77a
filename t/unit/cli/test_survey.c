#include "cli/survey.h"

#include <stdlib.h>

#include "t/unit/unit.h"

static const char *pattern(const char *name)
{
	static char out[300];

	return name_pattern(slice_str(name), out) ? out : "-";
}

static void numbers_in_names_are_patterns_and_suffixes_are_not(void **state)
{
	static const struct { const char *name, *want; } t[] = {
		{ "run001", "run#" }, { "run7.csv", "run#.csv" }, { "2026-01-05", "#" }, { "20260105_12.dat", "#.dat" }, { "scan_3_a", "scan_#_a" },
		{ "a1b22c333", "a#b#c#" }, { "song.mp3", "-" }, { "notes", "-" }, { "", "-" }, { ".7z", ".#z" }, { "x-", "-" }, { "1", "#" }, { "試料12", "試料#" },
		{ "1.2.3.tif", "#.tif" }, { "v1.0", "v#.0" },
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(*t); i++)
		assert_string_equal(pattern(t[i].name), t[i].want);
}

static void names_that_hint_at_people_are_whole_words(void **state)
{
	assert_string_equal(name_personal("participants.csv"), "people");
	assert_string_equal(name_personal("2024_Patient-list.xlsx"), "health");
	assert_string_equal(name_personal("研究参加者一覧.csv"), "people");
	assert_string_equal(name_personal("住所録"), "contact");
	assert_string_equal(name_personal("id_rsa"), "secret");
	assert_null(name_personal("impatients.csv"));
	assert_null(name_personal("addressing_modes.txt"));
	assert_null(name_personal("soil.csv"));
	assert_null(name_personal(""));
}

static void what_describes_a_folder(void **state)
{
	assert_int_equal(name_describes("README"), 1);
	assert_int_equal(name_describes("readme.md"), 1);
	assert_int_equal(name_describes("README_first.txt"), 1);
	assert_int_equal(name_describes("readmeter.csv"), 0);
	assert_int_equal(name_describes("datapackage.json"), 2);
	assert_int_equal(name_describes("CITATION.cff"), 2);
	assert_int_equal(name_describes("data.csv"), 0);
}

static int sign(int x)
{
	return (x > 0) - (x < 0);
}

/* The order in which the walk meets folders: each before what is below it, and all below it before its next sibling, whatever bytes follow. */
static void the_walk_has_one_order(void **state)
{
	static const char *const in_order[] = { "", " a", "a", "a/b", "a/b/c", "a/b-", "a b", "a-", "a.", "ab", "b", "\xe9\x9b\xaa" };
	size_t n = sizeof(in_order) / sizeof(*in_order), i, j;

	for (i = 0; i < n; i++)
		for (j = 0; j < n; j++)
			assert_int_equal(sign(walk_order(in_order[i], in_order[j])), (i > j) - (i < j));
	assert_true(path_below("a/b", "a"));
	assert_true(path_below("a", "a"));
	assert_true(path_below("x", ""));
	assert_false(path_below("ab", "a"));
	assert_false(path_below("a", "a/b"));
}

static void folders_are_judged(void **state)
{
	assert_int_equal(folder_judge(&(struct folder_seen){ .files = 0, .subfolders = 5 }), PROPOSE_NO);
	assert_int_equal(folder_judge(&(struct folder_seen){ .files = 3, .subfolders = 5 }), PROPOSE_WHOLE);
	assert_int_equal(folder_judge(&(struct folder_seen){ .files = 3, .subfolders = 5, .root = true }), PROPOSE_LOOSE);
	assert_int_equal(folder_judge(&(struct folder_seen){ .files = 3, .root = true }), PROPOSE_WHOLE);
	assert_int_equal(folder_judge(&(struct folder_seen){ .files = 3, .subfolders = 5, .describes = 2, .root = true }), PROPOSE_WHOLE);
	assert_int_equal(folder_judge(&(struct folder_seen){ .files = 3, .subfolders = 5, .describes = 1, .root = true }), PROPOSE_LOOSE);
	assert_int_equal(folder_judge(&(struct folder_seen){ .subfolders = 5, .series = 5 }), PROPOSE_SERIES);
	assert_int_equal(folder_judge(&(struct folder_seen){ .subfolders = 2, .series = 2 }), PROPOSE_NO);
	assert_int_equal(folder_judge(&(struct folder_seen){ .subfolders = 10, .series = 5 }), PROPOSE_NO);
}

static void any_bytes_go_into_the_list_and_back(void **state)
{
	static const char *const values[] = { "plain", " lead", "trail ", "a b", "%41", "100%", "new\nline", "\x07", "\xff\xfe", "雪", "#x", ":", "a: b", " ", "\r", "" };
	size_t i;

	for (i = 0; i < sizeof(values) / sizeof(*values); i++) {
		struct buf q = BUF_INIT(1000), back = BUF_INIT(1000);
		struct slice trimmed;

		assert_st(ST_OK, list_quote(&q, values[i]));
		assert_null(q.p == NULL ? NULL : strpbrk(q.p, "\n\r\t\x07"));
		trimmed = slice_trim(buf_slice(&q));
		assert_st(ST_OK, list_unquote(&back, trimmed));
		assert_string_equal(back.p == NULL ? "" : back.p, values[i]);
		buf_release(&q);
		buf_release(&back);
	}
}

static void a_list_is_read(void **state)
{
	static const char text[] = "# comment\n\ndeposit: yes\nfolder: /a/b%20\ntitle: X: y\r\ninclude: *.csv\ninclude: raw/*\nexclude: raw/x*\nafter: 2026-01-02\nbefore: 2026-02-01\n"
	    "publish: no\n\ndeposit: no\nfolder: /c\nfiles: here";
	struct list l;
	struct err e = ERR_INIT;
	struct list_entry *x;
	char *apart;

	assert_st(ST_OK, list_read(&l, SLICE(text), &e));
	assert_int_equal(l.v.n, 2);
	x = &l.v.v[0];
	assert_true(x->deposit && x->said_publish && !x->publish);
	assert_string_equal(x->folder, "/a/b ");
	assert_string_equal(x->title, "X: y");
	assert_int_equal(x->filter.n_include, 2);
	assert_string_equal(x->filter.exclude[0], "raw/x*");
	assert_int_equal(x->filter.after, 1767312000LL * 1000000000);
	apart = list_apart(x);
	assert_string_not_equal(apart, "");
	free(apart);
	x = &l.v.v[1];
	assert_true(!x->deposit && x->filter.here);
	list_release(&l);
}

static void a_list_with_a_fault_is_refused_by_its_line(void **state)
{
	static const struct { const char *text, *says; } t[] = {
		{ "deposit: yes\nfolder: a\n", "line 1: this block has no 'folder:'" }, { "deposit: yes\n", "line 1: this block" }, { "folder: /a\n", "line 1: a block begins" },
		{ "deposit: perhaps\n", "line 1: deposit: yes or no" }, { "deposit: yes\nfolder: /a\ncolour: red\n", "line 3: 'colour' is none of" },
		{ "deposit: yes\nfolder: /a\nafter: 2026-02-30\n", "line 3: after: a day" }, { "deposit: yes\n\n\nfiles: few\n", "line 4: files: all" }, { "x\n", "line 1: expected" },
	};
	struct list l;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct err e = ERR_INIT;

		assert_st(ST_INVALID, list_read(&l, slice_str(t[i].text), &e));
		if (strncmp(e.text, t[i].says, strlen(t[i].says)) != 0)
			fail_msg("'%s', not '%s'", e.text, t[i].says);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_in_names_are_patterns_and_suffixes_are_not),
		cmocka_unit_test(names_that_hint_at_people_are_whole_words),
		cmocka_unit_test(what_describes_a_folder),
		cmocka_unit_test(the_walk_has_one_order),
		cmocka_unit_test(folders_are_judged),
		cmocka_unit_test(any_bytes_go_into_the_list_and_back),
		cmocka_unit_test(a_list_is_read),
		cmocka_unit_test(a_list_with_a_fault_is_refused_by_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
