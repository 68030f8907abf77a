/*
 * Packs: records without files that come in bulk. One OCFL object a source ("azekura:pack:NAME"), one version a run.
 *
 * A run reads its input in chunks. A chunk takes its change numbers, is appended as one zstd frame to staging/pack/NAME/run.zst and
 * synced, and is then committed to the catalogue; the commit decides, as everywhere. While one chunk is placed and committed by a
 * thread of its own, the next is read and checked by the caller's. At the end of the input the file becomes the next
 * OCFL version. After a crash, frames that were not committed are cut off and the rest is finished: what followers may have seen is
 * never taken back, and until then the staged file is what stands behind it.
 */

#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/log.h"
#include "schema/record.h"
#include "store/cat_int.h"
#include "store/dep_int.h"
#include "store/ocfl_int.h"
#include "store/pack_int.h"
#include "store/forms.h"
#include "store/upkeep.h"

#define CHUNK		1000
#define CHUNK_BYTES	((size_t)4 << 20)	/* of stored text */
#define LINE_MAX_BYTES	((size_t)4 << 20)

/* ---- lines of a file ---- */

void lines_init(struct lines *l, int fd)
{
	memset(l, 0, sizeof(*l));
	l->fd = fd;
	buf_init(&l->b, LINE_MAX_BYTES + 65536);
}

void lines_release(struct lines *l)
{
	buf_release(&l->b);
}

st_t lines_next(struct lines *l, struct slice *line, struct err *e)
{
	char *nl;
	ssize_t got;

	for (;;) {
		nl = l->b.n > l->at ? memchr(l->b.p + l->at, '\n', l->b.n - l->at) : NULL;
		if (nl != NULL || (l->eof && l->at < l->b.n)) {
			size_t end = nl ? (size_t)(nl - l->b.p) : l->b.n;

			*line = slice_of(l->b.p + l->at, end - l->at);
			l->at = nl ? end + 1 : end;
			l->no++;
			return ST_OK;
		}
		if (l->eof)
			return ST_EOF;
		buf_drop(&l->b, l->at);
		l->at = 0;
		if (l->b.n > LINE_MAX_BYTES)
			return err_set(e, ST_TOOBIG, "line %llu is longer than %zu bytes", (unsigned long long)l->no + 1, LINE_MAX_BYTES);
		if (buf_reserve(&l->b, 65536) != ST_OK)
			return ST_NOMEM;
		do
			got = read(l->fd, l->b.p + l->b.n, 65536);
		while (got < 0 && errno == EINTR);
		if (got < 0)
			return err_sys(e, "cannot read line %llu", (unsigned long long)l->no + 1);
		l->eof = got == 0;
		l->b.n += (size_t)got;
	}
}

/* ---- one line in ---- */

static st_t put_ml(json_t *o, const char *key, const char *value, const char *lang, const char *type)
{
	json_t *x = lang != NULL && *lang != '\0' ? json_pack("{s:s, s:s}", "value", value, "lang", lang) : json_pack("{s:s}", "value", value);
	json_t *list = json_array();
	st_t st = x && list ? ST_OK : ST_NOMEM;

	if (st == ST_OK && type != NULL)
		st = json_put_str(x, "type", slice_str(type));
	if (st == ST_OK)
		st = json_push(list, json_incref(x));
	if (st == ST_OK)
		st = json_put(o, key, json_incref(list));
	json_decref(x);
	json_decref(list);
	return st;
}

/* Lists of plain strings to lists of objects. */
static st_t put_strings(json_t *o, const char *key, const json_t *from, bool names)
{
	json_t *list = json_array();
	const json_t *s;
	size_t i;
	st_t st = list ? ST_OK : ST_NOMEM;

	json_array_foreach(from, i, s) {
		const char *v = json_string_value(s);

		if (st == ST_OK && v != NULL && *v != '\0')
			st = json_push(list, names ? json_pack("{s:[{s:s}]}", "names", "value", v) : json_pack("{s:s}", "value", v));
	}
	return st == ST_OK ? json_put(o, key, list) : st;
}

