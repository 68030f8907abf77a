/* Media types by first bytes: what a file is, whatever it is called. The first rule that matches counts. */

#include "indexer/extract/extract_int.h"

struct rule { uint16_t at; uint8_t n; const char *bytes, *media; };
#define R(at, bytes, media) { at, sizeof(bytes) - 1, bytes, media }

static const struct rule rules[] = {
	R(128, "DICM", "application/dicom"),	/* its preamble may pose as TIFF */
	R(0, "\x89PNG\r\n\x1a\n", "image/png"),
	R(0, "\xFF\xD8\xFF", "image/jpeg"),
	R(0, "GIF87a", "image/gif"),
	R(0, "GIF89a", "image/gif"),
	R(0, "II*\0", "image/tiff"),
	R(0, "MM\0*", "image/tiff"),
	R(0, "II+\0", "image/tiff"),
	R(0, "MM\0+", "image/tiff"),
	R(0, "\0\0\0\x0CjP  \r\n\x87\n", "image/jp2"),
	R(0, "%PDF-", "application/pdf"),
	R(0, "%!PS", "application/postscript"),
	R(0, "{\\rtf", "application/rtf"),
	R(0, "\x1F\x8B", "application/gzip"),
	R(0, "BZh", "application/x-bzip2"),
	R(0, "\xFD" "7zXZ\0", "application/x-xz"),
	R(0, "\x28\xB5\x2F\xFD", "application/zstd"),
	R(0, "7z\xBC\xAF\x27\x1C", "application/x-7z-compressed"),
	R(0, "Rar!\x1a\x07", "application/vnd.rar"),
	R(257, "ustar", "application/x-tar"),
	R(0, "PAR1", "application/vnd.apache.parquet"),
	R(0, "PARE", "application/vnd.apache.parquet"),
	R(0, "ARROW1\0\0", "application/vnd.apache.arrow.file"),
	R(0, "FEA1", "application/vnd.apache.arrow.file"),
	R(0, "Obj\x01", "application/avro"),
	R(0, "\x89HDF\r\n\x1a\n", "application/x-hdf5"),
	R(0, "CDF\x01", "application/netcdf"),
	R(0, "CDF\x02", "application/netcdf"),
	R(0, "CDF\x05", "application/netcdf"),
	R(0, "SIMPLE  =", "application/fits"),
	R(0, "XTENSION=", "application/fits"),
	R(0, "SQLite format 3\0", "application/vnd.sqlite3"),
	R(344, "n+1\0", "application/vnd.nifti"),
	R(344, "ni1\0", "application/vnd.nifti"),
	R(4, "n+2\0\r\n\x1a\n", "application/vnd.nifti"),
	R(0, "MATLAB 5.0 MAT-file", "application/x-matlab-data"),
	R(0, "MATLAB 7.3 MAT-file", "application/x-hdf5"),
	R(0, "\x93NUMPY", "application/x-npy"),
	R(0, "<stata_dta>", "application/x-stata"),
	R(0, "$FL2", "application/x-spss-sav"),
	R(0, "$FL3", "application/x-spss-sav"),
	R(0, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "application/x-ole-storage"),
	R(0, "\x7F" "ELF", "application/x-executable"),
	R(0, "fLaC", "audio/flac"),
	R(0, "OggS", "application/ogg"),
	R(0, "ID3", "audio/mpeg"),
	R(0, "\xFF\xFB", "audio/mpeg"),
	R(0, "\xFF\xF3", "audio/mpeg"),
	R(0, "\xFF\xFA", "audio/mpeg"),
	R(4, "ftypheic", "image/heic"),
	R(4, "ftypheix", "image/heic"),
	R(4, "ftypmif1", "image/heif"),
	R(4, "ftypavif", "image/avif"),
	R(4, "ftyp", "video/mp4"),
	R(0, "\x1A\x45\xDF\xA3", "video/webm"),
	R(8, "WAVE", "audio/wav"),
	R(8, "WEBP", "image/webp"),
	R(8, "AVI ", "video/x-msvideo"),
	R(0, "GRIB", "application/x-grib"),
	R(0, "wOF2", "font/woff2"),
	R(0, "\0\0\x27\x0A", "application/vnd.shp"),
	R(0, "glTF", "model/gltf-binary"),
	R(0, "\0asm", "application/wasm"),
};

