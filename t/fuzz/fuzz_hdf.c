/*
 * HDF5 and NetCDF-4 through libhdf5, NeXus. The library itself falls over damaged files (release 1.10 copies by lengths from its global heap), which is why it
 * runs in a process of its own; so does each input here. A child that a signal ended is let pass, a wrong answer is not. With an engine there is no child:
 * then crashes of the library show.
 */

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "t/fuzz/extract_once.h"

#define WRONG 3

#ifndef FUZZ_ENGINE
static void child(const uint8_t *d, size_t n)
{
	struct buf out = BUF_INIT((size_t)8 << 20);
	struct source src;
	json_t *j = NULL;
	st_t st;

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	struct rlimit most = { (rlim_t)512 << 20, (rlim_t)512 << 20 };	/* as in the cell: the library believes lengths */

	setrlimit(RLIMIT_AS, &most);
#endif
	alarm(60);
	source_mem(&src, d, n);
	st = extract_source(&src, "a.h5", &out, NULL);
	if (st == ST_NOMEM)
		_exit(0);
	if (st != ST_OK || json_load(&j, buf_slice(&out), NULL) != ST_OK || json_text(j, "status") == NULL ||
	    (strcmp(json_text(j, "status"), "ok") != 0 && json_text(j, "reason") == NULL))
		_exit(WRONG);
	_exit(0);
}
#endif

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
#ifdef FUZZ_ENGINE
	fuzz_extract("a.h5", d, n);
#else
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		child(d, n);
	FUZZ_HOLDS(pid > 0 && waitpid(pid, &status, 0) == pid);
	FUZZ_HOLDS(!(WIFEXITED(status) && WEXITSTATUS(status) != 0));
	FUZZ_HOLDS(!(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM));	/* no endless loop */
	if (WIFSIGNALED(status) && getenv("FUZZ_TELL"))
		printf("# signal %d\n", WTERMSIG(status));
#endif
	return 0;
}
