/*
 * HDF5, and what is written in it: NetCDF-4, NeXus, MATLAB 7.3, Keras. Through libhdf5, which reads by our own driver (hdf_vfd.c), so that it sees one file
 * and no names. Objects are found first, with limits on number and depth and each once, whatever links lead to it; values are read after that, within
 * the budget of array.c. Links to other files, data kept in other files and virtual datasets are never followed: a check names them.
 */

#include "indexer/extract/hdf_int.h"

#define CHUNK_MOST	((hsize_t)32 << 20)	/* bytes of one chunk, unpacked */
#define CHUNKS_MOST	((uint64_t)200000)
#define COORDINATE	((uint64_t)256 << 10)

/* ---- datasets ---- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void refuse(struct hdf *x, const char *what)
{
	if (!x->external)
		fact_check(x->f, "external-data", true, "%s is in another file, which is not opened", what);
	x->external = true;
}

/* "storage": how it lies, without asking for its size, which costs a walk over all chunks. */
static void put_storage(struct hdf *x, json_t *v, hid_t plist, unsigned rank)
{
	json_t *o, *list;
	hsize_t chunk[HDF_RANK];
	unsigned flags, config;
	size_t values;
	char name[64];
	int i, n;

	if (H5Pget_layout(plist) != H5D_CHUNKED || (o = json_object()) == NULL)
		return;
	if ((n = H5Pget_chunk(plist, HDF_RANK, chunk)) > 0 && (list = json_array()) != NULL) {
		for (i = 0; i < n; i++)
			json_array_append_new(list, json_integer((json_int_t)chunk[i]));
		fact_put(x->f, o, "chunk", list);
	}
	n = H5Pget_nfilters(plist);
	list = n > 0 ? json_array() : NULL;
	for (i = 0; list && i < n && i < 32; i++) {
		H5Z_filter_t id;

		values = 0;
		name[0] = '\0';
		id = H5Pget_filter2(plist, (unsigned)i, &flags, &values, NULL, sizeof(name), name, &config);
		name[sizeof(name) - 1] = '\0';
		json_array_append_new(list, name[0] ? fact_text(slice_str(name), sizeof(name)) : json_sprintf("filter %d", (int)id));
	}
	if (list)
		fact_put(x->f, o, "filters", list);
	fact_put(x->f, v, "storage", o);
}

/* False: its values lie elsewhere, or need a filter that is not here. */
static bool can_be_read(struct hdf *x, hid_t plist, const char *path)
{
	unsigned flags, config;
	size_t values = 0;
	char name[64];
	int i, n;

	if (H5Pget_external_count(plist) > 0) {
		refuse(x, "a dataset");
		return false;
	}
	if (H5Pget_layout(plist) == H5D_VIRTUAL) {
		if (!x->virtual)
			fact_check(x->f, "virtual-data", false, "a dataset such as '%s' is put together from others, which is not followed", path);
		x->virtual = true;
		return false;
	}
	n = H5Pget_nfilters(plist);
	for (i = 0; i < n; i++) {
		values = 0;
		if (H5Zfilter_avail(H5Pget_filter2(plist, (unsigned)i, &flags, &values, NULL, sizeof(name), name, &config)) <= 0) {
			fact_check(x->f, "filter-missing", false, "values of '%s' are packed with a filter that is not built in", path);
			return false;
		}
	}
	return true;
}

static json_t *shape_of(hid_t set, unsigned *rank, bool *null)
{
	hid_t space = H5Dget_space(set);
	hsize_t dims[HDF_RANK];
	json_t *list = NULL;
	int i, n;

	*rank = 0;
	*null = space >= 0 && H5Sget_simple_extent_type(space) == H5S_NULL;
	if (space >= 0 && (n = H5Sget_simple_extent_dims(space, dims, NULL)) >= 0 && !*null && (list = json_array()) != NULL) {
		for (i = 0; i < n; i++)
			json_array_append_new(list, json_integer(dims[i] > INT64_MAX ? INT64_MAX : (json_int_t)dims[i]));
		*rank = (unsigned)n;
	}
	if (space >= 0)
		H5Sclose(space);
	return list;
}

