/*
 * Croissant 1.1 (docs.mlcommons.org/croissant): the dataset, one cr:FileObject a file, and for each table that every loader reads with its
 * defaults one cr:RecordSet with a field a column. The exact form follows what mlcroissant accepts without a warning and loads:
 * https in schema.org, no "value" alias in the context, ids without white space, contentSize as text.
 */

#include "package/pk_int.h"

#include "base/map.h"
#include "base/str.h"

#define STAT "http://rdf-vocabulary.ddialliance.org/cv/SummaryStatisticType/2.1.2/"
#define KEYWORDS_MAX 100

static const char context[] =
	"{\"@language\":\"en\",\"@vocab\":\"https://schema.org/\",\"sc\":\"https://schema.org/\",\"cr\":\"http://mlcommons.org/croissant/\","
	"\"rai\":\"http://mlcommons.org/croissant/RAI/\",\"dct\":\"http://purl.org/dc/terms/\",\"prov\":\"http://www.w3.org/ns/prov#\","
	"\"odrl\":\"http://www.w3.org/ns/odrl/2/\",\"duo\":\"http://purl.obolibrary.org/obo/DUO_\",\"wd\":\"http://www.wikidata.org/entity/\","
	"\"unit\":\"http://qudt.org/vocab/unit/\",\"stat\":\"" STAT "\",\"annotation\":\"cr:annotation\",\"arrayShape\":\"cr:arrayShape\","
	"\"citeAs\":\"cr:citeAs\",\"column\":\"cr:column\",\"conformsTo\":\"dct:conformsTo\",\"containedIn\":\"cr:containedIn\","
	"\"data\":{\"@id\":\"cr:data\",\"@type\":\"@json\"},\"dataType\":{\"@id\":\"cr:dataType\",\"@type\":\"@vocab\"},"
	"\"description\":{\"@container\":\"@language\"},\"name\":{\"@container\":\"@language\"},\"equivalentProperty\":\"cr:equivalentProperty\","
	"\"examples\":{\"@id\":\"cr:examples\",\"@type\":\"@json\"},\"excludes\":\"cr:excludes\",\"extract\":\"cr:extract\",\"field\":\"cr:field\","
	"\"fileObject\":\"cr:fileObject\",\"fileProperty\":\"cr:fileProperty\",\"fileSet\":\"cr:fileSet\",\"format\":\"cr:format\","
	"\"includes\":\"cr:includes\",\"isArray\":\"cr:isArray\",\"isLiveDataset\":\"cr:isLiveDataset\",\"jsonPath\":\"cr:jsonPath\",\"key\":\"cr:key\","
	"\"md5\":\"cr:md5\",\"parentField\":\"cr:parentField\",\"path\":\"cr:path\",\"readLines\":\"cr:readLines\",\"recordSet\":\"cr:recordSet\","
	"\"references\":\"cr:references\",\"regex\":\"cr:regex\",\"repeated\":\"cr:repeated\",\"replace\":\"cr:replace\",\"samplingRate\":\"cr:samplingRate\","
	"\"sdVersion\":\"cr:sdVersion\",\"separator\":\"cr:separator\",\"source\":\"cr:source\",\"subField\":\"cr:subField\",\"transform\":\"cr:transform\","
	"\"unArchive\":\"cr:unArchive\"}";

static void agents(struct jw *w, const char *key, const json_t *list)
{
	struct buf id = BUF_INIT(4096);
	const json_t *a = NULL;
	size_t i = 0;

	jw_open(w, key, '[');
	json_array_foreach(list, i, a) {
		struct slice name = record_name(a, "en");

		if (!name.n)
			continue;
		buf_clear(&id);
		pk_agent_id(a, &id);
		jw_open(w, NULL, '{');
		jw_text(w, "@type", pk_is_person(a) ? SLICE("Person") : SLICE("Organization"));
		jw_text(w, "@id", buf_slice(&id));
		jw_text(w, "name", name);
		jw_close(w, '}');
	}
	jw_close(w, ']');
	buf_release(&id);
}

