#ifndef INDEXER_EXTRACT_MODEL_INT_H
#define INDEXER_EXTRACT_MODEL_INT_H

/* What readers of trained models share: a sum of their tensors. */

#include "indexer/extract/array_int.h"

struct model {
	struct fact *f;
	json_t *dtypes;			/* name to number of parameters; owned */
	uint64_t parameters, tensors;
};

void model_init(struct model *m, struct fact *f);
/* One tensor: also a variable. ${dtype}: as the format calls it. ${shape} is taken, its numbers count. False: a shape that overflows. */
bool model_tensor(struct model *m, struct slice name, const char *dtype, json_t *shape);
/* Put "model": parameters, tensors, dtypes, framework (or NULL). */
void model_end(struct model *m, const char *framework);

#endif
