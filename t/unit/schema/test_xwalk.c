/* Crosswalks: fixed expectations, and a family of generated records of which every rendition must be valid. Seed: AZEKURA_SEED, else the clock; it is printed. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/utf8.h"
#include "schema/format.h"

static struct schema *schema;
static uint64_t state;

static int load(void **st)
{
	struct err e = ERR_INIT;
	const char *dir = getenv("AZEKURA_SCHEMA");

	if (schema_load(&schema, dir ? dir : "../schema", &e) == ST_OK)
		return 0;
	print_error("%s\n", e.text);
	return 1;
}

static int unload(void **st)
{
	schema_drop(schema);
	return 0;
}

static void view_of(struct record_view *v, const json_t *doc)
{
	memset(v, 0, sizeof(*v));
	v->doc = doc;
	v->id = "k7x2m-9q494";
	v->parent = "k7x2m-9q494";
	v->version = v->revision = 1;
	v->state = "published";
	v->created = v->modified = v->published = 1790000000;
	v->files = json_object_get(doc, "files");
	v->files_total = json_array_size(v->files);
	v->files_open = true;
}

static st_t render(const char *format, const json_t *doc, struct buf *out, struct err *e)
{
	struct buf raw = BUF_INIT(BUF_NOMAX);
	struct record_view v;
	const struct format *f = schema_format(schema, format);
	st_t st = ST_OK;

	assert_non_null(f);
	view_of(&v, doc);
	buf_clear(out);
	st = xwalk_write(schema, f, &v, &raw, e);
	if (st == ST_OK)
		st = marks_fill(out, buf_slice(&raw), SLICE("https://repo.example.jp"), SLICE("oai:repo.example.jp:"));
	else
		assert_int_equal(raw.n, 0);
	buf_release(&raw);
	return st;
}

static json_t *parse(const char *text)
{
	json_t *doc = NULL;
	struct err e = ERR_INIT;

	if (json_load(&doc, slice_str(text), &e) != ST_OK)
		fail_msg("%s", e.text);
	return doc;
}

#define SMALL "{\"titles\":[{\"value\":\"海の記録\",\"lang\":\"ja\"},{\"value\":\"ウミノキロク\",\"lang\":\"ja-Kana\"},{\"value\":\"Records of the sea\",\"lang\":\"en\"}]," \
	"\"creators\":[{\"nameType\":\"Personal\",\"names\":[{\"value\":\"情報, 太郎\",\"lang\":\"ja\"}]}],\"publisher\":{\"names\":[{\"value\":\"大学\",\"lang\":\"ja\"}]}," \
	"\"publicationYear\":2026,\"languages\":[\"jpn\"],\"resourceType\":{\"coar\":\"http://purl.org/coar/resource_type/c_ddb1\"}," \
	"\"accessRights\":{\"coar\":\"http://purl.org/coar/access_right/c_abf2\"},\"rights\":[{\"spdx\":\"CC-BY-4.0\"}]"

static void has(const struct buf *b, const char *part)
{
	if (!memmem(b->p, b->n, part, strlen(part)))
		fail_msg("'%s' is not in %s", part, b->p);
}

static void has_not(const struct buf *b, const char *part)
{
	if (b->n && memmem(b->p, b->n, part, strlen(part)))
		fail_msg("'%s' is in %s", part, b->p);
}

static void oai_dc_says_what_the_table_says(void **st)
{
	struct buf b = BUF_INIT(BUF_NOMAX);
	struct err e = ERR_INIT;
	json_t *d = parse(SMALL ",\"identifiers\":[{\"type\":\"DOI\",\"value\":\"10.1234/a<b\"}]}");

	assert_int_equal(render("oai_dc", d, &b, &e), ST_OK);
	has(&b, "<dc:title xml:lang=\"ja\">海の記録</dc:title>");
	has(&b, "<dc:title xml:lang=\"en\">Records of the sea</dc:title>");
	has_not(&b, "ウミノキロク");
	has(&b, "<dc:date>2026</dc:date>");
	has(&b, "<dc:type>dataset</dc:type><dc:type>Dataset</dc:type>");
	has(&b, "<dc:language>jpn</dc:language>");
	has(&b, "<dc:identifier>https://doi.org/10.1234/a%3Cb</dc:identifier>");
	has(&b, "<dc:identifier>https://repo.example.jp/records/k7x2m-9q494</dc:identifier>");
	has(&b, "<dc:rights>open access</dc:rights><dc:rights>info:eu-repo/semantics/openAccess</dc:rights>");
	has(&b, "<dc:rights>https://spdx.org/licenses/CC-BY-4.0</dc:rights>");
	json_decref(d);
	buf_release(&b);
}

static void datacite_without_a_mandatory_part_is_not_offered(void **st)
{
	static const char *const parts[] = { "titles", "creators", "publisher", "publicationYear", "resourceType" };
	static const char *const formats[] = { "datacite", "oai_datacite", "datacite-json" };
	struct buf b = BUF_INIT(BUF_NOMAX);

	for (size_t f = 0; f < 3; f++) {
		for (size_t i = 0; i < 5; i++) {
			struct err e = ERR_INIT;
			json_t *d = parse(SMALL "}");

			json_object_del(d, parts[i]);
			assert_int_equal(render(formats[f], d, &b, &e), ST_UNSUPPORTED);
			assert_true(strlen(e.text) > 10);
			json_decref(d);
		}
	}
	buf_release(&b);
}

static void a_fine_date_stands_in_for_the_year(void **st)
{
	struct buf b = BUF_INIT(BUF_NOMAX);
	struct err e = ERR_INIT;
	json_t *d = parse(SMALL ",\"dates\":[{\"type\":\"Issued\",\"value\":\"2025-04-01\"}]}");

	json_object_del(d, "publicationYear");
	assert_int_equal(render("datacite", d, &b, &e), ST_OK);
	has(&b, "<publicationYear>2025</publicationYear>");
	json_decref(d);
	buf_release(&b);
}

static void what_is_blank_or_forbidden_leaves_no_empty_element(void **st)
{
	struct buf b = BUF_INIT(BUF_NOMAX);
	struct err e = ERR_INIT;
	json_t *d = parse(SMALL ",\"subjects\":[{\"value\":\" \\n\"},{\"value\":\"\\u0003\\uffff\"},{\"value\":\"a\\u0003b\",\"lang\":\"not a tag\"}],"
	    "\"descriptions\":[{\"value\":\"\\u0001\\u0002\"}]}");

	assert_int_equal(render("oai_dc", d, &b, &e), ST_OK);
	has(&b, "<dc:subject>ab</dc:subject>");
	has_not(&b, "<dc:subject></");
	has_not(&b, "<dc:description");
	assert_int_equal(render("datacite", d, &b, &e), ST_OK);
	has(&b, "<subjects><subject>ab</subject></subjects>");
	has_not(&b, "description");
	assert_int_equal(render("schema-org", d, &b, &e), ST_OK);
	has(&b, "\"keywords\":[\"ab\"]");
	json_decref(d);
	buf_release(&b);
}

static void markup_in_text_is_escaped_once(void **st)
{
	struct buf b = BUF_INIT(BUF_NOMAX);
	struct err e = ERR_INIT;
	json_t *d = parse(SMALL ",\"descriptions\":[{\"value\":\"<li>a&nbsp;\\\"b\\\" ]]></li>\",\"type\":\"Abstract\"}]}");

	assert_int_equal(render("oai_dc", d, &b, &e), ST_OK);
	has(&b, "&lt;li&gt;a&amp;nbsp;");
	has_not(&b, "<li>");
	has_not(&b, "]]>");
	assert_int_equal(render("schema-org", d, &b, &e), ST_OK);
	has_not(&b, "<li>");		/* it stands in a script element */
	json_decref(d);
	buf_release(&b);
}

