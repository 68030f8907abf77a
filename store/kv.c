/*
 * LMDB behind sticky transactions.
 *
 * A kv counts its open top-level transactions. Changing the map's size (or opening the files again after a failed sync) is legal
 * only when that count is zero, which LMDB does not check: quiesce() closes the door for new transactions and waits for the count.
 *
 * MDB_NORDAHEAD is set: pages of one key range are scattered over the file by copy-on-write, so neighbours in the file are not
 * neighbours in meaning, and reading ahead would only push useful pages out. MDB_WRITEMAP is not: a stray pointer could then
 * change the file, and a full disk would be a SIGBUS instead of an error.
 */

#include "store/kv.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "store/kv_int.h"
#include "store/kv_key.h"

#define MAP_DEFAULT	((size_t)1 << 30)
#define MAP_STEP_MAX	((size_t)16 << 30)
#define READERS_DEFAULT	254
#define SPARE_MAX	32			/* ended read transactions kept for their reader slots */
#define DOOR_SLICE_MS	20			/* how long new readers stand before a closed door at a time */
#define DOOR_TRIES	1000			/* 20 ms shut, 10 ms open: half a minute in all */
#define SLOT_WAIT_MS	100

/* First record of the environment, in database "kv": who wrote it, and on what kind of machine. */
#define LAYOUT_MAGIC	"AZEKURA1"
#define LAYOUT_VERSION	1
#define LAYOUT_ORDER	0x01020304u		/* stored in the machine's own order */
#define LAYOUT_LEN	20

struct kv {
	char *dir;
	MDB_env *env;
	MDB_dbi *dbi;
	struct kv_spec *specs;
	size_t n;
	size_t map_size, map_max;
	unsigned readers;

	pthread_mutex_t mu;		/* all below */
	pthread_cond_t moved;		/* open went down, or the door opened */
	unsigned open;			/* top-level transactions, and copies under way */
	bool door_shut;
	unsigned n_spare;
	MDB_txn *spare[SPARE_MAX];
	uint64_t commits;

	bool map_full;			/* writer thread only */
	bool dead;			/* writer thread only: a write failed, LMDB wants to be opened again, and that failed too */
};

#define ROOM_MIN (1u << 20)	/* a disk with less is full: one commit takes more */

static st_t st_of(int rc)
{
	switch (rc) {
	case 0:
		return ST_OK;
	case MDB_MAP_FULL:
	case ENOSPC:
	case EDQUOT:
		return ST_FULL;
	case MDB_READERS_FULL:
		return ST_BUSY;
	case MDB_TXN_FULL:
		return ST_TOOBIG;
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
		return ST_CORRUPT;
	case MDB_INVALID:
	case MDB_VERSION_MISMATCH:
	case MDB_INCOMPATIBLE:
		return ST_UNSUPPORTED;
	case ENOMEM:
		return ST_NOMEM;
	case MDB_BAD_VALSIZE:
	case MDB_BAD_TXN:
	case MDB_BAD_DBI:
	case MDB_BAD_RSLOT:
	case EINVAL:
		return ST_INTERNAL;
	default:
		return ST_IO;
	}
}

/* LMDB calls a write of fewer bytes than it asked for an input/output error; on a full disk that is what happens first. */
static int full_disk(const struct kv *kv, int rc)
{
	struct statfs s;

	if (rc == EIO && statfs(kv->dir, &s) == 0 && (uint64_t)s.f_bavail * (uint64_t)s.f_bsize < ROOM_MIN)
		return ENOSPC;
	return rc;
}

static st_t kv_err(struct err *e, const struct kv *kv, const char *what, int rc)
{
	rc = full_disk(kv, rc);
	return err_set(e, st_of(rc), "cannot %s '%s': %s", what, kv->dir, mdb_strerror(rc));
}

/* The first failure of a transaction sticks. */
static void txn_fail(struct kv_txn *t, const char *what, int rc)
{
	if (t->st != ST_OK)
		return;
	if (rc == MDB_MAP_FULL)
		t->kv->map_full = true;
	t->st = kv_err(&t->err, t->kv, what, rc);
}

void kv_fail(struct kv_txn *t, st_t st, const char *fmt, ...)
{
	va_list ap;
	char text[ERR_TEXT_MAX];

	if (t->st != ST_OK)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	t->st = err_set(&t->err, st, "%s", text);
}

