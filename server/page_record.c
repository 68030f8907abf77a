/* The landing page of a record, top to bottom as a reader asks: what is it, whose, may I, what is inside, how do I use it. */

#include "server/html.h"

#include "base/clock.h"
#include "base/str.h"
#include "indexer/follow.h"
#include "package/package.h"
#include "schema/record.h"
#include "server/export.h"
#include "server/negotiate.h"
#include "server/words.h"

#define FILES_SHOWN 500
#define TABLES_SHOWN 20
#define COLUMNS_SHOWN 200
#define LD_MAX 20000		/* a longer description is not read by those who index pages */

static const char *text_of(const json_t *j, const char *key)
{
	const char *s = json_text(j, key);

	return s == NULL ? "" : s;
}

/* ---- Head: people, citation. ---- */

static void put_person(struct page *p, const json_t *c)
{
	json_t *id, *aff;
	size_t i;

	put_text(p, record_name(c, p->r->lang));
	json_array_foreach(json_object_get(c, "nameIdentifiers"), i, id) {
		struct buf uri = BUF_INIT(2048);
		const char *scheme = text_of(id, "scheme");

		if ((strcmp(scheme, "ORCID") == 0 || strcmp(scheme, "ROR") == 0) &&
		    pid_uri(&uri, scheme, slice_str(text_of(id, "value"))) == ST_OK && uri.n > 0) {
			put(p, " ");
			put_link_to(p, uri.p, slice_str(scheme));
		}
		buf_release(&uri);
	}
	json_array_foreach(json_object_get(c, "affiliations"), i, aff) {
		struct slice name = record_ml(json_object_get(aff, "names"), p->r->lang);

		if (name.n == 0)
			continue;
		put(p, " <span class=\"dim\">");
		put_text(p, name);
		put(p, "</span>");
	}
}

static void put_creators(struct page *p, const struct rec *rec)
{
	json_t *one;
	size_t i;

	put(p, "<p>");
	json_array_foreach(json_object_get(rec->doc, "creators"), i, one) {
		if (i > 0)
			put(p, p->ja ? "；" : "; ");
		put_person(p, one);
	}
	put(p, "</p>");
}

static const char *pid_of(struct req *r, const struct rec *rec)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(rec->doc, "identifiers"), i, one)
		if (strcmp(text_of(one, "type"), "DOI") == 0)
			return req_str(r, "https://doi.org/%s", text_of(one, "value"));
	return req_str(r, "%s/records/%s", BASE(r), rec->id);
}

static void put_citation(struct page *p, const struct rec *rec)
{
	const char *pid = pid_of(p->r, rec), *version = json_text(rec->doc, "version");
	json_t *one;
	size_t i;
	int year = record_year(rec->doc);

	putf(p, "<h2 id=\"cite\">%s</h2><p class=\"cite\">", w(p, "Cite as", "引用"));
	json_array_foreach(json_object_get(rec->doc, "creators"), i, one) {
		if (i == 8) {
			put(p, " et al.");
			break;
		}
		if (i > 0)
			put(p, "; ");
		put_text(p, record_name(one, p->r->lang));
	}
	if (year != 0)
		putf(p, " (%d): ", year);
	put_text(p, record_title(rec->doc, p->r->lang));
	if (version != NULL) {
		put(p, ". ");
		put_str(p, w(p, "Version ", "第"));
		put_str(p, version);
		put_str(p, w(p, "", "版"));
	}
	put(p, ". ");
	put_text(p, record_ml(json_at(rec->doc, "publisher.names"), p->r->lang));
	put(p, ". ");
	put_link_to(p, pid, slice_str(pid));
	putf(p, "</p><p><small>%s: ", w(p, "Formats", "形式"));
	putf(p, "<a href=\"/records/%s/export/csl\">CSL JSON</a> · <a href=\"/records/%s/export/datacite\">DataCite XML</a> · <a href=\"/records/%s/export/schema-org\">JSON-LD</a>", rec->id, rec->id, rec->id);
	put(p, "</small></p>");
}

/* ---- Description. ---- */

