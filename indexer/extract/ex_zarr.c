/*
 * Zarr, versions 2 and 3: a folder of files, of which one comes here at a time. The JSON files describe arrays and groups: .zarray, .zattrs, .zgroup, .zmetadata
 * (all of them together), zarr.json. Values lie in other files, so that there are no statistics.
 */

#include "indexer/extract/array_int.h"

#define JSON_MOST ((size_t)16 << 20)

static bool named(const struct head *h, const char *name)
{
	const char *slash = strrchr(h->name, '/');

	return strcmp(slash ? slash + 1 : h->name, name) == 0;
}

/* "<f4" (version 2) and "float32" (version 3) */
static bool dtype_read(const json_t *v, enum dtype *t)
{
	struct slice s = json_slice(v);
	static const struct { const char *name; enum dtype t; } types[] = { { "i1", DT_INT8 }, { "u1", DT_UINT8 }, { "i2", DT_INT16 }, { "u2", DT_UINT16 }, { "i4", DT_INT32 },
	    { "u4", DT_UINT32 }, { "i8", DT_INT64 }, { "u8", DT_UINT64 }, { "f2", DT_FLOAT16 }, { "f4", DT_FLOAT32 }, { "f8", DT_FLOAT64 }, { "b1", DT_BOOL }, { "c8", DT_COMPLEX64 },
	    { "c16", DT_COMPLEX128 } };
	size_t i;

	*t = json_is_array(v) ? DT_COMPOUND : DT_OPAQUE;
	if (dtype_of_name(s, t) || json_is_array(v))
		return true;
	if (s.n && strchr("<>|", *s.p) && *s.p)
		s = slice_of(s.p + 1, s.n - 1);
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (slice_eq_str(s, types[i].name)) {
			*t = types[i].t;
			return true;
		}
	if (s.n && (*s.p == 'S' || *s.p == 'U' || *s.p == 'O'))
		*t = DT_STRING;
	return s.n > 0;
}

static json_t *shape_of(const json_t *array)
{
	const json_t *list = json_object_get(array, "shape"), *n;
	size_t i;

	json_array_foreach(list, i, n)
		if (!json_is_integer(n) || json_integer_value(n) < 0)
			return NULL;
	return json_is_array(list) ? json_deep_copy(list) : NULL;
}

/* Chunks and codecs of either version. */
static json_t *storage_of(const json_t *array)
{
	json_t *o = json_object(), *chunk = json_object_get(array, "chunks"), *list = json_array(), *c;
	const char *name;
	size_t i;

	if (chunk == NULL)
		chunk = json_object_get(json_object_get(json_object_get(array, "chunk_grid"), "configuration"), "chunk_shape");
	if (o && json_is_array(chunk))
		json_object_set(o, "chunk", chunk);
	if ((name = json_text(json_object_get(array, "compressor"), "id")) != NULL)
		json_array_append_new(list, json_string(name));
	json_array_foreach(json_object_get(array, "codecs"), i, c)
		if ((name = json_text(c, "name")) != NULL && i < 32)
			json_array_append_new(list, json_string(name));
	if (o && json_array_size(list))
		json_object_set(o, "filters", list);
	json_decref(list);
	return o;
}

static json_t *attributes_of(const json_t *from)
{
	json_t *o = json_object(), *v;
	const char *key;

	json_object_foreach((json_t *)from, key, v)
		if (o && strcmp(key, "_ARRAY_DIMENSIONS") != 0 && json_object_size(o) < ATTRIBUTES_MOST && (!json_is_object(v) && json_array_size(v) <= 64))
			json_object_set(o, key, v);
	return o;
}

/* ${attributes}: of the array, or NULL; dimension names are among them in version 2. */
static void put_array(struct fact *f, struct slice name, const json_t *array, const json_t *attributes)
{
	json_t *dims = json_object_get(attributes, "_ARRAY_DIMENSIONS"), *a = attributes_of(attributes), *fill = json_object_get(array, "fill_value"), *v;
	json_t *type = json_object_get(array, "dtype") ? json_object_get(array, "dtype") : json_object_get(array, "data_type");
	enum dtype t;

	if (json_object_get(array, "dimension_names"))
		dims = json_object_get(array, "dimension_names");
	if (!dtype_read(type, &t))
		fact_partial(f, "an array has no type");
	if (a && fill && !json_is_null(fill) && json_object_get(a, "_FillValue") == NULL && !json_is_object(fill))
		json_object_set(a, "_FillValue", fill);
	v = array_variable(f, name, t, json_is_array(dims) ? json_deep_copy(dims) : NULL, shape_of(array));
	if (v == NULL) {	/* one too many */
		json_decref(a);
		return;
	}
	if (t == DT_OPAQUE && json_is_string(type))
		fact_put(f, v, "dtype", json_incref(type));
	fact_put(f, v, "storage", storage_of(array));
	fact_put(f, v, "attributes", a);
}

