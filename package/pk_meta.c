/* What packages say of a record, taken from its canonical form. */

#include "package/pk_int.h"

#include "base/clock.h"
#include "base/str.h"
#include "schema/vocab.h"

struct slice pk_description(const struct rec *rec)
{
	struct slice s = record_abstract(rec->doc, "en");
	const json_t *all = json_object_get(rec->doc, "descriptions");

	if (!s.n)
		s = json_slice(json_object_get(json_array_get(all, 0), "value"));
	return s.n ? s : record_title(rec->doc, "en");
}

static bool is_uri(const char *s)
{
	return s && (!strncmp(s, "https://", 8) || !strncmp(s, "http://", 7)) && !strpbrk(s, " \t\r\n\"<>{}|\\^`");
}

void pk_licence(const struct rec *rec, struct buf *out)
{
	const json_t *rights = json_object_get(rec->doc, "rights"), *r = NULL;
	size_t i = 0;

	json_array_foreach(rights, i, r) {
		const char *spdx = json_text(r, "spdx"), *uri = json_text(r, "uri");

		if (spdx && *spdx && strncmp(spdx, "LicenseRef-", 11)) {
			buf_addf(out, "https://spdx.org/licenses/%s.html", spdx);
			return;
		}
		if (is_uri(uri)) {
			buf_adds(out, uri);
			return;
		}
	}
	buf_addsl(out, record_ml(json_object_get(json_array_get(rights, 0), "values"), "en"));
	if (!out->n)
		buf_adds(out, "no licence stated");
}

void pk_date(const struct rec *rec, char out[11])
{
	const json_t *dates = json_object_get(rec->doc, "dates"), *d = NULL;
	size_t i = 0;

	iso8601_date(out, rec->published ? rec->published : rec->created);
	json_array_foreach(dates, i, d) {
		const char *type = json_text(d, "type");
		struct slice v = json_slice(json_object_get(d, "value"));

		if (type && !strcmp(type, "Issued") && date_valid(v) && !date_is_range(v) && v.n >= 10) {
			memcpy(out, v.p, 10);
			out[10] = '\0';
			return;
		}
	}
}

void pk_url(const struct package_ctx *c, struct buf *out)
{
	buf_addf(out, "%s/records/%s", c->base, c->rec->id);
}

void pk_file_url(const struct package_ctx *c, struct slice path, struct buf *out)
{
	pk_url(c, out);
	buf_adds(out, "/files/");
	percent_encode(out, path, "/");
}

void pk_agent_id(const json_t *agent, struct buf *out)
{
	static const char *const schemes[] = { "ORCID", "ROR" };
	const json_t *n = NULL;
	size_t i = 0;
	const char *key = json_object_get(agent, "nameIdentifiers") ? "nameIdentifiers" : "identifiers";

	for (size_t s = 0; s < 2 && !out->n; s++)
		json_array_foreach(json_object_get(agent, key), i, n) {
			const char *scheme = json_text(n, "scheme");

			if (scheme && !strcmp(scheme, schemes[s]) && !out->n)
				pid_uri(out, scheme, json_slice(json_object_get(n, "value")));
		}
	if (out->n && !is_uri(out->p))
		buf_clear(out);
}

bool pk_is_person(const json_t *agent)
{
	const char *type = json_text(agent, "nameType");

	return !type || strcmp(type, "Organizational");
}

const char *pk_doi(const struct rec *rec)
{
	const json_t *id = NULL;
	size_t i = 0;

	json_array_foreach(json_object_get(rec->doc, "identifiers"), i, id) {
		const char *type = json_text(id, "type"), *value = json_text(id, "value");

		if (type && !strcmp(type, "DOI") && value && doi_valid(slice_str(value)))
			return value;
	}
	return NULL;
}

void pk_language(const struct rec *rec, const struct package_ctx *c, struct buf *out)
{
	const struct vocab *v = schema_vocab(c->repo->schema, "languages");
	struct slice s = json_slice(json_array_get(json_object_get(rec->doc, "languages"), 0));
	size_t row = 0;
	const char *two = "";

	if (v && s.n && vocab_find(v, "id", s, &row))
		two = vocab_get(v, row, "alpha2");
	if (*two)
		buf_adds(out, two);
	else if (s.n == 2 || s.n == 3)
		buf_addsl(out, s);
}

static void tex(struct buf *out, struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\') {
			buf_adds(out, "\\textbackslash{}");
			continue;
		}
		if (strchr("{}%#$&_", s.p[i]))
			buf_addc(out, '\\');
		buf_addc(out, (unsigned char)s.p[i] < 0x20 ? ' ' : s.p[i]);
	}
}

void pk_cite(const struct package_ctx *c, struct buf *out)
{
	const json_t *creator = NULL;
	size_t i = 0;
	int year = record_year(c->rec->doc);

	buf_addf(out, "@misc{%s, title={", c->rec->id);
	tex(out, record_title(c->rec->doc, "en"));
	buf_adds(out, "}, author={");
	json_array_foreach(json_object_get(c->rec->doc, "creators"), i, creator) {
		if (i)
			buf_adds(out, " and ");
		if (!pk_is_person(creator))
			buf_addc(out, '{');
		tex(out, record_name(creator, "en"));
		if (!pk_is_person(creator))
			buf_addc(out, '}');
	}
	buf_addf(out, "}, publisher={");
	tex(out, record_name(json_object_get(c->rec->doc, "publisher"), "en"));
	if (year)
		buf_addf(out, "}, year={%d", year);
	buf_adds(out, "}, url={");
	if (pk_doi(c->rec))
		pid_uri(out, "DOI", slice_str(pk_doi(c->rec)));
	else
		pk_url(c, out);
	buf_adds(out, "}}");
}
