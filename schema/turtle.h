#ifndef SCHEMA_TURTLE_H
#define SCHEMA_TURTLE_H

/* RDF 1.1 Turtle from the JSON-LD that our own mappings write. */

#include "base/json.h"

/*
 * ${doc}: node objects; "@context" holds prefixes only ("rdm": "https://..."), keys are prefixed names or @id, @type, @value, @language, @graph. Values that are
 * plain texts are literals, numbers and booleans typed ones. What has no @id stands in square brackets. ST_INVALID: another form, or deeper than 30 levels.
 */
st_t turtle_write(struct buf *out, const json_t *doc, struct err *e);

#endif
