#include "net/http_int.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/map.h"

#define BACKLOG		1024
#define ACCEPT_TURN	64	/* connections taken before the open ones get their turn */
#define RETRY_MS	5	/* until a job the pool refused is offered again */

const struct http_limits http_limits_default = {
	.head_max = 32768, .fields_max = 100, .body_max = 16 << 20,
	.conns_max = 12000, .conns_per_peer = 4000,
	.head_ms = 20000, .idle_ms = 75000, .body_stall_ms = 30000, .write_stall_ms = 30000,
	.pipeline_max = 32
};

/* --- Jobs --- */

static void job_now(struct job *j)
{
	j->work(j);
	j->done(j);
}

static void queue_offer(void *arg)
{
	struct shard *sh = arg;
	struct job *j;

	while ((j = sh->queue) != NULL) {
		struct job *next = j->next;

		if (pool_submit(sh->srv->pool, j) != ST_OK)
			break;
		sh->queue = next;
	}
	if (sh->queue == NULL)
		sh->queue_last = &sh->queue;
	else
		timer_set(sh->queue_again, RETRY_MS);
}

/* At most one job a connection waits here, so connection limits bound the queue. */
void shard_submit(struct shard *sh, struct job *j)
{
	sh->n_jobs++;
	if (sh->queue == NULL && pool_submit(sh->srv->pool, j) == ST_OK)
		return;
	j->next = NULL;
	*sh->queue_last = j;
	sh->queue_last = &j->next;
	timer_set(sh->queue_again, RETRY_MS);
}

void shard_job_done(struct shard *sh)
{
	sh->n_jobs--;
}

static void on_later(evutil_socket_t fd, short what, void *arg)
{
	struct shard *sh = arg;
	struct conn *c = sh->later, *first_in = NULL, *next;

	(void)fd, (void)what;
	sh->later = NULL;
	/* The list is last in, first out; turn it round, so that the longest waiting comes first. */
	for (; c != NULL; c = next) {
		next = c->next_later;
		c->next_later = first_in;
		first_in = c;
	}
	for (c = first_in; c != NULL; c = next) {
		next = c->next_later;
		c->next_later = NULL;
		c->is_later = false;
		conn_run(c);	/* frees no connection but this one */
	}
}

/* --- Accepting --- */

/* An IPv6 customer has a /64 of addresses at least. */
static struct peer_key peer_key(const struct sockaddr_storage *ss)
{
	struct peer_key k = { 0 };

	if (ss->ss_family == AF_INET)
		memcpy(k.b, &((const struct sockaddr_in *)ss)->sin_addr, k.n = 4);
	else if (ss->ss_family == AF_INET6)
		memcpy(k.b, &((const struct sockaddr_in6 *)ss)->sin6_addr, k.n = 8);
	return k;
}

/* Count one more (+1) or one less (-1) connection of a peer. False: it has its share. */
static bool peer_count(struct http_server *s, const struct peer_key *key, int by)
{
	struct slice k = slice_of(key->b, key->n);
	uintptr_t have;
	bool ok = true;

	if (k.n == 0)
		return true;
	pthread_mutex_lock(&s->peers_lock);
	have = (uintptr_t)map_get(s->peers, k);
	if (by > 0 && have >= s->lim.conns_per_peer)
		ok = false;
	else if (have + (uintptr_t)by == 0)
		map_del(s->peers, k);
	else
		ok = map_put(s->peers, k, (void *)(have + (uintptr_t)by), NULL) == ST_OK;
	pthread_mutex_unlock(&s->peers_lock);
	return ok;
}

static void shard_check_drained(struct shard *sh)
{
	struct http_server *s = sh->srv;

	if (!sh->draining || sh->drained || sh->n_conns > 0 || s->freeing)
		return;
	sh->drained = true;
	timer_set(sh->drain_timer, -1);
	if (atomic_fetch_sub(&s->undrained, 1) == 1)
		loop_post(s->shards[0].loop, &s->drained_job);
}

void shard_conn_gone(struct shard *sh, struct conn *c)
{
	if (c->refused) {
		sh->n_refused--;
	} else {
		atomic_fetch_sub(&sh->srv->conns_now, 1);
		peer_count(sh->srv, &c->key, -1);
	}
	shard_check_drained(sh);
}

