/*
 * FAIR Signposting (signposting.org/FAIR): typed links that lead a machine from the landing page to identifier, metadata, files,
 * licence and authors. Level 1 in the Link field, level 2 as a link set (RFC 9264) in both its forms.
 */

#include "server/export.h"

#include <stdlib.h>

#include "base/str.h"

#define HEADER_ITEMS 20		/* files named in the field; a header has its limits, the link set has none */
#define ITEM_PAGE 200

struct link { const char *rel, *href, *type, *profile; };
typedef void emit_fn(void *ctx, const struct link *l);

static const char *primary_pid(struct req *r, const struct rec *rec)
{
	json_t *ids = json_object_get(rec->doc, "identifiers"), *one;
	size_t i;

	json_array_foreach(ids, i, one) {
		const char *type = json_text(one, "type");

		if (type != NULL && strcmp(type, "DOI") == 0 && json_text(one, "value") != NULL)
			return req_str(r, "https://doi.org/%s", json_text(one, "value"));
	}
	return req_str(r, "%s/records/%s", BASE(r), rec->id);
}

static void emit_people(struct req *r, const struct rec *rec, emit_fn *emit, void *ctx)
{
	json_t *creators = json_object_get(rec->doc, "creators"), *one, *id;
	size_t i, j;

	json_array_foreach(creators, i, one) {
		json_array_foreach(json_object_get(one, "nameIdentifiers"), j, id) {
			const char *scheme = json_text(id, "scheme"), *value = json_text(id, "value");
			struct buf uri = BUF_INIT(2048);

			if (scheme != NULL && value != NULL && (strcmp(scheme, "ORCID") == 0 || strcmp(scheme, "ROR") == 0) &&
			    pid_uri(&uri, scheme, slice_str(value)) == ST_OK && uri.n > 0)
				emit(ctx, &(struct link){ "author", req_zstr(r, buf_slice(&uri)), NULL, NULL });
			buf_release(&uri);
		}
	}
}

static void emit_rights(const struct rec *rec, emit_fn *emit, void *ctx)
{
	json_t *rights = json_object_get(rec->doc, "rights"), *one;
	size_t i;

	json_array_foreach(rights, i, one) {
		const char *uri = json_text(one, "uri");

		if (uri != NULL && strncmp(uri, "http", 4) == 0)
			emit(ctx, &(struct link){ "license", uri, NULL, NULL });
	}
}

static void emit_forms(struct req *r, const struct rec *rec, emit_fn *emit, void *ctx)
{
	const char *name, *media, *profile, *title;
	size_t i;

	for (i = 0; export_at(r, i, &name, &media, &profile, &title); i++)
		emit(ctx, &(struct link){ "describedby", req_str(r, "%s/records/%s/export/%s", BASE(r), rec->id, name), media, profile });
}

/* ${max} files; returns how many there were to emit. */
static void emit_items(struct req *r, const struct rec *rec, size_t max, emit_fn *emit, void *ctx)
{
	struct cat_file *page = calloc(ITEM_PAGE, sizeof(*page));
	struct buf after = BUF_INIT(2048), path = BUF_INIT(8192);
	size_t n = 0, i, sum = 0;

	if (max == 0 || rec->access != ACC_OPEN || page == NULL)
		goto out;
	do {
		struct kv_txn t;

		kv_read(r->site->repo->catalog, &t);
		n = cat_files(&t, rec->id, false, buf_slice(&after), page, max - sum < ITEM_PAGE ? max - sum : ITEM_PAGE);
		kv_end(&t, NULL);
		for (i = 0; i < n; i++) {
			buf_clear(&path);
			percent_encode(&path, slice_str(page[i].path), "/");
			if (page[i].access == ACC_OPEN && path.st == ST_OK)
				emit(ctx, &(struct link){ "item", req_str(r, "%s/records/%s/files/%s", BASE(r), rec->id, path.p), page[i].media, NULL });
			if (i + 1 == n) {
				buf_clear(&after);
				buf_adds(&after, page[i].path);
			}
			cat_file_release(&page[i]);
		}
		sum += n;
	} while (n == ITEM_PAGE && sum < max);
	if (sum < max)
		emit(ctx, &(struct link){ "item", req_str(r, "%s/records/%s/packages/ro-crate", BASE(r), rec->id), "application/zip", "https://w3id.org/ro/crate" });
out:
	free(page);
	buf_release(&after);
	buf_release(&path);
}

