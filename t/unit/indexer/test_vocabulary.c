/*
 * Vocabularies from their files into the catalogue. The counts of the fixtures were computed with rdflib 7.1.1 (Turtle, RDF/XML), Python's csv and yaml; it
 * refuses nii_dg_ap.ttl, whose last statement has a syntax error.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "indexer/extract/voc.h"
#include "store/vocabs.h"
#include "t/unit/store/fix.h"

static const char *shared_dir(void)
{
	static char path[4096];
	const char *s = getenv("AZEKURA_SHARED"), *src = getenv("AZEKURA_SRC"), *ci = getenv("CI");

	snprintf(path, sizeof(path), "%s%s", s ? s : src ? src : "..", s ? "" : "/../shared");
	if (fs_exists(path))
		return path;
	if (ci && strcmp(ci, "true") == 0)
		fail_msg("no shared folder at '%s'", path);
	skip();
	return NULL;
}

static st_t add_line(void *ctx, struct slice json)
{
	struct err e = ERR_INIT;
	st_t st = vocabs_load_add(ctx, json, &e);

	if (st != ST_OK)
		print_message("%s\n", e.text);
	return st;
}

/* Read ${text} in pieces of ${step} bytes and load it. */
static st_t load_text(struct repo *r, const char *name, const char *file, struct slice text, size_t step, json_t **out, struct err *e)
{
	struct vocabs_load *l = NULL;
	struct buf about = BUF_INIT(1 << 16);
	struct voc *v = NULL;
	json_t *j = NULL;
	st_t st = vocabs_load_begin(&l, r, name, e);

	assert_int_equal(st, ST_OK);
	assert_int_equal(voc_new(&v, file, text.n, add_line, l), ST_OK);
	for (size_t at = 0; at < text.n; at += step)
		(void)!voc_push(v, text.p + at, text.n - at < step ? text.n - at : step);
	assert_int_equal(voc_end(v, &about), ST_OK);
	assert_int_equal(json_load(&j, buf_slice(&about), e), ST_OK);
	if (strcmp(json_text(j, "status"), "ok") == 0)
		st = vocabs_load_end(l, j, out, e);
	else
		st = err_set(e, ST_INVALID, "%s", json_text(j, "reason"));
	json_decref(j);
	voc_free(v);
	vocabs_load_free(l);
	buf_release(&about);
	return st;
}

static json_int_t sum(const json_t *counts)
{
	json_int_t n = 0;
	const char *k;
	const json_t *v;

	json_object_foreach((json_t *)(uintptr_t)counts, k, v)
		n += json_integer_value(v);
	return n;
}

static json_int_t num(const json_t *j, const char *key)
{
	return json_integer_value(json_object_get(j, key));
}

