#ifndef SERVER_EVENTS_H
#define SERVER_EVENTS_H

/* The change log as a stream of server-sent events at /api/events: resumes at Last-Event-ID, shows what the caller may see. */

#include "store/repo.h"

struct events;

st_t events_new(struct events **out, struct repo *r, struct err *e);
void events_free(struct events *ev);
/* Wake every open stream, so that it sends a sign of life. Any thread. */
void events_beat(struct events *ev);

#endif
