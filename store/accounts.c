/*
 * CAT_ACCT:
 *   'A' user -> role (1), flags (1), created (8), then name, full name, e-mail, ORCID, each with a zero byte
 *   'a' name -> user
 *   'T' SHA-256 of the token -> user (4), role (1), scopes (4), created (8), expires (8), last used (8), label
 *   'U' user, SHA-256 -> nothing
 *   'G' group -> name      'g' name -> group      'M' user, group -> nothing
 */

#include "store/accounts.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/str.h"
#include "base/utf8.h"
#include "schema/pid.h"
#include "store/cat_int.h"

#define F_DISABLED	1
#define ACCOUNT_FIXED	10
#define TOKEN_FIXED	33
#define TOKEN_PREFIX	"azk_"
#define TOKEN_BYTES	32
#define USE_STEP	600		/* seconds between two notes that a token was used */

static struct key user_key(uint32_t id)
{
	struct key k;

	key_init(&k, 'A');
	key_u32(&k, id);
	return k;
}

static struct key text_key(char letter, struct slice name)
{
	struct key k;

	key_init(&k, letter);
	key_text(&k, name);
	return k;
}

static bool u32_get(struct kv_txn *t, const struct key *k, uint32_t *out)
{
	struct slice v;

	if (!kv_get(t, CAT_ACCT, key_slice(k), &v) || v.n != 4)
		return false;
	*out = get_u32(v.p);
	return true;
}

static void u32_put(struct kv_txn *t, const struct key *k, uint32_t n)
{
	uint8_t p[4];

	put_u32(p, n);
	kv_put(t, CAT_ACCT, key_slice(k), slice_of(p, 4));
}

/* ---- users ---- */

/* Letters, digits and @ . _ - +, so that a name can stand in an address, a log line and a file name. */
static bool name_valid(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n < 64 && strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@._-+") == n;
}

static st_t account_check(const struct account *a, struct err *e)
{
	if (!name_valid(a->name))
		return err_set(e, ST_INVALID, "name: expected 1 to 63 letters, digits or @ . _ - +");
	if (!utf8_valid(slice_str(a->fullname), NULL) || !utf8_valid(slice_str(a->email), NULL))
		return err_set(e, ST_INVALID, "text is not UTF-8");
	if (a->orcid[0] != '\0' && !orcid_valid(slice_str(a->orcid)))
		return err_set(e, ST_INVALID, "orcid: '%s' has a wrong form or check digit", a->orcid);
	if (a->role > ROLE_ADMIN)
		return err_set(e, ST_INVALID, "role: unknown");
	return ST_OK;
}

static void account_put(struct kv_txn *t, const struct account *a)
{
	struct key k = user_key(a->id);
	struct buf b = BUF_INIT(4096);
	uint8_t h[ACCOUNT_FIXED] = { (uint8_t)a->role, a->disabled ? F_DISABLED : 0 };
	const char *const text[] = { a->name, a->fullname, a->email, a->orcid };
	size_t i;

	put_u64(h + 2, (uint64_t)a->created);
	buf_add(&b, h, ACCOUNT_FIXED);
	for (i = 0; i < 4; i++)
		buf_add(&b, text[i], strlen(text[i]) + 1);
	if (b.st != ST_OK)
		kv_fail(t, b.st, "user '%s': %s", a->name, st_name(b.st));
	kv_put(t, CAT_ACCT, key_slice(&k), buf_slice(&b));
	buf_release(&b);
}

static bool text_read(const char **at, const char *end, char *out, size_t size)
{
	size_t n = strnlen(*at, (size_t)(end - *at));

	if (*at + n >= end || n >= size)
		return false;
	memcpy(out, *at, n + 1);
	*at += n + 1;
	return true;
}

