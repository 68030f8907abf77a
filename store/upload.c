/*
 * Uploads. A part file grows under staging/upload; its small state file is written when somebody may want to resume: at a pause and
 * every CHECKPOINT bytes. While the machine has not been restarted since, all that was written counts (the page cache survives a killed
 * process); after a restart only what the last checkpoint synced. Write-back is started as bytes come, so that the fsync at the end
 * finds little left to do.
 */

#include "store/upload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/str.h"
#include "store/dep_int.h"
#include "store/media_int.h"
#include "store/ocfl_int.h"

#define CHECKPOINT	((uint64_t)512 << 20)
#define FLUSH_STEP	((uint64_t)8 << 20)
#define SMALL		((uint64_t)1 << 20)	/* up to this, many uploads share one syncfs() */

struct upload {
	struct repo *r;
	char id[33], draft[PID_LEN + 1];
	char *path, *media, *part, *state;	/* part, state: local paths */
	char *part_name;
	int64_t size;				/* declared or -1 */
	bool has_sha, stated;			/* stated: the state file names this part */
	uint8_t sha[SHA256_LEN];
	uint32_t user;
	int fd;
	uint64_t off, durable, flushed;
	struct hash *hash;
};

static char *in_staging(struct repo *r, const char *fmt, ...) PRINTF_LIKE(2, 3);
static char *in_staging(struct repo *r, const char *fmt, ...)
{
	struct buf b = BUF_INIT(8192);
	va_list ap;

	buf_addf(&b, "%s/staging/", r->dir);
	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	if (b.st != ST_OK) {
		buf_release(&b);
		return NULL;
	}
	return buf_take(&b, NULL);
}

char *staged_path(struct repo *r, const uint8_t sha[SHA256_LEN])
{
	char hex[SHA256_HEX];

	hex_encode(hex, sha, SHA256_LEN);
	return in_staging(r, "content/%.2s/%s", hex, hex);
}

static void boot_id(char out[64])
{
	struct buf b = BUF_INIT(63);

	out[0] = '\0';
	if (fs_read_file("/proc/sys/kernel/random/boot_id", &b, NULL) == ST_OK && b.n > 0)
		snprintf(out, 64, "%.*s", (int)strcspn(b.p, "\n"), b.p);
	buf_release(&b);
}

static void id_of(char id[33], const char *draft, struct slice path)
{
	struct buf b = BUF_INIT(4096);
	char hex[SHA256_HEX];

	buf_adds(&b, draft);
	buf_addc(&b, '/');
	buf_addsl(&b, path);
	sha256_hex(hex, b.p ? b.p : "", b.n);
	snprintf(id, 33, "%.32s", hex);
	buf_release(&b);
}

static void upload_free(struct upload *u)
{
	if (u == NULL)
		return;
	if (u->fd >= 0)
		close(u->fd);
	hash_free(u->hash);
	free(u->path);
	free(u->media);
	free(u->part);
	free(u->part_name);
	free(u->state);
	free(u);
}

const char *upload_id(const struct upload *u)
{
	return u->id;
}

/* ---- state ---- */

static st_t state_text(const struct upload *u, struct buf *b)
{
	char boot[64], hex[SHA256_HEX];

	boot_id(boot);
	buf_addf(b, "{\"draft\":\"%s\",\"path\":", u->draft);
	json_quote(b, slice_str(u->path));
	buf_addf(b, ",\"size\":%lld,\"user\":%u,\"part\":\"%s\",\"durable\":%llu,\"boot\":\"%s\",\"media\":", (long long)u->size, u->user,
	    u->part_name, (unsigned long long)u->durable, boot);
	json_quote(b, slice_str(u->media));
	if (u->has_sha) {
		hex_encode(hex, u->sha, SHA256_LEN);
		buf_addf(b, ",\"sha256\":\"%s\"", hex);
	}
	return buf_adds(b, "}\n");
}

