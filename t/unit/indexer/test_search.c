#include "t/unit/unit.h"

#include "base/clock.h"
#include "t/unit/indexer/ixtest.h"

static void put_text(struct ixtest *t, unsigned n, const char *title, const char *description)
{
	struct rec rec;

	ixtest_rec(&rec, n, 1, ixtest_doc(title, description));
	ixtest_put(t, &rec, n);
	json_decref(rec.doc);
}

/* Which of these texts does the query find? The order of rows is the number of the record. */
static void readers_of_japanese_find_what_they_mean(void **state)
{
	static const struct { const char *text, *found, *missed; } rows[] = {
		{ "ｻｰﾊﾞｰの記録", "サーバー|サーバ|ｻｰﾊﾞ|さーばー|\"サーバー\"", "サバ" },
		{ "計算機サーバの管理", "サーバー|サーバ|計算機|機サーバ|算|理|管理", "サーバーム|理管" },
		{ "國立國會圖書館の目録", "国立国会図書館|國會|図書|書館の目|圖|録", "国図" },
		{ "たんぱく質の構造", "タンパク質|たんぱく|質の|質", "蛋白" },
		{ "第3回調査DNA解析2020年", "第3回|3回調査|DNA解析|dna|\"解析2020年\"|回|査DNA|2020", "第3解析|査2020" },
		{ "気温、湿度と風速", "気温 風速|湿度と|\"気温、湿度\"|湿度 OR 降水|気温 -降水", "気温湿度|気温 降水|気温 -風速" },
		{ "か\xe3\x82\x99くせい の研究", "がくせい|研究|研究 がくせい", "かくせい" },
		{ "ＡＢＣ１２３　全角", "abc123|全角", "abc|角全" },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		void *s = NULL;
		struct slice found = slice_str(rows[i].found), missed = slice_str(rows[i].missed);

		assert_int_equal(ixtest_setup(&s), 0);
		put_text(s, 1, "", rows[i].text);
		while (found.p != NULL) {
			char *q = slice_dup(slice_cut(&found, '|'));
			if (ixtest_count(s, q) != 1)
				fail_msg("'%s' is not found by '%s'", rows[i].text, q);
			free(q);
		}
		while (missed.p != NULL) {
			char *q = slice_dup(slice_cut(&missed, '|'));
			if (ixtest_count(s, q) != 0)
				fail_msg("'%s' is found by '%s'", rows[i].text, q);
			free(q);
		}
		assert_int_equal(ixtest_teardown(&s), 0);
	}
}

