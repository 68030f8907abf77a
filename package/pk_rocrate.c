/*
 * RO-Crate 1.2. Attached: the document at the top of a zip (or of a bag's data/), files by relative address. Detached: the document alone, files by
 * their address here. Flat, compact JSON-LD with the 1.2 context, only keys that the context has; every entity once.
 */

#include "package/pk_int.h"

#include "base/map.h"
#include "base/str.h"

struct crate {
	const struct package_ctx *c;
	bool attached;
	struct jw w;
	struct map *seen;		/* ids of entities that are written already */
	struct buf root, tmp;
};

static bool once(struct crate *k, struct slice id)
{
	if (!id.n || map_has(k->seen, id))
		return false;
	if (map_put(k->seen, id, k->seen, NULL) != ST_OK)
		k->w.out->st = ST_NOMEM;
	return true;
}

/* Address of a file inside the crate, or here. */
static void file_id(const struct made *m, const struct cat_file *f, struct buf *out)
{
	if (m->attached) {
		percent_encode(out, slice_str(strcmp(f->path, CRATE_FILE) ? f->path : CRATE_FILE_DEPOSITED), "/");
		return;
	}
	buf_addf(out, "%s/records/%s/files/", m->base, m->id);
	percent_encode(out, slice_str(f->path), "/");
}

/* A plain licence text has no address; the entity then is a part of the root. */
static void licence_id(struct crate *k, struct buf *out)
{
	buf_clear(out);
	pk_licence(k->c->rec, out);
	if (!slice_starts(buf_slice(out), "http")) {
		buf_clear(out);
		buf_adds(out, "#licence");
	}
}

static void agent_id(const json_t *agent, const char *kind, size_t i, struct buf *out)
{
	buf_clear(out);
	pk_agent_id(agent, out);
	if (!out->n)
		buf_addf(out, "#%s-%zu", kind, i + 1);
}

static void refs(struct crate *k, const char *key, const json_t *list, const char *kind)
{
	const json_t *a = NULL;
	size_t i = 0;
	bool open = false;

	json_array_foreach(list, i, a) {
		if (!record_name(a, "en").n)
			continue;
		if (!open)
			jw_open(&k->w, key, '[');
		open = true;
		agent_id(a, kind, i, &k->tmp);
		jw_ref(&k->w, NULL, buf_slice(&k->tmp));
	}
	if (open)
		jw_close(&k->w, ']');
}

static void part_line(const struct made *m, const struct cat_file *f, bool first, struct buf *out)
{
	struct jw w = { out, !first };
	struct buf id = BUF_INIT(65536);

	file_id(m, f, &id);
	jw_ref(&w, NULL, buf_slice(&id));
	buf_release(&id);
}

static void file_line(const struct made *m, const struct cat_file *f, bool first, struct buf *out)
{
	struct jw w = { out, true };
	struct buf id = BUF_INIT(65536);
	const char *slash = strrchr(f->path, '/');
	char hex[65];

	file_id(m, f, &id);
	jw_open(&w, NULL, '{');
	jw_text(&w, "@id", buf_slice(&id));
	jw_text(&w, "@type", SLICE("File"));
	jw_text(&w, "name", slice_str(slash ? slash + 1 : f->path));
	jw_textf(&w, "contentSize", "%llu", (unsigned long long)f->size);
	jw_text(&w, "encodingFormat", slice_str(f->media));
	hex_encode(hex, f->sha256, 32);
	jw_text(&w, "sha256", slice_str(hex));
	jw_close(&w, '}');
	buf_release(&id);
}

/* ---- Values that programs proposed: an action each for a program and the file it read ---- */

#define PROPOSALS_MAX 50	/* actions told of */

static bool same_source(const json_t *a, const json_t *b)
{
	return json_equal(json_object_get(a, "by"), json_object_get(b, "by")) &&
	    slice_eq(json_slice(json_at(a, "source.path")), json_slice(json_at(b, "source.path")));
}

