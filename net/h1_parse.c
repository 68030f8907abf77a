#include "net/h1_parse.h"

#include <string.h>

/*
 * Why so strict: a front server and this one must never see different requests in the same bytes (request smuggling). Where
 * RFC 9112 lets a recipient be kind (bare LF, 2.2; obs-fold, 5.2; lists of equal lengths, RFC 9110 8.6), we are not.
 */

enum { C_TOKEN = 1, C_TARGET = 2, C_VALUE = 4, C_DIGIT = 8, C_HOST = 16, C_HEX = 32 };

static const unsigned char kind[256] = {
	['\t'] = C_VALUE, [' '] = C_VALUE,
	['!'] = C_TOKEN | C_TARGET | C_VALUE,
	['"'] = C_TARGET | C_VALUE,
	['#'] = C_TOKEN | C_VALUE,
	['$' ... '\''] = C_TOKEN | C_TARGET | C_VALUE,
	['('] = C_TARGET | C_VALUE, [')'] = C_TARGET | C_VALUE,
	['*'] = C_TOKEN | C_TARGET | C_VALUE, ['+'] = C_TOKEN | C_TARGET | C_VALUE,
	[','] = C_TARGET | C_VALUE,
	['-'] = C_TOKEN | C_TARGET | C_VALUE | C_HOST, ['.'] = C_TOKEN | C_TARGET | C_VALUE | C_HOST,
	['/'] = C_TARGET | C_VALUE,
	['0' ... '9'] = C_TOKEN | C_TARGET | C_VALUE | C_DIGIT | C_HOST | C_HEX,
	[':' ... '@'] = C_TARGET | C_VALUE,
	['A' ... 'F'] = C_TOKEN | C_TARGET | C_VALUE | C_HOST | C_HEX,
	['G' ... 'Z'] = C_TOKEN | C_TARGET | C_VALUE | C_HOST,
	['[' ... ']'] = C_TARGET | C_VALUE,
	['^'] = C_TOKEN | C_TARGET | C_VALUE,
	['_'] = C_TOKEN | C_TARGET | C_VALUE | C_HOST,
	['`'] = C_TOKEN | C_TARGET | C_VALUE,
	['a' ... 'f'] = C_TOKEN | C_TARGET | C_VALUE | C_HOST | C_HEX,
	['g' ... 'z'] = C_TOKEN | C_TARGET | C_VALUE | C_HOST,
	['{'] = C_TARGET | C_VALUE, ['|'] = C_TOKEN | C_TARGET | C_VALUE, ['}'] = C_TARGET | C_VALUE,
	['~'] = C_TOKEN | C_TARGET | C_VALUE | C_HOST,
	[0x80 ... 0xff] = C_VALUE,		/* obs-text, 5.5 */
};

static inline bool is(char c, int k)
{
	return (kind[(unsigned char)c] & k) != 0;
}

static bool all_are(struct slice s, int k)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!is(s.p[i], k))
			return false;
	return true;
}

bool h1_is_token(struct slice s)
{
	return s.n > 0 && all_are(s, C_TOKEN);
}

bool h1_is_value(struct slice s)
{
	return all_are(s, C_VALUE);
}

enum {
	S_START, S_START_LF, S_METHOD, S_TARGET, S_VERSION, S_LINE_LF,
	S_FIELD, S_NAME, S_VALUE, S_VALUE_LF, S_END_LF, S_DONE, S_BAD
};

void h1_scan_init(struct h1_scan *s, size_t head_max, unsigned fields_max)
{
	memset(s, 0, sizeof(*s));
	s->head_max = head_max;
	s->fields_max = fields_max;
}

bool h1_scan_begun(const struct h1_scan *s)
{
	return s->state > S_START_LF;
}

static enum h1_result scan_bad(struct h1_scan *s, int status, const char *text)
{
	s->state = S_BAD;
	s->fault.status = status;
	s->fault.text = text;
	return H1_BAD;
}

