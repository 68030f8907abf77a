/*
 * InvenioRDM JSON and back. The last two tests generate records, sane and wild, and demand equality; the seed is printed (AZEKURA_SEED repeats it).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/str.h"
#include "schema/format.h"
#include "schema/patch.h"
#include "schema/record.h"
#include "t/unit/schema/schema_env.h"

static json_t *read_rdm(const json_t *rdm)
{
	struct err e = ERR_INIT;
	json_t *doc = NULL;

	if (invenio_read(schema, rdm, &doc, NULL, &e) != ST_OK)
		fail_msg("%s", e.text);
	return doc;
}

static json_t *write_rdm(const json_t *doc)
{
	struct err e = ERR_INIT;
	json_t *rdm = NULL;

	if (invenio_write(schema, doc, &rdm, &e) != ST_OK)
		fail_msg("%s", e.text);
	return rdm;
}

/* The parts of an RDM record that are no server's work: no titles of terms, no computed access. */
static json_t *bare(const json_t *rdm)
{
	static const char *const parts[] = { "metadata", "access", "pids", "custom_fields" };
	json_t *o = json_object(), *x, *y;
	const char *key;
	size_t i, k;

	for (i = 0; i < 4; i++) {
		x = json_object_get(rdm, parts[i]);
		json_object_set_new(o, parts[i], x != NULL ? json_deep_copy(x) : json_object());
	}
	json_object_foreach(json_object_get(o, "metadata"), key, x) {
		if (json_is_object(x) && json_object_get(x, "id") != NULL)
			json_object_del(x, "title");
		json_array_foreach(x, k, y) {
			static const char *const members[] = { "type", "lang", "role", "relation_type", "resource_type" };

			for (i = 0; i < 5; i++)
				if (json_object_get(json_object_get(y, members[i]), "id") != NULL)
					json_object_del(json_object_get(y, members[i]), "title");
			if ((strcmp(key, "rights") == 0 || strcmp(key, "languages") == 0) && json_object_get(y, "id") != NULL) {
				json_object_del(y, "title");
				json_object_del(y, "props");
			}
		}
	}
	x = json_object_get(o, "access");
	if (json_object_size(x) == 0)
		json_object_update_new(x, json_pack("{s:s,s:s}", "record", "public", "files", "public"));
	if (json_object_get(x, "embargo") == NULL)
		json_object_set_new(x, "embargo", json_pack("{s:b,s:n}", "active", 0, "reason"));
	return o;
}

static void rdm_comes_back(const json_t *rdm, const char *what)
{
	json_t *doc = read_rdm(rdm), *back = write_rdm(doc), *a = bare(rdm), *b = bare(back);

	same(a, b, what);
	json_decref(a);
	json_decref(b);
	json_decref(back);
	json_decref(doc);
}

static void canonical_comes_back(const json_t *doc, const char *what)
{
	json_t *rdm = write_rdm(doc), *back = read_rdm(rdm);

	same(back, doc, what);
	json_decref(rdm);
	json_decref(back);
}

static const char *str_at(const json_t *j, const char *path)
{
	const char *s = json_string_value(json_at(j, path));

	return s != NULL ? s : "";
}

