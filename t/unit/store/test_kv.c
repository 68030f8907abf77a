#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <fcntl.h>
#include <lmdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "store/kv.h"
#include "store/kv_int.h"
#include "store/kv_key.h"
#include "t/unit/store/scratch.h"

enum { A, B, D };
static const struct kv_spec specs[] = { { "a", false }, { "b", false }, { "d", true } };

static struct kv *open_sized(const char *dir, size_t size, size_t max, unsigned readers)
{
	struct kv_opts o = { size, max, readers };
	struct kv *kv = NULL;
	struct err e = ERR_INIT;

	if (kv_open(&kv, dir, specs, 3, &o, &e) != ST_OK)
		fail_msg("%s", e.text);
	return kv;
}

static struct kv *open_default(const char *dir)
{
	return open_sized(dir, 4 << 20, 64 << 20, 0);
}

static void put1(struct kv *kv, const char *k, const char *v)
{
	struct kv_txn t;

	kv_write(kv, NULL, &t);
	kv_put(&t, A, slice_str(k), slice_str(v));
	assert_int_equal(kv_end(&t, NULL), ST_OK);
}

static bool has(struct kv *kv, const char *k, const char *want)
{
	struct kv_txn t;
	struct slice v = SLICE_NULL;
	bool yes;

	kv_read(kv, &t);
	yes = kv_get(&t, A, slice_str(k), &v) && (want == NULL || slice_eq_str(v, want));
	assert_int_equal(kv_end(&t, NULL), ST_OK);
	return yes;
}

static void what_was_committed_is_there_after_opening_again(void **state)
{
	struct kv *kv = open_default(*state);

	put1(kv, "k", "v");
	kv_close(kv);
	kv = open_default(*state);
	assert_true(has(kv, "k", "v"));
	assert_false(has(kv, "l", NULL));
	kv_close(kv);
}

static void the_first_error_sticks_and_nothing_is_written(void **state)
{
	struct kv *kv = open_default(*state);
	struct kv_txn t;
	struct err e = ERR_INIT;
	struct slice v;

	kv_write(kv, NULL, &t);
	kv_put(&t, A, SLICE("k"), SLICE("v"));
	kv_fail(&t, ST_CONFLICT, "taken by '%s'", "x");
	kv_fail(&t, ST_TOOBIG, "later");
	kv_put(&t, A, SLICE("l"), SLICE("v"));
	assert_false(kv_get(&t, A, SLICE("k"), &v));
	assert_int_equal(kv_end(&t, &e), ST_CONFLICT);
	assert_string_equal(e.text, "taken by 'x'");
	assert_false(has(kv, "k", NULL));
	kv_close(kv);
}

static void a_child_fails_alone(void **state)
{
	struct kv *kv = open_default(*state);
	struct kv_txn batch, t;

	kv_write(kv, NULL, &batch);
	kv_write(kv, &batch, &t);
	kv_put(&t, A, SLICE("good"), SLICE("1"));
	assert_int_equal(kv_end(&t, NULL), ST_OK);
	kv_write(kv, &batch, &t);
	kv_put(&t, A, SLICE("bad"), SLICE("1"));
	kv_fail(&t, ST_TOOBIG, "too big");
	assert_int_equal(kv_end(&t, NULL), ST_TOOBIG);
	assert_int_equal(kv_end(&batch, NULL), ST_OK);
	assert_true(has(kv, "good", "1"));
	assert_false(has(kv, "bad", NULL));
	kv_close(kv);
}

static void a_key_that_is_too_long_is_our_own_fault_and_said(void **state)
{
	struct kv *kv = open_default(*state);
	struct kv_txn t;
	char k[512];

	memset(k, 'k', sizeof(k));
	kv_write(kv, NULL, &t);
	kv_put(&t, A, slice_of(k, 511), SLICE("fits"));
	assert_int_equal(t.st, ST_OK);
	kv_put(&t, A, slice_of(k, 512), SLICE("v"));
	assert_int_equal(kv_end(&t, NULL), ST_INTERNAL);
	kv_close(kv);
}

