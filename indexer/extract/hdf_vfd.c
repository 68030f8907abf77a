/*
 * A file driver for libhdf5 over struct source. It opens the one file that was asked for and refuses every other: external links,
 * virtual datasets and whatever else names a file end here, should a caller overlook one.
 */

#include "indexer/extract/hdf_int.h"

struct vfd {
	H5FD_t pub;			/* must be first */
	struct source *src;
	haddr_t eoa;
	bool wide;			/* lengths in the file have eight bytes */
};

struct vfd_info { struct source *src; bool *taken; bool wide; };

#define HEAP_MOST	((uint64_t)16 << 20)

static H5FD_t *vfd_open(const char *name, unsigned flags, hid_t fapl, haddr_t maxaddr)
{
	const struct vfd_info *info = H5Pget_driver_info(fapl);
	struct vfd *v;

	if (info == NULL || *info->taken || (flags & H5F_ACC_RDWR) || (v = calloc(1, sizeof(*v))) == NULL)
		return NULL;
	*info->taken = true;
	v->src = info->src;
	v->wide = info->wide;
	return &v->pub;
}

static herr_t vfd_close(H5FD_t *f)
{
	free(f);
	return 0;
}

static int vfd_cmp(const H5FD_t *a, const H5FD_t *b)
{
	return a < b ? -1 : a > b;
}

static herr_t vfd_query(const H5FD_t *f, unsigned long *flags)
{
	*flags = H5FD_FEAT_DATA_SIEVE;
	return 0;
}

static haddr_t vfd_eoa(const H5FD_t *f, H5FD_mem_t type)
{
	return ((const struct vfd *)f)->eoa;
}

static herr_t vfd_set_eoa(H5FD_t *f, H5FD_mem_t type, haddr_t addr)
{
	((struct vfd *)f)->eoa = addr;
	return 0;
}

/* A file that was cut short is as long as it says: what is still there can be read, the rest fails when it is asked for. */
static haddr_t vfd_eof(const H5FD_t *f, H5FD_mem_t type)
{
	const struct vfd *v = (const struct vfd *)f;

	return v->eoa > v->src->size && v->eoa <= (haddr_t)INT64_MAX ? v->eoa : v->src->size;
}

static uint64_t le(const uint8_t *p, unsigned n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | p[n];
	return v;
}

/*
 * A global heap (HDF5 File Format Specification, III.E) whose objects follow each other inside it. libhdf5 1.10 walks it by the sizes that stand there, and an
 * object of no size keeps it for ever. ${p}: what was read at ${addr}; more is read here when the heap is longer.
 */
static bool heap_holds(struct vfd *v, haddr_t addr, const uint8_t *p, size_t size)
{
	uint64_t total = le(p + 8, 8), at, need, n;
	uint8_t *own = NULL;
	bool ok = true;

	if (total > HEAP_MOST || total > v->src->size - addr)
		return false;
	if (total > size) {
		if ((own = malloc((size_t)total)) == NULL || source_need(v->src, addr, own, (size_t)total, NULL) != ST_OK) {
			free(own);
			return false;
		}
		p = own;
	}
	for (at = 16; ok && at + 16 <= total; at += need) {
		n = le(p + at + 8, 8);
		need = le(p + at, 2) ? 16 + (n < total ? (n + 7) / 8 * 8 : total) : n;
		ok = need > 0 && need <= total - at;
	}
	free(own);
	return ok;
}

static herr_t vfd_read(H5FD_t *f, H5FD_mem_t type, hid_t dxpl, haddr_t addr, size_t size, void *p)
{
	struct vfd *v = (struct vfd *)f;
	size_t got;

	if (addr > v->src->size || source_read(v->src, addr, p, size, &got, NULL) != ST_OK)
		return -1;
	if (got < size && type == H5FD_MEM_DRAW)
		return -1;
	memset((char *)p + got, 0, size - got);
	return v->wide && size >= 16 && addr < v->src->size && memcmp(p, "GCOL\x01\0\0\0", 8) == 0 && !heap_holds(v, addr, p, got) ? -1 : 0;
}

static herr_t vfd_write(H5FD_t *f, H5FD_mem_t type, hid_t dxpl, haddr_t addr, size_t size, const void *p)
{
	return -1;
}

static const H5FD_class_t vfd_class = {
	.name = "azekura",
	.maxaddr = INT64_MAX,
	.fc_degree = H5F_CLOSE_STRONG,
	.fapl_size = sizeof(struct vfd_info),
	.open = vfd_open,
	.close = vfd_close,
	.cmp = vfd_cmp,
	.query = vfd_query,
	.get_eoa = vfd_eoa,
	.set_eoa = vfd_set_eoa,
	.get_eof = vfd_eof,
	.read = vfd_read,
	.write = vfd_write,
	.fl_map = H5FD_FLMAP_DICHOTOMY,
};

st_t hdf_access(struct source *src, bool wide, hid_t *out)
{
	static hid_t driver = -1;	/* one a process, as libhdf5 wants it */
	static bool taken;
	struct vfd_info info = { src, &taken, wide };

	H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
	H5PLset_loading_state(0);	/* no filter from a shared object */
	if (driver < 0)
		driver = H5FDregister(&vfd_class);
	taken = false;
	*out = driver < 0 ? -1 : H5Pcreate(H5P_FILE_ACCESS);
	if (*out < 0)
		return ST_NOMEM;
	if (H5Pset_driver(*out, driver, &info) < 0 || H5Pset_cache(*out, 0, 521, 0, 0) < 0) {
		H5Pclose(*out);
		return ST_NOMEM;
	}
	return ST_OK;
}
