/* The landing page of a record, top to bottom as a reader asks: what is it, whose, may I, what is inside, how do I use it. */

#include "server/page_parts.h"

#include <math.h>

#include "base/clock.h"
#include "base/str.h"
#include "indexer/follow.h"
#include "package/package.h"
#include "schema/record.h"
#include "schema/vocab.h"
#include "store/forms.h"
#include "server/export.h"
#include "server/negotiate.h"

#define LD_MAX 20000		/* a longer description is not read by those who index pages */

static const char *text_of(const json_t *j, const char *key)
{
	const char *s = json_text(j, key);

	return s == NULL ? "" : s;
}

/* ---- Head: people, citation. ---- */

/* A link to the ORCID or ROR of somebody. */
static void put_mark(struct page *p, const json_t *id)
{
	struct buf uri = BUF_INIT(2048);
	const char *scheme = text_of(id, "scheme");

	if ((strcmp(scheme, "ORCID") == 0 || strcmp(scheme, "ROR") == 0) &&
	    pid_uri(&uri, scheme, slice_str(text_of(id, "value"))) == ST_OK && uri.n > 0) {
		put(p, " <span class=\"id\">");
		put_link_to(p, uri.p, slice_str(scheme));
		/* The same here: what else names it. */
		put(p, " ");
		put_link_to(p, req_str(p->r, "/identifiers/%s/%s", scheme, path_segment(p->r, strrchr(text_of(id, "value"), '/') != NULL ? strrchr(text_of(id, "value"), '/') + 1 : text_of(id, "value"))), slice_str(w(p, "records", "関連レコード")));
		put(p, "</span>");
	}
	buf_release(&uri);
}

static void put_person(struct page *p, const json_t *c)
{
	json_t *id, *aff;
	size_t i, j;

	put_name(p, c);
	json_array_foreach(json_object_get(c, "nameIdentifiers"), i, id)
		put_mark(p, id);
	json_array_foreach(json_object_get(c, "affiliations"), i, aff) {
		json_t *names = json_object_get(aff, "names");
		struct slice name = record_ml(names, p->r->lang);

		put(p, w(p, i == 0 ? " <span class=\"dim\">(" : "; ", i == 0 ? " <span class=\"dim\">（" : "、"));
		put_said(p, names, name);
		json_array_foreach(json_object_get(aff, "identifiers"), j, id)
			put_mark(p, id);
		if (i + 1 == json_array_size(json_object_get(c, "affiliations")))
			put(p, w(p, ")</span>", "）</span>"));
	}
}

static void put_creators(struct page *p, const struct rec *rec)
{
	json_t *one;
	size_t i;

	put(p, "<ul class=\"people\">");
	json_array_foreach(json_object_get(rec->doc, "creators"), i, one) {
		put(p, "<li>");
		put_person(p, one);
		put(p, "</li>");
	}
	put(p, "</ul>");
}