/* The ${i}-th entry, when it is the first of its program and file; their number so far in ${n}. */
static const json_t *first_of(const json_t *list, size_t i, size_t *n)
{
	const json_t *one = json_array_get(list, i);

	for (size_t k = 0; k < i; k++)
		if (same_source(json_array_get(list, k), one))
			return NULL;
	return ++*n <= PROPOSALS_MAX ? one : NULL;
}

static void proposal(struct crate *k, const json_t *list, const json_t *first, size_t n)
{
	const char *program = json_text(json_object_get(first, "by"), "program"), *reader = json_text(json_object_get(first, "by"), "reader");
	const char *path = json_text(json_object_get(first, "source"), "path");
	struct buf what = BUF_INIT(20000);
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
		if (same_source(one, first) && json_text(one, "at") != NULL)
			buf_addf(&what, "%s%s", what.n ? ", " : "", json_text(one, "at"));
	jw_open(&k->w, NULL, '{');
	jw_textf(&k->w, "@id", "#proposal-%zu", n);
	jw_text(&k->w, "@type", SLICE("CreateAction"));
	jw_textf(&k->w, "name", "Metadata proposed%s%s", path != NULL ? " from " : "", path != NULL ? path : "");
	jw_text(&k->w, "description", buf_slice(&what));
	jw_ref(&k->w, "result", buf_slice(&k->root));
	buf_clear(&what);
	buf_addf(&what, "#proposal-%zu-program", n);
	jw_ref(&k->w, "instrument", buf_slice(&what));
	jw_close(&k->w, '}');
	jw_open(&k->w, NULL, '{');
	jw_text(&k->w, "@id", buf_slice(&what));
	jw_text(&k->w, "@type", SLICE("SoftwareApplication"));
	jw_textf(&k->w, "name", "%s%s%s", program != NULL ? program : "?", reader != NULL ? " " : "", reader != NULL ? reader : "");
	jw_text(&k->w, "version", slice_str(json_text(json_object_get(first, "by"), "version")));
	/* 1.2 wants an address of every program: it is a part of the server that wrote this crate. */
	jw_textf(&k->w, "url", "%s/api", k->c->base);
	jw_close(&k->w, '}');
	buf_release(&what);
}

/* ${entities}: the actions themselves; else the root's references to them. */
static void proposals(struct crate *k, bool entities)
{
	const json_t *list = json_object_get(k->c->rec->doc, "assertions"), *one;
	size_t n = 0;

	if (!entities && json_array_size(list) > 0)
		jw_open(&k->w, "mentions", '[');
	for (size_t i = 0; i < json_array_size(list) && n < PROPOSALS_MAX; i++) {
		if ((one = first_of(list, i, &n)) == NULL)
			continue;
		if (entities) {
			proposal(k, list, one, n);
		} else {
			buf_clear(&k->tmp);
			buf_addf(&k->tmp, "#proposal-%zu", n);
			jw_ref(&k->w, NULL, buf_slice(&k->tmp));
		}
	}
	if (!entities && json_array_size(list) > 0)
		jw_close(&k->w, ']');
}

#define VARIABLES_MAX 500

/* What the data measure: ${entities}: the variables themselves; else the root's references to them. */
static void measured(struct crate *k, bool entities)
{
	const json_t *list = json_object_get(k->c->facts, "variables"), *v;
	size_t n = json_array_size(list) < VARIABLES_MAX ? json_array_size(list) : VARIABLES_MAX;

	if (!entities && n > 0)
		jw_open(&k->w, "variableMeasured", '[');
	for (size_t i = 0; i < n; i++) {
		v = json_array_get(list, i);
		buf_clear(&k->tmp);
		buf_addf(&k->tmp, "#variable-%zu", i + 1);
		if (!entities) {
			jw_ref(&k->w, NULL, buf_slice(&k->tmp));
			continue;
		}
		jw_open(&k->w, NULL, '{');
		jw_text(&k->w, "@id", buf_slice(&k->tmp));
		jw_text(&k->w, "@type", SLICE("PropertyValue"));
		jw_text(&k->w, "name", json_slice(json_object_get(v, "name")));
		jw_text(&k->w, "unitText", json_slice(json_object_get(v, "unit")));
		jw_text(&k->w, "unitCode", json_slice(json_object_get(v, "ucum")));
		jw_text(&k->w, "propertyID", json_slice(json_object_get(json_array_get(json_object_get(v, "concepts"), 0), "iri")));
		jw_close(&k->w, '}');
	}
	if (!entities && n > 0)
		jw_close(&k->w, ']');
}

