/* What people wrote into a picture: XMP packets (ISO 16684-1) and the older IPTC-IIM. */

#include "indexer/extract/bytes_int.h"
#include "indexer/extract/image.h"
#include "indexer/extract/xml_tree.h"

#define PEOPLE_MOST	50u

static void propose_text(struct fact *f, const char *member, struct slice s, const char *lang, const char *place)
{
	if (s.n)
		image_propose(f, member, json_pack("{s:o,s:s*}", "value", fact_text(s, FACT_VALUE), "lang", lang), place);
}

static void propose_person(struct fact *f, struct slice s, const char *place)
{
	if (s.n)
		image_propose(f, "creators", json_pack("{s:[{s:o}]}", "names", "value", fact_text(s, FACT_VALUE)), place);
}

static void propose_rights(struct fact *f, struct slice words, struct slice uri, const char *place)
{
	json_t *j;

	if (words.n == 0 && uri.n == 0)
		return;
	j = json_object();
	if (words.n)
		fact_put(f, j, "values", json_pack("[{s:o}]", "value", fact_text(words, FACT_VALUE)));
	if (uri.n)
		fact_put_text(f, j, "uri", uri);
	image_propose(f, "rights", j, place);
}

/* rdf:li below a bag, a sequence or an alternative; the text itself when it is none of these. */
static struct xn *first_item(struct xn *n)
{
	return n ? xn_find(n, "li") : NULL;
}

static bool ours(const struct xn *n, const char *ns)
{
	return strcmp(n->ns, ns) == 0;
}

#define DC	"http://purl.org/dc/elements/1.1/"
#define XMPR	"http://ns.adobe.com/xap/1.0/rights/"
#define CC	"http://creativecommons.org/ns#"

static void read_dc(struct fact *f, struct xn *n)
{
	struct xn *li = first_item(n);
	struct slice lang = li ? xn_attr(li, "lang") : SLICE_NULL, s = li ? li->text : n->text;
	char tag[20] = "";
	unsigned count = 0;

	if (lang.n && lang.n < sizeof(tag) && !slice_eq_str(lang, "x-default"))
		memcpy(tag, lang.p, lang.n);
	if (strcmp(n->name, "title") == 0)
		propose_text(f, "titles", s, tag[0] ? tag : NULL, "XMP dc:title");
	else if (strcmp(n->name, "description") == 0)
		propose_text(f, "descriptions", s, tag[0] ? tag : NULL, "XMP dc:description");
	else if (strcmp(n->name, "rights") == 0)
		propose_rights(f, s, SLICE_NULL, "XMP dc:rights");
	else if (strcmp(n->name, "creator") == 0)
		for (; li && count < PEOPLE_MOST; li = xn_next(li), count++)
			propose_person(f, li->text, "XMP dc:creator");
	else if (strcmp(n->name, "subject") == 0)
		for (; li && count < PEOPLE_MOST; li = xn_next(li), count++)
			propose_text(f, "subjects", li->text, NULL, "XMP dc:subject");
}

static void read_property(struct fact *f, struct xn *n)
{
	if (ours(n, DC))
		read_dc(f, n);
	else if (ours(n, XMPR) && strcmp(n->name, "WebStatement") == 0)
		propose_rights(f, SLICE_NULL, n->text, "XMP xmpRights:WebStatement");
	else if (ours(n, CC) && strcmp(n->name, "license") == 0)
		propose_rights(f, SLICE_NULL, n->text.n ? n->text : xn_attr(n, "resource"), "XMP cc:license");
}

/* Simple properties may stand as attributes of rdf:Description. */
static void read_attrs(struct fact *f, const struct xn *d)
{
	const struct xattr *a;

	for (a = d->attrs; a; a = a->next)
		if (strcmp(a->ns, XMPR) == 0 && strcmp(a->name, "WebStatement") == 0)
			propose_rights(f, SLICE_NULL, a->value, "XMP xmpRights:WebStatement");
		else if (strcmp(a->ns, CC) == 0 && strcmp(a->name, "license") == 0)
			propose_rights(f, SLICE_NULL, a->value, "XMP cc:license");
}

void xmp_read(struct fact *f, struct slice packet)
{
	struct arena *a;
	struct xn *root = NULL, *d, *n;
	struct err e = ERR_INIT;

	while (packet.n && (packet.p[packet.n - 1] == '\0' || packet.p[packet.n - 1] == ' ' || packet.p[packet.n - 1] == '\n'))
		packet.n--;
	if (packet.n == 0 || packet.n > IMAGE_BLOCK || (a = arena_new(0)) == NULL)
		return;
	if (xml_tree(&root, a, packet, &e) != ST_OK)
		fact_check(f, "xmp", false, "the XMP packet cannot be read: %s", e.text);
	else
		for (d = xn_find(root, "Description"); d; d = xn_next(d)) {
			read_attrs(f, d);
			for (n = d->child; n; n = n->next)
				read_property(f, n);
		}
	arena_free(a);
}

/* ---- IPTC-IIM 4.1: datasets of record 2 ---- */

static void iptc_take(struct fact *f, unsigned set, struct slice s)
{
	json_t *record = fact_object(f, "record");

	/* XMP says the same in Unicode: what it gave is left alone. */
	if (set == 5 && json_object_get(record, "titles") == NULL)
		propose_text(f, "titles", s, NULL, "IPTC 2:05");
	else if (set == 80)
		propose_person(f, s, "IPTC 2:80");
	else if (set == 116 && json_object_get(record, "rights") == NULL)
		propose_rights(f, s, SLICE_NULL, "IPTC 2:116");
	else if (set == 120 && json_object_get(record, "descriptions") == NULL)
		propose_text(f, "descriptions", s, NULL, "IPTC 2:120");
	if (record && json_object_size(record) == 0)
		json_object_del(fact_root(f), "record");
}

void iptc_read(struct fact *f, struct slice block)
{
	const uint8_t *p = (const uint8_t *)block.p;
	size_t at = 0, n;
	bool people = json_object_get(json_object_get(fact_root(f), "record"), "creators") != NULL;

	while (at + 5 <= block.n && p[at] == 0x1C) {
		n = get16(p + at + 3, true);
		if (n & 0x8000 || n > block.n - at - 5)	/* extended sizes hold pictures, not words */
			return;
		if (p[at + 1] == 2 && !(p[at + 2] == 80 && people))
			iptc_take(f, p[at + 2], slice_of(p + at + 5, n));
		at += 5 + n;
	}
}

void photoshop_read(struct fact *f, struct slice block)
{
	const uint8_t *p = (const uint8_t *)block.p;
	size_t at = 0, name, n;

	while (block.n - at >= 12 && memcmp(p + at, "8BIM", 4) == 0) {
		name = ((size_t)p[at + 6] + 2) & ~(size_t)1;
		if (name + 10 > block.n - at)
			return;
		n = get32(p + at + 6 + name, true);
		if (n > block.n - at - 10 - name)
			return;
		if (get16(p + at + 4, true) == 0x0404)
			iptc_read(f, slice_of(p + at + 10 + name, n));
		at += 10 + name + ((n + 1) & ~(size_t)1);
		if (at > block.n)
			return;
	}
}
