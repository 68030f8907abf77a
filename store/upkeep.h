#ifndef STORE_UPKEEP_H
#define STORE_UPKEEP_H

/* What an operator runs. All report progress and can be stopped; none needs memory that grows with the repository. */

#include "store/repo.h"

struct progress {
	/* Return false to stop. ${what}: "objects", "records", ... Called from the running thread, not often. */
	bool (*step)(void *ctx, const char *what, uint64_t done, uint64_t total);
	void *ctx;
};

/* One line a finding: ${kind} "digest", "missing", "orphan", "catalogue", "inventory", ...; subject: record or file; text. */
typedef void fsck_report(void *ctx, const char *kind, const char *subject, const char *text);
struct fsck_result { uint64_t objects, files, bytes, faults; };
/* Every digest and every cross-reference. ${content} false: structure only. */
st_t upkeep_fsck(struct repo *r, bool content, fsck_report *report, void *ctx, const struct progress *p, struct fsck_result *out, struct err *e);
/* Recreate catalogue from the objects (drafts, accounts, jobs, secret are kept). Answers are byte-equal after. The caller rebuilds the index by resetting its follower. */
st_t upkeep_rebuild(struct repo *r, const struct progress *p, struct err *e);
/* A consistent copy while running: catalogue, staging, objects, conf. ${to} must not exist. restore = start azekurad on the copy. */
st_t upkeep_backup(struct repo *r, const char *to, const struct progress *p, struct err *e);

/* Bulk records without files, one canonical (or ../shared/bench-like) JSON a line, into one pack version. Line errors are reported and skipped. */
struct import_result { uint64_t read, added, changed, same, faults; };
st_t pack_import(struct repo *r, const char *source, int fd, fsck_report *report, void *ctx, const struct progress *p, struct import_result *out, struct err *e);

#endif
