#ifndef T_UNIT_NET_SERVE_H
#define T_UNIT_NET_SERVE_H

/*
 * A real server of net/ in the test's own process, on loopback sockets, and a client that sends exact bytes. Nothing here
 * waits for a time: waits are for a condition, with a deadline that only a broken server reaches.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

#include "net/http.h"

#define LOOPS 2

struct serve {
	struct loop *loops[LOOPS];
	pthread_t threads[LOOPS];
	unsigned n_loops;
	struct pool *pool;
	struct http_server *http;
	int port;
	char path[64];		/* of the socket, for serve_unix() */
	char folder[64];
	/* Counted under lock; changed signals. */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int heads, overs, gones, ends, bodies, stops, pulls, paused, drained;
	uint64_t body_bytes;
	bool gate;		/* closed: jobs and pauses wait */
	bool open;		/* whatever net/ lets through is taken and answered 200; set before the first request */
	struct http_req *held;	/* the last request of /hold or /wake, until over */
};

/* ${lim} NULL: the defaults. */
void serve_start(struct serve *s, const struct http_limits *lim, unsigned loops);
void serve_unix(struct serve *s);
/* Everything ends and every promise about it is checked: each head has its over, each body its stop. */
void serve_stop(struct serve *s);
/* Wait until *${n} is at least ${v}. */
void serve_until(struct serve *s, const int *n, int v);
int serve_peek(struct serve *s, const int *n);
void serve_gate(struct serve *s, bool closed);
/* Wake the held request's body from this thread. */
void serve_wake(struct serve *s);
unsigned long long serve_conns(struct serve *s);

/* Client side. */
int dial(struct serve *s);
void say(int fd, const char *text);
void say_n(int fd, const void *p, size_t n);
/* Read until the connection ends, by a reset too, and close it. */
void hear_all(int fd, struct buf *b);
/* Read one reply (by length, chunked, or to the end); its body is decoded. Returns the status; 0 when the connection ended instead. */
int hear(int fd, struct buf *head, struct buf *body, bool no_body);
/* One exchange on a fresh connection. */
int ask(struct serve *s, const char *request, struct buf *body);
bool ended(int fd);	/* waits for the end; false if bytes or a reset come instead */

#endif
