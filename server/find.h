#ifndef SERVER_FIND_H
#define SERVER_FIND_H

/* A search as the query string of a request says it: shared by the API and the page. Worker. */

#include "indexer/search.h"
#include "server/req.h"

struct find {
	struct search_query q;
	const char **filters;
	unsigned usual;			/* size that find_query() need not say; 0: always says it */
	const char *sort_name;		/* as given, or NULL */
	struct search_result *res;	/* after find_run(); lives as long as the request */
};

/* Read q, sort, size, page or cursor, facets, allversions. On a fault the reply is the problem and false comes back. */
bool find_read(struct req *r, struct find *f, unsigned size);
bool find_run(struct req *r, struct find *f);
/* "?q=..." for another page of the same search. */
const char *find_query(struct req *r, const struct find *f, const char *cursor, unsigned page);

#endif
