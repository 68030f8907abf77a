/* Queries over intervals: values of a variable in any compatible unit, the time and the place that a dataset covers. */
#include "indexer/form_fields.h"

#include <math.h>

#include "base/utf8.h"
#include "indexer/range.h"
#include "schema/concept.h"
#include "schema/unit.h"
#include "store/repo.h"

struct found { struct sctx *s; roaring_bitmap_t *set; };

static bool add(void *ctx, uint32_t doc)
{
	struct found *f = ctx;

	roaring_bitmap_add(f->set, doc);
	return sctx_tick(f->s);
}

static void find(struct found *f, struct slice name, double lo, double hi)
{
	range_find(&f->s->t, IX_RANGES, name, range_code(lo), range_code(hi), add, f);
}

/* ---- values ---- */

struct values { struct found f; double lo, hi; const char *dims; };

/* ${kind}: 'v' a folded name, 'n' a concept. */
static void find_values(struct values *v, char kind, struct slice name)
{
	struct buf key = BUF_INIT(RANGE_NAME_MAX);

	buf_addc(&key, kind);
	buf_addsl(&key, name);
	buf_addc(&key, RANGE_SEP);
	if (buf_adds(&key, v->dims) == ST_OK)
		find(&v->f, buf_slice(&key), v->lo, v->hi);
	buf_release(&key);
}

static void concept_values(void *ctx, const char *id)
{
	find_values(ctx, 'n', slice_str(id));
}

/* 7 °C and 280.15 K are one value whichever way they are computed. */
static void widen(double *lo, double *hi)
{
	*lo -= fabs(*lo) * 1e-12;
	*hi += fabs(*hi) * 1e-12;
}

static bool to_si(struct sctx *s, const struct query *q, const struct unit_dims *want, struct unit *u, double *lo, double *hi)
{
	if (!unit_parse(u, q->to, want) || u->kind != UNIT_LINEAR) {
		struct slice shown = utf8_clip(q->to, 40);
		kv_fail(&s->t, ST_INVALID, "no unit that can be converted: '%.*s' at character %zu", (int)shown.n, shown.p, q->at);
		return false;
	}
	*lo = unit_si(u, q->lo);
	*hi = unit_si(u, q->hi);
	widen(lo, hi);
	return true;
}

/* Edges are stored in ångström and angles in degrees, as crystallographers do. */
static void find_cell(struct found *f, const struct query *q)
{
	char name[16];
	struct unit u, as;
	double lo = q->lo, hi = q->hi;
	bool angle = q->text.n > 6;

	snprintf(name, sizeof(name), RANGE_CELL "%.*s", (int)(q->text.n - 5 > 8 ? 8 : q->text.n - 5), q->text.p + 5);
	for (char *c = name; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c + 32);
	if (q->to.n > 0) {
		if (!to_si(f->s, q, NULL, &u, &lo, &hi))
			return;
		unit_parse(&as, strcmp(name, RANGE_CELL "volume") == 0 ? SLICE("Ao3") : angle ? SLICE("deg") : SLICE("Ao"), NULL);
		if (!unit_dims_eq(&u.dims, &as.dims))
			return;
		lo /= as.factor;
		hi /= as.factor;
	}
	widen(&lo, &hi);
	find(f, slice_str(name), lo, hi);
}

static void find_variable(struct found *f, const struct query *q)
{
	struct values v = { *f, q->lo, q->hi, RANGE_RAW };
	const struct schema *sc = f->s->ix->r->schema;
	struct buf name = BUF_INIT(RANGE_NAME_MAX);
	struct unit_dims want;
	char dims[UNIT_DIMS_TEXT];
	struct unit u;

	if (q->to.n > 0) {
		if (!to_si(f->s, q, concept_dims(sc, q->text, &want) ? &want : NULL, &u, &v.lo, &v.hi))
			return;
		v.dims = unit_dims_text(dims, &u.dims);
	}
	if (name_fold(&name, q->text) != ST_OK)
		kv_fail(&f->s->t, ST_NOMEM, "%s", "");
	find_values(&v, 'v', buf_slice(&name));
	concept_named(sc, q->text, concept_values, &v);
	buf_release(&name);
}

/* ---- places ---- */

/* A document's boxes stand in its list as two intervals each: both sides must meet those of one box. */
static bool box_meets(struct sctx *s, uint32_t doc, const uint64_t side[4])
{
	struct slice rest, name;
	uint64_t lo, hi;
	struct key k;
	bool west_east = false;

	range_list_key(&k, doc);
	if (!kv_get(&s->t, IX_RANGES, key_slice(&k), &rest))
		return false;
	while (range_list_next(&rest, &name, &lo, &hi)) {
		if (west_east && slice_eq_str(name, RANGE_SOUTH_NORTH) && lo <= side[3] && hi >= side[2])
			return true;
		west_east = slice_eq_str(name, RANGE_WEST_EAST) && lo <= side[1] && hi >= side[0];
	}
	return false;
}

static void find_box(struct found *f, double w, double s, double e, double n)
{
	uint64_t side[4] = { range_code(w), range_code(e), range_code(s), range_code(n) };
	struct found x = { f->s, plan_set(f->s) }, y = { f->s, plan_set(f->s) };
	roaring_uint32_iterator_t it;

	if (x.set == NULL || y.set == NULL)
		return;
	find(&x, SLICE(RANGE_WEST_EAST), w, e);
	find(&y, SLICE(RANGE_SOUTH_NORTH), s, n);
	roaring_bitmap_and_inplace(x.set, y.set);
	for (roaring_init_iterator(x.set, &it); it.has_value && sctx_tick(f->s); roaring_advance_uint32_iterator(&it))
		if (box_meets(f->s, it.current_value, side))
			roaring_bitmap_add(f->set, it.current_value);
}

static void find_around(struct found *f, const double box[4])
{
	if (box[0] <= box[2]) {
		find_box(f, box[0], box[1], box[2], box[3]);
		return;
	}
	find_box(f, box[0], box[1], 180, box[3]);
	find_box(f, -180, box[1], box[2], box[3]);
}

static void find_place(struct found *f, const struct query *q)
{
	struct slice shown = utf8_clip(q->text, 60);
	double box[4];

	if (place_box(f->s->ix->r->schema, q->text, box))
		find_around(f, box);
	else
		kv_fail(&f->s->t, ST_INVALID, "no such place '%.*s' at character %zu: give a box, bbox:west,south,east,north", (int)shown.n, shown.p, q->at);
}

roaring_bitmap_t *plan_span(struct sctx *s, const struct query *q)
{
	struct found f = { s, plan_set(s) };
	struct buf room = BUF_INIT(QUERY_TEXT_MAX + 256);
	struct slice key;
	double lo, hi;

	if (f.set == NULL)
		return NULL;
	if ((q->op == QUERY_TIME || q->op == QUERY_VALUES) && form_span(s, q, &key, &room, &lo, &hi))
		find(&f, key, lo, hi);
	else if (q->op == QUERY_TIME)
		find(&f, SLICE(RANGE_TIME), q->lo, q->hi);
	else if (q->op == QUERY_BOX)
		find_around(&f, q->box);
	else if (q->op == QUERY_PLACE)
		find_place(&f, q);
	else if (q->text.n > 5 && slice_ieq_str(slice_of(q->text.p, 5), "cell."))
		find_cell(&f, q);
	else
		find_variable(&f, q);
	buf_release(&room);
	return f.set;
}
