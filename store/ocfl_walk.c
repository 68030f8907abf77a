/* All objects of a root, and one object with some of its content gone. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/str.h"
#include "store/ocfl_int.h"

static bool is_hex(const char *s, size_t n)
{
	return strlen(s) == n && strspn(s, "0123456789abcdef") == n;
}

static int visible(const struct dirent *d)
{
	return strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static bool root_file(const char *name)
{
	return strncmp(name, "0=ocfl_", 7) == 0 || strncmp(name, "ocfl_", 5) == 0 || strcmp(name, "extensions") == 0;
}

static st_t each_below(struct objects *o, const char *key, int depth, ocfl_each_fn *fn, void *ctx, struct err *e)
{
	char *path = object_local_path(o, key), below[1024];
	struct dirent **list = NULL;
	int n = path ? scandir(path, &list, visible, by_name) : -1, i;
	st_t st = ST_OK;

	if (n < 0)
		st = path ? err_sys(e, "cannot read folder '%s'", path) : ST_NOMEM;
	if (n == 0 && depth > 0)
		st = fn(ctx, key, false, e);
	for (i = 0; i < n; i++) {
		const char *name = list[i]->d_name;

		snprintf(below, sizeof(below), "%s%s%.255s", key, *key ? "/" : "", name);
		if (st != ST_OK || (depth == 0 && root_file(name)))
			;
		else if (!is_hex(name, depth < 3 ? 3 : 64) || list[i]->d_type == DT_REG || list[i]->d_type == DT_LNK)
			st = fn(ctx, below, false, e);
		else if (depth == 3)
			st = fn(ctx, below, true, e);
		else
			st = each_below(o, below, depth + 1, fn, ctx, e);
		free(list[i]);
	}
	free(list);
	free(path);
	return st;
}

st_t ocfl_each(struct objects *o, ocfl_each_fn *fn, void *ctx, struct err *e)
{
	return each_below(o, "", 0, fn, ctx, e);
}

/* ---- rewriting ---- */

struct rewrite {
	struct ocfl_put *p;
	ocfl_keep_fn *keep;
	void *ctx;
	struct map *digests;		/* of what stays -> the first version that names it */
	struct ocfl_out *out;
	unsigned open;			/* the version being written */
	uint8_t last[SHA256_LEN];
	bool any;
};

/* First pass: which digests stay, and since which version. */
static st_t mark(void *ctx, unsigned version, const uint8_t sha[SHA256_LEN], const char *logical, struct err *e)
{
	struct rewrite *w = ctx;
	struct slice key = slice_of(sha, SHA256_LEN);
	void *first = map_get(w->digests, key);

	(void)e;
	if (!w->keep(w->ctx, version, sha, logical) || (first != NULL && (unsigned)(uintptr_t)first <= version))
		return ST_OK;
	return map_put(w->digests, key, (void *)(uintptr_t)version, NULL);
}

/* The manifest loses what no version names any more; the rest is linked into the new object. */
static st_t sift(struct rewrite *w, struct err *e)
{
	struct ocfl_put *p = w->p;
	size_t i, n = 0;
	st_t st = ST_OK;

	for (i = 0; i < p->old.manifest.n; i++) {
		struct ocfl_entry x = p->old.manifest.v[i];
		struct buf to = BUF_INIT(8192);
		char *key = fs_join(p->key, x.path), *local = key ? object_local_path(p->o, key) : NULL;

		if (st == ST_OK && map_has(w->digests, slice_of(x.sha, SHA256_LEN))) {
			buf_addf(&to, "%s/obj/%s", p->stage, x.path);
			st = local == NULL ? ST_NOMEM : to.st;
			if (st == ST_OK)
				st = stage_parents(to.p, strlen(p->stage), e);
			if (st == ST_OK)
				st = stage_link(local, to.p, e);
			p->old.manifest.v[n++] = x;
		} else {
			free(x.path);
		}
		free(key);
		free(local);
		buf_release(&to);
	}
	p->old.manifest.n = n;
	return st;
}

static st_t state_line(void *ctx, unsigned version, const uint8_t sha[SHA256_LEN], const char *logical, struct err *e)
{
	struct rewrite *w = ctx;
	char hex[SHA256_HEX];

	(void)e;
	if (!w->keep(w->ctx, version, sha, logical))
		return ST_OK;
	if (w->any && memcmp(w->last, sha, SHA256_LEN) == 0) {
		ocfl_out_str(w->out, ",");
	} else {
		hex_encode(hex, sha, SHA256_LEN);
		ocfl_out_str(w->out, w->any ? "],\n\"" : "\n\"");
		ocfl_out_str(w->out, hex);
		ocfl_out_str(w->out, "\":[");
	}
	ocfl_out_quote(w->out, logical);
	memcpy(w->last, sha, SHA256_LEN);
	w->any = true;
	return w->out->st;
}

