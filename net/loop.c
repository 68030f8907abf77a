#include "net/loop_int.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>

/*
 * Other threads reach a loop by one queue and one eventfd, so libevent needs no locks of its own: every base is touched
 * by its own thread only. The eventfd is written when the queue was empty before, not once a message.
 */
struct loop {
	struct event_base *base;
	struct event wake;
	int fd;
	_Atomic(pthread_t) owner;
	atomic_bool stop;
	pthread_mutex_t lock;
	struct job *first, **last;	/* under lock */
};

struct timer {
	struct event ev;
	void (*fn)(void *);
	void *arg;
};

static void loop_signal(struct loop *l)
{
	uint64_t one = 1;
	ssize_t n;

	do
		n = write(l->fd, &one, sizeof(one));
	while (n < 0 && errno == EINTR);
}

/* Run what was posted up to now; what these post themselves waits for the next turn, so that sockets get theirs. */
static void loop_take(struct loop *l)
{
	struct job *j, *next;

	pthread_mutex_lock(&l->lock);
	j = l->first;
	l->first = NULL;
	l->last = &l->first;
	pthread_mutex_unlock(&l->lock);
	for (; j != NULL; j = next) {
		next = j->next;
		j->next = NULL;
		j->done(j);
	}
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
	struct loop *l = arg;
	uint64_t seen;

	(void)what;
	if (read(fd, &seen, sizeof(seen)) < 0 && errno != EAGAIN && errno != EINTR)
		return;
	loop_take(l);
	if (atomic_load(&l->stop))
		event_base_loopbreak(l->base);
}

static struct event_base *base_new(void)
{
	struct event_config *cfg = event_config_new();
	struct event_base *b = NULL;

	if (cfg == NULL)
		return NULL;
	if (event_config_set_flag(cfg, EVENT_BASE_FLAG_NOLOCK) == 0
	    && event_config_require_features(cfg, EV_FEATURE_ET | EV_FEATURE_EARLY_CLOSE) == 0)
		b = event_base_new_with_config(cfg);
	event_config_free(cfg);
	return b;
}

st_t loop_new(struct loop **out, struct err *e)
{
	struct loop *l = calloc(1, sizeof(*l));

	*out = NULL;
	if (l == NULL)
		return err_set(e, ST_NOMEM, "%s", "");
	l->last = &l->first;
	atomic_store(&l->owner, pthread_self());
	pthread_mutex_init(&l->lock, NULL);
	l->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->fd < 0) {
		st_t st = err_sys(e, "cannot make an eventfd");

		loop_free(l);
		return st;
	}
	l->base = base_new();
	if (l->base == NULL || event_assign(&l->wake, l->base, l->fd, EV_READ | EV_PERSIST, on_wake, l) != 0
	    || event_add(&l->wake, NULL) != 0) {
		loop_free(l);
		return err_set(e, ST_UNSUPPORTED, "libevent offers no edge-triggered loop here");
	}
	*out = l;
	return ST_OK;
}

void loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	if (l->base != NULL) {
		if (event_initialized(&l->wake))
			event_del(&l->wake);
		event_base_free(l->base);
	}
	if (l->fd >= 0)
		close(l->fd);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

void loop_run(struct loop *l)
{
	atomic_store(&l->owner, pthread_self());
	while (!atomic_load(&l->stop))
		if (event_base_loop(l->base, EVLOOP_NO_EXIT_ON_EMPTY) < 0)
			break;
	atomic_store(&l->stop, false);
}

void loop_stop(struct loop *l)
{
	atomic_store(&l->stop, true);
	loop_signal(l);
}

void loop_post(struct loop *l, struct job *j)
{
	bool was_empty;

	j->next = NULL;
	pthread_mutex_lock(&l->lock);
	was_empty = l->first == NULL;
	*l->last = j;
	l->last = &j->next;
	/* Inside the lock: once it is open, the receiver may run the job and even free the loop. */
	if (was_empty)
		loop_signal(l);
	pthread_mutex_unlock(&l->lock);
}

bool loop_is_mine(const struct loop *l)
{
	return pthread_equal(atomic_load(&((struct loop *)l)->owner), pthread_self());
}

struct event_base *loop_base(struct loop *l)
{
	return l->base;
}

void loop_run_posted(struct loop *l, int ms)
{
	struct pollfd p = { .fd = l->fd, .events = POLLIN };
	uint64_t seen;

	if (poll(&p, 1, ms) > 0 && read(l->fd, &seen, sizeof(seen)) < 0)
		return;
	loop_take(l);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct timer *t = arg;

	(void)fd, (void)what;
	t->fn(t->arg);
}

struct timer *timer_new(struct loop *l, void (*fn)(void *), void *arg)
{
	struct timer *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->fn = fn;
	t->arg = arg;
	if (event_assign(&t->ev, l->base, -1, EV_TIMEOUT, on_timer, t) != 0) {
		free(t);
		return NULL;
	}
	return t;
}

void timer_set(struct timer *t, int64_t ms)
{
	struct timeval tv;

	if (ms < 0) {
		event_del(&t->ev);
		return;
	}
	tv.tv_sec = ms / 1000;
	tv.tv_usec = ms % 1000 * 1000;
	event_add(&t->ev, &tv);
}

void timer_free(struct timer *t)
{
	if (t == NULL)
		return;
	event_del(&t->ev);
	free(t);
}