/* The title in the other language, where there is one. */
static void put_other_title(struct page *p, const struct rec *rec)
{
	json_t *titles = json_object_get(rec->doc, "titles");
	struct slice title = record_title(rec->doc, p->r->lang), other = record_title(rec->doc, p->ja ? "en" : "ja");

	if (other.n == 0 || slice_eq(other, title))
		return;
	put(p, "<p class=\"other\">");
	put_said(p, titles, other);
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

	putf(p, "<h2 id=\"cite\">%s</h2><p class=\"cite\" data-copy>", w(p, "Cite as", "引用"));
	json_array_foreach(json_object_get(rec->doc, "creators"), i, one) {
		if (i == 8) {
			put(p, w(p, " et al.", " ほか"));
			break;
		}
		if (i > 0)
			put(p, "; ");
		put_name(p, one);
	}
	if (year != 0)
		putf(p, " (%d)", year);
	put(p, ": ");
	put_title(p, rec);
	put(p, ". ");
	if (version != NULL) {
		put(p, w(p, "Version ", "第"));
		put_str(p, version);
		put(p, w(p, ". ", "版. "));
	}
	put_text(p, record_ml(json_at(rec->doc, "publisher.names"), p->r->lang));
	put(p, ". ");
	put_link_to(p, pid, slice_str(pid));
	putf(p, "</p><p class=\"forms\">%s: <a href=\"/records/%s/export/csl\">CSL JSON</a> · <a href=\"/records/%s/export/datacite\">DataCite XML</a></p>", w(p, "Citation for programs", "プログラム向け"), rec->id, rec->id);
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
	json_t *one;
	struct slice abstract = record_abstract(rec->doc, p->r->lang);
	const char *lang = lang_said(json_object_get(rec->doc, "descriptions"), abstract);
	size_t i;

	putf(p, "<h2 id=\"about\">%s</h2><div class=\"read\"", w(p, "Description", "概要"));
	if (lang != NULL && strncmp(lang, p->r->lang, 2) != 0) {
		put(p, " lang=\"");
		put_str(p, lang);
		put(p, "\"");
	}
	put(p, ">");
	if (abstract.n == 0)
		putf(p, "<p class=\"dim\">%s</p>", w(p, "The depositor gave no description.", "説明は登録されていません。"));
	put_paragraphs(p, abstract);
	put(p, "</div>");
	json_array_foreach(json_object_get(rec->doc, "subjects"), i, one) {
		if (i == 0)
			putf(p, "<nav aria-label=\"%s\"><ul class=\"subjects\">", w(p, "Subjects", "主題"));
		put(p, "<li><a class=\"tag\" href=\"/search?subject=");
		percent_encode(&p->b, json_slice(json_object_get(one, "value")), NULL);
		put(p, "\">");
		put_str(p, text_of(one, "value"));
		put(p, "</a></li>");
	}
	if (i > 0)
		put(p, "</ul></nav>");
}

/* What a licence lets people do, in one sentence. The text behind the link is what holds. */
static const struct { const char *start, *en, *ja; } permits[] = {
	{ "CC0-", "Anybody may use, change and share these data for any purpose, without asking and without conditions.", "条件なしに、どのような目的でも利用・改変・再配布できます。" },
	{ "PDDL-", "Anybody may use, change and share these data for any purpose, without conditions.", "条件なしに、どのような目的でも利用・改変・再配布できます。" },
	{ "CC-PDDC", "These data are in the public domain.", "パブリックドメインで提供されています。" },
	{ "CC-BY-NC-SA-", "You may use, change and share these data if you name the creators, do not do so commercially, and share changed data under the same licence.",
	    "作成者を表示し、非営利で、改変したものを同じライセンスで公開すれば、利用・改変・再配布できます。" },
	{ "CC-BY-NC-ND-", "You may share these data unchanged if you name the creators and do not do so commercially.", "作成者を表示し、非営利で、改変しなければ、再配布できます。" },
	{ "CC-BY-NC-", "You may use, change and share these data if you name the creators and do not do so commercially.", "作成者を表示し、非営利であれば、利用・改変・再配布できます。" },
	{ "CC-BY-SA-", "You may use, change and share these data, also commercially, if you name the creators and share changed data under the same licence.",
	    "作成者を表示し、改変したものを同じライセンスで公開すれば、営利目的でも利用・改変・再配布できます。" },
	{ "CC-BY-ND-", "You may share these data unchanged, also commercially, if you name the creators.", "作成者を表示し、改変しなければ、営利目的でも再配布できます。" },
	{ "CC-BY-", "You may use, change and share these data, also commercially, if you name the creators.", "作成者を表示すれば、営利目的でも利用・改変・再配布できます。" },
	{ "ODC-By-", "You may use, change and share this database, also commercially, if you name its source.", "出典を表示すれば、営利目的でも利用・改変・再配布できます。" },
	{ "ODbL-", "You may use, change and share this database if you name its source and share changed versions under the same licence.",
	    "出典を表示し、改変したデータベースを同じライセンスで公開すれば、利用・改変・再配布できます。" },
};

