/* Description files in XML that come from libraries: DataCite, JPCOAR, simple Dublin Core. Names are taken by namespace; a file of another one is a namesake. */
#include "base/utf8.h"
#include "indexer/extract/prefill_int.h"

#define EACH(n, parent, name) struct xn *n = xn_child(parent, name); n != NULL; n = xn_next(n)

static const char *lang_of(const struct xn *n, char out[40])
{
	struct slice l = xn_attr(n, "lang");

	l = utf8_clip(l, 39);
	snprintf(out, 40, "%.*s", (int)l.n, l.n > 0 ? l.p : "");
	return out[0] != '\0' ? out : NULL;
}

/* {value, lang, type} onto a list of the record. */
static json_t *put_typed(struct pf *p, const char *list, const struct xn *n, const char *type_attr)
{
	char lang[40];
	json_t *o;

	if (n->text.n == 0 || (o = pf_push(p, pf_list(p, p->doc, list))) == NULL)
		return NULL;
	pf_put(p, o, "value", n->text);
	pf_put(p, o, "lang", slice_str(lang_of(n, lang)));
	if (type_attr != NULL)
		pf_put(p, o, "type", xn_attr(n, type_attr));
	return o;
}

static void put_subject(struct pf *p, const struct xn *n)
{
	json_t *o = put_typed(p, "subjects", n, NULL);

	if (o == NULL)
		return;
	pf_put(p, o, "scheme", xn_attr(n, "subjectScheme"));
	pf_put(p, o, "schemeUri", xn_attr(n, "schemeURI").n > 0 ? xn_attr(n, "schemeURI") : xn_attr(n, "subjectSchemeURI"));
	pf_put(p, o, "valueUri", xn_attr(n, "valueURI").n > 0 ? xn_attr(n, "valueURI") : xn_attr(n, "subjectURI"));
	pf_put(p, o, "code", xn_attr(n, "classificationCode"));
}

/* An identifier element: ${scheme} and ${uri} name its attributes. */
static void put_id(struct pf *p, json_t *list, const char *scheme_key, struct slice scheme, struct slice value)
{
	json_t *o;

	if (scheme.n == 0 || value.n == 0 || (o = pf_push(p, list)) == NULL)
		return;
	pf_put(p, o, scheme_key, scheme);
	pf_put(p, o, "value", value);
}

/* ---- DataCite kernel 2 to 4 ---- */

static void dc_agent(struct pf *p, const struct xn *n, const char *name, const char *list)
{
	const struct xn *who = xn_child(n, name);
	char lang[40];
	json_t *o = pf_person(p, list, NULL, who != NULL ? who->text : SLICE_NULL, xn_text(n, "familyName"), xn_text(n, "givenName"));

	if (o == NULL)
		return;
	pf_put(p, o, "nameType", xn_attr(who, "nameType"));
	if (who != NULL && lang_of(who, lang) != NULL)
		pf_put(p, json_array_get(json_object_get(o, "names"), 0), "lang", slice_str(lang));
	if (strcmp(list, "contributors") == 0)
		pf_put(p, o, "contributorType", xn_attr(n, "contributorType"));
	for (EACH(id, n, "nameIdentifier"))
		put_id(p, pf_list(p, o, "nameIdentifiers"), "scheme", xn_attr(id, "nameIdentifierScheme"), id->text);
	for (EACH(a, n, "affiliation"))
		pf_affiliation(p, o, a->text, xn_attr(a, "affiliationIdentifier"));
}

static void dc_relations(struct pf *p, const struct xn *r)
{
	for (EACH(n, xn_child(r, "relatedIdentifiers"), "relatedIdentifier")) {
		json_t *o = n->text.n > 0 ? pf_push(p, pf_list(p, p->doc, "relations")) : NULL;
		json_t *id = o != NULL ? pf_object(p, o, "identifier") : NULL;

		if (id == NULL)
			continue;
		pf_put(p, o, "relationType", xn_attr(n, "relationType"));
		pf_put(p, o, "resourceTypeGeneral", xn_attr(n, "resourceTypeGeneral"));
		pf_put(p, id, "type", xn_attr(n, "relatedIdentifierType"));
		pf_put(p, id, "value", n->text);
	}
	pf_same(p, xn_text(r, "identifier"));
}

