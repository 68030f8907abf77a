#include "store/admin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/accounts.h"
#include "store/catalogue.h"
#include "store/forms.h"
#include "store/vocabs.h"

#define LIST_MAX 1000
#define LINES_MAX 10000		/* findings given back; the rest are counted */

static const char *const role_names[] = { "none", "depositor", "curator", "admin" };

static st_t role_of(const json_t *args, enum role def, enum role *out, struct err *e)
{
	const char *s = json_text(args, "role");
	int i;

	*out = def;
	if (s == NULL)
		return ST_OK;
	for (i = ROLE_DEPOSITOR; i <= ROLE_ADMIN; i++) {
		if (strcmp(s, role_names[i]) == 0) {
			*out = (enum role)i;
			return ST_OK;
		}
	}
	return err_set(e, ST_INVALID, "role: depositor, curator or admin, not '%.60s'", s);
}

static void copy_text(char *out, size_t max, const json_t *args, const char *key)
{
	const char *s = json_text(args, key);

	if (s != NULL)
		snprintf(out, max, "%s", s);
}

static void put_when(json_t *j, const char *key, int64_t sec)
{
	char when[ISO8601_LEN];

	if (sec == 0)
		return;
	iso8601(when, sec);
	json_put_str(j, key, slice_str(when));
}

static json_t *account_json(const struct account *a)
{
	json_t *j = json_pack("{s:I, s:s, s:s, s:b}", "id", (json_int_t)a->id, "name", a->name, "role", role_names[a->role], "disabled", (int)a->disabled);

	if (a->fullname[0] != '\0')
		json_put_str(j, "fullname", slice_str(a->fullname));
	if (a->email[0] != '\0')
		json_put_str(j, "email", slice_str(a->email));
	put_when(j, "created", a->created);
	return j;
}

/* ---- Users and tokens. ---- */

static st_t user_create(struct repo *r, const json_t *args, const struct progress *p, json_t **out, struct err *e)
{
	struct account a = { 0 };
	st_t st;

	(void)p;
	if (json_text(args, "user") == NULL)
		return err_set(e, ST_INVALID, "user: say the name");
	copy_text(a.name, sizeof(a.name), args, "user");
	copy_text(a.fullname, sizeof(a.fullname), args, "fullname");
	copy_text(a.email, sizeof(a.email), args, "email");
	copy_text(a.orcid, sizeof(a.orcid), args, "orcid");
	st = role_of(args, ROLE_DEPOSITOR, &a.role, e);
	if (st == ST_OK)
		st = account_create(r, &a, &a.id, e);
	if (st == ST_OK)
		*out = account_json(&a);
	return st;
}

static st_t find_user(struct repo *r, const json_t *args, struct account *a, struct err *e)
{
	const char *name = json_text(args, "user");
	struct kv_txn t;
	st_t st;

	if (name == NULL)
		return err_set(e, ST_INVALID, "user: say the name");
	kv_read(r->catalog, &t);
	st = account_by_name(&t, name, a);
	kv_end(&t, NULL);
	return st == ST_ABSENT ? err_set(e, st, "there is no user '%.60s'", name) : st;
}

static st_t user_list(struct repo *r, const json_t *args, const struct progress *p, json_t **out, struct err *e)
{
	struct account *list = calloc(LIST_MAX, sizeof(*list));
	json_t *users = json_array();
	struct kv_txn t;
	size_t n, i;

	(void)args;
	(void)p;
	(void)e;
	if (list == NULL)
		return ST_NOMEM;
	kv_read(r->catalog, &t);
	n = account_list(&t, 0, list, LIST_MAX);
	kv_end(&t, NULL);
	for (i = 0; i < n; i++)
		json_push(users, account_json(&list[i]));
	free(list);
	*out = json_pack("{s:o}", "users", users);
	return ST_OK;
}

static st_t user_disable(struct repo *r, const json_t *args, const struct progress *p, json_t **out, struct err *e)
{
	struct account a;
	st_t st = find_user(r, args, &a, e);

	(void)p;
	if (st == ST_OK) {
		a.disabled = !json_is_false(json_object_get(args, "disabled"));
		st = account_update(r, &a, e);
	}
	if (st == ST_OK)
		*out = account_json(&a);
	return st;
}

