#ifndef STORE_OCFL_INT_H
#define STORE_OCFL_INT_H

/* JSON tokens of an inventory, read through a small window: an inventory of 100,000 files never lies in memory as a tree. */

#include "base/map.h"
#include "store/ocfl.h"

#define JTOK_TEXT_MAX 8192

struct jtok {
	int fd;
	int64_t base;			/* offset of win[0] in the file */
	size_t at, n;			/* in win */
	char win[65536];
	char text[JTOK_TEXT_MAX];	/* of the last string or literal, decoded, NUL behind */
	size_t len;
	int64_t start, end;		/* offsets of the last token */
	struct err *e;
	st_t st;
};
/* The kinds: '{' '}' '[' ']' ':' ',' themselves, 's' text, 'l' number or literal, 0 at the end or after an error (st says which). */
void jtok_init(struct jtok *t, int fd, struct err *e);
int jtok_next(struct jtok *t);
/* Skip the value that begins with token ${first}. */
st_t jtok_skip(struct jtok *t, int first);
st_t jtok_fail(struct jtok *t, const char *why);
/* Members of an object whose '{' was taken: true with t->text the name and the colon taken; false at '}' or on error. */
bool jtok_member(struct jtok *t, bool *first);
bool jtok_item(struct jtok *t, bool *first, int *kind);	/* of an array whose '[' was taken */

/* Buffered text on its way to a file, hashed. */
struct ocfl_out { int fd; struct buf b; struct hash *h; struct err *e; st_t st; int64_t total; };
st_t ocfl_out_open(struct ocfl_out *w, const char *path, struct err *e);
void ocfl_out_add(struct ocfl_out *w, const char *p, size_t n);
void ocfl_out_str(struct ocfl_out *w, const char *s);
void ocfl_out_quote(struct ocfl_out *w, const char *s);
st_t ocfl_out_close(struct ocfl_out *w, uint8_t sha[SHA256_LEN]);	/* always call after a good open */

/* Staging without a sync of its own: one syncfs() follows for all of it. */
st_t stage_parents(const char *path, size_t from, struct err *e);	/* folders of ${path} behind its first ${from} bytes */
st_t stage_write(const char *path, const void *p, size_t n, struct err *e);
st_t stage_link(const char *from, const char *to, struct err *e);	/* copies where there are no links to be had */

struct ocfl_state { uint8_t sha[SHA256_LEN]; char *logical; bool shared; };	/* shared: the end of a path in fresh */
struct ocfl_put {
	struct objects *o;
	char key[OCFL_KEY_MAX];
	char *id, *stage, *dir;		/* dir: the local folder of the new version */
	unsigned v;
	bool whole;			/* a whole object is staged, in stage/obj */
	bool swap;			/* it takes the place of one */
	struct ocfl_inv old;		/* head 0: none */
	int prior_fd;			/* text of the versions before */
	int64_t prior_at, prior_end;
	VEC(struct ocfl_state) state;
	VEC(struct ocfl_entry) fresh;	/* manifest entries of this version */
	struct map *known;		/* digest -> path, of fresh ones */
	struct map *since;		/* while rewriting: digest -> first version whose state still names it */
};
/* Inventory and sidecar at ${path} as they were at version ${head}: the prior text ends at ${prior_end}. */
st_t ocfl_inv_write_old(struct ocfl_put *p, const char *path, unsigned head, int64_t prior_end, struct err *e);
st_t stage_copy(const char *from, const char *to, struct err *e);

st_t ocfl_inv_open(struct objects *o, const char *key, int *fd, struct err *e);
void ocfl_inv_sort(struct ocfl_inv *inv);

#endif
