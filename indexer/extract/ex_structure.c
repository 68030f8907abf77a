/*
 * Structures without a dictionary: VASP's POSCAR and CONTCAR (4 and 5), XYZ and extended XYZ, PDFfit's .stru, and the Protein Data Bank's old format
 * (version 3.3, fixed columns).
 */

#include <ctype.h>
#include <math.h>
#include <stdlib.h>

#include "indexer/extract/lines_int.h"
#include "indexer/extract/matter_int.h"

#define SPECIES_MOST	64

/* ---- POSCAR ---- */

enum poscar_at { PC_TITLE, PC_SCALE, PC_A, PC_B, PC_C, PC_SPECIES, PC_COUNTS, PC_MODE, PC_SITES, PC_DONE };

struct poscar {
	struct fact *f;
	enum poscar_at at;
	char title[300];
	double scale[3], m[3][3], inv[3][3];
	unsigned n_scale, n, z[SPECIES_MOST];
	uint64_t count[SPECIES_MOST], atoms, seen;
	bool named, newer, cart, bad, selective;
	struct formula formula;
};

/* Counts of species: "4 4 32 48". */
static unsigned whole_numbers(struct slice s, uint64_t *out, unsigned most)
{
	struct slice w;
	unsigned n = 0;

	while (n < most && word_next(&s, "", &w) && w.p[0] != '!' && w.p[0] != '#') {
		if (!slice_u64(w, 1000000000, &out[n]))
			return 0;
		n++;
	}
	return n;
}

static bool poscar_looks(struct slice s)
{
	struct slice line, w;
	uint64_t n[SPECIES_MOST];
	double v[3];
	unsigned i;

	if (!line_next(&s, &line) || !line_next(&s, &line) || (i = numbers(line, "", v, 3)) == 0 || (i == 2) || !isfinite(v[0]) || v[0] == 0)
		return false;
	for (i = 0; i < 3; i++)
		if (!line_next(&s, &line) || numbers(line, "", v, 3) != 3)
			return false;
	if (!line_next(&s, &line))
		return false;
	if (whole_numbers(line, n, SPECIES_MOST) == 0) {
		while (word_next(&line, "", &w))
			if (element_of_label(w) == 0)
				return false;
		if (!line_next(&s, &line) || whole_numbers(line, n, SPECIES_MOST) == 0)
			return false;
	}
	return line_next(&s, &line) && (line = slice_trim(line)).n && strchr("SsDdCcKk", line.p[0]);
}

static int poscar_bid(const struct head *h, struct slice s)
{
	const char *slash = strrchr(h->name, '/'), *base = slash ? slash + 1 : h->name;

	if (!poscar_looks(s))
		return 0;
	return strstr(base, "POSCAR") || strstr(base, "CONTCAR") || head_ext_is(h, " vasp poscar ") ? 96 : 88;
}

static bool poscar_open(void *p, struct fact *f, const struct head *h)
{
	struct poscar *x = p;

	(void)h;
	x->f = f;
	return true;
}

static bool poscar_wrong(struct poscar *x, const char *what)
{
	x->bad = true;
	fact_unreadable(x->f, "no POSCAR: %s", what);
	return false;
}

/* The title of old files names the species: as many symbols as there are counts. */
static void title_species(struct poscar *x)
{
	struct slice w[SPECIES_MOST];
	unsigned n = words(slice_str(x->title), ",", w, SPECIES_MOST), i;

	if (n != x->n)
		return;
	for (i = 0; i < n; i++)
		if ((x->z[i] = element_of_label(w[i])) == 0)
			return;
	x->named = true;
}

static bool poscar_lattice(struct poscar *x)
{
	double det, f;
	unsigned i, k;
	struct cell6 c;

	det = x->m[0][0] * (x->m[1][1] * x->m[2][2] - x->m[1][2] * x->m[2][1]) - x->m[0][1] * (x->m[1][0] * x->m[2][2] - x->m[1][2] * x->m[2][0]) +
	    x->m[0][2] * (x->m[1][0] * x->m[2][1] - x->m[1][1] * x->m[2][0]);
	f = x->scale[0];
	if (f < 0)		/* a volume is meant */
		f = cbrt(-f / fabs(det));
	for (i = 0; i < 3; i++)
		for (k = 0; k < 3; k++)
			x->m[i][k] *= x->n_scale == 3 ? x->scale[k] : f;
	for (k = 0; k < 3; k++)
		x->scale[k] = x->n_scale == 3 ? x->scale[k] : f;
	if (!vectors_invert((const double (*)[3])x->m, x->inv))
		return poscar_wrong(x, "its vectors lie in a plane");
	cell6_of_vectors(&c, (const double (*)[3])x->m);
	crystal_cell(x->f, &c);
	return true;
}

