/*
 * Mass spectrometry: mzML 1.1 and mzXML (pushed through an XML parser, because runs have many gigabytes), MGF and mzTab. What the spectra say of themselves is
 * counted; their binary arrays are decoded only as far as a budget goes, for the range of m/z and the first curve.
 */

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/str.h"
#include "indexer/extract/lines_int.h"
#include "indexer/extract/matter_int.h"
#include "indexer/extract/sax_int.h"

#define ARRAY_MOST	((size_t)16 << 20)	/* bytes of one array in base64 */
#define DECODE_MOST	((uint64_t)64 << 20)	/* bytes decoded of one file */

struct array { bool wide, packed, unknown, big; int what; double *v; size_t n; };	/* what: 0 none, 1 m/z, 2 intensity, 3 time */

struct mass {
	struct fact *f;
	struct sax sax;
	bool started, mzxml, nomem, in_spectrum, in_chromatogram, in_instrument, in_group, stopped;
	uint64_t spectra, chromatograms, peaks, announced, level[10], decoded, n_rt;
	double rt, rt_min, rt_max, mz_min, mz_max, base, tic;
	double spectrum_low, spectrum_high;	/* as the spectrum in hand says */
	unsigned now_level;
	bool positive, negative, centroid, profile, first_done, chrom_done, group_named;
	struct array a, x, y;
	struct curve run, first, chrom;
	struct map *groups;		/* id of a parameter group to the name of its first parameter */
	char group[120];
	struct err why;
};

static int xml_bid(struct slice s, const char *root)
{
	struct slice rest = slice_of(s.p, s.n < 8192 ? s.n : 8192);
	const char *at = memmem(rest.p, rest.n, root, strlen(root));

	s = slice_trim(s);
	while (s.n && (s.p[0] == '\n' || s.p[0] == '\r')) {
		s.p++;
		s.n--;
	}
	return at && s.n && s.p[0] == '<' && (at[strlen(root)] == ' ' || at[strlen(root)] == '>' || at[strlen(root)] == '\n' || at[strlen(root)] == '\r' || at[strlen(root)] == '\t') ? 97 : 0;
}

static int mzml_bid(const struct head *h, struct slice s)
{
	(void)h;
	if (s.n == 0)
		return 0;
	s.n--;		/* xml_bid looks one behind a name */
	return xml_bid(s, "<mzML") || xml_bid(s, "<indexedmzML") || xml_bid(s, "<mzXML") ? 97 : 0;
}

static double attr_number(const struct sax_attrs *a, const char *name)
{
	double v;

	return num_read(sax_attr(a, name), &v) ? v : NAN;
}

/* "PT353.43S", "PT1M3.5S" */
static double duration(struct slice s)
{
	double sum = 0, v;
	size_t i, from;

	if (!slice_starts(s, "P"))
		return NAN;
	for (i = 1; i < s.n; i++) {
		if (s.p[i] == 'T')
			continue;
		from = i;
		while (i < s.n && (isdigit((unsigned char)s.p[i]) || s.p[i] == '.'))
			i++;
		if (i == s.n || !num_read(slice_of(s.p + from, i - from), &v))
			return NAN;
		sum += v * (s.p[i] == 'H' ? 3600 : s.p[i] == 'M' ? 60 : s.p[i] == 'D' ? 86400 : 1);
	}
	return sum;
}

/* ---- arrays ---- */

static void arrays_clear(struct mass *x)
{
	free(x->x.v);
	free(x->y.v);
	memset(&x->x, 0, sizeof(x->x));
	memset(&x->y, 0, sizeof(x->y));
}

static void squeeze(struct buf *b)
{
	size_t i, n = 0;

	for (i = 0; i < b->n; i++)
		if (!isspace((unsigned char)b->p[i]))
			b->p[n++] = b->p[i];
	b->n = n;
}

