#ifndef INDEXER_EXTRACT_PARQUET_INT_H
#define INDEXER_EXTRACT_PARQUET_INT_H

/* Parquet: footer (parquet_foot.c), pages (parquet_page.c), encodings (parquet_val.c), and the table they fill (ex_parquet.c). */

#include "indexer/extract/source.h"
#include "indexer/extract/thrift_int.h"

#define PQ_ELEMENTS	200000		/* of the schema */
#define PQ_DEEP		64
#define PQ_FOOTER	((uint64_t)64 << 20)
#define PQ_PAGE		((uint64_t)96 << 20)	/* of one page, packed or not */

enum pq_type { PQ_BOOLEAN, PQ_INT32, PQ_INT64, PQ_INT96, PQ_FLOAT, PQ_DOUBLE, PQ_BYTES, PQ_FIXED, PQ_GROUP };

/* What the values mean; from the logical or the older converted type. */
enum pq_mean { PQ_PLAIN, PQ_TEXT, PQ_DECIMAL, PQ_DATE, PQ_TIME, PQ_STAMP, PQ_UNSIGNED, PQ_UUID, PQ_HALF, PQ_LIST, PQ_MAP, PQ_OPAQUE };

struct pq_element {
	struct slice name;
	uint8_t type, mean;
	uint8_t repeat;			/* 0 required, 1 optional, 2 repeated */
	bool utc;
	int32_t width;			/* of PQ_FIXED */
	int32_t scale;
	int64_t unit;			/* of times: how many in a second */
	uint32_t children;
};

struct pq_leaf {
	const struct pq_element *e;
	uint32_t col;			/* of the table, UINT32_MAX: none */
	uint8_t max_def, max_rep;
	uint8_t list_def;		/* below a list: the definition level from which there is a list at all */
	bool list;			/* only whether there is one is told */
	bool failed;
};

struct pq_foot {
	struct buf bytes;
	struct pq_element *element; uint32_t n;
	int64_t rows;
	struct slice created_by;
	struct thrift groups;		/* at the first row group */
	uint32_t n_groups;
	struct thrift pairs;		/* at the first pair of key and value */
	uint32_t n_pairs;
	bool encrypted;			/* some columns are */
};

/* ST_INVALID: "..."; ${f} is to be released in any case. */
st_t pq_foot_read(struct pq_foot *f, struct source *src, struct err *e);
void pq_foot_release(struct pq_foot *f);
/* The next pair; false at the end. */
bool pq_pair(struct pq_foot *f, struct slice *key, struct slice *value);

struct pq_chunk {
	bool known, elsewhere, locked;
	int32_t type, codec;
	int64_t values, packed, unpacked, data_at, dict_at;
};
/* The columns of the next row group, one after the other: first pq_group() (false: no more), then pq_chunk() for each. */
bool pq_group(struct pq_foot *f, uint32_t *chunks, struct thrift *at, int64_t *rows);
bool pq_chunk(struct thrift *at, struct pq_chunk *c);

/* ---- values ---- */

struct pq_bits { const uint8_t *p, *end; unsigned width; uint64_t run; uint32_t value; unsigned bit; bool packed, bad; };
void pq_bits_init(struct pq_bits *b, const uint8_t *p, const uint8_t *end, unsigned width);
uint32_t pq_bits_next(struct pq_bits *b);

struct pq_delta {
	const uint8_t *p, *end, *widths;
	uint64_t left, last, min;
	uint32_t minis, per, mini, in_mini, bit;
	bool first, bad;
};
void pq_delta_init(struct pq_delta *d, const uint8_t *p, const uint8_t *end);
int64_t pq_delta_next(struct pq_delta *d);

struct pq_dict { struct buf bytes; uint32_t *at; uint32_t n; bool set; };

struct pq_vals {
	int encoding;
	unsigned type;
	size_t width;			/* of one value; 0: varies */
	const uint8_t *p, *end;
	unsigned bit;
	struct pq_bits bits;
	struct pq_delta delta;
	const struct pq_dict *dict;
	uint32_t *len, *prefix; uint32_t n, i;	/* delta lengths */
	struct buf text;		/* DELTA_BYTE_ARRAY: the value before */
	uint8_t one[16];
};
/* ${n}: values in the page at most. ST_UNSUPPORTED, ST_INVALID, ST_NOMEM. */
st_t pq_vals_open(struct pq_vals *v, const struct pq_leaf *l, int encoding, const uint8_t *p, size_t size, uint32_t n, const struct pq_dict *dict, struct err *e);
void pq_vals_close(struct pq_vals *v);
/* One value, borrowed until the next call. False: there is none, or it is broken. */
bool pq_vals_next(struct pq_vals *v, struct slice *out);

/* ---- pages ---- */

struct pq_sink {
	void *ctx;
	void (*value)(void *ctx, const struct pq_leaf *l, struct slice v);
	void (*missing)(void *ctx, const struct pq_leaf *l);
	void (*list)(void *ctx, const struct pq_leaf *l);	/* there is one */
};

/* Read column chunk ${c} of leaf ${l} to its end. ${budget} counts down: bytes unpacked and 8 for each value; ST_TOOBIG when it is used up. ${rows}: that began. */
st_t pq_chunk_read(struct source *src, const struct pq_chunk *c, const struct pq_leaf *l, const struct pq_sink *to, uint64_t *budget, uint64_t *rows,
    struct err *e);

#endif