static void put_licence(struct page *p, const json_t *one)
{
	const char *spdx = text_of(one, "spdx"), *uri = json_text(one, "uri");
	json_t *values = json_object_get(one, "values");
	struct slice name = record_ml(values, p->r->lang);
	size_t i;

	/* The reader's language where the vocabulary knows the licence and the record does not say it. */
	if (p->ja && (lang_said(values, name) == NULL || strcmp(lang_said(values, name), "ja") != 0)) {
		const char *label = vocab_map(schema_vocab(p->r->site->repo->schema, "licences"), "id", slice_str(spdx), "label_ja");

		if (label[0] != '\0')
			name = slice_str(label);
	}
	put(p, "<p>");
	for (i = 0; i < sizeof(permits) / sizeof(permits[0]); i++) {
		if (strncmp(spdx, permits[i].start, strlen(permits[i].start)) == 0) {
			put(p, w(p, permits[i].en, permits[i].ja));
			put(p, " ");
			break;
		}
	}
	if (name.n == 0)
		name = slice_str(spdx[0] != '\0' ? spdx : uri == NULL ? "" : uri);
	put_link_to(p, uri, name);
	put(p, w(p, ".", ""));
	put(p, "</p>");
}

static void put_rights(struct page *p, const struct rec *rec)
{
	enum rec_access a = access_now(rec);
	json_t *rights = json_object_get(rec->doc, "rights"), *one;
	size_t i;

	putf(p, "<h2 id=\"rights\">%s</h2><p>", w(p, "Licence and access", "ライセンスとアクセス権"));
	putf(p, "<span class=\"tag %s\">%s</span> ", access_name(a), access_word(p, a));
	switch (a) {
	case ACC_OPEN: put(p, w(p, "Anybody may read the record and its files.", "どなたでもファイルを取得できます。")); break;
	case ACC_EMBARGOED:
		put(p, w(p, "The files open on ", "ファイルの公開日："));
		put_day_of(p, rec->embargo_end);
		break;
	case ACC_RESTRICTED: put(p, w(p, "The files are shared on request.", "ファイルは申請により共有します。")); break;
	default: put(p, w(p, "Only the metadata can be read.", "メタデータのみ公開しています。"));
	}
	put(p, "</p>");
	json_array_foreach(rights, i, one)
		put_licence(p, one);
	if (json_array_size(rights) == 0)
		putf(p, "<p>%s</p>", w(p, "No licence was given: ask the creators before you reuse these data.", "ライセンスの指定がありません。再利用の前に作成者に確かめてください。"));
}

static void put_packages(struct page *p, const struct rec *rec, bool may)
{
	const struct package_kind *k;
	const char *name, *media, *profile, *title;
	size_t i;

	putf(p, "<h2 id=\"packages\">%s</h2><ul>", w(p, "Packages and metadata", "パッケージとメタデータ"));
	for (i = 0; (k = package_at(i)) != NULL; i++) {
		/* Without the files only the metadata would be in them. */
		if (!may && strcmp(k->name, "zip") == 0)
			continue;
		putf(p, "<li><a href=\"/records/%s/packages/%s\">", rec->id, k->name);
		put_str(p, w(p, k->title_en, k->title_ja));
		put(p, "</a></li>");
	}
	putf(p, "</ul><p class=\"forms\">%s: ", w(p, "Metadata as", "メタデータの形式"));
	for (i = 0; export_at(p->r, i, &name, &media, &profile, &title); i++) {
		putf(p, "%s<a href=\"/records/%s/export/%s\">", i > 0 ? " · " : "", rec->id, name);
		put_str(p, title);
		put(p, "</a>");
	}
	put(p, "</p>");
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
		bool this = strcmp(ids[i], rec->id) == 0;
		struct rec one;

		memset(&one, 0, sizeof(one));
		if (cat_get(&t, ids[i], false, &one, NULL) == ST_OK) {
			putf(p, "<li><a href=\"/records/%s\"%s>", one.id, this ? " aria-current=\"page\"" : "");
			putf(p, w(p, "Version %u", "第%u版"), one.version);
			put(p, "</a> ");
			if (json_text(one.doc, "version") != NULL) {
				put(p, "<span class=\"dim\">");
				put_str(p, json_text(one.doc, "version"));
				put(p, "</span> ");
			}
			put_day_of(p, one.published);
			if (one.state == REC_WITHDRAWN)
				putf(p, " <span class=\"tag gone\">%s</span>", w(p, "withdrawn", "取下げ"));
			put(p, this ? w(p, " <span class=\"dim\">this one</span>", " <span class=\"dim\">表示中</span>") : "");
			put(p, "</li>");
		}
		rec_release(&one);
	}
	kv_end(&t, NULL);
	put(p, "</ul>");
}

