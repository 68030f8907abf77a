/* azekura get, azekura package: bytes come down, a cut goes on where it stopped, and nothing counts as there before its digest is right. */

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/hash.h"
#include "base/str.h"
#include "cli/cli.h"

#define PART ".azekura-part"
#define TRIES 4

struct get { const char *into; bool list; };

static bool get_option(void *ctx, int opt, const char *value)
{
	struct get *g = ctx;

	if (opt == 'o')
		g->into = value;
	else if (opt == 'l')
		g->list = true;
	else
		return false;
	return true;
}

/* A server's path becomes a local one: nothing may leave the folder, or speak to the terminal. */
static bool path_is_safe(const char *path)
{
	struct slice rest = slice_str(path);
	const char *p;

	if (path[0] == '/' || path[0] == '\0')
		return false;
	for (p = path; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return false;
	while (rest.p != NULL) {
		struct slice seg = slice_cut(&rest, '/');

		if (seg.n == 0 || slice_eq_str(seg, ".") || slice_eq_str(seg, ".."))
			return false;
	}
	return true;
}

static st_t digest_of(const char *path, char hex[SHA256_HEX], struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct hash *h = hash_new();
	uint8_t sum[SHA256_LEN];
	char *block = malloc(1 << 18);
	st_t st = ST_OK;
	ssize_t n = -1;

	if (fd < 0 || h == NULL || block == NULL)
		st = fd < 0 ? err_sys(e, "cannot open '%s'", path) : ST_NOMEM;
	while (st == ST_OK && (n = read(fd, block, 1 << 18)) > 0)
		hash_add(h, block, (size_t)n);
	if (st == ST_OK && n < 0)
		st = err_sys(e, "cannot read '%s'", path);
	if (st == ST_OK) {
		hash_end(h, sum, NULL);
		hex_encode(hex, sum, sizeof(sum));
	}
	free(block);
	hash_free(h);
	if (fd >= 0)
		close(fd);
	return st;
}

struct sink { int fd; struct bar *bar; };

static st_t to_file(void *ctx, const void *p, size_t n, struct err *e)
{
	struct sink *s = ctx;

	bar_add(s->bar, n);
	return fs_write_all(s->fd, p, n, e);
}

/* One request from where the part ends. 200 instead of 206: the server began anew, so do we. */
static st_t fetch_part(struct cli *c, const char *url, const char *part, struct bar *bar, struct err *e)
{
	struct client_call call = CLIENT_CALL_INIT;
	struct client_res res;
	struct sink sink = { -1, bar };
	struct buf range = BUF_INIT(100);
	const char *extra[2] = { NULL, NULL }, **fields;
	uint64_t have = 0;
	st_t st;

	sink.fd = open(part, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (sink.fd < 0)
		return err_sys(e, "cannot write '%s'", part);
	(void)!fs_size(part, &have, NULL);
	if (have > 0) {
		buf_addf(&range, "Range: bytes=%llu-", (unsigned long long)have);
		extra[0] = range.p;
	}
	fields = conn_fields(c, extra, NULL);
	call.url = url;
	call.fields = fields;
	call.sink = to_file;
	call.ctx = &sink;
	st = client_do(c->client, &call, &res, e);
	if (st == ST_OK && res.status != 200 && res.status != 206)
		st = res.status == 416 ? ST_OK : conn_problem(&res, url + strlen(c->server), e);
	else if (st == ST_OK && have > 0 && res.status == 200)
		st = err_set(e, ST_STALE, "the server sent the whole file anew");
	client_res_release(&res);
	conn_fields_free(fields);
	buf_release(&range);
	close(sink.fd);
	return st;
}

static st_t fetch(struct cli *c, const char *url, const char *to, const char *sha256, struct bar *bar, struct err *e)
{
	char hex[SHA256_HEX], *part = NULL, *slash;
	struct buf b = BUF_INIT(8192);
	uint64_t have;
	unsigned tries;
	st_t st = ST_OK;

	if (fs_exists(to) && digest_of(to, hex, NULL) == ST_OK && strcmp(hex, sha256) == 0) {
		if (fs_size(to, &have, NULL) == ST_OK)
			bar_add(bar, have);
		return ST_OK;
	}
	buf_adds(&b, to);
	slash = strrchr(b.p, '/');
	if (slash == NULL)
		buf_clear(&b);
	if (slash != NULL) {
		*slash = '\0';
		b.n = (size_t)(slash - b.p);
		st = fs_mkdirs(b.p, 0755, e);
		if (st != ST_OK) {
			buf_release(&b);
			return st;
		}
	}
	/* Named by the digest: never too long, and a part of another version is not mistaken for one of this. */
	buf_addf(&b, "%s%.32s" PART, slash != NULL ? "/" : "", sha256);
	part = b.st == ST_OK ? buf_take(&b, NULL) : NULL;
	buf_release(&b);
	if (part == NULL)
		return ST_NOMEM;
	for (tries = 0; tries < TRIES; tries++) {
		struct timespec wait = { tries, 0 };

		if (tries > 0 && st != ST_CORRUPT)
			nanosleep(&wait, NULL);
		err_clear(e);
		st = fetch_part(c, url, part, bar, e);
		if (st == ST_OK)
			st = digest_of(part, hex, e);
		if (st == ST_OK && strcmp(hex, sha256) == 0) {
			st = fs_rename(part, to, e);
			break;
		}
		if (st == ST_OK || st == ST_STALE) {
			/* A part of something else: away with it, once more from the start. */
			unlink(part);
			st = err_set(e, ST_CORRUPT, "'%s' came with another digest than the server names", to);
		} else if (st != ST_CLOSED && st != ST_TIMEOUT && st != ST_IO) {
			break;
		}
	}
	free(part);
	return st;
}

static bool wanted(struct cli *c, const char *path)
{
	int i;

	if (c->argc == 1)
		return true;
	for (i = 1; i < c->argc; i++) {
		size_t n = strlen(c->argv[i]);

		while (n > 1 && c->argv[i][n - 1] == '/')
			n--;
		if (strncmp(path, c->argv[i], n) == 0 && (path[n] == '\0' || path[n] == '/'))
			return true;
	}
	return false;
}

/* Where the server says; made by rule where it does not. */
static char *content_url(struct cli *c, const json_t *f, const char *path)
{
	char *url = conn_link(c, json_string_value(json_at(f, "links.content")));
	struct buf key = BUF_INIT(8192);

	if (url == NULL && percent_encode(&key, slice_str(path), NULL) == ST_OK)
		url = conn_url(c, "/api/records/%s/files/%s/content", c->argv[0], key.p);
	buf_release(&key);
	return url;
}

static st_t one_file(struct cli *c, const struct get *g, const char *folder, const json_t *f, struct bar *bar, json_t *done, struct err *e)
{
	const char *path = json_text(f, "key"), *sum = json_text(f, "checksum");
	uint8_t raw[SHA256_LEN];
	char *to, *url;
	st_t st = ST_OK;

	if (path == NULL || sum == NULL || strlen(sum) != 7 + 64 || strncmp(sum, "sha256:", 7) != 0 || hex_decode(raw, slice_str(sum + 7)) != ST_OK)
		return err_set(e, ST_CORRUPT, "the server's list of files cannot be read");
	if (!wanted(c, path))
		return ST_OK;
	if (!path_is_safe(path))
		return err_set(e, ST_INVALID, "the server names a path that no dataset can hold, and that could leave '%s': refused", folder);
	url = content_url(c, f, path);
	if (url == NULL)
		return ST_NOMEM;
	if (g->list) {
		if (!c->json)
			printf("%s\t%lld\t%s\t%s\n", url, (long long)json_integer_value(json_object_get(f, "size")), sum + 7, path);
	} else {
		to = fs_join(folder, path);
		st = to == NULL ? ST_NOMEM : fetch(c, url, to, sum + 7, bar, e);
		free(to);
	}
	if (st == ST_OK)
		json_push(done, json_pack("{s:s, s:O, s:s, s:s}", "path", path, "size", json_object_get(f, "size"), "sha256", sum + 7, "url", url));
	free(url);
	return st;
}

int cmd_get(struct cli *c)
{
	static const struct option options[] = { { "output", required_argument, NULL, 'o' }, { "list", no_argument, NULL, 'l' }, { NULL, 0, NULL, 0 } };
	struct get g = { NULL, false };
	json_t *page = NULL, *f, *done = json_array();
	struct bar *bar = NULL;
	struct err e = ERR_INIT;
	const char *folder;
	char *url;
	size_t i;
	st_t st = ST_OK;

	if (!cli_options(c, options, get_option, &g) || c->argc < 1) {
		json_decref(done);
		return say_wrong_use(c, "say which: azekura get ID [PATH...]");
	}
	folder = g.into != NULL ? g.into : c->argv[0];
	url = conn_url(c, "/api/records/%s/files", c->argv[0]);
	while (st == ST_OK && url != NULL) {
		st = conn_get(c, url, &page, &e);
		free(url);
		url = NULL;
		if (st != ST_OK)
			break;
		if (bar == NULL && !g.list)
			bar = bar_new(c, "fetching", (uint64_t)json_integer_value(json_object_get(page, "total_bytes")));
		json_array_foreach(json_object_get(page, "entries"), i, f)
			if (st == ST_OK)
				st = one_file(c, &g, folder, f, bar, done, &e);
		url = conn_link(c, json_string_value(json_at(page, "links.next")));
		json_decref(page);
		page = NULL;
	}
	bar_free(bar);
	free(url);
	if (st == ST_OK && json_array_size(done) == 0 && c->argc > 1)
		st = err_set(&e, ST_ABSENT, "no file of that name in '%s'", c->argv[0]);
	if (st != ST_OK) {
		json_decref(done);
		if (st == ST_CLOSED || st == ST_TIMEOUT)
			err_wrap(&e, "stopped; run the same command again to go on");
		return say_failed(c, st, &e);
	}
	if (c->json)
		say_json(json_pack("{s:s, s:O}", "folder", folder, "files", done));
	else if (!g.list)
		say(c, "fetched  %zu files into %s, digests right", json_array_size(done), folder);
	json_decref(done);
	return EX_FINE;
}

/* ---- package ---- */

static const struct { const char *kind, *suffix; } suffixes[] = {
	{ "croissant", ".croissant.json" }, { "ro-crate", ".ro-crate.zip" }, { "bagit", ".bagit.zip" }, { "zip", ".zip" }
};

int cmd_package(struct cli *c)
{
	static const struct option options[] = { { "output", required_argument, NULL, 'o' }, { NULL, 0, NULL, 0 } };
	struct client_call call = CLIENT_CALL_INIT;
	struct get g = { NULL, false };
	struct buf name = BUF_INIT(4096), part = BUF_INIT(4200);
	struct client_res res;
	struct err e = ERR_INIT;
	struct sink sink = { STDOUT_FILENO, NULL };
	const char **fields;
	char *url;
	size_t i;
	st_t st;

	if (!cli_options(c, options, get_option, &g) || c->argc != 2)
		return say_wrong_use(c, "say which: azekura package ID croissant|ro-crate|bagit|zip");
	for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (strcmp(suffixes[i].kind, c->argv[1]) == 0)
			break;
	if (g.into == NULL)
		buf_addf(&name, "%s%s", c->argv[0], i < sizeof(suffixes) / sizeof(suffixes[0]) ? suffixes[i].suffix : "");
	else
		buf_adds(&name, g.into);
	if (strcmp(name.p, "-") != 0) {
		buf_addf(&part, "%s%s", name.p, PART);
		sink.fd = open(part.p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
		if (sink.fd < 0) {
			err_sys(&e, "cannot write '%s'", part.p);
			return say_failed(c, ST_IO, &e);
		}
	}
	sink.bar = bar_new(c, c->argv[1], 0);
	url = conn_url(c, "/records/%s/packages/%s", c->argv[0], c->argv[1]);
	fields = conn_fields(c, NULL, NULL);
	call.url = url;
	call.fields = fields;
	call.sink = to_file;
	call.ctx = &sink;
	st = client_do(c->client, &call, &res, &e);
	if (st == ST_OK && res.status != 200)
		st = conn_problem(&res, c->argv[1], &e);
	bar_free(sink.bar);
	if (sink.fd != STDOUT_FILENO) {
		close(sink.fd);
		if (st == ST_OK)
			st = fs_rename(part.p, name.p, &e);
		else
			unlink(part.p);
	}
	if (st == ST_OK && c->json && sink.fd != STDOUT_FILENO)
		say_json(json_pack("{s:s, s:s, s:s}", "id", c->argv[0], "kind", c->argv[1], "file", name.p));
	else if (st == ST_OK && sink.fd != STDOUT_FILENO)
		say(c, "wrote    %s", name.p);
	client_res_release(&res);
	conn_fields_free(fields);
	free(url);
	buf_release(&name);
	buf_release(&part);
	return st == ST_OK ? EX_FINE : say_failed(c, st, &e);
}
