#include "cli/local.h"

#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "base/place.h"
#include "indexer/follow.h"
#include "store/changes.h"

st_t local_open(const char *dir, bool create, struct repo **out, struct err *e)
{
	struct repo_opts o = { .create = create };
	struct schema *schema = NULL;
	char *place = place_schema();
	st_t st;

	*out = NULL;
	if (place == NULL)
		return err_set(e, ST_ABSENT, "the folder 'schema' was not found: set AZEKURA_SCHEMA");
	st = schema_load(&schema, place, e);
	free(place);
	o.index_specs = index_specs(&o.n_index_specs);
	if (st == ST_OK)
		st = repo_open(out, dir, schema, &o, e);
	schema_drop(schema);
	return st;
}

void local_close(struct repo *r)
{
	repo_close(r);
}

struct local_index { struct repo *r; struct index *ix; struct follow *f; };

struct local_index *local_index_start(struct repo *r)
{
	struct local_index *l = calloc(1, sizeof(*l));
	struct err e = ERR_INIT;

	if (l == NULL)
		return NULL;
	l->r = r;
	if (index_open(&l->ix, r, &e) == ST_OK && follow_start(&l->f, r, l->ix, NULL, &e) == ST_OK)
		return l;
	log_warn("import", "search learns of this when azekurad starts: %s", e.text);
	index_close(l->ix);
	free(l);
	return NULL;
}

void local_index_end(struct local_index *l, bool wait)
{
	static const struct timespec pause = { 0, 5000000 };
	uint64_t last, place = 0, extracted;
	struct kv_txn t;
	unsigned still = 0;

	if (l == NULL)
		return;
	kv_read(l->r->catalog, &t);
	last = changes_last(&t);
	kv_end(&t, NULL);
	/* No step for a minute means that it fails, and says so in the log; it goes on where it stopped when azekurad starts. */
	while (wait && still < 12000) {
		uint64_t before = place;

		follow_place(l->f, &place, &extracted);
		if (place >= last)
			break;
		still = place == before ? still + 1 : 0;
		nanosleep(&pause, NULL);
	}
	follow_stop(l->f);
	index_close(l->ix);
	free(l);
}
