/*
 * Crystallographic Information Files: core, powder and macromolecular dictionaries. Names of the newer dictionaries (_cell.length_a) are read as those of the
 * older (_cell_length_a). The facts are those of the first data block that describes a crystal; the others are counted and named.
 */

#include <math.h>
#include <stdlib.h>

#include "indexer/extract/cif_int.h"
#include "indexer/extract/lines_int.h"
#include "indexer/extract/matter_int.h"

#define LOOP_MOST	1000	/* columns of a loop */
#define TEXT_MOST	4000	/* bytes kept of an item */

/* Items we know; those past IT_ROWS are columns of loops that are read row by row. */
enum item {
	IT_NONE, IT_A, IT_B, IT_C, IT_ALPHA, IT_BETA, IT_GAMMA, IT_VOLUME, IT_Z, IT_FORMULA, IT_NAME, IT_MINERAL, IT_HM, IT_HALL, IT_NUMBER, IT_T_AMBIENT, IT_T_CELL,
	IT_RADIATION, IT_PROBE, IT_WAVELENGTH, IT_DEVICE, IT_TITLE, IT_STRUCT_TITLE, IT_CITATION_TITLE, IT_DOI, IT_CITATION_DOI, IT_COD, IT_ICSD, IT_CCDC, IT_PDB, IT_CREATED, IT_METHOD,
	IT_RESOLUTION, IT_RESOLUTION_2, IT_ORGANISM, IT_ORGANISM_2, IT_TAXON, IT_TAXON_2, IT_N_REFLECTIONS, IT_R, IT_DENSITY, IT_PD_MIN, IT_PD_INC, IT_PD_PROC_MIN, IT_PD_PROC_INC, IT_JOURNAL, IT_YEAR,
	IT_TEXTS,
	IT_AUTHOR = IT_TEXTS, IT_AUDIT_AUTHOR, IT_LABEL, IT_SYMBOL, IT_X, IT_Y, IT_FRACT_Z, IT_CART_X, IT_CART_Y, IT_CART_Z, IT_OCCUPANCY, IT_CHAIN, IT_HKL, IT_PDX, IT_PDD, IT_PDTOF, IT_PDY,
	IT_PDCALC,
};

