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
	{ "variable", "Variable", "変数" }, { "unit", "Unit", "単位" }, { "format", "File format", "ファイル形式" }, { "instrument", "Instrument", "装置" }, { "schema", "Own fields", "固有項目" },
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

/* Access rights in our own words everywhere, licences by their short names, all else as the vocabulary says. */
static const char *bucket_label(struct page *p, const char *facet, const struct search_bucket *k)
{
	enum rec_access a;
	const char *label = p->ja ? k->label_ja : k->label_en;

	if (strcmp(facet, "access") == 0)
		for (a = ACC_OPEN; a <= ACC_CLOSED; a++)
			if (strcmp(k->key, access_name(a)) == 0)
				return access_word(p, a);
	if (strcmp(facet, "licence") == 0 || label == NULL || label[0] == '\0')
		return k->key;
	return label;
}

static int by_year(const void *a, const void *b)
{
	return -strcmp((*(const struct search_bucket *const *)a)->key, (*(const struct search_bucket *const *)b)->key);
}

static void put_facet(struct page *p, const struct find *f, const struct search_facet *facet)
{
	const struct search_bucket **list = arena_alloc(p->r->arena, facet->n * sizeof(*list));
	size_t i;

	if (list == NULL)
		return;
	for (i = 0; i < facet->n; i++)
		list[i] = &facet->buckets[i];
	if (strcmp(facet->name, "year") == 0)
		qsort(list, facet->n, sizeof(*list), by_year);
	putf(p, "<h3>%s</h3><ul>", facet_label(p, facet->name));
	for (i = 0; i < facet->n; i++) {
		put(p, "<li><a href=\"/search");
		put_str(p, toggled(p->r, f, facet->name, list[i]));
		putf(p, "\" rel=\"nofollow\"%s>%s", list[i]->selected ? " aria-current=\"true\"" : "", list[i]->selected ? "✓ " : "");
		put_str(p, bucket_label(p, facet->name, list[i]));
		put(p, "</a> <span class=\"n\">");
		put_number(p, list[i]->count);
		put(p, "</span></li>");
	}
	put(p, "</ul>");
}

/* Closed as it comes, so that the results stand first on a phone; the style opens it where there is room beside them. */
static void put_facets(struct page *p, const struct find *f)
{
	size_t i;
	bool any = false;

	for (i = 0; i < f->res->n_facets; i++)
		any = any || f->res->facets[i].n > 0;
	if (!any)
		return;
	putf(p, "<nav class=\"facets\" aria-label=\"%s\"><h2 class=\"hide\">%s</h2><details class=\"drawer\"><summary>%s</summary>", w(p, "Narrow the search", "絞り込み"), w(p, "Narrow the search", "絞り込み"), w(p, "Narrow the search", "絞り込み"));
	for (i = 0; i < f->res->n_facets; i++)
		if (f->res->facets[i].n > 0)
			put_facet(p, f, &f->res->facets[i]);
	put(p, "</details></nav>");
}

/* What the search is narrowed to, each with the way back: also where the drawer is closed. */
static void put_chosen(struct page *p, const struct find *f)
{
	size_t i, j;
	bool any = false;

	for (i = 0; i < f->res->n_facets; i++) {
		const struct search_facet *facet = &f->res->facets[i];

		for (j = 0; j < facet->n; j++) {
			if (!facet->buckets[j].selected)
				continue;
			if (!any)
				putf(p, "<nav aria-label=\"%s\"><ul class=\"chosen\">", w(p, "Narrowed to", "絞り込み中"));
			any = true;
			put(p, "<li><a class=\"tag\" href=\"/search");
			put_str(p, toggled(p->r, f, facet->name, &facet->buckets[j]));
			putf(p, "\">%s%s", facet_label(p, facet->name), w(p, ": ", "："));
			put_str(p, bucket_label(p, facet->name, &facet->buckets[j]));
			putf(p, " <span aria-hidden=\"true\">×</span><span class=\"hide\">%s</span></a></li>", w(p, " (remove)", "（解除）"));
		}
	}
	if (any)
		put(p, "</ul></nav>");
}

