#include <unistd.h>

#include "base/conf.h"
#include "base/fs.h"
#include "t/fuzz/fuzz.h"

static const struct conf_opt opts[] = {
	{ "name", CONF_TEXT, "x", NULL, NULL, "text" },
	{ "n", CONF_INT, "5", "1", "10", "number" },
	{ "size", CONF_SIZE, "1G", "1k", "16T", "size" },
	{ "yes", CONF_BOOL, "no", NULL, NULL, "bool" },
	{ "time", CONF_TIME, "30s", "1s", "7d", "time" },
};

/* All or nothing, and every value within its range whatever the file says. */
int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	struct conf *c = conf_new(opts, sizeof(opts) / sizeof(opts[0]));
	struct err e = ERR_INIT;
	char path[64];
	FILE *f;
	st_t st;

	FUZZ_HOLDS(c != NULL);
	snprintf(path, sizeof(path), "/tmp/azekura-fuzz-conf.%d", (int)getpid());
	f = fopen(path, "wb");
	FUZZ_HOLDS(f != NULL);
	FUZZ_HOLDS(n == 0 || fwrite(d, 1, n, f) == n);
	FUZZ_HOLDS(fclose(f) == 0);
	st = conf_load(c, path, &e);
	unlink(path);
	FUZZ_HOLDS(st == ST_OK || ((st == ST_INVALID || st == ST_TOOBIG) && e.text[0] != '\0'));
	FUZZ_HOLDS(conf_int(c, "n") >= 1 && conf_int(c, "n") <= 10);
	FUZZ_HOLDS(conf_int(c, "size") >= 1024 && conf_int(c, "size") <= (int64_t)16 << 40);
	FUZZ_HOLDS(conf_int(c, "time") >= 1 && conf_int(c, "time") <= 7 * 86400);
	if (st != ST_OK)
		FUZZ_HOLDS(conf_int(c, "n") == 5 && !conf_bool(c, "yes"));
	conf_free(c);
	return 0;
}