/* A missing user is made with the token's role: the first command of a new repository. */
static st_t token_create_op(struct repo *r, const json_t *args, const struct progress *p, json_t **out, struct err *e)
{
	int64_t days = 0, expires = 0;
	struct account a = { 0 };
	char token[64];
	enum role role;
	st_t st = role_of(args, ROLE_NONE, &role, e);

	(void)p;
	if (st == ST_OK)
		st = json_opt_int(args, "days", &days, e);
	if (st == ST_OK && (days < 0 || days > 36500))
		st = err_set(e, ST_INVALID, "days: expected a number from 0 (for ever) to 36500");
	if (st == ST_OK)
		st = find_user(r, args, &a, e);
	if (st == ST_ABSENT) {
		err_clear(e);
		memset(&a, 0, sizeof(a));
		copy_text(a.name, sizeof(a.name), args, "user");
		a.role = role == ROLE_NONE ? ROLE_DEPOSITOR : role;
		st = account_create(r, &a, &a.id, e);
	} else if (st == ST_OK && role > a.role) {
		return err_set(e, ST_CONFLICT, "user '%s' is %s: a token may narrow a role, not widen it", a.name, role_names[a.role]);
	}
	if (st != ST_OK)
		return st;
	if (days > 0)
		expires = clock_now() + days * 86400;
	st = token_create(r, a.id, json_text(args, "label") == NULL ? "" : json_text(args, "label"), role, SCOPE_ALL, expires, token, e);
	if (st == ST_OK) {
		*out = json_pack("{s:s, s:s, s:s}", "token", token, "user", a.name, "role", role_names[role == ROLE_NONE ? a.role : role]);
		put_when(*out, "expires", expires);
	}
	memset(token, 0, sizeof(token));
	return st;
}

static st_t token_list_op(struct repo *r, const json_t *args, const struct progress *p, json_t **out, struct err *e)
{
	struct token_info *list = calloc(LIST_MAX, sizeof(*list));
	json_t *tokens = json_array();
	struct account a = { 0 };
	struct kv_txn t;
	size_t n, i;
	st_t st = ST_OK;

	(void)p;
	if (list == NULL)
		return ST_NOMEM;
	if (json_text(args, "user") != NULL)
		st = find_user(r, args, &a, e);
	if (st == ST_OK) {
		kv_read(r->catalog, &t);
		n = token_list(&t, a.id, list, LIST_MAX);
		kv_end(&t, NULL);
		for (i = 0; i < n; i++) {
			json_t *j = json_pack("{s:s, s:I, s:s}", "token", list[i].digest, "user", (json_int_t)list[i].user, "label", list[i].label);

			put_when(j, "created", list[i].created);
			put_when(j, "expires", list[i].expires);
			put_when(j, "lastUsed", list[i].last_used);
			json_push(tokens, j);
		}
		*out = json_pack("{s:O}", "tokens", tokens);
	}
	json_decref(tokens);
	free(list);
	return st;
}

static st_t token_revoke_op(struct repo *r, const json_t *args, const struct progress *p, json_t **out, struct err *e)
{
	const char *digits = json_text(args, "token");
	st_t st;

	(void)p;
	if (digits == NULL)
		return err_set(e, ST_INVALID, "token: say which, by the digits that 'token list' shows");
	st = token_revoke(r, digits, e);
	if (st == ST_OK)
		*out = json_pack("{s:s}", "revoked", digits);
	return st;
}

static st_t group_add(struct repo *r, const json_t *args, const struct progress *p, json_t **out, struct err *e)
{
	const char *group = json_text(args, "group");
	struct account a;
	uint32_t id;
	st_t st = find_user(r, args, &a, e);

	(void)p;
	if (st == ST_OK && group == NULL)
		st = err_set(e, ST_INVALID, "group: say the name");
	if (st == ST_OK) {
		st = group_create(r, group, &id, e);
		if (st == ST_CONFLICT)
			st = ST_OK;
	}
	if (st == ST_OK)
		st = group_set_member(r, group, a.id, !json_is_false(json_object_get(args, "member")), e);
	if (st == ST_OK)
		*out = json_pack("{s:s, s:s}", "group", group, "user", a.name);
	return st;
}

/* ---- Communities. ---- */

static st_t apply_set(void *arg, struct kv_txn *t)
{
	cat_set_put(t, arg);
	return t->st;
}