static void every_part_of_japanese_text_is_found(void **state)
{
	static const char *const ch[] = { "海", "洋", "研", "究", "船", "の", "デ", "ー", "タ", "を", "集", "め", "た" };
	struct ixtest *t = *state;
	char text[128] = "", q[128];

	for (unsigned i = 0; i < 13; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s", ch[i]);
	put_text(t, 1, text, "");
	for (unsigned from = 0; from < 13; from++) {
		for (unsigned to = from + 1; to <= 13; to++) {
			q[0] = '\0';
			for (unsigned i = from; i < to; i++)
				snprintf(q + strlen(q), sizeof(q) - strlen(q), "%s", ch[i]);
			if (ixtest_count(t, q) != 1)
				fail_msg("'%s' is not found", q);
		}
	}
}

static void names_are_found_with_and_without_blanks(void **state)
{
	struct ixtest *t = *state;
	struct rec rec;

	ixtest_rec(&rec, 1, 1, json_pack("{s:[{s:[{s:s},{s:s}]}]}", "creators", "names", "value", "情報, 太郎", "value", "Jōhō, Tarō"));
	ixtest_put(t, &rec, 1);
	json_decref(rec.doc);
	assert_int_equal(ixtest_count(t, "情報太郎"), 1);
	assert_int_equal(ixtest_count(t, "情報 太郎"), 1);
	assert_int_equal(ixtest_count(t, "creator:情報太郎"), 1);
	assert_int_equal(ixtest_count(t, "creator:\"Joho Taro\""), 1);
	assert_int_equal(ixtest_count(t, "title:太郎"), 0);
	assert_int_equal(ixtest_count(t, "報太"), 1);
}

static void english_is_found_by_word_and_stem_but_quoted_as_it_stands(void **state)
{
	struct ixtest *t = *state;

	put_text(t, 1, "Observed temperatures", "A naïve e-mail archive, 23.5 degrees, 2020-04-01");
	assert_int_equal(ixtest_count(t, "temperature"), 1);
	assert_int_equal(ixtest_count(t, "TEMPERATURES observing"), 1);
	assert_int_equal(ixtest_count(t, "\"temperature\""), 0);
	assert_int_equal(ixtest_count(t, "\"observed temperatures\""), 1);
	assert_int_equal(ixtest_count(t, "temper"), 0);
	assert_int_equal(ixtest_count(t, "temper*"), 1);
	assert_int_equal(ixtest_count(t, "naive email"), 0);
	assert_int_equal(ixtest_count(t, "naive e-mail"), 1);
	assert_int_equal(ixtest_count(t, "23.5 2020-04-01"), 1);
	assert_int_equal(ixtest_count(t, "2020-04-02"), 0);
	assert_int_equal(ixtest_count(t, "NOT temperature"), 0);
	assert_int_equal(ixtest_count(t, "."), 0);
	assert_int_equal(ixtest_count(t, ""), 1);
}

static json_t *rich_doc(void)
{
	return json_pack("{s:[{s:s}], s:[{s:s, s:s}], s:[{s:[{s:s}], s:[{s:[{s:s}]}], s:[{s:s, s:s}]}], s:[{s:s}], s:{s:s}, s:[{s:s}], s:[s], s:[{s:{s:[{s:s}]}, s:{s:s}}], s:i}",
			 "titles", "value", "Kuroshio", "identifiers", "type", "DOI", "value", "10.1234/abc.def",
			 "creators", "names", "value", "Sato, Hana", "affiliations", "names", "value", "東京大学",
			 "nameIdentifiers", "scheme", "ORCID", "value", "0000-0002-1825-0097",
			 "subjects", "value", "oceanography", "resourceType", "coar", "http://purl.org/coar/resource_type/c_ddb1",
			 "rights", "spdx", "CC-BY-4.0", "languages", "jpn",
			 "funding", "funder", "names", "value", "JSPS", "award", "number", "JP12K34567", "publicationYear", 1999);
}

static void every_field_is_found_under_its_name(void **state)
{
	static const char *const yes[] = {
		"title:kuroshio", "creator:hana", "subject:oceanography", "id:10.1234/abc.def", "id:abc", "doi:10.1234/ABC.def", "doi:https://doi.org/10.1234/abc.def",
		"10.1234/abc.def", "file:salinity", "file:\"run 1\"", "column:temp_c", "affiliation:東京", "funder:jsps", "funder:JP12K34567", "type:c_ddb1", "year:1999",
		"year:1990..2000", "year:1999..", "year:..1999", "access:open", "licence:cc-by-4.0", "license:CC-BY-4.0", "lang:ja", "lang:jpn", "id:00001-00001", "0000-0002-1825-0097",
		"column:psu",
	};
	static const char *const no[] = { "title:hana", "doi:10.1234/abc", "year:2000..2010", "year:..1998", "access:closed", "lang:en", "file:temp_c", "licence:CC0-1.0", "description:kuroshio" };
	struct ixtest *t = *state;
	struct rec rec;
	struct cat_file files[] = { { .path = (char *)"data/run_1/salinity.csv" } };
	json_t *facts = json_pack("{s:[{s:[{s:s, s:s}]}]}", "tables", "columns", "name", "temp_c", "unit", "psu");
	struct index_doc d = { .rec = &rec, .files = files, .n_files = 1, .facts = facts };

	ixtest_rec(&rec, 1, 1, rich_doc());
	assert_st_e(ST_OK, index_apply(t->ix, &d, 1, 7, &t->e), &t->e);
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (ixtest_count(t, yes[i]) != 1)
			fail_msg("not found: %s", yes[i]);
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (ixtest_count(t, no[i]) != 0)
			fail_msg("found: %s", no[i]);
	json_decref(rec.doc);
	json_decref(facts);
}

static void a_field_nobody_knows_is_refused_with_the_known_ones(void **state)
{
	struct ixtest *t = *state;

	assert_int_equal(ixtest_count(t, "気温 colour:red"), UINT64_MAX);
	assert_int_equal(t->e.st, ST_INVALID);
	assert_non_null(strstr(t->e.text, "'colour' at character 4"));
	assert_non_null(strstr(t->e.text, "title, description, creator"));
}

static struct search_result run(struct ixtest *t, const struct principal *who, const char *text)
{
	struct search_query q = { .text = slice_str(text), .size = 10, .page = 1, .facets = true };
	struct search_result r;

	assert_st_e(ST_OK, search_run(t->ix, who, &q, &r, &t->e), &t->e);
	return r;
}

static uint64_t facet_count(const struct search_result *r, const char *facet, const char *key)
{
	for (size_t f = 0; f < r->n_facets; f++)
		for (size_t i = 0; strcmp(r->facets[f].name, facet) == 0 && i < r->facets[f].n; i++)
			if (strcmp(r->facets[f].buckets[i].key, key) == 0)
				return r->facets[f].buckets[i].count;
	return 0;
}

/* E12: nothing about a closed record shows: no hit, no count, no facet value, no completion of its words. */
static void what_a_reader_may_not_see_is_not_counted(void **state)
{
	struct ixtest *t = *state;
	static const uint32_t group[] = { 5 };
	struct principal nobody = { 0 }, owner = { .user = 3, .scopes = SCOPE_ALL }, other = { .user = 4, .scopes = SCOPE_ALL },
		member = { .user = 6, .scopes = SCOPE_ALL, .groups = group, .n_groups = 1 }, narrow = { .user = 3, .scopes = SCOPE_DEPOSIT };
	const struct { const struct principal *who; uint64_t secret, shared; } want[] = {
		{ &nobody, 0, 0 }, { &owner, 1, 1 }, { &other, 0, 0 }, { &member, 0, 1 }, { &narrow, 0, 0 },
	};
	struct rec rec;

	put_text(t, 1, "open words", "");
	ixtest_rec(&rec, 2, 1, json_pack("{s:[{s:s}], s:[{s:s}]}", "titles", "value", "open words of a secret", "subjects", "value", "secret subject"));
	rec.meta = META_PRIVATE;
	rec.owner = 3;
	ixtest_put(t, &rec, 2);
	json_decref(rec.doc);
	ixtest_rec(&rec, 3, 1, json_pack("{s:[{s:s}], s:[{s:s}]}", "titles", "value", "open words of a group", "subjects", "value", "shared subject"));
	rec.meta = META_GROUPS;
	rec.owner = 3;
	rec.groups = (uint32_t *)group;
	rec.n_groups = 1;
	ixtest_put(t, &rec, 3);
	json_decref(rec.doc);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		struct search_result r = run(t, want[i].who, "open words");
		assert_int_equal(r.total, 1 + want[i].secret + want[i].shared);
		assert_int_equal(r.n_hits, r.total);
		assert_int_equal(facet_count(&r, "subject", "secret subject"), want[i].secret);
		assert_int_equal(facet_count(&r, "subject", "shared subject"), want[i].shared);
		assert_int_equal(r.facets[FACET_SUBJECT].n, want[i].secret + want[i].shared);
		assert_int_equal(facet_count(&r, "access", "open"), r.total);
		search_result_release(&r);
	}
}