st_t account_get(struct kv_txn *t, uint32_t id, struct account *out)
{
	struct key k = user_key(id);
	struct slice v;
	const char *at, *end;

	memset(out, 0, sizeof(*out));
	if (!kv_get(t, CAT_ACCT, key_slice(&k), &v))
		return t->st != ST_OK ? t->st : ST_ABSENT;
	if (v.n < ACCOUNT_FIXED)
		return ST_CORRUPT;
	out->id = id;
	out->role = (uint8_t)v.p[0];
	out->disabled = v.p[1] & F_DISABLED;
	out->created = (int64_t)get_u64(v.p + 2);
	at = v.p + ACCOUNT_FIXED;
	end = v.p + v.n;
	if (out->role > ROLE_ADMIN || !text_read(&at, end, out->name, sizeof(out->name)) ||
	    !text_read(&at, end, out->fullname, sizeof(out->fullname)) || !text_read(&at, end, out->email, sizeof(out->email)) ||
	    !text_read(&at, end, out->orcid, sizeof(out->orcid)))
		return ST_CORRUPT;
	return ST_OK;
}

st_t account_by_name(struct kv_txn *t, const char *name, struct account *out)
{
	struct key k = text_key('a', slice_str(name));
	uint32_t id;

	memset(out, 0, sizeof(*out));
	if (!u32_get(t, &k, &id))
		return t->st != ST_OK ? t->st : ST_ABSENT;
	return account_get(t, id, out);
}

size_t account_list(struct kv_txn *t, uint32_t after, struct account *out, size_t max)
{
	struct key k;
	struct kv_cur c;
	size_t n = 0;
	bool more;

	if (after == UINT32_MAX)
		return 0;
	k = user_key(after + 1);
	kv_cur_open(t, CAT_ACCT, &c);
	for (more = kv_seek(&c, key_slice(&k)); more && n < max && c.key.n == 5 && c.key.p[0] == 'A'; more = kv_next(&c))
		n += account_get(t, get_u32(c.key.p + 1), &out[n]) == ST_OK;
	kv_cur_close(&c);
	return n;
}

struct account_job { struct account a; bool create; };

static st_t account_apply(void *arg, struct kv_txn *t)
{
	const struct account_job *j = arg;
	struct account a = j->a, old;
	struct key k = text_key('a', slice_str(a.name));
	uint32_t other = 0;

	if (j->create) {
		a.id = 0;
		a.created = clock_now();
	} else if (account_get(t, a.id, &old) != ST_OK) {
		kv_fail(t, ST_ABSENT, "no user %u", a.id);
		return ST_OK;
	}
	if (u32_get(t, &k, &other) && other != a.id) {
		kv_fail(t, ST_CONFLICT, "the name '%s' is taken", a.name);
		return ST_OK;
	}
	if (j->create) {
		a.id = (uint32_t)cat_meta_next(t, "user-no");
	} else {
		a.created = old.created;
		if (strcmp(old.name, a.name) != 0) {
			struct key was = text_key('a', slice_str(old.name));

			kv_del(t, CAT_ACCT, key_slice(&was));
		}
	}
	u32_put(t, &k, a.id);
	account_put(t, &a);
	return ST_OK;
}

st_t account_create(struct repo *r, const struct account *in, uint32_t *id, struct err *e)
{
	struct account_job j = { *in, true };
	struct account made;
	struct kv_txn t;
	st_t st = account_check(in, e);

	if (st == ST_OK)
		st = writer_do(r->cat_w, account_apply, &j, e);
	if (st != ST_OK || id == NULL)
		return st;
	kv_read(r->catalog, &t);
	st = account_by_name(&t, in->name, &made);
	*id = made.id;
	kv_end(&t, NULL);
	return st == ST_OK ? ST_OK : err_set(e, st, "user '%s' is gone again", in->name);
}

st_t account_update(struct repo *r, const struct account *in, struct err *e)
{
	struct account_job j = { *in, false };
	st_t st = account_check(in, e);

	return st == ST_OK ? writer_do(r->cat_w, account_apply, &j, e) : st;
}

/* ---- tokens ---- */

static struct key token_key(const uint8_t digest[SHA256_LEN])
{
	struct key k;

	key_init(&k, 'T');
	key_bytes(&k, digest, SHA256_LEN);
	return k;
}

static struct key token_of_key(uint32_t user, const uint8_t *digest)
{
	struct key k;

	key_init(&k, 'U');
	key_u32(&k, user);
	if (digest != NULL)
		key_bytes(&k, digest, SHA256_LEN);
	return k;
}

struct token_job { uint8_t digest[SHA256_LEN]; struct token_info info; };

