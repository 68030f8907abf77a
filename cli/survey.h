#ifndef CLI_SURVEY_H
#define CLI_SURVEY_H

/* The parts of "azekura survey": judging names and folders (pure functions), the walk, the list that a person edits. */

#include "base/vec.h"
#include "cli/deposit.h"

/* ---- Judging (survey_judge.c): pure functions of names and numbers. ---- */

/* "run007.csv" -> "run#.csv": digits at the end of the name before its suffix become one '#'; also dates. False when there are none. ${out}: of at least n+2 bytes. */
bool name_pattern(struct slice name, char *out);
/* What a name hints at: "names of people", "contact", "health", ...; NULL: nothing. */
const char *name_personal(const char *name);
/* Does this file, by its name, describe the folder it lies in? 2: for machines (datacite.json, datapackage.json, ...), 1: for people (README), 0: no. */
int name_describes(const char *name);
/* "a/b" before "a/b/c" before "a/bc": the order of the walk, folders before what lies below them. <0, 0, >0. */
int walk_order(const char *a, const char *b);
bool path_below(const char *path, const char *folder);	/* also when equal; "" is above all */

/* What the walk saw directly in a folder. */
struct folder_seen {
	uint64_t files, subfolders;
	uint64_t series;		/* subfolders of the commonest pattern */
	int describes;			/* the most that a file in it does */
	bool root;			/* the survey's own */
};
enum proposal { PROPOSE_NO, PROPOSE_WHOLE, PROPOSE_SERIES, PROPOSE_LOOSE };
/* Is this folder a dataset, with all below it? LOOSE: only what lies directly in it. Asked only of folders that are in no dataset yet. */
enum proposal folder_judge(const struct folder_seen *s);
/* Days between files of one folder from which on they are taken for two campaigns. */
#define GAP_DAYS 60

/* ---- The list (survey_list.c, docs/formats/survey.md). ---- */
struct list_entry {
	bool deposit, publish, said_publish;
	char *folder, *title, *access, *license;	/* owned; NULL: not said */
	struct folder_filter filter;			/* patterns owned */
	unsigned line;
};
struct list { VEC(struct list_entry) v; };
/* ST_INVALID names the line. */
st_t list_read(struct list *l, struct slice text, struct err *e);
void list_release(struct list *l);
/* "%", control characters, what is no UTF-8, and blanks at the ends as %XX; and back. Status of ${out}. */
st_t list_quote(struct buf *out, const char *value);
st_t list_unquote(struct buf *out, struct slice value);
/* What tells two blocks of one folder apart, and a block from what it was before: owned text, "" when it is the whole folder. */
char *list_apart(const struct list_entry *x);

/* ---- The walk (survey_walk.c). ---- */
struct survey_walk {
	struct cli *c;
	const char *root;		/* real path */
	const char *state;		/* path of the table of rows */
	bool deep, across;
	uint64_t folders, files, bytes;	/* done by this run */
	bool resumed;
};
/*
 * Look at everything below the root, read-only, and leave a row for each file, folder and what could not be looked at in the state file; goes on where a
 * cut one stopped. Memory does not grow with the number of files.
 */
st_t survey_walk(struct survey_walk *w, struct err *e);

/* A row of the state file, fields borrowed from the line. */
struct survey_row {
	char what;			/* 'F' file, 'D' folder (after its files, before its folders), 'U' could not be read, 'X' left out, 'E' all done */
	uint64_t size;
	int64_t changed;		/* seconds */
	struct slice kind, hint;	/* of a file: media type; personal data: "" or "contact name", "email column" */
	struct slice path;		/* quoted; of 'U' and 'X' the reason is in kind */
	struct folder_seen seen;	/* of a folder */
};
bool survey_row_read(struct slice line, struct survey_row *r);

/* ---- Duplicates (survey_same.c). ---- */
struct survey_same {
	uint64_t groups, files, bytes;	/* bytes: what the copies beyond the first of each group take */
	json_t *largest;		/* owned: [{"bytes", "files": [path]}], at most 20 groups of at most 10 names */
	uint64_t unread;
};
st_t survey_same(struct cli *c, const char *root, const char *state, struct survey_same *out, struct err *e);
/* Open a file below ${root_fd} for reading, no link on the way, its time of access left alone where that is allowed. -1 with errno. */
int survey_open(int root_fd, const char *rel, int flags, bool across);

#endif
