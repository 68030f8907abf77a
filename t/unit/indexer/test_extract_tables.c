/* Tables of binary and structured formats: small ones made here, and the shared fixtures against their manifest. */

#include <sqlite3.h>

#include "indexer/extract/source.h"
#include "t/unit/indexer/facts.h"

/* As from a descriptor: the file can be read anywhere. */
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

/* ---- SQLite ---- */

static json_t *database(const char *sql)
{
	sqlite3_int64 n = 0;
	unsigned char *p;
	sqlite3 *db;
	json_t *j;

	assert_int_equal(SQLITE_OK, sqlite3_open(":memory:", &db));
	assert_int_equal(SQLITE_OK, sqlite3_exec(db, sql, NULL, NULL, NULL));
	p = sqlite3_serialize(db, "main", &n, 0);
	assert_non_null(p);
	j = facts_mem("a.db", p, (size_t)n);
	sqlite3_free(p);
	sqlite3_close(db);
	return j;
}

static void sqlite_tables_have_rows_types_and_values(void **state)
{
	json_t *j = database("CREATE TABLE \"a \"\"b\" (id INTEGER PRIMARY KEY, x REAL, at DATETIME, ok BOOLEAN, raw BLOB, note TEXT, none TEXT);"
	    "INSERT INTO \"a \"\"b\" VALUES (1, 0.5, '2024-05-06 07:08:09', 1, x'00ff', '12', NULL), (2, NULL, '2024-05-07 00:00:00', 0, NULL, 'z', NULL);"
	    "CREATE TABLE empty (n INT);");

	assert_string_equal("sqlite", text(j, "extractor"));
	assert_string_equal("ok", text(j, "status"));
	assert_string_equal("a \"b", text(j, "tables[0].name"));
	assert_int_equal(2, number(j, "tables[0].rows"));
	assert_string_equal("integer", text(column(j, 0), "type"));
	assert_string_equal("number", text(column(j, 1), "type"));
	assert_int_equal(1, number(column(j, 1), "missing"));
	assert_string_equal("2024-05-07T00:00:00", text(column(j, 2), "max"));
	assert_string_equal("boolean", text(column(j, 3), "type"));
	assert_int_equal(1, number(column(j, 4), "count"));
	assert_string_equal("string", text(column(j, 5), "type"));
	assert_string_equal("string", text(column(j, 6), "type"));
	assert_int_equal(0, number(j, "tables[1].rows"));
	assert_string_equal("integer", text(j, "tables[1].columns[0].type"));
	json_decref(j);
}

/* A view over a recursion without end, and a trigger: neither is run, the table beside them is read. */
static void nothing_in_a_database_is_run(void **state)
{
	json_t *j = database("CREATE TABLE t (a INT); INSERT INTO t VALUES (7);"
	    "CREATE VIEW v AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r;"
	    "CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM t; END;"
	    "CREATE TABLE gen (a INT, b AS (a * 2)); INSERT INTO gen (a) VALUES (4);");

	assert_string_equal("ok", text(j, "status"));
	assert_int_equal(2, (int)json_array_size(json_at(j, "tables")));
	assert_int_equal(7, number(column(j, 0), "max"));
	json_decref(j);
}

static void a_damaged_database_says_why(void **state)
{
	char page[1024] = "SQLite format 3";
	json_t *j = facts_mem("a.db", page, sizeof(page));

	assert_string_equal("unreadable", text(j, "status"));
	assert_non_null(strstr(text(j, "reason"), "not a database"));
	json_decref(j);
}

/* ---- JSON ---- */

