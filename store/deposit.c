/* Drafts and publication. */

#include "store/deposit.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "schema/record.h"
#include "store/dep_int.h"
#include "store/forms.h"

void actor_of(const struct principal *p, struct actor *a)
{
	a->user = p->user;
	if (p->system && p->user == 0)
		snprintf(a->text, sizeof(a->text), "program:azekura %s", p->name);
	else if (p->token[0] != '\0')
		snprintf(a->text, sizeof(a->text), "user:%u %.100s token:%s", p->user, p->name, p->token);
	else
		snprintf(a->text, sizeof(a->text), "user:%u %.100s", p->user, p->name);
}

st_t dep_rec_access(struct rec *rec)
{
	struct access_subject s;
	uint32_t groups[64], *own = NULL;
	size_t n = access_groups(rec->doc, groups, 64);

	access_of_record(rec->doc, &s);
	if (n > 64)
		n = 64;
	if (n > 0) {
		if ((own = malloc(n * sizeof(*own))) == NULL)
			return ST_NOMEM;
		memcpy(own, groups, n * sizeof(*own));
	}
	free(rec->groups);
	rec->groups = own;
	rec->n_groups = n;
	rec->access = s.access;
	rec->meta = s.meta;
	/* Files may still be marked embargoed after the record's own embargo ended: its date must not be forgotten. */
	if (s.embargo_end != 0 || s.access == ACC_EMBARGOED)
		rec->embargo_end = s.embargo_end;
	if (rec->state == REC_PUBLISHED && rec->meta == META_PUBLIC)
		rec->was_public = true;
	return ST_OK;
}

static const char *const meta_error = "metadata must be a JSON object";

/* ---- new drafts ---- */

struct draft_job {
	struct repo *r;
	const struct actor *a;
	const char *id;
	const json_t *doc;
	uint32_t etag;
	int64_t now;
	enum rec_state state;		/* deposit_review() */
	char out[PID_LEN + 1];
	const char *fresh, *fresh_parent;
};

static void fresh_pid(struct kv_txn *t, char out[PID_LEN + 1], const char *not)
{
	int i;

	for (i = 0; i < 1000; i++) {
		pid_new(out);
		if (cat_kind(t, out) == CAT_NONE && (not == NULL || strcmp(not, out) != 0))
			return;
	}
	kv_fail(t, ST_INTERNAL, "no free identifier found");
}

static void put_draft(struct kv_txn *t, struct repo *r, struct rec *rec)
{
	st_t st = dep_rec_access(rec);

	if (st != ST_OK)
		kv_fail(t, st, "out of memory");
	cat_put(t, r, rec);
}

static st_t new_apply(void *arg, struct kv_txn *t)
{
	struct draft_job *j = arg;
	struct rec rec = { .state = REC_DRAFT, .version = 1, .etag = 1, .created = j->now, .modified = j->now, .owner = j->a->user };

	fresh_pid(t, rec.id, NULL);
	fresh_pid(t, rec.parent, rec.id);
	rec.doc = json_deep_copy(j->doc);
	if (rec.doc == NULL)
		kv_fail(t, ST_NOMEM, "out of memory");
	else
		put_draft(t, j->r, &rec);
	memcpy(j->out, rec.id, sizeof(j->out));
	rec_release(&rec);
	return t->st;
}

st_t deposit_new(struct repo *r, const struct actor *a, const json_t *doc, char id[PID_LEN + 1], struct err *e)
{
	struct draft_job j = { .r = r, .a = a, .doc = doc, .now = clock_now() };
	st_t st;

	if (!json_is_object(doc))
		return err_set(e, ST_INVALID, "%s", meta_error);
	st = writer_do(r->cat_w, new_apply, &j, e);
	if (st == ST_OK)
		memcpy(id, j.out, PID_LEN + 1);
	return st;
}

/* ---- changes of drafts ---- */

static bool is_draft(struct kv_txn *t, const char *id, struct rec *rec)
{
	struct err e = ERR_INIT;
	st_t st = cat_get(t, id, true, rec, &e);

	if (st != ST_OK)
		kv_fail(t, st, "%s", st == ST_ABSENT ? "no such draft" : e.text);
	return st == ST_OK;
}

bool draft_open(struct kv_txn *t, const char *id, struct rec *rec)
{
	if (!is_draft(t, id, rec))
		return false;
	if (rec->is_edit)
		kv_fail(t, ST_CONFLICT, "the files of a published version do not change: make a new version");
	return !rec->is_edit;
}

