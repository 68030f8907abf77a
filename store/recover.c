/* Start and end of the depositing side. */

#include "store/recover.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#include "base/fs.h"
#include "base/log.h"
#include "store/dep_int.h"
#include "store/pack_int.h"
#include "store/upload.h"

/* Every folder of staging/publish is an event that did not come to its end, or one whose folder was not yet removed. */
static st_t settle_all(struct repo *r, struct err *e)
{
	char *dir = dep_stage_dir(r, ""), *path;
	struct dirent *d;
	DIR *list = dir ? opendir(dir) : NULL;
	st_t st = ST_OK;

	if (dir == NULL)
		return ST_NOMEM;
	if (list == NULL)
		st = err_sys(e, "cannot read '%s'", dir);
	while (st == ST_OK && (d = readdir(list)) != NULL) {
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		path = fs_join(dir, d->d_name);
		st = path ? dep_settle(r, path, e) : ST_NOMEM;
		free(path);
	}
	if (list != NULL)
		closedir(list);
	free(dir);
	return st;
}

static st_t make_staging(struct repo *r, struct err *e)
{
	static const char *const names[] = { "staging/publish", "staging/upload", "staging/content", "staging/pack" };
	st_t st = ST_OK;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names) && st == ST_OK; i++) {
		char *path = fs_join(r->dir, names[i]);

		st = path ? fs_mkdirs(path, 0755, e) : ST_NOMEM;
		free(path);
	}
	return st;
}

static st_t open_objects(struct repo *r, bool create, uint64_t records, struct err *e)
{
	char *root = fs_join(r->dir, "ocfl");
	bool there;
	st_t st = root ? ST_OK : ST_NOMEM;

	if (st == ST_OK && r->objects == NULL) {
		there = fs_exists(root);
		if (!there && !create && records > 0)
			st = err_set(e, ST_CORRUPT, "the object store '%s' is not there, but the catalogue names %llu records: is a file system not mounted?",
			    root, (unsigned long long)records);
		if (st == ST_OK)
			st = objects_open_fs(&r->objects, root, e);
	}
	if (st == ST_OK && records > 0 && (!ocfl_root_exists(r->objects) || ocfl_root_empty(r->objects)))
		st = err_set(e, ST_CORRUPT, "the object store '%s' is empty, but the catalogue names %llu records: is a file system not mounted?",
		    root, (unsigned long long)records);
	if (st == ST_OK)
		st = ocfl_root_init(r->objects, e);
	free(root);
	return st;
}

struct deposits *deposits_new(void)
{
	struct deposits *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	d->open_end = &d->open;
	pthread_mutex_init(&d->mx, NULL);
	pthread_cond_init(&d->cv, NULL);
	pthread_rwlock_init(&d->staged, NULL);
	return d;
}

/* Numbers go on behind the log's end, and behind what it reached before a rebuild. */
void dep_numbers(struct repo *r, uint64_t *records)
{
	struct cat_stats s;
	struct slice v;
	struct kv_txn t;
	uint64_t high;

	kv_read(r->catalog, &t);
	r->dep->next = changes_last(&t) + 1;
	if (cat_note_get(&t, SLICE("high"), &v) && slice_u64(v, UINT64_MAX - 1, &high) && high >= r->dep->next)
		r->dep->next = high + 1;
	r->dep->turn = r->dep->next;
	r->dep->last_time = changes_last_time(&t);
	cat_stats(&t, &s);
	*records = s.records + s.withdrawn;
	kv_end(&t, NULL);
}

st_t recover_open(struct repo *r, bool create, struct err *e)
{
	uint64_t records = 0;
	st_t st;

	r->dep = deposits_new();
	if (r->dep == NULL)
		return ST_NOMEM;
	dep_numbers(r, &records);
	st = open_objects(r, create, records, e);
	if (st == ST_OK)
		st = make_staging(r, e);
	if (st == ST_OK)
		st = settle_all(r, e);
	if (st == ST_OK)
		st = pack_recover(r, e);
	if (st != ST_OK)
		recover_close(r);
	return st;
}

st_t recover_catalog_there(struct repo *r, struct err *e)
{
	struct kv_txn t;
	uint64_t last;
	st_t st;

	kv_read(r->catalog, &t);
	last = changes_last(&t);
	st = kv_end(&t, e);
	if (st == ST_OK && last == 0 && !ocfl_root_empty(r->objects))
		st = err_set(e, ST_CORRUPT, "the catalogue is empty, but the object store is not: put catalog/ back from a backup, "
		    "or recreate it with 'azekura admin rebuild --data %s'", r->dir);
	return st;
}

void recover_close(struct repo *r)
{
	if (r->dep != NULL) {
		pthread_mutex_destroy(&r->dep->mx);
		pthread_cond_destroy(&r->dep->cv);
		pthread_rwlock_destroy(&r->dep->staged);
		free(r->dep);
		r->dep = NULL;
	}
	objects_close(r->objects);
	r->objects = NULL;
}
