#ifndef CLI_LOCAL_H
#define CLI_LOCAL_H

/* A repository opened by this program itself: it holds the folder's lock. ST_BUSY: azekurad serves it. */

#include "store/repo.h"

st_t local_open(const char *dir, bool create, struct repo **out, struct err *e);
void local_close(struct repo *r);

/* A thread that puts changes into search while this program makes them. NULL: search learns of them when azekurad starts, as always. */
struct local_index;
struct local_index *local_index_start(struct repo *r);
void local_index_end(struct local_index *l, bool wait);		/* ${wait}: for all changes so far. NULL is fine. */

#endif
