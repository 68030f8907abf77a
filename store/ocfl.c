/*
 * Writing OCFL 1.1 objects (https://ocfl.io/1.1/spec/).
 *
 * A new object is staged whole and comes into place by one rename, so that nobody ever sees a root without inventory. A later version
 * is staged as vN beside the new inventory: sync of the stage; vN renamed into place; object root synced; inventory, then sidecar,
 * renamed over the old ones; object root synced. vN holds copies of its inventory and sidecar, so the way back from any of these points
 * is: put v(N-1)'s inventory on top again, take vN out (ocfl_undo).
 */

#include "store/ocfl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/str.h"
#include "store/ocfl_int.h"

#define OCFL_ROOT_MARK		"0=ocfl_1.1"
#define OCFL_OBJECT_MARK	"0=ocfl_object_1.1"
#define OCFL_LAYOUT		"0004-hashed-n-tuple-storage-layout"

static const char root_mark[] = "ocfl_1.1\n", object_mark[] = "ocfl_object_1.1\n";
static const char layout[] = "{\n  \"extension\": \"" OCFL_LAYOUT "\",\n"
	"  \"description\": \"SHA-256 of the object identifier in hexadecimal: three folders of three digits each, then the whole digest\"\n}\n";
static const char layout_config[] = "{\n  \"extensionName\": \"" OCFL_LAYOUT "\",\n  \"digestAlgorithm\": \"sha256\",\n"
	"  \"tupleSize\": 3,\n  \"numberOfTuples\": 3,\n  \"shortObjectRoot\": false\n}\n";

struct root_look { struct objects *o; bool object, leftover; };

static st_t root_step(void *ctx, const char *path, const char *rel, enum fs_kind kind, uint64_t size, struct err *e)
{
	struct root_look *l = ctx;

	(void)size;
	if (strstr(rel, ".tmp-") != NULL && kind == FS_FILE && strchr(rel, '/') == NULL)
		return fs_remove(path, e);
	if (kind == FS_DIR && strcmp(rel, "extensions") != 0 && strncmp(rel, "extensions/", 11) != 0)
		l->object = true;
	return l->object ? ST_EOF : ST_OK;
}

bool ocfl_root_empty(struct objects *o)
{
	struct root_look l = { o, false, false };
	char *root = object_local_path(o, "");

	if (root != NULL)
		fs_walk(root, root_step, &l, NULL);
	free(root);
	return !l.object;
}

bool ocfl_root_exists(struct objects *o)
{
	char *path = object_local_path(o, OCFL_ROOT_MARK);
	bool yes = path != NULL && fs_exists(path);

	free(path);
	return yes;
}

static st_t put_when_absent(struct objects *o, const char *key, const char *text, struct err *e)
{
	st_t st = object_put(o, key, text, strlen(text), false, e);

	if (st == ST_CONFLICT) {
		err_clear(e);
		st = ST_OK;
	}
	return st;
}

st_t ocfl_root_init(struct objects *o, struct err *e)
{
	st_t st;

	if (ocfl_root_exists(o))
		return ST_OK;
	ocfl_root_empty(o);	/* drops what a killed attempt left */
	st = put_when_absent(o, "extensions/" OCFL_LAYOUT "/config.json", layout_config, e);
	if (st == ST_OK)
		st = put_when_absent(o, "ocfl_layout.json", layout, e);
	if (st == ST_OK)
		st = put_when_absent(o, OCFL_ROOT_MARK, root_mark, e);
	return st;
}

void ocfl_object_key(char out[OCFL_KEY_MAX], const char *id)
{
	char hex[SHA256_HEX];

	sha256_hex(hex, id, strlen(id));
	snprintf(out, OCFL_KEY_MAX, "%.3s/%.3s/%.3s/%s", hex, hex + 3, hex + 6, hex);
}

/* ---- text out ---- */