static void dc_funding(struct pf *p, const struct xn *r)
{
	for (EACH(f, xn_child(r, "fundingReferences"), "fundingReference")) {
		const struct xn *id = xn_child(f, "funderIdentifier"), *number = xn_child(f, "awardNumber");
		json_t *o, *x;

		if (xn_text(f, "funderName").n == 0 || (o = pf_push(p, pf_list(p, p->doc, "funding"))) == NULL || (x = pf_object(p, o, "funder")) == NULL)
			continue;
		pf_ml(p, x, "names", xn_text(f, "funderName"), NULL);
		if (id != NULL)
			put_id(p, pf_list(p, x, "identifiers"), "scheme", xn_attr(id, "funderIdentifierType"), id->text);
		if (number == NULL && xn_text(f, "awardTitle").n == 0)
			continue;
		x = pf_object(p, o, "award");
		pf_put(p, x, "number", number != NULL ? number->text : SLICE_NULL);
		pf_put(p, x, "uri", xn_attr(number, "awardURI"));
		pf_ml(p, x, "titles", xn_text(f, "awardTitle"), NULL);
	}
}

static void dc_places(struct pf *p, const struct xn *r)
{
	static const char *const sides[] = { "westBoundLongitude", "southBoundLatitude", "eastBoundLongitude", "northBoundLatitude" };

	for (EACH(g, xn_child(r, "geoLocations"), "geoLocation")) {
		const struct xn *box = xn_child(g, "geoLocationBox"), *point = xn_child(g, "geoLocationPoint");
		struct slice place = xn_text(g, "geoLocationPlace"), from = place;
		double v[4] = { 999, 999, 999, 999 };

		for (size_t i = 0; i < 4; i++)
			if (box != NULL && pf_number(xn_text(box, sides[i]), &v[i]))
				from = xn_text(box, sides[i]);
		if (box == NULL && point != NULL && pf_number(xn_text(point, "pointLongitude"), &v[0]) && pf_number(xn_text(point, "pointLatitude"), &v[1])) {
			v[2] = v[0];
			v[3] = v[1];
			from = xn_text(point, "pointLongitude");
		}
		pf_box(p, v[0], v[1], v[2], v[3], place, from);
	}
}

static void dc_rest(struct pf *p, const struct xn *r)
{
	const struct xn *type = xn_child(r, "resourceType"), *pub = xn_child(r, "publisher");
	json_t *o;

	if (pub != NULL)
		pf_publisher(p, pub->text, xn_attr(pub, "publisherIdentifier"));
	if (xn_attr(type, "resourceTypeGeneral").n > 0 && (o = pf_object(p, p->doc, "resourceType")) != NULL) {
		pf_put(p, o, "general", xn_attr(type, "resourceTypeGeneral"));
		pf_put(p, o, "text", type->text);
	}
	pf_put(p, p->doc, "publicationYear", xn_text(r, "publicationYear"));
	pf_language(p, xn_text(r, "language"));
	pf_put(p, p->doc, "version", xn_text(r, "version"));
	for (EACH(n, xn_child(r, "dates"), "date")) {
		if (n->text.n == 0 || (o = pf_push(p, pf_list(p, p->doc, "dates"))) == NULL)
			continue;
		pf_put(p, o, "type", xn_attr(n, "dateType"));
		pf_put(p, o, "value", n->text);
		pf_put(p, o, "information", xn_attr(n, "dateInformation"));
	}
	for (EACH(n, xn_child(r, "rightsList"), "rights")) {
		struct slice uri = xn_attr(n, "rightsURI"), id = xn_attr(n, "rightsIdentifier");

		/* DataCite writes access rights among the licences. */
		if (!slice_starts(uri, "info:eu-repo") && !slice_starts(uri, "http://purl.org/coar/access_right"))
			pf_licence_name(p, id.n > 0 ? id : uri.n > 0 ? uri : n->text);
	}
	for (EACH(n, xn_child(r, "sizes"), "size"))
		pf_word(p, "sizes", n->text, n->text);
	for (EACH(n, xn_child(r, "formats"), "format"))
		pf_word(p, "formats", n->text, n->text);
}

