/*
 * Crystals, molecules, spectra, instruments and sequences: facts of the shared fixtures against what independent tools said of them (manifest.json), and small
 * files of our own for what the fixtures do not hold.
 */

#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "t/unit/indexer/facts.h"

static const char *shared_dir(void)
{
	static char path[4096];
	const char *s = getenv("AZEKURA_SHARED"), *src = getenv("AZEKURA_SRC"), *ci = getenv("CI");

	snprintf(path, sizeof(path), "%s%s/fixtures", s ? s : src ? src : "..", s ? "" : "/../shared");
	if (fs_exists(path))
		return path;
	if (ci && strcmp(ci, "true") == 0)
		fail_msg("no shared folder at '%s'", path);
	skip();
	return NULL;
}

static json_t *fixture(const char *name)
{
	char *path = fs_join(shared_dir(), name);
	json_t *j = facts_file(path, name);

	free(path);
	return j;
}

static json_t *manifest(void)
{
	struct buf b = BUF_INIT((size_t)64 << 20);
	char *path = fs_join(shared_dir(), "manifest.json");
	struct err e = ERR_INIT;
	json_t *j = NULL;

	assert_st_e(ST_OK, fs_read_file(path, &b, &e), &e);
	assert_st_e(ST_OK, json_load(&j, buf_slice(&b), &e), &e);
	buf_release(&b);
	free(path);
	return j;
}

/* Where a fact of the manifest stands in ours. */
static const struct { const char *kind, *theirs, *ours; } same[] = {
	{ "bio/chem", "variants", "genome.variants" },
	{ "bio/chem", "samples", "genome.samples" },
	{ "bio/chem", "features", "genome.features" },
	{ "bio/chem", "alignments", "genome.alignments" },
	{ "bio/chem", "sequences", "sequences.count" },
	{ "bio/chem", "total_residues", "sequences.residues" },
	{ "bio/chem", "first_id", "sequences.names[0]" },
	{ "bio/chem", "reads", "sequences.count" },
	{ "bio/chem", "bases", "sequences.residues" },
	{ "bio/chem", "length", "sequences.residues" },
	{ "bio/chem", "locus", "sequences.names[0]" },
	{ "bio/chem", "records", "sequences.count" },
	{ "bio/chem", "organism", "organism.name" },
	{ "bio/chem", "atom_records", "crystal.atoms" },
	{ "bio/chem", "id", "crystal.identifiers[0].value" },
	{ "bio/chem", "title", "crystal.title" },
	{ "bio/chem", "molecules", "molecule.count" },
	{ "bio/chem", "name", "molecule.name" },
	{ "bio/chem", "atoms", "molecule.atoms" },
	{ "bio/chem", "bonds", "molecule.bonds" },
	{ "bio/chem", "spectra", "spectrum.count" },
	{ "jcamp-dx", "blocks", "spectrum.blocks" },
	{ "jcamp-dx", "NPOINTS", "spectrum.points" },
	{ "jcamp-dx", "TITLE", "attributes.TITLE" },
	{ "jcamp-dx", "DATA TYPE", "attributes.DATA TYPE" },
	{ "jcamp-dx", "ORIGIN", "attributes.ORIGIN" },
	{ "poscar", "atoms", "crystal.atoms" },
	{ "poscar", "comment", "crystal.title" },
	{ "poscar", "cell_volume", "crystal.cell.volume" },
	{ "cif", "data_blocks", "crystal.blocks" },
	{ "cif", "_cell_length_a", "crystal.cell.a" },
	{ "cif", "_cell_length_b", "crystal.cell.b" },
	{ "cif", "_cell_length_c", "crystal.cell.c" },
	{ "cif", "_cell_angle_alpha", "crystal.cell.alpha" },
	{ "cif", "_cell_angle_beta", "crystal.cell.beta" },
	{ "cif", "_cell_angle_gamma", "crystal.cell.gamma" },
	{ "cif", "_cell_volume", "crystal.cell.volume" },
	{ "cif", "_cell.length_a", "crystal.cell.a" },
	{ "cif", "_chemical_formula_sum", "crystal.formula" },
	{ "cif", "_symmetry_space_group_name_H-M", "crystal.spaceGroup" },
	{ "cif", "_cod_database_code", "crystal.identifiers[0].value" },
	{ "cif", "_entry.id", "crystal.identifiers[0].value" },
	{ "cif", "_struct.title", "crystal.title" },
	{ "cif", "_exptl.method", "crystal.method" },
	{ "cif", "atom_site_rows", "crystal.atoms" },
};

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* "C4 H O3 Zn" as its parts in one order. */
static void formula_parts(const char *s, char out[20][16])
{
	size_t n = 0, k = 0;

	memset(out, 0, 20 * 16);
	for (; *s && n < 20; s++) {
		if (*s >= 'A' && *s <= 'Z' && k) {
			n++;
			k = 0;
		}
		if (*s != ' ' && n < 20 && k < 15)
			out[n][k++] = *s;
	}
	qsort(out, 20, 16, by_text);
}

