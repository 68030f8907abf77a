#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "schema/pid.h"

static const char B32[] = "0123456789abcdefghjkmnpqrstvwxyz";

static void a_fresh_identifier_reads_back(void **state)
{
	char id[PID_LEN + 1], back[PID_LEN + 1];

	for (int i = 0; i < 1000; i++) {
		pid_new(id);
		assert_int_equal(strlen(id), PID_LEN);
		assert_true(pid_parse(back, slice_str(id)));
		assert_string_equal(id, back);
	}
}

static void people_may_type_it_their_way(void **state)
{
	static const char *const ways[] = { "k7x2m-9q494", "K7X2M-9Q494", "k7x2m9q494", "  k7x2m-9Q494\t" };
	char id[PID_LEN + 1], oil[PID_LEN + 1];

	for (size_t i = 0; i < 4; i++) {
		assert_true(pid_parse(id, slice_str(ways[i])));
		assert_string_equal(id, "k7x2m-9q494");
	}
	/* o for 0, i and l for 1, found by trying identifiers until one has both digits */
	for (;;) {
		char twisted[PID_LEN + 1];

		pid_new(id);
		if (strchr(id, '0') == NULL || strchr(id, '1') == NULL)
			continue;
		memcpy(twisted, id, sizeof(id));
		*strchr(twisted, '0') = 'O';
		*strchr(twisted, '1') = 'l';
		assert_true(pid_parse(oil, slice_str(twisted)));
		assert_string_equal(oil, id);
		break;
	}
}

static void every_wrong_character_is_noticed(void **state)
{
	char id[PID_LEN + 1], wrong[PID_LEN + 1], out[PID_LEN + 1];

	for (int round = 0; round < 300; round++) {
		pid_new(id);
		for (size_t i = 0; i < PID_LEN; i++) {
			if (i == 5)
				continue;
			for (size_t k = 0; k < 32; k++) {
				if (B32[k] == id[i])
					continue;
				memcpy(wrong, id, sizeof(id));
				wrong[i] = B32[k];
				assert_false(pid_parse(out, slice_str(wrong)));
			}
		}
	}
}

static void every_swap_of_neighbours_is_noticed(void **state)
{
	char id[PID_LEN + 1], wrong[PID_LEN + 1], out[PID_LEN + 1];

	for (int round = 0; round < 2000; round++) {
		pid_new(id);
		for (size_t i = 0; i + 1 < PID_LEN; i++) {
			size_t a = i, b = i + 1 == 5 ? 6 : i + 1;

			if (a == 5 || id[a] == id[b])
				continue;
			memcpy(wrong, id, sizeof(id));
			wrong[a] = id[b];
			wrong[b] = id[a];
			assert_false(pid_parse(out, slice_str(wrong)));
		}
	}
}

static void what_is_no_identifier_is_refused(void **state)
{
	static const char *const bad[] = { "", "-", "k7x2m-9q49", "k7x2m-9q4944", "k7x2-m9q494", "k7x2m_9q494", "k7x2u-9q494", "k7x2m--9q494", "k7x2m-9q4\xff" };
	char out[PID_LEN + 1];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(pid_parse(out, slice_str(bad[i])));
	assert_false(pid_parse(out, slice_of("k7x2m-9q4\0" "4", 11)));
	assert_false(pid_parse(out, SLICE_NULL));
}

static void check_digits_of_others_are_checked(void **state)
{
	assert_true(orcid_valid(SLICE("0000-0002-1825-0097")));
	assert_true(orcid_valid(SLICE("0000-0001-5109-3700")));
	assert_true(orcid_valid(SLICE("0000-0002-1694-233X")));
	assert_false(orcid_valid(SLICE("0000-0002-1825-0096")));
	assert_false(orcid_valid(SLICE("0000-0002-1825-009X")));
	assert_false(orcid_valid(SLICE("0000000218250097")));
	assert_false(orcid_valid(SLICE("https://orcid.org/0000-0002-1825-0097")));
	assert_true(isni_valid(SLICE("0000 0001 2103 2683")));
	assert_true(isni_valid(SLICE("0000000121032683")));
	assert_false(isni_valid(SLICE("0000000121032684")));
	assert_true(ror_valid(SLICE("https://ror.org/057zh3y96")));
	assert_true(ror_valid(SLICE("057zh3y96")));
	assert_true(ror_valid(SLICE("https://ror.org/00097mb19")));
	assert_true(ror_valid(SLICE("01ggx4157")));
	assert_false(ror_valid(SLICE("057zh3y97")));
	assert_false(ror_valid(SLICE("https://example.org/057zh3y96")));
	assert_true(doi_valid(SLICE("10.1234/abc")));
	assert_true(doi_valid(SLICE("10.1000.10/a(b)<c>;d")));
	assert_false(doi_valid(SLICE("10.1234/")));
	assert_false(doi_valid(SLICE("10./abc")));
	assert_false(doi_valid(SLICE("11.1234/abc")));
	assert_false(doi_valid(SLICE("10.1234/a b")));
	assert_false(doi_valid(SLICE("https://doi.org/10.1234/abc")));
}

