#ifndef INDEXER_RANGE_H
#define INDEXER_RANGE_H

/*
 * Intervals of numbers by name, and the documents they belong to: the relational interval tree of Kriegel, Pötke and Seidl (VLDB 2000) over doubles in
 * an order-preserving form of 64 bits. A virtual binary tree has a node for each number; an interval is stored once, at the highest node that it
 * holds, by its lower and by its upper end. What meets a query lies at nodes inside it, or at one of the at most 126 nodes on the paths to its ends:
 * so a search reads what it finds and little more, whatever the number of intervals. Nothing but keys in order is needed. docs/formats/index.md
 */

#include "store/kv.h"
#include "store/kv_key.h"

/* Order-preserving: a < b as numbers if and only if as unsigned integers. -0 is 0; not for NaN. */
uint64_t range_code(double v);
double range_value(uint64_t code);
/* The highest node in [lo, hi]. */
uint64_t range_node(uint64_t lo, uint64_t hi);

#define RANGE_NAME_MAX 220	/* bytes of a name; callers clip */
void range_put(struct kv_txn *t, kv_db db, struct slice name, uint64_t lo, uint64_t hi, uint32_t doc);
void range_del(struct kv_txn *t, kv_db db, struct slice name, uint64_t lo, uint64_t hi, uint32_t doc);

/* All documents with an interval of ${name} that meets [lo, hi]; a document comes once for each. ${fn} returning false stops. */
typedef bool range_fn(void *ctx, uint32_t doc);
void range_find(struct kv_txn *t, kv_db db, struct slice name, uint64_t lo, uint64_t hi, range_fn *fn, void *ctx);

/* A document's own list, kept under a key of its own so that its intervals can be taken out and looked through: u8 bytes of name, name, u64 lower, u64 upper. */
void range_list_key(struct key *k, uint32_t doc);
st_t range_list_add(struct buf *list, struct slice name, uint64_t lo, uint64_t hi);
bool range_list_next(struct slice *rest, struct slice *name, uint64_t *lo, uint64_t *hi);

#endif
