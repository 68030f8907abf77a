#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/buf.h"

/* True if ${s} is valid UTF-8: no surrogates, no overlong forms, nothing past U+10FFFF. ${bad}: offset of the first wrong byte. */
bool utf8_valid(struct slice s, size_t *bad);
/* Next code point at ${*i} (moved on); -1 at the end; U+FFFD for each wrong byte. */
int32_t utf8_next(struct slice s, size_t *i);
st_t utf8_put(struct buf *out, uint32_t cp);
size_t utf8_count(struct slice s);				/* code points */
/* Longest prefix of at most ${max} bytes that ends at a character. */
struct slice utf8_clip(struct slice s, size_t max);
/* Is ${cp} a character that XML 1.0 may hold? */
bool utf8_is_xml_char(uint32_t cp);

#endif
