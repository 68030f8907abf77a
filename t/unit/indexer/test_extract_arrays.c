/*
 * Array formats of the shared fixtures against what independent tools said of them (manifest.json): netCDF4 and h5py, astropy. Where the manifest's
 * own reading is one of several, ours is listed here with the reason.
 */

#include <math.h>

#include "indexer/extract/source.h"
#include "t/unit/indexer/facts.h"

static const char *shared_dir(void)
{
	static char path[4096];
	const char *s = getenv("AZEKURA_SHARED"), *src = getenv("AZEKURA_SRC"), *ci = getenv("CI");

	snprintf(path, sizeof(path), "%s%s", s ? s : src ? src : "..", s ? "" : "/../shared");
	if (fs_exists(path))
		return path;
	if (ci && strcmp(ci, "true") == 0)
		fail_msg("no shared folder at '%s'", path);
	skip();
	return NULL;
}

static json_t *read_source(struct source *src, const char *name)
{
	struct buf out = BUF_INIT((size_t)8 << 20);
	struct err e = ERR_INIT;
	json_t *j = NULL;

	assert_st_e(ST_OK, extract_source(src, name, &out, &e), &e);
	assert_st_e(ST_OK, json_load(&j, buf_slice(&out), &e), &e);
	buf_release(&out);
	return j;
}

static json_t *facts_bytes(const char *name, const void *p, size_t n)
{
	char *own = malloc(n ? n : 1);
	struct source src;
	json_t *j;

	memcpy(own, p, n);
	source_mem(&src, own, n);
	j = read_source(&src, name);
	free(own);
	return j;
}

static void load_fixture(const char *path, struct buf *b)
{
	char *full = fs_join(shared_dir(), "fixtures"), *file = fs_join(full, path);
	struct err e = ERR_INIT;

	assert_st_e(ST_OK, fs_read_file(file, b, &e), &e);
	free(full);
	free(file);
}

static json_t *fixture(const char *path)
{
	struct buf b = BUF_INIT((size_t)64 << 20);
	json_t *j;

	load_fixture(path, &b);
	j = facts_bytes(path, b.p, b.n);
	buf_release(&b);
	return j;
}

static json_t *manifest(void)
{
	struct buf b = BUF_INIT((size_t)64 << 20);
	struct err e = ERR_INIT;
	json_t *j = NULL;

	load_fixture("manifest.json", &b);
	assert_st_e(ST_OK, json_load(&j, buf_slice(&b), &e), &e);
	buf_release(&b);
	return j;
}

static unsigned wrong(const char *path, const char *variable, const char *what)
{
	print_error("%s: %s: other %s than in the manifest\n", path, variable, what);
	return 1;
}

static const json_t *named(const json_t *list, const char *name)
{
	const json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
		if (strcmp(json_text(v, "name"), name) == 0)
			return v;
	return NULL;
}

static bool near(const json_t *a, const json_t *b)
{
	double x = json_number_value(a), y = json_number_value(b);

	return json_is_number(a) && json_is_number(b) && fabs(x - y) <= 1e-6 * fmax(fabs(x), fabs(y));
}

/* ---- NetCDF ---- */

/* Another reading than the manifest's, and why. */
static const char *const read_otherwise[][2] = {
	{ "sb2", "_Unsigned is \"false\": signed bytes are signed" },
};

static const char *dtype_of(const char *numpy)
{
	static const char *const names[][2] = { { "|S1", "char" }, { "<class 'str'>", "string" }, { "object", "string" }, { ">i4", "int32" }, { ">c16", "complex128" },
	    { ">c8", "complex64" } };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(numpy, names[i][0]) == 0)
			return names[i][1];
	return numpy;
}

static long long dim_length(const json_t *dims, const char *name)
{
	const json_t *d = json_object_get(dims, name);
	const char *s = json_string_value(d);

	return json_is_integer(d) ? json_integer_value(d) : s && strncmp(s, "unlimited:", 10) == 0 ? atoll(s + 10) : -1;
}

