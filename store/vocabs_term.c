/*
 * By what a label is found. Folding: compatibility forms and case (NFKC_Casefold), then Latin letters without their marks, so that "zurich" finds
 * Zürich; kana keep theirs, which make another sound. Each word of a label is a key with what follows it, and in scripts without
 * blanks each character, so one look-up by prefix answers any beginning.
 */

#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "base/utf8.h"
#include "store/vocabs_int.h"

#define FOLD_MAX	1024		/* UTF-16 units */

static void put_plain(struct buf *out, const UNormalizer2 *nfc, UChar32 c)
{
	UChar parts[32];
	UErrorCode rc = U_ZERO_ERROR;
	int32_t n, i = 0;

	if ((c >= 0xc0 && c < 0x250) || (c >= 0x1e00 && c < 0x1f00)) {
		n = unorm2_getDecomposition(nfc, c, parts, 32, &rc);
		while (U_SUCCESS(rc) && i < n) {
			UChar32 d;

			U16_NEXT(parts, i, n, d);
			if (d < 0x300 || d > 0x36f)
				utf8_put(out, (uint32_t)d);
		}
		if (U_SUCCESS(rc) && n > 0)
			return;
	}
	if (c < 0x300 || c > 0x36f)
		utf8_put(out, (uint32_t)c);
}

static bool is_blank(UChar32 c)
{
	return c <= ' ' || c == 0x3000 || c == '-' || c == '_' || c == '/' || c == '(' || c == ')' || c == ',' || c == '.' || c == ':' || c == ';' || c == '\'' ||
	    c == '"' || c == 0x30fb || c == 0x2019 || c == 0x2010 || c == 0x2013 || c == '[' || c == ']' || c == '&' || c == '+';
}

/* ASCII needs no tables: most labels are. */
static bool fold_ascii(struct buf *out, struct slice s)
{
	size_t i, start = out->n;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	for (i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!is_blank(c))
			buf_addc(out, c >= 'A' && c <= 'Z' ? (char)(c + 32) : c);
		else if (out->n > start && out->p[out->n - 1] != ' ')
			buf_addc(out, ' ');
	}
	return true;
}

st_t vocabs_fold(struct buf *out, struct slice text)
{
	UErrorCode rc = U_ZERO_ERROR;
	const UNormalizer2 *fold, *nfc;
	UChar raw[FOLD_MAX], done[FOLD_MAX * 2];
	size_t start = out->n;
	int32_t n, i = 0;

	text = utf8_clip(text, FOLD_MAX);
	if (!fold_ascii(out, text)) {
		fold = unorm2_getNFKCCasefoldInstance(&rc);
		nfc = unorm2_getNFCInstance(&rc);
		u_strFromUTF8(raw, FOLD_MAX, &n, text.p, (int32_t)text.n, &rc);
		if (U_SUCCESS(rc))
			n = unorm2_normalize(fold, raw, n, done, FOLD_MAX * 2, &rc);
		while (U_SUCCESS(rc) && i < n) {
			UChar32 c;

			U16_NEXT(done, i, n, c);
			if (!is_blank(c))
				put_plain(out, nfc, c);
			else if (out->n > start && out->p[out->n - 1] != ' ')
				buf_addc(out, ' ');
		}
	}
	while (out->n > start && out->p[out->n - 1] == ' ')
		out->n--;
	return out->st;
}

bool vocabs_is_dense(int32_t c)
{
	return (c >= 0x3040 && c <= 0x30ff) || (c >= 0x3400 && c <= 0x9fff) || (c >= 0xf900 && c <= 0xfaff) || (c >= 0x20000 && c <= 0x3ffff);
}

struct key vocabs_key(char letter, uint32_t gen)
{
	struct key k;

	key_init(&k, letter);
	key_u32(&k, gen);
	return k;
}

struct key vocabs_key_no(char letter, uint32_t gen, uint32_t no)
{
	struct key k = vocabs_key(letter, gen);

	key_u32(&k, no);
	return k;
}

struct key vocabs_key_text(char letter, uint32_t gen, struct slice text)
{
	struct key k = vocabs_key(letter, gen);

	key_text(&k, text);
	return k;
}

struct key vocabs_key_name(struct slice name)
{
	struct key k;

	key_init(&k, 'V');
	key_text(&k, name);
	return k;
}

struct key vocabs_term_key(uint32_t gen, enum vocabs_class class, struct slice folded)
{
	struct key k;

	key_init(&k, 't');
	key_u32(&k, gen);
	key_u8(&k, (uint8_t)class);
	folded = utf8_clip(folded, class == VC_WHOLE || class == VC_OLD_WHOLE ? VC_WHOLE_MAX : VC_WORD_MAX);
	key_bytes(&k, folded.p, folded.n);
	return k;
}

void vocabs_key_number(struct key *k, uint32_t no)
{
	key_u8(k, 0);
	key_u32(k, no);
}

void vocabs_terms(uint32_t gen, uint32_t no, bool old, struct slice folded, void (*put)(void *ctx, const struct key *k), void *ctx)
{
	struct key k = vocabs_term_key(gen, old ? VC_OLD_WHOLE : VC_WHOLE, folded);
	bool before_dense = false, word = false;
	size_t i = 0, at = 0;
	int32_t c;

	if (folded.n == 0)
		return;
	vocabs_key_number(&k, no);
	put(ctx, &k);
	for (; (c = utf8_next(folded, &i)) >= 0; at = i) {
		bool dense = vocabs_is_dense(c);

		if (at > 0 && c != ' ' && (word || dense || before_dense)) {
			k = vocabs_term_key(gen, old ? VC_OLD_WORD : VC_WORD, slice_of(folded.p + at, folded.n - at));
			vocabs_key_number(&k, no);
			put(ctx, &k);
		}
		word = c == ' ';
		before_dense = dense;
	}
}
