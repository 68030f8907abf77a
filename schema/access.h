#ifndef SCHEMA_ACCESS_H
#define SCHEMA_ACCESS_H

/* The one place that answers "may this principal ...?" (DESIGN 2.7). Search, OAI-PMH, packages, pages and the API all ask it. */

#include "schema/schema.h"

enum role { ROLE_NONE, ROLE_DEPOSITOR, ROLE_CURATOR, ROLE_ADMIN };

#define SCOPE_READ	1u	/* read what the user may read */
#define SCOPE_DEPOSIT	2u	/* drafts and files */
#define SCOPE_PUBLISH	4u
#define SCOPE_ADMIN	8u
#define SCOPE_ALL	15u

struct principal {
	uint32_t user;			/* 0 = anonymous */
	enum role role;			/* already narrowed by the token */
	unsigned scopes;
	const uint32_t *groups;		/* borrowed */
	size_t n_groups;
	bool system;			/* the program itself: everything */
	char name[128];
	char token[17];			/* first hex digits of the token's digest, for the log of actors */
};

enum rec_state { REC_DRAFT, REC_REVIEW, REC_PUBLISHED, REC_WITHDRAWN };
enum rec_access { ACC_OPEN, ACC_EMBARGOED, ACC_RESTRICTED, ACC_CLOSED };
enum rec_meta { META_PUBLIC, META_GROUPS, META_PRIVATE };

/* What the decision needs to know, and no more; kept beside each record in catalogue and index. */
struct access_subject {
	enum rec_state state;
	enum rec_access access;		/* of the record, or of the file asked about */
	enum rec_meta meta;
	int64_t embargo_end;		/* seconds; 0 = none */
	uint32_t owner;
	const uint32_t *groups;		/* that share it (restricted files, META_GROUPS); borrowed */
	size_t n_groups;
	bool was_public;		/* a published, visible record at some time */
};

enum access_want {
	WANT_SEE,		/* know that it exists, read metadata */
	WANT_FILE,		/* read file content */
	WANT_EDIT,		/* change draft, files, metadata */
	WANT_PUBLISH, WANT_WITHDRAW,
	WANT_ADMIN
};

/* ST_OK; ST_ABSENT when it must look as if it did not exist; ST_GONE: tombstone; ST_DENIED / ST_UNAUTH: seen, but not this (log-in may help). */
st_t access_may(const struct principal *who, const struct access_subject *what, enum access_want want, int64_t now);
/* From the canonical record: access, meta, embargo_end; all else is set to zero. state, owner, groups and was_public are the caller's.
 * "accessRights": {"coar": URI, "embargoEnd": date, "metadata": "public" | "groups" | "private", "groups": [numbers]}; absent = open, public. */
void access_of_record(const json_t *doc, struct access_subject *out);
/* The group numbers that share it, at most ${max} into ${out}; returns how many there are. */
size_t access_groups(const json_t *doc, uint32_t *out, size_t max);
enum rec_access access_of_file(const char *label_or_uri);		/* label, short name or COAR URI; empty = open, unknown = restricted */
const char *access_name(enum rec_access a);				/* "open", "embargoed", "restricted", "closed" */
const char *access_coar(enum rec_access a);				/* COAR URI */

#endif
