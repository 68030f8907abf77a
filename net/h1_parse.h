#ifndef NET_H1_PARSE_H
#define NET_H1_PARSE_H

/*
 * HTTP/1.1 messages from clients (RFC 9112), strictly: what two readers could take in two ways is refused. Pure functions of
 * bytes: no I/O, no clock, and the same answer however the bytes were cut into pieces.
 *
 * A head is read in two steps. h1_scan() is called with the bytes that came so far, and again with more of them, until the
 * head is complete; it checks every byte once. h1_head_read() then cuts the complete head into parts and judges them together.
 * A chunked body goes through h1_chunk_feed().
 */

#include "base/buf.h"
#include "net/http.h"

#define H1_LINE_MAX	16384		/* request line, without its end: 414 */
#define H1_METHOD_MAX	32
#define H1_HOST_MAX	255
#define H1_EXT_MAX	1024		/* chunk extensions on one line */
#define H1_EXT_SUM_MAX	65536		/* ... and in one body */
#define H1_TRAILER_MAX	8192

enum h1_result { H1_MORE, H1_DONE, H1_BAD };

/* What is wrong: a status for the answer, after which the connection closes, and words for a human. */
struct h1_fault {
	int status;
	const char *text;
};

struct h1_scan {
	size_t pos;			/* bytes seen; the length of the head after H1_DONE */
	size_t line;			/* where the request line begins: one empty line before it is allowed */
	unsigned char state;
	unsigned char n;		/* characters of the method or the version seen */
	unsigned char minor;
	bool bad_version;
	unsigned fields;		/* lines begun */
	size_t target, target_end;	/* offsets */
	size_t head_max;
	unsigned fields_max;
	struct h1_fault fault;
};

/* ${head_max}: ceiling of the whole head (431); ${fields_max}: of the number of fields (431). */
void h1_scan_init(struct h1_scan *s, size_t head_max, unsigned fields_max);
/* ${p}: all bytes since the head's first one, ${n} of them; the first s->pos are not looked at again. */
enum h1_result h1_scan(struct h1_scan *s, const char *p, size_t n);
/* Has anything but an empty line come? */
bool h1_scan_begun(const struct h1_scan *s);

struct h1_head {
	struct slice method;
	struct slice target;		/* origin form or "*" */
	struct slice path, query;	/* query.p NULL when there is none */
	struct slice host;		/* as sent; p NULL in HTTP/1.0 without the field */
	bool minor;			/* HTTP/1.1 */
	bool keep_alive;
	bool expect;			/* 100-continue */
	bool chunked;
	int64_t body_len;		/* 0 without a body; -1 chunked */
	size_t n_fields;
};

/* Cut the head that ${s} found complete in ${p}. ${fields} has room for s->fields rows. All slices point into ${p}. H1_DONE or H1_BAD. */
enum h1_result h1_head_read(const struct h1_scan *s, const char *p, struct h1_head *h, struct http_field *fields, struct h1_fault *f);

struct h1_chunk {
	unsigned char state;
	unsigned char digits;
	unsigned ext;			/* bytes of extension on this line */
	unsigned ext_sum;
	unsigned trailer;		/* bytes of trailer so far */
	unsigned name_n;		/* of the trailer field being read */
	char name[32];			/* lower case, cut: enough to know the forbidden ones */
	uint64_t left;			/* of the chunk being read */
	struct h1_fault fault;
};

void h1_chunk_init(struct h1_chunk *c);
/* Eat from ${p}: *used says how many of ${n} bytes were taken. H1_MORE with data->n > 0: a piece of content (points into ${p}), call
 * again with the rest; with data->n 0: all ${n} were taken, more must come. H1_DONE: the body ended with the last byte taken. */
enum h1_result h1_chunk_feed(struct h1_chunk *c, const char *p, size_t n, size_t *used, struct slice *data);

/* Is ${s} a field name (RFC 9110 token)? Is it a field value that cannot end the line or the head? */
bool h1_is_token(struct slice s);
bool h1_is_value(struct slice s);

#endif