static void token_put(struct kv_txn *t, const uint8_t digest[SHA256_LEN], const struct token_info *i)
{
	struct key k = token_key(digest);
	uint8_t p[TOKEN_FIXED + sizeof(i->label)];
	size_t n = strlen(i->label);

	put_u32(p, i->user);
	p[4] = (uint8_t)i->role;
	put_u32(p + 5, i->scopes);
	put_u64(p + 9, (uint64_t)i->created);
	put_u64(p + 17, (uint64_t)i->expires);
	put_u64(p + 25, (uint64_t)i->last_used);
	memcpy(p + TOKEN_FIXED, i->label, n);
	kv_put(t, CAT_ACCT, key_slice(&k), slice_of(p, TOKEN_FIXED + n));
}

static bool token_read(struct slice digest, struct slice v, struct token_info *out)
{
	size_t n;

	memset(out, 0, sizeof(*out));
	if (v.n < TOKEN_FIXED || digest.n != SHA256_LEN)
		return false;
	out->user = get_u32(v.p);
	out->role = (uint8_t)v.p[4];
	out->scopes = get_u32(v.p + 5);
	out->created = (int64_t)get_u64(v.p + 9);
	out->expires = (int64_t)get_u64(v.p + 17);
	out->last_used = (int64_t)get_u64(v.p + 25);
	n = v.n - TOKEN_FIXED < sizeof(out->label) - 1 ? v.n - TOKEN_FIXED : sizeof(out->label) - 1;
	memcpy(out->label, v.p + TOKEN_FIXED, n);
	hex_encode(out->digest, digest.p, 8);
	return out->role <= ROLE_ADMIN;
}

static st_t token_create_apply(void *arg, struct kv_txn *t)
{
	const struct token_job *j = arg;
	struct key of = token_of_key(j->info.user, j->digest);
	struct account a;

	if (account_get(t, j->info.user, &a) != ST_OK) {
		kv_fail(t, ST_ABSENT, "no user %u", j->info.user);
		return ST_OK;
	}
	token_put(t, j->digest, &j->info);
	kv_put(t, CAT_ACCT, key_slice(&of), SLICE_NULL);
	return ST_OK;
}

st_t token_create(struct repo *r, uint32_t user, const char *label, enum role role, unsigned scopes, int64_t expires, char token[64], struct err *e)
{
	struct token_job j;
	uint8_t secret[TOKEN_BYTES];
	struct buf text = BUF_INIT(63);
	struct slice cut = utf8_clip(slice_str(label ? label : ""), sizeof(j.info.label) - 1);
	st_t st;

	memset(&j, 0, sizeof(j));
	random_bytes(secret, sizeof(secret));
	buf_adds(&text, TOKEN_PREFIX);
	st = base64url_encode(&text, secret, sizeof(secret));
	if (st != ST_OK) {
		st = err_set(e, st, "cannot make a token");
		goto out;
	}
	sha256(j.digest, text.p, text.n);
	j.info.user = user;
	j.info.role = role;
	j.info.scopes = scopes;
	j.info.created = clock_now();
	j.info.expires = expires;
	if (cut.n > 0)
		memcpy(j.info.label, cut.p, cut.n);
	st = writer_do(r->cat_w, token_create_apply, &j, e);
	if (st == ST_OK)
		memcpy(token, text.p, text.n + 1);
out:
	explicit_bzero(secret, sizeof(secret));
	if (text.p != NULL)
		explicit_bzero(text.p, text.n);
	buf_release(&text);
	return st;
}

/* The one token whose digest begins with the hex digits ${prefix}. */
static st_t token_find(struct kv_txn *t, const char *prefix, uint8_t digest[SHA256_LEN], struct token_info *out)
{
	uint8_t bytes[SHA256_LEN];
	size_t n = strlen(prefix) / 2;
	struct kv_cur c;
	struct key k;
	st_t st = ST_ABSENT;

	if (n < 4 || n > SHA256_LEN || strlen(prefix) % 2 != 0 || hex_decode(bytes, slice_str(prefix)) != ST_OK)
		return ST_INVALID;
	key_init(&k, 'T');
	key_bytes(&k, bytes, n);
	kv_cur_open(t, CAT_ACCT, &c);
	if (kv_seek(&c, key_slice(&k)) && c.key.n == 1 + SHA256_LEN && memcmp(c.key.p, k.p, k.n) == 0) {
		memcpy(digest, c.key.p + 1, SHA256_LEN);
		st = token_read(slice_of(c.key.p + 1, SHA256_LEN), c.v, out) ? ST_OK : ST_CORRUPT;
		if (kv_next(&c) && c.key.n == 1 + SHA256_LEN && memcmp(c.key.p, k.p, k.n) == 0)
			st = ST_CONFLICT;
	}
	kv_cur_close(&c);
	return t->st != ST_OK ? t->st : st;
}