static bool text_is(json_t *v, const char *want)
{
	bool same = json_is_string(v) && strncmp(json_string_value(v), want, strlen(want)) == 0;

	json_decref(v);
	return same;
}

/* What only dimension scales and netCDF know. */
static void set_scales(struct hdf *x, hid_t set, struct hdf_set *s)
{
	json_t *id;

	s->scale = text_is(hdf_attribute(x, set, "CLASS", 100), "DIMENSION_SCALE");
	s->bare = s->scale && text_is(hdf_attribute(x, set, "NAME", 100), "This is a netCDF dimension but not a netCDF variable");
	id = hdf_attribute(x, set, "_Netcdf4Dimid", 10);
	s->dimid = json_is_integer(id) ? json_integer_value(id) : -1;
	x->netcdf |= json_is_integer(id);
	json_decref(id);
	s->dimids = hdf_attribute(x, set, "_Netcdf4Coordinates", 10);
	s->dims = hdf_scales(set, s->rank);
}

static void add_dataset(struct hdf *x, hid_t set, const char *path, haddr_t addr)
{
	struct hdf_set s = { .addr = addr, .dimid = -1 };
	hid_t type = H5Dget_type(set), plist = H5Dget_create_plist(set);
	bool null = false;
	json_t *shape, *value;

	if (type < 0 || plist < 0 || !hdf_dtype(type, &s.t)) {
		fact_partial(x->f, "a dataset could not be understood");
		goto out;
	}
	shape = shape_of(set, &s.rank, &null);
	set_scales(x, set, &s);
	if (s.bare)
		json_decref(shape);
	else if ((s.v = array_variable(x->f, slice_str(path), s.t, NULL, shape)) != NULL) {
		hdf_type_put(x, s.v, type);
		put_storage(x, s.v, plist, s.rank);
		fact_put(x->f, s.v, "attributes", hdf_attributes(x, set, FACT_VALUE));
		value = can_be_read(x, plist, path) && !null ? hdf_text_value(x, set, type) : NULL;
		if (json_is_string(value))
			fact_put(x->f, s.v, "value", json_incref(value));
		json_decref(value);
	}
	fact_put(x->f, x->bypath, path, json_integer((json_int_t)x->sets.n));
	if (VEC_PUSH(&x->sets, s) != ST_OK) {
		x->nomem = true;
		free(s.dims);
		json_decref(s.dimids);
	}
out:
	if (type >= 0)
		H5Tclose(type);
	if (plist >= 0)
		H5Pclose(plist);
}

/* ---- groups ---- */

struct walk { struct hdf *x; const char *path; unsigned depth; };

static void walk_group(struct hdf *x, hid_t group, const char *path, unsigned depth);

/* Is it new? An object with several names keeps the first; the others point there. */
static bool is_new(struct hdf *x, const H5O_info_t *info, const char *path)
{
	char key[32];
	json_t *first;

	snprintf(key, sizeof(key), "%llx", (unsigned long long)info->addr);
	if ((first = json_object_get(x->seen, key)) != NULL) {
		fact_put(x->f, x->alias, path, json_incref(first));
		return false;
	}
	if (info->rc > 1 || info->type == H5O_TYPE_GROUP)
		fact_put(x->f, x->seen, key, json_string(path));
	return true;
}

static void look_at(struct hdf *x, hid_t parent, const char *name, const char *path, unsigned depth)
{
	hid_t o;
	H5O_info_t info;

	if (++x->objects > HDF_OBJECTS) {
		x->too_many = true;
		return;
	}
	if ((o = H5Oopen(parent, name, H5P_DEFAULT)) < 0 || H5Oget_info2(o, &info, H5O_INFO_BASIC) < 0) {
		fact_partial(x->f, "an object could not be read: the file is damaged");
		goto out;
	}
	if (!is_new(x, &info, path))
		goto out;
	if (info.type == H5O_TYPE_DATASET)
		add_dataset(x, o, path, info.addr);
	else if (info.type == H5O_TYPE_GROUP && depth < HDF_DEPTH)
		walk_group(x, o, path, depth + 1);
	else if (info.type == H5O_TYPE_GROUP)
		fact_partial(x->f, "groups more than %d deep", HDF_DEPTH);
out:
	if (o >= 0)
		H5Oclose(o);
}

