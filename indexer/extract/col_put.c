/* A column's statistics as JSON, in the one form that all formats share (docs/formats/facts.md, "columns"). */

#include <math.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/utf8.h"
#include "indexer/extract/col_int.h"
#include "indexer/extract/language.h"

void col_put_number(struct buf *out, double v)
{
	char b[40];
	int digits;

	for (digits = 15; digits <= 17; digits++) {
		snprintf(b, sizeof(b), "%.*g", digits, v);
		if (strtod(b, NULL) == v)
			break;
	}
	buf_adds(out, b);
}

void col_put_text(struct buf *out, const char *key, struct slice s)
{
	buf_addf(out, ",\"%s\":", key);
	json_quote(out, s);
}

static const char *date_format(const struct col *c, enum kind kind)
{
	uint64_t all = col_count(c);

	if (kind == KIND_DATE)
		return c->form[FORM_SLASH_YMD] == all ? "YYYY/M/D" : NULL;
	if (kind == KIND_DATETIME)
		return c->form[FORM_SLASH_YMD_HM] + c->form[FORM_SLASH_YMD] == all ? "YYYY/M/D h:m" : c->form[FORM_BLANK] ? "YYYY-MM-DD hh:mm:ss" : NULL;
	if (kind != KIND_STRING)
		return NULL;
	if (c->form[FORM_WAREKI] == all)
		return "wareki";
	if (c->form[FORM_DMY] == all)
		return "D.M.YYYY";
	if (c->form[FORM_DMY_HM] + c->form[FORM_DMY] == all)
		return "D.M.YYYY h:m";
	if (c->form[FORM_XXY] == all)
		return c->xx_a > 12 ? "D/M/YYYY" : c->xx_b > 12 ? "M/D/YYYY" : NULL;
	return NULL;
}

static void put_range(struct buf *out, const struct col *c, enum kind kind)
{
	char a[40], b[40];

	switch (kind) {
	case KIND_INTEGER:
		buf_addf(out, ",\"min\":%lld,\"max\":%lld,\"mean\":", (long long)c->imin, (long long)c->imax);
		col_put_number(out, col_mean(c));
		break;
	case KIND_NUMBER:
		if (c->min <= c->max) {
			buf_adds(out, ",\"min\":");
			col_put_number(out, c->min);
			buf_adds(out, ",\"max\":");
			col_put_number(out, c->max);
			if (isfinite(col_mean(c))) {
				buf_adds(out, ",\"mean\":");
				col_put_number(out, col_mean(c));
			}
		}
		if (c->infinite)
			buf_addf(out, ",\"nonFinite\":%llu", (unsigned long long)c->infinite);
		break;
	case KIND_DATE:
	case KIND_DATETIME:
		cell_date_text(a, c->tmin, kind == KIND_DATE, c->zoned);
		cell_date_text(b, c->tmax, kind == KIND_DATE, c->zoned);
		buf_addf(out, ",\"min\":\"%s\",\"max\":\"%s\"", a, b);
		break;
	case KIND_STRING:
		if (c->len_min <= c->len_max && c->n[KIND_STRING] == col_count(c))
			buf_addf(out, ",\"minLength\":%u,\"maxLength\":%u", c->len_min, c->len_max);
		break;
	default:
		break;
	}
}

static void put_hist(struct buf *out, const struct col *c)
{
	double edge[HIST_MOST + 1];
	uint64_t count[HIST_MOST];
	unsigned n, i;

	if ((n = col_hist(c, edge, count)) == 0)
		return;
	buf_adds(out, ",\"histogram\":{\"edges\":[");
	for (i = 0; i <= n; i++) {
		if (i)
			buf_addc(out, ',');
		col_put_number(out, edge[i]);
	}
	buf_adds(out, "],\"counts\":[");
	for (i = 0; i < n; i++)
		buf_addf(out, i ? ",%llu" : "%llu", (unsigned long long)count[i]);
	buf_adds(out, "]}");
}