/* One character of "HTTP/1.1". A version that is well formed but not ours is told apart at the end of the line. */
static bool scan_version(struct h1_scan *s, char c)
{
	static const char form[] = "HTTP/0.0";

	if (s->n >= sizeof(form) - 1)
		return false;
	if (form[s->n] == '0') {
		if (!is(c, C_DIGIT))
			return false;
		if (s->n == 5 && c != '1')
			s->bad_version = true;
		if (s->n == 7)
			s->minor = c != '0';	/* 1.2 and up are answered as 1.1: RFC 9110 6.2 */
	} else if (c != form[s->n]) {
		return false;
	}
	s->n++;
	return true;
}

/* Everything up to the end of the request line. */
static enum h1_result scan_line(struct h1_scan *s, char c, size_t at)
{
	switch (s->state) {
	case S_START:
		if (c == '\r' && s->line == 0) {
			s->state = S_START_LF;
			return H1_MORE;
		}
		if (!is(c, C_TOKEN))
			return scan_bad(s, 400, "the method is not a token");
		s->line = at;
		s->state = S_METHOD;
		s->n = 1;
		return H1_MORE;
	case S_START_LF:
		if (c != '\n')
			return scan_bad(s, 400, "CR without LF");
		s->line = at + 1;
		s->state = S_START;
		return H1_MORE;
	case S_METHOD:
		if (c == ' ') {
			s->target = at + 1;
			s->state = S_TARGET;
		} else if (!is(c, C_TOKEN)) {
			return scan_bad(s, 400, "the method is not a token");
		} else if (s->n++ >= H1_METHOD_MAX) {
			return scan_bad(s, 501, "no method has so long a name");
		}
		return H1_MORE;
	case S_TARGET:
		if (c == ' ' && at > s->target) {
			s->target_end = at;
			s->n = 0;
			s->state = S_VERSION;
		} else if (!is(c, C_TARGET)) {
			return scan_bad(s, 400, "a character of the request target must be percent-encoded");
		} else if (at - s->line >= H1_LINE_MAX) {
			return scan_bad(s, 414, "the request line is too long");
		}
		return H1_MORE;
	case S_VERSION:
		if (c == '\r' && s->n == 8)
			s->state = S_LINE_LF;
		else if (!scan_version(s, c))
			return scan_bad(s, 400, "the request line does not end with HTTP/1.1");
		return H1_MORE;
	default:
		if (c != '\n')
			return scan_bad(s, 400, "CR without LF");
		if (s->bad_version)
			return scan_bad(s, 505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
		s->state = S_FIELD;
		return H1_MORE;
	}
}

static enum h1_result scan_field(struct h1_scan *s, char c)
{
	switch (s->state) {
	case S_FIELD:
		if (c == '\r') {
			s->state = S_END_LF;
			return H1_MORE;
		}
		if (c == ' ' || c == '\t')
			return scan_bad(s, 400, "a field line is folded");
		if (!is(c, C_TOKEN))
			return scan_bad(s, 400, "a field name is not a token");
		if (s->fields++ >= s->fields_max)
			return scan_bad(s, 431, "too many fields");
		s->state = S_NAME;
		return H1_MORE;
	case S_NAME:
		if (c == ':')
			s->state = S_VALUE;
		else if (!is(c, C_TOKEN))
			return scan_bad(s, 400, c == ' ' || c == '\t' ? "white space before a colon" : "a field name is not a token");
		return H1_MORE;
	case S_VALUE:
		if (c == '\r')
			s->state = S_VALUE_LF;
		else if (!is(c, C_VALUE))
			return scan_bad(s, 400, c == '\n' ? "LF without CR" : "a control character in a field");
		return H1_MORE;
	case S_VALUE_LF:
		if (c != '\n')
			return scan_bad(s, 400, "CR without LF");
		s->state = S_FIELD;
		return H1_MORE;
	default:
		if (c != '\n')
			return scan_bad(s, 400, "CR without LF");
		s->state = S_DONE;
		return H1_DONE;
	}
}

enum h1_result h1_scan(struct h1_scan *s, const char *p, size_t n)
{
	enum h1_result r = s->state == S_BAD ? H1_BAD : H1_MORE;
	size_t at = s->pos;

