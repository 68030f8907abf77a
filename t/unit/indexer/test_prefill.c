/* Description files become a record: small samples here, the shared data sets against what their manifest says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "indexer/extract/prefill_int.h"
#include "schema/assertion.h"
#include "t/unit/schema/schema_env.h"

static json_t *warnings;

static void done(json_t *doc)
{
	json_decref(doc);
	json_decref(warnings);
	warnings = NULL;
}

/* Read name, text pairs up to NULL. */
static json_t *read_files(const char *const *files)
{
	struct prefill *p = prefill_new(schema);
	json_t *doc = NULL;

	for (; *files != NULL; files += 2) {
		assert_true(describe_wants(files[0]));
		assert_int_equal(prefill_add(p, files[0], slice_str(files[1])), ST_OK);
	}
	assert_int_equal(prefill_take(p, &doc, &warnings), ST_OK);
	prefill_free(p);
	return doc;
}
#define FILES(...) read_files((const char *const[]){ __VA_ARGS__, NULL })

static const char *at(const json_t *j, const char *path)
{
	const char *s = json_string_value(json_at(j, path));

	return s != NULL ? s : "";
}

static bool warned(const char *part)
{
	const json_t *w;
	size_t i;

	json_array_foreach(warnings, i, w)
		if (strstr(json_string_value(w), part) != NULL)
			return true;
	return false;
}

static void only_description_files_are_wanted(void **state)
{
	static const char *const yes[] = { "README", "readme.md", "README.rst", "LICENSE", "Licence.txt", "COPYING", "CITATION.cff", "citation.CFF", "codemeta.json",
		"datacite.json", "datapackage.json", "ro-crate-metadata.json", "croissant.json", "metadata.json", "dataset_description.json", "data/ro-crate-metadata.json" };
	static const char *const no[] = { "", "data.csv", "sub/README.md", "README.pdf", "README2.md", "LICENSES", "data/README.md", "data/sub/datacite.json", "data/",
		"a/datacite.json" };

	for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++)
		assert_true(describe_wants(yes[i]));
	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++)
		assert_false(describe_wants(no[i]));
}

static void a_citation_file_is_read(void **state)
{
	json_t *d = FILES("CITATION.cff",
		"cff-version: 1.2.0\ntitle: 海の \"data\"\ntype: dataset\nversion: 1.10\ndate-released: 2024-05-01\nlicense: CC-BY-4.0\ndoi: https://doi.org/10.5281/ZENODO.1\n"
		"authors:\n  - given-names: Ludwig\n    name-particle: van\n    family-names: Beethoven\n    orcid: https://orcid.org/0000-0002-1825-0097\n    affiliation: Bonn\n"
		"  - name: The Lab\n  - family-names: Wrong\n    orcid: https://orcid.org/0000-0002-1825-0098\nkeywords: [a, b]\nabstract: >\n  Two\n  lines.\n");

	assert_string_equal(at(d, "titles[0].value"), "海の \"data\"");
	assert_string_equal(at(d, "creators[0].names[0].value"), "van Beethoven, Ludwig");
	assert_string_equal(at(d, "creators[0].nameIdentifiers[0].value"), "0000-0002-1825-0097");
	assert_string_equal(at(d, "creators[0].affiliations[0].names[0].value"), "Bonn");
	assert_string_equal(at(d, "creators[1].nameType"), "Organizational");
	assert_string_equal(at(d, "creators[2].names[0].value"), "Wrong");
	assert_null(json_at(d, "creators[2].nameIdentifiers"));
	assert_string_equal(at(d, "version"), "1.10");
	assert_string_equal(at(d, "dates[0].value"), "2024-05-01");
	assert_string_equal(at(d, "rights[0].spdx"), "CC-BY-4.0");
	assert_string_equal(at(d, "relations[0].identifier.value"), "10.5281/zenodo.1");
	assert_string_equal(at(d, "relations[0].relationType"), "IsIdenticalTo");
	assert_string_equal(at(d, "resourceType.coar"), "http://purl.org/coar/resource_type/c_ddb1");
	assert_string_equal(at(d, "subjects[1].value"), "b");
	assert_string_equal(at(d, "descriptions[0].value"), "Two lines.");
	assert_int_equal(json_array_size(warnings), 0);
	done(d);
}