static bool same_formula(const char *a, const char *b)
{
	char x[20][16], y[20][16];

	formula_parts(a, x);
	formula_parts(b, y);
	return memcmp(x, y, sizeof(x)) == 0;
}

/* A stated volume has its own rounding; numbers in CIF have uncertainties, which strtod() leaves. */
static bool agree(const char *where, const json_t *theirs, const json_t *ours)
{
	double a, b;

	if (ours == NULL)
		return false;
	a = json_is_string(theirs) ? strtod(json_string_value(theirs), NULL) : json_number_value(theirs);
	b = json_is_string(ours) ? strtod(json_string_value(ours), NULL) : json_number_value(ours);
	if (json_is_number(theirs) || json_is_number(ours))
		return fabs(a - b) <= (strcmp(where, "crystal.cell.volume") == 0 ? 1e-3 : 1e-6) * fabs(a);
	if (json_is_string(theirs) && json_is_string(ours) && strcmp(where, "crystal.formula") == 0)
		return same_formula(json_string_value(theirs), json_string_value(ours));
	return json_is_string(theirs) && json_is_string(ours) && strcmp(json_string_value(theirs), json_string_value(ours)) == 0;
}

static bool ours_to_read(const char *path)
{
	static const char *const folders[] = { "bio/", "chem/", "crystal/", "instrument/", "spectra/" };
	size_t i;

	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (strncmp(path, folders[i], strlen(folders[i])) == 0)
			return true;
	return false;
}

static void facts_agree_with_the_manifest(void **state)
{
	json_t *m = manifest(), *file, *ours;
	unsigned bad = 0, compared = 0;
	size_t i, k;

	(void)state;
	json_array_foreach(json_object_get(m, "files"), i, file) {
		const json_t *facts = json_object_get(file, "facts");
		const char *path = json_text(file, "path"), *kind = json_text(facts, "kind");

		if (!ours_to_read(path) || kind == NULL)
			continue;
		ours = fixture(path);
		for (k = 0; k < sizeof(same) / sizeof(same[0]); k++) {
			const json_t *want = json_object_get(facts, same[k].theirs), *got = json_at(ours, same[k].ours);

			if (want == NULL || strcmp(kind, same[k].kind) != 0)
				continue;
			compared++;
			if (!agree(same[k].ours, want, got)) {
				char *w = json_dumps(want, JSON_ENCODE_ANY), *g = got ? json_dumps(got, JSON_ENCODE_ANY) : NULL;

				print_error("%s: %s is %s, the manifest has %s\n", path, same[k].ours, g ? g : "absent", w);
				free(w);
				free(g);
				bad++;
			}
		}
		json_decref(ours);
	}
	json_decref(m);
	assert_int_equal(bad, 0);
	assert_true(compared >= 210);
	print_message("# %u facts compared\n", compared);
}

/* However a file is cut, its facts are the same. */
static void cuts_do_not_matter(void **state)
{
	static const char *const names[] = { "bio/ex1.vcf.gz", "bio/ls_orchid.fasta", "bio/longreads_as_sanger.fastq", "bio/NC_001422.gbk", "bio/ex10.sam", "crystal/eol-test.cif",
	    "instrument/1517474.cif", "crystal/POSCAR-195", "spectra/jeol.dx", "spectra/example.mzML", "instrument/mjr9_116a.vms", "instrument/empyrean.xrdml",
	    "generated/si_powder_cp932.ras", "generated/logger_toa5.dat", "chem/Jnk1_ligands.sdf", "crystal/1orc.pdb", "crystal/bucky.xyz" };
	struct buf b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *path = fs_join(shared_dir(), names[i]);
		json_t *whole, *cut;

		buf_init(&b, (size_t)64 << 20);
		assert_st(ST_OK, fs_read_file(path, &b, NULL));
		whole = facts_of(names[i], b.p, b.n, b.n);
		cut = facts_of(names[i], b.p, b.n, 7);
		if (!json_equal(whole, cut))
			fail_msg("%s: other facts when it comes in small pieces", names[i]);
		json_decref(whole);
		json_decref(cut);
		buf_release(&b);
		free(path);
	}
}