static bool is_kernel(const struct xn *n)
{
	return n != NULL && (slice_starts(slice_str(n->ns), "http://datacite.org/schema/kernel-") ||
	                     slice_starts(slice_str(n->ns), "https://schema.datacite.org/meta/kernel-"));
}

st_t pf_datacite_xml(struct pf *p, const struct xn *root, struct err *e)
{
	/* Alone, or in the envelope of an OAI-PMH answer about one record. */
	root = is_kernel(root) || xn_find(root, "ListRecords") != NULL ? root : xn_find(root, "resource");
	if (!is_kernel(root) || strcmp(root->name, "resource") != 0)
		return slice_ieq_str(slice_str(p->path), "datacite.xml") ? err_set(e, ST_INVALID, "no element 'resource' of DataCite's namespace") : ST_ABSENT;
	for (EACH(n, xn_child(root, "titles"), "title"))
		put_typed(p, "titles", n, "titleType");
	for (EACH(n, xn_child(root, "creators"), "creator"))
		dc_agent(p, n, "creatorName", "creators");
	for (EACH(n, xn_child(root, "contributors"), "contributor"))
		dc_agent(p, n, "contributorName", "contributors");
	for (EACH(n, xn_child(root, "subjects"), "subject"))
		put_subject(p, n);
	for (EACH(n, xn_child(root, "descriptions"), "description"))
		put_typed(p, "descriptions", n, "descriptionType");
	dc_relations(p, root);
	dc_funding(p, root);
	dc_places(p, root);
	dc_rest(p, root);
	return p->st;
}

/* ---- JPCOAR 1.0 to 2.1 ---- */

static void names_of(struct pf *p, json_t *o, const char *key, const struct xn *n, const char *child)
{
	char lang[40];

	for (EACH(c, n, child))
		pf_ml(p, o, key, c->text, lang_of(c, lang));
}

static void jp_agent(struct pf *p, const struct xn *n, const char *name, const char *list)
{
	json_t *o, *org;

	if ((xn_child(n, name) == NULL && xn_child(n, "familyName") == NULL) || (o = pf_push(p, pf_list(p, p->doc, list))) == NULL)
		return;
	names_of(p, o, "names", n, name);
	names_of(p, o, "familyNames", n, "familyName");
	names_of(p, o, "givenNames", n, "givenName");
	names_of(p, o, "alternativeNames", n, "creatorAlternative");
	pf_put(p, o, "nameType", xn_attr(xn_child(n, name), "nameType"));
	if (strcmp(list, "contributors") == 0)
		pf_put(p, o, "contributorType", xn_attr(n, "contributorType"));
	for (EACH(id, n, "nameIdentifier"))
		put_id(p, pf_list(p, o, "nameIdentifiers"), "scheme", xn_attr(id, "nameIdentifierScheme"), id->text);
	for (EACH(a, n, "affiliation")) {
		if (xn_child(a, "affiliationName") == NULL || (org = pf_push(p, pf_list(p, o, "affiliations"))) == NULL)
			continue;
		names_of(p, org, "names", a, "affiliationName");
		for (EACH(id, a, "nameIdentifier"))
			put_id(p, pf_list(p, org, "identifiers"), "scheme", xn_attr(id, "nameIdentifierScheme"), id->text);
	}
}

