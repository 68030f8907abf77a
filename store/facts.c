/* Facts by content: CAT_FACT 'X' SHA-256 -> crc of the rest (4), version of the extractor (4), JSON. */

#include "store/facts.h"

#include "base/hash.h"
#include "store/cat_int.h"

#define FACT_FIXED 8

static struct key fact_key(const uint8_t sha[32])
{
	struct key k;

	key_init(&k, 'X');
	key_bytes(&k, sha, 32);
	return k;
}

st_t facts_get(struct kv_txn *t, const uint8_t sha[32], struct buf *json, struct err *e)
{
	struct key k = fact_key(sha);
	struct slice v;

	if (!kv_get(t, CAT_FACT, key_slice(&k), &v)) {
		if (t->st == ST_OK)
			return err_set(e, ST_ABSENT, "no facts");
		return err_set(e, t->st, "%s", t->err.text);
	}
	if (v.n < FACT_FIXED || get_u32(v.p) != crc32_of(0, v.p + 4, v.n - 4))
		return err_set(e, ST_CORRUPT, "facts are damaged; rebuild");
	return buf_add(json, v.p + FACT_FIXED, v.n - FACT_FIXED);
}

bool facts_has(struct kv_txn *t, const uint8_t sha[32], uint32_t extractor_version)
{
	struct key k = fact_key(sha);
	struct slice v;

	return kv_get(t, CAT_FACT, key_slice(&k), &v) && v.n >= FACT_FIXED && get_u32(v.p + 4) >= extractor_version;
}

struct fact_job { const uint8_t *sha; struct slice row; };

static st_t fact_apply(void *arg, struct kv_txn *t)
{
	const struct fact_job *j = arg;
	struct key k = fact_key(j->sha);

	kv_put(t, CAT_FACT, key_slice(&k), j->row);
	return ST_OK;
}

st_t facts_put(struct repo *r, const uint8_t sha[32], uint32_t extractor_version, struct slice json, struct err *e)
{
	struct buf row = BUF_INIT((size_t)64 << 20);
	uint8_t h[FACT_FIXED] = { 0 };
	struct fact_job j;
	st_t st;

	put_u32(h + 4, extractor_version);
	buf_add(&row, h, FACT_FIXED);
	buf_addsl(&row, json);
	if (row.st != ST_OK) {
		st = err_set(e, row.st, "facts of %zu bytes", json.n);
	} else {
		put_u32(row.p, crc32_of(0, row.p + 4, row.n - 4));
		j = (struct fact_job){ sha, buf_slice(&row) };
		st = writer_do(r->cat_w, fact_apply, &j, e);
	}
	buf_release(&row);
	return st;
}
