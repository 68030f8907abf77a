#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "store/accounts.h"
#include "t/unit/store/catrepo.h"
#include "t/unit/store/fix.h"

static uint32_t user(struct repo *r, const char *name, enum role role)
{
	struct account a = { .role = role };
	struct err e = ERR_INIT;
	uint32_t id = 0;

	snprintf(a.name, sizeof(a.name), "%s", name);
	snprintf(a.fullname, sizeof(a.fullname), "%s", "Joho, Taro");
	if (account_create(r, &a, &id, &e) != ST_OK)
		fail_msg("%s", e.text);
	return id;
}

static void users_are_found_by_name_and_number(void **state)
{
	struct fix *f = *state;
	struct account a, list[4];
	struct kv_txn t;
	struct err e = ERR_INIT;
	uint32_t one = user(f->r, "taro", ROLE_DEPOSITOR), two = user(f->r, "hana@x.jp", ROLE_ADMIN);

	assert_true(one != 0 && two != one);
	kv_read(f->r->catalog, &t);
	assert_int_equal(account_by_name(&t, "hana@x.jp", &a), ST_OK);
	assert_true(a.id == two && a.role == ROLE_ADMIN && !a.disabled && a.created == clock_now());
	assert_string_equal(a.fullname, "Joho, Taro");
	assert_int_equal(account_by_name(&t, "nobody", &a), ST_ABSENT);
	assert_int_equal(account_list(&t, 0, list, 4), 2);
	assert_int_equal(account_list(&t, one, list, 4), 1);
	assert_string_equal(list[0].name, "hana@x.jp");
	kv_end(&t, NULL);
	memset(&a, 0, sizeof(a));
	snprintf(a.name, sizeof(a.name), "taro");
	assert_int_equal(account_create(f->r, &a, NULL, &e), ST_CONFLICT);
	snprintf(a.name, sizeof(a.name), "a b");
	assert_int_equal(account_create(f->r, &a, NULL, &e), ST_INVALID);
	snprintf(a.name, sizeof(a.name), "c");
	snprintf(a.orcid, sizeof(a.orcid), "0000-0002-1825-0098");
	assert_int_equal(account_create(f->r, &a, NULL, &e), ST_INVALID);
}

static void a_renamed_user_frees_the_old_name(void **state)
{
	struct fix *f = *state;
	struct account a, b;
	struct kv_txn t;
	struct err e = ERR_INIT;
	uint32_t id = user(f->r, "taro", ROLE_DEPOSITOR);

	user(f->r, "hana", ROLE_DEPOSITOR);
	kv_read(f->r->catalog, &t);
	assert_int_equal(account_get(&t, id, &a), ST_OK);
	kv_end(&t, NULL);
	snprintf(a.name, sizeof(a.name), "hana");
	assert_int_equal(account_update(f->r, &a, &e), ST_CONFLICT);
	snprintf(a.name, sizeof(a.name), "jiro");
	assert_int_equal(account_update(f->r, &a, &e), ST_OK);
	kv_read(f->r->catalog, &t);
	assert_int_equal(account_by_name(&t, "taro", &b), ST_ABSENT);
	assert_int_equal(account_by_name(&t, "jiro", &b), ST_OK);
	assert_int_equal(b.id, id);
	kv_end(&t, NULL);
	a.id = 99;
	assert_int_equal(account_update(f->r, &a, &e), ST_ABSENT);
}

static st_t check(struct repo *r, const char *token, int64_t now, struct principal *who)
{
	struct kv_txn t;
	uint32_t *groups = NULL;
	st_t st;

	kv_read(r->catalog, &t);
	st = token_check(&t, slice_str(token), now, who, &groups);
	assert_int_equal(kv_end(&t, NULL), ST_OK);
	free(groups);
	return st;
}

static void a_token_opens_until_it_expires_is_revoked_or_its_user_is_disabled(void **state)
{
	struct fix *f = *state;
	uint32_t id = user(f->r, "taro", ROLE_CURATOR);
	char token[64], other[64], bad[64];
	struct principal who;
	struct token_info list[4];
	struct account a;
	struct kv_txn t;
	struct err e = ERR_INIT;
	int64_t now = clock_now();

	assert_int_equal(token_create(f->r, id, "laptop", ROLE_NONE, SCOPE_ALL, now + 60, token, &e), ST_OK);
	assert_int_equal(token_create(f->r, id, "robot", ROLE_DEPOSITOR, SCOPE_READ | SCOPE_DEPOSIT, 0, other, &e), ST_OK);
	assert_int_equal(strncmp(token, "azk_", 4), 0);
	assert_int_equal(strlen(token), 4 + 43);
	assert_int_equal(check(f->r, token, now, &who), ST_OK);
	assert_true(who.user == id && who.role == ROLE_CURATOR && who.scopes == SCOPE_ALL && !who.system);
	assert_string_equal(who.name, "taro");
	assert_int_equal(strlen(who.token), 16);
	assert_int_equal(check(f->r, other, now, &who), ST_OK);
	assert_true(who.role == ROLE_DEPOSITOR && who.scopes == (SCOPE_READ | SCOPE_DEPOSIT));
	memcpy(bad, token, sizeof(bad));
	bad[20] ^= 1;
	assert_int_equal(check(f->r, bad, now, &who), ST_UNAUTH);
	assert_int_equal(check(f->r, "azk_", now, &who), ST_UNAUTH);
	assert_int_equal(check(f->r, "", now, &who), ST_UNAUTH);
	assert_int_equal(check(f->r, token, now + 60, &who), ST_UNAUTH);
	kv_read(f->r->catalog, &t);
	assert_int_equal(token_list(&t, id, list, 4), 2);
	kv_end(&t, NULL);
	assert_int_equal(check(f->r, other, now, &who), ST_OK);
	assert_int_equal(token_revoke(f->r, who.token, &e), ST_OK);
	assert_int_equal(check(f->r, other, now, &who), ST_UNAUTH);
	assert_int_equal(token_revoke(f->r, "0123456789abcdef", &e), ST_ABSENT);
	assert_int_equal(token_revoke(f->r, "xyz", &e), ST_INVALID);
	kv_read(f->r->catalog, &t);
	assert_int_equal(token_list(&t, id, list, 4), 1);
	assert_string_equal(list[0].label, "laptop");
	assert_int_equal(account_get(&t, id, &a), ST_OK);
	kv_end(&t, NULL);
	a.disabled = true;
	assert_int_equal(account_update(f->r, &a, &e), ST_OK);
	assert_int_equal(check(f->r, token, now, &who), ST_UNAUTH);
}

