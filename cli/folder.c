#include <stdlib.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/vec.h"
#include "cli/deposit.h"
#include "store/upload.h"

struct reading { struct folder *f; const char *root; };

static st_t warn(struct folder *f, const char *fmt, const char *what)
{
	struct buf b = BUF_INIT(8192);
	st_t st;

	buf_addf(&b, fmt, what);
	st = json_push(f->warnings, json_stringn(b.p == NULL ? "" : b.p, b.n));
	buf_release(&b);
	/* A name that is no UTF-8 cannot stand in a warning as it is. */
	return st == ST_OK ? ST_OK : json_push(f->warnings, json_string("a file with an unreadable name was left out"));
}

static st_t add(struct folder *f, const char *path, const char *key, uint64_t size)
{
	struct local_file lf = { slice_dup(slice_str(path)), slice_dup(slice_str(key)), size };

	if (lf.path == NULL || lf.key == NULL || vec_room((void **)&f->v, &f->cap, f->n + 1, sizeof(*f->v)) != ST_OK) {
		free(lf.path);
		free(lf.key);
		return ST_NOMEM;
	}
	f->v[f->n++] = lf;
	f->bytes += size;
	return ST_OK;
}

/* Leavings of other programs, never data. */
static bool litter(const char *rel)
{
	const char *base = strrchr(rel, '/');

	base = base == NULL ? rel : base + 1;
	return strcmp(base, ".DS_Store") == 0 || strcmp(base, "Thumbs.db") == 0 || strcmp(base, "desktop.ini") == 0 ||
	    strncmp(rel, ".git/", 5) == 0 || strstr(rel, "/.git/") != NULL || slice_ends(slice_str(rel), ".azekura-part");
}

static st_t one(void *ctx, const char *path, const char *rel, enum fs_kind kind, uint64_t size, struct err *e)
{
	struct folder *f = ctx;
	struct err why = ERR_INIT;

	(void)e;
	if (kind == FS_DIR || litter(rel))
		return ST_OK;
	if (kind == FS_LINK)
		return warn(f, "'%s' is a link and was left out", rel);
	if (kind == FS_OTHER)
		return warn(f, "'%s' is no regular file and was left out", rel);
	if (path_check(slice_str(rel), &why) != ST_OK)
		return warn(f, "left out: %s", why.text);
	return add(f, path, rel, size);
}

st_t folder_read(struct folder *f, const char *root, struct err *e)
{
	struct stat sb;
	const char *base;
	st_t st;

	memset(f, 0, sizeof(*f));
	f->warnings = json_array();
	if (stat(root, &sb) != 0)
		return err_sys(e, "cannot read '%s'", root);
	if (S_ISDIR(sb.st_mode)) {
		st = fs_walk(root, one, f, e);
	} else {
		base = strrchr(root, '/');
		st = add(f, root, base == NULL ? root : base + 1, (uint64_t)sb.st_size);
	}
	if (st == ST_OK && f->n == 0)
		st = err_set(e, ST_INVALID, "there is nothing to deposit in '%s'", root);
	return st;
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
