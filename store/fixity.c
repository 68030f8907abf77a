/* fsck: every digest and every cross-reference. Objects are checked one by one under their lock, so that the server may run. */

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/hash.h"
#include "base/str.h"
#include "store/cat_int.h"
#include "store/dep_int.h"
#include "store/pack_int.h"
#include "store/upkeep.h"
#include "store/upload.h"

struct fsck {
	struct repo *r;
	bool content;
	fsck_report *report;
	void *ctx;
	const struct progress *p;
	struct fsck_result *res;
	char *piece;
};

static void fault(struct fsck *k, const char *kind, const char *subject, const char *fmt, ...) PRINTF_LIKE(4, 5);
static void fault(struct fsck *k, const char *kind, const char *subject, const char *fmt, ...)
{
	struct buf b = BUF_INIT(8192);
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	k->res->faults++;
	if (k->report != NULL)
		k->report(k->ctx, kind, subject, b.p ? b.p : "?");
	buf_release(&b);
}

#define PIECE ((size_t)1 << 20)

/* Digest of an open file; the page cache is told that the bytes are not needed again. */
static st_t fd_digest(struct fsck *k, int fd, uint64_t size, uint8_t sha[SHA256_LEN], uint32_t *crc, struct err *e)
{
	struct hash *h = hash_new();
	uint64_t at = 0;
	st_t st = h ? ST_OK : ST_NOMEM;

	while (st == ST_OK && at < size) {
		size_t n = size - at < PIECE ? (size_t)(size - at) : PIECE;

		st = fs_pread_all(fd, k->piece, n, (off_t)at, e);
		if (st == ST_OK)
			hash_add(h, k->piece, n);
		at += n;
	}
	if (h != NULL)
		hash_end(h, sha, crc);
	hash_free(h);
	k->res->bytes += at;
	return st;
}

/* ---- one object ---- */

struct object {
	struct fsck *k;
	const char *key;
	struct ocfl_inv inv;
	struct map *places;		/* manifest paths -> entry */
	size_t key_n;
};

static void check_entry(struct object *o, const struct ocfl_entry *x)
{
	char *path = fs_join(o->key, x->path), hex[SHA256_HEX];
	uint8_t sha[SHA256_LEN];
	struct err e = ERR_INIT;
	uint64_t size;
	int fd = -1;
	st_t st = path ? object_open(o->k->r->objects, path, &fd, &size, &e) : ST_NOMEM;

	o->k->res->files++;
	if (st == ST_ABSENT) {
		fault(o->k, "missing", o->inv.id, "content file '%s' is not there", x->path);
	} else if (st != ST_OK) {
		fault(o->k, "content", o->inv.id, "%s", e.text);
	} else if (o->k->content) {
		st = fd_digest(o->k, fd, size, sha, NULL, &e);
		hex_encode(hex, sha, SHA256_LEN);
		if (st != ST_OK)
			fault(o->k, "content", o->inv.id, "'%s': %s", x->path, e.text);
		else if (memcmp(sha, x->sha, SHA256_LEN) != 0)
			fault(o->k, "digest", o->inv.id, "content file '%s' has the sha256 %s", x->path, hex);
	}
	if (fd >= 0)
		close(fd);
	free(path);
}

static bool known_file(const struct object *o, const char *rel)
{
	const char *slash = strchr(rel, '/');
	char *end;
	unsigned long v;

	if (strcmp(rel, "0=ocfl_object_1.1") == 0 || strcmp(rel, "inventory.json") == 0 || strcmp(rel, "inventory.json.sha256") == 0)
		return true;
	if (rel[0] != 'v' || slash == NULL)
		return false;
	v = strtoul(rel + 1, &end, 10);
	if (end != slash || v == 0 || v > o->inv.head)
		return false;
	if (strcmp(slash, "/inventory.json") == 0 || strcmp(slash, "/inventory.json.sha256") == 0)
		return true;
	return map_has(o->places, slice_str(rel));
}

static st_t check_stray(void *ctx, const char *key, uint64_t size, struct err *e)
{
	struct object *o = ctx;
	const char *rel = key + o->key_n + 1;

	(void)size;
	(void)e;
	if (!known_file(o, rel))
		fault(o->k, "orphan", o->inv.id, "'%s' belongs to no version", rel);
	return ST_OK;
}

