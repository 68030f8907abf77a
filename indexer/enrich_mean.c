#include "indexer/enrich_int.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "schema/concept.h"
#include "schema/unit.h"

#define VARIABLES_MOST	5000
#define LINKED_MOST	1000	/* variables that are compared with every concept */
#define BOXES_MOST	64
#define LIST_MOST	200
#define CELLS_MOST	100
#define PLACES_MOST	4

st_t meaning_init(struct meaning *m, const struct schema *sc)
{
	json_t **const lists[] = { &m->variables, &m->boxes, &m->formats, &m->instruments, &m->elements, &m->formulas, &m->groups, &m->cells, &m->organisms, &m->assemblies };

	memset(m, 0, sizeof(*m));
	m->schema = sc;
	if ((m->seen = map_new()) == NULL)
		return ST_NOMEM;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if ((*lists[i] = json_array()) == NULL)
			return ST_NOMEM;
	return ST_OK;
}

void meaning_release(struct meaning *m)
{
	json_t *const lists[] = { m->variables, m->boxes, m->formats, m->instruments, m->elements, m->formulas, m->groups, m->cells, m->organisms, m->assemblies };

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		json_decref(lists[i]);
	map_free(m->seen, NULL);
}

static st_t push_once(json_t *list, const json_t *v, size_t most)
{
	json_t *have;
	size_t i;

	if (v == NULL || json_array_size(list) >= most)
		return ST_OK;
	json_array_foreach(list, i, have)
		if (json_equal(have, v))
			return ST_OK;
	return json_push(list, json_incref((json_t *)v));
}

static st_t push_text(json_t *list, const json_t *text)
{
	return json_slice(text).n > 0 ? push_once(list, text, LIST_MOST) : ST_OK;
}

/* ---- variables ---- */

static bool before(const json_t *a, const json_t *b)
{
	if (json_is_number(a) && json_is_number(b))
		return json_number_value(a) < json_number_value(b);
	return json_is_string(a) && json_is_string(b) && strcmp(json_string_value(a), json_string_value(b)) < 0;
}

static st_t widen(json_t *v, const json_t *from)
{
	json_t *min = json_object_get(from, "min"), *max = json_object_get(from, "max");
	st_t st = ST_OK;

	if (min != NULL && (json_object_get(v, "min") == NULL || before(min, json_object_get(v, "min"))))
		st = json_put(v, "min", json_incref(min));
	if (st == ST_OK && max != NULL && (json_object_get(v, "max") == NULL || before(json_object_get(v, "max"), max)))
		st = json_put(v, "max", json_incref(max));
	return st;
}

static st_t copy(json_t *v, const json_t *from, const char *key)
{
	json_t *m = json_object_get(from, key);
	return m == NULL ? ST_OK : json_put(v, key, json_incref(m));
}

static st_t new_variable(struct meaning *m, const json_t *from, struct slice key)
{
	static const char *const taken[] = { "name", "label", "standardName", "type", "unit", "role", "min", "max" };
	json_t *v = json_pack("{s:i}", "files", 1), *calendar = json_object_get(json_object_get(from, "attributes"), "calendar");
	st_t st = v == NULL ? ST_NOMEM : ST_OK;

	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]) && st == ST_OK; i++)
		st = copy(v, from, taken[i]);
	if (st == ST_OK && json_is_string(calendar))
		st = json_put(v, "calendar", json_incref(calendar));
	if (st != ST_OK) {
		json_decref(v);
		return st;
	}
	if ((st = json_push(m->variables, v)) == ST_OK)
		st = map_put(m->seen, key, v, NULL);
	return st;
}

/* A column or a variable: their members have the same names. */
static st_t add_variable(struct meaning *m, const json_t *from)
{
	static const char *const parts[] = { "type", "unit", "standardName" };
	const char *name = json_text(from, "name");
	struct buf key = BUF_INIT(4096);
	json_t *v;
	st_t st;

	if (name == NULL || json_text(from, "type") == NULL)
		return ST_OK;
	st = buf_adds(&key, name);
	for (size_t i = 0; i < 3 && st == ST_OK; i++) {
		const char *part = json_text(from, parts[i]);
		buf_addc(&key, '\0');
		st = buf_adds(&key, part != NULL ? part : "");
	}
	if (st == ST_OK && (v = map_get(m->seen, buf_slice(&key))) != NULL) {
		st = json_put(v, "files", json_integer(json_integer_value(json_object_get(v, "files")) + 1));
		if (st == ST_OK)
			st = widen(v, from);
	} else if (st == ST_OK && json_array_size(m->variables) < VARIABLES_MOST)
		st = new_variable(m, from, buf_slice(&key));
	buf_release(&key);
	return st == ST_TOOBIG ? ST_OK : st;
}

