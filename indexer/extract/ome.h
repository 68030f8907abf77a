#ifndef INDEXER_EXTRACT_OME_H
#define INDEXER_EXTRACT_OME_H

#include "indexer/extract/fact.h"

/* OME-XML (2003 to 2016-06) into the facts: each Image a variable, its pixels, channels, sizes, time and instrument. False: it is none; what is wrong is noted. */
bool ome_read(struct fact *f, struct slice xml);

#endif