void draft_save(struct kv_txn *t, struct repo *r, struct rec *rec, int64_t files, int64_t bytes)
{
	rec->files = (uint64_t)((int64_t)rec->files + files);
	rec->bytes = (uint64_t)((int64_t)rec->bytes + bytes);
	rec->etag++;
	rec->modified = clock_now();
	cat_put(t, r, rec);
}

static st_t save_apply(void *arg, struct kv_txn *t)
{
	struct draft_job *j = arg;
	struct rec rec = { .id = "" };

	if (is_draft(t, j->id, &rec)) {
		if (j->etag != 0 && j->etag != rec.etag) {
			kv_fail(t, ST_STALE, "draft '%s' was changed meanwhile: it is at %u, not %u", j->id, rec.etag, j->etag);
		} else {
			json_decref(rec.doc);
			rec.doc = json_deep_copy(j->doc);
			rec.etag++;
			rec.modified = j->now;
			if (rec.doc == NULL)
				kv_fail(t, ST_NOMEM, "out of memory");
			else
				put_draft(t, j->r, &rec);
		}
	}
	rec_release(&rec);
	return t->st;
}

st_t deposit_save(struct repo *r, const struct actor *a, const char *id, const json_t *doc, uint32_t etag, struct err *e)
{
	struct draft_job j = { .r = r, .a = a, .id = id, .doc = doc, .etag = etag, .now = clock_now() };

	if (!json_is_object(doc))
		return err_set(e, ST_INVALID, "%s", meta_error);
	return writer_do(r->cat_w, save_apply, &j, e);
}

static st_t review_apply(void *arg, struct kv_txn *t)
{
	struct draft_job *j = arg;
	struct rec rec = { .id = "" };

	if (is_draft(t, j->id, &rec)) {
		if (rec.state == j->state) {
			kv_fail(t, ST_CONFLICT, "draft '%s' is %s", j->id, j->state == REC_REVIEW ? "in review already" : "not in review");
		} else {
			rec.state = j->state;
			rec.etag++;
			rec.modified = j->now;
			put_draft(t, j->r, &rec);
		}
	}
	rec_release(&rec);
	return t->st;
}

st_t deposit_review(struct repo *r, const struct actor *a, const char *id, bool submit, struct err *e)
{
	struct draft_job j = { .r = r, .a = a, .id = id, .state = submit ? REC_REVIEW : REC_DRAFT, .now = clock_now() };

	return writer_do(r->cat_w, review_apply, &j, e);
}

static st_t discard_apply(void *arg, struct kv_txn *t)
{
	struct draft_job *j = arg;
	struct rec rec = { .id = "" };

	if (is_draft(t, j->id, &rec)) {
		cat_files_clear(t, j->id, true);
		cat_draft_del(t, j->r, j->id);
	}
	rec_release(&rec);
	return t->st;
}

st_t deposit_discard(struct repo *r, const struct actor *a, const char *id, struct err *e)
{
	struct draft_job j = { .r = r, .a = a, .id = id };

	return writer_do(r->cat_w, discard_apply, &j, e);
}

/* A published version somebody may go on from. */
static bool published(struct kv_txn *t, const char *id, struct rec *rec)
{
	struct err e = ERR_INIT;
	st_t st = cat_get(t, id, false, rec, &e);

	if (st != ST_OK)
		kv_fail(t, st, "%s", st == ST_ABSENT ? "no such published record" : e.text);
	else if (rec->in_pack)
		kv_fail(t, st = ST_UNSUPPORTED, "'%s' comes from a bulk import: change its source and import again", id);
	else if (rec->state == REC_WITHDRAWN)
		kv_fail(t, st = ST_GONE, "'%s' is withdrawn", id);
	return st == ST_OK;
}

static st_t edit_apply(void *arg, struct kv_txn *t)
{
	struct draft_job *j = arg;
	struct rec rec = { .id = "" }, old = { .id = "" };
	struct err e = ERR_INIT;

	if (cat_head(t, j->id, true, &old, &e) != ST_OK && published(t, j->id, &rec)) {
		rec.state = REC_DRAFT;
		rec.is_edit = true;
		rec.change = 0;
		rec.etag++;
		rec.modified = j->now;
		put_draft(t, j->r, &rec);
	}
	rec_release(&old);
	rec_release(&rec);
	return t->st;
}