static json_t *state_load(struct repo *r, const char *id)
{
	struct buf b = BUF_INIT(65536);
	char *path = in_staging(r, "upload/%s.json", id);
	json_t *j = NULL;

	if (path == NULL || fs_read_file(path, &b, NULL) != ST_OK || json_load(&j, buf_slice(&b), NULL) != ST_OK)
		j = NULL;
	buf_release(&b);
	free(path);
	return j;
}

static void state_drop(struct upload *u);

/* After a failed sync nothing that was written is believed, and the same file is not synced again (B6). */
static void part_lost(struct upload *u)
{
	unlink(u->part);
	state_drop(u);
}

/* Sync the part, then say so in the state file; an older part of the same file that the state named before is dropped. */
static st_t checkpoint(struct upload *u, struct err *e)
{
	struct buf b = BUF_INIT(65536);
	json_t *old = u->stated ? NULL : state_load(u->r, u->id);
	const char *name = json_text(old, "part");
	char *stale = name != NULL && strcmp(name, u->part_name) != 0 ? in_staging(u->r, "upload/%s", name) : NULL;
	st_t st = fs_sync_fd(u->fd, u->part, e);

	if (st == ST_IO)
		part_lost(u);
	if (st == ST_OK) {
		u->durable = u->off;
		st = state_text(u, &b);
	}
	if (st == ST_OK)
		st = fs_write_atomic(u->state, b.p, b.n, 0600, e);
	if (st == ST_OK) {
		u->stated = true;
		if (stale != NULL)
			unlink(stale);
	}
	free(stale);
	json_decref(old);
	buf_release(&b);
	return st;
}

/* Forget the state file, if it is this part's. */
static void state_drop(struct upload *u)
{
	json_t *j = state_load(u->r, u->id);
	const char *name = json_text(j, "part");

	if (name != NULL && strcmp(name, u->part_name) == 0)
		unlink(u->state);
	json_decref(j);
}

/* ---- begin, resume ---- */

st_t staging_room(struct repo *r, uint64_t bytes, struct err *e)
{
	struct statvfs v;
	uint64_t avail, keep = (uint64_t)conf_int(r->conf, "store.reserve");

	/* Some is kept free, so that commits, logs and deletes still work (B3). */
	if (statvfs(r->dir, &v) != 0)
		return err_sys(e, "cannot ask for the free space of '%s'", r->dir);
	avail = (uint64_t)v.f_bavail * v.f_frsize;
	if (avail < keep || avail - keep < bytes)
		return err_set(e, ST_FULL, "not enough room on disk for %llu bytes", (unsigned long long)bytes);
	return ST_OK;
}

st_t staging_takes(struct repo *r, const char *draft, struct err *e)
{
	struct rec head = { .id = "" };
	struct kv_txn t;
	st_t st;

	kv_read(r->catalog, &t);
	st = cat_head(&t, draft, true, &head, e);
	kv_end(&t, NULL);
	if (st == ST_OK && head.is_edit)
		st = err_set(e, ST_CONFLICT, "the files of a published version do not change: make a new version");
	rec_release(&head);
	return st;
}

static struct upload *upload_make(struct repo *r, const char *draft, struct slice path)
{
	struct upload *u = calloc(1, sizeof(*u));

	if (u == NULL)
		return NULL;
	u->r = r;
	u->fd = -1;
	snprintf(u->draft, sizeof(u->draft), "%s", draft);
	id_of(u->id, draft, path);
	u->path = slice_dup(path);
	u->hash = hash_new();
	u->state = in_staging(r, "upload/%s.json", u->id);
	if (u->path == NULL || u->hash == NULL || u->state == NULL) {
		upload_free(u);
		return NULL;
	}
	return u;
}

static st_t part_open(struct upload *u, bool fresh, struct err *e)
{
	u->part = in_staging(u->r, "upload/%s", u->part_name);
	if (u->part == NULL)
		return ST_NOMEM;
	u->fd = open(u->part, O_RDWR | O_CLOEXEC | O_NOFOLLOW | (fresh ? O_CREAT | O_EXCL : 0), 0600);
	if (u->fd < 0)
		return err_sys(e, "cannot open upload '%s'", u->id);
	if (flock(u->fd, LOCK_EX | LOCK_NB) != 0)
		return err_set(e, ST_BUSY, "upload '%s' is being written by another connection", u->id);
	return ST_OK;
}

