#include "server/auth.h"

#include <unistd.h>

#include "base/clock.h"
#include "store/accounts.h"
#include "store/catalogue.h"

void auth_request(struct req *r)
{
	struct slice field = req_field(r, "Authorization"), scheme;
	uint32_t *groups = NULL;
	struct kv_txn t;

	r->auth_st = ST_OK;
	if (field.p == NULL)
		return;
	scheme = slice_cut(&field, ' ');
	if (!slice_ieq_str(scheme, "Bearer") || field.p == NULL) {
		r->auth_st = ST_UNAUTH;
		return;
	}
	kv_read(r->site->repo->catalog, &t);
	r->auth_st = token_check(&t, slice_trim(field), clock_now(), &r->who, &groups);
	kv_end(&t, NULL);
	if (groups != NULL && arena_defer(r->arena, free, groups) != ST_OK)
		r->auth_st = ST_NOMEM;
	if (r->auth_st != ST_OK)
		memset(&r->who, 0, sizeof(r->who));
}

void auth_socket(struct req *r)
{
	char own[32];

	snprintf(own, sizeof(own), "uid:%u", (unsigned)geteuid());
	if (strcmp(r->h->peer, own) != 0 && strcmp(r->h->peer, "uid:0") != 0) {
		r->auth_st = ST_UNAUTH;
		return;
	}
	r->who.system = true;
	r->who.role = ROLE_ADMIN;
	r->who.scopes = SCOPE_ALL;
	snprintf(r->who.name, sizeof(r->who.name), "operator");
}

st_t auth_may(const struct req *r, const struct rec *rec, enum access_want want)
{
	struct access_subject s;

	rec_subject(rec, &s);
	return access_may(&r->who, &s, want, clock_now());
}
