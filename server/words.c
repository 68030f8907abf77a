#include "server/words.h"

#include "base/clock.h"
#include "schema/record.h"
#include "schema/vocab.h"

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

void put_tags(struct page *p, const struct rec *rec)
{
	enum rec_access a = rec->access == ACC_EMBARGOED && rec->embargo_end <= clock_now() ? ACC_OPEN : rec->access;

	put(p, "<span class=\"tag kind\">");
	put_str(p, type_word(p, rec));
	putf(p, "</span><span class=\"tag %s\">%s</span> ", access_name(a), access_word(p, a));
}
