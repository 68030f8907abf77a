/*
 * azekura-extract: reads files that strangers wrote. Started by net/helper.c with one socket as descriptors 0 and 1 and nothing
 * else; goes into its cell before it reads the first byte. Frames in: F (size, milliseconds, output ceiling, name), D (bytes), E
 * (end). Frames out: H once, when the cell is closed (or N with the reason why it is not, and the process ends); J, the facts of one
 * file. J may come before E, when no more bytes are needed; then D frames are thrown away until E.
 */

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

#include "base/frame.h"
#include "indexer/extract/describe.h"
#include "indexer/extract/extract_int.h"
#include "indexer/extract/sandbox.h"

#define FRAME_IN_MAX	((uint32_t)1 << 20)
#define OUTPUT_MAX	((uint64_t)64 << 20)

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#if SANITIZED
/* The leak check starts a tracing process at exit, which the cell forbids. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}
#endif

static uint64_t be(const char *p, unsigned n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | (uint8_t)*p++;
	return v;
}

static int enter(unsigned long memory)
{
	struct sandbox box;
	struct err e = ERR_INIT;
	char hello[2];

	if (sandbox_enter(SANITIZED ? 0 : memory, &box, &e) != ST_OK) {
		if (frame_write(1, 'N', e.text, strlen(e.text), NULL) != ST_OK)
			return 4;
		return 3;
	}
	hello[0] = 1;
	hello[1] = (char)(box.rlimits | box.landlock << 1 | box.seccomp << 2 | box.memory << 3);
	return frame_write(1, 'H', hello, sizeof(hello), NULL) == ST_OK ? 0 : 4;
}

/* Facts of one file, read from frames until E. False: the other end is gone. */
static bool one_file(struct buf *in)
{
	struct extract *x = NULL;
	struct buf out = BUF_INIT(OUTPUT_MAX);
	uint64_t ceiling;
	bool answered = false, ok = false;
	uint8_t type = 'D';
	st_t st;

	if (in->n < 20)
		return false;
	ceiling = be(in->p + 12, 8);
	out.max = ceiling < 4096 ? 4096 : ceiling > OUTPUT_MAX ? OUTPUT_MAX : ceiling;
	alarm((unsigned)(be(in->p + 8, 4) / 1000 + 10));
	if (extract_new(&x, in->p + 20, be(in->p, 8), NULL) != ST_OK)
		goto out;
	while (type == 'D') {
		if (frame_read(0, FRAME_IN_MAX, &type, in, NULL) != ST_OK)
			goto out;
		if (answered || (type == 'D' && (st = extract_push(x, in->p, in->n, NULL)) == ST_OK))
			continue;
		if (extract_end(x, &out, NULL) != ST_OK && extract_failed(&out, "unreadable", "the facts do not fit their budget", 0) != ST_OK)
			goto out;
		if (frame_write(1, 'J', out.p, out.n, NULL) != ST_OK)
			goto out;
		answered = true;
	}
	ok = type == 'E';
out:
	alarm(0);
	extract_free(x);
	buf_release(&out);
	return ok;
}

int main(int argc, char **argv)
{
	struct buf in = BUF_INIT(FRAME_IN_MAX);
	struct slice arg = slice_str(argc > 1 ? argv[1] : "536870912");
	struct schema *schema = NULL;
	uint64_t memory;
	uint8_t type;
	int rc;

	if (!slice_u64(arg, UINT64_MAX / 2, &memory) || isatty(0)) {
		static const char usage[] = "azekura-extract is started by azekurad and azekura; it reads frames from a socket\n";

		return write(2, usage, sizeof(usage) - 1) < 0 ? 3 : 2;
	}
	/* With the folder of the schema: descriptions instead of data files. It is read before the cell closes. */
	if (argc > 2 && schema_load(&schema, argv[2], NULL) != ST_OK)
		return 4;
	dec_warm();
	if ((rc = enter((unsigned long)memory)) != 0)
		return rc;
	if (schema != NULL) {
		describe_serve(schema);
		_exit(0);
	}
	while (frame_read(0, FRAME_IN_MAX, &type, &in, NULL) == ST_OK) {
		if (type != 'F' || !one_file(&in))
			break;
		if (in.cap > FRAME_IN_MAX / 2)
			buf_release(&in);
	}
	/* No destructors, no flushing: there is nothing to keep. */
	_exit(0);
}