/* MAJOR.MINOR.PATCH, else the loader warns: the record's own version if it is one, else the number of the published version. */
static void version(struct jw *w, const struct rec *rec)
{
	const char *own = json_text(rec->doc, "version");
	unsigned dots = 0;
	bool good = own && *own && own[strlen(own) - 1] != '.' && *own != '.';

	for (const char *p = own; good && *p; p++) {
		dots += *p == '.';
		good = (*p >= '0' && *p <= '9') || (*p == '.' && p[1] != '.');
	}
	if (good && dots == 2)
		jw_text(w, "version", slice_str(own));
	else
		jw_textf(w, "version", "%u.0.0", rec->version);
}

static void keywords(struct jw *w, const struct rec *rec)
{
	const json_t *s = NULL;
	size_t i = 0;

	if (!json_array_size(json_object_get(rec->doc, "subjects")))
		return;
	jw_open(w, "keywords", '[');
	json_array_foreach(json_object_get(rec->doc, "subjects"), i, s)
		if (i < KEYWORDS_MAX)
			jw_text(w, NULL, json_slice(json_object_get(s, "value")));
	jw_close(w, ']');
}

static void dataset(struct jw *w, const struct package_ctx *c)
{
	struct buf b = BUF_INIT(1 << 20);
	char day[11];
	struct slice publisher = record_name(json_object_get(c->rec->doc, "publisher"), "en");

	jw_text(w, "@type", SLICE("sc:Dataset"));
	pk_url(c, &b);
	jw_text(w, "@id", buf_slice(&b));
	jw_open(w, "conformsTo", '[');
	jw_text(w, NULL, SLICE("http://mlcommons.org/croissant/1.1"));
	jw_text(w, NULL, SLICE("http://mlcommons.org/croissant/RAI/1.0"));
	jw_close(w, ']');
	jw_text(w, "name", record_title(c->rec->doc, "en"));
	jw_text(w, "description", pk_description(c->rec));
	jw_text(w, "url", buf_slice(&b));
	buf_clear(&b);
	if (pk_doi(c->rec))
		pid_uri(&b, "DOI", slice_str(pk_doi(c->rec)));
	jw_text(w, "identifier", buf_slice(&b));
	buf_clear(&b);
	pk_licence(c->rec, &b);
	jw_text(w, "license", buf_slice(&b));
	agents(w, "creator", json_object_get(c->rec->doc, "creators"));
	if (publisher.n) {
		jw_open(w, "publisher", '{');
		jw_text(w, "@type", SLICE("Organization"));
		jw_text(w, "name", publisher);
		jw_close(w, '}');
	}
	pk_date(c->rec, day);
	jw_text(w, "datePublished", slice_str(day));
	version(w, c->rec);
	buf_clear(&b);
	pk_language(c->rec, c, &b);
	jw_text(w, "inLanguage", buf_slice(&b));
	keywords(w, c->rec);
	buf_clear(&b);
	pk_cite(c, &b);
	jw_text(w, "citeAs", buf_slice(&b));
	buf_release(&b);
}

static st_t encoded(struct buf *out, struct slice path)
{
	buf_clear(out);
	return percent_encode(out, path, "/");
}

/* Media types that mlcroissant loads, by the name of the file where ours is less exact. */
static const char *media_of(const struct cat_file *f)
{
	const char *m = f->media && *f->media ? f->media : "application/octet-stream";
	struct slice path = slice_str(f->path);

	if (slice_ends(path, ".jsonl") || slice_ends(path, ".ndjson"))
		return "application/jsonlines";
	if (slice_ends(path, ".tsv") || slice_ends(path, ".tab"))
		return "text/tab-separated-values";
	if (slice_ends(path, ".csv"))
		return "text/csv";
	if (slice_ends(path, ".parquet"))
		return "application/x-parquet";
	return m;
}

