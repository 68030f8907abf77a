/* Records and drafts by identifier, versions of a concept, lists of drafts, counts. */

#include "base/log.h"
#include "store/cat_int.h"

const struct kv_spec cat_specs[CAT_DB_COUNT] = {
	[CAT_META] = { "meta", false },
	[CAT_ID] = { "id", false },
	[CAT_REC] = { "rec", false },
	[CAT_DRAFT] = { "draft", false },
	[CAT_VER] = { "ver", false },
	[CAT_FILE] = { "file", false },
	[CAT_LINK] = { "link", false },
	[CAT_SET] = { "set", false },
	[CAT_ITEM] = { "item", false },
	[CAT_FEED] = { "feed", false },
	[CAT_REND] = { "rend", false },
	[CAT_CHANGE] = { "change", false },
	[CAT_STAMP] = { "stamp", false },
	[CAT_ACCT] = { "acct", false },
	[CAT_JOB] = { "job", false },
	[CAT_FACT] = { "fact", false },
	[CAT_NOTE] = { "note", false },
	[CAT_VOC] = { "voc", false },
	[CAT_VTERM] = { "vterm", false },
	[CAT_FORM] = { "form", false },
};

#define DOC_MAX ((size_t)64 << 20)

/* ---- small numbers ---- */

struct key cat_meta_key(const char *name)
{
	struct key k;

	key_init(&k, 'M');
	key_bytes(&k, name, strlen(name));
	return k;
}

uint64_t cat_meta_u64(struct kv_txn *t, const char *name)
{
	struct key k = cat_meta_key(name);
	struct slice v;

	return kv_get(t, CAT_META, key_slice(&k), &v) && v.n == 8 ? get_u64(v.p) : 0;
}

void cat_meta_put_u64(struct kv_txn *t, const char *name, uint64_t v)
{
	struct key k = cat_meta_key(name);
	uint8_t p[8];

	put_u64(p, v);
	kv_put(t, CAT_META, key_slice(&k), slice_of(p, 8));
}

uint64_t cat_meta_next(struct kv_txn *t, const char *name)
{
	uint64_t v = cat_meta_u64(t, name) + 1;

	cat_meta_put_u64(t, name, v);
	return v;
}

static struct key id_key(const char *id)
{
	struct key k;

	key_init(&k, 'I');
	key_id(&k, id);
	return k;
}

uint64_t cat_rno(struct kv_txn *t, const char *id)
{
	struct key k = id_key(id);
	struct slice v;

	return kv_get(t, CAT_ID, key_slice(&k), &v) && v.n == 8 ? get_u64(v.p) : 0;
}

uint64_t cat_rno_new(struct kv_txn *t, const char *id)
{
	struct key k = id_key(id);
	uint64_t rno = cat_rno(t, id);
	uint8_t p[8];

	if (rno != 0 || t->st != ST_OK)
		return rno;
	rno = cat_meta_next(t, "rno");
	put_u64(p, rno);
	kv_put(t, CAT_ID, key_slice(&k), slice_of(p, 8));
	return rno;
}

/* ---- reading ---- */

static bool row_get(struct kv_txn *t, uint64_t rno, bool draft, struct slice *row)
{
	struct key k = key_u64_of(draft ? 'D' : 'R', rno);

	return kv_get(t, draft ? CAT_DRAFT : CAT_REC, key_slice(&k), row);
}

/* The row of ${id} with its head decoded. */
static st_t find(struct kv_txn *t, const char *id, bool draft, bool lists, struct rec *out, struct slice *row, struct slice *tomb,
    struct slice *doc, struct err *e)
{
	uint64_t rno = cat_rno(t, id);
	char latest[PID_LEN + 1];
	st_t st;

	memset(out, 0, sizeof(*out));
	if (t->st == ST_OK && (rno == 0 || !row_get(t, rno, draft, row)) && t->st == ST_OK)
		return err_set(e, ST_ABSENT, "no %s '%s'", draft ? "draft" : "record", id);
	if (t->st != ST_OK) {
		if (e != NULL)
			*e = t->err;
		return t->st;
	}
	st = cat_row_head(*row, lists, out, tomb, doc, NULL, e);
	if (st != ST_OK) {
		err_wrap(e, "'%s'", id);
		return st;
	}
	if (!draft)
		out->latest = cat_latest(t, out->parent, latest) == ST_OK && strcmp(latest, out->id) == 0;
	return ST_OK;
}

