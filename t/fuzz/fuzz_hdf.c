/*
 * HDF5 and NetCDF-4 through libhdf5, NeXus. The library itself falls over damaged files (release 1.10 copies by lengths that it read there), which is why it
 * runs in a process of its own; so does each input here. Without a sanitizer, a child that a signal ended is let pass: whose fault it was cannot be told. With the address
 * sanitizer it can: a fault whose first frame lies in libhdf5 is counted and printed, one anywhere else fails. A wrong answer always fails. With an engine
 * there is no child: then crashes of the library show.
 */

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "t/fuzz/extract_once.h"

#define WRONG 3
#define LIBRARY 4

#if defined(__SANITIZE_ADDRESS__)
void __asan_set_error_report_callback(void (*callback)(const char *report));

/* The first frame that is not the sanitizer's own: where it went wrong. */
static void whose_fault(const char *report)
{
	const char *line, *end;

	for (line = strstr(report, "\n    #"); line; line = strstr(end, "\n    #")) {
		end = line + 1 + strcspn(line + 1, "\n");
		if (memmem(line, (size_t)(end - line), "__interceptor_", 14) || memmem(line, (size_t)(end - line), "libsanitizer", 12))
			continue;
		if (memmem(line, (size_t)(end - line), "/libhdf5", 8))
			_exit(LIBRARY);
		return;		/* ours: the sanitizer ends the process, and the test fails */
	}
}

/* The library believes lengths; malloc() says no to them in the cell, and so it shall here. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}
#endif

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
#if defined(__SANITIZE_ADDRESS__)
	__asan_set_error_report_callback(whose_fault);
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
	static unsigned library;
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		child(d, n);
	FUZZ_HOLDS(pid > 0 && waitpid(pid, &status, 0) == pid);
	FUZZ_HOLDS(!(WIFEXITED(status) && WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != LIBRARY));
	if (WIFEXITED(status) && WEXITSTATUS(status) == LIBRARY)
		printf("# a fault inside libhdf5: %u so far\n", ++library);
	FUZZ_HOLDS(!(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM));	/* no endless loop */
	if (WIFSIGNALED(status) && getenv("FUZZ_TELL"))
		printf("# signal %d\n", WTERMSIG(status));
#endif
	return 0;
}
