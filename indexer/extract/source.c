#include "indexer/extract/source.h"

#include <errno.h>
#include <unistd.h>

void source_fd(struct source *s, int fd, uint64_t off, uint64_t size)
{
	*s = (struct source){ .fd = fd, .off = off, .size = size };
}

void source_mem(struct source *s, const void *p, size_t n)
{
	*s = (struct source){ .fd = -1, .mem = p, .size = n };
}

static st_t read_fd(struct source *s, uint64_t at, uint8_t *p, size_t n, struct err *e)
{
	ssize_t k;

	for (; n; p += k, at += (uint64_t)k, n -= (size_t)k) {
		k = pread(s->fd, p, n, (off_t)(s->off + at));
		if (k < 0 && errno == EINTR) {
			k = 0;
			continue;
		}
		if (k < 0)
			return err_sys(e, "read");
		if (k == 0)
			return err_set(e, ST_IO, "the file shrank to %llu bytes while it was read", (unsigned long long)at);
	}
	return ST_OK;
}

st_t source_read(struct source *s, uint64_t at, void *p, size_t n, size_t *got, struct err *e)
{
	*got = 0;
	if (at >= s->size)
		return ST_OK;
	if (n > s->size - at)
		n = (size_t)(s->size - at);
	s->reads++;
	s->bytes += n;
	*got = n;
	if (s->fd < 0) {
		memcpy(p, s->mem + at, n);
		return ST_OK;
	}
	return read_fd(s, at, p, n, e);
}

st_t source_need(struct source *s, uint64_t at, void *p, size_t n, struct err *e)
{
	size_t got;
	st_t st = source_read(s, at, p, n, &got, e);

	if (st == ST_OK && got < n)
		return err_set(e, ST_INVALID, "cut off: %llu bytes, but there should be at least %llu", (unsigned long long)s->size,
		    (unsigned long long)at + n);
	return st;
}