/* Plain text: blank lines part paragraphs. */
static void put_paragraphs(struct page *p, struct slice text)
{
	while (text.p != NULL) {
		const char *gap = text.n == 0 ? NULL : memmem(text.p, text.n, "\n\n", 2);
		struct slice one = gap == NULL ? text : slice_of(text.p, (size_t)(gap - text.p));

		if (slice_trim(one).n > 0) {
			put(p, "<p>");
			put_text(p, one);
			put(p, "</p>");
		}
		if (gap == NULL)
			break;
		text = slice_of(gap + 2, text.n - one.n - 2);
	}
}

static void put_description(struct page *p, const struct rec *rec)
{
	struct slice abstract = record_abstract(rec->doc, p->r->lang);
	json_t *one;
	size_t i;

	put(p, "<div class=\"read\">");
	put_paragraphs(p, abstract);
	json_array_foreach(json_object_get(rec->doc, "subjects"), i, one) {
		if (i == 0)
			put(p, "<p>");
		put(p, "<a class=\"tag\" href=\"/search?subject=");
		percent_encode(&p->b, json_slice(json_object_get(one, "value")), NULL);
		put(p, "\">");
		put_str(p, text_of(one, "value"));
		put(p, "</a>");
	}
	if (i > 0)
		put(p, "</p>");
	put(p, "</div>");
}

/* ---- Files as a tree: paths come in order, so open folders are a stack. ---- */

static size_t common_depth(const char *a, const char *b)
{
	size_t depth = 0, i;

	for (i = 0; a[i] != '\0' && a[i] == b[i]; i++)
		if (a[i] == '/')
			depth++;
	return depth;
}

static size_t depth_of(const char *path)
{
	size_t n = 0;

	for (; *path != '\0'; path++)
		n += *path == '/';
	return n;
}

static void put_file(struct page *p, const struct rec *rec, const struct cat_file *f, bool may)
{
	const char *base = strrchr(f->path, '/');
	struct buf url = BUF_INIT(8192);
	char hex[65];

	base = base == NULL ? f->path : base + 1;
	hex_encode(hex, f->sha256, sizeof(f->sha256));
	percent_encode(&url, slice_str(f->path), "/");
	put(p, "<li class=\"f\"><span>");
	if (may && f->access == ACC_OPEN && url.st == ST_OK) {
		putf(p, "<a href=\"/records/%s/files/%s\" title=\"SHA-256 %s\">", rec->id, url.p, hex);
		put_str(p, base);
		put(p, "</a>");
	} else {
		put_str(p, base);
		putf(p, " <span class=\"tag %s\">%s</span>", access_name(f->access > rec->access ? f->access : rec->access), access_word(p, f->access > rec->access ? f->access : rec->access));
	}
	put(p, "</span><span class=\"n\">");
	put_size(p, f->size);
	put(p, "</span><span class=\"n t\">");
	put_str(p, f->media);
	put(p, "</span></li>");
	buf_release(&url);
}

static void put_tree(struct page *p, const struct rec *rec, const struct cat_file *list, size_t n, bool may)
{
	const char *before = "";
	size_t open = 0, i;

	put(p, "<ul class=\"files\">");
	for (i = 0; i < n; i++) {
		size_t keep = common_depth(before, list[i].path), want = depth_of(list[i].path);
		const char *at = list[i].path;

		for (; open > keep; open--)
			put(p, "</ul></details></li>");
		for (size_t k = 0; k < keep; k++)
			at = strchr(at, '/') + 1;
		for (; open < want; open++) {
			const char *slash = strchr(at, '/');

			put(p, "<li><details open><summary>");
			put_text(p, slice_of(at, (size_t)(slash - at)));
			put(p, "/</summary><ul>");
			at = slash + 1;
		}
		put_file(p, rec, &list[i], may);
		before = list[i].path;
	}
	for (; open > 0; open--)
		put(p, "</ul></details></li>");
	put(p, "</ul>");
}

