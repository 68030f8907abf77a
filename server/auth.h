#ifndef SERVER_AUTH_H
#define SERVER_AUTH_H

/* Who asks. Bearer tokens now; OIDC and sessions join here. */

#include "server/req.h"

/* Set r->who from the Authorization field: anonymous without one; r->auth_st ST_UNAUTH when one was sent and is not good. Loop thread. */
void auth_request(struct req *r);

/* On admin.sock: the peer's user id must be root's or the program's own; then it may do everything. */
void auth_socket(struct req *r);

/* May the caller? ST_OK, else the status to send; ${want} also needs the token's scope. */
struct rec;
st_t auth_may(const struct req *r, const struct rec *rec, enum access_want want);

#endif
