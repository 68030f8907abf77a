/* Facts of a version's files merged into one document (docs/formats/facts.md, "One record"). */

#include "base/clock.h"
#include "base/str.h"
#include "base/utf8.h"
#include "indexer/enrich_int.h"
#include "indexer/follow.h"
#include "store/facts.h"
#include "store/repo.h"

#define PAGE		64
#define FILES_MOST	20000		/* looked at; datasets of more files are described by these */
#define TABLES_MOST	1000
#define COLUMNS_MOST	20000
#define FINDINGS_MOST	1000
#define TEXT_FILE	((size_t)64 << 10)	/* running text of one file, for search */
#define TEXT_MOST	((size_t)256 << 10)	/* of all */

struct merge {
	json_t *tables, *languages, *findings, *texts;
	size_t text_bytes;
	struct meaning mean;
	json_t *sights;			/* only what a page shows, see enrich_sights.c; else NULL */
	size_t columns;
	unsigned read, unreadable, unknown, waiting;
	const struct principal *who;
	struct access_subject subject;
	int64_t now;
	struct buf facts;
};

static st_t add_finding(struct merge *m, const char *path, const char *level, const char *code, const json_t *from, const char *text)
{
	json_t *f;

	if (json_array_size(m->findings) >= FINDINGS_MOST)
		return ST_OK;
	f = json_pack("{s:s,s:s,s:s,s:s*}", "path", path, "level", level, "code", code, "text", text ? text : json_text(from, "text"));
	return json_push(m->findings, f);
}

static st_t add_table(struct merge *m, const struct cat_file *f, const json_t *facts, json_t *table)
{
	static const char *const of_file[] = { "media", "encoding", "dialect" };
	json_t *columns = json_object_get(table, "columns"), *t, *v;
	char hex[65];
	size_t i;
	st_t st = ST_OK;

	if (json_array_size(m->tables) >= TABLES_MOST || m->columns + json_array_size(columns) > COLUMNS_MOST)
		return ST_OK;
	m->columns += json_array_size(columns);
	hex_encode(hex, f->sha256, 32);
	if ((t = json_pack("{s:s,s:s}", "path", f->path, "sha256", hex)) == NULL)
		return ST_NOMEM;
	for (i = 0; i < sizeof(of_file) / sizeof(of_file[0]) && st == ST_OK; i++)
		if ((v = json_object_get(facts, of_file[i])) != NULL)
			st = json_put(t, of_file[i], json_incref(v));
	if (st != ST_OK || json_object_update(t, table) != 0) {
		json_decref(t);
		return ST_NOMEM;
	}
	return json_push(m->tables, t);
}

static st_t add_language(struct merge *m, const char *lang)
{
	json_t *v;
	size_t i;

	if (lang == NULL)
		return ST_OK;
	json_array_foreach(m->languages, i, v)
		if (strcmp(json_string_value(v), lang) == 0)
			return ST_OK;
	return json_push(m->languages, json_string(lang));
}

static st_t add_text(struct merge *m, struct slice s)
{
	s = utf8_clip(s, TEXT_FILE);
	if (m->text_bytes + s.n > TEXT_MOST)
		return ST_OK;
	m->text_bytes += s.n;
	return json_push(m->texts, json_stringn(s.p, s.n));
}

static st_t add_facts(struct merge *m, const struct cat_file *f, json_t *facts)
{
	const char *status = json_text(facts, "status"), *level;
	json_t *tables = json_object_get(facts, "tables"), *checks = json_object_get(facts, "checks"), *v;
	st_t st = ST_OK;
	size_t i;

	if (status == NULL || strcmp(status, "unreadable") == 0 || strcmp(status, "partial") == 0) {
		m->unreadable += status == NULL || status[0] == 'u';
		m->read += status && status[0] == 'p';
		st = add_finding(m, f->path, "warning", status ? status : "unreadable", facts, json_text(facts, "reason"));
	} else if (strcmp(status, "unknown") == 0)
		m->unknown++;
	else
		m->read++;
	json_array_foreach(tables, i, v)
		if (st == ST_OK)
			st = add_table(m, f, facts, v);
	json_array_foreach(checks, i, v)
		if (st == ST_OK && (level = json_text(v, "level")) != NULL && strcmp(level, "warning") == 0 && json_text(v, "code"))
			st = add_finding(m, f->path, level, json_text(v, "code"), v, NULL);
	if (st == ST_OK && json_text(facts, "text"))
		st = add_text(m, json_slice(json_object_get(facts, "text")));
	if (st == ST_OK)
		st = meaning_add(&m->mean, facts);
	return st == ST_OK ? add_language(m, json_text(facts, "language")) : st;
}

/* A file is at least as closed as its record. */
static bool may_read(const struct merge *m, const struct cat_file *f)
{
	struct access_subject s = m->subject;

	if (f->access > s.access)
		s.access = f->access;
	return access_may(m->who, &s, WANT_FILE, m->now) == ST_OK;
}

static st_t add_file(struct merge *m, struct kv_txn *t, const struct cat_file *f)
{
	static const char nobody[] = "{\"extractor\":\"none\",";
	json_t *facts = NULL;
	st_t st;

	if (f->pending || !may_read(m, f))
		return ST_OK;
	buf_clear(&m->facts);
	st = facts_get(t, f->sha256, &m->facts, NULL);
	if (st == ST_ABSENT || st == ST_CORRUPT) {
		m->waiting++;
		return ST_OK;
	}
	if (st != ST_OK)
		return st;
	if (slice_starts(buf_slice(&m->facts), nobody)) {
		m->unknown++;
		return ST_OK;
	}
	if (json_load(&facts, buf_slice(&m->facts), NULL) != ST_OK) {
		m->waiting++;
		return ST_OK;
	}
	st = m->sights ? sights_add(m->sights, f, facts) : add_facts(m, f, facts);
	json_decref(facts);
	return st;
}