static void records_of_a_list_become_rows(void **state)
{
	json_t *j = facts_str("a.json", "[{\"id\": 1, \"pos\": {\"lat [deg]\": 1.5, \"lon\": null}, \"tags\": [1, [2]], \"on\": \"2024-01-02\"},\n"
	    " {\"id\": 2.5, \"pos\": {\"lat [deg]\": -1}, \"name\": \"a\\u00e9\\ud83d\\ude00\", \"on\": \"2024-01-03\", \"ok\": true}]");

	assert_string_equal("ok", text(j, "status"));
	assert_string_equal("array", text(j, "structure.top"));
	assert_int_equal(2, number(j, "tables[0].rows"));
	assert_string_equal("number", text(column(j, 0), "type"));
	assert_string_equal("pos.lat [deg]", text(column(j, 1), "name"));
	assert_string_equal("deg", text(column(j, 1), "unit"));
	assert_int_equal(2, number(column(j, 2), "missing"));
	assert_string_equal("list", text(column(j, 3), "type"));
	assert_int_equal(1, number(column(j, 3), "count"));
	assert_string_equal("date", text(column(j, 4), "type"));
	assert_string_equal("string", text(column(j, 5), "type"));
	assert_int_equal(3, number(column(j, 5), "maxLength"));
	assert_string_equal("boolean", text(column(j, 6), "type"));
	json_decref(j);
}

static void lines_and_lists_of_columns_are_tables(void **state)
{
	json_t *j = facts_str("a.log", "{\"a\": 1}\n{\"a\": 2, \"b\": \"x\"}\n{\"a\": 3}\n");

	assert_string_equal("application/jsonl", text(j, "media"));
	assert_int_equal(3, number(j, "tables[0].rows"));
	assert_int_equal(2, number(column(j, 1), "missing"));
	json_decref(j);
	j = facts_str("a.json", "{\"t\": [1, 2, 3], \"u\": [\"x\", null, \"y\"]}");
	assert_int_equal(3, number(j, "tables[0].rows"));
	assert_int_equal(1, number(column(j, 1), "missing"));
	json_decref(j);
	j = facts_str("a.json", "{\"keywords\": [1, 2, 3], \"title\": \"A title\", \"deep\": {\"er\": {}}}");
	assert_null(json_object_get(j, "tables"));
	assert_string_equal("A title", text(j, "title"));
	assert_string_equal("keywords", text(j, "structure.keys[0]"));
	assert_int_equal(3, number(j, "structure.depth"));
	json_decref(j);
	j = facts_str("a.json", "{\"meta\": {\"n\": 1}, \"out\": {\"rows\": [[1,\"a\"],[2,\"b\"],[3,\"c\"],[4,\"d\"],[5,\"e\"],[6,\"f\"],[7,\"g\"],[8,\"h\"],[9,\"i\"],[10,\"j\"]]}}");
	assert_string_equal("out.rows", text(j, "tables[0].name"));
	assert_int_equal(10, number(j, "tables[0].rows"));
	assert_int_equal(10, number(column(j, 0), "max"));
	json_decref(j);
}

static void broken_json_says_where(void **state)
{
	json_t *j = facts_str("a.json", "[{\"a\": 1},\n {\"a\" 2}]"), *many;
	struct buf b = BUF_INIT(1 << 20);
	unsigned i;

	assert_string_equal("partial", text(j, "status"));
	assert_string_equal("no colon behind a name in line 2, byte 18", text(j, "reason"));
	json_decref(j);
	j = facts_str("a.json", "{\"a\": \"\xff\"}");
	assert_string_equal("unreadable", text(j, "status"));
	json_decref(j);
	for (i = 0; i < 5000; i++)
		buf_addc(&b, '[');
	many = facts_of("a.json", b.p, b.n, 128 << 10);
	assert_string_equal("unreadable", text(many, "status"));
	assert_non_null(strstr(text(many, "reason"), "1000 deep"));
	json_decref(many);
	buf_release(&b);
}

