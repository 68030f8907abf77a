/*
 * Tables of the shared fixtures against what strict readers said of them (manifest.json). Where the manifest's own reading is one
 * of several, ours is listed here with the reason.
 */

#include <ftw.h>
#include <sys/wait.h>
#include <sys/stat.h>
#include <unistd.h>

#include "t/unit/indexer/facts.h"

static const char *shared_dir(void)
{
	static char path[4096];
	const char *s = getenv("AZEKURA_SHARED"), *src = getenv("AZEKURA_SRC"), *ci = getenv("CI");

	snprintf(path, sizeof(path), "%s%s", s ? s : src ? src : "..", s ? "" : "/../shared");
	if (fs_exists(path))
		return path;
	if (ci && strcmp(ci, "true") == 0)
		fail_msg("no shared folder at '%s'", path);
	skip();
	return NULL;
}

/* Another reading than the manifest's, and why it is the better one. */
static const struct { const char *path, *why; } read_otherwise[] = {
	{ "datasets/frictionless-different-separators/tab.csv", "tabs in a file called .csv" },
	{ "tabular/institution16_20141128.csv", "tabs in a file called .csv" },
	{ "tabular/issue-647.csv.txt", "semicolons; by commas no two rows agree" },
	{ "tabular/table-with-accents.csv", "semicolons and decimal commas, French accents" },
	{ "tabular/matrix-with-comment.csv", "the first line is a comment" },
};

static bool otherwise(const char *path)
{
	size_t i;

	for (i = 0; i < sizeof(read_otherwise) / sizeof(read_otherwise[0]); i++)
		if (strcmp(path, read_otherwise[i].path) == 0)
			return true;
	return false;
}

static const char *encoding_name(const char *manifest)
{
	static const char *const names[][2] = { { "ascii", "us-ascii" }, { "cp932", "shift_jis" }, { "iso2022-jp", "iso-2022-jp" },
	    { "utf-16", "utf-16le" }, { "mac-roman", "macintosh" } };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(manifest, names[i][0]) == 0)
			return names[i][1];
	return manifest;
}

static bool has_code(const json_t *column, const char *code)
{
	const json_t *v;
	size_t i;

	json_array_foreach(json_object_get(column, "missingCodes"), i, v)
		if (strcmp(json_string_value(v), code) == 0)
			return true;
	return false;
}

static unsigned complain(const char *path, const char *what, const char *got, const char *want)
{
	print_error("%s: %s: %s, the manifest has %s\n", path, what, got, want);
	return 1;
}

/* Ours may know more: n/a is BIDS's own missing value, Y/M/D a date, and a number with a wide blank behind it is none. */
static unsigned compare_column(const char *path, const json_t *ours, const json_t *theirs)
{
	const char *type = json_text(ours, "type"), *want = json_text(theirs, "type"), *format = json_text(ours, "format");
	long long missing = number(ours, "missing"), want_missing = number(theirs, "missing");

	if (has_code(ours, "n/a") || strcmp(path, "tabular/okunaihinanjyo.csv") == 0)
		return 0;
	if (strncmp(want, "string", 6) == 0)
		want = "string";
	if (strcmp(type, want) != 0 && !(format && strcmp(want, "string") == 0))
		return complain(path, json_text(ours, "name"), type, want);
	return missing == want_missing ? 0 : complain(path, json_text(ours, "name"), "other missing values", "not");
}

static unsigned compare(const char *path, const json_t *ours, const json_t *facts)
{
	const char *enc = encoding_name(text(facts, "encoding")), *got = json_text(ours, "encoding");
	const json_t *columns = json_at(ours, "tables[0].columns"), *theirs = json_object_get(facts, "column_facts_first_60"), *c;
	unsigned bad = 0;
	size_t i;

	if (strcmp(text(ours, "status"), "ok") != 0)
		return complain(path, "status", text(ours, "status"), "facts");
	if (strcmp(text(ours, "dialect.delimiter"), text(facts, "delimiter")) != 0)
		return complain(path, "delimiter", text(ours, "dialect.delimiter"), text(facts, "delimiter"));
	if (strcmp(enc, got) != 0 && !(strcmp(got, "us-ascii") == 0 && strcmp(enc, "utf-8") == 0))
		bad += complain(path, "encoding", got, enc);
	if (number(ours, "tables[0].rows") != number(facts, "data_rows"))
		bad += complain(path, "rows", "other", "not");
	if ((long long)json_array_size(columns) != number(facts, "columns"))
		return bad + complain(path, "columns", "other", "not");
	if (json_is_true(json_at(ours, "dialect.header")) != (strcmp(text(facts, "header"), "none") != 0))
		bad += complain(path, "header", "other", text(facts, "header"));
	json_array_foreach(theirs, i, c)
		bad += compare_column(path, json_array_get(columns, i), c);
	return bad;
}

static json_t *load_json(const char *dir, const char *name)
{
	struct buf b = BUF_INIT((size_t)64 << 20);
	struct err e = ERR_INIT;
	char *path = fs_join(dir, name);
	json_t *j = NULL;

	assert_st_e(ST_OK, fs_read_file(path, &b, &e), &e);
	assert_st_e(ST_OK, json_load(&j, buf_slice(&b), &e), &e);
	buf_release(&b);
	free(path);
	return j;
}

