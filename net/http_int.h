#ifndef NET_HTTP_INT_H
#define NET_HTTP_INT_H

/*
 * Inside of the server side of HTTP: http.c listens, counts and drains; h1_conn.c drives one connection and takes requests in;
 * h1_out.c builds and sends replies. A shard is what one loop has of a server; everything in it belongs to that loop's thread.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "net/h1_parse.h"
#include "net/http.h"
#include "net/loop_int.h"

#define READ_MAX	(256 * 1024)	/* body bytes taken from a socket at once */
#define HEAD_READ	16384		/* bytes read at once where a head is expected */
#define TURN_MAX	(1024 * 1024)	/* bytes one connection may move before the others get their turn */
#define DISCARD_MAX	(1024 * 1024)	/* unwanted body that is read to keep a connection */
#define CHUNK_MAX	(256 * 1024)	/* one piece pulled from a body */
#define FILE_WINDOW	(512 * 1024)	/* one sendfile */
#define AHEAD_MAX	(1024 * 1024)	/* one read-ahead in a worker */
#define SMALL_FILE	16384		/* copied behind the head when resident */
#define SMALL_BUF	8192		/* copied behind the head */
#define LINGER_MS	5000
#define RATE_MIN	512		/* bytes a second under which a peer counts as stalled */
#define SPARE_MAX	64
#define REFUSED_MAX	64		/* connections being told 503 at one time, per shard */

enum conn_in { IN_HEAD, IN_LENGTH, IN_CHUNKED, IN_END /* body whole, on_end due */, IN_WAIT /* nothing to read now */, IN_LINGER };
enum conn_wait { WAIT_NONE, WAIT_IDLE, WAIT_HEAD, WAIT_BODY, WAIT_WRITE, WAIT_LINGER };

struct shard {
	struct http_server *srv;
	struct loop *loop;
	unsigned index;
	int fd;				/* listening; -1: not, or no more */
	struct event accept;
	struct timer *accept_again;	/* after running out of descriptors */
	struct conn *conns;		/* all, doubly linked */
	unsigned n_conns, n_refused;
	char *scratch;			/* READ_MAX bytes, good within one conn_run() */
	struct xreq *spare;
	unsigned n_spare, n_zombie;	/* zombies: over, but a wake-up for them is still on its way */
	uint64_t serial;
	int64_t date_sec;
	char date[30];
	struct conn *later;		/* had their turn and want another */
	struct event later_ev;
	struct job *queue, **queue_last;	/* jobs the pool had no room for */
	struct timer *queue_again;
	unsigned n_jobs;		/* submitted, not done */
	struct job drain_job;
	struct timer *drain_timer;
	bool draining, drained;
	_Atomic uint64_t conns_sum, requests, bytes_in, bytes_out, refused, bad;
};

struct map;
struct http_server {
	struct shard *shards;
	unsigned n;
	struct pool *pool;
	struct http_handler h;
	struct http_limits lim;
	atomic_uint conns_now;
	pthread_mutex_t peers_lock;
	struct map *peers;		/* address -> count */
	char *unix_path;
	int drain_ms;
	atomic_uint undrained;		/* shards */
	struct job drained_job;
	void (*drained)(void *);
	void *drained_arg;
	atomic_bool draining;
	bool freeing;			/* the loops have ended */
};

/* One request and its reply. Kept for the next one when over. */
struct xreq {
	struct http_req r;		/* first: http_req and xreq are one address */
	struct conn *c;			/* NULL: a zombie */
	struct shard *sh;
	struct xreq *next;
	bool handled;			/* on_head was called, so on_over will be */
	bool begun, ready;		/* http_start, http_send* were called */
	bool close_after;
	enum { LIVE, OVER, GONE } ending;
	int status;
	bool no_body;			/* HEAD, 204, 304 */
	bool chunked;
	struct buf out;			/* head, and small bodies behind it */
	struct buf big;
	struct iovec seg[6];		/* to be sent, in order; point into out, big, frame, chunk and constants */
	unsigned n_seg;
	bool head_only;			/* seg holds the head alone and a first pull may join it */
	int fd;
	uint64_t fd_off, fd_left, fd_ready;	/* pages up to fd_ready are known to be resident */
	struct body *body;
	int64_t body_left;		/* -1: chunked or until close */
	bool body_eof, pull_wait, woken;
	st_t pull_st;
	struct err pull_err;
	struct buf chunk;
	char frame[24];
	bool busy;			/* job is with a worker */
	struct job job;
	uint64_t ahead_off, ahead_len;
	struct job wake;
	atomic_bool wake_posted;
};

struct peer_key { unsigned char b[8]; unsigned n; };	/* n 0: not counted */

#define CONN_MAGIC 0x636f6e6e
struct conn {
	unsigned magic;
	struct shard *sh;
	struct conn *prev, *next, *next_later;
	int fd;
	struct event ev, timer;
	int64_t deadline, armed;	/* monotonic us; 0: none */
	enum conn_wait wait;
	uint64_t window_mark;		/* bytes moved when the present window began */
	uint64_t got, put;		/* bytes of request bodies, bytes sent */
	enum conn_in in;
	struct h1_scan scan;
	struct h1_chunk chunk;
	int64_t body_left;
	uint64_t body_sum, discarded;
	char *p;			/* bytes read but not used: in the shard's scratch or in rest */
	size_t n;
	struct buf rest;
	struct xreq *x;
	unsigned cont_left;		/* of "100 Continue" still to be sent */
	bool readable, writable, rdhup, eof;
	bool dead, running, again, is_later, closed;
	bool paused, discard, expect;	/* expect: the client waits for "100 Continue" */
	bool keep;			/* the connection may live on after this reply */
	bool last;			/* the client itself asked to close after this reply */
	bool dirty;			/* it may still be sending: close with care */
	bool refused;
	char peer[INET6_ADDRSTRLEN];
	struct peer_key key;
};

static inline void count(_Atomic uint64_t *c, uint64_t n)
{
	/* One writer each: a plain add that readers may look at. */
	atomic_store_explicit(c, atomic_load_explicit(c, memory_order_relaxed) + n, memory_order_relaxed);
}

/* http.c */
void shard_submit(struct shard *sh, struct job *j);		/* never fails: what the pool refuses is tried again */
void shard_job_done(struct shard *sh);
void shard_conn_gone(struct shard *sh, struct conn *c);		/* last thing before ${c} is freed */

/* h1_conn.c */
struct conn *conn_new(struct shard *sh, int fd, const struct sockaddr_storage *ss, bool refuse);
void conn_run(struct conn *c);
void conn_kick(struct conn *c);			/* conn_run() soon; from callbacks */
void conn_kill(struct conn *c);			/* may free */
void conn_drain(struct conn *c);		/* may free */
void conn_job_over(struct conn *c);		/* a worker gave c->x back while it was ending */
void xreq_free(struct xreq *x);
void xreq_recycle(struct xreq *x);

/* h1_out.c */
enum flush { FLUSH_DONE, FLUSH_BLOCKED, FLUSH_WAIT, FLUSH_YIELD, FLUSH_DEAD };
enum flush out_flush(struct conn *c, struct xreq *x);
/* Let go of the reply's sources. False: a worker has them; conn_job_over() will be called. */
bool out_release(struct xreq *x);
void out_init(struct xreq *x);
void out_problem(struct xreq *x, int status, const char *text);	/* net's own answers: 400, 408, 413, ... */

#endif
