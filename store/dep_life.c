/* What happens to published records: withdrawal, restoration, sets, the end of embargoes, purges. */

#include "store/deposit.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "store/cat_int.h"
#include "store/dep_int.h"

/* Copy of the stored text of a record's metadata: a new event of unchanged metadata must not store it again. */
static st_t stored_doc(struct repo *r, const char *id, struct buf *out, struct err *e)
{
	struct kv_txn t;
	struct slice s;
	st_t st;

	kv_read(r->catalog, &t);
	st = cat_doc(&t, id, false, &s, e);
	if (st == ST_OK)
		st = buf_addsl(out, s);
	kv_end(&t, NULL);
	return st;
}

struct life {
	struct repo *r;
	const struct actor *a;
	const char *id;
	enum change_kind kind;
	/* Change ${rec}; ST_EOF: nothing to do. */
	st_t (*change)(struct life *, struct rec *rec, struct err *e);
	const char *reason, *note;
	const char *const *sets;
	size_t n_sets;
	bool new_doc;			/* change() gave rec another doc */
	int64_t now;
};

static st_t life_locked(struct life *l, struct err *e)
{
	struct rec rec = { .id = "" };
	struct event ev = { .r = l->r, .a = l->a, .rec = &rec, .kind = l->kind, .doc = BUF_INIT(DEP_DOC_MAX) };
	struct kv_txn t;
	st_t st;

	kv_read(l->r->catalog, &t);
	st = cat_get(&t, l->id, false, &rec, e);
	kv_end(&t, NULL);
	if (st == ST_OK && rec.in_pack)
		st = err_set(e, ST_UNSUPPORTED, "'%s' comes from a bulk import: change its source and import again", l->id);
	if (st == ST_OK)
		st = l->change(l, &rec, e);
	if (st == ST_EOF) {
		st = ST_OK;
		goto out;
	}
	if (st == ST_OK)
		st = l->new_doc ? json_dump(&ev.doc, rec.doc, false) : stored_doc(l->r, l->id, &ev.doc, e);
	rec.text = buf_slice(&ev.doc);
	if (st == ST_OK)
		st = event_run(&ev, e);
out:
	rec.text = SLICE_NULL;
	rec_release(&rec);
	buf_release(&ev.doc);
	return st;
}

static st_t parent_of(struct repo *r, const char *id, char parent[PID_LEN + 1], struct err *e)
{
	struct rec head = { .id = "" };
	struct kv_txn t;
	st_t st;

	kv_read(r->catalog, &t);
	st = cat_head(&t, id, false, &head, e);
	kv_end(&t, NULL);
	if (st == ST_OK)
		memcpy(parent, head.parent, PID_LEN + 1);
	rec_release(&head);
	return st;
}

static st_t life_run(struct life *l, struct err *e)
{
	char parent[PID_LEN + 1];
	struct held lock;
	st_t st = parent_of(l->r, l->id, parent, e);

	if (st != ST_OK)
		return st;
	l->now = clock_now();
	dep_lock(l->r->dep, &lock, parent);
	st = life_locked(l, e);
	dep_unlock(l->r->dep, &lock);
	return st;
}

/* ---- withdrawal ---- */

static st_t make_tomb(struct life *l, struct rec *rec)
{
	st_t st = ST_OK;

	json_decref(rec->tomb);
	rec->tomb = json_object();
	if (rec->tomb == NULL)
		return ST_NOMEM;
	if (l->reason != NULL)
		st = json_put_str(rec->tomb, "reason", slice_str(l->reason));
	if (st == ST_OK && l->note != NULL)
		st = json_put_str(rec->tomb, "note", slice_str(l->note));
	return st == ST_OK ? json_put_str(rec->tomb, "by", slice_str(l->a->text)) : st;
}

static st_t to_withdrawn(struct life *l, struct rec *rec, struct err *e)
{
	if (rec->state == REC_WITHDRAWN)
		return err_set(e, ST_CONFLICT, "'%s' is withdrawn already", l->id);
	rec->state = REC_WITHDRAWN;
	return make_tomb(l, rec);
}

st_t deposit_withdraw(struct repo *r, const struct actor *a, const char *id, const char *reason, const char *note, struct err *e)
{
	struct life l = { .r = r, .a = a, .id = id, .kind = CHANGE_WITHDRAW, .change = to_withdrawn, .reason = reason, .note = note };

	return life_run(&l, e);
}

static st_t to_restored(struct life *l, struct rec *rec, struct err *e)
{
	if (rec->state != REC_WITHDRAWN)
		return err_set(e, ST_CONFLICT, "'%s' is not withdrawn", l->id);
	if (json_is_true(json_object_get(rec->tomb, "purged")))
		return err_set(e, ST_GONE, "'%s' was purged: its content is no more", l->id);
	rec->state = REC_PUBLISHED;
	rec->withdrawn = 0;
	json_decref(rec->tomb);
	rec->tomb = NULL;
	return ST_OK;
}

st_t deposit_restore(struct repo *r, const struct actor *a, const char *id, struct err *e)
{
	struct life l = { .r = r, .a = a, .id = id, .kind = CHANGE_RESTORE, .change = to_restored };

	return life_run(&l, e);
}

