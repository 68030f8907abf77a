/* What tables in text promise. */

#include "t/unit/indexer/facts.h"

#include <math.h>

static void rows_columns_and_types_are_found(void **state)
{
	json_t *j = facts_str("a.csv", "id,t,ok,day,at,name\n1,1.5,true,2026-04-01,2026-04-01T09:00:00Z,x\n2,-3,false,2026-04-02,2026-04-01T10:00:00+09:00,y\n");

	assert_string_equal("ok", text(j, "status"));
	assert_string_equal("text/csv", text(j, "media"));
	assert_string_equal("us-ascii", text(j, "encoding"));
	assert_int_equal(2, number(j, "tables[0].rows"));
	assert_true(json_is_true(json_at(j, "tables[0].plain")));
	assert_string_equal("integer", text(column(j, 0), "type"));
	assert_string_equal("number", text(column(j, 1), "type"));
	assert_string_equal("boolean", text(column(j, 2), "type"));
	assert_string_equal("date", text(column(j, 3), "type"));
	assert_string_equal("datetime", text(column(j, 4), "type"));
	assert_string_equal("string", text(column(j, 5), "type"));
	assert_string_equal("2026-04-01T01:00:00Z", text(column(j, 4), "min"));
	assert_true(real(column(j, 1), "min") == -3 && real(column(j, 1), "max") == 1.5);
	json_decref(j);
}

static void pieces_of_any_size_give_the_same_facts(void **state)
{
	static const char csv[] = "\xEF\xBB\xBF" "a,\"b \"\"q\"\"\",\xE5\x80\xA4\r\n1,\"x\r\ny,z\",\xE9\x89\x84\r\n,\"\",\xE9\x8A\x85\r\n3,\"x\r\ny,z\",\xE9\x89\x84\r\n4,\"end\"\"\",\"\xE9\x89\x84\"";
	json_t *whole = facts_of("a.csv", csv, sizeof(csv) - 1, 1 << 20), *cut;
	size_t step;

	assert_int_equal(4, number(whole, "tables[0].rows"));
	assert_string_equal("b \"q\"", text(column(whole, 1), "name"));
	assert_string_equal("x\r\ny,z", text(column(whole, 1), "top[0].value"));
	for (step = 1; step < sizeof(csv); step++) {
		cut = facts_of("a.csv", csv, sizeof(csv) - 1, step);
		assert_true(json_equal(whole, cut));
		json_decref(cut);
	}
	json_decref(whole);
}

/* The same, but longer than what the head holds, so that the pieces reach decoder and scanner. */
static void pieces_behind_the_head_give_the_same_facts(void **state)
{
	struct buf b = BUF_INIT((size_t)8 << 20);
	json_t *whole, *cut;
	size_t step;
	int i;

	buf_adds(&b, "n,text,w\n");
	for (i = 0; i < 40000; i++)
		buf_addf(&b, "%d,\"a \"\"%d\"\"\r\n\xE9\x89\x84,\",%d.25\r\n", i, i % 7, i % 50);
	whole = facts_of("a.csv", b.p, b.n, b.n);
	assert_int_equal(40000, number(whole, "tables[0].rows"));
	assert_int_equal(7, number(column(whole, 1), "distinct"));
	assert_int_equal(50, number(column(whole, 2), "distinct"));
	for (step = 61; step < 70000; step = step * 3 + 2) {
		cut = facts_of("a.csv", b.p, b.n, step);
		assert_true(json_equal(whole, cut));
		json_decref(cut);
	}
	json_decref(whole);
	buf_release(&b);
}

static void integers_are_summed_exactly(void **state)
{
	json_t *j = facts_str("a.csv", "v\n999999999999999999\n999999999999999997\n-999999999999999999\n2\n");

	assert_int_equal(-999999999999999999LL, number(column(j, 0), "min"));
	assert_int_equal(999999999999999999LL, number(column(j, 0), "max"));
	assert_true(real(column(j, 0), "mean") == 249999999999999999.75);
	json_decref(j);
}

