#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "schema/record_int.h"
#include "t/unit/schema/schema_env.h"

static void refused(const char *json, size_t n, const char *says)
{
	struct err e = ERR_INIT;
	json_t *d = NULL;

	assert_int_equal(record_load(&d, slice_of(json, n), &e), ST_INVALID);
	assert_null(d);
	if (strstr(e.text, says) == NULL)
		fail_msg("'%s' does not say '%s'", e.text, says);
}
#define REFUSED(json, says) refused(json, sizeof(json) - 1, says)

static void bad_text_is_refused_by_its_path(void **state)
{
	REFUSED("{\"titles\":[{\"value\":\"a\\u0000b\"}]}", "titles[0].value: the character U+0000");
	REFUSED("{\"a\":1,\"creators\":[1,{\"x\":2},{\"names\":[{\"value\":\"a\\ud800\"}]}]}", "creators[2].names[0].value: half a surrogate");
	REFUSED("{\"a\":\"\\udc00\\ud800\"}", "a: half a surrogate");
	REFUSED("{\"a\":\"\\ud800\\ud800\"}", "a: half a surrogate");
	REFUSED("{\"a\":{\"b\":[\"ok\",\"\xc3\x28\"]}}", "a.b[1]: text is not valid UTF-8");
	REFUSED("{\"a\":\"\xed\xa0\x80\"}", "a: text is not valid UTF-8");
	REFUSED("{\"a\\u0000\":1}", "U+0000");
	REFUSED("{\"a\":1,}", "line 1 column");
	REFUSED("{\"a\":1,\"a\":2}", "duplicate");
	REFUSED("[]", "JSON object");
	REFUSED("", "line 1");
	REFUSED("{\"a\":\"\\u12", "line 1");
}

static void good_text_is_kept_as_given(void **state)
{
	struct err e = ERR_INIT;
	json_t *d = NULL;

	assert_int_equal(record_load(&d, SLICE("{\"a\":\"\\ud83d\\ude00 e\xcc\x81 \\u0001\",\"b\":\"\\\\u0000 \\\"\"}"), &e), ST_OK);
	assert_string_equal(json_text(d, "a"), "\xf0\x9f\x98\x80 e\xcc\x81 \x01");
	assert_string_equal(json_text(d, "b"), "\\u0000 \"");
	json_decref(d);
}

static void a_hundred_megabytes_are_refused_unread(void **state)
{
	struct err e = ERR_INIT;
	json_t *d = NULL;

	assert_int_equal(record_load(&d, slice_of("{}", 100u << 20), &e), ST_TOOBIG);
	assert_non_null(strstr(e.text, "8 MB"));
}

static void deep_nesting_is_refused(void **state)
{
	struct buf b = BUF_INIT(100000);
	struct err e = ERR_INIT;
	json_t *d = NULL;

	buf_adds(&b, "{\"a\":");
	for (int i = 0; i < 20000; i++)
		buf_addc(&b, '[');
	assert_int_equal(record_load(&d, buf_slice(&b), &e), ST_INVALID);
	assert_non_null(strstr(e.text, "nested"));
	buf_release(&b);
}

static void becomes(const char *in, const char *out)
{
	json_t *a = js(in), *b = js(out), *again;
	struct err e = ERR_INIT;

	assert_int_equal(record_normalise(schema, a, NULL, &e), ST_OK);
	same(a, b, in);
	again = json_deep_copy(a);
	assert_int_equal(record_normalise(schema, again, NULL, &e), ST_OK);
	same(again, a, "a second time");
	json_decref(again);
	json_decref(a);
	json_decref(b);
}

static void identifiers_come_to_their_stored_form(void **state)
{
	becomes("{'identifiers':[{'type':'doi','value':'https://doi.org/10.1234/ABC'},{'type':'URI','value':'http://a.b/c'},{'value':'10.5/x'}]}",
	        "{'identifiers':[{'type':'DOI','value':'10.1234/abc'},{'type':'URL','value':'http://a.b/c'},{'value':'10.5/x'}]}");
	becomes("{'identifiers':[{'value':'10.1234/X'}]}", "{'identifiers':[{'type':'DOI','value':'10.1234/x'}]}");
	becomes("{'creators':[{'names':'A','nameIdentifiers':[{'scheme':'orcid','value':'https://orcid.org/0000-0002-1825-0097','uri':'https://orcid.org/0000-0002-1825-0097'}],"
	        "'affiliations':[{'names':'B','identifiers':[{'scheme':'ror','value':'057zh3y96'}]}]}]}",
	        "{'creators':[{'names':[{'value':'A'}],'nameIdentifiers':[{'scheme':'ORCID','value':'0000-0002-1825-0097'}],"
	        "'affiliations':[{'names':[{'value':'B'}],'identifiers':[{'scheme':'ROR','value':'https://ror.org/057zh3y96'}]}]}]}");
	becomes("{'relations':[{'relationType':'issupplementto','identifier':{'type':'doi','value':'DOI:10.1234/X'}}]}",
	        "{'relations':[{'relationType':'IsSupplementTo','identifier':{'type':'DOI','value':'10.1234/x'}}]}");
}

