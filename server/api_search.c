/* Search. */

#include "server/api.h"
#include "server/expand.h"
#include "server/find.h"

#include "base/str.h"

#define FILTERS_MAX 50
#define PAGE_WINDOW 10000	/* page*size, as InvenioRDM; past it only the cursor goes on */

static const struct { const char *name; enum search_sort sort; } sorts[] = {
	{ "bestmatch", SORT_BEST }, { "best", SORT_BEST }, { "newest", SORT_NEWEST }, { "oldest", SORT_OLDEST },
	{ "title", SORT_TITLE }, { "updated-desc", SORT_UPDATED }, { "updated", SORT_UPDATED },
};

/* InvenioRDM's names of facets beside ours. */
static const struct { const char *arg, *facet; } facet_args[] = {
	{ "type", "type" }, { "resource_type", "type" }, { "year", "year" }, { "access", "access" }, { "access_status", "access" },
	{ "licence", "licence" }, { "license", "licence" }, { "subject", "subject" }, { "creator", "creator" },
	{ "variable", "variable" }, { "unit", "unit" }, { "format", "format" }, { "instrument", "instrument" }, { "schema", "schema" },
};

static bool find_filters(struct req *r, struct find *f)
{
	struct slice v[FILTERS_MAX];
	size_t i, j, n;

	f->filters = arena_alloc(r->arena, FILTERS_MAX * sizeof(*f->filters));
	for (i = 0; f->filters != NULL && i < sizeof(facet_args) / sizeof(facet_args[0]); i++) {
		n = req_args(r, facet_args[i].arg, v, FILTERS_MAX);
		for (j = 0; j < n && f->q.n_filters < FILTERS_MAX; j++)
			if (v[j].n > 0)
				f->filters[f->q.n_filters++] = req_str(r, "%s=%.*s", facet_args[i].facet, (int)v[j].n, v[j].p);
	}
	f->q.filters = f->filters;
	return f->filters != NULL;
}

static bool find_sort(struct req *r, struct find *f)
{
	struct slice s = req_arg(r, "sort");
	size_t i;

	f->q.sort = f->q.text.n == 0 ? SORT_NEWEST : SORT_BEST;
	if (s.n == 0)
		return true;
	for (i = 0; i < sizeof(sorts) / sizeof(sorts[0]); i++) {
		if (slice_eq_str(s, sorts[i].name)) {
			f->q.sort = sorts[i].sort;
			f->sort_name = sorts[i].name;
			return true;
		}
	}
	problem_status(r, 400, "sort: one of bestmatch, newest, oldest, title, updated-desc");
	return false;
}

/* What stands in quotation marks in a query, without any inside. */
static const char *quotable(struct req *r, struct slice s)
{
	char *t = arena_dup(r->arena, s.p, s.n + 1);

	for (size_t i = 0; t != NULL && i < s.n; i++)
		if (t[i] == '"' || t[i] == '[' || t[i] == ']')
			t[i] = ' ';
	if (t != NULL)
		t[s.n] = '\0';
	return t != NULL ? t : "";
}

static const char *end_of(struct req *r, const char *arg)
{
	struct slice s = slice_trim(req_arg(r, arg));
	return s.n > 0 ? quotable(r, s) : "*";
}

/* The fields of the form (var, min, max, in; from, until; place) are another way to write name:[min TO max unit] time:[from TO until] place:"...". */
static void find_form(struct req *r, struct find *f)
{
	struct slice var = slice_trim(req_arg(r, "var")), place = slice_trim(req_arg(r, "place"));
	const char *min = end_of(r, "min"), *max = end_of(r, "max"), *from = end_of(r, "from"), *until = end_of(r, "until"), *text;
	bool values = strcmp(min, "*") != 0 || strcmp(max, "*") != 0, time = strcmp(from, "*") != 0 || strcmp(until, "*") != 0;

	if (var.n == 0 && place.n == 0 && !time)
		return;
	text = f->q.text.n > 0 ? req_str(r, "(%.*s) ", (int)f->q.text.n, f->q.text.p) : "";
	if (var.n > 0 && values)
		text = req_str(r, "%s\"%s\":[%s TO %s %s] ", text, quotable(r, var), min, max, quotable(r, slice_trim(req_arg(r, "in"))));
	else if (var.n > 0)
		text = req_str(r, "%s(variable:\"%s\" OR column:\"%s\") ", text, quotable(r, var), quotable(r, var));
	if (time)
		text = req_str(r, "%stime:[%s TO %s] ", text, from, until);
	if (place.n > 0)
		text = req_str(r, "%splace:\"%s\" ", text, quotable(r, place));
	f->q.text = slice_trim(slice_str(text));
}

bool find_read(struct req *r, struct find *f, unsigned size)
{
	struct slice all;

	memset(f, 0, sizeof(*f));
	f->q.text = slice_trim(req_arg(r, "q"));
	find_form(r, f);
	if (!find_sort(r, f) || !find_filters(r, f))
		return false;
	f->q.size = (unsigned)req_arg_int(r, "size", size, 1, 100);
	f->q.cursor = req_arg(r, "cursor");
	f->q.page = f->q.cursor.n > 0 ? 0 : (unsigned)req_arg_int(r, "page", 1, 1, UINT32_MAX);
	all = req_arg(r, "allversions");
	f->q.all_versions = slice_eq_str(all, "true") || slice_eq_str(all, "1");
	f->q.facets = true;
	if ((uint64_t)f->q.page * f->q.size > PAGE_WINDOW) {
		problem_status(r, 400, "page: only the first 10,000 hits have page numbers; follow links.next to go on");
		return false;
	}
	return true;
}

