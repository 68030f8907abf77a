/*
 * The shared list of hostile requests (make_hostile.py, surface http-raw) against a server whose handler takes everything, so
 * that whatever is refused was refused by net/. Cases that only a server with records can judge (ranges, paths, queries,
 * multipart, methods) are sent too; of those only the answer or the close, and the health afterwards, are checked.
 */

#include "t/unit/net/serve.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/str.h"

static char folder[] = "/tmp/azekura-hostile-XXXXXX";

/* Write the cases with the shared script. False: it is not here. */
static bool make_cases(void)
{
	const char *shared = getenv("AZEKURA_SHARED"), *src = getenv("AZEKURA_SRC");
	char script[1000];
	int status;
	pid_t pid;

	if (shared != NULL)
		snprintf(script, sizeof(script), "%s/hostile/make_hostile.py", shared);
	else
		snprintf(script, sizeof(script), "%s/../shared/hostile/make_hostile.py", src != NULL ? src : ".");
	if (!fs_exists(script))
		return false;
	assert_non_null(mkdtemp(folder));
	pid = fork();
	if (pid == 0) {
		if (freopen("/dev/null", "w", stdout) != NULL)
			execlp("python3", "python3", script, folder, "--only", "http-", "--scale", "0.05", (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	return true;
}

static json_t *load(const char *name)
{
	struct buf b = BUF_INIT(16 << 20);
	struct err e = ERR_INIT;
	char *path = fs_join(folder, name);
	json_t *j = NULL;

	assert_int_equal(fs_read_file(path, &b, &e), ST_OK);
	if (json_load(&j, buf_slice(&b), &e) != ST_OK)
		fail_msg("%s: %s", name, e.text);
	free(path);
	buf_release(&b);
	return j;
}

/* Send a timing script, a hundred times faster than written. */
static void say_script(int fd, const char *name)
{
	json_t *steps = load(name), *step;
	size_t i;

	json_array_foreach(steps, i, step) {
		struct slice hex = json_slice(json_object_get(step, "send_hex"));
		int64_t ms = json_integer_value(json_object_get(step, "sleep_ms"));
		struct pollfd p = { fd, POLLIN, 0 };
		char *bytes = malloc(hex.n / 2 + 1);

		assert_int_equal(hex_decode(bytes, hex), ST_OK);
		say_n(fd, bytes, hex.n / 2);
		free(bytes);
		if (ms > 0 && poll(&p, 1, (int)(ms / 100)) > 0)
			break;
	}
	json_decref(steps);
}

static bool is_one_of(const char *what, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(what, *list) == 0)
			return true;
	return false;
}

/* May net/ alone decide this case? */
static bool ours(const json_t *c)
{
	static const char *const classes[] = { "request smuggling", "chunked", "host", "http", "slow", "method", NULL };
	const char *error = json_text(c, "error");

	return is_one_of(json_text(c, "class"), classes) && (error == NULL || strncmp(error, "method", 6) != 0)
	    && strcmp(json_text(c, "id"), "http-gzip-body-bomb") != 0;
}

static void one_case(struct serve *s, const json_t *c)
{
	const char *id = json_text(c, "id"), *class = json_text(c, "class"), *expect = json_text(c, "expect"), *script = json_text(c, "script");
	struct buf bytes = BUF_INIT(16 << 20), got = BUF_INIT(64 << 20);
	char *path = fs_join(folder, json_text(c, "file"));
	int heads = serve_peek(s, &s->heads), fd = dial(s), status = 0;
	struct err e = ERR_INIT;

	assert_int_equal(fs_read_file(path, &bytes, &e), ST_OK);
	if (script != NULL) {
		say_script(fd, script);
	} else {
		say_n(fd, bytes.p, bytes.n);
		shutdown(fd, SHUT_WR);
	}
	hear_all(fd, &got);
	if (got.n > 12)
		status = (int)strtol(got.p + 9, NULL, 10);
	if (got.n > 0 && memcmp(got.p, "HTTP/1.1 ", 9) != 0)
		fail_msg("%s: answer is not HTTP", id);
	if (ours(c) && strcmp(expect, "reject") == 0 && status != 0 && status < 400)
		fail_msg("%s: answered %d, should be refused", id, status);
	if (ours(c) && strcmp(expect, "accept") == 0 && (status < 200 || status > 299))
		fail_msg("%s: answered %d, should be taken", id, status);
	if (strcmp(class, "request smuggling") == 0 || strcmp(class, "chunked") == 0)
		if (serve_peek(s, &s->heads) > heads + 1)
			fail_msg("%s: a hidden request was served", id);
	free(path);
	buf_release(&bytes);
	buf_release(&got);
	if (ask(s, "GET /hello HTTP/1.1\r\nHost: t\r\n\r\n", &got) != 200)
		fail_msg("%s: an honest request is not served afterwards", id);
	buf_release(&got);
}

static void hostile_requests_are_refused_and_honest_ones_served(void **state)
{
	struct http_limits lim = http_limits_default;
	json_t *manifest, *c;
	struct err e = ERR_INIT;
	struct serve s;
	size_t i, n = 0;

	(void)state;
	if (!make_cases()) {
		if (getenv("CI") != NULL && strcmp(getenv("CI"), "true") == 0)
			fail_msg("the shared hostile cases are missing");
		skip();
	}
	lim.head_ms = lim.body_stall_ms = lim.write_stall_ms = 300;
	serve_start(&s, &lim, 1);
	s.open = true;
	manifest = load("manifest.json");
	json_array_foreach(json_is_array(manifest) ? manifest : json_object_get(manifest, "cases"), i, c)
		if (strcmp(json_text(c, "surface"), "http-raw") == 0) {
			one_case(&s, c);
			n++;
		}
	assert_true(n > 100);
	json_decref(manifest);
	serve_stop(&s);
	assert_int_equal(fs_remove_tree(folder, &e), ST_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_requests_are_refused_and_honest_ones_served),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
