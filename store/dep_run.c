/*
 * One durable event: an OCFL version, then the catalogue. The catalogue's commit decides: what is placed without it is taken back, by
 * dep_settle(), at once or at the next start. The draft stands until that commit, so nothing its author wrote is lost.
 */

#include "store/dep_int.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/log.h"
#include "store/cat_int.h"
#include "store/ocfl_int.h"

#define CLEAR_FILES	256	/* rows of so many files go with their draft's end; more go later, in steps of: */
#define CLEAR_STEP	5000
#define PRESYNC_FILES	32	/* from so many files on, their content is synced before a change number is taken */

void dep_object_id(char out[OCFL_ID_MAX], const char *parent)
{
	snprintf(out, OCFL_ID_MAX, "azekura:%s", parent);
}

void dep_object_key(char out[OCFL_KEY_MAX], const char *parent)
{
	char id[OCFL_ID_MAX];

	dep_object_id(id, parent);
	ocfl_object_key(out, id);
}

char *dep_stage_dir(struct repo *r, const char *name)
{
	struct buf b = BUF_INIT(8192);

	buf_addf(&b, "%s/staging/publish/%s", r->dir, name);
	if (b.st != ST_OK) {
		buf_release(&b);
		return NULL;
	}
	return buf_take(&b, NULL);
}

st_t dep_stage_new(struct repo *r, const char *name, char **dir, struct err *e)
{
	st_t st = ST_OK;

	*dir = dep_stage_dir(r, name);
	if (*dir == NULL)
		return ST_NOMEM;
	if (fs_exists(*dir))
		st = dep_settle(r, *dir, e);
	if (st == ST_OK)
		st = stage_parents(*dir, strlen(r->dir), e);
	if (st == ST_OK)
		st = fs_step("mkdir", e);
	if (st == ST_OK && mkdir(*dir, 0755) != 0)
		st = err_sys(e, "cannot make '%s'", *dir);
	if (st != ST_OK) {
		free(*dir);
		*dir = NULL;
	}
	return st;
}

st_t dep_intent_write(const char *stage, const char *object_id, const char *parent, unsigned version, uint64_t change, bool swap, const char *clear,
    struct err *e)
{
	struct buf b = BUF_INIT(4096);
	char *path = fs_join(stage, "intent.json");
	st_t st;

	buf_adds(&b, "{\"object\":");
	json_quote(&b, slice_str(object_id));
	buf_adds(&b, ",\"parent\":");
	json_quote(&b, slice_str(parent));
	buf_addf(&b, ",\"version\":%u,\"change\":%llu,\"swap\":%s", version, (unsigned long long)change, swap ? "true" : "false");
	if (clear != NULL)
		buf_addf(&b, ",\"clear\":\"%s\"", clear);
	buf_adds(&b, "}\n");
	st = path == NULL ? ST_NOMEM : b.st != ST_OK ? b.st : stage_write(path, b.p, b.n, e);
	free(path);
	buf_release(&b);
	return st;
}

struct intent { char object[OCFL_ID_MAX], parent[64], clear[PID_LEN + 1]; unsigned version; uint64_t change; bool swap; };

/* False: none, or not written to its end; then nothing was placed either, because the sync of the stage comes between. */
static bool intent_read(const char *stage, struct intent *in)
{
	struct buf b = BUF_INIT(65536);
	char *path = fs_join(stage, "intent.json");
	json_t *j = NULL;
	bool good = false;

	memset(in, 0, sizeof(*in));
	if (path != NULL && fs_read_file(path, &b, NULL) == ST_OK && json_load(&j, buf_slice(&b), NULL) == ST_OK) {
		const char *object = json_text(j, "object"), *parent = json_text(j, "parent"), *clear = json_text(j, "clear");

		if (object != NULL && parent != NULL) {
			snprintf(in->object, sizeof(in->object), "%s", object);
			snprintf(in->parent, sizeof(in->parent), "%s", parent);
			if (clear != NULL)
				snprintf(in->clear, sizeof(in->clear), "%s", clear);
			in->version = (unsigned)json_integer_value(json_object_get(j, "version"));
			in->change = (uint64_t)json_integer_value(json_object_get(j, "change"));
			in->swap = json_is_true(json_object_get(j, "swap"));
			good = in->version > 0 && in->change > 0;
		}
	}
	json_decref(j);
	buf_release(&b);
	free(path);
	return good;
}