static void put_relation(struct page *p, const json_t *one)
{
	const json_t *id = json_object_get(one, "identifier"), *titles = json_object_get(one, "titles");
	struct slice title = record_ml(titles, p->r->lang);
	struct buf uri = BUF_INIT(8192);
	const char *value = text_of(id, "value");

	put(p, "<li>");
	put_str(p, relation_word(p, text_of(one, "relationType")));
	put(p, w(p, ": ", "："));
	if (title.n > 0) {
		put_said(p, titles, title);
		put(p, " ");
	}
	if (pid_uri(&uri, text_of(id, "type"), slice_str(value)) != ST_OK || uri.n == 0) {
		buf_clear(&uri);
		buf_adds(&uri, value);
	}
	put_link_to(p, uri.p, slice_str(value));
	put(p, "</li>");
	buf_release(&uri);
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
	json_array_foreach(relations, i, one)
		put_relation(p, one);
	for (i = 0; i < n && i < 50; i++) {
		struct rec from;

		memset(&from, 0, sizeof(from));
		if (cat_get(&t, ids[i], false, &from, NULL) == ST_OK && auth_may(p->r, &from, WANT_SEE) == ST_OK) {
			putf(p, "<li>%s <a href=\"/records/%s\">", w(p, "Named by", "参照元："), from.id);
			put_title(p, &from);
			put(p, "</a></li>");
		}
		rec_release(&from);
	}
	kv_end(&t, NULL);
	if (json_array_size(relations) > 0 || n > 0)
		put(p, "</ul>");
}

/* ---- Facts: what is looked for first stands beside the head, the rest at the end. ---- */

static void put_fact(struct page *p, const char *en, const char *ja)
{
	putf(p, "<dt>%s</dt><dd>", w(p, en, ja));
}

static void put_key(struct page *p, const struct rec *rec, bool may)
{
	const char *pid = pid_of(p->r, rec), *version = json_text(rec->doc, "version");
	json_t *rights = json_object_get(rec->doc, "rights");
	const char *spdx = text_of(json_array_get(rights, 0), "spdx");

	putf(p, "<section class=\"key\" aria-label=\"%s\"><dl>", w(p, "At a glance", "基本情報"));
	if (rec->files > 0) {
		put_fact(p, "Files", "ファイル");
		put(p, "<a href=\"#files\">");
		put_number(p, rec->files);
		put(p, w(p, rec->files == 1 ? " file, " : " files, ", " 件、"));
		put_size(p, rec->bytes);
		put(p, "</a></dd>");
	}
	put_fact(p, "Published", "公開日");
	put_day_of(p, rec->published);
	put(p, "</dd>");
	if (rec->access == ACC_EMBARGOED && access_now(rec) != ACC_OPEN) {
		put_fact(p, "Files open on", "ファイル公開日");
		put_day_of(p, rec->embargo_end);
		put(p, "</dd>");
	}
	put_fact(p, "Version", "版");
	putf(p, "<a href=\"#versions\">%u", rec->version);
	if (version != NULL) {
		put(p, " (");
		put_str(p, version);
		put(p, ")");
	}
	put(p, "</a></dd>");
	if (spdx[0] != '\0' || json_array_size(rights) > 0) {
		put_fact(p, "Licence", "ライセンス");
		put(p, "<a href=\"#rights\">");
		put_str(p, spdx[0] != '\0' ? spdx : w(p, "see below", "下記参照"));
		put(p, "</a></dd>");
	}
	put_fact(p, "Identifier", "識別子");
	put_link_to(p, pid, slice_str(pid));
	put(p, "</dd></dl>");
	if (may && rec->files > 0)
		putf(p, "<p><a class=\"button\" href=\"/records/%s/packages/zip\">%s</a></p>", rec->id, w(p, "Download all files", "全ファイルをダウンロード"));
	put(p, "</section>");
}

