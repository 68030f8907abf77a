#include "base/hash.h"

#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <zlib.h>

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

uint32_t crc32_of(uint32_t crc, const void *p, size_t n)
{
	return (uint32_t)crc32_z(crc, p, n);
}