static const struct { const char *name; enum item item; } items[] = {
	{ "_cell_length_a", IT_A }, { "_cell_length_b", IT_B }, { "_cell_length_c", IT_C }, { "_cell_angle_alpha", IT_ALPHA }, { "_cell_angle_beta", IT_BETA },
	{ "_cell_angle_gamma", IT_GAMMA }, { "_cell_volume", IT_VOLUME }, { "_cell_formula_units_z", IT_Z }, { "_chemical_formula_sum", IT_FORMULA },
	{ "_chemical_name_common", IT_NAME }, { "_chemical_name_systematic", IT_NAME }, { "_chemical_name", IT_NAME }, { "_chemical_name_mineral", IT_MINERAL },
	{ "_symmetry_space_group_name_h-m", IT_HM }, { "_space_group_name_h-m_alt", IT_HM }, { "_space_group_name_h-m_ref", IT_HM }, { "_symmetry_space_group_name_hall", IT_HALL },
	{ "_space_group_name_hall", IT_HALL }, { "_symmetry_int_tables_number", IT_NUMBER }, { "_space_group_it_number", IT_NUMBER },
	{ "_diffrn_ambient_temperature", IT_T_AMBIENT }, { "_diffrn_ambient_temp", IT_T_AMBIENT }, { "_cell_measurement_temperature", IT_T_CELL },
	{ "_diffrn_radiation_type", IT_RADIATION }, { "_diffrn_radiation_probe", IT_PROBE }, { "_diffrn_radiation_wavelength", IT_WAVELENGTH },
	{ "_diffrn_radiation_wavelength_wavelength", IT_WAVELENGTH }, { "_diffrn_measurement_device_type", IT_DEVICE }, { "_diffrn_detector_type", IT_DEVICE },
	{ "_publ_section_title", IT_TITLE }, { "_struct_title", IT_STRUCT_TITLE }, { "_citation_title", IT_CITATION_TITLE }, { "_journal_paper_doi", IT_DOI },
	{ "_citation_doi", IT_CITATION_DOI }, { "_citation_pdbx_database_id_doi", IT_CITATION_DOI }, { "_cod_database_code", IT_COD }, { "_database_code_icsd", IT_ICSD },
	{ "_database_code_depnum_ccdc_archive", IT_CCDC }, { "_entry_id", IT_PDB }, { "_audit_creation_date", IT_CREATED }, { "_exptl_method", IT_METHOD },
	{ "_refine_ls_d_res_high", IT_RESOLUTION }, { "_reflns_d_resolution_high", IT_RESOLUTION_2 }, { "_em_3d_reconstruction_resolution", IT_RESOLUTION_2 },
	{ "_entity_src_gen_pdbx_gene_src_scientific_name", IT_ORGANISM }, { "_entity_src_nat_pdbx_organism_scientific", IT_ORGANISM_2 },
	{ "_pdbx_entity_src_syn_organism_scientific", IT_ORGANISM_2 }, { "_entity_src_gen_pdbx_gene_src_ncbi_taxonomy_id", IT_TAXON },
	{ "_entity_src_nat_pdbx_ncbi_taxonomy_id", IT_TAXON_2 }, { "_pdbx_entity_src_syn_ncbi_taxonomy_id", IT_TAXON_2 }, { "_diffrn_reflns_number", IT_N_REFLECTIONS },
	{ "_reflns_number_total", IT_N_REFLECTIONS }, { "_refine_ls_r_factor_gt", IT_R }, { "_exptl_crystal_density_diffrn", IT_DENSITY },
	{ "_pd_meas_2theta_range_min", IT_PD_MIN }, { "_pd_meas_2theta_range_inc", IT_PD_INC }, { "_pd_proc_2theta_range_min", IT_PD_PROC_MIN },
	{ "_pd_proc_2theta_range_inc", IT_PD_PROC_INC }, { "_journal_name_full", IT_JOURNAL }, { "_journal_year", IT_YEAR }, { "_publ_author_name", IT_AUTHOR },
	{ "_audit_author_name", IT_AUDIT_AUTHOR }, { "_atom_site_label", IT_LABEL }, { "_atom_site_type_symbol", IT_SYMBOL }, { "_atom_site_fract_x", IT_X },
	{ "_atom_site_fract_y", IT_Y }, { "_atom_site_fract_z", IT_FRACT_Z }, { "_atom_site_cartn_x", IT_CART_X }, { "_atom_site_cartn_y", IT_CART_Y },
	{ "_atom_site_cartn_z", IT_CART_Z }, { "_atom_site_occupancy", IT_OCCUPANCY }, { "_atom_site_auth_asym_id", IT_CHAIN }, { "_refln_index_h", IT_HKL },
	{ "_pd_meas_2theta_scan", IT_PDX }, { "_pd_meas_2theta_corrected", IT_PDX }, { "_pd_proc_2theta_corrected", IT_PDX }, { "_pd_proc_d_spacing", IT_PDD },
	{ "_pd_meas_time_of_flight", IT_PDTOF }, { "_pd_meas_counts_total", IT_PDY }, { "_pd_meas_intensity_total", IT_PDY }, { "_pd_proc_intensity_total", IT_PDY },
	{ "_pd_proc_intensity_net", IT_PDY }, { "_pd_calc_intensity_total", IT_PDCALC }, { "_pd_calc_intensity_net", IT_PDCALC },
};

struct row { bool atom, powder; unsigned z_symbol, z_label; double x[3], cart[3], occupancy, pd[5]; };	/* pd: 2theta, d, tof, measured, calculated */

struct block {
	char *text[IT_TEXTS];
	uint64_t atoms, reflections, powder;
	bool element[ELEMENTS], cart;
	unsigned n_sites, symmetry;
	struct { unsigned z; double x[3]; } site[SITES_MOST];
	struct roll chains;
	struct curve measured, calculated;
	int pdx;			/* which x the curves have: 0 2theta, 1 d, 2 time of flight */
};

struct cif {
	struct fact *f;
	struct cif_scan scan;
	struct block b;
	json_t *authors, *names;
	uint64_t blocks, frames, loops, values, named, stray, stray_line, ragged, ragged_line;
	bool in_block, in_frame, published, nomem, mm;
	enum { AT_TOP, AT_NAME, AT_LOOP_HEAD, AT_LOOP } at;
	enum item item, cols[LOOP_MOST];
	unsigned n_cols, col;
	struct row row;
};

