/* What concerns one record: status, publish, new-version, withdraw, and who we are. */

#include <getopt.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/cli.h"
#include "schema/assertion.h"

static bool no_option(void *ctx, int opt, const char *value)
{
	(void)ctx;
	(void)opt;
	(void)value;
	return false;
}
static const struct option no_options[] = { { NULL, 0, NULL, 0 } };

static bool one_operand(struct cli *c, const char *what)
{
	if (c->argc == 1)
		return true;
	say_wrong_use(c, "say which: azekura %s %s", c->command, what);
	return false;
}

static const char *text_at(const json_t *j, const char *path)
{
	const char *s = json_string_value(json_at(j, path));

	return s == NULL ? "" : s;
}

/* ---- status ---- */

static int status_drafts(struct cli *c)
{
	struct err e = ERR_INIT;
	json_t *list = NULL, *one;
	char *url = conn_url(c, "/api/user/records?size=100");
	size_t i;
	st_t st = conn_get(c, url, &list, &e);

	free(url);
	if (st != ST_OK)
		return say_failed(c, st, &e);
	if (c->json) {
		say_json(list);
		return EX_FINE;
	}
	json_array_foreach(json_at(list, "hits.hits"), i, one)
		say(c, "%s  %-26s %s", text_at(one, "id"), text_at(one, "status"), text_at(one, "metadata.title"));
	if (i == 0)
		say(c, "no drafts");
	json_decref(list);
	return EX_FINE;
}

int cmd_status(struct cli *c)
{
	struct err e = ERR_INIT;
	json_t *rec = NULL, *place = NULL;
	char *url, size[32];
	st_t st;

	if (!cli_options(c, no_options, no_option, NULL))
		return EX_WRONG_USE;
	if (c->argc == 0)
		return status_drafts(c);
	if (!one_operand(c, "[ID]"))
		return EX_WRONG_USE;
	url = conn_url(c, "/api/records/%s", c->argv[0]);
	st = conn_get(c, url, &rec, &e);
	free(url);
	if (st == ST_ABSENT) {
		url = conn_url(c, "/api/records/%s/draft", c->argv[0]);
		st = conn_get(c, url, &rec, &e);
		free(url);
	}
	if (st != ST_OK)
		return say_failed(c, st, &e);
	url = conn_url(c, "/api/records/%s/status", c->argv[0]);
	(void)!conn_get(c, url, &place, NULL);
	free(url);
	if (c->json) {
		if (place != NULL)
			json_put(rec, "processing", json_incref(place));
		say_json(rec);
		json_decref(place);
		return EX_FINE;
	}
	say(c, "%s", text_at(rec, "metadata.title"));
	say(c, "state    %s", text_at(rec, "status"));
	say(c, "files    %lld, %s", (long long)json_integer_value(json_at(rec, "files.count")),
	    human_size(size, (uint64_t)json_integer_value(json_at(rec, "files.total_bytes"))));
	if (place != NULL) {
		say(c, "search   %s", json_is_true(json_object_get(place, "indexed")) ? "found" : "waiting");
		say(c, "reading  %s", json_is_true(json_object_get(place, "extracted")) ? "done" : "under way");
	}
	say(c, "page     %s", text_at(rec, "links.self_html"));
	json_decref(rec);
	json_decref(place);
	return EX_FINE;
}

/* ---- publish, new-version, withdraw ---- */

static int act(struct cli *c, const char *method, const char *url, const json_t *body, const char *done)
{
	struct err e = ERR_INIT;
	json_t *rec = NULL;
	st_t st = conn_send(c, method, url, body, &rec, &e);

	if (st != ST_OK)
		return say_failed(c, st, &e);
	if (c->json) {
		say_json(rec != NULL ? rec : json_object());
		return EX_FINE;
	}
	say(c, "%s %s", done, c->argv[0]);
	if (rec != NULL)
		say(c, "page      %s", text_at(rec, "links.self_html"));
	json_decref(rec);
	return EX_FINE;
}

static bool publish_option(void *ctx, int opt, const char *value)
{
	(void)value;
	if (opt != 'c')
		return false;
	*(bool *)ctx = true;
	return true;
}

/* Where somebody can answer, what programs proposed is shown before it goes out under a person's name. */
static bool ask_confirm(struct cli *c, const char *id)
{
	json_t *doc = NULL;
	struct err e = ERR_INIT;
	char line[64];
	bool draft, yes = false;

	if (c->json || c->quiet || !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO) || proposals_get(c, id, &doc, &draft, &e) != ST_OK)
		return false;
	if (draft && assertions_open(doc) > 0) {
		proposals_say(c, doc);
		fprintf(stderr, "Programs proposed these values. Are they right? [y/N]: ");
		fflush(stderr);
		yes = fgets(line, sizeof(line), stdin) != NULL && (line[0] == 'y' || line[0] == 'Y');
	}
	json_decref(doc);
	return yes;
}