static bool poscar_site(struct poscar *x, struct slice s)
{
	double v[3], frac[3];
	uint64_t sum = 0;
	unsigned i = 0, k, z;
	const char *mark;

	if (numbers(s, "", v, 3) != 3) {
		fact_partial(x->f, "line of atom %llu has no three coordinates", (unsigned long long)x->seen + 1);
		x->at = PC_DONE;
		return false;
	}
	while (i < x->n && x->seen >= sum + x->count[i])
		sum += x->count[i++];
	z = x->named && i < x->n ? x->z[i] : 0;
	if (z == 0 && (mark = memrchr(s.p, '#', s.n)) != NULL)		/* "0.5 0.5 0.5 # Na1" */
		z = element_of_label(slice_of(mark + 1, s.n - (size_t)(mark + 1 - s.p)));
	if (z && !x->named && i < x->n)
		x->z[i] = z;
	for (k = 0; k < 3; k++)
		v[k] *= x->cart ? x->scale[k] : 1;
	if (x->cart)
		fractional((const double (*)[3])x->inv, v, frac);
	else
		memcpy(frac, v, sizeof(frac));
	crystal_site(x->f, z, frac[0], frac[1], frac[2]);
	if (++x->seen == x->atoms)
		x->at = PC_DONE;	/* velocities may follow */
	return x->at != PC_DONE;
}

static bool poscar_species(struct poscar *x, struct slice s)
{
	struct slice w;
	unsigned i;

	if ((x->n = whole_numbers(s, x->count, SPECIES_MOST)) > 0) {
		x->at = PC_MODE;
		for (i = 0; i < x->n; i++)
			x->atoms += x->count[i];
		if (!x->named)
			title_species(x);
		return true;
	}
	if (x->at == PC_COUNTS)
		return poscar_wrong(x, "no numbers of atoms");
	for (i = 0; i < SPECIES_MOST && word_next(&s, "", &w); i++)
		x->z[i] = element_of_label(w);
	x->named = x->newer = true;
	x->at = PC_COUNTS;
	return true;
}

static bool poscar_line(void *p, struct slice s, unsigned part)
{
	struct poscar *x = p;
	struct slice t = slice_trim(s);

	(void)part;
	switch (x->at) {
	case PC_TITLE:
		snprintf(x->title, sizeof(x->title), "%.*s", (int)(t.n < 290 ? t.n : 290), t.n ? t.p : "");
		break;
	case PC_SCALE:
		if ((x->n_scale = numbers(s, "", x->scale, 3)) == 0 || x->scale[0] == 0)
			return poscar_wrong(x, "no scale");
		break;
	case PC_A: case PC_B: case PC_C:
		if (numbers(s, "", x->m[x->at - PC_A], 3) != 3)
			return poscar_wrong(x, "a vector without three numbers");
		if (x->at == PC_C && !poscar_lattice(x))
			return false;
		break;
	case PC_SPECIES: case PC_COUNTS:
		return poscar_species(x, s);
	case PC_MODE:
		if (t.n && strchr("Ss", t.p[0]) && !x->selective) {
			x->selective = true;
			return true;
		}
		x->cart = t.n && strchr("CcKk", t.p[0]);
		break;
	case PC_SITES:
		return poscar_site(x, s);
	case PC_DONE:
		return false;
	}
	x->at = (enum poscar_at)(x->at + 1);
	return true;
}

