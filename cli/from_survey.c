/*
 * azekura deposit --from-survey LIST: each block that says "deposit: yes" becomes a dataset. What came of it stands in LIST.done, a line a block, written
 * before the deposit's own state is forgotten; a block that stands there is not done again, so that a second run changes nothing and a killed one goes on.
 */

#include <stdlib.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/str.h"
#include "cli/journal.h"
#include "cli/survey.h"

#define LIST_MAX ((size_t)256 << 20)

struct carrying {
	struct cli *c;
	struct journal *done;
	const struct list_entry *x;
	char key[SHA256_HEX];
	bool publish;
	unsigned made, kept, failed, left;
	json_t *results;
};

/* A block is the same as long as it means the same files. */
static st_t key_of(struct carrying *k, const struct list_entry *x, const char *apart)
{
	struct buf b = BUF_INIT((size_t)2 << 20);

	buf_addf(&b, "%s\n%s\n%s", k->c->server, x->folder, apart);
	if (b.st == ST_OK)
		sha256_hex(k->key, b.p, b.n);
	buf_release(&b);
	return b.st;
}

/* A path as it stands in the list: always text. */
static char *shown(const char *path)
{
	struct buf b = BUF_INIT(65536);

	return list_quote(&b, path) == ST_OK && b.n > 0 ? buf_take(&b, NULL) : slice_dup(SLICE("?"));
}

static json_t *outcome(const char *folder, const char *id, const char *url, bool published, uint64_t files, uint64_t bytes)
{
	char when[ISO8601_LEN], *path = shown(folder);
	json_t *j;

	iso8601(when, clock_now());
	j = json_pack("{s:s, s:s, s:s, s:b, s:I, s:I, s:s}", "folder", path, "id", id, "url", url, "published", (int)published, "files", (json_int_t)files, "bytes",
	    (json_int_t)bytes, "time", when);
	free(path);
	return j;
}

static st_t on_done(void *ctx, const char *id, uint64_t files, uint64_t bytes, uint64_t sent, const char *url, struct err *e)
{
	struct carrying *k = ctx;
	json_t *line = outcome(k->x->folder, id, url, k->publish, files, bytes);

	(void)sent;
	json_put_str(line, "key", slice_str(k->key));
	json_push(k->results, json_copy(line));
	say(k->c, "%s %s  %s", k->publish ? "published" : "draft    ", id, k->x->folder);
	return journal_add(k->done, line, e);
}

static void failed(struct carrying *k, st_t st, const struct err *e)
{
	char *path = shown(k->x->folder);

	k->failed++;
	say_error(k->c, "%s: %s", path, e->text[0] != '\0' ? e->text : st_name(st));
	json_push(k->results, json_pack("{s:s, s:s, s:i}", "folder", path, "error", e->text[0] != '\0' ? e->text : st_name(st), "line", (int)k->x->line));
	free(path);
}

static void carry(struct carrying *k, const struct deposit_one *base)
{
	const struct list_entry *x = k->x;
	struct deposit_one o = *base;
	struct err e = ERR_INIT;
	char *apart = list_apart(x);
	const json_t *was;
	st_t st = apart == NULL ? ST_NOMEM : key_of(k, x, apart);

	if (st == ST_OK && (was = journal_get(k->done, k->key)) != NULL) {
		k->kept++;
		json_push(k->results, json_deep_copy(was));
		free(apart);
		return;
	}
	o.d.title = x->title != NULL && x->title[0] != '\0' ? x->title : base->d.title;
	o.d.access = x->access != NULL ? x->access : base->d.access;
	o.d.license = x->license != NULL ? x->license : base->d.license;
	o.filter = &x->filter;
	o.apart = apart == NULL || apart[0] == '\0' ? NULL : apart;
	o.publish = k->publish = x->said_publish ? x->publish : base->publish;
	o.done = on_done;
	o.ctx = k;
	if (st == ST_OK)
		st = deposit_one(k->c, &o, x->folder, &e);
	if (st == ST_OK)
		k->made++;
	else
		failed(k, st, &e);
	free(apart);
}

int deposit_from_survey(struct cli *c, const char *path, const struct deposit_one *base)
{
	struct carrying k = { .c = c, .results = json_array() };
	struct buf text = BUF_INIT(LIST_MAX), done = BUF_INIT(8192);
	struct list l = { .v = VEC_INIT };
	struct err e = ERR_INIT;
	size_t i;
	st_t st = fs_read_file(path, &text, &e);

	if (st == ST_OK && (st = list_read(&l, buf_slice(&text), &e)) != ST_OK)
		err_wrap(&e, "%s", path);
	buf_addf(&done, "%s.done", path);
	if (st == ST_OK)
		st = journal_open(&k.done, done.p, &e);
	for (i = 0; st == ST_OK && i < l.v.n; i++) {
		k.x = &l.v.v[i];
		if (k.x->deposit)
			carry(&k, base);
		else
			k.left++;
	}
	if (st == ST_OK && c->json)
		say_json(json_pack("{s:i, s:i, s:i, s:i, s:O}", "made", (int)k.made, "already", (int)k.kept, "failed", (int)k.failed, "left", (int)k.left, "results", k.results));
	else if (st == ST_OK)
		say(c, "%u deposited now, %u before, %u failed, %u left out; what came of each stands in %s", k.made, k.kept, k.failed, k.left, done.p);
	journal_close(k.done);
	json_decref(k.results);
	list_release(&l);
	buf_release(&text);
	buf_release(&done);
	return st != ST_OK ? say_failed(c, st, &e) : k.failed > 0 ? EX_FAILED : EX_FINE;
}
