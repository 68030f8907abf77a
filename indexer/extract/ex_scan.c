/*
 * What instruments write as text: diffractometers (Rigaku .ras and .asc, Bruker .uxd, Philips .udf, PANalytical .xrdml, PSI powder, bare .xy and .xye), electron
 * spectrometers (VAMAS ISO 14976, SPECS), UV-Vis (PerkinElmer), gamma (IAEA .spe), luminescence (.xsyg), magnetometers (Quantum Design), loggers (TOA5). Each has
 * a head of names and values, which become attributes, instrument and sample, and a table, which gets the statistics that CSV gets.
 */

#include <ctype.h>
#include <math.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "indexer/extract/lines_int.h"
#include "indexer/extract/matter_int.h"
#include "indexer/extract/sax_int.h"

#define ATTRIBUTES_MOST	200
#define COLUMNS_MOST	500

struct scan {
	struct fact *f;
	struct table *t;
	struct curve c, first;
	struct sax sax;
	struct err why;
	const char *kind, *format;
	struct axis x, y;
	char x_label[80], x_unit[40], y_label[80], y_unit[40], version[24];
	uint64_t line, rows, scans, announced, odd;
	unsigned at, columns;
	double start, step, stop, dx[2];
	bool nomem, data, done, dialect;
	/* VAMAS */
	uint64_t blocks, left, skip;
	unsigned fields;
	char label[80];
	char last[3][80];		/* lines before this one */
	struct { unsigned variables; bool mode, counted, profile; } v;
};

static bool scan_open(void *p, struct fact *f, const struct head *h)
{
	struct scan *x = p;

	(void)h;
	x->f = f;
	x->start = x->step = x->stop = NAN;
	curve_init(&x->c);
	curve_init(&x->first);
	return true;
}

static void scan_release(void *p)
{
	struct scan *x = p;

	if (x->t)
		table_end(x->t, SLICE(""));
	sax_release(&x->sax);
}

static void text_of(char *out, size_t most, struct slice s)
{
	s = utf8_clip(slice_trim(s), most - 1);
	snprintf(out, most, "%.*s", (int)s.n, s.n ? s.p : "");
}

static void attribute(struct scan *x, struct slice key, struct slice value)
{
	json_t *o = fact_object(x->f, "attributes");
	char name[80];

	key = slice_trim(key);
	value = unquoted(value);
	if (o == NULL || key.n == 0 || key.n >= sizeof(name) || value.n == 0 || json_object_size(o) >= ATTRIBUTES_MOST || !utf8_valid(key, NULL) || memchr(key.p, 0, key.n))
		return;
	text_of(name, sizeof(name), key);
	if (json_object_get(o, name) == NULL)
		fact_put_text(x->f, o, name, value);
}

static void member(struct scan *x, const char *object, const char *key, struct slice value)
{
	json_t *o;

	value = unquoted(value);
	if (value.n == 0 || slice_ieq_str(value, "not specified") || (o = fact_object(x->f, object)) == NULL || json_object_get(o, key))
		return;
	fact_put_text(x->f, o, key, value);
}

static bool table_begin(struct scan *x)
{
	if (x->t == NULL && (x->t = table_new(x->f, SLICE_NULL)) == NULL)
		x->nomem = true;
	return x->t != NULL;
}

static void table_head(struct scan *x, const char *name, const char *unit)
{
	uint32_t at;

	if (!table_begin(x))
		return;
	at = table_column(x->t, slice_str(name && *name ? name : x->columns == 0 ? "x" : x->columns == 1 ? "y" : "z"));
	if (unit)
		table_unit(x->t, at, slice_str(unit));
	x->columns++;
}

/* The x and the y of the axes as columns, once. */
static void table_xy(struct scan *x)
{
	if (x->columns == 0) {
		table_head(x, x->x.label, x->x.unit);
		table_head(x, x->y.label, x->y.unit);
	}
}

static void row_xy(struct scan *x, double a, double b)
{
	table_xy(x);
	if (x->t == NULL)
		return;
	table_real(x->t, 0, a);
	table_real(x->t, 1, b);
	table_row(x->t);
	curve_add(&x->c, a, b);
	x->rows++;
}

/* A curve ended: into the plot, and the first one into the spectrum. */
static void curve_done(struct scan *x, struct slice name)
{
	if (x->c.n == 0)
		return;
	x->scans++;
	plot_add(x->f, "line", x->x, x->y, name, &x->c);
	if (x->scans == 1)
		x->first = x->c;
	curve_init(&x->c);
}

static void scan_end(void *p)
{
	struct scan *x = p;

	curve_done(x, slice_str(x->label));
	if (x->nomem)
		lines_nomem(x->f);
	fact_format(x->f, x->format, x->version[0] ? x->version : NULL, NULL);
	if (x->first.n)
		spectrum_put(x->f, x->kind, x->scans, x->x, x->y, &x->first);
	else
		fact_partial(x->f, "a head without data");
	if (x->announced && x->rows != x->announced)
		fact_check(x->f, "points-differ", true, "%llu values were read, %llu are announced", (unsigned long long)x->rows, (unsigned long long)x->announced);
	if (x->odd)
		fact_check(x->f, "malformed-record", true, "%llu lines among the data are no data", (unsigned long long)x->odd);
	if (x->t)
		table_end(x->t, SLICE(""));
	x->t = NULL;
}

static double number_of(struct slice s)
{
	double v;

	return num_read(unquoted(s), &v) ? v : NAN;
}

static bool key_value(struct slice s, char eq, struct slice *key, struct slice *value)
{
	const char *at = memchr(s.p, eq, s.n);

	if (at == NULL)
		return false;
	*key = slice_trim(slice_of(s.p, (size_t)(at - s.p)));
	*value = slice_trim(slice_of(at + 1, s.n - (size_t)(at + 1 - s.p)));
	return true;
}

/* ---- Rigaku .ras: *KEY "value" ---- */

static int ras_bid(const struct head *h, struct slice s)
{
	(void)h;
	return slice_starts(s, "*RAS_DATA_START") || slice_starts(s, "*RAS_HEADER_START") ? 97 : 0;
}

