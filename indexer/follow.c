/*
 * Two threads a repository follow the change log. The indexer puts every change into search at once, many changes a commit, and
 * keeps its place in the index itself. The reader comes behind it, never ahead: it reads the files of each published version that
 * have no facts yet, by a few helpers side by side, stores the facts by content digest, and has the record indexed again with its
 * columns. Its place stands in the catalogue, written after the facts, so that a crash repeats work and loses none.
 *
 * A document for the index is built and applied under one lock: the reader's enriched document can never be overtaken by one that
 * was built before its facts were there.
 */

#include "indexer/follow.h"

#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "base/vec.h"
#include "store/changes.h"
#include "store/facts.h"
#include "store/forms.h"
#include "store/upload.h"

#define FACTS_VERSION	3		/* raise when an extractor learns something: every file is read again */
#define BATCH		1000		/* changes read at once */
#define BATCH_FILES	20000		/* file rows held at once */
#define DOC_FILES	1000		/* of one document, as index_apply() takes them */
#define READ_BATCH	64		/* changes whose files are read before the place is written */
#define PAGE		128		/* files taken at once */
#define ROW_BYTES	((size_t)1 << 20)	/* facts held back for a common commit */
#define ATTEMPTS	3		/* crashes before a file is set aside */
#define AGAIN_US	500000		/* how long a record that has been read waits for others */
#define READERS_MOST	4
#define RETRY_MS	2000
#define FORMS_BATCH	200		/* records indexed again at once, when a schema was changed */

struct follow {
	struct repo *r;
	struct index *ix;
	struct helpers *h;
	pthread_t indexer, reader;
	bool indexer_runs, reader_runs;
	pthread_mutex_t lock;		/* what follows, and waiting */
	pthread_cond_t wake;
	uint64_t last;			/* newest change there is, as the watch told */
	bool stop, rebuild, rebuilding;
	bool forms_due;			/* somebody was told of something: perhaps a schema was changed */
	char forms_after[PID_LEN + 1];	/* the last record indexed again by the change in hand; indexer only */
	uint64_t rebuild_to;
	struct err rebuild_err;
	pthread_mutex_t apply;		/* a document is being built and applied */
	_Atomic uint64_t extracted;
	unsigned readers;
};

typedef VEC(struct change) change_vec;

struct docs {
	struct rec *rec;
	struct index_doc *doc;
	json_t **facts;
	size_t n, cap, files;
};

static void told(void *arg, uint64_t last)
{
	struct follow *f = arg;

	pthread_mutex_lock(&f->lock);
	if (last > f->last)
		f->last = last;
	f->forms_due = true;
	pthread_cond_broadcast(&f->wake);
	pthread_mutex_unlock(&f->lock);
}

static bool stopping(struct follow *f)
{
	bool s;

	pthread_mutex_lock(&f->lock);
	s = f->stop;
	pthread_mutex_unlock(&f->lock);
	return s;
}

/* After a failure: wait, but not past a stop. */
static void pause_ms(struct follow *f, int ms)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_sec += ms / 1000;
	ts.tv_nsec += (long)(ms % 1000) * 1000000;
	if (ts.tv_nsec >= 1000000000) {
		ts.tv_nsec -= 1000000000;
		ts.tv_sec++;
	}
	pthread_mutex_lock(&f->lock);
	while (!f->stop && pthread_cond_timedwait(&f->wake, &f->lock, &ts) == 0)
		;
	pthread_mutex_unlock(&f->lock);
}

/* ---- documents ---- */

static void doc_release(struct docs *d, size_t i)
{
	size_t k;

	for (k = 0; k < d->doc[i].n_files; k++)
		cat_file_release((struct cat_file *)&d->doc[i].files[k]);
	json_decref((json_t *)(uintptr_t)d->doc[i].forms);
	free((void *)d->doc[i].files);
	json_decref(d->facts[i]);
	rec_release(&d->rec[i]);
}

static void docs_release(struct docs *d)
{
	size_t i;

	for (i = 0; i < d->n; i++)
		doc_release(d, i);
	free(d->rec);
	free(d->doc);
	free(d->facts);
	memset(d, 0, sizeof(*d));
}