st_t cat_head(struct kv_txn *t, const char *id, bool draft, struct rec *out, struct err *e)
{
	struct slice row;

	return find(t, id, draft, true, out, &row, NULL, NULL, e);
}

st_t cat_get(struct kv_txn *t, const char *id, bool draft, struct rec *out, struct err *e)
{
	struct slice row, tomb, doc;
	st_t st;

	st = find(t, id, draft, true, out, &row, &tomb, &doc, e);
	if (st != ST_OK)
		return st;
	st = cat_row_body_check(row, e);
	if (st == ST_OK && tomb.n > 0)
		st = json_load(&out->tomb, tomb, e);
	if (st == ST_OK && doc.n > 0)
		st = json_load(&out->doc, doc, e);
	if (st != ST_OK) {
		rec_release(out);
		err_wrap(e, "'%s'", id);
	}
	return st;
}

st_t cat_get_at(struct kv_txn *t, uint64_t rno, struct rec *out, struct err *e)
{
	struct slice row, tomb, doc;
	st_t st;

	memset(out, 0, sizeof(*out));
	if (!row_get(t, rno, false, &row))
		return t->st != ST_OK ? t->st : ST_ABSENT;
	st = cat_row_head(row, true, out, &tomb, &doc, NULL, e);
	if (st == ST_OK)
		st = cat_row_body_check(row, e);
	if (st == ST_OK && doc.n > 0)
		st = json_load(&out->doc, doc, e);
	if (st != ST_OK)
		rec_release(out);
	return st;
}

st_t cat_doc(struct kv_txn *t, const char *id, bool draft, struct slice *json, struct err *e)
{
	struct slice row;
	struct rec head;
	st_t st;

	st = find(t, id, draft, false, &head, &row, NULL, json, e);
	if (st == ST_OK)
		st = cat_row_body_check(row, e);
	rec_release(&head);
	return st;
}

static bool has_prefix(struct kv_txn *t, kv_db db, const struct key *prefix)
{
	struct kv_cur c;
	bool yes;

	kv_cur_open(t, db, &c);
	yes = kv_seek(&c, key_slice(prefix)) && c.key.n >= prefix->n && memcmp(c.key.p, prefix->p, prefix->n) == 0;
	kv_cur_close(&c);
	return yes;
}

static struct key concept_key(char letter, const char *parent)
{
	struct key k;

	key_init(&k, letter);
	key_id(&k, parent);
	return k;
}

enum cat_kind cat_kind(struct kv_txn *t, const char *id)
{
	struct key k = concept_key('V', id);
	struct slice row;
	uint64_t rno = cat_rno(t, id);

	if (rno != 0 && (row_get(t, rno, false, &row) || row_get(t, rno, true, &row)))
		return CAT_VERSION;
	if (has_prefix(t, CAT_VER, &k))
		return CAT_CONCEPT;
	k = concept_key('W', id);
	return has_prefix(t, CAT_DRAFT, &k) ? CAT_CONCEPT : CAT_NONE;
}

/* Versions newest first: 'V' parent version -> state, id. */
struct ver_walk { struct kv_cur c; struct key prefix; bool more; };

static bool ver_here(struct ver_walk *w)
{
	return w->more && w->c.key.n == w->prefix.n + 4 && memcmp(w->c.key.p, w->prefix.p, w->prefix.n) == 0 && w->c.v.n == 1 + PID_LEN;
}

static void ver_open(struct kv_txn *t, const char *parent, struct ver_walk *w)
{
	struct key end;

	w->prefix = concept_key('V', parent);
	end = w->prefix;
	key_u64(&end, UINT64_MAX);
	kv_cur_open(t, CAT_VER, &w->c);
	w->more = kv_seek_before(&w->c, key_slice(&end));
}

static void id_copy(char out[PID_LEN + 1], const char *p)
{
	memcpy(out, p, PID_LEN);
	out[PID_LEN] = '\0';
}