int cmd_publish(struct cli *c)
{
	static const struct option options[] = { { "confirm", no_argument, NULL, 'c' }, { NULL, 0, NULL, 0 } };
	bool confirm = false;
	json_t *body;
	char *url;
	int code;

	if (!cli_options(c, options, publish_option, &confirm) || !one_operand(c, "ID"))
		return EX_WRONG_USE;
	if (!confirm)
		confirm = ask_confirm(c, c->argv[0]);
	body = confirm ? json_pack("{s:b}", "confirm", 1) : NULL;
	url = conn_url(c, "/api/records/%s/draft/actions/publish", c->argv[0]);
	code = act(c, "POST", url, body, "published");
	json_decref(body);
	free(url);
	return code;
}

int cmd_new_version(struct cli *c)
{
	struct err e = ERR_INIT;
	json_t *draft = NULL;
	char *url;
	st_t st;

	if (!cli_options(c, no_options, no_option, NULL) || !one_operand(c, "ID"))
		return EX_WRONG_USE;
	url = conn_url(c, "/api/records/%s/versions", c->argv[0]);
	st = conn_send(c, "POST", url, NULL, &draft, &e);
	free(url);
	if (st == ST_OK) {
		url = conn_url(c, "/api/records/%s/draft/actions/files-import", text_at(draft, "id"));
		st = conn_send(c, "POST", url, NULL, NULL, &e);
		free(url);
	}
	if (st != ST_OK) {
		json_decref(draft);
		return say_failed(c, st, &e);
	}
	if (c->json) {
		say_json(draft);
		return EX_FINE;
	}
	say(c, "draft    %s", text_at(draft, "id"));
	say(c, "next     azekura deposit FOLDER --new-version %s, or change it and: azekura publish %s", c->argv[0], text_at(draft, "id"));
	json_decref(draft);
	return EX_FINE;
}

struct withdraw { const char *reason, *note; };

static bool withdraw_option(void *ctx, int opt, const char *value)
{
	struct withdraw *w = ctx;

	if (opt == 'r')
		w->reason = value;
	else if (opt == 'n')
		w->note = value;
	else
		return false;
	return true;
}

int cmd_withdraw(struct cli *c)
{
	static const struct option options[] = { { "reason", required_argument, NULL, 'r' }, { "note", required_argument, NULL, 'n' }, { NULL, 0, NULL, 0 } };
	struct withdraw w = { NULL, NULL };
	json_t *body;
	char *url;
	int code;

	if (!cli_options(c, options, withdraw_option, &w) || !one_operand(c, "ID"))
		return EX_WRONG_USE;
	if (w.reason == NULL)
		return say_wrong_use(c, "say why: --reason TEXT");
	body = json_pack("{s:s, s:s?}", "reason", w.reason, "note", w.note);
	url = conn_url(c, "/api/records/%s/actions/withdraw", c->argv[0]);
	code = act(c, "POST", url, body, "withdrawn");
	free(url);
	json_decref(body);
	return code;
}

/* ---- login, whoami ---- */

static int who(struct cli *c, json_t **out)
{
	struct err e = ERR_INIT;
	char *url = conn_url(c, "/api/user");
	st_t st = conn_get(c, url, out, &e);

	free(url);
	return st == ST_OK ? EX_FINE : say_failed(c, st, &e);
}

int cmd_whoami(struct cli *c)
{
	json_t *me = NULL;
	int code;

	if (!cli_options(c, no_options, no_option, NULL))
		return EX_WRONG_USE;
	if (c->token == NULL) {
		say_error(c, "no token: log in with 'azekura login %s'", c->server);
		return EX_REFUSED;
	}
	code = who(c, &me);
	if (code != EX_FINE)
		return code;
	if (c->json) {
		say_json(me);
		return EX_FINE;
	}
	say(c, "%s  %s  at %s", text_at(me, "username"), text_at(me, "role"), c->server);
	json_decref(me);
	return EX_FINE;
}

/* A line without its end; unseen while it is typed. Owned. */
static char *read_token(void)
{
	struct termios was, quiet;
	bool tty = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &was) == 0;
	char line[512], *got;

	if (tty) {
		quiet = was;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
		fputs("Token: ", stderr);
	}
	got = fgets(line, sizeof(line), stdin);
	if (tty) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
		fputc('\n', stderr);
	}
	if (got == NULL)
		return NULL;
	line[strcspn(line, "\r\n")] = '\0';
	return slice_dup(slice_trim(slice_str(line)));
}

int cmd_login(struct cli *c)
{
	struct err e = ERR_INIT;
	json_t *me = NULL;
	int code;

	if (!cli_options(c, no_options, no_option, NULL) || c->argc > 1)
		return EX_WRONG_USE;
	if (c->argc == 1) {
		size_t n = strlen(c->argv[0]);

		while (n > 0 && c->argv[0][n - 1] == '/')
			n--;
		free(c->server);
		c->server = slice_dup(slice_of(c->argv[0], n));
	}
	free(c->token);
	c->token = read_token();
	if (c->token == NULL || c->token[0] == '\0')
		return say_wrong_use(c, "no token was given");
	code = who(c, &me);
	if (code != EX_FINE)
		return code;
	if (state_login_save(c->server, c->token, &e) != ST_OK) {
		json_decref(me);
		return say_failed(c, e.st, &e);
	}
	if (c->json)
		say_json(json_incref(me));
	say(c, "logged in to %s as %s (%s)", c->server, text_at(me, "username"), text_at(me, "role"));
	json_decref(me);
	return EX_FINE;
}