/* {"id","title","description","creators":[..],"keywords":[..],"date","lang","homepage"} to the canonical record. */
static st_t simple_doc(const json_t *in, const char *source, json_t **out, struct err *e)
{
	const char *id = json_text(in, "id"), *title = json_text(in, "title"), *lang = json_text(in, "lang"), *date = json_text(in, "date");
	const char *text = json_text(in, "description"), *home = json_text(in, "homepage");
	json_t *o, *ids;
	st_t st = ST_OK;

	if (id == NULL || *id == '\0' || title == NULL || *title == '\0')
		return err_set(e, ST_INVALID, "id and title are needed");
	o = json_pack("{s:s, s:[{s:s, s:s}], s:{s:[{s:s}]}, s:{s:s, s:s}, s:{s:s}, s:[{s:[{s:s, s:s}]}]}", "schemaVersion", "1",
	    "identifiers", "type", "Local", "value", id, "publisher", "names", "value", source,
	    "resourceType", "coar", "http://purl.org/coar/resource_type/c_ddb1", "general", "Dataset",
	    "accessRights", "coar", "http://purl.org/coar/access_right/c_abf2",
	    "rights", "values", "value", "no licence stated", "lang", "en");
	if (o == NULL)
		return ST_NOMEM;
	ids = json_object_get(o, "identifiers");
	if (home != NULL && *home != '\0')
		st = json_push(ids, json_pack("{s:s, s:s}", "type", "URL", "value", home));
	if (st == ST_OK)
		st = put_ml(o, "titles", title, lang, NULL);
	if (st == ST_OK && text != NULL && *text != '\0')
		st = put_ml(o, "descriptions", text, lang, "Abstract");
	if (st == ST_OK)
		st = put_strings(o, "creators", json_object_get(in, "creators"), true);
	if (st == ST_OK)
		st = put_strings(o, "subjects", json_object_get(in, "keywords"), false);
	if (st == ST_OK && date != NULL && *date != '\0')
		st = json_put(o, "dates", json_pack("[{s:s, s:s}]", "type", "Issued", "value", date));
	if (st == ST_OK && lang != NULL && *lang != '\0')
		st = json_put(o, "languages", json_pack("[s]", strcmp(lang, "ja") == 0 ? "jpn" : strcmp(lang, "en") == 0 ? "eng" : lang));
	if (st != ST_OK) {
		json_decref(o);
		return st;
	}
	*out = o;
	return ST_OK;
}

/* Who a canonical record is in its source: its id there, else its first identifier. */
static const char *canonical_source_id(const json_t *in)
{
	const char *id = json_text(in, "id");
	const json_t *first = json_array_get(json_object_get(in, "identifiers"), 0);

	return id != NULL && *id != '\0' ? id : json_text(first, "value");
}

struct item {
	char *sid, *text;		/* source id; stored text */
	size_t text_n;
	json_t *doc;
	char id[PID_LEN + 1], parent[PID_LEN + 1];
	uint32_t revision, etag;
	int64_t created, published;
	bool fresh;
};

static void item_release(struct item *x)
{
	free(x->sid);
	free(x->text);
	json_decref(x->doc);
	memset(x, 0, sizeof(*x));
}

static void findings_first(const struct findings *f, struct err *e)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (f->v[i].fatal) {
			err_set(e, ST_INVALID, "%s: %s", f->v[i].path, f->v[i].message);
			return;
		}
}

