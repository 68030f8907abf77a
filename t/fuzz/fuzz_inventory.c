#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "store/ocfl.h"
#include "t/fuzz/fuzz.h"

static st_t see(void *ctx, unsigned version, const uint8_t sha[SHA256_LEN], const char *logical, struct err *e)
{
	size_t *n = ctx;

	(void)e;
	(void)sha;
	FUZZ_HOLDS(version >= 1 && logical != NULL);
	++*n;
	return ST_OK;
}

/*
 * An inventory with a right sidecar, so that the reader goes past the digest: whatever it holds, it is read or refused with a text, and
 * what was read stays within itself.
 */
int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	char root[64], path[128], line[128], hex[SHA256_HEX];
	struct ocfl_inv inv = { 0 };
	struct objects *o = NULL;
	struct err e = ERR_INIT;
	size_t states = 0;
	st_t st;
	int fd;

	snprintf(root, sizeof(root), "/tmp/azekura-fuzz-inv.%d", (int)getpid());
	snprintf(path, sizeof(path), "%s/o", root);
	if (mkdir(root, 0700) != 0 && !fs_exists(root))
		return 0;
	mkdir(path, 0700);
	FUZZ_HOLDS(objects_open_fs(&o, root, &e) == ST_OK);
	snprintf(path, sizeof(path), "%s/o/inventory.json", root);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	FUZZ_HOLDS(fd >= 0 && write(fd, d, n) == (ssize_t)n);
	close(fd);
	sha256_hex(hex, d, n);
	snprintf(path, sizeof(path), "%s/o/inventory.json.sha256", root);
	snprintf(line, sizeof(line), "%s inventory.json\n", hex);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	FUZZ_HOLDS(fd >= 0 && write(fd, line, strlen(line)) == (ssize_t)strlen(line));
	close(fd);
	st = ocfl_inv_read(o, "o", &inv, &e);
	FUZZ_HOLDS(st == ST_OK || e.text[0] != '\0');
	if (st == ST_OK) {
		FUZZ_HOLDS(inv.head >= 1 && inv.id != NULL && inv.versions_at <= inv.versions_end && inv.versions_end <= (int64_t)n);
		(void)!ocfl_states(o, "o", 1, inv.head, see, &states, &e);
		FUZZ_HOLDS(states <= n);
	}
	ocfl_inv_release(&inv);
	objects_close(o);
	(void)!fs_remove_tree(root, NULL);
	return 0;
}