static int cif_bid(const struct head *h, struct slice s)
{
	bool named = head_ext_is(h, " cif mmcif mcif pdbx fcf hkl star dic ");
	struct slice line, w;
	bool data = false;
	unsigned n = 0;

	while (n++ < 2000 && line_next(&s, &line)) {
		line = slice_trim(line);
		if (line.n == 0 || line.p[0] == '#')
			continue;
		word_next(&line, "\r\v\f", &w);
		if (!data && (!slice_istarts(w, "data_") || memchr(w.p, '=', w.n) || memchr(w.p, ',', w.n)))
			return 0;
		if (named)
			return 95;
		if (data)
			return w.p[0] == '_' || slice_istarts(w, "loop_") || slice_istarts(w, "save_") ? 85 : 0;
		data = true;
	}
	return 0;
}

static void block_clear(struct block *b)
{
	unsigned i;

	for (i = 0; i < IT_TEXTS; i++)
		free(b->text[i]);
	roll_release(&b->chains);
	memset(b, 0, sizeof(*b));
	curve_init(&b->measured);
	curve_init(&b->calculated);
}

static struct slice item_text(const struct block *b, enum item i)
{
	return b->text[i] ? slice_str(b->text[i]) : SLICE_NULL;
}

static bool item_number(const struct block *b, enum item i, double *v)
{
	return b->text[i] && num_su(slice_str(b->text[i]), v);
}

/* ---- a block becomes facts ---- */

static bool block_cell(struct cif *x, struct cell6 *c)
{
	const struct block *b = &x->b;
	double stated, v;

	if (!item_number(b, IT_A, &c->a) || !item_number(b, IT_B, &c->b) || !item_number(b, IT_C, &c->c))
		return false;
	c->alpha = c->beta = c->gamma = 90;	/* the dictionary's own default */
	item_number(b, IT_ALPHA, &c->alpha);
	item_number(b, IT_BETA, &c->beta);
	item_number(b, IT_GAMMA, &c->gamma);
	if (!cell6_sane(c)) {
		fact_check(x->f, "cell", true, "lengths or angles of the cell are impossible");
		return false;
	}
	if (c->a == 1 && c->b == 1 && c->c == 1)	/* what the PDB writes where there is no crystal */
		return false;
	crystal_cell(x->f, c);
	v = cell6_volume(c);
	if (!isfinite(v))
		fact_check(x->f, "cell", true, "no cell has such angles");
	else if (item_number(b, IT_VOLUME, &stated) && fabs(stated - v) > 0.01 * v)
		fact_check(x->f, "volume-differs", true, "the cell has a volume of %.2f, the file says %.2f", v, stated);
	return isfinite(v);
}

static void block_sites(struct cif *x, const struct cell6 *c)
{
	const struct block *b = &x->b;
	double m[3][3], inv[3][3], p[3];
	unsigned i;

	if (b->cart) {
		cell6_vectors(c, m);
		if (!vectors_invert((const double (*)[3])m, inv))
			return;
	}
	for (i = 0; i < b->n_sites; i++) {
		if (b->cart)
			fractional((const double (*)[3])inv, b->site[i].x, p);
		else
			memcpy(p, b->site[i].x, sizeof(p));
		crystal_site(x->f, b->site[i].z, p[0], p[1], p[2]);
	}
}

static void block_formula(struct cif *x, json_t *o)
{
	const struct block *b = &x->b;
	struct formula m = { { 0 } };
	unsigned z;

	if (b->text[IT_FORMULA] && formula_read(&m, item_text(b, IT_FORMULA))) {
		formula_put(x->f, o, &m);
		return;
	}
	if (b->text[IT_FORMULA])
		fact_check(x->f, "formula", true, "'%.100s' is no formula", b->text[IT_FORMULA]);
	/* Without symmetry the sites give elements, not numbers. */
	memset(&m, 0, sizeof(m));
	for (z = 1; z < ELEMENTS; z++)
		m.n[z] = b->element[z];
	formula_put(x->f, o, &m);
	json_object_del(o, "formula");
}

static void text_put(struct cif *x, json_t *o, const char *key, struct slice s)
{
	struct buf t = BUF_INIT(TEXT_MOST * 2);

	if (s.n == 0)
		return;
	cif_text(&t, s);
	fact_put_text(x->f, o, key, buf_slice(&t));
	buf_release(&t);
}

