#include "net/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

static st_t start(const char *helper, const char *name, int fd, int to, pid_t *pid, struct err *e)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t at;
	char *argv[] = { (char *)helper, (char *)"run", (char *)name, NULL }, *envp[] = { NULL };
	sigset_t none, all;
	int rc;

	posix_spawn_file_actions_init(&fa);
	posix_spawnattr_init(&at);
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setflags(&at, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&at, &none);
	posix_spawnattr_setsigdefault(&at, &all);
	rc = posix_spawn_file_actions_adddup2(&fa, fd, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(&fa, to, 1);
	if (rc == 0)
		rc = posix_spawn_file_actions_addopen(&fa, 2, "/dev/null", O_WRONLY, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_addclosefrom_np(&fa, 3);
	if (rc == 0)
		rc = posix_spawn(pid, helper, &fa, &at, argv, envp);
	posix_spawn_file_actions_destroy(&fa);
	posix_spawnattr_destroy(&at);
	errno = rc;
	return rc == 0 ? ST_OK : err_sys(e, "cannot start '%s'", helper);
}

static st_t collect(int from, int64_t deadline, struct buf *out, struct err *e)
{
	struct pollfd p = { from, POLLIN, 0 };
	char piece[65536];
	ssize_t n;
	int64_t left;

	for (;;) {
		if ((left = deadline - clock_mono_us()) <= 0)
			return err_set(e, ST_TIMEOUT, "took longer than its budget of time");
		if (poll(&p, 1, (int)(left / 1000) + 1) < 0 && errno != EINTR)
			return err_sys(e, "poll");
		if (p.revents == 0)
			continue;
		n = read(from, piece, sizeof(piece));
		if (n < 0 && errno != EINTR)
			return err_sys(e, "read");
		if (n == 0)
			return ST_OK;
		if (n > 0 && out->n < out->max)
			buf_add(out, piece, (size_t)n < out->max - out->n ? (size_t)n : out->max - out->n);
	}
}

st_t program_output(const char *helper, const char *name, int fd, int ms, struct buf *out, struct err *e)
{
	int pipes[2], status = 0;
	pid_t pid;
	st_t st;

	if (lseek(fd, 0, SEEK_SET) != 0)
		return err_sys(e, "seek");
	if (pipe2(pipes, O_CLOEXEC) != 0)
		return err_sys(e, "pipe");
	st = start(helper, name, fd, pipes[1], &pid, e);
	close(pipes[1]);
	if (st == ST_OK) {
		if ((st = collect(pipes[0], clock_mono_us() + (int64_t)ms * 1000, out, e)) != ST_OK)
			kill(pid, SIGKILL);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	close(pipes[0]);
	if (st != ST_OK || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
		return st;
	if (WIFSIGNALED(status))
		return err_set(e, ST_INVALID, "'%s' crashed (signal %d)", name, WTERMSIG(status));
	switch (WEXITSTATUS(status)) {
	case 127:
		return err_set(e, ST_ABSENT, "'%s' cannot be started", helper);
	case 4:
		return err_set(e, ST_ABSENT, "'%s' is not installed", name);
	case 3:
		return err_set(e, ST_UNSUPPORTED, "no sandbox for '%s': the kernel has no Landlock", name);
	default:
		return err_set(e, ST_INVALID, "'%s' could not read it", name);
	}
}
