/* What lies in staging and nobody needs any more. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/str.h"
#include "store/dep_int.h"
#include "store/upload.h"

#define SAFE_AGE 60	/* seconds: content younger than that may be on its way into a draft */

static st_t name_draft_files(struct repo *r, const char *id, struct map *named, struct err *e)
{
	struct cat_file *page = calloc(DEP_PAGE, sizeof(*page));
	struct buf after = BUF_INIT(2048);
	struct kv_txn t;
	size_t n = DEP_PAGE, i;
	st_t st = page ? ST_OK : ST_NOMEM;

	while (st == ST_OK && n == DEP_PAGE) {
		kv_read(r->catalog, &t);
		n = cat_files(&t, id, true, buf_slice(&after), page, DEP_PAGE);
		st = kv_end(&t, e);
		for (i = 0; i < n; i++) {
			if (st == ST_OK && page[i].where == NULL && !page[i].pending)
				st = map_put(named, slice_of(page[i].sha256, SHA256_LEN), named, NULL);
			if (i + 1 == n) {
				buf_clear(&after);
				buf_adds(&after, page[i].path);
			}
			cat_file_release(&page[i]);
		}
	}
	free(page);
	buf_release(&after);
	return st;
}

/* Digests that drafts name: 100 bytes of memory for each. */
static st_t name_all(struct repo *r, struct map *named, struct err *e)
{
	char ids[64][PID_LEN + 1];
	uint64_t after = 0;
	struct kv_txn t;
	size_t n = 64, i;
	st_t st = ST_OK;

	while (st == ST_OK && n == 64) {
		kv_read(r->catalog, &t);
		n = cat_drafts(&t, 0, &after, ids, 64);
		st = kv_end(&t, e);
		for (i = 0; i < n && st == ST_OK; i++)
			st = name_draft_files(r, ids[i], named, e);
	}
	return st;
}

struct collect { struct map *named, *only; int64_t older_than; uint64_t *removed; };

static st_t collect_step(void *ctx, const char *path, const char *rel, enum fs_kind kind, uint64_t size, struct err *e)
{
	struct collect *c = ctx;
	const char *name = strrchr(path, '/') + 1;
	uint8_t sha[SHA256_LEN];
	struct stat sb;

	(void)rel;
	(void)size;
	if (kind == FS_DIR)
		return ST_OK;
	if (strlen(name) == 64 && hex_decode(sha, slice_of(name, 64)) == ST_OK) {
		struct slice key = slice_of(sha, SHA256_LEN);

		if (map_has(c->named, key) || (c->only != NULL && !map_has(c->only, key)))
			return ST_OK;
	} else if (c->only != NULL) {
		return ST_OK;
	}
	if (c->only == NULL && (lstat(path, &sb) != 0 || sb.st_mtime >= c->older_than || sb.st_ctime >= c->older_than))
		return ST_OK;
	*c->removed += 1;
	return fs_remove(path, e);
}

st_t staged_collect(struct repo *r, struct map *only, int64_t older_than, uint64_t *removed, struct err *e)
{
	struct collect c = { map_new(), only, older_than, removed };
	char *dir = fs_join(r->dir, "staging/content");
	st_t st = c.named && dir ? ST_OK : ST_NOMEM;

	/* The lock keeps new names from appearing between the list of names and the last removal (J19). */
	pthread_rwlock_wrlock(&r->dep->staged);
	if (st == ST_OK)
		st = name_all(r, c.named, e);
	if (st == ST_OK)
		st = fs_walk(dir, collect_step, &c, e);
	pthread_rwlock_unlock(&r->dep->staged);
	map_free(c.named, NULL);
	free(dir);
	return st;
}

/* ---- parts ---- */

struct parts { struct repo *r; int64_t older_than; uint64_t *removed; };

static bool draft_gone(struct repo *r, const char *id)
{
	struct rec head = { .id = "" };
	struct kv_txn t;
	bool gone;

	kv_read(r->catalog, &t);
	gone = cat_head(&t, id, true, &head, NULL) == ST_ABSENT;
	kv_end(&t, NULL);
	rec_release(&head);
	return gone;
}

/* Does a state file name this part, for a draft that stands? */
static bool part_wanted(struct repo *r, const char *part)
{
	struct buf path = BUF_INIT(8192), text = BUF_INIT(65536);
	json_t *j = NULL;
	bool wanted = false;

	buf_addf(&path, "%s/staging/upload/%.32s.json", r->dir, part);
	if (path.st == ST_OK && fs_read_file(path.p, &text, NULL) == ST_OK && json_load(&j, buf_slice(&text), NULL) == ST_OK) {
		const char *name = json_text(j, "part"), *draft = json_text(j, "draft");

		wanted = name != NULL && draft != NULL && strcmp(name, part) == 0 && !draft_gone(r, draft);
	}
	json_decref(j);
	buf_release(&path);
	buf_release(&text);
	return wanted;
}

static bool part_busy(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	bool busy = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0;

	if (fd >= 0)
		close(fd);
	return busy;
}

static st_t parts_step(void *ctx, const char *path, const char *rel, enum fs_kind kind, uint64_t size, struct err *e)
{
	struct parts *p = ctx;
	struct stat sb;
	bool wanted;

	(void)size;
	if (kind == FS_DIR || lstat(path, &sb) != 0 || sb.st_mtime >= p->older_than)
		return ST_OK;
	if (slice_ends(slice_str(rel), ".part")) {
		wanted = part_busy(path) || part_wanted(p->r, rel);
	} else if (slice_ends(slice_str(rel), ".json") && strlen(rel) == 37) {
		struct buf part = BUF_INIT(65536);
		json_t *j = NULL;
		const char *name;

		wanted = fs_read_file(path, &part, NULL) == ST_OK && json_load(&j, buf_slice(&part), NULL) == ST_OK &&
		    (name = json_text(j, "part")) != NULL && strlen(name) > 32 && part_wanted(p->r, name);
		json_decref(j);
		buf_release(&part);
	} else {
		wanted = false;
	}
	if (wanted)
		return ST_OK;
	*p->removed += 1;
	return fs_remove(path, e);
}

st_t upload_collect(struct repo *r, int64_t older_than, uint64_t *removed, struct err *e)
{
	int64_t safe = clock_now() - SAFE_AGE;
	struct parts p = { r, older_than < safe ? older_than : safe, removed };
	char *dir = fs_join(r->dir, "staging/upload");
	st_t st = dir ? ST_OK : ST_NOMEM;

	*removed = 0;
	if (st == ST_OK)
		st = fs_walk(dir, parts_step, &p, e);
	if (st == ST_OK)
		st = staged_collect(r, NULL, p.older_than, removed, e);
	free(dir);
	return st;
}
