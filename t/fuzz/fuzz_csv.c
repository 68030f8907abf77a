/*
 * The first byte picks the name and the size of the pieces, the rest is a file. Facts must be valid JSON whatever the bytes, and the
 * same however they were cut.
 */

#include "base/json.h"
#include "indexer/extract/extract.h"
#include "t/fuzz/fuzz.h"

static void read_in(struct buf *out, const char *name, const uint8_t *d, size_t n, size_t step)
{
	struct extract *x = NULL;
	size_t at, k;
	st_t st = ST_OK;

	FUZZ_HOLDS(extract_new(&x, name, n, NULL) == ST_OK);
	for (at = 0; at < n && st == ST_OK; at += k) {
		char *piece;

		k = n - at < step ? n - at : step;
		piece = exact_copy(d + at, k);
		st = extract_push(x, piece, k, NULL);
		free(piece);
	}
	FUZZ_HOLDS(st == ST_OK || st == ST_EOF);
	FUZZ_HOLDS(extract_end(x, out, NULL) == ST_OK);
	extract_free(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	static const char *const names[] = { "a.csv", "b/c.tsv", "readme", "x.dat" };
	struct buf whole = BUF_INIT((size_t)8 << 20), cut = BUF_INIT((size_t)8 << 20);
	json_t *j = NULL;
	const char *name;
	size_t step;

	if (n == 0)
		return 0;
	name = names[d[0] & 3];
	step = (size_t)(d[0] >> 2) + 1;
	read_in(&whole, name, d + 1, n - 1, n);
	read_in(&cut, name, d + 1, n - 1, step);
	FUZZ_HOLDS(slice_eq(buf_slice(&whole), buf_slice(&cut)));
	FUZZ_HOLDS(json_load(&j, buf_slice(&whole), NULL) == ST_OK && json_text(j, "status") != NULL);
	json_decref(j);
	buf_release(&whole);
	buf_release(&cut);
	return 0;
}
