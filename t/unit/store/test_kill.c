/*
 * A deposit in a child process that kills itself before its n-th durable step, for every n until it passes; after each kill the
 * repository is opened again (the recovery being killed at its own steps now and then) and must hold the old or the new state.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "store/batch.h"
#include "t/unit/store/depot.h"
#include "t/unit/store/scratch.h"

static const char *self;

/* ---- the child ---- */

struct sender { struct repo *r; const char *id; int from, step, files, failed; };

static void *send_files(void *arg)
{
	struct sender *s = arg;
	struct err e = ERR_INIT;
	char path[64], text[64];
	int i;

	for (i = s->from; i < s->files; i += s->step) {
		snprintf(path, sizeof(path), "d%d/file-%d.csv", i % 7, i);
		snprintf(text, sizeof(text), "n,%d\n", i);
		if (depot_file(s->r, s->id, path, text, strlen(text), &e) != ST_OK)
			s->failed = 1;
	}
	return NULL;
}

#define SENDERS 32

/* Few files one by one, so that step n is the same step every time; many by several threads, as a client sends them. */
static int child_deposit(const char *dir, int files)
{
	struct repo *r = depot_open(dir, false);
	struct err e = ERR_INIT;
	struct sender s[SENDERS];
	pthread_t th[SENDERS];
	char id[PID_LEN + 1];
	int i, n = files > 10 ? SENDERS : 1;

	if (r == NULL || depot_draft(r, "Killed", id, &e) != ST_OK)
		return 3;
	for (i = 0; i < n; i++) {
		s[i] = (struct sender){ r, id, i, n, files, 0 };
		pthread_create(&th[i], NULL, send_files, &s[i]);
	}
	for (i = 0; i < n; i++) {
		pthread_join(th[i], NULL);
		if (s[i].failed)
			return 4;
	}
	if (deposit_publish(r, &depot_actor, id, NULL, NULL, NULL, &e) != ST_OK) {
		fprintf(stderr, "# publish: %s\n", e.text);
		return 5;
	}
	repo_close(r);
	return 0;
}

static void none_refused(void *ctx, struct slice path, st_t st, const char *why)
{
	(void)st;
	*(int *)ctx += 1;
	fprintf(stderr, "# refused '%.*s': %s\n", (int)path.n, path.p, why);
}

/* Files in batches, every third with bytes that another has, and one that goes as a single upload. */
static int child_batch(const char *dir, int files)
{
	struct repo *r = depot_open(dir, false);
	struct err e = ERR_INIT;
	struct batch *b = NULL;
	char id[PID_LEN + 1], path[64], text[64];
	char *large = calloc(1, 3 << 19);
	int i, refused = 0;
	st_t st;

	if (r == NULL || large == NULL || depot_draft(r, "Killed", id, &e) != ST_OK)
		return 3;
	st = batch_new(r, id, 7, none_refused, &refused, &b, &e);
	for (i = 0; st == ST_OK && i < files; i++) {
		bool big = i == files / 2;
		size_t n = big ? 3 << 19 : (size_t)snprintf(text, sizeof(text), "n,%d\n", i % 3 == 2 ? 0 : i);

		snprintf(path, sizeof(path), "d%d/file-%d.csv", i % 7, i);
		st = batch_begin(b, slice_str(path), n, NULL, &e);
		if (st == ST_OK)
			st = batch_write(b, big ? large : text, n, &e);
		if (st == ST_OK)
			st = batch_end(b, &e);
		/* Several small batches, so that a kill falls between them too. */
		if (st == ST_OK && i % 40 == 39)
			st = batch_commit(b, &e);
	}
	if (st == ST_OK)
		st = batch_commit(b, &e);
	batch_free(b);
	free(large);
	if (st == ST_OK && refused == 0)
		st = deposit_publish(r, &depot_actor, id, NULL, NULL, NULL, &e);
	if (st != ST_OK || refused > 0) {
		fprintf(stderr, "# batch: %s\n", e.text);
		return 5;
	}
	repo_close(r);
	return 0;
}

