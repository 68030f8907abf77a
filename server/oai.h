#ifndef SERVER_OAI_H
#define SERVER_OAI_H

/* OAI-PMH 2.0 data provider at /oai. */

#include "base/buf.h"

struct oai;		/* compressed pages and counts of requests under way, one a site */

struct oai *oai_new(size_t cache_bytes);
void oai_free(struct oai *o);
/* Can harvesters live with these settings? ST_INVALID names the pattern that "email", "oai-id" or "oai.mirror" does not fit. */
struct conf;

/*
 * Resumption tokens (oai_token.c): stateless, signed with the repository's secret, never expiring. They name a place in the change log, which never shifts.
 */
struct oai_token {
	char verb;			/* 'R' ListRecords, 'I' ListIdentifiers, 'S' ListSets */
	char format[32];
	char set[256];			/* for 'S': the last spec given */
	int64_t from, until;		/* INT64_MIN / INT64_MAX: open */
	uint64_t after, upto;		/* change numbers: delivered up to, and the end of this sequence */
	uint64_t cursor, total;
};
/* Text of the characters A-Z a-z 0-9 - _ only, at most 512 of them. */
st_t oai_token_write(struct buf *out, const struct oai_token *t, const uint8_t secret[32]);
bool oai_token_read(struct oai_token *t, struct slice text, const uint8_t secret[32]);

#endif