static void jp_relation(struct pf *p, const struct xn *n)
{
	const struct xn *id = xn_child(n, "relatedIdentifier");
	json_t *o;

	if ((id == NULL && xn_child(n, "relatedTitle") == NULL) || (o = pf_push(p, pf_list(p, p->doc, "relations"))) == NULL)
		return;
	pf_put(p, o, "relationType", xn_attr(n, "relationType"));
	names_of(p, o, "titles", n, "relatedTitle");
	if (id != NULL && id->text.n > 0) {
		json_t *x = pf_object(p, o, "identifier");

		pf_put(p, x, "type", xn_attr(id, "identifierType"));
		pf_put(p, x, "value", id->text);
	}
}

static void jp_funding(struct pf *p, const struct xn *n)
{
	const struct xn *id = xn_child(n, "funderIdentifier"), *number = xn_child(n, "awardNumber");
	json_t *o = pf_push(p, pf_list(p, p->doc, "funding")), *x = o != NULL ? pf_object(p, o, "funder") : NULL;

	if (x == NULL)
		return;
	names_of(p, x, "names", n, "funderName");
	if (id != NULL)
		put_id(p, pf_list(p, x, "identifiers"), "scheme", xn_attr(id, "funderIdentifierType"), id->text);
	if (number == NULL)
		return;
	x = pf_object(p, o, "award");
	pf_put(p, x, "number", number->text);
	pf_put(p, x, "numberType", xn_attr(number, "awardNumberType"));
	pf_put(p, x, "uri", xn_attr(number, "awardURI"));
	names_of(p, x, "titles", n, "awardTitle");
}

static void jp_publisher(struct pf *p, const struct xn *n)
{
	char lang[40];
	json_t *o = pf_object(p, p->doc, "publisher");

	if (n->child != NULL)
		names_of(p, o, "names", n, "publisherName");
	else
		pf_ml(p, o, "names", n->text, lang_of(n, lang));
}

static void jp_element(struct pf *p, const struct xn *n)
{
	json_t *o;

	if (strcmp(n->name, "title") == 0)
		put_typed(p, "titles", n, NULL);
	else if (strcmp(n->name, "alternative") == 0 && (o = put_typed(p, "titles", n, NULL)) != NULL)
		pf_put(p, o, "type", SLICE("AlternativeTitle"));
	else if (strcmp(n->name, "creator") == 0)
		jp_agent(p, n, "creatorName", "creators");
	else if (strcmp(n->name, "contributor") == 0)
		jp_agent(p, n, "contributorName", "contributors");
	else if (strcmp(n->name, "rightsHolder") == 0)
		jp_agent(p, n, "rightsHolderName", "rightsHolders");
	else if (strcmp(n->name, "accessRights") == 0 && (o = pf_object(p, p->doc, "accessRights")) != NULL)
		pf_put(p, o, "coar", xn_attr(n, "resource").n > 0 ? xn_attr(n, "resource") : n->text);
	else if (strcmp(n->name, "rights") == 0)
		pf_licence_name(p, xn_attr(n, "resource").n > 0 ? xn_attr(n, "resource") : n->text);
	else if (strcmp(n->name, "subject") == 0)
		put_subject(p, n);
	else if (strcmp(n->name, "description") == 0)
		put_typed(p, "descriptions", n, "descriptionType");
	else if (strcmp(n->name, "publisher") == 0)
		jp_publisher(p, n);
	else if (strcmp(n->name, "language") == 0)
		pf_language(p, n->text);
	else if (strcmp(n->name, "relation") == 0)
		jp_relation(p, n);
	else if (strcmp(n->name, "fundingReference") == 0)
		jp_funding(p, n);
	else if (strcmp(n->name, "temporal") == 0)
		pf_ml(p, p->doc, "temporal", n->text, NULL);
}

