#ifndef INDEXER_EXTRACT_SQLITE_SOURCE_H
#define INDEXER_EXTRACT_SQLITE_SOURCE_H

/*
 * A database file of strangers behind SQLite: read through a struct source, nothing written, and no SQL of the file's own run (no view,
 * no trigger, no virtual table, no extension). Also for formats that are SQLite inside, such as GeoPackage.
 */

#include <sqlite3.h>

#include "indexer/extract/fact.h"
#include "indexer/extract/source.h"

struct sqlite_source;

/* ST_INVALID: no database, with SQLite's own words. ${src} is borrowed until closed. ${out} owned. */
st_t sqlite_source_open(struct sqlite_source **out, struct source *src, struct err *e);
void sqlite_source_close(struct sqlite_source *s);		/* NULL is harmless */
/*
 * Its connection, for SELECTs on plain tables with sqlite3_prepare_v2(); all statements finalized before close. Steps are counted
 * over all statements: past a budget that grows with the file, sqlite3_step() gives SQLITE_INTERRUPT.
 */
sqlite3 *sqlite_source_db(struct sqlite_source *s);
bool sqlite_source_spent(const struct sqlite_source *s);
/* Every plain table into the facts, but for those for which ${skip} (or NULL) says true. ST_NOMEM only. */
st_t sqlite_source_tables(struct sqlite_source *s, struct fact *f, bool (*skip)(const char *table));
/* "name" with its quotes doubled, to stand in a statement. */
st_t sqlite_quote(struct buf *out, const char *name);

#endif
