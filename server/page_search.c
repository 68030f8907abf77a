/* First page and search: one box, facets at the left (a drawer on the phone), results. Works without script. */

#include "server/html.h"

#include "base/str.h"
#include "schema/record.h"
#include "server/find.h"
#include "server/words.h"

#define PAGE_SIZE 20
#define NEWEST 5

static const struct { const char *name, *en, *ja; } facet_names[] = {
	{ "type", "Kind", "資料種別" }, { "year", "Year", "年" }, { "access", "Access", "アクセス権" }, { "licence", "Licence", "ライセンス" },
	{ "subject", "Subject", "主題" }, { "creator", "Creator", "作成者" },
};

static const char *facet_label(struct page *p, const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(facet_names) / sizeof(facet_names[0]); i++)
		if (strcmp(name, facet_names[i].name) == 0)
			return w(p, facet_names[i].en, facet_names[i].ja);
	return name;
}

/* The search with one facet value put in or taken out. */
static const char *toggled(struct req *r, const struct find *f, const char *facet, const struct search_bucket *k)
{
	struct find g = *f;
	const char *one = req_str(r, "%s=%s", facet, k->key);
	const char **list = arena_alloc(r->arena, (f->q.n_filters + 1) * sizeof(*list));
	size_t i, n = 0;

	if (list == NULL)
		return "?";
	for (i = 0; i < f->q.n_filters; i++)
		if (strcmp(f->q.filters[i], one) != 0)
			list[n++] = f->q.filters[i];
	if (!k->selected)
		list[n++] = one;
	g.q.filters = list;
	g.q.n_filters = n;
	return find_query(r, &g, NULL, 1);
}

static void put_facets(struct page *p, const struct find *f)
{
	size_t i, j;

	putf(p, "<nav class=\"facets\" aria-label=\"%s\"><details class=\"drawer\" open><summary>%s</summary>", w(p, "Narrow the search", "絞り込み"), w(p, "Narrow the search", "絞り込み"));
	for (i = 0; i < f->res->n_facets; i++) {
		const struct search_facet *facet = &f->res->facets[i];

		if (facet->n == 0)
			continue;
		putf(p, "<h3>%s</h3><ul>", facet_label(p, facet->name));
		for (j = 0; j < facet->n; j++) {
			const struct search_bucket *k = &facet->buckets[j];
			const char *label = p->ja ? k->label_ja : k->label_en;

			put(p, "<li><a href=\"/search");
			put_str(p, toggled(p->r, f, facet->name, k));
			putf(p, "\"%s>%s", k->selected ? " aria-current=\"true\"" : "", k->selected ? "✓ " : "");
			put_str(p, label != NULL ? label : k->key);
			put(p, "</a> <span class=\"n\">");
			put_number(p, k->count);
			put(p, "</span></li>");
		}
		put(p, "</ul>");
	}
	put(p, "</details></nav>");
}

/* The words found, marked: search_snippet() brackets them with bytes no record can hold in text. */
static void put_snippet(struct page *p, struct slice text, const char *terms)
{
	struct buf s = BUF_INIT(8192), esc = BUF_INIT(65536);
	size_t i;

	if (text.n == 0 || search_snippet(&s, text, terms, 260) != ST_OK) {
		buf_release(&s);
		return;
	}
	html_text(&esc, buf_slice(&s));
	put(p, "<p class=\"dim\">");
	for (i = 0; i < esc.n; i++) {
		if (esc.p[i] == '\x02')
			put(p, "<mark>");
		else if (esc.p[i] == '\x03')
			put(p, "</mark>");
		else
			buf_addc(&p->b, esc.p[i]);
	}
	put(p, "</p>");
	buf_release(&s);
	buf_release(&esc);
}

