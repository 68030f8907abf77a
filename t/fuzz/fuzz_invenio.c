#include "schema/format.h"
#include "t/fuzz/schema_once.h"

/* Any JSON: read as an InvenioRDM record and as a canonical one; what was read is written and comes back equal. */
int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	struct schema *s = schema_once();
	char *p = exact_copy(d, n);
	struct err e = ERR_INIT;
	json_t *in = NULL, *doc = NULL, *rdm = NULL, *back = NULL, *warn = json_array();

	if (n > 0 && json_load(&in, slice_of(p, n), &e) == ST_OK) {
		if (invenio_read(s, in, &doc, warn, &e) == ST_OK) {
			FUZZ_HOLDS(invenio_write(s, doc, &rdm, &e) == ST_OK);
			FUZZ_HOLDS(invenio_read(s, rdm, &back, NULL, &e) == ST_OK);
			FUZZ_HOLDS(json_equal(doc, back));
			json_decref(rdm);
			json_decref(back);
			rdm = back = NULL;
		}
		if (json_is_object(in)) {
			FUZZ_HOLDS(invenio_write(s, in, &rdm, &e) == ST_OK);
			FUZZ_HOLDS(invenio_read(s, rdm, &back, NULL, &e) == ST_OK);
			FUZZ_HOLDS(json_equal(in, back));
		}
	}
	json_decref(in);
	json_decref(doc);
	json_decref(rdm);
	json_decref(back);
	json_decref(warn);
	free(p);
	return 0;
}
