#ifndef SCHEMA_MAP_INT_H
#define SCHEMA_MAP_INT_H

/*
 * A compiled mapping (docs/formats/crosswalk.md): statements that write, expressions that read. Built once by map_parse.c in
 * the arena of its format, only read afterwards, by any thread.
 */

#include "base/arena.h"
#include "schema/schema_int.h"

enum map_kind { MAP_XML, MAP_JSON, MAP_TEXT };

/* What an expression yields. Text and nodes are borrowed from the record, the mapping or the rendering's scratch memory. */
enum val_kind { VAL_NONE, VAL_TEXT, VAL_NUMBER /* its digits are in s */, VAL_BOOL, VAL_NODE, VAL_RAW /* a node to copy whole */ };
struct val {
	enum val_kind k;
	bool b;
	struct slice s;
	const json_t *node;
};

/* From keys to values; filled from a vocabulary's columns or a "table" of the mapping. */
struct table {
	const char *name;
	struct slice *key, *value;	/* ${size} slots, open addressing; an empty slot has key.p NULL */
	size_t size, n;
	struct slice other;		/* for keys not listed; p NULL: nothing */
};

struct step {
	const char *key;
	struct expr *pred;		/* items for which it holds; NULL: all */
	long index;			/* -1: none */
};

struct render;

enum ex_op { EX_LIT, EX_NUM, EX_PATH, EX_VAR, EX_CALL, EX_TABLE, EX_CAT, EX_OR, EX_EQ, EX_NE, EX_IN, EX_BOTH, EX_EITHER, EX_NOT };
enum map_var { VAR_BASE, VAR_OAI, VAR_ID, VAR_PARENT, VAR_VERSION, VAR_REVISION, VAR_STATE, VAR_CREATED, VAR_MODIFIED, VAR_PUBLISHED,
	VAR_FILES, VAR_FILES_TOTAL, VAR_BYTES_TOTAL, VAR_FACTS, VAR_FILES_OPEN, VAR_COUNT };

struct expr {
	enum ex_op op;
	bool marks;			/* holds $base or $oai: may only be written, not looked at */
	bool root;			/* path from the record, not from the current item */
	unsigned up;			/* path from so many contexts further out */
	unsigned n;
	enum map_var var;
	struct slice lit;
	struct expr **arg;
	struct step *steps;		/* of EX_PATH, EX_VAR and EX_CALL */
	unsigned n_steps;
	struct val (*fn)(struct render *, const struct expr *);
	const struct table *table;
};

enum st_op { DO_ELEM, DO_ATTR, DO_TEXT, DO_MEMBER, DO_OBJECT, DO_LIST, DO_ITEM, DO_ITEM_OBJECT, DO_ITEM_LIST, DO_EACH, DO_WITH, DO_IF,
	DO_FIRST, DO_BLOCK, DO_COPY };

struct stmt {
	enum st_op op;
	bool must;			/* "!": without it the element or object around is left out */
	bool hollow;			/* element: attributes alone are enough; object: constants alone are */
	unsigned line;
	struct slice open, close;	/* ready markup: "<dc:title", "</dc:title>"; " a=\""; "\"key\":" */
	struct slice name;
	struct expr *e, *once;
	struct stmt **kid, **other;	/* ${other}: else */
	unsigned n_kids, n_other;
	struct slice *except;		/* copy: members left out */
	unsigned n_except;
};

struct map_code {
	struct arena *arena;		/* holds everything here, the strings of struct format too */
	enum map_kind kind;
	struct stmt *root;
};

/* map_parse.c: compile ${text} of the file ${name} (for errors), found in ${dir} (for "include"). */
st_t map_parse(struct format *f, const struct schema *s, const char *dir, const char *name, struct slice text, struct err *e);

/* xwalk_fn.c: the functions of the language. NULL when unknown; argument count limits set. */
struct val (*map_function(struct slice name, unsigned *min, unsigned *max))(struct render *, const struct expr *);

/* xwalk_expr.c */
#define RENDER_SCRATCH 4096
#define RENDER_DEPTH 24
struct scratch { struct scratch *next; };
struct render {
	const struct schema *s;
	const struct record_view *v;
	enum map_kind kind;
	struct buf *out;
	struct val ctx[RENDER_DEPTH];	/* contexts, innermost last */
	unsigned depth;
	bool tag_open, comma;
	bool missing;			/* a statement with "!" wrote nothing */
	const struct stmt *which;	/* that one */
	uint64_t facts;			/* values written that came from the record */
	st_t st;			/* out of memory */
	json_t *numbers[1];
	char room[RENDER_SCRATCH];
	size_t used;
	struct scratch *more;
};

struct val expr_eval(struct render *r, const struct expr *x);
bool expr_true(struct render *r, const struct expr *x);
struct slice expr_text(struct render *r, const struct expr *x);	/* scalars as text; empty for the rest and for blanks */
struct slice val_text(struct render *r, struct val v);
/* The array (or the one item) that ${x} points at, and the predicate of its last step. */
struct val expr_items(struct render *r, const struct expr *x, const struct expr **pred, const json_t **parent);
bool render_push(struct render *r, struct val v);
char *render_scratch(struct render *r, size_t n);	/* NULL out of memory, r->st set */
struct val val_of_text(struct slice s);
struct val val_of_node(const json_t *n);
bool slice_blank(struct slice s);
struct slice table_get(const struct table *t, struct slice key);
st_t table_put(struct table *t, struct slice key, struct slice value);
bool table_init(struct table *t, struct arena *a, const char *name, size_t n);

#endif
