/*
 * Which encoding? A byte-order mark decides. Else NULs in every second place mean UTF-16, escape sequences ISO-2022-JP. Pure
 * 7-bit text stays undecided until the first other byte, which may be a gigabyte away. Valid UTF-8 is UTF-8. The rest is told
 * apart by what people write: Japanese text has kana and first-level kanji in the right rows, Western text has single accented
 * letters between plain ones. What fits nothing is refused: a table of wrong characters is worse than none.
 */

#include "indexer/extract/enc_int.h"

#include <stdlib.h>
#include <unicode/ucnv.h>

static const struct { const char *name, *icu, *label; } encs[ENC_COUNT] = {
	[ENC_ASCII] = { "us-ascii", NULL, "ASCII" },
	[ENC_UTF8] = { "utf-8", NULL, "UTF-8" },
	[ENC_UTF16LE] = { "utf-16le", NULL, "UTF-16LE" },
	[ENC_UTF16BE] = { "utf-16be", NULL, "UTF-16BE" },
	[ENC_CP932] = { "shift_jis", "ibm-943_P15A-2003", "Shift_JIS" },
	[ENC_EUCJP] = { "euc-jp", "EUC-JP", "EUC-JP" },
	[ENC_ISO2022JP] = { "iso-2022-jp", "ISO-2022-JP", "ISO-2022-JP" },
	[ENC_LATIN1] = { "iso-8859-1", NULL, "ISO-8859-1" },
	[ENC_CP1252] = { "windows-1252", "windows-1252", "Windows-1252" },
	[ENC_MAC] = { "macintosh", "macintosh", "Mac Roman" },
	[ENC_UNKNOWN] = { NULL, NULL, "text" },
	[ENC_BINARY] = { NULL, NULL, "text" },
};

const char *enc_name(enum enc enc)
{
	return encs[enc].name;
}

static bool is_letter(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Bytes up to the first that is not part of valid UTF-8; a character cut off by the end counts as valid unless ${whole}. */
static size_t utf8_prefix(const uint8_t *p, size_t n, bool whole, size_t *cut)
{
	size_t i = 0, need, k;
	uint64_t w;
	uint8_t c;

	*cut = 0;
	while (i < n) {
		while (i + 8 <= n) {
			memcpy(&w, p + i, 8);
			if (w & 0x8080808080808080u)
				break;
			i += 8;
		}
		if (i >= n)
			break;
		c = p[i];
		if (c < 0x80) {
			i++;
			continue;
		}
		need = c >= 0xC2 && c <= 0xDF ? 1 : (c & 0xF0) == 0xE0 ? 2 : c >= 0xF0 && c <= 0xF4 ? 3 : 0;
		if (need == 0)
			return i;
		for (k = 1; k <= need; k++) {
			if (i + k >= n) {
				if (whole)
					return i;
				*cut = n - i;
				return i;
			}
			if ((p[i + k] & 0xC0) != 0x80)
				return i;
			if (k == 1 && ((c == 0xE0 && p[i + 1] < 0xA0) || (c == 0xED && p[i + 1] > 0x9F) ||
			    (c == 0xF0 && p[i + 1] < 0x90) || (c == 0xF4 && p[i + 1] > 0x8F)))
				return i;
		}
		i += need + 1;
	}
	return n;
}

struct jp_score { unsigned two, kana, level1, rare, half; bool valid; };

static void score_cp932(struct jp_score *s, const uint8_t *p, size_t n, bool whole)
{
	size_t i;
	uint8_t a, b;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < n; i++) {
		a = p[i];
		if (a < 0x80)
			continue;
		if (a >= 0xA1 && a <= 0xDF) {
			s->half++;
			continue;
		}
		if (a == 0x80 || a == 0xA0 || (a >= 0xF0 && a <= 0xF9) || a > 0xFC)
			return;
		if (i + 1 >= n) {
			s->valid = !whole;
			return;
		}
		b = p[++i];
		if (b < 0x40 || b == 0x7F || b > 0xFC)
			return;
		s->two++;
		if (a >= 0x81 && a <= 0x83)
			s->kana++;
		else if (a >= 0x88 && a <= 0x97)
			s->level1++;
		else
			s->rare++;
	}
	s->valid = true;
}

