#ifndef CLI_CLI_H
#define CLI_CLI_H

/* The command line: what its commands share. One cmd_*.c a command or a few that belong together. */

#include <stdio.h>

#include "base/json.h"
#include "net/client.h"

/* Exit codes, the same for every command (azekura(1)). */
enum { EX_FINE = 0, EX_FAILED = 1, EX_WRONG_USE = 2, EX_MISSING = 3, EX_REFUSED = 4, EX_NOT_FOUND = 5, EX_NO_SERVER = 6 };

struct cli {
	const char *command;		/* "deposit" */
	char *server, *token;		/* owned; token NULL: none */
	char *unix_path;		/* owned; admin.sock, or NULL: by the URL */
	bool json, quiet, terminal;	/* terminal: standard error is one that can draw; there is no colour, so NO_COLOR has nothing to turn off */
	struct client *client;		/* of the main thread */
	int argc;			/* what follows the command */
	char **argv;
};

struct command {
	const char *name, *args, *summary;
	const char *help;		/* starts with an example */
	int (*run)(struct cli *);
};
extern const struct command commands[];
const struct command *command_find(const char *name);
/* How far ${a} is from ${b}, in letters changed, added or dropped; 99 for long words. */
unsigned word_distance(const char *a, const char *b);
int command_help(const struct command *c, FILE *to);

/* ---- Saying (out.c). ---- */
/* "azekura: text" on standard error. */
void say_error(const struct cli *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
void say_warning(const struct cli *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* A line for people on standard output; nothing with --json or --quiet. */
void say(const struct cli *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
void say_json(json_t *j /* taken */);
int say_wrong_use(const struct cli *c, const char *fmt, ...) PRINTF_LIKE(2, 3);	/* EX_WRONG_USE */
/* Report ${st} and return the exit code for it; with --json an object with "error", "status" and "exit" goes to standard output. */
int say_failed(const struct cli *c, st_t st, const struct err *e);

/* A progress bar: bytes, rate, time left on a terminal; elsewhere a plain line every ten seconds. ${total} 0: unknown. Any thread. */
struct bar;
struct bar *bar_new(const struct cli *c, const char *what, uint64_t total);
void bar_add(struct bar *b, uint64_t more);
void bar_back(struct bar *b, uint64_t less);	/* what must be sent again */
void bar_free(struct bar *b);			/* clears the line */

/* ---- Options of a command. ---- */
/* ${opts}: getopt_long's. Calls ${fn} for each; leaves operands in c->argv. False: wrong use, already said. --help is answered here (exits). */
struct option;
bool cli_options(struct cli *c, const struct option *opts, bool (*fn)(void *ctx, int opt, const char *value), void *ctx);

/* ---- Asking the server (conn.c). ---- */
/* Owned URL of a path on the server. */
char *conn_url(const struct cli *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Owned: a link that the server gave, on the server we speak to (it may know itself by another name, and gets our token). NULL: no link. */
char *conn_link(const struct cli *c, const char *link);
struct conn_call {
	const char *method;
	const char *type;			/* of the body; NULL: JSON */
	struct slice body;
	const char *const *fields;		/* more fields, NULL-terminated; may be NULL */
};
/* Call and read JSON. 2xx: ST_OK (*out owned, NULL for an empty answer). Else a status from the code, text from the problem document. ${out} may be NULL. */
st_t conn_json(struct client *client, const struct cli *c, const struct conn_call *call, const char *url, json_t **out, struct err *e);
st_t conn_get(const struct cli *c, const char *url, json_t **out, struct err *e);
st_t conn_send(const struct cli *c, const char *method, const char *url, const json_t *body, json_t **out, struct err *e);
/* Status and text for an HTTP answer that is no success. */
st_t conn_problem(const struct client_res *res, const char *what, struct err *e);
/* "Authorization: Bearer ..." in a list for client_call; ${extra} more fields. Owned array, free with conn_fields_free. */
const char **conn_fields(const struct cli *c, const char *const *extra, const char *type);
void conn_fields_free(const char **f);

/* ---- What stays between runs (state.c). ---- */
/* ~/.config/azekura/login.json, mode 0600: {"server":..., "tokens": {url: token}}. */
st_t state_login_load(char **server, char **token, const char *wanted_server, struct err *e);
st_t state_login_save(const char *server, const char *token, struct err *e);
/* A state file of a deposit that was cut: path below ~/.local/state/azekura; owned. */
char *state_deposit_path(const char *server, const char *folder, const char *apart /* may be NULL */);
/* Owned path of a file NAME in ~/.local/state/azekura (${cache}: ~/.cache/azekura); the folder is made. */
char *state_path(bool cache, const char *name);

/* ---- What programs proposed (cmd_edit.c). ---- */
/* The canonical form of the draft ${id}, or of the published record when there is none; owned. */
st_t proposals_get(struct cli *c, const char *id, json_t **doc, bool *draft, struct err *e);
/* A line for each; returns how many there are. */
size_t proposals_say(const struct cli *c, const json_t *doc);

/* ---- Commands. ---- */
int cmd_init(struct cli *c);
int cmd_admin(struct cli *c);
int cmd_deposit(struct cli *c);
int cmd_edit(struct cli *c);
int cmd_survey(struct cli *c);
int cmd_watch(struct cli *c);
int cmd_publish(struct cli *c);
int cmd_search(struct cli *c);
int cmd_show(struct cli *c);
int cmd_get(struct cli *c);
int cmd_package(struct cli *c);
int cmd_status(struct cli *c);
int cmd_withdraw(struct cli *c);
int cmd_login(struct cli *c);
int cmd_whoami(struct cli *c);
int cmd_new_version(struct cli *c);

#endif
