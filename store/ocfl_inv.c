/* Reading inventories. */

#include "store/ocfl_int.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"
#include "base/utf8.h"

void jtok_init(struct jtok *t, int fd, struct err *e)
{
	t->fd = fd;
	t->base = 0;
	t->at = t->n = t->len = 0;
	t->start = t->end = 0;
	t->e = e;
	t->st = ST_OK;
}

st_t jtok_fail(struct jtok *t, const char *why)
{
	if (t->st == ST_OK)
		t->st = err_set(t->e, ST_CORRUPT, "inventory at byte %lld: %s", (long long)(t->base + (int64_t)t->at), why);
	return t->st;
}

static int peek(struct jtok *t)
{
	ssize_t got;

	if (t->at < t->n)
		return (unsigned char)t->win[t->at];
	t->base += (int64_t)t->n;
	t->at = t->n = 0;
	do
		got = pread(t->fd, t->win, sizeof(t->win), t->base);
	while (got < 0 && errno == EINTR);
	if (got < 0) {
		t->st = err_sys(t->e, "cannot read inventory");
		return -1;
	}
	t->n = (size_t)got;
	return got == 0 ? -1 : (unsigned char)t->win[0];
}

static int take(struct jtok *t)
{
	int c = peek(t);

	if (c >= 0)
		t->at++;
	return c;
}

static void put(struct jtok *t, char c)
{
	if (t->len + 1 >= sizeof(t->text))
		jtok_fail(t, "text too long");
	else
		t->text[t->len++] = c;
}

static unsigned hex4(struct jtok *t)
{
	unsigned v = 0;
	int i, c;

	for (i = 0; i < 4; i++) {
		c = take(t);
		if (c >= '0' && c <= '9')
			v = v * 16 + (unsigned)(c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			v = v * 16 + (unsigned)((c | 32) - 'a') + 10;
		else
			jtok_fail(t, "bad escape");
	}
	return v;
}

static void escaped_char(struct jtok *t)
{
	unsigned cp = hex4(t), lo;
	char out[8];
	struct buf b = { out, 0, sizeof(out), sizeof(out) - 1, ST_OK };
	size_t i;

	if (cp >= 0xd800 && cp < 0xdc00) {
		if (take(t) != '\\' || take(t) != 'u') {
			jtok_fail(t, "lone surrogate");
			return;
		}
		lo = hex4(t);
		if (lo < 0xdc00 || lo > 0xdfff) {
			jtok_fail(t, "lone surrogate");
			return;
		}
		cp = 0x10000 + ((cp - 0xd800) << 10) + (lo - 0xdc00);
	}
	if (cp == 0 || (cp >= 0xdc00 && cp <= 0xdfff) || utf8_put(&b, cp) != ST_OK) {
		jtok_fail(t, "bad character");
		return;
	}
	for (i = 0; i < b.n; i++)
		put(t, out[i]);
}

static void string(struct jtok *t)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *p;
	int c;

	while (t->st == ST_OK && (c = take(t)) != '"') {
		if (c < 32) {
			jtok_fail(t, "text is not closed");
		} else if (c != '\\') {
			put(t, (char)c);
		} else if ((c = take(t)) == 'u') {
			escaped_char(t);
		} else if (c > 0 && (p = strchr(from, c)) != NULL) {
			put(t, to[p - from]);
		} else {
			jtok_fail(t, "bad escape");
		}
	}
}

int jtok_next(struct jtok *t)
{
	int c, kind;

	while ((c = peek(t)) == ' ' || c == '\n' || c == '\r' || c == '\t')
		t->at++;
	t->len = 0;
	t->start = t->base + (int64_t)t->at;
	if (c < 0 || t->st != ST_OK)
		return 0;
	t->at++;
	kind = c;
	if (c == '"') {
		kind = 's';
		string(t);
	} else if (strchr("{}[]:,", c) == NULL) {
		kind = 'l';
		for (put(t, (char)c); (c = peek(t)) > 0 && strchr("{}[]:,\" \t\r\n", c) == NULL && t->st == ST_OK; t->at++)
			put(t, (char)c);
	}
	t->text[t->len] = '\0';
	t->end = t->base + (int64_t)t->at;
	return t->st == ST_OK ? kind : 0;
}

