/* Who said so: entries follow their values, fall with them, and survive every form a record takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
#include <cmocka.h>

#include "schema/assertion.h"
#include "schema/describe.h"
#include "schema/format.h"
#include "schema/record.h"
#include "t/unit/schema/schema_env.h"

static const struct assertion readme = { "prefill", "1", "readme", 60, "README.md", "line 1", "ab" };

static json_t *sample(void)
{
	json_t *d = js("{'titles':[{'value':'T'},{'value':'S','type':'Subtitle'}],'creators':[{'names':[{'value':'A'}]},{'names':[{'value':'B'}]}],'customFields':{'a/b':{'c~d':1}}}");

	assert_int_equal(assertion_add(d, "/titles/0", &readme), ST_OK);
	assert_int_equal(assertion_add(d, "/creators/0", &readme), ST_OK);
	assert_int_equal(assertion_add(d, "/creators/1", &readme), ST_OK);
	assert_int_equal(assertion_add(d, "/customFields/a~1b", &readme), ST_OK);
	assert_int_equal(assertion_add(d, "/nothing", &readme), ST_ABSENT);
	return d;
}

static size_t count(const json_t *d)
{
	return json_array_size(json_object_get(d, "assertions"));
}

static void pointers_reach_what_they_name(void **state)
{
	json_t *d = sample();

	assert_string_equal(json_string_value(assertion_value(d, "/creators/1/names/0/value")), "B");
	assert_int_equal(json_integer_value(assertion_value(d, "/customFields/a~1b/c~0d")), 1);
	assert_null(assertion_value(d, "/creators/2"));
	assert_null(assertion_value(d, "creators"));
	assert_null(assertion_value(d, "/creators/x"));
	assert_non_null(assertion_of(d, "/creators/1/names/0/value"));
	assert_non_null(assertion_of(d, "/customFields/a~1b/c~0d"));
	assert_null(assertion_of(d, "/titles/1"));
	assert_null(assertion_of(d, "/titles"));
	json_decref(d);
}

static void an_edit_drops_its_own_entry_only(void **state)
{
	json_t *d = sample();

	json_put(assertion_value(d, "/titles/0"), "value", json_string("Mine"));
	assert_null(assertion_of(d, "/titles/0"));
	assert_int_equal(record_normalise(schema, d, NULL, NULL), ST_OK);
	assert_int_equal(count(d), 3);
	assert_null(assertion_of(d, "/titles/0"));
	assert_non_null(assertion_of(d, "/creators/0"));
	json_decref(d);
}

static void entries_follow_items_that_move(void **state)
{
	json_t *d = sample(), *list = json_object_get(d, "creators"), *first = json_incref(json_array_get(list, 0));

	json_array_remove(list, 0);
	json_array_append(list, first);
	json_decref(first);
	assert_int_equal(assertions_tidy(d), ST_OK);
	assert_int_equal(count(d), 4);
	assert_non_null(assertion_of(d, "/creators/0"));
	assert_non_null(assertion_of(d, "/creators/1"));
	json_array_remove(list, 0);
	assert_int_equal(assertions_tidy(d), ST_OK);
	assert_int_equal(count(d), 3);
	assert_non_null(assertion_of(d, "/creators/0"));
	json_object_clear(d);
	assert_int_equal(assertions_tidy(d), ST_OK);
	json_decref(d);
}

/* Entries are whatever a client sends: twenty thousand that name a large list, or stale ones, are not worth minutes. */
static void crafted_entries_cost_little(void **state)
{
	json_t *d = json_object(), *creators = json_array(), *list = json_array();

	for (int i = 0; i < 5000; i++)
		json_array_append_new(creators, json_pack("{s:[{s:s}], s:i}", "names", "value", "Somebody with a name", "n", i));
	for (int i = 0; i < 20000; i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:{}}", "at", i % 2 ? "/creators" : "/creators/4999", "of", "0000000000000000", "by"));
	json_object_set_new(d, "creators", creators);
	json_object_set_new(d, "assertions", list);
	alarm(20);
	assert_int_equal(assertions_guard(d, d), ST_OK);
	assert_int_equal(assertions_tidy(d), ST_OK);
	alarm(0);
	assert_int_equal(count(d), 0);
	json_decref(d);
	/* Equal items, and twenty thousand entries that look for a place among them. */
	d = js("{'subjects':[{'value':'x'}]}");
	assert_int_equal(assertion_add(d, "/subjects/0", &readme), ST_OK);
	for (int i = 0; i < 999; i++)
		json_array_append(json_object_get(d, "subjects"), json_array_get(json_object_get(d, "subjects"), 0));
	for (int i = 0; i < 20000; i++) {
		json_array_append_new(json_object_get(d, "assertions"), json_deep_copy(json_array_get(json_object_get(d, "assertions"), 0)));
		json_object_set_new(json_array_get(json_object_get(d, "assertions"), (size_t)i + 1), "at", json_string("/subjects/5000"));
	}
	alarm(20);
	assert_int_equal(assertions_tidy(d), ST_OK);
	alarm(0);
	assert_true(count(d) <= 1000);
	json_decref(d);
}