static void score_euc(struct jp_score *s, const uint8_t *p, size_t n, bool whole)
{
	size_t i, need;
	uint8_t a;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < n; i++) {
		a = p[i];
		if (a < 0x80)
			continue;
		need = a == 0x8F ? 2 : 1;
		if (a != 0x8E && a != 0x8F && (a < 0xA1 || a == 0xFF))
			return;
		if (i + need >= n) {
			s->valid = !whole;
			return;
		}
		if (p[i + 1] < 0xA1 || p[i + 1] == 0xFF || (need == 2 && (p[i + 2] < 0xA1 || p[i + 2] == 0xFF)))
			return;
		i += need;
		if (a == 0x8E) {
			s->half++;
			continue;
		}
		s->two++;
		if (a == 0xA1 || a == 0xA4 || a == 0xA5)
			s->kana++;
		else if (a >= 0xB0 && a <= 0xCF)
			s->level1++;
		else
			s->rare++;
	}
	s->valid = true;
}

/* In hundredths: how Japanese does it look? */
static int jp_points(const struct jp_score *s)
{
	int all = (int)(s->two + s->half);

	if (!s->valid || s->two == 0)
		return -1;
	return (int)(100 * ((long)s->kana + s->level1 - (long)s->half) / all);
}

struct west_score { unsigned high, good, c1, mac, undefined, runs; };

static bool latin_sign(uint8_t c)
{
	return strchr("\xA0\xA1\xA3\xA7\xA9\xAA\xAB\xAE\xB0\xB1\xB2\xB3\xB4\xB5\xB7\xB9\xBA\xBB\xBC\xBD\xBE\xBF\xD7\xF7", c) != NULL ||
	    strchr("\x80\x85\x91\x92\x93\x94\x95\x96\x97\x99", c) != NULL;
}

static void score_west(struct west_score *s, const uint8_t *p, size_t n)
{
	size_t i, run = 0;
	int prev, next;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < n; i++) {
		if (p[i] < 0x80) {
			run = 0;
			continue;
		}
		prev = i > 0 ? p[i - 1] : ' ';
		next = i + 1 < n ? p[i + 1] : ' ';
		s->high++;
		if (++run >= 3)
			s->runs++;
		if (p[i] < 0xA0)
			s->c1++;
		if (strchr("\x81\x8D\x8F\x90\x9D", p[i]))
			s->undefined++;
		if (p[i] < 0xA0 && is_letter(prev) && next >= 'a' && next <= 'z' && !strchr("\x85\x91\x92\x93\x94\x95\x96\x97\x9A\x9C\x9E", p[i]))
			s->mac++;
		if (latin_sign(p[i]) || ((p[i] >= 0xC0 || strchr("\x8A\x8C\x8E\x9A\x9C\x9E\x9F", p[i])) &&
		    (is_letter(prev) || is_letter(next))))
			s->good++;
	}
}

static enum enc guess_west(const uint8_t *p, size_t n)
{
	struct west_score w;

	score_west(&w, p, n);
	if (w.mac * 2 > w.high)
		return ENC_MAC;
	if (w.undefined || w.good * 5 < w.high * 4 || w.runs * 5 > w.high)
		return ENC_UNKNOWN;
	return w.c1 ? ENC_CP1252 : ENC_LATIN1;
}

/* ${p} has bytes past 7F. */
static enum enc guess_high(const uint8_t *p, size_t n, bool whole)
{
	struct jp_score sj, eu;
	struct west_score w;
	size_t cut;
	int a, b;

	if (utf8_prefix(p, n, whole, &cut) + cut == n)
		return ENC_UTF8;
	score_cp932(&sj, p, n, whole);
	score_euc(&eu, p, n, whole);
	score_west(&w, p, n);
	a = jp_points(&sj);
	b = jp_points(&eu);
	/* Accents are single bytes before plain letters: read as Japanese they turn into rare characters, not into kana. */
	if (a >= 40 && a > b && (sj.kana || w.good * 5 < w.high * 4))
		return ENC_CP932;
	if (b >= 40 && (eu.kana || eu.level1 > 1 || w.good * 5 < w.high * 4))
		return ENC_EUCJP;
	return guess_west(p, n);
}

