/* The parts of the landing page that show content: files as a tree, what was read in them, lines to use them with. */

#include "server/figure.h"
#include "server/page_parts.h"

#include "base/str.h"
#include "base/utf8.h"

#define FILES_SHOWN 500
#define FOLDERS_OPEN 60		/* with more files than this, folders start closed */
#define TABLES_SHOWN 20
#define TABLES_NAMED 200
#define COLUMNS_OPEN 30		/* with more, the table starts closed, */
#define COLUMNS_ALL 60		/* as do all behind so many columns; */
#define INSIDE_BYTES 120000	/* behind so many bytes of page, tables are only named */
#define COLUMNS_SHOWN 200

static const char *text_of(const json_t *j, const char *key)
{
	const char *s = json_text(j, key);

	return s == NULL ? "" : s;
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
	enum rec_access a = f->access > access_now(rec) ? f->access : access_now(rec);
	struct buf url = BUF_INIT(8192);
	char hex[65];

	base = base == NULL ? f->path : base + 1;
	hex_encode(hex, f->sha256, sizeof(f->sha256));
	percent_encode(&url, slice_str(f->path), "/");
	put(p, "<li class=\"f\"><span class=\"name\">");
	if (may && f->access == ACC_OPEN && url.st == ST_OK) {
		putf(p, "<a href=\"/records/%s/files/%s\">", rec->id, url.p);
		put_str(p, base);
		put(p, "</a>");
	} else {
		put_str(p, base);
		putf(p, " <span class=\"tag %s\">%s</span>", access_name(a), access_word(p, a));
	}
	put(p, "</span> <span class=\"n\">");
	put_size(p, f->size);
	put(p, "</span> <span class=\"t\">");
	put_str(p, f->media);
	putf(p, "</span> <code class=\"t\" title=\"SHA-256 %s\">%.8s</code></li>", hex, hex);
	buf_release(&url);
}

/* How much lies below the folder that ${list[0]} is the first file of: ${len} bytes of its path, the slash included. */
static void put_folder(struct page *p, struct slice name, const struct cat_file *list, size_t n, size_t len, bool open)
{
	uint64_t bytes = 0;
	size_t i;

	for (i = 0; i < n && strncmp(list[i].path, list[0].path, len) == 0; i++)
		bytes += list[i].size;
	putf(p, "<li><details%s><summary>", open ? " open" : "");
	put_text(p, name);
	put(p, "/ <span class=\"dim\">");
	put_number(p, i);
	put(p, w(p, i == 1 ? " file, " : " files, ", " ファイル、"));
	put_size(p, bytes);
	put(p, "</span></summary><ul>");
}

static void put_tree(struct page *p, const struct rec *rec, const struct cat_file *list, size_t n, bool may)
{
	const char *before = "";
	size_t depth = 0, i;

	put(p, "<ul class=\"files\">");
	for (i = 0; i < n; i++) {
		size_t keep = common_depth(before, list[i].path), want = depth_of(list[i].path);
		const char *at = list[i].path;

		for (; depth > keep; depth--)
			put(p, "</ul></details></li>");
		for (size_t k = 0; k < keep; k++)
			at = strchr(at, '/') + 1;
		for (; depth < want; depth++) {
			const char *slash = strchr(at, '/');

			put_folder(p, slice_of(at, (size_t)(slash - at)), list + i, n - i, (size_t)(slash + 1 - list[i].path), rec->files <= FOLDERS_OPEN);
			at = slash + 1;
		}
		put_file(p, rec, &list[i], may);
		before = list[i].path;
	}
	for (; depth > 0; depth--)
		put(p, "</ul></details></li>");
	put(p, "</ul>");
}

static void put_not_open(struct page *p, const struct rec *rec)
{
	putf(p, "<p class=\"note %s\">", access_name(rec->access));
	switch (rec->access) {
	case ACC_EMBARGOED:
		put(p, w(p, "These files are under embargo. Anybody may fetch them from ", "ファイルは公開期間猶予中です。公開日："));
		put_day_of(p, rec->embargo_end);
		put(p, w(p, ".", ""));
		break;
	case ACC_RESTRICTED:
		put(p, w(p, "These files are shared with those whom the depositor lets in. Ask the creators or this repository for access.",
		    "ファイルは、登録者が認めた方にのみ共有しています。閲覧を希望される方は、作成者または本リポジトリにお問い合わせください。"));
		break;
	default:
		put(p, w(p, "These files are closed. The metadata on this page are open.", "ファイルは非公開です。このページのメタデータのみ公開しています。"));
	}
	put(p, "</p>");
}

