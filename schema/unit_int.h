#ifndef SCHEMA_UNIT_INT_H
#define SCHEMA_UNIT_INT_H

/* Tables of units. unit_table.c and unit.c only. */

#include "schema/unit.h"

enum unit_prefixes { PFX_NO, PFX_SI, PFX_BIG /* k M G: years, tonnes */, PFX_BIN /* SI and Ki Mi Gi Ti */ };

struct unit_row {
	const char *ucum;	/* also a symbol; with a '~' in front: no UCUM code, only our handle */
	double factor; int exp10;	/* SI = factor * 10^exp10 */
	double offset;
	struct unit_dims d;
	enum unit_kind kind;
	enum unit_prefixes prefixes;
	const char *symbols;	/* " a b " with case; blank first and last, or "" */
	const char *words;	/* " meter metre " lower case, without blanks, points and underscores; a plural s is taken too */
};
extern const struct unit_row unit_rows[];
extern const size_t unit_n_rows;

/* Symbols that stand for an expression. ${prefixes}: an SI prefix may go in front, and goes to the first factor. */
struct unit_alias { const char *text, *expr; bool prefixes; };
extern const struct unit_alias unit_aliases[];
extern const size_t unit_n_aliases;

/* Symbols with two meanings: expr2 may be NULL (a second meaning that is no unit of the table). */
struct unit_doubt { const char *text, *expr1, *expr2; bool first /* the first meaning holds unless the other is wanted */; };
extern const struct unit_doubt unit_doubts[];
extern const size_t unit_n_doubts;

struct unit_prefix { const char *symbol, *word, *ja; int exp10; int exp2; };
extern const struct unit_prefix unit_prefix_rows[];
extern const size_t unit_n_prefixes;

struct unit_qudt { const char *ucum, *name; };	/* canonical code -> local name */
extern const struct unit_qudt unit_qudts[];
extern const size_t unit_n_qudts;

#endif
