/*
 * Binary files of crystallography and cryo-microscopy: MTZ reflections (header records behind the data) and CCP4 or MRC maps (1,024 bytes in front of them).
 * Only headers are read.
 */

#include <math.h>
#include <stdlib.h>

#include "indexer/extract/matter_int.h"

static uint32_t word_at(const uint8_t *p, bool big)
{
	return big ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static double real_at(const uint8_t *p, bool big)
{
	uint32_t u = word_at(p, big);
	float v;

	memcpy(&v, &u, 4);
	return v;
}

/* ---- MTZ ---- */

#define MTZ_RECORDS	20000u

struct mtz { struct fact *f; struct table *t; struct cell6 cell; bool has_cell; uint64_t columns, reflections; json_t *types; };

static void mtz_column(struct mtz *x, struct slice rest)
{
	static const struct { char type; const char *says; } types[] = {
		{ 'H', "index" }, { 'J', "intensity" }, { 'F', "amplitude" }, { 'D', "anomalous difference" }, { 'Q', "standard deviation" }, { 'G', "F(+) or F(-)" },
		{ 'L', "standard deviation of G" }, { 'K', "I(+) or I(-)" }, { 'M', "standard deviation of K" }, { 'E', "normalised amplitude" }, { 'P', "phase" },
		{ 'W', "weight" }, { 'A', "phase probability coefficient" }, { 'B', "batch number" }, { 'Y', "M/ISYM" }, { 'I', "integer" }, { 'R', "real" },
	};
	struct slice label, type;
	uint32_t at;
	size_t i;

	if (!word_next(&rest, "", &label) || !word_next(&rest, "", &type))
		return;
	at = table_column(x->t, label);
	if (type.p[0] == 'P')
		table_unit(x->t, at, SLICE("deg"));
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].type == type.p[0])
			table_label(x->t, at, slice_str(types[i].says));
}

static void mtz_symmetry(struct mtz *x, struct slice s)
{
	/* SYMINF nsym nprim lattice number 'name' point-group */
	const char *from = memchr(s.p, '\'', s.n), *to = from ? memchr(from + 1, '\'', s.n - (size_t)(from + 1 - s.p)) : NULL;
	double v[5];
	struct slice rest = s, w;
	unsigned i, number = 0;

	for (i = 0; i < 4 && word_next(&rest, "", &w); i++)
		if (i == 3 && num_read(w, &v[0]) && v[0] >= 1 && v[0] <= 230)
			number = (unsigned)v[0];
	crystal_group(x->f, to ? slice_of(from + 1, (size_t)(to - from - 1)) : SLICE_NULL, number, SLICE_NULL);
}

/* One header record; false at the last. */
static bool mtz_record(struct mtz *x, struct slice s)
{
	json_t *o = fact_object(x->f, "crystal");
	struct slice key, rest = s;
	double v[6];

	if (!word_next(&rest, "", &key) || slice_eq_str(key, "END"))
		return false;
	if (slice_eq_str(key, "TITLE"))
		fact_put_text(x->f, o, "title", rest);
	else if (slice_eq_str(key, "NCOL") && numbers(rest, "", v, 3) >= 2 && v[0] >= 0 && v[1] >= 0 && v[0] < 1e6 && v[1] < 1e12) {
		x->columns = (uint64_t)v[0];
		x->reflections = (uint64_t)v[1];
	} else if (slice_eq_str(key, "CELL") && numbers(rest, "", v, 6) == 6) {
		x->cell = (struct cell6){ v[0], v[1], v[2], v[3], v[4], v[5] };
		crystal_cell(x->f, &x->cell);
	} else if (slice_eq_str(key, "SYMINF"))
		mtz_symmetry(x, rest);
	else if (slice_eq_str(key, "RESO") && numbers(rest, "", v, 2) == 2 && v[1] > 0)
		fact_put_real(x->f, o, "resolution", 1 / sqrt(v[1]));
	else if (slice_eq_str(key, "COLUMN"))
		mtz_column(x, rest);
	else if (slice_eq_str(key, "DWAVEL") && numbers(rest, "", v, 2) == 2 && v[1] > 0)
		fact_put(x->f, o, "radiation", json_pack("{s:f}", "wavelength", v[1]));
	else if (slice_eq_str(key, "PROJECT") || slice_eq_str(key, "CRYSTAL") || slice_eq_str(key, "DATASET")) {
		struct slice w;

		if (word_next(&rest, "", &w))
			fact_put_text(x->f, fact_object(x->f, "attributes"), slice_eq_str(key, "PROJECT") ? "project" : slice_eq_str(key, "CRYSTAL") ? "crystal" : "dataset", rest);
	}
	return true;
}

