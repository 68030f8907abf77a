#include "t/unit/alloc_fail.h"
#include "base/buf.h"
#include "base/vec.h"
#include "t/unit/unit.h"

static void a_buf_never_grows_past_its_ceiling(void **state)
{
	struct buf b = BUF_INIT(10);

	assert_st(ST_OK, buf_adds(&b, "0123456789"));
	assert_st(ST_TOOBIG, buf_addc(&b, 'x'));
	assert_buf(&b, "0123456789");
	buf_release(&b);
	assert_int_equal(b.max, 10);
	assert_st(ST_OK, b.st);
}

static void the_first_failure_sticks_and_nothing_is_added_after_it(void **state)
{
	struct buf b = BUF_INIT(4);

	assert_st(ST_OK, buf_adds(&b, "abc"));
	assert_st(ST_TOOBIG, buf_adds(&b, "de"));
	assert_st(ST_TOOBIG, buf_addc(&b, 'd'));
	assert_st(ST_TOOBIG, buf_addf(&b, "%d", 1));
	assert_buf(&b, "abc");
	buf_clear(&b);
	assert_st(ST_OK, buf_adds(&b, "de"));
	assert_buf(&b, "de");
	buf_release(&b);
}

static void bytes_are_always_followed_by_a_zero(void **state)
{
	struct buf b = BUF_INIT(BUF_NOMAX);
	int i;

	assert_st(ST_OK, buf_add(&b, NULL, 0));
	assert_int_equal(b.p[0], 0);
	for (i = 0; i < 5000; i++) {
		assert_st(ST_OK, buf_addc(&b, 'a'));
		assert_int_equal(b.p[b.n], 0);
	}
	buf_drop(&b, 4990);
	assert_buf(&b, "aaaaaaaaaa");
	assert_int_equal(b.p[10], 0);
	buf_drop(&b, 99);
	assert_buf(&b, "");
	assert_st(ST_OK, buf_addf(&b, "%s-%u", "x", 7u));
	assert_buf(&b, "x-7");
	assert_int_equal(b.p[3], 0);
	buf_release(&b);
}

static void what_is_taken_is_ours_and_the_buf_is_empty(void **state)
{
	struct buf b = BUF_INIT(100);
	size_t n = 99;
	char *p;

	p = buf_take(&b, &n);
	assert_non_null(p);
	assert_int_equal(n, 0);
	assert_string_equal(p, "");
	free(p);
	assert_st(ST_OK, buf_adds(&b, "abc"));
	p = buf_take(&b, NULL);
	assert_string_equal(p, "abc");
	free(p);
	assert_int_equal(b.n, 0);
	assert_int_equal(b.max, 100);
	assert_st(ST_OK, buf_adds(&b, "d"));
	assert_buf(&b, "d");
	buf_release(&b);
}

static void numbers_are_written_whole(void **state)
{
	struct buf b = BUF_INIT(100);

	(void)buf_addu64(&b, 0);
	(void)buf_addc(&b, ' ');
	(void)buf_addu64(&b, UINT64_MAX);
	assert_buf(&b, "0 18446744073709551615");
	buf_release(&b);
}

static st_t scenario(struct buf *b)
{
	int i;

	for (i = 0; i < 100; i++)
		(void)buf_addf(b, "line %d\n", i);
	return b->st;
}

static void without_memory_a_buf_keeps_what_it_has(void **state)
{
	int n;

	if (!alloc_fail_works)
		skip();
	for (n = 1; n < 1000; n++) {
		struct buf b = BUF_INIT(BUF_NOMAX);
		st_t st;
		bool failed;

		alloc_fail_at(n);
		st = scenario(&b);
		failed = alloc_failed();
		if (failed) {
			assert_st(ST_NOMEM, st);
			assert_true(b.n == 0 || memcmp(b.p, "line 0\n", 7) == 0);
		}
		buf_release(&b);
		if (!failed)
			break;
	}
	assert_in_range(n, 2, 100);
}