static void release(void *p)
{
	search_result_release(p);
}

bool find_run(struct req *r, struct find *f)
{
	struct search_result *kept = arena_alloc(r->arena, sizeof(*kept));
	struct expander ex;
	struct err e = ERR_INIT;
	st_t st;

	if (kept == NULL) {
		problem_send(r, ST_NOMEM, NULL);
		return false;
	}
	expander_init(&ex, r);
	f->q.expander = &ex.by;
	st = search_run(r->site->ix, &r->who, &f->q, kept, &e);
	f->q.expander = NULL;
	if (st == ST_OK)
		st = arena_defer(r->arena, release, kept);
	if (st != ST_OK) {
		problem_send(r, st, &e);
		return false;
	}
	f->res = kept;
	return true;
}

/* The same search with another cursor or page: every argument but those, encoded anew. Arena text, starts with '?'. */
const char *find_query(struct req *r, const struct find *f, const char *cursor, unsigned page)
{
	struct buf b = BUF_INIT(65536);
	const char *text = "?";
	size_t i;

	buf_adds(&b, "?q=");
	percent_encode(&b, f->q.text, NULL);
	if (f->sort_name != NULL)
		buf_addf(&b, "&sort=%s", f->sort_name);
	if (f->q.size != f->usual)
		buf_addf(&b, "&size=%u", f->q.size);
	for (i = 0; i < f->q.n_filters; i++) {
		struct slice value = slice_str(f->q.filters[i]);
		struct slice name = slice_cut(&value, '=');

		buf_addc(&b, '&');
		buf_addsl(&b, name);
		buf_addc(&b, '=');
		percent_encode(&b, value, NULL);
	}
	if (f->q.all_versions)
		buf_adds(&b, "&allversions=true");
	if (cursor != NULL) {
		buf_adds(&b, "&cursor=");
		percent_encode(&b, slice_str(cursor), NULL);
	} else if (page > 1) {
		buf_addf(&b, "&page=%u", page);
	}
	if (b.st == ST_OK)
		text = req_zstr(r, buf_slice(&b));
	buf_release(&b);
	return text;
}

static json_t *facets_json(struct req *r, const struct search_result *res)
{
	json_t *all = json_object();
	size_t i, j;

	for (i = 0; i < res->n_facets; i++) {
		const struct search_facet *f = &res->facets[i];
		json_t *buckets = json_array();

		for (j = 0; j < f->n; j++) {
			const struct search_bucket *k = &f->buckets[j];
			const char *label = strcmp(r->lang, "ja") == 0 ? k->label_ja : k->label_en;

			json_push(buckets, json_pack("{s:s, s:s, s:I, s:b}", "key", k->key, "label", label != NULL ? label : k->key,
			    "doc_count", (json_int_t)k->count, "is_selected", (int)k->selected));
		}
		json_put(all, f->name, json_pack("{s:o, s:s}", "buckets", buckets, "label", f->name));
	}
	return all;
}

static void search_get(struct req *r)
{
	bool canonical = api_wants_canonical(r);
	json_t *out, *hits, *list, *links, *also = NULL;
	struct kv_txn t;
	struct find f;
	size_t i;

	if (!find_read(r, &f, 25) || !find_run(r, &f))
		return;
	list = json_array();
	kv_read(r->site->repo->catalog, &t);
	for (i = 0; i < f.res->n_hits; i++) {
		struct rec rec;

		memset(&rec, 0, sizeof(rec));
		/* Asked again here: the index may lag behind a withdrawal by a moment. */
		if (cat_get(&t, f.res->hits[i].id, false, &rec, NULL) == ST_OK && auth_may(r, &rec, WANT_SEE) == ST_OK)
			json_push(list, rec_json(r, &rec, false, canonical));
		rec_release(&rec);
	}
	kv_end(&t, NULL);
	hits = json_pack("{s:o, s:I}", "hits", list, "total", (json_int_t)f.res->total);
	links = json_object();
	json_put_str(links, "self", slice_str(req_str(r, "%s/api/records%s", BASE(r), find_query(r, &f, NULL, f.q.page))));
	if (f.res->next != NULL)
		json_put_str(links, "next", slice_str(req_str(r, "%s/api/records%s", BASE(r), find_query(r, &f, f.res->next, 0))));
	if (f.q.page > 1)
		json_put_str(links, "prev", slice_str(req_str(r, "%s/api/records%s", BASE(r), find_query(r, &f, NULL, f.q.page - 1))));
	out = json_pack("{s:o, s:o, s:o, s:I}", "hits", hits, "links", links, "aggregations", facets_json(r, f.res),
	    "indexedTo", (json_int_t)index_place(r->site->ix));
	if (f.res->expanded != NULL && json_load(&also, slice_str(f.res->expanded), NULL) == ST_OK)
		json_put(out, "expansions", also);
	reply_json(r, 200, out);
	reply_add(r, "Cache-Control", SLICE("private, no-cache"));
}

const struct route routes_search[] = {
	{ HTTP_GET, "/api/records", search_get, 0, 0, "Search published records", "search" },
	{ 0 }
};
