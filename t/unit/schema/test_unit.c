#include "t/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "schema/unit_int.h"

static const char *const kinds[] = { "linear", "instant", "other", "label" };

static bool parse(struct unit *u, const char *text)
{
	return unit_parse(u, slice_str(text), NULL);
}

static bool near(double a, double b)
{
	return fabs(a - b) <= 1e-14 * fmax(fabs(a), fabs(b));
}

/* One line of units.tsv; the cells are cut in place. */
static void check_line(char *line)
{
	char *cell[5] = { line, "", "", "", "" }, *tab;
	struct unit u;

	for (int i = 1; i < 5 && (tab = strchr(cell[i - 1], '\t')) != NULL; i++) {
		*tab = '\0';
		cell[i] = tab + 1;
	}
	if (cell[1][0] == '-') {
		if (parse(&u, cell[0]))
			fail_msg("'%s' is taken for '%s'", cell[0], u.ucum);
		return;
	}
	if (!parse(&u, cell[0]))
		fail_msg("'%s' is not read", cell[0]);
	if (strcmp(kinds[u.kind], cell[1]) != 0 || strcmp(u.ucum, cell[2]) != 0)
		fail_msg("'%s': got %s '%s', want %s '%s'", cell[0], kinds[u.kind], u.ucum, cell[1], cell[2]);
	if (cell[3][0] != '\0' && (!near(u.factor, strtod(cell[3], NULL)) || !near(u.offset, strtod(cell[4], NULL))))
		fail_msg("'%s': got %.17g and %.17g, want %s and %s", cell[0], u.factor, u.offset, cell[3], cell[4]);
}

static void units_are_read_as_people_write_them(void **state)
{
	const char *src = getenv("AZEKURA_SRC");
	struct buf b = BUF_INIT(1 << 20);
	struct err e = ERR_INIT;
	unsigned lines = 0;
	char path[1000], *line, *next;

	(void)state;
	snprintf(path, sizeof(path), "%s/t/unit/schema/units.tsv", src != NULL ? src : "..");
	assert_st_e(ST_OK, fs_read_file(path, &b, &e), &e);
	buf_addc(&b, '\0');
	for (line = b.p; (next = strchr(line, '\n')) != NULL; line = next + 1) {
		*next = '\0';
		if (line == b.p)
			continue;	/* what the columns are */
		check_line(line);
		lines++;
	}
	assert_true(lines > 700);
	buf_release(&b);
}

/* The code of every unit of the table, and of every one that QUDT names, is read as the same unit. */
static void codes_read_back(void **state)
{
	struct unit u, v;

	(void)state;
	for (size_t i = 0; i < unit_n_rows; i++) {
		const char *code = unit_rows[i].ucum;

		if (code[0] == '~')
			continue;
		if (!parse(&u, code))
			fail_msg("'%s' is not read", code);
		if (u.kind == UNIT_LABEL || u.ucum[0] == '\0')
			continue;
		if (!parse(&v, u.ucum) || strcmp(u.ucum, v.ucum) != 0 || !near(u.factor, v.factor) || !unit_dims_eq(&u.dims, &v.dims))
			fail_msg("'%s' becomes '%s' becomes '%s'", code, u.ucum, v.ucum);
	}
	for (size_t i = 0; i < unit_n_qudts; i++) {
		char iri[200];

		snprintf(iri, sizeof(iri), UNIT_QUDT "%s", unit_qudts[i].name);
		if (!unit_from_qudt(&u, slice_str(iri)) || u.qudt == NULL || strcmp(u.qudt, unit_qudts[i].name) != 0)
			fail_msg("'%s' (%s) comes back as '%s'", unit_qudts[i].name, unit_qudts[i].ucum, u.qudt != NULL ? u.qudt : "nothing");
		if (unit_qudts[i].ucum[0] != '~' && strcmp(u.ucum, unit_qudts[i].ucum) != 0)
			fail_msg("'%s' is '%s', not '%s'", unit_qudts[i].name, u.ucum, unit_qudts[i].ucum);
	}
	assert_false(unit_from_qudt(&u, SLICE("unit:NOPE")));
}