/* Base64, perhaps zlib, into ${raw}; false: not readable, or past the budget. */
static bool unpacked(struct mass *x, const struct array *a, struct buf *raw)
{
	struct buf bin = BUF_INIT(ARRAY_MOST);
	uLongf n = ARRAY_MOST;
	bool ok = false;

	squeeze(&x->sax.text);
	if (a->unknown || x->sax.text.st != ST_OK || x->sax.text.n == 0 || base64_decode(&bin, buf_slice(&x->sax.text)) != ST_OK)
		goto out;
	if (!a->packed)
		ok = buf_addsl(raw, buf_slice(&bin)) == ST_OK;
	else if (bin.n && buf_reserve(raw, bin.n * 40 < ARRAY_MOST ? bin.n * 40 : ARRAY_MOST) == ST_OK) {
		n = raw->cap - 1;
		ok = uncompress((Bytef *)raw->p, &n, (const Bytef *)bin.p, bin.n) == Z_OK;
		raw->n = ok ? n : 0;
	}
	x->decoded += raw->n;
out:
	buf_release(&bin);
	return ok;
}

static double float_at(const uint8_t *p, bool wide, bool big)
{
	uint64_t u = 0;
	uint32_t u4;
	double d;
	float v;
	int i, n = wide ? 8 : 4;

	for (i = 0; i < n; i++)
		u = u << 8 | p[big ? i : n - 1 - i];
	if (wide) {
		memcpy(&d, &u, 8);
		return d;
	}
	u4 = (uint32_t)u;
	memcpy(&v, &u4, 4);
	return v;
}

/* The array in hand into ${to}. */
static void take_array(struct mass *x, struct array *to)
{
	struct buf raw = BUF_INIT(ARRAY_MOST);
	size_t i, w = x->a.wide ? 8 : 4;

	if (unpacked(x, &x->a, &raw) && raw.n >= w && (to->v = malloc(raw.n / w * sizeof(double))) != NULL) {
		to->n = raw.n / w;
		for (i = 0; i < to->n; i++)
			to->v[i] = float_at((const uint8_t *)raw.p + i * w, x->a.wide, x->a.big);
	}
	buf_release(&raw);
}

/* mzXML: m/z and intensity in turn. */
static void take_pairs(struct mass *x)
{
	struct buf raw = BUF_INIT(ARRAY_MOST);
	size_t i, w = x->a.wide ? 8 : 4, n;

	if (unpacked(x, &x->a, &raw) && (n = raw.n / w / 2) > 0) {
		x->x.v = malloc(n * sizeof(double));
		x->y.v = malloc(n * sizeof(double));
		for (i = 0; x->x.v && x->y.v && i < n; i++) {
			x->x.v[i] = float_at((const uint8_t *)raw.p + 2 * i * w, x->a.wide, x->a.big);
			x->y.v[i] = float_at((const uint8_t *)raw.p + (2 * i + 1) * w, x->a.wide, x->a.big);
		}
		if (x->x.v && x->y.v)
			x->x.n = x->y.n = n;
	}
	buf_release(&raw);
}

/* ---- spectra ---- */

static void range(struct mass *x, double low, double high)
{
	if (isfinite(low) && low < x->mz_min)
		x->mz_min = low;
	if (isfinite(high) && high > x->mz_max)
		x->mz_max = high;
}

static void spectrum_begin(struct mass *x)
{
	x->in_spectrum = true;
	x->rt = x->base = x->tic = x->spectrum_low = x->spectrum_high = NAN;
	x->now_level = 0;
	arrays_clear(x);
}

static void spectrum_end(struct mass *x)
{
	size_t i, n = x->x.n < x->y.n ? x->x.n : x->y.n;
	double base = NAN;

	if (!x->in_spectrum)
		return;
	x->in_spectrum = false;
	x->spectra++;
	x->level[x->now_level < 10 ? x->now_level : 0]++;
	for (i = 0; i < n; i++) {
		range(x, x->x.v[i], x->x.v[i]);
		if (!(x->y.v[i] <= base))
			base = x->y.v[i];
		if (!x->first_done)
			curve_add(&x->first, x->x.v[i], x->y.v[i]);
	}
	x->first_done |= n > 0;
	if (n == 0)
		range(x, x->spectrum_low, x->spectrum_high);
	base = isfinite(x->base) ? x->base : isfinite(base) ? base : x->tic;
	if (isfinite(x->rt)) {
		x->rt_min = x->rt < x->rt_min ? x->rt : x->rt_min;
		x->rt_max = x->rt > x->rt_max ? x->rt : x->rt_max;
		if (x->now_level <= 1)
			curve_add(&x->run, x->rt, base);
	}
	arrays_clear(x);
}

static void instrument(struct mass *x, const char *key, struct slice v)
{
	json_t *o = fact_object(x->f, "instrument");

	if (o && v.n && json_object_get(o, key) == NULL)
		fact_put_text(x->f, o, key, v);
}

