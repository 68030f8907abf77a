/*
 * Objects as files below one root.
 *
 * Durability is bought once for many: threads that need a sync at the same time share one syncfs() (a round). A round that began before a
 * thread asked does not count for it. The descriptor is opened once, at start, because the kernel reports a failed write-back to a
 * descriptor only when it happened after the open.
 */

#include "store/objects.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fs.h"
#include "store/ocfl_int.h"

struct objects {
	char *root;
	int root_fd;
	pthread_mutex_t mx;
	pthread_cond_t cv;
	uint64_t begun, ended, failed;	/* rounds of syncfs(); failed: the newest that did not work */
	bool running;
	struct err why;			/* of the failed one */
};

st_t objects_open_fs(struct objects **out, const char *root, struct err *e)
{
	struct objects *o = calloc(1, sizeof(*o));
	st_t st;

	*out = NULL;
	if (o == NULL)
		return ST_NOMEM;
	o->root_fd = -1;
	pthread_mutex_init(&o->mx, NULL);
	pthread_cond_init(&o->cv, NULL);
	st = fs_mkdirs(root, 0755, e);
	if (st == ST_OK && (o->root = strdup(root)) == NULL)
		st = ST_NOMEM;
	if (st == ST_OK && (o->root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		st = err_sys(e, "cannot open object store '%s'", root);
	if (st != ST_OK) {
		objects_close(o);
		return st;
	}
	*out = o;
	return ST_OK;
}

void objects_close(struct objects *o)
{
	if (o == NULL)
		return;
	if (o->root_fd >= 0)
		close(o->root_fd);
	pthread_mutex_destroy(&o->mx);
	pthread_cond_destroy(&o->cv);
	free(o->root);
	free(o);
}

static void sync_round(struct objects *o)
{
	uint64_t round = ++o->begun;
	struct err e = ERR_INIT;
	st_t st;

	o->running = true;
	pthread_mutex_unlock(&o->mx);
	st = fs_step("syncfs", &e);
	if (st == ST_OK && syncfs(o->root_fd) != 0)
		st = err_sys(&e, "cannot sync the file system of '%s'", o->root);
	pthread_mutex_lock(&o->mx);
	o->running = false;
	o->ended = round;
	if (st != ST_OK) {
		o->failed = round;
		o->why = e;
	}
	pthread_cond_broadcast(&o->cv);
}

static st_t sync_shared(struct objects *o, struct err *e)
{
	uint64_t want;
	st_t st = ST_OK;

	pthread_mutex_lock(&o->mx);
	want = o->begun + 1;
	while (o->ended < want)
		if (!o->running)
			sync_round(o);
		else
			pthread_cond_wait(&o->cv, &o->mx);
	if (o->failed >= want)
		st = err_set(e, o->why.st, "%s", o->why.text);
	pthread_mutex_unlock(&o->mx);
	return st;
}

st_t object_sync_local(struct objects *o, const char *dir, struct err *e)
{
	struct stat a, b;

	if (stat(dir, &a) != 0 || fstat(o->root_fd, &b) != 0)
		return err_sys(e, "cannot look at '%s'", dir);
	if (a.st_dev != b.st_dev)
		return err_set(e, ST_UNSUPPORTED, "'%s' and the object store lie on two file systems", dir);
	return sync_shared(o, e);
}

char *object_local_path(struct objects *o, const char *key)
{
	return fs_join(o->root, key);
}

st_t stage_parents(const char *path, size_t from, struct err *e)
{
	char *p = strdup(path);
	st_t st = ST_OK;
	size_t i;

	if (p == NULL)
		return ST_NOMEM;
	for (i = from + 1; p[i] != '\0' && st == ST_OK; i++) {
		if (p[i] != '/')
			continue;
		p[i] = '\0';
		if (mkdir(p, 0755) == 0)
			st = fs_step("mkdir", e);
		else if (errno != EEXIST)
			st = err_sys(e, "cannot make folder '%s'", p);
		p[i] = '/';
	}
	free(p);
	return st;
}

st_t stage_write(const char *path, const void *p, size_t n, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	st_t st;

	if (fd < 0)
		return err_sys(e, "cannot make '%s'", path);
	st = fs_write_all(fd, p, n, e);
	if (close(fd) != 0 && st == ST_OK)
		st = err_sys(e, "cannot close '%s'", path);
	return st;
}

st_t stage_copy(const char *from, const char *to, struct err *e)
{
	int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	char *buf = malloc(1 << 18);
	ssize_t got = 0;
	st_t st = ST_OK;

	if (buf == NULL)
		st = ST_NOMEM;
	else if (in < 0 || out < 0)
		st = err_sys(e, "cannot copy '%s' to '%s'", from, to);
	while (st == ST_OK && ((got = read(in, buf, 1 << 18)) > 0 || (got < 0 && errno == EINTR)))
		if (got > 0)
			st = fs_write_all(out, buf, (size_t)got, e);
	if (st == ST_OK && got < 0)
		st = err_sys(e, "cannot read '%s'", from);
	if (in >= 0)
		close(in);
	if (out >= 0 && close(out) != 0 && st == ST_OK)
		st = err_sys(e, "cannot close '%s'", to);
	free(buf);
	return st;
}

st_t stage_link(const char *from, const char *to, struct err *e)
{
	st_t st = fs_step("link", e);

	if (st != ST_OK)
		return st;
	if (link(from, to) == 0)
		return ST_OK;
	if (errno == EPERM || errno == EOPNOTSUPP || errno == EMLINK || errno == EXDEV)
		return stage_copy(from, to, e);
	return err_sys(e, "cannot link '%s' to '%s'", from, to);
}

/* Rename into place; empty folders may be pruned by another thread between mkdir and rename, so ask again. */
static st_t rename_in(struct objects *o, const char *from, const char *to, bool must_be_new, struct err *e)
{
	st_t st = ST_OK;
	int tries;

	for (tries = 0; tries < 100; tries++) {
		st = stage_parents(to, strlen(o->root), e);
		if (st == ST_OK)
			st = must_be_new ? fs_rename_new(from, to, e) : fs_rename(from, to, e);
		if (st != ST_ABSENT || !fs_exists(from))
			break;
		err_clear(e);
	}
	return st;
}

st_t object_put(struct objects *o, const char *key, const void *p, size_t n, bool replace, struct err *e)
{
	char *path = object_local_path(o, key);
	st_t st;

	if (path == NULL)
		return ST_NOMEM;
	if (!replace && fs_exists(path))
		st = err_set(e, ST_CONFLICT, "object '%s' exists already", key);
	else
		st = stage_parents(path, strlen(o->root), e);
	if (st == ST_OK)
		st = fs_write_atomic(path, p, n, 0644, e);
	if (st == ST_OK)
		st = sync_shared(o, e);
	free(path);
	return st;
}

st_t object_put_tree(struct objects *o, const char *local_dir, const char *key, struct err *e)
{
	char *path = object_local_path(o, key);
	st_t st = path ? rename_in(o, local_dir, path, true, e) : ST_NOMEM;

	if (st == ST_OK)
		st = sync_shared(o, e);
	free(path);
	return st;
}

st_t object_move_new(struct objects *o, const char *local, const char *key, struct err *e)
{
	char *path = object_local_path(o, key);
	st_t st = path ? rename_in(o, local, path, true, e) : ST_NOMEM;

	free(path);
	return st;
}

st_t object_move(struct objects *o, const char *local, const char *key, struct err *e)
{
	char *path = object_local_path(o, key);
	st_t st = path ? rename_in(o, local, path, false, e) : ST_NOMEM;

	free(path);
	return st;
}

st_t object_take_tree(struct objects *o, const char *key, const char *local_dir, struct err *e)
{
	char *path = object_local_path(o, key);
	st_t st = path ? fs_rename_new(path, local_dir, e) : ST_NOMEM;

	if (st == ST_OK)
		st = sync_shared(o, e);
	free(path);
	return st;
}

st_t object_swap_tree(struct objects *o, const char *local_dir, const char *key, struct err *e)
{
	char *path = object_local_path(o, key);
	st_t st = path ? fs_step("rename", e) : ST_NOMEM;

	if (st == ST_OK && renameat2(AT_FDCWD, local_dir, AT_FDCWD, path, RENAME_EXCHANGE) != 0)
		st = err_sys(e, "cannot exchange '%s' and '%s'", local_dir, path);
	if (st == ST_OK)
		st = sync_shared(o, e);
	free(path);
	return st;
}

st_t object_sync(struct objects *o, const char *key, struct err *e)
{
	char *path = object_local_path(o, key);
	st_t st = path ? fs_sync_dir(path, e) : ST_NOMEM;

	free(path);
	return st;
}

void object_prune(struct objects *o, const char *key)
{
	char *path = object_local_path(o, key), *slash;
	size_t root = strlen(o->root);

	while (path != NULL && strlen(path) > root + 1) {
		if (rmdir(path) != 0 && errno != ENOENT)
			break;
		slash = strrchr(path, '/');
		*slash = '\0';
	}
	free(path);
}

st_t object_get(struct objects *o, const char *key, struct buf *out, struct err *e)
{
	uint64_t size = 0;
	int fd = -1;
	st_t st = object_open(o, key, &fd, &size, e);

	if (st == ST_OK && (size > out->max || buf_reserve(out, size) != ST_OK))
		st = err_set(e, ST_TOOBIG, "object '%s' has %llu bytes", key, (unsigned long long)size);
	if (st == ST_OK)
		st = fs_pread_all(fd, out->p + out->n, size, 0, e);
	if (st == ST_OK) {
		out->n += size;
		out->p[out->n] = '\0';
	}
	if (fd >= 0)
		close(fd);
	return st;
}

/* Links are followed nowhere on the way: somebody who can plant one in the store must not make us serve /etc/shadow (B12). */
static int open_beneath(int root, const char *key)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };
	long fd = syscall(SYS_openat2, root, key, &how, sizeof(how));

	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		return openat(root, key, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	return (int)fd;
}

st_t object_open(struct objects *o, const char *key, int *fd, uint64_t *size, struct err *e)
{
	struct stat sb;

	*fd = open_beneath(o->root_fd, key);
	if (*fd < 0) {
		if (errno == ELOOP || errno == EXDEV || errno == ENOTDIR)
			return err_set(e, ST_CORRUPT, "object '%s' is no regular file", key);
		return err_sys(e, "cannot open object '%s'", key);
	}
	if (fstat(*fd, &sb) != 0 || !S_ISREG(sb.st_mode)) {
		close(*fd);
		*fd = -1;
		return err_set(e, ST_CORRUPT, "object '%s' is no regular file", key);
	}
	*size = (uint64_t)sb.st_size;
	return ST_OK;
}

st_t object_remove_tree(struct objects *o, const char *key, struct err *e)
{
	char *path = object_local_path(o, key);
	st_t st = path ? fs_remove_tree(path, e) : ST_NOMEM;

	if (st == ST_OK)
		object_prune(o, key);
	free(path);
	return st;
}

struct walk { st_t (*fn)(void *, const char *, uint64_t, struct err *); void *ctx; const char *prefix; };

static st_t walk_step(void *ctx, const char *path, const char *rel, enum fs_kind kind, uint64_t size, struct err *e)
{
	struct walk *w = ctx;
	char *key;
	st_t st;

	(void)path;
	if (kind == FS_DIR)
		return ST_OK;
	key = *w->prefix ? fs_join(w->prefix, rel) : strdup(rel);
	if (key == NULL)
		return ST_NOMEM;
	st = w->fn(w->ctx, key, kind == FS_FILE ? size : UINT64_MAX, e);
	free(key);
	return st;
}

st_t object_walk(struct objects *o, const char *prefix, st_t (*fn)(void *, const char *key, uint64_t size, struct err *), void *ctx, struct err *e)
{
	char *path = object_local_path(o, prefix);
	struct walk w = { fn, ctx, prefix };
	st_t st = path ? fs_walk(path, walk_step, &w, e) : ST_NOMEM;

	free(path);
	return st;
}