static void a_read_cut_short_is_told_with_its_number(void **state)
{
	json_t *j = fixture("bio/error_trunc_in_qual.fastq");

	(void)state;
	assert_string_equal("partial", text(j, "status"));
	assert_string_equal("cut off inside record 5: 25 bases and 24 qualities", text(j, "reason"));
	assert_int_equal(4, number(j, "sequences.count"));
	assert_non_null(check(j, "cut-short"));
	json_decref(j);
}

static void malformed_reads_stop_with_a_reason(void **state)
{
	json_t *j = facts_str("a.fastq", "@r1\nACGT\n+\nIIII\n@r2\nACGT\n+\nIIIIII\n@r3\nAC\n+\nII\n");

	(void)state;
	assert_string_equal("partial", text(j, "status"));
	assert_string_equal("record 2 is malformed: more qualities than bases", text(j, "reason"));
	assert_int_equal(1, number(j, "sequences.count"));
	assert_string_equal("Phred+33", text(j, "sequences.quality.encoding"));
	json_decref(j);
}

static void assemblies_are_known_by_their_contigs(void **state)
{
	json_t *j = facts_str("a.sam", "@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:chr1\tLN:248956422\n@RG\tID:1\tSM:NA12878\tPL:ILLUMINA\n"
	    "r1\t0\tchr1\t100\t60\t4M\t*\t0\t0\tACGT\tIIII\nr2\t4\t*\t0\t0\t*\t*\t0\t0\tACGT\tIIII\n");

	(void)state;
	assert_string_equal("GRCh38", text(j, "genome.assembly"));
	assert_int_equal(9606, number(j, "organism.taxon"));
	assert_int_equal(2, number(j, "genome.alignments"));
	assert_int_equal(1, number(j, "genome.mapped"));
	assert_string_equal("NA12878", text(j, "genome.sampleNames[0]"));
	json_decref(j);
	j = facts_str("a.vcf", "##fileformat=VCFv4.2\n##reference=hg19.fa\n##contig=<ID=chr1,length=248956422>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
	    "chr1\t10\t.\tA\tG,AT\t.\tPASS\t.\nchr1\tten\t.\tA\tG\t.\t.\t.\n");
	assert_string_equal("GRCh37", text(j, "genome.assembly"));
	assert_non_null(check(j, "assembly-differs"));
	assert_non_null(check(j, "malformed-record"));
	assert_int_equal(1, number(j, "genome.variants"));
	assert_int_equal(1, number(j, "genome.substitutions"));
	assert_int_equal(1, number(j, "genome.indels"));
	json_decref(j);
}

/* The same spectrum in two forms of packing. */
static void squeezed_and_differences_decode_alike(void **state)
{
	json_t *a = fixture("spectra/jcamp-squeezed.dx"), *b = fixture("spectra/jcamp-difdup.dx");

	(void)state;
	assert_int_equal(16384, number(a, "spectrum.points"));
	assert_true(json_equal(json_object_get(a, "plot"), json_object_get(b, "plot")));
	assert_null(json_object_get(a, "checks"));
	assert_null(json_object_get(b, "checks"));
	json_decref(a);
	json_decref(b);
}