static void datacite_json_of_both_kinds_is_read(void **state)
{
	json_t *d = FILES("datacite.json",
		"{\"data\":{\"attributes\":{\"doi\":\"10.1234/X\",\"titles\":[{\"title\":\"T\",\"lang\":\"en\"},{\"title\":\"S\",\"titleType\":\"Subtitle\"}],"
		"\"creators\":[{\"name\":\"Joho, Taro\",\"nameType\":\"Personal\",\"familyName\":\"Joho\",\"givenName\":\"Taro\",\"affiliation\":[\"U\"],"
		"\"nameIdentifiers\":[{\"nameIdentifier\":\"https://orcid.org/0000-0002-1825-0097\",\"nameIdentifierScheme\":\"ORCID\"}]}],\"publisher\":\"P\","
		"\"publicationYear\":2026,\"types\":{\"resourceTypeGeneral\":\"Software\"},\"rightsList\":[{\"rightsIdentifier\":\"cc-by-4.0\"},"
		"{\"rightsUri\":\"info:eu-repo/semantics/openAccess\"}],\"dates\":[{\"date\":\"2026-01\",\"dateType\":\"Issued\"},{\"date\":\"soon\",\"dateType\":\"Updated\"}],"
		"\"fundingReferences\":[{\"funderName\":\"F\",\"awardNumber\":\"7\"}],\"language\":\"en\"}}}");

	assert_string_equal(at(d, "titles[1].type"), "Subtitle");
	assert_string_equal(at(d, "creators[0].familyNames[0].value"), "Joho");
	assert_string_equal(at(d, "creators[0].nameIdentifiers[0].value"), "0000-0002-1825-0097");
	assert_string_equal(at(d, "publisher.names[0].value"), "P");
	assert_string_equal(at(d, "resourceType.label"), "software");
	assert_int_equal(json_array_size(json_at(d, "rights")), 1);
	assert_int_equal(json_array_size(json_at(d, "dates")), 1);
	assert_true(warned("datacite.json: dates[1].value"));
	assert_string_equal(at(d, "funding[0].award.number"), "7");
	assert_string_equal(at(d, "languages[0]"), "eng");
	done(d);
}

static void ro_crates_are_read_through_their_references(void **state)
{
	json_t *d = FILES("ro-crate-metadata.json",
		"{\"@graph\":[{\"@id\":\"https://a.b/ro-crate-metadata.json\",\"about\":{\"@id\":\"./\"}},{\"@id\":\"./\",\"@type\":\"Dataset\",\"name\":\"N\",\"author\":[{\"@id\":\"#me\"},"
		"{\"@id\":\"https://orcid.org/0000-0002-1825-0097\"},{\"@id\":\"#nobody\"}],\"license\":{\"@id\":\"http://spdx.org/licenses/CC0-1.0\"},\"keywords\":\"a, b,c\","
		"\"datePublished\":\"2024-05-17T01:04:52+01:00\",\"description\":\"D\"},"
		"{\"@id\":\"#me\",\"@type\":\"Person\",\"name\":\"Me\",\"affiliation\":{\"@id\":\"https://ror.org/057zh3y96\"}},"
		"{\"@id\":\"https://orcid.org/0000-0002-1825-0097\",\"@type\":\"Person\",\"givenName\":\"Josiah\",\"familyName\":\"Carberry\"},"
		"{\"@id\":\"https://ror.org/057zh3y96\",\"@type\":\"Organization\",\"name\":\"Tokyo\"}]}");

	assert_string_equal(at(d, "titles[0].value"), "N");
	assert_int_equal(json_array_size(json_at(d, "creators")), 2);
	assert_string_equal(at(d, "creators[0].names[0].value"), "Me");
	assert_string_equal(at(d, "creators[0].affiliations[0].identifiers[0].value"), "https://ror.org/057zh3y96");
	assert_string_equal(at(d, "creators[1].names[0].value"), "Carberry, Josiah");
	assert_string_equal(at(d, "creators[1].nameIdentifiers[0].value"), "0000-0002-1825-0097");
	assert_string_equal(at(d, "rights[0].spdx"), "CC0-1.0");
	assert_string_equal(at(d, "subjects[2].value"), "c");
	assert_string_equal(at(d, "dates[0].value"), "2024-05-17");
	done(d);
	d = FILES("ro-crate-metadata.json", "{\"@graph\":[{\"x\":\"./\"}]}");
	assert_int_equal(json_object_size(d), 0);
	assert_true(warned("ro-crate-metadata.json: not read: entity 0 of '@graph' has no '@id': kept as an ordinary file"));
	done(d);
}

