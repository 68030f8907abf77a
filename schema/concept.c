#include "schema/concept.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "schema/vocab.h"

#define FOLD_MAX	200
#define WORDS_MAX	12

const char *const concept_hows[] = { "exact", "synonym", "fuzzy" };

static const struct vocab *vocab_of(const struct schema *sc, const char *name)
{
	return sc != NULL ? schema_vocab(sc, name) : NULL;
}

/* ---- names ---- */

static bool inside_word(unsigned char c)
{
	return c >= 128 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

size_t concept_fold(char *out, size_t max, struct slice name)
{
	struct slice unit = unit_of_name(name);
	size_t n = 0;

	if (unit.n > 0)
		name.n = (size_t)(unit.p - name.p);	/* what is left of "[" is no letter and goes below */
	else if (name.n > 3 && name.p[name.n - 2] == '_' && strchr("gmKVAsCc", name.p[name.n - 1]) != NULL)
		name.n -= 2;		/* body_mass_g */
	for (size_t i = 0; i < name.n && n + 2 < max; i++) {
		unsigned char c = (unsigned char)name.p[i];
		bool hump = i > 0 && c >= 'A' && c <= 'Z' && name.p[i - 1] >= 'a' && name.p[i - 1] <= 'z' && i + 1 < name.n && name.p[i + 1] >= 'a' && name.p[i + 1] <= 'z';

		/* U+3000 and U+30FB part words, U+FF08 begins a remark */
		if (c >= 128 && i + 2 < name.n && (memcmp(name.p + i, "\xe3\x80\x80", 3) == 0 || memcmp(name.p + i, "\xe3\x83\xbb", 3) == 0)) {
			if (n > 0 && out[n - 1] != '_')
				out[n++] = '_';
			i += 2;
			continue;
		}
		if (c >= 128 && i + 2 < name.n && memcmp(name.p + i, "\xef\xbc\x88", 3) == 0)
			break;
		if (!inside_word(c) || hump)
			if (n > 0 && out[n - 1] != '_')
				out[n++] = '_';
		if (inside_word(c))
			out[n++] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
	}
	while (n > 0 && out[n - 1] == '_')
		n--;
	out[n] = '\0';
	return n;
}

/* ---- one concept ---- */

static void fill(const struct vocab *v, size_t row, struct concept_link *l)
{
	l->id = vocab_get(v, row, "id");
	l->iri = vocab_get(v, row, "iri");
	l->vocabulary = vocab_get(v, row, "vocabulary");
	l->label = vocab_get(v, row, "label");
	l->label_ja = vocab_get(v, row, "label_ja");
}

bool concept_find(const struct schema *sc, struct slice s, struct concept_link *out)
{
	const struct vocab *v = vocab_of(sc, "concepts");
	size_t row;

	memset(out, 0, sizeof(*out));
	if (v == NULL || (!vocab_find(v, "id", s, &row) && !vocab_find(v, "iri", s, &row)))
		return false;
	fill(v, row, out);
	return true;
}

const char *concept_broader(const struct schema *sc, const char *id)
{
	const struct vocab *v = vocab_of(sc, "concepts");
	size_t row;

	if (v == NULL || !vocab_find(v, "id", slice_str(id), &row) || vocab_get(v, row, "broader")[0] == '\0')
		return NULL;
	return vocab_get(v, row, "broader");
}

/* Row of a name in its folded form, or as written (Japanese labels). ${how}: how it was found. */
static bool row_of(const struct schema *sc, const struct vocab *v, struct slice fold, struct slice raw, enum concept_how *how, size_t *row)
{
	const char *id;

	*how = CONCEPT_EXACT;
	if (vocab_find(v, "id", fold, row) || vocab_find(v, "label_ja", fold, row) || vocab_find(v, "label", raw, row))
		return true;
	id = vocab_map(vocab_of(sc, "concept_names"), "id", fold, "concept");
	if (id[0] == '\0' || !vocab_find(v, "id", slice_str(id), row))
		return false;
	/* "temperature" is the label of the quantity, not another word for it. */
	*how = slice_ieq_str(fold, vocab_get(v, *row, "label")) || slice_eq_str(fold, vocab_get(v, *row, "label_ja")) ? CONCEPT_EXACT : CONCEPT_SYNONYM;
	return true;
}

static bool row_unit(const struct vocab *v, size_t row, struct unit *u)
{
	return unit_parse(u, slice_str(vocab_get(v, row, "unit")), NULL) && u->kind == UNIT_LINEAR;
}

bool concept_dims(const struct schema *sc, struct slice name, struct unit_dims *d)
{
	const struct vocab *v = vocab_of(sc, "concepts");
	enum concept_how how;
	char fold[FOLD_MAX];
	struct slice f = slice_of(fold, concept_fold(fold, sizeof(fold), name));
	struct unit u;
	size_t row;

	if (v == NULL || !row_of(sc, v, f, name, &how, &row) || !row_unit(v, row, &u))
		return false;
	*d = u.dims;
	return true;
}

void concept_named(const struct schema *sc, struct slice name, void (*fn)(void *, const char *), void *ctx)
{
	const struct vocab *v = vocab_of(sc, "concepts");
	enum concept_how how;
	char fold[FOLD_MAX];
	struct slice f = slice_of(fold, concept_fold(fold, sizeof(fold), name));
	size_t row, iri;

	if (v == NULL)
		return;
	if (row_of(sc, v, f, name, &how, &row))
		fn(ctx, vocab_get(v, row, "id"));
	if (vocab_find(v, "iri", name, &iri))
		fn(ctx, vocab_get(v, iri, "id"));
}

/* ---- linking ---- */

/* 1: the units agree; 0: nothing to compare; -1: they do not. */
static int agree(const struct vocab *v, size_t row, const struct unit *u)
{
	struct unit want;
	const char *text = vocab_get(v, row, "unit");
	bool has_time = slice_eq_str(slice_str(vocab_get(v, row, "id")), "time");

	if (u == NULL || u->kind == UNIT_LABEL || (u->kind == UNIT_OTHER && text[0] == '\0'))
		return 0;
	if (u->kind == UNIT_INSTANT)
		return has_time ? 1 : -1;
	if (has_time)
		return 0;	/* hours of a day, seconds of a run */
	if (u->kind == UNIT_OTHER)
		return strcmp(u->ucum, "[pH]") == 0 || strcmp(text, "1e-3") == 0 ? 0 : -1;
	if (text[0] == '\0' || !row_unit(v, row, &want))
		return -1;	/* the concept is no quantity */
	/* Depths of water are given as masses on an area and as lengths: 1 mm is 1 kg m-2. */
	if (strcmp(text, "kg m-2") == 0 && u->dims.v[UNIT_M] == 1 && u->dims.v[UNIT_KG] == 0)
		return strstr(vocab_get(v, row, "id"), "fall_amount") != NULL || strstr(vocab_get(v, row, "id"), "precipitation_amount") != NULL ? 1 : -1;
	return unit_dims_eq(&want.dims, &u->dims) ? 1 : -1;
}

/* Words as (offset, bytes); numbers alone say nothing. */
static size_t words_of(const char *s, struct slice out[WORDS_MAX])
{
	size_t n = 0;

	while (*s != '\0' && n < WORDS_MAX) {
		size_t k = strcspn(s, "_ ");
		if (k > 0 && !(s[0] >= '0' && s[0] <= '9'))
			out[n++] = slice_of(s, k);
		s += k + (s[k] != '\0');
	}
	return n;
}

static double word_likeness(struct slice a, struct slice b)
{
	struct slice s = a.n < b.n ? a : b, l = a.n < b.n ? b : a;

	if (slice_eq(a, b))
		return 1;
	if (s.n >= 3 && memcmp(s.p, l.p, s.n) == 0)
		return 0.8;	/* temp, temperature */
	return 0;
}

/* Twice what two names have in common, by what both have. */
static double likeness(const struct slice *a, size_t na, const struct slice *b, size_t nb)
{
	double sum = 0;

	for (size_t i = 0; i < na; i++) {
		double best = 0;
		for (size_t j = 0; j < nb; j++)
			best = fmax(best, word_likeness(a[i], b[j]));
		sum += best;
	}
	return na + nb == 0 ? 0 : 2 * sum / (double)(na + nb);
}

static void offer(struct concept_link out[CONCEPT_LINKS_MAX], size_t *n, const struct concept_link *l)
{
	size_t i;

	for (i = 0; i < *n; i++)
		if (strcmp(out[i].id, l->id) == 0)
			return;		/* found in a better way before */
	for (i = 0; i < *n && out[i].score >= l->score; i++)
		;
	if (i == CONCEPT_LINKS_MAX)
		return;
	if (*n < CONCEPT_LINKS_MAX)
		(*n)++;
	memmove(out + i + 1, out + i, (*n - i - 1) * sizeof(*out));
	out[i] = *l;
}

static void by_name(const struct schema *sc, const struct vocab *v, struct slice name, const struct unit *u, double base, struct concept_link *out, size_t *n)
{
	char fold[FOLD_MAX];
	struct slice f = slice_of(fold, concept_fold(fold, sizeof(fold), name));
	struct concept_link l = { 0 };
	enum concept_how how;
	size_t row;
	int units;

	if (f.n == 0 || !row_of(sc, v, f, name, &how, &row) || (units = agree(v, row, u)) < 0)
		return;
	fill(v, row, &l);
	l.how = how;
	l.score = fmin(1, base - (how == CONCEPT_SYNONYM ? 0.1 : 0) + 0.05 * units);
	offer(out, n, &l);
}

static void fuzzy(const struct vocab *v, struct slice name, const struct unit *u, struct concept_link *out, size_t *n)
{
	char fold[FOLD_MAX];
	struct slice a[WORDS_MAX], b[WORDS_MAX];
	size_t na, rows = vocab_count(v);

	concept_fold(fold, sizeof(fold), name);
	if ((na = words_of(fold, a)) == 0)
		return;
	for (size_t row = 0; row < rows; row++) {
		const char *label = vocab_get(v, row, "label");
		double score = 0.85 * likeness(a, na, b, words_of(label, b));
		struct concept_link l = { 0 };
		int units;

		if (score < CONCEPT_FUZZY_LEAST - 0.1 || (units = agree(v, row, u)) < 0 || (score += 0.1 * units) < CONCEPT_FUZZY_LEAST)
			continue;
		fill(v, row, &l);
		l.how = CONCEPT_FUZZY;
		l.score = score;
		offer(out, n, &l);
	}
}

/* A variable in kelvin is a temperature, whatever it is called: quantities that alone have their dimensions. */
static void by_unit(const struct vocab *v, const struct unit *u, struct concept_link *out, size_t *n)
{
	static const char *const alone[] = { "qk:Temperature", "qk:Mass", "qk:Pressure", "qk:Speed", "qk:Voltage", "qk:ElectricCurrent", "qk:Resistance", "qk:MagneticFluxDensity",
		"qk:Illuminance", "qk:Irradiance", "qk:Power", "qk:Force", "qk:Capacitance" };
	struct concept_link l = { 0 };
	struct unit want;
	size_t row;

	for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++) {
		if (!vocab_find(v, "id", slice_str(alone[i]), &row) || !row_unit(v, row, &want) || !unit_dims_eq(&want.dims, &u->dims))
			continue;
		fill(v, row, &l);
		l.how = CONCEPT_FUZZY;
		l.score = CONCEPT_FUZZY_LEAST;
		offer(out, n, &l);
	}
}

