/* The pool of readers: warm, replaced when they die, held to their budgets, shut in. */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "net/helper.h"
#include "t/unit/unit.h"

static char *built(const char *name)
{
	const char *dir = getenv("AZEKURA_BUILD");

	return fs_join(dir ? dir : ".", name);
}

static struct helpers *pool(const char *program, unsigned max)
{
	struct helpers *h = NULL;
	struct err e = ERR_INIT;
	char *path = built(program);

	assert_st_e(ST_OK, helpers_new(&h, path, max, &e), &e);
	free(path);
	return h;
}

static int file_of(const void *p, size_t n)
{
	int fd = memfd_create("bytes", MFD_CLOEXEC);

	assert_true(fd >= 0 && write(fd, p, n) == (ssize_t)n);
	return fd;
}

static json_t *read_bytes(struct helpers *h, const void *p, size_t n, const struct helper_budget *b, st_t want, struct err *e)
{
	struct buf facts = BUF_INIT((size_t)16 << 20);
	int fd = file_of(p, n);
	json_t *j = NULL;

	assert_st_e(want, helper_extract(h, fd, 0, n, "a.csv", b, &facts, e), e);
	if (facts.n)
		assert_st(ST_OK, json_load(&j, buf_slice(&facts), NULL));
	buf_release(&facts);
	close(fd);
	return j;
}

static void expect_rows(struct helpers *h, const char *csv, long long rows)
{
	struct err e = ERR_INIT;
	json_t *j = read_bytes(h, csv, strlen(csv), NULL, ST_OK, &e);

	assert_int_equal(rows, json_integer_value(json_at(j, "tables[0].rows")));
	json_decref(j);
}

static void one_process_reads_many_files(void **state)
{
	struct helpers *h = pool("azekura-extract", 2);
	struct helper_counts c;
	int i;

	for (i = 0; i < 20; i++)
		expect_rows(h, "a,b\n1,2\n3,4\n", 2);
	helpers_counts(h, &c);
	assert_int_equal(20, c.files);
	assert_int_equal(1, c.started);
	assert_int_equal(0, c.crashed);
	helpers_free(h);
}

struct many { struct helpers *h; unsigned wrong; };

static void *many_main(void *arg)
{
	struct many *m = arg;
	struct buf facts = BUF_INIT(1 << 20);
	struct err e = ERR_INIT;
	int i, fd = file_of("a,b\n1,2\n", 8);

	for (i = 0; i < 25; i++)
		m->wrong += helper_extract(m->h, fd, 0, 8, "a.csv", NULL, &facts, &e) != ST_OK || facts.n == 0;
	close(fd);
	buf_release(&facts);
	return NULL;
}

static void more_threads_than_processes_wait_their_turn(void **state)
{
	struct helpers *h = pool("azekura-extract", 2);
	struct many m[6];
	struct helper_counts c;
	pthread_t th[6];
	int i;

	for (i = 0; i < 6; i++) {
		m[i] = (struct many){ h, 0 };
		assert_int_equal(0, pthread_create(&th[i], NULL, many_main, &m[i]));
	}
	for (i = 0; i < 6; i++) {
		pthread_join(th[i], NULL);
		assert_int_equal(0, m[i].wrong);
	}
	helpers_counts(h, &c);
	assert_int_equal(150, c.files);
	assert_true(c.started <= 2);
	helpers_free(h);
}

static void what_cannot_be_read_says_why_and_costs_no_process(void **state)
{
	struct helpers *h = pool("azekura-extract", 1);
	struct err e = ERR_INIT;
	struct helper_counts c;
	json_t *j = read_bytes(h, "a,b\n1,\"x\n", 9, NULL, ST_INVALID, &e);

	assert_string_equal("the quote opened in record 2 is never closed", e.text);
	assert_string_equal("unreadable", json_text(j, "status"));
	json_decref(j);
	expect_rows(h, "a,b\n1,2\n", 1);
	helpers_counts(h, &c);
	assert_int_equal(1, c.started);
	helpers_free(h);
}

static void what_nobody_claims_costs_only_its_head(void **state)
{
	struct helpers *h = pool("azekura-extract", 1);
	size_t n = (size_t)64 << 20, i;
	struct err e = ERR_INIT;
	char *p = malloc(n);
	json_t *j;

	for (i = 0; i < n; i++)
		p[i] = (char)(i * 7 + i / 251);
	memcpy(p, "\x7F" "ELF\2\1\1\0", 8);
	for (i = 0; i < 3; i++) {
		j = read_bytes(h, p, n, NULL, ST_OK, &e);
		assert_string_equal("application/x-executable", json_text(j, "media"));
		json_decref(j);
		expect_rows(h, "a,b\n1,2\n", 1);
	}
	free(p);
	helpers_free(h);
}