static st_t log_at_apply(void *arg, struct kv_txn *t)
{
	struct change c = { .kind = CHANGE_SET };

	change_put(t, &c);
	return ST_OK;
}

static void a_clock_set_back_brings_no_token_back_to_life(void **state)
{
	struct fix *f = *state;
	uint32_t id = user(f->r, "taro", ROLE_CURATOR);
	int64_t now = clock_now();
	struct principal who;
	char token[64];

	assert_int_equal(token_create(f->r, id, "", ROLE_NONE, SCOPE_ALL, now + 60, token, NULL), ST_OK);
	clock_set((now + 100) * 1000000);
	assert_int_equal(check(f->r, token, clock_now(), &who), ST_UNAUTH);
	assert_int_equal(writer_do(f->r->cat_w, log_at_apply, NULL, NULL), ST_OK);
	clock_set(now * 1000000);
	assert_int_equal(check(f->r, token, clock_now(), &who), ST_UNAUTH);
}

static void the_database_holds_no_usable_token(void **state)
{
	struct fix *f = *state;
	uint32_t id = user(f->r, "taro", ROLE_CURATOR);
	char token[64], *dir = fs_join(f->dir, "catalog"), *path = fs_join(dir, "data.mdb");
	struct buf file = BUF_INIT(1 << 26);
	struct err e = ERR_INIT;

	assert_int_equal(token_create(f->r, id, "findable label", ROLE_NONE, SCOPE_ALL, 0, token, NULL), ST_OK);
	assert_int_equal(fs_read_file(path, &file, &e), ST_OK);
	assert_non_null(memmem(file.p, file.n, "findable label", 14));
	assert_null(memmem(file.p, file.n, token + 4, 20));
	buf_release(&file);
	free(path);
	free(dir);
}

static void last_use_is_noted_now_and_then(void **state)
{
	struct fix *f = *state;
	uint32_t id = user(f->r, "taro", ROLE_CURATOR), *groups = NULL;
	struct principal who;
	struct token_info i;
	struct writer_counts before, after;
	struct kv_txn t;
	char token[64];
	int64_t now = clock_now();

	assert_int_equal(token_create(f->r, id, "", ROLE_NONE, SCOPE_ALL, 0, token, NULL), ST_OK);
	kv_read(f->r->catalog, &t);
	assert_int_equal(token_check(&t, slice_str(token), now, &who, &groups), ST_OK);
	token_used(f->r, &t, &who, now);
	kv_end(&t, NULL);
	assert_int_equal(writer_do(f->r->cat_w, log_at_apply, NULL, NULL), ST_OK);	/* behind it in the queue */
	writer_counts(f->r->cat_w, &before);
	kv_read(f->r->catalog, &t);
	assert_int_equal(token_list(&t, id, &i, 1), 1);
	assert_int_equal(i.last_used, now);
	token_used(f->r, &t, &who, now + 5);
	kv_end(&t, NULL);
	writer_counts(f->r->cat_w, &after);
	assert_int_equal(after.jobs, before.jobs);
	free(groups);
}

static void group_members_carry_their_groups(void **state)
{
	struct fix *f = *state;
	uint32_t id = user(f->r, "taro", ROLE_DEPOSITOR), one = 0, two = 0, *groups = NULL;
	struct principal who;
	struct kv_txn t;
	struct err e = ERR_INIT;
	char token[64];

	assert_int_equal(group_create(f->r, "lab", &one, &e), ST_OK);
	assert_int_equal(group_create(f->r, "project", &two, &e), ST_OK);
	assert_int_equal(group_create(f->r, "lab", NULL, &e), ST_CONFLICT);
	assert_int_equal(group_set_member(f->r, "lab", id, true, &e), ST_OK);
	assert_int_equal(group_set_member(f->r, "project", id, true, &e), ST_OK);
	assert_int_equal(group_set_member(f->r, "lab", id, false, &e), ST_OK);
	assert_int_equal(group_set_member(f->r, "none", id, true, &e), ST_ABSENT);
	assert_int_equal(group_set_member(f->r, "lab", 77, true, &e), ST_ABSENT);
	assert_int_equal(token_create(f->r, id, "", ROLE_NONE, SCOPE_ALL, 0, token, &e), ST_OK);
	kv_read(f->r->catalog, &t);
	assert_int_equal(token_check(&t, slice_str(token), clock_now(), &who, &groups), ST_OK);
	assert_true(who.n_groups == 1 && who.groups[0] == two && who.groups == groups);
	kv_end(&t, NULL);
	free(groups);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		F(users_are_found_by_name_and_number),
		F(a_renamed_user_frees_the_old_name),
		F(a_token_opens_until_it_expires_is_revoked_or_its_user_is_disabled),
		F(a_clock_set_back_brings_no_token_back_to_life),
		F(the_database_holds_no_usable_token),
		F(last_use_is_noted_now_and_then),
		F(group_members_carry_their_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