size_t concept_link(const struct schema *sc, const struct concept_var *var, struct concept_link out[CONCEPT_LINKS_MAX])
{
	const struct vocab *v = vocab_of(sc, "concepts");
	const struct unit *u = var->unit;
	size_t n = 0;

	if (v == NULL)
		return 0;
	if (var->standard_name.n > 0)
		by_name(sc, v, var->standard_name, u, 1, out, &n);
	by_name(sc, v, var->name, u, 0.95, out, &n);
	by_name(sc, v, var->label, u, 0.95, out, &n);
	if (n == 0)
		fuzzy(v, var->name, u, out, &n);
	if (n == 0 && var->label.n > 0)
		fuzzy(v, var->label, u, out, &n);
	if (n == 0 && u != NULL && u->kind == UNIT_LINEAR)
		by_unit(v, u, out, &n);
	return n;
}

json_t *concept_json(const struct concept_link *l)
{
	json_t *j = json_pack("{s:s,s:s,s:s,s:s,s:s*,s:s,s:f,s:s,s:i}", "iri", l->iri, "vocabulary", l->vocabulary, "id", l->id, "label", l->label, "labelJa",
	    l->label_ja[0] != '\0' ? l->label_ja : NULL, "how", concept_hows[l->how], "score", round(l->score * 100) / 100, "program", "azekura concept",
	    "version", CONCEPT_VERSION);
	return j;
}