static void decimals_are_read_to_the_last_bit(void **state)
{
	static const char *const v[] = { "0.1", "123456.789012", "1e22", "1.7976931348623157e308", "5e-324", "9007199254740993.0", "3.141592653589793238",
	    "1e-7", "00.5", "-0.000001" };
	char csv[100];
	size_t i;

	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		json_t *j;

		snprintf(csv, sizeof(csv), "a,b\nx,%s\ny,%s\n", v[i], v[i]);
		j = facts_str("a.csv", csv);
		if (strcmp(v[i], "00.5") == 0)
			assert_string_equal("string", text(column(j, 1), "type"));
		else
			assert_true(real(column(j, 1), "min") == strtod(v[i], NULL));
		json_decref(j);
	}
}

static void names_and_codes_stay_text(void **state)
{
	json_t *j = facts_str("a.csv", "zip,big,far,hex,time\n01234,1234567890123456789012,3e400,0x1p3,15:00:00\n00100,1,1,1,16:00:00\n");
	unsigned i;

	for (i = 0; i < 5; i++)
		assert_string_equal("string", text(column(j, i), "type"));
	assert_non_null(check(j, "leading-zeros"));
	json_decref(j);
}

static void infinities_poison_nothing(void **state)
{
	json_t *j = facts_str("a.csv", "x,y\ninf,a\n-inf,b\nNaN,c\n1,d\n3,e\n");

	assert_string_equal("number", text(column(j, 0), "type"));
	assert_int_equal(2, number(column(j, 0), "nonFinite"));
	assert_int_equal(1, number(column(j, 0), "missing"));
	assert_string_equal("NaN", text(column(j, 0), "missingCodes[0]"));
	assert_true(real(column(j, 0), "mean") == 2 && real(column(j, 0), "min") == 1 && real(column(j, 0), "max") == 3);
	json_decref(j);
}

static void histogram_counts_every_value_once(void **state)
{
	struct buf b = BUF_INIT((size_t)8 << 20);
	json_t *j, *edges, *counts;
	unsigned seed = 12345, i, k, order;
	double v[3000];

	for (order = 0; order < 3; order++) {
		buf_clear(&b);
		buf_adds(&b, "k,v\n");
		for (i = 0; i < 3000; i++) {
			seed = seed * 1103515245u + 12345u;
			v[i] = order == 0 ? (seed >> 8) / 1e4 - 700 : order == 1 ? i * 0.37 - 5 : pow(10, (int)(i % 21) - 10.0) * (i % 2 ? -1 : 1);
			buf_addf(&b, "a,%.17g\n", v[i]);
		}
		j = facts_of("a.csv", b.p, b.n, 4096);
		edges = json_at(column(j, 1), "histogram.edges");
		counts = json_at(column(j, 1), "histogram.counts");
		assert_true(json_array_size(counts) >= 1 && json_array_size(counts) <= 20);
		assert_int_equal(json_array_size(counts) + 1, json_array_size(edges));
		for (k = 0; k < json_array_size(counts); k++) {
			double lo = json_number_value(json_array_get(edges, k)), hi = json_number_value(json_array_get(edges, k + 1));
			long long n = 0;

			for (i = 0; i < 3000; i++)
				n += v[i] >= lo && v[i] < hi;
			assert_int_equal(n, json_integer_value(json_array_get(counts, k)));
		}
		json_decref(j);
	}
	buf_release(&b);
}

static void distinct_is_exact_to_ten_thousand_then_near(void **state)
{
	static const unsigned sizes[] = { 1, 999, 1000, 1001, 9999, 10000, 10001, 20000, 60000, 200000 };
	struct buf b = BUF_INIT((size_t)32 << 20);
	size_t s;
	unsigned i;

	for (s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		json_t *j;
		double got;

		buf_clear(&b);
		buf_adds(&b, "a,b\n");
		for (i = 0; i < sizes[s]; i++)
			buf_addf(&b, "v%u,1\nv%u,1\n", i, i / 2);
		j = facts_of("a.csv", b.p, b.n, 65536);
		got = real(column(j, 0), "distinct");
		if (sizes[s] <= 10000)
			assert_int_equal(sizes[s], got);
		assert_int_equal(sizes[s] <= 10000, json_is_true(json_object_get(column(j, 0), "distinctExact")));
		assert_true(fabs(got - sizes[s]) <= sizes[s] * 0.07);	/* over four standard errors */
		json_decref(j);
	}
	buf_release(&b);
}

