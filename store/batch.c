/*
 * A file of a batch is held in memory until it is whole, so that its digest is known before it gets a name: it is written beside its place
 * (staging/content/ab/SHA256.NONCE-N), and only after a sync of all of them renamed to it. A name of 64 digits therefore always stands for bytes that are
 * on the disk, and whoever finds it there may rely on it. After the renames a second sync, then one transaction with all rows. Killed in between, a batch
 * leaves files that no draft names; the collector takes them (staged.c). Larger files go the way of single uploads.
 */

#include "store/batch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "store/dep_int.h"
#include "store/media_int.h"
#include "store/ocfl_int.h"

#define SMALL		((size_t)1 << 20)	/* held in memory */
#define BATCH_FILES	1000
#define BATCH_BYTES	((uint64_t)32 << 20)

struct item {
	char *path;
	uint64_t size;
	uint8_t sha[SHA256_LEN];
	uint32_t crc;
	bool there;			/* content was there already, nothing written */
	bool out;			/* refused after all */
};

struct batch {
	struct repo *r;
	char draft[PID_LEN + 1];
	uint32_t user;
	batch_refused_fn *refused;
	void *ctx;
	struct batch_counts n;

	VEC(struct item) items;
	uint64_t bytes;			/* of items */
	uint64_t nonce;

	char *path;			/* of the file that comes now; NULL: it was refused, bytes are passed over */
	uint64_t size, got;
	bool has_sha;
	uint8_t sha[SHA256_LEN];
	struct buf data;
	struct upload *big;
};

st_t batch_new(struct repo *r, const char *draft, uint32_t user, batch_refused_fn *refused, void *ctx, struct batch **out, struct err *e)
{
	struct batch *b;
	st_t st = staging_takes(r, draft, e);

	*out = NULL;
	if (st != ST_OK)
		return st;
	b = calloc(1, sizeof(*b));
	if (b == NULL)
		return ST_NOMEM;
	b->r = r;
	snprintf(b->draft, sizeof(b->draft), "%s", draft);
	b->user = user;
	b->refused = refused;
	b->ctx = ctx;
	buf_init(&b->data, SMALL);
	random_bytes(&b->nonce, sizeof(b->nonce));
	*out = b;
	return ST_OK;
}

void batch_counts(const struct batch *b, struct batch_counts *out)
{
	*out = b->n;
}

static void refuse(struct batch *b, struct slice path, st_t st, const char *why)
{
	b->n.refused++;
	b->refused(b->ctx, path, st, why[0] != '\0' ? why : st_name(st));
}

/* Is it this one file's fault, so that the others may go on? */
static bool its_own(st_t st)
{
	return st == ST_INVALID || st == ST_CONFLICT || st == ST_TOOBIG;
}

/* ---- one file ---- */

static st_t big_begin(struct batch *b, const char *sha256_hex, struct err *e)
{
	struct upload_spec s = { .draft = b->draft, .path = slice_str(b->path), .size = (int64_t)b->size, .sha256_hex = sha256_hex, .user = b->user };

	return upload_begin(b->r, &s, &b->big, e);
}

st_t batch_begin(struct batch *b, struct slice path, uint64_t size, const char *sha256_hex, struct err *e)
{
	struct err why = ERR_INIT;
	st_t st = path_check(path, &why);

	b->size = size;
	b->got = 0;
	buf_clear(&b->data);
	b->has_sha = sha256_hex != NULL;
	if (st == ST_OK && b->has_sha && (strlen(sha256_hex) != 64 || hex_decode(b->sha, slice_str(sha256_hex)) != ST_OK))
		st = err_set(&why, ST_INVALID, "the announced sha256 is not 64 hexadecimal digits");
	if (st == ST_OK && size > INT64_MAX)
		st = err_set(&why, ST_TOOBIG, "no file has so many bytes");
	if (st == ST_OK && (b->path = slice_dup(path)) == NULL)
		return ST_NOMEM;
	if (st == ST_OK && size > SMALL)
		st = big_begin(b, sha256_hex, &why);
	if (st == ST_OK)
		return ST_OK;
	free(b->path);
	b->path = NULL;
	if (!its_own(st)) {
		err_set(e, st, "%s", why.text);
		return st;
	}
	refuse(b, path, st, why.text);
	return ST_OK;
}

st_t batch_write(struct batch *b, const void *p, size_t n, struct err *e)
{
	if (b->path == NULL)
		return ST_OK;
	if (n > b->size - b->got)
		return err_set(e, ST_INTERNAL, "more bytes than the file has");
	b->got += n;
	if (b->big != NULL)
		return upload_write(b->big, p, n, e);
	return buf_add(&b->data, p, n);
}