static void fixtures_have_the_counts_that_others_found(void **state)
{
	static const struct { const char *file; int concepts, labels, en, ja, alts, broader, narrower, links, exact, warnings; } facts[] = {
		{ "coar_access_rights.ttl", 11, 59, 11, 4, 45, 0, 0, 0, 14, 0 },
		{ "coar_resource_types_v1.1.ttl", 126, 670, 58, 56, 801, 49, 49, 49, 136, 0 },
		{ "coar_version_types.ttl", 8, 70, 8, 8, 69, 0, 0, 0, 6, 0 },
		{ "duo.csv", 25, 25, 0, 0, 23, 0, 0, 0, 0, 0 },
		{ "duo_japanese.owl", 20, 20, 0, 20, 0, 0, 0, 0, 0, 0 },
		{ "nii_dg_ap.ttl", 2, 2, 0, 0, 0, 1, 0, 0, 0, 1 },
		{ "nii_rdm_example.ttl", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 },
		{ "nii_rdm_ontology.ttl", 228, 223, 0, 0, 0, 168, 0, 168, 4, 0 },
		{ "nii_rdm_to_jpcoar.ttl", 32, 0, 0, 0, 0, 29, 0, 0, 3, 0 },
		{ "nii_rdm_to_schemaorg.ttl", 87, 0, 0, 0, 0, 41, 0, 0, 46, 0 },
	};
	static const size_t steps[] = { 1 << 20, 4096, 37 };
	struct fix *f = *state;
	const char *dir = shared_dir();

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		struct buf b = BUF_INIT(1 << 20);
		struct err e = ERR_INIT;
		char path[4200];
		json_t *j = NULL;

		snprintf(path, sizeof(path), "%s/fixtures/vocab/%s", dir, facts[i].file);
		assert_int_equal(fs_read_file(path, &b, &e), ST_OK);
		if (load_text(f->r, "fixture", facts[i].file, buf_slice(&b), steps[i % 3], &j, &e) != ST_OK)
			fail_msg("%s: %s", facts[i].file, e.text);
		print_message("%s\n", facts[i].file);
		assert_int_equal(num(j, "concepts"), facts[i].concepts);
		assert_int_equal(sum(json_object_get(j, "labels")), facts[i].labels);
		assert_int_equal(num(json_object_get(j, "labels"), "en"), facts[i].en);
		assert_int_equal(num(json_object_get(j, "labels"), "ja"), facts[i].ja);
		assert_int_equal(sum(json_object_get(j, "alternatives")), facts[i].alts);
		assert_int_equal(num(j, "broader"), facts[i].broader);
		assert_int_equal(num(j, "narrower"), facts[i].narrower);
		assert_int_equal(num(j, "links"), facts[i].links);
		assert_int_equal(num(j, "exact"), facts[i].exact);
		assert_int_equal(json_array_size(json_object_get(j, "warnings")), facts[i].warnings);
		json_decref(j);
		buf_release(&b);
		assert_int_equal(vocabs_remove(f->r, "fixture", &e), ST_OK);
	}
}

static void a_schema_in_yaml_gives_members_with_japanese_labels(void **state)
{
	struct fix *f = *state;
	struct buf b = BUF_INIT(1 << 20);
	struct err e = ERR_INIT;
	struct kv_txn t;
	char path[4200];
	uint32_t gen, no, up[4];
	json_t *j = NULL;

	snprintf(path, sizeof(path), "%s/fixtures/vocab/nims_mdr_schema.yaml", shared_dir());
	assert_int_equal(fs_read_file(path, &b, &e), ST_OK);
	assert_int_equal(load_text(f->r, "nims", "nims_mdr_schema.yaml", buf_slice(&b), 100, &j, &e), ST_OK);
	json_decref(j);
	kv_read(f->r->catalog, &t);
	gen = vocabs_find(&t, SLICE("nims"));
	assert_int_equal(vocabs_suggest(&t, gen, SLICE("装置"), &no, 1), 1);
	j = vocabs_concept(&t, gen, no);
	assert_string_equal(json_text(j, "id"), "instruments");
	json_decref(j);
	/* enum('closed', 'restricted', 'open_to_public') */
	assert_true((no = vocabs_resolve(&t, gen, SLICE("visibility=open_to_public"))) > 0);
	assert_int_equal(vocabs_broader(&t, gen, no, up, 4), 1);
	j = vocabs_concept(&t, gen, up[0]);
	assert_string_equal(json_text(j, "id"), "visibility");
	json_decref(j);
	kv_end(&t, NULL);
	buf_release(&b);
}

/* ---- each kind of file, the same three concepts ---- */

#define P	"http://example.org/"