static void a_reader_gets_the_newest_version_that_he_may_see(void **state)
{
	struct ixtest *t = *state;
	struct principal nobody = { 0 }, owner = { .user = 3, .scopes = SCOPE_ALL };
	struct rec rec;
	struct search_result r;

	for (unsigned v = 1; v <= 3; v++) {
		ixtest_rec(&rec, 1, v, ixtest_doc("tide gauge", ""));
		rec.owner = 3;
		rec.meta = v == 3 ? META_PRIVATE : META_PUBLIC;
		ixtest_put(t, &rec, v);
		json_decref(rec.doc);
	}
	r = run(t, &nobody, "tide");
	assert_int_equal(r.total, 1);
	assert_string_equal(r.hits[0].id, "00001-00002");
	search_result_release(&r);
	r = run(t, &owner, "tide");
	assert_int_equal(r.total, 1);
	assert_string_equal(r.hits[0].id, "00001-00003");
	search_result_release(&r);
	ixtest_rec(&rec, 1, 2, NULL);
	rec.state = REC_WITHDRAWN;
	ixtest_put(t, &rec, 4);
	r = run(t, &nobody, "tide");
	assert_int_equal(r.total, 1);
	assert_string_equal(r.hits[0].id, "00001-00001");
	search_result_release(&r);
}

