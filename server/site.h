#ifndef SERVER_SITE_H
#define SERVER_SITE_H

/* The server and the repositories it serves, chosen by host name. Set up before the loops run; read-only after, but for what the parts lock themselves. */

#include <stdatomic.h>

#include "indexer/follow.h"
#include "net/helper.h"
#include "net/http.h"
#include "store/repo.h"

struct events;
struct runner;
struct oai;
struct cache;
struct door;

struct site {
	struct server *srv;
	struct repo *repo;
	struct index *ix;
	struct follow *follow;
	struct events *events;		/* server/events.c */
	struct runner *runner;		/* server/runner.c: jobs and timers */
	struct oai *oai;		/* server/oai.c: page cache */
	struct door *door;		/* of admin.sock */
	struct http_server *admin;
	struct cache *cache;		/* composed record JSON */
	char *base;			/* public base URL without a slash at the end; set once listening when the settings give none */
	char *host;			/* "repo.example.ac.jp" or "127.0.0.1:8080", lower case: matched against Host */
	char *oai_prefix;		/* "oai:repo.example.ac.jp:" */
	const char *name, *email;	/* borrowed from the settings */
};

struct server {
	struct site *sites;
	size_t n_sites;
	struct schema *schema;
	struct pool *pool;
	struct loop **loops;
	unsigned n_loops;
	struct http_server *http;
	struct door *door;
	struct helpers *helpers;
	atomic_bool ready, stopping;
	int64_t started;
	_Atomic uint64_t answers[6];	/* by hundreds of the status */
};

/* The repository for a Host field; with a single one, that. NULL: 421. */
struct site *site_find(struct server *s, struct slice host);

#endif
