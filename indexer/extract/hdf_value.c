/* HDF5 types, attributes and values as JSON. */

#include "indexer/extract/hdf_int.h"

#define ATTRIBUTE_BYTES	((hsize_t)256 << 10)	/* larger attributes are tables of somebody's program */
#define VALUES_MOST	64
#define TEXT_MOST	((size_t)1 << 20)
#define MEMBERS_MOST	200

/* ---- types ---- */

static bool integer_dtype(size_t size, bool is_signed, enum dtype *t)
{
	switch (size) {
	case 1: *t = is_signed ? DT_INT8 : DT_UINT8; return true;
	case 2: *t = is_signed ? DT_INT16 : DT_UINT16; return true;
	case 3: case 4: *t = is_signed ? DT_INT32 : DT_UINT32; return true;
	case 5: case 6: case 7: case 8: *t = is_signed ? DT_INT64 : DT_UINT64; return true;
	default: return false;
	}
}

static bool member_is(hid_t type, unsigned i, const char *name)
{
	char *s = H5Tget_member_name(type, i);
	bool same = s && strcmp(s, name) == 0;

	H5free_memory(s);
	return same;
}

/* h5py and netCDF write complex numbers as two floats called r and i. */
static bool is_complex(hid_t type, enum dtype *t)
{
	hid_t part;
	size_t n;

	if (H5Tget_nmembers(type) != 2 || H5Tget_member_class(type, 0) != H5T_FLOAT || H5Tget_member_class(type, 1) != H5T_FLOAT ||
	    !((member_is(type, 0, "r") && member_is(type, 1, "i")) || (member_is(type, 0, "real") && member_is(type, 1, "imag"))))
		return false;
	part = H5Tget_member_type(type, 0);
	n = H5Tget_size(part);
	H5Tclose(part);
	*t = n <= 4 ? DT_COMPLEX64 : DT_COMPLEX128;
	return true;
}

static bool is_bool(hid_t type)
{
	return H5Tget_nmembers(type) == 2 && ((member_is(type, 0, "FALSE") && member_is(type, 1, "TRUE")) || (member_is(type, 0, "TRUE") && member_is(type, 1, "FALSE")));
}

static bool super_dtype(hid_t type, enum dtype *t)
{
	hid_t base = H5Tget_super(type);
	bool ok = base >= 0 && hdf_dtype(base, t);

	if (base >= 0)
		H5Tclose(base);
	return ok;
}

bool hdf_dtype(hid_t type, enum dtype *t)
{
	size_t n = H5Tget_size(type);

	*t = DT_OPAQUE;
	switch (H5Tget_class(type)) {
	case H5T_INTEGER:
		return integer_dtype(n, H5Tget_sign(type) == H5T_SGN_2, t);
	case H5T_BITFIELD:
		return integer_dtype(n, false, t);
	case H5T_FLOAT:
		*t = n <= 2 ? DT_FLOAT16 : n <= 4 ? DT_FLOAT32 : DT_FLOAT64;
		return true;
	case H5T_STRING:
		*t = !H5Tis_variable_str(type) && n == 1 ? DT_CHAR : DT_STRING;
		return true;
	case H5T_ENUM:
		if (is_bool(type)) {
			*t = DT_BOOL;
			return true;
		}
		return super_dtype(type, t);
	case H5T_COMPOUND:
		if (!is_complex(type, t))
			*t = DT_COMPOUND;
		return true;
	case H5T_ARRAY:
		return super_dtype(type, t);
	default:
		return n > 0;
	}
}

hid_t hdf_native(enum dtype t)
{
	switch (t) {
	case DT_INT8: return H5T_NATIVE_INT8;
	case DT_UINT8: return H5T_NATIVE_UINT8;
	case DT_INT16: return H5T_NATIVE_INT16;
	case DT_UINT16: return H5T_NATIVE_UINT16;
	case DT_INT32: return H5T_NATIVE_INT32;
	case DT_UINT32: return H5T_NATIVE_UINT32;
	case DT_INT64: return H5T_NATIVE_INT64;
	case DT_UINT64: return H5T_NATIVE_UINT64;
	case DT_FLOAT16: case DT_FLOAT32: return H5T_NATIVE_FLOAT;
	default: return H5T_NATIVE_DOUBLE;
	}
}

