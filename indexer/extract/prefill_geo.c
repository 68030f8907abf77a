/* Description files in XML that come from the sciences: DDI Codebook, EML, ISO 19115 in both of its XML forms. */
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

/* All text below ${n}, paragraphs and markup put together, as a description. */
static void put_prose(struct pf *p, const struct xn *n, const char *type)
{
	struct buf b = BUF_INIT(150000);
	const struct xn *first = n;
	json_t *o;

	if (n == NULL)
		return;
	while (first->text.n == 0 && first->child != NULL)
		first = first->child;
	xn_all_text(n, &b);
	if (b.n > 0 && b.st == ST_OK && (o = pf_push(p, pf_list(p, p->doc, "descriptions"))) != NULL) {
		pf_put(p, o, "value", pf_trim(buf_slice(&b)));
		pf_put(p, o, "type", slice_str(type));
		pf_mark(p, o, first->text);
	}
	buf_release(&b);
}

/* Four numbers below ${n}, in the order west, south, east, north. */
static void put_box(struct pf *p, const struct xn *n, const char *const names[4], struct slice place)
{
	double v[4] = { 999, 999, 999, 999 };
	struct slice from = place;

	for (size_t i = 0; i < 4 && n != NULL; i++) {
		const struct xn *side = xn_find(n, names[i]);

		/* ISO wraps its numbers: the text is the element's or its child's. */
		while (side != NULL && side->text.n == 0 && side->child != NULL)
			side = side->child;
		if (side != NULL && pf_number(side->text, &v[i]) && from.n == 0)
			from = side->text;
	}
	if (from.n > 0)
		pf_box(p, v[0], v[1], v[2], v[3], place, from);
}

/* "1990-01" and "2000-12" become one range. */
static void put_range(struct pf *p, struct slice from, struct slice to)
{
	struct buf b = BUF_INIT(200);

	from = pf_trim(from);
	to = pf_trim(to);
	if (from.n > 10 && from.p[10] == 'T')
		from.n = 10;
	if (to.n > 10 && to.p[10] == 'T')
		to.n = 10;
	if ((from.n > 0 || to.n > 0) && from.n < 60 && to.n < 60) {
		const json_t *dates;

		buf_addsl(&b, from);
		buf_addc(&b, '/');
		buf_addsl(&b, to);
		pf_date(p, "Coverage", buf_slice(&b));
		dates = json_object_get(p->doc, "dates");
		pf_mark(p, json_array_get(dates, json_array_size(dates) - 1), from.n > 0 ? from : to);
	}
	buf_release(&b);
}

/* ---- DDI Codebook ---- */

static void ddi_people(struct pf *p, const struct xn *cit)
{
	json_t *o;

	for (EACH(n, xn_child(cit, "rspStmt"), "AuthEnty"))
		if ((o = pf_person(p, "creators", NULL, n->text, SLICE_NULL, SLICE_NULL)) != NULL)
			pf_affiliation(p, o, xn_attr(n, "affiliation"), SLICE_NULL);
	for (EACH(n, xn_child(cit, "rspStmt"), "othId"))
		pf_person(p, "contributors", "Other", n->text, SLICE_NULL, SLICE_NULL);
	for (EACH(n, xn_child(cit, "prodStmt"), "producer"))
		pf_person(p, "contributors", "Producer", n->text, SLICE_NULL, SLICE_NULL);
	for (EACH(n, xn_child(cit, "prodStmt"), "fundAg"))
		pf_funder(p, n->text, SLICE_NULL, xn_text(xn_child(cit, "prodStmt"), "grantNo"));
	pf_publisher(p, xn_text(cit, "distStmt/distrbtr"), SLICE_NULL);
}

