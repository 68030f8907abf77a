#ifndef CLI_DEPOSIT_H
#define CLI_DEPOSIT_H

/* The parts of "azekura deposit": what lies in the folder, what describes it, and sending it. */

#include "cli/cli.h"
#include "schema/schema.h"

struct local_file {
	char *path;		/* on this disk */
	char *key;		/* in the dataset */
	uint64_t size;
};

struct folder {
	struct local_file *v;
	size_t n, cap;
	uint64_t bytes;
	json_t *warnings;	/* owned array of strings */
};
/* Everything below ${root} (or the one file it is), in byte order; links and odd things become warnings. */
st_t folder_read(struct folder *f, const char *root, struct err *e);
void folder_release(struct folder *f);

struct describe_opts { const char *title, *license, *access, *from; const char *const *creators; size_t n_creators; };
/* The canonical record from description files and options. */
st_t describe(const struct schema *s, const struct folder *f, const struct describe_opts *o, json_t **doc, json_t *warnings, struct err *e);

/* Send every file that the draft lacks, ${jobs} at a time, finished ones not again. ${sent}: files that went over the line now. */
st_t send_files(struct cli *c, const char *draft, const struct folder *f, unsigned jobs, uint64_t *sent, struct err *e);

#endif