static st_t docs_room(struct docs *d)
{
	size_t cap = d->cap ? d->cap * 2 : 64, i;
	void *a, *b, *c;

	if (d->n < d->cap)
		return ST_OK;
	if ((a = realloc(d->rec, cap * sizeof(*d->rec))) != NULL)
		d->rec = a;
	if ((b = realloc(d->doc, cap * sizeof(*d->doc))) != NULL)
		d->doc = b;
	if ((c = realloc(d->facts, cap * sizeof(*d->facts))) != NULL)
		d->facts = c;
	if (a == NULL || b == NULL || c == NULL)
		return ST_NOMEM;
	d->cap = cap;
	for (i = 0; i < d->n; i++)	/* the records have moved */
		d->doc[i].rec = &d->rec[i];
	return ST_OK;
}

/* A record that is no more: enough of one to be taken out of the index. */
static void rec_gone(struct rec *rec, const char *id, const char *parent)
{
	memset(rec, 0, sizeof(*rec));
	snprintf(rec->id, sizeof(rec->id), "%s", id);
	snprintf(rec->parent, sizeof(rec->parent), "%s", parent);
	rec->state = REC_WITHDRAWN;
}

static st_t docs_files(struct docs *d, struct kv_txn *t, size_t i)
{
	struct rec *rec = &d->rec[i];
	size_t want = rec->files < DOC_FILES ? (size_t)rec->files : DOC_FILES;
	struct cat_file *files;

	if (want == 0 || rec->state != REC_PUBLISHED)
		return ST_OK;
	if ((files = calloc(want, sizeof(*files))) == NULL)
		return ST_NOMEM;
	d->doc[i].files = files;
	d->doc[i].n_files = cat_files(t, rec->id, false, SLICE_NULL, files, want);
	d->files += d->doc[i].n_files;
	return t->st;
}

static st_t docs_add(struct follow *f, struct docs *d, struct kv_txn *t, const char *id, const char *parent, struct err *e)
{
	struct rec *rec;
	st_t st;

	if ((st = docs_room(d)) != ST_OK)
		return st;
	rec = &d->rec[d->n];
	memset(rec, 0, sizeof(*rec));
	st = cat_get(t, id, false, rec, e);
	if (st == ST_ABSENT || st == ST_GONE)
		rec_gone(rec, id, parent);
	else if (st != ST_OK)
		return st;
	d->doc[d->n] = (struct index_doc){ .rec = rec };
	d->facts[d->n] = NULL;
	d->n++;
	if ((st = docs_files(d, t, d->n - 1)) != ST_OK)
		return st;
	if (rec->state == REC_PUBLISHED && rec->files)
		st = enrich(f->r, t, rec, &d->facts[d->n - 1], e);
	d->doc[d->n - 1].facts = d->facts[d->n - 1];
	if (st == ST_OK && rec->state == REC_PUBLISHED)
		d->doc[d->n - 1].forms = forms_view(t, f->r->schema, rec->doc, true);
	return st;
}

/* A change names a version, or a concept and so all its versions. */
static st_t docs_of_change(struct follow *f, struct docs *d, struct kv_txn *t, const struct change *c, struct map *seen, struct err *e)
{
	char ids[64][PID_LEN + 1];
	size_t n = 1, i;
	st_t st = ST_OK;

	if (c->id[0])
		memcpy(ids[0], c->id, sizeof(ids[0]));
	else if (c->parent[0])
		n = cat_versions(t, c->parent, ids, 64);
	else
		return ST_OK;
	for (i = 0; i < n && i < 64 && st == ST_OK; i++) {
		if (map_has(seen, slice_str(ids[i])))
			continue;
		if ((st = map_put(seen, slice_str(ids[i]), seen, NULL)) == ST_OK)
			st = docs_add(f, d, t, ids[i], c->parent, e);
	}
	return st;
}