static void a_long_title_is_delivered_whole(void **st)
{
	struct buf b = BUF_INIT(BUF_NOMAX), t = BUF_INIT(BUF_NOMAX);
	struct err e = ERR_INIT;
	json_t *d = parse(SMALL "}");

	for (int i = 0; i < 100000; i++)
		buf_adds(&t, "長");
	json_object_set_new(json_array_get(json_object_get(d, "titles"), 0), "value", json_stringn(t.p, t.n));
	assert_int_equal(render("oai_dc", d, &b, &e), ST_OK);
	assert_non_null(memmem(b.p, b.n, t.p, t.n));
	json_decref(d);
	buf_release(&b);
	buf_release(&t);
}

static void newer_vocabulary_is_mapped_to_the_kernel_written(void **st)
{
	struct buf b = BUF_INIT(BUF_NOMAX);
	struct err e = ERR_INIT;
	json_t *d = parse(SMALL ",\"relations\":[{\"relationType\":\"References\",\"identifier\":{\"type\":\"RAiD\",\"value\":\"10.1/x\"}},"
	    "{\"relationType\":\"Other\",\"identifier\":{\"type\":\"DOI\",\"value\":\"10.1/y\"}}]}");

	json_object_set_new(d, "resourceType", json_pack("{s:s}", "general", "Poster"));
	assert_int_equal(render("datacite", d, &b, &e), ST_OK);
	has(&b, "resourceTypeGeneral=\"Text\"");
	has(&b, "relatedIdentifierType=\"URL\">https://raid.org/10.1/x<");
	has_not(&b, "10.1/y");
	json_decref(d);
	buf_release(&b);
}

