/*
 * A zip that is written while it is read (APPNOTE 6.3: stored entries, ZIP64 where sizes, offsets or counts ask for it, names in UTF-8).
 * Sizes and CRC-32 of all files are in the catalogue, so headers need no data descriptor, the length is known before the first
 * byte, and the same record always gives the same bytes: times are those of its publication. The list of files is walked three
 * times (length, content, central directory) instead of being held.
 */

#include "package/pk_int.h"

#include <errno.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/vec.h"
#include "store/upload.h"

#define CHUNK ((size_t)128 << 10)	/* a line or a header may go past it, the chunk's ceiling is 256 kB */
#define MAX32 0xffffffffu

struct zip {
	struct body body;		/* first: the server sees this one */
	struct pk_files files;
	VEC(struct zip_part) parts;
	uint16_t dos_time, dos_date;
	/* the writing */
	bool directory;			/* contents are out, the central directory is being written */
	size_t at;			/* part */
	bool started;			/* inside a part: rewound, or bytes begun */
	struct cat_file *file;		/* whose bytes are going out; borrowed from files */
	int fd;
	struct made_at made;
	uint64_t done;			/* of this file, bytes or document */
	uint32_t crc;
	uint64_t offset;		/* of the next local header (directory: of the next one described) */
	uint64_t count, dir_start, total;
	bool ended;
};

/* What headers say of one entry. */
struct entry { struct slice prefix, name; uint64_t size, offset; uint32_t crc; };

static void le16(struct buf *b, unsigned v) { uint8_t p[2] = { (uint8_t)v, (uint8_t)(v >> 8) }; buf_add(b, p, 2); }
static void le32(struct buf *b, uint32_t v) { le16(b, v & 0xffff); le16(b, v >> 16); }
static void le64(struct buf *b, uint64_t v) { le32(b, (uint32_t)v); le32(b, (uint32_t)(v >> 32)); }
static uint32_t low(uint64_t v) { return v >= MAX32 ? MAX32 : (uint32_t)v; }

static void common(struct buf *b, const struct zip *z, const struct entry *en, unsigned extra)
{
	le16(b, en->size >= MAX32 || en->offset >= MAX32 ? 45 : 20);
	le16(b, 0x0800);		/* names are UTF-8 */
	le16(b, 0);			/* stored */
	le16(b, z->dos_time);
	le16(b, z->dos_date);
	le32(b, en->crc);
	le32(b, low(en->size));
	le32(b, low(en->size));
	le16(b, (unsigned)(en->prefix.n + en->name.n));
	le16(b, extra);
}

static void local_header(struct buf *b, const struct zip *z, struct entry en)
{
	bool big = en.size >= MAX32;

	en.offset = 0;			/* not said here */
	le32(b, 0x04034b50);
	common(b, z, &en, big ? 20 : 0);
	buf_addsl(b, en.prefix);
	buf_addsl(b, en.name);
	if (big) {
		le16(b, 1);
		le16(b, 16);
		le64(b, en.size);
		le64(b, en.size);
	}
}

static void central_header(struct buf *b, const struct zip *z, const struct entry *en)
{
	unsigned extra = (en->size >= MAX32 ? 16 : 0) + (en->offset >= MAX32 ? 8 : 0);

	le32(b, 0x02014b50);
	le16(b, 3 << 8 | 45);		/* made on Unix */
	common(b, z, en, extra ? extra + 4 : 0);
	le16(b, 0);			/* comment */
	le16(b, 0);			/* disk */
	le16(b, 0);
	le32(b, (uint32_t)0100644 << 16);
	le32(b, low(en->offset));
	buf_addsl(b, en->prefix);
	buf_addsl(b, en->name);
	if (!extra)
		return;
	le16(b, 1);
	le16(b, extra);
	if (en->size >= MAX32) {
		le64(b, en->size);
		le64(b, en->size);
	}
	if (en->offset >= MAX32)
		le64(b, en->offset);
}

