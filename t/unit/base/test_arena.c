#include "t/unit/alloc_fail.h"
#include "base/arena.h"
#include "t/unit/unit.h"

static void memory_is_zeroed_and_aligned(void **state)
{
	struct arena *a = arena_new(0);
	size_t n, i;

	for (n = 0; n < 300; n++) {
		unsigned char *p = arena_alloc(a, n);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 16, 0);
		for (i = 0; i < n; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, n);
	}
	arena_free(a);
	arena_free(NULL);
}

static void the_ceiling_holds_for_the_sum(void **state)
{
	struct arena *a = arena_new(100000);
	size_t got = 0;

	while (arena_alloc(a, 1000) != NULL)
		got += 1000;
	assert_in_range(got, 90000, 100000);
	assert_null(arena_alloc(a, SIZE_MAX));
	assert_null(arena_alloc(a, SIZE_MAX - 15));
	arena_free(a);
	a = arena_new(1000);
	assert_null(arena_alloc(a, 1001));
	assert_non_null(arena_alloc(a, 10));
	arena_free(a);
}

static void copies_are_terminated(void **state)
{
	struct arena *a = arena_new(0);
	char *s = arena_dup(a, "ab\0cd", 5);

	assert_memory_equal(s, "ab\0cd\0", 6);
	assert_string_equal(arena_strdup(a, "x"), "x");
	assert_string_equal(arena_dup(a, NULL, 0), "");
	assert_string_equal(arena_printf(a, "%s/%d", "r", 12), "r/12");
	arena_free(a);
}

static char trace[8];

static void note_a(void *p) { strncpy(trace + strlen(trace), p, 2); }

static void deferred_calls_run_last_first(void **state)
{
	struct arena *a = arena_new(0);

	memset(trace, 0, sizeof(trace));
	assert_st(ST_OK, arena_defer(a, note_a, "1"));
	assert_st(ST_OK, arena_defer(a, note_a, "2"));
	assert_string_equal(trace, "");
	arena_free(a);
	assert_string_equal(trace, "21");
}

static void a_call_that_cannot_be_deferred_is_made_at_once(void **state)
{
	struct arena *a = arena_new(16);

	memset(trace, 0, sizeof(trace));
	assert_non_null(arena_alloc(a, 16));
	assert_st(ST_NOMEM, arena_defer(a, note_a, "x"));
	assert_string_equal(trace, "x");
	arena_free(a);
	assert_string_equal(trace, "x");
}

static void without_memory_it_says_so(void **state)
{
	struct arena *a;

	if (!alloc_fail_works)
		skip();
	alloc_fail_at(1);
	assert_null(arena_new(0));
	assert_true(alloc_failed());
	a = arena_new(0);
	alloc_fail_at(1);
	assert_null(arena_alloc(a, 100000));
	assert_true(alloc_failed());
	assert_non_null(arena_alloc(a, 100000));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_and_aligned),
		cmocka_unit_test(the_ceiling_holds_for_the_sum),
		cmocka_unit_test(copies_are_terminated),
		cmocka_unit_test(deferred_calls_run_last_first),
		cmocka_unit_test(a_call_that_cannot_be_deferred_is_made_at_once),
		cmocka_unit_test(without_memory_it_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
