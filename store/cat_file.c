/*
 * Files: 'F' record number, 0 published or 1 draft, path (cut and marked when long) -> row:
 *   0 crc of the rest   4 crc32 of the bytes   8 size  16 modified  24 sha256 (32)  56 access  57 flags
 *  58 length of path (2)  60 of media (2)  62 of where (2)  64 of meta (4)  68 path, media, where, meta
 */

#include "base/clock.h"
#include "base/hash.h"
#include "base/str.h"
#include "store/cat_int.h"

#define FILE_FIXED	68
#define F_PENDING	1
#define VIEW_FILES_MAX	1000

static struct key file_key(uint64_t rno, bool draft, struct slice path)
{
	struct key k;

	key_init(&k, 'F');
	key_u64(&k, rno);
	key_u8(&k, draft);
	if (path.n > 0)
		key_text(&k, path);
	return k;
}

void cat_file_release(struct cat_file *f)
{
	free(f->path);
	free(f->media);
	free(f->where);
	json_decref(f->meta);
	memset(f, 0, sizeof(*f));
}

static size_t get_u16(const uint8_t *p)
{
	return (size_t)p[0] << 8 | p[1];
}

static st_t file_read(struct slice v, struct cat_file *out, struct err *e)
{
	const uint8_t *p = (const uint8_t *)v.p;
	size_t path, media, where, meta;
	const char *at = v.p + FILE_FIXED;
	st_t st = ST_OK;

	memset(out, 0, sizeof(*out));
	if (v.n < FILE_FIXED || get_u32(p) != crc32_of(0, p + 4, v.n - 4))
		return err_set(e, ST_CORRUPT, "the catalogue row of a file is damaged; rebuild the catalogue");
	path = get_u16(p + 58);
	media = get_u16(p + 60);
	where = get_u16(p + 62);
	meta = get_u32(p + 64);
	if (v.n != FILE_FIXED + path + media + where + meta)
		return err_set(e, ST_CORRUPT, "the catalogue row of a file is damaged; rebuild the catalogue");
	out->crc32 = get_u32(p + 4);
	out->size = get_u64(p + 8);
	out->modified = (int64_t)get_u64(p + 16);
	memcpy(out->sha256, p + 24, 32);
	out->access = p[56];
	out->pending = p[57] & F_PENDING;
	out->path = slice_dup(slice_of(at, path));
	if (media > 0)
		out->media = slice_dup(slice_of(at + path, media));
	if (where > 0)
		out->where = slice_dup(slice_of(at + path + media, where));
	if (out->path == NULL || (media > 0 && out->media == NULL) || (where > 0 && out->where == NULL))
		st = err_set(e, ST_NOMEM, "out of memory");
	if (st == ST_OK && meta > 0)
		st = json_load(&out->meta, slice_of(at + path + media + where, meta), e);
	if (st != ST_OK)
		cat_file_release(out);
	return st;
}

void cat_file_put(struct kv_txn *t, const char *id, bool draft, const struct cat_file *f)
{
	struct buf row = BUF_INIT((size_t)1 << 22);
	uint8_t h[FILE_FIXED] = { 0 };
	size_t path = strlen(f->path), media = f->media ? strlen(f->media) : 0, where = f->where ? strlen(f->where) : 0, at;
	uint64_t rno;
	struct key k;

	if (t->st != ST_OK)
		return;
	if (path == 0 || path > UINT16_MAX || media > UINT16_MAX || where > UINT16_MAX) {
		kv_fail(t, ST_INVALID, "the path of a file of '%s' has %zu bytes", id, path);
		return;
	}
	rno = cat_rno_new(t, id);
	put_u32(h + 4, f->crc32);
	put_u64(h + 8, f->size);
	put_u64(h + 16, (uint64_t)f->modified);
	memcpy(h + 24, f->sha256, 32);
	h[56] = (uint8_t)f->access;
	h[57] = f->pending ? F_PENDING : 0;
	h[58] = (uint8_t)(path >> 8);
	h[59] = (uint8_t)path;
	h[60] = (uint8_t)(media >> 8);
	h[61] = (uint8_t)media;
	h[62] = (uint8_t)(where >> 8);
	h[63] = (uint8_t)where;
	buf_add(&row, h, FILE_FIXED);
	buf_add(&row, f->path, path);
	buf_add(&row, f->media, media);
	buf_add(&row, f->where, where);
	at = row.n;
	if (f->meta != NULL)
		json_dump(&row, f->meta, false);
	if (row.st != ST_OK) {
		kv_fail(t, row.st, "file '%s' of '%s': %s", f->path, id, st_name(row.st));
	} else {
		put_u32(row.p + 64, (uint32_t)(row.n - at));
		put_u32(row.p, crc32_of(0, row.p + 4, row.n - 4));
		k = file_key(rno, draft, slice_str(f->path));
		kv_append(t, CAT_FILE, key_slice(&k), buf_slice(&row));
	}
	buf_release(&row);
}