static void ras_key(struct scan *x, struct slice s)
{
	struct slice key, value = s;

	word_next(&value, "", &key);
	key = slice_of(key.p + 1, key.n - 1);
	value = unquoted(value);
	attribute(x, key, value);
	if (slice_eq_str(key, "FILE_SAMPLE"))
		member(x, "sample", "name", value);
	else if (slice_eq_str(key, "FILE_COMMENT"))
		member(x, "sample", "description", value);
	else if (slice_eq_str(key, "FILE_OPERATOR") && value.n)
		fact_put_text(x->f, fact_root(x->f), "operator", value);
	else if (slice_eq_str(key, "HW_GONIOMETER_NAME-0") || slice_eq_str(key, "HW_I_NAME"))
		member(x, "instrument", "name", value);
	else if (slice_eq_str(key, "MEAS_SCAN_UNIT_X"))
		text_of(x->x_unit, sizeof(x->x_unit), value);
	else if (slice_eq_str(key, "MEAS_SCAN_UNIT_Y"))
		text_of(x->y_unit, sizeof(x->y_unit), value);
	else if (slice_eq_str(key, "MEAS_SCAN_AXIS_X"))
		text_of(x->x_label, sizeof(x->x_label), slice_starts(value, "TwoTheta") ? SLICE("2θ") : value);
	else if (slice_eq_str(key, "MEAS_DATA_COUNT") && number_of(value) >= 1 && number_of(value) < 1e9)
		x->announced += (uint64_t)number_of(value);
}

static bool ras_line(void *p, struct slice s, unsigned part)
{
	struct scan *x = p;
	double v[3];
	unsigned n;

	(void)part;
	if (x->format == NULL) {
		x->format = "Rigaku RAS";
		x->kind = "xrd";
		x->x = (struct axis){ x->x_label, x->x_unit };
		x->y = (struct axis){ "intensity", x->y_unit };
		member(x, "instrument", "manufacturer", SLICE("Rigaku"));
		member(x, "instrument", "technique", SLICE("X-ray diffraction"));
	}
	if (slice_starts(s, "*RAS_INT_START")) {
		x->data = true;
		if (x->x_label[0] == '\0')
			snprintf(x->x_label, sizeof(x->x_label), "2θ");
	} else if (slice_starts(s, "*RAS_INT_END")) {
		x->data = false;
		curve_done(x, SLICE(""));
	} else if (!x->data && s.n > 1 && s.p[0] == '*')
		ras_key(x, s);
	else if (x->data && (n = numbers(s, "", v, 3)) >= 2)
		row_xy(x, v[0], n == 3 ? v[1] * v[2] : v[1]);	/* the third is the attenuator's factor */
	else if (x->data && slice_trim(s).n)
		x->odd++;
	return !x->nomem;
}

static const struct lines_kind ras_kind = {
	.bid = ras_bid, .size = sizeof(struct scan), .media = "text/x-rigaku-ras", .open = scan_open, .line = ras_line, .end = scan_end, .release = scan_release, .decode = true,
};

/* ---- counts at equal steps: Rigaku .asc, Bruker .uxd, Philips .udf, PSI, IAEA .spe ---- */

static void counts(struct scan *x, struct slice s, const char *also)
{
	struct slice w;
	double v;

	while (word_next(&s, also, &w)) {
		if (w.n > 1 && w.p[w.n - 1] == '.')	/* "7444." */
			w.n--;
		if (num_read(w, &v))
			row_xy(x, x->start + x->step * (double)x->c.n, v);
		else
			x->odd++;
	}
}

static int asc_bid(const struct head *h, struct slice s)
{
	(void)h;
	return slice_starts(s, "*TYPE") && slice_has(slice_of(s.p, s.n < 8192 ? s.n : 8192), "*START") && slice_has(slice_of(s.p, s.n < 8192 ? s.n : 8192), "*COUNT") ? 96 : 0;
}

static bool asc_line(void *p, struct slice s, unsigned part)
{
	struct scan *x = p;
	struct slice key, value;

	(void)part;
	if (x->format == NULL) {
		x->format = "Rigaku ASC";
		x->kind = "xrd";
		x->x = (struct axis){ "2θ", "deg" };
		x->y = (struct axis){ "intensity", x->y_unit };
		member(x, "instrument", "manufacturer", SLICE("Rigaku"));
	}
	if (s.n && s.p[0] == '*') {
		if (slice_starts(s, "*END") || slice_starts(s, "*EOF"))
			curve_done(x, SLICE(""));
		if (!key_value(slice_of(s.p + 1, s.n - 1), '=', &key, &value))
			return true;
		attribute(x, key, value);
		if (slice_eq_str(key, "START"))
			x->start = number_of(value);
		else if (slice_eq_str(key, "STEP"))
			x->step = number_of(value);
		else if (slice_eq_str(key, "SAMPLE"))
			member(x, "sample", "name", value);
		else if (slice_eq_str(key, "YUNIT"))
			text_of(x->y_unit, sizeof(x->y_unit), value);
		else if (slice_eq_str(key, "COUNT") && number_of(value) >= 1 && number_of(value) < 1e9)
			x->announced += (uint64_t)number_of(value);
	} else
		counts(x, s, ",");
	return !x->nomem;
}

static const struct lines_kind asc_kind = {
	.bid = asc_bid, .size = sizeof(struct scan), .media = "text/x-rigaku-asc", .open = scan_open, .line = asc_line, .end = scan_end, .release = scan_release, .decode = true,
};

static int uxd_bid(const struct head *h, struct slice s)
{
	struct slice line;
	unsigned n = 0;

	(void)h;
	while (n++ < 20 && line_next(&s, &line)) {
		if (slice_starts(line, "_FILEVERSION"))
			return 97;
		if (slice_trim(line).n && line.p[0] != ';')
			return 0;
	}
	return 0;
}

static bool uxd_line(void *p, struct slice s, unsigned part)
{
	struct scan *x = p;
	struct slice key, value;
	double v[2];

	(void)part;
	if (x->format == NULL) {
		x->format = "Bruker UXD";
		x->kind = "xrd";
		x->x = (struct axis){ "2θ", "deg" };
		x->y = (struct axis){ "intensity", "counts" };
		member(x, "instrument", "manufacturer", SLICE("Bruker AXS"));
		member(x, "instrument", "technique", SLICE("X-ray diffraction"));
	}
	s = slice_trim(s);
	if (s.n == 0 || s.p[0] == ';')
		return true;
	if (s.p[0] != '_') {
		if (x->at == 2 && numbers(s, ",", v, 2) == 2)
			row_xy(x, v[0], v[1]);
		else if (x->at == 1)
			counts(x, s, ",");
		else
			x->odd++;
		return !x->nomem;
	}
	if (!key_value(s, '=', &key, &value)) {
		x->at = slice_starts(s, "_2THETA") ? 2 : 1;	/* pairs, or counts alone */
		return true;
	}
	key = slice_of(key.p + 1, key.n - 1);
	if (slice_eq_str(key, "DRIVE"))
		curve_done(x, SLICE(""));
	attribute(x, key, value);
	if (slice_eq_str(key, "SAMPLE"))
		member(x, "sample", "name", value);
	else if (slice_eq_str(key, "USER") && unquoted(value).n)
		fact_put_text(x->f, fact_root(x->f), "operator", unquoted(value));
	else if (slice_eq_str(key, "START") || slice_eq_str(key, "2THETA"))
		x->start = number_of(value);
	else if (slice_eq_str(key, "STEPSIZE"))
		x->step = number_of(value);
	return true;
}

