#ifndef BASE_JSON_H
#define BASE_JSON_H

/*
 * JSON from outside (jansson behind limits) and typed getters that name the path in their errors.
 * A path: "metadata.creators[2].name".
 */

#include <jansson.h>

#include "base/buf.h"

#define JSON_DEPTH_MAX 100

/* Load ${s}: depth scanned first, duplicate keys refused, NUL refused. ${out} owned (json_decref). Error: "line 3 column 9: ...". */
st_t json_load(json_t **out, struct slice s, struct err *e);
/*
 * Would json_load() take ${s}? True: surely. False: perhaps not, ask it. No tree is built, so that looking costs a tenth of loading. ${want}: text
 * members of the outermost object; ${text} is borrowed from ${s}, NULL when there is none or it holds an escape.
 */
struct json_pick { const char *key; struct slice text; };
bool json_sure(struct slice s, struct json_pick *want, size_t n);
/* Compact form, keys in stored order; ${sorted}: keys sorted (stable digests). */
st_t json_dump(struct buf *out, const json_t *j, bool sorted);
st_t json_dump_pretty(struct buf *out, const json_t *j);

/* Follow a path below ${j}; borrowed; NULL when a step is missing or of another kind. */
json_t *json_at(const json_t *j, const char *path);
/* Required / optional text: ST_INVALID "PATH: expected text, found number". Optional: *out NULL when absent or null. ${out} borrowed. */
st_t json_need_str(const json_t *j, const char *path, const char **out, struct err *e);
st_t json_opt_str(const json_t *j, const char *path, const char **out, struct err *e);
st_t json_opt_int(const json_t *j, const char *path, int64_t *out /* untouched when absent */, struct err *e);
st_t json_opt_bool(const json_t *j, const char *path, bool *out, struct err *e);
/* Text of a member or NULL, no questions asked: for our own documents. */
const char *json_text(const json_t *j, const char *key);
struct slice json_slice(const json_t *str);		/* of a JSON string; empty for others */

/* Writing without a tree: text with escapes and quotes. U+2028/9 and < are escaped too, so that it may stand in a script element. */
st_t json_quote(struct buf *out, struct slice s);

/* Helpers that take their argument and report ST_NOMEM instead of NULL surprises. */
st_t json_put(json_t *obj, const char *key, json_t *value /* taken, may be NULL = ST_NOMEM */);
st_t json_put_str(json_t *obj, const char *key, struct slice s);	/* must be valid UTF-8 */
st_t json_push(json_t *arr, json_t *value /* taken */);

#endif
