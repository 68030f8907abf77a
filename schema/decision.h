#ifndef SCHEMA_DECISION_H
#define SCHEMA_DECISION_H

/*
 * A person's word about what a variable measures: the member "variables" of a canonical record (docs/formats/record.md),
 * [{name, unit, concepts: [{iri, vocabulary, label, how, score, program, version, decision: "confirmed"|"rejected", by, at}]}]. The program's proposal stands
 * with it, so that it can be told later what was proposed and what was decided.
 */

#include "schema/schema.h"

/* Keep ${entry} (taken; with "iri", "decision", "by", "at") for the variable ${name} with ${unit} (NULL: of any unit) in place of an older word on the same concept. */
st_t decision_put(json_t *doc, const char *name, const char *unit, json_t *entry);
/* Only the server says who decided: takes away each decision of ${doc} that does not stand the same way in ${was} (NULL: nothing does). */
void decisions_guard(json_t *doc, const json_t *was);
/* What the world is shown of the member "variables": that and when, not who. New reference; NULL: no memory. */
json_t *decisions_public(const json_t *variables);

#endif