static void shard_take(struct shard *sh, int fd, const struct sockaddr_storage *ss)
{
	struct http_server *s = sh->srv;
	struct peer_key key = peer_key(ss);
	struct conn *c;
	bool refuse;

	count(&sh->conns_sum, 1);
	refuse = atomic_fetch_add(&s->conns_now, 1) >= s->lim.conns_max || !peer_count(s, &key, 1);
	if (refuse) {
		atomic_fetch_sub(&s->conns_now, 1);
		count(&sh->refused, 1);
		if (sh->n_refused >= REFUSED_MAX) {
			close(fd);	/* no time for courtesy */
			return;
		}
	}
	c = conn_new(sh, fd, ss, refuse);
	if (c == NULL) {
		close(fd);
		if (!refuse) {
			atomic_fetch_sub(&s->conns_now, 1);
			peer_count(s, &key, -1);
		}
		return;
	}
	c->key = key;
	if (refuse)
		sh->n_refused++;
}

/* False: nothing more to take, or no descriptor to take it with. */
static bool accept_one(struct shard *sh)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t n = sizeof(ss);
	int fd = accept4(sh->fd, (struct sockaddr *)&ss, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0) {
		shard_take(sh, fd, &ss);
		return true;
	}
	if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
		log_warn("http", "cannot accept connections, trying again reason=\"%s\"", strerror(errno));
		event_del(&sh->accept);
		timer_set(sh->accept_again, 100);
		return false;
	}
	return errno == ECONNABORTED || errno == EINTR || errno == EPERM;
}

static void on_accept(evutil_socket_t fd, short what, void *arg)
{
	int i;

	(void)fd, (void)what;
	for (i = 0; i < ACCEPT_TURN && accept_one(arg); i++)
		;
}

static void on_accept_again(void *arg)
{
	struct shard *sh = arg;

	if (sh->fd >= 0)
		event_add(&sh->accept, NULL);
}

static void stop_listening(struct shard *sh)
{
	if (sh->fd < 0)
		return;
	event_del(&sh->accept);
	timer_set(sh->accept_again, -1);
	close(sh->fd);
	sh->fd = -1;
}

/* --- Listening --- */

static st_t addr_parse(const char *addr, struct sockaddr_storage *ss, socklen_t *n, struct err *e)
{
	struct sockaddr_in *in = (void *)ss;
	struct sockaddr_in6 *in6 = (void *)ss;
	const char *colon = strrchr(addr, ':');
	char host[INET6_ADDRSTRLEN + 2];
	uint64_t port;
	size_t len;

	memset(ss, 0, sizeof(*ss));
	if (colon == NULL || !slice_u64(slice_str(colon + 1), 65535, &port) || (len = (size_t)(colon - addr)) >= sizeof(host))
		return err_set(e, ST_INVALID, "'%s' is not of the form ADDRESS:PORT", addr);
	memcpy(host, addr, len);
	host[len] = '\0';
	if (len > 2 && host[0] == '[' && host[len - 1] == ']') {
		host[len - 1] = '\0';
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)port);
		*n = sizeof(*in6);
		if (inet_pton(AF_INET6, host + 1, &in6->sin6_addr) == 1)
			return ST_OK;
	} else {
		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t)port);
		*n = sizeof(*in);
		if (inet_pton(AF_INET, host, &in->sin_addr) == 1)
			return ST_OK;
	}
	return err_set(e, ST_INVALID, "'%s' is not of the form ADDRESS:PORT", addr);
}

/*
 * The first socket binds without SO_REUSEPORT, so that a second server on the same port fails instead of silently taking half
 * of the connections; the option is set afterwards, which lets our own other sockets join.
 */
static st_t listen_inet(struct http_server *s, const char *addr, int *port, struct err *e)
{
	struct sockaddr_storage ss;
	int one = 1, fd;
	socklen_t n;
	unsigned i;

	if (addr_parse(addr, &ss, &n, e) != ST_OK)
		return ST_INVALID;
	for (i = 0; i < s->n; i++) {
		fd = s->shards[i].fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (fd < 0)
			return err_sys(e, "cannot make a socket");
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		if (ss.ss_family == AF_INET6)
			setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
		if (i > 0)
			setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
		if (bind(fd, (struct sockaddr *)&ss, n) < 0)
			return err_sys(e, "cannot listen on '%s'", addr);
		if (i == 0 && s->n > 1)
			setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));	/* accepted sockets inherit it */
		if (i == 0 && getsockname(fd, (struct sockaddr *)&ss, &n) < 0)	/* the port taken, for the others */
			return err_sys(e, "cannot tell the port of '%s'", addr);
	}
	for (i = 0; i < s->n; i++)
		if (listen(s->shards[i].fd, BACKLOG) < 0)
			return err_sys(e, "cannot listen on '%s'", addr);
	if (port != NULL)
		*port = ntohs(ss.ss_family == AF_INET ? ((struct sockaddr_in *)&ss)->sin_port : ((struct sockaddr_in6 *)&ss)->sin6_port);
	return ST_OK;
}

