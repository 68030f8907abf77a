#ifndef INDEXER_EXTRACT_GENOME_INT_H
#define INDEXER_EXTRACT_GENOME_INT_H

/* assembly.c: which genome a file is about, from names in its head or from lengths of its contigs. */

#include "indexer/extract/matter_int.h"

struct assembly { const char *name, *alias, *organism; unsigned taxon; };

/* By a name that stands anywhere in ${s}, as in "file:///ref/human_g1k_v37.fasta"; NULL: none known. */
const struct assembly *assembly_named(struct slice s);
/* By name and length of one contig ("chr1" and "1" are the same). */
const struct assembly *assembly_of_contig(struct slice contig, uint64_t length);
/* "assembly" of ${genome} (may be NULL) and "organism" of the facts. */
void assembly_put(struct fact *f, json_t *genome, const struct assembly *a);

#endif
