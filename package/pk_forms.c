/* What a record holds by added schemas as schema.org's PropertyValue, for schema.org and RO-Crate. */

#include "package/pk_int.h"

#include <math.h>

#include "schema/form.h"

static json_t *value_of(const json_t *m, const json_t *one)
{
	const json_t *value = json_object_get(one, "value");
	struct form_value v;

	if (form_is_number(m) && form_value(m, value, &v, NULL) && isfinite(v.number))
		return json_is_integer(value) ? json_incref((json_t *)(uintptr_t)value) : json_real(v.number);
	return json_is_object(value) ? NULL : json_incref((json_t *)(uintptr_t)value);
}

json_t *pk_form_properties(const json_t *forms, const char *base)
{
	json_t *list = json_array(), *form, *field, *one;
	size_t i, j, k;

	json_array_foreach(forms, i, form)
		json_array_foreach(json_object_get(form, "fields"), j, field) {
			const json_t *m = json_object_get(field, "member");
			const char *label = form_label(json_object_get(m, "label"), "en"), *unit = json_text(m, "unit");

			json_array_foreach(json_object_get(field, "values"), k, one) {
				const json_t *term = json_object_get(one, "term");
				const char *of_term = form_label(json_object_get(term, "label"), "en");
				json_t *p = json_pack("{s:s, s:s, s:o}", "@type", "PropertyValue", "name", label[0] != '\0' ? label : json_text(m, "name"),
				    "propertyID", json_sprintf("%s/api/schemas/%s?version=%d#/properties/%s", base, json_text(form, "name"),
				    (int)json_integer_value(json_object_get(form, "version")), json_text(m, "name")));

				json_put(p, "value", of_term[0] != '\0' ? json_string(of_term) : value_of(m, one));
				if (unit != NULL && form_is_number(m))
					json_put_str(p, "unitText", slice_str(unit));
				if (json_text(term, "uri") != NULL)
					json_put_str(p, "url", slice_str(json_text(term, "uri")));
				json_push(list, p);
			}
		}
	return list;
}
