#include "indexer/extract/json_scan.h"

#include "base/utf8.h"

enum want { WANT_VALUE, WANT_VALUE_OR_END, WANT_KEY, WANT_KEY_OR_END, WANT_COLON, WANT_MORE, WANT_TOP };

void json_scan_init(struct json_scan *s)
{
	memset(s, 0, sizeof(*s));
	buf_init(&s->win, BUF_NOMAX);
	buf_init(&s->tmp, JSON_SCAN_STRING + 16);
	s->line = 1;
	s->want = WANT_TOP;
}

void json_scan_release(struct json_scan *s)
{
	buf_release(&s->win);
	buf_release(&s->tmp);
}

uint64_t json_scan_byte(const struct json_scan *s)
{
	return s->dropped + s->at;
}

static st_t bad(struct json_scan *s, const char *what, struct err *e)
{
	return err_set(e, ST_INVALID, "%s in line %llu, byte %llu", what, (unsigned long long)s->line, (unsigned long long)json_scan_byte(s) + 1);
}

static bool in_array(const struct json_scan *s)
{
	return s->array[(s->depth - 1) / 8] >> (s->depth - 1) % 8 & 1;
}

/* A value ended. */
static void after_value(struct json_scan *s)
{
	s->want = s->depth ? WANT_MORE : WANT_TOP;
	s->values += s->depth == 0;
}

/* ---- strings ---- */

#define ONES	0x0101010101010101u
#define HIGHS	0x8080808080808080u
#define HAS(v, c)	((((v) ^ ONES * (c)) - ONES) & ~((v) ^ ONES * (c)) & HIGHS)

/* From ${i}: the first quote, backslash, control character or byte past 7F. */
static size_t plain_run(const char *p, size_t i, size_t n)
{
	for (; i + 8 <= n; i += 8) {
		uint64_t v;

		memcpy(&v, p + i, 8);
		if ((v & HIGHS) | HAS(v, (uint64_t)'"') | HAS(v, (uint64_t)'\\') | ((v - ONES * 0x20) & ~v & HIGHS))
			break;
	}
	for (; i < n; i++)
		if (p[i] == '"' || p[i] == '\\' || (uint8_t)p[i] < 0x20 || (uint8_t)p[i] >= 0x80)
			break;
	return i;
}