static void the_end(struct buf *b, const struct zip *z)
{
	uint64_t size = z->total - z->dir_start;
	bool big = z->count >= 0xffff || size >= MAX32 || z->dir_start >= MAX32;

	if (big) {
		le32(b, 0x06064b50);
		le64(b, 44);
		le16(b, 3 << 8 | 45);
		le16(b, 45);
		le32(b, 0);
		le32(b, 0);
		le64(b, z->count);
		le64(b, z->count);
		le64(b, size);
		le64(b, z->dir_start);
		le32(b, 0x07064b50);
		le32(b, 0);
		le64(b, z->total);
		le32(b, 1);
	}
	le32(b, 0x06054b50);
	le16(b, 0);
	le16(b, 0);
	le16(b, z->count >= 0xffff ? 0xffff : (unsigned)z->count);
	le16(b, z->count >= 0xffff ? 0xffff : (unsigned)z->count);
	le32(b, low(size));
	le32(b, low(z->dir_start));
	le16(b, 0);
}

static struct entry entry_of(const struct zip *z, const struct zip_part *p, const struct cat_file *f)
{
	struct entry en = { slice_str(p->name), SLICE_NULL, p->size, z->offset, p->crc };

	if (f) {
		en.name = slice_str(p->skip && !strcmp(f->path, p->skip) ? p->instead : f->path);
		en.size = f->size;
		en.crc = f->crc32;
	}
	return en;
}

static uint64_t local_size(const struct entry *en)
{
	return 30 + en->prefix.n + en->name.n + (en->size >= MAX32 ? 20 : 0) + en->size;
}

/* ---- putting it together ---- */

static unsigned digits(const char *p, int n)
{
	unsigned v = 0;

	while (n--)
		v = v * 10 + (unsigned)(*p++ - '0');
	return v;
}

static void dos_stamp(struct zip *z, int64_t sec)
{
	char t[ISO8601_LEN];

	iso8601(t, sec);
	z->dos_date = 0x21;		/* 1980-01-01, the first day that a zip can hold */
	if (digits(t, 4) < 1980 || digits(t, 4) > 2107)
		return;
	z->dos_date = (uint16_t)((digits(t, 4) - 1980) << 9 | digits(t + 5, 2) << 5 | digits(t + 8, 2));
	z->dos_time = (uint16_t)(digits(t + 11, 2) << 11 | digits(t + 14, 2) << 5 | digits(t + 17, 2) / 2);
}

st_t zip_new(struct zip **out, const struct package_ctx *c, struct err *e)
{
	struct zip *z = calloc(1, sizeof(*z));
	st_t st = z ? pk_files_open(&z->files, c, e) : err_set(e, ST_NOMEM, "out of memory");

	if (st != ST_OK) {
		free(z);
		return st;
	}
	z->fd = -1;
	dos_stamp(z, c->rec->published ? c->rec->published : c->rec->created);
	*out = z;
	return ST_OK;
}

struct pk_files *zip_files(struct zip *z)
{
	return &z->files;
}

static void part_release(struct zip_part *p)
{
	free(p->name);
	buf_release(&p->bytes);
	made_free(p->made);
}

st_t zip_add(struct zip *z, struct zip_part *part, struct err *e)
{
	st_t st = part->bytes.st != ST_OK || !part->name ? ST_NOMEM : VEC_PUSH(&z->parts, *part);

	if (st != ST_OK) {
		part_release(part);
		return err_set(e, st, "out of memory");
	}
	part = &z->parts.v[z->parts.n - 1];
	if (part->kind == ZIP_BYTES) {
		part->size = part->bytes.n;
		part->crc = crc32_of(0, part->bytes.p, part->bytes.n);
	} else if (part->kind == ZIP_MADE) {
		part->size = part->made->size;
		part->crc = part->made->crc;
	}
	return ST_OK;
}

void zip_free(struct zip *z)
{
	if (!z)
		return;
	if (z->fd >= 0)
		close(z->fd);
	for (size_t i = 0; i < z->parts.n; i++)
		part_release(&z->parts.v[i]);
	VEC_RELEASE(&z->parts);
	pk_files_release(&z->files);
	free(z);
}

/* ---- content ---- */

static void next_part(struct zip *z)
{
	z->at++;
	z->started = false;
	z->done = 0;
}