static void the_canonical_form_keeps_unknown_members(void **st)
{
	struct buf b = BUF_INIT(BUF_NOMAX);
	struct err e = ERR_INIT;
	json_t *d = parse(SMALL ",\"x-mine\":{\"a\":[1,2.5,null,true]}}"), *back = NULL;

	assert_int_equal(render("azekura", d, &b, &e), ST_OK);
	assert_int_equal(json_load(&back, buf_slice(&b), &e), ST_OK);
	assert_true(json_equal(json_object_get(back, "x-mine"), json_object_get(d, "x-mine")));
	assert_true(json_equal(json_object_get(back, "titles"), json_object_get(d, "titles")));
	assert_string_equal(json_text(back, "oaiIdentifier"), "oai:repo.example.jp:k7x2m-9q494");
	json_decref(back);
	json_decref(d);
	buf_release(&b);
}

/* ---- the generated family ---- */

static uint32_t rnd(uint32_t n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % n;
}

static json_t *text(void)
{
	static const char *const some[] = { "", " ", "plain", "a & b < c > d \"e\" 'f'", "]]>", "<p>markup</p>&nbsp;", "日本語のテキスト", "𠀋", "\xE2\x80\x8Fעברית",
		"line\nbreak\ttab\r\n", "\x01\x02\x03\x1A", "x\x0By", "\xEF\xBF\xBE\xEF\xBF\xBF", "http://example.org/a b{c}|d", "mailto:a@b", "http://[::1", "10.1234/ABC<>",
		"0000-0002-1825-0097", "https://ror.org/057zh3y96", "1234", "-1e5", "99999999999999999999", "2026-13-45", "e\xCC\x81", "%zz", "a%20b", "\xC2\xA0", "--", "?" };

	return json_string_nocheck(some[rnd(sizeof(some) / sizeof(*some))]);
}

static json_t *one_of(const char *list)
{
	struct slice all = slice_str(list), s = SLICE_NULL;
	unsigned n = 1;

	for (const char *p = list; *p; p++)
		n += *p == '|';
	for (n = rnd(n) + 1; n; n--)
		s = slice_cut(&all, '|');
	return rnd(12) ? json_stringn(s.p, s.n) : text();
}

static json_t *junk(void)
{
	switch (rnd(6)) {
	case 0:
		return json_null();
	case 1:
		return json_integer((json_int_t)rnd(3000) - 5);
	case 2:
		return json_real(rnd(1000) / 7.0 - 50);
	case 3:
		return json_true();
	case 4:
		return json_array();
	default:
		return json_object();
	}
}

