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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(netcdf_is_read_as_its_library_does),
		cmocka_unit_test(hdf5_is_read_as_its_library_does),
		cmocka_unit_test(nexus_tells_of_the_experiment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