static void a_facet_is_not_narrowed_by_its_own_choice(void **state)
{
	struct ixtest *t = *state;
	const char *filters[] = { "year=2001", "year=1066" };
	struct search_query q = { .size = 10, .page = 1, .facets = true, .filters = filters, .n_filters = 2 };
	struct principal nobody = { 0 };
	struct search_result r;
	struct rec rec;
	unsigned selected = 0;

	for (unsigned i = 0; i < 30; i++) {
		ixtest_rec(&rec, i + 1, 1, json_pack("{s:i, s:[{s:s}]}", "publicationYear", 2000 + (int)i % 3, "subjects", "value", i % 2 ? "odd" : "even"));
		ixtest_put(t, &rec, i + 1);
		json_decref(rec.doc);
	}
	assert_st_e(ST_OK, search_run(t->ix, &nobody, &q, &r, &t->e), &t->e);
	assert_int_equal(r.total, 10);
	assert_int_equal(facet_count(&r, "year", "2000"), 10);
	assert_int_equal(facet_count(&r, "year", "2001"), 10);
	assert_int_equal(facet_count(&r, "subject", "odd"), 5);
	for (size_t i = 0; i < r.facets[FACET_YEAR].n; i++)
		selected += r.facets[FACET_YEAR].buckets[i].selected;
	assert_int_equal(selected, 2);		/* the choice that finds nothing is shown too, with 0 */
	search_result_release(&r);
	filters[0] = "colour=red";
	assert_st(ST_INVALID, search_run(t->ix, &nobody, &q, &r, &t->e));
}

static void titles_come_in_dictionary_order_and_pages_meet(void **state)
{
	static const char *const titles[] = { "Zebra", "apple", "Äpfel", "banana", "いぬ", "アリ", "かめ" };
	static const char *const order[] = { "00003", "00002", "00004", "00001", "00006", "00005", "00007" };
	struct ixtest *t = *state;
	struct principal nobody = { 0 };
	struct search_query q = { .size = 2, .sort = SORT_TITLE };
	struct search_result r;
	char *cursor = NULL;
	unsigned at = 0, pages = 0;

	for (unsigned i = 0; i < 7; i++)
		put_text(t, i + 1, titles[i], "");
	do {
		q.cursor = slice_str(cursor);
		assert_st_e(ST_OK, search_run(t->ix, &nobody, &q, &r, &t->e), &t->e);
		assert_int_equal(r.total, 7);
		for (size_t i = 0; i < r.n_hits; i++, at++)
			assert_memory_equal(r.hits[i].id, order[at], 5);
		free(cursor);
		cursor = r.next;
		r.next = NULL;
		search_result_release(&r);
		pages++;
	} while (cursor != NULL);
	assert_int_equal(at, 7);
	assert_int_equal(pages, 4);
	q.page = 4;
	assert_st_e(ST_OK, search_run(t->ix, &nobody, &q, &r, &t->e), &t->e);
	assert_int_equal(r.n_hits, 1);
	assert_null(r.next);
	search_result_release(&r);
}

