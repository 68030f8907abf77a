/* azekura edit: what programs proposed for a draft, and a person's word for it. Its list of proposals is also shown by show and publish. */

#include <getopt.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/own.h"
#include "schema/assertion.h"
#include "schema/record.h"

#define SHOWN_MAX 60		/* bytes of a value */
#define AT_MAX	100

/* A few words for a value of any member. */
static void brief(const json_t *v, struct buf *out)
{
	static const char *const keys[] = { "value", "spdx", "label", "name", "coar" };
	struct slice s = json_slice(v);

	if (json_is_object(v)) {
		s = record_name(v, NULL);
		if (s.n == 0)
			s = record_ml(json_object_get(v, "titles"), NULL);
		for (size_t i = 0; s.n == 0 && i < sizeof(keys) / sizeof(*keys); i++)
			s = json_slice(json_object_get(v, keys[i]));
		if (s.n == 0)
			s = json_slice(json_at(v, "identifier.value"));
		if (s.n == 0)
			s = json_slice(json_at(v, "values[0].value"));
		if (s.n == 0)
			s = json_slice(json_at(v, "place[0].value"));
	} else if (json_is_array(v)) {
		s = record_ml(v, NULL);
		if (s.n == 0)
			s = json_slice(json_array_get(v, 0));
	}
	if (s.n > 0)
		buf_addsl(out, s);
	else if (v != NULL)
		json_dump(out, v, false);
}

/* One line, cut at a character, without what could move the cursor. */
static void one_line(struct buf *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		if ((unsigned char)b->p[i] < ' ' || b->p[i] == 0x7f)
			b->p[i] = ' ';
	for (n = b->n < SHOWN_MAX ? b->n : SHOWN_MAX; n > 0 && n < b->n && ((unsigned char)b->p[n] & 0xc0) == 0x80; n--)
		;
	if (n < b->n) {
		b->n = n;
		buf_adds(b, "...");
	}
}

st_t proposals_get(struct cli *c, const char *id, json_t **doc, bool *draft, struct err *e)
{
	static const char *const canonical[] = { "Accept: application/vnd.azekura.v1+json", NULL };
	struct conn_call call = { .method = "GET", .fields = canonical };
	char *url = conn_url(c, "/api/records/%s/draft", id);
	st_t st = conn_json(c->client, c, &call, url, doc, e);

	free(url);
	*draft = st == ST_OK;
	if (st == ST_ABSENT || st == ST_DENIED) {
		err_clear(e);
		url = conn_url(c, "/api/records/%s", id);
		st = conn_json(c->client, c, &call, url, doc, e);
		free(url);
	}
	return st;
}

size_t proposals_say(const struct cli *c, const json_t *doc)
{
	const json_t *list = json_object_get(doc, "assertions"), *a;
	size_t i;

	json_array_foreach(list, i, a) {
		struct buf value = BUF_INIT((size_t)8 << 20), words = BUF_INIT(5000);
		const char *at = json_text(a, "at");

		brief(assertion_value(doc, at != NULL ? at : "/"), &value);
		one_line(&value);
		assertion_words(a, true, &words);
		say(c, "%-18s %s: %s", at != NULL && *at == '/' ? at + 1 : "?", value.n > 0 ? value.p : "", words.n > 0 ? words.p : "");
		buf_release(&value);
		buf_release(&words);
	}
	return json_array_size(list);
}

struct edit { const char *at[AT_MAX], *set[AT_MAX], *schema; size_t n, n_set; bool confirm, prefill; };

static bool edit_option(void *ctx, int opt, const char *value)
{
	struct edit *d = ctx;

	if (opt == 'c')
		d->confirm = true;
	else if (opt == 'p')
		d->prefill = true;
	else if (opt == 'a' && d->n < AT_MAX)
		d->at[d->n++] = value;
	else if (opt == 's')
		d->schema = value;
	else if (opt == 'v' && d->n_set < AT_MAX)
		d->set[d->n_set++] = value;
	else
		return false;
	return true;
}

static json_t *pointers(const struct edit *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->n; i++)
		json_push(list, json_pack("s+", d->at[i][0] == '/' ? "" : "/", d->at[i]));
	return list;
}

static st_t act(struct cli *c, const char *id, const char *verb, const json_t *body, json_t **answer, struct err *e)
{
	char *url = conn_url(c, "/api/records/%s/draft/actions/%s", id, verb);
	st_t st = conn_send(c, "POST", url, body, answer, e);

	free(url);
	return st;
}

int cmd_edit(struct cli *c)
{
	static const struct option options[] = { { "confirm", no_argument, NULL, 'c' }, { "prefill", no_argument, NULL, 'p' }, { "at", required_argument, NULL, 'a' },
		{ "schema", required_argument, NULL, 's' }, { "set", required_argument, NULL, 'v' }, { NULL, 0, NULL, 0 } };
	struct edit d = { .n = 0 };
	struct err e = ERR_INIT;
	json_t *answer = NULL, *body, *doc = NULL, *w;
	bool draft;
	size_t i;
	st_t st = ST_OK;

	if (!cli_options(c, options, edit_option, &d))
		return EX_WRONG_USE;
	if (c->argc == 1 && d.schema != NULL && d.n_set > 0 && !d.confirm && !d.prefill)
		return own_set(c, c->argv[0], d.schema, d.set, d.n_set);
	if (c->argc != 1 || d.schema != NULL || d.n_set > 0 || !(d.confirm || d.prefill) || (d.n > 0 && !d.confirm))
		return say_wrong_use(c, "say which and what: azekura edit ID --prefill, --confirm, --confirm --at titles/0, or --schema NAME --set member=value");
	if (d.prefill)
		st = act(c, c->argv[0], "prefill", NULL, &answer, &e);
	json_array_foreach(json_object_get(answer, "warnings"), i, w)
		if (json_string_value(json_at(w, "messages[0]")) != NULL)
			say_warning(c, "%s", json_string_value(json_at(w, "messages[0]")));
	json_decref(answer);
	answer = NULL;
	if (st == ST_OK && d.confirm) {
		body = d.n > 0 ? json_pack("{s:o}", "at", pointers(&d)) : json_object();
		st = act(c, c->argv[0], "confirm", body, &answer, &e);
		json_decref(body);
		json_decref(answer);
	}
	if (st == ST_OK)
		st = proposals_get(c, c->argv[0], &doc, &draft, &e);
	if (st != ST_OK)
		return say_failed(c, st, &e);
	if (c->json) {
		say_json(json_pack("{s:O?}", "assertions", json_object_get(doc, "assertions")));
	} else if (proposals_say(c, doc) == 0) {
		say(c, "no value of %s was proposed by a program", c->argv[0]);
	}
	json_decref(doc);
	return EX_FINE;
}