static const struct lines_kind uxd_kind = {
	.bid = uxd_bid, .size = sizeof(struct scan), .media = "text/x-bruker-uxd", .open = scan_open, .line = uxd_line, .end = scan_end, .release = scan_release, .decode = true,
};

static int udf_bid(const struct head *h, struct slice s)
{
	(void)h;
	return slice_starts(s, "SampleIdent,") && slice_has(slice_of(s.p, s.n < 8192 ? s.n : 8192), "DataAngleRange") ? 97 : 0;
}

static bool udf_line(void *p, struct slice s, unsigned part)
{
	struct scan *x = p;
	struct slice key, value;
	double v[2];

	(void)part;
	if (x->format == NULL) {
		x->format = "Philips UDF";
		x->kind = "xrd";
		x->x = (struct axis){ "2θ", "deg" };
		x->y = (struct axis){ "intensity", "counts" };
		member(x, "instrument", "manufacturer", SLICE("Philips"));
	}
	s = slice_trim(s);
	if (x->data) {
		if (s.n && s.p[s.n - 1] == '/') {
			s.n--;
			x->done = true;
		}
		counts(x, s, ",");
		return !x->done && !x->nomem;
	}
	if (slice_starts(s, "RawScan"))
		x->data = true;
	else if (key_value(s, ',', &key, &value)) {
		while (value.n && (value.p[value.n - 1] == '/' || value.p[value.n - 1] == ',' || value.p[value.n - 1] == ' '))
			value.n--;
		attribute(x, key, value);
		if (slice_eq_str(key, "SampleIdent"))
			member(x, "sample", "name", value);
		else if (slice_eq_str(key, "DataAngleRange") && numbers(value, ",", v, 2) == 2)
			x->start = v[0];
		else if (slice_eq_str(key, "ScanStepSize"))
			x->step = number_of(value);
	}
	return true;
}

static const struct lines_kind udf_kind = {
	.bid = udf_bid, .size = sizeof(struct scan), .media = "text/x-philips-udf", .open = scan_open, .line = udf_line, .end = scan_end, .release = scan_release,
};

/* "lambda=  1.49400, T=   0.000, dT=  0.000, Date=2001-06-16 06:25:59", then first angle, step, last angle */
static int psi_bid(const struct head *h, struct slice s)
{
	struct slice a, b, c;
	double v[3];

	(void)h;
	return line_next(&s, &a) && line_next(&s, &b) && line_next(&s, &c) && slice_istarts(slice_trim(b), "lambda=") && numbers(c, ",", v, 3) == 3 && v[0] < v[2] && v[1] > 0 ? 95 : 0;
}

static bool psi_line(void *p, struct slice s, unsigned part)
{
	struct scan *x = p;
	struct slice key, value, one;
	double v[3];

	(void)part;
	if (x->line++ == 0) {
		x->format = "PSI powder data";
		x->kind = "neutron-diffraction";
		x->x = (struct axis){ "2θ", "deg" };
		x->y = (struct axis){ "intensity", NULL };
		member(x, "sample", "description", s);
	} else if (x->line == 2) {
		while (s.p && s.n)
			if (one = slice_cut(&s, ','), key_value(one, '=', &key, &value)) {
				attribute(x, key, value);
				if (slice_eq_str(key, "Date"))
					propose_date(x->f, "Collected", value, "Date");
			}
	} else if (x->line == 3) {
		const char *name = memmem(s.p, s.n, "sample=", 7);

		if (numbers(s, ",", v, 3) == 3) {
			x->start = v[0];
			x->step = v[1];
			x->stop = v[2];
			x->announced = v[1] > 0 && (v[2] - v[0]) / v[1] < 1e8 ? (uint64_t)floor((v[2] - v[0]) / v[1] + 0.5) + 1 : 0;
		}
		if (name)
			member(x, "sample", "name", slice_of(name + 7, s.n - (size_t)(name + 7 - s.p)));
	} else if (x->announced && x->rows < x->announced)	/* behind the counts stand their errors */
		counts(x, s, "");
	else if (memchr(s.p ? s.p : "", '=', s.n)) {
		while (s.p && s.n)
			if (one = slice_cut(&s, ';'), key_value(one, '=', &key, &value))
				attribute(x, key, value);
	}
	return !x->nomem;
}

static const struct lines_kind psi_kind = {
	.bid = psi_bid, .size = sizeof(struct scan), .media = "text/x-psi-powder", .open = scan_open, .line = psi_line, .end = scan_end, .release = scan_release,
};

static int spe_bid(const struct head *h, struct slice s)
{
	(void)h;
	return s.n && s.p[0] == '$' && slice_has(slice_of(s.p, s.n < 65536 ? s.n : 65536), "$DATA:") && slice_has(slice_of(s.p, s.n < 4096 ? s.n : 4096), "$MEAS_TIM:") ? 96 : 0;
}

static bool spe_line(void *p, struct slice s, unsigned part)
{
	struct scan *x = p;
	double v[3];

	(void)part;
	if (x->format == NULL) {
		x->format = "IAEA SPE";
		x->kind = "gamma";
		x->x = (struct axis){ "channel", NULL };
		x->y = (struct axis){ "counts", NULL };
		x->start = 0;
		x->step = 1;
	}
	s = slice_trim(s);
	if (s.n && s.p[0] == '$') {
		text_of(x->label, sizeof(x->label), slice_of(s.p + 1, s.n - 1 - (s.p[s.n - 1] == ':')));
		x->data = slice_starts(s, "$DATA");
		x->at = 0;
	} else if (x->data && x->at++ == 0 && numbers(s, "", v, 2) == 2) {
		x->start = v[0];
		x->announced = v[1] >= v[0] && v[1] < 1e9 ? (uint64_t)(v[1] - v[0]) + 1 : 0;
	} else if (x->data)
		counts(x, s, "");
	else
		attribute(x, slice_str(x->label), s);
	return !x->nomem;
}

static void spe_end(void *p)
{
	struct scan *x = p;

	x->label[0] = '\0';
	scan_end(x);
}

static const struct lines_kind spe_kind = {
	.bid = spe_bid, .size = sizeof(struct scan), .media = "text/x-iaea-spe", .open = scan_open, .line = spe_line, .end = spe_end, .release = scan_release,
};

