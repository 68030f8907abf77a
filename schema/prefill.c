/*
 * Merge: files are ranked by how much their authors meant them as a description of the data set; the best one that has a member gives it, whole.
 * Whatever validation would refuse is taken out with a warning, so that a flaw in an old description never stops a deposit.
 */
#include <ctype.h>
#include <strings.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "schema/pid.h"
#include "schema/prefill_int.h"

#define MENDS_MAX 40

typedef st_t json_reader(struct pf *p, const json_t *j, struct err *e);
typedef st_t text_reader(struct pf *p, struct slice text, struct err *e);

/* One row a file name, best first. ${stem}: any extension of ${exts} may follow. ${bag}: also in the data/ of a bag. */
static const struct source {
	const char *name;
	bool stem, bag, yaml;
	json_reader *json;
	text_reader *text;
} sources[] = {
	{ "datacite.json", false, true, false, pf_datacite, NULL },
	{ "CITATION.cff", false, true, true, pf_cff, NULL },
	{ "ro-crate-metadata.json", false, true, false, pf_rocrate, NULL },
	{ "codemeta.json", false, true, false, pf_codemeta, NULL },
	{ "croissant.json", false, true, false, pf_croissant, NULL },
	{ "metadata.json", false, false, false, pf_croissant, NULL },
	{ "datapackage.json", false, true, false, pf_datapackage, NULL },
	{ "dataset_description.json", false, false, false, pf_bids, NULL },
	{ "README", true, false, false, NULL, pf_readme },
	{ "LICENSE", true, false, false, NULL, pf_licence },
	{ "LICENCE", true, false, false, NULL, pf_licence },
	{ "COPYING", true, false, false, NULL, pf_licence },
};
#define N_SOURCES (sizeof(sources) / sizeof(*sources))

struct part {
	size_t rank;
	char *path;
	json_t *doc;
};

struct prefill {
	const struct schema *s;
	VEC(struct part) parts;
	json_t *warn;
};

static const struct source *source_of(const char *path, bool *bag)
{
	static const char *const exts[] = { "", ".md", ".txt", ".rst", ".markdown" };
	const char *name = path;

	*bag = strncmp(path, "data/", 5) == 0;
	if (*bag)
		name += 5;
	if (strchr(name, '/') != NULL)
		return NULL;
	for (size_t i = 0; i < N_SOURCES; i++) {
		size_t n = strlen(sources[i].name);

		if (*bag && !sources[i].bag)
			continue;
		if (!sources[i].stem && strcasecmp(name, sources[i].name) == 0)
			return &sources[i];
		if (!sources[i].stem || strncasecmp(name, sources[i].name, n) != 0)
			continue;
		for (size_t k = 0; k < sizeof(exts) / sizeof(*exts); k++)
			if (strcasecmp(name + n, exts[k]) == 0)
				return &sources[i];
	}
	return NULL;
}

bool prefill_wants(const char *path)
{
	bool bag;

	return source_of(path, &bag) != NULL;
}

struct prefill *prefill_new(const struct schema *s)
{
	struct prefill *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->s = s;
	p->warn = json_array();
	if (p->warn == NULL) {
		free(p);
		return NULL;
	}
	return p;
}

void prefill_free(struct prefill *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->parts.n; i++) {
		free(p->parts.v[i].path);
		json_decref(p->parts.v[i].doc);
	}
	VEC_RELEASE(&p->parts);
	json_decref(p->warn);
	free(p);
}

/* ---- Mending ---- */

/* Take away what the finding at ${path} is about: the nearest list item around it, else its whole top member. */
static void take_away(json_t *doc, const char *path)
{
	const char *open = strrchr(path, '[');
	char parent[500];
	json_t *list;

	if (open != NULL && (size_t)(open - path) < sizeof(parent)) {
		memcpy(parent, path, (size_t)(open - path));
		parent[open - path] = '\0';
		list = json_at(doc, parent);
		if (json_is_array(list) && json_array_remove(list, strtoul(open + 1, NULL, 10)) == 0) {
			if (json_array_size(list) == 0 && strchr(parent, '.') == NULL && strchr(parent, '[') == NULL)
				json_object_del(doc, parent);
			return;
		}
	}
	snprintf(parent, sizeof(parent), "%.*s", (int)strcspn(path, ".["), path);
	json_object_del(doc, parent);
}

