/* show: a record, or a file that is in no repository yet, with what is inside. */

#include <fcntl.h>
#include <getopt.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/place.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/own.h"
#include "cli/show.h"
#include "cli/term.h"
#include "indexer/follow.h"
#include "net/helper.h"

static const char *text_at(const json_t *j, const char *path)
{
	const char *s = json_string_value(json_at(j, path));

	return s == NULL ? "" : s;
}

struct show { const char *format; bool provenance, plain; };

static bool show_option(void *ctx, int opt, const char *value)
{
	struct show *s = ctx;

	if (opt == 'f')
		s->format = value;
	else if (opt == 'p')
		s->provenance = true;
	else if (opt == 'P')
		s->plain = true;
	else
		return false;
	return true;
}

static int show_provenance(struct cli *c, const char *id)
{
	struct err e = ERR_INIT;
	json_t *doc = NULL;
	bool draft;
	st_t st = proposals_get(c, id, &doc, &draft, &e);

	if (st != ST_OK)
		return say_failed(c, st, &e);
	if (c->json)
		say_json(json_pack("{s:O?}", "assertions", json_object_get(doc, "assertions")));
	else if (proposals_say(c, doc) == 0)
		say(c, "no value of %s was proposed by a program", id);
	json_decref(doc);
	return EX_FINE;
}

static int show_format(struct cli *c, const char *id, const char *format)
{
	struct client_call call = CLIENT_CALL_INIT;
	struct client_res res;
	struct err e = ERR_INIT;
	char *url = conn_url(c, "/records/%s/export/%s", id, format);
	const char **fields = conn_fields(c, NULL, NULL);
	int code = EX_FINE;
	st_t st;

	call.url = url;
	call.fields = fields;
	st = client_do(c->client, &call, &res, &e);
	if (st == ST_OK && res.status != 200)
		st = conn_problem(&res, format, &e);
	if (st == ST_OK)
		fwrite(res.body.p, 1, res.body.n, stdout);
	else
		code = say_failed(c, st, &e);
	client_res_release(&res);
	conn_fields_free(fields);
	free(url);
	return code;
}

/* "title    text", as wide as a terminal. */
static void tell(const struct cli *c, const char *what, struct slice text)
{
	struct buf b = BUF_INIT((size_t)64 << 10);

	term_text(&b, text);
	if (b.n > 0 && !c->quiet)
		term_wrap(stdout, what, 9, buf_slice(&b));
	buf_release(&b);
}

static void show_files(struct cli *c, const json_t *rec)
{
	json_t *entries = json_at(rec, "files.entries"), *one;
	struct buf b = BUF_INIT((size_t)64 << 10);
	char size[32];
	const char *key;

	say(c, "files    %lld, %s", (long long)json_integer_value(json_at(rec, "files.count")),
	    human_size(size, (uint64_t)json_integer_value(json_at(rec, "files.total_bytes"))));
	json_object_foreach(entries, key, one) {
		char head[48], bytes[32];

		snprintf(head, sizeof(head), "  %10s", human_size(bytes, (uint64_t)json_integer_value(json_object_get(one, "size"))));
		buf_clear(&b);
		term_text(&b, slice_str(key));
		buf_adds(&b, "  ");
		term_text(&b, slice_str(text_at(one, "mimetype")));
		if (!c->quiet)
			term_wrap(stdout, head, 14, buf_slice(&b));
	}
	buf_release(&b);
}

/* Blocks and signs are drawn where the terminal is told to be able to. */
static bool plain_terminal(const struct show *s)
{
	return s->plain || setlocale(LC_CTYPE, "") == NULL || strcasecmp(nl_langinfo(CODESET), "UTF-8") != 0;
}

/* ---- A file on this machine, read by the helper as the server would ---- */

static st_t read_file(const char *path, uint64_t *size, json_t **out, struct err *e)
{
	struct buf facts = BUF_INIT((size_t)16 << 20);
	char *program = place_program("azekura-extract");
	struct helpers *h = NULL;
	struct stat sb;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	st_t st;

	if (fd < 0 || fstat(fd, &sb) != 0)
		st = err_sys(e, "cannot read '%s'", path);
	else if (program == NULL)
		st = err_set(e, ST_ABSENT, "the program 'azekura-extract' was not found: set AZEKURA_LIBEXEC");
	else
		st = helpers_new(&h, program, 1, e);
	if (st == ST_OK) {
		const char *base = strrchr(path, '/');

		*size = (uint64_t)sb.st_size;
		st = helper_extract(h, fd, 0, *size, base == NULL ? path : base + 1, NULL, &facts, e);
		/* What could not be read, or broke the helper, is said in the document. */
		if (facts.n > 0)
			st = json_load(out, buf_slice(&facts), e);
	}
	helpers_free(h);
	free(program);
	buf_release(&facts);
	if (fd >= 0)
		close(fd);
	return st;
}