static void only_what_was_confirmed_stays_so(void **state)
{
	json_t *d = sample(), *forged, *given;
	size_t n = 0;

	assert_int_equal(assertions_open(d), 4);
	assert_int_equal(assertions_confirm(d, "/titles/0", "taro", "2026-01-02T03:04:05Z", &n), ST_OK);
	assert_int_equal(n, 1);
	assert_int_equal(assertions_confirm(d, NULL, "hana", "2026-02-02T03:04:05Z", &n), ST_OK);
	assert_int_equal(n, 3);
	assert_string_equal(json_string_value(json_at(d, "assertions[0].confirmed.by")), "taro");
	forged = json_deep_copy(d);
	assert_int_equal(assertions_guard(forged, NULL), ST_OK);
	assert_int_equal(assertions_open(forged), 4);
	json_decref(forged);
	forged = json_deep_copy(d);
	json_put(json_at(forged, "assertions[0].confirmed"), "by", json_string("hana"));
	assert_int_equal(assertions_guard(forged, d), ST_OK);
	assert_int_equal(assertions_open(forged), 1);
	json_decref(forged);
	/* The public form names nobody; given back, it is the same confirmation. */
	given = json_deep_copy(d);
	json_put(given, "assertions", assertions_public(json_object_get(d, "assertions")));
	assert_null(json_at(given, "assertions[0].confirmed.by"));
	assert_int_equal(assertions_guard(given, d), ST_OK);
	same(given, d, "given back");
	/* A client that knows nothing of confirmations loses none. */
	for (size_t i = 0; i < count(given); i++)
		json_object_del(json_array_get(json_object_get(given, "assertions"), i), "confirmed");
	assert_int_equal(assertions_guard(given, d), ST_OK);
	same(given, d, "sent without");
	json_decref(given);
	json_decref(d);
}

static void they_survive_the_form_of_invenio(void **state)
{
	json_t *d = sample(), *rdm = NULL, *back = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(record_normalise(schema, d, NULL, &e), ST_OK);
	assert_int_equal(invenio_write(schema, d, &rdm, &e), ST_OK);
	assert_int_equal(invenio_read(schema, rdm, &back, NULL, &e), ST_OK);
	same(back, d, "round trip");
	json_decref(back);
	/* A client changes the title: that entry falls, the others stay. */
	json_put(json_object_get(rdm, "metadata"), "title", json_string("Changed"));
	assert_int_equal(invenio_read(schema, rdm, &back, NULL, &e), ST_OK);
	assert_int_equal(record_normalise(schema, back, NULL, &e), ST_OK);
	assert_null(assertion_of(back, "/titles/0"));
	assert_int_equal(count(back), 3);
	json_decref(back);
	json_decref(rdm);
	json_decref(d);
}

static void nobody_harvests_them(void **state)
{
	struct record_view v = { .id = "k7x2m-9q494", .parent = "k7x2m-9q494", .version = 1, .state = "published" };
	json_t *d = sample();

	for (size_t i = 0; schema_format_at(schema, i) != NULL; i++) {
		struct buf out = BUF_INIT((size_t)8 << 20);
		struct err e = ERR_INIT;

		v.doc = d;
		if (xwalk_write(schema, schema_format_at(schema, i), &v, &out, &e) == ST_OK)
			assert_null(memmem(out.p, out.n, "README.md", 9));
		buf_release(&out);
	}
	json_decref(d);
}

