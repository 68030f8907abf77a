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

/* ---- What the table of routes does not know: arguments, and what the answers look like. JSON with ' for ", so that it can be read here. ---- */

static const char components[] =
"{'securitySchemes': {'token': {'type': 'http', 'scheme': 'bearer'}},"
" 'parameters': {"
"  'q': {'name': 'q', 'in': 'query', 'schema': {'type': 'string'}, 'description': 'words, phrases in double quotes, field:value, AND OR NOT ( )'},"
"  'sort': {'name': 'sort', 'in': 'query', 'schema': {'enum': ['bestmatch', 'best', 'newest', 'oldest', 'title', 'updated-desc', 'updated']}},"
"  'size': {'name': 'size', 'in': 'query', 'schema': {'type': 'integer', 'minimum': 1, 'maximum': 100}, 'description': 'how many; values outside are brought inside'},"
"  'files': {'name': 'size', 'in': 'query', 'schema': {'type': 'integer', 'minimum': 1, 'maximum': 1000}, 'description': 'how many; values outside are brought inside'},"
"  'page': {'name': 'page', 'in': 'query', 'schema': {'type': 'integer', 'minimum': 1}, 'description': 'page * size up to 10,000; further by links.next'},"
"  'cursor': {'name': 'cursor', 'in': 'query', 'schema': {'type': 'string'}, 'description': 'from links.next'},"
"  'allversions': {'name': 'allversions', 'in': 'query', 'schema': {'type': 'boolean'}},"
"  'type': {'name': 'type', 'in': 'query', 'schema': {'type': 'array', 'items': {'type': 'string'}}, 'explode': true, 'description': 'resource type'},"
"  'year': {'name': 'year', 'in': 'query', 'schema': {'type': 'array', 'items': {'type': 'string'}}, 'explode': true},"
"  'access': {'name': 'access', 'in': 'query', 'schema': {'type': 'array', 'items': {'type': 'string'}}, 'explode': true},"
"  'licence': {'name': 'licence', 'in': 'query', 'schema': {'type': 'array', 'items': {'type': 'string'}}, 'explode': true},"
"  'subject': {'name': 'subject', 'in': 'query', 'schema': {'type': 'array', 'items': {'type': 'string'}}, 'explode': true},"
"  'creator': {'name': 'creator', 'in': 'query', 'schema': {'type': 'array', 'items': {'type': 'string'}}, 'explode': true},"
"  'variable': {'name': 'variable', 'in': 'query', 'schema': {'type': 'array', 'items': {'type': 'string'}}, 'explode': true, 'description': 'name or concept of what was measured'},"
"  'unit': {'name': 'unit', 'in': 'query', 'schema': {'type': 'array', 'items': {'type': 'string'}}, 'explode': true, 'description': 'UCUM code'},"
"  'format': {'name': 'format', 'in': 'query', 'schema': {'type': 'array', 'items': {'type': 'string'}}, 'explode': true, 'description': 'of files, as NetCDF'},"
"  'instrument': {'name': 'instrument', 'in': 'query', 'schema': {'type': 'array', 'items': {'type': 'string'}}, 'explode': true, 'description': 'that measured'},"
"  'version': {'name': 'version', 'in': 'query', 'schema': {'type': 'integer', 'minimum': 1}, 'description': 'of the schema; else the newest'},"
"  'lang': {'name': 'lang', 'in': 'query', 'schema': {'enum': ['en', 'ja']}, 'description': 'of labels; else Accept-Language'},"
"  'after': {'name': 'after', 'in': 'query', 'schema': {'type': 'string'}, 'description': 'from links.next'},"
"  'before': {'name': 'before', 'in': 'query', 'schema': {'type': 'integer', 'minimum': 0}, 'description': 'from links.next'},"
"  'change': {'name': 'after', 'in': 'query', 'schema': {'type': 'integer', 'minimum': 0}, 'description': 'number of the last change seen'},"
"  'Last-Event-ID': {'name': 'Last-Event-ID', 'in': 'header', 'schema': {'type': 'string'}, 'description': 'as after='},"
"  'If-Match': {'name': 'If-Match', 'in': 'header', 'schema': {'type': 'string'}, 'description': 'ETag of the draft as it was read; 412 when it was changed meanwhile'},"
"  'Idempotency-Key': {'name': 'Idempotency-Key', 'in': 'header', 'schema': {'type': 'string'}, 'description': 'a repeat with the same key gets the first answer'},"
"  'Repr-Digest': {'name': 'Repr-Digest', 'in': 'header', 'schema': {'type': 'string'}, 'description': 'sha-256=:BASE64: of the content; 409 when it is another'},"
"  'Range': {'name': 'Range', 'in': 'header', 'schema': {'type': 'string'}, 'description': 'one range of bytes'},"
"  'Tus-Resumable': {'name': 'Tus-Resumable', 'in': 'header', 'schema': {'type': 'string'}, 'description': '1.0.0'},"
"  'Upload-Offset': {'name': 'Upload-Offset', 'in': 'header', 'schema': {'type': 'string'}},"
"  'Upload-Length': {'name': 'Upload-Length', 'in': 'header', 'schema': {'type': 'string'}},"
"  'Upload-Metadata': {'name': 'Upload-Metadata', 'in': 'header', 'schema': {'type': 'string'}, 'description': 'record, key, and sha256 if known; values in base64'}},"
" 'schemas': {"
"  'Problem': {'type': 'object', 'required': ['type', 'title', 'status'], 'properties': {'type': {'type': 'string'}, 'title': {'type': 'string'}, 'status': {'type': 'integer'},"
"   'detail': {'type': 'string'}, 'message': {'type': 'string'}, 'errors': {'type': 'array', 'items': {'$ref': '#/components/schemas/Finding'}}, 'tombstone': {'type': 'object'}}},"
"  'Finding': {'type': 'object', 'required': ['field', 'messages'], 'properties': {'field': {'type': 'string'}, 'messages': {'type': 'array', 'items': {'type': 'string'}}}},"
"  'Links': {'type': 'object', 'additionalProperties': {'type': 'string'}},"
"  'Record': {'type': 'object', 'required': ['id', 'created', 'updated', 'links', 'revision_id', 'parent', 'versions', 'is_published', 'is_draft', 'metadata', 'access', 'files', 'status'],"
"   'properties': {'id': {'type': 'string'}, 'created': {'type': 'string', 'format': 'date-time'}, 'updated': {'type': 'string', 'format': 'date-time'},"
"   'links': {'$ref': '#/components/schemas/Links'}, 'revision_id': {'type': 'integer'}, 'parent': {'type': 'object', 'required': ['id']},"
"   'versions': {'type': 'object', 'required': ['index', 'is_latest', 'is_latest_draft']}, 'is_published': {'type': 'boolean'}, 'is_draft': {'type': 'boolean'}, 'metadata': {'type': 'object'},"
"   'access': {'type': 'object', 'required': ['record', 'files', 'status']}, 'files': {'type': 'object', 'required': ['enabled', 'count', 'total_bytes']}, 'status': {'type': 'string'},"
"   'errors': {'type': 'array', 'items': {'$ref': '#/components/schemas/Finding'}}, 'warnings': {'type': 'array', 'items': {'$ref': '#/components/schemas/Finding'}}}},"
"  'Canonical': {'type': 'object', 'required': ['id', 'parent', 'versions', 'state', 'timestamps', 'revision', 'versionNumber', 'oaiIdentifier']},"
"  'List': {'type': 'object', 'required': ['hits'], 'properties': {'hits': {'type': 'object', 'required': ['hits', 'total'], 'properties': {'hits': {'type': 'array', 'items': {'type': 'object'}},"
"   'total': {'type': 'integer'}}}, 'links': {'$ref': '#/components/schemas/Links'}}},"
"  'Hits': {'type': 'object', 'required': ['hits', 'links', 'aggregations', 'indexedTo'], 'properties': {'hits': {'type': 'object', 'required': ['hits', 'total'], 'properties': {"
"   'hits': {'type': 'array', 'items': {'$ref': '#/components/schemas/Record'}}, 'total': {'type': 'integer'}}}, 'links': {'$ref': '#/components/schemas/Links'}, 'aggregations': {'type': 'object'}}},"
"  'Records': {'type': 'object', 'required': ['hits', 'links'], 'properties': {'hits': {'type': 'object', 'required': ['hits', 'total'], 'properties': {"
"   'hits': {'type': 'array', 'items': {'$ref': '#/components/schemas/Record'}}, 'total': {'type': 'integer'}}}, 'links': {'$ref': '#/components/schemas/Links'}}},"
"  'File': {'type': 'object', 'required': ['key', 'status', 'links', 'access'], 'properties': {'key': {'type': 'string'}, 'status': {'enum': ['pending', 'completed']}, 'checksum': {'type': 'string'},"
"   'crc32': {'type': 'string'}, 'size': {'type': 'integer'}, 'mimetype': {'type': 'string'}, 'metadata': {'type': ['object', 'null']}, 'access': {'enum': ['open', 'embargoed', 'restricted', 'closed']},"
"   'links': {'$ref': '#/components/schemas/Links'}}},"
"  'Files': {'type': 'object', 'required': ['enabled', 'entries', 'links'], 'properties': {'entries': {'type': 'array', 'items': {'$ref': '#/components/schemas/File'}}}},"
"  'Taken': {'type': 'object', 'required': ['count', 'bytes', 'refused', 'errors'], 'properties': {'count': {'type': 'integer'}, 'bytes': {'type': 'integer'},"
"   'refused': {'type': 'integer'}, 'errors': {'type': 'array', 'items': {'type': 'object', 'required': ['key', 'status', 'message'], 'properties': {'key': {'type': 'string'},"
"   'status': {'type': 'integer'}, 'message': {'type': 'string'}}}}}},"
"  'User': {'type': 'object', 'required': ['id', 'username', 'role'], 'properties': {'role': {'enum': ['none', 'depositor', 'curator', 'admin']}}},"
"  'Status': {'type': 'object', 'required': ['id', 'change', 'indexed', 'extracted']},"
"  'Term': {'type': 'object', 'required': ['id', 'title', 'links']},"
"  'Community': {'type': 'object', 'required': ['id', 'slug', 'metadata', 'links']},"
"  'Job': {'type': 'object', 'required': ['id', 'kind', 'state', 'done', 'total', 'attempts', 'links'], 'properties': {'state': {'enum': ['waiting', 'running', 'done', 'failed', 'cancelled']}}},"
"  'Facts': {'type': 'object', 'properties': {'tables': {'type': 'array', 'items': {'type': 'object', 'required': ['path', 'rows', 'columns']}},"
"   'variables': {'type': 'array', 'items': {'type': 'object', 'required': ['name']}}, 'findings': {'type': 'array', 'items': {'type': 'object', 'required': ['path', 'level', 'code', 'text']}},"
"   'languages': {'type': 'array', 'items': {'type': 'string'}}, 'files': {'type': 'object', 'required': ['read', 'unreadable', 'unknown', 'waiting']},"
"   'sights': {'type': 'object', 'additionalProperties': {'type': 'array', 'items': {'type': 'object', 'required': ['path']}}}}},"
"  'Object': {'type': 'object'}}}";