static void number_put(struct cif *x, json_t *o, const char *key, enum item i)
{
	double v;

	if (item_number(&x->b, i, &v))
		fact_put_real(x->f, o, key, v);
}

static void identifier_put(struct cif *x, const char *scheme, enum item i)
{
	json_t *o = fact_object(x->f, "crystal"), *list;

	if (x->b.text[i] == NULL || o == NULL)
		return;
	if ((list = json_object_get(o, "identifiers")) == NULL) {
		fact_put(x->f, o, "identifiers", json_array());
		list = json_object_get(o, "identifiers");
	}
	if (list && json_push(list, json_pack("{s:s,s:o}", "scheme", scheme, "value", fact_text(item_text(&x->b, i), 200))) != ST_OK)
		x->nomem = true;
}

static void block_identifiers(struct cif *x)
{
	const struct block *b = &x->b;

	identifier_put(x, "COD", IT_COD);
	identifier_put(x, "ICSD", IT_ICSD);
	identifier_put(x, "CCDC", IT_CCDC);
	if (x->mm)
		identifier_put(x, "PDB", IT_PDB);
	identifier_put(x, "DOI", IT_DOI);
	if (b->text[IT_DOI])
		propose_relation(x->f, "IsSupplementTo", "DOI", item_text(b, IT_DOI), "_journal_paper_doi");
	else if (b->text[IT_CITATION_DOI])
		propose_relation(x->f, "IsSupplementTo", "DOI", item_text(b, IT_CITATION_DOI), "_citation.pdbx_database_id_DOI");
}

static void block_record(struct cif *x)
{
	static const struct { enum item item; const char *place; } titles[] = {
		{ IT_STRUCT_TITLE, "_struct.title" }, { IT_TITLE, "_publ_section_title" }, { IT_CITATION_TITLE, "_citation.title" },
	};
	const struct block *b = &x->b;
	struct buf t = BUF_INIT(TEXT_MOST * 2);
	json_t *v;
	size_t i;

	for (i = 0; i < 3; i++)
		if (b->text[titles[i].item]) {
			buf_clear(&t);
			cif_text(&t, item_text(b, titles[i].item));
			propose_title(x->f, buf_slice(&t), titles[i].place);
		}
	json_array_foreach(x->authors, i, v) {
		buf_clear(&t);
		cif_text(&t, json_slice(v));
		propose_creator(x->f, buf_slice(&t), x->mm ? "_audit_author.name" : "_publ_author_name");
	}
	propose_date(x->f, "Created", item_text(b, IT_CREATED), "_audit_creation_date");
	buf_release(&t);
}

static void block_powder(struct cif *x)
{
	static const struct axis xs[] = { { "2θ", "deg" }, { "d", "Å" }, { "time of flight", "us" } }, y = { "intensity", NULL };
	const struct block *b = &x->b;
	const struct curve *main_curve = b->measured.n ? &b->measured : &b->calculated;
	bool neutron = slice_has(item_text(b, IT_PROBE), "neutron") || slice_has(item_text(b, IT_RADIATION), "neutron");

	if (main_curve->n < 2)
		return;
	spectrum_put(x->f, neutron ? "neutron-diffraction" : "xrd", 1, xs[b->pdx], y, main_curve);
	plot_add(x->f, "line", xs[b->pdx], y, SLICE("measured"), &b->measured);
	plot_add(x->f, "line", xs[b->pdx], y, SLICE("calculated"), &b->calculated);
}

static void block_radiation(struct cif *x, json_t *o)
{
	json_t *r = json_object();

	text_put(x, r, "type", item_text(&x->b, IT_RADIATION));
	text_put(x, r, "probe", item_text(&x->b, IT_PROBE));
	number_put(x, r, "wavelength", IT_WAVELENGTH);
	if (r && json_object_size(r))
		fact_put(x->f, o, "radiation", r);
	else
		json_decref(r);
}

