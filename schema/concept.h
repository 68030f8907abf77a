#ifndef SCHEMA_CONCEPT_H
#define SCHEMA_CONCEPT_H

/*
 * What a variable measures: its name, label, standard name and unit against the concepts of vocab/concepts.tsv (CF standard names, quantities of QUDT,
 * terms of Darwin Core and schema.org) and the names of vocab/concept_names.tsv. And places: vocab/places.tsv. Pure functions over a loaded schema, which may be NULL:
 * then nothing is known.
 *
 * A link is a proposal with a score from 0 to 1 and how it was found. A person may confirm or refuse it (docs/formats/facts.md, "Concepts").
 */

#include "base/json.h"
#include "schema/schema.h"
#include "schema/unit.h"

#define CONCEPT_VERSION	1	/* of the way of linking: higher when the same input gives other links */

enum concept_how { CONCEPT_EXACT, CONCEPT_SYNONYM, CONCEPT_FUZZY };
extern const char *const concept_hows[];

/* One variable or column; texts may be empty. ${unit}: NULL, or what its unit was read as. */
struct concept_var { struct slice name, label, standard_name; const char *type; const struct unit *unit; };
struct concept_link { const char *id, *iri, *vocabulary, *label, *label_ja; enum concept_how how; double score; };	/* texts borrowed from the schema */
#define CONCEPT_LINKS_MAX 3

/*
 * Links of one variable, best first; returns how many. A unit of other dimensions than the concept's vetoes, one of the same raises. Exact: the standard
 * name, or a label; synonym: a listed name; fuzzy: most words in common, at least CONCEPT_FUZZY_LEAST, and a unit that agrees or none.
 */
#define CONCEPT_FUZZY_LEAST 0.5
size_t concept_link(const struct schema *sc, const struct concept_var *v, struct concept_link out[CONCEPT_LINKS_MAX]);
/* {iri, vocabulary, id, label, labelJa, how, score, program, version} */
json_t *concept_json(const struct concept_link *l);

/* The dimensions that a variable called ${name} has, if a concept says so. */
bool concept_dims(const struct schema *sc, struct slice name, struct unit_dims *d);
/* Calls ${fn} with the id of each concept that is called ${name} (id, label, either language, listed name). */
void concept_named(const struct schema *sc, struct slice name, void (*fn)(void *ctx, const char *id), void *ctx);
/* The next broader concept or NULL. */
const char *concept_broader(const struct schema *sc, const char *id);
/* Row of the vocabulary "concepts" by id or IRI. */
bool concept_find(const struct schema *sc, struct slice id_or_iri, struct concept_link *out);

/* The name of a variable without its unit, in lower case with one underscore between words: "Air Temp. [°C]" -> "air_temp". ASCII folding only; for look-ups in the tables. */
size_t concept_fold(char *out, size_t max, struct slice name);

/* West, south, east, north of a place by its name, code or Japanese name. */
bool place_box(const struct schema *sc, struct slice name, double box[4]);
/* The smallest places of the gazetteer that hold ${box} whole, smallest first; returns how many. */
struct place { const char *id, *label, *label_ja, *kind; double box[4]; };
size_t places_around(const struct schema *sc, const double box[4], struct place *out, size_t max);

#endif
