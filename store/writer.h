#ifndef STORE_WRITER_H
#define STORE_WRITER_H

/*
 * The one thread that writes to an environment. It takes write jobs, runs each in a child transaction, commits the batch, then
 * answers: group commit. A job that fails aborts its own child and spares the batch; if the batch fails, so do all its jobs.
 * When the map is full it grows it and runs the batch again, so apply() may run more than once and must not change its input.
 */

#include "net/pool.h"
#include "store/kv.h"

struct writer;

struct write_job {
	st_t (*apply)(struct write_job *, struct kv_txn *);	/* the writer thread */
	void (*done)(struct write_job *);	/* after the commit, on ${loop}, or in the writer thread when NULL: must be quick */
	struct loop *loop;
	st_t st;				/* set before done() */
	struct err err;
	struct job job;				/* the writer's own */
	struct write_job *next;
};

st_t writer_new(struct writer **out, struct kv *kv, unsigned queue_max, struct err *e);
void writer_free(struct writer *w);				/* finishes what is queued */
st_t writer_submit(struct writer *w, struct write_job *j) MUST_USE;	/* ST_BUSY: full */
/* Blocking form for worker threads: returns after the commit. */
st_t writer_do(struct writer *w, st_t (*apply)(void *arg, struct kv_txn *t), void *arg, struct err *e);
struct writer_counts { uint64_t jobs, batches, failed; };
void writer_counts(struct writer *w, struct writer_counts *out);

#endif