/* ---- pairs: SPECS, PerkinElmer, bare .xy ---- */

static int specs_bid(const struct head *h, struct slice s)
{
	(void)h;
	return slice_starts(s, "# Created by:") && slice_has(slice_of(s.p, s.n < 400 ? s.n : 400), "Specs") ? 96 : 0;
}

static bool specs_line(void *p, struct slice s, unsigned part)
{
	struct scan *x = p;
	struct slice key, value;
	double v[2];

	(void)part;
	if (x->format == NULL) {
		x->format = "SPECS XY";
		x->kind = "xps";
		x->x = (struct axis){ x->x_label, "eV" };
		x->y = (struct axis){ "intensity", "counts/s" };
		snprintf(x->x_label, sizeof(x->x_label), "kinetic energy");
		member(x, "instrument", "manufacturer", SLICE("SPECS"));
	}
	if (s.n && s.p[0] == '#') {
		s = slice_of(s.p + 1, s.n - 1);
		if (slice_has(s, "values in binding energy"))
			snprintf(x->x_label, sizeof(x->x_label), "binding energy");
		if (!key_value(s, ':', &key, &value))
			return true;
		if (slice_eq_str(key, "Region")) {
			curve_done(x, slice_str(x->label));
			text_of(x->label, sizeof(x->label), value);
		} else if (slice_eq_str(key, "Analyzer"))
			member(x, "instrument", "name", value);
		else if (slice_eq_str(key, "Analysis Method"))
			member(x, "instrument", "technique", value);
		else if (slice_eq_str(key, "Group"))
			member(x, "sample", "name", value);
		attribute(x, key, value);
	} else if (numbers(s, ",;", v, 2) == 2)
		row_xy(x, v[0], v[1]);
	else if (slice_trim(s).n)
		x->odd++;
	return !x->nomem;
}

static const struct lines_kind specs_kind = {
	.bid = specs_bid, .size = sizeof(struct scan), .media = "text/x-specs-xy", .open = scan_open, .line = specs_line, .end = scan_end, .release = scan_release, .decode = true,
};

static int pe_bid(const struct head *h, struct slice s)
{
	(void)h;
	return slice_starts(s, "PE ") && slice_has(slice_of(s.p, s.n < 80 ? s.n : 80), "ASCII") && memmem(s.p, s.n, "#DATA", 5) ? 96 : 0;
}

static bool pe_line(void *p, struct slice s, unsigned part)
{
	struct scan *x = p;
	double v[2];

	(void)part;
	x->line++;
	s = slice_trim(s);
	if (x->line == 1) {
		x->format = "PerkinElmer ASCII";
		x->kind = slice_istarts(s, "PE IR") ? "ir" : "uv-vis";
		x->x = (struct axis){ x->x_label, x->x_unit };
		x->y = (struct axis){ x->y_label, x->y_unit };
		member(x, "instrument", "manufacturer", SLICE("PerkinElmer"));
	} else if (slice_starts(s, "#")) {
		x->data = slice_eq_str(s, "#DATA");
		x->at = slice_eq_str(s, "#GR") ? 1 : 0;
	} else if (x->data && numbers(s, "", v, 2) == 2)
		row_xy(x, v[0], v[1]);
	else if (x->data && s.n)
		x->odd++;
	else if (x->at == 1 && s.n) {
		text_of(x->x_unit, sizeof(x->x_unit), s);
		snprintf(x->x_label, sizeof(x->x_label), "%s", slice_ieq_str(s, "nm") ? "wavelength" : slice_istarts(s, "cm") ? "wavenumber" : "");
		x->at = 2;
	} else if (x->at == 2 && s.n) {
		bool t = slice_starts(s, "%T"), r = slice_starts(s, "%R");

		snprintf(x->y_label, sizeof(x->y_label), "%s", t ? "transmittance" : r ? "reflectance" : slice_eq_str(s, "A") ? "absorbance" : "");
		text_of(x->y_unit, sizeof(x->y_unit), t || r ? SLICE("%") : slice_eq_str(s, "A") ? SLICE("1") : s);
		x->at = 3;
	} else if (x->line == 3 && s.n)
		attribute(x, SLICE("file"), s);
	else if (x->line == 8 && s.n)
		fact_put_text(x->f, fact_root(x->f), "operator", s);
	else if (x->line == 12 && s.n) {
		member(x, "instrument", "name", s);
		member(x, "instrument", "model", s);
	} else if (x->line == 13 && s.n)
		member(x, "instrument", "serial", s);
	else if (x->line == 14 && s.n)
		attribute(x, SLICE("software"), s);
	return !x->nomem;
}

static const struct lines_kind pe_kind = {
	.bid = pe_bid, .size = sizeof(struct scan), .media = "text/x-perkinelmer-ascii", .open = scan_open, .line = pe_line, .end = scan_end, .release = scan_release, .decode = true,
};

/* Nothing but numbers in two or three columns, under a name that says so. */
static int xy_bid(const struct head *h, struct slice s)
{
	struct slice line;
	double v[4];
	unsigned seen = 0, n, first = 0;

	if (!head_ext_is(h, " xy xye xyd chi "))
		return 0;
	while (seen < 50 && line_next(&s, &line)) {
		line = slice_trim(line);
		if (line.n == 0 || line.p[0] == '#' || line.p[0] == '!' || line.p[0] == ';' || (s.n == 0 && seen))
			continue;
		n = numbers(line, ",", v, 4);
		if (n < 2 || n > 3 || (first && n != first)) {
			if (seen == 0 && n < 2 && first < 4)
				continue;	/* title lines */
			return 0;
		}
		first = n;
		seen++;
	}
	return seen >= 3 ? 92 : 0;
}

static bool xy_line(void *p, struct slice s, unsigned part)
{
	struct scan *x = p;
	double v[3];
	unsigned n;

	(void)part;
	if (x->format == NULL) {
		x->format = "XY";
		x->x = (struct axis){ "x", NULL };
		x->y = (struct axis){ "y", NULL };
	}
	s = slice_trim(s);
	n = numbers(s, ",", v, 3);
	if (n >= 2) {
		if (x->columns == 0) {
			table_xy(x);
			if (n == 3)
				table_head(x, "uncertainty", NULL);
		}
		if (n == 3 && x->t && x->columns == 3)
			table_real(x->t, 2, v[2]);
		row_xy(x, v[0], v[1]);
	} else if (x->rows && s.n && s.p[0] != '#')
		x->odd++;
	else if (s.n > 1 && x->rows == 0 && x->line++ == 0)
		attribute(x, SLICE("title"), s.p[0] == '#' ? slice_of(s.p + 1, s.n - 1) : s);
	return !x->nomem;
}

