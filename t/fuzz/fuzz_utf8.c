#include "base/json.h"
#include "base/utf8.h"
#include "base/xml.h"
#include "t/fuzz/fuzz.h"

/* Valid text survives decoding, clipping, and both escapers. */
int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	char *p = exact_copy(d, n);
	struct slice s = slice_of(p, n);
	struct buf out = BUF_INIT(BUF_NOMAX), quoted = BUF_INIT(BUF_NOMAX);
	size_t bad = n, i = 0, count = 0, max;
	bool valid = utf8_valid(s, &bad);
	struct err e = ERR_INIT;
	json_t *j = NULL;
	int32_t cp;

	FUZZ_HOLDS(valid || bad < n);
	FUZZ_HOLDS(utf8_valid(slice_of(p, bad), NULL));
	while ((cp = utf8_next(s, &i)) >= 0) {
		FUZZ_HOLDS(utf8_put(&out, (uint32_t)cp) == ST_OK);
		count++;
	}
	FUZZ_HOLDS(i == n && count == utf8_count(s));
	FUZZ_HOLDS(utf8_valid(buf_slice(&out), NULL));
	FUZZ_HOLDS(valid == slice_eq(s, buf_slice(&out)));
	for (max = 0; valid && max <= n && max < 64; max++) {
		struct slice c = utf8_clip(s, max);

		FUZZ_HOLDS(c.n <= max && max - c.n < 4 && utf8_valid(c, NULL));
	}
	buf_clear(&out);
	(void)xml_escape_text(&out, s);
	FUZZ_HOLDS(out.n == 0 || memchr(out.p, '<', out.n) == NULL);
	(void)xml_escape_attr(&out, s);
	if (valid && memchr(n ? p : "", 0, n) == NULL) {
		(void)buf_addc(&quoted, '[');
		FUZZ_HOLDS(json_quote(&quoted, s) == ST_OK && buf_addc(&quoted, ']') == ST_OK);
		FUZZ_HOLDS(json_load(&j, buf_slice(&quoted), &e) == ST_OK);
		FUZZ_HOLDS(slice_eq(json_slice(json_array_get(j, 0)), s));
		json_decref(j);
	}
	buf_release(&out);
	buf_release(&quoted);
	free(p);
	return 0;
}
