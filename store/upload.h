#ifndef STORE_UPLOAD_H
#define STORE_UPLOAD_H

/*
 * Bytes on their way into a draft: hashed while they arrive, resumable after a cut or a restart. An upload belongs to one draft and path.
 * Staged content is named by its digest: staging/content/ab/SHA256; parts: staging/upload/ID with a small state file. Worker threads only.
 */

#include "store/catalogue.h"

struct upload;

struct upload_spec {
	const char *draft;		/* id */
	struct slice path;		/* checked: path_check() */
	int64_t size;			/* declared; -1 unknown */
	const char *sha256_hex;		/* declared; NULL unknown: a mismatch is ST_CONFLICT and the upload stays */
	const char *media;		/* NULL: guessed from the name */
	uint32_t user;
};

/* DESIGN 4: valid UTF-8, at most 1,024 bytes, no '.', '..', empty segment, absolute path, NUL, control characters. Names the fault. */
st_t path_check(struct slice path, struct err *e);
/* What two paths that cannot (or, with ${fold}: should not) stand together have in common: NFC, or NFD with case folded. Appended to ${out}; ${path} is checked. */
st_t path_twin(struct slice path, bool fold, struct buf *out);

/* One shot: begin, write..., end. */
st_t upload_begin(struct repo *r, const struct upload_spec *s, struct upload **out, struct err *e);	/* replaces an unfinished one for the same path */
st_t upload_resume(struct repo *r, const char *upload_id, struct upload **out, uint64_t *offset, struct err *e);	/* ST_ABSENT; offset is durable */
st_t upload_find(struct repo *r, const char *draft, struct slice path, char id[33], uint64_t *offset, struct err *e);
/* What an unfinished upload is of: for rights, and for those who ask how far it is. Text owned: upload_info_release(). */
struct upload_info { char draft[PID_LEN + 1]; char *path; int64_t size; char sha256_hex[65]; uint32_t user; uint64_t offset; };
st_t upload_info(struct repo *r, const char *upload_id, struct upload_info *out, struct err *e);	/* ST_ABSENT */
void upload_info_release(struct upload_info *i);
const char *upload_id(const struct upload *u);
st_t upload_write(struct upload *u, const void *p, size_t n, struct err *e);		/* ST_TOOBIG past the size; ST_FULL leaves it resumable */
/* Make what came durable and leave: it can be resumed. */
st_t upload_pause(struct upload *u, struct err *e);					/* u is taken */
/* All bytes are there: fsync, read back the size, check the digest, move to content, put the file into the draft. ${out} may be NULL. u is taken, even on error. */
st_t upload_end(struct upload *u, struct cat_file *out, struct err *e);
void upload_abort(struct upload *u);							/* taken; bytes dropped */
st_t upload_collect(struct repo *r, int64_t older_than, uint64_t *removed, struct err *e);	/* leftovers and content no draft names */

/* Open a file's content, wherever it lies (object or staging). */
st_t content_open(struct repo *r, const char *id, bool draft, const struct cat_file *f, int *fd, struct err *e);

#endif