static void group_first(struct mass *x, struct slice name)
{
	char *copy;
	void *old = NULL;

	if (x->group_named || x->group[0] == '\0' || map_count(x->groups) > 1000 || (copy = slice_dup(name)) == NULL)
		return;
	x->group_named = true;
	if (map_put(x->groups, slice_str(x->group), copy, &old) != ST_OK) {
		free(copy);
		x->nomem = true;
	}
	free(old);
}

static void spectrum_param(struct mass *x, uint64_t id, struct slice value, const struct sax_attrs *a)
{
	double v = NAN;

	num_read(value, &v);
	switch (id) {
	case 1000511:
		x->now_level = v >= 1 && v < 10 ? (unsigned)v : 0;
		break;
	case 1000016:
		x->rt = slice_istarts(sax_attr(a, "unitName"), "min") ? v * 60 : v;
		break;
	case 1000528:
		x->spectrum_low = v;
		break;
	case 1000527:
		x->spectrum_high = v;
		break;
	case 1000505:
		x->base = v;
		break;
	case 1000285:
		x->tic = v;
		break;
	default:
		break;
	}
}

static void param(struct mass *x, const struct sax_attrs *a)
{
	struct slice acc = sax_attr(a, "accession"), name = sax_attr(a, "name"), value = sax_attr(a, "value");
	uint64_t id = 0;

	if (!slice_starts(acc, "MS:") || !slice_u64(slice_of(acc.p + 3, acc.n - 3), 9999999, &id))
		return;
	if (x->in_group)
		group_first(x, name);
	switch (id) {
	case 1000130: x->positive = true; break;
	case 1000129: x->negative = true; break;
	case 1000127: x->centroid = true; break;
	case 1000128: x->profile = true; break;
	case 1000523: x->a.wide = true; break;
	case 1000521: x->a.wide = false; break;
	case 1000574: x->a.packed = true; break;
	case 1000576: x->a.packed = false; break;
	case 1002312: case 1002313: case 1002314: case 1002746: case 1002747: case 1002748: x->a.unknown = true; break;	/* MS-Numpress */
	case 1000514: x->a.what = 1; break;
	case 1000515: x->a.what = 2; break;
	case 1000595: x->a.what = 3; break;
	case 1000529: instrument(x, "serial", value); break;
	default:
		if (x->in_instrument)
			instrument(x, "name", name);
	}
	if (x->in_spectrum)
		spectrum_param(x, id, value, a);
}

static void mzml_start(void *ctx, const char *name, const struct sax_attrs *a)
{
	struct mass *x = ctx;
	json_t *o;
	double n;

	if (strcmp(name, "cvParam") == 0)
		param(x, a);
	else if (strcmp(name, "spectrum") == 0) {
		spectrum_begin(x);
		if ((n = attr_number(a, "defaultArrayLength")) >= 0 && n < 1e12)
			x->peaks += (uint64_t)n;
	} else if (strcmp(name, "chromatogram") == 0) {
		x->in_chromatogram = true;
		arrays_clear(x);
	} else if (strcmp(name, "binaryDataArray") == 0)
		memset(&x->a, 0, sizeof(x->a));
	else if (strcmp(name, "binary") == 0)
		x->sax.keep = x->decoded < DECODE_MOST && (x->in_spectrum || (x->in_chromatogram && !x->chrom_done));
	else if (strcmp(name, "spectrumList") == 0 && (n = attr_number(a, "count")) >= 0 && n < 1e12)
		x->announced = (uint64_t)n;
	else if (strcmp(name, "referenceableParamGroup") == 0) {
		struct slice id = sax_attr(a, "id");

		x->in_group = true;
		x->group_named = false;
		snprintf(x->group, sizeof(x->group), "%.*s", (int)(id.n < 110 ? id.n : 110), id.n ? id.p : "");
	} else if (strcmp(name, "instrumentConfiguration") == 0 || strcmp(name, "instrument") == 0)
		x->in_instrument = true;
	else if (strcmp(name, "componentList") == 0)
		x->in_instrument = false;
	else if (strcmp(name, "referenceableParamGroupRef") == 0 && x->in_instrument) {
		const char *first = map_get(x->groups, sax_attr(a, "ref"));

		if (first)
			instrument(x, "name", slice_str(first));
	} else if (strcmp(name, "sourceFile") == 0 && (o = fact_object(x->f, "attributes")) != NULL && json_object_get(o, "sourceFile") == NULL)
		fact_put_text(x->f, o, "sourceFile", sax_attr(a, "name"));
	else if (strcmp(name, "software") == 0 && (o = fact_object(x->f, "attributes")) != NULL && json_object_get(o, "software") == NULL)
		fact_put_text(x->f, o, "software", sax_attr(a, "id"));
	else if (strcmp(name, "sample") == 0 && (o = fact_object(x->f, "sample")) != NULL && json_object_get(o, "name") == NULL)
		fact_put_text(x->f, o, "name", sax_attr(a, "name"));
	else if (strcmp(name, "run") == 0 && sax_attr(a, "startTimeStamp").n) {
		fact_put_text(x->f, fact_object(x->f, "attributes"), "startTimeStamp", sax_attr(a, "startTimeStamp"));
		propose_date(x->f, "Collected", sax_attr(a, "startTimeStamp"), "run/@startTimeStamp");
	} else if (strcmp(name, "mzML") == 0) {
		struct slice v = sax_attr(a, "version");
		char version[24];

		snprintf(version, sizeof(version), "%.*s", (int)(v.n < 20 ? v.n : 20), v.n ? v.p : "");
		fact_format(x->f, "mzML", version[0] ? version : NULL, NULL);
	}
}

