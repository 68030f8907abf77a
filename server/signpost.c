/*
 * FAIR Signposting (signposting.org/FAIR): typed links that lead a machine from the landing page to identifier, metadata, files,
 * licence and authors. Level 1 in the Link field, level 2 as a link set (RFC 9264) in both its forms.
 */

#include "server/export.h"

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

	if (rec->access != ACC_OPEN || page == NULL)
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
	if (sum < max || max > HEADER_ITEMS)
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

static void linkset_json(struct req *r)
{
	struct rec rec;
	json_t *set;

	if (!api_record(r, r->param[0], API_PUBLISHED, WANT_SEE, false, &rec))
		return;
	set = json_object();
	json_put_str(set, "anchor", slice_str(req_str(r, "%s/records/%s", BASE(r), rec.id)));
	emit_all(r, &rec, SIZE_MAX, emit_json, set);
	reply_json(r, 200, json_pack("{s:[o]}", "linkset", set));
	r->reply.fields[0].value = SLICE("application/linkset+json");
}

static void linkset_text(struct req *r)
{
	struct field f = { BUF_INIT((size_t)64 << 20), NULL, " ,\n" };
	struct rec rec;

	if (!api_record(r, r->param[0], API_PUBLISHED, WANT_SEE, false, &rec))
		return;
	f.anchor = req_str(r, "%s/records/%s", BASE(r), rec.id);
	emit_all(r, &rec, SIZE_MAX, emit_field, &f);
	reply_buf(r, 200, "application/linkset", &f.b);
}

const struct route routes_signpost[] = {
	{ HTTP_GET, "/records/{id}/linkset.json", linkset_json, 0, 0, "Signposting link set, JSON", "exports" },
	{ HTTP_GET, "/records/{id}/linkset", linkset_text, 0, 0, "Signposting link set, text", "exports" },
	{ 0 }
};
