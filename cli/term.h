#ifndef CLI_TERM_H
#define CLI_TERM_H

/* Lines that fit a terminal. Text comes from strangers: nothing of it may steer the terminal. */

#include <stdio.h>

#include "base/buf.h"

#define TERM_COLUMNS 80

/* Add ${s} with control characters and marks of direction spelled out: "\x1b", "\u202e". Line ends and tabs become blanks. */
st_t term_text(struct buf *out, struct slice s);
/* The same for a whole message of ours with such text in it: its line ends and tabs stay. */
st_t term_lines(struct buf *out, struct slice s);
/* Columns that ${s} takes, as term_text() leaves it: wide letters (Japanese) take two, marks on letters none. */
unsigned term_width(struct slice s);
/* Print ${s} wrapped at blanks, or between wide letters; too long a word is cut. The first line begins with ${head}, blanks up to ${indent} columns stand before all. */
void term_wrap(FILE *to, const char *head, unsigned indent, struct slice s);
/* Add one block a value, from the lowest for anything above zero to the full one for ${most}; blank for zero and what is no number. ${plain}: in ASCII. */
void term_bars(struct buf *out, const double *v, size_t n, double most, bool plain);

#endif
