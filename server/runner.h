#ifndef SERVER_RUNNER_H
#define SERVER_RUNNER_H

/* One thread a repository for what nobody waits for: persistent jobs, embargoes that end, leftovers, signs of life. */

#include "server/site.h"

struct runner;

st_t runner_start(struct runner **out, struct site *site, struct err *e);
void runner_stop(struct runner *r);
/* There is a new job: look now. Any thread. */
void runner_poke(struct runner *r);

#endif
