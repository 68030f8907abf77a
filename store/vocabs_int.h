#ifndef STORE_VOCABS_INT_H
#define STORE_VOCABS_INT_H

/* Rows and keys of vocabularies (docs/formats/vocabulary.md), shared by vocabs.c (reading), vocabs_load.c (writing), vocabs_term.c (keys of labels). */

#include "store/cat_int.h"
#include "store/vocabs.h"

enum vocabs_tag { VT_IRI = 1, VT_ID, VT_KIND, VT_LABEL, VT_ALT, VT_DEF, VT_BROADER, VT_NARROWER, VT_EXACT, VT_CLOSE, VT_NOTATION, VT_DEPRECATED };

/* A row is fields: tag (1), length of the language (1), length of the text (4), language, text. */
struct vocabs_field { enum vocabs_tag tag; struct slice lang, text; };
void vocabs_field_put(struct buf *row, enum vocabs_tag tag, struct slice lang, struct slice text);
bool vocabs_field_next(struct slice *row, struct vocabs_field *f);		/* false: end, or damage */

/* letter, generation, then as said: 'V' name (no generation) -> about; 'c' number -> row; 'i' IRI -> number; 'n' folded id -> number;
 * 'w' parent child; 'u' child parent; 'g' generation that is being written or swept. */
struct key vocabs_key(char letter, uint32_t gen);
struct key vocabs_key_no(char letter, uint32_t gen, uint32_t no);
struct key vocabs_key_text(char letter, uint32_t gen, struct slice text);
struct key vocabs_key_name(struct slice name);

/* Terms: 't', generation, class, folded text (cut), 0, number. */
enum vocabs_class { VC_WHOLE, VC_WORD, VC_OLD_WHOLE, VC_OLD_WORD, VC_CLASSES };
#define VC_WHOLE_MAX	48
#define VC_WORD_MAX	30
#define VC_TERMS_MAX	400		/* of one concept */
struct key vocabs_term_key(uint32_t gen, enum vocabs_class class, struct slice folded);		/* without the number and the zero */
/* Calls ${put} for each key of a folded label. */
void vocabs_terms(uint32_t gen, uint32_t no, bool old, struct slice folded, void (*put)(void *ctx, const struct key *k), void *ctx);
bool vocabs_is_dense(int32_t cp);		/* of a script without blanks between words */
void vocabs_key_number(struct key *k, uint32_t no);

#endif
