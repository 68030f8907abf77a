#include "schema/assertion.h"
#include "schema/describe.h"
#include "schema/record.h"
#include "t/fuzz/schema_once.h"

/* A record that a stranger sends: what is said of its values is true afterwards, stays so, and nobody can confirm in another's name. */
int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	struct schema *s = schema_once();
	char *bytes = exact_copy(d, n);
	json_t *doc = NULL, *again, *warn = NULL, *one, *other = json_object();
	struct buf words = BUF_INIT(BUF_NOMAX);
	struct err e = ERR_INIT;
	size_t i;

	if (record_load(&doc, slice_of(bytes, n), &e) == ST_OK && record_normalise(s, doc, NULL, &e) == ST_OK) {
		again = json_deep_copy(doc);
		FUZZ_HOLDS(assertions_tidy(again) == ST_OK);
		FUZZ_HOLDS(json_equal(again, doc));
		FUZZ_HOLDS(assertions_guard(again, NULL) == ST_OK);
		json_array_foreach(json_object_get(again, "assertions"), i, one)
			FUZZ_HOLDS(json_object_get(one, "confirmed") == NULL);
		(void)!assertions_confirm(again, NULL, "taro", "2026-01-01T00:00:00Z", NULL);
		json_array_foreach(json_object_get(again, "assertions"), i, one) {
			const char *at = json_text(one, "at");

			(void)!assertion_words(one, true, &words);
			if (at != NULL && json_text(one, "of") != NULL)
				FUZZ_HOLDS(assertion_value(again, at) != NULL);
		}
		FUZZ_HOLDS(describe_fill(other, doc, NULL) == ST_OK);
		json_decref(again);
	}
	json_decref(doc);
	doc = NULL;
	if (describe_answer(s, slice_of(bytes, n), &doc, &warn, &e) == ST_OK)
		FUZZ_HOLDS(json_is_object(doc) && json_is_array(warn));
	json_decref(doc);
	json_decref(warn);
	json_decref(other);
	buf_release(&words);
	free(bytes);
	return 0;
}