static void ddi_coverage(struct pf *p, const struct xn *info)
{
	static const char *const sides[] = { "westBL", "southBL", "eastBL", "northBL" };
	const struct xn *sum = xn_child(info, "sumDscr");

	for (EACH(n, sum, "nation"))
		pf_box(p, 999, 999, 999, 999, n->text, n->text);
	for (EACH(n, sum, "geogCover"))
		pf_box(p, 999, 999, 999, 999, n->text, n->text);
	put_box(p, xn_child(sum, "geoBndBox"), sides, SLICE_NULL);
	for (EACH(n, sum, "timePrd")) {
		const struct xn *next = xn_next(n);
		bool start = slice_eq_str(xn_attr(n, "event"), "start");

		if (start && next != NULL && slice_eq_str(xn_attr(next, "event"), "end"))
			put_range(p, xn_attr(n, "date").n > 0 ? xn_attr(n, "date") : n->text, xn_attr(next, "date").n > 0 ? xn_attr(next, "date") : next->text);
	}
	for (EACH(n, sum, "dataKind"))
		pf_subject(p, n->text);
}

/* What was measured, as far as the codebook lists it. */
static void ddi_variables(struct pf *p, const struct xn *root)
{
	unsigned n = 0;

	for (EACH(v, xn_child(root, "dataDscr"), "var")) {
		json_t *o;

		if (xn_attr(v, "name").n == 0 || ++n > 1000 || (o = pf_push(p, pf_list(p, p->doc, "variables"))) == NULL)
			continue;
		pf_put(p, o, "name", xn_attr(v, "name"));
		pf_put(p, o, "label", xn_text(v, "labl"));
		pf_put(p, o, "unit", xn_attr(v, "measUnit"));
	}
}

st_t pf_ddi(struct pf *p, const struct xn *root, struct err *e)
{
	const struct xn *study = strcmp(root->name, "codeBook") == 0 ? xn_child(root, "stdyDscr") : NULL, *cit = xn_child(study, "citation");
	const struct xn *info = xn_child(study, "stdyInfo"), *use;
	char lang[40];

	if (study == NULL || xn_at(cit, "titlStmt/titl") == NULL)
		return slice_ieq_str(slice_str(p->path), "ddi.xml") ? err_set(e, ST_INVALID, "no study with a title") : ST_ABSENT;
	for (EACH(n, xn_child(cit, "titlStmt"), "titl"))
		pf_title(p, n->text, lang_of(n, lang));
	ddi_people(p, cit);
	pf_date(p, "Issued", xn_attr(xn_at(cit, "distStmt/distDate"), "date").n > 0 ? xn_attr(xn_at(cit, "distStmt/distDate"), "date") : xn_text(cit, "distStmt/distDate"));
	pf_date(p, "Submitted", xn_text(cit, "distStmt/depDate"));
	for (EACH(n, xn_child(cit, "titlStmt"), "IDNo"))
		pf_same(p, slice_starts(n->text, "doi:") ? slice_of(n->text.p + 4, n->text.n - 4) : n->text);
	for (EACH(n, xn_child(info, "subject"), "keyword"))
		pf_subject(p, n->text);
	for (EACH(n, xn_child(info, "subject"), "topcClas"))
		pf_subject(p, n->text);
	for (EACH(n, info, "abstract"))
		put_prose(p, n, "Abstract");
	ddi_coverage(p, info);
	use = xn_at(study, "dataAccs/useStmt");
	if (use == NULL)
		use = xn_child(study, "useStmt");
	pf_licence_name(p, use != NULL && use->text.n > 0 ? use->text : xn_text(use, "conditions"));
	pf_put(p, p->doc, "version", xn_text(cit, "verStmt/version"));
	ddi_variables(p, root);
	return p->st;
}

/* ---- EML ---- */

static void eml_party(struct pf *p, const struct xn *n, const char *list, const char *type)
{
	const struct xn *who = xn_child(n, "individualName");
	struct slice org = xn_text(n, "organizationName"), family = xn_text(who, "surName");
	json_t *o;

	if (family.n == 0 && org.n == 0)
		org = xn_text(n, "positionName");
	o = pf_person(p, list, type, family.n > 0 ? SLICE_NULL : org, family, xn_text(who, "givenName"));
	if (o == NULL)
		return;
	if (family.n == 0)
		pf_put(p, o, "nameType", SLICE("Organizational"));
	else
		pf_affiliation(p, o, org, SLICE_NULL);
	for (EACH(id, n, "userId"))
		pf_name_id(p, o, id->text);
}

