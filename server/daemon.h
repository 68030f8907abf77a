#ifndef SERVER_DAEMON_H
#define SERVER_DAEMON_H

/* Wiring and start order: schema, repositories, index, workers, helper, loops, listening, followers; and the way back. */

#include "server/site.h"

struct daemon_opts {
	const char *const *data;	/* folders; a folder of folders counts as each of them */
	size_t n_data;
	const char *listen;		/* NULL: the first repository's setting */
	unsigned loops, threads;	/* 0: by cores */
	bool extract;
};

st_t daemon_start(struct server **out, const struct daemon_opts *o, int *port, struct err *e);
/* Serve until SIGTERM or SIGINT; the caller blocked signals before daemon_start(). */
void daemon_serve(struct server *s);
void daemon_stop(struct server *s);

#endif
