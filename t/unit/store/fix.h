#ifndef T_UNIT_STORE_FIX_H
#define T_UNIT_STORE_FIX_H

/* A repository for each test, at a clock that stands still. */

#include "store/dep_int.h"
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

/* The depositing side's numbers, without its objects. */
static inline void fix_numbers(struct repo *r)
{
	struct deposits *d = calloc(1, sizeof(*d));
	struct kv_txn t;

	pthread_mutex_init(&d->mx, NULL);
	pthread_cond_init(&d->cv, NULL);
	kv_read(r->catalog, &t);
	d->next = d->turn = changes_last(&t) + 1;
	d->last_time = changes_last_time(&t);
	kv_end(&t, NULL);
	r->dep = d;
}

static inline void fix_numbers_end(struct repo *r)
{
	pthread_mutex_destroy(&r->dep->mx);
	pthread_cond_destroy(&r->dep->cv);
	free(r->dep);
	r->dep = NULL;
}

/* The same after the formats changed (see small_schema_as()), with what repo_open() does about it. */
static inline void fix_reformat(struct fix *f, unsigned version, bool more)
{
	struct err e = ERR_INIT;

	catrepo_close(f->r);
	schema_drop(f->schema);
	f->schema = small_schema_as(f->dir, version, more);
	f->r = catrepo_open(f->dir, f->schema);
	fix_numbers(f->r);
	if (cat_refresh(f->r, &e) != ST_OK)
		fail_msg("%s", e.text);
	fix_numbers_end(f->r);
}

#define F(f) cmocka_unit_test_setup_teardown(f, fix_setup, fix_teardown)

#endif
