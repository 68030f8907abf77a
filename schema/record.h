#ifndef SCHEMA_RECORD_H
#define SCHEMA_RECORD_H

/*
 * The canonical record (docs/formats/record.md) is a JSON document in memory: unknown members survive because nothing
 * takes it apart. Stored form: json_dump() of it, without computed members (id, oaiIdentifier, state, files, URLs of this server).
 */

#include "schema/schema.h"

/* Load and tidy: identifiers to stored form, NFC is NOT applied (text kept as given), computed members dropped. ${warn} (array, may be NULL) gets strings. */
st_t record_load(json_t **doc, struct slice json, struct err *e);
st_t record_normalise(const struct schema *s, json_t *doc, json_t *warn, struct err *e);
/* Defaults for what DESIGN 7 lists, each noted in ${defaulted} (array of paths). ctx: creator name, publisher name, today, title. */
struct record_defaults { const char *title, *creator, *publisher, *today; };
st_t record_default(const struct schema *s, json_t *doc, const struct record_defaults *d, json_t *defaulted, struct err *e);

/* The best value of an array of {value, lang}: ${lang} ("ja", "en", NULL), else English, else the first that is no reading. Empty slice when none. */
struct slice record_ml(const json_t *array, const char *lang);
struct slice record_title(const json_t *doc, const char *lang);
struct slice record_name(const json_t *agent, const char *lang);	/* of a creator, contributor, publisher, funder */
struct slice record_abstract(const json_t *doc, const char *lang);
int record_year(const json_t *doc);					/* publicationYear, else from Issued, Available; 0 */
const char *record_type(const json_t *doc);				/* COAR URI or "" */

/* Findings: every missing or wrong field at once, by path. */
enum record_check { RECORD_DRAFT /* types and syntax */, RECORD_PUBLISH /* and what publication needs */ };
struct finding { char *path, *message; bool fatal; };			/* path without "metadata." */
struct findings { struct finding *v; size_t n, cap; };
st_t record_validate(const struct schema *s, const json_t *doc, enum record_check what, struct findings *out);
st_t findings_add(struct findings *f, const char *path, bool fatal, const char *message);
bool findings_fatal(const struct findings *f);
void findings_release(struct findings *f);

#endif
