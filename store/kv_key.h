#ifndef STORE_KV_KEY_H
#define STORE_KV_KEY_H

/* Keys: a letter, then big-endian fields, so that order in the file is order in meaning. */

#include "base/buf.h"

struct key { uint8_t p[511]; size_t n; };

void key_init(struct key *k, char letter);
void key_u8(struct key *k, uint8_t v);
void key_u32(struct key *k, uint32_t v);
void key_u64(struct key *k, uint64_t v);
/* Text followed by a zero byte, cut at the room left less 17 and then marked with 16 bytes of its digest when it was longer, so that two long texts with one beginning stay apart. */
void key_text(struct key *k, struct slice s);
void key_text_then(struct key *k, struct slice s, size_t behind);	/* the same, leaving ${behind} bytes for fixed fields after it */
void key_bytes(struct key *k, const void *p, size_t n);		/* fixed length */
static inline struct slice key_slice(const struct key *k) { return slice_of(k->p, k->n); }
uint32_t get_u32(const void *p);
uint64_t get_u64(const void *p);
void put_u32(void *p, uint32_t v);
void put_u64(void *p, uint64_t v);

#endif
