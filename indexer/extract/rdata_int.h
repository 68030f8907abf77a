#ifndef INDEXER_EXTRACT_RDATA_INT_H
#define INDEXER_EXTRACT_RDATA_INT_H

/*
 * rdata.c: R's serialization (R Internals, 1.8), forms X (XDR) and B, versions 2 and 3, plain or in gzip, bzip2 or xz. One pass makes a tree of what is there
 * and where; text and numbers stay in the file but for those of attributes. Functions, promises, environments and bytecode are stepped over: nothing is evaluated.
 */

#include "indexer/extract/extract_int.h"

enum { R_SYM = 1, R_LIST = 2, R_CLO = 3, R_ENV = 4, R_PROM = 5, R_LANG = 6, R_SPECIAL = 7, R_BUILTIN = 8, R_CHAR = 9, R_LGL = 10, R_INT = 13, R_REAL = 14,
	R_CPLX = 15, R_STR = 16, R_DOTS = 17, R_VEC = 19, R_EXPR = 20, R_BCODE = 21, R_EXTPTR = 22, R_WEAKREF = 23, R_RAW = 24, R_S4 = 25, R_NULL = 26 };

struct rnode {
	uint8_t type;
	bool seq;			/* no values in the file: num[0] first, num[1] step */
	bool spelled;			/* numbers that stand for text */
	uint64_t at, n;			/* place of the first value in the unpacked stream, length */
	const char *tag;		/* of a pairlist cell, or NULL */
	struct rnode *attr, *kids, *next;
	const char **text;		/* kept: n strings, NULL is NA; or NULL: not kept */
	double *num;			/* kept: n numbers, NaN is NA; or NULL */
};

struct rstream;

/* Plain or packed bytes, read forward. NULL: no memory. ${src} is borrowed. */
struct rstream *rstream_new(struct source *src, uint64_t limit);
void rstream_free(struct rstream *s);
/* ST_INVALID: cut off, damaged, or more than ${limit} bytes. */
st_t rstream_read(struct rstream *s, void *p, size_t n, struct err *e);
st_t rstream_skip(struct rstream *s, uint64_t n, struct err *e);
uint64_t rstream_at(const struct rstream *s);

struct rdata {
	struct rstream *s;
	bool little;
	bool workspace;			/* of save(): a pairlist of named objects */
	int version;
	char writer[24];		/* version of R */
	struct rnode *top;		/* what was read so far, also when it broke off */
	struct err why;
	/* private */
	void *arena; size_t used;
	const char **ref; uint32_t n_ref, cap_ref;
	struct buf tmp;
	uint32_t depth;
	bool mute, over, nomem;		/* over: too much to keep it all */
};

/* Does it begin like one? */
bool rdata_begins(const uint8_t *p, size_t n);
/* ST_OK, ST_NOMEM or ST_INVALID with r->why; r->top holds what came before. */
st_t rdata_read(struct rdata *r, struct source *src, uint64_t limit);
void rdata_release(struct rdata *r);
struct rnode *rdata_attr(const struct rnode *v, const char *name);
/* Is ${name} among the classes of ${v}? */
bool rdata_is(const struct rnode *v, const char *name);
/* One string of a vector of them, into ${b}; *na. The stream stands at its beginning. */
st_t rdata_string(struct rstream *s, bool little, struct buf *b, bool *na, struct err *e);

#endif