bool kv_fs_is_remote(unsigned long type)
{
	static const unsigned long remote[] = {
		0x6969,			/* NFS */
		0x517b, 0xff534d42, 0xfe534d42,	/* SMB, CIFS, SMB2 */
		0x65735546,		/* FUSE: sshfs, gluster, and others that cannot be told apart */
		0x01021997,		/* 9P */
		0x5346414f, 0x6b414653,	/* AFS */
		0x00c36400,		/* Ceph */
		0x73757245,		/* Coda */
		0x564c,			/* NCP */
		0x0bd00bd0,		/* Lustre */
		0x47504653,		/* GPFS */
		0xaad7aaea,		/* PanFS */
		0x01161970, 0x7461636f,	/* GFS2, OCFS2: shared disks */
		0x19830326,		/* BeeGFS */
	};
	size_t i;

	for (i = 0; i < sizeof(remote) / sizeof(remote[0]); i++)
		if ((type & 0xffffffffu) == remote[i])
			return true;
	return false;
}

static st_t check_fs(const char *dir, struct err *e)
{
	struct statfs sf;

	if (statfs(dir, &sf) != 0)
		return err_sys(e, "cannot look at the file system of '%s'", dir);
	if (kv_fs_is_remote((unsigned long)sf.f_type))
		return err_set(e, ST_UNSUPPORTED, "'%s' is on a network file system (type %#lx), where a memory-mapped database is not safe; "
		    "use a local disk", dir, (unsigned long)sf.f_type & 0xffffffffu);
	return ST_OK;
}

static void layout_make(uint8_t out[LAYOUT_LEN])
{
	uint32_t order = LAYOUT_ORDER;

	memcpy(out, LAYOUT_MAGIC, 8);
	put_u32(out + 8, LAYOUT_VERSION);
	memcpy(out + 12, &order, 4);
	put_u32(out + 16, sizeof(size_t));
}

static st_t layout_check(const struct kv *kv, const MDB_val *v, struct err *e)
{
	uint8_t want[LAYOUT_LEN];
	uint32_t version;

	layout_make(want);
	if (v->mv_size != LAYOUT_LEN || memcmp(v->mv_data, want, 8) != 0)
		return err_set(e, ST_UNSUPPORTED, "'%s' was not made by this program", kv->dir);
	version = get_u32((uint8_t *)v->mv_data + 8);
	if (version > LAYOUT_VERSION)
		return err_set(e, ST_UNSUPPORTED, "'%s' has layout %u, made by a newer version of this program; this one reads up to %u",
		    kv->dir, version, LAYOUT_VERSION);
	if (memcmp((uint8_t *)v->mv_data + 12, want + 12, 8) != 0)
		return err_set(e, ST_UNSUPPORTED, "'%s' was written on another type of machine; rebuild it here from the objects", kv->dir);
	return ST_OK;
}

/* All databases in one transaction, after the layout record was checked or, in an empty environment, written. */
static st_t open_dbs(struct kv *kv, struct err *e)
{
	MDB_txn *txn = NULL;
	MDB_dbi own;
	MDB_val k = { 6, (void *)"layout" }, v;
	uint8_t layout[LAYOUT_LEN];
	st_t st = ST_OK;
	size_t i;
	int rc;

	rc = mdb_txn_begin(kv->env, NULL, 0, &txn);
	if (rc == 0)
		rc = mdb_dbi_open(txn, "kv", MDB_CREATE, &own);
	if (rc == 0) {
		rc = mdb_get(txn, own, &k, &v);
		if (rc == 0) {
			st = layout_check(kv, &v, e);
		} else if (rc == MDB_NOTFOUND) {
			layout_make(layout);
			v = (MDB_val){ LAYOUT_LEN, layout };
			rc = mdb_put(txn, own, &k, &v, 0);
		}
	}
	for (i = 0; rc == 0 && st == ST_OK && i < kv->n; i++)
		rc = mdb_dbi_open(txn, kv->specs[i].name, MDB_CREATE | (kv->specs[i].dup ? MDB_DUPSORT : 0), &kv->dbi[i]);
	if (rc == 0 && st == ST_OK) {
		st = fs_step("commit", e);
		if (st == ST_OK) {
			rc = mdb_txn_commit(txn);
			txn = NULL;
		}
	}
	if (txn != NULL)
		mdb_txn_abort(txn);
	if (st == ST_OK && rc != 0)
		st = kv_err(e, kv, "open databases of", rc);
	return st;
}

