#ifndef INDEXER_EXTRACT_ARRAY_INT_H
#define INDEXER_EXTRACT_ARRAY_INT_H

/*
 * What the readers of array formats share: types of numbers, statistics of values as they lie in the file, how much of a file is read,
 * and the meaning of attributes (CF, ACDD). A reader puts variables with "dimensions", "shape" and raw "attributes" into the facts, adds the
 * statistics, and ends with cf_describe().
 */

#include "indexer/extract/extract_int.h"

/* ---- numbers ---- */

/*	 name		bytes	name in facts	type of a column */
#define DTYPES(X) \
	X(INT8,		1,	"int8",		"integer") \
	X(UINT8,	1,	"uint8",	"integer") \
	X(INT16,	2,	"int16",	"integer") \
	X(UINT16,	2,	"uint16",	"integer") \
	X(INT32,	4,	"int32",	"integer") \
	X(UINT32,	4,	"uint32",	"integer") \
	X(INT64,	8,	"int64",	"integer") \
	X(UINT64,	8,	"uint64",	"integer") \
	X(FLOAT16,	2,	"float16",	"number") \
	X(BFLOAT16,	2,	"bfloat16",	"number") \
	X(FLOAT32,	4,	"float32",	"number") \
	X(FLOAT64,	8,	"float64",	"number") \
	X(BOOL,		1,	"bool",		"boolean") \
	X(CHAR,		1,	"char",		"string") \
	X(STRING,	0,	"string",	"string") \
	X(COMPLEX64,	8,	"complex64",	"complex") \
	X(COMPLEX128,	16,	"complex128",	"complex") \
	X(COMPOUND,	0,	"compound",	"compound") \
	X(OPAQUE,	0,	"opaque",	"opaque")

enum dtype {
#define X(name, bytes, text, type) DT_##name,
	DTYPES(X)
#undef X
};

const char *dtype_name(enum dtype t);
const char *dtype_type(enum dtype t);
unsigned dtype_size(enum dtype t);		/* 0: no fixed size */
bool dtype_is_number(enum dtype t);		/* real numbers: those that have statistics */
/* NULL-safe: by name in facts; false when unknown. */
bool dtype_of_name(struct slice name, enum dtype *out);
/* One value; ${p} need not be aligned. ${big}: most significant byte first. */
double dtype_get(enum dtype t, bool big, const uint8_t *p);

/* ---- statistics ---- */

#define FILLS_MOST 8

/* How raw values are to be understood (CF 2.5.1, 8.1; NUG "Attribute Conventions"). */
struct array_rules {
	bool packed, as_unsigned, as_signed;
	double scale, offset, lowest, highest;	/* limits hold for packed values */
	double fill[FILLS_MOST];
	unsigned fills;
};

struct array_stat {
	enum dtype t;
	bool big;
	struct array_rules rules;
	uint64_t count, missing;
	double min, max, shift;
	long double sum, squares;	/* of differences from shift */
};

/* ${attributes}: object or NULL. ${netcdf}: types have default fill values. */
void array_stat_init(struct array_stat *s, enum dtype t, bool big, const json_t *attributes, bool netcdf);
/* ${n} values. */
void array_stat_add(struct array_stat *s, const void *p, size_t n);
/* Into a variable or column-like object: count, missing, min, max, mean, sd; nothing when no value was seen. */
void array_stat_put(struct fact *f, json_t *variable, const struct array_stat *s, bool sampled);

/* ---- how much is read ---- */

#define ARRAY_WHOLE	((uint64_t)64 << 20)	/* files up to this are read whole */
#define ARRAY_SAMPLE	((uint64_t)4500 << 10)	/* of larger ones, all reads together */
#define ARRAY_VALUES	((uint64_t)256 << 20)	/* bytes of values, unpacked, in one file */

#define ATTRIBUTES_MOST	1000		/* of one variable or file */
#define ATTRIBUTE_TEXT	8000		/* bytes of text in one of the whole file; of a variable FACT_VALUE */

