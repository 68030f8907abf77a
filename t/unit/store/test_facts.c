#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "store/facts.h"
#include "t/unit/store/fix.h"

static void facts_are_kept_by_content_and_version(void **state)
{
	struct fix *f = *state;
	uint8_t a[32] = { 1 }, b[32] = { 2 };
	struct buf json = BUF_INIT(1 << 16);
	struct kv_txn t;
	struct err e = ERR_INIT;

	assert_int_equal(facts_put(f->r, a, 3, SLICE("{\"rows\":5}"), &e), ST_OK);
	fix_reopen(f);
	kv_read(f->r->catalog, &t);
	assert_int_equal(facts_get(&t, a, &json, &e), ST_OK);
	assert_true(slice_eq_str(buf_slice(&json), "{\"rows\":5}"));
	assert_int_equal(facts_get(&t, b, &json, &e), ST_ABSENT);
	assert_true(facts_has(&t, a, 3));
	assert_true(facts_has(&t, a, 2));
	assert_false(facts_has(&t, a, 4));
	assert_false(facts_has(&t, b, 0));
	kv_end(&t, NULL);
	assert_int_equal(facts_put(f->r, a, 4, SLICE("{}"), &e), ST_OK);
	buf_clear(&json);
	kv_read(f->r->catalog, &t);
	assert_int_equal(facts_get(&t, a, &json, &e), ST_OK);
	assert_true(slice_eq_str(buf_slice(&json), "{}"));
	kv_end(&t, NULL);
	buf_release(&json);
}

static st_t damage_apply(void *arg, struct kv_txn *t)
{
	struct kv_cur c;
	struct key k;
	char row[64];
	size_t n = 0;

	kv_cur_open(t, CAT_FACT, &c);
	if (kv_seek_last(&c)) {
		memcpy(k.p, c.key.p, k.n = c.key.n);
		memcpy(row, c.v.p, n = c.v.n);
	}
	kv_cur_close(&c);
	row[n - 2] ^= 1;
	kv_put(t, CAT_FACT, key_slice(&k), slice_of(row, n));
	return ST_OK;
}

static void damaged_facts_are_not_told(void **state)
{
	struct fix *f = *state;
	uint8_t a[32] = { 1 };
	struct buf json = BUF_INIT(1 << 16);
	struct kv_txn t;
	struct err e = ERR_INIT;

	assert_int_equal(facts_put(f->r, a, 3, SLICE("{\"rows\":5}"), &e), ST_OK);
	assert_int_equal(writer_do(f->r->cat_w, damage_apply, NULL, &e), ST_OK);
	kv_read(f->r->catalog, &t);
	assert_int_equal(facts_get(&t, a, &json, &e), ST_CORRUPT);
	kv_end(&t, NULL);
	buf_release(&json);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		F(facts_are_kept_by_content_and_version),
		F(damaged_facts_are_not_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
