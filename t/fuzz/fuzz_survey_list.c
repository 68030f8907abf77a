#include "cli/survey.h"
#include "t/fuzz/fuzz.h"

/* A list that a person edited: it is read or refused with the line; what was read is complete, and each value comes back when written out again. */

static void holds_value(const char *v)
{
	struct buf quoted = BUF_INIT(BUF_NOMAX), back = BUF_INIT(BUF_NOMAX);

	if (v != NULL) {
		FUZZ_HOLDS(list_quote(&quoted, v) == ST_OK);
		FUZZ_HOLDS(memchr(quoted.p ? quoted.p : "", '\n', quoted.n) == NULL);
		FUZZ_HOLDS(list_unquote(&back, buf_slice(&quoted)) == ST_OK);
		FUZZ_HOLDS(slice_eq_str(buf_slice(&back), v));
	}
	buf_release(&quoted);
	buf_release(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	char *p = exact_copy(d, n), *apart;
	struct err e = ERR_INIT;
	struct list l;
	size_t i, k;
	st_t st = list_read(&l, slice_of(p, n), &e);

	free(p);
	FUZZ_HOLDS(st == ST_OK || (st == ST_INVALID && strncmp(e.text, "line ", 5) == 0));
	for (i = 0; st == ST_OK && i < l.v.n; i++) {
		const struct list_entry *x = &l.v.v[i];

		FUZZ_HOLDS(x->folder != NULL && x->folder[0] == '/' && x->line > 0);
		FUZZ_HOLDS(i == 0 || x->line > l.v.v[i - 1].line);
		holds_value(x->folder);
		holds_value(x->title);
		for (k = 0; k < x->filter.n_include; k++)
			FUZZ_HOLDS(x->filter.include[k] != NULL);
		for (k = 0; k < x->filter.n_exclude; k++)
			FUZZ_HOLDS(x->filter.exclude[k] != NULL);
		apart = list_apart(x);
		FUZZ_HOLDS(apart != NULL);
		free(apart);
	}
	if (st == ST_OK)
		list_release(&l);
	return 0;
}
