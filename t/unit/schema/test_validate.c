#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "schema/record.h"
#include "t/unit/schema/schema_env.h"

#define GOOD \
	"'titles':[{'value':'T','lang':'en'}],'creators':[{'names':[{'value':'A, B'}]}],'publisher':{'names':[{'value':'P'}]},'publicationYear':2026," \
	"'resourceType':{'coar':'http://purl.org/coar/resource_type/c_ddb1'},'accessRights':{'coar':'http://purl.org/coar/access_right/c_abf2'},'rights':[{'spdx':'CC-BY-4.0'}]"

static struct findings check(const char *json, enum record_check what)
{
	struct findings f = { 0 };
	json_t *d = js(json);

	assert_int_equal(record_validate(schema, d, what, &f), ST_OK);
	json_decref(d);
	return f;
}

static const struct finding *at(const struct findings *f, const char *path)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->v[i].path, path) == 0)
			return &f->v[i];
	return NULL;
}

/* The one fault of ${json} is at ${path} and says ${says}. */
static void fault(const char *json, const char *path, const char *says)
{
	struct findings f = check(json, RECORD_DRAFT);

	if (f.n != 1 || strcmp(f.v[0].path, path) != 0 || strstr(f.v[0].message, says) == NULL || !f.v[0].fatal)
		fail_msg("%s: %zu findings, first '%s: %s'", json, f.n, f.n ? f.v[0].path : "", f.n ? f.v[0].message : "");
	findings_release(&f);
}

static void a_good_record_has_no_findings(void **state)
{
	struct findings f = check("{" GOOD "}", RECORD_PUBLISH);

	assert_int_equal(f.n, 0);
	findings_release(&f);
}

static void everything_missing_is_named_at_once(void **state)
{
	static const char *const paths[] = { "titles", "creators", "publisher.names", "publicationYear", "resourceType.coar", "accessRights.coar", "rights" };
	struct findings f = check("{}", RECORD_PUBLISH);

	assert_int_equal(f.n, 7);
	for (size_t i = 0; i < 7; i++) {
		assert_non_null(at(&f, paths[i]));
		assert_true(at(&f, paths[i])->fatal);
	}
	findings_release(&f);
	f = check("{}", RECORD_DRAFT);
	assert_int_equal(f.n, 0);
	findings_release(&f);
}

static void every_fault_is_named_by_its_path(void **state)
{
	struct findings f = check("{'titles':[{'value':'a'},{'value':7}],'creators':[{'names':[{'value':'x'}]},{'names':[{'value':'y'}]},{'names':[{'value':5}]}],"
	                          "'dates':[{'type':'Never','value':'2026-13'}],'publicationYear':'x','languages':[3]}", RECORD_DRAFT);

	assert_string_equal(at(&f, "titles[1].value")->message, "expected text, found number");
	assert_string_equal(at(&f, "creators[2].names[0].value")->message, "expected text, found number");
	assert_non_null(strstr(at(&f, "dates[0].type")->message, "'Never' is not one of"));
	assert_non_null(strstr(at(&f, "dates[0].type")->message, "Issued"));
	assert_non_null(at(&f, "dates[0].value"));
	assert_string_equal(at(&f, "publicationYear")->message, "expected a whole number, found text");
	assert_string_equal(at(&f, "languages[0]")->message, "expected text, found number");
	findings_release(&f);
}

static void identifiers_are_checked_to_the_last_digit(void **state)
{
	fault("{'identifiers':[{'type':'DOI','value':'11.1/x'}]}", "identifiers[0].value", "not a valid DOI");
	fault("{'identifiers':[{'type':'URL','value':'not a url'}]}", "identifiers[0].value", "not a valid URL");
	fault("{'creators':[{'names':[{'value':'x'}],'nameIdentifiers':[{'scheme':'ORCID','value':'0000-0002-1825-0098'}]}]}",
	      "creators[0].nameIdentifiers[0].value", "not a valid ORCID");
	fault("{'publisher':{'names':[{'value':'x'}],'identifier':{'scheme':'ROR','value':'https://ror.org/057zh3y97'}}}", "publisher.identifier.value", "not a valid ROR");
	fault("{'creators':[{'names':[{'value':'x'}],'nameIdentifiers':[{'scheme':'ISNI','value':'0000000121032684'}]}]}",
	      "creators[0].nameIdentifiers[0].value", "not a valid ISNI");
	fault("{'relations':[{'relationType':'Cites','identifier':{'type':'DOI','value':'x'}}]}", "relations[0].identifier.value", "not a valid DOI");
	fault("{'relations':[{'relationType':'Likes','identifier':{'type':'DOI','value':'10.1234/x'}}]}", "relations[0].relationType", "'Likes' is not one of");
	fault("{'identifiers':[{'type':'DOI'}]}", "identifiers[0].value", "missing");
	fault("{'rights':[{'uri':'no url'}]}", "rights[0].uri", "not a valid URL");
}