/* Without a mark: NULs only ever in one half of the pairs, often enough, and a line end among them. */
static bool guess_utf16(struct enc_guess *out, const uint8_t *p, size_t n)
{
	size_t i, odd = 0, even = 0, nl[2] = { 0, 0 }, pairs;

	n = n > 4096 ? 4096 : n & ~(size_t)1;
	for (i = 0; i + 1 < n; i += 2) {
		even += p[i] == 0;
		odd += p[i + 1] == 0;
		nl[0] += p[i + 1] == 0 && (p[i] == '\n' || p[i] == '\r');
		nl[1] += p[i] == 0 && (p[i + 1] == '\n' || p[i + 1] == '\r');
	}
	pairs = n / 2;
	if (pairs < 4 || (even && odd) || nl[odd ? 0 : 1] == 0 || (even + odd) * (pairs < 64 ? 3 : 12) < pairs)
		return false;
	out->enc = odd ? ENC_UTF16LE : ENC_UTF16BE;
	return true;
}

static bool looks_binary(const uint8_t *p, size_t n)
{
	size_t i, odd = 0;

	for (i = 0; i < n; i++)
		odd += (p[i] < 0x20 && !strchr("\t\n\r\f\x1a\x1b", p[i])) || p[i] == 0 || p[i] == 0x7F;
	return odd * 50 > n;
}

void enc_guess(struct enc_guess *out, const uint8_t *p, size_t n, bool whole)
{
	const uint8_t *q;
	size_t i;

	out->enc = ENC_ASCII;
	out->bom = 0;
	if (n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) {
		out->enc = ENC_UTF8;
		out->bom = 3;
		return;
	}
	if (n >= 2 && (memcmp(p, "\xFF\xFE", 2) == 0 || memcmp(p, "\xFE\xFF", 2) == 0)) {
		out->enc = p[0] == 0xFF ? ENC_UTF16LE : ENC_UTF16BE;
		out->bom = 2;
		return;
	}
	if (n && memchr(p, 0, n) && guess_utf16(out, p, n))
		return;
	if (looks_binary(p, n)) {
		out->enc = ENC_BINARY;
		return;
	}
	for (q = p; n && (q = memchr(q, 0x1B, (size_t)(p + n - q))) != NULL; q++)
		if (p + n - q >= 3 && ((q[1] == '$' && (q[2] == 'B' || q[2] == '@')) || (q[1] == '(' && q[2] == 'J'))) {
			out->enc = ENC_ISO2022JP;
			return;
		}
	for (i = 0; i < n; i++)
		if (p[i] >= 0x80) {
			out->enc = guess_high(p, n, whole);
			return;
		}
}

/* ---- decoding ---- */

struct dec {
	enum enc enc;
	unsigned skip;			/* of the byte-order mark, still to come */
	uint64_t at;			/* bytes of the file taken so far */
	uint8_t tail[4];		/* a cut character */
	size_t n_tail;
	struct buf pend;		/* undecided bytes */
	UConverter *conv;
	UChar u[4096];
	UChar high;			/* UTF-16: a first surrogate waits */
};

#define DECIDE_MIN 4096			/* bytes wanted behind the first one that is not ASCII */

static UConverter *
conv_open(enum enc enc)
{
	UErrorCode ec = U_ZERO_ERROR;
	UConverter *c;

	c = ucnv_open(encs[enc].icu, &ec);
	if (U_FAILURE(ec))
		return NULL;
	ucnv_setToUCallBack(c, UCNV_TO_U_CALLBACK_STOP, NULL, NULL, NULL, &ec);
	if (U_FAILURE(ec)) {
		ucnv_close(c);
		return NULL;
	}
	return c;
}

void dec_warm(void)
{
	UConverter *c;
	int i;

	for (i = 0; i < ENC_COUNT; i++)
		if (encs[i].icu && (c = conv_open((enum enc)i)) != NULL)
			ucnv_close(c);
}

static st_t dec_become(struct dec *d, enum enc enc, struct err *e)
{
	d->enc = enc;
	if (enc == ENC_UNKNOWN || enc == ENC_BINARY)
		return err_set(e, ST_INVALID, "in no text encoding known here, from byte %llu on", (unsigned long long)d->at);
	if (encs[enc].icu && (d->conv = conv_open(enc)) == NULL)
		return err_set(e, ST_UNSUPPORTED, "no converter for %s", encs[enc].label);
	return ST_OK;
}

st_t dec_new(struct dec **out, struct enc_guess g, struct err *e)
{
	struct dec *d;
	st_t st;

	if ((d = calloc(1, sizeof(*d))) == NULL)
		return err_set(e, ST_NOMEM, " ");
	buf_init(&d->pend, (size_t)1 << 20);
	d->skip = g.bom;
	if ((st = dec_become(d, g.enc, e)) != ST_OK) {
		dec_free(d);
		return st;
	}
	*out = d;
	return ST_OK;
}