static const struct { const char *file, *text; } clothes[] = {
	{ "a.ttl", "@prefix s: <http://www.w3.org/2004/02/skos/core#> .\n<" P "a> a s:Concept ; s:prefLabel \"Animal\"@en, \"動物\"@ja .\n"
	    "<" P "b> a s:Concept ; s:prefLabel \"Bird\"@en, \"鳥類\"@ja ; s:altLabel \"fowl\"@en ; s:broader <" P "a> .\n"
	    "<" P "c> a s:Concept ; s:prefLabel \"Crane\"@en, \"丹頂鶴\"@ja ; s:broader <" P "b> .\n" },
	{ "a.rdf", "<?xml version=\"1.0\"?>\n<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns:s=\"http://www.w3.org/2004/02/skos/core#\" xml:base=\"" P "\">"
	    "<s:Concept rdf:about=\"a\"><s:prefLabel xml:lang=\"en\">Animal</s:prefLabel><s:prefLabel xml:lang=\"ja\">動物</s:prefLabel>"
	    "<s:narrower><s:Concept rdf:about=\"b\"><s:prefLabel xml:lang=\"en\">Bird</s:prefLabel><s:prefLabel xml:lang=\"ja\">鳥類</s:prefLabel><s:altLabel xml:lang=\"en\">fowl</s:altLabel></s:Concept></s:narrower>"
	    "</s:Concept><rdf:Description rdf:about=\"" P "c\"><rdf:type rdf:resource=\"http://www.w3.org/2004/02/skos/core#Concept\"/><s:prefLabel xml:lang=\"en\">Crane</s:prefLabel>"
	    "<s:prefLabel xml:lang=\"ja\">丹頂鶴</s:prefLabel><s:broader rdf:resource=\"b\"/></rdf:Description></rdf:RDF>" },
	{ "a.jsonld", "{\"@context\":{\"s\":\"http://www.w3.org/2004/02/skos/core#\",\"label\":{\"@id\":\"s:prefLabel\",\"@container\":\"@language\"},\"up\":{\"@id\":\"s:broader\",\"@type\":\"@id\"},"
	    "\"ex\":\"" P "\"},\"@graph\":[{\"@id\":\"ex:a\",\"@type\":\"s:Concept\",\"label\":{\"en\":\"Animal\",\"ja\":[\"動物\"]}},"
	    "{\"@id\":\"ex:b\",\"@type\":\"s:Concept\",\"label\":{\"en\":\"Bird\",\"ja\":\"鳥類\"},\"s:altLabel\":{\"@value\":\"fowl\",\"@language\":\"en\"},\"up\":\"ex:a\"},"
	    "{\"@id\":\"ex:c\",\"@type\":\"s:Concept\",\"label\":{\"en\":\"Crane\",\"ja\":\"丹頂鶴\"},\"up\":[\"ex:b\"]}]}" },
	{ "a.json", "[{\"@id\":\"" P "a\",\"@type\":[\"http://www.w3.org/2004/02/skos/core#Concept\"],\"http://www.w3.org/2004/02/skos/core#prefLabel\":[{\"@value\":\"Animal\",\"@language\":\"en\"},"
	    "{\"@value\":\"動物\",\"@language\":\"ja\"}]},\n{\"@id\":\"" P "b\",\"http://www.w3.org/2004/02/skos/core#prefLabel\":[{\"@value\":\"Bird\",\"@language\":\"en\"},{\"@value\":\"鳥類\",\"@language\":\"ja\"}],"
	    "\"http://www.w3.org/2004/02/skos/core#altLabel\":[{\"@value\":\"fowl\",\"@language\":\"en\"}],\"http://www.w3.org/2004/02/skos/core#broader\":[{\"@id\":\"" P "a\"}]},"
	    "{\"@id\":\"" P "c\",\"http://www.w3.org/2004/02/skos/core#prefLabel\":[{\"@value\":\"Crane\",\"@language\":\"en\"},{\"@value\":\"丹頂鶴\",\"@language\":\"ja\"}],"
	    "\"http://www.w3.org/2004/02/skos/core#broader\":[{\"@id\":\"" P "b\"}]}]" },
	{ "a.csv", "# made here\niri,prefLabel@en,label_ja,altLabel-en,broader\r\n" P "a,\"Animal\",動物,,\r\n" P "b,Bird,鳥類,fowl," P "a\r\n" P "c,Crane,丹頂鶴,,\"" P "b\"\r\n" },
	{ "a.tsv", "iri\tlabel_en\tlabel_ja\tsynonym_en\tparent\n" P "a\tAnimal\t動物\t\t\n" P "b\tBird\t鳥類\tfowl\t" P "a\n" P "c\tCrane\t丹頂鶴\t\t" P "b\n" },
};