/* What the data hold, without knowing the query language: plain fields of a form. */
static void put_values_form(struct page *p)
{
	static const struct { const char *name, *en, *ja, *hint; } fields[] = {
		{ "var", "Variable", "変数", "temperature" }, { "min", "At least", "最小", "280" }, { "max", "At most", "最大", "300" }, { "in", "Unit", "単位", "K" },
		{ "from", "From", "期間の始め", "1990" }, { "until", "Until", "期間の終わり", "2000" }, { "place", "Place", "場所", "Hokkaido" },
	};
	bool open = false;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		open = open || req_arg(p->r, fields[i].name).n > 0;
	putf(p, "<details class=\"values\"%s><summary>%s</summary><form action=\"/search\"><input type=\"hidden\" name=\"q\" value=\"", open ? " open" : "",
	    w(p, "By what was measured", "測定値で探す"));
	put_text(p, req_arg(p->r, "q"));
	put(p, "\">");
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		putf(p, "<label>%s <input name=\"%s\" placeholder=\"%s\" value=\"", w(p, fields[i].en, fields[i].ja), fields[i].name, fields[i].hint);
		put_text(p, req_arg(p->r, fields[i].name));
		put(p, "\"></label>");
	}
	putf(p, "<button type=\"submit\">%s</button></form></details>", w(p, "Search", "検索"));
}

/* The words found, marked: search_snippet() brackets them with bytes no record can hold in text. */
static bool snippet_of(struct buf *out, struct slice text, const char *terms)
{
	buf_clear(out);
	return text.n > 0 && search_snippet(out, text, terms, 260) == ST_OK && memchr(out->p, '\x02', out->n) != NULL;
}

static void put_snippet(struct page *p, const struct rec *rec, const char *terms)
{
	struct slice own = record_abstract(rec->doc, p->r->lang), other = record_abstract(rec->doc, p->ja ? "en" : "ja");
	struct buf s = BUF_INIT(8192), esc = BUF_INIT(65536);
	const char *lang = lang_said(json_object_get(rec->doc, "descriptions"), own);
	size_t i;

	/* The reader's language first, but what was found shows itself where it stands. */
	if (!snippet_of(&s, own, terms)) {
		if (terms[0] != '\0' && snippet_of(&s, other, terms)) {
			lang = lang_said(json_object_get(rec->doc, "descriptions"), other);
		} else {
			buf_clear(&s);
			if (own.n > 0)
				search_snippet(&s, own, terms, 260);
		}
	}
	html_text(&esc, buf_slice(&s));
	if (esc.n > 0) {
		put(p, "<p class=\"dim\" lang=\"");
		put_str(p, lang == NULL ? p->r->lang : lang);
		put(p, "\">");
	}
	for (i = 0; i < esc.n; i++) {
		if (esc.p[i] == '\x02')
			put(p, "<mark>");
		else if (esc.p[i] == '\x03')
			put(p, "</mark>");
		else
			buf_addc(&p->b, esc.p[i]);
	}
	if (esc.n > 0)
		put(p, "</p>");
	buf_release(&s);
	buf_release(&esc);
}

static void put_hit(struct page *p, const struct rec *rec, const char *terms, int level)
{
	json_t *creators = json_object_get(rec->doc, "creators"), *one;
	size_t i;
	int year = record_year(rec->doc);

	putf(p, "<li><h%d><a href=\"/records/%s\">", level, rec->id);
	put_title(p, rec);
	putf(p, "</a></h%d><p>", level);
	put_tags(p, rec);
	json_array_foreach(creators, i, one) {
		if (i == 4) {
			put(p, w(p, " and others", " ほか"));
			break;
		}
		if (i > 0)
			put(p, "; ");
		put_name(p, one);
	}
	if (year != 0)
		putf(p, w(p, " (%d)", "（%d年）"), year);
	put(p, "</p>");
	put_snippet(p, rec, terms == NULL ? "" : terms);
	if (rec->files > 0) {
		put(p, "<p class=\"dim\">");
		put_number(p, rec->files);
		put(p, w(p, rec->files == 1 ? " file, " : " files, ", " ファイル、"));
		put_size(p, rec->bytes);
		put(p, "</p>");
	}
	put(p, "</li>");
}