static st_t item_read(struct repo *r, const char *source, struct slice line, struct item *x, struct err *e)
{
	struct findings f = { NULL, 0, 0 };
	struct buf text = BUF_INIT(LINE_MAX_BYTES);
	json_t *in = NULL;
	const char *sid;
	st_t st = json_load(&in, line, e);

	memset(x, 0, sizeof(*x));
	if (st == ST_OK && !json_is_object(in))
		st = err_set(e, ST_INVALID, "not a JSON object");
	if (st != ST_OK)
		goto out;
	sid = canonical_source_id(in);
	if (json_is_string(json_object_get(in, "title")))
		st = simple_doc(in, source, &x->doc, e);
	else
		x->doc = json_incref(in);
	if (st == ST_OK && (sid == NULL || *sid == '\0'))
		st = err_set(e, ST_INVALID, "neither id nor identifiers: the record could not be found again by the next run");
	if (st == ST_OK && (x->sid = strdup(sid)) == NULL)
		st = ST_NOMEM;
	if (st == ST_OK)
		st = record_normalise(r->schema, x->doc, NULL, e);
	if (st == ST_OK)
		st = record_validate(r->schema, x->doc, RECORD_PUBLISH, &f);
	if (st == ST_OK)
		st = forms_check(r, x->doc, RECORD_PUBLISH, &f);
	if ((st == ST_OK || st == ST_INVALID) && findings_fatal(&f)) {
		findings_first(&f, e);
		st = ST_INVALID;
	}
	if (st == ST_OK)
		st = forms_stamp(r, x->doc);
	if (st == ST_OK)
		st = json_dump(&text, x->doc, false);
	if (st == ST_OK)
		x->text = buf_take(&text, &x->text_n);
out:
	findings_release(&f);
	buf_release(&text);
	json_decref(in);
	if (st != ST_OK)
		item_release(x);
	return st;
}

/* ---- a run ---- */

struct chunk {
	struct item items[CHUNK];
	size_t n, bytes;
	struct map *ids;		/* source ids: none twice in a chunk */
};

struct run {
	struct repo *r;
	const char *source;
	char *dir, *path;
	int fd;
	ZSTD_CCtx *z;
	struct chunk chunks[2], *fill;	/* fill: the reading thread's; the other one may be with the committing thread */

	pthread_mutex_t mu;		/* given, ended, st, err */
	pthread_cond_t cv;
	pthread_t committer;
	struct chunk *given;		/* to be committed; NULL: the committer waits */
	bool ended;
	st_t st;			/* the first failure of a commit: nothing is taken after it */
	struct err err;

	/* The committing thread's, until it has ended. */
	struct chunk *c;
	struct ticket k;
	struct actor actor;
	struct buf text;
	uint64_t lines, first, last;	/* committed */
	int64_t time;
	bool broken;			/* the file ends in what was not committed: the next start puts that right */
	struct import_result *res;
	fsck_report *report;
	void *report_ctx;
};

/* 'p', 16 bytes of the digest of source and source id: the identifier it was given. */
static struct key source_key(const char *source, const char *sid)
{
	struct buf b = BUF_INIT(LINE_MAX_BYTES);
	uint8_t sha[SHA256_LEN];
	struct key k;

	buf_adds(&b, source);
	buf_addc(&b, '\n');
	buf_adds(&b, sid);
	sha256(sha, b.p, b.n);
	buf_release(&b);
	key_init(&k, 'p');
	key_bytes(&k, sha, 16);
	return k;
}

static void make_pids(struct kv_txn *t, struct item *x)
{
	do
		pid_new(x->id);
	while (cat_kind(t, x->id) != CAT_NONE);
	do
		pid_new(x->parent);
	while (cat_kind(t, x->parent) != CAT_NONE || strcmp(x->id, x->parent) == 0);
}

/* Is ${x} new, changed (true) or as it was (false)? */
static bool item_place(struct run *u, struct kv_txn *t, struct item *x)
{
	struct key k = source_key(u->source, x->sid);
	struct slice v, old;
	struct rec head = { .id = "" };

	if (!kv_get(t, CAT_NOTE, key_slice(&k), &v) || v.n != PID_LEN) {
		make_pids(t, x);
		x->fresh = true;
		x->revision = x->etag = 1;
		return true;
	}
	memcpy(x->id, v.p, PID_LEN);
	x->id[PID_LEN] = '\0';
	if (cat_doc(t, x->id, false, &old, NULL) == ST_OK && slice_eq(old, slice_of(x->text, x->text_n)))
		return false;
	if (cat_head(t, x->id, false, &head, NULL) != ST_OK) {
		kv_fail(t, ST_CORRUPT, "record '%s' of '%s' is noted, but not there", x->id, x->sid);
		return false;
	}
	memcpy(x->parent, head.parent, sizeof(x->parent));
	x->revision = head.revision + 1;
	x->etag = head.etag + 1;
	x->created = head.created;
	x->published = head.published;
	rec_release(&head);
	return true;
}