static void soft_link(struct hdf *x, hid_t group, const char *name, const char *path, size_t n)
{
	char *target = n > 0 && n <= 4096 ? calloc(1, n + 1) : NULL;
	struct buf full = BUF_INIT(8192);
	const char *base = base_name(path);

	if (target && H5Lget_val(group, name, target, n, H5P_DEFAULT) >= 0) {
		if (target[0] != '/') {
			buf_add(&full, path, (size_t)(base - path));
			buf_adds(&full, target);
		} else
			buf_adds(&full, target + 1);
		if (full.st == ST_OK && full.p)
			fact_put(x->f, x->alias, path, fact_text(buf_slice(&full), 8192));
	}
	buf_release(&full);
	free(target);
}

static herr_t each_link(hid_t group, const char *name, const H5L_info_t *info, void *ctx)
{
	struct walk *w = ctx;
	struct hdf *x = w->x;
	json_t *clean = fact_text(slice_str(name), 300);
	struct buf path = BUF_INIT(300 * (HDF_DEPTH + 2));

	if (clean == NULL)
		x->nomem = true;
	if (x->nomem || x->too_many) {
		json_decref(clean);
		return 1;
	}
	if (w->path[0])
		buf_addf(&path, "%s/", w->path);
	buf_adds(&path, json_string_value(clean));
	if (path.st == ST_OK && path.p && info->type == H5L_TYPE_HARD)
		look_at(x, group, name, path.p, w->depth);
	else if (path.st == ST_OK && path.p && info->type == H5L_TYPE_SOFT)
		soft_link(x, group, name, path.p, info->u.val_size);
	else if (info->type == H5L_TYPE_EXTERNAL)
		refuse(x, "a linked object");
	buf_release(&path);
	json_decref(clean);
	return 0;
}

static void walk_group(struct hdf *x, hid_t group, const char *path, unsigned depth)
{
	struct walk w = { x, path, depth };
	hid_t plist = H5Gget_create_plist(group);
	unsigned order = 0;
	H5_index_t by = H5_INDEX_NAME;
	json_t *a;

	if (plist >= 0) {
		if (H5Pget_link_creation_order(plist, &order) >= 0 && (order & H5P_CRT_ORDER_TRACKED))
			by = H5_INDEX_CRT_ORDER;	/* as netCDF shows them */
		H5Pclose(plist);
	}
	a = hdf_attributes(x, group, ATTRIBUTE_TEXT);
	if (a)
		fact_put(x->f, x->groups, path, a);
	if (H5Literate(group, by, H5_ITER_INC, NULL, each_link, &w) < 0)
		fact_partial(x->f, "a group could not be read: the file is damaged");
}

/* ---- dimensions ---- */

/* "a1f40": the scale at an address; "d3": netCDF's dimension of that number. */
static const char *scale_key(char out[32], char kind, uint64_t v)
{
	snprintf(out, 32, "%c%llx", kind, (unsigned long long)v);
	return out;
}

static json_t *scale_names(struct hdf *x)
{
	json_t *names = json_object(), *i;
	const char *path;
	char key[32];

	json_object_foreach(x->bypath, path, i) {
		const struct hdf_set *s = &x->sets.v[json_integer_value(i)];

		if (!s->scale)
			continue;
		fact_put(x->f, names, scale_key(key, 'a', s->addr), json_string(base_name(path)));
		if (s->dimid >= 0 && json_object_get(names, scale_key(key, 'd', (uint64_t)s->dimid)) == NULL)
			fact_put(x->f, names, key, json_string(base_name(path)));
	}
	return names;
}

