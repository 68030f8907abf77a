/* azekura: global options, the table of commands, help. */

#include <getopt.h>
#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/cli.h"

const struct command commands[] = {
	{ "init", "DIR", "make a repository",
	  "azekura init /srv/azekura --name 'Example Repository' --email data@example.ac.jp --url https://data.example.ac.jp\n\n"
	  "Make an empty repository in DIR. Serve it with: azekurad --data DIR\n\n"
	  "  --name NAME     shown on pages and to harvesters\n"
	  "  --email ADDR    of the administrator, shown to harvesters\n"
	  "  --url URL       public address; default: the address it listens on\n"
	  "  --oai-id ID     repository part of OAI identifiers, a domain name\n", cmd_init },
	{ "deposit", "FOLDER", "deposit a folder or file as a dataset",
	  "azekura deposit ./my-data --publish\n\n"
	  "Send everything in FOLDER, with its sub-folders, as one dataset. Metadata come from README, LICENSE, CITATION.cff, codemeta.json,\n"
	  "DataCite, JPCOAR, DDI, EML, ISO 19115, Frictionless, RO-Crate, Croissant, BIDS and RDE files and records of repositories where they are. A cut deposit\n"
	  "goes on where it stopped when the same command is run again; what arrived is not sent twice.\n\n"
	  "  --title TEXT    title, instead of what the files say\n"
	  "  --creator NAME  creator (\"Family, Given\"), may be repeated\n"
	  "  --license ID    SPDX identifier, as CC-BY-4.0\n"
	  "  --access WORD   open, embargoed:YYYY-MM-DD, restricted or closed\n"
	  "  --from FILE     metadata from a JSON file (canonical or InvenioRDM form)\n"
	  "  --publish       publish at once; otherwise it stays a draft\n"
	  "  --strict        fail with exit code 3 where a mandatory value would be filled in by default\n"
	  "  --new-version ID  a new version of a published dataset\n"
	  "  --jobs N        files sent at the same time (default 4)\n"
	  "  --encode-names  percent-encode names that are no UTF-8 or hold control characters\n"
	  "  --resume        go on with a cut deposit of this folder; that is what it does anyway\n"
	  "  --restart       forget a cut deposit of this folder and begin anew\n"
	  "  --from-survey LIST  carry out a list that 'azekura survey' made and somebody edited, instead of FOLDER; again, and nothing is made twice\n", cmd_deposit },
	{ "survey", "PATH", "look over a disk or share and propose datasets",
	  "azekura survey /mnt/lab --out lab.txt\n\n"
	  "Look at everything below PATH, changing nothing: kinds of files, sizes, copies, hints of personal data, and which datasets it would make.\n"
	  "Writes a list to edit and hand to 'azekura deposit --from-survey'. A cut survey goes on where it stopped. Links are not followed.\n\n"
	  "  --out FILE      the list (default survey.txt); never overwritten\n"
	  "  --state FILE    where to keep what was seen until it is done (default: below ~/.cache/azekura)\n"
	  "  --deep          read every file, not a few of each kind and folder\n"
	  "  --across        go into other file systems that are mounted below PATH\n"
	  "  --restart       forget a cut survey and begin anew\n", cmd_survey },
	{ "watch", "FOLDER", "deposit each finished run of an instrument",
	  "azekura watch /data/xrd --run-pattern 'run*' --settle 60 --publish\n\n"
	  "Every folder (or file) in FOLDER is a run. A run is finished when nothing in it changed for the settle time, or its marker is there, or its\n"
	  "writer closed it and a next run began. It is then deposited, once; while the server is away it is tried again. A line an event; ends on SIGTERM.\n\n"
	  "  --per WORD      folder (default): each folder is a run; file: each file\n"
	  "  --run-pattern P only entries with such a name, as 'run*'\n"
	  "  --settle N      seconds without a change (default 30)\n"
	  "  --marker NAME   a run is finished when NAME is in it (per file: when FILE followed by NAME is beside it), and only then\n"
	  "  --rescan N      seconds between looks at drives that tell of no changes (default 10)\n"
	  "  --publish       publish at once; otherwise each stays a draft\n"
	  "  --creator NAME  of every run, as with deposit; so are --license ID, --access WORD, --from FILE, --jobs N, --encode-names\n"
	  "  --state FILE    journal of what was deposited (default: below ~/.local/state/azekura)\n"
	  "  --once          end when nothing unfinished is left\n", cmd_watch },
	{ "status", "[ID]", "your drafts, or one deposit",
	  "azekura status k7x2m-9q494\n\nWithout ID: your drafts. With one: state, files, and whether the files have been read and indexed.\n", cmd_status },
	{ "edit", "ID", "fill a draft from its files, confirm what programs proposed",
	  "azekura edit k7x2m-9q494 --confirm\n\nPrograms propose values: from description files, from what is inside data files, by default. Each keeps who said so; a value that\n"
	  "you change is yours. Shows the proposals as they stand then.\n\n"
	  "  --prefill       read the draft's files again and fill what is empty\n"
	  "  --confirm       say that the proposed values are right\n"
	  "  --at POINTER    only this one (titles/0, creators/1), may be repeated\n"
	  "  --schema NAME   a metadata schema of the repository; what is missing or wrong by it is told\n"
	  "  --set MEMBER=V  set one of its members (no value: take it away), may be repeated\n", cmd_edit },
	{ "publish", "ID", "publish a draft",
	  "azekura publish k7x2m-9q494\n\nPublish the draft. What is missing is listed, each with its path. On a terminal, values that programs proposed are shown first.\n\n"
	  "  --confirm       say that they are right, without being asked\n", cmd_publish },
	{ "new-version", "ID", "start a new version", "azekura new-version k7x2m-9q494\n\nStart a draft of the next version, sharing the files of the last.\n", cmd_new_version },
	{ "withdraw", "ID", "withdraw a published record",
	  "azekura withdraw k7x2m-9q494 --reason 'consent was withdrawn'\n\nThe record becomes a tombstone that says when and why; harvesters are told. An administrator can restore it.\n\n"
	  "  --reason TEXT   shown on the tombstone (required)\n  --note TEXT     more words\n", cmd_withdraw },
	{ "search", "QUERY", "search published records",
	  "azekura search 'temperature AND type:dataset'\n\nWords, \"phrases\", AND, OR, NOT, field:value (title, creator, subject, column, file, year, access, ...).\n"
	  "What data hold: temperature:[280 TO 300 K], time:[1990 TO 2000], place:Hokkaido, bbox:W,S,E,N, element:Fe, cell.a:[5 TO 6], organism:NAME.\n\n"
	  "  --size N        hits a page (default 10)\n  --cursor C      the next page, as printed\n  --sort WORD     bestmatch, newest, oldest, title, updated\n", cmd_search },
	{ "show", "ID|FILE", "show a record, or a file of yours: what is inside",
	  "azekura show k7x2m-9q494\nazekura show ./run1.nc\n\nMetadata, files, and what was read in them: tables, variables, curves, crystals, places, archives.\n"
	  "FILE is read here, by the sandboxed helper; nothing is sent. --json gives everything.\n\n"
	  "  --plain         ASCII instead of blocks and signs (also where the locale is not UTF-8)\n"
	  "  --format NAME   print a metadata format as the server has it (datacite, oai_dc, schema-org, croissant, ...)\n"
	  "  --provenance    which values programs proposed, from which file and place, and whether somebody confirmed them\n", cmd_show },
	{ "get", "ID [PATH...]", "fetch files, resumable and checked",
	  "azekura get k7x2m-9q494 data/run1.csv -o ./out\n\nFetch all files, or those named. What is there already with the right digest is not fetched again; a part goes on where it stopped.\n\n"
	  "  -o DIR          where to (default: a folder named by ID)\n  --list          print URL, size and SHA-256 of each file instead\n", cmd_get },
	{ "package", "ID KIND", "fetch a package: croissant, ro-crate, bagit, zip",
	  "azekura package k7x2m-9q494 bagit -o data.zip\n\n  -o FILE         where to (default: ID and the kind's suffix; '-' for standard output)\n", cmd_package },
	{ "login", "[URL]", "check a token and keep it",
	  "azekura login https://data.example.ac.jp < token.txt\n\nReads the token from the terminal or standard input, asks the server who you are, and keeps it in a file only you can read.\n", cmd_login },
	{ "whoami", "", "who the server thinks you are", "azekura whoami\n", cmd_whoami },
	{ "admin", "WORD ...", "for operators: init, user, token, community, vocab, schema, import, rebuild, fsck, backup, stats",
	  "azekura admin token create --data /srv/azekura --user taro --role depositor\n\n"
	  "  init DIR                                      as 'azekura init'\n"
	  "  user create|list|disable|enable --data DIR --user NAME [--role R] [--fullname F] [--email E] [--orcid O]\n"
	  "  token create --data DIR --user NAME [--role depositor|curator|admin] [--label L] [--days N]\n"
	  "  token list|revoke --data DIR [--user NAME] [--token DIGITS]\n"
	  "  group add|remove --data DIR --user NAME --group NAME\n"
	  "  community create|list --data DIR [--slug a:b] [--name N] [--description D]\n"
	  "  import --data DIR --bulk FILE.jsonl [--source NAME]\n"
	  "  vocab load FILE [--name NAME] | list | show NAME | remove NAME --data DIR\n"
	  "  schema add FILE --name NAME [--community A] | list | show NAME | remove NAME --data DIR\n"
	  "  rebuild | fsck [--quick] | stats --data DIR\n"
	  "  backup --data DIR --to DIR\n\n"
	  "They work on the folder; while azekurad serves it they ask the server through DIR/admin.sock.\n", cmd_admin },
	{ NULL, NULL, NULL, NULL, NULL }
};

