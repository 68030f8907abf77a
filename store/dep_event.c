/* metadata/event.json and metadata/files.jsonl: docs/formats/objects.md. */

#include "store/dep_int.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"

#define EVENT_FORMAT "azekura-event/1"

static const char *const state_names[] = { "draft", "review", "published", "withdrawn" };
static const char *const meta_names[] = { "public", "groups", "private" };

static void add_time(struct buf *b, const char *name, int64_t sec)
{
	char text[ISO8601_LEN];

	if (sec == 0)
		return;
	iso8601(text, sec);
	buf_addf(b, ",\n    \"%s\": \"%s\"", name, text);
}

static void add_lists(struct buf *b, const struct rec *rec)
{
	size_t i;

	buf_adds(b, ",\n    \"groups\": [");
	for (i = 0; i < rec->n_groups; i++)
		buf_addf(b, "%s%u", i ? ", " : "", rec->groups[i]);
	buf_adds(b, "],\n    \"sets\": [");
	for (i = 0; i < rec->n_sets; i++) {
		buf_adds(b, i ? ", " : "");
		json_quote(b, slice_str(rec->sets[i]));
	}
	buf_adds(b, "]");
}

/* The type stays known after a purge took the record: it decides which set lists the deletion. */
static void add_type(struct buf *b, const json_t *doc)
{
	static const char *const names[] = { "coar", "general" };
	const json_t *type = json_object_get(doc, "resourceType");
	const char *comma = "";
	size_t i;

	if (!json_is_object(type))
		return;
	buf_adds(b, ",\n    \"resourceType\": {");
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (json_text(type, names[i]) != NULL) {
			buf_addf(b, "%s\"%s\": ", comma, names[i]);
			json_quote(b, slice_str(json_text(type, names[i])));
			comma = ", ";
		}
	buf_adds(b, "}");
}

st_t event_make(struct buf *out, const struct rec *rec, const struct change *c)
{
	char when[ISO8601_LEN];

	iso8601(when, c->time);
	buf_addf(out, "{\n  \"format\": \"" EVENT_FORMAT "\",\n  \"kind\": \"%s\",\n  \"change\": %llu,\n  \"time\": \"%s\",\n  \"actor\": ",
	    change_name(c->kind), (unsigned long long)c->no, when);
	json_quote(out, slice_str(c->actor));
	buf_addf(out, ",\n  \"record\": {\n    \"id\": \"%s\",\n    \"parent\": \"%s\",\n    \"state\": \"%s\",\n    \"version\": %u,\n"
	    "    \"revision\": %u,\n    \"etag\": %u,\n    \"owner\": %u,\n    \"access\": \"%s\",\n    \"metadataAccess\": \"%s\",\n    \"wasPublic\": %s",
	    rec->id, rec->parent, state_names[rec->state], rec->version, rec->revision, rec->etag, rec->owner,
	    access_name(rec->access), meta_names[rec->meta], rec->was_public ? "true" : "false");
	add_time(out, "embargoEnd", rec->embargo_end);
	add_time(out, "created", rec->created);
	add_time(out, "modified", rec->modified);
	add_time(out, "published", rec->published);
	add_time(out, "withdrawn", rec->withdrawn);
	add_type(out, rec->doc);
	add_lists(out, rec);
	buf_adds(out, "\n  }");
	if (rec->tomb != NULL) {
		buf_adds(out, ",\n  \"tombstone\": ");
		json_dump(out, rec->tomb, false);
	}
	return buf_adds(out, "\n}\n");
}

static int64_t time_of(const json_t *j, const char *name)
{
	struct slice s = json_slice(json_object_get(j, name));
	int64_t sec = 0;
	bool day;

	return s.n > 0 && iso8601_parse(s, &sec, &day) ? sec : 0;
}

static int name_at(const char *const *names, int n, const char *name)
{
	int i;

	for (i = 0; i < n; i++)
		if (name != NULL && strcmp(names[i], name) == 0)
			return i;
	return -1;
}

enum rec_access access_by_name(const char *name)
{
	enum rec_access a;

	for (a = ACC_OPEN; a <= ACC_CLOSED; a++)
		if (name != NULL && strcmp(access_name(a), name) == 0)
			return a;
	return ACC_RESTRICTED;
}

static st_t read_lists(const json_t *j, struct rec *rec)
{
	const json_t *groups = json_object_get(j, "groups"), *sets = json_object_get(j, "sets"), *x;
	size_t i, n = json_array_size(groups);

	if (n > 0 && (rec->groups = calloc(n, sizeof(*rec->groups))) == NULL)
		return ST_NOMEM;
	json_array_foreach(groups, i, x)
		rec->groups[rec->n_groups++] = (uint32_t)json_integer_value(x);
	n = json_array_size(sets);
	if (n > 0 && (rec->sets = calloc(n, sizeof(*rec->sets))) == NULL)
		return ST_NOMEM;
	json_array_foreach(sets, i, x)
		if ((rec->sets[rec->n_sets++] = slice_dup(json_slice(x))) == NULL)
			return ST_NOMEM;
	return ST_OK;
}

