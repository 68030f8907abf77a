/* What is inside beside tables, for people: pictures, curves, crystals, array variables, archives, documents, a map. */

#include <math.h>

#include "base/clock.h"
#include "base/str.h"
#include "indexer/follow.h"
#include "server/figure.h"
#include "server/page_parts.h"
#include "store/facts.h"

#define BOXES_DRAWN 60
#define PLOTS_BYTES 40000		/* of page; curves behind that are only named */

static const char *text_of(const json_t *j, const char *key)
{
	const char *s = json_text(j, key);

	return s == NULL ? "" : s;
}

static void put_path(struct page *p, const json_t *entry)
{
	put(p, "<code>");
	put_str(p, text_of(entry, "path"));
	put(p, "</code>");
}

/* "NetCDF 4" */
static void put_format(struct page *p, const json_t *entry)
{
	const json_t *f = json_object_get(entry, "format");

	put_str(p, text_of(f, "name"));
	if (json_text(f, "version")) {
		put(p, " ");
		put_str(p, text_of(f, "version"));
	}
}

/* ---- pictures ---- */

static void put_pictures(struct page *p, const struct rec *rec, const json_t *list)
{
	json_t *one;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	putf(p, "<h3>%s</h3><ul class=\"pictures\">", w(p, "Pictures", "画像"));
	json_array_foreach(list, i, one) {
		json_int_t wd = json_integer_value(json_object_get(one, "width")), ht = json_integer_value(json_object_get(one, "height"));
		const json_t *image = json_object_get(one, "image");

		if (wd < 1 || ht < 1 || wd > 1024 || ht > 1024)
			continue;
		putf(p, "<li><figure><img src=\"/records/%s/thumbnails/%s\" width=\"%lld\" height=\"%lld\" loading=\"lazy\" alt=\"", rec->id, text_of(one, "sha256"), (long long)wd, (long long)ht);
		put_str(p, text_of(one, "path"));
		put(p, "\"><figcaption>");
		put_path(p, one);
		if (json_is_integer(json_object_get(image, "width"))) {
			putf(p, " <span class=\"dim\">%lld × %lld", (long long)json_integer_value(json_object_get(image, "width")), (long long)json_integer_value(json_object_get(image, "height")));
			if (json_text(json_object_get(one, "format"), "name")) {
				put(p, ", ");
				put_format(p, one);
			}
			put(p, "</span>");
		}
		put(p, "</figcaption></figure></li>");
	}
	put(p, "</ul>");
}

/* ---- curves and crystals ---- */

static void put_plots(struct page *p, const json_t *list)
{
	json_t *one;
	size_t i, from, start = p->b.n;
	bool said = false, list_only = false;

	json_array_foreach(list, i, one) {
		from = p->b.n;
		if (p->b.n - start > PLOTS_BYTES) {
			put(p, list_only ? w(p, ", ", "、") : w(p, "<p class=\"dim\">Also: ", "<p class=\"dim\">ほか："));
			put_path(p, one);
			list_only = true;
			continue;
		}
		if (!said)
			putf(p, "<h3>%s</h3>", w(p, "Curves", "グラフ"));
		put(p, "<figure class=\"wide\"><figcaption>");
		put_path(p, one);
		put(p, "</figcaption>");
		if (fig_plot(p, json_object_get(one, "plot"))) {
			put(p, "</figure>");
			said = true;
		} else
			p->b.n = from;		/* nothing to draw: as if not begun */
	}
	if (list_only)
		put(p, "</p>");
}