/* Are all pages from ${first} to ${last} free? */
static bool all_free(struct kv *kv, uint64_t first, uint64_t last)
{
	MDB_txn *t = NULL;
	MDB_cursor *c = NULL;
	MDB_val k, v;
	uint64_t n = 0;
	bool ok = mdb_txn_begin(kv->env, NULL, MDB_RDONLY, &t) == 0 && mdb_cursor_open(t, 0, &c) == 0;
	int rc = 0;

	while (ok && (rc = mdb_cursor_get(c, &k, &v, MDB_NEXT)) == 0) {
		const size_t *id = v.mv_data;
		size_t i;

		for (i = 1; i <= id[0] && i < v.mv_size / sizeof(*id); i++)
			n += id[i] >= first && id[i] <= last;
	}
	if (c != NULL)
		mdb_cursor_close(c);
	if (t != NULL)
		mdb_txn_abort(t);
	return ok && rc == MDB_NOTFOUND && n == last - first + 1;
}

/*
 * Reading pages behind the end of a file that was cut kills the process (SIGBUS): say so instead. A file may end early by right when its last
 * pages are free ones that were never written; it is made longer to look, and stays so then.
 */
static st_t whole(struct kv *kv, const MDB_envinfo *info, struct err *e)
{
	mdb_filehandle_t fd = -1;
	struct stat s;
	MDB_stat m;
	uint64_t want;

	mdb_env_stat(kv->env, &m);
	if (mdb_env_get_fd(kv->env, &fd) != 0 || fstat(fd, &s) != 0)
		return err_sys(e, "cannot look at '%s'", kv->dir);
	want = ((uint64_t)info->me_last_pgno + 1) * m.ms_psize;
	if ((uint64_t)s.st_size >= want || info->me_last_txnid == 0)
		return ST_OK;
	if (ftruncate(fd, (off_t)want) != 0)
		return err_sys(e, "cannot make '%s' longer", kv->dir);
	if (all_free(kv, (uint64_t)s.st_size / m.ms_psize, info->me_last_pgno))
		return ST_OK;
	(void)!ftruncate(fd, s.st_size);
	return err_set(e, ST_CORRUPT, "the database '%s' was cut: it has %llu bytes and needs %llu; put it back from a backup, or remove it and rebuild",
	    kv->dir, (unsigned long long)s.st_size, (unsigned long long)want);
}

static st_t open_env(struct kv *kv, struct err *e)
{
	st_t st;
	int rc;

	rc = mdb_env_create(&kv->env);
	if (rc != 0) {
		kv->env = NULL;
		return kv_err(e, kv, "prepare", rc);
	}
	rc = mdb_env_set_maxdbs(kv->env, (MDB_dbi)kv->n + 1);
	if (rc == 0)
		rc = mdb_env_set_maxreaders(kv->env, kv->readers);
	if (rc == 0)
		rc = mdb_env_set_mapsize(kv->env, kv->map_size);
	if (rc == 0)
		rc = mdb_env_open(kv->env, kv->dir, MDB_NOTLS | MDB_NORDAHEAD, 0600);
	if (rc == MDB_INVALID)
		st = err_set(e, ST_UNSUPPORTED, "'%s' holds no database that this machine can read: it is damaged, or from another type of machine",
		    kv->dir);
	else if (rc == MDB_VERSION_MISMATCH)
		st = err_set(e, ST_UNSUPPORTED, "'%s' was written by another version of the database library", kv->dir);
	else
		st = rc == 0 ? ST_OK : kv_err(e, kv, "open", rc);
	if (st == ST_OK) {
		MDB_envinfo info;

		mdb_env_info(kv->env, &info);
		kv->map_size = info.me_mapsize;
		st = whole(kv, &info, e);
	}
	if (st == ST_OK) {
		kv_clear_dead_readers(kv);
		st = open_dbs(kv, e);
	}
	if (st != ST_OK) {
		mdb_env_close(kv->env);
		kv->env = NULL;
	}
	return st;
}