/* Is version ${in->version} of the object the one of this intent, and not another's of the same number? */
static bool placed_is_ours(struct repo *r, const char *key, const struct intent *in)
{
	struct buf b = BUF_INIT(1 << 20);
	char path[OCFL_KEY_MAX + 64];
	struct rec rec;
	struct change c;
	bool ours = false;

	snprintf(path, sizeof(path), "%s/v%u/content/%s", key, in->version, DEP_EVENT);
	if (object_get(r->objects, path, &b, NULL) == ST_OK && event_read(buf_slice(&b), &rec, &c, NULL) == ST_OK) {
		ours = c.no == in->change;
		rec_release(&rec);
	}
	buf_release(&b);
	return ours;
}

static st_t take_back(struct repo *r, const char *stage, const struct intent *in, struct err *e)
{
	char key[OCFL_KEY_MAX], *obj;
	st_t st = ST_OK;

	ocfl_object_key(key, in->object);
	if (!placed_is_ours(r, key, in)) {
		if (in->version == 1)
			object_prune(r->objects, key);
		return ST_OK;
	}
	if (!in->swap)
		return ocfl_undo(r->objects, key, in->version, stage, e);
	obj = fs_join(stage, "obj");
	st = obj ? object_swap_tree(r->objects, obj, key, e) : ST_NOMEM;
	free(obj);
	return st;
}

struct clear_job { const char *id; size_t n; };

static st_t clear_apply(void *arg, struct kv_txn *t)
{
	struct clear_job *j = arg;

	j->n = cat_files_clear_some(t, j->id, true, CLEAR_STEP);
	return t->st;
}

/* The rows of a draft that ended, a step a transaction: 100,000 in one would be tens of megabytes of changed pages. Nobody reads them meanwhile. */
static st_t clear_draft(struct repo *r, const char *id, struct err *e)
{
	struct clear_job j = { id, CLEAR_STEP };
	st_t st = ST_OK;

	while (st == ST_OK && j.n == CLEAR_STEP)
		st = writer_do(r->cat_w, clear_apply, &j, e);
	return st;
}

st_t dep_settle(struct repo *r, const char *stage, struct err *e)
{
	struct intent in;
	st_t st = ST_OK;

	if (!intent_read(stage, &in)) {
		;
	} else if (dep_committed(r, in.change, in.parent)) {
		if (in.clear[0] != '\0')
			st = clear_draft(r, in.clear, e);
	} else {
		log_info("store", "taking back an unfinished event object=%s version=%u change=%llu", in.object, in.version, (unsigned long long)in.change);
		st = take_back(r, stage, &in, e);
	}
	/* The intent goes last, as long as anything that it explains may be there. */
	if (st == ST_OK)
		st = fs_remove_tree(stage, e);
	return st;
}

/* ---- files ---- */

static st_t put_file(struct event *ev, struct ocfl_out *w, struct cat_file *f, struct err *e)
{
	char *local = NULL;
	st_t st;

	if (f->where == NULL && (local = staged_path(ev->r, f->sha256)) == NULL)
		return ST_NOMEM;
	st = ocfl_put_file(ev->put, f->path, f->sha256, local, NULL, e);
	if (st == ST_OK)
		st = file_line_make(&w->b, f);
	ocfl_out_add(w, "", 0);
	free(local);
	return st == ST_OK ? w->st : st;
}

/* All files of the record or draft in byte order of their paths, a page in a transaction; the draft's etag tells whether they moved meanwhile. */
static st_t put_files(struct event *ev, struct ocfl_out *w, uint64_t *count, uint64_t *bytes, struct err *e)
{
	struct cat_file *page = calloc(DEP_PAGE, sizeof(*page));
	struct buf after = BUF_INIT(2048);
	struct kv_txn t;
	size_t n = DEP_PAGE, i;
	st_t st = page ? ST_OK : ST_NOMEM;

	while (st == ST_OK && n == DEP_PAGE) {
		kv_read(ev->r->catalog, &t);
		n = cat_files(&t, ev->rec->id, ev->from_draft, buf_slice(&after), page, DEP_PAGE);
		st = kv_end(&t, e);
		for (i = 0; i < n; i++) {
			if (st == ST_OK && page[i].pending)
				st = err_set(e, ST_INVALID, "file '%s' has no content yet", page[i].path);
			if (st == ST_OK)
				st = put_file(ev, w, &page[i], e);
			if (st == ST_OK && i + 1 == n) {
				buf_clear(&after);
				st = buf_adds(&after, page[i].path);
			}
			*count += 1;
			*bytes += page[i].size;
			cat_file_release(&page[i]);
		}
	}
	free(page);
	buf_release(&after);
	return st;
}

