#ifndef INDEXER_EXTRACT_STAT_WARM_H
#define INDEXER_EXTRACT_STAT_WARM_H

/* Open the C library's converters for the encodings of statistics programs, before the cell closes. */
void stat_warm(void);

#endif
