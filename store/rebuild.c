/* The catalogue anew from the objects: every event of every object is put again as its commit put it. */

#include <stdlib.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "store/cat_int.h"
#include "store/dep_int.h"
#include "store/pack_int.h"
#include "store/upkeep.h"

#define BATCH 64		/* objects a transaction */

struct rebuild {
	struct repo *r;
	const struct progress *p;
	char keys[BATCH][OCFL_KEY_MAX];
	size_t n;
	uint64_t done;
};

/* ---- one object ---- */

struct listing { struct kv_txn *t; const char *id; const struct ocfl_inv *inv; uint64_t count, bytes; };

static st_t put_line(struct listing *l, struct slice line, struct err *e)
{
	struct cat_file f;
	const char *where;
	st_t st = file_line_read(line, &f, e);

	if (st != ST_OK)
		return st;
	where = ocfl_inv_find(l->inv, f.sha256);
	if (where == NULL)
		st = err_set(e, ST_CORRUPT, "no content for '%s'", f.path);
	else if ((f.where = strdup(where)) == NULL)
		st = ST_NOMEM;
	if (st == ST_OK) {
		cat_file_put(l->t, l->id, false, &f);
		l->count++;
		l->bytes += f.size;
	}
	cat_file_release(&f);
	return st;
}

struct find { const char *logical; uint8_t sha[SHA256_LEN]; bool found; };

static st_t find_one(void *ctx, unsigned version, const uint8_t sha[SHA256_LEN], const char *logical, struct err *e)
{
	struct find *f = ctx;

	(void)version;
	(void)e;
	if (strcmp(logical, f->logical) == 0) {
		memcpy(f->sha, sha, SHA256_LEN);
		f->found = true;
	}
	return ST_OK;
}

/* metadata/files.jsonl of a version, line by line: it may be as long as the dataset has files. */
static st_t put_files(struct repo *r, const char *key, struct listing *l, unsigned version, struct err *e)
{
	struct find f = { .logical = DEP_FILES };
	struct lines lines;
	struct slice line;
	char *path = NULL;
	uint64_t size;
	int fd = -1;
	st_t st = ocfl_states(r->objects, key, version, version, find_one, &f, e);

	if (st != ST_OK || !f.found)
		return st;
	path = ocfl_inv_find(l->inv, f.sha) ? fs_join(key, ocfl_inv_find(l->inv, f.sha)) : NULL;
	if (path == NULL)
		return err_set(e, ST_CORRUPT, "v%u has no content for '%s'", version, DEP_FILES);
	st = object_open(r->objects, path, &fd, &size, e);
	if (st == ST_OK) {
		lines_init(&lines, fd);
		while (st == ST_OK && (st = lines_next(&lines, &line, e)) == ST_OK)
			st = put_line(l, line, e);
		lines_release(&lines);
		st = st == ST_EOF ? ST_OK : st;
	}
	if (fd >= 0)
		close(fd);
	free(path);
	return st;
}

/*
 * What stands for a record that was purged later, until its purge follows in the same transaction: enough that the item is known in the
 * formats and sets in which it was, because its deletion must be told in all of them.
 */
static st_t stand_in(struct rec *rec)
{
	json_t *doc = json_pack("{s:[{s:s}], s:[{s:[{s:s}]}], s:{s:[{s:s}]}, s:i, s:{s:s}, s:[{s:[{s:s}]}], s:[{s:s, s:s}], s:[{s:s, s:s}]}",
	    "titles", "value", "-", "creators", "names", "value", "-", "publisher", "names", "value", "-", "publicationYear", 2000,
	    "accessRights", "coar", access_coar(rec->access), "rights", "values", "value", "-",
	    "identifiers", "type", "Local", "value", "-", "dates", "type", "Issued", "value", "2000");

	if (doc == NULL || json_object_update(doc, rec->doc) != 0) {
		json_decref(doc);
		return ST_NOMEM;
	}
	json_decref(rec->doc);
	rec->doc = doc;
	return ST_OK;
}