static st_t put_content(struct event *ev, struct err *e)
{
	char *list = fs_join(ev->stage, "files.jsonl");
	uint64_t count = 0, bytes = 0;
	uint8_t sha[SHA256_LEN];
	struct ocfl_out w;
	st_t st = list ? ocfl_out_open(&w, list, e) : ST_NOMEM, closed;

	if (st == ST_OK) {
		st = put_files(ev, &w, &count, &bytes, e);
		closed = ocfl_out_close(&w, sha);
		st = st == ST_OK ? closed : st;
	}
	if (st == ST_OK && count > 0)
		st = ocfl_put_file(ev->put, DEP_FILES, sha, list, NULL, e);
	if (st == ST_OK)
		st = ocfl_put_bytes(ev->put, DEP_RECORD, ev->doc.p, ev->doc.n, NULL, e);
	ev->rec->files = count;
	ev->rec->bytes = bytes;
	if (list != NULL)
		unlink(list);
	if (st == ST_OK && count >= PRESYNC_FILES)
		st = object_sync_local(ev->r->objects, ev->stage, e);
	free(list);
	return st;
}

/* ---- catalogue ---- */

void dep_fix_latest(struct kv_txn *t, struct repo *r, const char *parent)
{
	char ids[64][PID_LEN + 1], last[PID_LEN + 1];
	size_t n, i;

	if (t->st != ST_OK || cat_latest(t, parent, last) != ST_OK)
		return;
	/* The flag can only have moved among the newest; older ones lost it long ago. */
	n = cat_versions(t, parent, ids, 64);
	for (i = 0; i < n && i < 64 && t->st == ST_OK; i++) {
		struct rec rec = { .id = "" };
		struct err e = ERR_INIT;
		bool is = strcmp(ids[i], last) == 0;

		if (cat_head(t, ids[i], false, &rec, &e) == ST_OK && rec.latest != is) {
			rec_release(&rec);
			if (cat_get(t, ids[i], false, &rec, &e) == ST_OK) {
				rec.latest = is;
				cat_put(t, r, &rec);
			}
		}
		rec_release(&rec);
	}
}