static void poscar_end(void *p)
{
	struct poscar *x = p;
	json_t *o = fact_object(x->f, "crystal");
	bool whole = x->n > 0;
	unsigned i;

	fact_format(x->f, "POSCAR", x->newer ? "VASP 5" : "VASP 4", NULL);
	if (x->bad || o == NULL)
		return;
	if (x->at < PC_MODE) {
		fact_unreadable(x->f, "cut off before the numbers of atoms");
		return;
	}
	if (x->seen < x->atoms)
		fact_partial(x->f, "cut off behind atom %llu of %llu", (unsigned long long)x->seen, (unsigned long long)x->atoms);
	for (i = 0; i < x->n; i++) {
		whole &= x->z[i] > 0;
		x->formula.n[x->z[i]] += (double)x->count[i];
	}
	if (whole)
		formula_put(x->f, o, &x->formula);
	fact_put_int(x->f, o, "atoms", (int64_t)x->atoms);
	fact_put_text(x->f, o, "title", slice_str(x->title));
}

static const struct lines_kind poscar_kind = {
	.bid = poscar_bid, .size = sizeof(struct poscar), .media = "chemical/x-vasp-poscar", .open = poscar_open, .line = poscar_line, .end = poscar_end,
};

/* ---- XYZ ---- */

struct xyz {
	struct fact *f;
	uint64_t want, left, atoms, frames;
	bool comment, lattice, first_done, bad;
	double m[3][3], inv[3][3];
	unsigned col_symbol, col_pos;	/* words of a line, from 0 */
	struct formula formula;
	char title[300];
};

/* "60", alone on its line. */
static bool xyz_count(struct slice s, uint64_t *n)
{
	return slice_u64(slice_trim(s), 1000000000000, n);
}

static unsigned xyz_symbol(struct slice w)
{
	uint64_t z;

	return slice_u64(w, ELEMENTS - 2, &z) ? (unsigned)z : element_of_label(w);
}

static int xyz_bid(const struct head *h, struct slice s)
{
	bool named = head_ext_is(h, " xyz extxyz ");
	struct slice line, w[5];
	uint64_t n;
	double v[3];

	do
		if (!line_next(&s, &line))
			return 0;
	while (line.n == 0 || line.p[0] == '#');
	if (!xyz_count(line, &n) || !line_next(&s, &line))
		return 0;
	if (slice_has(line, "Properties=species"))
		return 96;
	if (n == 0 || !line_next(&s, &line) || words(line, "", w, 4) < 4 || xyz_symbol(w[0]) == 0)
		return 0;
	if (!num_read(w[1], &v[0]) || !num_read(w[2], &v[1]) || !num_read(w[3], &v[2]))
		return 0;
	return named ? 96 : isalpha((unsigned char)w[0].p[0]) ? 85 : 0;
}

static bool xyz_open(void *p, struct fact *f, const struct head *h)
{
	struct xyz *x = p;

	(void)h;
	x->f = f;
	x->col_pos = 1;
	return true;
}

/* Value of key="..." or key=... in the second line of extended XYZ. */
static struct slice ext_value(struct slice s, const char *key)
{
	size_t n = strlen(key), i, from;

	for (i = 0; i + n + 1 < s.n; i++)
		if ((i == 0 || s.p[i - 1] == ' ') && slice_istarts(slice_of(s.p + i, s.n - i), key) && s.p[i + n] == '=') {
			bool q = s.p[i + n + 1] == '"';

			from = i + n + 1 + q;
			for (i = from; i < s.n && s.p[i] != (q ? '"' : ' '); i++)
				;
			return slice_of(s.p + from, i - from);
		}
	return SLICE_NULL;
}

/* "species:S:1:pos:R:3:forces:R:3": where symbol and position stand. */
static void xyz_properties(struct xyz *x, struct slice s)
{
	unsigned at = 0;
	uint64_t n;

	while (s.n) {
		struct slice name = slice_cut(&s, ':'), type = slice_cut(&s, ':'), width = slice_cut(&s, ':');

		(void)type;
		if (!slice_u64(width, 1000, &n))
			return;
		if (slice_eq_str(name, "species"))
			x->col_symbol = at;
		else if (slice_eq_str(name, "pos"))
			x->col_pos = at;
		at += (unsigned)n;
		if (at > 1000)
			return;
	}
}

