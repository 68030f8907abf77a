/*
 * Identifiers. Ours: eight random characters of Crockford's base 32 are a number of 40 bits; two decimal digits follow, so that the number times 100
 * plus the digits is 1 modulo 97 (ISO 7064, MOD 97-10). 97 is a prime above 32 and divides neither 31 nor 90, hence every wrong character and
 * every swap of neighbours is noticed.
 */
#include <ctype.h>

#include "base/str.h"
#include "schema/pid.h"

static const char B32[] = "0123456789abcdefghjkmnpqrstvwxyz";

static int b32_value(char c)
{
	const char *at;

	c = (char)tolower((unsigned char)c);
	if (c == 'o')
		c = '0';
	if (c == 'i' || c == 'l')
		c = '1';
	at = c != '\0' ? strchr(B32, c) : NULL;
	return at != NULL ? (int)(at - B32) : -1;
}

static unsigned check_97(uint64_t n)
{
	return 98 - (unsigned)(n % 97 * 100 % 97);
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static void pid_write(char out[PID_LEN + 1], uint64_t n)
{
	char c[10];
	unsigned check = check_97(n);

	for (int i = 7; i >= 0; i--, n >>= 5)
		c[i] = B32[n & 31];
	c[8] = (char)('0' + check / 10);
	c[9] = (char)('0' + check % 10);
	memcpy(out, c, 5);
	out[5] = '-';
	memcpy(out + 6, c + 5, 5);
	out[PID_LEN] = '\0';
}

void pid_new(char out[PID_LEN + 1])
{
	uint8_t r[5];
	uint64_t n = 0;

	random_bytes(r, sizeof(r));
	for (size_t i = 0; i < sizeof(r); i++)
		n = n << 8 | r[i];
	pid_write(out, n);
}

bool pid_parse(char out[PID_LEN + 1], struct slice s)
{
	uint64_t n = 0;
	unsigned check = 0;
	int v[10];

	s = slice_trim(s);
	if (s.n != 10 && s.n != PID_LEN)
		return false;
	for (size_t i = 0, k = 0; i < s.n; i++) {
		if (i == 5 && s.n == PID_LEN) {
			if (s.p[i] != '-')
				return false;
			continue;
		}
		v[k] = b32_value(s.p[i]);
		if (v[k] < 0 || (k >= 8 && v[k] > 9))
			return false;
		k++;
	}
	for (int i = 0; i < 8; i++)
		n = n << 5 | (unsigned)v[i];
	check = (unsigned)(v[8] * 10 + v[9]);
	if (check != check_97(n))
		return false;
	pid_write(out, n);
	return true;
}

/* ISO 7064, MOD 11-2 over the first n-1 of ${n} characters; the last may be X. */
static bool mod_11_2(const char *p, size_t n)
{
	unsigned m = 0, want;

	for (size_t i = 0; i + 1 < n; i++) {
		if (!digit(p[i]))
			return false;
		m = (m + (unsigned)(p[i] - '0')) * 2 % 11;
	}
	want = (12 - m) % 11;
	return want == 10 ? p[n - 1] == 'X' : p[n - 1] == (char)('0' + want);
}

bool orcid_valid(struct slice s)
{
	char d[16];

	if (s.n != 19 || s.p[4] != '-' || s.p[9] != '-' || s.p[14] != '-')
		return false;
	for (size_t i = 0, k = 0; i < 19; i++)
		if (i % 5 != 4)
			d[k++] = s.p[i];
	return mod_11_2(d, sizeof(d));
}

bool isni_valid(struct slice s)
{
	char d[16];
	size_t k = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == ' ')
			continue;
		if (k == sizeof(d))
			return false;
		d[k++] = s.p[i];
	}
	return k == sizeof(d) && mod_11_2(d, sizeof(d));
}

/* Cut a prefix off, ASCII case ignored. */
static bool cut_prefix(struct slice *s, const char *prefix)
{
	size_t n = strlen(prefix);

	if (s->n < n || !slice_ieq_str(slice_of(s->p, n), prefix))
		return false;
	s->p += n;
	s->n -= n;
	return true;
}

static bool cut_http(struct slice *s)
{
	return cut_prefix(s, "https://") || cut_prefix(s, "http://");
}