void put_files(struct page *p, const struct rec *rec, bool may)
{
	struct cat_file *list = calloc(FILES_SHOWN, sizeof(*list));
	struct slice after = req_arg(p->r, "after");
	struct kv_txn t;
	size_t n, i;

	if (rec->files == 0 || list == NULL) {
		free(list);
		return;
	}
	kv_read(p->r->site->repo->catalog, &t);
	n = cat_files(&t, rec->id, false, after, list, FILES_SHOWN);
	kv_end(&t, NULL);
	putf(p, "<h2 id=\"files\">%s <span class=\"dim\">", w(p, "Files", "ファイル"));
	put_number(p, rec->files);
	put(p, w(p, rec->files == 1 ? " file, " : " files, ", " 件、"));
	put_size(p, rec->bytes);
	put(p, "</span></h2>");
	if (!may)
		put_not_open(p, rec);
	put_tree(p, rec, list, n, may);
	if (n == FILES_SHOWN && (rec->files > n || after.n > 0)) {
		putf(p, "<p><a rel=\"next\" href=\"/records/%s?after=", rec->id);
		percent_encode(&p->b, slice_str(list[n - 1].path), NULL);
		putf(p, "#files\">%s →</a></p>", w(p, "Next files", "次のファイル"));
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
	json_t *counts = json_at(col, "histogram.counts"), *edges = json_at(col, "histogram.edges"), *one;
	size_t n = json_array_size(counts), i;
	json_int_t max = 1;
	double bar;

	/* A column of one value has no distribution. */
	if (n == 0 || n > 64 || json_integer_value(json_object_get(col, "distinct")) == 1)
		return;
	json_array_foreach(counts, i, one)
		if (json_integer_value(one) > max)
			max = json_integer_value(one);
	bar = (double)HIST_W / (double)n;
	putf(p, "<svg class=\"hist\" width=\"%d\" height=\"%d\" role=\"img\" aria-label=\"", HIST_W, HIST_H);
	if (json_array_size(edges) > 1) {
		put(p, w(p, "from ", ""));
		put_value(p, json_array_get(edges, 0));
		put(p, w(p, " to ", "から"));
		put_value(p, json_array_get(edges, json_array_size(edges) - 1));
		put(p, w(p, ": ", "まで、"));
	}
	putf(p, w(p, "%zu bars, the highest %lld", "%zu 区間、最大 %lld 件"), n, (long long)max);
	/* One path: a page has hundreds of these. */
	put(p, "\"><path fill=\"currentColor\" d=\"");
	json_array_foreach(counts, i, one) {
		double h = (double)json_integer_value(one) / (double)max * (HIST_H - 1);

		if (json_integer_value(one) > 0)
			putf(p, "M%.3g %dv-%.3gh%.3gv%.3gz", (double)i * bar, HIST_H, h < 1 ? 1 : h, bar > 2 ? bar - 1 : bar, h < 1 ? 1 : h);
	}
	put(p, "\"/></svg>");
}

/* The commonest values of a column of categories. */
static void put_top(struct page *p, const json_t *col)
{
	json_t *top = json_object_get(col, "top"), *one;
	json_int_t distinct = json_integer_value(json_object_get(col, "distinct"));
	size_t i;

	if (json_at(col, "histogram") != NULL || json_integer_value(json_object_get(json_array_get(top, 0), "count")) < 2)
		return;
	put(p, "<span class=\"top\">");
	json_array_foreach(top, i, one) {
		struct slice value = json_slice(json_object_get(one, "value"));

		if (i == 3)
			break;
		if (i > 0)
			put(p, w(p, ", ", "、"));
		put_text(p, utf8_clip(value, 60));
		if (value.n > 60)
			put(p, "…");
		put(p, " <span class=\"dim\">×");
		put_number(p, (uint64_t)json_integer_value(json_object_get(one, "count")));
		put(p, "</span>");
	}
	if (distinct > 3)
		put(p, " …");
	put(p, "</span>");
}

const char *column_type(struct page *p, const char *type)
{
	static const struct { const char *type, *en, *ja; } types[] = {
		{ "integer", "integer", "整数" }, { "number", "number", "数値" }, { "boolean", "yes/no", "真偽値" }, { "date", "date", "日付" },
		{ "datetime", "date and time", "日時" }, { "string", "text", "文字列" }, { "empty", "empty", "空" },
		{ "list", "list", "リスト" }, { "object", "structure", "構造体" }, { "binary", "bytes", "バイト列" }, { "compound", "structure", "構造体" }, { "complex", "complex number", "複素数" },
	};
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(type, types[i].type) == 0)
			return w(p, types[i].en, types[i].ja);
	return "";
}