static void put_hit(struct page *p, const struct rec *rec, const char *terms)
{
	const char *lang = p->r->lang;
	struct slice title = record_title(rec->doc, lang);
	json_t *creators = json_object_get(rec->doc, "creators"), *one;
	size_t i;
	int year = record_year(rec->doc);

	put(p, "<li><h3><a href=\"/records/");
	put_str(p, rec->id);
	put(p, "\">");
	put_text(p, title.n > 0 ? title : slice_str(rec->id));
	put(p, "</a></h3><p>");
	put_tags(p, rec);
	json_array_foreach(creators, i, one) {
		if (i == 4) {
			put(p, w(p, " and others", " ほか"));
			break;
		}
		if (i > 0)
			put(p, w(p, "; ", "；"));
		put_text(p, record_name(one, lang));
	}
	if (year != 0)
		putf(p, " (%d)", year);
	put(p, "</p>");
	put_snippet(p, record_abstract(rec->doc, lang), terms == NULL ? "" : terms);
	if (rec->files > 0) {
		put(p, "<p class=\"dim\">");
		put_number(p, rec->files);
		put(p, w(p, rec->files == 1 ? " file, " : " files, ", " ファイル、"));
		put_size(p, rec->bytes);
		put(p, "</p>");
	}
	put(p, "</li>");
}

static void put_hits(struct page *p, const struct search_result *res)
{
	struct req *r = p->r;
	struct kv_txn t;
	size_t i;

	put(p, "<ol class=\"hits\">");
	kv_read(r->site->repo->catalog, &t);
	for (i = 0; i < res->n_hits; i++) {
		struct rec rec;

		memset(&rec, 0, sizeof(rec));
		if (cat_get(&t, res->hits[i].id, false, &rec, NULL) == ST_OK && auth_may(r, &rec, WANT_SEE) == ST_OK)
			put_hit(p, &rec, res->terms);
		rec_release(&rec);
	}
	kv_end(&t, NULL);
	put(p, "</ol>");
}

static void put_sorts(struct page *p, const struct find *f)
{
	static const struct { const char *name, *en, *ja; enum search_sort sort; } sorts[] = {
		{ "bestmatch", "best match", "適合度順", SORT_BEST }, { "newest", "newest", "新しい順", SORT_NEWEST },
		{ "oldest", "oldest", "古い順", SORT_OLDEST }, { "title", "title", "題名順", SORT_TITLE },
	};
	struct find g = *f;
	size_t i;

	putf(p, "<p class=\"dim\">%s: ", w(p, "Order", "並び順"));
	for (i = 0; i < sizeof(sorts) / sizeof(sorts[0]); i++) {
		g.sort_name = sorts[i].name;
		if (i > 0)
			put(p, " · ");
		if (f->q.sort == sorts[i].sort) {
			putf(p, "<strong>%s</strong>", w(p, sorts[i].en, sorts[i].ja));
			continue;
		}
		put(p, "<a href=\"/search");
		put_str(p, find_query(p->r, &g, NULL, 1));
		putf(p, "\">%s</a>", w(p, sorts[i].en, sorts[i].ja));
	}
	put(p, "</p>");
}

static void put_pages(struct page *p, const struct find *f)
{
	putf(p, "<nav class=\"pages\" aria-label=\"%s\">", w(p, "Pages", "ページ"));
	if (f->q.page > 1) {
		put(p, "<a rel=\"prev\" href=\"/search");
		put_str(p, find_query(p->r, f, NULL, f->q.page - 1));
		putf(p, "\">← %s</a>", w(p, "Previous", "前へ"));
	}
	if (f->res->next != NULL) {
		bool window = f->q.page > 0 && (uint64_t)(f->q.page + 1) * f->q.size <= 10000;

		put(p, "<a rel=\"next\" href=\"/search");
		put_str(p, window ? find_query(p->r, f, NULL, f->q.page + 1) : find_query(p->r, f, f->res->next, 0));
		putf(p, "\">%s →</a>", w(p, "Next", "次へ"));
	}
	put(p, "</nav>");
}

