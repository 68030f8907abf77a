#ifndef BASE_MAP_H
#define BASE_MAP_H

/* Hash table from byte strings to pointers.  Keys are copied; values are the caller's. Seeded against crafted keys. */

#include "base/buf.h"

struct map;

struct map *map_new(void);					/* NULL when out of memory */
void map_free(struct map *m, void (*free_value)(void *));	/* ${free_value} may be NULL */
st_t map_put(struct map *m, struct slice key, void *value, void **old);	/* ${old} may be NULL */
void *map_get(const struct map *m, struct slice key);		/* NULL when absent */
bool map_has(const struct map *m, struct slice key);
void *map_del(struct map *m, struct slice key);			/* the old value */
size_t map_count(const struct map *m);
/* Walk in no order: start with *i = 0; false at the end.  The map must not change meanwhile. */
bool map_next(const struct map *m, size_t *i, struct slice *key, void **value);

#endif
