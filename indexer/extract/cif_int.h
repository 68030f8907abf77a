#ifndef INDEXER_EXTRACT_CIF_INT_H
#define INDEXER_EXTRACT_CIF_INT_H

/* cif_scan.c: CIF 1.1 and 2.0 (and STAR, its parent) cut into tokens, line by line. */

#include "base/buf.h"

#define CIF_VALUE	((size_t)64 << 10)	/* bytes kept of one value */

enum cif_kind { CIF_DATA, CIF_SAVE, CIF_LOOP, CIF_GLOBAL, CIF_STOP, CIF_NAME, CIF_VALUE_BARE, CIF_VALUE_QUOTED };

struct cif_scan {
	/* One token; ${s} is borrowed for the call. Names and keywords come without "data_" and "save_". false: enough. */
	bool (*token)(void *ctx, enum cif_kind kind, struct slice s);
	void *ctx;
	uint64_t line;
	bool two;			/* CIF 2.0: lists, tables and triple quotes */
	/* private */
	bool in_text, first;
	uint64_t text_line;		/* where the open text field or quote began */
	char triple;			/* quote character of an open """ or ''' */
	unsigned depth;			/* of open lists and tables */
	struct buf text;
};

void cif_scan_init(struct cif_scan *c, bool (*token)(void *ctx, enum cif_kind kind, struct slice s), void *ctx);
void cif_scan_release(struct cif_scan *c);
/* A line without its end. false: the callback has enough, or there is no memory (text.st). */
bool cif_scan_line(struct cif_scan *c, struct slice line);
/* Nothing more comes. Line of a text field or quote that was never closed, or 0. */
uint64_t cif_scan_open(const struct cif_scan *c);
/* CIF's own escapes (\"u, \'e, \%A, \a for alpha) as Unicode. */
void cif_text(struct buf *out, struct slice s);

#endif