static void put_top(struct buf *out, const struct col *c)
{
	const struct seen *top[TOP_MOST];
	unsigned n, i;

	if ((n = col_top(c, top)) == 0)
		return;
	buf_adds(out, ",\"top\":[");
	for (i = 0; i < n; i++) {
		buf_adds(out, i ? ",{\"value\":" : "{\"value\":");
		json_quote(out, slice_of(c->d.text + top[i]->at, top[i]->len));
		buf_addf(out, ",\"count\":%llu}", (unsigned long long)top[i]->count);
	}
	buf_addc(out, ']');
}

static const char *const kind_names[KIND_COUNT] = { "empty", "integer", "number", "boolean", "date", "datetime", "string" };

static void put_codes(struct buf *out, const struct col *c)
{
	const char *sep = ",\"missingCodes\":[";
	unsigned i;

	for (i = 1; i < cell_n_missing; i++)
		if (c->codes & 1u << i) {
			buf_adds(out, sep);
			json_quote(out, slice_str(cell_missing[i]));
			sep = ",";
		}
	if (sep[1] == '\0')
		buf_addc(out, ']');
}

/* Standard deviation and quantiles. */
static void put_spread(struct buf *out, struct col *c, int lean)
{
	static const double at[] = { 0.05, 0.25, 0.5, 0.75, 0.95 };
	static const char *const name[] = { "p05", "p25", "p50", "p75", "p95" };
	double q[5], sd;
	unsigned i;

	if (col_sd(c, &sd)) {
		buf_adds(out, ",\"sd\":");
		col_put_number(out, sd);
	}
	if (lean > 0 || !quant_get(&c->quant, at, 5, q))
		return;
	for (i = 0; i < 5; i++) {
		buf_addf(out, "%s\"%s\":", i ? "," : ",\"quantiles\":{", name[i]);
		col_put_number(out, q[i]);
	}
	buf_adds(out, quant_exact(&c->quant) ? "}" : "},\"quantilesExact\":false");
}

static void put_trend(struct buf *out, const struct col *c)
{
	double mean[TREND_MOST];
	unsigned n = col_trend(c, mean), i;
	char b[32];

	for (i = 0; i < n; i++) {
		/* For the eye: five digits are enough. */
		snprintf(b, sizeof(b), "%.5g", mean[i]);
		buf_addf(out, "%s%s", i ? "," : ",\"trend\":[", isfinite(mean[i]) ? b : "null");
	}
	if (n)
		buf_addc(out, ']');
}

static void put_hints(struct buf *out, const struct col *c, const struct col_head *h, enum kind kind)
{
	static const struct personal_count none;
	bool text = kind == KIND_STRING, dates = kind == KIND_DATE || kind == KIND_DATETIME;
	const char *s;

	if (kind == KIND_MISSING)
		return;
	if (text && c->sample && (s = language_of(slice_of(c->sample, c->sample_n))) != NULL)
		buf_addf(out, ",\"language\":\"%s\"", s);
	if ((s = personal_name(personal_column(c->personal ? c->personal : &none, h->header.n ? h->header : h->name, h->label, text, dates))) != NULL)
		buf_addf(out, ",\"personal\":\"%s\"", s);
}

void col_names_release(struct col_names *ns)
{
	map_free(ns->seen, NULL);
	ns->seen = NULL;
}