static void item_line(struct buf *b, const struct item *x, uint64_t no, int64_t now)
{
	buf_addf(b, "{\"change\":%llu,\"time\":%lld,\"id\":\"%s\",\"parent\":\"%s\",\"revision\":%u,\"etag\":%u,\"created\":%lld,\"published\":%lld,\"source\":",
	    (unsigned long long)no, (long long)now, x->id, x->parent, x->revision, x->etag, (long long)(x->fresh ? now : x->created),
	    (long long)(x->fresh ? now : x->published));
	json_quote(b, slice_str(x->sid));
	buf_adds(b, ",\"record\":");
	buf_add(b, x->text, x->text_n);
	buf_adds(b, "}\n");
}

void pack_item_put(struct kv_txn *t, struct repo *r, const char *source, const struct pack_line *l, const char *actor)
{
	struct change c = { .no = l->change, .time = l->time, .kind = l->revision > 1 ? CHANGE_REVISE : CHANGE_PUBLISH, .revision = l->revision };
	struct rec rec = { .state = REC_PUBLISHED, .version = 1, .revision = l->revision, .etag = l->etag, .change = l->change,
		.created = l->created, .modified = l->time, .published = l->published, .latest = true, .in_pack = true,
		.doc = l->doc, .text = l->text };
	struct key k = source_key(source, l->sid);

	snprintf(rec.id, sizeof(rec.id), "%s", l->id);
	snprintf(rec.parent, sizeof(rec.parent), "%s", l->parent);
	snprintf(c.id, sizeof(c.id), "%s", l->id);
	snprintf(c.parent, sizeof(c.parent), "%s", l->parent);
	snprintf(c.actor, sizeof(c.actor), "%s", actor);
	if (dep_rec_access(&rec) != ST_OK)
		kv_fail(t, ST_NOMEM, "out of memory");
	change_put(t, &c);
	cat_put(t, r, &rec);
	kv_put(t, CAT_NOTE, key_slice(&k), slice_of(l->id, PID_LEN));
	rec.doc = NULL;
	rec_release(&rec);
}

static st_t chunk_apply(void *arg, struct kv_txn *t)
{
	struct run *u = arg;
	size_t i;

	for (i = 0; i < u->c->n && t->st == ST_OK; i++) {
		const struct item *x = &u->c->items[i];
		struct pack_line l = { .change = u->k.no + i, .time = u->k.time, .id = x->id, .parent = x->parent, .sid = x->sid,
			.revision = x->revision, .etag = x->etag, .created = x->fresh ? u->k.time : x->created,
			.published = x->fresh ? u->k.time : x->published, .doc = x->doc, .text = slice_of(x->text, x->text_n) };

		pack_item_put(t, u->r, u->source, &l, u->actor.text);
	}
	return t->st;
}

/* One frame, synced. */
static st_t chunk_write(struct run *u, struct err *e)
{
	struct buf out = BUF_INIT(BUF_NOMAX);
	size_t i, n;
	st_t st;

	buf_clear(&u->text);
	for (i = 0; i < u->c->n; i++)
		item_line(&u->text, &u->c->items[i], u->k.no + i, u->k.time);
	st = u->text.st;
	if (st == ST_OK)
		st = buf_reserve(&out, ZSTD_compressBound(u->text.n));
	if (st == ST_OK) {
		n = ZSTD_compress2(u->z, out.p, ZSTD_compressBound(u->text.n), u->text.p, u->text.n);
		st = ZSTD_isError(n) ? err_set(e, ST_INTERNAL, "zstd: %s", ZSTD_getErrorName(n)) : fs_write_all(u->fd, out.p, n, e);
	}
	if (st == ST_OK)
		st = fs_sync_fd(u->fd, u->path, e);
	buf_release(&out);
	return st;
}