static st_t community_create(struct repo *r, const json_t *args, const struct progress *p, json_t **out, struct err *e)
{
	const char *slug = json_text(args, "slug"), *name = json_text(args, "name"), *what = json_text(args, "description");
	struct cat_set set = { .spec = (char *)slug, .name = (char *)(name != NULL ? name : slug), .description = (char *)(what != NULL ? what : "") };
	st_t st;

	(void)p;
	if (slug == NULL || !cat_spec_ok(slug))
		return err_set(e, ST_INVALID, "slug: small letters, digits, '-' and '_', levels divided by ':', as 'eng:materials'");
	if (cat_spec_computed(slug))
		return err_set(e, ST_CONFLICT, "slug: 'type' and 'access' are made by the program");
	st = writer_do(r->cat_w, apply_set, &set, e);
	if (st == ST_OK)
		*out = json_pack("{s:s, s:s, s:s}", "id", slug, "slug", slug, "title", set.name);
	return st;
}

static st_t community_list(struct repo *r, const json_t *args, const struct progress *p, json_t **out, struct err *e)
{
	struct cat_set *list = calloc(LIST_MAX, sizeof(*list));
	json_t *sets = json_array();
	struct kv_txn t;
	size_t n, i;

	(void)args;
	(void)p;
	(void)e;
	if (list == NULL)
		return ST_NOMEM;
	kv_read(r->catalog, &t);
	n = cat_sets(&t, SLICE_NULL, list, LIST_MAX);
	kv_end(&t, NULL);
	for (i = 0; i < n; i++) {
		if (strncmp(list[i].spec, "type:", 5) != 0 && strncmp(list[i].spec, "access:", 7) != 0)
			json_push(sets, json_pack("{s:s, s:s, s:s, s:s, s:I}", "id", list[i].spec, "slug", list[i].spec, "title", list[i].name == NULL ? "" : list[i].name,
			    "description", list[i].description == NULL ? "" : list[i].description, "records", (json_int_t)list[i].count));
		cat_set_release(&list[i]);
	}
	free(list);
	*out = json_pack("{s:o}", "communities", sets);
	return ST_OK;
}

/* ---- Upkeep. ---- */

struct lines { json_t *list; uint64_t n; };

static void add_line(void *ctx, const char *kind, const char *subject, const char *text)
{
	struct lines *l = ctx;

	if (l->n++ < LINES_MAX)
		json_push(l->list, json_pack("{s:s, s:s, s:s}", "kind", kind, "subject", subject, "text", text));
}

static st_t import_op(struct repo *r, const json_t *args, const struct progress *p, json_t **out, struct err *e)
{
	const char *path = json_text(args, "bulk"), *source = json_text(args, "source");
	struct lines lines = { json_array(), 0 };
	struct import_result res = { 0 };
	int fd = -1;
	st_t st;

	if (path == NULL || path[0] != '/') {
		st = err_set(e, ST_INVALID, "bulk: the absolute path of a JSON Lines file");
		goto out;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		st = err_sys(e, "cannot open '%s'", path);
		goto out;
	}
	if (source == NULL) {
		source = strrchr(path, '/') + 1;
	}
	st = pack_import(r, source, fd, add_line, &lines, p, &res, e);
	if (st == ST_OK)
		*out = json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:O}", "source", source, "read", (json_int_t)res.read, "added", (json_int_t)res.added,
		    "changed", (json_int_t)res.changed, "same", (json_int_t)res.same, "faults", (json_int_t)res.faults, "findings", lines.list);
out:
	if (fd >= 0)
		close(fd);
	json_decref(lines.list);
	return st;
}

static st_t rebuild_op(struct repo *r, const json_t *args, const struct progress *p, json_t **out, struct err *e)
{
	struct cat_stats s;
	struct kv_txn t;
	st_t st = upkeep_rebuild(r, p, e);

	(void)args;
	if (st != ST_OK)
		return st;
	kv_read(r->catalog, &t);
	cat_stats(&t, &s);
	kv_end(&t, NULL);
	*out = json_pack("{s:I, s:I}", "records", (json_int_t)s.records, "changes", (json_int_t)s.changes);
	return ST_OK;
}

static st_t fsck_op(struct repo *r, const json_t *args, const struct progress *p, json_t **out, struct err *e)
{
	struct lines lines = { json_array(), 0 };
	struct fsck_result res = { 0 };
	st_t st = upkeep_fsck(r, !json_is_true(json_object_get(args, "quick")), add_line, &lines, p, &res, e);

	if (st == ST_OK)
		*out = json_pack("{s:I, s:I, s:I, s:I, s:O}", "objects", (json_int_t)res.objects, "files", (json_int_t)res.files, "bytes", (json_int_t)res.bytes,
		    "faults", (json_int_t)res.faults, "findings", lines.list);
	json_decref(lines.list);
	return st;
}