static void jp_more(struct pf *p, const struct xn *n)
{
	json_t *o;

	if (strcmp(n->name, "date") == 0 && xn_attr(n, "dateType").n > 0 && n->text.n > 0 && (o = pf_push(p, pf_list(p, p->doc, "dates"))) != NULL) {
		pf_put(p, o, "type", xn_attr(n, "dateType"));
		pf_put(p, o, "value", n->text);
	} else if (strcmp(n->name, "type") == 0 && (o = pf_object(p, p->doc, "resourceType")) != NULL) {
		pf_put(p, o, "coar", xn_attr(n, "resource"));
		pf_put(p, o, "label", n->text);
	} else if (strcmp(n->name, "identifier") == 0) {
		pf_same(p, n->text);
	} else if (strcmp(n->name, "version") == 0 && xn_attr(n, "resource").n == 0) {
		pf_put(p, p->doc, "version", n->text);
	}
}

st_t pf_jpcoar(struct pf *p, const struct xn *root, struct err *e)
{
	const struct xn *j = slice_starts(slice_str(root->ns), "https://github.com/JPCOAR/schema/") ? root : xn_find(root, "jpcoar");

	/* A whole OAI-PMH list is no description of one thing; an answer to GetRecord is. */
	if (j == NULL || strcmp(j->name, "jpcoar") != 0 || !slice_starts(slice_str(j->ns), "https://github.com/JPCOAR/schema/") || xn_find(root, "ListRecords") != NULL)
		return slice_ieq_str(slice_str(p->path), "jpcoar.xml") ? err_set(e, ST_INVALID, "no element 'jpcoar' of JPCOAR's namespace") : ST_ABSENT;
	for (const struct xn *n = j->child; n != NULL; n = n->next) {
		jp_element(p, n);
		jp_more(p, n);
	}
	return p->st;
}

/* ---- Simple Dublin Core ---- */

static void oai_element(struct pf *p, const struct xn *n)
{
	char lang[40];

	if (strcmp(n->name, "title") == 0)
		pf_title(p, n->text, lang_of(n, lang));
	else if (strcmp(n->name, "creator") == 0)
		pf_person(p, "creators", NULL, n->text, SLICE_NULL, SLICE_NULL);
	else if (strcmp(n->name, "contributor") == 0)
		pf_person(p, "contributors", "Other", n->text, SLICE_NULL, SLICE_NULL);
	else if (strcmp(n->name, "publisher") == 0)
		pf_publisher(p, n->text, SLICE_NULL);
	else if (strcmp(n->name, "subject") == 0)
		pf_subject(p, n->text);
	else if (strcmp(n->name, "description") == 0)
		pf_abstract(p, n->text, lang_of(n, lang), json_object_get(p->doc, "descriptions") == NULL ? "Abstract" : "Other");
	else if (strcmp(n->name, "date") == 0)
		pf_date(p, json_object_get(p->doc, "dates") == NULL ? "Issued" : "Other", n->text);
	else if (strcmp(n->name, "language") == 0)
		pf_language(p, n->text);
	else if (strcmp(n->name, "rights") == 0 && !slice_starts(n->text, "info:eu-repo"))
		pf_licence_name(p, n->text);
	else if (strcmp(n->name, "format") == 0)
		pf_word(p, "formats", n->text, n->text);
	else if (strcmp(n->name, "identifier") == 0)
		pf_same(p, n->text);
	else if (strcmp(n->name, "relation") == 0)
		pf_related(p, "References", n->text);
	else if (strcmp(n->name, "coverage") == 0)
		pf_box(p, 999, 999, 999, 999, n->text, n->text);
}

st_t pf_oai_dc(struct pf *p, const struct xn *root, struct err *e)
{
	const struct xn *dc = xn_find(root, "dc");

	(void)e;
	if (dc == NULL || !slice_starts(slice_str(dc->ns), "http://www.openarchives.org/OAI/2.0/oai_dc") || xn_find(root, "ListRecords") != NULL)
		return ST_ABSENT;
	for (const struct xn *n = dc->child; n != NULL; n = n->next)
		if (strcmp(n->ns, "http://purl.org/dc/elements/1.1/") == 0)
			oai_element(p, n);
	return p->st;
}