static void emit_all(struct req *r, const struct rec *rec, size_t items, emit_fn *emit, void *ctx)
{
	const char *coar = json_text(json_object_get(rec->doc, "resourceType"), "coar");

	emit(ctx, &(struct link){ "cite-as", primary_pid(r, rec), NULL, NULL });
	emit(ctx, &(struct link){ "type", "https://schema.org/AboutPage", NULL, NULL });
	emit(ctx, &(struct link){ "type", "https://schema.org/Dataset", NULL, NULL });
	if (coar != NULL)
		emit(ctx, &(struct link){ "type", coar, NULL, NULL });
	emit_rights(rec, emit, ctx);
	emit_people(r, rec, emit, ctx);
	emit_forms(r, rec, emit, ctx);
	emit_items(r, rec, items, emit, ctx);
}

/* A link target or parameter may not end its own quotes. */
static bool clean(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s <= 0x20 || (unsigned char)*s >= 0x7f || *s == '<' || *s == '>' || *s == '"')
			return false;
	return true;
}

struct field { struct buf b; const char *anchor; const char *sep; };

static void emit_field(void *ctx, const struct link *l)
{
	struct field *f = ctx;

	if (!clean(l->href) || (l->type != NULL && strchr(l->type, '"') != NULL))
		return;
	buf_addf(&f->b, "%s<%s>; rel=\"%s\"", f->b.n == 0 ? "" : f->sep, l->href, l->rel);
	if (l->type != NULL)
		buf_addf(&f->b, "; type=\"%s\"", l->type);
	if (l->profile != NULL)
		buf_addf(&f->b, "; profile=\"%s\"", l->profile);
	if (f->anchor != NULL)
		buf_addf(&f->b, "; anchor=\"%s\"", f->anchor);
}

void signpost_header(struct req *r, const struct rec *rec)
{
	struct field f = { BUF_INIT(16384), NULL, ", " };

	emit_all(r, rec, HEADER_ITEMS, emit_field, &f);
	emit_field(&f, &(struct link){ "linkset", req_str(r, "%s/records/%s/linkset.json", BASE(r), rec->id), "application/linkset+json", NULL });
	emit_field(&f, &(struct link){ "linkset", req_str(r, "%s/records/%s/linkset", BASE(r), rec->id), "application/linkset", NULL });
	if (f.b.st == ST_OK)
		reply_add(r, "Link", buf_slice(&f.b));
	buf_release(&f.b);
}

static void emit_json(void *ctx, const struct link *l)
{
	json_t *set = ctx, *list = json_object_get(set, l->rel), *one = json_object();

	if (list == NULL) {
		list = json_array();
		json_put(set, l->rel, list);
	}
	json_put_str(one, "href", slice_str(l->href));
	if (l->type != NULL)
		json_put_str(one, "type", slice_str(l->type));
	if (l->profile != NULL)
		json_put_str(one, "profile", slice_str(l->profile));
	json_push(list, one);
}

/* ---- The link set, written while it is sent: a dataset may have a hundred thousand items. ---- */

struct linkset {
	struct body body;
	struct repo *repo;
	char id[PID_LEN + 1];
	bool json, first, items;
	char *page_url, *after;		/* owned; ${after}: path behind which the next page of files begins */
	struct buf head;
	struct cat_file page[ITEM_PAGE];
};

static void linkset_stop(struct body *body)
{
	struct linkset *l = (struct linkset *)body;

	free(l->page_url);
	free(l->after);
	buf_release(&l->head);
	free(l);
}

static void put_item(struct linkset *l, const struct link *one, struct buf *out)
{
	struct field f = { BUF_INIT(65536), l->page_url, "" };
	json_t *set;

	if (!l->json) {
		emit_field(&f, one);
		if (f.b.n > 0) {
			buf_adds(out, " ,\n");
			buf_addsl(out, buf_slice(&f.b));
		}
	} else if ((set = json_object()) != NULL) {
		emit_json(set, one);
		buf_adds(out, l->first ? "" : ",");
		json_dump(out, json_array_get(json_object_get(set, one->rel), 0), false);
		json_decref(set);
	}
	l->first = false;
	buf_release(&f.b);
}

