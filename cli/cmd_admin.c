/* azekura admin: on the folder itself, or through admin.sock while azekurad has it. */

#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/local.h"
#include "store/admin.h"

struct admin {
	struct cli *c;
	const char *data;
	json_t *args;
};

enum { O_DATA = 256, O_QUICK, O_TEXT /* and on: names[opt - O_TEXT] */ };
static const char *const names[] = { "user", "role", "fullname", "email", "orcid", "label", "days", "token", "slug", "name", "description",
	"bulk", "source", "to", "group", "community" };

static const struct option options[] = {
	{ "data", required_argument, NULL, O_DATA }, { "quick", no_argument, NULL, O_QUICK },
	{ "user", required_argument, NULL, O_TEXT }, { "role", required_argument, NULL, O_TEXT + 1 }, { "fullname", required_argument, NULL, O_TEXT + 2 },
	{ "email", required_argument, NULL, O_TEXT + 3 }, { "orcid", required_argument, NULL, O_TEXT + 4 }, { "label", required_argument, NULL, O_TEXT + 5 },
	{ "days", required_argument, NULL, O_TEXT + 6 }, { "token", required_argument, NULL, O_TEXT + 7 }, { "slug", required_argument, NULL, O_TEXT + 8 },
	{ "name", required_argument, NULL, O_TEXT + 9 }, { "description", required_argument, NULL, O_TEXT + 10 }, { "bulk", required_argument, NULL, O_TEXT + 11 },
	{ "source", required_argument, NULL, O_TEXT + 12 }, { "to", required_argument, NULL, O_TEXT + 13 }, { "group", required_argument, NULL, O_TEXT + 14 },
	{ "community", required_argument, NULL, O_TEXT + 15 },
	{ NULL, 0, NULL, 0 }
};

/* Paths are told to a server that may stand elsewhere: absolute. */
static char *absolute(const char *path)
{
	char *cwd, *p;

	if (path[0] == '/')
		return slice_dup(slice_str(path));
	cwd = getcwd(NULL, 0);
	p = cwd == NULL ? NULL : fs_join(cwd, path);
	free(cwd);
	return p;
}

static bool option(void *ctx, int opt, const char *value)
{
	struct admin *a = ctx;
	const char *name;
	uint64_t n;
	char *path;

	if (opt == O_DATA) {
		a->data = value;
		return true;
	}
	if (opt == O_QUICK)
		return json_put(a->args, "quick", json_true()) == ST_OK;
	name = names[opt - O_TEXT];
	if (strcmp(name, "days") == 0)
		return slice_u64(slice_str(value), 36500, &n) && json_put(a->args, name, json_integer((json_int_t)n)) == ST_OK;
	if (strcmp(name, "bulk") == 0 || strcmp(name, "to") == 0) {
		path = absolute(value);
		json_put(a->args, name, path == NULL ? NULL : json_string(path));
		free(path);
		return json_object_get(a->args, name) != NULL;
	}
	return json_put(a->args, name, json_string(value)) == ST_OK;
}

/* What an operation takes without an option's name. */
static const struct { const char *op, *arg; } operands[] = {
	{ "schema.add", "path" }, { "schema.show", "name" }, { "schema.remove", "name" },
	{ "vocab.load", "path" }, { "vocab.show", "name" }, { "vocab.remove", "name" },
};

static bool take_operand(struct cli *c, const char *op, json_t *args)
{
	bool ok = false;
	char *path;
	size_t i;

	for (i = 0; i < sizeof(operands) / sizeof(operands[0]); i++) {
		if (c->argc != 3 || strcmp(op, operands[i].op) != 0 || json_object_get(args, operands[i].arg) != NULL)
			continue;
		path = strcmp(operands[i].arg, "path") == 0 ? absolute(c->argv[2]) : slice_dup(slice_str(c->argv[2]));
		ok = path != NULL && json_put_str(args, operands[i].arg, slice_str(path)) == ST_OK;
		free(path);
		if (ok)
			c->argc--;
	}
	return ok;
}