/* ---- places ---- */

static double degrees(const struct vocab *v, size_t row, const char *column)
{
	return strtod(vocab_get(v, row, column), NULL);
}

static void box_of(const struct vocab *v, size_t row, double box[4])
{
	box[0] = degrees(v, row, "west");
	box[1] = degrees(v, row, "south");
	box[2] = degrees(v, row, "east");
	box[3] = degrees(v, row, "north");
}

static bool among(const char *names, struct slice name)
{
	while (*names != '\0') {
		size_t n = strcspn(names, ";");
		struct slice one = slice_of(names, n);
		if (one.n == name.n && one.n > 0) {
			size_t i = 0;
			while (i < n && (one.p[i] | 32) == (name.p[i] | 32))
				i++;
			if (i == n)
				return true;
		}
		names += n + (names[n] != '\0');
	}
	return false;
}

bool place_box(const struct schema *sc, struct slice name, double box[4])
{
	const struct vocab *v = vocab_of(sc, "places");
	size_t rows = v != NULL ? vocab_count(v) : 0;

	name = slice_trim(name);
	for (size_t row = 0; row < rows; row++) {
		if (!slice_ieq_str(name, vocab_get(v, row, "id")) && !slice_ieq_str(name, vocab_get(v, row, "label")) && !slice_eq_str(name, vocab_get(v, row, "label_ja")) &&
		    !among(vocab_get(v, row, "names"), name))
			continue;
		box_of(v, row, box);
		return true;
	}
	return false;
}