/* ROR: a 0, six characters of base 32, two digits as in our own identifiers. */
static bool ror_bare(struct slice s)
{
	uint64_t n = 0;

	if (s.n != 9 || s.p[0] != '0' || !digit(s.p[7]) || !digit(s.p[8]))
		return false;
	for (size_t i = 1; i < 7; i++) {
		const char *at = memchr(B32, s.p[i], 32);

		if (at == NULL)
			return false;
		n = n << 5 | (unsigned)(at - B32);
	}
	return (unsigned)((s.p[7] - '0') * 10 + s.p[8] - '0') == check_97(n);
}

bool ror_valid(struct slice s)
{
	struct slice t = s;

	if (cut_http(&t)) {
		if (!cut_prefix(&t, "ror.org/"))
			return false;
		return ror_bare(t);
	}
	return ror_bare(s);
}

bool doi_valid(struct slice s)
{
	size_t i = 3;

	if (s.n < 7 || s.n > 2048 || memcmp(s.p, "10.", 3) != 0)
		return false;
	if (!digit(s.p[3]))
		return false;
	while (i < s.n && (digit(s.p[i]) || (s.p[i] == '.' && s.p[i - 1] != '.')))
		i++;
	if (i < 6 || i + 1 >= s.n || s.p[i] != '/' || s.p[i - 1] == '.')
		return false;
	for (i++; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
			return false;
	return true;
}

/* ---- Stored forms ---- */

typedef st_t norm_fn(struct buf *out, struct slice s);

static st_t add_lower(struct buf *out, struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		buf_addc(out, (char)tolower((unsigned char)s.p[i]));
	return out->st;
}

static st_t norm_doi(struct buf *out, struct slice s)
{
	struct buf plain = BUF_INIT(8192);
	struct slice t = s;
	st_t st;

	if (cut_http(&t)) {
		if (!cut_prefix(&t, "doi.org/") && !cut_prefix(&t, "dx.doi.org/") && !cut_prefix(&t, "www.doi.org/"))
			return ST_INVALID;
		if ((st = percent_decode(&plain, t, false)) != ST_OK)
			goto out;
		t = buf_slice(&plain);
	} else if (cut_prefix(&t, "doi:") || cut_prefix(&t, "info:doi/")) {
		t = slice_trim(t);
	} else if (!cut_prefix(&t, "doi.org/")) {
		cut_prefix(&t, "dx.doi.org/");
	}
	st = doi_valid(t) ? add_lower(out, t) : ST_INVALID;
out:
	buf_release(&plain);
	return st;
}

/* Sixteen characters into ${d}; blanks and ${sep} ignored, x as X. */
static bool sixteen(char d[16], struct slice s, char sep)
{
	size_t k = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == ' ' || s.p[i] == sep)
			continue;
		if (k == 16)
			return false;
		d[k++] = (char)toupper((unsigned char)s.p[i]);
	}
	return k == 16 && mod_11_2(d, 16);
}

static st_t norm_orcid(struct buf *out, struct slice s)
{
	char d[16];

	if (cut_http(&s)) {
		cut_prefix(&s, "www.");
		if (!cut_prefix(&s, "orcid.org/"))
			return ST_INVALID;
	} else if (!cut_prefix(&s, "orcid.org/")) {
		cut_prefix(&s, "orcid:");
	}
	if (s.n > 0 && s.p[s.n - 1] == '/')
		s.n--;
	if (!sixteen(d, s, '-'))
		return ST_INVALID;
	for (size_t i = 0; i < 16; i += 4) {
		if (i > 0)
			buf_addc(out, '-');
		buf_add(out, d + i, 4);
	}
	return out->st;
}

static st_t norm_isni(struct buf *out, struct slice s)
{
	char d[16];

	if (cut_http(&s)) {
		cut_prefix(&s, "www.");
		if (!cut_prefix(&s, "isni.org/"))
			return ST_INVALID;
		cut_prefix(&s, "isni/");
	} else {
		cut_prefix(&s, "isni:");
	}
	return sixteen(d, s, '-') ? buf_add(out, d, 16) : ST_INVALID;
}

