#ifndef INDEXER_EXTRACT_XML_TREE_H
#define INDEXER_EXTRACT_XML_TREE_H

/*
 * Small XML documents as a tree, read by libxml2's push parser behind limits: no DOCTYPE (so no entity but the five), no network, no file; elements, depth,
 * attributes and bytes are counted. Names are compared by namespace and local name, never by prefix.
 */

#include "base/arena.h"
#include "base/buf.h"

#define XML_TREE_MAX	((size_t)4 << 20)	/* bytes */
#define XML_DEPTH_MAX	64u
#define XML_NODES_MAX	100000u
#define XML_ATTRS_MAX	100u			/* of one element */

struct xattr {
	struct xattr *next;
	const char *name, *ns;		/* ns "" when it has none */
	const char *label;		/* "@name" */
	struct slice value;
};

struct xn {
	struct xn *parent, *child, *last, *next;
	const char *name, *ns;		/* local name; namespace or "" */
	struct xattr *attrs;
	struct slice text;		/* of it and of inline markup in it, blanks off both ends */
	uint32_t nth;			/* among siblings of its name, from 1; 0: not counted */
	uint32_t line;
};

/* The root, borrowed until ${a} is freed. ST_INVALID with the reason. */
st_t xml_tree(struct xn **root, struct arena *a, struct slice xml, struct err *e);

/* First child of that local name; NULL: none (also for ${n} NULL). */
struct xn *xn_child(const struct xn *n, const char *name);
/* Next sibling of the same name. */
struct xn *xn_next(const struct xn *n);
/* Down a path of local names, "a/b/c"; first ones. */
struct xn *xn_at(const struct xn *n, const char *path);
/* First descendant of that name, in document order; ${n} itself counts. */
struct xn *xn_find(const struct xn *n, const char *name);
struct slice xn_text(const struct xn *n, const char *path);	/* empty when absent */
struct slice xn_attr(const struct xn *n, const char *name);	/* by local name */
/* All text below ${n}, in order, parted by blanks. */
void xn_all_text(const struct xn *n, struct buf *out);

#endif
