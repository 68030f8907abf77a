#ifndef INDEXER_EXTRACT_LINES_INT_H
#define INDEXER_EXTRACT_LINES_INT_H

/*
 * Formats that are read once, from first byte to last, mostly line by line. A struct lines_kind says what one of them does with its lines; the functions here take
 * off gzip (also in many members, as bgzip writes it) and text encodings, cut lines, and keep what was found in a struct fact. An extractor is a list of kinds:
 * its bid is the best of theirs, and who bid best reads. Memory does not grow with the file.
 */

#include "indexer/extract/extract_int.h"

#define LINES_PIECE	((size_t)1 << 20)	/* bytes of a line given at once */
#define LINE_BEGINS	1u
#define LINE_ENDS	2u

struct lines_kind {
	/* As of an extractor; ${s}: the head, without gzip and byte-order mark; decoded if ${decode}. */
	int (*bid)(const struct head *h, struct slice s);
	size_t size;			/* bytes of the state, zeroed before open */
	const char *media;
	bool (*open)(void *x, struct fact *f, const struct head *h);	/* false: out of memory, or enough */
	/* A line without its end; ${part} says whether it begins and ends here. Longer ones come in pieces of LINES_PIECE. false: enough. */
	bool (*line)(void *x, struct slice s, unsigned part);
	bool (*bytes)(void *x, const uint8_t *p, size_t n);		/* instead of line */
	void (*end)(void *x);		/* nothing more comes; also when the file was cut off */
	void (*release)(void *x);	/* may be NULL */
	bool decode;			/* text in other encodings than UTF-8 is decoded */
	bool pieces;			/* wants all pieces; otherwise only the first of a line, and facts say that the rest was passed over */
};

int lines_bid(const struct lines_kind *const *kinds, size_t n, const struct head *h);
st_t lines_open(void **out, const struct lines_kind *const *kinds, size_t n, const struct head *h);
/* The other functions of an extractor. */
st_t lines_push(void *x, const uint8_t *p, size_t n, struct err *e);
st_t lines_finish(void *x, struct buf *out, const char **status, struct err *why, struct err *e);
const char *lines_media(void *x);
void lines_free(void *x);

/* Remember that there was no memory; the facts will say so. */
void lines_nomem(struct fact *f);

/* For bids: is the extension (of a .gz: the one before it) in a list like " fa fasta "? */
bool head_ext_is(const struct head *h, const char *list);
/* The next line of ${s}, without its end (LF, CRLF or CR); false when there is none. */
bool line_next(struct slice *s, struct slice *line);

/* An extractor made of the kinds in ${list}. */
#define LINES_EXTRACTOR(var, name, version, list) \
	static int var##_bid(const struct head *h) { return lines_bid(list, sizeof(list) / sizeof((list)[0]), h); } \
	static st_t var##_open(void **x, const struct head *h, struct err *e) { (void)e; return lines_open(x, list, sizeof(list) / sizeof((list)[0]), h); } \
	const struct extractor var = { name, version, var##_bid, var##_open, lines_push, lines_finish, lines_media, lines_free, NULL }

#endif