static st_t norm_ror(struct buf *out, struct slice s)
{
	char d[9];

	cut_http(&s);
	if (!cut_prefix(&s, "ror.org/"))
		cut_prefix(&s, "ror:");
	if (s.n == 10 && s.p[9] == '/')
		s.n--;
	if (s.n != 9)
		return ST_INVALID;
	for (size_t i = 0; i < 9; i++)
		d[i] = (char)tolower((unsigned char)s.p[i]);
	if (!ror_bare(slice_of(d, 9)))
		return ST_INVALID;
	buf_adds(out, "https://ror.org/");
	return buf_add(out, d, 9);
}

static bool no_blanks(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
			return false;
	return s.n > 0;
}

static st_t norm_handle(struct buf *out, struct slice s)
{
	const char *slash;

	if (cut_http(&s)) {
		if (!cut_prefix(&s, "hdl.handle.net/"))
			return ST_INVALID;
	} else if (!cut_prefix(&s, "hdl:") && !cut_prefix(&s, "info:hdl/")) {
		cut_prefix(&s, "hdl.handle.net/");
	}
	slash = s.n > 0 ? memchr(s.p, '/', s.n) : NULL;
	if (!no_blanks(s) || slash == NULL || slash == s.p || slash + 1 == s.p + s.n)
		return ST_INVALID;
	for (const char *c = s.p; c < slash; c++)	/* a prefix is no scheme of an address */
		if (*c == ':')
			return ST_INVALID;
	return buf_addsl(out, s);
}

/* RFC 3986 in outline: scheme, colon, then printable ASCII or UTF-8 without blanks and the few characters no URL may hold; http needs a host. */
static st_t norm_url(struct buf *out, struct slice s)
{
	struct slice t = s;
	size_t i = 0;

	if (s.n == 0 || !isalpha((unsigned char)s.p[0]))
		return ST_INVALID;
	while (i < s.n && (isalnum((unsigned char)s.p[i]) || memchr("+-.", s.p[i], 3)))
		i++;
	if (i == s.n || s.p[i] != ':' || i + 1 == s.n)
		return ST_INVALID;
	for (i++; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f || memchr("<>\"{}|\\^`", s.p[i], 9))
			return ST_INVALID;
	if (cut_http(&t) || cut_prefix(&t, "ftp://"))
		if (t.n == 0 || memchr("/?#:@", t.p[0], 5) != NULL)
			return ST_INVALID;
	return buf_addsl(out, s);
}

static st_t norm_ark(struct buf *out, struct slice s)
{
	struct slice t = s;

	if (cut_http(&t)) {
		size_t i = 0;

		while (i + 4 <= t.n && !slice_ieq_str(slice_of(t.p + i, 4), "ark:"))
			i++;
		if (i + 4 > t.n)
			return ST_INVALID;
		t.p += i;
		t.n -= i;
	}
	if (!cut_prefix(&t, "ark:"))
		return ST_INVALID;
	if (t.n > 0 && t.p[0] == '/')
		t.p++, t.n--;
	if (!no_blanks(t) || memchr(t.p, '/', t.n) == NULL)
		return ST_INVALID;
	buf_adds(out, "ark:/");
	return buf_addsl(out, t);
}

static st_t norm_arxiv(struct buf *out, struct slice s)
{
	if (cut_http(&s)) {
		cut_prefix(&s, "www.");
		if (!cut_prefix(&s, "arxiv.org/") || !(cut_prefix(&s, "abs/") || cut_prefix(&s, "pdf/")))
			return ST_INVALID;
	} else {
		cut_prefix(&s, "arxiv:");
	}
	for (size_t i = 0; i < s.n; i++)
		if (!isalnum((unsigned char)s.p[i]) && memchr("./-", s.p[i], 3) == NULL)
			return ST_INVALID;
	return s.n > 0 ? buf_addsl(out, s) : ST_INVALID;
}

static st_t digits_only(struct buf *out, struct slice s, size_t least, size_t most)
{
	if (s.n < least || s.n > most)
		return ST_INVALID;
	for (size_t i = 0; i < s.n; i++)
		if (!digit(s.p[i]))
			return ST_INVALID;
	return buf_addsl(out, s);
}

static st_t norm_pmid(struct buf *out, struct slice s)
{
	if (cut_http(&s)) {
		if (!cut_prefix(&s, "pubmed.ncbi.nlm.nih.gov/") && !cut_prefix(&s, "www.ncbi.nlm.nih.gov/pubmed/"))
			return ST_INVALID;
		if (s.n > 0 && s.p[s.n - 1] == '/')
			s.n--;
	} else {
		cut_prefix(&s, "pmid:");
	}
	return digits_only(out, slice_trim(s), 1, 9);
}