static void put_cell(struct page *p, const json_t *c)
{
	const json_t *cell = json_object_get(c, "cell");
	static const struct { const char *key, *sign, *unit; } parts[] = {
		{ "a", "a", " Å" }, { "b", "b", " Å" }, { "c", "c", " Å" }, { "alpha", "α", "°" }, { "beta", "β", "°" }, { "gamma", "γ", "°" }, { "volume", "V", " Å³" },
	};
	size_t i;

	put(p, "<dl class=\"facts\">");
	if (json_text(c, "formula")) {
		putf(p, "<dt>%s</dt><dd>", w(p, "Formula", "組成式"));
		put_str(p, text_of(c, "formula"));
		put(p, "</dd>");
	}
	if (json_text(c, "spaceGroup")) {
		putf(p, "<dt>%s</dt><dd>", w(p, "Space group", "空間群"));
		put_str(p, text_of(c, "spaceGroup"));
		if (json_is_integer(json_object_get(c, "spaceGroupNumber")))
			putf(p, " <span class=\"dim\">(%lld)</span>", (long long)json_integer_value(json_object_get(c, "spaceGroupNumber")));
		put(p, "</dd>");
	}
	if (json_is_object(cell)) {
		putf(p, "<dt>%s</dt><dd>", w(p, "Unit cell", "格子定数"));
		for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
			if (json_is_number(json_object_get(cell, parts[i].key))) {
				putf(p, "<span class=\"whole\"><i>%s</i> = ", parts[i].sign);
				put_value(p, json_object_get(cell, parts[i].key));
				putf(p, "%s</span> ", parts[i].unit);
			}
		put(p, "</dd>");
	}
	put(p, "</dl>");
}

static void put_crystals(struct page *p, const json_t *list)
{
	json_t *one, *c;
	size_t i, from;

	if (json_array_size(list) == 0)
		return;
	putf(p, "<h3>%s</h3>", w(p, "Crystal structures", "結晶構造"));
	json_array_foreach(list, i, one) {
		c = json_object_get(one, "crystal");
		put(p, "<figure class=\"wide beside\"><figcaption>");
		put_path(p, one);
		put(p, "</figcaption><div>");
		from = p->b.n;
		if (!fig_crystal(p, c))
			p->b.n = from;
		put(p, "</div>");
		put_cell(p, c);
		put(p, "</figure>");
	}
	putf(p, "<p class=\"dim\">%s</p>", w(p, "Atoms are drawn as the files list them, without those that symmetry adds.", "原子はファイルに記載されたもののみを描いています（対称操作は適用していません）。"));
}

/* ---- variables of array files ---- */

static void put_dims(struct page *p, const json_t *v)
{
	json_t *names = json_object_get(v, "dimensions"), *shape = json_object_get(v, "shape"), *n;
	size_t i;

	json_array_foreach(shape, i, n) {
		if (i)
			put(p, " × ");
		if (json_string_value(json_array_get(names, i))) {
			put_str(p, json_string_value(json_array_get(names, i)));
			put(p, " ");
		}
		putf(p, "%lld", (long long)json_integer_value(n));
	}
}

static void put_variable(struct page *p, const json_t *v)
{
	const char *label = json_text(v, "label") ? text_of(v, "label") : text_of(v, "standardName");

	put(p, "<tr><th scope=\"row\">");
	put_str(p, text_of(v, "name"));
	if (label[0]) {
		put(p, "<br><span class=\"dim\">");
		put_str(p, label);
		put(p, "</span>");
	}
	put(p, "</th><td>");
	put_dims(p, v);
	put(p, "</td><td>");
	put_str(p, json_text(v, "dtype") ? text_of(v, "dtype") : column_type(p, text_of(v, "type")));
	put(p, "</td><td>");
	put_str(p, text_of(v, "unit"));
	put(p, "</td><td class=\"num\">");
	put_value(p, json_object_get(v, "missing"));
	put(p, "</td><td class=\"num\">");
	put_value(p, json_object_get(v, "min"));
	put(p, "</td><td class=\"num\">");
	put_value(p, json_object_get(v, "mean"));
	put(p, "</td><td class=\"num\">");
	put_value(p, json_object_get(v, "max"));
	put(p, "</td></tr>");
}