static void terms_dates_and_numbers_are_checked(void **state)
{
	fault("{'resourceType':{'coar':'http://purl.org/coar/resource_type/nonsense'}}", "resourceType.coar", "no concept");
	fault("{'accessRights':{'coar':'http://purl.org/coar/access_right/c_nope'}}", "accessRights.coar", "no concept");
	fault("{'dates':[{'type':'Issued','value':'2026-02-30'}]}", "dates[0].value", "no date");
	fault("{'dates':[{'type':'Issued'}]}", "dates[0].value", "missing");
	fault("{'languages':['English']}", "languages[0]", "no language");
	fault("{'publicationYear':20260}", "publicationYear", "no year");
	fault("{'geoLocations':[{'point':{'lon':181,'lat':0}}]}", "geoLocations[0].point.lon", "outside");
	fault("{'geoLocations':[{'box':{'west':1,'east':2,'south':4,'north':3}}]}", "geoLocations[0].box", "south is above north");
	fault("{'geoLocations':[{'point':{'lon':1}}]}", "geoLocations[0].point.lat", "missing");
	fault("{'publisher':{'country':'Japan'}}", "publisher.country", "no country");
	fault("{'creators':[{'nameType':'Robot','names':[{'value':'x'}]}]}", "creators[0].nameType", "'Robot' is not one of");
	fault("{'contributors':[{'contributorType':'Cook','names':[{'value':'x'}]}]}", "contributors[0].contributorType", "'Cook'");
	fault("{'creators':[{}]}", "creators[0].names", "name is missing");
	fault("{'creators':'me'}", "creators", "expected a list, found text");
	fault("{'creators':['me']}", "creators[0]", "expected an object, found text");
	fault("{'seriesFlag':'yes'}", "seriesFlag", "expected true or false");
}

static void an_embargo_needs_its_end(void **state)
{
	struct findings f = check("{" GOOD ",'accessRights':{'coar':'http://purl.org/coar/access_right/c_f1cf'}}", RECORD_DRAFT);

	findings_release(&f);
	{
		json_t *d = js("{" GOOD "}");

		json_object_set_new(d, "accessRights", json_pack("{s:s}", "coar", "http://purl.org/coar/access_right/c_f1cf"));
		assert_int_equal(record_validate(schema, d, RECORD_PUBLISH, &f), ST_OK);
		assert_int_equal(f.n, 1);
		assert_string_equal(f.v[0].path, "accessRights.embargoEnd");
		findings_release(&f);
		json_object_set_new(d, "dates", json_pack("[{s:s,s:s}]", "type", "Available", "value", "2030-01-01"));
		assert_int_equal(record_validate(schema, d, RECORD_PUBLISH, &f), ST_OK);
		assert_int_equal(f.n, 0);
		findings_release(&f);
		json_decref(d);
	}
}

static void unknown_members_are_reported_and_harmless(void **state)
{
	struct findings f = check("{" GOOD ",'x-mine':{'deep':[1,'t']},'titles2':3}", RECORD_PUBLISH);

	assert_int_equal(f.n, 2);
	assert_false(findings_fatal(&f));
	assert_string_equal(at(&f, "x-mine")->message, "unknown member, kept as it is");
	findings_release(&f);
	f = check("{'creators':[{'names':[{'value':'x'}],'shoeSize':40}]}", RECORD_DRAFT);
	assert_non_null(at(&f, "creators[0].shoeSize"));
	assert_false(findings_fatal(&f));
	findings_release(&f);
}

static void control_characters_are_reported_and_kept(void **state)
{
	struct findings f = check("{'titles':[{'value':'a\\u0001b'},{'value':'\\uffff'},{'value':'tab\\t and line\\n'}],'x':{'y':'\\u0002'}}", RECORD_DRAFT);

	assert_int_equal(f.n, 4);
	assert_false(findings_fatal(&f));
	assert_non_null(strstr(at(&f, "titles[0].value")->message, "U+0001"));
	assert_non_null(strstr(at(&f, "titles[1].value")->message, "U+FFFF"));
	assert_non_null(strstr(at(&f, "x.y")->message, "U+0002"));
	findings_release(&f);
}

