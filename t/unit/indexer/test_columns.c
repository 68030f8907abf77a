/* What is told of a column beside its range: spread, quantiles, language, hints of personal data. */

#include <math.h>
#include <stdlib.h>

#include "indexer/extract/fact.h"
#include "indexer/extract/personal.h"
#include "indexer/extract/quant_int.h"
#include "t/unit/indexer/facts.h"

static void spread_of_few_values_is_exact(void **state)
{
	/* By hand: mean 5, sum of squares 32, n - 1 = 7; quantiles by R's type 7. */
	json_t *j = facts_str("a.csv", "v,w\n2,1e9\n4,1000000001\n4,1000000002\n4,1000000003\n5,1000000004\n5,1000000005\n7,1000000006\n9,1000000007\n"), *c = column(j, 0);

	assert_float_equal(2.138089935299395, real(c, "sd"), 1e-12);
	assert_float_equal(4.5, real(c, "quantiles.p50"), 0);
	assert_float_equal(4.0, real(c, "quantiles.p25"), 0);
	assert_float_equal(5.5, real(c, "quantiles.p75"), 0);
	assert_float_equal(2.7, real(c, "quantiles.p05"), 1e-12);
	assert_null(json_object_get(c, "quantilesExact"));
	/* Large values, small differences: nothing is lost. */
	assert_float_equal(2.449489742783178, real(column(j, 1), "sd"), 1e-9);
	json_decref(j);
}

static void one_value_has_no_deviation(void **state)
{
	json_t *j = facts_str("a.csv", "v,w\n3,a\n,b\n");

	assert_null(json_object_get(column(j, 0), "sd"));
	assert_float_equal(3, real(column(j, 0), "quantiles.p95"), 0);
	json_decref(j);
}

/* A million values in the worst orders: rank errors stay within five standard errors. */
static void quantiles_of_many_are_near(void **state)
{
	static const double at[] = { 0.05, 0.25, 0.5, 0.75, 0.95 };
	const unsigned n = 1000000;
	unsigned order, i;

	for (order = 0; order < 4; order++) {
		struct quant q;
		double out[5];

		quant_init(&q, 4096);
		for (i = 0; i < n; i++) {
			unsigned v = order == 0 ? i : order == 1 ? n - 1 - i : order == 2 ? (unsigned)((uint64_t)i * 7919 % n) : (i & 1 ? n - 1 - i : i);

			quant_add(&q, v);
		}
		assert_true(quant_get(&q, at, 5, out));
		assert_false(quant_exact(&q));
		for (i = 0; i < 5; i++)
			assert_true(fabs(out[i] / n - at[i]) < 0.05);
		quant_release(&q);
	}
}

static void values_that_tell_of_persons(void **state)
{
	static const struct { const char *value; enum personal want; } cases[] = {
		{ "taro.yamada@example.ac.jp", PD_EMAIL }, { "a@b", PD_NONE }, { "user@host.123", PD_NONE }, { "x @example.org", PD_NONE },
		{ "03-1234-5678", PD_PHONE }, { "090-1234-5678", PD_PHONE }, { "+81 3 1234 5678", PD_PHONE }, { "09012345678", PD_PHONE }, { "2024-01-15", PD_NONE },
		{ "123456789018", PD_MYNUMBER }, { "123456789017", PD_NONE }, { "4111111111111111", PD_CARD }, { "4111111111111112", PD_NONE },
		{ "192.168.10.1", PD_IP }, { "1.2.3.4.5", PD_NONE }, { "256.1.1.1", PD_NONE }, { "\xE3\x80\x92" "305-0047", PD_ADDRESS }, { "305-0047", PD_ADDRESS },
		{ "12.345678", PD_NONE }, { "", PD_NONE }, { "1234567", PD_NONE }, { "0.0000001", PD_NONE },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (personal_value(slice_str(cases[i].value)) != cases[i].want)
			fail_msg("'%s' is taken for %d", cases[i].value, personal_value(slice_str(cases[i].value)));
}

static void names_that_tell_of_persons(void **state)
{
	static const struct { const char *name; enum personal want; } cases[] = {
		{ "氏名", PD_NAME }, { "First Name", PD_NAME }, { "lastName", PD_NAME }, { "patient_name", PD_NAME }, { "species name", PD_NONE }, { "name", PD_NONE },
		{ "E-mail", PD_EMAIL }, { "メールアドレス", PD_EMAIL }, { "生年月日", PD_BIRTH }, { "date_of_birth", PD_BIRTH }, { "telescope", PD_NONE },
		{ "マイナンバー", PD_MYNUMBER }, { "電話番号（自宅）", PD_PHONE }, { "cell", PD_NONE }, { "temperature", PD_NONE },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (personal_header(slice_str(cases[i].name)) != cases[i].want)
			fail_msg("'%s' is taken for %d", cases[i].name, personal_header(slice_str(cases[i].name)));
}

static void columns_of_persons_are_told(void **state)
{
	json_t *j = facts_str("a.csv", "id,氏名,mail,birthday,value,note\n1,山田太郎,taro@example.jp,1990-01-02,3.5,a\n2,鈴木花子,hanako@example.jp,1985-05-06,4.5,b\n"
	    "3,佐藤次郎,jiro@example.jp,1970-07-08,5.5,c\n");

	assert_null(json_text(column(j, 0), "personal"));
	assert_string_equal("person-name", json_text(column(j, 1), "personal"));
	assert_string_equal("email", json_text(column(j, 2), "personal"));
	assert_string_equal("birth-date", json_text(column(j, 3), "personal"));
	assert_null(json_text(column(j, 4), "personal"));
	assert_null(json_text(column(j, 5), "personal"));
	json_decref(j);
}

static void running_text_has_a_language(void **state)
{
	json_t *j = facts_str("a.csv", "説明,note\nこれは観測の記録です。,The height of the tree is measured\n雨が降りました。,and the date of the day is noted\n"
	    "風が強い日でした。,to see the effect of the wind is useful\n");

	assert_string_equal("ja", json_text(column(j, 0), "language"));
	assert_string_equal("en", json_text(column(j, 1), "language"));
	json_decref(j);
}

/* Names of tables come from files: what is no UTF-8 must not break the document. */
static void a_table_may_be_called_anything(void **state)
{
	struct buf out = BUF_INIT(100000), doc = BUF_INIT(100000);
	struct fact *f = fact_new(90000);
	struct table *t = table_new(f, slice_of("\x8A\xCF\xFF", 3));
	json_t *j = NULL;

	table_column(t, slice_of("\xFE", 1));
	table_int(t, 0, 1);
	table_row(t);
	table_end(t, SLICE_NULL);
	assert_st(ST_OK, fact_write(f, &out));
	buf_addc(&doc, '{');
	buf_add(&doc, out.p + 1, out.n - 1);
	buf_addc(&doc, '}');
	assert_st(ST_OK, json_load(&j, buf_slice(&doc), NULL));
	assert_int_equal(1, number(j, "tables[0].rows"));
	json_decref(j);
	buf_release(&out);
	buf_release(&doc);
	fact_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spread_of_few_values_is_exact),
		cmocka_unit_test(one_value_has_no_deviation),
		cmocka_unit_test(quantiles_of_many_are_near),
		cmocka_unit_test(values_that_tell_of_persons),
		cmocka_unit_test(names_that_tell_of_persons),
		cmocka_unit_test(columns_of_persons_are_told),
		cmocka_unit_test(running_text_has_a_language),
		cmocka_unit_test(a_table_may_be_called_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