static void put_files(struct page *p, const struct rec *rec, bool may)
{
	struct cat_file *list = calloc(FILES_SHOWN, sizeof(*list));
	struct kv_txn t;
	size_t n, i;

	if (rec->files == 0 || list == NULL) {
		free(list);
		return;
	}
	kv_read(p->r->site->repo->catalog, &t);
	n = cat_files(&t, rec->id, false, SLICE_NULL, list, FILES_SHOWN);
	kv_end(&t, NULL);
	putf(p, "<h2 id=\"files\">%s <span class=\"dim\">", w(p, "Files", "ファイル"));
	put_number(p, rec->files);
	put(p, ", ");
	put_size(p, rec->bytes);
	put(p, "</span></h2>");
	if (!may)
		putf(p, "<p class=\"note\">%s</p>", rec->access == ACC_EMBARGOED ? w(p, "The files are under embargo.", "ファイルは公開猶予期間中です。") :
		    rec->access == ACC_RESTRICTED ? w(p, "The files are shared on request: ask the depositor.", "ファイルは申請により共有されます。登録者にお問い合わせください。") :
		    w(p, "The files are closed; the metadata are open.", "ファイルは非公開で、メタデータのみ公開しています。"));
	put_tree(p, rec, list, n, may);
	if (rec->files > n) {
		put(p, "<p class=\"dim\">");
		put_number(p, rec->files - n);
		putf(p, " %s <a href=\"/api/records/%s/files\">API</a></p>", w(p, "more:", "件は次で:"), rec->id);
	}
	for (i = 0; i < n; i++)
		cat_file_release(&list[i]);
	free(list);
}

/* ---- What is inside. ---- */

#define HIST_W 120
#define HIST_H 28

static void put_histogram(struct page *p, const json_t *col)
{
	json_t *counts = json_at(col, "histogram.counts"), *one;
	size_t n = json_array_size(counts), i;
	json_int_t max = 1;
	double bar;

	if (n == 0 || n > 64)
		return;
	json_array_foreach(counts, i, one)
		if (json_integer_value(one) > max)
			max = json_integer_value(one);
	bar = (double)HIST_W / (double)n;
	putf(p, "<svg class=\"hist\" width=\"%d\" height=\"%d\" role=\"img\" aria-label=\"", HIST_W, HIST_H);
	putf(p, w(p, "distribution of %zu bins, highest %lld", "度数分布 %zu 区間、最大 %lld"), n, (long long)max);
	put(p, "\"><g fill=\"currentColor\">");
	json_array_foreach(counts, i, one) {
		double h = (double)json_integer_value(one) / (double)max * (HIST_H - 1);

		if (json_integer_value(one) > 0)
			putf(p, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>", (double)i * bar, HIST_H - (h < 1 ? 1 : h), bar > 2 ? bar - 1 : bar, h < 1 ? 1.0 : h);
	}
	put(p, "</g></svg>");
}

static void put_value(struct page *p, const json_t *v)
{
	if (json_is_integer(v))
		putf(p, "%lld", (long long)json_integer_value(v));
	else if (json_is_real(v))
		putf(p, "%.6g", json_real_value(v));
	else if (json_is_string(v))
		put_text(p, json_slice(v));
}

static const char *column_type(struct page *p, const char *type)
{
	static const struct { const char *type, *en, *ja; } types[] = {
		{ "integer", "integer", "整数" }, { "number", "number", "数値" }, { "boolean", "yes/no", "真偽値" }, { "date", "date", "日付" },
		{ "datetime", "date and time", "日時" }, { "string", "text", "文字列" }, { "empty", "empty", "空" },
	};
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(type, types[i].type) == 0)
			return w(p, types[i].en, types[i].ja);
	return "";
}

static void put_column(struct page *p, const json_t *c)
{
	put(p, "<tr><th scope=\"row\">");
	put_str(p, text_of(c, "name"));
	put(p, "</th><td>");
	put_str(p, column_type(p, text_of(c, "type")));
	put(p, "</td><td>");
	put_str(p, text_of(c, "unit"));
	put(p, "</td><td class=\"num\">");
	put_number(p, (uint64_t)json_integer_value(json_object_get(c, "missing")));
	put(p, "</td><td class=\"num\">");
	put_value(p, json_object_get(c, "min"));
	put(p, "</td><td class=\"num\">");
	put_value(p, json_object_get(c, "mean"));
	put(p, "</td><td class=\"num\">");
	put_value(p, json_object_get(c, "max"));
	put(p, "</td><td class=\"num\">");
	if (json_is_false(json_object_get(c, "distinctExact")))
		put(p, w(p, "about ", "約"));
	put_number(p, (uint64_t)json_integer_value(json_object_get(c, "distinct")));
	put(p, "</td><td>");
	put_histogram(p, c);
	put(p, "</td></tr>");
}

