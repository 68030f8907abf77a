/*
 * sandbox_probe WHAT: enters the cell of azekura-extract and tries what no file may make it do. Exit 0: it was refused; 1: it went
 * through; 2: the cell could not be closed. A process that is stopped by a signal was refused too.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "indexer/extract/program.h"
#include "indexer/extract/sandbox.h"

static bool try_open(void) { return open("/etc/passwd", O_RDONLY) >= 0; }
static bool try_create(void) { return open("/tmp/azekura-sandbox-probe", O_WRONLY | O_CREAT, 0600) >= 0; }
static bool try_socket(void) { return socket(AF_INET, SOCK_STREAM, 0) >= 0; }
static bool try_unix(void) { return socket(AF_UNIX, SOCK_STREAM, 0) >= 0; }
static bool try_fork(void) { return fork() >= 0; }
static bool try_thread(void) { return syscall(SYS_clone, (long)SIGCHLD, NULL, NULL, NULL, NULL) >= 0; }
static bool try_kill(void) { return kill(getppid(), 0) == 0; }
static bool try_signal(void) { return syscall(SYS_tgkill, getppid(), getppid(), 0) == 0; }
static bool try_limits(void)
{
	struct rlimit r;

	return prlimit(getppid(), RLIMIT_NOFILE, NULL, &r) == 0;
}
/* The end of a pipe can be told to send a signal to another process. */
static bool try_own(void) { return fcntl(0, F_SETOWN, getppid()) == 0; }
static bool try_ptrace(void) { return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0; }
static bool try_unlink(void) { return unlink("/tmp/azekura-sandbox-probe-none") == 0 || errno == ENOENT; }
static bool try_fd(void) { return write(5, "x", 1) == 1 || fcntl(5, F_GETFD) >= 0; }
static bool try_wx(void) { return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED; }

static bool try_exec(void)
{
	char *argv[] = { (char *)"true", NULL };

	execv("/bin/true", argv);
	return false;
}

/* Past the ceiling given below, while a sixteenth of it works. */
static bool try_memory(void)
{
	void *little = malloc((size_t)16 << 20), *much = malloc((size_t)600 << 20);

	if (little == NULL)
		return true;
	((volatile char *)little)[0] = 1;
	return much != NULL;
}

static bool works(void)
{
	char *p = malloc(1 << 20);

	if (p == NULL)
		return true;
	((volatile char *)p)[1000] = 1;
	free(p);
	return write(1, "alive\n", 6) != 6;
}

static const struct { const char *name; bool (*run)(void); } probes[] = {
	{ "works", works }, { "open", try_open }, { "create", try_create }, { "socket", try_socket }, { "unix", try_unix }, { "fork", try_fork },
	{ "thread", try_thread }, { "exec", try_exec }, { "kill", try_kill }, { "ptrace", try_ptrace }, { "unlink", try_unlink }, { "fd", try_fd },
	{ "wx", try_wx }, { "memory", try_memory }, { "signal", try_signal }, { "limits", try_limits }, { "own", try_own },
};

static bool try_library(void) { return open("/lib/x86_64-linux-gnu/libc.so.6", O_RDONLY) < 0 && open("/etc/ld.so.cache", O_RDONLY) < 0; }
static bool try_write_there(void) { return open("/usr/lib/azekura-sandbox-probe", O_WRONLY | O_CREAT, 0600) >= 0 || open("/etc/ld.so.cache", O_RDWR) >= 0; }

/* The cell of foreign programs: it may read libraries, and start the one program. */
static const struct { const char *name; bool (*run)(void); } programs[] = {
	{ "program-works", try_library }, { "program-open", try_open }, { "program-create", try_create }, { "program-write", try_write_there },
	{ "program-socket", try_socket }, { "program-unix", try_unix }, { "program-fork", try_fork }, { "program-thread", try_thread }, { "program-exec", try_exec },
	{ "program-kill", try_kill }, { "program-ptrace", try_ptrace }, { "program-unlink", try_unlink },
	{ "program-signal", try_signal }, { "program-limits", try_limits }, { "program-own", try_own },
};

int main(int argc, char **argv)
{
	struct sandbox box;
	struct err e = ERR_INIT;
	size_t i;

	for (i = 0; argc > 1 && i < sizeof(programs) / sizeof(programs[0]); i++)
		if (strcmp(argv[1], programs[i].name) == 0) {
			if (!program_cell("/usr/bin/pdftotext"))
				_exit(2);
			_exit(programs[i].run() ? 1 : 0);
		}
	dup2(1, 5);
	if (argc < 2 || sandbox_enter((unsigned long)256 << 20, &box, &e) != ST_OK || !box.seccomp || !box.rlimits)
		return 2;
	for (i = 0; i < sizeof(probes) / sizeof(probes[0]); i++)
		if (strcmp(argv[1], probes[i].name) == 0)
			_exit(probes[i].run() ? 1 : 0);
	_exit(2);
}
