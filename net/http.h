#ifndef NET_HTTP_H
#define NET_HTTP_H

/*
 * HTTP/1.1 server side (RFC 9112): strict parser, bodies streamed both ways with back-pressure, pipelining-safe. Knows nothing
 * of records. Everything about one connection happens on its loop; http_* calls below may be made from the request's loop only,
 * but for http_wake(). Threads elsewhere use loop_post().
 */

#include <netinet/in.h>

#include "base/arena.h"
#include "base/buf.h"
#include "net/loop.h"
#include "net/pool.h"

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_OPTIONS, HTTP_OTHER };

struct http_field { struct slice name, value; };	/* name as sent; compare with slice_ieq_str; value trimmed */

/* A reply body, pulled. ${pull} puts at least one byte into ${chunk} (ceiling 256 kB) and returns ST_OK; ST_EOF at the end (chunk may
 * still hold a last piece); ST_AGAIN: nothing now, http_wake() will be called; anything else cuts the connection so that the client
 * sees it is incomplete. ${stop} is called exactly once, at the end or when the client went away; it frees. ${blocking}: pull and
 * stop are called in the worker pool, never two at once. */
struct body {
	st_t (*pull)(struct body *, struct buf *chunk, struct err *e);
	void (*stop)(struct body *);
	bool blocking;
};

struct http_req {
	/* Set before on_head; borrowed until the reply is done. */
	enum http_method method;
	struct slice method_name;
	struct slice target;		/* as sent, origin form (an absolute form is reduced to it) */
	struct slice path, query;	/* raw halves of target; query without '?', p NULL when there is none */
	struct slice host;		/* Host field, lower case, port kept */
	const struct http_field *fields;
	size_t n_fields;
	bool has_body;			/* a body follows (length > 0 or chunked) */
	int64_t body_len;		/* declared; -1 when chunked */
	bool minor;			/* HTTP/1.1 (else 1.0) */
	char peer[INET6_ADDRSTRLEN];
	struct loop *loop;
	struct arena *arena;		/* freed once with the request */
	uint64_t serial;		/* request id for the log */

	void *user;			/* the server's */
	/* Set by on_head when it wants the body (else it is read and thrown away up to 1 MB, past that the connection closes).
	 * on_body: ST_OK, go on; ST_AGAIN, taken, but send no more until http_body_resume(); other: the reply decides, the rest is thrown away.
	 * ${p} is borrowed during the call, up to 256 kB. on_end: the whole body came (also called when there is none); after ST_AGAIN it
	 * waits for the resume too. A body that breaks off, stalls (408), is past body_max (413) or is not well formed (400) has no on_end:
	 * net/ answers or closes, and handler.on_over follows. */
	st_t (*on_body)(struct http_req *, const void *p, size_t n);
	void (*on_end)(struct http_req *);
	uint64_t body_max;		/* default: the server's; past it 413 and close */
};

struct http_handler {
	void *ctx;
	/* The head is complete. Either reply now or later, or set on_body/on_end and reply there. "100 Continue" is sent when
	 * the first body byte is wanted, that is after on_head returned without a reply and with on_body set. */
	void (*on_head)(void *ctx, struct http_req *);
	/* Once for every on_head: the request is over, its reply sent whole (net's own answers included) or cut (${gone}). Free what hangs
	 * on req->user; the arena goes next. No call with this req may be made or will be made after. It comes never from within an
	 * http_* call, but may follow on the same loop turn. A client that closed only its sending side is not gone: who waits
	 * without sending (a silent event stream) learns of a closed connection by sending something now and then. */
	void (*on_over)(void *ctx, struct http_req *, bool gone);
};

struct http_limits {
	size_t head_max;		/* 32 kB: 431; request line past 16 kB: 414 */
	unsigned fields_max;		/* 100 */
	uint64_t body_max;		/* where on_head sets none */
	unsigned conns_max, conns_per_peer;	/* over: 503 with Retry-After, then close */
	int head_ms;			/* from the first byte of a head to its last: 408 */
	int idle_ms;			/* without a request */
	int body_stall_ms, write_stall_ms;	/* each such time must bring (take) 512 bytes a second on average; time we make the client wait is free */
	unsigned pipeline_max;		/* requests of one connection answered before the others get their turn */
};
extern const struct http_limits http_limits_default;

struct http_server;
/* Listen on ${addr} ("127.0.0.1:8080", "[::1]:0"). With several loops they share the port (SO_REUSEPORT after one bind without it). ${pool} serves
 * blocking bodies and read-ahead. Call before the loops run. ${port}: the port taken; may be NULL. SIGPIPE is ignored from here on.
 * "unix:/path": a local socket of mode 0600 on the first loop; req->peer is "uid:N" of who connected. ST_TOOBIG: the path is past 107 bytes. */
st_t http_server_new(struct http_server **out, struct loop **loops, unsigned n_loops, struct pool *pool, const char *addr,
    const struct http_handler *h, const struct http_limits *lim, int *port, struct err *e);
/* Stop accepting, let running requests finish up to ${ms}, then close; ${done} on the first loop. Any thread; later calls do nothing. */
void http_server_drain(struct http_server *s, int ms, void (*done)(void *), void *arg);
/* After the loops have ended; before pool_free() and loop_free(). What still runs ends here, with on_over(gone) in the calling thread. */
void http_server_free(struct http_server *s);

struct slice http_get(const struct http_req *r, const char *name);	/* first such field; p NULL when absent */
unsigned http_count(const struct http_req *r, const char *name);

/* The reply. Header text is built by the caller: http_add() refuses CR, LF and NUL by dropping the field (and logging it).
 * Date, Content-Length/Transfer-Encoding, Connection and Server are written here. HEAD and 304/204 send no body. One reply a request. */
void http_start(struct http_req *r, int status);
void http_add(struct http_req *r, const char *name, struct slice value);
void http_addf(struct http_req *r, const char *name, const char *fmt, ...) PRINTF_LIKE(3, 4);
void http_send(struct http_req *r, struct slice bytes);				/* copied */
void http_send_buf(struct http_req *r, struct buf *b);				/* contents taken, no copy of large ones */
void http_send_fd(struct http_req *r, int fd, uint64_t off, uint64_t len);	/* fd taken; sendfile, read ahead in the pool when not resident */
void http_send_body(struct http_req *r, struct body *b, int64_t len);		/* taken; len -1: chunked (1.0: until close) */
void http_wake(struct http_req *r);			/* after ST_AGAIN from pull; this one from any thread while the request lives */
void http_body_resume(struct http_req *r);		/* after ST_AGAIN from on_body */
void http_close_after(struct http_req *r);		/* no keep-alive */

/* Counters for /metrics. */
struct http_counts { uint64_t conns, conns_now, requests, bytes_in, bytes_out, refused, bad; };
void http_server_counts(struct http_server *s, struct http_counts *out);

#endif
