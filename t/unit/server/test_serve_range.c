#include "t/unit/unit.h"

#include "server/req.h"
#include "server/serve.h"

static void one_range_is_cut_to_the_file(void **state)
{
	static const struct { const char *field; uint64_t size, off, len; } rows[] = {
		{ "bytes=0-0", 10, 0, 1 }, { "bytes=0-9", 10, 0, 10 }, { "bytes=2-5", 10, 2, 4 }, { "bytes=5-", 10, 5, 5 }, { "bytes=9-9", 10, 9, 1 },
		{ "bytes=5-100", 10, 5, 5 }, { "bytes=-3", 10, 7, 3 }, { "bytes=-10", 10, 0, 10 }, { "bytes=-100", 10, 0, 10 }, { "bytes=0-9223372036854775807", 10, 0, 10 },
		{ "bytes= 2 - 5 ", 10, 2, 4 }, { "bytes=4294967296-", 4294967300, 4294967296, 4 }, { "bytes=-1", 1, 0, 1 },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t off = 77, len = 77;

		if (serve_range(slice_str(rows[i].field), rows[i].size, &off, &len) != RANGE_PART || off != rows[i].off || len != rows[i].len)
			fail_msg("%s of %llu: got %llu+%llu", rows[i].field, (unsigned long long)rows[i].size, (unsigned long long)off, (unsigned long long)len);
	}
	(void)state;
}

static void what_lies_behind_the_end_is_refused(void **state)
{
	uint64_t off, len;

	assert_int_equal(serve_range(SLICE("bytes=10-"), 10, &off, &len), RANGE_BAD);
	assert_int_equal(serve_range(SLICE("bytes=10-20"), 10, &off, &len), RANGE_BAD);
	assert_int_equal(serve_range(SLICE("bytes=0-"), 0, &off, &len), RANGE_BAD);
	assert_int_equal(serve_range(SLICE("bytes=-0"), 10, &off, &len), RANGE_BAD);
	assert_int_equal(serve_range(SLICE("bytes=-5"), 0, &off, &len), RANGE_BAD);
	(void)state;
}

static void what_cannot_be_read_means_the_whole(void **state)
{
	static const char *const odd[] = {
		"", "bytes", "bytes=", "bytes=-", "bytes=--1", "bytes=a-b", "bytes=1-a", "bytes=5-2", "bytes=0-1,3-4", "bytes=0-1,", "items=0-1", "Bytes=0-1", "bytes=1",
		"bytes=+1-2", "bytes=0x1-2", "bytes=99999999999999999999-", "bytes=0-99999999999999999999", "bytes=-99999999999999999999", "bytes=1-2-3",
	};
	uint64_t off, len;
	size_t i;

	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		if (serve_range(slice_str(odd[i]), 10, &off, &len) != RANGE_NONE)
			fail_msg("\"%s\" was taken for a range", odd[i]);
	assert_int_equal(serve_range(SLICE_NULL, 10, &off, &len), RANGE_NONE);
	(void)state;
}

static void every_range_of_a_small_file_stays_inside_it(void **state)
{
	uint64_t size, first, last, off, len;
	char field[64];

	for (size = 1; size < 12; size++) {
		for (first = 0; first < 14; first++) {
			for (last = first; last < 14; last++) {
				enum range got;

				snprintf(field, sizeof(field), "bytes=%llu-%llu", (unsigned long long)first, (unsigned long long)last);
				got = serve_range(slice_str(field), size, &off, &len);
				assert_int_equal(got, first < size ? RANGE_PART : RANGE_BAD);
				if (got != RANGE_PART)
					continue;
				assert_int_equal(off, first);
				assert_true(len > 0 && off + len <= size);
				assert_int_equal(off + len - 1, last < size ? last : size - 1);
			}
		}
	}
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_range_is_cut_to_the_file),
		cmocka_unit_test(what_lies_behind_the_end_is_refused),
		cmocka_unit_test(what_cannot_be_read_means_the_whole),
		cmocka_unit_test(every_range_of_a_small_file_stays_inside_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