static int hex4(const char *p)
{
	int v = 0, i;

	for (i = 0; i < 4; i++) {
		char c = p[i];

		if (c >= '0' && c <= '9')
			v = v << 4 | (c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			v = v << 4 | ((c | 32) - 'a' + 10);
		else
			return -1;
	}
	return v;
}

/* \uXXXX at p[*i] (behind the u). A half of a pair that stands alone becomes U+FFFD: it has no UTF-8. */
static bool unescape_u(const char *p, size_t *i, size_t n, struct buf *out)
{
	int a, b;
	uint32_t c;

	if (n - *i < 4 || (a = hex4(p + *i)) < 0)
		return false;
	*i += 4;
	c = (uint32_t)a;
	if (a >= 0xD800 && a < 0xDC00 && n - *i >= 6 && p[*i] == '\\' && p[*i + 1] == 'u' && (b = hex4(p + *i + 2)) >= 0xDC00 && b < 0xE000) {
		c = 0x10000 + ((uint32_t)(a - 0xD800) << 10) + (uint32_t)(b - 0xDC00);
		*i += 6;
	} else if (a >= 0xD800 && a < 0xE000)
		c = 0xFFFD;
	utf8_put(out, c);
	return true;
}

static bool unescape(const char *p, size_t n, struct buf *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at, *k;
	size_t i = 0;

	buf_clear(out);
	while (i < n) {
		at = memchr(p + i, '\\', n - i);
		buf_add(out, p + i, at ? (size_t)(at - p) - i : n - i);
		if (at == NULL)
			return true;
		i = (size_t)(at - p) + 2;
		if (i > n)
			return false;
		if (at[1] == 'u') {
			if (!unescape_u(p, &i, n, out))
				return false;
		} else if (at[1] && (k = strchr(from, at[1])) != NULL)
			buf_addc(out, to[k - from]);
		else
			return false;
	}
	return true;
}

static st_t string_done(struct json_scan *s, struct slice text, enum json_kind kind)
{
	if (s->want == WANT_KEY || s->want == WANT_KEY_OR_END) {
		s->want = WANT_COLON;
		return s->on_key(s->ctx, text);
	}
	after_value(s);
	return s->on_value(s->ctx, kind, text);
}

/* At a quote. ST_EOF: more bytes are needed. */
static st_t string(struct json_scan *s, struct err *e)
{
	const char *p = s->win.p;
	size_t from = s->at + 1, n = s->win.n, i = s->skipping ? s->at : from;
	bool escaped = false, wide = false, half = false;
	struct slice text;

	for (;; i++) {
		i = plain_run(p, i, n);
		if (i >= n)
			break;
		if (p[i] == '"')
			break;
		if (p[i] == '\\') {
			escaped = true;
			if ((half = ++i >= n))
				break;
		} else if ((uint8_t)p[i] >= 0x80)
			wide = true;
		else {
			s->at = i;
			return bad(s, "a control character inside a string", e);
		}
	}
	if (i >= n) {
		if (!s->skipping && n - from <= JSON_SCAN_STRING)
			return ST_EOF;
		/* Too long: forget it, but for a backslash whose character is still to come. */
		s->skipping = true;
		s->at = half ? n - 1 : n;
		return ST_EOF;
	}
	text = slice_of(p + from, s->skipping ? 0 : i - from);
	s->at = i + 1;
	if (s->skipping || text.n > JSON_SCAN_STRING) {
		s->skipping = false;
		return string_done(s, SLICE_NULL, JSON_LONG);
	}
	if (wide && !utf8_valid(text, NULL))
		return bad(s, "a string that is not valid UTF-8", e);
	if (!escaped)
		return string_done(s, text, JSON_STR);
	if (!unescape(text.p, text.n, &s->tmp))
		return bad(s, "a bad escape", e);
	return s->tmp.st == ST_NOMEM ? ST_NOMEM : string_done(s, buf_slice(&s->tmp), JSON_STR);
}

/* ---- other scalars ---- */

static bool is_number(const char *p, size_t n)
{
	size_t i = n && p[0] == '-', from = i;

	for (; i < n && p[i] >= '0' && p[i] <= '9'; i++)
		;
	if (i == from || (p[from] == '0' && i - from > 1))
		return false;
	if (i < n && p[i] == '.') {
		for (from = ++i; i < n && p[i] >= '0' && p[i] <= '9'; i++)
			;
		if (i == from)
			return false;
	}
	if (i < n && (p[i] | 32) == 'e') {
		i++;
		if (i < n && (p[i] == '+' || p[i] == '-'))
			i++;
		for (from = i; i < n && p[i] >= '0' && p[i] <= '9'; i++)
			;
		if (i == from)
			return false;
	}
	return i == n;
}

static bool word_byte(char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '-' || c == '+' || c == '.' || c == '_';
}

static st_t scalar(struct json_scan *s, bool last, struct err *e)
{
	static const struct { const char *word; enum json_kind kind; } words[] = { { "true", JSON_YES }, { "false", JSON_NO }, { "null", JSON_NIL },
	    { "NaN", JSON_NOTNUM }, { "Infinity", JSON_NOTNUM }, { "-Infinity", JSON_NOTNUM } };
	struct slice w = slice_of(s->win.p + s->at, 0);
	size_t i;

	while (s->at + w.n < s->win.n && word_byte(w.p[w.n]))
		w.n++;
	if (w.n == 0)
		return bad(s, "something that is no JSON", e);
	if (w.n > 1000)
		return bad(s, "a number of more than 1000 characters", e);
	if (s->at + w.n == s->win.n && !last)
		return ST_EOF;
	if (is_number(w.p, w.n)) {
		s->at += w.n;
		after_value(s);
		return s->on_value(s->ctx, JSON_NUM, w);
	}
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (slice_eq_str(w, words[i].word)) {
			s->at += w.n;
			after_value(s);
			return s->on_value(s->ctx, words[i].kind, w);
		}
	return bad(s, "something that is no JSON", e);
}

/* ---- structure ---- */

static st_t begin(struct json_scan *s, bool array, struct err *e)
{
	uint8_t *b = &s->array[s->depth / 8], bit = (uint8_t)(1u << s->depth % 8);

	if (s->depth == JSON_SCAN_DEEP)
		return bad(s, "values nested more than 1000 deep", e);
	*b = array ? *b | bit : *b & (uint8_t)~bit;
	if (++s->depth > s->deepest)
		s->deepest = s->depth;
	s->at++;
	s->want = array ? WANT_VALUE_OR_END : WANT_KEY_OR_END;
	return s->on_begin(s->ctx, array);
}

static st_t end(struct json_scan *s, char c, struct err *e)
{
	bool array = c == ']';

	if (s->depth == 0 || in_array(s) != array || (s->want != WANT_MORE && s->want != WANT_VALUE_OR_END && s->want != WANT_KEY_OR_END))
		return bad(s, "a bracket that closes nothing", e);
	s->depth--;
	s->at++;
	after_value(s);
	return s->on_end(s->ctx, array);
}

static st_t value(struct json_scan *s, char c, bool last, struct err *e)
{
	if (s->depth == 0 && s->values && !s->many)
		return bad(s, "more behind the end of the document", e);
	if (c == '{' || c == '[')
		return begin(s, c == '[', e);
	return c == '"' ? string(s, e) : scalar(s, last, e);
}

static st_t step(struct json_scan *s, char c, bool last, struct err *e)
{
	if (c == '}' || c == ']')
		return end(s, c, e);
	switch (s->want) {
	case WANT_MORE:
		if (c != ',')
			return bad(s, "no comma between two values", e);
		s->want = in_array(s) ? WANT_VALUE : WANT_KEY;
		s->at++;
		return ST_OK;
	case WANT_COLON:
		if (c != ':')
			return bad(s, "no colon behind a name", e);
		s->want = WANT_VALUE;
		s->at++;
		return ST_OK;
	case WANT_KEY:
	case WANT_KEY_OR_END:
		return c == '"' ? string(s, e) : bad(s, "a name without quotes", e);
	default:
		return value(s, c, last, e);
	}
}

static st_t run(struct json_scan *s, bool last, struct err *e)
{
	st_t st = ST_OK;
	char c;

	if (s->skipping)
		st = string(s, e);
	while (st == ST_OK && s->at < s->win.n) {
		c = s->win.p[s->at];
		if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
			s->line += c == '\n';
			s->at++;
		} else
			st = step(s, c, last, e);
	}
	return st == ST_EOF ? ST_OK : st;
}

st_t json_scan_push(struct json_scan *s, const void *p, size_t n, bool last, struct err *e)
{
	st_t st;

	if (buf_add(&s->win, p, n) != ST_OK)
		return ST_NOMEM;
	if (s->dropped == 0 && s->at == 0 && s->win.n >= 3 && memcmp(s->win.p, "\xEF\xBB\xBF", 3) == 0)
		s->at = 3;
	st = run(s, last, e);
	if (st == ST_OK && last && (s->depth || s->at < s->win.n || s->skipping)) {
		s->at = s->win.n;
		st = err_set(e, ST_INVALID, "cut off in line %llu, inside a value", (unsigned long long)s->line);
	}
	if (st == ST_OK && last && s->values == 0)
		st = err_set(e, ST_INVALID, "nothing in it");
	s->dropped += s->at;
	buf_drop(&s->win, s->at);
	s->at = 0;
	return st;
}
