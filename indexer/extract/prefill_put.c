/* What the readers of description files build with. Every value that is put remembers where it came from. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "indexer/extract/prefill_int.h"
#include "schema/pid.h"

static void keep_st(struct pf *p, st_t st)
{
	if (p->st == ST_OK && st != ST_OK)
		p->st = ST_NOMEM;
}

const json_t *pf_nth(const json_t *v, size_t i)
{
	if (i >= PF_MANY)
		return NULL;
	return json_is_array(v) ? json_array_get(v, i) : i == 0 ? v : NULL;
}

struct slice pf_trim(struct slice s)
{
	while (s.n > 0 && isspace((unsigned char)s.p[0]))
		s.p++, s.n--;
	while (s.n > 0 && isspace((unsigned char)s.p[s.n - 1]))
		s.n--;
	return s;
}

struct slice pf_text(const json_t *o, const char *key)
{
	return pf_trim(json_slice(json_object_get(o, key)));
}

bool pf_number(struct slice v, double *out)
{
	char text[64], *end;

	v = pf_trim(v);
	if (v.n == 0 || v.n >= sizeof(text))
		return false;
	memcpy(text, v.p, v.n);
	text[v.n] = '\0';
	*out = strtod(text, &end);
	return *end == '\0' && isfinite(*out);
}

/* ---- Places ---- */

static void mark(struct pf *p, json_t *o, const char *key, struct slice from)
{
	int64_t at = place_find(p->places, from);
	const json_t *old = json_object_get(o, key);

	if (at < 0 || o == NULL)
		return;
	if (json_is_integer(old))
		at = place_join(p->places, at, json_integer_value(old));
	keep_st(p, json_put(o, key, json_integer(at)));
}

void pf_mark(struct pf *p, json_t *o, struct slice from)
{
	mark(p, o, PF_MARK, from);
}

void pf_mark_member(struct pf *p, const char *key, struct slice from)
{
	char name[100];

	snprintf(name, sizeof(name), PF_MARK "%s", key);
	mark(p, p->doc, name, from);
}

/* ---- Putting ---- */

json_t *pf_list(struct pf *p, json_t *o, const char *key)
{
	if (!json_is_array(json_object_get(o, key)))
		keep_st(p, json_put(o, key, json_array()));
	return json_object_get(o, key);
}

json_t *pf_object(struct pf *p, json_t *o, const char *key)
{
	if (!json_is_object(json_object_get(o, key)))
		keep_st(p, json_put(o, key, json_object()));
	return json_object_get(o, key);
}

json_t *pf_push(struct pf *p, json_t *list)
{
	keep_st(p, json_push(list, json_object()));
	return p->st == ST_OK ? json_array_get(list, json_array_size(list) - 1) : NULL;
}

void pf_put(struct pf *p, json_t *o, const char *key, struct slice v)
{
	/* A slice that a reader cut inside a character is nobody's word. */
	if (v.n == 0 || o == NULL || !utf8_valid(v, NULL))
		return;
	keep_st(p, json_put(o, key, json_stringn(v.p, v.n)));
	if (o == p->doc)
		pf_mark_member(p, key, v);
	else
		pf_mark(p, o, v);
}

void pf_word(struct pf *p, const char *key, struct slice v, struct slice from)
{
	json_t *list = v.n > 0 && utf8_valid(v, NULL) ? pf_list(p, p->doc, key) : NULL;

	if (list == NULL)
		return;
	keep_st(p, json_push(list, json_stringn(v.p, v.n)));
	pf_mark_member(p, key, from);
}

void pf_ml(struct pf *p, json_t *o, const char *key, struct slice v, const char *lang)
{
	json_t *x;

	if (v.n == 0 || o == NULL || (x = pf_push(p, pf_list(p, o, key))) == NULL)
		return;
	pf_put(p, x, "value", v);
	pf_put(p, x, "lang", slice_str(lang));
}

void pf_title(struct pf *p, struct slice v, const char *lang)
{
	pf_ml(p, p->doc, "titles", pf_trim(v), lang);
}

void pf_abstract(struct pf *p, struct slice v, const char *lang, const char *type)
{
	json_t *o;

	v = pf_trim(v);
	if (v.n == 0 || (o = pf_push(p, pf_list(p, p->doc, "descriptions"))) == NULL)
		return;
	pf_put(p, o, "value", v);
	pf_put(p, o, "lang", slice_str(lang));
	pf_put(p, o, "type", slice_str(type != NULL ? type : "Abstract"));
}

