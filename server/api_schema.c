/* Metadata schemas that were added (store/forms.h): the list, and each as JSON Schema 2020-12, whatever it came from. */

#include "server/api.h"

#include "store/forms.h"

#define LIST_MAX 1000

static json_t *links_of(struct req *r, const char *name)
{
	return json_pack("{s:s, s:s}", "self", req_str(r, "%s/api/schemas/%s", BASE(r), name), "form", req_str(r, "%s/schemas/%s/form", BASE(r), name));
}

static void schemas_get(struct req *r)
{
	char names[100][FORM_NAME_MAX + 1], last[FORM_NAME_MAX + 1] = "";
	json_t *list = json_array(), *about;
	struct kv_txn t;
	size_t n, i;

	kv_read(r->site->repo->catalog, &t);
	while ((n = forms_names(&t, slice_str(last), names, 100)) > 0 && json_array_size(list) < LIST_MAX) {
		for (i = 0; i < n; i++) {
			if ((about = forms_about(&t, slice_str(names[i]))) == NULL)
				continue;
			/* How many records there are is told to operators only: some of them may be closed. */
			json_object_del(about, "records");
			json_put(about, "links", links_of(r, names[i]));
			json_push(list, about);
		}
		memcpy(last, names[n - 1], sizeof(last));
	}
	kv_end(&t, NULL);
	n = json_array_size(list);
	reply_json(r, 200, json_pack("{s:{s:o, s:I}}", "hits", "hits", list, "total", (json_int_t)n));
	reply_add(r, "Cache-Control", SLICE("no-cache"));
}

/* ?version=N: an older one, also of a schema that was removed. */
static void schema_get(struct req *r)
{
	uint32_t version = (uint32_t)req_arg_int(r, "version", 0, 0, UINT32_MAX);
	struct buf out = BUF_INIT((size_t)16 << 20);
	json_t *form, *schema = NULL;
	struct err e = ERR_INIT;
	const char *name, *id;
	struct kv_txn t;
	st_t st;

	kv_read(r->site->repo->catalog, &t);
	form = forms_get(&t, r->param[0], version);
	kv_end(&t, NULL);
	if (form == NULL) {
		problem_status(r, 404, "no schema of that name: see /api/schemas");
		return;
	}
	name = json_text(form, "name");
	version = (uint32_t)json_integer_value(json_object_get(form, "version"));
	id = req_str(r, "%s/api/schemas/%s?version=%u", BASE(r), name, version);
	st = form_json_schema(form, id, &schema, &e);
	if (st == ST_OK) {
		json_put(schema, "x-name", json_incref(json_object_get(form, "name")));
		json_put(schema, "x-version", json_integer(version));
		json_put(schema, "x-added", json_incref(json_object_get(form, "added")));
		if (json_object_get(form, "community") != NULL)
			json_put(schema, "x-community", json_incref(json_object_get(form, "community")));
		st = json_dump(&out, schema, false);
	}
	json_decref(schema);
	if (st == ST_OK)
		reply_buf(r, 200, "application/schema+json", &out);
	else
		problem_send(r, st, &e);
	buf_release(&out);
	json_decref(form);
	reply_add(r, "Cache-Control", SLICE("no-cache"));
}

const struct route routes_schema[] = {
	{ HTTP_GET, "/api/schemas", schemas_get, 0, 0, "Added metadata schemas", "schemas" },
	{ HTTP_GET, "/api/schemas/{name}", schema_get, 0, 0, "An added metadata schema as JSON Schema", "schemas" },
	{ 0 }
};
