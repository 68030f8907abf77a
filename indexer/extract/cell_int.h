#ifndef INDEXER_EXTRACT_CELL_INT_H
#define INDEXER_EXTRACT_CELL_INT_H

/* One cell of a table in text: what kind of value is it? Strict: what is not wholly a number or a date is text. */

#include "base/buf.h"
#include "schema/unit.h"

enum kind { KIND_MISSING, KIND_INTEGER, KIND_NUMBER, KIND_BOOLEAN, KIND_DATE, KIND_DATETIME, KIND_STRING, KIND_COUNT };

struct cell {
	enum kind kind;
	union {
		int64_t i;		/* KIND_INTEGER; microseconds since 1970 for dates */
		double d;		/* KIND_NUMBER, may be infinite */
	};
	uint8_t form;			/* enum form: how a date is written, or why it stayed text */
	uint8_t code;			/* KIND_MISSING: 0 empty, else index into cell_missing */
	bool zoned;			/* KIND_DATETIME: had a zone, i is UTC */
};

enum form {
	FORM_PLAIN,
	FORM_SLASH_YMD,			/* dates: YYYY/M/D */
	FORM_BLANK,			/* datetimes: a blank for the T */
	FORM_SLASH_YMD_HM,		/* datetimes: YYYY/M/D h:m[:s] */
	/* the rest is text */
	FORM_ZEROS, FORM_FULLWIDTH, FORM_WAREKI, FORM_DMY, FORM_DMY_HM, FORM_XXY, FORM_LONG, FORM_FORMULA,
	FORM_COUNT
};

extern const char *const cell_missing[];	/* [0] is "" */
extern const unsigned cell_n_missing;

/* ${decimal}: '.' or ','. Blanks round the value are not looked at. */
void cell_read(struct cell *c, const char *p, size_t n, char decimal);

/* Both return true and set the out parameter when all of ${p} is a number or a moment. */
bool cell_number(struct cell *c, const char *p, size_t n, char decimal);
bool cell_moment(struct cell *c, const char *p, size_t n);
/* Microseconds to "YYYY-MM-DD", or "YYYY-MM-DDThh:mm:ss[.ffffff][Z]". */
void cell_date_text(char out[40], int64_t us, bool day, bool zoned);
/* FORM_XXY: n/n/yyyy; the first two numbers, for who wants to know which is the month. */
void cell_xxy(const char *p, size_t n, unsigned *a, unsigned *b);

#endif
