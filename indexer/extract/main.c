/*
 * azekura-extract: reads files that strangers wrote. Started by net/helper.c with one socket as descriptors 0 and 1 and nothing
 * else; goes into its cell before it reads the first byte. Frames out: H once, when the cell is closed (or N with the reason why it is not, and the
 * process ends); J, the answer to one request. Frames in: a request, with the file's descriptor, open for reading, beside its head. All begin
 * alike: where the file begins in the descriptor (8 bytes), its size (8), milliseconds (4), ceiling of the answer (8), length of the name (2), the
 * name, then whatever the kind of request needs. Kinds: see requests[].
 */

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/frame.h"
#include "indexer/extract/describe.h"
#include "indexer/extract/extract_int.h"
#include "indexer/extract/form_file.h"
#include "indexer/extract/program.h"
#include "indexer/extract/sandbox.h"
#include "indexer/extract/stat_warm.h"
#include "indexer/extract/voc.h"

#define FRAME_IN_MAX	((uint32_t)64 << 20)
#define REQUEST_HEAD	30
#define REQUEST_NAME	1024
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
	return "detect_leaks=0:allocator_may_return_null=1";
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

struct request {
	struct source src;
	char name[REQUEST_NAME + 1];
	struct slice rest;		/* behind the name */
};

static st_t facts(struct request *r, struct buf *out)
{
	return extract_beside(&r->src, r->name, r->rest, out, NULL);
}

static st_t detect(struct request *r, struct buf *out)
{
	return extract_detect(&r->src, r->name, out, NULL);
}

#define LINES_MAX	((size_t)256 << 10)

static st_t lines_out(struct buf *lines)
{
	st_t st = lines->n > 0 ? frame_write(1, 'C', lines->p, lines->n, NULL) : ST_OK;

	if (lines->cap > 4 * LINES_MAX)
		buf_release(lines);
	buf_clear(lines);
	return st;
}

static st_t line_out(void *ctx, struct slice json)
{
	struct buf *lines = ctx;

	buf_addsl(lines, json);
	if (buf_addc(lines, '\n') != ST_OK)
		return lines->st;
	return lines->n >= LINES_MAX ? lines_out(lines) : ST_OK;
}

/* Concepts go out while the file is read, in frames C, a line each. */
static st_t vocabulary(struct request *r, struct buf *out)
{
	struct buf lines = BUF_INIT((size_t)8 << 20);
	struct voc *v = NULL;
	uint64_t at = 0;
	size_t got;
	uint8_t b[65536];
	st_t st = voc_new(&v, r->name, r->src.size, line_out, &lines);

	for (got = 1; st == ST_OK && got > 0; at += got)
		if ((st = source_read(&r->src, at, b, sizeof(b), &got, NULL)) == ST_OK && voc_push(v, b, got) != ST_OK)
			break;
	if (st == ST_OK)
		st = voc_end(v, out);
	if (st == ST_OK)
		st = lines_out(&lines);
	voc_free(v);
	buf_release(&lines);
	return st;
}

static st_t form(struct request *r, struct buf *out)
{
	char *p = r->src.size <= FORM_FILE_MAX ? malloc((size_t)r->src.size + 1) : NULL;
	size_t got = 0, n = 0;
	st_t st = p == NULL ? ST_TOOBIG : ST_OK;

	for (; st == ST_OK && n < r->src.size; n += got)
		if ((st = source_read(&r->src, n, (uint8_t *)p + n, (size_t)r->src.size - n, &got, NULL)) == ST_OK && got == 0)
			break;
	if (st == ST_OK)
		st = form_file_read(slice_of(p, n), out);
	else
		st = buf_adds(out, "{\"error\":\"it cannot be read, or has more than 4 MB\"}");
	free(p);
	return st;
}

/* A new kind of question about a file is a row here and a function helper_...() in net/helper.c. */
static const struct { uint8_t type; st_t (*answer)(struct request *r, struct buf *out); } requests[] = {
	{ 'F', facts },			/* docs/formats/facts.md */
	{ 'T', detect },		/* type by first bytes only */
	{ 'V', vocabulary },		/* docs/formats/vocabulary.md */
	{ 'S', form },			/* docs/formats/schemas.md */
};

