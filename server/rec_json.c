/* Records and files as the API shows them: the JSON of InvenioRDM 12, and the canonical form. */

#include "server/api.h"

#include "base/clock.h"
#include "base/str.h"
#include "schema/assertion.h"
#include "schema/decision.h"
#include "schema/record.h"

#define ENTRIES_MAX 100		/* files listed inside a record; more are one request away */

static void put_time(json_t *j, const char *key, int64_t sec)
{
	char when[ISO8601_LEN];

	iso8601(when, sec);
	json_put_str(j, key, slice_str(when));
}

static void put_link(json_t *links, struct req *r, const char *name, const char *fmt, ...) PRINTF_LIKE(4, 5);

static void put_link(json_t *links, struct req *r, const char *name, const char *fmt, ...)
{
	struct buf b = BUF_INIT(8192);
	va_list ap;

	buf_adds(&b, BASE(r));
	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	if (b.st == ST_OK)
		json_put_str(links, name, buf_slice(&b));
	buf_release(&b);
}

static const char *encoded(struct req *r, const char *path, const char *keep)
{
	struct buf b = BUF_INIT(8192);
	const char *s = "";

	if (percent_encode(&b, slice_str(path), keep) == ST_OK)
		s = req_zstr(r, buf_slice(&b));
	buf_release(&b);
	return s;
}

const char *path_segment(struct req *r, const char *path)
{
	return encoded(r, path, NULL);
}

/* Slashes stay slashes. */
static const char *path_segments(struct req *r, const char *path)
{
	return encoded(r, path, "/");
}

void rec_etag(const struct rec *rec, char out[40])
{
	snprintf(out, 40, "\"%u.%u%s\"", rec->etag, rec->revision, rec->latest ? "" : "o");
}

static json_t *links_of(struct req *r, const struct rec *rec, bool draft)
{
	const char *id = rec->id, *d = draft ? "/draft" : "";
	json_t *l = json_object();

	put_link(l, r, "self", "/api/records/%s%s", id, d);
	put_link(l, r, "self_html", draft && !rec->is_edit ? "/records/%s?preview=1" : "/records/%s", id);
	put_link(l, r, "files", "/api/records/%s%s/files", id, d);
	put_link(l, r, "versions", "/api/records/%s/versions", id);
	put_link(l, r, "latest", "/api/records/%s/versions/latest", id);
	put_link(l, r, "latest_html", "/records/%s", rec->parent);
	put_link(l, r, "draft", "/api/records/%s/draft", id);
	put_link(l, r, "record", "/api/records/%s", id);
	put_link(l, r, "parent", "/api/records/%s", rec->parent);
	put_link(l, r, "archive", "/api/records/%s%s/files-archive", id, d);
	put_link(l, r, "access_links", "/api/records/%s/access/links", id);
	put_link(l, r, "communities", "/api/records/%s/communities", id);
	if (draft) {
		put_link(l, r, "publish", "/api/records/%s/draft/actions/publish", id);
	} else {
		put_link(l, r, "packages", "/api/records/%s/packages", id);
		put_link(l, r, "export_croissant", "/records/%s/export/croissant", id);
		put_link(l, r, "export_schema_org", "/records/%s/export/schema-org", id);
		put_link(l, r, "export_datacite", "/records/%s/export/datacite", id);
		put_link(l, r, "package_zip", "/records/%s/packages/zip", id);
		put_link(l, r, "package_bagit", "/records/%s/packages/bagit", id);
		put_link(l, r, "package_ro_crate", "/records/%s/packages/ro-crate", id);
	}
	return l;
}

static const char *rdm_status(const struct rec *rec, bool draft)
{
	if (!draft)
		return "published";
	if (rec->is_edit)
		return "draft_with_review_published";
	return rec->version > 1 ? "new_version_draft" : rec->state == REC_REVIEW ? "in_review" : "draft";
}

