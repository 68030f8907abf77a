#ifndef SERVER_ROUTE_H
#define SERVER_ROUTE_H

/* The table of routes: one row each. Patterns: "/api/records/{id}", "{*rest}" at the end takes everything. */

#include "server/req.h"

enum {
	ROUTE_LOOP = 1,		/* the handler is quick: run on the loop */
	ROUTE_BODY = 2,		/* wants its body whole, up to body_max */
	ROUTE_STREAM = 4,	/* handler runs on the loop at the head and takes the body itself */
	ROUTE_WRITE = 8,	/* changes something: cross-site rules, and counted so */
	ROUTE_LOGIN = 16,	/* needs a principal: 401 without one */
	ROUTE_ADMIN = 32,	/* needs role admin */
	ROUTE_OAI = 64,		/* errors of the frame are not problem+json but plain text */
};

struct route {
	enum http_method method;
	const char *pattern;
	handler_fn *fn;
	unsigned flags;
	size_t body_max;	/* 0: 1 MB */
	const char *summary;	/* for /api/openapi.json; NULL: left out */
	const char *tag;
};

/* NULL-pattern-terminated tables of the modules, in the order they are tried. */
extern const struct route *const route_tables[];

enum route_result { ROUTE_FOUND, ROUTE_NO_PATH, ROUTE_NO_METHOD };
/* Fills r->route and r->param. ${allow}: bit set of methods for 405 and OPTIONS. HEAD falls back to GET. */
enum route_result route_find(struct req *r, unsigned *allow);
void route_allow_text(unsigned allow, char out[80]);

/* Tables. */
extern const struct route routes_openapi[];
extern const struct route routes_seen[];
extern const struct route routes_ops[];		/* healthz, readyz, metrics, openapi */
extern const struct route routes_record[];	/* records, drafts, versions */
extern const struct route routes_archive[];	/* many files at once */
extern const struct route routes_prefill[];	/* proposals for drafts */
extern const struct route routes_variables[];	/* what data measure */
extern const struct route routes_file[];
extern const struct route routes_export[];
extern const struct route routes_signpost[];
extern const struct route routes_events[];
extern const struct route routes_upload[];
extern const struct route routes_search[];
extern const struct route routes_identifier[];	/* what identifiers name */
extern const struct route routes_vocab[];	/* vocabularies */
extern const struct route routes_form[];		/* /schemas/NAME/form */
extern const struct route routes_schema[];	/* added metadata schemas */
extern const struct route routes_misc[];	/* communities, users, tokens, jobs, events */
extern const struct route routes_oai[];
extern const struct route routes_page[];		/* first page, search */
extern const struct route routes_landing[];	/* landing pages, content negotiation */
extern const struct route routes_static[];

#endif