static const char *personal_word(struct page *p, const char *kind)
{
	static const struct { const char *kind, *en, *ja; } words[] = {
		{ "email", "e-mail addresses?", "メールアドレス？" }, { "phone", "telephone numbers?", "電話番号？" }, { "postal-address", "addresses?", "住所？" },
		{ "mynumber", "individual numbers?", "個人番号？" }, { "person-name", "names of persons?", "氏名？" }, { "birth-date", "dates of birth?", "生年月日？" },
		{ "ip-address", "network addresses?", "IPアドレス？" }, { "card-number", "card numbers?", "カード番号？" },
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(kind, words[i].kind) == 0)
			return w(p, words[i].en, words[i].ja);
	return w(p, "personal data?", "個人情報？");
}

static void put_column(struct page *p, const json_t *c, bool in_time)
{
	put(p, "<tr><th scope=\"row\">");
	put_str(p, text_of(c, "name"));
	if (text_of(c, "label")[0]) {
		put(p, "<br><span class=\"dim\">");
		put_str(p, text_of(c, "label"));
		put(p, "</span>");
	}
	if (text_of(c, "personal")[0])
		putf(p, "<br><span class=\"tag restricted\">%s</span>", personal_word(p, text_of(c, "personal")));
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
	if (in_time)
		fig_spark(p, json_object_get(c, "trend"));
	put_top(p, c);
	put(p, "</td></tr>");
}

static void put_count(struct page *p, uint64_t n, const char *one, const char *more)
{
	put_number(p, n);
	put(p, n == 1 ? one : more);
}

/* "data.xlsx – Sheet 1" */
static void put_table_name(struct page *p, const json_t *t)
{
	static const char *const parts[] = { "path", "member", "name" };
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (text_of(t, parts[i])[0] == '\0')
			continue;
		if (i > 0)
			put(p, " – ");
		put_str(p, text_of(t, parts[i]));
	}
}

static void put_table_size(struct page *p, const json_t *t)
{
	put(p, " <span class=\"dim\">");
	put_count(p, (uint64_t)json_integer_value(json_object_get(t, "rows")), w(p, " row, ", " 行、"), w(p, " rows, ", " 行、"));
	put_count(p, json_array_size(json_object_get(t, "columns")), w(p, " column", " 列"), w(p, " columns", " 列"));
	put(p, "</span>");
}

static void put_table(struct page *p, const json_t *t, bool open)
{
	json_t *cols = json_object_get(t, "columns"), *c;
	const char *first = text_of(json_array_get(cols, 0), "type"), *second = text_of(json_array_get(cols, 1), "type");
	/* Rows that begin with a time are taken for a series. */
	bool in_time = strncmp(first, "date", 4) == 0 || strncmp(second, "date", 4) == 0;
	size_t i;

	if (!open) {
		put(p, "<details class=\"plain\"><summary>");
		put_table_name(p, t);
		put_table_size(p, t);
		put(p, "</summary>");
	}
	put(p, "<section class=\"scroll\" tabindex=\"0\" aria-label=\"");
	put_str(p, text_of(t, "path"));
	put(p, "\"><table><caption>");
	put_table_name(p, t);
	put(p, " <span class=\"dim\">");
	put_count(p, (uint64_t)json_integer_value(json_object_get(t, "rows")), w(p, " row", " 行"), w(p, " rows", " 行"));
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
		put_column(p, c, in_time);
	}
	put(p, "</tbody></table></section>");
	if (json_array_size(cols) > COLUMNS_SHOWN) {
		put(p, "<p class=\"dim\">");
		put_number(p, json_array_size(cols) - COLUMNS_SHOWN);
		putf(p, " %s</p>", w(p, "more columns", "列を省略しました"));
	}
	if (!open)
		put(p, "</details>");
}

/* A table of hundreds of columns, or hundreds of tables, would push all else off the page: they are closed, then only named. */
static void put_tables(struct page *p, const struct rec *rec, const json_t *tables)
{
	size_t from = p->b.n, columns = 0, i, n;
	json_t *one;
	bool list = false;

	json_array_foreach(tables, i, one) {
		n = json_array_size(json_object_get(one, "columns"));
		columns += n;
		if (!list && i < TABLES_SHOWN && p->b.n - from < INSIDE_BYTES) {
			put_table(p, one, n <= COLUMNS_OPEN && (i == 0 || columns <= COLUMNS_ALL));
			continue;
		}
		if (!list)
			put(p, "<ul class=\"plain\">");
		list = true;
		if (i == TABLES_NAMED)
			break;
		put(p, "<li>");
		put_table_name(p, one);
		put_table_size(p, one);
		put(p, "</li>");
	}
	if (list)
		putf(p, "</ul><p><a href=\"/api/records/%s/facts\">%s</a></p>", rec->id, w(p, "All tables", "すべての表"));
}

