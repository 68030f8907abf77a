/*
 * Small files travel together: each thread reads some hundred of them, once, into a tar in memory with the digest of each, and sends that in one request
 * (POST .../draft/files-archive). The server answers when all of them are durable in the draft. A repeat after a lost answer sends the same files again,
 * which changes nothing there.
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/tar.h"
#include "cli/deposit.h"

#define SMALL_MAX	((uint64_t)256 << 10)
#define WORTH_IT	8			/* fewer small files than that go one by one */
#define TOGETHER	500			/* files of a request */
#define BYTES_MAX	((uint64_t)4 << 20)	/* and their bytes */
#define TRIES		5
#define JOBS_MAX	16

struct many {
	struct cli *c;
	const char *draft;
	const struct folder *f;
	const struct map *there;
	struct bar *bar;
	bool *done;			/* of each file of the folder; written by the thread that took it */
	pthread_mutex_t lock;		/* what follows */
	size_t next;
	uint64_t sent;
	st_t st;			/* first failure */
	struct err err;
	atomic_bool stop, unknown;	/* unknown: the server has no such address */
};

/* The files of one request. */
struct parcel {
	size_t at[TOGETHER], n;
	uint64_t bytes, packed;		/* packed: files in the tar; the rest were there */
	uint64_t packed_bytes;
	struct buf tar;
};

static bool take(struct many *m, struct parcel *p)
{
	p->n = 0;
	p->bytes = 0;
	pthread_mutex_lock(&m->lock);
	for (; m->next < m->f->n && p->n < TOGETHER && p->bytes < BYTES_MAX; m->next++) {
		if (m->f->v[m->next].size > SMALL_MAX)
			continue;
		p->bytes += m->f->v[m->next].size;
		p->at[p->n++] = m->next;
	}
	pthread_mutex_unlock(&m->lock);
	return p->n > 0;
}

/* The whole file into ${to}, as folder_read() saw it. */
static st_t read_same(const struct local_file *f, struct buf *to, struct err *e)
{
	int fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NOATIME);
	struct stat sb;
	size_t got = 0;
	st_t st;

	if (fd < 0 && errno == EPERM)	/* another's file */
		fd = open(f->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "cannot open '%s'", f->path);
	buf_clear(to);
	st = buf_reserve(to, (size_t)f->size + 1);
	/* One byte more than there should be, so that a file that grew is noticed. */
	while (st == ST_OK && got <= f->size) {
		ssize_t n = read(fd, to->p + got, (size_t)f->size + 1 - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			st = err_sys(e, "cannot read '%s'", f->path);
		if (n <= 0)
			break;
		got += (size_t)n;
	}
	to->n = got;
	if (st == ST_OK && (fstat(fd, &sb) != 0 || got != f->size || file_changed(&sb) != f->changed))
		st = err_set(e, ST_CONFLICT, "'%s' changed while it was being deposited", f->path);
	close(fd);
	return st;
}

static st_t pack(struct many *m, struct parcel *p, struct err *e)
{
	struct buf one = BUF_INIT(SMALL_MAX + 1);
	char hex[SHA256_HEX];
	st_t st = ST_OK;
	size_t i;

	buf_clear(&p->tar);
	p->packed = p->packed_bytes = 0;
	for (i = 0; st == ST_OK && i < p->n; i++) {
		const struct local_file *f = &m->f->v[p->at[i]];
		const char *have = map_get(m->there, slice_str(f->key));

		st = read_same(f, &one, e);
		if (st != ST_OK)
			break;
		sha256_hex(hex, one.p, one.n);
		if (have != NULL && strcmp(have, hex) == 0) {
			bar_add(m->bar, f->size);
			continue;
		}
		tar_head(&p->tar, slice_str(f->key), f->size, hex);
		buf_addsl(&p->tar, buf_slice(&one));
		st = tar_pad(&p->tar, f->size);
		p->packed++;
		p->packed_bytes += f->size;
	}
	if (st == ST_OK && p->packed > 0)
		st = tar_close(&p->tar);
	buf_release(&one);
	return st;
}

/* What the server did not take, in words. */
static st_t refusals(const json_t *j, struct err *e)
{
	const json_t *errors = json_object_get(j, "errors"), *one = json_array_get(errors, 0);
	json_int_t n = json_integer_value(json_object_get(j, "refused"));
	const char *key = json_text(one, "key"), *why = json_text(one, "message");

	if (n == 0)
		return ST_OK;
	return err_set(e, json_integer_value(json_object_get(one, "status")) == 409 ? ST_CONFLICT : ST_INVALID, "the server did not take '%s': %s%s",
	    key == NULL ? "" : key, why == NULL ? "" : why, n > 1 ? " (and more)" : "");
}

