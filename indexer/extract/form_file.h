#ifndef INDEXER_EXTRACT_FORM_FILE_H
#define INDEXER_EXTRACT_FORM_FILE_H

/*
 * Metadata schemas that others wrote become forms (docs/formats/schemas.md): a part of JSON Schema 2020-12, invoice.schema.json of NIMS RDE, or a table. Pure: bytes in, one
 * JSON document out, {"form", "warnings"} or {"error"}.
 */

#include "base/json.h"

#define FORM_FILE_MAX ((size_t)4 << 20)

st_t form_file_read(struct slice bytes, struct buf *out);

/* form_table.c: the table; borrowed ${bytes}. */
st_t form_table_read(struct slice bytes, json_t *form, struct err *e);

#endif
