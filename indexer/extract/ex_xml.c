/* XML that no other reader knows: is it well-formed, and what is its root? A DOCTYPE is refused, as everywhere. */

#include "base/utf8.h"
#include "indexer/extract/extract_int.h"
#include "indexer/extract/sax_int.h"

#define PIECE ((size_t)256 << 10)

struct xml {
	struct fact *f;
	uint64_t elements;
};

static bool named(const struct head *h)
{
	static const char *const ext[] = { "xml", "svg", "vot", "rdf", "xsd", "xsl", "xslt", "owl" };
	size_t i;

	for (i = 0; i < sizeof(ext) / sizeof(ext[0]); i++)
		if (strcmp(h->ext, ext[i]) == 0)
			return true;
	return false;
}

static int xml_bid(const struct head *h)
{
	struct slice t = h->text;

	if (h->magic || h->size == 0)
		return 0;
	if (slice_starts(t, "\xEF\xBB\xBF"))
		t = slice_of(t.p + 3, t.n - 3);
	return slice_starts(slice_trim(t), "<?xml ") ? 6 : named(h) ? 5 : 0;
}

static void on_start(void *ctx, const char *name, const struct sax_attrs *a)
{
	struct xml *x = ctx;

	(void)a;
	if (x->elements++ == 0)
		fact_put_text(x->f, fact_object(x->f, "attributes"), "root", slice_str(name));
}

static void on_end(void *ctx, const char *name)
{
	(void)ctx;
	(void)name;
}

/* The value of "encoding" in the declaration, empty when there is none. */
static struct slice declared(const struct head *h)
{
	struct slice s = utf8_clip(h->text, 300), rest, none = SLICE_NULL;
	const char *at = s.n ? memmem(s.p, s.n, "encoding=", 9) : NULL, *end = s.n ? memmem(s.p, s.n, "?>", 2) : NULL;

	if (at == NULL || end == NULL || at + 10 > end)
		return none;
	rest = slice_of(at + 10, (size_t)(end - at) - 10);
	return slice_cut(&rest, at[9]);
}

/* libxml2 knows these by itself; converters for others are not reached from the cell. */
static bool readable(struct slice encoding)
{
	static const char *const own[] = { "utf-8", "utf8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "ascii", "iso-8859-1", "latin1" };
	size_t i;

	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (slice_ieq_str(encoding, own[i]))
			return true;
	return encoding.n == 0;
}

static st_t check(struct xml *x, struct source *src, struct err *e)
{
	struct sax s = { .start = on_start, .end = on_end };
	struct buf piece = BUF_INIT(PIECE);
	uint64_t at = 0;
	size_t got;
	st_t st = sax_init(&s, x, 1024);

	if (st == ST_OK)
		st = buf_reserve(&piece, PIECE - 1);
	while (st == ST_OK && at < src->size) {
		if ((st = source_read(src, at, piece.p, PIECE - 1, &got, e)) != ST_OK)
			break;
		at += got;
		st = sax_push(&s, piece.p, got, at >= src->size, e);
	}
	sax_release(&s);
	buf_release(&piece);
	return st;
}

static st_t xml_read(struct fact *f, const struct head *h, struct source *src)
{
	const char *media = ext_media(h->ext);
	struct slice encoding = declared(h);
	struct err why = ERR_INIT;
	struct xml x = { .f = f };
	st_t st;

	fact_media(f, media && strstr(media, "xml") ? media : "application/xml");
	fact_format(f, "XML", NULL, "fmt/101");
	if (!readable(encoding)) {
		fact_check(f, "encoding", true, "whether it is well-formed was not looked at: encoding '%.*s'", (int)(encoding.n < 40 ? encoding.n : 40), encoding.p);
		return ST_OK;
	}
	if ((st = check(&x, src, &why)) == ST_NOMEM)
		return st;
	/* A DOCTYPE is no damage; what it declares is not looked at, nor what stands behind it. */
	if (st != ST_OK && strstr(why.text, "DOCTYPE") != NULL)
		fact_partial(f, "%s: nothing behind it was read", why.text);
	else if (st != ST_OK)
		fact_unreadable(f, "%s", why.text);
	else
		fact_put_int(f, fact_object(f, "attributes"), "elements", (int64_t)x.elements);
	return ST_OK;
}

const struct extractor ex_xml = { .name = "xml", .version = 1, .bid = xml_bid, .read = xml_read };
