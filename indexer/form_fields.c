/* Fields of added schemas: what a record holds by them goes into the index as NAME.MEMBER, and queries by such names find it again. */

#include "indexer/form_fields.h"

#include <math.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "indexer/search_int.h"
#include "schema/form.h"
#include "store/forms.h"
#include "store/repo.h"

#define TEXT_MAX ((size_t)1 << 16)

/* ---- in ---- */

static st_t name_put(struct buf *out, const char *schema, struct slice member)
{
	size_t from = out->n;

	buf_addf(out, "%s.", schema);
	buf_addsl(out, member);
	for (size_t i = from; out->st == ST_OK && i < out->n; i++)
		if (out->p[i] >= 'A' && out->p[i] <= 'Z')
			out->p[i] = (char)(out->p[i] + 32);
	return out->st;
}

st_t form_exact(struct buf *out, struct slice name, struct slice value)
{
	value = utf8_clip(slice_trim(value), TEXT_MAX);
	buf_addsl(out, name);
	buf_addc(out, '=');
	buf_addsl(out, value);
	for (size_t i = 0; out->st == ST_OK && i < out->n; i++)
		if (out->p[i] >= 'A' && out->p[i] <= 'Z')
			out->p[i] = (char)(out->p[i] + 32);
	return out->st;
}

static void exact_put(const struct doc_sink *k, struct slice name, struct slice value)
{
	struct buf b = BUF_INIT(2 * TEXT_MAX);

	if (value.n > 0 && form_exact(&b, name, value) == ST_OK)
		k->exact(k->ctx, EXACT_FORM, exact_clip(buf_slice(&b)));
	buf_release(&b);
}

static void range_put_as(const struct doc_sink *k, struct slice name, const char *as, double lo, double hi)
{
	struct buf key = BUF_INIT(256);

	buf_addc(&key, 'f');
	buf_addsl(&key, name);
	buf_addc(&key, RANGE_SEP);
	if (buf_adds(&key, as) == ST_OK)
		k->range(k->ctx, buf_slice(&key), lo, hi);
	buf_release(&key);
}

static bool is_facet(const json_t *m)
{
	const json_t *said = json_object_get(m, "facet");

	return said != NULL ? json_is_true(said) : json_object_get(m, "values") != NULL || json_text(m, "vocabulary") != NULL || strcmp(json_text(m, "type"), "boolean") == 0;
}

static void labels_put(const struct doc_sink *k, struct slice name, const json_t *term)
{
	const char *lang;
	json_t *v;

	exact_put(k, name, json_slice(json_object_get(term, "id")));
	exact_put(k, name, json_slice(json_object_get(term, "uri")));
	json_object_foreach(json_object_get((json_t *)(uintptr_t)term, "label"), lang, v) {
		exact_put(k, name, json_slice(v));
		k->text(k->ctx, F_SUBJECT, json_slice(v));
	}
}

static void value_put(const struct doc_sink *k, struct slice name, const json_t *m, const json_t *one)
{
	const json_t *term = json_object_get(one, "term"), *value = json_object_get(one, "value");
	char number[32], dims[UNIT_DIMS_TEXT];
	struct buf key = BUF_INIT(2 * TEXT_MAX);
	struct form_value v;
	struct slice shown;

	if (!form_value(m, value, &v, NULL))
		return;
	shown = v.text;
	if (isfinite(v.number)) {
		snprintf(number, sizeof(number), "%.15g", v.number);
		shown = slice_str(number);
		range_put_as(k, name, RANGE_RAW, v.number, v.number);
		if (v.unit.kind == UNIT_LINEAR)
			range_put_as(k, name, unit_dims_text(dims, &v.unit.dims), unit_si(&v.unit, v.number), unit_si(&v.unit, v.number));
	} else if (isfinite(v.from)) {
		range_put_as(k, name, "t", v.from, v.until);
	} else if (json_is_boolean(value)) {
		shown = json_is_true(value) ? SLICE("true") : SLICE("false");
	} else {
		k->text(k->ctx, F_SUBJECT, utf8_clip(v.text, TEXT_MAX));
	}
	exact_put(k, name, shown);
	labels_put(k, name, term);
	if (is_facet(m) && shown.n > 0) {
		buf_addsl(&key, name);
		buf_addc(&key, '=');
		buf_addsl(&key, json_text(term, "id") != NULL ? json_slice(json_object_get(term, "id")) : shown);
		if (key.st == ST_OK)
			k->facet(k->ctx, FACET_FORM, exact_clip(buf_slice(&key)));
	}
	buf_release(&key);
}

