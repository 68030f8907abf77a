/*
 * POSIX.1-2017, pax: "ustar Interchange Format" (a header of 512 bytes, data in blocks of 512) and "pax Header Block" (type 'x': records "LEN KEY=VALUE\n"
 * for the next entry; 'g': for all that follow, of which nothing is of use here). GNU tar's 'L' carries a long name as data, its base-256 numbers a size
 * past 8 GB. A header whose sum does not fit ends the stream: behind it nothing can be trusted.
 */

#include "base/tar.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/str.h"

enum { AT_NAME = 0, AT_MODE = 100, AT_SIZE = 124, AT_MTIME = 136, AT_SUM = 148, AT_TYPE = 156, AT_MAGIC = 257, AT_PREFIX = 345 };

struct tar_in {
	struct tar_in_fn fn;
	void *ctx;
	uint64_t at;			/* offset of the next byte */
	char head[TAR_BLOCK];
	size_t have;			/* of head */
	struct buf extra;		/* data of 'x' or 'L' */
	struct buf path;		/* from them, for the next entry; n 0: none */
	bool sized;			/* ... and a size */
	uint64_t size;
	char sha256[65];
	char kind;			/* whose data come now: 'x', 'L', 'f' a file for the receiver, 's' passed over */
	uint64_t left, pad;
	unsigned zeros;			/* blocks of them in a row */
	bool any, over;
	st_t st;
};

struct tar_in *tar_in_new(const struct tar_in_fn *fn, void *ctx)
{
	struct tar_in *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->fn = *fn;
	t->ctx = ctx;
	buf_init(&t->extra, TAR_EXTRA_MAX);
	buf_init(&t->path, TAR_PATH_MAX);
	return t;
}

void tar_in_free(struct tar_in *t)
{
	if (t == NULL)
		return;
	buf_release(&t->extra);
	buf_release(&t->path);
	free(t);
}

static st_t bad(const struct tar_in *t, struct err *e, const char *why)
{
	return err_set(e, ST_INVALID, "not a tar stream that can be read: %s at byte %llu", why, (unsigned long long)t->at);
}

/* Octal with blanks or NUL behind; or, high bit set, 95 bits big-endian of which 63 are taken. */
static bool number(const char *p, size_t n, uint64_t *out)
{
	const uint8_t *u = (const uint8_t *)p;
	uint64_t v = 0;
	size_t i = 0;

	if (u[0] == 0x80) {
		for (i = 1; i < n; i++) {
			if (v >> 55 != 0)
				return false;
			v = v << 8 | u[i];
		}
		*out = v;
		return true;
	}
	while (i < n && p[i] == ' ')
		i++;
	for (; i < n && p[i] >= '0' && p[i] <= '7'; i++)
		v = v << 3 | (uint64_t)(p[i] - '0');	/* at most 12 digits: 36 bits */
	if (i < n && p[i] != ' ' && p[i] != '\0')
		return false;
	*out = v;
	return true;
}

static bool sum_fits(const char *h)
{
	uint64_t said, sum = 8 * ' ', i;

	for (i = 0; i < TAR_BLOCK; i++)
		sum += i >= AT_SUM && i < AT_SUM + 8 ? 0 : (uint8_t)h[i];
	return number(h + AT_SUM, 8, &said) && said == sum;
}

static struct slice field(const char *p, size_t n)
{
	return slice_of(p, strnlen(p, n));
}

/* One "LEN KEY=VALUE\n" at the front of ${s}. */
static bool pax_record(struct slice *s, struct slice *key, struct slice *value)
{
	struct slice rest = *s, len = slice_cut(&rest, ' '), all;
	uint64_t n;

	if (rest.p == NULL || !slice_u64(len, TAR_EXTRA_MAX, &n) || n > s->n || n < len.n + 3 || s->p[n - 1] != '\n')
		return false;
	all = slice_of(rest.p, (size_t)n - len.n - 2);
	*key = slice_cut(&all, '=');
	*value = all;
	*s = slice_of(s->p + n, s->n - (size_t)n);
	return all.p != NULL;
}

