/*
 * Global attributes that describe a dataset (ACDD 1.3, CF 2.6.2, and NeXus and FITS through the same building blocks) as a partial
 * canonical record. Nothing is decided here: a person, or a better source, does.
 */

#include "base/clock.h"
#include "indexer/extract/array_int.h"

#define WORDS_MOST	100

static json_t *record_of(struct fact *f)
{
	return fact_object(f, "record");
}

static void place(struct fact *f, const char *pointer, const char *where)
{
	json_t *r = record_of(f), *places = json_object_get(r, "places");

	if (places == NULL) {
		fact_put(f, r, "places", json_object());
		places = json_object_get(r, "places");
	}
	fact_put(f, places, pointer, fact_text(slice_str(where), 300));
}

void array_propose_item(struct fact *f, const char *member, json_t *value, const char *where)
{
	json_t *r = record_of(f), *list = json_object_get(r, member);
	char pointer[100];

	if (list == NULL) {
		fact_put(f, r, member, json_array());
		list = json_object_get(r, member);
	}
	snprintf(pointer, sizeof(pointer), "/%s/%zu", member, json_array_size(list));
	if (list == NULL || json_push(list, value) != ST_OK) {
		fact_put(f, NULL, "", NULL);
		return;
	}
	place(f, pointer, where);
}

void array_propose_member(struct fact *f, const char *member, json_t *value, const char *where)
{
	char pointer[100];

	if (json_object_get(record_of(f), member)) {
		json_decref(value);
		return;
	}
	fact_put(f, record_of(f), member, value);
	snprintf(pointer, sizeof(pointer), "/%s", member);
	place(f, pointer, where);
}

static json_t *valued(struct slice s, size_t max)
{
	return json_pack("{s:o}", "value", fact_text(s, max));
}

void array_propose_title(struct fact *f, struct slice s, const char *where)
{
	if (s.n && json_object_get(record_of(f), "titles") == NULL)
		array_propose_item(f, "titles", valued(s, FACT_VALUE), where);
}

void array_propose_abstract(struct fact *f, struct slice s, const char *where)
{
	if (s.n && json_object_get(record_of(f), "descriptions") == NULL)
		array_propose_item(f, "descriptions", json_pack("{s:o,s:s}", "value", fact_text(s, 20000), "type", "Abstract"), where);
}

/* "https://orcid.org/0000-0002-1825-0097" */
static struct slice orcid_in(struct slice s)
{
	const char *p = s.n ? memmem(s.p, s.n, "orcid.org/", 10) : NULL;

	return p && s.n - (size_t)(p + 10 - s.p) >= 19 ? slice_of(p + 10, 19) : SLICE_NULL;
}

void array_propose_person(struct fact *f, const char *list, const char *type, struct slice name, const char *name_type, struct slice orcid, const char *where)
{
	json_t *o;

	if (name.n == 0)
		return;
	o = json_object();
	fact_put(f, o, "names", json_pack("[o]", valued(name, 500)));
	if (type)
		fact_put(f, o, "contributorType", json_string(type));
	if (name_type)
		fact_put(f, o, "nameType", json_string(name_type));
	orcid = orcid_in(orcid);
	if (orcid.n)
		fact_put(f, o, "nameIdentifiers", json_pack("[{s:s,s:o}]", "scheme", "ORCID", "value", fact_text(orcid, 19)));
	array_propose_item(f, list, o, where);
}

/* ---- the attributes ---- */

static struct slice trimmed(struct slice s)
{
	while (s.n && ((uint8_t)s.p[s.n - 1] <= ' '))
		s.n--;
	while (s.n && ((uint8_t)s.p[0] <= ' '))
		s = slice_of(s.p + 1, s.n - 1);
	return s;
}

/* The first of ${keys} that has text; *key says which. */
static struct slice first_of(const json_t *a, const char *const *keys, const char **key)
{
	struct slice s;

