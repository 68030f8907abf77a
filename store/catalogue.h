#ifndef STORE_CATALOGUE_H
#define STORE_CATALOGUE_H

/*
 * Records by identifier, their files, links, versions, sets, renditions, tombstones. Derived from the OCFL objects (drafts apart).
 * Reading functions take a transaction of r->catalog and copy what they return. Only store/ and schema/ know the stored form.
 */

#include "schema/access.h"
#include "schema/format.h"
#include "schema/pid.h"
#include "store/repo.h"

struct rec {
	char id[PID_LEN + 1], parent[PID_LEN + 1];
	enum rec_state state;
	uint32_t version;		/* 1.. of published versions; a draft has the number it would get */
	uint32_t revision;		/* of the metadata, 1.. */
	uint32_t etag;			/* grows with every change, drafts too: If-Match */
	uint64_t change;		/* number of the newest change; 0 for a draft */
	int64_t created, modified, published, withdrawn;	/* seconds */
	uint32_t owner;
	enum rec_access access;
	enum rec_meta meta;
	int64_t embargo_end;
	bool was_public, latest;
	bool is_edit;			/* a draft that revises a published version (same id) */
	bool in_pack;			/* lives in a pack, has no object of its own */
	uint64_t files, bytes;		/* count and sum */
	uint32_t *groups; size_t n_groups;	/* owned */
	char **sets; size_t n_sets;	/* owned: explicit set specs (communities); computed ones are not stored */
	json_t *doc;			/* owned; canonical, NULL in a tombstone that shows nothing */
	json_t *tomb;			/* owned: {"reason","note","by","date"} of a withdrawn record */
	struct slice text;		/* for cat_put(), borrowed: ${doc} already as stored text, which saves making it again; else empty */
};
void rec_release(struct rec *rec);
void rec_subject(const struct rec *rec, struct access_subject *out);	/* borrows from rec */

/* ${draft}: the draft of that id, else the published version. ST_ABSENT. ${id} canonical. */
st_t cat_get(struct kv_txn *t, const char *id, bool draft, struct rec *out, struct err *e);
/* Head only: doc and tomb stay NULL, groups and sets are set. Cheap: for access checks. */
st_t cat_head(struct kv_txn *t, const char *id, bool draft, struct rec *out, struct err *e);
/* The stored text of doc, borrowed until the transaction ends; empty when it has none. ST_ABSENT, ST_CORRUPT. */
st_t cat_doc(struct kv_txn *t, const char *id, bool draft, struct slice *json, struct err *e);
/* Is ${id} a version, a concept, or nothing? Drafts count, so that a new identifier can be checked with it. */
enum cat_kind { CAT_NONE, CAT_VERSION, CAT_CONCEPT };
enum cat_kind cat_kind(struct kv_txn *t, const char *id);
/* Published versions of a concept, newest first: ids into ${ids} (at most max); returns how many there are. Withdrawn ones included. */
size_t cat_versions(struct kv_txn *t, const char *parent, char (*ids)[PID_LEN + 1], size_t max);
st_t cat_latest(struct kv_txn *t, const char *parent, char out[PID_LEN + 1]);		/* newest not withdrawn; else newest; ST_ABSENT */
st_t cat_draft_of(struct kv_txn *t, const char *parent, char out[PID_LEN + 1]);	/* the draft of a new version (no edit) of a concept; ST_ABSENT */
/* Drafts of an owner (0 = all), newest first, key paging: ${after} 0 or the last key given back. */
size_t cat_drafts(struct kv_txn *t, uint32_t owner, uint64_t *after, char (*ids)[PID_LEN + 1], size_t max);

/* Files of a version or draft, in byte order of paths. */
struct cat_file {
	char *path;			/* owned, as all text here */
	uint64_t size;
	uint8_t sha256[32];
	uint32_t crc32;
	char *media;			/* "text/csv" */
	enum rec_access access;
	int64_t modified;
	bool pending;			/* draft: announced, content not yet there */
	json_t *meta;			/* free metadata of the file or NULL */
	char *where;			/* place of the bytes below the object ("v2/content/a.csv"); NULL: staged, found by digest */
};
void cat_file_release(struct cat_file *f);
st_t cat_file_get(struct kv_txn *t, const char *id, bool draft, struct slice path, struct cat_file *out, struct err *e);
/* Up to ${max} files with path > ${after}; returns how many. Page by the last path. */
size_t cat_files(struct kv_txn *t, const char *id, bool draft, struct slice after, struct cat_file *out, size_t max);

/* Rendition of a format that is kept, with marks (schema/format.h); borrowed until the transaction ends. ST_ABSENT, ST_UNSUPPORTED (not offered). */
st_t cat_rendition(struct kv_txn *t, const char *format, const char *id, struct slice *bytes, int64_t *datestamp, bool *deleted);

