#ifndef T_UNIT_BASE_SCRATCH_H
#define T_UNIT_BASE_SCRATCH_H

/* A folder of its own for each test, removed after it. Removal is by rm: the code under test is not trusted with it. */

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static inline int scratch_setup(void **state)
{
	const char *tmp = getenv("TMPDIR");
	char path[256];

	snprintf(path, sizeof(path), "%s/azekura-test-XXXXXX", tmp != NULL ? tmp : "/tmp");
	*state = mkdtemp(path) != NULL ? strdup(path) : NULL;
	return *state == NULL;
}

static inline int scratch_teardown(void **state)
{
	int status = 1;
	pid_t pid = vfork();

	if (pid == 0) {
		execlp("rm", "rm", "-rf", (char *)*state, (char *)NULL);
		_exit(127);
	}
	if (pid > 0)
		waitpid(pid, &status, 0);
	free(*state);
	return status;
}

#endif
