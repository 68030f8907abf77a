#ifndef SERVER_HTML_H
#define SERVER_HTML_H

/* Pages: what they all share. Everything that came from outside goes through put_text(); there is no way to put a record's markup into a page. */

#include "server/api.h"

struct page {
	struct req *r;
	struct buf b;
	bool ja;
};

/* The reader's language of two. */
static inline const char *w(const struct page *p, const char *en, const char *ja) { return p->ja ? ja : en; }

/* Head, top bar with the search box when ${search}, start of <main>. ${title} and ${q} (what stands in the box; may be NULL) come from outside. */
void page_start(struct page *p, struct req *r, struct slice title, const char *head_links, bool search, struct slice q);
void page_end(struct page *p);			/* end of <main>, footer */
void page_send(struct page *p, int status);	/* reply */

void put(struct page *p, const char *markup);				/* our own text */
void putf(struct page *p, const char *fmt, ...) PRINTF_LIKE(2, 3);	/* our own, numbers and our own words only */
void put_text(struct page *p, struct slice s);				/* escaped */
void put_str(struct page *p, const char *s);				/* escaped; NULL is nothing */
void put_number(struct page *p, uint64_t n);				/* with thin spaces */
void put_size(struct page *p, uint64_t bytes);
/* <a href="URL">text</a>: URL escaped; only http and https, or a path of ours, else the text alone. */
void put_link_to(struct page *p, const char *url, struct slice text);

void put_search(struct page *p, struct slice q);			/* the search box */

/* A fault as a page for people. ${detail} in the words of the API, or NULL. */
void page_problem(struct req *r, int status, const char *detail);
/* Before a reply goes out: a problem becomes a page where the reader's program asked for pages and the address is one of theirs. Loop or worker. */
void page_dress(struct req *r);
/* Did the reader's program ask for a page? */
bool page_wanted(struct req *r);

#endif
