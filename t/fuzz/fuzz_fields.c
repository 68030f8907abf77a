#include "server/negotiate.h"
#include "server/serve.h"
#include "t/fuzz/fuzz.h"

/* Field values as strangers send them: qualities stay in range, a range stays in the file, the same answer twice. */
int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	char *p = exact_copy(d, n);
	struct slice s = slice_of(p, n);
	uint64_t size = n > 0 ? d[0] * 1000003u : 0, off = 0, len = 0;
	int q = negotiate_quality(s, "application/ld+json", "http://mlcommons.org/croissant/1.1");
	enum range r = serve_range(s, size, &off, &len);

	FUZZ_HOLDS(q >= 0 && q <= 1001);
	FUZZ_HOLDS(q == negotiate_quality(s, "application/ld+json", "http://mlcommons.org/croissant/1.1"));
	FUZZ_HOLDS(negotiate_gzip(s) == negotiate_gzip(s));
	FUZZ_HOLDS(r != RANGE_PART || (len > 0 && off < size && len <= size - off));
	(void)negotiate_etag(s, "\"a\"", true);
	(void)negotiate_etag(s, "\"a\"", false);
	free(p);
	return 0;
}
