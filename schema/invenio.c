/*
 * InvenioRDM's record JSON, both ways. A plain conversion carries over what both sides have; what one side cannot say is kept beside it as patches
 * (patch.h): in custom_fields["azekura:MEMBER"] of the RDM record, in "invenio" of the canonical one. Both directions end by trying the way back
 * and noting the differences, so nothing is lost whatever the input holds, and members that a client edits lose only their own patch.
 *
 *   write:  R = plain_write(C) + C.invenio;   custom_fields += C - read(R)
 *   read:   C = plain_read(R);  C.invenio = R - plain_write(C);   C += custom_fields
 *
 * Titles of vocabulary terms ({"id": "eng", "title": {...}}) are computed: added last when writing, dropped first when reading.
 */
#include <ctype.h>
#include <strings.h>

#include "base/utf8.h"
#include "schema/access.h"
#include "schema/format.h"
#include "schema/patch.h"
#include "schema/pid.h"
#include "schema/record_int.h"
#include "schema/schema_int.h"

#define OURS "azekura:"

struct cx {
	const struct schema *s;
	st_t st;			/* ST_NOMEM sticks */
};

/* ---- Small things ---- */

static void put(struct cx *c, json_t *o, const char *key, json_t *v /* taken */)
{
	st_t st = json_put(o, key, v);

	if (c->st == ST_OK && st != ST_OK)
		c->st = ST_NOMEM;
}

static void push(struct cx *c, json_t *a, json_t *v /* taken */)
{
	st_t st = json_push(a, v);

	if (c->st == ST_OK && st != ST_OK)
		c->st = ST_NOMEM;
}

static void put_text(struct cx *c, json_t *o, const char *key, struct slice v)
{
	if (v.n > 0)
		put(c, o, key, json_stringn(v.p, v.n));
}

/* ${v} as it is, whatever it is: a wrong kind is then named by validation. */
static void put_same(struct cx *c, json_t *o, const char *key, const json_t *v)
{
	if (v == NULL || json_is_null(v))
		return;
	/* Lists and objects are copied: both sides are changed later, each for itself. */
	if (json_is_object(v) || json_is_array(v))
		put(c, o, key, json_deep_copy(v));
	else
		put(c, o, key, json_incref((json_t *)v));
}

/* A list under ${key}, made when first asked for. */
static json_t *list_of(struct cx *c, json_t *o, const char *key)
{
	if (!json_is_array(json_object_get(o, key)))
		put(c, o, key, json_array());
	return json_object_get(o, key);
}

static json_t *object_of(struct cx *c, json_t *o, const char *key)
{
	if (!json_is_object(json_object_get(o, key)))
		put(c, o, key, json_object());
	return json_object_get(o, key);
}

/* A new object at the end of a list. Borrowed; NULL when out of memory. */
static json_t *push_object(struct cx *c, json_t *list)
{
	push(c, list, json_object());
	return c->st == ST_OK ? json_array_get(list, json_array_size(list) - 1) : NULL;
}

static struct slice text(const json_t *o, const char *key)
{
	return json_slice(json_object_get(o, key));
}

/* What the vocabulary has in column ${to} for ${v} in ${from}; ${v} itself when it knows nothing. */
static struct slice term(struct cx *c, const char *vocab, const char *from, struct slice v, const char *to)
{
	const char *t = vocab_map(schema_vocab(c->s, vocab), from, v, to);

	return *t != '\0' ? slice_str(t) : v;
}

/* {"id": ...} under ${key}. */
static void put_id(struct cx *c, json_t *o, const char *key, struct slice id)
{
	if (id.n > 0)
		put_text(c, object_of(c, o, key), "id", id);
}

static struct slice id_of(const json_t *o, const char *key)
{
	return text(json_object_get(o, key), "id");
}

/* [{"value": v, "lang": lang}] under ${key}. */
static void put_ml(struct cx *c, json_t *o, const char *key, const json_t *v)
{
	if (v != NULL && !json_is_null(v))
		put(c, o, key, json_pack("[{s:o}]", "value", json_deep_copy(v)));
}

static void put_lang(struct cx *c, json_t *o, struct slice code)
{
	struct buf tag = BUF_INIT(100);

	if (code.n > 0)
		put_text(c, o, "lang", lang_tag(c->s, code, &tag) ? buf_slice(&tag) : code);
	buf_release(&tag);
}

static struct slice first_value(const json_t *ml)
{
	return text(json_array_get(ml, 0), "value");
}

/* ---- Text with markup ---- */

/* InvenioRDM's descriptions are HTML, ours are text. Something is markup when it has a tag that is closed or known to stand alone. */
static bool looks_like_html(struct slice s)
{
	static const char *const signs[] = { "</", "<p>", "<br", "<li>", "<ul>", "<p ", "&nbsp;", "&amp;", "&lt;", "&gt;", "&quot;", "&#" };

	for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++)
		if (s.n > 0 && memmem(s.p, s.n, signs[i], strlen(signs[i])) != NULL)
			return true;
	return false;
}

