#ifndef SCHEMA_LOOKUP_H
#define SCHEMA_LOOKUP_H

/* Finding terms the way people write them, and telling what was not understood. */

#include "schema/vocab.h"

/* Row of ${vocab} whose ${column} is ${v} but for ASCII case. */
bool vocab_find_fold(const struct vocab *vocab, const char *column, struct slice v, size_t *row);

/* A language as ISO 639-3 from a two- or three-letter code, a tag ("en-US") or a name; NULL when unknown. */
const char *lang_639_3(const struct schema *s, struct slice lang);
/* A tidy BCP 47 tag ("JA_jp" -> "ja-JP", "jpn" -> "ja"). False when the first part is no known language. */
bool lang_tag(const struct schema *s, struct slice lang, struct buf *out);

/* Row of the licence that ${v} names: SPDX id (case ignored, "cc-by 4.0" too), address with or without www, https, language or file at its end. */
bool licence_find(const struct schema *s, struct slice v, size_t *row);
/* Licence whose text ${text} is (LICENSE file); false when none is known. */
bool licence_of_text(const struct schema *s, struct slice text, size_t *row);
/* {"values": [...], "spdx": ..., "uri": ...} of a row; new reference. */
json_t *licence_rights(const struct schema *s, size_t row);

/* "${path}: text" onto an array of warnings; NULL array: nothing. */
st_t warn_add(json_t *warn, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
