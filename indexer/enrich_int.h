#ifndef INDEXER_ENRICH_INT_H
#define INDEXER_ENRICH_INT_H

/* What the facts of a record's files mean together: variables with units and concepts, time, places, matter. enrich.c only. */

#include "base/json.h"
#include "base/map.h"
#include "schema/schema.h"
#include "store/catalogue.h"

/* enrich_sights.c: what of one file's facts a page can show, into the object that sights_for() gives. */
st_t sights_add(json_t *sights, const struct cat_file *f, json_t *facts);

struct meaning {
	const struct schema *schema;
	json_t *variables;		/* merged by name, type, unit and standard name, in order of first appearance */
	struct map *seen;		/* that key -> its object, borrowed */
	json_t *boxes, *formats, *instruments, *elements, *formulas, *groups, *cells, *organisms, *assemblies;
	bool has_time; double from, until;	/* seconds */
};

st_t meaning_init(struct meaning *m, const struct schema *sc);
void meaning_release(struct meaning *m);
/* One file's facts. */
st_t meaning_add(struct meaning *m, const json_t *facts);
/* Units, concepts and decisions: ${doc} is the canonical document. Then puts what there is into ${out} (docs/formats/facts.md, "One record"). */
st_t meaning_out(struct meaning *m, const json_t *doc, json_t *out);

#endif
