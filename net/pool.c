#include "net/pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "net/loop.h"

#define IDLE_SECONDS 10		/* a thread that had nothing to do for so long ends */

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t work, gone;	/* "a job came or the end", "a thread ended" */
	struct job *first, **last;
	unsigned waiting, queue_max;
	unsigned threads, threads_max, idle;
	bool ending;
};

struct pool *pool_new(unsigned threads, unsigned queue_max, struct err *e)
{
	struct pool *p = calloc(1, sizeof(*p));
	pthread_condattr_t attr;

	if (p == NULL) {
		err_set(e, ST_NOMEM, "%s", "");
		return NULL;
	}
	p->last = &p->first;
	p->threads_max = threads == 0 ? 1 : threads;
	p->queue_max = queue_max;
	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&p->work, &attr);
	pthread_cond_init(&p->gone, NULL);
	pthread_condattr_destroy(&attr);
	return p;
}

static void job_run(struct job *j)
{
	struct loop *l = j->loop;

	j->work(j);
	if (l != NULL)
		loop_post(l, j);
	else
		j->done(j);
}

/* Wait for a job. NULL: this thread should end. */
static struct job *pool_next(struct pool *p)
{
	struct timespec until;
	struct job *j;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += IDLE_SECONDS;
	while (p->first == NULL) {
		int rc;

		if (p->ending)
			return NULL;
		p->idle++;
		rc = pthread_cond_timedwait(&p->work, &p->lock, &until);
		p->idle--;
		if (rc == ETIMEDOUT && p->first == NULL)
			return NULL;
	}
	j = p->first;
	p->first = j->next;
	if (p->first == NULL)
		p->last = &p->first;
	j->next = NULL;
	p->waiting--;
	return j;
}

static void *pool_thread(void *arg)
{
	struct pool *p = arg;
	struct job *j;

	pthread_mutex_lock(&p->lock);
	while ((j = pool_next(p)) != NULL) {
		pthread_mutex_unlock(&p->lock);
		job_run(j);
		pthread_mutex_lock(&p->lock);
	}
	p->threads--;
	/* Signalled under the lock: pool_free() frees the condition as soon as it gets the lock and sees no threads. */
	pthread_cond_broadcast(&p->gone);
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* Start one more thread if more jobs wait than threads do. False: nobody could run a job. */
static bool pool_grow(struct pool *p)
{
	pthread_attr_t attr;
	pthread_t t;
	bool ok;

	if (p->idle > p->waiting || p->threads >= p->threads_max)
		return true;
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, 1 << 20);
	ok = pthread_create(&t, &attr, pool_thread, p) == 0;
	pthread_attr_destroy(&attr);
	if (ok)
		p->threads++;
	return p->threads > 0;
}

st_t pool_submit(struct pool *p, struct job *j)
{
	st_t st = ST_BUSY;

	pthread_mutex_lock(&p->lock);
	if (p->waiting < p->queue_max && pool_grow(p)) {
		j->next = NULL;
		*p->last = j;
		p->last = &j->next;
		p->waiting++;
		pthread_cond_signal(&p->work);
		st = ST_OK;
	}
	pthread_mutex_unlock(&p->lock);
	return st;
}

unsigned pool_waiting(const struct pool *p_)
{
	struct pool *p = (struct pool *)p_;
	unsigned n;

	pthread_mutex_lock(&p->lock);
	n = p->waiting;
	pthread_mutex_unlock(&p->lock);
	return n;
}

void pool_free(struct pool *p)
{
	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->ending = true;
	pthread_cond_broadcast(&p->work);
	while (p->threads > 0)
		pthread_cond_wait(&p->gone, &p->lock);
	pthread_mutex_unlock(&p->lock);
	pthread_cond_destroy(&p->work);
	pthread_cond_destroy(&p->gone);
	pthread_mutex_destroy(&p->lock);
	free(p);
}
