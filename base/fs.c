#include "base/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The fault hook. Read once from the environment; when none of the three variables is set, fs_step() is a load and a branch.
 */
static struct {
	atomic_int state;	/* 0 unread, 1 off, 2 on */
	long kill_at, fail_at;
	int fail_errno;
	const char *steps_file;
	atomic_long steps;
} hook;

static void hook_report(void)
{
	FILE *f = fopen(hook.steps_file, "w");

	if (f == NULL)
		return;
	fprintf(f, "%ld\n", atomic_load(&hook.steps));
	fclose(f);
}

static void hook_read(void)
{
	const char *kill_at = getenv("AZEKURA_KILL_AT"), *fail_at = getenv("AZEKURA_FAIL_AT");
	char *end = NULL;

	hook.steps_file = getenv("AZEKURA_STEPS");
	if (kill_at == NULL && fail_at == NULL && hook.steps_file == NULL) {
		atomic_store(&hook.state, 1);
		return;
	}
	if (kill_at != NULL)
		hook.kill_at = strtol(kill_at, NULL, 10);
	if (fail_at != NULL) {
		hook.fail_at = strtol(fail_at, &end, 10);
		hook.fail_errno = *end == ':' ? (int)strtol(end + 1, NULL, 10) : EIO;
	}
	if (hook.steps_file != NULL)
		atexit(hook_report);
	atomic_store(&hook.state, 2);
}

st_t fs_step(const char *what, struct err *e)
{
	long n;

	if (atomic_load_explicit(&hook.state, memory_order_acquire) == 0)
		hook_read();
	if (atomic_load_explicit(&hook.state, memory_order_relaxed) != 2)
		return ST_OK;
	n = atomic_fetch_add(&hook.steps, 1) + 1;
	if (n == hook.kill_at)
		raise(SIGKILL);
	if (n == hook.fail_at) {
		errno = hook.fail_errno;
		return err_sys(e, "%s (step %ld, made to fail)", what, n);
	}
	return ST_OK;
}

st_t fs_write_all(int fd, const void *p, size_t n, struct err *e)
{
	const char *at = p;
	st_t st = fs_step("write", e);

	while (st == ST_OK && n > 0) {
		ssize_t put = write(fd, at, n);

		if (put < 0) {
			if (errno == EINTR)
				continue;
			return err_sys(e, "cannot write");
		}
		at += put;
		n -= (size_t)put;
	}
	return st;
}

st_t fs_pread_all(int fd, void *p, size_t n, off_t off, struct err *e)
{
	char *at = p;

	while (n > 0) {
		ssize_t got = pread(fd, at, n, off);

		if (got < 0) {
			if (errno == EINTR)
				continue;
			return err_sys(e, "cannot read");
		}
		if (got == 0)
			return err_set(e, ST_CORRUPT, "the file ends %zu bytes early", n);
		at += got;
		off += got;
		n -= (size_t)got;
	}
	return ST_OK;
}

st_t fs_read_file(const char *path, struct buf *out, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	st_t st = ST_OK;

	if (fd < 0)
		return err_sys(e, "cannot open '%s'", path);
	for (;;) {
		ssize_t got;

		/* Growing by what is there, not by a guess: a file of the ceiling's size still fits. */
		if (out->cap - out->n < 2 && buf_reserve(out, out->max - out->n < 65536 ? out->max - out->n : 65536) != ST_OK) {
			st = err_set(e, out->st, "cannot hold '%s'", path);
			break;
		}
		got = read(fd, out->p + out->n, out->cap - out->n - 1);
		if (got < 0) {
			if (errno == EINTR)
				continue;
			st = err_sys(e, "cannot read '%s'", path);
			break;
		}
		if (got == 0)
			break;
		if ((size_t)got > out->max - out->n) {
			st = err_set(e, ST_TOOBIG, "'%s' is larger than %zu bytes", path, out->max);
			break;
		}
		out->n += (size_t)got;
		out->p[out->n] = '\0';
	}
	close(fd);
	return st;
}

st_t fs_sync_fd(int fd, const char *name, struct err *e)
{
	st_t st = fs_step("fsync", e);

	if (st != ST_OK)
		return st;
	while (fsync(fd) != 0)
		if (errno != EINTR)
			return err_sys(e, "cannot sync '%s'", name);
	return ST_OK;
}

st_t fs_sync_dir(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	st_t st;

	if (fd < 0)
		return err_sys(e, "cannot open folder '%s'", path);
	st = fs_sync_fd(fd, path, e);
	close(fd);
	return st;
}

