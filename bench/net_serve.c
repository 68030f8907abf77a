/*
 * net_serve ADDRESS:PORT FOLDER [LOOPS]: net/ with nothing above it, to be measured beside nginx and to be shot at.
 *   GET /mem/N          N bytes from memory (up to 1 MB)
 *   GET /stream/N       N bytes pulled from a body, chunked
 *   GET /anything else  that file of FOLDER, sent by sendfile (opened once and kept, as nginx with open_file_cache does)
 *   POST, PUT /hash     SHA-256 of the body, computed by a worker while more comes in
 *   POST, PUT /sink     number of bytes, thrown away
 * Prints the address once ready. SIGTERM drains, SIGHUP prints counters.
 */

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/str.h"
#include "net/http.h"

#define PIECE (1 << 20)

struct app {
	struct pool *pool;
	const char *folder;
	char *mem;
	pthread_mutex_t lock;
	struct map *files;	/* path -> struct file */
};

struct file { int fd; uint64_t size; };

/* An upload: the loop fills one buffer while a worker hashes the other. */
struct upload {
	struct job job;
	struct http_req *r;	/* NULL: the client is gone */
	struct app *app;
	struct hash *hash;	/* NULL: only counted */
	struct buf in, work;
	uint64_t sum;
	bool busy, ended, paused;
};

struct zeros { struct body b; const char *mem; uint64_t left; };

static void upload_free(struct upload *u)
{
	buf_release(&u->in);
	buf_release(&u->work);
	hash_free(u->hash);
	free(u);
}

static void upload_answer(struct upload *u)
{
	uint8_t sum[SHA256_LEN];
	char hex[SHA256_HEX] = "";

	if (u->hash != NULL) {
		hash_end(u->hash, sum, NULL);
		hex_encode(hex, sum, sizeof(sum));
	}
	http_start(u->r, 200);
	http_addf(u->r, "X-Bytes", "%llu", (unsigned long long)u->sum);
	http_send(u->r, slice_str(hex));
}

static void upload_work(struct job *j)
{
	struct upload *u = (struct upload *)j;

	hash_add(u->hash, u->work.p, u->work.n);
}

static void upload_step(struct upload *u);

static void upload_done(struct job *j)
{
	struct upload *u = (struct upload *)j;

	u->busy = false;
	if (u->r == NULL)
		upload_free(u);
	else
		upload_step(u);
}

static void upload_step(struct upload *u)
{
	struct buf t = u->work;

	if (u->busy)
		return;
	if (u->in.n >= PIECE || (u->ended && u->in.n > 0)) {
		buf_clear(&t);
		u->work = u->in;
		u->in = t;
		u->job = (struct job){ .work = upload_work, .done = upload_done, .loop = u->r->loop };
		u->busy = true;
		if (pool_submit(u->app->pool, &u->job) != ST_OK) {
			u->busy = false;
			http_start(u->r, 503);
			http_send(u->r, SLICE(""));
			return;
		}
	} else if (u->ended) {
		upload_answer(u);
		return;
	}
	if (u->paused && u->in.n < PIECE) {
		u->paused = false;
		http_body_resume(u->r);
	}
}

static st_t on_body(struct http_req *r, const void *p, size_t n)
{
	struct upload *u = r->user;

	u->sum += n;
	if (u->hash == NULL)
		return ST_OK;
	if (buf_add(&u->in, p, n) != ST_OK)
		return ST_NOMEM;
	upload_step(u);
	if (u->in.n < PIECE)
		return ST_OK;
	u->paused = true;
	return ST_AGAIN;
}

static void on_end(struct http_req *r)
{
	struct upload *u = r->user;

	u->ended = true;
	if (u->hash == NULL)
		upload_answer(u);
	else
		upload_step(u);
}

static void upload_begin(struct app *a, struct http_req *r, bool hash)
{
	struct upload *u = calloc(1, sizeof(*u));

	buf_init(&u->in, 2 * PIECE);
	buf_init(&u->work, 2 * PIECE);
	u->r = r;
	u->app = a;
	u->hash = hash ? hash_new() : NULL;
	r->user = u;
	r->on_body = on_body;
	r->on_end = on_end;
	r->body_max = (uint64_t)1 << 50;
}

static st_t zeros_pull(struct body *b, struct buf *chunk, struct err *e)
{
	struct zeros *z = (struct zeros *)b;
	size_t n = z->left < 65536 ? (size_t)z->left : 65536;

	(void)e;
	buf_add(chunk, z->mem, n);
	z->left -= n;
	return z->left == 0 ? ST_EOF : ST_OK;
}

static void zeros_stop(struct body *b)
{
	free(b);
}

static struct file *file_get(struct app *a, struct slice path)
{
	char name[4096];
	struct file *f;
	struct stat st;

	pthread_mutex_lock(&a->lock);
	f = map_get(a->files, path);
	if (f == NULL && memmem(path.p, path.n, "..", 2) == NULL
	    && snprintf(name, sizeof(name), "%s/%.*s", a->folder, (int)path.n, path.p) < (int)sizeof(name)) {
		int fd = open(name, O_RDONLY | O_CLOEXEC);

		if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
			f = malloc(sizeof(*f));
			*f = (struct file){ fd, (uint64_t)st.st_size };
			map_put(a->files, path, f, NULL);
		} else if (fd >= 0) {
			close(fd);
		}
	}
	pthread_mutex_unlock(&a->lock);
	return f;
}