static void top_values_are_counted(void **state)
{
	json_t *j = facts_str("a.csv", "s,n\nb,1\na,2\nb,3\nc,4\nb,5\nc,6\n");

	assert_string_equal("b", text(column(j, 0), "top[0].value"));
	assert_int_equal(3, number(column(j, 0), "top[0].count"));
	assert_string_equal("c", text(column(j, 0), "top[1].value"));
	assert_null(json_object_get(column(j, 1), "top"));	/* each once: nothing is on top */
	json_decref(j);
}

static void dialects_are_told_apart(void **state)
{
	static const struct { const char *csv, *delim; } d[] = {
		{ "a;b\n1,5;2\n3,5;4\n", ";" }, { "a\tb\n1\t2\n", "\t" }, { "a|b\n1|2\n", "|" }, { "a^b\n1^2\n", "^" }, { "a:b\n1:2\n", ":" },
		{ "a,b\n\"x;y\",2\n\"z;w\",4\n", "," },
	};
	size_t i;

	for (i = 0; i < sizeof(d) / sizeof(d[0]); i++) {
		json_t *j = facts_str("a.csv", d[i].csv);

		assert_string_equal(d[i].delim, text(j, "dialect.delimiter"));
		assert_int_equal(2, json_array_size(json_at(j, "tables[0].columns")));
		json_decref(j);
	}
}

static void decimal_commas_are_numbers(void **state)
{
	json_t *j = facts_str("a.csv", "t;v\n1;20,5\n2;21,25\n3;-0,5\n");

	assert_string_equal(",", text(j, "dialect.decimal"));
	assert_string_equal("number", text(column(j, 1), "type"));
	assert_true(real(column(j, 1), "max") == 21.25);
	assert_false(json_is_true(json_at(j, "tables[0].plain")));
	json_decref(j);
}

static void a_table_without_names_has_no_header(void **state)
{
	json_t *j = facts_str("a.csv", "1,2.5\n2,3.5\n3,4.5\n");

	assert_true(json_is_false(json_at(j, "dialect.header")));
	assert_int_equal(3, number(j, "tables[0].rows"));
	assert_string_equal("column1", text(column(j, 0), "name"));
	json_decref(j);
	j = facts_str("a.csv", "country,2001,2002,2003\nJapan,1,2,3\nPeru,4,5,6\n");	/* years are names */
	assert_true(json_is_true(json_at(j, "dialect.header")));
	assert_int_equal(2, number(j, "tables[0].rows"));
	json_decref(j);
}

static void a_units_row_is_no_data(void **state)
{
	json_t *j = facts_str("a.csv", "sample,T,U\n-,\xE2\x84\x83,mV\ns1,20.5,1\ns2,21.5,2\n");

	assert_int_equal(2, number(j, "dialect.unitsRow"));
	assert_int_equal(2, number(j, "tables[0].rows"));
	assert_string_equal("\xE2\x84\x83", text(column(j, 1), "unit"));
	assert_string_equal("number", text(column(j, 1), "type"));
	assert_null(json_object_get(column(j, 0), "unit"));
	json_decref(j);
	j = facts_str("a.csv", "sample,T,U\nNA,NA,NA\ns1,20.5,1\ns2,21.5,2\n");	/* missing values are no units */
	assert_null(json_at(j, "dialect.unitsRow"));
	assert_int_equal(3, number(j, "tables[0].rows"));
	json_decref(j);
}

static void units_in_names_are_found(void **state)
{
	json_t *j = facts_str("a.csv", "T [K],mass (mg),p_hPa,site_id,note (old),v (m/s)\n1,2,3,4,5,6\n");

	assert_string_equal("K", text(column(j, 0), "unit"));
	assert_string_equal("mg", text(column(j, 1), "unit"));
	assert_string_equal("hPa", text(column(j, 2), "unit"));
	assert_null(json_object_get(column(j, 3), "unit"));
	assert_null(json_object_get(column(j, 4), "unit"));
	assert_string_equal("m/s", text(column(j, 5), "unit"));
	json_decref(j);
}