static st_t put_event(struct repo *r, struct kv_txn *t, const char *key, const struct ocfl_inv *inv, unsigned v, struct err *e)
{
	struct buf b = BUF_INIT(1 << 20), doc = BUF_INIT(DEP_DOC_MAX);
	struct rec rec = { .id = "" }, head = { .id = "" };
	struct listing l = { .t = t, .inv = inv };
	struct change c;
	st_t st = ocfl_read(r->objects, key, inv, v, DEP_EVENT, &b, e);

	if (st == ST_OK)
		st = event_read(buf_slice(&b), &rec, &c, e);
	if (st == ST_OK)
		st = ocfl_read(r->objects, key, inv, v, DEP_RECORD, &doc, e);
	if (st == ST_ABSENT && rec.id[0] != '\0') {
		/* A purged version's metadata is gone from all its events. */
		err_clear(e);
		st = rec.doc != NULL && c.kind != CHANGE_PURGE ? stand_in(&rec) : ST_OK;
	} else if (st == ST_OK) {
		json_decref(rec.doc);
		rec.doc = NULL;
		rec.text = buf_slice(&doc);
		if (json_load(&rec.doc, buf_slice(&doc), e) != ST_OK)
			st = err_set(e, ST_CORRUPT, "'%s' is no JSON", DEP_RECORD);
	}
	l.id = rec.id;
	if (st == ST_OK && c.kind == CHANGE_PUBLISH)
		st = put_files(r, key, &l, v, e);
	if (st == ST_OK && c.kind != CHANGE_PUBLISH && c.kind != CHANGE_PURGE && cat_head(t, rec.id, false, &head, NULL) == ST_OK) {
		l.count = head.files;
		l.bytes = head.bytes;
	}
	rec.files = l.count;
	rec.bytes = l.bytes;
	rec.latest = c.kind == CHANGE_PUBLISH || head.latest;
	if (st == ST_OK)
		dep_event_put(t, r, &rec, &c);
	rec.text = SLICE_NULL;
	rec_release(&head);
	rec_release(&rec);
	buf_release(&b);
	buf_release(&doc);
	return st;
}

/* ---- packs ---- */

struct pack { struct repo *r; struct kv_txn *t; const char *key, *source; const struct ocfl_inv *inv; };

static st_t put_run(void *ctx, unsigned version, const uint8_t sha[SHA256_LEN], const char *logical, struct err *e)
{
	struct pack *p = ctx;
	const char *where = ocfl_inv_find(p->inv, sha);
	char *path, actor[160];
	struct buf text = BUF_INIT(BUF_NOMAX), doc = BUF_INIT(BUF_NOMAX);
	struct frames f = { .map = NULL };
	uint64_t size;
	int fd = -1;
	st_t st;

	(void)version;
	if (strncmp(logical, "run-", 4) != 0)
		return ST_OK;
	path = where ? fs_join(p->key, where) : NULL;
	if (path == NULL)
		return err_set(e, ST_CORRUPT, "no content for '%s'", logical);
	snprintf(actor, sizeof(actor), "program:azekura import %s", p->source);
	st = object_open(p->r->objects, path, &fd, &size, e);
	if (st == ST_OK)
		st = frames_open(&f, fd, e);
	while (st == ST_OK && (st = frames_next(&f, &text, e)) == ST_OK) {
		struct slice rest = buf_slice(&text);

		while (st == ST_OK && rest.n > 0) {
			struct slice line = slice_cut(&rest, '\n');
			struct pack_line l;
			json_t *j = NULL;

			st = pack_line_read(line, &l, &j, &doc, e);
			if (st == ST_OK) {
				pack_item_put(p->t, p->r, p->source, &l, actor);
				st = p->t->st;
			}
			json_decref(j);
		}
	}
	frames_release(&f);
	if (fd >= 0)
		close(fd);
	buf_release(&text);
	buf_release(&doc);
	free(path);
	return st == ST_EOF ? ST_OK : st;
}

/* Runs must be put in their order, states are in order of digests: one run after another by its name. */
struct one_run { struct pack *p; unsigned no; bool found; };

static st_t put_run_no(void *ctx, unsigned version, const uint8_t sha[SHA256_LEN], const char *logical, struct err *e)
{
	struct one_run *o = ctx;
	char name[64];

	snprintf(name, sizeof(name), "run-%06u.jsonl.zst", o->no);
	if (strcmp(name, logical) != 0)
		return ST_OK;
	o->found = true;
	return put_run(o->p, version, sha, logical, e);
}

static st_t put_pack(struct repo *r, struct kv_txn *t, const char *key, const struct ocfl_inv *inv, struct err *e)
{
	struct pack p = { r, t, key, inv->id + strlen("azekura:pack:"), inv };
	struct one_run o = { &p, 0, true };
	st_t st = ST_OK;

	while (st == ST_OK && o.found) {
		o.no++;
		o.found = false;
		st = ocfl_states(r->objects, key, inv->head, inv->head, put_run_no, &o, e);
	}
	return st;
}