void dec_free(struct dec *d)
{
	if (d == NULL)
		return;
	if (d->conv)
		ucnv_close(d->conv);
	buf_release(&d->pend);
	free(d);
}

enum enc dec_enc(const struct dec *d)
{
	return d->enc;
}

static st_t bad_at(const struct dec *d, uint64_t at, struct err *e)
{
	return err_set(e, ST_INVALID, "not valid %s from byte %llu on", encs[d->enc].label, (unsigned long long)at);
}

static st_t no_nul(const struct dec *d, const uint8_t *p, size_t n, struct err *e)
{
	const uint8_t *z = n ? memchr(p, 0, n) : NULL;

	if (z)
		return err_set(e, ST_INVALID, "a NUL character at byte %llu", (unsigned long long)(d->at + (uint64_t)(z - p)));
	return ST_OK;
}

static st_t dec_utf8(struct dec *d, const uint8_t *p, size_t n, bool last, struct buf *out, struct err *e)
{
	size_t good, cut;
	st_t st;

	while (d->n_tail && n) {		/* finish the cut character first, byte by byte */
		d->tail[d->n_tail++] = *p++;
		n--;
		d->at++;
		good = utf8_prefix(d->tail, d->n_tail, false, &cut);
		if (good == d->n_tail) {
			if (buf_add(out, d->tail, d->n_tail) != ST_OK)
				return out->st;
			d->n_tail = 0;
		} else if (cut == 0)
			return bad_at(d, d->at - d->n_tail, e);
	}
	if (n) {
		good = utf8_prefix(p, n, false, &cut);
		if ((st = no_nul(d, p, good, e)) != ST_OK)
			return st;
		if (buf_add(out, p, good) != ST_OK)
			return out->st;
		if (good + cut < n)
			return bad_at(d, d->at + good, e);
		memcpy(d->tail, p + good, cut);
		d->n_tail = cut;
		d->at += n;
	}
	return last && d->n_tail ? bad_at(d, d->at - d->n_tail, e) : ST_OK;
}

static st_t put_cp(struct buf *out, uint32_t cp)
{
	char b[4];

	if (cp < 0x80) {
		b[0] = (char)cp;
		return buf_add(out, b, 1);
	}
	if (cp < 0x800) {
		b[0] = (char)(0xC0 | cp >> 6);
		b[1] = (char)(0x80 | (cp & 63));
		return buf_add(out, b, 2);
	}
	if (cp < 0x10000) {
		b[0] = (char)(0xE0 | cp >> 12);
		b[1] = (char)(0x80 | (cp >> 6 & 63));
		b[2] = (char)(0x80 | (cp & 63));
		return buf_add(out, b, 3);
	}
	b[0] = (char)(0xF0 | cp >> 18);
	b[1] = (char)(0x80 | (cp >> 12 & 63));
	b[2] = (char)(0x80 | (cp >> 6 & 63));
	b[3] = (char)(0x80 | (cp & 63));
	return buf_add(out, b, 4);
}

/* ${u} to UTF-8; ${at}: for the message. */
static st_t put_utf16(struct dec *d, const UChar *u, size_t n, uint64_t at, struct buf *out, struct err *e)
{
	size_t i;
	uint32_t c;

	for (i = 0; i < n; i++) {
		c = u[i];
		if (c == 0)
			return err_set(e, ST_INVALID, "a NUL character near byte %llu", (unsigned long long)at);
		if (d->high) {
			if (c < 0xDC00 || c > 0xDFFF)
				return bad_at(d, at, e);
			c = 0x10000 + (((uint32_t)d->high - 0xD800) << 10) + (c - 0xDC00);
			d->high = 0;
		} else if (c >= 0xD800 && c <= 0xDBFF) {
			d->high = (UChar)c;
			continue;
		} else if (c >= 0xDC00 && c <= 0xDFFF)
			return bad_at(d, at, e);
		if (put_cp(out, c) != ST_OK)
			return out->st;
	}
	return ST_OK;
}