static void xyz_comment(struct xyz *x, struct slice s)
{
	struct slice lattice = ext_value(s, "Lattice"), props = ext_value(s, "Properties"), energy = ext_value(s, "energy");
	struct cell6 c;
	double v[9];
	unsigned i;

	s = slice_trim(s);
	if (props.n)
		xyz_properties(x, props);
	else
		snprintf(x->title, sizeof(x->title), "%.*s", (int)(s.n < 290 ? s.n : 290), s.n ? s.p : "");
	if (energy.n)
		fact_put_text(x->f, fact_object(x->f, "attributes"), "energy", energy);
	if (lattice.n && numbers(lattice, "", v, 9) == 9) {
		for (i = 0; i < 9; i++)
			x->m[i / 3][i % 3] = v[i];
		x->lattice = vectors_invert((const double (*)[3])x->m, x->inv);
		cell6_of_vectors(&c, (const double (*)[3])x->m);
		if (x->lattice)
			crystal_cell(x->f, &c);
	}
}

static bool xyz_atom(struct xyz *x, struct slice s)
{
	struct slice w;
	double v[3] = { NAN, NAN, NAN }, frac[3];
	unsigned i, z = 0;

	for (i = 0; word_next(&s, "", &w); i++) {
		if (i == x->col_symbol)
			z = xyz_symbol(w);
		else if (i >= x->col_pos && i < x->col_pos + 3 && !num_read(w, &v[i - x->col_pos]))
			return false;
	}
	if (!isfinite(v[0]) || !isfinite(v[1]) || !isfinite(v[2]))
		return false;
	if (!x->first_done) {
		x->formula.n[z]++;
		x->atoms++;
		if (x->lattice) {
			fractional((const double (*)[3])x->inv, v, frac);
			crystal_site(x->f, z, frac[0], frac[1], frac[2]);
		}
	}
	return true;
}

static bool xyz_line(void *p, struct slice s, unsigned part)
{
	struct xyz *x = p;

	(void)part;
	if (x->comment) {
		x->comment = false;
		if (!x->first_done)
			xyz_comment(x, s);
		return true;
	}
	if (x->left) {
		if (!xyz_atom(x, s)) {
			fact_partial(x->f, "atom %llu of frame %llu is malformed", (unsigned long long)(x->want - x->left + 1), (unsigned long long)x->frames + 1);
			x->bad = true;
			return false;
		}
		if (--x->left == 0) {
			x->frames++;
			x->first_done = true;
		}
		return true;
	}
	if (slice_trim(s).n == 0 || (x->frames == 0 && s.p[0] == '#'))
		return true;
	if (!xyz_count(s, &x->want)) {
		fact_partial(x->f, "something else than a number of atoms behind frame %llu", (unsigned long long)x->frames);
		x->bad = true;
		return false;
	}
	x->left = x->want;
	x->comment = true;
	return true;
}

static void xyz_end(void *p)
{
	struct xyz *x = p;
	json_t *o = fact_object(x->f, x->lattice ? "crystal" : "molecule");

	fact_format(x->f, x->lattice ? "extended XYZ" : "XYZ", NULL, NULL);
	if (o == NULL)
		return;
	if ((x->left || x->comment) && !x->bad)
		fact_partial(x->f, "cut off inside frame %llu", (unsigned long long)x->frames + 1);
	formula_put(x->f, o, &x->formula);
	if (x->formula.n[0] > 0)
		json_object_del(o, "formula");	/* atoms that are no element */
	fact_put_int(x->f, o, "atoms", (int64_t)x->atoms);
	fact_put_int(x->f, o, x->lattice ? "frames" : "count", (int64_t)x->frames);
	fact_put_text(x->f, o, x->lattice ? "title" : "name", slice_str(x->title));
}

static const struct lines_kind xyz_kind = {
	.bid = xyz_bid, .size = sizeof(struct xyz), .media = "chemical/x-xyz", .open = xyz_open, .line = xyz_line, .end = xyz_end,
};

/* ---- PDFfit ---- */

struct stru { struct fact *f; bool sites, cell; unsigned skip; uint64_t atoms; struct formula formula; };

static int stru_bid(const struct head *h, struct slice s)
{
	struct slice line;
	unsigned n = 0;

	(void)h;
	while (n++ < 12 && line_next(&s, &line))
		if (slice_istarts(slice_trim(line), "format") && slice_has(line, "pdffit"))
			return 95;
	return 0;
}

static bool stru_open(void *p, struct fact *f, const struct head *h)
{
	struct stru *x = p;

	(void)h;
	x->f = f;
	return true;
}