const struct command *command_find(const char *name)
{
	const struct command *c;

	for (c = commands; c->name != NULL; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

int command_help(const struct command *c, FILE *to)
{
	fprintf(to, "%s\nusage: azekura %s %s\n\nWith every command: --server URL, --token TOKEN, --json, --quiet. See azekura(1).\n", c->help, c->name, c->args);
	return EX_FINE;
}

static void help(FILE *to)
{
	const struct command *c;

	fputs("azekura deposit ./my-data --publish\n\nFAIR research data from the command line.\n\n", to);
	for (c = commands; c->name != NULL; c++)
		fprintf(to, "  %-12s %s\n", c->name, c->summary);
	fputs("\nazekura COMMAND --help tells more. Server and token: --server URL, --token TOKEN, or AZEKURA_SERVER and AZEKURA_TOKEN,\n"
	    "or what 'azekura login' kept.\n", to);
}

unsigned word_distance(const char *a, const char *b)
{
	unsigned row[32], n = (unsigned)strlen(b), i, j;

	if (n >= 31 || strlen(a) >= 31)
		return 99;
	for (j = 0; j <= n; j++)
		row[j] = j;
	for (i = 1; a[i - 1] != '\0'; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (j = 1; j <= n; j++) {
			unsigned up = row[j], best = diagonal + (a[i - 1] != b[j - 1]);

			if (up + 1 < best)
				best = up + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			diagonal = up;
			row[j] = best;
		}
	}
	return row[n];
}

static int unknown_command(const char *name)
{
	const struct command *c, *near = NULL;
	unsigned best = 4;

	for (c = commands; c->name != NULL; c++) {
		unsigned d = word_distance(name, c->name);

		if (d < best) {
			best = d;
			near = c;
		}
	}
	if (near != NULL)
		fprintf(stderr, "azekura: there is no command '%s'; did you mean '%s'?\n", name, near->name);
	else
		fprintf(stderr, "azekura: there is no command '%s'; see 'azekura --help'\n", name);
	return EX_WRONG_USE;
}

/* "--name VALUE" or "--name=VALUE" at ${*i}: the value (*i moved to it), or NULL: not this option. */
static char *value_of(const char *name, int argc, char **argv, int *i, bool *lacks)
{
	size_t n = strlen(name);
	char *a = argv[*i];

	if (strncmp(a, name, n) != 0 || (a[n] != '\0' && a[n] != '='))
		return NULL;
	if (a[n] == '=')
		return a + n + 1;
	*lacks = *i + 1 >= argc;
	return *lacks ? a : argv[++*i];
}

/* Global options may stand anywhere: they are taken out before the command sees its own. */
static int take_global(struct cli *c, int *argc, char **argv)
{
	bool lacks = false;
	char *value, *name;
	int from, to = 1;

	for (from = 1; from < *argc; from++) {
		char *a = name = argv[from];

		if (strcmp(a, "--") == 0) {
			while (from < *argc)
				argv[to++] = argv[from++];
			break;
		}
		if (strcmp(a, "--json") == 0) {
			c->json = true;
		} else if (strcmp(a, "--quiet") == 0) {
			c->quiet = true;
		} else if ((value = value_of("--server", *argc, argv, &from, &lacks)) != NULL) {
			free(c->server);
			c->server = slice_dup(slice_str(value));
		} else if ((to < 2 || strcmp(argv[1], "admin") != 0) && (value = value_of("--token", *argc, argv, &from, &lacks)) != NULL) {
			free(c->token);
			c->token = slice_dup(slice_str(value));
			/* The list of processes shows what stands here. */
			if (!lacks)
				memset(value, 'x', strlen(value));
		} else {
			argv[to++] = a;
		}
		if (lacks) {
			fprintf(stderr, "azekura: %s needs a value\n", name);
			return EX_WRONG_USE;
		}
	}
	*argc = to;
	argv[to] = NULL;
	return EX_FINE;
}

static void defaults(struct cli *c)
{
	const char *server = getenv("AZEKURA_SERVER"), *token = getenv("AZEKURA_TOKEN"), *term = getenv("TERM");
	char *kept_server = NULL, *kept_token = NULL;

	if (c->server == NULL && server != NULL && server[0] != '\0')
		c->server = slice_dup(slice_str(server));
	if (c->token == NULL && token != NULL && token[0] != '\0')
		c->token = slice_dup(slice_str(token));
	if (c->server == NULL || c->token == NULL)
		(void)!state_login_load(&kept_server, &kept_token, c->server, NULL);
	if (c->server == NULL)
		c->server = kept_server != NULL ? kept_server : slice_dup(SLICE("http://127.0.0.1:8080"));
	else
		free(kept_server);
	if (c->token == NULL)
		c->token = kept_token;
	else
		free(kept_token);
	if (c->server != NULL) {
		size_t n = strlen(c->server);

		while (n > 0 && c->server[n - 1] == '/')
			c->server[--n] = '\0';
	}
	c->terminal = !c->quiet && isatty(STDERR_FILENO) && (term == NULL || strcmp(term, "dumb") != 0);
}

int main(int argc, char **argv)
{
	struct cli c = { 0 };
	const struct command *cmd;
	struct err e = ERR_INIT;
	int code = take_global(&c, &argc, argv);

	mallopt(M_MXFAST, 0);		/* as azekurad: free() of larger pieces need not sort all small ones again */
	log_level_set(LOG_LEVEL_ERROR);
	if (code != EX_FINE)
		goto out;
	if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
		cmd = argc > 2 ? command_find(argv[2]) : NULL;
		if (argc > 2 && cmd == NULL) {
			code = unknown_command(argv[2]);
			goto out;
		}
		if (cmd != NULL)
			code = command_help(cmd, stdout);
		else
			help(argc < 2 ? stderr : stdout);
		code = argc < 2 ? EX_WRONG_USE : EX_FINE;
		goto out;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("azekura " AZEKURA_VERSION);
		goto out;
	}
	cmd = command_find(argv[1]);
	if (cmd == NULL) {
		code = unknown_command(argv[1]);
		goto out;
	}
	defaults(&c);
	c.command = cmd->name;
	c.argc = argc - 1;
	c.argv = argv + 1;
	if (client_new(&c.client, &e) != ST_OK) {
		code = say_failed(&c, e.st, &e);
		goto out;
	}
	code = cmd->run(&c);
out:
	client_free(c.client);
	free(c.server);
	free(c.token);
	free(c.unix_path);
	return code;
}