static void send_file(struct app *a, struct http_req *r)
{
	struct file *f = r->path.n > 1 ? file_get(a, r->path) : NULL;

	if (f == NULL) {
		http_start(r, 404);
		http_send(r, SLICE("not here\n"));
		return;
	}
	http_start(r, 200);
	http_add(r, "Content-Type", SLICE("application/octet-stream"));
	http_send_fd(r, fcntl(f->fd, F_DUPFD_CLOEXEC, 0), 0, f->size);
}

static uint64_t tail_number(struct slice path, size_t skip, uint64_t max)
{
	uint64_t v = 0;

	return slice_u64(slice_of(path.p + skip, path.n - skip), max, &v) ? v : 0;
}

static void on_head(void *ctx, struct http_req *r)
{
	struct app *a = ctx;

	if (r->method == HTTP_POST || r->method == HTTP_PUT) {
		upload_begin(a, r, slice_eq_str(r->path, "/hash"));
	} else if (r->method != HTTP_GET && r->method != HTTP_HEAD) {
		http_start(r, 405);
		http_add(r, "Allow", SLICE("GET, HEAD, POST, PUT"));
		http_send(r, SLICE(""));
	} else if (slice_starts(r->path, "/mem/")) {
		http_start(r, 200);
		http_add(r, "Content-Type", SLICE("text/plain"));
		http_send(r, slice_of(a->mem, (size_t)tail_number(r->path, 5, 1 << 20)));
	} else if (slice_starts(r->path, "/stream/")) {
		struct zeros *z = calloc(1, sizeof(*z));

		*z = (struct zeros){ { zeros_pull, zeros_stop, false }, a->mem, tail_number(r->path, 8, INT64_MAX) };
		http_start(r, 200);
		http_send_body(r, &z->b, -1);
	} else {
		send_file(a, r);
	}
}

static void on_over(void *ctx, struct http_req *r, bool gone)
{
	struct upload *u = r->user;

	(void)ctx, (void)gone;
	if (u == NULL)
		return;
	u->r = NULL;
	if (!u->busy)
		upload_free(u);
}

static void *loop_thread(void *l)
{
	loop_run(l);
	return NULL;
}

static void drained(void *arg)
{
	kill(getpid(), SIGTERM);
	(void)arg;
}

static void serve(struct http_server *s)
{
	struct http_counts n;
	sigset_t set;
	int sig, terms = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	while (terms < 2 && sigwait(&set, &sig) == 0) {
		http_server_counts(s, &n);
		fprintf(stderr, "conns=%llu now=%llu requests=%llu in=%llu out=%llu refused=%llu bad=%llu\n",
		    (unsigned long long)n.conns, (unsigned long long)n.conns_now, (unsigned long long)n.requests,
		    (unsigned long long)n.bytes_in, (unsigned long long)n.bytes_out, (unsigned long long)n.refused, (unsigned long long)n.bad);
		if (sig != SIGHUP && ++terms == 1)
			http_server_drain(s, 5000, drained, NULL);
	}
}

int main(int argc, char **argv)
{
	struct app a = { .folder = argc > 2 ? argv[2] : ".", .lock = PTHREAD_MUTEX_INITIALIZER };
	struct http_handler h = { &a, on_head, on_over };
	struct http_limits lim = http_limits_default;
	struct http_server *s = NULL;
	struct loop *loops[16];
	pthread_t threads[16];
	struct err e = ERR_INIT;
	uint64_t n = 1;
	sigset_t set;
	int port;
	size_t i;

	if (argc < 3 || (argc > 3 && (!slice_u64(slice_str(argv[3]), 16, &n) || n == 0))) {
		fprintf(stderr, "usage: %s ADDRESS:PORT FOLDER [LOOPS]\n", argv[0]);
		return 2;
	}
	sigfillset(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	a.mem = calloc(1, 1 << 20);
	a.files = map_new();
	a.pool = pool_new(4, 256, &e);
	lim.head_ms = getenv("HEAD_MS") != NULL ? (int)strtol(getenv("HEAD_MS"), NULL, 10) : lim.head_ms;
	lim.body_stall_ms = getenv("STALL_MS") != NULL ? (int)strtol(getenv("STALL_MS"), NULL, 10) : lim.body_stall_ms;
	lim.write_stall_ms = lim.body_stall_ms;
	for (i = 0; i < n; i++)
		if (loop_new(&loops[i], &e) != ST_OK)
			break;
	if (i < n || http_server_new(&s, loops, (unsigned)n, a.pool, argv[1], &h, &lim, &port, &e) != ST_OK) {
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	printf("listening %d\n", port);
	fflush(stdout);
	for (i = 0; i < n; i++)
		pthread_create(&threads[i], NULL, loop_thread, loops[i]);
	serve(s);
	for (i = 0; i < n; i++)
		loop_stop(loops[i]);
	for (i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	http_server_free(s);
	pool_free(a.pool);
	for (i = 0; i < n; i++)
		loop_free(loops[i]);
	map_free(a.files, free);
	free(a.mem);
	return 0;
}