size_t cat_versions(struct kv_txn *t, const char *parent, char (*ids)[PID_LEN + 1], size_t max)
{
	struct ver_walk w;
	size_t n = 0;

	for (ver_open(t, parent, &w); ver_here(&w); w.more = kv_prev(&w.c)) {
		if (n < max)
			id_copy(ids[n], w.c.v.p + 1);
		n++;
	}
	kv_cur_close(&w.c);
	return n;
}

st_t cat_latest(struct kv_txn *t, const char *parent, char out[PID_LEN + 1])
{
	struct ver_walk w;
	st_t st = ST_ABSENT;

	for (ver_open(t, parent, &w); ver_here(&w); w.more = kv_prev(&w.c)) {
		if (w.c.v.p[0] != REC_WITHDRAWN) {
			id_copy(out, w.c.v.p + 1);
			st = ST_OK;
			break;
		}
		if (st == ST_ABSENT)
			id_copy(out, w.c.v.p + 1);
		st = ST_OK;
	}
	kv_cur_close(&w.c);
	return t->st != ST_OK ? t->st : st;
}

static struct key drafts_key(uint32_t owner, uint64_t seq)
{
	struct key k;

	key_init(&k, owner == 0 ? 'A' : 'O');
	if (owner != 0)
		key_u32(&k, owner);
	key_u64(&k, seq);
	return k;
}

size_t cat_drafts(struct kv_txn *t, uint32_t owner, uint64_t *after, char (*ids)[PID_LEN + 1], size_t max)
{
	struct key k = drafts_key(owner, *after == 0 ? UINT64_MAX : *after);
	struct kv_cur c;
	size_t n = 0, fixed = k.n - 8;
	bool more;

	kv_cur_open(t, CAT_DRAFT, &c);
	for (more = kv_seek_before(&c, key_slice(&k)); more && n < max; more = kv_prev(&c)) {
		if (c.key.n != k.n || memcmp(c.key.p, k.p, fixed) != 0)
			break;
		id_copy(ids[n++], c.v.p);
		*after = get_u64(c.key.p + fixed);
	}
	kv_cur_close(&c);
	return n;
}

st_t cat_draft_of(struct kv_txn *t, const char *parent, char out[PID_LEN + 1])
{
	struct key k = concept_key('W', parent);
	struct kv_cur c;
	st_t st = ST_ABSENT;

	kv_cur_open(t, CAT_DRAFT, &c);
	if (kv_seek(&c, key_slice(&k)) && c.key.n == k.n + PID_LEN && memcmp(c.key.p, k.p, k.n) == 0) {
		id_copy(out, c.key.p + k.n);
		st = ST_OK;
	}
	kv_cur_close(&c);
	return t->st != ST_OK ? t->st : st;
}

/* ---- counts ---- */

#define STATS_LEN (5 * 8)

void cat_stats(struct kv_txn *t, struct cat_stats *out)
{
	struct key k = cat_meta_key("stats");
	struct slice v;

	memset(out, 0, sizeof(*out));
	if (kv_get(t, CAT_META, key_slice(&k), &v) && v.n == STATS_LEN) {
		out->records = get_u64(v.p);
		out->drafts = get_u64(v.p + 8);
		out->withdrawn = get_u64(v.p + 16);
		out->files = get_u64(v.p + 24);
		out->bytes = get_u64(v.p + 32);
	}
	out->changes = kv_entries(t, CAT_CHANGE);
}

static void stats_put(struct kv_txn *t, const struct cat_stats *s)
{
	struct key k = cat_meta_key("stats");
	uint8_t p[STATS_LEN];

	put_u64(p, s->records);
	put_u64(p + 8, s->drafts);
	put_u64(p + 16, s->withdrawn);
	put_u64(p + 24, s->files);
	put_u64(p + 32, s->bytes);
	kv_put(t, CAT_META, key_slice(&k), slice_of(p, STATS_LEN));
}

static void stats_count(struct cat_stats *s, const struct rec *rec, bool draft, int sign)
{
	uint64_t one = (uint64_t)(int64_t)sign;

	if (draft) {
		s->drafts += one;
	} else if (rec->state == REC_WITHDRAWN) {
		s->withdrawn += one;
	} else {
		s->records += one;
		s->files += one * rec->files;
		s->bytes += one * rec->bytes;
	}
}