/* However the bytes are cut, also inside escapes and words and where a string is too long to keep. */
static void json_in_pieces_is_the_same(void **state)
{
	struct buf b = BUF_INIT(8 << 20);
	json_t *whole, *cut;
	unsigned i;

	buf_adds(&b, "[{\"a\": \"x\\\"y\\u00e9\", \"b\": -1.5e3, \"c\": false},\n{\"long\": \"");
	for (i = 0; i < 1200000; i++)
		buf_adds(&b, i % 1000 ? "z" : "\\\\");
	buf_adds(&b, "\", \"a\": null}]");
	whole = facts_of("a.json", b.p, b.n, b.n);
	assert_string_equal("ok", text(whole, "status"));
	assert_int_equal(1, number(column(whole, 3), "count"));
	for (i = 1; i < 4; i++) {
		cut = facts_of("a.json", b.p, b.n, 1000 * i + i);
		assert_true(json_equal(whole, cut));
		json_decref(cut);
	}
	json_decref(whole);
	buf_release(&b);
}

/* ---- the shared fixtures ---- */

static char *shared_fixtures(void)
{
	const char *s = getenv("AZEKURA_SHARED"), *src = getenv("AZEKURA_SRC"), *ci = getenv("CI");
	char path[4096];

	snprintf(path, sizeof(path), "%s%s/fixtures", s ? s : src ? src : "..", s ? "" : "/../shared");
	if (fs_exists(path))
		return slice_dup(slice_str(path));
	if (ci && strcmp(ci, "true") == 0)
		fail_msg("no shared folder at '%s'", path);
	skip();
	return NULL;
}

static json_t *load_json(const char *path)
{
	struct buf b = BUF_INIT((size_t)64 << 20);
	struct err e = ERR_INIT;
	json_t *j = NULL;

	assert_st_e(ST_OK, fs_read_file(path, &b, &e), &e);
	assert_st_e(ST_OK, json_load(&j, buf_slice(&b), &e), &e);
	buf_release(&b);
	return j;
}

static json_t *facts_anywhere(const char *path, const char *name)
{
	struct buf b = BUF_INIT((size_t)64 << 20);
	struct err e = ERR_INIT;
	json_t *j;

	assert_st_e(ST_OK, fs_read_file(path, &b, &e), &e);
	j = facts_mem(name, b.p ? b.p : "", b.n);
	buf_release(&b);
	return j;
}

static const json_t *column_named(const json_t *facts, const char *name)
{
	const json_t *c;
	size_t i;

	json_array_foreach(json_at(facts, "tables[0].columns"), i, c) {
		const char *header = json_text(c, "header");

		if (strcmp(header ? header : json_text(c, "name"), name) == 0)
			return c;
	}
	return NULL;
}

/* Every file of one kind, compared by ${compare}, which returns the number of differences. */
static unsigned each_of(const char *kind, unsigned (*compare)(const char *path, const json_t *ours, const json_t *facts), unsigned *seen)
{
	char *dir = shared_fixtures(), *list = fs_join(dir, "manifest.json");
	json_t *manifest = load_json(list), *f, *facts, *ours;
	unsigned bad = 0;
	size_t i;

	*seen = 0;
	json_array_foreach(json_object_get(manifest, "files"), i, f) {
		const char *path = json_text(f, "path"), *k = json_text(facts = json_object_get(f, "facts"), "kind");

		if (k == NULL || strcmp(k, kind) != 0)
			continue;
		char *full = fs_join(dir, path);

		ours = facts_anywhere(full, path);
		bad += compare(path, ours, facts);
		++*seen;
		json_decref(ours);
		free(full);
	}
	json_decref(manifest);
	free(list);
	free(dir);
	return bad;
}

static unsigned complain(const char *path, const char *what, const char *name)
{
	print_error("%s: %s %s differs from the manifest\n", path, what, name);
	return 1;
}

/* Fields that are objects are columns of their own parts; "" is missing for us and present for the manifest. */
static unsigned compare_fields(const char *path, const json_t *ours, json_t *fields)
{
	const json_t *want, *c, *type;
	const char *name;
	unsigned bad = 0;
	size_t i;

	json_object_foreach(fields, name, want) {
		bool object = false;

		json_array_foreach(json_object_get(want, "types"), i, type)
			object |= strcmp(json_string_value(type), "dict") == 0;
		if (object || strcmp(path, "records/datasetFileDetails.json") == 0)
			continue;
		if ((c = column_named(ours, name)) == NULL || number(c, "count") != number(want, "present") - number(want, "null"))
			bad += complain(path, "field", name);
	}
	return bad;
}

