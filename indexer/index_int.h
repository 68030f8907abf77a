#ifndef INDEXER_INDEX_INT_H
#define INDEXER_INDEX_INT_H

/* The inside of the index (docs/formats/index.md has the stored form, docs/internals/indexer.md the reasons). indexer/ only. */

#include <pthread.h>
#include <stdatomic.h>

#include "base/vec.h"
#include "indexer/postings.h"
#include "indexer/search.h"
#include "indexer/tok.h"
#include "store/kv_key.h"

enum { IX_META, IX_TERMS, IX_COLS, IX_BITS, IX_IDS, IX_FACETS, IX_STEMS, IX_CLASSES, IX_RANGES, IX_DBS };
#define IX_FORMAT	3u

/* Text fields: bit numbers of a posting. The description is 0 because it is the most frequent. */
#define IX_FIELDS(X) \
	X(DESCRIPTION, "description", 1) X(TITLE, "title", 5) X(CREATOR, "creator", 4) X(SUBJECT, "subject", 3) X(ID, "id", 4) \
	X(FILE, "file", 2) X(COLUMN, "column", 2) X(AFFILIATION, "affiliation", 1) X(FUNDER, "funder", 1) X(CONTRIBUTOR, "contributor", 1) \
	X(TEXT, "text", 1)
enum ix_field {
#define X(a, b, c) F_##a,
	IX_FIELDS(X)
#undef X
	F_COUNT
};
extern const char *const ix_field_names[F_COUNT];
extern const uint8_t ix_field_weights[F_COUNT];
#define F_ALL 0xffffu

/* Classes of terms: first byte behind the segment. */
#define TERM_FIRST	'f'	/* first character of a run */
#define TERM_WORD	'w'	/* words, pairs, last characters */
#define TERM_EXACT	'x'	/* letter, then a whole value; no places */

/* Letters of exact values. The first ones are facets, in the order shown. */
#define IX_FACETS_LIST(X) X(TYPE, "type", 't') X(YEAR, "year", 'y') X(ACCESS, "access", 'a') X(LICENCE, "licence", 'l') X(SUBJECT, "subject", 's') X(CREATOR, "creator", 'c') \
	X(VARIABLE, "variable", 'v') X(UNIT, "unit", 'u') X(FORMAT, "format", 'm') X(INSTRUMENT, "instrument", 'h') X(FORM, "schema", 'z')
enum facet {
#define X(a, b, c) FACET_##a,
	IX_FACETS_LIST(X)
#undef X
	FACET_COUNT
};
extern const char *const facet_names[FACET_COUNT];
extern const char facet_letters[FACET_COUNT];
#define EXACT_ID	'i'
#define EXACT_DOI	'd'
#define EXACT_LANG	'g'
#define EXACT_ELEMENT	'e'
#define EXACT_FORMULA	'q'
#define EXACT_GROUP	'k'	/* of crystals: number and symbol */
#define EXACT_ORGANISM	'o'
#define EXACT_ASSEMBLY	'b'
#define EXACT_CONCEPT	'n'
#define EXACT_FORM	'F'	/* of added schemas: "xrd.anode=cu" */
/* Facets whose values people write in any case: lower, under the big letter. */
#define EXACT_VARIABLE	'V'
#define EXACT_FORMAT	'M'
#define EXACT_INSTRUMENT 'H'

/* Names of intervals. Values of a variable: 'v' and its folded name or 'n' and a concept, a unit separator, then dimensions (schema/unit.h) or '=' for
 * numbers as they are written. 'f' and a field of an added schema likewise, 't' for dates. */
#define RANGE_TIME	"t"		/* seconds from 1970 on */
#define RANGE_WEST_EAST	"x"		/* degrees; the next one in a document's list is its other side */
#define RANGE_SOUTH_NORTH "y"
#define RANGE_CELL	"c"		/* and the edge or angle: "ca", "calpha" */
#define RANGE_SEP	'\x1f'
#define RANGE_RAW	"="
#define RANGES_MAX	4000u		/* of one document */
#define EXACT_MAX	200	/* bytes of a value; longer ones are cut at a character */
#define DOC_NONE	UINT32_MAX

struct seg { uint32_t id, first, last, docs; };
#define SEGS_MAX 256
struct manifest {
	uint32_t next_doc, next_seg, next_class, next_ord[FACET_COUNT];
	uint32_t live;			/* documents that can be found */
	uint64_t len_sum;		/* of their lengths */
	uint64_t place;
	uint32_t rebuild_from;		/* documents below it go when the rebuild ends; 0: none runs */
	uint32_t building;		/* segment a merge is writing; 0: none */
	struct seg segs[SEGS_MAX]; size_t n_segs;		/* in order of documents */
	uint32_t garbage[SEGS_MAX]; size_t n_garbage;	/* segments whose terms are to be deleted */
};
void manifest_get(struct kv_txn *t, struct manifest *m);	/* an empty one when there is none; fails t with ST_CORRUPT */
void manifest_put(struct kv_txn *t, const struct manifest *m);

