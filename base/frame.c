#include "base/frame.h"

#include <errno.h>
#include <unistd.h>

void frame_head(uint8_t out[FRAME_HEAD], uint8_t type, uint32_t len)
{
	out[0] = type;
	out[1] = out[2] = out[3] = 0;
	out[4] = (uint8_t)(len >> 24);
	out[5] = (uint8_t)(len >> 16);
	out[6] = (uint8_t)(len >> 8);
	out[7] = (uint8_t)len;
}

st_t frame_parse(const uint8_t in[FRAME_HEAD], uint32_t max, uint8_t *type, uint32_t *len)
{
	if (in[1] != 0 || in[2] != 0 || in[3] != 0)
		return ST_INVALID;
	*type = in[0];
	*len = (uint32_t)in[4] << 24 | (uint32_t)in[5] << 16 | (uint32_t)in[6] << 8 | in[7];
	return *len > max ? ST_TOOBIG : ST_OK;
}

static st_t put_all(int fd, const void *p, size_t n, struct err *e)
{
	const char *at = p;

	while (n > 0) {
		ssize_t put = write(fd, at, n);

		if (put < 0) {
			if (errno == EINTR)
				continue;
			if (errno == EPIPE)
				return err_set(e, ST_CLOSED, "the other end of the pipe is gone");
			return err_sys(e, "cannot write to the pipe");
		}
		at += put;
		n -= (size_t)put;
	}
	return ST_OK;
}

st_t frame_write(int fd, uint8_t type, const void *p, size_t n, struct err *e)
{
	uint8_t head[FRAME_HEAD];
	st_t st;

	if (n > UINT32_MAX)
		return err_set(e, ST_TOOBIG, "frame of %zu bytes", n);
	frame_head(head, type, (uint32_t)n);
	st = put_all(fd, head, sizeof(head), e);
	return st == ST_OK ? put_all(fd, p, n, e) : st;
}

/* ST_EOF only before the first byte. */
static st_t get_all(int fd, void *p, size_t n, struct err *e)
{
	char *at = p;
	size_t got_all = 0;

	while (got_all < n) {
		ssize_t got = read(fd, at + got_all, n - got_all);

		if (got < 0) {
			if (errno == EINTR)
				continue;
			return err_sys(e, "cannot read from the pipe");
		}
		if (got == 0)
			return got_all == 0 ? ST_EOF : err_set(e, ST_CLOSED, "the pipe ended inside a frame");
		got_all += (size_t)got;
	}
	return ST_OK;
}

st_t frame_read(int fd, uint32_t max, uint8_t *type, struct buf *out, struct err *e)
{
	uint8_t head[FRAME_HEAD];
	uint32_t len = 0;
	st_t st = get_all(fd, head, sizeof(head), e);

	buf_clear(out);
	if (st != ST_OK)
		return st;
	st = frame_parse(head, max, type, &len);
	if (st != ST_OK)
		return err_set(e, st, st == ST_TOOBIG ? "frame of %u bytes is over the limit" : "bad frame header (length %u)",
		    (unsigned)len);
	if (buf_reserve(out, len) != ST_OK)
		return err_set(e, out->st, "no room for a frame of %u bytes", (unsigned)len);
	if (len > 0) {
		st = get_all(fd, out->p, len, e);
		if (st != ST_OK)
			return st == ST_EOF ? err_set(e, ST_CLOSED, "the pipe ended inside a frame") : st;
	}
	out->n = len;
	out->p[len] = '\0';
	return ST_OK;
}