static void put_page(struct linkset *l, size_t n, struct buf *out)
{
	struct buf url = BUF_INIT(16384);
	size_t i;

	for (i = 0; i < n; i++) {
		buf_clear(&url);
		buf_addf(&url, "%s/files/", l->page_url);
		percent_encode(&url, slice_str(l->page[i].path), "/");
		if (l->page[i].access == ACC_OPEN && url.st == ST_OK)
			put_item(l, &(struct link){ "item", url.p, l->page[i].media, NULL }, out);
	}
	buf_release(&url);
}

/* One page of files a call; a transaction lasts no longer. */
static st_t linkset_pull(struct body *body, struct buf *chunk, struct err *e)
{
	struct linkset *l = (struct linkset *)body;
	struct buf url = BUF_INIT(16384);
	struct kv_txn t;
	size_t n = 0, i;

	(void)e;
	buf_addsl(chunk, buf_slice(&l->head));
	buf_release(&l->head);
	if (!l->items)
		return chunk->st == ST_OK ? ST_EOF : chunk->st;
	kv_read(l->repo->catalog, &t);
	n = cat_files(&t, l->id, false, l->after == NULL ? SLICE_NULL : slice_str(l->after), l->page, ITEM_PAGE);
	kv_end(&t, NULL);
	put_page(l, n, chunk);
	free(l->after);
	l->after = n == 0 ? NULL : strdup(l->page[n - 1].path);
	for (i = 0; i < n; i++)
		cat_file_release(&l->page[i]);
	if (n == ITEM_PAGE)
		return l->after == NULL ? ST_NOMEM : chunk->st;
	buf_addf(&url, "%s/packages/ro-crate", l->page_url);
	if (url.st == ST_OK)
		put_item(l, &(struct link){ "item", url.p, "application/zip", "https://w3id.org/ro/crate" }, chunk);
	buf_release(&url);
	buf_adds(chunk, l->json ? "]}]}" : "");
	return chunk->st == ST_OK ? ST_EOF : chunk->st;
}

/* What comes before the items. */
static void put_head(struct req *r, const struct rec *rec, struct linkset *l)
{
	struct field f = { BUF_INIT((size_t)16 << 20), l->page_url, " ,\n" };
	json_t *set, *all;

	if (!l->json) {
		emit_all(r, rec, 0, emit_field, &f);
		buf_addsl(&l->head, buf_slice(&f.b));
	} else {
		set = json_object();
		json_put_str(set, "anchor", slice_str(l->page_url));
		emit_all(r, rec, 0, emit_json, set);
		all = json_pack("{s:[o]}", "linkset", set);
		json_dump(&l->head, all, false);
		json_decref(all);
		if (l->items && l->head.n > 3) {
			l->head.n -= 3;		/* "}]}" comes after the items */
			buf_adds(&l->head, ",\"item\":[");
		}
	}
	buf_release(&f.b);
}

static void linkset_send(struct req *r, bool json)
{
	struct linkset *l;
	struct rec rec;

	if (!api_record(r, r->param[0], API_PUBLISHED, WANT_SEE, false, &rec))
		return;
	l = calloc(1, sizeof(*l));
	if (l == NULL || (l->page_url = strdup(req_str(r, "%s/records/%s", BASE(r), rec.id))) == NULL) {
		free(l);
		problem_send(r, ST_NOMEM, NULL);
		return;
	}
	l->body = (struct body){ linkset_pull, linkset_stop, true };
	l->repo = r->site->repo;
	memcpy(l->id, rec.id, sizeof(l->id));
	l->json = json;
	l->first = true;
	l->items = rec.access == ACC_OPEN;
	buf_init(&l->head, (size_t)16 << 20);
	put_head(r, &rec, l);
	if (l->head.st != ST_OK) {
		problem_send(r, l->head.st, NULL);
		linkset_stop(&l->body);
		return;
	}
	reply_body(r, 200, json ? "application/linkset+json" : "application/linkset", &l->body, -1);
}

static void linkset_json(struct req *r)
{
	linkset_send(r, true);
}

static void linkset_text(struct req *r)
{
	linkset_send(r, false);
}

const struct route routes_signpost[] = {
	{ HTTP_GET, "/records/{id}/linkset.json", linkset_json, 0, 0, "Signposting link set, JSON", "exports" },
	{ HTTP_GET, "/records/{id}/linkset", linkset_text, 0, 0, "Signposting link set, text", "exports" },
	{ 0 }
};
