/* Numbers as they lie in files, and what is said of many of them. */

#include "indexer/extract/array_int.h"

#include <math.h>

#define EXACT		9007199254740992.0	/* 2^53: integers behind it are rounded */
#define STEP		((size_t)256 << 10)	/* one read */
#define SAMPLE		((size_t)16 << 10)	/* of a large variable */

static const struct { const char *name, *type; uint8_t size; } dtypes[] = {
#define X(name, bytes, text, type) { text, type, bytes },
	DTYPES(X)
#undef X
};

const char *dtype_name(enum dtype t)
{
	return dtypes[t].name;
}

const char *dtype_type(enum dtype t)
{
	return dtypes[t].type;
}

unsigned dtype_size(enum dtype t)
{
	return dtypes[t].size;
}

bool dtype_is_number(enum dtype t)
{
	return t <= DT_FLOAT64;
}

bool dtype_of_name(struct slice name, enum dtype *out)
{
	size_t i;

	for (i = 0; i < sizeof(dtypes) / sizeof(dtypes[0]); i++)
		if (slice_eq_str(name, dtypes[i].name)) {
			*out = (enum dtype)i;
			return true;
		}
	return false;
}

static uint64_t load(const uint8_t *p, unsigned n, bool big)
{
	uint64_t v = 0;
	unsigned i;

	for (i = 0; i < n; i++)
		v |= (uint64_t)p[i] << 8 * (big ? n - 1 - i : i);
	return v;
}

static double half(uint16_t v)
{
	int e = v >> 10 & 31;
	double m = v & 1023, x;

	x = e == 31 ? (m != 0 ? NAN : INFINITY) : e ? ldexp(m + 1024, e - 25) : ldexp(m, -24);
	return v >> 15 ? -x : x;
}

static double single(uint32_t v)
{
	float x;

	memcpy(&x, &v, sizeof(x));
	return (double)x;
}

double dtype_get(enum dtype t, bool big, const uint8_t *p)
{
	uint64_t v = load(p, dtypes[t].size <= 8 ? dtypes[t].size : 0, big);
	double x;

	switch (t) {
	case DT_INT8: return (int8_t)v;
	case DT_INT16: return (int16_t)v;
	case DT_INT32: return (int32_t)v;
	case DT_INT64: return (double)(int64_t)v;
	case DT_UINT64: return (double)v;
	case DT_FLOAT16: return half((uint16_t)v);
	case DT_BFLOAT16: return single((uint32_t)v << 16);
	case DT_FLOAT32: return single((uint32_t)v);
	case DT_FLOAT64:
		memcpy(&x, &v, sizeof(x));
		return x;
	default: return (double)v;
	}
}

/* ---- rules ---- */

struct slice array_text(const json_t *attributes, const char *key)
{
	return json_slice(json_object_get(attributes, key));
}

bool array_real(const json_t *attributes, const char *key, double *out)
{
	const json_t *v = json_object_get(attributes, key);
	struct slice s = json_slice(v);
	char text[64], *end;

	if (json_is_array(v) && json_array_size(v) == 1)
		v = json_array_get(v, 0);
	if (json_is_number(v)) {
		*out = json_number_value(v);
		return true;
	}
	if (s.n == 0 || s.n >= sizeof(text))
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	*out = strtod(text, &end);
	return end != text && *end == '\0' && isfinite(*out);
}

static void add_fill(struct array_rules *r, double v)
{
	if (r->fills < FILLS_MOST)
		r->fill[r->fills++] = v;
}

static void add_fills(struct array_rules *r, const json_t *v)
{
	const json_t *one;
	size_t i;

	if (json_is_number(v))
		add_fill(r, json_number_value(v));
	json_array_foreach(v, i, one)
		if (json_is_number(one))
			add_fill(r, json_number_value(one));
}

/* What netCDF writes where nothing was written (netcdf.h, NC_FILL_*). Readers disagree on bytes: those in wide use hide -127 and not 255. */
static void default_fill(struct array_rules *r, enum dtype t)
{
	static const struct { enum dtype t; double v; } fills[] = {
		{ DT_INT8, -127 }, { DT_INT16, -32767 }, { DT_UINT16, 65535 }, { DT_INT32, -2147483647.0 }, { DT_UINT32, 4294967295.0 },
		{ DT_INT64, -9223372036854775806.0 }, { DT_UINT64, 18446744073709551614.0 }, { DT_FLOAT32, 0x1.ep+122 }, { DT_FLOAT64, 0x1.ep+122 },
	};
	size_t i;

	for (i = 0; i < sizeof(fills) / sizeof(fills[0]); i++)
		if (fills[i].t == t && !r->as_unsigned && !r->as_signed)
			add_fill(r, fills[i].v);
}

