#include "base/arena.h"

#include <stdlib.h>

#define CHUNK_MIN 4096
#define ARENA_MAX_DEFAULT ((size_t)64 << 20)

struct chunk {
	struct chunk *next;
	size_t used, cap;
	_Alignas(16) char mem[];
};

struct defer {
	struct defer *next;
	void (*fn)(void *);
	void *p;
};

struct arena {
	struct chunk *head;
	struct defer *defers;
	size_t sum, max;
};

static struct chunk *chunk_new(size_t cap)
{
	struct chunk *c = malloc(sizeof(*c) + cap);

	if (c == NULL)
		return NULL;
	c->next = NULL;
	c->used = 0;
	c->cap = cap;
	return c;
}

/* The arena lives in its own first chunk: one malloc for most requests. */
struct arena *arena_new(size_t max)
{
	struct chunk *c = chunk_new(CHUNK_MIN);
	struct arena *a;

	if (c == NULL)
		return NULL;
	a = (struct arena *)(void *)c->mem;
	c->used = (sizeof(*a) + 15) & ~(size_t)15;
	a->head = c;
	a->defers = NULL;
	a->sum = 0;
	a->max = max == 0 ? ARENA_MAX_DEFAULT : max;
	return a;
}

void arena_free(struct arena *a)
{
	struct chunk *c, *next;
	struct defer *d;

	if (a == NULL)
		return;
	for (d = a->defers; d != NULL; d = d->next)
		d->fn(d->p);
	for (c = a->head; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
}

void *arena_alloc(struct arena *a, size_t n)
{
	struct chunk *c = a->head;
	size_t want;
	char *p;

	if (!size_add(n, 15, &want))
		return NULL;
	want &= ~(size_t)15;
	if (want > a->max - a->sum)
		return NULL;
	if (want > c->cap - c->used) {
		struct chunk *fresh = chunk_new(want > CHUNK_MIN ? want : CHUNK_MIN * 2);

		if (fresh == NULL)
			return NULL;
		fresh->next = c;
		a->head = c = fresh;
	}
	p = c->mem + c->used;
	c->used += want;
	a->sum += want;
	memset(p, 0, want);
	return p;
}

char *arena_dup(struct arena *a, const void *p, size_t n)
{
	size_t with_nul;
	char *s;

	if (!size_add(n, 1, &with_nul))
		return NULL;
	s = arena_alloc(a, with_nul);
	if (s != NULL && n > 0)
		memcpy(s, p, n);
	return s;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_dup(a, s, strlen(s));
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char *s = NULL;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n >= 0)
		s = arena_alloc(a, (size_t)n + 1);
	if (s != NULL)
		vsnprintf(s, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return s;
}

st_t arena_defer(struct arena *a, void (*fn)(void *), void *p)
{
	struct defer *d = arena_alloc(a, sizeof(*d));

	if (d == NULL) {
		fn(p);
		return ST_NOMEM;
	}
	d->fn = fn;
	d->p = p;
	d->next = a->defers;
	a->defers = d;
	return ST_OK;
}
