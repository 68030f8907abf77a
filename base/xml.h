#ifndef BASE_XML_H
#define BASE_XML_H

/*
 * XML out: an escaping writer; there is no function that takes ready markup. Characters that XML 1.0 forbids are left out
 * and counted. XML in (push parser with limits, no DOCTYPE) comes with the readers that need it, in the helper.
 */

#include "base/buf.h"

struct xml {
	struct buf *out;	/* borrowed */
	unsigned depth;
	bool open;		/* a start tag waits for '>' */
	unsigned dropped;	/* forbidden characters left out so far */
	const char *stack[32];	/* names, borrowed until closed */
};

void xml_init(struct xml *w, struct buf *out);
void xml_decl(struct xml *w);				/* <?xml version="1.0" encoding="UTF-8"?> */
void xml_start(struct xml *w, const char *name);	/* ${name} borrowed until xml_end */
void xml_attr(struct xml *w, const char *name, struct slice v);
void xml_text(struct xml *w, struct slice s);
void xml_end(struct xml *w);
void xml_elem(struct xml *w, const char *name, struct slice text);	/* start, text, end */

/* The bare escapers; return characters dropped. */
unsigned xml_escape_text(struct buf *out, struct slice s);
unsigned xml_escape_attr(struct buf *out, struct slice s);	/* also tab, CR, LF as references */

#endif