static st_t pax_take(struct tar_in *t, struct err *e)
{
	struct slice s = buf_slice(&t->extra), key, value;
	uint8_t raw[SHA256_LEN];

	while (s.n > 0) {
		if (!pax_record(&s, &key, &value))
			return bad(t, e, "an extended header is broken");
		if (slice_eq_str(key, "path")) {
			buf_clear(&t->path);
			if (buf_addsl(&t->path, value) != ST_OK)
				return bad(t, e, "a name is too long");
		} else if (slice_eq_str(key, "size")) {
			if (!slice_u64(value, INT64_MAX, &t->size))
				return bad(t, e, "a size is no number");
			t->sized = true;
		} else if (slice_eq_str(key, "AZEKURA.sha256")) {
			if (value.n == 64 && hex_decode(raw, value) == ST_OK)
				hex_encode(t->sha256, raw, sizeof(raw));
			else
				snprintf(t->sha256, sizeof(t->sha256), "?");
		}
	}
	return ST_OK;
}

/* The data of an entry that describes the next one are all there. */
static st_t described(struct tar_in *t, struct err *e)
{
	if (t->kind == 'x')
		return pax_take(t, e);
	buf_clear(&t->path);
	if (buf_addsl(&t->path, field(t->extra.p == NULL ? "" : t->extra.p, t->extra.n)) != ST_OK)
		return bad(t, e, "a name is too long");
	return ST_OK;
}

static void name_of(struct tar_in *t, struct buf *out)
{
	struct slice prefix = memcmp(t->head + AT_MAGIC, "ustar\0", 6) == 0 ? field(t->head + AT_PREFIX, 155) : SLICE_NULL;

	if (t->path.n > 0) {
		buf_addsl(out, buf_slice(&t->path));
		return;
	}
	if (prefix.n > 0) {
		buf_addsl(out, prefix);
		buf_addc(out, '/');
	}
	buf_addsl(out, field(t->head + AT_NAME, 100));
}

static enum tar_kind kind_of(char type, struct slice path)
{
	switch (type) {
	case '\0': case '0': case '7':
		/* Before ustar a folder was a file whose name ends so. */
		return path.n > 0 && path.p[path.n - 1] == '/' ? TAR_DIR : TAR_FILE;
	case '1': case '2': return TAR_LINK;
	case '5': return TAR_DIR;
	default: return TAR_OTHER;
	}
}

static st_t entry(struct tar_in *t, char type, struct err *e)
{
	struct buf name = BUF_INIT(TAR_PATH_MAX);
	struct tar_entry x = { .size = t->size };
	st_t st;

	name_of(t, &name);
	x.path = buf_slice(&name);
	while (slice_starts(x.path, "./"))
		x.path = slice_of(x.path.p + 2, x.path.n - 2);
	memcpy(x.sha256, t->sha256, sizeof(x.sha256));
	x.kind = kind_of(type, x.path);
	t->kind = x.kind == TAR_FILE ? 'f' : 's';
	t->any = true;
	st = name.st != ST_OK ? name.st : t->fn.entry(t->ctx, &x, e);
	if (st == ST_OK && t->kind == 'f' && t->left == 0)
		st = t->fn.end(t->ctx, e);
	buf_release(&name);
	buf_clear(&t->path);
	t->sha256[0] = '\0';
	t->sized = false;
	return st;
}

static bool all_zero(const char *h)
{
	return h[0] == '\0' && memcmp(h, h + 1, TAR_BLOCK - 1) == 0;
}