static void frictionless_and_codemeta_are_read(void **state)
{
	json_t *d = FILES("datapackage.json",
		"{\"name\":\"n\",\"title\":\"T\",\"contributors\":[{\"title\":\"A\",\"role\":\"author\",\"path\":\"https://orcid.org/0000-0002-1825-0097\"},{\"title\":\"P\",\"role\":\"publisher\"},"
		"{\"title\":\"M\",\"role\":\"maintainer\"}],\"licenses\":[{\"name\":\"ODC-PDDL-1.0\",\"path\":\"https://opendatacommons.org/licenses/pddl/1-0/\"}],\"resources\":[{\"path\":\"a.csv\"}]}");

	assert_string_equal(at(d, "creators[0].nameIdentifiers[0].scheme"), "ORCID");
	assert_string_equal(at(d, "publisher.names[0].value"), "P");
	assert_string_equal(at(d, "contributors[0].contributorType"), "DataManager");
	done(d);
	d = FILES("datapackage.json", "{\"name\":\"n\",\"resources\":[{\"path\":[\"a.csv\",\"x/../../etc/passwd\"]}]}");
	assert_int_equal(json_object_size(d), 0);
	assert_true(warned("resources[0].path 'x/../../etc/passwd' leads out of the folder"));
	done(d);
	d = FILES("codemeta.json", "{\"@type\":\"SoftwareSourceCode\",\"name\":\"S\",\"author\":{\"@type\":\"Person\",\"@id\":\"https://orcid.org/0000-0002-1825-0097\",\"givenName\":\"J\","
	          "\"familyName\":\"C\"},\"license\":\"https://spdx.org/licenses/Apache-2.0\"}");
	assert_string_equal(at(d, "resourceType.label"), "software");
	assert_string_equal(at(d, "rights[0].spdx"), "Apache-2.0");
	assert_string_equal(at(d, "creators[0].names[0].value"), "C, J");
	done(d);
}

static void a_readme_gives_title_and_first_paragraph(void **state)
{
	json_t *d = FILES("README.md", "\xef\xbb\xbf[![badge](a)](b)\n\n# My **data** set #\n\n![pic](x)\n\n> quote\n\nFirst [line](http://a.b)\nsecond `line`.\n\nMore.\n");

	assert_string_equal(at(d, "titles[0].value"), "My data set");
	assert_string_equal(at(d, "descriptions[0].value"), "First line second line.");
	done(d);
	d = FILES("README.rst", "水温のデータ\n============\n\n毎時の記録。\n");
	assert_string_equal(at(d, "titles[0].value"), "水温のデータ");
	assert_string_equal(at(d, "titles[0].lang"), "ja");
	assert_string_equal(at(d, "descriptions[0].value"), "毎時の記録。");
	done(d);
	d = FILES("README.md", "# Overview\n\nThis is it.\n");
	assert_null(json_at(d, "titles"));
	assert_string_equal(at(d, "descriptions[0].value"), "This is it.");
	done(d);
	d = FILES("README.md", "---\nlicense: mit\npretty_name: Nice\ntags:\n- x\n---\n# Other\n\n```\ncode\n```\n<!-- no\n-->\nText.");
	assert_string_equal(at(d, "titles[0].value"), "Nice");
	assert_string_equal(at(d, "rights[0].spdx"), "MIT");
	assert_string_equal(at(d, "descriptions[0].value"), "Text.");
	done(d);
	d = FILES("README", "");
	assert_int_equal(json_object_size(d), 0);
	done(d);
	d = FILES("README", "---\n");
	done(d);
}

static void the_best_source_wins_and_disagreement_is_said(void **state)
{
	json_t *d = FILES("LICENSE", "MIT License\n\nPermission is hereby granted, free of charge, to any person obtaining a copy of this software and so on. The above copyright notice and "
	                  "this permission notice shall be included in all copies.", "README.md", "# Readme title\n\nAbout it.\n", "CITATION.cff", "title: Cited\nauthors:\n- name: A\n",
	                  "datapackage.json", "{\"title\":\"Packaged\",\"resources\":[],\"licenses\":[{\"name\":\"CC-BY-4.0\"}]}");

	assert_string_equal(at(d, "titles[0].value"), "Cited");
	assert_string_equal(at(d, "rights[0].spdx"), "CC-BY-4.0");
	assert_string_equal(at(d, "descriptions[0].value"), "About it.");
	assert_true(warned("titles: 'Cited' in CITATION.cff, 'Packaged' in datapackage.json: the first is taken"));
	assert_true(warned("rights: 'CC-BY-4.0' in datapackage.json, 'MIT' in LICENSE"));
	done(d);
}