/* What the record holds by added schemas. */
static void own_fields(struct crate *k, bool entities)
{
	json_t *list = pk_form_properties(json_object_get(k->c->facts, "forms"), k->c->base), *p;
	size_t i;

	if (!entities && json_array_size(list) > 0)
		jw_open(&k->w, "additionalProperty", '[');
	json_array_foreach(list, i, p) {
		const json_t *value = json_object_get(p, "value");

		buf_clear(&k->tmp);
		buf_addf(&k->tmp, "#field-%zu", i + 1);
		if (!entities) {
			jw_ref(&k->w, NULL, buf_slice(&k->tmp));
			continue;
		}
		jw_open(&k->w, NULL, '{');
		jw_text(&k->w, "@id", buf_slice(&k->tmp));
		jw_text(&k->w, "@type", SLICE("PropertyValue"));
		jw_text(&k->w, "name", json_slice(json_object_get(p, "name")));
		jw_text(&k->w, "propertyID", json_slice(json_object_get(p, "propertyID")));
		if (json_is_boolean(value))
			jw_bool(&k->w, "value", json_is_true(value));
		else
			jw_number(&k->w, "value", value);
		jw_text(&k->w, "unitText", json_slice(json_object_get(p, "unitText")));
		jw_text(&k->w, "url", json_slice(json_object_get(p, "url")));
		jw_close(&k->w, '}');
	}
	if (!entities && json_array_size(list) > 0)
		jw_close(&k->w, ']');
	json_decref(list);
}

/* What comes before the list of parts, which is the first loop. */
static void root(struct crate *k)
{
	const struct rec *rec = k->c->rec;
	const json_t *publisher = json_object_get(rec->doc, "publisher");
	char day[11];

	jw_open(&k->w, NULL, '{');
	jw_text(&k->w, "@id", buf_slice(&k->root));
	jw_text(&k->w, "@type", SLICE("Dataset"));
	jw_text(&k->w, "name", record_title(rec->doc, "en"));
	jw_text(&k->w, "description", pk_description(rec));
	pk_date(rec, day);
	jw_text(&k->w, "datePublished", slice_str(day));
	licence_id(k, &k->tmp);
	jw_ref(&k->w, "license", buf_slice(&k->tmp));
	refs(k, "author", json_object_get(rec->doc, "creators"), "creator");
	if (record_name(publisher, "en").n)
		jw_ref(&k->w, "publisher", SLICE("#publisher"));
	jw_ref(&k->w, "identifier", SLICE("#identifier"));
	if (k->attached) {
		buf_clear(&k->tmp);
		pk_url(k->c, &k->tmp);
		jw_text(&k->w, "url", buf_slice(&k->tmp));
	}
	jw_text(&k->w, "version", slice_str(json_text(rec->doc, "version")));
	buf_clear(&k->tmp);
	pk_language(rec, k->c, &k->tmp);
	jw_text(&k->w, "inLanguage", buf_slice(&k->tmp));
	measured(k, false);
	own_fields(k, false);
	proposals(k, false);
}

