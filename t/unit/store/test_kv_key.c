#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "store/kv_key.h"

static void order_of_keys_is_order_of_numbers(void **state)
{
	static const uint64_t v[] = { 0, 1, 255, 256, 65535, 65536, 0xffffffffu, 0x100000000u, UINT64_MAX };
	struct key a, b;
	size_t i;

	for (i = 0; i + 1 < sizeof(v) / sizeof(v[0]); i++) {
		key_init(&a, 'C');
		key_u64(&a, v[i]);
		key_init(&b, 'C');
		key_u64(&b, v[i + 1]);
		assert_true(slice_cmp(key_slice(&a), key_slice(&b)) < 0);
		assert_int_equal(get_u64(a.p + 1), v[i]);
	}
}

static void a_text_never_runs_into_the_next_field(void **state)
{
	struct key a, b;

	key_init(&a, 'L');
	key_text(&a, SLICE("ab"));
	key_text(&a, SLICE("c"));
	key_init(&b, 'L');
	key_text(&b, SLICE("a"));
	key_text(&b, SLICE("bc"));
	assert_false(slice_eq(key_slice(&a), key_slice(&b)));
}

static void long_texts_with_one_beginning_stay_apart(void **state)
{
	static const size_t lens[] = { 470, 480, 493, 494, 495, 510, 511, 512, 5000 };
	char *text = test_malloc(5001);
	struct key k[18], again;
	size_t i, j, n = 0;

	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		memset(text, 'x', lens[i]);
		for (j = 0; j < 2; j++) {
			text[lens[i] - 1] = j ? 'y' : 'x';
			key_init(&k[n], 'F');
			key_text(&k[n], slice_of(text, lens[i]));
			assert_true(k[n].n <= 511);
			key_init(&again, 'F');
			key_text(&again, slice_of(text, lens[i]));
			assert_true(slice_eq(key_slice(&again), key_slice(&k[n])));
			n++;
		}
	}
	for (i = 0; i < n; i++)
		for (j = i + 1; j < n; j++)
			assert_false(slice_eq(key_slice(&k[i]), key_slice(&k[j])));
	test_free(text);
}

static void room_for_later_fields_is_kept(void **state)
{
	char *text = test_malloc(2000);
	struct key k;

	memset(text, 'x', 2000);
	key_init(&k, 'L');
	key_text_then(&k, slice_of(text, 2000), 40);
	assert_int_equal(k.n, 511 - 40);
	key_bytes(&k, text, 40);
	assert_int_equal(k.n, 511);
	test_free(text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_of_keys_is_order_of_numbers),
		cmocka_unit_test(a_text_never_runs_into_the_next_field),
		cmocka_unit_test(long_texts_with_one_beginning_stay_apart),
		cmocka_unit_test(room_for_later_fields_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