#define ARTICLE \
	"{'metadata':{'resource_type':{'id':'publication-article'},'title':'T','creators':[{'person_or_org':{'type':'personal','family_name':'Joho','given_name':'Taro'," \
	"'name':'Joho, Taro','identifiers':[{'scheme':'orcid','identifier':'0000-0002-1825-0097'}]},'affiliations':[{'id':'057zh3y96','name':'Tokyo'}]}]," \
	"'additional_titles':[{'title':'題','type':{'id':'translated-title'},'lang':{'id':'jpn'}}],'publisher':'P','publication_date':'2026-04-01'," \
	"'description':'<p>One &amp; two</p><ul><li>three</li></ul>','rights':[{'id':'cc-by-4.0'}],'languages':[{'id':'eng'}],'version':'v1'," \
	"'dates':[{'date':'2025','type':{'id':'collected'},'description':'d'}],'identifiers':[{'identifier':'1924MNRAS..84..308E','scheme':'ads'}]," \
	"'related_identifiers':[{'identifier':'10.1234/Foo','scheme':'doi','relation_type':{'id':'issupplementto'},'resource_type':{'id':'dataset'}}]," \
	"'subjects':[{'subject':'sea'}],'funding':[{'funder':{'id':'00097mb19','name':'JST'},'award':{'number':'JP1','title':{'en':'A'}}}]," \
	"'locations':{'features':[{'geometry':{'type':'Point','coordinates':[6.05,46.2]},'place':'CERN'}]}}," \
	"'access':{'record':'public','files':'restricted','embargo':{'active':true,'until':'2031-01-01','reason':'later'}}," \
	"'pids':{'doi':{'identifier':'10.1234/x','provider':'datacite','client':'c'}},'custom_fields':{'journal:journal':{'title':'J'}}}"

static void a_real_deposit_becomes_canonical(void **state)
{
	json_t *rdm = js(ARTICLE), *d = read_rdm(rdm);
	struct findings f = { 0 };

	assert_string_equal(str_at(d, "titles[0].value"), "T");
	assert_string_equal(str_at(d, "titles[1].lang"), "ja");
	assert_string_equal(str_at(d, "titles[1].type"), "TranslatedTitle");
	assert_string_equal(str_at(d, "creators[0].names[0].value"), "Joho, Taro");
	assert_string_equal(str_at(d, "creators[0].nameIdentifiers[0].scheme"), "ORCID");
	assert_string_equal(str_at(d, "creators[0].affiliations[0].identifiers[0].value"), "https://ror.org/057zh3y96");
	assert_string_equal(str_at(d, "resourceType.coar"), "http://purl.org/coar/resource_type/c_6501");
	assert_string_equal(str_at(d, "dates[0].type"), "Issued");
	assert_string_equal(str_at(d, "dates[1].type"), "Collected");
	assert_int_equal(record_year(d), 2026);
	assert_string_equal(str_at(d, "descriptions[0].value"), "One & two\n\n- three");
	assert_string_equal(str_at(d, "rights[0].spdx"), "CC-BY-4.0");
	assert_string_equal(str_at(d, "languages[0]"), "eng");
	assert_string_equal(str_at(d, "identifiers[0].value"), "10.1234/x");
	assert_string_equal(str_at(d, "identifiers[0].registration.agency"), "DataCite");
	assert_string_equal(str_at(d, "identifiers[1].type"), "bibcode");
	assert_string_equal(str_at(d, "relations[0].identifier.value"), "10.1234/foo");
	assert_string_equal(str_at(d, "relations[0].relationType"), "IsSupplementTo");
	assert_string_equal(str_at(d, "relations[0].resourceTypeGeneral"), "Dataset");
	assert_string_equal(str_at(d, "accessRights.coar"), "http://purl.org/coar/access_right/c_f1cf");
	assert_string_equal(str_at(d, "accessRights.embargoEnd"), "2031-01-01");
	assert_string_equal(str_at(d, "funding[0].funder.identifiers[0].value"), "https://ror.org/00097mb19");
	assert_string_equal(str_at(d, "customFields.journal:journal.title"), "J");
	assert_int_equal(record_validate(schema, d, RECORD_PUBLISH, &f), ST_OK);
	if (findings_fatal(&f))
		fail_msg("%s: %s", f.v[0].path, f.v[0].message);
	findings_release(&f);
	rdm_comes_back(rdm, "article");
	canonical_comes_back(d, "article");
	json_decref(rdm);
	json_decref(d);
}

