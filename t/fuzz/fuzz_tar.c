#include "base/tar.h"
#include "t/fuzz/fuzz.h"

/* Anything as a tar stream, whole and in pieces: the same is told both times, never more bytes than came, each file exactly as long as announced. */

struct told { uint64_t hash, bytes, left; size_t files; bool open; };

static void mix(struct told *t, const void *p, size_t n)
{
	const uint8_t *u = p;

	while (n-- > 0)
		t->hash = (t->hash ^ *u++) * 1099511628211u;
}

static st_t entry(void *ctx, const struct tar_entry *x, struct err *e)
{
	struct told *t = ctx;

	(void)e;
	FUZZ_HOLDS(!t->open);
	FUZZ_HOLDS(x->path.n <= TAR_PATH_MAX && strlen(x->sha256) <= 64);
	mix(t, x->path.p, x->path.n);
	mix(t, &x->kind, sizeof(x->kind));
	if (x->kind == TAR_FILE) {
		t->open = true;
		t->left = x->size;
		t->files++;
	}
	return ST_OK;
}

static st_t data(void *ctx, const void *p, size_t n, struct err *e)
{
	struct told *t = ctx;

	(void)e;
	FUZZ_HOLDS(t->open && n > 0 && n <= t->left);
	t->left -= n;
	t->bytes += n;
	mix(t, p, n);
	return ST_OK;
}

static st_t end(void *ctx, struct err *e)
{
	struct told *t = ctx;

	(void)e;
	FUZZ_HOLDS(t->open && t->left == 0);
	t->open = false;
	return ST_OK;
}

static st_t run(const uint8_t *d, size_t n, size_t step, struct told *t)
{
	static const struct tar_in_fn fn = { entry, data, end };
	struct tar_in *in = tar_in_new(&fn, t);
	struct err e = ERR_INIT;
	size_t at;
	st_t st = ST_OK;

	memset(t, 0, sizeof(*t));
	for (at = 0; at < n && st == ST_OK; at += step)
		st = tar_in_add(in, d + at, n - at < step ? n - at : step, &e);
	if (st == ST_OK)
		st = tar_in_end(in, &e);
	FUZZ_HOLDS(st == ST_OK || (st == ST_INVALID && e.text[0] != '\0'));
	FUZZ_HOLDS(st != ST_OK || !t->open);
	tar_in_free(in);
	return st;
}

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	struct told a, b;
	st_t x = run(d, n, n == 0 ? 1 : n, &a), y = run(d, n, 97, &b);

	FUZZ_HOLDS(a.bytes <= n && a.files <= n / TAR_BLOCK);
	FUZZ_HOLDS(x == y && a.hash == b.hash && a.bytes == b.bytes && a.files == b.files);
	return 0;
}