static bool stru_line(void *p, struct slice s, unsigned part)
{
	struct stru *x = p;
	struct slice rest = s, key;
	struct cell6 c;
	double v[7];
	unsigned z;

	(void)part;
	if (!word_next(&rest, "", &key))
		return true;
	if (x->sites) {
		/* A line with the symbol, then five of uncertainties and displacements. */
		if (!isalpha((unsigned char)key.p[0]))
			return true;
		z = element_of_label(key);
		if (numbers(rest, "", v, 4) < 3)
			return true;
		x->atoms++;
		x->formula.n[z]++;
		crystal_site(x->f, z, v[0], v[1], v[2]);
	} else if (slice_ieq_str(key, "title"))
		fact_put_text(x->f, fact_object(x->f, "crystal"), "title", rest);
	else if (slice_ieq_str(key, "spcgr"))
		crystal_group(x->f, slice_trim(rest), 0, SLICE_NULL);
	else if (slice_ieq_str(key, "cell") && numbers(rest, ",", v, 6) == 6) {
		c = (struct cell6){ v[0], v[1], v[2], v[3], v[4], v[5] };
		crystal_cell(x->f, &c);
	} else if (slice_ieq_str(key, "atoms"))
		x->sites = true;
	return true;
}

static void stru_end(void *p)
{
	struct stru *x = p;
	json_t *o = fact_object(x->f, "crystal");

	fact_format(x->f, "PDFfit structure", NULL, NULL);
	if (!x->sites)
		fact_partial(x->f, "no atoms");
	formula_put(x->f, o, &x->formula);
	fact_put_int(x->f, o, "atoms", (int64_t)x->atoms);
}

static const struct lines_kind stru_kind = {
	.bid = stru_bid, .size = sizeof(struct stru), .media = "chemical/x-pdffit", .open = stru_open, .line = stru_line, .end = stru_end,
};

/* ---- PDB ---- */

struct pdb {
	struct fact *f;
	struct buf title, authors, source;
	struct roll chains;
	uint64_t atoms, models, helices, sheets, residues, lines;
	bool past_first_model, has_cell, element[ELEMENTS], nomem;
	double inv[3][3];
	char id[8], method[60], doi[100];
};

static bool pdb_atom(struct slice s)
{
	double v;

	return (slice_starts(s, "ATOM  ") || slice_starts(s, "HETATM")) && num_read(columns(s, 31, 38), &v) && num_read(columns(s, 39, 46), &v) && num_read(columns(s, 47, 54), &v);
}

static int pdb_bid(const struct head *h, struct slice s)
{
	static const char *const records[] = { "HEADER    ", "TITLE     ", "COMPND    ", "CRYST1 ", "REMARK ", "AUTHOR    ", "MODEL     ", "OBSLTE", "SPLIT ", "EXPDTA    ", "SEQRES " };
	bool named = head_ext_is(h, " pdb ent pdb1 "), record = false;
	struct slice line;
	unsigned n = 0;
	size_t i;

	while (n++ < 1500 && line_next(&s, &line)) {
		if (pdb_atom(line))
			return named ? 96 : record ? 90 : 80;
		for (i = 0; n == 1 && i < sizeof(records) / sizeof(records[0]); i++)
			record |= slice_starts(line, records[i]);
		if (n == 1 && slice_starts(line, "HEADER    ") && line.n >= 66)
			return 92;
		if (n == 1 && !record)
			return 0;
	}
	return named && record ? 85 : 0;
}

static bool pdb_open(void *p, struct fact *f, const struct head *h)
{
	struct pdb *x = p;

	(void)h;
	x->f = f;
	buf_init(&x->title, 4000);
	buf_init(&x->authors, 4000);
	buf_init(&x->source, 8000);
	return true;
}

static void add_text(struct buf *b, struct slice s, bool blank)
{
	if (blank && b->n && s.n)
		buf_addc(b, ' ');
	buf_addsl(b, s);
}

