#ifndef STORE_DEP_INT_H
#define STORE_DEP_INT_H

/* The inside of the depositing side: locks, change numbers in flight, events and their OCFL versions. See docs/internals/store.md. */

#include <pthread.h>

#include "base/map.h"
#include "store/deposit.h"
#include "store/ocfl.h"

#define DEP_RECORD	"metadata/record.json"
#define DEP_EVENT	"metadata/event.json"
#define DEP_FILES	"metadata/files.jsonl"
#define DEP_DOC_MAX	(64u << 20)
#define DEP_PAGE	256u

struct held { struct held *next; char name[64]; };

/* r->dep */
struct deposits {
	pthread_mutex_t mx;
	pthread_cond_t cv;
	struct held *held;		/* concepts (and packs) somebody writes */
	uint64_t next;			/* the next change number to hand out */
	uint64_t turn;			/* the number whose holder may queue its commit */
	int64_t last_time;
	struct ticket *open, **open_end;	/* tickets whose changes are not all in the catalogue yet, oldest first */
	pthread_rwlock_t staged;	/* read: content is being named by a draft; write: the collector removes some */
};

/* recover_open() makes it; recover_close() frees it. NULL when out of memory. dep_numbers() sets the numbers from the catalogue; ${records}: how many it names. */
struct deposits *deposits_new(void);
void dep_numbers(struct repo *r, uint64_t *records);

st_t dep_lock(struct deposits *d, struct held *h, const char *name);
void dep_unlock(struct deposits *d, struct held *h);

/*
 * Change numbers. An event's number stands in its OCFL version, which is written before the catalogue commits: so it is handed out
 * early, and commits are queued strictly in order of number. The writer takes its queue in order, hence the log only ever grows at
 * its end and a follower that has read up to n misses nothing below n. A failed event's number is never used: a hole, nothing more.
 */
struct ticket { uint64_t no, count; int64_t time; bool live; struct ticket *next; };
void ticket_take(struct deposits *d, uint64_t count, struct ticket *t);
/* Wait for the turn, queue ${apply} for the writer, let the next one go, wait for the commit. Uses the ticket up. */
st_t ticket_commit(struct repo *r, struct ticket *t, st_t (*apply)(void *, struct kv_txn *), void *arg, struct err *e);
void ticket_void(struct deposits *d, struct ticket *t);		/* harmless when used up */

/* Numbers go on after ${last} and ${time}, if they are behind them: after a rebuild. */
void ticket_behind(struct deposits *d, uint64_t last, int64_t time);

/* Did the change ${no} of concept ${parent} reach the log? */
bool dep_committed(struct repo *r, uint64_t no, const char *parent);

/* "azekura:k7x2m-9q494" and its folder below the object root. */
void dep_object_id(char out[OCFL_ID_MAX], const char *parent);
void dep_object_key(char out[OCFL_KEY_MAX], const char *parent);
char *dep_stage_dir(struct repo *r, const char *name);		/* DIR/staging/publish/NAME; owned */
/* An empty folder for it, with what an earlier attempt left removed. */
st_t dep_stage_new(struct repo *r, const char *name, char **dir, struct err *e);
/* staging/publish/NAME/intent.json: enough to take the version out of sight again. */
/* ${clear}: a draft whose file rows are to go once the change is committed; NULL: none. */
st_t dep_intent_write(const char *stage, const char *object_id, const char *parent, unsigned version, uint64_t change, bool swap, const char *clear,
    struct err *e);
/* Take back what the intent of ${stage} began, unless its change is in the log; then remove ${stage}. Idempotent. */
st_t dep_settle(struct repo *r, const char *stage, struct err *e);

/* metadata/event.json */
st_t event_make(struct buf *out, const struct rec *rec, const struct change *c);
st_t event_read(struct slice json, struct rec *rec, struct change *c, struct err *e);	/* rec: all but files, bytes; of doc the resource type only */

/* One line of metadata/files.jsonl, with its newline. */
st_t file_line_make(struct buf *out, const struct cat_file *f);
st_t file_line_read(struct slice line, struct cat_file *f, struct err *e);
enum rec_access access_by_name(const char *name);

/* One event on its way. */
struct event {
	struct repo *r;
	const struct actor *a;
	enum change_kind kind;
	struct rec *rec;		/* as it will be; change, times and etag are set by event_run() */
	bool from_draft;		/* files are the draft's; the draft ends */
	bool from_edit;			/* the draft of a revision ends */
	uint32_t draft_etag;
	const char *note;		/* idempotency: note key or NULL */
	struct buf doc;			/* record.json */
	struct ocfl_put *put;
	struct change c;
	char *stage;
};
st_t event_run(struct event *ev, struct err *e);	/* the concept's lock is held */
st_t event_finish(struct event *ev, struct err *e);	/* its second half, when the caller made ev->stage and ev->put itself */
/* Log entry, record, latest flags, embargo list: what commit and rebuild do alike. */
void dep_event_put(struct kv_txn *t, struct repo *r, const struct rec *rec, const struct change *c);

/* Which version is "latest" after a change; puts those whose flag moved. For commits and rebuild alike. */
void dep_fix_latest(struct kv_txn *t, struct repo *r, const char *parent);
/* Set access, meta, embargo_end, groups, was_public of ${rec} from its doc. */
st_t dep_rec_access(struct rec *rec);
/* Paths of a draft that cannot stand together: NFC twins, a file that is another's folder. Case twins are only reported. */
st_t dep_paths_check(struct repo *r, const char *id, struct findings *f, struct err *e);
st_t finding_add(struct findings *f, bool fatal, const char *path, const char *fmt, ...) PRINTF_LIKE(4, 5);
/* A new path of a draft: refused when it is another's NFC twin, folder, or below another file. In a write transaction. */
void dep_path_new(struct kv_txn *t, const char *draft, struct slice path);
st_t path_nfc(struct slice s, bool compose, struct buf *out);

/* A draft whose files may change, in a write transaction; false: t has failed. Save after with the changes of count and sum. */
bool draft_open(struct kv_txn *t, const char *id, struct rec *rec);
void draft_save(struct kv_txn *t, struct repo *r, struct rec *rec, int64_t files, int64_t bytes);

/* staging/content/ab/DIGEST; owned */
char *staged_path(struct repo *r, const uint8_t sha[SHA256_LEN]);
/* ST_FULL when ${bytes} more would leave less than the reserve. */
st_t staging_room(struct repo *r, uint64_t bytes, struct err *e);
/* Is there such a draft, and may its files change? ST_ABSENT, ST_CONFLICT. */
st_t staging_takes(struct repo *r, const char *draft, struct err *e);
/* Remove staged content that no draft names, among ${only} (NULL: all) and not touched since ${older_than}. */
st_t staged_collect(struct repo *r, struct map *only, int64_t older_than, uint64_t *removed, struct err *e);

#endif
