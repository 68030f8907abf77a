/*
 * Sending files: several at a time, each thread with a connection of its own. A file that the server already holds with the same digest is not sent
 * again. A large file goes by the resumable protocol (tus 1.0.0), so that a cut costs only what was on the way.
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/str.h"
#include "cli/deposit.h"

#define RESUMABLE_MIN ((uint64_t)8 << 20)
#define TRIES 5
#define JOBS_MAX 16

struct sending {
	struct cli *c;
	const char *draft;
	const struct folder *f;
	bool *done;			/* of each file: sent by send_many() */
	struct map *there;		/* key -> digest (hex) that the server has */
	struct bar *bar;
	atomic_size_t next;
	_Atomic uint64_t sent;
	atomic_bool stop;
	pthread_mutex_t lock;
	st_t st;			/* first failure */
	struct err err;
};

/* ---- What is there already? ---- */

st_t files_there(const struct cli *c, const char *where, struct map *there, struct err *e)
{
	char *url = conn_url(c, "/api/%s/files?size=1000", where);
	st_t st = ST_OK;

	while (st == ST_OK && url != NULL) {
		json_t *page = NULL, *one;
		size_t i;

		st = conn_get(c, url, &page, e);
		free(url);
		url = conn_link(c, json_string_value(json_at(page, "links.next")));
		json_array_foreach(json_object_get(page, "entries"), i, one) {
			const char *key = json_text(one, "key"), *sum = json_text(one, "checksum"), *status = json_text(one, "status");
			void *old = NULL;

			if (key == NULL || sum == NULL || (status != NULL && strcmp(status, "completed") != 0) || strncmp(sum, "sha256:", 7) != 0)
				continue;
			if (map_put(there, slice_str(key), slice_dup(slice_str(sum + 7)), &old) != ST_OK)
				st = ST_NOMEM;
			free(old);
		}
		json_decref(page);
	}
	free(url);
	return st;
}

st_t file_digest(int fd, char hex[SHA256_HEX], const atomic_bool *stop, struct err *e)
{
	struct hash *h = hash_new();
	char *block = malloc(1 << 20);
	uint8_t sum[SHA256_LEN];
	st_t st = h == NULL || block == NULL ? ST_NOMEM : ST_OK;
	off_t at = 0;

	while (st == ST_OK) {
		ssize_t n = pread(fd, block, 1 << 20, at);

		if (n < 0)
			st = err_sys(e, "cannot read");
		if (n <= 0)
			break;
		hash_add(h, block, (size_t)n);
		at += n;
		if (stop != NULL && atomic_load(stop))
			st = ST_CLOSED;
	}
	if (st == ST_OK) {
		hash_end(h, sum, NULL);
		hex_encode(hex, sum, sizeof(sum));
	}
	free(block);
	hash_free(h);
	return st;
}

/* ---- One file. ---- */

struct up { struct sending *s; uint64_t told; };

/* What a failed try had counted is sent once more. */
static st_t counted(struct up *u, st_t st)
{
	if (st != ST_OK)
		bar_back(u->s->bar, u->told);
	return st;
}

static void progress(void *ctx, uint64_t sent, uint64_t got)
{
	struct up *u = ctx;

	(void)got;
	if (sent > u->told) {
		bar_add(u->s->bar, sent - u->told);
		u->told = sent;
	}
}

static st_t call(struct sending *s, struct client *client, struct client_call *in, const char *const *extra, const char *type, const char *what,
    struct client_res *res, struct err *e)
{
	const char **fields = conn_fields(s->c, extra, type);
	st_t st;

	if (fields == NULL)
		return ST_NOMEM;
	in->fields = fields;
	st = client_do(client, in, res, e);
	if (st == ST_OK && (res->status < 200 || res->status > 299))
		st = conn_problem(res, what, e);
	conn_fields_free(fields);
	return st;
}

