#ifndef NET_CLIENT_H
#define NET_CLIENT_H

/* Outgoing HTTP by libcurl, blocking: worker threads and the command line. */

#include "base/buf.h"

struct client;			/* keeps connections; one thread at a time */

struct client_res {
	int status;
	struct buf body;	/* up to the limit given; empty when a sink took it */
	struct buf head;	/* raw fields, "Name: value\r\n" */
};

struct client_call {
	const char *method, *url;
	const char *const *fields;	/* "Name: value", NULL-terminated; may be NULL */
	struct slice body;		/* sent as is, or: */
	int body_fd;			/* >= 0: sent from body_off, body_len bytes */
	uint64_t body_off, body_len;
	size_t res_max;			/* ceiling of res->body, 0 = 64 MB */
	st_t (*sink)(void *ctx, const void *p, size_t n, struct err *e);	/* success bodies (2xx) go here when set */
	void (*progress)(void *ctx, uint64_t sent, uint64_t got);
	void *ctx;
	long timeout_ms;		/* whole call, 0 = none but a 60 s stall limit */
	const char *unix_path;		/* connect to this socket; the URL gives path and Host only */
	bool public_only;		/* refuse loopback, private and link-local addresses, after name look-up: for URLs that others chose */
};
#define CLIENT_CALL_INIT { .method = "GET", .body_fd = -1 }

st_t client_new(struct client **out, struct err *e);
void client_free(struct client *c);
/* ST_OK for any HTTP answer; otherwise the transport failed. ${res} is initialised here; release it in both cases. */
st_t client_do(struct client *c, const struct client_call *call, struct client_res *res, struct err *e);
void client_res_release(struct client_res *res);
struct slice client_res_field(const struct client_res *res, const char *name);

#endif
