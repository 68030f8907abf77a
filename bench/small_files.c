/*
 * A folder of many small files of mixed kinds, the same for the same seed:
 *
 *	small_files DIR N [SEED]	N files of 1 to 20 KB: csv, tsv, json, txt, md, png, xyz, cif, npy, fasta in turn by chance, 200 a folder
 *
 * Every file is well-formed and its values differ, so that neither the store nor the extractors get off with seeing one file many times.
 */

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/fs.h"

#define PER_FOLDER 200

static uint64_t state;

static uint32_t rnd(uint32_t below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((state >> 33) % below);
}

static double real(void)
{
	return (double)rnd(1000000) / 1000.0;
}

static void table(struct buf *b, size_t want, char sep)
{
	unsigned i = 0;

	buf_addf(b, "sample%ctime%ctemperature_K%cpressure_Pa%cquality\n", sep, sep, sep, sep);
	while (b->n < want)
		buf_addf(b, "s%u%c2026-%02u-%02uT%02u:00:00Z%c%.3f%c%.1f%c%s\n", i++, sep, 1 + rnd(12), 1 + rnd(28), rnd(24), sep, 273 + real() / 10, sep,
		    100000 + real(), sep, rnd(2) ? "good" : "poor");
}

static void kind_csv(struct buf *b, size_t want) { table(b, want, ','); }
static void kind_tsv(struct buf *b, size_t want) { table(b, want, '\t'); }

static void kind_json(struct buf *b, size_t want)
{
	unsigned i = 0;

	buf_adds(b, "[");
	while (b->n < want) {
		buf_addf(b, "%s{\"id\": %u, \"x\": %.3f, \"y\": %.3f, \"label\": \"%c\"}", i ? ",\n" : "", i, real(), real(), 'a' + (int)rnd(26));
		i++;
	}
	buf_adds(b, "]\n");
}

static void words(struct buf *b, size_t want)
{
	static const char *const word[] = { "soil", "sample", "measured", "spring", "acidity", "carbon", "field", "instrument", "run", "calibrated", "of", "the", "in", "and" };
	unsigned col = 0;

	while (b->n < want) {
		buf_addf(b, "%s%s", word[rnd(14)], ++col % 12 ? " " : "\n");
		if (rnd(9) == 0)
			buf_addf(b, "%u ", rnd(100000));
	}
	buf_adds(b, "\n");
}

static void kind_txt(struct buf *b, size_t want) { words(b, want); }

static void kind_md(struct buf *b, size_t want)
{
	buf_addf(b, "# Run %u\n\n", rnd(1000000));
	words(b, want);
}

static void be32(struct buf *b, uint32_t v)
{
	uint8_t p[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };

	buf_add(b, p, 4);
}

static void chunk(struct buf *b, const char *type, const void *p, size_t n)
{
	size_t at = b->n + 4;

	be32(b, (uint32_t)n);
	buf_add(b, type, 4);
	buf_add(b, p, n);
	be32(b, (uint32_t)crc32(0, (const Bytef *)b->p + at, (uInt)(n + 4)));
}

static void kind_png(struct buf *b, size_t want)
{
	struct buf head = BUF_INIT(64);
	uint32_t side = 8;
	uint8_t *raw, *packed;
	uLongf n;
	uint32_t y, x;

	while ((size_t)side * side < want)
		side++;
	raw = malloc((size_t)side * (side + 1));
	n = compressBound((uLong)side * (side + 1));
	packed = malloc(n);
	if (raw == NULL || packed == NULL)
		exit(1);
	for (y = 0; y < side; y++) {
		raw[y * (side + 1)] = 0;
		for (x = 0; x < side; x++)
			raw[y * (side + 1) + 1 + x] = (uint8_t)rnd(256);
	}
	compress2(packed, &n, raw, (uLong)side * (side + 1), 1);
	buf_add(b, "\x89PNG\r\n\x1a\n", 8);
	be32(&head, side);
	be32(&head, side);
	buf_add(&head, "\x08\x00\x00\x00\x00", 5);
	chunk(b, "IHDR", head.p, head.n);
	chunk(b, "IDAT", packed, n);
	chunk(b, "IEND", "", 0);
	buf_release(&head);
	free(raw);
	free(packed);
}

