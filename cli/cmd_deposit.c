/* azekura deposit: a folder becomes a dataset. What was begun is remembered until it is done, so that the same command goes on after any cut. */

#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/place.h"
#include "base/str.h"
#include "cli/deposit.h"
#include "schema/record.h"

#define CREATORS_MAX 100

struct deposit {
	struct cli *c;
	struct describe_opts d;
	const char *creators[CREATORS_MAX];
	const char *version_of, *survey;
	const struct deposit_one *one;	/* within another command: nothing is asked or printed */
	bool publish, strict, restart, encode;
	unsigned jobs;

	struct schema *schema;
	struct folder folder;
	json_t *doc, *defaulted, *warnings;
	char *state;			/* path of the state file */
	char draft[64];
	bool resumed;			/* the draft is one that was cut */
	bool asked;			/* publication was asked for, and the answer did not come */
};

static bool option(void *ctx, int opt, const char *value)
{
	struct deposit *d = ctx;
	uint64_t n;

	switch (opt) {
	case 't': d->d.title = value; return true;
	case 'c':
		if (d->d.n_creators == CREATORS_MAX)
			return false;
		d->creators[d->d.n_creators++] = value;
		return true;
	case 'l': d->d.license = value; return true;
	case 'a': d->d.access = value; return true;
	case 'f': d->d.from = value; return true;
	case 'p': d->publish = true; return true;
	case 's': d->strict = true; return true;
	case 'r': d->restart = true; return true;
	case 'v': d->version_of = value; return true;
	case 'e': d->encode = true; return true;
	case 'S': d->survey = value; return true;
	case 'j':
		if (!slice_u64(slice_str(value), 16, &n) || n == 0)
			return false;
		d->jobs = (unsigned)n;
		return true;
	default: return false;
	}
}

static const struct option options[] = {
	{ "title", required_argument, NULL, 't' }, { "creator", required_argument, NULL, 'c' }, { "license", required_argument, NULL, 'l' },
	{ "licence", required_argument, NULL, 'l' }, { "access", required_argument, NULL, 'a' }, { "from", required_argument, NULL, 'f' },
	{ "publish", no_argument, NULL, 'p' }, { "strict", no_argument, NULL, 's' }, { "restart", no_argument, NULL, 'r' },
	{ "resume", no_argument, NULL, 'R' }, { "new-version", required_argument, NULL, 'v' }, { "jobs", required_argument, NULL, 'j' },
	{ "encode-names", no_argument, NULL, 'e' }, { "from-survey", required_argument, NULL, 'S' },
	{ NULL, 0, NULL, 0 }
};

static bool option_or_resume(void *ctx, int opt, const char *value)
{
	/* Going on is what it always does; the word is taken so that messages may say it. */
	return opt == 'R' || option(ctx, opt, value);
}

/* ---- What a person is asked. ---- */

static char *ask(const char *question, const char *def)
{
	char line[1024];

	fprintf(stderr, "%s [%s]: ", question, def);
	fflush(stderr);
	if (fgets(line, sizeof(line), stdin) == NULL)
		return slice_dup(slice_str(def));
	line[strcspn(line, "\r\n")] = '\0';
	return slice_dup(slice_trim(slice_str(line[0] == '\0' ? def : line)));
}