static const struct lines_kind xy_kind = {
	.bid = xy_bid, .size = sizeof(struct scan), .media = "text/x-xy", .open = scan_open, .line = xy_line, .end = scan_end, .release = scan_release, .decode = true,
};

/* ---- tables under a head: Quantum Design, TOA5 ---- */

static void table_only_end(void *p)
{
	struct scan *x = p;

	if (x->nomem)
		lines_nomem(x->f);
	fact_format(x->f, x->format, x->version[0] ? x->version : NULL, NULL);
	if (x->t == NULL)
		fact_partial(x->f, "a head without data");
	else
		table_end(x->t, SLICE(",\"plain\":false"));
	x->t = NULL;
	if (x->odd)
		fact_check(x->f, "ragged-rows", strcmp(x->format, "TOA5") == 0, "%llu rows have another number of cells than the head", (unsigned long long)x->odd);
}

/* The next cell of a line with commas; quotes are taken off, none is escaped inside. */
static bool cell_next(struct slice *s, struct slice *cell)
{
	size_t i;

	if (s->p == NULL)
		return false;
	if (s->n && s->p[0] == '"') {
		for (i = 1; i < s->n && s->p[i] != '"'; i++)
			;
		*cell = slice_of(s->p + 1, i - 1);
		i += i < s->n;
		*s = slice_of(s->p + i, s->n - i);
		slice_cut(s, ',');
		return true;
	}
	*cell = slice_trim(slice_cut(s, ','));
	return true;
}

static bool row_cells(struct scan *x, struct slice s)
{
	struct slice cell;
	uint32_t n = 0;

	if (slice_trim(s).n == 0)
		return true;
	while (cell_next(&s, &cell)) {
		if (n < x->columns && cell.n && x->t)
			table_cell(x->t, n, cell);
		n++;
	}
	x->odd += n != x->columns && !(n == x->columns + 1 && cell.n == 0);	/* some end each row with a comma */
	x->rows++;
	if (x->t)
		table_row(x->t);
	return !x->nomem;
}

static int qd_bid(const struct head *h, struct slice s)
{
	(void)h;
	return slice_starts(s, "[Header]") && memmem(s.p, s.n, "[Data]", 6) && (memmem(s.p, s.n, "BYAPP", 5) || memmem(s.p, s.n, "INFO,", 5)) ? 97 : 0;
}

/* "Temperature (K)" */
static void unit_in_name(struct scan *x, struct slice name)
{
	const char *open = memrchr(name.p, '(', name.n);
	char unit[40] = "";

	if (open && name.p[name.n - 1] == ')')
		text_of(unit, sizeof(unit), slice_of(open + 1, name.n - (size_t)(open + 2 - name.p)));
	if (table_begin(x) && x->columns < COLUMNS_MOST) {
		uint32_t at = table_column(x->t, name);

		if (unit[0])
			table_unit(x->t, at, slice_str(unit));
	}
	x->columns++;
}

static bool qd_line(void *p, struct slice s, unsigned part)
{
	struct scan *x = p;
	struct slice key, value, rest, cell;

	(void)part;
	if (x->format == NULL) {
		x->format = "Quantum Design";
		member(x, "instrument", "manufacturer", SLICE("Quantum Design"));
	}
	if (x->data && x->columns)
		return row_cells(x, s);
	if (slice_starts(s, "[Data]"))
		x->data = true;
	else if (x->data) {
		while (cell_next(&s, &cell))
			unit_in_name(x, cell.n ? cell : SLICE(" "));
	} else if (s.n && s.p[0] != ';' && s.p[0] != '[' && key_value(s, ',', &key, &value)) {
		if (slice_eq_str(key, "TITLE")) {
			attribute(x, key, value);
			member(x, "sample", "description", value);
		} else if (slice_eq_str(key, "BYAPP")) {
			attribute(x, key, value);
			member(x, "instrument", "technique", slice_trim(slice_cut(&value, ',')));
		} else if (slice_eq_str(key, "FILEOPENTIME") || slice_eq_str(key, "FIELDGROUP"))
			attribute(x, key, value);
		else if (slice_eq_str(key, "INFO")) {
			rest = value;
			cell = slice_trim(slice_cut(&rest, ','));
			if (slice_eq_str(cell, "APPNAME") && rest.p)
				member(x, "instrument", "name", slice_trim(slice_cut(&rest, ',')));
			else if (rest.p && slice_trim(rest).n) {	/* INFO, value, name */
				attribute(x, rest, cell);
				if (slice_has(rest, "Sample") && slice_has(rest, "Name"))
					member(x, "sample", "name", cell);
			}
		}
	}
	return !x->nomem;
}

static const struct lines_kind qd_kind = {
	.bid = qd_bid, .size = sizeof(struct scan), .media = "text/x-quantum-design", .open = scan_open, .line = qd_line, .end = table_only_end, .release = scan_release, .decode = true,
};

static int toa5_bid(const struct head *h, struct slice s)
{
	(void)h;
	return slice_starts(s, "\"TOA5\",") || slice_starts(s, "TOA5,") ? 97 : 0;
}

static bool toa5_line(void *p, struct slice s, unsigned part)
{
	static const char *const names[] = { "format", "station", "model", "serial", "os", "program", "signature", "table" };
	struct scan *x = p;
	struct slice cell;
	uint32_t n = 0;

	(void)part;
	x->line++;
	if (x->line > 4)
		return row_cells(x, s);
	while (cell_next(&s, &cell)) {
		if (x->line == 1 && n > 0 && n < 8) {
			attribute(x, slice_str(names[n]), cell);
			if (n == 1)
				member(x, "instrument", "name", cell);
			else if (n == 2)
				member(x, "instrument", "model", cell);
			else if (n == 3)
				member(x, "instrument", "serial", cell);
		} else if (x->line == 2) {
			if (table_begin(x))
				table_column(x->t, cell);
			x->columns++;
		} else if (x->line == 3 && x->t && cell.n)
			table_unit(x->t, n, cell);
		else if (x->line == 4 && x->t && cell.n)
			table_label(x->t, n, cell);
		n++;
	}
	if (x->line == 1) {
		x->format = "TOA5";
		member(x, "instrument", "manufacturer", SLICE("Campbell Scientific"));
	}
	return !x->nomem;
}

/* It is CSV as well: who loads it as such needs to know where things stand. */
static bool toa5_open(void *p, struct fact *f, const struct head *h)
{
	bool crlf = memmem(h->p, h->n, "\r\n", 2) != NULL;

	fact_put(f, fact_root(f), "dialect", json_pack("{s:s,s:s,s:s,s:b,s:i,s:i,s:i,s:i}", "delimiter", ",", "quote", "\"", "lineEnd", crlf ? "crlf" : "lf", "header", 1,
	    "headerRow", 2, "unitsRow", 3, "skipRows", 1, "dataRow", 5));
	return scan_open(p, f, h);
}

