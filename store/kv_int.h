#ifndef STORE_KV_INT_H
#define STORE_KV_INT_H

/* What writer.c and tests need of kv.c beyond its door. */

#include "store/kv.h"

/* Did the last write transaction run into the end of the map (not of the disk)? */
bool kv_map_was_full(const struct kv *kv);
/*
 * Make the map larger. Waits until no transaction is open; new readers wait meanwhile, in slices short enough that a thread which
 * already reads and asks for a second transaction gets on. ST_FULL: at the limit. ST_BUSY: a reader would not end.
 */
st_t kv_grow(struct kv *kv, struct err *e);
void kv_clear_dead_readers(struct kv *kv);
/* Kinds of file system (statfs f_type) on which shared memory maps or locks do not hold between machines. */
bool kv_fs_is_remote(unsigned long type);

#endif
