#ifndef PACKAGE_PACKAGE_H
#define PACKAGE_PACKAGE_H

/* AI-ready and preservation packages of one record version: rows in a registry, streamed, never assembled in memory. Worker threads; the body is a blocking one. */

#include "net/http.h"
#include "store/catalogue.h"

struct package_ctx {
	struct repo *repo;
	const struct rec *rec;		/* borrowed until package_open returns: copy what the body needs */
	const json_t *facts;		/* enriched, or NULL; the same. With "forms", forms_view(), when the record uses added schemas */
	const char *base;		/* public base URL without slash */
	const struct principal *who;	/* files it may not read are left out and listed as such */
};

struct package_kind {
	const char *name;		/* "croissant", "ro-crate", "bagit", "zip" */
	const char *title_en, *title_ja;
	const char *media, *suffix;	/* "application/zip", ".zip" */
	st_t (*open)(const struct package_ctx *, struct body **out, int64_t *len /* -1 unknown */, struct err *);
};
const struct package_kind *package_at(size_t i);		/* NULL past the end */
const struct package_kind *package_find(const char *name);

/* Documents also used by themselves: Croissant and RO-Crate metadata (detached), pushed whole into ${out}. */
st_t croissant_write(const struct package_ctx *c, struct buf *out, struct err *e);
st_t rocrate_write(const struct package_ctx *c, bool attached, struct buf *out, struct err *e);
/* [PropertyValue]: what a record holds by added schemas; ${forms} from forms_view() or NULL. Owned. */
json_t *pk_form_properties(const json_t *forms, const char *base);
/* In NII's ontology of research data management, as Turtle. */
st_t rdm_turtle_write(const struct package_ctx *c, struct buf *out, struct err *e);
/* The same as bodies, written while they are sent: for versions of many files. */
st_t croissant_open(const struct package_ctx *c, struct body **out, int64_t *len, struct err *e);
st_t rocrate_open(const struct package_ctx *c, struct body **out, int64_t *len, struct err *e);	/* detached */

#endif
