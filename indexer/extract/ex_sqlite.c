/* SQLite databases: tables, declared types, every value once. */

#include "indexer/extract/extract_int.h"
#include "indexer/extract/sqlite_source.h"

#define MAGIC	"SQLite format 3"	/* and a NUL */

static int sqlite_bid(const struct head *h)
{
	return h->n >= 16 && memcmp(h->p, MAGIC, 16) == 0 ? 80 : 0;
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put_head(struct fact *f, const struct head *h)
{
	static const char *const text[] = { NULL, "UTF-8", "UTF-16le", "UTF-16be" };
	json_t *a;
	uint32_t v;

	if (h->n < 100 || (a = fact_object(f, "attributes")) == NULL)
		return;
	if ((v = be32(h->p + 56)) >= 1 && v <= 3)
		fact_put_text(f, a, "encoding", slice_str(text[v]));
	if ((v = be32(h->p + 60)) != 0)
		fact_put_int(f, a, "user_version", (int32_t)v);
	if ((v = be32(h->p + 68)) != 0)
		fact_put_int(f, a, "application_id", v);
	if (h->p[18] == 2)
		fact_check(f, "wal-mode", false, "the database is in WAL mode: what was not yet written back from its -wal file is not here");
	v = be32(h->p + 28);
	if (h->whole && v && (uint64_t)v * (h->p[16] == 0 && h->p[17] == 1 ? 65536u : (unsigned)(h->p[16] << 8 | h->p[17])) > h->size)
		fact_check(f, "cut-short", true, "the file is shorter than its own header says");
}

static st_t sqlite_facts(struct fact *f, const struct head *h, struct source *src)
{
	struct sqlite_source *s = NULL;
	struct err why = ERR_INIT;
	st_t st;

	fact_media(f, "application/vnd.sqlite3");
	fact_format(f, "SQLite", "3", "fmt/729");
	put_head(f, h);
	if ((st = sqlite_source_open(&s, src, &why)) == ST_OK)
		st = sqlite_source_tables(s, f, NULL);
	else if (st == ST_INVALID)
		fact_unreadable(f, "%s", why.text);
	sqlite_source_close(s);
	return st == ST_NOMEM ? st : ST_OK;
}

const struct extractor ex_sqlite = { .name = "sqlite", .version = 1, .bid = sqlite_bid, .read = sqlite_facts };
