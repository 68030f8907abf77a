#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "net/loop.h"
#include "store/kv_key.h"
#include "store/writer.h"
#include "store/writer_int.h"
#include "t/unit/store/scratch.h"

static const struct kv_spec specs[] = { { "a", false } };

struct world { struct kv *kv; struct writer *w; };

static void world_open(struct world *x, const char *dir, size_t size, size_t max, unsigned queue)
{
	struct kv_opts o = { size, max, 0 };
	struct err e = ERR_INIT;

	if (kv_open(&x->kv, dir, specs, 1, &o, &e) != ST_OK || writer_new(&x->w, x->kv, queue, &e) != ST_OK)
		fail_msg("%s", e.text);
}

static void world_close(struct world *x)
{
	writer_free(x->w);
	kv_close(x->kv);
}

static bool has(struct kv *kv, uint32_t no)
{
	struct kv_txn t;
	struct key k;
	bool yes;

	key_init(&k, 'B');
	key_u32(&k, no);
	kv_read(kv, &t);
	yes = kv_get(&t, 0, key_slice(&k), NULL);
	assert_int_equal(kv_end(&t, NULL), ST_OK);
	return yes;
}

/* Puts ${n} bytes under ${no}, or fails with ${fail}. */
struct put_job { struct write_job j; uint32_t no; size_t n; st_t fail; bool by_status; atomic_uint applied; atomic_bool ended; };

static st_t put_apply(struct write_job *j, struct kv_txn *t)
{
	struct put_job *p = (struct put_job *)j;
	struct key k;
	char *v = calloc(1, p->n + 1);

	atomic_fetch_add(&p->applied, 1);
	key_init(&k, 'B');
	key_u32(&k, p->no);
	kv_put(t, 0, key_slice(&k), slice_of(v, p->n));
	free(v);
	if (p->fail != ST_OK && !p->by_status)
		kv_fail(t, p->fail, "job %u is bad", p->no);
	return p->by_status ? p->fail : ST_OK;
}

static void put_done(struct write_job *j)
{
	atomic_store(&((struct put_job *)j)->ended, true);
}

static void put_init(struct put_job *p, uint32_t no, size_t n, st_t fail)
{
	memset(p, 0, sizeof(*p));
	p->j.apply = put_apply;
	p->j.done = put_done;
	p->no = no;
	p->n = n;
	p->fail = fail;
}

static void one_bad_job_spares_the_batch(void **state)
{
	struct world x;
	struct put_job job[3];

	world_open(&x, *state, 4 << 20, 4 << 20, 16);
	writer_hold(x.w, true);
	put_init(&job[0], 0, 10, ST_OK);
	put_init(&job[1], 1, 10, ST_TOOBIG);
	put_init(&job[2], 2, 10, ST_OK);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(writer_submit(x.w, &job[i].j), ST_OK);
	writer_hold(x.w, false);
	writer_free(x.w);
	assert_int_equal(job[0].j.st, ST_OK);
	assert_int_equal(job[1].j.st, ST_TOOBIG);
	assert_string_equal(job[1].j.err.text, "job 1 is bad");
	assert_int_equal(job[2].j.st, ST_OK);
	assert_true(has(x.kv, 0));
	assert_false(has(x.kv, 1));
	assert_true(has(x.kv, 2));
	kv_close(x.kv);
}

static void a_status_returned_without_kv_fail_undoes_the_job_too(void **state)
{
	struct world x;
	struct put_job job;

	world_open(&x, *state, 4 << 20, 4 << 20, 16);
	put_init(&job, 7, 10, ST_CONFLICT);
	job.by_status = true;
	assert_int_equal(writer_submit(x.w, &job.j), ST_OK);
	writer_free(x.w);
	assert_int_equal(job.j.st, ST_CONFLICT);
	assert_false(has(x.kv, 7));
	kv_close(x.kv);
}