/* One socket on the first loop, mode 0600 before anybody can connect. Who connects is named by user id. */
static st_t listen_unix(struct http_server *s, const char *path, int *port, struct err *e)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(un.sun_path))
		return err_set(e, ST_TOOBIG, "socket path '%s' is longer than %zu bytes", path, sizeof(un.sun_path) - 1);
	memcpy(un.sun_path, path, strlen(path));
	fd = s->shards[0].fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_sys(e, "cannot make a socket");
	unlink(path);
	if (bind(fd, (struct sockaddr *)&un, sizeof(un)) < 0 || chmod(path, 0600) < 0)
		return err_sys(e, "cannot make socket '%s'", path);
	s->unix_path = slice_dup(slice_str(path));
	if (s->unix_path == NULL)
		return err_set(e, ST_NOMEM, "%s", "");
	if (listen(fd, BACKLOG) < 0)
		return err_sys(e, "cannot listen on '%s'", path);
	if (port != NULL)
		*port = 0;
	return ST_OK;
}

/* --- Life and end --- */

static void on_drain_deadline(void *arg)
{
	struct shard *sh = arg;
	struct conn *c, *next;

	for (c = sh->conns; c != NULL; c = next) {
		next = c->next;
		conn_kill(c);
	}
}

static void shard_drain(struct job *j)
{
	struct shard *sh = (struct shard *)((char *)j - offsetof(struct shard, drain_job));
	struct conn *c, *next;

	if (sh->draining)
		return;
	/* Who has connected already is answered. */
	while (sh->fd >= 0 && accept_one(sh))
		;
	stop_listening(sh);
	sh->draining = true;
	for (c = sh->conns; c != NULL; c = next) {
		next = c->next;
		conn_drain(c);
	}
	timer_set(sh->drain_timer, sh->srv->drain_ms);
	shard_check_drained(sh);
}

static void server_drained(struct job *j)
{
	struct http_server *s = (struct http_server *)((char *)j - offsetof(struct http_server, drained_job));

	if (s->drained != NULL)
		s->drained(s->drained_arg);
}

void http_server_drain(struct http_server *s, int ms, void (*done)(void *), void *arg)
{
	unsigned i;

	if (atomic_exchange(&s->draining, true))
		return;
	s->drain_ms = ms;
	s->drained = done;
	s->drained_arg = arg;
	s->drained_job = (struct job){ .done = server_drained };
	for (i = 0; i < s->n; i++) {
		s->shards[i].drain_job = (struct job){ .done = shard_drain };
		loop_post(s->shards[i].loop, &s->shards[i].drain_job);
	}
}

static st_t shard_init(struct shard *sh, struct http_server *s, struct loop *l, unsigned index, struct err *e)
{
	sh->srv = s;
	sh->loop = l;
	sh->index = index;
	sh->queue_last = &sh->queue;
	sh->scratch = malloc(READ_MAX);
	sh->accept_again = timer_new(l, on_accept_again, sh);
	sh->queue_again = timer_new(l, queue_offer, sh);
	sh->drain_timer = timer_new(l, on_drain_deadline, sh);
	if (sh->scratch == NULL || sh->accept_again == NULL || sh->queue_again == NULL || sh->drain_timer == NULL
	    || event_assign(&sh->later_ev, loop_base(l), -1, EV_TIMEOUT, on_later, sh) != 0)
		return err_set(e, ST_NOMEM, "%s", "");
	return ST_OK;
}

