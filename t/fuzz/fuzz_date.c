#include "base/clock.h"
#include "t/fuzz/fuzz.h"

/* What parses is written back as it was; a span never runs backwards. */
int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	char *p = exact_copy(d, n), iso[ISO8601_LEN], date[11], http[30];
	struct slice s = slice_of(p, n);
	int64_t sec, from, until;
	bool day;

	if (iso8601_parse(s, &sec, &day)) {
		iso8601(iso, sec);
		iso8601_date(date, sec);
		FUZZ_HOLDS(slice_eq_str(s, day ? date : iso));
		FUZZ_HOLDS(date_valid(s));
	}
	if (http_date_parse(s, &sec)) {
		int64_t again;

		http_date(http, sec);
		FUZZ_HOLDS(http_date_parse(slice_str(http), &again) && again == sec);
	}
	if (date_span(s, &from, &until))
		FUZZ_HOLDS(from <= until && date_valid(s));
	(void)date_is_range(s);
	free(p);
	return 0;
}