st_t kv_open(struct kv **out, const char *dir, const struct kv_spec *specs, size_t n, const struct kv_opts *o, struct err *e)
{
	struct kv *kv = NULL;
	pthread_condattr_t ca;
	long page = sysconf(_SC_PAGESIZE);
	st_t st;

	*out = NULL;
	st = fs_mkdirs(dir, 0700, e);
	if (st == ST_OK)
		st = check_fs(dir, e);
	if (st != ST_OK)
		return st;
	kv = calloc(1, sizeof(*kv));
	if (kv == NULL)
		return err_set(e, ST_NOMEM, "out of memory");
	pthread_mutex_init(&kv->mu, NULL);
	pthread_condattr_init(&ca);
	pthread_condattr_setclock(&ca, CLOCK_MONOTONIC);
	pthread_cond_init(&kv->moved, &ca);
	pthread_condattr_destroy(&ca);
	kv->dir = strdup(dir);
	kv->specs = calloc(n ? n : 1, sizeof(*specs));
	kv->dbi = calloc(n ? n : 1, sizeof(*kv->dbi));
	if (kv->dir == NULL || kv->specs == NULL || kv->dbi == NULL) {
		kv_close(kv);
		return err_set(e, ST_NOMEM, "out of memory");
	}
	if (n > 0)
		memcpy(kv->specs, specs, n * sizeof(*specs));
	kv->n = n;
	kv->map_size = o && o->map_size ? o->map_size : MAP_DEFAULT;
	kv->map_max = o && o->map_max ? o->map_max : (size_t)64 << 30;
	kv->map_size = (kv->map_size + page - 1) / page * page;
	kv->map_max = kv->map_max / page * page;
	if (kv->map_size > kv->map_max)
		kv->map_size = kv->map_max;
	kv->readers = o && o->readers ? o->readers : READERS_DEFAULT;
	st = open_env(kv, e);
	if (st != ST_OK) {
		kv_close(kv);
		return st;
	}
	*out = kv;
	return ST_OK;
}

static void drop_spares(struct kv *kv)
{
	while (kv->n_spare > 0)
		mdb_txn_abort(kv->spare[--kv->n_spare]);
}

void kv_close(struct kv *kv)
{
	if (kv == NULL)
		return;
	assert(kv->open == 0);
	if (kv->env != NULL) {
		drop_spares(kv);
		mdb_env_close(kv->env);
	}
	pthread_mutex_destroy(&kv->mu);
	pthread_cond_destroy(&kv->moved);
	free(kv->dir);
	free(kv->specs);
	free(kv->dbi);
	free(kv);
}

/* ---- the door ---- */

static void deadline_in(struct timespec *ts, unsigned ms)
{
	clock_gettime(CLOCK_MONOTONIC, ts);
	ts->tv_sec += ms / 1000;
	ts->tv_nsec += (long)(ms % 1000) * 1000000;
	if (ts->tv_nsec >= 1000000000) {
		ts->tv_nsec -= 1000000000;
		ts->tv_sec++;
	}
}

static void enter(struct kv *kv)
{
	pthread_mutex_lock(&kv->mu);
	while (kv->door_shut)
		pthread_cond_wait(&kv->moved, &kv->mu);
	kv->open++;
	pthread_mutex_unlock(&kv->mu);
}

static void leave(struct kv *kv)
{
	pthread_mutex_lock(&kv->mu);
	assert(kv->open > 0);
	if (--kv->open == 0)
		pthread_cond_broadcast(&kv->moved);
	pthread_mutex_unlock(&kv->mu);
}

/* On true kv->mu is held, the door is shut and nothing is open: end with reopen_door(). */
static bool quiesce(struct kv *kv)
{
	struct timespec ts;
	unsigned i;

	pthread_mutex_lock(&kv->mu);
	for (i = 0; i < DOOR_TRIES; i++) {
		while (kv->door_shut)
			pthread_cond_wait(&kv->moved, &kv->mu);
		kv->door_shut = true;
		deadline_in(&ts, DOOR_SLICE_MS);
		while (kv->open > 0)
			if (pthread_cond_timedwait(&kv->moved, &kv->mu, &ts) == ETIMEDOUT)
				break;
		if (kv->open == 0)
			return true;
		kv->door_shut = false;
		pthread_cond_broadcast(&kv->moved);
		deadline_in(&ts, DOOR_SLICE_MS / 2);
		while (pthread_cond_timedwait(&kv->moved, &kv->mu, &ts) != ETIMEDOUT)
			;
	}
	pthread_mutex_unlock(&kv->mu);
	return false;
}

static void reopen_door(struct kv *kv)
{
	kv->door_shut = false;
	pthread_cond_broadcast(&kv->moved);
	pthread_mutex_unlock(&kv->mu);
}