st_t upload_begin(struct repo *r, const struct upload_spec *s, struct upload **out, struct err *e)
{
	struct upload *u = NULL;
	uint64_t nonce;
	struct buf name = BUF_INIT(80);
	st_t st = path_check(s->path, e);

	*out = NULL;
	if (st == ST_OK)
		st = staging_takes(r, s->draft, e);
	if (st == ST_OK)
		st = staging_room(r, s->size > 0 ? (uint64_t)s->size : 0, e);
	if (st != ST_OK)
		return st;
	u = upload_make(r, s->draft, s->path);
	if (u == NULL)
		return ST_NOMEM;
	u->size = s->size;
	u->user = s->user;
	if (s->sha256_hex != NULL) {
		struct slice hex = slice_str(s->sha256_hex);

		if (hex.n != 64 || hex_decode(u->sha, hex) != ST_OK)
			st = err_set(e, ST_INVALID, "the declared sha256 is not 64 hexadecimal digits");
		u->has_sha = true;
	}
	random_bytes(&nonce, sizeof(nonce));
	buf_addf(&name, "%s-%016llx.part", u->id, (unsigned long long)nonce);
	u->part_name = name.st == ST_OK ? buf_take(&name, NULL) : NULL;
	u->media = strdup(s->media != NULL && *s->media != '\0' ? s->media : media_of_name(s->path));
	if (st == ST_OK && (u->part_name == NULL || u->media == NULL))
		st = ST_NOMEM;
	if (st == ST_OK)
		st = part_open(u, true, e);
	if (st != ST_OK) {
		upload_free(u);
		return st;
	}
	*out = u;
	return ST_OK;
}

/* How much of the part counts: all of it, if the machine still runs as when the state was written. */
static uint64_t usable(const json_t *j, uint64_t size)
{
	uint64_t durable = (uint64_t)json_integer_value(json_object_get(j, "durable"));
	const char *then = json_text(j, "boot");
	char now[64];

	boot_id(now);
	if (then != NULL && *now != '\0' && strcmp(then, now) == 0)
		return size;
	return durable < size ? durable : size;
}

static st_t hash_again(struct upload *u, struct err *e)
{
	char *buf = malloc(1 << 18);
	uint64_t at = 0;
	st_t st = buf ? ST_OK : ST_NOMEM;

	while (st == ST_OK && at < u->off) {
		size_t n = u->off - at < (1 << 18) ? (size_t)(u->off - at) : (1 << 18);

		st = fs_pread_all(u->fd, buf, n, (off_t)at, e);
		if (st == ST_OK)
			hash_add(u->hash, buf, n);
		at += n;
	}
	free(buf);
	return st;
}

static st_t resume_from(struct repo *r, const json_t *j, struct upload **out, struct err *e)
{
	const char *draft = json_text(j, "draft"), *part = json_text(j, "part"), *media = json_text(j, "media"), *sha = json_text(j, "sha256");
	struct slice path = json_slice(json_object_get(j, "path"));
	struct upload *u;
	struct stat sb;
	st_t st;

	if (draft == NULL || part == NULL || media == NULL || strchr(part, '/') != NULL || path_check(path, NULL) != ST_OK)
		return err_set(e, ST_ABSENT, "no such upload");
	u = upload_make(r, draft, path);
	if (u == NULL)
		return ST_NOMEM;
	u->part_name = strdup(part);
	u->media = strdup(media);
	u->size = json_integer_value(json_object_get(j, "size"));
	u->user = (uint32_t)json_integer_value(json_object_get(j, "user"));
	u->has_sha = sha != NULL && hex_decode(u->sha, slice_str(sha)) == ST_OK;
	u->stated = true;
	st = u->part_name && u->media ? staging_takes(r, draft, e) : ST_NOMEM;
	if (st == ST_OK)
		st = part_open(u, false, e);
	if (st == ST_OK && fstat(u->fd, &sb) != 0)
		st = err_sys(e, "cannot look at upload '%s'", u->id);
	if (st == ST_OK) {
		u->off = u->flushed = usable(j, (uint64_t)sb.st_size);
		if (ftruncate(u->fd, (off_t)u->off) != 0 || lseek(u->fd, (off_t)u->off, SEEK_SET) < 0)
			st = err_sys(e, "cannot go on with upload '%s'", u->id);
	}
	if (st == ST_OK)
		st = hash_again(u, e);
	if (st == ST_OK)
		st = checkpoint(u, e);
	if (st != ST_OK) {
		upload_free(u);
		return st;
	}
	*out = u;
	return ST_OK;
}

