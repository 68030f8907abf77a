/*
 * Molecules: MDL's mol files (V2000, V3000), structure-data files with their data fields as a table, Tripos mol2, and lists of InChI. Hydrogen that a mol file
 * leaves to the reader is counted in by usual valences.
 */

#include <ctype.h>
#include <math.h>
#include <stdlib.h>

#include "indexer/extract/lines_int.h"
#include "indexer/extract/matter_int.h"

#define ATOMS_MOST	20000u	/* of a molecule whose hydrogens are counted */
#define FIELDS_MOST	500

struct atom { uint8_t z; int8_t charge; float bonds; };

struct mol { char name[200]; uint64_t atoms, bonds; struct formula formula; bool odd; };

struct molecules {
	struct fact *f;
	struct table *t;		/* only of SDF */
	struct map *fields;		/* name to column + 1 */
	struct mol m, first;
	struct atom *atom;
	uint64_t count, want_atoms, want_bonds, seen_atoms, seen_bonds;
	uint32_t n_fields, field;
	struct buf value;
	char program[80], version[8];
	bool differ, in_field, sdf, nomem, element[ELEMENTS];
	enum { ML_NAME, ML_PROGRAM, ML_COMMENT, ML_COUNTS, ML_ATOMS, ML_BONDS, ML_PROPS, ML_V30, ML_V30_ATOMS, ML_V30_BONDS, ML_DATA, ML_BAD } at;
};

static bool mol_open(void *p, struct fact *f, const struct head *h)
{
	struct molecules *x = p;

	(void)h;
	x->f = f;
	buf_init(&x->value, 4000);
	x->atom = malloc(ATOMS_MOST * sizeof(*x->atom));
	x->fields = map_new();
	return x->atom && x->fields;
}

static void mol_release(void *p)
{
	struct molecules *x = p;

	if (x->t)
		table_end(x->t, SLICE(""));
	map_free(x->fields, NULL);
	buf_release(&x->value);
	free(x->atom);
}

static bool mol_counts_line(struct slice s)
{
	struct slice v = columns(s, 34, 39);

	return slice_has(v, "V2000") || slice_has(v, "V3000");
}

static int mol_bid(const struct head *h, struct slice s)
{
	struct slice line;
	unsigned i;

	for (i = 0; i < 4; i++)
		if (!line_next(&s, &line))
			return 0;
	return !mol_counts_line(line) ? 0 : head_ext_is(h, " mol sdf sd mdl ") ? 96 : 88;
}

static uint64_t field_u64(struct slice s, size_t from, size_t to)
{
	uint64_t v = 0;

	slice_u64(columns(s, from, to), 1000000000, &v);
	return v;
}