/* The first member of a zip often says what the whole is. */
static const char *zip_media(const uint8_t *p, size_t n)
{
	static const struct { const char *mark, *media; } inner[] = {
		{ "mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "application/vnd.oasis.opendocument.spreadsheet" },
		{ "mimetypeapplication/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text" },
		{ "mimetypeapplication/vnd.oasis.opendocument.presentation", "application/vnd.oasis.opendocument.presentation" },
		{ "mimetypeapplication/epub+zip", "application/epub+zip" },
	};
	static const struct { const char *mark, *media; } deep[] = {
		{ "xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
		{ "word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
		{ "ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation" },
	};
	size_t i, most = n < 8192 ? n : 8192;

	for (i = 0; i < sizeof(inner) / sizeof(inner[0]); i++)
		if (n > 30 + strlen(inner[i].mark) && memcmp(p + 30, inner[i].mark, strlen(inner[i].mark)) == 0)
			return inner[i].media;
	if (memmem(p, most, "[Content_Types].xml", 19) != NULL || memmem(p, most, "_rels/.rels", 11) != NULL)
		for (i = 0; i < sizeof(deep) / sizeof(deep[0]); i++)
			if (memmem(p, most, deep[i].mark, strlen(deep[i].mark)) != NULL)
				return deep[i].media;
	return "application/zip";
}

const char *magic_media(const uint8_t *p, size_t n)
{
	size_t i;

	if (n >= 4 && (memcmp(p, "PK\3\4", 4) == 0 || memcmp(p, "PK\5\6", 4) == 0))
		return zip_media(p, n);
	if (n >= 26 && memcmp(p, "BM", 2) == 0 && p[6] == 0 && p[7] == 0 && p[8] == 0 && p[9] == 0)
		return "image/bmp";
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if ((size_t)rules[i].at + rules[i].n <= n && memcmp(p + rules[i].at, rules[i].bytes, rules[i].n) == 0) {
			if (rules[i].at == 8 && memcmp(p, "RIFF", 4) != 0 && memcmp(p, "RIFX", 4) != 0 && memcmp(p, "RF64", 4) != 0)
				continue;
			return rules[i].media;
		}
	return NULL;
}

static const struct { const char *ext, *media; } exts[] = {
	{ "md", "text/markdown" }, { "markdown", "text/markdown" }, { "rst", "text/x-rst" }, { "html", "text/html" }, { "htm", "text/html" },
	{ "xml", "application/xml" }, { "json", "application/json" }, { "jsonl", "application/jsonl" }, { "ndjson", "application/jsonl" },
	{ "geojson", "application/geo+json" }, { "jsonld", "application/ld+json" }, { "yaml", "application/yaml" }, { "yml", "application/yaml" },
	{ "cff", "application/yaml" }, { "svg", "image/svg+xml" }, { "vot", "application/x-votable+xml" }, { "ipynb", "application/x-ipynb+json" },
	{ "py", "text/x-python" }, { "r", "text/x-r" }, { "c", "text/x-c" }, { "h", "text/x-c" }, { "cpp", "text/x-c++" }, { "jl", "text/x-julia" },
	{ "m", "text/x-matlab" }, { "sh", "application/x-sh" }, { "js", "text/javascript" }, { "css", "text/css" }, { "tex", "text/x-tex" },
	{ "bib", "application/x-bibtex" }, { "toml", "application/toml" }, { "ini", "text/plain" }, { "cif", "chemical/x-cif" },
	{ "pdb", "chemical/x-pdb" }, { "sdf", "chemical/x-mdl-sdfile" }, { "mol", "chemical/x-mdl-molfile" }, { "fasta", "text/x-fasta" },
	{ "fa", "text/x-fasta" }, { "fastq", "text/x-fastq" }, { "vcf", "text/x-vcf" }, { "gff", "text/x-gff3" }, { "gtf", "text/x-gtf" },
	{ "bed", "text/x-bed" }, { "sam", "text/x-sam" }, { "arff", "text/x-arff" }, { "ttl", "text/turtle" }, { "nt", "application/n-triples" },
	{ "obj", "model/obj" }, { "stl", "model/stl" }, { "ply", "model/ply" }, { "wkt", "text/plain" }, { "prj", "text/plain" },
};

const char *ext_media(const char *ext)
{
	size_t i;

	for (i = 0; i < sizeof(exts) / sizeof(exts[0]); i++)
		if (strcmp(ext, exts[i].ext) == 0)
			return exts[i].media;
	return NULL;
}
