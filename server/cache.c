#include "server/cache.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/hash.h"

/* Sets of eight ways: a look-up touches one set, and the oldest of eight is close enough to the oldest of all. */
#define WAYS 8
#define SETS 512
#define ENTRY_MAX ((size_t)256 << 10)

struct entry {
	char id[PID_LEN + 1];
	char etag[40];
	int variant;
	uint64_t used;
	char *p;
	size_t n;
};

struct cache {
	pthread_mutex_t lock[SETS / 32];
	struct entry e[SETS][WAYS];
	size_t set_max;		/* bytes a set may hold */
	uint64_t clock;
};

struct cache *cache_new(size_t bytes)
{
	struct cache *c = calloc(1, sizeof(*c));
	size_t i;

	if (c == NULL)
		return NULL;
	c->set_max = bytes / SETS;
	for (i = 0; i < SETS / 32; i++)
		pthread_mutex_init(&c->lock[i], NULL);
	return c;
}

void cache_free(struct cache *c)
{
	size_t i, j;

	if (c == NULL)
		return;
	for (i = 0; i < SETS; i++)
		for (j = 0; j < WAYS; j++)
			free(c->e[i][j].p);
	for (i = 0; i < SETS / 32; i++)
		pthread_mutex_destroy(&c->lock[i]);
	free(c);
}

static size_t set_of(const char *id, int variant)
{
	return hash64(id, PID_LEN, (uint64_t)variant) % SETS;
}

static struct entry *find(struct cache *c, size_t set, const char *id, int variant)
{
	size_t i;

	for (i = 0; i < WAYS; i++) {
		struct entry *e = &c->e[set][i];

		if (e->p != NULL && e->variant == variant && strcmp(e->id, id) == 0)
			return e;
	}
	return NULL;
}

bool cache_get(struct cache *c, const char *id, int variant, const char *etag, struct buf *out)
{
	size_t set = set_of(id, variant);
	pthread_mutex_t *lock = &c->lock[set / 32];
	struct entry *e;
	bool hit = false;

	pthread_mutex_lock(lock);
	e = find(c, set, id, variant);
	if (e != NULL && strcmp(e->etag, etag) == 0) {
		e->used = __atomic_add_fetch(&c->clock, 1, __ATOMIC_RELAXED);
		hit = buf_add(out, e->p, e->n) == ST_OK;
	}
	pthread_mutex_unlock(lock);
	return hit;
}

static void drop(struct entry *e)
{
	free(e->p);
	memset(e, 0, sizeof(*e));
}

static struct entry *oldest(struct cache *c, size_t set, bool want_free)
{
	struct entry *old = NULL;
	size_t i;

	for (i = 0; i < WAYS; i++) {
		struct entry *e = &c->e[set][i];

		if (e->p == NULL) {
			if (want_free)
				return e;
			continue;
		}
		if (old == NULL || e->used < old->used)
			old = e;
	}
	return old;
}

static size_t held(struct cache *c, size_t set)
{
	size_t i, sum = 0;

	for (i = 0; i < WAYS; i++)
		sum += c->e[set][i].n;
	return sum;
}

void cache_put(struct cache *c, const char *id, int variant, const char *etag, struct slice bytes)
{
	size_t set = set_of(id, variant);
	pthread_mutex_t *lock = &c->lock[set / 32];
	struct entry *e;
	char *copy;

	if (bytes.n > ENTRY_MAX || bytes.n > c->set_max || (copy = slice_dup(bytes)) == NULL)
		return;
	pthread_mutex_lock(lock);
	e = find(c, set, id, variant);
	if (e != NULL)
		drop(e);
	while (held(c, set) + bytes.n > c->set_max)
		drop(oldest(c, set, false));
	e = oldest(c, set, true);
	drop(e);
	snprintf(e->id, sizeof(e->id), "%s", id);
	snprintf(e->etag, sizeof(e->etag), "%s", etag);
	e->variant = variant;
	e->p = copy;
	e->n = bytes.n;
	e->used = __atomic_add_fetch(&c->clock, 1, __ATOMIC_RELAXED);
	pthread_mutex_unlock(lock);
}