static void all_kinds_of_files_say_the_same(void **state)
{
	struct fix *f = *state;

	for (size_t i = 0; i < sizeof(clothes) / sizeof(clothes[0]); i++) {
		for (size_t step = 1; step < 2000; step = step * 7 + 3) {
			struct err e = ERR_INIT;
			struct kv_txn t;
			uint32_t gen, no, n[4];
			json_t *j = NULL;

			if (load_text(f->r, "animals", clothes[i].file, slice_str(clothes[i].text), step, &j, &e) != ST_OK)
				fail_msg("%s: %s", clothes[i].file, e.text);
			print_message("%s\n", clothes[i].file);
			assert_int_equal(num(j, "concepts"), 3);
			assert_int_equal(num(json_object_get(j, "labels"), "en"), 3);
			assert_int_equal(num(json_object_get(j, "labels"), "ja"), 3);
			assert_int_equal(num(json_object_get(j, "alternatives"), "en"), 1);
			assert_int_equal(num(j, "links"), 2);
			json_decref(j);
			kv_read(f->r->catalog, &t);
			gen = vocabs_find(&t, SLICE("animals"));
			no = vocabs_resolve(&t, gen, SLICE(P "b"));
			assert_int_equal(vocabs_suggest(&t, gen, SLICE("fow"), n, 4), 1);
			assert_int_equal(n[0], no);
			assert_int_equal(vocabs_suggest(&t, gen, SLICE("頂鶴"), n, 4), 1);
			assert_int_equal(vocabs_broader(&t, gen, n[0], n, 4), 1);
			assert_int_equal(n[0], no);
			assert_int_equal(vocabs_resolve(&t, gen, SLICE("B")), no);
			kv_end(&t, NULL);
		}
	}
}

static void ontologies_in_obo_and_dumps_of_ror_are_read(void **state)
{
	static const char obo[] = "format-version: 1.2\nontology: zoo\n\n[Term]\nid: ZOO:0000001\nname: animal\n\n[Term]\nid: ZOO:0000002\nname: bird\ndef: \"Has \\\"feathers\\\".\" [x]\n"
	    "synonym: \"fowl\" EXACT []\nis_a: ZOO:0000001 ! animal\n\n[Term]\nid: ZOO:0000003\nname: phoenix\nis_obsolete: true\n";
	static const char ror[] = "[{\"id\":\"https://ror.org/00aaa0001\",\"status\":\"active\",\"names\":[{\"value\":\"University of Nowhere\",\"lang\":\"en\",\"types\":[\"ror_display\",\"label\"]},"
	    "{\"value\":\"無名大学\",\"lang\":\"ja\",\"types\":[\"label\"]},{\"value\":\"UN]W{\",\"lang\":null,\"types\":[\"acronym\"]}],\"relationships\":[{\"type\":\"child\",\"label\":\"x\",\"id\":\"https://ror.org/00aaa0002\"}],"
	    "\"external_ids\":[{\"type\":\"isni\",\"all\":[\"0000 0001 2345 6789\"],\"preferred\":null}],\"locations\":[{\"geonames_details\":{\"name\":\"Tsukuba\",\"country_name\":\"Japan\"}}]},\n"
	    "{\"id\":\"https://ror.org/00aaa0002\",\"status\":\"withdrawn\",\"names\":[{\"value\":\"Nowhere Institute\",\"lang\":\"en\",\"types\":[\"ror_display\"]}]}]";
	struct fix *f = *state;
	struct err e = ERR_INIT;
	struct kv_txn t;
	uint32_t gen, n[4];
	json_t *j = NULL;

	assert_int_equal(load_text(f->r, "zoo", "zoo", SLICE(obo), 5, &j, &e), ST_OK);
	assert_int_equal(num(j, "concepts"), 3);
	assert_int_equal(num(j, "links"), 1);
	assert_int_equal(num(j, "deprecated"), 1);
	json_decref(j);
	assert_int_equal(load_text(f->r, "ror", "ror", SLICE(ror), 3, &j, &e), ST_OK);
	assert_string_equal(json_text(j, "format"), "ror");
	assert_int_equal(num(j, "links"), 1);
	json_decref(j);
	kv_read(f->r->catalog, &t);
	gen = vocabs_find(&t, SLICE("zoo"));
	assert_true(vocabs_resolve(&t, gen, SLICE("zoo:0000002")) == vocabs_resolve(&t, gen, SLICE("http://purl.obolibrary.org/obo/ZOO_0000002")));
	j = vocabs_concept(&t, gen, vocabs_resolve(&t, gen, SLICE("ZOO:0000002")));
	assert_string_equal(json_string_value(json_at(j, "def[0][1]")), "Has \"feathers\".");
	json_decref(j);
	gen = vocabs_find(&t, SLICE("ror"));
	/* What is not active stands last, though its name begins with the word. */
	assert_int_equal(vocabs_suggest(&t, gen, SLICE("nowhere"), n, 4), 2);
	j = vocabs_concept(&t, gen, n[0]);
	assert_string_equal(json_text(j, "id"), "00aaa0001");
	assert_string_equal(json_string_value(json_at(j, "exact[0]")), "https://isni.org/isni/0000000123456789");
	assert_string_equal(json_string_value(json_at(j, "def[0][1]")), "Tsukuba, Japan");
	json_decref(j);
	kv_end(&t, NULL);
}