static st_t norm_erad(struct buf *out, struct slice s)
{
	return digits_only(out, s, 8, 8);
}

static st_t norm_issn(struct buf *out, struct slice s)
{
	char d[8];
	size_t k = 0;
	unsigned sum = 0;

	if (cut_http(&s)) {
		if (!cut_prefix(&s, "portal.issn.org/resource/ISSN/"))
			return ST_INVALID;
	} else if (cut_prefix(&s, "urn:issn:") || cut_prefix(&s, "issn:") || cut_prefix(&s, "issn ")) {
		s = slice_trim(s);
	}
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '-' || s.p[i] == ' ')
			continue;
		if (k == 8)
			return ST_INVALID;
		d[k++] = (char)toupper((unsigned char)s.p[i]);
	}
	if (k != 8)
		return ST_INVALID;
	for (size_t i = 0; i < 8; i++) {
		if (!digit(d[i]) && !(i == 7 && d[i] == 'X'))
			return ST_INVALID;
		sum += (unsigned)(8 - i) * (unsigned)(d[i] == 'X' ? 10 : d[i] - '0');
	}
	if (sum % 11 != 0)
		return ST_INVALID;
	buf_add(out, d, 4);
	buf_addc(out, '-');
	return buf_add(out, d + 4, 4);
}

static st_t norm_isbn(struct buf *out, struct slice s)
{
	char d[13];
	size_t k = 0;
	unsigned sum = 0;

	if (!cut_prefix(&s, "urn:isbn:"))
		cut_prefix(&s, "isbn:");
	s = slice_trim(s);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '-' || s.p[i] == ' ')
			continue;
		if (k == 13)
			return ST_INVALID;
		d[k++] = (char)toupper((unsigned char)s.p[i]);
	}
	if (k != 10 && k != 13)
		return ST_INVALID;
	for (size_t i = 0; i < k; i++) {
		unsigned v = d[i] == 'X' ? 10 : (unsigned)(d[i] - '0');

		if (!digit(d[i]) && !(d[i] == 'X' && i == 9 && k == 10))
			return ST_INVALID;
		sum += k == 10 ? (unsigned)(10 - i) * v : (i % 2 ? 3 : 1) * v;
	}
	return sum % (k == 10 ? 11 : 10) == 0 ? buf_addsl(out, s) : ST_INVALID;
}

static st_t norm_funder(struct buf *out, struct slice s)
{
	struct slice t = s;

	if (cut_http(&t)) {
		if (!cut_prefix(&t, "doi.org/") && !cut_prefix(&t, "dx.doi.org/"))
			return ST_INVALID;
	} else {
		cut_prefix(&t, "doi:");
	}
	if (digit(t.n > 0 ? t.p[0] : ' ') && cut_prefix(&t, "10.13039/"))
		buf_adds(out, "10.13039/");
	else if (t.n >= 3 && slice_starts(t, "10."))
		return ST_INVALID;
	else
		buf_adds(out, "10.13039/");
	return no_blanks(t) ? buf_addsl(out, t) : ST_INVALID;
}

/*
 * One row a scheme that has rules. ${uri}: what stands before the value in its URI form; NULL: the value is one already, "" : it has none.
 */
struct scheme {
	const char *name;
	norm_fn *norm;
	const char *uri, *why;
};

