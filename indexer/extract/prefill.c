/*
 * Merge: files are ranked by how much their authors meant them as a description of the data set; the best one that has a member gives it, whole.
 * Whatever validation would refuse is taken out with a warning, so that a flaw in an old description never stops a deposit.
 */
#include <stdlib.h>
#include <strings.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "indexer/extract/prefill_int.h"
#include "schema/assertion.h"

#define MENDS_MAX	40
#define WHOLE_LIST	200	/* items; a longer list is spoken of as one value */
#define POINTER_MAX	1000

typedef st_t json_reader(struct pf *p, const json_t *j, struct err *e);
typedef st_t xml_reader(struct pf *p, const struct xn *root, struct err *e);
typedef st_t text_reader(struct pf *p, struct slice text, struct err *e);

/* One row a reader, best first. ${files}: names parted by blanks, "*.x" any of that kind, "README*" with an extension of texts. What a name calls a description and
 * is none gets a warning; of the others (a leading '?') what is inside decides, and what nobody claims is passed over. */
static const struct source {
	const char *reader, *files;
	unsigned score;
	bool bag, yaml;			/* bag: also in the data/ of a bag */
	json_reader *json;
	xml_reader *xml;
	text_reader *text;
} sources[] = {
	{ "azekura", "?*.json", 100, false, false, pf_canonical, NULL, NULL },
	{ "datacite-json", "datacite.json ?*.json", 95, true, false, pf_datacite, NULL, NULL },
	{ "datacite-xml", "datacite.xml ?*.xml", 95, true, false, NULL, pf_datacite_xml, NULL },
	{ "cff", "CITATION.cff", 90, true, true, pf_cff, NULL, NULL },
	{ "ro-crate", "ro-crate-metadata.json", 90, true, false, pf_rocrate, NULL, NULL },
	{ "codemeta", "codemeta.json", 85, true, false, pf_codemeta, NULL, NULL },
	{ "croissant", "croissant.json ?*.json ?*.jsonld", 90, true, false, pf_croissant, NULL, NULL },
	{ "invenio", "?*.json", 95, false, false, pf_invenio, NULL, NULL },
	{ "zenodo", ".zenodo.json ?*.json", 90, false, false, pf_zenodo, NULL, NULL },
	{ "dataverse", "?*.json", 90, false, false, pf_dataverse, NULL, NULL },
	{ "jpcoar", "jpcoar.xml ?*.xml", 95, false, false, NULL, pf_jpcoar, NULL },
	{ "eml", "eml.xml ?*.xml", 90, false, false, NULL, pf_eml, NULL },
	{ "ddi", "ddi.xml ?*.xml", 90, false, false, NULL, pf_ddi, NULL },
	{ "iso19115", "iso19139.xml iso19115.xml ?*.xml", 90, false, false, NULL, pf_iso, NULL },
	{ "rde-invoice", "invoice/invoice.json invoice.json", 90, false, false, pf_rde_invoice, NULL, NULL },
	{ "osf", "?*.json", 85, false, false, pf_osf, NULL, NULL },
	{ "ckan", "?*.json", 80, false, false, pf_ckan, NULL, NULL },
	{ "stac", "?*.json", 85, false, false, pf_stac, NULL, NULL },
	{ "schema-org", "?*.jsonld ?*.json", 85, false, false, pf_schema_org, NULL, NULL },
	{ "datapackage", "datapackage.json", 85, true, false, pf_datapackage, NULL, NULL },
	{ "bids", "dataset_description.json", 85, false, false, pf_bids, NULL, NULL },
	{ "oai-dc", "?*.xml", 80, false, false, NULL, pf_oai_dc, NULL },
	{ "r-description", "DESCRIPTION", 85, false, false, NULL, NULL, pf_r_description },
	{ "ris", "?*.ris", 70, false, false, NULL, NULL, pf_ris },
	{ "bibtex", "?*.bib", 70, false, false, NULL, NULL, pf_bibtex },
	{ "rde-meta", "meta/metadata.json", 85, false, false, pf_rde_meta, NULL, NULL },
	{ "bag-info", "bag-info.txt", 60, false, false, NULL, NULL, pf_bag_info },
	{ "bids-participants", "participants.tsv", 70, false, false, NULL, NULL, pf_participants },
	{ "readme", "README*", 60, false, false, NULL, NULL, pf_readme },
	{ "licence-text", "LICENSE* LICENCE* COPYING*", 90, false, false, NULL, NULL, pf_licence },
};
#define N_SOURCES (sizeof(sources) / sizeof(*sources))
#define FACTS_RANK (3 * N_SOURCES)	/* behind all description files */