static st_t set_map(struct kv *kv, size_t size, struct err *e)
{
	int rc;

	if (!quiesce(kv))
		return err_set(e, ST_BUSY, "cannot grow '%s': a reader does not end", kv->dir);
	/* Spare read transactions hold no snapshot, only reader slots: they may stay. */
	rc = mdb_env_set_mapsize(kv->env, size);
	if (rc == 0) {
		MDB_envinfo info;

		mdb_env_info(kv->env, &info);
		kv->map_size = info.me_mapsize;
	}
	reopen_door(kv);
	return rc == 0 ? ST_OK : kv_err(e, kv, "grow", rc);
}

static size_t map_size(struct kv *kv)
{
	size_t n;

	pthread_mutex_lock(&kv->mu);
	n = kv->map_size;
	pthread_mutex_unlock(&kv->mu);
	return n;
}

st_t kv_grow(struct kv *kv, struct err *e)
{
	size_t size = map_size(kv), step = size < MAP_STEP_MAX ? size : MAP_STEP_MAX;
	st_t st;

	if (size >= kv->map_max)
		return err_set(e, ST_FULL, "'%s' has reached its limit of %zu bytes (store.map-max)", kv->dir, kv->map_max);
	size = kv->map_max - size < step ? kv->map_max : size + step;
	st = set_map(kv, size, e);
	if (st == ST_OK)
		log_info("store", "map grown dir=%s bytes=%zu", kv->dir, map_size(kv));
	return st;
}

bool kv_map_was_full(const struct kv *kv)
{
	return kv->map_full;
}

void kv_clear_dead_readers(struct kv *kv)
{
	int dead = 0;

	mdb_reader_check(kv->env, &dead);
	if (dead > 0)
		log_warn("store", "dead readers cleared dir=%s count=%d", kv->dir, dead);
}

/* After a failed write of its first pages LMDB refuses all further writes. Opening again goes back to the last state that was synced. */
static st_t open_again(struct kv *kv, struct err *e)
{
	st_t st;

	if (!quiesce(kv))
		return err_set(e, ST_BUSY, "cannot open '%s' again: a reader does not end", kv->dir);
	if (kv->env != NULL) {
		drop_spares(kv);
		mdb_env_close(kv->env);
		kv->env = NULL;
	}
	st = open_env(kv, e);
	kv->dead = st != ST_OK;
	reopen_door(kv);
	log_warn("store", "opened again after a failed write dir=%s result=%s", kv->dir, st_name(st));
	return st;
}

/* ---- transactions ---- */

static MDB_txn *take_spare(struct kv *kv)
{
	MDB_txn *txn = NULL;

	pthread_mutex_lock(&kv->mu);
	if (kv->n_spare > 0)
		txn = kv->spare[--kv->n_spare];
	pthread_mutex_unlock(&kv->mu);
	return txn;
}

static int begin_read(struct kv *kv, MDB_txn **out)
{
	MDB_txn *txn = take_spare(kv);
	int rc;

	if (txn != NULL) {
		rc = mdb_txn_renew(txn);
		if (rc == 0) {
			*out = txn;
			return 0;
		}
		mdb_txn_abort(txn);
	}
	return mdb_txn_begin(kv->env, NULL, MDB_RDONLY, out);
}

/* All slots taken: clear those of dead processes, else wait a moment for one of ours to end. */
static int begin_read_crowded(struct kv *kv, MDB_txn **out)
{
	int64_t until = clock_mono_us() + SLOT_WAIT_MS * 1000;
	struct timespec pause = { 0, 1000000 };
	int rc;

	kv_clear_dead_readers(kv);
	for (;;) {
		rc = begin_read(kv, out);
		if (rc != MDB_READERS_FULL || clock_mono_us() > until)
			return rc;
		nanosleep(&pause, NULL);
	}
}

void kv_read(struct kv *kv, struct kv_txn *t)
{
	MDB_txn *txn = NULL;
	int rc, tries;

	memset(t, 0, sizeof(*t));
	t->kv = kv;
	for (tries = 0;; tries++) {
		enter(kv);
		if (kv->env == NULL) {
			leave(kv);
			t->st = err_set(&t->err, ST_IO, "'%s' is closed after a failed write", kv->dir);
			return;
		}
		rc = begin_read(kv, &txn);
		if (rc == MDB_READERS_FULL)
			rc = begin_read_crowded(kv, &txn);
		if (rc == 0) {
			t->txn = txn;
			return;
		}
		leave(kv);
		/* A write failed just now and the writer is about to open the files again. */
		if (rc == MDB_PANIC && tries < 200) {
			nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
			continue;
		}
		/* Another process made the map larger: take over its size, once. */
		if (rc != MDB_MAP_RESIZED || tries > 0 || set_map(kv, 0, &t->err) != ST_OK)
			break;
	}
	txn_fail(t, "read", rc);
}

