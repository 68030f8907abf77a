/* Records as repositories answer them: our own, InvenioRDM, Zenodo, Dataverse, CKAN, OSF, and STAC items. What is inside claims them, not the name. */
#include <math.h>
#include <stdint.h>

#include "base/map.h"
#include "indexer/extract/prefill_int.h"
#include "schema/format.h"

/* ---- Whole records: the places are found by what the values say ---- */

static st_t index_texts(struct map *m, const json_t *v)
{
	const char *key;
	const json_t *x;
	size_t i;
	st_t st = ST_OK;

	if (json_is_string(v) && json_string_length(v) > 3 && !map_has(m, json_slice(v)))
		return map_put(m, json_slice(v), (void *)v, NULL);
	json_object_foreach((json_t *)v, key, x)
		if (st == ST_OK)
			st = index_texts(m, x);
	json_array_foreach(v, i, x)
		if (st == ST_OK)
			st = index_texts(m, x);
	return st;
}

static void mark_texts(struct pf *p, const struct map *m, json_t *v)
{
	struct slice found[64];
	size_t i, n = 0;
	const char *key;
	json_t *x;

	json_object_foreach(v, key, x) {
		const json_t *there = json_is_string(x) && n < 64 ? map_get(m, json_slice(x)) : NULL;

		if (there != NULL)
			found[n++] = json_slice(there);
		else
			mark_texts(p, m, x);
	}
	while (v != p->doc && n > 0)
		pf_mark(p, v, found[--n]);
	json_array_foreach(v, i, x)
		mark_texts(p, m, x);
}

/* Take over what ${read} says; ${j} is the source it was made from. */
static st_t take_record(struct pf *p, json_t *read, const json_t *j)
{
	static const char *const ours[] = { "invenio", "identifiers", "assertions", "schemaVersion", "provenance", "sourceRecords" };
	struct map *m = map_new();
	const char *key;
	json_t *v;
	st_t st = m != NULL ? index_texts(m, j) : ST_NOMEM;

	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
		json_object_del(read, ours[i]);
	if (st == ST_OK && json_object_update(p->doc, read) != 0)
		st = ST_NOMEM;
	if (st == ST_OK)
		mark_texts(p, m, p->doc);
	json_object_foreach(read, key, v) {
		const json_t *there = st == ST_OK && json_is_string(v) ? map_get(m, json_slice(v)) : NULL;

		if (there != NULL)
			pf_mark_member(p, key, json_slice(there));
	}
	map_free(m, NULL);
	return st == ST_OK ? p->st : st;
}

st_t pf_canonical(struct pf *p, const json_t *j, struct err *e)
{
	json_t *copy;
	st_t st;

	(void)e;
	if (json_slice(json_at(j, "schemaVersion")).n == 0 || json_slice(json_at(j, "titles[0].value")).n == 0)
		return ST_ABSENT;
	if ((copy = json_deep_copy(j)) == NULL)
		return ST_NOMEM;
	st = take_record(p, copy, j);
	json_decref(copy);
	return st;
}

st_t pf_invenio(struct pf *p, const json_t *j, struct err *e)
{
	json_t *read = NULL;
	st_t st;

	if (!json_is_object(json_at(j, "metadata.creators[0].person_or_org")))
		return ST_ABSENT;
	if ((st = invenio_read(p->s, j, &read, NULL, e)) != ST_OK)
		return st;
	st = take_record(p, read, j);
	json_decref(read);
	if (st == ST_OK)
		pf_same(p, json_slice(json_at(j, "pids.doi.identifier")));
	return st;
}

/* ---- Zenodo's older form; also .zenodo.json ---- */

static void zenodo_type(struct pf *p, const json_t *m)
{
	struct slice type = pf_text(m, "upload_type");

	if (type.n == 0)
		type = json_slice(json_at(m, "resource_type.type"));
	if (slice_eq_str(type, "software"))
		pf_type(p, "software", type);
	else if (slice_eq_str(type, "dataset"))
		pf_type(p, "dataset", type);
}