static void rules_read(struct array_rules *r, enum dtype t, const json_t *a, bool netcdf)
{
	const json_t *range = json_object_get(a, "valid_range"), *sign = json_object_get(a, "_Unsigned");

	*r = (struct array_rules){ .scale = 1, .lowest = -INFINITY, .highest = INFINITY };
	if (netcdf && sign) {
		r->as_unsigned = slice_ieq_str(json_slice(sign), "true");
		r->as_signed = slice_ieq_str(json_slice(sign), "false");
	}
	add_fills(r, json_object_get(a, "_FillValue"));
	add_fills(r, json_object_get(a, "missing_value"));
	if (netcdf && json_object_get(a, "_FillValue") == NULL)
		default_fill(r, t);
	array_real(a, "valid_min", &r->lowest);
	array_real(a, "valid_max", &r->highest);
	if (json_is_array(range) && json_array_size(range) == 2 && json_is_number(json_array_get(range, 0)) && json_is_number(json_array_get(range, 1))) {
		r->lowest = json_number_value(json_array_get(range, 0));
		r->highest = json_number_value(json_array_get(range, 1));
	}
	r->packed = array_real(a, "scale_factor", &r->scale);
	r->packed |= array_real(a, "add_offset", &r->offset);
}

/* Same width, the other sign. */
static enum dtype resigned(enum dtype t, const struct array_rules *r)
{
	if (r->as_unsigned && (t == DT_INT8 || t == DT_INT16 || t == DT_INT32 || t == DT_INT64))
		return (enum dtype)(t + 1);
	if (r->as_signed && (t == DT_UINT8 || t == DT_UINT16 || t == DT_UINT32 || t == DT_UINT64))
		return (enum dtype)(t - 1);
	return t;
}

static double wrap_sign(enum dtype t, double v)
{
	double wide = ldexp(1, (int)(8 * dtypes[t].size));

	if (v < 0 && (t == DT_UINT8 || t == DT_UINT16 || t == DT_UINT32 || t == DT_UINT64))
		return v + wide;
	return v;
}

void array_stat_init(struct array_stat *s, enum dtype t, bool big, const json_t *attributes, bool netcdf)
{
	unsigned i;

	*s = (struct array_stat){ .big = big, .min = INFINITY, .max = -INFINITY };
	rules_read(&s->rules, t, attributes, netcdf);
	s->t = resigned(t, &s->rules);
	if (s->t == t)
		return;
	for (i = 0; i < s->rules.fills; i++)	/* these are written in the type of the file */
		s->rules.fill[i] = wrap_sign(s->t, s->rules.fill[i]);
	s->rules.lowest = isfinite(s->rules.lowest) ? wrap_sign(s->t, s->rules.lowest) : s->rules.lowest;
	s->rules.highest = isfinite(s->rules.highest) ? wrap_sign(s->t, s->rules.highest) : s->rules.highest;
}

/* ---- statistics ---- */

static bool is_missing(const struct array_rules *r, double v)
{
	unsigned i;

	if (!(v >= r->lowest && v <= r->highest))	/* NaN too */
		return true;
	for (i = 0; i < r->fills; i++)
		if (v == r->fill[i])
			return true;
	return false;
}

static void add_one(struct array_stat *s, double v)
{
	double d;

	if (is_missing(&s->rules, v)) {
		s->missing++;
		return;
	}
	if (s->rules.packed)
		v = v * s->rules.scale + s->rules.offset;
	if (!isfinite(v)) {
		s->missing++;
		return;
	}
	if (s->count == 0)
		s->shift = v;
	s->count++;
	if (v < s->min)
		s->min = v;
	if (v > s->max)
		s->max = v;
	d = v - s->shift;
	s->sum += (long double)d;
	s->squares += (long double)d * (long double)d;
}

void array_stat_add(struct array_stat *s, const void *p, size_t n)
{
	const uint8_t *b = p;
	unsigned w = dtypes[s->t].size;
	size_t i;

	if (!dtype_is_number(s->t) || w == 0)
		return;
	for (i = 0; i < n; i++)
		add_one(s, dtype_get(s->t, s->big, b + i * w));
}

json_t *array_number(enum dtype t, double v)
{
	if (!isfinite(v))
		return NULL;
	if (t <= DT_UINT64 && fabs(v) <= EXACT && v == floor(v))
		return json_integer((json_int_t)v);
	return json_real(v);
}

static json_t *number_or_words(enum dtype t, double v)
{
	return isfinite(v) ? array_number(t, v) : json_string(isnan(v) ? "NaN" : v > 0 ? "Infinity" : "-Infinity");
}

