/*
 * Warm azekura-extract processes. Each has one socket, on which frames go both ways (indexer/extract/main.c says which). A
 * process serves one file at a time and stays for the next, because starting one costs more than reading most files; after an error
 * it is killed, and after RETIRE files it is let go, so that no leak in a foreign library grows for ever.
 *
 * Processes are started by posix_spawn, never by fork: the server's threads hold LMDB transactions and locks.
 */

#include "net/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/frame.h"
#include "base/json.h"
#include "base/utf8.h"
#include "net/program.h"

#define RETIRE		1000
#define START_MS	10000
#define NAME_MOST	1024
#define BESIDE_MOST	((size_t)512 << 10)	/* text taken of a program */
#define PROGRAM_MS	30000
#define CHUNK		((size_t)128 << 10)
#define REQUEST_MOST	((size_t)32 << 20)

const struct helper_budget helper_budget_default = { 60000, (uint64_t)512 << 20, (uint64_t)8 << 20 };

struct proc {
	struct proc *next;
	pid_t pid;
	int fd;
	unsigned files;
	uint64_t memory;		/* soft limit it has now */
};

struct helpers {
	char *program;
	unsigned max;
	pthread_mutex_t lock;
	pthread_cond_t free;
	struct proc *idle;
	unsigned alive;			/* idle and busy */
	struct helper_counts counts;
};

/* A talk with one process: what has come. */
struct talk {
	struct proc *p;
	int64_t deadline;		/* monotonic microseconds */
	uint8_t head[FRAME_HEAD];
	size_t head_n;
	uint32_t want;
	uint8_t type;
	struct buf *in;
	bool answered;
	uint32_t most;
};

st_t helpers_new(struct helpers **out, const char *program, unsigned max, struct err *e)
{
	struct helpers *h;

	if (access(program, X_OK) != 0)
		return err_sys(e, "helper '%s'", program);
	if ((h = calloc(1, sizeof(*h))) == NULL || (h->program = slice_dup(slice_str(program))) == NULL) {
		free(h);
		return err_set(e, ST_NOMEM, " ");
	}
	h->max = max ? max : 1;
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->free, NULL);
	*out = h;
	return ST_OK;
}

/* Let a process go: its end of file is the word to leave. */
static int proc_end(struct proc *p, bool force)
{
	int status = 0;

	if (p->fd >= 0)
		close(p->fd);
	if (force)
		kill(p->pid, SIGKILL);
	while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
		;
	free(p);
	return status;
}

void helpers_free(struct helpers *h)
{
	struct proc *p;

	if (h == NULL)
		return;
	while ((p = h->idle) != NULL) {
		h->idle = p->next;
		proc_end(p, true);
	}
	pthread_cond_destroy(&h->free);
	pthread_mutex_destroy(&h->lock);
	free(h->program);
	free(h);
}

void helpers_counts(struct helpers *h, struct helper_counts *out)
{
	pthread_mutex_lock(&h->lock);
	*out = h->counts;
	pthread_mutex_unlock(&h->lock);
}

/* ---- talking ---- */

static st_t talk_wait(struct talk *t, bool write, struct err *e)
{
	struct pollfd pf = { t->p->fd, write ? POLLOUT : POLLIN, 0 };
	int64_t left = t->deadline - clock_mono_us();
	int rc;

	if (left <= 0)
		return err_set(e, ST_TIMEOUT, "took longer than its budget of time");
	rc = poll(&pf, 1, left / 1000 > 60000 ? 60000 : (int)(left / 1000) + 1);
	return rc < 0 && errno != EINTR ? err_sys(e, "poll") : ST_OK;
}

