#ifndef SCHEMA_DESCRIBE_H
#define SCHEMA_DESCRIBE_H

/*
 * Which files of a folder may describe it, by their names alone; what they say is read by azekura-extract (indexer/extract/prefill.h), because strangers
 * wrote them. What it answers: {"record": partial canonical record with "assertions", "warnings": [text]}.
 */

#include "schema/schema.h"

#define DESCRIBE_FILE_MAX	((size_t)4 << 20)	/* bytes of one file; larger ones are no description */
#define DESCRIBE_FILES_MAX	64u			/* files looked at in one folder */
#define DESCRIBE_BYTES_MAX	((size_t)32 << 20)	/* of all of them together */

/* Is ${path} (relative, '/' between) worth sending? Only what lies at the top, in the data/ of a bag, or where an RDE folder keeps its own. */
bool describe_wants(const char *path);
/* Of two wanted files, is ${a} the better description by its name? For folders with more than DESCRIBE_FILES_MAX. */
bool describe_before(const char *a, const char *b);
/* What two records say of the same thing (titles, rights, version), in a form that may be compared; empty when it is not worth comparing. */
struct slice describe_gist(const json_t *doc, const char *key);
/*
 * Put what ${proposed} has into ${doc} where that has nothing, or only what a program put there by default; the entries of "assertions" come along. What a
 * person wrote stays, and where a proposal differs from it *${warn} gets a line with both.
 */
st_t describe_fill(json_t *doc, const json_t *proposed, json_t *warn);
/* What came through the pipe, checked again: *doc (owned) passes validation as a draft and speaks only of itself; *warnings: owned array of texts. */
st_t describe_answer(const struct schema *s, struct slice json, json_t **doc, json_t **warnings, struct err *e);

#endif