static void stats_move(struct kv_txn *t, const struct rec *old, const struct rec *now, bool draft)
{
	struct cat_stats s, before;

	cat_stats(t, &s);
	before = s;
	if (old != NULL)
		stats_count(&s, old, draft, -1);
	if (now != NULL)
		stats_count(&s, now, draft, 1);
	if (memcmp(&s, &before, sizeof(s)) != 0)
		stats_put(t, &s);
}

/* ---- writing ---- */

static void fail_with(struct kv_txn *t, st_t st, const struct err *e, const char *id)
{
	if (st != ST_OK)
		kv_fail(t, st, "'%s': %s", id, e->st == st ? e->text : st_name(st));
}

struct old_row { bool there; struct rec head; uint64_t seq; json_t *doc; };

/* What is replaced: its head and, when links may change, its document. */
static void old_read(struct kv_txn *t, uint64_t rno, const struct rec *rec, bool draft, struct slice text, struct old_row *old)
{
	struct slice row, doc;
	struct err e = ERR_INIT;
	st_t st;

	memset(old, 0, sizeof(*old));
	if (!row_get(t, rno, draft, &row))
		return;
	st = cat_row_head(row, false, &old->head, NULL, &doc, &old->seq, &e);
	old->there = st == ST_OK;
	if (st == ST_OK && !draft && doc.n > 0 && (rec->state == REC_WITHDRAWN || !slice_eq(doc, text))) {
		st = cat_row_body_check(row, &e);
		if (st == ST_OK)
			st = json_load(&old->doc, doc, &e);
	}
	/* A damaged row is what a rebuild puts right: it must not be in its way. Links of a lost document stay until then. */
	if (st == ST_CORRUPT || st == ST_INVALID)
		log_warn("store", "damaged row replaced record=%s reason=\"%s\"", rec->id, e.text);
	else
		fail_with(t, st, &e, rec->id);
}

static void draft_lists(struct kv_txn *t, const struct rec *rec, uint64_t seq, bool add)
{
	struct key k;
	char id[PID_LEN] = { 0 };

	memcpy(id, rec->id, strnlen(rec->id, PID_LEN));
	k = drafts_key(0, seq);
	if (add)
		kv_put(t, CAT_DRAFT, key_slice(&k), slice_of(id, PID_LEN));
	else
		kv_del(t, CAT_DRAFT, key_slice(&k));
	if (rec->owner != 0) {
		k = drafts_key(rec->owner, seq);
		if (add)
			kv_put(t, CAT_DRAFT, key_slice(&k), slice_of(id, PID_LEN));
		else
			kv_del(t, CAT_DRAFT, key_slice(&k));
	}
	if (rec->is_edit)
		return;
	k = concept_key('W', rec->parent);
	key_id(&k, rec->id);
	if (add)
		kv_put(t, CAT_DRAFT, key_slice(&k), SLICE_NULL);
	else
		kv_del(t, CAT_DRAFT, key_slice(&k));
}

static void version_put(struct kv_txn *t, const struct rec *rec)
{
	struct key k = concept_key('V', rec->parent);
	char v[1 + PID_LEN] = { 0 };

	key_u32(&k, rec->version);
	v[0] = (char)rec->state;
	memcpy(v + 1, rec->id, strnlen(rec->id, PID_LEN));
	kv_put(t, CAT_VER, key_slice(&k), slice_of(v, sizeof(v)));
}

static void row_put(struct kv_txn *t, uint64_t rno, const struct rec *rec, bool draft, uint64_t seq, struct slice text)
{
	struct key k = key_u64_of(draft ? 'D' : 'R', rno);
	struct buf row = BUF_INIT(DOC_MAX + ((size_t)1 << 20));
	st_t st = cat_row_make(&row, rec, seq, text);

	if (st != ST_OK)
		kv_fail(t, st, "record '%s' cannot be stored: %s", rec->id, st_name(st));
	else if (draft)
		kv_put(t, CAT_DRAFT, key_slice(&k), buf_slice(&row));
	else
		kv_append(t, CAT_REC, key_slice(&k), buf_slice(&row));
	buf_release(&row);
}