static char *parent_of(const char *path)
{
	struct slice s = slice_str(path);

	while (s.n > 1 && s.p[s.n - 1] == '/')
		s.n--;
	while (s.n > 0 && s.p[s.n - 1] != '/')
		s.n--;
	if (s.n == 0)
		return slice_dup(SLICE("."));
	while (s.n > 1 && s.p[s.n - 1] == '/')
		s.n--;
	return slice_dup(s);
}

st_t fs_sync_parent(const char *path, struct err *e)
{
	char *dir = parent_of(path);
	st_t st;

	if (dir == NULL)
		return ST_NOMEM;
	st = fs_sync_dir(dir, e);
	free(dir);
	return st;
}

st_t fs_syncfs(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	st_t st = ST_OK;

	if (fd < 0)
		return err_sys(e, "cannot open '%s'", path);
	st = fs_step("syncfs", e);
	if (st == ST_OK && syncfs(fd) != 0)
		st = err_sys(e, "cannot sync the file system of '%s'", path);
	close(fd);
	return st;
}

st_t fs_rename(const char *from, const char *to, struct err *e)
{
	st_t st = fs_step("rename", e);

	if (st != ST_OK)
		return st;
	if (rename(from, to) != 0)
		return err_sys(e, "cannot rename '%s' to '%s'", from, to);
	return ST_OK;
}

st_t fs_rename_new(const char *from, const char *to, struct err *e)
{
	st_t st = fs_step("rename", e);

	if (st != ST_OK)
		return st;
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return ST_OK;
	if (errno == EEXIST || errno == ENOTEMPTY)
		return err_set(e, ST_CONFLICT, "'%s' exists already", to);
	if (errno != EINVAL && errno != ENOSYS)
		return err_sys(e, "cannot rename '%s' to '%s'", from, to);
	/* A file system without RENAME_NOREPLACE: the folder lock of the caller is what keeps others out. */
	if (fs_exists(to))
		return err_set(e, ST_CONFLICT, "'%s' exists already", to);
	if (rename(from, to) != 0)
		return err_sys(e, "cannot rename '%s' to '%s'", from, to);
	return ST_OK;
}

st_t fs_remove(const char *path, struct err *e)
{
	st_t st = fs_step("unlink", e);

	if (st != ST_OK)
		return st;
	if (unlink(path) != 0 && errno != ENOENT)
		return err_sys(e, "cannot remove '%s'", path);
	return ST_OK;
}

bool fs_exists(const char *path)
{
	struct stat sb;

	return lstat(path, &sb) == 0;
}

st_t fs_size(const char *path, uint64_t *size, struct err *e)
{
	struct stat sb;

	if (lstat(path, &sb) != 0)
		return err_sys(e, "cannot look at '%s'", path);
	*size = (uint64_t)sb.st_size;
	return ST_OK;
}

char *fs_join(const char *a, const char *b)
{
	struct buf out = BUF_INIT(BUF_NOMAX);

	buf_adds(&out, a);
	while (out.n > 1 && out.p[out.n - 1] == '/')
		out.n--;
	while (*b == '/')
		b++;
	if (out.n > 0 && out.p[out.n - 1] != '/' && *b != '\0')
		buf_addc(&out, '/');
	buf_adds(&out, b);
	if (out.st != ST_OK) {
		buf_release(&out);
		return NULL;
	}
	return buf_take(&out, NULL);
}

st_t fs_mkdirs(const char *path, mode_t mode, struct err *e)
{
	struct stat sb;
	char *up = NULL;
	st_t st;

	if (stat(path, &sb) == 0)
		return S_ISDIR(sb.st_mode) ? ST_OK : err_set(e, ST_CONFLICT, "'%s' is no folder", path);
	up = parent_of(path);
	if (up == NULL)
		return ST_NOMEM;
	st = strcmp(up, path) == 0 ? ST_OK : fs_mkdirs(up, mode, e);
	if (st == ST_OK)
		st = fs_step("mkdir", e);
	if (st == ST_OK && mkdir(path, mode) != 0 && errno != EEXIST)
		st = err_sys(e, "cannot make folder '%s'", path);
	if (st == ST_OK)
		st = fs_sync_dir(up, e);
	free(up);
	return st;
}

