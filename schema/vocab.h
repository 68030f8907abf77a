#ifndef SCHEMA_VOCAB_H
#define SCHEMA_VOCAB_H

/* Small shipped vocabularies (schema/vocab/NAME.tsv): id, English and Japanese label, and further columns by name. docs/internals/schema.md
 * lists them. The usual columns: id, label, label_ja. Functions take NULL for an unknown vocabulary: it is empty. */

#include "schema/schema.h"

struct vocab;		/* from schema_vocab() */

const char *vocab_name(const struct vocab *v);
/* Row with this id (first column) or NULL. Values borrowed as long as the schema. */
size_t vocab_count(const struct vocab *v);
const char *vocab_column(const struct vocab *v, size_t i);	/* name of a column, "id" first; NULL past the last */
const char *vocab_get(const struct vocab *v, size_t row, const char *column);	/* "" when empty or no such column */
bool vocab_find(const struct vocab *v, const char *column, struct slice value, size_t *row);	/* exact; every column is indexed; the first row with it */
/* The cell ${to} of the first row whose ${from} is ${value}; "" when there is none. */
const char *vocab_map(const struct vocab *v, const char *from, struct slice value, const char *to);
/* Rows whose id or a label starts with (or has a word starting with) ${q}, best first; returns how many were put into ${rows}. */
size_t vocab_suggest(const struct vocab *v, struct slice q, size_t *rows, size_t max);

#endif