json_t *file_json(struct req *r, const struct rec *rec, bool draft, const struct cat_file *f)
{
	json_t *j = json_object(), *links = json_object();
	const char *d = draft ? "/draft" : "", *key = path_segment(r, f->path);
	char sum[72] = "sha256:", crc[9];

	json_put_str(j, "key", slice_str(f->path));
	json_put_str(j, "status", slice_str(f->pending ? "pending" : "completed"));
	json_put(j, "metadata", f->meta != NULL ? json_incref(f->meta) : json_null());
	if (!f->pending) {
		hex_encode(sum + 7, f->sha256, sizeof(f->sha256));
		snprintf(crc, sizeof(crc), "%08x", f->crc32);
		json_put_str(j, "checksum", slice_str(sum));
		json_put_str(j, "crc32", slice_str(crc));
		json_put(j, "size", json_integer((json_int_t)f->size));
		json_put_str(j, "mimetype", slice_str(f->media != NULL ? f->media : "application/octet-stream"));
		json_put_str(j, "storage_class", SLICE("L"));
	}
	json_put_str(j, "access", slice_str(access_name(f->access)));
	put_time(j, "updated", f->modified);
	put_link(links, r, "self", "/api/records/%s%s/files/%s", rec->id, d, key);
	put_link(links, r, "content", "/api/records/%s%s/files/%s/content", rec->id, d, key);
	if (draft)
		put_link(links, r, "commit", "/api/records/%s/draft/files/%s/commit", rec->id, key);
	else
		put_link(links, r, "self_html", "/records/%s/files/%s", rec->id, path_segments(r, f->path));
	json_put(j, "links", links);
	return j;
}

static json_t *files_of(struct req *r, const struct rec *rec, bool draft)
{
	json_t *j = json_object(), *entries;
	struct cat_file *list;
	struct kv_txn t;
	size_t n, i;

	json_put(j, "enabled", json_boolean(rec->files > 0 || draft));
	json_put(j, "count", json_integer((json_int_t)rec->files));
	json_put(j, "total_bytes", json_integer((json_int_t)rec->bytes));
	if (rec->files == 0 || rec->files > ENTRIES_MAX)
		return j;
	list = calloc(ENTRIES_MAX, sizeof(*list));
	if (list == NULL)
		return j;
	entries = json_object();
	kv_read(r->site->repo->catalog, &t);
	n = cat_files(&t, rec->id, draft && !rec->is_edit, SLICE_NULL, list, ENTRIES_MAX);
	kv_end(&t, NULL);
	for (i = 0; i < n; i++) {
		json_put(entries, list[i].path, file_json(r, rec, draft, &list[i]));
		cat_file_release(&list[i]);
	}
	free(list);
	json_put(j, "entries", entries);
	return j;
}

json_t *tomb_json(struct req *r, const struct rec *rec)
{
	json_t *j = json_object(), *tomb = rec->tomb != NULL ? json_copy(rec->tomb) : json_object();
	const char *reason = json_text(tomb, "reason");

	if (rec->withdrawn != 0)
		put_time(tomb, "removal_date", rec->withdrawn);
	if (reason != NULL)
		json_put(tomb, "removal_reason", json_pack("{s:s}", "id", reason));
	json_put(tomb, "is_visible", json_true());
	json_put_str(j, "type", SLICE("about:blank"));
	json_put_str(j, "title", SLICE("Gone"));
	json_put(j, "status", json_integer(410));
	json_put_str(j, "detail", SLICE("this record was withdrawn"));
	json_put_str(j, "message", SLICE("this record was withdrawn"));
	json_put_str(j, "id", slice_str(rec->id));
	json_put(j, "tombstone", tomb);
	(void)r;
	return j;
}

static const char *state_name(const struct rec *rec, bool draft)
{
	if (draft)
		return rec->state == REC_REVIEW ? "in review" : "draft";
	return rec->state == REC_WITHDRAWN ? "withdrawn" : "published";
}