static void put_arrays(struct page *p, const json_t *list)
{
	json_t *one, *v;
	size_t i, k;

	if (json_array_size(list))
		putf(p, "<h3>%s</h3>", w(p, "Variables", "変数"));
	json_array_foreach(list, i, one) {
		json_t *vars = json_object_get(one, "variables");
		bool wide = json_array_size(vars) > 20 || (i > 2 && json_array_size(vars) > 3);

		if (wide) {
			put(p, "<details class=\"plain\"><summary>");
			put_str(p, text_of(one, "path"));
			put(p, w(p, ": ", "："));
			put_number(p, json_array_size(vars) + (uint64_t)json_integer_value(json_object_get(one, "more")));
			put(p, w(p, json_array_size(vars) == 1 ? " variable</summary>" : " variables</summary>", " 変数</summary>"));
		}
		put(p, "<section class=\"scroll\" tabindex=\"0\" aria-label=\"");
		put_str(p, text_of(one, "path"));
		put(p, "\"><table><caption>");
		put_str(p, text_of(one, "path"));
		put(p, " <span class=\"dim\">");
		put_format(p, one);
		putf(p, "</span></caption><thead><tr><th scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\" class=\"num\">%s</th>"
		    "<th scope=\"col\" class=\"num\">%s</th><th scope=\"col\" class=\"num\">%s</th><th scope=\"col\" class=\"num\">%s</th></tr></thead><tbody>",
		    w(p, "Variable", "変数"), w(p, "Dimensions", "次元"), w(p, "Type", "型"), w(p, "Unit", "単位"), w(p, "Missing", "欠損"), w(p, "Min", "最小"), w(p, "Mean", "平均"), w(p, "Max", "最大"));
		json_array_foreach(vars, k, v)
			put_variable(p, v);
		put(p, "</tbody></table></section>");
		if (json_is_integer(json_object_get(one, "more")))
			putf(p, "<p class=\"dim\">%lld %s</p>", (long long)json_integer_value(json_object_get(one, "more")), w(p, "more variables", "変数を省略しました"));
		if (wide)
			put(p, "</details>");
	}
}

/* ---- archives, documents, the rest ---- */

static void put_archives(struct page *p, const json_t *list)
{
	json_t *one, *m;
	size_t i, k;

	json_array_foreach(list, i, one) {
		json_t *a = json_object_get(one, "archive");
		uint64_t entries = (uint64_t)json_integer_value(json_object_get(a, "entries"));

		put(p, "<details class=\"plain\"><summary>");
		put_path(p, one);
		put(p, " <span class=\"dim\">");
		put_number(p, entries);
		put(p, w(p, entries == 1 ? " file inside, " : " files inside, ", " 件を含む、"));
		put_size(p, (uint64_t)json_integer_value(json_object_get(a, "bytes")));
		put(p, "</span></summary><ul class=\"files\">");
		json_array_foreach(json_object_get(a, "members"), k, m) {
			put(p, "<li class=\"f\"><span class=\"name\">");
			put_str(p, text_of(m, "path"));
			if (strcmp(text_of(m, "status"), "unreadable") == 0) {
				put(p, " <span class=\"tag closed\" lang=\"en\">");
				put_str(p, text_of(m, "reason"));
				put(p, "</span>");
			}
			put(p, "</span> <span class=\"n\">");
			if (json_is_integer(json_object_get(m, "bytes")))
				put_size(p, (uint64_t)json_integer_value(json_object_get(m, "bytes")));
			put(p, "</span> <span class=\"t\">");
			put_str(p, text_of(m, "media"));
			put(p, "</span></li>");
		}
		put(p, "</ul>");
		if (json_is_integer(json_object_get(a, "more")) || entries > json_array_size(json_object_get(a, "members")))
			putf(p, "<p class=\"dim\">%s</p>", w(p, "and more", "ほか"));
		put(p, "</details>");
	}
}

