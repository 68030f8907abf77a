#ifndef STORE_OCFL_H
#define STORE_OCFL_H

/*
 * OCFL 1.1 objects: inventories and versions. Layout extension 0004 (hashed n-tuple, sha256, three tuples of three). One object may be
 * written by one thread at a time: the caller holds its lock. See docs/formats/objects.md.
 */

#include "base/hash.h"
#include "base/vec.h"
#include "store/objects.h"

#define OCFL_ID_MAX	300
#define OCFL_KEY_MAX	100		/* "abc/def/012/HEX" with NUL */

/* Make the files that an empty root holds, where they are missing. Idempotent. */
st_t ocfl_root_init(struct objects *o, struct err *e);
bool ocfl_root_exists(struct objects *o);
bool ocfl_root_empty(struct objects *o);			/* no object below it */
/* Folder of object ${id} below the root. */
void ocfl_object_key(char out[OCFL_KEY_MAX], const char *id);

/* A content file of the object: its digest and its place below the object ("v1/content/a"). */
struct ocfl_entry { uint8_t sha[SHA256_LEN]; char *path; };
struct ocfl_inv {
	char *id;
	unsigned head;
	VEC(struct ocfl_entry) manifest;		/* sorted by digest */
	int64_t versions_at, versions_end;	/* offsets of the inside of "versions": {...} */
};
/* Read the inventory at the top of ${key}: ST_ABSENT no object; ST_CORRUPT not as written (the sidecar is checked). */
st_t ocfl_inv_read(struct objects *o, const char *key, struct ocfl_inv *inv, struct err *e);
void ocfl_inv_release(struct ocfl_inv *inv);
const char *ocfl_inv_find(const struct ocfl_inv *inv, const uint8_t sha[SHA256_LEN]);	/* its first place or NULL */

/* Walk the states of versions ${from}..${to} (in the order they were made). Return other than ST_OK stops. */
typedef st_t ocfl_state_fn(void *ctx, unsigned version, const uint8_t sha[SHA256_LEN], const char *logical, struct err *e);
st_t ocfl_states(struct objects *o, const char *key, unsigned from, unsigned to, ocfl_state_fn *fn, void *ctx, struct err *e);
/* Bytes of a logical path of a version. ST_ABSENT. */
st_t ocfl_read(struct objects *o, const char *key, const struct ocfl_inv *inv, unsigned version, const char *logical, struct buf *out, struct err *e);

/* A new version, built in ${stage} (a local folder on the same file system, made by the caller and empty but for the caller's own files). */
struct ocfl_put;
st_t ocfl_put_new(struct objects *o, const char *object_id, const char *stage, struct ocfl_put **out, struct err *e);
void ocfl_put_free(struct ocfl_put *p);				/* leaves the staging folder to the caller */
unsigned ocfl_put_version(const struct ocfl_put *p);		/* the number it will get */
const struct ocfl_inv *ocfl_put_old(const struct ocfl_put *p);	/* head 0: a new object */
const char *ocfl_put_key(const struct ocfl_put *p);
const char *ocfl_put_id(const struct ocfl_put *p);
bool ocfl_put_swaps(const struct ocfl_put *p);			/* a whole object takes the place of the old one */
const char *ocfl_put_where(const struct ocfl_put *p, const uint8_t sha[SHA256_LEN]);	/* place of these bytes, or NULL */
/* A file of the new state. Bytes that the object has already are not stored again. ${where} (may be NULL): their place, borrowed until free. */
st_t ocfl_put_bytes(struct ocfl_put *p, const char *logical, const void *bytes, size_t n, const char **where, struct err *e);
/* ${local}: a finished file with that digest, hard-linked (or copied where links are not to be had); unused when the object has the bytes. */
st_t ocfl_put_file(struct ocfl_put *p, const char *logical, const uint8_t sha[SHA256_LEN], const char *local, const char **where, struct err *e);
/* Write the inventories; nothing is visible yet. ${created}: ISO 8601. */
st_t ocfl_put_stage(struct ocfl_put *p, const char *created, const char *message, const char *user, struct err *e);
/* Sync the stage, move the version into place, durable on return. After an error ocfl_undo() puts right what happened. */
st_t ocfl_put_place(struct ocfl_put *p, struct err *e);
/* Take version ${v} of an object out of sight again, into ${stage}/undone; whatever point ocfl_put_place() had reached. Idempotent. */
st_t ocfl_undo(struct objects *o, const char *key, unsigned v, const char *stage, struct err *e);

/* Every object of the root, in order of its folder; ${object} false: something that does not belong there. */
typedef st_t ocfl_each_fn(void *ctx, const char *key, bool object, struct err *e);
st_t ocfl_each(struct objects *o, ocfl_each_fn *fn, void *ctx, struct err *e);

/* Write an object with the same versions as ${key} in which ${keep} chose what stays, as a folder ${stage}/obj with a new version
 * on top whose state the caller gives by ocfl_put_*(). For purges; placed by object_swap_tree(). */
typedef bool ocfl_keep_fn(void *ctx, unsigned version, const uint8_t sha[SHA256_LEN], const char *logical);
st_t ocfl_put_rewrite(struct objects *o, const char *object_id, const char *stage, ocfl_keep_fn *keep, void *ctx, struct ocfl_put **out, struct err *e);

#endif