/* Arguments by their name above; ${code} is the one answer when all went well, ${schema} what it holds. ${canonical}: also as MEDIA_CANONICAL. */
static const struct more { enum http_method method; const char *pattern, *args, *code, *schema; bool canonical; } more[] = {
	{ HTTP_GET, "/api", "", "200", "Object", false },
	{ HTTP_GET, "/api/records", "q sort size page cursor allversions type year access licence subject creator variable unit format instrument lang", "200", "Hits", false },
	{ HTTP_POST, "/api/records", "", "201", "Record", true },
	{ HTTP_GET, "/api/records/{id}", "", "200", "Record", true },
	{ HTTP_DELETE, "/api/records/{id}", "", "204", NULL, false },
	{ HTTP_POST, "/api/records/{id}/actions/withdraw", "", "204", NULL, false },
	{ HTTP_GET, "/api/records/{id}/draft", "", "200", "Record", true },
	{ HTTP_PUT, "/api/records/{id}/draft", "If-Match", "200", "Record", true },
	{ HTTP_POST, "/api/records/{id}/draft", "", "201", "Record", true },
	{ HTTP_DELETE, "/api/records/{id}/draft", "", "204", NULL, false },
	{ HTTP_POST, "/api/records/{id}/draft/actions/publish", "Idempotency-Key", "202", "Record", false },
	{ HTTP_POST, "/api/records/{id}/draft/actions/prefill", "", "200", "Record", true },
	{ HTTP_POST, "/api/records/{id}/draft/actions/confirm", "", "200", "Record", true },
	{ HTTP_POST, "/api/records/{id}/draft/actions/submit-review", "", "202", "Record", true },
	{ HTTP_POST, "/api/records/{id}/draft/actions/return", "", "200", "Record", true },
	{ HTTP_POST, "/api/records/{id}/draft/actions/files-import", "", "201", "Record", true },
	{ HTTP_GET, "/api/records/{id}/versions", "", "200", "Records", false },
	{ HTTP_POST, "/api/records/{id}/versions", "", "201", "Record", true },
	{ HTTP_GET, "/api/user/records", "size after", "200", "List", false },
	{ HTTP_GET, "/api/records/{id}/files", "files after", "200", "Files", false },
	{ HTTP_GET, "/api/records/{id}/files/{*key}", "Range", NULL, NULL, false },
	{ HTTP_GET, "/records/{id}/files/{*path}", "Range", NULL, NULL, false },
	{ HTTP_GET, "/api/records/{id}/draft/files", "files after", "200", "Files", false },
	{ HTTP_POST, "/api/records/{id}/draft/files", "", "201", "Files", false },
	{ HTTP_PUT, "/api/records/{id}/draft/files/{key}/metadata", "", "200", "File", false },
	{ HTTP_PUT, "/api/records/{id}/draft/files/{*key}", "Repr-Digest", "200", "File", false },
	{ HTTP_POST, "/api/records/{id}/draft/files/{*key}", "", "200", "File", false },
	{ HTTP_DELETE, "/api/records/{id}/draft/files/{*key}", "", "204", NULL, false },
	{ HTTP_POST, "/api/records/{id}/draft/files-archive", "", "200", "Taken", false },
	{ HTTP_GET, "/api/records/{id}/facts", "", "200", "Facts", false },
	{ HTTP_GET, "/api/records/{id}/variables", "", "200", "Object", false },
	{ HTTP_POST, "/api/records/{id}/draft/variables/decisions", "", "200", "Record", true },
	{ HTTP_GET, "/api/records/{id}/status", "", "200", "Status", false },
	{ HTTP_GET, "/api/records/{id}/communities", "", "200", "List", false },
	{ HTTP_PUT, "/api/records/{id}/communities", "", "200", "Object", false },
	{ HTTP_GET, "/api/identifiers/{scheme}/{*value}", "", "200", "List", false },
	{ HTTP_GET, "/api/schemas", "", "200", "List", false },
	{ HTTP_GET, "/api/schemas/{name}", "version", "200", "Term", false },
	{ HTTP_GET, "/api/vocabularies", "", "200", "List", false },
	{ HTTP_GET, "/api/vocabularies/{name}", "q size page cursor lang", "200", "List", false },
	{ HTTP_GET, "/api/vocabularies/{name}/{id}", "lang", "200", "Term", false },
	{ HTTP_GET, "/api/communities", "", "200", "List", false },
	{ HTTP_GET, "/api/communities/{slug}", "", "200", "Community", false },
	{ HTTP_POST, "/api/communities", "", "201", "Object", false },
	{ HTTP_GET, "/api/user", "", "200", "User", false },
	{ HTTP_GET, "/api/jobs", "before", "200", "List", false },
	{ HTTP_GET, "/api/jobs/{no}", "", "200", "Job", false },
	{ HTTP_DELETE, "/api/jobs/{no}", "", "204", NULL, false },
	{ HTTP_GET, "/api/events", "change Last-Event-ID", NULL, NULL, false },
	{ HTTP_POST, "/api/uploads", "Tus-Resumable Upload-Length Upload-Metadata", "201", NULL, false },
	{ HTTP_HEAD, "/api/uploads/{id}", "Tus-Resumable", "200", NULL, false },
	{ HTTP_PATCH, "/api/uploads/{id}", "Tus-Resumable Upload-Offset", "204", NULL, false },
	{ HTTP_DELETE, "/api/uploads/{id}", "Tus-Resumable", "204", NULL, false },
	{ HTTP_GET, "/search", "q sort size page cursor allversions type year access licence subject creator lang", NULL, NULL, false },
	{ HTTP_GET, "/records/{id}", "lang", NULL, NULL, false },
};