void pf_type(struct pf *p, const char *label, struct slice from)
{
	json_t *o = pf_object(p, p->doc, "resourceType");

	pf_put(p, o, "label", slice_str(label));
	pf_mark_member(p, "resourceType", from);
}

void pf_language(struct pf *p, struct slice v)
{
	const char *code = v.n > 0 ? lang_639_3(p->s, v) : NULL;
	const json_t *list = json_object_get(p->doc, "languages"), *x;
	size_t i;

	json_array_foreach(list, i, x)
		if (code != NULL && slice_eq_str(json_slice(x), code))
			return;
	if (code != NULL)
		pf_word(p, "languages", slice_str(code), v);
}

static void put_ror(struct pf *p, json_t *o, struct slice ror)
{
	struct buf b = BUF_INIT(200);

	if (o != NULL && ror.n > 0 && ror.n < 100 && pid_normalise(&b, "ROR", ror, NULL) == ST_OK) {
		pf_put(p, o, "scheme", SLICE("ROR"));
		pf_put(p, o, "value", buf_slice(&b));
		pf_mark(p, o, ror);
	}
	buf_release(&b);
}

static bool is_ror(struct slice id)
{
	struct buf b = BUF_INIT(200);
	bool yes = id.n > 0 && id.n < 100 && pid_normalise(&b, "ROR", id, NULL) == ST_OK;

	buf_release(&b);
	return yes;
}

void pf_publisher(struct pf *p, struct slice name, struct slice ror)
{
	json_t *o;

	name = pf_trim(name);
	if (name.n == 0 || json_object_get(p->doc, "publisher") != NULL || (o = pf_object(p, p->doc, "publisher")) == NULL)
		return;
	pf_ml(p, o, "names", name, NULL);
	if (is_ror(ror))
		put_ror(p, pf_object(p, o, "identifier"), ror);
}

/* "Family, Given" */
void pf_person_name(struct pf *p, json_t *agent, struct slice whole, struct slice family, struct slice given)
{
	struct buf b = BUF_INIT(20000);

	if (whole.n == 0 && family.n > 0) {
		buf_addsl(&b, family);
		if (given.n > 0) {
			buf_adds(&b, ", ");
			buf_addsl(&b, given);
		}
		whole = buf_slice(&b);
	}
	pf_ml(p, agent, "names", whole.n > 0 ? whole : given, NULL);
	pf_ml(p, agent, "familyNames", family, NULL);
	if (family.n > 0)
		pf_ml(p, agent, "givenNames", given, NULL);
	buf_release(&b);
}

json_t *pf_person(struct pf *p, const char *list, const char *type, struct slice whole, struct slice family, struct slice given)
{
	json_t *o;

	whole = pf_trim(whole);
	family = pf_trim(family);
	given = pf_trim(given);
	if ((whole.n == 0 && family.n == 0 && given.n == 0) || json_array_size(json_object_get(p->doc, list)) >= PF_MANY ||
	    (o = pf_push(p, pf_list(p, p->doc, list))) == NULL)
		return NULL;
	pf_put(p, o, "contributorType", slice_str(type));
	if (family.n > 0)
		pf_put(p, o, "nameType", SLICE("Personal"));
	pf_person_name(p, o, whole, family, given);
	return o;
}

void pf_licence_name(struct pf *p, struct slice v)
{
	json_t *list, *o;
	size_t row;

	v = pf_trim(v);
	if (v.n == 0 || (list = pf_list(p, p->doc, "rights")) == NULL)
		return;
	if (licence_find(p->s, v, &row) || licence_of_text(p->s, v, &row)) {
		keep_st(p, json_push(list, licence_rights(p->s, row)));
		if (p->st == ST_OK)
			pf_mark(p, json_array_get(list, json_array_size(list) - 1), v);
		return;
	}
	if ((o = pf_push(p, list)) == NULL)
		return;
	if (slice_starts(v, "http://") || slice_starts(v, "https://"))
		pf_put(p, o, "uri", v);
	else
		pf_ml(p, o, "values", v, NULL);
}

void pf_date(struct pf *p, const char *type, struct slice v)
{
	struct slice day = pf_trim(v);
	json_t *o;

	/* A time of day says more than a date of publication should. */
	if (day.n > 10 && day.p[10] == 'T' && date_valid(slice_of(day.p, 10)))
		day = slice_of(day.p, 10);
	if (!date_valid(day) || (o = pf_push(p, pf_list(p, p->doc, "dates"))) == NULL)
		return;
	pf_put(p, o, "type", slice_str(type));
	pf_put(p, o, "value", day);
}

