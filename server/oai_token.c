#include "server/oai.h"

#include "base/hash.h"
#include "base/str.h"

/* Layout: version 1, verb, five numbers of 8 bytes and total, two texts with a length byte, then 16 bytes of HMAC-SHA-256 over all before. */
#define MAC_LEN 16
#define TOKEN_MAX 512
#define FIXED (2 + 6 * 8)

static void put64(struct buf *b, uint64_t v)
{
	uint8_t x[8];
	int i;

	for (i = 7; i >= 0; i--, v >>= 8)
		x[i] = (uint8_t)v;
	buf_add(b, x, 8);
}

static uint64_t get64(const uint8_t *p)
{
	uint64_t v = 0;
	int i;

	for (i = 0; i < 8; i++)
		v = v << 8 | p[i];
	return v;
}

static void mac(uint8_t out[SHA256_LEN], const struct buf *b, size_t n, const uint8_t secret[32])
{
	/* The purpose is part of the key's use: no other signature of this repository can stand in. */
	static const char purpose[] = "oai-token";
	struct buf m = BUF_INIT(1024);

	buf_adds(&m, purpose);
	buf_add(&m, b->p, n);
	hmac_sha256(out, secret, 32, m.p, m.n);
	buf_release(&m);
}

st_t oai_token_write(struct buf *out, const struct oai_token *t, const uint8_t secret[32])
{
	struct buf b = BUF_INIT(1024);
	uint8_t sum[SHA256_LEN];
	size_t before = out->n;

	buf_addc(&b, 1);
	buf_addc(&b, t->verb);
	put64(&b, (uint64_t)t->from);
	put64(&b, (uint64_t)t->until);
	put64(&b, t->after);
	put64(&b, t->upto);
	put64(&b, t->cursor);
	put64(&b, t->total);
	buf_addc(&b, (char)strlen(t->format));
	buf_adds(&b, t->format);
	buf_addc(&b, (char)strlen(t->set));
	buf_adds(&b, t->set);
	if (b.st == ST_OK) {
		mac(sum, &b, b.n, secret);
		buf_add(&b, sum, MAC_LEN);
		base64url_encode(out, b.p, b.n);
	}
	buf_release(&b);
	return out->n - before > TOKEN_MAX ? ST_TOOBIG : out->st;
}

static bool text_field(const struct buf *b, size_t *at, size_t end, char *out, size_t max)
{
	size_t n;

	if (*at >= end)
		return false;
	n = (uint8_t)b->p[(*at)++];
	if (n >= max || n > end - *at)
		return false;
	memcpy(out, b->p + *at, n);
	out[n] = '\0';
	*at += n;
	return true;
}

bool oai_token_read(struct oai_token *t, struct slice text, const uint8_t secret[32])
{
	struct buf b = BUF_INIT(1024);
	uint8_t sum[SHA256_LEN];
	const uint8_t *p;
	size_t at = FIXED;
	bool ok = false;

	memset(t, 0, sizeof(*t));
	if (text.n > TOKEN_MAX || base64url_decode(&b, text) != ST_OK || b.n < FIXED + 2 + MAC_LEN)
		goto out;
	mac(sum, &b, b.n - MAC_LEN, secret);
	if (!secret_eq(sum, b.p + b.n - MAC_LEN, MAC_LEN) || b.p[0] != 1)
		goto out;
	p = (const uint8_t *)b.p;
	t->verb = b.p[1];
	t->from = (int64_t)get64(p + 2);
	t->until = (int64_t)get64(p + 10);
	t->after = get64(p + 18);
	t->upto = get64(p + 26);
	t->cursor = get64(p + 34);
	t->total = get64(p + 42);
	ok = text_field(&b, &at, b.n - MAC_LEN, t->format, sizeof(t->format)) &&
	    text_field(&b, &at, b.n - MAC_LEN, t->set, sizeof(t->set)) && at == b.n - MAC_LEN;
out:
	buf_release(&b);
	return ok;
}
