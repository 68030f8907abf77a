#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/hash.h"
#include "cli/cli.h"

#define STATE_MAX ((size_t)1 << 20)

/* $XDG_..._HOME/azekura, else ~/${fallback}/azekura; made when absent. */
static char *home_dir(const char *xdg, const char *fallback)
{
	const char *base = getenv(xdg), *home = getenv("HOME");
	struct buf b = BUF_INIT(4096);
	char *p;

	if (base != NULL && base[0] == '/')
		buf_addf(&b, "%s/azekura", base);
	else
		buf_addf(&b, "%s/%s/azekura", home != NULL && home[0] == '/' ? home : "/tmp", fallback);
	p = b.st == ST_OK ? buf_take(&b, NULL) : NULL;
	if (p != NULL && fs_mkdirs(p, 0700, NULL) != ST_OK) {
		free(p);
		p = NULL;
	}
	return p;
}

static char *login_path(void)
{
	char *dir = home_dir("XDG_CONFIG_HOME", ".config"), *p = dir == NULL ? NULL : fs_join(dir, "login.json");

	free(dir);
	return p;
}

static json_t *load(const char *path)
{
	struct buf b = BUF_INIT(STATE_MAX);
	json_t *j = NULL;

	if (path != NULL && fs_read_file(path, &b, NULL) == ST_OK)
		(void)!json_load(&j, buf_slice(&b), NULL);
	buf_release(&b);
	return json_is_object(j) ? j : (json_decref(j), NULL);
}

st_t state_login_load(char **server, char **token, const char *wanted, struct err *e)
{
	char *path = login_path();
	json_t *j = load(path);
	const char *s = wanted != NULL ? wanted : json_text(j, "server"), *t;

	(void)e;
	free(path);
	*server = *token = NULL;
	if (j == NULL || s == NULL) {
		json_decref(j);
		return ST_ABSENT;
	}
	t = json_text(json_object_get(j, "tokens"), s);
	*server = slice_dup(slice_str(s));
	*token = t == NULL ? NULL : slice_dup(slice_str(t));
	json_decref(j);
	return ST_OK;
}

st_t state_login_save(const char *server, const char *token, struct err *e)
{
	struct buf b = BUF_INIT(STATE_MAX);
	char *path = login_path();
	json_t *j = load(path), *tokens;
	st_t st;

	if (path == NULL)
		return err_set(e, ST_IO, "there is no place to keep the token: set HOME");
	if (j == NULL)
		j = json_object();
	tokens = json_object_get(j, "tokens");
	if (!json_is_object(tokens)) {
		tokens = json_object();
		json_put(j, "tokens", tokens);
	}
	json_put_str(j, "server", slice_str(server));
	json_put_str(tokens, server, slice_str(token));
	st = json_dump_pretty(&b, j);
	if (st == ST_OK)
		st = fs_write_atomic(path, b.p, b.n, 0600, e);
	buf_release(&b);
	json_decref(j);
	free(path);
	return st;
}

char *state_deposit_path(const char *server, const char *folder, const char *apart)
{
	char *dir = home_dir("XDG_STATE_HOME", ".local/state"), *real = realpath(folder, NULL), *p = NULL, hex[SHA256_HEX];
	struct buf b = BUF_INIT(65536);

	buf_addf(&b, "%s\n%s", server, real != NULL ? real : folder);
	if (apart != NULL)
		buf_addf(&b, "\n%s", apart);
	if (dir != NULL && b.st == ST_OK) {
		sha256_hex(hex, b.p, b.n);
		buf_clear(&b);
		buf_addf(&b, "deposit-%.16s.json", hex);
		p = fs_join(dir, b.p);
	}
	buf_release(&b);
	free(real);
	free(dir);
	return p;
}

char *state_path(bool cache, const char *name)
{
	char *dir = cache ? home_dir("XDG_CACHE_HOME", ".cache") : home_dir("XDG_STATE_HOME", ".local/state"), *p = dir == NULL ? NULL : fs_join(dir, name);

	free(dir);
	return p;
}