/* The digest goes ahead of the bytes, so that the server refuses whatever is not the file that we read. */
static st_t put_whole(struct sending *s, struct client *client, const struct local_file *f, int fd, const char *sha256, struct err *e)
{
	struct client_call in = CLIENT_CALL_INIT;
	struct up u = { s, 0 };
	struct client_res res;
	struct buf key = BUF_INIT(8192), digest = BUF_INIT(200);
	const char *extra[2] = { NULL, NULL };
	uint8_t sum[SHA256_LEN];
	char *url;
	st_t st;

	(void)!hex_decode(sum, slice_str(sha256));
	buf_adds(&digest, "Repr-Digest: sha-256=:");
	base64_encode(&digest, sum, sizeof(sum));
	buf_adds(&digest, ":");
	extra[0] = digest.p;

	percent_encode(&key, slice_str(f->key), NULL);
	url = conn_url(s->c, "/api/records/%s/draft/files/%s/content", s->draft, key.p);
	in.method = "PUT";
	in.url = url;
	in.body_fd = fd;
	in.body_len = f->size;
	in.progress = progress;
	in.ctx = &u;
	st = call(s, client, &in, extra, "application/octet-stream", f->key, &res, e);
	client_res_release(&res);
	free(url);
	buf_release(&key);
	buf_release(&digest);
	return counted(&u, st);
}

/* tus: create (or find) the upload, ask how far it is, send the rest in one go: each further request would make the server read what it has again. */
static st_t tus_create(struct sending *s, struct client *client, const struct local_file *f, const char *sha256, char **url, struct err *e)
{
	struct client_call in = CLIENT_CALL_INIT;
	struct client_res res;
	struct buf meta = BUF_INIT(16384), len = BUF_INIT(64);
	const char *extra[4] = { "Tus-Resumable: 1.0.0", NULL, NULL, NULL };
	char *create = conn_url(s->c, "/api/uploads");
	st_t st;

	buf_addf(&len, "Upload-Length: %llu", (unsigned long long)f->size);
	buf_adds(&meta, "Upload-Metadata: record ");
	base64_encode(&meta, s->draft, strlen(s->draft));
	buf_adds(&meta, ",key ");
	base64_encode(&meta, f->key, strlen(f->key));
	buf_adds(&meta, ",sha256 ");
	base64_encode(&meta, sha256, strlen(sha256));
	extra[1] = len.p;
	extra[2] = meta.p;
	in.method = "POST";
	in.url = create;
	st = call(s, client, &in, extra, NULL, f->key, &res, e);
	if (st == ST_OK) {
		char *place = slice_dup(client_res_field(&res, "Location"));

		*url = conn_link(s->c, place);
		free(place);
		if (*url == NULL)
			st = err_set(e, ST_IO, "%s: the server named no place for the upload", f->key);
	}
	client_res_release(&res);
	free(create);
	buf_release(&meta);
	buf_release(&len);
	return st;
}

static st_t tus_offset(struct sending *s, struct client *client, const char *url, const char *what, uint64_t *offset, struct err *e)
{
	static const char *const extra[] = { "Tus-Resumable: 1.0.0", NULL };
	struct client_call in = CLIENT_CALL_INIT;
	struct client_res res;
	st_t st;

	in.method = "HEAD";
	in.url = url;
	st = call(s, client, &in, extra, NULL, what, &res, e);
	if (st == ST_OK && !slice_u64(slice_trim(client_res_field(&res, "Upload-Offset")), UINT64_MAX, offset))
		st = err_set(e, ST_IO, "%s: the server did not say how far the upload is", what);
	client_res_release(&res);
	return st;
}