static void a_broken_file_is_a_warning(void **state)
{
	json_t *d;

	static const struct { const char *name, *text, *says; } all[] = {
		{ "datacite.json", "{\"titles\":", "datacite.json: not read: line 1" }, { "datacite.json", "[]", "neither 'titles'" },
		{ "CITATION.cff", "a: [b", "CITATION.cff: not read: line" }, { "CITATION.cff", "- x", "no 'title'" }, { "CITATION.cff", "", "empty" },
		{ "croissant.json", "{}", "sc:Dataset" }, { "codemeta.json", "{}", "neither" }, { "dataset_description.json", "[3]", "neither" },
		{ "LICENSE", "do as you like", "no licence known" }, { "README.md", "\xff\xfe", "not UTF-8" }, { "ro-crate-metadata.json", "{\"@graph\":[]}", "no root" },
		{ "datapackage.json", "{\"a\":1,\"a\":2}", "duplicate" },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		d = FILES(all[i].name, all[i].text);

		assert_int_equal(json_object_size(d), 0);
		if (!warned(all[i].says) || !warned("kept as an ordinary file"))
			fail_msg("%s %s: '%s'", all[i].name, all[i].text, at(warnings, "[0]"));
		done(d);
	}
	/* What no name calls a description is data until it proves to be one: no word about it. */
	done(FILES("metadata.json", "{\"anything\":1}"));
	d = FILES("inventory.json", "inventory", "table.json", "{\"a\":1}\n{\"a\":2}\n", "x.xml", "<a", "bytes.json", "\xff");
	assert_int_equal(json_array_size(warnings), 0);
	done(d);
}

static void yaml_bombs_are_defused(void **state)
{
	struct buf b = BUF_INIT(2000000);
	struct err e = ERR_INIT;
	json_t *j = NULL;

	buf_adds(&b, "a: &a [x,x,x,x,x,x,x,x,x]\n");
	for (char c = 'b'; c <= 'j'; c++)
		buf_addf(&b, "%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n", c, c, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1);
	assert_int_equal(yaml_load(&j, buf_slice(&b), &e), ST_INVALID);
	buf_clear(&b);
	for (int i = 0; i < 400000; i++)
		buf_addc(&b, '[');
	assert_int_equal(yaml_load(&j, buf_slice(&b), &e), ST_INVALID);
	assert_int_equal(yaml_load(&j, SLICE("&a [*a]"), &e), ST_INVALID);
	assert_null(j);
	buf_release(&b);
}

static void faults_are_taken_out_not_fatal(void **state)
{
	struct findings f = { 0 };
	struct buf b = BUF_INIT(1 << 20);
	json_t *d;

	buf_adds(&b, "{\"titles\":[{\"title\":\"T\"}],\"publicationYear\":99999,\"dates\":[");
	for (int i = 0; i < 100; i++)
		buf_addf(&b, "%s{\"date\":\"never\",\"dateType\":\"Issued\"}", i ? "," : "");
	buf_adds(&b, "],\"relatedIdentifiers\":[{\"relatedIdentifier\":\"x\",\"relatedIdentifierType\":\"DOI\",\"relationType\":\"Loves\"}]}");
	d = FILES("datacite.json", b.p);
	assert_string_equal(at(d, "titles[0].value"), "T");
	assert_null(json_at(d, "dates"));
	assert_null(json_at(d, "relations"));
	assert_null(json_at(d, "publicationYear"));
	assert_true(json_array_size(warnings) < 100);
	assert_int_equal(record_validate(schema, d, RECORD_DRAFT, &f), ST_OK);
	assert_false(findings_fatal(&f));
	findings_release(&f);
	buf_release(&b);
	done(d);
}

/* ---- The shared data sets ---- */

static json_t *folder(const char *name, const char *const *files)
{
	struct prefill *p = prefill_new(schema);
	struct buf b = BUF_INIT(DESCRIBE_FILE_MAX);
	json_t *doc = NULL;
	char path[500];

	for (; *files != NULL; files++) {
		snprintf(path, sizeof(path), "datasets/%s/%s", name, *files);
		buf_clear(&b);
		fixture(path, &b);
		assert_true(describe_wants(*files));
		assert_int_equal(prefill_add(p, *files, buf_slice(&b)), ST_OK);
	}
	assert_int_equal(prefill_take(p, &doc, &warnings), ST_OK);
	prefill_free(p);
	buf_release(&b);
	return doc;
}
#define FOLDER(name, ...) folder(name, (const char *const[]){ __VA_ARGS__, NULL })