static bool id_valid(const char *id)
{
	return strlen(id) == 32 && strspn(id, "0123456789abcdef") == 32;
}

st_t upload_resume(struct repo *r, const char *id, struct upload **out, uint64_t *offset, struct err *e)
{
	json_t *j = id_valid(id) ? state_load(r, id) : NULL;
	st_t st;

	*out = NULL;
	if (j == NULL)
		return err_set(e, ST_ABSENT, "no such upload");
	st = resume_from(r, j, out, e);
	if (st == ST_OK)
		*offset = (*out)->off;
	json_decref(j);
	return st;
}

st_t upload_find(struct repo *r, const char *draft, struct slice path, char id[33], uint64_t *offset, struct err *e)
{
	char *part = NULL;
	const char *name;
	uint64_t size;
	json_t *j;
	st_t st;

	id_of(id, draft, path);
	j = state_load(r, id);
	name = json_text(j, "part");
	if (name == NULL || strchr(name, '/') != NULL) {
		json_decref(j);
		return err_set(e, ST_ABSENT, "no such upload");
	}
	part = in_staging(r, "upload/%s", name);
	st = part ? fs_size(part, &size, e) : ST_NOMEM;
	if (st == ST_OK)
		*offset = usable(j, size);
	free(part);
	json_decref(j);
	return st;
}

st_t upload_info(struct repo *r, const char *id, struct upload_info *out, struct err *e)
{
	json_t *j = id_valid(id) ? state_load(r, id) : NULL;
	const char *draft = json_text(j, "draft"), *sha = json_text(j, "sha256");
	struct slice path = json_slice(json_object_get(j, "path"));
	char same[33];
	st_t st;

	memset(out, 0, sizeof(*out));
	if (draft == NULL || path.n == 0 || strlen(draft) != PID_LEN) {
		json_decref(j);
		return err_set(e, ST_ABSENT, "no such upload");
	}
	memcpy(out->draft, draft, PID_LEN + 1);
	out->size = json_integer_value(json_object_get(j, "size"));
	out->user = (uint32_t)json_integer_value(json_object_get(j, "user"));
	if (sha != NULL)
		snprintf(out->sha256_hex, sizeof(out->sha256_hex), "%s", sha);
	st = upload_find(r, draft, path, same, &out->offset, e);
	if (st == ST_OK && (out->path = slice_dup(path)) == NULL)
		st = ST_NOMEM;
	json_decref(j);
	return st;
}

void upload_info_release(struct upload_info *i)
{
	free(i->path);
	i->path = NULL;
}

/* ---- bytes ---- */

st_t upload_write(struct upload *u, const void *p, size_t n, struct err *e)
{
	st_t st;

	if (u->size >= 0 && n > (uint64_t)u->size - u->off)
		return err_set(e, ST_TOOBIG, "more than the %lld bytes announced", (long long)u->size);
	/* An announced size was checked at the start; without one, ask as it grows. */
	if (u->off / FLUSH_STEP != (u->off + n) / FLUSH_STEP && (st = staging_room(u->r, n, e)) != ST_OK)
		return st;
	st = fs_write_all(u->fd, p, n, e);
	if (st != ST_OK) {
		/* What was not acknowledged goes, so that the part holds exactly what its digest was fed. */
		if (ftruncate(u->fd, (off_t)u->off) != 0 || lseek(u->fd, (off_t)u->off, SEEK_SET) < 0)
			u->size = (int64_t)u->off;
		return st;
	}
	hash_add(u->hash, p, n);
	u->off += n;
	if (u->off - u->flushed >= FLUSH_STEP) {
		(void)sync_file_range(u->fd, (off_t)u->flushed, (off_t)(u->off - u->flushed), SYNC_FILE_RANGE_WRITE);
		u->flushed = u->off;
	}
	return u->off - u->durable >= CHECKPOINT ? checkpoint(u, e) : ST_OK;
}