static void what_is_no_vocabulary_is_refused_with_a_reason(void **state)
{
	static const struct { const char *file, *text, *says; } bad[] = {
		{ "x", "hello", "not Turtle" }, { "x.ttl", "@prefix a: <b> .\na b c .\na c .\na c .\n a c .\na c .\na c .\na c .\na c .\na c .\na c.\n a c.\n", "no Turtle" },
		{ "x", "<?xml version=\"1.0\"?><!DOCTYPE r [<!ENTITY a \"b\">]><r/>", "DOCTYPE" }, { "x", "<?xml version=\"1.0\"?><html/>", "not RDF" },
		{ "x", "<?xml version=\"1.0\"?><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">", "well-formed" },
		{ "x", "[{\"@id\":\"x\"}", "does not end" }, { "x", "{\"a\":", "line 1" }, { "x.csv", "a,b\n1,2\n", "no column" }, { "x.yaml", "a: [\n", "YAML" },
		{ "x.csv", "id,label\n\xff,b\n", "UTF-8" },
	};
	struct fix *f = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err e = ERR_INIT;
		json_t *j = NULL;

		assert_int_equal(load_text(f->r, "bad", bad[i].file, slice_str(bad[i].text), 1000, &j, &e), ST_INVALID);
		if (strstr(e.text, bad[i].says) == NULL)
			fail_msg("'%s' says '%s'", bad[i].text, e.text);
	}
}

/* ---- replacing ---- */

static json_t *animals(struct fix *f, struct err *e)
{
	json_t *j = NULL;

	assert_int_equal(load_text(f->r, "animals", "a.tsv", slice_str(clothes[5].text), 1000, &j, e), ST_OK);
	return j;
}

static uint64_t rows(struct fix *f)
{
	struct kv_txn t;
	uint64_t n;

	kv_read(f->r->catalog, &t);
	n = kv_entries(&t, CAT_VOC) + kv_entries(&t, CAT_VTERM);
	kv_end(&t, NULL);
	return n;
}

