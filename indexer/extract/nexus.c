/*
 * NeXus (manual.nexusformat.org): groups say what they are by the attribute NX_class. What a reader of a catalogue asks for: title, times, instrument, sample,
 * people, and the plot that the file is for (NXdata, "Find the plottable data").
 */

#include <math.h>

#include "base/clock.h"
#include "indexer/extract/hdf_int.h"

#define PLOT_POINTS	400
#define PLOT_SERIES	8
#define TRIES_MOST	50		/* groups that may hold the plot */
#define PLOT_VALUES	((uint64_t)1 << 20)

static bool is_class(const json_t *attributes, const char *nx)
{
	return slice_eq_str(array_text(attributes, "NX_class"), nx);
}

static bool below(const char *path, const char *group)
{
	size_t n = strlen(group);

	return n == 0 || (strncmp(path, group, n) == 0 && path[n] == '/');
}

/* The first group of class ${nx} below ${group}; NULL when there is none. */
static const char *group_of(struct hdf *x, const char *group, const char *nx)
{
	const char *path;
	json_t *a;

	json_object_foreach(x->groups, path, a)
		if (below(path, group) && is_class(a, nx))
			return path;
	return NULL;
}

static struct slice text_at(struct hdf *x, const char *group, const char *name)
{
	struct buf path = BUF_INIT(20000);
	struct hdf_set *s;
	struct slice v = SLICE_NULL;

	if (group && buf_addf(&path, "%s/%s", group, name) == ST_OK && (s = hdf_find(x, path.p)) != NULL && s->v)
		v = json_slice(json_object_get(s->v, "value"));
	buf_release(&path);
	if (v.n == 0 && group)
		v = array_text(json_object_get(x->groups, group), name);
	return v;
}

/* The first of several names that has text. */
static struct slice any_text(struct hdf *x, const char *group, const char *const *names)
{
	struct slice v = SLICE_NULL;

	for (; *names && v.n == 0; names++)
		v = text_at(x, group, *names);
	return v;
}

static void put_times(struct hdf *x, const char *entry)
{
	struct slice from = text_at(x, entry, "start_time"), to = text_at(x, entry, "end_time");
	struct buf iso = BUF_INIT(200);
	json_t *t;

	if (from.n > 10 && from.n < 100 && from.p[10] == ' ') {	/* 2024-05-17 16:54:34+02:00 */
		buf_addsl(&iso, from);
		iso.p[10] = 'T';
		from = buf_slice(&iso);
	}
	if (!date_valid(from) || json_object_get(fact_root(x->f), "time")) {
		buf_release(&iso);
		return;
	}
	t = json_object();
	fact_put_text(x->f, t, "start", from);
	fact_put_text(x->f, t, "end", date_valid(to) ? to : from);
	fact_put(x->f, fact_root(x->f), "time", t);
	array_propose_item(x->f, "dates", json_pack("{s:s,s:o}", "type", "Collected", "value", fact_text(slice_of(from.p, from.n > 10 ? 10 : from.n), 10)), "start_time");
	buf_release(&iso);
}

static void put_instrument(struct hdf *x, const char *entry)
{
	static const char *const names[] = { "name", "short_name", "description", NULL };
	static const char *const makers[] = { "vendor", "manufacturer", NULL };
	static const char *const serials[] = { "serial_number", "serial", "identifier", NULL };
	const char *group = group_of(x, entry, "NXinstrument"), *made = group ? group_of(x, group, "NXfabrication") : NULL;
	json_t *o;

	if (group == NULL)
		return;
	o = json_object();
	fact_put_text(x->f, o, "name", any_text(x, group, names));
	fact_put_text(x->f, o, "manufacturer", any_text(x, made, makers));
	fact_put_text(x->f, o, "model", text_at(x, made, "model"));
	fact_put_text(x->f, o, "serial", any_text(x, made, serials));
	fact_put_text(x->f, o, "technique", text_at(x, entry, "method"));
	if (json_object_size(o))
		fact_put(x->f, fact_root(x->f), "instrument", o);
	else
		json_decref(o);
}

static void put_sample(struct hdf *x, const char *entry)
{
	static const char *const names[] = { "name", "sample_name", "short_title", NULL };
	static const char *const ids[] = { "sample_id", "identifier", "identifierNAME", NULL };
	const char *group = group_of(x, entry, "NXsample");
	json_t *o;

	if (group == NULL)
		return;
	o = json_object();
	fact_put_text(x->f, o, "name", any_text(x, group, names));
	fact_put_text(x->f, o, "identifier", any_text(x, group, ids));
	fact_put_text(x->f, o, "description", text_at(x, group, "description"));
	fact_put_text(x->f, o, "formula", text_at(x, group, "chemical_formula"));
	if (json_object_size(o))
		fact_put(x->f, fact_root(x->f), "sample", o);
	else
		json_decref(o);
}

static void put_people(struct hdf *x, const char *entry)
{
	const char *path;
	struct slice name;
	json_t *a;

	json_object_foreach(x->groups, path, a) {
		if (!below(path, entry) || !is_class(a, "NXuser") || (name = text_at(x, path, "name")).n == 0)
			continue;
		array_propose_person(x->f, "creators", NULL, name, "Personal", text_at(x, path, "orcid"), path);
		if (json_object_get(fact_root(x->f), "operator") == NULL)
			fact_put_text(x->f, fact_root(x->f), "operator", name);
	}
}

/* ---- the plot ---- */

/* The dataset ${name} of ${group}. */
static struct hdf_set *member(struct hdf *x, const char *group, struct slice name)
{
	struct buf path = BUF_INIT(20000);
	struct hdf_set *s = NULL;

	if (name.n && buf_addf(&path, "%s/%.*s", group, (int)name.n, name.p) == ST_OK)
		s = hdf_find(x, path.p);
	buf_release(&path);
	return s && s->v ? s : NULL;
}