static void terms_get_their_titles_in_answers(void **state)
{
	json_t *rdm = js(ARTICLE), *d = read_rdm(rdm), *out = write_rdm(d), *again;

	assert_string_equal(str_at(out, "metadata.resource_type.title.en"), "Journal article");
	assert_string_equal(str_at(out, "metadata.languages[0].title.ja"), "英語");
	assert_string_equal(str_at(out, "metadata.related_identifiers[0].relation_type.title.en"), "Is supplement to");
	assert_string_equal(str_at(out, "metadata.rights[0].props.url"), "https://creativecommons.org/licenses/by/4.0/");
	again = read_rdm(out);
	same(again, d, "an answer sent back");
	json_decref(rdm);
	json_decref(d);
	json_decref(out);
	json_decref(again);
}

static void the_full_record_of_invenio_comes_back(void **state)
{
	struct buf b = BUF_INIT(1 << 20);
	struct err e = ERR_INIT;
	json_t *rdm = NULL, *d;

	fixture("records/full-record.json", &b);
	assert_int_equal(json_load(&rdm, buf_slice(&b), &e), ST_OK);
	d = read_rdm(rdm);
	assert_string_equal(str_at(d, "titles[0].value"), "InvenioRDM");
	assert_string_equal(str_at(d, "titles[1].type"), "AlternativeTitle");
	assert_string_equal(str_at(d, "relations[0].relationType"), "Cites");
	assert_string_equal(str_at(d, "relations[1].relationType"), "References");
	assert_string_equal(str_at(d, "relations[1].titles[0].value"), "Nielsen et al,..");
	assert_string_equal(str_at(d, "languages[0]"), "dan");
	assert_string_equal(str_at(d, "accessRights.embargoReason"), "Only for medical doctors.");
	rdm_comes_back(rdm, "full-record.json");
	canonical_comes_back(d, "full-record.json");
	json_decref(d);
	json_decref(rdm);
	buf_release(&b);
}

#define JAPANESE \
	"{'schemaVersion':'1','titles':[{'value':'題','lang':'ja'},{'value':'ダイ','lang':'ja-Kana'},{'value':'T','lang':'en'}],'creators':[{'nameType':'Personal'," \
	"'names':[{'value':'情報, 太郎','lang':'ja'},{'value':'Joho, Taro','lang':'en'}],'nameIdentifiers':[{'scheme':'e-Rad_Researcher','value':'20212345'}]}," \
	"{'names':[{'value':'B, C'}],'alternativeNames':[{'value':'D'}]}],'governmentItems':{'fee':'free'},'variables':[{'name':'t','unit':{'ucum':'K'}}]," \
	"'resourceType':{'coar':'http://purl.org/coar/resource_type/63NG-B465','label':'experimental data','general':'Dataset','text':null}," \
	"'accessRights':{'coar':'http://purl.org/coar/access_right/c_14cb','conditions':[1]},'versionType':null,'dates':[{'type':'Created','value':'2020'},{'type':'Issued','value':'2021'}]," \
	"'descriptions':[{'value':'<b>literally</b>','type':'Methods'},{'value':'a','type':'Abstract','lang':'ja'}],'relations':[{'relationType':'Cites','titles':[{'value':'x'}]}]}"

static void what_invenio_cannot_say_survives(void **state)
{
	json_t *d = js(JAPANESE), *rdm = write_rdm(d);

	assert_string_equal(str_at(rdm, "metadata.title"), "題");
	assert_string_equal(str_at(rdm, "metadata.creators[0].person_or_org.name"), "情報, 太郎");
	assert_string_equal(str_at(rdm, "metadata.creators[0].person_or_org.family_name"), "情報");
	assert_string_equal(str_at(rdm, "metadata.publication_date"), "2021");
	assert_string_equal(str_at(rdm, "metadata.resource_type.id"), "dataset");
	assert_string_equal(str_at(rdm, "access.files"), "restricted");
	assert_non_null(json_at(rdm, "custom_fields.azekura:governmentItems"));
	canonical_comes_back(d, "japanese");
	json_decref(rdm);
	json_decref(d);
}