static void cursors_of_others_are_refused(void **state)
{
	static const char *const bad[] = { "AAAA", "!!", "AQAAAAE", "AAAAAAF_wAAA", "BAAAAAE" };
	struct ixtest *t = *state;
	struct principal nobody = { 0 };
	struct search_result r;

	put_text(t, 1, "a", "b");
	for (size_t i = 0; i < 4; i++) {
		struct search_query q = { .size = 2, .cursor = slice_str(bad[i]) };
		assert_st(ST_INVALID, search_run(t->ix, &nobody, &q, &r, &t->e));
	}
}

/* E9 */
static void hostile_queries_are_bounded(void **state)
{
	struct ixtest *t = *state;
	struct principal nobody = { 0 };
	struct search_result r;
	struct search_query q = { .size = 10, .page = 1 };
	struct buf b = BUF_INIT(1 << 20);
	struct rec *recs = calloc(3000, sizeof(*recs));
	struct index_doc *docs = calloc(3000, sizeof(*docs));

	for (unsigned i = 0; i < 3000; i++) {
		char text[100];
		snprintf(text, sizeof(text), "wa%u wb%u 気温%u の", i, i * 7, i);
		ixtest_rec(&recs[i], i + 1, 1, ixtest_doc(text, text));
		docs[i].rec = &recs[i];
	}
	assert_st_e(ST_OK, index_apply(t->ix, docs, 3000, 1, &t->e), &t->e);
	for (unsigned i = 0; i < 1000; i++)
		buf_adds(&b, "wa1 ");
	assert_int_equal(ixtest_count(t, b.p), UINT64_MAX);
	assert_int_equal(t->e.st, ST_INVALID);
	buf_clear(&b);
	for (unsigned i = 0; i < 5000; i++)
		buf_adds(&b, "(");
	assert_int_equal(ixtest_count(t, b.p), UINT64_MAX);
	buf_clear(&b);
	for (unsigned i = 0; i < 1300; i++)
		buf_adds(&b, "気");
	assert_int_equal(ixtest_count(t, b.p), 0);
	buf_clear(&b);
	for (unsigned i = 0; i < 60; i++)
		buf_addf(&b, "%sw*", i ? " OR " : "");
	assert_int_equal(ixtest_count(t, b.p), 3000);
	assert_int_equal(ixtest_count(t, "\xff"), UINT64_MAX);
	assert_int_equal(t->e.st, ST_INVALID);
	q.page = 2000;
	assert_st(ST_INVALID, search_run(t->ix, &nobody, &q, &r, &t->e));
	q.page = 1000;
	assert_st(ST_OK, search_run(t->ix, &nobody, &q, &r, &t->e));
	assert_int_equal(r.total, 3000);
	assert_int_equal(r.n_hits, 0);
	search_result_release(&r);
	q.size = 101;
	assert_st(ST_INVALID, search_run(t->ix, &nobody, &q, &r, &t->e));
	for (unsigned i = 0; i < 3000; i++)
		json_decref(recs[i].doc);
	free(recs);
	free(docs);
	buf_release(&b);
}

static void a_record_put_again_is_found_by_its_new_words_only(void **state)
{
	struct ixtest *t = *state;

	put_text(t, 1, "salinity", "");
	assert_int_equal(ixtest_count(t, "salinity"), 1);
	put_text(t, 1, "turbidity", "");
	assert_int_equal(ixtest_count(t, "salinity"), 0);
	assert_int_equal(ixtest_count(t, "turbidity"), 1);
	assert_int_equal(ixtest_count(t, ""), 1);
	assert_int_equal(index_place(t->ix), 1);
}

static void the_place_and_the_words_survive_closing(void **state)
{
	struct ixtest *t = *state;

	put_text(t, 9, "salinity", "");
	ixtest_close(t);
	ixtest_open(t);
	assert_int_equal(index_place(t->ix), 9);
	assert_int_equal(ixtest_count(t, "salinity"), 1);
}