/* At '&': the character it stands for into ${out}; returns how many bytes were read, 0 when it is none of those known. */
static size_t html_entity(struct buf *out, struct slice s)
{
	static const struct { const char *name, *is; } known[] = {
		{ "&amp;", "&" }, { "&lt;", "<" }, { "&gt;", ">" }, { "&quot;", "\"" }, { "&apos;", "'" }, { "&nbsp;", " " }, { "&mdash;", "\xe2\x80\x94" },
		{ "&ndash;", "\xe2\x80\x93" }, { "&hellip;", "\xe2\x80\xa6" }, { "&lsquo;", "\xe2\x80\x98" }, { "&rsquo;", "\xe2\x80\x99" },
		{ "&ldquo;", "\xe2\x80\x9c" }, { "&rdquo;", "\xe2\x80\x9d" }, { "&deg;", "\xc2\xb0" }, { "&micro;", "\xc2\xb5" }, { "&copy;", "\xc2\xa9" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (slice_starts(s, known[i].name)) {
			buf_adds(out, known[i].is);
			return strlen(known[i].name);
		}
	if (s.n > 3 && s.p[1] == '#') {
		bool hex = s.p[2] == 'x' || s.p[2] == 'X';
		uint32_t cp = 0;
		size_t i = hex ? 3 : 2;

		for (; i < s.n && i < 10 && s.p[i] != ';'; i++) {
			int d = s.p[i] >= '0' && s.p[i] <= '9' ? s.p[i] - '0' : hex && (s.p[i] | 32) >= 'a' && (s.p[i] | 32) <= 'f' ? (s.p[i] | 32) - 'a' + 10 : -1;

			if (d < 0)
				return 0;
			cp = cp * (hex ? 16 : 10) + (uint32_t)d;
		}
		if (i < s.n && s.p[i] == ';' && cp >= 0x20 && cp < 0x110000 && !(cp >= 0xd800 && cp < 0xe000)) {
			utf8_put(out, cp);
			return i + 1;
		}
	}
	return 0;
}

static bool tag_is(struct slice tag, const char *names)
{
	struct slice all = slice_str(names);
	size_t n = 0;

	if (tag.n > 0 && tag.p[0] == '/')
		tag.p++, tag.n--;
	while (n < tag.n && tag.p[n] != ' ' && tag.p[n] != '/' && tag.p[n] != '\t' && tag.p[n] != '\n')
		n++;
	while (all.p != NULL) {
		struct slice one = slice_cut(&all, ' ');

		if (one.n == n && strncasecmp(one.p, tag.p, n) == 0)
			return true;
	}
	return false;
}

static void new_line(struct buf *out, unsigned blank)
{
	unsigned have = 0;

	while (out->n > 0 && out->p[out->n - 1] == ' ')
		out->n--;
	if (out->n == 0)
		return;
	while (have < 2 && out->n > have && out->p[out->n - 1 - have] == '\n')
		have++;
	for (; have < blank; have++)
		buf_addc(out, '\n');
}

static st_t html_to_text(struct buf *out, struct slice s)
{
	size_t i = 0;

	while (i < s.n && out->st == ST_OK) {
		struct slice rest = slice_of(s.p + i, s.n - i);
		const char *end;
		size_t n;

		if (rest.p[0] == '<' && rest.n > 1 && (isalpha((unsigned char)rest.p[1]) || rest.p[1] == '/' || rest.p[1] == '!') &&
		    (end = memchr(rest.p, '>', rest.n)) != NULL) {
			struct slice tag = slice_of(rest.p + 1, (size_t)(end - rest.p) - 1);

			if (tag_is(tag, "p div ul ol table h1 h2 h3 h4 h5 h6 blockquote pre section"))
				new_line(out, 2);
			else if (tag_is(tag, "br li tr"))
				new_line(out, 1);
			if (tag_is(tag, "li") && tag.p[0] != '/')
				buf_adds(out, "- ");
			if (tag.p[0] != '/' && tag_is(tag, "script style")) {
				const char *close = memmem(end, (size_t)(s.p + s.n - end), "</", 2);

				end = close != NULL ? close - 1 : s.p + s.n - 1;
			}
			i = (size_t)(end - s.p) + 1;
		} else if (rest.p[0] == '&' && (n = html_entity(out, rest)) > 0) {
			i += n;
		} else if (memchr(" \t\r\n", rest.p[0], 4) != NULL) {
			if (out->n > 0 && out->p[out->n - 1] != ' ' && out->p[out->n - 1] != '\n')
				buf_addc(out, ' ');
			i++;
		} else {
			buf_addc(out, rest.p[0]);
			i++;
		}
	}
	while (out->n > 0 && out->st == ST_OK && (out->p[out->n - 1] == ' ' || out->p[out->n - 1] == '\n'))
		out->p[--out->n] = '\0';
	return out->st;
}

static void put_plain(struct cx *c, json_t *o, const char *key, const json_t *html)
{
	struct slice s = json_slice(html);
	struct buf b = BUF_INIT(BUF_NOMAX);

	if (looks_like_html(s) && html_to_text(&b, s) == ST_OK && b.n > 0)
		put_text(c, o, key, buf_slice(&b));
	else
		put_same(c, o, key, html);
	buf_release(&b);
}

/* ---- RDM -> canonical ---- */

/* {"scheme", "identifier"} -> {${type_key}, "value"} */
static void read_id(struct cx *c, json_t *list, const json_t *id, const char *type_key, const char *vocab)
{
	struct slice scheme = text(id, "scheme");
	struct buf b = BUF_INIT(100000);
	json_t *o;

	if ((o = push_object(c, list)) == NULL)
		return;
	scheme = term(c, vocab, "invenio", scheme, "id");
	put_text(c, o, type_key, scheme);
	if (json_is_string(json_object_get(id, "identifier")) && scheme.n > 0 &&
	    pid_normalise(&b, json_text(o, type_key), text(id, "identifier"), NULL) == ST_OK)
		put_text(c, o, "value", buf_slice(&b));
	else
		put_same(c, o, "value", json_object_get(id, "identifier"));
	buf_release(&b);
}

static void read_affiliations(struct cx *c, json_t *o, const json_t *list)
{
	const json_t *a;
	size_t i;

	if (list != NULL && !json_is_array(list)) {
		put_same(c, o, "affiliations", list);
		return;
	}
	json_array_foreach(list, i, a) {
		json_t *to = push_object(c, list_of(c, o, "affiliations"));
		struct slice id = text(a, "id");
		struct buf b = BUF_INIT(200);

		if (to == NULL)
			return;
		put_ml(c, to, "names", json_object_get(a, "name"));
		if (id.n > 0) {
			json_t *x = push_object(c, list_of(c, to, "identifiers"));
			bool ror = pid_normalise(&b, "ROR", id, NULL) == ST_OK;

			put_text(c, x, "scheme", ror ? SLICE("ROR") : SLICE("Local"));
			put_text(c, x, "value", ror ? buf_slice(&b) : id);
		}
		buf_release(&b);
	}
}

static void read_person(struct cx *c, json_t *o, const json_t *from)
{
	const json_t *p = json_object_get(from, "person_or_org"), *id;
	struct slice family = text(p, "family_name"), given = text(p, "given_name"), type = text(p, "type");
	struct buf name = BUF_INIT(BUF_NOMAX);
	size_t i;

	if (slice_eq_str(type, "personal"))
		put_text(c, o, "nameType", SLICE("Personal"));
	else if (slice_eq_str(type, "organizational"))
		put_text(c, o, "nameType", SLICE("Organizational"));
	if (json_object_get(p, "name") != NULL) {
		put_ml(c, o, "names", json_object_get(p, "name"));
	} else if (family.n > 0) {
		buf_addsl(&name, family);
		if (given.n > 0) {
			buf_adds(&name, ", ");
			buf_addsl(&name, given);
		}
		if (name.st == ST_OK)
			put(c, o, "names", json_pack("[{s:s%}]", "value", name.p, name.n));
	}
	buf_release(&name);
	put_ml(c, o, "familyNames", json_object_get(p, "family_name"));
	put_ml(c, o, "givenNames", json_object_get(p, "given_name"));
	json_array_foreach(json_object_get(p, "identifiers"), i, id)
		read_id(c, list_of(c, o, "nameIdentifiers"), id, "scheme", "name_identifier_schemes");
	read_affiliations(c, o, json_object_get(from, "affiliations"));
}

static void read_people(struct cx *c, json_t *doc, const char *key, const json_t *list, bool contributors)
{
	const json_t *p;
	size_t i;

	if (list != NULL && !json_is_array(list)) {
		put_same(c, doc, key, list);
		return;
	}
	json_array_foreach(list, i, p) {
		json_t *o = push_object(c, list_of(c, doc, key));
		struct slice role = id_of(p, "role");

		if (o == NULL)
			return;
		read_person(c, o, p);
		if (contributors)
			put_text(c, o, "contributorType", term(c, "contributor_types", "invenio", role, "id"));
		else
			put_text(c, o, "role", role);
	}
}

static void read_titles(struct cx *c, json_t *doc, const json_t *md)
{
	const json_t *t, *main = json_object_get(md, "title"), *more = json_object_get(md, "additional_titles");
	json_t *o;
	size_t i;

	if (main != NULL && !json_is_null(main) && (o = push_object(c, list_of(c, doc, "titles"))) != NULL)
		put_same(c, o, "value", main);
	json_array_foreach(more, i, t) {
		if ((o = push_object(c, list_of(c, doc, "titles"))) == NULL)
			return;
		put_same(c, o, "value", json_object_get(t, "title"));
		put_lang(c, o, id_of(t, "lang"));
		put_text(c, o, "type", term(c, "title_types", "invenio", id_of(t, "type"), "id"));
	}
}

static void read_descriptions(struct cx *c, json_t *doc, const json_t *md)
{
	const json_t *t, *main = json_object_get(md, "description");
	json_t *o;
	size_t i;

	if (main != NULL && !json_is_null(main) && (o = push_object(c, list_of(c, doc, "descriptions"))) != NULL) {
		put_plain(c, o, "value", main);
		put_text(c, o, "type", SLICE("Abstract"));
	}
	json_array_foreach(json_object_get(md, "additional_descriptions"), i, t) {
		if ((o = push_object(c, list_of(c, doc, "descriptions"))) == NULL)
			return;
		put_plain(c, o, "value", json_object_get(t, "description"));
		put_lang(c, o, id_of(t, "lang"));
		put_text(c, o, "type", term(c, "description_types", "invenio", id_of(t, "type"), "id"));
	}
}

static void read_dates(struct cx *c, json_t *doc, const json_t *md)
{
	const json_t *d, *published = json_object_get(md, "publication_date");
	json_t *o;
	uint64_t year;
	size_t i;

	if (published != NULL && !json_is_null(published) && (o = push_object(c, list_of(c, doc, "dates"))) != NULL) {
		struct slice s = json_slice(published);

		put_text(c, o, "type", SLICE("Issued"));
		put_same(c, o, "value", published);
		if (s.n >= 4 && slice_u64(slice_of(s.p, 4), 9999, &year) && year > 0)
			put(c, doc, "publicationYear", json_integer((json_int_t)year));
	}
	json_array_foreach(json_object_get(md, "dates"), i, d) {
		if ((o = push_object(c, list_of(c, doc, "dates"))) == NULL)
			return;
		put_text(c, o, "type", term(c, "date_types", "invenio", id_of(d, "type"), "id"));
		put_same(c, o, "value", json_object_get(d, "date"));
		put_same(c, o, "information", json_object_get(d, "description"));
	}
}

static void read_type(struct cx *c, json_t *doc, const json_t *md)
{
	struct slice id = id_of(md, "resource_type");
	const struct vocab *v = schema_vocab(c->s, "invenio_types");
	size_t row;
	json_t *o;

	if (id.n == 0)
		return;
	o = object_of(c, doc, "resourceType");
	if (!vocab_find(v, "id", id, &row)) {
		put_text(c, o, "text", id);
		return;
	}
	put_text(c, o, "coar", slice_str(vocab_get(v, row, "coar")));
	put_text(c, o, "label", slice_str(vocab_get(v, row, "type")));
	put_text(c, o, "general", slice_str(vocab_get(v, row, "datacite")));
}

static void read_rights(struct cx *c, json_t *doc, const json_t *md)
{
	const json_t *r, *v;
	const char *lang;
	size_t i, row;
	json_t *o;

	json_array_foreach(json_object_get(md, "rights"), i, r) {
		struct slice id = text(r, "id");

		if (id.n > 0 && vocab_find_fold(schema_vocab(c->s, "licences"), "id", id, &row)) {
			push(c, list_of(c, doc, "rights"), licence_rights(c->s, row));
			continue;
		}
		if ((o = push_object(c, list_of(c, doc, "rights"))) == NULL)
			return;
		json_object_foreach(json_object_get((json_t *)r, "title"), lang, v) {
			json_t *one = push_object(c, list_of(c, o, "values"));

			put_same(c, one, "value", v);
			put_lang(c, one, slice_str(lang));
		}
		if (json_object_get(o, "values") == NULL && id.n > 0)
			put(c, o, "values", json_pack("[{s:s%}]", "value", id.p, id.n));
		put_same(c, o, "uri", json_object_get(r, "link"));
	}
}

static void read_subjects(struct cx *c, json_t *doc, const json_t *md)
{
	const json_t *x;
	size_t i;

	json_array_foreach(json_object_get(md, "subjects"), i, x) {
		json_t *o = push_object(c, list_of(c, doc, "subjects"));
		struct slice id = text(x, "id");

		if (o == NULL)
			return;
		if (json_object_get(x, "subject") != NULL)
			put_same(c, o, "value", json_object_get(x, "subject"));
		else
			put_text(c, o, "value", id);
		put_same(c, o, "scheme", json_object_get(x, "scheme"));
		put_text(c, o, slice_starts(id, "http") ? "valueUri" : "code", id);
	}
}

static void read_identifiers(struct cx *c, json_t *doc, const json_t *rdm, const json_t *md)
{
	static const struct { const char *provider, *agency; } agencies[] = { { "datacite", "DataCite" }, { "jalc", "JaLC" }, { "crossref", "Crossref" } };
	const json_t *doi = json_at(rdm, "pids.doi"), *id;
	struct slice provider = text(doi, "provider");
	json_t *o;
	size_t i;

	if (text(doi, "identifier").n > 0 && (o = push_object(c, list_of(c, doc, "identifiers"))) != NULL) {
		put_text(c, o, "type", SLICE("DOI"));
		put_text(c, o, "value", text(doi, "identifier"));
		put(c, o, "primary", json_true());
		for (i = 0; i < sizeof(agencies) / sizeof(*agencies); i++)
			if (slice_eq_str(provider, agencies[i].provider))
				put(c, o, "registration", json_pack("{s:s}", "agency", agencies[i].agency));
	}
	json_array_foreach(json_object_get(md, "identifiers"), i, id)
		read_id(c, list_of(c, doc, "identifiers"), id, "type", "identifier_types");
}

static void read_relations(struct cx *c, json_t *doc, const json_t *md)
{
	const json_t *r;
	json_t *o, *ids;
	size_t i;

	json_array_foreach(json_object_get(md, "related_identifiers"), i, r) {
		struct slice type = id_of(r, "resource_type");

		if ((o = push_object(c, list_of(c, doc, "relations"))) == NULL || (ids = json_array()) == NULL)
			return;
		put_text(c, o, "relationType", term(c, "relation_types", "invenio", id_of(r, "relation_type"), "id"));
		read_id(c, ids, r, "type", "identifier_types");
		put_same(c, o, "identifier", json_array_get(ids, 0));
		json_decref(ids);
		if (type.n > 0)
			put_text(c, o, "resourceTypeGeneral", slice_str(vocab_map(schema_vocab(c->s, "invenio_types"), "id", type, "datacite")));
	}
	json_array_foreach(json_object_get(md, "references"), i, r) {
		if ((o = push_object(c, list_of(c, doc, "relations"))) == NULL)
			return;
		put_text(c, o, "relationType", SLICE("References"));
		put_ml(c, o, "titles", json_object_get(r, "reference"));
		if (text(r, "identifier").n > 0 && (ids = json_array()) != NULL) {
			read_id(c, ids, r, "type", "identifier_types");
			put_same(c, o, "identifier", json_array_get(ids, 0));
			json_decref(ids);
		}
	}
}

static void put_point(struct cx *c, json_t *o, const char *key, const json_t *pair)
{
	json_t *p = object_of(c, o, key);

	put_same(c, p, "lon", json_array_get(pair, 0));
	put_same(c, p, "lat", json_array_get(pair, 1));
}

static void read_locations(struct cx *c, json_t *doc, const json_t *md)
{
	const json_t *f, *pair;
	size_t i, k;

	json_array_foreach(json_at(md, "locations.features"), i, f) {
		json_t *o = push_object(c, list_of(c, doc, "geoLocations"));
		const json_t *g = json_object_get(f, "geometry"), *at = json_object_get(g, "coordinates");

		if (o == NULL)
			return;
		if (slice_eq_str(text(g, "type"), "Point")) {
			put_point(c, o, "point", at);
		} else if (slice_eq_str(text(g, "type"), "Polygon")) {
			json_t *p = push_object(c, list_of(c, o, "polygons")), *points = list_of(c, p, "points");

			json_array_foreach(json_array_get(at, 0), k, pair) {
				json_t *one = push_object(c, points);

				put_same(c, one, "lon", json_array_get(pair, 0));
				put_same(c, one, "lat", json_array_get(pair, 1));
			}
		}
		put_ml(c, o, "place", json_object_get(f, "place"));
	}
}

static void read_funding(struct cx *c, json_t *doc, const json_t *md)
{
	const json_t *f, *v;
	const char *lang;
	size_t i;

	json_array_foreach(json_object_get(md, "funding"), i, f) {
		json_t *o = push_object(c, list_of(c, doc, "funding")), *funder, *award;
		json_t *from = json_object_get(f, "award");
		struct slice id = id_of(f, "funder");
		struct buf b = BUF_INIT(200);

		if (o == NULL)
			return;
		funder = object_of(c, o, "funder");
		put_ml(c, funder, "names", json_object_get(json_object_get(f, "funder"), "name"));
		if (id.n > 0) {
			bool ror = pid_normalise(&b, "ROR", id, NULL) == ST_OK;
			json_t *x = push_object(c, list_of(c, funder, "identifiers"));

			put_text(c, x, "scheme", ror ? SLICE("ROR") : SLICE("Local"));
			put_text(c, x, "value", ror ? buf_slice(&b) : id);
		}
		buf_release(&b);
		if (!json_is_object(from))
			continue;
		award = object_of(c, o, "award");
		put_same(c, award, "number", json_object_get(from, "number"));
		if (json_object_get(from, "number") == NULL)
			put_text(c, award, "number", text(from, "id"));
		json_object_foreach(json_object_get(from, "title"), lang, v) {
			json_t *one = push_object(c, list_of(c, award, "titles"));

			put_same(c, one, "value", v);
			put_lang(c, one, slice_str(lang));
		}
		if (slice_eq_str(text(json_at(from, "identifiers[0]"), "scheme"), "url"))
			put_text(c, award, "uri", text(json_at(from, "identifiers[0]"), "identifier"));
	}
}

static void read_access(struct cx *c, json_t *doc, const json_t *rdm)
{
	const json_t *a = json_object_get(rdm, "access"), *embargo = json_object_get(a, "embargo");
	bool closed = slice_eq_str(text(a, "files"), "restricted") || slice_eq_str(text(a, "record"), "restricted");
	bool until = json_is_true(json_object_get(embargo, "active")) && json_object_get(embargo, "until") != NULL;
	json_t *o = object_of(c, doc, "accessRights");

	put_text(c, o, "coar", slice_str(access_coar(closed && until ? ACC_EMBARGOED : closed ? ACC_RESTRICTED : ACC_OPEN)));
	if (closed && until) {
		put_same(c, o, "embargoEnd", json_object_get(embargo, "until"));
		if (text(embargo, "reason").n > 0)
			put_same(c, o, "embargoReason", json_object_get(embargo, "reason"));
	}
	if (slice_eq_str(text(a, "record"), "restricted"))
		put_text(c, o, "metadata", SLICE("private"));
}

static void read_plain(struct cx *c, const json_t *rdm, json_t *doc)
{
	const json_t *md = json_object_get(rdm, "metadata"), *x, *v;
	const char *key;
	size_t i;

	put_text(c, doc, "schemaVersion", SLICE("1"));
	read_identifiers(c, doc, rdm, md);
	read_titles(c, doc, md);
	read_people(c, doc, "creators", json_object_get(md, "creators"), false);
	read_people(c, doc, "contributors", json_object_get(md, "contributors"), true);
	if ((x = json_object_get(md, "publisher")) != NULL && !json_is_null(x))
		put_ml(c, object_of(c, doc, "publisher"), "names", x);
	read_dates(c, doc, md);
	read_type(c, doc, md);
	read_descriptions(c, doc, md);
	read_rights(c, doc, md);
	read_subjects(c, doc, md);
	json_array_foreach(json_object_get(md, "languages"), i, x)
		if (text(x, "id").n > 0)
			push(c, list_of(c, doc, "languages"), json_incref(json_object_get(x, "id")));
	put_same(c, doc, "version", json_object_get(md, "version"));
	put_same(c, doc, "sizes", json_object_get(md, "sizes"));
	put_same(c, doc, "formats", json_object_get(md, "formats"));
	read_relations(c, doc, md);
	read_locations(c, doc, md);
	read_funding(c, doc, md);
	read_access(c, doc, rdm);
	json_object_foreach(json_object_get((json_t *)rdm, "custom_fields"), key, v)
		if (strncmp(key, OURS, strlen(OURS)) != 0)
			put(c, object_of(c, doc, "customFields"), key, json_deep_copy(v));
}

/* ---- canonical -> RDM ---- */

static void write_id(struct cx *c, json_t *o, const json_t *id, const char *type_key, const char *vocab)
{
	const char *type = json_text(id, type_key), *scheme = vocab_map(schema_vocab(c->s, vocab), "id", slice_str(type), "invenio");
	struct slice v = text(id, "value");

	put_text(c, o, "scheme", *scheme != '\0' ? slice_str(scheme) : slice_str(type));
	if (type != NULL && strcmp(type, "ROR") == 0 && slice_starts(v, "https://ror.org/"))
		v = slice_of(v.p + 16, v.n - 16);
	put_text(c, o, "identifier", v);
}

/* The ROR of an organisation without its address, else any other identifier of ours. */
static struct slice org_id(const json_t *org)
{
	const json_t *id;
	size_t i;

	json_array_foreach(json_object_get(org, "identifiers"), i, id) {
		struct slice v = text(id, "value");

		if (slice_eq_str(text(id, "scheme"), "ROR") && slice_starts(v, "https://ror.org/"))
			return slice_of(v.p + 16, v.n - 16);
	}
	json_array_foreach(json_object_get(org, "identifiers"), i, id)
		if (slice_eq_str(text(id, "scheme"), "Local"))
			return text(id, "value");
	return SLICE_NULL;
}

static void write_person(struct cx *c, json_t *o, const json_t *from)
{
	json_t *p = object_of(c, o, "person_or_org"), *x;
	struct slice name = first_value(json_object_get(from, "names")), family = first_value(json_object_get(from, "familyNames"));
	struct slice given = first_value(json_object_get(from, "givenNames"));
	bool person = !slice_eq_str(text(from, "nameType"), "Organizational");
	const json_t *id, *a;
	size_t i;

	put_text(c, p, "type", person ? SLICE("personal") : SLICE("organizational"));
	if (person && family.n == 0 && given.n == 0 && name.n > 0) {
		/* A person must have a family name there. */
		given = name;
		family = slice_trim(slice_cut(&given, ','));
		given = slice_trim(given);
	}
	put_text(c, p, "name", name.n > 0 ? name : family);
	if (person) {
		put_text(c, p, "family_name", family);
		put_text(c, p, "given_name", given);
	}
	json_array_foreach(json_object_get(from, "nameIdentifiers"), i, id)
		if ((x = push_object(c, list_of(c, p, "identifiers"))) != NULL)
			write_id(c, x, id, "scheme", "name_identifier_schemes");
	json_array_foreach(json_object_get(from, "affiliations"), i, a) {
		if ((x = push_object(c, list_of(c, o, "affiliations"))) == NULL)
			return;
		put_text(c, x, "id", org_id(a));
		put_text(c, x, "name", first_value(json_object_get(a, "names")));
	}
}

static void write_people(struct cx *c, json_t *md, const char *key, const json_t *list)
{
	const json_t *p;
	size_t i;

	json_array_foreach(list, i, p) {
		json_t *o = push_object(c, list_of(c, md, key));
		const char *type = json_text(p, "contributorType");

		if (o == NULL)
			return;
		write_person(c, o, p);
		if (type != NULL)
			put_id(c, o, "role", term(c, "contributor_types", "id", slice_str(type), "invenio"));
		else
			put_id(c, o, "role", text(p, "role"));
	}
}

static void write_lang(struct cx *c, json_t *o, const json_t *from)
{
	struct slice l = text(from, "lang");
	const char *code = l.n > 0 ? lang_639_3(c->s, l) : NULL;

	put_id(c, o, "lang", code != NULL ? slice_str(code) : l);
}

static void write_titles(struct cx *c, json_t *md, const json_t *list)
{
	const json_t *t;
	size_t i, main = 0;
	json_t *o;

	while (main < json_array_size(list) && text(json_array_get(list, main), "type").n > 0)
		main++;
	if (main == json_array_size(list))
		main = 0;
	json_array_foreach(list, i, t) {
		struct slice type = text(t, "type");

		if (i == main) {
			put_text(c, md, "title", text(t, "value"));
			continue;
		}
		if ((o = push_object(c, list_of(c, md, "additional_titles"))) == NULL)
			return;
		put_text(c, o, "title", text(t, "value"));
		put_id(c, o, "type", type.n > 0 ? term(c, "title_types", "id", type, "invenio") : SLICE("translated-title"));
		write_lang(c, o, t);
	}
}

static void write_descriptions(struct cx *c, json_t *md, const json_t *list)
{
	const json_t *t;
	size_t i, main = 0;
	json_t *o;

	while (main < json_array_size(list) && !slice_eq_str(text(json_array_get(list, main), "type"), "Abstract"))
		main++;
	if (main == json_array_size(list))
		main = 0;
	json_array_foreach(list, i, t) {
		struct slice type = text(t, "type");

		if (i == main) {
			put_text(c, md, "description", text(t, "value"));
			continue;
		}
		if ((o = push_object(c, list_of(c, md, "additional_descriptions"))) == NULL)
			return;
		put_text(c, o, "description", text(t, "value"));
		put_id(c, o, "type", type.n > 0 ? term(c, "description_types", "id", type, "invenio") : SLICE("other"));
		write_lang(c, o, t);
	}
}

static void write_dates(struct cx *c, json_t *md, const json_t *doc)
{
	const json_t *d;
	bool issued = false;
	char year[12];
	size_t i;
	json_t *o;

	json_array_foreach(json_object_get(doc, "dates"), i, d) {
		struct slice type = text(d, "type");

		if (!issued && slice_eq_str(type, "Issued") && text(d, "value").n > 0) {
			put_text(c, md, "publication_date", text(d, "value"));
			issued = true;
			continue;
		}
		if ((o = push_object(c, list_of(c, md, "dates"))) == NULL)
			return;
		put_text(c, o, "date", text(d, "value"));
		put_id(c, o, "type", term(c, "date_types", "id", type, "invenio"));
		put_text(c, o, "description", text(d, "information"));
	}
	if (!issued && record_year(doc) != 0) {
		snprintf(year, sizeof(year), "%04d", record_year(doc));
		put_text(c, md, "publication_date", slice_str(year));
	}
}

static void write_type(struct cx *c, json_t *md, const json_t *doc)
{
	const json_t *t = json_object_get(doc, "resourceType");
	const struct vocab *r = schema_vocab(c->s, "resource_types"), *v = schema_vocab(c->s, "invenio_types");
	struct slice coar = text(t, "coar"), label = text(t, "label"), general = text(t, "general");
	const char *id = "";
	size_t row;

	/* The type that reads back as all three; else the usual one for the concept; else for the general type. */
	for (row = 0; row < vocab_count(v) && *id == '\0'; row++)
		if (slice_eq_str(coar, vocab_get(v, row, "coar")) && slice_eq_str(label, vocab_get(v, row, "type")) &&
		    slice_eq_str(general, vocab_get(v, row, "datacite")))
			id = vocab_get(v, row, "id");
	if (*id == '\0' && vocab_find(r, "label", label, &row) && slice_eq_str(coar, vocab_get(r, row, "coar")))
		id = vocab_get(r, row, "invenio");
	if (*id == '\0')
		id = vocab_map(r, "coar", coar, "invenio");
	if (*id == '\0')
		id = vocab_map(schema_vocab(c->s, "general_types"), "id", general, "invenio");
	put_id(c, md, "resource_type", *id != '\0' ? slice_str(id) : text(t, "text"));
}

static void write_rights(struct cx *c, json_t *md, const json_t *doc)
{
	const json_t *r, *v;
	size_t i, k, row;
	json_t *o;

	json_array_foreach(json_object_get(doc, "rights"), i, r) {
		if ((o = push_object(c, list_of(c, md, "rights"))) == NULL)
			return;
		if (vocab_find(schema_vocab(c->s, "licences"), "id", text(r, "spdx"), &row)) {
			struct buf low = BUF_INIT(200);

			for (const char *p = vocab_get(schema_vocab(c->s, "licences"), row, "id"); *p != '\0'; p++)
				buf_addc(&low, (char)tolower((unsigned char)*p));
			put_text(c, o, "id", buf_slice(&low));
			buf_release(&low);
			continue;
		}
		json_array_foreach(json_object_get(r, "values"), k, v) {
			json_t *titles = object_of(c, o, "title");
			const char *lang = json_text(v, "lang");

			put_text(c, titles, lang != NULL && *lang != '\0' ? lang : "en", text(v, "value"));
		}
		put_text(c, o, "link", text(r, "uri"));
	}
}

static void write_subjects(struct cx *c, json_t *md, const json_t *doc)
{
	const json_t *x;
	size_t i;

	json_array_foreach(json_object_get(doc, "subjects"), i, x) {
		json_t *o = push_object(c, list_of(c, md, "subjects"));

		if (o == NULL)
			return;
		put_text(c, o, "id", text(x, "valueUri").n > 0 ? text(x, "valueUri") : text(x, "code"));
		put_text(c, o, "subject", text(x, "value"));
		put_text(c, o, "scheme", text(x, "scheme"));
	}
}

static void write_identifiers(struct cx *c, json_t *rdm, json_t *md, const json_t *doc)
{
	const json_t *id;
	bool doi = false;
	size_t i;
	json_t *o;

	json_array_foreach(json_object_get(doc, "identifiers"), i, id) {
		if (!doi && slice_eq_str(text(id, "type"), "DOI") && json_is_true(json_object_get(id, "primary"))) {
			struct slice agency = text(json_object_get(id, "registration"), "agency");
			const char *provider = slice_eq_str(agency, "DataCite") ? "datacite" : slice_eq_str(agency, "JaLC") ? "jalc" :
				slice_eq_str(agency, "Crossref") ? "crossref" : "external";

			o = object_of(c, object_of(c, rdm, "pids"), "doi");
			put_text(c, o, "identifier", text(id, "value"));
			put_text(c, o, "provider", slice_str(provider));
			doi = true;
			continue;
		}
		if ((o = push_object(c, list_of(c, md, "identifiers"))) == NULL)
			return;
		write_id(c, o, id, "type", "identifier_types");
	}
}

static void write_relations(struct cx *c, json_t *md, const json_t *doc)
{
	const json_t *r;
	size_t i;
	json_t *o;

	json_array_foreach(json_object_get(doc, "relations"), i, r) {
		const json_t *id = json_object_get(r, "identifier");
		struct slice general = text(r, "resourceTypeGeneral");

		if (text(id, "value").n == 0) {
			struct slice title = first_value(json_object_get(r, "titles"));

			if (title.n > 0 && (o = push_object(c, list_of(c, md, "references"))) != NULL)
				put_text(c, o, "reference", title);
			continue;
		}
		if ((o = push_object(c, list_of(c, md, "related_identifiers"))) == NULL)
			return;
		write_id(c, o, id, "type", "identifier_types");
		put_id(c, o, "relation_type", term(c, "relation_types", "id", text(r, "relationType"), "invenio"));
		if (general.n > 0)
			put_id(c, o, "resource_type", term(c, "general_types", "id", general, "invenio"));
	}
}

static json_t *pair_of(const json_t *lon, const json_t *lat)
{
	return json_is_number(lon) && json_is_number(lat) ? json_pack("[O,O]", lon, lat) : json_array();
}

static void write_geometry(struct cx *c, json_t *f, const json_t *g)
{
	const json_t *point = json_object_get(g, "point"), *box = json_object_get(g, "box"), *p;
	const json_t *points = json_at(g, "polygons[0].points");
	json_t *geo, *ring;
	size_t i;

	if (json_is_object(point)) {
		geo = object_of(c, f, "geometry");
		put_text(c, geo, "type", SLICE("Point"));
		put(c, geo, "coordinates", pair_of(json_object_get(point, "lon"), json_object_get(point, "lat")));
		return;
	}
	if (!json_is_array(points) && !json_is_object(box))
		return;
	geo = object_of(c, f, "geometry");
	put_text(c, geo, "type", SLICE("Polygon"));
	push(c, list_of(c, geo, "coordinates"), json_array());
	ring = json_array_get(json_object_get(geo, "coordinates"), 0);
	json_array_foreach(points, i, p)
		push(c, ring, pair_of(json_object_get(p, "lon"), json_object_get(p, "lat")));
	if (!json_is_array(points)) {
		static const char *const x[] = { "west", "east", "east", "west", "west" }, *const y[] = { "south", "south", "north", "north", "south" };

		for (i = 0; i < 5; i++)
			push(c, ring, pair_of(json_object_get(box, x[i]), json_object_get(box, y[i])));
	}
}

static void write_locations(struct cx *c, json_t *md, const json_t *doc)
{
	const json_t *g;
	size_t i;

	json_array_foreach(json_object_get(doc, "geoLocations"), i, g) {
		json_t *f = push_object(c, list_of(c, object_of(c, md, "locations"), "features"));

		if (f == NULL)
			return;
		write_geometry(c, f, g);
		put_text(c, f, "place", first_value(json_object_get(g, "place")));
	}
}

static void write_funding(struct cx *c, json_t *md, const json_t *doc)
{
	const json_t *f, *t;
	size_t i, k;

	json_array_foreach(json_object_get(doc, "funding"), i, f) {
		json_t *o = push_object(c, list_of(c, md, "funding")), *funder, *award;
		const json_t *from = json_object_get(f, "award");

		if (o == NULL)
			return;
		funder = object_of(c, o, "funder");
		put_text(c, funder, "id", org_id(json_object_get(f, "funder")));
		put_text(c, funder, "name", first_value(json_object_get(json_object_get(f, "funder"), "names")));
		if (!json_is_object(from))
			continue;
		award = object_of(c, o, "award");
		put_text(c, award, "number", text(from, "number"));
		json_array_foreach(json_object_get(from, "titles"), k, t) {
			const char *lang = json_text(t, "lang");

			put_text(c, object_of(c, award, "title"), lang != NULL && *lang != '\0' ? lang : "en", text(t, "value"));
		}
		if (text(from, "uri").n > 0) {
			json_t *x = push_object(c, list_of(c, award, "identifiers"));

			put_text(c, x, "scheme", SLICE("url"));
			put_text(c, x, "identifier", text(from, "uri"));
		}
	}
}

static void write_access(struct cx *c, json_t *rdm, const json_t *doc)
{
	const json_t *rights = json_object_get(doc, "accessRights");
	struct access_subject a;
	json_t *o = object_of(c, rdm, "access"), *embargo;
	bool on;

	access_of_record(doc, &a);
	on = a.access == ACC_EMBARGOED && text(rights, "embargoEnd").n > 0;
	put_text(c, o, "record", a.meta == META_PUBLIC ? SLICE("public") : SLICE("restricted"));
	put_text(c, o, "files", a.access == ACC_OPEN ? SLICE("public") : SLICE("restricted"));
	embargo = object_of(c, o, "embargo");
	put(c, embargo, "active", json_boolean(on));
	if (on)
		put_text(c, embargo, "until", text(rights, "embargoEnd"));
	if (on && text(rights, "embargoReason").n > 0)
		put_text(c, embargo, "reason", text(rights, "embargoReason"));
	else
		put(c, embargo, "reason", json_null());
}

static void write_plain(struct cx *c, const json_t *doc, json_t *rdm)
{
	json_t *md = object_of(c, rdm, "metadata"), *o, *v;
	const json_t *l;
	const char *key;
	size_t i;

	object_of(c, rdm, "pids");
	object_of(c, rdm, "custom_fields");
	write_type(c, md, doc);
	write_people(c, md, "creators", json_object_get(doc, "creators"));
	write_titles(c, md, json_object_get(doc, "titles"));
	put_text(c, md, "publisher", first_value(json_at(doc, "publisher.names")));
	write_dates(c, md, doc);
	write_subjects(c, md, doc);
	write_people(c, md, "contributors", json_object_get(doc, "contributors"));
	json_array_foreach(json_object_get(doc, "languages"), i, l)
		if (json_is_string(l) && (o = push_object(c, list_of(c, md, "languages"))) != NULL)
			put_text(c, o, "id", json_slice(l));
	write_identifiers(c, rdm, md, doc);
	write_relations(c, md, doc);
	put_same(c, md, "sizes", json_object_get(doc, "sizes"));
	put_same(c, md, "formats", json_object_get(doc, "formats"));
	put_same(c, md, "version", json_object_get(doc, "version"));
	write_rights(c, md, doc);
	write_descriptions(c, md, json_object_get(doc, "descriptions"));
	write_locations(c, md, doc);
	write_funding(c, md, doc);
	write_access(c, rdm, doc);
	json_object_foreach(json_object_get((json_t *)doc, "customFields"), key, v)
		if (strncmp(key, OURS, strlen(OURS)) != 0)
			put(c, json_object_get(rdm, "custom_fields"), key, json_deep_copy(v));
}

/* ---- Titles of terms ---- */

/* Where a term stands below "metadata", and which vocabulary names it. */
static const struct spot { const char *list, *member, *vocab, *column; } spots[] = {
	{ NULL, "resource_type", "invenio_types", "id" },
	{ "additional_titles", "type", "title_types", "invenio" },
	{ "additional_titles", "lang", "languages", "id" },
	{ "additional_descriptions", "type", "description_types", "invenio" },
	{ "additional_descriptions", "lang", "languages", "id" },
	{ "creators", "role", "contributor_types", "invenio" },
	{ "contributors", "role", "contributor_types", "invenio" },
	{ "dates", "type", "date_types", "invenio" },
	{ "related_identifiers", "relation_type", "relation_types", "invenio" },
	{ "related_identifiers", "resource_type", "invenio_types", "id" },
	{ "languages", NULL, "languages", "id" },
	{ "rights", NULL, "licences", "id" },
};

static void titles_at(struct cx *c, json_t *o, const struct spot *at, bool add)
{
	const struct vocab *v = schema_vocab(c->s, at->vocab);
	json_t *title;
	size_t row;

	if (text(o, "id").n == 0 || !vocab_find_fold(v, at->column, text(o, "id"), &row))
		return;
	if (!add) {
		json_object_del(o, "title");
		json_object_del(o, "props");
		if (strcmp(at->vocab, "licences") == 0) {
			json_object_del(o, "description");
			json_object_del(o, "icon");
			json_object_del(o, "link");
		}
		return;
	}
	if (json_object_get(o, "title") != NULL)
		return;
	title = object_of(c, o, "title");
	put_text(c, title, "en", slice_str(vocab_get(v, row, "label")));
	put_text(c, title, "ja", slice_str(vocab_get(v, row, "label_ja")));
	if (strcmp(at->vocab, "licences") == 0)
		put(c, o, "props", json_pack("{s:s,s:s}", "url", vocab_get(v, row, "url"), "scheme", "spdx"));
}

static void titles_all(struct cx *c, json_t *rdm, bool add)
{
	json_t *md = json_object_get(rdm, "metadata"), *x;
	size_t k;

	for (size_t i = 0; i < sizeof(spots) / sizeof(*spots); i++) {
		const struct spot *at = &spots[i];

		if (at->list == NULL) {
			titles_at(c, json_object_get(md, at->member), at, add);
			continue;
		}
		json_array_foreach(json_object_get(md, at->list), k, x)
			titles_at(c, at->member != NULL ? json_object_get(x, at->member) : x, at, add);
	}
}

/* ---- Both ways together ---- */

static const char *const sections[] = { "metadata", "access", "pids" };

/* Fill up what InvenioRDM's own answers hold and requests may leave out, so that its absence is no difference. */
static void access_full(struct cx *c, json_t *rdm)
{
	json_t *a = json_object_get(rdm, "access");

	if (!json_is_object(a))
		return;
	json_object_del(a, "status");
	if (json_object_get(a, "embargo") == NULL)
		put(c, a, "embargo", json_pack("{s:b,s:n}", "active", 0, "reason"));
	else if (json_is_object(json_object_get(a, "embargo")) && json_object_get(json_object_get(a, "embargo"), "reason") == NULL)
		put(c, json_object_get(a, "embargo"), "reason", json_null());
}

/* ${rdm} without our own custom fields and without titles of terms. */
static st_t read_core(const struct schema *s, const json_t *rdm, json_t **out, json_t *warn, struct err *e)
{
	struct cx c = { s, ST_OK };
	json_t *doc = json_object(), *back = json_object(), *all = NULL, *p;

	*out = NULL;
	if (doc == NULL || back == NULL) {
		c.st = ST_NOMEM;
		goto out;
	}
	read_plain(&c, rdm, doc);
	if (c.st == ST_OK)
		c.st = record_normalise(s, doc, warn, e);
	if (c.st != ST_OK)
		goto out;
	write_plain(&c, doc, back);
	for (size_t i = 0; i < sizeof(sections) / sizeof(*sections) && c.st == ST_OK; i++) {
		const json_t *truth = json_object_get(rdm, sections[i]);

		/* A section that is not given has its default and nothing to keep. */
		if (truth == NULL)
			continue;
		c.st = patch_diff(truth, json_object_get(back, sections[i]), &p);
		if (c.st == ST_OK && p != NULL) {
			if (all == NULL && (all = json_object()) == NULL)
				c.st = ST_NOMEM;
			put(&c, all, sections[i], p);
		}
	}
	if (all != NULL) {
		put(&c, doc, "invenio", all);
		all = NULL;
	}
	if (c.st == ST_OK) {
		*out = doc;
		doc = NULL;
	}
out:
	json_decref(all);
	json_decref(doc);
	json_decref(back);
	return c.st;
}

static st_t report_unknown(const json_t *rdm, json_t *warn)
{
	static const char known[] = " resource_type creators title additional_titles publisher publication_date subjects contributors dates languages"
		" identifiers related_identifiers sizes formats version rights description additional_descriptions locations funding references"
		" copyright internal_notes ";
	const char *key;
	json_t *v;
	char word[100];
	st_t st = ST_OK;

	json_object_foreach(json_object_get((json_t *)rdm, "metadata"), key, v) {
		snprintf(word, sizeof(word), " %.90s ", key);
		if (st == ST_OK && strstr(known, word) == NULL)
			st = warn_add(warn, "metadata.%.80s: unknown member, kept as it is", key);
	}
	return st;
}

/* custom_fields["azekura:X"]: a patch for X, or, from a client that knows us, its value. */
static st_t overlay(json_t *doc, const json_t *fields)
{
	json_t *patches = json_object(), *v;
	const char *key;
	st_t st = patches != NULL ? ST_OK : ST_NOMEM;

	json_object_foreach((json_t *)fields, key, v) {
		if (st != ST_OK || strncmp(key, OURS, strlen(OURS)) != 0)
			continue;
		if (patch_is(v))
			st = json_put(patches, key + strlen(OURS), json_incref(v));
		else
			st = json_put(doc, key + strlen(OURS), json_deep_copy(v));
	}
	if (st == ST_OK)
		st = patch_apply(doc, patches);
	json_decref(patches);
	return st;
}

/* A copy of the parts that are read, checked to be objects. */
static st_t take_parts(struct cx *c, const json_t *rdm, json_t *to, struct err *e)
{
	static const char *const parts[] = { "metadata", "access", "pids", "custom_fields" };

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		const json_t *v = json_object_get(rdm, parts[i]);

		if (v == NULL || json_is_null(v))
			continue;
		if (!json_is_object(v))
			return err_set(e, ST_INVALID, "%s: expected an object", parts[i]);
		put(c, to, parts[i], json_deep_copy(v));
	}
	return c->st;
}

st_t invenio_read(const struct schema *s, const json_t *rdm, json_t **doc, json_t *warn, struct err *e)
{
	struct cx c = { s, ST_OK };
	json_t *copy = json_object();
	st_t st;

	*doc = NULL;
	if (copy == NULL)
		return ST_NOMEM;
	if (!json_is_object(rdm))
		st = err_set(e, ST_INVALID, "a record is a JSON object");
	else
		st = take_parts(&c, rdm, copy, e);
	if (st != ST_OK)
		goto out;
	titles_all(&c, copy, false);
	access_full(&c, copy);
	if ((st = c.st) == ST_OK)
		st = report_unknown(copy, warn);
	if (st == ST_OK)
		st = read_core(s, copy, doc, warn, e);
	if (st == ST_OK)
		st = overlay(*doc, json_object_get(copy, "custom_fields"));
out:
	if (st != ST_OK) {
		json_decref(*doc);
		*doc = NULL;
	}
	json_decref(copy);
	return st;
}

/* What reading ${rdm} back would lose of ${doc}, into its custom fields. */
static st_t keep_rest(struct cx *c, const json_t *doc, json_t *rdm, struct err *e)
{
	json_t *back = NULL, *patches = NULL, *v;
	const char *key;
	char name[1000];
	st_t st = read_core(c->s, rdm, &back, NULL, e);

	if (st == ST_OK)
		st = patch_diff(doc, back, &patches);
	if (st == ST_OK)
		json_object_foreach(patches, key, v) {
			if (snprintf(name, sizeof(name), OURS "%s", key) < (int)sizeof(name))
				put(c, json_object_get(rdm, "custom_fields"), name, json_incref(v));
		}
	json_decref(patches);
	json_decref(back);
	return st == ST_OK ? c->st : st;
}

st_t invenio_write(const struct schema *s, const json_t *doc, json_t **out, struct err *e)
{
	struct cx c = { s, ST_OK };
	json_t *rdm = json_object();
	st_t st = ST_NOMEM;

	*out = NULL;
	if (rdm == NULL)
		return ST_NOMEM;
	write_plain(&c, doc, rdm);
	st = c.st;
	for (size_t i = 0; i < sizeof(sections) / sizeof(*sections) && st == ST_OK; i++)
		st = patch_apply(json_object_get(rdm, sections[i]), json_object_get(json_object_get(doc, "invenio"), sections[i]));
	if (st == ST_OK) {
		titles_all(&c, rdm, false);
		access_full(&c, rdm);
		st = c.st;
	}
	if (st == ST_OK)
		st = keep_rest(&c, doc, rdm, e);
	if (st == ST_OK) {
		titles_all(&c, rdm, true);
		st = c.st;
	}
	if (st != ST_OK) {
		json_decref(rdm);
		return st;
	}
	*out = rdm;
	return ST_OK;
}
