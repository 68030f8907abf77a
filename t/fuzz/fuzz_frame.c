#include <fcntl.h>
#include <unistd.h>

#include "base/frame.h"
#include "t/fuzz/fuzz.h"

/* A pipe full of anything: frames up to the first wrong one, never more bytes than came, never past the limit. */
int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	struct buf out = BUF_INIT(4096);
	struct err e = ERR_INIT;
	size_t sum = 0;
	uint8_t type;
	int fd[2];
	st_t st;

	if (n > 32768)		/* a pipe holds 64 KB: writing must not block */
		n = 32768;
	FUZZ_HOLDS(pipe2(fd, O_CLOEXEC) == 0);
	FUZZ_HOLDS(n == 0 || write(fd[1], d, n) == (ssize_t)n);
	close(fd[1]);
	while ((st = frame_read(fd[0], 1000, &type, &out, &e)) == ST_OK) {
		FUZZ_HOLDS(out.n <= 1000);
		sum += FRAME_HEAD + out.n;
	}
	FUZZ_HOLDS(sum <= n);
	FUZZ_HOLDS(st == ST_EOF ? sum == n : st == ST_INVALID || st == ST_TOOBIG || st == ST_CLOSED);
	close(fd[0]);
	buf_release(&out);
	return 0;
}