/* Index the changes behind ${place} up to ${upto}; ${got}: the last one done. */
static st_t index_batch(struct follow *f, uint64_t place, uint64_t *got, struct err *e)
{
	struct change *c = calloc(BATCH, sizeof(*c));
	struct map *seen = map_new();
	struct docs d = { 0 };
	struct kv_txn t;
	size_t n, i;
	st_t st = c && seen ? ST_OK : ST_NOMEM, end;

	*got = place;
	if (st != ST_OK)
		goto out;
	pthread_mutex_lock(&f->apply);
	kv_read(f->r->catalog, &t);
	n = changes_after(&t, place, c, BATCH);
	for (i = 0; i < n && st == ST_OK && d.files < BATCH_FILES; i++)
		if ((st = docs_of_change(f, &d, &t, &c[i], seen, e)) == ST_OK)
			*got = c[i].no;
	end = kv_end(&t, st == ST_OK ? e : NULL);
	st = st == ST_OK ? end : st;
	if (st == ST_OK && *got > place)
		st = index_apply(f->ix, d.doc, d.n, *got, e);
	pthread_mutex_unlock(&f->apply);
out:
	docs_release(&d);
	map_free(seen, NULL);
	free(c);
	return st;
}

/* ---- the indexer ---- */

static void rebuild_done(struct follow *f, st_t st, const struct err *e)
{
	pthread_mutex_lock(&f->lock);
	f->rebuild = f->rebuilding = false;
	f->rebuild_err.st = st;
	if (st != ST_OK)
		f->rebuild_err = *e;
	pthread_cond_broadcast(&f->wake);
	pthread_mutex_unlock(&f->lock);
}

/* Wait for work. False: stop. */
static bool index_wait(struct follow *f, uint64_t place)
{
	bool go;

	pthread_mutex_lock(&f->lock);
	while (!f->stop && f->last <= place && !f->rebuild && !f->rebuilding && !f->forms_due)
		pthread_cond_wait(&f->wake, &f->lock);
	go = !f->stop;
	pthread_mutex_unlock(&f->lock);
	return go;
}

/* ---- changed schemas ---- */

struct place_put { uint64_t no; const char *follower; };

static st_t place_apply(void *arg, struct kv_txn *t)
{
	const struct place_put *p = arg;

	follower_put(t, p->follower, p->no);
	return ST_OK;
}

/* Index some of the records that hold values by a schema that was changed again, while the index answers and other changes come in between. */
static st_t forms_some(struct follow *f, bool *more, struct err *e)
{
	char ids[FORMS_BATCH][PID_LEN + 1], name[FORM_NAME_MAX + 1];
	struct place_put p = { .follower = "forms" };
	struct docs d = { 0 };
	struct kv_txn t;
	size_t n = 0, i;
	st_t st = ST_OK, end;

	pthread_mutex_lock(&f->apply);
	kv_read(f->r->catalog, &t);
	p.no = forms_change_after(&t, follower_get(&t, "forms"), name);
	if (p.no > 0)
		n = forms_users(&t, slice_str(name), slice_str(f->forms_after), ids, FORMS_BATCH);
	for (i = 0; i < n && st == ST_OK; i++)
		st = docs_add(f, &d, &t, ids[i], "", e);
	end = kv_end(&t, st == ST_OK ? e : NULL);
	st = st == ST_OK ? end : st;
	if (st == ST_OK && d.n > 0)
		st = index_apply(f->ix, d.doc, d.n, index_place(f->ix), e);
	pthread_mutex_unlock(&f->apply);
	docs_release(&d);
	*more = p.no > 0;
	if (st != ST_OK || p.no == 0)
		return st;
	if (n > 0)
		memcpy(f->forms_after, ids[n - 1], sizeof(f->forms_after));
	if (n == FORMS_BATCH)
		return ST_OK;
	f->forms_after[0] = '\0';
	return writer_do(f->r->cat_w, place_apply, &p, e);
}

static st_t forms_step(struct follow *f, struct err *e)
{
	bool due, more = false;
	st_t st;

	pthread_mutex_lock(&f->lock);
	due = f->forms_due;
	f->forms_due = false;
	pthread_mutex_unlock(&f->lock);
	st = due ? forms_some(f, &more, e) : ST_OK;
	if (more || st != ST_OK) {
		pthread_mutex_lock(&f->lock);
		f->forms_due = true;
		pthread_mutex_unlock(&f->lock);
	}
	return st;
}