st_t ocfl_out_open(struct ocfl_out *w, const char *path, struct err *e)
{
	w->st = ST_OK;
	w->e = e;
	w->total = 0;
	buf_init(&w->b, BUF_NOMAX);
	w->h = hash_new();
	w->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (w->fd >= 0 && w->h != NULL)
		return ST_OK;
	w->st = w->fd < 0 ? err_sys(e, "cannot make '%s'", path) : ST_NOMEM;
	if (w->fd >= 0)
		close(w->fd);
	hash_free(w->h);
	return w->st;
}

static void out_flush(struct ocfl_out *w)
{
	if (w->st == ST_OK && w->b.st != ST_OK)
		w->st = w->b.st;
	if (w->st == ST_OK && w->b.n > 0) {
		hash_add(w->h, w->b.p, w->b.n);
		w->st = fs_write_all(w->fd, w->b.p, w->b.n, w->e);
	}
	buf_clear(&w->b);
}

void ocfl_out_add(struct ocfl_out *w, const char *p, size_t n)
{
	w->total += (int64_t)n;
	buf_add(&w->b, p, n);
	if (w->b.n >= 1 << 18)
		out_flush(w);
}

void ocfl_out_str(struct ocfl_out *w, const char *s)
{
	ocfl_out_add(w, s, strlen(s));
}

void ocfl_out_quote(struct ocfl_out *w, const char *s)
{
	size_t before = w->b.n;

	json_quote(&w->b, slice_str(s));
	w->total += (int64_t)(w->b.n - before);
	if (w->b.n >= 1 << 18)
		out_flush(w);
}

st_t ocfl_out_close(struct ocfl_out *w, uint8_t sha[SHA256_LEN])
{
	out_flush(w);
	hash_end(w->h, sha, NULL);
	hash_free(w->h);
	buf_release(&w->b);
	if (close(w->fd) != 0 && w->st == ST_OK)
		w->st = err_sys(w->e, "cannot close inventory");
	return w->st;
}

/* ---- a new version ---- */

static char *joinf(const char *fmt, ...) PRINTF_LIKE(1, 2);
static char *joinf(const char *fmt, ...)
{
	struct buf b = BUF_INIT(16384);
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	if (b.st != ST_OK) {
		buf_release(&b);
		return NULL;
	}
	return buf_take(&b, NULL);
}

static st_t open_prior(struct ocfl_put *p, struct err *e)
{
	st_t st = ocfl_inv_read(p->o, p->key, &p->old, e);
	struct err none = ERR_INIT;

	if (st == ST_ABSENT) {
		err_clear(e);
		p->v = 1;
		p->whole = true;
		return ST_OK;
	}
	if (st == ST_OK && strcmp(p->old.id, p->id) != 0)
		st = err_set(e, ST_CORRUPT, "object '%s' says it is '%s'", p->id, p->old.id);
	if (st == ST_OK && (st = ocfl_inv_open(p->o, p->key, &p->prior_fd, &none)) != ST_OK)
		st = err_set(e, st, "%s", none.text);
	p->prior_at = p->old.versions_at;
	p->prior_end = p->old.versions_end;
	p->v = p->old.head + 1;
	return st;
}

st_t ocfl_put_new(struct objects *o, const char *object_id, const char *stage, struct ocfl_put **out, struct err *e)
{
	struct ocfl_put *p = calloc(1, sizeof(*p));
	st_t st = ST_OK;

	*out = NULL;
	if (p == NULL)
		return ST_NOMEM;
	p->o = o;
	p->prior_fd = -1;
	p->id = strdup(object_id);
	p->stage = strdup(stage);
	p->known = map_new();
	ocfl_object_key(p->key, object_id);
	if (p->id == NULL || p->stage == NULL || p->known == NULL)
		st = ST_NOMEM;
	if (st == ST_OK)
		st = open_prior(p, e);
	if (st == ST_OK) {
		p->dir = p->whole ? joinf("%s/obj/v1", stage) : joinf("%s/v%u", stage, p->v);
		st = p->dir ? ST_OK : ST_NOMEM;
	}
	if (st != ST_OK) {
		ocfl_put_free(p);
		return st;
	}
	*out = p;
	return ST_OK;
}

