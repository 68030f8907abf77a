#ifndef INDEXER_TOK_H
#define INDEXER_TOK_H

/*
 * Text to units in one normal form, with their places in the original. Letters and digits of scripts that put blanks between words form words;
 * characters of scripts that do not (kanji, kana, hangul, Thai, ...) form runs, which tok_ja.h cuts into pairs. The normal form: NFKC and case
 * folded (Unicode NFKC_Casefold), Latin letters without their marks, old kanji forms as the new ones.  Pure functions of bytes; broken UTF-8
 * separates units.  Plain letters and common Japanese characters take a short way round ICU.
 */

#include "base/buf.h"

enum tok_kind { TOK_WORD, TOK_RUN };
struct tok_unit {
	enum tok_kind kind;
	struct slice text;		/* normal form; borrowed until the next call */
	size_t from, to;		/* bytes of the original */
};

#define TOK_PENDING 64
struct tok {
	struct slice in;
	size_t at;
	const void *nfkc, *nfd;		/* ICU's shared normalisers; NULL until the first character that needs them */
	int32_t cp; size_t from, to;	/* character looked at: -1 at the end */
	int32_t pending[TOK_PENDING]; unsigned n_pending, i_pending;
	size_t piece_from, piece_to;
	struct buf out;
};

void tok_init(struct tok *t, struct slice in);		/* ${in} borrowed until released */
bool tok_next(struct tok *t, struct tok_unit *u);	/* false: no more */
void tok_release(struct tok *t);

/* Longest word kept; longer ones are cut and marked with their digest, so that they stay apart. */
#define TOK_WORD_MAX 64

/* English stems by Snowball. Not thread-safe: one a thread. */
struct stemmer;
struct stemmer *stemmer_new(void);
void stemmer_free(struct stemmer *s);
/* The stem of a normal word, borrowed until the next call; the word itself when it is not of plain letters. */
struct slice stemmer_stem(struct stemmer *s, struct slice word);

#endif