static void rebuild_steps(struct follow *f, struct err *e)
{
	bool begin, end;
	st_t st;

	pthread_mutex_lock(&f->lock);
	begin = f->rebuild && !f->rebuilding;
	if (begin) {
		f->rebuilding = true;
		f->rebuild = false;
		f->rebuild_to = f->last;
	}
	end = f->rebuilding && !begin && index_place(f->ix) >= f->rebuild_to;
	pthread_mutex_unlock(&f->lock);
	if (!begin && !end)
		return;
	pthread_mutex_lock(&f->apply);
	st = begin ? index_rebuild_begin(f->ix, e) : index_rebuild_end(f->ix, e);
	pthread_mutex_unlock(&f->apply);
	if (end || st != ST_OK)
		rebuild_done(f, st, e);
}

static void *indexer_main(void *arg)
{
	struct follow *f = arg;
	struct err e = ERR_INIT;
	uint64_t place, got;
	bool failing = false;
	st_t st;

	while (index_wait(f, index_place(f->ix))) {
		rebuild_steps(f, &e);
		place = index_place(f->ix);
		st = index_batch(f, place, &got, &e);
		if (st == ST_OK)
			st = forms_step(f, &e);
		if (st == ST_OK) {
			pthread_mutex_lock(&f->lock);
			pthread_cond_broadcast(&f->wake);	/* the reader may go on */
			pthread_mutex_unlock(&f->lock);
			failing = false;
			continue;
		}
		if (!failing)
			log_error("follow", "indexing stopped, will be tried again after=%llu reason=\"%s\"", (unsigned long long)place, e.text);
		failing = true;
		pause_ms(f, RETRY_MS);
	}
	return NULL;
}

/* ---- the reader ---- */

struct reading {
	struct follow *f;
	const struct rec *rec;
	struct cat_file *files;
	size_t n;
	_Atomic size_t next;
	_Atomic int failed;		/* first st_t that means: not now */
	pthread_mutex_t lock;
	struct err err;
	struct facts_row rows[PAGE];	/* waiting for their commit; JSON owned */
	size_t n_rows, row_bytes;
};

static void reading_fail(struct reading *rd, st_t st, const struct err *e)
{
	pthread_mutex_lock(&rd->lock);
	if (rd->failed == ST_OK) {
		rd->failed = (int)st;
		rd->err = *e;
	}
	pthread_mutex_unlock(&rd->lock);
}

/* Through a helper; a file that kills three of them is set aside with the reason. ST_OK: ${facts} says what there is to say. */
static st_t read_file(struct reading *rd, const struct cat_file *cf, int fd, struct buf *facts, struct err *e)
{
	unsigned attempt;
	st_t st = ST_OK;

	for (attempt = 1; attempt <= ATTEMPTS; attempt++) {
		buf_clear(facts);
		st = helper_extract(rd->f->h, fd, 0, cf->size, cf->path, NULL, facts, e);
		if (st != ST_CLOSED || stopping(rd->f))
			break;
	}
	switch (st) {
	case ST_CLOSED:
		if (attempt <= ATTEMPTS)
			return ST_CLOSED;
		log_warn("extract", "file set aside record=%s path=\"%s\" attempts=%d reason=\"%s\"", rd->rec->id, cf->path, ATTEMPTS, e->text);
		return ST_OK;
	case ST_TIMEOUT:
	case ST_TOOBIG:
		log_warn("extract", "file over budget record=%s path=\"%s\" reason=\"%s\"", rd->rec->id, cf->path, e->text);
		return ST_OK;
	case ST_INVALID:
		return ST_OK;
	default:
		return st;
	}
}

/* Commit what waits. Under the lock: the others have files to read meanwhile. */
static st_t rows_flush(struct reading *rd, struct err *e)
{
	size_t i;
	st_t st = ST_OK;

	if (rd->n_rows)
		st = facts_put_many(rd->f->r, rd->rows, rd->n_rows, FACTS_VERSION, e);
	for (i = 0; i < rd->n_rows; i++)
		free((void *)rd->rows[i].json.p);
	rd->n_rows = rd->row_bytes = 0;
	return st;
}

