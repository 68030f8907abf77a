/* Documents: notebooks, HTML, and what is told of a PDF from its bytes alone. */

#include <stdlib.h>

#include "indexer/extract/source.h"
#include "t/unit/indexer/facts.h"

static json_t *read_at_will(const char *name, const char *p, size_t n)
{
	struct buf out = BUF_INIT((size_t)8 << 20);
	struct source src;
	json_t *j = NULL;

	source_mem(&src, p, n);
	assert_st(ST_OK, extract_source(&src, name, &out, NULL));
	assert_st(ST_OK, json_load(&j, buf_slice(&out), NULL));
	buf_release(&out);
	return j;
}

static json_t *read_str(const char *name, const char *s)
{
	return read_at_will(name, s, strlen(s));
}

static void pages_of_the_web_give_their_words(void **state)
{
	json_t *j = read_str("a.html", "<!DOCTYPE html>\n<html lang=\"en\"><head><title>Of &amp; on</title><meta name=\"author\" content='Joho'>"
	    "<style>p { color: red }</style><script>var hidden = \"<p>no</p>\";</script></head><body><!-- <h1>not this</h1> --><h1>First <b>thing</b></h1>"
	    "<p title=\"a > b\">Wind &#x26; rain</p></body></html>");

	assert_string_equal("ok", text(j, "status"));
	assert_string_equal("text/html", text(j, "media"));
	assert_string_equal("Of & on", text(j, "document.title"));
	assert_string_equal("Joho", text(j, "document.authors[0]"));
	assert_string_equal("First thing", text(j, "document.headings[0]"));
	assert_string_equal("en", text(j, "language"));
	assert_non_null(strstr(text(j, "text"), "Wind & rain"));
	assert_null(strstr(text(j, "text"), "hidden"));
	assert_null(strstr(text(j, "text"), "color"));
	json_decref(j);
}

static void japanese_pages_in_their_encodings(void **state)
{
	/* Shift_JIS: 観測 */
	json_t *j = read_str("a.htm", "<html><title>\x8A\xCF\x91\xAA\x82\xCC\x8B\x4C\x98\x5E</title><body>\x8A\xCF\x91\xAA\x82\xF0\x82\xB5\x82\xBD\x81\x42</body></html>");

	assert_string_equal("shift_jis", text(j, "encoding"));
	assert_string_equal("観測の記録", text(j, "document.title"));
	json_decref(j);
}

static void notebooks_are_counted_and_read(void **state)
{
	json_t *j = read_str("x.ipynb", "{\"cells\":[{\"cell_type\":\"markdown\",\"metadata\":{},\"source\":[\"# Title of it\\n\",\"words\"]},"
	    "{\"cell_type\":\"code\",\"metadata\":{},\"outputs\":[{\"data\":\"secret output\"}],\"execution_count\":1,\"source\":\"import numpy\"}],"
	    "\"metadata\":{\"kernelspec\":{\"name\":\"python3\",\"language\":\"python\"}},\"nbformat\":4,\"nbformat_minor\":5}");

	assert_string_equal("notebook", text(j, "extractor"));
	assert_int_equal(2, number(j, "document.cells"));
	assert_int_equal(1, number(j, "document.codeCells"));
	assert_string_equal("4.5", text(j, "format.version"));
	assert_string_equal("python3", text(j, "document.kernel"));
	assert_string_equal("Title of it", text(j, "document.title"));
	assert_non_null(strstr(text(j, "text"), "import numpy"));
	assert_null(strstr(text(j, "text"), "secret"));
	json_decref(j);
	j = read_str("x.ipynb", "{\"cells\":[");
	assert_string_equal("unreadable", text(j, "status"));
	json_decref(j);
}

static void fixtures_agree_with_their_manifest(void **state)
{
	struct buf b = BUF_INIT((size_t)64 << 20);
	const char *shared = getenv("AZEKURA_SHARED");
	char path[2000];
	json_t *m = NULL, *f;
	size_t i;
	unsigned seen = 0;

	snprintf(path, sizeof(path), "%s/fixtures/manifest.json", shared ? shared : "../shared");
	if (fs_read_file(path, &b, NULL) != ST_OK)
		skip();
	assert_st(ST_OK, json_load(&m, buf_slice(&b), NULL));
	json_array_foreach(json_object_get(m, "files"), i, f) {
		const char *name = json_text(f, "path");
		json_t *facts = json_object_get(f, "facts"), *j;

		if (strncmp(name, "document/", 9) != 0 || json_object_get(facts, "nbformat") == NULL)
			continue;
		snprintf(path, sizeof(path), "%s/fixtures/%s", shared ? shared : "../shared", name);
		buf_clear(&b);
		assert_st(ST_OK, fs_read_file(path, &b, NULL));
		j = read_at_will(name, b.p, b.n);
		assert_string_equal(json_text(facts, "nbformat"), text(j, "format.version"));
		assert_int_equal(json_integer_value(json_object_get(facts, "cells")), number(j, "document.cells"));
		assert_int_equal(json_integer_value(json_object_get(facts, "code_cells")), number(j, "document.codeCells"));
		json_decref(j);
		seen++;
	}
	assert_true(seen >= 3);
	json_decref(m);
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_of_the_web_give_their_words),
		cmocka_unit_test(japanese_pages_in_their_encodings),
		cmocka_unit_test(notebooks_are_counted_and_read),
		cmocka_unit_test(fixtures_agree_with_their_manifest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