static unsigned compare_json(const char *path, const json_t *ours, const json_t *facts)
{
	const json_t *keys = json_object_get(facts, "keys");

	if (strcmp(text(ours, "extractor"), "json") != 0)
		return strcmp(text(ours, "extractor"), "none") == 0 ? complain(path, "extractor", "none") : 0;
	if (json_is_false(json_object_get(facts, "valid_json")))
		return strcmp(text(ours, "status"), "ok") == 0 ? complain(path, "status", "ok") : 0;
	if (strcmp(text(ours, "status"), "ok") != 0)
		return complain(path, "status", text(ours, "reason"));
	if (json_object_get(facts, "records") && number(ours, "tables[0].rows") != number(facts, "records"))
		return complain(path, "number of", "records");
	if (keys && json_array_size(keys) <= 200 && !json_equal(keys, json_at(ours, "structure.keys")))
		return complain(path, "names of", "members");
	return compare_fields(path, ours, json_object_get(facts, "fields"));
}

/* Columns of simple types; structures are columns of their parts. NaN and "" are missing for us and values for the manifest. */
static unsigned compare_parquet(const char *path, const json_t *ours, const json_t *facts)
{
	static const char *const types[][2] = { { "INTEGER", "integer" }, { "BIGINT", "integer" }, { "DOUBLE", "number" }, { "FLOAT", "number" },
	    { "VARCHAR", "string" }, { "BOOLEAN", "boolean" }, { "TIMESTAMP", "datetime" }, { "DATE", "date" } };
	const json_t *want, *c;
	unsigned bad = 0;
	size_t i, k;

	if (strcmp(text(ours, "extractor"), "parquet") != 0)
		return complain(path, "extractor", text(ours, "extractor"));
	if (json_is_false(json_object_get(facts, "readable_by_duckdb")) || strstr(path, "6229"))
		return strcmp(text(ours, "status"), "ok") == 0 ? complain(path, "status", "ok") : 0;
	if (strcmp(text(ours, "status"), "ok") != 0)
		return complain(path, "status", text(ours, "reason"));
	if (number(ours, "tables[0].rows") != number(facts, "rows"))
		return complain(path, "number of", "rows");
	if (number(ours, "attributes.row_groups") != number(facts, "row_groups"))
		bad += complain(path, "number of", "row groups");
	json_array_foreach(json_object_get(facts, "columns"), i, want) {
		const char *name = json_text(want, "name"), *type = json_text(want, "type");

		if (strncmp(type, "STRUCT(", 7) == 0 && type[strlen(type) - 1] == ')')
			continue;
		if ((c = column_named(ours, name)) == NULL) {
			bad += complain(path, "column", name);
			continue;
		}
		for (k = 0; k < sizeof(types) / sizeof(types[0]); k++)
			if (strcmp(types[k][0], type) == 0 && strcmp(types[k][1], json_text(c, "type")) != 0)
				bad += complain(path, "type of", name);
		if (type[strlen(type) - 1] == ']' && strcmp(json_text(c, "type"), "list") != 0)
			bad += complain(path, "type of", name);
		if (!strstr(path, "nan") && !check(ours, "out-of-range") && number(c, "missing") != number(json_object_get(facts, "nulls"), name))
			bad += complain(path, "missing values of", name);
	}
	return bad;
}

static void parquet_of_the_fixtures_is_read_as_the_manifest_says(void **state)
{
	unsigned seen;

	assert_int_equal(0, each_of("parquet", compare_parquet, &seen));
	print_message("# %u files\n", seen);
	assert_true(seen >= 28);
}

/* ---- Parquet, small files of every encoding beside the fuzz target ---- */

static json_t *corpus(const char *kind, const char *name)
{
	char path[4096];
	const char *src = getenv("AZEKURA_SRC");

	snprintf(path, sizeof(path), "%s/t/fuzz/corpus/%s/%s", src ? src : ".", kind, name);
	return facts_anywhere(path, name);
}