static void put_members(struct hdf *x, json_t *v, hid_t type)
{
	int i, n = H5Tget_nmembers(type);
	json_t *list = json_array();
	enum dtype t;
	hid_t part;
	char *name;

	for (i = 0; list && i < n && i < MEMBERS_MOST; i++) {
		name = H5Tget_member_name(type, (unsigned)i);
		part = H5Tget_member_type(type, (unsigned)i);
		if (name && part >= 0 && hdf_dtype(part, &t) &&
		    json_push(list, json_pack("{s:o,s:s}", "name", fact_text(slice_str(name), 300), "dtype", dtype_name(t))) != ST_OK)
			x->nomem = true;
		if (part >= 0)
			H5Tclose(part);
		H5free_memory(name);
	}
	fact_put(x->f, v, "members", list);
}

/* Names of enumerated values, as the value labels of a column. */
static void put_names(struct hdf *x, json_t *v, hid_t type)
{
	int i, n = H5Tget_nmembers(type);
	json_t *o = json_object();
	hid_t base = H5Tget_super(type);
	enum dtype t;
	char *name, key[40];
	uint8_t raw[16];

	for (i = 0; o && base >= 0 && i < n && i < 500; i++) {
		name = H5Tget_member_name(type, (unsigned)i);
		if (name && H5Tget_size(base) <= sizeof(raw) && hdf_dtype(base, &t) && dtype_size(t) == H5Tget_size(base) &&
		    H5Tget_member_value(type, (unsigned)i, raw) >= 0) {
			snprintf(key, sizeof(key), "%.0f", dtype_get(t, H5Tget_order(base) == H5T_ORDER_BE, raw));
			fact_put(x->f, o, key, fact_text(slice_str(name), 300));
		}
		H5free_memory(name);
	}
	if (base >= 0)
		H5Tclose(base);
	fact_put(x->f, v, "values", o);
}

void hdf_type_put(struct hdf *x, json_t *v, hid_t type)
{
	H5T_class_t c = H5Tget_class(type);
	enum dtype t;

	if (c == H5T_COMPOUND && hdf_dtype(type, &t) && t == DT_COMPOUND)
		put_members(x, v, type);
	else if (c == H5T_ENUM && !is_bool(type))
		put_names(x, v, type);
	else if (c == H5T_REFERENCE || c == H5T_VLEN)
		fact_put(x->f, v, "dtype", json_string(c == H5T_VLEN ? "vlen" : "reference"));
}

/* ---- values ---- */

/* What reads: an attribute or a dataset. */
struct from { hid_t id; bool attribute; };

/* For texts of a dataset: the library believes any length that stands in the file. */
static void *text_alloc(size_t n, void *ctx)
{
	return n <= TEXT_MOST ? calloc(1, n ? n : 1) : NULL;
}

static void text_free(void *p, void *ctx)
{
	free(p);
}

static bool read_from(struct from r, hid_t type, void *p)
{
	hid_t transfer;
	bool ok;

	if (r.attribute)
		return H5Aread(r.id, type, p) >= 0;
	transfer = H5Pcreate(H5P_DATASET_XFER);
	ok = transfer >= 0 && H5Pset_vlen_mem_manager(transfer, text_alloc, NULL, text_free, NULL) >= 0 && H5Dread(r.id, type, H5S_ALL, H5S_ALL, transfer, p) >= 0;
	if (transfer >= 0)
		H5Pclose(transfer);
	return ok;
}

static json_t *one_or_list(json_t *list, hsize_t n)
{
	json_t *one;

	if (list == NULL || n != 1 || json_array_size(list) != 1)
		return list;
	one = json_incref(json_array_get(list, 0));
	json_decref(list);
	return one;
}

static json_t *texts_variable(struct from r, hid_t space, hsize_t n, size_t max)
{
	hid_t mem = H5Tcopy(H5T_C_S1);
	json_t *list = json_array();
	char **p = calloc((size_t)n, sizeof(*p));
	hid_t file = r.attribute ? H5Aget_type(r.id) : H5Dget_type(r.id);
	hsize_t i;

	H5Tset_size(mem, H5T_VARIABLE);
	H5Tset_cset(mem, H5Tget_cset(file));
	if (p && list && read_from(r, mem, p)) {
		for (i = 0; i < n && i < VALUES_MOST; i++)
			json_array_append_new(list, fact_text(slice_str(p[i]), max));
		H5Dvlen_reclaim(mem, space, H5P_DEFAULT, p);
	}
	free(p);
	H5Tclose(mem);
	H5Tclose(file);
	return one_or_list(list, n);
}