st_t deposit_edit(struct repo *r, const struct actor *a, const char *id, struct err *e)
{
	struct draft_job j = { .r = r, .a = a, .id = id, .now = clock_now() };

	return writer_do(r->cat_w, edit_apply, &j, e);
}

/* The draft of the concept's next version, if there is one: its identifier is noted under the concept. */
static bool next_draft(struct kv_txn *t, const char *parent, char out[PID_LEN + 1])
{
	char key[64];
	struct slice v;
	struct rec rec = { .id = "" };
	struct err e = ERR_INIT;
	bool there;

	snprintf(key, sizeof(key), "next/%s", parent);
	if (!cat_note_get(t, slice_str(key), &v) || v.n != PID_LEN)
		return false;
	memcpy(out, v.p, PID_LEN);
	out[PID_LEN] = '\0';
	there = cat_head(t, out, true, &rec, &e) == ST_OK && !rec.is_edit;
	rec_release(&rec);
	return there;
}

static st_t version_apply(void *arg, struct kv_txn *t)
{
	struct draft_job *j = arg;
	struct rec rec = { .id = "" }, last = { .id = "" };
	char ids[1][PID_LEN + 1], key[64];
	struct err e = ERR_INIT;

	if (!published(t, j->id, &rec) || next_draft(t, rec.parent, j->out))
		goto out;
	if (cat_versions(t, rec.parent, ids, 1) == 0 || cat_head(t, ids[0], false, &last, &e) != ST_OK) {
		kv_fail(t, ST_CORRUPT, "concept '%s' has no versions", rec.parent);
		goto out;
	}
	fresh_pid(t, rec.id, NULL);
	rec.state = REC_DRAFT;
	rec.version = last.version + 1;
	rec.revision = 0;
	rec.etag = 1;
	rec.change = 0;
	rec.created = rec.modified = j->now;
	rec.published = rec.withdrawn = 0;
	/* A curator who starts one does so for the owner, who goes on with it. */
	rec.was_public = rec.latest = false;
	rec.files = rec.bytes = 0;
	put_draft(t, j->r, &rec);
	snprintf(key, sizeof(key), "next/%s", rec.parent);
	cat_note_put(t, slice_str(key), slice_str(rec.id));
	memcpy(j->out, rec.id, sizeof(j->out));
out:
	rec_release(&rec);
	rec_release(&last);
	return t->st;
}

st_t deposit_new_version(struct repo *r, const struct actor *a, const char *id, char out[PID_LEN + 1], struct err *e)
{
	struct draft_job j = { .r = r, .a = a, .id = id, .now = clock_now() };
	st_t st = writer_do(r->cat_w, version_apply, &j, e);

	if (st == ST_OK)
		memcpy(out, j.out, PID_LEN + 1);
	return st;
}

/* ---- publication ---- */

static void note_key(char out[96], uint32_t user, const char *key)
{
	char hex[SHA256_HEX];

	sha256_hex(hex, key, strlen(key));
	snprintf(out, 96, "key/%u/%s", user, hex);
}

/* The first answer to this request key, if it was asked before. */
static bool answered(struct kv_txn *t, const char *note, struct rec *out)
{
	char id[PID_LEN + 1];
	struct slice v;
	struct err e = ERR_INIT;

	if (!cat_note_get(t, slice_str(note), &v) || v.n != PID_LEN)
		return false;
	memcpy(id, v.p, PID_LEN);
	id[PID_LEN] = '\0';
	return cat_get(t, id, false, out, &e) == ST_OK;
}

struct publish {
	struct repo *r;
	const struct actor *a;
	const char *id, *note;
	struct rec rec;			/* what is to be published */
	uint32_t draft_etag;
	bool done;			/* rec is the first answer */
};