static void cursors_go_both_ways_and_stop_at_the_ends(void **state)
{
	struct kv *kv = open_default(*state);
	struct kv_txn t;
	struct kv_cur c;

	put1(kv, "b", "2");
	put1(kv, "d", "4");
	kv_read(kv, &t);
	kv_cur_open(&t, A, &c);
	assert_true(kv_seek(&c, SLICE("c")));
	assert_true(slice_eq_str(c.key, "d"));
	assert_false(kv_next(&c));
	assert_true(kv_seek_before(&c, SLICE("d")));
	assert_true(slice_eq_str(c.key, "b"));
	assert_false(kv_prev(&c));
	assert_true(kv_seek_before(&c, SLICE("z")));
	assert_true(slice_eq_str(c.v, "4"));
	assert_false(kv_seek_before(&c, SLICE("a")));
	assert_false(kv_seek(&c, SLICE("e")));
	assert_true(kv_seek_last(&c));
	assert_true(slice_eq_str(c.key, "d"));
	kv_cur_close(&c);
	assert_int_equal(kv_end(&t, NULL), ST_OK);
	kv_close(kv);
}

static void appending_out_of_order_still_stores(void **state)
{
	struct kv *kv = open_default(*state);
	struct kv_txn t;
	struct slice v;

	kv_write(kv, NULL, &t);
	kv_append(&t, A, SLICE("b"), SLICE("1"));
	kv_append(&t, A, SLICE("a"), SLICE("2"));
	kv_append(&t, A, SLICE("b"), SLICE("3"));
	kv_append(&t, A, SLICE("c"), SLICE("4"));
	assert_true(kv_get(&t, A, SLICE("a"), &v) && slice_eq_str(v, "2"));
	assert_true(kv_get(&t, A, SLICE("b"), &v) && slice_eq_str(v, "3"));
	assert_int_equal(kv_entries(&t, A), 3);
	assert_int_equal(kv_end(&t, NULL), ST_OK);
	kv_close(kv);
}

static void put_new_keeps_the_old_value(void **state)
{
	struct kv *kv = open_default(*state);
	struct kv_txn t;
	struct slice v;

	kv_write(kv, NULL, &t);
	assert_true(kv_put_new(&t, A, SLICE("k"), SLICE("1")));
	assert_false(kv_put_new(&t, A, SLICE("k"), SLICE("2")));
	assert_true(kv_get(&t, A, SLICE("k"), &v) && slice_eq_str(v, "1"));
	assert_true(kv_put_new(&t, D, SLICE("k"), SLICE("1")));
	assert_true(kv_put_new(&t, D, SLICE("k"), SLICE("2")));
	assert_false(kv_put_new(&t, D, SLICE("k"), SLICE("2")));
	kv_del_dup(&t, D, SLICE("k"), SLICE("1"));
	assert_true(kv_get(&t, D, SLICE("k"), &v) && slice_eq_str(v, "2"));
	kv_del(&t, D, SLICE("absent"));
	kv_clear(&t, D);
	assert_int_equal(kv_entries(&t, D), 0);
	assert_int_equal(kv_end(&t, NULL), ST_OK);
	kv_close(kv);
}

/* One write of ${n} bytes; the status of the commit. */
static st_t put_big(struct kv *kv, uint32_t no, size_t n)
{
	struct kv_txn t;
	struct key k;
	char *p = calloc(1, n);

	key_init(&k, 'B');
	key_u32(&k, no);
	kv_write(kv, NULL, &t);
	kv_put(&t, A, key_slice(&k), slice_of(p, n));
	free(p);
	return kv_end(&t, NULL);
}

struct reader { struct kv *kv; atomic_bool stop; atomic_uint reads; };

static void *reader_main(void *arg)
{
	struct reader *r = arg;
	struct kv_txn t, inner;
	struct slice v;

	while (!atomic_load(&r->stop)) {
		kv_read(r->kv, &t);
		if (!kv_get(&t, A, SLICE("first"), &v) || !slice_eq_str(v, "here"))
			abort();
		/* A second one inside the first must get on although the map wants to grow. */
		kv_read(r->kv, &inner);
		kv_get(&inner, A, SLICE("first"), &v);
		if (kv_end(&inner, NULL) != ST_OK || kv_end(&t, NULL) != ST_OK)
			abort();
		atomic_fetch_add(&r->reads, 1);
	}
	return NULL;
}

static void the_map_grows_under_readers_and_stops_at_its_limit(void **state)
{
	struct kv *kv = open_sized(*state, 1 << 20, 8 << 20, 0);
	struct reader r = { kv, false, 0 };
	pthread_t th[3];
	struct kv_stats s;
	struct err e = ERR_INIT;
	unsigned i, grown = 0;
	st_t st = ST_OK;

	put1(kv, "first", "here");
	for (i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&th[i], NULL, reader_main, &r), 0);
	for (i = 0; i < 200 && st == ST_OK; i++) {
		st = put_big(kv, i, 100000);
		if (st == ST_FULL) {
			assert_true(kv_map_was_full(kv));
			st = kv_grow(kv, &e);
			grown += st == ST_OK;
		}
	}
	atomic_store(&r.stop, true);
	for (i = 0; i < 3; i++)
		pthread_join(th[i], NULL);
	assert_int_equal(st, ST_FULL);
	assert_int_equal(e.st, ST_FULL);
	assert_int_equal(grown, 3);
	assert_true(atomic_load(&r.reads) > 0);
	kv_stats(kv, &s);
	assert_int_equal(s.map_size, 8 << 20);
	assert_true(s.used <= s.map_size);
	/* A full map still takes what makes it smaller, and then goes on. */
	assert_true(has(kv, "first", "here"));
	kv_close(kv);
}

