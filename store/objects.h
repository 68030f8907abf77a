#ifndef STORE_OBJECTS_H
#define STORE_OBJECTS_H

/*
 * Object bytes behind one narrow interface: file system now (obj_fs.c), S3 later. Keys are relative paths with '/'. Published objects are written once.
 * Blocking: worker threads.
 */

#include <sys/types.h>

#include "base/buf.h"

struct objects;

st_t objects_open_fs(struct objects **out, const char *root, struct err *e);
void objects_close(struct objects *o);
/* A whole small object, durable on return. ${replace} false: ST_CONFLICT when it exists. */
st_t object_put(struct objects *o, const char *key, const void *p, size_t n, bool replace, struct err *e);
/* Move finished files of a local folder (already fsynced) to ${key}, which must not exist: the rename that makes a version. Durable on return. */
st_t object_put_tree(struct objects *o, const char *local_dir, const char *key, struct err *e);
st_t object_get(struct objects *o, const char *key, struct buf *out, struct err *e);			/* ceiling: out's */
/* A descriptor positioned nowhere in particular; use with pread or sendfile. ST_ABSENT; ST_CORRUPT when not a regular file (never follows links). */
st_t object_open(struct objects *o, const char *key, int *fd, uint64_t *size, struct err *e);
/* Move a finished local file (already durable) to ${key}, replacing. Not durable before object_sync() of the folder. */
st_t object_move(struct objects *o, const char *local, const char *key, struct err *e);
st_t object_move_new(struct objects *o, const char *local, const char *key, struct err *e);	/* file or folder; ST_CONFLICT if ${key} exists */
/* The way back: ${key} (a folder) to ${local_dir}, which must not exist. Durable on return. ST_ABSENT. */
st_t object_take_tree(struct objects *o, const char *key, const char *local_dir, struct err *e);
/* Exchange the folder ${key} with ${local_dir} in one step. Durable on return. */
st_t object_swap_tree(struct objects *o, const char *local_dir, const char *key, struct err *e);
/* The folder ${key} and the names in it are durable on return. */
st_t object_sync(struct objects *o, const char *key, struct err *e);
/* Everything written below the local ${dir} is durable on return; callers at one time share one syncfs(). */
st_t object_sync_local(struct objects *o, const char *dir, struct err *e);
/* Remove the folders above ${key} that are empty (OCFL allows none); ${key} itself if it is an empty folder. */
void object_prune(struct objects *o, const char *key);
st_t object_remove_tree(struct objects *o, const char *key, struct err *e);
/* Every key below ${prefix}, in byte order; size UINT64_MAX: no regular file (a link, a device). */
st_t object_walk(struct objects *o, const char *prefix, st_t (*fn)(void *, const char *key, uint64_t size, struct err *), void *ctx, struct err *e);
char *object_local_path(struct objects *o, const char *key);	/* owned; NULL when the engine has none */

#endif
