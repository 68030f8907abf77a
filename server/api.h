#ifndef SERVER_API_H
#define SERVER_API_H

/* What the API handlers share: finding a record with the caller's rights, its JSON, lists. Workers and loop alike. */

#include "server/auth.h"
#include "server/route.h"
#include "store/catalogue.h"
#include "store/deposit.h"

#define MEDIA_CANONICAL "application/vnd.azekura.v1+json"
#define MEDIA_RDM "application/vnd.inveniordm.v1+json"

enum api_which { API_PUBLISHED, API_DRAFT };

/* Read the record a path names. On failure the reply is the problem (404, 410 with tombstone, 401, 403) and false comes back. ${rec} is released with
 * the request. ${head}: without doc. A concept identifier is absent here: see api_concept(). */
bool api_record(struct req *r, struct slice id, enum api_which which, enum access_want want, bool head, struct rec *rec);
/* If ${id} names a concept, answer 302 to its newest visible version below ${prefix} ("/api/records/") and return true. */
bool api_concept(struct req *r, struct slice id, const char *prefix, const char *suffix);
/* The newest version of concept ${parent} that the caller may know of. */
bool api_latest(struct req *r, const char *parent, char out[PID_LEN + 1]);
/* Release with the request. */
void api_keep_rec(struct req *r, struct rec *rec);

/* "https://host" of this site. */
#define BASE(r) ((r)->site->base)

/* One record as the API shows it: InvenioRDM form, or canonical when ${canonical}. NULL: out of memory. Owned. Needs rec->doc. */
json_t *rec_json(struct req *r, const struct rec *rec, bool is_draft, bool canonical);
bool api_wants_canonical(struct req *r);		/* by Accept */
bool api_sent_canonical(struct req *r);			/* by Content-Type */
json_t *tomb_json(struct req *r, const struct rec *rec);
json_t *file_json(struct req *r, const struct rec *rec, bool is_draft, const struct cat_file *f);
/* "PATH" as one URL segment. Arena text. */
const char *path_segment(struct req *r, const char *path);
/* The ETag of a record's metadata: quoted. */
void rec_etag(const struct rec *rec, char out[40]);

void api_actor(const struct req *r, struct actor *a);
/* The canonical document from the request body (either form); warnings appended to ${warn}. NULL: replied. Kept by the arena. */
json_t *api_doc_in(struct req *r, json_t *warn);

/* The answer with a draft, its faults and ${warn} (may be NULL). Worker thread. */
void api_answer_draft(struct req *r, int status, const char *id, const json_t *warn);
/* The caller confirms what programs proposed in a draft: the values at the JSON pointers of the list ${at}, or all when it is none. */
st_t api_confirm(struct req *r, const char *id, const json_t *at, struct err *e);

#endif