static st_t rows_add(struct reading *rd, const uint8_t sha[32], struct slice json, struct err *e)
{
	char *copy = slice_dup(json);
	st_t st = ST_OK;

	if (copy == NULL)
		return err_set(e, ST_NOMEM, " ");
	pthread_mutex_lock(&rd->lock);
	memcpy(rd->rows[rd->n_rows].sha256, sha, 32);
	rd->rows[rd->n_rows++].json = slice_of(copy, json.n);
	rd->row_bytes += json.n;
	if (rd->n_rows == PAGE || rd->row_bytes > ROW_BYTES)
		st = rows_flush(rd, e);
	pthread_mutex_unlock(&rd->lock);
	return st;
}

static bool has_facts(struct follow *f, const uint8_t sha[32])
{
	struct kv_txn t;
	bool has;

	kv_read(f->r->catalog, &t);
	has = facts_has(&t, sha, FACTS_VERSION);
	kv_end(&t, NULL);
	return has;
}

static void read_one(struct reading *rd, const struct cat_file *cf)
{
	struct buf facts = BUF_INIT((size_t)16 << 20);
	struct err e = ERR_INIT;
	int fd = -1;
	st_t st;

	if (cf->pending || has_facts(rd->f, cf->sha256))
		return;
	st = content_open(rd->f->r, rd->rec->id, false, cf, &fd, &e);
	if (st != ST_OK) {
		/* Fixity checks deal with lost bytes; here they only must not stop the rest. */
		log_error("extract", "no content record=%s path=\"%s\" reason=\"%s\"", rd->rec->id, cf->path, e.text);
		return;
	}
	st = read_file(rd, cf, fd, &facts, &e);
	close(fd);
	if (st == ST_OK)
		st = rows_add(rd, cf->sha256, buf_slice(&facts), &e);
	if (st != ST_OK)
		reading_fail(rd, st, &e);
	buf_release(&facts);
}

static void *read_some(void *arg)
{
	struct reading *rd = arg;
	size_t i;

	while (rd->failed == ST_OK && !stopping(rd->f) && (i = rd->next++) < rd->n)
		read_one(rd, &rd->files[i]);
	return NULL;
}

static st_t read_page(struct follow *f, const struct rec *rec, struct cat_file *files, size_t n, struct err *e)
{
	struct reading rd = { .f = f, .rec = rec, .files = files, .n = n };
	pthread_t th[READERS_MOST];
	st_t st;
	unsigned started = 0, want = n < f->readers ? (unsigned)n : f->readers;

	pthread_mutex_init(&rd.lock, NULL);
	while (started + 1 < want && pthread_create(&th[started], NULL, read_some, &rd) == 0)
		started++;
	read_some(&rd);
	while (started)
		pthread_join(th[--started], NULL);
	st = rows_flush(&rd, e);
	pthread_mutex_destroy(&rd.lock);
	if (st != ST_OK)
		return st;
	if (rd.failed != ST_OK)
		return err_set(e, (st_t)rd.failed, "%s", rd.err.text);
	return stopping(f) ? ST_AGAIN : ST_OK;
}

/* All files of one version. */
static st_t read_record(struct follow *f, const char *id, struct err *e)
{
	struct cat_file *files = calloc(PAGE, sizeof(*files));
	struct buf after = BUF_INIT(2048);
	struct rec rec;
	struct kv_txn t;
	size_t n = 0, i;
	st_t st = files ? ST_OK : ST_NOMEM;

	memset(&rec, 0, sizeof(rec));
	while (st == ST_OK) {
		kv_read(f->r->catalog, &t);
		rec_release(&rec);
		memset(&rec, 0, sizeof(rec));
		st = cat_head(&t, id, false, &rec, NULL);
		if (st == ST_OK && rec.state == REC_PUBLISHED && rec.files && !rec.in_pack)
			n = cat_files(&t, id, false, buf_slice(&after), files, PAGE);
		else
			n = 0;
		kv_end(&t, NULL);
		if (st != ST_OK || n == 0)
			break;
		st = read_page(f, &rec, files, n, e);
		buf_clear(&after);
		if (st == ST_OK)
			st = buf_adds(&after, files[n - 1].path);
		for (i = 0; i < n; i++)
			cat_file_release(&files[i]);
		if (n < PAGE)
			break;
	}
	rec_release(&rec);
	buf_release(&after);
	free(files);
	return st == ST_ABSENT || st == ST_GONE ? ST_OK : st;
}