void cat_file_del(struct kv_txn *t, const char *id, bool draft, struct slice path)
{
	uint64_t rno = cat_rno(t, id);
	struct key k;

	if (rno == 0 || path.n == 0)
		return;
	k = file_key(rno, draft, path);
	kv_del(t, CAT_FILE, key_slice(&k));
}

size_t cat_files_clear_some(struct kv_txn *t, const char *id, bool draft, size_t max)
{
	uint64_t rno = cat_rno(t, id);
	struct key prefix, k;
	struct kv_cur c;
	size_t n = 0;

	if (rno == 0)
		return 0;
	prefix = file_key(rno, draft, SLICE_NULL);
	kv_cur_open(t, CAT_FILE, &c);
	while (n < max && kv_seek(&c, key_slice(&prefix)) && c.key.n > prefix.n && memcmp(c.key.p, prefix.p, prefix.n) == 0) {
		/* The cursor's key lies in the page that the deletion changes. */
		memcpy(k.p, c.key.p, c.key.n);
		k.n = c.key.n;
		kv_del(t, CAT_FILE, key_slice(&k));
		n++;
	}
	kv_cur_close(&c);
	return n;
}

void cat_files_clear(struct kv_txn *t, const char *id, bool draft)
{
	(void)cat_files_clear_some(t, id, draft, SIZE_MAX);
}

st_t cat_file_get(struct kv_txn *t, const char *id, bool draft, struct slice path, struct cat_file *out, struct err *e)
{
	uint64_t rno = cat_rno(t, id);
	struct key k;
	struct slice v;
	st_t st;

	memset(out, 0, sizeof(*out));
	if (rno != 0 && path.n > 0) {
		k = file_key(rno, draft, path);
		if (kv_get(t, CAT_FILE, key_slice(&k), &v)) {
			st = file_read(v, out, e);
			return st == ST_OK ? ST_OK : err_wrap(e, "'%s'", id);
		}
	}
	if (t->st != ST_OK) {
		if (e != NULL)
			*e = t->err;
		return t->st;
	}
	return err_set(e, ST_ABSENT, "no file '%.*s' in '%s'", (int)(path.n < 200 ? path.n : 200), path.p ? path.p : "", id);
}

size_t cat_files(struct kv_txn *t, const char *id, bool draft, struct slice after, struct cat_file *out, size_t max)
{
	uint64_t rno = cat_rno(t, id);
	struct key prefix, from;
	struct kv_cur c;
	struct err e = ERR_INIT;
	size_t n = 0;
	bool more;

	if (rno == 0)
		return 0;
	prefix = file_key(rno, draft, SLICE_NULL);
	from = file_key(rno, draft, after);
	kv_cur_open(t, CAT_FILE, &c);
	more = kv_seek(&c, key_slice(&from));
	if (more && after.n > 0 && slice_eq(c.key, key_slice(&from)))
		more = kv_next(&c);
	for (; more && n < max; more = kv_next(&c)) {
		st_t st;

		if (c.key.n <= prefix.n || memcmp(c.key.p, prefix.p, prefix.n) != 0)
			break;
		st = file_read(c.v, &out[n], &e);
		if (st != ST_OK) {
			kv_fail(t, st, "'%s': %s", id, e.text);
			break;
		}
		n++;
	}
	kv_cur_close(&c);
	if (t->st != ST_OK)
		while (n > 0)
			cat_file_release(&out[--n]);
	return n;
}

