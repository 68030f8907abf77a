#ifndef STORE_DEPOSIT_H
#define STORE_DEPOSIT_H

/*
 * Everything that changes records: all or nothing, durable on ST_OK. Blocking: worker threads (and programs that hold the lock). Access is decided by the caller
 * through schema/access.h before; actors are written into log and event.json.
 */

#include "schema/record.h"
#include "store/catalogue.h"
#include "store/changes.h"

struct actor { uint32_t user; char text[160]; };		/* text as in struct change */
void actor_of(const struct principal *p, struct actor *a);

/* A new draft of a new concept. ${doc} borrowed. */
st_t deposit_new(struct repo *r, const struct actor *a, const json_t *doc, char id[PID_LEN + 1], struct err *e);
/* Replace a draft's metadata. ${etag} 0: whatever; else ST_STALE when it moved. */
st_t deposit_save(struct repo *r, const struct actor *a, const char *id, const json_t *doc, uint32_t etag, struct err *e);
/* Hand a draft to the curators (REC_REVIEW), or back to its owner. ST_CONFLICT: it is there already. */
st_t deposit_review(struct repo *r, const struct actor *a, const char *id, bool submit, struct err *e);
st_t deposit_discard(struct repo *r, const struct actor *a, const char *id, struct err *e);
/* A draft (same id) to revise a published version's metadata; ST_OK also when there is one already. It has no files of its own: ask for the version's. */
st_t deposit_edit(struct repo *r, const struct actor *a, const char *id, struct err *e);
/* A draft of the next version; shares nothing yet: deposit_import_files() takes over the previous version's files without copying. */
st_t deposit_new_version(struct repo *r, const struct actor *a, const char *id, char out[PID_LEN + 1], struct err *e);
st_t deposit_import_files(struct repo *r, const struct actor *a, const char *draft, struct err *e);

/* Files of a draft: announce (InvenioRDM "initiate"), set metadata, remove. Content comes through store/upload.h. */
st_t deposit_file_announce(struct repo *r, const char *draft, struct slice path, const json_t *meta, struct err *e);
st_t deposit_file_set(struct repo *r, const char *draft, struct slice path, enum rec_access access, const json_t *meta, struct err *e);
st_t deposit_file_remove(struct repo *r, const char *draft, struct slice path, struct err *e);

/* Validate, write the OCFL version, commit. ${findings} (may be NULL) gets every fault when ST_INVALID. ${key}: idempotency key or NULL: a repeat gives the first result.
 * A draft of an edit becomes a revision. Concurrent publishes: one wins, the other ST_CONFLICT with its draft intact. */
st_t deposit_publish(struct repo *r, const struct actor *a, const char *id, const char *key, struct findings *findings, struct rec *out, struct err *e);
st_t deposit_withdraw(struct repo *r, const struct actor *a, const char *id, const char *reason, const char *note, struct err *e);
st_t deposit_restore(struct repo *r, const struct actor *a, const char *id, struct err *e);	/* same identifier, live again */
st_t deposit_purge(struct repo *r, const struct actor *a, const char *id, const char *reason, struct err *e);
st_t deposit_sets(struct repo *r, const struct actor *a, const char *id, const char *const *sets, size_t n, struct err *e);	/* communities of a published record */
st_t deposit_embargo_due(struct repo *r, int64_t now, unsigned max, unsigned *ended, struct err *e);	/* called by a timer */

/*
 * The time of a list that is read from a snapshot opened after this call: every change the snapshot does not hold is dated at or after it. The clock,
 * or the time of the oldest change that is being written. Never goes back while the process runs.
 */
int64_t deposit_time(struct repo *r);

/* Facts about ${id}'s files changed: append that to the log, for followers. Every change number comes from here, so that the log is written in order. */
st_t deposit_facts(struct repo *r, const struct actor *a, const char *id, struct err *e);

#endif