/* Records whose files have been read, to be indexed again together. */
struct again { struct { char id[PID_LEN + 1], parent[PID_LEN + 1]; } rec[READ_BATCH]; size_t n; int64_t since; };

/* With their facts; the index keeps its place. Those of which nothing was read have nothing to add. */
static st_t index_again(struct follow *f, struct again *a, struct err *e)
{
	struct docs d = { 0 };
	struct kv_txn t;
	size_t i;
	st_t st = ST_OK, end;

	if (a->n == 0)
		return ST_OK;
	pthread_mutex_lock(&f->apply);
	kv_read(f->r->catalog, &t);
	for (i = 0; i < a->n && st == ST_OK; i++) {
		st = docs_add(f, &d, &t, a->rec[i].id, a->rec[i].parent, e);
		if (st == ST_OK && json_array_size(json_object_get(d.facts[d.n - 1], "formats")) == 0)
			doc_release(&d, --d.n);
	}
	end = kv_end(&t, st == ST_OK ? e : NULL);
	st = st == ST_OK ? end : st;
	if (st == ST_OK && d.n)
		st = index_apply(f->ix, d.doc, d.n, index_place(f->ix), e);
	pthread_mutex_unlock(&f->apply);
	docs_release(&d);
	if (st == ST_OK)
		a->n = 0;
	return st;
}

/*
 * Index again even when all facts were there already: another version with the same bytes may have been read between this one's first
 * indexing and now, or a crash may have come between facts and index.
 */
static st_t read_change(struct follow *f, const struct change *c, struct again *again, struct err *e)
{
	st_t st;

	if ((c->kind != CHANGE_PUBLISH && c->kind != CHANGE_RESTORE) || c->id[0] == '\0')
		return ST_OK;
	if ((st = read_record(f, c->id, e)) != ST_OK)
		return st;
	if (again->n == 0)
		again->since = clock_mono_us();
	memcpy(again->rec[again->n].id, c->id, sizeof(c->id));
	memcpy(again->rec[again->n++].parent, c->parent, sizeof(c->parent));
	return again->n == READ_BATCH || clock_mono_us() - again->since > AGAIN_US ? index_again(f, again, e) : ST_OK;
}

/* Read the files of some changes that are searchable already; the place is written once for all of them. */
static st_t read_batch(struct follow *f, uint64_t upto, struct err *e)
{
	struct change *c = calloc(READ_BATCH, sizeof(*c));
	struct place_put p = { f->extracted, "extract" };
	struct again again = { .n = 0 };
	struct kv_txn t;
	size_t n, i;
	st_t st = ST_OK, put;

	if (c == NULL)
		return ST_NOMEM;
	kv_read(f->r->catalog, &t);
	n = changes_after(&t, f->extracted, c, READ_BATCH);
	st = kv_end(&t, e);
	for (i = 0; i < n && st == ST_OK && c[i].no <= upto; i++) {
		if (stopping(f))
			break;
		if ((st = read_change(f, &c[i], &again, e)) == ST_OK)
			p.no = c[i].no;
	}
	free(c);
	put = index_again(f, &again, st == ST_OK ? e : NULL);
	malloc_trim(0);		/* the facts of one wide table are tens of megabytes while they are a tree: do not keep that */
	if (put != ST_OK)
		return put;
	if (p.no > f->extracted) {
		put = writer_do(f->r->cat_w, place_apply, &p, st == ST_OK ? e : NULL);
		st = st == ST_OK ? put : st;
		if (put == ST_OK)
			f->extracted = p.no;
	}
	return st;
}