/* Give every record its place; those that are as they were leave the chunk. */
static st_t chunk_place(struct run *u, struct err *e)
{
	struct chunk *c = u->c;
	size_t i, kept = 0;
	struct kv_txn t;
	st_t st;

	kv_read(u->r->catalog, &t);
	for (i = 0; i < c->n && t.st == ST_OK; i++) {
		struct item x = c->items[i];

		memset(&c->items[i], 0, sizeof(x));
		if (item_place(u, &t, &x)) {
			c->items[kept++] = x;
		} else {
			u->res->same += t.st == ST_OK;
			item_release(&x);
		}
	}
	st = kv_end(&t, e);
	if (st == ST_OK)
		c->n = kept;
	return st;
}

static st_t chunk_commit(struct run *u, struct err *e)
{
	off_t before = lseek(u->fd, 0, SEEK_CUR);
	struct chunk *c = u->c;
	size_t i;
	st_t st;

	ticket_take(u->r->dep, c->n, &u->k);
	st = chunk_write(u, e);
	if (st == ST_OK) {
		st = ticket_commit(u->r, &u->k, chunk_apply, u, e);
		if (st != ST_OK && dep_committed(u->r, u->k.no, c->items[0].parent))
			st = ST_OK;
	}
	ticket_void(u->r->dep, &u->k);
	if (st == ST_OK) {
		u->lines += c->n;
		u->first = u->first ? u->first : u->k.no;
		u->last = u->k.no + c->n - 1;
		u->time = u->k.time;
		for (i = 0; i < c->n; i++)
			u->res->added += c->items[i].fresh, u->res->changed += !c->items[i].fresh;
	} else if (ftruncate(u->fd, before) != 0) {
		log_warn("store", "pack '%s' keeps an uncommitted part until the next start", u->source);
		u->broken = true;
	}
	return st;
}

static void chunk_clear(struct chunk *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		item_release(&c->items[i]);
	c->n = c->bytes = 0;
	map_free(c->ids, NULL);
	c->ids = NULL;
}

/* ---- two threads ---- */

static void *committer_main(void *arg)
{
	struct run *u = arg;
	struct err e = ERR_INIT;
	st_t st;

	pthread_mutex_lock(&u->mu);
	for (;;) {
		while (u->given == NULL && !u->ended)
			pthread_cond_wait(&u->cv, &u->mu);
		if (u->given == NULL)
			break;
		u->c = u->given;
		st = u->st;
		pthread_mutex_unlock(&u->mu);
		if (st == ST_OK)
			st = chunk_place(u, &e);
		if (st == ST_OK && u->c->n > 0)
			st = chunk_commit(u, &e);
		chunk_clear(u->c);
		pthread_mutex_lock(&u->mu);
		if (u->st == ST_OK && st != ST_OK) {
			u->st = st;
			u->err = e;
		}
		u->given = NULL;
		pthread_cond_broadcast(&u->cv);
	}
	pthread_mutex_unlock(&u->mu);
	return NULL;
}

/* Hand the filled chunk over, when the one before is done. What went wrong with that is told here. */
static st_t chunk_give(struct run *u, struct err *e)
{
	st_t st;

	pthread_mutex_lock(&u->mu);
	while (u->given != NULL)
		pthread_cond_wait(&u->cv, &u->mu);
	st = u->st;
	if (st != ST_OK && e != NULL)
		*e = u->err;
	if (st == ST_OK && u->fill->n > 0) {
		u->given = u->fill;
		u->fill = u->fill == &u->chunks[0] ? &u->chunks[1] : &u->chunks[0];
		pthread_cond_broadcast(&u->cv);
	}
	pthread_mutex_unlock(&u->mu);
	return st;
}

