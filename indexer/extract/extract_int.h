#ifndef INDEXER_EXTRACT_EXTRACT_INT_H
#define INDEXER_EXTRACT_EXTRACT_INT_H

/*
 * What an extractor is. A new one is a file ex_NAME.c and a row in bid.c. Two kinds: those that take the bytes once, in order (open,
 * push, finish, media, free), and those that read where they like (read). Both are pure functions of bytes and name.
 */

#include "indexer/extract/enc_int.h"
#include "indexer/extract/extract.h"
#include "indexer/extract/fact.h"
#include "indexer/extract/source.h"

#define HEAD_MIN	((size_t)256 << 10)	/* what extractors see before they bid */
#define HEAD_MAX	((size_t)4 << 20)	/* the same, for text whose first line is longer */

struct head {
	const uint8_t *p;		/* borrowed while the extractor lives */
	size_t n;
	uint64_t size;			/* of the whole file */
	bool whole;			/* p is the whole file */
	unsigned depth;			/* how many archives it lies in */
	const char *name;		/* logical path, a hint only; never NULL */
	char ext[12];			/* of it, lower case, without dot; "" when none or too long */
	const char *magic;		/* media type by first bytes, or NULL */
	struct enc_guess enc;
	struct slice text;		/* p in UTF-8 when enc is a text encoding, cut at a character; else empty */
	bool text_bad;			/* decoding broke off inside p */
	struct slice beside;		/* what other programs wrote of the file, where an extractor asked for that */
};

struct extractor {
	const char *name;
	unsigned version;
	/* 0: not mine; 1..100: how sure. Highest wins, first row on a tie. */
	int (*bid)(const struct head *h);
	/* ${x}: owned, freed by free(). */
	st_t (*open)(void **x, const struct head *h, struct err *e);
	/* All bytes of the file from the first, head included. ST_EOF: enough, call finish(). */
	st_t (*push)(void *x, const uint8_t *p, size_t n, struct err *e);
	/* Members of the facts document behind "media", written as ,"key":value ...; ${why}: reason of a status that is not ok. */
	st_t (*finish)(void *x, struct buf *out, const char **status, struct err *why, struct err *e);
	const char *(*media)(void *x);
	void (*free)(void *x);
	/*
	 * The other kind: all members above but bid are NULL. What is wrong with the file goes into ${f}; only ST_NOMEM comes back. ${src}
	 * costs a system call a read: read in pieces of 64 kB and more. Of a member of an archive only those of at most READ_WHOLE bytes come here.
	 */
	st_t (*read)(struct fact *f, const struct head *h, struct source *src);
};

#define READ_WHOLE	((size_t)64 << 20)

extern const struct extractor ex_csv, ex_sqlite, ex_text;
extern const struct extractor ex_json;
extern const struct extractor ex_arff;
extern const struct extractor ex_xml;
extern const struct extractor ex_rdata;
extern const struct extractor ex_arrow;
extern const struct extractor ex_sheet;
extern const struct extractor ex_stat;
extern const struct extractor ex_audio, ex_jpeg, ex_picture, ex_png;
extern const struct extractor ex_archive;
extern const struct extractor ex_genome, ex_sequence;
extern const struct extractor ex_ome, ex_tiff;
extern const struct extractor ex_html, ex_notebook, ex_pdf;
extern const struct extractor ex_fits, ex_gguf, ex_grib, ex_hdf, ex_mat, ex_netcdf, ex_npy, ex_onnx, ex_pickle, ex_safetensors, ex_zarr;
extern const struct extractor ex_cif, ex_genome, ex_sequence, ex_structure;
extern const struct extractor ex_dicom, ex_nifti;
extern const struct extractor ex_parquet;
extern const struct extractor ex_geojson, ex_shape, ex_prj, ex_dbf;
extern const struct extractor ex_geoxml, ex_gpkg;
extern const struct extractor ex_hdf, ex_netcdf;
extern const struct extractor ex_cif, ex_genome, ex_jcamp, ex_mass, ex_molecule, ex_scan, ex_sequence, ex_structure, ex_volume;

/* magic.c: media type by first bytes, or NULL. */
const char *magic_media(const uint8_t *p, size_t n);
const char *ext_media(const char *ext);		/* of text formats we do not open; NULL unknown */

#endif