/* ---- places ---- */

static st_t add_box(struct meaning *m, double w, double s, double e, double n)
{
	json_t *box;
	st_t st;

	if (!(w >= -180 && w <= 180 && e >= -180 && e <= 180 && s >= -90 && n <= 90 && s <= n))
		return ST_OK;
	if ((box = json_pack("[f,f,f,f]", w, s, e, n)) == NULL)
		return ST_NOMEM;
	st = push_once(m->boxes, box, BOXES_MOST);
	json_decref(box);
	return st;
}

/* Longitudes from 0 to 360 are as usual as those from -180. */
static st_t add_degrees(struct meaning *m, double w, double s, double e, double n)
{
	if (w >= 0 && e > 180 && e <= 360.5) {
		if (e - w >= 358)
			w = -180, e = 180;
		else if (w > 180)
			w -= 360, e -= 360;
		else
			e -= 360;
	}
	return add_box(m, w, s, e, n);
}

/* The columns or variables of one table or file that give a place each. */
static st_t add_coordinates(struct meaning *m, const json_t *list)
{
	const json_t *lat = NULL, *lon = NULL, *v;
	size_t i;

	json_array_foreach(list, i, v) {
		struct concept_var cv = { json_slice(json_object_get(v, "name")), SLICE_NULL, json_slice(json_object_get(v, "standardName")), NULL, NULL };
		struct concept_link l[CONCEPT_LINKS_MAX];
		char fold[64];

		/* Cheap first: few columns begin like one. */
		if (!json_is_number(json_object_get(v, "min")) || !json_is_number(json_object_get(v, "max")))
			continue;
		/* One number of its own is a place of something (the satellite's, say), not the place of the data. */
		if (json_is_array(json_object_get(v, "shape")) && json_array_size(json_object_get(v, "shape")) == 0)
			continue;
		if (cv.standard_name.n == 0 && concept_fold(fold, sizeof(fold), cv.name) > 24)
			continue;
		if (concept_link(m->schema, &cv, l) == 0 || l[0].how == CONCEPT_FUZZY)
			continue;
		if (lat == NULL && strcmp(l[0].id, "latitude") == 0)
			lat = v;
		else if (lon == NULL && strcmp(l[0].id, "longitude") == 0)
			lon = v;
	}
	if (lat == NULL || lon == NULL)
		return ST_OK;
	return add_degrees(m, json_number_value(json_object_get(lon, "min")), json_number_value(json_object_get(lat, "min")),
	    json_number_value(json_object_get(lon, "max")), json_number_value(json_object_get(lat, "max")));
}

static st_t add_geo(struct meaning *m, const json_t *facts)
{
	const json_t *box = json_object_get(json_object_get(facts, "geo"), "bbox"), *t;
	double v[4];
	size_t i;
	st_t st = ST_OK;

	if (json_array_size(box) == 4) {
		for (i = 0; i < 4; i++)
			v[i] = json_is_number(json_array_get(box, i)) ? json_number_value(json_array_get(box, i)) : NAN;
		return add_degrees(m, v[0], v[1], v[2], v[3]);
	}
	json_array_foreach(json_object_get(facts, "tables"), i, t)
		if (st == ST_OK)
			st = add_coordinates(m, json_object_get(t, "columns"));
	return st == ST_OK ? add_coordinates(m, json_object_get(facts, "variables")) : st;
}

/* ---- time ---- */

static void add_seconds(struct meaning *m, double from, double until)
{
	/* Years 1 to 9999: what our dates can say. */
	if (!(from >= -62135596800.0 && until <= 253402300799.0 && from <= until))
		return;
	m->from = m->has_time ? fmin(m->from, from) : from;
	m->until = m->has_time ? fmax(m->until, until) : until;
	m->has_time = true;
}

/* Loggers write no zone; what has none counts as UTC (columns, docs/formats/facts.md). */
static bool span_of(struct slice s, int64_t *from, int64_t *until)
{
	char zoned[40];

	if (date_span(s, from, until))
		return true;
	if (s.n < 16 || s.n > 30 || (s.p[10] != 'T' && s.p[10] != ' '))
		return false;
	snprintf(zoned, sizeof(zoned), "%.10sT%.*sZ", s.p, (int)(s.n - 11), s.p + 11);
	return date_span(slice_str(zoned), from, until);
}

