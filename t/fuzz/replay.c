/*
 * Without a fuzzing engine: run the target of this program over its corpus (t/fuzz/corpus/NAME) and over inputs that once broke it
 * (t/fuzz/crashes/NAME), each also cut short at every length and with single bytes changed, and report each file as one TAP test.
 * Changes come from a fixed generator, so every run does the same. Files named on the command line are run instead.
 *
 * With FUZZ_ENGINE defined (t/fuzz/run) the engine has its own main and this file is empty.
 */
#ifndef FUZZ_ENGINE

#include <dirent.h>
#include <sys/stat.h>

#include "t/fuzz/fuzz.h"

#define FILE_MAX	((size_t)4 << 20)
#define CUTS_MAX	4096		/* cut at every length up to here ... */
#define CHANGES		512		/* ... and this many changed copies */
#define WORK_MAX	((size_t)8 << 20)	/* bytes given to the target per file by cuts, and again by changes */

static int tests;

static uint8_t *load(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p = NULL;

	if (f == NULL)
		return NULL;
	p = malloc(FILE_MAX);
	if (p != NULL)
		*n = fread(p, 1, FILE_MAX, f);
	fclose(f);
	return p;
}

static uint32_t next(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x;
}

static void run_exact(const uint8_t *d, size_t n)
{
	char *p = exact_copy(d, n);

	LLVMFuzzerTestOneInput((const uint8_t *)p, n);
	free(p);
}

static void run_changed(const uint8_t *d, size_t n)
{
	uint8_t *p = (uint8_t *)exact_copy(d, n);
	size_t i, work;
	uint32_t x = 2463534242u ^ (uint32_t)n;

	for (i = 0, work = 0; n > 0 && i < CHANGES && work < WORK_MAX; i++, work += n) {
		size_t at = next(&x) % n;
		uint8_t old = p[at];

		p[at] = (uint8_t)next(&x);
		LLVMFuzzerTestOneInput(p, n);
		p[at] = old;
	}
	free(p);
}

static void run_file(const char *path, const char *name)
{
	uint8_t *d = NULL;
	size_t n = 0, i, work;

	tests++;
	d = load(path, &n);
	if (d == NULL) {
		printf("not ok %d - %s cannot be read\n", tests, name);
		return;
	}
	printf("# %s\n", name);
	fflush(stdout);		/* a crash below must leave the name behind */
	run_exact(d, n);
	for (i = 0, work = 0; i < n && i < CUTS_MAX && work < WORK_MAX; i++, work += i)
		run_exact(d, i);
	run_changed(d, n);
	printf("ok %d - %s is survived, whole, cut and changed\n", tests, name);
	fflush(stdout);
	free(d);
}

static int visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void run_folder(const char *src, const char *kind, const char *target)
{
	struct dirent **list = NULL;
	char dir[2048], path[4096];
	int i, n;

	snprintf(dir, sizeof(dir), "%s/t/fuzz/%s/%s", src, kind, target);
	n = scandir(dir, &list, visible, alphasort);
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, list[i]->d_name);
		run_file(path, list[i]->d_name);
		free(list[i]);
	}
	free(list);
}

int main(int argc, char **argv)
{
	const char *src = getenv("AZEKURA_SRC"), *base = strrchr(argv[0], '/');
	const char *target = strstr(base ? base : argv[0], "fuzz_");
	int i;

	for (i = 1; i < argc; i++)
		run_file(argv[i], argv[i]);
	if (argc == 1) {
		run_exact((const uint8_t *)"", 0);
		run_folder(src ? src : ".", "corpus", target ? target + 5 : "");
		run_folder(src ? src : ".", "crashes", target ? target + 5 : "");
	}
	/* A target without a corpus tests nothing: say so. */
	if (tests == 0)
		printf("not ok %d - there is a corpus\n", ++tests);
	printf("1..%d\n", tests);
	return 0;
}

#endif

/* ISO C wants a translation unit to hold something. */
typedef int replay_is_not_empty;