static const struct more *more_of(const struct route *t)
{
	size_t i;

	for (i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		if (more[i].method == t->method && strcmp(more[i].pattern, t->pattern) == 0)
			return &more[i];
	return NULL;
}

static json_t *schema_ref(const char *name)
{
	return json_pack("{s:{s:s+}}", "schema", "$ref", "#/components/schemas/", name);
}

static json_t *good_response(const struct more *m)
{
	json_t *content = json_object();

	if (m->schema == NULL) {
		json_decref(content);
		return json_pack("{s:s}", "description", "done");
	}
	json_put(content, "application/json", schema_ref(m->schema));
	if (m->canonical)
		json_put(content, MEDIA_CANONICAL, schema_ref("Canonical"));
	return json_pack("{s:s, s:o}", "description", "done", "content", content);
}

static json_t *request_body(const struct route *t, const struct more *m)
{
	json_t *content = json_object();

	if (t->flags & ROUTE_STREAM) {
		json_put(content, t->method == HTTP_PATCH ? "application/offset+octet-stream" : t->method == HTTP_POST ? "application/x-tar" : "application/octet-stream",
		    json_pack("{s:{s:s, s:s}}", "schema", "type", "string", "format", "binary"));
	} else if (strcmp(t->pattern, "/oai") == 0) {
		json_put(content, "application/x-www-form-urlencoded", json_pack("{s:{s:s}}", "schema", "type", "object"));
	} else {
		json_put(content, "application/json", json_pack("{s:{}}", "schema"));
		if (m != NULL && m->canonical && t->body_max > 0)
			json_put(content, MEDIA_CANONICAL, json_pack("{s:{s:s}}", "schema", "type", "object"));
	}
	return json_pack("{s:o}", "content", content);
}

static json_t *problem_response(const struct route *t, const char *what)
{
	json_t *j = ref_response(what);

	/* Pages tell people in words. */
	if (strncmp(t->pattern, "/api", 4) != 0)
		json_put(json_object_get(j, "content"), "text/html", json_object());
	return j;
}

static json_t *operation(const struct route *t)
{
	json_t *op = json_object(), *responses = json_object(), *params = path_params(t->pattern);
	const struct more *m = more_of(t);
	struct slice args = slice_str(m == NULL ? "" : m->args);

	json_put_str(op, "summary", slice_str(t->summary));
	json_put(op, "tags", json_pack("[s]", t->tag == NULL ? "other" : t->tag));
	while (args.n > 0) {
		struct slice one = slice_cut(&args, ' ');

		json_push(params, json_pack("{s:s+%}", "$ref", "#/components/parameters/", one.p, one.n));
	}
	if (json_array_size(params) > 0)
		json_put(op, "parameters", params);
	else
		json_decref(params);
	if (t->flags & (ROUTE_STREAM | ROUTE_BODY))
		json_put(op, "requestBody", request_body(t, m));
	if (t->flags & (ROUTE_LOGIN | ROUTE_ADMIN))
		json_put(op, "security", json_pack("[{s:[]}]", "token"));
	if (m != NULL && m->code != NULL)
		json_put(responses, m->code, good_response(m));
	else
		json_put(responses, "2XX", json_pack("{s:s}", "description", "done"));
	json_put(responses, "3XX", json_pack("{s:s}", "description", "elsewhere, or not changed"));
	json_put(responses, "4XX", problem_response(t, "the request cannot be met"));
	json_put(responses, "5XX", problem_response(t, "the server cannot meet it now"));
	json_put(op, "responses", responses);
	return op;
}

static json_t *components_json(void)
{
	struct buf b = BUF_INIT(sizeof(components) + 1);
	json_t *j = NULL;
	size_t i;

	buf_addsl(&b, SLICE(components));
	for (i = 0; i < b.n; i++)
		if (b.p[i] == '\'')
			b.p[i] = '"';
	if (b.st == ST_OK)
		(void)!json_load(&j, buf_slice(&b), NULL);
	buf_release(&b);
	return j;
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
	json_put(doc, "components", components_json());
	reply_json(r, 200, doc);
	reply_add(r, "Cache-Control", SLICE("public, max-age=300"));
}

const struct route routes_openapi[] = {
	{ HTTP_GET, "/api/openapi.json", openapi_get, 0, 0, "This description", "operations" },
	{ 0 }
};
