#ifndef INDEXER_EXTRACT_CSV_INT_H
#define INDEXER_EXTRACT_CSV_INT_H

/* Delimited text: dialect, scanner, and the table they fill. */

#include "indexer/extract/cell_int.h"

#define CSV_CELL_MAX	((size_t)1 << 20)
#define CSV_COLUMNS	20000		/* described; more are only counted */

struct csv_dialect {
	char delim;			/* 0: one column */
	char quote;			/* always one; ${quoted} says whether it was seen */
	char comment;			/* 0 or '#' */
	char decimal;
	bool escape;			/* a backslash escapes a quote */
	bool header;
	unsigned skip;			/* records before the header */
	unsigned header_row, units_row, data_row;	/* 1-based record numbers; 0 none */
	char other_delim;		/* would have done as well; 0 none */
};

/* One record of the sample: cells borrowed from the sample's own memory. */
struct csv_record { struct slice *cell; uint32_t n; bool comment; };

struct csv_sample {
	struct csv_record *rec; size_t n;
	struct slice *cells; size_t n_cells;
	char *text;			/* unquoted copies */
	bool quoted;
};
void csv_sample_release(struct csv_sample *s);
/* Cut ${text} (from the start of a file, ${whole}: all of it) into records, at most ${most}; a record cut by the end is left out. ST_NOMEM only. */
st_t csv_sample_read(struct csv_sample *out, struct slice text, bool whole, const struct csv_dialect *d, size_t most);

struct csv_sniff {
	struct csv_dialect d;
	uint32_t columns;
	double consistency;		/* share of records that have the usual number of cells */
	double typed;			/* share of body cells that are not plain text */
	size_t records;			/* looked at */
	struct csv_sample sample;	/* by this dialect; release it */
};
/* What dialect? ${hint}: the delimiter a file name speaks for, or 0. */
st_t csv_sniff(struct csv_sniff *out, struct slice text, bool whole, char hint);
void csv_sniff_release(struct csv_sniff *s);

/*
 * The scanner: bytes in any pieces, cells out. Works on a window that holds at most one unfinished cell.
 */
struct csv_counts { uint64_t lf, cr, crlf, blank, comments, stray; };
struct csv_scan {
	struct csv_dialect d;
	struct buf win;			/* UTF-8, from the start of the current cell */
	size_t at;			/* scanned so far in win */
	bool in_quote, quoted, doubled, in_comment, was_cr, stray;
	size_t close;			/* where the quote closed, offset in win */
	uint32_t col;			/* of the current cell */
	uint64_t record;		/* finished so far, comment and blank lines not counted */
	uint64_t too_long;		/* record with a cell past the limit; 0 none */
	uint64_t quoted_from;		/* record in which the open quote began */
	struct csv_counts count;
	bool saw_quote, final_newline;
	struct buf tmp;			/* a cell without its quotes */
	/* ${p} is borrowed during the call. */
	void (*on_cell)(void *ctx, uint32_t col, const char *p, size_t n);
	void (*on_record)(void *ctx, uint32_t cells);
	void *ctx;
};
void csv_scan_init(struct csv_scan *s, const struct csv_dialect *d);
void csv_scan_release(struct csv_scan *s);
/* Bytes have been added to s->win. ${last}: nothing follows. ST_INVALID: a cell past the limit, a quote never closed. */
st_t csv_scan_run(struct csv_scan *s, bool last, struct err *e);

#endif
