/* FAIR and AI-readiness of one record: each line is checked on the record and on what was read in its files, never taken from anybody's word. */

#include "server/page_parts.h"

#include "schema/record.h"

struct ask {
	const struct rec *rec;
	const json_t *facts;
};

enum met { MET, NOT_MET, NOT_ASKED };

static size_t members(const json_t *j, const char *path)
{
	return json_array_size(json_at(j, path));
}

static enum met has_doi(const struct ask *a)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(a->rec->doc, "identifiers"), i, one) {
		const char *type = json_text(one, "type");

		if (type != NULL && (strcmp(type, "DOI") == 0 || strcmp(type, "Handle") == 0))
			return MET;
	}
	return NOT_MET;
}

static enum met has_abstract(const struct ask *a)
{
	return record_abstract(a->rec->doc, NULL).n >= 100 ? MET : NOT_MET;
}

static enum met has_subjects(const struct ask *a)
{
	return members(a->rec->doc, "subjects") > 0 ? MET : NOT_MET;
}

/* Every person with an ORCID. */
static enum met has_orcid(const struct ask *a)
{
	json_t *one, *id;
	size_t i, j, people = 0, known = 0;

	json_array_foreach(json_object_get(a->rec->doc, "creators"), i, one) {
		const char *type = json_text(one, "nameType");
		bool found = false;

		if (type != NULL && strcmp(type, "Organizational") == 0)
			continue;
		people++;
		json_array_foreach(json_object_get(one, "nameIdentifiers"), j, id)
			found = found || (json_text(id, "scheme") != NULL && strcmp(json_text(id, "scheme"), "ORCID") == 0);
		known += found;
	}
	return people == 0 ? NOT_ASKED : known == people ? MET : NOT_MET;
}

static enum met has_licence(const struct ask *a)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(a->rec->doc, "rights"), i, one)
		if (json_text(one, "uri") != NULL)
			return MET;
	return NOT_MET;
}

static enum met has_two_languages(const struct ask *a)
{
	json_t *one;
	size_t i;
	bool ja = false, en = false;

	json_array_foreach(json_object_get(a->rec->doc, "titles"), i, one) {
		const char *lang = json_text(one, "lang");

		ja = ja || (lang != NULL && strcmp(lang, "ja") == 0);
		en = en || (lang != NULL && strcmp(lang, "en") == 0);
	}
	return ja && en ? MET : NOT_MET;
}

static enum met has_links(const struct ask *a)
{
	return members(a->rec->doc, "relations") > 0 ? MET : NOT_MET;
}

static enum met all_readable(const struct ask *a)
{
	if (a->facts == NULL || json_at(a->facts, "files") == NULL)
		return NOT_ASKED;
	return json_integer_value(json_at(a->facts, "files.unreadable")) == 0 && json_integer_value(json_at(a->facts, "files.unknown")) == 0 ? MET : NOT_MET;
}

/* Of the columns with numbers, all have a unit. */
static enum met has_units(const struct ask *a)
{
	json_t *table, *col;
	size_t i, j, numbers = 0, units = 0;

	json_array_foreach(json_object_get(a->facts, "tables"), i, table) {
		json_array_foreach(json_object_get(table, "columns"), j, col) {
			if (json_text(col, "type") == NULL || strcmp(json_text(col, "type"), "number") != 0)
				continue;
			numbers++;
			units += json_text(col, "unit") != NULL;
		}
	}
	return numbers == 0 ? NOT_ASKED : units == numbers ? MET : NOT_MET;
}

static enum met is_clean(const struct ask *a)
{
	if (members(a->facts, "tables") == 0)
		return NOT_ASKED;
	return members(a->facts, "findings") == 0 ? MET : NOT_MET;
}

static enum met is_utf8(const struct ask *a)
{
	json_t *table;
	size_t i, seen = 0;

	json_array_foreach(json_object_get(a->facts, "tables"), i, table) {
		const char *enc = json_text(table, "encoding");

		if (enc == NULL)
			continue;
		seen++;
		if (strcmp(enc, "utf-8") != 0 && strcmp(enc, "us-ascii") != 0)
			return NOT_MET;
	}
	return seen == 0 ? NOT_ASKED : MET;
}

