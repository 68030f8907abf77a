#include "store/kv_key.h"

#include <assert.h>

#include "base/hash.h"

#define DIGEST_PART 16

void put_u32(void *p, uint32_t v)
{
	uint8_t *b = p;

	b[0] = v >> 24;
	b[1] = v >> 16;
	b[2] = v >> 8;
	b[3] = v;
}

void put_u64(void *p, uint64_t v)
{
	put_u32(p, v >> 32);
	put_u32((uint8_t *)p + 4, (uint32_t)v);
}

uint32_t get_u32(const void *p)
{
	const uint8_t *b = p;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

uint64_t get_u64(const void *p)
{
	return (uint64_t)get_u32(p) << 32 | get_u32((const uint8_t *)p + 4);
}

void key_init(struct key *k, char letter)
{
	k->p[0] = (uint8_t)letter;
	k->n = 1;
}

/* Fixed fields are laid out by us, so running past the end is our own fault, never the input's. */
static uint8_t *key_room(struct key *k, size_t n)
{
	uint8_t *p = k->p + k->n;

	assert(n <= sizeof(k->p) - k->n);
	k->n += n;
	return p;
}

void key_u8(struct key *k, uint8_t v)
{
	*key_room(k, 1) = v;
}

void key_u32(struct key *k, uint32_t v)
{
	put_u32(key_room(k, 4), v);
}

void key_u64(struct key *k, uint64_t v)
{
	put_u64(key_room(k, 8), v);
}

void key_bytes(struct key *k, const void *p, size_t n)
{
	memcpy(key_room(k, n), p, n);
}

void key_text_then(struct key *k, struct slice s, size_t behind)
{
	uint8_t sum[SHA256_LEN];
	size_t most;

	assert(sizeof(k->p) - k->n > behind + DIGEST_PART + 1);
	most = sizeof(k->p) - k->n - behind - DIGEST_PART - 1;
	if (s.n <= most) {
		if (s.n > 0)
			key_bytes(k, s.p, s.n);
	} else {
		sha256(sum, s.p, s.n);
		key_bytes(k, s.p, most);
		key_bytes(k, sum, DIGEST_PART);
	}
	key_u8(k, 0);
}

void key_text(struct key *k, struct slice s)
{
	key_text_then(k, s, 0);
}