static void mzml_end(void *ctx, const char *name)
{
	struct mass *x = ctx;
	size_t i;

	if (strcmp(name, "binary") == 0 && x->sax.keep) {
		if ((x->a.what == 1 || x->a.what == 3) && x->x.v == NULL)
			take_array(x, &x->x);
		else if (x->a.what == 2 && x->y.v == NULL)
			take_array(x, &x->y);
	} else if (strcmp(name, "spectrum") == 0)
		spectrum_end(x);
	else if (strcmp(name, "chromatogram") == 0) {
		for (i = 0; !x->chrom_done && i < x->x.n && i < x->y.n; i++)
			curve_add(&x->chrom, x->x.v[i], x->y.v[i]);
		x->chrom_done |= x->chrom.n > 1;
		x->chromatograms++;
		x->in_chromatogram = false;
		arrays_clear(x);
	} else if (strcmp(name, "referenceableParamGroup") == 0)
		x->in_group = false;
	else if (strcmp(name, "instrumentConfiguration") == 0)
		x->in_instrument = false;
}

static void mzxml_start(void *ctx, const char *name, const struct sax_attrs *a)
{
	struct mass *x = ctx;
	struct slice v;
	double n;

	if (strcmp(name, "scan") == 0) {
		spectrum_end(x);	/* scans of a higher level may stand inside */
		spectrum_begin(x);
		n = attr_number(a, "msLevel");
		x->now_level = n >= 1 && n < 10 ? (unsigned)n : 0;
		x->rt = duration(sax_attr(a, "retentionTime"));
		x->spectrum_low = attr_number(a, "lowMz");
		x->spectrum_high = attr_number(a, "highMz");
		x->base = attr_number(a, "basePeakIntensity");
		x->tic = attr_number(a, "totIonCurrent");
		if ((n = attr_number(a, "peaksCount")) >= 0 && n < 1e12)
			x->peaks += (uint64_t)n;
		v = sax_attr(a, "polarity");
		x->positive |= slice_eq_str(v, "+");
		x->negative |= slice_eq_str(v, "-");
		x->centroid |= slice_eq_str(sax_attr(a, "centroided"), "1");
	} else if (strcmp(name, "peaks") == 0) {
		memset(&x->a, 0, sizeof(x->a));
		x->a.big = true;
		x->a.wide = slice_eq_str(sax_attr(a, "precision"), "64");
		v = sax_attr(a, "compressionType");
		x->a.packed = slice_eq_str(v, "zlib");
		x->a.unknown = v.n && !x->a.packed && !slice_eq_str(v, "none");
		x->sax.keep = x->decoded < DECODE_MOST && x->in_spectrum;
	} else if (strcmp(name, "msRun") == 0) {
		if ((n = attr_number(a, "scanCount")) >= 0 && n < 1e12)
			x->announced = (uint64_t)n;
	} else if (strcmp(name, "dataProcessing") == 0)
		x->centroid |= slice_eq_str(sax_attr(a, "centroided"), "1");
	else if (strcmp(name, "msManufacturer") == 0)
		instrument(x, "manufacturer", sax_attr(a, "value"));
	else if (strcmp(name, "msModel") == 0) {
		instrument(x, "model", sax_attr(a, "value"));
		instrument(x, "name", sax_attr(a, "value"));
	} else if (strcmp(name, "parentFile") == 0)
		fact_put_text(x->f, fact_object(x->f, "attributes"), "sourceFile", sax_attr(a, "fileName"));
}

