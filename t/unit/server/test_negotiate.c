#include "t/unit/unit.h"

#include "server/negotiate.h"

static void the_most_specific_range_decides(void **state)
{
	static const struct { const char *accept, *media, *profile; int want; } rows[] = {
		{ "text/html", "text/html", NULL, 1000 },
		{ "TEXT/HTML", "text/html", NULL, 1000 },
		{ "text/html;q=0.5", "text/html", NULL, 500 },
		{ "text/html ; Q=0.125", "text/html", NULL, 125 },
		{ "text/*;q=0.3, */*;q=0.1", "text/html", NULL, 300 },
		{ "*/*;q=0.9, text/html;q=0.2", "text/html", NULL, 200 },
		{ "*/*;q=0.9, text/html;q=0", "text/html", NULL, 0 },
		{ "application/json", "text/html", NULL, 0 },
		{ "text/htmlx", "text/html", NULL, 0 },
		{ "tex/*", "text/html", NULL, 0 },
		{ "text/html;q=2", "text/html", NULL, 0 },
		{ "text/html;q=0.5x", "text/html", NULL, 0 },
		{ "", "text/html", NULL, 0 },
		{ ",,, ;", "text/html", NULL, 0 },
		{ "text/html;level=1;q=0.4", "text/html", NULL, 400 },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int got = negotiate_quality(slice_str(rows[i].accept), rows[i].media, rows[i].profile);

		if (got != rows[i].want)
			fail_msg("%s in \"%s\": got %d, want %d", rows[i].media, rows[i].accept, got, rows[i].want);
	}
	assert_int_equal(negotiate_quality(SLICE_NULL, "text/html", NULL), 1000);
	(void)state;
}

static void a_profile_tells_formats_of_one_media_type_apart(void **state)
{
	static const char ld[] = "application/ld+json", crate[] = "https://w3id.org/ro/crate", schema[] = "https://schema.org/";
	struct slice one = SLICE("application/ld+json;profile=\"https://w3id.org/ro/crate\"");
	struct slice two = SLICE("application/ld+json; profile=\"urn:x https://schema.org\"; q=0.5");

	assert_true(negotiate_quality(one, ld, crate) > 1000);
	assert_int_equal(negotiate_quality(one, ld, schema), 0);
	assert_int_equal(negotiate_quality(one, ld, NULL), 0);
	assert_int_equal(negotiate_quality(SLICE("application/ld+json"), ld, crate), 1000);
	/* A list of profiles; an address is the same with and without a slash at its end. */
	assert_int_equal(negotiate_quality(two, ld, schema), 501);
	assert_int_equal(negotiate_quality(two, ld, crate), 0);
	assert_int_equal(negotiate_quality(SLICE("application/ld+json;profile=\"https://w3id.org/ro/crateX\""), ld, crate), 0);
	assert_int_equal(negotiate_quality(SLICE("application/ld+json;profile=\"\""), ld, crate), 0);
	(void)state;
}

static void gzip_is_sent_only_to_those_who_want_it(void **state)
{
	static const struct { const char *field; bool want; } rows[] = {
		{ "gzip", true }, { "GZIP", true }, { "x-gzip", true }, { "deflate, gzip;q=0.5", true }, { "gzip;q=0", false }, { "gzip;q=0.0", false }, { "*", true },
		{ "*;q=0", false }, { "gzip;q=0, *", false }, { "*;q=0, gzip", true }, { "br, zstd", false }, { "identity", false }, { "", false }, { "gzipx", false },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (negotiate_gzip(slice_str(rows[i].field)) != rows[i].want)
			fail_msg("Accept-Encoding: %s", rows[i].field);
	assert_false(negotiate_gzip(SLICE_NULL));
	(void)state;
}

static const char *lang_of(const char *query, const char *cookie, const char *accept)
{
	struct http_field fields[2];
	struct req r;
	const char *lang;

	memset(&r, 0, sizeof(r));
	r.arena = arena_new((size_t)1 << 20);
	assert_non_null(r.arena);
	if (query != NULL)
		r.query = slice_str(query);
	if (cookie != NULL)
		fields[r.n_fields++] = (struct http_field){ SLICE("Cookie"), slice_str(cookie) };
	if (accept != NULL)
		fields[r.n_fields++] = (struct http_field){ SLICE("accept-language"), slice_str(accept) };
	r.fields = fields;
	lang = negotiate_lang(&r);
	arena_free(r.arena);
	return lang;
}

static void the_language_is_the_readers(void **state)
{
	assert_string_equal(lang_of(NULL, NULL, NULL), "en");
	assert_string_equal(lang_of(NULL, NULL, "ja"), "ja");
	assert_string_equal(lang_of(NULL, NULL, "JA-jp"), "ja");
	assert_string_equal(lang_of(NULL, NULL, "fr, en;q=0.5, ja;q=0.8"), "ja");
	assert_string_equal(lang_of(NULL, NULL, "ja;q=0"), "en");
	assert_string_equal(lang_of(NULL, NULL, "jap, de"), "en");
	assert_string_equal(lang_of(NULL, "a=b; azk_lang=ja", "en"), "ja");
	assert_string_equal(lang_of(NULL, "xazk_lang=ja", "en"), "en");
	assert_string_equal(lang_of("q=x&lang=en", "azk_lang=ja", "ja"), "en");
	assert_string_equal(lang_of("lang=%6a%61", NULL, "en"), "ja");
	assert_string_equal(lang_of("lang=xx", "azk_lang=ja", NULL), "ja");
	assert_string_equal(lang_of("lang=%zz", NULL, "ja"), "ja");
	(void)state;
}

static void entity_tags_compare_strongly_and_weakly(void **state)
{
	assert_true(negotiate_etag(SLICE("\"a\""), "\"a\"", false));
	assert_true(negotiate_etag(SLICE("\"b\", \"a\""), "\"a\"", false));
	assert_true(negotiate_etag(SLICE("*"), "\"a\"", false));
	assert_false(negotiate_etag(SLICE("W/\"a\""), "\"a\"", false));
	assert_true(negotiate_etag(SLICE("\"b\" , W/\"a\""), "\"a\"", true));
	assert_false(negotiate_etag(SLICE("a"), "\"a\"", true));
	assert_false(negotiate_etag(SLICE("\"aa\""), "\"a\"", true));
	assert_false(negotiate_etag(SLICE_NULL, "\"a\"", true));
	(void)state;
}

static void text_is_known_by_its_type(void **state)
{
	assert_true(negotiate_is_text("text/html; charset=utf-8"));
	assert_true(negotiate_is_text("application/ld+json"));
	assert_true(negotiate_is_text("image/svg+xml"));
	assert_false(negotiate_is_text("application/zip"));
	assert_false(negotiate_is_text("image/png"));
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_most_specific_range_decides),
		cmocka_unit_test(a_profile_tells_formats_of_one_media_type_apart),
		cmocka_unit_test(gzip_is_sent_only_to_those_who_want_it),
		cmocka_unit_test(the_language_is_the_readers),
		cmocka_unit_test(entity_tags_compare_strongly_and_weakly),
		cmocka_unit_test(text_is_known_by_its_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
