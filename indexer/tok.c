#include "indexer/tok.h"

#include <libstemmer.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "indexer/tok_ja.h"

/* One piece between two normalisation boundaries; longer ones (nobody writes them) are cut. */
#define PIECE_MAX 16

/* Characters that NFKC_Casefold leaves alone and that do not combine with what stands before them. */
static bool is_inert(int32_t cp)
{
	return (cp >= 0x3041 && cp <= 0x3096) || (cp >= 0x30a1 && cp <= 0x30fe) || (cp >= 0x4e00 && cp <= 0x9fff) ||
		cp == 0x3001 || cp == 0x3002 || (cp >= 0x3005 && cp <= 0x3011);
}

static int32_t lower(int32_t c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static const UNormalizer2 *nfkc(struct tok *t)
{
	UErrorCode ec = U_ZERO_ERROR;
	if (t->nfkc == NULL) {
		t->nfkc = unorm2_getNFKCCasefoldInstance(&ec);
		t->nfd = unorm2_getNFDInstance(&ec);
	}
	return t->nfkc;
}

/* A Latin letter without its marks; others as they are. */
static int32_t bare_latin(struct tok *t, int32_t cp)
{
	UChar d[16];
	UErrorCode ec = U_ZERO_ERROR;
	int32_t n;

	if (cp < 0xc0 || (cp >= 0x250 && cp < 0x1e00) || cp > 0x1eff)
		return cp;
	switch (cp) {
	case 0xf8: return 'o';
	case 0x111: return 'd';
	case 0x127: return 'h';
	case 0x131: return 'i';
	case 0x142: return 'l';
	}
	if (nfkc(t) == NULL || t->nfd == NULL)
		return cp;
	n = unorm2_getDecomposition(t->nfd, cp, d, 16, &ec);
	return n > 0 && U_SUCCESS(ec) && d[0] < 0x80 ? d[0] : cp;
}

/* Voiced marks that stand alone after a kana are meant to combine with it. */
static int32_t combining(int32_t cp)
{
	return cp == 0x309b || cp == 0x309c ? cp - 2 : cp;
}

static void pend(struct tok *t, int32_t cp)
{
	if (t->n_pending < TOK_PENDING)
		t->pending[t->n_pending++] = cp;
}

/* The long way: gather up to the next boundary, normalise, queue the result. */
static void slow_piece(struct tok *t, int32_t cp)
{
	UChar in[PIECE_MAX * 2 + 2], out[PIECE_MAX * 36];
	UErrorCode ec = U_ZERO_ERROR;
	int32_t n = 0, m, i;
	size_t look;

	t->n_pending = t->i_pending = 0;
	if (nfkc(t) == NULL) {
		pend(t, cp);
		t->piece_to = t->at;
		return;
	}
	U16_APPEND_UNSAFE(in, n, cp);
	while (n < PIECE_MAX) {
		look = t->at;
		cp = combining(utf8_next(t->in, &look));
		if (cp < 0 || unorm2_hasBoundaryBefore(t->nfkc, cp))
			break;
		U16_APPEND_UNSAFE(in, n, cp);
		t->at = look;
	}
	t->piece_to = t->at;
	m = unorm2_normalize(t->nfkc, in, n, out, PIECE_MAX * 36, &ec);
	if (U_FAILURE(ec)) {
		pend(t, ' ');
		return;
	}
	for (i = 0; i < m; ) {
		UChar32 c;
		U16_NEXT(out, i, m, c);
		if (c >= 0x300 && c <= 0x36f)
			continue;		/* a mark that no letter took up */
		pend(t, ja_modern(bare_latin(t, c)));
	}
}

/* Move to the next character of the normal form. */
static void advance(struct tok *t)
{
	for (;;) {
		size_t look;
		int32_t cp, next;

		if (t->i_pending < t->n_pending) {
			t->cp = t->pending[t->i_pending++];
			t->from = t->piece_from;
			t->to = t->piece_to;
			return;
		}
		t->piece_from = t->at;
		if (t->at >= t->in.n) {
			t->cp = -1;
			t->from = t->to = t->in.n;
			return;
		}
		cp = utf8_next(t->in, &t->at);
		if (cp < 0x80 || is_inert(cp)) {
			if (t->at >= t->in.n || (unsigned char)t->in.p[t->at] < 0x80) {
				next = 0;
			} else {
				look = t->at;
				next = utf8_next(t->in, &look);
			}
			if (next < 0x80 || is_inert(next)) {
				t->cp = cp < 0x80 ? lower(cp) : ja_modern(cp);
				t->from = t->piece_from;
				t->to = t->at;
				return;
			}
		}
		slow_piece(t, cp);
	}
}

static bool begins_word(int32_t cp)
{
	if (cp < 0x80)
		return (cp >= 'a' && cp <= 'z') || (cp >= '0' && cp <= '9');
	return u_isalnum(cp);
}

static bool is_word(int32_t cp)
{
	return begins_word(cp) || (cp >= 0x80 && ((1u << u_charType(cp)) & U_GC_M_MASK) != 0);
}

void tok_init(struct tok *t, struct slice in)
{
	memset(t, 0, offsetof(struct tok, pending));
	t->in = in;
	t->n_pending = t->i_pending = 0;
	buf_init(&t->out, BUF_NOMAX);
	advance(t);
}

void tok_release(struct tok *t)
{
	buf_release(&t->out);
}

/* Over-long words keep their beginning and get their digest behind. */
static void cut_word(struct buf *b)
{
	uint64_t h = hash64(b->p, b->n, 0);
	b->n = utf8_clip(slice_of(b->p, b->n), TOK_WORD_MAX - 16).n;
	buf_addf(b, "%016llx", (unsigned long long)h);
}

/* The rest of a word of plain letters, without leaving the bytes. */
static void plain_rest(struct tok *t)
{
	const char *p = t->in.p;
	size_t i = t->at, n = t->in.n;
	char part[64];
	unsigned k = 0;

	if (t->i_pending < t->n_pending)
		return;
	/* The last byte of the stretch is left to advance(): a mark may follow it. */
	while (i + 1 < n && (unsigned char)p[i] < 0x80 && (unsigned char)p[i + 1] < 0x80 && is_word(lower(p[i]))) {
		part[k++] = (char)lower(p[i++]);
		if (k == sizeof(part)) {
			buf_add(&t->out, part, k);
			k = 0;
		}
	}
	buf_add(&t->out, part, k);
	t->at = i;
}

bool tok_next(struct tok *t, struct tok_unit *u)
{
	bool run;

	while (t->cp >= 0 && !ja_is_run(t->cp) && !begins_word(t->cp))
		advance(t);
	if (t->cp < 0)
		return false;
	run = ja_is_run(t->cp);
	u->kind = run ? TOK_RUN : TOK_WORD;
	u->from = t->from;
	buf_clear(&t->out);
	while (t->cp >= 0 && (run ? ja_is_run(t->cp) : (is_word(t->cp) && !ja_is_run(t->cp)))) {
		u->to = t->to;
		if (t->cp < 0x80) {
			size_t was = t->at;
			buf_addc(&t->out, (char)t->cp);
			plain_rest(t);
			if (t->at != was)
				u->to = t->at;
		} else {
			utf8_put(&t->out, (uint32_t)t->cp);
		}
		advance(t);
	}
	if (t->out.st != ST_OK)
		return false;
	if (!run && t->out.n > TOK_WORD_MAX)
		cut_word(&t->out);
	u->text = buf_slice(&t->out);
	return t->out.st == ST_OK;
}

struct stemmer { struct sb_stemmer *sb; };

struct stemmer *stemmer_new(void)
{
	struct stemmer *s = calloc(1, sizeof(*s));
	if (s != NULL && (s->sb = sb_stemmer_new("english", "UTF_8")) == NULL) {
		free(s);
		s = NULL;
	}
	return s;
}

void stemmer_free(struct stemmer *s)
{
	if (s != NULL)
		sb_stemmer_delete(s->sb);
	free(s);
}

struct slice stemmer_stem(struct stemmer *s, struct slice word)
{
	const sb_symbol *p;

	if (word.n < 3)
		return word;
	for (size_t i = 0; i < word.n; i++)
		if (word.p[i] < 'a' || word.p[i] > 'z')
			return word;
	p = sb_stemmer_stem(s->sb, (const sb_symbol *)word.p, (int)word.n);
	return p == NULL ? word : slice_of(p, (size_t)sb_stemmer_length(s->sb));
}