static st_t tus_rest(struct sending *s, struct client *client, const char *url, const struct local_file *f, int fd, uint64_t offset, struct err *e)
{
	struct client_call in = CLIENT_CALL_INIT;
	struct up u = { s, 0 };
	struct buf at = BUF_INIT(64);
	const char *extra[3] = { "Tus-Resumable: 1.0.0", NULL, NULL };
	struct client_res res;
	st_t st;

	buf_addf(&at, "Upload-Offset: %llu", (unsigned long long)offset);
	extra[1] = at.p;
	in.method = "PATCH";
	in.url = url;
	in.body_fd = fd;
	in.body_off = offset;
	in.body_len = f->size - offset;
	in.progress = progress;
	in.ctx = &u;
	st = call(s, client, &in, extra, "application/offset+octet-stream", f->key, &res, e);
	client_res_release(&res);
	buf_release(&at);
	return counted(&u, st);
}

/* All came, and it is not what was announced: nothing to go on with. */
static void tus_give_up(struct sending *s, struct client *client, const char *url, const struct local_file *f)
{
	static const char *const extra[] = { "Tus-Resumable: 1.0.0", NULL };
	struct client_call in = CLIENT_CALL_INIT;
	struct client_res res;
	uint64_t offset = 0;

	if (tus_offset(s, client, url, f->key, &offset, NULL) != ST_OK || offset != f->size)
		return;
	in.method = "DELETE";
	in.url = url;
	(void)!call(s, client, &in, extra, NULL, f->key, &res, NULL);
	client_res_release(&res);
}

static st_t put_resumable(struct sending *s, struct client *client, const struct local_file *f, int fd, const char *sha256, struct err *e)
{
	uint64_t offset = 0;
	char *url = NULL;
	st_t st = tus_create(s, client, f, sha256, &url, e);

	if (st == ST_OK)
		st = tus_offset(s, client, url, f->key, &offset, e);
	if (st == ST_OK && offset > f->size)
		st = err_set(e, ST_IO, "%s: the server has more bytes than there are", f->key);
	if (st == ST_OK) {
		bar_add(s->bar, offset);
		/* Also when all bytes are there: it is this request that ends the upload. */
		st = tus_rest(s, client, url, f, fd, offset, e);
		if (st != ST_OK)
			bar_back(s->bar, offset);
	}
	if (st == ST_CONFLICT)
		tus_give_up(s, client, url, f);
	/* Ended under our hands: the connection of a killed run brought the last bytes. The next try looks. */
	if (st == ST_ABSENT && url != NULL)
		st = err_set(e, ST_BUSY, "%s: the upload ended elsewhere", f->key);
	free(url);
	return st;
}

/* A lost answer: did the file arrive all the same? */
static bool arrived(struct sending *s, struct client *client, const struct local_file *f, const char *sha256)
{
	struct conn_call in = { .method = "GET" };
	struct buf key = BUF_INIT(8192);
	const char *sum, *status;
	json_t *j = NULL;
	bool same = false;
	char *url;

	percent_encode(&key, slice_str(f->key), NULL);
	url = conn_url(s->c, "/api/records/%s/draft/files/%s", s->draft, key.p);
	if (conn_json(client, s->c, &in, url, &j, NULL) == ST_OK) {
		sum = json_text(j, "checksum");
		status = json_text(j, "status");
		same = sum != NULL && strncmp(sum, "sha256:", 7) == 0 && strcmp(sum + 7, sha256) == 0 && (status == NULL || strcmp(status, "completed") == 0);
	}
	json_decref(j);
	free(url);
	buf_release(&key);
	return same;
}

/* Worth another try: the line broke or the server asked for patience. A digest that does not fit: the line spoilt bytes, or the file changed. */
static bool passing(st_t st)
{
	return st == ST_CLOSED || st == ST_TIMEOUT || st == ST_BUSY || st == ST_CONFLICT;
}

static st_t open_same(const struct local_file *f, int *fd, struct err *e)
{
	struct folder one = { .v = (struct local_file *)(uintptr_t)f, .n = 1 };

	*fd = open(f->path, O_RDONLY | O_CLOEXEC);
	if (*fd < 0)
		return err_sys(e, "cannot open '%s'", f->path);
	return folder_same(&one, e);
}