static unsigned compare_shape(const char *path, const char *name, const json_t *ours, const json_t *theirs, const json_t *dims)
{
	const json_t *d = json_object_get(ours, "dimensions"), *want = json_object_get(theirs, "dims"), *one;
	size_t i;

	if (json_array_size(want) && !json_equal(d, want))
		return wrong(path, name, "dimensions");
	json_array_foreach(want, i, one)
		if (json_integer_value(json_array_get(json_object_get(ours, "shape"), i)) != dim_length(dims, json_string_value(one)))
			return wrong(path, name, "shape");
	return 0;
}

static unsigned compare_text(const char *path, const char *name, const json_t *ours, const char *our_key, const json_t *theirs, const char *key)
{
	struct slice want = slice_trim(json_slice(json_object_get(theirs, key)));

	return want.n && !slice_eq(json_slice(json_object_get(ours, our_key)), want) ? wrong(path, name, key) : 0;
}

static unsigned compare_values(const char *path, const char *name, const json_t *ours, const json_t *theirs)
{
	size_t i;

	for (i = 0; i < sizeof(read_otherwise) / sizeof(read_otherwise[0]); i++)
		if (strcmp(name, read_otherwise[i][0]) == 0)
			return 0;
	if (json_object_get(theirs, "missing") == NULL)
		return 0;
	if (json_integer_value(json_object_get(ours, "missing")) != json_integer_value(json_object_get(theirs, "missing")) || json_object_get(ours, "count") == NULL)
		return wrong(path, name, "missing");
	if (!json_is_number(json_object_get(theirs, "min")))
		return json_object_get(ours, "min") ? wrong(path, name, "min") : 0;
	return near(json_object_get(ours, "min"), json_object_get(theirs, "min")) && near(json_object_get(ours, "max"), json_object_get(theirs, "max")) ? 0 :
	    wrong(path, name, "min or max");
}

static unsigned compare_variable(const char *path, const char *name, const json_t *ours, const json_t *theirs, const json_t *dims)
{
	const char *type = json_text(theirs, "type");

	if (ours == NULL)
		return wrong(path, name, "variables");
	if (type && strcmp(json_text(ours, "dtype"), dtype_of(type)) != 0)
		return wrong(path, name, json_text(ours, "dtype"));
	return compare_shape(path, name, ours, theirs, dims) + compare_text(path, name, ours, "unit", theirs, "units") +
	    compare_text(path, name, ours, "standardName", theirs, "standard_name") + compare_text(path, name, ours, "label", theirs, "long_name") +
	    compare_values(path, name, ours, theirs);
}

/* "1662-10-31 12:59:59.999987" and "1662-10-31T12:59:59.999987Z" */
static bool same_moment(const char *ours, const char *theirs)
{
	size_t n = strlen(theirs);

	return ours && n >= 19 && strlen(ours) == n + 1 && strncmp(ours, theirs, 10) == 0 && strncmp(ours + 11, theirs + 11, n - 11) == 0;
}

static unsigned compare_global(const char *path, const json_t *ours, const json_t *theirs)
{
	const json_t *range = json_object_get(theirs, "time_range"), *box = json_object_get(theirs, "bounding_box"), *bbox = json_at(ours, "geo.bbox"), *want;
	const char *name;
	unsigned bad = 0;

	if (range && (!same_moment(json_text(json_object_get(ours, "time"), "start"), json_string_value(json_array_get(range, 0))) ||
	    !same_moment(json_text(json_object_get(ours, "time"), "end"), json_string_value(json_array_get(range, 1)))))
		bad += wrong(path, "time", "time range");
	if (box && (!near(json_array_get(bbox, 0), json_object_get(box, "west_180")) || !near(json_array_get(bbox, 1), json_object_get(box, "south")) ||
	    !near(json_array_get(bbox, 2), json_object_get(box, "east_180")) || !near(json_array_get(bbox, 3), json_object_get(box, "north"))))
		bad += wrong(path, "geo", "bounding box");
	json_object_foreach(json_object_get(theirs, "global_attributes"), name, want) {
		const json_t *got = json_object_get(json_object_get(ours, "attributes"), name);

		if (json_is_string(want) && json_is_string(got) && json_string_length(want) < 400 && strncmp(json_string_value(want), "<array", 6) != 0 &&
		    !slice_eq(slice_trim(json_slice(want)), json_slice(got)))
			bad += wrong(path, name, "attribute");
		if (got == NULL && slice_trim(json_slice(want)).n)
			bad += wrong(path, name, "attribute (absent)");
	}
	return bad;
}

