#ifndef INDEXER_EXTRACT_DESCRIBE_H
#define INDEXER_EXTRACT_DESCRIBE_H

/* The other work of azekura-extract: several description files in, one proposal out. Frames in: P (path of a file), D (its bytes), R (instead of D: 64 hex digits
 * of a data file and the facts found in it), E (that was all). Frame out: J, {"record": ..., "warnings": [...]}. */

#include "schema/schema.h"

/* Serve requests until the other end goes. The cell is closed. */
void describe_serve(const struct schema *s);

#endif