static json_t *dimension_names(const json_t *scales, const struct hdf_set *s, const char *path)
{
	json_t *list = json_array();
	const char *name;
	char key[32];
	unsigned i;

	for (i = 0; list && i < s->rank; i++) {
		if (s->dims && s->dims[i] != HADDR_UNDEF)
			name = json_text(scales, scale_key(key, 'a', s->dims[i]));
		else if (json_is_array(s->dimids) && json_array_size(s->dimids) == s->rank)
			name = json_text(scales, scale_key(key, 'd', (uint64_t)json_integer_value(json_array_get(s->dimids, i))));
		else
			name = s->scale && s->rank == 1 ? base_name(path) : NULL;
		if (name == NULL || json_array_append_new(list, json_string(name)) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static void dimensions(struct hdf *x)
{
	json_t *scales = scale_names(x), *i, *list;
	const char *path;

	json_object_foreach(x->bypath, path, i) {
		const struct hdf_set *s = &x->sets.v[json_integer_value(i)];

		if (s->v == NULL || (s->rank && !s->dims && !s->dimids && !s->scale))
			continue;
		if ((list = dimension_names(scales, s, path)) != NULL)
			fact_put(x->f, s->v, "dimensions", list);
	}
	json_decref(scales);
}

/* ---- values ---- */

struct grid {
	hid_t set, space, mem_type;
	unsigned rank, width;
	hsize_t dims[HDF_RANK], chunk[HDF_RANK];
	uint64_t counts[HDF_RANK], pieces;	/* chunks along each dimension, and in all */
	hsize_t piece_bytes;
	bool chunked;
};

static bool grid_open(struct grid *g, hid_t set, enum dtype t)
{
	hid_t plist = H5Dget_create_plist(set);
	unsigned i;
	int n;

	g->set = set;
	g->mem_type = hdf_native(t);
	g->width = (unsigned)H5Tget_size(g->mem_type);
	g->space = H5Dget_space(set);
	n = g->space >= 0 ? H5Sget_simple_extent_dims(g->space, g->dims, NULL) : -1;
	g->rank = n > 0 ? (unsigned)n : 0;
	g->chunked = n > 0 && plist >= 0 && H5Pget_layout(plist) == H5D_CHUNKED && H5Pget_chunk(plist, HDF_RANK, g->chunk) == n;
	if (plist >= 0)
		H5Pclose(plist);
	/* What is not in chunks is cut into rows of the last dimensions that make up to 1 MB. */
	g->piece_bytes = g->width;
	for (i = g->rank; !g->chunked && i-- > 0; g->piece_bytes *= g->chunk[i]) {
		g->chunk[i] = ((hsize_t)1 << 20) / g->piece_bytes;
		g->chunk[i] = g->chunk[i] == 0 ? 1 : g->chunk[i] > g->dims[i] ? g->dims[i] : g->chunk[i];
		if (g->chunk[i] == 0)
			return false;
	}
	g->pieces = 1;
	g->piece_bytes = g->width;
	for (i = 0; i < g->rank; i++) {
		if (g->chunk[i] == 0 || g->dims[i] == 0)
			return false;
		g->counts[i] = (g->dims[i] - 1) / g->chunk[i] + 1;
		if (g->chunk[i] > CHUNK_MOST / g->piece_bytes || g->pieces > UINT64_MAX / g->counts[i])
			return false;
		g->piece_bytes *= g->chunk[i];
		g->pieces *= g->counts[i];
	}
	return n >= 0;
}

static void grid_close(struct grid *g)
{
	if (g->space >= 0)
		H5Sclose(g->space);
}

/* Does a value in the file look like one of the dtype, but for its byte order? */
static bool is_plain(hid_t type, enum dtype t)
{
	return H5Tget_class(type) != H5T_ARRAY && H5Tget_size(type) == dtype_size(t) && H5Tget_precision(type) == 8 * dtype_size(t);
}

/* Where piece ${i} begins. */
static void piece_at(const struct grid *g, uint64_t i, hsize_t *at)
{
	unsigned k;

	for (k = g->rank; k-- > 0; i /= g->counts[k])
		at[k] = i % g->counts[k] * g->chunk[k];
}

/* Values of piece ${i} into ${p}; their number, or -1. */
static int64_t piece_read(const struct grid *g, uint64_t i, void *p)
{
	hsize_t at[HDF_RANK], n[HDF_RANK], all = 1;
	hid_t mem;
	unsigned k;
	herr_t rc;

	if (g->rank == 0)
		return H5Dread(g->set, g->mem_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, p) < 0 ? -1 : 1;
	piece_at(g, i, at);
	for (k = 0; k < g->rank; k++) {
		n[k] = g->dims[k] - at[k] < g->chunk[k] ? g->dims[k] - at[k] : g->chunk[k];
		all *= n[k];
	}
	if (H5Sselect_hyperslab(g->space, H5S_SELECT_SET, at, NULL, n, NULL) < 0 || (mem = H5Screate_simple(1, &all, NULL)) < 0)
		return -1;
	rc = H5Dread(g->set, g->mem_type, mem, g->space, H5P_DEFAULT, p);
	H5Sclose(mem);
	return rc < 0 ? -1 : (int64_t)all;
}

/* Bytes that reading one piece takes from the file. */
static uint64_t piece_cost(const struct grid *g, uint64_t i)
{
	hsize_t at[HDF_RANK], n = 0;
	unsigned filters;
	haddr_t addr;

	piece_at(g, i, at);
	if (g->chunked && H5Dget_chunk_info_by_coord(g->set, at, &filters, &addr, &n) >= 0)
		return n;
	return g->piece_bytes;
}

/* Chunks that are not packed are sampled like values in a row, a part of each of some of them. False: they are packed, or of a type that needs conversion. */
static bool sample_chunks(struct hdf *x, const struct grid *g, hid_t type, const struct hdf_set *s, const json_t *attributes, struct array_stat *st, uint64_t room)
{
	hid_t plist = H5Dget_create_plist(g->set);
	bool plain = plist >= 0 && H5Pget_nfilters(plist) == 0, part;
	uint64_t each = (uint64_t)16 << 10, most = room / (each + 4096), i, piece;
	hsize_t at[HDF_RANK], n = 0;
	unsigned filters;
	haddr_t addr;

	if (plist >= 0)
		H5Pclose(plist);
	if (!g->chunked || !plain || !is_plain(type, s->t))
		return false;
	array_stat_init(st, s->t, H5Tget_order(type) == H5T_ORDER_BE, attributes, x->netcdf);
	for (i = 0; array_pick(g->pieces, most ? most : 1, i, &piece); i++) {
		piece_at(g, piece, at);
		if (H5Dget_chunk_info_by_coord(g->set, at, &filters, &addr, &n) >= 0 && addr != HADDR_UNDEF && n == g->piece_bytes)
			array_scan(st, x->src, addr, n / g->width, each, &part, NULL);
	}
	return true;
}

static void scan_pieces(struct hdf *x, const struct grid *g, struct array_stat *st, uint64_t room, bool *sampled)
{
	uint64_t left = x->unpacked < ARRAY_VALUES ? ARRAY_VALUES - x->unpacked : 0, most = left / g->piece_bytes, from = x->src->bytes, i, piece;
	void *p = malloc(g->piece_bytes);
	int64_t n;

	if (most > CHUNKS_MOST)
		most = CHUNKS_MOST;
	if (x->src->size > ARRAY_WHOLE && most) {	/* half of the share at most for finding chunks */
		uint64_t cost = piece_cost(g, g->pieces / 2) + 4096;

		most = cost > room ? 0 : room / cost < most ? room / cost : most;
	}
	*sampled = most < g->pieces;
	for (i = 0; p && array_pick(g->pieces, most, i, &piece); i++) {
		if (i > 0 && x->src->bytes - from > room) {
			*sampled = true;
			break;
		}
		if ((n = piece_read(g, piece, p)) < 0) {
			fact_partial(x->f, "values could not be read: the file is damaged or cut off");
			break;
		}
		array_stat_add(st, p, (size_t)n);
		x->unpacked += (uint64_t)n * g->width;
	}
	free(p);
}

/* Values in a row, of a type that needs no conversion: read without libhdf5, as far as the budget goes. */
static bool scan_row(struct hdf *x, hid_t set, hid_t type, struct hdf_set *s, const json_t *attributes, struct array_stat *st, uint64_t room, bool *sampled)
{
	haddr_t at = H5Dget_offset(set);
	hid_t space;
	hssize_t n;

	if (at == HADDR_UNDEF || !is_plain(type, s->t) || (space = H5Dget_space(set)) < 0)
		return false;
	n = H5Sget_simple_extent_npoints(space);
	H5Sclose(space);
	array_stat_init(st, s->t, H5Tget_order(type) == H5T_ORDER_BE, attributes, x->netcdf);
	if (n > 0 && array_scan(st, x->src, at, (uint64_t)n, room, sampled, NULL) == ST_INVALID)
		fact_partial(x->f, "values could not be read: the file is cut off");
	return true;
}

static void scan(struct hdf *x, struct hdf_set *s, uint64_t room)
{
	hid_t set = H5Oopen_by_addr(x->file, s->addr), type = set >= 0 ? H5Dget_type(set) : -1, plist = set >= 0 ? H5Dget_create_plist(set) : -1;
	enum dtype t = s->t == DT_FLOAT16 ? DT_FLOAT32 : s->t;
	const json_t *attributes = json_object_get(s->v, "attributes");
	struct array_stat st;
	struct grid g = { .space = -1 };
	bool sampled = false;

	if (set < 0 || type < 0 || plist < 0 || H5Pget_external_count(plist) > 0 || H5Pget_layout(plist) == H5D_VIRTUAL)
		goto out;
	if (json_object_get(s->v, "shape") == NULL || H5Tget_class(type) == H5T_ARRAY)
		goto out;
	if (H5Pget_layout(plist) != H5D_CONTIGUOUS || !scan_row(x, set, type, s, attributes, &st, room, &sampled)) {
		array_stat_init(&st, t, HDF_BIG, attributes, x->netcdf);
		if (grid_open(&g, set, t)) {
			sampled = x->src->size > ARRAY_WHOLE && g.pieces > room / g.piece_bytes && sample_chunks(x, &g, type, s, attributes, &st, room);
			if (!sampled)
				scan_pieces(x, &g, &st, room, &sampled);
		}
		grid_close(&g);
	}
	array_stat_put(x->f, s->v, &st, sampled);
out:
	if (plist >= 0)
		H5Pclose(plist);
	if (type >= 0)
		H5Tclose(type);
	if (set >= 0)
		H5Oclose(set);
}

static uint64_t bytes_of(const struct hdf_set *s)
{
	const json_t *shape = json_object_get(s->v, "shape"), *n;
	uint64_t all = dtype_size(s->t);
	size_t i;

	json_array_foreach(shape, i, n)
		if (json_integer_value(n) > 0 && all > UINT64_MAX / (uint64_t)json_integer_value(n))
			return UINT64_MAX;
		else
			all *= (uint64_t)json_integer_value(n);
	return all;
}

/* Coordinates and other small things first, the rest share what is left. */
static void values(struct hdf *x)
{
	uint64_t left = 0;
	unsigned pass;
	size_t i;

	for (pass = 0; pass < 2; pass++)
		for (i = 0; i < x->sets.n; i++) {
			struct hdf_set *s = &x->sets.v[i];
			bool first = s->rank <= 1 && bytes_of(s) <= COORDINATE;

			if (s->v == NULL || !dtype_is_number(s->t) || first != (pass == 0)) {
				left += pass == 0 && s->v && dtype_is_number(s->t);
				continue;
			}
			if (array_room(x->src) < (pass == 0 ? COORDINATE : 1))
				return;
			scan(x, s, pass == 0 ? COORDINATE : array_room(x->src) / (left ? left : 1));
			left -= pass == 1 && left;
		}
}

static void tables(struct hdf *x)
{
	size_t i;

	for (i = 0; i < x->sets.n; i++)
		if (x->sets.v[i].v && x->sets.v[i].t == DT_COMPOUND && x->sets.v[i].rank == 1)
			hdf_table(x, &x->sets.v[i]);
}

struct hdf_set *hdf_find(struct hdf *x, const char *path)
{
	const json_t *i = NULL, *to;
	unsigned n;

	for (n = 0; path && n < 8; n++) {
		if ((i = json_object_get(x->bypath, path)) != NULL)
			return &x->sets.v[json_integer_value(i)];
		to = json_object_get(x->alias, path);
		path = json_string_value(to);
	}
	return NULL;
}

double *hdf_doubles(struct hdf *x, const struct hdf_set *s, uint64_t most, uint64_t *n)
{
	hid_t set = s->v && dtype_is_number(s->t) ? H5Oopen_by_addr(x->file, s->addr) : -1, plist = set >= 0 ? H5Dget_create_plist(set) : -1;
	uint64_t all = s->v ? bytes_of(s) / (dtype_size(s->t) ? dtype_size(s->t) : 1) : 0;
	double *p = all && all <= most && all * dtype_size(s->t) <= array_room(x->src) ? calloc((size_t)all, sizeof(*p)) : NULL;

	if (plist < 0 || H5Pget_external_count(plist) > 0 || H5Pget_layout(plist) == H5D_VIRTUAL || p == NULL ||
	    H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, p) < 0) {
		free(p);
		p = NULL;
	}
	*n = all;
	if (plist >= 0)
		H5Pclose(plist);
	if (set >= 0)
		H5Oclose(set);
	return p;
}

/* ---- the file ---- */

static uint64_t le(const uint8_t *p, unsigned n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | p[n];
	return v;
}

/* Where the superblock is: at 0, 512, 1024, 2048, ... (HDF5 File Format Specification, II.A). */
static bool signature(const uint8_t *p, size_t n, size_t *at)
{
	for (*at = 0; *at + 64 <= n; *at = *at ? *at * 2 : 512)
		if (memcmp(p + *at, "\x89HDF\r\n\x1a\n", 8) == 0)
			return true;
	return false;
}

static bool wide_lengths(const struct head *h)
{
	size_t at;

	return signature(h->p, h->n, &at) && h->p[at + (h->p[at + 8] < 2 ? 14 : 10)] == 8;
}

/* The end that the superblock states, and its version. */
static void superblock(struct hdf *x, const struct head *h, unsigned *version)
{
	size_t at, base;
	const uint8_t *p;
	uint64_t end, wide;

	*version = 0;
	if (!signature(h->p, h->n, &at))
		return;
	p = h->p + at;
	*version = p[8];
	wide = *version < 2 ? p[13] : p[9];
	base = *version == 0 ? 24 : *version == 1 ? 28 : 12;
	if (*version > 3 || (wide != 4 && wide != 8) || at + base + 3 * wide > h->n)
		return;
	end = le(p + base + 2 * wide, (unsigned)wide);	/* behind base address and one other */
	if (end > x->src->size)
		fact_partial(x->f, "cut off: %llu bytes, but the file says it has %llu", (unsigned long long)x->src->size, (unsigned long long)end);
}

static void name_format(struct hdf *x, const struct head *h, unsigned superblock_version)
{
	static const char *const pronom[] = { "fmt/286", "fmt/287", "fmt/807", "fmt/807" };
	const json_t *root = json_object_get(x->groups, "");
	char version[16];
	const char *path;
	json_t *a;

	fact_media(x->f, "application/x-hdf5");
	if (x->netcdf) {
		fact_format(x->f, "NetCDF", "4", NULL);
		fact_media(x->f, "application/netcdf");
		return;
	}
	if (h->n > 8 && memcmp(h->p, "MATLAB 7", 8) == 0) {
		fact_format(x->f, "MATLAB", "7.3", "fmt/806");
		fact_media(x->f, "application/x-matlab-data");
		return;
	}
	json_object_foreach(x->groups, path, a)
		if (slice_starts(array_text(a, "NX_class"), "NX")) {
			fact_format(x->f, "NeXus", json_text(root, "NeXus_version"), NULL);
			return;
		}
	if (json_object_get(root, "keras_version") || json_object_get(root, "model_config")) {
		fact_format(x->f, "Keras", json_text(root, "keras_version"), NULL);
		return;
	}
	snprintf(version, sizeof(version), "%u", superblock_version);
	fact_format(x->f, "HDF5", version, pronom[superblock_version > 3 ? 0 : superblock_version]);
}

static void keras(struct hdf *x)
{
	const json_t *root = json_object_get(x->groups, "");
	json_t *m;
	uint64_t n = 0;
	size_t i;

	if (json_object_get(root, "keras_version") == NULL)
		return;
	m = fact_object(x->f, "model");
	for (i = 0; i < x->sets.n; i++)
		if (x->sets.v[i].v && dtype_is_number(x->sets.v[i].t) && dtype_size(x->sets.v[i].t))
			n += bytes_of(&x->sets.v[i]) / dtype_size(x->sets.v[i].t);
	fact_put(x->f, m, "framework", json_string("Keras"));
	fact_put_int(x->f, m, "parameters", (int64_t)(n & INT64_MAX));
	fact_put_int(x->f, m, "tensors", (int64_t)x->sets.n);
}

/* Attributes of the root, and of groups by path. */
static void global_attributes(struct hdf *x)
{
	json_t *into = fact_object(x->f, "attributes"), *a, *v;
	struct buf key = BUF_INIT(20000);
	const char *path, *name;

	json_object_foreach(x->groups, path, a)
		json_object_foreach(a, name, v) {
			if (json_object_size(into) >= ATTRIBUTES_MOST)
				break;
			buf_clear(&key);
			buf_addf(&key, "%s%s%s", path, path[0] ? "/" : "", name);
			if (key.st == ST_OK)
				fact_put(x->f, into, key.p, json_incref(v));
		}
	buf_release(&key);
}

static void describe(struct hdf *x, const struct head *h)
{
	hid_t root = H5Gopen2(x->file, "/", H5P_DEFAULT);
	unsigned version;
	H5O_info_t info;

	superblock(x, h, &version);
	if (root < 0) {
		fact_unreadable(x->f, "the root group cannot be read: the file is damaged");
		return;
	}
	/* A file without marks says what it is by its name only. */
	x->netcdf = strcmp(h->ext, "nc") == 0 || strcmp(h->ext, "nc4") == 0 || H5Aexists(root, "_NCProperties") > 0 || H5Aexists(root, "_nc3_strict") > 0;
	if (H5Oget_info2(root, &info, H5O_INFO_BASIC) >= 0 && is_new(x, &info, ""))
		walk_group(x, root, "", 0);
	H5Gclose(root);
	if (x->too_many)
		fact_partial(x->f, "more than %d objects", HDF_OBJECTS);
	name_format(x, h, version);
	dimensions(x);
	values(x);
	tables(x);
	global_attributes(x);
	cf_describe(x->f);
	nexus_describe(x);
	keras(x);
}

static void hdf_release(struct hdf *x)
{
	size_t i;

	for (i = 0; i < x->sets.n; i++) {
		free(x->sets.v[i].dims);
		json_decref(x->sets.v[i].dimids);
	}
	VEC_RELEASE(&x->sets);
	json_decref(x->groups);
	json_decref(x->bypath);
	json_decref(x->alias);
	json_decref(x->seen);
	if (x->file >= 0)
		H5Fclose(x->file);
}

static st_t hdf_read(struct fact *f, const struct head *h, struct source *src)
{
	struct hdf x = { .f = f, .src = src, .file = -1, .groups = json_object(), .bypath = json_object(), .alias = json_object(), .seen = json_object() };
	hid_t access = -1;
	st_t st = x.groups && x.bypath && x.alias && x.seen ? hdf_access(src, wide_lengths(h), &access) : ST_NOMEM;

	if (st == ST_OK) {
		fact_media(f, "application/x-hdf5");
		x.file = H5Fopen("file", H5F_ACC_RDONLY, access);
		if (x.file >= 0)
			describe(&x, h);
		else
			fact_unreadable(f, "begins like HDF5, but its superblock is damaged or cut off");
		H5Pclose(access);
	}
	if (x.nomem)
		st = ST_NOMEM;
	hdf_release(&x);
	return st;
}

static int hdf_bid(const struct head *h)
{
	size_t at;

	if (!signature(h->p, h->n, &at))
		return h->n >= 8 && memcmp(h->p, "\x89HDF\r\n\x1a\n", 8) == 0 ? 95 : 0;
	return at == 0 || h->magic == NULL || strcmp(h->magic, "application/x-hdf5") == 0 ? 95 : 0;
}

const struct extractor ex_hdf = { .name = "hdf5", .version = 1, .bid = hdf_bid, .read = hdf_read };