/* Links both ways between records and identifiers: who points at ${target} (pid or URI)? */
size_t cat_links_to(struct kv_txn *t, struct slice target, char (*ids)[PID_LEN + 1], char (*types)[40], size_t max);

/* Sets. A community is a set with a slug path ("inst:eng"); "type:NAME" and "access:NAME" are computed. */
struct cat_set { char *spec, *name, *description; uint64_t count; };
void cat_set_release(struct cat_set *s);
size_t cat_sets(struct kv_txn *t, struct slice after, struct cat_set *out, size_t max);	/* by spec, computed ones with members included */
/* May a community be called so ("inst:eng")? Small letters, digits, '-' and '_': always a legal setSpec. Those of computed sets are nobody's to give. */
bool cat_spec_ok(const char *spec);
bool cat_spec_computed(const char *spec);
bool cat_set_exists(struct kv_txn *t, struct slice spec);

/*
 * The harvest feed: every item that was ever public stands at its newest change number, once for the whole repository and once in each of its
 * sets and their ancestors. Datestamps never decrease along it, so a date range is a range of numbers.
 */
struct feed_item { uint64_t change; char id[PID_LEN + 1]; int64_t datestamp; bool deleted; };
/* Items of ${format} (NULL: of any) and ${set} (empty: all) with change > ${after} and datestamp in [from, until]; up to max. */
size_t cat_feed(struct kv_txn *t, const char *format, struct slice set, uint64_t after, int64_t from, int64_t until, struct feed_item *out, size_t max);
/* How many cat_feed() would give in all from the start. Counters when from and until are open. */
uint64_t cat_feed_count(struct kv_txn *t, const char *format, struct slice set, int64_t from, int64_t until);
/* The setSpecs for an item's header: explicit and computed, ancestors left out. Owned strings in ${out}; returns how many. */
size_t cat_sets_of(struct kv_txn *t, const char *id, char **out, size_t max);
int64_t cat_earliest(struct kv_txn *t);				/* never moves past a datestamp served */

struct cat_stats { uint64_t records, drafts, withdrawn, files, bytes, changes; };
void cat_stats(struct kv_txn *t, struct cat_stats *out);

/* ---- Writing: inside a write transaction of r->cat_w; called by store/ (deposit, recover, rebuild, packs). ---- */
/*
 * Put a record or draft with its doc; keeps links, sets, feed, counters, renditions right. ${files} changes go through cat_file_put/del first.
 * A published record's change (rec->change) must be in the log before, and one change number belongs to one record: it is its place in the feed.
 * Rendering is part of it: cat_render() need not be called after.
 */
void cat_put(struct kv_txn *t, struct repo *r, const struct rec *rec);
void cat_draft_del(struct kv_txn *t, struct repo *r, const char *id);
void cat_draft_end(struct kv_txn *t, const char *id);		/* the same, but its file rows stay: the caller sees to it that cat_files_clear_some() takes them */
/* What is left of a withdrawn record when its content goes: no document, no files, the tombstone. ST_CONFLICT in ${t} when it is not withdrawn. */
void cat_purge(struct kv_txn *t, struct repo *r, const char *id);
void cat_file_put(struct kv_txn *t, const char *id, bool draft, const struct cat_file *f);
void cat_file_del(struct kv_txn *t, const char *id, bool draft, struct slice path);
void cat_files_clear(struct kv_txn *t, const char *id, bool draft);
/* The same for ${max} of them; returns how many went. A transaction holds every page that it changes in memory. */
size_t cat_files_clear_some(struct kv_txn *t, const char *id, bool draft, size_t max);
/* Render every kept format of ${rec} again, after a format changed; those whose bytes changed move to rec->change and ${stamp}. */
void cat_render(struct kv_txn *t, struct repo *r, const struct rec *rec, int64_t stamp);
void cat_set_put(struct kv_txn *t, const struct cat_set *s);
/* Drop all that rebuild recreates: published records, files, links, feeds, renditions, log. Drafts, set names, accounts, jobs, secret, notes stay. */
void cat_reset(struct kv_txn *t, struct repo *r);
/* Small durable facts of the depositing side (first results of idempotency keys, runs of packs); cat_reset() keeps them. ${v} borrowed as by kv_get(). */
bool cat_note_get(struct kv_txn *t, struct slice key, struct slice *v);
void cat_note_put(struct kv_txn *t, struct slice key, struct slice v);
void cat_note_del(struct kv_txn *t, struct slice key);
/* The view for a crosswalk; files up to 1,000. Owned parts are released by cat_view_release(). */
st_t cat_view(struct kv_txn *t, const struct rec *rec, struct record_view *out);
void cat_view_release(struct record_view *v);

#endif