static void file_line(const struct made *m, const struct cat_file *f, bool first, struct buf *out)
{
	struct jw w = { out, !first };
	struct buf b = BUF_INIT(65536);
	char hex[65];

	jw_open(&w, NULL, '{');
	jw_text(&w, "@type", SLICE("cr:FileObject"));
	encoded(&b, slice_str(f->path));
	jw_text(&w, "@id", buf_slice(&b));
	jw_text(&w, "name", slice_str(f->path));
	jw_textf(&w, "contentUrl", "%s/records/%s/files/%.*s", m->base, m->id, (int)b.n, b.p);
	jw_textf(&w, "contentSize", "%llu B", (unsigned long long)f->size);
	jw_text(&w, "encodingFormat", slice_str(media_of(f)));
	hex_encode(hex, f->sha256, 32);
	jw_text(&w, "sha256", slice_str(hex));
	jw_close(&w, '}');
	buf_release(&b);
}

/* Names at the top of the dataset: a record set must not be called like one of them. */
static st_t note_top(struct map *taken, struct slice path)
{
	struct slice top = path;

	return map_put(taken, slice_cut(&top, '/'), taken, NULL);
}

/* What record sets need to know of the files: which tables there are, which names are taken. */
static st_t look_through(const struct package_ctx *c, struct map *files, struct map *taken, bool *any, struct err *e)
{
	struct pk_files f;
	const struct cat_file *file = NULL;
	st_t st = pk_files_open(&f, c, e);

	if (st != ST_OK)
		return st;
	while (st == ST_OK && (file = pk_files_next(&f)) != NULL) {
		*any = true;
		st = note_top(taken, slice_str(file->path));
		if (st == ST_OK && (!strcmp(media_of(file), "text/csv") || !strcmp(media_of(file), "text/tab-separated-values")))
			st = map_put(files, slice_str(file->path), files, NULL);
	}
	pk_files_release(&f);
	return st == ST_OK ? ST_OK : err_set(e, st, "croissant: out of memory");
}

/* Read by pandas.read_csv with nothing but a separator, which the loader takes from the media type? (docs/formats/facts.md) */
static bool loads(const json_t *table, const struct map *files)
{
	const json_t *d = json_object_get(table, "dialect");
	const char *enc = json_text(table, "encoding"), *delimiter = json_text(d, "delimiter"), *quote = json_text(d, "quote"), *path = json_text(table, "path");
	static const char *const spoil[] = { "skipRows", "comment", "escape", "decimal", "unitsRow" };
	bool tsv = false;

	if (!path || !map_has(files, slice_str(path)) || !json_array_size(json_object_get(table, "columns")) || json_object_get(table, "columnCount"))
		return false;
	if (json_is_true(json_object_get(table, "plain")))
		return !slice_ends(slice_str(path), ".tsv") && !slice_ends(slice_str(path), ".tab");
	tsv = slice_ends(slice_str(path), ".tsv") || slice_ends(slice_str(path), ".tab");
	if (!tsv || !delimiter || strcmp(delimiter, "\t") || !enc || (strcmp(enc, "utf-8") && strcmp(enc, "us-ascii")))
		return false;
	if (!json_is_true(json_object_get(d, "header")) || (quote && *quote && strcmp(quote, "\"")))
		return false;
	for (size_t i = 0; i < sizeof(spoil) / sizeof(*spoil); i++) {
		const json_t *x = json_object_get(d, spoil[i]);

		if (x && !(json_is_integer(x) && json_integer_value(x) == 0))
			return false;
	}
	return true;
}

static const char *data_type(const json_t *column)
{
	static const char *const types[][2] = { { "integer", "cr:Int64" }, { "number", "cr:Float64" }, { "boolean", "sc:Boolean" }, { "date", "sc:Date" },
		{ "datetime", "sc:DateTime" } };
	const char *t = json_text(column, "type");
	bool gaps = json_integer_value(json_object_get(column, "missing")) > 0;

	/* Loaders have no integer, date or truth value that is missing; a float has one, and text does. */
	for (size_t i = 0; t && i < sizeof(types) / sizeof(*types); i++)
		if (!strcmp(t, types[i][0]))
			return !gaps ? types[i][1] : i < 2 ? "cr:Float64" : "sc:Text";
	return "sc:Text";
}

