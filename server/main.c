/* azekurad: the options, and nothing else. */

#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "server/daemon.h"

#define DATA_ARGS_MAX 256

static const char usage[] =
	"azekurad --data /srv/azekura --listen 127.0.0.1:8080\n"
	"\n"
	"Serve one or more Azekura repositories.\n"
	"\n"
	"  --data DIR          a repository made by 'azekura init DIR', or a folder of such; may be repeated\n"
	"  --listen HOST:PORT  where to listen; port 0 takes a free one (default: setting 'listen', 127.0.0.1:8080)\n"
	"  --loops N           event loops (default: one a core)\n"
	"  --threads N         worker threads at most (default: 64)\n"
	"  --no-extract        store files, but do not read what is inside\n"
	"  --log LEVEL         debug, info, warn, error (default: info)\n"
	"  --help, --version\n"
	"\n"
	"It prints 'listening http://HOST:PORT' once it answers. SIGTERM stops it in order.\n"
	"Settings: DIR/azekura.conf; see azekurad(8) and azekura.conf(5).\n";

enum { OPT_DATA = 256, OPT_LISTEN, OPT_LOOPS, OPT_THREADS, OPT_NO_EXTRACT, OPT_LOG, OPT_HELP, OPT_VERSION };

static const struct option options[] = {
	{ "data", required_argument, NULL, OPT_DATA },
	{ "listen", required_argument, NULL, OPT_LISTEN },
	{ "loops", required_argument, NULL, OPT_LOOPS },
	{ "threads", required_argument, NULL, OPT_THREADS },
	{ "no-extract", no_argument, NULL, OPT_NO_EXTRACT },
	{ "log", required_argument, NULL, OPT_LOG },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 }
};

static bool number(const char *s, unsigned max, unsigned *out)
{
	uint64_t v;

	if (!slice_u64(slice_str(s), max, &v) || v == 0)
		return false;
	*out = (unsigned)v;
	return true;
}

static int wrong_option(const char *what)
{
	fprintf(stderr, "azekurad: %s\nTry 'azekurad --help'.\n", what);
	return 2;
}

/* -1: go on; else the exit code. */
static int parse(int argc, char **argv, struct daemon_opts *o, const char **data)
{
	enum log_level lv;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case OPT_DATA:
			if (o->n_data == DATA_ARGS_MAX)
				return wrong_option("too many --data");
			data[o->n_data++] = optarg;
			break;
		case OPT_LISTEN:
			o->listen = optarg;
			break;
		case OPT_LOOPS:
			if (!number(optarg, 64, &o->loops))
				return wrong_option("--loops takes 1 to 64");
			break;
		case OPT_THREADS:
			if (!number(optarg, 1024, &o->threads))
				return wrong_option("--threads takes 1 to 1024");
			break;
		case OPT_NO_EXTRACT:
			o->extract = false;
			break;
		case OPT_LOG:
			if (!log_level_parse(optarg, &lv))
				return wrong_option("--log takes debug, info, warn or error");
			log_level_set(lv);
			break;
		case OPT_HELP:
			fputs(usage, stdout);
			return 0;
		case OPT_VERSION:
			puts("azekurad " AZEKURA_VERSION);
			return 0;
		default:
			return wrong_option("unknown option");
		}
	}
	if (optind < argc)
		return wrong_option("azekurad takes options only");
	if (o->n_data == 0)
		return wrong_option("say which repository: --data DIR");
	return -1;
}

int main(int argc, char **argv)
{
	const char *data[DATA_ARGS_MAX];
	struct daemon_opts o = { .data = data, .extract = true };
	struct server *s = NULL;
	struct err e = ERR_INIT;
	sigset_t set;
	int code = parse(argc, argv, &o, data), port = 0;
	st_t st;

	if (code >= 0)
		return code;
	/* Signals are taken by the main thread alone; all others inherit the block. */
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	/* Many short-lived worker threads: a heap each would keep memory that nobody uses. */
	mallopt(M_ARENA_MAX, 4);
	/* Records are many small pieces: fastbins only make free() of anything larger sort them all again (13 % of an import's CPU time). */
	mallopt(M_MXFAST, 0);
	st = daemon_start(&s, &o, &port, &e);
	if (st != ST_OK) {
		fprintf(stderr, "azekurad: %s\n", e.text[0] != '\0' ? e.text : st_name(st));
		return 1;
	}
	{
		const char *at = o.listen != NULL ? o.listen : conf_text(s->sites[0].repo->conf, "listen");
		const char *colon = strrchr(at, ':');

		printf("listening http://%.*s:%d\n", colon == NULL ? (int)strlen(at) : (int)(colon - at), at, port);
		fflush(stdout);
	}
	daemon_serve(s);
	daemon_stop(s);
	return 0;
}
