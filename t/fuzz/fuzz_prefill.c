#include "indexer/extract/prefill.h"
#include "schema/assertion.h"
#include "schema/record.h"
#include "t/fuzz/schema_once.h"

/* Every leaf of what was proposed has an entry that speaks of it or of what it is a part of. */
static void traced_below(const json_t *doc, const json_t *v, char *at, size_t n)
{
	const char *key;
	const json_t *x;
	size_t i;

	if (assertion_of(doc, at) != NULL || n > 800)
		return;
	FUZZ_HOLDS(json_is_object(v) || json_is_array(v));
	json_object_foreach((json_t *)v, key, x) {
		if (strlen(key) > 100 || strpbrk(key, "~/") != NULL || strcmp(key, "assertions") == 0)
			continue;
		traced_below(doc, x, at, n + (size_t)snprintf(at + n, 1000 - n, "/%s", key));
		at[n] = '\0';
	}
	json_array_foreach(v, i, x) {
		traced_below(doc, x, at, n + (size_t)snprintf(at + n, 1000 - n, "/%zu", i));
		at[n] = '\0';
	}
}

static void holds_traced(const json_t *doc)
{
	char at[1000] = "";

	traced_below(doc, doc, at, 0);
}

/* First byte: which file it is. Whatever lies in a folder, the record that comes out has no fault a server would refuse. */
int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	static const char *const names[] = { "CITATION.cff", "datacite.json", "ro-crate-metadata.json", "croissant.json", "codemeta.json", "datapackage.json",
		"dataset_description.json", "README.md", "LICENSE", "metadata.json", "datacite.xml", "jpcoar.xml", "eml.xml", "ddi.xml", "iso19139.xml", "oai.xml",
		"DESCRIPTION", "ref.ris", "ref.bib", "bag-info.txt", "participants.tsv", "invoice/invoice.json", "tasksupport/invoice.schema.json", "meta/metadata.json",
		".zenodo.json", "record.json" };
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
	holds_traced(doc);
	findings_release(&f);
	json_decref(doc);
	json_decref(warn);
	prefill_free(p);
	return 0;
}