static st_t pull_bytes(struct zip *z, struct zip_part *p, struct buf *chunk)
{
	struct entry en = entry_of(z, p, NULL);
	size_t n = p->bytes.n - z->done;

	if (!z->started)
		local_header(chunk, z, en);
	z->started = true;
	if (n > CHUNK)
		n = CHUNK;
	buf_add(chunk, p->bytes.p + z->done, n);
	z->done += n;
	if (z->done == p->bytes.n) {
		z->offset += local_size(&en);
		next_part(z);
	}
	return chunk->st;
}

static st_t pull_made(struct zip *z, struct zip_part *p, struct buf *chunk, struct err *e)
{
	struct entry en = entry_of(z, p, NULL);
	size_t before = 0;
	bool more = true;

	if (!z->started) {
		local_header(chunk, z, en);
		made_rewind(&z->made);
		z->started = true;
	}
	before = chunk->n;
	while (more && chunk->n < CHUNK)
		more = made_more(p->made, &z->made, &z->files, chunk);
	z->done += chunk->n - before;
	if (more || chunk->st != ST_OK)
		return chunk->st;
	if (z->done != p->size)
		return err_set(e, ST_CONFLICT, "the files changed while they were packed");
	z->offset += local_size(&en);
	next_part(z);
	return ST_OK;
}

static st_t open_file(struct zip *z, struct zip_part *p, struct buf *chunk, struct err *e)
{
	struct entry en;
	st_t st = ST_OK;

	if (!z->started) {
		pk_files_rewind(&z->files);
		z->started = true;
	}
	z->file = pk_files_next(&z->files);
	if (!z->file) {
		next_part(z);
		return ST_OK;
	}
	st = content_open(z->files.repo, z->files.id, z->files.draft && !z->files.is_edit, z->file, &z->fd, e);
	if (st != ST_OK)
		return st;
	en = entry_of(z, p, z->file);
	local_header(chunk, z, en);
	z->done = 0;
	z->crc = 0;
	return chunk->st;
}

/* Bytes are checked against the catalogue on their way: a package must not carry on what the disk has lost. */
static st_t close_file(struct zip *z, struct zip_part *p, struct err *e)
{
	struct entry en = entry_of(z, p, z->file);

	if (z->crc != z->file->crc32)
		return err_set(e, ST_CORRUPT, "%s: content is not what was stored", z->file->path);
	close(z->fd);
	z->fd = -1;
	z->file = NULL;
	z->offset += local_size(&en);
	return ST_OK;
}

static st_t pull_files(struct zip *z, struct zip_part *p, struct buf *chunk, struct err *e)
{
	st_t st = ST_OK;
	uint64_t left = 0;
	size_t want = 0;
	ssize_t got = 0;

	if (!z->file) {
		st = open_file(z, p, chunk, e);
		if (st != ST_OK || !z->file)
			return st;
	}
	left = z->file->size - z->done;
	want = chunk->n >= CHUNK ? 0 : CHUNK - chunk->n;
	if (want > left)
		want = (size_t)left;
	if (want) {
		if (buf_reserve(chunk, want) != ST_OK)
			return chunk->st;
		do
			got = pread(z->fd, chunk->p + chunk->n, want, (off_t)z->done);
		while (got < 0 && errno == EINTR);
		if (got < 0)
			return err_sys(e, "%s", z->file->path);
		if (!got)
			return err_set(e, ST_CORRUPT, "%s: content is shorter than stored", z->file->path);
		z->crc = crc32_of(z->crc, chunk->p + chunk->n, (size_t)got);
		chunk->n += (size_t)got;
		chunk->p[chunk->n] = '\0';
		z->done += (uint64_t)got;
	}
	return z->done == z->file->size ? close_file(z, p, e) : ST_OK;
}

/* ---- central directory ---- */

static bool directory_next(struct zip *z, struct entry *en)
{
	while (z->at < z->parts.n) {
		struct zip_part *p = &z->parts.v[z->at];
		const struct cat_file *f = NULL;

		if (p->kind != ZIP_FILES) {
			*en = entry_of(z, p, NULL);
			next_part(z);
			return true;
		}
		if (!z->started)
			pk_files_rewind(&z->files);
		z->started = true;
		f = pk_files_next(&z->files);
		if (f) {
			*en = entry_of(z, p, f);
			return true;
		}
		next_part(z);
	}
	return false;
}

