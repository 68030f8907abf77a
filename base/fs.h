#ifndef BASE_FS_H
#define BASE_FS_H

/*
 * Files.  Every durable step goes through here, so that the kill tests and
 * the fault hook see all of them.  Blocking: worker threads and programs only.
 */

#include <sys/types.h>

#include "base/buf.h"

/* Write all of it, whatever EINTR and short writes do. */
st_t fs_write_all(int fd, const void *p, size_t n, struct err *e);
st_t fs_pread_all(int fd, void *p, size_t n, off_t off, struct err *e);		/* ST_CORRUPT when cut short */
st_t fs_read_file(const char *path, struct buf *out, struct err *e);		/* ST_ABSENT, ST_TOOBIG */
/* Replace ${path} by ${n} bytes so that after any crash the old or the new file is there: temporary name, fsync, rename, fsync of the folder. */
st_t fs_write_atomic(const char *path, const void *p, size_t n, mode_t mode, struct err *e);
st_t fs_mkdirs(const char *path, mode_t mode, struct err *e);			/* with parents; existing is fine; new ones and their parents fsynced */
st_t fs_sync_fd(int fd, const char *name, struct err *e);
st_t fs_sync_dir(const char *path, struct err *e);
st_t fs_sync_parent(const char *path, struct err *e);				/* the folder that holds ${path} */
st_t fs_syncfs(const char *path, struct err *e);
st_t fs_rename(const char *from, const char *to, struct err *e);		/* not durable until the folder is synced */
st_t fs_rename_new(const char *from, const char *to, struct err *e);		/* ST_CONFLICT if ${to} exists */
st_t fs_remove(const char *path, struct err *e);				/* absent is fine */
st_t fs_remove_tree(const char *path, struct err *e);				/* never follows links; absent is fine */
bool fs_exists(const char *path);
st_t fs_size(const char *path, uint64_t *size, struct err *e);
/* "a" + "b" with one slash between; owned. */
char *fs_join(const char *a, const char *b);

/* Depth-first walk in byte order of names, links not followed. Return other than ST_OK stops and is passed on. */
enum fs_kind { FS_FILE, FS_DIR, FS_LINK, FS_OTHER };
typedef st_t fs_walk_fn(void *ctx, const char *path, const char *rel, enum fs_kind kind, uint64_t size, struct err *e);
st_t fs_walk(const char *root, fs_walk_fn *fn, void *ctx, struct err *e);

/*
 * Fault hook for tests: when AZEKURA_KILL_AT=n is set in the environment, the process kills itself (SIGKILL) just before its
 * n-th durable step (write, fsync, rename, unlink, mkdir, commit), and with AZEKURA_FAIL_AT=n:ERRNO that step fails instead.
 * fs_step() is called by fs.c itself and by store/kv.c before a commit. AZEKURA_STEPS=FILE: the number of steps is written there at exit.
 */
st_t fs_step(const char *what, struct err *e);

#endif
