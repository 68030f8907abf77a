#ifndef CLI_DEPOSIT_H
#define CLI_DEPOSIT_H

/* The parts of "azekura deposit": what lies in the folder, what describes it, and sending it. */

#include <stdatomic.h>

#include "cli/cli.h"
#include "base/map.h"
#include "schema/schema.h"

struct local_file {
	char *path;		/* on this disk */
	char *key;		/* in the dataset */
	uint64_t size;
	int64_t changed;	/* ns; with the size, how a change is noticed */
};

struct folder {
	struct local_file *v;
	size_t n, cap;
	uint64_t bytes;
	json_t *warnings;	/* owned array of strings */
};
/* Which files of a folder are meant; all zero: every one. Patterns as fnmatch(3) with '*' over '/', on the name within the folder, or on its last part. */
struct folder_filter {
	char **include, **exclude;	/* include: none means all */
	size_t n_include, n_exclude;
	int64_t after, before;		/* ns of the last change: after <= t < before; 0: no bound */
	bool here;			/* only what lies directly in it */
};
bool folder_wants(const struct folder_filter *w, const char *rel, int64_t changed);
/*
 * Everything below ${root} (or the one file it is), in byte order. Links and odd things become warnings. Names that no dataset can hold and files that
 * cannot be read are ST_INVALID and ST_IO: nothing may be missing unseen. ${encode}: names that are no UTF-8 or hold control characters are percent-encoded.
 */
st_t folder_read(struct folder *f, const char *root, bool encode, const struct folder_filter *w, struct err *e);	/* ${w} may be NULL */
/* Time of change in ns, as local_file has it. */
struct stat;
int64_t file_changed(const struct stat *sb);
/* ST_CONFLICT, by name, when a file is no longer what folder_read() saw. */
st_t folder_same(const struct folder *f, struct err *e);
void folder_release(struct folder *f);
/* SHA-256 of an open file in hex. ${stop} may be NULL; set, the answer is ST_CLOSED. */
st_t file_digest(int fd, char hex[65], const atomic_bool *stop, struct err *e);

struct describe_opts { const char *title, *license, *access, *from; const char *const *creators; size_t n_creators; };
/* The canonical record from description files and options. */
st_t describe(const struct schema *s, const struct folder *f, const struct describe_opts *o, json_t **doc, json_t *warnings, struct err *e);

/* key -> SHA-256 in hex (owned) of the files that ${where} ("records/ID", "records/ID/draft") has whole. */
st_t files_there(const struct cli *c, const char *where, struct map *there, struct err *e);
/* The small files of ${f} that are not ${there}, many in a request; ${done}[i]: the draft has file i now. Leaves all to send_files() where the server cannot. */
st_t send_many(struct cli *c, const char *draft, const struct folder *f, const struct map *there, struct bar *bar, unsigned jobs, bool *done, uint64_t *sent,
    struct err *e);
/* Send every file that the draft lacks, ${jobs} at a time, finished ones not again. ${sent}: files that went over the line now. */
st_t send_files(struct cli *c, const char *draft, const struct folder *f, unsigned jobs, uint64_t *sent, struct err *e);

/*
 * One deposit within another command (from-survey, watch): nothing is asked, nothing printed but progress. Goes on with a cut one. ${done} is called once,
 * when the deposit is made and before its state is forgotten: what it keeps, a killed run finds again. The status tells what failed.
 */
struct deposit_one {
	struct describe_opts d;
	const struct folder_filter *filter;	/* may be NULL */
	const char *apart;		/* tells deposits of one folder apart; may be NULL */
	bool publish, encode;
	unsigned jobs;
	st_t (*done)(void *ctx, const char *id, uint64_t files, uint64_t bytes, uint64_t sent, const char *url, struct err *e);
	void *ctx;
};
st_t deposit_one(struct cli *c, const struct deposit_one *o, const char *folder, struct err *e);

/* azekura deposit --from-survey (from_survey.c). */
int deposit_from_survey(struct cli *c, const char *list, const struct deposit_one *o);

#endif