static void eml_coverage(struct pf *p, const struct xn *cov)
{
	static const char *const sides[] = { "westBoundingCoordinate", "southBoundingCoordinate", "eastBoundingCoordinate", "northBoundingCoordinate" };

	for (EACH(g, cov, "geographicCoverage"))
		put_box(p, xn_child(g, "boundingCoordinates"), sides, xn_text(g, "geographicDescription"));
	for (EACH(t, cov, "temporalCoverage")) {
		put_range(p, xn_text(t, "rangeOfDates/beginDate/calendarDate"), xn_text(t, "rangeOfDates/endDate/calendarDate"));
		pf_date(p, "Coverage", xn_text(t, "singleDateTime/calendarDate"));
	}
	for (EACH(t, xn_child(cov, "taxonomicCoverage"), "taxonomicClassification")) {
		const struct xn *leaf = t;

		/* A chain of ranks: the last one is what was studied. */
		while (xn_child(leaf, "taxonomicClassification") != NULL)
			leaf = xn_child(leaf, "taxonomicClassification");
		pf_subject(p, xn_text(leaf, "taxonRankValue"));
	}
}

static void eml_rights(struct pf *p, const struct xn *d)
{
	const struct xn *r = xn_child(d, "intellectualRights"), *l = xn_child(d, "licensed");
	struct buf b = BUF_INIT(19000);
	const struct xn *first = r;
	size_t row;

	if (xn_text(l, "identifier").n > 0 || xn_text(l, "url").n > 0 || xn_text(l, "licenseName").n > 0) {
		pf_licence_name(p, xn_text(l, "identifier").n > 0 ? xn_text(l, "identifier") : xn_text(l, "url").n > 0 ? xn_text(l, "url") : xn_text(l, "licenseName"));
		return;
	}
	if (r == NULL)
		return;
	while (first->text.n == 0 && first->child != NULL)
		first = first->child;
	xn_all_text(r, &b);
	/* Terms in words often name a licence somewhere inside. */
	if (licence_of_text(p->s, buf_slice(&b), &row))
		pf_licence_name(p, slice_str(vocab_get(schema_vocab(p->s, "licences"), row, "id")));
	else
		pf_licence_name(p, buf_slice(&b));
	pf_mark_member(p, "rights", first->text);
	buf_release(&b);
}

/* Columns as their authors described them. */
static void eml_attributes(struct pf *p, const struct xn *d)
{
	unsigned n = 0;

	for (EACH(t, d, "dataTable"))
		for (EACH(a, xn_child(t, "attributeList"), "attribute")) {
			const struct xn *unit = xn_find(a, "standardUnit") != NULL ? xn_find(a, "standardUnit") : xn_find(a, "customUnit");
			json_t *o;

			if (xn_text(a, "attributeName").n == 0 || ++n > 1000 || (o = pf_push(p, pf_list(p, p->doc, "variables"))) == NULL)
				continue;
			pf_put(p, o, "name", xn_text(a, "attributeName"));
			pf_put(p, o, "label", xn_text(a, "attributeLabel"));
			pf_put(p, o, "description", xn_text(a, "attributeDefinition"));
			pf_put(p, o, "unit", unit != NULL ? unit->text : SLICE_NULL);
		}
}