/* One more event on the record that stands there: a version on top of an object. */
static int child_withdraw(const char *dir, const char *id, bool purge)
{
	struct repo *r = depot_open(dir, false);
	struct err e = ERR_INIT;
	st_t st;

	if (r == NULL)
		return 3;
	st = purge ? deposit_purge(r, &depot_actor, id, "law", &e) : deposit_withdraw(r, &depot_actor, id, "test", NULL, &e);
	if (st != ST_OK) {
		fprintf(stderr, "# event: %s\n", e.text);
		return 5;
	}
	repo_close(r);
	return 0;
}

/* One object of each shape, for validators that others wrote. */
static int child_sample(const char *dir)
{
	struct repo *r = depot_open(dir, true);
	struct err e = ERR_INIT;
	char a[PID_LEN + 1], b[PID_LEN + 1], longest[400];
	bool good;

	memset(longest, 'n', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	good = r != NULL && depot_draft(r, "Versions", a, &e) == ST_OK && depot_file(r, a, "x/a.csv", "1\n", 2, &e) == ST_OK &&
	    depot_file(r, a, "x/same.csv", "1\n", 2, &e) == ST_OK && depot_file(r, a, longest, "long\n", 5, &e) == ST_OK &&
	    depot_file(r, a, "secret", "s\n", 2, &e) == ST_OK && depot_file(r, a, "empty", "", 0, &e) == ST_OK &&
	    deposit_publish(r, &depot_actor, a, NULL, NULL, NULL, &e) == ST_OK &&
	    deposit_new_version(r, &depot_actor, a, b, &e) == ST_OK && deposit_import_files(r, &depot_actor, b, &e) == ST_OK &&
	    depot_file(r, b, "y", "2\n", 2, &e) == ST_OK && deposit_file_remove(r, b, SLICE("secret"), &e) == ST_OK &&
	    deposit_publish(r, &depot_actor, b, NULL, NULL, NULL, &e) == ST_OK &&
	    deposit_withdraw(r, &depot_actor, b, "withdrawn", NULL, &e) == ST_OK && deposit_purge(r, &depot_actor, a, "law", &e) == ST_OK &&
	    depot_draft(r, "No files", a, &e) == ST_OK && deposit_publish(r, &depot_actor, a, NULL, NULL, NULL, &e) == ST_OK;
	if (!good)
		fprintf(stderr, "# sample: %s\n", e.text);
	repo_close(r);
	return !good;
}

static int child_publish(const char *dir, const char *id)
{
	struct repo *r = depot_open(dir, false);
	struct err e = ERR_INIT;
	st_t st;

	if (r == NULL)
		return 3;
	st = deposit_publish(r, &depot_actor, id, NULL, NULL, NULL, &e);
	repo_close(r);
	if (st != ST_OK && st != ST_FULL)
		fprintf(stderr, "# publish: %s: %s\n", st_name(st), e.text);
	return st == ST_OK ? 0 : st == ST_FULL ? 8 : 9;
}

static int child_open(const char *dir)
{
	struct repo *r = depot_open(dir, false);

	repo_close(r);
	return r == NULL;
}

/* ---- the parent ---- */

/* Run ourselves as a child with the hook set; true when it was killed, fails when it ended in any other way than well. */
static bool run_killed(long n, const char *what, const char *dir, const char *arg)
{
	char at[32];
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		snprintf(at, sizeof(at), "%ld", n);
		if (n > 0)
			setenv("AZEKURA_KILL_AT", at, 1);
		execl(self, self, what, dir, arg, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return true;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("%s at step %ld ended with %x", what, n, status);
	return false;
}

struct found { unsigned records, whole; };

static st_t count_whole(struct repo *r, int files, struct found *f)
{
	struct change page[64];
	struct cat_file left[1];
	struct kv_txn t;
	size_t n, i;

	memset(f, 0, sizeof(*f));
	kv_read(r->catalog, &t);
	n = changes_after(&t, 0, page, 64);
	for (i = 0; i < n; i++) {
		struct rec rec = { .id = "" };

		if (page[i].kind != CHANGE_PUBLISH)
			continue;
		f->records++;
		if (cat_get(&t, page[i].id, false, &rec, NULL) == ST_OK && rec.files == (uint64_t)files)
			f->whole++;
		/* Rows of the draft that it was have gone, now or when the repository was opened. */
		if (cat_files(&t, page[i].id, true, SLICE_NULL, left, 1) > 0) {
			cat_file_release(left);
			f->whole = 0;
		}
		rec_release(&rec);
	}
	return kv_end(&t, NULL);
}

/* Open, compare, check; returns how many records there are. */
static unsigned inspect(const char *dir, int files, long n)
{
	struct repo *r = depot_open(dir, false);
	struct found f;
	uint64_t removed;
	struct err e = ERR_INIT;

	if (r == NULL)
		fail_msg("does not open after a kill at step %ld", n);
	assert_int_equal(count_whole(r, files, &f), ST_OK);
	if (f.records != f.whole)
		fail_msg("half a record after a kill at step %ld", n);
	if (depot_fsck(r) != 0)
		fail_msg("fsck finds faults after a kill at step %ld", n);
	assert_int_equal(upload_collect(r, clock_now() - 3600, &removed, &e), ST_OK);
	repo_close(r);
	return f.records;
}

static void make_repo(const char *dir)
{
	struct repo *r = depot_open(dir, true);

	assert_non_null(r);
	repo_close(r);
}

static char *sub(const char *dir, const char *name)
{
	return fs_join(dir, name);
}

/* The recovery is killed at its own steps too, before it is let through. */
static void recover_killed(const char *dir)
{
	long k;

	for (k = 1; run_killed(k, "open", dir, NULL); k++)
		assert_true(k < 1000);
}

static void a_deposit_of_three_files_is_old_or_new_at_every_step(void **state)
{
	char *dir = sub(*state, "r");
	unsigned before = 0, now;
	bool killed = true;
	long n;

	make_repo(dir);
	for (n = 1; killed; n++) {
		assert_true(n < 2000);
		killed = run_killed(n, "deposit", dir, "3");
		if (n % 5 == 0 || !killed)
			recover_killed(dir);
		now = inspect(dir, 3, n);
		assert_true(now == before || now == before + 1);
		if (!killed)
			assert_int_equal(now, before + 1);
		before = now;
	}
	print_message("# %ld steps\n", n - 1);
	free(dir);
}

/*
 * The same for files that came together. What the collector may take and what a draft needs is seen by collecting all that is unnamed after each kill:
 * inspect() does it, and every file a draft names must be there after.
 */
static unsigned drafts_whole(const char *dir, long n)
{
	struct repo *r = depot_open(dir, false);
	struct cat_file page[64];
	char ids[64][PID_LEN + 1];
	uint64_t after = 0;
	unsigned files = 0;
	struct kv_txn t;
	size_t drafts, i, k, got;

	assert_non_null(r);
	kv_read(r->catalog, &t);
	drafts = cat_drafts(&t, 0, &after, ids, 64);
	for (i = 0; i < drafts; i++) {
		got = cat_files(&t, ids[i], true, SLICE_NULL, page, 64);
		for (k = 0; k < got; k++) {
			struct err e = ERR_INIT;
			struct hash *h = hash_new();
			uint8_t sum[SHA256_LEN];
			char *bytes = malloc(page[k].size + 1);
			int fd = -1;

			if (content_open(r, ids[i], true, &page[k], &fd, &e) != ST_OK)
				fail_msg("'%s' of a draft has no content after a kill at step %ld: %s", page[k].path, n, e.text);
			assert_int_equal(fs_pread_all(fd, bytes, page[k].size, 0, &e), ST_OK);
			hash_add(h, bytes, page[k].size);
			hash_end(h, sum, NULL);
			assert_memory_equal(sum, page[k].sha256, SHA256_LEN);
			close(fd);
			free(bytes);
			hash_free(h);
			cat_file_release(&page[k]);
			files++;
		}
	}
	kv_end(&t, NULL);
	repo_close(r);
	return files;
}

static void files_that_come_together_are_in_the_draft_or_not_at_every_step(void **state)
{
	char *dir = sub(*state, "b");
	unsigned before = 0, now, kept = 0;
	bool killed = true;
	long n;

	make_repo(dir);
	for (n = 1; killed; n++) {
		assert_true(n < 2000);
		killed = run_killed(n, "batch", dir, "9");
		if (n % 5 == 0 || !killed)
			recover_killed(dir);
		now = inspect(dir, 9, n);
		assert_true(now == before || now == before + 1);
		if (!killed)
			assert_int_equal(now, before + 1);
		before = now;
		if (drafts_whole(dir, n) > kept)
			kept = drafts_whole(dir, n);
	}
	assert_true(kept >= 9);		/* some kill came between the commit of the files and the publication */
	print_message("# %ld steps\n", n - 1);
	free(dir);
}

static enum rec_state state_of(const char *dir, const char *id, long n)
{
	struct repo *r = depot_open(dir, false);
	struct rec rec = { .id = "" };
	struct err e = ERR_INIT;
	struct kv_txn t;
	enum rec_state s;

	assert_non_null(r);
	kv_read(r->catalog, &t);
	if (cat_get(&t, id, false, &rec, &e) != ST_OK)
		fail_msg("the record is gone after a kill at step %ld: %s", n, e.text);
	kv_end(&t, NULL);
	s = rec.state;
	if (depot_fsck(r) != 0)
		fail_msg("fsck finds faults after a kill at step %ld", n);
	rec_release(&rec);
	repo_close(r);
	return s;
}

static void one_more_event(const char *dir, const char *what)
{
	struct repo *r = depot_open(dir, true);
	struct err e = ERR_INIT;
	char id[PID_LEN + 1];
	bool killed = true;
	long n;

	assert_non_null(r);
	assert_int_equal(depot_draft(r, "Event", id, &e), ST_OK);
	assert_int_equal(depot_file(r, id, "a", "bytes", 5, &e), ST_OK);
	assert_int_equal(deposit_publish(r, &depot_actor, id, NULL, NULL, NULL, &e), ST_OK);
	repo_close(r);
	for (n = 1; killed; n++) {
		enum rec_state s;

		assert_true(n < 2000);
		killed = run_killed(n, what, dir, id);
		if (n % 4 == 0)
			recover_killed(dir);
		s = state_of(dir, id, n);
		if (!killed)
			assert_int_equal(s, REC_WITHDRAWN);
		/* Killed after the commit, before the answer: the event stands. */
		if (s == REC_WITHDRAWN)
			break;
	}
}

static void a_withdrawal_is_old_or_new_at_every_step(void **state)
{
	char *dir = sub(*state, "w");

	one_more_event(dir, "withdraw");
	free(dir);
}

static void a_purge_is_old_or_new_at_every_step(void **state)
{
	char *dir = sub(*state, "p");

	one_more_event(dir, "purge");
	free(dir);
}

static long count_steps(const char *base, int files)
{
	char *dir = sub(base, "count"), *steps = sub(base, "steps"), arg[16];
	struct buf b = BUF_INIT(64);
	uint64_t n = 0;

	make_repo(dir);
	setenv("AZEKURA_STEPS", steps, 1);
	snprintf(arg, sizeof(arg), "%d", files);
	run_killed(0, "deposit", dir, arg);
	unsetenv("AZEKURA_STEPS");
	assert_int_equal(fs_read_file(steps, &b, NULL), ST_OK);
	assert_true(slice_u64(slice_of(b.p, strcspn(b.p, "\n")), 1000000, &n));
	buf_release(&b);
	free(dir);
	free(steps);
	return (long)n;
}

/* A full disk at any step: the deposit says so, nothing half is left, and it works once there is room. */
static void a_full_disk_fails_the_deposit_and_keeps_the_draft(void **state)
{
	char *dir = sub(*state, "full"), at[32];
	struct repo *r;
	struct err e = ERR_INIT;
	char id[PID_LEN + 1];
	bool failed = true;
	int status;
	long n;

	r = depot_open(dir, true);
	assert_non_null(r);
	assert_int_equal(depot_draft(r, "Full", id, &e), ST_OK);
	assert_int_equal(depot_file(r, id, "a", "bytes", 5, &e), ST_OK);
	repo_close(r);
	for (n = 1; failed; n++) {
		pid_t pid = fork();

		assert_true(n < 200);
		if (pid == 0) {
			snprintf(at, sizeof(at), "%ld:%d", n, ENOSPC);
			setenv("AZEKURA_FAIL_AT", at, 1);
			execl(self, self, "publish", dir, id, (char *)NULL);
			_exit(127);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		failed = WEXITSTATUS(status) != 0;
		if (WEXITSTATUS(status) == 9)
			fail_msg("step %ld: failed with something else than a full disk", n);
		r = depot_open(dir, false);
		assert_non_null(r);
		if (depot_fsck(r) != 0)
			fail_msg("fsck finds faults after a full disk at step %ld", n);
		{
			struct rec rec = { .id = "" };
			struct kv_txn t;

			kv_read(r->catalog, &t);
			assert_int_equal(cat_head(&t, id, failed, &rec, &e), ST_OK);
			kv_end(&t, NULL);
			rec_release(&rec);
		}
		repo_close(r);
		/* A failure after the commit (clearing up) does not fail the deposit: then it is done. */
		if (!failed)
			break;
	}
	free(dir);
}

/* A sanitizer makes each child many times slower; there it is memory that is looked at, not the points. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SAMPLES 30
#else
#define SAMPLES 200
#endif

/* 500 files: sampled. AZEKURA_LONG=1 walks all steps; AZEKURA_SEED repeats a run. */
static void a_deposit_of_many_files_is_old_or_new(void **state)
{
	const char *seed_text = getenv("AZEKURA_SEED");
	bool all = getenv("AZEKURA_LONG") != NULL;
	int files = 500;
	long total = count_steps(*state, files), i, points = all ? total : SAMPLES;
	uint32_t seed;
	char *dir = sub(*state, "many");
	unsigned before = 0;

	random_bytes(&seed, sizeof(seed));
	if (seed_text != NULL)
		seed = (uint32_t)strtoul(seed_text, NULL, 10);
	print_message("# AZEKURA_SEED=%u, %ld of %ld steps\n", seed, points, total);
	for (i = 0; i < points; i++) {
		/* The last steps are the publication itself: half of the samples go there. */
		long n = all ? i + 1 : 1 + (long)(hash64(&i, sizeof(i), seed) % (uint64_t)total);
		unsigned now;

		if (!all && i % 2 == 0)
			n = total - n % (total / 5);
		if (i % 20 == 0) {
			assert_int_equal(fs_remove_tree(dir, NULL), ST_OK);
			make_repo(dir);
			before = 0;
		}
		run_killed(n, "deposit", dir, "500");
		now = inspect(dir, files, n);
		assert_true(now == before || now == before + 1);
		before = now;
	}
	free(dir);
}

#define T(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(a_deposit_of_three_files_is_old_or_new_at_every_step),
		T(files_that_come_together_are_in_the_draft_or_not_at_every_step),
		T(a_withdrawal_is_old_or_new_at_every_step),
		T(a_purge_is_old_or_new_at_every_step),
		T(a_full_disk_fails_the_deposit_and_keeps_the_draft),
		T(a_deposit_of_many_files_is_old_or_new),
	};

	self = "/proc/self/exe";
	log_level_set(LOG_LEVEL_WARN);
	if (argc > 2 && strcmp(argv[1], "deposit") == 0)
		return child_deposit(argv[2], (int)strtol(argv[3], NULL, 10));
	if (argc > 2 && strcmp(argv[1], "batch") == 0)
		return child_batch(argv[2], (int)strtol(argv[3], NULL, 10));
	if (argc > 2 && strcmp(argv[1], "withdraw") == 0)
		return child_withdraw(argv[2], argv[3], false);
	if (argc > 2 && strcmp(argv[1], "purge") == 0)
		return child_withdraw(argv[2], argv[3], true);
	if (argc > 2 && strcmp(argv[1], "publish") == 0)
		return child_publish(argv[2], argv[3]);
	if (argc > 2 && strcmp(argv[1], "sample") == 0)
		return child_sample(argv[2]);
	if (argc > 2 && strcmp(argv[1], "open") == 0)
		return child_open(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