/* Attribute "signal" of the group, or of the dataset itself in files from before 2014; "data" at last. */
static struct hdf_set *signal_of(struct hdf *x, const char *group)
{
	struct slice name = array_text(json_object_get(x->groups, group), "signal");
	const char *path;
	json_t *i, *mark;

	if (name.n)
		return member(x, group, name);
	json_object_foreach(x->bypath, path, i) {
		struct hdf_set *s = &x->sets.v[json_integer_value(i)];

		mark = json_object_get(json_object_get(s->v, "attributes"), "signal");
		if (s->v && mark && below(path, group))
			return s;
	}
	return member(x, group, SLICE("data"));
}

/* The last axis: attribute "axes" of the group, a list or one name, or "a:b" of the signal. */
static struct slice axis_name(struct hdf *x, const char *group, const struct hdf_set *signal)
{
	const json_t *axes = json_object_get(json_object_get(x->groups, group), "axes");
	struct slice s, last;

	if (json_array_size(axes))
		return json_slice(json_array_get(axes, json_array_size(axes) - 1));
	s = json_slice(axes);
	if (s.n == 0)
		s = array_text(json_object_get(signal->v, "attributes"), "axes");
	for (last = s; s.n; )
		last = slice_cut(&s, memchr(s.p, ':', s.n) ? ':' : ',');
	return slice_trim(last);
}

static json_t *side(struct hdf *x, const struct hdf_set *s, struct slice name)
{
	json_t *o = json_object();
	struct slice label = s ? json_slice(json_object_get(s->v, "label")) : SLICE_NULL;

	fact_put_text(x->f, o, "label", label.n ? label : name);
	if (s)
		fact_put_text(x->f, o, "unit", json_slice(json_object_get(s->v, "unit")));
	return o;
}

/* One point of every few, so that there are at most PLOT_POINTS. */
static json_t *curve(const double *xs, const double *ys, uint64_t n)
{
	uint64_t step = (n + PLOT_POINTS - 1) / PLOT_POINTS, i;
	json_t *points = json_array();

	for (i = 0; points && i < n; i += step)
		if (isfinite(ys[i]) && (xs == NULL || isfinite(xs[i])))
			json_array_append_new(points, json_pack("[f,f]", xs ? xs[i] : (double)i, ys[i]));
	return points;
}

static void put_plot(struct hdf *x, const char *group, const struct hdf_set *signal)
{
	const json_t *shape = json_object_get(signal->v, "shape");
	uint64_t n = 0, xn = 0, each = signal->rank ? (uint64_t)json_integer_value(json_array_get(shape, signal->rank - 1)) : 0, rows, i;
	struct slice axis = axis_name(x, group, signal);
	struct hdf_set *across = member(x, group, axis);
	double *y = each > 1 ? hdf_doubles(x, signal, PLOT_VALUES, &n) : NULL, *xs = y && across ? hdf_doubles(x, across, PLOT_VALUES, &xn) : NULL;
	const char *name = json_text(signal->v, "name");
	json_t *series, *plot;

	rows = y ? n / each : 0;
	if (rows == 0 || rows > PLOT_SERIES)
		goto out;
	series = json_array();
	for (i = 0; series && i < rows; i++)
		json_array_append_new(series, json_pack("{s:o,s:o}", "name", rows == 1 ? json_string(name) : json_sprintf("%u", (unsigned)i + 1), "points",
		    curve(xs && xn == each ? xs : NULL, y + i * each, each)));
	plot = json_pack("{s:s,s:o,s:o,s:o}", "kind", "line", "x", side(x, across, axis), "y", side(x, signal, slice_str(name)), "series", series);
	fact_put(x->f, fact_root(x->f), "plot", plot);
out:
	free(xs);
	free(y);
}

/* NXdata that the attributes "default" lead to, else the first that has a signal. */
static void find_plot(struct hdf *x, const char *entry)
{
	struct slice wanted = array_text(json_object_get(x->groups, entry), "default");
	struct buf path = BUF_INIT(20000);
	struct hdf_set *s = NULL;
	const char *group;
	unsigned tried = 0;
	json_t *a;

	if (wanted.n && buf_addf(&path, "%s/%.*s", entry, (int)wanted.n, wanted.p) == ST_OK && json_object_get(x->groups, path.p))
		if ((s = signal_of(x, path.p)) != NULL)
			put_plot(x, path.p, s);
	buf_release(&path);
	json_object_foreach(x->groups, group, a)
		if (json_object_get(fact_root(x->f), "plot") == NULL && below(group, entry) && is_class(a, "NXdata") && ++tried <= TRIES_MOST &&
		    (s = signal_of(x, group)) != NULL)
			put_plot(x, group, s);
}

void nexus_describe(struct hdf *x)
{
	struct slice wanted = array_text(json_object_get(x->groups, ""), "default"), s;
	const char *entry = group_of(x, "", "NXentry");
	char name[300];

	if (wanted.n && wanted.n < sizeof(name)) {
		snprintf(name, sizeof(name), "%.*s", (int)wanted.n, wanted.p);
		if (is_class(json_object_get(x->groups, name), "NXentry"))
			entry = name;
	}
	if (entry == NULL)
		return;
	s = text_at(x, entry, "definition");
	if (s.n)
		fact_put_text(x->f, fact_object(x->f, "attributes"), "definition", s);
	array_propose_title(x->f, text_at(x, entry, "title"), "title of the entry");
	array_propose_abstract(x->f, text_at(x, entry, "experiment_description"), "experiment_description");
	put_times(x, entry);
	put_instrument(x, entry);
	put_sample(x, entry);
	put_people(x, entry);
	find_plot(x, entry);
}
