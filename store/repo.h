#ifndef STORE_REPO_H
#define STORE_REPO_H

/* One data folder = one repository. Nothing in the code is global: everything hangs on struct repo. */

#include "base/conf.h"
#include "schema/schema.h"
#include "store/kv.h"
#include "store/writer.h"

struct objects;
struct deposits;

struct repo {
	char *dir;
	struct conf *conf;		/* azekura.conf; names in repo_options() */
	struct schema *schema;		/* shared, held */
	struct kv *catalog, *index;
	struct writer *cat_w, *ix_w;
	struct objects *objects;
	int lock_fd;
	uint8_t secret[32];		/* signs tokens of lists; in catalog, part of backups */
	void *cat;			/* the catalogue's own caches */
	struct deposits *dep;		/* locks, change numbers in flight (store/recover.h) */
};

/* Databases of index/ are the indexer's: it gives their specs when the repository is opened. */
struct repo_opts {
	const struct kv_spec *index_specs;
	size_t n_index_specs;
	bool create;			/* init: make folder, azekura.conf, first admin-less catalogue */
	bool shared_lock;		/* tests only */
};

/* The settings table, for conf_new() and the man page. "url", "name", "email", "oai-id", "store.map-size", "limits.upload", ... */
const struct conf_opt *repo_options(size_t *n);

/* E-mail, OAI identifier and mirror as harvesters need them (OAI-PMH guidelines; oai-identifier.xsd): ST_INVALID says which and why. */
st_t repo_settings(const struct conf *conf, struct err *e);

/* Lock the folder (ST_BUSY: another process has it), open both environments, finish or roll back what a crash left (store/recover). Refuses an
 * empty object store that the catalogue says is not empty (B15). */
st_t repo_open(struct repo **out, const char *dir, struct schema *schema, const struct repo_opts *o, struct err *e);
void repo_close(struct repo *r);

#endif