static void put_table(struct page *p, const json_t *t)
{
	json_t *cols = json_object_get(t, "columns"), *c;
	size_t i;

	put(p, "<div class=\"scroll\" tabindex=\"0\"><table><caption>");
	put_str(p, text_of(t, "path"));
	put(p, " <span class=\"dim\">");
	put_number(p, (uint64_t)json_integer_value(json_object_get(t, "rows")));
	put(p, w(p, " rows", " 行"));
	if (json_text(t, "encoding") != NULL && strcmp(text_of(t, "encoding"), "utf-8") != 0 && strcmp(text_of(t, "encoding"), "us-ascii") != 0) {
		put(p, ", ");
		put_str(p, text_of(t, "encoding"));
	}
	putf(p, "</span></caption><thead><tr><th scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\" class=\"num\">%s</th>"
	    "<th scope=\"col\" class=\"num\">%s</th><th scope=\"col\" class=\"num\">%s</th><th scope=\"col\" class=\"num\">%s</th><th scope=\"col\" class=\"num\">%s</th><th scope=\"col\">%s</th></tr></thead><tbody>",
	    w(p, "Column", "列"), w(p, "Type", "型"), w(p, "Unit", "単位"), w(p, "Missing", "欠損"), w(p, "Min", "最小"), w(p, "Mean", "平均"), w(p, "Max", "最大"),
	    w(p, "Distinct", "異なり数"), w(p, "Distribution", "分布"));
	json_array_foreach(cols, i, c) {
		if (i == COLUMNS_SHOWN)
			break;
		put_column(p, c);
	}
	put(p, "</tbody></table></div>");
	if (json_array_size(cols) > COLUMNS_SHOWN) {
		put(p, "<p class=\"dim\">");
		put_number(p, json_array_size(cols) - COLUMNS_SHOWN);
		putf(p, " %s</p>", w(p, "more columns", "列を省略しました"));
	}
}

static void put_inside(struct page *p, const struct rec *rec, const json_t *facts)
{
	json_t *tables = json_object_get(facts, "tables"), *findings = json_object_get(facts, "findings"), *one;
	json_int_t waiting = json_integer_value(json_at(facts, "files.waiting"));
	size_t i;

	if (json_array_size(tables) == 0 && json_array_size(findings) == 0 && waiting == 0)
		return;
	putf(p, "<h2 id=\"inside\">%s</h2>", w(p, "What is inside", "中身"));
	if (waiting > 0)
		putf(p, "<p class=\"note\">%s</p>", w(p, "Files are still being read; reload this page in a moment.", "ファイルを読み取っています。しばらくして再読み込みしてください。"));
	json_array_foreach(tables, i, one) {
		if (i == TABLES_SHOWN)
			break;
		put_table(p, one);
	}
	if (json_array_size(tables) > TABLES_SHOWN)
		putf(p, "<p><a href=\"/api/records/%s/facts\">%s</a></p>", rec->id, w(p, "All tables", "すべての表"));
	if (json_array_size(findings) > 0)
		putf(p, "<h3>%s</h3><ul>", w(p, "Worth knowing", "留意点"));
	json_array_foreach(findings, i, one) {
		if (i == 50)
			break;
		put(p, "<li><code>");
		put_str(p, text_of(one, "path"));
		put(p, "</code>: <span lang=\"en\">");
		put_str(p, text_of(one, "text"));
		put(p, "</span></li>");
	}
	if (json_array_size(findings) > 0)
		put(p, "</ul>");
}

/* ---- Use it. ---- */

