#ifndef NET_HELPER_H
#define NET_HELPER_H

/*
 * A pool of warm azekura-extract processes: a descriptor open for reading goes in, one JSON document comes out. The helper sees no file
 * name but the one we tell it, has no network, and is killed at the end of its budget. Worker threads only (blocking).
 */

#include "base/buf.h"

struct helpers;

/* ${ms} for a small file, and a sixth of it more for each 100 MB; ${memory} at most that of the default. */
struct helper_budget { int ms; uint64_t memory, output; };
extern const struct helper_budget helper_budget_default;	/* 60 s + 10 s per 100 MB, 512 MB, 8 MB */

/* ${program}: path of azekura-extract. Processes start when first wanted, at most ${max}. */
st_t helpers_new(struct helpers **out, const char *program, unsigned max, struct err *e);
void helpers_free(struct helpers *h);

/* Read ${len} bytes of ${fd} from ${off} through a helper. ${name}: logical path, a hint only. ${facts} gets one JSON document (docs/formats/facts.md),
 * checked to be JSON, no more. ST_OK even for "format not known" (facts say so). ST_INVALID: the file could not be read, text says why (also kept in
 * facts as "status":"unreadable"); ST_TIMEOUT / ST_TOOBIG: budget; ST_CLOSED: the helper crashed: ${facts} then is a document that says so, fit to be kept.
 * ST_UNSUPPORTED, ST_IO, ST_ABSENT: no helper can be started, or the file not be read; no facts. After any error but ST_INVALID the process is replaced. */
st_t helper_extract(struct helpers *h, int fd, uint64_t off, uint64_t len, const char *name,
    const struct helper_budget *budget, struct buf *facts, struct err *e);

/* Any other request that indexer/extract/main.c knows, by its letter; ${fd} may be -1 (no file), ${rest} is what the request needs beyond the file, at most 32 MB.
 * The answer is JSON and checked to be that. Errors as above, without a document. */
st_t helper_ask(struct helpers *h, char type, int fd, uint64_t off, uint64_t len, const char *name, struct slice rest, const struct helper_budget *budget,
    struct buf *answer, struct err *e);

/*
 * Several files that describe a folder, or facts found in its data files, become one proposal through a helper of its own: {"record", "warnings"}, which
 * describe_answer() (schema/describe.h) checks. ${schema}: the folder it reads terms from. Errors as helper_extract()'s; after one, ${answer} holds nothing.
 */
struct describe_file {
	const char *path;		/* in the folder */
	struct slice bytes;		/* of the file; or its facts as JSON, with */
	const char *facts_of;		/* its SHA-256 in hex; NULL: a description file */
};
st_t helper_describe(struct helpers *h, const char *schema, const struct describe_file *f, size_t n, struct buf *answer, struct err *e);

/*
 * A vocabulary (indexer/extract/voc.h): ${line} is called with each concept as JSON text, borrowed; what it returns, if not ST_OK, ends the
 * reading and comes back. ${about}: the closing document, 16 MB or more of room. ST_INVALID: it is no vocabulary, the text says why. Else as helper_extract().
 */
st_t helper_vocabulary(struct helpers *h, int fd, uint64_t len, const char *name, st_t (*line)(void *ctx, struct slice json), void *ctx, struct buf *about,
    struct err *e);

struct helper_counts { uint64_t files, started, crashed, over_budget; };
void helpers_counts(struct helpers *h, struct helper_counts *out);

#endif
