/*
 * People, organisations, projects, instruments, samples and what else has an identifier: a page and an answer of the API for each, with the
 * records that name it and in what part. Its name comes from a loaded vocabulary (ROR), else from a record that gives it one. What nobody may
 * see names nothing, and an identifier that no visible record and no vocabulary knows is not there.
 */

#include "server/words.h"

#include "base/str.h"
#include "schema/record.h"
#include "store/vocabs.h"

#define LINKS_MAX	1000
#define DEEP_MAX	12

static const struct { const char *scheme, *kind, *en, *ja; } kinds[] = {
	{ "ORCID", "person", "Person", "人物" }, { "e-Rad_Researcher", "person", "Person", "人物" }, { "ROR", "organization", "Organisation", "組織" },
	{ "ISNI", "agent", "Person or organisation", "人物・組織" }, { "Crossref Funder ID", "organization", "Funder", "助成機関" },
	{ "RAiD", "project", "Project", "プロジェクト" }, { "IGSN", "sample", "Sample", "試料" }, { "PIDINST", "instrument", "Instrument", "装置" },
	{ "RRID", "resource", "Research resource", "研究資源" }, { "DOI", "thing", "Named thing", "識別されたもの" }, { "Handle", "thing", "Named thing", "識別されたもの" },
	{ "URL", "thing", "Named thing", "識別されたもの" },
};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct subject {
	const char *scheme;		/* as we write it */
	size_t kind;			/* N_KINDS: none of the table */
	const char *value, *target;	/* stored form; what links point at */
	const char *name, *name_ja;	/* NULL: nobody says */
	const char *vocab, *concept;	/* where it was found, or NULL */
	json_t *links;			/* [{"id","title","roles":[..]}] kept by the arena */
};

static void drop_json(void *p)
{
	json_decref(p);
}

/* The scheme and value of the path, and how links spell them. */
static bool subject_of(struct req *r, struct subject *s)
{
	struct buf value = BUF_INIT(4096), uri = BUF_INIT(8192);
	const char *given = req_zstr(r, r->param[0]);

	s->scheme = given;
	for (s->kind = 0; s->kind < N_KINDS && strcasecmp(kinds[s->kind].scheme, given) != 0; s->kind++)
		;
	if (s->kind < N_KINDS)
		s->scheme = kinds[s->kind].scheme;
	if (pid_normalise(&value, s->scheme, r->param[1], NULL) != ST_OK) {
		buf_clear(&value);
		buf_addsl(&value, slice_trim(r->param[1]));
	}
	s->value = req_zstr(r, buf_slice(&value));
	if (pid_uri(&uri, s->scheme, slice_str(s->value)) != ST_OK || uri.n == 0) {
		buf_clear(&uri);
		if (!slice_starts(slice_str(s->value), "http"))
			buf_addf(&uri, "%s:", s->scheme);
		buf_adds(&uri, s->value);
	}
	s->target = req_zstr(r, buf_slice(&uri));
	buf_release(&value);
	buf_release(&uri);
	return s->value[0] != '\0' && s->target[0] != '\0';
}

/* ---- its name ---- */

static const char *label_in(const json_t *c, const char *lang)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(c, "label"), i, one)
		if (lang == NULL || json_slice(json_array_get(one, 0)).n == 0 || strcmp(json_string_value(json_array_get(one, 0)), lang) == 0)
			return json_string_value(json_array_get(one, 1));
	return NULL;
}

static void name_from_vocabularies(struct req *r, struct kv_txn *t, struct subject *s)
{
	char names[60][VOCABS_NAME_MAX + 1];
	size_t n = vocabs_names(t, SLICE_NULL, names, 60), i;

	for (i = 0; i < n && s->vocab == NULL; i++) {
		uint32_t gen = vocabs_find(t, slice_str(names[i])), no = vocabs_resolve(t, gen, slice_str(s->target));
		json_t *c = no != 0 ? vocabs_concept(t, gen, no) : NULL;
		const char *label = label_in(c, "en") != NULL ? label_in(c, "en") : label_in(c, NULL);

		if (label != NULL) {
			s->name = req_str(r, "%s", label);
			s->name_ja = label_in(c, "ja") != NULL ? req_str(r, "%s", label_in(c, "ja")) : s->name;
			s->vocab = req_str(r, "%s", names[i]);
			s->concept = req_str(r, "%s", json_text(c, "id"));
		}
		json_decref(c);
	}
}

static bool bears(const json_t *ids, const char *value)
{
	const json_t *one;
	size_t i;

	if (json_is_object(ids))
		return json_text(ids, "value") != NULL && strcmp(json_text(ids, "value"), value) == 0;
	json_array_foreach(ids, i, one)
		if (json_text(one, "value") != NULL && strcmp(json_text(one, "value"), value) == 0)
			return true;
	return false;
}