static void gives(const char *scheme, const char *in, const char *out)
{
	struct buf b = BUF_INIT(1000);
	struct err e = ERR_INIT;
	st_t st = pid_normalise(&b, scheme, slice_str(in), &e);

	if (out == NULL) {
		assert_int_equal(st, ST_INVALID);
		assert_true(strlen(e.text) > 5);
		assert_int_equal(b.n, 0);
	} else {
		if (st != ST_OK)
			fail_msg("%s %s: %s", scheme, in, e.text);
		assert_string_equal(b.p, out);
	}
	buf_release(&b);
}

static void identifiers_are_stored_bare(void **state)
{
	gives("DOI", "https://doi.org/10.1234/ABC", "10.1234/abc");
	gives("DOI", "http://dx.doi.org/10.1234/a%20b%3C", NULL);
	gives("DOI", "http://dx.doi.org/10.1234/a%3Cb", "10.1234/a<b");
	gives("doi", "doi:10.1234/ABC", "10.1234/abc");
	gives("DOI", "info:doi/10.5281/Zenodo.1", "10.5281/zenodo.1");
	gives("DOI", "https://example.org/10.1234/abc", NULL);
	gives("ORCID", "http://orcid.org/0000-0002-1694-233x", "0000-0002-1694-233X");
	gives("ORCID", "0000000218250097", "0000-0002-1825-0097");
	gives("ORCID", "0000-0002-1825-0098", NULL);
	gives("ROR", "057ZH3Y96", "https://ror.org/057zh3y96");
	gives("ROR", "ror.org/057zh3y96", "https://ror.org/057zh3y96");
	gives("ROR", "057zh3y95", NULL);
	gives("ISNI", "https://isni.org/isni/0000000121032683", "0000000121032683");
	gives("ISNI", "0000 0001 2103 2683", "0000000121032683");
	gives("Handle", "https://hdl.handle.net/2115/64495", "2115/64495");
	gives("Handle", "hdl:2115/64495", "2115/64495");
	gives("Handle", "2115", NULL);
	gives("URL", " https://example.org/a?b#c ", "https://example.org/a?b#c");
	gives("URL", "example.org", NULL);
	gives("URL", "http:///x", NULL);
	gives("URL", "https://example.org/a b", NULL);
	gives("e-Rad_Researcher", "20212345", "20212345");
	gives("e-Rad_Researcher", "2021234", NULL);
	gives("ISSN", "ISSN 0028-0836", "0028-0836");
	gives("ISSN", "00280837", NULL);
	gives("ISBN", "978-4-7649-0000-0", NULL);
	gives("ISBN", "978-3-16-148410-0", "978-3-16-148410-0");
	gives("arXiv", "https://arxiv.org/abs/2101.00001", "2101.00001");
	gives("ARK", "https://n2t.net/ark:/12345/x", "ark:/12345/x");
	gives("PMID", "https://pubmed.ncbi.nlm.nih.gov/123/", "123");
	gives("Crossref Funder ID", "https://doi.org/10.13039/501100001691", "10.13039/501100001691");
	gives("Crossref Funder ID", "501100001691", "10.13039/501100001691");
	gives("made-up", "  kept ", "kept");
	gives("DOI", "   ", NULL);
}

static void uri(const char *scheme, const char *in, const char *out)
{
	struct buf b = BUF_INIT(1000);

	assert_int_equal(pid_uri(&b, scheme, slice_str(in)), ST_OK);
	assert_string_equal(b.p != NULL ? b.p : "", out);
	buf_release(&b);
}

static void the_address_follows_from_the_value(void **state)
{
	uri("DOI", "10.1234/a<b>", "https://doi.org/10.1234/a%3Cb%3E");
	uri("ORCID", "0000-0002-1825-0097", "https://orcid.org/0000-0002-1825-0097");
	uri("ROR", "https://ror.org/057zh3y96", "https://ror.org/057zh3y96");
	uri("ISNI", "0000000121032683", "https://isni.org/isni/0000000121032683");
	uri("Handle", "2115/64495", "https://hdl.handle.net/2115/64495");
	uri("e-Rad_Researcher", "20212345", "");
	uri("made-up", "x", "");
}

static void a_stored_form_stays_as_it_is(void **state)
{
	static const struct { const char *scheme, *v; } all[] = { { "DOI", "10.1234/a<b" }, { "ORCID", "0000-0002-1694-233X" }, { "ROR", "https://ror.org/057zh3y96" },
		{ "ISNI", "0000000121032683" }, { "Handle", "2115/64495" }, { "ARK", "ark:/1/x" }, { "arXiv", "2101.00001" }, { "ISSN", "0028-0836" },
		{ "Crossref Funder ID", "10.13039/501100001691" }, { "PMID", "123" } };

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		gives(all[i].scheme, all[i].v, all[i].v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fresh_identifier_reads_back),
		cmocka_unit_test(people_may_type_it_their_way),
		cmocka_unit_test(every_wrong_character_is_noticed),
		cmocka_unit_test(every_swap_of_neighbours_is_noticed),
		cmocka_unit_test(what_is_no_identifier_is_refused),
		cmocka_unit_test(check_digits_of_others_are_checked),
		cmocka_unit_test(identifiers_are_stored_bare),
		cmocka_unit_test(the_address_follows_from_the_value),
		cmocka_unit_test(a_stored_form_stays_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