static unsigned compare_netcdf(const char *path, const json_t *ours, const json_t *theirs)
{
	const json_t *variables = json_object_get(ours, "variables"), *v;
	const char *name;
	unsigned bad = 0;

	if (strcmp(text(ours, "status"), "ok") != 0)
		return wrong(path, text(ours, "status"), "status");
	if (strcmp(text(ours, "format.name"), "NetCDF") != 0)
		return wrong(path, text(ours, "format.name"), "format");
	if ((long long)json_array_size(variables) != number(theirs, "variable_count"))
		bad += wrong(path, "", "number of variables");
	json_object_foreach(json_object_get(theirs, "variables"), name, v)
		bad += compare_variable(path, name, named(variables, name), v, json_object_get(theirs, "dimensions"));
	return bad + compare_global(path, ours, theirs);
}

static unsigned compare_all(const char *folder, unsigned (*compare)(const char *, const json_t *, const json_t *), unsigned *seen)
{
	json_t *m = manifest(), *f, *ours;
	unsigned bad = 0;
	const char *path;
	size_t i;

	*seen = 0;
	json_array_foreach(json_object_get(m, "files"), i, f) {
		path = json_text(f, "path");
		if (strncmp(path, folder, strlen(folder)) != 0 || json_text(json_object_get(f, "facts"), "kind") == NULL ||
		    json_object_get(json_object_get(f, "facts"), "fact_error"))
			continue;
		ours = fixture(path);
		bad += compare(path, ours, json_object_get(f, "facts"));
		json_decref(ours);
		++*seen;
	}
	json_decref(m);
	return bad;
}

static void netcdf_is_read_as_its_library_does(void **state)
{
	unsigned seen;

	assert_int_equal(0, compare_all("netcdf/", compare_netcdf, &seen));
	assert_true(seen >= 10);
}

/* ---- HDF5, NeXus ---- */

static unsigned compare_dataset(const char *path, const char *name, const json_t *ours, const json_t *theirs)
{
	const char *type = json_text(theirs, "type");
	unsigned bad = 0;

	if (ours == NULL)
		return wrong(path, name, "datasets");
	if (!json_equal(json_object_get(ours, "shape"), json_object_get(theirs, "shape")))
		bad += wrong(path, name, "shape");
	if (strcmp(json_text(ours, "dtype"), dtype_of(type)) != 0 && strcmp(json_text(ours, "dtype"), "vlen") != 0)
		bad += wrong(path, name, json_text(ours, "dtype"));
	return bad + compare_text(path, name, ours, "unit", theirs, "units");
}

static unsigned compare_hdf(const char *path, const json_t *ours, const json_t *theirs)
{
	const json_t *variables = json_object_get(ours, "variables"), *v;
	const char *name;
	unsigned bad = 0;

	if (strcmp(text(ours, "status"), "ok") != 0)
		return wrong(path, text(ours, "status"), "status");
	if ((long long)json_array_size(variables) != number(theirs, "datasets_count"))
		bad += wrong(path, "", "number of datasets");
	json_object_foreach(json_object_get(theirs, "datasets_first_120"), name, v)
		bad += compare_dataset(path, name, named(variables, name + 1), v);
	json_object_foreach(json_object_get(theirs, "root_attributes"), name, v)
		if (json_is_string(v) && !json_equal(json_object_get(json_object_get(ours, "attributes"), name), v))
			bad += wrong(path, name, "attribute");
	return bad;
}

static void hdf5_is_read_as_its_library_does(void **state)
{
	unsigned seen;

	assert_int_equal(0, compare_all("hdf5/", compare_hdf, &seen));
	assert_int_equal(3, seen);
	assert_int_equal(0, compare_all("nexus/", compare_hdf, &seen));
	assert_int_equal(4, seen);
}

