/*
 * build/bench/extract [-q] FILE...: read files through the extractor, in this process, print their facts and the speed.
 * build/bench/extract -p FILE...: the same through the sandboxed helper.
 */

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/place.h"
#include "indexer/extract/extract.h"
#include "net/helper.h"

static st_t in_process(int fd, uint64_t size, const char *path, struct buf *facts, struct err *e)
{
	static char chunk[128 << 10];
	struct extract *x = NULL;
	st_t st = extract_new(&x, path, size, e);
	uint64_t at;
	size_t k;

	for (at = 0; at < size && st == ST_OK; at += k) {
		k = size - at < sizeof(chunk) ? (size_t)(size - at) : sizeof(chunk);
		if ((st = fs_pread_all(fd, chunk, k, (off_t)at, e)) == ST_OK)
			st = extract_push(x, chunk, k, e);
	}
	if (st == ST_OK || st == ST_EOF)
		st = extract_end(x, facts, e);
	extract_free(x);
	return st;
}

static int one(struct helpers *h, const char *path, bool quiet)
{
	struct buf facts = BUF_INIT((size_t)8 << 20);
	struct err e = ERR_INIT;
	struct rusage ru;
	struct stat sb;
	int64_t from;
	double s;
	st_t st;
	int fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0 || fstat(fd, &sb) != 0) {
		fprintf(stderr, "%s: cannot be opened\n", path);
		return 1;
	}
	from = clock_mono_us();
	st = h ? helper_extract(h, fd, 0, (uint64_t)sb.st_size, path, NULL, &facts, &e) :
	    in_process(fd, (uint64_t)sb.st_size, path, &facts, &e);
	s = (double)(clock_mono_us() - from) / 1e6;
	close(fd);
	getrusage(RUSAGE_SELF, &ru);
	if (!quiet)
		printf("%s\n", facts.p ? facts.p : "");
	fprintf(stderr, "%s: %s %s, %.3f s, %.1f MB/s, highest resident %ld kB\n", path, st_name(st), e.text, s, (double)sb.st_size / 1e6 / s, ru.ru_maxrss);
	buf_release(&facts);
	return 0;
}

int main(int argc, char **argv)
{
	struct helpers *h = NULL;
	struct err e = ERR_INIT;
	struct rusage ru;
	bool quiet = false;
	int i, rc = 0;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		quiet |= argv[i][1] == 'q';
		if (argv[i][1] == 'p' && helpers_new(&h, place_program("azekura-extract"), 2, &e) != ST_OK) {
			fprintf(stderr, "%s\n", e.text);
			return 1;
		}
	}
	for (; i < argc; i++)
		rc |= one(h, argv[i], quiet);
	helpers_free(h);
	if (h && getrusage(RUSAGE_CHILDREN, &ru) == 0)
		fprintf(stderr, "helpers: highest resident %ld kB\n", ru.ru_maxrss);
	return rc;
}
