#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

#include "net/loop.h"
#include "net/pool.h"

#define N 1000

struct note { struct job job; struct loop *loop; int n; };

static struct { int seen[3 * N]; int n, want; bool elsewhere; } got;

static void noted(struct job *j)
{
	struct note *k = (struct note *)j;

	if (!loop_is_mine(k->loop))
		got.elsewhere = true;
	got.seen[got.n++] = k->n;
	if (got.n == got.want)
		loop_stop(k->loop);
}

static struct loop *fresh(int want)
{
	struct loop *l = NULL;

	assert_int_equal(loop_new(&l, NULL), ST_OK);
	memset(&got, 0, sizeof(got));
	got.want = want;
	return l;
}

static void posts_run_in_order(void **state)
{
	static struct note notes[N];
	struct loop *l = fresh(N);
	int i;

	for (i = 0; i < N; i++) {
		notes[i] = (struct note){ { .done = noted }, l, i };
		loop_post(l, &notes[i].job);
	}
	loop_run(l);
	for (i = 0; i < N; i++)
		assert_int_equal(got.seen[i], i);
	loop_free(l);
}

static void *post_many(void *arg)
{
	struct note *notes = arg;
	int i;

	for (i = 0; i < N; i++)
		loop_post(notes[i].loop, &notes[i].job);
	return NULL;
}

static void posts_of_many_threads_all_run_on_the_loop_each_thread_in_order(void **state)
{
	static struct note notes[3][N];
	struct loop *l = fresh(3 * N);
	int i, t, last[3] = { -1, -1, -1 };
	pthread_t th[3];

	for (t = 0; t < 3; t++) {
		for (i = 0; i < N; i++)
			notes[t][i] = (struct note){ { .done = noted }, l, t * N + i };
		pthread_create(&th[t], NULL, post_many, notes[t]);
	}
	loop_run(l);
	for (t = 0; t < 3; t++)
		pthread_join(th[t], NULL);
	assert_int_equal(got.n, 3 * N);
	assert_false(got.elsewhere);
	for (i = 0; i < 3 * N; i++) {
		assert_true(got.seen[i] > last[got.seen[i] / N]);
		last[got.seen[i] / N] = got.seen[i];
	}
	loop_free(l);
}

static void stop_before_run_is_not_lost(void **state)
{
	struct loop *l = fresh(0);

	loop_stop(l);
	loop_run(l);
	loop_free(l);
}

struct tick { struct timer *t; struct loop *l; int n; };

static void ticked(void *arg)
{
	struct tick *k = arg;

	if (++k->n == 3)
		loop_stop(k->l);
	else
		timer_set(k->t, 1);
}

static void never(void *arg)
{
	(void)arg;
	fail();
}

static void a_timer_fires_once_a_setting_and_not_when_stopped(void **state)
{
	struct tick k = { .l = fresh(0) };
	struct timer *off = timer_new(k.l, never, NULL), *freed = timer_new(k.l, never, NULL);

	k.t = timer_new(k.l, ticked, &k);
	timer_set(off, 1);
	timer_set(off, -1);
	timer_set(freed, 1);
	timer_free(freed);
	timer_set(k.t, 0);
	loop_run(k.l);
	assert_int_equal(k.n, 3);
	timer_free(off);
	timer_free(k.t);
	timer_free(NULL);
	loop_free(k.l);
}

/* --- pool --- */

/* Jobs that wait at a gate, so that a test decides when workers are busy. */
struct gate { pthread_mutex_t lock; pthread_cond_t c; bool open; int at; };
#define GATE { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, 0 }
struct gated { struct job job; struct gate *g; atomic_int *sum; struct note *note; };

static void gate_wait(struct job *j)
{
	struct gated *k = (struct gated *)j;

	pthread_mutex_lock(&k->g->lock);
	k->g->at++;
	pthread_cond_broadcast(&k->g->c);
	while (!k->g->open)
		pthread_cond_wait(&k->g->c, &k->g->lock);
	pthread_mutex_unlock(&k->g->lock);
}

static void gate_until(struct gate *g, int at)
{
	pthread_mutex_lock(&g->lock);
	while (g->at < at)
		pthread_cond_wait(&g->c, &g->lock);
	pthread_mutex_unlock(&g->lock);
}

static void gate_open(struct gate *g)
{
	pthread_mutex_lock(&g->lock);
	g->open = true;
	pthread_cond_broadcast(&g->c);
	pthread_mutex_unlock(&g->lock);
}

static void added(struct job *j)
{
	atomic_fetch_add(((struct gated *)j)->sum, 1);
}

static void a_full_queue_says_busy_and_takes_nothing(void **state)
{
	struct gate g = GATE;
	atomic_int sum = 0;
	struct gated k[6];
	struct pool *p = pool_new(2, 3, NULL);
	int i;

	for (i = 0; i < 6; i++)
		k[i] = (struct gated){ { .work = gate_wait, .done = added }, &g, &sum, NULL };
	assert_int_equal(pool_submit(p, &k[0].job), ST_OK);
	assert_int_equal(pool_submit(p, &k[1].job), ST_OK);
	gate_until(&g, 2);
	for (i = 2; i < 5; i++)
		assert_int_equal(pool_submit(p, &k[i].job), ST_OK);
	assert_int_equal(pool_submit(p, &k[5].job), ST_BUSY);
	assert_int_equal(pool_waiting(p), 3);
	gate_open(&g);
	pool_free(p);		/* queued jobs are still run */
	assert_int_equal(atomic_load(&sum), 5);
}

static void a_second_thread_starts_when_the_first_is_busy(void **state)
{
	struct gate g = GATE;
	atomic_int sum = 0;
	struct gated k[2] = { { { .work = gate_wait, .done = added }, &g, &sum, NULL }, { { .work = gate_wait, .done = added }, &g, &sum, NULL } };
	struct pool *p = pool_new(2, 8, NULL);

	assert_int_equal(pool_submit(p, &k[0].job), ST_OK);
	assert_int_equal(pool_submit(p, &k[1].job), ST_OK);
	gate_until(&g, 2);	/* both at once */
	gate_open(&g);
	pool_free(p);
}

static void idle(struct job *j)
{
	(void)j;
}

static void a_finished_job_comes_back_on_the_loop_that_asked(void **state)
{
	static struct note notes[N];
	struct loop *l = fresh(N);
	struct pool *p = pool_new(3, N, NULL);
	int i;

	for (i = 0; i < N; i++) {
		notes[i] = (struct note){ { .work = idle, .done = noted, .loop = l }, l, i };
		assert_int_equal(pool_submit(p, &notes[i].job), ST_OK);
	}
	loop_run(l);
	assert_int_equal(got.n, N);
	assert_false(got.elsewhere);
	pool_free(p);
	loop_free(l);
}

static void an_unused_pool_ends(void **state)
{
	pool_free(pool_new(4, 4, NULL));
	pool_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(posts_run_in_order),
		cmocka_unit_test(posts_of_many_threads_all_run_on_the_loop_each_thread_in_order),
		cmocka_unit_test(stop_before_run_is_not_lost),
		cmocka_unit_test(a_timer_fires_once_a_setting_and_not_when_stopped),
		cmocka_unit_test(a_full_queue_says_busy_and_takes_nothing),
		cmocka_unit_test(a_second_thread_starts_when_the_first_is_busy),
		cmocka_unit_test(a_finished_job_comes_back_on_the_loop_that_asked),
		cmocka_unit_test(an_unused_pool_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
