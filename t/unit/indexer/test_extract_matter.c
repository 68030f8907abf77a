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
	static const char *const folders[] = { "bio/", "crystal/", "instrument/" };
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
	assert_true(compared >= 170);
	print_message("# %u facts compared\n", compared);
}

/* However a file is cut, its facts are the same. */
static void cuts_do_not_matter(void **state)
{
	static const char *const names[] = { "bio/ex1.vcf.gz", "bio/ls_orchid.fasta", "bio/longreads_as_sanger.fastq", "bio/NC_001422.gbk", "bio/ex10.sam", "crystal/eol-test.cif",
	    "instrument/1517474.cif", "crystal/POSCAR-195", "crystal/1orc.pdb", "crystal/bucky.xyz" };
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