static void put_readings(struct page *p, const struct rec *rec)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(rec->doc, "titles"), i, one) {
		const char *lang = json_text(one, "lang");

		if (lang != NULL && strcmp(lang, "ja-Kana") == 0) {
			put_fact(p, "Title reading", "題名ヨミ");
			put(p, "<span lang=\"ja-Kana\">");
			put_str(p, text_of(one, "value"));
			put(p, "</span></dd>");
		}
	}
}

static void put_funding(struct page *p, const struct rec *rec)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(rec->doc, "funding"), i, one) {
		json_t *names = json_at(one, "funder.names"), *titles = json_at(one, "award.titles");
		const char *number = json_text(json_object_get(one, "award"), "number");

		put_fact(p, "Funding", "助成");
		put_said(p, names, record_ml(names, p->r->lang));
		if (number != NULL) {
			put(p, " ");
			put_link_to(p, json_text(json_object_get(one, "award"), "uri"), slice_str(number));
		}
		if (json_array_size(titles) > 0) {
			put(p, w(p, ", ", "「"));
			put_said(p, titles, record_ml(titles, p->r->lang));
			put(p, w(p, "", "」"));
		}
		put(p, "</dd>");
	}
}

static void put_places(struct page *p, const struct rec *rec)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(rec->doc, "geoLocations"), i, one) {
		json_t *place = json_object_get(one, "place"), *point = json_object_get(one, "point");
		struct slice name = record_ml(place, p->r->lang);

		if (i == 20)
			break;
		if (name.n == 0 && !json_is_object(point))
			continue;
		put_fact(p, "Place", "場所");
		put_said(p, place, name);
		if (json_is_object(point)) {
			double lat = json_number_value(json_object_get(point, "lat")), lon = json_number_value(json_object_get(point, "lon"));

			if (p->ja)
				putf(p, " %s%.4g°、%s%.5g°", lat < 0 ? "南緯" : "北緯", fabs(lat), lon < 0 ? "西経" : "東経", fabs(lon));
			else
				putf(p, " %.4g° %s, %.5g° %s", fabs(lat), lat < 0 ? "S" : "N", fabs(lon), lon < 0 ? "W" : "E");
		}
		put(p, "</dd>");
	}
}

static void put_technical(struct page *p, const struct rec *rec)
{
	char modified[ISO8601_LEN];

	iso8601(modified, rec->modified);
	putf(p, "<h2 id=\"technical\">%s</h2><dl class=\"facts\">", w(p, "Technical details", "詳細情報"));
	put_readings(p, rec);
	put_funding(p, rec);
	put_places(p, rec);
	put_fact(p, "Identifier here", "本サイトでの識別子");
	putf(p, "<code>%s</code></dd>", rec->id);
	put_fact(p, "All versions", "全版共通の識別子");
	putf(p, "<a href=\"/records/%s\"><code>%s</code></a></dd>", rec->parent, rec->parent);
	put_fact(p, "OAI-PMH", "OAI-PMH");
	put(p, "<code>");
	put_str(p, p->r->site->oai_prefix);
	putf(p, "%s</code></dd>", rec->id);
	put_fact(p, "Last change", "最終更新");
	putf(p, "<time datetime=\"%s\">%s</time>", modified, modified);
	putf(p, w(p, " (revision %u)", "（改訂 %u）"), rec->revision);
	put(p, "</dd></dl>");
}

