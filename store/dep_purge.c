/*
 * Purges: the bytes of one record version go, for good. The object is written anew with the same versions, in which those about the
 * purged version keep only their event; content that versions of other records still name stays. The new folder and the old one change
 * places in one step, and the old one is removed after the commit.
 */

#include "store/deposit.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "store/cat_int.h"
#include "store/dep_int.h"

struct purge {
	struct repo *r;
	const char *id;
	bool *about;			/* per OCFL version: is it about the purged record? */
	unsigned head;
	struct map *gone;		/* digests of its files, to be removed from staging too */
	uint64_t files;
};

static bool purge_keep(void *ctx, unsigned version, const uint8_t sha[SHA256_LEN], const char *logical)
{
	struct purge *p = ctx;

	(void)sha;
	return version > p->head || !p->about[version] || strcmp(logical, DEP_EVENT) == 0;
}

static st_t note_gone(void *ctx, unsigned version, const uint8_t sha[SHA256_LEN], const char *logical, struct err *e)
{
	struct purge *p = ctx;

	(void)e;
	if (purge_keep(p, version, sha, logical))
		return ST_OK;
	return map_put(p->gone, slice_of(sha, SHA256_LEN), p, NULL);
}

/* Which versions of the object are about ${p->id}? */
static st_t purge_scan(struct purge *p, const char *key, struct err *e)
{
	struct ocfl_inv inv = { .id = NULL };
	struct buf b = BUF_INIT(1 << 20);
	unsigned v;
	st_t st = ocfl_inv_read(p->r->objects, key, &inv, e);

	if (st == ST_OK && (p->about = calloc(inv.head + 1, sizeof(*p->about))) == NULL)
		st = ST_NOMEM;
	p->head = inv.head;
	for (v = 1; v <= inv.head && st == ST_OK; v++) {
		struct rec rec;
		struct change c;

		buf_clear(&b);
		st = ocfl_read(p->r->objects, key, &inv, v, DEP_EVENT, &b, e);
		if (st == ST_OK)
			st = event_read(buf_slice(&b), &rec, &c, e);
		if (st == ST_OK) {
			p->about[v] = strcmp(rec.id, p->id) == 0;
			rec_release(&rec);
		}
	}
	if (st == ST_OK)
		st = ocfl_states(p->r->objects, key, 1, inv.head, note_gone, p, e);
	ocfl_inv_release(&inv);
	buf_release(&b);
	return st;
}

static st_t purge_object(struct purge *p, struct event *ev, struct err *e)
{
	char object[OCFL_ID_MAX], key[OCFL_KEY_MAX];
	struct err none = ERR_INIT;
	st_t st;

	dep_object_id(object, ev->rec->parent);
	dep_object_key(key, ev->rec->parent);
	st = purge_scan(p, key, e);
	if (st == ST_OK)
		st = dep_stage_new(p->r, ev->rec->parent, &ev->stage, e);
	if (st == ST_OK)
		st = ocfl_put_rewrite(p->r->objects, object, ev->stage, purge_keep, p, &ev->put, e);
	if (st == ST_OK)
		st = event_finish(ev, e);
	else if (ev->stage != NULL)
		dep_settle(p->r, ev->stage, &none);
	ocfl_put_free(ev->put);
	free(ev->stage);
	return st;
}

static st_t purge_tomb(struct rec *rec, const struct actor *a, const char *reason)
{
	st_t st = ST_OK;

	if (rec->tomb == NULL && (rec->tomb = json_object()) == NULL)
		return ST_NOMEM;
	if (reason != NULL)
		st = json_put_str(rec->tomb, "reason", slice_str(reason));
	if (st == ST_OK)
		st = json_put_str(rec->tomb, "by", slice_str(a->text));
	return st == ST_OK ? json_put(rec->tomb, "purged", json_true()) : st;
}

static st_t purge_locked(struct purge *p, const struct actor *a, const char *reason, struct err *e)
{
	struct rec rec = { .id = "" };
	struct event ev = { .r = p->r, .a = a, .rec = &rec, .kind = CHANGE_PURGE, .doc = BUF_INIT(DEP_DOC_MAX) };
	struct kv_txn t;
	uint64_t removed = 0;
	st_t st;

	kv_read(p->r->catalog, &t);
	st = cat_get(&t, p->id, false, &rec, e);
	kv_end(&t, NULL);
	if (st == ST_OK && rec.in_pack)
		st = err_set(e, ST_UNSUPPORTED, "'%s' comes from a bulk import and has no object of its own", p->id);
	if (st == ST_OK && json_is_true(json_object_get(rec.tomb, "purged")))
		st = err_set(e, ST_GONE, "'%s' is purged already", p->id);
	if (st == ST_OK) {
		json_decref(rec.doc);
		rec.doc = NULL;
		rec.state = REC_WITHDRAWN;
		rec.files = rec.bytes = 0;
		st = purge_tomb(&rec, a, reason);
	}
	if (st == ST_OK)
		st = purge_object(p, &ev, e);
	/* Hard links in staging are the same bytes under another name. */
	if (st == ST_OK)
		st = staged_collect(p->r, p->gone, 0, &removed, e);
	rec_release(&rec);
	return st;
}

st_t deposit_purge(struct repo *r, const struct actor *a, const char *id, const char *reason, struct err *e)
{
	struct purge p = { .r = r, .id = id, .gone = map_new() };
	struct rec head = { .id = "" };
	struct held lock;
	struct kv_txn t;
	st_t st;

	if (p.gone == NULL)
		return ST_NOMEM;
	kv_read(r->catalog, &t);
	st = cat_head(&t, id, false, &head, e);
	kv_end(&t, NULL);
	if (st == ST_OK) {
		dep_lock(r->dep, &lock, head.parent);
		st = purge_locked(&p, a, reason, e);
		dep_unlock(r->dep, &lock);
	}
	rec_release(&head);
	map_free(p.gone, NULL);
	free(p.about);
	return st;
}