static void every_column_has_its_own_name(void **state)
{
	json_t *j = facts_str("a.csv", "id,id,,id,id.1\n1,2,3,4,5\n");
	const char *want[] = { "id", "id.1", "Unnamed: 2", "id.2", "id.1.1" };
	unsigned i;

	for (i = 0; i < 5; i++)
		assert_string_equal(want[i], text(column(j, i), "name"));
	assert_string_equal("id", text(column(j, 1), "header"));
	assert_non_null(check(j, "duplicate-names"));
	assert_non_null(check(j, "empty-names"));
	json_decref(j);
}

static void ragged_rows_are_counted_and_none_is_dropped(void **state)
{
	json_t *j = facts_str("a.csv", "a,b,c\n1,2,3\n1\n1,2,3,4\n1,2,3\n1,2");

	assert_int_equal(5, number(j, "tables[0].rows"));
	assert_int_equal(3, number(check(j, "ragged-rows"), "count"));
	assert_int_equal(2, number(check(j, "ragged-rows"), "row"));
	assert_int_equal(1, number(column(j, 1), "missing"));
	assert_int_equal(2, number(column(j, 2), "missing"));
	assert_non_null(check(j, "cut-short"));
	json_decref(j);
}

static void line_ends_may_be_mixed(void **state)
{
	json_t *j = facts_str("a.csv", "a,b\r\n1,2\n3,4\r5,\"x\r\ny\"\r\n");

	assert_int_equal(3, number(j, "tables[0].rows"));
	assert_string_equal("mixed", text(j, "dialect.lineEnd"));
	json_decref(j);
	j = facts_str("a.csv", "a,b\r1,2\r3,4\r");
	assert_int_equal(2, number(j, "tables[0].rows"));
	assert_string_equal("cr", text(j, "dialect.lineEnd"));
	json_decref(j);
}

static void blank_and_comment_lines_are_skipped(void **state)
{
	json_t *j = facts_str("a.csv", "# made by hand\n# twice\na,b\n1,2\n\n# later\n3,4\n\n");

	assert_int_equal(2, number(j, "tables[0].rows"));
	assert_int_equal(3, number(check(j, "comment-lines"), "count"));
	assert_int_equal(2, number(check(j, "blank-lines"), "count"));
	json_decref(j);
	j = facts_str("a.csv", "#a,b\n1,2\n3,4\n");	/* a name that starts with it */
	assert_string_equal("#a", text(column(j, 0), "name"));
	assert_int_equal(2, number(j, "tables[0].rows"));
	json_decref(j);
}

static void what_cannot_be_read_says_why(void **state)
{
	static const struct { const char *bytes; size_t n; const char *why; } bad[] = {
		{ "a,b\n1,\0\0\n2,x\0y\n", 15, "a NUL character at byte 6" },
		{ "a,b\n1,\"x\ny,1\n", 13, "the quote opened in record 2 is never closed" },
		{ "\xE5\x88\x97,v\nok,1\n\x83\x5C\x94\x5C,2\n\xB4\xC1\xBB\xFA,3\n", 25, "in no text encoding known here, from byte 0 on" },
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		json_t *j = facts_of("a.csv", bad[i].bytes, bad[i].n, 4);

		assert_string_equal("unreadable", text(j, "status"));
		assert_string_equal(bad[i].why, text(j, "reason"));
		assert_null(json_object_get(j, "tables"));
		json_decref(j);
	}
}

static void a_wrong_byte_far_behind_the_head_is_named(void **state)
{
	struct buf b = BUF_INIT((size_t)8 << 20);
	char want[80];
	json_t *j;
	int i;

	buf_adds(&b, "a,\xE5\x80\xA4\n");
	for (i = 0; i < 60000; i++)
		buf_addf(&b, "%d,\xE9\x89\x84\n", i);
	snprintf(want, sizeof(want), "not valid UTF-8 from byte %zu on", b.n + 2);
	buf_adds(&b, "x,\x93\xFA\x96\x7B\n");
	j = facts_of("a.csv", b.p, b.n, 4096);
	assert_string_equal("unreadable", text(j, "status"));
	assert_string_equal(want, text(j, "reason"));
	json_decref(j);
	buf_release(&b);
}

