#include "server/export.h"

#include "indexer/follow.h"
#include "package/package.h"
#include "schema/record.h"
#include "server/negotiate.h"
#include "server/serve.h"
#include "store/forms.h"

#define EXPORT_MAX ((size_t)256 << 20)
#define FILES_WHOLE 1000	/* documents that list more files are never whole in memory */

/* Documents that need more than the record: they come from package/, not from a mapping file. */
static const struct {
	const char *name, *media, *profile, *title;
	st_t (*write)(const struct package_ctx *, struct buf *, struct err *);
	st_t (*open)(const struct package_ctx *, struct body **, int64_t *, struct err *);
} documents[] = {
	{ "croissant", "application/ld+json", "http://mlcommons.org/croissant/1.1", "Croissant 1.1", croissant_write, croissant_open },
	{ "ro-crate", "application/ld+json", "https://w3id.org/ro/crate", "RO-Crate 1.2", NULL, rocrate_open },
	{ "nii-rdm-turtle", "text/turtle", "https://purl.org/rdm/ontology/", "NII RDM ontology, Turtle", rdm_turtle_write, NULL },
};
#define DOCUMENTS (sizeof(documents) / sizeof(documents[0]))

bool export_at(const struct req *r, size_t i, const char **name, const char **media, const char **profile, const char **title)
{
	const struct format *f;

	if (i < DOCUMENTS) {
		*name = documents[i].name;
		*media = documents[i].media;
		*profile = documents[i].profile;
		*title = documents[i].title;
		return true;
	}
	f = schema_format_at(r->site->repo->schema, i - DOCUMENTS);
	if (f == NULL)
		return false;
	*name = f->name;
	*media = f->media;
	*profile = f->profile;
	*title = f->title;
	return true;
}

const char *export_negotiate(struct req *r, bool *none)
{
	struct slice accept = req_field(r, "Accept");
	const char *best = NULL, *name, *media, *profile, *title;
	int best_q, q;
	size_t i;

	*none = false;
	best_q = negotiate_quality(accept, "text/html", NULL);
	q = negotiate_quality(accept, "application/xhtml+xml", NULL);
	if (q > best_q)
		best_q = q;
	/* schema.org first among those of its media type: plain ld+json means that, unless a profile is named. */
	for (i = 0; export_at(r, i, &name, &media, &profile, &title); i++) {
		q = negotiate_quality(accept, media, profile);
		if (q > best_q || (q == best_q && q > 0 && best != NULL && strcmp(name, "schema-org") == 0 &&
		    strcmp(media, "application/ld+json") == 0 && q <= 1000)) {
			best_q = q;
			best = name;
		}
	}
	/* Plain JSON is the record as it is kept. */
	if (best == NULL && best_q == 0 && negotiate_quality(accept, "application/json", NULL) > 0)
		best = "azekura";
	*none = best == NULL && best_q == 0;
	return best;
}

/* What it holds by added schemas goes beside what its files hold. */
static st_t forms_put(struct req *r, struct kv_txn *t, const struct rec *rec, json_t **facts)
{
	json_t *forms = forms_view(t, r->site->repo->schema, rec->doc, false);

	if (forms == NULL)
		return ST_OK;
	if (*facts == NULL && (*facts = json_object()) == NULL) {
		json_decref(forms);
		return ST_NOMEM;
	}
	return json_put(*facts, "forms", forms);
}

/* A mapping file cannot know of schemas that were added: their fields are put into what it wrote. */
static st_t add_properties(struct req *r, const struct rec *rec, struct buf *out, struct err *e)
{
	json_t *forms, *doc = NULL;
	struct kv_txn t;
	st_t st = ST_OK;

	kv_read(r->site->repo->catalog, &t);
	forms = forms_view(&t, r->site->repo->schema, rec->doc, false);
	kv_end(&t, NULL);
	if (forms == NULL)
		return ST_OK;
	st = json_load(&doc, buf_slice(out), e);
	if (st == ST_OK)
		st = json_put(doc, "additionalProperty", pk_form_properties(forms, BASE(r)));
	if (st == ST_OK) {
		buf_clear(out);
		st = json_dump(out, doc, false);
	}
	json_decref(doc);
	json_decref(forms);
	return st;
}

