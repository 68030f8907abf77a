#include "t/fuzz/fuzz.h"

#include "base/utf8.h"
#include "indexer/query.h"

static unsigned leaves(const struct query *q, unsigned depth)
{
	unsigned n = q->op >= QUERY_TEXT;

	FUZZ_HOLDS(depth <= 4 * QUERY_DEPTH_MAX + 4);
	for (const struct query *k = q->kid; k != NULL; k = k->next)
		n += leaves(k, depth + 1);
	return n;
}

/* A query is read or refused with a text; what is read obeys the bounds and can be written down. */
int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	char *p = exact_copy(d, n);
	struct arena *a = arena_new(0);
	struct buf out = BUF_INIT(1 << 20);
	struct err e = ERR_INIT;
	struct query *q = NULL;
	st_t st = query_parse(&q, a, slice_of(p, n), &e);

	FUZZ_HOLDS((st == ST_OK) == (q != NULL));
	FUZZ_HOLDS(st == ST_OK || (st == ST_INVALID && e.text[0] != '\0' && utf8_valid(slice_str(e.text), NULL)));
	if (q != NULL) {
		FUZZ_HOLDS(leaves(q, 0) <= QUERY_LEAVES_MAX);
		FUZZ_HOLDS(query_dump(&out, q) == ST_OK);
	}
	buf_release(&out);
	arena_free(a);
	free(p);
	return 0;
}