static void put_contents(struct page *p, const struct rec *rec, const json_t *facts, const json_t *sights, bool may)
{
	static const struct { const char *id, *en, *ja; } parts[] = {
		{ "files", "Files", "ファイル" }, { "inside", "What is inside", "データの内容" }, { "use", "Use it", "利用する" },
		{ "rights", "Licence", "ライセンス" }, { "packages", "Packages", "パッケージ" }, { "versions", "Versions", "版" },
		{ "ready", "FAIR", "FAIR" }, { "technical", "Details", "詳細情報" },
	};
	size_t i;

	putf(p, "<nav class=\"toc\" aria-label=\"%s\">", w(p, "On this page", "このページの内容"));
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if ((i == 0 && rec->files == 0) || (i == 1 && !has_inside(facts, sights)) || (i == 2 && (rec->files == 0 || !may)))
			continue;
		putf(p, "<a href=\"#%s\">%s</a>", parts[i].id, w(p, parts[i].en, parts[i].ja));
	}
	put(p, "</nav>");
}

/* ---- The page. ---- */

/* Those who index pages do not read long documents: columns go first, then all but a few files. The whole stands behind its own address. */
static st_t shorten_ld(struct buf *ld)
{
	json_t *doc = NULL, *files;
	st_t st;
	int round;

	for (round = 0; ld->n > LD_MAX && round < 3; round++) {
		st = json_load(&doc, buf_slice(ld), NULL);
		if (st != ST_OK)
			return st;
		files = json_object_get(doc, "distribution");
		if (round == 0)
			json_object_del(doc, "variableMeasured");
		while (round == 1 && json_array_size(files) > 20)
			json_array_remove(files, json_array_size(files) - 1);
		if (round == 2)
			json_object_del(doc, "distribution");
		buf_clear(ld);
		st = json_dump(ld, doc, false);
		json_decref(doc);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

static void put_ld(struct req *r, const struct rec *rec, struct buf *head)
{
	struct buf ld = BUF_INIT((size_t)16 << 20);
	const char *media;
	struct err e = ERR_INIT;
	size_t i;

	/* JSON text may hold "</script>" only inside a string, where a slash can be escaped. */
	if (export_write(r, rec, "schema-org", &ld, &media, &e) == ST_OK && shorten_ld(&ld) == ST_OK) {
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
	put_ld(r, rec, &b);
	text = b.st == ST_OK ? req_zstr(r, buf_slice(&b)) : NULL;
	buf_release(&b);
	return text;
}

static void tombstone(struct req *r, const struct rec *rec)
{
	const char *reason = json_text(rec->tomb, "reason");
	struct page p;

	page_start(&p, r, slice_str(strcmp(r->lang, "ja") == 0 ? "取り下げられたレコード" : "Withdrawn record"), NULL, true, SLICE_NULL);
	putf(&p, "<p><span class=\"tag gone\">%s</span></p><h1>%s</h1>", w(&p, "withdrawn", "取下げ"), w(&p, "This record was withdrawn", "このレコードは取り下げられました"));
	put(&p, "<dl class=\"facts\">");
	/* Not for a record that was only taken out of sight: it has no such day. */
	if (rec->withdrawn != 0) {
		put_fact(&p, "Date", "取下げ日");
		put_day_of(&p, rec->withdrawn);
		put(&p, "</dd>");
	}
	put_fact(&p, "Reason", "理由");
	put_str(&p, reason == NULL ? w(&p, "none was given", "記載なし") : reason);
	put(&p, "</dd>");
	if (json_text(rec->tomb, "note") != NULL && json_text(rec->tomb, "note")[0] != '\0') {
		put_fact(&p, "Note", "備考");
		put_str(&p, json_text(rec->tomb, "note"));
		put(&p, "</dd>");
	}
	put_fact(&p, "Identifier", "識別子");
	putf(&p, "<code>%s</code></dd></dl><p>%s</p>", rec->id, w(&p, "The identifier stays with this record and is not given to another. Harvesters are told of the withdrawal.",
	    "この識別子が別のレコードに使われることはありません。ハーベスターにも取下げを通知しています。"));
	page_end(&p);
	page_send(&p, 410);
}

static void landing(struct req *r, const struct rec *rec)
{
	bool may = auth_may(r, rec, WANT_FILE) == ST_OK;
	static const struct principal anybody;
	json_t *facts = NULL, *sights = NULL, *forms;
	struct err e = ERR_INIT;
	struct slice title = record_title(rec->doc, r->lang);
	struct kv_txn t;
	struct page p;

	kv_read(r->site->repo->catalog, &t);
	forms = forms_view(&t, r->site->repo->schema, rec->doc, false);
	kv_end(&t, NULL);
	if (may) {
		kv_read(r->site->repo->catalog, &t);
		if (enrich(r->site->repo, &t, rec, &facts, &e) != ST_OK)
			facts = NULL;
		if (facts && sights_for(r->site->repo, &t, rec, &anybody, &sights, &e) != ST_OK)
			sights = NULL;
		kv_end(&t, NULL);
	}
	page_start(&p, r, title, head_links(r, rec), true, SLICE_NULL);
	put(&p, "<article><p>");
	put_tags(&p, rec);
	put(&p, "</p><h1>");
	put_title(&p, rec);
	put(&p, "</h1>");
	put_other_title(&p, rec);
	put_creators(&p, rec);
	if (!rec->latest)
		putf(&p, "<p class=\"note\">%s <a href=\"/records/%s\">%s</a></p>", w(&p, "There is a newer version.", "新しい版があります。"), rec->parent, w(&p, "Go to the newest", "最新版へ"));
	put_contents(&p, rec, facts, sights, may);
	put(&p, "<div class=\"split\">");
	put_key(&p, rec, may);
	put(&p, "<div>");
	put_citation(&p, rec);
	put_description(&p, rec);
	put(&p, "</div></div>");
	put_files(&p, rec, may);
	put_forms(&p, forms);
	put_inside(&p, rec, facts, sights);
	if (rec->files > 0 && may)
		put_use(&p, rec, facts);
	put_rights(&p, rec);
	put_packages(&p, rec, may);
	put_versions(&p, rec);
	put_relations(&p, rec);
	put_ready(&p, rec, facts);
	put_technical(&p, rec);
	put(&p, "</article>");
	json_decref(facts);
	json_decref(sights);
	json_decref(forms);
	page_end(&p);
	page_send(&p, 200);
	signpost_header(r, rec);
}

/* /records/ID: a page for people, a document for machines, by Accept. */
static void record_any(struct req *r)
{
	struct buf out = BUF_INIT((size_t)256 << 20);
	const char *form, *media;
	struct body *body = NULL;
	struct err e = ERR_INIT;
	int64_t len = -1;
	struct rec rec;
	bool none;
	st_t st;

	if (!api_record(r, r->param[0], API_PUBLISHED, WANT_SEE, false, &rec)) {
		if (r->reply.status == 404 && api_concept(r, r->param[0], "/records/", ""))
			return;
		if (page_wanted(r) && r->reply.status == 410)
			tombstone(r, &rec);
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
		st = export_open(r, &rec, form, &body, &len, &media, &e);
		if (st == ST_OK && body == NULL)
			st = export_write(r, &rec, form, &out, &media, &e);
		if (st != ST_OK) {
			buf_release(&out);
			problem_send(r, st, &e);
			return;
		}
		if (body != NULL)
			reply_body(r, 200, export_type(r, form, media), body, len);
		else
			reply_buf(r, 200, export_type(r, form, media), &out);
		reply_addf(r, "Content-Location", "%s/records/%s/export/%s", BASE(r), rec.id, form);
		signpost_header(r, &rec);
	}
	reply_add(r, "Vary", SLICE("Accept, Accept-Language"));
}

const struct route routes_landing[] = {
	{ HTTP_GET, "/records/{id}", record_any, 0, 0, "Landing page, or a metadata format by Accept", "records" },
	{ 0 }
};
