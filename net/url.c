#include "net/url.h"

#include <string.h>

#include "base/str.h"

static bool host_char(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'
	    || c == '~' || c >= 0x80;
}

static st_t host_check(struct slice h, struct err *e)
{
	size_t i;

	if (h.n == 0)
		return err_set(e, ST_INVALID, "no host in URL");
	if (h.n > 255)
		return err_set(e, ST_INVALID, "host in URL is too long");
	if (h.p[0] == '[') {
		if (h.n < 4 || h.p[h.n - 1] != ']')
			return err_set(e, ST_INVALID, "bad address in brackets in URL");
		for (i = 1; i < h.n - 1; i++)
			if (strchr("0123456789abcdefABCDEF:.", h.p[i]) == NULL || h.p[i] == '\0')
				return err_set(e, ST_INVALID, "bad address in brackets in URL");
		return ST_OK;
	}
	for (i = 0; i < h.n; i++)
		if (!host_char((unsigned char)h.p[i]))
			return err_set(e, ST_INVALID, "character 0x%02x in host of URL", (unsigned char)h.p[i]);
	return ST_OK;
}

/* "host", "host:80", "[::1]:80" */
static st_t authority_parse(struct url *u, struct slice a, struct err *e)
{
	size_t i = a.n;
	uint64_t port;

	if (a.n > 0 && memchr(a.p, '@', a.n) != NULL)
		return err_set(e, ST_INVALID, "a user name in a URL is not taken");
	u->host = a;
	while (i > 0 && a.p[i - 1] >= '0' && a.p[i - 1] <= '9')
		i--;
	if (i > 0 && a.p[i - 1] == ':' && (a.p[0] != '[' || (i > 1 && a.p[i - 2] == ']'))) {
		u->host = slice_of(a.p, i - 1);
		if (i < a.n) {
			if (!slice_u64(slice_of(a.p + i, a.n - i), 65535, &port) || port == 0)
				return err_set(e, ST_INVALID, "bad port in URL");
			u->port = (int)port;
		}
	}
	return host_check(u->host, e);
}

st_t url_parse(struct url *out, struct slice text, struct err *e)
{
	struct slice rest = text;
	size_t i, n;

	*out = (struct url){ .port = -1 };
	for (i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] <= ' ' || text.p[i] == 0x7f)
			return err_set(e, ST_INVALID, "blank or control character in URL");
	if (text.n > 7 && slice_ieq_str(slice_of(text.p, 7), "http://"))
		n = 4;
	else if (text.n > 8 && slice_ieq_str(slice_of(text.p, 8), "https://"))
		n = 5;
	else
		return err_set(e, ST_INVALID, "URL does not begin with http:// or https://");
	out->scheme = slice_of(text.p, n);
	rest = slice_of(text.p + n + 3, text.n - n - 3);
	for (i = 0; i < rest.n && strchr("/?#", rest.p[i]) == NULL; i++)
		;
	if (authority_parse(out, slice_of(rest.p, i), e) != ST_OK)
		return e != NULL ? e->st : ST_INVALID;
	rest = slice_of(rest.p + i, rest.n - i);
	out->path = slice_cut(&rest, '#');
	if (rest.p != NULL)
		out->fragment = rest;
	rest = out->path;
	out->path = slice_cut(&rest, '?');
	if (rest.p != NULL)
		out->query = rest;
	return ST_OK;
}

st_t query_next(struct slice *rest, struct buf *k, struct buf *v)
{
	struct slice pair, value;
	st_t st;

	buf_clear(k);
	buf_clear(v);
	do {
		if (rest->p == NULL || rest->n == 0)
			return ST_EOF;
		pair = slice_cut(rest, '&');
	} while (pair.n == 0);
	value = pair;
	pair = slice_cut(&value, '=');
	st = percent_decode(k, pair, true);
	if (st == ST_OK && value.p != NULL)
		st = percent_decode(v, value, true);
	return st;
}
