#ifndef PACKAGE_PK_INT_H
#define PACKAGE_PK_INT_H

/* What the packages share: the readable files of a version page by page, a JSON writer, a zip that is written while it is read. */

#include "package/package.h"
#include "schema/record.h"

#define PK_PAGE 256
#define PK_DOC_MAX ((size_t)256 << 20)	/* metadata of one package */

/* ---- pk_files.c: files of a version in byte order, those ${who} may read. No transaction is open between calls. ---- */
struct pk_files {
	struct repo *repo;
	char id[PID_LEN + 1];
	bool draft, is_edit;
	struct access_subject subject;	/* groups owned */
	struct principal who;		/* groups owned */
	int64_t now;			/* one moment for the whole package, so that every pass sees the same files */
	bool want_hidden;		/* give the others instead */
	struct cat_file page[PK_PAGE];
	size_t i, n;
	bool last;
	char *after;			/* owned; path behind which the next page begins */
};
st_t pk_files_open(struct pk_files *f, const struct package_ctx *c, struct err *e);
void pk_files_rewind(struct pk_files *f);
struct cat_file *pk_files_next(struct pk_files *f);	/* NULL at the end; borrowed until the next call */
void pk_files_release(struct pk_files *f);

/* ---- pk_json.c: JSON text without a tree. A key of NULL: an item of a list. Empty values are not written. ---- */
struct jw { struct buf *out; bool comma; };
void jw_open(struct jw *w, const char *key, char bracket);	/* '{' or '[' */
void jw_close(struct jw *w, char bracket);
void jw_text(struct jw *w, const char *key, struct slice s);
void jw_textf(struct jw *w, const char *key, const char *fmt, ...) PRINTF_LIKE(3, 4);
void jw_number(struct jw *w, const char *key, const json_t *n);	/* of the facts: integer, real or text; others are not written */
void jw_bool(struct jw *w, const char *key, bool b);
void jw_ref(struct jw *w, const char *key, struct slice id);	/* {"@id": ...} */

/* ---- pk_meta.c: what several packages say of a record; each appends to ${out} ---- */
struct slice pk_description(const struct rec *rec);
void pk_licence(const struct rec *rec, struct buf *out);	/* URI, else the statement's text; never empty */
void pk_date(const struct rec *rec, char out[11]);		/* day of publication */
void pk_url(const struct package_ctx *c, struct buf *out);	/* landing page */
void pk_file_url(const struct package_ctx *c, struct slice path, struct buf *out);
void pk_agent_id(const json_t *agent, struct buf *out);		/* ORCID or ROR address, or nothing */
bool pk_is_person(const json_t *agent);
const char *pk_doi(const struct rec *rec);			/* bare, or NULL */
void pk_language(const struct rec *rec, const struct package_ctx *c, struct buf *out);
void pk_cite(const struct package_ctx *c, struct buf *out);	/* BibTeX */

/* ---- pk_made.c: text, then a line a file, then text, ... ---- */
#define MADE_SEGMENTS 3
struct made;
struct made_segment {
	struct buf text;
	void (*line)(const struct made *m, const struct cat_file *f, bool first, struct buf *out);	/* behind the text; may be NULL */
};
struct made {
	struct made_segment seg[MADE_SEGMENTS];
	char *base;			/* for lines: owned */
	char id[PID_LEN + 1];
	bool attached;
	uint64_t size;			/* made_measure() */
	uint32_t crc;
	char sha256[65];
};
struct made_at { unsigned seg; size_t text; uint64_t lines; };
void made_init(struct made *m, const struct package_ctx *c);
void made_release(struct made *m);
void made_free(struct made *m);		/* also the struct itself; NULL is harmless */
void made_rewind(struct made_at *at);
bool made_more(const struct made *m, struct made_at *at, struct pk_files *files, struct buf *out);
st_t made_measure(struct made *m, struct pk_files *files, struct err *e);
st_t made_write(struct made *m, const struct package_ctx *c, struct buf *out, struct err *e);
st_t made_body(struct made *m, const struct package_ctx *c, struct body **out, int64_t *len, struct err *e);	/* m is taken, even on error */
st_t rocrate_make(const struct package_ctx *c, bool attached, struct made *m, struct err *e);	/* m: made_init() done by it; release it even on error */

/* ---- pk_zip.c ---- */
enum zip_kind { ZIP_BYTES, ZIP_FILES, ZIP_MADE };
struct zip_part {
	enum zip_kind kind;
	char *name;			/* owned; of ZIP_FILES: prefix of every name */
	struct buf bytes;		/* ZIP_BYTES */
	struct made *made;		/* ZIP_MADE: measured; owned */
	uint64_t size;
	uint32_t crc;
	const char *skip;		/* ZIP_FILES: this path is stored under ${instead} */
	const char *instead;
};
struct zip;
/* ${c} as in package_kind.open. Parts are added in the order of the archive; ${part} is taken. */
st_t zip_new(struct zip **out, const struct package_ctx *c, struct err *e);
struct pk_files *zip_files(struct zip *z);			/* to measure with, before zip_body() */
st_t zip_add(struct zip *z, struct zip_part *part, struct err *e);
st_t zip_body(struct zip *z, struct body **out, int64_t *len, struct err *e);	/* z is taken, even on error */
void zip_free(struct zip *z);

st_t pk_zip_open(const struct package_ctx *, struct body **, int64_t *, struct err *);
st_t pk_bagit_open(const struct package_ctx *, struct body **, int64_t *, struct err *);
st_t pk_rocrate_open(const struct package_ctx *, struct body **, int64_t *, struct err *);
st_t croissant_open(const struct package_ctx *, struct body **, int64_t *, struct err *);

/* A dataset's own file of this name makes way for the crate's: both cannot stand at the top. */
#define CRATE_FILE "ro-crate-metadata.json"
#define CRATE_FILE_DEPOSITED "deposited-ro-crate-metadata.json"
/* Files that could not be read by the caller, one path a line; empty when there are none. */
st_t pk_hidden_list(const struct package_ctx *c, struct buf *out, struct err *e);
#define HIDDEN_LIST "FILES-NOT-INCLUDED.txt"

#endif
