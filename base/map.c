/* Open addressing with linear probing and backward-shift deletion: no tombstones, so no slow decay. */

#include "base/map.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/str.h"

struct entry {
	char *key;	/* owned; NULL = empty slot */
	size_t n;
	uint64_t h;
	void *value;
};

struct map {
	struct entry *e;
	size_t cap, n;		/* cap: power of two, or 0 */
	uint64_t seed;
};

struct map *map_new(void)
{
	struct map *m = calloc(1, sizeof(*m));

	if (m != NULL)
		random_bytes(&m->seed, sizeof(m->seed));
	return m;
}

void map_free(struct map *m, void (*free_value)(void *))
{
	size_t i;

	if (m == NULL)
		return;
	for (i = 0; i < m->cap; i++) {
		if (m->e[i].key == NULL)
			continue;
		if (free_value != NULL)
			free_value(m->e[i].value);
		free(m->e[i].key);
	}
	free(m->e);
	free(m);
}

static size_t find(const struct map *m, struct slice key, uint64_t h)
{
	size_t i = h & (m->cap - 1);

	while (m->e[i].key != NULL) {
		if (m->e[i].h == h && slice_eq(slice_of(m->e[i].key, m->e[i].n), key))
			break;
		i = (i + 1) & (m->cap - 1);
	}
	return i;
}

static st_t grow(struct map *m)
{
	size_t cap = m->cap == 0 ? 16 : m->cap * 2, i;
	struct entry *fresh = calloc(cap, sizeof(*fresh));

	if (fresh == NULL)
		return ST_NOMEM;
	for (i = 0; i < m->cap; i++) {
		size_t j;

		if (m->e[i].key == NULL)
			continue;
		for (j = m->e[i].h & (cap - 1); fresh[j].key != NULL; j = (j + 1) & (cap - 1))
			;
		fresh[j] = m->e[i];
	}
	free(m->e);
	m->e = fresh;
	m->cap = cap;
	return ST_OK;
}

st_t map_put(struct map *m, struct slice key, void *value, void **old)
{
	uint64_t h = hash64(key.p, key.n, m->seed);
	size_t i;

	if (old != NULL)
		*old = NULL;
	if (m->n + 1 > m->cap - m->cap / 4 && grow(m) != ST_OK)
		return ST_NOMEM;
	i = find(m, key, h);
	if (m->e[i].key != NULL) {
		if (old != NULL)
			*old = m->e[i].value;
		m->e[i].value = value;
		return ST_OK;
	}
	m->e[i].key = slice_dup(key);
	if (m->e[i].key == NULL)
		return ST_NOMEM;
	m->e[i].n = key.n;
	m->e[i].h = h;
	m->e[i].value = value;
	m->n++;
	return ST_OK;
}

static struct entry *lookup(const struct map *m, struct slice key)
{
	size_t i;

	if (m->cap == 0)
		return NULL;
	i = find(m, key, hash64(key.p, key.n, m->seed));
	return m->e[i].key == NULL ? NULL : &m->e[i];
}

void *map_get(const struct map *m, struct slice key)
{
	struct entry *e = lookup(m, key);

	return e == NULL ? NULL : e->value;
}

bool map_has(const struct map *m, struct slice key)
{
	return lookup(m, key) != NULL;
}

void *map_del(struct map *m, struct slice key)
{
	struct entry *e = lookup(m, key);
	size_t hole, i;
	void *value;

	if (e == NULL)
		return NULL;
	value = e->value;
	free(e->key);
	hole = (size_t)(e - m->e);
	m->e[hole].key = NULL;
	m->n--;
	for (i = (hole + 1) & (m->cap - 1); m->e[i].key != NULL; i = (i + 1) & (m->cap - 1)) {
		size_t home = m->e[i].h & (m->cap - 1);

		/* May the entry at i move back to the hole? Only if its home is not between them. */
		if (((i - home) & (m->cap - 1)) < ((i - hole) & (m->cap - 1)))
			continue;
		m->e[hole] = m->e[i];
		m->e[i].key = NULL;
		hole = i;
	}
	return value;
}

size_t map_count(const struct map *m)
{
	return m->n;
}

bool map_next(const struct map *m, size_t *i, struct slice *key, void **value)
{
	while (*i < m->cap && m->e[*i].key == NULL)
		++*i;
	if (*i >= m->cap)
		return false;
	*key = slice_of(m->e[*i].key, m->e[*i].n);
	if (value != NULL)
		*value = m->e[*i].value;
	++*i;
	return true;
}