static void put_use(struct page *p, const struct rec *rec, const json_t *facts)
{
	const char *base = BASE(p->r), *id = rec->id, *csv = NULL;
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(facts, "tables"), i, one) {
		if (json_is_true(json_object_get(one, "plain"))) {
			struct buf url = BUF_INIT(8192);

			percent_encode(&url, slice_str(text_of(one, "path")), "/");
			csv = url.st == ST_OK ? req_str(p->r, "%s/records/%s/files/%s", base, id, url.p) : NULL;
			buf_release(&url);
			break;
		}
	}
	putf(p, "<h2 id=\"use\">%s</h2>", w(p, "Use it", "使う"));
	putf(p, "<details class=\"use\" open><summary>%s</summary><pre><code>azekura --server %s get %s\ncurl -LO %s/records/%s/packages/zip</code></pre></details>",
	    w(p, "Command line", "コマンドライン"), base, id, base, id);
	if (csv != NULL) {
		put(p, "<details class=\"use\"><summary>Python</summary><pre><code>import pandas as pd\ndf = pd.read_csv(\"");
		put_str(p, csv);
		putf(p, "\")\n\n# every table, with types and units\nimport mlcroissant as mlc\nds = mlc.Dataset(\"%s/records/%s/export/croissant\")</code></pre></details>", base, id);
		put(p, "<details class=\"use\"><summary>R</summary><pre><code>df &lt;- read.csv(\"");
		put_str(p, csv);
		put(p, "\")</code></pre></details><details class=\"use\"><summary>DuckDB</summary><pre><code>SELECT * FROM read_csv('");
		put_str(p, csv);
		put(p, "') LIMIT 10;</code></pre></details>");
	}
}

static void put_rights(struct page *p, const struct rec *rec)
{
	json_t *one;
	size_t i;

	putf(p, "<h2 id=\"rights\">%s</h2><p>", w(p, "Licence and access", "ライセンスとアクセス"));
	put_str(p, w(p, "Access: ", "アクセス権: "));
	put_str(p, access_word(p, rec->access));
	if (rec->access == ACC_EMBARGOED && rec->embargo_end > 0) {
		char day[11];

		iso8601_date(day, rec->embargo_end);
		putf(p, w(p, ", open from %s", "、%s から公開"), day);
	}
	put(p, w(p, ". ", "。"));
	json_array_foreach(json_object_get(rec->doc, "rights"), i, one) {
		struct slice name = record_ml(json_object_get(one, "values"), p->r->lang);

		put_link_to(p, json_text(one, "uri"), name.n > 0 ? name : slice_str(text_of(one, "spdx")));
		put(p, w(p, ". ", "。"));
	}
	put(p, "</p>");
}

static void put_packages(struct page *p, const struct rec *rec)
{
	const struct package_kind *k;
	const char *name, *media, *profile, *title;
	size_t i;

	putf(p, "<h2 id=\"packages\">%s</h2><ul>", w(p, "Packages and metadata", "パッケージとメタデータ"));
	for (i = 0; (k = package_at(i)) != NULL; i++) {
		putf(p, "<li><a href=\"/records/%s/packages/%s\">", rec->id, k->name);
		put_str(p, w(p, k->title_en, k->title_ja));
		put(p, "</a></li>");
	}
	put(p, "</ul><p><small>");
	for (i = 0; export_at(p->r, i, &name, &media, &profile, &title); i++) {
		putf(p, "%s<a href=\"/records/%s/export/%s\">", i > 0 ? " · " : "", rec->id, name);
		put_str(p, title);
		put(p, "</a>");
	}
	put(p, "</small></p>");
}

static void put_versions(struct page *p, const struct rec *rec)
{
	char ids[50][PID_LEN + 1];
	struct kv_txn t;
	size_t n, i;

	kv_read(p->r->site->repo->catalog, &t);
	n = cat_versions(&t, rec->parent, ids, 50);
	if (n > 50)
		n = 50;
	putf(p, "<h2 id=\"versions\">%s</h2><ul class=\"plain\">", w(p, "Versions", "版"));
	for (i = 0; i < n; i++) {
		struct rec one;
		char day[11];

		memset(&one, 0, sizeof(one));
		if (cat_head(&t, ids[i], false, &one, NULL) == ST_OK && auth_may(p->r, &one, WANT_SEE) == ST_OK) {
			iso8601_date(day, one.published);
			putf(p, "<li>%s<a href=\"/records/%s\"%s>%s %u</a> <span class=\"dim\">%s</span></li>", "", one.id,
			    strcmp(one.id, rec->id) == 0 ? " aria-current=\"page\"" : "", w(p, "Version", "版"), one.version, day);
		}
		rec_release(&one);
	}
	kv_end(&t, NULL);
	put(p, "</ul>");
}