void kv_write(struct kv *kv, struct kv_txn *parent, struct kv_txn *t)
{
	MDB_txn *txn = NULL;
	int rc;

	memset(t, 0, sizeof(*t));
	t->kv = kv;
	t->write = true;
	t->parent = parent;
	if (parent != NULL) {
		if (parent->st != ST_OK) {
			t->st = parent->st;
			t->err = parent->err;
			return;
		}
		rc = mdb_txn_begin(kv->env, parent->txn, 0, &txn);
		if (rc != 0)
			txn_fail(t, "write", rc);
		else
			t->txn = txn;
		return;
	}
	kv->map_full = false;
	if (kv->dead) {
		t->st = open_again(kv, &t->err);
		if (t->st != ST_OK)
			return;
	}
	enter(kv);
	rc = mdb_txn_begin(kv->env, NULL, 0, &txn);
	if (rc == MDB_MAP_RESIZED) {
		leave(kv);
		t->st = set_map(kv, 0, &t->err);
		if (t->st != ST_OK)
			return;
		enter(kv);
		rc = mdb_txn_begin(kv->env, NULL, 0, &txn);
	}
	if (rc != 0) {
		leave(kv);
		txn_fail(t, "write", rc);
		return;
	}
	t->txn = txn;
}

static void end_read(struct kv_txn *t)
{
	struct kv *kv = t->kv;
	MDB_txn *txn = t->txn;

	mdb_txn_reset(txn);
	pthread_mutex_lock(&kv->mu);
	if (kv->n_spare < SPARE_MAX) {
		kv->spare[kv->n_spare++] = txn;
		txn = NULL;
	}
	pthread_mutex_unlock(&kv->mu);
	if (txn != NULL)
		mdb_txn_abort(txn);
	leave(kv);
}

/* Some failed commits leave LMDB refusing everything, reads too. Ask it, and open again at once if so. */
static void check_alive(struct kv *kv)
{
	MDB_txn *txn = NULL;
	struct err e = ERR_INIT;
	int rc;

	enter(kv);
	rc = mdb_txn_begin(kv->env, NULL, 0, &txn);
	if (rc == 0)
		mdb_txn_abort(txn);
	leave(kv);
	if (rc == MDB_PANIC && open_again(kv, &e) != ST_OK)
		log_error("store", "cannot open again reason=\"%s\"", e.text);
}

static void end_write(struct kv_txn *t)
{
	struct kv *kv = t->kv;
	bool failed = false;
	int rc;

	if (t->st == ST_OK && t->parent == NULL)
		t->st = fs_step("commit", &t->err);
	if (t->st != ST_OK) {
		mdb_txn_abort(t->txn);
	} else {
		rc = mdb_txn_commit(t->txn);
		if (rc != 0) {
			txn_fail(t, "commit to", rc);
			failed = true;
		} else if (t->parent == NULL) {
			pthread_mutex_lock(&kv->mu);
			kv->commits++;
			pthread_mutex_unlock(&kv->mu);
		}
	}
	if (t->parent != NULL)
		return;
	leave(kv);
	if (failed)
		check_alive(kv);
}

st_t kv_end(struct kv_txn *t, struct err *e)
{
	assert(t->cursors == 0);
	if (t->txn != NULL) {
		if (t->write)
			end_write(t);
		else
			end_read(t);
		t->txn = NULL;
	}
	if (t->st != ST_OK && e != NULL)
		*e = t->err;
	return t->st;
}

/* ---- keys and values ---- */

static MDB_val val(struct slice s)
{
	return (MDB_val){ s.n, (void *)s.p };
}

static bool usable(struct kv_txn *t, kv_db db, struct slice key)
{
	if (t->st != ST_OK)
		return false;
	assert(db < t->kv->n);
	if (key.n == 0 || key.n > KV_KEY_MAX) {
		kv_fail(t, ST_INTERNAL, "key of %zu bytes", key.n);
		return false;
	}
	return true;
}

