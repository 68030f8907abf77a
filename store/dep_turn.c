/* Who may write which concept, and in which order commits are queued. */

#include "store/dep_int.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"

static bool is_held(const struct deposits *d, const char *name)
{
	const struct held *h;

	for (h = d->held; h != NULL; h = h->next)
		if (strcmp(h->name, name) == 0)
			return true;
	return false;
}

st_t dep_lock(struct deposits *d, struct held *h, const char *name)
{
	snprintf(h->name, sizeof(h->name), "%s", name);
	pthread_mutex_lock(&d->mx);
	while (is_held(d, h->name))
		pthread_cond_wait(&d->cv, &d->mx);
	h->next = d->held;
	d->held = h;
	pthread_mutex_unlock(&d->mx);
	return ST_OK;
}

void dep_unlock(struct deposits *d, struct held *h)
{
	struct held **at;

	pthread_mutex_lock(&d->mx);
	for (at = &d->held; *at != NULL; at = &(*at)->next)
		if (*at == h) {
			*at = h->next;
			break;
		}
	pthread_cond_broadcast(&d->cv);
	pthread_mutex_unlock(&d->mx);
}

void ticket_take(struct deposits *d, uint64_t count, struct ticket *t)
{
	int64_t now = clock_now();

	pthread_mutex_lock(&d->mx);
	if (now > d->last_time)
		d->last_time = now;
	t->no = d->next;
	t->count = count;
	t->time = d->last_time;
	t->live = true;
	t->next = NULL;
	*d->open_end = t;
	d->open_end = &t->next;
	d->next += count;
	pthread_mutex_unlock(&d->mx);
}

void ticket_behind(struct deposits *d, uint64_t last, int64_t time)
{
	pthread_mutex_lock(&d->mx);
	/* Tickets that are out end first; their holders wait for nothing that a rebuild holds. */
	while (d->turn != d->next)
		pthread_cond_wait(&d->cv, &d->mx);
	if (d->next <= last)
		d->next = d->turn = last + 1;
	if (d->last_time < time)
		d->last_time = time;
	pthread_mutex_unlock(&d->mx);
}

static void turn_wait(struct deposits *d, const struct ticket *t)
{
	pthread_mutex_lock(&d->mx);
	while (d->turn != t->no)
		pthread_cond_wait(&d->cv, &d->mx);
	pthread_mutex_unlock(&d->mx);
}

static void ticket_close(struct deposits *d, struct ticket *t)
{
	struct ticket **at;

	pthread_mutex_lock(&d->mx);
	for (at = &d->open; *at != NULL; at = &(*at)->next) {
		if (*at == t) {
			*at = t->next;
			if (d->open_end == &t->next)
				d->open_end = at;
			break;
		}
	}
	pthread_mutex_unlock(&d->mx);
}

int64_t deposit_time(struct repo *r)
{
	struct deposits *d = r->dep;
	int64_t now = clock_now(), time;

	pthread_mutex_lock(&d->mx);
	/* Whatever comes later is dated no earlier than what is answered now, even when the clock is set back. */
	if (now > d->last_time)
		d->last_time = now;
	time = d->open != NULL ? d->open->time : d->last_time;
	pthread_mutex_unlock(&d->mx);
	return time;
}

static void turn_pass(struct deposits *d, struct ticket *t)
{
	pthread_mutex_lock(&d->mx);
	d->turn = t->no + t->count;
	t->live = false;
	pthread_cond_broadcast(&d->cv);
	pthread_mutex_unlock(&d->mx);
}

void ticket_void(struct deposits *d, struct ticket *t)
{
	if (!t->live)
		return;
	turn_wait(d, t);
	turn_pass(d, t);
	ticket_close(d, t);
}

struct ticket_job {
	struct write_job job;
	st_t (*apply)(void *, struct kv_txn *);
	void *arg;
	pthread_mutex_t mx;
	pthread_cond_t cv;
	bool done;
};

static st_t ticket_apply(struct write_job *j, struct kv_txn *t)
{
	struct ticket_job *tj = (struct ticket_job *)j;

	return tj->apply(tj->arg, t);
}

static void ticket_done(struct write_job *j)
{
	struct ticket_job *tj = (struct ticket_job *)j;

	pthread_mutex_lock(&tj->mx);
	tj->done = true;
	pthread_cond_signal(&tj->cv);
	pthread_mutex_unlock(&tj->mx);
}

st_t ticket_commit(struct repo *r, struct ticket *t, st_t (*apply)(void *, struct kv_txn *), void *arg, struct err *e)
{
	struct ticket_job tj = { .job = { .apply = ticket_apply, .done = ticket_done }, .apply = apply, .arg = arg };
	st_t st;

	pthread_mutex_init(&tj.mx, NULL);
	pthread_cond_init(&tj.cv, NULL);
	turn_wait(r->dep, t);
	/* A full queue empties by itself: the OCFL version is placed already, so wait rather than give up. */
	while ((st = writer_submit(r->cat_w, &tj.job)) == ST_BUSY)
		usleep(1000);
	turn_pass(r->dep, t);
	if (st == ST_OK) {
		pthread_mutex_lock(&tj.mx);
		while (!tj.done)
			pthread_cond_wait(&tj.cv, &tj.mx);
		pthread_mutex_unlock(&tj.mx);
		st = tj.job.st;
		if (st != ST_OK && e != NULL)
			*e = tj.job.err;
	}
	ticket_close(r->dep, t);
	pthread_mutex_destroy(&tj.mx);
	pthread_cond_destroy(&tj.cv);
	return st;
}

bool dep_committed(struct repo *r, uint64_t no, const char *parent)
{
	struct kv_txn t;
	struct change c;
	bool yes;

	kv_read(r->catalog, &t);
	yes = no > 0 && changes_after(&t, no - 1, &c, 1) == 1 && c.no == no && strcmp(c.parent, parent) == 0;
	kv_end(&t, NULL);
	return yes;
}