static void null_counts_as_absent(void **state)
{
	struct findings f = check("{'titles':null,'creators':null,'publicationYear':null,'versionType':null,'container':null,'accessRights':{'coar':null}}", RECORD_DRAFT);

	assert_int_equal(f.n, 0);
	findings_release(&f);
}

static void limits_are_said_clearly(void **state)
{
	struct findings f = { 0 };
	json_t *d = json_object(), *many = json_array();
	char *long_title = malloc(1000001);

	memset(long_title, 'x', 1000000);
	long_title[1000000] = '\0';
	json_object_set_new(d, "titles", json_pack("[{s:s}]", "value", long_title));
	for (int i = 0; i < 100000; i++)
		json_array_append_new(many, json_pack("{s:[{s:s}]}", "names", "value", "x"));
	json_object_set_new(d, "creators", many);
	assert_int_equal(record_validate(schema, d, RECORD_DRAFT, &f), ST_OK);
	assert_int_equal(f.n, 2);
	assert_string_equal(at(&f, "titles[0].value")->message, "longer than 5000 characters: 1000000");
	assert_string_equal(at(&f, "creators")->message, "more than 10000 members: 100000");
	findings_release(&f);
	free(long_title);
	json_decref(d);
}

static void ten_thousand_faults_do_not_fill_the_memory(void **state)
{
	struct findings f = { 0 };
	json_t *d = json_object(), *many = json_array();

	for (int i = 0; i < 9999; i++)
		json_array_append_new(many, json_pack("{s:i,s:i}", "unknown", 1, "names", 3));
	json_object_set_new(d, "creators", many);
	assert_int_equal(record_validate(schema, d, RECORD_DRAFT, &f), ST_OK);
	assert_true(f.n <= 1001);
	assert_true(findings_fatal(&f));
	assert_non_null(strstr(f.v[f.n - 1].message, "more faults"));
	findings_release(&f);
	json_decref(d);
}

static void the_example_of_the_documentation_is_valid(void **state)
{
	const char *src = getenv("AZEKURA_SRC");
	struct buf b = BUF_INIT(1 << 20);
	struct findings f = { 0 };
	struct err e = ERR_INIT;
	char path[1000];
	const char *from, *to;
	json_t *d = NULL, *warn = json_array();

	snprintf(path, sizeof(path), "%s/docs/formats/record.md", src != NULL ? src : "..");
	assert_int_equal(fs_read_file(path, &b, &e), ST_OK);
	from = strstr(b.p, "## Example");
	assert_non_null(from);
	from = strstr(from, "```json\n");
	assert_non_null(from);
	to = strstr(from + 8, "```");
	assert_non_null(to);
	if (record_load(&d, slice_of(from + 8, (size_t)(to - from - 8)), &e) != ST_OK)
		fail_msg("%s", e.text);
	assert_int_equal(record_normalise(schema, d, warn, &e), ST_OK);
	assert_int_equal(json_array_size(warn), 0);
	assert_int_equal(record_validate(schema, d, RECORD_PUBLISH, &f), ST_OK);
	if (f.n > 0)
		fail_msg("%s: %s", f.v[0].path, f.v[0].message);
	findings_release(&f);
	json_decref(d);
	json_decref(warn);
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_record_has_no_findings),
		cmocka_unit_test(everything_missing_is_named_at_once),
		cmocka_unit_test(every_fault_is_named_by_its_path),
		cmocka_unit_test(identifiers_are_checked_to_the_last_digit),
		cmocka_unit_test(terms_dates_and_numbers_are_checked),
		cmocka_unit_test(an_embargo_needs_its_end),
		cmocka_unit_test(unknown_members_are_reported_and_harmless),
		cmocka_unit_test(control_characters_are_reported_and_kept),
		cmocka_unit_test(null_counts_as_absent),
		cmocka_unit_test(limits_are_said_clearly),
		cmocka_unit_test(ten_thousand_faults_do_not_fill_the_memory),
		cmocka_unit_test(the_example_of_the_documentation_is_valid),
	};

	return cmocka_run_group_tests(tests, load_schema, drop_schema);
}