void pf_related(struct pf *p, const char *relation, struct slice id)
{
	struct buf b = BUF_INIT(4000);
	const char *type = "DOI";
	json_t *o, *x;

	id = pf_trim(id);
	if (pid_normalise(&b, "DOI", id, NULL) != ST_OK) {
		buf_clear(&b);
		type = "URL";
		if (!slice_starts(id, "http") || pid_normalise(&b, "URL", id, NULL) != ST_OK)
			goto out;
	}
	if ((o = pf_push(p, pf_list(p, p->doc, "relations"))) == NULL)
		goto out;
	pf_put(p, o, "relationType", slice_str(relation));
	pf_mark(p, o, id);
	x = pf_object(p, o, "identifier");
	pf_put(p, x, "type", slice_str(type));
	pf_put(p, x, "value", buf_slice(&b));
out:
	buf_release(&b);
}

void pf_same(struct pf *p, struct slice id)
{
	pf_related(p, "IsIdenticalTo", id);
}

void pf_subject(struct pf *p, struct slice v)
{
	pf_ml(p, p->doc, "subjects", pf_trim(v), NULL);
}

void pf_funder(struct pf *p, struct slice name, struct slice ror, struct slice award)
{
	json_t *o, *f;

	name = pf_trim(name);
	if ((name.n == 0 && award.n == 0) || (o = pf_push(p, pf_list(p, p->doc, "funding"))) == NULL)
		return;
	if (name.n > 0 && (f = pf_object(p, o, "funder")) != NULL) {
		pf_ml(p, f, "names", name, NULL);
		if (is_ror(ror))
			put_ror(p, pf_push(p, pf_list(p, f, "identifiers")), ror);
	}
	if (award.n > 0)
		pf_put(p, pf_object(p, o, "award"), "number", award);
}

void pf_name_id(struct pf *p, json_t *agent, struct slice id)
{
	static const char *const schemes[] = { "ORCID", "ROR", "ISNI" };
	static const char *const hosts[] = { "orcid.org/", "ror.org/", "isni.org/" };
	struct buf b = BUF_INIT(200);
	json_t *o;

	id = pf_trim(id);
	for (size_t i = 0; i < 3 && id.n > 0 && id.n < 200; i++) {
		bool named = memmem(id.p, id.n, hosts[i], strlen(hosts[i])) != NULL;

		buf_clear(&b);
		/* Without its address only an ORCID in full dress is taken for one. */
		if ((!named && !(i == 0 && orcid_valid(id))) || pid_normalise(&b, schemes[i], id, NULL) != ST_OK)
			continue;
		if ((o = pf_push(p, pf_list(p, agent, "nameIdentifiers"))) != NULL) {
			pf_put(p, o, "scheme", slice_str(schemes[i]));
			pf_put(p, o, "value", buf_slice(&b));
			pf_mark(p, o, id);
		}
		break;
	}
	buf_release(&b);
}

void pf_affiliation(struct pf *p, json_t *agent, struct slice name, struct slice id)
{
	json_t *o;

	name = pf_trim(name);
	if (name.n == 0 || agent == NULL || (o = pf_push(p, pf_list(p, agent, "affiliations"))) == NULL)
		return;
	pf_ml(p, o, "names", name, NULL);
	if (is_ror(id))
		put_ror(p, pf_push(p, pf_list(p, o, "identifiers")), id);
}

void pf_box(struct pf *p, double west, double south, double east, double north, struct slice place, struct slice from)
{
	json_t *o;
	bool whole = isfinite(west) && isfinite(east) && isfinite(south) && isfinite(north) && fabs(west) <= 180 && fabs(east) <= 180 && fabs(south) <= 90 &&
		fabs(north) <= 90 && south <= north;

	if ((!whole && place.n == 0) || (o = pf_push(p, pf_list(p, p->doc, "geoLocations"))) == NULL)
		return;
	if (whole && west == east && south == north)
		keep_st(p, json_put(o, "point", json_pack("{s:f, s:f}", "lon", west, "lat", south)));
	else if (whole)
		keep_st(p, json_put(o, "box", json_pack("{s:f, s:f, s:f, s:f}", "west", west, "east", east, "south", south, "north", north)));
	pf_ml(p, o, "place", pf_trim(place), NULL);
	pf_mark(p, o, from);
}