static void copy_files(struct event *ev, struct kv_txn *t)
{
	struct cat_file *page = calloc(DEP_PAGE, sizeof(*page));
	struct buf after = BUF_INIT(2048);
	size_t n = DEP_PAGE, i;

	if (page == NULL)
		kv_fail(t, ST_NOMEM, "out of memory");
	while (t->st == ST_OK && n == DEP_PAGE) {
		n = cat_files(t, ev->rec->id, true, buf_slice(&after), page, DEP_PAGE);
		for (i = 0; i < n; i++) {
			if (page[i].where == NULL) {
				const char *at = ocfl_put_where(ev->put, page[i].sha256);

				if (at == NULL || (page[i].where = strdup(at)) == NULL)
					kv_fail(t, ST_CONFLICT, "file '%s' changed while being published", page[i].path);
			}
			cat_file_put(t, ev->rec->id, false, &page[i]);
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

static bool draft_unchanged(const struct event *ev, struct kv_txn *t)
{
	struct rec now = { .id = "" };
	struct err e = ERR_INIT;
	bool same = cat_head(t, ev->rec->id, true, &now, &e) == ST_OK && now.etag == ev->draft_etag;

	rec_release(&now);
	if (!same)
		kv_fail(t, ST_CONFLICT, "draft '%s' changed while being published", ev->rec->id);
	return same;
}

/* Which records wait for the end of an embargo, by time: 'e', seconds, identifier. */
static void embargo_note(struct kv_txn *t, const struct rec *rec)
{
	struct key k;

	if (rec->access != ACC_EMBARGOED || rec->embargo_end <= 0 || rec->state != REC_PUBLISHED)
		return;
	key_init(&k, 'e');
	key_u64(&k, (uint64_t)rec->embargo_end);
	key_bytes(&k, rec->id, PID_LEN);
	kv_put(t, CAT_NOTE, key_slice(&k), SLICE("1"));
}

void dep_event_put(struct kv_txn *t, struct repo *r, const struct rec *rec, const struct change *c)
{
	struct change put = *c;

	if (c->kind == CHANGE_PURGE)
		cat_files_clear(t, rec->id, false);
	change_put(t, &put);
	cat_put(t, r, rec);
	dep_fix_latest(t, r, rec->parent);
	embargo_note(t, rec);
}

static bool clears_later(const struct event *ev)
{
	return ev->from_draft && ev->rec->files > CLEAR_FILES;
}

static st_t event_apply(void *arg, struct kv_txn *t)
{
	struct event *ev = arg;
	struct rec *rec = ev->rec;

	if ((ev->from_draft || ev->from_edit) && !draft_unchanged(ev, t))
		return t->st;
	if (ev->from_draft)
		copy_files(ev, t);
	dep_event_put(t, ev->r, rec, &ev->c);
	/* After the record is in: a draft that ends without one takes its identifier's number along. */
	if (clears_later(ev)) {
		cat_draft_end(t, rec->id);
	} else if (ev->from_draft || ev->from_edit || ev->kind == CHANGE_PURGE) {
		cat_files_clear(t, rec->id, true);
		cat_draft_del(t, ev->r, rec->id);
	}
	if (ev->note != NULL)
		cat_note_put(t, slice_str(ev->note), slice_str(rec->id));
	return t->st;
}

/* ---- the event ---- */

static st_t event_stamp(struct event *ev, const struct ticket *k)
{
	struct rec *rec = ev->rec;
	char when[ISO8601_LEN];

	ev->c = (struct change){ .no = k->no, .time = k->time, .kind = ev->kind, .revision = rec->revision };
	memcpy(ev->c.id, rec->id, sizeof(ev->c.id));
	memcpy(ev->c.parent, rec->parent, sizeof(ev->c.parent));
	snprintf(ev->c.actor, sizeof(ev->c.actor), "%s", ev->a->text);
	rec->change = k->no;
	rec->modified = k->time;
	rec->etag++;
	if (ev->kind == CHANGE_PUBLISH)
		rec->published = k->time;
	if (ev->kind != CHANGE_WITHDRAW && ev->kind != CHANGE_PURGE)
		return ST_OK;
	if (ev->kind == CHANGE_WITHDRAW || rec->withdrawn == 0)
		rec->withdrawn = k->time;
	iso8601(when, k->time);
	return json_put_str(rec->tomb, "date", slice_str(when));
}

static st_t event_place(struct event *ev, struct ticket *k, struct err *e)
{
	struct buf b = BUF_INIT(1 << 20);
	char created[ISO8601_LEN], message[128];
	st_t st = event_stamp(ev, k);

	if (st == ST_OK)
		st = event_make(&b, ev->rec, &ev->c);
	if (st == ST_OK)
		st = ocfl_put_bytes(ev->put, DEP_EVENT, b.p, b.n, NULL, e);
	iso8601(created, k->time);
	snprintf(message, sizeof(message), "%s %s version %u revision %u", change_name(ev->kind), ev->rec->id, ev->rec->version, ev->rec->revision);
	if (st == ST_OK)
		st = ocfl_put_stage(ev->put, created, message, ev->a->text[0] ? ev->a->text : "azekura", e);
	if (st == ST_OK)
		st = dep_intent_write(ev->stage, ocfl_put_id(ev->put), ev->rec->parent, ocfl_put_version(ev->put), k->no, ocfl_put_swaps(ev->put),
		    clears_later(ev) ? ev->rec->id : NULL, e);
	if (st == ST_OK)
		st = ocfl_put_place(ev->put, e);
	buf_release(&b);
	return st;
}

/* Number, OCFL version, commit. ev->put has all content but the event's own. */
st_t event_finish(struct event *ev, struct err *e)
{
	struct ticket k;
	struct err settle = ERR_INIT;
	st_t st;

	ticket_take(ev->r->dep, 1, &k);
	st = event_place(ev, &k, e);
	if (st == ST_OK) {
		st = ticket_commit(ev->r, &k, event_apply, ev, e);
		/* A commit that reports a failure may have reached the disk all the same: the log tells. */
		if (st != ST_OK && dep_committed(ev->r, ev->c.no, ev->c.parent)) {
			err_clear(e);
			st = ST_OK;
		}
	}
	ticket_void(ev->r->dep, &k);
	if (dep_settle(ev->r, ev->stage, &settle) != ST_OK)
		log_warn("store", "cannot clear '%s' now; the next start does: %s", ev->stage, settle.text);
	return st;
}

st_t event_run(struct event *ev, struct err *e)
{
	char object[OCFL_ID_MAX];
	struct err none = ERR_INIT;
	st_t st;

	dep_object_id(object, ev->rec->parent);
	st = dep_stage_new(ev->r, ev->rec->parent, &ev->stage, e);
	if (st == ST_OK)
		st = ocfl_put_new(ev->r->objects, object, ev->stage, &ev->put, e);
	if (st == ST_OK) {
		st = put_content(ev, e);
		if (st == ST_OK)
			st = event_finish(ev, e);
		else
			dep_settle(ev->r, ev->stage, &none);
	} else if (ev->stage != NULL) {
		dep_settle(ev->r, ev->stage, &none);
	}
	if (st != ST_OK && e != NULL && e->text[0] == '\0')
		err_set(e, st, "cannot write the event of '%s'", ev->rec->id);
	ocfl_put_free(ev->put);
	ev->put = NULL;
	free(ev->stage);
	ev->stage = NULL;
	return st;
}