static st_t understand(const char *path, json_t *facts, json_t **out, struct err *e)
{
	const char *base = strrchr(path, '/');
	struct cat_file f = { .path = (char *)(base == NULL ? path : base + 1) };
	struct schema *schema = NULL;
	char *place = place_schema();
	st_t st = place == NULL ? err_set(e, ST_ABSENT, "the folder 'schema' was not found: set AZEKURA_SCHEMA") : schema_load(&schema, place, e);

	if (st == ST_OK)
		st = enrich_file(schema, &f, facts, out, e);
	schema_drop(schema);
	free(place);
	return st;
}

static int show_file(struct cli *c, const struct show *s, const char *path)
{
	json_t *facts = NULL, *all = NULL;
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT(1024);
	uint64_t size = 0;
	char bytes[32];
	st_t st = read_file(path, &size, &facts, &e);

	if (st == ST_OK && c->json) {
		say_json(facts);
		return EX_FINE;
	}
	if (st == ST_OK)
		st = understand(path, facts, &all, &e);
	if (st != ST_OK) {
		json_decref(facts);
		return say_failed(c, st, &e);
	}
	tell(c, "file", slice_str(path));
	buf_addf(&b, "%s", text_at(facts, "format.name"));
	if (text_at(facts, "format.version")[0])
		buf_addf(&b, " %s", text_at(facts, "format.version"));
	buf_addf(&b, "%s%s, %s", b.n > 0 ? ", " : "", text_at(facts, "media"), human_size(bytes, size));
	if (strcmp(text_at(facts, "status"), "unknown") == 0)
		buf_adds(&b, "; the format is not known");
	tell(c, "kind", buf_slice(&b));
	tell(c, "title", slice_str(text_at(facts, "title")));
	if (!c->quiet && all != NULL)
		show_inside(all, plain_terminal(s));
	buf_release(&b);
	json_decref(all);
	json_decref(facts);
	return EX_FINE;
}

/* ---- A record ---- */

static int show_record(struct cli *c, const struct show *s, const char *id)
{
	struct err e = ERR_INIT;
	json_t *rec = NULL, *facts = NULL, *one;
	char *url = conn_url(c, "/api/records/%s", id);
	size_t i;
	st_t st = conn_get(c, url, &rec, &e);

	free(url);
	if (st != ST_OK)
		return say_failed(c, st, &e);
	url = conn_url(c, "/api/records/%s/facts", id);
	(void)!conn_get(c, url, &facts, NULL);
	free(url);
	if (c->json) {
		if (facts != NULL)
			json_put(rec, "facts", facts);
		say_json(rec);
		return EX_FINE;
	}
	tell(c, "title", slice_str(text_at(rec, "metadata.title")));
	json_array_foreach(json_at(rec, "metadata.creators"), i, one)
		tell(c, i == 0 ? "by" : "", slice_str(text_at(one, "person_or_org.name")));
	tell(c, "kind", slice_str(text_at(rec, "metadata.resource_type.id")));
	tell(c, "date", slice_str(text_at(rec, "metadata.publication_date")));
	tell(c, "access", slice_str(text_at(rec, "access.status")));
	own_say(c, rec);
	show_files(c, rec);
	if (!c->quiet && facts != NULL)
		show_inside(facts, plain_terminal(s));
	say(c, "\npage     %s", text_at(rec, "links.self_html"));
	json_decref(rec);
	json_decref(facts);
	return EX_FINE;
}

int cmd_show(struct cli *c)
{
	static const struct option options[] = { { "format", required_argument, NULL, 'f' }, { "provenance", no_argument, NULL, 'p' }, { "plain", no_argument, NULL, 'P' },
		{ NULL, 0, NULL, 0 } };
	struct show s = { NULL, false, false };
	struct stat sb;
	bool has;

	if (!cli_options(c, options, show_option, &s))
		return EX_WRONG_USE;
	if (c->argc != 1)
		return say_wrong_use(c, "say which: azekura show ID or azekura show FILE");
	/* 'azekura get' makes a folder named as the record; a file of such a name nobody has by chance. */
	has = stat(c->argv[0], &sb) == 0;
	if (strchr(c->argv[0], '/') != NULL || (has && S_ISREG(sb.st_mode))) {
		if (s.provenance || s.format != NULL)
			return say_wrong_use(c, "'%s' is a file: --format and --provenance are of records", c->argv[0]);
		if (has && S_ISDIR(sb.st_mode))
			return say_wrong_use(c, "'%s' is a folder: see azekura survey", c->argv[0]);
		return show_file(c, &s, c->argv[0]);
	}
	if (s.provenance)
		return show_provenance(c, c->argv[0]);
	if (s.format != NULL)
		return show_format(c, c->argv[0], s.format);
	return show_record(c, &s, c->argv[0]);
}
