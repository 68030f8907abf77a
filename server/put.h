#ifndef SERVER_PUT_H
#define SERVER_PUT_H

/*
 * A request body on its way into an upload. The loop fills one buffer while a worker hashes and writes the other, so that memory per upload is
 * two buffers, whatever the file's size. A client that goes away leaves what came durable and resumable.
 */

#include "server/req.h"
#include "store/upload.h"

struct put_result {
	st_t st;
	struct err err;
	struct cat_file file;		/* when the upload ended with this request */
	uint64_t offset;		/* bytes of the upload that are there now */
	bool ended;
};

struct put_spec;
/* Somebody else than an upload who takes the bytes. Worker threads, one call at a time. ${end} is called once after ${begin}, whatever happened. */
struct put_sink {
	st_t (*begin)(struct put_spec *, struct err *);
	st_t (*write)(struct put_spec *, const void *p, size_t n, struct err *);
	st_t (*end)(struct put_spec *, bool whole, struct err *);
};

struct put_spec {			/* all in the request's arena */
	const char *draft;		/* a new upload of this draft and path ... */
	struct slice path;
	int64_t size;			/* declared; -1 unknown */
	const char *sha256;		/* hex, NULL when not declared, "" when what was declared is broken */
	const char *resume;		/* ... or go on with this one, at ... */
	uint64_t offset;		/* ... exactly this place, else ST_CONFLICT */
	bool (*check)(struct req *, struct put_spec *);	/* worker, first: false when it made the reply already; NULL: checked at the head */
	bool ends;			/* the body's end is the file's; else the file ends when ${size} bytes are there */
	const struct put_sink *sink;	/* NULL: an upload */
	void (*answer)(struct req *, const struct put_result *);	/* loop: make the reply */
	void *ctx;
};

/* Loop thread, at the head (ROUTE_STREAM). ${spec} lives as long as the request. The request is finished here. */
void put_start(struct req *r, struct put_spec *spec);
/* "sha-256=:BASE64:" of Repr-Digest or Content-Digest (RFC 9530) as hex; NULL, or "" when broken. */
const char *put_declared_digest(struct req *r);

#endif
