#ifndef SCHEMA_PREFILL_INT_H
#define SCHEMA_PREFILL_INT_H

/* The readers of description files (schema/ only). Each puts what it understands into ${doc}, an empty canonical record, and says in ${warn}
 * what it does not; ST_INVALID with the reason when the file is not what its name says. All are pure. */

#include "schema/prefill.h"
#include "schema/record_int.h"

struct pf {
	const struct schema *s;
	json_t *doc;			/* borrowed: filled */
	json_t *warn;			/* borrowed: array of texts */
	const char *path;		/* of the file, for warnings */
	st_t st;			/* ST_NOMEM sticks */
};

st_t pf_datacite(struct pf *p, const json_t *j, struct err *e);
st_t pf_datapackage(struct pf *p, const json_t *j, struct err *e);
st_t pf_rocrate(struct pf *p, const json_t *j, struct err *e);
st_t pf_croissant(struct pf *p, const json_t *j, struct err *e);
st_t pf_codemeta(struct pf *p, const json_t *j, struct err *e);
st_t pf_bids(struct pf *p, const json_t *j, struct err *e);
st_t pf_cff(struct pf *p, const json_t *j, struct err *e);
st_t pf_readme(struct pf *p, struct slice text, struct err *e);
st_t pf_licence(struct pf *p, struct slice text, struct err *e);

/* YAML to JSON: plain scalars as text. Limits on size, depth and, because of aliases, on what it grows to. */
st_t yaml_load(json_t **out, struct slice yaml, struct err *e);

/* ---- Building blocks ---- */

json_t *pf_list(struct pf *p, json_t *o, const char *key);		/* list member, made when absent; borrowed or NULL */
json_t *pf_push(struct pf *p, json_t *list);				/* new object at its end; borrowed or NULL */
void pf_put(struct pf *p, json_t *o, const char *key, struct slice v);	/* nothing when empty */
void pf_ml(struct pf *p, json_t *o, const char *key, struct slice v, const char *lang);	/* add {value, lang} to a list */
void pf_licence_name(struct pf *p, struct slice v);			/* SPDX id, address or words into "rights" */
void pf_date(struct pf *p, const char *type, struct slice v);		/* nothing when it is no date */
void pf_same(struct pf *p, struct slice id);				/* an identifier it has elsewhere: relation IsIdenticalTo */
void pf_subject(struct pf *p, struct slice v);
void pf_name_id(struct pf *p, json_t *agent, struct slice id);		/* ORCID, ROR, ISNI by what the value looks like */
void pf_affiliation(struct pf *p, json_t *agent, struct slice name, struct slice id);
struct slice pf_text(const json_t *o, const char *key);			/* trimmed text of a member or empty */

#endif
