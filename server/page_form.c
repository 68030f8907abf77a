/* Added metadata schemas for people: the section of the landing page, and the form of a schema. Depositing in the browser is not there yet, so the form shows what is asked
 * for and how to answer from the command line; its fields cannot be sent. */

#include <math.h>

#include "server/page_parts.h"
#include "store/forms.h"

/* ---- what a record holds ---- */

/* "27 °C", and the same in the member's unit when it came with another. */
static void put_number_of(struct page *p, const json_t *m, const json_t *value)
{
	const char *unit = json_text(m, "unit");
	char t[64];
	struct form_value v;

	if (!form_value(m, value, &v, NULL) || !isfinite(v.number)) {
		put_text(p, json_slice(value));
		return;
	}
	if (json_is_string(value)) {
		put_text(p, json_slice(value));
		put(p, " = ");
	} else if (json_is_object(value) && json_text(value, "unit") != NULL && strcmp(json_text(value, "unit"), unit != NULL ? unit : "") != 0) {
		snprintf(t, sizeof(t), "%.10g ", json_number_value(json_object_get(value, "value")));
		put(p, t);
		put_str(p, json_text(value, "unit"));
		put(p, " = ");
	}
	snprintf(t, sizeof(t), "%.10g", v.number);
	put(p, t);
	if (unit != NULL) {
		put(p, " ");
		put_str(p, unit);
	}
}

static void put_value(struct page *p, const json_t *m, const json_t *one)
{
	const json_t *value = json_object_get(one, "value"), *term = json_object_get(one, "term");
	const char *label = form_label(json_object_get(term, "label"), p->r->lang);

	if (label[0] != '\0')
		put_link_to(p, json_text(term, "uri"), slice_str(label));
	else if (form_is_number(m))
		put_number_of(p, m, value);
	else if (json_is_boolean(value))
		put(p, json_is_true(value) ? w(p, "yes", "はい") : w(p, "no", "いいえ"));
	else if (strcmp(json_text(m, "type"), "uri") == 0 && json_is_string(value))
		put_link_to(p, json_string_value(value), json_slice(value));
	else
		put_text(p, json_slice(value));
}

static const char *label_of(const struct page *p, const json_t *m)
{
	const char *label = form_label(json_object_get(m, "label"), p->r->lang);

	return label[0] != '\0' ? label : json_text(m, "name");
}

void put_forms(struct page *p, const json_t *forms)
{
	const json_t *form, *field, *one;
	size_t i, j, k;

	json_array_foreach(forms, i, form) {
		const char *title = form_label(json_object_get(form, "title"), p->r->lang);

		putf(p, "<h2 id=\"schema-%zu\">", i + 1);
		put_link_to(p, req_str(p->r, "/schemas/%s/form", json_text(form, "name")), slice_str(title[0] != '\0' ? title : json_text(form, "name")));
		put(p, "</h2><dl class=\"facts\">");
		json_array_foreach(json_object_get(form, "fields"), j, field) {
			const json_t *m = json_object_get(field, "member");

			put(p, "<dt>");
			put_str(p, label_of(p, m));
			put(p, "</dt><dd>");
			json_array_foreach(json_object_get(field, "values"), k, one) {
				if (k > 0)
					put(p, w(p, ", ", "、"));
				put_value(p, m, one);
			}
			put(p, "</dd>");
		}
		put(p, "</dl>");
	}
}

/* ---- the form ---- */

static void put_choice(struct page *p, const json_t *m, size_t i)
{
	const json_t *one;
	size_t k;

	putf(p, "<select id=\"f%zu\" disabled%s>", i, json_is_true(json_object_get(m, "repeatable")) ? " multiple" : "");
	json_array_foreach(json_object_get(m, "values"), k, one) {
		const char *label = form_label(json_object_get(one, "label"), p->r->lang);

		put(p, "<option>");
		if (label[0] != '\0')
			put_str(p, label);
		else
			put_value(p, m, one);
		put(p, "</option>");
	}
	put(p, "</select>");
}

