#ifndef SCHEMA_PID_H
#define SCHEMA_PID_H

/* Identifiers: ours, and the syntax and check digits of others'. Source: DESIGN 5; ISO 7064; ORCID, ISNI, ROR, DOI documentation. */

#include "base/buf.h"

#define PID_LEN 11			/* "k7x2m-9q494" */

/* A fresh random identifier; whether it is taken is the catalogue's to say. */
void pid_new(char out[PID_LEN + 1]);
/* Read what a person typed: case ignored, o = 0, i and l = 1, hyphen optional; check digits verified. ${out} canonical. */
bool pid_parse(char out[PID_LEN + 1], struct slice s);

bool orcid_valid(struct slice s);		/* bare, with hyphens, check digit (ISO 7064 MOD 11-2) */
bool isni_valid(struct slice s);		/* 16, blanks ignored */
bool ror_valid(struct slice s);			/* bare 9 characters or https://ror.org/..., with check digits */
bool doi_valid(struct slice s);			/* bare 10.PREFIX/SUFFIX */
/* Put the stored form of an identifier of ${scheme} ("DOI", "ORCID", "ROR", "ISNI", "Handle", ...) into ${out}: bare, DOI lower-cased, ROR as URL.
 * ST_INVALID with the reason when the value cannot be one. Unknown schemes are trimmed only. */
st_t pid_normalise(struct buf *out, const char *scheme, struct slice s, struct err *e);
/* URI form ("https://doi.org/..."); nothing added when the scheme has none. */
st_t pid_uri(struct buf *out, const char *scheme, struct slice s);

#endif