static json_t *texts_fixed(struct from r, hid_t type, hsize_t n, size_t max)
{
	size_t size = H5Tget_size(type), i;
	json_t *list = json_array();
	char *p = calloc((size_t)n, size);

	if (p && list && read_from(r, type, p)) {
		if (size == 1)	/* letters */
			json_array_append_new(list, fact_text(slice_of(p, (size_t)n), max));
		else
			for (i = 0; i < n && i < VALUES_MOST; i++)
				json_array_append_new(list, fact_text(slice_of(p + i * size, strnlen(p + i * size, size)), max));
	}
	free(p);
	return one_or_list(list, size == 1 ? 1 : n);
}

static json_t *numbers(struct from r, enum dtype t, hsize_t n)
{
	enum dtype mem = t <= DT_UINT64 ? t : DT_FLOAT64;
	uint8_t *p = calloc((size_t)n, 8);
	json_t *v = NULL;

	if (p && read_from(r, hdf_native(mem), p))
		v = array_numbers(mem, HDF_BIG, p, n);
	free(p);
	return v;
}

static json_t *enumerated(struct from r, hid_t type, hsize_t n)
{
	size_t size = H5Tget_size(type), i;
	uint8_t *p = calloc((size_t)n, size);
	json_t *list = json_array();
	char name[300];

	if (p && list && read_from(r, type, p))
		for (i = 0; i < n && i < VALUES_MOST; i++)
			if (H5Tenum_nameof(type, p + i * size, name, sizeof(name)) >= 0)
				json_array_append_new(list, is_bool(type) ? json_boolean(strcmp(name, "TRUE") == 0) : fact_text(slice_str(name), sizeof(name)));
	free(p);
	return one_or_list(list, n);
}

bool hdf_has_pointers(hid_t type, unsigned depth)
{
	H5T_class_t c = H5Tget_class(type);
	bool yes = depth > 8 || c == H5T_VLEN || c == H5T_REFERENCE || (c == H5T_STRING && H5Tis_variable_str(type) != 0);
	int i, n = c == H5T_COMPOUND ? H5Tget_nmembers(type) : c == H5T_ARRAY ? 1 : 0;
	hid_t part;

	for (i = 0; i < n && !yes; i++) {
		part = c == H5T_ARRAY ? H5Tget_super(type) : H5Tget_member_type(type, (unsigned)i);
		yes = part < 0 || hdf_has_pointers(part, depth + 1);
		if (part >= 0)
			H5Tclose(part);
	}
	return yes;
}

/* A value of a compound, as it lies in the file. NULL: of a kind that has no JSON. */
static json_t *raw_value(hid_t type, const uint8_t *p, unsigned depth)
{
	H5T_class_t c = H5Tget_class(type);
	size_t size = H5Tget_size(type);
	json_t *o = NULL;
	enum dtype t;
	hid_t part;
	char *name;
	int i, n;

	if (c == H5T_STRING)
		return fact_text(slice_of(p, strnlen((const char *)p, size)), 300);
	if ((c == H5T_INTEGER || c == H5T_FLOAT) && hdf_dtype(type, &t) && dtype_size(t) == size)
		return array_numbers(t, H5Tget_order(type) == H5T_ORDER_BE, p, 1);
	if (c != H5T_COMPOUND || depth > 4 || (o = json_object()) == NULL)
		return NULL;
	n = H5Tget_nmembers(type);
	for (i = 0; i < n && i < VALUES_MOST; i++) {
		name = H5Tget_member_name(type, (unsigned)i);
		part = H5Tget_member_type(type, (unsigned)i);
		if (name && part >= 0)
			json_object_set_new(o, name, raw_value(part, p + H5Tget_member_offset(type, (unsigned)i), depth + 1));
		if (part >= 0)
			H5Tclose(part);
		H5free_memory(name);
	}
	return o;
}

/* One object a value. Those that hold pointers (text and lists of any length) are left alone. */
static json_t *compounds(struct from r, hid_t type, hsize_t n)
{
	size_t size = H5Tget_size(type), i;
	json_t *list = json_array();
	uint8_t *p = calloc((size_t)n, size);

	if (p && list && !hdf_has_pointers(type, 0) && read_from(r, type, p))
		for (i = 0; i < n && i < VALUES_MOST; i++)
			json_array_append_new(list, raw_value(type, p + i * size, 0));
	free(p);
	if (json_array_size(list) == 0) {
		json_decref(list);
		return NULL;
	}
	return one_or_list(list, n);
}

