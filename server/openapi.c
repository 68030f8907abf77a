/* GET /api/openapi.json: made from the table of routes, so that it cannot say what the code does not do. */

#include "server/api.h"

static const char *const methods[] = { "get", "head", "post", "put", "patch", "delete", "options" };

/* "{*path}" is "{path}" to OpenAPI. */
static void put_pattern(struct buf *b, const char *pattern)
{
	for (; *pattern != '\0'; pattern++)
		if (*pattern != '*')
			buf_addc(b, *pattern);
}

static json_t *path_params(const char *pattern)
{
	json_t *list = json_array();

	while ((pattern = strchr(pattern, '{')) != NULL) {
		const char *name = pattern[1] == '*' ? pattern + 2 : pattern + 1, *end = strchr(name, '}');

		json_push(list, json_pack("{s:s%, s:s, s:b, s:{s:s, s:i}}", "name", name, (size_t)(end - name), "in", "path", "required", 1,
		    "schema", "type", "string", "minLength", 1));
		pattern = end;
	}
	return list;
}

static json_t *ref_response(const char *what)
{
	return json_pack("{s:s, s:{s:{s:{s:s}}}}", "description", what, "content", "application/problem+json", "schema", "$ref", "#/components/schemas/Problem");
}

static json_t *operation(const struct route *t)
{
	json_t *op = json_object(), *responses = json_object(), *params = path_params(t->pattern);

	json_put_str(op, "summary", slice_str(t->summary));
	json_put(op, "tags", json_pack("[s]", t->tag == NULL ? "other" : t->tag));
	if (json_array_size(params) > 0)
		json_put(op, "parameters", params);
	else
		json_decref(params);
	if (t->flags & ROUTE_STREAM)
		json_put(op, "requestBody", json_pack("{s:{s:{s:{s:s, s:s}}}}", "content", t->method == HTTP_PATCH ? "application/offset+octet-stream" :
		    "application/octet-stream", "schema", "type", "string", "format", "binary"));
	else if (t->flags & ROUTE_BODY)
		json_put(op, "requestBody", strcmp(t->pattern, "/oai") == 0 ?
		    json_pack("{s:{s:{s:{s:s}}}}", "content", "application/x-www-form-urlencoded", "schema", "type", "object") :
		    json_pack("{s:{s:{s:{}}}}", "content", "application/json", "schema"));
	if (t->flags & (ROUTE_LOGIN | ROUTE_ADMIN))
		json_put(op, "security", json_pack("[{s:[]}]", "token"));
	json_put(responses, "2XX", json_pack("{s:s}", "description", "done"));
	json_put(responses, "3XX", json_pack("{s:s}", "description", "elsewhere, or not changed"));
	json_put(responses, "4XX", ref_response("the request cannot be met"));
	json_put(responses, "5XX", ref_response("the server cannot meet it now"));
	json_put(op, "responses", responses);
	return op;
}

static void openapi_get(struct req *r)
{
	json_t *doc = json_object(), *paths = json_object();
	const struct route *const *table, *t;

	for (table = route_tables; *table != NULL; table++) {
		for (t = *table; t->pattern != NULL; t++) {
			struct buf b = BUF_INIT(1024);
			json_t *item;

			if (t->summary == NULL)
				continue;
			put_pattern(&b, t->pattern);
			item = json_object_get(paths, b.p);
			if (item == NULL) {
				item = json_object();
				json_put(paths, b.p, item);
			}
			json_put(item, methods[t->method], operation(t));
			buf_release(&b);
		}
	}
	json_put_str(doc, "openapi", SLICE("3.1.0"));
	json_put(doc, "info", json_pack("{s:s, s:s, s:s, s:{s:s, s:s}}", "title", "Azekura", "version", AZEKURA_VERSION, "description",
	    "FAIR research-data repository. Errors are RFC 9457 problem documents.", "license", "name", "Apache-2.0", "identifier", "Apache-2.0"));
	json_put(doc, "servers", json_pack("[{s:s}]", "url", BASE(r)));
	json_put(doc, "paths", paths);
	json_put(doc, "components", json_pack("{s:{s:{s:s, s:s}}, s:{s:{s:s, s:[s,s], s:{s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}}}}}",
	    "securitySchemes", "token", "type", "http", "scheme", "bearer",
	    "schemas", "Problem", "type", "object", "required", "title", "status", "properties", "type", "type", "string", "title", "type", "string",
	    "status", "type", "integer", "detail", "type", "string", "errors", "type", "array"));
	reply_json(r, 200, doc);
	reply_add(r, "Cache-Control", SLICE("public, max-age=300"));
}

const struct route routes_openapi[] = {
	{ HTTP_GET, "/api/openapi.json", openapi_get, 0, 0, "This description", "operations" },
	{ 0 }
};