static st_t dec_utf16(struct dec *d, const uint8_t *p, size_t n, bool last, struct buf *out, struct err *e)
{
	bool le = d->enc == ENC_UTF16LE;
	size_t k = 0;
	st_t st;

	while (n) {
		d->tail[d->n_tail++] = *p++;
		n--;
		if (d->n_tail == 2) {
			d->u[k++] = (UChar)(le ? d->tail[0] | d->tail[1] << 8 : d->tail[1] | d->tail[0] << 8);
			d->n_tail = 0;
			d->at += 2;
		}
		if (k == 4096 || (n == 0 && k)) {
			if ((st = put_utf16(d, d->u, k, d->at, out, e)) != ST_OK)
				return st;
			k = 0;
		}
	}
	return last && (d->n_tail || d->high) ? bad_at(d, d->at, e) : ST_OK;
}

static st_t dec_latin1(struct dec *d, const uint8_t *p, size_t n, struct buf *out, struct err *e)
{
	size_t i;
	st_t st;

	if ((st = no_nul(d, p, n, e)) != ST_OK)
		return st;
	d->at += n;
	for (i = 0; i < n; i++)
		if (put_cp(out, p[i]) != ST_OK)
			return out->st;
	return ST_OK;
}

static st_t dec_icu(struct dec *d, const uint8_t *p, size_t n, bool last, struct buf *out, struct err *e)
{
	const char *src = (const char *)p, *end = src + n, *was;
	UErrorCode ec;
	UChar *u;
	st_t st;

	do {
		ec = U_ZERO_ERROR;
		u = d->u;
		was = src;
		ucnv_toUnicode(d->conv, &u, d->u + 4096, &src, end, NULL, last, &ec);
		st = put_utf16(d, d->u, (size_t)(u - d->u), d->at, out, e);
		d->at += (uint64_t)(src - was);
		if (st != ST_OK)
			return st;
		if (U_FAILURE(ec) && ec != U_BUFFER_OVERFLOW_ERROR)
			return bad_at(d, d->at, e);
	} while (ec == U_BUFFER_OVERFLOW_ERROR);
	return ST_OK;
}

static st_t dec_one(struct dec *d, const uint8_t *p, size_t n, bool last, struct buf *out, struct err *e)
{
	switch (d->enc) {
	case ENC_UTF8:
		return dec_utf8(d, p, n, last, out, e);
	case ENC_UTF16LE:
	case ENC_UTF16BE:
		return dec_utf16(d, p, n, last, out, e);
	case ENC_LATIN1:
		return dec_latin1(d, p, n, out, e);
	default:
		return dec_icu(d, p, n, last, out, e);
	}
}

static size_t ascii_prefix(const uint8_t *p, size_t n)
{
	size_t i = 0;
	uint64_t w;

	for (; i + 8 <= n; i += 8) {
		memcpy(&w, p + i, 8);
		if (w & 0x8080808080808080u)
			break;
	}
	while (i < n && p[i] < 0x80)
		i++;
	return i;
}

/* Plain so far: pass it on; at the first other byte look at what follows and decide. */
static st_t dec_ascii(struct dec *d, const uint8_t *p, size_t n, bool last, struct buf *out, struct err *e)
{
	struct buf both = BUF_INIT((size_t)4 << 20);
	size_t good = 0;
	st_t st = ST_OK;

	if (d->pend.n == 0) {
		good = ascii_prefix(p, n);
		if ((st = no_nul(d, p, good, e)) != ST_OK)
			return st;
		if (buf_add(out, p, good) != ST_OK)
			return out->st;
		d->at += good;
		p += good;
		n -= good;
	}
	if (n && d->pend.n + n < DECIDE_MIN && !last)
		return buf_add(&d->pend, p, n);
	if (d->pend.n) {
		if (buf_add(&both, d->pend.p, d->pend.n) != ST_OK || buf_add(&both, p, n) != ST_OK)
			st = ST_NOMEM;
		buf_clear(&d->pend);
		p = (const uint8_t *)both.p;
		n = both.n;
	}
	if (st == ST_OK && n && (st = dec_become(d, guess_high(p, n, last), e)) == ST_OK)
		st = dec_one(d, p, n, last, out, e);
	buf_release(&both);
	return st;
}

st_t dec_push(struct dec *d, const uint8_t *p, size_t n, bool last, struct buf *out, struct err *e)
{
	size_t k;

	if (d->skip) {
		k = n < d->skip ? n : d->skip;
		p += k;
		n -= k;
		d->at += k;
		d->skip -= (unsigned)k;
	}
	return d->enc == ENC_ASCII ? dec_ascii(d, p, n, last, out, e) : dec_one(d, p, n, last, out, e);
}