static void temp_name(struct batch *b, const char *content, size_t i, struct buf *out)
{
	buf_addf(out, "%s.%016llx-%zu", content, (unsigned long long)b->nonce, i);
}

static st_t write_temp(struct batch *b, const char *content, struct err *e)
{
	struct buf tmp = BUF_INIT(8192);
	st_t st;
	int fd;

	temp_name(b, content, b->items.n, &tmp);
	if (tmp.st != ST_OK)
		return tmp.st;
	fd = open(tmp.p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	if (fd < 0 && errno == ENOENT && stage_parents(content, strlen(b->r->dir), e) == ST_OK)
		fd = open(tmp.p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	st = fd < 0 ? err_sys(e, "cannot make '%s'", tmp.p) : fs_write_all(fd, b->data.p == NULL ? "" : b->data.p, b->data.n, e);
	if (fd >= 0 && close(fd) != 0 && st == ST_OK)
		st = err_sys(e, "cannot close '%s'", tmp.p);
	if (st != ST_OK)
		unlink(tmp.p);
	buf_release(&tmp);
	return st;
}

/* These bytes lie there already? Touched, they are safe from the collector until the commit. */
static bool content_there(const char *content, uint64_t size)
{
	struct stat sb;

	return lstat(content, &sb) == 0 && S_ISREG(sb.st_mode) && (uint64_t)sb.st_size == size &&
	    utimensat(AT_FDCWD, content, NULL, AT_SYMLINK_NOFOLLOW) == 0;
}

static st_t small_end(struct batch *b, struct err *e)
{
	const void *p = b->data.p == NULL ? "" : b->data.p;
	struct item x = { .path = b->path, .size = b->size };
	char hex[SHA256_HEX], why[200];
	char *content;
	st_t st = ST_OK;

	sha256(x.sha, p, b->data.n);
	x.crc = crc32_of(0, p, b->data.n);
	if (b->has_sha && memcmp(x.sha, b->sha, SHA256_LEN) != 0) {
		hex_encode(hex, x.sha, SHA256_LEN);
		snprintf(why, sizeof(why), "its bytes have the sha256 %s, not the one announced", hex);
		refuse(b, slice_str(b->path), ST_CONFLICT, why);
		free(b->path);
		b->path = NULL;
		return ST_OK;
	}
	if ((content = staged_path(b->r, x.sha)) == NULL)
		return ST_NOMEM;
	x.there = content_there(content, x.size);
	if (!x.there)
		st = write_temp(b, content, e);
	if (st == ST_OK && (st = VEC_PUSH(&b->items, x)) == ST_OK) {
		b->path = NULL;
		b->bytes += x.size;
	}
	free(content);
	return st;
}

st_t batch_end(struct batch *b, struct err *e)
{
	struct err why = ERR_INIT;
	st_t st = ST_OK;

	if (b->path == NULL)
		return ST_OK;
	if (b->got != b->size)
		return err_set(e, ST_INTERNAL, "fewer bytes than the file has");
	if (b->big == NULL) {
		st = small_end(b, e);
	} else {
		/* upload_end() keeps what did not fit its digest, to be gone on with; here nobody would. */
		st = upload_end(b->big, NULL, &why);
		b->big = NULL;
		if (st == ST_OK) {
			b->n.files++;
			b->n.bytes += b->size;
		} else if (its_own(st)) {
			refuse(b, slice_str(b->path), st, why.text);
			st = ST_OK;
		} else {
			err_set(e, st, "%s", why.text);
		}
		free(b->path);
		b->path = NULL;
	}
	if (st == ST_OK && b->items.n == 0)
		return ST_OK;
	if (st == ST_OK && (b->items.n == BATCH_FILES || b->bytes >= BATCH_BYTES))
		st = batch_commit(b, e);
	return st;
}

/* ---- all together ---- */

struct range { struct batch *b; size_t from, to; };

static void put_item(struct kv_txn *t, struct batch *b, const struct item *x, int64_t now, int64_t *files, int64_t *bytes)
{
	struct slice path = slice_str(x->path);
	struct cat_file f = { .path = x->path, .size = x->size, .crc32 = x->crc, .modified = now }, old = { .path = NULL };
	bool there = cat_file_get(t, b->draft, true, path, &old, NULL) == ST_OK;

	memcpy(f.sha256, x->sha, SHA256_LEN);
	f.media = (char *)(uintptr_t)media_of_name(path);
	if (there) {
		f.access = old.access;
		f.meta = old.meta;
	} else {
		dep_path_new(t, b->draft, path);
	}
	if (t->st == ST_OK) {
		cat_file_put(t, b->draft, true, &f);
		*files += !there;
		*bytes += (int64_t)f.size - (int64_t)old.size;
	}
	cat_file_release(&old);
}

static st_t range_apply(void *arg, struct kv_txn *t)
{
	struct range *g = arg;
	struct rec rec = { .id = "" };
	int64_t files = 0, bytes = 0, now = clock_now();
	size_t i;

	if (draft_open(t, g->b->draft, &rec)) {
		for (i = g->from; i < g->to && t->st == ST_OK; i++)
			if (!g->b->items.v[i].out)
				put_item(t, g->b, &g->b->items.v[i], now, &files, &bytes);
		if (t->st == ST_OK)
			draft_save(t, g->b->r, &rec, files, bytes);
	}
	rec_release(&rec);
	return t->st;
}

/* One transaction; if a path in it cannot stand in the draft, its halves, so that in the end that one is refused alone. */
static st_t put_range(struct batch *b, size_t from, size_t to, struct err *e)
{
	struct range g = { b, from, to };
	struct err why = ERR_INIT;
	st_t st = writer_do(b->r->cat_w, range_apply, &g, &why);
	size_t mid = from + (to - from) / 2, i;

	if (st == ST_OK) {
		for (i = from; i < to; i++) {
			b->n.files += !b->items.v[i].out;
			b->n.bytes += b->items.v[i].out ? 0 : b->items.v[i].size;
		}
		return ST_OK;
	}
	if (st != ST_INVALID)
		return err_set(e, st, "%s", why.text);
	if (to - from == 1) {
		refuse(b, slice_str(b->items.v[from].path), st, why.text);
		return ST_OK;
	}
	st = put_range(b, from, mid, e);
	return st == ST_OK ? put_range(b, mid, to, e) : st;
}

static st_t place_item(struct batch *b, size_t i, struct err *e)
{
	struct item *x = &b->items.v[i];
	char *content = staged_path(b->r, x->sha);
	struct buf tmp = BUF_INIT(8192);
	uint64_t size = 0;
	st_t st = content == NULL ? ST_NOMEM : ST_OK;

	if (st == ST_OK && x->there) {
		if (!content_there(content, x->size)) {
			x->out = true;
			refuse(b, slice_str(x->path), ST_BUSY, "the same bytes were removed meanwhile: send it again");
		}
	} else if (st == ST_OK) {
		temp_name(b, content, i, &tmp);
		st = tmp.st == ST_OK ? fs_size(tmp.p, &size, e) : tmp.st;
		if (st == ST_OK && size != x->size)
			st = err_set(e, ST_IO, "'%s' has %llu bytes after writing %llu", x->path, (unsigned long long)size, (unsigned long long)x->size);
		if (st == ST_OK)
			st = fs_rename(tmp.p, content, e);
		x->there = st == ST_OK;
	}
	buf_release(&tmp);
	free(content);
	return st;
}

static void items_drop(struct batch *b)
{
	size_t i;

	for (i = 0; i < b->items.n; i++) {
		struct item *x = &b->items.v[i];
		char *content = x->there ? NULL : staged_path(b->r, x->sha);
		struct buf tmp = BUF_INIT(8192);

		if (content != NULL) {
			temp_name(b, content, i, &tmp);
			if (tmp.st == ST_OK)
				unlink(tmp.p);
		}
		buf_release(&tmp);
		free(content);
		free(x->path);
	}
	b->items.n = 0;
	b->bytes = 0;
}

st_t batch_commit(struct batch *b, struct err *e)
{
	char *dir;
	size_t i;
	st_t st;

	if (b->items.n == 0)
		return ST_OK;
	dir = fs_join(b->r->dir, "staging/content");
	st = dir == NULL ? ST_NOMEM : staging_room(b->r, 0, e);
	if (st == ST_OK)
		st = object_sync_local(b->r->objects, dir, e);
	pthread_rwlock_rdlock(&b->r->dep->staged);
	for (i = 0; st == ST_OK && i < b->items.n; i++)
		st = place_item(b, i, e);
	if (st == ST_OK)
		st = object_sync_local(b->r->objects, dir, e);
	if (st == ST_OK)
		st = put_range(b, 0, b->items.n, e);
	pthread_rwlock_unlock(&b->r->dep->staged);
	items_drop(b);
	random_bytes(&b->nonce, sizeof(b->nonce));
	free(dir);
	return st;
}

void batch_free(struct batch *b)
{
	if (b == NULL)
		return;
	upload_abort(b->big);
	items_drop(b);
	VEC_RELEASE(&b->items);
	buf_release(&b->data);
	free(b->path);
	free(b);
}