/* What validation refuses goes, with a warning for each. */
static st_t mend(const struct schema *s, json_t *doc, const char *file, json_t *warn)
{
	for (unsigned round = 0; round < MENDS_MAX; round++) {
		struct findings f = { 0 };
		st_t st = record_validate(s, doc, RECORD_DRAFT, &f);
		size_t i = f.n;

		while (i > 0 && !f.v[i - 1].fatal)
			i--;
		if (st == ST_OK && i > 0) {
			const char *path = f.v[i - 1].path;

			st = warn_add(warn, "%s: %s: %s: left out", file, path, f.v[i - 1].message);
			/* Many faults in one member: the member is not worth the time. */
			if (*path == '\0')
				json_object_clear(doc);
			else if (round + 10 > MENDS_MAX)
				json_object_deln(doc, path, strcspn(path, ".["));
			else
				take_away(doc, path);
		}
		findings_release(&f);
		if (st != ST_OK || i == 0)
			return st;
	}
	return json_object_clear(doc) == 0 ? warn_add(warn, "%s: too many faults: kept as an ordinary file", file) : ST_NOMEM;
}

/* ---- Reading one file ---- */

static st_t read_part(struct prefill *p, const struct source *from, const char *path, struct slice bytes, json_t *doc, struct err *e)
{
	struct pf pf = { p->s, doc, p->warn, path, ST_OK };
	json_t *j = NULL;
	size_t bad;
	st_t st;

	if (bytes.n > PREFILL_FILE_MAX)
		return err_set(e, ST_INVALID, "larger than %zu MB", PREFILL_FILE_MAX >> 20);
	if (slice_starts(bytes, "\xef\xbb\xbf"))
		bytes = slice_of(bytes.p + 3, bytes.n - 3);
	if (!utf8_valid(bytes, &bad))
		return err_set(e, ST_INVALID, "byte %zu is not UTF-8", bad);
	if (from->text != NULL) {
		st = from->text(&pf, bytes, e);
	} else {
		st = from->yaml ? yaml_load(&j, bytes, e) : json_load(&j, bytes, e);
		if (st == ST_OK)
			st = from->json(&pf, j, e);
		json_decref(j);
	}
	return st == ST_OK ? pf.st : st;
}

/* A description without a type is what the thing is about. */
static st_t call_abstract(json_t *doc)
{
	json_t *d;
	size_t i;

	json_array_foreach(json_object_get(doc, "descriptions"), i, d)
		if (json_is_object(d) && json_object_get(d, "type") == NULL && json_put(d, "type", json_string("Abstract")) != ST_OK)
			return ST_NOMEM;
	return ST_OK;
}

st_t prefill_add(struct prefill *p, const char *path, struct slice bytes)
{
	bool bag;
	const struct source *from = source_of(path, &bag);
	struct part part = { 0 };
	struct err e = ERR_INIT;
	st_t st;

	if (from == NULL)
		return ST_OK;
	part.rank = (size_t)(from - sources) + (bag ? N_SOURCES : 0);
	part.doc = json_object();
	part.path = strdup(path);
	if (part.doc == NULL || part.path == NULL) {
		st = ST_NOMEM;
		goto out;
	}
	st = read_part(p, from, path, bytes, part.doc, &e);
	if (st == ST_OK)
		st = record_normalise(p->s, part.doc, NULL, &e);
	if (st == ST_OK)
		st = call_abstract(part.doc);
	if (st == ST_OK)
		st = mend(p->s, part.doc, path, p->warn);
	if (st == ST_OK) {
		st = VEC_PUSH(&p->parts, part);
		if (st == ST_OK)
			return ST_OK;
	} else if (st != ST_NOMEM && st != ST_ABSENT) {
		st = warn_add(p->warn, "%s: not read: %s: kept as an ordinary file", path, e.text);
	} else if (st == ST_ABSENT) {
		st = ST_OK;		/* a namesake that describes something else */
	}
out:
	free(part.path);
	json_decref(part.doc);
	return st == ST_NOMEM ? st : ST_OK;
}

