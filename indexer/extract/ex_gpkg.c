/* GeoPackage (OGC 12-128): SQLite whose own tables say which tables are layers, where they lie and in what reference system. */

#include <math.h>
#include <stdlib.h>

#include "indexer/extract/bytes_int.h"
#include "indexer/extract/extract_int.h"
#include "indexer/extract/geo.h"
#include "indexer/extract/sqlite_source.h"

#define LAYERS_MOST	500u

static int gpkg_bid(const struct head *h)
{
	if (h->n < 100 || memcmp(h->p, "SQLite format 3", 16) != 0)
		return 0;
	return memcmp(h->p + 68, "GPKG", 4) == 0 || memcmp(h->p + 68, "GP10", 4) == 0 || memcmp(h->p + 68, "GP11", 4) == 0 ? 90 : 0;
}

/* The tables of the format itself and of its index. */
static bool own_table(const char *name)
{
	return strncmp(name, "gpkg_", 5) == 0 || strncmp(name, "rtree_", 6) == 0 || strncmp(name, "sqlite_", 7) == 0;
}

static struct slice column(sqlite3_stmt *q, int i)
{
	const void *p = sqlite3_column_text(q, i);

	return p ? slice_of(p, (size_t)sqlite3_column_bytes(q, i)) : SLICE_NULL;
}

/* Counting reads the whole table; past the budget of steps it stays unknown. */
static int64_t count(struct sqlite_source *s, const char *table)
{
	struct buf sql = BUF_INIT(4096);
	sqlite3_stmt *q = NULL;
	int64_t n = -1;

	buf_adds(&sql, "SELECT count(*) FROM ");
	if (sqlite_quote(&sql, table) == ST_OK && sqlite3_prepare_v2(sqlite_source_db(s), sql.p, (int)sql.n, &q, NULL) == SQLITE_OK &&
	    sqlite3_step(q) == SQLITE_ROW)
		n = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	buf_release(&sql);
	return n;
}

static const char contents[] =
    "SELECT c.table_name, c.identifier, c.description, c.min_x, c.min_y, c.max_x, c.max_y, g.geometry_type_name, r.organization, "
    "r.organization_coordsys_id, r.definition, c.data_type, c.last_change FROM gpkg_contents c LEFT JOIN gpkg_geometry_columns g ON "
    "g.table_name = c.table_name LEFT JOIN gpkg_spatial_ref_sys r ON r.srs_id = c.srs_id ORDER BY c.table_name";

static void system_of(sqlite3_stmt *q, struct crs *c)
{
	int64_t code = sqlite3_column_int64(q, 9);

	if (slice_ieq_str(column(q, 8), "EPSG") && code > 0 && code < 1000000)
		crs_of_epsg(c, (unsigned)code);
	if (c->kind == CRS_UNKNOWN && code > 0)
		crs_of_wkt(c, column(q, 10));
}

static void one_layer(struct fact *f, struct sqlite_source *s, sqlite3_stmt *q, bool several)
{
	struct slice name = column(q, 0), kind = column(q, 7);
	struct layer l;
	int64_t n;
	int i;

	layer_init(&l);
	if (name.n == 0 || name.n >= sizeof(l.name) || memchr(name.p, '\0', name.n))
		return;
	memcpy(l.name, name.p, name.n);
	system_of(q, &l.crs);
	if ((n = count(s, l.name)) >= 0)
		l.features = (uint64_t)n;
	else
		fact_partial(f, "the rows of layer '%s' could not be counted", l.name);
	if (kind.n)
		l.kinds[geo_kind_of(kind)] = l.features ? l.features : 1;
	for (i = 3; i <= 6; i += 2)
		if (sqlite3_column_type(q, i) != SQLITE_NULL && sqlite3_column_type(q, i + 1) != SQLITE_NULL)
			layer_point(&l, sqlite3_column_double(q, i), sqlite3_column_double(q, i + 1));
	layer_put(f, &l, several);
	if (slice_eq_str(column(q, 11), "tiles"))
		fact_check(f, "tiles", false, "layer '%s' holds tiles of a picture, which are not looked at", l.name);
}

static void layers(struct fact *f, struct sqlite_source *s)
{
	sqlite3_stmt *q = NULL;
	unsigned n = 0;
	bool several;

	several = count(s, "gpkg_contents") > 1;
	if (sqlite3_prepare_v2(sqlite_source_db(s), contents, -1, &q, NULL) != SQLITE_OK) {
		fact_partial(f, "the tables that a GeoPackage must have are damaged or missing");
		return;
	}
	while (n < LAYERS_MOST && sqlite3_step(q) == SQLITE_ROW) {
		one_layer(f, s, q, several);
		n++;
	}
	if (n == 0)
		fact_check(f, "empty-table", false, "there are no layers in it");
	sqlite3_finalize(q);
}

static st_t gpkg_read(struct fact *f, const struct head *h, struct source *src)
{
	struct sqlite_source *s = NULL;
	struct err why = ERR_INIT;
	char version[16];
	uint32_t user = get32(h->p + 60, true);
	st_t st;

	fact_media(f, "application/geopackage+sqlite3");
	snprintf(version, sizeof(version), "%u.%u", user / 10000, user / 100 % 100);
	fact_format(f, "GeoPackage", h->p[71] == 'G' && user >= 10000 ? version : h->p[71] == '0' ? "1.0" : h->p[71] == '1' ? "1.1" : NULL, NULL);
	if ((st = sqlite_source_open(&s, src, &why)) == ST_OK) {
		layers(f, s);
		st = sqlite_source_tables(s, f, own_table);
	} else if (st == ST_INVALID)
		fact_unreadable(f, "%s", why.text);
	sqlite_source_close(s);
	return st == ST_NOMEM ? st : ST_OK;
}

const struct extractor ex_gpkg = { .name = "gpkg", .version = 1, .bid = gpkg_bid, .read = gpkg_read };
