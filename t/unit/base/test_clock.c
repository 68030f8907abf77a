#include "base/clock.h"
#include "t/unit/unit.h"

static void moments_are_written_as_the_calendar_has_them(void **state)
{
	static const struct { int64_t sec; const char *iso, *http; } rows[] = {
		{ 0, "1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT" },
		{ 784111777, "1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37 GMT" },
		{ 951782400, "2000-02-29T00:00:00Z", "Tue, 29 Feb 2000 00:00:00 GMT" },
		{ 4107542399, "2100-02-28T23:59:59Z", "Sun, 28 Feb 2100 23:59:59 GMT" },
		{ -1, "1969-12-31T23:59:59Z", "Wed, 31 Dec 1969 23:59:59 GMT" },
		{ -2203977600, "1900-02-28T00:00:00Z", "Wed, 28 Feb 1900 00:00:00 GMT" },
		{ 253402300799, "9999-12-31T23:59:59Z", "Fri, 31 Dec 9999 23:59:59 GMT" },
	};
	char iso[ISO8601_LEN], http[30], date[11];
	int64_t sec;
	size_t i;
	bool day;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		iso8601(iso, rows[i].sec);
		assert_string_equal(iso, rows[i].iso);
		http_date(http, rows[i].sec);
		assert_string_equal(http, rows[i].http);
		assert_true(iso8601_parse(slice_str(iso), &sec, &day));
		assert_true(sec == rows[i].sec && !day);
		assert_true(http_date_parse(slice_str(http), &sec));
		assert_true(sec == rows[i].sec);
		iso8601_date(date, rows[i].sec);
		assert_memory_equal(date, iso, 10);
		assert_int_equal(date[10], 0);
	}
}

static void every_day_of_four_centuries_goes_there_and_back(void **state)
{
	char iso[ISO8601_LEN], before[ISO8601_LEN] = "";
	int64_t d, sec;

	for (d = -36525 * 2; d < 36525 * 3; d++) {
		iso8601(iso, d * 86400 + 43200);
		if (!iso8601_parse(slice_str(iso), &sec, NULL) || sec != d * 86400 + 43200 || strcmp(before, iso) >= 0)
			fail_msg("day %lld: %s", (long long)d, iso);
		memcpy(before, iso, sizeof(before));
	}
}

static void microseconds_are_kept_before_and_after_1970(void **state)
{
	char out[28];

	iso8601_us(out, 1);
	assert_string_equal(out, "1970-01-01T00:00:00.000001Z");
	iso8601_us(out, -1);
	assert_string_equal(out, "1969-12-31T23:59:59.999999Z");
}

/* OAI-PMH knows two granularities and nothing else. */
static void only_the_two_exact_forms_are_parsed(void **state)
{
	static const char *const bad[] = {
		"", "2026", "2026-01", "2026-1-1", "2026-13-01", "2026-00-01", "2026-02-29", "1900-02-29", "2026-04-31", "2026-01-00",
		"2026-01-01T00:00Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00+00:00", "2026-01-01 00:00:00Z", "2026-01-01T24:00:00Z",
		"2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z", "2026-01-01T00:00:00.0Z", "2026-01-01t00:00:00z", "+026-01-01", " 2026-01-01",
		"2026-01-01T0a:00:00Z", "2026/01/01",
	};
	int64_t sec = 7;
	size_t i;
	bool day;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (iso8601_parse(slice_str(bad[i]), &sec, &day))
			fail_msg("'%s' was taken", bad[i]);
	assert_true(sec == 7);
	assert_true(iso8601_parse(SLICE("2024-02-29"), &sec, &day));
	assert_true(day);
	assert_true(sec == 1709164800);
}

static void http_dates_of_other_forms_are_no_dates(void **state)
{
	static const char *const bad[] = {
		"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 31 Feb 1994 08:49:37 GMT",
		"Sun, 06 Xxx 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 ovD 1994 08:49:37 GMT",
	};
	int64_t sec;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (http_date_parse(slice_str(bad[i]), &sec))
			fail_msg("'%s' was taken", bad[i]);
}

static void metadata_dates_span_what_they_say(void **state)
{
	static const struct { const char *s, *from, *until; } rows[] = {
		{ "2026", "2026-01-01T00:00:00Z", "2026-12-31T23:59:59Z" },
		{ "2024-02", "2024-02-01T00:00:00Z", "2024-02-29T23:59:59Z" },
		{ "2026-12", "2026-12-01T00:00:00Z", "2026-12-31T23:59:59Z" },
		{ "2026-01-31", "2026-01-31T00:00:00Z", "2026-01-31T23:59:59Z" },
		{ "2026-01-31T10:20Z", "2026-01-31T10:20:00Z", "2026-01-31T10:20:59Z" },
		{ "2026-01-31T10:20:30+09:00", "2026-01-31T01:20:30Z", "2026-01-31T01:20:30Z" },
		{ "2026-01-31T10:20:30.123-03:30", "2026-01-31T13:50:30Z", "2026-01-31T13:50:30Z" },
		{ "2024/2026-03", "2024-01-01T00:00:00Z", "2026-03-31T23:59:59Z" },
	};
	char iso[ISO8601_LEN];
	int64_t from, until;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!date_span(slice_str(rows[i].s), &from, &until))
			fail_msg("'%s' was refused", rows[i].s);
		iso8601(iso, from);
		assert_string_equal(iso, rows[i].from);
		iso8601(iso, until);
		assert_string_equal(iso, rows[i].until);
	}
	assert_true(date_span(SLICE("2024/"), &from, &until) && until == INT64_MAX);
	assert_true(date_span(SLICE("/2024"), &from, &until) && from == INT64_MIN);
	assert_true(date_is_range(SLICE("2024/")));
	assert_false(date_is_range(SLICE("2024")));
}

static void metadata_dates_that_are_none_are_refused(void **state)
{
	static const char *const bad[] = {
		"", "/", "20", "20260131", "2026-", "2026-1", "2026-13", "2026-01-", "2026-01-32", "2026-02-30", "2026-01-31T", "2026-01-31T10",
		"2026-01-31T10:20", "2026-01-31T10:20:30", "2026-01-31T25:00Z", "2026-01-31T10:20:30.Z", "2026-01-31T10:20+0900",
		"2026-01-31T10:20+15:00", "2026/2025", "2026/2027/2028", "2026 ", " 2026", "about 2026", "2026-01-31x", "202a",
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (date_valid(slice_str(bad[i])))
			fail_msg("'%s' was taken", bad[i]);
}

static void a_test_can_stop_the_clock(void **state)
{
	int64_t m;

	clock_set(1700000000123456);
	assert_true(clock_now_us() == 1700000000123456);
	assert_true(clock_now() == 1700000000);
	clock_set(-1);
	assert_true(clock_now() == -1);
	m = clock_mono_us();
	clock_set(0);
	assert_true(clock_now() > 1700000000);
	assert_true(clock_mono_us() >= m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moments_are_written_as_the_calendar_has_them),
		cmocka_unit_test(every_day_of_four_centuries_goes_there_and_back),
		cmocka_unit_test(microseconds_are_kept_before_and_after_1970),
		cmocka_unit_test(only_the_two_exact_forms_are_parsed),
		cmocka_unit_test(http_dates_of_other_forms_are_no_dates),
		cmocka_unit_test(metadata_dates_span_what_they_say),
		cmocka_unit_test(metadata_dates_that_are_none_are_refused),
		cmocka_unit_test(a_test_can_stop_the_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
