/* Tables of R, of the Virtual Observatory and of astronomers' text files: small ones made here, and the shared fixtures. */

#include "indexer/extract/source.h"
#include "t/unit/indexer/facts.h"

static json_t *facts_mem(const char *name, const void *p, size_t n)
{
	struct buf out = BUF_INIT((size_t)8 << 20);
	struct err e = ERR_INIT;
	struct source src;
	json_t *j = NULL;
	char *copy = malloc(n ? n : 1);

	memcpy(copy, p, n);
	source_mem(&src, copy, n);
	assert_st_e(ST_OK, extract_source(&src, name, &out, &e), &e);
	assert_st_e(ST_OK, json_load(&j, buf_slice(&out), &e), &e);
	buf_release(&out);
	free(copy);
	return j;
}

/* ---- R ---- */

static void r_int(struct buf *b, uint32_t v)
{
	const unsigned char p[4] = { (unsigned char)(v >> 24), (unsigned char)(v >> 16), (unsigned char)(v >> 8), (unsigned char)v };

	buf_add(b, p, 4);
}

static void r_real(struct buf *b, double d)
{
	uint64_t u;

	memcpy(&u, &d, sizeof(u));
	r_int(b, (uint32_t)(u >> 32));
	r_int(b, (uint32_t)u);
}

static void r_chars(struct buf *b, const char *s)
{
	r_int(b, 0x40009);
	r_int(b, s ? (uint32_t)strlen(s) : UINT32_MAX);
	buf_adds(b, s ? s : "");
}

static void r_text(struct buf *b, unsigned n, const char *const *s)
{
	unsigned i;

	r_int(b, 16);
	r_int(b, n);
	for (i = 0; i < n; i++)
		r_chars(b, s[i]);
}

/* A cell of a pairlist with a new symbol as its name. */
static void r_tag(struct buf *b, const char *name)
{
	r_int(b, 0x402);
	r_int(b, 1);
	r_chars(b, name);
}

static void r_begin(struct buf *b)
{
	buf_add(b, "X\n", 2);
	r_int(b, 2);
	r_int(b, 0x040202);
	r_int(b, 0x020300);
}

static void r_frame(struct buf *b)
{
	r_begin(b);
	r_int(b, 0x313);			/* a list with class and attributes */
	r_int(b, 4);
	r_int(b, 0x30D);			/* factor */
	r_int(b, 3);
	r_int(b, 1);
	r_int(b, 2);
	r_int(b, 0x80000000);
	r_tag(b, "levels");
	r_text(b, 2, (const char *const[]){ "low", "high" });
	r_tag(b, "class");
	r_text(b, 1, (const char *const[]){ "factor" });
	r_int(b, 254);
	r_int(b, 0x30E);			/* Date */
	r_int(b, 3);
	r_real(b, 19723);
	r_real(b, 19724);
	r_real(b, 19725);
	r_int(b, 0x402);
	r_int(b, 2 << 8 | 255);			/* "class" again */
	r_text(b, 1, (const char *const[]){ "Date" });
	r_int(b, 254);
	r_text(b, 3, (const char *const[]){ "a", NULL, "NA" });
	r_int(b, 10);				/* logical */
	r_int(b, 3);
	r_int(b, 1);
	r_int(b, 0);
	r_int(b, 0x80000000);
	r_tag(b, "names");
	r_text(b, 4, (const char *const[]){ "f", "d", "s", "b" });
	r_tag(b, "row.names");
	r_int(b, 13);
	r_int(b, 2);
	r_int(b, 0x80000000);
	r_int(b, (uint32_t)-3);
	r_int(b, 0x402);
	r_int(b, 2 << 8 | 255);
	r_text(b, 1, (const char *const[]){ "data.frame" });
	r_int(b, 254);
}

static void a_data_frame_of_r_is_a_table(void **state)
{
	struct buf b = BUF_INIT(BUF_NOMAX);
	json_t *j;

	r_frame(&b);
	j = facts_mem("a.rds", b.p, b.n);
	assert_string_equal("rdata", text(j, "extractor"));
	assert_string_equal("ok", text(j, "status"));
	assert_string_equal("RDS", text(j, "format.name"));
	assert_string_equal("4.2.2", text(j, "attributes.R"));
	assert_int_equal(3, number(j, "tables[0].rows"));
	assert_string_equal("f", text(column(j, 0), "name"));
	assert_string_equal("high", text(column(j, 0), "values.2"));
	assert_int_equal(1, number(column(j, 0), "missing"));
	assert_string_equal("string", text(column(j, 0), "type"));
	assert_string_equal("2024-01-01", text(column(j, 1), "min"));
	assert_string_equal("2024-01-03", text(column(j, 1), "max"));
	assert_int_equal(1, number(column(j, 2), "missing"));
	assert_int_equal(2, number(column(j, 2), "distinct"));
	assert_string_equal("boolean", text(column(j, 3), "type"));
	assert_int_equal(1, number(column(j, 3), "missing"));
	json_decref(j);
	buf_release(&b);
}

static void r_data_that_are_cut_off_say_so(void **state)
{
	struct buf b = BUF_INIT(BUF_NOMAX);
	size_t n;
	json_t *j;

	r_frame(&b);
	for (n = 14; n < b.n; n += 7) {
		j = facts_mem("a.rds", b.p, n);
		assert_string_equal("unreadable", text(j, "status"));
		json_decref(j);
	}
	buf_release(&b);
}

/* Lists inside each other without end, and a count of 2^52 values that are nowhere. */
static void r_data_are_bounded(void **state)
{
	struct buf b = BUF_INIT(BUF_NOMAX);
	unsigned i;
	json_t *j;

	r_begin(&b);
	for (i = 0; i < 100000; i++) {
		r_int(&b, 19);
		r_int(&b, 1);
	}
	j = facts_mem("a.rds", b.p, b.n);
	assert_string_equal("unreadable", text(j, "status"));
	assert_non_null(strstr(text(j, "reason"), "nested deeper"));
	json_decref(j);
	buf_clear(&b);
	r_begin(&b);
	r_int(&b, 0x313);
	r_int(&b, 1);
	r_int(&b, 238);
	r_tag(&b, "x");				/* made below: the class stands as a value */
	b.n -= 4 * 4 + 1;
	r_int(&b, 2);
	r_int(&b, 1);
	r_chars(&b, "compact_intseq");
	r_int(&b, 254);
	r_int(&b, 14);
	r_int(&b, 3);
	r_real(&b, 4e15);
	r_real(&b, 1);
	r_real(&b, 1);
	r_int(&b, 254);
	r_tag(&b, "class");
	r_text(&b, 1, (const char *const[]){ "data.frame" });
	r_int(&b, 254);
	j = facts_mem("a.rds", b.p, b.n);
	assert_string_equal("partial", text(j, "status"));
	assert_non_null(strstr(text(j, "reason"), "more values"));
	json_decref(j);
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_data_frame_of_r_is_a_table),
		cmocka_unit_test(r_data_that_are_cut_off_say_so),
		cmocka_unit_test(r_data_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