static void what_cannot_be_understood_stays_with_a_warning(void **state)
{
	json_t *d = js("{'identifiers':[{'type':'DOI','value':'nonsense'}],'languages':['klingonish'],'titles':[{'value':'x','lang':'not a tag'}]}");
	json_t *was = json_deep_copy(d), *warn = json_array();
	struct err e = ERR_INIT;

	assert_int_equal(record_normalise(schema, d, warn, &e), ST_OK);
	same(d, was, "kept");
	assert_int_equal(json_array_size(warn), 3);
	assert_non_null(strstr(json_string_value(json_array_get(warn, 0)), "titles[0].lang"));
	assert_non_null(strstr(json_string_value(json_array_get(warn, 1)), "identifiers[0].value"));
	assert_non_null(strstr(json_string_value(json_array_get(warn, 2)), "languages[0]"));
	json_decref(d);
	json_decref(was);
	json_decref(warn);
}

static void short_ways_of_writing_are_understood(void **state)
{
	becomes("{'title':'T','creators':['A, B',{'name':'C'}],'publisher':'P','languages':'en','subjects':['x']}",
	        "{'titles':[{'value':'T'}],'creators':[{'names':[{'value':'A, B'}]},{'names':[{'value':'C'}]}],'publisher':{'names':[{'value':'P'}]},'languages':['eng'],"
	        "'subjects':[{'value':'x'}]}");
	becomes("{'languages':['ja','en-US','ger','Japanese','日本語','jpn','xyz']}", "{'languages':['jpn','eng','deu','jpn','jpn','jpn','xyz']}");
	becomes("{'titles':[{'value':'x','lang':'jpn'},{'value':'y','lang':'JA_kana'},{'value':'z','lang':'zh-cn'}]}",
	        "{'titles':[{'value':'x','lang':'ja'},{'value':'y','lang':'ja-Kana'},{'value':'z','lang':'zh-CN'}]}");
	becomes("{'publicationYear':'2026','dates':{'type':'issued','value':'2026'}}", "{'publicationYear':2026,'dates':[{'type':'Issued','value':'2026'}]}");
}

static void types_and_rights_are_filled_from_the_vocabularies(void **state)
{
	becomes("{'resourceType':'experimental data'}",
	        "{'resourceType':{'coar':'http://purl.org/coar/resource_type/63NG-B465','label':'experimental data','general':'Dataset'}}");
	becomes("{'resourceType':{'general':'software'}}", "{'resourceType':{'coar':'http://purl.org/coar/resource_type/c_5ce6','label':'software','general':'Software'}}");
	becomes("{'resourceType':{'coar':'c_ddb1'}}", "{'resourceType':{'coar':'http://purl.org/coar/resource_type/c_ddb1','label':'dataset','general':'Dataset'}}");
	becomes("{'resourceType':{'coar':'https://purl.org/coar/resource_type/c_6501','label':'departmental bulletin paper'}}",
	        "{'resourceType':{'coar':'http://purl.org/coar/resource_type/c_6501','label':'departmental bulletin paper','general':'JournalArticle'}}");
	becomes("{'accessRights':'open access'}", "{'accessRights':{'coar':'http://purl.org/coar/access_right/c_abf2'}}");
	becomes("{'accessRights':{'label':'公開期間猶予','embargoEnd':'2030-01-01'}}",
	        "{'accessRights':{'coar':'http://purl.org/coar/access_right/c_f1cf','embargoEnd':'2030-01-01'}}");
	becomes("{'rights':['cc-by-4.0']}",
	        "{'rights':[{'values':[{'value':'Creative Commons Attribution 4.0 International','lang':'en'},{'value':'クリエイティブ・コモンズ 表示 4.0 国際','lang':'ja'}],"
	        "'spdx':'CC-BY-4.0','uri':'https://creativecommons.org/licenses/by/4.0/'}]}");
	becomes("{'rights':[{'values':[{'value':'mine','lang':'en'}],'uri':'http://www.creativecommons.org/licenses/by-sa/3.0/deed.ja'}]}",
	        "{'rights':[{'values':[{'value':'mine','lang':'en'}],'spdx':'CC-BY-SA-3.0','uri':'http://www.creativecommons.org/licenses/by-sa/3.0/deed.ja'}]}");
	becomes("{'rights':'ask me'}", "{'rights':[{'values':[{'value':'ask me'}]}]}");
}