static void add_span(struct meaning *m, struct slice start, struct slice end)
{
	int64_t from, until, ignored;

	if (span_of(start, &from, &ignored) && span_of(end.n > 0 ? end : start, &ignored, &until) && from != INT64_MIN && until != INT64_MAX)
		add_seconds(m, (double)from, (double)until);
}

/* ---- matter ---- */

/* Symbols in the order of their numbers. */
static const char symbols[] = " H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe "
	"Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl "
	"Mc Lv Ts Og ";

static bool is_element(struct slice s)
{
	char key[5];

	if (s.n < 1 || s.n > 2)
		return false;
	snprintf(key, sizeof(key), " %.*s ", (int)s.n, s.p);
	return strstr(symbols, key) != NULL;
}

static st_t add_element(struct meaning *m, struct slice s)
{
	json_t *v = is_element(s) ? json_stringn(s.p, s.n) : NULL;
	st_t st = v != NULL ? push_once(m->elements, v, LIST_MOST) : ST_OK;

	json_decref(v);
	return st;
}

/* "Fe2 O3" or "Fe2O3": a capital and at most one small letter. Anything else in it: no formula, no elements. */
static st_t add_formula(struct meaning *m, const json_t *formula, bool elements)
{
	struct slice s = json_slice(formula);
	st_t st = push_text(m->formulas, formula);

	for (size_t i = 0; elements && i < s.n && st == ST_OK; i++) {
		size_t n = i + 1 < s.n && s.p[i + 1] >= 'a' && s.p[i + 1] <= 'z' ? 2 : 1;

		if (s.p[i] >= 'A' && s.p[i] <= 'Z') {
			if (n == 2 && !is_element(slice_of(s.p + i, 2)))
				break;
			st = add_element(m, slice_of(s.p + i, n));
			i += n - 1;
		} else if (s.p[i] >= 'a' && s.p[i] <= 'z') {
			break;
		}
	}
	return st;
}

static st_t add_matter(struct meaning *m, const json_t *x)
{
	const json_t *list = json_object_get(x, "elements"), *s, *cell = json_object_get(x, "cell"), *number = json_object_get(x, "spaceGroupNumber");
	st_t st = add_formula(m, json_object_get(x, "formula"), json_array_size(list) == 0);
	json_t *group;
	size_t i;

	json_array_foreach(list, i, s)
		if (st == ST_OK)
			st = add_element(m, json_slice(s));
	if (st == ST_OK && (json_text(x, "spaceGroup") != NULL || json_is_integer(number))) {
		group = json_pack("{s:s*,s:o*}", "symbol", json_text(x, "spaceGroup"), "number", json_is_integer(number) ? json_incref((json_t *)number) : NULL);
		st = group != NULL ? push_once(m->groups, group, LIST_MOST) : ST_NOMEM;
		json_decref(group);
	}
	return st == ST_OK && json_is_object(cell) ? push_once(m->cells, cell, CELLS_MOST) : st;
}

static st_t add_instrument(struct meaning *m, const json_t *x)
{
	const char *name = json_text(x, "name"), *maker = json_text(x, "manufacturer"), *model = json_text(x, "model");
	struct buf full = BUF_INIT(1000);
	json_t *v;
	st_t st;

	if (name == NULL && model == NULL)
		return ST_OK;
	if (name == NULL)
		buf_addf(&full, "%s%s%s", maker != NULL ? maker : "", maker != NULL ? " " : "", model);
	else
		buf_adds(&full, name);
	if (full.st != ST_OK) {
		buf_release(&full);
		return full.st == ST_TOOBIG ? ST_OK : full.st;
	}
	v = json_pack("{s:s%,s:s*,s:s*,s:s*,s:s*}", "name", full.p, full.n, "manufacturer", maker, "model", model, "serial", json_text(x, "serial"), "identifier", json_text(x, "identifier"));
	st = v != NULL ? push_once(m->instruments, v, LIST_MOST) : ST_NOMEM;
	json_decref(v);
	buf_release(&full);
	return st;
}

/* ---- a file ---- */

