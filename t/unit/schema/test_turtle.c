/* Turtle from our JSON-LD: what strangers wrote ends no literal and no address, and numbers are numbers in its grammar. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "schema/turtle.h"

static void says(const char *object, const char *want)
{
	struct buf doc = BUF_INIT(4096), out = BUF_INIT(4096);
	struct err e = ERR_INIT;
	json_t *j = NULL;

	buf_addf(&doc, "{\"@context\":{\"x\":\"http://example.org/\"},\"@id\":\"http://example.org/a\",\"x:p\":%s}", object);
	assert_int_equal(json_load(&j, buf_slice(&doc), &e), ST_OK);
	assert_int_equal(turtle_write(&out, j, &e), ST_OK);
	if (memmem(out.p, out.n, want, strlen(want)) == NULL)
		fail_msg("%s: no %s in %.*s", object, want, (int)out.n, out.p);
	json_decref(j);
	buf_release(&doc);
	buf_release(&out);
}

static void literals_end_where_they_should(void **state)
{
	says("\"a\\\"b\\\\c\\nd\\u0001\"", "\"a\\\"b\\\\c\\nd\\u0001\" .");
	says("{\"@value\":\"a\",\"@language\":\"ja-Latn\"}", "\"a\"@ja-Latn .");
	says("{\"@value\":\"a\",\"@language\":\"en . <http://evil.example/> a <http://evil.example/c>\"}", "\"a\" .");
	says("{\"@value\":\"a\",\"@language\":\"en_US\"}", "\"a\" .");
	says("{\"@value\":\"a\",\"@language\":\"en-\"}", "\"a\" .");
	says("{\"@value\":\"a\",\"@language\":\"\"}", "\"a\" .");
}

static void addresses_end_where_they_should(void **state)
{
	says("{\"@id\":\"http://example.org/a> . <b \\\"{}|^`\\\\\\n\"}", "<http://example.org/a%3E%20.%20%3Cb%20%22%7B%7D%7C%5E%60%5C%0A> .");
}

static void numbers_are_doubles(void **state)
{
	says("0.5", "x:p 0.5e0 .");
	says("1e30", "x:p 1e+30 .");
	says("0.00000095367431640625", "x:p 9.5367431640625e-07 .");
	says("12", "x:p 12 .");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(literals_end_where_they_should),
		cmocka_unit_test(addresses_end_where_they_should),
		cmocka_unit_test(numbers_are_doubles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
