#ifndef STORE_VOCABS_H
#define STORE_VOCABS_H

/*
 * Loaded vocabularies: concepts with labels in any language, found by identifier, by label, by the beginning of any word of a label. A
 * vocabulary is replaced whole: a new generation is written beside the old one and takes its name in one transaction, so a load that fails or
 * is killed leaves the old one. Layout: docs/formats/vocabulary.md. The small shipped ones are schema/vocab.h's.
 */

#include "base/json.h"
#include "store/repo.h"
#include "store/upkeep.h"

#define VOCABS_NAME_MAX	64
#define VOCABS_Q_MAX	200		/* bytes of a query that are looked at */

/* ---- Loading; worker threads. One load or removal at a time: others wait. ---- */
struct vocabs_load;
/* ${name}: small letters, digits, '-', '_'; ST_INVALID else. */
st_t vocabs_load_begin(struct vocabs_load **out, struct repo *r, const char *name, struct err *e);
/* One concept as docs/formats/vocabulary.md has it on the pipe; checked. A second one with the same IRI is left out and counted as "repeated". */
st_t vocabs_load_add(struct vocabs_load *l, struct slice json, struct err *e);
/* Resolve the links and take the name. ${about}: {"format","iri","title"}, borrowed. ${out}: what vocabs_about() gives now, owned. */
st_t vocabs_load_end(struct vocabs_load *l, const json_t *about, json_t **out, struct err *e);
void vocabs_load_free(struct vocabs_load *l);	/* before vocabs_load_end() it takes back what was written */
/* All of it: read ${path} through a helper and load. ${helper}: the program azekura-extract. */
st_t vocabs_load_file(struct repo *r, const char *path, const char *name, const struct progress *p, json_t **out, struct err *e);
st_t vocabs_remove(struct repo *r, const char *name, struct err *e);	/* ST_ABSENT */

/* ---- Reading: in a read transaction of r->catalog. ---- */
/* The generation that bears ${name}; 0: no such vocabulary. */
uint32_t vocabs_find(struct kv_txn *t, struct slice name);
/* {"id","concepts","labels":{"en":n},"alternatives":{..},"broader","narrower","links","format","iri","title","loaded"}; owned; NULL. */
json_t *vocabs_about(struct kv_txn *t, struct slice name);
/* Names after ${after} in byte order; returns how many were put. */
size_t vocabs_names(struct kv_txn *t, struct slice after, char (*names)[VOCABS_NAME_MAX + 1], size_t max);

/* Number of the concept with this IRI, else with this identifier (any case); 0: none. Numbers start at 1, in the order of the file. */
uint32_t vocabs_resolve(struct kv_txn *t, uint32_t gen, struct slice id);
/* {"iri","id","kind","label":[[lang,text]],"alt","def","exact","close","notation","deprecated","broader":[iri],"narrower":[iri]}, the last two only as far
 * as they stand outside the vocabulary. Owned; NULL when it is not there. */
json_t *vocabs_concept(struct kv_txn *t, uint32_t gen, uint32_t no);
size_t vocabs_narrower(struct kv_txn *t, uint32_t gen, uint32_t no, uint32_t *out, size_t max);
size_t vocabs_broader(struct kv_txn *t, uint32_t gen, uint32_t no, uint32_t *out, size_t max);
/* Numbers > ${after}. */
size_t vocabs_browse(struct kv_txn *t, uint32_t gen, uint32_t after, uint32_t *out, size_t max);
/* Concepts whose label, alternative label or identifier is, begins with, or has a word beginning with ${q}; within Japanese and Chinese text two
 * characters or more are found anywhere. Best first: equal, beginning, word, all words in any order; short ones before long ones. */
size_t vocabs_suggest(struct kv_txn *t, uint32_t gen, struct slice q, uint32_t *out, size_t max);
/* Concepts with exactly this label, by letters only (case, width, accents are folded). */
size_t vocabs_labelled(struct kv_txn *t, uint32_t gen, struct slice label, uint32_t *out, size_t max);
/* The folded form by which labels are compared. */
st_t vocabs_fold(struct buf *out, struct slice text);

#endif