static void put_common(struct req *r, json_t *j, const struct rec *rec, bool draft)
{
	json_t *parent = json_object(), *owner = json_object(), *versions = json_object(), *sets = json_array();
	size_t i;

	json_put_str(j, "id", slice_str(rec->id));
	put_time(j, "created", rec->created);
	put_time(j, "updated", rec->modified);
	json_put(j, "links", links_of(r, rec, draft));
	json_put(j, "revision_id", json_integer(rec->etag));
	json_put_str(parent, "id", slice_str(rec->parent));
	json_put(owner, "owned_by", json_pack("{s:s}", "user", req_str(r, "%u", rec->owner)));
	json_put(parent, "access", owner);
	for (i = 0; i < rec->n_sets; i++)
		json_push(sets, json_string(rec->sets[i]));
	json_put(parent, "communities", json_pack("{s:o}", "ids", sets));
	json_put(j, "parent", parent);
	json_put(versions, "is_latest", json_boolean(rec->latest && !draft));
	json_put(versions, "is_latest_draft", json_boolean(rec->latest || draft));
	json_put(versions, "index", json_integer(rec->version));
	json_put(j, "versions", versions);
	json_put(j, "is_published", json_boolean(!draft || rec->is_edit));
	json_put(j, "is_draft", json_boolean(draft));
}

static json_t *canonical_json(struct req *r, const struct rec *rec, const json_t *doc, bool draft)
{
	json_t *j = json_copy((json_t *)doc), *times;

	if (j == NULL)
		return NULL;
	put_common(r, j, rec, draft);
	json_object_del(j, "created");
	json_object_del(j, "updated");
	times = json_object();
	put_time(times, "created", rec->created);
	put_time(times, "modified", rec->modified);
	if (rec->published != 0)
		put_time(times, "published", rec->published);
	json_put(j, "timestamps", times);
	json_put_str(j, "state", slice_str(state_name(rec, draft)));
	json_put(j, "revision", json_integer(rec->revision));
	json_put(j, "versionNumber", json_integer(rec->version));
	json_put_str(j, "oaiIdentifier", slice_str(req_str(r, "%s%s", r->site->oai_prefix, rec->id)));
	json_put(j, "filesTotal", json_integer((json_int_t)rec->files));
	json_put(j, "bytesTotal", json_integer((json_int_t)rec->bytes));
	return j;
}

/* Access as InvenioRDM shows it, with what the record's own document cannot know: whether an embargo is still on. */
static void put_status(json_t *j, const struct rec *rec)
{
	json_t *access = json_object_get(j, "access");
	int64_t now = clock_now();
	const char *status = access_name(rec->access);

	if (access == NULL)
		return;
	if (rec->access == ACC_CLOSED || rec->meta == META_PRIVATE)
		status = rec->meta == META_PRIVATE ? "restricted" : "metadata-only";
	else if (rec->access == ACC_EMBARGOED && rec->embargo_end <= now)
		status = "open";
	else if (rec->access == ACC_OPEN && rec->files == 0)
		status = "metadata-only";
	json_put_str(access, "status", slice_str(status));
}

/* A published document as the world sees it: who confirmed a proposal is between the depositors. New reference. */
static json_t *shown_doc(const struct rec *rec, bool draft)
{
	const json_t *list = json_object_get(rec->doc, "assertions"), *variables = json_object_get(rec->doc, "variables");
	json_t *doc;

	if (draft || (list == NULL && variables == NULL))
		return json_incref(rec->doc);
	doc = json_copy(rec->doc);
	if (doc == NULL || (list != NULL && json_put(doc, "assertions", assertions_public(list)) != ST_OK) ||
	    (variables != NULL && json_put(doc, "variables", decisions_public(variables)) != ST_OK)) {
		json_decref(doc);
		return NULL;
	}
	return doc;
}

json_t *rec_json(struct req *r, const struct rec *rec, bool draft, bool canonical)
{
	json_t *doc = shown_doc(rec, draft), *j = NULL;
	struct err e = ERR_INIT;
	bool done;

	if (doc == NULL)
		return NULL;
	if (canonical)
		j = canonical_json(r, rec, doc, draft);
	done = canonical || invenio_write(r->site->repo->schema, doc, &j, &e) != ST_OK;
	json_decref(doc);
	if (done)
		return j;
	put_common(r, j, rec, draft);
	put_status(j, rec);
	json_put_str(j, "status", slice_str(rdm_status(rec, draft)));
	json_put(j, "files", files_of(r, rec, draft));
	return j;
}