static void licence(struct crate *k)
{
	const json_t *r = json_array_get(json_object_get(k->c->rec->doc, "rights"), 0);
	struct slice name = record_ml(json_object_get(r, "values"), "en");
	struct buf text = BUF_INIT(1 << 20);

	licence_id(k, &k->tmp);
	if (!once(k, buf_slice(&k->tmp)))
		return;
	pk_licence(k->c->rec, &text);
	jw_open(&k->w, NULL, '{');
	jw_text(&k->w, "@id", buf_slice(&k->tmp));
	jw_text(&k->w, "@type", SLICE("CreativeWork"));
	if (!name.n)
		name = slice_str(json_text(r, "spdx"));
	jw_text(&k->w, "name", name.n ? name : buf_slice(&text));
	jw_text(&k->w, "description", name.n ? name : buf_slice(&text));
	jw_close(&k->w, '}');
	buf_release(&text);
}

static void affiliations(struct crate *k, const json_t *agent, bool entities)
{
	struct buf id = BUF_INIT(8192);
	const json_t *a = NULL;
	size_t i = 0;
	bool open = false;

	json_array_foreach(json_object_get(agent, "affiliations"), i, a) {
		struct slice name = record_name(a, "en");

		buf_clear(&id);
		pk_agent_id(a, &id);
		if (!name.n || !id.n)
			continue;		/* without an address it has no entity of its own */
		if (entities && once(k, buf_slice(&id))) {
			jw_open(&k->w, NULL, '{');
			jw_text(&k->w, "@id", buf_slice(&id));
			jw_text(&k->w, "@type", SLICE("Organization"));
			jw_text(&k->w, "name", name);
			jw_text(&k->w, "url", buf_slice(&id));
			jw_close(&k->w, '}');
		} else if (!entities) {
			if (!open)
				jw_open(&k->w, "affiliation", '[');
			open = true;
			jw_ref(&k->w, NULL, buf_slice(&id));
		}
	}
	if (open)
		jw_close(&k->w, ']');
	buf_release(&id);
}

static void people(struct crate *k)
{
	const json_t *a = NULL;
	size_t i = 0;

	json_array_foreach(json_object_get(k->c->rec->doc, "creators"), i, a) {
		struct slice name = record_name(a, "en");

		agent_id(a, "creator", i, &k->tmp);
		if (!name.n || !once(k, buf_slice(&k->tmp)))
			continue;
		jw_open(&k->w, NULL, '{');
		jw_text(&k->w, "@id", buf_slice(&k->tmp));
		jw_text(&k->w, "@type", pk_is_person(a) ? SLICE("Person") : SLICE("Organization"));
		jw_text(&k->w, "name", name);
		affiliations(k, a, false);
		jw_close(&k->w, '}');
		affiliations(k, a, true);
	}
}

static void publisher(struct crate *k)
{
	const json_t *p = json_object_get(k->c->rec->doc, "publisher");
	struct slice name = record_name(p, "en");

	if (!name.n)
		return;
	jw_open(&k->w, NULL, '{');
	jw_text(&k->w, "@id", SLICE("#publisher"));
	jw_text(&k->w, "@type", SLICE("Organization"));
	jw_text(&k->w, "name", name);
	jw_text(&k->w, "url", slice_str(k->c->base));
	jw_close(&k->w, '}');
}

static void identifier(struct crate *k)
{
	const char *doi = pk_doi(k->c->rec);

	buf_clear(&k->tmp);
	if (doi)
		pid_uri(&k->tmp, "DOI", slice_str(doi));
	else
		pk_url(k->c, &k->tmp);
	jw_open(&k->w, NULL, '{');
	jw_text(&k->w, "@id", SLICE("#identifier"));
	jw_text(&k->w, "@type", SLICE("PropertyValue"));
	jw_text(&k->w, "name", doi ? SLICE("DOI") : SLICE("landing page"));
	if (doi) {
		jw_text(&k->w, "propertyID", SLICE("https://registry.identifiers.org/registry/doi"));
		jw_textf(&k->w, "value", "doi:%s", doi);
	} else {
		jw_text(&k->w, "value", slice_str(k->c->rec->id));
	}
	jw_text(&k->w, "url", buf_slice(&k->tmp));
	jw_close(&k->w, '}');
}

