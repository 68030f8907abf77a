#ifndef INDEXER_EXTRACT_MATTER_INT_H
#define INDEXER_EXTRACT_MATTER_INT_H

/* What readers of chemistry, materials, spectra and life share: numbers in text, elements, formulas, cells, curves, and the members of facts.md for them. */

#include "base/map.h"
#include "indexer/extract/extract_int.h"

/* ---- words and numbers ---- */

/* All of ${s} is a number (blanks round it allowed; 1.5D-3 as Fortran writes it). No hex, no "inf". */
bool num_read(struct slice s, double *out);
/* The same with an uncertainty behind it: 5.4(3). */
bool num_su(struct slice s, double *out);
/* The next word, parted by blanks, tabs or characters in ${also} (may be ""); false: none left. */
bool word_next(struct slice *s, const char *also, struct slice *word);
/* Up to ${most} words; how many there were, counted to ${most} + 1. */
unsigned words(struct slice s, const char *also, struct slice *out, unsigned most);
/* How many leading words are numbers; read into ${out}, at most ${most}. */
unsigned numbers(struct slice s, const char *also, double *out, unsigned most);
/* A column of a fixed-width line, blanks off; empty when the line is shorter. ${from}, ${to}: from 1, both inside. */
struct slice columns(struct slice line, size_t from, size_t to);
bool slice_has(struct slice s, const char *word);	/* ASCII case ignored */
bool slice_istarts(struct slice s, const char *prefix);
/* Quotes of either kind round it taken off. */
struct slice unquoted(struct slice s);

/* ---- elements and formulas ---- */

#define ELEMENTS	120	/* [1..118]; 0: none; 119: deuterium, written D */

/* Number of a symbol ("Fe", "FE", "D"); 0: none. */
unsigned element_of(struct slice symbol);
/* Of a label such as "Fe2+", "O1W", "C12A", "CA": the longest symbol in front, in its usual spelling first. 0: none. */
unsigned element_of_label(struct slice label);
const char *element_symbol(unsigned z);

struct formula { double n[ELEMENTS]; };

/* "C4 H O3 Zn", "Mg(NO3)2.6H2O", "Fe0.5Ni0.5O": added to ${f}. False: no formula, ${f} is then of no use. */
bool formula_read(struct formula *f, struct slice s);
/* Members "formula" (Hill order) and "elements" of ${o}; nothing when it is empty. */
void formula_put(struct fact *f, json_t *o, const struct formula *m);

/* ---- crystals ---- */

struct cell6 { double a, b, c, alpha, beta, gamma; };

bool cell6_sane(const struct cell6 *c);
double cell6_volume(const struct cell6 *c);		/* NaN when no such cell can be */
void cell6_of_vectors(struct cell6 *c, const double m[3][3]);
/* Vectors of a cell, a along x, b in the plane of x and y. */
void cell6_vectors(const struct cell6 *c, double m[3][3]);
/* For fractional from Cartesian coordinates; false: the vectors lie in a plane. */
bool vectors_invert(const double m[3][3], double out[3][3]);
void fractional(const double inv[3][3], const double in[3], double out[3]);

/* spacegroup.c: number of a Hermann-Mauguin symbol in any usual setting, or of a Hall symbol; 0: not known. */
unsigned spacegroup_of(struct slice hm);
unsigned spacegroup_of_hall(struct slice hall);
const char *spacegroup_symbol(unsigned number);		/* standard setting, "P 1 21/c 1"; NULL past 230 */

#define SITES_MOST	500

/* Members of facts' "crystal". */
void crystal_cell(struct fact *f, const struct cell6 *c);
/* ${hm} as written, ${number} as stated (0: not), ${hall}: may be empty. What disagrees becomes a check. */
void crystal_group(struct fact *f, struct slice hm, unsigned number, struct slice hall);
void crystal_site(struct fact *f, unsigned z, double x, double y, double z3);	/* past SITES_MOST: nothing */

/* ---- curves ---- */

#define CURVE_POINTS	400

/* A curve of any length in constant memory: all points while there are few, then the extremes of equal stretches. */
struct curve {
	uint64_t n, per;
	unsigned used;
	double raw[CURVE_POINTS][2];
	struct stretch { double x[2], y[2]; uint64_t at[2]; } part[CURVE_POINTS / 2];	/* lowest and highest point */
	double xmin, xmax, ymin, ymax;
};

void curve_init(struct curve *c);
void curve_add(struct curve *c, double x, double y);	/* not finite: passed over */

struct axis { const char *label, *unit; };	/* NULL or "": unknown */

/* Appended to the series of "plot", made with these axes when it is the first; at most 8. */
void plot_add(struct fact *f, const char *kind, struct axis x, struct axis y, struct slice name, const struct curve *c);
/* Member "spectrum". ${kind}: as facts.md names them, or NULL. */
void spectrum_put(struct fact *f, const char *kind, uint64_t count, struct axis x, struct axis y, const struct curve *c);

/* ---- what a file proposes for the record: "record" and its places ---- */

void propose_title(struct fact *f, struct slice title, const char *place);
void propose_creator(struct fact *f, struct slice name, const char *place);
void propose_relation(struct fact *f, const char *relation, const char *type, struct slice value, const char *place);
void propose_subject(struct fact *f, struct slice value, const char *place);
/* ${date}: must be YYYY, YYYY-MM or YYYY-MM-DD..., else nothing. */
void propose_date(struct fact *f, const char *type, struct slice date, const char *place);

/* ---- names counted in order of appearance: contigs, feature types, chains ---- */

#define ROLL_MOST	1000

struct roll { struct map *m; json_t *list; uint64_t n; uint64_t *last_count; struct buf last; bool full; };

void roll_release(struct roll *r);
/* Count one; false: out of memory. Past ROLL_MOST names new ones are not kept (full). */
bool roll_add(struct roll *r, struct slice name);
uint64_t roll_count(const struct roll *r, struct slice name);
/* The names, owned by the caller; NULL when there are none. */
json_t *roll_names(const struct roll *r);
/* {name: count}; NULL when there are none. */
json_t *roll_counts(const struct roll *r);

#endif
