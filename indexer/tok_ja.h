#ifndef INDEXER_TOK_JA_H
#define INDEXER_TOK_JA_H

/*
 * Text without blanks between words. A run of n characters is indexed so that any part of it is found: every pair of neighbours (n - 1 terms, each at
 * the place of its first character), and the last character alone. Its first character is kept a second time as a term of its own class, for
 * phrases like "第3回" whose last part is one character with more behind it. A part of 2 or more characters is a phrase of its pairs; a
 * part of one character is every pair that begins with it, or it alone.
 */

#include "base/buf.h"

bool ja_is_run(int32_t cp);
int32_t ja_modern(int32_t cp);		/* the present form of an old kanji; others as they are */

/* Walk the pairs of a run: ${pair} gets the two (for the last place: one) characters. Start with *i = 0; false at the end. */
bool ja_pair(struct slice run, size_t *i, struct slice *pair);

/* Other spellings of ${run} that a reader takes for the same: hiragana for katakana, katakana for hiragana, without the last long-vowel mark of
 * a katakana word of four or more characters (サーバー, サーバ). Owned by ${out[i]}; returns how many (at most JA_VARIANTS), ${run} itself not among them. */
#define JA_VARIANTS 5
size_t ja_variants(struct slice run, struct buf out[JA_VARIANTS]);

#endif
