#ifndef INDEXER_EXTRACT_COL_INT_H
#define INDEXER_EXTRACT_COL_INT_H

/* What one pass learns of a column, in bounded memory. */

#include "base/json.h"
#include "base/map.h"
#include "indexer/extract/cell_int.h"
#include "indexer/extract/personal.h"
#include "indexer/extract/quant_int.h"

#define HIST_FINE	64		/* bins while counting */
#define HIST_MOST	20		/* bins given out */
#define EXACT_MOST	10000		/* different values counted exactly */
#define TOP_DISTINCT	1000		/* different values kept with their text */
#define TOP_TEXT	128		/* bytes kept of each */
#define TOP_MOST	10
#define QUANT_MOST	4096		/* numbers kept for quantiles */
#define QUANT_WIDE	512		/* the same in tables of over 200 columns */
#define SAMPLE_MOST	2000		/* bytes of text kept to guess a language by */

/* Memory shared by all columns of a table: when it is used up, further columns count by estimate sooner. */
struct col_pool { size_t used, max; unsigned hll_bits; uint32_t quant_most; };

struct hist {
	int k;				/* a bin is 2^k wide */
	int64_t base;			/* the lower edge of bin 0, in bins */
	double scale;			/* 2^-k */
	uint64_t n[HIST_FINE];
};

/* Means in the order of rows: when all places are taken, neighbours join and each place stands for twice as many values. */
#define TREND_MOST	64
struct trend { double sum[TREND_MOST]; uint32_t n; uint64_t width, at; };

struct seen { uint64_t hash; uint64_t count; uint32_t at; uint16_t len; bool clipped; };

struct distinct {
	enum { DISTINCT_TEXT, DISTINCT_SET, DISTINCT_HLL } stage;
	uint32_t n;			/* exact so far */
	uint32_t cap;			/* slots, a power of two */
	uint32_t *slot;			/* DISTINCT_TEXT: index + 1 into seen */
	struct seen *seen; uint32_t seen_cap;
	char *text; uint32_t text_n, text_cap;
	uint64_t *set;			/* DISTINCT_SET: hashes, 0 is free */
	uint8_t *reg; unsigned reg_bits;	/* DISTINCT_HLL */
	bool failed;			/* out of memory: no number at all */
};

struct col {
	uint64_t n[KIND_COUNT];
	uint64_t form[FORM_COUNT];
	uint32_t codes;			/* bit set of cell_missing */
	bool zoned, unzoned;
	/* integers */
	int64_t imin, imax;
	__int128 isum;
	/* integers and numbers */
	double min, max, sum, carry;
	double pivot, dev, dev2;	/* the first value; sums of what others differ by, and of its square */
	struct quant quant;
	uint64_t infinite;
	/* dates and datetimes */
	int64_t tmin, tmax;
	uint32_t len_min, len_max;	/* characters of text values */
	unsigned xx_a, xx_b;		/* highest first and second part of n/n/yyyy */
	uint64_t odd_row;		/* first row with text where numbers were seen or came later; 0 none */
	char odd[41];
	struct personal_count *personal;	/* NULL until a value could be */
	char *sample; uint32_t sample_n;	/* running text */
	struct trend *trend;		/* NULL until the first number */
	struct hist *hist;
	struct distinct d;
};

void col_init(struct col *c);
void col_release(struct col *c, struct col_pool *pool);
/* One more value; ${row} counts from 1. */
void col_add(struct col *c, struct col_pool *pool, const char *p, size_t n, char decimal, uint64_t row);
/* Values whose type is known. NaN is missing; an empty string is. */
void col_int(struct col *c, struct col_pool *pool, int64_t v);
void col_real(struct col *c, struct col_pool *pool, double v);
void col_bool(struct col *c, struct col_pool *pool, bool v);
void col_string(struct col *c, struct col_pool *pool, const char *p, size_t n, uint64_t row);
void col_moment(struct col *c, struct col_pool *pool, int64_t us, bool day, bool zoned);
enum kind col_kind(const struct col *c);		/* KIND_MISSING: every value is missing */
uint64_t col_count(const struct col *c);		/* values that are not missing */
uint64_t col_missing(const struct col *c);
uint64_t col_distinct(const struct col *c, bool *exact);
double col_mean(const struct col *c);
unsigned col_trend(const struct col *c, double mean[TREND_MOST]);	/* 0: too few to be one */
bool col_sd(const struct col *c, double *sd);		/* n - 1; false when there are less than two numbers */
/* Counts in at most HIST_MOST equal bins; returns their number; edges in ${edge}[0..n]. 0: none. */
unsigned col_hist(const struct col *c, double edge[HIST_MOST + 1], uint64_t count[HIST_MOST]);
/* Most frequent values into ${out}; text borrowed from the column. */
unsigned col_top(const struct col *c, const struct seen *out[TOP_MOST]);
uint64_t bytes_hash(const void *p, size_t n);

/* ---- col_put.c: the JSON of a column ---- */

#define COL_NAME_MAX	1000		/* bytes of a name, header or label */

/* Names so far, and what was odd about them. */
struct col_names { struct map *seen; uint64_t dup, empty, lengthy; };
#define COL_NAMES_INIT { NULL, 0, 0, 0 }
void col_names_release(struct col_names *ns);
/* Column ${col}'s own name from its header cell into ${name}, as pandas would make it. */
st_t col_name(struct col_names *ns, struct slice head, uint32_t col, struct buf *name);
st_t col_name_unique(struct col_names *ns, struct buf *name);	/* .1, .2, ... behind a name that was given before */

struct col_head { struct slice name, header, label, unit; };
/* ${lean}: 0 everything, 1 without histogram and top values, 2 without statistics. ${has_header}: tell the header cell where it is not the name. */
st_t col_put(struct buf *out, struct col *c, const struct col_head *h, bool has_header, int lean);
/* What formats say of a column that text does not. */
struct col_more { json_t *description, *values; const char *declared; uint64_t opaque; bool unread; };
st_t col_put_more(struct buf *out, struct col *c, const struct col_head *h, const struct col_more *m, int lean);
void col_put_number(struct buf *out, double v);		/* shortest form that reads back the same */
void col_put_text(struct buf *out, const char *key, struct slice s);	/* ,"key":"..." */

#endif
