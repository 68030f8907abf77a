#ifndef STORE_ACCOUNTS_H
#define STORE_ACCOUNTS_H

/* Users, groups, tokens. A token is 256 random bits, "azk_" + base64url; only its SHA-256 is stored. Blocking writes: worker threads. */

#include "schema/access.h"
#include "store/repo.h"

struct account { uint32_t id; char name[64]; char fullname[128]; char email[128]; char orcid[20]; enum role role; bool disabled; int64_t created; };
struct token_info { uint32_t user; char digest[17]; char label[64]; enum role role; unsigned scopes; int64_t created, expires, last_used; };

st_t account_create(struct repo *r, const struct account *in, uint32_t *id, struct err *e);	/* ST_CONFLICT: name taken; ST_INVALID */
st_t account_update(struct repo *r, const struct account *in, struct err *e);
st_t account_by_name(struct kv_txn *t, const char *name, struct account *out);
st_t account_get(struct kv_txn *t, uint32_t id, struct account *out);
size_t account_list(struct kv_txn *t, uint32_t after, struct account *out, size_t max);

/* ${role} ROLE_NONE: the user's. ${expires} 0: never. ${token} gets the text, shown once. */
st_t token_create(struct repo *r, uint32_t user, const char *label, enum role role, unsigned scopes, int64_t expires, char token[64], struct err *e);
st_t token_revoke(struct repo *r, const char *digest_prefix, struct err *e);
size_t token_list(struct kv_txn *t, uint32_t user, struct token_info *out, size_t max);
/* ST_UNAUTH for unknown, expired, disabled. ${groups}: owned array, borrowed by who->groups. Point reads only: may run on a loop. */
st_t token_check(struct kv_txn *t, struct slice token, int64_t now, struct principal *who, uint32_t **groups);
/* Note that ${who}'s token was used, at most every ten minutes; returns at once, losing a note is no harm. Any thread, loops too. */
void token_used(struct repo *r, struct kv_txn *t, const struct principal *who, int64_t now);

st_t group_create(struct repo *r, const char *name, uint32_t *id, struct err *e);
st_t group_set_member(struct repo *r, const char *group, uint32_t user, bool in, struct err *e);
st_t group_by_name(struct kv_txn *t, const char *name, uint32_t *id);

#endif