static void a_part_of_a_file_can_be_read(void **state)
{
	struct helpers *h = pool("azekura-extract", 1);
	struct buf facts = BUF_INIT(1 << 20);
	struct err e = ERR_INIT;
	int fd = file_of("xxxxa,b\n1,2\nyyyy", 16);
	json_t *j = NULL;

	assert_st_e(ST_OK, helper_extract(h, fd, 4, 8, "a.csv", NULL, &facts, &e), &e);
	assert_st(ST_OK, json_load(&j, buf_slice(&facts), NULL));
	assert_int_equal(1, json_integer_value(json_at(j, "tables[0].rows")));
	json_decref(j);
	/* Shorter than said: not the reader's fault, and no facts. */
	assert_true(helper_extract(h, fd, 4, 100, "a.csv", NULL, &facts, &e) != ST_OK);
	close(fd);
	buf_release(&facts);
	expect_rows(h, "a,b\n1,2\n", 1);
	helpers_free(h);
}

/* bad_helper behaves as the first bytes of the file tell it. */
static void a_crash_is_told_and_the_process_replaced(void **state)
{
	struct helpers *h = pool("t/unit/net/bad_helper", 1);
	struct helper_counts c;
	struct err e = ERR_INIT;
	json_t *j;
	int i;

	for (i = 1; i <= 3; i++) {
		j = read_bytes(h, "crash", 5, NULL, ST_CLOSED, &e);
		assert_string_equal("the reader crashed (signal 6)", e.text);
		assert_string_equal("unreadable", json_text(j, "status"));
		assert_string_equal(e.text, json_text(j, "reason"));
		json_decref(j);
		json_decref(read_bytes(h, "fine", 4, NULL, ST_OK, &e));
		helpers_counts(h, &c);
		assert_int_equal(i, c.crashed);
		assert_int_equal(i + 1, c.started);
	}
	helpers_free(h);
}

static void nonsense_from_a_reader_is_a_crash(void **state)
{
	static const char *const kinds[] = { "noise", "notjson", "noframe", "early-exit" };
	struct helpers *h = pool("t/unit/net/bad_helper", 1);
	struct err e = ERR_INIT;
	size_t i;

	for (i = 0; i < 4; i++) {
		json_decref(read_bytes(h, kinds[i], strlen(kinds[i]), NULL, ST_CLOSED, &e));
		json_decref(read_bytes(h, "fine", 4, NULL, ST_OK, &e));
	}
	helpers_free(h);
}

static void budgets_of_time_and_output_hold(void **state)
{
	struct helpers *h = pool("t/unit/net/bad_helper", 1);
	struct helper_budget b = { 200, 1 << 28, 100000 };
	struct helper_counts c;
	struct err e = ERR_INIT;
	int64_t from = clock_mono_us();
	json_t *j;

	j = read_bytes(h, "sleep", 5, &b, ST_TIMEOUT, &e);
	assert_true(clock_mono_us() - from < 5000000);
	assert_string_equal("unreadable", json_text(j, "status"));
	json_decref(j);
	j = read_bytes(h, "much", 4, &b, ST_TOOBIG, &e);
	assert_string_equal("unreadable", json_text(j, "status"));
	json_decref(j);
	json_decref(read_bytes(h, "fine", 4, &b, ST_OK, &e));
	helpers_counts(h, &c);
	assert_int_equal(2, c.over_budget);
	assert_int_equal(3, c.started);
	helpers_free(h);
}

static void a_reader_without_a_cell_is_not_used(void **state)
{
	char *path = built("t/unit/net/bad_helper");
	struct helpers *h = NULL;
	struct buf facts = BUF_INIT(1000);
	struct err e = ERR_INIT;
	int fd = file_of("x", 1);

	assert_st(ST_ABSENT, helpers_new(&h, "/nowhere/azekura-extract", 1, &e));
	assert_st(ST_OK, helpers_new(&h, "/bin/true", 1, &e));
	assert_true(helper_extract(h, fd, 0, 1, "x", NULL, &facts, &e) != ST_OK);
	assert_int_equal(0, facts.n);
	helpers_free(h);
	close(fd);
	free(path);
}

/* A stranger's program in the reader's place, with no environment and one open socket. */
static void a_reader_gets_nothing_but_its_socket(void **state)
{
	struct helpers *h = pool("t/unit/net/bad_helper", 1);
	int extra = open("/dev/null", O_RDONLY);	/* without O_CLOEXEC */
	struct err e = ERR_INIT;
	json_t *j;

	setenv("AZEKURA_TEST_SECRET", "x", 1);
	j = read_bytes(h, "look", 4, NULL, ST_OK, &e);
	assert_int_equal(0, json_integer_value(json_object_get(j, "environment")));
	assert_int_equal(3, json_integer_value(json_object_get(j, "descriptors")));
	json_decref(j);
	close(extra);
	helpers_free(h);
}