static void put_relations(struct page *p, const struct rec *rec)
{
	char ids[50][PID_LEN + 1], types[50][40];
	json_t *relations = json_object_get(rec->doc, "relations"), *one;
	struct kv_txn t;
	size_t n, i;

	kv_read(p->r->site->repo->catalog, &t);
	n = cat_links_to(&t, slice_str(rec->id), ids, types, 50);
	if (json_array_size(relations) > 0 || n > 0)
		putf(p, "<h2 id=\"related\">%s</h2><ul>", w(p, "Related", "関連"));
	json_array_foreach(relations, i, one) {
		json_t *id = json_object_get(one, "identifier");
		struct buf uri = BUF_INIT(8192);
		const char *value = text_of(id, "value");

		put(p, "<li>");
		put_str(p, text_of(one, "relationType"));
		put(p, ": ");
		if (pid_uri(&uri, text_of(id, "type"), slice_str(value)) != ST_OK || uri.n == 0) {
			buf_clear(&uri);
			buf_adds(&uri, value);
		}
		put_link_to(p, uri.p, slice_str(value));
		put(p, "</li>");
		buf_release(&uri);
	}
	for (i = 0; i < n && i < 50; i++) {
		struct rec from;

		memset(&from, 0, sizeof(from));
		if (cat_get(&t, ids[i], false, &from, NULL) == ST_OK && auth_may(p->r, &from, WANT_SEE) == ST_OK) {
			putf(p, "<li>%s ", w(p, "named by", "参照元:"));
			putf(p, "<a href=\"/records/%s\">", from.id);
			put_text(p, record_title(from.doc, p->r->lang));
			put(p, "</a></li>");
		}
		rec_release(&from);
	}
	kv_end(&t, NULL);
	if (json_array_size(relations) > 0 || n > 0)
		put(p, "</ul>");
}

static void put_technical(struct page *p, const struct rec *rec)
{
	char published[11], modified[ISO8601_LEN];

	iso8601_date(published, rec->published);
	iso8601(modified, rec->modified);
	putf(p, "<h2 id=\"technical\">%s</h2><dl class=\"facts\"><dt>%s</dt><dd><code>%s</code></dd><dt>%s</dt><dd><a href=\"/records/%s\"><code>%s</code></a></dd>",
	    w(p, "Technical details", "技術情報"), w(p, "Identifier", "識別子"), rec->id, w(p, "All versions", "全版"), rec->parent, rec->parent);
	put(p, "<dt>OAI</dt><dd><code>");
	put_str(p, p->r->site->oai_prefix);
	putf(p, "%s</code></dd><dt>%s</dt><dd><time datetime=\"%s\">%s</time></dd><dt>%s</dt><dd><time datetime=\"%s\">%s</time> (%s %u)</dd></dl>", rec->id,
	    w(p, "Published", "公開日"), published, published, w(p, "Changed", "更新"), modified, modified, w(p, "revision", "改訂"), rec->revision);
}

/* ---- The page. ---- */

static void put_ld(struct page *p, struct req *r, const struct rec *rec, struct buf *head)
{
	struct buf ld = BUF_INIT((size_t)1 << 22);
	const char *media;
	struct err e = ERR_INIT;

	(void)p;
	/* JSON text may hold "</script>" only inside a string, where a slash can be escaped. */
	if (export_write(r, rec, "schema-org", &ld, &media, &e) == ST_OK && ld.n <= LD_MAX) {
		size_t i;

		buf_adds(head, "<script type=\"application/ld+json\">");
		for (i = 0; i < ld.n; i++) {
			if (ld.p[i] == '<')
				buf_adds(head, "\\u003c");
			else
				buf_addc(head, ld.p[i]);
		}
		buf_adds(head, "</script>\n");
	}
	buf_release(&ld);
}

static const char *head_links(struct req *r, const struct rec *rec)
{
	struct buf b = BUF_INIT(1 << 20);
	const char *text;

	buf_addf(&b, "<link rel=\"cite-as\" href=\"%s\">\n<link rel=\"describedby\" type=\"application/ld+json\" href=\"/records/%s/export/croissant\">\n"
	    "<link rel=\"linkset\" type=\"application/linkset+json\" href=\"/records/%s/linkset.json\">\n", pid_of(r, rec), rec->id, rec->id);
	put_ld(NULL, r, rec, &b);
	text = b.st == ST_OK ? req_zstr(r, buf_slice(&b)) : NULL;
	buf_release(&b);
	return text;
}