st_t col_name_unique(struct col_names *ns, struct buf *name)
{
	size_t n = name->n;
	uintptr_t from;
	char *base;
	unsigned k;
	st_t st;

	if (ns->seen == NULL && (ns->seen = map_new()) == NULL)
		return ST_NOMEM;
	if (!map_has(ns->seen, buf_slice(name)))
		return name->st == ST_OK ? map_put(ns->seen, buf_slice(name), (void *)(uintptr_t)1, NULL) : name->st;
	/* The number kept with a name is where its last twin stopped, so that a thousand twins do not cost a million look-ups. */
	from = (uintptr_t)map_get(ns->seen, slice_of(name->p, n));
	if ((base = slice_dup(slice_of(name->p, n))) == NULL)
		return ST_NOMEM;
	for (k = (unsigned)from; k == from || map_has(ns->seen, buf_slice(name)); k++) {
		name->n = n;
		buf_addf(name, ".%u", k);
	}
	st = map_put(ns->seen, slice_of(base, n), (void *)(uintptr_t)k, NULL);
	free(base);
	return st == ST_OK ? map_put(ns->seen, buf_slice(name), (void *)(uintptr_t)1, NULL) : st;
}

st_t col_name(struct col_names *ns, struct slice head, uint32_t col, struct buf *name)
{
	struct slice cut = utf8_clip(head, COL_NAME_MAX);

	buf_clear(name);
	if (head.n == 0) {
		ns->empty++;
		buf_addf(name, "Unnamed: %u", col);
	} else {
		ns->lengthy += cut.n < head.n;
		buf_addsl(name, cut);
		ns->dup += ns->seen && map_has(ns->seen, buf_slice(name));
	}
	return col_name_unique(ns, name);
}

static const char *type_name(const struct col *c, enum kind kind, const struct col_more *m)
{
	bool opaque = m && m->opaque && m->opaque == col_count(c);

	if (m && m->declared && (kind == KIND_MISSING || m->unread || opaque))
		return m->declared;
	return opaque ? "binary" : kind_names[kind];
}

static st_t put(struct buf *out, struct col *c, const struct col_head *h, bool has_header, const struct col_more *m, int lean)
{
	enum kind kind = col_kind(c);
	const char *format;
	bool exact;
	uint64_t distinct;

	buf_adds(out, "{\"name\":");
	json_quote(out, h->name);
	if (has_header && !slice_eq(h->header, h->name))
		col_put_text(out, "header", utf8_clip(h->header, COL_NAME_MAX));
	if (h->label.n)
		col_put_text(out, "label", utf8_clip(h->label, COL_NAME_MAX));
	if (m && m->description)
		col_put_text(out, "description", json_slice(m->description));
	buf_addf(out, ",\"type\":\"%s\"", type_name(c, kind, m));
	if (h->unit.n)
		col_put_text(out, "unit", h->unit);
	if (m && m->values) {
		buf_adds(out, ",\"values\":");
		json_dump(out, m->values, false);
	}
	if (lean > 1 || (m && m->unread))
		return buf_addc(out, '}');
	if ((format = date_format(c, kind)) != NULL)
		col_put_text(out, "format", slice_str(format));
	buf_addf(out, ",\"count\":%llu,\"missing\":%llu", (unsigned long long)col_count(c), (unsigned long long)col_missing(c));
	put_codes(out, c);
	put_range(out, c, kind);
	distinct = col_distinct(c, &exact);
	if (!c->d.failed)
		buf_addf(out, ",\"distinct\":%llu,\"distinctExact\":%s", (unsigned long long)distinct, exact ? "true" : "false");
	if (kind == KIND_INTEGER || kind == KIND_NUMBER)
		put_spread(out, c, lean);
	if (lean == 0 && (kind == KIND_INTEGER || kind == KIND_NUMBER))
		put_hist(out, c);
	if (lean == 0 && (kind == KIND_INTEGER || kind == KIND_NUMBER))
		put_trend(out, c);
	if (lean == 0)
		put_top(out, c);
	put_hints(out, c, h, kind);
	return buf_addc(out, '}');
}

st_t col_put(struct buf *out, struct col *c, const struct col_head *h, bool has_header, int lean)
{
	return put(out, c, h, has_header, NULL, lean);
}

st_t col_put_more(struct buf *out, struct col *c, const struct col_head *h, const struct col_more *m, int lean)
{
	return put(out, c, h, true, m, lean);
}
