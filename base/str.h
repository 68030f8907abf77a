#ifndef BASE_STR_H
#define BASE_STR_H

/* Text forms of bytes.  All decoders refuse what they would not have written, but for case where said. */

#include "base/buf.h"

void hex_encode(char *out /* 2n+1 */, const void *p, size_t n);		/* lower case */
st_t hex_decode(void *out /* n/2 */, struct slice hex);			/* either case; ST_INVALID */
st_t base64_encode(struct buf *out, const void *p, size_t n);		/* RFC 4648 with padding */
st_t base64_decode(struct buf *out, struct slice s);
st_t base64url_encode(struct buf *out, const void *p, size_t n);	/* without padding */
st_t base64url_decode(struct buf *out, struct slice s);
/* RFC 3986: everything but unreserved characters (and those in ${keep}) becomes %XX, upper-case hex. */
st_t percent_encode(struct buf *out, struct slice s, const char *keep);
/* Decode once.  ST_INVALID on a bad escape or %00; ${plus}: '+' means blank (forms). */
st_t percent_decode(struct buf *out, struct slice s, bool plus);
/* HTML text and attribute value: & < > " ' become references. */
st_t html_text(struct buf *out, struct slice s);
/* 1234567 -> "1.2 MB" (decimal units); "7 B". Into ${out} of at least 32 bytes; returned. */
char *human_size(char *out, uint64_t bytes);
/* Constant-time comparison of equal-length secrets. */
bool secret_eq(const void *a, const void *b, size_t n);
/* ${n} random bytes from the kernel; aborts the process if there are none. */
void random_bytes(void *p, size_t n);

#endif
