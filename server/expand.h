#ifndef SERVER_EXPAND_H
#define SERVER_EXPAND_H

/* What a label in a query means by the vocabularies of a site, shipped and loaded: for search_query.expander. Lives on the stack of a search. */

#include "indexer/search.h"
#include "server/req.h"

struct expander { struct search_expander by; struct site *site; };
void expander_init(struct expander *x, struct req *r);

#endif