static void computed_members_are_not_stored_unknown_ones_are(void **state)
{
	becomes("{'id':'x','oaiIdentifier':'y','state':'published','files':[],'timestamps':{},'links':{},'x-mine':{'a':[null,1.5]},'titles':[{'value':'t','x':1}]}",
	        "{'x-mine':{'a':[null,1.5]},'titles':[{'value':'t','x':1}]}");
}

static bool licence(const char *text, const char *id)
{
	size_t row;

	if (!licence_find(schema, slice_str(text), &row))
		return id == NULL;
	if (id == NULL || strcmp(vocab_get(schema_vocab(schema, "licences"), row, "id"), id) != 0)
		fail_msg("'%s' is taken for '%s'", text, vocab_get(schema_vocab(schema, "licences"), row, "id"));
	return true;
}

static void licences_are_known_by_many_names(void **state)
{
	assert_true(licence("CC-BY-4.0", "CC-BY-4.0"));
	assert_true(licence("cc by 4.0", "CC-BY-4.0"));
	assert_true(licence("https://creativecommons.org/licenses/by/4.0/legalcode", "CC-BY-4.0"));
	assert_true(licence("http://creativecommons.org/publicdomain/zero/1.0", "CC0-1.0"));
	assert_true(licence("CC0", "CC0-1.0"));
	assert_true(licence("PDDL", "PDDL-1.0"));
	assert_true(licence("https://spdx.org/licenses/MIT.html", "MIT"));
	assert_true(licence("https://opensource.org/licenses/MIT", "MIT"));
	assert_true(licence("Creative Commons Attribution 4.0 International", "CC-BY-4.0"));
	assert_true(licence("公共データ利用規約（第1.0版）", "LicenseRef-PDL-1.0"));
	assert_true(licence("afl-3.0", "AFL-3.0"));
	assert_true(licence("free to use", NULL));
	assert_true(licence("", NULL));
}

static const char *licence_text(const char *text)
{
	size_t row;

	return licence_of_text(schema, slice_str(text), &row) ? vocab_get(schema_vocab(schema, "licences"), row, "id") : "";
}

static void licence_texts_are_recognised(void **state)
{
	assert_string_equal(licence_text("Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted, "
	                                 "provided that the above copyright notice and this permission notice appear in all copies."), "ISC");
	assert_string_equal(licence_text("Apache License\n   Version 2.0, January 2004\n http://www.apache.org/licenses/"), "Apache-2.0");
	assert_string_equal(licence_text("Creative Commons\n\nAttribution-NonCommercial 4.0\nInternational\n"), "CC-BY-NC-4.0");
	assert_string_equal(licence_text("Attribution 4.0 International\n====\nCreative Commons Corporation ..."), "CC-BY-4.0");
	assert_string_equal(licence_text("GNU GENERAL PUBLIC LICENSE\n Version 3, 29 June 2007"), "GPL-3.0-only");
	assert_string_equal(licence_text("このデータは公共データ利用規約（第1.0版）に従って利用できます。"), "LicenseRef-PDL-1.0");
	assert_string_equal(licence_text("All rights reserved."), "");
	assert_string_equal(licence_text(""), "");
}