/* ---- the view of a crosswalk ---- */

static const char *access_label(enum rec_access a)
{
	static const char *const label[] = { "open access", "embargoed access", "restricted access", "metadata only access" };

	return label[a];
}

static st_t file_view(json_t *array, const struct cat_file *f)
{
	json_t *j = json_object(), *sums = json_object();
	char hex[SHA256_HEX], when[ISO8601_LEN];
	st_t st;

	hex_encode(hex, f->sha256, 32);
	iso8601(when, f->modified);
	st = json_put_str(j, "path", slice_str(f->path));
	if (st == ST_OK && f->media != NULL)
		st = json_put_str(j, "mediaType", slice_str(f->media));
	if (st == ST_OK)
		st = json_put(j, "size", json_integer((json_int_t)f->size));
	if (st == ST_OK)
		st = json_put_str(sums, "sha256", slice_str(hex));
	if (st == ST_OK) {
		st = json_put(j, "checksums", sums);
		sums = NULL;
	}
	if (st == ST_OK && f->modified != 0)
		st = json_put_str(j, "modified", slice_str(when));
	if (st == ST_OK)
		st = json_put_str(j, "access", slice_str(access_label(f->access)));
	/* What the depositor said about the file stands beside what is known of its bytes, and never over it. */
	if (st == ST_OK && json_is_object(f->meta) && json_object_update_missing(j, f->meta) != 0)
		st = ST_NOMEM;
	if (st == ST_OK)
		st = json_push(array, j);
	else
		json_decref(j);
	json_decref(sums);
	return st;
}

static st_t files_view(struct kv_txn *t, const char *id, bool draft, json_t **out)
{
	struct cat_file f[16];
	char *after = NULL;
	size_t n, i, total = 0;
	st_t st = ST_OK;
	json_t *array = json_array();

	if (array == NULL)
		return ST_NOMEM;
	do {
		n = cat_files(t, id, draft, slice_str(after), f, 16);
		if (n > 0) {
			free(after);
			after = strdup(f[n - 1].path);
			if (after == NULL)
				st = ST_NOMEM;
		}
		for (i = 0; i < n; i++) {
			if (st == ST_OK && !f[i].pending && total < VIEW_FILES_MAX) {
				st = file_view(array, &f[i]);
				total++;
			}
			cat_file_release(&f[i]);
		}
	} while (st == ST_OK && n == 16 && total < VIEW_FILES_MAX);
	free(after);
	if (st == ST_OK)
		*out = array;
	else
		json_decref(array);
	return st;
}

static const char *state_name(enum rec_state s)
{
	static const char *const name[] = { "draft", "review", "published", "withdrawn" };

	return name[s];
}

st_t cat_view(struct kv_txn *t, const struct rec *rec, struct record_view *out)
{
	json_t *files = NULL;
	bool draft = rec->state == REC_DRAFT || rec->state == REC_REVIEW;
	st_t st = ST_OK;

	memset(out, 0, sizeof(*out));
	out->doc = rec->doc;
	out->id = rec->id;
	out->parent = rec->parent;
	out->version = rec->version;
	out->revision = rec->revision;
	out->state = state_name(rec->state);
	out->created = rec->created;
	out->modified = rec->modified;
	out->published = rec->published;
	out->files_total = rec->files;
	out->bytes_total = rec->bytes;
	/* By what the record says, not by the clock: the end of an embargo is a change of the record, so renditions never age by themselves. */
	out->files_open = rec->state == REC_PUBLISHED && rec->access == ACC_OPEN;
	if (rec->files > 0)
		st = files_view(t, rec->id, draft && !rec->is_edit, &files);
	out->files = files;
	return st != ST_OK ? st : t->st;
}

void cat_view_release(struct record_view *v)
{
	json_decref((json_t *)v->files);
	memset(v, 0, sizeof(*v));
}
