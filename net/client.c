#include "net/client.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <sys/socket.h>

#include <curl/curl.h>

#define HEAD_MAX	(256 * 1024)
#define BODY_MAX	((size_t)64 << 20)
#define CONNECT_MS	15000L
#define STALL_S		60L

struct client {
	CURL *curl;
	char why[CURL_ERROR_SIZE];
};

/* One call in progress: what the callbacks of libcurl need. */
struct transfer {
	const struct client_call *call;
	struct client_res *res;
	CURL *curl;
	struct err *e;
	st_t st;		/* our own reason to stop; ST_OK: libcurl's */
	uint64_t at;		/* bytes of the body given to libcurl */
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void global_init(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

st_t client_new(struct client **out, struct err *e)
{
	struct client *c = calloc(1, sizeof(*c));

	*out = NULL;
	if (c == NULL)
		return err_set(e, ST_NOMEM, "%s", "");
	pthread_once(&once, global_init);
	c->curl = curl_easy_init();
	if (c->curl == NULL) {
		free(c);
		return err_set(e, ST_NOMEM, "%s", "");
	}
	*out = c;
	return ST_OK;
}

void client_free(struct client *c)
{
	if (c == NULL)
		return;
	curl_easy_cleanup(c->curl);
	free(c);
}

static uint64_t body_len(const struct client_call *call)
{
	return call->body_fd >= 0 ? call->body_len : call->body.n;
}

static size_t on_read(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	uint64_t left = body_len(t->call) - t->at;
	size_t want = size * n < left ? size * n : (size_t)left;
	ssize_t got;

	if (t->call->body_fd < 0) {
		memcpy(p, t->call->body.p + t->at, want);
		t->at += want;
		return want;
	}
	if (want == 0)
		return 0;
	got = pread(t->call->body_fd, p, want, (off_t)(t->call->body_off + t->at));
	if (got <= 0) {
		t->st = got < 0 ? err_sys(t->e, "cannot read what is to be sent")
		    : err_set(t->e, ST_CORRUPT, "the file became shorter while it was sent");
		return CURL_READFUNC_ABORT;
	}
	t->at += (uint64_t)got;
	return (size_t)got;
}

/* libcurl sends again, for a redirect or a connection that was dead. */
static int on_seek(void *arg, curl_off_t off, int origin)
{
	struct transfer *t = arg;

	if (origin != SEEK_SET || off < 0 || (uint64_t)off > body_len(t->call))
		return CURL_SEEKFUNC_FAIL;
	t->at = (uint64_t)off;
	return CURL_SEEKFUNC_OK;
}

static size_t on_write(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	long status = 0;

	n *= size;
	curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
	if (t->call->sink != NULL && status >= 200 && status < 300) {
		t->st = t->call->sink(t->call->ctx, p, n, t->e);
		return t->st == ST_OK ? n : n + 1;
	}
	t->st = buf_add(&t->res->body, p, n);
	if (t->st == ST_OK)
		return n;
	err_set(t->e, t->st, "the answer is larger than %zu bytes", t->res->body.max);
	return n + 1;
}

static size_t on_field(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;

	n *= size;
	/* Each answer of a chain (100, redirects) begins anew; the last one stays. */
	if (n > 5 && memcmp(p, "HTTP/", 5) == 0) {
		buf_clear(&t->res->head);
		return n;
	}
	if (n <= 2)
		return n;
	t->st = buf_add(&t->res->head, p, n);
	if (t->st == ST_OK)
		return n;
	err_set(t->e, t->st, "the answer's head is larger than %d bytes", HEAD_MAX);
	return n + 1;
}

/* Is this an address that only machines near us can reach? An IPv4 address inside an IPv6 one counts as itself. */
static bool address_is_near(const struct sockaddr *sa)
{
	const struct in6_addr *six = &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr;
	uint32_t v4;

	if (sa->sa_family == AF_INET) {
		v4 = ntohl(((const struct sockaddr_in *)(const void *)sa)->sin_addr.s_addr);
	} else if (sa->sa_family != AF_INET6) {
		return true;
	} else if (IN6_IS_ADDR_V4MAPPED(six) || IN6_IS_ADDR_V4COMPAT(six)) {
		memcpy(&v4, six->s6_addr + 12, 4);
		v4 = ntohl(v4);
	} else {
		return IN6_IS_ADDR_LOOPBACK(six) || IN6_IS_ADDR_UNSPECIFIED(six) || IN6_IS_ADDR_LINKLOCAL(six)
		    || IN6_IS_ADDR_SITELOCAL(six) || IN6_IS_ADDR_MULTICAST(six) || (six->s6_addr[0] & 0xfe) == 0xfc
		    || memcmp(six->s6_addr, "\0\x64\xff\x9b", 4) == 0;	/* NAT64: may lead anywhere */
	}
	return v4 >> 24 == 0 || v4 >> 24 == 10 || v4 >> 24 == 127 || v4 >> 22 == 0x191 /* 100.64/10 */ || v4 >> 16 == 0xa9fe
	    || v4 >> 20 == 0xac1 || v4 >> 16 == 0xc0a8 || v4 >> 17 == 0x6309 /* 198.18/15 */ || v4 >> 28 >= 0xe;
}

static curl_socket_t on_open(void *arg, curlsocktype what, struct curl_sockaddr *a)
{
	struct transfer *t = arg;

	(void)what;
	if (address_is_near(&a->addr)) {
		t->st = err_set(t->e, ST_DENIED, "'%s' leads to an address inside this network", t->call->url);
		return CURL_SOCKET_BAD;
	}
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static int on_progress(void *arg, curl_off_t down_all, curl_off_t down, curl_off_t up_all, curl_off_t up)
{
	struct transfer *t = arg;

	(void)down_all, (void)up_all;
	t->call->progress(t->call->ctx, (uint64_t)up, (uint64_t)down);
	return 0;
}

static st_t fields_list(struct curl_slist **out, const struct client_call *call, struct err *e)
{
	struct curl_slist *next;
	size_t i;

	for (i = 0; call->fields != NULL && call->fields[i] != NULL; i++) {
		if (strpbrk(call->fields[i], "\r\n") != NULL)
			return err_set(e, ST_INVALID, "a field to be sent holds a line end");
		next = curl_slist_append(*out, call->fields[i]);
		if (next == NULL)
			return err_set(e, ST_NOMEM, "%s", "");
		*out = next;
	}
	return ST_OK;
}

static void set_body(struct transfer *t)
{
	const struct client_call *call = t->call;
	CURL *c = t->curl;
	bool has = body_len(call) > 0 || call->body_fd >= 0 || call->body.p != NULL;

	if (strcmp(call->method, "HEAD") == 0) {
		curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
	} else if (has || strcmp(call->method, "POST") == 0 || strcmp(call->method, "PUT") == 0) {
		curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, call->method);
		curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE, (curl_off_t)body_len(call));
		curl_easy_setopt(c, CURLOPT_READFUNCTION, on_read);
		curl_easy_setopt(c, CURLOPT_READDATA, t);
		curl_easy_setopt(c, CURLOPT_SEEKFUNCTION, on_seek);
		curl_easy_setopt(c, CURLOPT_SEEKDATA, t);
		curl_easy_setopt(c, CURLOPT_UPLOAD_BUFFERSIZE, 512L * 1024);
	} else if (strcmp(call->method, "GET") != 0) {
		curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, call->method);
	}
}