static void many_small_commits_leave_few_segments(void **state)
{
	struct ixtest *t = *state;
	struct manifest *m = malloc(sizeof(*m));
	struct kv_txn txn;
	uint64_t before, after;

	for (unsigned i = 1; i <= 600; i++) {
		char title[40];
		snprintf(title, sizeof(title), "common word%u", i);
		put_text(t, i, title, "");
	}
	assert_st_e(ST_OK, index_settle(t->ix, &t->e), &t->e);
	kv_read(t->r.index, &txn);
	manifest_get(&txn, m);
	before = kv_entries(&txn, IX_TERMS);
	assert_true(m->n_segs < 3 * 8 + 1);
	assert_int_equal(m->n_garbage, 0);
	assert_int_equal(m->building, 0);
	assert_st(ST_OK, kv_end(&txn, NULL));
	assert_int_equal(ixtest_count(t, "common"), 600);
	assert_int_equal(ixtest_count(t, "word77"), 1);
	/* Withdraw most, add new ones: what they held goes with the merges. */
	for (unsigned i = 1; i <= 600; i++) {
		struct rec rec;
		ixtest_rec(&rec, i, 1, NULL);
		rec.state = REC_WITHDRAWN;
		ixtest_put(t, &rec, 600 + i);
	}
	for (unsigned i = 1; i <= 600; i++)
		put_text(t, 1000 + i, "fresh", "");
	assert_st_e(ST_OK, index_settle(t->ix, &t->e), &t->e);
	assert_int_equal(ixtest_count(t, "common"), 0);
	assert_int_equal(ixtest_count(t, "fresh"), 600);
	kv_read(t->r.index, &txn);
	after = kv_entries(&txn, IX_TERMS);
	assert_st(ST_OK, kv_end(&txn, NULL));
	assert_true(after < 3 * before);
	free(m);
}

/* As after a kill in the middle of a merge: the unfinished segment is not read, and goes. */
static st_t leave_a_torso(void *arg, struct kv_txn *t)
{
	struct manifest *m = arg;
	struct key k;

	manifest_get(t, m);
	m->building = m->next_seg++;
	term_key(&k, m->building, TERM_WORD, SLICE("torso"));
	key_u32(&k, 0);
	kv_put(t, IX_TERMS, key_slice(&k), SLICE("\x01\x00\x00\x01\x00\x01"));
	manifest_put(t, m);
	return t->st;
}

static void a_merge_that_was_killed_leaves_nothing_behind(void **state)
{
	struct ixtest *t = *state;
	struct manifest *m = malloc(sizeof(*m));
	struct kv_txn txn;
	uint64_t before, after;

	put_text(t, 1, "whole", "");
	kv_read(t->r.index, &txn);
	before = kv_entries(&txn, IX_TERMS);
	kv_end(&txn, NULL);
	assert_st_e(ST_OK, writer_do(t->r.ix_w, leave_a_torso, m, &t->e), &t->e);
	assert_int_equal(ixtest_count(t, "torso"), 0);
	assert_st_e(ST_OK, index_settle(t->ix, &t->e), &t->e);
	kv_read(t->r.index, &txn);
	after = kv_entries(&txn, IX_TERMS);
	manifest_get(&txn, m);
	kv_end(&txn, NULL);
	assert_int_equal(before, after);
	assert_int_equal(m->building, 0);
	assert_int_equal(ixtest_count(t, "whole"), 1);
	free(m);
}

static void a_rebuild_answers_all_the_while_and_drops_what_is_gone(void **state)
{
	struct ixtest *t = *state;

	put_text(t, 1, "kept", "");
	put_text(t, 2, "purged", "");
	assert_st_e(ST_OK, index_rebuild_begin(t->ix, &t->e), &t->e);
	assert_int_equal(index_place(t->ix), 0);
	assert_int_equal(ixtest_count(t, "kept OR purged"), 2);
	put_text(t, 1, "kept again", "");
	assert_int_equal(ixtest_count(t, "kept OR purged"), 2);
	assert_st_e(ST_OK, index_rebuild_end(t->ix, &t->e), &t->e);
	assert_int_equal(ixtest_count(t, "purged"), 0);
	assert_int_equal(ixtest_count(t, "kept"), 1);
	assert_int_equal(ixtest_count(t, ""), 1);
}