static void draft_put(struct kv_txn *t, uint64_t rno, const struct rec *rec, struct slice text)
{
	struct old_row old;
	uint64_t seq;

	old_read(t, rno, rec, true, text, &old);
	seq = old.there ? old.seq : cat_meta_next(t, "draft-seq");
	row_put(t, rno, rec, true, seq, text);
	if (!old.there || old.head.owner != rec->owner || strcmp(old.head.parent, rec->parent) != 0 || old.head.is_edit != rec->is_edit) {
		if (old.there)
			draft_lists(t, &old.head, seq, false);
		draft_lists(t, rec, seq, true);
		stats_move(t, old.there ? &old.head : NULL, rec, true);
	}
}

static void published_put(struct kv_txn *t, struct repo *r, uint64_t rno, const struct rec *rec, struct slice text)
{
	struct old_row old;
	bool links;

	old_read(t, rno, rec, false, text, &old);
	links = rec->state != REC_WITHDRAWN;
	row_put(t, rno, rec, false, 0, text);
	version_put(t, rec);
	stats_move(t, old.there ? &old.head : NULL, rec, false);
	if (!old.there || old.doc != NULL || old.head.state != rec->state) {
		cat_links_change(t, rec->id, old.doc, links ? rec->doc : NULL);
		cat_forms_change(t, rec->id, old.doc, links ? rec->doc : NULL);
	}
	cat_feed_put(t, r, rno, rec);
	json_decref(old.doc);
}

void cat_put(struct kv_txn *t, struct repo *r, const struct rec *rec)
{
	struct buf dump = BUF_INIT(DOC_MAX);
	struct slice text = rec->text;
	uint64_t rno;

	if (t->st != ST_OK)
		return;
	if (text.n == 0 && rec->doc != NULL) {
		if (json_dump(&dump, rec->doc, false) != ST_OK)
			kv_fail(t, dump.st, "record '%s' cannot be stored: %s", rec->id, st_name(dump.st));
		text = buf_slice(&dump);
	}
	rno = cat_rno_new(t, rec->id);
	if (t->st == ST_OK && (rec->state == REC_DRAFT || rec->state == REC_REVIEW))
		draft_put(t, rno, rec, text);
	else if (t->st == ST_OK)
		published_put(t, r, rno, rec, text);
	buf_release(&dump);
}

static void id_forget(struct kv_txn *t, const char *id)
{
	struct key k = id_key(id);

	kv_del(t, CAT_ID, key_slice(&k));
}

static void draft_del(struct kv_txn *t, const char *id, bool files)
{
	uint64_t rno = cat_rno(t, id);
	struct key k = key_u64_of('D', rno);
	struct slice row;
	struct rec old;
	struct err e = ERR_INIT;
	uint64_t seq = 0;
	st_t st;

	if (rno == 0 || !row_get(t, rno, true, &row))
		return;
	st = cat_row_head(row, false, &old, NULL, NULL, &seq, &e);
	if (st != ST_OK) {
		fail_with(t, st, &e, id);
		return;
	}
	if (files)
		cat_files_clear(t, id, true);
	draft_lists(t, &old, seq, false);
	stats_move(t, &old, NULL, true);
	kv_del(t, CAT_DRAFT, key_slice(&k));
	if (!row_get(t, rno, false, &row))
		id_forget(t, id);
}

void cat_draft_del(struct kv_txn *t, struct repo *r, const char *id)
{
	(void)r;
	draft_del(t, id, true);
}

void cat_draft_end(struct kv_txn *t, const char *id)
{
	draft_del(t, id, false);
}

void cat_purge(struct kv_txn *t, struct repo *r, const char *id)
{
	struct rec rec;
	struct err e = ERR_INIT;
	st_t st;

	if (t->st != ST_OK)
		return;
	st = cat_get(t, id, false, &rec, &e);
	if (st == ST_ABSENT)
		return;
	if (st == ST_OK && rec.state != REC_WITHDRAWN)
		st = err_set(&e, ST_CONFLICT, "only a withdrawn record can be purged");
	if (st != ST_OK) {
		fail_with(t, st, &e, id);
	} else {
		cat_files_clear(t, id, false);
		json_decref(rec.doc);
		rec.doc = NULL;
		rec.files = rec.bytes = 0;
		cat_put(t, r, &rec);
	}
	rec_release(&rec);
}

