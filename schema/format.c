/* The folder schema/formats: every NAME.map is a format. Files with other endings are there to be included. */

#include "schema/map_int.h"

#include <dirent.h>

#include "base/fs.h"
#include "base/vec.h"

#define MAP_FILE_MAX ((size_t)1 << 20)

static int is_map(const struct dirent *d)
{
	return d->d_name[0] != '.' && slice_ends(slice_str(d->d_name), ".map");
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

void format_release(struct format *f)
{
	struct map_code *code = f->map;

	if (code)
		arena_free(code->arena);	/* the strings of ${f} lie in it too */
	memset(f, 0, sizeof(*f));
}

static st_t load_one(struct schema *s, const char *dir, const char *file, struct err *e)
{
	struct buf b = BUF_INIT(MAP_FILE_MAX);
	struct format f;
	struct map_code *code = NULL;
	char *path = fs_join(dir, file);
	st_t st = path ? fs_read_file(path, &b, e) : ST_NOMEM;

	memset(&f, 0, sizeof(f));
	if (st == ST_OK)
		st = map_parse(&f, s, dir, file, buf_slice(&b), e);
	if (st == ST_OK) {
		code = f.map;
		f.name = arena_dup(code->arena, file, strlen(file) - 4);
		st = f.name ? vec_room((void **)&s->formats, &s->cap_formats, s->n_formats + 1, sizeof(f)) : ST_NOMEM;
		if (st == ST_OK)
			s->formats[s->n_formats++] = f;
		else
			format_release(&f);
	}
	buf_release(&b);
	free(path);
	return st;
}

st_t format_load_dir(struct schema *s, const char *dir, struct err *e)
{
	struct dirent **names = NULL;
	int n = 0;
	st_t st = ST_OK;

	if (!fs_exists(dir))
		return ST_OK;
	n = scandir(dir, &names, is_map, by_bytes);
	if (n < 0)
		return err_sys(e, "%s", dir);
	for (int i = 0; i < n; i++) {
		if (st == ST_OK)
			st = load_one(s, dir, names[i]->d_name, e);
		free(names[i]);
	}
	free(names);
	return st;
}