static void parquet_is_read_in_every_encoding(void **state)
{
	static const char *const files[] = { "plain", "dictionary", "deltas" };
	size_t i;
	json_t *j;

	for (i = 0; i < 3; i++) {
		j = corpus("parquet", files[i]);
		assert_string_equal("ok", text(j, "status"));
		assert_int_equal(20, number(j, "tables[0].rows"));
		assert_int_equal(4, number(column_named(j, "i"), "missing"));
		assert_int_equal(-4, number(column_named(j, "i"), "min"));
		assert_int_equal(50, number(column_named(j, "i"), "max"));
		assert_true(number(column_named(j, "l"), "max") == 19000000133);
		assert_true(real(column_named(j, "x"), "max") == 2.375 && real(column_named(j, "x"), "mean") == 1.1875);
		assert_int_equal(15, number(column_named(j, "s"), "count"));
		assert_int_equal(3, number(column_named(j, "s"), "distinct"));
		if (i < 2) {
			assert_string_equal("2024-01-20", text(column_named(j, "d"), "max"));
			assert_string_equal("2024-01-02T07:00:00Z", text(column_named(j, "t"), "max"));
			assert_string_equal("boolean", text(column_named(j, "b"), "type"));
		}
		json_decref(j);
	}
	j = corpus("parquet", "lengths");
	assert_int_equal(15, number(column_named(j, "s"), "count"));
	assert_int_equal(7, number(column_named(j, "b"), "top[1].count"));
	json_decref(j);
}

static void nested_parquet_is_flattened_and_lists_are_counted(void **state)
{
	json_t *j = corpus("parquet", "nested");

	assert_string_equal("ok", text(j, "status"));
	assert_int_equal(2, number(column_named(j, "p.lat"), "missing"));
	assert_string_equal("list", text(column_named(j, "p.tags"), "type"));
	assert_int_equal(2, number(column_named(j, "p.tags"), "count"));
	assert_string_equal("object", text(column_named(j, "m"), "type"));
	assert_int_equal(1, number(column_named(j, "m"), "missing"));
	assert_true(real(column_named(j, "c"), "min") == -3.5);
	assert_int_equal(15, number(column_named(j, "w"), "maxLength"));
	json_decref(j);
}

/* ---- statistics programs ---- */

static void labels_and_dates_of_statistics_programs_are_read(void **state)
{
	static const char *const files[] = { "small.sav", "small.zsav", "small.dta", "small.xpt", "small.por" };
	size_t i;

	for (i = 0; i < 5; i++) {
		json_t *j = corpus("stat", files[i]);

		assert_string_equal("stat", text(j, "extractor"));
		assert_string_equal("ok", text(j, "status"));
		assert_int_equal(4, number(j, "tables[0].rows"));
		assert_string_equal("Sex of person", text(column(j, 0), "label"));
		assert_int_equal(1, number(column(j, 0), "missing"));
		assert_string_equal("kg", text(column(j, 1), "unit"));
		assert_true(real(column(j, 1), "min") == -3);
		assert_int_equal(3, number(column(j, 2), "count"));
		assert_string_equal("date", text(column(j, 3), "type"));
		assert_string_equal("2024-02-29", text(column(j, 3), "max"));
		assert_string_equal("1999-12-31", text(column(j, 3), "min"));
		if (i < 3)
			assert_string_equal("female", text(column(j, 0), "values.2"));
		json_decref(j);
	}
}

static unsigned compare_spss(const char *path, const json_t *ours, const json_t *facts)
{
	if (strcmp(text(ours, "status"), "ok") != 0 || number(ours, "tables[0].rows") != 3045)
		return complain(path, "number of", "rows");
	return strcmp(text(column(ours, 0), "values.1"), "Male") == 0 ? 0 : complain(path, "value labels of", "Var1");
}

