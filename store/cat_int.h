#ifndef STORE_CAT_INT_H
#define STORE_CAT_INT_H

/* The inside of the catalogue: databases, keys and shared steps of cat_*.c, changes.c, accounts.c, facts.c, jobs.c. Layout: docs/formats/catalog.md. */

#include <pthread.h>

#include "base/vec.h"
#include "store/catalogue.h"
#include "store/changes.h"
#include "store/kv_key.h"

#define CAT_LAYOUT	1u

enum cat_db {
	CAT_META,		/* numbers of the repository, formats, feed classes, followers */
	CAT_ID,			/* identifier -> record number */
	CAT_REC,		/* record number -> published row */
	CAT_DRAFT,		/* drafts and their lists */
	CAT_VER,		/* versions of a concept */
	CAT_FILE,
	CAT_LINK,
	CAT_SET,		/* sets and their counters */
	CAT_ITEM,		/* record number -> places in the feed */
	CAT_FEED,
	CAT_REND,		/* renditions */
	CAT_CHANGE,		/* the log */
	CAT_STAMP,		/* second -> first change number */
	CAT_ACCT,
	CAT_JOB,
	CAT_FACT,
	CAT_NOTE,
	CAT_VOC,		/* loaded vocabularies: store/vocabs_int.h */
	CAT_VTERM,		/* their labels by beginning */
	CAT_FORM,		/* added metadata schemas: store/forms.c */
	CAT_DB_COUNT
};
extern const struct kv_spec cat_specs[CAT_DB_COUNT];

#define CAT_FORMATS_MAX	60
#define CAT_ANY		((uint64_t)1 << 63)	/* the feed of all formats together */

struct watcher { void (*fn)(void *arg, uint64_t last); void *arg; };

/* r->cat */
struct cat {
	/* Kept formats and their bits; changed only by cat_formats(), in the writer thread. */
	struct { const struct format *f; unsigned bit; } fmt[CAT_FORMATS_MAX];
	size_t n_fmt;
	uint64_t stale;			/* formats whose stored renditions were made by another mapping; at opening only */

	pthread_mutex_t mu;		/* all below */
	VEC(struct watcher) watchers;
	uint64_t last_told;
	pthread_mutex_t vocabs;		/* one load or removal at a time */
};

/* repo.c: a new catalogue's first rows, or a check of an old one's; bits for the formats of r->schema. */
st_t cat_open(struct repo *r, struct err *e);
void cat_close(struct repo *r);
/* In the writer thread, after each commit. ${arg}: struct repo. */
void cat_committed(void *arg);

/* ---- keys ---- */
static inline void key_id(struct key *k, const char *id)
{
	char pad[PID_LEN] = { 0 };

	memcpy(pad, id, strnlen(id, PID_LEN));
	key_bytes(k, pad, PID_LEN);
}

static inline struct key key_u64_of(char letter, uint64_t v)
{
	struct key k;

	key_init(&k, letter);
	key_u64(&k, v);
	return k;
}

struct key cat_meta_key(const char *name);
uint64_t cat_meta_u64(struct kv_txn *t, const char *name);		/* 0 when absent */
void cat_meta_put_u64(struct kv_txn *t, const char *name, uint64_t v);
uint64_t cat_meta_next(struct kv_txn *t, const char *name);		/* 1, 2, ... */

/* The record number of ${id}; 0 when it has none. cat_rno_new() gives it one. */
uint64_t cat_rno(struct kv_txn *t, const char *id);
uint64_t cat_rno_new(struct kv_txn *t, const char *id);

/* ---- rows ---- */
st_t cat_get_at(struct kv_txn *t, uint64_t rno, struct rec *out, struct err *e);		/* the published row of a number */
/* Decode the head; groups and sets when ${lists}. ST_CORRUPT when its digest is wrong. ${body}: tomb then doc, unchecked. */
st_t cat_row_head(struct slice row, bool lists, struct rec *out, struct slice *tomb, struct slice *doc, uint64_t *seq, struct err *e);
st_t cat_row_body_check(struct slice row, struct err *e);
/* ${seq}: of a draft. ${doc}: text. */
st_t cat_row_make(struct buf *out, const struct rec *rec, uint64_t seq, struct slice doc);

/* ---- links (cat_link.c) ---- */
void cat_links_change(struct kv_txn *t, const char *id, const json_t *old, const json_t *now);
/* The same for the added schemas that a record uses (forms.c). */
void cat_forms_change(struct kv_txn *t, const char *id, const json_t *old, const json_t *now);

/* ---- feed (cat_feed.c) ---- */
/* Bring the places of a record in order after it was put. ${old_public}: it stood live in the feed. */
void cat_feed_put(struct kv_txn *t, struct repo *r, uint64_t rno, const struct rec *rec);

/*
 * A refresh: mappings changed, so every record of the formats in ${mask} gets a new date (OAI-PMH 2.0, 2.7.1). A block of numbers as long as the
 * log was taken; who stood at n now stands at base + n, which needs no entry an item and comes out the same when the catalogue is made again.
 */
struct refresh { uint64_t mask, base, span; int64_t time; };
#define CAT_REFRESH_MAX 64
size_t cat_refreshes(struct kv_txn *t, struct refresh *out);		/* all there were, oldest first */
/* Render one record for the refreshes that it has not seen. False: it had seen all. */
bool cat_feed_refresh(struct kv_txn *t, struct repo *r, uint64_t rno);
/* repo_open() and the end of a rebuild: begin a refresh when formats changed, and finish one that was begun. Nobody else may write meanwhile. */
st_t cat_refresh(struct repo *r, struct err *e);

/* ---- sets (cat_set.c) ---- */
uint32_t cat_set_no(struct kv_txn *t, struct slice spec);		/* 0: no such set */
uint32_t cat_set_no_new(struct kv_txn *t, struct slice spec, const char *name);
bool cat_set_spec(struct kv_txn *t, uint32_t no, struct slice *spec);	/* borrowed */
void cat_set_counts_clear(struct kv_txn *t);
/* The numbers of all sets that ${rec} is in, ancestors and computed ones included, made when new. */
typedef VEC(uint32_t) set_list;
void cat_sets_for(struct kv_txn *t, const struct schema *s, const struct rec *rec, set_list *out);

uint64_t cat_feed_counter(struct kv_txn *t, uint32_t set, uint32_t class);
void cat_feed_counter_move(struct kv_txn *t, uint32_t set, uint32_t class, int by);

/* classes: which formats an entry of the feed stands for, and whether as a deletion */
uint32_t cat_class(struct kv_txn *t, uint64_t mask, bool deleted);
#define CAT_CLASSES_MAX 512
struct feed_class { uint32_t no; uint64_t mask; bool deleted; };
size_t cat_classes(struct kv_txn *t, struct feed_class *out, size_t max);	/* returns how many there are */
int cat_format_bit(struct kv_txn *t, const char *name);			/* -1: not kept */

/* Numbers base + 1 to base + span are places in the feed at ${time}; the log gets one entry for all of them, the last. */
void change_skip(struct kv_txn *t, uint64_t base, uint64_t span, int64_t time);
int64_t cat_change_time(struct kv_txn *t, uint64_t no, bool *found);
/* [lo, hi): numbers whose time lies in [from, until]. */
void cat_change_range(struct kv_txn *t, int64_t from, int64_t until, uint64_t *lo, uint64_t *hi);

static inline bool rec_is_live(const struct rec *rec)
{
	return rec->state == REC_PUBLISHED && rec->meta == META_PUBLIC;
}

#endif