st_t jtok_skip(struct jtok *t, int first)
{
	int depth = 0, k = first;

	for (;;) {
		if (k == '{' || k == '[')
			depth++;
		else if (k == '}' || k == ']')
			depth--;
		else if (k == 0)
			return jtok_fail(t, "cut short");
		if (depth <= 0)
			return ST_OK;
		k = jtok_next(t);
	}
}

bool jtok_member(struct jtok *t, bool *first)
{
	char name[sizeof(t->text)];
	size_t len;
	int k = jtok_next(t);

	if (k == '}')
		return false;
	if (!*first) {
		if (k != ',') {
			jtok_fail(t, "expected a comma");
			return false;
		}
		k = jtok_next(t);
	}
	*first = false;
	if (k != 's') {
		jtok_fail(t, "expected a name");
		return false;
	}
	len = t->len;
	memcpy(name, t->text, len + 1);
	if (jtok_next(t) != ':') {
		jtok_fail(t, "expected a colon");
		return false;
	}
	memcpy(t->text, name, len + 1);
	t->len = len;
	return true;
}

bool jtok_item(struct jtok *t, bool *first, int *kind)
{
	int k = jtok_next(t);

	if (k == ']')
		return false;
	if (!*first) {
		if (k != ',') {
			jtok_fail(t, "expected a comma");
			return false;
		}
		k = jtok_next(t);
	}
	*first = false;
	*kind = k;
	if (k == 0)
		jtok_fail(t, "cut short");
	return k != 0;
}

/* ---- inventories ---- */

static int by_digest(const void *a, const void *b)
{
	const struct ocfl_entry *x = a, *y = b;
	int c = memcmp(x->sha, y->sha, SHA256_LEN);

	return c ? c : strcmp(x->path, y->path);
}

void ocfl_inv_sort(struct ocfl_inv *inv)
{
	if (inv->manifest.n > 0)
		qsort(inv->manifest.v, inv->manifest.n, sizeof(*inv->manifest.v), by_digest);
}