/* A disk without room, as the process sees it: no file may become longer. */
static void a_commit_that_meets_a_full_disk_leaves_the_old_state_and_the_next_one_works(void **state)
{
	struct kv *kv = open_default(*state);
	struct rlimit old, full = { 64 << 10, RLIM_INFINITY };
	char *file = fs_join(*state, "data.mdb");
	struct err e = ERR_INIT;
	uint64_t size = 0;

	put1(kv, "k", "old");
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(fs_size(file, &size, &e), ST_OK);
	full.rlim_cur = size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
	assert_int_not_equal(put_big(kv, 1, 1 << 20), ST_OK);
	assert_true(has(kv, "k", "old"));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(put_big(kv, 1, 1 << 20), ST_OK);
	put1(kv, "k", "new");
	assert_true(has(kv, "k", "new"));
	kv_close(kv);
	free(file);
}

static void a_reader_sees_one_state_however_much_is_written(void **state)
{
	struct kv *kv = open_default(*state);
	struct kv_txn t;
	struct slice v;

	put1(kv, "k", "1");
	kv_read(kv, &t);
	put1(kv, "k", "2");
	assert_true(kv_get(&t, A, SLICE("k"), &v) && slice_eq_str(v, "1"));
	assert_int_equal(kv_end(&t, NULL), ST_OK);
	assert_true(has(kv, "k", "2"));
	kv_close(kv);
}

static void taken_reader_slots_are_busy_and_free_again_later(void **state)
{
	struct kv *kv = open_sized(*state, 4 << 20, 4 << 20, 3);
	struct kv_txn t[3], more;
	unsigned i;

	for (i = 0; i < 3; i++) {
		kv_read(kv, &t[i]);
		assert_int_equal(t[i].st, ST_OK);
	}
	kv_read(kv, &more);
	assert_int_equal(more.st, ST_BUSY);
	assert_int_equal(kv_end(&more, NULL), ST_BUSY);
	for (i = 0; i < 3; i++)
		kv_end(&t[i], NULL);
	kv_read(kv, &more);
	assert_int_equal(kv_end(&more, NULL), ST_OK);
	kv_close(kv);
}

/* A process of its own that dies with a read transaction open, as a killed reader does. */
static void die_reading(const char *dir)
{
	MDB_env *env;
	MDB_txn *txn;

	if (mdb_env_create(&env) || mdb_env_set_maxdbs(env, 8) || mdb_env_open(env, dir, MDB_NOTLS, 0600) ||
	    mdb_txn_begin(env, NULL, MDB_RDONLY, &txn))
		_exit(1);
	kill(getpid(), SIGKILL);
}

static void slots_of_killed_readers_are_cleared(void **state)
{
	struct kv *kv;
	struct kv_txn t;
	int status;
	pid_t pid;
	unsigned i;

	kv_close(open_sized(*state, 4 << 20, 4 << 20, 2));
	kv = open_sized(*state, 4 << 20, 4 << 20, 2);
	for (i = 0; i < 2; i++) {
		/* fork() before this process touches the environment again; the child opens its own. */
		pid = fork();
		if (pid == 0)
			die_reading(*state);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
	}
	kv_read(kv, &t);
	assert_int_equal(kv_end(&t, NULL), ST_OK);
	kv_close(kv);
}

static void corrupt_layout(const char *dir, size_t at, char c)
{
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	MDB_val k = { 6, (void *)"layout" }, v;
	char copy[64];

	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_set_maxdbs(env, 8), 0);
	assert_int_equal(mdb_env_open(env, dir, MDB_NOTLS, 0600), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_dbi_open(txn, "kv", 0, &dbi), 0);
	assert_int_equal(mdb_get(txn, dbi, &k, &v), 0);
	memcpy(copy, v.mv_data, v.mv_size);
	copy[at] = c;
	v.mv_data = copy;
	assert_int_equal(mdb_put(txn, dbi, &k, &v, 0), 0);
	assert_int_equal(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
}