static void block_organism(struct cif *x)
{
	const struct block *b = &x->b;
	enum item name = b->text[IT_ORGANISM] ? IT_ORGANISM : IT_ORGANISM_2, taxon = b->text[IT_ORGANISM] ? IT_TAXON : IT_TAXON_2;
	double v;

	if (b->text[name] == NULL)
		return;
	fact_put_text(x->f, fact_object(x->f, "organism"), "name", item_text(b, name));
	if (item_number(b, taxon, &v) && v > 0 && v < 1e9)
		fact_put_int(x->f, fact_object(x->f, "organism"), "taxon", (int64_t)v);
}

static void block_publish(struct cif *x)
{
	struct block *b = &x->b;
	json_t *o = fact_object(x->f, "crystal");
	struct cell6 c;
	double n = 0;

	if (o == NULL)
		return;
	block_formula(x, o);
	item_number(b, IT_NUMBER, &n);
	if (b->text[IT_HM] || b->text[IT_HALL] || n > 0)
		crystal_group(x->f, item_text(b, IT_HM), n > 0 && n < 1000 ? (unsigned)n : 0, item_text(b, IT_HALL));
	if (block_cell(x, &c))
		block_sites(x, &c);
	if (b->atoms)
		fact_put_int(x->f, o, "atoms", (int64_t)b->atoms);
	number_put(x, o, "temperature", b->text[IT_T_AMBIENT] ? IT_T_AMBIENT : IT_T_CELL);
	number_put(x, o, "formulaUnits", IT_Z);
	number_put(x, o, "density", IT_DENSITY);
	number_put(x, o, "rFactor", IT_R);
	number_put(x, o, "resolution", b->text[IT_RESOLUTION] ? IT_RESOLUTION : IT_RESOLUTION_2);
	text_put(x, o, "name", item_text(b, b->text[IT_NAME] ? IT_NAME : IT_MINERAL));
	text_put(x, o, "title", item_text(b, IT_STRUCT_TITLE));
	text_put(x, o, "method", item_text(b, IT_METHOD));
	if (b->reflections)
		fact_put_int(x->f, o, "reflections", (int64_t)b->reflections);
	else if (item_number(b, IT_N_REFLECTIONS, &n) && n >= 0 && n < 1e15)
		fact_put_int(x->f, o, "reflections", (int64_t)n);
	if (b->chains.n)
		fact_put(x->f, o, "chains", roll_names(&b->chains));
	block_radiation(x, o);
	if (b->text[IT_DEVICE])
		text_put(x, fact_object(x->f, "instrument"), "name", item_text(b, IT_DEVICE));
	block_identifiers(x);
	block_organism(x);
	block_record(x);
	block_powder(x);
	x->published = true;
}

/* Does the block describe a crystal, or is it one of text only? */
static bool block_is_rich(const struct block *b)
{
	return b->text[IT_A] || b->text[IT_FORMULA] || b->atoms || b->powder || b->reflections;
}

static void block_end(struct cif *x)
{
	if (x->in_block && !x->published && block_is_rich(&x->b))
		block_publish(x);
	if (x->in_block && !x->published)
		return;			/* titles and authors of a block of text belong to the next one too */
	block_clear(&x->b);
	json_array_clear(x->authors);
}

/* ---- tokens ---- */

static enum item item_of(struct slice name)
{
	char key[80];
	size_t i;

	if (name.n >= sizeof(key))
		return IT_NONE;
	for (i = 0; i < name.n; i++)
		key[i] = (char)(name.p[i] >= 'A' && name.p[i] <= 'Z' ? name.p[i] + 32 : name.p[i] == '.' ? '_' : name.p[i]);
	key[name.n] = '\0';
	for (i = 0; i < sizeof(items) / sizeof(items[0]); i++)
		if (strcmp(items[i].name, key) == 0)
			return items[i].item;
	return IT_NONE;
}

static void loop_end(struct cif *x)
{
	if (x->at == AT_LOOP && x->col != 0 && x->ragged++ == 0)
		x->ragged_line = x->scan.line;
	x->at = AT_TOP;
	x->n_cols = x->col = 0;
}

static void row_begin(struct row *r)
{
	unsigned i;

	memset(r, 0, sizeof(*r));
	r->occupancy = 1;
	for (i = 0; i < 3; i++)
		r->x[i] = r->cart[i] = NAN;
	for (i = 0; i < 5; i++)
		r->pd[i] = NAN;
}