/* ---- Merging ---- */

/* What two sources say of the same thing, in a form that may be compared; empty when it is not worth comparing. */
static struct slice gist(const json_t *doc, const char *key)
{
	const json_t *v = json_object_get(doc, key);

	if (strcmp(key, "titles") == 0)
		return record_title(doc, NULL);
	if (strcmp(key, "rights") == 0) {
		const json_t *r = json_array_get(v, 0);
		struct slice s = json_slice(json_object_get(r, "spdx"));

		return s.n > 0 ? s : json_slice(json_object_get(r, "uri"));
	}
	if (strcmp(key, "version") == 0)
		return json_slice(v);
	return SLICE_NULL;
}

static bool has_abstract(const json_t *doc)
{
	return record_abstract(doc, NULL).n > 0;
}

static st_t merge_part(json_t *doc, json_t *from_whom, const struct part *part, json_t *warn)
{
	const char *key;
	json_t *v;
	st_t st = ST_OK;

	json_object_foreach(part->doc, key, v) {
		struct slice old, new;

		if (st != ST_OK)
			break;
		if (json_object_get(doc, key) == NULL) {
			st = json_put(doc, key, json_deep_copy(v));
			if (st == ST_OK)
				st = json_put(from_whom, key, json_string(part->path));
			continue;
		}
		/* Notes on how to cite are no description yet: a README may still give one. */
		if (strcmp(key, "descriptions") == 0 && !has_abstract(doc) && has_abstract(part->doc)) {
			st = json_array_extend(json_object_get(doc, key), v) == 0 ? ST_OK : ST_NOMEM;
			continue;
		}
		old = gist(doc, key);
		new = gist(part->doc, key);
		if (old.n > 0 && new.n > 0 && !slice_eq(old, new))
			st = warn_add(warn, "%s: '%.*s' in %s, '%.*s' in %s: the first is taken", key, (int)(old.n < 80 ? old.n : 80), old.p,
			              json_text(from_whom, key), (int)(new.n < 80 ? new.n : 80), new.p, part->path);
	}
	return st;
}

static int by_rank(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return strcmp(x->path, y->path);
}

st_t prefill_take(struct prefill *p, json_t **doc, json_t **warnings)
{
	json_t *out = json_object(), *from = json_object();
	st_t st = out != NULL && from != NULL ? ST_OK : ST_NOMEM;

	*doc = NULL;
	*warnings = NULL;
	if (p->parts.n > 0)
		qsort(p->parts.v, p->parts.n, sizeof(*p->parts.v), by_rank);
	for (size_t i = 0; i < p->parts.n && st == ST_OK; i++)
		st = merge_part(out, from, &p->parts.v[i], p->warn);
	json_decref(from);
	if (st != ST_OK) {
		json_decref(out);
		return st;
	}
	*doc = out;
	*warnings = json_incref(p->warn);
	return ST_OK;
}

/* ---- Building blocks ---- */

static void keep_st(struct pf *p, st_t st)
{
	if (p->st == ST_OK && st != ST_OK)
		p->st = ST_NOMEM;
}

struct slice pf_text(const json_t *o, const char *key)
{
	struct slice s = json_slice(json_object_get(o, key));

	while (s.n > 0 && isspace((unsigned char)s.p[0]))
		s.p++, s.n--;
	while (s.n > 0 && isspace((unsigned char)s.p[s.n - 1]))
		s.n--;
	return s;
}

json_t *pf_list(struct pf *p, json_t *o, const char *key)
{
	if (!json_is_array(json_object_get(o, key)))
		keep_st(p, json_put(o, key, json_array()));
	return json_object_get(o, key);
}

json_t *pf_push(struct pf *p, json_t *list)
{
	keep_st(p, json_push(list, json_object()));
	return p->st == ST_OK ? json_array_get(list, json_array_size(list) - 1) : NULL;
}