static st_t mtz_read(struct fact *f, struct source *src)
{
	struct mtz x = { .f = f };
	struct err why = ERR_INIT;
	uint8_t head[20];
	char *text;
	uint64_t at;
	size_t got, i;
	bool big, ended = false;
	st_t st;

	fact_format(f, "MTZ", NULL, NULL);
	fact_media(f, "application/vnd.ccp4.mtz");
	if ((st = source_need(src, 0, head, 20, &why)) != ST_OK) {
		fact_unreadable(f, "%s", why.text);
		return st == ST_NOMEM ? st : ST_OK;
	}
	big = (head[8] >> 4) == 1;
	at = word_at(head + 4, big);
	if (at == UINT32_MAX) {		/* of large files: the position stands in 64 bits behind */
		at = word_at(head + 12, big) | (uint64_t)word_at(head + 16, big) << 32;
		if (big)
			at = (uint64_t)word_at(head + 12, big) << 32 | word_at(head + 16, big);
	}
	if (at < 6 || at > src->size / 4) {
		fact_unreadable(f, "its header lies behind the end of the file: cut off");
		return ST_OK;
	}
	if ((text = malloc(MTZ_RECORDS * 80)) == NULL || (x.t = table_new(f, SLICE_NULL)) == NULL) {
		free(text);
		return ST_NOMEM;
	}
	st = source_read(src, (at - 1) * 4, text, MTZ_RECORDS * 80, &got, &why);
	for (i = 0; st == ST_OK && i + 80 <= got && !ended; i += 80)
		ended = !mtz_record(&x, slice_of(text + i, 80));
	if (st != ST_OK || !ended)
		fact_partial(f, "its header has no end");
	table_rows(x.t, x.reflections);
	table_end(x.t, SLICE(""));
	fact_put_int(f, fact_object(f, "crystal"), "reflections", (int64_t)x.reflections);
	if (x.columns * x.reflections * 4 / 4 + 20 > at - 1)
		fact_partial(f, "fewer reflections than its header says");
	free(text);
	return st == ST_NOMEM ? st : ST_OK;
}

/* ---- CCP4 and MRC ---- */

static void map_variable(struct fact *f, const uint8_t *h, bool big, const char *dtype)
{
	json_t *v = fact_variable(f, SLICE("density"));
	double rms = real_at(h + 216, big), low = real_at(h + 76, big), high = real_at(h + 80, big), mean = real_at(h + 84, big);

	if (v == NULL)
		return;
	fact_put_text(f, v, "type", SLICE("number"));
	fact_put_text(f, v, "dtype", slice_str(dtype));
	fact_put_text(f, v, "role", SLICE("data"));
	fact_put(f, v, "dimensions", json_pack("[s,s,s]", "section", "row", "column"));
	fact_put(f, v, "shape", json_pack("[I,I,I]", (json_int_t)word_at(h + 8, big), (json_int_t)word_at(h + 4, big), (json_int_t)word_at(h, big)));
	if (low <= high) {		/* "not computed" is written with the lowest above the highest */
		fact_put_real(f, v, "min", low);
		fact_put_real(f, v, "max", high);
		if (mean >= low && mean <= high)
			fact_put_real(f, v, "mean", mean);
		if (rms > 0)
			fact_put_real(f, v, "sd", rms);
	}
}

