#ifndef BASE_FRAME_H
#define BASE_FRAME_H

/*
 * Messages on a pipe: a type byte, three bytes zero, a 32-bit big-endian length, the bytes. Both ends check length against
 * their own limit; what comes back is checked again by whoever uses it.
 */

#include "base/buf.h"

#define FRAME_HEAD 8

void frame_head(uint8_t out[FRAME_HEAD], uint8_t type, uint32_t len);
/* ST_OK with type and len; ST_INVALID for a bad header; ST_TOOBIG past ${max}. */
st_t frame_parse(const uint8_t in[FRAME_HEAD], uint32_t max, uint8_t *type, uint32_t *len);
/* Blocking, for the helper and for worker threads. ST_CLOSED when the other end is gone; ST_EOF at a clean end before a frame. */
st_t frame_write(int fd, uint8_t type, const void *p, size_t n, struct err *e);
st_t frame_read(int fd, uint32_t max, uint8_t *type, struct buf *out, struct err *e);	/* ${out} is cleared first */

#endif