static st_t walk_files(struct merge *m, struct kv_txn *t, const struct rec *rec)
{
	bool draft = (rec->state == REC_DRAFT || rec->state == REC_REVIEW) && !rec->is_edit;
	struct cat_file page[PAGE];
	struct buf after = BUF_INIT(2048);
	size_t n, i, all = 0;
	st_t st = ST_OK;

	do {
		n = cat_files(t, rec->id, draft, buf_slice(&after), page, PAGE);
		for (i = 0; i < n && st == ST_OK; i++)
			st = add_file(m, t, &page[i]);
		buf_clear(&after);
		if (n && st == ST_OK)
			st = buf_adds(&after, page[n - 1].path);
		for (i = 0; i < n; i++)
			cat_file_release(&page[i]);
		all += n;
	} while (st == ST_OK && n == PAGE && all < FILES_MOST);
	buf_release(&after);
	return st == ST_OK ? t->st : st;
}

static st_t merge_out(struct merge *m, const json_t *doc, json_t **out)
{
	if (json_array_size(m->tables) + json_array_size(m->languages) + json_array_size(m->findings) == 0 &&
	    m->read + m->unknown + m->unreadable == 0)
		return ST_OK;
	*out = json_pack("{s:O,s:O,s:O,s:{s:i,s:i,s:i,s:i}}", "tables", m->tables, "languages", m->languages,
	    "findings", m->findings, "files", "read", (int)m->read, "unreadable", (int)m->unreadable, "unknown", (int)m->unknown,
	    "waiting", (int)m->waiting);
	if (*out && json_array_size(m->texts) && json_object_set(*out, "texts", m->texts) != 0)
		return ST_NOMEM;
	return *out ? meaning_out(&m->mean, doc, *out) : ST_NOMEM;
}

static st_t merge_start(struct merge *m, const struct schema *schema)
{
	m->tables = json_array();
	m->languages = json_array();
	m->texts = json_array();
	m->findings = json_array();
	return meaning_init(&m->mean, schema) == ST_OK && m->tables && m->languages && m->findings && m->texts ? ST_OK : ST_NOMEM;
}

static void merge_end(struct merge *m)
{
	json_decref(m->tables);
	json_decref(m->languages);
	json_decref(m->texts);
	json_decref(m->findings);
	meaning_release(&m->mean);
	buf_release(&m->facts);
}

st_t enrich_for(struct repo *r, struct kv_txn *t, const struct rec *rec, const struct principal *who, json_t **out, struct err *e)
{
	struct merge m = { .facts = BUF_INIT((size_t)64 << 20), .who = who, .now = clock_now() };
	st_t st;

	*out = NULL;
	if (rec->files == 0)
		return ST_OK;
	rec_subject(rec, &m.subject);
	st = merge_start(&m, r->schema);
	if (st == ST_OK)
		st = walk_files(&m, t, rec);
	if (st == ST_OK)
		st = merge_out(&m, rec->doc, out);
	if (st != ST_OK) {
		json_decref(*out);
		*out = NULL;
	}
	merge_end(&m);
	return st == ST_OK ? ST_OK : err_set(e, st, "facts of record '%s'", rec->id);
}

st_t enrich_file(const struct schema *schema, const struct cat_file *f, json_t *facts, json_t **out, struct err *e)
{
	struct merge m = { .facts = BUF_INIT((size_t)64 << 20) };
	json_t *sights = json_object();
	st_t st = merge_start(&m, schema);

	*out = NULL;
	if (sights == NULL)
		st = ST_NOMEM;
	if (st == ST_OK)
		st = add_facts(&m, f, facts);
	if (st == ST_OK)
		st = merge_out(&m, NULL, out);
	if (st == ST_OK)
		st = sights_add(sights, f, facts);
	if (st == ST_OK && *out)
		st = json_put(*out, "sights", json_incref(sights));
	if (st != ST_OK) {
		json_decref(*out);
		*out = NULL;
	}
	json_decref(sights);
	merge_end(&m);
	return st == ST_OK ? ST_OK : err_set(e, st, "facts of '%s'", f->path);
}

st_t sights_for(struct repo *r, struct kv_txn *t, const struct rec *rec, const struct principal *who, json_t **out, struct err *e)
{
	struct merge m = { .facts = BUF_INIT((size_t)64 << 20), .who = who, .now = clock_now() };
	st_t st = ST_OK;

	(void)r;
	*out = NULL;
	if (rec->files == 0)
		return ST_OK;
	rec_subject(rec, &m.subject);
	if ((m.sights = json_object()) == NULL || (st = walk_files(&m, t, rec)) != ST_OK)
		json_decref(m.sights);
	else
		*out = m.sights;
	buf_release(&m.facts);
	return *out ? ST_OK : err_set(e, st == ST_OK ? ST_NOMEM : st, "facts of record '%s'", rec->id);
}

st_t enrich(struct repo *r, struct kv_txn *t, const struct rec *rec, json_t **out, struct err *e)
{
	static const struct principal anybody;

	return enrich_for(r, t, rec, &anybody, out, e);
}
