/* URLs and query strings: every part lies inside the text, in order; a query walk ends. */

#include "t/fuzz/fuzz.h"

#include "net/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	char *p = exact_copy(d, n);
	struct slice rest = slice_of(p, n), parts[5];
	struct buf k = BUF_INIT(4096), v = BUF_INIT(4096);
	struct url u;
	size_t i, steps = 0;

	if (url_parse(&u, rest, NULL) == ST_OK) {
		parts[0] = u.scheme, parts[1] = u.host, parts[2] = u.path, parts[3] = u.query, parts[4] = u.fragment;
		FUZZ_HOLDS(u.host.n > 0 && u.port >= -1 && u.port <= 65535 && u.port != 0);
		for (i = 0; i < 5; i++)
			FUZZ_HOLDS(parts[i].n == 0 || (parts[i].p >= p && parts[i].p + parts[i].n <= p + n));
	}
	while (query_next(&rest, &k, &v) != ST_EOF)
		FUZZ_HOLDS(++steps <= n + 1);
	buf_release(&k);
	buf_release(&v);
	free(p);
	return 0;
}