static void put_documents(struct page *p, const json_t *list)
{
	json_t *one;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	putf(p, "<h3>%s</h3><ul class=\"plain\">", w(p, "Documents", "文書"));
	json_array_foreach(list, i, one) {
		json_t *d = json_object_get(one, "document"), *pages = json_object_get(d, "pages"), *cells = json_object_get(d, "cells");

		put(p, "<li>");
		put_path(p, one);
		if (text_of(d, "title")[0]) {
			put(p, w(p, ": ", "："));
			put_str(p, text_of(d, "title"));
		}
		put(p, " <span class=\"dim\">");
		put_format(p, one);
		if (json_is_integer(pages))
			putf(p, w(p, ", %lld pages", "、%lld ページ"), (long long)json_integer_value(pages));
		if (json_is_integer(cells))
			putf(p, w(p, ", %lld cells", "、%lld セル"), (long long)json_integer_value(cells));
		if (json_is_true(json_object_get(d, "encrypted")))
			put(p, w(p, ", encrypted", "、暗号化"));
		put(p, "</span></li>");
	}
	put(p, "</ul>");
}

/* Members of facts in the reader's words, with their units; what goes without saying is empty. */
static const struct member { const char *key, *en, *ja, *unit; } members[] = {
	{ "name", "", "", "" }, { "count", "number", "数", "" }, { "formula", "formula", "組成式", "" }, { "atoms", "atoms", "原子", "" }, { "bonds", "bonds", "結合", "" },
	{ "manufacturer", "by", "製造者", "" }, { "model", "model", "型式", "" }, { "serial", "serial number", "製造番号", "" }, { "technique", "technique", "手法", "" },
	{ "identifier", "identifier", "識別子", "" }, { "facility", "facility", "施設", "" }, { "description", "description", "説明", "" }, { "kind", "kind", "種類", "" },
	{ "points", "points", "点", "" }, { "blocks", "blocks", "ブロック", "" }, { "chromatograms", "chromatograms", "クロマトグラム", "" }, { "polarity", "polarity", "極性", "" },
	{ "residues", "residues", "残基", "" }, { "minLength", "shortest", "最短", "" }, { "maxLength", "longest", "最長", "" }, { "alphabet", "alphabet", "配列の種類", "" },
	{ "gc", "share of G and C", "GC含量", "" }, { "unknown", "unknown residues", "不明な残基", "" }, { "variants", "variants", "変異", "" },
	{ "substitutions", "substitutions", "置換", "" }, { "indels", "insertions and deletions", "挿入・欠失", "" }, { "otherAlleles", "other alleles", "その他のアレル", "" },
	{ "samples", "samples", "試料", "" }, { "features", "features", "フィーチャー", "" }, { "fields", "fields", "フィールド", "" }, { "alignments", "alignments", "アラインメント", "" },
	{ "mapped", "mapped", "マップ済み", "" }, { "assembly", "assembly", "アセンブリ", "" }, { "contigCount", "contigs", "コンティグ", "" },
	{ "taxon", "NCBI taxonomy", "NCBI分類番号", "" }, { "channels", "channels", "チャンネル", "" }, { "sampleRate", "sampling rate", "標本化周波数", " Hz" },
	{ "bits", "depth", "量子化ビット数", " bit" }, { "seconds", "length", "長さ", " s" }, { "frames", "frames", "フレーム", "" }, { "codec", "codec", "符号化", "" },
	{ "architecture", "architecture", "アーキテクチャ", "" }, { "parameters", "parameters", "パラメータ", "" }, { "tensors", "tensors", "テンソル", "" },
	{ "licence", "licence", "ライセンス", "" }, { "quantization", "quantization", "量子化", "" }, { "framework", "framework", "フレームワーク", "" },
	{ "inchi", "InChI", "InChI", "" }, { "smiles", "SMILES", "SMILES", "" }, { "nodes", "nodes", "ノード", "" },
};

static const struct member *member_of(const char *key)
{
	size_t i;

	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (strcmp(members[i].key, key) == 0)
			return &members[i];
	return NULL;
}