static void a_cell_has_an_end_whatever_the_line_has_not(void **state)
{
	struct buf b = BUF_INIT((size_t)32 << 20);
	json_t *j;
	int i;

	buf_adds(&b, "a,b\n1,\"");
	for (i = 0; i < 300000; i++)
		buf_adds(&b, "zzzzzzzzzz");
	buf_adds(&b, "\"\n");
	j = facts_of("a.csv", b.p, b.n, 65536);
	assert_string_equal("unreadable", text(j, "status"));
	assert_string_equal("the quote opened in record 2 is not closed within 1 MB", text(j, "reason"));
	json_decref(j);
	buf_release(&b);
}

static void too_many_columns_are_said(void **state)
{
	struct buf b = BUF_INIT((size_t)8 << 20);
	json_t *j;
	int i, row;

	for (row = 0; row < 2; row++)
		for (i = 0; i < 100000; i++)
			buf_addf(&b, row ? "%d%s" : "c%d%s", i, i < 99999 ? "," : "\n");
	j = facts_of("a.csv", b.p, b.n, 65536);
	assert_string_equal("partial", text(j, "status"));
	assert_string_equal("100000 columns, only the first 20000 are described", text(j, "reason"));
	assert_int_equal(100000, number(j, "tables[0].columnCount"));
	assert_int_equal(20000, json_array_size(json_at(j, "tables[0].columns")));
	assert_int_equal(1, number(j, "tables[0].rows"));
	json_decref(j);
	buf_release(&b);
}

static void facts_keep_to_their_ceiling(void **state)
{
	struct buf b = BUF_INIT((size_t)8 << 20), out = BUF_INIT(200000);
	struct extract *x = NULL;
	struct err e = ERR_INIT;
	json_t *j = NULL;
	int i, row;

	for (row = 0; row < 3; row++)
		for (i = 0; i < 1000; i++)
			buf_addf(&b, row ? "%d.5%s" : "c%d%s", i + row, i < 999 ? "," : "\n");
	assert_st(ST_OK, extract_new(&x, "a.csv", b.n, &e));
	assert_st(ST_OK, extract_push(x, b.p, b.n, &e));
	assert_st(ST_OK, extract_end(x, &out, &e));
	assert_st(ST_OK, json_load(&j, buf_slice(&out), &e));
	assert_string_equal("partial", text(j, "status"));
	assert_int_equal(1000, json_array_size(json_at(j, "tables[0].columns")));
	json_decref(j);
	extract_free(x);
	buf_release(&b);
	buf_release(&out);
}

static void japanese_encodings_are_told_apart(void **state)
{
	/* id,名 / 1,ソ能表予 / 2,ポ｜ー : second bytes 5C and 7C */
	static const struct { const char *bytes, *enc; } e[] = {
		{ "id,\x96\xBC\n1,\"\x83\x5C\x94\x5C\x95\x5C\x97\x5C\"\n2,\x83\x7C\x81\x62\x81\x5B\n", "shift_jis" },
		{ "id,\xCC\xBE\n1,\"\xA5\xBD\xC7\xBD\xC9\xBD\xCD\xBD\"\n2,\xA5\xDD\xA1\xC3\xA1\xBC\n", "euc-jp" },
		{ "id,\x1b$BL>\x1b(B\n1,\"\x1b$B%=G=I=M=\x1b(B\"\n2,\x1b$B%]!C!<\x1b(B\n", "iso-2022-jp" },
		{ "id,\xE5\x90\x8D\n1,\"\xE3\x82\xBD\xE8\x83\xBD\xE8\xA1\xA8\xE4\xBA\x88\"\n2,\xE3\x83\x9D\xEF\xBD\x9C\xE3\x83\xBC\n", "utf-8" },
	};
	size_t i, step;

	for (i = 0; i < 4; i++)
		for (step = 1; step < 40; step += 6) {
			json_t *j = facts_of("a.csv", e[i].bytes, strlen(e[i].bytes), step);

			assert_string_equal("ok", text(j, "status"));
			assert_string_equal(e[i].enc, text(j, "encoding"));
			assert_int_equal(2, json_array_size(json_at(j, "tables[0].columns")));
			assert_int_equal(2, number(j, "tables[0].rows"));
			assert_string_equal("\xE5\x90\x8D", text(column(j, 1), "name"));
			assert_int_equal(4, number(column(j, 1), "maxLength"));
			json_decref(j);
		}
}

