#include "indexer/extract/model_int.h"

void model_init(struct model *m, struct fact *f)
{
	*m = (struct model){ .f = f, .dtypes = json_object() };
	if (m->dtypes == NULL)
		fact_put(f, NULL, "", NULL);
}

static bool count(const json_t *shape, uint64_t *n)
{
	const json_t *d;
	size_t i;

	*n = 1;
	json_array_foreach(shape, i, d) {
		json_int_t k = json_integer_value(d);

		if (!json_is_integer(d) || k < 0 || (k && *n > (uint64_t)INT64_MAX / (uint64_t)k))
			return false;
		*n *= (uint64_t)k;
	}
	return true;
}

bool model_tensor(struct model *m, struct slice name, const char *dtype, json_t *shape)
{
	uint64_t n;
	json_t *v;

	if (!count(shape, &n) || m->parameters > (uint64_t)INT64_MAX - n) {
		json_decref(shape);
		return false;
	}
	m->parameters += n;
	m->tensors++;
	if (m->dtypes)
		fact_put(m->f, m->dtypes, dtype, json_integer(json_integer_value(json_object_get(m->dtypes, dtype)) + (json_int_t)n));
	if (m->tensors > FACT_COLUMNS || (v = fact_variable(m->f, name)) == NULL) {
		json_decref(shape);
		return true;
	}
	fact_put(m->f, v, "type", json_string("number"));
	fact_put(m->f, v, "dtype", json_string(dtype));
	fact_put(m->f, v, "shape", shape);
	fact_put(m->f, v, "role", json_string("data"));
	return true;
}

void model_end(struct model *m, const char *framework)
{
	json_t *o = fact_object(m->f, "model");

	fact_put_int(m->f, o, "parameters", (int64_t)m->parameters);
	fact_put_int(m->f, o, "tensors", (int64_t)m->tensors);
	if (m->dtypes)
		fact_put(m->f, o, "dtypes", m->dtypes);
	m->dtypes = NULL;
	if (framework)
		fact_put(m->f, o, "framework", json_string(framework));
}
