#ifndef BASE_TAR_H
#define BASE_TAR_H

/*
 * Tar as a way for many small files to travel in one request (POSIX.1-2001 pax and ustar, and GNU's long names, so that plain `tar c` will do). No
 * archive is kept or unpacked by this: it is a frame around names and bytes. Only the framing is read; whether a name is one that a dataset can hold
 * is the receiver's to say. Pure functions.
 */

#include "base/buf.h"

#define TAR_BLOCK	512
#define TAR_PATH_MAX	4096	/* longest name carried; a longer one ends the stream */
#define TAR_EXTRA_MAX	65536	/* all of one entry's extended header */

/* Data of a kind that is not TAR_FILE is passed over, never given to anybody. */
enum tar_kind { TAR_FILE, TAR_DIR, TAR_LINK, TAR_OTHER };

struct tar_entry {
	enum tar_kind kind;
	struct slice path;		/* as sent, but for a leading "./"; borrowed until the call returns */
	uint64_t size;
	char sha256[65];		/* of the bytes, as pax keyword AZEKURA.sha256 announced it; "" when not, "?" when it is no digest */
};

struct tar_in_fn {
	/* Each may return other than ST_OK, which stops the stream with it. ${end} follows the last byte of each TAR_FILE. */
	st_t (*entry)(void *ctx, const struct tar_entry *x, struct err *e);
	st_t (*data)(void *ctx, const void *p, size_t n, struct err *e);
	st_t (*end)(void *ctx, struct err *e);
};

struct tar_in;				/* opaque: a reader that bytes are pushed into */
struct tar_in *tar_in_new(const struct tar_in_fn *fn, void *ctx);	/* NULL when out of memory; ${fn} is copied */
void tar_in_free(struct tar_in *t);
/* ST_INVALID: not tar, with the offset; the reader takes nothing more after an error. Bytes behind the end mark are ignored. */
st_t tar_in_add(struct tar_in *t, const void *p, size_t n, struct err *e);
/* No more bytes: ST_INVALID when an entry is cut, or nothing came. A missing end mark is forgiven, as tar does. */
st_t tar_in_end(const struct tar_in *t, struct err *e);

/* The header of a file of ${size} bytes; ${sha256} in hex or NULL. Its bytes follow, then tar_pad(), at the very end tar_close(). Status of ${out}. */
st_t tar_head(struct buf *out, struct slice path, uint64_t size, const char *sha256);
st_t tar_pad(struct buf *out, uint64_t size);
st_t tar_close(struct buf *out);

#endif
