/* Files of drafts: paths, announcements, removal, taking over those of the version before. */

#include "store/dep_int.h"

#include <stdlib.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "schema/record.h"
#include "store/upload.h"

/* ---- the path rule (DESIGN 4) ---- */

static const char *segment_fault(struct slice s)
{
	if (s.n == 0)
		return "has an empty segment";
	if (slice_eq_str(s, "."))
		return "has a segment '.'";
	if (slice_eq_str(s, ".."))
		return "has a segment '..'";
	return NULL;
}

static const char *path_fault(struct slice p)
{
	static const char *const ours[] = { "metadata", DEP_RECORD, DEP_EVENT, DEP_FILES };
	struct slice rest = p;
	const char *fault;
	size_t i;

	if (p.n == 0)
		return "is empty";
	if (p.n > 1024)
		return "is longer than 1,024 bytes";
	if (memchr(p.p, '\0', p.n) != NULL)
		return "has a NUL character";
	if (!utf8_valid(p, NULL))
		return "is not valid UTF-8";
	if (p.p[0] == '/')
		return "is absolute";
	for (i = 0; i < p.n;) {
		int32_t cp = utf8_next(p, &i);

		if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
			return "has a control character";
	}
	while (rest.p != NULL)
		if ((fault = segment_fault(slice_cut(&rest, '/'))) != NULL)
			return fault;
	for (i = 0; i < sizeof(ours) / sizeof(*ours); i++)
		if (slice_eq_str(p, ours[i]))
			return "is a name that the stored object uses itself";
	return NULL;
}

st_t path_check(struct slice path, struct err *e)
{
	const char *fault = path_fault(path);
	struct slice show;

	if (fault == NULL)
		return ST_OK;
	show = utf8_valid(path, NULL) ? utf8_clip(path, 200) : SLICE("?");
	if (memchr(show.p ? show.p : "", '\0', show.n) != NULL)
		show = SLICE("?");
	return err_set(e, ST_INVALID, "path '%.*s' %s", (int)show.n, show.p ? show.p : "", fault);
}

