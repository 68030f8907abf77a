#include "indexer/range.h"

#include <string.h>

#define BY_LOWER	'l'
#define BY_UPPER	'u'
#define LIST		'd'

uint64_t range_code(double v)
{
	uint64_t u;

	v += 0.0;	/* -0 becomes 0 */
	memcpy(&u, &v, sizeof(u));
	return u >> 63 ? ~u : u | (uint64_t)1 << 63;
}

double range_value(uint64_t u)
{
	double v;

	u = u >> 63 ? u & ~((uint64_t)1 << 63) : ~u;
	memcpy(&v, &u, sizeof(v));
	return v;
}

/* Numbers with more zeros behind stand higher. Where the ends part, the upper one's side begins with the highest node behind the lower end; the lower
 * end itself may stand higher still. */
uint64_t range_node(uint64_t lo, uint64_t hi)
{
	uint64_t split, low;

	if (lo == hi)
		return lo;
	split = (uint64_t)1 << (63 - __builtin_clzll(lo ^ hi));
	low = split | (split - 1);
	return (lo & low) == 0 && lo != 0 ? lo : hi & ~(split - 1);
}

static void range_key(struct key *k, char by, struct slice name, uint64_t node, uint64_t end)
{
	key_init(k, by);
	key_text(k, name);
	key_u64(k, node);
	key_u64(k, end);
}

void range_put(struct kv_txn *t, kv_db db, struct slice name, uint64_t lo, uint64_t hi, uint32_t doc)
{
	uint64_t node = range_node(lo, hi);
	struct key k;

	range_key(&k, BY_LOWER, name, node, lo);
	key_u32(&k, doc);
	kv_put(t, db, key_slice(&k), SLICE(""));
	range_key(&k, BY_UPPER, name, node, hi);
	key_u32(&k, doc);
	kv_put(t, db, key_slice(&k), SLICE(""));
}

void range_del(struct kv_txn *t, kv_db db, struct slice name, uint64_t lo, uint64_t hi, uint32_t doc)
{
	uint64_t node = range_node(lo, hi);
	struct key k;

	range_key(&k, BY_LOWER, name, node, lo);
	key_u32(&k, doc);
	kv_del(t, db, key_slice(&k));
	range_key(&k, BY_UPPER, name, node, hi);
	key_u32(&k, doc);
	kv_del(t, db, key_slice(&k));
}

struct finder { struct kv_cur c; struct slice name; range_fn *fn; void *ctx; bool stop; };

/* Keys from (node, end) on, up to (node, end) of ${to}, both with. */
static void scan(struct finder *f, char by, uint64_t node, uint64_t end, uint64_t to_node, uint64_t to_end)
{
	struct key from, to;
	bool ok;

	if (f->stop)
		return;
	range_key(&from, by, f->name, node, end);
	range_key(&to, by, f->name, to_node, to_end);
	for (ok = kv_seek(&f->c, key_slice(&from)); ok; ok = kv_next(&f->c)) {
		if (f->c.key.n != to.n + 4 || memcmp(f->c.key.p, to.p, to.n) > 0)
			return;
		if (!f->fn(f->ctx, get_u32(f->c.key.p + to.n))) {
			f->stop = true;
			return;
		}
	}
}

void range_find(struct kv_txn *t, kv_db db, struct slice name, uint64_t lo, uint64_t hi, range_fn *fn, void *ctx)
{
	struct finder f = { .name = name, .fn = fn, .ctx = ctx };

	if (lo > hi)
		return;
	kv_cur_open(t, db, &f.c);
	/* Inside: every interval there holds its node. */
	scan(&f, BY_LOWER, lo, 0, hi, UINT64_MAX);
	for (int i = 63; i >= 0; i--) {
		uint64_t bit = (uint64_t)1 << i, above = ~(bit | (bit - 1));
		uint64_t left = (lo & above) | bit, right = (hi & above) | bit;

		if (left < lo)		/* on the way to the lower end: those that reach it */
			scan(&f, BY_UPPER, left, lo, left, UINT64_MAX);
		if (right > hi)		/* on the way to the upper end: those that begin before it */
			scan(&f, BY_LOWER, right, 0, right, hi);
	}
	kv_cur_close(&f.c);
}

void range_list_key(struct key *k, uint32_t doc)
{
	key_init(k, LIST);
	key_u32(k, doc);
}

st_t range_list_add(struct buf *list, struct slice name, uint64_t lo, uint64_t hi)
{
	uint8_t ends[16];

	put_u64(ends, lo);
	put_u64(ends + 8, hi);
	buf_addc(list, (char)(uint8_t)name.n);
	buf_addsl(list, name);
	return buf_add(list, ends, sizeof(ends));
}

bool range_list_next(struct slice *rest, struct slice *name, uint64_t *lo, uint64_t *hi)
{
	size_t n = rest->n > 0 ? (uint8_t)rest->p[0] : 0;

	if (rest->n < 1 + n + 16)
		return false;
	*name = slice_of(rest->p + 1, n);
	*lo = get_u64(rest->p + 1 + n);
	*hi = get_u64(rest->p + 9 + n);
	*rest = slice_of(rest->p + 17 + n, rest->n - 17 - n);
	return true;
}