static void packed_values_are_held_against_their_head(void **state)
{
	/* 1 2 3 3 as differences; the second line repeats the 3 as its check; the third lies about it */
	json_t *j = facts_str("a.jdx", "##TITLE=x\n##JCAMP-DX=5.0\n##DATA TYPE=INFRARED SPECTRUM\n##XUNITS=1/CM\n##YUNITS=ABSORBANCE\n##FIRSTX=10\n##LASTX=15\n"
	    "##NPOINTS=6\n##FIRSTY=1\n##MOLFORM=C2 H6 O\n##XYDATA=(X++(Y..Y))\n10AJT%\n14CJ\n15IJ\n##END=\n");

	(void)state;
	assert_string_equal("ir", text(j, "spectrum.kind"));
	assert_string_equal("wavenumber", text(j, "spectrum.x.label"));
	assert_string_equal("C2H6O", text(j, "molecule.formula"));
	assert_non_null(check(j, "y-check"));
	assert_int_equal(6, number(j, "spectrum.points"));
	json_decref(j);
}

static void hydrogens_left_out_are_counted(void **state)
{
	json_t *j = facts_str("a.mol", "ethanol\n  prog\n\n  3  2  0  0  0  0  0  0  0  0999 V2000\n    0.0000    0.0000    0.0000 C   0  0\n"
	    "    0.0000    0.0000    0.0000 C   0  0\n    0.0000    0.0000    0.0000 O   0  0\n  1  2  1  0\n  2  3  1  0\nM  END\n");

	(void)state;
	assert_string_equal("C2H6O", text(j, "molecule.formula"));
	assert_int_equal(3, number(j, "molecule.atoms"));
	json_decref(j);
	j = fixture("chem/doravirine.mol");
	assert_string_equal("C17H11ClF3N5O3", text(j, "molecule.formula"));
	json_decref(j);
	j = fixture("chem/Jnk1_ligands.sdf");
	assert_int_equal(21, number(j, "tables[0].rows"));
	assert_string_equal("i_m_stars", text(column(j, 0), "name"));
	assert_string_equal("r_user_dG.exp", text(column(j, 1), "name"));
	assert_int_equal(21, number(column(j, 1), "count"));
	json_decref(j);
}

static void space_groups_are_known_in_many_spellings(void **state)
{
	static const struct { const char *hm; int number; } all[] = {
		{ "P 21/c", 14 }, { "P 1 21/n 1", 14 }, { "P2_1/c", 14 }, { "C 2/c", 15 }, { "Fd-3m", 227 }, { "F d 3 m", 227 }, { "R -3 m :H", 166 }, { "H 3 2", 155 }, { "Cmce", 64 },
		{ "P 63/m m c", 194 }, { "I a -3 d", 230 }, { "P 21 21 21", 19 }, { "P -1", 2 },
	};
	char file[300];
	json_t *j;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		snprintf(file, sizeof(file), "data_x\n_cell_length_a 1\n_symmetry_space_group_name_H-M '%s'\n", all[i].hm);
		j = facts_str("a.cif", file);
		if (number(j, "crystal.spaceGroupNumber") != all[i].number)
			fail_msg("%s is %lld", all[i].hm, number(j, "crystal.spaceGroupNumber"));
		json_decref(j);
	}
	j = facts_str("a.cif", "data_x\n_cell_length_a 1\n_symmetry_space_group_name_Hall '-P 3 2\"'\n_symmetry_Int_Tables_number 165\n");
	assert_int_equal(164, number(j, "crystal.spaceGroupNumber"));
	assert_string_equal("P -3 m 1", text(j, "crystal.spaceGroup"));
	json_decref(j);
	j = facts_str("a.cif", "data_x\n_cell_length_a 10\n_cell_length_b 10\n_cell_length_c 10\n_cell_volume 900\n_space_group_name_H-M_alt 'P 1'\n_space_group_IT_number 2\n");
	assert_non_null(check(j, "volume-differs"));
	assert_non_null(check(j, "space-group"));
	json_decref(j);
}

static void maps_and_reflections_are_read_by_their_heads(void **state)
{
	json_t *j = fixture("crystal/5e5z.mtz");

	(void)state;
	assert_int_equal(441, number(j, "tables[0].rows"));
	assert_int_equal(4, number(j, "crystal.spaceGroupNumber"));
	assert_string_equal("SIGFP", text(column(j, 5), "name"));
	json_decref(j);
	j = fixture("crystal/5i55_tiny.ccp4");
	assert_int_equal(10, number(j, "variables[0].shape[0]"));
	assert_true(fabs(real(j, "crystal.cell.beta") - 111.975) < 1e-3);
	json_decref(j);
}

