#include "t/fuzz/fuzz.h"

#include "base/utf8.h"
#include "indexer/search.h"
#include "indexer/tok.h"
#include "indexer/tok_ja.h"

/* Units come in order, inside the text, as valid UTF-8; the pairs of a run cover it; a snippet never holds a mark that is not ours. */
int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	char *p = exact_copy(d, n);
	struct tok t;
	struct tok_unit u;
	size_t last = 0, from = 0, to = 0;
	struct buf b = BUF_INIT(1 << 20);

	tok_init(&t, slice_of(p, n));
	while (tok_next(&t, &u)) {
		FUZZ_HOLDS(u.from <= u.to && u.to <= n && u.from >= last);
		FUZZ_HOLDS(u.text.n > 0 && utf8_valid(u.text, NULL));
		FUZZ_HOLDS(u.kind == TOK_RUN || u.text.n <= TOK_WORD_MAX);
		last = u.from;
		if (u.kind == TOK_RUN) {
			struct slice pair;
			size_t i = 0, count = 0;
			struct buf v[JA_VARIANTS];

			while (ja_pair(u.text, &i, &pair))
				count++;
			FUZZ_HOLDS(count == utf8_count(u.text));
			for (size_t k = ja_variants(u.text, v); k > 0; k--)
				FUZZ_HOLDS(utf8_valid(buf_slice(&v[k - 1]), NULL));
			for (size_t k = 0; k < JA_VARIANTS; k++)
				buf_release(&v[k]);
		}
	}
	tok_release(&t);
	FUZZ_HOLDS(search_snippet(&b, slice_of(p, n), "a data の 気温 x*", 120) == ST_OK);
	for (size_t i = 0; i < b.n; i++) {
		from += b.p[i] == '\x02';
		to += b.p[i] == '\x03';
		FUZZ_HOLDS(from - to <= 1);
	}
	FUZZ_HOLDS(from == to);
	buf_release(&b);
	free(p);
	return 0;
}