/* Hydrogens that a usual valence leaves free. */
static unsigned hydrogens(const struct atom *a)
{
	static const struct { uint8_t z, valence[3]; } usual[] = {
		{ 5, { 3 } }, { 6, { 4 } }, { 7, { 3 } }, { 8, { 2 } }, { 9, { 1 } }, { 14, { 4 } }, { 15, { 3, 5 } }, { 16, { 2, 4, 6 } }, { 17, { 1 } }, { 35, { 1 } }, { 53, { 1 } },
	};
	size_t i, k;

	for (i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (usual[i].z == a->z)
			for (k = 0; k < 3 && usual[i].valence[k]; k++) {
				int v = usual[i].valence[k] + (a->z == 6 || a->z == 14 ? -abs(a->charge) : a->z == 5 ? -a->charge : a->charge);

				if ((double)v + 0.01 >= a->bonds)
					return (unsigned)floor(v - a->bonds + 0.01);
			}
	return 0;
}

static void add_atom(struct molecules *x, struct slice symbol, int charge)
{
	unsigned z = element_of(symbol);

	if (z == 0 && symbol.n > 2)	/* "R#", "LP", "Du" and such are no elements */
		z = 0;
	x->m.odd |= z == 0;
	x->m.formula.n[z]++;
	x->element[z] = true;
	if (x->m.atoms < ATOMS_MOST)
		x->atom[x->m.atoms] = (struct atom){ (uint8_t)z, (int8_t)charge, 0 };
	x->m.atoms++;
}

static void add_bond(struct molecules *x, uint64_t a, uint64_t b, uint64_t order)
{
	float v = order == 4 ? 1.5f : order >= 1 && order <= 3 ? (float)order : 1.0f;

	x->m.bonds++;
	if (a >= 1 && a <= x->m.atoms && a <= ATOMS_MOST)
		x->atom[a - 1].bonds += v;
	if (b >= 1 && b <= x->m.atoms && b <= ATOMS_MOST)
		x->atom[b - 1].bonds += v;
}

/* "M  CHG  2   3   1   7  -1" */
static void charges(struct molecules *x, struct slice s)
{
	double v[17];
	unsigned n = numbers(columns(s, 7, s.n), "", v, 17), i;

	for (i = 1; i + 1 < n; i += 2)
		if (v[i] >= 1 && v[i] <= (double)x->m.atoms && v[i] <= ATOMS_MOST && fabs(v[i + 1]) < 16)
			x->atom[(size_t)v[i] - 1].charge = (int8_t)v[i + 1];
}

static void v30_line(struct molecules *x, struct slice s)
{
	struct slice w[6];
	unsigned n = words(columns(s, 8, s.n), "", w, 6);
	uint64_t a, b, order;

	if (n < 2)
		return;
	if (slice_ieq_str(w[0], "BEGIN") || slice_ieq_str(w[0], "END")) {
		bool begin = slice_ieq_str(w[0], "BEGIN");

		x->at = begin && slice_ieq_str(w[1], "ATOM") ? ML_V30_ATOMS : begin && slice_ieq_str(w[1], "BOND") ? ML_V30_BONDS : ML_V30;
	} else if (slice_ieq_str(w[0], "COUNTS") && n >= 3) {
		slice_u64(w[1], 1000000000, &x->want_atoms);
		slice_u64(w[2], 1000000000, &x->want_bonds);
	} else if (x->at == ML_V30_ATOMS && n >= 5) {
		const char *chg = memmem(s.p, s.n, " CHG=", 5);
		double q = 0;

		if (chg) {
			struct slice rest = slice_of(chg + 5, s.n - (size_t)(chg + 5 - s.p)), one;

			if (word_next(&rest, "", &one) && (!num_read(one, &q) || fabs(q) > 15))
				q = 0;
		}
		add_atom(x, w[1], (int)q);
	} else if (x->at == ML_V30_BONDS && n >= 4 && slice_u64(w[1], 99, &order) && slice_u64(w[2], UINT32_MAX, &a) && slice_u64(w[3], UINT32_MAX, &b))
		add_bond(x, a, b, order);
}

static void mol_done(struct molecules *x)
{
	struct mol *m = &x->m;
	struct formula *f = &m->formula;
	size_t i, n = m->atoms < ATOMS_MOST ? m->atoms : ATOMS_MOST;

	for (i = 0; i < n; i++)
		f->n[1] += hydrogens(&x->atom[i]);
	x->element[1] |= f->n[1] > 0;
	if (x->count == 0)
		x->first = *m;
	else if (memcmp(&x->first.formula, f, sizeof(*f)) != 0)
		x->differ = true;
}

static bool wrong(struct molecules *x, const char *what)
{
	fact_partial(x->f, "molecule %llu is malformed: %s", (unsigned long long)x->count + 1, what);
	fact_check(x->f, "malformed-record", true, "molecule %llu: %s", (unsigned long long)x->count + 1, what);
	x->at = ML_BAD;
	return false;
}

static void field_end(struct molecules *x)
{
	if (x->in_field && x->t)
		table_cell(x->t, x->field, x->value.n ? buf_slice(&x->value) : SLICE(""));
	x->in_field = false;
	buf_clear(&x->value);
}

/* "> 25 <melting.point> (MD-08974)" */
static void field_begin(struct molecules *x, struct slice s)
{
	const char *from = memchr(s.p, '<', s.n), *to = from ? memchr(from, '>', s.n - (size_t)(from - s.p)) : NULL;
	struct slice name = to ? slice_of(from + 1, (size_t)(to - from - 1)) : SLICE_NULL;
	uintptr_t col;
	uint64_t i;

	field_end(x);
	if (name.n == 0 || x->t == NULL)
		return;
	if ((col = (uintptr_t)map_get(x->fields, name)) == 0) {
		if (x->n_fields >= FIELDS_MOST) {
			fact_partial(x->f, "more than %d data fields", FIELDS_MOST);
			return;
		}
		col = (uintptr_t)table_column(x->t, name) + 1;
		x->n_fields++;
		if (map_put(x->fields, name, (void *)col, NULL) != ST_OK)
			x->nomem = true;
		for (i = 0; i < x->count; i++)		/* molecules before it have no such field */
			table_missing(x->t, (uint32_t)col - 1);
	}
	x->field = (uint32_t)col - 1;
	x->in_field = true;
}

static bool record_end(struct molecules *x)
{
	field_end(x);
	if (x->at != ML_DATA && x->at != ML_NAME)
		return wrong(x, "it ends before its M  END");
	if (x->t)
		table_row(x->t);
	x->count++;
	x->sdf = true;
	x->at = ML_NAME;
	return true;
}

static bool start_table(struct molecules *x)
{
	if (x->t || x->count)
		return true;
	return (x->t = table_new(x->f, SLICE_NULL)) != NULL;
}

static bool data_line(struct molecules *x, struct slice s)
{
	if (s.n && s.p[0] == '>') {
		if (!start_table(x))
			return false;
		field_begin(x, s);
	} else if (x->in_field && slice_trim(s).n == 0)
		field_end(x);
	else if (x->in_field) {
		if (x->value.n)
			buf_addc(&x->value, '\n');
		if (x->value.n + s.n < x->value.max)
			buf_addsl(&x->value, s);
	}
	return !x->nomem;
}

static bool mol_line(void *p, struct slice s, unsigned part)
{
	struct molecules *x = p;
	struct slice t = slice_trim(s);

	(void)part;
	if (slice_starts(s, "$$$$"))
		return record_end(x);
	switch (x->at) {
	case ML_NAME:
		memset(&x->m, 0, sizeof(x->m));
		snprintf(x->m.name, sizeof(x->m.name), "%.*s", (int)(t.n < 190 ? t.n : 190), t.n ? t.p : "");
		break;
	case ML_PROGRAM:
		if (x->count == 0)
			snprintf(x->program, sizeof(x->program), "%.*s", (int)columns(s, 3, 10).n, columns(s, 3, 10).n ? columns(s, 3, 10).p : "");
		break;
	case ML_COMMENT:
		break;
	case ML_COUNTS:
		if (!mol_counts_line(s))
			return wrong(x, "no line of counts");
		x->want_atoms = field_u64(s, 1, 3);
		x->want_bonds = field_u64(s, 4, 6);
		x->seen_atoms = x->seen_bonds = 0;
		snprintf(x->version, sizeof(x->version), "%s", slice_has(s, "V3000") ? "V3000" : "V2000");
		x->at = slice_has(s, "V3000") ? ML_V30 : x->want_atoms ? ML_ATOMS : x->want_bonds ? ML_BONDS : ML_PROPS;
		return true;
	case ML_ATOMS: {
		static const int code[8] = { 0, 3, 2, 1, 0, -1, -2, -3 };
		double v;

		if (!num_read(columns(s, 1, 10), &v) || columns(s, 32, 34).n == 0)
			return wrong(x, "a line that is no atom");
		add_atom(x, columns(s, 32, 34), code[field_u64(s, 37, 39) & 7]);
		if (++x->seen_atoms == x->want_atoms)
			x->at = x->want_bonds ? ML_BONDS : ML_PROPS;
		return true;
	}
	case ML_BONDS:
		if (field_u64(s, 1, 3) == 0 || field_u64(s, 4, 6) == 0)
			return wrong(x, "a line that is no bond");
		add_bond(x, field_u64(s, 1, 3), field_u64(s, 4, 6), field_u64(s, 7, 9));
		if (++x->seen_bonds == x->want_bonds)
			x->at = ML_PROPS;
		return true;
	case ML_PROPS: case ML_V30: case ML_V30_ATOMS: case ML_V30_BONDS:
		if (slice_starts(s, "M  CHG"))
			charges(x, s);
		else if (slice_starts(s, "M  V30 "))
			v30_line(x, s);
		else if (slice_starts(s, "M  END")) {
			if (x->at != ML_PROPS && x->m.atoms != x->want_atoms)
				return wrong(x, "another number of atoms than its counts say");
			mol_done(x);
			x->at = ML_DATA;
		}
		return true;
	case ML_DATA:
		return data_line(x, s);
	case ML_BAD:
		return false;
	}
	x->at++;
	return true;
}

static void mol_put(struct molecules *x)
{
	json_t *o = fact_object(x->f, "molecule");
	struct formula all = { { 0 } };
	unsigned z;

	if (o == NULL)
		return;
	fact_put_int(x->f, o, "count", (int64_t)x->count);
	if (x->count && !x->differ) {
		formula_put(x->f, o, &x->first.formula);
		if (x->first.odd)
			json_object_del(o, "formula");
		fact_put_int(x->f, o, "atoms", (int64_t)x->first.atoms);
		fact_put_int(x->f, o, "bonds", (int64_t)x->first.bonds);
		fact_put_text(x->f, o, "name", slice_str(x->first.name));
	} else if (x->count) {
		for (z = 1; z < ELEMENTS; z++)
			all.n[z] = x->element[z];
		formula_put(x->f, o, &all);
		json_object_del(o, "formula");
	}
}

static void mol_end(void *p)
{
	struct molecules *x = p;

	if (x->at == ML_DATA) {		/* a mol file has no $$$$ */
		field_end(x);
		if (x->t)
			table_row(x->t);
		x->count++;
	} else if (x->at != ML_BAD && x->at > ML_PROGRAM)
		fact_partial(x->f, "cut off inside molecule %llu", (unsigned long long)x->count + 1);
	if (x->nomem)
		lines_nomem(x->f);
	fact_format(x->f, x->sdf ? "SDF" : "MOL", x->version[0] ? x->version : NULL, NULL);
	if (x->sdf)
		fact_media(x->f, "chemical/x-mdl-sdfile");
	if (x->program[0])
		fact_put_text(x->f, fact_object(x->f, "attributes"), "program", slice_str(x->program));
	mol_put(x);
	if (x->t) {
		table_end(x->t, SLICE(""));
		x->t = NULL;
	}
}

static const struct lines_kind mol_kind = {
	.bid = mol_bid, .size = sizeof(struct molecules), .media = "chemical/x-mdl-molfile", .open = mol_open, .line = mol_line, .end = mol_end, .release = mol_release,
};

/* ---- mol2 ---- */

static int mol2_bid(const struct head *h, struct slice s)
{
	struct slice line;
	unsigned n = 0;

	(void)h;
	while (n++ < 50 && line_next(&s, &line)) {
		if (slice_starts(line, "@<TRIPOS>MOLECULE"))
			return 95;
		if (slice_trim(line).n && line.p[0] != '#')
			return 0;
	}
	return 0;
}

static void mol2_done(struct molecules *x)
{
	if (x->at == ML_NAME)
		return;
	if (x->count++ == 0)
		x->first = x->m;
	else if (memcmp(&x->first.formula, &x->m.formula, sizeof(x->m.formula)) != 0)
		x->differ = true;
}

static bool mol2_line(void *p, struct slice s, unsigned part)
{
	struct molecules *x = p;
	struct slice w[6], t = slice_trim(s);
	size_t n;

	(void)part;
	if (slice_starts(s, "@<TRIPOS>")) {
		if (slice_starts(s, "@<TRIPOS>MOLECULE")) {
			mol2_done(x);
			memset(&x->m, 0, sizeof(x->m));
			x->at = ML_PROGRAM;
		} else
			x->at = slice_starts(s, "@<TRIPOS>ATOM") ? ML_ATOMS : slice_starts(s, "@<TRIPOS>BOND") ? ML_BONDS : ML_PROPS;
		return true;
	}
	if (x->at == ML_PROGRAM) {	/* the line of the name */
		snprintf(x->m.name, sizeof(x->m.name), "%.*s", (int)(t.n < 190 ? t.n : 190), t.n ? t.p : "");
		x->at = ML_PROPS;
	} else if (x->at == ML_ATOMS && words(s, "", w, 6) >= 6) {
		for (n = 0; n < w[5].n && w[5].p[n] != '.'; n++)
			;
		add_atom(x, slice_of(w[5].p, n), 0);
	} else if (x->at == ML_BONDS && words(s, "", w, 5) >= 4)
		x->m.bonds++;
	return true;
}

static void mol2_end(void *p)
{
	struct molecules *x = p;

	mol2_done(x);
	fact_format(x->f, "MOL2", NULL, NULL);
	mol_put(x);
}

static const struct lines_kind mol2_kind = {
	.bid = mol2_bid, .size = sizeof(struct molecules), .media = "chemical/x-mol2", .open = mol_open, .line = mol2_line, .end = mol2_end, .release = mol_release,
};

/* ---- lists of InChI ---- */

static int inchi_bid(const struct head *h, struct slice s)
{
	(void)h;
	return slice_starts(s, "InChI=1") ? 92 : 0;
}

static bool inchi_line(void *p, struct slice s, unsigned part)
{
	struct molecules *x = p;
	struct slice rest = s, w, formula;

	(void)part;
	if (!word_next(&rest, "", &w) || !slice_starts(w, "InChI=1"))
		return true;
	memset(&x->m, 0, sizeof(x->m));
	if (x->count == 0)
		fact_put_text(x->f, fact_object(x->f, "molecule"), "inchi", w);
	slice_cut(&w, '/');
	formula = slice_cut(&w, '/');
	if (!formula_read(&x->m.formula, formula)) {
		memset(&x->m.formula, 0, sizeof(x->m.formula));
		x->m.odd = true;
	}
	for (unsigned z = 1; z < ELEMENTS; z++) {
		x->element[z] |= x->m.formula.n[z] > 0;
		x->m.atoms += (uint64_t)(x->m.formula.n[z] < 1e6 ? x->m.formula.n[z] : 0);
	}
	if (x->count++ == 0)
		x->first = x->m;
	else
		x->differ = true;
	return true;
}

static void inchi_end(void *p)
{
	struct molecules *x = p;

	fact_format(x->f, "InChI", NULL, NULL);
	if (x->count > 1 && fact_object(x->f, "molecule"))
		json_object_del(fact_object(x->f, "molecule"), "inchi");
	mol_put(x);
	if (fact_object(x->f, "molecule"))
		json_object_del(fact_object(x->f, "molecule"), "bonds");
}

static const struct lines_kind inchi_kind = {
	.bid = inchi_bid, .size = sizeof(struct molecules), .media = "chemical/x-inchi", .open = mol_open, .line = inchi_line, .end = inchi_end, .release = mol_release,
};

static const struct lines_kind *const kinds[] = { &mol_kind, &mol2_kind, &inchi_kind };

LINES_EXTRACTOR(ex_molecule, "molecule", 1, kinds);
