/*
 * The fault hook itself, and the promise of fs_write_atomic() at each of its steps. The hook reads the environment once a process,
 * so each run is a child of its own and this process never takes a durable step.
 */

#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include "t/unit/base/scratch.h"
#include "t/unit/unit.h"

#define STEPS_MAX 50

struct result { int status; st_t st; char text[200]; };

/* Run ${fn}(${dir}) in a child with ${var}=${value}; ${r} says how it ended. */
static void in_child(const char *var, const char *value, st_t (*fn)(const char *, struct err *), const char *dir, struct result *r)
{
	int fd[2];
	pid_t pid;

	memset(r, 0, sizeof(*r));
	assert_int_equal(pipe(fd), 0);
	pid = fork();
	if (pid == 0) {
		struct err e = ERR_INIT;
		struct result own = { 0, ST_OK, "" };

		setenv(var, value, 1);
		own.st = fn(dir, &e);
		snprintf(own.text, sizeof(own.text), "%.190s", e.text);
		if (write(fd[1], &own, sizeof(own)) != (ssize_t)sizeof(own))
			_exit(2);
		exit(0);	/* exit handlers write AZEKURA_STEPS */
	}
	assert_true(pid > 0);
	close(fd[1]);
	if (read(fd[0], r, sizeof(*r)) != (ssize_t)sizeof(*r))
		memset(r, 0, sizeof(*r));
	close(fd[0]);
	assert_int_equal(waitpid(pid, &r->status, 0), pid);
}

static st_t replace(const char *dir, struct err *e)
{
	char *path = fs_join(dir, "f");
	st_t st = fs_write_atomic(path, "new", 3, 0644, e);

	free(path);
	return st;
}

/* Plain system calls: this process must take no step. */
static void plain_put(const char *dir, const char *name, const char *text)
{
	char path[200];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static long plain_get(const char *dir, const char *name, char *out, size_t n)
{
	char path[200];
	long got;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return -1;
	got = read(fd, out, n - 1);
	close(fd);
	out[got < 0 ? 0 : got] = '\0';
	return got;
}

static void killed_at_any_step_the_file_is_old_or_new(void **state)
{
	char n[16], text[16] = "";
	bool was_old = false, was_new = false;
	struct result r;
	int i;

	for (i = 1; i < STEPS_MAX; i++) {
		plain_put(*state, "f", "old");
		snprintf(n, sizeof(n), "%d", i);
		in_child("AZEKURA_KILL_AT", n, replace, *state, &r);
		assert_int_equal(plain_get(*state, "f", text, sizeof(text)), 3);
		if (WIFEXITED(r.status))
			break;
		assert_true(WIFSIGNALED(r.status) && WTERMSIG(r.status) == SIGKILL);
		was_old |= strcmp(text, "old") == 0;
		was_new |= strcmp(text, "new") == 0;
		assert_true(strcmp(text, "old") == 0 || strcmp(text, "new") == 0);
	}
	assert_st(ST_OK, r.st);
	assert_string_equal(text, "new");
	/* Write, sync of the file, rename, sync of the folder: killed before the first three it is old, before the last it is new. */
	assert_int_equal(i, 5);
	assert_true(was_old && was_new);
}

static void failed_at_any_step_it_is_told_and_the_file_is_whole(void **state)
{
	char n[16], text[16] = "";
	struct result r;
	int i;

	for (i = 1; i < STEPS_MAX; i++) {
		plain_put(*state, "f", "old");
		snprintf(n, sizeof(n), "%d:%d", i, ENOSPC);
		in_child("AZEKURA_FAIL_AT", n, replace, *state, &r);
		assert_true(WIFEXITED(r.status) && WEXITSTATUS(r.status) == 0);
		assert_int_equal(plain_get(*state, "f", text, sizeof(text)), 3);
		if (r.st == ST_OK)
			break;
		assert_st(ST_FULL, r.st);
		assert_non_null(strstr(r.text, "made to fail"));
		/* Not known to be durable once the rename is done, but never half. */
		assert_string_equal(text, i < 4 ? "old" : "new");
	}
	assert_int_equal(i, 5);
	in_child("AZEKURA_FAIL_AT", "1", replace, *state, &r);
	assert_st(ST_IO, r.st);
}

static void steps_are_counted_for_whoever_plans_the_faults(void **state)
{
	char path[200], text[16];
	struct result r;

	snprintf(path, sizeof(path), "%s/steps", (char *)*state);
	in_child("AZEKURA_STEPS", path, replace, *state, &r);
	assert_st(ST_OK, r.st);
	assert_true(plain_get(*state, "steps", text, sizeof(text)) > 0);
	assert_string_equal(text, "4\n");
}

static st_t every_step(const char *dir, struct err *e)
{
	char *a = fs_join(dir, "a"), *b = fs_join(dir, "b"), *deep = fs_join(dir, "x/y");
	st_t st = fs_mkdirs(deep, 0755, e);

	if (st == ST_OK)
		st = fs_write_atomic(a, "1", 1, 0644, e);
	if (st == ST_OK)
		st = fs_rename_new(a, b, e);
	if (st == ST_OK)
		st = fs_syncfs(dir, e);
	if (st == ST_OK)
		st = fs_remove(b, e);
	if (st == ST_OK)
		st = fs_remove_tree(deep, e);
	if (st == ST_OK)
		st = fs_step("commit", e);
	free(a);
	free(b);
	free(deep);
	return st;
}

static void no_durable_step_hides_from_the_hook(void **state)
{
	/* mkdir+sync twice, write+sync+rename+sync, rename, syncfs, unlink, rmdir, and the caller's own */
	static const int want = 4 + 4 + 1 + 1 + 1 + 1 + 1;
	char n[16];
	struct result r;
	int i;

	for (i = 1; i < STEPS_MAX; i++) {
		char dir[200];

		snprintf(dir, sizeof(dir), "%s/run%d", (char *)*state, i);
		assert_int_equal(mkdir(dir, 0755), 0);
		snprintf(n, sizeof(n), "%d:%d", i, EIO);
		in_child("AZEKURA_FAIL_AT", n, every_step, dir, &r);
		if (r.st == ST_OK)
			break;
		assert_st(ST_IO, r.st);
	}
	assert_int_equal(i, want + 1);
}

#define ON_DISK(t) cmocka_unit_test_setup_teardown(t, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_DISK(killed_at_any_step_the_file_is_old_or_new),
		ON_DISK(failed_at_any_step_it_is_told_and_the_file_is_whole),
		ON_DISK(steps_are_counted_for_whoever_plans_the_faults),
		ON_DISK(no_durable_step_hides_from_the_hook),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
