#ifndef INDEXER_EXTRACT_SAX_INT_H
#define INDEXER_EXTRACT_SAX_INT_H

/* sax.c: large XML pushed through libxml2: no DOCTYPE, no entity but the five, no network, no file. Names come without prefix. */

#include "base/buf.h"

struct sax_attrs { const unsigned char **p; int n; };

struct sax {
	void *ctx;
	void (*start)(void *ctx, const char *name, const struct sax_attrs *a);
	void (*end)(void *ctx, const char *name);
	struct buf text;		/* what the element in hand holds, since keep was set */
	bool keep;			/* set it in start() when the text is wanted; end() finds it in text. Past the ceiling it is dropped: text.st */
	/* private */
	void *parser;
	const char *fault;
	bool nomem, done;
};

/* ${most}: ceiling of text. */
st_t sax_init(struct sax *s, void *ctx, size_t most);
void sax_release(struct sax *s);
/* ST_OK, ST_NOMEM, or ST_INVALID with the reason; nothing may follow a failure. ${last}: nothing more comes. */
st_t sax_push(struct sax *s, const void *p, size_t n, bool last, struct err *e);
/* Value of an attribute by local name; empty when absent. */
struct slice sax_attr(const struct sax_attrs *a, const char *name);

#endif