/* Members of "vN" other than its state, as they are; then the state that stays. ${ends}[N]: where version N's text ends. */
static st_t versions_text(struct rewrite *w, struct jtok *t, int64_t *ends, int64_t *written, struct err *e)
{
	bool first = true, inner;
	uint64_t v;
	char head[40];

	while (jtok_member(t, &first)) {
		int64_t from = 0, to = 0;
		struct buf other = BUF_INIT(1 << 20);
		st_t st = ST_OK;

		if (!slice_u64(slice_of(t->text + 1, t->len ? t->len - 1 : 0), w->p->old.head, &v) || v == 0 || jtok_next(t) != '{')
			return jtok_fail(t, "a version is not named vN");
		for (inner = true; st == ST_OK && jtok_member(t, &inner);) {
			bool state = strcmp(t->text, "state") == 0;
			int k;

			from = t->start;
			json_quote(&other, slice_str(t->text));
			buf_addc(&other, ':');
			k = jtok_next(t);
			from = t->start;
			if (jtok_skip(t, k) != ST_OK)
				return t->st;
			to = t->end;
			if (state) {
				other.n -= strlen("\"state\":");
				other.p[other.n] = '\0';
				continue;
			}
			st = buf_reserve(&other, (size_t)(to - from) + 2);
			if (st == ST_OK)
				st = fs_pread_all(t->fd, other.p + other.n, (size_t)(to - from), from, e);
			other.n += (size_t)(to - from);
			buf_adds(&other, ",\n");
		}
		snprintf(head, sizeof(head), "%s\n\"v%llu\":{", v > 1 ? "," : "", (unsigned long long)v);
		ocfl_out_str(w->out, head);
		ocfl_out_add(w->out, other.p ? other.p : "", other.n);
		buf_release(&other);
		ocfl_out_str(w->out, "\"state\":{");
		w->any = false;
		if (st == ST_OK)
			st = ocfl_states(w->p->o, w->p->key, (unsigned)v, (unsigned)v, state_line, w, e);
		ocfl_out_str(w->out, w->any ? "]\n}}" : "}}");
		if (st != ST_OK)
			return st;
		ends[v] = *written = w->out->total;
	}
	return t->st;
}

static st_t write_prior(struct rewrite *w, const char *path, int64_t *ends, struct err *e)
{
	struct jtok *t = malloc(sizeof(*t));
	struct ocfl_out out;
	uint8_t sha[SHA256_LEN];
	int64_t written = 0;
	bool first = true;
	int fd = -1, k;
	st_t st = t ? ocfl_inv_open(w->p->o, w->p->key, &fd, e) : ST_NOMEM, closed;

	if (st == ST_OK)
		st = ocfl_out_open(&out, path, e);
	if (st != ST_OK)
		goto out;
	w->out = &out;
	jtok_init(t, fd, e);
	if (jtok_next(t) != '{')
		st = jtok_fail(t, "not a JSON object");
	while (st == ST_OK && jtok_member(t, &first)) {
		bool versions = strcmp(t->text, "versions") == 0;

		k = jtok_next(t);
		st = versions && k == '{' ? versions_text(w, t, ends, &written, e) : jtok_skip(t, k);
	}
	closed = ocfl_out_close(&out, sha);
	st = st == ST_OK ? closed : st;
out:
	if (fd >= 0)
		close(fd);
	free(t);
	return st;
}

static st_t old_inventories(struct ocfl_put *p, const int64_t *ends, struct err *e)
{
	unsigned v;
	st_t st = ST_OK;

	for (v = 1; v <= p->old.head && st == ST_OK; v++) {
		struct buf b = BUF_INIT(8192);

		buf_addf(&b, "%s/obj/v%u/inventory.json", p->stage, v);
		st = b.st;
		if (st == ST_OK)
			st = stage_parents(b.p, strlen(p->stage), e);
		if (st == ST_OK)
			st = ocfl_inv_write_old(p, b.p, v, ends[v], e);
		buf_release(&b);
	}
	return st;
}

st_t ocfl_put_rewrite(struct objects *o, const char *object_id, const char *stage, ocfl_keep_fn *keep, void *ctx, struct ocfl_put **out, struct err *e)
{
	struct rewrite w = { .keep = keep, .ctx = ctx, .digests = map_new() };
	struct ocfl_put *p = NULL;
	char *prior = fs_join(stage, "versions.tmp");
	int64_t *ends = NULL;
	struct buf dir = BUF_INIT(8192);
	st_t st = w.digests && prior ? ocfl_put_new(o, object_id, stage, &p, e) : ST_NOMEM;

	*out = NULL;
	if (st == ST_OK && p->old.head == 0)
		st = err_set(e, ST_ABSENT, "no object '%s'", object_id);
	if (st == ST_OK && (ends = calloc(p->old.head + 1, sizeof(*ends))) == NULL)
		st = ST_NOMEM;
	w.p = p;
	if (st == ST_OK)
		st = ocfl_states(o, p->key, 1, p->old.head, mark, &w, e);
	if (st == ST_OK)
		st = write_prior(&w, prior, ends, e);
	if (st == ST_OK)
		st = sift(&w, e);
	if (st == ST_OK) {
		close(p->prior_fd);
		p->prior_fd = open(prior, O_RDONLY | O_CLOEXEC);
		p->prior_at = 0;
		p->prior_end = ends[p->old.head];
		p->whole = p->swap = true;
		buf_addf(&dir, "%s/obj/v%u", stage, p->v);
		free(p->dir);
		p->dir = buf_take(&dir, NULL);
		p->since = w.digests;
		st = p->prior_fd >= 0 && p->dir ? old_inventories(p, ends, e) : err_set(e, ST_IO, "cannot read back '%s'", prior);
		p->since = NULL;
	}
	if (prior != NULL)
		unlink(prior);
	free(prior);
	free(ends);
	map_free(w.digests, NULL);
	if (st != ST_OK) {
		ocfl_put_free(p);
		return st;
	}
	*out = p;
	return ST_OK;
}