void form_fields_walk(const json_t *forms, const struct doc_sink *k)
{
	struct buf name = BUF_INIT(FORM_NAME_MAX + FORM_MEMBER_MAX + 8);
	json_t *form, *field, *one;
	size_t i, j, n;

	json_array_foreach(forms, i, form)
		json_array_foreach(json_object_get(form, "fields"), j, field) {
			const json_t *m = json_object_get(field, "member");

			buf_clear(&name);
			if (name_put(&name, json_text(form, "name"), json_slice(json_object_get(m, "name"))) != ST_OK)
				continue;
			json_array_foreach(json_object_get(field, "values"), n, one)
				value_put(k, buf_slice(&name), m, one);
		}
	buf_release(&name);
}

/* ---- and found again ---- */

json_t *form_field(struct repo *r, struct slice name)
{
	struct slice member = name, schema = slice_cut(&member, '.');
	char low[FORM_NAME_MAX + 1];
	json_t *form, *m, *found = NULL;
	struct kv_txn t;
	size_t i;

	if (member.p == NULL || schema.n == 0 || schema.n > FORM_NAME_MAX)
		return NULL;
	for (i = 0; i < schema.n; i++)
		low[i] = (char)(schema.p[i] >= 'A' && schema.p[i] <= 'Z' ? schema.p[i] + 32 : schema.p[i]);
	kv_read(r->catalog, &t);
	form = forms_get(&t, slice_of(low, schema.n), 0);
	kv_end(&t, NULL);
	json_array_foreach(json_object_get(form, "members"), i, m)
		if (slice_ieq_str(member, json_text(m, "name")))
			found = json_incref(m);
	json_decref(form);
	return found;
}

/* "xrd.anode=Cu" as people read it: "Anode: copper". */
bool form_bucket(struct sctx *s, struct slice key, char **en, char **ja)
{
	struct slice value = key, name = slice_cut(&value, '=');
	struct repo *r = s->ix->r;
	json_t *m = form_field(r, name), *term = NULL, *v;
	const char *label_en = NULL, *label_ja = NULL, *of_en, *of_ja;
	struct buf b = BUF_INIT(4096);
	struct kv_txn t;
	bool known;
	size_t i;

	if (m == NULL)
		return false;
	of_en = form_label(json_object_get(m, "label"), "en")[0] != '\0' ? form_label(json_object_get(m, "label"), "en") : json_text(m, "name");
	of_ja = form_label(json_object_get(m, "label"), "ja")[0] != '\0' ? form_label(json_object_get(m, "label"), "ja") : json_text(m, "name");
	if (json_text(m, "vocabulary") != NULL) {
		kv_read(r->catalog, &t);
		term = forms_term(&t, r->schema, json_text(m, "vocabulary"), value, &known);
		kv_end(&t, NULL);
	}
	json_array_foreach(json_object_get(m, "values"), i, v)
		if (term == NULL && slice_eq(json_slice(json_object_get(v, "value")), value))
			term = json_incref(v);
	label_en = form_label(json_object_get(term, "label"), "en");
	label_ja = form_label(json_object_get(term, "label"), "ja");
	buf_addf(&b, "%s: %.*s", of_en, label_en[0] != '\0' ? (int)strlen(label_en) : (int)value.n, label_en[0] != '\0' ? label_en : value.p);
	*en = buf_take(&b, NULL);
	buf_addf(&b, "%s：%.*s", of_ja, label_ja[0] != '\0' ? (int)strlen(label_ja) : (int)value.n, label_ja[0] != '\0' ? label_ja : value.p);
	*ja = buf_take(&b, NULL);
	json_decref(term);
	json_decref(m);
	return true;
}