static bool step(void *ctx, const char *what, uint64_t done, uint64_t total)
{
	struct admin *a = ctx;

	if (a->c->terminal && !a->c->json)
		fprintf(stderr, "\r%s %llu%s%.0llu\033[K", what, (unsigned long long)done, total != 0 ? " of " : "", (unsigned long long)total);
	return true;
}

/* A job of the server's: watched until it ends. */
static st_t watch_job(struct admin *a, json_t **out, struct err *e)
{
	struct timespec wait = { 0, 300000000 };
	json_t *job = *out, *result;
	const char *state;
	char *url = conn_url(a->c, "/api/jobs/%lld", (long long)json_integer_value(json_object_get(job, "id")));
	st_t st = ST_OK;

	for (;;) {
		state = json_text(job, "state");
		if (st != ST_OK || state == NULL || (strcmp(state, "waiting") != 0 && strcmp(state, "running") != 0))
			break;
		(void)!step(a, json_text(job, "message") == NULL ? "waiting" : json_text(job, "message"),
		    (uint64_t)json_integer_value(json_object_get(job, "done")), (uint64_t)json_integer_value(json_object_get(job, "total")));
		nanosleep(&wait, NULL);
		json_decref(job);
		job = NULL;
		st = conn_get(a->c, url, &job, e);
	}
	result = json_incref(json_object_get(job, "result"));
	if (st == ST_OK && result == NULL)
		st = err_set(e, ST_INTERNAL, "%s", json_text(job, "message") == NULL ? "the job was cancelled" : json_text(job, "message"));
	json_decref(job);
	free(url);
	*out = result;
	return st;
}

static st_t over_socket(struct admin *a, const char *op, json_t **out, struct err *e)
{
	char *url;
	struct conn_call call = { .method = "POST" };
	struct buf body = BUF_INIT(1 << 20);
	st_t st;

	free(a->c->server);
	a->c->server = slice_dup(SLICE("http://localhost"));
	a->c->unix_path = fs_join(a->data, "admin.sock");
	url = conn_url(a->c, "/api/admin/%s", op);
	st = json_dump(&body, a->args, false);
	call.body = buf_slice(&body);
	if (st == ST_OK)
		st = conn_json(a->c->client, a->c, &call, url, out, e);
	if (st == ST_OK && admin_op_find(op)->slow)
		st = watch_job(a, out, e);
	buf_release(&body);
	free(url);
	return st;
}

static st_t run(struct admin *a, const char *op, json_t **out, struct err *e)
{
	struct progress p = { step, a };
	struct repo *repo = NULL;
	st_t st = local_open(a->data, false, &repo, e);

	if (st == ST_OK) {
		/* Records in bulk are put into search while they come, not when the server starts the next time. */
		struct local_index *ix = strcmp(op, "import") == 0 ? local_index_start(repo) : NULL;

		st = admin_run(repo, op, a->args, &p, out, e);
		local_index_end(ix, st == ST_OK);
		local_close(repo);
		return st;
	}
	if (st != ST_BUSY)
		return st;
	if (admin_op_find(op)->offline)
		return err_set(e, ST_BUSY, "'%s' is being served: stop azekurad first", a->data);
	err_clear(e);
	return over_socket(a, op, out, e);
}

static void print_table(struct cli *c, const json_t *list)
{
	json_t *row, *v;
	const char *key;
	size_t i;

	json_array_foreach(list, i, row) {
		struct buf line = BUF_INIT(65536);

		if (json_is_string(row))
			buf_adds(&line, json_string_value(row));
		json_object_foreach(row, key, v) {
			if (json_is_string(v))
				buf_addf(&line, "%s%s", line.n == 0 ? "" : "  ", json_string_value(v));
			else if (json_is_integer(v) && strcmp(key, "id") != 0)
				buf_addf(&line, "%s%lld %s", line.n == 0 ? "" : "  ", (long long)json_integer_value(v), key);
		}
		say(c, "%s", line.p == NULL ? "" : line.p);
		buf_release(&line);
	}
	if (i == 0)
		say(c, "none");
}