static void pdb_atom_line(struct pdb *x, struct slice s)
{
	double v[3], frac[3];
	unsigned z;

	if (x->past_first_model)
		return;
	x->atoms++;
	z = element_of(columns(s, 77, 78));
	if (z == 0)	/* older files have no column for it; a symbol of one letter stands in column 14 */
		z = s.n >= 14 && s.p[12] != ' ' && isalpha((unsigned char)s.p[12]) ? element_of(slice_of(s.p + 12, 2)) : element_of(columns(s, 14, 14));
	x->element[z] = true;
	if (s.n >= 22 && s.p[21] != ' ')
		x->nomem |= !roll_add(&x->chains, slice_of(s.p + 21, 1));
	if (x->has_cell && num_read(columns(s, 31, 38), &v[0]) && num_read(columns(s, 39, 46), &v[1]) && num_read(columns(s, 47, 54), &v[2])) {
		fractional((const double (*)[3])x->inv, v, frac);
		crystal_site(x->f, z, frac[0], frac[1], frac[2]);
	}
}

static void pdb_cell(struct pdb *x, struct slice s)
{
	struct cell6 c = { 0 };
	double m[3][3];
	struct slice hm = columns(s, 56, 66);

	if (!num_read(columns(s, 7, 15), &c.a) || !num_read(columns(s, 16, 24), &c.b) || !num_read(columns(s, 25, 33), &c.c) || !num_read(columns(s, 34, 40), &c.alpha) ||
	    !num_read(columns(s, 41, 47), &c.beta) || !num_read(columns(s, 48, 54), &c.gamma) || !cell6_sane(&c) || (c.a == 1 && c.b == 1 && c.c == 1))
		return;
	crystal_cell(x->f, &c);
	if (hm.n)
		crystal_group(x->f, hm, 0, SLICE_NULL);
	cell6_vectors(&c, m);
	x->has_cell = isfinite(cell6_volume(&c)) && vectors_invert((const double (*)[3])m, x->inv);
}

static void pdb_remark(struct pdb *x, struct slice s)
{
	struct slice w[6];
	double v;

	/* "REMARK   2 RESOLUTION.    1.70 ANGSTROMS." */
	if (slice_eq_str(columns(s, 8, 10), "2") && words(columns(s, 11, 70), "", w, 6) >= 2 && slice_istarts(w[0], "RESOLUTION") && num_read(w[1], &v))
		fact_put_real(x->f, fact_object(x->f, "crystal"), "resolution", v);
	else if (slice_eq_str(columns(s, 8, 10), "200") && slice_has(s, "TEMPERATURE") && memchr(s.p, ':', s.n) != NULL) {
		const char *colon = memchr(s.p, ':', s.n);

		if (num_read(columns(s, (size_t)(colon - s.p) + 2, s.n), &v))
			fact_put_real(x->f, fact_object(x->f, "crystal"), "temperature", v);
	}
}

static bool pdb_line(void *p, struct slice s, unsigned part)
{
	struct pdb *x = p;

	(void)part;
	x->lines++;
	if (slice_starts(s, "ATOM  ") || slice_starts(s, "HETATM"))
		pdb_atom_line(x, s);
	else if (slice_starts(s, "HEADER    ")) {
		fact_put_text(x->f, fact_object(x->f, "crystal"), "classification", columns(s, 11, 50));
		snprintf(x->id, sizeof(x->id), "%.*s", (int)columns(s, 63, 66).n, columns(s, 63, 66).n ? columns(s, 63, 66).p : "");
	} else if (slice_starts(s, "TITLE "))
		add_text(&x->title, columns(s, 11, 80), true);
	else if (slice_starts(s, "AUTHOR"))
		add_text(&x->authors, columns(s, 11, 79), false);
	else if (slice_starts(s, "SOURCE"))
		add_text(&x->source, columns(s, 11, 79), true);
	else if (slice_starts(s, "EXPDTA") && x->method[0] == '\0')
		snprintf(x->method, sizeof(x->method), "%.*s", (int)columns(s, 11, 60).n, columns(s, 11, 60).n ? columns(s, 11, 60).p : "");
	else if (slice_starts(s, "JRNL        DOI"))
		snprintf(x->doi, sizeof(x->doi), "%.*s", (int)columns(s, 20, 79).n, columns(s, 20, 79).n ? columns(s, 20, 79).p : "");
	else if (slice_starts(s, "REMARK"))
		pdb_remark(x, s);
	else if (slice_starts(s, "CRYST1"))
		pdb_cell(x, s);
	else if (slice_starts(s, "MODEL "))
		x->models++;
	else if (slice_starts(s, "ENDMDL"))
		x->past_first_model = true;
	else if (slice_starts(s, "HELIX "))
		x->helices++;
	else if (slice_starts(s, "SHEET "))
		x->sheets++;
	return !x->nomem;
}