static void search_page(struct req *r)
{
	struct page p;
	struct find f;

	if (!find_read(r, &f, PAGE_SIZE) || !find_run(r, &f)) {
		/* A query that cannot be read: the box keeps what was typed, the fault stands below. */
		struct slice q = req_arg(r, "q");
		json_t *problem = NULL;
		const char *why = NULL;

		if (r->reply.status != 400)
			return;
		if (json_load(&problem, buf_slice(&r->reply.buf), NULL) == ST_OK)
			why = json_text(problem, "detail");
		page_start(&p, r, q, NULL, true, q);
		putf(&p, "<h1>%s</h1><p class=\"note bad\">", w(&p, "This search could not be read", "検索式を読み取れませんでした"));
		put_str(&p, why);
		put(&p, "</p>");
		json_decref(problem);
		page_end(&p);
		page_send(&p, 400);
		return;
	}
	page_start(&p, r, f.q.text.n > 0 ? f.q.text : slice_str(strcmp(r->lang, "ja") == 0 ? "検索" : "Search"), NULL, true, f.q.text);
	put(&p, "<h1>");
	put_number(&p, f.res->total);
	put(&p, w(&p, f.res->total == 1 ? " record" : " records", " 件"));
	put(&p, "</h1>\n<div class=\"cols\">");
	put_facets(&p, &f);
	put(&p, "<div>");
	if (f.res->total == 0)
		putf(&p, "<p class=\"note\">%s</p>", w(&p, "Nothing was found. Fewer or other words may help; a part of a Japanese word is enough.",
		    "見つかりませんでした。語を減らすか変えてみてください。日本語は単語の一部でも検索できます。"));
	else
		put_sorts(&p, &f);
	put_hits(&p, f.res);
	put_pages(&p, &f);
	put(&p, "</div></div>");
	page_end(&p);
	page_send(&p, 200);
}

static void home_page(struct req *r)
{
	struct search_query q = { .sort = SORT_NEWEST, .size = NEWEST, .page = 1 };
	struct search_result *res = arena_alloc(r->arena, sizeof(*res));
	struct err e = ERR_INIT;
	struct cat_stats s;
	struct kv_txn t;
	struct page p;
	bool found = res != NULL && search_run(r->site->ix, &r->who, &q, res, &e) == ST_OK;

	kv_read(r->site->repo->catalog, &t);
	cat_stats(&t, &s);
	kv_end(&t, NULL);
	page_start(&p, r, SLICE_NULL, "<link rel=\"search\" href=\"/search\">\n", false, SLICE_NULL);
	put(&p, "<h1>");
	put_str(&p, r->site->name);
	put(&p, "</h1>");
	putf(&p, "<form class=\"search\" role=\"search\" action=\"/search\"><label for=\"q\">%s</label><input id=\"q\" type=\"search\" name=\"q\" placeholder=\"%s\"><button>%s</button></form>",
	    w(&p, "Search records", "レコードを検索"), w(&p, "temperature AND type:dataset", "気温 type:dataset"), w(&p, "Search", "検索"));
	put(&p, "<p class=\"dim\">");
	put_number(&p, s.records);
	put(&p, w(&p, " records, ", " レコード、"));
	put_number(&p, s.files);
	put(&p, w(&p, " files, ", " ファイル、"));
	put_size(&p, s.bytes);
	put(&p, "</p>");
	if (found && res->n_hits > 0) {
		putf(&p, "<h2>%s</h2>", w(&p, "Newest", "新着"));
		put_hits(&p, res);
		putf(&p, "<p><a href=\"/search\">%s</a></p>", w(&p, "All records", "すべてのレコード"));
	} else if (found) {
		putf(&p, "<p class=\"note\">%s <code>azekura deposit ./my-data --publish</code></p>", w(&p, "Nothing has been published yet. From a terminal:", "まだ公開されたレコードはありません。端末から："));
	}
	if (found)
		search_result_release(res);
	page_end(&p);
	page_send(&p, 200);
}

const struct route routes_page[] = {
	{ HTTP_GET, "/", home_page, 0, 0, "First page", "pages" },
	{ HTTP_GET, "/search", search_page, 0, 0, "Search page", "pages" },
	{ 0 }
};