static void nexus_tells_of_the_experiment(void **state)
{
	json_t *j = fixture("nexus/201805_WSe2_arpes.nxs");

	assert_string_equal("NeXus", text(j, "format.name"));
	assert_string_equal("HEXTOF @ PG-2, Flash", text(j, "instrument.name"));
	assert_string_equal("WSe2", text(j, "sample.name"));
	assert_string_equal("2018-05-01T07:22:00+02:00", text(j, "time.start"));
	assert_string_equal("Excited-state dynamics of WSe2 in the Valence Band and Core-Levels", text(j, "record.titles[0].value"));
	json_decref(j);
	j = fixture("nexus/xrdml_918-16_10_ref.nxs");
	assert_string_equal("two_theta", text(j, "plot.x.label"));
	assert_string_equal("deg", text(j, "plot.x.unit"));
	assert_true(json_array_size(json_at(j, "plot.series[0].points")) > 300);
	assert_string_equal("NXxrd_pan", text(j, "attributes.definition"));
	json_decref(j);
	/* A virtual dataset is described, and not followed. */
	j = fixture("nexus/SiO2onSi.ellips.nxs");
	assert_non_null(check(j, "virtual-data"));
	assert_string_equal("J. A. Woollam Co.", text(j, "instrument.manufacturer"));
	json_decref(j);
}

/* ---- FITS ---- */

static const char *bitpix_dtype(long long bits)
{
	return bits == 8 ? "uint8" : bits == 16 ? "int16" : bits == 32 ? "int32" : bits == 64 ? "int64" : bits == -32 ? "float32" : "float64";
}

static unsigned compare_image(const char *path, const json_t *ours, const json_t *theirs)
{
	const char *name = json_text(theirs, "name");

	if (ours == NULL)
		return wrong(path, name, "images");
	if (json_array_size(json_object_get(theirs, "shape")) && !json_equal(json_object_get(ours, "shape"), json_object_get(theirs, "shape")))
		return wrong(path, name, "shape");
	if (strcmp(json_text(ours, "dtype"), bitpix_dtype(json_integer_value(json_object_get(theirs, "bitpix")))) != 0)
		return wrong(path, name, "type");
	return compare_text(path, name, ours, "unit", theirs, "BUNIT");
}

static unsigned compare_table(const char *path, const json_t *ours, const json_t *theirs)
{
	const json_t *columns = json_object_get(ours, "columns"), *c, *o;
	const char *name = json_text(theirs, "name");
	unsigned bad = 0;
	size_t i;

	if (ours == NULL || json_integer_value(json_object_get(ours, "rows")) != json_integer_value(json_object_get(theirs, "rows")))
		return wrong(path, name, "rows");
	if (json_array_size(columns) != json_array_size(json_object_get(theirs, "columns")))
		return wrong(path, name, "number of columns");
	json_array_foreach(json_object_get(theirs, "columns"), i, c) {
		o = json_array_get(columns, i);
		if (strcmp(json_text(o, "name"), json_text(c, "name")) != 0 || compare_text(path, name, o, "unit", c, "unit"))
			bad += wrong(path, json_text(c, "name"), "column");
	}
	return bad;
}

static unsigned compare_fits(const char *path, const json_t *ours, const json_t *theirs)
{
	const json_t *hdus = json_object_get(ours, "hdus"), *variables = json_object_get(ours, "variables"), *tables = json_object_get(ours, "tables"), *h;
	size_t i, image = 0, table = 0;
	unsigned bad = 0;

	if (strcmp(text(ours, "status"), "ok") != 0)
		return wrong(path, text(ours, "reason"), "status");
	if ((long long)json_array_size(hdus) != number(theirs, "hdu_count"))
		return wrong(path, "", "number of units");
	json_array_foreach(json_object_get(theirs, "hdus"), i, h) {
		const char *kind = json_text(h, "kind");

		if (strstr(kind, "Table") || strcmp(kind, "GroupsHDU") == 0)
			bad += compare_table(path, json_array_get(tables, table++), h);
		else if (strcmp(kind, "CompImageHDU") == 0 || json_array_size(json_object_get(h, "shape")))
			bad += compare_image(path, json_array_get(variables, image++), h);
	}
	return bad + (image != json_array_size(variables) ? wrong(path, "", "number of images") : 0);
}

static void fits_is_read_as_astropy_does(void **state)
{
	unsigned seen;
	json_t *j;

	assert_int_equal(0, compare_all("fits/", compare_fits, &seen));
	assert_int_equal(12, seen);
	j = fixture("fits/chandra_time.fits");
	assert_string_equal("ACIS", text(j, "instrument.name"));
	assert_string_equal("2016-01-26T17:58:29Z", text(j, "time.start"));
	assert_string_equal("Mrk 1434", text(j, "record.subjects[0].value"));
	json_decref(j);
	j = fixture("fits/test0.fits");
	assert_string_equal("1994-05-19T15:41:16Z", text(j, "time.start"));	/* DATE-OBS 19/05/94 and TIME-OBS */
	json_decref(j);
	j = fixture("fits/m13.fits");
	assert_int_equal(4, json_array_size(json_at(j, "variables[0].attributes.sky")));
	json_decref(j);
}

