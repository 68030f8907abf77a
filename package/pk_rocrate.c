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
static void file_id(struct crate *k, const struct cat_file *f, struct buf *out)
{
	buf_clear(out);
	if (!k->attached)
		pk_file_url(k->c, slice_str(f->path), out);
	else
		percent_encode(out, slice_str(strcmp(f->path, CRATE_FILE) ? f->path : CRATE_FILE_DEPOSITED), "/");
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

static st_t parts(struct crate *k, struct err *e)
{
	struct pk_files f;
	const struct cat_file *file = NULL;
	st_t st = pk_files_open(&f, k->c, e);
	bool open = false;

	if (st != ST_OK)
		return st;
	while ((file = pk_files_next(&f)) != NULL) {
		if (!open)
			jw_open(&k->w, "hasPart", '[');
		open = true;
		file_id(k, file, &k->tmp);
		jw_ref(&k->w, NULL, buf_slice(&k->tmp));
	}
	if (open)
		jw_close(&k->w, ']');
	pk_files_release(&f);
	return ST_OK;
}

static st_t root(struct crate *k, struct err *e)
{
	const struct rec *rec = k->c->rec;
	const json_t *publisher = json_object_get(rec->doc, "publisher");
	char day[11];
	st_t st = ST_OK;

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
	st = parts(k, e);
	jw_close(&k->w, '}');
	return st;
}

static st_t file_entities(struct crate *k, struct err *e)
{
	struct pk_files f;
	const struct cat_file *file = NULL;
	char hex[65];
	st_t st = pk_files_open(&f, k->c, e);

	if (st != ST_OK)
		return st;
	while ((file = pk_files_next(&f)) != NULL) {
		const char *slash = strrchr(file->path, '/');

		jw_open(&k->w, NULL, '{');
		file_id(k, file, &k->tmp);
		jw_text(&k->w, "@id", buf_slice(&k->tmp));
		jw_text(&k->w, "@type", SLICE("File"));
		jw_text(&k->w, "name", slice_str(slash ? slash + 1 : file->path));
		jw_textf(&k->w, "contentSize", "%llu", (unsigned long long)file->size);
		jw_text(&k->w, "encodingFormat", slice_str(file->media));
		hex_encode(hex, file->sha256, 32);
		jw_text(&k->w, "sha256", slice_str(hex));
		jw_close(&k->w, '}');
	}
	pk_files_release(&f);
	return ST_OK;
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

st_t rocrate_write(const struct package_ctx *c, bool attached, struct buf *out, struct err *e)
{
	struct crate k = { c, attached, { out, false }, map_new(), BUF_INIT(8192), BUF_INIT(1 << 20) };
	st_t st = k.seen ? ST_OK : err_set(e, ST_NOMEM, "out of memory");

	if (attached)
		buf_adds(&k.root, "./");
	else
		pk_url(c, &k.root);
	jw_open(&k.w, NULL, '{');
	jw_text(&k.w, "@context", SLICE("https://w3id.org/ro/crate/1.2/context"));
	jw_open(&k.w, "@graph", '[');
	descriptor(&k);
	if (st == ST_OK)
		st = root(&k, e);
	if (st == ST_OK)
		st = file_entities(&k, e);
	if (st == ST_OK) {
		licence(&k);
		people(&k);
		publisher(&k);
		identifier(&k);
	}
	jw_close(&k.w, ']');
	jw_close(&k.w, '}');
	buf_addc(out, '\n');
	if (k.seen)
		map_free(k.seen, NULL);
	buf_release(&k.root);
	buf_release(&k.tmp);
	if (st == ST_OK && out->st != ST_OK)
		st = err_set(e, out->st, "ro-crate: too large");
	return st;
}

/* ---- the zip: the document first, then the files ---- */

st_t pk_rocrate_open(const struct package_ctx *c, struct body **out, int64_t *len, struct err *e)
{
	struct zip_part doc = { .kind = ZIP_BYTES, .name = strdup(CRATE_FILE), .bytes = BUF_INIT(PK_DOC_MAX) };
	struct zip_part files = { .kind = ZIP_FILES, .name = strdup(""), .skip = CRATE_FILE, .instead = CRATE_FILE_DEPOSITED };
	struct zip *z = NULL;
	st_t st = rocrate_write(c, true, &doc.bytes, e);

	if (st == ST_OK)
		st = zip_new(&z, c, e);
	if (st == ST_OK) {
		st = zip_add(z, &doc, e);
		doc.name = NULL;
		buf_init(&doc.bytes, 0);
	}
	if (st == ST_OK) {
		st = zip_add(z, &files, e);
		files.name = NULL;
	}
	free(doc.name);
	free(files.name);
	buf_release(&doc.bytes);
	if (st != ST_OK) {
		zip_free(z);
		return st;
	}
	return zip_body(z, out, len, e);
}