void ocfl_put_free(struct ocfl_put *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < p->state.n; i++)
		if (!p->state.v[i].shared)
			free(p->state.v[i].logical);
	for (i = 0; i < p->fresh.n; i++)
		free(p->fresh.v[i].path);
	VEC_RELEASE(&p->state);
	VEC_RELEASE(&p->fresh);
	ocfl_inv_release(&p->old);
	map_free(p->known, NULL);
	if (p->prior_fd >= 0)
		close(p->prior_fd);
	free(p->id);
	free(p->stage);
	free(p->dir);
	free(p);
}

unsigned ocfl_put_version(const struct ocfl_put *p)
{
	return p->v;
}

const struct ocfl_inv *ocfl_put_old(const struct ocfl_put *p)
{
	return &p->old;
}

const char *ocfl_put_key(const struct ocfl_put *p)
{
	return p->key;
}

/* "v2/content/PATH", or v2/content/_/DIGEST-OF-PATH where a file system could not hold a segment, and for what begins with "_/" itself. */
static char *content_place(unsigned v, const char *logical)
{
	const char *at = logical, *slash;
	char hex[SHA256_HEX];
	bool hide = strncmp(logical, "_/", 2) == 0;

	for (; !hide && at != NULL; at = slash ? slash + 1 : NULL) {
		slash = strchr(at, '/');
		hide = (slash ? (size_t)(slash - at) : strlen(at)) > 255;
	}
	if (!hide)
		return joinf("v%u/content/%s", v, logical);
	sha256_hex(hex, logical, strlen(logical));
	return joinf("v%u/content/_/%s", v, hex);
}

static const char *known_place(const struct ocfl_put *p, const uint8_t sha[SHA256_LEN])
{
	const char *where = map_get(p->known, slice_of(sha, SHA256_LEN));

	return where ? where : ocfl_inv_find(&p->old, sha);
}

const char *ocfl_put_where(const struct ocfl_put *p, const uint8_t sha[SHA256_LEN])
{
	return known_place(p, sha);
}

const char *ocfl_put_id(const struct ocfl_put *p)
{
	return p->id;
}

bool ocfl_put_swaps(const struct ocfl_put *p)
{
	return p->swap;
}

static st_t state_add(struct ocfl_put *p, const char *logical, const uint8_t sha[SHA256_LEN])
{
	struct ocfl_state s;

	const char *place = p->fresh.n > 0 ? p->fresh.v[p->fresh.n - 1].path : "";
	size_t n = strlen(place), want = strlen(logical);

	memcpy(s.sha, sha, SHA256_LEN);
	/* Mostly the content was put just now under this very name: 100,000 of them need not stand in memory twice. */
	s.shared = n > want && place[n - want - 1] == '/' && strcmp(place + n - want, logical) == 0;
	s.logical = s.shared ? (char *)(uintptr_t)(place + n - want) : strdup(logical);
	if (s.logical == NULL || VEC_PUSH(&p->state, s) != ST_OK) {
		if (!s.shared)
			free(s.logical);
		return ST_NOMEM;
	}
	return ST_OK;
}

/* Remember the new content and give back the local path for it, with its folders made. */
static st_t fresh_add(struct ocfl_put *p, const char *logical, const uint8_t sha[SHA256_LEN], char **local, const char **where, struct err *e)
{
	struct ocfl_entry x;
	size_t skip = strlen(p->stage);
	st_t st;

	*local = NULL;
	memcpy(x.sha, sha, SHA256_LEN);
	x.path = content_place(p->v, logical);
	if (x.path == NULL || VEC_PUSH(&p->fresh, x) != ST_OK) {
		free(x.path);
		return ST_NOMEM;
	}
	*where = x.path;
	if (map_put(p->known, slice_of(sha, SHA256_LEN), x.path, NULL) != ST_OK)
		return ST_NOMEM;
	*local = joinf("%s%s", p->dir, strchr(x.path, '/'));
	if (*local == NULL)
		return ST_NOMEM;
	st = stage_parents(*local, skip, e);
	if (st != ST_OK) {
		free(*local);
		*local = NULL;
	}
	return st;
}

