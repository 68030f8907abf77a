#include "indexer/extract/prefill.h"
#include "schema/record.h"
#include "t/fuzz/schema_once.h"

/* First byte: which file it is. Whatever lies in a folder, the record that comes out has no fault a server would refuse. */
int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	static const char *const names[] = { "CITATION.cff", "datacite.json", "ro-crate-metadata.json", "croissant.json", "codemeta.json", "datapackage.json",
		"dataset_description.json", "README.md", "LICENSE", "metadata.json" };
	struct schema *s = schema_once();
	struct prefill *p;
	struct findings f = { 0 };
	json_t *doc = NULL, *warn = NULL;
	char *bytes;

	if (n == 0)
		return 0;
	bytes = exact_copy(d + 1, n - 1);
	p = prefill_new(s);
	FUZZ_HOLDS(p != NULL);
	FUZZ_HOLDS(prefill_add(p, names[d[0] % (sizeof(names) / sizeof(*names))], slice_of(bytes, n - 1)) == ST_OK);
	free(bytes);
	FUZZ_HOLDS(prefill_take(p, &doc, &warn) == ST_OK);
	FUZZ_HOLDS(json_is_object(doc) && json_is_array(warn));
	FUZZ_HOLDS(record_validate(s, doc, RECORD_DRAFT, &f) == ST_OK);
	FUZZ_HOLDS(!findings_fatal(&f));
	findings_release(&f);
	json_decref(doc);
	json_decref(warn);
	prefill_free(p);
	return 0;
}