st_t pf_zenodo(struct pf *p, const json_t *j, struct err *e)
{
	const json_t *m = json_object_get(j, "metadata"), *v;
	struct slice licence;
	json_t *o;

	if (!json_is_object(m))
		m = j;
	if (pf_text(m, "title").n == 0 || (!json_is_string(json_at(m, "creators[0].name")) && pf_text(m, "upload_type").n == 0) ||
	    (m == j && !slice_ieq_str(slice_str(p->path), ".zenodo.json") && pf_text(m, "upload_type").n == 0))
		return slice_ieq_str(slice_str(p->path), ".zenodo.json") ? err_set(e, ST_INVALID, "no 'title'") : ST_ABSENT;
	pf_title(p, pf_text(m, "title"), NULL);
	for (size_t i = 0; (v = pf_nth(json_object_get(m, "creators"), i)) != NULL; i++)
		if ((o = pf_person(p, "creators", NULL, pf_text(v, "name"), SLICE_NULL, SLICE_NULL)) != NULL) {
			pf_name_id(p, o, pf_text(v, "orcid"));
			pf_affiliation(p, o, pf_text(v, "affiliation"), SLICE_NULL);
		}
	for (size_t i = 0; (v = pf_nth(json_object_get(m, "contributors"), i)) != NULL; i++)
		if ((o = pf_person(p, "contributors", NULL, pf_text(v, "name"), SLICE_NULL, SLICE_NULL)) != NULL) {
			pf_put(p, o, "contributorType", pf_text(v, "type").n > 0 ? pf_text(v, "type") : SLICE("Other"));
			pf_name_id(p, o, pf_text(v, "orcid"));
			pf_affiliation(p, o, pf_text(v, "affiliation"), SLICE_NULL);
		}
	pf_abstract(p, pf_text(m, "description"), NULL, NULL);
	pf_abstract(p, pf_text(m, "notes"), NULL, "Other");
	zenodo_type(p, m);
	licence = json_slice(json_at(m, "license.id"));
	pf_licence_name(p, licence.n > 0 ? licence : pf_text(m, "license"));
	pf_date(p, "Issued", pf_text(m, "publication_date"));
	pf_put(p, p->doc, "version", pf_text(m, "version"));
	pf_language(p, pf_text(m, "language"));
	for (size_t i = 0; (v = pf_nth(json_object_get(m, "keywords"), i)) != NULL && i < 500; i++)
		pf_subject(p, json_slice(v));
	for (size_t i = 0; (v = pf_nth(json_object_get(m, "related_identifiers"), i)) != NULL && i < 500; i++)
		if (pf_text(v, "relation").n > 0 && (o = pf_push(p, pf_list(p, p->doc, "relations"))) != NULL) {
			pf_put(p, o, "relationType", pf_text(v, "relation"));
			pf_put(p, pf_object(p, o, "identifier"), "type", pf_text(v, "scheme").n > 0 ? pf_text(v, "scheme") : SLICE("DOI"));
			pf_put(p, pf_object(p, o, "identifier"), "value", pf_text(v, "identifier"));
		}
	for (size_t i = 0; (v = pf_nth(json_object_get(m, "grants"), i)) != NULL && i < 100; i++)
		pf_funder(p, json_slice(json_at(v, "funder.name")), SLICE_NULL, pf_text(v, "code"));
	pf_same(p, pf_text(m, "doi"));
	return p->st;
}

/* ---- Dataverse ---- */

/* Value of the primitive ${name} in a compound's item. */
static struct slice dv_part(const json_t *item, const char *name)
{
	return pf_text(json_object_get(item, name), "value");
}

static void dv_agents(struct pf *p, const json_t *v, const char *list, const char *type, const char *name, const char *org, const char *id)
{
	const json_t *x;
	json_t *o;

	for (size_t i = 0; (x = pf_nth(v, i)) != NULL; i++)
		if ((o = pf_person(p, list, type, dv_part(x, name), SLICE_NULL, SLICE_NULL)) != NULL) {
			pf_affiliation(p, o, dv_part(x, org), SLICE_NULL);
			if (id != NULL)
				pf_name_id(p, o, dv_part(x, id));
		}
}

