#ifndef INDEXER_EXTRACT_IMAGE_H
#define INDEXER_EXTRACT_IMAGE_H

/* What the readers of pictures share: the member "image", EXIF, XMP and IPTC blocks, and the point where a photograph was taken. */

#include "indexer/extract/fact.h"

#define IMAGE_BLOCK	((size_t)4 << 20)	/* an EXIF or XMP block larger than this is left out */

struct image {
	uint64_t width, height;
	unsigned channels, bits;	/* bits of one channel; 0: not known */
	const char *colour;		/* "grey", "rgb", "palette", "ycbcr", "cmyk", ...; NULL not known */
	const char *compression;
	uint64_t pages, frames;		/* 0: not said */
};

void image_put(struct fact *f, const struct image *m);
/* Pixels an inch: becomes image.resolution {x, y, unit}. ${unit}: "inch", "cm", "m" or NULL. */
void image_resolution(struct fact *f, double x, double y, const char *unit);

/*
 * An EXIF block: TIFF header first, "Exif\0\0" in front is skipped. Fills "exif", "instrument", "time", "geo" with a hint in "personal". Returns the
 * orientation, 1 when it says none.
 */
unsigned exif_read(struct fact *f, struct slice block);
/* An XMP packet: title, creators, licence, description, subjects become proposals for the record. */
void xmp_read(struct fact *f, struct slice packet);
/* The datasets of an IPTC-IIM record 2 (Photoshop resource 0404). */
void iptc_read(struct fact *f, struct slice block);
/* The same out of a block of Photoshop resources (8BIM). */
void photoshop_read(struct fact *f, struct slice block);
/* One proposal: ${member} of the canonical record, its value (taken), and where in the file it was found. */
void image_propose(struct fact *f, const char *member, json_t *value, const char *place);

#endif