static void refused_so(const char *dir, st_t st, const char *why)
{
	struct kv *kv = NULL;
	struct kv_opts o = { 4 << 20, 4 << 20, 0 };
	struct err e = ERR_INIT;

	assert_int_equal(kv_open(&kv, dir, specs, 3, &o, &e), st);
	assert_null(kv);
	if (strstr(e.text, why) == NULL)
		fail_msg("'%s' does not say '%s'", e.text, why);
}

static void refused(const char *dir, const char *why)
{
	refused_so(dir, ST_UNSUPPORTED, why);
}

static void a_newer_layout_and_another_machine_are_refused(void **state)
{
	kv_close(open_default(*state));
	corrupt_layout(*state, 11, 2);
	refused(*state, "newer version");
	corrupt_layout(*state, 11, 1);
	corrupt_layout(*state, 12, 1);
	corrupt_layout(*state, 13, 2);
	corrupt_layout(*state, 14, 3);
	corrupt_layout(*state, 15, 4);
	refused(*state, "another type of machine");
	corrupt_layout(*state, 0, 'X');
	refused(*state, "not made by this program");
}

static void changed_header_bytes_are_refused(void **state)
{
	char *file;
	int fd;
	off_t page;

	kv_close(open_default(*state));
	file = fs_join(*state, "data.mdb");
	fd = open(file, O_RDWR);
	assert_true(fd >= 0);
	for (page = 0; page < 2 * sysconf(_SC_PAGESIZE); page += sysconf(_SC_PAGESIZE))
		assert_int_equal(pwrite(fd, "\xbe\xef\xc0\xde", 4, page + 16), 4);
	close(fd);
	free(file);
	refused(*state, "another type of machine");
}

static void a_cut_file_is_refused_and_not_read(void **state)
{
	struct kv *kv = open_default(*state);
	char *path = fs_join(*state, "data.mdb"), key[16];
	struct stat was, now;

	for (int i = 0; i < 200; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		put1(kv, key, "some text that takes a little room in the file, so that there is something to cut off");
	}
	kv_close(kv);
	assert_int_equal(stat(path, &was), 0);
	assert_int_equal(truncate(path, was.st_size / 2), 0);
	refused_so(*state, ST_CORRUPT, "was cut");
	assert_int_equal(stat(path, &now), 0);
	assert_int_equal(now.st_size, was.st_size / 2);
	free(path);
}

/* Pages that one transaction takes and gives back may never be written: the file may end before them. */
static void a_file_that_ends_before_its_free_pages_is_whole(void **state)
{
	struct kv *kv = open_default(*state);
	char *big = calloc(1, 300000), *path = fs_join(*state, "data.mdb");
	struct kv_txn t;
	struct stat s;

	assert_non_null(big);
	put1(kv, "small", "stays");
	kv_write(kv, NULL, &t);
	kv_put(&t, A, SLICE("big"), slice_of(big, 300000));
	assert_int_equal(kv_end(&t, NULL), ST_OK);
	kv_write(kv, NULL, &t);
	kv_del(&t, A, SLICE("big"));
	assert_int_equal(kv_end(&t, NULL), ST_OK);
	/* What comes after goes into the pages that are free now: the file's end becomes free too. */
	for (int i = 0; i < 20; i++)
		put1(kv, "other", "stays too");
	kv_close(kv);
	assert_int_equal(stat(path, &s), 0);
	assert_int_equal(truncate(path, s.st_size - 10 * 4096), 0);
	kv = open_default(*state);
	assert_true(has(kv, "small", "stays"));
	assert_true(has(kv, "other", "stays too"));
	kv_close(kv);
	free(path);
	free(big);
}

static void network_file_systems_are_known_by_their_type(void **state)
{
	assert_true(kv_fs_is_remote(0x6969));
	assert_true(kv_fs_is_remote(0xff534d42));
	assert_true(kv_fs_is_remote(0xffffffffff534d42));	/* sign-extended by some kernels */
	assert_true(kv_fs_is_remote(0x65735546));
	assert_false(kv_fs_is_remote(0xef53));			/* ext4 */
	assert_false(kv_fs_is_remote(0x58465342));		/* XFS */
	assert_false(kv_fs_is_remote(0x9123683e));		/* btrfs */
	assert_false(kv_fs_is_remote(0x01021994));		/* tmpfs */
	assert_false(kv_fs_is_remote(0x794c7630));		/* overlay */
}

struct copier { struct kv *kv; const char *to; st_t st; };

static void *copy_main(void *arg)
{
	struct copier *c = arg;

	c->st = kv_copy(c->kv, c->to, NULL);
	return NULL;
}