/* ---- MATLAB: scipy's own expectations of its test files (scipy/io/matlab/tests) ---- */

static void matlab_is_read_as_scipy_does(void **state)
{
	json_t *j = fixture("matlab/teststruct_7.4_GLNX86.mat");

	assert_string_equal("MATLAB", text(j, "format.name"));
	assert_string_equal("teststruct", text(j, "variables[0].name"));
	assert_string_equal("stringfield", text(j, "variables[0].members[0].name"));
	assert_string_equal("Rats live on no evil star.", text(named(json_object_get(j, "variables"), "teststruct.stringfield"), "value"));
	assert_true(fabs(real(named(json_object_get(j, "variables"), "teststruct.doublefield"), "max") - sqrt(3)) < 1e-9 ||
	    real(named(json_object_get(j, "variables"), "teststruct.doublefield"), "max") > 1);
	json_decref(j);
	/* An anonymous function; what it keeps of its workspace has no name and is no variable of anybody. */
	j = fixture("matlab/parabola.mat");
	assert_int_equal(1, json_array_size(json_object_get(j, "variables")));
	assert_string_equal("ok", text(j, "status"));
	json_decref(j);
	j = fixture("matlab/big_endian.mat");
	assert_int_equal(2, json_array_size(json_object_get(j, "variables")));
	json_decref(j);
	j = fixture("matlab/testhdf5_7.4_GLNX86.mat");
	assert_string_equal("7.3", text(j, "format.version"));
	json_decref(j);
	j = fixture("matlab/corrupted_zlib_data.mat");
	assert_string_not_equal("ok", text(j, "status"));
	json_decref(j);
}

/* ---- our own small files (t/fuzz/corpus), where there are no fixtures ---- */

static json_t *corpus(const char *path)
{
	struct buf b = BUF_INIT((size_t)1 << 20);
	const char *src = getenv("AZEKURA_SRC");
	struct err e = ERR_INIT;
	char full[4096];
	json_t *j;

	snprintf(full, sizeof(full), "%s/t/fuzz/corpus/%s", src ? src : ".", path);
	assert_st_e(ST_OK, fs_read_file(full, &b, &e), &e);
	j = facts_bytes(path, b.p, b.n);
	buf_release(&b);
	return j;
}

static void attributes_become_a_proposed_record(void **state)
{
	static const char *const files[] = { "netcdf/v1.nc", "netcdf/v2.nc", "netcdf/v5.nc" };
	json_t *j;
	size_t i;

	for (i = 0; i < 3; i++) {
		j = corpus(files[i]);
		assert_string_equal("ok", text(j, "status"));
		assert_string_equal("Warm water", text(j, "record.titles[0].value"));
		assert_string_equal("attribute title", json_text(json_at(j, "record.places"), "/titles/0"));
		assert_string_equal("Kagaku, Hanako", text(j, "record.creators[1].names[0].value"));
		assert_string_equal("heat", text(j, "record.subjects[1].value"));
		assert_string_equal("10.1234/abc", text(j, "record.relations[0].identifier.value"));
		/* 09:00 in Japan is midnight. */
		assert_string_equal("2026-04-01T00:00:00Z", text(j, "time.start"));
		assert_string_equal("2026-04-01T12:00:00Z", text(j, "time.end"));
		assert_true(real(j, "geo.bbox[0]") == 138 && real(j, "geo.bbox[3]") == 36);
		/* -1 is the fill value; 0.5 and 270 unpack the rest. */
		assert_int_equal(3, number(j, "variables[3].missing"));
		assert_true(real(j, "variables[3].min") == 270 && real(j, "variables[3].max") == 273);
		json_decref(j);
	}
}