/* The name of the object below ${j} that bears the identifier. */
static struct slice name_below(const json_t *j, const char *value, const char *lang, unsigned deep)
{
	static const char *const where[] = { "nameIdentifiers", "identifiers", "identifier" };
	struct slice found = SLICE_NULL;
	const json_t *v;
	const char *key;
	size_t i;

	if (deep > DEEP_MAX)
		return SLICE_NULL;
	for (i = 0; json_is_object(j) && i < 3; i++) {
		if (!bears(json_object_get(j, where[i]), value))
			continue;
		if (json_is_array(json_object_get(j, "names")))
			return record_ml(json_object_get(j, "names"), lang);
		if (json_is_string(json_object_get(j, "name")))
			return json_slice(json_object_get(j, "name"));
		if (deep > 0 && json_is_array(json_object_get(j, "titles")))
			return record_ml(json_object_get(j, "titles"), lang);
	}
	json_object_foreach((json_t *)(uintptr_t)j, key, v)
		if (found.n == 0)
			found = name_below(v, value, lang, deep + 1);
	json_array_foreach(j, i, v)
		if (found.n == 0)
			found = name_below(v, value, lang, deep + 1);
	return found;
}

/* ---- who names it ---- */

static json_t *link_of(json_t *list, const char *parent)
{
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
		if (strcmp(json_text(one, "parent"), parent) == 0)
			return one;
	return NULL;
}

/* One record of a concept stands for all its versions: the newest that the reader may see and that names it. */
static void add_link(struct req *r, struct kv_txn *t, struct subject *s, const char *id, const char *role)
{
	struct rec rec;
	json_t *one;
	size_t i;

	memset(&rec, 0, sizeof(rec));
	if (cat_get(t, id, false, &rec, NULL) != ST_OK || rec.doc == NULL || auth_may(r, &rec, WANT_SEE) != ST_OK) {
		rec_release(&rec);
		return;
	}
	if ((one = link_of(s->links, rec.parent)) == NULL) {
		one = json_pack("{s:s, s:s, s:I, s:[]}", "id", rec.id, "parent", rec.parent, "version", (json_int_t)0, "roles");
		json_push(s->links, one);
	}
	if (json_integer_value(json_object_get(one, "version")) < (json_int_t)rec.version) {
		json_put(one, "version", json_integer((json_int_t)rec.version));
		json_put_str(one, "id", slice_str(rec.id));
		json_put_str(one, "title", record_title(rec.doc, r->lang));
		json_array_clear(json_object_get(one, "roles"));
	}
	for (i = 0; i < json_array_size(json_object_get(one, "roles")); i++)
		if (strcmp(json_string_value(json_array_get(json_object_get(one, "roles"), i)), role) == 0)
			break;
	if (strcmp(json_text(one, "id"), rec.id) == 0 && i == json_array_size(json_object_get(one, "roles")))
		json_push(json_object_get(one, "roles"), json_string(role));
	if (s->name == NULL) {
		struct slice en = name_below(rec.doc, s->value, "en", 0), ja = name_below(rec.doc, s->value, "ja", 0);

		if (en.n > 0) {
			s->name = req_zstr(r, en);
			s->name_ja = req_zstr(r, ja);
		}
	}
	rec_release(&rec);
}

static bool subject_read(struct req *r, struct subject *s)
{
	char (*ids)[PID_LEN + 1] = arena_alloc(r->arena, LINKS_MAX * sizeof(*ids)), (*roles)[40] = arena_alloc(r->arena, LINKS_MAX * sizeof(*roles));
	struct kv_txn t;
	size_t n, i;

	memset(s, 0, sizeof(*s));
	if (ids == NULL || roles == NULL || (s->links = json_array()) == NULL || arena_defer(r->arena, drop_json, s->links) != ST_OK) {
		problem_send(r, ST_NOMEM, NULL);
		return false;
	}
	if (!subject_of(r, s)) {
		problem_status(r, 404, "no such identifier");
		return false;
	}
	kv_read(r->site->repo->catalog, &t);
	name_from_vocabularies(r, &t, s);
	n = cat_links_to(&t, slice_str(s->target), ids, roles, LINKS_MAX);
	for (i = 0; i < n; i++)
		add_link(r, &t, s, ids[i], roles[i]);
	kv_end(&t, NULL);
	if (s->vocab == NULL && json_array_size(s->links) == 0) {
		problem_status(r, 404, "no record that you may see and no vocabulary names this identifier");
		return false;
	}
	return true;
}