static void row_end(struct cif *x)
{
	struct block *b = &x->b;
	struct row *r = &x->row;
	unsigned z = r->z_symbol ? r->z_symbol : r->z_label, i;

	if (r->atom) {
		b->atoms++;
		b->element[z] = true;
		if (b->n_sites < SITES_MOST && (isfinite(r->x[0]) || isfinite(r->cart[0]))) {
			b->cart = !isfinite(r->x[0]);
			b->site[b->n_sites].z = z;
			memcpy(b->site[b->n_sites++].x, b->cart ? r->cart : r->x, sizeof(r->x));
		}
	}
	if (r->powder) {
		double at, inc, v;

		for (i = 0; i < 3 && !isfinite(r->pd[i]); i++)
			;
		v = i < 3 ? r->pd[i] : NAN;
		if (i == 3 && ((item_number(b, IT_PD_MIN, &at) && item_number(b, IT_PD_INC, &inc)) ||
		    (item_number(b, IT_PD_PROC_MIN, &at) && item_number(b, IT_PD_PROC_INC, &inc)))) {
			v = at + inc * (double)b->powder;
			i = 0;
		}
		if (b->powder++ == 0)
			b->pdx = i < 3 ? (int)i : 0;
		curve_add(&b->measured, v, r->pd[3]);
		curve_add(&b->calculated, v, r->pd[4]);
	}
	row_begin(r);
}

static void number_into(struct slice s, double *v)
{
	if (!num_su(s, v))
		*v = NAN;
}

/* A value of a column that is read row by row. */
static void cell_value(struct cif *x, enum item item, struct slice s)
{
	struct row *r = &x->row;

	switch (item) {
	case IT_LABEL:
		r->atom = true;
		r->z_label = element_of_label(s);
		break;
	case IT_SYMBOL:
		r->z_symbol = element_of_label(s);
		break;
	case IT_X: case IT_Y: case IT_FRACT_Z:
		r->atom = true;
		number_into(s, &r->x[item - IT_X]);
		break;
	case IT_CART_X: case IT_CART_Y: case IT_CART_Z:
		r->atom = true;
		number_into(s, &r->cart[item - IT_CART_X]);
		break;
	case IT_CHAIN:
		x->nomem |= s.n && !roll_add(&x->b.chains, s);
		break;
	case IT_HKL:
		x->b.reflections++;
		break;
	case IT_PDX: case IT_PDD: case IT_PDTOF: case IT_PDY: case IT_PDCALC:
		r->powder |= item == IT_PDY || item == IT_PDCALC;
		if (!isfinite(r->pd[item - IT_PDX]))
			number_into(s, &r->pd[item - IT_PDX]);
		break;
	case IT_AUTHOR: case IT_AUDIT_AUTHOR:
		if (json_array_size(x->authors) < 100 && json_push(x->authors, fact_text(s, 300)) != ST_OK)
			x->nomem = true;
		break;
	default:
		break;
	}
}

static bool unknown(enum cif_kind kind, struct slice s)
{
	return s.n == 0 || (kind == CIF_VALUE_BARE && s.n == 1 && (s.p[0] == '?' || s.p[0] == '.')) || slice_eq_str(slice_trim(s), "?");
}

static void take(struct cif *x, enum item item, enum cif_kind kind, struct slice s)
{
	json_t *t;

	x->values++;
	if (item == IT_NONE || x->in_frame || unknown(kind, s))
		return;
	if (item >= IT_TEXTS) {
		cell_value(x, item, s);
		return;
	}
	if (x->b.text[item])
		return;			/* the first row of a loop, the first of synonyms */
	t = fact_text(s, TEXT_MOST);
	if (t == NULL || (x->b.text[item] = slice_dup(json_slice(t))) == NULL)
		x->nomem = true;
	json_decref(t);
}

static void value(struct cif *x, enum cif_kind kind, struct slice s)
{
	switch (x->at) {
	case AT_NAME:
		take(x, x->item, kind, s);
		if (x->item >= IT_TEXTS)
			row_end(x);
		x->at = AT_TOP;
		break;
	case AT_LOOP_HEAD:
		if (x->n_cols == 0)
			break;
		x->at = AT_LOOP;
		x->col = 0;
		row_begin(&x->row);
		/* fall through */
	case AT_LOOP:
		take(x, x->col < LOOP_MOST ? x->cols[x->col] : IT_NONE, kind, s);
		if (++x->col == x->n_cols) {
			row_end(x);
			x->col = 0;
		}
		break;
	default:
		if (x->stray++ == 0)
			x->stray_line = x->scan.line;
	}
}

