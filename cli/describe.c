#include <fcntl.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/place.h"
#include "cli/deposit.h"
#include "net/helper.h"
#include "schema/assertion.h"
#include "schema/describe.h"
#include "schema/format.h"
#include "schema/record.h"
#include "schema/vocab.h"

#define INSIDE_FILES	20u			/* data files looked into for a proposal */
#define INSIDE_BYTES	((uint64_t)64 << 20)	/* of all of them */

static json_t *ml(const char *value)
{
	return json_pack("[{s:s}]", "value", value);
}

static int best_first(const void *a, const void *b)
{
	const struct local_file *x = *(const struct local_file *const *)a, *y = *(const struct local_file *const *)b;

	return describe_before(x->key, y->key) ? -1 : describe_before(y->key, x->key);
}

/* The files worth looking at, read into memory; ${n} of them in ${out}, their bytes in ${bytes}. */
static size_t gather(const struct folder *f, struct describe_file *out, struct buf *bytes, json_t *warnings)
{
	const struct local_file **wanted = calloc(f->n + 1, sizeof(*wanted));
	size_t i, n = 0, kept = 0, total = 0;

	for (i = 0; wanted != NULL && i < f->n; i++)
		if (describe_wants(f->v[i].key))
			wanted[n++] = &f->v[i];
	if (n > 0)
		qsort(wanted, n, sizeof(*wanted), best_first);
	for (i = 0; i < n && kept < DESCRIBE_FILES_MAX; i++) {
		struct buf *b = &bytes[kept];
		struct err why = ERR_INIT;

		/* A large one that only its kind made likely is data. */
		if (wanted[i]->size > DESCRIBE_FILE_MAX || total + wanted[i]->size > DESCRIBE_BYTES_MAX)
			continue;
		buf_init(b, DESCRIBE_FILE_MAX);
		if (fs_read_file(wanted[i]->path, b, &why) != ST_OK) {
			json_push(warnings, json_string(why.text));
			buf_release(b);
			continue;
		}
		total += b->n;
		out[kept++] = (struct describe_file){ wanted[i]->key, buf_slice(b), NULL };
	}
	free(wanted);
	return kept;
}

/* Data files that may say who made them: what is inside is told by the helper, and only a short proposal of it goes on. */
static size_t look_inside(struct helpers *h, const struct folder *f, struct describe_file *out, struct buf *bytes, char (*digests)[65])
{
	static const char *const tables[] = { ".csv", ".tsv", ".txt", ".md", ".xml", ".bval", ".bvec" };
	size_t i, k, n = 0, tried = 0;
	uint64_t total = 0;

	for (i = 0; i < f->n && tried < INSIDE_FILES && n < INSIDE_FILES; i++) {
		struct buf facts = BUF_INIT((size_t)16 << 20);
		const char *dot = strrchr(f->v[i].key, '.');
		json_t *j = NULL, *part;
		int fd;

		for (k = 0; dot != NULL && k < sizeof(tables) / sizeof(*tables); k++)
			if (strcasecmp(dot, tables[k]) == 0)
				break;
		/* Tables and prose have no such words; large files are read by the server, in its own time. */
		if (describe_wants(f->v[i].key) || dot == NULL || k < sizeof(tables) / sizeof(*tables) || f->v[i].size == 0 || total + f->v[i].size > INSIDE_BYTES)
			continue;
		tried++;
		total += f->v[i].size;
		if ((fd = open(f->v[i].path, O_RDONLY | O_CLOEXEC)) < 0)
			continue;
		if (helper_extract(h, fd, 0, f->v[i].size, f->v[i].key, NULL, &facts, NULL) == ST_OK && json_load(&j, buf_slice(&facts), NULL) == ST_OK &&
		    !slice_starts(json_slice(json_object_get(j, "media")), "text/") && file_digest(fd, digests[n], NULL, NULL) == ST_OK) {
			buf_init(&bytes[n], (size_t)1 << 20);
			part = json_pack("{s:O?, s:O?, s:O?}", "extractor", json_object_get(j, "extractor"), "version", json_object_get(j, "version"), "record",
			    json_object_get(j, "record"));
			if (part != NULL && json_dump(&bytes[n], part, false) == ST_OK) {
				out[n] = (struct describe_file){ f->v[i].key, buf_slice(&bytes[n]), digests[n] };
				n++;
			} else {
				buf_release(&bytes[n]);
			}
			json_decref(part);
		}
		json_decref(j);
		buf_release(&facts);
		close(fd);
	}
	return n;
}

