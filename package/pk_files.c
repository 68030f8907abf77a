/* The files of one version, a page at a time: every page is a transaction of its own, resumed by path. */

#include "package/pk_int.h"

#include "base/clock.h"
#include "store/upload.h"

static uint32_t *copy_groups(const uint32_t *from, size_t n)
{
	uint32_t *to = n ? malloc(n * sizeof(*to)) : NULL;

	if (to)
		memcpy(to, from, n * sizeof(*to));
	return to;
}

st_t pk_files_open(struct pk_files *f, const struct package_ctx *c, struct err *e)
{
	memset(f, 0, sizeof(*f));
	f->repo = c->repo;
	memcpy(f->id, c->rec->id, sizeof(f->id));
	f->draft = c->rec->state == REC_DRAFT || c->rec->state == REC_REVIEW;
	f->is_edit = c->rec->is_edit;
	rec_subject(c->rec, &f->subject);
	f->who = *c->who;
	f->now = clock_now();
	f->subject.groups = copy_groups(f->subject.groups, f->subject.n_groups);
	f->who.groups = copy_groups(f->who.groups, f->who.n_groups);
	if ((f->subject.n_groups && !f->subject.groups) || (f->who.n_groups && !f->who.groups)) {
		pk_files_release(f);
		return err_set(e, ST_NOMEM, "out of memory");
	}
	return ST_OK;
}

static void drop_page(struct pk_files *f)
{
	for (size_t i = 0; i < f->n; i++)
		cat_file_release(&f->page[i]);
	f->i = f->n = 0;
}

void pk_files_rewind(struct pk_files *f)
{
	drop_page(f);
	free(f->after);
	f->after = NULL;
	f->last = false;
}

void pk_files_release(struct pk_files *f)
{
	pk_files_rewind(f);
	free((void *)f->subject.groups);
	free((void *)f->who.groups);
	f->subject.groups = f->who.groups = NULL;
}

static void turn_page(struct pk_files *f)
{
	struct kv_txn t;

	drop_page(f);
	if (f->last)
		return;
	kv_read(f->repo->catalog, &t);
	f->n = cat_files(&t, f->id, f->draft && !f->is_edit, slice_str(f->after), f->page, PK_PAGE);
	kv_end(&t, NULL);
	f->last = f->n < PK_PAGE;
	if (f->n) {
		free(f->after);
		f->after = strdup(f->page[f->n - 1].path);
		f->last |= f->after == NULL;
	}
}

/* A file is at least as closed as its record. */
static bool readable(const struct pk_files *f, const struct cat_file *file)
{
	struct access_subject s = f->subject;

	if (file->pending)
		return false;
	if (file->access > s.access)
		s.access = file->access;
	return access_may(&f->who, &s, WANT_FILE, f->now) == ST_OK;
}

struct cat_file *pk_files_next(struct pk_files *f)
{
	for (;;) {
		if (f->i == f->n) {
			turn_page(f);
			if (!f->n)
				return NULL;
		}
		if (readable(f, &f->page[f->i++]) != f->want_hidden)
			return &f->page[f->i - 1];
	}
}

st_t pk_hidden_list(const struct package_ctx *c, struct buf *out, struct err *e)
{
	struct pk_files f;
	struct cat_file *file = NULL;
	st_t st = pk_files_open(&f, c, e);

	if (st != ST_OK)
		return st;
	f.want_hidden = true;
	while ((file = pk_files_next(&f)) != NULL) {
		if (!out->n)
			buf_addf(out, "These files of %s/records/%s are not open to whoever made this package:\n\n", c->base, c->rec->id);
		buf_addf(out, "%s\t%s\t%llu bytes\n", file->path, access_name(file->access), (unsigned long long)file->size);
	}
	pk_files_release(&f);
	return out->st == ST_OK ? ST_OK : err_set(e, out->st, "list of files");
}
