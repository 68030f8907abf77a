/* HDF5 datasets of compounds in one dimension are tables (h5py, PyTables, pandas). Read as they lie in the file, unless they hold pointers. */

#include "indexer/extract/hdf_int.h"

#define ROWS_BYTES	((uint64_t)64 << 20)	/* longer tables are described without values */
#define COLUMNS_MOST	2000
#define READ		((hsize_t)1 << 20)

struct column { enum dtype t; bool big, text, plain; size_t at, width; };

static void column_read(hid_t type, unsigned i, struct column *c)
{
	hid_t part = H5Tget_member_type(type, i);

	*c = (struct column){ .at = H5Tget_member_offset(type, i) };
	if (part < 0)
		return;
	c->width = H5Tget_size(part);
	c->big = H5Tget_order(part) == H5T_ORDER_BE;
	c->text = H5Tget_class(part) == H5T_STRING;
	c->plain = c->text || (hdf_dtype(part, &c->t) && H5Tget_class(part) != H5T_ARRAY && dtype_size(c->t) == c->width && (dtype_is_number(c->t) || c->t == DT_BOOL));
	H5Tclose(part);
}

static int64_t integer(const struct column *c, const uint8_t *p)
{
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < c->width; i++)
		v |= (uint64_t)p[i] << 8 * (c->big ? c->width - 1 - i : i);
	if (c->width < 8 && (c->t == DT_INT8 || c->t == DT_INT16 || c->t == DT_INT32) && v >> (8 * c->width - 1))
		v |= ~(uint64_t)0 << 8 * c->width;
	return (int64_t)v;
}

static void cell(struct table *t, uint32_t col, const struct column *c, const uint8_t *p)
{
	if (c->text)
		table_string(t, col, slice_of(p, strnlen((const char *)p, c->width)));
	else if (!c->plain)
		table_string(t, col, SLICE("(a list)"));
	else if (c->t == DT_BOOL)
		table_bool(t, col, *p != 0);
	else if (c->t <= DT_INT64)
		table_int(t, col, integer(c, p));
	else
		table_real(t, col, dtype_get(c->t, c->big, p));
}

static bool rows(struct table *t, hid_t set, hid_t type, const struct column *c, unsigned n, hsize_t count)
{
	size_t width = H5Tget_size(type);
	hsize_t each = READ / width ? READ / width : 1, at, k, i;
	uint8_t *p = malloc((size_t)each * width);
	hid_t space = H5Dget_space(set), mem;
	bool ok = p && space >= 0;
	unsigned j;

	for (at = 0; ok && at < count; at += k) {
		k = count - at < each ? count - at : each;
		mem = H5Screate_simple(1, &k, NULL);
		ok = mem >= 0 && H5Sselect_hyperslab(space, H5S_SELECT_SET, &at, NULL, &k, NULL) >= 0 && H5Dread(set, type, mem, space, H5P_DEFAULT, p) >= 0;
		if (mem >= 0)
			H5Sclose(mem);
		for (i = 0; ok && i < k; i++) {
			for (j = 0; j < n; j++)
				cell(t, j, &c[j], p + i * width + c[j].at);
			table_row(t);
		}
	}
	if (space >= 0)
		H5Sclose(space);
	free(p);
	return ok;
}

void hdf_table(struct hdf *x, const struct hdf_set *s)
{
	hid_t set = H5Oopen_by_addr(x->file, s->addr), type = set >= 0 ? H5Dget_type(set) : -1, plist = set >= 0 ? H5Dget_create_plist(set) : -1;
	hsize_t count = (hsize_t)json_integer_value(json_array_get(json_object_get(s->v, "shape"), 0));
	int i, n = type >= 0 ? H5Tget_nmembers(type) : 0;
	struct column *c = n > 0 && n <= COLUMNS_MOST ? calloc((size_t)n, sizeof(*c)) : NULL;
	size_t width = type >= 0 ? H5Tget_size(type) : 0;
	struct table *t = c && width ? table_new(x->f, json_slice(json_object_get(s->v, "name"))) : NULL;
	char *name;

	for (i = 0; t && i < n; i++) {
		name = H5Tget_member_name(type, (unsigned)i);
		table_column(t, slice_str(name ? name : ""));
		H5free_memory(name);
		column_read(type, (unsigned)i, &c[i]);
	}
	if (t && plist >= 0 && count > 0 && !hdf_has_pointers(type, 0) && H5Pget_layout(plist) != H5D_VIRTUAL && H5Pget_external_count(plist) <= 0 && count <= ROWS_BYTES / width &&
	    count * width <= array_room(x->src)) {
		if (!rows(t, set, type, c, (unsigned)n, count))
			fact_partial(x->f, "a table could not be read to its end: the file is damaged or cut off");
	} else if (t)
		table_rows(t, count);
	if (t)
		table_end(t, SLICE_NULL);
	free(c);
	if (plist >= 0)
		H5Pclose(plist);
	if (type >= 0)
		H5Tclose(type);
	if (set >= 0)
		H5Oclose(set);
}
