#include "base/utf8.h"
#include "indexer/extract/xml_tree.h"
#include "t/fuzz/fuzz.h"

/* A tree keeps its limits whatever came in: depth, number, names, UTF-8; every node is found again by walking. */
struct seen { unsigned nodes, attrs; };

static void walk(const struct xn *n, const struct xn *parent, unsigned depth, struct seen *s)
{
	FUZZ_HOLDS(depth <= XML_DEPTH_MAX);
	FUZZ_HOLDS(++s->nodes <= XML_NODES_MAX);
	FUZZ_HOLDS(n->parent == parent && n->name != NULL && n->name[0] != '\0' && n->ns != NULL);
	FUZZ_HOLDS(utf8_valid(n->text, NULL));
	for (const struct xattr *a = n->attrs; a != NULL; a = a->next) {
		FUZZ_HOLDS(a->label[0] == '@' && utf8_valid(a->value, NULL));
		FUZZ_HOLDS(xn_attr(n, a->name).n > 0 || a->value.n == 0 || n->attrs != a);
	}
	for (const struct xn *c = n->child; c != NULL; c = c->next) {
		FUZZ_HOLDS(xn_child(n, c->name) != NULL);
		walk(c, n, depth + 1, s);
		if (c->next == NULL)
			FUZZ_HOLDS(n->last == c);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	struct arena *a = arena_new(16 * XML_TREE_MAX);
	struct buf all = BUF_INIT(XML_TREE_MAX * 2);
	char *bytes = exact_copy(d, n);
	struct err e = ERR_INIT;
	struct xn *root;
	struct seen s = { 0, 0 };

	FUZZ_HOLDS(a != NULL);
	if (xml_tree(&root, a, slice_of(bytes, n), &e) == ST_OK) {
		walk(root, NULL, 1, &s);
		xn_all_text(root, &all);
		FUZZ_HOLDS(xn_find(root, root->name) == root);
	} else {
		FUZZ_HOLDS(root == NULL && e.text[0] != '\0');
	}
	buf_release(&all);
	free(bytes);
	arena_free(a);
	return 0;
}
