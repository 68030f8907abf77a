#include "t/unit/alloc_fail.h"
#include "base/map.h"
#include "t/unit/unit.h"

static struct slice key(char out[16], unsigned i)
{
	return slice_of(out, (size_t)snprintf(out, 16, "k%u", i));
}

static void what_is_put_is_found_until_it_is_taken_out(void **state)
{
	struct map *m = map_new();
	static int v[5000];
	char k[16];
	unsigned i;

	for (i = 0; i < 5000; i++)
		assert_st(ST_OK, map_put(m, key(k, i), &v[i], NULL));
	assert_int_equal(map_count(m), 5000);
	for (i = 0; i < 5000; i += 2)
		assert_ptr_equal(map_del(m, key(k, i)), &v[i]);
	assert_int_equal(map_count(m), 2500);
	for (i = 0; i < 5000; i++) {
		assert_int_equal(map_has(m, key(k, i)), i % 2);
		assert_ptr_equal(map_get(m, key(k, i)), i % 2 ? &v[i] : NULL);
	}
	assert_null(map_del(m, SLICE("k0")));
	map_free(m, NULL);
}

static void a_new_value_gives_the_old_one_back(void **state)
{
	struct map *m = map_new();
	int a, b;
	void *old = &a;

	assert_null(map_get(m, SLICE("x")));
	assert_st(ST_OK, map_put(m, SLICE("x"), &a, &old));
	assert_null(old);
	assert_st(ST_OK, map_put(m, SLICE("x"), &b, &old));
	assert_ptr_equal(old, &a);
	assert_int_equal(map_count(m), 1);
	map_free(m, NULL);
}

static void keys_are_bytes_and_are_copied(void **state)
{
	struct map *m = map_new();
	char k[] = "a\0b";
	int v, w, x;

	assert_st(ST_OK, map_put(m, slice_of(k, 3), &v, NULL));
	assert_st(ST_OK, map_put(m, slice_of(k, 2), &w, NULL));
	assert_st(ST_OK, map_put(m, SLICE(""), &x, NULL));
	k[2] = 'z';
	assert_ptr_equal(map_get(m, slice_of("a\0b", 3)), &v);
	assert_ptr_equal(map_get(m, slice_of("a\0", 2)), &w);
	assert_ptr_equal(map_get(m, SLICE_NULL), &x);
	assert_null(map_get(m, slice_of("a\0z", 3)));
	map_free(m, NULL);
}

static void a_walk_meets_everything_once(void **state)
{
	struct map *m = map_new();
	unsigned seen[300] = { 0 }, i, met = 0;
	size_t at = 0;
	struct slice k;
	void *v;
	char name[16];

	assert_false(map_next(m, &at, &k, &v));
	for (i = 0; i < 300; i++)
		assert_st(ST_OK, map_put(m, key(name, i), &seen[i], NULL));
	for (at = 0; map_next(m, &at, &k, &v); met++)
		(*(unsigned *)v)++;
	assert_int_equal(met, 300);
	for (i = 0; i < 300; i++)
		assert_int_equal(seen[i], 1);
	map_free(m, NULL);
	map_free(NULL, NULL);
}

static int freed;
static void count_free(void *v) { freed++; free(v); }

static void values_are_freed_when_asked(void **state)
{
	struct map *m = map_new();

	assert_st(ST_OK, map_put(m, SLICE("a"), malloc(1), NULL));
	assert_st(ST_OK, map_put(m, SLICE("b"), malloc(1), NULL));
	map_free(m, count_free);
	assert_int_equal(freed, 2);
}

static void without_memory_the_map_stays_as_it_was(void **state)
{
	int n, v;

	if (!alloc_fail_works)
		skip();
	for (n = 1; n < 500; n++) {
		struct map *m = map_new();
		char k[16];
		unsigned i;
		st_t st = ST_OK;
		bool failed;

		alloc_fail_at(n);
		for (i = 0; i < 50 && st == ST_OK; i++)
			st = map_put(m, key(k, i), &v, NULL);
		failed = alloc_failed();
		assert_st(failed ? ST_NOMEM : ST_OK, st);
		assert_int_equal(map_count(m), failed ? i - 1 : 50);
		assert_int_equal(map_has(m, key(k, i - 1)), !failed);
		map_free(m, NULL);
		if (!failed)
			break;
	}
	assert_in_range(n, 50, 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_put_is_found_until_it_is_taken_out),
		cmocka_unit_test(a_new_value_gives_the_old_one_back),
		cmocka_unit_test(keys_are_bytes_and_are_copied),
		cmocka_unit_test(a_walk_meets_everything_once),
		cmocka_unit_test(values_are_freed_when_asked),
		cmocka_unit_test(without_memory_the_map_stays_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