static st_t token_revoke_apply(void *arg, struct kv_txn *t)
{
	const char *prefix = arg;
	uint8_t digest[SHA256_LEN];
	struct token_info i;
	struct key k;
	st_t st = token_find(t, prefix, digest, &i);

	if (st != ST_OK) {
		kv_fail(t, st, st == ST_CONFLICT ? "'%s' is the beginning of several tokens" : "no token '%s'", prefix);
		return ST_OK;
	}
	k = token_key(digest);
	kv_del(t, CAT_ACCT, key_slice(&k));
	k = token_of_key(i.user, digest);
	kv_del(t, CAT_ACCT, key_slice(&k));
	return ST_OK;
}

st_t token_revoke(struct repo *r, const char *digest_prefix, struct err *e)
{
	return writer_do(r->cat_w, token_revoke_apply, (void *)digest_prefix, e);
}

size_t token_list(struct kv_txn *t, uint32_t user, struct token_info *out, size_t max)
{
	struct key prefix = token_of_key(user, NULL), k;
	struct kv_cur c;
	struct slice v;
	size_t n = 0;
	bool more;

	kv_cur_open(t, CAT_ACCT, &c);
	for (more = kv_seek(&c, key_slice(&prefix)); more && n < max; more = kv_next(&c)) {
		if (c.key.n != prefix.n + SHA256_LEN || memcmp(c.key.p, prefix.p, prefix.n) != 0)
			break;
		k = token_key((const uint8_t *)c.key.p + prefix.n);
		if (kv_get(t, CAT_ACCT, key_slice(&k), &v))
			n += token_read(slice_of(c.key.p + prefix.n, SHA256_LEN), v, &out[n]);
	}
	kv_cur_close(&c);
	return n;
}

static st_t groups_of(struct kv_txn *t, uint32_t user, uint32_t **out, size_t *n)
{
	VEC(uint32_t) list = VEC_INIT;
	struct kv_cur c;
	struct key k;
	st_t st = ST_OK;
	bool more;

	key_init(&k, 'M');
	key_u32(&k, user);
	kv_cur_open(t, CAT_ACCT, &c);
	for (more = kv_seek(&c, key_slice(&k)); more && st == ST_OK; more = kv_next(&c)) {
		if (c.key.n != k.n + 4 || memcmp(c.key.p, k.p, k.n) != 0)
			break;
		st = VEC_PUSH(&list, get_u32(c.key.p + k.n));
	}
	kv_cur_close(&c);
	*out = list.v;
	*n = list.n;
	return st;
}

st_t token_check(struct kv_txn *t, struct slice token, int64_t now, struct principal *who, uint32_t **groups)
{
	uint8_t digest[SHA256_LEN];
	struct token_info i;
	struct account a;
	struct slice v;
	struct key k;
	int64_t last;
	st_t st;

	memset(who, 0, sizeof(*who));
	*groups = NULL;
	if (!slice_starts(token, TOKEN_PREFIX) || token.n > 63)
		return ST_UNAUTH;
	/* Looked up by digest: how long it takes says nothing about the secret. */
	sha256(digest, token.p, token.n);
	k = token_key(digest);
	if (!kv_get(t, CAT_ACCT, key_slice(&k), &v) || !token_read(slice_of(digest, SHA256_LEN), v, &i))
		return t->st != ST_OK ? t->st : ST_UNAUTH;
	/* A clock that is set back brings no token back to life: the log remembers the latest time that was acted at. */
	last = changes_last_time(t);
	if (i.expires != 0 && i.expires <= (now > last ? now : last))
		return ST_UNAUTH;
	if (account_get(t, i.user, &a) != ST_OK || a.disabled)
		return t->st != ST_OK ? t->st : ST_UNAUTH;
	who->user = a.id;
	who->role = i.role != ROLE_NONE && i.role < a.role ? i.role : a.role;
	who->scopes = i.scopes;
	memcpy(who->name, a.name, sizeof(a.name));
	memcpy(who->token, i.digest, sizeof(who->token));
	st = groups_of(t, a.id, groups, &who->n_groups);
	who->groups = *groups;
	return st;
}

