/*
 * HTTP/1.1 requests: the head parser and the chunk parser on any bytes, whole and cut at places the input chooses. Both ways
 * must agree, every slice must lie inside the input, and what passes must not hold anything that ends a line.
 */

#include "t/fuzz/fuzz.h"

#include "net/h1_parse.h"

#define FIELDS 20
#define HEAD_MAX 4096

struct seen { enum h1_result r; int status; size_t used; struct h1_head h; struct http_field f[FIELDS]; };

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 16;
}

/* ${step} 0: all at once. */
static void head(struct seen *out, const char *p, size_t n, uint32_t seed)
{
	struct h1_fault f = { 0 };
	struct h1_scan s;
	size_t have = 0;

	memset(out, 0, sizeof(*out));
	h1_scan_init(&s, HEAD_MAX, FIELDS);
	do {
		have = seed == 0 ? n : have + next(&seed) % 17 + 1;
		if (have > n)
			have = n;
		out->r = h1_scan(&s, p, have);
		FUZZ_HOLDS(s.pos <= have);
	} while (out->r == H1_MORE && have < n);
	f = s.fault;
	if (out->r == H1_DONE)
		out->r = h1_head_read(&s, p, &out->h, out->f, &f);
	out->status = out->r == H1_BAD ? f.status : 0;
	out->used = s.pos;
}

static void inside(struct slice s, const char *p, size_t n)
{
	static const char slash[] = "/";

	if (s.n == 0 || (s.n == 1 && memcmp(s.p, slash, 1) == 0))
		return;
	FUZZ_HOLDS(s.p >= p && s.p + s.n <= p + n);
	FUZZ_HOLDS(memchr(s.p, '\r', s.n) == NULL && memchr(s.p, '\n', s.n) == NULL && memchr(s.p, '\0', s.n) == NULL);
}

static void check_head(const struct seen *s, const char *p, size_t n)
{
	unsigned hosts = 0, lengths = 0, codings = 0;
	size_t i;

	if (s->r == H1_BAD)
		FUZZ_HOLDS(s->status >= 400 && s->status <= 599);
	if (s->r != H1_DONE)
		return;
	FUZZ_HOLDS(s->used <= n && s->used <= HEAD_MAX && s->h.n_fields <= FIELDS);
	FUZZ_HOLDS(memcmp(p + s->used - 4, "\r\n\r\n", 4) == 0);
	inside(s->h.method, p, s->used);
	inside(s->h.target, p, s->used);
	inside(s->h.path, p, s->used);
	inside(s->h.query, p, s->used);
	inside(s->h.host, p, s->used);
	FUZZ_HOLDS(s->h.path.n > 0 && (s->h.path.p[0] == '/' || s->h.path.p[0] == '*'));
	for (i = 0; i < s->h.n_fields; i++) {
		inside(s->f[i].name, p, s->used);
		inside(s->f[i].value, p, s->used);
		FUZZ_HOLDS(h1_is_token(s->f[i].name));
		hosts += slice_ieq_str(s->f[i].name, "host");
		lengths += slice_ieq_str(s->f[i].name, "content-length");
		codings += slice_ieq_str(s->f[i].name, "transfer-encoding");
	}
	FUZZ_HOLDS(hosts == 1 || (hosts == 0 && !s->h.minor));
	FUZZ_HOLDS(lengths + codings <= 1);
	FUZZ_HOLDS(s->h.chunked == (codings == 1) && (s->h.body_len >= 0 || s->h.chunked));
}

/* Returns a digest of the content, so that two ways of cutting can be compared. */
static uint64_t chunks(const char *p, size_t n, uint32_t seed, enum h1_result *r, size_t *used)
{
	uint64_t sum = 14695981039346656037u;
	struct h1_chunk c;
	struct slice data;
	size_t at = 0, took, have = 0, i;

	h1_chunk_init(&c);
	*r = H1_MORE;
	while (*r == H1_MORE && at < n) {
		if (at == have)
			have = seed == 0 ? n : have + next(&seed) % 17 + 1;
		if (have > n)
			have = n;
		*r = h1_chunk_feed(&c, p + at, have - at, &took, &data);
		FUZZ_HOLDS(took <= have - at && (took > 0 || *r == H1_BAD));
		FUZZ_HOLDS(data.n == 0 || (data.p >= p + at && data.p + data.n <= p + at + took));
		for (i = 0; i < data.n; i++)
			sum = (sum ^ (unsigned char)data.p[i]) * 1099511628211u;
		at += took;
	}
	*used = at;
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	static struct seen whole, cut;
	enum h1_result r1, r2;
	size_t used1, used2, i;
	uint32_t seed = 1;
	uint64_t sum1, sum2;
	char *p;

	if (n == 0)
		return 0;
	for (i = 0; i < n; i++)
		seed = seed * 31 + d[i];
	seed |= 1;
	p = exact_copy(d, n);
	head(&whole, p, n, 0);
	head(&cut, p, n, seed);
	FUZZ_HOLDS(whole.r == cut.r && whole.status == cut.status && whole.used == cut.used && whole.h.body_len == cut.h.body_len);
	check_head(&whole, p, n);
	if (whole.r == H1_DONE && whole.h.chunked && whole.used < n) {
		sum1 = chunks(p + whole.used, n - whole.used, 0, &r1, &used1);
		sum2 = chunks(p + whole.used, n - whole.used, seed, &r2, &used2);
		FUZZ_HOLDS(r1 == r2 && used1 == used2 && sum1 == sum2);
	}
	/* Chunks alone, so that they are reached without a head in front. */
	sum1 = chunks(p, n, 0, &r1, &used1);
	sum2 = chunks(p, n, seed, &r2, &used2);
	FUZZ_HOLDS(r1 == r2 && used1 == used2 && sum1 == sum2);
	free(p);
	return 0;
}