static void mzxml_end(void *ctx, const char *name)
{
	struct mass *x = ctx;

	if (strcmp(name, "peaks") == 0 && x->sax.keep && x->x.v == NULL)
		take_pairs(x);
	else if (strcmp(name, "scan") == 0)
		spectrum_end(x);
}

static bool mass_open(void *p, struct fact *f, const struct head *h)
{
	struct mass *x = p;

	x->f = f;
	x->mzxml = memmem(h->p, h->n < 8192 ? h->n : 8192, "<mzXML", 6) != NULL;
	x->rt_min = x->mz_min = INFINITY;
	x->rt_max = x->mz_max = -INFINITY;
	curve_init(&x->run);
	curve_init(&x->first);
	curve_init(&x->chrom);
	fact_format(f, x->mzxml ? "mzXML" : "mzML", NULL, NULL);
	fact_media(f, x->mzxml ? "application/vnd.mzxml+xml" : "application/vnd.mzml+xml");
	x->sax.start = x->mzxml ? mzxml_start : mzml_start;
	x->sax.end = x->mzxml ? mzxml_end : mzml_end;
	return (x->groups = map_new()) != NULL && sax_init(&x->sax, x, ARRAY_MOST) == ST_OK;
}

static bool mass_push(struct mass *x, const void *b, size_t n, bool last)
{
	st_t st = sax_push(&x->sax, b, n, last, &x->why);

	x->nomem |= st == ST_NOMEM;
	x->stopped = st != ST_OK;
	return st == ST_OK && !x->nomem;
}

static bool mass_bytes(void *p, const uint8_t *b, size_t n)
{
	return mass_push(p, b, n, false);
}

static void mass_levels(struct mass *x, json_t *o)
{
	json_t *levels = json_object();
	unsigned i;
	char key[4];

	for (i = 1; levels && i < 10; i++)
		if (x->level[i]) {
			snprintf(key, sizeof(key), "%u", i);
			fact_put_int(x->f, levels, key, (int64_t)x->level[i]);
		}
	if (levels && json_object_size(levels))
		fact_put(x->f, o, "msLevels", levels);
	else
		json_decref(levels);
}

static void mass_end(void *p)
{
	static const struct axis mz = { "m/z", NULL }, time = { "retention time", "s" }, intensity = { "intensity", NULL };
	struct mass *x = p;
	json_t *o;

	if (x->sax.parser && !x->stopped)
		mass_push(x, "", 0, true);
	if (x->nomem || x->sax.parser == NULL)
		lines_nomem(x->f);
	if (x->why.text[0])
		fact_partial(x->f, "%s", x->why.text);
	if (x->in_spectrum && x->mzxml)
		x->in_spectrum = false;
	x->first.xmin = x->mz_min;
	x->first.xmax = x->mz_max;
	spectrum_put(x->f, "ms", x->spectra, mz, intensity, &x->first);
	if ((o = fact_object(x->f, "spectrum")) == NULL)
		return;
	fact_put_int(x->f, o, "points", (int64_t)x->peaks);
	if (x->chromatograms)
		fact_put_int(x->f, o, "chromatograms", (int64_t)x->chromatograms);
	mass_levels(x, o);
	if (x->rt_min <= x->rt_max)
		fact_put(x->f, o, "retentionTime", json_pack("{s:f,s:f,s:s}", "min", x->rt_min, "max", x->rt_max, "unit", "s"));
	if (x->positive || x->negative)
		fact_put_text(x->f, o, "polarity", slice_str(x->positive && x->negative ? "both" : x->positive ? "positive" : "negative"));
	if (x->centroid != x->profile)
		fact_put_text(x->f, o, "mode", slice_str(x->centroid ? "centroid" : "profile"));
	if (x->announced && x->announced != x->spectra)
		fact_check(x->f, "spectra-differ", true, "%llu spectra were read, %llu are announced", (unsigned long long)x->spectra, (unsigned long long)x->announced);
	if (x->run.n > 2)
		plot_add(x->f, "line", time, intensity, SLICE("base peak chromatogram"), &x->run);
	else if (x->chrom.n > 2)
		plot_add(x->f, "line", (struct axis){ "time", NULL }, intensity, SLICE("chromatogram"), &x->chrom);
	else
		plot_add(x->f, "stick", mz, intensity, SLICE("first spectrum"), &x->first);
}

