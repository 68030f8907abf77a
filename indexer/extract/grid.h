#ifndef INDEXER_EXTRACT_GRID_H
#define INDEXER_EXTRACT_GRID_H

/*
 * A sheet on its way into a table: cells of known kind, row by row. The first rows are kept until it is clear which of them are
 * titles, header and units, by the same rules as for CSV.
 */

#include "indexer/extract/fact.h"

enum grid_kind { GRID_EMPTY, GRID_TEXT, GRID_NUMBER, GRID_BOOLEAN, GRID_DATE, GRID_MOMENT, GRID_ERROR };
struct grid;

struct grid *grid_new(struct fact *f, struct slice name);	/* NULL: out of memory */
/* The cell in column ${col} (from 0) of this row. ${text}: of GRID_TEXT; ${v}: the number, 0 or 1, or microseconds since 1970. */
void grid_cell(struct grid *g, uint32_t col, enum grid_kind kind, struct slice text, double v);
void grid_row(struct grid *g);			/* rows without any value are skipped */
uint64_t grid_rows(const struct grid *g);
void grid_end(struct grid *g);			/* writes the table, if there was a value; ${g} is taken */
void grid_drop(struct grid *g);

#endif
