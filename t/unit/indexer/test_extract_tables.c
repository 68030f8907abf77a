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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sqlite_tables_have_rows_types_and_values),
		cmocka_unit_test(nothing_in_a_database_is_run),
		cmocka_unit_test(a_damaged_database_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