/* Each version folder has an inventory of its own that names it; the newest one's is that of the object. */
static void check_versions(struct object *o)
{
	unsigned v;

	for (v = 1; v <= o->inv.head; v++) {
		char key[OCFL_KEY_MAX + 16];
		struct ocfl_inv inv;
		struct err e = ERR_INIT;

		snprintf(key, sizeof(key), "%s/v%u", o->key, v);
		if (ocfl_inv_read(o->k->r->objects, key, &inv, &e) != ST_OK) {
			fault(o->k, "inventory", o->inv.id, "v%u: %s", v, e.text);
			continue;
		}
		if (inv.head != v || strcmp(inv.id, o->inv.id) != 0)
			fault(o->k, "inventory", o->inv.id, "v%u holds an inventory of another version", v);
		ocfl_inv_release(&inv);
	}
}

static st_t check_state(void *ctx, unsigned version, const uint8_t sha[SHA256_LEN], const char *logical, struct err *e)
{
	struct object *o = ctx;

	(void)e;
	if (ocfl_inv_find(&o->inv, sha) == NULL)
		fault(o->k, "inventory", o->inv.id, "v%u: '%s' has no content in the manifest", version, logical);
	return ST_OK;
}

/* ---- against the catalogue ---- */

static void check_files(struct object *o, const char *id)
{
	struct cat_file *page = calloc(DEP_PAGE, sizeof(*page));
	struct buf after = BUF_INIT(2048);
	struct kv_txn t;
	size_t n = page ? DEP_PAGE : 0, i;

	while (n == DEP_PAGE) {
		kv_read(o->k->r->catalog, &t);
		n = cat_files(&t, id, false, buf_slice(&after), page, DEP_PAGE);
		if (kv_end(&t, NULL) != ST_OK)
			n = 0;
		for (i = 0; i < n; i++) {
			const struct ocfl_entry *x = page[i].where ? map_get(o->places, slice_str(page[i].where)) : NULL;

			if (x == NULL || memcmp(x->sha, page[i].sha256, SHA256_LEN) != 0)
				fault(o->k, "catalogue", id, "file '%s' points at content that the object does not have", page[i].path);
			if (i + 1 == n) {
				buf_clear(&after);
				buf_adds(&after, page[i].path);
			}
			cat_file_release(&page[i]);
		}
	}
	free(page);
	buf_release(&after);
}

static void check_record(struct object *o, const struct rec *rec)
{
	struct rec head = { .id = "" };
	struct err e = ERR_INIT;
	struct kv_txn t;
	st_t st;

	kv_read(o->k->r->catalog, &t);
	st = cat_head(&t, rec->id, false, &head, &e);
	kv_end(&t, NULL);
	if (st != ST_OK)
		fault(o->k, "catalogue", rec->id, "the object has it, the catalogue does not: %s", st_name(st));
	else if (head.change != rec->change || head.revision != rec->revision || head.state != rec->state)
		fault(o->k, "catalogue", rec->id, "the catalogue is at change %llu, the object at %llu",
		    (unsigned long long)head.change, (unsigned long long)rec->change);
	rec_release(&head);
	check_files(o, rec->id);
}

/* The newest event of each record in the object must be what the catalogue has. */
static void check_events(struct object *o)
{
	struct map *newest = map_new();
	struct buf b = BUF_INIT(1 << 20);
	struct err e = ERR_INIT;
	struct slice name;
	void *old, *value;
	size_t i = 0;
	unsigned v;

	for (v = 1; newest != NULL && v <= o->inv.head; v++) {
		struct rec *rec = calloc(1, sizeof(*rec));
		struct change c;

		buf_clear(&b);
		if (rec == NULL || ocfl_read(o->k->r->objects, o->key, &o->inv, v, DEP_EVENT, &b, &e) != ST_OK ||
		    event_read(buf_slice(&b), rec, &c, &e) != ST_OK) {
			fault(o->k, "event", o->inv.id, "v%u: %s", v, e.text);
			free(rec);
			continue;
		}
		old = NULL;
		if (map_put(newest, slice_str(rec->id), rec, &old) != ST_OK)
			old = rec;
		if (old != NULL) {
			rec_release(old);
			free(old);
		}
	}
	while (newest != NULL && map_next(newest, &i, &name, &value)) {
		check_record(o, value);
		rec_release(value);
		free(value);
	}
	map_free(newest, NULL);
	buf_release(&b);
}