static const struct lines_kind toa5_kind = {
	.bid = toa5_bid, .size = sizeof(struct scan), .media = "text/csv", .open = toa5_open, .line = toa5_line, .end = table_only_end, .release = scan_release, .decode = true,
};

/* ---- VAMAS, ISO 14976: one value a line, their order depends on earlier ones ---- */

static int vamas_bid(const struct head *h, struct slice s)
{
	(void)h;
	return slice_starts(slice_trim(s), "VAMAS Surface Chemical Analysis Standard Data Transfer Format") ? 98 : 0;
}

/*
 * Blocks are found by what cannot be mistaken: the technique on a line of its own, the abscissa's label, unit, start and increment, and behind the number of
 * ordinate values as many values as it says. The lines between them differ by experiment and are passed over.
 */
enum { VM_HEAD, VM_BLOCK, VM_ABSCISSA, VM_VARIABLES, VM_FIND_COUNT, VM_RANGES, VM_VALUES };

static bool vamas_is_technique(struct slice s)
{
	static const char *const known[] = { "AES diff", "AES dir", "EDX", "ELS", "FABMS", "FABMS energy spec", "ISS", "SIMS", "SIMS energy spec", "SNMS", "SNMS energy spec", "UPS", "XPS", "XRF" };
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (slice_eq_str(s, known[i]))
			return true;
	return false;
}

static void vamas_head(struct scan *x, struct slice s)
{
	static const char *const names[] = { NULL, NULL, "institution", "instrument", "operator", "experiment" };

	if (x->line >= 2 && x->line <= 5) {
		if (x->line == 3)
			member(x, "instrument", "name", s);
		else if (x->line == 4 && s.n && !slice_ieq_str(s, "Not Specified"))
			fact_put_text(x->f, fact_root(x->f), "operator", s);
		else if (!slice_ieq_str(s, "Not Specified"))
			attribute(x, slice_str(names[x->line]), s);
	}
}

static void vamas_variable(struct scan *x, struct slice s)
{
	double v;

	if (x->at != VM_VARIABLES)
		return;
	/* abscissa increment follows its start; then the number of corresponding variables and for each a label and a unit */
	if (x->fields == 0) {
		if (!num_read(s, &v) || v < 1 || v > 20) {
			x->at = VM_BLOCK;
			return;
		}
		x->v.variables = (unsigned)v;
		x->fields = 1;
		return;
	}
	if (x->fields == 1)
		text_of(x->y_label, sizeof(x->y_label), s);
	else if (x->fields == 2)
		text_of(x->y_unit, sizeof(x->y_unit), slice_eq_str(s, "d") ? SLICE("") : s);
	if (x->fields++ == 2 * x->v.variables)
		x->at = VM_FIND_COUNT;
}

/*
 * Behind the signal mode: time, scans, correction, in depth profiles seven lines of the sputter source, two tilts and a rotation, the number of further parameters
 * with three lines each; then the number of ordinate values.
 */
static void vamas_find_count(struct scan *x, struct slice s)
{
	double v;

	if (!x->v.mode) {
		x->v.mode = slice_starts(s, "pulse counting") || slice_starts(s, "analogue");
		x->fields = 0;
		return;
	}
	if (++x->fields < (x->v.profile ? 14u : 7u))
		return;
	if (!num_read(s, &v) || v < 0 || v > 1000)
		x->at = VM_BLOCK;
	else {
		x->skip = 3 * (uint64_t)v;
		x->v.counted = true;
	}
}

static void vamas_ordinates(struct scan *x, struct slice s)
{
	double v;

	if (!num_read(s, &v)) {
		x->odd++;
		x->at = VM_BLOCK;
		return;
	}
	/* variables come in turn; the first is drawn */
	if ((x->fields++ % x->v.variables) == 0)
		row_xy(x, x->start + x->step * (double)x->c.n, v);
	if (--x->left == 0) {
		curve_done(x, slice_str(x->label));
		x->at = VM_BLOCK;
	}
}

static bool vamas_line(void *p, struct slice s, unsigned part)
{
	struct scan *x = p;
	double v;

	(void)part;
	s = slice_trim(s);
	if (x->line++ == 0) {
		x->format = "VAMAS";
		snprintf(x->version, sizeof(x->version), "1988");
		x->x = (struct axis){ x->x_label, x->x_unit };
		x->y = (struct axis){ x->y_label, x->y_unit };
		return true;
	}
	vamas_head(x, s);
	switch (x->at) {
	case VM_HEAD: case VM_BLOCK:
		if (vamas_is_technique(s)) {
			x->blocks++;
			if (x->kind == NULL) {
				x->kind = slice_eq_str(s, "XPS") ? "xps" : slice_eq_str(s, "UPS") ? "ups" : slice_starts(s, "AES") ? "aes" : slice_starts(s, "SIMS") ? "sims" : "vamas";
				member(x, "instrument", "technique", s);
			}
			x->at = VM_BLOCK;
		} else if (slice_ieq_str(s, "kinetic energy") || slice_ieq_str(s, "binding energy")) {
			text_of(x->x_label, sizeof(x->x_label), slice_ieq_str(s, "kinetic energy") ? SLICE("kinetic energy") : SLICE("binding energy"));
			text_of(x->label, sizeof(x->label), slice_str(x->last[2]));	/* species, transition, charge, abscissa */
			x->at = VM_ABSCISSA;
			x->fields = 0;
		}
		break;
	case VM_ABSCISSA:
		if (x->fields == 0)
			text_of(x->x_unit, sizeof(x->x_unit), s);
		else if (!num_read(s, x->fields == 1 ? &x->start : &x->step))
			x->at = VM_BLOCK;
		if (x->at == VM_ABSCISSA && x->fields++ == 2) {
			x->at = VM_VARIABLES;
			x->fields = 0;
		}
		break;
	case VM_VARIABLES:
		vamas_variable(x, s);
		x->v.mode = x->v.counted = false;
		x->skip = 0;
		break;
	case VM_FIND_COUNT:
		if (x->v.counted && x->skip) {
			x->skip--;
			break;
		}
		if (!x->v.counted)
			vamas_find_count(x, s);
		else if (num_read(s, &v) && v >= x->v.variables && v < 1e8 && v == floor(v)) {
			x->left = (uint64_t)v;
			x->skip = 2 * x->v.variables;
			x->at = VM_RANGES;
			x->fields = 0;
		} else
			x->at = VM_BLOCK;
		break;
	case VM_RANGES:
		if (--x->skip == 0)
			x->at = VM_VALUES;
		break;
	case VM_VALUES:
		vamas_ordinates(x, s);
		break;
	default:
		break;
	}
	if (x->at <= VM_BLOCK) {
		memmove(x->last[1], x->last[0], 2 * sizeof(x->last[0]));
		text_of(x->last[0], sizeof(x->last[0]), s);
		x->v.profile |= slice_eq_str(s, "MAPDP") || slice_eq_str(s, "MAPSVDP") || slice_eq_str(s, "SDP") || slice_eq_str(s, "SDPSV");
	}
	return !x->nomem;
}

