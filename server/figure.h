#ifndef SERVER_FIGURE_H
#define SERVER_FIGURE_H

/*
 * Figures as inline SVG, drawn from facts (docs/formats/facts.md): nothing is loaded from elsewhere, and each says in words what it shows. Numbers come from facts and are
 * checked to be numbers; text goes through put_text().
 */

#include "server/html.h"

/* ${v} with ${digits} digits as text reads: "−27.02", "721 634", "4.4 × 10⁻⁵". Three digits or fewer: short, so powers of large ones, too. */
void number_words(char out[64], double v, int digits);
/* A number or text from facts, with digits enough to compare. */
void put_value(struct page *p, const json_t *v);

/* A curve, bars or sticks with axes: the member "plot". False when there is nothing that could be drawn. */
bool fig_plot(struct page *p, const json_t *plot);
/* Outline map with boxes [west, south, east, north] in degrees, zoomed to them. */
struct fig_box { double west, south, east, north; };
void fig_map(struct page *p, const struct fig_box *boxes, size_t n);
/* A unit cell with its atoms, seen a little from the side: the member "crystal". False when it has no cell. */
bool fig_crystal(struct page *p, const json_t *crystal);
/* A line of means in the order of rows. */
void fig_spark(struct page *p, const json_t *values);

#endif
