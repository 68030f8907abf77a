/*
 * The log: 'C' number -> entry in CAT_CHANGE; second -> its first number in CAT_STAMP. Numbers are taken inside the one write
 * transaction at a time, so none becomes visible after a larger one.
 */

#include "store/changes.h"

#include "base/clock.h"
#include "store/cat_int.h"

#define ENTRY_FIXED (8 + 1 + PID_LEN * 2 + 4)

const char *change_name(enum change_kind k)
{
	static const char *const names[] = {
#define X(a, b) b,
		CHANGE_KINDS(X)
#undef X
	};

	return k < CHANGE_KIND_COUNT ? names[k] : "unknown";
}

uint64_t changes_last(struct kv_txn *t)
{
	return cat_meta_u64(t, "last");
}

int64_t changes_last_time(struct kv_txn *t)
{
	return (int64_t)cat_meta_u64(t, "last-time");
}

static void stamp_put(struct kv_txn *t, const struct change *c)
{
	struct key k = key_u64_of('T', (uint64_t)c->time);
	struct slice v;
	uint8_t no[8];

	if (kv_get(t, CAT_STAMP, key_slice(&k), &v) && get_u64(v.p) <= c->no)
		return;
	put_u64(no, c->no);
	kv_append(t, CAT_STAMP, key_slice(&k), slice_of(no, 8));
}

void change_put(struct kv_txn *t, struct change *c)
{
	uint8_t p[ENTRY_FIXED + sizeof(c->actor)];
	uint64_t last = changes_last(t);
	int64_t last_time = changes_last_time(t);
	size_t actor = strnlen(c->actor, sizeof(c->actor) - 1);
	struct key k;

	if (c->no == 0) {
		c->no = last + 1;
		c->time = clock_now();
		if (c->time < last_time)
			c->time = last_time;
	}
	if (c->time < 0)
		c->time = 0;
	put_u64(p, (uint64_t)c->time);
	p[8] = (uint8_t)c->kind;
	memset(p + 9, 0, PID_LEN * 2);
	memcpy(p + 9, c->id, strnlen(c->id, PID_LEN));
	memcpy(p + 9 + PID_LEN, c->parent, strnlen(c->parent, PID_LEN));
	put_u32(p + 9 + PID_LEN * 2, c->revision);
	memcpy(p + ENTRY_FIXED, c->actor, actor);
	k = key_u64_of('C', c->no);
	kv_append(t, CAT_CHANGE, key_slice(&k), slice_of(p, ENTRY_FIXED + actor));
	stamp_put(t, c);
	if (c->no > last)
		cat_meta_put_u64(t, "last", c->no);
	if (c->time > last_time)
		cat_meta_put_u64(t, "last-time", (uint64_t)c->time);
}

void change_skip(struct kv_txn *t, uint64_t base, uint64_t span, int64_t time)
{
	struct change first = { .no = base + 1, .time = time };
	struct change c = { .no = base + span, .time = time, .kind = CHANGE_FORMATS, .actor = "program:azekura" };

	stamp_put(t, &first);
	change_put(t, &c);
}

static bool entry_read(struct slice key, struct slice v, struct change *out)
{
	const uint8_t *p = (const uint8_t *)v.p;
	size_t actor;

	memset(out, 0, sizeof(*out));
	if (key.n != 9 || v.n < ENTRY_FIXED)
		return false;
	out->no = get_u64(key.p + 1);
	out->time = (int64_t)get_u64(p);
	out->kind = p[8];
	memcpy(out->id, p + 9, PID_LEN);
	memcpy(out->parent, p + 9 + PID_LEN, PID_LEN);
	out->revision = get_u32(p + 9 + PID_LEN * 2);
	actor = v.n - ENTRY_FIXED;
	if (actor > sizeof(out->actor) - 1)
		actor = sizeof(out->actor) - 1;
	memcpy(out->actor, p + ENTRY_FIXED, actor);
	return out->kind < CHANGE_KIND_COUNT;
}

