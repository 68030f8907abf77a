/* Assemblies by their names and by the lengths of their first chromosomes, as NCBI publishes them. */

#include "indexer/extract/genome_int.h"

#include <ctype.h>

enum { GRCH38, GRCH37, NCBI36, CHM13, GRCM39, GRCM38, MGSC37, MRATBN7, RNOR6, GRCZ11, BDGP6, WBCEL235, R64, TAIR10, IRGSP, ECOLI, SARS2, GALGAL6, ARSUCD, PHIX };

static const struct assembly known[] = {
	[GRCH38] = { "GRCh38", "hg38 b38", "Homo sapiens", 9606 },
	[GRCH37] = { "GRCh37", "hg19 b37 g1k_v37 hs37d5", "Homo sapiens", 9606 },
	[NCBI36] = { "NCBI36", "hg18 b36", "Homo sapiens", 9606 },
	[CHM13] = { "T2T-CHM13v2.0", "chm13 hs1", "Homo sapiens", 9606 },
	[GRCM39] = { "GRCm39", "mm39", "Mus musculus", 10090 },
	[GRCM38] = { "GRCm38", "mm10", "Mus musculus", 10090 },
	[MGSC37] = { "MGSCv37", "mm9", "Mus musculus", 10090 },
	[MRATBN7] = { "mRatBN7.2", "rn7", "Rattus norvegicus", 10116 },
	[RNOR6] = { "Rnor_6.0", "rn6", "Rattus norvegicus", 10116 },
	[GRCZ11] = { "GRCz11", "danRer11", "Danio rerio", 7955 },
	[BDGP6] = { "BDGP6", "dm6", "Drosophila melanogaster", 7227 },
	[WBCEL235] = { "WBcel235", "ce11", "Caenorhabditis elegans", 6239 },
	[R64] = { "R64-1-1", "sacCer3", "Saccharomyces cerevisiae", 4932 },
	[TAIR10] = { "TAIR10", "", "Arabidopsis thaliana", 3702 },
	[IRGSP] = { "IRGSP-1.0", "", "Oryza sativa Japonica Group", 39947 },
	[ECOLI] = { "ASM584v2", "NC_000913.3", "Escherichia coli str. K-12 substr. MG1655", 511145 },
	[SARS2] = { "ASM985889v3", "NC_045512.2 wuhCor1", "Severe acute respiratory syndrome coronavirus 2", 2697049 },
	[GALGAL6] = { "GRCg6a", "galGal6", "Gallus gallus", 9031 },
	[ARSUCD] = { "ARS-UCD1.2", "bosTau9", "Bos taurus", 9913 },
	[PHIX] = { "ViralProj14015", "NC_001422.1 phiX174", "Escherichia phage phiX174", 10847 },
};

static const struct { const char *contig; uint32_t length; uint8_t assembly; } contigs[] = {
	{ "1", 248956422, GRCH38 }, { "20", 64444167, GRCH38 }, { "21", 46709983, GRCH38 }, { "22", 50818468, GRCH38 }, { "X", 156040895, GRCH38 },
	{ "1", 249250621, GRCH37 }, { "20", 63025520, GRCH37 }, { "21", 48129895, GRCH37 }, { "22", 51304566, GRCH37 }, { "X", 155270560, GRCH37 },
	{ "1", 247249719, NCBI36 }, { "20", 62435964, NCBI36 }, { "21", 46944323, NCBI36 }, { "22", 49691432, NCBI36 }, { "X", 154913754, NCBI36 },
	{ "1", 248387328, CHM13 }, { "1", 195154279, GRCM39 }, { "1", 195471971, GRCM38 }, { "1", 197195432, MGSC37 }, { "1", 260522016, MRATBN7 },
	{ "1", 282763074, RNOR6 }, { "1", 59578282, GRCZ11 }, { "2L", 23513712, BDGP6 }, { "I", 15072434, WBCEL235 }, { "I", 230218, R64 },
	{ "1", 30427671, TAIR10 }, { "1", 43270923, IRGSP }, { "NC_000913.3", 4641652, ECOLI }, { "NC_045512.2", 29903, SARS2 }, { "1", 197608386, GALGAL6 },
	{ "1", 158534110, ARSUCD }, { "NC_001422.1", 5386, PHIX },
};

/* As a word: no letter or digit before it and none behind. */
static bool stands_in(struct slice s, struct slice word)
{
	size_t i;

	for (i = 0; word.n && i + word.n <= s.n; i++)
		if (strncasecmp(s.p + i, word.p, word.n) == 0 && (i == 0 || !isalnum((unsigned char)s.p[i - 1])) &&
		    (i + word.n == s.n || !isalnum((unsigned char)s.p[i + word.n])))
			return true;
	return false;
}

const struct assembly *assembly_named(struct slice s)
{
	size_t i;

	if (s.n > 4000)
		s.n = 4000;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct slice names = slice_str(known[i].alias), w;

		if (stands_in(s, slice_str(known[i].name)))
			return &known[i];
		while (word_next(&names, "", &w))
			if (stands_in(s, w))
				return &known[i];
	}
	return NULL;
}

const struct assembly *assembly_of_contig(struct slice contig, uint64_t length)
{
	size_t i;

	if (slice_istarts(contig, "chr")) {
		contig.p += 3;
		contig.n -= 3;
	}
	for (i = 0; i < sizeof(contigs) / sizeof(contigs[0]); i++)
		if (contigs[i].length == length && slice_eq_str(contig, contigs[i].contig))
			return &known[contigs[i].assembly];
	return NULL;
}

void assembly_put(struct fact *f, json_t *genome, const struct assembly *a)
{
	json_t *o;

	if (a == NULL)
		return;
	if (genome)
		fact_put_text(f, genome, "assembly", slice_str(a->name));
	if ((o = fact_object(f, "organism")) == NULL || json_object_size(o))
		return;
	fact_put_text(f, o, "name", slice_str(a->organism));
	fact_put_int(f, o, "taxon", a->taxon);
}