static void jobs_that_wait_together_share_one_commit(void **state)
{
	struct world x;
	struct put_job job[64];
	struct writer_counts c;
	struct kv_stats s0, s1;
	unsigned i;

	world_open(&x, *state, 4 << 20, 4 << 20, 64);
	kv_stats(x.kv, &s0);
	writer_hold(x.w, true);
	for (i = 0; i < 64; i++) {
		put_init(&job[i], i, 100, ST_OK);
		assert_int_equal(writer_submit(x.w, &job[i].j), ST_OK);
	}
	writer_hold(x.w, false);
	while (!atomic_load(&job[63].ended))
		sched_yield();
	writer_counts(x.w, &c);
	kv_stats(x.kv, &s1);
	assert_int_equal(c.jobs, 64);
	assert_int_equal(c.batches, 1);
	assert_int_equal(c.failed, 0);
	assert_int_equal(s1.commits - s0.commits, 1);
	world_close(&x);
}

static void a_full_queue_is_busy_and_nothing_happened(void **state)
{
	struct world x;
	struct put_job job[3];

	world_open(&x, *state, 4 << 20, 4 << 20, 2);
	writer_hold(x.w, true);
	for (unsigned i = 0; i < 3; i++)
		put_init(&job[i], i, 1, ST_OK);
	assert_int_equal(writer_submit(x.w, &job[0].j), ST_OK);
	assert_int_equal(writer_submit(x.w, &job[1].j), ST_OK);
	assert_int_equal(writer_submit(x.w, &job[2].j), ST_BUSY);
	writer_free(x.w);
	assert_int_equal(atomic_load(&job[2].applied), 0);
	assert_true(has(x.kv, 1));
	assert_false(has(x.kv, 2));
	kv_close(x.kv);
}

static void the_map_grows_without_failing_a_job(void **state)
{
	struct world x;
	struct put_job *job = calloc(40, sizeof(*job));
	struct kv_stats s;
	unsigned i;

	world_open(&x, *state, 1 << 20, 64 << 20, 64);
	writer_hold(x.w, true);
	for (i = 0; i < 40; i++) {
		put_init(&job[i], i, 200000, ST_OK);
		assert_int_equal(writer_submit(x.w, &job[i].j), ST_OK);
	}
	writer_hold(x.w, false);
	writer_free(x.w);
	for (i = 0; i < 40; i++) {
		assert_int_equal(job[i].j.st, ST_OK);
		assert_true(has(x.kv, i));
	}
	kv_stats(x.kv, &s);
	assert_true(s.map_size >= 8 << 20 && s.map_size <= 64 << 20);
	free(job);
	kv_close(x.kv);
}

static void at_the_limit_only_what_does_not_fit_fails(void **state)
{
	struct world x;
	struct put_job job[3], later;

	world_open(&x, *state, 1 << 20, 2 << 20, 64);
	writer_hold(x.w, true);
	put_init(&job[0], 0, 1000, ST_OK);
	put_init(&job[1], 1, 8 << 20, ST_OK);
	put_init(&job[2], 2, 1000, ST_OK);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(writer_submit(x.w, &job[i].j), ST_OK);
	writer_hold(x.w, false);
	while (!atomic_load(&job[2].ended))
		sched_yield();
	put_init(&later, 3, 1000, ST_OK);
	assert_int_equal(writer_submit(x.w, &later.j), ST_OK);
	writer_free(x.w);
	assert_int_equal(job[0].j.st, ST_OK);
	assert_int_equal(job[1].j.st, ST_FULL);
	assert_int_equal(job[2].j.st, ST_OK);
	assert_int_equal(later.j.st, ST_OK);
	assert_true(has(x.kv, 0) && !has(x.kv, 1) && has(x.kv, 2) && has(x.kv, 3));
	kv_close(x.kv);
}

static struct loop *the_loop;
static bool on_loop;

static void done_on_loop(struct write_job *j)
{
	on_loop = loop_is_mine(the_loop) && j->st == ST_OK;
	loop_stop(the_loop);
}

