#ifndef INDEXER_EXTRACT_PREFILL_INT_H
#define INDEXER_EXTRACT_PREFILL_INT_H

/* The readers of description files. Each puts what it understands into ${doc}, an empty canonical record, and says in ${warn} what it does not;
 * ST_INVALID with the reason when the file is not what its name says, ST_ABSENT when it is a namesake. All are pure. */

#include "base/vec.h"
#include "indexer/extract/prefill.h"
#include "indexer/extract/xml_tree.h"
#include "schema/lookup.h"
#include "schema/record.h"

/* ---- Where a value came from (prefill_place.c) ---- */

struct places;
struct places *places_json(const json_t *j);		/* ${j} is borrowed, as all: the trees and the text must stay */
struct places *places_xml(const struct xn *root);
struct places *places_text(struct slice text);
void places_free(struct places *p);
int64_t place_find(const struct places *p, struct slice v);		/* by the address of ${v}; -1: from nowhere in the source */
int64_t place_join(const struct places *p, int64_t a, int64_t b);	/* the smallest place that holds both */
void place_words(const struct places *p, int64_t at, struct buf *out);	/* "/creators/0", "/resource/titles/title[2]", "line 3" */

/* ---- Readers ---- */

struct pf {
	const struct schema *s;
	json_t *doc;			/* borrowed: filled */
	json_t *warn;			/* borrowed: array of texts */
	const char *path;		/* of the file, for warnings */
	const struct places *places;
	const json_t *labels, *units;	/* of an RDE folder: its invoice schema, its metadata definition; NULL: none */
	st_t st;			/* ST_NOMEM sticks */
};

/* Member of an object, and of the record, that holds where its values came from until the reader is done. No JSON text can hold this name's first byte bare. */
#define PF_MARK "\x01"

/* JSON (and CITATION.cff, which is JSON by then) */
st_t pf_datacite(struct pf *p, const json_t *j, struct err *e);
st_t pf_datapackage(struct pf *p, const json_t *j, struct err *e);
st_t pf_rocrate(struct pf *p, const json_t *j, struct err *e);
st_t pf_croissant(struct pf *p, const json_t *j, struct err *e);
st_t pf_schema_org(struct pf *p, const json_t *j, struct err *e);
st_t pf_codemeta(struct pf *p, const json_t *j, struct err *e);
st_t pf_bids(struct pf *p, const json_t *j, struct err *e);
st_t pf_cff(struct pf *p, const json_t *j, struct err *e);
/* Records of repositories (prefill_repo.c) */
st_t pf_canonical(struct pf *p, const json_t *j, struct err *e);
st_t pf_invenio(struct pf *p, const json_t *j, struct err *e);
st_t pf_zenodo(struct pf *p, const json_t *j, struct err *e);
st_t pf_dataverse(struct pf *p, const json_t *j, struct err *e);
st_t pf_ckan(struct pf *p, const json_t *j, struct err *e);
st_t pf_osf(struct pf *p, const json_t *j, struct err *e);
st_t pf_stac(struct pf *p, const json_t *j, struct err *e);
/* NIMS RDE (prefill_rde.c) */
st_t pf_rde_invoice(struct pf *p, const json_t *j, struct err *e);
st_t pf_rde_meta(struct pf *p, const json_t *j, struct err *e);
/* XML (prefill_xml.c, prefill_geo.c) */
st_t pf_datacite_xml(struct pf *p, const struct xn *root, struct err *e);
st_t pf_oai_dc(struct pf *p, const struct xn *root, struct err *e);
st_t pf_jpcoar(struct pf *p, const struct xn *root, struct err *e);
st_t pf_ddi(struct pf *p, const struct xn *root, struct err *e);
st_t pf_eml(struct pf *p, const struct xn *root, struct err *e);
st_t pf_iso(struct pf *p, const struct xn *root, struct err *e);
/* Text (prefill_text.c, prefill_lines.c) */
st_t pf_readme(struct pf *p, struct slice text, struct err *e);
st_t pf_licence(struct pf *p, struct slice text, struct err *e);
st_t pf_r_description(struct pf *p, struct slice text, struct err *e);
st_t pf_ris(struct pf *p, struct slice text, struct err *e);
st_t pf_bibtex(struct pf *p, struct slice text, struct err *e);
st_t pf_bag_info(struct pf *p, struct slice text, struct err *e);
st_t pf_participants(struct pf *p, struct slice text, struct err *e);

/* YAML to JSON: plain scalars as text. Limits on size, depth and, because of aliases, on what it grows to. */
st_t yaml_load(json_t **out, struct slice yaml, struct err *e);

/* ---- Building blocks (prefill_put.c) ---- */

#define PF_MANY 5000	/* of people, keywords, ...; the rest is not looked at */

/* ${v} itself when it is no list; else its ${i}-th item. NULL past the end. */
const json_t *pf_nth(const json_t *v, size_t i);
json_t *pf_list(struct pf *p, json_t *o, const char *key);		/* list member, made when absent; borrowed or NULL */
json_t *pf_object(struct pf *p, json_t *o, const char *key);		/* object member, made when absent; borrowed or NULL */
json_t *pf_push(struct pf *p, json_t *list);				/* new object at its end; borrowed or NULL */
/* All that put a value note its place by the address of ${v}; what was built in a buffer is marked with pf_mark(). */
void pf_put(struct pf *p, json_t *o, const char *key, struct slice v);	/* nothing when empty */
void pf_mark(struct pf *p, json_t *o, struct slice from);		/* ${o} comes (also) from there */
void pf_mark_member(struct pf *p, const char *key, struct slice from);	/* the member ${key} of the record does */
void pf_word(struct pf *p, const char *key, struct slice v, struct slice from);	/* a text onto the list ${key} of the record */
void pf_ml(struct pf *p, json_t *o, const char *key, struct slice v, const char *lang);	/* add {value, lang} to a list */
void pf_title(struct pf *p, struct slice v, const char *lang);
void pf_abstract(struct pf *p, struct slice v, const char *lang, const char *type);
void pf_type(struct pf *p, const char *label, struct slice from);	/* resource type by its label */
void pf_language(struct pf *p, struct slice v);
void pf_publisher(struct pf *p, struct slice name, struct slice ror);
/* Somebody onto "creators" or "contributors": ${whole} as it stands, or family and given name. Borrowed or NULL. */
json_t *pf_person(struct pf *p, const char *list, const char *type, struct slice whole, struct slice family, struct slice given);
void pf_person_name(struct pf *p, json_t *agent, struct slice whole, struct slice family, struct slice given);
void pf_licence_name(struct pf *p, struct slice v);			/* SPDX id, address or words into "rights" */
void pf_date(struct pf *p, const char *type, struct slice v);		/* nothing when it is no date */
void pf_same(struct pf *p, struct slice id);				/* an identifier it has elsewhere: relation IsIdenticalTo */
void pf_related(struct pf *p, const char *type, struct slice id);	/* DOI or address */
void pf_subject(struct pf *p, struct slice v);
void pf_funder(struct pf *p, struct slice name, struct slice ror, struct slice award);
void pf_name_id(struct pf *p, json_t *agent, struct slice id);		/* ORCID, ROR, ISNI by what the value looks like */
void pf_affiliation(struct pf *p, json_t *agent, struct slice name, struct slice id);
void pf_box(struct pf *p, double west, double south, double east, double north, struct slice place, struct slice from);
struct slice pf_text(const json_t *o, const char *key);			/* trimmed text of a member or empty */
struct slice pf_trim(struct slice s);					/* all white space off both ends */
bool pf_number(struct slice v, double *out);

#endif
