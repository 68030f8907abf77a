#ifndef SCHEMA_ASSERTION_H
#define SCHEMA_ASSERTION_H

/*
 * Who said so: the member "assertions" of a canonical record (docs/formats/record.md). Each entry speaks of one value that a program proposed: where it
 * stands, what it was (a digest), which program said it from which place of which file, how sure it was, and who confirmed it. An entry whose value
 * is no longer what it was speaks of nothing and is dropped; one whose value moved inside its list moves along.
 */

#include "schema/schema.h"

#define ASSERTION_DIGEST 17		/* with NUL */

struct assertion {
	const char *program, *version;	/* "prefill", "1" */
	const char *reader;		/* of the program: "readme"; NULL: none */
	unsigned score;			/* hundredths: how sure it is, 0 to 100 */
	const char *path, *place, *sha256;	/* of the source file; each may be NULL */
};

/* Say that the value at ${at} (a JSON pointer, "/creators/0") was proposed. ST_ABSENT: there is no such value. */
st_t assertion_add(json_t *doc, const char *at, const struct assertion *a);
/* The value at a JSON pointer; borrowed; NULL when a step is missing. */
json_t *assertion_value(const json_t *doc, const char *at);
/* The entry that speaks of the value at ${at} or of what it is a part of; NULL: a person wrote it. Borrowed. */
const json_t *assertion_of(const json_t *doc, const char *at);
/* Drop what speaks of nothing, follow what moved. Part of record_normalise(). */
st_t assertions_tidy(json_t *doc);
/* ${who} confirms the entry at ${at} (NULL: all). Those confirmed before keep their first confirmation. ${n}: how many are new; may be NULL. */
st_t assertions_confirm(json_t *doc, const char *at, const char *who, const char *when, size_t *n);
/* Only the server says who confirmed: each entry of ${doc} is as confirmed as the one about the same value, by the same program, in ${was} (NULL: none is),
 * and one that claims another confirmation loses it. ST_NOMEM only. */
st_t assertions_guard(json_t *doc, const json_t *was) MUST_USE;
/* How many entries nobody has confirmed. */
size_t assertions_open(const json_t *doc);
/* One line for people: "from README.md line 1 (prefill 1, 0.8)", ", confirmed by taro 2026-11-28" behind it. ${names}: with who confirmed. */
st_t assertion_words(const json_t *a, bool names, struct buf *out);
/* What the world is shown of a list: that and when somebody confirmed, not who. New reference; NULL: no memory. */
json_t *assertions_public(const json_t *list);

#endif
