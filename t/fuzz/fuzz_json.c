#include "base/json.h"
#include "t/fuzz/fuzz.h"

/* What is loaded, dumped and loaded again is the same; sorted dumps are stable; a look is never surer than loading. */
int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	char *p = exact_copy(d, n);
	struct buf out = BUF_INIT(BUF_NOMAX), again = BUF_INIT(BUF_NOMAX);
	struct err e = ERR_INIT;
	json_t *j = NULL, *k = NULL;
	struct json_pick pick = { "a", SLICE_NULL };
	st_t st = json_load(&j, slice_of(p, n), &e);

	if (json_sure(slice_of(p, n), &pick, 1)) {
		FUZZ_HOLDS(st == ST_OK);
		FUZZ_HOLDS(pick.text.p == NULL || slice_eq(pick.text, json_slice(json_object_get(j, "a"))));
	}
	free(p);
	FUZZ_HOLDS((st == ST_OK) == (j != NULL));
	FUZZ_HOLDS(st == ST_OK || (st == ST_INVALID && e.text[0] != '\0'));
	if (st == ST_OK) {
		FUZZ_HOLDS(json_dump(&out, j, true) == ST_OK);
		FUZZ_HOLDS(json_load(&k, buf_slice(&out), &e) == ST_OK);
		FUZZ_HOLDS(json_dump(&again, k, true) == ST_OK);
		FUZZ_HOLDS(slice_eq(buf_slice(&out), buf_slice(&again)));
	}
	json_decref(j);
	json_decref(k);
	buf_release(&out);
	buf_release(&again);
	return 0;
}