static void real_folders_describe_themselves(void **state)
{
	static const struct { const char *name, *file, *title, *spdx; size_t creators; } all[] = {
		{ "bids-asl002", "dataset_description.json", "ASL_Philips_PCASL_2DEPI", "CC0-1.0", 2 },
		{ "bids-ds114", "dataset_description.json", "ds114", "", 0 },
		{ "bids-eeg-matchingpennies", "dataset_description.json", "Matching Pennies", "PDDL-1.0", 3 },
		{ "croissant-1.1-image-test", "metadata.json", "GSFC_AI4QC dataset", "CC-BY-4.0", 1 },
		{ "croissant-audio", "metadata.json", "audio_test", "", 0 },
		{ "croissant-simple-parquet", "metadata.json", "simple-parquet", "CC-BY-4.0", 0 },
		{ "croissant-titanic", "metadata.json", "Titanic", "AFL-3.0", 0 },
		{ "frictionless-all-schema-types", "datapackage.json", "all-schema-types", "", 0 },
		{ "frictionless-different-separators", "datapackage.json", "different-separators", "", 0 },
		{ "rocrate-bagit", "data/ro-crate-metadata.json", "My Pictures", "CC0-1.0", 0 },
		{ "rocrate-workflow-testing", "ro-crate-metadata.json", "Valid Workflow Testing RO-Crate", "Apache-2.0", 0 },
		{ "palmerpenguins", "LICENSE.md", "", "CC0-1.0", 0 },
		{ "dwc-alien-fishes-flanders", "LICENSE", "", "MIT", 0 },
		{ "dwc-alien-fishes-flanders", "README.md", "Checklist of non-native freshwater fishes in Flanders, Belgium", "", 0 },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		json_t *d = FOLDER(all[i].name, all[i].file);
		struct findings f = { 0 };

		if (strcmp(at(d, "titles[0].value"), all[i].title) != 0 || strcmp(at(d, "rights[0].spdx"), all[i].spdx) != 0 ||
		    json_array_size(json_at(d, "creators")) != all[i].creators)
			fail_msg("%s: '%s' '%s' %zu %s", all[i].name, at(d, "titles[0].value"), at(d, "rights[0].spdx"), json_array_size(json_at(d, "creators")), at(warnings, "[0]"));
		assert_int_equal(record_validate(schema, d, RECORD_DRAFT, &f), ST_OK);
		assert_false(findings_fatal(&f));
		findings_release(&f);
		done(d);
	}
}

static void real_folders_are_merged(void **state)
{
	json_t *d = FOLDER("bids-eeg-matchingpennies", "LICENSE", "README.md", "dataset_description.json");

	assert_string_equal(at(d, "titles[0].value"), "Matching Pennies");
	assert_string_equal(at(d, "relations[0].identifier.value"), "10.17605/osf.io/cj2dr");
	assert_true(slice_starts(record_abstract(d, NULL), "This is the \"Matching Pennies\" dataset."));
	assert_int_equal(json_array_size(warnings), 0);
	done(d);
	d = FOLDER("frictionless-invalid-backward-path", "datapackage.json");
	assert_int_equal(json_object_size(d), 0);
	assert_true(warned("leads out of the folder"));
	done(d);
	d = FOLDER("rocrate-invalid-missing-id", "ro-crate-metadata.json");
	assert_int_equal(json_object_size(d), 0);
	assert_true(warned("has no '@id'"));
	done(d);
}

static void real_descriptions_elsewhere_are_read(void **state)
{
	struct prefill *p = prefill_new(schema);
	struct buf b = BUF_INIT(DESCRIBE_FILE_MAX);
	json_t *d = NULL;

	fixture("document/pynxtools-xrd/CITATION.cff", &b);
	assert_int_equal(prefill_add(p, "CITATION.cff", buf_slice(&b)), ST_OK);
	assert_int_equal(prefill_take(p, &d, &warnings), ST_OK);
	assert_int_equal(json_array_size(json_at(d, "creators")), 5);
	assert_string_equal(at(d, "creators[2].names[0].value"), "Kühbach, Markus");
	assert_string_equal(at(d, "creators[2].nameIdentifiers[0].value"), "0000-0002-7117-5196");
	assert_string_equal(at(d, "resourceType.label"), "software");
	assert_string_equal(at(d, "version"), "0.0.8");
	done(d);
	prefill_free(p);
	p = prefill_new(schema);
	buf_clear(&b);
	fixture("records/project_full.datacite.json", &b);
	assert_int_equal(prefill_add(p, "datacite.json", buf_slice(&b)), ST_OK);
	assert_int_equal(prefill_take(p, &d, &warnings), ST_OK);
	assert_string_equal(at(d, "titles[0].value"), "this is a project title!");
	assert_string_equal(at(d, "creators[0].names[0].value"), "Person McNamington");
	assert_string_equal(at(d, "publisher.names[0].value"), "OSF");
	assert_string_equal(at(d, "rights[0].spdx"), "CC-BY-NC-ND-4.0");
	assert_int_equal(json_array_size(json_at(d, "funding")), 3);
	assert_string_equal(at(d, "funding[0].award.number"), "10000000");
	assert_true(warned("funding[2].funder.identifiers[0].value"));
	done(d);
	prefill_free(p);
	buf_release(&b);
}