/* Strangers wrote these files: they are read by the helper, in its cell. Without a helper nothing is read, and the deposit goes on. */
static st_t ask_helper(const struct schema *s, const struct folder *f, struct describe_file *files, struct buf *bytes, size_t *n, json_t **doc, json_t **warn, struct err *e)
{
	char (*digests)[65] = calloc(INSIDE_FILES, sizeof(*digests));
	struct buf answer = BUF_INIT((size_t)32 << 20);
	char *program = place_program("azekura-extract"), *place = place_schema();
	struct helpers *h = NULL;
	st_t st;

	if (digests == NULL)
		st = ST_NOMEM;
	else if (program == NULL || place == NULL)
		st = err_set(e, ST_ABSENT, "the program 'azekura-extract' or the folder 'schema' was not found");
	else if ((st = helpers_new(&h, program, 1, e)) == ST_OK) {
		*n += look_inside(h, f, files + *n, bytes + *n, digests);
		if (*n > 0 && (st = helper_describe(h, place, files, *n, &answer, e)) == ST_OK)
			st = describe_answer(s, buf_slice(&answer), doc, warn, e);
	}
	free(digests);
	helpers_free(h);
	buf_release(&answer);
	free(program);
	free(place);
	return st;
}

static st_t from_files(const struct schema *s, const struct folder *f, json_t **doc, json_t *warnings)
{
	struct describe_file *files = calloc(DESCRIBE_FILES_MAX + INSIDE_FILES, sizeof(*files));
	struct buf *bytes = calloc(DESCRIBE_FILES_MAX + INSIDE_FILES, sizeof(*bytes));
	struct err why = ERR_INIT;
	json_t *warn = NULL;
	size_t n, i;
	st_t st = files != NULL && bytes != NULL ? ST_OK : ST_NOMEM;

	n = st == ST_OK ? gather(f, files, bytes, warnings) : 0;
	if (st == ST_OK && f->n > 0 && (st = ask_helper(s, f, files, bytes, &n, doc, &warn, &why)) != ST_OK && st != ST_NOMEM) {
		struct buf text = BUF_INIT(ERR_TEXT_MAX + 200);

		buf_addf(&text, "the description files were not read: %s: fill in the fields by hand", why.text);
		json_push(warnings, json_string(text.p));
		buf_release(&text);
		st = ST_OK;
	}
	if (st == ST_OK && *doc == NULL)
		st = (*doc = json_object()) != NULL ? ST_OK : ST_NOMEM;
	if (warn != NULL)
		json_array_extend(warnings, warn);
	json_decref(warn);
	for (i = 0; i < n; i++)
		buf_release(&bytes[i]);
	free(bytes);
	free(files);
	return st;
}

/* A default must not cover what somebody said in the wrong form. */
static st_t well_formed(const struct schema *s, const json_t *doc, struct err *e)
{
	struct findings f = { NULL, 0, 0 };
	struct buf text = BUF_INIT(ERR_TEXT_MAX);
	st_t st = record_validate(s, doc, RECORD_DRAFT, &f);
	size_t i;

	for (i = 0; i < f.n; i++)
		if (f.v[i].fatal)
			buf_addf(&text, "\n  %s: %s", f.v[i].path, f.v[i].message);
	if (st == ST_OK && findings_fatal(&f))
		st = err_set(e, ST_INVALID, "no record can hold this:%s", text.p == NULL ? "" : text.p);
	else if (st == ST_INVALID)
		st = err_set(e, st, "no record can hold this:%s", text.p == NULL ? "" : text.p);
	findings_release(&f);
	buf_release(&text);
	return st;
}

