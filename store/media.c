#include "store/media_int.h"

static const struct { const char *ext, *media; } table[] = {
	{ ".7z", "application/x-7z-compressed" }, { ".avif", "image/avif" }, { ".bib", "text/x-bibtex" }, { ".bin", "application/octet-stream" },
	{ ".bz2", "application/x-bzip2" }, { ".c", "text/x-c" }, { ".cff", "text/yaml" }, { ".css", "text/css" }, { ".csv", "text/csv" },
	{ ".dicom", "application/dicom" }, { ".dcm", "application/dicom" }, { ".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
	{ ".fits", "application/fits" }, { ".flac", "audio/flac" }, { ".geojson", "application/geo+json" }, { ".gif", "image/gif" },
	{ ".gpkg", "application/geopackage+sqlite3" }, { ".gz", "application/gzip" }, { ".h5", "application/x-hdf5" }, { ".hdf5", "application/x-hdf5" },
	{ ".htm", "text/html" }, { ".html", "text/html" }, { ".ipynb", "application/x-ipynb+json" }, { ".jpeg", "image/jpeg" }, { ".jpg", "image/jpeg" },
	{ ".js", "text/javascript" }, { ".json", "application/json" }, { ".jsonl", "application/jsonl" }, { ".jsonld", "application/ld+json" },
	{ ".md", "text/markdown" }, { ".mp3", "audio/mpeg" }, { ".mp4", "video/mp4" }, { ".nc", "application/netcdf" }, { ".ndjson", "application/jsonl" },
	{ ".npy", "application/x-npy" }, { ".npz", "application/x-npz" }, { ".ods", "application/vnd.oasis.opendocument.spreadsheet" },
	{ ".parquet", "application/vnd.apache.parquet" }, { ".pdf", "application/pdf" }, { ".png", "image/png" }, { ".py", "text/x-python" },
	{ ".r", "text/x-r" }, { ".rdf", "application/rdf+xml" }, { ".sav", "application/x-spss-sav" }, { ".sqlite", "application/vnd.sqlite3" },
	{ ".svg", "image/svg+xml" }, { ".tar", "application/x-tar" }, { ".tif", "image/tiff" }, { ".tiff", "image/tiff" },
	{ ".tsv", "text/tab-separated-values" }, { ".ttl", "text/turtle" }, { ".txt", "text/plain" }, { ".wav", "audio/wav" }, { ".webp", "image/webp" },
	{ ".xls", "application/vnd.ms-excel" }, { ".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
	{ ".xml", "application/xml" }, { ".xz", "application/x-xz" }, { ".yaml", "application/yaml" }, { ".yml", "application/yaml" },
	{ ".zip", "application/zip" }, { ".zst", "application/zstd" },
};

const char *media_of_name(struct slice path)
{
	size_t i, dot = path.n;

	while (dot > 0 && path.p[dot - 1] != '.' && path.p[dot - 1] != '/')
		dot--;
	if (dot > 0 && path.p[dot - 1] == '.')
		for (i = 0; i < sizeof(table) / sizeof(*table); i++)
			if (slice_ieq_str(slice_of(path.p + dot - 1, path.n - dot + 1), table[i].ext))
				return table[i].media;
	return "application/octet-stream";
}