static st_t package_context(struct req *r, const struct rec *rec, struct package_ctx *c, json_t **facts, struct err *e)
{
	struct kv_txn t;
	st_t st;

	*facts = NULL;
	kv_read(r->site->repo->catalog, &t);
	st = enrich(r->site->repo, &t, rec, facts, e);
	if (st == ST_OK)
		st = forms_put(r, &t, rec, facts);
	kv_end(&t, NULL);
	memset(c, 0, sizeof(*c));
	c->repo = r->site->repo;
	c->rec = rec;
	c->facts = *facts;
	c->base = BASE(r);
	c->who = &r->who;
	return st;
}

static st_t write_format(struct req *r, const struct rec *rec, const struct format *f, struct buf *out, struct err *e)
{
	struct buf raw = BUF_INIT(EXPORT_MAX);
	struct record_view view;
	struct slice kept;
	struct kv_txn t;
	json_t *facts = NULL;
	int64_t stamp;
	bool deleted;
	st_t st;

	memset(&view, 0, sizeof(view));
	kv_read(r->site->repo->catalog, &t);
	if (f->kept && rec->state == REC_PUBLISHED) {
		st = cat_rendition(&t, f->name, rec->id, &kept, &stamp, &deleted);
		if (st == ST_OK && !deleted)
			st = marks_fill(out, kept, slice_str(BASE(r)), slice_str(r->site->oai_prefix));
		else if (st == ST_OK)
			st = ST_UNSUPPORTED;
		kv_end(&t, NULL);
		return st;
	}
	st = enrich(r->site->repo, &t, rec, &facts, e);
	if (st == ST_OK)
		st = cat_view(&t, rec, &view);
	kv_end(&t, NULL);
	if (st == ST_OK) {
		view.facts = facts;
		st = xwalk_write(r->site->repo->schema, f, &view, &raw, e);
		view.facts = NULL;
	}
	if (st == ST_OK)
		st = marks_fill(out, buf_slice(&raw), slice_str(BASE(r)), slice_str(r->site->oai_prefix));
	cat_view_release(&view);
	json_decref(facts);
	buf_release(&raw);
	return st;
}

st_t export_write(struct req *r, const struct rec *rec, const char *format, struct buf *out, const char **media, struct err *e)
{
	const struct format *f;
	struct package_ctx c;
	json_t *facts = NULL;
	size_t i;
	st_t st;

	for (i = 0; i < DOCUMENTS; i++) {
		if (strcmp(format, documents[i].name) != 0)
			continue;
		*media = documents[i].media;
		st = package_context(r, rec, &c, &facts, e);
		if (st == ST_OK)
			st = documents[i].write != NULL ? documents[i].write(&c, out, e) : rocrate_write(&c, false, out, e);
		json_decref(facts);
		return st;
	}
	f = schema_format(r->site->repo->schema, format);
	if (f == NULL)
		return err_set(e, ST_ABSENT, "there is no format of that name");
	*media = f->media;
	st = write_format(r, rec, f, out, e);
	return st == ST_OK && strcmp(format, "schema-org") == 0 ? add_properties(r, rec, out, e) : st;
}

const char *export_type(struct req *r, const char *name, const char *media)
{
	const char *n, *m, *profile, *title;
	size_t i;

	for (i = 0; export_at(r, i, &n, &m, &profile, &title); i++)
		if (strcmp(n, name) == 0 && profile != NULL && strcmp(m, "application/ld+json") == 0)
			return req_str(r, "%s; profile=\"%s\"", media, profile);
	return media;
}

st_t export_open(struct req *r, const struct rec *rec, const char *format, struct body **body, int64_t *len, const char **media, struct err *e)
{
	struct package_ctx c;
	json_t *facts = NULL;
	size_t i;
	st_t st;

	*body = NULL;
	for (i = 0; i < DOCUMENTS && strcmp(format, documents[i].name) != 0; i++)
		;
	if (i == DOCUMENTS || rec->files <= FILES_WHOLE || documents[i].open == NULL)
		return ST_OK;
	*media = documents[i].media;
	st = package_context(r, rec, &c, &facts, e);
	if (st == ST_OK)
		st = documents[i].open(&c, body, len, e);
	json_decref(facts);
	return st;
}