static void vamas_end(void *p)
{
	struct scan *x = p;

	if (x->left && x->at == VM_VALUES)
		fact_partial(x->f, "cut off: %llu values of the last block are missing", (unsigned long long)x->left);
	scan_end(x);
}

static const struct lines_kind vamas_kind = {
	.bid = vamas_bid, .size = sizeof(struct scan), .media = "text/x-vamas", .open = scan_open, .line = vamas_line, .end = vamas_end, .release = scan_release, .decode = true,
};

/* ---- what a microcontroller sends: rows of numbers among messages, and NULs where it was reset ---- */

static unsigned serial_cells(struct slice s, bool *numbers_only)
{
	struct slice cell;
	unsigned n = 0;
	double v;

	*numbers_only = true;
	while (s.n && (s.p[0] == '\0' || s.p[0] == ' ')) {
		s.p++;
		s.n--;
	}
	while (cell_next(&s, &cell)) {
		*numbers_only &= num_read(cell, &v) || (n > 0 && slice_ieq_str(cell, "nan"));
		n++;
	}
	return n;
}

static int serial_bid(const struct head *h, struct slice s)
{
	struct slice line;
	unsigned rows = 0, others = 0, n, first = 0, seen = 0;
	bool all;

	if (!head_ext_is(h, " log txt "))
		return 0;
	while (seen++ < 200 && line_next(&s, &line)) {
		if (slice_trim(line).n == 0)
			continue;
		n = serial_cells(line, &all);
		if (all && n >= 2 && (first == 0 || n == first)) {
			first = n;
			rows++;
		} else
			others++;
	}
	return rows >= 5 && others >= 1 && rows >= 4 * others ? h->enc.enc == ENC_BINARY ? 91 : 55 : 0;
}

static bool serial_line(void *p, struct slice s, unsigned part)
{
	struct scan *x = p;
	unsigned n;
	bool all;
	char name[20];

	(void)part;
	x->format = "serial log";
	while (s.n && (s.p[0] == '\0' || s.p[0] == ' ')) {
		x->announced += s.p[0] == '\0';
		s.p++;
		s.n--;
	}
	if (s.n == 0)
		return true;
	n = serial_cells(s, &all);
	if (!all || n < 2 || (x->columns && n != x->columns)) {
		x->odd++;
		return true;
	}
	while (x->columns < n && x->columns < COLUMNS_MOST) {
		snprintf(name, sizeof(name), "column%u", x->columns + 1);
		table_head(x, name, NULL);
	}
	return row_cells(x, s);
}

static void serial_end(void *p)
{
	struct scan *x = p;

	if (x->odd)
		fact_check(x->f, "stray-lines", false, "%llu lines are no rows of numbers", (unsigned long long)x->odd);
	if (x->announced)
		fact_check(x->f, "nul-characters", true, "%llu NUL characters were passed over", (unsigned long long)x->announced);
	x->odd = 0;
	table_only_end(x);
}

static const struct lines_kind serial_kind = {
	.bid = serial_bid, .size = sizeof(struct scan), .media = "text/x-serial-log", .open = scan_open, .line = serial_line, .end = serial_end, .release = scan_release,
};

/* ---- XML: PANalytical and lexsyg ---- */

static int xrdml_bid(const struct head *h, struct slice s)
{
	(void)h;
	s.n = s.n < 8192 ? s.n : 8192;
	return memmem(s.p, s.n, "<xrdMeasurements", 16) ? 97 : memmem(s.p, s.n, "lexsygID=", 9) && memmem(s.p, s.n, "<Sample", 7) ? 96 : 0;
}

static void xrdml_start(void *ctx, const char *name, const struct sax_attrs *a)
{
	static const char *const texts[] = { "startPosition", "endPosition", "intensities", "counts", "kAlpha1", "anodeMaterial", "tension", "current", "name", "id", "startTimeStamp", "instrumentID",
		"applicationSoftware", "instrumentControlSoftware", "commonCountingTime" };
	struct scan *x = ctx;
	struct slice v;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		x->sax.keep |= strcmp(name, texts[i]) == 0;
	if (strcmp(name, "sample") == 0)
		x->at = 1;
	else if (strcmp(name, "author") == 0)
		x->at = 2;
	else if (strcmp(name, "positions") == 0) {
		v = sax_attr(a, "axis");
		x->dialect = slice_eq_str(v, "2Theta");
		if (x->dialect)
			text_of(x->x_unit, sizeof(x->x_unit), sax_attr(a, "unit"));
	} else if (strcmp(name, "intensities") == 0 || strcmp(name, "counts") == 0)
		text_of(x->y_unit, sizeof(x->y_unit), sax_attr(a, "unit"));
	else if (strcmp(name, "scan") == 0) {
		x->start = x->stop = NAN;
		attribute(x, SLICE("scanAxis"), sax_attr(a, "scanAxis"));
	} else if (strcmp(name, "detector") == 0)
		attribute(x, SLICE("detector"), sax_attr(a, "name"));
	else if (strcmp(name, "xRayTube") == 0)
		attribute(x, SLICE("xRayTube"), sax_attr(a, "name"));
}

static void xrdml_points(struct scan *x, struct slice s)
{
	struct slice w, rest = s;
	uint64_t n = 0, i = 0;
	double v;

	while (word_next(&rest, "\n", &w))
		n++;
	x->step = n > 1 ? (x->stop - x->start) / (double)(n - 1) : 0;
	while (word_next(&s, "\n", &w)) {
		if (num_read(w, &v))
			row_xy(x, isfinite(x->start) && isfinite(x->step) ? x->start + x->step * (double)i : (double)i, v);
		i++;
	}
	curve_done(x, SLICE(""));
}

