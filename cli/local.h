#ifndef CLI_LOCAL_H
#define CLI_LOCAL_H

/* A repository opened by this program itself: it holds the folder's lock. ST_BUSY: azekurad serves it. */

#include "store/repo.h"

st_t local_open(const char *dir, bool create, struct repo **out, struct err *e);
void local_close(struct repo *r);

#endif