/* ---- Records of other places, against what they say ---- */

static json_t *alone(const char *path, const char *name)
{
	struct prefill *p = prefill_new(schema);
	struct buf b = BUF_INIT(DESCRIBE_FILE_MAX);
	json_t *doc = NULL;

	fixture(path, &b);
	assert_true(describe_wants(name));
	assert_int_equal(prefill_add(p, name, buf_slice(&b)), ST_OK);
	assert_int_equal(prefill_take(p, &doc, &warnings), ST_OK);
	prefill_free(p);
	buf_release(&b);
	return doc;
}

/* Every leaf that was proposed has an entry that speaks of it. */
static void traced(const json_t *doc, const json_t *v, const char *at)
{
	char below[1500];
	const char *key;
	const json_t *x;
	size_t i;

	if (*at != '\0' && assertion_of(doc, at) != NULL)
		return;
	if (!json_is_object(v) && !json_is_array(v))
		fail_msg("%s comes from nowhere", at);
	json_object_foreach((json_t *)v, key, x) {
		snprintf(below, sizeof(below), "%s/%s", at, key);
		if (*at != '\0' || strcmp(key, "assertions") != 0)
			traced(doc, x, below);
	}
	json_array_foreach(v, i, x) {
		snprintf(below, sizeof(below), "%s/%zu", at, i);
		traced(doc, x, below);
	}
}

static void records_of_repositories_are_read(void **state)
{
	static const struct { const char *path, *reader, *title, *creator, *spdx, *publisher; size_t creators; } all[] = {
		{ "records/datacite-example-full-v4.7.xml", "datacite-xml", "Example Title", "ExampleFamilyName, ExampleGivenName", "CC-BY-4.0", "Example Publisher", 2 },
		{ "records/utf-16.xml", "datacite-xml", "Resistance to erosive destruction of steam turbine blades from titanium alloys, their structure and phase composition", "", "", "", 4 },
		{ "records/utf-8_bom.xml", "datacite-xml", "", "", "CC-BY-NC-ND-3.0", "Ascomycete.org", 3 },
		{ "records/dct_codebook.xml", "ddi", "dct html", "Admin, Dataverse", "CC0-1.0", "Root", 1 },
		{ "records/exportfull.xml", "ddi", "Replication Data for: Title", "", "", "Root", 2 },
		{ "records/eml-sample.xml", "eml", "", "Lehman, Clarence", "", "", 3 },
		{ "records/eml-data-paper.xml", "eml", "", "", "CC-BY-4.0", "", 6 },
		{ "records/md-SMJP01RJTD-gmd.xml", "iso19115", "WIS/GTS bulletin SMJP01 RJTD in FM12 SYNOP", "Japan Meteorological Agency", "", "", 1 },
		{ "records/auscope-3d-model.xml", "iso19115", "3D geological model of the Otway and Torquay Basin 2011", "", "CC-BY-4.0", "Earth Resources Victoria", 1 },
		{ "jpcoar/jpcoar-2.1/07_dataset.xml", "jpcoar", "The GRENE-TEA Project dataset", "", "CC-BY-4.0", "東京大学", 1 },
		{ "records/sample_oai_dc_response.xml", "oai-dc", "", "", "", "", 3 },
		{ "records/datasetJson.json", "dataverse", "Cars", "Durbin, Philip", "CC0-1.0", "Root", 1 },
		{ "records/full-record.json", "invenio", "InvenioRDM", "Nielsen, Lars Holm", "", "InvenioRDM", 1 },
		{ "records/ckan_full_dataset_croissant.json", "ckan", "Test Croissant dataset", "", "", "", 1 },
		{ "records/sample-item.json", "stac", "A CS3 item", "CoolSat", "PDDL-1.0", "", 1 },
		{ "records/aida.json", "schema-org", "Ovary data from the Visual Sweden project DROID", "Lindman, Karin", "", "AIDA", 4 },
		{ "records/pure.ris", "ris", "A multiscale analysis of the urban heat island effect", "Toparlar, Y.", "", "Technische Universiteit Eindhoven", 1 },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		json_t *d = alone(all[i].path, strrchr(all[i].path, '/') + 1);

		if ((*all[i].title != '\0' && strcmp(at(d, "titles[0].value"), all[i].title) != 0) || strcmp(at(d, "assertions[0].by.reader"), all[i].reader) != 0 ||
		    (*all[i].creator != '\0' && strcmp(at(d, "creators[0].names[0].value"), all[i].creator) != 0) || json_array_size(json_at(d, "creators")) != all[i].creators ||
		    (*all[i].spdx != '\0' && strcmp(at(d, "rights[0].spdx"), all[i].spdx) != 0 && strcmp(at(d, "rights[1].spdx"), all[i].spdx) != 0) ||
		    (*all[i].publisher != '\0' && strcmp(at(d, "publisher.names[0].value"), all[i].publisher) != 0))
			fail_msg("%s: '%s' by '%s' and %zu, '%s', '%s', read by %s", all[i].path, at(d, "titles[0].value"), at(d, "creators[0].names[0].value"),
			         json_array_size(json_at(d, "creators")), at(d, "rights[0].spdx"), at(d, "publisher.names[0].value"), at(d, "assertions[0].by.reader"));
		traced(d, d, "");
		done(d);
	}
	/* Lists of many records and data describe nothing. */
	for (const char *const *p = (const char *const[]){ "records/sample_arxiv_response_listrecords_cs.xml", "records/items.json", "records/datasetORE.json", NULL }; *p != NULL; p++) {
		json_t *d = alone(*p, strrchr(*p, '/') + 1);

		assert_int_equal(json_object_size(d), 0);
		assert_int_equal(json_array_size(warnings), 0);
		done(d);
	}
}

