#ifndef INDEXER_FOLLOW_H
#define INDEXER_FOLLOW_H

/* Reads the change log and keeps its place: index at once, extract, enrich, index again. One thread a repository; a crash resumes at the number. */

#include "indexer/search.h"
#include "net/helper.h"

struct follow;

/* ${h} may be NULL: nothing is extracted. */
st_t follow_start(struct follow **out, struct repo *r, struct index *ix, struct helpers *h, struct err *e);
void follow_stop(struct follow *f);
/* Has everything up to ${change} been searched-in / extracted? For tests, /readyz and "azekura status". */
void follow_place(struct follow *f, uint64_t *indexed, uint64_t *extracted);
st_t follow_reindex(struct follow *f, struct err *e);		/* from the start, the old index answers meanwhile */

/* Enrichment: facts of the files of a record version merged into one document (docs/formats/facts.md, "One record"); NULL *out when there are none.
 * Only files that ${who} may read are looked at: column names and commonest values tell what a file holds. */
st_t enrich_for(struct repo *r, struct kv_txn *t, const struct rec *rec, const struct principal *who, json_t **out, struct err *e);
/* Of the same files, what a page shows beside tables: {"pictures", "plots", "crystals", "arrays", "archives", "documents", "boxes", "details"}, each a list of
 * objects with "path" and members of facts.md, all bounded. Pictures come without their pixels: facts_get() has those. */
st_t sights_for(struct repo *r, struct kv_txn *t, const struct rec *rec, const struct principal *who, json_t **out, struct err *e);
/* Both of one file that is in no repository, from its own facts; "sights" is a member. ${f}: path only. NULL *out: there is nothing to say. */
st_t enrich_file(const struct schema *schema, const struct cat_file *f, json_t *facts, json_t **out, struct err *e);
/* What everybody may know: for the index, for what is kept or cached. */
st_t enrich(struct repo *r, struct kv_txn *t, const struct rec *rec, json_t **out, struct err *e);

#endif
