#include "base/buf.h"

#include <stdint.h>

bool size_add(size_t a, size_t b, size_t *out)
{
	return !__builtin_add_overflow(a, b, out);
}

bool size_mul(size_t a, size_t b, size_t *out)
{
	return !__builtin_mul_overflow(a, b, out);
}

bool slice_eq(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool slice_eq_str(struct slice a, const char *s)
{
	return slice_eq(a, slice_str(s));
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

bool slice_ieq_str(struct slice a, const char *s)
{
	size_t i;

	for (i = 0; i < a.n; i++)
		if (s[i] == '\0' || lower(a.p[i]) != lower(s[i]))
			return false;
	return s[i] == '\0';
}

bool slice_starts(struct slice a, const char *prefix)
{
	size_t n = strlen(prefix);

	return a.n >= n && memcmp(a.p, prefix, n) == 0;
}

bool slice_ends(struct slice a, const char *suffix)
{
	size_t n = strlen(suffix);

	return a.n >= n && memcmp(a.p + a.n - n, suffix, n) == 0;
}

int slice_cmp(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n == 0 ? 0 : memcmp(a.p, b.p, n);

	if (c != 0)
		return c;
	return a.n < b.n ? -1 : a.n > b.n;
}

struct slice slice_trim(struct slice a)
{
	while (a.n > 0 && (a.p[0] == ' ' || a.p[0] == '\t')) {
		a.p++;
		a.n--;
	}
	while (a.n > 0 && (a.p[a.n - 1] == ' ' || a.p[a.n - 1] == '\t'))
		a.n--;
	return a;
}

struct slice slice_cut(struct slice *a, char c)
{
	struct slice head = *a;
	const char *at = a->n == 0 ? NULL : memchr(a->p, c, a->n);

	if (at == NULL) {
		*a = SLICE_NULL;
		return head;
	}
	head.n = (size_t)(at - head.p);
	a->p = at + 1;
	a->n -= head.n + 1;
	return head;
}

bool slice_u64(struct slice a, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;
	size_t i;

	if (a.n == 0)
		return false;
	for (i = 0; i < a.n; i++) {
		unsigned d = (unsigned char)a.p[i] - '0';

		if (d > 9 || v > (UINT64_MAX - d) / 10)
			return false;
		v = v * 10 + d;
	}
	if (v > max)
		return false;
	*out = v;
	return true;
}

char *slice_dup(struct slice a)
{
	char *s = malloc(a.n + 1);

	if (s == NULL)
		return NULL;
	if (a.n > 0)
		memcpy(s, a.p, a.n);
	s[a.n] = '\0';
	return s;
}

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf)BUF_INIT(max);
}

void buf_release(struct buf *b)
{
	size_t max = b->max;

	free(b->p);
	buf_init(b, max);
}

void buf_clear(struct buf *b)
{
	b->n = 0;
	b->st = ST_OK;
	if (b->p != NULL)
		b->p[0] = '\0';
}

st_t buf_reserve(struct buf *b, size_t more)
{
	size_t need, cap;
	char *p;

	if (b->st != ST_OK)
		return b->st;
	if (!size_add(b->n, more, &need) || need > b->max)
		return b->st = ST_TOOBIG;
	if (need < b->cap)
		return ST_OK;
	cap = b->cap < 64 ? 64 : b->cap;
	while (cap <= need)
		cap += cap / 2 + 64;
	p = realloc(b->p, cap);
	if (p == NULL)
		return b->st = ST_NOMEM;
	b->p = p;
	b->cap = cap;
	return ST_OK;
}

st_t buf_add(struct buf *b, const void *p, size_t n)
{
	if (buf_reserve(b, n) != ST_OK)
		return b->st;
	if (n > 0)
		memcpy(b->p + b->n, p, n);
	b->n += n;
	b->p[b->n] = '\0';
	return ST_OK;
}

st_t buf_addc(struct buf *b, char c)
{
	return buf_add(b, &c, 1);
}

st_t buf_adds(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

st_t buf_addsl(struct buf *b, struct slice s)
{
	return buf_add(b, s.p, s.n);
}

st_t buf_vaddf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		return b->st = ST_NOMEM;
	if (buf_reserve(b, (size_t)n) != ST_OK)
		return b->st;
	vsnprintf(b->p + b->n, (size_t)n + 1, fmt, ap);
	b->n += (size_t)n;
	return ST_OK;
}

st_t buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	st_t st;

	va_start(ap, fmt);
	st = buf_vaddf(b, fmt, ap);
	va_end(ap);
	return st;
}

st_t buf_addu64(struct buf *b, uint64_t v)
{
	char d[20];
	size_t i = sizeof(d);

	do {
		d[--i] = (char)('0' + v % 10);
		v /= 10;
	} while (v != 0);
	return buf_add(b, d + i, sizeof(d) - i);
}

void buf_drop(struct buf *b, size_t n)
{
	if (n >= b->n) {
		b->n = 0;
	} else {
		memmove(b->p, b->p + n, b->n - n);
		b->n -= n;
	}
	if (b->p != NULL)
		b->p[b->n] = '\0';
}

char *buf_take(struct buf *b, size_t *n)
{
	char *p;

	if (b->p == NULL && buf_add(b, "", 0) != ST_OK)
		return NULL;
	p = b->p;
	if (n != NULL)
		*n = b->n;
	b->p = NULL;
	buf_init(b, b->max);
	return p;
}