static void dv_field(struct pf *p, const json_t *f)
{
	static const struct { const char *name, *date; } dates[] = { { "productionDate", "Created" }, { "dateOfDeposit", "Submitted" }, { "distributionDate", "Issued" } };
	struct slice name = pf_text(f, "typeName");
	const json_t *v = json_object_get(f, "value"), *x;

	if (slice_eq_str(name, "title"))
		pf_title(p, json_slice(v), NULL);
	else if (slice_eq_str(name, "author"))
		dv_agents(p, v, "creators", NULL, "authorName", "authorAffiliation", "authorIdentifier");
	else if (slice_eq_str(name, "datasetContact"))
		dv_agents(p, v, "contributors", "ContactPerson", "datasetContactName", "datasetContactAffiliation", NULL);
	else if (slice_eq_str(name, "contributor"))
		dv_agents(p, v, "contributors", "Other", "contributorName", "contributorName", NULL);
	for (size_t i = 0; i < 3; i++)
		if (slice_eq_str(name, dates[i].name))
			pf_date(p, dates[i].date, json_slice(v));
	for (size_t i = 0; (x = pf_nth(v, i)) != NULL; i++) {
		if (slice_eq_str(name, "dsDescription"))
			pf_abstract(p, dv_part(x, "dsDescriptionValue"), NULL, NULL);
		else if (slice_eq_str(name, "keyword"))
			pf_subject(p, dv_part(x, "keywordValue"));
		else if (slice_eq_str(name, "subject") && i < 500)
			pf_subject(p, json_slice(x));
		else if (slice_eq_str(name, "language"))
			pf_language(p, json_slice(x));
		else if (slice_eq_str(name, "grantNumber"))
			pf_funder(p, dv_part(x, "grantNumberAgency"), SLICE_NULL, dv_part(x, "grantNumberValue"));
		else if (slice_eq_str(name, "publication"))
			pf_related(p, "IsSupplementTo", dv_part(x, "publicationURL"));
		else if (slice_eq_str(name, "producer"))
			pf_person(p, "contributors", "Producer", dv_part(x, "producerName"), SLICE_NULL, SLICE_NULL);
		else if (slice_eq_str(name, "geographicCoverage"))
			pf_box(p, 999, 999, 999, 999, dv_part(x, "country"), dv_part(x, "country"));
	}
}

st_t pf_dataverse(struct pf *p, const json_t *j, struct err *e)
{
	const json_t *data = json_is_object(json_object_get(j, "data")) ? json_object_get(j, "data") : j, *version = data, *blocks, *block, *f;
	const char *key;

	(void)e;
	if (json_object_get(data, "datasetVersion") != NULL)
		version = json_object_get(data, "datasetVersion");
	else if (json_object_get(data, "latestVersion") != NULL)
		version = json_object_get(data, "latestVersion");
	blocks = json_object_get(version, "metadataBlocks");
	if (!json_is_object(json_object_get(blocks, "citation")))
		return ST_ABSENT;
	json_object_foreach((json_t *)blocks, key, block)
		for (size_t i = 0; (f = pf_nth(json_object_get(block, "fields"), i)) != NULL; i++)
			dv_field(p, f);
	pf_licence_name(p, json_slice(json_at(version, "license.uri")).n > 0 ? json_slice(json_at(version, "license.uri")) : pf_text(version, "license").n > 0 ?
	                pf_text(version, "license") : pf_text(version, "termsOfUse"));
	if (json_object_get(p->doc, "dates") == NULL)
		pf_date(p, "Issued", pf_text(data, "publicationDate"));
	pf_publisher(p, pf_text(data, "publisher"), SLICE_NULL);
	pf_same(p, pf_text(data, "persistentUrl"));
	return p->st;
}

/* ---- CKAN ---- */