/* name:value; s->t fails when no schema has the name. */
roaring_bitmap_t *form_plan_exact(struct sctx *s, const struct query *q)
{
	json_t *m = form_field(s->ix->r, q->to);
	struct slice shown = utf8_clip(q->to, 60);
	struct buf b = BUF_INIT(8192);
	roaring_bitmap_t *set = NULL;
	struct buf name = BUF_INIT(8192);

	if (m == NULL)
		kv_fail(&s->t, ST_INVALID, "no such field '%.*s' at character %zu: no schema that was added has it (see /api/schemas)", (int)shown.n, shown.p, q->at);
	else if (buf_addsl(&name, q->to) == ST_OK && form_exact(&b, buf_slice(&name), q->text) == ST_OK)
		set = plan_exact(s, EXACT_FORM, exact_clip(buf_slice(&b)), NULL);
	json_decref(m);
	buf_release(&name);
	buf_release(&b);
	return set;
}

static bool year_span(double v, int64_t *from, int64_t *until)
{
	char t[8];

	if (!(v >= 0 && v <= 9999))
		return false;
	snprintf(t, sizeof(t), "%04d", (int)v);
	return date_span(slice_str(t), from, until);
}

bool form_span(struct sctx *s, const struct query *q, struct slice *key, struct buf *room, double *lo, double *hi)
{
	json_t *m = q->text.n > 0 && memchr(q->text.p, '.', q->text.n) != NULL ? form_field(s->ix->r, q->text) : NULL;
	char dims[UNIT_DIMS_TEXT];
	const char *as = q->op == QUERY_TIME ? "t" : RANGE_RAW, *unit;
	struct unit u, own = { .kind = UNIT_LABEL };
	int64_t from, until;

	if (m == NULL)
		return false;
	*lo = q->lo;
	*hi = q->hi;
	unit = json_text(m, "unit");
	if (q->op == QUERY_VALUES && strncmp(json_text(m, "type"), "date", 4) == 0) {
		as = "t";
		*lo = isfinite(q->lo) && year_span(q->lo, &from, &until) ? (double)from : q->lo;
		*hi = isfinite(q->hi) && year_span(q->hi, &from, &until) ? (double)until : q->hi;
	} else if (q->op == QUERY_VALUES && q->to.n > 0) {
		if (unit != NULL && !unit_parse(&own, slice_str(unit), NULL))
			own.kind = UNIT_LABEL;
		if (!unit_parse(&u, q->to, own.kind == UNIT_LINEAR ? &own.dims : NULL) || u.kind != UNIT_LINEAR) {
			struct slice shown = utf8_clip(q->to, 40);

			kv_fail(&s->t, ST_INVALID, "no unit that can be converted: '%.*s' at character %zu", (int)shown.n, shown.p, q->at);
		} else {
			as = unit_dims_text(dims, &u.dims);
			*lo = unit_si(&u, q->lo);
			*hi = unit_si(&u, q->hi);
		}
	}
	if (strcmp(as, "t") != 0) {
		*lo -= fabs(*lo) * 1e-12;
		*hi += fabs(*hi) * 1e-12;
	}
	buf_addc(room, 'f');
	buf_addsl(room, q->text);
	for (size_t i = 1; room->st == ST_OK && i < room->n; i++)
		if (room->p[i] >= 'A' && room->p[i] <= 'Z')
			room->p[i] = (char)(room->p[i] + 32);
	buf_addc(room, RANGE_SEP);
	buf_adds(room, as);
	*key = buf_slice(room);
	json_decref(m);
	return true;
}
