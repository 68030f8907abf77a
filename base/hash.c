#include "base/hash.h"

#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <zlib.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "base/str.h"

struct hash {
	EVP_MD_CTX *ctx;
	uint32_t crc;
};

struct hash *hash_new(void)
{
	struct hash *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	h->ctx = EVP_MD_CTX_new();
	if (h->ctx == NULL) {
		free(h);
		return NULL;
	}
	hash_reset(h);
	return h;
}

void hash_free(struct hash *h)
{
	if (h == NULL)
		return;
	EVP_MD_CTX_free(h->ctx);
	free(h);
}

void hash_reset(struct hash *h)
{
	/* Fails only without memory or without SHA-256 at all; a digest must never be silently wrong. */
	if (EVP_DigestInit_ex(h->ctx, EVP_sha256(), NULL) != 1)
		abort();
	h->crc = 0;
}

void hash_add(struct hash *h, const void *p, size_t n)
{
	if (n == 0)
		return;
	if (EVP_DigestUpdate(h->ctx, p, n) != 1)
		abort();
	h->crc = crc32_of(h->crc, p, n);
}

void hash_end(struct hash *h, uint8_t sum[SHA256_LEN], uint32_t *crc32_out)
{
	uint8_t own[SHA256_LEN];

	if (EVP_DigestFinal_ex(h->ctx, sum != NULL ? sum : own, NULL) != 1)
		abort();
	if (crc32_out != NULL)
		*crc32_out = h->crc;
}

void sha256(uint8_t out[SHA256_LEN], const void *p, size_t n)
{
	SHA256(p, n, out);
}

void sha256_hex(char out[SHA256_HEX], const void *p, size_t n)
{
	uint8_t sum[SHA256_LEN];

	sha256(sum, p, n);
	hex_encode(out, sum, sizeof(sum));
}

void md5_hex(char out[33], const void *p, size_t n)
{
	uint8_t sum[16];

	if (EVP_Digest(p, n, sum, NULL, EVP_md5(), NULL) != 1)
		memset(sum, 0, sizeof(sum));
	hex_encode(out, sum, sizeof(sum));
}

void hmac_sha256(uint8_t out[SHA256_LEN], const void *key, size_t klen, const void *p, size_t n)
{
	if (HMAC(EVP_sha256(), key, (int)klen, p, n, out, NULL) == NULL)
		abort();
}

uint64_t hash64(const void *p, size_t n, uint64_t seed)
{
	const uint8_t *b = p;
	uint64_t h = 0xcbf29ce484222325u ^ seed;
	size_t i;

	for (i = 0; i < n; i++)
		h = (h ^ b[i]) * 0x100000001b3u;
	h ^= h >> 33;
	h *= 0xff51afd7ed558ccdu;
	h ^= h >> 33;
	h *= 0xc4ceb9fe1a85ec53u;
	h ^= h >> 33;
	return h;
}

#if defined(__x86_64__)
/*
 * CRC-32 by carry-less multiplication: 64 bytes at once are folded onto the next 64 (V. Gopal et al., "Fast CRC Computation for Generic
 * Polynomials Using PCLMULQDQ Instruction", Intel 2009; the constants are powers of x modulo the bit-reflected polynomial). What is left is
 * 16 bytes with the same remainder as all that went in, which zlib finishes. ${n} is at least 64; only whole 16 bytes are taken: ${done}.
 */
__attribute__((target("pclmul,sse2"))) static __m128i fold(__m128i x, __m128i k, __m128i next)
{
	return _mm_xor_si128(_mm_xor_si128(_mm_clmulepi64_si128(x, k, 0x00), _mm_clmulepi64_si128(x, k, 0x11)), next);
}

__attribute__((target("pclmul,sse2"))) static uint32_t crc32_folded(uint32_t crc, const uint8_t *p, size_t n, size_t *done)
{
	const __m128i by512 = _mm_set_epi64x(0x1c6e41596, 0x154442bd4), by128 = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0);
	const __m128i *v = (const __m128i *)p, *end = v + n / 16;
	__m128i x[4];
	uint8_t left[16];
	unsigned i;

	for (i = 0; i < 4; i++)
		x[i] = _mm_loadu_si128(v++);
	x[0] = _mm_xor_si128(x[0], _mm_cvtsi32_si128((int)~crc));
	for (; end - v >= 4; v += 4)
		for (i = 0; i < 4; i++)
			x[i] = fold(x[i], by512, _mm_loadu_si128(v + i));
	for (i = 1; i < 4; i++)
		x[0] = fold(x[0], by128, x[i]);
	for (; v < end; v++)
		x[0] = fold(x[0], by128, _mm_loadu_si128(v));
	_mm_storeu_si128((__m128i *)left, x[0]);
	*done = n / 16 * 16;
	/* All ones: the register that the fold has taken in already starts empty here. */
	return (uint32_t)crc32_z(UINT32_MAX, left, sizeof(left));
}
#endif

uint32_t crc32_of(uint32_t crc, const void *p, size_t n)
{
	size_t done = 0;

#if defined(__x86_64__)
	if (n >= 128 && __builtin_cpu_supports("pclmul"))
		crc = crc32_folded(crc, p, n, &done);
#endif
	return (uint32_t)crc32_z(crc, (const uint8_t *)p + done, n - done);
}
