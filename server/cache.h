#ifndef SERVER_CACHE_H
#define SERVER_CACHE_H

/* Composed record JSON in memory: a fixed number of bytes, least recently used goes first. An entry answers only for the ETag it was made with. Any thread. */

#include "schema/pid.h"

struct cache;

struct cache *cache_new(size_t bytes);
void cache_free(struct cache *c);
bool cache_get(struct cache *c, const char *id, int variant, const char *etag, struct buf *out);
void cache_put(struct cache *c, const char *id, int variant, const char *etag, struct slice bytes);

#endif