	if (s->state == S_DONE)
		return H1_DONE;
	while (r == H1_MORE && at < n) {
		if (at >= s->head_max) {
			r = s->state <= S_LINE_LF ? scan_bad(s, 414, "the request line is too long")
			    : scan_bad(s, 431, "the head is too long");
			break;
		}
		if (s->state < S_FIELD)
			r = scan_line(s, p[at], at);
		else
			r = scan_field(s, p[at]);
		at++;
		/* The long runs, without the switch. */
		if (s->state == S_VALUE)
			while (at < n && at < s->head_max && is(p[at], C_VALUE))
				at++;
	}
	s->pos = at;
	return r;
}

/* --- The head as a whole --- */

static enum h1_result fault(struct h1_fault *f, int status, const char *text)
{
	f->status = status;
	f->text = text;
	return H1_BAD;
}

/* uri-host [ ":" port ], and nothing that could be taken for more of a URL when it is printed somewhere. */
static bool host_valid(struct slice h)
{
	struct slice name = h, port = SLICE_NULL;
	uint64_t v;
	size_t i;

	if (h.n > 0 && h.p[0] == '[') {
		const char *end = memchr(h.p, ']', h.n);

		if (end == NULL || end - h.p < 3)
			return false;
		for (i = 1; h.p + i < end; i++)
			if (!is(h.p[i], C_HEX) && h.p[i] != ':' && h.p[i] != '.')
				return false;
		port = slice_of(end + 1, h.n - (size_t)(end + 1 - h.p));
		if (port.n > 0 && *port.p != ':')
			return false;
		if (port.n > 0)
			port = slice_of(port.p + 1, port.n - 1);
	} else {
		port = h;
		name = slice_cut(&port, ':');
		if (name.n == 0 || !all_are(name, C_HOST))
			return false;
	}
	return name.n <= H1_HOST_MAX && (port.n == 0 || (port.n <= 5 && slice_u64(port, 65535, &v)));
}

/* Reduce an absolute form to origin form: 3.2.2. Its host must be that of the Host field, or two servers would disagree about it. */
static enum h1_result read_target(struct h1_head *h, struct h1_fault *f)
{
	struct slice t = h->target, host;
	size_t skip = 0, i;

	if (t.p[0] != '/' && !(t.n == 1 && t.p[0] == '*' && slice_eq_str(h->method, "OPTIONS"))) {
		if (t.n > 7 && slice_ieq_str(slice_of(t.p, 7), "http://"))
			skip = 7;
		else if (t.n > 8 && slice_ieq_str(slice_of(t.p, 8), "https://"))
			skip = 8;
		else
			return fault(f, 400, "the request target is not a path");
		for (i = skip; i < t.n && t.p[i] != '/' && t.p[i] != '?'; i++)
			;
		host = slice_of(t.p + skip, i - skip);
		if (!host_valid(host))
			return fault(f, 400, "the host in the request target is not valid");
		if (h->host.p != NULL && (host.n != h->host.n || strncasecmp(host.p, h->host.p, host.n) != 0))
			return fault(f, 400, "request target and Host name different hosts");
		h->host = host;
		t = i < t.n ? slice_of(t.p + i, t.n - i) : SLICE("/");
		h->target = t;
	}
	h->query = t;
	h->path = slice_cut(&h->query, '?');
	if (h->path.n == 0)
		h->path = SLICE("/");	/* "http://host?query" */
	return H1_DONE;
}

static void read_connection(struct h1_head *h, struct slice v)
{
	while (v.p != NULL) {
		struct slice t = slice_trim(slice_cut(&v, ','));

		if (slice_ieq_str(t, "close"))
			h->keep_alive = false;
		else if (slice_ieq_str(t, "keep-alive") && !h->minor)
			h->keep_alive = true;
	}
}

struct seen { unsigned host, length, coding, expect; bool close; struct slice length_v, coding_v; };

static enum h1_result read_framing(struct h1_head *h, const struct seen *s, struct h1_fault *f)
{
	uint64_t v;

