/*
 * A schema that somebody wrote: JSON Schema, RDE's, or a table. What comes out is an answer with a form that passes or with a reason; values of all kinds can be held against
 * it; and what it is as JSON Schema is read again.
 */

#include "indexer/extract/form_file.h"
#include "schema/form.h"
#include "t/fuzz/fuzz.h"

static json_t *some_value(size_t i)
{
	switch (i % 4) {
	case 0: return json_string("27 \xc2\xb0" "C");
	case 1: return json_integer(5);
	case 2: return json_pack("[s, i]", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaab", 1);
	}
	return json_object();
}

static void judge(const json_t *form)
{
	json_t *custom_fields = json_object(), *m;
	struct findings f = { 0 };
	char key[FORM_NAME_MAX + FORM_MEMBER_MAX + 2];
	size_t i;

	json_array_foreach(json_object_get(form, "members"), i, m) {
		snprintf(key, sizeof(key), "x:%s", json_text(m, "name"));
		json_put(custom_fields, key, some_value(i));
	}
	FUZZ_HOLDS(form_validate(form, custom_fields, RECORD_PUBLISH, NULL, NULL, &f) == ST_OK);
	findings_release(&f);
	json_decref(custom_fields);
}

static void read_again(const json_t *form)
{
	struct buf text = BUF_INIT((size_t)64 << 20), out = BUF_INIT((size_t)64 << 20);
	json_t *schema = NULL, *j = NULL;

	FUZZ_HOLDS(form_json_schema(form, "http://example.org/x", &schema, NULL) == ST_OK);
	FUZZ_HOLDS(json_dump(&text, schema, false) == ST_OK);
	FUZZ_HOLDS(form_file_read(buf_slice(&text), &out) == ST_OK && json_load(&j, buf_slice(&out), NULL) == ST_OK);
	json_decref(schema);
	json_decref(j);
	buf_release(&text);
	buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	struct buf out = BUF_INIT((size_t)64 << 20);
	char *p = exact_copy(d, n);
	json_t *j = NULL, *form;

	FUZZ_HOLDS(form_file_read(slice_of(p, n), &out) == ST_OK);
	FUZZ_HOLDS(json_load(&j, buf_slice(&out), NULL) == ST_OK);
	form = json_object_get(j, "form");
	FUZZ_HOLDS((form != NULL) != (json_text(j, "error") != NULL));
	if (form != NULL) {
		FUZZ_HOLDS(form_check(form, NULL) == ST_OK);
		json_put_str(form, "name", SLICE("x"));
		judge(form);
		read_again(form);
	}
	json_decref(j);
	buf_release(&out);
	free(p);
	return 0;
}