static st_t add_variables(struct meaning *m, const json_t *facts)
{
	const json_t *t, *v;
	size_t i, j;
	st_t st = ST_OK;

	json_array_foreach(json_object_get(facts, "tables"), i, t)
		json_array_foreach(json_object_get(t, "columns"), j, v)
			if (st == ST_OK)
				st = add_variable(m, v);
	json_array_foreach(json_object_get(facts, "variables"), i, v)
		if (st == ST_OK)
			st = add_variable(m, v);
	return st;
}

st_t meaning_add(struct meaning *m, const json_t *facts)
{
	const json_t *time = json_object_get(facts, "time"), *format = json_object_get(json_object_get(facts, "format"), "name");
	const char *status = json_text(facts, "status");
	st_t st = add_variables(m, facts);

	if (st == ST_OK)
		st = add_geo(m, facts);
	add_span(m, json_slice(json_object_get(time, "start")), json_slice(json_object_get(time, "end")));
	if (st == ST_OK)
		st = add_matter(m, json_object_get(facts, "crystal"));
	if (st == ST_OK)
		st = add_matter(m, json_object_get(facts, "molecule"));
	if (st == ST_OK)
		st = push_text(m->organisms, json_object_get(json_object_get(facts, "organism"), "name"));
	if (st == ST_OK)
		st = push_text(m->assemblies, json_object_get(json_object_get(facts, "genome"), "assembly"));
	if (st == ST_OK)
		st = add_instrument(m, json_object_get(facts, "instrument"));
	if (st == ST_OK && format == NULL && status != NULL && (status[0] == 'o' || status[0] == 'p'))
		format = json_object_get(facts, "media");
	return st == ST_OK ? push_text(m->formats, format) : st;
}

/* ---- what variables mean ---- */

/* A person's word about this variable's concept in the canonical record: by name, and unit when one is given there. */
static const json_t *decisions_for(const json_t *doc, const json_t *v)
{
	const char *name = json_text(v, "name"), *unit = json_text(v, "unit");
	json_t *d;
	size_t i;

	json_array_foreach(json_object_get(doc, "variables"), i, d) {
		const char *n = json_text(d, "name"), *u = json_text(d, "unit");
		if (n != NULL && strcmp(n, name) == 0 && json_object_get(d, "concepts") != NULL && (u == NULL || (unit != NULL && strcmp(u, unit) == 0)))
			return json_object_get(d, "concepts");
	}
	return NULL;
}

static const json_t *decision_on(const json_t *decisions, const char *iri)
{
	json_t *d;
	size_t i;

	json_array_foreach(decisions, i, d)
		if (json_text(d, "iri") != NULL && strcmp(json_text(d, "iri"), iri) == 0)
			return d;
	return NULL;
}

static bool is(const json_t *decision, const char *word)
{
	const char *s = json_text(decision, "decision");
	return s != NULL && strcmp(s, word) == 0;
}

static st_t put_confirmed(const struct schema *sc, json_t *list, const json_t *decisions)
{
	struct concept_link l;
	json_t *d, *j;
	size_t i;
	st_t st = ST_OK;

	json_array_foreach(decisions, i, d) {
		if (st != ST_OK || !is(d, "confirmed") || json_text(d, "iri") == NULL)
			continue;
		j = json_deep_copy(d);
		json_object_del(j, "by");	/* shown to everybody */
		if (j != NULL && concept_find(sc, json_slice(json_object_get(d, "iri")), &l)) {
			json_object_set_new(j, "id", json_string(l.id));
			json_object_set_new(j, "label", json_string(l.label));
			json_object_set_new(j, "vocabulary", json_string(l.vocabulary));
			if (l.label_ja[0] != '\0')
				json_object_set_new(j, "labelJa", json_string(l.label_ja));
		}
		if (j != NULL && json_object_get(j, "how") == NULL)
			json_object_set_new(j, "how", json_string("exact"));
		st = json_push(list, j);
	}
	return st;
}

static st_t put_broader(const struct schema *sc, json_t *v, const json_t *concepts)
{
	json_t *list = json_array(), *c, *id;
	st_t st = list == NULL ? ST_NOMEM : ST_OK;
	size_t i;

	json_array_foreach(concepts, i, c) {
		const char *b = json_text(c, "id");
		for (unsigned steps = 0; st == ST_OK && b != NULL && (b = concept_broader(sc, b)) != NULL && steps < 8; steps++) {
			id = json_string(b);
			st = id != NULL ? push_once(list, id, LIST_MOST) : ST_NOMEM;
			json_decref(id);
		}
	}
	if (st == ST_OK && json_array_size(list) > 0)
		return json_put(v, "broader", list);
	json_decref(list);
	return st;
}