static st_t read_record(const json_t *j, struct rec *rec, struct err *e)
{
	const char *id = json_text(j, "id"), *parent = json_text(j, "parent");
	int state = name_at(state_names, 4, json_text(j, "state")), meta = name_at(meta_names, 3, json_text(j, "metadataAccess"));

	if (id == NULL || parent == NULL || !pid_parse(rec->id, slice_str(id)) || !pid_parse(rec->parent, slice_str(parent)))
		return err_set(e, ST_CORRUPT, "event without valid identifiers");
	if (state < 0 || meta < 0)
		return err_set(e, ST_CORRUPT, "event of an unknown state");
	rec->state = (enum rec_state)state;
	rec->meta = (enum rec_meta)meta;
	rec->access = access_by_name(json_text(j, "access"));
	rec->version = (uint32_t)json_integer_value(json_object_get(j, "version"));
	rec->revision = (uint32_t)json_integer_value(json_object_get(j, "revision"));
	rec->etag = (uint32_t)json_integer_value(json_object_get(j, "etag"));
	rec->owner = (uint32_t)json_integer_value(json_object_get(j, "owner"));
	rec->was_public = json_is_true(json_object_get(j, "wasPublic"));
	rec->embargo_end = time_of(j, "embargoEnd");
	rec->created = time_of(j, "created");
	rec->modified = time_of(j, "modified");
	rec->published = time_of(j, "published");
	rec->withdrawn = time_of(j, "withdrawn");
	return read_lists(j, rec);
}

st_t event_read(struct slice json, struct rec *rec, struct change *c, struct err *e)
{
	json_t *j = NULL, *tomb;
	const char *format, *kind;
	int k;
	st_t st = json_load(&j, json, e);

	memset(rec, 0, sizeof(*rec));
	memset(c, 0, sizeof(*c));
	if (st != ST_OK)
		return err_set(e, ST_CORRUPT, "event is no JSON");
	format = json_text(j, "format");
	if (format == NULL || strcmp(format, EVENT_FORMAT) != 0) {
		st = err_set(e, ST_UNSUPPORTED, "event of format '%s'", format ? format : "none");
		goto out;
	}
	kind = json_text(j, "kind");
	for (k = 0; k < CHANGE_KIND_COUNT; k++)
		if (kind != NULL && strcmp(kind, change_name((enum change_kind)k)) == 0)
			break;
	if (k == CHANGE_KIND_COUNT) {
		st = err_set(e, ST_CORRUPT, "event of an unknown kind");
		goto out;
	}
	c->kind = (enum change_kind)k;
	c->no = (uint64_t)json_integer_value(json_object_get(j, "change"));
	c->time = time_of(j, "time");
	snprintf(c->actor, sizeof(c->actor), "%s", json_text(j, "actor") ? json_text(j, "actor") : "");
	st = read_record(json_object_get(j, "record"), rec, e);
	if (st == ST_OK && (tomb = json_object_get(j, "tombstone")) != NULL)
		rec->tomb = json_incref(tomb);
	if (st == ST_OK && json_is_object(json_at(j, "record.resourceType")) &&
	    (rec->doc = json_pack("{s:O}", "resourceType", json_at(j, "record.resourceType"))) == NULL)
		st = ST_NOMEM;
	rec->change = c->no;
	c->revision = rec->revision;
	memcpy(c->id, rec->id, sizeof(c->id));
	memcpy(c->parent, rec->parent, sizeof(c->parent));
out:
	json_decref(j);
	if (st != ST_OK)
		rec_release(rec);
	return st;
}

st_t file_line_make(struct buf *out, const struct cat_file *f)
{
	char hex[SHA256_HEX], when[ISO8601_LEN];

	hex_encode(hex, f->sha256, SHA256_LEN);
	buf_adds(out, "{\"path\":");
	json_quote(out, slice_str(f->path));
	buf_addf(out, ",\"size\":%llu,\"sha256\":\"%s\",\"crc32\":\"%08x\",\"mediaType\":", (unsigned long long)f->size, hex, f->crc32);
	json_quote(out, slice_str(f->media ? f->media : "application/octet-stream"));
	buf_addf(out, ",\"access\":\"%s\"", access_name(f->access));
	if (f->modified != 0) {
		iso8601(when, f->modified);
		buf_addf(out, ",\"modified\":\"%s\"", when);
	}
	if (f->meta != NULL) {
		buf_adds(out, ",\"metadata\":");
		json_dump(out, f->meta, false);
	}
	return buf_adds(out, "}\n");
}

st_t file_line_read(struct slice line, struct cat_file *f, struct err *e)
{
	json_t *j = NULL, *meta;
	const char *crc;
	st_t st = json_load(&j, line, e);

	memset(f, 0, sizeof(*f));
	if (st != ST_OK)
		return err_set(e, ST_CORRUPT, "line of files.jsonl is no JSON");
	crc = json_text(j, "crc32");
	f->path = slice_dup(json_slice(json_object_get(j, "path")));
	f->media = slice_dup(json_slice(json_object_get(j, "mediaType")));
	f->size = (uint64_t)json_integer_value(json_object_get(j, "size"));
	f->crc32 = crc ? (uint32_t)strtoul(crc, NULL, 16) : 0;
	f->access = access_by_name(json_text(j, "access"));
	f->modified = time_of(j, "modified");
	if ((meta = json_object_get(j, "metadata")) != NULL)
		f->meta = json_incref(meta);
	if (f->path == NULL || f->media == NULL)
		st = ST_NOMEM;
	else if (*f->path == '\0' || json_slice(json_object_get(j, "sha256")).n != 64 ||
	    hex_decode(f->sha256, json_slice(json_object_get(j, "sha256"))) != ST_OK)
		st = err_set(e, ST_CORRUPT, "line of files.jsonl without path or digest");
	json_decref(j);
	if (st != ST_OK)
		cat_file_release(f);
	return st;
}