static void slices_compare_by_their_bytes(void **state)
{
	assert_true(slice_eq(SLICE_NULL, SLICE("")));
	assert_true(slice_eq_str(SLICE("ab"), "ab"));
	assert_false(slice_eq_str(SLICE("ab"), "abc"));
	assert_true(slice_ieq_str(SLICE("Content-Type"), "content-TYPE"));
	assert_false(slice_ieq_str(SLICE("Content"), "content-type"));
	assert_false(slice_ieq_str(SLICE("content-type"), "content"));
	assert_false(slice_ieq_str(SLICE("@"), "`"));	/* differ in the case bit only, but are no letters */
	assert_true(slice_starts(SLICE("abc"), "ab"));
	assert_false(slice_starts(SLICE("a"), "ab"));
	assert_true(slice_ends(SLICE("abc"), "bc"));
	assert_false(slice_ends(SLICE("c"), "bc"));
	assert_true(slice_cmp(SLICE("a"), SLICE("b")) < 0);
	assert_true(slice_cmp(SLICE("ab"), SLICE("a")) > 0);
	assert_true(slice_cmp(SLICE("\xff"), SLICE("a")) > 0);
	assert_int_equal(slice_cmp(SLICE("a"), SLICE("a")), 0);
}

static void cutting_gives_each_piece_and_then_nothing(void **state)
{
	struct slice s = SLICE("a,,b");

	assert_slice(slice_cut(&s, ','), "a");
	assert_slice(slice_cut(&s, ','), "");
	assert_non_null(s.p);
	assert_slice(slice_cut(&s, ','), "b");
	assert_null(s.p);
	s = SLICE("a,");
	assert_slice(slice_cut(&s, ','), "a");
	assert_non_null(s.p);
	assert_slice(slice_cut(&s, ','), "");
	assert_null(s.p);
	assert_slice(slice_trim(SLICE(" \t a b\t ")), "a b");
	assert_slice(slice_trim(SLICE(" \t ")), "");
}

static void only_plain_decimals_are_numbers(void **state)
{
	static const char *const bad[] = { "", " 1", "1 ", "+1", "-1", "0x1", "1a", "18446744073709551616", "99999999999999999999999" };
	uint64_t v = 7;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(slice_u64(slice_str(bad[i]), UINT64_MAX, &v));
	assert_int_equal(v, 7);
	assert_true(slice_u64(SLICE("18446744073709551615"), UINT64_MAX, &v));
	assert_true(v == UINT64_MAX);
	assert_true(slice_u64(SLICE("0100"), 100, &v));
	assert_int_equal(v, 100);
	assert_false(slice_u64(SLICE("101"), 100, &v));
}

static void sizes_do_not_wrap(void **state)
{
	size_t out = 5;

	assert_false(size_add(SIZE_MAX, 1, &out));
	assert_false(size_mul(SIZE_MAX / 2, 3, &out));
	assert_true(size_add(2, 3, &out));
	assert_int_equal(out, 5);
	assert_true(size_mul(2, 3, &out));
	assert_int_equal(out, 6);
}

static void a_vec_holds_what_was_pushed_in_order(void **state)
{
	VEC(uint32_t) v = VEC_INIT;
	uint32_t i;

	for (i = 0; i < 1000; i++)
		assert_st(ST_OK, VEC_PUSH(&v, i * 3));
	assert_int_equal(v.n, 1000);
	for (i = 0; i < 1000; i++)
		assert_int_equal(v.v[i], i * 3);
	VEC_RELEASE(&v);
	assert_null(v.v);
	assert_int_equal(v.n, 0);
	assert_st(ST_NOMEM, vec_room((void **)&v.v, &v.cap, SIZE_MAX / 2, 8));
}

static void a_vec_that_cannot_grow_keeps_its_items(void **state)
{
	VEC(int) v = VEC_INIT;
	int i;

	if (!alloc_fail_works)
		skip();
	for (i = 0; i < 8; i++)
		assert_st(ST_OK, VEC_PUSH(&v, i));
	alloc_fail_at(1);
	assert_st(ST_NOMEM, VEC_PUSH(&v, 8));
	assert_true(alloc_failed());
	assert_int_equal(v.n, 8);
	assert_int_equal(v.v[7], 7);
	VEC_RELEASE(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_buf_never_grows_past_its_ceiling),
		cmocka_unit_test(the_first_failure_sticks_and_nothing_is_added_after_it),
		cmocka_unit_test(bytes_are_always_followed_by_a_zero),
		cmocka_unit_test(what_is_taken_is_ours_and_the_buf_is_empty),
		cmocka_unit_test(numbers_are_written_whole),
		cmocka_unit_test(without_memory_a_buf_keeps_what_it_has),
		cmocka_unit_test(slices_compare_by_their_bytes),
		cmocka_unit_test(cutting_gives_each_piece_and_then_nothing),
		cmocka_unit_test(only_plain_decimals_are_numbers),
		cmocka_unit_test(sizes_do_not_wrap),
		cmocka_unit_test(a_vec_holds_what_was_pushed_in_order),
		cmocka_unit_test(a_vec_that_cannot_grow_keeps_its_items),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
