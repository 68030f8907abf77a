#include "indexer/extract/sqlite_source.h"

#include <stdlib.h>

#include "indexer/extract/cell_int.h"

#define STEP_COUNT	10000		/* instructions of SQLite's machine between two looks at the budget */
#define HEAP_MAX	((sqlite3_int64)96 << 20)
#define TEXT_MAX	((int)1 << 20)
#define TABLES_MOST	2000

struct sqlite_source {
	sqlite3_vfs vfs;
	struct source *src;
	sqlite3 *db;
	uint64_t looks, looks_most;
	char name[40];
};

struct file { sqlite3_file base; struct source *src; };

/* ---- the file system that SQLite sees: one file, which nobody can change ---- */

static int file_close(sqlite3_file *f)
{
	(void)f;
	return SQLITE_OK;
}

static int file_read(sqlite3_file *p, void *out, int n, sqlite3_int64 at)
{
	struct file *f = (struct file *)p;
	size_t got;
	int i;

	if (at < 0 || n < 0 || source_read(f->src, (uint64_t)at, out, (size_t)n, &got, NULL) != ST_OK)
		return SQLITE_IOERR_READ;
	/* A database in WAL mode says so in two bytes; its journal is not part of the file, and without it is read like any other. */
	for (i = 18; i < 20; i++)
		if (at <= i && (size_t)(i - at) < got && ((uint8_t *)out)[i - at] == 2)
			((uint8_t *)out)[i - at] = 1;
	if (got == (size_t)n)
		return SQLITE_OK;
	memset((uint8_t *)out + got, 0, (size_t)n - got);
	return SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	(void)f; (void)p; (void)n; (void)at;
	return SQLITE_READONLY;
}

static int file_truncate(sqlite3_file *f, sqlite3_int64 n)
{
	(void)f; (void)n;
	return SQLITE_READONLY;
}

static int file_flags(sqlite3_file *f, int flags)
{
	(void)f; (void)flags;
	return SQLITE_OK;
}

static int file_size(sqlite3_file *p, sqlite3_int64 *out)
{
	*out = (sqlite3_int64)((struct file *)p)->src->size;
	return SQLITE_OK;
}

static int file_reserved(sqlite3_file *f, int *out)
{
	(void)f;
	*out = 0;
	return SQLITE_OK;
}

static int file_control(sqlite3_file *f, int op, void *arg)
{
	(void)f; (void)op; (void)arg;
	return SQLITE_NOTFOUND;
}

static int file_sector(sqlite3_file *f)
{
	(void)f;
	return 512;
}

static int file_traits(sqlite3_file *f)
{
	(void)f;
	return SQLITE_IOCAP_IMMUTABLE;
}

static const sqlite3_io_methods methods = {
	.iVersion = 1, .xClose = file_close, .xRead = file_read, .xWrite = file_write, .xTruncate = file_truncate, .xSync = file_flags,
	.xFileSize = file_size, .xLock = file_flags, .xUnlock = file_flags, .xCheckReservedLock = file_reserved, .xFileControl = file_control,
	.xSectorSize = file_sector, .xDeviceCharacteristics = file_traits,
};

static int vfs_open(sqlite3_vfs *v, const char *name, sqlite3_file *p, int flags, int *out)
{
	struct file *f = (struct file *)p;

	f->base.pMethods = NULL;
	if (name == NULL || !(flags & SQLITE_OPEN_MAIN_DB))
		return SQLITE_CANTOPEN;
	f->src = ((struct sqlite_source *)v->pAppData)->src;
	f->base.pMethods = &methods;
	if (out)
		*out = flags;
	return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *v, const char *name, int sync)
{
	(void)v; (void)name; (void)sync;
	return SQLITE_READONLY;
}

static int vfs_access(sqlite3_vfs *v, const char *name, int flags, int *out)
{
	(void)v; (void)name; (void)flags;
	*out = 0;
	return SQLITE_OK;
}