static void arrays_of_numpy_are_described(void **state)
{
	json_t *j = corpus("npy/a.npy");

	assert_int_equal(5, number(j, "variables[0].count"));
	assert_int_equal(1, number(j, "variables[0].missing"));
	assert_true(real(j, "variables[0].max") == 5);
	json_decref(j);
	j = corpus("npy/r.npy");
	assert_int_equal(2, number(j, "tables[0].rows"));
	assert_string_equal("datetime", text(j, "tables[0].columns[2].type"));
	assert_int_equal(2, number(j, "tables[0].columns[0].max"));
	json_decref(j);
	j = corpus("npy/o.npy");
	assert_non_null(check(j, "pickle"));
	json_decref(j);
}

static void zarr_is_described_without_its_chunks(void **state)
{
	json_t *j = corpus("zarr/v2.json");

	assert_string_equal("air_temperature", text(j, "variables[0].standardName"));
	assert_string_equal("K", text(j, "variables[0].unit"));
	assert_string_equal("y", text(j, "variables[0].dimensions[0]"));
	assert_string_equal("blosc", text(j, "variables[0].storage.filters[0]"));
	assert_string_equal("Grid", text(j, "record.titles[0].value"));
	json_decref(j);
	j = corpus("zarr/v3.json");
	assert_string_equal("float64", text(j, "variables[0].dtype"));
	assert_int_equal(3, number(j, "variables[0].shape[0]"));
	json_decref(j);
}

static void models_tell_their_parameters(void **state)
{
	json_t *j = corpus("safetensors/a.safetensors");

	assert_int_equal(6, number(j, "model.parameters"));
	assert_int_equal(4, number(j, "model.dtypes.F32"));
	assert_string_equal("PyTorch", text(j, "model.framework"));
	assert_string_equal("apache-2.0", text(j, "model.licence"));
	json_decref(j);
	j = corpus("safetensors/wrong.safetensors");
	assert_string_equal("partial", text(j, "status"));
	json_decref(j);
	j = corpus("gguf/a.gguf");
	assert_string_equal("ok", text(j, "status"));
	assert_string_equal("llama", text(j, "model.architecture"));
	assert_string_equal("Q8_0", text(j, "model.quantization"));
	assert_int_equal(132, number(j, "model.parameters"));
	json_decref(j);
	j = corpus("onnx/a.onnx");
	assert_string_equal("ok", text(j, "status"));
	assert_int_equal(10, number(j, "model.parameters"));
	assert_string_equal("N", text(j, "model.inputs[0].shape[0]"));
	assert_int_equal(17, number(j, "attributes.opset"));
	assert_non_null(check(j, "external-data"));
	json_decref(j);
}

static void grib_tells_fields_times_and_place(void **state)
{
	json_t *j = corpus("grib/two.grb2");

	assert_string_equal("ok", text(j, "status"));
	assert_int_equal(3, number(j, "attributes.messages"));
	assert_string_equal("air_temperature", text(j, "variables[0].standardName"));
	assert_int_equal(2, number(j, "variables[0].shape[0]"));
	assert_string_equal("eastward_wind", text(j, "variables[1].standardName"));
	assert_string_equal("2026-04-01T00:00:00Z", text(j, "time.start"));
	assert_string_equal("2026-04-01T06:00:00Z", text(j, "time.end"));
	assert_true(real(j, "geo.bbox[0]") == 120 && real(j, "geo.bbox[1]") == 20 && real(j, "geo.bbox[3]") == 50);
	json_decref(j);
	j = corpus("grib/one.grb");
	assert_string_equal("K", text(j, "variables[0].unit"));
	assert_string_equal("2026-04-01T18:00:00Z", text(j, "time.end"));
	assert_true(real(j, "geo.bbox[0]") == -10);
	json_decref(j);
}

static void pickles_are_told_and_not_opened(void **state)
{
	static const char *const files[] = { "pickle/a.pkl", "pickle/b.pkl", "pickle/t.pt" };
	json_t *j;
	size_t i;

	for (i = 0; i < 3; i++) {
		j = corpus(files[i]);
		assert_string_equal("partial", text(j, "status"));
		assert_string_equal("warning", json_text(check(j, "pickle"), "level"));
		json_decref(j);
	}
}