static void an_edit_wins_and_spares_its_neighbours(void **state)
{
	json_t *d = js(JAPANESE), *rdm = write_rdm(d), *back;

	json_object_set_new(json_at(rdm, "metadata.creators[1].person_or_org"), "name", json_string("New, Name"));
	json_object_set_new(json_at(rdm, "metadata.creators[1].person_or_org"), "family_name", json_string("New"));
	json_object_set_new(json_at(rdm, "metadata"), "title", json_string("edited"));
	back = read_rdm(rdm);
	assert_string_equal(str_at(back, "creators[1].names[0].value"), "New, Name");
	assert_null(json_at(back, "creators[1].alternativeNames[0]"));
	assert_string_equal(str_at(back, "creators[0].names[1].value"), "Joho, Taro");
	assert_string_equal(str_at(back, "titles[0].value"), "edited");
	assert_string_equal(str_at(back, "titles[1].lang"), "ja-Kana");
	assert_string_equal(str_at(back, "governmentItems.fee"), "free");
	json_decref(back);
	/* one creator removed, the other moved up */
	json_array_remove(json_at(rdm, "metadata.creators"), 1);
	json_array_insert_new(json_at(rdm, "metadata.creators"), 0, js("{'person_or_org':{'type':'organizational','name':'Org'}}"));
	back = read_rdm(rdm);
	assert_int_equal(json_array_size(json_at(back, "creators")), 2);
	assert_string_equal(str_at(back, "creators[0].names[0].value"), "Org");
	assert_string_equal(str_at(back, "creators[1].names[1].value"), "Joho, Taro");
	json_decref(back);
	json_decref(rdm);
	json_decref(d);
}

static void a_client_that_knows_us_may_set_members(void **state)
{
	json_t *rdm = js("{'metadata':{'title':'T'},'custom_fields':{'azekura:variables':[{'name':'t'}],'azekura:version':'3','dwc:genus':['Puma']}}"), *d = read_rdm(rdm);

	assert_string_equal(str_at(d, "variables[0].name"), "t");
	assert_string_equal(str_at(d, "version"), "3");
	assert_string_equal(str_at(d, "customFields.dwc:genus[0]"), "Puma");
	canonical_comes_back(d, "set by a client");
	json_decref(rdm);
	json_decref(d);
}

static void wrong_kinds_are_left_for_validation_to_name(void **state)
{
	json_t *rdm = js("{'metadata':{'title':5,'creators':'me','publication_date':2026,'colour':'red'}}"), *d = NULL, *warn = json_array();
	struct findings f = { 0 };
	struct err e = ERR_INIT;
	bool title = false, creators = false;

	assert_int_equal(invenio_read(schema, rdm, &d, warn, &e), ST_OK);
	assert_string_equal(json_string_value(json_array_get(warn, 0)), "metadata.colour: unknown member, kept as it is");
	assert_int_equal(record_validate(schema, d, RECORD_DRAFT, &f), ST_OK);
	for (size_t i = 0; i < f.n; i++) {
		title |= strcmp(f.v[i].path, "titles[0].value") == 0 && strstr(f.v[i].message, "found number") != NULL;
		creators |= strcmp(f.v[i].path, "creators") == 0;
	}
	assert_true(title);
	assert_true(creators);
	findings_release(&f);
	rdm_comes_back(rdm, "wrong kinds");
	json_decref(d);
	json_decref(rdm);
	json_decref(warn);
	rdm = js("{'metadata':'text'}");
	assert_int_equal(invenio_read(schema, rdm, &d, NULL, &e), ST_INVALID);
	assert_null(d);
	assert_string_equal(e.text, "metadata: expected an object");
	json_decref(rdm);
}