static void annotation(struct jw *w, struct slice id, const char *name, const char *type, const char *property, const json_t *value)
{
	if (!json_is_number(value) && !json_is_string(value))
		return;
	jw_open(w, NULL, '{');
	jw_text(w, "@type", SLICE("cr:Field"));
	jw_textf(w, "@id", "%.*s/%s", (int)id.n, id.p, name);
	jw_text(w, "name", slice_str(name));
	jw_text(w, "dataType", slice_str(type));
	jw_text(w, "equivalentProperty", slice_str(property));
	jw_number(w, "value", value);
	jw_close(w, '}');
}

static void annotations(struct jw *w, struct slice id, const json_t *col)
{
	const json_t *mean = json_object_get(col, "mean");

	if (!json_is_number(mean))
		return;
	jw_open(w, "annotation", '[');
	annotation(w, id, "mean", "cr:Float64", "stat:7975ed0", mean);
	annotation(w, id, "maximum", "cr:Float64", "stat:8321e79", json_object_get(col, "max"));
	jw_close(w, ']');
}

static void field(struct jw *w, const char *set, struct slice file, const json_t *col, struct buf *id)
{
	struct slice name = json_slice(json_object_get(col, "name"));
	const char *unit = json_text(col, "unit");

	buf_clear(id);
	buf_addf(id, "%s/", set);
	percent_encode(id, name, "");
	jw_open(w, NULL, '{');
	jw_text(w, "@type", SLICE("cr:Field"));
	jw_text(w, "@id", buf_slice(id));
	jw_text(w, "name", name);
	if (unit && *unit)
		jw_textf(w, "description", "unit: %s", unit);
	jw_text(w, "dataType", slice_str(data_type(col)));
	jw_open(w, "source", '{');
	jw_ref(w, "fileObject", file);
	jw_open(w, "extract", '{');
	jw_text(w, "column", name);
	jw_close(w, '}');
	jw_close(w, '}');
	if (unit && *unit)
		jw_text(w, "unitText", slice_str(unit));
	annotations(w, buf_slice(id), col);
	jw_close(w, '}');
}

/* "data/site temps.csv" -> "site_temps", made unique. Owned. */
static char *set_name(const char *path, struct map *taken)
{
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path, *dot = strrchr(base, '.');
	size_t n = dot && dot != base ? (size_t)(dot - base) : strlen(base);
	struct buf stem = BUF_INIT(65536);
	char *name = NULL;

	for (size_t i = 0; i < n; i++) {
		char one = strchr(" \t/\"<>{}|\\^`#?&+:;,'()[]", base[i]) ? '_' : base[i];

		percent_encode(&stem, slice_of(&one, 1), "");
	}
	for (unsigned k = 1; stem.n && stem.st == ST_OK; k++) {
		free(name);
		name = NULL;
		if ((k == 1 ? asprintf(&name, "%s", stem.p) : asprintf(&name, "%s-%u", stem.p, k)) < 0)
			name = NULL;
		if (!name || !map_has(taken, slice_str(name)))
			break;
	}
	if (name && map_put(taken, slice_str(name), taken, NULL) != ST_OK) {
		free(name);
		name = NULL;
	}
	buf_release(&stem);
	return name;
}