static st_t put_concepts(struct meaning *m, json_t *v, const json_t *decisions, const struct unit *u)
{
	struct concept_var cv = { json_slice(json_object_get(v, "name")), json_slice(json_object_get(v, "label")), json_slice(json_object_get(v, "standardName")), json_text(v, "type"), u };
	struct concept_link l[CONCEPT_LINKS_MAX];
	json_t *list = json_array();
	size_t n = concept_link(m->schema, &cv, l);
	st_t st = list == NULL ? ST_NOMEM : put_confirmed(m->schema, list, decisions);
	bool sure = st == ST_OK && json_array_size(list) > 0;

	for (size_t i = 0; i < n && st == ST_OK && !sure; i++)
		if (decision_on(decisions, l[i].iri) == NULL)
			st = json_push(list, concept_json(&l[i]));
	if (st == ST_OK && json_array_size(list) > 0) {
		st = put_broader(m->schema, v, list);
		return st == ST_OK ? json_put(v, "concepts", list) : (json_decref(list), st);
	}
	json_decref(list);
	return st;
}

static bool gregorian(const json_t *v)
{
	const char *c = json_text(v, "calendar");
	return c == NULL || strcmp(c, "standard") == 0 || strcmp(c, "gregorian") == 0 || strcmp(c, "proleptic_gregorian") == 0;
}

static st_t put_unit(json_t *v, const struct unit *u)
{
	const json_t *min = json_object_get(v, "min"), *max = json_object_get(v, "max");
	char dims[UNIT_DIMS_TEXT], iri[128];
	st_t st = ST_OK;

	if (u->ucum[0] != '\0')
		st = json_put(v, "ucum", json_string(u->ucum));
	if (st == ST_OK && u->qudt != NULL) {
		snprintf(iri, sizeof(iri), UNIT_QUDT "%s", u->qudt);
		st = json_put(v, "qudt", json_string(iri));
	}
	if (st != ST_OK || !json_is_number(min) || !json_is_number(max) || u->kind > UNIT_INSTANT || (u->kind == UNIT_INSTANT && !gregorian(v)))
		return st;
	return json_put(v, "si", json_pack("{s:f,s:f,s:s}", "min", unit_si(u, json_number_value(min)), "max", unit_si(u, json_number_value(max)),
	    "unit", u->kind == UNIT_INSTANT ? "t" : unit_dims_text(dims, &u->dims)));
}

/* Dates and counted times of a column that is about time are the time that the data cover. */
static void time_of(struct meaning *m, const json_t *v, const struct unit *u)
{
	const char *id = json_text(json_array_get(json_object_get(v, "concepts"), 0), "id"), *type = json_text(v, "type");
	const json_t *si = json_object_get(v, "si");

	if (id == NULL || (strcmp(id, "time") != 0 && strcmp(id, "dwc:eventDate") != 0))
		return;
	if (u->kind == UNIT_INSTANT && si != NULL)
		add_seconds(m, floor(json_number_value(json_object_get(si, "min"))), floor(json_number_value(json_object_get(si, "max"))));
	else if (type != NULL && strncmp(type, "date", 4) == 0)
		add_span(m, json_slice(json_object_get(v, "min")), json_slice(json_object_get(v, "max")));
}

/* "mass_g", "temp_c": one letter behind an underscore is a unit where the rest of the name has a concept with its dimensions. */
static bool unit_by_tail(const struct schema *sc, struct slice name, struct unit *u)
{
	struct unit_dims want;
	char c;

	if (name.n < 4 || name.p[name.n - 2] != '_' || !concept_dims(sc, slice_of(name.p, name.n - 2), &want))
		return false;
	c = name.p[name.n - 1];
	if (c == 'c' && want.v[UNIT_K] == 1)
		c = 'C';
	return unit_parse(u, slice_of(&c, 1), &want) && u->kind == UNIT_LINEAR && unit_dims_eq(&u->dims, &want);
}