static st_t pull_directory(struct zip *z, struct buf *chunk, struct err *e)
{
	struct entry en;

	while (chunk->n < CHUNK) {
		if (!directory_next(z, &en)) {
			if (z->offset != z->dir_start)
				return err_set(e, ST_CONFLICT, "the files changed while they were packed");
			the_end(chunk, z);
			z->ended = true;
			return chunk->st;
		}
		central_header(chunk, z, &en);
		z->offset += local_size(&en);
	}
	return chunk->st;
}

static void restart(struct zip *z)
{
	z->at = 0;
	z->started = false;
	z->offset = z->done = 0;
}

static st_t zip_pull(struct body *body, struct buf *chunk, struct err *e)
{
	struct zip *z = (struct zip *)body;
	st_t st = ST_OK;

	if (z->ended)
		return ST_EOF;
	while (st == ST_OK && chunk->n < CHUNK && !z->ended) {
		struct zip_part *p = z->at < z->parts.n ? &z->parts.v[z->at] : NULL;

		if (z->directory) {
			st = pull_directory(z, chunk, e);
		} else if (!p) {
			if (z->offset != z->dir_start)
				return err_set(e, ST_CONFLICT, "the files changed while they were packed");
			z->directory = true;
			restart(z);
		} else if (p->kind == ZIP_BYTES) {
			st = pull_bytes(z, p, chunk);
		} else if (p->kind == ZIP_MADE) {
			st = pull_made(z, p, chunk, e);
		} else {
			st = pull_files(z, p, chunk, e);
		}
	}
	return st;
}

static void zip_stop(struct body *body)
{
	zip_free((struct zip *)body);
}

/* The first walk: how long will it be? */
static st_t measure(struct zip *z, int64_t *len, struct err *e)
{
	struct buf b = BUF_INIT(1 << 20);
	struct entry en;
	uint64_t dir = 0;
	st_t st = ST_OK;

	restart(z);
	while (directory_next(z, &en)) {
		if (en.prefix.n + en.name.n > 0xffff)
			return err_set(e, ST_UNSUPPORTED, "a path is too long for a zip");
		buf_clear(&b);
		central_header(&b, z, &en);
		dir += b.n;
		z->offset += local_size(&en);
		z->count++;
	}
	z->dir_start = z->offset;
	z->total = z->dir_start + dir;
	buf_clear(&b);
	the_end(&b, z);
	*len = (int64_t)(z->total + b.n);
	st = b.st;
	buf_release(&b);
	restart(z);
	return st;
}

st_t zip_body(struct zip *z, struct body **out, int64_t *len, struct err *e)
{
	st_t st = measure(z, len, e);

	if (st != ST_OK) {
		zip_free(z);
		return st;
	}
	z->body.pull = zip_pull;
	z->body.stop = zip_stop;
	z->body.blocking = true;
	*out = &z->body;
	return ST_OK;
}

/* ---- the plain package: all files, and a list of those left out ---- */

st_t pk_zip_open(const struct package_ctx *c, struct body **out, int64_t *len, struct err *e)
{
	struct zip_part files = { .kind = ZIP_FILES, .name = strdup("") };
	struct zip_part hidden = { .kind = ZIP_BYTES, .name = strdup(HIDDEN_LIST), .bytes = BUF_INIT(PK_DOC_MAX) };
	struct zip *z = NULL;
	st_t st = pk_hidden_list(c, &hidden.bytes, e);

	if (st == ST_OK)
		st = zip_new(&z, c, e);
	if (st != ST_OK || !hidden.bytes.n) {
		part_release(&hidden);
		hidden.name = NULL;
	}
	if (st != ST_OK) {
		part_release(&files);
		return st;
	}
	st = zip_add(z, &files, e);
	if (hidden.name && st == ST_OK)
		st = zip_add(z, &hidden, e);
	else if (hidden.name)
		part_release(&hidden);
	if (st != ST_OK) {
		zip_free(z);
		return st;
	}
	return zip_body(z, out, len, e);
}