static st_t committer_start(struct run *u, struct err *e)
{
	return pthread_create(&u->committer, NULL, committer_main, u) == 0 ? ST_OK : err_set(e, ST_INTERNAL, "no thread to commit an import");
}

/* After it, all that was given is committed or has failed, and what is the committer's may be read. */
static st_t committer_end(struct run *u, struct err *e)
{
	pthread_mutex_lock(&u->mu);
	u->ended = true;
	pthread_cond_broadcast(&u->cv);
	pthread_mutex_unlock(&u->mu);
	pthread_join(u->committer, NULL);
	if (u->st != ST_OK && e != NULL)
		*e = u->err;
	return u->st;
}

static st_t take_item(struct run *u, struct item *x, struct err *e)
{
	struct chunk *c = u->fill;
	st_t st = ST_OK;

	/* The same record twice: the second must see the first in the catalogue. */
	if (c->n == CHUNK || c->bytes + x->text_n > CHUNK_BYTES || (c->ids != NULL && map_has(c->ids, slice_str(x->sid)))) {
		st = chunk_give(u, e);
		c = u->fill;
	}
	if (st == ST_OK && c->ids == NULL && (c->ids = map_new()) == NULL)
		st = ST_NOMEM;
	if (st == ST_OK)
		st = map_put(c->ids, slice_str(x->sid), u, NULL);
	if (st == ST_OK) {
		c->bytes += x->text_n;
		c->items[c->n++] = *x;
		memset(x, 0, sizeof(*x));
	}
	return st;
}

static void fault(struct run *u, uint64_t line, const struct err *e)
{
	char where[64];

	u->res->faults++;
	snprintf(where, sizeof(where), "line %llu", (unsigned long long)line);
	if (u->report != NULL)
		u->report(u->report_ctx, "line", where, e->text);
}

static st_t run_lines(struct run *u, int fd, const struct progress *p, struct err *e)
{
	struct lines l;
	struct slice line;
	struct item x = { .sid = NULL };
	struct err bad = ERR_INIT;
	st_t st = ST_OK;

	lines_init(&l, fd);
	while (st == ST_OK && (st = lines_next(&l, &line, e)) == ST_OK) {
		if (slice_trim(line).n == 0)
			continue;
		u->res->read++;
		err_clear(&bad);
		st = item_read(u->r, u->source, line, &x, &bad);
		if (st == ST_INVALID || st == ST_TOOBIG) {
			fault(u, l.no, &bad);
			st = ST_OK;
			continue;
		}
		if (st == ST_OK)
			st = take_item(u, &x, e);
		else if (e != NULL)
			*e = bad;
		item_release(&x);
		if (u->res->read % 1000 == 0 && p != NULL && p->step != NULL && !p->step(p->ctx, "records", u->res->read, 0))
			break;
	}
	if (st == ST_EOF)
		st = ST_OK;
	if (st == ST_OK)
		st = chunk_give(u, e);
	lines_release(&l);
	return st;
}

static st_t run_both(struct run *u, int fd, const struct progress *p, struct err *e)
{
	struct err commit = ERR_INIT;
	st_t st = committer_start(u, e), st2;

	if (st != ST_OK)
		return st;
	st = run_lines(u, fd, p, e);
	st2 = committer_end(u, &commit);
	if (st == ST_OK && st2 != ST_OK)
		st = err_set(e, st2, "%s", commit.text);
	return st;
}

/* ---- the run becomes an OCFL version ---- */

static void pack_object_id(char out[OCFL_ID_MAX], const char *source)
{
	snprintf(out, OCFL_ID_MAX, "azekura:pack:%s", source);
}

struct runs { struct ocfl_put *put; unsigned count; };