static void an_index_of_another_format_is_made_anew(void **state)
{
	struct ixtest *t = *state;
	struct kv_txn txn;

	put_text(t, 5, "old", "");
	index_close(t->ix);
	kv_write(t->r.index, NULL, &txn);
	kv_put(&txn, IX_META, SLICE("manifest"), SLICE("\x00\x00\x00\x7f and more"));
	assert_st(ST_OK, kv_end(&txn, NULL));
	assert_st_e(ST_OK, index_open(&t->ix, &t->r, &t->e), &t->e);
	assert_int_equal(index_place(t->ix), 0);
	assert_int_equal(ixtest_count(t, ""), 0);
	put_text(t, 1, "new", "");
	assert_int_equal(ixtest_count(t, "new"), 1);
}

static void found_words_are_marked(void **state)
{
	static const struct { const char *text, *terms, *want; size_t max; } rows[] = {
		{ "Sea surface temperatures of 2020", "temperature", "Sea surface \x02temperatures\x03 of 2020", 100 },
		{ "國立國會圖書館の目録", "図書館", "國立國會\x02圖書館\x03の目録", 100 },
		{ "one two three four five six seven eight nine ten eleven twelve", "eleven", "… six seven eight nine ten \x02" "eleven\x03 twelve", 40 },
		{ "a <b> \x02 c", "b", "a <\x02" "b\x03>   c", 100 },
		{ "nothing here", "", "nothing here", 100 },
		{ "prefixes", "pre*", "\x02prefixes\x03", 100 },
		{ "", "a", "", 10 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf b = BUF_INIT(1000);
		assert_st(ST_OK, search_snippet(&b, slice_str(rows[i].text), rows[i].terms, rows[i].max));
		assert_buf(&b, rows[i].want);
		buf_release(&b);
	}
}

static void the_marked_words_are_those_of_the_query(void **state)
{
	struct ixtest *t = *state;
	struct principal nobody = { 0 };
	struct search_result r;

	put_text(t, 1, "x", "");
	r = run(t, &nobody, "Temperatures 國會 -rain \"sea ice\" wat* year:1999");
	assert_string_equal(r.terms, "temperatures 国会 sea ice wat*");
	search_result_release(&r);
}

#define T(f) cmocka_unit_test_setup_teardown(f, ixtest_setup, ixtest_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(readers_of_japanese_find_what_they_mean),
		T(every_part_of_japanese_text_is_found),
		T(names_are_found_with_and_without_blanks),
		T(english_is_found_by_word_and_stem_but_quoted_as_it_stands),
		T(every_field_is_found_under_its_name),
		T(a_field_nobody_knows_is_refused_with_the_known_ones),
		T(what_a_reader_may_not_see_is_not_counted),
		T(a_reader_gets_the_newest_version_that_he_may_see),
		T(a_facet_is_not_narrowed_by_its_own_choice),
		T(titles_come_in_dictionary_order_and_pages_meet),
		T(cursors_of_others_are_refused),
		T(hostile_queries_are_bounded),
		T(a_record_put_again_is_found_by_its_new_words_only),
		T(the_place_and_the_words_survive_closing),
		T(many_small_commits_leave_few_segments),
		T(a_merge_that_was_killed_leaves_nothing_behind),
		T(a_rebuild_answers_all_the_while_and_drops_what_is_gone),
		T(an_index_of_another_format_is_made_anew),
		T(found_words_are_marked),
		T(the_marked_words_are_those_of_the_query),
	};
	return cmocka_run_group_tests_name("search", tests, NULL, NULL);
}