static void folders_of_rde_explain_their_fields(void **state)
{
	struct prefill *p = prefill_new(schema);
	struct buf b = BUF_INIT(DESCRIBE_FILE_MAX);
	json_t *d = NULL;

	fixture("rde/run1/invoice/invoice.json", &b);
	assert_int_equal(prefill_add(p, "invoice/invoice.json", buf_slice(&b)), ST_OK);
	buf_clear(&b);
	fixture("rde/run1/tasksupport/invoice.schema.json", &b);
	assert_int_equal(prefill_add(p, "tasksupport/invoice.schema.json", buf_slice(&b)), ST_OK);
	assert_int_equal(prefill_add(p, "meta/metadata.json", SLICE("{\"constant\":{\"temperature\":{\"value\":300}},\"variable\":[{\"angle\":{\"value\":1,\"unit\":\"degree\"}}]}")), ST_OK);
	assert_int_equal(prefill_add(p, "tasksupport/metadata-def.json", SLICE("{\"temperature\":{\"name\":{\"ja\":\"温度\",\"en\":\"temperature\"},\"schema\":{\"type\":\"number\"},\"unit\":\"K\"}}")), ST_OK);
	assert_int_equal(prefill_take(p, &d, &warnings), ST_OK);
	prefill_free(p);
	buf_release(&b);
	assert_string_equal(at(d, "titles[0].value"), "test-dataset");
	assert_string_equal(at(d, "samples[0].names[0].value"), "test");
	assert_string_equal(json_string_value(assertion_value(d, "/customFields/rde:custom/0/name")), "sample1");
	assert_string_equal(json_string_value(assertion_value(d, "/customFields/rde:custom/0/value")), "2023-01-01");
	assert_string_equal(json_string_value(assertion_value(d, "/customFields/rde:custom/0/unit")), "A");
	assert_string_equal(json_string_value(assertion_value(d, "/customFields/rde:custom/0/labels/0/value")), "サンプル１");
	assert_int_equal(json_array_size(assertion_value(d, "/customFields/rde:custom")), 10);
	assert_string_equal(at(assertion_of(d, "/customFields/rde:custom/1/value"), "source.place"), "/custom/sample2");
	assert_string_equal(at(d, "variables[0].name"), "angle");
	assert_string_equal(at(d, "variables[0].unit"), "degree");
	traced(d, d, "");
	done(d);
}

static void an_r_package_is_read(void **state)
{
	json_t *d = alone("datasets/palmerpenguins/DESCRIPTION", "DESCRIPTION");

	assert_string_equal(at(d, "titles[0].value"), "Palmer Archipelago (Antarctica) Penguin Data");
	assert_int_equal(json_array_size(json_at(d, "creators")), 3);
	assert_string_equal(at(d, "creators[2].names[0].value"), "Gorman, Kristen");
	assert_string_equal(at(d, "creators[2].nameIdentifiers[0].value"), "0000-0002-0258-9264");
	assert_string_equal(at(d, "rights[0].spdx"), "CC0-1.0");
	assert_string_equal(at(d, "version"), "0.1.1");
	assert_string_equal(at(assertion_of(d, "/creators/2"), "source.place"), "line 16");
	traced(d, d, "");
	done(d);
}