bool kv_get(struct kv_txn *t, kv_db db, struct slice key, struct slice *v)
{
	MDB_val k = val(key), d;
	int rc;

	if (!usable(t, db, key))
		return false;
	rc = mdb_get(t->txn, t->kv->dbi[db], &k, &d);
	if (rc == 0) {
		if (v != NULL)
			*v = slice_of(d.mv_data, d.mv_size);
		return true;
	}
	if (rc != MDB_NOTFOUND)
		txn_fail(t, "read from", rc);
	return false;
}

static int put(struct kv_txn *t, kv_db db, struct slice key, struct slice v, unsigned flags)
{
	MDB_val k = val(key), d = val(v);
	int rc;

	if (!usable(t, db, key))
		return -1;
	assert(t->write);
	rc = mdb_put(t->txn, t->kv->dbi[db], &k, &d, flags);
	if (rc != 0 && rc != MDB_KEYEXIST)
		txn_fail(t, "write to", rc);
	return rc;
}

void kv_put(struct kv_txn *t, kv_db db, struct slice key, struct slice v)
{
	put(t, db, key, v, 0);
}

void kv_append(struct kv_txn *t, kv_db db, struct slice key, struct slice v)
{
	if (put(t, db, key, v, MDB_APPEND) == MDB_KEYEXIST)
		put(t, db, key, v, 0);
}

bool kv_put_new(struct kv_txn *t, kv_db db, struct slice key, struct slice v)
{
	return put(t, db, key, v, t->st == ST_OK && t->kv->specs[db].dup ? MDB_NODUPDATA : MDB_NOOVERWRITE) == 0;
}

static void del(struct kv_txn *t, kv_db db, struct slice key, MDB_val *d)
{
	MDB_val k = val(key);
	int rc;

	if (!usable(t, db, key))
		return;
	assert(t->write);
	rc = mdb_del(t->txn, t->kv->dbi[db], &k, d);
	if (rc != 0 && rc != MDB_NOTFOUND)
		txn_fail(t, "delete from", rc);
}

void kv_del(struct kv_txn *t, kv_db db, struct slice key)
{
	del(t, db, key, NULL);
}

void kv_del_dup(struct kv_txn *t, kv_db db, struct slice key, struct slice v)
{
	MDB_val d = val(v);

	del(t, db, key, &d);
}

uint64_t kv_entries(struct kv_txn *t, kv_db db)
{
	MDB_stat ms;
	int rc;

	if (t->st != ST_OK)
		return 0;
	rc = mdb_stat(t->txn, t->kv->dbi[db], &ms);
	if (rc != 0) {
		txn_fail(t, "count in", rc);
		return 0;
	}
	return ms.ms_entries;
}

void kv_clear(struct kv_txn *t, kv_db db)
{
	int rc;

	if (t->st != ST_OK)
		return;
	rc = mdb_drop(t->txn, t->kv->dbi[db], 0);
	if (rc != 0)
		txn_fail(t, "clear", rc);
}

/* ---- cursors ---- */

void kv_cur_open(struct kv_txn *t, kv_db db, struct kv_cur *c)
{
	MDB_cursor *cur = NULL;
	int rc;

	memset(c, 0, sizeof(*c));
	c->t = t;
	if (t->st != ST_OK)
		return;
	assert(db < t->kv->n);
	rc = mdb_cursor_open(t->txn, t->kv->dbi[db], &cur);
	if (rc != 0) {
		txn_fail(t, "read from", rc);
		return;
	}
	c->cur = cur;
	t->cursors++;
}

void kv_cur_close(struct kv_cur *c)
{
	if (c->cur == NULL)
		return;
	mdb_cursor_close(c->cur);
	c->cur = NULL;
	c->t->cursors--;
}

static bool move(struct kv_cur *c, MDB_cursor_op op, struct slice key)
{
	MDB_val k = val(key), d;
	int rc;

	if (c->cur == NULL || c->t->st != ST_OK)
		return false;
	rc = mdb_cursor_get(c->cur, &k, &d, op);
	if (rc == 0) {
		c->key = slice_of(k.mv_data, k.mv_size);
		c->v = slice_of(d.mv_data, d.mv_size);
		return true;
	}
	if (rc != MDB_NOTFOUND)
		txn_fail(c->t, "read from", rc);
	return false;
}