static st_t write_temp(const char *tmp, const void *p, size_t n, mode_t mode, struct err *e)
{
	int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	st_t st;

	if (fd < 0)
		return err_sys(e, "cannot make '%s'", tmp);
	st = fs_write_all(fd, p, n, e);
	if (st == ST_OK)
		st = fs_sync_fd(fd, tmp, e);
	if (close(fd) != 0 && st == ST_OK)
		st = err_sys(e, "cannot close '%s'", tmp);
	return st;
}

st_t fs_write_atomic(const char *path, const void *p, size_t n, mode_t mode, struct err *e)
{
	struct buf tmp = BUF_INIT(8192);
	st_t st;

	if (buf_addf(&tmp, "%s.tmp-%d", path, (int)getpid()) != ST_OK)
		return err_set(e, tmp.st, "path too long");
	st = write_temp(tmp.p, p, n, mode, e);
	if (st == ST_OK)
		st = fs_rename(tmp.p, path, e);
	if (st == ST_OK)
		st = fs_sync_parent(path, e);
	else
		unlink(tmp.p);
	buf_release(&tmp);
	return st;
}

static enum fs_kind kind_of(mode_t mode)
{
	if (S_ISREG(mode))
		return FS_FILE;
	if (S_ISDIR(mode))
		return FS_DIR;
	return S_ISLNK(mode) ? FS_LINK : FS_OTHER;
}

static int not_dots(const struct dirent *d)
{
	return strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

struct walk {
	fs_walk_fn *fn;
	void *ctx;
	bool after;	/* folders after what they hold (removal) */
};

static st_t walk_dir(const struct walk *w, const char *path, const char *rel, unsigned depth, struct err *e);

static st_t walk_one(const struct walk *w, const char *path, const char *rel, unsigned depth, struct err *e)
{
	struct stat sb;
	enum fs_kind kind;
	st_t st = ST_OK;

	if (lstat(path, &sb) != 0)
		return err_sys(e, "cannot look at '%s'", path);
	kind = kind_of(sb.st_mode);
	if (kind != FS_DIR || !w->after)
		st = w->fn(w->ctx, path, rel, kind, (uint64_t)sb.st_size, e);
	if (st == ST_OK && kind == FS_DIR)
		st = walk_dir(w, path, rel, depth + 1, e);
	if (st == ST_OK && kind == FS_DIR && w->after)
		st = w->fn(w->ctx, path, rel, kind, 0, e);
	return st;
}

#define WALK_DEPTH_MAX 500

static st_t walk_dir(const struct walk *w, const char *path, const char *rel, unsigned depth, struct err *e)
{
	struct dirent **list = NULL;
	st_t st = ST_OK;
	int n, i;

	if (depth > WALK_DEPTH_MAX)
		return err_set(e, ST_TOOBIG, "folders nested deeper than %d at '%s'", WALK_DEPTH_MAX, path);
	n = scandir(path, &list, not_dots, by_bytes);
	if (n < 0)
		return err_sys(e, "cannot list '%s'", path);
	for (i = 0; i < n; i++) {
		char *p = NULL, *r = NULL;

		if (st == ST_OK) {
			p = fs_join(path, list[i]->d_name);
			r = rel[0] == '\0' ? slice_dup(slice_str(list[i]->d_name)) : fs_join(rel, list[i]->d_name);
			st = p == NULL || r == NULL ? ST_NOMEM : walk_one(w, p, r, depth, e);
		}
		free(p);
		free(r);
		free(list[i]);
	}
	free(list);
	return st;
}

st_t fs_walk(const char *root, fs_walk_fn *fn, void *ctx, struct err *e)
{
	struct walk w = { fn, ctx, false };

	return walk_dir(&w, root, "", 0, e);
}

static st_t remove_one(void *ctx, const char *path, const char *rel, enum fs_kind kind, uint64_t size, struct err *e)
{
	st_t st = fs_step("unlink", e);

	(void)ctx;
	(void)rel;
	(void)size;
	if (st != ST_OK)
		return st;
	if ((kind == FS_DIR ? rmdir(path) : unlink(path)) != 0 && errno != ENOENT)
		return err_sys(e, "cannot remove '%s'", path);
	return ST_OK;
}

st_t fs_remove_tree(const char *path, struct err *e)
{
	struct walk w = { remove_one, NULL, true };
	struct stat sb;

	if (lstat(path, &sb) != 0)
		return errno == ENOENT ? ST_OK : err_sys(e, "cannot look at '%s'", path);
	return walk_one(&w, path, "", 0, e);
}