static st_t check_run(void *ctx, unsigned version, const uint8_t sha[SHA256_LEN], const char *logical, struct err *e)
{
	struct object *o = ctx;
	const char *where = ocfl_inv_find(&o->inv, sha);
	char *path = where ? fs_join(o->key, where) : NULL;
	struct buf text = BUF_INIT(BUF_NOMAX), doc = BUF_INIT(BUF_NOMAX);
	struct frames f = { .map = NULL };
	struct kv_txn t;
	uint64_t size;
	int fd = -1;
	st_t st;

	(void)version;
	if (strncmp(logical, "run-", 4) != 0 || path == NULL) {
		free(path);
		return ST_OK;
	}
	st = object_open(o->k->r->objects, path, &fd, &size, e);
	if (st == ST_OK)
		st = frames_open(&f, fd, e);
	while (st == ST_OK && (st = frames_next(&f, &text, e)) == ST_OK) {
		struct slice rest = buf_slice(&text);

		kv_read(o->k->r->catalog, &t);
		while (rest.n > 0) {
			struct slice line = slice_cut(&rest, '\n');
			struct pack_line l;
			struct rec head = { .id = "" };
			json_t *j = NULL;

			if (pack_line_read(line, &l, &j, &doc, e) != ST_OK)
				fault(o->k, "pack", o->inv.id, "%s: %s", logical, e ? e->text : "");
			else if (cat_head(&t, l.id, false, &head, NULL) != ST_OK || head.change < l.change)
				fault(o->k, "catalogue", l.id, "%s has change %llu of it, the catalogue does not", logical, (unsigned long long)l.change);
			rec_release(&head);
			json_decref(j);
		}
		kv_end(&t, NULL);
	}
	if (st != ST_EOF && st != ST_OK)
		fault(o->k, "pack", o->inv.id, "%s: %s", logical, e ? e->text : st_name(st));
	frames_release(&f);
	if (fd >= 0)
		close(fd);
	buf_release(&text);
	buf_release(&doc);
	free(path);
	return ST_OK;
}

static void check_object(struct object *o)
{
	char key[OCFL_KEY_MAX], *mark = fs_join(o->key, "0=ocfl_object_1.1");
	struct buf b = BUF_INIT(64);
	struct err e = ERR_INIT;
	size_t i;

	ocfl_object_key(key, o->inv.id);
	if (strcmp(key, o->key) != 0)
		fault(o->k, "inventory", o->inv.id, "lies in '%s', where its identifier does not put it", o->key);
	if (mark == NULL || object_get(o->k->r->objects, mark, &b, &e) != ST_OK || !slice_eq_str(buf_slice(&b), "ocfl_object_1.1\n"))
		fault(o->k, "inventory", o->inv.id, "the file '0=ocfl_object_1.1' is missing or wrong");
	for (i = 0; i < o->inv.manifest.n; i++) {
		struct ocfl_entry *x = &o->inv.manifest.v[i];

		if (map_put(o->places, slice_str(x->path), x, NULL) != ST_OK)
			return;
		check_entry(o, x);
	}
	check_versions(o);
	ocfl_states(o->k->r->objects, o->key, 1, o->inv.head, check_state, o, &e);
	object_walk(o->k->r->objects, o->key, check_stray, o, &e);
	if (strncmp(o->inv.id, "azekura:pack:", 13) == 0)
		ocfl_states(o->k->r->objects, o->key, o->inv.head, o->inv.head, check_run, o, &e);
	else
		check_events(o);
	free(mark);
	buf_release(&b);
}

static st_t each(void *ctx, const char *key, bool object, struct err *e)
{
	struct fsck *k = ctx;
	struct object o = { .k = k, .key = key, .key_n = strlen(key) };
	struct err bad = ERR_INIT;
	struct held lock;
	const char *name;
	st_t st;

	if (!object) {
		fault(k, "orphan", key, "does not belong into the object store");
		return ST_OK;
	}
	k->res->objects++;
	st = ocfl_inv_read(k->r->objects, key, &o.inv, &bad);
	if (st != ST_OK) {
		fault(k, "inventory", key, "%s", bad.text);
		return ST_OK;
	}
	/* Read again under the lock: whoever publishes meanwhile is between two states only while holding it. */
	name = strncmp(o.inv.id, "azekura:pack:", 13) == 0 ? "packs" : strncmp(o.inv.id, "azekura:", 8) == 0 ? o.inv.id + 8 : o.inv.id;
	dep_lock(k->r->dep, &lock, name);
	ocfl_inv_release(&o.inv);
	st = ocfl_inv_read(k->r->objects, key, &o.inv, &bad);
	if (st == ST_OK && (o.places = map_new()) != NULL)
		check_object(&o);
	dep_unlock(k->r->dep, &lock);
	map_free(o.places, NULL);
	ocfl_inv_release(&o.inv);
	if (k->p != NULL && k->p->step != NULL && !k->p->step(k->p->ctx, "objects", k->res->objects, 0))
		return err_set(e, ST_CLOSED, "stopped");
	return ST_OK;
}