static void markup_becomes_text_and_comes_back(void **state)
{
	static const struct { const char *html, *text; } all[] = {
		{ "<p>a</p><p>b</p>", "a\n\nb" }, { "a<br>b<br/>c", "a\nb\nc" }, { "5 < 6 and 7 > 2", "5 < 6 and 7 > 2" }, { "<i>x</i>y", "xy" },
		{ "<p>&#x41;&#66;&nbsp;&unknown;</p>", "AB &unknown;" }, { "<script>alert(1)</script>ok", "ok" }, { "<p>open", "open" }, { "</p>a <", "a <" },
		{ "<p>&#xD800;&#0;</p>", "&#xD800;&#0;" },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		json_t *rdm = json_pack("{s:{s:s}}", "metadata", "description", all[i].html), *d = read_rdm(rdm);

		assert_string_equal(str_at(d, "descriptions[0].value"), all[i].text);
		rdm_comes_back(rdm, all[i].html);
		json_decref(rdm);
		json_decref(d);
	}
}

static void patches_apply_only_to_what_they_were_made_for(void **state)
{
	json_t *plain = js("{'a':[1,2,2],'b':'x','c':1}"), *truth = js("{'a':[1,2,3],'b':'y','d':[]}"), *p = NULL, *o = json_deep_copy(plain);

	assert_int_equal(patch_diff(truth, plain, &p), ST_OK);
	assert_int_equal(patch_apply(o, p), ST_OK);
	same(o, truth, "patched");
	json_decref(o);
	o = js("{'a':[7,1,2],'b':'z','c':2,'d':'mine'}");
	assert_int_equal(patch_apply(o, p), ST_OK);
	json_decref(truth);
	truth = js("{'a':[7,1,3],'b':'z','c':2,'d':'mine'}");
	same(o, truth, "edited before");
	json_decref(o);
	json_decref(p);
	assert_int_equal(patch_diff(plain, plain, &p), ST_OK);
	assert_null(p);
	o = js("{'x':{'of':'1','is':2},'y':[{'at':0,'of':'','is':1}],'z':{'of':1},'w':[],'v':[{'of':'','is':1}]}");
	assert_true(patch_is(json_object_get(o, "x")));
	assert_true(patch_is(json_object_get(o, "y")));
	assert_false(patch_is(json_object_get(o, "z")));
	assert_false(patch_is(json_object_get(o, "w")));
	assert_false(patch_is(json_object_get(o, "v")));
	json_decref(o);
	json_decref(plain);
	json_decref(truth);
}

/* ---- Generated records ---- */

static uint64_t seed;