static json_t *ml(void)
{
	json_t *a = json_array();

	for (uint32_t n = rnd(4); n; n--) {
		json_t *o = json_pack("{s:o}", "value", text());

		if (rnd(4))
			json_object_set_new(o, "lang", one_of("ja|en|ja-Kana|ja-Latn|zh-cn|xx-yyyyyyyyyyyy|english language|e|jpn"));
		if (!rnd(4))
			json_object_set_new(o, "type", one_of("AlternativeTitle|Subtitle|Abstract|Methods|Wrong|TechnicalInfo"));
		json_array_append_new(a, rnd(15) ? o : junk());
		if (json_array_size(a) && json_array_get(a, json_array_size(a) - 1) != o)
			json_decref(o);
	}
	return a;
}

#define DATES "2026|2026-04|2026-04-01|2026-04-01T01:02:03Z|2026-04-01T01:02:03+09:00|2020/2021|2020/|/2021|0000|next week"
#define GENERAL "Dataset|Software|Text|JournalArticle|Poster|Presentation|Nonsense|Other"

static json_t *ids(void)
{
	json_t *a = json_array();

	for (uint32_t n = rnd(3); n; n--)
		json_array_append_new(a, json_pack("{s:o,s:o}", "scheme", one_of("ORCID|ROR|ISNI|e-Rad_Researcher|GRID|Crossref Funder|Unknown"), "value", text()));
	return a;
}

static json_t *agent(void)
{
	json_t *aff = json_array(), *o = NULL;

	for (uint32_t n = rnd(3); n; n--)
		json_array_append_new(aff, json_pack("{s:o,s:o}", "names", ml(), "identifiers", ids()));
	o = json_pack("{s:o,s:o,s:o,s:o,s:o}", "names", ml(), "nameIdentifiers", ids(), "affiliations", aff, "familyNames", ml(), "givenNames", ml());
	if (rnd(3))
		json_object_set_new(o, "nameType", one_of("Personal|Organizational|Robot"));
	if (rnd(2))
		json_object_set_new(o, "contributorType", one_of("Editor|DataManager|Translator|Sponsor|Bogus|HostingInstitution"));
	return o;
}

static json_t *id_of(void)
{
	return json_pack("{s:o,s:o}", "type", one_of("DOI|Handle|URL|Local|RAiD|SWHID|PISSN|NAID|WOS|ISBN|arXiv|nothing"), "value", text());
}

static json_t *relation(void)
{
	json_t *o = json_pack("{s:o,s:o}", "relationType", one_of("Cites|IsSupplementTo|IsIdenticalTo|IsDerivedFrom|IsPublishedIn|HasTranslation|Other|Loves"), "titles", ml());

	if (rnd(4))
		json_object_set_new(o, "identifier", id_of());
	if (rnd(2))
		json_object_set_new(o, "resourceTypeGeneral", one_of(GENERAL));
	return o;
}

static json_t *number(void)
{
	return rnd(5) ? json_real(rnd(40000) / 100.0 - 200) : junk();
}

static json_t *geo(void)
{
	json_t *o = json_object();

	if (rnd(2))
		json_object_set_new(o, "point", json_pack("{s:o,s:o}", "lon", number(), "lat", number()));
	if (rnd(2))
		json_object_set_new(o, "box", json_pack("{s:o,s:o,s:o,s:o}", "west", number(), "east", number(), "south", number(), "north", number()));
	if (rnd(2))
		json_object_set_new(o, "place", ml());
	return o;
}

static json_t *funding(void)
{
	return json_pack("{s:{s:o,s:o},s:{s:o,s:o,s:o}}", "funder", "names", ml(), "identifiers", ids(), "award", "number", text(), "uri", text(), "titles", ml());
}

static json_t *dated(void) { return json_pack("{s:o,s:o,s:o}", "type", one_of("Issued|Updated|Created|Available|Collected|Coverage|Other|Withdrawn|Never"), "value", one_of(DATES), "information", text()); }
static json_t *subject(void) { return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o}", "value", text(), "lang", one_of("ja|en|??"), "scheme", text(), "schemeUri", text(), "valueUri", text(), "code", text()); }
static json_t *right(void) { return json_pack("{s:o,s:o,s:o}", "values", ml(), "spdx", one_of("CC-BY-4.0|CC0-1.0"), "uri", text()); }
static json_t *file(void) { return json_pack("{s:o,s:o,s:i,s:{s:s}}", "path", one_of("a.csv|データ/あ い.csv|x%y.csv"), "mediaType", one_of("text/csv|image/png"), "size", (int)rnd(1000), "checksums", "sha256", "00"); }
static json_t *language(void) { return one_of("jpn|eng|ja|english|XX|qaa"); }

