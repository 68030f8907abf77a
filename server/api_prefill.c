/* What a draft's files say about it: proposals with their sources, and a person's word for them. */

#include "server/api.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/fs.h"
#include "base/place.h"
#include "base/str.h"
#include "net/helper.h"
#include "schema/assertion.h"
#include "schema/describe.h"
#include "store/facts.h"
#include "store/upload.h"

#define FACTS_FILES	200u			/* data files whose facts are asked for proposals */
#define READ_FILES	20u			/* of these, read now because nobody has yet */
#define READ_BYTES	((uint64_t)16 << 20)	/* no larger ones: a person waits for the answer */
#define PAGE		256u

struct gather {
	struct req *r;
	const struct rec *rec;
	struct describe_file files[DESCRIBE_FILES_MAX + FACTS_FILES];
	struct buf bytes[DESCRIBE_FILES_MAX + FACTS_FILES];
	char sha[DESCRIBE_FILES_MAX + FACTS_FILES][SHA256_HEX];
	size_t n, described, facts, read, total;
};

static st_t content_in(struct gather *g, const struct cat_file *f, struct buf *out, struct err *e)
{
	int fd = -1;
	st_t st = content_open(g->r->site->repo, g->rec->id, !g->rec->is_edit, f, &fd, e);

	if (st == ST_OK && (st = buf_reserve(out, (size_t)f->size)) == ST_OK && (st = fs_pread_all(fd, out->p, (size_t)f->size, 0, e)) == ST_OK)
		out->n = (size_t)f->size;
	if (fd >= 0)
		close(fd);
	return st;
}

static void add_description(struct gather *g, const struct cat_file *f)
{
	struct buf *b = &g->bytes[g->n];

	if (f->size > DESCRIBE_FILE_MAX || g->described == DESCRIBE_FILES_MAX || g->total + f->size > DESCRIBE_BYTES_MAX)
		return;
	buf_init(b, DESCRIBE_FILE_MAX + 1);
	if (content_in(g, f, b, NULL) != ST_OK) {
		buf_release(b);
		return;
	}
	g->files[g->n++] = (struct describe_file){ f->path, b->n > 0 ? buf_slice(b) : SLICE(""), NULL };
	g->described++;
	g->total += f->size;
}

/* What an extractor found; read now when it is small and nobody has read it. */
static bool facts_of(struct gather *g, const struct cat_file *f, struct buf *out)
{
	struct kv_txn t;
	int fd = -1;
	st_t st;

	kv_read(g->r->site->repo->catalog, &t);
	st = facts_get(&t, f->sha256, out, NULL);
	kv_end(&t, NULL);
	if (st == ST_OK || f->size > READ_BYTES || g->read == READ_FILES || g->r->srv->helpers == NULL)
		return st == ST_OK;
	g->read++;
	buf_clear(out);
	if (content_open(g->r->site->repo, g->rec->id, !g->rec->is_edit, f, &fd, NULL) != ST_OK)
		return false;
	st = helper_extract(g->r->srv->helpers, fd, 0, f->size, f->path, NULL, out, NULL);
	close(fd);
	return st == ST_OK;
}

static void add_facts(struct gather *g, const struct cat_file *f)
{
	struct buf all = BUF_INIT((size_t)16 << 20), *b = &g->bytes[g->n];
	json_t *facts = NULL, *part = NULL;

	if (g->facts == FACTS_FILES || !facts_of(g, f, &all) || json_load(&facts, buf_slice(&all), NULL) != ST_OK ||
	    (!json_is_object(json_object_get(facts, "record")) && slice_starts(json_slice(json_object_get(facts, "media")), "text/")))
		goto out;
	g->facts++;
	buf_init(b, (size_t)1 << 20);
	part = json_pack("{s:O?, s:O?, s:O?}", "extractor", json_object_get(facts, "extractor"), "version", json_object_get(facts, "version"), "record",
	    json_object_get(facts, "record"));
	if (part == NULL || json_dump(b, part, false) != ST_OK) {
		buf_release(b);
		goto out;
	}
	hex_encode(g->sha[g->n], f->sha256, sizeof(f->sha256));
	g->files[g->n] = (struct describe_file){ f->path, buf_slice(b), g->sha[g->n] };
	g->n++;
out:
	json_decref(part);
	json_decref(facts);
	buf_release(&all);
}

/* All of a draft's files that may say something, in order of their paths. The names live as long as the request. */
static void gather_files(struct gather *g)
{
	struct cat_file *page = calloc(PAGE, sizeof(*page));
	struct slice after = SLICE_NULL;
	struct kv_txn t;
	size_t n, i;

	do {
		if (page == NULL)
			return;
		kv_read(g->r->site->repo->catalog, &t);
		n = cat_files(&t, g->rec->id, !g->rec->is_edit, after, page, PAGE);
		kv_end(&t, NULL);
		for (i = 0; i < n; i++) {
			char *path = arena_strdup(g->r->arena, page[i].path);

			after = slice_str(path);
			free(page[i].path);
			page[i].path = slice_dup(after);
			if (path != NULL && page[i].path != NULL && !page[i].pending && g->n < DESCRIBE_FILES_MAX + FACTS_FILES) {
				if (describe_wants(path))
					add_description(g, &page[i]);
				else
					add_facts(g, &page[i]);
				if (g->n > 0 && strcmp(g->files[g->n - 1].path, path) == 0)
					g->files[g->n - 1].path = path;
			}
			cat_file_release(&page[i]);
		}
	} while (n == PAGE && after.p != NULL);
	free(page);
}

