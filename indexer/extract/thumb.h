#ifndef INDEXER_EXTRACT_THUMB_H
#define INDEXER_EXTRACT_THUMB_H

/*
 * A small picture from the pixels of a large one. Pixels come in any order and are averaged into at most 256 by 256 cells, so memory
 * does not grow with the picture (about 4 MB).
 */

#include "indexer/extract/fact.h"

#define THUMB_SIDE	256u
#define THUMB_BYTES	((size_t)64 << 10)
#define THUMB_PIXELS	((uint64_t)100000000)	/* larger pictures are not decoded for a thumbnail */

struct thumb;

/* ${channels}: 1 or 3. NULL: no memory, or a side is 0. */
struct thumb *thumb_new(uint32_t w, uint32_t h, unsigned channels);
void thumb_free(struct thumb *t);
/* One value; NaN and infinities are left out. Outside the picture: nothing happens. */
void thumb_value(struct thumb *t, uint32_t x, uint32_t y, unsigned channel, double v);
/* A row of 8-bit pixels of 1 grey, 2 grey and alpha, 3 RGB or 4 RGB and alpha; alpha is laid over white. */
void thumb_row(struct thumb *t, uint32_t y, const uint8_t *p, unsigned samples);
/*
 * Put it into the facts as "thumbnail". ${orientation}: as EXIF has it, 1..8, else 1. ${stretch}: values are no brightness from 0 to 255; from the
 * 2nd to the 98th percentile they become black to white, and "stretched" says these two. Nothing is put when no pixel came.
 */
void thumb_put(struct fact *f, struct thumb *t, unsigned orientation, bool stretch);

#endif
