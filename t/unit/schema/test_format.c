/* Reading mapping files: what is wrong is named by file and line, what is right becomes a format. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <unistd.h>

#include "base/fs.h"
#include "schema/schema_int.h"

#define HEAD "title\tT\nkind\txml\nmedia\ttext/xml\n"

static void write_file(const char *dir, const char *name, const char *text)
{
	char *path = fs_join(dir, name);
	struct err e = ERR_INIT;

	assert_int_equal(fs_write_atomic(path, text, strlen(text), 0600, &e), ST_OK);
	free(path);
}

static st_t load(struct schema *s, const char *text, const char *inc, struct err *e)
{
	char dir[] = "/tmp/azekura-format-XXXXXX";
	struct err own = ERR_INIT;
	st_t st = ST_OK;

	assert_non_null(mkdtemp(dir));
	write_file(dir, "a.map", text);
	if (inc)
		write_file(dir, "b.inc", inc);
	memset(s, 0, sizeof(*s));
	st = format_load_dir(s, dir, e);
	fs_remove_tree(dir, &own);
	return st;
}

static void drop(struct schema *s)
{
	for (size_t i = 0; i < s->n_formats; i++)
		format_release(&s->formats[i]);
	free(s->formats);
}

static st_t render(const struct schema *s, const char *json, struct buf *out, struct err *e)
{
	struct record_view v = { .id = "x" };
	json_t *d = NULL;
	st_t st = ST_OK;

	assert_int_equal(json_load(&d, slice_str(json), e), ST_OK);
	v.doc = d;
	buf_clear(out);
	st = xwalk_write(s, &s->formats[0], &v, out, e);
	json_decref(d);
	return st;
}

static void gives(const char *map, const char *json, const char *expected)
{
	struct schema s;
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT(65536);

	if (load(&s, map, NULL, &e) != ST_OK)
		fail_msg("%s", e.text);
	if (!expected) {
		assert_int_equal(render(&s, json, &b, &e), ST_UNSUPPORTED);
		assert_int_equal(b.n, 0);
	} else {
		assert_int_equal(render(&s, json, &b, &e), ST_OK);
		assert_string_equal(b.p, expected);
	}
	buf_release(&b);
	drop(&s);
}

static void a_header_becomes_the_row(void **st)
{
	struct schema s;
	struct err e = ERR_INIT;

	assert_int_equal(load(&s, HEAD "oai\tp\nnamespace\tn\nschema\tu\nkept\tyes\nversion\t7\nmap\n\t<a> \"x\"\n", NULL, &e), ST_OK);
	assert_int_equal(s.n_formats, 1);
	assert_string_equal(s.formats[0].name, "a");
	assert_string_equal(s.formats[0].media, "text/xml");
	assert_string_equal(s.formats[0].oai_prefix, "p");
	assert_true(s.formats[0].kept && s.formats[0].is_xml);
	assert_int_equal(s.formats[0].crosswalk_version, 7);
	drop(&s);
}

static void a_fault_is_named_by_file_and_line(void **st)
{
	static const struct { const char *map, *said; } bad[] = {
		{ HEAD "map\n\t<a> value +\n", "a.map:5: " }, { HEAD "map\n\t<a> \"open\n", "a.map:5: text without its closing quote" },
		{ HEAD "map\n\t<a> nosuch(x)\n", "a.map:5: no such function" }, { HEAD "map\n\t<a> day(x, y)\n", "a.map:5: wrong number" },
		{ HEAD "map\n\t<a> $nosuch\n", "a.map:5: no such $name" }, { HEAD "map\n\t<a>\n\t\t\t<b> x\n", "a.map:6: indented too far" },
		{ HEAD "map\n\tuse nothing\n", "a.map:5: use of a block" }, { HEAD "map\n\t<a> lookup(\"nosuch\", x, \"y\")\n", "a.map:5: no such vocabulary" },
		{ HEAD "map\n\tkey: value\n", "a.map:5: expected a statement" }, { HEAD "map\n\t<a> upper($base)\n", "a.map:5: $base and $oai" },
		{ HEAD "wrong\tx\n", "a.map:4: unknown line" }, { HEAD, "a.map: a format needs" }, { "kind\tpdf\n", "a.map:1: kind is" },
		{ HEAD "map\n\t<a> x[1\n", "a.map:5: expected ]" }, { HEAD "map\n\t<a> x y\n", "a.map:5: this does not belong here" },
		{ HEAD "map\n\teach \"x\"\n", "a.map:5: each wants a path" }, { HEAD "\tx\n", "a.map:4: indented without" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct schema s;
		struct err e = ERR_INIT;

		assert_int_equal(load(&s, bad[i].map, NULL, &e), ST_INVALID);
		if (strncmp(e.text, bad[i].said, strlen(bad[i].said)))
			fail_msg("'%s' is not '%s'", e.text, bad[i].said);
		drop(&s);
	}
}

static void blocks_and_tables_can_be_included(void **st)
{
	struct schema s;
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT(65536);

	assert_int_equal(load(&s, HEAD "include\tb.inc\nmap\n\t<r>\n\t\tuse one\n", "table t\n\ta\tA\n\t*\tZ\ndef one\n\t<a> t(x)\n", &e), ST_OK);
	assert_int_equal(render(&s, "{\"x\":\"a\"}", &b, &e), ST_OK);
	assert_string_equal(b.p, "<r><a>A</a></r>");
	assert_int_equal(render(&s, "{\"x\":\"b\"}", &b, &e), ST_OK);
	assert_string_equal(b.p, "<r><a>Z</a></r>");
	assert_int_equal(render(&s, "{}", &b, &e), ST_UNSUPPORTED);
	drop(&s);
	buf_release(&b);
}

static void loops_filter_and_take_one_of_each(void **st)
{
	gives(HEAD "map\n\t<r>\n\t\teach a[k != \"n\"] once l\n\t\t\t<v l=l> v\n",
	    "{\"a\":[{\"v\":\"1\",\"l\":\"x\"},{\"v\":\"2\",\"l\":\"x\"},{\"v\":\"3\",\"k\":\"n\"},{\"v\":4,\"l\":\"y\"},null,5]}", "<r><v l=\"x\">1</v><v l=\"y\">4</v></r>");
}

static void a_mandatory_part_takes_only_its_element_along(void **st)
{
	gives(HEAD "map\n\t<r>\n\t\teach a\n\t\t\t<e>\n\t\t\t\t! <n> n\n\t\t\t\t<m> m\n", "{\"a\":[{\"m\":\"1\"},{\"n\":\"2\",\"m\":\"3\"}]}", "<r><e><n>2</n><m>3</m></e></r>");
	gives(HEAD "map\n\t<r>\n\t\t! <e>\n\t\t\t! <n> n\n\t\t<x> x\n", "{\"x\":\"1\"}", NULL);
}

static void paths_reach_outwards_and_to_the_root(void **st)
{
	gives(HEAD "map\n\t<r>\n\t\teach a\n\t\t\twith b\n\t\t\t\t<v> . + ^c + /d + ^^d\n", "{\"d\":\"D\",\"a\":[{\"b\":\"B\",\"c\":\"C\"}]}", "<r><v>BCDD</v></r>");
	gives(HEAD "map\n\t<r> a[k == \"y\"].v[1].w | \"none\"\n", "{\"a\":[{\"k\":\"x\"},{\"k\":\"y\",\"v\":[1,{\"w\":\"W\"}]}]}", "<r>W</r>");
}

static void conditions_join_and_turn(void **st)
{
	gives(HEAD "map\n\t<r>\n\t\tif a and (b or not c)\n\t\t\t<y> a\n\t\telse\n\t\t\t<n> a\n", "{\"a\":\"1\",\"c\":true}", "<r><n>1</n></r>");
	gives(HEAD "map\n\t<r>\n\t\tif a in \"0\" \"1\"\n\t\t\t<y> a\n", "{\"a\":1}", "<r><y>1</y></r>");
	gives(HEAD "map\n\t<r>\n\t\tfirst\n\t\t\t<x> x\n\t\t\t<a> a\n\t\t\t<b> b\n", "{\"a\":1,\"b\":2}", "<r><a>1</a></r>");
}

#define JSON_HEAD "title\tT\nkind\tjson\nmedia\tx/y\nmap\n"

static void json_has_commas_where_something_stands(void **st)
{
	gives(JSON_HEAD "\ta: a\n\tb: b\n\tc: []\n\t\teach c\n\t\t\t- .\n\to: {}\n\t\t\"@type\": \"T\"\n\t\tx: x\n\tk: const {}\n\t\tz: \"z\"\n",
	    "{\"b\":1.5,\"c\":[null,\"x\",true,\"\",2]}", "{\"b\":1.5,\"c\":[\"x\",true,2],\"k\":{\"z\":\"z\"}}");
	gives(JSON_HEAD "\ta: raw(a)\n\tcopy b except x\n\tc: number(c)\n\td: text(d)\n", "{\"a\":{\"u\":[1,null]},\"b\":{\"x\":1,\"y\":{}},\"c\":\"12\",\"d\":12}",
	    "{\"a\":{\"u\":[1,null]},\"y\":{},\"c\":12,\"d\":\"12\"}");
}

static void functions_refuse_what_does_not_fit(void **st)
{
	gives(HEAD "map\n\t<r>\n\t\t<a> iri(a)\n\t\t<b> iri(b)\n\t\t<c> between(c, \"-90\", \"90\")\n\t\t<d> day(d)\n\t\t<e> year(e)\n\t\t<f> positive(f)\n\t\t<g> tag(g)\n",
	    "{\"a\":\"http://a.b/c d{e}\",\"b\":\"no uri\",\"c\":91,\"d\":\"2026-04-01T00:00:00Z\",\"e\":\"2026-04\",\"f\":\"0\",\"g\":\"ja-Kana\"}",
	    "<r><a>http://a.b/c%20d%7Be%7D</a><d>2026-04-01</d><e>2026</e><g>ja-Kana</g></r>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_header_becomes_the_row),
		cmocka_unit_test(a_fault_is_named_by_file_and_line),
		cmocka_unit_test(blocks_and_tables_can_be_included),
		cmocka_unit_test(loops_filter_and_take_one_of_each),
		cmocka_unit_test(a_mandatory_part_takes_only_its_element_along),
		cmocka_unit_test(paths_reach_outwards_and_to_the_root),
		cmocka_unit_test(conditions_join_and_turn),
		cmocka_unit_test(json_has_commas_where_something_stands),
		cmocka_unit_test(functions_refuse_what_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
