#include "server/daemon.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/place.h"
#include "base/vec.h"
#include "server/cache.h"
#include "server/events.h"
#include "server/oai.h"
#include "server/req.h"
#include "server/runner.h"
#include "store/recover.h"

#define CACHE_BYTES ((size_t)16 << 20)
#define OAI_CACHE_BYTES ((size_t)32 << 20)	/* filled by harvesters only */
#define DRAIN_MS 10000
#define HELPERS_MAX 2
#define QUEUE_MAX 4096
#define DATA_MAX 4096		/* repositories in one process */

struct running {
	struct server srv;
	pthread_t threads[64];
	unsigned n_threads;
	pthread_mutex_t lock;
	pthread_cond_t drained_cond;
	bool drained;
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* "a.example.:80" is "a.example": the dot of a full name and the default ports say nothing more. */
static struct slice plain_host(struct slice h)
{
	if (slice_ends(h, ":80"))
		h.n -= 3;
	else if (slice_ends(h, ":443"))
		h.n -= 4;
	if (slice_ends(h, "."))
		h.n--;
	return h;
}

struct site *site_find(struct server *s, struct slice host)
{
	size_t i;

	if (s->n_sites == 1)
		return &s->sites[0];
	for (i = 0; i < s->n_sites; i++)
		if (slice_ieq_str(host, s->sites[i].host))
			return &s->sites[i];
	host = plain_host(host);
	for (i = 0; i < s->n_sites; i++) {
		struct slice own = plain_host(slice_str(s->sites[i].host));

		if (own.n == host.n && strncasecmp(own.p, host.p, own.n) == 0)
			return &s->sites[i];
	}
	return NULL;
}

/* ---- Repositories. ---- */

typedef VEC(char *) paths;

static bool is_repo(const char *dir)
{
	char *conf = fs_join(dir, "azekura.conf");
	bool is = conf != NULL && fs_exists(conf);

	free(conf);
	return is;
}

static st_t add_sub(void *ctx, const char *path, const char *rel, enum fs_kind kind, uint64_t size, struct err *e)
{
	paths *list = ctx;
	char *conf;

	(void)e;
	(void)size;
	if (kind != FS_FILE || list->n == DATA_MAX)
		return ST_OK;
	/* "NAME/azekura.conf" exactly one level down. */
	conf = strchr(rel, '/');
	if (conf == NULL || strcmp(conf, "/azekura.conf") != 0)
		return ST_OK;
	return VEC_PUSH(list, slice_dup(slice_of(path, strlen(path) - strlen("/azekura.conf"))));
}

static st_t find_repos(const struct daemon_opts *o, paths *list, struct err *e)
{
	st_t st = ST_OK;
	size_t i;

	for (i = 0; st == ST_OK && i < o->n_data; i++) {
		size_t before = list->n;

		if (is_repo(o->data[i]))
			st = VEC_PUSH(list, slice_dup(slice_str(o->data[i])));
		else if (fs_exists(o->data[i]))
			st = fs_walk(o->data[i], add_sub, list, e);
		if (st == ST_OK && list->n == before)
			st = err_set(e, ST_ABSENT, "'%s' is no repository: make one with 'azekura init %s'", o->data[i], o->data[i]);
	}
	return st;
}

static st_t open_site(struct server *s, struct site *site, const char *dir, struct err *e)
{
	struct repo_opts ro = { 0 };
	st_t st;

	site->srv = s;
	ro.index_specs = index_specs(&ro.n_index_specs);
	st = repo_open(&site->repo, dir, s->schema, &ro, e);
	if (st != ST_OK)
		return st;		/* it names the repository itself */
	st = recover_catalog_there(site->repo, e);
	if (st == ST_OK)
		st = repo_settings(site->repo->conf, e);
	if (st == ST_OK)
		st = index_open(&site->ix, site->repo, e);
	if (st != ST_OK)
		return err_wrap(e, "repository '%s'", dir);
	site->name = conf_text(site->repo->conf, "name");
	site->email = conf_text(site->repo->conf, "email");
	site->cache = cache_new(CACHE_BYTES);
	site->oai = oai_new(OAI_CACHE_BYTES);
	return site->cache == NULL || site->oai == NULL ? ST_NOMEM : ST_OK;
}

static st_t open_sites(struct server *s, const struct daemon_opts *o, struct err *e)
{
	paths list = VEC_INIT;
	st_t st = find_repos(o, &list, e);
	size_t i;

	if (st == ST_OK) {
		s->sites = calloc(list.n, sizeof(*s->sites));
		if (s->sites == NULL)
			st = ST_NOMEM;
	}
	for (i = 0; st == ST_OK && i < list.n; i++) {
		s->n_sites++;
		st = open_site(s, &s->sites[i], list.v[i], e);
	}
	for (i = 0; i < list.n; i++)
		free(list.v[i]);
	VEC_RELEASE(&list);
	return st;
}

/* What links are built from is the set address, never the Host field of a request (G6). */
static st_t name_site(struct site *site, const char *listen, int port, struct err *e)
{
	const char *url = conf_text(site->repo->conf, "url"), *oai = conf_text(site->repo->conf, "oai-id");
	const char *colon = strrchr(listen, ':');
	struct buf b = BUF_INIT(4096);
	char *p;

	if (url[0] != '\0') {
		buf_adds(&b, url);
		while (b.n > 0 && b.p[b.n - 1] == '/')
			b.p[--b.n] = '\0';
	} else {
		buf_addf(&b, "http://%.*s:%d", colon == NULL ? (int)strlen(listen) : (int)(colon - listen), listen, port);
		log_warn("start", "no public address is set: links say %s; set 'url' in %s/azekura.conf", b.p, site->repo->dir);
	}
	site->base = buf_take(&b, NULL);
	if (site->base == NULL || strstr(site->base, "://") == NULL)
		return err_set(e, ST_INVALID, "'%s' is no web address", url);
	site->host = slice_dup(slice_str(strstr(site->base, "://") + 3));
	for (p = site->host; p != NULL && *p != '\0'; p++) {
		if (*p == '/') {
			*p = '\0';
			break;
		}
		*p = lower(*p);
	}
	buf_addf(&b, "oai:%s:", oai);
	site->oai_prefix = buf_take(&b, NULL);
	return site->host == NULL || site->oai_prefix == NULL ? ST_NOMEM : ST_OK;
}

/* ---- Start. ---- */

static st_t start_parts(struct server *s, const struct daemon_opts *o, struct err *e)
{
	char *dir = place_schema(), *helper = NULL;
	st_t st;

	if (dir == NULL)
		return err_set(e, ST_ABSENT, "the folder 'schema' was not found: set AZEKURA_SCHEMA");
	st = schema_load(&s->schema, dir, e);
	free(dir);
	if (st == ST_OK && (s->pool = pool_new(o->threads, QUEUE_MAX, e)) == NULL)
		st = e->st;
	if (st == ST_OK)
		st = open_sites(s, o, e);
	if (st == ST_OK && o->extract) {
		helper = place_program("azekura-extract");
		if (helper == NULL)
			log_warn("start", "azekura-extract was not found: files are stored, but not read");
		else
			st = helpers_new(&s->helpers, helper, HELPERS_MAX, e);
	}
	free(helper);
	return st;
}

static st_t start_loops(struct server *s, const struct daemon_opts *o, const char *listen, int *port, struct err *e)
{
	struct http_limits lim = http_limits_default;
	struct http_handler h;
	unsigned i;
	st_t st = ST_OK;

	s->loops = calloc(o->loops, sizeof(*s->loops));
	if (s->loops == NULL)
		return ST_NOMEM;
	for (i = 0; st == ST_OK && i < o->loops; i++) {
		st = loop_new(&s->loops[i], e);
		s->n_loops++;
	}
	if (st == ST_OK && (s->door = calloc(1, sizeof(*s->door))) == NULL)
		st = ST_NOMEM;
	if (st == ST_OK) {
		s->door->srv = s;
		req_handler(s->door, &h);
	}
	if (st == ST_OK)
		st = http_server_new(&s->http, s->loops, s->n_loops, s->pool, listen, &h, &lim, port, e);
	return st;
}

/* Administration while the server has the folder (DESIGN 4). */
static st_t start_admin(struct server *s, struct site *site, struct err *e)
{
	struct http_limits lim = http_limits_default;
	char *sock = fs_join(site->repo->dir, "admin.sock");
	struct buf addr = BUF_INIT(4096);
	struct http_handler h;
	st_t st = ST_NOMEM;

	site->door = calloc(1, sizeof(*site->door));
	if (sock != NULL && site->door != NULL && buf_addf(&addr, "unix:%s", sock) == ST_OK) {
		site->door->srv = s;
		site->door->admin = site;
		req_handler(site->door, &h);
		st = http_server_new(&site->admin, s->loops, 1, s->pool, addr.p, &h, &lim, NULL, e);
		/* A folder deep down: the path of a socket has its limit. Serving goes on without it. */
		if (st == ST_TOOBIG) {
			log_warn("start", "no admin.sock: %s", e->text);
			st = ST_OK;
		}
	}
	buf_release(&addr);
	free(sock);
	return st;
}

st_t daemon_start(struct server **out, const struct daemon_opts *given, int *port, struct err *e)
{
	struct running *run = calloc(1, sizeof(*run));
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	struct daemon_opts o = *given;
	struct server *s;
	const char *listen;
	size_t i;
	st_t st;

	*out = NULL;
	if (run == NULL)
		return ST_NOMEM;
	pthread_mutex_init(&run->lock, NULL);
	pthread_cond_init(&run->drained_cond, NULL);
	s = &run->srv;
	s->started = clock_now();
	if (o.loops == 0)
		o.loops = cores < 1 ? 1 : cores > 64 ? 64 : (unsigned)cores;
	if (o.threads == 0)
		o.threads = 64;
	st = start_parts(s, &o, e);
	if (st != ST_OK)
		goto fail;
	listen = o.listen != NULL ? o.listen : conf_text(s->sites[0].repo->conf, "listen");
	st = start_loops(s, &o, listen, port, e);
	for (i = 0; st == ST_OK && i < s->n_sites; i++) {
		st = name_site(&s->sites[i], listen, *port, e);
		if (st == ST_OK)
			st = start_admin(s, &s->sites[i], e);
		if (st == ST_OK)
			st = follow_start(&s->sites[i].follow, s->sites[i].repo, s->sites[i].ix, s->helpers, e);
		if (st == ST_OK)
			st = events_new(&s->sites[i].events, s->sites[i].repo, e);
		if (st == ST_OK)
			st = runner_start(&s->sites[i].runner, &s->sites[i], e);
	}
	if (st != ST_OK)
		goto fail;
	*out = s;
	return ST_OK;
fail:
	daemon_stop(s);
	return st;
}

static void *loop_main(void *p)
{
	loop_run(p);
	return NULL;
}

static void drained(void *p)
{
	struct running *run = p;

	pthread_mutex_lock(&run->lock);
	run->drained = true;
	pthread_cond_signal(&run->drained_cond);
	pthread_mutex_unlock(&run->lock);
}

struct drain_job { struct job job; struct running *run; };

static void drain_on_loop(struct job *j)
{
	struct running *run = ((struct drain_job *)j)->run;

	http_server_drain(run->srv.http, DRAIN_MS, drained, run);
}

void daemon_serve(struct server *s)
{
	struct running *run = (struct running *)s;
	struct drain_job drain = { .job.done = drain_on_loop, .run = run };
	sigset_t set;
	unsigned i;
	int sig;

	for (i = 0; i < s->n_loops; i++)
		if (pthread_create(&run->threads[run->n_threads], NULL, loop_main, s->loops[i]) == 0)
			run->n_threads++;
	atomic_store(&s->ready, true);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	while (sigwait(&set, &sig) != 0)
		;
	log_info("stop", "signal %d: finishing running requests", sig);
	atomic_store(&s->stopping, true);
	loop_post(s->loops[0], &drain.job);
	pthread_mutex_lock(&run->lock);
	while (!run->drained)
		pthread_cond_wait(&run->drained_cond, &run->lock);
	pthread_mutex_unlock(&run->lock);
	for (i = 0; i < s->n_loops; i++)
		loop_stop(s->loops[i]);
	for (i = 0; i < run->n_threads; i++)
		pthread_join(run->threads[i], NULL);
}

void daemon_stop(struct server *s)
{
	struct running *run = (struct running *)s;
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->n_sites; i++) {
		runner_stop(s->sites[i].runner);
		follow_stop(s->sites[i].follow);
	}
	/* Connections first: their workers still have a pool to answer through. */
	http_server_free(s->http);
	for (i = 0; i < s->n_sites; i++)
		http_server_free(s->sites[i].admin);
	pool_free(s->pool);
	helpers_free(s->helpers);
	for (i = 0; i < s->n_loops; i++)
		loop_free(s->loops[i]);
	free(s->loops);
	for (i = 0; i < s->n_sites; i++) {
		struct site *site = &s->sites[i];

		events_free(site->events);
		cache_free(site->cache);
		oai_free(site->oai);
		index_close(site->ix);
		repo_close(site->repo);
		free(site->door);
		free(site->base);
		free(site->host);
		free(site->oai_prefix);
	}
	free(s->sites);
	free(s->door);
	schema_drop(s->schema);
	pthread_mutex_destroy(&run->lock);
	pthread_cond_destroy(&run->drained_cond);
	free(run);
}
