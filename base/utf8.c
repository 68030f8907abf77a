#include "base/utf8.h"

/* Length of the well-formed sequence at p (Unicode 15, table 3-7), 0 if there is none. */
static size_t sequence(const unsigned char *p, size_t n)
{
	unsigned char a = p[0];
	unsigned char lo = 0x80, hi = 0xBF;
	size_t len, i;

	if (a < 0x80)
		return 1;
	if (a >= 0xC2 && a <= 0xDF) {
		len = 2;
	} else if (a >= 0xE0 && a <= 0xEF) {
		len = 3;
		if (a == 0xE0)
			lo = 0xA0;
		else if (a == 0xED)
			hi = 0x9F;
	} else if (a >= 0xF0 && a <= 0xF4) {
		len = 4;
		if (a == 0xF0)
			lo = 0x90;
		else if (a == 0xF4)
			hi = 0x8F;
	} else {
		return 0;
	}
	if (n < len || p[1] < lo || p[1] > hi)
		return 0;
	for (i = 2; i < len; i++)
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	return len;
}

bool utf8_valid(struct slice s, size_t *bad)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = 0;

	while (i < s.n) {
		size_t len;

		/* Eight ASCII bytes at a time. */
		while (s.n - i >= 8) {
			uint64_t w;

			memcpy(&w, p + i, 8);
			if ((w & 0x8080808080808080u) != 0)
				break;
			i += 8;
		}
		if (i == s.n)
			break;
		len = sequence(p + i, s.n - i);
		if (len == 0) {
			if (bad != NULL)
				*bad = i;
			return false;
		}
		i += len;
	}
	return true;
}

int32_t utf8_next(struct slice s, size_t *i)
{
	const unsigned char *p;
	size_t len;

	if (*i >= s.n)
		return -1;
	p = (const unsigned char *)s.p + *i;
	len = sequence(p, s.n - *i);
	switch (len) {
	case 1:
		*i += 1;
		return p[0];
	case 2:
		*i += 2;
		return (p[0] & 0x1F) << 6 | (p[1] & 0x3F);
	case 3:
		*i += 3;
		return (p[0] & 0x0F) << 12 | (p[1] & 0x3F) << 6 | (p[2] & 0x3F);
	case 4:
		*i += 4;
		return (p[0] & 0x07) << 18 | (p[1] & 0x3F) << 12 | (p[2] & 0x3F) << 6 | (p[3] & 0x3F);
	default:
		*i += 1;
		return 0xFFFD;
	}
}

st_t utf8_put(struct buf *out, uint32_t cp)
{
	char b[4];
	size_t n;

	if (cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
		cp = 0xFFFD;
	if (cp < 0x80) {
		b[0] = (char)cp;
		n = 1;
	} else if (cp < 0x800) {
		b[0] = (char)(0xC0 | cp >> 6);
		b[1] = (char)(0x80 | (cp & 0x3F));
		n = 2;
	} else if (cp < 0x10000) {
		b[0] = (char)(0xE0 | cp >> 12);
		b[1] = (char)(0x80 | (cp >> 6 & 0x3F));
		b[2] = (char)(0x80 | (cp & 0x3F));
		n = 3;
	} else {
		b[0] = (char)(0xF0 | cp >> 18);
		b[1] = (char)(0x80 | (cp >> 12 & 0x3F));
		b[2] = (char)(0x80 | (cp >> 6 & 0x3F));
		b[3] = (char)(0x80 | (cp & 0x3F));
		n = 4;
	}
	return buf_add(out, b, n);
}

size_t utf8_count(struct slice s)
{
	size_t n = 0, i = 0;

	while (utf8_next(s, &i) >= 0)
		n++;
	return n;
}

struct slice utf8_clip(struct slice s, size_t max)
{
	if (s.n <= max)
		return s;
	while (max > 0 && ((unsigned char)s.p[max] & 0xC0) == 0x80)
		max--;
	return slice_of(s.p, max);
}

/* XML 1.0, production 2: Char. */
bool utf8_is_xml_char(uint32_t cp)
{
	if (cp < 0x20)
		return cp == 0x9 || cp == 0xA || cp == 0xD;
	return cp <= 0xD7FF || (cp >= 0xE000 && cp <= 0xFFFD) || (cp >= 0x10000 && cp <= 0x10FFFF);
}