/* Title and creator are worth a question where somebody can answer; the rest has defaults that are told. */
static void ask_missing(struct deposit *d, const char *title)
{
	char *answer;

	if (d->one != NULL || d->c->json || d->c->quiet || d->strict || !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return;
	if (record_title(d->doc, NULL).n == 0) {
		answer = ask("Title", title);
		if (answer != NULL && answer[0] != '\0')
			json_put(d->doc, "titles", json_pack("[{s:s}]", "value", answer));
		free(answer);
	}
}

/* ---- Metadata. ---- */

static char *folder_name(const char *path)
{
	char *real = realpath(path, NULL), *name;
	const char *slash = real == NULL ? NULL : strrchr(real, '/');

	name = slice_dup(slice_str(slash != NULL && slash[1] != '\0' ? slash + 1 : path));
	free(real);
	return name;
}

static st_t fill_defaults(struct deposit *d, const char *path, struct err *e)
{
	char *title = folder_name(path), today[11], *url = conn_url(d->c, "/api/user");
	struct record_defaults def = { .title = title, .today = today };
	json_t *me = NULL, *about = NULL;
	st_t st = conn_get(d->c, url, &me, e);

	free(url);
	if (st == ST_OK) {
		url = conn_url(d->c, "/api");
		(void)!conn_get(d->c, url, &about, NULL);
		free(url);
		def.creator = json_text(me, "fullname");
		if (def.creator == NULL)
			def.creator = json_text(me, "username");
		def.publisher = json_text(about, "name");
		iso8601_date(today, clock_now());
		ask_missing(d, title);
		st = record_default(d->schema, d->doc, &def, d->defaulted, e);
	}
	json_decref(me);
	json_decref(about);
	free(title);
	return st;
}

static int strict_fails(struct deposit *d)
{
	json_t *one;
	size_t i;

	say_error(d->c, "mandatory values are missing, and --strict allows no defaults:");
	json_array_foreach(d->defaulted, i, one)
		fprintf(stderr, "  %s\n", json_string_value(one));
	if (d->c->json)
		say_json(json_pack("{s:O}", "missing", d->defaulted));
	return EX_MISSING;
}

/* ---- The draft: a new one, or the one that was cut. ---- */

static bool draft_lives(struct deposit *d, const char *id)
{
	char *url = conn_url(d->c, "/api/records/%s/draft", id);
	st_t st = conn_get(d->c, url, NULL, NULL);

	free(url);
	return st == ST_OK;
}

/* The run that was killed had asked for publication: the server may be at it now. A moment for that, before the draft is touched again. */
static void wait_published(struct deposit *d, const char *id)
{
	struct timespec wait = { 0, 200000000 };
	unsigned i;

	for (i = 0; i < 10 && draft_lives(d, id); i++)
		nanosleep(&wait, NULL);
}

/* What was published under the draft's number: is it this folder? A folder that changed since is another deposit. */
static bool published_is_this(struct deposit *d, const char *id)
{
	struct map *there = map_new();
	struct buf where = BUF_INIT(200);
	char hex[SHA256_HEX];
	bool same;
	size_t i;

	buf_addf(&where, "records/%s", id);
	same = there != NULL && files_there(d->c, where.p, there, NULL) == ST_OK && map_count(there) == d->folder.n;
	for (i = 0; same && i < d->folder.n; i++) {
		const char *have = map_get(there, slice_str(d->folder.v[i].key));
		int fd = have == NULL ? -1 : open(d->folder.v[i].path, O_RDONLY | O_CLOEXEC);

		same = fd >= 0 && file_digest(fd, hex, NULL, NULL) == ST_OK && strcmp(have, hex) == 0;
		if (fd >= 0)
			close(fd);
	}
	map_free(there, free);
	buf_release(&where);
	return same;
}

static void load_state(struct deposit *d)
{
	struct buf b = BUF_INIT(65536);
	const char *id, *of;
	json_t *j = NULL;

	if (d->restart || d->state == NULL)
		return;
	if (fs_read_file(d->state, &b, NULL) == ST_OK && json_load(&j, buf_slice(&b), NULL) == ST_OK) {
		id = json_text(j, "draft");
		of = json_text(j, "newVersionOf");
		/* Another deposit of the same folder is none of ours. */
		if (id == NULL || (of == NULL) != (d->version_of == NULL) || (of != NULL && strcmp(of, d->version_of) != 0))
			id = NULL;
		if (id != NULL && json_is_true(json_object_get(j, "publishing")))
			wait_published(d, id);
		if (id != NULL && draft_lives(d, id))
			d->resumed = true;
		else if (id != NULL && d->publish && json_is_true(json_object_get(j, "publishing")) && published_is_this(d, id))
			d->asked = true;
		if (d->resumed || d->asked)
			snprintf(d->draft, sizeof(d->draft), "%s", id);
	}
	json_decref(j);
	buf_release(&b);
}

static void save_state(struct deposit *d, const char *folder, bool publishing)
{
	struct buf b = BUF_INIT(65536);
	json_t *j = json_object();

	json_put_str(j, "draft", slice_str(d->draft));
	json_put_str(j, "server", slice_str(d->c->server));
	/* The name of a folder may be no UTF-8; it stands here for people only. */
	json_put(j, "folder", json_string(folder));
	if (d->version_of != NULL)
		json_put_str(j, "newVersionOf", slice_str(d->version_of));
	json_put(j, "publishing", json_boolean(publishing));
	if (d->state != NULL && json_dump_pretty(&b, j) == ST_OK && fs_write_atomic(d->state, b.p, b.n, 0600, NULL) != ST_OK)
		json_push(d->warnings, json_string("the state of this deposit could not be kept: a cut one will begin anew"));
	json_decref(j);
	buf_release(&b);
}

static st_t send_canonical(struct deposit *d, const char *method, char *url, json_t **out, struct err *e)
{
	struct conn_call call = { .method = method, .type = "application/vnd.azekura.v1+json" };
	struct buf b = BUF_INIT((size_t)64 << 20);
	st_t st = json_dump(&b, d->doc, false);

	call.body = buf_slice(&b);
	if (st == ST_OK)
		st = conn_json(d->c->client, d->c, &call, url, out, e);
	buf_release(&b);
	free(url);
	return st;
}

static st_t open_draft(struct deposit *d, const char *folder, struct err *e)
{
	json_t *draft = NULL;
	char *url;
	st_t st;

	load_state(d);
	if (d->asked)
		return ST_OK;
	if (d->resumed) {
		if (d->one == NULL)
			say(d->c, "going on with draft %s", d->draft);
		return send_canonical(d, "PUT", conn_url(d->c, "/api/records/%s/draft", d->draft), NULL, e);
	}
	if (d->version_of != NULL) {
		url = conn_url(d->c, "/api/records/%s/versions", d->version_of);
		st = conn_send(d->c, "POST", url, NULL, &draft, e);
		free(url);
		if (st == ST_OK) {
			url = conn_url(d->c, "/api/records/%s/draft/actions/files-import", json_text(draft, "id"));
			st = conn_send(d->c, "POST", url, NULL, NULL, e);
			free(url);
		}
		if (st == ST_OK)
			st = send_canonical(d, "PUT", conn_url(d->c, "/api/records/%s/draft", json_text(draft, "id")), NULL, e);
	} else {
		st = send_canonical(d, "POST", conn_url(d->c, "/api/records"), &draft, e);
	}
	if (st == ST_OK) {
		snprintf(d->draft, sizeof(d->draft), "%s", json_text(draft, "id") == NULL ? "" : json_text(draft, "id"));
		save_state(d, folder, false);
	}
	json_decref(draft);
	return st;
}

/* Files of the last version, or of the cut run, that are no longer in the folder do not belong to this deposit. */
static st_t drop_removed(struct deposit *d, struct err *e)
{
	char *url = conn_url(d->c, "/api/records/%s/draft/files?size=1000", d->draft);
	struct map *ours = map_new();
	size_t i;
	st_t st = ours == NULL ? ST_NOMEM : ST_OK;

	for (i = 0; st == ST_OK && i < d->folder.n; i++)
		st = map_put(ours, slice_str(d->folder.v[i].key), ours, NULL);
	while (st == ST_OK && url != NULL) {
		json_t *page = NULL, *one;

		st = conn_get(d->c, url, &page, e);
		free(url);
		url = conn_link(d->c, json_string_value(json_at(page, "links.next")));
		json_array_foreach(json_object_get(page, "entries"), i, one) {
			const char *key = json_text(one, "key");
			char *self = conn_link(d->c, json_string_value(json_at(one, "links.self")));

			if ((key == NULL || !map_has(ours, slice_str(key))) && self != NULL && st == ST_OK)
				st = conn_send(d->c, "DELETE", self, NULL, NULL, e);
			free(self);
		}
		json_decref(page);
	}
	map_free(ours, NULL);
	free(url);
	return st;
}

#define PUBLISH_TRIES 5

static st_t finish(struct deposit *d, const char *folder, json_t **rec, struct err *e)
{
	struct timespec wait = { 0, 0 };
	struct conn_call call = { .method = "POST" };
	struct buf key = BUF_INIT(200);
	const char *fields[2] = { NULL, NULL };
	unsigned tries;
	char *url;
	st_t st;

	if (!d->publish) {
		url = conn_url(d->c, "/api/records/%s/draft", d->draft);
		st = conn_get(d->c, url, rec, e);
		free(url);
		return st;
	}
	/* A lost answer must not make a second version: the repeat carries the same key. */
	buf_addf(&key, "Idempotency-Key: deposit-%s", d->draft);
	fields[0] = key.p;
	call.fields = fields;
	url = conn_url(d->c, "/api/records/%s/draft/actions/publish", d->draft);
	if (!d->asked)
		save_state(d, folder, true);
	st = conn_json(d->c->client, d->c, &call, url, rec, e);
	/* A conflict: what a killed run had asked for is still being done. With the same key its result is ours. */
	for (tries = 1; tries < PUBLISH_TRIES && (st == ST_CLOSED || st == ST_TIMEOUT || st == ST_BUSY || st == ST_CONFLICT); tries++) {
		wait.tv_sec = tries;
		nanosleep(&wait, NULL);
		err_clear(e);
		st = conn_json(d->c->client, d->c, &call, url, rec, e);
	}
	free(url);
	buf_release(&key);
	return st;
}

static void report(struct deposit *d, json_t *rec, uint64_t sent)
{
	const char *self = json_string_value(json_at(rec, "links.self")), *html = json_string_value(json_at(rec, "links.self_html"));
	const char *parent = json_string_value(json_at(rec, "parent.id")), *title = json_string_value(json_at(rec, "metadata.title"));
	char size[32];
	json_t *one;
	size_t i;

	if (d->c->json) {
		say_json(json_pack("{s:s, s:{s:s?}, s:{s:s?, s:s?}, s:b, s:{s:I, s:I, s:I}, s:O, s:O}", "id", d->draft, "parent", "id", parent,
		    "links", "self", self, "self_html", html, "published", (int)d->publish, "files", "count", (json_int_t)d->folder.n,
		    "bytes", (json_int_t)d->folder.bytes, "sent", (json_int_t)sent, "defaulted", d->defaulted, "warnings", d->warnings));
		return;
	}
	say(d->c, "title     %s", title == NULL ? "" : title);
	say(d->c, "files     %zu, %s (%llu sent now)", d->folder.n, human_size(size, d->folder.bytes), (unsigned long long)sent);
	json_array_foreach(d->defaulted, i, one)
		say(d->c, "default   %s", json_string_value(one));
	if (json_array_size(json_object_get(d->doc, "assertions")) > 0)
		say(d->c, "proposed  %zu values, by files and defaults: azekura show %s --provenance", json_array_size(json_object_get(d->doc, "assertions")), d->draft);
	json_array_foreach(d->warnings, i, one)
		say_warning(d->c, "%s", json_string_value(one));
	if (d->publish)
		say(d->c, "published %s\nnext      azekura show %s; to take it back: azekura withdraw %s --reason TEXT", html == NULL ? "" : html, d->draft, d->draft);
	else
		say(d->c, "draft     %s\nnext      azekura publish %s", d->draft, d->draft);
}

/* Describe the folder, make or find the draft, send. */
static st_t prepare(struct deposit *d, const char *folder, struct err *e)
{
	char *place = place_schema();
	st_t st;

	st = place == NULL ? err_set(e, ST_ABSENT, "the folder 'schema' was not found: set AZEKURA_SCHEMA") : schema_load(&d->schema, place, e);
	free(place);
	if (st == ST_OK && (st = folder_read(&d->folder, folder, d->encode, d->one == NULL ? NULL : d->one->filter, e)) == ST_ABSENT)
		/* What is missing on this side is no missing record. */
		st = err_set(e, ST_INVALID, "there is no '%s', or a file in it went away", folder);
	if (st == ST_OK)
		json_array_extend(d->warnings, d->folder.warnings);
	if (st == ST_OK)
		st = describe(d->schema, &d->folder, &d->d, &d->doc, d->warnings, e);
	if (st == ST_OK)
		st = fill_defaults(d, folder, e);
	return st;
}

static st_t send_all(struct deposit *d, const char *folder, uint64_t *sent, struct err *e)
{
	st_t st;

	d->state = state_deposit_path(d->c->server, folder, d->one == NULL ? NULL : d->one->apart);
	st = open_draft(d, folder, e);
	if (st == ST_OK && !d->asked && (d->version_of != NULL || d->resumed))
		st = drop_removed(d, e);
	if (st == ST_OK && !d->asked)
		st = send_files(d->c, d->draft, &d->folder, d->jobs, sent, e);
	/* What is published together must have been there together. */
	if (st == ST_OK && !d->asked)
		st = folder_same(&d->folder, e);
	return st;
}

static int run(struct deposit *d, const char *folder)
{
	struct err e = ERR_INIT;
	json_t *rec = NULL;
	uint64_t sent = 0;
	st_t st = prepare(d, folder, &e);

	if (st != ST_OK)
		return say_failed(d->c, st, &e);
	if (d->strict && json_array_size(d->defaulted) > 0)
		return strict_fails(d);
	st = send_all(d, folder, &sent, &e);
	if (st != ST_OK) {
		int code = say_failed(d->c, st, &e);

		if (d->draft[0] != '\0')
			fprintf(stderr, "azekura: what arrived is kept in draft %s; run the same command again to go on\n", d->draft);
		return code;
	}
	st = finish(d, folder, &rec, &e);
	if (st != ST_OK) {
		json_decref(rec);
		return say_failed(d->c, st, &e);
	}
	report(d, rec, sent);
	json_decref(rec);
	/* Only when the answer is out: whoever does not see it runs the command again, and must find this record. */
	if (fflush(stdout) != 0)
		return say_failed(d->c, ST_IO, NULL);
	if (d->publish && d->state != NULL)
		unlink(d->state);
	return EX_FINE;
}

static void deposit_release(struct deposit *d)
{
	folder_release(&d->folder);
	json_decref(d->doc);
	json_decref(d->defaulted);
	json_decref(d->warnings);
	schema_drop(d->schema);
	free(d->state);
}

st_t deposit_one(struct cli *c, const struct deposit_one *o, const char *folder, struct err *e)
{
	struct deposit d = { .c = c, .d = o->d, .publish = o->publish, .encode = o->encode, .jobs = o->jobs, .one = o };
	json_t *rec = NULL;
	uint64_t sent = 0;
	const char *html;
	st_t st;

	d.defaulted = json_array();
	d.warnings = json_array();
	st = prepare(&d, folder, e);
	if (st == ST_OK)
		st = send_all(&d, folder, &sent, e);
	if (st == ST_OK)
		st = finish(&d, folder, &rec, e);
	html = json_string_value(json_at(rec, "links.self_html"));
	if (st == ST_OK)
		st = o->done(o->ctx, d.draft, d.folder.n, d.folder.bytes, sent, html == NULL ? "" : html, e);
	/* The state of a draft stays until then too: whoever is killed before keeps the same draft. */
	if (st == ST_OK && d.state != NULL)
		unlink(d.state);
	json_decref(rec);
	deposit_release(&d);
	return st;
}

int cmd_deposit(struct cli *c)
{
	struct deposit d = { .c = c, .jobs = 4 };
	int code;

	d.d.creators = d.creators;
	if (!cli_options(c, options, option_or_resume, &d))
		return EX_WRONG_USE;
	if (c->argc != (d.survey == NULL ? 1 : 0))
		return say_wrong_use(c, d.survey == NULL ? "say what: azekura deposit FOLDER" : "the list names the folders: azekura deposit --from-survey LIST");
	if (d.survey != NULL && (d.version_of != NULL || d.strict || d.d.title != NULL))
		return say_wrong_use(c, "--title, --new-version and --strict speak of one dataset, a list of many");
	if (c->token == NULL) {
		say_error(c, "no token: log in with 'azekura login %s', or give --token", c->server);
		return EX_REFUSED;
	}
	if (d.survey != NULL) {
		struct deposit_one one = { .d = d.d, .publish = d.publish, .encode = d.encode, .jobs = d.jobs };

		return deposit_from_survey(c, d.survey, &one);
	}
	d.defaulted = json_array();
	d.warnings = json_array();
	code = run(&d, c->argv[0]);
	deposit_release(&d);
	return code;
}