static st_t keep_run(void *ctx, unsigned version, const uint8_t sha[SHA256_LEN], const char *logical, struct err *e)
{
	struct runs *k = ctx;

	(void)version;
	if (strncmp(logical, "run-", 4) != 0)
		return ST_OK;
	k->count++;
	return ocfl_put_file(k->put, logical, sha, NULL, NULL, e);
}

static st_t file_digest(const char *path, uint8_t sha[SHA256_LEN], struct err *e)
{
	struct hash *h = hash_new();
	char *b = malloc(65536);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = 0;
	st_t st = h && b ? ST_OK : ST_NOMEM;

	if (st == ST_OK && fd < 0)
		st = err_sys(e, "cannot open '%s'", path);
	while (st == ST_OK && ((got = read(fd, b, 65536)) > 0 || (got < 0 && errno == EINTR)))
		if (got > 0)
			hash_add(h, b, (size_t)got);
	if (st == ST_OK && got < 0)
		st = err_sys(e, "cannot read '%s'", path);
	if (h != NULL)
		hash_end(h, sha, NULL);
	if (fd >= 0)
		close(fd);
	hash_free(h);
	free(b);
	return st;
}

struct run_note { uint64_t lines, first, last; int64_t time; const char *actor; };

static st_t pack_event(struct buf *b, const char *source, const struct run_note *n)
{
	char when[ISO8601_LEN];

	iso8601(when, n->time);
	buf_adds(b, "{\n  \"format\": \"azekura-pack/1\",\n  \"source\": ");
	json_quote(b, slice_str(source));
	buf_addf(b, ",\n  \"records\": %llu,\n  \"firstChange\": %llu,\n  \"lastChange\": %llu,\n  \"time\": \"%s\",\n  \"actor\": ",
	    (unsigned long long)n->lines, (unsigned long long)n->first, (unsigned long long)n->last, when);
	json_quote(b, slice_str(n->actor));
	return buf_adds(b, "\n}\n");
}

static st_t put_version(struct repo *r, const char *source, const char *dir, const char *stage, const struct run_note *n, struct err *e)
{
	char object[OCFL_ID_MAX], name[64], created[ISO8601_LEN], *path = fs_join(dir, "run.zst");
	struct ocfl_put *put = NULL;
	struct runs keep = { NULL, 0 };
	struct buf b = BUF_INIT(65536);
	uint8_t sha[SHA256_LEN];
	st_t st = path ? ST_OK : ST_NOMEM;

	pack_object_id(object, source);
	if (st == ST_OK)
		st = file_digest(path, sha, e);
	if (st == ST_OK)
		st = ocfl_put_new(r->objects, object, stage, &put, e);
	keep.put = put;
	if (st == ST_OK && ocfl_put_old(put)->head > 0)
		st = ocfl_states(r->objects, ocfl_put_key(put), ocfl_put_old(put)->head, ocfl_put_old(put)->head, keep_run, &keep, e);
	snprintf(name, sizeof(name), "run-%06u.jsonl.zst", keep.count + 1);
	if (st == ST_OK)
		st = ocfl_put_file(put, name, sha, path, NULL, e);
	if (st == ST_OK)
		st = pack_event(&b, source, n);
	if (st == ST_OK)
		st = ocfl_put_bytes(put, DEP_EVENT, b.p, b.n, NULL, e);
	iso8601(created, n->time);
	if (st == ST_OK)
		st = ocfl_put_stage(put, created, "import", n->actor, e);
	if (st == ST_OK)
		st = dep_intent_write(stage, object, source, ocfl_put_version(put), n->first, false, NULL, e);
	if (st == ST_OK)
		st = ocfl_put_place(put, e);
	ocfl_put_free(put);
	buf_release(&b);
	free(path);
	return st;
}

/* The staged file, whole and committed, to its version; then the folder goes. Idempotent: a version placed half is taken out first. */
static st_t run_finish(struct repo *r, const char *source, const char *dir, const struct run_note *n, struct err *e)
{
	char *stage = fs_join(dir, "put");
	st_t st = stage ? ST_OK : ST_NOMEM;

	if (st == ST_OK && mkdir(stage, 0755) != 0)
		st = err_sys(e, "cannot make '%s'", stage);
	if (st == ST_OK)
		st = put_version(r, source, dir, stage, n, e);
	free(stage);
	return st == ST_OK ? fs_remove_tree(dir, e) : st;
}