static void tombstone(struct req *r, const struct rec *rec)
{
	const char *reason = json_text(rec->tomb, "reason");
	char day[11];
	struct page p;

	iso8601_date(day, rec->withdrawn);
	page_start(&p, r, SLICE_NULL, NULL, true, SLICE_NULL);
	putf(&p, "<p><span class=\"tag gone\">%s</span></p><h1>%s</h1>", w(&p, "withdrawn", "取下げ"), w(&p, "This record was withdrawn", "このレコードは取り下げられました"));
	putf(&p, "<dl class=\"facts\"><dt>%s</dt><dd>%s</dd><dt>%s</dt><dd>", w(&p, "Date", "日付"), day, w(&p, "Reason", "理由"));
	put_str(&p, reason);
	putf(&p, "</dd><dt>%s</dt><dd><code>%s</code></dd></dl>", w(&p, "Identifier", "識別子"), rec->id);
	page_end(&p);
	page_send(&p, 410);
}

static void landing(struct req *r, const struct rec *rec)
{
	bool may = auth_may(r, rec, WANT_FILE) == ST_OK;
	json_t *facts = NULL;
	struct err e = ERR_INIT;
	struct slice title = record_title(rec->doc, r->lang);
	struct kv_txn t;
	struct page p;

	if (may) {
		kv_read(r->site->repo->catalog, &t);
		if (enrich(r->site->repo, &t, rec, &facts, &e) != ST_OK)
			facts = NULL;
		kv_end(&t, NULL);
	}
	page_start(&p, r, title, head_links(r, rec), true, SLICE_NULL);
	put(&p, "<article><p>");
	put_tags(&p, rec);
	put(&p, "</p><h1>");
	put_text(&p, title.n > 0 ? title : slice_str(rec->id));
	put(&p, "</h1>");
	put_creators(&p, rec);
	if (!rec->latest)
		putf(&p, "<p class=\"note\">%s <a href=\"/records/%s\">%s</a></p>", w(&p, "There is a newer version.", "新しい版があります。"), rec->parent, w(&p, "Go to it", "最新版へ"));
	put_description(&p, rec);
	put_citation(&p, rec);
	put_files(&p, rec, may);
	put_inside(&p, rec, facts);
	if (rec->files > 0 && may)
		put_use(&p, rec, facts);
	put_rights(&p, rec);
	put_packages(&p, rec);
	put_versions(&p, rec);
	put_relations(&p, rec);
	put_technical(&p, rec);
	put(&p, "</article>");
	json_decref(facts);
	page_end(&p);
	page_send(&p, 200);
	signpost_header(r, rec);
}

/* /records/ID: a page for people, a document for machines, by Accept. */
static void record_any(struct req *r)
{
	struct buf out = BUF_INIT((size_t)256 << 20);
	const char *form, *media;
	struct err e = ERR_INIT;
	struct rec rec;
	bool none;
	st_t st;

	if (!api_record(r, r->param[0], API_PUBLISHED, WANT_SEE, false, &rec)) {
		if (r->reply.status == 404 && api_concept(r, r->param[0], "/records/", ""))
			return;
		if (page_wanted(r) && r->reply.status == 410)
			tombstone(r, &rec);
		else if (page_wanted(r) && r->reply.status == 404)
			page_problem(r, 404, "There is nothing at this address", "このアドレスには何もありません");
		return;
	}
	form = export_negotiate(r, &none);
	if (none) {
		problem_status(r, 406, "none of the formats you accept is offered: see Link, or /records/ID/export/FORMAT");
		return;
	}
	if (form == NULL) {
		landing(r, &rec);
	} else {
		st = export_write(r, &rec, form, &out, &media, &e);
		if (st != ST_OK) {
			buf_release(&out);
			problem_send(r, st, &e);
			return;
		}
		reply_buf(r, 200, media, &out);
		reply_addf(r, "Content-Location", "%s/records/%s/export/%s", BASE(r), rec.id, form);
		signpost_header(r, &rec);
	}
	reply_add(r, "Vary", SLICE("Accept, Accept-Language"));
}

const struct route routes_landing[] = {
	{ HTTP_GET, "/records/{id}", record_any, 0, 0, "Landing page, or a metadata format by Accept", "records" },
	{ 0 }
};