static st_t backup_op(struct repo *r, const json_t *args, const struct progress *p, json_t **out, struct err *e)
{
	const char *to = json_text(args, "to");
	st_t st;

	if (to == NULL || to[0] != '/')
		return err_set(e, ST_INVALID, "to: the absolute path of a folder that does not exist yet");
	st = upkeep_backup(r, to, p, e);
	if (st == ST_OK)
		*out = json_pack("{s:s}", "to", to);
	return st;
}

static st_t stats_op(struct repo *r, const json_t *args, const struct progress *p, json_t **out, struct err *e)
{
	struct cat_stats s;
	struct kv_stats k;
	struct kv_txn t;

	(void)args;
	(void)p;
	(void)e;
	kv_read(r->catalog, &t);
	cat_stats(&t, &s);
	kv_end(&t, NULL);
	kv_stats(r->catalog, &k);
	*out = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "records", (json_int_t)s.records, "drafts", (json_int_t)s.drafts,
	    "withdrawn", (json_int_t)s.withdrawn, "files", (json_int_t)s.files, "bytes", (json_int_t)s.bytes, "changes", (json_int_t)s.changes,
	    "catalogueBytes", (json_int_t)k.used);
	return ST_OK;
}

/* ---- Vocabularies. ---- */

static st_t vocab_load_op(struct repo *r, const json_t *args, const struct progress *p, json_t **out, struct err *e)
{
	const char *path = json_text(args, "path");

	if (path == NULL || path[0] != '/')
		return err_set(e, ST_INVALID, "path: the absolute path of a file");
	return vocabs_load_file(r, path, json_text(args, "name"), p, out, e);
}

static st_t vocab_list_op(struct repo *r, const json_t *args, const struct progress *p, json_t **out, struct err *e)
{
	static const char *const shown[] = { "id", "concepts", "format", "loaded", "title" };
	char names[100][VOCABS_NAME_MAX + 1], last[VOCABS_NAME_MAX + 1] = "";
	json_t *list = json_array(), *v;
	struct kv_txn t;
	size_t n, i, k;

	(void)args;
	(void)p;
	kv_read(r->catalog, &t);
	while ((n = vocabs_names(&t, slice_str(last), names, 100)) > 0 && json_array_size(list) < LIST_MAX) {
		for (i = 0; i < n; i++) {
			json_t *one = json_object();

			v = vocabs_about(&t, slice_str(names[i]));
			for (k = 0; k < sizeof(shown) / sizeof(shown[0]); k++)
				if (json_object_get(v, shown[k]) != NULL)
					json_put(one, shown[k], json_incref(json_object_get(v, shown[k])));
			json_push(list, one);
			json_decref(v);
		}
		memcpy(last, names[n - 1], sizeof(last));
	}
	*out = json_pack("{s:o}", "vocabularies", list);
	return kv_end(&t, e);
}

static st_t vocab_show_op(struct repo *r, const json_t *args, const struct progress *p, json_t **out, struct err *e)
{
	const char *name = json_text(args, "name");
	struct kv_txn t;

	(void)p;
	if (name == NULL)
		return err_set(e, ST_INVALID, "name: say which vocabulary");
	kv_read(r->catalog, &t);
	*out = vocabs_about(&t, slice_str(name));
	kv_end(&t, NULL);
	return *out != NULL ? ST_OK : err_set(e, ST_ABSENT, "no vocabulary '%.60s' was loaded", name);
}

static st_t vocab_remove_op(struct repo *r, const json_t *args, const struct progress *p, json_t **out, struct err *e)
{
	const char *name = json_text(args, "name");
	st_t st;

	(void)p;
	if (name == NULL)
		return err_set(e, ST_INVALID, "name: say which vocabulary");
	st = vocabs_remove(r, name, e);
	if (st == ST_OK)
		*out = json_pack("{s:s}", "removed", name);
	return st;
}

/* ---- Metadata schemas. ---- */

static st_t schema_add_op(struct repo *r, const json_t *args, const struct progress *p, json_t **out, struct err *e)
{
	const char *path = json_text(args, "path");

	(void)p;
	if (path == NULL || path[0] != '/')
		return err_set(e, ST_INVALID, "path: the absolute path of a file");
	return forms_add_file(r, path, json_text(args, "name"), json_text(args, "community"), out, e);
}