void pf_put(struct pf *p, json_t *o, const char *key, struct slice v)
{
	if (v.n > 0 && o != NULL)
		keep_st(p, json_put(o, key, json_stringn(v.p, v.n)));
}

void pf_ml(struct pf *p, json_t *o, const char *key, struct slice v, const char *lang)
{
	json_t *x;

	if (v.n == 0 || o == NULL || (x = pf_push(p, pf_list(p, o, key))) == NULL)
		return;
	pf_put(p, x, "value", v);
	pf_put(p, x, "lang", slice_str(lang));
}

void pf_licence_name(struct pf *p, struct slice v)
{
	json_t *list, *o;
	size_t row;

	v = slice_trim(v);
	if (v.n == 0 || (list = pf_list(p, p->doc, "rights")) == NULL)
		return;
	if (licence_find(p->s, v, &row) || licence_of_text(p->s, v, &row)) {
		keep_st(p, json_push(list, licence_rights(p->s, row)));
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
	struct slice day = v;
	json_t *o;

	/* A time of day says more than a date of publication should. */
	if (v.n > 10 && v.p[10] == 'T' && date_valid(slice_of(v.p, 10)))
		day = slice_of(v.p, 10);
	if (!date_valid(day) || (o = pf_push(p, pf_list(p, p->doc, "dates"))) == NULL)
		return;
	pf_put(p, o, "type", slice_str(type));
	pf_put(p, o, "value", day);
}

void pf_same(struct pf *p, struct slice id)
{
	struct buf b = BUF_INIT(4000);
	const char *type = "DOI";
	json_t *o;

	if (pid_normalise(&b, "DOI", id, NULL) != ST_OK) {
		buf_clear(&b);
		type = "URL";
		if (!slice_starts(id, "http") || pid_normalise(&b, "URL", id, NULL) != ST_OK)
			goto out;
	}
	if ((o = pf_push(p, pf_list(p, p->doc, "relations"))) == NULL)
		goto out;
	pf_put(p, o, "relationType", SLICE("IsIdenticalTo"));
	keep_st(p, json_put(o, "identifier", json_object()));
	pf_put(p, json_object_get(o, "identifier"), "type", slice_str(type));
	pf_put(p, json_object_get(o, "identifier"), "value", buf_slice(&b));
out:
	buf_release(&b);
}

void pf_subject(struct pf *p, struct slice v)
{
	pf_ml(p, p->doc, "subjects", slice_trim(v), NULL);
}

void pf_name_id(struct pf *p, json_t *agent, struct slice id)
{
	static const char *const schemes[] = { "ORCID", "ROR", "ISNI" };
	static const char *const hosts[] = { "orcid.org/", "ror.org/", "isni.org/" };
	struct buf b = BUF_INIT(200);
	json_t *o;

	for (size_t i = 0; i < 3 && id.n > 0 && id.n < 200; i++) {
		bool named = memmem(id.p, id.n, hosts[i], strlen(hosts[i])) != NULL;

		buf_clear(&b);
		/* Without its address only an ORCID in full dress is taken for one. */
		if ((!named && !(i == 0 && orcid_valid(id))) || pid_normalise(&b, schemes[i], id, NULL) != ST_OK)
			continue;
		if ((o = pf_push(p, pf_list(p, agent, "nameIdentifiers"))) != NULL) {
			pf_put(p, o, "scheme", slice_str(schemes[i]));
			pf_put(p, o, "value", buf_slice(&b));
		}
		break;
	}
	buf_release(&b);
}

void pf_affiliation(struct pf *p, json_t *agent, struct slice name, struct slice id)
{
	struct buf b = BUF_INIT(200);
	json_t *o, *x;

	if (name.n == 0 || (o = pf_push(p, pf_list(p, agent, "affiliations"))) == NULL)
		return;
	pf_ml(p, o, "names", name, NULL);
	if (id.n > 0 && id.n < 100 && pid_normalise(&b, "ROR", id, NULL) == ST_OK && (x = pf_push(p, pf_list(p, o, "identifiers"))) != NULL) {
		pf_put(p, x, "scheme", SLICE("ROR"));
		pf_put(p, x, "value", buf_slice(&b));
	}
	buf_release(&b);
}