st_t ocfl_put_bytes(struct ocfl_put *p, const char *logical, const void *bytes, size_t n, const char **where, struct err *e)
{
	uint8_t sha[SHA256_LEN];
	const char *at;
	char *local = NULL;
	st_t st = ST_OK;

	sha256(sha, bytes, n);
	at = known_place(p, sha);
	if (at == NULL) {
		st = fresh_add(p, logical, sha, &local, &at, e);
		if (st == ST_OK)
			st = stage_write(local, bytes, n, e);
		free(local);
	}
	if (st == ST_OK)
		st = state_add(p, logical, sha);
	if (where != NULL)
		*where = at;
	return st;
}

st_t ocfl_put_file(struct ocfl_put *p, const char *logical, const uint8_t sha[SHA256_LEN], const char *local_file, const char **where, struct err *e)
{
	const char *at = known_place(p, sha);
	char *local = NULL;
	st_t st = ST_OK;

	if (at == NULL) {
		if (local_file == NULL)
			return err_set(e, ST_CORRUPT, "the bytes of '%s' are neither staged nor stored", logical);
		st = fresh_add(p, logical, sha, &local, &at, e);
		if (st == ST_OK)
			st = stage_link(local_file, local, e);
		free(local);
	}
	if (st == ST_OK)
		st = state_add(p, logical, sha);
	if (where != NULL)
		*where = at;
	return st;
}

static void quote_hex(struct ocfl_out *w, const uint8_t sha[SHA256_LEN])
{
	char hex[SHA256_HEX + 2];

	hex[0] = '"';
	hex_encode(hex + 1, sha, SHA256_LEN);
	hex[65] = '"';
	ocfl_out_add(w, hex, 66);
}

static int state_order(const void *a, const void *b)
{
	const struct ocfl_state *x = a, *y = b;
	int c = memcmp(x->sha, y->sha, SHA256_LEN);

	return c ? c : strcmp(x->logical, y->logical);
}

static void out_state(struct ocfl_out *w, const struct ocfl_put *p)
{
	size_t i, j;

	for (i = 0; i < p->state.n; i = j) {
		ocfl_out_str(w, i ? ",\n" : "\n");
		quote_hex(w, p->state.v[i].sha);
		ocfl_out_str(w, ":[");
		for (j = i; j < p->state.n && memcmp(p->state.v[i].sha, p->state.v[j].sha, SHA256_LEN) == 0; j++) {
			if (j > i)
				ocfl_out_add(w, ",", 1);
			ocfl_out_quote(w, p->state.v[j].logical);
		}
		ocfl_out_add(w, "]", 1);
	}
}

static unsigned place_version(const char *place)
{
	return (unsigned)strtoul(place + 1, NULL, 10);
}

/* OCFL 1.1, E107: an inventory's manifest holds no digest that none of its states names. */
static unsigned first_named(const struct ocfl_put *p, const struct ocfl_entry *x)
{
	void *v = map_get(p->since, slice_of(x->sha, SHA256_LEN));

	return v != NULL ? (unsigned)(uintptr_t)v : p->v;
}

/* Old and fresh entries have no digest in common, but old ones may hold one digest at several places. */
static void out_manifest(struct ocfl_out *w, const struct ocfl_put *p, unsigned upto)
{
	const struct ocfl_entry *last = NULL;
	size_t i, n = p->old.manifest.n + p->fresh.n;

	for (i = 0; i < n; i++) {
		const struct ocfl_entry *x = i < p->old.manifest.n ? &p->old.manifest.v[i] : &p->fresh.v[i - p->old.manifest.n];

		if (place_version(x->path) > upto || (p->since != NULL && first_named(p, x) > upto))
			continue;
		if (last != NULL && memcmp(last->sha, x->sha, SHA256_LEN) == 0) {
			ocfl_out_add(w, ",", 1);
		} else {
			ocfl_out_str(w, last ? "],\n" : "\n");
			quote_hex(w, x->sha);
			ocfl_out_str(w, ":[");
		}
		ocfl_out_quote(w, x->path);
		last = x;
	}
	if (last != NULL)
		ocfl_out_add(w, "]", 1);
}