/* ---- what rebuild starts from, and notes ---- */

/* Numbers of records that keep a draft stay theirs; all others are given anew. */
static void ids_reset(struct kv_txn *t)
{
	struct kv_cur c;
	struct key k = key_u64_of('D', 0);
	struct { char id[PID_LEN + 1]; uint64_t rno; } *keep = NULL;
	size_t n = 0, cap = 0, i;
	struct rec head;
	bool more;

	kv_cur_open(t, CAT_DRAFT, &c);
	for (more = kv_seek(&c, key_slice(&k)); more && c.key.n == 9 && c.key.p[0] == 'D'; more = kv_next(&c)) {
		if (vec_room((void **)&keep, &cap, n + 1, sizeof(*keep)) != ST_OK) {
			kv_fail(t, ST_NOMEM, "out of memory");
			break;
		}
		if (cat_row_head(c.v, false, &head, NULL, NULL, NULL, NULL) != ST_OK)
			continue;
		memcpy(keep[n].id, head.id, sizeof(keep[n].id));
		keep[n++].rno = get_u64(c.key.p + 1);
	}
	kv_cur_close(&c);
	kv_clear(t, CAT_ID);
	for (i = 0; i < n; i++) {
		uint8_t p[8];

		k = id_key(keep[i].id);
		put_u64(p, keep[i].rno);
		kv_put(t, CAT_ID, key_slice(&k), slice_of(p, 8));
	}
	free(keep);
}

/* File rows of drafts stay: they are found nowhere else. */
static void files_reset(struct kv_txn *t)
{
	struct kv_cur c;
	struct key k;
	bool more;

	key_init(&k, 'F');
	kv_cur_open(t, CAT_FILE, &c);
	more = kv_seek(&c, key_slice(&k));
	while (more) {
		memcpy(k.p, c.key.p, c.key.n);
		k.n = c.key.n;
		if (k.n > 9 && k.p[9] == 0) {
			kv_del(t, CAT_FILE, key_slice(&k));
			more = kv_seek(&c, key_slice(&k));
		} else {
			more = kv_next(&c);
		}
	}
	kv_cur_close(&c);
}

void cat_reset(struct kv_txn *t, struct repo *r)
{
	static const enum cat_db derived[] = { CAT_REC, CAT_VER, CAT_LINK, CAT_ITEM, CAT_FEED, CAT_REND, CAT_CHANGE, CAT_STAMP };
	struct refresh f[CAT_REFRESH_MAX];
	struct cat_stats s;
	size_t n = cat_refreshes(t, f), i;

	cat_stats(t, &s);
	for (i = 0; i < sizeof(derived) / sizeof(derived[0]); i++)
		kv_clear(t, derived[i]);
	ids_reset(t);
	files_reset(t);
	cat_set_counts_clear(t);
	/* What the refreshes did must be done again, in the end. */
	cat_meta_put_u64(t, "refreshed", 0);
	for (i = 0; i < n; i++)
		change_skip(t, f[i].base, f[i].span, f[i].time);
	s.records = s.withdrawn = s.files = s.bytes = 0;
	stats_put(t, &s);
}

static struct key note_key(struct slice key)
{
	struct key k;

	key_init(&k, 'N');
	key_text(&k, key);
	return k;
}

bool cat_note_get(struct kv_txn *t, struct slice key, struct slice *v)
{
	struct key k = note_key(key);

	return kv_get(t, CAT_NOTE, key_slice(&k), v);
}

void cat_note_put(struct kv_txn *t, struct slice key, struct slice v)
{
	struct key k = note_key(key);

	kv_put(t, CAT_NOTE, key_slice(&k), v);
}

void cat_note_del(struct kv_txn *t, struct slice key)
{
	struct key k = note_key(key);

	kv_del(t, CAT_NOTE, key_slice(&k));
}
