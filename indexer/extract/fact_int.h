#ifndef INDEXER_EXTRACT_FACT_INT_H
#define INDEXER_EXTRACT_FACT_INT_H

/* Shared by fact.c and table.c. */

#include "indexer/extract/fact.h"

struct fact {
	json_t *root;
	struct buf tables;		/* JSON of the tables that ended, with commas between */
	size_t ceiling;
	uint32_t columns;		/* columns and variables described so far */
	char *media;
	char reason[ERR_TEXT_MAX];
	int level;			/* 0 ok, 1 partial, 2 unreadable */
	bool nomem;
};

#endif