static void titles_and_names_come_in_the_language_asked_for(void **state)
{
	json_t *d = js("{'titles':[{'value':'ヨミ','lang':'ja-Kana'},{'value':'別','lang':'ja','type':'AlternativeTitle'},{'value':'題','lang':'ja-JP'},{'value':'T','lang':'en'},"
	               "{'value':'Titel','lang':'de'}],'creators':[{'familyNames':[{'value':'F'}]},{'names':[{'value':'よみ','lang':'ja-Kana'}]}]}");

	assert_true(slice_eq_str(record_title(d, "ja"), "題"));
	assert_true(slice_eq_str(record_title(d, "de"), "Titel"));
	assert_true(slice_eq_str(record_title(d, "fr"), "T"));
	assert_true(slice_eq_str(record_title(d, NULL), "T"));
	assert_true(slice_eq_str(record_name(json_at(d, "creators[0]"), "ja"), "F"));
	assert_true(slice_eq_str(record_name(json_at(d, "creators[1]"), "en"), "よみ"));
	assert_int_equal(record_title(NULL, NULL).n, 0);
	json_decref(d);
	d = js("{'titles':[{'value':'x','type':'Other'}],'descriptions':[{'value':'m','type':'Methods'},{'value':'plain'}]}");
	assert_true(slice_eq_str(record_title(d, "en"), "x"));
	assert_true(slice_eq_str(record_abstract(d, "en"), "plain"));
	json_decref(d);
}

static void the_year_is_computed_unless_given(void **state)
{
	static const struct { const char *json; int year; } all[] = { { "{'publicationYear':2020,'dates':[{'type':'Issued','value':'2026'}]}", 2020 },
		{ "{'dates':[{'type':'Available','value':'2027'},{'type':'Issued','value':'2026-04-01'}]}", 2026 },
		{ "{'dates':[{'type':'Available','value':'2027-01'}]}", 2027 }, { "{'dates':[{'type':'Created','value':'2027-01'}]}", 0 }, { "{}", 0 } };

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		json_t *d = js(all[i].json);

		assert_int_equal(record_year(d), all[i].year);
		json_decref(d);
	}
}

static void defaults_fill_only_what_is_missing_and_say_so(void **state)
{
	struct record_defaults with = { "folder", "me", "repo", "2026-11-21" };
	json_t *d = js("{}"), *list = json_array();
	struct findings f = { 0 };
	struct err e = ERR_INIT;

	assert_int_equal(record_default(schema, d, &with, list, &e), ST_OK);
	assert_int_equal(json_array_size(list), 7);
	assert_int_equal(record_validate(schema, d, RECORD_PUBLISH, &f), ST_OK);
	assert_false(findings_fatal(&f));
	assert_int_equal(f.n, 0);
	assert_true(slice_eq_str(record_title(d, NULL), "folder"));
	assert_string_equal(record_type(d), "http://purl.org/coar/resource_type/c_ddb1");
	json_array_clear(list);
	assert_int_equal(record_default(schema, d, &with, list, &e), ST_OK);
	assert_int_equal(json_array_size(list), 0);
	json_decref(d);
	d = js("{'titles':[{'value':'mine'}],'publicationYear':2020,'rights':[{'spdx':'MIT'}]}");
	assert_int_equal(record_default(schema, d, &with, list, &e), ST_OK);
	assert_true(slice_eq_str(record_title(d, NULL), "mine"));
	assert_int_equal(json_array_size(list), 4);
	json_decref(d);
	/* The end of an embargo is not the year of publication. */
	json_array_clear(list);
	d = js("{'titles':[{'value':'mine'}],'dates':[{'type':'Available','value':'2090-04-01'}]}");
	assert_int_equal(record_default(schema, d, &with, list, &e), ST_OK);
	assert_int_equal(record_year(d), 2026);
	json_decref(d);
	json_decref(list);
	findings_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_text_is_refused_by_its_path),
		cmocka_unit_test(good_text_is_kept_as_given),
		cmocka_unit_test(a_hundred_megabytes_are_refused_unread),
		cmocka_unit_test(deep_nesting_is_refused),
		cmocka_unit_test(identifiers_come_to_their_stored_form),
		cmocka_unit_test(what_cannot_be_understood_stays_with_a_warning),
		cmocka_unit_test(short_ways_of_writing_are_understood),
		cmocka_unit_test(types_and_rights_are_filled_from_the_vocabularies),
		cmocka_unit_test(computed_members_are_not_stored_unknown_ones_are),
		cmocka_unit_test(licences_are_known_by_many_names),
		cmocka_unit_test(licence_texts_are_recognised),
		cmocka_unit_test(titles_and_names_come_in_the_language_asked_for),
		cmocka_unit_test(the_year_is_computed_unless_given),
		cmocka_unit_test(defaults_fill_only_what_is_missing_and_say_so),
	};

	return cmocka_run_group_tests(tests, load_schema, drop_schema);
}
