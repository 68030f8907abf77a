/* Opening and closing a repository's folder. */

#include "store/repo.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/fs.h"
#include "store/cat_int.h"
#include "store/jobs_int.h"
#include "store/objects.h"
#include "store/recover.h"

#define QUEUE_MAX	4096
#define READERS		510

static const struct conf_opt options[] = {
	{ "url", CONF_TEXT, "", NULL, NULL, "address under which the repository is seen, without a slash at the end; empty: the listening address" },
	{ "name", CONF_TEXT, "Azekura", NULL, NULL, "name of the repository" },
	{ "email", CONF_TEXT, "admin@azekura.invalid", NULL, NULL, "address of the administrator, shown to harvesters" },
	{ "oai-id", CONF_TEXT, "azekura.invalid", NULL, NULL, "domain name in OAI identifiers; do not change it once harvested" },
	{ "listen", CONF_TEXT, "127.0.0.1:8080", NULL, NULL, "host and port to listen on; port 0 takes a free one" },
	{ "review", CONF_BOOL, "no", NULL, NULL, "yes: a curator must accept a deposit before it is published" },
	{ "workers", CONF_INT, "64", "1", "1024", "most worker threads; they start on demand" },
	{ "store.map-size", CONF_SIZE, "1G", "1M", "16T", "address space a database starts with; it grows by itself" },
	{ "store.map-max", CONF_SIZE, "64G", "1M", "64T", "how far each database may grow" },
	{ "store.reserve", CONF_SIZE, "256M", "0", "16T", "uploads are refused when the disk has less room than this" },
	{ "oai.page", CONF_INT, "100", "1", "1000", "records in one answer of ListRecords; ListIdentifiers gives five times as many" },
	{ "oai.per-peer", CONF_INT, "16", "1", "1024", "requests of one harvester under way at a time; more are told to come back (503)" },
	{ "oai.mirror", CONF_TEXT, "", NULL, NULL, "during maintenance: address of a mirror's OAI-PMH endpoint, to which harvesters are sent (302); empty: none" },
	{ "limits.upload", CONF_SIZE, "16T", "1k", "16T", "largest file that may be uploaded" },
};

const struct conf_opt *repo_options(size_t *n)
{
	*n = sizeof(options) / sizeof(options[0]);
	return options;
}

/* One process a folder (B16). The kernel drops the lock with the process, however it ends. */
static st_t lock_folder(struct repo *r, const struct repo_opts *o, struct err *e)
{
	char *path = fs_join(r->dir, "lock"), *conf = fs_join(r->dir, "azekura.conf");
	st_t st = ST_OK;

	if (path == NULL || conf == NULL) {
		st = err_set(e, ST_NOMEM, "out of memory");
		goto out;
	}
	/* Nothing is left in a folder that is not ours. */
	if (!o->create && !fs_exists(conf)) {
		st = err_set(e, ST_ABSENT, "no azekura.conf in it: not a repository");
		goto out;
	}
	r->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (r->lock_fd < 0)
		st = err_sys(e, "cannot open '%s'", path);
	else if (flock(r->lock_fd, (o->shared_lock ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0)
		st = errno == EWOULDBLOCK ? err_set(e, ST_BUSY, "in use by another process") :
		    err_sys(e, "cannot lock '%s'", path);
out:
	free(conf);
	free(path);
	return st;
}

static st_t load_conf(struct repo *r, struct err *e)
{
	char *path = fs_join(r->dir, "azekura.conf");
	struct buf text = BUF_INIT(1 << 20);
	size_t n;
	const struct conf_opt *opts = repo_options(&n);
	st_t st = ST_OK;

	r->conf = conf_new(opts, n);
	if (path == NULL || r->conf == NULL) {
		st = err_set(e, ST_NOMEM, "out of memory");
	} else if (fs_exists(path)) {
		st = conf_load(r->conf, path, e);
	} else {
		st = conf_print(r->conf, &text);
		if (st == ST_OK)
			st = fs_write_atomic(path, text.p, text.n, 0600, e);
	}
	buf_release(&text);
	free(path);
	return st;
}

static st_t open_env(struct repo *r, const char *name, const struct kv_spec *specs, size_t n, struct kv **kv, struct writer **w, struct err *e)
{
	struct kv_opts o = { (size_t)conf_int(r->conf, "store.map-size"), (size_t)conf_int(r->conf, "store.map-max"), READERS };
	char *dir = fs_join(r->dir, name);
	st_t st;

	if (dir == NULL)
		return err_set(e, ST_NOMEM, "out of memory");
	st = kv_open(kv, dir, specs, n, &o, e);
	if (st == ST_OK)
		st = writer_new(w, *kv, QUEUE_MAX, e);
	free(dir);
	return st;
}

/* Search is derived: what to do about a damaged index is said with the fault. */
static st_t open_index(struct repo *r, const struct repo_opts *o, struct err *e)
{
	st_t st = open_env(r, "index", o->index_specs, o->n_index_specs, &r->index, &r->ix_w, e);
	char was[ERR_TEXT_MAX];

	if (e == NULL || (st != ST_CORRUPT && st != ST_UNSUPPORTED))
		return st;
	memcpy(was, e->text, sizeof(was));
	return err_set(e, st, "%.800s; remove the folder 'index' in '%s' and start again: it is made anew", was, r->dir);
}

st_t repo_open(struct repo **out, const char *dir, struct schema *schema, const struct repo_opts *o, struct err *e)
{
	struct repo *r;
	st_t st;

	*out = NULL;
	if (o->create) {
		st = fs_mkdirs(dir, 0750, e);
		if (st != ST_OK)
			return st;
	}
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return err_set(e, ST_NOMEM, "out of memory");
	r->lock_fd = -1;
	r->dir = strdup(dir);
	r->schema = schema ? schema_hold(schema) : NULL;
	if (r->dir == NULL)
		st = err_set(e, ST_NOMEM, "out of memory");
	else
		st = lock_folder(r, o, e);
	if (st == ST_OK)
		st = load_conf(r, e);
	if (st == ST_OK)
		st = open_env(r, "catalog", cat_specs, CAT_DB_COUNT, &r->catalog, &r->cat_w, e);
	if (st == ST_OK && o->n_index_specs > 0)
		st = open_index(r, o, e);
	if (st == ST_OK)
		st = cat_open(r, e);
	if (st == ST_OK)
		st = recover_open(r, o->create, e);
	if (st == ST_OK)
		st = cat_refresh(r, e);
	if (st == ST_OK)
		st = jobs_restart(r, e);
	if (st != ST_OK) {
		repo_close(r);
		return err_wrap(e, "repository '%s'", dir);
	}
	*out = r;
	return ST_OK;
}

void repo_close(struct repo *r)
{
	if (r == NULL)
		return;
	if (r->cat != NULL)
		recover_close(r);
	writer_free(r->ix_w);
	writer_free(r->cat_w);
	kv_close(r->index);
	kv_close(r->catalog);
	cat_close(r);
	objects_close(r->objects);
	schema_drop(r->schema);
	conf_free(r->conf);
	if (r->lock_fd >= 0)
		close(r->lock_fd);
	free(r->dir);
	free(r);
}