static void hostile_cells_are_text_like_any_other(void **state)
{
	json_t *j = facts_str("a.csv", "name,v\n\"=HYPERLINK(\"\"http://127.0.0.1/\"\",\"\"x\"\")\",1\n@SUM(1+1),3\n-2+3,4\n\t=1+1,5\n-2,6\n");

	assert_int_equal(4, number(check(j, "formula"), "count"));
	assert_string_equal("integer", text(column(j, 1), "type"));
	json_decref(j);
	j = facts_str("a.csv", "<script>alert(1)</script>,b\n\"javascript:alert(1)\",2\n");
	assert_string_equal("<script>alert(1)</script>", text(column(j, 0), "name"));
	json_decref(j);
}

static void text_and_foreign_formats_are_not_tables(void **state)
{
	static const struct { const char *name, *bytes; size_t n; const char *extractor, *media; } f[] = {
		{ "README.md", "# Title\n\nSome words, and more, of the and of the.\n", 47, "text", "text/markdown" },
		{ "notes.txt", "one, two\nthree\nfour, five, six\nseven\n", 35, "text", "text/plain" },
		{ "x.csv", "\x7F" "ELF00000000", 12, "none", "application/x-executable" },
		{ "x.json", "{\"a\":[1,2]}\n", 12, "json", "application/json" },
		{ "points.dat", "1.5\t2.5\n2.5\t3.5\n3.5\t4.5\n", 24, "csv", "text/tab-separated-values" },
	};
	size_t i;

	for (i = 0; i < sizeof(f) / sizeof(f[0]); i++) {
		json_t *j = facts_of(f[i].name, f[i].bytes, f[i].n, 7);

		assert_string_equal(f[i].extractor, text(j, "extractor"));
		assert_string_equal(f[i].media, text(j, "media"));
		if (strcmp(f[i].extractor, "none") == 0)
			assert_string_equal("unknown", text(j, "status"));
		json_decref(j);
	}
}

static void an_empty_file_is_no_failure(void **state)
{
	json_t *j = facts_str("zero.csv", "");

	assert_string_equal("ok", text(j, "status"));
	assert_int_equal(0, number(j, "tables[0].rows"));
	json_decref(j);
	j = facts_str("zero.bin", "");
	assert_string_equal("ok", text(j, "status"));
	json_decref(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_columns_and_types_are_found),
		cmocka_unit_test(pieces_of_any_size_give_the_same_facts),
		cmocka_unit_test(pieces_behind_the_head_give_the_same_facts),
		cmocka_unit_test(integers_are_summed_exactly),
		cmocka_unit_test(decimals_are_read_to_the_last_bit),
		cmocka_unit_test(names_and_codes_stay_text),
		cmocka_unit_test(infinities_poison_nothing),
		cmocka_unit_test(histogram_counts_every_value_once),
		cmocka_unit_test(distinct_is_exact_to_ten_thousand_then_near),
		cmocka_unit_test(top_values_are_counted),
		cmocka_unit_test(dialects_are_told_apart),
		cmocka_unit_test(decimal_commas_are_numbers),
		cmocka_unit_test(a_table_without_names_has_no_header),
		cmocka_unit_test(a_units_row_is_no_data),
		cmocka_unit_test(units_in_names_are_found),
		cmocka_unit_test(every_column_has_its_own_name),
		cmocka_unit_test(ragged_rows_are_counted_and_none_is_dropped),
		cmocka_unit_test(line_ends_may_be_mixed),
		cmocka_unit_test(blank_and_comment_lines_are_skipped),
		cmocka_unit_test(what_cannot_be_read_says_why),
		cmocka_unit_test(a_wrong_byte_far_behind_the_head_is_named),
		cmocka_unit_test(a_cell_has_an_end_whatever_the_line_has_not),
		cmocka_unit_test(too_many_columns_are_said),
		cmocka_unit_test(facts_keep_to_their_ceiling),
		cmocka_unit_test(japanese_encodings_are_told_apart),
		cmocka_unit_test(hostile_cells_are_text_like_any_other),
		cmocka_unit_test(text_and_foreign_formats_are_not_tables),
		cmocka_unit_test(an_empty_file_is_no_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