static void put_field(struct page *p, const json_t *m, size_t i)
{
	static const struct { const char *type, *input; } inputs[] = { { "number", "number" }, { "integer", "number" }, { "date", "date" }, { "time", "time" }, { "datetime", "datetime-local" },
		{ "uri", "url" }, { "email", "email" }, { "boolean", "checkbox" } };
	const char *type = json_text(m, "type"), *unit = json_text(m, "unit"), *vocabulary = json_text(m, "vocabulary"), *input = "text";
	const char *help = form_label(json_object_get(m, "help"), p->r->lang);
	size_t k;

	for (k = 0; k < sizeof(inputs) / sizeof(inputs[0]); k++)
		if (strcmp(type, inputs[k].type) == 0)
			input = inputs[k].input;
	putf(p, "<p><label for=\"f%zu\">", i);
	put_str(p, label_of(p, m));
	put(p, "</label>");
	if (unit != NULL) {
		put(p, " [");
		put_str(p, unit);
		put(p, "]");
	}
	if (json_is_true(json_object_get(m, "required")))
		putf(p, " <strong>%s</strong>", w(p, "required", "必須"));
	if (json_is_true(json_object_get(m, "repeatable")))
		putf(p, " <small>%s</small>", w(p, "may be repeated", "複数可"));
	put(p, "<br>");
	if (json_object_get(m, "values") != NULL)
		put_choice(p, m, i);
	else if (strcmp(type, "markdown") == 0)
		putf(p, "<textarea id=\"f%zu\" rows=\"4\" readonly></textarea>", i);
	else
		putf(p, "<input id=\"f%zu\" type=\"%s\" %s>", i, input, strcmp(input, "checkbox") == 0 ? "disabled" : "readonly");
	put(p, "<br><small>");
	put_str(p, help);
	if (vocabulary != NULL) {
		put(p, w(p, " A term of ", " 語彙："));
		put_link_to(p, req_str(p->r, "/api/vocabularies/%s", vocabulary), slice_str(vocabulary));
	}
	put(p, " <code>");
	put_str(p, json_text(m, "name"));
	put(p, "</code></small></p>");
}

static void form_get(struct req *r)
{
	const json_t *m;
	struct kv_txn t;
	const char *title, *about;
	struct page p;
	json_t *form;
	size_t i;

	kv_read(r->site->repo->catalog, &t);
	form = forms_get(&t, r->param[0], 0);
	kv_end(&t, NULL);
	if (form == NULL) {
		problem_status(r, 404, "no schema of that name");
		return;
	}
	title = form_label(json_object_get(form, "title"), r->lang);
	if (title[0] == '\0')
		title = json_text(form, "name");
	about = form_label(json_object_get(form, "description"), r->lang);
	page_start(&p, r, slice_str(title), NULL, true, SLICE_NULL);
	put(&p, "<h1>");
	put_str(&p, title);
	put(&p, "</h1><p>");
	put_str(&p, about);
	putf(&p, "</p><p class=\"note\">%s <code>azekura edit ID --schema ", w(&p, "What this schema asks for. Answer it for a draft with", "このスキーマの項目です。下書きへの記入は次の命令で行います："));
	put_str(&p, json_text(form, "name"));
	putf(&p, " --set %s</code> ", w(&p, "member=value", "項目=値"));
	put_link_to(&p, req_str(r, "/api/schemas/%s", json_text(form, "name")), SLICE("JSON Schema"));
	putf(&p, "</p><form aria-label=\"%s\">", w(&p, "Fields", "項目"));
	json_array_foreach(json_object_get(form, "members"), i, m)
		put_field(&p, m, i);
	put(&p, "</form>");
	json_decref(form);
	page_end(&p);
	page_send(&p, 200);
}

const struct route routes_form[] = {
	{ HTTP_GET, "/schemas/{name}/form", form_get, 0, 0, "The form of an added metadata schema", "schemas" },
	{ 0 }
};
