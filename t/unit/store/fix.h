#ifndef T_UNIT_STORE_FIX_H
#define T_UNIT_STORE_FIX_H

/* A repository for each test, at a clock that stands still. */

#include "t/unit/store/catrepo.h"

struct fix { char *dir; struct schema *schema; struct repo *r; };

static inline int fix_setup(void **state)
{
	struct fix *f = calloc(1, sizeof(*f));

	if (scratch_setup((void **)&f->dir) != 0)
		return 1;
	clock_set((int64_t)1700000000 * 1000000);
	f->schema = small_schema(f->dir);
	f->r = catrepo_open(f->dir, f->schema);
	*state = f;
	return 0;
}

static inline int fix_teardown(void **state)
{
	struct fix *f = *state;
	int rc;

	catrepo_close(f->r);
	schema_drop(f->schema);
	rc = scratch_teardown((void **)&f->dir);
	free(f);
	clock_set(0);
	return rc;
}

/* The same folder opened again, as after a restart. */
static inline void fix_reopen(struct fix *f)
{
	catrepo_close(f->r);
	f->r = catrepo_open(f->dir, f->schema);
}

#define F(f) cmocka_unit_test_setup_teardown(f, fix_setup, fix_teardown)

#endif