/* ---- all ---- */

static st_t put_object(struct repo *r, struct kv_txn *t, const char *key, struct err *e)
{
	struct ocfl_inv inv;
	unsigned v;
	st_t st = ocfl_inv_read(r->objects, key, &inv, e);

	if (st != ST_OK)
		return st;
	if (strncmp(inv.id, "azekura:pack:", 13) == 0)
		st = put_pack(r, t, key, &inv, e);
	else
		for (v = 1; v <= inv.head && st == ST_OK && t->st == ST_OK; v++)
			st = put_event(r, t, key, &inv, v, e);
	if (st != ST_OK)
		err_wrap(e, "object '%s'", inv.id);
	ocfl_inv_release(&inv);
	return st;
}

static st_t batch_apply(void *arg, struct kv_txn *t)
{
	struct rebuild *b = arg;
	struct err e = ERR_INIT;
	size_t i;
	st_t st = ST_OK;

	for (i = 0; i < b->n && st == ST_OK && t->st == ST_OK; i++)
		st = put_object(b->r, t, b->keys[i], &e);
	if (st != ST_OK && t->st == ST_OK)
		kv_fail(t, st, "%s", e.text);
	return t->st;
}

static st_t batch_put(struct rebuild *b, struct err *e)
{
	st_t st = b->n > 0 ? writer_do(b->r->cat_w, batch_apply, b, e) : ST_OK;

	b->done += b->n;
	b->n = 0;
	if (st == ST_OK && b->p != NULL && b->p->step != NULL && !b->p->step(b->p->ctx, "objects", b->done, 0))
		return err_set(e, ST_CLOSED, "stopped: the catalogue is not complete, run it again");
	return st;
}

static st_t each(void *ctx, const char *key, bool object, struct err *e)
{
	struct rebuild *b = ctx;

	if (!object)
		return ST_OK;
	snprintf(b->keys[b->n++], OCFL_KEY_MAX, "%s", key);
	return b->n == BATCH ? batch_put(b, e) : ST_OK;
}

static st_t reset_apply(void *arg, struct kv_txn *t)
{
	char high[32];

	/* Followers elsewhere may have read up to here: what comes after a rebuild must not reuse numbers. */
	snprintf(high, sizeof(high), "%llu", (unsigned long long)changes_last(t));
	cat_note_put(t, SLICE("high"), slice_str(high));
	cat_reset(t, arg);
	return t->st;
}

/* An object store that is not mounted must not be "rebuilt" to nothing (B15). */
static st_t store_is_there(struct repo *r, struct err *e)
{
	struct cat_stats s;
	struct kv_txn t;

	kv_read(r->catalog, &t);
	cat_stats(&t, &s);
	kv_end(&t, NULL);
	if (s.records + s.withdrawn > 0 && ocfl_root_empty(r->objects))
		return err_set(e, ST_CORRUPT, "the object store is empty, but the catalogue names %llu records", (unsigned long long)(s.records + s.withdrawn));
	return ST_OK;
}

/* A catalogue that was lost knew no numbers: new ones come after those that the objects hold. */
static st_t numbers_follow(struct repo *r, struct err *e)
{
	struct kv_txn t;
	uint64_t last;
	int64_t time;
	st_t st;

	kv_read(r->catalog, &t);
	last = changes_last(&t);
	time = changes_last_time(&t);
	st = kv_end(&t, e);
	if (st == ST_OK)
		ticket_behind(r->dep, last, time);
	return st;
}

st_t upkeep_rebuild(struct repo *r, const struct progress *p, struct err *e)
{
	struct rebuild *b = calloc(1, sizeof(*b));
	st_t st;

	if (b == NULL)
		return ST_NOMEM;
	b->r = r;
	b->p = p;
	st = store_is_there(r, e);
	if (st == ST_OK)
		st = writer_do(r->cat_w, reset_apply, r, e);
	if (st == ST_OK)
		st = ocfl_each(r->objects, each, b, e);
	if (st == ST_OK)
		st = batch_put(b, e);
	if (st == ST_OK)
		st = numbers_follow(r, e);
	if (st == ST_OK)
		st = cat_refresh(r, e);
	free(b);
	return st;
}