static uint32_t rnd(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

static json_t *some_text(void)
{
	static const char *const words[] = { "", "a", "Joho, Taro", "題名", "<p>x</p>", "a & b", "10.1234/ABC", "10.1234/abc", "https://ror.org/057zh3y96", "057zh3y96",
		"0000-0002-1825-0097", "orcid", "doi", "eng", "jpn", "ja", "en", "ja-Kana", "2026", "2026-04-01", "2020/2021", "dataset", "Dataset", "cc-by-4.0", "CC-BY-4.0",
		"https://creativecommons.org/licenses/by/4.0/", "Issued", "issued", "other", "Personal", "personal", "organizational", "restricted", "public", "iscitedby",
		"http://purl.org/coar/access_right/c_f1cf", "http://purl.org/coar/resource_type/c_ddb1", "AlternativeTitle", "ROR", "DOI", "ORCID", "URL", "url", "Point", "true" };

	return json_string(words[rnd(sizeof(words) / sizeof(*words))]);
}

/* Any JSON, of members that one of the two forms knows. */
static json_t *wild(const char *const *keys, size_t n_keys, unsigned depth)
{
	json_t *v;

	switch (rnd(depth > 4 ? 5 : 10)) {
	case 0: return json_null();
	case 1: return json_boolean(rnd(2));
	case 2: return json_integer((json_int_t)rnd(3000) - 10);
	case 3: return json_real(rnd(1000) / 8.0);
	case 4: case 5: return some_text();
	case 6: case 7:
		v = json_array();
		for (uint32_t i = rnd(4); i > 0; i--)
			json_array_append_new(v, wild(keys, n_keys, depth + 1));
		return v;
	default:
		v = json_object();
		for (uint32_t i = rnd(6); i > 0; i--)
			json_object_set_new(v, keys[rnd((uint32_t)n_keys)], wild(keys, n_keys, depth + 1));
		return v;
	}
}

static const char *const canonical_keys[] = { "titles", "value", "lang", "type", "creators", "names", "familyNames", "givenNames", "nameIdentifiers", "scheme", "affiliations",
	"identifiers", "identifier", "nameType", "role", "contributors", "contributorType", "publisher", "publicationYear", "dates", "information", "languages", "resourceType", "coar",
	"label", "general", "text", "subjects", "valueUri", "code", "descriptions", "accessRights", "embargoEnd", "embargoReason", "metadata", "groups", "rights", "values", "spdx", "uri",
	"funding", "funder", "award", "number", "relations", "relationType", "resourceTypeGeneral", "version", "sizes", "formats", "geoLocations", "point", "box", "polygons",
	"points", "lon", "lat", "west", "east", "south", "north", "place", "invenio", "customFields", "primary", "registration", "agency", "x-mine", "of", "is", "at", "azekura:x" };
static const char *const rdm_keys[] = { "title", "additional_titles", "lang", "id", "type", "creators", "contributors", "person_or_org", "name", "family_name", "given_name",
	"identifiers", "scheme", "identifier", "affiliations", "role", "publisher", "publication_date", "description", "additional_descriptions", "rights", "link", "subjects",
	"subject", "languages", "dates", "date", "version", "related_identifiers", "relation_type", "resource_type", "sizes", "formats", "locations", "features", "geometry",
	"coordinates", "place", "funding", "funder", "award", "number", "references", "reference", "record", "files", "embargo", "active", "until", "reason", "doi", "oai",
	"provider", "client", "of", "is", "at", "x-mine", "props" };
#define N(a) (sizeof(a) / sizeof(*(a)))

static json_t *wild_object(const char *const *keys, size_t n)
{
	json_t *o = json_object();

	for (uint32_t i = 2 + rnd(12); i > 0; i--)
		json_object_set_new(o, keys[rnd((uint32_t)n)], wild(keys, n, 0));
	return o;
}

/* A sane list of objects under a sane member, so that the deep paths are walked too. */
static void sane_members(json_t *o)
{
	static const char *const samples[] = {
		"{'titles':[{'value':'a','lang':'en'},{'value':'b','lang':'ja','type':'Subtitle'}]}", "{'creators':[{'names':[{'value':'A, B','lang':'en'},{'value':'甲','lang':'ja'}],"
		"'nameType':'Personal','familyNames':[{'value':'A'}],'affiliations':[{'names':[{'value':'U'}],'identifiers':[{'scheme':'ROR','value':'https://ror.org/057zh3y96'}]}]}]}",
		"{'dates':[{'type':'Issued','value':'2020'},{'type':'Issued','value':'2021'},{'type':'Created','value':'2019'}]}", "{'publicationYear':2020}",
		"{'relations':[{'relationType':'Cites','identifier':{'type':'DOI','value':'10.1/x'}},{'relationType':'References','titles':[{'value':'r'}]}]}",
		"{'rights':[{'spdx':'CC-BY-4.0'},{'values':[{'value':'own','lang':'ja'}],'uri':'https://a.b/c'}]}", "{'geoLocations':[{'box':{'west':1,'east':2,'south':3,'north':4}},"
		"{'point':{'lon':1,'lat':2.5},'place':[{'value':'p'}]},{'polygons':[{'points':[{'lon':1,'lat':2},{'lon':3,'lat':4}]}]}]}",
		"{'identifiers':[{'type':'Handle','value':'1/2'},{'type':'DOI','value':'10.1/x','primary':true},{'type':'DOI','value':'10.1/y'}]}",
		"{'funding':[{'funder':{'names':[{'value':'F'}]},'stream':{'names':[]},'award':{'number':'1','uri':'https://a.b','titles':[{'value':'t','lang':'ja'},{'value':'u','lang':'ja'}]}}]}",
		"{'accessRights':{'coar':'http://purl.org/coar/access_right/c_f1cf','embargoEnd':'2030-01-01','metadata':'groups','groups':[1]}}",
		"{'resourceType':{'coar':'http://purl.org/coar/resource_type/c_6501','label':'departmental bulletin paper','general':'JournalArticle'}}",
		"{'descriptions':[{'value':'m','type':'Methods'},{'value':'a &amp; b','type':'Abstract'},{'value':'c','type':'Abstract','lang':'ja'}]}",
		"{'publisher':{'names':[{'value':'P'}],'identifier':{'scheme':'ROR','value':'https://ror.org/057zh3y96'}}}", "{'customFields':{'a:b':[1],'azekura:titles':{'of':'','is':1}}}",
		"{'invenio':{'metadata':{'title':{'of':'','is':'x'}},'access':{'record':{'is':1,'of':'a'}}}}", "{'contributors':[{'contributorType':'Editor','nameType':'Organizational','names':[{'value':'O'}]}]}",
	};
	json_t *j;

	for (uint32_t i = rnd(8); i > 0; i--) {
		j = js(samples[rnd(N(samples))]);
		json_object_update(o, j);
		json_decref(j);
	}
}

static void start_seed(void)
{
	const char *given = getenv("AZEKURA_SEED");

	seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)clock_now_us();
	print_message("# AZEKURA_SEED=%llu\n", (unsigned long long)seed);
}

