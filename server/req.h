#ifndef SERVER_REQ_H
#define SERVER_REQ_H

/*
 * One request, from head to reply. A handler runs on the loop (ROUTE_LOOP: only what is quick, LMDB point reads included) or in a worker;
 * either way it fills the reply through the functions below and returns. The frame sends it. A request may die while its
 * job runs: its memory then lives until the job is done, and the reply is dropped.
 */

#include "base/json.h"
#include "schema/access.h"
#include "server/site.h"

#define REQ_MAGIC 0x52455131u
#define PARAMS_MAX 4
#define REPLY_FIELDS_MAX 24

struct route;
struct req;
typedef void handler_fn(struct req *);

struct reply {
	int status;			/* 0: none yet */
	struct http_field fields[REPLY_FIELDS_MAX];
	unsigned n;
	enum { REPLY_NONE, REPLY_BUF, REPLY_FD, REPLY_BODY, REPLY_SHARED } kind;
	struct buf buf;
	struct slice shared;		/* bytes that outlive the request (static text, or an arena's) */
	int fd;
	uint64_t off, len;
	struct body *body;
	int64_t body_len;
	bool compress;			/* text that may go gzipped */
	bool close;
};

struct req {
	uint32_t magic;
	struct http_req *h;		/* loop thread only, NULL once the client is gone */
	struct server *srv;
	struct site *site;
	const struct route *route;
	struct arena *arena;		/* the request's own: outlives h */
	enum http_method method;
	struct slice path, query;	/* raw */
	const struct http_field *fields;
	size_t n_fields;
	struct slice param[PARAMS_MAX];	/* what {..} of the route matched, decoded; {*..} too */
	bool param_slash;		/* {*..}: came with raw slashes */
	struct principal who;
	st_t auth_st;			/* ST_UNAUTH: a token was sent and is not good */
	const char *lang;		/* "en" or "ja": the reader's */
	struct buf body;		/* ROUTE_BODY: the whole of it */
	struct reply reply;
	struct job job;			/* the frame's */
	bool in_worker, gone, sent;
	bool on_loop;			/* a quick handler is running: who called it sends the reply */
	void (*abandon)(struct req *);	/* set by streaming handlers: the client went away while no job ran; must end in req_dispose() */
	int64_t started_us;
	struct loop *loop;		/* whose request this is, also when the client is gone */
	void *own, *stream;		/* the handler's, and that of what takes its body; freed through arena_defer */
};

/* ---- Reading. ---- */
struct slice req_field(const struct req *r, const char *name);		/* p NULL when absent */
/* First value of a query argument, decoded, in the arena; p NULL when absent; a bad escape reads as absent. */
struct slice req_arg(struct req *r, const char *name);
/* All values of an argument; returns how many were put. */
size_t req_args(struct req *r, const char *name, struct slice *out, size_t max);
int64_t req_arg_int(struct req *r, const char *name, int64_t def, int64_t min, int64_t max);	/* clamped */
/* The body as a JSON object or array; on failure the problem is already the reply and NULL comes back. Owned by the arena (decref'd with it). */
json_t *req_json(struct req *r);
bool req_empty_body(const struct req *r);
const char *req_str(struct req *r, const char *fmt, ...) PRINTF_LIKE(2, 3);	/* arena text; never NULL ("" without memory) */
const char *req_zstr(struct req *r, struct slice s);

/* ---- Answering: one of these, once. ---- */
void reply_add(struct req *r, const char *name, struct slice value);	/* value copied into the arena */
void reply_addf(struct req *r, const char *name, const char *fmt, ...) PRINTF_LIKE(3, 4);
void reply_json(struct req *r, int status, json_t *j /* taken */);
void reply_buf(struct req *r, int status, const char *type, struct buf *b /* contents taken */);
void reply_text(struct req *r, int status, const char *type, struct slice text /* copied */);
void reply_static(struct req *r, int status, const char *type, struct slice text /* lives for good */);
void reply_fd(struct req *r, int status, const char *type, int fd /* taken */, uint64_t off, uint64_t len);
void reply_body(struct req *r, int status, const char *type, struct body *b /* taken */, int64_t len);
void reply_empty(struct req *r, int status);
void reply_redirect(struct req *r, int status, const char *url);
void reply_options(struct req *r, const char *methods);	/* 204: what the address answers, for browsers of other sites too */
/* RFC 9457. The status text is chosen from ${st}; ${e} may be NULL. problem_findings lists per-field errors. */
void problem_send(struct req *r, st_t st, const struct err *e);
void problem_status(struct req *r, int status, const char *detail);
struct findings;
void problem_findings(struct req *r, const struct findings *f);
int problem_code(st_t st);

/* ---- The frame (req.c, daemon.c). ---- */
/* Where requests come in: the port of all sites, or one site's admin.sock, whose peer is the program's own user. */
struct door { struct server *srv; struct site *admin; };
void req_handler(struct door *door, struct http_handler *out);
/* Send what reply holds: loop thread. Handlers with a body of their own (ROUTE_STREAM) call it when they are done. */
void req_finish(struct req *r);
/* Run ${work} in a worker with r held, then ${done} on its loop (NULL: req_finish). 503 is the reply when the pool is full: the request may be over on return. */
void req_work(struct req *r, void (*work)(struct req *), void (*done)(struct req *));
void req_dispose(struct req *r);		/* of a request whose client is gone and whose last job is done */
bool req_own_head(struct req *r);		/* copy what lies in the connection, so that a job may look at it */

#endif
