#include "indexer/extract/zip_part.h"

#include <stdlib.h>
#include <strings.h>
#include <zlib.h>

#define TAIL		((size_t)66000)		/* end record and the longest remark */
#define DIR_MOST	((size_t)8 << 20)
#define ENTRIES_MOST	20000u
#define PIECE		((size_t)64 << 10)

static unsigned le16(const uint8_t *p)
{
	return p[0] | (unsigned)p[1] << 8;
}

static uint32_t le32(const uint8_t *p)
{
	return le16(p) | (uint32_t)le16(p + 2) << 16;
}

static st_t find_end(struct source *src, uint8_t end[22], struct err *e)
{
	size_t n = src->size < TAIL ? (size_t)src->size : TAIL, i;
	struct buf b = BUF_INIT(TAIL);
	st_t st = buf_reserve(&b, n);

	if (st == ST_OK)
		st = source_need(src, src->size - n, b.p, n, e);
	for (i = n >= 22 ? n - 22 + 1 : 0; st == ST_OK && i-- > 0; )
		if (memcmp(b.p + i, "PK\5\6", 4) == 0) {
			memcpy(end, b.p + i, 22);
			break;
		}
	if (st == ST_OK && (n < 22 || i == SIZE_MAX))
		st = err_set(e, ST_INVALID, "cut off or damaged: no directory of its parts at its end");
	buf_release(&b);
	return st;
}

static st_t entries(struct zip_dir *d, const uint8_t *p, size_t n, unsigned count, struct err *e)
{
	size_t at = 0;

	if (count > ENTRIES_MOST)
		return err_set(e, ST_INVALID, "%u parts, more than are looked at", count);
	if ((d->entry = calloc(count + 1, sizeof(*d->entry))) == NULL)
		return ST_NOMEM;
	while (d->n < count && n - at >= 46 && memcmp(p + at, "PK\1\2", 4) == 0) {
		const uint8_t *q = p + at;
		size_t name = le16(q + 28), all = 46 + name + le16(q + 30) + le16(q + 32);
		struct zip_entry *z = &d->entry[d->n];

		if (all > n - at)
			break;
		z->locked = q[8] & 1;
		z->method = le16(q + 10);
		z->packed = le32(q + 20);
		z->size = le32(q + 24);
		z->at = le32(q + 42);
		if ((z->name = slice_dup(slice_of(q + 46, name))) == NULL)
			return ST_NOMEM;
		d->n++;
		at += all;
	}
	return d->n == count ? ST_OK : err_set(e, ST_INVALID, "damaged: the directory of its parts cannot be read");
}

st_t zip_dir_read(struct zip_dir *d, struct source *src, struct err *e)
{
	struct buf b = BUF_INIT(DIR_MOST);
	uint8_t end[22] = { 0 };
	uint64_t at, n;
	st_t st;

	memset(d, 0, sizeof(*d));
	if ((st = find_end(src, end, e)) != ST_OK)
		return st;
	n = le32(end + 12);
	at = le32(end + 16);
	if (n > DIR_MOST || at > src->size || n > src->size - at)
		return err_set(e, ST_INVALID, "damaged: a directory of %llu bytes", (unsigned long long)n);
	st = buf_reserve(&b, (size_t)n + 1);
	if (st == ST_OK)
		st = source_need(src, at, b.p, (size_t)n, e);
	if (st == ST_OK)
		st = entries(d, (const uint8_t *)b.p, (size_t)n, le16(end + 10), e);
	buf_release(&b);
	return st;
}

void zip_dir_release(struct zip_dir *d)
{
	size_t i;

	for (i = 0; d->entry && i < d->n; i++)
		free(d->entry[i].name);
	free(d->entry);
	memset(d, 0, sizeof(*d));
}

const struct zip_entry *zip_find(const struct zip_dir *d, const char *name)
{
	size_t i;

	for (i = 0; i < d->n; i++)
		if (strcasecmp(d->entry[i].name, name) == 0)
			return &d->entry[i];
	return NULL;
}

static st_t give(st_t (*push)(void *ctx, const char *p, size_t n), void *ctx, const char *p, size_t n, uint64_t *budget, const char *name, struct err *e)
{
	if (n > *budget) {
		*budget = 0;
		return err_set(e, ST_TOOBIG, "part '%.100s' unpacks to more than the budget of one file allows", name);
	}
	*budget -= n;
	return n ? push(ctx, p, n) : ST_OK;
}

st_t zip_part(struct source *src, const struct zip_entry *z, st_t (*push)(void *ctx, const char *p, size_t n), void *ctx, uint64_t *budget, struct err *e)
{
	struct buf in = BUF_INIT(PIECE), out = BUF_INIT(PIECE);
	uint64_t at, left = z->packed;
	z_stream s = { 0 };
	uint8_t head[30];
	size_t got;
	int rc = Z_OK;
	st_t st;

	if (z->locked || (z->method != 0 && z->method != 8))
		return err_set(e, ST_UNSUPPORTED, z->locked ? "part '%.100s' is encrypted" : "part '%.100s' is packed in a way that is not known", z->name);
	if ((st = source_need(src, z->at, head, sizeof(head), e)) != ST_OK)
		return st;
	if (memcmp(head, "PK\3\4", 4) != 0)
		return err_set(e, ST_INVALID, "damaged: part '%.100s' is not where it should be", z->name);
	at = z->at + 30 + le16(head + 26) + le16(head + 28);
	if (buf_reserve(&in, PIECE) != ST_OK || buf_reserve(&out, PIECE) != ST_OK || (z->method == 8 && inflateInit2(&s, -15) != Z_OK)) {
		buf_release(&in);
		buf_release(&out);
		return ST_NOMEM;
	}
	while (st == ST_OK && left && rc == Z_OK) {
		if ((st = source_read(src, at, in.p, left < PIECE ? (size_t)left : PIECE, &got, e)) != ST_OK || got == 0)
			break;
		at += got;
		left -= got;
		if (z->method == 0) {
			st = give(push, ctx, in.p, got, budget, z->name, e);
			continue;
		}
		s.next_in = (Bytef *)in.p;
		s.avail_in = (uInt)got;
		do {
			s.next_out = (Bytef *)out.p;
			s.avail_out = PIECE;
			rc = inflate(&s, Z_NO_FLUSH);
			st = give(push, ctx, out.p, PIECE - s.avail_out, budget, z->name, e);
		} while (st == ST_OK && rc == Z_OK && s.avail_out == 0);
		if (rc == Z_BUF_ERROR)
			rc = Z_OK;
	}
	if (st == ST_OK && z->method == 8 && rc != Z_STREAM_END)
		st = err_set(e, ST_INVALID, "cut off or damaged: part '%.100s' cannot be unpacked", z->name);
	if (z->method == 8)
		inflateEnd(&s);
	buf_release(&in);
	buf_release(&out);
	return st;
}