st_t pf_eml(struct pf *p, const struct xn *root, struct err *e)
{
	const struct xn *d = strcmp(root->name, "eml") == 0 ? xn_child(root, "dataset") : NULL;
	char lang[40];

	if (d == NULL || xn_child(d, "title") == NULL)
		return slice_ieq_str(slice_str(p->path), "eml.xml") ? err_set(e, ST_INVALID, "no data set with a title") : ST_ABSENT;
	for (EACH(n, d, "title")) {
		pf_title(p, n->text, lang_of(n, lang));
		for (EACH(v, n, "value"))
			pf_title(p, v->text, lang_of(v, lang));
	}
	for (EACH(n, d, "creator"))
		eml_party(p, n, "creators", NULL);
	for (EACH(n, d, "contact"))
		eml_party(p, n, "contributors", "ContactPerson");
	for (EACH(n, d, "associatedParty"))
		eml_party(p, n, "contributors", "Other");
	pf_publisher(p, xn_text(d, "publisher/organizationName"), SLICE_NULL);
	pf_date(p, "Issued", xn_text(d, "pubDate"));
	pf_language(p, xn_text(d, "language"));
	put_prose(p, xn_child(d, "abstract"), "Abstract");
	put_prose(p, xn_child(d, "methods"), "Methods");
	for (EACH(s, d, "keywordSet"))
		for (EACH(k, s, "keyword"))
			pf_subject(p, k->text);
	eml_rights(p, d);
	eml_coverage(p, xn_child(d, "coverage"));
	for (EACH(f, xn_child(d, "project"), "award"))
		pf_funder(p, xn_text(f, "funderName"), xn_text(f, "funderIdentifier"), xn_text(f, "awardNumber"));
	pf_same(p, slice_starts(xn_attr(root, "packageId"), "doi:") ? slice_of(xn_attr(root, "packageId").p + 4, xn_attr(root, "packageId").n - 4) : xn_attr(root, "packageId"));
	eml_attributes(p, d);
	return p->st;
}

/* ---- ISO 19115 (19139 and 19115-3): what is said is wrapped in elements of types, so names are looked for below ---- */

/* Text of a property: of it or of what it wraps (CharacterString, Date, Anchor, code). */
static struct slice iso_text(const struct xn *n, const char *path)
{
	n = xn_at(n, path);
	while (n != NULL && n->text.n == 0 && n->child != NULL)
		n = n->child;
	return n == NULL ? SLICE_NULL : n->text.n > 0 ? n->text : xn_attr(n, "codeListValue");
}

static const char *iso_role(struct slice role)
{
	static const struct { const char *role, *type; } roles[] = { { "pointOfContact", "ContactPerson" }, { "distributor", "Distributor" }, { "custodian", "DataManager" },
		{ "processor", "DataCurator" }, { "resourceProvider", "HostingInstitution" }, { "sponsor", "Sponsor" }, { "funder", "Sponsor" }, { "collaborator", "Researcher" },
		{ "contributor", "Other" }, { "editor", "Editor" }, { "rightsHolder", "RightsHolder" }, { "owner", "RightsHolder" } };

	for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++)
		if (slice_eq_str(role, roles[i].role))
			return roles[i].type;
	return NULL;
}

/* ${maker}: taken for the author whatever the role, since nobody else is named. */
static void iso_party(struct pf *p, const struct xn *resp, bool maker)
{
	struct slice role = iso_text(resp, "role"), name, org;
	const struct xn *who = xn_find(resp, "individualName"), *firm = xn_find(resp, "organisationName");
	const char *type = iso_role(role);
	json_t *o;

	maker |= slice_eq_str(role, "author") || slice_eq_str(role, "originator") || slice_eq_str(role, "principalInvestigator") || slice_eq_str(role, "creator");

	name = iso_text(who, "");
	org = iso_text(firm, "");
	/* 19115-3 names people and organisations by kind. */
	if (name.n == 0)
		name = iso_text(xn_find(resp, "CI_Individual"), "name");
	if (org.n == 0)
		org = iso_text(xn_find(resp, "CI_Organisation"), "name");
	if (slice_eq_str(role, "publisher")) {
		pf_publisher(p, org.n > 0 ? org : name, SLICE_NULL);
		return;
	}
	o = pf_person(p, maker ? "creators" : "contributors", maker ? NULL : type != NULL ? type : "Other", name.n > 0 ? name : org, SLICE_NULL, SLICE_NULL);
	if (o == NULL)
		return;
	pf_put(p, o, "nameType", name.n > 0 ? SLICE("Personal") : SLICE("Organizational"));
	if (name.n > 0)
		pf_affiliation(p, o, org, SLICE_NULL);
}

