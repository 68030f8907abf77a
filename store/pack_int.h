#ifndef STORE_PACK_INT_H
#define STORE_PACK_INT_H

#include "base/json.h"
#include "store/repo.h"

/* Lines of a descriptor; a line is borrowed until the next call. ST_EOF at the end, ST_TOOBIG past 4 MB. */
struct lines { int fd; struct buf b; size_t at; bool eof; uint64_t no; };
void lines_init(struct lines *l, int fd);
void lines_release(struct lines *l);
st_t lines_next(struct lines *l, struct slice *line, struct err *e);

/* A stored line of a pack. */
struct pack_line {
	uint64_t change;
	int64_t time, created, published;
	const char *id, *parent, *sid;
	uint32_t revision, etag;
	json_t *doc;
	struct slice text;		/* doc as stored */
};
void pack_item_put(struct kv_txn *t, struct repo *r, const char *source, const struct pack_line *l, const char *actor);

/* Read zstd frames of a file one by one. ${text} gets a frame's lines. ST_EOF at the end; ST_CORRUPT with *good = end of the last whole frame. */
struct frames { int fd; uint64_t at, size; char *map; };
st_t frames_open(struct frames *f, int fd, struct err *e);	/* the descriptor stays the caller's */
st_t frames_next(struct frames *f, struct buf *text, struct err *e);
void frames_release(struct frames *f);
/* Lines of a frame: parsed; ${l} borrows from ${j}, which the caller drops, and from ${line}. */
st_t pack_line_read(struct slice line, struct pack_line *l, json_t **j, struct buf *text, struct err *e);

/* Finish the runs of packs that a crash cut short: recover_open() calls it last. */
st_t pack_recover(struct repo *r, struct err *e);
st_t pack_recover_one(struct repo *r, const char *source, struct err *e);

/* A staged run whose records are all in the catalogue becomes the next version; then ${dir} goes. */
st_t pack_finish(struct repo *r, const char *source, const char *dir, uint64_t lines, uint64_t first, uint64_t last, int64_t time, const char *actor, struct err *e);

#endif