/* "2012-01-01T00:00:00Z" as a day when it is the start of one, "...T23:59:59Z" when the end. */
static void put_moment(struct page *p, const char *t)
{
	const char *clock = t == NULL ? NULL : strchr(t, 'T');
	bool whole = clock != NULL && (strcmp(clock, "T00:00:00Z") == 0 || strcmp(clock, "T23:59:59Z") == 0);

	put_text(p, whole ? slice_of(t, (size_t)(clock - t)) : slice_str(t));
}

/* What all files together cover. */
static void put_extent(struct page *p, const json_t *facts)
{
	json_t *time = json_object_get(facts, "time"), *places = json_at(facts, "geo.places"), *one;
	size_t i;

	if (!json_text(time, "start") && json_array_size(places) == 0)
		return;
	put(p, "<dl class=\"facts\">");
	if (json_text(time, "start")) {
		putf(p, "<dt>%s</dt><dd>", w(p, "Time covered", "対象期間"));
		put_moment(p, json_text(time, "start"));
		if (json_text(time, "end") && strcmp(json_text(time, "end"), json_text(time, "start")) != 0) {
			put(p, w(p, " to ", "～"));
			put_moment(p, json_text(time, "end"));
		}
		put(p, "</dd>");
	}
	if (json_array_size(places) > 0)
		putf(p, "<dt>%s</dt><dd>", w(p, "Place", "対象地域"));
	json_array_foreach(places, i, one) {
		put(p, i > 0 ? w(p, ", ", "、") : "");
		put_str(p, w(p, text_of(one, "label"), text_of(one, "labelJa")[0] != '\0' ? text_of(one, "labelJa") : text_of(one, "label")));
	}
	put(p, json_array_size(places) > 0 ? "</dd></dl>" : "</dl>");
}

bool has_inside(const json_t *facts, const json_t *sights)
{
	return has_sights(sights) || json_array_size(json_object_get(facts, "tables")) > 0 || json_array_size(json_object_get(facts, "findings")) > 0 ||
	    json_integer_value(json_at(facts, "files.waiting")) > 0;
}

