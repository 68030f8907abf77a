#ifndef INDEXER_EXTRACT_JSON_SCAN_H
#define INDEXER_EXTRACT_JSON_SCAN_H

/*
 * JSON as a stream of events: bytes in any pieces, in memory of one string. For files too long for a tree; a document of ours goes
 * through base/json.h.
 */

#include "base/buf.h"

#define JSON_SCAN_DEEP	1000
#define JSON_SCAN_STRING ((size_t)1 << 20)	/* longer strings are told as JSON_LONG, without their text */

enum json_kind { JSON_STR, JSON_LONG, JSON_NUM, JSON_YES, JSON_NO, JSON_NIL, JSON_NOTNUM /* NaN, Infinity, -Infinity */ };

struct json_scan {
	/* ${text}: borrowed during the call; valid UTF-8. Anything but ST_OK ends the scan and comes back. */
	st_t (*on_begin)(void *ctx, bool array);
	st_t (*on_end)(void *ctx, bool array);
	st_t (*on_key)(void *ctx, struct slice text);
	st_t (*on_value)(void *ctx, enum json_kind kind, struct slice text);
	void *ctx;
	bool many;			/* values follow each other: JSON Lines */
	/* so far */
	uint64_t line;			/* from 1 */
	uint64_t values;		/* whole ones at the top */
	unsigned depth, deepest;
	/* private */
	struct buf win, tmp;
	size_t at;
	uint64_t dropped;
	uint8_t array[JSON_SCAN_DEEP / 8 + 1];
	uint8_t want;
	bool skipping;			/* inside a string that is too long */
};

void json_scan_init(struct json_scan *s);
void json_scan_release(struct json_scan *s);
/* ${last}: nothing follows. ST_INVALID: no JSON, with the byte; what callbacks say otherwise. */
st_t json_scan_push(struct json_scan *s, const void *p, size_t n, bool last, struct err *e);
uint64_t json_scan_byte(const struct json_scan *s);	/* scanned so far */

#endif