static void iso_parties(struct pf *p, const struct xn *below, bool maker)
{
	for (const struct xn *n = below != NULL ? below->child : NULL; n != NULL; n = n->next)
		if (strcmp(n->name, "CI_ResponsibleParty") == 0 || strcmp(n->name, "CI_Responsibility") == 0)
			iso_party(p, n, maker);
}

static void iso_dates(struct pf *p, const struct xn *cit)
{
	static const struct { const char *code, *type; } types[] = { { "publication", "Issued" }, { "creation", "Created" }, { "revision", "Updated" }, { "released", "Issued" },
		{ "lastUpdate", "Updated" } };

	for (EACH(d, cit, "date")) {
		struct slice code = iso_text(d, "CI_Date/dateType");

		for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
			if (slice_eq_str(code, types[i].code))
				pf_date(p, types[i].type, iso_text(d, "CI_Date/date"));
	}
}

static void iso_constraints(struct pf *p, const struct xn *id)
{
	size_t row;

	for (EACH(c, id, "resourceConstraints"))
		for (const struct xn *k = c->child; k != NULL; k = k->next)
			for (const struct xn *n = k->child; n != NULL; n = n->next) {
				struct slice v = iso_text(n, "");

				if (strcmp(n->name, "otherConstraints") != 0 && strcmp(n->name, "useLimitation") != 0)
					continue;
				/* Many sentences stand here; only a licence, or the first words, say what is allowed. */
				if (licence_find(p->s, v, &row) || licence_of_text(p->s, v, &row) || json_object_get(p->doc, "rights") == NULL)
					pf_licence_name(p, v);
			}
}

static void iso_extent(struct pf *p, const struct xn *id)
{
	static const char *const sides[] = { "westBoundLongitude", "southBoundLatitude", "eastBoundLongitude", "northBoundLatitude" };

	for (EACH(x, id, "extent")) {
		const struct xn *box = xn_find(x, "EX_GeographicBoundingBox"), *period = xn_find(x, "TimePeriod");

		if (box != NULL)
			put_box(p, box, sides, iso_text(xn_find(x, "EX_Extent"), "description"));
		if (period != NULL)
			put_range(p, iso_text(period, xn_child(period, "beginPosition") != NULL ? "beginPosition" : "begin"),
			          iso_text(period, xn_child(period, "endPosition") != NULL ? "endPosition" : "end"));
	}
}

st_t pf_iso(struct pf *p, const struct xn *root, struct err *e)
{
	const struct xn *md = strcmp(root->name, "MD_Metadata") == 0 || strcmp(root->name, "MI_Metadata") == 0 ? root : NULL, *id, *cit;

	id = md != NULL ? xn_child(md, "identificationInfo") : NULL;
	id = id != NULL ? id->child : NULL;
	cit = xn_at(id, "citation/CI_Citation");
	if (cit == NULL || iso_text(cit, "title").n == 0)
		return slice_starts(slice_str(p->path), "iso191") ? err_set(e, ST_INVALID, "no 'MD_Metadata' with a title") : ST_ABSENT;
	pf_title(p, iso_text(cit, "title"), NULL);
	iso_dates(p, cit);
	for (EACH(n, cit, "citedResponsibleParty"))
		iso_parties(p, n, false);
	for (EACH(n, id, "pointOfContact"))
		iso_parties(p, n, false);
	if (json_object_get(p->doc, "creators") == NULL)
		iso_parties(p, xn_child(id, "pointOfContact"), true);
	pf_abstract(p, iso_text(id, "abstract"), NULL, NULL);
	for (EACH(k, id, "descriptiveKeywords"))
		for (EACH(w, xn_child(k, "MD_Keywords"), "keyword"))
			pf_subject(p, iso_text(w, ""));
	for (EACH(t, id, "topicCategory"))
		pf_subject(p, iso_text(t, ""));
	pf_language(p, iso_text(id, "language"));
	iso_constraints(p, id);
	iso_extent(p, id);
	pf_same(p, iso_text(cit, "identifier/MD_Identifier/code"));
	return p->st;
}