static void licence_texts_are_known(void **state)
{
	static const struct { const char *text, *spdx; } all[] = {
		{ "本データは政府標準利用規約（第2.0版）に基づき公開します。", "LicenseRef-GJSTU-2.0" }, { "公共データ利用規約（第1.0版）（PDL1.0）", "LicenseRef-PDL-1.0" },
		{ "クリエイティブ・コモンズ 表示 4.0 国際 ライセンス", "CC-BY-4.0" }, { "クリエイティブ・コモンズ 表示-非営利-改変禁止 4.0 国際 ライセンス", "CC-BY-NC-ND-4.0" },
		{ "Open Database License (ODbL) v1.0", "ODbL-1.0" }, { "Open Data Commons Attribution License v1.0", "ODC-By-1.0" }, { "X11 License", "X11" },
		{ "MIT No Attribution\n\nPermission is hereby granted, free of charge, to any person", "MIT-0" }, { "MOZILLA PUBLIC LICENSE\nVersion 1.1", "MPL-1.1" },
		{ "GNU GENERAL PUBLIC LICENSE\nVersion 2, June 1991", "GPL-2.0-only" }, { "GNU LIBRARY GENERAL PUBLIC LICENSE\nVersion 2, June 1991", "LGPL-2.0-only" },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		json_t *d = FILES("LICENSE", all[i].text);

		assert_string_equal(at(d, "rights[0].spdx"), all[i].spdx);
		done(d);
	}
}

static void data_files_add_up(void **state)
{
	struct prefill *p = prefill_new(schema);
	json_t *a = js("{'extractor':'netcdf','version':3,'record':{'titles':[{'value':'T'}],'creators':[{'names':[{'value':'A'}]}],'places':{'/titles/0':'attribute title'}}}"), *d = NULL;
	json_t *b = js("{'extractor':'netcdf','version':3,'record':{'titles':[{'value':'T'}],'creators':[{'names':[{'value':'A'}]},{'names':[{'value':'B'}]}]}}");
	json_t *c = js("{'extractor':'png','version':1,'record':{'titles':[{'value':'U'}],'creators':7}}");

	assert_int_equal(prefill_facts(p, "a.nc", "aa", a), ST_OK);
	assert_int_equal(prefill_facts(p, "b.nc", "bb", b), ST_OK);
	assert_int_equal(prefill_take(p, &d, &warnings), ST_OK);
	prefill_free(p);
	assert_string_equal(at(d, "titles[0].value"), "T");
	assert_int_equal(json_array_size(json_at(d, "creators")), 2);
	assert_string_equal(at(assertion_of(d, "/titles/0"), "source.place"), "attribute title");
	assert_string_equal(at(assertion_of(d, "/titles/0"), "by.reader"), "netcdf");
	assert_string_equal(at(assertion_of(d, "/creators/1"), "source.path"), "b.nc");
	traced(d, d, "");
	done(d);
	p = prefill_new(schema);
	assert_int_equal(prefill_facts(p, "a.nc", "aa", a), ST_OK);
	assert_int_equal(prefill_facts(p, "c.png", "cc", c), ST_OK);
	assert_int_equal(prefill_take(p, &d, &warnings), ST_OK);
	prefill_free(p);
	assert_null(json_at(d, "titles"));
	assert_string_equal(at(d, "creators[0].names[0].value"), "A");
	json_decref(a);
	json_decref(b);
	json_decref(c);
	done(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_description_files_are_wanted),
		cmocka_unit_test(a_citation_file_is_read),
		cmocka_unit_test(datacite_json_of_both_kinds_is_read),
		cmocka_unit_test(ro_crates_are_read_through_their_references),
		cmocka_unit_test(frictionless_and_codemeta_are_read),
		cmocka_unit_test(a_readme_gives_title_and_first_paragraph),
		cmocka_unit_test(the_best_source_wins_and_disagreement_is_said),
		cmocka_unit_test(a_broken_file_is_a_warning),
		cmocka_unit_test(yaml_bombs_are_defused),
		cmocka_unit_test(faults_are_taken_out_not_fatal),
		cmocka_unit_test(real_folders_describe_themselves),
		cmocka_unit_test(real_folders_are_merged),
		cmocka_unit_test(real_descriptions_elsewhere_are_read),
		cmocka_unit_test(records_of_repositories_are_read),
		cmocka_unit_test(folders_of_rde_explain_their_fields),
		cmocka_unit_test(an_r_package_is_read),
		cmocka_unit_test(licence_texts_are_known),
		cmocka_unit_test(data_files_add_up),
	};

	return cmocka_run_group_tests(tests, load_schema, drop_schema);
}