	if (s->length + s->coding > 1)
		return fault(f, 400, s->coding == 0 ? "more than one Content-Length" : s->length == 0 ? "more than one Transfer-Encoding"
		    : "both Content-Length and Transfer-Encoding");
	if (s->coding == 1) {
		if (!h->minor)
			return fault(f, 400, "Transfer-Encoding in HTTP/1.0");
		if (!slice_ieq_str(s->coding_v, "chunked"))
			return fault(f, 501, "the only transfer coding here is chunked");
		h->chunked = true;
		h->body_len = -1;
	}
	if (s->length == 1) {
		if (s->length_v.n > 19 || !slice_u64(s->length_v, INT64_MAX, &v))
			return fault(f, 400, "Content-Length is not a number, or past all bounds");
		h->body_len = (int64_t)v;
	}
	return H1_DONE;
}

/* What a field means for this connection; the rest is the server's. */
static enum h1_result read_field(struct h1_head *h, struct seen *seen, struct slice name, struct slice v, struct h1_fault *f)
{
	switch (name.n) {
	case 4:
		if (slice_ieq_str(name, "host")) {
			if (seen->host++ > 0)
				return fault(f, 400, "more than one Host");
			if (!host_valid(v))
				return fault(f, 400, "Host is not valid");
			h->host = v;
		}
		break;
	case 6:
		if (slice_ieq_str(name, "expect")) {
			if (seen->expect++ > 0 || !slice_ieq_str(v, "100-continue"))
				return fault(f, 417, "only 100-continue can be expected here");
			h->expect = h->minor;	/* RFC 9110 10.1.1: ignored in HTTP/1.0 */
		}
		break;
	case 10:
		if (slice_ieq_str(name, "connection"))
			read_connection(h, v);
		break;
	case 14:
		if (slice_ieq_str(name, "content-length")) {
			seen->length++;
			seen->length_v = v;
		}
		break;
	case 17:
		if (slice_ieq_str(name, "transfer-encoding")) {
			seen->coding++;
			seen->coding_v = v;
		}
		break;
	}
	return H1_DONE;
}

enum h1_result h1_head_read(const struct h1_scan *s, const char *p, struct h1_head *h, struct http_field *fields, struct h1_fault *f)
{
	const char *at = memchr(p + s->target_end, '\n', s->pos - s->target_end), *end = p + s->pos - 2;
	struct seen seen = { 0 };

