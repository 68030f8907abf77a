#ifndef STORE_PACK_INT_H
#define STORE_PACK_INT_H

#include "store/repo.h"

/* Finish the runs of packs that a crash cut short: recover_open() calls it last. */
st_t pack_recover(struct repo *r, struct err *e);

#endif