static st_t header(struct tar_in *t, struct err *e)
{
	char type = t->head[AT_TYPE];
	uint64_t size;

	t->have = 0;
	if (all_zero(t->head)) {
		t->any = true;
		t->over = ++t->zeros == 2;
		return ST_OK;
	}
	t->zeros = 0;
	if (!sum_fits(t->head) || !number(t->head + AT_SIZE, 12, &size))
		return bad(t, e, "a header's sum does not fit");
	if (type == '1' || type == '2' || type == '5')
		size = 0;	/* POSIX: no data follow these, whatever the field says */
	else if (t->sized && type != 'x' && type != 'g' && type != 'L' && type != 'K')
		size = t->size;
	t->left = size;
	t->pad = (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK;
	if (type == 'x' || type == 'L') {
		if (size > TAR_EXTRA_MAX)
			return bad(t, e, "an extended header is too large");
		t->kind = type;
		buf_clear(&t->extra);
		return size == 0 ? described(t, e) : ST_OK;
	}
	if (type == 'g' || type == 'K') {
		t->kind = 's';
		return ST_OK;
	}
	t->size = size;
	return entry(t, type, e);
}

static st_t payload(struct tar_in *t, const char *p, size_t n, struct err *e)
{
	st_t st = ST_OK;

	t->left -= n;
	if (t->kind == 'f')
		st = t->fn.data(t->ctx, p, n, e);
	else if (t->kind != 's')
		st = buf_add(&t->extra, p, n);
	if (st == ST_OK && t->left == 0 && t->kind == 'f')
		st = t->fn.end(t->ctx, e);
	else if (st == ST_OK && t->left == 0 && t->kind != 's')
		st = described(t, e);
	return st;
}

st_t tar_in_add(struct tar_in *t, const void *bytes, size_t n, struct err *e)
{
	const char *p = bytes;

	while (n > 0 && t->st == ST_OK && !t->over) {
		size_t take;

		if (t->left > 0) {
			take = t->left < n ? (size_t)t->left : n;
			t->st = payload(t, p, take, e);
		} else if (t->pad > 0) {
			take = t->pad < n ? (size_t)t->pad : n;
			t->pad -= take;
		} else {
			take = TAR_BLOCK - t->have < n ? TAR_BLOCK - t->have : n;
			memcpy(t->head + t->have, p, take);
			t->have += take;
			if (t->have == TAR_BLOCK)
				t->st = header(t, e);
		}
		p += take;
		n -= take;
		t->at += take;
	}
	return t->st;
}

st_t tar_in_end(const struct tar_in *t, struct err *e)
{
	if (t->st != ST_OK)
		return t->st;
	if (t->left > 0 || t->have > 0)
		return bad(t, e, "it is cut off");
	return t->any ? ST_OK : bad(t, e, "there is nothing");
}

/* ---- writing ---- */

static void octal(char *p, size_t n, uint64_t v)
{
	size_t i;

	p[n - 1] = '\0';
	for (i = n - 1; i > 0; i--, v >>= 3)
		p[i - 1] = (char)('0' + (v & 7));
}

static st_t block(struct buf *out, struct slice name, char type, uint64_t size)
{
	char h[TAR_BLOCK] = "";
	unsigned sum = 8 * ' ', i;

	memcpy(h + AT_NAME, name.p, name.n < 100 ? name.n : 100);
	octal(h + AT_MODE, 8, 0644);
	octal(h + AT_MODE + 8, 8, 0);
	octal(h + AT_MODE + 16, 8, 0);
	octal(h + AT_SIZE, 12, size);
	octal(h + AT_MTIME, 12, 0);
	h[AT_TYPE] = type;
	memcpy(h + AT_MAGIC, "ustar\00000", 8);
	for (i = 0; i < TAR_BLOCK; i++)
		sum += i >= AT_SUM && i < AT_SUM + 8 ? 0 : (uint8_t)h[i];
	octal(h + AT_SUM, 7, sum);
	h[AT_SUM + 7] = ' ';
	return buf_add(out, h, sizeof(h));
}

/* "LEN KEY=VALUE\n", where LEN counts itself. */
static void pax_add(struct buf *b, const char *key, struct slice value)
{
	size_t rest = strlen(key) + value.n + 3, len = rest + 1, digits, v;

	for (;;) {
		for (digits = 0, v = len; v > 0; v /= 10)
			digits++;
		if (rest + digits == len)
			break;
		len = rest + digits;
	}
	buf_addf(b, "%zu %s=", len, key);
	buf_addsl(b, value);
	buf_addc(b, '\n');
}

st_t tar_head(struct buf *out, struct slice path, uint64_t size, const char *sha256)
{
	struct buf pax = BUF_INIT(TAR_EXTRA_MAX), text = BUF_INIT(32);
	bool big = size >= (uint64_t)1 << 33;

	if (path.n > 100)
		pax_add(&pax, "path", path);
	if (big && buf_addu64(&text, size) == ST_OK)
		pax_add(&pax, "size", buf_slice(&text));
	if (sha256 != NULL)
		pax_add(&pax, "AZEKURA.sha256", slice_str(sha256));
	if (pax.n > 0 && block(out, SLICE("pax"), 'x', pax.n) == ST_OK) {
		buf_addsl(out, buf_slice(&pax));
		tar_pad(out, pax.n);
	}
	if (pax.st != ST_OK)
		out->st = pax.st;
	else
		block(out, path, '0', big ? 0 : size);
	buf_release(&pax);
	buf_release(&text);
	return out->st;
}

st_t tar_pad(struct buf *out, uint64_t size)
{
	static const char zero[TAR_BLOCK];

	return buf_add(out, zero, (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK);
}

st_t tar_close(struct buf *out)
{
	static const char zero[2 * TAR_BLOCK];

	return buf_add(out, zero, sizeof(zero));
}
