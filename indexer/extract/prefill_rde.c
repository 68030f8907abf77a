/*
 * Folders of NIMS RDE: invoice.json says what the measurement was, invoice.schema.json names its own fields in two languages with units, meta/metadata.json holds
 * what the instrument wrote and metadata-def.json explains that.
 */
#include "indexer/extract/prefill_int.h"

/* A label as {"ja": ..., "en": ...} or as plain text. */
static void put_labels(struct pf *p, json_t *to, const json_t *label)
{
	const char *lang;
	const json_t *v;

	if (json_is_string(label))
		pf_ml(p, to, "labels", json_slice(label), NULL);
	json_object_foreach((json_t *)label, lang, v)
		if (json_is_string(v))
			pf_ml(p, to, "labels", json_slice(v), lang);
}

/* One field {name, labels, unit, type, value} onto the list ${to}. */
static void put_field(struct pf *p, json_t *to, const char *name, const json_t *value, const json_t *label, struct slice unit, struct slice type)
{
	json_t *o;

	if (json_is_null(value) || (json_is_string(value) && json_string_length(value) == 0) || json_array_size(to) >= PF_MANY || (o = pf_push(p, to)) == NULL)
		return;
	pf_put(p, o, "name", slice_str(name));
	if (value != NULL && json_put(o, "value", json_deep_copy(value)) != ST_OK)
		p->st = ST_NOMEM;
	pf_mark(p, o, json_is_string(value) ? json_slice(value) : json_is_number(value) ? slice_of(value, 1) : SLICE_NULL);
	put_labels(p, o, label);
	pf_put(p, o, "unit", unit);
	pf_put(p, o, "type", type);
}

/* ${name}: as it stands in customFields */
static json_t *fields_of(struct pf *p, const char *name)
{
	return pf_list(p, pf_object(p, p->doc, "customFields"), name);
}

static void invoice_custom(struct pf *p, const json_t *custom)
{
	const json_t *defs = json_at(p->labels, "properties.custom.properties"), *v;
	const char *key;

	json_object_foreach((json_t *)custom, key, v) {
		const json_t *def = json_object_get(defs, key);
		struct slice type = pf_text(def, "format").n > 0 ? pf_text(def, "format") : pf_text(def, "type");

		put_field(p, fields_of(p, "rde:custom"), key, v, json_object_get(def, "label"), json_slice(json_at(def, "options.unit")), type);
	}
}

static void sample_attributes(struct pf *p, json_t *o, const json_t *sample, const char *key)
{
	const json_t *a;
	json_t *x;

	for (size_t i = 0; (a = pf_nth(json_object_get(sample, key), i)) != NULL && i < 1000; i++) {
		const json_t *v = json_object_get(a, "value");

		if (v == NULL || json_is_null(v) || (x = pf_push(p, pf_list(p, o, "attributes"))) == NULL)
			continue;
		pf_put(p, x, "classId", pf_text(a, "classId"));
		pf_put(p, x, "termId", pf_text(a, "termId"));
		if (json_put(x, "value", json_deep_copy(v)) != ST_OK)
			p->st = ST_NOMEM;
	}
}

static void invoice_sample(struct pf *p, const json_t *sample)
{
	const json_t *v;
	json_t *o;

	if (pf_text(sample, "sampleId").n == 0 && json_slice(json_at(sample, "names[0]")).n == 0)
		return;
	if ((o = pf_push(p, pf_list(p, p->doc, "samples"))) == NULL)
		return;
	for (size_t i = 0; (v = pf_nth(json_object_get(sample, "names"), i)) != NULL && i < 100; i++)
		pf_ml(p, o, "names", json_slice(v), NULL);
	pf_put(p, o, "identifier", pf_text(sample, "sampleId"));
	pf_put(p, o, "composition", pf_text(sample, "composition"));
	pf_put(p, o, "description", pf_text(sample, "description"));
	pf_put(p, o, "url", pf_text(sample, "referenceUrl"));
	sample_attributes(p, o, sample, "generalAttributes");
	sample_attributes(p, o, sample, "specificAttributes");
}

st_t pf_rde_invoice(struct pf *p, const json_t *j, struct err *e)
{
	const json_t *basic = json_object_get(j, "basic");
	struct slice instrument = pf_text(basic, "instrumentId"), tag;
	const json_t *v;
	json_t *o;

	if (!json_is_object(basic))
		return err_set(e, ST_INVALID, "no 'basic'");
	pf_title(p, pf_text(basic, "dataName"), NULL);
	pf_abstract(p, pf_text(basic, "description"), NULL, NULL);
	pf_date(p, "Submitted", pf_text(basic, "dateSubmitted"));
	if (instrument.n > 0 && (o = pf_push(p, pf_list(p, p->doc, "instruments"))) != NULL) {
		pf_put(p, o, "identifier", instrument);
		pf_put(p, o, "scheme", SLICE("RDE"));
	}
	if (pf_text(j, "datasetId").n > 0)
		put_field(p, fields_of(p, "rde:basic"), "datasetId", json_object_get(j, "datasetId"), NULL, SLICE_NULL, SLICE_NULL);
	if (pf_text(basic, "experimentId").n > 0)
		put_field(p, fields_of(p, "rde:basic"), "experimentId", json_object_get(basic, "experimentId"), NULL, SLICE_NULL, SLICE_NULL);
	invoice_custom(p, json_object_get(j, "custom"));
	invoice_sample(p, json_object_get(j, "sample"));
	for (size_t i = 0; (v = pf_nth(json_object_get(basic, "tags"), i)) != NULL && i < 200; i++) {
		tag = json_slice(v);
		pf_subject(p, tag);
	}
	return p->st;
}

/* The definition of a key, and from it label and unit. */
static void put_meta(struct pf *p, json_t *to, const char *key, const json_t *v)
{
	const json_t *def = json_object_get(p->units, key), *value = json_is_object(v) ? json_object_get(v, "value") : v;
	struct slice unit = json_is_object(v) ? pf_text(v, "unit") : SLICE_NULL;

	if (unit.n == 0)
		unit = pf_text(def, "unit");
	if (unit.n == 0)
		unit = json_slice(json_at(def, "schema.unit"));
	put_field(p, to, key, value, json_object_get(def, "name"), unit, json_slice(json_at(def, "schema.type")));
}

st_t pf_rde_meta(struct pf *p, const json_t *j, struct err *e)
{
	const json_t *constant = json_object_get(j, "constant"), *v, *row;
	const char *key;
	json_t *seen;

	if (!json_is_object(constant) && !json_is_array(json_object_get(j, "variable")))
		return err_set(e, ST_INVALID, "neither 'constant' nor 'variable'");
	json_object_foreach((json_t *)constant, key, v)
		put_meta(p, fields_of(p, "rde:constant"), key, v);
	/* What varies between measurements is named once; its values are the data's. */
	if ((seen = json_object()) == NULL)
		return ST_NOMEM;
	for (size_t i = 0; (row = pf_nth(json_object_get(j, "variable"), i)) != NULL && i < 1000; i++)
		json_object_foreach((json_t *)row, key, v)
			if (json_object_get(seen, key) == NULL && json_put(seen, key, json_true()) == ST_OK)
				put_meta(p, pf_list(p, p->doc, "variables"), key, v);
	json_decref(seen);
	v = json_object_get(constant, "measurement.measured_date");
	pf_date(p, "Collected", json_is_object(v) ? pf_text(v, "value") : json_slice(v));
	return p->st;
}
