/* The one place where a status becomes a code for the world (RFC 9457). */

#include "server/req.h"

#include "schema/record.h"

static const struct { int code; const char *title; } titles[] = {
	{ 400, "Bad Request" }, { 401, "Unauthorized" }, { 403, "Forbidden" }, { 404, "Not Found" }, { 405, "Method Not Allowed" },
	{ 406, "Not Acceptable" }, { 408, "Request Timeout" }, { 409, "Conflict" }, { 410, "Gone" }, { 411, "Length Required" },
	{ 412, "Precondition Failed" }, { 413, "Content Too Large" }, { 414, "URI Too Long" }, { 415, "Unsupported Media Type" },
	{ 416, "Range Not Satisfiable" }, { 421, "Misdirected Request" }, { 422, "Unprocessable Content" }, { 428, "Precondition Required" },
	{ 429, "Too Many Requests" }, { 500, "Internal Server Error" }, { 501, "Not Implemented" }, { 503, "Service Unavailable" },
	{ 507, "Insufficient Storage" },
};

int problem_code(st_t st)
{
	switch (st) {
	case ST_OK: return 200;
	case ST_INVALID: return 400;
	case ST_ABSENT: return 404;
	case ST_GONE: return 410;
	case ST_CONFLICT: return 409;
	case ST_STALE: return 412;
	case ST_TOOBIG: return 413;
	case ST_DENIED: return 403;
	case ST_UNAUTH: return 401;
	case ST_BUSY: return 503;
	case ST_FULL: return 507;
	case ST_TIMEOUT: return 408;
	case ST_UNSUPPORTED: return 406;
	case ST_NOMEM: return 503;
	default: return 500;
	}
}

static const char *title_of(int code)
{
	size_t i;

	for (i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		if (titles[i].code == code)
			return titles[i].title;
	return "Error";
}

static json_t *problem_json(int code, const char *detail)
{
	json_t *j = json_object();

	json_put_str(j, "type", SLICE("about:blank"));
	json_put_str(j, "title", slice_str(title_of(code)));
	json_put(j, "status", json_integer(code));
	/* InvenioRDM's clients read "message". */
	if (detail != NULL && detail[0] != '\0') {
		json_put_str(j, "detail", slice_str(detail));
		json_put_str(j, "message", slice_str(detail));
	} else {
		json_put_str(j, "message", slice_str(title_of(code)));
	}
	return j;
}

static void send_problem(struct req *r, int code, json_t *j)
{
	struct buf b = BUF_INIT(1 << 24);

	if (j == NULL || json_dump(&b, j, false) != ST_OK)
		buf_clear(&b);
	json_decref(j);
	reply_buf(r, code, "application/problem+json", &b);
	reply_add(r, "Cache-Control", SLICE("no-store"));
	if (code == 401)
		reply_add(r, "WWW-Authenticate", SLICE("Bearer realm=\"azekura\""));
	if (code == 503)
		reply_add(r, "Retry-After", SLICE("5"));
}

void problem_status(struct req *r, int status, const char *detail)
{
	send_problem(r, status, problem_json(status, detail));
}

void problem_send(struct req *r, st_t st, const struct err *e)
{
	static const char busy[] = "the server is busy; try again in a few seconds";
	const char *text = e != NULL ? e->text : "";

	if (text[0] == '\0' && (st == ST_BUSY || st == ST_NOMEM))
		text = busy;
	/* What does not exist, and what must look so, is told in the same words. */
	if (st == ST_ABSENT && text[0] == '\0')
		text = "there is nothing at this address";
	problem_status(r, problem_code(st), text);
}

void problem_findings(struct req *r, const struct findings *f)
{
	json_t *j = problem_json(400, "A validation error occurred."), *list = json_array();
	size_t i;

	for (i = 0; i < f->n; i++) {
		json_t *one, *messages;

		if (!f->v[i].fatal)
			continue;
		one = json_object();
		messages = json_array();
		json_put_str(one, "field", slice_str(f->v[i].path));
		json_push(messages, json_string(f->v[i].message));
		json_put(one, "messages", messages);
		json_push(list, one);
	}
	json_put(j, "errors", list);
	send_problem(r, 400, j);
}