/* Stata's own example, whose figures are in its manual. */
static unsigned compare_stata(const char *path, const json_t *ours, const json_t *facts)
{
	const json_t *rep = column_named(ours, "rep78"), *foreign = column_named(ours, "foreign");

	if (strcmp(text(ours, "title"), "1978 Automobile Data") != 0 || number(ours, "tables[0].rows") != 74)
		return complain(path, "number of", "rows");
	if (number(rep, "count") != 69 || number(rep, "missing") != 5 || strcmp(text(foreign, "values.1"), "Foreign") != 0)
		return complain(path, "column", "rep78 or foreign");
	return 0;
}

static void statistics_files_of_the_fixtures_are_read(void **state)
{
	unsigned seen;

	assert_int_equal(0, each_of("spss", compare_spss, &seen));
	assert_int_equal(1, seen);
	assert_int_equal(0, each_of("stata", compare_stata, &seen));
	assert_int_equal(1, seen);
}

/* ---- workbooks ---- */

static void sheets_are_tables_with_header_units_and_dates(void **state)
{
	json_t *j = corpus("sheet", "small.xlsx");

	assert_string_equal("sheet", text(j, "extractor"));
	assert_string_equal("ok", text(j, "status"));
	assert_string_equal("Run 1", text(j, "tables[0].name"));
	assert_int_equal(12, number(j, "tables[0].rows"));
	assert_string_equal("datetime", text(column(j, 0), "type"));
	assert_string_equal("2024-05-01T11:00:00", text(column(j, 0), "max"));
	assert_string_equal("\xC2\xB0" "C", text(column(j, 1), "unit"));
	assert_true(real(column(j, 1), "max") == 22.75);
	assert_string_equal("boolean", text(column(j, 2), "type"));
	assert_int_equal(4, number(column(j, 3), "missing"));
	assert_string_equal("date", text(column(j, 4), "type"));
	assert_non_null(check(j, "hidden-sheet"));
	assert_non_null(check(j, "merged-cells"));
	json_decref(j);
	j = corpus("sheet", "small.ods");
	assert_int_equal(3, number(j, "tables[0].rows"));
	assert_int_equal(7, number(column(j, 0), "min"));
	assert_string_equal("2024-02-03", text(column(j, 1), "max"));
	json_decref(j);
	j = corpus("sheet", "doctype.ods");
	assert_string_equal("unreadable", text(j, "status"));
	assert_non_null(strstr(text(j, "reason"), "DOCTYPE"));
	json_decref(j);
}

static unsigned compare_xlsx(const char *path, const json_t *ours, const json_t *facts)
{
	const json_t *want, *t;
	size_t i, n = 0;

	if (strcmp(text(ours, "extractor"), "sheet") != 0 || strcmp(text(ours, "status"), "ok") != 0)
		return complain(path, "status", text(ours, "status"));
	json_array_foreach(json_object_get(facts, "sheets"), i, want) {
		if (json_object_get(want, "non_empty_rows") && number(want, "non_empty_rows") == 0)
			continue;
		t = json_array_get(json_object_get(ours, "tables"), n++);
		if (t == NULL || strcmp(json_text(t, "name"), json_text(want, "name")) != 0)
			return complain(path, "sheet", json_text(want, "name"));
		/* Header, units and titles are no rows of the table. */
		if (json_object_get(want, "non_empty_rows") && (number(t, "rows") > number(want, "non_empty_rows") || number(t, "rows") + 6 < number(want, "non_empty_rows")) &&
		    !strstr(path, "lebron"))
			return complain(path, "rows of", json_text(want, "name"));
	}
	return n == json_array_size(json_object_get(ours, "tables")) ? 0 : complain(path, "number of", "sheets");
}

static void workbooks_of_the_fixtures_are_read_as_the_manifest_says(void **state)
{
	unsigned seen;

	assert_int_equal(0, each_of("xlsx", compare_xlsx, &seen));
	assert_true(seen >= 8);
}

/* ---- Arrow ---- */