struct file {
	char *path;
	struct slice bytes;		/* owned */
};

struct part {
	size_t rank;
	char *path;
	char sha256[SHA256_HEX];
	const char *program, *version, *reader;
	char version_text[16], reader_text[40];	/* of an extractor */
	unsigned score;
	json_t *doc;
	json_t *places;			/* pointer of a value -> words for its place */
};

struct prefill {
	const struct schema *s;
	VEC(struct file) files;
	VEC(struct part) parts;
	json_t *warn, *labels, *units;
};

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

static void part_release(struct part *part)
{
	free(part->path);
	json_decref(part->doc);
	json_decref(part->places);
}

void prefill_free(struct prefill *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->files.n; i++) {
		free(p->files.v[i].path);
		free((void *)p->files.v[i].bytes.p);
	}
	for (size_t i = 0; i < p->parts.n; i++)
		part_release(&p->parts.v[i]);
	VEC_RELEASE(&p->files);
	VEC_RELEASE(&p->parts);
	json_decref(p->warn);
	json_decref(p->labels);
	json_decref(p->units);
	free(p);
}

st_t prefill_add(struct prefill *p, const char *path, struct slice bytes)
{
	struct file f = { NULL, SLICE_NULL };

	if (!describe_wants(path))
		return ST_OK;
	if (bytes.n > DESCRIBE_FILE_MAX)
		return warn_add(p->warn, "%s: not read: larger than %zu MB: kept as an ordinary file", path, DESCRIBE_FILE_MAX >> 20);
	if (p->files.n >= DESCRIBE_FILES_MAX)
		return ST_OK;
	f.path = strdup(path);
	f.bytes = slice_of(slice_dup(bytes), bytes.n);
	if (f.path != NULL && f.bytes.p != NULL && VEC_PUSH(&p->files, f) == ST_OK)
		return ST_OK;
	free(f.path);
	free((void *)f.bytes.p);
	return ST_NOMEM;
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

/* ---- Places of values ---- */

/* Take the marks out of ${v}; returns the smallest place that holds all of them, or -1. */
static int64_t take_marks(const struct places *places, json_t *v, unsigned depth)
{
	int64_t at = -1;
	const char *key;
	json_t *x;
	void *next;
	size_t i;

	if (depth > JSON_DEPTH_MAX)
		return -1;
	json_object_foreach_safe(v, next, key, x) {
		if (*key == PF_MARK[0]) {
			if (key[1] == '\0')
				at = place_join(places, at, json_integer_value(x));
			json_object_del(v, key);
		} else {
			at = place_join(places, at, take_marks(places, x, depth + 1));
		}
	}
	json_array_foreach(v, i, x)
		at = place_join(places, at, take_marks(places, x, depth + 1));
	return at;
}

static st_t note_place(json_t *notes, const char *at, const struct places *places, int64_t place)
{
	struct buf b = BUF_INIT(2000);
	st_t st = ST_OK;

	place_words(places, place, &b);
	if (b.st != ST_NOMEM)
		st = json_put(notes, at, b.n > 0 && utf8_valid(buf_slice(&b), NULL) ? json_stringn(b.p, b.n) : json_string("/"));
	else
		st = ST_NOMEM;
	buf_release(&b);
	return st;
}

/* A JSON pointer one step below ${at}. Names too long for one are cut, and what stands there is then spoken of by nobody. */
static void pointer(char out[POINTER_MAX], const char *at, const char *key)
{
	size_t n = (size_t)snprintf(out, POINTER_MAX - 8, "%.300s/", at);

	for (; *key != '\0' && n + 4 < POINTER_MAX; key++) {
		if (*key == '~' || *key == '/') {
			out[n++] = '~';
			out[n++] = *key == '~' ? '0' : '1';
		} else {
			out[n++] = *key;
		}
	}
	out[n] = '\0';
}

/* Items of a list are spoken of one by one. */
static bool by_item(const json_t *v)
{
	return json_is_array(v) && json_array_size(v) > 0 && json_array_size(v) <= WHOLE_LIST;
}

/* So are custom fields, by name. */
static bool by_name(const char *at, const json_t *v)
{
	return strcmp(at, "/customFields") == 0 && json_is_object(v);
}

static st_t note_value(const struct places *places, const char *at, json_t *v, int64_t whole, json_t *notes)
{
	char below[POINTER_MAX];
	const char *key;
	json_t *x;
	size_t i;
	st_t st = ST_OK;

	if (by_name(at, v)) {
		json_object_del(v, PF_MARK);
		json_object_foreach(v, key, x) {
			pointer(below, at, key);
			if (st == ST_OK)
				st = note_value(places, below, x, whole, notes);
		}
		return st;
	}
	if (!by_item(v)) {
		int64_t place = take_marks(places, v, 0);

		return note_place(notes, at, places, place >= 0 ? place : whole >= 0 ? whole : 0);
	}
	json_array_foreach(v, i, x) {
		int64_t place = take_marks(places, x, 0);

		snprintf(below, sizeof(below), "%.900s/%zu", at, i);
		if (st == ST_OK)
			st = note_place(notes, below, places, place >= 0 ? place : whole >= 0 ? whole : 0);
	}
	return st;
}

/* Turn the marks of ${doc} into notes: pointer of each value -> its place in the source. */
static st_t note_places(const struct places *places, json_t *doc, json_t *notes)
{
	json_t *members = json_object(), *v;
	const char *key;
	char at[POINTER_MAX];
	void *next;
	st_t st = members != NULL ? ST_OK : ST_NOMEM;

	json_object_foreach_safe(doc, next, key, v)
		if (*key == PF_MARK[0] && st == ST_OK) {
			st = json_put(members, key + 1, json_incref(v));
			json_object_del(doc, key);
		}
	json_object_foreach(doc, key, v) {
		int64_t whole = json_is_integer(json_object_get(members, key)) ? json_integer_value(json_object_get(members, key)) : -1;

		pointer(at, "", key);
		if (st == ST_OK)
			st = note_value(places, at, v, whole, notes);
	}
	json_decref(members);
	return st;
}

/* ---- Reading one file ---- */

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

/* The parsed forms of one file; at most one of them. */
struct open {
	struct slice text;
	json_t *json;
	struct arena *arena;
	struct xn *xml;
	struct places *places;
};

static void open_release(struct open *o)
{
	places_free(o->places);
	json_decref(o->json);
	arena_free(o->arena);
}

static st_t open_file(struct open *o, const struct source *from, struct slice bytes, struct err *e)
{
	size_t bad;
	st_t st;

	if (from->xml != NULL) {
		if ((o->arena = arena_new(16 * XML_TREE_MAX)) == NULL)
			return ST_NOMEM;
		if ((st = xml_tree(&o->xml, o->arena, bytes, e)) == ST_OK)
			st = (o->places = places_xml(o->xml)) != NULL ? ST_OK : ST_NOMEM;
		return st;
	}
	if (slice_starts(bytes, "\xef\xbb\xbf"))
		bytes = slice_of(bytes.p + 3, bytes.n - 3);
	if (!utf8_valid(bytes, &bad))
		return err_set(e, ST_INVALID, "byte %zu is not UTF-8", bad);
	o->text = bytes;
	if (from->text != NULL)
		return (o->places = places_text(bytes)) != NULL ? ST_OK : ST_NOMEM;
	if ((st = from->yaml ? yaml_load(&o->json, bytes, e) : json_load(&o->json, bytes, e)) == ST_OK)
		st = (o->places = places_json(o->json)) != NULL ? ST_OK : ST_NOMEM;
	return st;
}

static st_t read_as(struct prefill *p, const struct source *from, const struct open *o, const char *path, json_t *doc, json_t *notes, struct err *e)
{
	struct pf pf = { p->s, doc, p->warn, path, o->places, p->labels, p->units, ST_OK };
	st_t st;

	st = from->text != NULL ? from->text(&pf, o->text, e) : from->xml != NULL ? from->xml(&pf, o->xml, e) : from->json(&pf, o->json, e);
	if (st == ST_OK)
		st = pf.st;
	if (st == ST_OK)
		st = record_normalise(p->s, doc, NULL, e);
	if (st == ST_OK)
		st = call_abstract(doc);
	if (st == ST_OK)
		st = mend(p->s, doc, path, p->warn);
	return st == ST_OK ? note_places(o->places, doc, notes) : st;
}

/* Does one of the names of ${files} fit? ${named}: it calls the file a description, rather than its kind. */
static bool fits(const struct source *s, const char *name, bool *named)
{
	static const char *const exts[] = { "", ".md", ".txt", ".rst", ".markdown" };
	struct slice rest = slice_str(s->files), have = slice_str(name);

	while (rest.p != NULL && rest.n > 0) {
		struct slice f = slice_cut(&rest, ' ');

		*named = *f.p != '?';
		if (!*named && have.n > f.n - 2 && strncasecmp(name + have.n - (f.n - 2), f.p + 2, f.n - 2) == 0 && strchr(name, '/') == NULL)
			return true;
		if (*named && f.p[f.n - 1] != '*' && have.n == f.n && strncasecmp(name, f.p, f.n) == 0)
			return true;
		for (size_t k = 0; *named && f.p[f.n - 1] == '*' && k < sizeof(exts) / sizeof(*exts); k++)
			if (strncasecmp(name, f.p, f.n - 1) == 0 && strcasecmp(name + f.n - 1, exts[k]) == 0)
				return true;
	}
	return false;
}

static st_t add_part(struct prefill *p, const struct source *from, const struct file *f, bool bag, json_t **doc, json_t **notes)
{
	struct part part = { .rank = (size_t)(from - sources) + (bag ? N_SOURCES : 0), .program = PREFILL_PROGRAM, .version = PREFILL_VERSION,
		.reader = from->reader, .score = from->score };

	part.path = strdup(f->path);
	part.doc = *doc;
	part.places = *notes;
	*doc = *notes = NULL;
	sha256_hex(part.sha256, f->bytes.p, f->bytes.n);
	if (part.path != NULL && VEC_PUSH(&p->parts, part) == ST_OK)
		return ST_OK;
	part_release(&part);
	return ST_NOMEM;
}

/* The reader that the name means is asked first and has the last word; else all that know the kind, until one takes the file. */
static st_t read_file(struct prefill *p, const struct file *f)
{
	bool bag = strncmp(f->path, "data/", 5) == 0, named = false;
	const char *name = bag ? f->path + 5 : f->path;
	struct err e = ERR_INIT, first = ERR_INIT;
	struct open o = { 0 };
	st_t st = ST_ABSENT;

	for (size_t i = 0; i < 2 * N_SOURCES && (st == ST_ABSENT || (st == ST_INVALID && first.text[0] == '\0')); i++) {
		const struct source *from = &sources[i % N_SOURCES];
		json_t *doc, *notes;

		if ((bag && !from->bag) || !fits(from, name, &named) || named != (i < N_SOURCES))
			continue;
		if (o.places == NULL && (st = open_file(&o, from, f->bytes, &e)) != ST_OK) {
			if (named)
				first = e;
			break;
		}
		doc = json_object();
		notes = json_object();
		st = doc != NULL && notes != NULL ? read_as(p, from, &o, f->path, doc, notes, &e) : ST_NOMEM;
		if (st == ST_OK)
			st = add_part(p, from, f, bag, &doc, &notes);
		/* Only the reader that the name means may say what is wrong. */
		if (st == ST_INVALID && named)
			first = e;
		json_decref(doc);
		json_decref(notes);
	}
	open_release(&o);
	if (st == ST_NOMEM || st == ST_OK || first.text[0] == '\0')
		return st == ST_NOMEM ? st : ST_OK;
	return warn_add(p->warn, "%s: not read: %s: kept as an ordinary file", f->path, first.text);
}

st_t prefill_facts(struct prefill *p, const char *path, const char *sha256, const json_t *facts)
{
	const json_t *record = json_object_get(facts, "record");
	struct part part = { .rank = FACTS_RANK, .program = "extract", .score = 70 };
	struct err e = ERR_INIT;
	st_t st;

	/* A file that says nothing still counts: what another one says of itself is not said of all. */
	part.path = strdup(path);
	part.doc = json_is_object(record) ? json_deep_copy(record) : json_object();
	part.places = json_is_object(json_object_get(record, "places")) ? json_deep_copy(json_object_get(record, "places")) : json_object();
	st = part.path != NULL && part.doc != NULL && part.places != NULL ? ST_OK : ST_NOMEM;
	snprintf(part.sha256, sizeof(part.sha256), "%s", sha256);
	snprintf(part.reader_text, sizeof(part.reader_text), "%s", json_text(facts, "extractor") != NULL ? json_text(facts, "extractor") : "?");
	snprintf(part.version_text, sizeof(part.version_text), "%lld", (long long)json_integer_value(json_object_get(facts, "version")));
	if (st == ST_OK) {
		json_object_del(part.doc, "assertions");
		json_object_del(part.doc, "places");
		st = record_normalise(p->s, part.doc, NULL, &e);
	}
	if (st == ST_OK)
		st = call_abstract(part.doc);
	if (st == ST_OK)
		st = mend(p->s, part.doc, path, p->warn);
	if (st == ST_OK && VEC_PUSH(&p->parts, part) == ST_OK)
		return ST_OK;
	part_release(&part);
	return st == ST_INVALID ? ST_OK : ST_NOMEM;
}

/* An RDE folder explains its own fields: labels and units are wanted before the values are read. */
static st_t read_definitions(struct prefill *p)
{
	static const struct { const char *path; bool units; } all[] = {
		{ "invoice.schema.json", false }, { "tasksupport/invoice.schema.json", false }, { "metadata-def.json", true }, { "tasksupport/metadata-def.json", true },
	};
	struct err e = ERR_INIT;

	for (size_t i = 0; i < p->files.n; i++)
		for (size_t k = 0; k < 4; k++) {
			json_t **to = all[k].units ? &p->units : &p->labels;
			size_t bad;

			if (strcasecmp(p->files.v[i].path, all[k].path) != 0 || *to != NULL)
				continue;
			if (utf8_valid(p->files.v[i].bytes, &bad) && json_load(to, p->files.v[i].bytes, &e) == ST_OK)
				continue;
			if (warn_add(p->warn, "%s: not read: %s: kept as an ordinary file", all[k].path, e.text[0] != '\0' ? e.text : "not UTF-8") != ST_OK)
				return ST_NOMEM;
		}
	return ST_OK;
}

/* ---- Merging ---- */

static bool has_abstract(const json_t *doc)
{
	return record_abstract(doc, NULL).n > 0;
}

/* Say of the value at ${at} of ${doc} that it came from ${part}, where it stood at ${there}. */
static st_t assert_one(json_t *doc, const struct part *part, const char *at, const char *there)
{
	struct assertion a = { part->program, part->version != NULL ? part->version : part->version_text, part->reader != NULL ? part->reader : part->reader_text,
		part->score, part->path, json_text(part->places, there), part->sha256 };

	st_t st = assertion_add(doc, at, &a);

	return st == ST_ABSENT ? ST_OK : st;
}

/* Of each value below ${at}; items of a list from ${skip} on, where the first stood at 0. */
static st_t assert_value(json_t *doc, const struct part *part, const char *at, const json_t *mine, size_t skip)
{
	char here[POINTER_MAX], there[POINTER_MAX];
	const char *key;
	const json_t *x;
	size_t i;
	st_t st = ST_OK;

	if (!by_name(at, mine) && !by_item(mine))
		return assert_one(doc, part, at, at);
	json_object_foreach((json_t *)mine, key, x) {
		pointer(here, at, key);
		if (st == ST_OK)
			st = assert_value(doc, part, here, x, 0);
	}
	json_array_foreach(mine, i, x) {
		snprintf(here, sizeof(here), "%.900s/%zu", at, i + skip);
		snprintf(there, sizeof(there), "%.900s/%zu", at, i);
		if (st == ST_OK)
			st = assert_one(doc, part, here, there);
	}
	return st;
}

static st_t assert_member(json_t *doc, const char *key, const struct part *part, size_t skip)
{
	char at[POINTER_MAX];

	pointer(at, "", key);
	return assert_value(doc, part, at, json_object_get(part->doc, key), skip);
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
			if (st == ST_OK)
				st = assert_member(doc, key, part, 0);
			continue;
		}
		/* Notes on how to cite are no description yet: a README may still give one. */
		if (strcmp(key, "descriptions") == 0 && !has_abstract(doc) && has_abstract(part->doc)) {
			size_t had = json_array_size(json_object_get(doc, key));

			st = json_array_extend(json_object_get(doc, key), v) == 0 ? assert_member(doc, key, part, had) : ST_NOMEM;
			continue;
		}
		old = describe_gist(doc, key);
		new = describe_gist(part->doc, key);
		if (old.n > 0 && new.n > 0 && !slice_eq(old, new))
			st = warn_add(warn, "%s: '%.*s' in %s, '%.*s' in %s: the first is taken", key, (int)(old.n < 80 ? old.n : 80), old.p,
			              json_text(from_whom, key), (int)(new.n < 80 ? new.n : 80), new.p, part->path);
	}
	return st;
}