static st_t explain(struct meaning *m, const json_t *doc)
{
	json_t *v;
	size_t i;
	st_t st = ST_OK;

	json_array_foreach(m->variables, i, v) {
		struct slice unit = json_slice(json_object_get(v, "unit")), name = json_slice(json_object_get(v, "standardName"));
		struct unit_dims want;
		struct unit u = { 0 };
		bool known, has;

		if (name.n == 0)
			name = json_slice(json_object_get(v, "name"));
		has = concept_dims(m->schema, name, &want);
		known = unit.n > 0 ? unit_parse(&u, unit, has ? &want : NULL) : unit_by_tail(m->schema, name, &u);
		if (known)
			st = put_unit(v, &u);
		if (st == ST_OK && i < LINKED_MOST)
			st = put_concepts(m, v, decisions_for(doc, v), known ? &u : NULL);
		if (st != ST_OK)
			return st;
		if (known || json_is_string(json_object_get(v, "min")))
			time_of(m, v, &u);
	}
	return ST_OK;
}

/* ---- out ---- */

/* The smallest box around all; boxes across 180 degrees count as round the world here. */
static st_t put_geo(struct meaning *m, json_t *out)
{
	double u[4] = { 180, 90, -180, -90 };
	struct place at[PLACES_MOST];
	json_t *b, *geo, *places;
	size_t i, n;
	st_t st = ST_OK;

	if (json_array_size(m->boxes) == 0)
		return ST_OK;
	json_array_foreach(m->boxes, i, b) {
		double v[4];
		for (size_t k = 0; k < 4; k++)
			v[k] = json_number_value(json_array_get(b, k));
		if (v[0] > v[2] && json_array_size(m->boxes) > 1)
			v[0] = -180, v[2] = 180;
		if (json_array_size(m->boxes) == 1) {
			memcpy(u, v, sizeof(u));
			break;
		}
		u[0] = fmin(u[0], v[0]);
		u[1] = fmin(u[1], v[1]);
		u[2] = fmax(u[2], v[2]);
		u[3] = fmax(u[3], v[3]);
	}
	if ((places = json_array()) == NULL)
		return ST_NOMEM;
	n = places_around(m->schema, u, at, PLACES_MOST);
	for (i = 0; i < n && st == ST_OK; i++)
		st = json_push(places, json_pack("{s:s,s:s,s:s,s:s}", "id", at[i].id, "label", at[i].label, "labelJa", at[i].label_ja, "kind", at[i].kind));
	geo = json_pack("{s:[f,f,f,f],s:o}", "bbox", u[0], u[1], u[2], u[3], "places", places);
	if (st == ST_OK)
		st = json_put(out, "geo", geo);
	else
		json_decref(geo);
	return st == ST_OK ? json_put(out, "boxes", json_incref(m->boxes)) : st;
}

static st_t put_time(const struct meaning *m, json_t *out)
{
	char from[ISO8601_LEN], until[ISO8601_LEN];

	if (!m->has_time)
		return ST_OK;
	iso8601(from, (int64_t)m->from);
	iso8601(until, (int64_t)m->until);
	return json_put(out, "time", json_pack("{s:s,s:s}", "start", from, "end", until));
}

static st_t put_list(json_t *out, const char *key, json_t *list)
{
	return json_array_size(list) == 0 ? ST_OK : json_put(out, key, json_incref(list));
}

static st_t put_object(json_t *out, const char *key, json_t *o)
{
	if (json_object_size(o) > 0)
		return json_put(out, key, o);
	json_decref(o);
	return o == NULL ? ST_NOMEM : ST_OK;
}

st_t meaning_out(struct meaning *m, const json_t *doc, json_t *out)
{
	json_t *materials = json_object(), *life = json_object();
	const struct { json_t *into; const char *key; json_t *list; } lists[] = {
		{ materials, "formulas", m->formulas }, { materials, "elements", m->elements }, { materials, "spaceGroups", m->groups }, { materials, "cells", m->cells },
		{ life, "organisms", m->organisms }, { life, "assemblies", m->assemblies }, { out, "formats", m->formats }, { out, "instruments", m->instruments },
	};
	st_t st = explain(m, doc);

	if (materials == NULL || life == NULL)
		st = ST_NOMEM;
	else
		for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]) && st == ST_OK; i++)
			st = put_list(lists[i].into, lists[i].key, lists[i].list);
	if (st != ST_OK) {
		json_decref(materials);
		json_decref(life);
		return st;
	}
	if ((st = put_object(out, "materials", materials)) == ST_OK)
		st = put_object(out, "life", life);
	else
		json_decref(life);
	if (st == ST_OK)
		st = json_put(out, "variables", json_incref(m->variables));
	if (st == ST_OK)
		st = put_geo(m, out);
	return st == ST_OK ? put_time(m, out) : st;
}