bool kv_seek(struct kv_cur *c, struct slice at_least)
{
	if (at_least.n == 0)
		return move(c, MDB_FIRST, SLICE_NULL);
	return move(c, MDB_SET_RANGE, at_least);
}

bool kv_seek_last(struct kv_cur *c)
{
	return move(c, MDB_LAST, SLICE_NULL);
}

bool kv_seek_before(struct kv_cur *c, struct slice less_than)
{
	if (kv_seek(c, less_than))
		return move(c, MDB_PREV, SLICE_NULL);
	return kv_seek_last(c);
}

bool kv_next(struct kv_cur *c)
{
	return move(c, MDB_NEXT, SLICE_NULL);
}

bool kv_prev(struct kv_cur *c)
{
	return move(c, MDB_PREV, SLICE_NULL);
}

/* ---- copy and counts ---- */

/* Room for what is written while the copy holds the map still, so that no write has to wait for its end. */
static void make_room(struct kv *kv)
{
	struct kv_stats s;
	struct err e = ERR_INIT;
	size_t want;

	kv_stats(kv, &s);
	want = s.used + s.used / 4 + ((size_t)64 << 20);
	if (want > kv->map_max)
		want = kv->map_max;
	while (map_size(kv) < want && kv_grow(kv, &e) == ST_OK)
		;
}

st_t kv_copy(struct kv *kv, const char *to_dir, struct err *e)
{
	char *file = NULL;
	int fd = -1, rc;
	st_t st;

	st = fs_mkdirs(to_dir, 0700, e);
	if (st != ST_OK)
		return st;
	file = fs_join(to_dir, "data.mdb");
	if (file == NULL)
		return err_set(e, ST_NOMEM, "out of memory");
	make_room(kv);
	fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		st = err_sys(e, "cannot create '%s'", file);
		goto out;
	}
	enter(kv);
	rc = kv->env != NULL ? mdb_env_copyfd2(kv->env, fd, 0) : EIO;
	leave(kv);
	if (rc != 0)
		st = kv_err(e, kv, "copy", rc);
	if (st == ST_OK)
		st = fs_sync_fd(fd, file, e);
	if (st == ST_OK)
		st = fs_sync_dir(to_dir, e);
out:
	if (fd >= 0)
		close(fd);
	free(file);
	return st;
}

/* Where the map lies is told by the kernel alone: LMDB keeps its address to itself. "7f..-7f.. r--s 00000000 fe:00 1234 /path" */
static bool is_map_of(const char *line, const struct stat *sb, unsigned long *from, unsigned long *to)
{
	unsigned long ino;
	unsigned major, minor;

	return sscanf(line, "%lx-%lx %*s %*x %x:%x %lu", from, to, &major, &minor, &ino) == 5 && ino == sb->st_ino &&
	    makedev(major, minor) == sb->st_dev;
}

void kv_trim(struct kv *kv)
{
	char *path = fs_join(kv->dir, "data.mdb"), line[512];
	FILE *maps = path == NULL ? NULL : fopen("/proc/self/maps", "re");
	unsigned long from, to;
	struct kv_txn t;
	struct stat sb;

	/* While a transaction is open the map cannot move: what is let go is ours. */
	kv_read(kv, &t);
	if (t.st == ST_OK && maps != NULL && stat(path, &sb) == 0)
		while (fgets(line, sizeof(line), maps) != NULL)
			if (is_map_of(line, &sb, &from, &to))
				madvise((void *)from, to - from, MADV_DONTNEED);
	(void)!kv_end(&t, NULL);
	if (maps != NULL)
		fclose(maps);
	free(path);
}

void kv_stats(struct kv *kv, struct kv_stats *out)
{
	MDB_envinfo info;
	MDB_stat ms;
	struct kv_txn t;
	size_t i;

	memset(out, 0, sizeof(*out));
	kv_read(kv, &t);
	if (t.st == ST_OK) {
		mdb_env_info(kv->env, &info);
		mdb_env_stat(kv->env, &ms);
		out->map_size = info.me_mapsize;
		out->used = ((uint64_t)info.me_last_pgno + 1) * ms.ms_psize;
		out->readers = info.me_numreaders;
		for (i = 0; i < kv->n; i++)
			out->entries += kv_entries(&t, (kv_db)i);
	}
	kv_end(&t, NULL);
	pthread_mutex_lock(&kv->mu);
	out->commits = kv->commits;
	pthread_mutex_unlock(&kv->mu);
}