static void put_hits(struct page *p, const struct search_result *res, int level)
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
			put_hit(p, &rec, res->terms, level);
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

/* How to write a search: each example works when followed. */
static void put_help(struct page *p)
{
	static const struct { const char *q, *en, *ja; } ways[] = {
		{ "temperature", "one word, in titles, descriptions, names and columns", "題名・説明・人名・列名などにある語" },
		{ "気温", "a part of a Japanese word is enough", "日本語は単語の一部でも検索できます" },
		{ "\"soil moisture\"", "these words in this order", "この順に並んだ語句" },
		{ "temperature NOT model", "the first without the second", "前の語を含み、後の語を含まない" },
		{ "title:weather type:dataset", "in one field only", "項目を指定" },
	};
	size_t i;

	putf(p, "<h2>%s</h2><dl class=\"facts\">", w(p, "How to search", "検索のしかた"));
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		put(p, "<dt><a href=\"/search?q=");
		percent_encode(&p->b, slice_str(ways[i].q), NULL);
		put(p, "\"><code>");
		put_str(p, ways[i].q);
		putf(p, "</code></a></dt><dd>%s</dd>", w(p, ways[i].en, ways[i].ja));
	}
	put(p, "</dl>");
}

/* Why a search could not be read: the words of the API, or what they say in Japanese. */
static void put_why(struct page *p, const char *why)
{
	static const struct { const char *en, *ja; } whys[] = {
		{ "nothing behind field", "項目名の後に語がありません" }, { "no such field", "この項目名は使えません" },
		{ "quotation mark without an end", "引用符が閉じられていません" }, { "more than 64 words", "語句が多すぎます（64 まで）" },
		{ "range without an end", "範囲の終わりがありません" }, { "not a range of years", "年の範囲として読めません" }, { "not a year", "年として読めません" },
		{ "nested too deeply", "括弧の入れ子が深すぎます" }, { "parenthesis without an end", "括弧が閉じられていません" },
		{ "parenthesis without a beginning", "閉じ括弧に対応する開き括弧がありません" }, { "nothing before", "演算子の前に語がありません" },
		{ "a word is missing", "語が足りません" }, { "query of", "検索式が長すぎます" }, { "page", "これより先のページは「次へ」でたどってください" },
	};
	const char *at = why == NULL ? NULL : strstr(why, " at character ");
	size_t i;

	for (i = 0; p->ja && why != NULL && i < sizeof(whys) / sizeof(whys[0]); i++) {
		if (strncmp(why, whys[i].en, strlen(whys[i].en)) != 0)
			continue;
		put(p, whys[i].ja);
		if (at != NULL)
			putf(p, "（%d 文字目）", (int)strtol(at + sizeof(" at character ") - 1, NULL, 10));
		put(p, "。");
		return;
	}
	put(p, "<span lang=\"en\">");
	put_str(p, why);
	put(p, "</span>");
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
		put_why(&p, why);
		put(&p, "</p>");
		put_help(&p);
		json_decref(problem);
		page_end(&p);
		page_send(&p, 400);
		return;
	}
	f.usual = PAGE_SIZE;
	page_start(&p, r, f.q.text.n > 0 ? f.q.text : slice_str(strcmp(r->lang, "ja") == 0 ? "検索" : "Search"), NULL, true, f.q.text);
	put(&p, "<h1>");
	if (f.q.text.n > 0) {
		put(&p, w(&p, "“", "「"));
		put_text(&p, f.q.text);
		put(&p, w(&p, "”: ", "」の検索結果 "));
	}
	if (!f.res->total_exact)
		put(&p, w(&p, "about ", "約"));
	put_number(&p, f.res->total);
	put(&p, w(&p, f.res->total == 1 ? " record" : " records", " 件"));
	put(&p, "</h1>\n<div class=\"cols\">");
	put_facets(&p, &f);
	put(&p, "<div class=\"results\">");
	put_values_form(&p);
	put_chosen(&p, &f);
	if (f.res->total == 0) {
		putf(&p, "<p class=\"note\">%s</p>", w(&p, "Nothing was found. Fewer or other words may help.", "見つかりませんでした。語を減らすか、別の語でお試しください。"));
		put_help(&p);
	} else {
		put_sorts(&p, &f);
	}
	put_hits(&p, f.res, 2);
	put_pages(&p, &f);
	put(&p, "</div></div>");
	page_end(&p);
	page_send(&p, 200);
}