/* {"en": 3, "ja": 2} */
static void print_counts(struct cli *c, const char *name, json_t *counts)
{
	struct buf line = BUF_INIT(65536);
	const char *key;
	json_t *v;

	json_object_foreach(counts, key, v)
		if (json_is_integer(v))
			buf_addf(&line, "%s%s %lld", line.n == 0 ? "" : ", ", key, (long long)json_integer_value(v));
	if (line.n > 0)
		say(c, "%-14s %s", name, line.p);
	buf_release(&line);
}

static int print(struct cli *c, const char *op, json_t *out)
{
	int code = EX_FINE;
	const char *key;
	json_t *v;

	if (strcmp(op, "fsck") == 0 && json_integer_value(json_object_get(out, "faults")) > 0)
		code = EX_FAILED;
	/* The token alone, so that a script can take it. */
	if (!c->json && strcmp(op, "token.create") == 0) {
		puts(json_text(out, "token"));
		json_decref(out);
		return code;
	}
	if (c->json) {
		say_json(out);
		return code;
	}
	json_object_foreach(out, key, v) {
		if (json_is_array(v))
			print_table(c, v);
		else if (json_is_string(v))
			say(c, "%-14s %s", key, json_string_value(v));
		else if (json_is_integer(v))
			say(c, "%-14s %lld", key, (long long)json_integer_value(v));
		else if (json_is_object(v))
			print_counts(c, key, v);
	}
	json_decref(out);
	return code;
}

/* "token create" is "token.create"; "fsck" is itself; "user enable" and "group remove" are their opposites turned round. */
static char *op_name(struct cli *c, json_t *args)
{
	struct buf b = BUF_INIT(100);

	if (c->argc == 0)
		return NULL;
	if (c->argc == 2 && strcmp(c->argv[0], "user") == 0 && strcmp(c->argv[1], "enable") == 0) {
		json_put(args, "disabled", json_false());
		return slice_dup(SLICE("user.disable"));
	}
	if (c->argc == 2 && strcmp(c->argv[0], "group") == 0 && strcmp(c->argv[1], "remove") == 0) {
		json_put(args, "member", json_false());
		return slice_dup(SLICE("group.add"));
	}
	buf_adds(&b, c->argv[0]);
	if (admin_op_find(c->argv[0]) == NULL && c->argc > 1)
		buf_addf(&b, ".%s", c->argv[1]);
	return b.st == ST_OK ? buf_take(&b, NULL) : NULL;
}

int cmd_admin(struct cli *c)
{
	struct admin a = { .c = c };
	struct err e = ERR_INIT;
	json_t *out = NULL;
	char *op;
	int code;
	st_t st;

	if (c->argc > 1 && strcmp(c->argv[1], "init") == 0) {
		c->argc--;
		c->argv++;
		c->command = "init";
		return cmd_init(c);
	}
	a.args = json_object();
	if (!cli_options(c, options, option, &a)) {
		json_decref(a.args);
		return EX_WRONG_USE;
	}
	op = op_name(c, a.args);
	if (op == NULL || admin_op_find(op) == NULL)
		code = say_wrong_use(c, op == NULL ? "say what to do" : "there is no 'admin %s'", op == NULL ? "" : op);
	else if ((void)take_operand(c, op, a.args), c->argc > (strchr(op, '.') != NULL ? 2 : 1))
		code = say_wrong_use(c, "'%s' is too much", c->argv[c->argc - 1]);
	else if (a.data == NULL)
		code = say_wrong_use(c, "say which repository: --data DIR");
	else if ((st = run(&a, op, &out, &e)) != ST_OK)
		code = say_failed(c, st, &e);
	else {
		if (c->terminal && !c->json)
			fputs("\r\033[K", stderr);
		code = print(c, op, out);
	}
	json_decref(a.args);
	free(op);
	return code;
}
