/*
 * A consistent copy while the repository is in use. The catalogue is copied first, in one read transaction; objects and staging after
 * it, so they hold at least what it names. Versions that came later than the copied catalogue's last change are left out: of each object
 * the copy gets the folders up to that version and its inventory as the object's. Starting a server on the copy restores it.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "store/cat_int.h"
#include "store/dep_int.h"
#include "store/ocfl_int.h"
#include "store/upkeep.h"

struct backup {
	struct repo *r;
	const char *to;
	const struct progress *p;
	uint64_t last;			/* the copied log ends here */
	uint64_t done;
};

static st_t copy_tree_step(void *ctx, const char *path, const char *rel, enum fs_kind kind, uint64_t size, struct err *e)
{
	const char *to = ctx;
	char *dest = fs_join(to, rel);
	st_t st = dest ? ST_OK : ST_NOMEM;

	(void)size;
	if (st == ST_OK && kind == FS_DIR) {
		if (mkdir(dest, 0755) != 0 && errno != EEXIST)
			st = err_sys(e, "cannot make '%s'", dest);
	} else if (st == ST_OK && kind == FS_FILE) {
		st = stage_copy(path, dest, e);
		/* Parts and state files come and go while we look. */
		if (st == ST_ABSENT) {
			err_clear(e);
			st = ST_OK;
		}
	}
	free(dest);
	return st;
}

static st_t copy_tree(const char *from, const char *to, struct err *e)
{
	if (!fs_exists(from))
		return ST_OK;
	if (mkdir(to, 0755) != 0 && errno != EEXIST)
		return err_sys(e, "cannot make '%s'", to);
	return fs_walk(from, copy_tree_step, (void *)(uintptr_t)to, e);
}

/* The newest version of the object that the copied catalogue knows; 0: none. */
static st_t version_known(struct backup *b, const char *key, const struct ocfl_inv *inv, unsigned *out, struct err *e)
{
	struct buf text = BUF_INIT(1 << 20);
	unsigned v;
	st_t st = ST_OK;

	*out = 0;
	for (v = inv->head; v > 0 && st == ST_OK; v--) {
		struct rec rec;
		struct change c;

		buf_clear(&text);
		st = ocfl_read(b->r->objects, key, inv, v, DEP_EVENT, &text, e);
		if (st == ST_OK)
			st = event_read(buf_slice(&text), &rec, &c, e);
		if (st != ST_OK)
			break;
		rec_release(&rec);
		if (c.no <= b->last) {
			*out = v;
			break;
		}
	}
	buf_release(&text);
	return st;
}

static st_t copy_version(struct backup *b, const char *from, const char *to, unsigned v, struct err *e)
{
	char name[32], *src, *dst;
	st_t st;

	snprintf(name, sizeof(name), "v%u", v);
	src = fs_join(from, name);
	dst = fs_join(to, name);
	st = src && dst ? copy_tree(src, dst, e) : ST_NOMEM;
	free(src);
	free(dst);
	return st;
}

static st_t copy_name(const char *from_dir, const char *from_name, const char *to_dir, const char *to_name, struct err *e)
{
	char *src = fs_join(from_dir, from_name), *dst = fs_join(to_dir, to_name);
	st_t st = src && dst ? stage_copy(src, dst, e) : ST_NOMEM;

	free(src);
	free(dst);
	return st;
}

static st_t copy_object(struct backup *b, const char *key, const struct ocfl_inv *inv, struct err *e)
{
	char *from = object_local_path(b->r->objects, key), *root = fs_join(b->to, "ocfl"), *to = root ? fs_join(root, key) : NULL, name[64];
	unsigned v, upto = inv->head;
	st_t st = from && to ? ST_OK : ST_NOMEM;

	if (st == ST_OK && strncmp(inv->id, "azekura:pack:", 13) != 0)
		st = version_known(b, key, inv, &upto, e);
	if (st == ST_OK && upto > 0) {
		st = stage_parents(to, strlen(b->to), e);
		if (st == ST_OK && mkdir(to, 0755) != 0)
			st = err_sys(e, "cannot make '%s'", to);
		for (v = 1; v <= upto && st == ST_OK; v++)
			st = copy_version(b, from, to, v, e);
		if (st == ST_OK)
			st = copy_name(from, "0=ocfl_object_1.1", to, "0=ocfl_object_1.1", e);
		snprintf(name, sizeof(name), "v%u/inventory.json", upto);
		if (st == ST_OK)
			st = copy_name(from, name, to, "inventory.json", e);
		snprintf(name, sizeof(name), "v%u/inventory.json.sha256", upto);
		if (st == ST_OK)
			st = copy_name(from, name, to, "inventory.json.sha256", e);
	}
	free(from);
	free(root);
	free(to);
	return st;
}