static void any_canonical_record_comes_back(void **state)
{
	char what[60];

	start_seed();
	for (int i = 0; i < 3000; i++) {
		json_t *d;

		snprintf(what, sizeof(what), "AZEKURA_SEED=%llu", (unsigned long long)seed);
		d = rnd(3) ? json_object() : wild_object(canonical_keys, N(canonical_keys));
		sane_members(d);
		canonical_comes_back(d, what);
		json_decref(d);
	}
}

static void any_invenio_record_comes_back(void **state)
{
	char what[60];

	start_seed();
	for (int i = 0; i < 3000; i++) {
		json_t *sane = json_object(), *rdm, *md;

		snprintf(what, sizeof(what), "AZEKURA_SEED=%llu", (unsigned long long)seed);
		sane_members(sane);
		json_object_del(sane, "invenio");
		json_object_del(sane, "customFields");
		/* a real one, then members replaced by anything */
		rdm = write_rdm(sane);
		json_object_clear(json_object_get(rdm, "custom_fields"));
		md = wild_object(rdm_keys, N(rdm_keys));
		if (rnd(2))
			json_object_update(json_object_get(rdm, "metadata"), md);
		json_decref(md);
		if (rnd(4) == 0)
			json_object_set_new(rdm, "pids", wild_object(rdm_keys, N(rdm_keys)));
		if (rnd(4) == 0)
			json_object_set_new(rdm, "custom_fields", wild_object(rdm_keys, N(rdm_keys)));
		rdm_comes_back(rdm, what);
		json_decref(rdm);
		json_decref(sane);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_real_deposit_becomes_canonical),
		cmocka_unit_test(terms_get_their_titles_in_answers),
		cmocka_unit_test(the_full_record_of_invenio_comes_back),
		cmocka_unit_test(what_invenio_cannot_say_survives),
		cmocka_unit_test(an_edit_wins_and_spares_its_neighbours),
		cmocka_unit_test(a_client_that_knows_us_may_set_members),
		cmocka_unit_test(wrong_kinds_are_left_for_validation_to_name),
		cmocka_unit_test(markup_becomes_text_and_comes_back),
		cmocka_unit_test(patches_apply_only_to_what_they_were_made_for),
		cmocka_unit_test(any_canonical_record_comes_back),
		cmocka_unit_test(any_invenio_record_comes_back),
	};

	return cmocka_run_group_tests(tests, load_schema, drop_schema);
}
