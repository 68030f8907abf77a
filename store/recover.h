#ifndef STORE_RECOVER_H
#define STORE_RECOVER_H

/*
 * What repo_open() does last and repo_close() first: set up the locks and numbers of the depositing side, and finish or roll back what a
 * crash left in staging/publish. May itself be killed at any point and run again.
 */

#include "store/repo.h"

/* Makes r->objects and r->dep when they are NULL. ${create}: init may make an empty object store; else ST_CORRUPT when the
 * catalogue counts records and the object store is empty or absent (B15). */
st_t recover_open(struct repo *r, bool create, struct err *e);
void recover_close(struct repo *r);
/* ST_CORRUPT when the catalogue never knew a change but the object store holds objects: it was lost, and a server on it would say
 * "nothing" of everything and give numbers anew. Not asked by repo_open(), for rebuilding has to open it. */
st_t recover_catalog_there(struct repo *r, struct err *e);

#endif