static void descriptor(struct crate *k)
{
	jw_open(&k->w, NULL, '{');
	jw_text(&k->w, "@id", SLICE("ro-crate-metadata.json"));
	jw_text(&k->w, "@type", SLICE("CreativeWork"));
	jw_ref(&k->w, "about", buf_slice(&k->root));
	jw_ref(&k->w, "conformsTo", SLICE("https://w3id.org/ro/crate/1.2"));
	jw_close(&k->w, '}');
}

st_t rocrate_make(const struct package_ctx *c, bool attached, struct made *m, struct err *e)
{
	struct crate k = { c, attached, { NULL, false }, map_new(), BUF_INIT(8192), BUF_INIT(1 << 20) };
	struct pk_files files;
	bool any = false;
	st_t st = pk_files_open(&files, c, e);

	made_init(m, c);
	m->attached = attached;
	if (st == ST_OK && !k.seen)
		st = err_set(e, ST_NOMEM, "out of memory");
	if (st != ST_OK)
		goto out;
	any = pk_files_next(&files) != NULL;
	if (attached)
		buf_adds(&k.root, "./");
	else
		pk_url(c, &k.root);
	k.w.out = &m->seg[0].text;
	jw_open(&k.w, NULL, '{');
	jw_text(&k.w, "@context", SLICE("https://w3id.org/ro/crate/1.2/context"));
	jw_open(&k.w, "@graph", '[');
	descriptor(&k);
	root(&k);
	if (any) {
		jw_open(&k.w, "hasPart", '[');
		m->seg[0].line = part_line;
		m->seg[1].line = file_line;
		k.w.out = &m->seg[1].text;
		jw_close(&k.w, ']');
	}
	jw_close(&k.w, '}');
	k.w.out = &m->seg[2].text;
	licence(&k);
	people(&k);
	publisher(&k);
	identifier(&k);
	measured(&k, true);
	own_fields(&k, true);
	proposals(&k, true);
	jw_close(&k.w, ']');
	jw_close(&k.w, '}');
	buf_addc(k.w.out, '\n');
out:
	pk_files_release(&files);
	if (k.seen)
		map_free(k.seen, NULL);
	buf_release(&k.root);
	buf_release(&k.tmp);
	return st;
}

st_t rocrate_write(const struct package_ctx *c, bool attached, struct buf *out, struct err *e)
{
	struct made m;
	st_t st = rocrate_make(c, attached, &m, e);

	if (st == ST_OK)
		st = made_write(&m, c, out, e);
	made_release(&m);
	return st;
}

st_t rocrate_open(const struct package_ctx *c, struct body **out, int64_t *len, struct err *e)
{
	struct made m;
	st_t st = rocrate_make(c, false, &m, e);

	if (st != ST_OK) {
		made_release(&m);
		return st;
	}
	return made_body(&m, c, out, len, e);
}

/* ---- the zip: the document first, then the files ---- */

st_t pk_rocrate_open(const struct package_ctx *c, struct body **out, int64_t *len, struct err *e)
{
	struct zip_part doc = { .kind = ZIP_MADE, .name = strdup(CRATE_FILE), .made = calloc(1, sizeof(struct made)) };
	struct zip_part files = { .kind = ZIP_FILES, .name = strdup(""), .skip = CRATE_FILE, .instead = CRATE_FILE_DEPOSITED };
	struct zip *z = NULL;
	st_t st = doc.made ? rocrate_make(c, true, doc.made, e) : err_set(e, ST_NOMEM, "out of memory");

	if (st == ST_OK)
		st = zip_new(&z, c, e);
	if (st == ST_OK)
		st = made_measure(doc.made, zip_files(z), e);
	if (st == ST_OK) {
		st = zip_add(z, &doc, e);
		doc.name = NULL;
		doc.made = NULL;
	}
	if (st == ST_OK) {
		st = zip_add(z, &files, e);
		files.name = NULL;
	}
	free(doc.name);
	free(files.name);
	made_free(doc.made);
	if (st != ST_OK) {
		zip_free(z);
		return st;
	}
	return zip_body(z, out, len, e);
}