/* ---- sets ---- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static st_t to_sets(struct life *l, struct rec *rec, struct err *e)
{
	char **old = rec->sets;
	size_t n_old = rec->n_sets, i;
	bool same = n_old == l->n_sets;

	if (rec->state != REC_PUBLISHED)
		return err_set(e, ST_GONE, "'%s' is withdrawn", l->id);
	rec->sets = calloc(l->n_sets + 1, sizeof(*rec->sets));
	rec->n_sets = 0;
	if (rec->sets == NULL) {
		rec->sets = old;
		rec->n_sets = n_old;
		return ST_NOMEM;
	}
	for (i = 0; i < l->n_sets; i++)
		if ((rec->sets[i] = strdup(l->sets[i])) != NULL)
			rec->n_sets = i + 1;
	if (rec->n_sets > 1)
		qsort(rec->sets, rec->n_sets, sizeof(*rec->sets), by_text);
	for (i = 0; same && i < n_old; i++)
		same = strcmp(old[i], rec->sets[i]) == 0;
	for (i = 0; i < n_old; i++)
		free(old[i]);
	free(old);
	if (rec->n_sets != l->n_sets)
		return ST_NOMEM;
	return same ? ST_EOF : ST_OK;
}

st_t deposit_sets(struct repo *r, const struct actor *a, const char *id, const char *const *sets, size_t n, struct err *e)
{
	struct life l = { .r = r, .a = a, .id = id, .kind = CHANGE_SET, .change = to_sets, .sets = sets, .n_sets = n };
	size_t i;

	for (i = 0; i < n; i++)
		if (!cat_spec_ok(sets[i]) || cat_spec_computed(sets[i]))
			return err_set(e, ST_INVALID, "'%.100s' cannot be a community", sets[i]);
	return life_run(&l, e);
}

/* ---- embargoes ---- */

static st_t to_open(struct life *l, struct rec *rec, struct err *e)
{
	json_t *rights = json_object_get(rec->doc, "accessRights");

	if (rec->state != REC_PUBLISHED || rec->access != ACC_EMBARGOED || rec->embargo_end == 0 || rec->embargo_end > l->now)
		return ST_EOF;
	if (!json_is_object(rights))
		return ST_EOF;
	l->new_doc = true;
	json_object_del(rights, "label");
	if (json_put_str(rights, "coar", slice_str(access_coar(ACC_OPEN))) != ST_OK)
		return ST_NOMEM;
	rec->access = ACC_OPEN;
	rec->revision++;
	return ST_OK;
}

static bool embargo_next(struct repo *r, int64_t now, struct key *from, char id[PID_LEN + 1])
{
	struct kv_txn t;
	struct kv_cur c;
	bool found = false;

	kv_read(r->catalog, &t);
	kv_cur_open(&t, CAT_NOTE, &c);
	if (kv_seek(&c, key_slice(from)) && c.key.n == 1 + 8 + PID_LEN && c.key.p[0] == 'e' && get_u64(c.key.p + 1) <= (uint64_t)now) {
		memcpy(id, c.key.p + 9, PID_LEN);
		id[PID_LEN] = '\0';
		memcpy(from->p, c.key.p, c.key.n);
		from->n = c.key.n;
		found = true;
	}
	kv_cur_close(&c);
	kv_end(&t, NULL);
	return found;
}

static st_t embargo_forget(void *arg, struct kv_txn *t)
{
	kv_del(t, CAT_NOTE, key_slice(arg));
	return t->st;
}

st_t deposit_embargo_due(struct repo *r, int64_t now, unsigned max, unsigned *ended, struct err *e)
{
	struct actor system = { 0, "program:azekura embargo" };
	char id[PID_LEN + 1];
	struct key at;
	unsigned i;
	st_t st = ST_OK;

	*ended = 0;
	key_init(&at, 'e');
	for (i = 0; i < max && st == ST_OK && embargo_next(r, now, &at, id); i++) {
		struct life l = { .r = r, .a = &system, .id = id, .kind = CHANGE_EMBARGO, .change = to_open };

		st = life_run(&l, e);
		if (st == ST_OK && l.new_doc)
			*ended += 1;
		if (st == ST_ABSENT) {
			err_clear(e);
			st = ST_OK;
		}
		/* Done, or no longer so: if it was killed in between, it finds nothing to do next time. */
		if (st == ST_OK)
			st = writer_do(r->cat_w, embargo_forget, &at, e);
	}
	return st;
}

/* ---- facts ---- */

struct facts_job { struct change c; };

static st_t facts_apply(void *arg, struct kv_txn *t)
{
	struct facts_job *j = arg;
	struct change c = j->c;

	change_put(t, &c);
	return t->st;
}

st_t deposit_facts(struct repo *r, const struct actor *a, const char *id, struct err *e)
{
	struct facts_job j = { .c = { .kind = CHANGE_FACTS } };
	struct rec head = { .id = "" };
	struct ticket k;
	struct kv_txn t;
	st_t st;

	kv_read(r->catalog, &t);
	st = cat_head(&t, id, false, &head, e);
	kv_end(&t, NULL);
	if (st != ST_OK)
		return st;
	memcpy(j.c.id, head.id, sizeof(j.c.id));
	memcpy(j.c.parent, head.parent, sizeof(j.c.parent));
	j.c.revision = head.revision;
	snprintf(j.c.actor, sizeof(j.c.actor), "%s", a->text);
	rec_release(&head);
	ticket_take(r->dep, 1, &k);
	j.c.no = k.no;
	j.c.time = k.time;
	return ticket_commit(r, &k, facts_apply, &j, e);
}