static int vfs_full(sqlite3_vfs *v, const char *name, int n, char *out)
{
	(void)v;
	sqlite3_snprintf(n, out, "%s", name);
	return SQLITE_OK;
}

/* Whatever is decided by chance or time in there must be the same each time. */
static int vfs_random(sqlite3_vfs *v, int n, char *out)
{
	(void)v;
	memset(out, 7, (size_t)n);
	return n;
}

static int vfs_sleep(sqlite3_vfs *v, int us)
{
	(void)v;
	return us;
}

static int vfs_time(sqlite3_vfs *v, double *out)
{
	(void)v;
	*out = 2440587.5;
	return SQLITE_OK;
}

static int vfs_error(sqlite3_vfs *v, int n, char *out)
{
	(void)v; (void)n; (void)out;
	return 0;
}

/* ---- the connection ---- */

static int budget(void *p)
{
	struct sqlite_source *s = p;

	return ++s->looks > s->looks_most;
}

static int authorize(void *p, int action, const char *a, const char *b, const char *db, const char *inner)
{
	static const char *const harmless[] = { "count", "min", "max", "like", "substr", "length" };
	size_t i;

	(void)p; (void)a; (void)db;
	/* ${inner}: a view or trigger asks. */
	if (inner != NULL)
		return SQLITE_DENY;
	if (action == SQLITE_SELECT || action == SQLITE_READ)
		return SQLITE_OK;
	for (i = 0; action == SQLITE_FUNCTION && b && i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (strcmp(b, harmless[i]) == 0)
			return SQLITE_OK;
	return SQLITE_DENY;
}

static void lock_down(struct sqlite_source *s)
{
	static const int off[] = { SQLITE_DBCONFIG_ENABLE_TRIGGER, SQLITE_DBCONFIG_ENABLE_VIEW, SQLITE_DBCONFIG_TRUSTED_SCHEMA,
	    SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, SQLITE_DBCONFIG_DQS_DML, SQLITE_DBCONFIG_DQS_DDL };
	size_t i;

	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	for (i = 0; i < sizeof(off) / sizeof(off[0]); i++)
		sqlite3_db_config(s->db, off[i], 0, NULL);
	sqlite3_limit(s->db, SQLITE_LIMIT_LENGTH, 32 << 20);
	sqlite3_limit(s->db, SQLITE_LIMIT_SQL_LENGTH, 1 << 20);
	sqlite3_limit(s->db, SQLITE_LIMIT_COLUMN, 2000);
	sqlite3_limit(s->db, SQLITE_LIMIT_EXPR_DEPTH, 50);
	sqlite3_limit(s->db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_limit(s->db, SQLITE_LIMIT_VDBE_OP, 200000);
	sqlite3_limit(s->db, SQLITE_LIMIT_TRIGGER_DEPTH, 1);
	sqlite3_exec(s->db, "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-8000; PRAGMA mmap_size=0; PRAGMA cell_size_check=ON", NULL, NULL, NULL);
	sqlite3_set_authorizer(s->db, authorize, s);
	sqlite3_progress_handler(s->db, STEP_COUNT, budget, s);
}

st_t sqlite_source_open(struct sqlite_source **out, struct source *src, struct err *e)
{
	struct sqlite_source *s = calloc(1, sizeof(*s));
	int rc;

	if (s == NULL)
		return ST_NOMEM;
	s->src = src;
	s->looks_most = (500000000 + src->size * 4) / STEP_COUNT;
	snprintf(s->name, sizeof(s->name), "source-%p", (void *)s);
	s->vfs = (sqlite3_vfs){ .iVersion = 1, .szOsFile = sizeof(struct file), .mxPathname = 100, .zName = s->name, .pAppData = s, .xOpen = vfs_open,
	    .xDelete = vfs_delete, .xAccess = vfs_access, .xFullPathname = vfs_full, .xRandomness = vfs_random, .xSleep = vfs_sleep,
	    .xCurrentTime = vfs_time, .xGetLastError = vfs_error };
	sqlite3_hard_heap_limit64(HEAP_MAX);
	if ((rc = sqlite3_vfs_register(&s->vfs, 0)) == SQLITE_OK) {
		rc = sqlite3_open_v2("file", &s->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, s->name);
		if (rc == SQLITE_OK) {
			lock_down(s);
			/* Reads the first page and the schema. */
			rc = sqlite3_exec(s->db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
		}
	}
	if (rc != SQLITE_OK) {
		st_t st = rc == SQLITE_NOMEM ? ST_NOMEM : err_set(e, ST_INVALID, "not a database that SQLite can read: %s", s->db ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc));

		sqlite_source_close(s);
		return st;
	}
	*out = s;
	return ST_OK;
}

void sqlite_source_close(struct sqlite_source *s)
{
	if (s == NULL)
		return;
	sqlite3_close(s->db);
	sqlite3_vfs_unregister(&s->vfs);
	free(s);
}

sqlite3 *sqlite_source_db(struct sqlite_source *s)
{
	return s->db;
}

bool sqlite_source_spent(const struct sqlite_source *s)
{
	return s->looks > s->looks_most;
}

st_t sqlite_quote(struct buf *out, const char *name)
{
	buf_addc(out, '"');
	for (; *name; name++) {
		if (*name == '"')
			buf_addc(out, '"');
		buf_addc(out, *name);
	}
	return buf_addc(out, '"');
}

/* ---- tables ---- */

enum meant { MEANT_ANY, MEANT_TEXT, MEANT_TIME, MEANT_BOOLEAN };

static bool word_in(const char *type, const char *word)
{
	struct slice s = slice_str(type), w = slice_str(word);
	size_t i;

	for (i = 0; i + w.n <= s.n; i++)
		if (slice_ieq_str(slice_of(s.p + i, w.n), word))
			return true;
	return false;
}

/* SQLite keeps any value under any declared type; the declaration says what was meant. */
static enum meant meaning(const char *declared)
{
	if (declared == NULL)
		return MEANT_ANY;
	if (word_in(declared, "date") || word_in(declared, "time"))
		return MEANT_TIME;
	if (word_in(declared, "bool"))
		return MEANT_BOOLEAN;
	return word_in(declared, "char") || word_in(declared, "text") || word_in(declared, "clob") ? MEANT_TEXT : MEANT_ANY;
}

static const char *declared_type(const char *d)
{
	if (d == NULL || d[0] == '\0')
		return NULL;
	if (word_in(d, "int"))
		return "integer";
	if (word_in(d, "real") || word_in(d, "floa") || word_in(d, "doub") || word_in(d, "numeric") || word_in(d, "decimal"))
		return "number";
	if (word_in(d, "datetime") || word_in(d, "timestamp"))
		return "datetime";
	return word_in(d, "date") ? "date" : word_in(d, "bool") ? "boolean" : word_in(d, "blob") ? "binary" : "string";
}

static void put_cell(struct table *t, uint32_t col, sqlite3_stmt *q, enum meant m)
{
	int c = (int)col, n;
	sqlite3_int64 v;

	switch (sqlite3_column_type(q, c)) {
	case SQLITE_INTEGER:
		v = sqlite3_column_int64(q, c);
		if (m == MEANT_BOOLEAN && (v == 0 || v == 1))
			table_bool(t, col, v == 1);
		else
			table_int(t, col, v);
		break;
	case SQLITE_FLOAT:
		table_real(t, col, sqlite3_column_double(q, c));
		break;
	case SQLITE_TEXT: {
		const char *p = (const char *)sqlite3_column_text(q, c);

		n = sqlite3_column_bytes(q, c);
		if (p == NULL || n > TEXT_MAX)
			table_opaque(t, col);
		else if (m == MEANT_TIME)
			table_cell(t, col, slice_of(p, (size_t)n));
		else
			table_string(t, col, slice_of(p, (size_t)n));
		break;
	}
	case SQLITE_BLOB:
		table_opaque(t, col);
		break;
	default:
		table_missing(t, col);
	}
}

static int read_rows(sqlite3_stmt *q, struct table *t, const enum meant *m, uint32_t n)
{
	uint32_t i;
	int rc;

	while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
		for (i = 0; i < n; i++)
			put_cell(t, i, q, m[i]);
		table_row(t);
	}
	return rc;
}

static st_t read_table(struct sqlite_source *s, struct fact *f, const char *name)
{
	struct buf sql = BUF_INIT(1 << 20);
	sqlite3_stmt *q = NULL;
	enum meant *m = NULL;
	struct table *t;
	uint32_t i, n = 0;
	int rc = SQLITE_NOMEM;

	buf_adds(&sql, "SELECT * FROM ");
	if (sqlite_quote(&sql, name) == ST_OK && (rc = sqlite3_prepare_v2(s->db, sql.p, (int)sql.n, &q, NULL)) == SQLITE_OK) {
		n = (uint32_t)sqlite3_column_count(q);
		if ((m = calloc(n + 1, sizeof(*m))) == NULL || (t = table_new(f, slice_str(name))) == NULL)
			rc = SQLITE_NOMEM;
		else {
			for (i = 0; i < n; i++) {
				const char *declared = sqlite3_column_decltype(q, (int)i), *column = sqlite3_column_name(q, (int)i);

				table_column(t, slice_str(column ? column : ""));
				table_declare(t, i, declared_type(declared));
				m[i] = meaning(declared);
			}
			rc = read_rows(q, t, m, n);
			table_end(t, SLICE_NULL);
		}
	}
	if (rc == SQLITE_INTERRUPT)
		fact_partial(f, "table '%.100s' is longer than the budget of one file allows to read", name);
	else if (rc != SQLITE_DONE && rc != SQLITE_NOMEM)
		fact_partial(f, "table '%.100s' cannot be read: %s", name, sqlite3_errmsg(s->db));
	sqlite3_finalize(q);
	buf_release(&sql);
	free(m);
	return rc == SQLITE_NOMEM ? ST_NOMEM : ST_OK;
}

st_t sqlite_source_tables(struct sqlite_source *s, struct fact *f, bool (*skip)(const char *table))
{
	/* Not the tables in which virtual tables keep their own affairs. */
	static const char list[] = "SELECT name, sql FROM sqlite_schema t WHERE type = 'table' AND NOT EXISTS (SELECT 1 FROM sqlite_schema v WHERE "
	    "v.type = 'table' AND v.sql LIKE 'create virtual%' AND substr(t.name, 1, length(v.name) + 1) = v.name || '_') ORDER BY rowid";
	unsigned views = 0, tables = 0;
	sqlite3_stmt *q = NULL;
	st_t st = ST_OK;
	int rc;

	if ((rc = sqlite3_prepare_v2(s->db, list, -1, &q, NULL)) == SQLITE_OK)
		while (st == ST_OK && !sqlite_source_spent(s) && (rc = sqlite3_step(q)) == SQLITE_ROW) {
			const char *name = (const char *)sqlite3_column_text(q, 0), *sql = (const char *)sqlite3_column_text(q, 1);

			if (name == NULL || sqlite3_strnicmp(name, "sqlite_", 7) == 0 || (skip && skip(name)))
				continue;
			if (sql && sqlite3_strnicmp(sql, "create virtual", 14) == 0)
				views++;
			else if (++tables > TABLES_MOST)
				fact_partial(f, "more than %d tables", TABLES_MOST);
			else
				st = read_table(s, f, name);
		}
	if (rc != SQLITE_DONE && rc != SQLITE_ROW && rc != SQLITE_NOMEM && rc != SQLITE_OK)
		fact_partial(f, "the list of tables cannot be read: %s", sqlite3_errmsg(s->db));
	if (views)
		fact_check(f, "virtual-tables", false, "%u virtual tables were not read", views);
	sqlite3_finalize(q);
	return rc == SQLITE_NOMEM ? ST_NOMEM : st;
}
