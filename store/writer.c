#include "store/writer.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>

#include "base/log.h"
#include "net/loop.h"
#include "store/kv_int.h"
#include "store/writer_int.h"

#define BATCH_MAX	512		/* jobs a commit: bounds how long the first waits for the last */
#define IDLE_SECONDS	60		/* between two looks for readers that died */
#define THREAD_STACK	((size_t)1 << 20)

struct writer {
	struct kv *kv;
	pthread_t thread;
	bool started;
	void (*committed)(void *arg);
	void *committed_arg;

	pthread_mutex_t mu;		/* all below */
	pthread_cond_t more;		/* a job came, or stop, or the hold ended */
	pthread_cond_t room;		/* the queue became shorter */
	struct write_job *first, **last;
	unsigned queued, queue_max;
	bool stop, hold;
	struct writer_counts counts;
};

/* ---- one batch, in the writer thread ---- */

static void run_job(struct write_job *j, struct kv_txn *t)
{
	st_t st;

	err_clear(&j->err);
	st = j->apply(j, t);
	if (st != ST_OK && t->st == ST_OK) {
		t->st = st;
		if (j->err.st == st)
			t->err = j->err;
		else
			err_set(&t->err, st, "%s", st_name(st));
	}
	j->st = kv_end(t, &j->err);
}

static void fail_all(struct write_job *jobs, st_t st, const struct err *e)
{
	struct write_job *j;

	for (j = jobs; j != NULL; j = j->next) {
		j->st = st;
		j->err = *e;
	}
}

/*
 * Run and commit ${jobs} once. ${full}: the map's end was met, nothing is committed. With ${keep_full} a job that met it fails alone
 * and the others are committed.
 */
static st_t try_batch(struct writer *w, struct write_job *jobs, bool keep_full, bool *full, struct err *e)
{
	struct kv_txn batch, t;
	struct write_job *j;
	st_t st;

	*full = false;
	kv_write(w->kv, NULL, &batch);
	for (j = jobs; j != NULL && batch.st == ST_OK; j = j->next) {
		kv_write(w->kv, &batch, &t);
		run_job(j, &t);
		if (j->st == ST_FULL && kv_map_was_full(w->kv) && !keep_full)
			kv_fail(&batch, ST_FULL, "%s", j->err.text);
	}
	st = kv_end(&batch, e);
	*full = st == ST_FULL && kv_map_was_full(w->kv);
	return st;
}

/* Commit what fits when the map cannot grow: together if possible, else one by one, so that a small job does not fail for a large one. */
static void run_at_limit(struct writer *w, struct write_job *jobs)
{
	struct write_job *j, *next;
	struct err e = ERR_INIT;
	bool full;

	if (try_batch(w, jobs, true, &full, &e) == ST_OK)
		return;
	for (j = jobs; j != NULL; j = next) {
		st_t st;

		next = j->next;
		j->next = NULL;
		st = try_batch(w, j, true, &full, &e);
		if (st != ST_OK)
			fail_all(j, st, &e);
		j->next = next;
	}
}

static void run_batch(struct writer *w, struct write_job *jobs)
{
	struct err e = ERR_INIT, grow = ERR_INIT;
	bool full;
	st_t st;

	for (;;) {
		st = try_batch(w, jobs, false, &full, &e);
		if (st == ST_OK)
			return;
		if (!full) {
			fail_all(jobs, st, &e);
			return;
		}
		if (kv_grow(w->kv, &grow) != ST_OK) {
			log_warn("store", "map full reason=\"%s\"", grow.text);
			run_at_limit(w, jobs);
			return;
		}
	}
}

static void loop_done(struct job *job)
{
	struct write_job *j = (struct write_job *)((char *)job - offsetof(struct write_job, job));

	j->done(j);
}

static void answer(struct write_job *j)
{
	if (j->done == NULL)
		return;
	if (j->loop == NULL) {
		j->done(j);
		return;
	}
	memset(&j->job, 0, sizeof(j->job));
	j->job.done = loop_done;
	j->job.loop = j->loop;
	loop_post(j->loop, &j->job);
}

/* The next batch, cut out of the queue; NULL when it is time to end. */
static struct write_job *take_batch(struct writer *w)
{
	struct write_job *jobs = NULL, *j;
	struct timespec ts;
	unsigned n = 0;

	pthread_mutex_lock(&w->mu);
	while ((w->first == NULL || w->hold) && !(w->stop && w->first == NULL)) {
		clock_gettime(CLOCK_MONOTONIC, &ts);
		ts.tv_sec += IDLE_SECONDS;
		if (pthread_cond_timedwait(&w->more, &w->mu, &ts) == ETIMEDOUT) {
			pthread_mutex_unlock(&w->mu);
			kv_clear_dead_readers(w->kv);
			pthread_mutex_lock(&w->mu);
		}
	}
	jobs = w->first;
	for (j = jobs; j != NULL; j = j->next) {
		if (++n == BATCH_MAX || j->next == NULL) {
			w->first = j->next;
			j->next = NULL;
			break;
		}
	}
	if (w->first == NULL)
		w->last = &w->first;
	w->queued -= n;
	pthread_cond_broadcast(&w->room);
	pthread_mutex_unlock(&w->mu);
	return jobs;
}