static void identifier_get(struct req *r)
{
	json_t *j, *one, *title = json_object(), *links;
	struct subject s;
	size_t i;

	if (!subject_read(r, &s)) {
		json_decref(title);
		return;
	}
	json_array_foreach(s.links, i, one)
		json_put(one, "links", json_pack("{s:s, s:s}", "self", req_str(r, "%s/api/records/%s", BASE(r), json_text(one, "id")),
		    "self_html", req_str(r, "%s/records/%s", BASE(r), json_text(one, "id"))));
	if (s.name != NULL)
		json_put_str(title, "en", slice_str(s.name));
	if (s.name_ja != NULL && s.name_ja[0] != '\0')
		json_put_str(title, "ja", slice_str(s.name_ja));
	links = json_pack("{s:s}", "self_html", req_str(r, "%s/identifiers/%s/%s", BASE(r), path_segment(r, s.scheme), path_segment(r, s.value)));
	if (s.vocab != NULL)
		json_put_str(links, "vocabulary", slice_str(req_str(r, "%s/api/vocabularies/%s/%s", BASE(r), s.vocab, path_segment(r, s.concept))));
	j = json_pack("{s:s, s:s, s:s, s:s, s:o, s:{s:O, s:I}, s:o}", "scheme", s.scheme, "value", s.value, "uri", s.target,
	    "kind", s.kind < N_KINDS ? kinds[s.kind].kind : "thing", "title", title,
	    "hits", "hits", s.links, "total", (json_int_t)json_array_size(s.links), "links", links);
	reply_json(r, 200, j);
	reply_add(r, "Cache-Control", SLICE("private, no-cache"));
}

static const struct { const char *role, *en, *ja; } roles_said[] = {
	{ "creator", "creator", "作成者" }, { "contributor", "contributor", "寄与者" }, { "affiliation", "affiliation", "所属" }, { "rightsHolder", "rights holder", "権利者" },
	{ "funder", "funder", "助成機関" }, { "award", "grant", "助成" }, { "publisher", "publisher", "公開者" }, { "container", "part of", "収録物" },
	{ "instrument", "instrument", "装置" }, { "sample", "sample", "試料" }, { "software", "software", "ソフトウェア" }, { "method", "method", "手法" },
};

static void put_role(struct page *p, const char *role)
{
	size_t i;

	for (i = 0; i < sizeof(roles_said) / sizeof(roles_said[0]); i++) {
		if (strcmp(roles_said[i].role, role) == 0) {
			put(p, w(p, roles_said[i].en, roles_said[i].ja));
			return;
		}
	}
	put_str(p, relation_word(p, role));
}

static void identifier_page(struct req *r)
{
	const char *name;
	struct subject s;
	struct page p;
	json_t *one, *role;
	size_t i, k;

	if (!subject_read(r, &s))
		return;
	name = strcmp(r->lang, "ja") == 0 && s.name_ja != NULL && s.name_ja[0] != '\0' ? s.name_ja : s.name != NULL ? s.name : s.value;
	page_start(&p, r, slice_str(name), NULL, true, SLICE_NULL);
	putf(&p, "<p class=\"dim\">%s</p><h1>", s.kind < N_KINDS ? w(&p, kinds[s.kind].en, kinds[s.kind].ja) : w(&p, "Named thing", "識別されたもの"));
	put_str(&p, name);
	put(&p, "</h1><p>");
	put_str(&p, s.scheme);
	put(&p, ": ");
	put_link_to(&p, s.target, slice_str(s.value));
	put(&p, "</p>");
	putf(&p, "<h2>%s</h2>", w(&p, "Records that name it", "これを挙げているレコード"));
	put(&p, "<ul>");
	json_array_foreach(s.links, i, one) {
		put(&p, "<li>");
		put_link_to(&p, req_str(r, "/records/%s", json_text(one, "id")), slice_str(json_text(one, "title") != NULL && json_text(one, "title")[0] != '\0' ? json_text(one, "title") : json_text(one, "id")));
		put(&p, " <span class=\"dim\">");
		json_array_foreach(json_object_get(one, "roles"), k, role) {
			put(&p, k > 0 ? w(&p, ", ", "、") : "");
			put_role(&p, json_string_value(role));
		}
		put(&p, "</span></li>");
	}
	put(&p, "</ul>");
	if (json_array_size(s.links) == 0)
		putf(&p, "<p>%s</p>", w(&p, "None yet.", "まだありません。"));
	page_end(&p);
	page_send(&p, 200);
}

const struct route routes_identifier[] = {
	{ HTTP_GET, "/api/identifiers/{scheme}/{*value}", identifier_get, 0, 0, "What an identifier names, and the records that name it", "records" },
	{ HTTP_GET, "/identifiers/{scheme}/{*value}", identifier_page, 0, 0, NULL, NULL },
	{ 0 }
};
