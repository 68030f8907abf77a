#include "server/words.h"

#include "base/clock.h"
#include "schema/record.h"
#include "schema/vocab.h"

enum rec_access access_now(const struct rec *rec)
{
	return rec->access == ACC_EMBARGOED && rec->embargo_end <= clock_now() ? ACC_OPEN : rec->access;
}

const char *access_word(const struct page *p, enum rec_access a)
{
	switch (a) {
	case ACC_OPEN: return w(p, "open", "公開");
	case ACC_EMBARGOED: return w(p, "embargoed", "公開期間猶予");
	case ACC_RESTRICTED: return w(p, "restricted", "共有");
	default: return w(p, "closed", "非公開");
	}
}

const char *type_word(const struct page *p, const struct rec *rec)
{
	const struct vocab *v = schema_vocab(p->r->site->repo->schema, "resource_types");
	const char *coar = record_type(rec->doc), *label;
	size_t row;

	if (v == NULL || !vocab_find(v, "coar", slice_str(coar), &row))
		return w(p, "record", "レコード");
	label = vocab_get(v, row, p->ja ? "label_ja" : "label");
	return label[0] != '\0' ? label : vocab_get(v, row, "label");
}

const char *relation_word(const struct page *p, const char *type)
{
	const char *label = vocab_map(schema_vocab(p->r->site->repo->schema, "relation_types"), "id", slice_str(type), p->ja ? "label_ja" : "label");

	return label[0] != '\0' ? label : type;
}

void put_tags(struct page *p, const struct rec *rec)
{
	enum rec_access a = access_now(rec);

	put(p, "<span class=\"tag kind\">");
	put_str(p, type_word(p, rec));
	putf(p, "</span> <span class=\"tag %s\">%s</span> ", access_name(a), access_word(p, a));
}

const char *lang_said(const json_t *array, struct slice s)
{
	json_t *one;
	size_t i;

	/* record_ml() lends the text itself: the one whose bytes these are. */
	json_array_foreach(array, i, one)
		if (s.n > 0 && json_slice(json_object_get(one, "value")).p == s.p)
			return json_text(one, "lang");
	return NULL;
}

void put_said(struct page *p, const json_t *array, struct slice s)
{
	const char *lang = lang_said(array, s);

	if (lang == NULL || strncmp(lang, p->r->lang, 2) == 0) {
		put_text(p, s);
		return;
	}
	put(p, "<span lang=\"");
	put_str(p, lang);
	put(p, "\">");
	put_text(p, s);
	put(p, "</span>");
}

void put_title(struct page *p, const struct rec *rec)
{
	struct slice title = record_title(rec->doc, p->r->lang);

	if (title.n > 0)
		put_said(p, json_object_get(rec->doc, "titles"), title);
	else
		put_str(p, rec->id);
}

void put_name(struct page *p, const json_t *agent)
{
	struct slice name = record_name(agent, p->r->lang);
	const char *comma = name.n == 0 ? NULL : memmem(name.p, name.n, ", ", 2);
	size_t i;
	bool han = false;

	for (i = 0; i < name.n; i++)
		han = han || ((unsigned char)name.p[i] >= 0xe3 && (unsigned char)name.p[i] <= 0xed);
	/* A name that turns the direction of writing turns only itself. */
	put(p, "<bdi>");
	if (!han || comma == NULL) {
		put_text(p, name);
	} else {
		put_text(p, slice_of(name.p, (size_t)(comma - name.p)));
		put(p, " ");
		put_text(p, slice_of(comma + 2, name.n - (size_t)(comma + 2 - name.p)));
	}
	put(p, "</bdi>");
}

void put_day(struct page *p, struct slice iso)
{
	static const char *const months[] = { "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
		"November", "December" };
	int64_t sec;
	bool day;

	if (iso.n > 10 && iso.p[10] == 'T')
		iso.n = 10;
	if (!iso8601_parse(iso, &sec, &day) || iso.n != 10) {
		put_text(p, iso);
		return;
	}
	put(p, "<time datetime=\"");
	put_text(p, iso);
	put(p, "\">");
	put_text(p, iso);
	put(p, "</time> <span class=\"dim\">");
	/* iso8601_parse() has seen digits in these places. */
	if (p->ja)
		putf(p, "（%.4s年%d月%d日）", iso.p, (iso.p[5] - '0') * 10 + iso.p[6] - '0', (iso.p[8] - '0') * 10 + iso.p[9] - '0');
	else
		putf(p, "(%d %s %.4s)", (iso.p[8] - '0') * 10 + iso.p[9] - '0', months[(iso.p[5] - '0') * 10 + iso.p[6] - '0' - 1], iso.p);
	put(p, "</span>");
}

void put_day_of(struct page *p, int64_t sec)
{
	char day[11];

	iso8601_date(day, sec);
	put_day(p, slice_str(day));
}