static bool read_wait(struct follow *f, uint64_t *upto)
{
	bool go;

	pthread_mutex_lock(&f->lock);
	while (!f->stop && (f->rebuilding || f->extracted >= index_place(f->ix)))
		pthread_cond_wait(&f->wake, &f->lock);
	go = !f->stop;
	*upto = index_place(f->ix);
	pthread_mutex_unlock(&f->lock);
	return go;
}

static void *reader_main(void *arg)
{
	struct follow *f = arg;
	struct err e = ERR_INIT;
	uint64_t upto;
	bool failing = false;
	st_t st;

	while (read_wait(f, &upto)) {
		st = read_batch(f, upto, &e);
		if (st == ST_OK) {
			failing = false;
			continue;
		}
		if (st == ST_AGAIN)
			continue;
		if (!failing)
			log_error("extract", "reading stopped, will be tried again after=%llu reason=\"%s\"", (unsigned long long)f->extracted, e.text);
		failing = true;
		pause_ms(f, RETRY_MS);
	}
	return NULL;
}

/* ---- start, stop, questions ---- */

static st_t follow_threads(struct follow *f, struct err *e)
{
	if (pthread_create(&f->indexer, NULL, indexer_main, f) != 0)
		return err_set(e, ST_INTERNAL, "no thread for the indexer");
	f->indexer_runs = true;
	if (f->h == NULL)
		return ST_OK;
	if (pthread_create(&f->reader, NULL, reader_main, f) != 0)
		return err_set(e, ST_INTERNAL, "no thread for the reader");
	f->reader_runs = true;
	return ST_OK;
}

st_t follow_start(struct follow **out, struct repo *r, struct index *ix, struct helpers *h, struct err *e)
{
	struct follow *f;
	struct kv_txn t;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	st_t st;

	if ((f = calloc(1, sizeof(*f))) == NULL)
		return err_set(e, ST_NOMEM, " ");
	f->r = r;
	f->ix = ix;
	f->h = h;
	f->readers = cores < 2 ? 1 : cores > READERS_MOST ? READERS_MOST : (unsigned)cores;
	pthread_mutex_init(&f->lock, NULL);
	pthread_mutex_init(&f->apply, NULL);
	pthread_cond_init(&f->wake, NULL);
	/* First the watch, then the look: a change between the two is told twice, never missed. */
	st = changes_watch(r, told, f);
	if (st == ST_OK) {
		kv_read(r->catalog, &t);
		told(f, changes_last(&t));
		f->extracted = follower_get(&t, "extract");
		st = kv_end(&t, e);
	}
	if (st == ST_OK)
		st = follow_threads(f, e);
	if (st != ST_OK) {
		follow_stop(f);
		return st;
	}
	*out = f;
	return ST_OK;
}

void follow_stop(struct follow *f)
{
	if (f == NULL)
		return;
	changes_unwatch(f->r, f);
	pthread_mutex_lock(&f->lock);
	f->stop = true;
	pthread_cond_broadcast(&f->wake);
	pthread_mutex_unlock(&f->lock);
	if (f->indexer_runs)
		pthread_join(f->indexer, NULL);
	if (f->reader_runs)
		pthread_join(f->reader, NULL);
	pthread_cond_destroy(&f->wake);
	pthread_mutex_destroy(&f->apply);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

void follow_place(struct follow *f, uint64_t *indexed, uint64_t *extracted)
{
	*indexed = f ? index_place(f->ix) : 0;
	*extracted = f ? (f->h ? f->extracted : *indexed) : 0;
}

st_t follow_reindex(struct follow *f, struct err *e)
{
	st_t st;

	pthread_mutex_lock(&f->lock);
	f->rebuild = true;
	f->rebuild_err = (struct err)ERR_INIT;
	pthread_cond_broadcast(&f->wake);
	while ((f->rebuild || f->rebuilding) && !f->stop)
		pthread_cond_wait(&f->wake, &f->lock);
	st = f->rebuild || f->rebuilding ? ST_BUSY : f->rebuild_err.st;
	if (st != ST_OK)
		st = err_set(e, st, "%s", st == ST_BUSY ? "stopped before the index was rebuilt" : f->rebuild_err.text);
	pthread_mutex_unlock(&f->lock);
	return st;
}