static void out_prior(struct ocfl_out *w, int fd, int64_t at, int64_t end)
{
	char *piece = malloc(65536);
	int64_t n;

	if (piece == NULL)
		w->st = ST_NOMEM;
	for (; w->st == ST_OK && at < end; at += n) {
		n = end - at < 65536 ? end - at : 65536;
		w->st = fs_pread_all(fd, piece, (size_t)n, at, w->e);
		if (w->st == ST_OK)
			ocfl_out_add(w, piece, (size_t)n);
	}
	free(piece);
}

struct version_note { const char *created, *message, *user; };

static void out_version(struct ocfl_out *w, const struct ocfl_put *p, const struct version_note *note)
{
	char name[32];

	snprintf(name, sizeof(name), "%s\n\"v%u\":{", p->v > 1 ? "," : "", p->v);
	ocfl_out_str(w, name);
	ocfl_out_str(w, "\"created\":");
	ocfl_out_quote(w, note->created);
	ocfl_out_str(w, ",\n\"message\":");
	ocfl_out_quote(w, note->message);
	ocfl_out_str(w, ",\n\"user\":{\"name\":");
	ocfl_out_quote(w, note->user);
	ocfl_out_str(w, "},\n\"state\":{");
	out_state(w, p);
	ocfl_out_str(w, "\n}}");
}

/* Inventory and sidecar at ${path} for versions up to ${head}; ${note} NULL: only what was there before. */
static st_t inv_write(struct ocfl_put *p, const char *path, unsigned head, int64_t prior_end, const struct version_note *note, struct err *e)
{
	char text[32], side[96];
	uint8_t sha[SHA256_LEN];
	struct ocfl_out w;
	char *sidecar = joinf("%s.sha256", path);
	st_t st = sidecar ? ocfl_out_open(&w, path, e) : ST_NOMEM;

	if (st != ST_OK)
		goto out;
	ocfl_out_str(&w, "{\n\"id\":");
	ocfl_out_quote(&w, p->id);
	snprintf(text, sizeof(text), ",\n\"head\":\"v%u\"", head);
	ocfl_out_str(&w, ",\n\"type\":\"https://ocfl.io/1.1/spec/#inventory\",\n\"digestAlgorithm\":\"sha256\"");
	ocfl_out_str(&w, text);
	ocfl_out_str(&w, ",\n\"manifest\":{");
	out_manifest(&w, p, head);
	ocfl_out_str(&w, "\n},\n\"versions\":{");
	if (p->prior_fd >= 0)
		out_prior(&w, p->prior_fd, p->prior_at, prior_end);
	if (note != NULL)
		out_version(&w, p, note);
	ocfl_out_str(&w, "}\n}\n");
	st = ocfl_out_close(&w, sha);
	if (st != ST_OK)
		goto out;
	hex_encode(side, sha, SHA256_LEN);
	snprintf(side + 64, sizeof(side) - 64, " inventory.json\n");
	st = stage_write(sidecar, side, strlen(side), e);
out:
	free(sidecar);
	return st;
}

st_t ocfl_inv_write_old(struct ocfl_put *p, const char *path, unsigned head, int64_t prior_end, struct err *e)
{
	return inv_write(p, path, head, prior_end, NULL, e);
}

static st_t copy_inventory(struct ocfl_put *p, const char *top, struct err *e)
{
	static const char *const names[] = { "inventory.json", "inventory.json.sha256" };
	st_t st = ST_OK;
	size_t i;

	for (i = 0; i < 2 && st == ST_OK; i++) {
		char *from = joinf("%s/%s", top, names[i]), *to = joinf("%s/%s", p->dir, names[i]);

		/* A link would do, but then a change of one by hand would be a change of both. */
		st = from && to ? stage_copy(from, to, e) : ST_NOMEM;
		free(from);
		free(to);
	}
	return st;
}