void put_inside(struct page *p, const struct rec *rec, const json_t *facts, const json_t *sights)
{
	json_t *tables = json_object_get(facts, "tables"), *findings = json_object_get(facts, "findings"), *one;
	json_int_t waiting = json_integer_value(json_at(facts, "files.waiting"));
	size_t i;

	if (!has_inside(facts, sights))
		return;
	putf(p, "<h2 id=\"inside\">%s</h2>", w(p, "What is inside", "データの内容"));
	if (waiting > 0)
		putf(p, "<p class=\"note\">%s</p>", w(p, "Files are still being read; reload this page in a moment.", "ファイルを読み取っています。しばらくして再読み込みしてください。"));
	put_extent(p, facts);
	put_tables(p, rec, tables);
	put_sights(p, rec, sights);
	if (json_array_size(findings) > 0)
		putf(p, "<h3 id=\"findings\">%s</h3><ul>", w(p, "Worth knowing", "留意点"));
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

/* A table that the lines of code read, and how: other encodings and a row of units are said where the tool can be told. */
struct sample {
	const char *url;
	const char *delimiter, *encoding;	/* NULL: the usual */
	bool units, plain;
};

static bool find_sample(struct page *p, const struct rec *rec, const json_t *facts, struct sample *s)
{
	const json_t *best = NULL;
	struct buf url = BUF_INIT(8192);
	json_t *one;
	size_t i;

	memset(s, 0, sizeof(*s));
	json_array_foreach(json_object_get(facts, "tables"), i, one) {
		const char *media = text_of(one, "media");

		if (strcmp(media, "text/csv") != 0 && strcmp(media, "text/tab-separated-values") != 0)
			continue;
		if (best == NULL || (json_is_true(json_object_get(one, "plain")) && !json_is_true(json_object_get(best, "plain"))))
			best = one;
	}
	if (best == NULL)
		return false;
	percent_encode(&url, slice_str(text_of(best, "path")), "/");
	if (url.st == ST_OK)
		s->url = req_str(p->r, "%s/records/%s/files/%s", BASE(p->r), rec->id, url.p);
	buf_release(&url);
	s->plain = json_is_true(json_object_get(best, "plain"));
	s->delimiter = json_text(json_object_get(best, "dialect"), "delimiter");
	if (s->delimiter == NULL || strcmp(s->delimiter, ",") == 0)
		s->delimiter = NULL;
	else if (strcmp(s->delimiter, "\t") == 0)
		s->delimiter = "\\t";
	s->encoding = json_text(best, "encoding");
	if (s->encoding != NULL && (strcmp(s->encoding, "utf-8") == 0 || strcmp(s->encoding, "us-ascii") == 0))
		s->encoding = NULL;
	if (s->encoding != NULL && strcmp(s->encoding, "shift_jis") == 0)
		s->encoding = "cp932";
	s->units = json_at(best, "dialect.unitsRow") != NULL;
	return s->url != NULL;
}

static void put_argument(struct page *p, const char *name, const char *value)
{
	if (value == NULL)
		return;
	putf(p, ", %s=\"", name);
	put_str(p, value);
	put(p, "\"");
}

static void put_python(struct page *p, const struct rec *rec, const struct sample *s)
{
	put(p, "import pandas as pd\ndf = pd.read_csv(\"");
	put_str(p, s->url);
	put(p, "\"");
	put_argument(p, "sep", s->delimiter);
	put_argument(p, "encoding", s->encoding);
	put(p, s->units ? ", skiprows=[1])" : ")");
	putf(p, "\n\n# %s\nimport mlcroissant as mlc\nds = mlc.Dataset(\"%s/records/%s/export/croissant\")", w(p, "every table, with its types: pip install mlcroissant", "すべての表を型とともに： pip install mlcroissant"),
	    BASE(p->r), rec->id);
}

static void put_r(struct page *p, const struct sample *s)
{
	put(p, "url &lt;- \"");
	put_str(p, s->url);
	put(p, "\"\n");
	if (s->units)
		put(p, "names &lt;- names(read.csv(url, nrows = 0");
	else
		put(p, "df &lt;- read.csv(url");
	put_argument(p, "sep", s->delimiter);
	put_argument(p, "fileEncoding", s->encoding);
	put(p, ")");
	if (s->units) {
		put(p, ")\ndf &lt;- read.csv(url, skip = 2, header = FALSE, col.names = names");
		put_argument(p, "sep", s->delimiter);
		put_argument(p, "fileEncoding", s->encoding);
		put(p, ")");
	}
}

static void put_tab(struct page *p, const char *id, const char *label, bool checked)
{
	putf(p, "<input type=\"radio\" name=\"use\" id=\"use-%s\" value=\"%s\"%s><label for=\"use-%s\">%s</label>", id, id, checked ? " checked" : "", id, label);
}

/* Tabs without a script: one radio button each, the style shows the panel of the one that is on. */
void put_use(struct page *p, const struct rec *rec, const json_t *facts)
{
	const char *base = BASE(p->r), *id = rec->id;
	struct sample s;
	bool table = find_sample(p, rec, facts, &s);

	putf(p, "<h2 id=\"use\">%s</h2><fieldset class=\"tabs\"><legend>%s</legend>", w(p, "Use it", "利用する"), w(p, "Tool", "道具"));
	put_tab(p, "shell", w(p, "Command line", "コマンドライン"), true);
	if (table) {
		put_tab(p, "python", "Python", false);
		put_tab(p, "r", "R", false);
		if (s.plain)
			put_tab(p, "duckdb", "DuckDB", false);
	}
	putf(p, "<div class=\"panel shell\"><pre data-copy tabindex=\"0\"><code>azekura get %s --server %s\n\n# %s\ncurl -LOJ %s/records/%s/packages/zip</code></pre></div>", id, base,
	    w(p, "or everything in one file", "または一つのファイルで"), base, id);
	if (table) {
		put(p, "<div class=\"panel python\"><pre data-copy tabindex=\"0\"><code>");
		put_python(p, rec, &s);
		put(p, "</code></pre></div><div class=\"panel r\"><pre data-copy tabindex=\"0\"><code>");
		put_r(p, &s);
		put(p, "</code></pre></div>");
		if (s.plain) {
			put(p, "<div class=\"panel duckdb\"><pre data-copy tabindex=\"0\"><code>SELECT * FROM read_csv('");
			put_str(p, s.url);
			put(p, "') LIMIT 10;</code></pre></div>");
		}
	}
	put(p, "</fieldset>");
}