static st_t schema_list_op(struct repo *r, const json_t *args, const struct progress *p, json_t **out, struct err *e)
{
	char names[100][FORM_NAME_MAX + 1], last[FORM_NAME_MAX + 1] = "";
	json_t *list = json_array();
	struct kv_txn t;
	size_t n, i;

	(void)args;
	(void)p;
	kv_read(r->catalog, &t);
	while ((n = forms_names(&t, slice_str(last), names, 100)) > 0 && json_array_size(list) < LIST_MAX) {
		for (i = 0; i < n; i++)
			json_push(list, forms_about(&t, slice_str(names[i])));
		memcpy(last, names[n - 1], sizeof(last));
	}
	*out = json_pack("{s:o}", "schemas", list);
	return kv_end(&t, e);
}

static st_t schema_show_op(struct repo *r, const json_t *args, const struct progress *p, json_t **out, struct err *e)
{
	const char *name = json_text(args, "name");
	struct kv_txn t;

	(void)p;
	if (name == NULL)
		return err_set(e, ST_INVALID, "name: say which schema");
	kv_read(r->catalog, &t);
	*out = forms_get(&t, slice_str(name), 0);
	kv_end(&t, NULL);
	return *out != NULL ? ST_OK : err_set(e, ST_ABSENT, "no schema '%.60s' was added", name);
}

static st_t schema_remove_op(struct repo *r, const json_t *args, const struct progress *p, json_t **out, struct err *e)
{
	const char *name = json_text(args, "name");
	st_t st;

	(void)p;
	if (name == NULL)
		return err_set(e, ST_INVALID, "name: say which schema");
	st = forms_remove(r, name, e);
	if (st == ST_OK)
		*out = json_pack("{s:s}", "removed", name);
	return st;
}

static const struct admin_op ops[] = {
	{ "user.create", "make an account", false, false, user_create },
	{ "user.list", "accounts", false, false, user_list },
	{ "user.disable", "close or reopen an account", false, false, user_disable },
	{ "token.create", "make a token, and the account when it is missing", false, false, token_create_op },
	{ "token.list", "tokens, by their first digits", false, false, token_list_op },
	{ "token.revoke", "take a token back", false, false, token_revoke_op },
	{ "group.add", "put a user into a group, or take out", false, false, group_add },
	{ "community.create", "make a community, which is an OAI set", false, false, community_create },
	{ "community.list", "communities", false, false, community_list },
	{ "import", "take in bulk records", false, true, import_op },
	{ "rebuild", "recreate the catalogue from the objects", true, true, rebuild_op },
	{ "fsck", "check every digest and cross-reference", false, true, fsck_op },
	{ "backup", "copy the repository while it runs", false, true, backup_op },
	{ "stats", "counts", false, false, stats_op },
	{ "vocab.load", "load a vocabulary, or replace it", false, true, vocab_load_op },
	{ "vocab.list", "loaded vocabularies", false, false, vocab_list_op },
	{ "vocab.show", "counts of a loaded vocabulary", false, false, vocab_show_op },
	{ "schema.add", "add a metadata schema, or its next version", false, true, schema_add_op },
	{ "schema.list", "added metadata schemas", false, false, schema_list_op },
	{ "schema.show", "an added metadata schema", false, false, schema_show_op },
	{ "schema.remove", "stop using an added metadata schema", false, false, schema_remove_op },
	{ "vocab.remove", "forget a loaded vocabulary", false, true, vocab_remove_op },
};

const struct admin_op *admin_op_at(size_t i)
{
	return i < sizeof(ops) / sizeof(ops[0]) ? &ops[i] : NULL;
}

const struct admin_op *admin_op_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (strcmp(ops[i].name, name) == 0)
			return &ops[i];
	return NULL;
}

st_t admin_run(struct repo *r, const char *name, const json_t *args, const struct progress *p, json_t **out, struct err *e)
{
	const struct admin_op *op = admin_op_find(name);
	st_t st;

	*out = NULL;
	if (op == NULL)
		return err_set(e, ST_ABSENT, "there is no operation '%.60s'", name);
	st = op->run(r, args, p, out, e);
	if (st == ST_OK && *out == NULL)
		return ST_NOMEM;
	return st;
}