static void ckan_translated(struct pf *p, const char *list, const json_t *m, const char *key)
{
	const json_t *all = json_object_get(m, key), *v;
	const char *lang;

	json_object_foreach((json_t *)all, lang, v)
		if (json_is_string(v) && strcmp(list, "titles") == 0)
			pf_title(p, json_slice(v), lang);
		else if (json_is_string(v))
			pf_abstract(p, json_slice(v), lang, NULL);
}

static struct slice ckan_extra(const json_t *m, const char *key)
{
	const json_t *x;
	size_t i;

	json_array_foreach(json_object_get(m, "extras"), i, x)
		if (slice_eq_str(json_slice(json_object_get(x, "key")), key))
			return pf_text(x, "value");
	return pf_text(m, key);
}

st_t pf_ckan(struct pf *p, const json_t *j, struct err *e)
{
	const json_t *m = json_is_object(json_object_get(j, "result")) ? json_object_get(j, "result") : j, *v;
	struct slice licence;

	(void)e;
	if (pf_text(m, "title").n == 0 || pf_text(m, "name").n == 0 || !json_is_array(json_object_get(m, "resources")) ||
	    (json_object_get(m, "notes") == NULL && json_object_get(m, "tags") == NULL))
		return ST_ABSENT;
	if (json_object_size(json_object_get(m, "title_translated")) > 0)
		ckan_translated(p, "titles", m, "title_translated");
	else
		pf_title(p, pf_text(m, "title"), NULL);
	if (json_object_size(json_object_get(m, "notes_translated")) > 0)
		ckan_translated(p, "descriptions", m, "notes_translated");
	else
		pf_abstract(p, pf_text(m, "notes"), NULL, NULL);
	pf_person(p, "creators", NULL, pf_text(m, "author").n > 0 ? pf_text(m, "author") : json_slice(json_at(m, "organization.title")), SLICE_NULL, SLICE_NULL);
	pf_person(p, "contributors", "DataManager", pf_text(m, "maintainer"), SLICE_NULL, SLICE_NULL);
	for (size_t i = 0; (v = pf_nth(json_object_get(m, "creator"), i)) != NULL && i < 100; i++)
		pf_person(p, "creators", NULL, pf_text(v, "name"), SLICE_NULL, SLICE_NULL);
	for (size_t i = 0; (v = pf_nth(json_object_get(m, "contact"), i)) != NULL && i < 100; i++)
		pf_person(p, "contributors", "ContactPerson", pf_text(v, "name"), SLICE_NULL, SLICE_NULL);
	pf_publisher(p, json_slice(json_at(m, "organization.title")), SLICE_NULL);
	licence = pf_text(m, "license_id").n > 0 && !slice_eq_str(pf_text(m, "license_id"), "notspecified") ? pf_text(m, "license_id") : pf_text(m, "license_url");
	pf_licence_name(p, licence.n > 0 ? licence : pf_text(m, "license_title"));
	for (size_t i = 0; (v = pf_nth(json_object_get(m, "tags"), i)) != NULL && i < 500; i++)
		pf_subject(p, json_is_string(v) ? json_slice(v) : pf_text(v, "display_name").n > 0 ? pf_text(v, "display_name") : pf_text(v, "name"));
	for (size_t i = 0; (v = pf_nth(json_object_get(m, "language"), i)) != NULL && i < 50; i++)
		pf_language(p, json_slice(v));
	pf_date(p, "Issued", ckan_extra(m, "issued").n > 0 ? ckan_extra(m, "issued") : ckan_extra(m, "release_date"));
	if (json_object_get(p->doc, "dates") == NULL)
		pf_date(p, "Issued", pf_text(m, "metadata_created"));
	pf_date(p, "Updated", ckan_extra(m, "modified").n > 0 ? ckan_extra(m, "modified") : pf_text(m, "metadata_modified"));
	pf_put(p, p->doc, "version", pf_text(m, "version"));
	return p->st;
}

/* ---- OSF ---- */