static void mass_release(void *p)
{
	struct mass *x = p;

	sax_release(&x->sax);
	map_free(x->groups, free);
	arrays_clear(x);
}

static const struct lines_kind mzml_kind = {
	.bid = mzml_bid, .size = sizeof(struct mass), .open = mass_open, .bytes = mass_bytes, .end = mass_end, .release = mass_release,
};

/* ---- MGF ---- */

struct mgf { struct fact *f; struct table *t; struct curve all, first; uint64_t spectra, peaks, in; bool inside, charge; };

static int mgf_bid(const struct head *h, struct slice s)
{
	struct slice line;
	unsigned n = 0;

	while (n++ < 200 && line_next(&s, &line)) {
		line = slice_trim(line);
		if (slice_eq_str(line, "BEGIN IONS"))
			return head_ext_is(h, " mgf ") ? 97 : 90;
		if (line.n && !strchr("#;!/", line.p[0]) && memchr(line.p, '=', line.n) == NULL)
			return 0;
	}
	return 0;
}

static bool mgf_open(void *p, struct fact *f, const struct head *h)
{
	static const char *const names[] = { "title", "pepmass", "charge", "retention time", "peaks" };
	struct mgf *x = p;
	size_t i;

	(void)h;
	x->f = f;
	curve_init(&x->all);
	curve_init(&x->first);
	if ((x->t = table_new(f, SLICE("spectra"))) == NULL)
		return false;
	for (i = 0; i < 5; i++)
		table_column(x->t, slice_str(names[i]));
	table_unit(x->t, 3, SLICE("s"));
	return true;
}

static bool mgf_line(void *p, struct slice s, unsigned part)
{
	struct mgf *x = p;
	const char *eq;
	double v[2];
	struct slice key, w;

	(void)part;
	s = slice_trim(s);
	if (s.n == 0 || strchr("#;!", s.p[0]))
		return true;
	if (slice_eq_str(s, "BEGIN IONS")) {
		x->inside = true;
		x->in = 0;
	} else if (slice_eq_str(s, "END IONS")) {
		x->spectra += x->inside;
		x->inside = false;
		table_int(x->t, 4, (int64_t)x->in);
		table_row(x->t);
	} else if (x->inside && numbers(s, "", v, 2) == 2) {
		x->in++;
		x->peaks++;
		curve_add(&x->all, v[0], v[1]);
		if (x->spectra == 0)
			curve_add(&x->first, v[0], v[1]);
	} else if ((eq = memchr(s.p, '=', s.n)) != NULL) {
		key = slice_of(s.p, (size_t)(eq - s.p));
		s = slice_trim(slice_of(eq + 1, s.n - key.n - 1));
		if (!x->inside) {
			char name[40];

			snprintf(name, sizeof(name), "%.*s", (int)(key.n < 30 ? key.n : 30), key.p);
			if (slice_eq_str(key, "COM") || slice_eq_str(key, "INSTRUMENT") || slice_eq_str(key, "MODS") || slice_eq_str(key, "DB") || slice_eq_str(key, "MASS"))
				fact_put_text(x->f, fact_object(x->f, "attributes"), name, s);
		} else if (slice_eq_str(key, "TITLE"))
			table_string(x->t, 0, s);
		else if (slice_eq_str(key, "PEPMASS") && word_next(&s, "", &w))
			table_cell(x->t, 1, w);
		else if (slice_eq_str(key, "CHARGE"))
			table_string(x->t, 2, s);
		else if (slice_eq_str(key, "RTINSECONDS"))
			table_cell(x->t, 3, s);
	}
	return true;
}