/* Consolidated: path to document. ${array} and ${attributes}: how the file of one array is called in version 2. */
static void put_all_v2(struct fact *f, const json_t *all)
{
	struct buf other = BUF_INIT(4000);
	const char *key;
	json_t *j;
	size_t n;

	json_object_foreach((json_t *)all, key, j) {
		n = strlen(key);
		if (strcmp(key, ".zattrs") == 0)
			fact_put(f, fact_root(f), "attributes", attributes_of(j));
		if (n < 8 || strcmp(key + n - 7, ".zarray") != 0 || key[n - 8] != '/')
			continue;
		buf_clear(&other);
		buf_addf(&other, "%.*s.zattrs", (int)(n - 7), key);
		put_array(f, slice_of(key, n - 8), j, other.st == ST_OK ? json_object_get(all, other.p) : NULL);
	}
	buf_release(&other);
}

static void put_v3(struct fact *f, struct slice name, const json_t *j)
{
	const char *kind = json_text(j, "node_type"), *key;
	json_t *one;

	if (kind && strcmp(kind, "array") == 0) {
		put_array(f, name, j, json_object_get(j, "attributes"));
		return;
	}
	if (json_object_size(json_object_get(j, "attributes")))
		fact_put(f, fact_root(f), "attributes", attributes_of(json_object_get(j, "attributes")));
	json_object_foreach(json_object_get(json_object_get(j, "consolidated_metadata"), "metadata"), key, one)
		if (json_text(one, "node_type") && strcmp(json_text(one, "node_type"), "array") == 0)
			put_array(f, slice_str(key), one, json_object_get(one, "attributes"));
}

/* The folder is the array's name: "a.zarr/temperature/.zarray" */
static struct slice folder(const char *path)
{
	const char *end = strrchr(path, '/'), *from;

	if (end == NULL)
		return SLICE("array");
	for (from = end; from > path && from[-1] != '/'; from--)
		;
	return slice_of(from, (size_t)(end - from));
}

static st_t zarr_read(struct fact *f, const struct head *h, struct source *src)
{
	struct err e = ERR_INIT;
	json_t *j = NULL;
	char *p = src->size <= JSON_MOST ? malloc((size_t)src->size + 1) : NULL;
	st_t st = ST_OK;
	bool three;

	fact_media(f, "application/json");
	fact_format(f, "Zarr", NULL, NULL);
	if (src->size > JSON_MOST)
		fact_unreadable(f, "a description of more than %u MB", (unsigned)(JSON_MOST >> 20));
	else if (p == NULL)
		st = ST_NOMEM;
	else if ((st = source_need(src, 0, p, (size_t)src->size, &e)) == ST_OK && (st = json_load(&j, slice_of(p, (size_t)src->size), &e)) == ST_OK && json_is_object(j)) {
		three = json_integer_value(json_object_get(j, "zarr_format")) == 3;
		fact_format(f, "Zarr", three ? "3" : "2", NULL);
		if (three)
			put_v3(f, folder(h->name), j);
		else if (json_object_get(j, "metadata"))
			put_all_v2(f, json_object_get(j, "metadata"));
		else if (json_object_get(j, "shape"))
			put_array(f, folder(h->name), j, NULL);
		else if (json_object_get(j, "zarr_format") == NULL)
			fact_put(f, fact_root(f), "attributes", attributes_of(j));
		cf_describe(f);
	} else if (st != ST_NOMEM)
		fact_unreadable(f, "not the JSON of Zarr: %s", e.text[0] ? e.text : "no object");
	json_decref(j);
	free(p);
	return st == ST_NOMEM ? st : ST_OK;
}

/* The word zarr_format says it; attributes of version 2 have no mark but their name. */
static int zarr_bid(const struct head *h)
{
	struct slice t = slice_trim(h->text);
	size_t most = t.n < 65536 ? t.n : 65536;

	if (t.n == 0 || *t.p != '{')
		return 0;
	if (memmem(t.p, most, "\"zarr_format\"", 13) != NULL || memmem(t.p, most, "\"zarr_consolidated_format\"", 26) != NULL)
		return named(h, "zarr.json") || named(h, ".zarray") || named(h, ".zgroup") || named(h, ".zmetadata") ? 97 : 85;
	return named(h, ".zattrs") ? 90 : 0;
}

const struct extractor ex_zarr = { .name = "zarr", .version = 1, .bid = zarr_bid, .read = zarr_read };
