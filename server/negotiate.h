#ifndef SERVER_NEGOTIATE_H
#define SERVER_NEGOTIATE_H

/* Accept, Accept-Language, Accept-Encoding (RFC 9110, 12.4 and 12.5): pure but for the request they read. */

#include "server/req.h"

/* Does the field allow gzip (q > 0)? Case ignored; absent: no. */
bool negotiate_gzip(struct slice accept_encoding);
/* Quality 0..1000 that ${accept} gives ${media} ("application/ld+json"); the most specific range decides; parameters other than q and ${profile} are ignored. Absent field: 1000. */
int negotiate_quality(struct slice accept, const char *media, const char *profile);
/* "ja" or "en": the lang= argument, then the azk_lang cookie, then Accept-Language, then "en". */
const char *negotiate_lang(struct req *r);
bool negotiate_is_text(const char *type);
/* If-Match / If-None-Match lists: does one entry equal ${etag} (quoted, strong; weak ones match only when ${weak})? '*' matches. */
bool negotiate_etag(struct slice list, const char *etag, bool weak);

#endif