static json_t *many(json_t *(*make)(void), uint32_t max)
{
	json_t *a = json_array();

	for (uint32_t n = rnd(max + 1); n; n--)
		json_array_append_new(a, rnd(20) ? make() : junk());
	return a;
}

static json_t *record(void)
{
	static const struct { const char *key; json_t *(*make)(void); } lists[] = { { "identifiers", id_of }, { "creators", agent }, { "contributors", agent },
		{ "rightsHolders", agent }, { "dates", dated }, { "subjects", subject }, { "rights", right }, { "relations", relation }, { "geoLocations", geo },
		{ "funding", funding }, { "languages", language }, { "files", file }, { "sizes", text }, { "formats", text }, { "methods", text } };
	json_t *d = json_object();

	json_object_set_new(d, "titles", ml());
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		if (rnd(4))
			json_object_set_new(d, lists[i].key, rnd(30) ? many(lists[i].make, 3) : junk());
	if (rnd(10))
		json_object_set_new(d, "publisher", json_pack("{s:o,s:{s:o,s:o}}", "names", ml(), "identifier", "scheme", one_of("ROR|ISNI"), "value", text()));
	if (rnd(4))
		json_object_set_new(d, "publicationYear", rnd(5) ? json_integer(2026) : junk());
	if (rnd(10))
		json_object_set_new(d, "resourceType", json_pack("{s:o,s:o,s:o}", "coar", one_of("http://purl.org/coar/resource_type/c_ddb1|http://purl.org/coar/resource_type/c_6670|http://purl.org/coar/resource_type/S7R1-K5P0"),
		    "general", one_of(GENERAL), "text", text()));
	json_object_set_new(d, "descriptions", ml());
	json_object_set_new(d, "temporal", ml());
	json_object_set_new(d, "version", text());
	json_object_set_new(d, "accessRights", json_pack("{s:o,s:o}", "coar", one_of("http://purl.org/coar/access_right/c_abf2|http://purl.org/coar/access_right/c_f1cf"), "embargoEnd", one_of(DATES)));
	if (rnd(2))
		json_object_set_new(d, "container", json_pack("{s:o,s:[o],s:o,s:o,s:o}", "titles", ml(), "identifiers", id_of(), "volume", text(), "issue", text(), "pageStart", text()));
	return d;
}

/* Case 198: no element without text, attributes and children; white space alone counts as nothing. */
static void no_empty_element(const struct buf *b)
{
	for (size_t i = 0; i + 1 < b->n; i++) {
		size_t k = i + 1;

		if (b->p[i] == '/' && b->p[i + 1] == '>')
			fail_msg("empty element in %s", b->p);
		if (b->p[i] != '>')
			continue;
		while (k < b->n && strchr(" \t\r\n", b->p[k]))
			k++;
		if (k + 1 < b->n && b->p[k] == '<' && b->p[k + 1] == '/') {
			size_t open = i;

			while (b->p[open] != '<')
				open--;
			if (b->p[open + 1] != '/')
				fail_msg("empty element in %s", b->p);
		}
	}
}

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<OAI-PMH xmlns=\"http://www.openarchives.org/OAI/2.0/\"><responseDate>2026-11-21T00:00:00Z</responseDate>" \
	"<request verb=\"ListRecords\" metadataPrefix=\"%s\">https://repo.example.jp/oai</request><ListRecords>\n"
#define TAIL "</ListRecords></OAI-PMH>\n"