/* Columns: values of documents in blocks, so that they can be walked and only the last block is ever rewritten. */
#define COL_BLOCK	512u
enum ix_col { COL_LEN = 'l' /* 1 byte */, COL_CLASS = 'c' /* 4 */, COL_HEAD = 'h' /* HEAD_SIZE */, COL_TITLE = 't' /* var */, COL_FACETS = 'f' /* var */ };
#define HEAD_SIZE	44u	/* id 12, parent 12, version 4, published 8, modified 8 */
struct col { enum ix_col col; uint32_t width; uint32_t block; struct slice v; };	/* a reader with the last block at hand */
void col_init(struct col *c, enum ix_col col);
const uint8_t *col_fixed(struct kv_txn *t, struct col *c, uint32_t doc);	/* NULL: absent or t failed; borrowed from t */
struct slice col_var(struct kv_txn *t, struct col *c, uint32_t doc);
/* Append ${n} values behind document ${first} - 1. ${ends} (var) or NULL with a fixed width. */
void col_append(struct kv_txn *t, enum ix_col col, uint32_t first, uint32_t n, const uint8_t *p, const uint32_t *ends);
static inline int64_t get_i64(const void *p) { return (int64_t)get_u64(p); }

/* Bit sets over documents, in chunks. */
#define BITS_CHUNK	8192u
enum ix_bits { BITS_LIVE = 'l', BITS_LATEST = 'n', BITS_OTHER_CLASS = 'o' /* not newest, but nobody who sees this is sure to see a newer one */ };
struct bits { enum ix_bits kind; uint32_t chunk; struct slice v; };
void bits_init(struct bits *b, enum ix_bits kind);
bool bits_test(struct kv_txn *t, struct bits *b, uint32_t doc);
struct bits_w { enum ix_bits kind; uint32_t chunk; bool dirty; uint8_t p[BITS_CHUNK / 8]; };
void bits_w_init(struct bits_w *b, enum ix_bits kind);
void bits_set(struct kv_txn *t, struct bits_w *b, uint32_t doc, bool on);
void bits_w_flush(struct kv_txn *t, struct bits_w *b);

struct merger;
struct index {
	struct repo *r;
	pthread_mutex_t apply_lock;	/* one index_apply at a time */
	atomic_uint_fast64_t place;
	void *coll;			/* UCollator; under apply_lock */
	struct stemmer *stem;		/* under apply_lock */
	struct merger *merger;
};

/* Keys of terms: everything but the first document. */
void term_key(struct key *k, uint32_t seg, char cls, struct slice text);

/* Documents of one commit, made ready outside of the transaction. build.c; under apply_lock. */
struct new_doc {
	char id[PID_LEN + 1], parent[PID_LEN + 1];
	uint32_t version, cls;
	int64_t published, modified;
	uint8_t len8;
};
struct new_facet { uint8_t facet; uint32_t ord; size_t at, n; };	/* value in batch.text */
struct new_class { uint32_t no; size_t at, n; };
struct new_seg { uint32_t first, n; size_t kv_from, kv_to; };		/* in batch.kv */
struct batch {
	uint32_t first_doc;
	VEC(struct new_doc) docs;
	struct buf titles, facets, ranges; VEC(uint32_t) title_ends, facet_ends, range_ends;
	VEC(struct new_seg) segs;
	struct buf kv;			/* u16 key bytes, key behind the segment, u32 value bytes, value; in order of keys */
	struct buf stems;		/* stem NUL word NUL ... */
	struct buf text;
	VEC(struct new_facet) new_facets;
	VEC(struct new_class) new_classes;
	uint32_t next_ord[FACET_COUNT], next_class;
	const char **gone; size_t n_gone;	/* ids to remove or replace; borrowed from the records */
	uint64_t upto;
};
st_t batch_build(struct index *ix, const struct index_doc *docs, size_t n, struct batch *b, struct err *e);
void batch_release(struct batch *b);

/* Lengths in words as a byte: 16 steps an octave. */
uint8_t len8_of(uint32_t len);
float len8_to(uint8_t len8);

/* What of a record is found: every text with its field, exact values, facet values. fields.c */
struct doc_sink {
	void (*text)(void *ctx, enum ix_field f, struct slice s);
	void (*exact)(void *ctx, char letter, struct slice s);
	void (*facet)(void *ctx, enum facet f, struct slice s);	/* exact under the facet's letter too */
	void (*range)(void *ctx, struct slice name, double lo, double hi);
	void *ctx;
};
void fields_walk(const struct index_doc *d, const struct doc_sink *sink);
struct slice exact_clip(struct slice s);
/* "Air temperature (2 m)" -> "air_temperature_2_m": words and runs in their normal form; cut at 150 bytes. */
st_t name_fold(struct buf *out, struct slice name);

/* merge.c: joins small segments in a thread that lives while there is work. */
struct merger *merger_new(struct index *ix);
void merger_free(struct merger *m);	/* stops between two steps and waits */
void merger_wake(struct merger *m);
/* Merge in this thread until nothing is left to do; for tests and a full manifest. */
st_t index_settle(struct index *ix, struct err *e);

#endif