/* "MOL_ID: 1; ORGANISM_SCIENTIFIC: HUMAN ...; ORGANISM_TAXID: 11676;" */
static struct slice source_key(struct slice s, const char *key)
{
	const char *at = memmem(s.p, s.n, key, strlen(key)), *end;

	if (at == NULL)
		return SLICE_NULL;
	at += strlen(key);
	end = memchr(at, ';', s.n - (size_t)(at - s.p));
	return slice_trim(slice_of(at, (size_t)((end ? end : s.p + s.n) - at)));
}

static void pdb_people(struct pdb *x)
{
	struct slice s = x->authors.n ? buf_slice(&x->authors) : SLICE(""), one;

	while (s.p && s.n) {
		char name[120];
		const char *dot;

		one = slice_trim(slice_cut(&s, ','));
		/* "T.R.GAMBLE": initials, then the name */
		for (dot = one.p + one.n; dot > one.p && dot[-1] != '.'; dot--)
			;
		if (one.n == 0 || one.n > 100)
			continue;
		if (dot > one.p && dot < one.p + one.n)
			snprintf(name, sizeof(name), "%.*s, %.*s", (int)(one.p + one.n - dot), dot, (int)(dot - one.p), one.p);
		else
			snprintf(name, sizeof(name), "%.*s", (int)one.n, one.p);
		propose_creator(x->f, slice_str(name), "AUTHOR");
	}
}

static void pdb_end(void *p)
{
	struct pdb *x = p;
	json_t *o = fact_object(x->f, "crystal");
	struct slice source = x->source.n ? buf_slice(&x->source) : SLICE(""), v;
	struct formula m = { { 0 } };
	double taxon;
	unsigned z;

	fact_format(x->f, "PDB", NULL, NULL);
	if (o == NULL)
		return;
	if (x->nomem)
		lines_nomem(x->f);
	for (z = 1; z < ELEMENTS; z++)
		m.n[z] = x->element[z];
	formula_put(x->f, o, &m);
	json_object_del(o, "formula");
	fact_put_int(x->f, o, "atoms", (int64_t)x->atoms);
	if (x->models)
		fact_put_int(x->f, o, "models", (int64_t)x->models);
	if (x->helices)
		fact_put_int(x->f, o, "helices", (int64_t)x->helices);
	if (x->sheets)
		fact_put_int(x->f, o, "strands", (int64_t)x->sheets);
	if (x->chains.n)
		fact_put(x->f, o, "chains", roll_names(&x->chains));
	fact_put_text(x->f, o, "title", x->title.n ? buf_slice(&x->title) : SLICE(""));
	fact_put_text(x->f, o, "method", slice_str(x->method));
	if (x->id[0])
		fact_put(x->f, o, "identifiers", json_pack("[{s:s,s:o}]", "scheme", "PDB", "value", fact_text(slice_str(x->id), 10)));
	if ((v = source_key(source, "ORGANISM_SCIENTIFIC:")).n)
		fact_put_text(x->f, fact_object(x->f, "organism"), "name", v);
	if (num_read(source_key(source, "ORGANISM_TAXID:"), &taxon) && taxon > 0 && taxon < 1e9)
		fact_put_int(x->f, fact_object(x->f, "organism"), "taxon", (int64_t)taxon);
	propose_title(x->f, x->title.n ? buf_slice(&x->title) : SLICE(""), "TITLE");
	pdb_people(x);
	propose_relation(x->f, "IsSupplementTo", "DOI", slice_str(x->doi), "JRNL DOI");
}

static void pdb_release(void *p)
{
	struct pdb *x = p;

	buf_release(&x->title);
	buf_release(&x->authors);
	buf_release(&x->source);
	roll_release(&x->chains);
}

static const struct lines_kind pdb_kind = {
	.bid = pdb_bid, .size = sizeof(struct pdb), .media = "chemical/x-pdb", .open = pdb_open, .line = pdb_line, .end = pdb_end, .release = pdb_release,
};

static const struct lines_kind *const kinds[] = { &poscar_kind, &xyz_kind, &stru_kind, &pdb_kind };

LINES_EXTRACTOR(ex_structure, "structure", 1, kinds);