static st_t send_one(struct sending *s, struct client *client, const struct local_file *f, struct err *e)
{
	struct folder one = { .v = (struct local_file *)(uintptr_t)f, .n = 1 };
	const char *have = map_get(s->there, slice_str(f->key));
	char hex[SHA256_HEX] = "";
	unsigned tries;
	int fd = -1;
	st_t st = open_same(f, &fd, e);

	if (st == ST_OK)
		st = file_digest(fd, hex, &s->stop, e);
	if (st == ST_OK && have != NULL && strcmp(have, hex) == 0) {
		bar_add(s->bar, f->size);
		close(fd);
		return ST_OK;
	}
	for (tries = 0; st == ST_OK && tries < TRIES; tries++) {
		struct timespec wait = { tries, 0 };

		if (tries > 0) {
			nanosleep(&wait, NULL);
			if (arrived(s, client, f, hex)) {
				bar_add(s->bar, f->size);
				atomic_fetch_add(&s->sent, 1);
				break;
			}
		}
		err_clear(e);
		st = f->size >= RESUMABLE_MIN ? put_resumable(s, client, f, fd, hex, e) : put_whole(s, client, f, fd, hex, e);
		if (st == ST_OK) {
			atomic_fetch_add(&s->sent, 1);
			break;
		}
		/* A changed file explains every refusal, and is the thing to be told. */
		if (folder_same(&one, NULL) != ST_OK)
			st = folder_same(&one, e);
		else if (passing(st) && tries + 1 < TRIES && !atomic_load(&s->stop))
			st = ST_OK;
	}
	if (fd >= 0)
		close(fd);
	return st;
}

static void *sender(void *p)
{
	struct sending *s = p;
	struct client *client = NULL;
	struct err e = ERR_INIT;
	st_t st = client_new(&client, &e);

	while (st == ST_OK && !atomic_load(&s->stop)) {
		size_t i = atomic_fetch_add(&s->next, 1);

		if (i >= s->f->n)
			break;
		if (!s->done[i])
			st = send_one(s, client, &s->f->v[i], &e);
	}
	if (st != ST_OK) {
		pthread_mutex_lock(&s->lock);
		if (s->st == ST_OK) {
			s->st = st;
			s->err = e;
		}
		pthread_mutex_unlock(&s->lock);
		atomic_store(&s->stop, true);
	}
	client_free(client);
	return NULL;
}

st_t send_files(struct cli *c, const char *draft, const struct folder *f, unsigned jobs, uint64_t *sent, struct err *e)
{
	struct sending s = { .c = c, .draft = draft, .f = f, .there = map_new(), .lock = PTHREAD_MUTEX_INITIALIZER, .err = ERR_INIT };
	pthread_t threads[JOBS_MAX];
	unsigned n = 0, i;
	uint64_t together = 0;
	struct buf where = BUF_INIT(200);
	st_t st = s.there == NULL ? ST_NOMEM : ST_OK;

	s.done = calloc(f->n + 1, sizeof(*s.done));
	if (s.done == NULL)
		st = ST_NOMEM;

	buf_addf(&where, "records/%s/draft", draft);
	if (st == ST_OK)
		st = files_there(c, where.p, s.there, e);
	buf_release(&where);

	if (jobs > JOBS_MAX)
		jobs = JOBS_MAX;
	if (st == ST_OK) {
		s.bar = bar_new(c, "sending", f->bytes);
		st = send_many(c, draft, f, s.there, s.bar, jobs, s.done, &together, e);
		if (st != ST_OK) {
			bar_free(s.bar);
			goto out;
		}
		for (i = 0; i < jobs && i < f->n; i++)
			if (pthread_create(&threads[n], NULL, sender, &s) == 0)
				n++;
		for (i = 0; i < n; i++)
			pthread_join(threads[i], NULL);
		bar_free(s.bar);
		st = n == 0 ? err_set(e, ST_NOMEM, "no thread could be started") : s.st;
		if (n > 0 && st != ST_OK)
			*e = s.err;
	}
out:
	*sent = s.sent + together;
	map_free(s.there, free);
	free(s.done);
	return st;
}