st_t ocfl_put_stage(struct ocfl_put *p, const char *created, const char *message, const char *user, struct err *e)
{
	struct version_note note = { created, message, user };
	char *top = p->whole ? joinf("%s/obj", p->stage) : strdup(p->stage);
	char *inv = top ? joinf("%s/inventory.json", top) : NULL, *mark = top ? joinf("%s/%s", top, OCFL_OBJECT_MARK) : NULL;
	st_t st = inv && mark ? ST_OK : ST_NOMEM;

	if (p->state.n > 0)
		qsort(p->state.v, p->state.n, sizeof(*p->state.v), state_order);
	if (st == ST_OK)
		st = inv_write(p, inv, p->v, p->prior_end, &note, e);
	if (st == ST_OK)
		st = copy_inventory(p, top, e);
	if (st == ST_OK && p->whole)
		st = stage_write(mark, object_mark, strlen(object_mark), e);
	free(top);
	free(inv);
	free(mark);
	return st;
}

static st_t place_version_dir(struct ocfl_put *p, struct err *e)
{
	static const char *const names[] = { "inventory.json", "inventory.json.sha256" };
	char *key = joinf("%s/v%u", p->key, p->v);
	st_t st = key ? object_move_new(p->o, p->dir, key, e) : ST_NOMEM;
	size_t i;

	if (st == ST_OK)
		st = object_sync(p->o, p->key, e);
	for (i = 0; i < 2 && st == ST_OK; i++) {
		char *from = joinf("%s/%s", p->stage, names[i]), *to = joinf("%s/%s", p->key, names[i]);

		st = from && to ? object_move(p->o, from, to, e) : ST_NOMEM;
		free(from);
		free(to);
	}
	if (st == ST_OK)
		st = object_sync(p->o, p->key, e);
	free(key);
	return st;
}

st_t ocfl_put_place(struct ocfl_put *p, struct err *e)
{
	char *obj;
	st_t st = object_sync_local(p->o, p->stage, e);

	if (st != ST_OK)
		return st;
	if (!p->whole)
		return place_version_dir(p, e);
	obj = joinf("%s/obj", p->stage);
	if (obj == NULL)
		return ST_NOMEM;
	st = p->swap ? object_swap_tree(p->o, obj, p->key, e) : object_put_tree(p->o, obj, p->key, e);
	free(obj);
	return st;
}

/* ---- the way back ---- */

static st_t put_back_inventory(struct objects *o, const char *key, unsigned v, const char *stage, struct err *e)
{
	static const char *const names[] = { "inventory.json", "inventory.json.sha256" };
	struct buf b = BUF_INIT(BUF_NOMAX);
	st_t st = ST_OK;
	size_t i;

	for (i = 0; i < 2 && st == ST_OK; i++) {
		char *from = joinf("%s/v%u/%s", key, v, names[i]), *tmp = joinf("%s/back-%s", stage, names[i]), *to = joinf("%s/%s", key, names[i]);

		buf_clear(&b);
		st = from && tmp && to ? object_get(o, from, &b, e) : ST_NOMEM;
		if (st == ST_OK)
			st = fs_write_atomic(tmp, b.p, b.n, 0644, e);
		if (st == ST_OK)
			st = object_move(o, tmp, to, e);
		free(from);
		free(tmp);
		free(to);
	}
	if (st == ST_OK)
		st = object_sync(o, key, e);
	buf_release(&b);
	return st;
}

static bool object_there(struct objects *o, const char *key)
{
	char *path = object_local_path(o, key);
	bool yes = path != NULL && fs_exists(path);

	free(path);
	return yes;
}

st_t ocfl_undo(struct objects *o, const char *key, unsigned v, const char *stage, struct err *e)
{
	char *undone = joinf("%s/undone", stage), *dir = v == 1 ? strdup(key) : joinf("%s/v%u", key, v);
	st_t st = undone && dir ? ST_OK : ST_NOMEM;

	if (st == ST_OK && object_there(o, dir)) {
		if (v > 1)
			st = put_back_inventory(o, key, v - 1, stage, e);
		if (st == ST_OK)
			st = fs_remove_tree(undone, e);
		if (st == ST_OK)
			st = object_take_tree(o, dir, undone, e);
	}
	if (st == ST_OK)
		object_prune(o, v == 1 ? key : dir);
	free(undone);
	free(dir);
	return st;
}
