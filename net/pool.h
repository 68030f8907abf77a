#ifndef NET_POOL_H
#define NET_POOL_H

/*
 * Worker threads for whatever may take over a millisecond: files, hashes, write transactions, rendering, search.
 * A bounded queue; threads start on demand up to the limit and end when idle.
 */

#include "base/err.h"

struct pool;
struct loop;

struct job {
	void (*work)(struct job *);	/* in a worker; owns its input while it runs */
	void (*done)(struct job *);	/* on ${loop}, or in the worker right after work() when loop is NULL; may free the job */
	struct loop *loop;		/* who asked; NULL: nobody */
	struct job *next;		/* the pool's and the loop's own */
};

struct pool *pool_new(unsigned threads, unsigned queue_max, struct err *e);
/* Waits for running jobs; queued ones are still run. */
void pool_free(struct pool *p);
/* ST_OK: ${j} is taken until done(). ST_BUSY: the queue is full, nothing happened. Any thread. */
st_t pool_submit(struct pool *p, struct job *j) MUST_USE;
unsigned pool_waiting(const struct pool *p);

#endif
