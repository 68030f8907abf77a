/*
 * All extractors through one door: the first byte picks the ending of the name from a table, the second the size of the pieces, the rest is a
 * file. What is said of it is JSON with a status and, unless that is "ok", a reason; and it is the same whether the file was read where the
 * reader likes or came as a stream in pieces.
 */

#include "base/json.h"
#include "indexer/extract/extract.h"
#include "indexer/extract/source.h"
#include "t/fuzz/fuzz.h"

static const char *const endings[] = {
	"csv", "tsv", "txt", "json", "jsonl", "ndjson", "parquet", "arrow", "feather", "xlsx", "ods", "xls", "sqlite", "db", "gpkg", "sav", "por", "dta", "sas7bdat", "xpt",
	"rds", "rdata", "nc", "h5", "hdf5", "nxs", "zarr", "mat", "npy", "npz", "fits", "fit", "grib", "grib2", "png", "jpg", "jpeg", "tif", "tiff", "ome.tif", "ome.xml", "gif",
	"bmp", "webp", "dcm", "nii", "nii.gz", "geojson", "shp", "shx", "dbf", "prj", "kml", "kmz", "gpx", "gml", "cif", "vasp", "POSCAR", "xyz", "pdb", "mmcif", "sdf", "mol", "mol2",
	"jdx", "dx", "xy", "ras", "mzML", "mgf", "fasta", "fa", "fastq", "vcf", "bed", "gff", "gff3", "gtf", "sam", "bam", "pdf", "md", "html", "htm", "ipynb", "wav", "flac",
	"mp3", "ogg", "safetensors", "gguf", "onnx", "pkl", "pt", "pth", "zip", "tar", "tar.gz", "tgz", "tar.zst", "tar.xz", "gz", "xz", "bz2", "zst", "7z", "xml", "mrc", "map", "cube",
	"CHGCAR", "mtz", "raw", "bin", "dat", "log", "yaml", "yml", "cff", "docx", "pptx", "rar", "zarray", "zattrs", "zgroup", "zmetadata", "",
};

static void end(struct extract *x, struct buf *out)
{
	st_t st = extract_end(x, out, NULL);

	FUZZ_HOLDS(st == ST_OK || st == ST_NOMEM);
	extract_free(x);
}

static void in_pieces(struct buf *out, const char *name, const uint8_t *d, size_t n, size_t step)
{
	struct extract *x = NULL;
	st_t st = ST_OK;
	size_t at, k;

	FUZZ_HOLDS(extract_new(&x, name, n, NULL) == ST_OK);
	for (at = 0; at < n && st == ST_OK; at += k) {
		char *piece;

		k = n - at < step ? n - at : step;
		piece = exact_copy(d + at, k);
		st = extract_push(x, piece, k, NULL);
		free(piece);
	}
	FUZZ_HOLDS(st == ST_OK || st == ST_EOF);
	end(x, out);
}

static void holds(const struct buf *facts)
{
	json_t *j = NULL;

	FUZZ_HOLDS(json_load(&j, buf_slice(facts), NULL) == ST_OK);
	FUZZ_HOLDS(json_text(j, "extractor") && json_text(j, "status") && json_text(j, "media"));
	FUZZ_HOLDS(strcmp(json_text(j, "status"), "ok") == 0 || (json_text(j, "reason") && json_text(j, "reason")[0]));
	json_decref(j);
}

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	struct buf whole = BUF_INIT((size_t)8 << 20), cut = BUF_INIT((size_t)8 << 20);
	struct source src;
	char name[32], *p;
	size_t step;

	if (n < 2 || n > 200000)	/* longer ones are claimed by their beginning only, whose length differs */
		return 0;
	snprintf(name, sizeof(name), "run/a.%s", endings[d[0] % (sizeof(endings) / sizeof(endings[0]))]);
	step = n < 4096 ? (size_t)d[1] + 1 : ((size_t)d[1] + 1) * 64;
	p = exact_copy(d + 2, n - 2);
	source_mem(&src, p, n - 2);
	FUZZ_HOLDS(extract_source(&src, name, &whole, NULL) == ST_OK);
	holds(&whole);
	in_pieces(&cut, name, d + 2, n - 2, step);
	if (!slice_eq(buf_slice(&whole), buf_slice(&cut)))
		fprintf(stderr, "%s in pieces of %zu:\n%.3000s\nwhole:\n%.3000s\n", name, step, cut.p, whole.p);
	FUZZ_HOLDS(slice_eq(buf_slice(&whole), buf_slice(&cut)));
	buf_release(&whole);
	buf_release(&cut);
	free(p);
	return 0;
}
