#include "cli/local.h"

#include <stdlib.h>

#include "base/place.h"
#include "indexer/search.h"

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
