#ifndef T_UNIT_STORE_SCRATCH_H
#define T_UNIT_STORE_SCRATCH_H

/* A folder of its own for each test, removed after it. */

#include <unistd.h>

#include "base/fs.h"

static inline int scratch_setup(void **state)
{
	const char *tmp = getenv("TMPDIR");
	char path[256];

	snprintf(path, sizeof(path), "%s/azekura-test-XXXXXX", tmp != NULL ? tmp : "/tmp");
	*state = mkdtemp(path) != NULL ? strdup(path) : NULL;
	return *state == NULL;
}

static inline int scratch_teardown(void **state)
{
	struct err e = ERR_INIT;
	st_t st = fs_remove_tree(*state, &e);

	free(*state);
	return st != ST_OK;
}

#endif