static void name(struct cif *x, struct slice s)
{
	if (x->named++ == 0)
		x->mm = memchr(s.p, '.', s.n) != NULL;
	if (x->at == AT_LOOP_HEAD) {
		if (x->n_cols < LOOP_MOST)
			x->cols[x->n_cols] = item_of(s);
		x->n_cols++;
		return;
	}
	loop_end(x);
	x->at = AT_NAME;
	x->item = item_of(s);
	row_begin(&x->row);
}

static bool token(void *ctx, enum cif_kind kind, struct slice s)
{
	struct cif *x = ctx;

	switch (kind) {
	case CIF_DATA: case CIF_GLOBAL:
		loop_end(x);
		block_end(x);
		x->in_block = true;
		x->in_frame = false;
		if (kind == CIF_DATA) {
			x->blocks++;
			if (json_array_size(x->names) < 100 && json_push(x->names, fact_text(s, 200)) != ST_OK)
				x->nomem = true;
		}
		break;
	case CIF_SAVE:
		loop_end(x);
		x->in_frame = s.n > 0;
		x->frames += s.n > 0;
		break;
	case CIF_LOOP:
		loop_end(x);
		x->loops++;
		x->at = AT_LOOP_HEAD;
		break;
	case CIF_STOP:
		loop_end(x);
		break;
	case CIF_NAME:
		name(x, s);
		break;
	default:
		value(x, kind, s);
	}
	return !x->nomem;
}

static bool cif_open(void *p, struct fact *f, const struct head *h)
{
	struct cif *x = p;

	(void)h;
	x->f = f;
	cif_scan_init(&x->scan, token, x);
	block_clear(&x->b);
	x->authors = json_array();
	x->names = json_array();
	return x->authors && x->names;
}

/* Old Macintosh line ends may stand among others. */
static bool cif_line(void *p, struct slice s, unsigned part)
{
	struct cif *x = p;
	struct slice line;

	(void)part;
	if (s.n == 0 || memchr(s.p, '\r', s.n) == NULL)
		return cif_scan_line(&x->scan, s);
	while (line_next(&s, &line))
		if (!cif_scan_line(&x->scan, line))
			return false;
	return true;
}

static void cif_end(void *p)
{
	struct cif *x = p;
	json_t *o;

	loop_end(x);
	if (x->in_block && !x->published)
		block_publish(x);
	if (x->nomem || x->scan.text.st == ST_NOMEM)
		lines_nomem(x->f);
	if (cif_scan_open(&x->scan))
		fact_partial(x->f, "cut off inside the value that began on line %llu", (unsigned long long)cif_scan_open(&x->scan));
	fact_format(x->f, x->mm ? "mmCIF" : "CIF", x->scan.two ? "2.0" : x->mm ? NULL : "1.1", NULL);
	if (x->mm)
		fact_media(x->f, "chemical/x-mmcif");
	if (x->ragged)
		fact_check(x->f, "ragged-rows", true, "%llu loops end inside a row, the first before line %llu", (unsigned long long)x->ragged,
		    (unsigned long long)x->ragged_line);
	if (x->stray)
		fact_check(x->f, "stray-values", true, "%llu values belong to no name, the first on line %llu", (unsigned long long)x->stray,
		    (unsigned long long)x->stray_line);
	if ((o = fact_object(x->f, "crystal")) != NULL) {
		fact_put_int(x->f, o, "blocks", (int64_t)x->blocks);
		if (x->names && json_array_size(x->names))
			fact_put(x->f, o, "blockNames", json_incref(x->names));
	}
}

static void cif_release(void *p)
{
	struct cif *x = p;

	cif_scan_release(&x->scan);
	block_clear(&x->b);
	json_decref(x->authors);
	json_decref(x->names);
}

static const struct lines_kind cif_kind = {
	.bid = cif_bid, .size = sizeof(struct cif), .media = "chemical/x-cif", .open = cif_open, .line = cif_line, .end = cif_end, .release = cif_release,
	.decode = true,
};

static const struct lines_kind *const kinds[] = { &cif_kind };

LINES_EXTRACTOR(ex_cif, "cif", 1, kinds);