static void answers_come_on_the_loop_that_asked(void **state)
{
	struct world x;
	struct put_job job;
	struct err e = ERR_INIT;

	world_open(&x, *state, 4 << 20, 4 << 20, 16);
	assert_int_equal(loop_new(&the_loop, &e), ST_OK);
	put_init(&job, 1, 1, ST_OK);
	job.j.done = done_on_loop;
	job.j.loop = the_loop;
	assert_int_equal(writer_submit(x.w, &job.j), ST_OK);
	loop_run(the_loop);
	assert_true(on_loop);
	world_close(&x);
	loop_free(the_loop);
}

/* Many threads add to one number: each sees its own commit, none is lost. */
struct adder { struct writer *w; struct kv *kv; unsigned times; st_t st; };

static st_t add_one(void *arg, struct kv_txn *t)
{
	struct slice v;
	uint8_t p[8];
	uint64_t n = 0;

	if (kv_get(t, 0, SLICE("n"), &v))
		n = get_u64(v.p);
	put_u64(p, n + 1);
	kv_put(t, 0, SLICE("n"), slice_of(p, 8));
	return ST_OK;
}

static void *adder_main(void *arg)
{
	struct adder *a = arg;
	struct kv_txn t;
	struct slice v;
	unsigned i;

	for (i = 0; i < a->times && a->st == ST_OK; i++) {
		a->st = writer_do(a->w, add_one, NULL, NULL);
		kv_read(a->kv, &t);
		if (!kv_get(&t, 0, SLICE("n"), &v) || get_u64(v.p) < i + 1)
			a->st = ST_INTERNAL;
		kv_end(&t, NULL);
	}
	return NULL;
}

static void threads_that_write_at_once_lose_nothing(void **state)
{
	struct world x;
	struct adder a[16];
	pthread_t th[16];
	struct writer_counts c;
	struct kv_txn t;
	struct slice v;
	unsigned i;

	world_open(&x, *state, 4 << 20, 4 << 20, 4);
	for (i = 0; i < 16; i++) {
		a[i] = (struct adder){ x.w, x.kv, 25, ST_OK };
		assert_int_equal(pthread_create(&th[i], NULL, adder_main, &a[i]), 0);
	}
	for (i = 0; i < 16; i++) {
		pthread_join(th[i], NULL);
		assert_int_equal(a[i].st, ST_OK);
	}
	writer_counts(x.w, &c);
	assert_int_equal(c.jobs, 400);
	kv_read(x.kv, &t);
	assert_true(kv_get(&t, 0, SLICE("n"), &v));
	assert_int_equal(get_u64(v.p), 400);
	kv_end(&t, NULL);
	world_close(&x);
}

static void count_commits(void *arg)
{
	atomic_fetch_add((atomic_uint *)arg, 1);
}

static st_t refuse(void *arg, struct kv_txn *t)
{
	return ST_DENIED;
}

static void commits_are_told_and_failed_ones_are_not(void **state)
{
	struct world x;
	atomic_uint told = 0;

	world_open(&x, *state, 4 << 20, 4 << 20, 4);
	writer_on_commit(x.w, count_commits, &told);
	assert_int_equal(writer_do(x.w, add_one, NULL, NULL), ST_OK);
	assert_int_equal(writer_do(x.w, refuse, NULL, NULL), ST_DENIED);
	assert_int_equal(atomic_load(&told), 1);
	world_close(&x);
}

#define T(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(one_bad_job_spares_the_batch),
		T(a_status_returned_without_kv_fail_undoes_the_job_too),
		T(jobs_that_wait_together_share_one_commit),
		T(a_full_queue_is_busy_and_nothing_happened),
		T(the_map_grows_without_failing_a_job),
		T(at_the_limit_only_what_does_not_fit_fails),
		T(answers_come_on_the_loop_that_asked),
		T(threads_that_write_at_once_lose_nothing),
		T(commits_are_told_and_failed_ones_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
