#ifndef INDEXER_QUERY_H
#define INDEXER_QUERY_H

/*
 * Query text to tree. A pure function of bytes.
 *
 *   words beside each other: all of them; AND, OR, NOT in capitals; -word; "phrase" (exactly these words, no stems); word* (beginning);
 *   field:word, field:"phrase", year:1990..2000; name:[280 TO 300 K] (values of a variable, an open end is *); time:[1990 TO 2000];
 *   bbox:W,S,E,N; place:word; ( ). AND binds closer than OR. Full-width ( ) " : and blank are taken for the narrow ones.
 *
 * Bounds, so that no text costs more than its length: QUERY_TEXT_MAX bytes, QUERY_LEAVES_MAX words and phrases, QUERY_DEPTH_MAX parentheses.
 */

#include "base/arena.h"

#define QUERY_TEXT_MAX		4096
#define QUERY_LEAVES_MAX	64
#define QUERY_DEPTH_MAX		16

enum query_op { QUERY_ALL, QUERY_AND, QUERY_OR, QUERY_NOT, QUERY_TEXT, QUERY_EXACT, QUERY_RANGE, QUERY_VALUES, QUERY_TIME, QUERY_BOX, QUERY_PLACE };
struct query {
	enum query_op op;
	struct query *kid, *next;	/* first child; next of the same parent */
	/* TEXT: words (fields: bits of enum ix_field); EXACT: value of letter; RANGE: from..to of letter, either may be empty */
	uint32_t fields;
	char letter;
	bool quoted, prefix;
	struct slice text, to;		/* borrowed from the query text */
	/* VALUES: variable ${text} from ${lo} to ${hi} (infinite when open) in ${to}, a unit or empty; TIME: seconds from ${lo} to ${hi}; PLACE: ${text} */
	double lo, hi;
	double box[4];			/* BOX: west, south, east, north; west > east crosses 180 degrees */
	size_t at;			/* character of the query text, from 1 */
};

/* ${out} lives in ${a}. ST_INVALID: "... at character N". */
st_t query_parse(struct query **out, struct arena *a, struct slice text, struct err *e);
/* As an s-expression: (and "a" title:"b" (not "c")). For tests and explanations. */
st_t query_dump(struct buf *out, const struct query *q);

#endif