/* Points, first and last abscissa, and the greatest ordinate, as the files' makers or other readers have them. */
static void instruments_are_read(void **state)
{
	static const struct { const char *path, *format, *kind, *x_unit; int points, count; double first, last, most; } all[] = {
		{ "generated/si_powder_cp932.ras", "Rigaku RAS", "xrd", "deg", 3501, 1, 10, 80, 9045 },
		{ "generated/si_powder.xy", "XY", NULL, NULL, 3501, 1, 10, 80, 9045 },
		{ "instrument/BT86_.UXD", "Bruker UXD", "xrd", "deg", 2374, 1, 3, 40, 5774 },
		{ "instrument/KTF-D.Probe.Raw.asc", "PerkinElmer ASCII", "uv-vis", "nm", 1001, 1, 200, 1200, 89.950410 },
		{ "instrument/PSI_DMC.dat", "PSI powder data", "neutron-diffraction", "deg", 3200, 1, 2.948, 162.898, 45712 },
		{ "instrument/empyrean.xrdml", "XRDML", "xrd", "deg", 196, 1, 30.05, 41.75, 22 },
		{ "instrument/XRD-918-16_10.xrdml", "XRDML", "xrd", "deg", 5027, 1, 4.00656514, 69.99936587, 100168 },
		{ "instrument/mjr9_116a.vms", "VAMAS", "xps", "eV", 1101, 7, 386.69, 1486.69, 30809 },
		{ "instrument/specsxy_example.xy", "SPECS XY", "xps", "eV", 1303, 4, 100, 1402, 270499.58 },
		{ "instrument/XSYGExample.xsyg", "XSYG", "luminescence", "s", 569, 3, 0.1, 56.9, 2535 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		json_t *j = fixture(all[i].path);

		if (strcmp(text(j, "status"), "ok") != 0 || json_object_get(j, "checks"))
			fail_msg("%s: status %s", all[i].path, text(j, "status"));
		assert_string_equal(all[i].format, text(j, "format.name"));
		assert_int_equal(all[i].points, number(j, "spectrum.points"));
		assert_int_equal(all[i].count, number(j, "spectrum.count"));
		assert_true(fabs(real(j, "spectrum.x.min") - all[i].first) < 1e-6 && fabs(real(j, "spectrum.x.max") - all[i].last) < 1e-6);
		assert_true(fabs(real(j, "spectrum.y.max") - all[i].most) < 1e-6);
		if (all[i].kind)
			assert_string_equal(all[i].kind, text(j, "spectrum.kind"));
		if (all[i].x_unit)
			assert_string_equal(all[i].x_unit, text(j, "spectrum.x.unit"));
		assert_true(json_array_size(json_at(j, "plot.series[0].points")) > 100);
		assert_true(number(j, "tables[0].rows") >= all[i].points);
		json_decref(j);
	}
}

static void loggers_keep_units_and_who_they_are(void **state)
{
	json_t *j = fixture("generated/logger_toa5.dat");

	(void)state;
	assert_string_equal("Campbell Scientific", text(j, "instrument.manufacturer"));
	assert_string_equal("70068", text(j, "instrument.serial"));
	assert_int_equal(144, number(j, "tables[0].rows"));
	assert_string_equal("Deg C", text(column(j, 2), "unit"));
	assert_int_equal(2, number(column(j, 2), "missing"));
	assert_string_equal("2026-04-01T09:00:00", text(column(j, 0), "min"));
	assert_string_equal("2026-04-02T08:50:00", text(column(j, 0), "max"));
	json_decref(j);
	j = fixture("generated/arduino_serial.log");
	assert_int_equal(295, number(j, "tables[0].rows"));
	assert_int_equal(4, number(column(j, 1), "missing"));
	assert_non_null(check(j, "nul-characters"));
	json_decref(j);
	j = fixture("instrument/Resistivity_Ch1_TMR_Ch2_Hall_test.dat");
	assert_string_equal("Quantum Design", text(j, "instrument.manufacturer"));
	assert_int_equal(1401, number(j, "tables[0].rows"));
	assert_string_equal("K", text(column(j, 3), "unit"));
	json_decref(j);
	j = fixture("generated/si_powder_cp932.ras");
	assert_string_equal("Si\xE7\xB2\x89\xE6\x9C\xAB \xE6\xA8\x99\xE6\xBA\x96\xE8\xA9\xA6\xE6\x96\x99", text(j, "sample.description"));
	json_decref(j);
}

static void mass_spectra_are_counted(void **state)
{
	static const struct { const char *path; int spectra, chromatograms; } all[] = {
		{ "spectra/example.mzML", 11, 1 }, { "spectra/tiny.pwiz.1.1.mzML", 4, 2 }, { "spectra/mini.chrom.mzML", 0, 3 }, { "spectra/test.mzXML", 2, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		json_t *j = fixture(all[i].path);

		assert_string_equal("ok", text(j, "status"));
		assert_int_equal(all[i].spectra, number(j, "spectrum.count"));
		if (all[i].chromatograms)
			assert_int_equal(all[i].chromatograms, number(j, "spectrum.chromatograms"));
		assert_non_null(json_at(j, "plot.series[0].points[1]"));
		json_decref(j);
	}
}

static void gzipped(struct buf *out, const void *p, size_t n)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)p, .avail_in = (uInt)n };
	size_t room = n + n / 100 + 200;

	assert_int_equal(Z_OK, deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY));
	assert_st(ST_OK, buf_reserve(out, room));
	z.next_out = (Bytef *)out->p + out->n;
	z.avail_out = (uInt)room;
	assert_int_equal(Z_STREAM_END, deflate(&z, Z_FINISH));
	out->n += room - z.avail_out;
	deflateEnd(&z);
}