	memset(h, 0, sizeof(*h));
	h->method = slice_of(p + s->line, s->target - 1 - s->line);
	h->target = slice_of(p + s->target, s->target_end - s->target);
	h->minor = s->minor != 0;
	h->keep_alive = h->minor;
	for (at++; at < end; ) {
		const char *colon = memchr(at, ':', (size_t)(end - at)), *cr = memchr(colon, '\r', (size_t)(end - colon));
		struct http_field *fd = &fields[h->n_fields++];

		fd->name = slice_of(at, (size_t)(colon - at));
		fd->value = slice_trim(slice_of(colon + 1, (size_t)(cr - colon - 1)));
		if (read_field(h, &seen, fd->name, fd->value, f) == H1_BAD)
			return H1_BAD;
		at = cr + 2;
	}
	if (h->host.p == NULL && h->minor)
		return fault(f, 400, "no Host");
	if (read_target(h, f) == H1_BAD)
		return H1_BAD;
	return read_framing(h, &seen, f);
}

/* --- Chunked bodies: RFC 9112 7.1 --- */

enum {
	K_SIZE, K_EXT, K_SIZE_LF, K_DATA, K_DATA_CR, K_DATA_LF,
	K_TRAILER, K_NAME, K_VALUE, K_VALUE_LF, K_END_LF, K_DONE, K_BAD
};

void h1_chunk_init(struct h1_chunk *c)
{
	memset(c, 0, sizeof(*c));
}

static enum h1_result chunk_bad(struct h1_chunk *c, const char *text)
{
	c->state = K_BAD;
	c->fault.status = 400;
	c->fault.text = text;
	return H1_BAD;
}

static int hex_value(char ch)
{
	if (ch >= '0' && ch <= '9')
		return ch - '0';
	return (ch | 0x20) - 'a' + 10;
}

static enum h1_result chunk_size(struct h1_chunk *c, char ch)
{
	switch (c->state) {
	case K_SIZE:
		if (is(ch, C_HEX)) {
			if (c->digits++ >= 16 || c->left > (uint64_t)INT64_MAX >> 4)
				return chunk_bad(c, "a chunk size is past all bounds");
			c->left = c->left << 4 | (uint64_t)hex_value(ch);
			return H1_MORE;
		}
		if (c->digits == 0)
			return chunk_bad(c, "a chunk size is not hexadecimal");
		c->ext = 0;
		if (ch == ';')
			c->state = K_EXT;
		else if (ch == '\r')
			c->state = K_SIZE_LF;
		else
			return chunk_bad(c, "a chunk size is not hexadecimal");
		return H1_MORE;
	case K_EXT:
		if (ch == '\r') {
			c->state = K_SIZE_LF;
			return H1_MORE;
		}
		if (!is(ch, C_VALUE))
			return chunk_bad(c, "a control character in a chunk extension");
		if (++c->ext > H1_EXT_MAX || ++c->ext_sum > H1_EXT_SUM_MAX)
			return chunk_bad(c, "too much chunk extension");
		return H1_MORE;
	default:
		if (ch != '\n')
			return chunk_bad(c, "CR without LF");
		c->state = c->left > 0 ? K_DATA : K_TRAILER;
		c->digits = 0;
		return H1_MORE;
	}
}

/* Fields that must not come late, because somebody may already have acted without them: RFC 9110 6.5.1. */
static bool trailer_forbidden(struct slice name)
{
	static const char *const no[] = {
		"authorization", "connection", "content-encoding", "content-length", "content-range", "content-type", "cookie", "expect",
		"host", "keep-alive", "proxy-authorization", "range", "set-cookie", "te", "trailer", "transfer-encoding", "upgrade"
	};
	size_t i;

	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (slice_eq_str(name, no[i]))
			return true;
	return false;
}

static enum h1_result chunk_trailer(struct h1_chunk *c, char ch)
{
	if (++c->trailer > H1_TRAILER_MAX)
		return chunk_bad(c, "too much trailer");
	switch (c->state) {
	case K_TRAILER:
		if (ch == '\r') {
			c->state = K_END_LF;
			return H1_MORE;
		}
		c->state = K_NAME;
		c->name_n = 0;
		/* fall through */
	case K_NAME:
		if (ch == ':' && c->name_n > 0) {
			if (c->name_n <= sizeof(c->name) && trailer_forbidden(slice_of(c->name, c->name_n)))
				return chunk_bad(c, "a trailer field that belongs into the head");
			c->state = K_VALUE;
			return H1_MORE;
		}
		if (!is(ch, C_TOKEN))
			return chunk_bad(c, "a trailer field name is not a token");
		if (c->name_n < sizeof(c->name))
			c->name[c->name_n] = ch >= 'A' && ch <= 'Z' ? (char)(ch | 0x20) : ch;
		c->name_n++;
		return H1_MORE;
	case K_VALUE:
		if (ch == '\r')
			c->state = K_VALUE_LF;
		else if (!is(ch, C_VALUE))
			return chunk_bad(c, "a control character in a trailer field");
		return H1_MORE;
	case K_VALUE_LF:
		if (ch != '\n')
			return chunk_bad(c, "CR without LF");
		c->state = K_TRAILER;
		return H1_MORE;
	default:
		if (ch != '\n')
			return chunk_bad(c, "CR without LF");
		c->state = K_DONE;
		return H1_DONE;
	}
}

enum h1_result h1_chunk_feed(struct h1_chunk *c, const char *p, size_t n, size_t *used, struct slice *data)
{
	enum h1_result r = H1_MORE;
	size_t at = 0;

	*data = SLICE_NULL;
	if (c->state >= K_DONE) {
		*used = 0;
		return c->state == K_DONE ? H1_DONE : H1_BAD;
	}
	while (r == H1_MORE && at < n && data->n == 0) {
		if (c->state < K_DATA) {
			r = chunk_size(c, p[at++]);
		} else if (c->state == K_DATA) {
			*data = slice_of(p + at, n - at < c->left ? n - at : (size_t)c->left);
			c->left -= data->n;
			at += data->n;
			if (c->left == 0)
				c->state = K_DATA_CR;
		} else if (c->state == K_DATA_CR || c->state == K_DATA_LF) {
			if (p[at++] != (c->state == K_DATA_CR ? '\r' : '\n'))
				r = chunk_bad(c, "a chunk is longer than its size says");
			else
				c->state = c->state == K_DATA_CR ? K_DATA_LF : K_SIZE;
		} else {
			r = chunk_trailer(c, p[at++]);
		}
	}
	*used = at;
	return r;
}