	for (; *keys; keys++) {
		s = trimmed(array_text(a, *keys));
		if (s.n) {
			*key = *keys;
			return s;
		}
	}
	return SLICE_NULL;
}

static const char *where_is(char out[120], const char *key)
{
	snprintf(out, 120, "attribute %s", key);
	return out;
}

static bool is_group(struct slice type)
{
	return slice_ieq_str(type, "institution") || slice_ieq_str(type, "group");
}

static void people(struct fact *f, const json_t *a)
{
	static const char *const names[] = { "creator_name", "creator", "author", "authors", "Author", "Creator", "principal_investigator", NULL };
	const char *key = NULL, *type;
	/* The creator of files that programs write is the program. */
	struct slice all = json_object_get(a, "creator_version") ? SLICE_NULL : first_of(a, names, &key), one, url;
	bool several = memchr(all.p ? all.p : "", ';', all.n) != NULL;
	char where[120];
	unsigned n = 0;

	type = is_group(array_text(a, "creator_type")) ? "Organizational" : slice_ieq_str(array_text(a, "creator_type"), "person") ? "Personal" : NULL;
	url = several ? SLICE_NULL : array_text(a, "creator_url");
	while (all.n && n++ < WORDS_MOST) {
		one = trimmed(slice_cut(&all, ';'));
		array_propose_person(f, "creators", NULL, one, type, url, where_is(where, key));
	}
	all = trimmed(array_text(a, "contributor_name"));
	for (n = 0; all.n && n < WORDS_MOST; n++)
		array_propose_person(f, "contributors", "Other", trimmed(slice_cut(&all, ';')), NULL, SLICE_NULL, "attribute contributor_name");
	one = trimmed(array_text(a, "institution"));
	array_propose_person(f, "contributors", "HostingInstitution", one, "Organizational", SLICE_NULL, "attribute institution");
}

static void words(struct fact *f, const json_t *a)
{
	static const char *const keys[] = { "keywords", "Keywords", "subject", NULL };
	const char *key = NULL;
	struct slice all = first_of(a, keys, &key), one, scheme = trimmed(array_text(a, "keywords_vocabulary"));
	char sep = memchr(all.p ? all.p : "", ';', all.n) ? ';' : ',', where[120];
	unsigned n;
	json_t *o;

	for (n = 0; all.n && n < WORDS_MOST; n++) {
		one = trimmed(slice_cut(&all, sep));
		if (one.n == 0)
			continue;
		o = valued(one, 500);
		if (scheme.n)
			fact_put_text(f, o, "scheme", scheme);
		array_propose_item(f, "subjects", o, where_is(where, key));
	}
}

static void licence(struct fact *f, const json_t *a)
{
	static const char *const keys[] = { "license", "licence", "License", "rights", NULL };
	const char *key = NULL;
	struct slice s = first_of(a, keys, &key);
	char where[120];

	if (s.n == 0)
		return;
	if ((slice_starts(s, "http://") || slice_starts(s, "https://")) && memchr(s.p, ' ', s.n) == NULL)
		array_propose_item(f, "rights", json_pack("{s:o}", "uri", fact_text(s, 1000)), where_is(where, key));
	else
		array_propose_item(f, "rights", json_pack("{s:[o]}", "values", valued(s, FACT_VALUE)), where_is(where, key));
}

static void dates(struct fact *f, const json_t *a)
{
	static const char *const keys[][2] = { { "date_created", "Created" }, { "date_issued", "Issued" }, { "date_modified", "Updated" }, { "creation_date", "Created" } };
	struct slice s, day;
	char where[120];
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		s = trimmed(array_text(a, keys[i][0]));
		day = s.n > 10 && (s.p[10] == 'T' || s.p[10] == ' ') ? slice_of(s.p, 10) : s;
		if (date_valid(day) && !date_is_range(day))
			array_propose_item(f, "dates", json_pack("{s:s,s:o}", "type", keys[i][1], "value", fact_text(day, 40)), where_is(where, keys[i][0]));
	}
}

