#include "base/str.h"
#include "t/fuzz/fuzz.h"

/* The decoders of base/str.h: what they take is what the encoder writes, and nothing decoded holds a zero byte. */
int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	char *p = exact_copy(d, n);
	struct slice s = slice_of(p, n);
	struct buf a = BUF_INIT(BUF_NOMAX), b = BUF_INIT(BUF_NOMAX);

	if (percent_decode(&a, s, false) == ST_OK) {
		FUZZ_HOLDS(a.n <= n && (a.n == 0 || memchr(a.p, 0, a.n) == NULL));
		FUZZ_HOLDS(percent_encode(&b, buf_slice(&a), NULL) == ST_OK);
		buf_clear(&a);
		FUZZ_HOLDS(percent_decode(&a, buf_slice(&b), true) == ST_OK);
	}
	buf_clear(&a);
	(void)percent_decode(&a, s, true);
	buf_clear(&a);
	if (base64_decode(&a, s) == ST_OK) {
		buf_clear(&b);
		FUZZ_HOLDS(base64_encode(&b, a.p, a.n) == ST_OK && slice_eq(s, buf_slice(&b)));
	}
	buf_clear(&a);
	if (base64url_decode(&a, s) == ST_OK) {
		buf_clear(&b);
		FUZZ_HOLDS(base64url_encode(&b, a.p, a.n) == ST_OK && slice_eq(s, buf_slice(&b)));
	}
	buf_clear(&a);
	FUZZ_HOLDS(html_text(&a, s) == ST_OK);
	FUZZ_HOLDS(a.n == 0 || (memchr(a.p, '<', a.n) == NULL && memchr(a.p, '"', a.n) == NULL));
	buf_release(&a);
	buf_release(&b);
	free(p);
	return 0;
}
