/*
 * JCAMP-DX (R. S. McDonald, P. A. Wilks, Appl. Spectrosc. 42, 151 (1988); versions 4.24, 5.00, 6.00): labelled data records, blocks in a link block, tables of
 * values in fixed form, packed, squeezed, as differences and with counts of repetition, pairs, and NTUPLES with pages. Decoded values are held against what the
 * head announces.
 */

#include <ctype.h>
#include <math.h>
#include <stdlib.h>

#include "indexer/extract/lines_int.h"
#include "indexer/extract/matter_int.h"

#define POINTS_MOST	((uint64_t)50000000)	/* values decoded of one file */
#define REPEAT_MOST	1000000.0
#define ATTRIBUTES_MOST	200
#define VARS_MOST	16

enum ldr { L_TITLE, L_TYPE, L_XUNITS, L_YUNITS, L_XFACTOR, L_YFACTOR, L_FIRSTX, L_LASTX, L_FIRSTY, L_NPOINTS, L_SYMBOL, L_VARFORM, L_VARDIM, L_UNITS, L_FACTOR, L_FIRST, L_LAST, L_COUNT };

static const char *const ldr_names[L_COUNT] = { "TITLE", "DATATYPE", "XUNITS", "YUNITS", "XFACTOR", "YFACTOR", "FIRSTX", "LASTX", "FIRSTY", "NPOINTS", "SYMBOL", "VARFORM",
	"VARDIM", "UNITS", "FACTOR", "FIRST", "LAST" };

enum data_at { D_NONE, D_STEPS, D_PAIRS, D_SKIP };

struct jcamp {
	struct fact *f;
	char *v[L_COUNT];		/* of the block in hand */
	unsigned depth, blocks, ends;
	enum data_at at;
	struct curve curve;
	uint64_t total;			/* values of the whole file */
	/* of the table in hand */
	double y, dif, first_y;
	bool was_dif, have_y, have_first, line_after_dif;
	uint64_t n, y_bad;
	double x_first, x_step, y_factor;
	uint64_t expected;
	bool enough, nomem, described;
	uint64_t spectra, tables;
	char version[12];
};

static int jcamp_bid(const struct head *h, struct slice s)
{
	struct slice line, w;
	unsigned n = 0;

	while (n++ < 10 && line_next(&s, &line)) {
		if (slice_trim(line).n == 0 || slice_starts(line, "$$"))
			continue;
		if (!slice_starts(line, "##"))
			return 0;
		w = slice_trim(slice_of(line.p + 2, line.n - 2));
		if (!slice_istarts(w, "TITLE") || memchr(w.p, '=', w.n) == NULL)
			return 0;
		return head_ext_is(h, " jdx dx jcm jcamp ") ? 97 : slice_has(slice_of(s.p, s.n < 4096 ? s.n : 4096), "JCAMP") ? 95 : 0;
	}
	return 0;
}

static bool jcamp_open(void *p, struct fact *f, const struct head *h)
{
	struct jcamp *x = p;

	(void)h;
	x->f = f;
	curve_init(&x->curve);
	return true;
}

static void fields_clear(struct jcamp *x)
{
	unsigned i;

	for (i = 0; i < L_COUNT; i++) {
		free(x->v[i]);
		x->v[i] = NULL;
	}
}

static void jcamp_release(void *p)
{
	struct jcamp *x = p;

	fields_clear(x);
}

static struct slice field(const struct jcamp *x, enum ldr l)
{
	return x->v[l] ? slice_str(x->v[l]) : SLICE_NULL;
}

static double number(const struct jcamp *x, enum ldr l, double otherwise)
{
	double v;

	return num_read(field(x, l), &v) ? v : otherwise;
}

/* The k-th of "X, R, I". */
static struct slice part_of(struct slice s, unsigned k)
{
	struct slice one;

