#include <stdarg.h>
#include <stdlib.h>

#include "cli/cli.h"

char *conn_url(const struct cli *c, const char *fmt, ...)
{
	struct buf b = BUF_INIT(65536);
	va_list ap;

	buf_adds(&b, c->server);
	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	return b.st == ST_OK ? buf_take(&b, NULL) : NULL;
}

/* A token goes to the server that we were told to speak to, whatever its answers name. */
char *conn_link(const struct cli *c, const char *link)
{
	const char *at = link == NULL ? NULL : strstr(link, "://"), *host = strstr(c->server, "://"), *end;
	struct buf b = BUF_INIT(65536);

	if (link == NULL)
		return NULL;
	at = at == NULL ? link : strchr(at + 3, '/');
	if (at == NULL || at[0] != '/' || host == NULL)
		return NULL;
	end = strchr(host + 3, '/');
	buf_add(&b, c->server, end == NULL ? strlen(c->server) : (size_t)(end - c->server));
	buf_adds(&b, at);
	return b.st == ST_OK ? buf_take(&b, NULL) : NULL;
}

const char **conn_fields(const struct cli *c, const char *const *extra, const char *type)
{
	size_t n = 0, i;
	const char **f;
	struct buf b = BUF_INIT(8192);

	while (extra != NULL && extra[n] != NULL)
		n++;
	f = calloc(n + 3, sizeof(*f));
	if (f == NULL)
		return NULL;
	for (i = 0; i < n; i++)
		f[i] = slice_dup(slice_str(extra[i]));
	if (c->token != NULL) {
		buf_addf(&b, "Authorization: Bearer %s", c->token);
		f[i++] = buf_take(&b, NULL);
	}
	if (type != NULL) {
		buf_addf(&b, "Content-Type: %s", type);
		f[i++] = buf_take(&b, NULL);
	}
	return f;
}

void conn_fields_free(const char **f)
{
	size_t i;

	if (f == NULL)
		return;
	for (i = 0; f[i] != NULL; i++)
		free((char *)f[i]);
	free(f);
}

static st_t status_of(int code)
{
	switch (code) {
	case 400: case 415: case 422: return ST_INVALID;
	case 401: return ST_UNAUTH;
	case 403: return ST_DENIED;
	case 404: return ST_ABSENT;
	case 406: return ST_UNSUPPORTED;
	case 409: return ST_CONFLICT;
	case 410: return ST_GONE;
	case 412: return ST_STALE;
	case 413: return ST_TOOBIG;
	case 429: case 502: case 503: case 504: return ST_BUSY;
	case 507: return ST_FULL;
	default: return ST_IO;
	}
}

/* Per-field errors, one a line below the fault. */
static void add_fields(const json_t *problem, struct buf *text)
{
	json_t *errors = json_object_get(problem, "errors"), *one, *m;
	size_t i, j;

	json_array_foreach(errors, i, one) {
		json_array_foreach(json_object_get(one, "messages"), j, m) {
			const char *field = json_text(one, "field");

			buf_addf(text, "\n  %s%s%s", field == NULL ? "" : field, field == NULL || field[0] == '\0' ? "" : ": ",
			    json_string_value(m) == NULL ? "" : json_string_value(m));
		}
	}
}

st_t conn_problem(const struct client_res *res, const char *what, struct err *e)
{
	struct buf text = BUF_INIT(ERR_TEXT_MAX - 100);
	const char *detail = NULL;
	json_t *j = NULL;
	st_t st = status_of(res->status);

	if (json_load(&j, buf_slice(&res->body), NULL) == ST_OK) {
		detail = json_text(j, "detail");
		if (detail == NULL)
			detail = json_text(j, "message");
		add_fields(j, &text);
	}
	err_set(e, st, "%s: %s (%d)%s", what, detail != NULL ? detail : "the server refused", res->status, text.p == NULL ? "" : text.p);
	json_decref(j);
	buf_release(&text);
	return st;
}

st_t conn_json(struct client *client, const struct cli *c, const struct conn_call *in, const char *url, json_t **out, struct err *e)
{
	struct client_call call = CLIENT_CALL_INIT;
	struct client_res res;
	const char **fields;
	st_t st;

	if (out != NULL)
		*out = NULL;
	if (url == NULL)
		return ST_NOMEM;
	fields = conn_fields(c, in->fields, in->body.p == NULL ? NULL : in->type != NULL ? in->type : "application/json");
	if (fields == NULL)
		return ST_NOMEM;
	call.method = in->method;
	call.url = url;
	call.fields = fields;
	call.body = in->body;
	call.unix_path = c->unix_path;
	st = client_do(client, &call, &res, e);
	if (st != ST_OK)
		err_wrap(e, "no answer from '%s'", c->server);
	else if (res.status < 200 || res.status > 299)
		st = conn_problem(&res, url + strlen(c->server), e);
	else if (out != NULL && res.body.n > 0)
		st = json_load(out, buf_slice(&res.body), e);
	client_res_release(&res);
	conn_fields_free(fields);
	return st;
}

st_t conn_get(const struct cli *c, const char *url, json_t **out, struct err *e)
{
	struct conn_call call = { .method = "GET" };

	return conn_json(c->client, c, &call, url, out, e);
}

st_t conn_send(const struct cli *c, const char *method, const char *url, const json_t *body, json_t **out, struct err *e)
{
	struct conn_call call = { .method = method };
	struct buf b = BUF_INIT((size_t)256 << 20);
	st_t st = ST_OK;

	if (body != NULL)
		st = json_dump(&b, body, false);
	if (st == ST_OK) {
		call.body = buf_slice(&b);
		st = conn_json(c->client, c, &call, url, out, e);
	}
	buf_release(&b);
	return st;
}
