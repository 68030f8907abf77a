/*
 * The first byte picks the name and the size of the pieces, the rest is a file. What comes out must be JSON with a name in each concept, and the same however
 * the bytes were cut.
 */

#include "base/json.h"
#include "indexer/extract/voc.h"
#include "t/fuzz/fuzz.h"

static st_t take(void *ctx, struct slice json)
{
	struct buf *all = ctx;
	json_t *j = NULL;

	FUZZ_HOLDS(json_load(&j, json, NULL) == ST_OK && json_text(j, "iri") != NULL && json_text(j, "id") != NULL);
	json_decref(j);
	buf_addsl(all, json);
	return buf_addc(all, '\n');
}

static void read_in(struct buf *out, const char *name, const uint8_t *d, size_t n, size_t step)
{
	struct buf about = BUF_INIT(1 << 16);
	struct voc *v = NULL;
	json_t *j = NULL;
	size_t at, k;

	FUZZ_HOLDS(voc_new(&v, name, n, take, out) == ST_OK);
	for (at = 0; at < n; at += k) {
		char *piece;

		k = n - at < step ? n - at : step;
		piece = exact_copy(d + at, k);
		(void)!voc_push(v, piece, k);
		free(piece);
	}
	FUZZ_HOLDS(voc_end(v, &about) == ST_OK);
	FUZZ_HOLDS(json_load(&j, buf_slice(&about), NULL) == ST_OK && json_text(j, "status") != NULL);
	FUZZ_HOLDS(strcmp(json_text(j, "status"), "ok") == 0 || json_text(j, "reason") != NULL);
	/* After a fault, how much was read before it depends on where the bytes were cut. */
	if (strcmp(json_text(j, "status"), "ok") != 0)
		buf_clear(out);
	json_decref(j);
	buf_release(&about);
	voc_free(v);
}

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	static const char *const names[] = { "a.ttl", "a.csv", "a.yaml", "a" };
	struct buf whole = BUF_INIT((size_t)64 << 20), cut = BUF_INIT((size_t)64 << 20);

	if (n == 0)
		return 0;
	read_in(&whole, names[d[0] & 3], d + 1, n - 1, n);
	read_in(&cut, names[d[0] & 3], d + 1, n - 1, (size_t)(d[0] >> 2) + 1);
	FUZZ_HOLDS(slice_eq(buf_slice(&whole), buf_slice(&cut)));
	buf_release(&whole);
	buf_release(&cut);
	return 0;
}
