#ifndef BASE_HASH_H
#define BASE_HASH_H

/* Streaming digests: SHA-256 (OpenSSL) and CRC-32 (zlib) in one pass, MD5 for those who ask. */

#include "base/buf.h"

#define SHA256_LEN 32
#define SHA256_HEX 65		/* with NUL */

struct hash;			/* SHA-256 and CRC-32 together */
struct hash *hash_new(void);
void hash_free(struct hash *h);
void hash_reset(struct hash *h);
void hash_add(struct hash *h, const void *p, size_t n);
void hash_end(struct hash *h, uint8_t sha256[SHA256_LEN], uint32_t *crc32);	/* either may be NULL */

void sha256(uint8_t out[SHA256_LEN], const void *p, size_t n);
void sha256_hex(char out[SHA256_HEX], const void *p, size_t n);
void md5_hex(char out[33], const void *p, size_t n);
void hmac_sha256(uint8_t out[SHA256_LEN], const void *key, size_t klen, const void *p, size_t n);
/* 64-bit hash for tables on disk: fixed forever (XXH64-like mixing of our own is not wanted; FNV-1a with a finaliser). */
uint64_t hash64(const void *p, size_t n, uint64_t seed);
uint32_t crc32_of(uint32_t crc, const void *p, size_t n);

#endif