static void set_up(struct client *cl, struct transfer *t, struct curl_slist *fields)
{
	const struct client_call *call = t->call;
	CURL *c = cl->curl;

	curl_easy_reset(c);	/* keeps connections, forgets options */
	cl->why[0] = '\0';
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, cl->why);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_URL, call->url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, fields);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "azekura");
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl_easy_setopt(c, CURLOPT_BUFFERSIZE, 256L * 1024);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_write);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_field);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
	if (call->timeout_ms > 0) {
		curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, call->timeout_ms);
	} else {
		curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
		curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, STALL_S);
	}
	if (call->progress != NULL) {
		curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
		curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
		curl_easy_setopt(c, CURLOPT_XFERINFODATA, t);
	}
	if (call->unix_path != NULL)
		curl_easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH, call->unix_path);
	if (call->public_only) {
		curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, on_open);
		curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, t);
		curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L);		/* an open one was not checked */
		curl_easy_setopt(c, CURLOPT_PROXY, "");
	}
	set_body(t);
}

static st_t transport_error(struct client *c, const struct client_call *call, CURLcode rc, struct err *e)
{
	const char *why = c->why[0] != '\0' ? c->why : curl_easy_strerror(rc);

	switch (rc) {
	case CURLE_OUT_OF_MEMORY:
		return err_set(e, ST_NOMEM, "%s", "");
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
		return err_set(e, ST_INVALID, "cannot ask '%s': %s", call->url, why);
	case CURLE_OPERATION_TIMEDOUT:
		return err_set(e, ST_TIMEOUT, "no answer from '%s': %s", call->url, why);
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_HOST:
		return err_set(e, ST_CLOSED, "cannot reach '%s': %s", call->url, why);
	default:
		return err_set(e, ST_IO, "cannot ask '%s': %s", call->url, why);
	}
}

st_t client_do(struct client *c, const struct client_call *call, struct client_res *res, struct err *e)
{
	struct transfer t = { .call = call, .res = res, .curl = c->curl, .e = e };
	struct curl_slist *fields = NULL;
	CURLcode rc;
	long status = 0;
	st_t st;

	res->status = 0;
	buf_init(&res->body, call->res_max > 0 ? call->res_max : BODY_MAX);
	buf_init(&res->head, HEAD_MAX);
	st = fields_list(&fields, call, e);
	if (st != ST_OK)
		goto out;
	set_up(c, &t, fields);
	rc = curl_easy_perform(c->curl);
	curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
	res->status = (int)status;
	if (t.st != ST_OK)
		st = e != NULL && e->st == t.st ? t.st : err_set(e, t.st, "stopped");
	else if (rc != CURLE_OK)
		st = transport_error(c, call, rc, e);
out:
	curl_slist_free_all(fields);
	return st;
}

void client_res_release(struct client_res *res)
{
	buf_release(&res->body);
	buf_release(&res->head);
}

struct slice client_res_field(const struct client_res *res, const char *name)
{
	struct slice rest = buf_slice(&res->head);

	while (rest.p != NULL && rest.n > 0) {
		struct slice line = slice_cut(&rest, '\n'), value = line;
		struct slice key = slice_cut(&value, ':');

		if (value.p != NULL && slice_ieq_str(key, name)) {
			if (value.n > 0 && value.p[value.n - 1] == '\r')
				value.n--;
			return slice_trim(value);
		}
	}
	return SLICE_NULL;
}