static void a_copy_taken_while_writing_is_one_state(void **state)
{
	struct kv *kv = open_sized(*state, 4 << 20, 64 << 20, 0), *back;
	char *to = fs_join(*state, "copy");
	struct copier c = { kv, to, ST_INTERNAL };
	struct kv_txn t;
	struct slice a, b;
	pthread_t th;
	unsigned i;
	char v[16];

	for (i = 0; i < 20; i++)
		assert_int_equal(put_big(kv, i, 100000), ST_OK);
	assert_int_equal(pthread_create(&th, NULL, copy_main, &c), 0);
	for (i = 0; i < 300; i++) {
		snprintf(v, sizeof(v), "%u", i);
		kv_write(kv, NULL, &t);
		kv_put(&t, A, SLICE("x"), slice_str(v));
		kv_put(&t, B, SLICE("x"), slice_str(v));
		assert_int_equal(kv_end(&t, NULL), ST_OK);
	}
	pthread_join(th, NULL);
	assert_int_equal(c.st, ST_OK);
	back = open_sized(to, 4 << 20, 64 << 20, 0);
	kv_read(back, &t);
	assert_true(kv_get(&t, A, SLICE("x"), &a) == kv_get(&t, B, SLICE("x"), &b));
	if (kv_get(&t, A, SLICE("x"), &a) && kv_get(&t, B, SLICE("x"), &b))
		assert_true(slice_eq(a, b));
	kv_end(&t, NULL);
	assert_int_equal(kv_copy(kv, to, NULL), ST_IO);		/* never over another one */
	kv_close(back);
	kv_close(kv);
	free(to);
}

/* Pages of files that this process holds, as the kernel counts them. */
static unsigned long mapped_pages(void)
{
	unsigned long size = 0, resident = 0, shared = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%lu %lu %lu", &size, &resident, &shared), 3);
	fclose(f);
	return shared;
}

static void trimming_gives_pages_back_and_loses_nothing(void **state)
{
	struct kv *kv = open_sized(*state, 64 << 20, 64 << 20, 0);
	unsigned long before;
	struct kv_cur c;
	struct kv_txn t;
	char k[16], v[1000];
	unsigned i, n = 0;

	memset(v, 'v', sizeof(v) - 1);
	v[sizeof(v) - 1] = '\0';
	kv_write(kv, NULL, &t);
	for (i = 0; i < 20000; i++) {
		snprintf(k, sizeof(k), "%08u", i);
		kv_put(&t, A, slice_str(k), slice_str(v));
	}
	assert_int_equal(kv_end(&t, NULL), ST_OK);
	kv_read(kv, &t);
	kv_cur_open(&t, A, &c);
	for (i = 0; i == 0 ? kv_seek(&c, SLICE("0")) : kv_next(&c); i++)
		assert_int_equal(c.v.n, sizeof(v) - 1);
	before = mapped_pages();
	kv_trim(kv);
	assert_true(mapped_pages() + 3000 < before);
	/* A transaction that was open goes on as if nothing had been. */
	for (i = 0; i == 0 ? kv_seek(&c, SLICE("0")) : kv_next(&c); i++)
		n += c.v.n == sizeof(v) - 1 && c.v.p[500] == 'v';
	assert_int_equal(n, 20000);
	kv_cur_close(&c);
	assert_int_equal(kv_end(&t, NULL), ST_OK);
	kv_close(kv);
}

#define T(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(what_was_committed_is_there_after_opening_again),
		T(the_first_error_sticks_and_nothing_is_written),
		T(a_child_fails_alone),
		T(a_key_that_is_too_long_is_our_own_fault_and_said),
		T(cursors_go_both_ways_and_stop_at_the_ends),
		T(appending_out_of_order_still_stores),
		T(put_new_keeps_the_old_value),
		T(the_map_grows_under_readers_and_stops_at_its_limit),
		T(a_commit_that_meets_a_full_disk_leaves_the_old_state_and_the_next_one_works),
		T(a_reader_sees_one_state_however_much_is_written),
		T(taken_reader_slots_are_busy_and_free_again_later),
		T(slots_of_killed_readers_are_cleared),
		T(a_newer_layout_and_another_machine_are_refused),
		T(changed_header_bytes_are_refused),
		T(a_cut_file_is_refused_and_not_read),
		T(a_file_that_ends_before_its_free_pages_is_whole),
		cmocka_unit_test(network_file_systems_are_known_by_their_type),
		T(a_copy_taken_while_writing_is_one_state),
		T(trimming_gives_pages_back_and_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