size_t changes_after(struct kv_txn *t, uint64_t after, struct change *out, size_t max)
{
	struct kv_cur c;
	struct key k;
	size_t n = 0;
	bool more;

	if (after == UINT64_MAX)
		return 0;
	k = key_u64_of('C', after + 1);
	kv_cur_open(t, CAT_CHANGE, &c);
	for (more = kv_seek(&c, key_slice(&k)); more && n < max; more = kv_next(&c)) {
		if (!entry_read(c.key, c.v, &out[n])) {
			kv_fail(t, ST_CORRUPT, "a change after %llu is damaged", (unsigned long long)after);
			break;
		}
		n++;
	}
	kv_cur_close(&c);
	return t->st == ST_OK ? n : 0;
}

int64_t cat_change_time(struct kv_txn *t, uint64_t no, bool *found)
{
	struct key k = key_u64_of('C', no);
	struct slice v;

	*found = kv_get(t, CAT_CHANGE, key_slice(&k), &v) && v.n >= 8;
	return *found ? (int64_t)get_u64(v.p) : 0;
}

/* The first number at or after second ${sec}; UINT64_MAX when there is none. */
static uint64_t first_at(struct kv_txn *t, int64_t sec)
{
	struct key k = key_u64_of('T', sec < 0 ? 0 : (uint64_t)sec);
	struct kv_cur c;
	uint64_t no = UINT64_MAX;

	kv_cur_open(t, CAT_STAMP, &c);
	if (kv_seek(&c, key_slice(&k)))
		no = get_u64(c.v.p);
	kv_cur_close(&c);
	return no;
}

void cat_change_range(struct kv_txn *t, int64_t from, int64_t until, uint64_t *lo, uint64_t *hi)
{
	*lo = from <= 0 ? 0 : first_at(t, from);
	*hi = until < 0 ? 0 : until == INT64_MAX ? UINT64_MAX : first_at(t, until + 1);
}

static struct key follower_key(const char *name)
{
	struct key k;

	key_init(&k, 'p');
	key_text(&k, slice_str(name));
	return k;
}

uint64_t follower_get(struct kv_txn *t, const char *name)
{
	struct key k = follower_key(name);
	struct slice v;

	return kv_get(t, CAT_META, key_slice(&k), &v) && v.n == 8 ? get_u64(v.p) : 0;
}

void follower_put(struct kv_txn *t, const char *name, uint64_t no)
{
	struct key k = follower_key(name);
	uint8_t p[8];

	put_u64(p, no);
	kv_put(t, CAT_META, key_slice(&k), slice_of(p, 8));
}

st_t changes_watch(struct repo *r, void (*fn)(void *arg, uint64_t last), void *arg)
{
	struct cat *cat = r->cat;
	struct watcher w = { fn, arg };
	st_t st;

	pthread_mutex_lock(&cat->mu);
	st = VEC_PUSH(&cat->watchers, w);
	pthread_mutex_unlock(&cat->mu);
	return st;
}

void changes_unwatch(struct repo *r, void *arg)
{
	struct cat *cat = r->cat;
	size_t i;

	/* Taking the lock also waits for a call that is under way: after this, ${fn} does not run. */
	pthread_mutex_lock(&cat->mu);
	for (i = 0; i < cat->watchers.n; i++)
		if (cat->watchers.v[i].arg == arg)
			cat->watchers.v[i--] = cat->watchers.v[--cat->watchers.n];
	pthread_mutex_unlock(&cat->mu);
}

void cat_committed(void *arg)
{
	struct repo *r = arg;
	struct cat *cat = r->cat;
	struct kv_txn t;
	uint64_t last = 0;
	size_t i;

	kv_read(r->catalog, &t);
	last = changes_last(&t);
	if (kv_end(&t, NULL) != ST_OK)
		return;
	pthread_mutex_lock(&cat->mu);
	if (last > cat->last_told) {
		cat->last_told = last;
		for (i = 0; i < cat->watchers.n; i++)
			cat->watchers.v[i].fn(cat->watchers.v[i].arg, last);
	}
	pthread_mutex_unlock(&cat->mu);
}

void changes_tell(struct repo *r)
{
	struct cat *cat = r->cat;
	size_t i;

	pthread_mutex_lock(&cat->mu);
	for (i = 0; i < cat->watchers.n; i++)
		cat->watchers.v[i].fn(cat->watchers.v[i].arg, cat->last_told);
	pthread_mutex_unlock(&cat->mu);
}