st_t http_server_new(struct http_server **out, struct loop **loops, unsigned n_loops, struct pool *pool, const char *addr,
    const struct http_handler *h, const struct http_limits *lim, int *port, struct err *e)
{
	struct http_server *s = calloc(1, sizeof(*s));
	st_t st = ST_OK;
	unsigned i;

	*out = NULL;
	if (s == NULL)
		return err_set(e, ST_NOMEM, "%s", "");
	pthread_mutex_init(&s->peers_lock, NULL);
	s->pool = pool;
	s->h = *h;
	s->lim = lim != NULL ? *lim : http_limits_default;
	s->n = strncmp(addr, "unix:", 5) == 0 ? 1 : n_loops;
	atomic_store(&s->undrained, s->n);
	s->peers = map_new();
	s->shards = calloc(s->n, sizeof(*s->shards));
	if (s->peers == NULL || s->shards == NULL) {
		st = err_set(e, ST_NOMEM, "%s", "");
		goto out;
	}
	for (i = 0; i < s->n; i++)
		s->shards[i].fd = -1;
	for (i = 0; i < s->n && st == ST_OK; i++)
		st = shard_init(&s->shards[i], s, loops[i], i, e);
	if (st == ST_OK)
		st = s->n == 1 && strncmp(addr, "unix:", 5) == 0 ? listen_unix(s, addr + 5, port, e) : listen_inet(s, addr, port, e);
	if (st != ST_OK)
		goto out;
	signal(SIGPIPE, SIG_IGN);	/* sendfile has no MSG_NOSIGNAL */
	for (i = 0; i < s->n; i++) {
		struct shard *sh = &s->shards[i];

		if (event_assign(&sh->accept, loop_base(sh->loop), sh->fd, EV_READ | EV_PERSIST, on_accept, sh) != 0
		    || event_add(&sh->accept, NULL) != 0) {
			st = err_set(e, ST_INTERNAL, "cannot watch a listening socket");
			goto out;
		}
	}
	*out = s;
	s = NULL;
out:
	http_server_free(s);
	return st;
}

/* The loops have ended: end what is left in this thread, waiting for the workers that still hold something. */
static void shard_release(struct shard *sh)
{
	struct conn *c, *next;
	struct xreq *x;
	struct job *j;

	if (sh->fd >= 0) {
		if (event_initialized(&sh->accept))
			event_del(&sh->accept);
		close(sh->fd);
	}
	for (c = sh->conns; c != NULL; c = c->next)
		c->dead = true;		/* nothing more is said */
	while ((j = sh->queue) != NULL) {
		sh->queue = j->next;
		job_now(j);
	}
	for (c = sh->conns; c != NULL; c = next) {
		next = c->next;
		conn_kill(c);
	}
	while (sh->n_jobs > 0 || sh->n_zombie > 0)
		loop_run_posted(sh->loop, 1000);
	while ((x = sh->spare) != NULL) {
		sh->spare = x->next;
		xreq_free(x);
	}
	if (event_initialized(&sh->later_ev))
		event_del(&sh->later_ev);
	timer_free(sh->accept_again);
	timer_free(sh->queue_again);
	timer_free(sh->drain_timer);
	free(sh->scratch);
}

void http_server_free(struct http_server *s)
{
	unsigned i;

	if (s == NULL)
		return;
	s->freeing = true;
	for (i = 0; s->shards != NULL && i < s->n; i++)
		if (s->shards[i].srv != NULL)
			shard_release(&s->shards[i]);
		else if (s->shards[i].fd >= 0)
			close(s->shards[i].fd);
	if (s->unix_path != NULL)
		unlink(s->unix_path);
	free(s->unix_path);
	free(s->shards);
	map_free(s->peers, NULL);
	pthread_mutex_destroy(&s->peers_lock);
	free(s);
}

/* --- For the handler --- */

struct slice http_get(const struct http_req *r, const char *name)
{
	size_t i;

	for (i = 0; i < r->n_fields; i++)
		if (slice_ieq_str(r->fields[i].name, name))
			return r->fields[i].value;
	return SLICE_NULL;
}

unsigned http_count(const struct http_req *r, const char *name)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < r->n_fields; i++)
		if (slice_ieq_str(r->fields[i].name, name))
			n++;
	return n;
}

void http_server_counts(struct http_server *s, struct http_counts *out)
{
	unsigned i;

	*out = (struct http_counts){ .conns_now = atomic_load(&s->conns_now) };
	for (i = 0; i < s->n; i++) {
		struct shard *sh = &s->shards[i];

		out->conns += atomic_load_explicit(&sh->conns_sum, memory_order_relaxed);
		out->requests += atomic_load_explicit(&sh->requests, memory_order_relaxed);
		out->bytes_in += atomic_load_explicit(&sh->bytes_in, memory_order_relaxed);
		out->bytes_out += atomic_load_explicit(&sh->bytes_out, memory_order_relaxed);
		out->refused += atomic_load_explicit(&sh->refused, memory_order_relaxed);
		out->bad += atomic_load_explicit(&sh->bad, memory_order_relaxed);
	}
}