static double width(const double box[4])
{
	return box[0] <= box[2] ? box[2] - box[0] : box[2] - box[0] + 360;
}

static bool holds(const double outer[4], const double in[4])
{
	double from = in[0] - outer[0];

	if (in[1] < outer[1] || in[3] > outer[3])
		return false;
	if (from < 0)
		from += 360;
	return from + width(in) <= width(outer) + 1e-9;
}

size_t places_around(const struct schema *sc, const double box[4], struct place *out, size_t max)
{
	const struct vocab *v = vocab_of(sc, "places");
	size_t rows = v != NULL ? vocab_count(v) : 0, n = 0;

	for (size_t row = 0; row < rows; row++) {
		struct place p = { vocab_get(v, row, "id"), vocab_get(v, row, "label"), vocab_get(v, row, "label_ja"), vocab_get(v, row, "kind"), { 0 } };
		size_t i;
		double area;

		box_of(v, row, p.box);
		if (strcmp(p.kind, "world") == 0 || !holds(p.box, box))
			continue;
		area = width(p.box) * (p.box[3] - p.box[1]);
		for (i = 0; i < n && width(out[i].box) * (out[i].box[3] - out[i].box[1]) <= area; i++)
			;
		if (i == max)
			continue;
		n += n < max;
		memmove(out + i + 1, out + i, (n - i - 1) * sizeof(*out));
		out[i] = p;
	}
	return n;
}
