#include <stdlib.h>

#include "base/clock.h"
#include "base/fs.h"
#include "cli/deposit.h"
#include "schema/format.h"
#include "schema/prefill.h"
#include "schema/record.h"
#include "schema/vocab.h"

static json_t *ml(const char *value)
{
	return json_pack("[{s:s}]", "value", value);
}

static st_t from_files(const struct schema *s, const struct folder *f, json_t **doc, json_t *warnings, struct err *e)
{
	struct prefill *p = prefill_new(s);
	json_t *warn = NULL;
	size_t i;
	st_t st = p == NULL ? ST_NOMEM : ST_OK;

	for (i = 0; st == ST_OK && i < f->n; i++) {
		struct buf b = BUF_INIT(PREFILL_FILE_MAX);
		struct err why = ERR_INIT;

		if (!prefill_wants(f->v[i].key))
			continue;
		if (fs_read_file(f->v[i].path, &b, &why) == ST_OK)
			st = prefill_add(p, f->v[i].key, buf_slice(&b));
		else
			json_push(warnings, json_string(why.text));
		buf_release(&b);
	}
	if (st == ST_OK)
		st = prefill_take(p, doc, &warn);
	if (st == ST_OK)
		json_array_extend(warnings, warn);
	json_decref(warn);
	prefill_free(p);
	(void)e;
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
	st = from_files(s, f, doc, warnings, e);
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
	return st;
}
