#ifndef INDEXER_EXTRACT_HDF_INT_H
#define INDEXER_EXTRACT_HDF_INT_H

/* HDF5 through libhdf5: shared by ex_hdf.c (objects), hdf_value.c (types, attributes, values), hdf_vfd.c (bytes) and nexus.c. */

#include <hdf5.h>

#include "base/vec.h"
#include "indexer/extract/array_int.h"

#define HDF_OBJECTS	FACT_COLUMNS	/* groups and datasets looked at */
#define HDF_DEPTH	64
#define HDF_RANK	H5S_MAX_RANK

struct hdf_set {			/* a dataset */
	json_t *v;			/* borrowed from the facts */
	haddr_t addr;
	enum dtype t;
	unsigned rank;
	bool scale, bare;		/* dimension scale; one without values of its own */
	int64_t dimid;			/* netCDF's number of the dimension, or -1 */
	haddr_t *dims;			/* addresses of its scales, rank of them; owned, may be NULL */
	json_t *dimids;			/* of a netCDF coordinate of several dimensions; owned, may be NULL */
};

struct hdf {
	struct fact *f;
	struct source *src;
	hid_t file;
	VEC(struct hdf_set) sets;
	json_t *groups;			/* path to attributes, "" the root */
	json_t *bypath;			/* path to number in sets */
	json_t *alias;			/* path to the path under which the object was seen first; soft links: to their target */
	json_t *seen;			/* address, of objects with several names, to path */
	uint64_t objects, unpacked;
	bool netcdf, nomem, too_many, external, virtual;
};

/* The file as libhdf5 sees it: no name, no other file. ${wide}: its lengths have eight bytes. *out is a file access list, to be closed. */
st_t hdf_access(struct source *src, bool wide, hid_t *out);

bool hdf_dtype(hid_t type, enum dtype *t);
/* What a dtype does not say: names of members, of enumerated values. */
void hdf_type_put(struct hdf *x, json_t *v, hid_t type);
/* All attributes of an object but those of libraries; owned, NULL when out of memory. */
json_t *hdf_attributes(struct hdf *x, hid_t object, size_t text_max);
/* An attribute of ${object} as JSON; NULL when absent or of a kind that has no JSON. Owned. */
json_t *hdf_attribute(struct hdf *x, hid_t object, const char *name, size_t text_max);
/* DIMENSION_LIST: addresses of the first scale of each of ${rank} dimensions; owned or NULL. */
haddr_t *hdf_scales(hid_t object, unsigned rank);
/* The value of a dataset of one text; NULL when there is none. Owned. */
json_t *hdf_text_value(struct hdf *x, hid_t dataset, hid_t type);
/* The type in memory for a dtype. */
hid_t hdf_native(enum dtype t);
#define HDF_BIG		(__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)

/* A dataset by path, links and other names followed; NULL when there is none. */
struct hdf_set *hdf_find(struct hdf *x, const char *path);
/* All values of a dataset of at most ${most} numbers, row by row; owned, NULL when it cannot be had. */
double *hdf_doubles(struct hdf *x, const struct hdf_set *s, uint64_t most, uint64_t *n);

/* Does a value hold the address of another (text or list of any length, reference)? */
bool hdf_has_pointers(hid_t type, unsigned depth);
/* hdf_table.c: a dataset of compounds in one dimension as a table, with values when it is short. */
void hdf_table(struct hdf *x, const struct hdf_set *s);
/* nexus.c: entry, instrument, sample, users, the plot that the file is for. */
void nexus_describe(struct hdf *x);

#endif