/* Kinds of records with their numbers, as ways in. */
static void put_kinds(struct page *p, const struct search_result *res)
{
	size_t i, j;

	for (i = 0; i < res->n_facets; i++) {
		const struct search_facet *f = &res->facets[i];

		if (strcmp(f->name, "type") != 0 || f->n == 0)
			continue;
		putf(p, "<nav aria-label=\"%s\"><ul class=\"kinds\">", w(p, "Browse by kind", "資料種別から探す"));
		for (j = 0; j < f->n && j < 8; j++) {
			put(p, "<li><a href=\"/search?type=");
			percent_encode(&p->b, slice_str(f->buckets[j].key), NULL);
			put(p, "\">");
			put_str(p, bucket_label(p, f->name, &f->buckets[j]));
			put(p, "</a> <span class=\"n\">");
			put_number(p, f->buckets[j].count);
			put(p, "</span></li>");
		}
		put(p, "</ul></nav>");
	}
}

static void put_count(struct page *p, const char *en, const char *ja)
{
	putf(p, "</strong> %s</li>", w(p, en, ja));
}

static void home_page(struct req *r)
{
	struct search_query q = { .sort = SORT_NEWEST, .size = NEWEST, .page = 1, .facets = true };
	struct search_result *res = arena_alloc(r->arena, sizeof(*res));
	struct err e = ERR_INIT;
	struct cat_stats s;
	struct kv_txn t;
	struct page p;
	bool found = res != NULL && search_run(r->site->ix, &r->who, &q, res, &e) == ST_OK;

	kv_read(r->site->repo->catalog, &t);
	cat_stats(&t, &s);
	kv_end(&t, NULL);
	page_start(&p, r, SLICE_NULL, NULL, false, SLICE_NULL);
	putf(&p, "<div class=\"hero\"><h1>%s</h1>", w(&p, "Find research data", "研究データを探す"));
	put_search(&p, SLICE_NULL);
	putf(&p, "<p class=\"dim\">%s <a href=\"/search?q=%s\">%s</a> · <a href=\"/search?q=%s\">%s</a></p>", w(&p, "For example:", "検索例："),
	    w(&p, "temperature", "%E6%B0%97%E6%B8%A9"), w(&p, "temperature", "気温"), w(&p, "title%3Aweather%20type%3Adataset", "%E8%A6%B3%E6%B8%AC%20type%3Adataset"),
	    w(&p, "title:weather type:dataset", "観測 type:dataset"));
	put(&p, "<ul class=\"counts\"><li><strong>");
	put_number(&p, found ? res->total : s.records);
	put_count(&p, found && res->total == 1 ? "record" : "records", "レコード");
	put(&p, "<li><strong>");
	put_number(&p, s.files);
	put_count(&p, s.files == 1 ? "file" : "files", "ファイル");
	put(&p, "<li><strong>");
	put_size(&p, s.bytes);
	put_count(&p, "of data", "のデータ");
	put(&p, "</ul></div>");
	if (found && res->n_hits > 0) {
		put_kinds(&p, res);
		putf(&p, "<h2>%s</h2>", w(&p, "Newest", "新着"));
		put_hits(&p, res, 3);
		putf(&p, "<p><a href=\"/search?sort=newest\">%s</a></p>", w(&p, "All records", "すべてのレコード"));
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