static bool xml_format(const char *format, const char *driver, const char *shared, unsigned *offered)
{
	struct buf all = BUF_INIT(BUF_NOMAX), one = BUF_INIT(BUF_NOMAX);
	struct err e = ERR_INIT;
	char file_[] = "/tmp/azekura-xwalk-XXXXXX", command[1024];
	int fd = -1, rc = 0;

	buf_addf(&all, HEAD, format);
	for (int i = 0; i < 1000; i++) {
		json_t *d = record();
		st_t st = render(format, d, &one, &e);

		assert_true(st == ST_OK || st == ST_UNSUPPORTED);
		if (st == ST_OK) {
			++*offered;
			no_empty_element(&one);
			buf_addf(&all, "<record><header><identifier>oai:repo.example.jp:r%d</identifier><datestamp>2026-11-21T00:00:00Z</datestamp></header><metadata>", i);
			buf_addsl(&all, buf_slice(&one));
			buf_adds(&all, "</metadata></record>\n");
		}
		json_decref(d);
	}
	buf_adds(&all, TAIL);
	if (shared) {
		fd = mkstemp(file_);
		assert_true(fd >= 0);
		assert_int_equal(fs_write_all(fd, all.p, all.n, &e), ST_OK);
		close(fd);
		snprintf(command, sizeof(command), "XML_CATALOG_FILES='%s/schemas/catalog.xml' xmllint --nonet --noout --schema '%s/schemas/drivers/%s' %s >%s.log 2>&1 || "
		    "{ head -5 %s.log >&2; exit 1; }", shared, shared, driver, file_, file_, file_);
		rc = system(command);
		if (!rc)
			unlink(file_);
		snprintf(command, sizeof(command), "%s.log", file_);
		unlink(command);
	}
	buf_release(&all);
	buf_release(&one);
	return rc == 0;
}

static void every_generated_record_validates(void **st)
{
	static const struct { const char *format, *driver; } xml[] = { { "oai_dc", "oai-response-oai_dc.xsd" }, { "datacite", "oai-response-datacite_4.6.xsd" },
		{ "oai_datacite", "oai-response-datacite_4.6.xsd" } };
	static const char *const jsons[] = { "datacite-json", "schema-org", "csl", "azekura" };
	const char *seed = getenv("AZEKURA_SEED"), *shared = getenv("AZEKURA_SHARED"), *ci = getenv("CI");
	struct buf b = BUF_INIT(BUF_NOMAX);
	struct err e = ERR_INIT;
	unsigned offered = 0;

	state = seed ? strtoull(seed, NULL, 10) : (uint64_t)clock_now_us();
	print_message("# AZEKURA_SEED=%llu\n", (unsigned long long)state);
	if (!shared || !fs_exists(shared) || system("command -v xmllint >/dev/null")) {
		if (ci && !strcmp(ci, "true"))
			fail_msg("AZEKURA_SHARED or xmllint is missing");
		shared = NULL;
	}
	for (size_t i = 0; i < 3; i++)
		if (!xml_format(xml[i].format, xml[i].driver, shared, &offered))
			fail_msg("%s: a generated record is not valid", xml[i].format);
	assert_true(offered > 600);
	for (int n = 0; n < 500; n++) {
		json_t *d = record(), *back = NULL;

		for (size_t i = 0; i < 4; i++) {
			st_t rc = render(jsons[i], d, &b, &e);

			assert_true(rc == ST_OK || rc == ST_UNSUPPORTED);
			if (rc == ST_OK && json_load(&back, buf_slice(&b), &e) != ST_OK)
				fail_msg("%s: %s in %s", jsons[i], e.text, b.p);
			json_decref(back);
			back = NULL;
		}
		json_decref(d);
	}
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(oai_dc_says_what_the_table_says),
		cmocka_unit_test(datacite_without_a_mandatory_part_is_not_offered),
		cmocka_unit_test(a_fine_date_stands_in_for_the_year),
		cmocka_unit_test(what_is_blank_or_forbidden_leaves_no_empty_element),
		cmocka_unit_test(markup_in_text_is_escaped_once),
		cmocka_unit_test(a_long_title_is_delivered_whole),
		cmocka_unit_test(newer_vocabulary_is_mapped_to_the_kernel_written),
		cmocka_unit_test(the_canonical_form_keeps_unknown_members),
		cmocka_unit_test(every_generated_record_validates),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