/* One line a thing: "Sound: channels 2, sampling rate 44 100 Hz, length 3.2 s". */
static void put_members(struct page *p, const json_t *o)
{
	const char *key;
	json_t *v;
	unsigned n = 0;

	json_object_foreach((json_t *)o, key, v) {
		const struct member *m = member_of(key);

		if ((!json_is_number(v) && !json_is_string(v)) || n == 10)
			continue;
		/* Of devices the model often is the name. */
		if (strcmp(key, "model") == 0 && json_equal(v, json_object_get(o, "name")))
			continue;
		if (n++)
			put(p, w(p, ", ", "、"));
		if (m == NULL || m->en[0] != '\0') {
			put(p, "<span class=\"dim\">");
			put_str(p, m == NULL ? key : w(p, m->en, m->ja));
			put(p, "</span> ");
		}
		/* Numbers that name something are not counted in thousands. */
		if (strcmp(key, "taxon") == 0 && json_is_integer(v))
			putf(p, "%lld", (long long)json_integer_value(v));
		else
			put_value(p, v);
		put(p, m == NULL ? "" : m->unit);
	}
}

/* "x: wavelength 200 to 800 nm" */
static void put_range(struct page *p, const json_t *a)
{
	if (!json_is_number(json_object_get(a, "min")) || !json_is_number(json_object_get(a, "max")))
		return;
	put(p, w(p, ", <span class=\"dim\">", "、<span class=\"dim\">"));
	put_str(p, text_of(a, "label"));
	put(p, "</span> ");
	put_value(p, json_object_get(a, "min"));
	put(p, w(p, " to ", "～"));
	put_value(p, json_object_get(a, "max"));
	if (text_of(a, "unit")[0] && strcmp(text_of(a, "unit"), "1") != 0) {
		put(p, " ");
		put_str(p, text_of(a, "unit"));
	}
}

static void put_details(struct page *p, const json_t *list)
{
	static const struct { const char *key, *en, *ja; } kinds[] = {
		{ "instrument", "Instrument", "装置" }, { "sample", "Sample", "試料" }, { "molecule", "Molecule", "分子" }, { "spectrum", "Spectrum", "スペクトル" },
		{ "sequences", "Sequences", "配列" }, { "genome", "Genome", "ゲノム" }, { "organism", "Organism", "生物種" }, { "audio", "Sound", "音声" }, { "model", "Model", "モデル" },
	};
	json_t *one, *o;
	size_t i, k;

	if (json_array_size(list) == 0)
		return;
	putf(p, "<h3>%s</h3><dl class=\"facts\">", w(p, "Details by file", "ファイルごとの詳細"));
	json_array_foreach(list, i, one) {
		put(p, "<dt>");
		put_path(p, one);
		put(p, "</dt><dd>");
		put_format(p, one);
		for (k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
			if (!json_is_object(o = json_object_get(one, kinds[k].key)))
				continue;
			putf(p, "<br>%s%s", w(p, kinds[k].en, kinds[k].ja), w(p, ": ", "："));
			put_members(p, o);
			put_range(p, json_object_get(o, "x"));
		}
		put(p, "</dd>");
	}
	put(p, "</dl>");
}

static void put_map(struct page *p, const json_t *list)
{
	struct fig_box box[BOXES_DRAWN];
	json_t *one, *b;
	size_t i, k, n = 0;

	json_array_foreach(list, i, one) {
		double v[4];

		b = json_at(one, "geo.bbox");
		for (k = 0; k < 4; k++)
			v[k] = json_number_value(json_array_get(b, k));
		if (n == BOXES_DRAWN || fabs(v[0]) > 180 || fabs(v[2]) > 180 || fabs(v[1]) > 90 || fabs(v[3]) > 90 || v[1] > v[3])
			continue;
		box[n++] = (struct fig_box){ v[0], v[1], v[2], v[3] };
	}
	if (n == 0)
		return;
	putf(p, "<h3>%s</h3><figure class=\"wide\">", w(p, "Where", "場所"));
	fig_map(p, box, n);
	put(p, "</figure>");
}

bool has_sights(const json_t *sights)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)sights, key, v)
		if (json_array_size(v))
			return true;
	return false;
}