static void arrow_is_read_as_file_and_stream(void **state)
{
	static const char *const files[] = { "lz4.feather", "zstd.feather", "stream" };
	size_t i;

	for (i = 0; i < 3; i++) {
		json_t *j = corpus("arrow", files[i]);

		assert_string_equal("arrow", text(j, "extractor"));
		assert_string_equal("ok", text(j, "status"));
		assert_string_equal("made here", text(j, "attributes.source"));
		assert_int_equal(i == 2 ? 3 : 1, number(j, "attributes.batches"));
		assert_int_equal(10, number(j, "tables[0].rows"));
		assert_int_equal(2, number(column(j, 0), "missing"));
		assert_int_equal(20, number(column(j, 0), "max"));
		assert_true(real(column(j, 1), "max") == 1.125);
		assert_int_equal(7, number(column(j, 2), "count"));
		assert_int_equal(2, number(column(j, 3), "distinct"));
		assert_string_equal("a", text(column(j, 3), "top[0].value"));
		assert_string_equal("boolean", text(column(j, 4), "type"));
		assert_string_equal("2024-01-10", text(column(j, 5), "max"));
		assert_string_equal("2024-01-01T09:00:00Z", text(column(j, 6), "max"));
		assert_string_equal("list", text(column(j, 7), "type"));
		assert_int_equal(5, number(column(j, 7), "missing"));
		assert_string_equal("object", text(column(j, 8), "type"));
		json_decref(j);
	}
}

static void arff_has_declared_types(void **state)
{
	static const char arff[] = "% remark\n@RELATION 'two words'\n@attribute \"a b\" numeric\n@ATTRIBUTE k {'x y', z}\n@attribute d date 'yyyy-MM-dd'\n@data\n"
	    "1.5,'x y',2024-01-02\n?,z,2024-01-03\r\n% remark\n2,'it\\'s',?\n";
	json_t *j = facts_mem("a.arff", arff, sizeof(arff) - 1);

	assert_string_equal("arff", text(j, "extractor"));
	assert_string_equal("ok", text(j, "status"));
	assert_string_equal("two words", text(j, "title"));
	assert_int_equal(3, number(j, "tables[0].rows"));
	assert_string_equal("a b", text(column(j, 0), "name"));
	assert_string_equal("number", text(column(j, 0), "type"));
	assert_int_equal(1, number(column(j, 0), "missing"));
	assert_int_equal(4, number(column(j, 1), "maxLength"));
	assert_string_equal("2024-01-03", text(column(j, 2), "max"));
	json_decref(j);
}

static void json_of_the_fixtures_is_read_as_the_manifest_says(void **state)
{
	unsigned seen, lines;

	assert_int_equal(0, each_of("json", compare_json, &seen));
	assert_int_equal(0, each_of("jsonl", compare_json, &lines));
	print_message("# %u JSON files, %u of lines\n", seen, lines);
	assert_true(seen > 50 && lines >= 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sqlite_tables_have_rows_types_and_values),
		cmocka_unit_test(nothing_in_a_database_is_run),
		cmocka_unit_test(a_damaged_database_says_why),
		cmocka_unit_test(records_of_a_list_become_rows),
		cmocka_unit_test(lines_and_lists_of_columns_are_tables),
		cmocka_unit_test(broken_json_says_where),
		cmocka_unit_test(json_in_pieces_is_the_same),
		cmocka_unit_test(json_of_the_fixtures_is_read_as_the_manifest_says),
		cmocka_unit_test(labels_and_dates_of_statistics_programs_are_read),
		cmocka_unit_test(statistics_files_of_the_fixtures_are_read),
		cmocka_unit_test(sheets_are_tables_with_header_units_and_dates),
		cmocka_unit_test(workbooks_of_the_fixtures_are_read_as_the_manifest_says),
		cmocka_unit_test(arrow_is_read_as_file_and_stream),
		cmocka_unit_test(arff_has_declared_types),
		cmocka_unit_test(parquet_is_read_in_every_encoding),
		cmocka_unit_test(nested_parquet_is_flattened_and_lists_are_counted),
		cmocka_unit_test(parquet_of_the_fixtures_is_read_as_the_manifest_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