json_t *array_numbers(enum dtype t, bool big, const uint8_t *p, uint64_t n)
{
	json_t *list;
	uint64_t i;

	if (n == 1)
		return number_or_words(t, dtype_get(t, big, p));
	list = json_array();
	for (i = 0; list && i < n && i < 64; i++)
		if (json_array_append_new(list, number_or_words(t, dtype_get(t, big, p + i * dtypes[t].size))) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

void array_stat_put(struct fact *f, json_t *variable, const struct array_stat *s, bool sampled)
{
	enum dtype t = s->rules.packed ? DT_FLOAT64 : s->t;
	double n = (double)s->count, mean, var;

	if (variable == NULL || s->count + s->missing == 0)
		return;
	if (s->rules.packed)
		fact_put(f, variable, "type", json_string("number"));
	fact_put_int(f, variable, "count", (int64_t)s->count);
	fact_put_int(f, variable, "missing", (int64_t)s->missing);
	if (sampled)
		fact_put(f, variable, "sampled", json_true());
	if (s->count == 0)
		return;
	fact_put(f, variable, "min", array_number(t, s->min));
	fact_put(f, variable, "max", array_number(t, s->max));
	mean = s->shift + (double)(s->sum / (long double)n);
	fact_put_real(f, variable, "mean", mean < s->min ? s->min : mean > s->max ? s->max : mean);
	if (s->count > 1) {
		var = (double)((s->squares - s->sum * s->sum / (long double)n) / (long double)(n - 1));
		fact_put_real(f, variable, "sd", var > 0 ? sqrt(var) : 0);
	}
}

/* ---- how much is read ---- */

void window_init(struct window *w, struct source *src)
{
	*w = (struct window){ .src = src };
}

void window_release(struct window *w)
{
	free(w->p);
	w->p = NULL;
}

const uint8_t *window_get(struct window *w, uint64_t at, size_t n)
{
	if (w->st != ST_OK || n > WINDOW || at > w->src->size || n > w->src->size - at)
		return NULL;
	if (w->p && at >= w->at && at - w->at <= w->n && w->n - (size_t)(at - w->at) >= n)
		return w->p + (at - w->at);
	if (w->p == NULL && (w->p = malloc(WINDOW)) == NULL) {
		w->st = ST_NOMEM;
		return NULL;
	}
	w->at = at;
	w->st = source_read(w->src, at, w->p, WINDOW, &w->n, NULL);
	return w->st == ST_OK && w->n >= n ? w->p : NULL;
}

uint64_t array_room(const struct source *src)
{
	/* Headers are read a few times over, so a file that is read whole may cost more than its size. */
	uint64_t most = src->size <= ARRAY_WHOLE ? 3 * ARRAY_WHOLE : ARRAY_SAMPLE;

	return most > src->bytes ? most - src->bytes : 0;
}

bool array_pick(uint64_t n, uint64_t most, uint64_t i, uint64_t *piece)
{
	if (most > n)
		most = n;
	if (i >= most)
		return false;
	if (most == n)
		*piece = i;
	else if (most == 1)
		*piece = n / 2;
	else
		*piece = (uint64_t)((long double)i * (long double)(n - 1) / (long double)(most - 1));
	return true;
}

static st_t scan_all(struct array_stat *s, struct source *src, uint64_t at, uint64_t n, uint8_t *room, struct err *e)
{
	unsigned w = dtypes[s->t].size;
	uint64_t most = STEP / w, k;
	st_t st = ST_OK;

	for (; n && st == ST_OK; n -= k, at += k * w) {
		k = n < most ? n : most;
		if ((st = source_need(src, at, room, (size_t)(k * w), e)) == ST_OK)
			array_stat_add(s, room, (size_t)k);
	}
	return st;
}

st_t array_scan(struct array_stat *s, struct source *src, uint64_t at, uint64_t n, uint64_t room, bool *sampled, struct err *e)
{
	unsigned w = dtypes[s->t].size;
	uint64_t each, pieces, i, piece;
	uint8_t *p;
	st_t st = ST_OK;

	*sampled = false;
	if (w == 0 || n == 0 || !dtype_is_number(s->t))
		return ST_OK;
	if (n > UINT64_MAX / w || n * w > src->size || at > src->size - n * w)
		return err_set(e, ST_INVALID, "values end behind the end of the file");
	if ((p = malloc(STEP)) == NULL)
		return ST_NOMEM;
	if (n * w <= room)
		st = scan_all(s, src, at, n, p, e);
	else {
		*sampled = true;
		each = SAMPLE / w;
		pieces = n / each;
		for (i = 0; st == ST_OK && array_pick(pieces, room / SAMPLE, i, &piece); i++)
			st = scan_all(s, src, at + piece * each * w, each, p, e);
	}
	free(p);
	return st;
}

/* ---- variables ---- */

json_t *array_variable(struct fact *f, struct slice name, enum dtype t, json_t *dimensions, json_t *shape)
{
	json_t *v = fact_variable(f, name);

	if (v == NULL) {
		json_decref(dimensions);
		json_decref(shape);
		return NULL;
	}
	fact_put(f, v, "type", json_string(dtype_type(t)));
	fact_put(f, v, "dtype", json_string(dtype_name(t)));
	if (dimensions)
		fact_put(f, v, "dimensions", dimensions);
	if (shape)
		fact_put(f, v, "shape", shape);
	return v;
}

bool array_count(const uint64_t *shape, unsigned n, uint64_t *out)
{
	uint64_t all = 1;
	unsigned i;

	for (i = 0; i < n; i++)
		if (shape[i] && all > (uint64_t)INT64_MAX / shape[i])
			return false;
		else
			all *= shape[i];
	*out = all;
	return true;
}