static const struct { enum met (*is)(const struct ask *); const char *en, *ja, *fix_en, *fix_ja; } checks[] = {
	{ has_doi, "It has a DOI or Handle", "DOI または Handle があります", "Give it a DOI: only this site's own address names it now.",
	    "DOI を付けてください。いまはこのサイトのアドレスだけが識別子です。" },
	{ has_abstract, "A description tells what was done", "内容を説明する抄録があります", "Write a description of at least two sentences: what was measured, how, where and when.",
	    "何を、どのように、いつ、どこで測定したかを、二文以上で説明してください。" },
	{ has_subjects, "It has subjects", "主題があります", "Add subjects: the words a colleague would search with.", "主題を加えてください。検索に使われそうな語が適しています。" },
	{ has_orcid, "Every person has an ORCID iD", "すべての作成者に ORCID iD があります", "Add the missing ORCID iDs of the creators.", "ORCID iD のない作成者に追加してください。" },
	{ has_licence, "The licence has an address that machines know", "機械が読めるライセンスがあります", "Choose a standard licence, as CC BY 4.0.",
	    "CC BY 4.0 など、標準的なライセンスを選んでください。" },
	{ has_two_languages, "Titles in Japanese and English", "日本語と英語の題名があります", "Add a title in the other language.", "もう一方の言語の題名を加えてください。" },
	{ has_links, "It names related papers, data or software", "関連する論文・データ・ソフトウェアが示されています", "Name the paper that these data belong to.",
	    "このデータに対応する論文などを示してください。" },
	{ all_readable, "Every file could be read", "すべてのファイルの中身を読み取れました", "Some files have a format that could not be read here: offer open formats beside them, as CSV or NetCDF.",
	    "読み取れない形式のファイルがあります。CSV や NetCDF など、公開された形式を併せて置いてください。" },
	{ has_units, "Measured columns have units", "測定値の列に単位があります", "Add units to the columns with decimals, in a second head row or as temperature [K].",
	    "小数の列に単位を加えてください。見出しの二行目、または「温度 [K]」のように書けます。" },
	{ is_utf8, "Tables are in UTF-8", "表の文字コードは UTF-8 です", "Save the tables as UTF-8: other encodings are read here, but not by every tool.",
	    "表を UTF-8 で保存してください。ここでは読めますが、読めない道具もあります。" },
	{ is_clean, "The tables have no faults", "表に問題は見つかっていません", "See “Worth knowing” above.", "上の「留意点」をご覧ください。" },
};
#define CHECKS (sizeof(checks) / sizeof(checks[0]))

void put_ready(struct page *p, const struct rec *rec, const json_t *facts)
{
	struct ask a = { rec, facts };
	enum met met[CHECKS];
	size_t i, good = 0, asked = 0;

	for (i = 0; i < CHECKS; i++) {
		met[i] = checks[i].is(&a);
		asked += met[i] != NOT_ASKED;
		good += met[i] == MET;
	}
	putf(p, "<h2 id=\"ready\">%s</h2><p><svg class=\"bar\" width=\"100\" height=\"10\" aria-hidden=\"true\">"
	    "<rect class=\"all\" width=\"100\" height=\"10\" rx=\"3\"/><rect width=\"%zu\" height=\"10\" rx=\"3\"/></svg> ", w(p, "FAIR and AI-readiness", "FAIR・AI 利用への対応"),
	    asked == 0 ? 0 : good * 100 / asked);
	putf(p, w(p, "%zu of %zu checks are met.", "%2$zu 項目中 %1$zu 項目を満たしています。"), good, asked);
	put(p, "</p>");
	if (good < asked)
		putf(p, "<p>%s</p><ul class=\"checks\">", w(p, "What would raise it:", "次の点で改善できます："));
	for (i = 0; i < CHECKS; i++)
		if (met[i] == NOT_MET)
			putf(p, "<li>%s</li>", w(p, checks[i].fix_en, checks[i].fix_ja));
	if (good < asked)
		put(p, "</ul>");
	if (good == 0)
		return;
	putf(p, "<details class=\"plain\"><summary>%s</summary><ul class=\"checks met\">", w(p, "What is met", "満たしている項目"));
	for (i = 0; i < CHECKS; i++)
		if (met[i] == MET)
			putf(p, "<li>%s</li>", w(p, checks[i].en, checks[i].ja));
	put(p, "</ul></details>");
}