st_t upload_pause(struct upload *u, struct err *e)
{
	st_t st = checkpoint(u, e);

	upload_free(u);
	return st;
}

void upload_abort(struct upload *u)
{
	if (u == NULL)
		return;
	unlink(u->part);
	state_drop(u);
	upload_free(u);
}

/* ---- end ---- */

struct end_job { struct upload *u; struct cat_file f; };

static st_t end_apply(void *arg, struct kv_txn *t)
{
	struct end_job *j = arg;
	struct upload *u = j->u;
	struct rec rec = { .id = "" };
	struct cat_file f = j->f, old = { .path = NULL };
	bool there;

	if (draft_open(t, u->draft, &rec)) {
		there = cat_file_get(t, u->draft, true, slice_str(u->path), &old, NULL) == ST_OK;
		if (there) {
			f.access = old.access;
			f.meta = old.meta;
		} else {
			dep_path_new(t, u->draft, slice_str(u->path));
		}
		if (t->st == ST_OK) {
			cat_file_put(t, u->draft, true, &f);
			draft_save(t, u->r, &rec, there ? 0 : 1, (int64_t)f.size - (int64_t)(there ? old.size : 0));
		}
		cat_file_release(&old);
	}
	rec_release(&rec);
	return t->st;
}

/* Move the part to its digest's name; bytes that are there already are kept, and marked as just used. */
static st_t to_content(struct upload *u, const char *content, struct err *e)
{
	uint64_t size;
	st_t st = stage_parents(content, strlen(u->r->dir), e);

	if (st == ST_OK && fs_exists(content) && fs_size(content, &size, NULL) == ST_OK && size == u->off) {
		if (utimensat(AT_FDCWD, content, NULL, AT_SYMLINK_NOFOLLOW) != 0)
			return err_sys(e, "cannot touch '%s'", content);
		st = fs_remove(u->part, e);
	} else if (st == ST_OK) {
		st = fs_rename(u->part, content, e);
	}
	if (st != ST_OK)
		return st;
	if (u->off <= SMALL)
		return object_sync_local(u->r->objects, content, e);
	/* A large one goes alone: a sync of the whole file system might wait for everybody else's bytes. */
	st = fs_sync_parent(content, e);
	if (st == ST_OK) {
		char *dir = in_staging(u->r, "content");

		st = dir ? fs_sync_dir(dir, e) : ST_NOMEM;
		free(dir);
	}
	return st;
}

static st_t make_durable(struct upload *u, struct err *e)
{
	struct stat sb;
	st_t st = u->off <= SMALL ? object_sync_local(u->r->objects, u->part, e) : fs_sync_fd(u->fd, u->part, e);

	if (st == ST_OK && fstat(u->fd, &sb) != 0)
		st = err_sys(e, "cannot look at '%s'", u->part);
	if (st == ST_OK && (uint64_t)sb.st_size != u->off)
		st = err_set(e, ST_IO, "'%s' has %lld bytes after writing %llu", u->path, (long long)sb.st_size, (unsigned long long)u->off);
	if (st == ST_OK && fchmod(u->fd, 0444) != 0)
		st = err_sys(e, "cannot protect '%s'", u->part);
	return st;
}

static st_t into_draft(struct upload *u, struct cat_file *f, struct err *e)
{
	struct end_job j = { .u = u, .f = *f };
	char *content = staged_path(u->r, f->sha256);
	st_t st;

	if (content == NULL)
		return ST_NOMEM;
	pthread_rwlock_rdlock(&u->r->dep->staged);
	st = to_content(u, content, e);
	if (st == ST_OK)
		st = writer_do(u->r->cat_w, end_apply, &j, e);
	pthread_rwlock_unlock(&u->r->dep->staged);
	free(content);
	return st;
}