/* ---- from the catalogue's side ---- */

static void check_change(struct fsck *k, const struct change *c)
{
	char key[OCFL_KEY_MAX], *path;
	struct rec head = { .id = "" };
	struct kv_txn t;
	st_t st;

	kv_read(k->r->catalog, &t);
	st = cat_head(&t, c->id, false, &head, NULL);
	kv_end(&t, NULL);
	dep_object_key(key, c->parent);
	path = object_local_path(k->r->objects, key);
	if (st != ST_OK)
		fault(k, "catalogue", c->id, "change %llu names a record that is not there", (unsigned long long)c->no);
	else if (!head.in_pack && (path == NULL || !fs_exists(path)))
		fault(k, "missing", c->id, "its object '%s' is not there", key);
	rec_release(&head);
	free(path);
}

static st_t check_log(struct fsck *k, struct err *e)
{
	struct change *page = calloc(256, sizeof(*page));
	uint64_t after = 0;
	struct kv_txn t;
	size_t n = 256, i;
	st_t st = page ? ST_OK : ST_NOMEM;

	while (st == ST_OK && n == 256) {
		kv_read(k->r->catalog, &t);
		n = changes_after(&t, after, page, 256);
		st = kv_end(&t, e);
		for (i = 0; i < n && st == ST_OK; i++) {
			after = page[i].no;
			if (page[i].kind == CHANGE_PUBLISH)
				check_change(k, &page[i]);
		}
	}
	free(page);
	return st;
}

static void check_draft_file(struct fsck *k, const char *id, const struct cat_file *f)
{
	uint8_t sha[SHA256_LEN];
	struct err e = ERR_INIT;
	uint32_t crc;
	int fd = -1;
	st_t st;

	if (f->pending)
		return;
	k->res->files++;
	st = content_open(k->r, id, true, f, &fd, &e);
	if (st == ST_OK && k->content) {
		st = fd_digest(k, fd, f->size, sha, &crc, &e);
		if (st == ST_OK && (memcmp(sha, f->sha256, SHA256_LEN) != 0 || crc != f->crc32))
			fault(k, "digest", id, "staged content of '%s' is not what was uploaded", f->path);
	}
	if (st != ST_OK)
		fault(k, st == ST_ABSENT ? "missing" : "content", id, "draft file '%s': %s", f->path, e.text);
	if (fd >= 0)
		close(fd);
}

static void check_draft(struct fsck *k, const char *id)
{
	struct cat_file *page = calloc(DEP_PAGE, sizeof(*page));
	struct buf after = BUF_INIT(2048);
	struct kv_txn t;
	size_t n = page ? DEP_PAGE : 0, i;

	while (n == DEP_PAGE) {
		kv_read(k->r->catalog, &t);
		n = cat_files(&t, id, true, buf_slice(&after), page, DEP_PAGE);
		if (kv_end(&t, NULL) != ST_OK)
			n = 0;
		for (i = 0; i < n; i++) {
			check_draft_file(k, id, &page[i]);
			if (i + 1 == n) {
				buf_clear(&after);
				buf_adds(&after, page[i].path);
			}
			cat_file_release(&page[i]);
		}
	}
	free(page);
	buf_release(&after);
}

static st_t check_drafts(struct fsck *k, struct err *e)
{
	char ids[64][PID_LEN + 1];
	uint64_t after = 0;
	struct kv_txn t;
	size_t n = 64, i;
	st_t st = ST_OK;

	while (st == ST_OK && n == 64) {
		kv_read(k->r->catalog, &t);
		n = cat_drafts(&t, 0, &after, ids, 64);
		st = kv_end(&t, e);
		for (i = 0; i < n && st == ST_OK; i++)
			check_draft(k, ids[i]);
	}
	return st;
}

st_t upkeep_fsck(struct repo *r, bool content, fsck_report *report, void *ctx, const struct progress *p, struct fsck_result *out, struct err *e)
{
	struct fsck k = { r, content, report, ctx, p, out, malloc(PIECE) };
	st_t st = k.piece ? ST_OK : ST_NOMEM;

	memset(out, 0, sizeof(*out));
	if (st == ST_OK)
		st = ocfl_each(r->objects, each, &k, e);
	if (st == ST_OK)
		st = check_log(&k, e);
	if (st == ST_OK)
		st = check_drafts(&k, e);
	free(k.piece);
	return st;
}