/* Take what has come; ST_AGAIN: nothing more now. */
static st_t talk_read(struct talk *t, struct err *e)
{
	uint8_t b[65536];
	size_t want = t->head_n < FRAME_HEAD ? FRAME_HEAD - t->head_n : t->want - t->in->n;
	ssize_t n;
	st_t st;

	n = recv(t->p->fd, b, want < sizeof(b) ? want : sizeof(b), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return ST_AGAIN;
	if (n <= 0)
		return err_set(e, ST_CLOSED, "the reader ended");
	if (t->head_n < FRAME_HEAD) {
		memcpy(t->head + t->head_n, b, (size_t)n);
		if ((t->head_n += (size_t)n) < FRAME_HEAD)
			return ST_OK;
		buf_clear(t->in);
		if ((st = frame_parse(t->head, t->most, &t->type, &t->want)) != ST_OK)
			return err_set(e, st == ST_TOOBIG ? ST_TOOBIG : ST_CLOSED, st == ST_TOOBIG ? "says more than its budget of output" : "talks nonsense");
		t->answered = t->want == 0;
		return ST_OK;
	}
	if (buf_add(t->in, b, (size_t)n) != ST_OK)
		return err_set(e, t->in->st, "says more than its budget of output");
	t->answered = t->in->n == t->want;
	return ST_OK;
}

/* One piece, with the file's descriptor beside its first byte. */
static ssize_t send_some(int sock, const uint8_t *p, size_t n, int fd)
{
	union { char room[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } control;
	struct iovec v = { (void *)p, n };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (fd >= 0) {
		memset(&control, 0, sizeof(control));
		m.msg_control = &control;
		m.msg_controllen = sizeof(control);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	return sendmsg(sock, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Send the request. An answer that comes before it was wholly read is nonsense and found as such later. */
static st_t talk_send(struct talk *t, const struct buf *out, int fd, struct err *e)
{
	size_t at = 0;
	ssize_t n;
	st_t st;

	while (at < out->n) {
		n = send_some(t->p->fd, (const uint8_t *)out->p + at, out->n - at, at == 0 ? fd : -1);
		if (n > 0) {
			at += (size_t)n;
			continue;
		}
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return err_set(e, ST_CLOSED, "the reader ended");
		if ((st = talk_wait(t, true, e)) != ST_OK)
			return st;
	}
	return ST_OK;
}

static st_t talk_answer(struct talk *t, struct err *e)
{
	st_t st;

	while (!t->answered) {
		st = talk_read(t, e);
		if (st == ST_AGAIN)
			st = talk_wait(t, false, e);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

static void talk_new_answer(struct talk *t)
{
	t->head_n = 0;
	t->answered = false;
	t->want = 0;
	buf_clear(t->in);
}

/* ---- processes ---- */

/* ${schema}: for descriptions; NULL: for data files */
static st_t proc_spawn(struct helpers *h, struct proc *p, int theirs, const char *schema, struct err *e)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t at;
	char memory[32], *argv[] = { h->program, memory, (char *)schema, NULL }, *envp[] = { NULL };
	sigset_t none, all;
	int rc;

	snprintf(memory, sizeof(memory), "%llu", (unsigned long long)helper_budget_default.memory);
	posix_spawn_file_actions_init(&fa);
	posix_spawnattr_init(&at);
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setflags(&at, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&at, &none);
	posix_spawnattr_setsigdefault(&at, &all);
	rc = posix_spawn_file_actions_adddup2(&fa, theirs, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(&fa, theirs, 1);
	if (rc == 0)
		rc = posix_spawn_file_actions_addopen(&fa, 2, "/dev/null", O_WRONLY, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_addclosefrom_np(&fa, 3);
	if (rc == 0)
		rc = posix_spawn(&p->pid, h->program, &fa, &at, argv, envp);
	posix_spawn_file_actions_destroy(&fa);
	posix_spawnattr_destroy(&at);
	errno = rc;
	return rc == 0 ? ST_OK : err_sys(e, "cannot start '%s'", h->program);
}

/* Start one and wait until it says that its cell is closed. */
static st_t proc_start(struct helpers *h, const char *schema, struct proc **out, struct err *e)
{
	struct buf in = BUF_INIT(4096);
	struct talk t = { .in = &in, .most = 2048, .deadline = clock_mono_us() + START_MS * 1000 };
	struct proc *p = NULL;
	int sv[2] = { -1, -1 };
	st_t st;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		return err_set(e, ST_NOMEM, " ");
	p->fd = -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) != 0) {
		st = err_sys(e, "socket for the helper");
		goto fail;
	}
	if ((st = proc_spawn(h, p, sv[1], schema, e)) != ST_OK)
		goto fail;
	close(sv[1]);
	sv[1] = -1;
	p->fd = sv[0];
	p->memory = helper_budget_default.memory;
	t.p = p;
	if ((st = talk_answer(&t, e)) != ST_OK || t.type != 'H') {
		if (st == ST_OK)
			st = err_set(e, ST_UNSUPPORTED, "no sandbox for the helper: %.*s", (int)in.n, in.p ? in.p : "");
		buf_release(&in);
		proc_end(p, true);
		return st;
	}
	buf_release(&in);
	*out = p;
	return ST_OK;
fail:
	if (sv[0] >= 0)
		close(sv[0]);
	if (sv[1] >= 0)
		close(sv[1]);
	free(p);
	return st;
}

static st_t take(struct helpers *h, struct proc **out, struct err *e)
{
	st_t st;

	pthread_mutex_lock(&h->lock);
	while (h->idle == NULL && h->alive >= h->max)
		pthread_cond_wait(&h->free, &h->lock);
	if ((*out = h->idle) != NULL) {
		h->idle = (*out)->next;
		pthread_mutex_unlock(&h->lock);
		return ST_OK;
	}
	h->alive++;
	pthread_mutex_unlock(&h->lock);
	st = proc_start(h, NULL, out, e);
	pthread_mutex_lock(&h->lock);
	if (st == ST_OK)
		h->counts.started++;
	else {
		h->alive--;
		pthread_cond_signal(&h->free);
	}
	pthread_mutex_unlock(&h->lock);
	return st;
}

/* ${st}: how the file ended. Returns the wait status of a process that was ended, else 0. */
static int give_back(struct helpers *h, struct proc *p, st_t st)
{
	bool ends = st != ST_OK || ++p->files >= RETIRE;
	int status = 0;

	if (ends)
		status = proc_end(p, st != ST_CLOSED);
	pthread_mutex_lock(&h->lock);
	h->counts.files++;
	h->counts.crashed += st == ST_CLOSED;
	h->counts.over_budget += st == ST_TIMEOUT || st == ST_TOOBIG;
	if (ends)
		h->alive--;
	else {
		p->next = h->idle;
		h->idle = p;
	}
	pthread_cond_signal(&h->free);
	pthread_mutex_unlock(&h->lock);
	return status;
}

/* ---- one file ---- */

static void add_be(struct buf *b, uint64_t v, unsigned n)
{
	while (n--)
		buf_addc(b, (char)(v >> (n * 8)));
}

static int64_t budget_ms(const struct helper_budget *b, uint64_t len)
{
	return b->ms + (int64_t)((double)b->ms / 6 * (double)len / 100e6);
}

struct question {
	char type;
	int fd;
	uint64_t off, len;
	const char *name;
	struct slice rest;
	st_t (*line)(void *ctx, struct slice line);	/* gets the lines of frames C, which may come before the answer; NULL: none may */
	void *ctx;
};

static st_t talk_answer_lines(struct talk *t, const struct question *q, struct err *e)
{
	st_t st;

	while ((st = talk_answer(t, e)) == ST_OK && t->type == 'C' && q->line != NULL) {
		struct slice s = buf_slice(t->in);

		while (st == ST_OK && s.n > 0) {
			struct slice one = slice_cut(&s, '\n');

			if (one.n > 0)
				st = q->line(q->ctx, one);
		}
		if (st != ST_OK)
			break;
		talk_new_answer(t);
	}
	return st;
}

static st_t converse(struct talk *t, const struct question *q, const struct helper_budget *b, struct err *e)
{
	struct slice hint = utf8_clip(slice_str(q->name ? q->name : ""), NAME_MOST);
	struct buf out = BUF_INIT(REQUEST_MOST + 4096);
	int64_t ms = budget_ms(b, q->len);
	uint8_t head[FRAME_HEAD];
	st_t st;

	frame_head(head, (uint8_t)q->type, (uint32_t)(30 + hint.n + q->rest.n));
	buf_add(&out, head, sizeof(head));
	add_be(&out, q->off, 8);
	add_be(&out, q->len, 8);
	add_be(&out, (uint64_t)(ms < INT32_MAX ? ms : INT32_MAX), 4);
	add_be(&out, b->output, 8);
	add_be(&out, hint.n, 2);
	buf_addsl(&out, hint);
	if ((st = buf_addsl(&out, q->rest)) != ST_OK)
		st = err_set(e, st, "a request of %zu bytes", q->rest.n);
	else if ((st = talk_send(t, &out, q->fd, e)) == ST_OK)
		st = talk_answer_lines(t, q, e);
	buf_release(&out);
	return st;
}

/* Our own document for a file that ended its reader. */
static void put_failed(struct buf *facts, const char *reason, uint64_t size)
{
	buf_clear(facts);
	buf_adds(facts, "{\"extractor\":\"helper\",\"version\":1,\"status\":\"unreadable\",\"reason\":");
	json_quote(facts, slice_str(reason));
	buf_addf(facts, ",\"media\":\"application/octet-stream\",\"bytes\":%llu}", (unsigned long long)size);
}

/* Is it the JSON it should be? ST_INVALID with the reason when the file could not be read. Nearly always a look is enough. */
static st_t judge(const struct talk *t, struct buf *facts, struct err *e)
{
	struct json_pick head[] = { { "status", SLICE_NULL }, { "extractor", SLICE_NULL } };
	struct err why = ERR_INIT;
	json_t *j = NULL;
	const char *status, *reason;
	st_t st = ST_OK;

	if (t->type == 'J' && json_sure(buf_slice(facts), head, 2) && head[0].text.n > 0 && head[1].text.n > 0 &&
	    !slice_eq(head[0].text, slice_str("unreadable")))
		return ST_OK;
	if (t->type != 'J' || json_load(&j, buf_slice(facts), &why) != ST_OK || (status = json_text(j, "status")) == NULL ||
	    json_text(j, "extractor") == NULL)
		st = err_set(e, ST_CLOSED, "the reader gave no facts");
	else if (strcmp(status, "unreadable") == 0) {
		reason = json_text(j, "reason");
		st = err_set(e, ST_INVALID, "%s", reason ? reason : "no reason given");
	}
	json_decref(j);
	return st;
}

static void set_memory(struct proc *p, uint64_t memory)
{
	struct rlimit r = { memory, helper_budget_default.memory };

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	if (memory != p->memory && memory <= r.rlim_max && prlimit(p->pid, RLIMIT_AS, &r, NULL) == 0)
		p->memory = memory;
#else
	(void)p; (void)r;
#endif
}

static void explain(struct err *e, st_t st, int status, const struct helper_budget *b, uint64_t len)
{
	if (st == ST_TIMEOUT)
		err_set(e, st, "not read within %lld seconds", (long long)(budget_ms(b, len) / 1000));
	else if (st == ST_CLOSED && WIFSIGNALED(status))
		err_set(e, st, WTERMSIG(status) == SIGSYS ? "the reader tried something forbidden and was stopped (signal %d)" :
		    "the reader crashed (signal %d)", WTERMSIG(status));
}

static st_t helper_talk(struct helpers *h, const struct question *q, const struct helper_budget *b, bool facts, struct buf *answer, struct err *e)
{
	struct talk t = { .in = answer };
	struct proc *p;
	json_t *j = NULL;
	int status;
	st_t st;

	if ((st = take(h, &p, e)) != ST_OK)
		return st;
	t.p = p;
	t.most = b->output < UINT32_MAX - 4096 ? (uint32_t)b->output + 4096 : UINT32_MAX;
	t.deadline = clock_mono_us() + budget_ms(b, q->len) * 1000;
	set_memory(p, b->memory);
	talk_new_answer(&t);
	st = converse(&t, q, b, e);
	if (st == ST_OK && facts)
		st = judge(&t, answer, e);
	else if (st == ST_OK) {
		if (t.type != 'J' || json_load(&j, buf_slice(answer), NULL) != ST_OK)
			st = err_set(e, ST_CLOSED, "the reader gave no answer");
		json_decref(j);
	}
	status = give_back(h, p, st == ST_INVALID ? ST_OK : st);
	explain(e, st, status, b, q->len);
	if (facts && (st == ST_TIMEOUT || st == ST_TOOBIG || st == ST_CLOSED))
		put_failed(answer, e->text, q->len);
	return st;
}

static char program_status(st_t st)
{
	return st == ST_OK ? '0' : st == ST_ABSENT ? 'a' : st == ST_UNSUPPORTED ? 'u' : 'i';
}

/* What pdfinfo and pdftotext say, in the form that indexer/extract/ex_pdf.c takes. */
static st_t ask_programs(struct helpers *h, int fd, struct buf *out)
{
	struct buf info = BUF_INIT(BESIDE_MOST), text = BUF_INIT(BESIDE_MOST);
	st_t a = program_output(h->program, "pdfinfo", fd, PROGRAM_MS, &info, NULL);
	st_t b = a == ST_OK ? program_output(h->program, "pdftotext", fd, PROGRAM_MS, &text, NULL) : a;
	st_t st;

	buf_addf(out, "%c%c%08zx", program_status(a), program_status(b), info.n);
	buf_addsl(out, buf_slice(&info));
	st = buf_addsl(out, buf_slice(&text));
	buf_release(&info);
	buf_release(&text);
	return st;
}

st_t helper_extract(struct helpers *h, int fd, uint64_t off, uint64_t len, const char *name, const struct helper_budget *budget, struct buf *facts,
    struct err *e)
{
	struct question q = { 'F', fd, off, len, name, SLICE_NULL, NULL, NULL };
	struct err mine = ERR_INIT, *ee = e ? e : &mine;
	struct buf beside = BUF_INIT(BESIDE_MOST * 2 + 64);
	st_t st = helper_talk(h, &q, budget ? budget : &helper_budget_default, true, facts, ee);

	/* A format for which there is a program: what it wrote goes in with a second question. */
	if (st == ST_OK && off == 0 && memmem(facts->p, facts->n < 4096 ? facts->n : 4096, "\"wants\":\"pdf\"", 13) != NULL && ask_programs(h, fd, &beside) == ST_OK) {
		q.rest = buf_slice(&beside);
		st = helper_talk(h, &q, budget ? budget : &helper_budget_default, true, facts, ee);
	}
	buf_release(&beside);
	return st;
}

st_t helper_ask(struct helpers *h, char type, int fd, uint64_t off, uint64_t len, const char *name, struct slice rest, const struct helper_budget *budget,
    struct buf *answer, struct err *e)
{
	struct question q = { type, fd, off, len, name, rest, NULL, NULL };
	struct err mine = ERR_INIT;

	if (rest.n > REQUEST_MOST)
		return err_set(e, ST_TOOBIG, "a request of %zu bytes", rest.n);
	return helper_talk(h, &q, budget ? budget : &helper_budget_default, false, answer, e ? e : &mine);
}

/* A dump of 250 MB is read and stored in some minutes; the reader waits meanwhile for the one who stores. */
static const struct helper_budget vocabulary_budget = { 1200000, (uint64_t)512 << 20, (uint64_t)16 << 20 };

st_t helper_vocabulary(struct helpers *h, int fd, uint64_t len, const char *name, st_t (*line)(void *ctx, struct slice json), void *ctx, struct buf *about,
    struct err *e)
{
	struct question q = { 'V', fd, 0, len, name, SLICE_NULL, line, ctx };

	return helper_talk(h, &q, &vocabulary_budget, true, about, e);
}

/* ---- descriptions ---- */

static st_t send_bytes(struct talk *t, uint8_t type, struct slice s, struct err *e)
{
	struct buf out = BUF_INIT(FRAME_HEAD + CHUNK);
	uint8_t head[FRAME_HEAD];
	st_t st = ST_OK;

	do {
		size_t k = s.n < CHUNK ? s.n : CHUNK;

		frame_head(head, type, (uint32_t)k);
		buf_clear(&out);
		buf_add(&out, head, sizeof(head));
		st = buf_add(&out, s.p, k);
		if (st == ST_OK)
			st = talk_send(t, &out, -1, e);
		s = slice_of(s.p + k, s.n - k);
	} while (st == ST_OK && s.n > 0);
	buf_release(&out);
	return st;
}

static st_t send_file(struct talk *t, const struct describe_file *f, struct err *e)
{
	struct buf b = BUF_INIT(CHUNK);
	st_t st = send_bytes(t, 'P', utf8_clip(slice_str(f->path), NAME_MOST), e);

	if (st == ST_OK && f->facts_of == NULL && f->bytes.n > 0)
		st = send_bytes(t, 'D', f->bytes, e);
	/* Facts go in one frame; what does not fit is no short proposal. */
	if (st == ST_OK && f->facts_of != NULL && buf_adds(&b, f->facts_of) == ST_OK && buf_addsl(&b, f->bytes) == ST_OK)
		st = send_bytes(t, 'R', buf_slice(&b), e);
	buf_release(&b);
	return st;
}

st_t helper_describe(struct helpers *h, const char *schema, const struct describe_file *f, size_t n, struct buf *answer, struct err *e)
{
	const struct helper_budget *b = &helper_budget_default;
	struct err mine = ERR_INIT, *ee = e ? e : &mine;
	struct talk t = { .in = answer, .most = (uint32_t)32 << 20, .deadline = clock_mono_us() + b->ms * (int64_t)1000 };
	struct proc *p;
	int status;
	st_t st;

	if ((st = proc_start(h, schema, &p, ee)) != ST_OK)
		return st;
	t.p = p;
	talk_new_answer(&t);
	for (size_t i = 0; i < n && st == ST_OK; i++)
		st = send_file(&t, &f[i], ee);
	if (st == ST_OK)
		st = send_bytes(&t, 'E', SLICE_NULL, ee);
	if (st == ST_OK)
		st = talk_answer(&t, ee);
	if (st == ST_OK && t.type != 'J')
		st = err_set(ee, ST_CLOSED, "the reader gave no description");
	status = proc_end(p, st != ST_CLOSED);
	pthread_mutex_lock(&h->lock);
	h->counts.started++;
	h->counts.crashed += st == ST_CLOSED;
	h->counts.over_budget += st == ST_TIMEOUT || st == ST_TOOBIG;
	pthread_mutex_unlock(&h->lock);
	explain(ee, st, status, b, 0);
	if (st != ST_OK)
		buf_clear(answer);
	return st;
}
