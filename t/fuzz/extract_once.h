#ifndef T_FUZZ_EXTRACT_ONCE_H
#define T_FUZZ_EXTRACT_ONCE_H

/*
 * One file through the extractors, as memory: whatever comes out is a JSON document of facts with a status, or there was no memory.
 * A target for one format includes this and names a file whose ending its extractor likes.
 */

#include "base/json.h"
#include "indexer/extract/extract.h"
#include "indexer/extract/source.h"
#include "t/fuzz/fuzz.h"

static inline void fuzz_extract(const char *name, const uint8_t *d, size_t n)
{
	struct buf out = BUF_INIT((size_t)8 << 20);
	char *p = exact_copy(d, n);
	struct source src;
	json_t *j = NULL;
	st_t st;

	source_mem(&src, p, n);
	st = extract_source(&src, name, &out, NULL);
	FUZZ_HOLDS(st == ST_OK || st == ST_NOMEM);
	if (st == ST_OK) {
		FUZZ_HOLDS(json_load(&j, buf_slice(&out), NULL) == ST_OK);
		FUZZ_HOLDS(json_text(j, "extractor") && json_text(j, "status") && json_text(j, "media"));
		FUZZ_HOLDS(strcmp(json_text(j, "status"), "ok") == 0 || json_text(j, "reason"));
	}
	json_decref(j);
	buf_release(&out);
	free(p);
}

#define FUZZ_EXTRACTOR(name) \
	int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n) \
	{ \
		fuzz_extract(name, d, n); \
		return 0; \
	}

#endif