static void kind_xyz(struct buf *b, size_t want)
{
	static const char *const el[] = { "H", "C", "N", "O", "Si", "Fe" };
	size_t atoms = want / 36 + 1, i;

	buf_addf(b, "%zu\nframe %u\n", atoms, rnd(100000));
	for (i = 0; i < atoms; i++)
		buf_addf(b, "%-2s %10.5f %10.5f %10.5f\n", el[rnd(6)], real() / 50, real() / 50, real() / 50);
}

static void kind_cif(struct buf *b, size_t want)
{
	unsigned i = 0;

	buf_addf(b, "data_run%u\n_chemical_formula_sum 'Si O2'\n_symmetry_space_group_name_H-M 'P 32 2 1'\n_cell_length_a %.4f\n_cell_length_b 4.9134\n"
	    "_cell_length_c 5.4052\n_cell_angle_alpha 90\n_cell_angle_beta 90\n_cell_angle_gamma 120\nloop_\n_atom_site_label\n_atom_site_type_symbol\n"
	    "_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n", rnd(1000000), 4.9 + real() / 10000);
	while (b->n < want) {
		buf_addf(b, "%s%u %s %.5f %.5f %.5f\n", i % 3 ? "O" : "Si", i, i % 3 ? "O" : "Si", real() / 1000, real() / 1000, real() / 1000);
		i++;
	}
}

static void kind_npy(struct buf *b, size_t want)
{
	char head[118];
	size_t n = want / 8 + 1, i;
	int len = snprintf(head, sizeof(head), "{'descr': '<f8', 'fortran_order': False, 'shape': (%zu,), }", n);

	memset(head + len, ' ', sizeof(head) - (size_t)len);
	head[117] = '\n';
	buf_add(b, "\x93NUMPY\x01\x00\x76\x00", 10);
	buf_add(b, head, sizeof(head));
	for (i = 0; i < n; i++) {
		double v = real();

		buf_add(b, &v, sizeof(v));
	}
}

static void kind_fasta(struct buf *b, size_t want)
{
	unsigned i = 0, k;

	while (b->n < want) {
		buf_addf(b, ">seq%u Escherichia coli contig %u\n", i++, rnd(100000));
		for (k = 0; k < 280; k++)
			buf_addf(b, "%c%s", "ACGT"[rnd(4)], k % 70 == 69 ? "\n" : "");
	}
}

static const struct { const char *suffix; void (*make)(struct buf *, size_t); } kinds[] = {
	{ "csv", kind_csv }, { "tsv", kind_tsv }, { "json", kind_json }, { "txt", kind_txt }, { "md", kind_md }, { "png", kind_png }, { "xyz", kind_xyz },
	{ "cif", kind_cif }, { "npy", kind_npy }, { "fasta", kind_fasta },
};

int main(int argc, char **argv)
{
	struct buf b = BUF_INIT(1 << 20);
	unsigned long n, i;
	char path[4096];

	if (argc < 3) {
		fputs("usage: small_files DIR N [SEED]\n", stderr);
		return 2;
	}
	n = strtoul(argv[2], NULL, 10);
	state = argc > 3 ? strtoul(argv[3], NULL, 10) : 1;
	mkdir(argv[1], 0755);
	for (i = 0; i < n; i++) {
		size_t kind = rnd(10);
		int fd;

		snprintf(path, sizeof(path), "%s/batch%04lu", argv[1], i / PER_FOLDER);
		if (i % PER_FOLDER == 0)
			mkdir(path, 0755);
		snprintf(path, sizeof(path), "%s/batch%04lu/run%06lu.%s", argv[1], i / PER_FOLDER, i, kinds[kind].suffix);
		buf_clear(&b);
		kinds[kind].make(&b, 1000 + rnd(19000));
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
		if (fd < 0 || b.st != ST_OK || fs_write_all(fd, b.p, b.n, NULL) != ST_OK || close(fd) != 0) {
			fprintf(stderr, "small_files: cannot write '%s'\n", path);
			return 1;
		}
	}
	buf_release(&b);
	return 0;
}
