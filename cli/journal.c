#include "cli/journal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/fs.h"

#define JOURNAL_MAX ((size_t)1 << 30)

struct journal {
	int fd;
	char *path;
	struct map *lines;		/* key -> json_t, owned */
};

static void drop(void *p)
{
	json_decref(p);
}

void journal_close(struct journal *j)
{
	if (j == NULL)
		return;
	if (j->fd >= 0)
		close(j->fd);
	map_free(j->lines, drop);
	free(j->path);
	free(j);
}

static st_t keep(struct journal *j, json_t *line)
{
	const char *key = json_text(line, "key");
	void *old = NULL;
	st_t st;

	if (key == NULL) {
		json_decref(line);
		return ST_OK;
	}
	st = map_put(j->lines, slice_str(key), line, &old);
	json_decref(old);
	return st;
}

/* ${whole}: bytes of whole lines. */
static st_t load(struct journal *j, size_t *whole, struct err *e)
{
	struct buf b = BUF_INIT(JOURNAL_MAX);
	st_t st = fs_read_file(j->path, &b, e);
	size_t at = 0;

	while (st == ST_OK && at < b.n) {
		const char *end = memchr(b.p + at, '\n', b.n - at);
		json_t *line = NULL;

		if (end == NULL)
			break;
		if (json_load(&line, slice_of(b.p + at, (size_t)(end - b.p) - at), NULL) == ST_OK)
			st = keep(j, line);
		at = (size_t)(end - b.p) + 1;
	}
	*whole = at;
	buf_release(&b);
	return st;
}

st_t journal_open(struct journal **out, const char *path, struct err *e)
{
	struct journal *j = calloc(1, sizeof(*j));
	size_t whole = 0;
	st_t st = ST_OK;

	*out = NULL;
	if (j == NULL)
		return ST_NOMEM;
	j->fd = -1;
	j->path = slice_dup(slice_str(path));
	j->lines = map_new();
	if (j->path == NULL || j->lines == NULL)
		st = ST_NOMEM;
	if (st == ST_OK && (j->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) < 0)
		st = err_sys(e, "cannot open '%s'", path);
	if (st == ST_OK && flock(j->fd, LOCK_EX | LOCK_NB) != 0)
		st = err_set(e, ST_BUSY, "another process works on '%s'", path);
	if (st == ST_OK)
		st = load(j, &whole, e);
	if (st == ST_OK && ftruncate(j->fd, (off_t)whole) != 0)
		st = err_sys(e, "cannot cut '%s'", path);
	if (st == ST_OK)
		st = fs_sync_parent(path, e);
	if (st != ST_OK) {
		journal_close(j);
		return st;
	}
	*out = j;
	return ST_OK;
}

const json_t *journal_get(const struct journal *j, const char *key)
{
	return map_get(j->lines, slice_str(key));
}

st_t journal_add(struct journal *j, json_t *line, struct err *e)
{
	struct buf b = BUF_INIT(1 << 20);
	st_t st = line == NULL ? ST_NOMEM : json_dump(&b, line, false);

	if (st == ST_OK)
		st = buf_addc(&b, '\n');
	if (st == ST_OK)
		st = fs_write_all(j->fd, b.p, b.n, e);
	if (st == ST_OK)
		st = fs_sync_fd(j->fd, j->path, e);
	if (st == ST_OK)
		st = keep(j, line);
	else
		json_decref(line);
	buf_release(&b);
	return st;
}