/* ---- What data files say of themselves ---- */

#define UNITED_MAX	100	/* items that many files give together */

/* People, places and words add up over the files of a dataset; a title or a licence holds for all only when all files say it. */
static bool adds_up(const char *key)
{
	static const char *const lists[] = { "creators", "contributors", "subjects", "geoLocations", "instruments", "samples", "funding", "relations", "languages", "software" };

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		if (strcmp(key, lists[i]) == 0)
			return true;
	return false;
}

static bool contradicted(const struct prefill *p, const char *key, const json_t *v)
{
	for (size_t i = 0; i < p->parts.n; i++) {
		const json_t *other = json_object_get(p->parts.v[i].doc, key);

		if (p->parts.v[i].rank == FACTS_RANK && (other == NULL || !json_equal(other, v)))
			return true;
	}
	return false;
}

static bool has_item(const json_t *list, const json_t *item)
{
	const json_t *x;
	size_t i;

	json_array_foreach(list, i, x)
		if (json_equal(x, item))
			return true;
	return false;
}

static st_t unite(json_t *doc, const char *key, const struct part *part)
{
	json_t *list = json_object_get(doc, key), *x;
	char here[POINTER_MAX], there[POINTER_MAX];
	size_t i;
	st_t st = ST_OK;

	json_array_foreach(json_object_get(part->doc, key), i, x) {
		if (st != ST_OK || json_array_size(list) >= UNITED_MAX)
			break;
		if (has_item(list, x))
			continue;
		snprintf(here, sizeof(here), "/%.300s/%zu", key, json_array_size(list));
		snprintf(there, sizeof(there), "/%.300s/%zu", key, i);
		if ((st = json_push(list, json_deep_copy(x))) == ST_OK)
			st = assert_one(doc, part, here, there);
	}
	return st;
}