/* Something is wrong with the bytes or their number: they stay, and can be gone on with. */
static st_t keep(struct upload *u, st_t st)
{
	checkpoint(u, NULL);
	upload_free(u);
	return st;
}

st_t upload_end(struct upload *u, struct cat_file *out, struct err *e)
{
	struct cat_file f = { .path = u->path, .media = u->media, .size = u->off, .modified = clock_now() };
	char hex[SHA256_HEX];
	st_t st;

	if (u->size >= 0 && u->off != (uint64_t)u->size)
		return keep(u, err_set(e, ST_CONFLICT, "%llu of the %lld bytes announced have come", (unsigned long long)u->off, (long long)u->size));
	hash_end(u->hash, f.sha256, &f.crc32);
	if (u->has_sha && memcmp(u->sha, f.sha256, SHA256_LEN) != 0) {
		hex_encode(hex, f.sha256, SHA256_LEN);
		return keep(u, err_set(e, ST_CONFLICT, "the bytes of '%s' have the sha256 %s, not the one announced", u->path, hex));
	}
	st = make_durable(u, e);
	if (st != ST_OK) {
		part_lost(u);
		upload_free(u);
		return st;
	}
	st = into_draft(u, &f, e);
	if (st != ST_OK && fs_exists(u->part)) {
		fchmod(u->fd, 0600);
		return keep(u, st);
	}
	state_drop(u);
	if (st == ST_OK && out != NULL) {
		*out = f;
		out->path = strdup(u->path);
		out->media = strdup(u->media);
		if (out->path == NULL || out->media == NULL) {
			cat_file_release(out);
			st = ST_NOMEM;
		}
	}
	upload_free(u);
	return st;
}

/* ---- reading ---- */

static st_t staged_open(struct repo *r, const struct cat_file *f, int *fd, uint64_t *size, struct err *e)
{
	char *path = staged_path(r, f->sha256);
	struct stat sb;

	if (path == NULL)
		return ST_NOMEM;
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	free(path);
	if (*fd < 0)
		return err_sys(e, "content of '%s'", f->path);
	if (fstat(*fd, &sb) != 0 || !S_ISREG(sb.st_mode)) {
		close(*fd);
		*fd = -1;
		return err_set(e, ST_CORRUPT, "content of '%s' is no regular file", f->path);
	}
	*size = (uint64_t)sb.st_size;
	return ST_OK;
}

static st_t stored_open(struct repo *r, const char *id, bool draft, const struct cat_file *f, int *fd, uint64_t *size, struct err *e)
{
	struct rec head = { .id = "" };
	char key[OCFL_KEY_MAX], *path;
	struct kv_txn t;
	st_t st;

	kv_read(r->catalog, &t);
	st = cat_head(&t, id, draft, &head, e);
	kv_end(&t, NULL);
	if (st != ST_OK)
		return st;
	dep_object_key(key, head.parent);
	rec_release(&head);
	path = fs_join(key, f->where);
	st = path ? object_open(r->objects, path, fd, size, e) : ST_NOMEM;
	free(path);
	return st;
}

st_t content_open(struct repo *r, const char *id, bool draft, const struct cat_file *f, int *fd, struct err *e)
{
	uint64_t size = 0;
	st_t st;

	*fd = -1;
	if (f->pending)
		return err_set(e, ST_ABSENT, "file '%s' has no content yet", f->path);
	st = f->where != NULL ? stored_open(r, id, draft, f, fd, &size, e) : staged_open(r, f, fd, &size, e);
	if (st == ST_OK && size != f->size) {
		close(*fd);
		*fd = -1;
		st = err_set(e, ST_CORRUPT, "content of '%s' has %llu bytes instead of %llu", f->path, (unsigned long long)size, (unsigned long long)f->size);
	}
	return st;
}
