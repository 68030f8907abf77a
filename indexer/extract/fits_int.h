#ifndef INDEXER_EXTRACT_FITS_INT_H
#define INDEXER_EXTRACT_FITS_INT_H

/* FITS: shared by ex_fits.c (units and images), fits_card.c (headers) and fits_table.c. */

#include "indexer/extract/array_int.h"

#define FITS_BLOCK	2880
#define FITS_AXES	999		/* FITS 4.0, 4.4.1.1 */

struct hdu {
	struct fact *f;
	struct source *src;
	struct window *w;
	json_t *cards;			/* keyword to text, number or boolean; the first of several; owned */
	uint64_t at, size;		/* of its data, without filling */
	unsigned number;
	char name[100];			/* for people: EXTNAME, "PRIMARY", "HDU 3" */
};

/* Reads cards from *at up to END and moves *at to the data. ST_INVALID with the reason in ${e}; ST_EOF: nothing more here. */
st_t fits_header(struct window *w, uint64_t *at, json_t *cards, struct err *e);
int64_t fits_int(const json_t *cards, const char *key, int64_t otherwise);
/* "TFORM3" and the like. */
struct slice fits_text_n(const json_t *cards, const char *key, unsigned n);
int64_t fits_int_n(const json_t *cards, const char *key, unsigned n, int64_t otherwise);
bool fits_real_n(const json_t *cards, const char *key, unsigned n, double *out);
/* A date of any epoch of the standard as ISO 8601. False: none. */
bool fits_date(struct slice s, struct slice time, struct buf *out);

/* BINTABLE and TABLE with their columns and, when they are short enough, values. ST_NOMEM only. */
st_t fits_table(struct hdu *h, bool binary);

#endif
