/*
 * build/bench/arrays make netcdf|hdf5 FILE: a file of 10 GB with 43 variables, sparse but for coordinates and some values from a fixed seed.
 * build/bench/arrays read FILE: what the extractor makes of it, in this process: seconds, MB read as struct source counts them, MB read as the kernel
 * counts them (/proc/self/io), variables, variables with statistics.
 */

#include <fcntl.h>
#include <hdf5.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "indexer/extract/extract.h"
#include "indexer/extract/source.h"

#define TIMES	1000
#define LATS	181
#define LONS	360
#define DATA	40			/* variables of TIMES x LATS x LONS floats: 260 MB each */
#define EACH	((uint64_t)TIMES * LATS * LONS * 4)

static uint32_t seed = 20261128;

static float noise(void)
{
	seed = seed * 1664525u + 1013904223u;
	return 273.0f + (float)(seed >> 16) / 65536.0f * 40.0f;
}

static void fail(const char *what)
{
	fprintf(stderr, "%s failed\n", what);
	exit(1);
}

/* ---- NetCDF, 64-bit data (CDF-5) ---- */

struct out { uint8_t p[1 << 16]; size_t n; };

static void be(struct out *o, uint64_t v, unsigned bytes)
{
	while (bytes--)
		o->p[o->n++] = (uint8_t)(v >> 8 * bytes);
}

static void name(struct out *o, const char *s)
{
	size_t n = strlen(s);

	be(o, n, 8);
	memcpy(o->p + o->n, s, n);
	o->n += n;
	while (o->n % 4)
		o->p[o->n++] = 0;
}

static void attribute(struct out *o, const char *key, const char *value)
{
	name(o, key);
	be(o, 2, 4);
	name(o, value);
}

static void variable(struct out *o, const char *what, unsigned first, unsigned rank, const char *units, unsigned type, uint64_t bytes, uint64_t begin)
{
	unsigned i;

	name(o, what);
	be(o, rank, 8);
	for (i = 0; i < rank; i++)
		be(o, first + i, 8);
	be(o, 12, 4);
	be(o, 1, 8);
	attribute(o, "units", units);
	be(o, type, 4);
	be(o, bytes, 8);
	be(o, begin, 8);
}

static void write_at(int fd, const void *p, size_t n, uint64_t at)
{
	if (pwrite(fd, p, n, (off_t)at) != (ssize_t)n)
		fail("write");
}

static void floats(int fd, uint64_t at, float (*value)(unsigned), unsigned n)
{
	struct out *o = calloc(1, sizeof(*o));
	unsigned i;

	for (i = 0; o && i < n && o->n + 4 <= sizeof(o->p); i++) {
		float v = value(i);
		uint32_t bits;

		memcpy(&bits, &v, 4);
		be(o, bits, 4);
	}
	if (o)
		write_at(fd, o->p, o->n, at);
	free(o);
}

static float lat_of(unsigned i) { return (float)i - 90; }
static float lon_of(unsigned i) { return (float)i - 180; }
static float hour_of(unsigned i) { return (float)i * 6; }
static float any(unsigned i) { (void)i; return noise(); }

static void make_netcdf(const char *path)
{
	struct out *o = calloc(1, sizeof(*o));
	uint64_t at = sizeof(o->p);
	char what[32];
	unsigned i;
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || o == NULL)
		fail("open");
	memcpy(o->p, "CDF\x05", 4);
	o->n = 4;
	be(o, 0, 8);
	be(o, 10, 4);
	be(o, 3, 8);
	name(o, "time"); be(o, TIMES, 8);
	name(o, "lat"); be(o, LATS, 8);
	name(o, "lon"); be(o, LONS, 8);
	be(o, 12, 4);
	be(o, 1, 8);
	attribute(o, "title", "ten gigabytes for a figure");
	be(o, 11, 4);
	be(o, DATA + 3, 8);
	variable(o, "time", 0, 1, "hours since 2026-01-01", 5, 4 * TIMES, at);
	variable(o, "lat", 1, 1, "degrees_north", 5, 4 * LATS, at + 8192);
	variable(o, "lon", 2, 1, "degrees_east", 5, 4 * LONS, at + 16384);
	for (i = 0; i < DATA; i++) {
		snprintf(what, sizeof(what), "field%02u", i);
		variable(o, what, 0, 3, "K", 5, EACH, at + 32768 + i * EACH);
		floats(fd, at + 32768 + i * EACH, any, 16384);
		floats(fd, at + 32768 + (i + 1) * EACH - 65536, any, 16384);
	}
	write_at(fd, o->p, o->n, 0);
	floats(fd, at, hour_of, TIMES);
	floats(fd, at + 8192, lat_of, LATS);
	floats(fd, at + 16384, lon_of, LONS);
	if (ftruncate(fd, (off_t)(at + 32768 + DATA * EACH)) != 0)
		fail("truncate");
	close(fd);
	free(o);
}

/* ---- HDF5: half of the fields in one piece, half in chunks of one time ---- */

static void text(hid_t on, const char *key, const char *value)
{
	hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR), a;

	H5Tset_size(type, strlen(value) + 1);
	a = H5Acreate2(on, key, type, space, H5P_DEFAULT, H5P_DEFAULT);
	H5Awrite(a, type, value);
	H5Aclose(a);
	H5Sclose(space);
	H5Tclose(type);
}

