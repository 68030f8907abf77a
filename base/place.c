#include "base/place.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/fs.h"

/* Folder of the running program; libtool-free builds leave it in the build folder. */
static char *own_dir(void)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	if (n <= 0)
		return NULL;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (slash == NULL)
		return NULL;
	*slash = '\0';
	return slice_dup(slice_str(path));
}

/* ${dir}/${rel} if it is there. ${dir} may be NULL. */
static char *if_there(const char *dir, const char *rel)
{
	char *p = dir == NULL ? NULL : fs_join(dir, rel);

	if (p != NULL && fs_exists(p))
		return p;
	free(p);
	return NULL;
}

char *place_schema(void)
{
	const char *env = getenv("AZEKURA_SCHEMA");
	char *own, *mark, *p = NULL;

	if (env != NULL && env[0] != '\0')
		return slice_dup(slice_str(env));
	own = own_dir();
	/* A build folder stands beside schema/, or one level deeper (test programs). */
	mark = if_there(own, "../schema/formats");
	if (mark != NULL)
		p = fs_join(own, "../schema");
	free(mark);
	if (p == NULL)
		p = if_there(AZEKURA_DATADIR, "schema");
	free(own);
	return p;
}

char *place_program(const char *name)
{
	const char *env = getenv("AZEKURA_LIBEXEC");
	char *own, *p;

	if (env != NULL && env[0] != '\0')
		return if_there(env, name);
	own = own_dir();
	p = if_there(own, name);
	if (p == NULL)
		p = if_there(AZEKURA_LIBEXECDIR, name);
	free(own);
	return p;
}