static void other_files_are_never_opened(void **state)
{
	json_t *j = corpus("hdf/old.h5");

	assert_non_null(check(j, "external-data"));
	assert_string_equal("A scan", text(j, "record.titles[0].value"));
	assert_true(real(j, "plot.series[0].points[2][1]") == 9);
	/* Compounds in a row are a table. */
	assert_int_equal(6, number(j, "tables[0].rows"));
	assert_int_equal(5, number(j, "tables[0].columns[0].max"));
	assert_true(real(j, "tables[0].columns[1].mean") == 1.25);
	json_decref(j);
}

/* ---- cut and damaged ---- */

static void cut_files_say_so(void **state)
{
	static const char *const files[] = { "netcdf/ref_nctest_classic.nc", "netcdf/CRM032_test1.nc", "fits/m13.fits", "fits/btable.fits", "hdf5/two-subs.h5",
	    "nexus/voltage_and_temperature.nxs" };
	struct buf b = BUF_INIT((size_t)4 << 20);
	json_t *j;
	size_t i, part;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		buf_clear(&b);
		load_fixture(files[i], &b);
		for (part = 1; part < 4; part++) {
			j = facts_bytes(files[i], b.p, b.n * part / 4);
			if (strcmp(text(j, "status"), "ok") == 0 && check(j, "cut-short")) {	/* only filling is missing */
				json_decref(j);
				continue;
			}
			if (strcmp(text(j, "status"), "ok") == 0)
				fail_msg("%s cut at %zu quarters is called whole", files[i], part);
			assert_non_null(json_text(j, "reason"));
			json_decref(j);
		}
	}
	buf_release(&b);
}

/* Sizes whose product overflows, counts that no file could hold: refused in words, nothing is set aside for them. */
static void sizes_that_overflow_are_refused(void **state)
{
	static const uint8_t dims[] = "CDF\x01\0\0\0\0\0\0\0\x0A\x7F\xFF\xFF\xFF\0\0\0\0\0\0\0\0";
	static const uint8_t tensors[] = "GGUF\x03\0\0\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F\0\0\0\0\0\0\0\0";
	static const char model[] = "\x5A\0\0\0\0\0\0\0{\"w\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296,4294967296],\"data_offsets\":[0,4]}}         ";
	char cards[2 * 2880], one[81];
	unsigned i;
	json_t *j;

	memset(cards, ' ', sizeof(cards));
	for (i = 0; i < 60; i++) {
		if (i < 3)
			snprintf(one, sizeof(one), "%s%20s", i == 0 ? "SIMPLE  = " : i == 1 ? "BITPIX  = " : "NAXIS   = ", i == 0 ? "T" : i == 1 ? "8" : "56");
		else if (i < 59)
			snprintf(one, sizeof(one), "NAXIS%-3u=           2147483648", i - 2);
		else
			snprintf(one, sizeof(one), "END");
		memcpy(cards + 80 * i, one, strlen(one));
	}
	j = facts_bytes("a.fits", cards, sizeof(cards));
	assert_string_equal("unreadable", text(j, "status"));
	json_decref(j);
	j = facts_bytes("a.nc", dims, sizeof(dims) - 1);
	assert_string_equal("unreadable", text(j, "status"));
	json_decref(j);
	j = facts_bytes("a.gguf", tensors, sizeof(tensors) - 1);
	assert_string_equal("unreadable", text(j, "status"));
	json_decref(j);
	j = facts_bytes("a.safetensors", model, sizeof(model) - 1);
	assert_string_not_equal("ok", text(j, "status"));
	assert_non_null(json_text(j, "reason"));
	json_decref(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(netcdf_is_read_as_its_library_does),
		cmocka_unit_test(hdf5_is_read_as_its_library_does),
		cmocka_unit_test(nexus_tells_of_the_experiment),
		cmocka_unit_test(fits_is_read_as_astropy_does),
		cmocka_unit_test(matlab_is_read_as_scipy_does),
		cmocka_unit_test(attributes_become_a_proposed_record),
		cmocka_unit_test(arrays_of_numpy_are_described),
		cmocka_unit_test(zarr_is_described_without_its_chunks),
		cmocka_unit_test(models_tell_their_parameters),
		cmocka_unit_test(grib_tells_fields_times_and_place),
		cmocka_unit_test(pickles_are_told_and_not_opened),
		cmocka_unit_test(other_files_are_never_opened),
		cmocka_unit_test(cut_files_say_so),
		cmocka_unit_test(sizes_that_overflow_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