static bool is_ascii(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

#define PATH_UNITS 6000		/* UTF-16, after decomposition: a path has at most 1,024 bytes */

/* NFC or NFD of a path into ${out}; ${fold}: case folded too. */
static st_t path_form(struct slice s, bool compose, bool fold, struct buf *out)
{
	UChar *in = malloc(PATH_UNITS * sizeof(*in)), *norm = malloc(PATH_UNITS * sizeof(*norm));
	UErrorCode uc = U_ZERO_ERROR;
	const UNormalizer2 *n = compose ? unorm2_getNFCInstance(&uc) : unorm2_getNFDInstance(&uc);
	int32_t len = 0, bytes = 0;

	if (in == NULL || norm == NULL || buf_reserve(out, PATH_UNITS * 3) != ST_OK) {
		free(in);
		free(norm);
		return ST_NOMEM;
	}
	u_strFromUTF8(in, PATH_UNITS, &len, s.p, (int32_t)s.n, &uc);
	len = unorm2_normalize(n, in, len, norm, PATH_UNITS, &uc);
	if (fold) {
		len = u_strFoldCase(in, PATH_UNITS, norm, len, U_FOLD_CASE_DEFAULT, &uc);
		u_strToUTF8(out->p + out->n, PATH_UNITS * 3, &bytes, in, len, &uc);
	} else {
		u_strToUTF8(out->p + out->n, PATH_UNITS * 3, &bytes, norm, len, &uc);
	}
	free(in);
	free(norm);
	if (U_FAILURE(uc))
		return ST_INVALID;
	out->n += (size_t)bytes;
	return ST_OK;
}

st_t path_nfc(struct slice s, bool compose, struct buf *out)
{
	return path_form(s, compose, false, out);
}

st_t path_twin(struct slice path, bool fold, struct buf *out)
{
	return path_form(path, !fold, fold, out);
}

static bool draft_has(struct kv_txn *t, const char *draft, struct slice path)
{
	struct cat_file f;

	if (cat_file_get(t, draft, true, path, &f, NULL) != ST_OK)
		return false;
	cat_file_release(&f);
	return true;
}

static void refuse_twin(struct kv_txn *t, const char *draft, struct slice path, bool compose)
{
	struct buf form = BUF_INIT(1 << 16);

	if (path_nfc(path, compose, &form) == ST_OK && !slice_eq(buf_slice(&form), path) && draft_has(t, draft, buf_slice(&form)))
		kv_fail(t, ST_INVALID, "path '%.*s' equals another after Unicode normalisation (NFC)", (int)path.n, path.p);
	buf_release(&form);
}

void dep_path_new(struct kv_txn *t, const char *draft, struct slice path)
{
	struct cat_file next;
	char below[1026];
	size_t i;

	if (draft_has(t, draft, path))
		return;
	for (i = 1; i < path.n && t->st == ST_OK; i++)
		if (path.p[i] == '/' && draft_has(t, draft, slice_of(path.p, i)))
			kv_fail(t, ST_INVALID, "path '%.*s' lies below '%.*s', which is a file", (int)path.n, path.p, (int)i, path.p);
	if (t->st == ST_OK && path.n <= 1024) {
		memcpy(below, path.p, path.n);
		below[path.n] = '/';
		if (cat_files(t, draft, true, slice_of(below, path.n + 1), &next, 1) == 1) {
			if (strlen(next.path) > path.n && memcmp(next.path, below, path.n + 1) == 0)
				kv_fail(t, ST_INVALID, "path '%.*s' is the folder of '%s'", (int)path.n, path.p, next.path);
			cat_file_release(&next);
		}
	}
	if (t->st == ST_OK && !is_ascii(path)) {
		refuse_twin(t, draft, path, true);
		if (t->st == ST_OK)
			refuse_twin(t, draft, path, false);
	}
}

/* ---- all paths of a draft together ---- */

struct path_hash { uint64_t h; char *path; };
typedef VEC(struct path_hash) path_list;

static int by_hash(const void *a, const void *b)
{
	const struct path_hash *x = a, *y = b;

	return x->h < y->h ? -1 : x->h > y->h;
}

static st_t form_hash(struct slice path, bool fold, uint64_t *h)
{
	struct buf b = BUF_INIT(1 << 16);
	st_t st;

	if (!fold && is_ascii(path)) {
		*h = hash64(path.p, path.n, 1);
		return ST_OK;
	}
	st = path_form(path, true, fold, &b);
	if (st == ST_OK)
		*h = hash64(b.p, b.n, 1);
	buf_release(&b);
	return st;
}

static st_t list_paths(struct repo *r, const char *id, path_list *out, struct err *e)
{
	struct cat_file *page = calloc(DEP_PAGE, sizeof(*page));
	struct path_hash x;
	struct kv_txn t;
	size_t n = DEP_PAGE, i;
	st_t st = page ? ST_OK : ST_NOMEM;

	while (st == ST_OK && n == DEP_PAGE) {
		kv_read(r->catalog, &t);
		n = cat_files(&t, id, true, out->n ? slice_str(out->v[out->n - 1].path) : SLICE_NULL, page, DEP_PAGE);
		st = kv_end(&t, e);
		for (i = 0; i < n; i++) {
			x = (struct path_hash){ 0, page[i].path };
			page[i].path = NULL;
			if (VEC_PUSH(out, x) != ST_OK) {
				free(x.path);
				st = ST_NOMEM;
			}
			cat_file_release(&page[i]);
		}
	}
	free(page);
	return st;
}

st_t finding_add(struct findings *f, bool fatal, const char *path, const char *fmt, ...)
{
	struct finding x = { strdup(path), NULL, fatal };
	struct buf b = BUF_INIT(8192);
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	x.message = b.st == ST_OK ? buf_take(&b, NULL) : NULL;
	buf_release(&b);
	if (x.path == NULL || x.message == NULL ||
	    vec_room((void **)&f->v, &f->cap, f->n + 1, sizeof(*f->v)) != ST_OK) {
		free(x.path);
		free(x.message);
		return ST_NOMEM;
	}
	f->v[f->n++] = x;
	return ST_OK;
}

static st_t twins(path_list *l, bool fold, struct findings *f)
{
	size_t i;
	st_t st = ST_OK;

	for (i = 0; i < l->n && st == ST_OK; i++)
		st = form_hash(slice_str(l->v[i].path), fold, &l->v[i].h);
	if (l->n > 1)
		qsort(l->v, l->n, sizeof(*l->v), by_hash);
	for (i = 1; i < l->n && st == ST_OK; i++) {
		if (l->v[i].h != l->v[i - 1].h)
			continue;
		if (fold)
			st = finding_add(f, false, "files", "paths '%s' and '%s' differ only in case: some systems cannot hold both", l->v[i - 1].path, l->v[i].path);
		else
			st = finding_add(f, true, "files", "paths '%s' and '%s' are equal after Unicode normalisation (NFC)", l->v[i - 1].path, l->v[i].path);
	}
	return st;
}

st_t dep_paths_check(struct repo *r, const char *id, struct findings *f, struct err *e)
{
	path_list l = VEC_INIT;
	size_t i;
	st_t st = list_paths(r, id, &l, e);

	if (st == ST_OK)
		st = twins(&l, false, f);
	if (st == ST_OK && !findings_fatal(f))
		st = twins(&l, true, f);
	for (i = 0; i < l.n; i++)
		free(l.v[i].path);
	VEC_RELEASE(&l);
	return st;
}

/* ---- single files ---- */

struct file_job {
	struct repo *r;
	const char *draft;
	struct slice path;
	const json_t *meta;
	enum rec_access access;
};

static st_t announce_apply(void *arg, struct kv_txn *t)
{
	struct file_job *j = arg;
	struct rec rec = { .id = "" };
	struct cat_file f = { .pending = true, .modified = clock_now() };

	if (draft_open(t, j->draft, &rec)) {
		if (draft_has(t, j->draft, j->path))
			kv_fail(t, ST_CONFLICT, "file '%.*s' is in the draft already", (int)j->path.n, j->path.p);
		else
			dep_path_new(t, j->draft, j->path);
		f.path = slice_dup(j->path);
		f.media = strdup("application/octet-stream");
		f.meta = json_deep_copy(j->meta);
		if (t->st == ST_OK && (f.path == NULL || f.media == NULL))
			kv_fail(t, ST_NOMEM, "out of memory");
		if (t->st == ST_OK) {
			cat_file_put(t, j->draft, true, &f);
			draft_save(t, j->r, &rec, 1, 0);
		}
		cat_file_release(&f);
	}
	rec_release(&rec);
	return t->st;
}

st_t deposit_file_announce(struct repo *r, const char *draft, struct slice path, const json_t *meta, struct err *e)
{
	struct file_job j = { .r = r, .draft = draft, .path = path, .meta = meta };
	st_t st = path_check(path, e);

	return st == ST_OK ? writer_do(r->cat_w, announce_apply, &j, e) : st;
}

static bool file_of(struct kv_txn *t, const struct file_job *j, struct cat_file *f)
{
	struct err e = ERR_INIT;
	st_t st = cat_file_get(t, j->draft, true, j->path, f, &e);

	if (st != ST_OK)
		kv_fail(t, st, "no file '%.*s' in the draft", (int)j->path.n, j->path.p);
	return st == ST_OK;
}

static st_t set_apply(void *arg, struct kv_txn *t)
{
	struct file_job *j = arg;
	struct rec rec = { .id = "" };
	struct cat_file f = { .path = NULL };

	if (draft_open(t, j->draft, &rec) && file_of(t, j, &f)) {
		f.access = j->access;
		if (j->meta != NULL) {
			json_decref(f.meta);
			f.meta = json_deep_copy(j->meta);
		}
		cat_file_put(t, j->draft, true, &f);
		draft_save(t, j->r, &rec, 0, 0);
	}
	cat_file_release(&f);
	rec_release(&rec);
	return t->st;
}

st_t deposit_file_set(struct repo *r, const char *draft, struct slice path, enum rec_access access, const json_t *meta, struct err *e)
{
	struct file_job j = { .r = r, .draft = draft, .path = path, .meta = meta, .access = access };

	return writer_do(r->cat_w, set_apply, &j, e);
}

static st_t remove_apply(void *arg, struct kv_txn *t)
{
	struct file_job *j = arg;
	struct rec rec = { .id = "" };
	struct cat_file f = { .path = NULL };

	if (draft_open(t, j->draft, &rec) && file_of(t, j, &f)) {
		cat_file_del(t, j->draft, true, j->path);
		draft_save(t, j->r, &rec, -1, -(int64_t)f.size);
	}
	cat_file_release(&f);
	rec_release(&rec);
	return t->st;
}

st_t deposit_file_remove(struct repo *r, const char *draft, struct slice path, struct err *e)
{
	struct file_job j = { .r = r, .draft = draft, .path = path };

	return writer_do(r->cat_w, remove_apply, &j, e);
}

/* ---- files of the version before ---- */

static void take_over(struct kv_txn *t, const char *from, const char *draft, int64_t *files, int64_t *bytes)
{
	struct cat_file *page = calloc(DEP_PAGE, sizeof(*page));
	struct buf after = BUF_INIT(2048);
	size_t n = DEP_PAGE, i;

	if (page == NULL)
		kv_fail(t, ST_NOMEM, "out of memory");
	while (t->st == ST_OK && n == DEP_PAGE) {
		n = cat_files(t, from, false, buf_slice(&after), page, DEP_PAGE);
		for (i = 0; i < n; i++) {
			if (!draft_has(t, draft, slice_str(page[i].path))) {
				dep_path_new(t, draft, slice_str(page[i].path));
				cat_file_put(t, draft, true, &page[i]);
				*files += 1;
				*bytes += (int64_t)page[i].size;
			}
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

static st_t import_apply(void *arg, struct kv_txn *t)
{
	struct file_job *j = arg;
	struct rec rec = { .id = "" };
	char last[PID_LEN + 1];
	int64_t files = 0, bytes = 0;

	if (draft_open(t, j->draft, &rec)) {
		if (cat_latest(t, rec.parent, last) != ST_OK || strcmp(last, j->draft) == 0)
			kv_fail(t, ST_ABSENT, "there is no version before this draft");
		else
			take_over(t, last, j->draft, &files, &bytes);
		if (t->st == ST_OK)
			draft_save(t, j->r, &rec, files, bytes);
	}
	rec_release(&rec);
	return t->st;
}

st_t deposit_import_files(struct repo *r, const struct actor *a, const char *draft, struct err *e)
{
	struct file_job j = { .r = r, .draft = draft };

	return writer_do(r->cat_w, import_apply, &j, e);
}