static int probe(const char *what)
{
	char *path = built("t/unit/net/sandbox_probe"), *argv[] = { path, (char *)what, NULL }, *envp[] = { NULL };
	posix_spawn_file_actions_t fa;
	int status = -1;
	pid_t pid;

	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_WRONLY, 0);
	assert_int_equal(0, posix_spawn(&pid, path, &fa, NULL, argv, envp));
	posix_spawn_file_actions_destroy(&fa);
	assert_true(waitpid(pid, &status, 0) == pid);
	free(path);
	return status;
}

static void the_cell_holds(void **state)
{
	static const char *const forbidden[] = { "open", "create", "socket", "unix", "fork", "thread", "exec", "kill", "ptrace", "unlink", "fd", "wx", "memory", "signal", "limits", "own" };
	size_t i;
	int status;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	skip();
#endif
	status = probe("works");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 2)
		fail_msg("the cell cannot be closed here");
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	for (i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		status = probe(forbidden[i]);
		if (!(WIFEXITED(status) && WEXITSTATUS(status) == 0) && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS))
			fail_msg("%s: wait status %x", forbidden[i], status);
	}
}

static void the_cell_of_programs_holds(void **state)
{
	static const char *const forbidden[] = { "open", "create", "write", "socket", "unix", "fork", "thread", "exec", "kill", "ptrace", "unlink", "signal", "limits", "own" };
	char name[40];
	size_t i;
	int status;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	skip();
#endif
	status = probe("program-works");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 2)
		skip();		/* a kernel without Landlock: programs are not started there */
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	for (i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		snprintf(name, sizeof(name), "program-%s", forbidden[i]);
		status = probe(name);
		if (!(WIFEXITED(status) && WEXITSTATUS(status) == 0) && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS))
			fail_msg("%s: wait status %x", name, status);
	}
}

static void a_pdf_is_read_by_a_program_beside_the_reader(void **state)
{
	static const char pdf[] =
	    "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
	    "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 100]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj\n"
	    "4 0 obj<</Length 57>>stream\nBT /F 12 Tf 20 50 Td (Cypress logs do not need nails) Tj ET\nendstream endobj\n"
	    "5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n6 0 obj<</Title(Of logs)/Author(Joho Taro)>>endobj\n"
	    "trailer<</Root 1 0 R/Info 6 0 R/Size 7>>\n%%EOF\n";
	struct helpers *h;
	struct err e = ERR_INIT;
	json_t *j;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	skip();		/* the cell of programs limits address space, under which no sanitizer starts */
#endif
	h = pool("azekura-extract", 1);
	j = read_bytes(h, pdf, sizeof(pdf) - 1, NULL, ST_OK, &e);

	assert_string_equal("application/pdf", json_text(j, "media"));
	if (strcmp(json_text(j, "status"), "partial") == 0 && (strstr(json_text(j, "reason"), "not installed") || strstr(json_text(j, "reason"), "Landlock"))) {
		json_decref(j);
		helpers_free(h);
		skip();
	}
	assert_string_equal("ok", json_text(j, "status"));
	assert_int_equal(1, json_integer_value(json_at(j, "document.pages")));
	assert_string_equal("Of logs", json_string_value(json_at(j, "document.title")));
	assert_non_null(strstr(json_text(j, "text"), "Cypress logs do not need nails"));
	assert_string_equal("document author", json_string_value(json_object_get(json_at(j, "record.places"), "/creators/0")));
	json_decref(j);
	helpers_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_process_reads_many_files),
		cmocka_unit_test(more_threads_than_processes_wait_their_turn),
		cmocka_unit_test(what_cannot_be_read_says_why_and_costs_no_process),
		cmocka_unit_test(what_nobody_claims_costs_only_its_head),
		cmocka_unit_test(a_part_of_a_file_can_be_read),
		cmocka_unit_test(a_crash_is_told_and_the_process_replaced),
		cmocka_unit_test(nonsense_from_a_reader_is_a_crash),
		cmocka_unit_test(budgets_of_time_and_output_hold),
		cmocka_unit_test(a_reader_without_a_cell_is_not_used),
		cmocka_unit_test(a_reader_gets_nothing_but_its_socket),
		cmocka_unit_test(the_cell_holds),
		cmocka_unit_test(the_cell_of_programs_holds),
		cmocka_unit_test(a_pdf_is_read_by_a_program_beside_the_reader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