/* A BAM file in two members of gzip: head, one reference, two alignments of which one is mapped. */
static void bam_is_counted_behind_gzip(void **state)
{
	static const char head[] = "@HD\tVN:1.6\n@RG\tID:a\tSM:s1\n";
	struct buf raw = BUF_INIT(4096), gz = BUF_INIT(8192);
	uint32_t n = sizeof(head) - 1, one = 1, two = 2, length = 249250621, size = 40;
	char record[40] = { 0 };
	json_t *j;
	int i;

	(void)state;
	buf_add(&raw, "BAM\1", 4);
	buf_add(&raw, &n, 4);
	buf_add(&raw, head, n);
	buf_add(&raw, &one, 4);
	buf_add(&raw, &two, 4);
	buf_add(&raw, "1", 2);
	buf_add(&raw, &length, 4);
	gzipped(&gz, raw.p, raw.n);
	buf_clear(&raw);
	for (i = 0; i < 2; i++) {
		record[14] = i ? 4 : 0;		/* flag: unmapped */
		buf_add(&raw, &size, 4);
		buf_add(&raw, record, sizeof(record));
	}
	gzipped(&gz, raw.p, raw.n);
	j = facts_of("x.bam", gz.p, gz.n, 11);
	assert_string_equal("ok", text(j, "status"));
	assert_string_equal("BAM", text(j, "format.name"));
	assert_int_equal(2, number(j, "genome.alignments"));
	assert_int_equal(1, number(j, "genome.mapped"));
	assert_string_equal("GRCh37", text(j, "genome.assembly"));
	assert_string_equal("s1", text(j, "genome.sampleNames[0]"));
	json_decref(j);
	j = facts_of("x.bam", gz.p, gz.n - 20, 11);
	assert_string_equal("partial", text(j, "status"));
	json_decref(j);
	buf_release(&raw);
	buf_release(&gz);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_agree_with_the_manifest),
		cmocka_unit_test(cuts_do_not_matter),
		cmocka_unit_test(a_read_cut_short_is_told_with_its_number),
		cmocka_unit_test(malformed_reads_stop_with_a_reason),
		cmocka_unit_test(assemblies_are_known_by_their_contigs),
		cmocka_unit_test(bam_is_counted_behind_gzip),
		cmocka_unit_test(squeezed_and_differences_decode_alike),
		cmocka_unit_test(packed_values_are_held_against_their_head),
		cmocka_unit_test(hydrogens_left_out_are_counted),
		cmocka_unit_test(space_groups_are_known_in_many_spellings),
		cmocka_unit_test(instruments_are_read),
		cmocka_unit_test(loggers_keep_units_and_who_they_are),
		cmocka_unit_test(mass_spectra_are_counted),
		cmocka_unit_test(maps_and_reflections_are_read_by_their_heads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
