#ifndef BASE_ERR_H
#define BASE_ERR_H

/*
 * Status and error text.  A status says what a caller can do about it; the
 * text says what happened to which thing.  Only server/problem.c and cli/
 * turn a status into codes for the world.
 */

#include <stddef.h>

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

typedef enum {
	ST_OK = 0,
	ST_EOF,			/* nothing more to come; not a failure */
	ST_AGAIN,		/* nothing now; ask again when told */
	ST_NOMEM,		/* out of memory; carries no text */
	ST_INVALID,		/* the input is wrong: tell its author */
	ST_ABSENT,		/* no such thing, or none the caller may know of */
	ST_GONE,		/* was public once, now a tombstone */
	ST_CONFLICT,		/* contradicts the present state */
	ST_STALE,		/* based on an old state (If-Match failed) */
	ST_TOOBIG,		/* past a limit */
	ST_DENIED,		/* known caller, not allowed */
	ST_UNAUTH,		/* caller unknown, a login may help */
	ST_BUSY,		/* overloaded; later may work */
	ST_FULL,		/* disk or map full */
	ST_IO,			/* the system failed */
	ST_TIMEOUT,		/* a deadline passed */
	ST_CLOSED,		/* the peer went away */
	ST_UNSUPPORTED,		/* legal, but not offered here */
	ST_CORRUPT,		/* stored bytes are not what they were */
	ST_INTERNAL		/* our own fault */
} st_t;

#define ERR_TEXT_MAX 1000

struct err {
	st_t st;
	char text[ERR_TEXT_MAX];	/* "" until set; always terminated */
};
#define ERR_INIT { ST_OK, "" }

/*
 * Set ${e} (may be NULL) to ${st} and the formatted text; return ${st}.
 * Text longer than ERR_TEXT_MAX is cut at a character.  Any thread.
 */
st_t err_set(struct err *e, st_t st, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The same with ": " and the text of errno; ST_FULL for ENOSPC and EDQUOT, ST_NOMEM, ST_ABSENT for ENOENT, else ST_IO. */
st_t err_sys(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Put "where: " before the text of ${e}; return its status, unchanged. */
st_t err_wrap(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Make ${e} empty again. */
void err_clear(struct err *e);

/* Short name of a status ("invalid", "too-big"); never NULL. */
const char *st_name(st_t st);

#endif
