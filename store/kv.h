#ifndef STORE_KV_H
#define STORE_KV_H

/*
 * Ordered keys and values in sticky transactions; LMDB hidden inside. The first error of a transaction sticks: later calls do
 * nothing, kv_end() aborts and reports. The map grows when no transaction is open. One writer thread an environment (store/writer.h).
 */

#include "base/buf.h"

struct kv;
struct kv_txn { st_t st; struct err err; void *txn; struct kv *kv; struct kv_txn *parent; bool write; unsigned cursors; };

#define KV_KEY_MAX 511

struct kv_spec { const char *name; bool dup; /* sorted duplicates */ };
typedef unsigned kv_db;			/* index into the specs given */

struct kv_opts { size_t map_size, map_max; unsigned readers; };
/* ${dir} is made when absent. Opens all databases in one transaction, clears dead readers. ST_UNSUPPORTED on a network file system or foreign layout. */
st_t kv_open(struct kv **out, const char *dir, const struct kv_spec *specs, size_t n, const struct kv_opts *o, struct err *e);
void kv_close(struct kv *kv);
st_t kv_copy(struct kv *kv, const char *to_dir, struct err *e);		/* consistent, while running */
/* Let go of the resident pages of the map: they stay in the system's page cache and come back when touched. For a server that has nothing to do after a long walk. Any thread. */
void kv_trim(struct kv *kv);
struct kv_stats { uint64_t map_size, used, commits, entries; unsigned readers; };
void kv_stats(struct kv *kv, struct kv_stats *out);

/* Any thread; ends within one look-up or one page. Always kv_end(). */
void kv_read(struct kv *kv, struct kv_txn *t);
/* The writer thread only; ${parent}: a child that can fail alone. ST_FULL in t->st asks for growth: writer.c handles it. */
void kv_write(struct kv *kv, struct kv_txn *parent, struct kv_txn *t);
st_t kv_end(struct kv_txn *t, struct err *e);		/* commits a clean write, aborts others; returns t's status */
void kv_fail(struct kv_txn *t, st_t st, const char *fmt, ...) PRINTF_LIKE(3, 4);	/* make it fail with this (keeps the first) */

/* ${v} is borrowed until the transaction's next write or end. False: absent, or the transaction has failed. */
bool kv_get(struct kv_txn *t, kv_db db, struct slice key, struct slice *v);
void kv_put(struct kv_txn *t, kv_db db, struct slice key, struct slice v);
void kv_append(struct kv_txn *t, kv_db db, struct slice key, struct slice v);		/* the same; packs pages full when the key is the last one */
bool kv_put_new(struct kv_txn *t, kv_db db, struct slice key, struct slice v);		/* false: exists */
void kv_del(struct kv_txn *t, kv_db db, struct slice key);				/* absent is fine */
void kv_del_dup(struct kv_txn *t, kv_db db, struct slice key, struct slice v);
uint64_t kv_entries(struct kv_txn *t, kv_db db);
void kv_clear(struct kv_txn *t, kv_db db);

/* Cursors end before their transaction. */
struct kv_cur { struct kv_txn *t; void *cur; struct slice key, v; };
void kv_cur_open(struct kv_txn *t, kv_db db, struct kv_cur *c);
void kv_cur_close(struct kv_cur *c);
bool kv_seek(struct kv_cur *c, struct slice at_least);		/* first key >= it; c->key and c->v set */
bool kv_seek_last(struct kv_cur *c);
bool kv_seek_before(struct kv_cur *c, struct slice less_than);	/* last key < it */
bool kv_next(struct kv_cur *c);
bool kv_prev(struct kv_cur *c);

#endif
