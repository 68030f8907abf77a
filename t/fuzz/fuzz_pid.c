#include "schema/pid.h"
#include "t/fuzz/fuzz.h"

/* First byte: the scheme. What is normalised is normal; our own identifiers read back. */
int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	static const char *const schemes[] = { "DOI", "ORCID", "ROR", "ISNI", "Handle", "URL", "ARK", "arXiv", "PMID", "ISSN", "ISBN", "Crossref Funder ID", "other" };
	struct buf once = BUF_INIT(1 << 20), twice = BUF_INIT(1 << 20), uri = BUF_INIT(BUF_NOMAX);
	char id[PID_LEN + 1], again[PID_LEN + 1], *p;
	const char *scheme;
	struct err e = ERR_INIT;
	struct slice s;

	if (n == 0)
		return 0;
	scheme = schemes[d[0] % (sizeof(schemes) / sizeof(*schemes))];
	p = exact_copy(d + 1, n - 1);
	s = slice_of(p, n - 1);
	if (pid_parse(id, s)) {
		FUZZ_HOLDS(pid_parse(again, slice_str(id)));
		FUZZ_HOLDS(strcmp(id, again) == 0);
	}
	(void)(orcid_valid(s) + isni_valid(s) + ror_valid(s) + doi_valid(s));
	if (pid_normalise(&once, scheme, s, &e) == ST_OK) {
		FUZZ_HOLDS(once.n > 0);
		FUZZ_HOLDS(pid_normalise(&twice, scheme, buf_slice(&once), &e) == ST_OK);
		FUZZ_HOLDS(slice_eq(buf_slice(&once), buf_slice(&twice)));
		FUZZ_HOLDS(pid_uri(&uri, scheme, buf_slice(&once)) == ST_OK);
	} else {
		FUZZ_HOLDS(once.n == 0 && e.text[0] != '\0');
	}
	free(p);
	buf_release(&once);
	buf_release(&twice);
	buf_release(&uri);
	return 0;
}