/* ${mine}: members that data files gave; what a description file gave stays as it is. */
static st_t merge_facts(const struct prefill *p, json_t *doc, json_t *mine, const struct part *part)
{
	const char *key;
	json_t *v;
	st_t st = ST_OK;

	json_object_foreach(part->doc, key, v) {
		bool ours = json_object_get(mine, key) != NULL;

		if (st != ST_OK)
			break;
		if (ours && adds_up(key) && json_is_array(v) && json_is_array(json_object_get(doc, key))) {
			st = unite(doc, key, part);
			continue;
		}
		if (json_object_get(doc, key) != NULL || (!adds_up(key) && contradicted(p, key, v)))
			continue;
		st = json_put(doc, key, json_deep_copy(v));
		if (st == ST_OK)
			st = json_put(mine, key, json_true());
		if (st == ST_OK)
			st = assert_member(doc, key, part, 0);
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
	json_t *out = json_object(), *from = json_object(), *mine = json_object();
	st_t st = out != NULL && from != NULL && mine != NULL ? read_definitions(p) : ST_NOMEM;

	*doc = NULL;
	*warnings = NULL;
	for (size_t i = 0; i < p->files.n && st == ST_OK; i++)
		st = read_file(p, &p->files.v[i]);
	if (p->parts.n > 0)
		qsort(p->parts.v, p->parts.n, sizeof(*p->parts.v), by_rank);
	for (size_t i = 0; i < p->parts.n && st == ST_OK; i++)
		st = p->parts.v[i].rank == FACTS_RANK ? merge_facts(p, out, mine, &p->parts.v[i]) : merge_part(out, from, &p->parts.v[i], p->warn);
	json_decref(from);
	json_decref(mine);
	if (st != ST_OK) {
		json_decref(out);
		return ST_NOMEM;
	}
	*doc = out;
	*warnings = json_incref(p->warn);
	return ST_OK;
}
