#ifndef STORE_JOBS_INT_H
#define STORE_JOBS_INT_H

#include "store/jobs.h"

/* At start: what was running when the process ended waits again. */
st_t jobs_restart(struct repo *r, struct err *e);

#endif
