#include "base/json.h"

#include "base/utf8.h"

/* jansson recurses; count the depth first, outside strings. */
static bool depth_ok(struct slice s, size_t *where)
{
	unsigned depth = 0;
	bool in_string = false;
	size_t i;

	for (i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '{' || c == '[') {
			if (++depth > JSON_DEPTH_MAX) {
				*where = i;
				return false;
			}
		} else if ((c == '}' || c == ']') && depth > 0) {
			depth--;
		}
	}
	return true;
}

st_t json_load(json_t **out, struct slice s, struct err *e)
{
	json_error_t je;
	size_t where;

	*out = NULL;
	if (!depth_ok(s, &where))
		return err_set(e, ST_INVALID, "nested deeper than %d at byte %zu", JSON_DEPTH_MAX, where);
	*out = json_loadb(s.p == NULL ? "" : s.p, s.n, JSON_REJECT_DUPLICATES, &je);
	if (*out != NULL)
		return ST_OK;
	if (json_error_code(&je) == json_error_out_of_memory)
		return err_set(e, ST_NOMEM, "out of memory");
	return err_set(e, ST_INVALID, "line %d column %d: %s", je.line, je.column, je.text);
}

static int dump_to_buf(const char *p, size_t n, void *ctx)
{
	return buf_add(ctx, p, n) == ST_OK ? 0 : -1;
}

static st_t dump(struct buf *out, const json_t *j, size_t flags)
{
	if (json_dump_callback(j, dump_to_buf, out, flags | JSON_ENCODE_ANY) != 0 && out->st == ST_OK)
		return ST_NOMEM;
	return out->st;
}

st_t json_dump(struct buf *out, const json_t *j, bool sorted)
{
	return dump(out, j, JSON_COMPACT | (sorted ? JSON_SORT_KEYS : 0));
}

st_t json_dump_pretty(struct buf *out, const json_t *j)
{
	return dump(out, j, JSON_INDENT(2));
}

json_t *json_at(const json_t *j, const char *path)
{
	while (j != NULL && *path != '\0') {
		size_t n = strcspn(path, ".[");

		if (n > 0) {
			if (!json_is_object(j))
				return NULL;
			j = json_object_getn(j, path, n);
			path += n;
		}
		if (*path == '[') {
			char *end;
			unsigned long i = strtoul(path + 1, &end, 10);

			if (*end != ']' || !json_is_array(j))
				return NULL;
			j = json_array_get(j, i);
			path = end + 1;
		}
		if (*path == '.')
			path++;
	}
	return (json_t *)j;
}

static const char *kind_name(const json_t *j)
{
	switch (j == NULL ? JSON_NULL : json_typeof(j)) {
	case JSON_OBJECT: return "object";
	case JSON_ARRAY: return "array";
	case JSON_STRING: return "text";
	case JSON_INTEGER:
	case JSON_REAL: return "number";
	case JSON_TRUE:
	case JSON_FALSE: return "true or false";
	default: return j == NULL ? "nothing" : "null";
	}
}

static st_t wrong(struct err *e, const char *path, const char *want, const json_t *got)
{
	return err_set(e, ST_INVALID, "%s: expected %s, found %s", path, want, kind_name(got));
}

st_t json_need_str(const json_t *j, const char *path, const char **out, struct err *e)
{
	json_t *v = json_at(j, path);

	if (!json_is_string(v))
		return wrong(e, path, "text", v);
	*out = json_string_value(v);
	return ST_OK;
}

st_t json_opt_str(const json_t *j, const char *path, const char **out, struct err *e)
{
	json_t *v = json_at(j, path);

	*out = NULL;
	if (v == NULL || json_is_null(v))
		return ST_OK;
	return json_need_str(j, path, out, e);
}

st_t json_opt_int(const json_t *j, const char *path, int64_t *out, struct err *e)
{
	json_t *v = json_at(j, path);

	if (v == NULL || json_is_null(v))
		return ST_OK;
	if (!json_is_integer(v))
		return wrong(e, path, "integer", v);
	*out = json_integer_value(v);
	return ST_OK;
}

st_t json_opt_bool(const json_t *j, const char *path, bool *out, struct err *e)
{
	json_t *v = json_at(j, path);

	if (v == NULL || json_is_null(v))
		return ST_OK;
	if (!json_is_boolean(v))
		return wrong(e, path, "true or false", v);
	*out = json_is_true(v);
	return ST_OK;
}

const char *json_text(const json_t *j, const char *key)
{
	return json_string_value(json_object_get(j, key));
}

struct slice json_slice(const json_t *str)
{
	if (!json_is_string(str))
		return SLICE_NULL;
	return slice_of(json_string_value(str), json_string_length(str));
}

st_t json_quote(struct buf *out, struct slice s)
{
	size_t i, from = 0;

	buf_addc(out, '"');
	for (i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		char esc[8];
		size_t skip = 1;

		if (c == '"' || c == '\\')
			snprintf(esc, sizeof(esc), "\\%c", c);
		else if (c == '\n')
			snprintf(esc, sizeof(esc), "\\n");
		else if (c < 0x20 || c == 0x7f || c == '<')
			snprintf(esc, sizeof(esc), "\\u%04x", c);
		else if (c == 0xE2 && s.n - i >= 3 && (unsigned char)s.p[i + 1] == 0x80 && ((unsigned char)s.p[i + 2] & 0xFE) == 0xA8) {
			snprintf(esc, sizeof(esc), "\\u20%02x", 0x28 + ((unsigned char)s.p[i + 2] & 1));
			skip = 3;
		} else {
			continue;
		}
		buf_add(out, s.p + from, i - from);
		buf_adds(out, esc);
		i += skip - 1;
		from = i + 1;
	}
	if (s.n > from)
		buf_add(out, s.p + from, s.n - from);
	return buf_addc(out, '"');
}

st_t json_put(json_t *obj, const char *key, json_t *value)
{
	return json_object_set_new(obj, key, value) == 0 ? ST_OK : ST_NOMEM;
}

st_t json_put_str(json_t *obj, const char *key, struct slice s)
{
	return json_put(obj, key, json_stringn(s.p == NULL ? "" : s.p, s.n));
}

st_t json_push(json_t *arr, json_t *value)
{
	return json_array_append_new(arr, value) == 0 ? ST_OK : ST_NOMEM;
}
