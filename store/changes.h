#ifndef STORE_CHANGES_H
#define STORE_CHANGES_H

/* The one ordered log. Every change takes the next number inside its write transaction; time = max(clock, last time). Followers read by number. */

#include "schema/pid.h"
#include "store/kv.h"

#define CHANGE_KINDS(X) X(PUBLISH, "publish") X(REVISE, "revise") X(WITHDRAW, "withdraw") X(RESTORE, "restore") \
	X(PURGE, "purge") X(SET, "set") X(EMBARGO, "embargo-end") X(FACTS, "facts") \
	X(FORMATS, "formats") /* mappings changed, no record did: id and parent are empty */
enum change_kind {
#define X(a, b) CHANGE_##a,
	CHANGE_KINDS(X)
#undef X
	CHANGE_KIND_COUNT
};
const char *change_name(enum change_kind k);

struct change {
	uint64_t no;
	int64_t time;			/* seconds */
	enum change_kind kind;
	char id[PID_LEN + 1], parent[PID_LEN + 1];
	uint32_t revision;
	char actor[160];		/* "user:3 taro token:9f3a..." or "program:azekura 0.1" */
};

/* Take the next number and time (sets c->no, c->time unless c->no is already given, as rebuild does) and store. */
void change_put(struct kv_txn *t, struct change *c);
size_t changes_after(struct kv_txn *t, uint64_t after, struct change *out, size_t max);
uint64_t changes_last(struct kv_txn *t);
int64_t changes_last_time(struct kv_txn *t);

/* Places of followers ("index", "extract"): how far each has read. */
uint64_t follower_get(struct kv_txn *t, const char *name);
void follower_put(struct kv_txn *t, const char *name, uint64_t no);

/* Wake-up: ${fn} runs in the writer thread after each commit that added changes; keep it short (post to a loop, signal a condition). */
struct repo;
st_t changes_watch(struct repo *r, void (*fn)(void *arg, uint64_t last), void *arg);
void changes_unwatch(struct repo *r, void *arg);
/* Wake all of them for something that is not in the log. Any thread. */
void changes_tell(struct repo *r);

#endif