st_t pack_finish(struct repo *r, const char *source, const char *dir, uint64_t lines, uint64_t first, uint64_t last, int64_t time, const char *actor, struct err *e)
{
	struct run_note n = { lines, first, last, time, actor };

	return run_finish(r, source, dir, &n, e);
}

static bool source_name_ok(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= 60 && s[0] != '.' && strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == n;
}

static st_t run_open(struct run *u, struct err *e)
{
	struct buf b = BUF_INIT(8192);
	st_t st;

	u->fd = -1;
	buf_addf(&b, "%s/staging/pack/%s", u->r->dir, u->source);
	u->dir = b.st == ST_OK ? buf_take(&b, NULL) : NULL;
	u->path = u->dir ? fs_join(u->dir, "run.zst") : NULL;
	u->z = ZSTD_createCCtx();
	u->fill = &u->chunks[0];
	buf_init(&u->text, BUF_NOMAX);
	if (u->path == NULL || u->z == NULL)
		return ST_NOMEM;
	ZSTD_CCtx_setParameter(u->z, ZSTD_c_compressionLevel, 3);
	ZSTD_CCtx_setParameter(u->z, ZSTD_c_checksumFlag, 1);
	st = fs_exists(u->dir) ? pack_recover_one(u->r, u->source, e) : ST_OK;
	if (st == ST_OK)
		st = fs_mkdirs(u->dir, 0755, e);
	if (st == ST_OK && (u->fd = open(u->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644)) < 0)
		st = err_sys(e, "cannot make '%s'", u->path);
	return st == ST_OK ? fs_sync_dir(u->dir, e) : st;
}

static void run_release(struct run *u)
{
	chunk_clear(&u->chunks[0]);
	chunk_clear(&u->chunks[1]);
	pthread_cond_destroy(&u->cv);
	pthread_mutex_destroy(&u->mu);
	if (u->fd >= 0)
		close(u->fd);
	ZSTD_freeCCtx(u->z);
	buf_release(&u->text);
	free(u->dir);
	free(u->path);
	free(u);
}

st_t pack_import(struct repo *r, const char *source, int fd, fsck_report *report, void *ctx, const struct progress *p, struct import_result *out, struct err *e)
{
	struct run *u;
	struct held lock;
	struct run_note n;
	struct err finish = ERR_INIT;
	st_t st, st2;

	memset(out, 0, sizeof(*out));
	if (!source_name_ok(source))
		return err_set(e, ST_INVALID, "a source's name has 1 to 60 letters, digits, '.', '_' or '-'");
	u = calloc(1, sizeof(*u));
	if (u == NULL)
		return ST_NOMEM;
	pthread_mutex_init(&u->mu, NULL);
	pthread_cond_init(&u->cv, NULL);
	u->r = r;
	u->source = source;
	u->res = out;
	u->report = report;
	u->report_ctx = ctx;
	snprintf(u->actor.text, sizeof(u->actor.text), "program:azekura import %s", source);
	dep_lock(r->dep, &lock, "packs");
	st = run_open(u, e);
	if (st == ST_OK) {
		st = run_both(u, fd, p, e);
		/* What was committed gets its version even when a later line stopped the run. */
		n = (struct run_note){ u->lines, u->first, u->last, u->time, u->actor.text };
		st2 = u->broken ? ST_OK : u->lines > 0 ? run_finish(r, source, u->dir, &n, &finish) : fs_remove_tree(u->dir, &finish);
		if (st == ST_OK && st2 != ST_OK)
			st = err_set(e, st2, "%s", finish.text);
	}
	dep_unlock(r->dep, &lock);
	run_release(u);
	return st;
}