struct used_job { struct write_job job; char digest[17]; int64_t now; };

static st_t used_apply(struct write_job *job, struct kv_txn *t)
{
	const struct used_job *u = (struct used_job *)job;
	uint8_t digest[SHA256_LEN];
	struct token_info i;

	/* Revoked meanwhile: nothing to note. */
	if (token_find(t, u->digest, digest, &i) == ST_OK && i.last_used < u->now) {
		i.last_used = u->now;
		token_put(t, digest, &i);
	}
	return ST_OK;
}

static void used_done(struct write_job *job)
{
	free(job);
}

void token_used(struct repo *r, struct kv_txn *t, const struct principal *who, int64_t now)
{
	uint8_t digest[SHA256_LEN];
	struct token_info i;
	struct used_job *u;

	if (token_find(t, who->token, digest, &i) != ST_OK || now - i.last_used < USE_STEP)
		return;
	u = calloc(1, sizeof(*u));
	if (u == NULL)
		return;
	u->job.apply = used_apply;
	u->job.done = used_done;
	memcpy(u->digest, who->token, sizeof(u->digest));
	u->now = now;
	if (writer_submit(r->cat_w, &u->job) != ST_OK)
		free(u);
}

/* ---- groups ---- */

st_t group_by_name(struct kv_txn *t, const char *name, uint32_t *id)
{
	struct key k = text_key('g', slice_str(name));

	if (u32_get(t, &k, id))
		return ST_OK;
	return t->st != ST_OK ? t->st : ST_ABSENT;
}

static st_t group_create_apply(void *arg, struct kv_txn *t)
{
	const char *name = arg;
	struct key k = text_key('g', slice_str(name)), g;
	uint32_t id;

	if (u32_get(t, &k, &id)) {
		kv_fail(t, ST_CONFLICT, "the group name '%s' is taken", name);
		return ST_OK;
	}
	id = (uint32_t)cat_meta_next(t, "group-no");
	u32_put(t, &k, id);
	key_init(&g, 'G');
	key_u32(&g, id);
	kv_put(t, CAT_ACCT, key_slice(&g), slice_str(name));
	return ST_OK;
}

st_t group_create(struct repo *r, const char *name, uint32_t *id, struct err *e)
{
	struct kv_txn t;
	st_t st;

	if (!name_valid(name))
		return err_set(e, ST_INVALID, "group: expected 1 to 63 letters, digits or @ . _ - +");
	st = writer_do(r->cat_w, group_create_apply, (void *)name, e);
	if (st != ST_OK || id == NULL)
		return st;
	kv_read(r->catalog, &t);
	st = group_by_name(&t, name, id);
	kv_end(&t, NULL);
	return st;
}

struct member_job { const char *group; uint32_t user; bool in; };

static st_t member_apply(void *arg, struct kv_txn *t)
{
	const struct member_job *j = arg;
	struct account a;
	struct key k;
	uint32_t group;

	if (group_by_name(t, j->group, &group) != ST_OK) {
		kv_fail(t, ST_ABSENT, "no group '%s'", j->group);
		return ST_OK;
	}
	if (account_get(t, j->user, &a) != ST_OK) {
		kv_fail(t, ST_ABSENT, "no user %u", j->user);
		return ST_OK;
	}
	key_init(&k, 'M');
	key_u32(&k, j->user);
	key_u32(&k, group);
	if (j->in)
		kv_put(t, CAT_ACCT, key_slice(&k), SLICE_NULL);
	else
		kv_del(t, CAT_ACCT, key_slice(&k));
	return ST_OK;
}

st_t group_set_member(struct repo *r, const char *group, uint32_t user, bool in, struct err *e)
{
	struct member_job j = { group, user, in };

	return writer_do(r->cat_w, member_apply, &j, e);
}
