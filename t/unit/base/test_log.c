#include "base/clock.h"
#include "base/log.h"
#include "base/utf8.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "t/unit/unit.h"

static int real_stderr, file;

static int divert(void **state)
{
	char path[] = "/tmp/azekura-log-XXXXXX";

	file = mkstemp(path);
	real_stderr = dup(2);
	if (file < 0 || real_stderr < 0)
		return 1;
	unlink(path);
	clock_set(1700000000000000);
	log_level_set(LOG_LEVEL_INFO);
	return dup2(file, 2) < 0;
}

static int restore(void **state)
{
	clock_set(0);
	dup2(real_stderr, 2);
	close(real_stderr);
	close(file);
	return 0;
}

static struct slice logged(char *out, size_t n)
{
	ssize_t got = pread(file, out, n - 1, 0);

	assert_true(got >= 0);
	out[got] = '\0';
	return slice_of(out, (size_t)got);
}

static void an_event_is_one_line_with_time_level_and_subject(void **state)
{
	char out[500];

	log_warn("importer", "harvest stopped source=%s", "x");
	logged(out, sizeof(out));
	assert_non_null(strstr(out, "2023-11-14T22:13:20"));
	assert_non_null(strstr(out, "warn"));
	assert_non_null(strstr(out, "importer harvest stopped source=x\n"));
}

static void what_came_from_outside_cannot_start_a_line(void **state)
{
	char out[500];
	struct slice s;

	log_error("http", "path=%s", "a\nerror fake\r\x1b[31m");
	s = logged(out, sizeof(out));
	assert_ptr_equal(strchr(out, '\n'), out + s.n - 1);
	assert_null(strchr(out, '\x1b'));
	assert_null(strchr(out, '\r'));
}

static void lines_below_the_level_are_not_written(void **state)
{
	char out[500];

	log_debug("a", "no");
	log_level_set(LOG_LEVEL_ERROR);
	log_warn("a", "no");
	log_level_set(LOG_LEVEL_OFF);
	log_error("a", "no");
	assert_int_equal(logged(out, sizeof(out)).n, 0);
}

static void a_long_line_is_cut_at_a_character_and_still_ends(void **state)
{
	char kura[6001], out[8000];
	struct slice s;
	size_t i;

	for (i = 0; i + 3 < sizeof(kura); i += 3)
		memcpy(kura + i, "\xE5\x80\x89", 4);
	log_info("a", "%s", kura);
	s = logged(out, sizeof(out));
	assert_in_range(s.n, 1000, 2100);
	assert_int_equal(s.p[s.n - 1], '\n');
	assert_true(utf8_valid(s, NULL));
}

static void *many(void *p)
{
	int i;

	for (i = 0; i < 200; i++)
		log_info("t", "from=%s", (const char *)p);
	return NULL;
}

static void lines_of_threads_do_not_mix(void **state)
{
	static char out[400 * 80];
	pthread_t a, b;
	struct slice rest, line;
	unsigned n = 0;
	int flags = fcntl(file, F_GETFL);

	fcntl(file, F_SETFL, flags | O_APPEND);
	assert_int_equal(pthread_create(&a, NULL, many, "aaaaaaaaaaaaaaaa"), 0);
	assert_int_equal(pthread_create(&b, NULL, many, "bbbbbbbbbbbbbbbb"), 0);
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	rest = logged(out, sizeof(out));
	while (rest.n > 0) {
		line = slice_cut(&rest, '\n');
		assert_true(slice_ends(line, "from=aaaaaaaaaaaaaaaa") || slice_ends(line, "from=bbbbbbbbbbbbbbbb"));
		n++;
	}
	assert_int_equal(n, 400);
}

static void levels_have_names(void **state)
{
	enum log_level lv;

	assert_true(log_level_parse("debug", &lv) && lv == LOG_LEVEL_DEBUG);
	assert_true(log_level_parse("off", &lv) && lv == LOG_LEVEL_OFF);
	assert_false(log_level_parse("loud", &lv));
	assert_false(log_level_parse("", &lv));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_event_is_one_line_with_time_level_and_subject, divert, restore),
		cmocka_unit_test_setup_teardown(what_came_from_outside_cannot_start_a_line, divert, restore),
		cmocka_unit_test_setup_teardown(lines_below_the_level_are_not_written, divert, restore),
		cmocka_unit_test_setup_teardown(a_long_line_is_cut_at_a_character_and_still_ends, divert, restore),
		cmocka_unit_test_setup_teardown(lines_of_threads_do_not_mix, divert, restore),
		cmocka_unit_test(levels_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