/* --from: a canonical or InvenioRDM record; what it says stands above what the files say. */
static st_t from_json(const struct schema *s, const char *path, json_t *doc, json_t *warnings, struct err *e)
{
	struct buf b = BUF_INIT((size_t)64 << 20);
	json_t *j = NULL, *read = NULL;
	st_t st = fs_read_file(path, &b, e);

	if (st == ST_OK)
		st = json_load(&j, buf_slice(&b), e);
	if (st == ST_OK && json_object_get(j, "metadata") != NULL)
		st = invenio_read(s, j, &read, warnings, e);
	else if (st == ST_OK)
		st = record_load(&read, buf_slice(&b), e);
	if (st == ST_OK)
		st = record_normalise(s, read, warnings, e);
	if (st == ST_OK)
		st = well_formed(s, read, e);
	/* What was proposed before and still stands keeps its source. */
	if (st == ST_OK && json_object_get(read, "assertions") != NULL && json_object_get(doc, "assertions") != NULL) {
		json_array_extend(json_object_get(doc, "assertions"), json_object_get(read, "assertions"));
		json_object_del(read, "assertions");
	}
	if (st == ST_OK)
		json_object_update(doc, read);
	else
		err_wrap(e, "%s", path);
	json_decref(read);
	json_decref(j);
	buf_release(&b);
	return st;
}

static void set_creators(json_t *doc, const struct describe_opts *o)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < o->n_creators; i++)
		json_push(list, json_pack("{s:s, s:o}", "nameType", "Personal", "names", ml(o->creators[i])));
	json_put(doc, "creators", list);
}

static st_t set_license(const struct schema *s, json_t *doc, const char *id, struct err *e)
{
	const struct vocab *v = schema_vocab(s, "licences");
	size_t row;

	if (v == NULL || !vocab_find(v, "id", slice_str(id), &row))
		return err_set(e, ST_INVALID, "'%s' is no licence this program knows: give an SPDX identifier, as CC-BY-4.0", id);
	return json_put(doc, "rights", json_pack("[{s:[{s:s, s:s}], s:s, s:s, s:s}]", "values", "value", vocab_get(v, row, "label"), "lang", "en",
	    "spdx", id, "uri", vocab_get(v, row, "url"), "appliesTo", "data"));
}

static st_t set_access(json_t *doc, const char *word, struct err *e)
{
	static const struct { const char *word, *coar; } rights[] = {
		{ "open", "http://purl.org/coar/access_right/c_abf2" }, { "embargoed", "http://purl.org/coar/access_right/c_f1cf" },
		{ "restricted", "http://purl.org/coar/access_right/c_16ec" }, { "closed", "http://purl.org/coar/access_right/c_14cb" },
	};
	struct slice end = slice_str(word), name = slice_cut(&end, ':');
	json_t *access, *dates;
	size_t i;

	for (i = 0; i < 4; i++)
		if (slice_eq_str(name, rights[i].word))
			break;
	if (i == 4 || (i == 1) != (end.p != NULL) || (i == 1 && (end.n != 10 || !date_valid(end))))
		return err_set(e, ST_INVALID, "access: open, embargoed:YYYY-MM-DD, restricted or closed, not '%s'", word);
	access = json_pack("{s:s}", "coar", rights[i].coar);
	if (i == 1) {
		json_put_str(access, "embargoEnd", end);
		dates = json_object_get(doc, "dates");
		if (!json_is_array(dates)) {
			dates = json_array();
			json_put(doc, "dates", dates);
		}
		json_push(dates, json_pack("{s:s, s:s}", "type", "Available", "value", end.p));
	}
	return json_put(doc, "accessRights", access);
}

st_t describe(const struct schema *s, const struct folder *f, const struct describe_opts *o, json_t **doc, json_t *warnings, struct err *e)
{
	st_t st;

	*doc = NULL;
	st = from_files(s, f, doc, warnings);
	if (st == ST_OK && o->from != NULL)
		st = from_json(s, o->from, *doc, warnings, e);
	if (st == ST_OK && o->title != NULL)
		st = json_put(*doc, "titles", ml(o->title));
	if (st == ST_OK && o->n_creators > 0)
		set_creators(*doc, o);
	if (st == ST_OK && o->license != NULL)
		st = set_license(s, *doc, o->license, e);
	if (st == ST_OK && o->access != NULL)
		st = set_access(*doc, o->access, e);
	/* What a person said instead is nobody's proposal. */
	return st == ST_OK ? assertions_tidy(*doc) : st;
}