static void no_symbol_stands_twice(void **state)
{
	(void)state;
	for (size_t i = 0; i < unit_n_rows; i++)
		for (size_t j = 0; j < unit_n_rows; j++) {
			char key[64];
			if (i == j || strlen(unit_rows[j].ucum) > 60)
				continue;
			assert_string_not_equal(unit_rows[i].ucum, unit_rows[j].ucum);
			snprintf(key, sizeof(key), " %s ", unit_rows[j].ucum[0] == '~' ? unit_rows[j].ucum + 1 : unit_rows[j].ucum);
			if (strstr(unit_rows[i].symbols, key) != NULL)
				fail_msg("'%s' stands at '%s' as well", unit_rows[j].ucum, unit_rows[i].ucum);
		}
}

static void what_is_expected_decides_between_two_meanings(void **state)
{
	static const struct unit_dims kelvin = { { [UNIT_K] = 1 } }, angle = { { [UNIT_RAD] = 1 } }, pressure = { { -1, 1, -2 } }, number = { { 0 } }, speed = { { 1, 0, -1 } };
	struct unit u;

	(void)state;
	assert_true(unit_parse(&u, SLICE("C"), &kelvin));
	assert_string_equal("Cel", u.ucum);
	assert_true(unit_parse(&u, SLICE("C"), NULL));
	assert_string_equal("C", u.ucum);
	assert_true(unit_parse(&u, SLICE("F"), &kelvin));
	assert_string_equal("[degF]", u.ucum);
	assert_true(unit_parse(&u, SLICE("\xe5\xba\xa6"), &kelvin));
	assert_string_equal("Cel", u.ucum);
	assert_true(unit_parse(&u, SLICE("\xe5\xba\xa6"), &angle));
	assert_string_equal("deg", u.ucum);
	assert_true(unit_parse(&u, SLICE("mb"), &pressure));
	assert_string_equal("mbar", u.ucum);
	assert_true(unit_parse(&u, SLICE("ppt"), &number));
	assert_string_equal("[pptr]", u.ucum);
	assert_true(unit_parse(&u, SLICE("kt"), &speed));
	assert_string_equal("[kn_i]", u.ucum);
	assert_true(unit_parse(&u, SLICE("kt"), &angle));
	assert_int_equal(UNIT_LABEL, u.kind);
	assert_true(unit_parse(&u, SLICE("m"), &kelvin));	/* no doubt about a metre, whatever was expected */
	assert_string_equal("m", u.ucum);
}

static void dimensions_have_a_text(void **state)
{
	struct unit_dims d;
	struct unit u;
	char t[UNIT_DIMS_TEXT];

	(void)state;
	assert_true(parse(&u, "W/m2"));
	assert_string_equal("kg.s-3", unit_dims_text(t, &u.dims));
	assert_true(unit_dims_read(&d, SLICE("kg.s-3")));
	assert_true(unit_dims_eq(&d, &u.dims));
	assert_true(unit_dims_read(&d, SLICE("1")));
	assert_false(unit_dims_read(&d, SLICE("W.m-2")));
	assert_false(unit_dims_read(&d, SLICE("")));
}

static void names_carry_units(void **state)
{
	static const char *const have[][2] = { { "T [K]", "K" }, { "Mass (g)", "g" }, { "pressure_hPa", "hPa" }, { "depth_mm", "mm" }, { "speed (m/s)", "m/s" }, { "rate_pct", "pct" } };
	static const char *const have_not[] = { "temp_min", "site_a", "people_count", "valid_at", "a_m", "name (person)", "id", "built_in", "end_year", "x_2", "x_10", "v_max", "T (old)" };

	(void)state;
	for (size_t i = 0; i < sizeof(have) / sizeof(have[0]); i++)
		assert_slice(unit_of_name(slice_str(have[i][0])), have[i][1]);
	for (size_t i = 0; i < sizeof(have_not) / sizeof(have_not[0]); i++)
		if (unit_of_name(slice_str(have_not[i])).n > 0)
			fail_msg("a unit in '%s'", have_not[i]);
	assert_false(unit_like(SLICE("5 m")));
	assert_false(unit_like(SLICE("2")));
	assert_true(unit_like(SLICE("1")));
	assert_true(unit_like(SLICE("[mm]")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(units_are_read_as_people_write_them),
		cmocka_unit_test(codes_read_back),
		cmocka_unit_test(no_symbol_stands_twice),
		cmocka_unit_test(what_is_expected_decides_between_two_meanings),
		cmocka_unit_test(dimensions_have_a_text),
		cmocka_unit_test(names_carry_units),
	};
	return cmocka_run_group_tests_name("unit", tests, NULL, NULL);
}
