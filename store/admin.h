#ifndef STORE_ADMIN_H
#define STORE_ADMIN_H

/*
 * What operators do, as rows: a name, JSON arguments in, JSON out. The command line calls it on a folder whose lock it holds; the server calls
 * it for the admin socket and for administrators. Blocking: worker threads.
 */

#include "base/json.h"
#include "store/upkeep.h"

struct admin_op {
	const char *name;		/* "token.create" */
	const char *summary;
	bool offline;			/* only on a folder that no server serves */
	bool slow;			/* may take minutes: a server makes it a job */
	st_t (*run)(struct repo *r, const json_t *args, const struct progress *p, json_t **out, struct err *e);
};

const struct admin_op *admin_op_at(size_t i);		/* NULL past the end */
const struct admin_op *admin_op_find(const char *name);
/* ST_ABSENT: no such operation. ${out} owned; never NULL on ST_OK. ${p} may be NULL. */
st_t admin_run(struct repo *r, const char *name, const json_t *args, const struct progress *p, json_t **out, struct err *e);

#endif
