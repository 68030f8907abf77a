#ifndef STORE_JOBS_H
#define STORE_JOBS_H

/* Persistent long work: visible, cancellable, resumed after restart. Who runs what is server/jobs.c. */

#include "base/json.h"
#include "store/repo.h"

#define JOB_STATES(X) X(WAITING, "waiting") X(RUNNING, "running") X(DONE, "done") X(FAILED, "failed") X(CANCELLED, "cancelled")
enum job_state {
#define X(a, b) JOB_##a,
	JOB_STATES(X)
#undef X
	JOB_STATE_COUNT
};
const char *job_state_name(enum job_state s);

struct job_info {
	uint64_t no;
	char kind[32];			/* "extract", "package", "import", "fixity", "rebuild" */
	char subject[64];		/* record id or "" */
	enum job_state state;
	uint32_t owner, attempts;
	uint64_t done, total;		/* units of its own */
	int64_t created, started, ended;
	char message[256];
	json_t *params;			/* owned or NULL */
};
void job_info_release(struct job_info *j);
st_t job_add(struct repo *r, struct job_info *j, struct err *e);		/* sets no */
st_t job_update(struct repo *r, const struct job_info *j, struct err *e);
st_t job_cancel(struct repo *r, uint64_t no, struct err *e);			/* ST_CONFLICT: ended already */
st_t job_get(struct kv_txn *t, uint64_t no, struct job_info *out);
size_t job_list(struct kv_txn *t, enum job_state only /* JOB_STATE_COUNT: all */, uint64_t before, struct job_info *out, size_t max);	/* newest first */
st_t job_next(struct repo *r, struct job_info *out, struct err *e);		/* waiting -> running; ST_EOF none */

#endif
