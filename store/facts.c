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

struct fact_job { const struct facts_row *rows; struct buf *packed; size_t n; };

static st_t fact_apply(void *arg, struct kv_txn *t)
{
	const struct fact_job *j = arg;
	size_t i;

	for (i = 0; i < j->n; i++) {
		struct key k = fact_key(j->rows[i].sha256);

		kv_put(t, CAT_FACT, key_slice(&k), buf_slice(&j->packed[i]));
	}
	return ST_OK;
}

static st_t fact_pack(struct buf *row, struct slice json, uint32_t extractor_version, struct err *e)
{
	uint8_t h[FACT_FIXED] = { 0 };

	buf_init(row, (size_t)64 << 20);
	put_u32(h + 4, extractor_version);
	buf_add(row, h, FACT_FIXED);
	if (buf_addsl(row, json) != ST_OK)
		return err_set(e, row->st, "facts of %zu bytes", json.n);
	put_u32(row->p, crc32_of(0, row->p + 4, row->n - 4));
	return ST_OK;
}

st_t facts_put_many(struct repo *r, const struct facts_row *rows, size_t n, uint32_t extractor_version, struct err *e)
{
	struct fact_job j = { rows, calloc(n + 1, sizeof(*j.packed)), n };
	st_t st = j.packed ? ST_OK : err_set(e, ST_NOMEM, " ");
	size_t i;

	for (i = 0; i < n && st == ST_OK; i++)
		st = fact_pack(&j.packed[i], rows[i].json, extractor_version, e);
	if (st == ST_OK && n)
		st = writer_do(r->cat_w, fact_apply, &j, e);
	for (i = 0; j.packed && i < n; i++)
		buf_release(&j.packed[i]);
	free(j.packed);
	return st;
}

st_t facts_put(struct repo *r, const uint8_t sha[32], uint32_t extractor_version, struct slice json, struct err *e)
{
	struct facts_row row = { .json = json };

	memcpy(row.sha256, sha, 32);
	return facts_put_many(r, &row, 1, extractor_version, e);
}
