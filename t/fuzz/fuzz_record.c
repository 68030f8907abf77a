#include "schema/access.h"
#include "schema/record.h"
#include "t/fuzz/schema_once.h"

/* Loading, normalising, validating and reading survive any bytes; normalising twice changes nothing. */
int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	struct schema *s = schema_once();
	char *p = exact_copy(d, n);
	struct record_defaults with = { "t", "c", "p", "2026-11-21" };
	struct findings f = { 0 };
	struct access_subject a;
	struct err e = ERR_INIT;
	json_t *doc = NULL, *again, *list = json_array();

	if (record_load(&doc, slice_of(p, n), &e) == ST_OK) {
		FUZZ_HOLDS(record_normalise(s, doc, list, &e) == ST_OK);
		again = json_deep_copy(doc);
		FUZZ_HOLDS(record_normalise(s, again, NULL, &e) == ST_OK);
		FUZZ_HOLDS(json_equal(doc, again));
		FUZZ_HOLDS(record_validate(s, doc, RECORD_PUBLISH, &f) == ST_OK);
		FUZZ_HOLDS(f.n <= 1001);
		access_of_record(doc, &a);
		(void)(record_title(doc, "ja").n + record_abstract(doc, "en").n + record_name(json_object_get(doc, "publisher"), NULL).n);
		(void)(record_year(doc) + record_type(doc)[0]);
		FUZZ_HOLDS(record_default(s, doc, &with, list, &e) == ST_OK);
		json_decref(again);
	} else {
		FUZZ_HOLDS(doc == NULL && e.text[0] != '\0');
	}
	findings_release(&f);
	json_decref(list);
	json_decref(doc);
	free(p);
	return 0;
}
