#ifndef SCHEMA_UNIT_H
#define SCHEMA_UNIT_H

/*
 * Units as people and instruments write them ("deg. C", "kg m-2 s-1", "W/m²", "µmol/L", "10^3 km", "days since 1990-01-01", "個") read into one
 * form: a UCUM code, a QUDT name, dimensions, and the straight line to SI. Pure functions of bytes over a table that is compiled in, because the
 * sandboxed helper asks as well and opens no files.
 *
 * What is not known for certain stays text: unit_parse() says no and never guesses. The rules:
 *   - symbols are compared with their case (m and M, Pa and pa, g and G, s and S are four pairs of different things), names without;
 *   - a whole symbol goes before prefix and symbol: "min" is a minute, "ft" a foot, "cd" candela, "ha" a hectare;
 *   - "C" and "F" are coulomb and farad, but degrees where a temperature is expected (${want});
 *   - symbols with two common meanings ("ppt", "kt", "mb", "度", "a.u.") are units without a quantity until ${want} decides;
 *   - behind a slash, a product without brackets ("J/kg K", "J/kg*K") is nobody's fault and no number's: refused. UCUM's own point goes left to right;
 *   - degrees of temperature have their zero only alone: in "°C/km" they are differences.
 */

#include "base/buf.h"

enum unit_dim { UNIT_M, UNIT_KG, UNIT_S, UNIT_A, UNIT_K, UNIT_MOL, UNIT_CD, UNIT_RAD, UNIT_BIT, UNIT_DIMS };
struct unit_dims { int8_t v[UNIT_DIMS]; };	/* exponents; all 0: a pure number */

enum unit_kind {
	UNIT_LINEAR,	/* SI = value * factor + offset */
	UNIT_INSTANT,	/* a time counted from a date: the same in seconds from 1970 on */
	UNIT_OTHER,	/* known, but no straight line leads to SI (pH, dB, enzyme units) */
	UNIT_LABEL,	/* a unit in its place, but not one of a quantity (money, arbitrary units), or one of two */
};
#define UNIT_UCUM_MAX	96
#define UNIT_TEXT_MAX	96	/* longer texts are no units */

struct unit {
	enum unit_kind kind;
	char ucum[UNIT_UCUM_MAX];	/* "" where UCUM has no code */
	const char *qudt;		/* local name below UNIT_QUDT, or NULL; static */
	struct unit_dims dims;		/* of LINEAR and INSTANT */
	double factor, offset;
};
#define UNIT_QUDT	"http://qudt.org/vocab/unit/"

/* False: not a unit that is known; ${out} is then empty. ${want} (may be NULL): the dimensions that the quantity should have; decides between two meanings. */
bool unit_parse(struct unit *out, struct slice text, const struct unit_dims *want);
/* From a QUDT IRI or local name ("unit:DEG_C", "http://qudt.org/vocab/unit/DEG_C"). False: not one of the common ones. */
bool unit_from_qudt(struct unit *out, struct slice iri);
static inline double unit_si(const struct unit *u, double v) { return v * u->factor + u->offset; }

bool unit_dims_eq(const struct unit_dims *a, const struct unit_dims *b);
/* "kg.m-2.s-1" of base units, "1" for a number; for keys and for people. ${out} of at least UNIT_DIMS_TEXT bytes; returned. */
#define UNIT_DIMS_TEXT	64
char *unit_dims_text(char *out, const struct unit_dims *d);
/* The same backwards; false for what unit_dims_text() does not write. */
bool unit_dims_read(struct unit_dims *d, struct slice text);

/* Is this, without doubt, a unit and nothing else? For rows of units and brackets in names: stricter than unit_parse(), which is told that it is one. */
bool unit_like(struct slice s);
/* The unit that a column's name carries: "T [°C]", "Mass (g)", "pressure_hPa"; empty when none. Borrowed from ${name}. */
struct slice unit_of_name(struct slice name);

#endif