static json_t *value_of(struct from r, hid_t type, hid_t space, size_t max)
{
	hssize_t n = H5Sget_simple_extent_npoints(space);
	H5T_class_t c = H5Tget_class(type);
	size_t size = H5Tget_size(type);
	enum dtype t;

	if (n <= 0 || size == 0 || (hsize_t)n > ATTRIBUTE_BYTES / size || !hdf_dtype(type, &t))
		return NULL;
	if (c == H5T_STRING)
		return H5Tis_variable_str(type) ? texts_variable(r, space, (hsize_t)n, max) : texts_fixed(r, type, (hsize_t)n, max);
	if (c == H5T_INTEGER || c == H5T_FLOAT)
		return numbers(r, t, (hsize_t)n);
	if (c == H5T_ENUM)
		return enumerated(r, type, (hsize_t)n);
	if (c == H5T_COMPOUND)
		return compounds(r, type, (hsize_t)n);
	return NULL;
}

json_t *hdf_text_value(struct hdf *x, hid_t dataset, hid_t type)
{
	hid_t space = H5Dget_space(dataset);
	json_t *v = NULL;

	if (space >= 0 && H5Tget_class(type) == H5T_STRING && H5Sget_simple_extent_npoints(space) == 1)
		v = value_of((struct from){ dataset, false }, type, space, FACT_VALUE);
	if (space >= 0)
		H5Sclose(space);
	return v;
}

/* ---- attributes ---- */

static json_t *attribute_value(hid_t a, size_t max)
{
	hid_t type = H5Aget_type(a), space = H5Aget_space(a);
	json_t *v = type >= 0 && space >= 0 ? value_of((struct from){ a, true }, type, space, max) : NULL;

	if (type >= 0)
		H5Tclose(type);
	if (space >= 0)
		H5Sclose(space);
	return v;
}

json_t *hdf_attribute(struct hdf *x, hid_t object, const char *name, size_t text_max)
{
	hid_t a = H5Aexists(object, name) > 0 ? H5Aopen(object, name, H5P_DEFAULT) : -1;
	json_t *v = a >= 0 ? attribute_value(a, text_max) : NULL;

	if (a >= 0)
		H5Aclose(a);
	return v;
}

struct walk { struct hdf *x; json_t *into; size_t max; };

static herr_t each_attribute(hid_t object, const char *name, const H5A_info_t *info, void *ctx)
{
	static const char *const library[] = { "CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST", "_Netcdf4Dimid", "_Netcdf4Coordinates", "_NCProperties",
	    "_nc3_strict", "DIMENSION_LABELS", NULL };
	struct walk *w = ctx;
	json_t *key, *v;
	size_t i;

	for (i = 0; library[i]; i++)
		if (strcmp(name, library[i]) == 0)
			return 0;
	if (json_object_size(w->into) >= ATTRIBUTES_MOST)
		return 1;
	v = info->data_size <= ATTRIBUTE_BYTES ? hdf_attribute(w->x, object, name, w->max) : NULL;
	key = v ? fact_text(slice_str(name), 300) : NULL;
	if (key && json_string_length(key))
		fact_put(w->x->f, w->into, json_string_value(key), json_incref(v));
	json_decref(key);
	json_decref(v);
	return 0;
}

json_t *hdf_attributes(struct hdf *x, hid_t object, size_t text_max)
{
	struct walk w = { x, json_object(), text_max };

	if (w.into)
		H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, each_attribute, &w);
	else
		x->nomem = true;
	return w.into;
}

haddr_t *hdf_scales(hid_t object, unsigned rank)
{
	hid_t a = rank && H5Aexists(object, "DIMENSION_LIST") > 0 ? H5Aopen(object, "DIMENSION_LIST", H5P_DEFAULT) : -1, type, space, mem;
	haddr_t *out = a >= 0 ? calloc(rank, sizeof(*out)) : NULL;
	hvl_t *p = a >= 0 ? calloc(rank, sizeof(*p)) : NULL;
	unsigned i;

	if (a < 0)
		return NULL;
	type = H5Aget_type(a);
	space = H5Aget_space(a);
	mem = H5Tvlen_create(H5T_STD_REF_OBJ);
	if (out && p && type >= 0 && space >= 0 && mem >= 0 && H5Tget_class(type) == H5T_VLEN && H5Sget_simple_extent_npoints(space) == (hssize_t)rank &&
	    H5Aread(a, mem, p) >= 0) {
		for (i = 0; i < rank; i++)
			out[i] = p[i].len ? *(const hobj_ref_t *)p[i].p : HADDR_UNDEF;
		H5Dvlen_reclaim(mem, space, H5P_DEFAULT, p);
	} else {
		free(out);
		out = NULL;
	}
	free(p);
	if (mem >= 0)
		H5Tclose(mem);
	if (type >= 0)
		H5Tclose(type);
	if (space >= 0)
		H5Sclose(space);
	H5Aclose(a);
	return out;
}
