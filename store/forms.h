#ifndef STORE_FORMS_H
#define STORE_FORMS_H

/*
 * Metadata schemas that were added at run time (schema/form.h), by name and version. A version is never changed: adding a schema under a name that is taken makes the next one. A
 * record names the version by which it was published; what came later is not held against it. Layout: docs/formats/schemas.md.
 */

#include "base/json.h"
#include "schema/form.h"
#include "schema/pid.h"
#include "store/repo.h"

/* ---- Changing; worker threads. ---- */
/* Read ${path} through a helper and keep it. ${community}: or NULL. ${out}: forms_about() and "warnings", owned. The same content again makes no new version. */
st_t forms_add_file(struct repo *r, const char *path, const char *name, const char *community, json_t **out, struct err *e);
/* The same of a form at hand: members as form_check() wants them. */
st_t forms_add(struct repo *r, const json_t *form, const char *name, const char *community, json_t **out, struct err *e);
/* From now on nothing is checked or searched by it. Its versions stay for the records that were published by them. ST_ABSENT. */
st_t forms_remove(struct repo *r, const char *name, struct err *e);

/* ---- Reading: in a read transaction of r->catalog. ---- */
/* ${version} 0: the newest, NULL when the schema was removed. {"name","version","title","description","source","community","added","closed","members"}; owned; NULL. */
json_t *forms_get(struct kv_txn *t, struct slice name, uint32_t version);
/* {"id","version","title","members":n,"source","community","added","records":n}; records up to 10,000 are counted. Owned; NULL. */
json_t *forms_about(struct kv_txn *t, struct slice name);
size_t forms_names(struct kv_txn *t, struct slice after, char (*names)[FORM_NAME_MAX + 1], size_t max);
/* Published records that hold values under ${name}, behind ${after} in order of identifiers. */
size_t forms_users(struct kv_txn *t, struct slice name, struct slice after, char (*ids)[PID_LEN + 1], size_t max);
/* The change of a schema behind number ${after}: its number, 0 when there is none. For the follower "forms". */
uint64_t forms_change_after(struct kv_txn *t, uint64_t after, char name[FORM_NAME_MAX + 1]);

/* The term of a vocabulary, shipped or loaded, by identifier, address or label: {"id","uri","label":{..}}, owned; NULL. ${known}: is there such a vocabulary? */
json_t *forms_term(struct kv_txn *t, const struct schema *s, const char *vocabulary, struct slice term, bool *known);

/*
 * What a record holds by its schemas: [{"name","version","title","fields":[{"member": M, "values":[{"value", "term"}]}]}], in the order of the schema. ${newest}: by what
 * the schemas say now, for search; else as it was published. Owned; NULL when there is nothing.
 */
json_t *forms_view(struct kv_txn *t, const struct schema *s, const json_t *doc, bool newest);

/* ---- At publication. ---- */
/* Add what is wrong by the newest version of each schema that the record uses. */
st_t forms_check(struct repo *r, const json_t *doc, enum record_check what, struct findings *out);
/* Write down by which versions. */
st_t forms_stamp(struct repo *r, json_t *doc);

#endif
