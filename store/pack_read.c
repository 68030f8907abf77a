/* Reading packs: for recovery, rebuild and fsck. */

#include "store/pack_int.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "base/fs.h"
#include "base/log.h"
#include "store/dep_int.h"
#include "store/ocfl_int.h"

#define FRAME_MAX ((unsigned long long)64 << 20)

st_t frames_open(struct frames *f, int fd, struct err *e)
{
	struct stat sb;

	memset(f, 0, sizeof(*f));
	f->fd = fd;
	if (fstat(fd, &sb) != 0)
		return err_sys(e, "cannot look at a pack");
	f->size = (uint64_t)sb.st_size;
	if (f->size == 0)
		return ST_OK;
	f->map = mmap(NULL, f->size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (f->map == MAP_FAILED) {
		f->map = NULL;
		return err_sys(e, "cannot map a pack");
	}
	return ST_OK;
}

void frames_release(struct frames *f)
{
	if (f->map != NULL)
		munmap(f->map, f->size);
	f->map = NULL;
}

st_t frames_next(struct frames *f, struct buf *text, struct err *e)
{
	unsigned long long want;
	size_t n, got;

	buf_clear(text);
	if (f->at == f->size)
		return ST_EOF;
	n = ZSTD_findFrameCompressedSize(f->map + f->at, f->size - f->at);
	if (ZSTD_isError(n))
		return err_set(e, ST_CORRUPT, "pack is cut or damaged at byte %llu", (unsigned long long)f->at);
	want = ZSTD_getFrameContentSize(f->map + f->at, n);
	if (want > FRAME_MAX || buf_reserve(text, want + 1) != ST_OK)
		return err_set(e, ST_CORRUPT, "pack has a frame of impossible size at byte %llu", (unsigned long long)f->at);
	got = ZSTD_decompress(text->p, want, f->map + f->at, n);
	if (ZSTD_isError(got) || got != want)
		return err_set(e, ST_CORRUPT, "pack is damaged at byte %llu", (unsigned long long)f->at);
	text->n = got;
	text->p[got] = '\0';
	f->at += n;
	return ST_OK;
}

st_t pack_line_read(struct slice line, struct pack_line *l, json_t **j, struct buf *text, struct err *e)
{
	st_t st = json_load(j, line, e);

	memset(l, 0, sizeof(*l));
	if (st != ST_OK)
		return err_set(e, ST_CORRUPT, "line of a pack is no JSON");
	l->change = (uint64_t)json_integer_value(json_object_get(*j, "change"));
	l->time = json_integer_value(json_object_get(*j, "time"));
	l->created = json_integer_value(json_object_get(*j, "created"));
	l->published = json_integer_value(json_object_get(*j, "published"));
	l->revision = (uint32_t)json_integer_value(json_object_get(*j, "revision"));
	l->etag = (uint32_t)json_integer_value(json_object_get(*j, "etag"));
	l->id = json_text(*j, "id");
	l->parent = json_text(*j, "parent");
	l->sid = json_text(*j, "source");
	l->doc = json_object_get(*j, "record");
	buf_clear(text);
	if (l->change == 0 || l->id == NULL || l->parent == NULL || l->sid == NULL || !json_is_object(l->doc) ||
	    json_dump(text, l->doc, false) != ST_OK) {
		json_decref(*j);
		*j = NULL;
		return err_set(e, ST_CORRUPT, "line of a pack lacks its members");
	}
	l->text = buf_slice(text);
	return ST_OK;
}

/* ---- after a crash ---- */

struct tail { uint64_t lines, first, last, good; int64_t time; };

/* Count the frames that reached the catalogue; good: where they end. */
static st_t measure(struct repo *r, int fd, struct tail *out, struct err *e)
{
	struct frames f;
	struct buf text = BUF_INIT(BUF_NOMAX), doc = BUF_INIT(BUF_NOMAX);
	st_t st = frames_open(&f, fd, e);

	memset(out, 0, sizeof(*out));
	while (st == ST_OK && (st = frames_next(&f, &text, NULL)) == ST_OK) {
		struct slice rest = buf_slice(&text), line = slice_cut(&rest, '\n');
		struct pack_line l;
		json_t *j = NULL;
		uint64_t n = 0;
		size_t i;

		if (pack_line_read(line, &l, &j, &doc, NULL) != ST_OK)
			break;
		if (!dep_committed(r, l.change, l.parent)) {
			json_decref(j);
			break;
		}
		for (i = 0; i < text.n; i++)
			n += text.p[i] == '\n';
		out->first = out->first ? out->first : l.change;
		out->last = l.change + n - 1;
		out->lines += n;
		out->time = l.time;
		out->good = f.at;
		json_decref(j);
	}
	frames_release(&f);
	buf_release(&text);
	buf_release(&doc);
	return st == ST_EOF || st == ST_CORRUPT ? ST_OK : st;
}

/* Was the run's version placed wholly? Else take out what is there of it. */
static st_t placed(struct repo *r, const char *source, const char *dir, bool *done, struct err *e)
{
	char object[OCFL_ID_MAX], key[OCFL_KEY_MAX], *stage = fs_join(dir, "put"), *intent = stage ? fs_join(stage, "intent.json") : NULL;
	struct buf b = BUF_INIT(65536);
	struct ocfl_inv inv = { .id = NULL };
	json_t *j = NULL;
	unsigned version;
	st_t st = intent ? ST_OK : ST_NOMEM;

	*done = false;
	snprintf(object, sizeof(object), "azekura:pack:%s", source);
	ocfl_object_key(key, object);
	if (st == ST_OK && fs_read_file(intent, &b, NULL) == ST_OK && json_load(&j, buf_slice(&b), NULL) == ST_OK) {
		version = (unsigned)json_integer_value(json_object_get(j, "version"));
		if (ocfl_inv_read(r->objects, key, &inv, NULL) == ST_OK && inv.head == version)
			*done = true;
		else if (version > 0)
			st = ocfl_undo(r->objects, key, version, stage, e);
		ocfl_inv_release(&inv);
	} else {
		object_prune(r->objects, key);
	}
	if (st == ST_OK && !*done)
		st = fs_remove_tree(stage, e);
	json_decref(j);
	buf_release(&b);
	free(stage);
	free(intent);
	return st;
}

st_t pack_recover_one(struct repo *r, const char *source, struct err *e)
{
	struct buf b = BUF_INIT(8192);
	struct tail tail = { .lines = 0 };
	char actor[160];
	bool done = false;
	int fd = -1;
	st_t st;

	buf_addf(&b, "%s/staging/pack/%s/run.zst", r->dir, source);
	if (b.st != ST_OK)
		return b.st;
	fd = open(b.p, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno != ENOENT) {
		st = err_sys(e, "cannot open '%s'", b.p);
		goto out;
	}
	st = fd >= 0 ? measure(r, fd, &tail, e) : ST_OK;
	if (st == ST_OK && fd >= 0 && ftruncate(fd, (off_t)tail.good) != 0)
		st = err_sys(e, "cannot cut '%s'", b.p);
	if (st == ST_OK && fd >= 0)
		st = fs_sync_fd(fd, b.p, e);
	b.n -= strlen("/run.zst");
	b.p[b.n] = '\0';
	if (st == ST_OK)
		st = placed(r, source, b.p, &done, e);
	if (st == ST_OK && (done || tail.lines == 0)) {
		st = fs_remove_tree(b.p, e);
	} else if (st == ST_OK) {
		log_info("store", "finishing an import cut short source=%s records=%llu", source, (unsigned long long)tail.lines);
		snprintf(actor, sizeof(actor), "program:azekura import %s", source);
		st = pack_finish(r, source, b.p, tail.lines, tail.first, tail.last, tail.time, actor, e);
	}
out:
	if (fd >= 0)
		close(fd);
	buf_release(&b);
	return st;
}

st_t pack_recover(struct repo *r, struct err *e)
{
	char *dir = fs_join(r->dir, "staging/pack");
	struct dirent *d;
	DIR *list = dir ? opendir(dir) : NULL;
	st_t st = ST_OK;

	if (dir == NULL)
		return ST_NOMEM;
	if (list == NULL)
		st = err_sys(e, "cannot read '%s'", dir);
	while (st == ST_OK && (d = readdir(list)) != NULL)
		if (d->d_name[0] != '.')
			st = pack_recover_one(r, d->d_name, e);
	if (list != NULL)
		closedir(list);
	free(dir);
	return st;
}
