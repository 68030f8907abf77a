#include "server/html.h"

#include "base/str.h"
#include "server/negotiate.h"

#define PAGE_MAX ((size_t)32 << 20)

static const char style[] =
#include "server/style_css.inc"
;

/* Three interlocking triangular logs. */
static const char mark[] =
	"<svg width=\"34\" height=\"30\" viewBox=\"0 0 34 30\" aria-hidden=\"true\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\" stroke-linejoin=\"round\">"
	"<path d=\"M2 9 7 1l5 8zM12 9l5-8 5 8zM22 9l5-8 5 8z\"/><path d=\"M0 13h34M0 26h34\"/><path d=\"M7 23l5-8 5 8zM17 23l5-8 5 8z\" fill=\"currentColor\" fill-opacity=\".25\"/></svg>";

void put(struct page *p, const char *markup)
{
	buf_adds(&p->b, markup);
}

void putf(struct page *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&p->b, fmt, ap);
	va_end(ap);
}

void put_text(struct page *p, struct slice s)
{
	html_text(&p->b, s);
}

void put_str(struct page *p, const char *s)
{
	if (s != NULL)
		html_text(&p->b, slice_str(s));
}

void put_number(struct page *p, uint64_t n)
{
	char d[32];
	size_t i, len = (size_t)snprintf(d, sizeof(d), "%llu", (unsigned long long)n);

	for (i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			buf_adds(&p->b, "\xe2\x80\xaf");
		buf_addc(&p->b, d[i]);
	}
}

void put_size(struct page *p, uint64_t bytes)
{
	char size[32];

	put_str(p, human_size(size, bytes));
}

void put_link_to(struct page *p, const char *url, struct slice text)
{
	bool ok = url != NULL && (strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0 || (url[0] == '/' && url[1] != '/'));

	if (ok) {
		put(p, "<a href=\"");
		put_str(p, url);
		put(p, "\">");
	}
	put_text(p, text);
	if (ok)
		put(p, "</a>");
}

/* The same address in the other language. */
static void put_switch(struct page *p)
{
	struct req *r = p->r;
	struct slice rest = r->query;
	struct buf q = BUF_INIT(65536);

	while (rest.p != NULL) {
		struct slice one = slice_cut(&rest, '&');

		if (one.n == 0 || slice_starts(one, "lang="))
			continue;
		buf_addc(&q, q.n == 0 ? '?' : '&');
		buf_addsl(&q, one);
	}
	buf_addf(&q, "%clang=%s", q.n == 0 ? '?' : '&', p->ja ? "en" : "ja");
	put(p, "<a rel=\"alternate\" ");
	putf(p, "hreflang=\"%s\" lang=\"%s\" href=\"", p->ja ? "en" : "ja", p->ja ? "en" : "ja");
	put_text(p, r->path);
	put_text(p, buf_slice(&q));
	putf(p, "\">%s</a>", p->ja ? "English" : "日本語");
	buf_release(&q);
}

void page_start(struct page *p, struct req *r, struct slice title, const char *head_links, bool search, struct slice q)
{
	memset(p, 0, sizeof(*p));
	p->r = r;
	p->ja = strcmp(r->lang, "ja") == 0;
	buf_init(&p->b, PAGE_MAX);
	putf(p, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>", r->lang);
	if (title.n > 0) {
		put_text(p, title);
		put(p, " – ");
	}
	put_str(p, r->site->name);
	put(p, "</title>\n<link rel=\"stylesheet\" href=\"/style.css\">\n<link rel=\"icon\" href=\"/icon.svg\" type=\"image/svg+xml\">\n");
	if (head_links != NULL)
		put(p, head_links);
	put(p, "</head>\n<body>\n<a class=\"skip\" href=\"#main\">");
	put(p, w(p, "Skip to the content", "本文へ移動"));
	put(p, "</a>\n<header class=\"top\"><a class=\"name\" href=\"/\">");
	put(p, mark);
	put(p, "<span>");
	put_str(p, r->site->name);
	putf(p, "</span></a><nav aria-label=\"%s\"><a href=\"/search\">%s</a>", w(p, "Site", "サイト"), w(p, "Search", "検索"));
	put_switch(p);
	put(p, "</nav></header>\n<main id=\"main\">\n");
	if (search) {
		putf(p, "<form class=\"search\" role=\"search\" action=\"/search\"><label for=\"q\">%s</label><input id=\"q\" type=\"search\" name=\"q\" value=\"",
		    w(p, "Search records", "レコードを検索"));
		put_text(p, q);
		putf(p, "\" placeholder=\"%s\"><button>%s</button></form>\n", w(p, "temperature AND type:dataset", "気温 type:dataset"), w(p, "Search", "検索"));
	}
}

void page_end(struct page *p)
{
	put(p, "</main>\n<footer>");
	put_str(p, p->r->site->name);
	putf(p, " · <a href=\"/api/openapi.json\">API</a> · <a href=\"/oai?verb=Identify\">OAI-PMH</a> · Azekura %s</footer>\n</body>\n</html>\n", AZEKURA_VERSION);
}

void page_send(struct page *p, int status)
{
	struct req *r = p->r;

	reply_buf(r, status, "text/html; charset=utf-8", &p->b);
	reply_add(r, "Content-Language", slice_str(r->lang));
	reply_add(r, "Content-Security-Policy", SLICE("default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; form-action 'self'; "
	    "base-uri 'none'; frame-ancestors 'none'"));
	reply_add(r, "Cache-Control", r->who.user == 0 ? SLICE("public, max-age=0, must-revalidate") : SLICE("private, no-store"));
	/* A language that was asked for is remembered. */
	if (r->query.p != NULL && req_arg(r, "lang").p != NULL)
		reply_addf(r, "Set-Cookie", "azk_lang=%s; Path=/; Max-Age=31536000; SameSite=Lax", r->lang);
}

bool page_wanted(struct req *r)
{
	struct slice accept = req_field(r, "Accept");

	return accept.p != NULL && memmem(accept.p, accept.n, "text/html", 9) != NULL;
}

void page_problem(struct req *r, int status, const char *en, const char *ja)
{
	struct page p;

	page_start(&p, r, SLICE_NULL, NULL, true, SLICE_NULL);
	putf(&p, "<h1>%s</h1><p class=\"note bad\">%s</p><p><a href=\"/\">%s</a></p>", w(&p, en, ja), w(&p, "Check the address, or search above.", "アドレスを確かめるか、上の欄で検索してください。"),
	    w(&p, "To the first page", "トップページへ"));
	page_end(&p);
	page_send(&p, status);
}

static void style_get(struct req *r)
{
	reply_text(r, 200, "text/css; charset=utf-8", slice_of(style, sizeof(style) - 1));
	reply_add(r, "Cache-Control", SLICE("public, max-age=3600"));
}

static void icon_get(struct req *r)
{
	struct buf b = BUF_INIT(4096);

	buf_adds(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" style=\"color:#8a5a2b\" ");
	buf_adds(&b, mark + 5);
	reply_buf(r, 200, "image/svg+xml", &b);
	reply_add(r, "Cache-Control", SLICE("public, max-age=86400"));
}

const struct route routes_static[] = {
	{ HTTP_GET, "/style.css", style_get, 0, 0, NULL, NULL },
	{ HTTP_GET, "/icon.svg", icon_get, 0, 0, NULL, NULL },
	{ 0 }
};