static const struct scheme schemes[] = {
	{ "ARK", norm_ark, "https://n2t.net/", "expected ark:/NAAN/name" },
	{ "arXiv", norm_arxiv, "https://arxiv.org/abs/", "expected an arXiv identifier" },
	{ "Crossref Funder", norm_funder, "https://doi.org/", "expected a funder number or 10.13039/number" },
	{ "Crossref Funder ID", norm_funder, "https://doi.org/", "expected a funder number or 10.13039/number" },
	{ "DOI", norm_doi, "https://doi.org/", "expected 10.prefix/suffix" },
	{ "e-Rad", norm_erad, "", "expected eight digits" },
	{ "e-Rad_Researcher", norm_erad, "", "expected eight digits" },
	{ "EISSN", norm_issn, "https://portal.issn.org/resource/ISSN/", "expected eight digits with a right check digit" },
	{ "Handle", norm_handle, "https://hdl.handle.net/", "expected prefix/suffix" },
	{ "HDL", norm_handle, "https://hdl.handle.net/", "expected prefix/suffix" },
	{ "ISBN", norm_isbn, "urn:isbn:", "expected 10 or 13 digits with a right check digit" },
	{ "ISNI", norm_isni, "https://isni.org/isni/", "expected sixteen digits with a right check digit" },
	{ "ISSN", norm_issn, "https://portal.issn.org/resource/ISSN/", "expected eight digits with a right check digit" },
	{ "ORCID", norm_orcid, "https://orcid.org/", "expected 0000-0000-0000-0000 with a right check digit" },
	{ "PISSN", norm_issn, "https://portal.issn.org/resource/ISSN/", "expected eight digits with a right check digit" },
	{ "PMID", norm_pmid, "https://pubmed.ncbi.nlm.nih.gov/", "expected a number" },
	{ "PURL", norm_url, NULL, "expected an address" },
	{ "ROR", norm_ror, NULL, "expected https://ror.org/ and nine characters with right check digits" },
	{ "URI", norm_url, NULL, "expected scheme:rest without blanks" },
	{ "URL", norm_url, NULL, "expected scheme:rest without blanks" },
	/* Kept as given; only the way to write them as an address is known. */
	{ "AID", NULL, "https://ci.nii.ac.jp/author/", NULL },
	{ "bibcode", NULL, "https://ui.adsabs.harvard.edu/abs/", NULL },
	{ "CRID", NULL, "https://cir.nii.ac.jp/crid/", NULL },
	{ "GND", NULL, "https://d-nb.info/gnd/", NULL },
	{ "GRID", NULL, "https://grid.ac/institutes/", NULL },
	{ "IGSN", NULL, "https://doi.org/", NULL },
	{ "NAID", NULL, "https://ci.nii.ac.jp/naid/", NULL },
	{ "NCID", NULL, "https://ci.nii.ac.jp/ncid/", NULL },
	{ "RAiD", NULL, "https://raid.org/", NULL },
	{ "RRID", NULL, "https://scicrunch.org/resolver/", NULL },
	{ "SWHID", NULL, "https://archive.softwareheritage.org/", NULL },
	{ "VIAF", NULL, "https://viaf.org/viaf/", NULL },
	{ "w3id", NULL, NULL, NULL },
	{ "Wikidata", NULL, "https://www.wikidata.org/wiki/", NULL },
};

static const struct scheme *scheme_find(const char *name)
{
	struct slice n = slice_str(name);

	for (size_t i = 0; name != NULL && i < sizeof(schemes) / sizeof(*schemes); i++)
		if (slice_ieq_str(n, schemes[i].name))
			return &schemes[i];
	return NULL;
}

st_t pid_normalise(struct buf *out, const char *scheme, struct slice s, struct err *e)
{
	const struct scheme *row = scheme_find(scheme);
	size_t was = out->n;
	st_t st;

	s = slice_trim(s);
	if (s.n == 0)
		return err_set(e, ST_INVALID, "empty %s", scheme ? scheme : "identifier");
	if (row == NULL || row->norm == NULL)
		return buf_addsl(out, s);
	st = row->norm(out, s);
	if (st == ST_OK)
		return out->st;
	if (out->st == ST_OK && out->p != NULL) {
		out->n = was;
		out->p[was] = '\0';
	}
	if (st == ST_INVALID || st == ST_TOOBIG)
		return err_set(e, ST_INVALID, "not a valid %s: %s", row->name, row->why);
	return st;
}

st_t pid_uri(struct buf *out, const char *scheme, struct slice s)
{
	const struct scheme *row = scheme_find(scheme);

	s = slice_trim(s);
	if (row == NULL || s.n == 0)
		return ST_OK;
	if (row->uri == NULL || slice_starts(s, "https://") || slice_starts(s, "http://"))
		return buf_addsl(out, s);
	if (*row->uri == '\0')
		return ST_OK;
	buf_adds(out, row->uri);
	/* A DOI may hold any printable character; in an address most of them are escaped. */
	return percent_encode(out, s, "/:;()!*,@=+$&'");
}