/* What stands in the catalogue now. For an edit, rec is the published version with the draft's metadata. */
static st_t publish_load(struct publish *p, struct err *e)
{
	struct rec draft = { .id = "" }, old = { .id = "" };
	struct kv_txn t;
	char ids[1][PID_LEN + 1];
	st_t st;

	kv_read(p->r->catalog, &t);
	if (p->note != NULL && answered(&t, p->note, &p->rec)) {
		p->done = true;
		return kv_end(&t, e);
	}
	st = cat_get(&t, p->id, true, &draft, e);
	if (st == ST_ABSENT && cat_head(&t, p->id, false, &old, NULL) == ST_OK)
		st = err_set(e, ST_CONFLICT, "'%s' is published already", p->id);
	if (st != ST_OK)
		goto out;
	p->draft_etag = draft.etag;
	if (draft.is_edit) {
		st = cat_get(&t, p->id, false, &p->rec, e);
		if (st == ST_OK && p->rec.state != REC_PUBLISHED)
			st = err_set(e, ST_GONE, "'%s' is withdrawn", p->id);
		json_decref(p->rec.doc);
		p->rec.doc = draft.doc;
		draft.doc = NULL;
		p->rec.etag = draft.etag;
		p->rec.revision++;
	} else {
		if (cat_versions(&t, draft.parent, ids, 1) > 0 && cat_head(&t, ids[0], false, &old, NULL) == ST_OK &&
		    old.version + 1 != draft.version)
			st = err_set(e, ST_CONFLICT, "version %u of '%s' was published meanwhile", old.version, draft.parent);
		p->rec = draft;
		memset(&draft, 0, sizeof(draft));
		p->rec.revision = 1;
		p->rec.latest = true;
	}
	p->rec.is_edit = false;
	p->rec.state = REC_PUBLISHED;
out:
	rec_release(&draft);
	rec_release(&old);
	kv_end(&t, NULL);
	return st;
}

static st_t publish_check(struct publish *p, bool files, struct findings *findings, struct err *e)
{
	struct findings own = { NULL, 0, 0 }, *f = findings ? findings : &own;
	size_t i;
	st_t st = record_normalise(p->r->schema, p->rec.doc, NULL, e);

	if (st == ST_OK)
		st = record_validate(p->r->schema, p->rec.doc, RECORD_PUBLISH, f);
	if (st == ST_OK)
		st = forms_check(p->r, p->rec.doc, RECORD_PUBLISH, f);
	if (st == ST_OK && files)
		st = dep_paths_check(p->r, p->id, f, e);
	if (st == ST_INVALID && findings_fatal(f))
		st = ST_OK;
	if (st == ST_OK && findings_fatal(f)) {
		for (i = 0; i < f->n && !f->v[i].fatal; i++)
			;
		st = err_set(e, ST_INVALID, "%s: %s", f->v[i].path, f->v[i].message);
	}
	findings_release(&own);
	return st == ST_OK ? forms_stamp(p->r, p->rec.doc) : st;
}

static st_t publish_locked(struct publish *p, struct findings *findings, struct rec *out, struct err *e)
{
	struct event ev = { .r = p->r, .a = p->a, .rec = &p->rec, .note = p->note, .doc = BUF_INIT(DEP_DOC_MAX) };
	st_t st = publish_load(p, e);

	if (st != ST_OK || p->done)
		goto out;
	ev.from_edit = p->rec.revision > 1;
	ev.from_draft = !ev.from_edit;
	ev.kind = ev.from_edit ? CHANGE_REVISE : CHANGE_PUBLISH;
	ev.draft_etag = p->draft_etag;
	st = publish_check(p, ev.from_draft, findings, e);
	if (st == ST_OK)
		st = dep_rec_access(&p->rec);
	if (st == ST_OK)
		st = json_dump(&ev.doc, p->rec.doc, false);
	p->rec.text = buf_slice(&ev.doc);
	if (st == ST_OK)
		st = event_run(&ev, e);
	p->rec.text = SLICE_NULL;
out:
	if (st == ST_OK && out != NULL) {
		*out = p->rec;
		memset(&p->rec, 0, sizeof(p->rec));
	}
	buf_release(&ev.doc);
	return st;
}

st_t deposit_publish(struct repo *r, const struct actor *a, const char *id, const char *key, struct findings *findings, struct rec *out, struct err *e)
{
	struct publish p = { .r = r, .a = a, .id = id };
	struct rec head = { .id = "" };
	char note[96];
	struct kv_txn t;
	struct held lock;
	st_t st;

	if (out != NULL)
		memset(out, 0, sizeof(*out));
	if (key != NULL) {
		note_key(note, a->user, key);
		p.note = note;
	}
	kv_read(r->catalog, &t);
	st = cat_head(&t, id, true, &head, e);
	if (st == ST_ABSENT) {
		err_clear(e);
		st = cat_head(&t, id, false, &head, e);
	}
	kv_end(&t, NULL);
	if (st != ST_OK)
		goto out;
	dep_lock(r->dep, &lock, head.parent);
	st = publish_locked(&p, findings, out, e);
	dep_unlock(r->dep, &lock);
out:
	rec_release(&head);
	rec_release(&p.rec);
	return st;
}
