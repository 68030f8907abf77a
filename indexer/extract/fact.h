#ifndef INDEXER_EXTRACT_FACT_H
#define INDEXER_EXTRACT_FACT_H

/*
 * What an extractor found, on its way into the facts document (docs/formats/facts.md). Members are a JSON tree; tables, which can be
 * wide, are written as text while they end. Everything is bounded: what does not fit is dropped and the status says so.
 */

#include "base/json.h"
#include "base/str.h"

struct fact;
struct table;

#define FACT_COLUMNS	20000		/* columns and variables described in one file */
#define FACT_TEXT	((size_t)256 << 10)	/* bytes of running text kept for search */
#define FACT_VALUE	2000		/* bytes of one attribute's text */

/* ${ceiling}: bytes of the members written in the end. */
struct fact *fact_new(size_t ceiling);
void fact_free(struct fact *f);

/* The members of the document; borrowed. Put in what facts.md names with json_put(). */
json_t *fact_root(struct fact *f);
/* An object or array member of the root, made when it is not there; borrowed. NULL: out of memory. */
json_t *fact_object(struct fact *f, const char *key);
json_t *fact_array(struct fact *f, const char *key);
/* Text from outside as JSON: cut to ${max} bytes, trimmed of blanks and NULs at its ends; bytes that are no UTF-8 are read as windows-1252. Owned. */
json_t *fact_text(struct slice s, size_t max);
/* Put it unless it is empty. Out of memory is remembered and told at the end. */
void fact_put_text(struct fact *f, json_t *object, const char *key, struct slice s);
/* NaN and infinities have no JSON: left out. */
void fact_put_real(struct fact *f, json_t *object, const char *key, double v);
void fact_put_int(struct fact *f, json_t *object, const char *key, int64_t v);
/* ${value} is taken; NULL means out of memory, remembered. */
void fact_put(struct fact *f, json_t *object, const char *key, json_t *value);

void fact_media(struct fact *f, const char *media);		/* copied */
/* Name, version (or NULL) and PRONOM identifier (or NULL). */
void fact_format(struct fact *f, const char *name, const char *version, const char *pronom);
/* Something was left out, or nothing could be read. The first reason stays, unreadable wins. English sentence fragment, no capital, no full stop. */
void fact_partial(struct fact *f, const char *fmt, ...) PRINTF_LIKE(2, 3);
void fact_unreadable(struct fact *f, const char *fmt, ...) PRINTF_LIKE(2, 3);
bool fact_is_unreadable(const struct fact *f);
/* A finding for the curator; ${code} from the table in facts.md. At most 100 are kept. */
void fact_check(struct fact *f, const char *code, bool warning, const char *fmt, ...) PRINTF_LIKE(4, 5);

/* A variable of an array format, appended to "variables"; borrowed, put the other members in. NULL: past FACT_COLUMNS (noted) or out of memory. */
json_t *fact_variable(struct fact *f, struct slice name);

/* ---- tables: columns first, then cells row by row ---- */

/* NULL: out of memory. */
struct table *table_new(struct fact *f, struct slice name);
/* The next column; rows before it have nothing there. Names are made unique as pandas does. Label, unit, description may be empty. Returns its number; past FACT_COLUMNS it is only counted. */
uint32_t table_column(struct table *t, struct slice name);
void table_label(struct table *t, uint32_t col, struct slice label);
void table_unit(struct table *t, uint32_t col, struct slice unit);
void table_describe(struct table *t, uint32_t col, struct slice text);
void table_value_label(struct table *t, uint32_t col, struct slice code, struct slice label);	/* at most 500 are kept */
/* The type that the format declares, a word of facts.md with static life: told where no value says more (no values, or none read). */
void table_declare(struct table *t, uint32_t col, const char *type);
void table_unread(struct table *t, uint32_t col);	/* the values of this column were not read: no statistics, whatever was given before */
void table_int(struct table *t, uint32_t col, int64_t v);
void table_real(struct table *t, uint32_t col, double v);	/* NaN is missing */
void table_bool(struct table *t, uint32_t col, bool v);
void table_string(struct table *t, uint32_t col, struct slice s);	/* a string whatever it looks like; empty is missing */
void table_cell(struct table *t, uint32_t col, struct slice s);	/* text whose type is to be found out, as in CSV */
void table_moment(struct table *t, uint32_t col, int64_t us, bool day, bool zoned);	/* microseconds since 1970 */
void table_opaque(struct table *t, uint32_t col);	/* something that is neither text nor number, such as a picture in a database */
void table_missing(struct table *t, uint32_t col);
void table_row(struct table *t);		/* ends a row */
void table_rows(struct table *t, uint64_t n);	/* instead: the number is known, cells were not read (columns then have no statistics) */
/* Formats that lie column by column: give all cells of a column, missing ones too, then the next; no table_row(), in the end the number of rows. */
void table_columnar(struct table *t, uint64_t n);
/* Write it into the facts. ${t} is taken. ${extra}: further members of the table as JSON text (",\"key\":value") or empty. */
void table_end(struct table *t, struct slice extra);
void table_drop(struct table *t);		/* forget it: it was none; NULL is harmless */

/* ---- for bid.c ---- */
const char *fact_status(const struct fact *f);
const char *fact_reason(const struct fact *f);		/* NULL when ok */
const char *fact_media_get(const struct fact *f);	/* NULL: none said */
/* The members as ,"key":value text, at most the ceiling: thumbnail, plot, text, attributes, histograms go first when there is too much. ST_NOMEM. */
st_t fact_write(struct fact *f, struct buf *out);

#endif
