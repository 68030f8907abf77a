#ifndef SCHEMA_SCHEMA_H
#define SCHEMA_SCHEMA_H

/*
 * What a record is: vocabularies, metadata formats and rules, loaded from the data folder schema/ and never changed after.
 * Everything here is a pure function; a struct schema is shared by all threads and repositories, counted.
 */

#include "base/json.h"

struct schema;
struct format;
struct vocab;

/* ${dir}: the folder with formats/ and vocab/. Errors name file and place. */
st_t schema_load(struct schema **out, const char *dir, struct err *e);
struct schema *schema_hold(struct schema *s);
void schema_drop(struct schema *s);		/* NULL is harmless */

const struct format *schema_format(const struct schema *s, const char *name);	/* NULL when unknown */
const struct format *schema_format_at(const struct schema *s, size_t i);		/* NULL past the end; stable order */
const struct vocab *schema_vocab(const struct schema *s, const char *name);
const struct vocab *schema_vocab_at(const struct schema *s, size_t i);

#endif
