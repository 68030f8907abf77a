#include <getopt.h>
#include <stdlib.h>

#include "base/str.h"
#include "cli/cli.h"

struct search { unsigned size; const char *cursor, *sort; };

static bool option(void *ctx, int opt, const char *value)
{
	struct search *s = ctx;
	uint64_t n;

	switch (opt) {
	case 'n':
		if (!slice_u64(slice_str(value), 100, &n) || n == 0)
			return false;
		s->size = (unsigned)n;
		return true;
	case 'c': s->cursor = value; return true;
	case 's': s->sort = value; return true;
	default: return false;
	}
}

/* The cursor of links.next, as a person gives it back. */
static const char *next_cursor(const json_t *res)
{
	const char *next = json_string_value(json_at(res, "links.next")), *at = next == NULL ? NULL : strstr(next, "cursor=");

	return at == NULL ? NULL : at + 7;
}

static void print_hit(struct cli *c, const json_t *hit)
{
	const char *title = json_string_value(json_at(hit, "metadata.title")), *name = json_string_value(json_at(hit, "metadata.creators[0].person_or_org.name"));
	const char *date = json_string_value(json_at(hit, "metadata.publication_date")), *access = json_string_value(json_at(hit, "access.status"));

	say(c, "%s  %s", json_text(hit, "id"), title == NULL ? "" : title);
	say(c, "             %s%s%s  %s", name == NULL ? "" : name, name == NULL ? "" : ", ", date == NULL ? "" : date, access == NULL ? "" : access);
}

int cmd_search(struct cli *c)
{
	static const struct option options[] = { { "size", required_argument, NULL, 'n' }, { "cursor", required_argument, NULL, 'c' },
		{ "sort", required_argument, NULL, 's' }, { NULL, 0, NULL, 0 } };
	struct search s = { 10, NULL, NULL };
	struct buf words = BUF_INIT(8192), q = BUF_INIT(32768);
	struct err e = ERR_INIT;
	json_t *res = NULL, *hit;
	char *url;
	size_t i;
	int a;
	st_t st;

	if (!cli_options(c, options, option, &s))
		return EX_WRONG_USE;
	for (a = 0; a < c->argc; a++)
		buf_addf(&words, "%s%s", a == 0 ? "" : " ", c->argv[a]);
	percent_encode(&q, buf_slice(&words), NULL);
	buf_addf(&q, "&size=%u", s.size);
	if (s.sort != NULL) {
		buf_adds(&q, "&sort=");
		percent_encode(&q, slice_str(s.sort), NULL);
	}
	if (s.cursor != NULL)
		buf_addf(&q, "&cursor=%s", s.cursor);
	url = conn_url(c, "/api/records?q=%s", q.p == NULL ? "" : q.p);
	st = conn_get(c, url, &res, &e);
	free(url);
	buf_release(&words);
	buf_release(&q);
	if (st != ST_OK)
		return say_failed(c, st, &e);
	if (c->json) {
		say_json(res);
		return EX_FINE;
	}
	say(c, "%lld found", (long long)json_integer_value(json_at(res, "hits.total")));
	json_array_foreach(json_at(res, "hits.hits"), i, hit)
		print_hit(c, hit);
	if (next_cursor(res) != NULL)
		say(c, "next page: the same command with --cursor %s", next_cursor(res));
	json_decref(res);
	return EX_FINE;
}
