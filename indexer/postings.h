#ifndef INDEXER_POSTINGS_H
#define INDEXER_POSTINGS_H

/*
 * The stored form of one term's documents (docs/formats/index.md). Chunks of at most about 8 KB, each a sequence of blocks of up to 128 documents,
 * each block readable with nothing but the number before its first document.
 *
 *   chunk: varint df (documents of the term in the segment; 0 in all chunks but the first), then blocks
 *   block: varint n - 1, varint (first - last of the block before; nothing in a chunk's first block, whose first is in the key),
 *          varint (last - first), varint bytes of documents, varint bytes of places; documents; places
 *   documents: n - 1 times varint (difference - 1); n times a byte: weight if below 128, and the field is the description only;
 *          else 128 + weight, followed by varint field bits
 *   places: for each document and each of its fields in order: varint count, count times varint difference to the last (from 0)
 *
 * A varint has seven bits a byte, low ones first; the last byte is below 128.
 */

#include "base/buf.h"

#define POST_BLOCK	128
#define POST_CHUNK	8192
#define POST_WEIGHT_MAX	127

static inline size_t varint_put(uint8_t *p, uint32_t v)
{
	size_t n = 0;
	while (v >= 128) {
		p[n++] = (uint8_t)(v | 128);
		v >>= 7;
	}
	p[n++] = (uint8_t)v;
	return n;
}

/* False when the bytes end or the number is too long. */
static inline bool varint_get(const uint8_t **p, const uint8_t *end, uint32_t *v)
{
	uint32_t r = 0;
	unsigned shift = 0;
	while (*p < end && shift < 35) {
		uint8_t c = *(*p)++;
		r |= (uint32_t)(c & 127) << shift;
		if (c < 128) {
			*v = r;
			return true;
		}
		shift += 7;
	}
	return false;
}

/* Writing: documents in order. ${emit} gets each chunk with its first document; borrowed during the call. */
typedef void post_emit(void *ctx, uint32_t first, struct slice chunk);
struct post_writer {
	post_emit *emit; void *ctx;
	struct buf chunk, docs, codes, places;
	uint32_t chunk_first, block_first, last, before;
	unsigned n;			/* documents in the open block */
	bool chunk_open;
	st_t st;
};
void post_writer_init(struct post_writer *w, post_emit *emit, void *ctx);
void post_writer_release(struct post_writer *w);
void post_begin(struct post_writer *w, uint32_t df);
/* ${places}: coded as above for this document; empty for terms without. */
void post_add(struct post_writer *w, uint32_t doc, unsigned weight, uint32_t fields, struct slice places);
st_t post_end(struct post_writer *w);

/* Reading one chunk. Every function returns false at the end or, with r->bad set, on bytes that cannot be. */
struct post_block {
	uint32_t docs[POST_BLOCK];
	uint16_t fields[POST_BLOCK];
	uint8_t weight[POST_BLOCK];
	unsigned n;
	struct slice places;		/* of all its documents; borrowed from the chunk */
};
struct post_reader {
	const uint8_t *p, *end;
	uint32_t df, next_from;		/* of the next block: its first is next_from + varint; or next_from itself */
	bool at_start, bad;
	/* head of the block read last */
	unsigned n;
	uint32_t first, last;
	struct slice docs, places;
};
bool post_open(struct post_reader *r, struct slice chunk, uint32_t first);
bool post_head(struct post_reader *r);				/* next block: its head only */
bool post_decode(struct post_reader *r, struct post_block *b);	/* the block whose head was read */
/* Step over the places of one document with these ${fields}. */
bool post_skip_places(const uint8_t **p, const uint8_t *end, uint32_t fields);

#endif
