#ifndef STORE_RECOVER_INT_H
#define STORE_RECOVER_INT_H

/*
 * Called by repo_open() when both environments, their writers and the objects are open, before anybody else has the repository.
 * Lays out the OCFL root of a new repository; finishes or rolls back what a crash left. May itself be cut short any number of times.
 */

#include "store/repo.h"

st_t recover_on_start(struct repo *r, struct err *e);

#endif