	do {
		if (s.p == NULL)
			return SLICE_NULL;
		one = slice_trim(slice_cut(&s, ','));
	} while (k--);
	return one;
}

static int symbol_index(const struct jcamp *x, char symbol)
{
	struct slice one;
	unsigned k;

	for (k = 0; k < VARS_MOST && (one = part_of(field(x, L_SYMBOL), k)).p != NULL; k++)
		if (one.n && toupper((unsigned char)one.p[0]) == symbol)
			return (int)k;
	return -1;
}

static double indexed(const struct jcamp *x, enum ldr l, int k, double otherwise)
{
	double v;

	return k >= 0 && num_read(part_of(field(x, l), (unsigned)k), &v) ? v : otherwise;
}

/* ---- units and kinds ---- */

static const char *unit_of(struct slice s)
{
	static const struct { const char *says, *unit; } known[] = {
		{ "1/CM", "cm-1" }, { "CM-1", "cm-1" }, { "CM^-1", "cm-1" }, { "NANOMETER", "nm" }, { "MICROMETER", "um" }, { "HZ", "Hz" }, { "HERTZ", "Hz" }, { "PPM", "ppm" },
		{ "SECOND", "s" }, { "M/Z", "m/z" }, { "TRANSMITTANCE", "1" }, { "%T", "%" }, { "ABSORBANCE", "1" }, { "ARBITRARY", "" }, { "RELATIVE ABUNDANCE", "" },
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (slice_istarts(s, known[i].says))
			return known[i].unit;
	return NULL;
}

static const char *label_of(struct slice s)
{
	static const struct { const char *says, *label; } known[] = {
		{ "1/CM", "wavenumber" }, { "CM-1", "wavenumber" }, { "CM^-1", "wavenumber" }, { "NANOMETER", "wavelength" }, { "NM", "wavelength" }, { "MICROMETER", "wavelength" },
		{ "HZ", "frequency" }, { "PPM", "chemical shift" }, { "SECOND", "time" }, { "M/Z", "m/z" }, { "TRANSMITTANCE", "transmittance" }, { "ABSORBANCE", "absorbance" },
		{ "ARBITRARY", "intensity" }, { "RELATIVE ABUNDANCE", "relative abundance" }, { "V", "voltage" }, { "A", "current" },
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (slice_istarts(s, known[i].says) && (strlen(known[i].says) > 2 || s.n == strlen(known[i].says)))
			return known[i].label;
	return NULL;
}

static const char *kind_of(struct slice type)
{
	static const struct { const char *says, *kind; } known[] = {
		{ "NMR", "nmr" }, { "INFRARED", "ir" }, { "RAMAN", "raman" }, { "UV", "uv-vis" }, { "MASS", "ms" }, { "X-RAY", "xrd" }, { "XRD", "xrd" }, { "XPS", "xps" },
		{ "FLUORESCENCE", "fluorescence" }, { "CIRCULAR DICHROISM", "cd" }, { "CHROMATOGRAM", "chromatogram" }, { "IV ", "iv" }, { "EPR", "epr" }, { "ESR", "epr" },
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (slice_has(type, known[i].says))
			return known[i].kind;
	return NULL;
}

/* ---- values ---- */

static void emit(struct jcamp *x, double y)
{
	if (x->total >= POINTS_MOST) {
		x->enough = true;
		return;
	}
	x->total++;
	if (!x->have_first) {
		x->first_y = y;
		x->have_first = true;
	}
	curve_add(&x->curve, x->x_first + x->x_step * (double)x->n, y * x->y_factor);
	x->n++;
}

/* A value as written or squeezed. The first of a line behind differences repeats the last one, as a check. */
static void absolute(struct jcamp *x, double v)
{
	if (x->line_after_dif) {
		x->line_after_dif = false;
		x->y_bad += fabs(v - x->y) > 0.5;
		x->y = v;
		x->was_dif = false;
		return;
	}
	x->y = v;
	x->was_dif = false;
	emit(x, v);
}

static void repeat(struct jcamp *x, double times)
{
	double k;

	for (k = 1; k < times && k < REPEAT_MOST && !x->enough; k++) {
		if (x->was_dif)
			x->y += x->dif;
		emit(x, x->y);
	}
}

/* Digits from ${*i}, with a first digit ${lead} before them and a point among them. */
static double digits(struct slice s, size_t *i, int lead)
{
	char t[40];
	size_t n = 0;
	double v = 0;

	if (lead >= 0)
		t[n++] = (char)('0' + lead);
	while (*i < s.n && (isdigit((unsigned char)s.p[*i]) || s.p[*i] == '.')) {
		if (n < sizeof(t) - 1)
			t[n++] = s.p[*i];
		++*i;
	}
	num_read(slice_of(t, n), &v);
	return v;
}

/* A number in free form from ${*i}, which stands at a sign, digit or point. */
static double affn(struct slice s, size_t *i)
{
	size_t from = *i;
	double v = 0;

	if (s.p[*i] == '+' || s.p[*i] == '-')
		++*i;
	while (*i < s.n && (isdigit((unsigned char)s.p[*i]) || s.p[*i] == '.'))
		++*i;
	if (*i + 2 < s.n && (s.p[*i] == 'E' || s.p[*i] == 'e') && (s.p[*i + 1] == '+' || s.p[*i + 1] == '-') && isdigit((unsigned char)s.p[*i + 2])) {
		*i += 2;
		while (*i < s.n && isdigit((unsigned char)s.p[*i]))
			++*i;
	}
	num_read(slice_of(s.p + from, *i - from), &v);
	return v;
}

static bool free_form(char c)
{
	return isdigit((unsigned char)c) || c == '+' || c == '-' || c == '.';
}

/* One line of (X++(Y..Y)): an abscissa, then ordinates. */
static void steps_line(struct jcamp *x, struct slice s)
{
	size_t i = 0;
	double v;

	while (i < s.n && (s.p[i] == ' ' || s.p[i] == '\t'))
		i++;
	if (i == s.n || !free_form(s.p[i]))
		return;
	affn(s, &i);
	x->line_after_dif = x->was_dif && x->have_first;
	while (i < s.n && !x->enough) {
		char c = s.p[i];

		if (free_form(c))
			absolute(x, affn(s, &i));
		else if (c == '@' || (c >= 'A' && c <= 'I') || (c >= 'a' && c <= 'i')) {
			i++;
			v = digits(s, &i, c == '@' ? 0 : c >= 'a' ? c - 'a' + 1 : c - 'A' + 1);
			absolute(x, c >= 'a' && c <= 'i' ? -v : v);
		} else if (c == '%' || (c >= 'J' && c <= 'R') || (c >= 'j' && c <= 'r')) {
			i++;
			v = digits(s, &i, c == '%' ? 0 : c >= 'a' ? c - 'j' + 1 : c - 'J' + 1);
			x->dif = c >= 'j' && c <= 'r' ? -v : v;
			x->y += x->dif;
			x->was_dif = true;
			emit(x, x->y);
		} else if ((c >= 'S' && c <= 'Z') || c == 's') {
			i++;
			repeat(x, digits(s, &i, c == 's' ? 9 : c - 'S' + 1));
		} else if (c == '?') {	/* a value that is missing: its place counts */
			i++;
			x->n++;
		} else
			i++;
	}
}

/* Pairs and groups: only the first two of each line's group are drawn. */
static void pairs_line(struct jcamp *x, struct slice s)
{
	struct slice w;
	double v;
	double xf = x->x_step;	/* factor of x */

	while (word_next(&s, ",;", &w) && !x->enough) {
		if (!num_read(w, &v))
			v = NAN;
		if (!x->have_y) {
			x->dif = v;
			x->have_y = true;
			continue;
		}
		x->have_y = false;
		if (x->total >= POINTS_MOST) {
			x->enough = true;
			return;
		}
		x->total++;
		x->n++;
		curve_add(&x->curve, x->dif * xf, v * x->y_factor);
	}
}

static void table_done(struct jcamp *x)
{
	double first_y;
	struct slice xu = field(x, L_XUNITS), yu = field(x, L_YUNITS);
	char xt[60], yt[60];
	struct axis ax, ay;

	if (x->at == D_NONE || x->at == D_SKIP) {
		x->at = D_NONE;
		return;
	}
	x->tables++;
	if (x->v[L_SYMBOL]) {
		int k = symbol_index(x, 'X'), y = symbol_index(x, 'R');

		xu = part_of(field(x, L_UNITS), k < 0 ? 0 : (unsigned)k);
		yu = part_of(field(x, L_UNITS), y < 0 ? 1 : (unsigned)y);
	}
	snprintf(xt, sizeof(xt), "%.*s", (int)(xu.n < 50 ? xu.n : 50), xu.n ? xu.p : "");
	snprintf(yt, sizeof(yt), "%.*s", (int)(yu.n < 50 ? yu.n : 50), yu.n ? yu.p : "");
	ax = (struct axis){ label_of(xu), unit_of(xu) ? unit_of(xu) : xt };
	ay = (struct axis){ label_of(yu), unit_of(yu) ? unit_of(yu) : yt };
	if (x->expected && x->n != x->expected)
		fact_check(x->f, "points-differ", true, "%llu values were read, %llu are announced", (unsigned long long)x->n, (unsigned long long)x->expected);
	if (x->y_bad)
		fact_check(x->f, "y-check", true, "%llu lines do not begin with the value that the line before ended with", (unsigned long long)x->y_bad);
	if (x->at == D_STEPS && !x->v[L_SYMBOL] && x->have_first && num_read(field(x, L_FIRSTY), &first_y) && fabs(x->first_y * x->y_factor - first_y) > 0.01 * fabs(first_y) + fabs(x->y_factor))
		fact_check(x->f, "first-value-differs", true, "the first value is %g, %g is announced", x->first_y * x->y_factor, first_y);
	if (!x->described && x->curve.n) {
		spectrum_put(x->f, kind_of(field(x, L_TYPE)), 1, ax, ay, &x->curve);
		x->described = true;
	}
	if (x->curve.n)
		x->spectra++;
	plot_add(x->f, x->at == D_PAIRS && x->curve.n < 300 && slice_has(field(x, L_TYPE), "MASS") ? "stick" : "line", ax, ay, field(x, L_TITLE), &x->curve);
	x->at = D_NONE;
}

/* "(X++(Y..Y))", "(XY..XY)", "(X++(R..R)), XYDATA" */
static void table_begin(struct jcamp *x, struct slice form)
{
	double n, last;
	int k;

	table_done(x);
	curve_init(&x->curve);
	x->n = x->y_bad = 0;
	x->y = x->dif = 0;
	x->was_dif = x->have_y = x->have_first = x->line_after_dif = false;
	x->expected = 0;
	x->y_factor = number(x, L_YFACTOR, 1);
	if (slice_has(form, "++")) {
		x->at = D_STEPS;
		x->x_first = number(x, L_FIRSTX, 0);
		last = number(x, L_LASTX, NAN);
		n = number(x, L_NPOINTS, 0);
		if (x->v[L_SYMBOL]) {
			k = slice_has(form, "F2++") ? 1 : symbol_index(x, 'X') >= 0 ? symbol_index(x, 'X') : 0;
			x->x_first = indexed(x, L_FIRST, k, 0);
			last = indexed(x, L_LAST, k, NAN);
			n = indexed(x, L_VARDIM, k, 0);
			x->y_factor = indexed(x, L_FACTOR, slice_has(form, "I..I") ? symbol_index(x, 'I') : slice_has(form, "R..R") ? symbol_index(x, 'R') : symbol_index(x, 'Y'), 1);
		}
		x->x_step = isfinite(last) && n > 1 ? (last - x->x_first) / (n - 1) : 1;
	} else {
		x->at = D_PAIRS;
		x->x_step = number(x, L_XFACTOR, 1);
		n = number(x, L_NPOINTS, 0);
	}
	if (n >= 1 && n < 1e12)
		x->expected = (uint64_t)n;
}

/* ---- labelled data records ---- */

/* "## DATA TYPE =": blanks, dashes, underlines and slashes do not count. */
static size_t label(char *out, size_t most, struct slice s)
{
	size_t i, n = 0;

	for (i = 0; i < s.n && n + 1 < most; i++)
		if (s.p[i] != ' ' && s.p[i] != '-' && s.p[i] != '_' && s.p[i] != '/' && s.p[i] != '\t' && (unsigned char)s.p[i] >= ' ' && (unsigned char)s.p[i] < 127)
			out[n++] = (char)toupper((unsigned char)s.p[i]);
	out[n] = '\0';
	return n;
}

static void molecule_text(struct jcamp *x, const char *key, struct slice s)
{
	json_t *o = fact_object(x->f, "molecule");

	if (o && json_object_get(o, key) == NULL)
		fact_put_text(x->f, o, key, s);
}

static void described(struct jcamp *x, const char *key, struct slice s)
{
	struct formula m = { { 0 } };
	json_t *o;

	if (s.n == 0 || slice_eq_str(s, "-"))
		return;
	if (strcmp(key, "SPECTROMETERDATASYSTEM") == 0 || strcmp(key, "SPECTROMETER") == 0) {
		if ((o = fact_object(x->f, "instrument")) != NULL && json_object_get(o, "name") == NULL)
			fact_put_text(x->f, o, "name", s);
	} else if (strcmp(key, "CASNAME") == 0 || strcmp(key, "NAMES") == 0)
		molecule_text(x, "name", s);
	else if (strcmp(key, "CASREGISTRYNO") == 0)
		molecule_text(x, "cas", s);
	else if (strcmp(key, "MOLFORM") == 0 && formula_read(&m, s)) {
		if ((o = fact_object(x->f, "molecule")) != NULL && json_object_get(o, "formula") == NULL)
			formula_put(x->f, o, &m);
	} else if (strcmp(key, "SAMPLEDESCRIPTION") == 0)
		fact_put_text(x->f, fact_object(x->f, "sample"), "description", s);
	else if (strcmp(key, "JCAMPDX") == 0 && x->version[0] == '\0')
		snprintf(x->version, sizeof(x->version), "%.*s", (int)(s.n < 10 ? s.n : 10), s.p);
}

static void attribute(struct jcamp *x, const char *key, struct slice raw, struct slice s)
{
	json_t *o = fact_object(x->f, "attributes");
	char name[80];
	struct slice k = slice_trim(raw);

	snprintf(name, sizeof(name), "%.*s", (int)(k.n < 70 ? k.n : 70), k.p);
	for (char *c = name; *c; c++)
		if ((unsigned char)*c < ' ' || (unsigned char)*c > 126)
			return;
	(void)key;
	if (o && s.n && name[0] && json_object_size(o) < ATTRIBUTES_MOST && json_object_get(o, name) == NULL)
		fact_put_text(x->f, o, name, s);
}

static void record(struct jcamp *x, struct slice s)
{
	const char *eq = memchr(s.p, '=', s.n), *comment;
	struct slice raw = slice_of(s.p, eq ? (size_t)(eq - s.p) : s.n), v = eq ? slice_of(eq + 1, s.n - raw.n - 1) : SLICE(""), all = v;
	char key[40];
	unsigned i;

	if ((comment = memmem(v.p, v.n, "$$", 2)) != NULL)
		v.n = (size_t)(comment - v.p);
	v = slice_trim(v);
	label(key, sizeof(key), raw);
	if (strcmp(key, "END") == 0) {
		table_done(x);
		x->ends++;
		x->depth -= x->depth > 0;
		fields_clear(x);
		return;
	}
	if (strcmp(key, "TITLE") == 0) {
		table_done(x);
		fields_clear(x);
		x->blocks++;
		x->depth++;
	}
	if (strcmp(key, "XYDATA") == 0 || strcmp(key, "XYPOINTS") == 0 || strcmp(key, "PEAKTABLE") == 0 || strcmp(key, "DATATABLE") == 0 || strcmp(key, "RADATA") == 0) {
		table_begin(x, all);
		return;
	}
	if (x->at != D_NONE)
		table_done(x);
	if (strcmp(key, "PEAKASSIGNMENTS") == 0 || strcmp(key, "ASSIGNMENTS") == 0) {
		x->at = D_SKIP;
		return;
	}
	for (i = 0; i < L_COUNT; i++)
		if (strcmp(key, ldr_names[i]) == 0) {
			json_t *t = fact_text(v, 1000);

			free(x->v[i]);
			x->v[i] = t ? slice_dup(json_slice(t)) : NULL;
			x->nomem |= x->v[i] == NULL;
			json_decref(t);
		}
	if (strcmp(key, "TITLE") == 0) {
		if (x->blocks == 1) {
			propose_title(x->f, unquoted(v), "##TITLE");
			fact_put_text(x->f, fact_object(x->f, "attributes"), "TITLE", v);
		}
		return;
	}
	described(x, key, v);
	if (key[0] && key[0] != '$' && x->blocks <= 2)
		attribute(x, key, raw, v);
}

static bool jcamp_line(void *p, struct slice s, unsigned part)
{
	struct jcamp *x = p;
	const char *comment;

	(void)part;
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t') && x->at == D_NONE) {
		s.p++;
		s.n--;
	}
	if (slice_starts(s, "##")) {
		record(x, slice_of(s.p + 2, s.n - 2));
		return !x->nomem;
	}
	if (x->at == D_NONE || x->at == D_SKIP)
		return true;
	if (s.n && (comment = memmem(s.p, s.n, "$$", 2)) != NULL)
		s.n = (size_t)(comment - s.p);
	if (x->at == D_STEPS)
		steps_line(x, s);
	else
		pairs_line(x, s);
	return !x->enough;
}

static void jcamp_end(void *p)
{
	struct jcamp *x = p;
	json_t *o;

	table_done(x);
	if (x->nomem)
		lines_nomem(x->f);
	if (x->enough)
		fact_partial(x->f, "more than %llu values, the rest was not read", (unsigned long long)POINTS_MOST);
	else if (x->depth)
		fact_check(x->f, "cut-short", true, "%u of %u blocks have no ##END", x->depth, x->blocks);
	fact_format(x->f, "JCAMP-DX", x->version[0] ? x->version : NULL, NULL);
	if (!x->described) {
		fact_partial(x->f, "no table of values that can be read");
		if ((o = fact_object(x->f, "spectrum")) != NULL)
			fact_put_int(x->f, o, "count", 0);
	} else if ((o = fact_object(x->f, "spectrum")) != NULL)
		fact_put_int(x->f, o, "count", (int64_t)x->spectra);
	if ((o = fact_object(x->f, "spectrum")) != NULL)
		fact_put_int(x->f, o, "blocks", x->blocks);
}

static const struct lines_kind jcamp_kind = {
	.bid = jcamp_bid, .size = sizeof(struct jcamp), .media = "chemical/x-jcamp-dx", .open = jcamp_open, .line = jcamp_line, .end = jcamp_end, .release = jcamp_release,
};

static const struct lines_kind *const kinds[] = { &jcamp_kind };

LINES_EXTRACTOR(ex_jcamp, "jcamp", 1, kinds);
