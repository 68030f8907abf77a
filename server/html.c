#include "server/html.h"

#include "base/str.h"
#include "server/negotiate.h"

#define PAGE_MAX ((size_t)32 << 20)

static const char style[] =
#include "server/style_css.inc"
;
static const char script[] =
#include "server/page_js.inc"
;

/* Three triangular logs, laid so that each row holds the next: the ends of one wall above and below, the side of the other between them. */
static const char mark[] =
	"<svg width=\"34\" height=\"32\" viewBox=\"0 0 34 32\" aria-hidden=\"true\" fill=\"currentColor\">"
	"<path d=\"M3 9.5 9.5 1 16 9.5zM18 9.5 24.5 1 31 9.5zM3 31l6.5-8.5L16 31zM18 31l6.5-8.5L31 31z\"/><path d=\"M0 16l4-4.500h26l4 4.500-4 4.500H4z\" fill-opacity=\".55\"/></svg>";

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

void put_search(struct page *p, struct slice q)
{
	putf(p, "<form class=\"search\" role=\"search\" action=\"/search\"><label for=\"q\">%s</label><input id=\"q\" type=\"search\" name=\"q\" value=\"",
	    w(p, "Search records", "レコードを検索"));
	put_text(p, q);
	putf(p, "\" placeholder=\"%s\"><button type=\"submit\">%s</button></form>\n", w(p, "words, names, columns …", "語、人名、列名など"), w(p, "Search", "検索"));
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
	put(p, "<script src=\"/page.js\" defer></script>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">");
	put(p, w(p, "Skip to the content", "本文へ移動"));
	put(p, "</a>\n<header class=\"top\"><a class=\"name\" href=\"/\">");
	put(p, mark);
	put(p, "<span>");
	put_str(p, r->site->name);
	putf(p, "</span></a><nav aria-label=\"%s\"><a class=\"wide\" href=\"/search\">%s</a>", w(p, "Site", "サイト内"), w(p, "All records", "すべてのレコード"));
	put_switch(p);
	put(p, "</nav></header>\n<main id=\"main\">\n");
	if (search)
		put_search(p, q);
}

void page_end(struct page *p)
{
	const char *mail = p->r->site->email;

	put(p, "</main>\n<footer>");
	put_str(p, p->r->site->name);
	if (mail != NULL && mail[0] != '\0' && strstr(mail, "invalid") == NULL) {
		put(p, " · <a href=\"mailto:");
		put_str(p, mail);
		putf(p, "\">%s</a>", w(p, "Contact", "問い合わせ"));
	}
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
	int page = negotiate_quality(accept, "text/html", NULL);

	return accept.p != NULL && memmem(accept.p, accept.n, "text/html", 9) != NULL && page > 0 &&
	    page >= negotiate_quality(accept, "application/problem+json", NULL) && page >= negotiate_quality(accept, "application/json", NULL);
}

static const struct { int status; const char *en, *ja, *do_en, *do_ja; } faults[] = {
	{ 400, "This request could not be read", "リクエストを読み取れませんでした", "Check the address.", "アドレスを確かめてください。" },
	{ 401, "You need to log in for this", "ログインが必要です", "Send a token with the request, as azekura login does.", "azekura login のように、トークンを付けて送ってください。" },
	{ 403, "You may not open this", "このファイルは閲覧できません", "The landing page of the record says when and how it can be had.", "公開の時期や申請の方法はレコードのページにあります。" },
	{ 404, "There is nothing at this address", "このアドレスには何もありません", "Check the address, or search above.", "アドレスを確かめるか、上の欄で検索してください。" },
	{ 405, "This address does not answer that", "この操作には対応していません", "The API is described in /api/openapi.json.", "API の説明は /api/openapi.json にあります。" },
	{ 410, "This was withdrawn", "取り下げられています", "", "" },
	{ 416, "The file ends before that", "ファイルの範囲外です", "Fetch the file again from the start.", "最初から取得し直してください。" },
	{ 429, "Too many requests", "リクエストが多すぎます", "Wait a little and try again.", "少し待ってからもう一度お試しください。" },
	{ 503, "The server is busy", "サーバーが混み合っています", "Try again in a few seconds.", "数秒後にもう一度お試しください。" },
};

void page_problem(struct req *r, int status, const char *detail)
{
	size_t i = 0, n = sizeof(faults) / sizeof(faults[0]);
	struct page p;
	bool ja = strcmp(r->lang, "ja") == 0;
	const char *title = ja ? "サーバーで問題が起きました" : "Something failed on the server", *what = ja ? "時間をおいてもう一度お試しください。" : "Try again later.";

	for (i = 0; i < n; i++) {
		if (faults[i].status == status) {
			title = ja ? faults[i].ja : faults[i].en;
			what = ja ? faults[i].do_ja : faults[i].do_en;
		}
	}
	page_start(&p, r, slice_str(title), NULL, true, SLICE_NULL);
	putf(&p, "<h1>%s</h1><p class=\"note bad\">%s", title, what);
	/* What happened, in the words of the API, unless the heading says just that. */
	if (detail != NULL && detail[0] != '\0' && status != 404) {
		put(&p, "<br><span lang=\"en\" class=\"dim\">");
		put_str(&p, detail);
		put(&p, "</span>");
	}
	putf(&p, "</p><p><a href=\"/\">%s</a></p>", w(&p, "To the first page", "トップページへ"));
	page_end(&p);
	page_send(&p, status);
}

void page_dress(struct req *r)
{
	const struct reply *a = &r->reply;
	struct http_field kept[REPLY_FIELDS_MAX];
	json_t *problem = NULL;
	const char *detail;
	unsigned i, n = 0;

	if (a->status < 400 || a->kind != REPLY_BUF || a->n == 0 || !slice_eq_str(a->fields[0].value, "application/problem+json") || r->site == NULL ||
	    slice_starts(r->path, "/api/") || slice_starts(r->path, "/oai") || !page_wanted(r))
		return;
	for (i = 1; i < a->n; i++)
		if (!slice_ieq_str(a->fields[i].name, "Cache-Control"))
			kept[n++] = a->fields[i];
	if (json_load(&problem, buf_slice(&a->buf), NULL) != ST_OK)
		problem = NULL;
	detail = req_str(r, "%s", json_text(problem, "detail") == NULL ? "" : json_text(problem, "detail"));
	json_decref(problem);
	page_problem(r, a->status, detail);
	for (i = 0; i < n; i++)
		reply_add(r, kept[i].name.p, kept[i].value);
}

static void style_get(struct req *r)
{
	reply_text(r, 200, "text/css; charset=utf-8", slice_of(style, sizeof(style) - 1));
	reply_add(r, "Cache-Control", SLICE("public, max-age=3600"));
}

static void script_get(struct req *r)
{
	reply_text(r, 200, "text/javascript; charset=utf-8", slice_of(script, sizeof(script) - 1));
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
	{ HTTP_GET, "/page.js", script_get, 0, 0, NULL, NULL },
	{ HTTP_GET, "/icon.svg", icon_get, 0, 0, NULL, NULL },
	{ 0 }
};
