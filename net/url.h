#ifndef NET_URL_H
#define NET_URL_H

#include "base/buf.h"

struct url { struct slice scheme, host, path, query, fragment; int port; };	/* slices into the text given; port -1 when not said */

/* http and https only, no user part. ST_INVALID says what is wrong. */
st_t url_parse(struct url *out, struct slice text, struct err *e);
/* Next pair of a query or form body: decoded into ${k} and ${v} (cleared first). ST_EOF at the end; ST_INVALID bad escape. Empty pairs are skipped. */
st_t query_next(struct slice *rest, struct buf *k, struct buf *v);

#endif