static st_t post(struct many *m, struct client *client, const struct parcel *p, struct err *e)
{
	struct client_call in = CLIENT_CALL_INIT;
	struct client_res res;
	const char **fields = conn_fields(m->c, NULL, "application/x-tar");
	char *url = conn_url(m->c, "/api/records/%s/draft/files-archive", m->draft);
	json_t *j = NULL;
	st_t st = fields == NULL || url == NULL ? ST_NOMEM : ST_OK;

	if (st != ST_OK)
		goto out;
	in.method = "POST";
	in.url = url;
	in.fields = fields;
	in.body = buf_slice(&p->tar);
	in.unix_path = m->c->unix_path;
	st = client_do(client, &in, &res, e);
	if (st == ST_OK && (res.status == 404 || res.status == 405 || res.status == 415)) {
		/* An older server; or the draft is gone, which the other way will tell. */
		atomic_store(&m->unknown, true);
	} else if (st == ST_OK && res.status != 200) {
		st = conn_problem(&res, "files", e);
	} else if (st == ST_OK) {
		st = json_load(&j, buf_slice(&res.body), e);
		if (st == ST_OK)
			st = refusals(j, e);
	}
	client_res_release(&res);
	json_decref(j);
out:
	free(url);
	if (fields != NULL)
		conn_fields_free(fields);
	return st;
}

static st_t send_parcel(struct many *m, struct client *client, struct parcel *p, struct err *e)
{
	unsigned tries;
	size_t i;
	st_t st = pack(m, p, e);

	for (tries = 0; st == ST_OK && p->packed > 0; tries++) {
		struct timespec wait = { tries, 0 };

		if (tries > 0) {
			nanosleep(&wait, NULL);
			err_clear(e);
		}
		st = post(m, client, p, e);
		if ((st != ST_CLOSED && st != ST_TIMEOUT && st != ST_BUSY && st != ST_CONFLICT) || tries + 1 == TRIES || atomic_load(&m->stop))
			break;
		st = ST_OK;
	}
	if (st != ST_OK || atomic_load(&m->unknown))
		return st;
	for (i = 0; i < p->n; i++)
		m->done[p->at[i]] = true;
	pthread_mutex_lock(&m->lock);
	m->sent += p->packed;
	pthread_mutex_unlock(&m->lock);
	bar_add(m->bar, p->packed_bytes);
	return ST_OK;
}

static void *sender(void *arg)
{
	struct many *m = arg;
	struct parcel *p = calloc(1, sizeof(*p));
	struct client *client = NULL;
	struct err e = ERR_INIT;
	st_t st = p == NULL ? ST_NOMEM : client_new(&client, &e);

	if (p != NULL)
		buf_init(&p->tar, (size_t)(BYTES_MAX + SMALL_MAX) + TOGETHER * (size_t)4096 + 65536);
	while (st == ST_OK && !atomic_load(&m->stop) && !atomic_load(&m->unknown) && take(m, p))
		st = send_parcel(m, client, p, &e);
	if (st != ST_OK) {
		pthread_mutex_lock(&m->lock);
		if (m->st == ST_OK) {
			m->st = st;
			m->err = e;
		}
		pthread_mutex_unlock(&m->lock);
		atomic_store(&m->stop, true);
	}
	client_free(client);
	if (p != NULL)
		buf_release(&p->tar);
	free(p);
	return NULL;
}

st_t send_many(struct cli *c, const char *draft, const struct folder *f, const struct map *there, struct bar *bar, unsigned jobs, bool *done, uint64_t *sent,
    struct err *e)
{
	struct many m = { .c = c, .draft = draft, .f = f, .there = there, .bar = bar, .done = done, .lock = PTHREAD_MUTEX_INITIALIZER, .err = ERR_INIT };
	pthread_t threads[JOBS_MAX];
	size_t small = 0, i;
	unsigned n = 0;

	for (i = 0; i < f->n; i++)
		small += f->v[i].size <= SMALL_MAX;
	if (small < WORTH_IT)
		return ST_OK;
	for (i = 0; i < jobs && i < JOBS_MAX; i++)
		if (pthread_create(&threads[n], NULL, sender, &m) == 0)
			n++;
	for (i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	*sent = m.sent;
	if (m.st != ST_OK)
		*e = m.err;
	return m.st;
}