static void a_load_that_stops_leaves_the_old_one(void **state)
{
	struct fix *f = *state;
	struct vocabs_load *l = NULL;
	struct err e = ERR_INIT;
	struct kv_txn t;
	uint32_t gen, n[4];
	uint64_t had;
	char line[200];

	json_decref(animals(f, &e));
	had = rows(f);
	assert_int_equal(vocabs_load_begin(&l, f->r, "animals", &e), ST_OK);
	for (int i = 0; i < 2500; i++) {
		snprintf(line, sizeof(line), "{\"iri\":\"x:%d\",\"id\":\"%d\",\"label\":[[\"en\",\"animal %d\"]]}", i, i, i);
		assert_int_equal(vocabs_load_add(l, slice_str(line), &e), ST_OK);
	}
	kv_read(f->r->catalog, &t);
	gen = vocabs_find(&t, SLICE("animals"));
	assert_int_equal(vocabs_suggest(&t, gen, SLICE("animal"), n, 4), 1);
	kv_end(&t, NULL);
	assert_true(rows(f) > had + 4000);
	vocabs_load_free(l);
	assert_int_equal(rows(f), had);
	/* The same file twice gives the same rows: the first's are taken out. */
	json_decref(animals(f, &e));
	assert_int_equal(rows(f), had);
	fix_reopen(f);
	kv_read(f->r->catalog, &t);
	assert_int_equal(vocabs_labelled(&t, vocabs_find(&t, SLICE("animals")), SLICE("ＢＩＲＤ"), n, 4), 1);
	kv_end(&t, NULL);
	assert_int_equal(vocabs_remove(f->r, "animals", &e), ST_OK);
	assert_int_equal(rows(f), 0);
	assert_int_equal(vocabs_remove(f->r, "animals", &e), ST_ABSENT);
	assert_int_equal(vocabs_load_begin(&l, f->r, "Bad Name", &e), ST_INVALID);
	assert_int_equal(vocabs_load_begin(&l, f->r, "resource_types", &e), ST_CONFLICT);
}

static void the_best_stands_first(void **state)
{
	static const char text[] = "id,label_en,label_ja\n1,Kyoto University of Education,京都教育大学\n2,University of Kyoto,\n3,Kyoto,京都\n4,Kyōto University,京都大学\n5,Tokyo,東京都\n";
	struct fix *f = *state;
	struct err e = ERR_INIT;
	struct kv_txn t;
	uint32_t gen, n[10];
	json_t *j = NULL;

	assert_int_equal(load_text(f->r, "u", "u.csv", SLICE(text), 1000, &j, &e), ST_OK);
	json_decref(j);
	kv_read(f->r->catalog, &t);
	gen = vocabs_find(&t, SLICE("u"));
	assert_int_equal(vocabs_suggest(&t, gen, SLICE("kyoto"), n, 10), 4);
	assert_int_equal(n[0], 3);
	assert_int_equal(n[1], 4);
	assert_int_equal(n[2], 1);
	assert_int_equal(n[3], 2);
	assert_int_equal(vocabs_suggest(&t, gen, SLICE("university kyoto"), n, 10), 3);
	assert_int_equal(vocabs_suggest(&t, gen, SLICE("京都"), n, 10), 4);	/* 東京都 too: within Japanese text anywhere */
	assert_int_equal(n[0], 3);
	assert_int_equal(vocabs_suggest(&t, gen, SLICE("都"), n, 10), 0);	/* one character: beginnings only */
	assert_int_equal(vocabs_suggest(&t, gen, SLICE("東"), n, 10), 1);
	assert_int_equal(vocabs_suggest(&t, gen, SLICE("  "), n, 10), 0);
	kv_end(&t, NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		F(fixtures_have_the_counts_that_others_found),
		F(a_schema_in_yaml_gives_members_with_japanese_labels),
		F(all_kinds_of_files_say_the_same),
		F(ontologies_in_obo_and_dumps_of_ror_are_read),
		F(what_is_no_vocabulary_is_refused_with_a_reason),
		F(a_load_that_stops_leaves_the_old_one),
		F(the_best_stands_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