/* /records/ID/export/FORMAT */
static void export_get(struct req *r)
{
	struct buf out = BUF_INIT(EXPORT_MAX);
	const char *name = req_zstr(r, r->param[1]), *media = NULL;
	struct body *body = NULL;
	struct err e = ERR_INIT;
	int64_t len = -1;
	struct rec rec;
	st_t st;

	if (!api_record(r, r->param[0], API_PUBLISHED, WANT_SEE, false, &rec)) {
		if (r->reply.status == 404)
			(void)!api_concept(r, r->param[0], "/records/", req_str(r, "/export/%s", name));
		return;
	}
	st = export_open(r, &rec, name, &body, &len, &media, &e);
	if (st == ST_OK && body == NULL)
		st = export_write(r, &rec, name, &out, &media, &e);
	if (st != ST_OK) {
		buf_release(&out);
		problem_send(r, st == ST_UNSUPPORTED ? ST_UNSUPPORTED : st, &e);
		return;
	}
	if (body != NULL)
		reply_body(r, 200, export_type(r, name, media), body, len);
	else
		reply_buf(r, 200, export_type(r, name, media), &out);
	reply_addf(r, "Link", "<%s/records/%s>; rel=\"describes\"; type=\"text/html\"", BASE(r), rec.id);
	reply_add(r, "Cache-Control", r->who.user == 0 ? SLICE("public, max-age=0, must-revalidate") : SLICE("private, no-store"));
}

/* ---- Packages. ---- */

static void package_send(struct req *r, const struct rec *rec, const char *name)
{
	const struct package_kind *kind = package_find(name);
	struct body *body = NULL;
	struct package_ctx c;
	struct err e = ERR_INIT;
	json_t *facts = NULL;
	int64_t len = -1;
	st_t st;

	if (kind == NULL) {
		problem_status(r, 404, "there is no package of that kind");
		return;
	}
	st = package_context(r, rec, &c, &facts, &e);
	if (st == ST_OK)
		st = kind->open(&c, &body, &len, &e);
	json_decref(facts);
	if (st != ST_OK) {
		problem_send(r, st, &e);
		return;
	}
	reply_body(r, 200, kind->media, body, len);
	reply_add(r, "Content-Disposition", slice_str(serve_disposition(r, req_str(r, "%s%s", rec->id, kind->suffix))));
	reply_addf(r, "Link", "<%s/records/%s>; rel=\"collection\"; type=\"text/html\"", BASE(r), rec->id);
	reply_add(r, "Cache-Control", SLICE("private, no-cache"));
}

static void package_get(struct req *r)
{
	struct rec rec;

	if (api_record(r, r->param[0], API_PUBLISHED, WANT_SEE, false, &rec))
		package_send(r, &rec, req_zstr(r, r->param[1]));
	else if (r->reply.status == 404)
		(void)!api_concept(r, r->param[0], "/records/", req_str(r, "/packages/%s", req_zstr(r, r->param[1])));
}

static void archive_get(struct req *r)
{
	struct rec rec;

	if (api_record(r, r->param[0], API_PUBLISHED, WANT_SEE, false, &rec))
		package_send(r, &rec, "zip");
}

static void packages_list(struct req *r)
{
	const struct package_kind *k;
	json_t *list;
	struct rec rec;
	size_t i;

	if (!api_record(r, r->param[0], API_PUBLISHED, WANT_SEE, true, &rec))
		return;
	list = json_array();
	for (i = 0; (k = package_at(i)) != NULL; i++)
		json_push(list, json_pack("{s:s, s:{s:s, s:s}, s:s, s:{s:s}}", "kind", k->name, "title", "en", k->title_en, "ja", k->title_ja,
		    "mediaType", k->media, "links", "self", req_str(r, "%s/records/%s/packages/%s", BASE(r), rec.id, k->name)));
	reply_json(r, 200, json_pack("{s:{s:o, s:I}}", "hits", "hits", list, "total", (json_int_t)i));
}

const struct route routes_export[] = {
	{ HTTP_GET, "/records/{id}/export/{format}", export_get, 0, 0, "A record's metadata in a format", "exports" },
	{ HTTP_GET, "/records/{id}/packages/{kind}", package_get, 0, 0, "A package, streamed", "packages" },
	{ HTTP_GET, "/api/records/{id}/packages", packages_list, 0, 0, "Packages on offer", "packages" },
	{ HTTP_GET, "/api/records/{id}/files-archive", archive_get, 0, 0, "All files in one zip", "packages" },
	{ 0 }
};
