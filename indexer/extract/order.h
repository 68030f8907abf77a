#ifndef INDEXER_EXTRACT_ORDER_H
#define INDEXER_EXTRACT_ORDER_H

/* Numbers in order of size, without NaN. In place, no allocation, and never slower than n log n, whatever a stranger put in. */

#include <stddef.h>

void order_sort(double *v, size_t n);
/* The ${k}-th smallest, from 0; ${k} < ${n}. Moves the values about. */
double order_nth(double *v, size_t n, size_t k);

#endif