static void map_labels(struct fact *f, const uint8_t *h, bool big)
{
	uint32_t n = word_at(h + 220, big), i;
	struct buf b = BUF_INIT(1000);

	for (i = 0; i < n && i < 10; i++) {
		struct slice s = slice_trim(slice_of((const char *)h + 224 + 80 * i, 80));

		if (b.n && s.n)
			buf_addc(&b, '\n');
		buf_addsl(&b, s);
	}
	if (b.n)
		fact_put_text(f, fact_object(f, "attributes"), "labels", buf_slice(&b));
	buf_release(&b);
}

static st_t map_read(struct fact *f, struct source *src)
{
	static const struct { uint32_t mode, bits; const char *dtype; } modes[] = {
		{ 0, 8, "int8" }, { 1, 16, "int16" }, { 2, 32, "float32" }, { 3, 32, "complex int16" }, { 4, 64, "complex64" }, { 6, 16, "uint16" }, { 12, 16, "float16" }, { 101, 4, "uint4" },
	};
	struct err why = ERR_INIT;
	uint8_t h[1024];
	struct cell6 c;
	const char *dtype = "unknown";
	uint64_t points, extra, bits = 0;
	uint32_t group;
	bool big;
	size_t i;
	st_t st;

	fact_format(f, "MRC/CCP4 map", NULL, NULL);
	fact_media(f, "application/vnd.mrc");
	if ((st = source_need(src, 0, h, sizeof(h), &why)) != ST_OK) {
		fact_unreadable(f, "%s", why.text);
		return st == ST_NOMEM ? st : ST_OK;
	}
	big = h[212] == 0x11;
	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (modes[i].mode == word_at(h + 12, big)) {
			dtype = modes[i].dtype;
			bits = modes[i].bits;
		}
	if (bits == 0 || word_at(h, big) > 1u << 20 || word_at(h + 4, big) > 1u << 20 || word_at(h + 8, big) > 1u << 20) {
		fact_unreadable(f, "a header with impossible numbers");
		return ST_OK;
	}
	map_variable(f, h, big, dtype);
	map_labels(f, h, big);
	c = (struct cell6){ real_at(h + 40, big), real_at(h + 44, big), real_at(h + 48, big), real_at(h + 52, big), real_at(h + 56, big), real_at(h + 60, big) };
	crystal_cell(f, &c);
	group = word_at(h + 88, big);
	if (group >= 1 && group <= 230)
		crystal_group(f, SLICE_NULL, group, SLICE_NULL);
	fact_put(f, fact_object(f, "crystal"), "grid", json_pack("[I,I,I]", (json_int_t)word_at(h + 28, big), (json_int_t)word_at(h + 32, big), (json_int_t)word_at(h + 36, big)));
	extra = word_at(h + 92, big);
	points = (uint64_t)word_at(h, big) * word_at(h + 4, big) * word_at(h + 8, big);
	if (points > UINT64_MAX / 64 || 1024 + extra + (points * bits + 7) / 8 > src->size)
		fact_partial(f, "cut off: %llu points are announced", (unsigned long long)points);
	return ST_OK;
}

static int volume_bid(const struct head *h)
{
	if (h->n >= 20 && memcmp(h->p, "MTZ ", 4) == 0)
		return 98;
	return h->n >= 1024 && memcmp(h->p + 208, "MAP ", 4) == 0 && (h->p[212] == 0x44 || h->p[212] == 0x11) ? 96 : 0;
}

static st_t volume_read(struct fact *f, const struct head *h, struct source *src)
{
	return memcmp(h->p, "MTZ ", 4) == 0 ? mtz_read(f, src) : map_read(f, src);
}

const struct extractor ex_volume = { .name = "volume", .version = 1, .bid = volume_bid, .read = volume_read };
