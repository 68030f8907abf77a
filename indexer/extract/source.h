#ifndef INDEXER_EXTRACT_SOURCE_H
#define INDEXER_EXTRACT_SOURCE_H

/*
 * Bytes that can be read at any place: a descriptor that the parent handed over, or memory (tests, members of archives). Extractors
 * see nothing else of a file.
 */

#include "base/buf.h"

struct source {
	uint64_t size;
	/* private */
	int fd;				/* -1: memory */
	uint64_t off;			/* where the file begins inside fd */
	const uint8_t *mem;
	uint64_t reads, bytes;		/* calls and bytes so far, for tests and figures */
};

/* ${fd} is borrowed while the source lives. */
void source_fd(struct source *s, int fd, uint64_t off, uint64_t size);
void source_mem(struct source *s, const void *p, size_t n);
/* Up to ${n} bytes from ${at}; *got is less only at the end of the file. ST_IO when the file cannot be read or shrank. */
st_t source_read(struct source *s, uint64_t at, void *p, size_t n, size_t *got, struct err *e);
/* Exactly ${n} bytes; ST_INVALID "cut off ..." when the file ends before. */
st_t source_need(struct source *s, uint64_t at, void *p, size_t n, struct err *e);

#endif