static st_t record_set(struct jw *w, const json_t *table, struct map *taken)
{
	struct buf file = BUF_INIT(65536), id = BUF_INIT(65536);
	const json_t *col = NULL, *rows = json_object_get(table, "rows");
	char *set = set_name(json_text(table, "path"), taken);
	size_t i = 0;

	if (!set)
		return ST_NOMEM;
	encoded(&file, json_slice(json_object_get(table, "path")));
	jw_open(w, NULL, '{');
	jw_text(w, "@type", SLICE("cr:RecordSet"));
	jw_text(w, "@id", slice_str(set));
	jw_text(w, "name", slice_str(set));
	if (json_is_integer(rows)) {
		jw_open(w, "annotation", '{');
		jw_text(w, "@type", SLICE("cr:Field"));
		jw_textf(w, "@id", "%s/(count)", set);
		jw_text(w, "name", SLICE("count"));
		jw_open(w, "dataType", '[');
		jw_text(w, NULL, SLICE("cr:Int64"));
		jw_text(w, NULL, SLICE("wd:Q4049983"));
		jw_close(w, ']');
		jw_number(w, "value", rows);
		jw_close(w, '}');
	}
	jw_open(w, "field", '[');
	json_array_foreach(json_object_get(table, "columns"), i, col)
		field(w, set, buf_slice(&file), col, &id);
	jw_close(w, ']');
	jw_close(w, '}');
	free(set);
	buf_release(&file);
	buf_release(&id);
	return w->out->st;
}

static st_t record_sets(struct jw *w, const struct package_ctx *c, const struct map *files, struct map *taken)
{
	const json_t *table = NULL;
	bool open = false;
	size_t i = 0;
	st_t st = ST_OK;

	json_array_foreach(json_object_get(c->facts, "tables"), i, table) {
		if (st != ST_OK || !loads(table, files))
			continue;
		if (!open)
			jw_open(w, "recordSet", '[');
		open = true;
		st = record_set(w, table, taken);
	}
	if (open)
		jw_close(w, ']');
	return st;
}

static void measured(struct jw *w, const struct package_ctx *c)
{
	const json_t *v = NULL;
	size_t i = 0;

	if (!json_array_size(json_object_get(c->facts, "variables")))
		return;
	jw_open(w, "variableMeasured", '[');
	json_array_foreach(json_object_get(c->facts, "variables"), i, v) {
		jw_open(w, NULL, '{');
		jw_text(w, "@type", SLICE("PropertyValue"));
		jw_text(w, "name", json_slice(json_object_get(v, "name")));
		jw_text(w, "unitText", json_slice(json_object_get(v, "unit")));
		jw_text(w, "unitCode", json_slice(json_object_get(v, "qudt") != NULL ? json_object_get(v, "qudt") : json_object_get(v, "ucum")));
		jw_text(w, "propertyID", json_slice(json_object_get(json_array_get(json_object_get(v, "concepts"), 0), "iri")));
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

/* ${m}: release it even on error. */
static st_t make(const struct package_ctx *c, struct made *m, struct err *e)
{
	struct jw w = { &m->seg[0].text, false };
	struct map *files = map_new(), *taken = map_new();
	bool any = false;
	st_t st = files && taken ? ST_OK : err_set(e, ST_NOMEM, "out of memory");

	made_init(m, c);
	if (st == ST_OK)
		st = look_through(c, files, taken, &any, e);
	jw_open(&w, NULL, '{');
	buf_addf(w.out, "\"@context\":%s", context);
	w.comma = true;
	dataset(&w, c);
	if (any) {
		jw_open(&w, "distribution", '[');
		m->seg[0].line = file_line;
		w.out = &m->seg[1].text;
		jw_close(&w, ']');
	}
	if (st == ST_OK)
		st = record_sets(&w, c, files, taken);
	measured(&w, c);
	jw_close(&w, '}');
	buf_addc(w.out, '\n');
	if (files)
		map_free(files, NULL);
	if (taken)
		map_free(taken, NULL);
	return st;
}

st_t croissant_write(const struct package_ctx *c, struct buf *out, struct err *e)
{
	struct made m;
	st_t st = make(c, &m, e);

	if (st == ST_OK)
		st = made_write(&m, c, out, e);
	made_release(&m);
	return st;
}

st_t croissant_open(const struct package_ctx *c, struct body **out, int64_t *len, struct err *e)
{
	struct made m;
	st_t st = make(c, &m, e);

	if (st != ST_OK) {
		made_release(&m);
		return st;
	}
	return made_body(&m, c, out, len, e);
}
