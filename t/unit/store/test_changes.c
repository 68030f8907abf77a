#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

#include "t/unit/store/fix.h"

static st_t put_apply(void *arg, struct kv_txn *t)
{
	change_put(t, arg);
	return ST_OK;
}

static void numbers_follow_each_other_and_times_never_run_backwards(void **state)
{
	struct fix *f = *state;
	static const int64_t clock[] = { 100, 50, 100, 90, 200 }, want[] = { 100, 100, 100, 100, 200 };
	struct change c[8];
	struct kv_txn t;
	unsigned i;

	for (i = 0; i < 5; i++) {
		struct change in = { .kind = CHANGE_REVISE, .id = "aaaaa-aaa01", .parent = "ppppp-ppp01", .revision = i };

		snprintf(in.actor, sizeof(in.actor), "user:%u taro", i);
		clock_set(clock[i] * 1000000);
		assert_int_equal(writer_do(f->r->cat_w, put_apply, &in, NULL), ST_OK);
		assert_int_equal(in.no, i + 1);
	}
	fix_reopen(f);
	kv_read(f->r->catalog, &t);
	assert_int_equal(changes_after(&t, 0, c, 8), 5);
	for (i = 0; i < 5; i++)
		assert_true(c[i].no == i + 1 && c[i].time == want[i] && c[i].revision == i && c[i].kind == CHANGE_REVISE);
	assert_string_equal(c[3].actor, "user:3 taro");
	assert_string_equal(c[3].id, "aaaaa-aaa01");
	assert_string_equal(c[3].parent, "ppppp-ppp01");
	assert_int_equal(changes_after(&t, 3, c, 1), 1);
	assert_int_equal(c[0].no, 4);
	assert_int_equal(changes_after(&t, 5, c, 8), 0);
	assert_int_equal(changes_after(&t, UINT64_MAX, c, 8), 0);
	assert_true(changes_last(&t) == 5 && changes_last_time(&t) == 200);
	kv_end(&t, NULL);
}

struct follower { struct repo *r; atomic_bool stop; bool dense; uint64_t seen; };

/* Reads the log while it grows: each number is the next one (D11). */
static void *follower_main(void *arg)
{
	struct follower *w = arg;
	struct change c[16];
	struct kv_txn t;
	size_t n, i;
	bool last = false;

	w->dense = true;
	for (;;) {
		last = atomic_load(&w->stop);
		kv_read(w->r->catalog, &t);
		n = changes_after(&t, w->seen, c, 16);
		kv_end(&t, NULL);
		for (i = 0; i < n; i++)
			w->dense = w->dense && c[i].no == ++w->seen;
		if (last && n == 0)
			return NULL;
	}
}

struct author { struct repo *r; };

static void *author_main(void *arg)
{
	struct author *a = arg;
	unsigned i;

	for (i = 0; i < 30; i++) {
		struct change c = { .kind = CHANGE_SET };

		if (writer_do(a->r->cat_w, put_apply, &c, NULL) != ST_OK)
			abort();
	}
	return NULL;
}

static void a_follower_never_skips_a_number(void **state)
{
	struct fix *f = *state;
	struct follower w = { .r = f->r };
	struct author a = { f->r };
	pthread_t reader, writer[8];
	unsigned i;

	assert_int_equal(pthread_create(&reader, NULL, follower_main, &w), 0);
	for (i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&writer[i], NULL, author_main, &a), 0);
	for (i = 0; i < 8; i++)
		pthread_join(writer[i], NULL);
	atomic_store(&w.stop, true);
	pthread_join(reader, NULL);
	assert_true(w.dense);
	assert_int_equal(w.seen, 240);
}

struct told { atomic_uint calls; atomic_ullong last; };

static void tell(void *arg, uint64_t last)
{
	struct told *x = arg;

	atomic_fetch_add(&x->calls, 1);
	atomic_store(&x->last, last);
}

static st_t note_apply(void *arg, struct kv_txn *t)
{
	follower_put(t, "index", 17);
	return ST_OK;
}

static void watchers_hear_of_new_numbers_only(void **state)
{
	struct fix *f = *state;
	struct told x = { 0, 0 };
	struct change c = { .kind = CHANGE_SET };
	struct kv_txn t;

	assert_int_equal(changes_watch(f->r, tell, &x), ST_OK);
	assert_int_equal(writer_do(f->r->cat_w, note_apply, NULL, NULL), ST_OK);
	assert_int_equal(atomic_load(&x.calls), 0);
	assert_int_equal(writer_do(f->r->cat_w, put_apply, &c, NULL), ST_OK);
	assert_int_equal(atomic_load(&x.calls), 1);
	assert_int_equal(atomic_load(&x.last), 1);
	changes_unwatch(f->r, &x);
	c.no = 0;
	assert_int_equal(writer_do(f->r->cat_w, put_apply, &c, NULL), ST_OK);
	assert_int_equal(atomic_load(&x.calls), 1);
	kv_read(f->r->catalog, &t);
	assert_int_equal(follower_get(&t, "index"), 17);
	assert_int_equal(follower_get(&t, "extract"), 0);
	kv_end(&t, NULL);
}

static void every_kind_has_a_name_of_its_own(void **state)
{
	for (unsigned i = 0; i < CHANGE_KIND_COUNT; i++)
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(change_name(i), change_name(k));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		F(numbers_follow_each_other_and_times_never_run_backwards),
		F(a_follower_never_skips_a_number),
		F(watchers_hear_of_new_numbers_only),
		F(every_kind_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
