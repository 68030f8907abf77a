/* azekura init: a folder becomes a repository. */

#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/place.h"
#include "cli/cli.h"
#include "cli/local.h"
#include "indexer/search.h"

struct init { const char *name, *email, *url, *oai_id; };

static bool option(void *ctx, int opt, const char *value)
{
	struct init *in = ctx;

	switch (opt) {
	case 'n': in->name = value; return true;
	case 'e': in->email = value; return true;
	case 'u': in->url = value; return true;
	case 'i': in->oai_id = value; return true;
	default: return false;
	}
}

static const struct option options[] = {
	{ "name", required_argument, NULL, 'n' }, { "email", required_argument, NULL, 'e' },
	{ "url", required_argument, NULL, 'u' }, { "oai-id", required_argument, NULL, 'i' }, { NULL, 0, NULL, 0 }
};

static st_t set(struct conf *conf, const char *name, const char *value, struct err *e)
{
	return value == NULL ? ST_OK : conf_set(conf, name, slice_str(value), e);
}

/* Settings first: a repository whose settings are wrong must not come to be. */
static st_t write_conf(const char *dir, const struct init *in, struct err *e)
{
	const struct conf_opt *opts;
	struct buf text = BUF_INIT(65536);
	char *path = fs_join(dir, "azekura.conf");
	struct conf *conf;
	size_t n;
	st_t st;

	opts = repo_options(&n);
	conf = conf_new(opts, n);
	if (conf == NULL || path == NULL) {
		conf_free(conf);
		free(path);
		return ST_NOMEM;
	}
	st = fs_exists(path) ? err_set(e, ST_CONFLICT, "'%s' holds a repository already", dir) : ST_OK;
	if (st == ST_OK)
		st = set(conf, "name", in->name, e);
	if (st == ST_OK)
		st = set(conf, "email", in->email, e);
	if (st == ST_OK)
		st = set(conf, "url", in->url, e);
	if (st == ST_OK)
		st = set(conf, "oai-id", in->oai_id, e);
	if (st == ST_OK)
		st = repo_settings(conf, e);
	if (st == ST_OK)
		st = fs_mkdirs(dir, 0750, e);
	if (st == ST_OK)
		st = conf_print(conf, &text);
	if (st == ST_OK)
		st = fs_write_atomic(path, text.p, text.n, 0640, e);
	buf_release(&text);
	conf_free(conf);
	free(path);
	return st;
}

int cmd_init(struct cli *c)
{
	struct init in = { 0 };
	struct err e = ERR_INIT;
	struct repo *repo = NULL;
	char *conf;
	st_t st;

	if (!cli_options(c, options, option, &in))
		return EX_WRONG_USE;
	if (c->argc != 1)
		return say_wrong_use(c, "say where: azekura init DIR");
	st = write_conf(c->argv[0], &in, &e);
	if (st == ST_OK) {
		st = local_open(c->argv[0], true, &repo, &e);
		/* Half a repository is worse than none: the same command must work again. */
		if (st != ST_OK && (conf = fs_join(c->argv[0], "azekura.conf")) != NULL) {
			unlink(conf);
			free(conf);
		}
	}
	if (st != ST_OK)
		return say_failed(c, st, &e);
	if (c->json)
		say_json(json_pack("{s:s, s:s, s:s}", "data", c->argv[0], "name", conf_text(repo->conf, "name"), "oaiId", conf_text(repo->conf, "oai-id")));
	local_close(repo);
	say(c, "made    %s", c->argv[0]);
	say(c, "next    azekura admin token create --data %s --user NAME --role admin", c->argv[0]);
	say(c, "        azekurad --data %s --listen 127.0.0.1:8080", c->argv[0]);
	return EX_FINE;
}