/* The proposal of the draft's files. */
static st_t propose(struct req *r, const struct rec *rec, json_t **doc, json_t **warn, struct err *e)
{
	struct gather *g = calloc(1, sizeof(*g));
	struct buf answer = BUF_INIT((size_t)32 << 20);
	char *place = place_schema();
	st_t st = g == NULL || place == NULL ? ST_NOMEM : r->srv->helpers == NULL ? err_set(e, ST_UNSUPPORTED, "this server has no helper to read files with") : ST_OK;

	if (st == ST_OK) {
		g->r = r;
		g->rec = rec;
		gather_files(g);
		st = helper_describe(r->srv->helpers, place, g->files, g->n, &answer, e);
	}
	if (st == ST_OK)
		st = describe_answer(r->site->repo->schema, buf_slice(&answer), doc, warn, e);
	for (size_t i = 0; g != NULL && i < g->n; i++)
		buf_release(&g->bytes[i]);
	free(g);
	free(place);
	buf_release(&answer);
	return st;
}

static void draft_prefill(struct req *r)
{
	json_t *proposed = NULL, *warn = NULL, *doc = NULL;
	struct err e = ERR_INIT;
	struct actor a;
	struct rec rec;
	st_t st;

	if (!api_record(r, r->param[0], API_DRAFT, WANT_EDIT, false, &rec))
		return;
	st = propose(r, &rec, &proposed, &warn, &e);
	if (st == ST_OK && (doc = json_deep_copy(rec.doc)) == NULL)
		st = ST_NOMEM;
	if (st == ST_OK)
		st = describe_fill(doc, proposed, warn);
	if (st == ST_OK && !json_equal(doc, rec.doc)) {
		api_actor(r, &a);
		st = deposit_save(r->site->repo, &a, rec.id, doc, rec.etag, &e);
	}
	if (st == ST_OK)
		api_answer_draft(r, 200, rec.id, warn);
	else
		problem_send(r, st, &e);
	json_decref(doc);
	json_decref(proposed);
	json_decref(warn);
}

st_t api_confirm(struct req *r, const char *id, const json_t *at, struct err *e)
{
	char when[ISO8601_LEN];
	json_t *doc = NULL, *one;
	struct rec rec = { 0 };
	struct kv_txn t;
	struct actor a;
	size_t i, n = 0, new = 0;
	st_t st;

	kv_read(r->site->repo->catalog, &t);
	st = cat_get(&t, id, true, &rec, e);
	kv_end(&t, NULL);
	iso8601(when, clock_now());
	if (st == ST_OK && (doc = json_deep_copy(rec.doc)) == NULL)
		st = ST_NOMEM;
	if (st == ST_OK && !json_is_array(at))
		st = assertions_confirm(doc, NULL, r->who.name, when, &n);
	json_array_foreach(at, i, one) {
		if (st == ST_OK && !json_is_string(one))
			st = err_set(e, ST_INVALID, "at: expected a list of JSON pointers");
		if (st == ST_OK)
			st = assertions_confirm(doc, json_string_value(one), r->who.name, when, &new);
		n += new;
	}
	if (st == ST_OK && n > 0) {
		api_actor(r, &a);
		st = deposit_save(r->site->repo, &a, id, doc, rec.etag, e);
	}
	rec_release(&rec);
	json_decref(doc);
	return st;
}

static void draft_confirm(struct req *r)
{
	struct err e = ERR_INIT;
	json_t *in = NULL;
	struct rec rec;
	st_t st;

	if (!api_record(r, r->param[0], API_DRAFT, WANT_EDIT, true, &rec))
		return;
	if (!req_empty_body(r) && (in = req_json(r)) == NULL)
		return;
	/* A word that is not understood must not confirm everything. */
	if (in != NULL && (!json_is_object(in) || (json_object_get(in, "at") != NULL && !json_is_array(json_object_get(in, "at"))))) {
		problem_status(r, 400, "at: expected a list of JSON pointers, or nothing for all");
		return;
	}
	st = api_confirm(r, rec.id, json_object_get(in, "at"), &e);
	if (st == ST_OK)
		api_answer_draft(r, 200, rec.id, NULL);
	else
		problem_send(r, st, &e);
}

const struct route routes_prefill[] = {
	{ HTTP_POST, "/api/records/{id}/draft/actions/prefill", draft_prefill, ROUTE_BODY | ROUTE_WRITE | ROUTE_LOGIN, 0, "Fill empty fields from what the draft's files say", "drafts" },
	{ HTTP_POST, "/api/records/{id}/draft/actions/confirm", draft_confirm, ROUTE_BODY | ROUTE_WRITE | ROUTE_LOGIN, 0, "Confirm values that programs proposed", "drafts" },
	{ 0 }
};