const char *ocfl_inv_find(const struct ocfl_inv *inv, const uint8_t sha[SHA256_LEN])
{
	size_t lo = 0, hi = inv->manifest.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (memcmp(inv->manifest.v[mid].sha, sha, SHA256_LEN) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < inv->manifest.n && memcmp(inv->manifest.v[lo].sha, sha, SHA256_LEN) == 0 ? inv->manifest.v[lo].path : NULL;
}

void ocfl_inv_release(struct ocfl_inv *inv)
{
	size_t i;

	for (i = 0; i < inv->manifest.n; i++)
		free(inv->manifest.v[i].path);
	VEC_RELEASE(&inv->manifest);
	free(inv->id);
	memset(inv, 0, sizeof(*inv));
}

/* A digest and the paths behind it, from manifest or state. */
static st_t digest_paths(struct jtok *t, st_t (*fn)(void *, const uint8_t *, const char *, struct err *), void *ctx)
{
	uint8_t sha[SHA256_LEN];
	bool first = true, one = true;
	int k;

	while (jtok_member(t, &first)) {
		if (t->len != 64 || hex_decode(sha, slice_of(t->text, 64)) != ST_OK)
			return jtok_fail(t, "a name is no sha256 digest");
		if (jtok_next(t) != '[')
			return jtok_fail(t, "expected a list of paths");
		for (one = true; jtok_item(t, &one, &k);) {
			st_t st;

			if (k != 's' || strlen(t->text) != t->len)
				return jtok_fail(t, "a path is no text");
			if ((st = fn(ctx, sha, t->text, t->e)) != ST_OK)
				return st;
		}
		if (t->st != ST_OK)
			return t->st;
	}
	return t->st;
}

static st_t manifest_add(void *ctx, const uint8_t *sha, const char *path, struct err *e)
{
	struct ocfl_inv *inv = ctx;
	struct ocfl_entry x;

	(void)e;
	memcpy(x.sha, sha, SHA256_LEN);
	if ((x.path = strdup(path)) == NULL || VEC_PUSH(&inv->manifest, x) != ST_OK) {
		free(x.path);
		return ST_NOMEM;
	}
	return ST_OK;
}

static st_t inv_parse(struct jtok *t, struct ocfl_inv *inv)
{
	bool first = true;
	char name[32];
	struct slice v;
	uint64_t head;
	int k;

	if (jtok_next(t) != '{')
		return jtok_fail(t, "not a JSON object");
	while (jtok_member(t, &first)) {
		snprintf(name, sizeof(name), "%.31s", t->text);
		k = jtok_next(t);
		if (strcmp(name, "id") == 0 && k == 's') {
			free(inv->id);
			if ((inv->id = strdup(t->text)) == NULL)
				return ST_NOMEM;
		} else if (strcmp(name, "digestAlgorithm") == 0) {
			if (strcmp(t->text, "sha256") != 0)
				return jtok_fail(t, "digest algorithm is not sha256");
		} else if (strcmp(name, "head") == 0) {
			v = slice_of(t->text + (t->len > 0), t->len - (t->len > 0));
			if (t->text[0] != 'v' || !slice_u64(v, 1000000000, &head) || head == 0)
				return jtok_fail(t, "head is no version");
			inv->head = (unsigned)head;
		} else if (strcmp(name, "manifest") == 0 && k == '{') {
			st_t st = digest_paths(t, manifest_add, inv);

			if (st != ST_OK)
				return st;
		} else if (strcmp(name, "versions") == 0 && k == '{') {
			inv->versions_at = t->end;
			if (jtok_skip(t, k) != ST_OK)
				return t->st;
			inv->versions_end = t->start;
		} else if (jtok_skip(t, k) != ST_OK) {
			return t->st;
		}
	}
	if (t->st == ST_OK && (inv->id == NULL || inv->head == 0 || inv->versions_at == 0))
		jtok_fail(t, "id, head or versions are missing");
	return t->st;
}

static st_t file_sha(int fd, uint8_t sha[SHA256_LEN], struct err *e)
{
	struct hash *h = hash_new();
	char *buf = malloc(65536);
	off_t at = 0;
	ssize_t got = -1;

	if (h != NULL && buf != NULL)
		while ((got = pread(fd, buf, 65536, at)) > 0 || (got < 0 && errno == EINTR))
			if (got > 0) {
				hash_add(h, buf, (size_t)got);
				at += got;
			}
	if (h != NULL)
		hash_end(h, sha, NULL);
	hash_free(h);
	free(buf);
	return got < 0 ? err_sys(e, "cannot read") : ST_OK;
}

st_t ocfl_inv_open(struct objects *o, const char *key, int *fd, struct err *e)
{
	struct buf side = BUF_INIT(4096);
	char path[OCFL_KEY_MAX + 64], hex[SHA256_HEX] = "";
	uint8_t sha[SHA256_LEN];
	uint64_t size;
	st_t st;

	*fd = -1;
	snprintf(path, sizeof(path), "%s/inventory.json", key);
	st = object_open(o, path, fd, &size, e);
	if (st != ST_OK)
		return st;
	snprintf(path, sizeof(path), "%s/inventory.json.sha256", key);
	st = object_get(o, path, &side, e);
	if (st == ST_OK)
		st = file_sha(*fd, sha, e);
	if (st == ST_OK) {
		hex_encode(hex, sha, SHA256_LEN);
		if (side.n < 64 || memcmp(side.p, hex, 64) != 0)
			st = err_set(e, ST_CORRUPT, "inventory of '%s' does not have the digest beside it", key);
	} else if (st == ST_ABSENT) {
		st = err_set(e, ST_CORRUPT, "'%s' is missing", path);
	}
	if (st != ST_OK) {
		close(*fd);
		*fd = -1;
	}
	buf_release(&side);
	return st;
}

st_t ocfl_inv_read(struct objects *o, const char *key, struct ocfl_inv *inv, struct err *e)
{
	struct jtok *t = malloc(sizeof(*t));
	int fd = -1;
	st_t st;

	memset(inv, 0, sizeof(*inv));
	if (t == NULL)
		return ST_NOMEM;
	st = ocfl_inv_open(o, key, &fd, e);
	if (st == ST_OK) {
		jtok_init(t, fd, e);
		st = inv_parse(t, inv);
	}
	if (st == ST_OK)
		ocfl_inv_sort(inv);
	else
		ocfl_inv_release(inv);
	if (fd >= 0)
		close(fd);
	free(t);
	return st;
}

struct state_walk { ocfl_state_fn *fn; void *ctx; unsigned version; };

static st_t state_one(void *ctx, const uint8_t *sha, const char *path, struct err *e)
{
	struct state_walk *w = ctx;

	return w->fn(w->ctx, w->version, sha, path, e);
}

static st_t version_states(struct jtok *t, struct state_walk *w, unsigned from, unsigned to)
{
	bool first = true, inner = true;
	uint64_t v;
	st_t st;

	while (jtok_member(t, &first)) {
		if (t->text[0] != 'v' || !slice_u64(slice_of(t->text + 1, t->len - 1), 1000000000, &v))
			return jtok_fail(t, "a version is not named vN");
		w->version = (unsigned)v;
		if (jtok_next(t) != '{')
			return jtok_fail(t, "a version is no object");
		if (v < from || v > to) {
			if (jtok_skip(t, '{') != ST_OK)
				return t->st;
			continue;
		}
		for (inner = true; jtok_member(t, &inner);) {
			bool state = strcmp(t->text, "state") == 0;
			int k = jtok_next(t);

			st = state && k == '{' ? digest_paths(t, state_one, w) : jtok_skip(t, k);
			if (st != ST_OK)
				return st;
		}
		if (t->st != ST_OK)
			return t->st;
	}
	return t->st;
}

st_t ocfl_states(struct objects *o, const char *key, unsigned from, unsigned to, ocfl_state_fn *fn, void *ctx, struct err *e)
{
	struct jtok *t = malloc(sizeof(*t));
	struct state_walk w = { fn, ctx, 0 };
	bool first = true;
	int fd = -1, k;
	st_t st;

	if (t == NULL)
		return ST_NOMEM;
	st = ocfl_inv_open(o, key, &fd, e);
	if (st != ST_OK)
		goto out;
	jtok_init(t, fd, e);
	if (jtok_next(t) != '{')
		st = jtok_fail(t, "not a JSON object");
	while (st == ST_OK && jtok_member(t, &first)) {
		bool versions = strcmp(t->text, "versions") == 0;

		k = jtok_next(t);
		st = versions && k == '{' ? version_states(t, &w, from, to) : jtok_skip(t, k);
	}
	if (st == ST_OK)
		st = t->st;
out:
	if (fd >= 0)
		close(fd);
	free(t);
	return st;
}

struct find { const char *logical; uint8_t sha[SHA256_LEN]; bool found; };

static st_t find_one(void *ctx, unsigned version, const uint8_t sha[SHA256_LEN], const char *logical, struct err *e)
{
	struct find *f = ctx;

	(void)version;
	(void)e;
	if (strcmp(logical, f->logical) != 0)
		return ST_OK;
	memcpy(f->sha, sha, SHA256_LEN);
	f->found = true;
	return ST_EOF;
}

st_t ocfl_read(struct objects *o, const char *key, const struct ocfl_inv *inv, unsigned version, const char *logical, struct buf *out, struct err *e)
{
	struct find f = { logical, { 0 }, false };
	const char *where = NULL;
	char *path = NULL;
	st_t st = ocfl_states(o, key, version, version, find_one, &f, e);

	if (st == ST_EOF || st == ST_OK)
		st = f.found ? ST_OK : err_set(e, ST_ABSENT, "v%u of '%s' has no '%s'", version, key, logical);
	if (st == ST_OK && (where = ocfl_inv_find(inv, f.sha)) == NULL)
		st = err_set(e, ST_CORRUPT, "manifest of '%s' lacks '%s'", key, logical);
	if (st == ST_OK && (path = fs_join(key, where)) == NULL)
		st = ST_NOMEM;
	if (st == ST_OK)
		st = object_get(o, path, out, e);
	free(path);
	return st;
}
