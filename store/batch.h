#ifndef STORE_BATCH_H
#define STORE_BATCH_H

/*
 * Many small files on their way into a draft, one after another. They become durable together: two syncfs() and one commit for up to a thousand of them,
 * where single uploads would each wait for their own. A file that cannot be taken is refused by its path and spares the rest. Worker threads, one at a time.
 */

#include "store/upload.h"

struct batch;

/* Called for each file that was not taken. ${path} borrowed; as sent, so it may be no UTF-8. */
typedef void batch_refused_fn(void *ctx, struct slice path, st_t st, const char *why);

/* ST_ABSENT, ST_CONFLICT when the draft takes no files. */
st_t batch_new(struct repo *r, const char *draft, uint32_t user, batch_refused_fn *refused, void *ctx, struct batch **out, struct err *e);
/* The next file. ${sha256_hex}: announced digest, or NULL. A bad path or digest refuses the file: its bytes are then passed over. An error ends the batch. */
st_t batch_begin(struct batch *b, struct slice path, uint64_t size, const char *sha256_hex, struct err *e);
st_t batch_write(struct batch *b, const void *p, size_t n, struct err *e);
/* All of its bytes came. Commits when enough has gathered. */
st_t batch_end(struct batch *b, struct err *e);
/* What gathered is in the draft and durable on ST_OK. Harmless when nothing did. */
st_t batch_commit(struct batch *b, struct err *e);
struct batch_counts { uint64_t files, bytes, refused; };	/* in the draft and durable */
void batch_counts(const struct batch *b, struct batch_counts *out);
void batch_free(struct batch *b);	/* what was not committed is dropped; NULL is fine */

#endif