/* Bytes that may still be read of ${src}. */
uint64_t array_room(const struct source *src);
/*
 * Of ${n} equal pieces which to read, when only ${most} can be: evenly over all of them, first and last among them. Call with i = 0, 1, ...;
 * false at the end.
 */
bool array_pick(uint64_t n, uint64_t most, uint64_t i, uint64_t *piece);

/*
 * Statistics of ${n} values that lie in a row at ${at}: all of them when they are at most ${room} bytes, else samples. *sampled says which.
 * ST_INVALID when the file ends before.
 */
st_t array_scan(struct array_stat *s, struct source *src, uint64_t at, uint64_t n, uint64_t room, bool *sampled, struct err *e);

/* ---- headers ---- */

#define WINDOW	((size_t)64 << 10)

/* Small reads from one large one. */
struct window {
	struct source *src;
	uint8_t *p;
	uint64_t at;
	size_t n;
	st_t st;			/* ST_NOMEM or ST_IO sticks */
};

void window_init(struct window *w, struct source *src);
void window_release(struct window *w);
/* ${n} bytes at ${at}, at most WINDOW, borrowed until the next call; NULL when the file ends before, or w->st says why. */
const uint8_t *window_get(struct window *w, uint64_t at, size_t n);

/* ---- variables ---- */

/* A new variable with "type", "dtype", "dimensions" and "shape" (all but name may be left out: NULL is owned by nobody). Borrowed or NULL. */
json_t *array_variable(struct fact *f, struct slice name, enum dtype t, json_t *dimensions, json_t *shape);
/* Product of a shape; false when it does not fit. */
bool array_count(const uint64_t *shape, unsigned n, uint64_t *out);
/* A number attribute as JSON: integer where it is one. Owned or NULL (no JSON for it, or no memory). */
json_t *array_number(enum dtype t, double v);
/* ${n} numbers of type ${t} at ${p} as an attribute: one alone, or a list of at most 64. NaN and infinities are text. Owned or NULL. */
json_t *array_numbers(enum dtype t, bool big, const uint8_t *p, uint64_t n);
/* The text of an attribute; empty when it is none. */
struct slice array_text(const json_t *attributes, const char *key);
/* Its number, also when it is a list of one, or written as text. */
bool array_real(const json_t *attributes, const char *key, double *out);

/* ---- meaning (cf.c, acdd.c) ---- */

/* Attributes of all "variables" to label, unit, standardName, role; time axis to "time"; latitude and longitude to "geo"; global "attributes" to "record". */
void cf_describe(struct fact *f);
/* A bounding box in degrees; longitudes of 0 to 360 are understood. cf_describe() does not replace it. */
void cf_box(struct fact *f, double west, double south, double east, double north);
/* The moment ${v} units after the epoch in ${units} ("days since 1900-1-1"), as text in the calendar ${calendar} (empty: standard). False: not understood. */
bool cf_moment(struct slice units, struct slice calendar, double v, struct buf *out);
/*
 * A value of the proposed record: another item of its list ${member}, or the member itself unless it is there. ${value} is taken; ${where} names the place in
 * the file, for the person who decides.
 */
void array_propose_item(struct fact *f, const char *member, json_t *value, const char *where);
void array_propose_member(struct fact *f, const char *member, json_t *value, const char *where);
/* Text into one of them: titles, or descriptions of type Abstract. */
void array_propose_title(struct fact *f, struct slice s, const char *where);
void array_propose_abstract(struct fact *f, struct slice s, const char *where);
/* A name onto creators or contributors; ${type} of contributors, else NULL. */
void array_propose_person(struct fact *f, const char *list, const char *type, struct slice name, const char *name_type, struct slice orcid, const char *where);
/* The global attributes as ACDD 1.3 and CF name them. */
void acdd_propose(struct fact *f);

#endif
