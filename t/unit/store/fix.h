#ifndef T_UNIT_STORE_FIX_H
#define T_UNIT_STORE_FIX_H

/* A repository for each test, at a clock that stands still. */

#include "store/dep_int.h"
#include "store/recover.h"
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

/* The same after the formats changed (see small_schema_as()), with what repo_open() does about it. */
static inline void fix_reformat(struct fix *f, unsigned version, bool more)
{
	struct err e = ERR_INIT;
	uint64_t records;

	catrepo_close(f->r);
	schema_drop(f->schema);
	f->schema = small_schema_as(f->dir, version, more);
	f->r = catrepo_open(f->dir, f->schema);
	/* The depositing side's numbers, without its objects. */
	f->r->dep = deposits_new();
	dep_numbers(f->r, &records);
	if (cat_refresh(f->r, &e) != ST_OK)
		fail_msg("%s", e.text);
	recover_close(f->r);
}

#define F(f) cmocka_unit_test_setup_teardown(f, fix_setup, fix_teardown)

#endif