/* The head of a frame and the descriptor that came beside it, -1 when none. False: the other end is gone. */
static bool head_receive(uint8_t head[FRAME_HEAD], int *fd)
{
	union { char room[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } control;
	struct iovec v = { head, FRAME_HEAD };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	ssize_t n;

	*fd = -1;
	while ((n = recvmsg(0, &m, MSG_WAITALL | MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
		;
	if (n <= 0)
		return false;
	if ((c = CMSG_FIRSTHDR(&m)) != NULL && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(c), sizeof(*fd));
	for (; (size_t)n < FRAME_HEAD; n += 0) {
		ssize_t k = read(0, head + n, FRAME_HEAD - (size_t)n);

		if (k <= 0)
			return false;
		n += k;
	}
	return true;
}

static bool body_receive(struct buf *in, uint32_t len)
{
	ssize_t k;

	buf_clear(in);
	if (buf_reserve(in, len + 1) != ST_OK)
		return false;
	for (; in->n < len; in->n += (size_t)k)
		if ((k = read(0, in->p + in->n, len - in->n)) <= 0)
			return false;
	in->p[len] = '\0';
	return true;
}

static bool request_parse(struct request *r, const struct buf *in, int fd)
{
	size_t n;

	if (in->n < REQUEST_HEAD || (n = (size_t)be(in->p + 28, 2)) > REQUEST_NAME || in->n - REQUEST_HEAD < n)
		return false;
	if (fd >= 0)
		source_fd(&r->src, fd, be(in->p, 8), be(in->p + 8, 8));
	else
		source_mem(&r->src, "", 0);
	memcpy(r->name, in->p + REQUEST_HEAD, n);
	r->name[n] = '\0';
	r->rest = slice_of(in->p + REQUEST_HEAD + n, in->n - REQUEST_HEAD - n);
	return true;
}

/* Answer one request. False: end. */
static bool serve(uint8_t type, const struct buf *in, int fd)
{
	struct buf out = BUF_INIT(OUTPUT_MAX);
	struct request r;
	uint64_t ceiling;
	size_t i;
	st_t st = ST_UNSUPPORTED;

	if (!request_parse(&r, in, fd))
		return false;
	ceiling = be(in->p + 20, 8);
	out.max = ceiling < 4096 ? 4096 : ceiling > OUTPUT_MAX ? OUTPUT_MAX : (size_t)ceiling;
	alarm((unsigned)(be(in->p + 16, 4) / 1000 + 10));
	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (requests[i].type == type)
			st = requests[i].answer(&r, &out);
	if (st != ST_OK && st != ST_UNSUPPORTED)
		st = extract_failed(&out, "unreadable", st == ST_NOMEM ? "needs more memory than its budget" : "the facts do not fit their budget", r.src.size);
	if (st == ST_OK)
		st = frame_write(1, 'J', out.p, out.n, NULL);
	alarm(0);
	buf_release(&out);
	return st == ST_OK;
}

int main(int argc, char **argv)
{
	struct buf in = BUF_INIT(FRAME_IN_MAX + 1);
	struct slice arg = slice_str(argc > 1 ? argv[1] : "536870912");
	struct schema *schema = NULL;
	uint64_t memory;
	uint8_t type, head[FRAME_HEAD];
	uint32_t len;
	int rc, fd;

	if (argc == 3 && strcmp(argv[1], "run") == 0)
		return program_run(argv[2]);
	if (!slice_u64(arg, UINT64_MAX / 2, &memory) || isatty(0)) {
		static const char usage[] = "azekura-extract is started by azekurad and azekura; it reads frames from a socket\n";

		return write(2, usage, sizeof(usage) - 1) < 0 ? 3 : 2;
	}
	/* With the folder of the schema: descriptions instead of data files. It is read before the cell closes. */
	if (argc > 2 && schema_load(&schema, argv[2], NULL) != ST_OK)
		return 4;
	dec_warm();
	stat_warm();
	/* Names of members in archives are bytes in some encoding; the C locale would refuse those in UTF-8. */
	setlocale(LC_CTYPE, "C.UTF-8");
	if ((rc = enter((unsigned long)memory)) != 0)
		return rc;
	if (schema != NULL) {
		describe_serve(schema);
		_exit(0);
	}
	while (head_receive(head, &fd)) {
		if (frame_parse(head, FRAME_IN_MAX, &type, &len) != ST_OK || !body_receive(&in, len) || !serve(type, &in, fd))
			break;
		if (fd >= 0)
			close(fd);
		if (in.cap > FRAME_IN_MAX / 2)
			buf_release(&in);
	}
	/* No destructors, no flushing: there is nothing to keep. */
	_exit(0);
}