static void xrdml_end(void *ctx, const char *name)
{
	struct scan *x = ctx;
	struct slice s = x->sax.text.n ? buf_slice(&x->sax.text) : SLICE("");

	if (x->sax.text.st == ST_TOOBIG)
		fact_partial(x->f, "a scan of more than 32 MB was passed over");
	else if (strcmp(name, "intensities") == 0 || (strcmp(name, "counts") == 0 && x->sax.keep))
		xrdml_points(x, s);
	else if (strcmp(name, "startPosition") == 0 && x->dialect)
		x->start = number_of(s);
	else if (strcmp(name, "endPosition") == 0 && x->dialect)
		x->stop = number_of(s);
	else if (strcmp(name, "kAlpha1") == 0 || strcmp(name, "anodeMaterial") == 0 || strcmp(name, "tension") == 0 || strcmp(name, "current") == 0 || strcmp(name, "startTimeStamp") == 0 ||
	    strcmp(name, "applicationSoftware") == 0 || strcmp(name, "commonCountingTime") == 0) {
		attribute(x, slice_str(name), s);
		if (strcmp(name, "startTimeStamp") == 0)
			propose_date(x->f, "Collected", s, "scan/header/startTimeStamp");
	} else if (strcmp(name, "instrumentControlSoftware") == 0)
		member(x, "instrument", "name", s);
	else if (strcmp(name, "instrumentID") == 0)
		member(x, "instrument", "serial", s);
	else if (strcmp(name, "name") == 0 && x->at == 1)
		member(x, "sample", "name", s);
	else if (strcmp(name, "id") == 0 && x->at == 1)
		member(x, "sample", "identifier", s);
	else if (strcmp(name, "name") == 0 && x->at == 2 && slice_trim(s).n)
		fact_put_text(x->f, fact_root(x->f), "operator", s);
	else if (strcmp(name, "sample") == 0 || strcmp(name, "author") == 0)
		x->at = 0;
}

static void xsyg_start(void *ctx, const char *name, const struct sax_attrs *a)
{
	struct scan *x = ctx;
	struct slice d, part, unit;

	if (strcmp(name, "Curve") == 0) {
		x->sax.keep = true;
		d = sax_attr(a, "curveDescripter");
		part = slice_cut(&d, ';');
		if (x->scans == 0 && part.n) {	/* "t [s]; cts [1/ch]" */
			unit = part;
			text_of(x->x_label, sizeof(x->x_label), slice_cut(&unit, '['));
			if (unit.p)
				text_of(x->x_unit, sizeof(x->x_unit), slice_cut(&unit, ']'));
			unit = d.p ? d : SLICE("");
			text_of(x->y_label, sizeof(x->y_label), slice_cut(&unit, '['));
			if (unit.p)
				text_of(x->y_unit, sizeof(x->y_unit), slice_cut(&unit, ']'));
		}
		attribute(x, SLICE("detector"), sax_attr(a, "detector"));
		text_of(x->label, sizeof(x->label), sax_attr(a, "detector"));
	} else if (strcmp(name, "Sample") == 0) {
		member(x, "sample", "name", sax_attr(a, "name"));
		member(x, "instrument", "serial", sax_attr(a, "lexsygID"));
		attribute(x, SLICE("software"), sax_attr(a, "lexStudioVersion"));
		if (sax_attr(a, "user").n)
			fact_put_text(x->f, fact_root(x->f), "operator", sax_attr(a, "user"));
	} else if (strcmp(name, "Sequence") == 0) {
		attribute(x, SLICE("protocol"), sax_attr(a, "protocol"));
		attribute(x, SLICE("mineral"), sax_attr(a, "mineral"));
	} else if (strcmp(name, "Record") == 0)
		attribute(x, SLICE("recordType"), sax_attr(a, "recordType"));
}

static void xsyg_end(void *ctx, const char *name)
{
	struct scan *x = ctx;
	struct slice s = x->sax.text.n ? buf_slice(&x->sax.text) : SLICE(""), one;
	double v[2];

	if (strcmp(name, "Curve") != 0)
		return;
	while (s.p && s.n) {
		one = slice_cut(&s, ';');
		if (numbers(one, ",\n", v, 2) == 2)
			row_xy(x, v[0], v[1]);
		else if (slice_trim(one).n)
			x->odd++;
	}
	curve_done(x, slice_str(x->label));
}

static bool xrdml_open(void *p, struct fact *f, const struct head *h)
{
	struct scan *x = p;
	bool xrd = memmem(h->p, h->n < 8192 ? h->n : 8192, "<xrdMeasurements", 16) != NULL;

	scan_open(p, f, h);
	x->format = xrd ? "XRDML" : "XSYG";
	x->kind = xrd ? "xrd" : "luminescence";
	if (xrd)
		snprintf(x->x_label, sizeof(x->x_label), "2θ");
	if (xrd)
		snprintf(x->y_label, sizeof(x->y_label), "intensity");
	x->x = (struct axis){ x->x_label, x->x_unit };
	x->y = (struct axis){ x->y_label, x->y_unit };
	member(x, "instrument", "manufacturer", xrd ? SLICE("PANalytical") : SLICE("Freiberg Instruments"));
	member(x, "instrument", "technique", xrd ? SLICE("X-ray diffraction") : SLICE("luminescence"));
	fact_media(f, xrd ? "application/vnd.panalytical.xrdml+xml" : "application/vnd.xsyg+xml");
	x->sax.start = xrd ? xrdml_start : xsyg_start;
	x->sax.end = xrd ? xrdml_end : xsyg_end;
	return sax_init(&x->sax, x, (size_t)32 << 20) == ST_OK;
}

static bool xrdml_bytes(void *p, const uint8_t *b, size_t n)
{
	struct scan *x = p;
	st_t st = sax_push(&x->sax, b, n, false, &x->why);

	x->nomem |= st == ST_NOMEM;
	x->done = st != ST_OK;
	return st == ST_OK && !x->nomem;
}

static void xrdml_finish(void *p)
{
	struct scan *x = p;

	if (x->sax.parser == NULL)
		x->nomem = true;
	else if (!x->done && sax_push(&x->sax, "", 0, true, &x->why) == ST_NOMEM)
		x->nomem = true;
	if (x->why.text[0])
		fact_partial(x->f, "%s", x->why.text);
	x->label[0] = '\0';
	scan_end(x);
}

static const struct lines_kind xrdml_kind = {
	.bid = xrdml_bid, .size = sizeof(struct scan), .open = xrdml_open, .bytes = xrdml_bytes, .end = xrdml_finish, .release = scan_release,
};

static const struct lines_kind *const kinds[] = { &ras_kind, &asc_kind, &uxd_kind, &udf_kind, &psi_kind, &spe_kind, &specs_kind, &pe_kind, &xy_kind, &qd_kind, &toa5_kind, &vamas_kind, &serial_kind, &xrdml_kind };

LINES_EXTRACTOR(ex_scan, "scan", 1, kinds);