static st_t each(void *ctx, const char *key, bool object, struct err *e)
{
	struct backup *b = ctx;
	struct ocfl_inv inv = { .id = NULL };
	struct held lock;
	const char *name;
	st_t st;

	if (!object)
		return ST_OK;
	st = ocfl_inv_read(b->r->objects, key, &inv, e);
	if (st == ST_ABSENT)
		return ST_OK;
	if (st != ST_OK)
		return err_wrap(e, "object '%s'", key);
	name = strncmp(inv.id, "azekura:", 8) == 0 ? inv.id + 8 : inv.id;
	dep_lock(b->r->dep, &lock, name);
	ocfl_inv_release(&inv);
	st = ocfl_inv_read(b->r->objects, key, &inv, e);
	if (st == ST_OK)
		st = copy_object(b, key, &inv, e);
	else if (st == ST_ABSENT)
		st = ST_OK;
	dep_unlock(b->r->dep, &lock);
	ocfl_inv_release(&inv);
	if (st == ST_OK && b->p != NULL && b->p->step != NULL && !b->p->step(b->p->ctx, "objects", ++b->done, 0))
		st = err_set(e, ST_CLOSED, "stopped: the copy is not complete");
	return st;
}

/* What the copied log ends with, read from the copy itself. */
static st_t copied_last(struct backup *b, const char *dir, struct err *e)
{
	struct kv_opts o = { .map_size = 1 << 20, .map_max = (size_t)1 << 40 };
	struct kv *kv = NULL;
	struct kv_txn t;
	st_t st = kv_open(&kv, dir, cat_specs, CAT_DB_COUNT, &o, e);

	if (st != ST_OK)
		return st;
	kv_read(kv, &t);
	b->last = changes_last(&t);
	st = kv_end(&t, e);
	kv_close(kv);
	return st;
}

static st_t copy_catalogue(struct backup *b, struct err *e)
{
	char *dir = fs_join(b->to, "catalog");
	st_t st = dir ? ST_OK : ST_NOMEM;

	if (st == ST_OK)
		st = kv_copy(b->r->catalog, dir, e);
	if (st == ST_OK)
		st = copied_last(b, dir, e);
	free(dir);
	return st;
}

static st_t copy_below(struct backup *b, const char *name, struct err *e)
{
	char *from = fs_join(b->r->dir, name), *to = fs_join(b->to, name);
	st_t st = from && to ? stage_parents(to, strlen(b->to), e) : ST_NOMEM;

	if (st == ST_OK)
		st = copy_tree(from, to, e);
	free(from);
	free(to);
	return st;
}

static st_t copy_root_files(struct backup *b, struct err *e)
{
	static const char *const names[] = { "0=ocfl_1.1", "ocfl_layout.json" };
	char *from = fs_join(b->r->dir, "ocfl"), *to = fs_join(b->to, "ocfl");
	st_t st = from && to ? ST_OK : ST_NOMEM;
	size_t i;

	if (st == ST_OK && mkdir(to, 0755) != 0)
		st = err_sys(e, "cannot make '%s'", to);
	for (i = 0; i < 2 && st == ST_OK; i++)
		st = copy_name(from, names[i], to, names[i], e);
	free(from);
	free(to);
	return st == ST_OK ? copy_below(b, "ocfl/extensions", e) : st;
}

/* Content that drafts of the copied catalogue name must not be collected before it is copied. */
static st_t copy_with_locks(struct backup *b, struct err *e)
{
	struct held packs;
	st_t st;

	dep_lock(b->r->dep, &packs, "packs");
	pthread_rwlock_rdlock(&b->r->dep->staged);
	st = copy_catalogue(b, e);
	if (st == ST_OK)
		st = copy_below(b, "staging/content", e);
	pthread_rwlock_unlock(&b->r->dep->staged);
	if (st == ST_OK)
		st = copy_below(b, "staging/upload", e);
	if (st == ST_OK)
		st = copy_root_files(b, e);
	if (st == ST_OK)
		st = ocfl_each(b->r->objects, each, b, e);
	dep_unlock(b->r->dep, &packs);
	return st;
}

st_t upkeep_backup(struct repo *r, const char *to, const struct progress *p, struct err *e)
{
	struct backup b = { .r = r, .to = to, .p = p };
	char *conf = fs_join(r->dir, "azekura.conf");
	st_t st = conf ? ST_OK : ST_NOMEM;

	if (st == ST_OK && mkdir(to, 0750) != 0)
		st = errno == EEXIST ? err_set(e, ST_CONFLICT, "'%s' exists already", to) : err_sys(e, "cannot make '%s'", to);
	if (st == ST_OK)
		st = copy_with_locks(&b, e);
	if (st == ST_OK && fs_exists(conf))
		st = copy_name(r->dir, "azekura.conf", to, "azekura.conf", e);
	if (st == ST_OK)
		st = fs_syncfs(to, e);
	if (st == ST_OK)
		st = fs_sync_parent(to, e);
	free(conf);
	return st;
}