static void tables_are_read_as_strict_readers_do(void **state)
{
	char *dir = fs_join(shared_dir(), "fixtures");
	json_t *manifest = load_json(dir, "manifest.json"), *f, *facts, *ours;
	unsigned bad = 0, seen = 0;
	const char *path, *kind;
	size_t i;

	json_array_foreach(json_object_get(manifest, "files"), i, f) {
		facts = json_object_get(f, "facts");
		path = json_text(f, "path");
		kind = json_text(facts, "kind");
		if (kind == NULL || strcmp(kind, "csv") != 0 || otherwise(path))
			continue;
		char *full = fs_join(dir, path);

		ours = facts_file(full, path);
		bad += compare(path, ours, facts);
		seen++;
		json_decref(ours);
		free(full);
	}
	print_message("# %u tables\n", seen);
	assert_true(seen > 100);
	assert_int_equal(0, bad);
	json_decref(manifest);
	free(dir);
}

static json_t *generated(const char *name)
{
	char *dir = fs_join(shared_dir(), "fixtures/generated"), *path = fs_join(dir, name);
	json_t *j = facts_file(path, name);

	free(path);
	free(dir);
	return j;
}

static void units(const json_t *j, const char *const *want)
{
	unsigned i;

	for (i = 0; want[i]; i++) {
		const char *u = json_text(column(j, i), "unit");

		if (strcmp(u ? u : "", want[i]) != 0)
			fail_msg("unit %u is '%s', not '%s'", i, u ? u : "", want[i]);
	}
}

static void instruments_and_spreadsheets_are_understood(void **state)
{
	static const char *const degrees[] = { "", "\xE2\x84\x83", "mV", "\xCE\xBC" "A", NULL };
	static const char *const toa5[] = { "TS", "RN", "Deg C", "%", "meters/second", "mm", NULL };
	static const char *const mm[] = { "", "mm", "\xC2\xB0" "C", NULL };
	json_t *j;

	j = generated("units_row_cp932.csv");
	assert_string_equal("shift_jis", text(j, "encoding"));
	assert_int_equal(25, number(j, "tables[0].rows"));
	units(j, degrees);
	json_decref(j);
	j = generated("units_row_eucjp.tsv");
	assert_string_equal("euc-jp", text(j, "encoding"));
	assert_int_equal(25, number(j, "tables[0].rows"));
	units(j, degrees);
	json_decref(j);
	j = generated("logger_toa5.dat");
	assert_int_equal(144, number(j, "tables[0].rows"));
	assert_int_equal(2, number(column(j, 2), "missing"));
	assert_string_equal("2026-04-02T08:50:00", text(column(j, 0), "max"));
	units(j, toa5);
	json_decref(j);
	j = generated("decimal_comma_latin1.csv");
	assert_string_equal("iso-8859-1", text(j, "encoding"));
	assert_int_equal(48, number(j, "tables[0].rows"));
	assert_string_equal("D.M.YYYY h:m", text(column(j, 0), "format"));
	assert_string_equal("number", text(column(j, 1), "type"));
	units(j, mm);
	json_decref(j);
	j = generated("arduino_cut.csv");
	assert_int_equal(201, number(j, "tables[0].rows"));
	assert_non_null(check(j, "cut-short"));
	json_decref(j);
	j = generated("wareki_dates.csv");
	assert_string_equal("wareki", text(column(j, 0), "format"));
	assert_int_equal(32, number(j, "tables[0].rows"));
	json_decref(j);
	j = generated("si_powder.xy");
	assert_int_equal(3501, number(j, "tables[0].rows"));
	assert_true(real(column(j, 0), "min") == 10 && real(column(j, 0), "max") == 80);
	assert_int_equal(9045, number(column(j, 1), "max"));
	json_decref(j);
}

static int remove_one(const char *path, const struct stat *sb, int flag, struct FTW *f)
{
	return remove(path);
}

static void hostile_tables_are_read_or_refused_with_a_reason(void **state)
{
	char dir[] = "/tmp/azekura-hostile-XXXXXX", cmd[8192], name[300];
	const char *shared = shared_dir(), *file;
	json_t *manifest, *c, *j;
	unsigned seen = 0;
	size_t i;
	FILE *p;

	assert_non_null(mkdtemp(dir));
	snprintf(cmd, sizeof(cmd), "%s/hostile/make_hostile.py", shared);
	if (access(cmd, R_OK) != 0)
		skip();
	snprintf(name, sizeof(name), "%s/run.sh", dir);
	p = fopen(name, "w");
	assert_non_null(p);
	fprintf(p, "exec python3 '%s' '%s' --scale 0.05 --only csv >/dev/null\n", cmd, dir);
	fclose(p);
	/* The generator is Python; without it there is nothing to test. */
	snprintf(cmd, sizeof(cmd), "%s", name);
	if (access("/usr/bin/python3", X_OK) != 0)
		skip();
	pid_t pid = fork();
	if (pid == 0) {
		execl("/bin/sh", "sh", cmd, (char *)NULL);
		_exit(127);
	}
	int status = 0;
	assert_true(waitpid(pid, &status, 0) == pid && status == 0);
	manifest = load_json(dir, "manifest.json");
	json_array_foreach(json_object_get(manifest, "cases"), i, c) {
		char *full;

		file = json_text(c, "file");
		full = fs_join(dir, file);
		j = facts_file(full, file);
		if (strcmp(text(j, "status"), "ok") != 0 && json_text(j, "reason") == NULL)
			fail_msg("%s: no reason", file);
		if (strcmp(json_text(c, "expect"), "accept") == 0 && strcmp(text(j, "status"), "ok") != 0)
			fail_msg("%s: %s", file, json_text(j, "reason"));
		seen++;
		json_decref(j);
		free(full);
	}
	assert_true(seen >= 10);
	json_decref(manifest);
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_are_read_as_strict_readers_do),
		cmocka_unit_test(instruments_and_spreadsheets_are_understood),
		cmocka_unit_test(hostile_tables_are_read_or_refused_with_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
