#ifndef NET_LOOP_H
#define NET_LOOP_H

/* One libevent base and its thread. A connection belongs to one loop for life. A loop never blocks. */

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "net/pool.h"

struct event_base;
struct loop;

st_t loop_new(struct loop **out, struct err *e);
void loop_free(struct loop *l);
/* Run in the calling thread until loop_stop(). */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);					/* any thread */
/* Run ${j}->done on the loop soon, in order of posting. Any thread, never fails (the job is its own list node). */
void loop_post(struct loop *l, struct job *j);
bool loop_is_mine(const struct loop *l);			/* is the caller this loop's thread? */
struct event_base *loop_base(struct loop *l);			/* net/ only */

/* One cause a call. Timers: loop thread only. */
struct timer;
struct timer *timer_new(struct loop *l, void (*fn)(void *), void *arg);
void timer_set(struct timer *t, int64_t ms);			/* once, from now; replaces an earlier setting; <0 stops it */
void timer_free(struct timer *t);

#endif