/* "https://doi.org/10.1234/x" and "doi:10.1234/x" as 10.1234/x */
static struct slice doi_in(struct slice s)
{
	static const char *const before[] = { "https://doi.org/", "http://doi.org/", "https://dx.doi.org/", "http://dx.doi.org/", "doi:", "DOI:" };
	size_t i;

	s = trimmed(s);
	for (i = 0; i < sizeof(before) / sizeof(before[0]); i++)
		if (slice_starts(s, before[i]))
			s = trimmed(slice_of(s.p + strlen(before[i]), s.n - strlen(before[i])));
	return slice_starts(s, "10.") && memchr(s.p, '/', s.n) && !memchr(s.p, ' ', s.n) && s.n < 300 ? s : SLICE_NULL;
}

static void identifiers(struct fact *f, const json_t *a)
{
	static const char *const keys[] = { "doi", "DOI", "identifier_product_doi", "id", "metadata_link", NULL };
	struct slice doi;
	char where[120];
	size_t i;

	for (i = 0; keys[i]; i++) {
		doi = doi_in(array_text(a, keys[i]));
		if (doi.n) {
			array_propose_item(f, "relations", json_pack("{s:s,s:{s:s,s:o}}", "relationType", "IsIdenticalTo", "identifier", "type", "DOI", "value",
			    fact_text(doi, 300)), where_is(where, keys[i]));
			break;
		}
	}
	doi = doi_in(array_text(a, "references"));
	if (doi.n)
		array_propose_item(f, "relations", json_pack("{s:s,s:{s:s,s:o}}", "relationType", "References", "identifier", "type", "DOI", "value",
		    fact_text(doi, 300)), "attribute references");
}

static void cover(struct fact *f)
{
	const json_t *t = json_object_get(fact_root(f), "time"), *b = json_object_get(json_object_get(fact_root(f), "geo"), "bbox");
	const char *from = json_text(t, "start"), *to = json_text(t, "end");
	struct buf range = BUF_INIT(200);

	if (from && to && buf_addf(&range, "%s/%s", from, to) == ST_OK && date_valid(buf_slice(&range)))
		array_propose_item(f, "dates", json_pack("{s:s,s:o}", "type", "Coverage", "value", fact_text(buf_slice(&range), 100)), json_text(t, "variable") ?
		    "time axis" : "attribute time_coverage_start");
	buf_release(&range);
	if (json_array_size(b) == 4)
		array_propose_item(f, "geoLocations", json_pack("{s:{s:O,s:O,s:O,s:O}}", "box", "west", json_array_get(b, 0), "south", json_array_get(b, 1), "east",
		    json_array_get(b, 2), "north", json_array_get(b, 3)), "latitude and longitude");
}

void acdd_propose(struct fact *f)
{
	static const char *const titles[] = { "title", "Title", "TITLE", NULL };
	static const char *const abstracts[] = { "summary", "abstract", "description", "comment", NULL };
	const json_t *a = json_object_get(fact_root(f), "attributes");
	const char *key = NULL;
	struct slice s;
	char where[120];

	cover(f);
	if (a == NULL)
		goto out;
	s = first_of(a, titles, &key);
	array_propose_title(f, s, s.n ? where_is(where, key) : "");
	s = first_of(a, abstracts, &key);
	array_propose_abstract(f, s, s.n ? where_is(where, key) : "");
	people(f, a);
	words(f, a);
	licence(f, a);
	dates(f, a);
	identifiers(f, a);
	s = trimmed(array_text(a, "publisher_name"));
	if (s.n)
		array_propose_member(f, "publisher", json_pack("{s:[o]}", "names", valued(s, 500)), "attribute publisher_name");
	s = trimmed(array_text(a, "product_version"));
	if (s.n)
		array_propose_member(f, "version", fact_text(s, 100), "attribute product_version");
out:
	if (json_object_size(json_object_get(fact_root(f), "record")) == 0)
		json_object_del(fact_root(f), "record");
}