static void words_say_where_from(void **state)
{
	struct buf b = BUF_INIT(1000);
	json_t *d = sample();

	assert_int_equal(assertion_words(assertion_of(d, "/titles/0"), true, &b), ST_OK);
	assert_string_equal(b.p, "from README.md line 1 (prefill 1, 0.6)");
	assertions_confirm(d, NULL, "taro", "2026-01-02T03:04:05Z", NULL);
	buf_clear(&b);
	assertion_words(assertion_of(d, "/titles/0"), true, &b);
	assert_string_equal(b.p, "from README.md line 1 (prefill 1, 0.6), confirmed by taro on 2026-01-02");
	buf_clear(&b);
	assertion_words(assertion_of(d, "/titles/0"), false, &b);
	assert_string_equal(b.p, "from README.md line 1 (prefill 1, 0.6), confirmed on 2026-01-02");
	buf_release(&b);
	json_decref(d);
}

static void defaults_are_proposals(void **state)
{
	struct record_defaults def = { "folder", "taro", "Repository", "2026-11-28" };
	json_t *d = json_object(), *filled, *warn = json_array();
	struct err e = ERR_INIT;

	assert_int_equal(record_default(schema, d, &def, NULL, &e), ST_OK);
	assert_int_equal(count(d), 7);
	assert_string_equal(json_string_value(json_at(assertion_of(d, "/creators/0/names/0/value"), "by.program")), "default");
	/* A better proposal takes their place; what a person wrote keeps its own. */
	filled = sample();
	json_put(d, "creators", js("[{'names':[{'value':'Person'}]}]"));
	assert_int_equal(describe_fill(d, filled, warn), ST_OK);
	assert_string_equal(json_string_value(json_at(d, "titles[0].value")), "T");
	assert_string_equal(json_string_value(json_at(assertion_of(d, "/titles/0"), "by.reader")), "readme");
	assert_string_equal(json_string_value(json_at(d, "creators[0].names[0].value")), "Person");
	assert_null(assertion_of(d, "/creators/0"));
	assert_int_equal(json_array_size(warn), 0);
	json_put(d, "titles", js("[{'value':'Mine'}]"));
	assert_int_equal(describe_fill(d, filled, warn), ST_OK);
	assert_string_equal(json_string_value(json_at(d, "titles[0].value")), "Mine");
	assert_string_equal(json_string_value(json_array_get(warn, 0)), "titles: 'Mine' in the draft, 'T' in its files: the draft is kept");
	json_decref(filled);
	json_decref(warn);
	json_decref(d);
}

static void answers_of_a_helper_are_checked(void **state)
{
	static const char *const bad[] = { "", "[]", "{}", "{\"record\":{}}", "{\"record\":{},\"warnings\":[1]}", "{\"record\":[],\"warnings\":[]}",
		"{\"record\":{\"titles\":3},\"warnings\":[]}", "{\"record\":{\"assertions\":[{\"at\":\"x\",\"of\":\"y\",\"by\":{}}],\"publicationYear\":99999},\"warnings\":[]}" };
	json_t *d = NULL, *w = NULL;
	struct err e = ERR_INIT;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_not_equal(describe_answer(schema, slice_str(bad[i]), &d, &w, &e), ST_OK);
	assert_int_equal(describe_answer(schema, SLICE("{\"record\":{\"titles\":[{\"value\":\"T\"}]},\"warnings\":[\"w\"]}"), &d, &w, &e), ST_OK);
	json_decref(d);
	json_decref(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pointers_reach_what_they_name),
		cmocka_unit_test(an_edit_drops_its_own_entry_only),
		cmocka_unit_test(entries_follow_items_that_move),
		cmocka_unit_test(crafted_entries_cost_little),
		cmocka_unit_test(only_what_was_confirmed_stays_so),
		cmocka_unit_test(they_survive_the_form_of_invenio),
		cmocka_unit_test(nobody_harvests_them),
		cmocka_unit_test(words_say_where_from),
		cmocka_unit_test(defaults_are_proposals),
		cmocka_unit_test(answers_of_a_helper_are_checked),
	};

	return cmocka_run_group_tests(tests, load_schema, drop_schema);
}