static void mgf_end(void *p)
{
	static const struct axis mz = { "m/z", NULL }, intensity = { "intensity", NULL };
	struct mgf *x = p;

	fact_format(x->f, "MGF", NULL, NULL);
	if (x->inside)
		fact_partial(x->f, "cut off inside spectrum %llu", (unsigned long long)x->spectra + 1);
	spectrum_put(x->f, "ms", x->spectra, mz, intensity, &x->all);
	plot_add(x->f, "stick", mz, intensity, SLICE("first spectrum"), &x->first);
	if (x->t)
		table_end(x->t, SLICE(""));
	x->t = NULL;
}

static void mgf_release(void *p)
{
	struct mgf *x = p;

	if (x->t)
		table_end(x->t, SLICE(""));
}

static const struct lines_kind mgf_kind = {
	.bid = mgf_bid, .size = sizeof(struct mgf), .media = "application/vnd.mgf", .open = mgf_open, .line = mgf_line, .end = mgf_end, .release = mgf_release,
};

/* ---- mzTab ---- */

struct mztab { struct fact *f; struct table *t; char prefix[4]; bool title; };

static int mztab_bid(const struct head *h, struct slice s)
{
	(void)h;
	return slice_starts(s, "MTD\tmzTab-version\t") || (slice_starts(s, "COM\t") && memmem(s.p, s.n < 4096 ? s.n : 4096, "MTD\tmzTab-version\t", 18)) ? 97 : 0;
}

static bool mztab_open(void *p, struct fact *f, const struct head *h)
{
	struct mztab *x = p;

	(void)h;
	x->f = f;
	return true;
}

static void mztab_done(struct mztab *x)
{
	if (x->t)
		table_end(x->t, SLICE(""));
	x->t = NULL;
}

static bool mztab_line(void *p, struct slice s, unsigned part)
{
	static const char *const heads[][3] = { { "PRH", "PRT", "proteins" }, { "PEH", "PEP", "peptides" }, { "PSH", "PSM", "peptide-spectrum matches" },
		{ "SMH", "SML", "small molecules" }, { "SFH", "SMF", "small molecule features" }, { "SEH", "SME", "small molecule evidence" } };
	struct mztab *x = p;
	struct slice kind = slice_cut(&s, '\t'), cell, key;
	uint32_t col = 0;
	size_t i;

	(void)part;
	if (s.p == NULL)
		return true;
	if (slice_eq_str(kind, "MTD")) {
		char name[80];

		key = slice_cut(&s, '\t');
		snprintf(name, sizeof(name), "%.*s", (int)(key.n < 70 ? key.n : 70), key.p);
		for (i = 0; name[i]; i++)
			if ((unsigned char)name[i] > 126)
				return true;
		if (s.p && json_object_size(fact_object(x->f, "attributes")) < 300)
			fact_put_text(x->f, fact_object(x->f, "attributes"), name, s);
		if (s.p && slice_eq_str(key, "mzTab-version")) {
			snprintf(name, sizeof(name), "%.*s", (int)(s.n < 20 ? s.n : 20), s.p);
			fact_format(x->f, "mzTab", name, NULL);
		} else if (s.p && slice_eq_str(key, "title"))
			propose_title(x->f, s, "MTD title");
		return true;
	}
	for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		if (slice_eq_str(kind, heads[i][0])) {
			mztab_done(x);
			if ((x->t = table_new(x->f, slice_str(heads[i][2]))) == NULL)
				return false;
			snprintf(x->prefix, sizeof(x->prefix), "%s", heads[i][1]);
			while (s.p)
				table_column(x->t, slice_cut(&s, '\t'));
			return true;
		}
	if (x->t == NULL || !slice_eq_str(kind, x->prefix))
		return true;
	while (s.p) {
		cell = slice_trim(slice_cut(&s, '\t'));
		if (slice_eq_str(cell, "null"))
			table_missing(x->t, col);
		else
			table_cell(x->t, col, cell);
		col++;
	}
	table_row(x->t);
	return true;
}

static void mztab_end(void *p)
{
	mztab_done(p);
}

static const struct lines_kind mztab_kind = {
	.bid = mztab_bid, .size = sizeof(struct mztab), .media = "text/vnd.mztab", .open = mztab_open, .line = mztab_line, .end = mztab_end, .release = mztab_end,
};

static const struct lines_kind *const kinds[] = { &mzml_kind, &mgf_kind, &mztab_kind };

LINES_EXTRACTOR(ex_mass, "mass", 1, kinds);