void put_sights(struct page *p, const struct rec *rec, const json_t *sights)
{
	put_map(p, json_object_get(sights, "boxes"));
	put_pictures(p, rec, json_object_get(sights, "pictures"));
	put_plots(p, json_object_get(sights, "plots"));
	put_crystals(p, json_object_get(sights, "crystals"));
	put_arrays(p, json_object_get(sights, "arrays"));
	put_documents(p, json_object_get(sights, "documents"));
	if (json_array_size(json_object_get(sights, "archives"))) {
		putf(p, "<h3>%s</h3>", w(p, "Archives", "アーカイブの中身"));
		put_archives(p, json_object_get(sights, "archives"));
	}
	put_details(p, json_object_get(sights, "details"));
}

/* ---- /records/ID/thumbnails/SHA256 ---- */

/* ${open}: everybody may read it here, so that caches may keep its picture. */
static bool holds_file(struct req *r, const struct rec *rec, const uint8_t sha[32], bool *open)
{
	struct buf after = BUF_INIT(2048);
	struct cat_file page[64];
	struct access_subject s;
	struct kv_txn t;
	bool found = false;
	size_t n, i, all = 0;

	*open = false;
	rec_subject(rec, &s);
	kv_read(r->site->repo->catalog, &t);
	do {
		n = cat_files(&t, rec->id, false, buf_slice(&after), page, 64);
		buf_clear(&after);
		if (n)
			buf_adds(&after, page[n - 1].path);
		for (i = 0; i < n; i++) {
			struct access_subject one = s;

			if (page[i].access > one.access)
				one.access = page[i].access;
			if (!page[i].pending && memcmp(page[i].sha256, sha, 32) == 0 && access_may(&r->who, &one, WANT_FILE, clock_now()) == ST_OK) {
				found = true;
				*open |= one.access == ACC_OPEN && rec->meta == META_PUBLIC;
			}
			cat_file_release(&page[i]);
		}
		all += n;
	} while (!found && n == 64 && all < 20000);
	kv_end(&t, NULL);
	buf_release(&after);
	return found;
}

static void thumbnail(struct req *r)
{
	struct buf json = BUF_INIT((size_t)64 << 20), png = BUF_INIT((size_t)1 << 20);
	struct slice hex = r->param[1], data;
	uint8_t sha[32];
	json_t *facts = NULL;
	struct kv_txn t;
	struct rec rec;
	bool open;

	if (!api_record(r, r->param[0], API_PUBLISHED, WANT_SEE, true, &rec))
		return;
	if (hex.n != 64 || hex_decode(sha, hex) != ST_OK || !holds_file(r, &rec, sha, &open)) {
		problem_status(r, 404, "no picture of such a file");
		return;
	}
	kv_read(r->site->repo->catalog, &t);
	if (facts_get(&t, sha, &json, NULL) == ST_OK)
		json_load(&facts, buf_slice(&json), NULL);
	kv_end(&t, NULL);
	data = json_slice(json_at(facts, "thumbnail.data"));
	/* It was made by our helper, but what comes out of there is a stranger's all the same: only the bytes of a PNG go out as one. */
	if (data.n == 0 || base64_decode(&png, data) != ST_OK || png.n < 8 || memcmp(png.p, "\x89PNG\r\n\x1a\n", 8) != 0)
		problem_status(r, 404, "no picture of such a file");
	else {
		reply_buf(r, 200, "image/png", &png);
		reply_add(r, "Cache-Control", open ? SLICE("public, max-age=3600") : SLICE("private, no-store"));
		reply_add(r, "Content-Security-Policy", SLICE("default-src 'none'"));
	}
	json_decref(facts);
	buf_release(&json);
	buf_release(&png);
}

const struct route routes_seen[] = {
	{ HTTP_GET, "/records/{id}/thumbnails/{sha256}", thumbnail, 0, 0, "A small picture of a file, by the file's SHA-256", "files" },
	{ 0, NULL, NULL, 0, 0, NULL, NULL },
};