static hid_t scale(hid_t file, const char *what, unsigned n, const char *units, float (*value)(unsigned))
{
	hsize_t dims = n;
	hid_t space = H5Screate_simple(1, &dims, NULL), set = H5Dcreate2(file, what, H5T_IEEE_F32LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	float *p = calloc(n, sizeof(*p));
	unsigned i;

	for (i = 0; i < n; i++)
		p[i] = value(i);
	H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, p);
	text(set, "CLASS", "DIMENSION_SCALE");
	text(set, "NAME", what);
	text(set, "units", units);
	free(p);
	H5Sclose(space);
	H5Dclose(set);
	return 0;
}

static void dimension_list(hid_t file, hid_t set)
{
	static const char *const names[] = { "time", "lat", "lon" };
	hsize_t n = 3;
	hid_t type = H5Tvlen_create(H5T_STD_REF_OBJ), space = H5Screate_simple(1, &n, NULL), a = H5Acreate2(set, "DIMENSION_LIST", type, space, H5P_DEFAULT, H5P_DEFAULT);
	hobj_ref_t refs[3];
	hvl_t list[3];
	unsigned i;

	for (i = 0; i < 3; i++) {
		H5Rcreate(&refs[i], file, names[i], H5R_OBJECT, -1);
		list[i] = (hvl_t){ 1, &refs[i] };
	}
	H5Awrite(a, type, list);
	H5Aclose(a);
	H5Sclose(space);
	H5Tclose(type);
}

static void field(hid_t file, unsigned i)
{
	hsize_t dims[3] = { TIMES, LATS, LONS }, chunk[3] = { 1, LATS, LONS }, from[3] = { 0, 0, 0 };
	hid_t space = H5Screate_simple(3, dims, NULL), mem = H5Screate_simple(3, chunk, NULL), plist = H5Pcreate(H5P_DATASET_CREATE), set;
	float *p = calloc(LATS * LONS, sizeof(*p));
	char what[32];
	unsigned k, t;

	snprintf(what, sizeof(what), "field%02u", i);
	if (i % 2)
		H5Pset_chunk(plist, 3, chunk);
	H5Pset_alloc_time(plist, H5D_ALLOC_TIME_EARLY);
	H5Pset_fill_time(plist, H5D_FILL_TIME_NEVER);
	set = H5Dcreate2(file, what, H5T_IEEE_F32LE, space, H5P_DEFAULT, plist, H5P_DEFAULT);
	text(set, "units", "K");
	text(set, "long_name", "a field of noise");
	dimension_list(file, set);
	for (t = 0; t < TIMES; t += TIMES / 4) {
		for (k = 0; k < LATS * LONS; k++)
			p[k] = noise();
		from[0] = t;
		H5Sselect_hyperslab(space, H5S_SELECT_SET, from, NULL, chunk, NULL);
		H5Dwrite(set, H5T_NATIVE_FLOAT, mem, space, H5P_DEFAULT, p);
	}
	free(p);
	H5Dclose(set);
	H5Sclose(space);
	H5Sclose(mem);
	H5Pclose(plist);
}

static void make_hdf5(const char *path)
{
	hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
	unsigned i;

	if (file < 0)
		fail("H5Fcreate");
	text(file, "title", "ten gigabytes for a figure");
	text(file, "_NCProperties", "version=2,netcdf=4.9.0,hdf5=1.10.8");
	scale(file, "time", TIMES, "hours since 2026-01-01", hour_of);
	scale(file, "lat", LATS, "degrees_north", lat_of);
	scale(file, "lon", LONS, "degrees_east", lon_of);
	for (i = 0; i < DATA; i++)
		field(file, i);
	H5Fclose(file);
}

/* ---- the figure ---- */

static double kernel_mb(void)
{
	FILE *f = fopen("/proc/self/io", "r");
	unsigned long long n = 0;

	if (f == NULL || fscanf(f, "rchar: %llu", &n) != 1)
		n = 0;
	if (f)
		fclose(f);
	return (double)n / 1e6;
}

static int read_one(const char *path)
{
	struct buf out = BUF_INIT((size_t)8 << 20);
	struct source src;
	struct stat sb;
	json_t *j = NULL, *list, *v;
	size_t i, known = 0;
	int fd = open(path, O_RDONLY);
	int64_t from;
	double before, after, s;

	if (fd < 0 || fstat(fd, &sb) != 0)
		fail("open");
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	source_fd(&src, fd, 0, (uint64_t)sb.st_size);
	before = kernel_mb();
	from = clock_mono_us();
	if (extract_source(&src, "a.nc", &out, NULL) != ST_OK)
		fail("extract_source");
	s = (double)(clock_mono_us() - from) / 1e6;
	after = kernel_mb();
	if (json_load(&j, buf_slice(&out), NULL) != ST_OK)
		fail("json_load");
	list = json_object_get(j, "variables");
	json_array_foreach(list, i, v)
		known += json_object_get(v, "mean") != NULL;
	printf("%.3f %.2f %.2f %zu %zu\n", s, (double)src.bytes / 1e6, after - before, json_array_size(list), known);
	json_decref(j);
	buf_release(&out);
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "make") == 0) {
		(strcmp(argv[2], "hdf5") == 0 ? make_hdf5 : make_netcdf)(argv[3]);
		return 0;
	}
	if (argc == 3 && strcmp(argv[1], "read") == 0)
		return read_one(argv[2]);
	fprintf(stderr, "usage: arrays make netcdf|hdf5 FILE | read FILE\n");
	return 2;
}