st_t pf_osf(struct pf *p, const json_t *j, struct err *e)
{
	const json_t *d = json_object_get(j, "data"), *a = json_object_get(d, "attributes"), *v;
	struct slice type = pf_text(d, "type");

	(void)e;
	if (pf_text(a, "title").n == 0 || !(slice_eq_str(type, "nodes") || slice_eq_str(type, "registrations") || slice_eq_str(type, "preprints")))
		return ST_ABSENT;
	pf_title(p, pf_text(a, "title"), NULL);
	pf_abstract(p, pf_text(a, "description"), NULL, NULL);
	for (size_t i = 0; (v = pf_nth(json_object_get(a, "tags"), i)) != NULL && i < 500; i++)
		pf_subject(p, json_slice(v));
	pf_date(p, "Created", pf_text(a, "date_created"));
	pf_date(p, "Issued", pf_text(a, "date_registered"));
	for (size_t i = 0; (v = pf_nth(json_at(d, "embeds.contributors.data"), i)) != NULL; i++) {
		const json_t *who = json_at(v, "embeds.users.data.attributes");

		pf_person(p, "creators", NULL, pf_text(who, "family_name").n > 0 ? SLICE_NULL : pf_text(who, "full_name"), pf_text(who, "family_name"), pf_text(who, "given_name"));
	}
	pf_licence_name(p, json_slice(json_at(d, "embeds.license.data.attributes.name")));
	pf_related(p, "IsIdenticalTo", json_slice(json_at(d, "links.html")));
	return p->st;
}

/* ---- STAC ---- */

static void stac_box(struct pf *p, const json_t *bbox)
{
	size_t n = json_array_size(bbox), half = n / 2;
	double v[4];

	if (n != 4 && n != 6)
		return;
	for (size_t i = 0; i < 4; i++) {
		const json_t *x = json_array_get(bbox, i < 2 ? i : half + i - 2);

		if (!json_is_number(x))
			return;
		v[i] = json_number_value(x);
	}
	pf_box(p, v[0], v[1], v[2], v[3], SLICE_NULL, slice_of(json_array_get(bbox, 0), 1));
}

st_t pf_stac(struct pf *p, const json_t *j, struct err *e)
{
	const json_t *q = json_is_object(json_object_get(j, "properties")) ? json_object_get(j, "properties") : j, *v, *r;
	struct slice licence = pf_text(q, "license").n > 0 ? pf_text(q, "license") : pf_text(j, "license");

	(void)e;
	if (pf_text(j, "stac_version").n == 0)
		return ST_ABSENT;
	pf_title(p, pf_text(q, "title").n > 0 ? pf_text(q, "title") : pf_text(j, "title").n > 0 ? pf_text(j, "title") : pf_text(j, "id"), NULL);
	pf_abstract(p, pf_text(q, "description").n > 0 ? pf_text(q, "description") : pf_text(j, "description"), NULL, NULL);
	if (!slice_eq_str(licence, "proprietary") && !slice_eq_str(licence, "various") && !slice_eq_str(licence, "other"))
		pf_licence_name(p, licence);
	v = json_object_get(q, "providers") != NULL ? json_object_get(q, "providers") : json_object_get(j, "providers");
	for (size_t i = 0; (r = pf_nth(v, i)) != NULL && i < 100; i++) {
		struct slice role = json_slice(json_array_get(json_object_get(r, "roles"), 0));
		json_t *o = pf_person(p, i == 0 || slice_eq_str(role, "producer") ? "creators" : "contributors", i == 0 || slice_eq_str(role, "producer") ? NULL :
		                      slice_eq_str(role, "processor") ? "DataCurator" : "HostingInstitution", pf_text(r, "name"), SLICE_NULL, SLICE_NULL);

		if (o != NULL)
			pf_put(p, o, "nameType", SLICE("Organizational"));
	}
	for (size_t i = 0; (v = pf_nth(json_object_get(j, "keywords"), i)) != NULL && i < 500; i++)
		pf_subject(p, json_slice(v));
	pf_date(p, "Collected", pf_text(q, "datetime").n > 0 ? pf_text(q, "datetime") : pf_text(q, "start_datetime"));
	v = json_object_get(j, "bbox");
	stac_box(p, v != NULL ? v : json_at(j, "extent.spatial.bbox[0]"));
	return p->st;
}
