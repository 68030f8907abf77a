/* What lies in the folder: every file with the name it gets in the dataset, and what keeps one from going in. */

#include <fnmatch.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "cli/deposit.h"
#include "store/upload.h"

#define FAULTS_MAX 10		/* names told; the rest are counted */

struct reading {
	struct folder *f;
	const struct folder_filter *want;	/* NULL: all */
	bool encode;
	unsigned faults, litter;
	bool offered;		/* one of the faults would go away with --encode-names */
	struct buf text;
};

int64_t file_changed(const struct stat *sb)
{
	return (int64_t)sb->st_mtim.tv_sec * 1000000000 + sb->st_mtim.tv_nsec;
}

/* Bytes that are no UTF-8, control characters and '%' as %XX: what can be shown, stored, and turned back. */
static st_t encode_name(struct buf *out, const char *name)
{
	struct slice s = slice_str(name);
	size_t i = 0, was;
	int32_t cp;

	while ((was = i) < s.n && (cp = utf8_next(s, &i)) >= 0) {
		if ((cp == 0xfffd && i - was == 1) || cp == '%' || cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
			for (; was < i; was++)
				buf_addf(out, "%%%02X", (unsigned)(unsigned char)s.p[was]);
		else
			buf_add(out, s.p + was, i - was);
	}
	return out->st;
}

static st_t warn(struct folder *f, const char *fmt, const char *what)
{
	struct buf b = BUF_INIT(16384), name = BUF_INIT(8192);
	st_t st = encode_name(&name, what);

	if (st == ST_OK) {
		buf_addf(&b, fmt, name.p == NULL ? "" : name.p);
		st = json_push(f->warnings, json_stringn(b.p == NULL ? "" : b.p, b.n));
	}
	buf_release(&name);
	buf_release(&b);
	return st;
}

static void fault(struct reading *r, const char *text)
{
	if (r->faults++ < FAULTS_MAX)
		buf_addf(&r->text, "\n  %s", text);
}

static st_t add(struct folder *f, const char *path, const char *key, struct err *e)
{
	struct local_file lf = { NULL, NULL, 0, 0 };
	struct stat sb;

	if (stat(path, &sb) != 0 || access(path, R_OK) != 0)
		return err_sys(e, "cannot read '%s'", path);
	lf.path = slice_dup(slice_str(path));
	lf.key = slice_dup(slice_str(key));
	lf.size = (uint64_t)sb.st_size;
	lf.changed = file_changed(&sb);
	if (lf.path == NULL || lf.key == NULL || vec_room((void **)&f->v, &f->cap, f->n + 1, sizeof(*f->v)) != ST_OK) {
		free(lf.path);
		free(lf.key);
		return ST_NOMEM;
	}
	f->v[f->n++] = lf;
	f->bytes += lf.size;
	return ST_OK;
}

/* A name that the dataset can hold is kept byte for byte; another one is a fault, or encoded where that was asked for and helps. */
static st_t add_named(struct reading *r, const char *path, const char *rel, struct err *e)
{
	struct buf name = BUF_INIT(8192), text = BUF_INIT(16384);
	struct err why = ERR_INIT;
	st_t st;

	if (path_check(slice_str(rel), &why) == ST_OK)
		return add(r->f, path, rel, e);
	st = encode_name(&name, rel);
	if (st == ST_OK && path_check(buf_slice(&name), &why) != ST_OK) {
		fault(r, why.text);
	} else if (st == ST_OK && r->encode) {
		st = add(r->f, path, name.p, e);
		if (st == ST_OK)
			st = warn(r->f, "a name was percent-encoded: '%s'", rel);
	} else if (st == ST_OK) {
		r->offered = true;
		buf_addf(&text, "'%s': this name holds bytes that are no UTF-8, or control characters (shown percent-encoded)", name.p);
		fault(r, text.p == NULL ? "" : text.p);
	}
	buf_release(&text);
	buf_release(&name);
	return st;
}

/* Leavings of other programs, never data. */
static bool litter(const char *rel)
{
	const char *base = strrchr(rel, '/');

	base = base == NULL ? rel : base + 1;
	return strcmp(base, ".DS_Store") == 0 || strcmp(base, "Thumbs.db") == 0 || strcmp(base, "desktop.ini") == 0 ||
	    strncmp(rel, ".git/", 5) == 0 || strstr(rel, "/.git/") != NULL || slice_ends(slice_str(rel), ".azekura-part");
}

static bool matches(char *const *patterns, size_t n, const char *rel)
{
	const char *base = strrchr(rel, '/');
	size_t i;

	base = base == NULL ? rel : base + 1;
	for (i = 0; i < n; i++)
		if (fnmatch(patterns[i], rel, 0) == 0 || fnmatch(patterns[i], base, 0) == 0)
			return true;
	return false;
}

bool folder_wants(const struct folder_filter *w, const char *rel, int64_t changed)
{
	if (w->here && strchr(rel, '/') != NULL)
		return false;
	if ((w->after != 0 && changed < w->after) || (w->before != 0 && changed >= w->before))
		return false;
	return (w->n_include == 0 || matches(w->include, w->n_include, rel)) && !matches(w->exclude, w->n_exclude, rel);
}

static bool wanted(const struct folder_filter *w, const char *path, const char *rel)
{
	struct stat sb;
	bool timed = w->after != 0 || w->before != 0;

	return folder_wants(w, rel, timed && lstat(path, &sb) == 0 ? file_changed(&sb) : 0);
}

static st_t one(void *ctx, const char *path, const char *rel, enum fs_kind kind, uint64_t size, struct err *e)
{
	struct reading *r = ctx;

	(void)size;
	if (kind == FS_DIR || (r->want != NULL && !wanted(r->want, path, rel)))
		return ST_OK;
	if (litter(rel)) {
		r->litter++;
		return ST_OK;
	}
	if (kind == FS_LINK)
		return warn(r->f, "'%s' is a link and was left out", rel);
	if (kind == FS_OTHER)
		return warn(r->f, "'%s' is no regular file and was left out", rel);
	return add_named(r, path, rel, e);
}

/* Names that are one name to other systems: refused when equal after NFC, told when they differ in case only. */
static st_t twins(struct reading *r, bool fold)
{
	struct map *seen = map_new();
	struct buf form = BUF_INIT(1 << 16), text = BUF_INIT(16384);
	size_t i;
	st_t st = seen == NULL ? ST_NOMEM : ST_OK;

	for (i = 0; st == ST_OK && i < r->f->n; i++) {
		const char *key = r->f->v[i].key, *other;

		buf_clear(&form);
		st = path_twin(slice_str(key), fold, &form);
		if (st != ST_OK)
			break;
		other = map_get(seen, buf_slice(&form));
		if (other == NULL) {
			st = map_put(seen, buf_slice(&form), (void *)(uintptr_t)key, NULL);
			continue;
		}
		buf_clear(&text);
		buf_addf(&text, fold ? "'%s' and '%s' differ only in case: some systems cannot hold both"
		    : "'%s' and '%s' are the same name after Unicode normalisation (NFC)", other, key);
		if (!fold)
			fault(r, text.p == NULL ? "" : text.p);
		else
			st = json_push(r->f->warnings, json_stringn(text.p == NULL ? "" : text.p, text.n));
	}
	map_free(seen, NULL);
	buf_release(&form);
	buf_release(&text);
	return st;
}

static st_t told(struct reading *r, struct err *e)
{
	if (r->faults > FAULTS_MAX)
		buf_addf(&r->text, "\n  and %u more", r->faults - FAULTS_MAX);
	return err_set(e, ST_INVALID, "%s%s", r->offered ? "rename these files, or give --encode-names to store the names as shown:" : "these names cannot stand in a dataset:",
	    r->text.p == NULL ? "" : r->text.p);
}

st_t folder_read(struct folder *f, const char *root, bool encode, const struct folder_filter *w, struct err *e)
{
	struct reading r = { .f = f, .want = w, .encode = encode, .text = BUF_INIT(65536) };
	struct buf b = BUF_INIT(200);
	const char *base;
	struct stat sb;
	st_t st;

	memset(f, 0, sizeof(*f));
	f->warnings = json_array();
	if (stat(root, &sb) != 0)
		return err_sys(e, "cannot read '%s'", root);
	if (S_ISDIR(sb.st_mode)) {
		st = fs_walk(root, one, &r, e);
	} else if (S_ISREG(sb.st_mode)) {
		base = strrchr(root, '/');
		st = add_named(&r, root, base == NULL ? root : base + 1, e);
	} else {
		st = err_set(e, ST_INVALID, "'%s' is neither a folder nor a regular file", root);
	}
	if (st == ST_OK)
		st = twins(&r, false);
	if (st == ST_OK && r.faults == 0)
		st = twins(&r, true);
	if (st == ST_OK && r.faults > 0)
		st = told(&r, e);
	if (st == ST_OK && r.litter > 0) {
		buf_addf(&b, "%u files of other programs were left out (.git, .DS_Store, Thumbs.db, desktop.ini, parts of downloads)", r.litter);
		st = json_push(f->warnings, json_string(b.p == NULL ? "" : b.p));
	}
	if (st == ST_OK && f->n == 0)
		st = err_set(e, ST_INVALID, "there is nothing to deposit in '%s'", root);
	buf_release(&b);
	buf_release(&r.text);
	return st;
}

st_t folder_same(const struct folder *f, struct err *e)
{
	struct stat sb;
	size_t i;

	for (i = 0; i < f->n; i++)
		if (stat(f->v[i].path, &sb) != 0 || (uint64_t)sb.st_size != f->v[i].size || file_changed(&sb) != f->v[i].changed)
			return err_set(e, ST_CONFLICT, "'%s' changed while it was being deposited", f->v[i].path);
	return ST_OK;
}

void folder_release(struct folder *f)
{
	size_t i;

	for (i = 0; i < f->n; i++) {
		free(f->v[i].path);
		free(f->v[i].key);
	}
	free(f->v);
	json_decref(f->warnings);
	memset(f, 0, sizeof(*f));
}