static void *writer_main(void *arg)
{
	struct writer *w = arg;
	struct write_job *jobs, *j, *next;
	uint64_t n, failed;
	int64_t looked = 0;
	struct timespec now;

	while ((jobs = take_batch(w)) != NULL) {
		run_batch(w, jobs);
		n = failed = 0;
		for (j = jobs; j != NULL; j = j->next) {
			n++;
			failed += j->st != ST_OK;
		}
		pthread_mutex_lock(&w->mu);
		w->counts.jobs += n;
		w->counts.failed += failed;
		w->counts.batches++;
		pthread_mutex_unlock(&w->mu);
		if (failed < n && w->committed != NULL)
			w->committed(w->committed_arg);
		for (j = jobs; j != NULL; j = next) {
			next = j->next;
			j->next = NULL;
			answer(j);
		}
		/* Under a steady load the queue's own wait never times out. */
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec - looked >= IDLE_SECONDS) {
			looked = now.tv_sec;
			kv_clear_dead_readers(w->kv);
		}
	}
	return NULL;
}

/* ---- any thread ---- */

st_t writer_new(struct writer **out, struct kv *kv, unsigned queue_max, struct err *e)
{
	struct writer *w = calloc(1, sizeof(*w));
	pthread_condattr_t ca;
	pthread_attr_t pa;
	sigset_t all, old;
	int rc;

	*out = NULL;
	if (w == NULL)
		return err_set(e, ST_NOMEM, "out of memory");
	w->kv = kv;
	w->queue_max = queue_max;
	w->last = &w->first;
	pthread_mutex_init(&w->mu, NULL);
	pthread_condattr_init(&ca);
	pthread_condattr_setclock(&ca, CLOCK_MONOTONIC);
	pthread_cond_init(&w->more, &ca);
	pthread_cond_init(&w->room, &ca);
	pthread_condattr_destroy(&ca);
	pthread_attr_init(&pa);
	pthread_attr_setstacksize(&pa, THREAD_STACK);
	/* Signals are the main loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&w->thread, &pa, writer_main, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&pa);
	if (rc != 0) {
		errno = rc;
		writer_free(w);
		return err_sys(e, "cannot start the writer thread");
	}
	w->started = true;
	*out = w;
	return ST_OK;
}

void writer_free(struct writer *w)
{
	if (w == NULL)
		return;
	if (w->started) {
		pthread_mutex_lock(&w->mu);
		w->stop = true;
		w->hold = false;
		pthread_cond_signal(&w->more);
		pthread_mutex_unlock(&w->mu);
		pthread_join(w->thread, NULL);
	}
	pthread_mutex_destroy(&w->mu);
	pthread_cond_destroy(&w->more);
	pthread_cond_destroy(&w->room);
	free(w);
}

void writer_on_commit(struct writer *w, void (*fn)(void *arg), void *arg)
{
	pthread_mutex_lock(&w->mu);
	w->committed = fn;
	w->committed_arg = arg;
	pthread_mutex_unlock(&w->mu);
}

void writer_hold(struct writer *w, bool hold)
{
	pthread_mutex_lock(&w->mu);
	w->hold = hold;
	pthread_cond_signal(&w->more);
	pthread_mutex_unlock(&w->mu);
}

static void enqueue(struct writer *w, struct write_job *j)
{
	assert(!w->stop);
	j->next = NULL;
	*w->last = j;
	w->last = &j->next;
	w->queued++;
	pthread_cond_signal(&w->more);
}

st_t writer_submit(struct writer *w, struct write_job *j)
{
	st_t st = ST_OK;

	pthread_mutex_lock(&w->mu);
	if (w->queued >= w->queue_max)
		st = ST_BUSY;
	else
		enqueue(w, j);
	pthread_mutex_unlock(&w->mu);
	return st;
}

struct blocking {
	struct write_job job;
	st_t (*apply)(void *arg, struct kv_txn *t);
	void *arg;
	pthread_mutex_t mu;
	pthread_cond_t cond;
	bool ended;
};

static st_t blocking_apply(struct write_job *j, struct kv_txn *t)
{
	struct blocking *b = (struct blocking *)j;

	return b->apply(b->arg, t);
}

static void blocking_done(struct write_job *j)
{
	struct blocking *b = (struct blocking *)j;

	pthread_mutex_lock(&b->mu);
	b->ended = true;
	pthread_cond_signal(&b->cond);
	pthread_mutex_unlock(&b->mu);
}

st_t writer_do(struct writer *w, st_t (*apply)(void *arg, struct kv_txn *t), void *arg, struct err *e)
{
	struct blocking b;
	st_t st;

	memset(&b, 0, sizeof(b));
	b.job.apply = blocking_apply;
	b.job.done = blocking_done;
	b.apply = apply;
	b.arg = arg;
	pthread_mutex_init(&b.mu, NULL);
	pthread_cond_init(&b.cond, NULL);
	pthread_mutex_lock(&w->mu);
	/* The caller is a worker thread and waits anyway; there are no more of them than the pool has. */
	while (w->queued >= w->queue_max)
		pthread_cond_wait(&w->room, &w->mu);
	enqueue(w, &b.job);
	pthread_mutex_unlock(&w->mu);
	pthread_mutex_lock(&b.mu);
	while (!b.ended)
		pthread_cond_wait(&b.cond, &b.mu);
	pthread_mutex_unlock(&b.mu);
	pthread_mutex_destroy(&b.mu);
	pthread_cond_destroy(&b.cond);
	st = b.job.st;
	if (st != ST_OK && e != NULL)
		*e = b.job.err;
	return st;
}

void writer_counts(struct writer *w, struct writer_counts *out)
{
	pthread_mutex_lock(&w->mu);
	*out = w->counts;
	pthread_mutex_unlock(&w->mu);
}
