#include "base/str.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include <openssl/crypto.h>

void hex_encode(char *out, const void *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *b = p;
	size_t i;

	for (i = 0; i < n; i++) {
		out[2 * i] = digits[b[i] >> 4];
		out[2 * i + 1] = digits[b[i] & 15];
	}
	out[2 * n] = '\0';
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

st_t hex_decode(void *out, struct slice hex)
{
	uint8_t *o = out;
	size_t i;

	if (hex.n % 2 != 0)
		return ST_INVALID;
	for (i = 0; i < hex.n; i += 2) {
		int hi = hex_value(hex.p[i]), lo = hex_value(hex.p[i + 1]);

		if (hi < 0 || lo < 0)
			return ST_INVALID;
		o[i / 2] = (uint8_t)(hi << 4 | lo);
	}
	return ST_OK;
}

static const char b64_std[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char b64_url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static st_t b64_encode(struct buf *out, const uint8_t *b, size_t n, const char *alphabet, bool pad)
{
	size_t i;

	for (i = 0; i + 2 < n; i += 3) {
		uint32_t v = (uint32_t)b[i] << 16 | (uint32_t)b[i + 1] << 8 | b[i + 2];
		char q[4] = { alphabet[v >> 18], alphabet[v >> 12 & 63], alphabet[v >> 6 & 63], alphabet[v & 63] };

		buf_add(out, q, 4);
	}
	if (i < n) {
		uint32_t v = (uint32_t)b[i] << 16 | (i + 1 < n ? (uint32_t)b[i + 1] << 8 : 0);
		char q[4] = { alphabet[v >> 18], alphabet[v >> 12 & 63], '=', '=' };
		size_t len = 2;

		if (i + 1 < n) {
			q[2] = alphabet[v >> 6 & 63];
			len = 3;
		}
		buf_add(out, q, pad ? 4 : len);
	}
	return out->st;
}

static st_t b64_decode(struct buf *out, struct slice s, const char *alphabet, bool pad)
{
	uint32_t v = 0;
	unsigned bits = 0;
	size_t i;

	if (pad) {
		if (s.n % 4 != 0)
			return ST_INVALID;
		if (s.n > 0 && s.p[s.n - 1] == '=')
			s.n -= s.p[s.n - 2] == '=' ? 2 : 1;
	}
	if (s.n % 4 == 1)
		return ST_INVALID;
	for (i = 0; i < s.n; i++) {
		const char *at = s.p[i] == '\0' ? NULL : strchr(alphabet, s.p[i]);

		if (at == NULL)
			return ST_INVALID;
		v = v << 6 | (uint32_t)(at - alphabet);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			buf_addc(out, (char)(v >> bits & 255));
		}
	}
	/* Bits left over must be zero: one text for one value. */
	if ((v & ((1u << bits) - 1)) != 0)
		return ST_INVALID;
	return out->st;
}

st_t base64_encode(struct buf *out, const void *p, size_t n)
{
	return b64_encode(out, p, n, b64_std, true);
}

st_t base64_decode(struct buf *out, struct slice s)
{
	return b64_decode(out, s, b64_std, true);
}

st_t base64url_encode(struct buf *out, const void *p, size_t n)
{
	return b64_encode(out, p, n, b64_url, false);
}

st_t base64url_decode(struct buf *out, struct slice s)
{
	return b64_decode(out, s, b64_url, false);
}

static bool unreserved(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	    c == '-' || c == '.' || c == '_' || c == '~';
}

st_t percent_encode(struct buf *out, struct slice s, const char *keep)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t i;

	for (i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (unreserved(c) || (c != 0 && keep != NULL && strchr(keep, c) != NULL)) {
			buf_addc(out, (char)c);
		} else {
			char x[3] = { '%', digits[c >> 4], digits[c & 15] };

			buf_add(out, x, 3);
		}
	}
	return out->st;
}

st_t percent_decode(struct buf *out, struct slice s, bool plus)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '%') {
			int hi, lo;

			if (i + 2 >= s.n)
				return ST_INVALID;
			hi = hex_value(s.p[i + 1]);
			lo = hex_value(s.p[i + 2]);
			if (hi < 0 || lo < 0 || (hi == 0 && lo == 0))
				return ST_INVALID;
			c = (char)(hi << 4 | lo);
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		} else if (c == '\0') {
			return ST_INVALID;
		}
		buf_addc(out, c);
	}
	return out->st;
}

st_t html_text(struct buf *out, struct slice s)
{
	size_t i, from = 0;

	for (i = 0; i < s.n; i++) {
		const char *ref = NULL;

		switch (s.p[i]) {
		case '&': ref = "&amp;"; break;
		case '<': ref = "&lt;"; break;
		case '>': ref = "&gt;"; break;
		case '"': ref = "&quot;"; break;
		case '\'': ref = "&#39;"; break;
		}
		if (ref == NULL)
			continue;
		buf_add(out, s.p + from, i - from);
		buf_adds(out, ref);
		from = i + 1;
	}
	if (s.n > from)
		buf_add(out, s.p + from, s.n - from);
	return out->st;
}

char *human_size(char *out, uint64_t bytes)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
	double v = (double)bytes;
	size_t u = 0;

	while (v >= 999.5 && u + 1 < sizeof(units) / sizeof(units[0])) {
		v /= 1000;
		u++;
	}
	if (u == 0)
		snprintf(out, 32, "%llu B", (unsigned long long)bytes);
	else
		snprintf(out, 32, v < 9.95 ? "%.1f %s" : "%.0f %s", v, units[u]);
	return out;
}

bool secret_eq(const void *a, const void *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}

void random_bytes(void *p, size_t n)
{
	uint8_t *b = p;

	while (n > 0) {
		ssize_t got = getrandom(b, n, 0);

		if (got < 0) {
			if (errno == EINTR)
				continue;
			abort();	/* no secrets without randomness */
		}
		b += got;
		n -= (size_t)got;
	}
}
